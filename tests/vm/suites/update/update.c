// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The update node: every rule of the ABI contract, with the number of firmware
 * calls each costs.
 *
 * scenarios: main
 * vm-build: 64 32
 * timeout: 180
 */
#include "guest.h"

#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define SIZE	4466

static uint8_t capsule[SIZE];
static uint8_t other[SIZE];

static void fresh(void)
{
	sim_behave();
	make_capsule(capsule, SIZE, false, 2, 0);
}

/* an update node whose capability is known, and nothing loaded */
static int open_update(void)
{
	struct pfru_capability cap;
	int fd = must_open(UPDATE, O_RDWR);

	if (ioctl(fd, PFRU_IOC_QUERY_CAP, &cap))
		die("PFRU_IOC_QUERY_CAP");
	return fd;
}

static void test_pieces(void)
{
	static const size_t sizes[] = { 1, 7, 27, 28, 29, 64, 4000, SIZE };
	unsigned int i;

	for (i = 0; i < ARRAY_LENGTH(sizes); i++) {
		size_t done_ = 0, piece = sizes[i];
		uint32_t before;
		int fd;

		fresh();
		fd = open_update();
		before = calls();
		while (done_ < SIZE) {
			size_t n = SIZE - done_ < piece ? SIZE - done_ : piece;

			if (write(fd, capsule + done_, n) != (ssize_t)n)
				break;
			done_ += n;
		}
		same(done_, SIZE, "pieces of %zu bytes are taken", piece);
		same(calls() - before, 1, "and cost one call, for the buffer");
		gives(ioctl(fd, PFRU_IOC_STAGE), 0, "and are staged");
		same(page->seen_bytes, SIZE, "and the firmware saw them all");
		close(fd);
	}
}

static void test_costs(void)
{
	struct pfru_capability cap;
	uint32_t before;
	int fd;

	fresh();
	fd = must_open(UPDATE, O_RDWR);
	/* an activation makes the capability unknown */
	refuse_next(SLOT_START, 2, 0);
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), -EINVAL, "activation refused");
	gives(ioctl(fd, PFRU_IOC_GET_CACHED_CAP, &cap), -ENODATA,
	      "the capability is unknown after an activation");

	before = calls();
	gives(write(fd, capsule, SIZE), SIZE, "load, capability unknown");
	gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), 0, "stage and activate");
	same(calls() - before, 3, "load, stage and activate: 3 calls");
	same(page->code_rt_version, 2, "the version rose");

	before = calls();
	gives(ioctl(fd, PFRU_IOC_QUERY_CAP, &cap), 0, "query");
	same(calls() - before, 1, "query: 1 call");
	same(cap.code_rt_version, 2, "the query sees the new version");

	before = calls();
	gives(write(fd, capsule, SIZE), SIZE, "load, capability known");
	gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), 0, "stage and activate");
	same(calls() - before, 2, "load, stage and activate: 2 calls");

	before = calls();
	gives(ioctl(fd, PFRU_IOC_STAGE), -ENODATA, "stage without a capsule");
	gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), -ENODATA,
	      "stage-activate without a capsule");
	gives(ioctl(fd, PFRU_IOC_GET_CACHED_CAP, &cap), -ENODATA, "no cache");
	same(calls() - before, 0, "none of these: 0 calls");
	close(fd);
}

