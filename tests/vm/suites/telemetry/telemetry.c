// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The telemetry node: every rule of the ABI contract, with the number of
 * firmware calls each costs. Runs before anything is updated.
 *
 * scenarios: main kernel
 * timeout: 180
 * order: 10
 */
#include "guest.h"

#define RING	(sim_log[PFRUSIM_EXEC].size)

static uint8_t *ring;	/* the execution log's, as the firmware has it */
static uint8_t *got;

static void set(int fd, uint32_t level, uint32_t type, uint32_t rev, int want)
{
	struct pfru_log_info info = { level, type, rev };

	gives(ioctl(fd, PFRU_LOG_IOC_SET_INFO, &info), want,
	      "set level %d type %d revision %d", level, type, rev);
}

static struct pfru_log_data_info data_info(int fd)
{
	struct pfru_log_data_info info;

	memset(&info, 0xa5, sizeof(info));
	if (ioctl(fd, PFRU_LOG_IOC_GET_DATA_INFO, &info))
		die("PFRU_LOG_IOC_GET_DATA_INFO");
	return info;
}

/* play the firmware: a ring in a given state, full of known bytes */
static void fill_ring(uint32_t pos, uint32_t rollover)
{
	uint32_t i;

	for (i = 0; i < RING; i++)
		ring[i] = i * 31 + (i >> 8);
	sim_log[PFRUSIM_EXEC].live = 1;
	sim_log[PFRUSIM_EXEC].pos = pos;
	sim_log[PFRUSIM_EXEC].rollover = rollover;
}

