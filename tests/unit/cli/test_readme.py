# SPDX-License-Identifier: GPL-2.0-or-later
"""What README has a person type for the watchdog does what it should. It makes a
file of its own, since a line added to system.conf may be in no section, and names
the device, so that AMT's watchdog, which does not reset, does not replace one that
does."""
import configparser
import re
import subprocess

README = open("README.md", encoding="utf-8").read()


def test_systemd_drop_in():
    command = re.search(r"^    (printf .*Watchdog.*) \|\n\s+sudo tee (\S+)$", README,
                        re.M)
    assert command, "README has no drop-in for systemd"
    text = subprocess.run(["sh", "-c", command[1]], capture_output=True, text=True,
                          check=True).stdout
    assert re.fullmatch(r"/etc/systemd/system\.conf\.d/[a-z-]+\.conf", command[2])
    said = configparser.ConfigParser()
    said.optionxform = str
    said.read_string(text)
    assert said.sections() == ["Manager"]
    assert re.fullmatch(r"/dev/watchdog\d+", said["Manager"]["WatchdogDevice"])
    assert 120 <= int(said["Manager"]["RuntimeWatchdogSec"]) <= 65535
    assert "mkdir -p /etc/systemd/system.conf.d" in README
    assert not re.search(r"tee -a +/etc/systemd/system\.conf\b", README)
