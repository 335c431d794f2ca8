// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Open files outlive the device: unbinding, unloading, suspending and
 * hibernating with files open, mappings made and calls in flight.
 *
 * scenarios: main
 * timeout: 180
 */
#include "guest.h"

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/syscall.h>

#define SIZE	4466
#define RING	(sim_log[PFRUSIM_EXEC].size)

static uint8_t capsule[SIZE];
static uint8_t bytes[4096];

/**
 * struct binding - a driver and its device, as sysfs names them
 * @driver: "pfru_update" or "pfru_telemetry"
 * @node: of its first instance
 * @device: the device's name
 */
struct binding {
	const char *driver;
	const char *node;
	char device[64];
};

static struct binding update = { "pfru_update", UPDATE, "" };
static struct binding telemetry = { "pfru_telemetry", TELEMETRY, "" };

static void find_device(struct binding *b)
{
	char path[128], target[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/misc/%s0/device", b->driver);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		die(path);
	target[n] = '\0';
	snprintf(b->device, sizeof(b->device), "%s", strrchr(target, '/') + 1);
}

static int bind(const struct binding *b, const char *what)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/%s/%s",
		 b->driver, what);
	return write_file(path, b->device);
}

static int unload(void)
{
	int ret = syscall(SYS_delete_module, "pfru", O_NONBLOCK);

	return ret ? -errno : 0;
}

static void load(void)
{
	if (system("modprobe pfru"))
		die("modprobe pfru");
}

static void test_unbind(void)
{
	struct pfru_capability cap;
	struct pfru_log_info info;
	uint32_t before;
	uint8_t *map, first;
	int up, tel;

	up = must_open(UPDATE, O_RDWR);
	tel = must_open(TELEMETRY, O_RDWR);
	gives(write(up, capsule, SIZE), SIZE, "a capsule is loaded");
	gives(ioctl(up, PFRU_IOC_STAGE), 0, "and staged, so that there is a log");
	gives(write(up, capsule, 100), 100, "another one is half loaded");
	map = mmap(NULL, RING, PROT_READ, MAP_SHARED, tel, 0);
	check(map != MAP_FAILED, "the log is mapped");
	first = map[0];

	before = calls();
	same(bind(&update, "unbind"), 0, "update unbound");
	same(bind(&telemetry, "unbind"), 0, "telemetry unbound");
	gives(read(up, bytes, 88), -ENODEV, "read");
	gives(write(up, capsule, 100), -ENODEV, "write");
	gives(write(up, capsule, 0), -ENODEV, "empty write");
	gives(ioctl(up, PFRU_IOC_STAGE), -ENODEV, "stage");
	gives(ioctl(up, PFRU_IOC_QUERY_CAP, &cap), -ENODEV, "query");
	gives(ioctl(up, PFRU_IOC_GET_RESULT, bytes), -ENODEV, "result");
	gives(read(tel, bytes, 100), -ENODEV, "read of the log");
	gives(ioctl(tel, PFRU_LOG_IOC_GET_INFO, &info), -ENODEV, "log info");
	gives(mmap(NULL, RING, PROT_READ, MAP_SHARED, tel, 0) == MAP_FAILED ?
	      -1 : 0, -ENODEV, "mmap");
	same(calls() - before, 0, "none of these: 0 calls");
	check(map[0] == first, "the mapping can still be read");
	gives(open(UPDATE, O_RDWR), -ENOENT, "the node is gone");
	gives(open(TELEMETRY, O_RDWR), -ENOENT, "the log's node is gone");

	same(bind(&update, "bind"), 0, "update bound again");
	same(bind(&telemetry, "bind"), 0, "telemetry bound again");
	gives(read(up, bytes, 88), -ENODEV, "the old file stays dead");
	close(up);
	up = must_open(UPDATE, O_RDWR);
	gives(write(up, capsule, SIZE), SIZE, "a new one works");
	gives(ioctl(up, PFRU_IOC_STAGE), 0, "to the end");
	close(up);
	close(tel);
	check(map[0] == first, "the mapping outlives its closed file");
	munmap(map, RING);
}

/* unbind waits for the call in flight, and for nothing else */
static void test_in_flight(void)
{
	uint32_t before = slot[SLOT_CAP].calls;
	int status, idle;
	double begin;
	pid_t slow;

	idle = must_open(UPDATE, O_RDWR);
	slot[SLOT_CAP].delay = 3000;
	slot[SLOT_CAP].times = 1;
	slow = fork();
	if (!slow) {
		int fd = must_open(UPDATE, O_RDWR);

		_exit(read(fd, bytes, 88) == 88 ? 0 : 1);
	}
	wait_for_call(SLOT_CAP, before);
	begin = now();
	same(bind(&update, "unbind"), 0, "unbound during a call");
	check(now() - begin > 2.5, "after it ended");
	waitpid(slow, &status, 0);
	same(status, 0, "which ended well");
	same(bind(&update, "bind"), 0, "bound again");
	close(idle);
	clear_slot(SLOT_CAP);
}

