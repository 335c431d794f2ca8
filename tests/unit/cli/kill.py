#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kill.py PFRUCTL DIR MODE [KILLS]: readers of a live log are killed at random
instants; what they printed together is compared with every byte written. MODE:
text or json (to a file), pipe (json to a pipe, where repeats are told of)."""
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import live  # noqa: E402

program, directory, mode = sys.argv[1:4]
kills = int(sys.argv[4]) if len(sys.argv) > 4 else 200
ring = 16384
rng = live.generator()
log = live.Log(directory, ring)
out = f"{directory}/out"
err = f"{directory}/err"
command = [program, "telemetry", "--since-reset", "--state",
           f"{directory}/state"]
if mode != "text":
    command.append("--json")
if mode != "pipe":
    command += ["--output", out]
environment = dict(os.environ, FAKE_LIVE=directory)
done = threading.Event()


def write():
    while not done.is_set():
        log.append(live.some_bytes(rng))
        time.sleep(rng.random() * 0.004)


def run(arguments, seconds):
    with open(err, "ab") as errors, open(f"{directory}/pipe", "ab") as printed:
        p = subprocess.Popen(command + arguments, stderr=errors,
                             stdout=subprocess.PIPE, env=environment)
        collector = threading.Thread(
            target=lambda: printed.write(p.stdout.read()))
        collector.start()
        if seconds is not None:
            time.sleep(seconds)
            p.kill()
        p.wait()
        collector.join()
        printed.write(b"\n")
        return p.returncode


def read(name):
    with open(f"{directory}/{name}", "rb") as f:
        return f.read()


pick = live.random.Random(rng.random())
writer = threading.Thread(target=write)
writer.start()
killed = 0
while killed < kills:
    how = ["--delta"] if pick.random() < 0.3 else ["--follow", "--interval",
                                                    "0.003"]
    killed += run(how, pick.random() * 0.12) == -9
done.set()
writer.join()
status = run(["--delta"], None)
if status:
    sys.exit(f"the last reader ended with {status}: {read('err')[-300:]}")
written = bytes(log.written)
errors = read("err").decode()
if mode == "text":
    wrong = live.check_text(read("out"), errors, written)
else:
    text = read("pipe" if mode == "pipe" else "out")
    if mode == "json" and len(live.lines_of(text)) != text.count(b"\n"):
        sys.exit("a line that is not whole")
    wrong = live.check_lines(live.lines_of(text), written, mode == "pipe")
lost = sum(int(n) for n, _ in set(live.LOST.findall(errors)))
print(f"# {killed} readers killed, {len(written)} bytes written, "
      f"{log.rollovers} rollovers, {lost} bytes lost")
if wrong:
    sys.exit(wrong)
