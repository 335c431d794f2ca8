# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures for monitoring: what promtool accepts, what a real node exporter serves, and
what they cost."""
import os
import pathlib
import re
import subprocess

import pytest

import sysfs
from test_history import Machine

KILLS = int(os.environ["PFRU_KILLS"])
SAMPLE = re.compile(r'(\w+)(\{.*\})? (\S+)')

# a node exporter of its own, on a network of its own: what it serves
EXPORTER = r"""
ip link set lo up || exit
prometheus-node-exporter --collector.disable-defaults --collector.textfile \
	--collector.textfile.directory="$1" \
	--web.listen-address=127.0.0.1:9100 2>"$2" &
for i in $(seq 100); do
	sleep 0.1
	exec 3<>/dev/tcp/127.0.0.1/9100 && break
done 2>/dev/null
printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
cat <&3
kill $!
wait
"""


def samples(text):
    """{name{labels}: value} of what was printed."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.fullmatch(line).groups()
            assert name + (labels or "") not in found, line
            found[name + (labels or "")] = value
    return found


def figures(tool, node, **values):
    """What the module shows of a node's firmware calls."""
    sysfs.write(tool.root / f"sys/class/misc/pfru_{node}/device/firmware",
                **{"calls": 12, "total_ns": 34567000000,
                   "longest_ns": 1000000123, **values})


# this release's, and that of Debian 13
PROMTOOLS = "promtool", "promtool-trixie"


def promtool(text):
    """They have to have nothing to say."""
    said = [subprocess.run([program, "check", "metrics"], input=text, text=True,
                           capture_output=True, check=False)
            for program in PROMTOOLS]
    return all(r.returncode == 0 and not r.stdout + r.stderr for r in said)


@pytest.fixture(name="full")
def full_machine(tool):
    """A machine that has all of it."""
    machine = Machine(tool)
    assert tool.run("stage-activate", tool.inputs / "signed.cap").status == 0
    figures(tool, "update0")
    figures(tool, "telemetry0", calls=1, total_ns=5, longest_ns=5)
    sysfs.watchdog(tool, "watchdog0", "iamt_wdt", own={})
    sysfs.write(tool.root / "sys/module/pfru", version="1.2\\3\"4")
    return machine


def test_all(tool, full, check):
    r = tool.run("metrics", cached=1)
    check("succeeds", r.status == 0 and not r.err, r)
    check("promtool has nothing to say", promtool(r.out), r)
    got = samples(r.out)
    check("its version, and the module's with its characters escaped",
          any(re.fullmatch(r'pfru_build_info\{version="[^"]+",'
                           r'module_version="1\.2\\\\3\\"4"\}', k)
              for k in got), r)
    wanted = {
        'pfru_usable{device="update"}': "1",
        'pfru_usable{device="telemetry"}': "1",
        'pfru_firmware_calls_total{device="update",number="0"}': "12",
        'pfru_firmware_calls_total{device="telemetry",number="0"}': "1",
        'pfru_firmware_call_seconds_total{device="update",number="0"}':
            "34.567000000",
        'pfru_firmware_longest_call_seconds{device="update",number="0"}':
            "1.000000123",
        "pfru_record_usable": "1",
        "pfru_last_update_success": "1",
        "pfru_updates_interrupted": "0",
        'pfru_watchdog_state{state="running"}': "1",
        "pfru_watchdog_heartbeats_total": "17",
    }
    for name, value in wanted.items():
        check(f"{name} {value}", got.get(name) == value, r)
    shown = tool.run("capability", "--json").json()
    for name, value in {
            "firmware_version": shown["fw_version"],
            "code_runtime_version": shown["code_injection"]["runtime_version"],
            "driver_runtime_version":
                shown["driver_update"]["runtime_version"],
            "driver_svn": shown["driver_update"]["svn"]}.items():
        check(f"{name} as capability has it",
              got.get(f'pfru_{name}{{number="0"}}') == str(value), r)
    check("and the ids", any(
        k.startswith("pfru_capability_info")
        and shown["platform_id"] in k and shown["oem_id"] in k for k in got), r)
    last = full.attempts("--last")[0]
    at = subprocess.run(["date", "-ud", last["ended"], "+%s"], text=True,
                        capture_output=True, check=True).stdout.strip()
    check("when the last update ended",
          got.get("pfru_last_update_timestamp_seconds") == at, r)
    for phase, key in (("authentication", "auth_time_ns"),
                       ("execution", "exec_time_ns"), ("call", "call_time_ns")):
        name = f'pfru_last_update_duration_seconds{{phase="{phase}"}}'
        check(f"how long: {phase}", round(float(got.get(name, -1)) * 1e9)
              == last[key], (r, last))
    check("the same in JSON", samples("\n".join(
        m["name"] + ("{%s}" % ",".join(
            '%s="%s"' % (k, v.replace("\\", "\\\\").replace('"', '\\"'))
            for k, v in s["labels"].items()) if s["labels"] else "")
        + " " + s["value"]
        for m in tool.run("metrics", "--json", cached=1).json()["metrics"]
        for s in m["samples"])) == got, r)


