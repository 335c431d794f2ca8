# SPDX-License-Identifier: GPL-2.0-or-later
"""Logs larger than the pieces in which they are printed: held in memory once, and
printed as if they were one piece."""
import base64
import json
import os
import resource
import subprocess

import pytest

MIB = 1 << 20
RING = 32 * MIB
# besides the ring
MEMORY = 4 * MIB
# bytes that are escaped at once, LOG_PIECE in output.c
PIECE = 16384
TEXT = "[Component.Function] K\u00e4y = 0x1172, \"quoted\" \\ \u20ac\r\n".encode()
BINARY = bytes(range(256))
LINE = b"Image = 0x74D9B000\r\n"

# what stands across the end of a piece, and what becomes of it
ACROSS = {
    "two": ("\u00e4".encode(), None),
    "three": ("\u20ac".encode(), None),
    "four": ("\U0001f600".encode(), None),
    "line-end": (b"\r\n", None),
    "line-ends": (b"\n\n\n\r\n\r\n", None),
    "return": (b"\ry", rb"\x0dy"),
    "returns": (b"\r\r\r\n", b"\\x0d\\x0d\r\n"),
    "no-first": (b"\x80" * 9, rb"\x80" * 9),
    "no-last": (b"\xf0\x9f\x98y", rb"\xf0\x9f\x98y"),
}


def large(directory, line):
    """A log of a whole ring of such lines."""
    file = directory / "large"
    file.write_bytes((line * (RING // len(line))).ljust(RING, b"\n"))
    return file


def limit():
    """All that a program writes to besides its stack; the most that it used, as
    the kernel counts it, would be that of this process."""
    resource.setrlimit(resource.RLIMIT_DATA, (RING + MEMORY, RING + MEMORY))


@pytest.fixture
def whole(tool):
    """Run without sanitizers and with a ring that is full of such lines: what was
    printed, and what the ring held."""
    def run(line, *arguments):
        file = large(tool.directory, line)
        result = subprocess.run(
            [os.environ["PFRU_PLAIN"], "telemetry", *map(str, arguments)],
            check=False, preexec_fn=limit, capture_output=True,
            env=tool.environment({"log": file, "ring": RING, "newer": RING}))
        assert result.returncode == 0, result.stderr
        return result.stdout, file.read_bytes()
    return run


@pytest.mark.parametrize("arguments", [[], ["--output"], ["--escape"]], ids=str)
def test_text(tool, whole, arguments):
    to = tool.directory / "file"
    arguments = [*arguments, to] if "--output" in arguments else arguments
    out, log = whole(LINE, *arguments)
    if to in arguments:
        out = to.read_bytes()
    assert out == log


@pytest.mark.parametrize("line,key", [(TEXT, "text"), (BINARY, "base64")],
                         ids=["text", "binary"])
def test_json(whole, line, key):
    out, log = whole(line, "--json")
    document = json.loads(out)
    found = document[key]
    found = base64.b64decode(found) if key == "base64" else found.encode()
    assert found == log
    assert list(document)[-1] == key


def test_json_end(whole):
    """The document is ended behind the log."""
    out, _ = whole(BINARY, "--json")
    assert out.endswith(b'"\n}\n')


@pytest.mark.parametrize("shift", range(6))
@pytest.mark.parametrize("what", ACROSS)
def test_across(tool, tmp_path, what, shift):
    found, shown = ACROSS[what]
    before = b"x" * (PIECE - shift)
    log = before + found + b"z" * PIECE
    (tmp_path / "log").write_bytes(log)
    env = dict(tool.environment({}), LC_ALL="C.UTF-8",
               FAKE_LOG=str(tmp_path / "log"), FAKE_RING=str(len(log)),
               FAKE_NEWER=str(len(log)))
    got = tool.run("telemetry", "--escape",
                   popen={"env": env, "text": None, "errors": None})
    assert got.status == 0, got
    assert got.out == before + (shown or found) + b"z" * PIECE
