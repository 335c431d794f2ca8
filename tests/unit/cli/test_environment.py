# SPDX-License-Identifier: GPL-2.0-or-later
"""What somebody may set, or limit, before the program is started."""
import os
import resource
import subprocess

import pytest

# a configuration of OpenSSL that has it load a library, which leaves a file
EVIL = """openssl_conf = all
[all]
providers = them
[them]
evil = it
[it]
module = {}
activate = 1
"""
LIBRARY = """__attribute__((constructor)) static void run(void)
{ extern int creat(const char *, unsigned int); creat(LEFT, 0600); }
"""
ODD = {"LC_ALL": "../../x", "LANGUAGE": "/x", "TZ": "../../etc/shadow",
       "COLUMNS": "-1", "TERM": "/x", "POSIXLY_CORRECT": "1", "PATH": "",
       "HOME": "", "TMPDIR": "/x"}


@pytest.fixture
def evil(tmp_path):
    """The environment with that configuration."""
    subprocess.run([*os.environ.get("CC", "cc").split(), "-shared", "-fPIC",
                    "-x", "c", f'-DLEFT="{tmp_path / "loaded"}"', "-o",
                    tmp_path / "evil.so", "-"], input=LIBRARY, text=True,
                   check=True)
    (tmp_path / "evil.cnf").write_text(EVIL.format(tmp_path / "evil.so"))
    return {"OPENSSL_CONF": str(tmp_path / "evil.cnf")}


def test_configuration_of_openssl(tool, inputs, expect, check, evil):
    left = tool.directory / "loaded"
    r = subprocess.run(["openssl", "list", "-providers"], check=False,
                       env={**os.environ, **evil}, capture_output=True)
    check("the evil configuration is one", left.exists(), r)
    left.unlink(missing_ok=True)
    expect("evil configuration", 0, "capsule", inputs / "signed.cap",
           popen={"env": {**tool.environment({}), **evil}})
    check("evil configuration: not read", not left.exists())


def test_odd_environment(tool, inputs, check):
    command = ["capsule", inputs / "signed.cap"]
    plain = tool.run(*command).out
    odd = dict(ODD, LOCPATH=str(tool.directory))
    r = tool.run(*command, popen={"env": {**tool.environment({}), **odd}})
    check("odd environment", r.status == 0, r)
    check("odd environment: the same is printed", r.out == plain, r)
    r = tool.run(*command, popen={"env": {"FAKE_ROOT": str(tool.root)}})
    check("no environment", r.status == 0, r)
    check("no environment: the same is printed", r.out == plain, r)


def called(tool, name, *arguments):
    """A run of the program by another name."""
    return subprocess.run([name, *arguments], executable=tool.program,
                          env=tool.environment({}), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60,
                          check=False)


def test_name_of_the_program(tool, check):
    r = called(tool, "a\033[2J\n%n", "--frobnicate", "-Z")
    check("hostile name of the program", "--frobnicate" in r.stderr, r)
    check("hostile name of the program: not shown",
          "\033" not in r.stdout + r.stderr, r)
    r = called(tool, "", "capability")
    check("no name of the program", r.returncode == 0, r)


def delta(tool, before):
    """A read that keeps its position, begun after what before() does."""
    return tool.run("telemetry", "--delta", "--state", tool.directory / "open",
                    "--output", tool.directory / "log",
                    popen={"preexec_fn": before})


def test_umask(tool, check):
    r = delta(tool, lambda: os.umask(0))
    check("umask 0", r.status == 0, r)
    modes = [(tool.directory / name).stat().st_mode & 0o7777
             for name in ("open", "log")]
    check("umask 0: the position is the user's own, the log as a shell makes it",
          modes == [0o600, 0o666], modes)


def open_files(number):
    """What a child does to be allowed so many open files."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


def test_open_files(tool, inputs, check):
    # the device, the lock, and the record in its directory, and what is above that
    r = tool.run("stage-activate", inputs / "signed.cap",
                 popen={"preexec_fn": open_files(8)})
    check("eight open files are enough for a capsule", r.status == 0, r)
    found = []
    for number in range(4, 13):
        for name in ("open", "log"):
            (tool.directory / name).unlink(missing_ok=True)
        r = delta(tool, open_files(number))
        found.append(r.status)
        check(f"{number} open files: read, or said what is missing",
              r.status == 0 or r.status == 1 and r.says("open files"), r)
    check("files that may not be opened: first refused, then enough",
          1 in found and found[-1] == 0, found)