static void test_owner(void)
{
	uint32_t before;
	int a, b;

	fresh();
	a = open_update();
	b = must_open(UPDATE, O_RDWR);
	gives(write(a, capsule, 100), 100, "first file begins");
	before = calls();
	gives(write(b, capsule, 100), -EBUSY, "second file's write");
	gives(ioctl(b, PFRU_IOC_STAGE), -EBUSY, "second file's stage");
	gives(ioctl(b, PFRU_IOC_ACTIVATE), -EBUSY, "second file's activate");
	gives(ioctl(b, PFRU_IOC_STAGE_ACTIVATE), -EBUSY,
	      "second file's stage-activate");
	same(calls() - before, 0, "none of these: 0 calls");
	gives(write(a, capsule + 100, SIZE - 100), SIZE - 100,
	      "first file goes on undisturbed");
	gives(write(b, capsule, 100), -EBUSY, "busy until the owner closes");
	close(a);

	before = calls();
	gives(ioctl(b, PFRU_IOC_STAGE), 0,
	      "a complete capsule survives close, anyone may stage it");
	same(calls() - before, 1, "1 call");
	gives(ioctl(b, PFRU_IOC_STAGE), -ENODATA, "but once");

	a = open_update();
	gives(write(a, capsule, 100), 100, "an incomplete capsule");
	close(a);
	before = calls();
	gives(ioctl(b, PFRU_IOC_STAGE), -ENODATA, "is discarded by close");
	same(calls() - before, 0, "0 calls");

	a = open_update();
	gives(write(a, capsule, SIZE), SIZE, "a complete capsule, closed");
	close(a);
	refuse_next(SLOT_BUF, 3, 0);
	gives(write(b, other, 10), -EIO, "a write that gets no buffer");
	gives(ioctl(b, PFRU_IOC_STAGE), 0, "does not harm it");
	a = open_update();
	gives(write(a, capsule, SIZE), SIZE, "a complete capsule, closed");
	close(a);
	make_capsule(other, 200, false, 9, 0);
	gives(write(b, other, 200), 200, "may be replaced");
	gives(ioctl(b, PFRU_IOC_STAGE), 0, "and the other one staged");
	same(page->seen_bytes, 200, "by its own size");
	close(b);
}

static bool buffer_is_scrubbed(void)
{
	static const uint8_t zero[28];
	uint8_t *buffer = map_physical(page->buf_base, 4096);
	bool good = !memcmp(buffer, zero, sizeof(zero));

	munmap(buffer, 4096);
	return good;
}

static void test_refused(void)
{
	struct pfru_result r;
	uint32_t before;
	int fd;

	fresh();
	fd = open_update();
	gives(ioctl(fd, PFRU_IOC_GET_RESULT, &r), -ENODATA,
	      "no result before any action");
	capsule[CAPSULE_PLATFORM_ID] ^= 1;
	before = calls();
	gives(write(fd, capsule, SIZE), -EINVAL, "another platform's capsule");
	same(calls() - before, 2, "buffer, and the capability asked again");
	r = result_of(fd);
	same(r.action, PFRU_ACTION_LOAD, "result: action");
	same(r.error, -EINVAL, "result: error");
	same(r.reason, PFRU_REASON_PLATFORM_ID, "result: reason");
	same(r.offset, CAPSULE_PLATFORM_ID, "result: offset");
	same(r.status, 0, "result: the capability's status");
	check(buffer_is_scrubbed(), "the buffer is scrubbed");
	before = calls();
	gives(ioctl(fd, PFRU_IOC_STAGE), -ENODATA, "and can't be staged");
	same(calls() - before, 0, "0 calls");

	fresh();
	gives(write(fd, capsule, SIZE), SIZE, "the next write starts over");
	gives(write(fd, capsule, 1), -EINVAL, "a write after completion");
	same(result_of(fd).reason, PFRU_REASON_COMPLETE, "its reason");
	check(buffer_is_scrubbed(), "the buffer is scrubbed");
	gives(ioctl(fd, PFRU_IOC_STAGE), -ENODATA, "nothing stays loaded");

	memcpy(other, capsule, SIZE);
	gives(write(fd, other, SIZE - 1), SIZE - 1, "all but one byte");
	gives(write(fd, other, 2), -EINVAL, "two more");
	same(result_of(fd).reason, PFRU_REASON_PAST_END, "its reason");
	same(result_of(fd).expected, SIZE, "its size");
	gives(ioctl(fd, PFRU_IOC_STAGE), -ENODATA, "nothing stays loaded");

	gives(write(fd, capsule, SIZE), SIZE, "a good capsule");
	close(fd);
	fd = open_update();
	gives(write(fd, capsule, 20), 20, "20 bytes of it again");
	gives(ioctl(fd, PFRU_IOC_STAGE), -ENODATA,
	      "stale bytes are not judged with it");
	close(fd);

	fd = open_update();
	capsule[0] ^= 1;
	gives(write(fd, capsule, 27), 27, "27 bytes of no capsule");
	gives(write(fd, capsule + 27, 1), -EINVAL, "refused with the 28th");
	same(result_of(fd).reason, PFRU_REASON_CAPSULE_GUID, "its reason");
	fresh();
	put32(capsule + 24, page->buf_size + 1);
	gives(write(fd, capsule, 28), -EFBIG, "larger than the buffer");
	same(result_of(fd).reason, PFRU_REASON_TOO_BIG, "its reason");
	same(result_of(fd).expected, page->buf_size, "the buffer's size");
	close(fd);
}

