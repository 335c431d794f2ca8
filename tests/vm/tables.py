#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tables.py mainline|watchdog|amt: prints docs/NAME.md, from what the guests of the last
runs saw. SCENARIOS says which have to run before. A cell appears only when all the
checks of its row passed; one that is missing is an error. PFRU_BUILD applies."""

import collections
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VM = os.path.join(os.environ.get("PFRU_BUILD", HERE + "/../../build"), "vm")

WATCHDOG = ["watchdog", "watchdog-survives", "watchdog-panic", "watchdog-faults",
            "watchdog-stress"]
# one whose name ends with "mainline" is mainline's column
SCENARIOS = {
    "mainline": ["compat", "cid", "mainline", "cid-mainline"],
    "watchdog": WATCHDOG + [name + "-mainline" for name in WATCHDOG],
    "amt": ["amt", "amt-meshcmd", "amt-lms-large"],
}

HEADS = {
    "mainline": """\
# This project and mainline's drivers, side by side

Kernel {kernel} in QEMU with the firmware model of `tests/sim/firmware`.
Mainline is `pfr_update`, `pfr_telemetry` and `pfrut`, unmodified, built from
Debian's `linux-source`. Each row is a group of checks in
`tests/vm/suites/mainline`: `rows-ours.sh` (`devices/cid.sh` for `_CID`) for this
project, `rows-theirs.sh` (`cid.sh`) for mainline. A text appears only if all its checks
passed.
""",
    "watchdog": """\
# The AMT watchdog: this project and mainline's mei_wdt, side by side

Kernel {kernel} in QEMU with the HECI model of `tests/sim/heci`.
Mainline is the kernel's own `mei_wdt`. Each row is a group of checks in
`tests/vm/suites/watchdog`, which are the same for both. A text appears only if all its
checks passed.

A ping of this project's watchdog notes that user space is alive, and returns at once. The
watchdog only alerts, but an error or a wait would make the programs that feed it reboot the
machine or hang. A thread sends the heartbeat to the firmware. If that fails, the kernel log
reports it once, and the files state, last_error and last_heartbeat in sysfs show it. Where
a row says "ETIMEDOUT is shown", earlier versions returned that error to the ping; where it
says that something "goes on", they returned ENODEV and made a new device.

Every ping in `watchdog/faults` and `watchdog/survives` must take at most 10 ms, measured
around the system call. If one takes longer, it must not have slept, which the kernel counts
(ru_nvcsw of getrusage(2)): then it was ready to run all the time, and the scheduler or the
emulator delayed it. At least half of the pings must meet the limit by the clock.
""",
    "amt": """\
# Intel AMT: what was tried against what

**None of this has ever been run on hardware with AMT.** `amtctl` and `amt-lms` ran on
kernel {kernel} with the kernel's own `mei` and `mei_me`, in QEMU, against the AMT of
the HECI model in `tests/sim/heci`. The model was written from public descriptions and
shares no code with the tools. Where real firmware differs from the descriptions, these
tests cannot show it. Where public sources disagree, `amtctl` shows raw values.

Independent clients ran against the model in the same guests, unmodified:
`mei-amt-version` of Linux {samples}, and MeshCmd of the npm package meshcentral {meshcentral}.

Each row is a group of checks in `tests/vm/suites/amt`; it appears here only when all of
them passed.
""",
}

# the tables of docs/amt.md, by the kinds of guest/amt.sh's notes: title, what is said
# first, columns
AMT_TABLES = {
    "value": ("Values",
              "Each value is in the JSON output, under this key, and in the text. The "
              "model's knob was set first. A row without a knob has a value that never "
              "changes, or that a knob of another row sets.",
              ["key", "amtctl", "knob of the model", "also shown by"]),
    "change": ("Changes",
               "Changes made by one program and seen by the others.",
               ["made by", "seen by"]),
    "fault": ("Firmware that misbehaves",
              "Each run ended within 10 seconds, or within 14 if an answer never comes "
              "or AMT is never ready. `activate`, which asks several times, ended within "
              "25 seconds, or within 60 with a window of one byte; without its device, "
              "within 35. A `-` in the last column is the usual output.",
              ["knob of the model", "amtctl", "exit status",
               "what it says, or shows"]),
    "state": ("What may be missing",
              "QEMU has no graphics card with an engine: the file `kind` in sysfs "
              "is replaced to simulate one.",
              ["state", "exit status", "what it says"]),
    "client": ("Through amt-lms",
               "Only `amt-lms` held AMT's port forwarding, and for each row the model "
               "found no message that breaks the protocol.",
               ["client", "port", "what", "result"]),
}

# what docs/amt.md ends with
AMT_ABSENT = """
## What amt-lms is not

`amt-lms` forwards ports and logs alerts. Unlike Intel's service:

- It sets neither AMT's clock nor the machine's.
- It does not copy the machine's Wi-Fi profiles to AMT.
- It does not shut down or restart the machine when AMT asks for it.
- It shows no notifications to the user: alerts go to the journal.
- It answers an alert that asks to be acknowledged (AckRequested) with an HTTP status only.
- It edits no file, such as /etc/hosts, for the host name that AMT sends with its ports.
- It makes no connection and sends no datagram for AMT, and does not listen for other
  machines.
