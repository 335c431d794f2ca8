// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What one user costs the others: the processor while a large capsule is
 * hashed, the device while audit has no room, memory that nobody answers for.
 *
 * scenarios: main
 * timeout: 120
 */
#include "guest.h"

#include <linux/audit.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define SMALL	4466

static void pin(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(pid, sizeof(set), &set))
		die("sched_setaffinity");
}

static void be_first(void)
{
	struct sched_param first = { .sched_priority = 50 };

	if (sched_setscheduler(0, SCHED_FIFO, &first))
		die("sched_setscheduler");
}

/* ---- the processor ---- */

static volatile bool watching;
static double longest;

/* how long is the longest time in which even the first in line does not run? */
static void *watch(void *unused)
{
	double last = now(), gap;

	(void)unused;
	pin(0, 0);
	be_first();
	while (watching) {
		usleep(1000);
		gap = now() - last;
		if (gap > longest)
			longest = gap;
		last += gap;
	}
	return NULL;
}

static void test_processor(void)
{
	size_t size = page->buf_size;
	uint8_t *capsule = malloc(size);
	pthread_t thread;
	double begin, took;
	int fd;

	if (!capsule)
		die("memory");
	make_capsule(capsule, size, false, 2, 0);
	pin(0, 0);
	fd = must_open(UPDATE, O_RDWR);
	gives(write(fd, capsule, size), size, "a capsule of %zu bytes is loaded",
	      size);
	refuse_next(SLOT_START, PFRU_STATUS_HARDWARE_ERROR, 0);
	watching = true;
	if (pthread_create(&thread, NULL, watch, NULL))
		die("pthread_create");
	usleep(20000);
	longest = 0;
	begin = now();
	gives(ioctl(fd, PFRU_IOC_STAGE), -EIO, "and hashed, before it is refused");
	took = now() - begin;
	watching = false;
	pthread_join(thread, NULL);
	/* a sixteenth of the capsule at once, say, and what the host takes away */
	if (!check(longest < took / 3 || longest < 0.05,
		   "another task runs meanwhile"))
		printf("# of %.3f s, %.3f s without it\n", took, longest);
	close(fd);
	free(capsule);
}

/* ---- the device ---- */

