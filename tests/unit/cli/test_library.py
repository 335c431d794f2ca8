# SPDX-License-Identifier: GPL-2.0-or-later
"""Libraries that are loaded by the commands that need them: which those are, and the
message about one that cannot be loaded."""
import json
import os
import re
import struct
import subprocess

import pytest

NOTE_TYPE = 0x407c0c0a
# a command for each way into a library: its words, where a capsule is "signed.cap"
NEED = {
    "libcrypto": (["capsule", "signed.cap", "--no-device"],
                  ["capsule", "signed.cap", "--ca", "cert.pem"],
                  ["stage", "signed.cap"],
                  ["stage-activate", "signed.cap", "--ca", "cert.pem"]),
    "libkmod": (["status"],),
}
NEED_NONE = (["--help"], ["--version"], ["capability"], ["activate"],
             ["telemetry"], ["telemetry", "--json"], ["telemetry", "--summary"],
             ["telemetry-info"], ["log-level"], ["history"])


def notes(program, directory):
    """The notes by which packaging tools know what is loaded, as JSON."""
    file = directory / "notes"
    subprocess.run(["objcopy", "--dump-section", f".note.dlopen={file}",
                    program, directory / "copy"], check=True)
    data = file.read_bytes()
    found = []
    while data:
        name, size, kind = struct.unpack_from("=III", data)
        assert kind == NOTE_TYPE and data[12:12 + name] == b"FDO\0"
        text = data[12 + name:12 + name + size]
        assert text.endswith(b"\0")
        found += json.loads(text[:-1])
        data = data[12 + name + (size + 3) // 4 * 4:]
    return found


@pytest.fixture
def sonames(tool, tmp_path):
    """By the name of the library, what the linker looks for."""
    return {name.split(".")[0]: name for note in notes(tool.program, tmp_path)
            for name in note["soname"]}


def with_library(tool, name, how):
    """An environment in which a library is no library, or one without functions."""
    directory = tool.directory / f"{how}-{name}"
    directory.mkdir()
    if how == "broken":
        (directory / name).write_text("this is no library\n" * 9)
    else:
        subprocess.run([*os.environ.get("CC", "cc").split(), "-shared",
                        "-nostdlib", "-x", "c", "-o", directory / name,
                        "/dev/null"], check=True)
    return {"env": {**tool.environment({}), "LD_LIBRARY_PATH": str(directory)}}


def words(inputs, command):
    """A command line with the inputs' paths."""
    return [inputs / word if "." in word else word for word in command]


def test_notes(tool, tmp_path, check):
    found = notes(tool.program, tmp_path)
    check("two libraries are loaded", len(found) == 2, found)
    for note in found:
        check(f"{note['feature']}: a name and what for",
              re.fullmatch(r"lib[a-z]+\.so\.[0-9.]+", note["soname"][0]) and
              note["description"] and
              note["priority"] in ("required", "recommended"), note)


def test_linked(check, tmp_path):
    """The program as it is installed; the one of the other tests has sanitizers."""
    program = os.environ["PFRU_PLAIN"]
    dynamic = subprocess.run(["readelf", "-dW", program], check=True,
                             capture_output=True, text=True).stdout
    linked = set(re.findall(r"NEEDED.*\[(lib\w[\w-]*)\.", dynamic))
    check("json-c alone is linked", linked - {"libc", "libdl"} == {"libjson-c"},
          dynamic)
    check("and it has the notes", notes(program, tmp_path))


@pytest.mark.parametrize("how", ["broken", "empty"])
@pytest.mark.parametrize("library", NEED)
def test_needed(tool, inputs, expect, check, sonames, library, how):
    name = sonames[library]
    options = {"popen": with_library(tool, name, how)}
    for command in NEED[library]:
        what = f"{name} is {how}: {command}"
        r = expect(what, 1, *words(inputs, command), **options)
        check(f"{what}: what was found, what for, what to do",
              r.says(f"^pfructl: {re.escape(name)}: cannot load this library, "
                     "which .*: .*; install it, or reinstall"), r)
        check(f"{what}: nothing else is said", r.err.count("\n") == 1, r)
        check(f"{what}: no device was opened",
              r.counted(calls=0, writes=0, starts=0, opens=0), r)
        r = expect(f"{what}, JSON", 1, *words(inputs, command), "--json",
                   **options)
        error = r.json()["error"]
        check(f"{what}: its own reason", (error["reason"], error["library"]) ==
              ("library", name), r)


def test_not_needed(tool, expect, sonames):
    for name in sonames.values():
        options = {"popen": with_library(tool, name, "broken")}
        for command in NEED_NONE:
            expect(f"{name} is broken: {command}", 0, *command, **options)
