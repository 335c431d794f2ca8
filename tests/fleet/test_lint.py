# SPDX-License-Identifier: GPL-2.0-or-later
"""The collection as this release's ansible-lint judges it."""
import os
import pathlib
import shutil
import subprocess

FLEET = pathlib.Path(__file__).resolve().parents[2] / "fleet"


def test_ansible_lint(tmp_path):
    """By the profile for production: no failure and no warning."""
    place = tmp_path / "ansible_collections/pfru/platform"
    shutil.copytree(FLEET, place)
    r = subprocess.run(
        ["ansible-lint", "--offline", "--nocolor", "--profile", "production"],
        cwd=place, capture_output=True, text=True, timeout=200, check=False,
        env=dict(os.environ, HOME=str(tmp_path), ANSIBLE_COLLECTIONS_PATH=str(tmp_path)))
    assert r.returncode == 0, r
    assert "0 failure(s), 0 warning(s)" in r.stderr, r
