// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * storm SECONDS: eight writers, eight stagers and eight readers, while drivers
 * are unbound and bound, the module is unloaded and loaded, the machine sleeps, and
 * all of them get signals and are killed. What was staged must always have been one writer's
 * capsule, whole: the kernel's log tells its SHA-256. Afterwards all works.
 * "storm --capsules DIR" only writes the capsules, to be hashed.
 */
#include "random.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#define WRITERS		8
#define STAGERS		8
#define READERS		8
#define WORKERS		(WRITERS + STAGERS + READERS)
#define LARGEST		(1024 * 1024)
#define HASH		64

/* counted by all, in memory that all share */
static struct {
	uint64_t writes, written, staged, activated, reads, maps, refused;
	uint64_t unbound, bound, unloaded, in_use, loaded, killed, stuck;
	uint64_t slept, stayed_awake;
} *did;

static char device[2][64];
static const char *const drivers[2] = { "pfru_update", "pfru_telemetry" };
static volatile sig_atomic_t stop;

#define count(member)	__atomic_add_fetch(&did->member, 1, __ATOMIC_RELAXED)

static size_t writer_capsule(int writer, uint8_t *bytes)
{
	static const size_t sizes[WRITERS] = {
		4096, 4466, 1024, 65536, 131071, 128, 9999, LARGEST,
	};
	size_t size = sizes[writer], i;

	make_capsule(bytes, size, false, 7, 0);
	for (i = 132; i < size; i++)
		bytes[i] = writer * 31 + i;
	return size;
}

static void write_capsule(const char *path, const uint8_t *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		die(path);
	close(fd);
}

/* those of the writers, by their numbers, and the one that ends it all */
static void write_capsules(const char *directory)
{
	static uint8_t bytes[LARGEST];
	char path[256];
	int i;

	for (i = 0; i < WRITERS; i++) {
		snprintf(path, sizeof(path), "%s/%d", directory, i);
		write_capsule(path, bytes, writer_capsule(i, bytes));
	}
	snprintf(path, sizeof(path), "%s/clean", directory);
	write_capsule(path, bytes,
		      make_capsule(bytes, CLEAN_SIZE, false, 7, 0));
}

static void on_signal(int number)
{
	(void)number;
}

static void nap(uint32_t most)
{
	usleep(1 + chance(most));
}

/* a capsule in pieces, sometimes only a part of it */
static void writer(int number)
{
	static uint8_t bytes[LARGEST];
	size_t size = writer_capsule(number, bytes), at = 0;
	int fd = open(UPDATE, O_RDWR | (chance(4) ? 0 : O_NONBLOCK));
	bool half = !chance(6);
	ssize_t n;

	if (fd < 0)
		return;
	count(writes);
	while (at < size) {
		size_t piece = 1 + chance(chance(2) ? 4096 : size);

		if (half && at > size / 2)
			break;
		if (piece > size - at)
			piece = size - at;
		n = write(fd, bytes + at, piece);
		if (n < 0)
			break;
		at += n;
	}
	if (at == size)
		count(written);
	if (at == size && chance(2) && !ioctl(fd, PFRU_IOC_STAGE))
		count(staged);
	nap(2000);
	close(fd);
}

static void stager(int number)
{
	int fd = open(UPDATE, O_RDWR);
	unsigned long cmd;
	int i;

	(void)number;
	if (fd < 0)
		return;
	for (i = 0; i < 8; i++) {
		cmd = chance(3) ? PFRU_IOC_STAGE : chance(2) ?
		      PFRU_IOC_ACTIVATE : PFRU_IOC_STAGE_ACTIVATE;
		if (ioctl(fd, cmd)) {
			count(refused);
			if (errno == ENODEV)
				break;
		} else if (cmd == PFRU_IOC_STAGE) {
			count(staged);
		} else {
			count(activated);
		}
		nap(3000);
	}
	close(fd);
}

static void reader(int number)
{
	static uint8_t bytes[65536];
	struct pfru_log_data_info info;
	struct pfru_log_info settings;
	struct pfru_capability cap;
	volatile uint8_t *map;
	int fd, up;

	fd = open(TELEMETRY, O_RDWR);
	if (fd >= 0) {
		while (read(fd, bytes, sizeof(bytes)) > 0)
			count(reads);
		ioctl(fd, PFRT_LOG_IOC_GET_DATA_INFO, &info);
		ioctl(fd, PFRT_LOG_IOC_GET_INFO, &settings);
		map = mmap(NULL, 65536, PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
		if (map != MAP_FAILED) {
			count(maps);
			nap(3000);
			(void)map[chance(65536)];
			munmap((void *)map, 65536);
		}
	}
	up = open(UPDATE, O_RDONLY);
	if (up >= 0) {
		if (read(up, bytes, 200) > 0)
			count(reads);
		ioctl(up, PFRU_IOC_QUERY_CAP, &cap);
		ioctl(up, PFRU_IOC_GET_CACHED_CAP, &cap);
		close(up);
	}
	(void)number;
}

static pid_t start(int worker)
{
	struct sigaction sa = { .sa_handler = on_signal };
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGUSR1, &sa, NULL);
	random_state = (uint64_t)time(NULL) * 1000003 + getpid();
	for (;;) {
		if (worker < WRITERS)
			writer(worker);
		else if (worker < WRITERS + STAGERS)
			stager(worker);
		else
			reader(worker);
		nap(5000);
	}
}