/* where the buffer was before, nothing is scrubbed */
static void test_moved(void)
{
	uint8_t *buffer = map_physical(page->buf_base, 65536 + 4096);
	int fd;

	fresh();
	fd = open_update();
	gives(write(fd, capsule, SIZE), SIZE, "a capsule is left loaded");
	close(fd);
	page->o_buf_addr = page->buf_base + 65536;
	page->o_buf_size = 65536;
	slot[SLOT_BUF].ovr = PFRUSIM_OB_ADDR | PFRUSIM_OB_SIZE;
	fd = open_update();
	gives(write(fd, capsule, 100), 100, "the buffer has moved");
	check(!memcmp(buffer + 65536, capsule, 100), "the next goes there");
	check(!memcmp(buffer, capsule, SIZE), "the old place is left alone");
	close(fd);
	clear_slot(SLOT_BUF);
	fd = open_update();
	gives(write(fd, capsule, SIZE), SIZE, "a capsule is left loaded");
	close(fd);
	fd = open_update();
	gives(write(fd, capsule + 27, 1), 1, "another begins there");
	check(!buffer[1] && !buffer[16], "which is scrubbed before");
	close(fd);
	munmap(buffer, 65536 + 4096);
}

static void test_large(void)
{
	size_t size = page->buf_size;
	uint8_t *large = malloc(size);
	uint8_t *buffer;
	int fd;

	fresh();
	make_capsule(large, size, false, 3, 0);
	fd = open_update();
	gives(write(fd, large, size), size, "a capsule that fills the buffer");
	buffer = map_physical(page->buf_base, size);
	check(!memcmp(buffer, large, size), "byte for byte in the buffer");
	munmap(buffer, size);
	gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), 0, "is activated");
	close(fd);
	free(large);
}

static void test_read(void)
{
	struct pfru_capability cap;
	uint8_t bytes[88 + 4096 + 1], oem[16];
	uint32_t before;
	int fd;

	fresh();
	fd = must_open(UPDATE, O_RDWR);
	memset(bytes, 0xa5, sizeof(bytes));
	before = calls();
	gives(read(fd, bytes, 88), 88, "read of the structure");
	same(calls() - before, 1, "1 call");
	gives(ioctl(fd, PFRU_IOC_GET_CACHED_CAP, &cap), 0, "cached now");
	check(!memcmp(bytes, &cap, 88), "the same as the ioctl gives");
	same(cap.oem_info_len, 16, "length of the OEM information");
	check(!memcmp(cap.platform_id, (void *)page->platform_id, 16),
	      "platform id as the firmware has it");
	gives(read(fd, oem, 16), 16, "the OEM information follows");
	check(!memcmp(oem, (void *)page->oem_info, 16), "byte for byte");
	gives(read(fd, oem, 16), 0, "then the end");
	gives(lseek(fd, 0, SEEK_CUR), 104, "position");
	same(calls() - before, 1, "still 1 call");
	gives(pread(fd, bytes, 4, 92), 4, "pread in the middle");
	gives(pread(fd, bytes, 4, 1 << 20), 0, "pread far behind");
	same(calls() - before, 1, "still 1 call");
	gives(pread(fd, bytes, sizeof(bytes), 0), 104, "pread at 0");
	same(calls() - before, 2, "asks again");

	gives(write(fd, capsule, SIZE), SIZE, "write");
	gives(lseek(fd, 0, SEEK_CUR), 104, "does not move the position");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "an action");
	gives(lseek(fd, 0, SEEK_CUR), 0, "rewinds");

	page->oem_info_len = 0;
	gives(pread(fd, bytes, sizeof(bytes), 0), 88, "no OEM information");
	same(bytes[0], 0, "status first");
	close(fd);
}