- It does not limit the connections of each user: one user can take all that
  `MaxConnections=` permits, and the others wait."""


def die(text):
    sys.exit("tables.py: " + text)


def read(*path):
    with open(os.path.join(VM, *path), encoding="utf-8", errors="replace") as file:
        return file.read()


def fields(path):
    """The lines of a file of a scenario, split at tabs; none without the file."""
    try:
        return [line.split("\t") for line in read(path).splitlines()]
    except FileNotFoundError:
        return []


def kernel_of(scenarios):
    for name in scenarios:
        if not os.path.exists(os.path.join(VM, name, "status")):
            die(f"the scenario {name} has left nothing in {VM}: run it first")
    kernels = {re.search("VM_KERNEL='([^']*)'", read(name, "env")).group(1)
               for name in scenarios}
    if len(kernels) != 1:
        die("the scenarios ran on different kernels: " + ", ".join(sorted(kernels)))
    return kernels.pop()


def line(cells):
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table(columns, rows):
    return [line(columns), "|" + "---|" * len(columns)] + [line(row) for row in rows]


def oops_of(scenario):
    """Where the kernel died, if it did; and the cells that were seen until then, which
    are in the results alone."""
    died = re.search(r"Oops:.*?RIP: 0010:([a-z_0-9]*)\+",
                     read(scenario, "console.log"), re.S)
    if not died:
        return None, []
    said = read(scenario, "results.tap").replace("\r", "")
    return died.group(1), [text.split("\t") for text in
                           re.findall("^# cell: (.*)", said, re.M)]


def side_by_side(scenarios):
    """Rows of the checks, in the order in which tests began them; what is missing."""
    titles, cells, mortal = {}, {}, set()
    oops = None
    for scenario in scenarios:
        theirs = scenario.endswith("mainline")
        seen = fields(f"{scenario}/guest/column")
        if scenario == "watchdog-stress-mainline":
            # a guest that dies leaves no files, and what it never came to is no fault
            oops, last = oops_of(scenario)
            seen = last or seen
        seen += fields(f"{scenario}/host-column")
        cells.update(((theirs, row), text) for row, text in seen)
        for where in ("guest/", "host-"):
            for row, title in fields(f"{scenario}/{where}titles"):
                titles.setdefault(row, title)
                if scenario == "watchdog-stress":
                    mortal.add(row)
    rows, missing = [], []
    said = False
    for row, title in titles.items():
        pair = []
        for theirs in (True, False):
            text = cells.get((theirs, row))
            if text is None and theirs and oops and row in mortal:
                text = "not reached" if said else f"**kernel oops** ({oops})"
                said = True
            if text is None:
                missing.append(row)
            pair.append(text or "(not shown)")
        rows.append([title, *pair])
    return table(["case", "mainline", "this project"], rows), missing


def code(text):
    return f"`{text}`" if text not in ("", "-") else "-"


def amt(scenarios):
    """The tables of what guest/amt.sh noted; what is missing."""
    rows = {kind: [] for kind in AMT_TABLES}
    peers = collections.defaultdict(list)
    missing = []
    for note in sum((fields(f"{name}/guest/amt-table") for name in scenarios), []):
        kind, *said = note
        if "(not as expected)" in note[-1]:
            missing.append(f"{kind}:{said[0]}")
        if kind == "peer":
            # a word and its number are one value
            path = said[0].removesuffix("_number")
            if said[1] not in peers[path]:
                peers[path].append(said[1])
        elif kind == "value":
            rows[kind].append([*map(code, said[:3]), said[0]])
        elif kind == "fault":
            rows[kind].append([code(said[0]), code(said[1]), said[2], said[3]])
        elif kind == "also":
            last = rows["fault"][-1]
            last[3] = f"{last[3]}; {said[0]}" if last[3] else said[0]
        else:
            rows[kind].append(said)
    for row in rows["value"]:
        row[3] = ", ".join(peers[row[3].removesuffix("_number")])
    text = []
    for kind, (title, lead, columns) in AMT_TABLES.items():
        text += ["", "## " + title, "", lead, "",
                 *table(columns, [[cell or "-" for cell in row] for row in rows[kind]])]
        if not rows[kind]:
            missing.append(kind)
    return text + AMT_ABSENT.split("\n"), missing


def programs():
    """The versions of the programs of others that amt-programs.sh gets."""
    with open(HERE + "/amt-programs.sh", encoding="utf-8") as file:
        text = file.read()
    return {"samples": re.search("^series=(.*)", text, re.M).group(1),
            "meshcentral": re.search("^package=meshcentral@(.*)", text, re.M).group(1)}


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in SCENARIOS:
        die("usage: tables.py " + "|".join(SCENARIOS))
    name = sys.argv[1]
    scenarios = SCENARIOS[name]
    kernel = kernel_of(scenarios)
    rows, missing = (amt if name == "amt" else side_by_side)(scenarios)
    if name != "amt":
        rows.insert(0, "")
    print(f"<!-- Made by tests/vm/tables.py {name} from what the guests saw; not typed. -->")
    print("<!-- SPDX-License-Identifier: GPL-2.0-or-later -->")
    print(HEADS[name].format(kernel=kernel, **programs()), end="")
    print("\n".join(rows))
    if missing:
        die("missing: " + ", ".join(missing))


main()