static struct uffdio_zeropage missing = { .range.len = 4096 };
static int missing_fd;

/* fills the missing page when it is told to */
static void *fill(void *unused)
{
	sigset_t set;
	int sig;

	(void)unused;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (sigwait(&set, &sig) || ioctl(missing_fd, UFFDIO_ZEROPAGE, &missing))
		_exit(2);
	return NULL;
}

/* a page whose first access waits for SIGUSR1, behind one that is there */
static uint8_t *missing_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	uint8_t *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	missing.range.start = (uintptr_t)p + 4096;
	range.range = missing.range;
	missing_fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (missing_fd < 0 || p == MAP_FAILED ||
	    ioctl(missing_fd, UFFDIO_API, &api) ||
	    ioctl(missing_fd, UFFDIO_REGISTER, &range) ||
	    pthread_create(&thread, NULL, fill, NULL))
		_exit(2);
	return p + 4096;
}

static long stall_write(int up, int tel)
{
	uint8_t *p = missing_page();

	(void)tel;
	memcpy(p - 4096, capsule, 4096);
	return write(up, p - 4096, SIZE);
}

static long stall_read_update(int up, int tel)
{
	(void)tel;
	return read(up, missing_page(), 88);
}

static long stall_query(int up, int tel)
{
	(void)tel;
	return ioctl(up, PFRU_IOC_QUERY_CAP, missing_page());
}

static long stall_revision(int up, int tel)
{
	(void)tel;
	return ioctl(up, PFRU_IOC_SET_REV, missing_page());
}

static long stall_read_log(int up, int tel)
{
	(void)up;
	return read(tel, missing_page(), 100);
}

static long stall_log_info(int up, int tel)
{
	(void)up;
	return ioctl(tel, PFRU_LOG_IOC_GET_INFO, missing_page());
}

static long stall_log_settings(int up, int tel)
{
	(void)up;
	return ioctl(tel, PFRU_LOG_IOC_SET_INFO, missing_page());
}

/* calls, and what they give when the page comes after the device has gone */
static const struct {
	const char *what;
	long (*stall)(int up, int tel);
	long result;
} stalls[] = {
	{ "a write", stall_write, 4096 },
	{ "a read of the capability", stall_read_update, 88 },
	{ "a query", stall_query, 0 },
	{ "the setting of the revision", stall_revision, -ENODEV },
	{ "a read of the log", stall_read_log, 100 },
	{ "a look at the settings", stall_log_info, 0 },
	{ "the setting of the log", stall_log_settings, -ENODEV },
};

/* is a process in userfaultfd's hands? */
static bool stalls_in_fault(pid_t pid)
{
	char path[64], text[64] = "";
	int fd, tries;

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	for (tries = 0; tries < 100; tries++) {
		usleep(50000);
		fd = must_open(path, O_RDONLY);
		if (read(fd, text, sizeof(text) - 1) > 0 &&
		    !strcmp(text, "handle_userfault")) {
			close(fd);
			return true;
		}
		close(fd);
	}
	return false;
}

/* who waits for a page in the middle of a call keeps nobody waiting */
static void test_stalled(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LENGTH(stalls); i++) {
		pid_t stalled, killer;
		double begin;
		int status;

		stalled = fork();
		if (!stalled) {
			int up = must_open(UPDATE, O_RDWR);
			long n = stalls[i].stall(up, must_open(TELEMETRY,
							       O_RDWR));

			_exit((n < 0 ? -errno : n) != stalls[i].result);
		}
		check(stalls_in_fault(stalled), "%s stalls", stalls[i].what);
		/* were it waited for, then not for ever */
		killer = fork();
		if (!killer) {
			sleep(10);
			kill(stalled, SIGKILL);
			_exit(0);
		}
		begin = now();
		same(bind(&update, "unbind"), 0, "update unbound");
		same(bind(&telemetry, "unbind"), 0, "telemetry unbound");
		check(now() - begin < 8, "without waiting");
		same(waitpid(stalled, &status, WNOHANG), 0, "it stalls still");
		kill(killer, SIGKILL);
		waitpid(killer, NULL, 0);
		kill(stalled, SIGUSR1);
		waitpid(stalled, &status, 0);
		same(status, 0, "and ends as it should");
		same(bind(&update, "bind"), 0, "update bound");
		same(bind(&telemetry, "bind"), 0, "telemetry bound");
	}
}

