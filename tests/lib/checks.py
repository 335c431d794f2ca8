# SPDX-License-Identifier: GPL-2.0-or-later
"""Assertions of the tests in Python: a plugin of pytest (see pytest.sh).

A test that asserts is one check. With the fixture "check" it makes several, each with
a name, and continues after a failure. With --tap each check is a line
of TAP, and nothing else is printed. A skipped test has failed: what a test needs
is installed by tests/deps.sh.
"""
import signal

import pytest

from tap import Tap


class Check:
    """The checks of one test."""

    def __init__(self, tap):
        self.tap = tap
        self.made = 0
        self.failed = []

    def __call__(self, what, good, more=""):
        """One check: whether it is good, and what to show when it is not."""
        self.made += 1
        self.tap.line(good, what, more)
        if not good:
            self.failed.append(f"{what}\n{more}")

    def remark(self, text):
        """A line for people, which judges nothing."""
        self.tap.remark(text)


@pytest.fixture
def check(request):
    """check(WHAT, GOOD[, MORE]): one check of several in a test."""
    checks = Check(request.config.tap)
    request.node.checks = checks
    return checks


def pytest_addoption(parser):
    """Our own option."""
    parser.addoption("--tap", action="store_true", help="print TAP alone")


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    """In TAP nothing else is printed. A shell has what it runs in the background
    ignore two signals, and nohup(1) a third; tests send all of them."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    config.tap = Tap(config.getoption("tap"))
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if config.tap.wanted and reporter:
        config.pluginmanager.unregister(reporter)


class Counted(pytest.fail.Exception):
    """The end of a test whose checks failed, each with a line of its own."""


@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """A test whose checks failed, or that made none, has failed."""
    outcome = yield
    checks = getattr(pyfuncitem, "checks", None)
    if not checks or outcome.excinfo:
        return
    if not checks.made:
        pytest.fail("it made no check", pytrace=False)
    if checks.failed:
        raise Counted("\n".join(checks.failed), pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A test is one check, unless it made its own and came to its end."""
    report = (yield).get_result()
    made = getattr(item, "checks", None) and item.checks.made
    if report.when == "call":
        counted = made and (not call.excinfo or
                            isinstance(call.excinfo.value, Counted))
    else:
        counted = report.passed
    if not counted:
        item.config.tap.line(report.passed,
                             report.nodeid.split("/")[-1].replace("::", ": "),
                             report.longreprtext)


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    """A file that cannot be read has failed."""
    report = (yield).get_result()
    if report.failed:
        collector.config.tap.line(False, f"{report.nodeid}: can be read",
                                  report.longreprtext)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """The plan."""
    session.config.tap.plan()