static void test_offsets(void)
{
	uint8_t *half = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pfru_capability cap;
	int fd;

	fresh();
	munmap(half + 4096, 4096);
	fd = open_update();
	gives(pwrite(fd, capsule, 100, 12345), 100, "pwrite appends");
	gives(pwrite(fd, capsule + 100, SIZE - 100, 0), SIZE - 100,
	      "whatever its offset");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "stage");
	memcpy(half, capsule, 4096);
	gives(write(fd, half, SIZE), 4096,
	      "a write that faults is short: it ends there");
	gives(write(fd, capsule + 4096, SIZE - 4096), SIZE - 4096,
	      "and can be continued");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "stage");
	gives(write(fd, nowhere, SIZE), -EFAULT, "a write of nothing mapped");
	gives(write(fd, capsule, 0), 0, "a write of nothing");
	gives(read(fd, nowhere, 100), -EFAULT, "a read to nowhere");
	gives(read(fd, half, 0), 0, "a read of nothing");
	gives(ioctl(fd, PFRU_IOC_QUERY_CAP, NULL), -EFAULT, "query to nowhere");
	gives(ioctl(fd, PFRU_IOC_QUERY_CAP, half + 4096 - sizeof(cap)), 0,
	      "query to the very end of a page");
	gives(ioctl(fd, PFRU_IOC_QUERY_CAP, half + 4096 - sizeof(cap) + 1),
	      -EFAULT, "query one byte past it");
	gives(ioctl(fd, PFRU_IOC_SET_REV, NULL), -EFAULT, "revision of nowhere");
	gives(ioctl(fd, _IO(PFRU_IOC_MAGIC, 0x7f)), -ENOTTY, "unknown command");
	gives(ioctl(fd, _IO(0, 0)), -ENOTTY, "foreign command");
	close(fd);
	munmap(half, 4096);
}

static void test_status(void)
{
	static const struct {
		uint32_t status;
		int error;
	} table[] = {
		{ 1, EOPNOTSUPP }, { 2, EINVAL }, { 3, EIO }, { 4, EAGAIN },
		{ 5, EIO }, { 6, EPROTO }, { 7, EIO }, { 0xffffffff, EIO },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_LENGTH(table); i++) {
		uint32_t status = table[i].status;
		struct pfru_result r;
		int fd;

		fresh();
		fd = open_update();
		gives(write(fd, capsule, SIZE), SIZE, "load");
		refuse_next(SLOT_START, status, 0x77 + i);
		gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), -table[i].error,
		      "status %u: errno", status);
		r = result_of(fd);
		same(r.action, PFRU_ACTION_STAGE_ACTIVATE, "action");
		same(r.status, status, "status");
		same(r.ext_status, 0x77 + i, "extended status");
		same(r.error, -table[i].error, "error");
		same(r.reason, PFRU_REASON_FIRMWARE, "reason");
		same(r.zero, 0, "padding");
		if (status == 4) {
			gives(ioctl(fd, PFRU_IOC_STAGE), 0,
			      "a retry finds the capsule");
		} else {
			check(buffer_is_scrubbed(), "the buffer is scrubbed");
			gives(ioctl(fd, PFRU_IOC_STAGE), -ENODATA,
			      "the capsule is gone");
		}

		refuse_next(SLOT_CAP, status, 0);
		gives(read(fd, other, 88), -table[i].error, "query: errno");
		same(result_of(fd).action, PFRU_ACTION_QUERY, "action");
		same(result_of(fd).status, status, "status");
		refuse_next(SLOT_BUF, status, 0x99);
		gives(write(fd, capsule, SIZE), -table[i].error,
		      "buffer: errno");
		same(result_of(fd).action, PFRU_ACTION_LOAD, "action");
		same(result_of(fd).ext_status, 0x99, "extended status");
		gives(write(fd, capsule, SIZE), SIZE, "the next write works");
		close(fd);
	}
}