@pytest.mark.parametrize("kind", ("bare", "mainline", "many", "ours"))
def test_other_machines(tool, kind, check):
    """Less is there, or more: it succeeds, and promtool takes it."""
    tool.use(kind)
    r = tool.run("metrics")
    got = samples(r.out)
    usable = "0" if kind == "bare" else "1"
    check("succeeds", r.status == 0 and not r.err, r)
    check("promtool has nothing to say", promtool(r.out), r)
    check("usable or not", got['pfru_usable{device="update"}'] == usable and
          got['pfru_usable{device="telemetry"}'] == usable, r)
    check("one call for each capability that the module gives",
          r.counts.get("calls", 0) ==
          {"bare": 0, "mainline": 0, "many": 1, "ours": 1}[kind], r)
    check("no figures where there are none", "firmware_calls" not in r.out, r)
    if kind == "many":
        check("each instance", all(
            f'pfru_driver_svn{{number="{n}"}}' in got for n in (0, 1, 10)), r)


def test_hundred_runs_cost_nothing(tool, full):
    calls = 0
    for _ in range(100):
        r = tool.run("metrics", "-o", tool.directory / "x.prom", cached=1)
        assert r.status == 0, r
        calls += r.counts["calls"]
    assert calls == 0 and full


def test_refused_capability(tool):
    """It is left out: what else is known is worth printing."""
    r = tool.run("metrics", query="5:1")
    assert r.status == 0 and r.counts["calls"] == 1, r
    assert "driver_svn" not in r.out and "pfru_usable" in r.out, r


def test_telemetry(tool, readers, check):
    """What readers printed and lost, added up over all of them."""
    log = readers.log(4096)
    label = '{number="0",type="execution",reader="file"}'
    got = samples(tool.run("metrics").out)
    check("nothing before there is a position", "telemetry_read" not in str(got),
          got)
    printed = 0
    for news in (b"x" * 100 + b"\n", b"y" * 5000 + b"\n", b""):
        log.append(news)
        r = tool.run("telemetry", "--delta")
        check("printed", r.status == 0, r)
        printed += len(r.out)
    got = samples(tool.run("metrics").out)
    check("bytes that were printed",
          got[f"pfru_telemetry_read_bytes_total{label}"] == str(printed), got)
    check("and lost", got[f"pfru_telemetry_lost_bytes_total{label}"] ==
          str(101 + 5001 - printed) != "0", got)
    check("no reset", got[f"pfru_telemetry_resets_total{label}"] == "0", got)
    log.reset()
    log.append(b"z\n")
    r = tool.run("telemetry", "--delta")
    check("printed after a reset", r.out == "z\n", r)
    r = tool.run("metrics")
    got = samples(r.out)
    check("one more",
          got[f"pfru_telemetry_read_bytes_total{label}"] == str(printed + 2) and
          got[f"pfru_telemetry_resets_total{label}"] == "1", got)
    check("promtool has nothing to say", promtool(r.out), r)


def test_update_that_failed_or_was_interrupted(tool):
    machine = Machine(tool)
    tool.run("stage-activate", tool.inputs / "signed.cap", start="5:1")
    got = samples(tool.run("metrics").out)
    assert got["pfru_last_update_success"] == "0", got
    assert got["pfru_updates_interrupted"] == "0", got
    machine.cut_off()
    machine.boot(1)
    got = samples(tool.run("metrics").out)
    assert got["pfru_last_update_success"] == "0", got
    assert got["pfru_updates_interrupted"] == "1", got
    assert "pfru_last_update_timestamp_seconds" in got, got


