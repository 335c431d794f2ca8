# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of devices and drivers are in core/ids.h, those of kinds and log types in
tables of core. Files that cannot include these have the same names."""
import json
import pathlib
import re

TOP = pathlib.Path(__file__).parents[3]


def text_of(name):
    return (TOP / name).read_text()


def names():
    """The names of core/ids.h, by what they are called there."""
    return dict(re.findall(r'^#define PFRU_(\w+)\s+"([^"]+)"',
                           text_of("core/ids.h"), re.M))


def test_mainline_drivers_are_not_loaded_by_themselves():
    mainline = {v for k, v in names().items() if k.startswith("MAINLINE_")}
    assert len(mainline) == 3
    assert set(re.findall(r"^blacklist (\w+)$", text_of("data/pfru.conf"), re.M)) == \
        mainline


def test_nodes_of_the_rules():
    """Each kind has its own driver's node, and a link that mainline's tool opens."""
    links = dict(re.findall(r'KERNEL=="(\w+)\[0-9\]\*".*SYMLINK\+="(\w+)%n"',
                            text_of("data/70-pfru.rules")))
    n = names()
    device = text_of("cli/pfructl/device/device.c")
    assert set(links) == {n["UPDATE_NAME"], n["TELEMETRY_NAME"]}
    for link in links.values():
        assert f'"{link}"' in device, link


def test_kinds():
    """The keys of the JSON are those of the core's table."""
    keys = set(re.findall(r'^\t\[PFRU_KIND_\w+\]\s*= \{ "(\w+)"',
                          text_of("core/capsule.c"), re.M))
    kinds = re.search(r"^KINDS = \((.*)\)$",
                      text_of("fleet/plugins/module_utils/pfructl.py"), re.M)[1]
    assert set(re.findall(r'"(\w+)"', kinds)) == keys - {"unknown"}


def test_log_types(tool):
    """The help, the manual page and the schema name each one."""
    table = re.search(r"pfru_log_types\[\] = \{(.*?)\n\};", text_of("core/status.c"),
                      re.S)[1]
    types = re.findall(r'\{ "(\w+)"', table)
    assert len(types) > 1
    schema = json.loads(text_of("docs/json/pfructl-common.json"))
    assert schema["$defs"]["log_type"]["enum"] == types
    line = re.search(r"^ *-t, --type.*$", tool.run("telemetry", "--help").out, re.M)[0]
    assert set(re.findall(r"[a-z]+", line)) >= set(types)
    page = text_of("man/pfructl.1.scd")
    page = page[page.index("# OPTIONS"):]
    head = page[page.index("*--type*"):].split("\n\n")[0]
    assert set(re.findall(r"\*(\w+)\*", head)) >= set(types), head
