// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that is refused, at each allocation of each path: an operation is
 * repeated with its first, second, ... allocation (or copy from or to user space)
 * failing, until it is done without one. Each failure must give an errno, or be
 * one that the operation can do without, and leave a device behind that works.
 *
 * failnth START END [OPERATION]: the interpreter of ACPI, which is to get what it
 * asks for, is between these addresses; its caller (refused-memory.sh) has said so.
 */
#include "random.h"

#define SIZE	4466
#define MANY	1000000	/* more allocations than any path has */

static uint8_t capsule[SIZE];
static uint8_t bytes[8192];
static int update = -1, telemetry = -1, control;

/* a driver's device */
struct driver {
	const char *name;
	char device[64];
};

static struct driver update_driver = { .name = "pfru_update" };
static struct driver telemetry_driver = { .name = "pfru_telemetry" };

static long open_and_close(const char *node)
{
	int fd = open(node, O_RDWR);

	if (fd >= 0)
		close(fd);
	return fd;
}

static long op_open(void)
{
	return open_and_close(UPDATE);
}

static long op_open_telemetry(void)
{
	return open_and_close(TELEMETRY);
}

static long op_write(void)
{
	return write(update, capsule, SIZE);
}

static long op_stage_activate(void)
{
	return ioctl(update, PFRU_IOC_STAGE_ACTIVATE);
}

static long op_query(void)
{
	return ioctl(update, PFRU_IOC_QUERY_CAP, bytes);
}

static long op_result(void)
{
	return ioctl(update, PFRU_IOC_GET_RESULT, bytes);
}

static long op_cached(void)
{
	return ioctl(update, PFRU_IOC_GET_CACHED_CAP, bytes);
}

static long op_buffer(void)
{
	return ioctl(update, PFRU_IOC_GET_BUF_SIZE, bytes);
}

static long op_revision(void)
{
	*(uint32_t *)bytes = 1;
	return ioctl(update, PFRU_IOC_SET_REV, bytes);
}

static long op_read(void)
{
	lseek(update, 0, SEEK_SET);
	return read(update, bytes, 200);
}

static long op_read_log(void)
{
	lseek(telemetry, 0, SEEK_SET);
	return read(telemetry, bytes, sizeof(bytes));
}

static long op_map(void)
{
	void *p = mmap(NULL, 65536, PROT_READ, MAP_SHARED, telemetry, 0);

	if (p == MAP_FAILED)
		return -1;
	munmap(p, 65536);
	return 0;
}

static long op_get_info(void)
{
	return ioctl(telemetry, PFRT_LOG_IOC_GET_INFO, bytes);
}

static long op_set_info(void)
{
	struct pfru_log_info info = { PFRU_LOG_INFO, 0, 1 };

	return ioctl(telemetry, PFRT_LOG_IOC_SET_INFO, &info);
}

static long op_data_info(void)
{
	return ioctl(telemetry, PFRT_LOG_IOC_GET_DATA_INFO, bytes);
}

static long change(const struct driver *driver, const char *what)
{
	char path[128];
	int ret;

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/%s/%s",
		 driver->name, what);
	ret = write_file(path, driver->device);
	errno = -ret;
	return ret ? -1 : 0;
}

static long op_unbind(void)
{
	return change(&update_driver, "unbind");
}

static long op_bind(void)
{
	return change(&update_driver, "bind");
}

static long op_unbind_telemetry(void)
{
	return change(&telemetry_driver, "unbind");
}

static long op_bind_telemetry(void)
{
	return change(&telemetry_driver, "bind");
}

/* ---- what must be so before an operation ---- */

static void no_need(void)
{
}

static void reopen(void)
{
	if (update >= 0)
		close(update);
	update = must_open(UPDATE, O_RDWR);
}

static void need_loaded(void)
{
	reopen();
	if (write(update, capsule, SIZE) != SIZE)
		die("cannot load a capsule");
}

static void need_staged(void)
{
	need_loaded();
	if (ioctl(update, PFRU_IOC_STAGE))
		die("cannot stage a capsule");
}

static void need_new_log(void)
{
	if (telemetry >= 0)
		close(telemetry);
	telemetry = must_open(TELEMETRY, O_RDWR);
}

static void close_all(void)
{
	close(update);
	close(telemetry);
	update = -1;
	telemetry = -1;
}

static void need_bound(void)
{
	close_all();
	change(&update_driver, "bind");
	change(&telemetry_driver, "bind");
}

static void need_unbound(void)
{
	need_bound();
	change(&update_driver, "unbind");
}

static void need_unbound_telemetry(void)
{
	need_bound();
	change(&telemetry_driver, "unbind");
}