static void test_result(void)
{
	struct pfru_result r;
	int a, b;

	fresh();
	a = open_update();
	b = open_update();
	gives(write(a, capsule, SIZE), SIZE, "load");
	gives(ioctl(a, PFRU_IOC_STAGE_ACTIVATE), 0, "stage and activate");
	r = result_of(a);
	same(r.status, 0, "status");
	same(r.reason, 0, "reason");
	same(r.error, 0, "error");
	same(r.auth_time, page->auth_time, "authentication time");
	same(r.exec_time, page->exec_time, "execution time");
	gives(ioctl(b, PFRU_IOC_GET_RESULT, &r), -ENODATA,
	      "another file has its own");

	/* raised behind our back: what was cached must not refuse */
	gives(ioctl(a, PFRU_IOC_QUERY_CAP, &other), 0, "query");
	page->code_rt_version = 1;
	make_capsule(capsule, SIZE, false, 1, 0);
	gives(write(a, capsule, SIZE), SIZE,
	      "no refusal by a capability that is no longer true");
	page->code_rt_version = 3;
	gives(ioctl(a, PFRU_IOC_QUERY_CAP, &other), 0, "query");
	gives(ioctl(a, PFRU_IOC_STAGE), -EINVAL, "judged again when staged");
	r = result_of(a);
	same(r.reason, PFRU_REASON_RT_VERSION, "reason");
	same(r.found, 1, "found");
	same(r.expected, 3, "expected");
	check(buffer_is_scrubbed(), "and scrubbed");
	close(a);
	close(b);
}

static void test_driver(void)
{
	int fd;

	fresh();
	page->drv_rt_version = 9;
	page->drv_svn = 4;
	fd = open_update();
	make_capsule(capsule, SIZE, true, 2, 4);
	gives(write(fd, capsule, SIZE), SIZE,
	      "driver update: the runtime version may go down");
	gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), 0, "and is activated");
	same(page->drv_rt_version, 2, "it went down");
	make_capsule(capsule, SIZE, true, 9, 3);
	gives(write(fd, capsule, SIZE), -EINVAL,
	      "driver update: the security version may not");
	same(result_of(fd).reason, PFRU_REASON_SVN, "reason");
	close(fd);
}

static void test_revision(void)
{
	unsigned int rev;
	int a, b;

	fresh();
	a = must_open(UPDATE, O_RDWR);
	b = must_open(UPDATE, O_RDWR);
	rev = 2;
	gives(ioctl(a, PFRU_IOC_SET_REV, &rev), 0, "revision 2");
	for (rev = 0; rev < 10; rev += 3)
		gives(ioctl(a, PFRU_IOC_SET_REV, &rev), -EINVAL,
		      "revision %u", rev);
	gives(read(a, other, 88), 88, "query");
	same(page->last_revision, 2, "with revision 2");
	gives(read(b, other, 88), 88, "another file's query");
	same(page->last_revision, 1, "with its own revision");
	close(b);
	b = must_open(UPDATE, O_RDWR);
	gives(read(b, other, 88), 88, "a later file's query");
	same(page->last_revision, 2, "with the last one set");
	rev = 1;
	gives(ioctl(b, PFRU_IOC_SET_REV, &rev), 0, "revision 1 again");
	close(a);
	close(b);
}

/* run in a child that has given up CAP_SYS_RAWIO, as root still */
static void drop_rawio(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		die("capget");
	data[0].effective &= ~(1U << CAP_SYS_RAWIO);
	data[0].permitted &= ~(1U << CAP_SYS_RAWIO);
	if (syscall(SYS_capset, &header, data))
		die("capset");
}

/* none of what changes something, with a file that was opened by one who may */
static void refuses_heir(int fd)
{
	unsigned int rev = 1;

	gives(write(fd, capsule, 1), -EPERM, "inherited: write");
	gives(write(fd, capsule, 0), -EPERM, "inherited: empty write");
	gives(ioctl(fd, PFRU_IOC_STAGE), -EPERM, "inherited: stage");
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), -EPERM, "inherited: activate");
	gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), -EPERM,
	      "inherited: stage-activate");
	gives(ioctl(fd, PFRU_IOC_SET_REV, &rev), -EPERM,
	      "inherited: revision");
}

/* root of a user namespace of its own has all capabilities there, none here */
static void test_namespace(int fd)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	uint32_t before = calls();

	gives(unshare(CLONE_NEWUSER), 0, "a user namespace");
	gives(syscall(SYS_capget, &header, data), 0, "its capabilities");
	check(data[0].effective & 1U << CAP_SYS_RAWIO,
	      "CAP_SYS_RAWIO is one of them");
	gives(open(UPDATE, O_RDWR), -EPERM, "open with it");
	refuses_heir(fd);
	same(calls() - before, 0, "none of these: 0 calls");
}

