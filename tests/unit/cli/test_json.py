# SPDX-License-Identifier: GPL-2.0-or-later
"""What every JSON document has, and the schemas in docs/json. Each document that any
test prints is checked against its schema by the tool's fixture (schema.py)."""
import json
import os
import re
import socket

import jsonschema
import pytest

import schema

OWN_SCHEMAS = {"common", "failure", "help", "version", "telemetry-line"}


def test_each_command_has_a_schema(tool):
    commands = {c["name"] for c in tool.run("--help", "--json").json()["commands"]}
    assert schema.COMMANDS - OWN_SCHEMAS == commands


@pytest.mark.parametrize("name", sorted(schema.STORE))
def test_schemas_are_schemas(name):
    text = (schema.HERE / name).read_text()
    jsonschema.Draft202012Validator.check_schema(json.loads(text))
    for target in re.findall(r'"\$ref": "([^"]+)"', text):
        file, _, pointer = target.partition("#/$defs/")
        assert pointer in schema.STORE[file]["$defs"], target


def test_no_property_that_no_schema_names(tool):
    """Else the check of every document would pass whatever is printed."""
    document = tool.run("capability", "--json").json()
    schema.check(["capability", "--json"], json.dumps(document))
    for wrong in ({**document, "more": 1}, {**document, "oem_id": 1},
                  {k: v for k, v in document.items() if k != "device"},
                  {**document, "code_injection":
                   {**document["code_injection"], "x": 1}}):
        with pytest.raises(jsonschema.ValidationError):
            schema.check(["capability", "--json"], json.dumps(wrong))


@pytest.mark.parametrize("line", [
    ["status"], ["capability"], ["capsule", "none.cap"], ["frobnicate"], [],
    ["--help"], ["--version"], ["stage", "none.cap"], ["telemetry"],
    ["log-level"], ["watchdog"]])
def test_version_comes_first(tool, line):
    r = tool.run(*line, "--json", module="absent")
    assert r.out.startswith('{\n  "schema_version": 1,'), r
    assert "machine" not in r.json()


def test_every_line_has_it(tool, tmp_path):
    """Lines are documents of their own, the failure behind them too."""
    lines = tool.run("telemetry", "--delta", "--json", "--machine", "--state",
                     tmp_path / "pos", newer=1000).out.splitlines()
    lines += tool.run("telemetry", "--delta", "--json", "--machine", "--state",
                      tmp_path / "pos", data="5").out.splitlines()
    assert len(lines) >= 2 and "error" in json.loads(lines[-1]), lines
    for line in lines:
        assert list(json.loads(line))[:2] == ["schema_version", "machine"], line


def test_document_that_could_not_be_written(tool):
    """The one that says so, on standard output, has it too."""
    r = tool.run("telemetry", "--json", "--output", "/dev/full", newer=10)
    d = r.json()
    assert d["schema_version"] == 1 and d["error"]["reason"] == "output", r


def test_machine(tool):
    (tool.root / "etc").mkdir()
    (tool.root / "etc/machine-id").write_text("0123456789abcdef" * 2 + "\n")
    d = tool.run("capability", "--json", "--machine").json()
    assert d["machine"] == {"hostname": socket.gethostname(),
                            "machine_id": "0123456789abcdef" * 2}


@pytest.mark.parametrize("text", ["", "uninitialized\n", "0" * 31, "G" * 32])
def test_machine_that_has_no_id(tool, text):
    (tool.root / "etc").mkdir()
    (tool.root / "etc/machine-id").write_text(text)
    d = tool.run("capability", "--json", "--machine").json()
    assert d["machine"]["machine_id"] is None


def test_machine_goes_with_json(tool):
    r = tool.run("capability", "--machine")
    assert r.status == 2 and "--machine needs --json" in r.err, r


@pytest.mark.parametrize("count, exact", [
    (7, True), (2**53, True), (2**53 + 1, False), (2**64 - 1, False)])
def test_numbers_that_doubles_round(tool, tmp_path, count, exact):
    """They have their digits beside them, and JSON has the number all the same."""
    data = bytearray((tool.inputs / "signed.cap").read_bytes())
    at = data.index(bytes.fromhex("9dd2af4adf68ee498aa9347d375665a7")) - 16
    data[at:at + 8] = count.to_bytes(8, "little")
    (tmp_path / "large.cap").write_bytes(data)
    r = tool.run("capsule", "--json", "--no-device", tmp_path / "large.cap")
    d = r.json()["items"][0]["authentication"]
    assert d["monotonic_count"] == count
    assert d.get("monotonic_count_text") == (None if exact else str(count))


def test_numbers_of_a_failure(tool):
    r = tool.run("activate", "--json", start=71, reason=f"31:0:{2**64 - 1}:0")
    e = r.json()["error"]
    assert (e["found"], e["found_text"]) == (2**64 - 1, str(2**64 - 1)), r


def test_schemas_are_installed(tmp_path):
    """Where the manual page says that they are."""
    top = schema.HERE.parents[1]
    text = os.popen(f"make -s -n -C {top} install-tool DESTDIR={tmp_path} "
                    "2>&1").read()
    for name in schema.STORE:
        assert f"docs/json/{name}" in text, name
    assert "share/pfructl/json/pfructl-common.json" in text
    assert "/usr/share/pfructl/json" in (top / "man/pfructl.1.scd").read_text()
