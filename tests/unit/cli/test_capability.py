# SPDX-License-Identifier: GPL-2.0-or-later
"""What the firmware can do: asked once, and printed safely."""


def test_capability(expect, check):
    r = expect("capability", 0, "capability", oem="Maker\033 1")
    check("capability: one call", r.counted(calls=1), r)
    check("capability: revision is set", r.counted(revision=1), r)
    check("capability: platform",
          r.prints("7D0C5A4E-91B3-4C26-8F17-2A6BE04D9C51"), r)
    check("capability: OEM escaped", r.prints(r"Maker\\x1b 1"), r)
    r = expect("capability, JSON", 0, "capability", "--json", "-r", "2",
               oem="Maker")
    check("capability, JSON: OEM",
          r.json()["oem_info"] == {"base64": "TWFrZXI=", "text": "Maker"}, r)
    check("capability: revision 2", r.counted(revision=2), r)


def test_refused(expect, check):
    r = expect("capability refused", 5, "capability", "--json", query="3:0x55")
    error = r.json()["error"]
    check("capability refused: status", error["status"] == 3 and
          error["ext_status"] == 0x55 and
          error["status_name"] == "hardware error", r)
    r = expect("malformed answer", 1, "capability", query=71,
               reason="34:6:2:3")
    check("malformed answer: words", r.says("wrong type at element 6"), r)
    r = expect("no answer", 1, "capability", query=5, reason=29)
    check("no answer: what to do", r.says("kernel log"), r)


def test_mainline(tool, expect, check):
    tool.use("mainline")
    r = expect("mainline: capability", 0, "capability", "--json")
    check("mainline: driver", r.json()["driver"] == "pfr_update", r)
    check("mainline: one call", r.counted(calls=1), r)
    r = expect("mainline: OEM information", 0, "capability", oem="x")
    check("mainline: a note", r.says("does not give the OEM information"), r)
    r = expect("mainline: refused", 5, "capability", query="4:1")
    check("mainline: says that status is hidden",
          r.says("hidden by the kernel's own driver"), r)
    expect("mainline: malformed", 1, "capability", query=22)