/* @run, in a child that has this open file; its checks count here */
static void in_child(void (*run)(int fd), int fd)
{
	int own = tap_count, status;

	fflush(stdout);
	if (!fork()) {
		run(fd);
		exit((tap_count - own) << 1 | !!tap_bad);
	}
	wait(&status);
	tap_count += WEXITSTATUS(status) >> 1;
	tap_bad += WEXITSTATUS(status) & 1;
	check(WIFEXITED(status), "the child ended by itself");
}

static void test_without(int fd)
{
	struct pfru_log_info info = { 2, PFRU_LOG_UNCHANGED,
				      PFRU_LOG_UNCHANGED };
	struct pfru_capability cap;
	uint32_t before;
	int tel;

	drop_rawio();
	before = calls();
	gives(open(UPDATE, O_RDWR), -EPERM, "open without it");
	gives(open(UPDATE, O_RDONLY), -EPERM, "open to read");
	refuses_heir(fd);
	tel = must_open(TELEMETRY, O_RDONLY);
	check(tel >= 0, "telemetry goes by its file mode");
	gives(ioctl(tel, PFRU_LOG_IOC_SET_INFO, &info), -EPERM,
	      "but setting the level needs the capability");
	same(calls() - before, 0, "none of these: 0 calls");
	info.log_level = PFRU_LOG_UNCHANGED;
	gives(ioctl(tel, PFRU_LOG_IOC_SET_INFO, &info), 0,
	      "changing nothing does not");
	gives(ioctl(tel, PFRU_LOG_IOC_GET_INFO, &info), 0, "nor does looking");
	gives(ioctl(fd, PFRU_IOC_QUERY_CAP, &cap), 0,
	      "nor at the capability, by an inherited file");
}

static void test_capability(void)
{
	struct stat st;
	int fd;

	fresh();
	same(stat(UPDATE, &st) ? 0 : st.st_mode & 07777, 0600, "mode of update");
	same(stat(TELEMETRY, &st) ? 0 : st.st_mode & 07777, 0600,
	     "mode of telemetry");
	fd = open_update();
	gives(write(fd, capsule, SIZE), SIZE, "load with the capability");
	in_child(test_without, fd);
	in_child(test_namespace, fd);
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "the loaded capsule is unharmed");
	close(fd);
}

/* the longest that the firmware may take: nobody is stopped by it for good */
static void test_slow(void)
{
	uint32_t before = slot[SLOT_START].calls;
	double begin;
	pid_t slow, waiter;
	int status, fd;

	fresh();
	slot[SLOT_START].delay = 30000;
	slot[SLOT_START].times = 1;
	fd = open_update();
	gives(write(fd, capsule, SIZE), SIZE, "load");
	begin = now();
	slow = fork();
	if (!slow)
		_exit(ioctl(fd, PFRU_IOC_STAGE) ? 1 : 0);
	wait_for_call(SLOT_START, before);
	waiter = fork();
	if (!waiter) {
		int mine = must_open(UPDATE, O_RDWR);

		_exit(read(mine, other, 88) == 88 ? 0 : 1);
	}
	check(waits_killable(waiter), "a reader waits");
	kill(waiter, SIGKILL);
	waitpid(waiter, &status, 0);
	kill(slow, SIGKILL);
	check(WIFSIGNALED(status) && now() - begin < 20,
	      "and can be killed long before the firmware has ended");
	waitpid(slow, &status, 0);
	check(now() - begin >= 30, "who called the firmware waits for its end");
	check(WIFSIGNALED(status), "is killed then");
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), 0, "what it staged is staged");
	close(fd);
}

