# SPDX-License-Identifier: GPL-2.0-or-later
"""Readers of a live log are killed at random instants; what they printed together
is compared with every byte written."""
import os
import threading
import time

import pytest

import live

KILLS = int(os.environ["PFRU_KILLS"])


class Killer:
    """Readers with one position, in one of the modes: text or json, to a file, or
    pipe, with JSON to a pipe, where repeats are reported."""

    def __init__(self, readers, mode, remark):
        self.readers = readers
        readers.tool.counts_lines = False
        self.mode = mode
        self.rng = live.generator(remark)
        self.pick = live.random.Random(self.rng.random())
        self.log = readers.log(16384)
        self.done = threading.Event()
        self.arguments = ["--since-reset", "--state", readers.state]
        if mode != "text":
            self.arguments.append("--json")
        if mode != "pipe":
            self.arguments += ["--output", readers.out]

    def write(self):
        """The firmware logs."""
        while not self.done.is_set():
            self.log.append(live.some_bytes(self.rng))
            time.sleep(self.rng.random() * 0.004)

    def read(self, *how, seconds=None):
        """A reader, killed after so long; its status."""
        directory = self.readers.directory
        with open(f"{directory}/err", "ab") as errors, \
                open(f"{directory}/pipe", "ab") as printed:
            p = self.readers.tool.start(
                "telemetry", *self.arguments, *how,
                popen={"text": None, "errors": None, "stderr": errors})
            collector = threading.Thread(
                target=lambda: printed.write(p.stdout.read()))
            collector.start()
            if seconds is not None:
                time.sleep(seconds)
                p.kill()
            p.wait()
            collector.join()
            p.stdout.close()
            printed.write(b"\n")
            return p.returncode

    def kill(self, count):
        """So many readers while the firmware logs."""
        writer = threading.Thread(target=self.write)
        writer.start()
        try:
            while count:
                how = ["--delta"] if self.pick.random() < 0.3 else \
                    ["--follow", "--interval", "0.003"]
                count -= self.read(*how,
                                   seconds=self.pick.random() * 0.12) == -9
        finally:
            self.done.set()
            writer.join()

    def wrong(self):
        """What is wrong with what they printed, or nothing."""
        written = bytes(self.log.written)
        errors = self.readers.read("err").decode()
        if self.mode == "text":
            return live.check_text(self.readers.read("out"), errors, written)
        text = self.readers.read("pipe" if self.mode == "pipe" else "out")
        lines = live.lines_of(text)
        if self.mode == "json" and len(lines) != text.count(b"\n"):
            return "a line that is not whole"
        return live.check_lines(lines, written, self.mode == "pipe")


@pytest.mark.parametrize("mode, driver", [
    ("text", "ours"), ("json", "ours"), ("pipe", "ours"),
    ("text", "mainline")])
def test_killed(readers, check, mode, driver):
    """Nothing is lost without a word, and nothing printed twice without one."""
    settings = readers.tool.settings
    readers.tool.use(driver)
    readers.tool.settings = settings
    killer = Killer(readers, mode, check.remark)
    killer.kill(min(KILLS, 50) if driver == "mainline" else KILLS)
    status = killer.read("--delta")
    errors = readers.read("err").decode()
    check(f"{driver}, {mode}: the last reader ends well", status == 0,
          errors[-300:])
    wrong = killer.wrong()
    check(f"{driver}, {mode}: printed + lost = written", not wrong, wrong)
    lost = sum(int(n) for n, _ in set(live.LOST.findall(errors)))
    check.remark(f"{len(killer.log.written)} bytes written, "
                 f"{killer.log.rollovers} rollovers, {lost} bytes lost")
