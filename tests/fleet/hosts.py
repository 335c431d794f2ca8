# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines of a simulated fleet: each a real sshd on an address of its own, in a
process namespace of its own, with pfructl and a simulated device that remembers its
versions. Must run as root in a network namespace with nothing but the loopback, and
in a mount namespace: run.sh sees to that.

A file "fault" in a machine's directory, a shell fragment, is run when the machine
is asked to change its firmware. A machine is killed by killing the first process
of its namespace, as a crash would end everything in it.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import uuid

# the program that machines have as pfructl
WRAPPER = """#!/bin/sh
root=$FLEET_ROOT real=@REAL@
export FAKE_ROOT="$root" FAKE_LIVE="$root/live" FAKE_VERSIONS="$root/versions"
FAKE_COUNT=$root/counts/$(cat /proc/sys/kernel/random/uuid)
export FAKE_COUNT
echo "$*" >>"$root/calls"
case " $* " in
*' --dry-run '*|*' --help '*) ;;
' stage '*|' activate '*|' stage-activate '*) [ ! -f "$root/fault" ] || . "$root/fault" ;;
esac
exec "$real" "$@"
"""

# waits until the firmware was called, in the background
CALLED = """rm -f "$root/started"
FAKE_SLOW=${slow:-20000} "$real" "$@" &
while [ ! -f "$root/started" ]; do sleep 0.05; done
"""

FAULTS = {
    "die": """case $1 in *activate) ;; *) exec "$real" "$@" ;; esac
""" + CALLED + 'touch "$root/dying"; sleep 60',
    "refuse": "export FAKE_START=6:1",
    "slow": 'case $1 in *activate) export FAKE_SLOW=@SLOW@ ;; esac',
    # reports success, and runs what it did before
    "wrong": "export FAKE_KEEPS=1",
    # something else changes the firmware at once, as a BMC may
    "undone": """case $1 in *activate) ;; *) exec "$real" "$@" ;; esac
cp "$root/versions" "$root/old"; "$real" "$@"; status=$?
cp "$root/old" "$root/versions"; exit $status""",
    # somebody else stages another capsule just before
    "restaged": 'case $1 in activate) "$real" stage @OTHER@ >/dev/null ;; esac',
    "sick": 'case $1 in *activate) touch "$root/sick" ;; esac',
    # the firmware logs more than its log holds
    "noisy": 'case $1 in *activate) cp "$root/live/noisy" "$root/live/info" ;; esac',
    # the session ends, the machine lives
    "drop": """case $1 in *activate) ;; *) exec "$real" "$@" ;; esac
slow=1000
""" + CALLED + """for p in /proc/[0-9]*; do
	case $p:$(cat $p/comm 2>/dev/null) in /proc/1:*) ;; *:sshd*) kill -9 ${p#/proc/} ;; esac
done
wait""",
    # no answer, as after a lockup
    "hang": """case $1 in *activate) ;; *) exec "$real" "$@" ;; esac
""" + CALLED + 'touch "$root/hanging"; sleep 600',
}

SSHD = """ListenAddress @ADDRESS@
Port 2222
HostKey @KEY@
AuthorizedKeysFile @KEY@.pub
PermitRootLogin yes
StrictModes no
UsePAM no
UseDNS no
PidFile none
LogLevel ERROR
MaxStartups 100
Subsystem sftp internal-sftp
SetEnv PATH=@BIN@:/usr/sbin:/usr/bin:/sbin:/bin FLEET_ROOT=@ROOT@ LANG=C.UTF-8
"""


def fill(text, **words):
    for key, value in words.items():
        text = text.replace(f"@{key.upper()}@", str(value))
    return text


def prepare(work, real):
    """What all machines share: pfructl, and a key."""
    (work / "bin").mkdir(parents=True)
    program = work / "bin/pfructl"
    program.write_text(fill(WRAPPER, real=real))
    program.chmod(0o755)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                    str(work / "key")], check=True)