static const struct op {
	const char *name;
	void (*prepare)(void);
	long (*run)(void);
} ops[] = {
	{ "open update", no_need, op_open },
	{ "open telemetry", no_need, op_open_telemetry },
	{ "load a capsule", reopen, op_write },
	{ "stage and activate", need_loaded, op_stage_activate },
	{ "query", reopen, op_query },
	{ "result", need_staged, op_result },
	{ "cached capability", need_loaded, op_cached },
	{ "buffer size", reopen, op_buffer },
	{ "set revision", reopen, op_revision },
	{ "read capability", reopen, op_read },
	{ "read the log", need_new_log, op_read_log },
	{ "map the log", need_new_log, op_map },
	{ "get settings", need_new_log, op_get_info },
	{ "set settings", need_new_log, op_set_info },
	{ "get data info", need_new_log, op_data_info },
	{ "unbind", need_bound, op_unbind },
	{ "bind", need_unbound, op_bind },
	{ "unbind telemetry", need_bound, op_unbind_telemetry },
	{ "bind telemetry", need_unbound_telemetry, op_bind_telemetry },
};

static void set_nth(int n)
{
	char text[16];
	int size = snprintf(text, sizeof(text), "%d", n);

	if (pwrite(control, text, size, 0) != size)
		die("fail-nth");
}

/* of the failures asked for, those that did not come */
static int left_nth(void)
{
	char text[16] = "";

	if (pread(control, text, sizeof(text) - 1, 0) < 0)
		die("fail-nth");
	return atoi(text);
}

/*
 * Neither memremap() nor a firmware call tells its reason: EPROTO, EIO. Where
 * remap_pfn_range() cannot note how memory is cached, it says EINVAL.
 */
static bool is_expected(const struct op *op, int error)
{
	return error == ENOMEM || error == EFAULT || error == EPROTO ||
	       error == EIO || (error == EINVAL && op->run == op_map);
}

/**
 * struct tally - of one operation
 * @tried: failures that came
 * @told: those of them after which the call failed
 * @odd: of these, those with an unexpected errno
 * @odd_errno: the last such
 */
struct tally {
	int tried;
	int told;
	int odd;
	int odd_errno;
};

/* once, the @n-th failing; how many were left to come */
static int attempt(const struct op *op, int n, struct tally *tally)
{
	int error, left;
	long ret;

	op->prepare();
	sim_behave();
	set_nth(n);
	errno = 0;
	ret = op->run();
	error = errno;
	left = left_nth();
	set_nth(0);
	if (left)
		return left;
	tally->tried++;
	tally->told += ret < 0;
	if (ret < 0 && !is_expected(op, error)) {
		tally->odd++;
		tally->odd_errno = error;
	}
	return 0;
}

static void try(const struct op *op)
{
	struct tally tally = { 0 };
	int total, n = 1;

	/* what is allocated once for all calls is not its own */
	op->prepare();
	op->run();
	total = MANY - attempt(op, MANY, &tally);
	/* after a failure there may be more to do */
	while (n <= 2 * total + 40 && !attempt(op, n, &tally))
		n++;
	printf("# %s: %d allocations and copies, %d of them failed, %d reported\n",
	       op->name, total, tally.tried, tally.told);
	/* more or less of them: a cache may need another page, or not */
	check(tally.tried || !total, "%s: they fail", op->name);
	check(n <= 2 * total + 40, "%s: until none is left to fail", op->name);
	check(total || op->prepare == need_bound, "%s: there are some",
	      op->name);
	if (!check(!tally.odd, "%s: they give the right errno", op->name))
		printf("# found %d (%s), %d times\n", tally.odd_errno,
		       strerror(tally.odd_errno), tally.odd);
	op->prepare();
	check(op->run() >= 0, "%s: works without", op->name);
}

static void find(struct driver *driver)
{
	char path[128], target[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/misc/%s0/device",
		 driver->name);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		die(path);
	target[n] = '\0';
	snprintf(driver->device, sizeof(driver->device), "%s",
		 strrchr(target, '/') + 1);
}

int main(int argc, char **argv)
{
	uint64_t span;
	size_t i;

	if (argc < 3)
		die("usage: failnth START END [OPERATION]");
	sim_begin();
	sim_behave();
	make_capsule(capsule, SIZE, false, 7, 0);
	find(&update_driver);
	find(&telemetry_driver);
	control = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (control < 0)
		die("needs fault injection");
	span = strtoull(argv[2], NULL, 0) - strtoull(argv[1], NULL, 0);
	check(span > 256 << 10 && span < 2 << 20,
	      "the interpreter, and no more, is found");
	need_staged();
	need_new_log();
	for (i = 0; i < ARRAY_LENGTH(ops); i++)
		if (argc == 3 || !strcmp(argv[3], ops[i].name))
			try(&ops[i]);
	check_clean_update();
	return done();
}
