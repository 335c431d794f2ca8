# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of pfructl in Python share: the tool with a pretended device.

run.sh builds the tool and its inputs and names both in the environment
(PFRU_FAKE, PFRU_INPUTS). Each test is one check, printed as a line of TAP for
run.sh to count. "run.sh --pytest ARGUMENT..." runs only these tests.
"""
import json
import os
import pathlib
import subprocess

import pytest

import schema

NODES = {
    "ours": ("pfru/update", "pfru/telemetry"),
    "mainline": ("acpi_pfr_update0", "acpi_pfr_telemetry0"),
    "bare": (),
}


class Result:
    """What one run of the tool left behind."""

    def __init__(self, process, counts):
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr
        self.counts = counts

    def json(self):
        """The one JSON document on standard output."""
        return json.loads(self.out)

    def __repr__(self):
        return (f"exit status {self.status}\nout: {(self.out or '')[-2000:]!r}\n"
                f"err: {(self.err or '')[-2000:]!r}\ncounts: {self.counts}")


class Tool:
    """pfructl with a pretended device (see fakedev.c for FAKE_*)."""

    def __init__(self, directory):
        self.program = os.environ["PFRU_FAKE"]
        self.inputs = pathlib.Path(os.environ["PFRU_INPUTS"])
        self.directory = directory
        self.root = None
        self.driver = "pfru"
        self.use("ours")

    def use(self, kind):
        """Take a root of its own with the nodes of ours, mainline or bare."""
        self.driver = "mainline" if kind == "mainline" else "pfru"
        self.root = self.directory / f"root-{kind}"
        (self.root / "dev").mkdir(parents=True, exist_ok=True)
        for name in NODES[kind]:
            node = self.root / "dev" / name
            node.parent.mkdir(parents=True, exist_ok=True)
            node.touch()

    def environment(self, fake):
        """What a run sees: FAKE_<NAME> for each of fake, nothing older."""
        env = {k: v for k, v in os.environ.items()
               if not k.startswith("FAKE_")}
        env.update(FAKE_ROOT=str(self.root), FAKE_DRIVER=self.driver,
                   FAKE_LOG=str(self.inputs / "ring"),
                   FAKE_COUNT=str(self.directory / "counts"))
        env.update({f"FAKE_{k.upper()}": str(v) for k, v in fake.items()})
        return env

    def start(self, *arguments, popen=None, **fake):
        """Begin a run; the caller waits. popen: keywords for Popen."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, "text": True,
                   "errors": "surrogateescape"}
        options.update(popen or {})
        return subprocess.Popen([self.program, *map(str, arguments)],
                                env=self.environment(fake), **options)

    def counts(self):
        """The pretended firmware's counts of the last run, by name."""
        file = self.directory / "counts"
        if not file.exists():
            return {}
        return {k: int(v) for k, v in
                (word.split("=") for word in file.read_text().split())}

    def run(self, *arguments, popen=None, timeout=60, **fake):
        """Run the tool to its end; a run that does not end is an error."""
        (self.directory / "counts").unlink(missing_ok=True)
        process = self.start(*arguments, popen=popen, **fake)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        process.stdout, process.stderr = out, err
        # what a signal ended may have printed nothing, or not all
        if out and process.returncode >= 0 and schema.wants_json(arguments):
            schema.check(arguments, out)
        return Result(process, self.counts())


@pytest.fixture
def tool(tmp_path):
    """pfructl with nodes of this project's module and a log."""
    return Tool(tmp_path)


def pytest_runtest_logreport(report):
    """One line of TAP for each test; a skip is a failure."""
    if report.when != "call" and report.passed:
        return
    name = report.nodeid.split("/")[-1].replace("::", ": ")
    print(f"\n{'ok' if report.passed else 'not ok'} - {name}", flush=True)