/* a slow firmware holds the lock; who will not wait, and who is killed */
static void test_waiting(void)
{
	uint8_t bytes[88];
	uint32_t before;
	pid_t slow, waiter;
	int status, fd;
	double begin;

	fresh();
	slot[SLOT_CAP].delay = 3000 * slowness();
	slot[SLOT_CAP].times = 1;
	before = slot[SLOT_CAP].calls;
	fd = must_open(UPDATE, O_RDWR | O_NONBLOCK);
	slow = fork();
	if (!slow) {
		int mine = must_open(UPDATE, O_RDWR);

		_exit(read(mine, bytes, 88) == 88 ? 0 : 1);
	}
	wait_for_call(SLOT_CAP, before);
	gives(read(fd, bytes, 88), -EAGAIN, "nonblocking read");
	gives(write(fd, capsule, SIZE), -EAGAIN, "nonblocking write");
	gives(ioctl(fd, PFRU_IOC_STAGE), -EAGAIN, "nonblocking stage");
	gives(ioctl(fd, PFRU_IOC_QUERY_CAP, bytes), -EAGAIN,
	      "nonblocking query");
	gives(ioctl(fd, PFRU_IOC_GET_CACHED_CAP, bytes), -EAGAIN,
	      "nonblocking look at what is known");
	gives(ioctl(fd, PFRU_IOC_GET_BUF_SIZE, bytes), -EAGAIN,
	      "nonblocking question for the buffer");
	waiter = fork();
	if (!waiter) {
		int mine = must_open(UPDATE, O_RDWR);

		_exit(read(mine, bytes, 88) == 88 ? 0 : 1);
	}
	check(waits_killable(waiter), "another reader waits");
	begin = now();
	kill(waiter, SIGKILL);
	waitpid(waiter, &status, 0);
	check(WIFSIGNALED(status) && now() - begin < 1,
	      "who waits can be killed at once");
	waitpid(slow, &status, 0);
	same(status, 0, "the slow call ends well");
	gives(read(fd, bytes, 88), 88, "and the node is free again");
	close(fd);
}

/* a writer of a capsule is killed when this byte has arrived; had it by then? */
static bool kill_writer(int fd, const uint8_t *bytes, size_t size,
			volatile uint8_t *arrives, uint8_t value)
{
	bool arrived;
	double begin;
	pid_t writer;

	*arrives = value + 1;
	writer = fork();
	if (!writer) {
		if (write(fd, bytes, size) > 0)
			sleep(10);
		_exit(1);
	}
	begin = now();
	while (*arrives != value && now() - begin < 5)
		;
	arrived = *arrives == value;
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	return arrived;
}

/* who is killed while the last bytes are copied leaves a judged capsule */
static void test_killed(void)
{
	const size_t size = 1 << 20;
	volatile uint8_t *middle = map_physical(page->buf_base + size / 2, 1);
	uint8_t *large = malloc(size);
	int i, midway = 0, unjudged = 0;

	fresh();
	make_capsule(large, size, false, 3, 0);
	for (i = 0; i < 10; i++) {
		int fd = open_update();

		midway += kill_writer(fd, large, size, middle,
				      large[size / 2]);
		if (write(fd, large, 1) < 0)
			unjudged += result_of(fd).reason ==
				    PFRU_REASON_PAST_END;
		close(fd);
	}
	same(midway, 10, "ten writers are killed while they write");
	same(unjudged, 0, "no complete capsule is left unjudged");
	munmap((void *)middle, 1);
	free(large);
}

/* and who is killed before that does not go on to the end */
static void test_killed_early(void)
{
	const size_t size = page->buf_size;
	volatile uint8_t *early = map_physical(page->buf_base + 4096, 1);
	uint8_t *large = malloc(size);
	int fd;

	fresh();
	make_capsule(large, size, false, 3, 0);
	fd = open_update();
	kill_writer(fd, large, size, early, large[4096]);
	same(*early, large[4096], "a writer of %zu bytes is killed", size);
	gives(write(fd, large, 1), 1, "its capsule is not complete");
	gives(ioctl(fd, PFRU_IOC_STAGE), -ENODATA, "and not to be staged");
	close(fd);
	munmap((void *)early, 1);
	free(large);
}

static void test_busy_message(void)
{
	int fd = must_open(UPDATE, O_RDWR);

	gives(lseek(fd, -1, SEEK_SET), -EINVAL, "seek before the start");
	gives(pread(fd, other, 10, -1), -EINVAL, "read before the start");
	gives(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ?
	      -1 : 0, -ENODEV, "the update node can't be mapped");
	close(fd);
}

int main(void)
{
	sim_begin();
	test_pieces();
	test_costs();
	test_owner();
	test_refused();
	test_moved();
	test_large();
	test_read();
	test_offsets();
	test_status();
	test_result();
	test_driver();
	test_revision();
	test_capability();
	test_waiting();
	if (sizeof(long) == 8)
		test_slow();
	test_killed();
	/* a capsule that is copied in more than one piece */
	if (page->buf_size > 8 << 20)
		test_killed_early();
	test_busy_message();
	sim_behave();
	return done();
}