static void test_unload(void)
{
	uint8_t *map;
	int fd, i;

	fd = must_open(UPDATE, O_RDWR);
	same(unload(), -EAGAIN, "unloading is refused while a file is open");
	close(fd);
	fd = must_open(TELEMETRY, O_RDWR);
	map = mmap(NULL, RING, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	check(map != MAP_FAILED, "mapped");
	same(unload(), -EAGAIN, "and while a mapping is");
	munmap(map, RING);
	fd = must_open(UPDATE, O_RDWR);
	gives(write(fd, capsule, SIZE), SIZE, "a capsule is left loaded");
	close(fd);
	for (i = 0; i < 10; i++) {
		same(unload(), 0, "unloaded");
		load();
	}
	fd = must_open(UPDATE, O_RDWR);
	gives(ioctl(fd, PFRU_IOC_STAGE), -ENODATA, "nothing was left loaded");
	gives(write(fd, capsule, SIZE), SIZE, "all works");
	gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), 0, "to the end");
	close(fd);
	same(unload(), 0, "unloaded");
	gives(open(UPDATE, O_RDWR), -ENOENT, "no node is left");
	gives(open(TELEMETRY, O_RDWR), -ENOENT, "not the log's");
	load();
}

static void test_suspend(void)
{
	uint32_t before;
	int fd;

	fd = must_open(UPDATE, O_RDWR);
	gives(read(fd, bytes, 88), 88, "the capability is known");
	gives(write(fd, capsule, SIZE), SIZE, "a capsule is loaded");
	before = calls();
	same(write_file("/sys/power/pm_test", "devices"), 0, "test mode");
	same(write_file("/sys/power/state", "freeze"), 0, "suspend to idle");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "the capsule is still there");
	same(calls() - before, 1, "1 call");
	close(fd);
}

static void test_hibernate(void)
{
	struct pfru_capability cap;
	uint32_t before;
	int up, tel;

	if (access("/sys/power/disk", W_OK)) {
		printf("ok %d # SKIP this kernel cannot hibernate\n",
		       ++tap_count);
		return;
	}
	up = must_open(UPDATE, O_RDWR);
	tel = must_open(TELEMETRY, O_RDWR);
	gives(write(up, capsule, SIZE), SIZE, "a capsule is loaded");
	gives(ioctl(up, PFRU_IOC_STAGE), 0, "and staged");
	gives(read(up, bytes, 44), 44, "half of a snapshot is read");
	gives(write(up, capsule, SIZE), SIZE, "a capsule is loaded");
	gives(read(tel, bytes, 10), 10, "the log is read");
	before = calls();
	same(write_file("/sys/power/pm_test", "devices"), 0, "test mode");
	same(write_file("/sys/power/disk", "shutdown"), 0, "hibernation mode");
	same(write_file("/sys/power/state", "disk"), 0, "hibernate");
	gives(ioctl(up, PFRU_IOC_GET_CACHED_CAP, &cap), -ENODATA,
	      "the capability is forgotten");
	gives(ioctl(up, PFRU_IOC_STAGE), -ENODATA, "the capsule is dropped");
	same(calls() - before, 0, "0 calls so far");
	slot[SLOT_CAP].times = 1;
	slot[SLOT_CAP].fault = PFRUSIM_F_ABORT;
	gives(pread(up, bytes, 44, 44), -EIO, "the new snapshot fails");
	same(calls() - before, 1, "1 call so far");
	gives(pread(up, bytes, 44, 44), 44, "the snapshot's second half");
	same(calls() - before, 2, "comes from a new one, and not from the old");
	slot[SLOT_DATA].times = 1;
	slot[SLOT_DATA].fault = PFRUSIM_F_ABORT;
	gives(read(tel, bytes, 10), -EIO, "the log fails once");
	gives(read(tel, bytes, 10), 10, "and comes from a new answer, too");
	same(calls() - before, 4, "2 calls each");
	log_begin();
	gives(ioctl(up, PFRU_IOC_ACTIVATE), 0, "activate");
	log_end();
	told("activate by pid %d, uid 0 done: what was staged before, sha256 none,",
	     getpid());
	gives(write(up, capsule, SIZE), SIZE, "all works");
	gives(ioctl(up, PFRU_IOC_STAGE), 0, "to the end");
	write_file("/sys/power/pm_test", "none");
	close(up);
	close(tel);
}

int main(void)
{
	sim_begin();
	sim_behave();
	make_capsule(capsule, SIZE, false, 2, 0);
	find_device(&update);
	find_device(&telemetry);
	test_unbind();
	test_in_flight();
	test_stalled();
	test_unload();
	test_suspend();
	test_hibernate();
	sim_behave();
	return done();
}