static int sysfs(int i, const char *what)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/%s/%s",
		 drivers[i], what);
	return write_file(path, device[i]);
}

static void unload(void)
{
	if (!syscall(SYS_delete_module, "pfru", O_NONBLOCK))
		count(unloaded);
	else
		count(in_use);
}

/* suspend to idle, from which the kernel's test mode wakes after a second */
static void prepare_sleep(void)
{
	if (write_file("/sys/module/suspend/parameters/pm_test_delay", "1") ||
	    write_file("/sys/power/pm_test", "devices"))
		die("/sys/power/pm_test");
}

static void sleep_once(void)
{
	if (!write_file("/sys/power/state", "freeze"))
		count(slept);
	else
		count(stayed_awake);
}

/* one thing that happens to the drivers */
static void disturb(void)
{
	int i = chance(2);

	if (!chance(20)) {
		sleep_once();
		return;
	}
	switch (chance(4)) {
	case 0:
		unload();
		break;
	case 1:
		if (!system("modprobe pfru 2>/dev/null"))
			count(loaded);
		break;
	default:
		if (!sysfs(i, "unbind"))
			count(unbound);
		nap(20000);
		if (!sysfs(i, "bind"))
			count(bound);
	}
}

static void find_devices(void)
{
	char path[128], target[256];
	int i;

	for (i = 0; i < 2; i++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/sys/class/misc/%s0/device",
			 drivers[i]);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			die(path);
		target[n] = '\0';
		snprintf(device[i], sizeof(device[i]), "%s",
			 strrchr(target, '/') + 1);
	}
}

/* Ended within half a minute: nobody may wait for ever. */
static void end_worker(pid_t pid)
{
	int i;

	kill(pid, SIGKILL);
	for (i = 0; i < 3000; i++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		usleep(10000);
	}
	count(stuck);
}

/* With nobody left who has a file open, the module can go. */
static void lull(pid_t *workers)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		kill(workers[i], SIGKILL);
	for (i = 0; i < WORKERS; i++)
		end_worker(workers[i]);
	unload();
	for (i = 0; i < WORKERS; i++)
		workers[i] = start(i);
	nap(20000);
	if (!system("modprobe pfru 2>/dev/null"))
		count(loaded);
}

static bool all_happened(void)
{
	return did->written && did->staged && did->activated && did->reads &&
	       did->maps && did->unbound && did->bound && did->killed &&
	       did->unloaded && did->loaded && did->in_use && did->slept;
}

/* Until @end, and on a slow machine until each thing has happened, or @latest. */
static void rage(double end, double latest)
{
	pid_t workers[WORKERS];
	int i;

	for (i = 0; i < WORKERS; i++)
		workers[i] = start(i);
	lull(workers);
	sleep_once();
	while (now() < end || (!all_happened() && now() < latest)) {
		nap(30000);
		if (!chance(4))
			disturb();
		if (!chance(40))
			lull(workers);
		i = chance(WORKERS);
		if (chance(4)) {
			kill(workers[i], SIGUSR1);
			continue;
		}
		end_worker(workers[i]);
		count(killed);
		workers[i] = start(i);
	}
	for (i = 0; i < WORKERS; i++)
		end_worker(workers[i]);
}

/* As it was: module loaded, both drivers bound. */
static void restore(void)
{
	int i;

	if (system("modprobe pfru"))
		die("modprobe pfru");
	for (i = 0; i < 2; i++)
		sysfs(i, "bind");
}

int main(int argc, char **argv)
{
	double seconds;

	if (argc < 2)
		return 2;
	sim_begin();
	sim_behave();
	if (argc == 3) {
		write_capsules(argv[2]);
		return 0;
	}
	did = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (did == MAP_FAILED)
		die("mmap");
	random_state = time(NULL);
	find_devices();
	prepare_sleep();
	seconds = atoi(argv[1]);
	rage(now() + seconds, now() + 4 * seconds);
	restore();
	write_file("/sys/power/pm_test", "none");
	printf("# writes %llu, whole %llu, staged %llu, activated %llu, refused %llu\n",
	       (unsigned long long)did->writes,
	       (unsigned long long)did->written,
	       (unsigned long long)did->staged,
	       (unsigned long long)did->activated,
	       (unsigned long long)did->refused);
	printf("# reads %llu, mappings %llu, unbound %llu, bound %llu\n",
	       (unsigned long long)did->reads, (unsigned long long)did->maps,
	       (unsigned long long)did->unbound,
	       (unsigned long long)did->bound);
	printf("# unloaded %llu, refused in use %llu, loaded %llu, killed %llu\n",
	       (unsigned long long)did->unloaded,
	       (unsigned long long)did->in_use,
	       (unsigned long long)did->loaded,
	       (unsigned long long)did->killed);
	printf("# slept %llu, could not %llu\n",
	       (unsigned long long)did->slept,
	       (unsigned long long)did->stayed_awake);
	check(did->written && did->staged, "capsules were written and staged");
	check(did->reads && did->maps, "the log was read and mapped");
	check(did->unbound && did->bound && did->killed,
	      "drivers came and went, programs were killed");
	check(did->activated, "what was staged was activated");
	check(did->unloaded && did->loaded,
	      "the module was unloaded and loaded");
	check(did->in_use, "and not unloaded while in use");
	check(did->slept, "the machine slept");
	same(did->stayed_awake, 0, "whenever it was told to");
	same(did->stuck, 0, "each killed program ended");
	check_clean_update();
	return done();
}
