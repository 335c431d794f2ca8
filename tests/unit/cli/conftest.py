# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of pfructl in Python share: the tool with a simulated device.

run.sh builds the tool and names it in the environment (PFRU_FAKE). A test
asserts, or makes several checks by "check" and "expect" (tests/lib/checks.py).
"""
import json
import os
import pathlib
import re
import subprocess

import pytest

import inputs as capsules
import schema
from readers import Readers

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpus"
# popen=RAW: bytes instead of text
RAW = {"text": None, "errors": None}
NODES = {
    "ours": ("pfru/update", "pfru/telemetry"),
    "mainline": ("acpi_pfr_update0", "acpi_pfr_telemetry0"),
    "bare": (),
    "many": ("pfru/update", "pfru/update1", "pfru/update10", "pfru/telemetry"),
}


def text(data):
    """What was printed, whether it was taken as text or as bytes."""
    if isinstance(data, bytes):
        return data.decode(errors="surrogateescape")
    return data or ""


def announced(result):
    """What is about to be done is on standard error, and nothing else."""
    return result.says("calling the firmware") and result.err.count("\n") == 1


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

    def says(self, pattern):
        """Is there such a line on standard error?"""
        return bool(re.search(pattern, text(self.err), re.M))

    def prints(self, pattern):
        """And on standard output?"""
        return bool(re.search(pattern, text(self.out), re.M))

    def counted(self, **wanted):
        """Did the simulated firmware count just so much of each of these?"""
        return {k: self.counts.get(k) for k in wanted} == wanted

    def __repr__(self):
        return (f"exit status {self.status}\nout: {(self.out or '')[-2000:]!r}\n"
                f"err: {(self.err or '')[-2000:]!r}\ncounts: {self.counts}")


class Tool:
    """pfructl with a simulated device (see fakedev.c for FAKE_*)."""

    def __init__(self, directory):
        self.program = os.environ["PFRU_FAKE"]
        self.inputs = pathlib.Path(os.environ["PFRU_INPUTS"])
        self.directory = directory
        self.root = None
        self.driver = "pfru"
        self.settings = {}
        self.counts_lines = True    # not where it may be killed while it does
        self.use("ours")

    def use(self, kind):
        """Take a root of its own with the nodes of that kind (NODES), and a
        device that behaves; settings: what each run from now on is given."""
        self.settings = {}
        self.driver = "mainline" if kind == "mainline" else "pfru"
        self.root = self.directory / f"root-{kind}"
        (self.root / "dev").mkdir(parents=True, exist_ok=True)
        for name in NODES[kind]:
            node = self.root / "dev" / name
            node.parent.mkdir(parents=True, exist_ok=True)
            node.touch()
        boot = self.root / "proc/sys/kernel/random/boot_id"
        boot.parent.mkdir(parents=True, exist_ok=True)
        boot.write_text("01234567-89ab-cdef-0123-456789abcd00\n")

    def environment(self, fake):
        """What a run sees: FAKE_<NAME> for each of fake, nothing older."""
        env = {k: v for k, v in os.environ.items()
               if not k.startswith("FAKE_")}
        env.update(FAKE_ROOT=str(self.root), FAKE_DRIVER=self.driver,
                   FAKE_LOG=str(self.inputs / "ring"),
                   FAKE_COUNT=str(self.directory / "counts"))
        env.update({f"FAKE_{k.upper()}": str(v)
                    for k, v in {**self.settings, **fake}.items()})
        if not self.counts_lines:
            env["GCOV_PREFIX"] = str(self.directory / "not-counted")
        return env

    def start(self, *arguments, popen=None, **fake):
        """Begin a run; the caller waits. popen: keywords for Popen."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, "text": True,
                   "errors": "surrogateescape",
                   "env": self.environment(fake)}
        options.update(popen or {})
        return subprocess.Popen([self.program, *map(str, arguments)],
                                **options)

    def counts(self):
        """The simulated firmware's counts of the last run, by name."""
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


@pytest.fixture(scope="session", autouse=True)
def inputs(tmp_path_factory):
    """The capsules, certificates and logs, made once; no test changes them."""
    directory = tmp_path_factory.mktemp("inputs")
    capsules.make(directory)
    os.environ["PFRU_INPUTS"] = str(directory)
    return directory


@pytest.fixture
def tool(tmp_path):
    """pfructl with nodes of this project's module and a log."""
    return Tool(tmp_path)


@pytest.fixture
def expect(tool, check):
    """expect(WHAT, STATUS, ARGUMENT...): a run that has to end with that exit
    status, as one check; its result."""
    def run(what, status, *arguments, **options):
        result = tool.run(*arguments, **options)
        check(f"{what}: exit status {status}", result.status == status, result)
        return result
    return run


@pytest.fixture
def readers(tool):
    """Readers of a live log."""
    return Readers(tool)


@pytest.fixture
def endless():
    """A pipe that is never at its end, as the shell's <(cat /dev/zero)."""
    there, here = os.pipe()
    with subprocess.Popen(["cat", "/dev/zero"], stdout=here,
                          stderr=subprocess.DEVNULL) as source:
        os.close(here)
        yield there
        os.close(there)
        source.wait()