def test_record_that_cannot_be_used(tool):
    (tool.root / "var/lib/pfructl/history").mkdir(parents=True)
    r = tool.run("metrics")
    got = samples(r.out)
    assert r.status == 0 and got["pfru_record_usable"] == "0", r
    assert "pfru_updates_interrupted" not in got, r


def test_without_permission_the_old_file_stays(tool):
    file = tool.directory / "pfru.prom"
    file.write_text("old 1\n")
    for what in ({"open": 1}, {"open": 13}):
        r = tool.run("metrics", "-o", file, **what)
        assert r.status == 1 and r.says("no permission"), r
        assert file.read_text() == "old 1\n", r


def test_bad_figures_are_left_out(tool):
    for bad in ("-1", "x", "\033[2J", "", "9" * 30):
        figures(tool, "update0", total_ns=bad)
        r = tool.run("metrics", cached=1)
        assert r.status == 0 and "firmware_call" not in r.out, (bad, r)


def test_served_by_a_node_exporter(tool, full):
    directory = tool.directory / "textfile"
    directory.mkdir()
    file = directory / "pfru.prom"
    r = tool.run("metrics", "-o", file, cached=1)
    assert r.status == 0 and not r.out and full, r
    assert file.stat().st_mode & 0o777 == 0o644, oct(file.stat().st_mode)
    log = tool.directory / "exporter.log"
    served = subprocess.run(
        ["unshare", "-rn", "bash", "-c", EXPORTER, "bash", directory, log],
        capture_output=True, text=True, timeout=60, check=False)
    assert "\nnode_textfile_scrape_error 0" in served.stdout, \
        (served, log.read_text())
    body = served.stdout.partition("\n\n")[2]
    names = [l for l in body.splitlines() if l.startswith("pfru_")]
    mine = [l for l in file.read_text().splitlines() if l[0] != "#"]
    assert len(names) == len(mine) and all(
        m.split(" ")[0].split("{")[0] in body for m in mine), served


def test_killed_leaves_no_partial_file(tool, full):
    """Killed at any moment: what is there is whole, and has the name of no metrics
    when it is not."""
    directory = tool.directory / "textfile"
    directory.mkdir()
    file = directory / "pfru.prom"
    whole = set()
    replaced = 0
    tool.counts_lines = False
    tool.run("metrics", "-o", file, cached=1)
    sizes = file.stat().st_size
    for i in range(KILLS):
        before = file.stat().st_ino
        p = tool.start("metrics", "-o", file, cached=1)
        try:
            p.wait(0.0005 * (i % 100))
        except subprocess.TimeoutExpired:
            p.kill()
        p.communicate()
        text = file.read_text()
        replaced += file.stat().st_ino != before
        assert len(text) == sizes and text.endswith("\n"), text
        whole.add(text)
        assert [f.name for f in directory.glob("*.prom")] == ["pfru.prom"]
    assert len(whole) == 1 and replaced < KILLS and full, (replaced, len(whole))


def test_alerts(tmp_path):
    """Each alert fires and clears (alerts.yml), and is about what is printed."""
    top = pathlib.Path(__file__).resolve().parents[3]
    rules = (top / "data/pfru-alerts.yml").read_text()
    cases = (top / "tests/unit/cli/alerts.yml").read_text()
    for program in PROMTOOLS:
        r = subprocess.run([program, "test", "rules",
                            top / "tests/unit/cli/alerts.yml"],
                           capture_output=True, text=True, check=False,
                           cwd=tmp_path)
        assert r.returncode == 0, r
    for name in re.findall(r"- alert: (\w+)", rules):
        quiet = cases.count(f"alertname: {name}, ")
        fired = re.findall(rf"alertname: {name}\n +eval_time: \w+\n"
                           r" +exp_alerts:\n +- exp_labels", cases)
        assert quiet >= 2 and len(fired) == 1, name
    source = (top / "cli/pfructl/commands/metrics.c").read_text()
    for name in re.findall(r"pfru_(\w+)", " ".join(
            re.findall(r"expr: (.*)", rules))):
        assert f'{{ "{name}",' in source, name