class Host:
    def __init__(self, number, directory, work):
        self.name = f"h{number:02d}"
        self.address = f"127.0.{1 + number // 200}.{1 + number % 200}"
        self.root = directory / self.name
        self.work = work
        self.process = None
        for name in ("dev/pfru", "counts", "proc/sys/kernel/random", "tmp",
                     "var/lib", "live"):
            (self.root / name).mkdir(parents=True)
        for name in ("update", "telemetry"):
            (self.root / "dev/pfru" / name).touch()
        self.run_versions(1, 1, 1)
        # the firmware's log: size, older, newest, rollovers, resets
        (self.root / "live/ring").write_bytes(b"line\n" * 1000)
        (self.root / "live/info").write_bytes(struct.pack("<5I", 5000, 0, 100, 0, 4))
        (self.root / "live/noisy").write_bytes(
            struct.pack("<5I", 5000, 4700, 300, 2, 4))
        (self.root / "sshd_config").write_text(fill(
            SSHD, address=self.address, root=self.root, key=work / "key",
            bin=work / "bin"))
        self.boot()

    def boot(self):
        """It has been switched on."""
        for name in ("started", "dying", "hanging"):
            (self.root / name).unlink(missing_ok=True)
        (self.root / "proc/sys/kernel/random/boot_id").write_text(
            f"{uuid.uuid4()}\n")
        self.process = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
             "sh", "-c", 'mount --bind "$1/var/lib" /var/lib && '
             'exec /usr/sbin/sshd -D -f "$1/sshd_config"', "sh", self.root],
            stdin=subprocess.DEVNULL, start_new_session=True)

    def answers(self):
        """Its sshd says who it is."""
        try:
            with socket.create_connection((self.address, 2222), 2) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def die(self):
        """Everything in it is gone at once."""
        self.process.kill()
        self.process.wait()

    def hang(self):
        """Nothing in it runs any more, and nobody is notified."""
        for process in descendants(self.process.pid):
            os.kill(process, signal.SIGSTOP)

    def run_versions(self, *numbers):
        (self.root / "versions").write_text("%u %u %u\n" % numbers)

    @property
    def versions(self):
        return tuple(int(w) for w in (self.root / "versions").read_text().split())

    def fault(self, name, **words):
        if name:
            (self.root / "fault").write_text(fill(FAULTS[name], **words) + "\n")
        else:
            (self.root / "fault").unlink()

    def count(self, name):
        """calls, writes or starts of the firmware, of all runs that ended."""
        total = 0
        for file in (self.root / "counts").iterdir():
            words = dict(w.split("=") for w in file.read_text().split())
            total += int(words.get(name, 0))
        return total

    @property
    def calls(self):
        """All runs of the program: its arguments."""
        file = self.root / "calls"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def acted(self):
        """How the program was run to change the firmware."""
        return [line.split()[0] for line in self.calls
                if line.split()[0] in ("stage", "activate", "stage-activate")
                and "--dry-run" not in line and "--help" not in line]

    @property
    def touched(self):
        return bool(self.acted or self.count("writes") or self.count("starts"))

    def forget(self):
        """What was counted until now."""
        shutil.rmtree(self.root / "counts")
        (self.root / "counts").mkdir()
        (self.root / "calls").unlink(missing_ok=True)

    @property
    def record(self):
        file = self.root / "var/lib/pfructl/history"
        if not file.exists():
            return []
        return [json.loads(line) for line in file.read_text().splitlines()]


def descendants(pid):
    """All processes below one, by /proc."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rsplit(")", 1)[1].split()[1])
    found, todo = [], [pid]
    while todo:
        children = [p for p, parent in parents.items() if parent == todo[-1]]
        todo.pop()
        found += children
        todo += children
    return found


class Fleet:
    """Several machines, an inventory, and ansible-playbook."""

    def __init__(self, directory, work, size):
        self.directory = directory
        self.work = work
        self.hosts = [Host(n, directory, work) for n in range(size)]
        self.over = False
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()
        self.write_configuration()
        for host in self.hosts:
            self.wait_for(host)

    def watch(self):
        """The crashes that machines ask for."""
        while not self.over:
            for host in self.hosts:
                if host.process.poll() is None and \
                        (host.root / "dying").exists():
                    host.die()
                if (host.root / "hanging").exists():
                    (host.root / "hanging").unlink(missing_ok=True)
                    host.hang()
            time.sleep(0.05)

    def wait_for(self, host):
        end = time.monotonic() + 30
        while not host.answers():
            assert time.monotonic() < end, f"{host.name} has no sshd"
            assert host.process.poll() is None, f"{host.name}'s sshd ended"
            time.sleep(0.1)

    def write_configuration(self):
        lines = [f"{h.name} ansible_host={h.address} ansible_remote_tmp="
                 f"{h.root}/tmp" for h in self.hosts]
        # looking for results a thousand times a second costs more than the waiting saves
        (self.directory / "ansible.cfg").write_text(
            "[defaults]\ninternal_poll_interval = 0.02\n")
        (self.directory / "inventory").write_text(
            "\n".join(lines) + "\n[all:vars]\nansible_port=2222\n"
            "ansible_user=root\nansible_python_interpreter=/usr/bin/python3\n"
            f"ansible_ssh_private_key_file={self.work}/key\n")

    def playbook(self, name, *options, timeout=600, environment=None, **variables):
        """Runs one to its end: (exit status, output)."""
        env = dict(os.environ, HOME=str(self.directory),
                   ANSIBLE_COLLECTIONS_PATH=str(self.work / "collections"),
                   ANSIBLE_HOST_KEY_CHECKING="False", ANSIBLE_NOCOLOR="1",
                   ANSIBLE_FORKS="10", ANSIBLE_PIPELINING="True",
                   ANSIBLE_TIMEOUT="10", ANSIBLE_CONFIG=str(self.directory / "ansible.cfg"),
                   ANSIBLE_LOCALHOST_WARNING="False",
                   ANSIBLE_SSH_CONTROL_PATH_DIR=f"/run/cp{os.getpid()}",
                   ANSIBLE_SSH_ARGS="-F /dev/null -o ControlMaster=auto "
                   "-o ControlPersist=60 -o UserKnownHostsFile=/dev/null "
                   # cheaper than what it would take by itself
                   "-o LogLevel=ERROR -o KexAlgorithms=curve25519-sha256",
                   PYTHONDONTWRITEBYTECODE="1")
        env.update(environment or {})
        process = subprocess.run(
            ["ansible-playbook", "-i", str(self.directory / "inventory"), name,
             "-e", json.dumps(variables), *options], env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False)
        return process.returncode, process.stdout

    def stop(self):
        self.over = True
        self.watcher.join()
        for host in self.hosts:
            if host.process.poll() is None:
                host.die()