static void test_before(void)
{
	int fd = must_open(TELEMETRY, O_RDWR);
	struct pfru_log_data_info info;
	uint32_t before = calls();

	info = data_info(fd);
	same(info.chunk2_addr_lo | info.chunk2_addr_hi, 0,
	     "before the first update there is no address");
	same(info.zero, 0, "padding");
	same(calls() - before, 1, "1 call");
	gives(read(fd, got, 100), -EBUSY, "nothing to read yet");
	same(calls() - before, 1, "a read uses the question up");
	gives(read(fd, got, 100), -EBUSY, "nothing to read yet");
	same(calls() - before, 2, "the next asks again");
	gives(mmap(NULL, RING, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ?
	      -1 : 0, -EBUSY, "nothing to map yet");
	close(fd);
}

static void test_read(void)
{
	struct pfru_log_data_info info;
	uint32_t before, pos = 1401;
	int fd;

	fill_ring(pos, 0);
	fd = must_open(TELEMETRY, O_RDONLY);
	before = calls();
	info = data_info(fd);
	same(info.chunk2_size, pos, "chunk2");
	same(info.chunk1_size, 0, "chunk1");
	same(info.max_data_size, RING, "ring");
	same(info.rollover_cnt, 0, "rollovers");
	gives(read(fd, got, RING), RING, "read to the end of the ring");
	check(!memcmp(got, ring, RING), "byte for byte");
	gives(read(fd, got, RING), 0, "then the end");
	gives(pread(fd, got, 10, RING - 10), 10, "its last bytes");
	check(!memcmp(got, ring + RING - 10, 10), "byte for byte");
	gives(pread(fd, got, 10, RING), 0, "one past it");
	gives(pread(fd, got, 10, 1ULL << 40), 0, "far past it");
	same(calls() - before, 1, "all of it for 1 call");
	info = data_info(fd);
	same(calls() - before, 2, "the double read costs 2");
	gives(pread(fd, got, 10, 0), 10, "start again");
	same(calls() - before, 2, "uses the second up");
	gives(pread(fd, got, 10, 0), 10, "and again");
	same(calls() - before, 3, "asks again");

	fill_ring(100, 5);
	info = data_info(fd);
	same(info.chunk1_size, RING - 100, "chunk1 after a rollover");
	gives(pread(fd, got, info.chunk1_size, 100), info.chunk1_size,
	      "the older part");
	check(!memcmp(got, ring + 100, info.chunk1_size), "byte for byte");
	gives(pread(fd, got, 100, 0), 100, "the newest part");
	check(!memcmp(got, ring, 100), "byte for byte");
	gives(pread(fd, nowhere, 100, 0), -EFAULT, "a read to nowhere");
	gives(write(fd, got, 10) < 0 ? -1 : 0, -EBADF, "no write");
	close(fd);
}

/* chunk1 outside of the ring: three ranges, each by itself */
static void test_apart(void)
{
	uint64_t base = sim_log[PFRUSIM_HISTORY].base;
	uint8_t *far = map_physical(base, 4096);
	uint8_t zero[300] = { 0 };
	int fd;

	fill_ring(1000, 1);
	memset(far, 'F', 500);
	slot[SLOT_DATA].ovr = PFRUSIM_OD_C1ADDR | PFRUSIM_OD_C1SIZE;
	page->o_chunk1_addr = base;
	page->o_chunk1_size = 500;
	fd = must_open(TELEMETRY, O_RDONLY);
	gives(read(fd, got, RING), RING, "chunk1 elsewhere");
	check(!memcmp(got, ring, 1000), "chunk2 from the ring");
	check(!memcmp(got + RING - 500, far, 500), "chunk1 from where it lies");
	check(!memcmp(got + 1000, zero, 300), "zeros after chunk2");
	check(!memcmp(got + RING - 800, zero, 300), "zeros before chunk1");
	gives(pread(fd, got, 600, RING - 600), 600, "across the edge");
	check(!memcmp(got, zero, 100) && !memcmp(got + 100, far, 500),
	      "zeros, then chunk1");
	gives(mmap(NULL, RING, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ?
	      -1 : 0, -ENODEV, "not to be mapped");
	close(fd);
	clear_slot(SLOT_DATA);
	munmap(far, 4096);
}

static void *try_map(int fd, size_t size, int prot, int flags, off_t off)
{
	return mmap(NULL, size, prot, flags, fd, off);
}

#define maps(want, ...)							\
	gives(try_map(__VA_ARGS__) == MAP_FAILED ? -1 : 0, want,	\
	      "mmap " #__VA_ARGS__)

static void test_mmap(void)
{
	uint32_t before;
	uint8_t *map;
	int fd, ro;

	fill_ring(100, 5);
	fd = must_open(TELEMETRY, O_RDWR);
	ro = must_open(TELEMETRY, O_RDONLY);
	data_info(fd);
	before = calls();
	map = try_map(fd, RING, PROT_READ, MAP_SHARED, 0);
	check(map != MAP_FAILED, "the ring is mapped");
	same(calls() - before, 0, "by the last question");
	check(map != MAP_FAILED && !memcmp(map, ring, RING), "byte for byte");
	ring[500] ^= 0xff;
	check(map != MAP_FAILED && map[500] == ring[500], "as it changes");
	gives(mprotect(map, RING, PROT_READ | PROT_WRITE), -EACCES,
	      "never to become writable");
	gives(mprotect(map, RING, PROT_READ | PROT_EXEC), -EACCES,
	      "nor executable");
	maps(-EPERM, fd, RING, PROT_READ | PROT_EXEC, MAP_SHARED, 0);
	maps(-EROFS, fd, RING, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	maps(-EROFS, fd, RING, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	maps(-EINVAL, fd, RING, PROT_READ, MAP_PRIVATE, 0);
	maps(-EINVAL, fd, RING + 4096, PROT_READ, MAP_SHARED, 0);
	maps(-EINVAL, fd, RING, PROT_READ, MAP_SHARED, 4096);
	maps(-EINVAL, fd, 4096, PROT_READ, MAP_SHARED, RING);
	maps(-EINVAL, fd, 4096, PROT_READ, MAP_SHARED, 1LL << 40);
	maps(0, fd, 4096, PROT_READ, MAP_SHARED, RING - 4096);
	maps(0, ro, RING, PROT_READ, MAP_SHARED, 0);
	slot[SLOT_DATA].ovr = PFRUSIM_OD_C2ADDR;
	page->o_chunk2_addr = sim_log[PFRUSIM_EXEC].base + 16;
	slot[SLOT_DATA].ovr |= PFRUSIM_OD_C1SIZE;
	page->o_chunk1_size = 0;
	data_info(fd);
	maps(-ENODEV, fd, RING, PROT_READ, MAP_SHARED, 0);
	gives(pread(fd, got, 50, 0), 50, "an unaligned ring can be read");
	check(!memcmp(got, ring + 16, 50), "byte for byte");
	clear_slot(SLOT_DATA);
	close(fd);
	close(ro);
	check(!memcmp(map, ring, RING), "a mapping outlives its file");
	munmap(map, RING);
}

static void test_settings(void)
{
	const uint32_t keep = PFRU_LOG_UNCHANGED;
	struct pfru_log_info info;
	struct pfru_log_data_info before_;
	struct pfru_result r;
	uint32_t before;
	int a, b;

	a = must_open(TELEMETRY, O_RDWR);
	b = must_open(TELEMETRY, O_RDWR);
	before = calls();
	set(a, keep, keep, keep, 0);
	set(a, 3, keep, keep, -EINVAL);
	set(a, 5, 1, 2, -EINVAL);
	set(a, 4, 2, keep, -EINVAL);
	set(a, 4, keep, 0, -EINVAL);
	set(a, 4, keep, 3, -EINVAL);
	same(calls() - before, 0, "none of these: 0 calls");
	gives(ioctl(a, PFRU_LOG_IOC_GET_INFO, &info), 0, "get");
	same(calls() - before, 1, "get: 1 call");
	same(info.log_level, PFRUSIM_LOG_INFO, "level");
	same(info.log_type, 0, "type");
	same(info.log_revid, 1, "revision");

	set(a, 4, 1, 2, 0);
	same(calls() - before, 2, "set: 1 call");
	same(page->last_level, 4, "level as the firmware got it");
	same(page->last_revision, 1, "by the old revision");
	gives(ioctl(b, PFRU_LOG_IOC_GET_INFO, &info), 0, "another file");
	same(info.log_level, 4, "the level is everybody's");
	same(info.log_type, 0, "the type is not");
	same(info.log_revid, 1, "nor the revision");
	data_info(a);
	same(page->last_type, 1, "one file reads the history");
	data_info(b);
	same(page->last_type, 0, "the other the execution log");
	close(b);
	b = must_open(TELEMETRY, O_RDWR);
	gives(ioctl(b, PFRT_LOG_IOC_GET_INFO, &info), 0, "a later file");
	same(info.log_type, 1, "has the last type set");
	same(info.log_revid, 2, "and the last revision");

	refuse_next(SLOT_SET_LEVEL, 6, 0x55);
	set(a, 1, 0, 1, -EPROTO);
	r = result_of(a);
	same(r.action, PFRU_ACTION_SET_LEVEL, "result: action");
	same(r.status, 6, "result: status");
	same(r.ext_status, 0x55, "result: extended status");
	gives(ioctl(a, PFRU_LOG_IOC_GET_INFO, &info), 0, "get");
	same(info.log_level, 4, "a refused level changes nothing");
	same(info.log_type, 1, "not the type");
	same(info.log_revid, 2, "not the revision");
	gives(ioctl(b, PFRU_IOC_GET_RESULT, &r), -ENODATA,
	      "another file's result");

	/* what is known of one log says nothing of the other */
	set(a, keep, 0, keep, 0);
	before_ = data_info(a);
	set(a, keep, 1, keep, 0);
	before = calls();
	gives(pread(a, got, 10, before_.max_data_size - 1) >= 0 ||
	      errno == EBUSY, 1, "a read after changing the type");
	same(calls() - before, 1, "asks again");
	same(page->last_type, 1, "for the new type");
	set(a, 2, 0, 1, 0);
	close(a);
	close(b);
}

/* the numbers and the size that 32-bit programs have from other headers */
static void test_numbers(void)
{
	uint8_t bytes[68];
	struct pfru_log_data_info info;
	int fd = must_open(TELEMETRY, O_RDWR);
	unsigned int i;

	info = data_info(fd);
	gives(ioctl(fd, PFRT_LOG_IOC_GET_DATA_INFO, bytes), 0,
	      "the other family's number");
	check(!memcmp(bytes, &info, sizeof(info)), "gives the same");
	for (i = 7; i < 9; i++) {
		unsigned long cmd = 0x803CEE00UL | i;

		memset(bytes, 0xa5, sizeof(bytes));
		if (sizeof(long) == 8) {
			gives(ioctl(fd, cmd, bytes), -ENOTTY,
			      "%#lx is for 32-bit callers", cmd);
			continue;
		}
		gives(ioctl(fd, cmd, bytes), 0, "%#lx", cmd);
		check(!memcmp(bytes, &info, 60), "gives the same");
		same(bytes[60], 0xa5, "and nothing behind it");
	}
	gives(ioctl(fd, PFRU_IOC_QUERY_CAP, bytes), -ENOTTY,
	      "a command of the other node");
	gives(ioctl(fd, PFRU_LOG_IOC_GET_DATA_INFO, NULL), -EFAULT,
	      "to nowhere");
	gives(ioctl(fd, PFRU_LOG_IOC_GET_INFO, NULL), -EFAULT, "to nowhere");
	gives(ioctl(fd, PFRU_LOG_IOC_SET_INFO, NULL), -EFAULT,
	      "from nowhere");
	close(fd);
}

/* addresses and sizes that must not be believed */
static void test_unusable(void)
{
	static const struct {
		const char *what;
		uint32_t ovr;
		uint64_t address;
		uint32_t size;
	} table[] = {
		{ "size 0", PFRUSIM_OD_MAX, 0, 0 },
		{ "size over 64 MiB", PFRUSIM_OD_MAX, 0, (64 << 20) + 4096 },
		{ "size of all ones", PFRUSIM_OD_MAX, 0, 0xffffffff },
		{ "chunk2 larger than the ring", PFRUSIM_OD_C2SIZE, 0, 1 << 24 },
		{ "chunk1 larger than the ring", PFRUSIM_OD_C1SIZE, 0, 1 << 24 },
		{ "chunks of all ones", PFRUSIM_OD_C1SIZE | PFRUSIM_OD_C2SIZE,
		  0, 0xffffffff },
		{ "address in System RAM", PFRUSIM_OD_C2ADDR, 0x1000000, 0 },
		{ "address past the CPU", PFRUSIM_OD_C2ADDR, 1ULL << 60, 0 },
		{ "address that wraps", PFRUSIM_OD_C2ADDR, ~0xfffULL, 0 },
		{ "chunk1 in System RAM", PFRUSIM_OD_C1ADDR, 0x1000000, 0 },
		{ "chunk1 past the CPU", PFRUSIM_OD_C1ADDR, 1ULL << 62, 0 },
	};
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_LENGTH(table); i++) {
		struct pfru_result r;

		fill_ring(1000, 1);
		page->o_chunk1_addr = table[i].address;
		page->o_chunk2_addr = table[i].address;
		page->o_chunk1_size = table[i].size;
		page->o_chunk2_size = table[i].size;
		page->o_max_size = table[i].size;
		slot[SLOT_DATA].ovr = table[i].ovr;
		fd = must_open(TELEMETRY, O_RDWR);
		data_info(fd);
		gives(read(fd, got, RING), -EPROTO, "%s: read", table[i].what);
		r = result_of(fd);
		same(r.reason, PFRU_REASON_LOG_BUFFER, "%s: reason",
		     table[i].what);
		data_info(fd);
		check(try_map(fd, RING, PROT_READ, MAP_SHARED, 0) ==
		      MAP_FAILED, "%s: mmap", table[i].what);
		clear_slot(SLOT_DATA);
		gives(read(fd, got, RING) < 0 ? -1 : 0, -EPROTO,
		      "%s: the same question once more", table[i].what);
		gives(read(fd, got, RING), RING, "%s: then all is well",
		      table[i].what);
		close(fd);
	}
}

/* an address that is right and can't be mapped, since others have it */
static void test_mapped_otherwise(void)
{
	struct pfru_result r;
	void *maps[2];
	uint64_t address;
	int fd;

	fill_ring(1000, 0);
	address = map_mixed(maps);
	page->o_chunk2_addr = address;
	page->o_chunk2_size = 100;
	page->o_max_size = 8192;
	slot[SLOT_DATA].ovr = PFRUSIM_OD_C2ADDR | PFRUSIM_OD_C2SIZE |
			      PFRUSIM_OD_MAX;
	fd = must_open(TELEMETRY, O_RDONLY);
	gives(read(fd, got, 100), -EPROTO, "mapped in two ways");
	r = result_of(fd);
	same(r.action, PFRU_ACTION_GET_DATA, "action");
	same(r.error, -EPROTO, "error");
	same(r.reason, PFRU_REASON_LOG_BUFFER, "reason");
	same(r.found, address, "address");
	same(r.expected, 8192, "size");
	munmap(maps[0], 4096);
	munmap(maps[1], 4096);
	gives(read(fd, got, 100), 100, "and no longer");
	clear_slot(SLOT_DATA);
	close(fd);
}

static void *map_ring(int fd)
{
	return mmap(NULL, RING, PROT_READ, MAP_SHARED, fd, 0);
}

/* a slow firmware holds the device, and the file by which it was asked */
static void test_nonblocking(void)
{
	int fd = must_open(TELEMETRY, O_RDWR | O_NONBLOCK);
	int apart = must_open(TELEMETRY, O_RDWR | O_NONBLOCK);
	struct pfru_log_info info = { PFRU_LOG_WARNING, PFRU_LOG_UNCHANGED,
				      PFRU_LOG_UNCHANGED };
	uint32_t before = slot[SLOT_DATA].calls;
	struct pfru_log_data_info data;
	struct pfru_result result;
	int status;
	pid_t slow;

	fill_ring(1000, 0);
	slot[SLOT_DATA].delay = 2000 * slowness();
	slot[SLOT_DATA].times = 1;
	slow = fork();
	if (!slow)
		_exit(ioctl(fd, PFRU_LOG_IOC_GET_DATA_INFO, &data) ? 1 : 0);
	wait_for_call(SLOT_DATA, before);
	gives(read(fd, got, 100), -EAGAIN, "nonblocking read");
	gives(ioctl(fd, PFRU_LOG_IOC_GET_DATA_INFO, &data), -EAGAIN,
	      "nonblocking data info");
	gives(ioctl(fd, PFRU_LOG_IOC_GET_INFO, &info), -EAGAIN,
	      "nonblocking look at the settings");
	gives(ioctl(fd, PFRU_LOG_IOC_SET_INFO, &info), -EAGAIN,
	      "nonblocking setting");
	gives(ioctl(fd, PFRU_IOC_GET_RESULT, &result), -EAGAIN,
	      "nonblocking result");
	gives(map_ring(fd) == MAP_FAILED ? -1 : 0, -EAGAIN,
	      "nonblocking mapping");
	gives(read(apart, got, 100), -EAGAIN, "another file: read");
	gives(ioctl(apart, PFRU_LOG_IOC_GET_INFO, &info), -EAGAIN,
	      "another file: look at the settings");
	gives(ioctl(apart, PFRU_LOG_IOC_SET_INFO, &info), -EAGAIN,
	      "another file: setting");
	gives(ioctl(apart, PFRU_IOC_GET_RESULT, &result), -ENODATA,
	      "another file: no result, and no waiting");
	waitpid(slow, &status, 0);
	same(status, 0, "the slow call ends well");
	gives(read(fd, got, 100), 100, "and the log is free again");
	gives(read(apart, got, 100), 100, "for all");
	close(apart);
	close(fd);
}

int main(void)
{
	sim_begin();
	sim_behave();
	ring = map_physical(sim_log[PFRUSIM_EXEC].base, RING);
	got = malloc(RING + 1);
	test_before();
	test_read();
	test_apart();
	test_mmap();
	test_settings();
	test_numbers();
	test_unusable();
	test_mapped_otherwise();
	test_nonblocking();
	/* the next program must find the log as it was at boot */
	sim_log[PFRUSIM_EXEC].live = 0;
	sim_log[PFRUSIM_EXEC].pos = 0;
	sim_log[PFRUSIM_EXEC].rollover = 0;
	sim_behave();
	return done();
}
