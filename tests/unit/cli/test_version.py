# SPDX-License-Identifier: GPL-2.0-or-later
"""What pfructl says of itself."""


def test_version_in_json(tool):
    r = tool.run("--version", "--json")
    assert r.status == 0, r
    assert "journal" in r.json()["features"], r