static void set_audit(uint32_t limit, uint32_t wait)
{
	struct {
		struct nlmsghdr head;
		struct audit_status status;
	} message = {
		.head = { sizeof(message), AUDIT_SET, NLM_F_REQUEST, 1, 0 },
		.status.mask = AUDIT_STATUS_BACKLOG_LIMIT |
			       AUDIT_STATUS_BACKLOG_WAIT_TIME,
		.status.backlog_limit = limit,
		.status.backlog_wait_time = wait,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (fd < 0 || send(fd, &message, sizeof(message), 0) < 0)
		die("audit");
	close(fd);
}

static pid_t find_task(const char *name)
{
	char line[64], command[64];
	pid_t pid = 0;
	FILE *f;

	snprintf(command, sizeof(command), "pidof '%s'", name);
	f = popen(command, "r");
	if (f && fgets(line, sizeof(line), f))
		pid = atoi(line);
	if (f)
		pclose(f);
	if (!pid)
		die(name);
	return pid;
}

/* audit's own task gets no processor until this ends */
static pid_t starve(pid_t task)
{
	pid_t child;

	write_file("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	pin(task, 1);
	child = fork();
	if (child)
		return child;
	pin(0, 1);
	be_first();
	for (;;)
		;
}

/* how many activations of a program have come so far, by the log */
static unsigned int activations(pid_t pid, const char *stage)
{
	unsigned int count = 0;
	const char *at;
	char text[64];

	snprintf(text, sizeof(text), "activate by pid %d, uid 0 %s:", pid,
		 stage);
	for (at = strstr(log_text, text); at; at = strstr(at + 1, text))
		count++;
	return count;
}

/*
 * Audit makes whoever has something to record wait when its queue is full, a
 * minute if it must. That is nobody else's loss, and no loss of the log's.
 */
static void test_audit(void)
{
	struct pfru_capability cap;
	bool asked = false, slept = false;
	pid_t spinner, child;
	int fd, other, status, i;

	fd = must_open(UPDATE, O_RDWR);
	other = must_open(UPDATE, O_RDWR | O_NONBLOCK);
	gives(ioctl(other, PFRU_IOC_QUERY_CAP, &cap), 0, "the capability is known");
	pin(0, 0);
	set_audit(1, 30 * sysconf(_SC_CLK_TCK) * 10);
	spinner = starve(find_task("kauditd"));
	log_begin();
	child = fork();
	if (!child) {
		for (i = 0; i < 4; i++)
			ioctl(fd, PFRU_IOC_ACTIVATE);
		_exit(0);
	}
	/* until it sleeps there; busybox has no /proc/PID/stack to ask */
	for (i = 0; i < 300 && !slept; i++) {
		char path[64], text[64] = "";
		int file;

		usleep(1000);
		snprintf(path, sizeof(path), "/proc/%d/wchan", child);
		file = open(path, O_RDONLY | O_CLOEXEC);
		if (file >= 0 && read(file, text, sizeof(text) - 1) > 0)
			slept = strstr(text, "audit");
		close(file);
	}
	check(slept, "audit makes a caller wait");
	log_end();
	check(activations(child, "begins"), "an activation has begun");
	same(activations(child, "failed") + activations(child, "done"),
	     activations(child, "begins"),
	     "how it ended is in the log meanwhile");
	for (i = 0; i < 20 && !asked; i++) {
		asked = !ioctl(other, PFRU_IOC_GET_RESULT, &cap) ||
			!ioctl(other, PFRU_IOC_QUERY_CAP, &cap);
		usleep(1000);
	}
	check(asked, "the device serves others meanwhile");
	kill(spinner, SIGKILL);
	waitpid(spinner, &status, 0);
	waitpid(child, &status, 0);
	same(status, 0, "the caller goes on");
	set_audit(64, 60 * 250);
	close(other);
	close(fd);
}

/* ---- memory ---- */

#define GROUP	"/tmp/cgroup/pfru"

static long memory_now(void)
{
	char text[32] = "";
	int fd = open(GROUP "/memory.current", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die("memory.current");
	close(fd);
	return atol(text);
}

/* once what was closed before is given back, which the kernel does later */
static long group_memory(void)
{
	long memory = memory_now(), before;
	int left = 25;

	do {
		before = memory;
		usleep(200000);
		memory = memory_now();
	} while (memory != before && left--);
	return memory;
}

/* what a group of tasks answers for when one of them opens a file so often */
static long memory_of(const char *path, int flags, int times, size_t to_read)
{
	uint8_t byte[88];
	long memory;
	int *fds = calloc(times, sizeof(*fds));
	int i;

	memory = group_memory();
	for (i = 0; i < times; i++) {
		fds[i] = must_open(path, flags);
		if (to_read && pread(fds[i], byte, to_read, 0) < 0)
			die(path);
	}
	memory = group_memory() - memory;
	for (i = 0; i < times; i++)
		close(fds[i]);
	free(fds);
	return memory;
}

static void test_memory(void)
{
	struct rlimit files = { 20000, 20000 };
	long plain, update, telemetry, snapshots;
	char pid[16];

	mkdir("/tmp/cgroup", 0700);
	if (mount("none", "/tmp/cgroup", "cgroup2", 0, NULL) ||
	    write_file("/tmp/cgroup/cgroup.subtree_control", "+memory") ||
	    mkdir(GROUP, 0700))
		die("a group of tasks");
	snprintf(pid, sizeof(pid), "%d", getpid());
	if (setrlimit(RLIMIT_NOFILE, &files) ||
	    write_file(GROUP "/cgroup.procs", pid))
		die("a group of tasks");
	/* tables of files and the like first */
	memory_of("/dev/null", O_RDWR, 12000, 0);
	plain = memory_of("/dev/null", O_RDWR, 12000, 0);
	update = memory_of(UPDATE, O_RDWR, 12000, 0);
	telemetry = memory_of(TELEMETRY, O_RDWR, 12000, 0);
	snapshots = memory_of(UPDATE, O_RDWR, 300, 88);
	printf("# open files: %ld, %ld, %ld; 300 snapshots: %ld\n", plain,
	       update, telemetry, snapshots);
	check(update - plain > 500000, "update: open files are answered for");
	check(telemetry - plain > 500000,
	      "telemetry: open files are answered for");
	check(snapshots > 300 * 4096, "and what was read, too");
	write_file("/tmp/cgroup/cgroup.procs", pid);
	rmdir(GROUP);
	umount("/tmp/cgroup");
}

int main(void)
{
	sim_begin();
	sim_behave();
	test_processor();
	test_audit();
	test_memory();
	sim_behave();
	return done();
}
