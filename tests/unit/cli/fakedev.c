// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices of both drivers for tests of pfructl, linked into it with
 * -Wl,--wrap. Written from the description of the interface; shares core/ only
 * to judge what is written to it. What it does is set by FAKE_* variables.
 *
 * FAKE_ROOT	directory with dev/ and sys/; any file in dev/ is a node, with the
 *		numbers that it holds (MAJOR:MINOR), or of its kind when it is empty
 * FAKE_DRIVER	pfru or mainline
 * FAKE_COUNT	file for the counts, written at the end
 * FAKE_OPEN, FAKE_WRITE, FAKE_START, FAKE_QUERY, FAKE_BUFFER, FAKE_DATA,
 * FAKE_LEVEL, FAKE_MMAP	errno to fail with, or STATUS:EXT, several of
 *		them with commas for one call after the other, the last stays
 * FAKE_LATER	errno of the second start and later, which leaves no result
 * FAKE_REASON	REASON:OFFSET:FOUND:EXPECTED of a failure by errno
 * FAKE_CACHED	the capability is known
 * FAKE_STALE	the known capability is wrong, all its versions too high
 * FAKE_VERSIONS	file with the three versions that run, changed by an activation;
 *		what is staged is kept beside it
 * FAKE_KEEPS	an activation changes none of them, and reports success
 * FAKE_ROOM	bytes of the communication buffer
 * FAKE_OEM	OEM information
 * FAKE_LOG	file with the ring's content
 * FAKE_OLDER, FAKE_NEWER	sizes of the two parts
 * FAKE_CHANGES	how many GET_DATA see a log that has grown
 * FAKE_NO_LOG	before the first update
 * FAKE_ELSEWHERE	the older part does not end with the ring
 * FAKE_RESETS	counts a reset more at each GET_DATA
 * FAKE_TALKS	bytes that the firmware logs of each GET_DATA
 * FAKE_LIVE	directory with "ring", the log's memory, and "info": five numbers of
 *		32 bits (ring, older, newest, rollovers, resets), changed by
 *		somebody who locks it meanwhile; in place of all the above
 * FAKE_OTHERS	mainline: whenever nobody has the node locked, somebody sets the
 *		other type; it may be asked only for the first one
 * FAKE_FSYNC	end of the name of a file that can't be synced
 * FAKE_NO_SYSFS	sysfs is not filled with what it says of the nodes
 * FAKE_VERSION	version of the module's file, and FAKE_SRCVERSION
 * FAKE_SLOW	milliseconds that a start takes; a file "started" is made in
 *		FAKE_ROOT when it begins
 * FAKE_ANSWERLESS	GET_RESULT fails with ENODEV
 * FAKE_CLOCK	seconds of the processor that pass with each look at its clock
 * FAKE_TMPFILE	errno for a file without a name
 * FAKE_DIRECTORY	errno for opening a directory by openat()
 * FAKE_NO_PROC	/proc is not mounted
 * FAKE_KERNEL	file with the kernel's log, else it may not be read
 * FAKE_AT	what happens when --output is about to be brought to the disk: the
 *		number of a signal, or the name of a file that somebody makes
 * FAKE_FCHOWN, FAKE_RENAMEAT, FAKE_LINKAT, FAKE_MADVISE	errno to fail with
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "cli/common/sysroot.h"
#include "cli/pfructl/device/module-state.h"
#include "core/capsule.h"
#include "core/status.h"

#define RING_MAX    65536
#define FAKE_FD_MAX 64

enum { NO_NODE, UPDATE, TELEMETRY };

static int nodes[FAKE_FD_MAX];
/* nodes that were looked at with O_PATH; nothing here allocates: test_memory.py */
static char places[FAKE_FD_MAX][1024];
static unsigned int opens;
static int mainline;
static unsigned int firmware_calls, writes, starts, written_bytes;
/* bytes of memory that were asked for at once */
static unsigned int populated;
static unsigned int next_answer[8];
static struct pfru_result result;
static struct pfru_capability cap;
static int cap_known;
static uint8_t *image;
static size_t image_size;
static int complete;
static int unused_view;
static unsigned int changes;
static unsigned int revision = 99, type = 99;

int __real_open64(const char *path, int flags, ...);
int __real_fstat64(int fd, struct stat64 *st);
int __real_close(int fd);
int __real_ioctl(int fd, unsigned long request, ...);
ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __real_pread64(int fd, void *to, size_t size, off_t at);
ssize_t __real_write(int fd, const void *from, size_t size);
int __real_flock(int fd, int operation);
int __real_fsync(int fd);
int __real_openat64(int directory, const char *path, int flags, ...);
int __real_fchown(int fd, uid_t user, gid_t group);
int __real_renameat(int from, const char *old, int to, const char *new);
void *__real_mmap64(void *at, size_t size, int prot, int flags, int fd,
		    off_t offset);

int __wrap_open64(const char *path, int flags, ...);
int __wrap___open64_2(const char *path, int flags);
int __wrap_fstat64(int fd, struct stat64 *st);
int __wrap_close(int fd);
int __wrap_ioctl(int fd, unsigned long request, ...);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t at);
ssize_t __wrap_write(int fd, const void *from, size_t size);
void *__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd,
		    off_t offset);
int __real_madvise(void *at, size_t size, int advice);
int __wrap_madvise(void *at, size_t size, int advice);
int __real_module_state_read(const char *name, struct module_state *state);
int __wrap_module_state_read(const char *name, struct module_state *state);
int __wrap_flock(int fd, int operation);
int __wrap_fsync(int fd);
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_openat64(int directory, const char *path, int flags, ...);
int __wrap_fchown(int fd, uid_t user, gid_t group);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __wrap_klogctl(int action, char *to, int size);

static unsigned long number(const char *name, unsigned long other)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : other;
}

/* code injection, driver update, its security version; false: there are none */
static int read_versions(const char *suffix, struct pfru_capability *to)
{
	char path[4096], text[64] = "";
	int fd, found = 0;

	if (!getenv("FAKE_VERSIONS"))
		return 0;
	snprintf(path, sizeof(path), "%s%s", getenv("FAKE_VERSIONS"), suffix);
	fd = __real_open64(path, O_RDONLY);
	if (fd < 0)
		return 0;
	if (__real_read(fd, text, sizeof(text) - 1) > 0)
		found = sscanf(text, "%u %u %u", &to->code_rt_version,
			       &to->drv_rt_version, &to->drv_svn) == 3;
	__real_close(fd);
	return found;
}

static void write_versions(const char *suffix,
			   const struct pfru_capability *from)
{
	char path[4096], text[64];
	int fd;

	snprintf(path, sizeof(path), "%s%s", getenv("FAKE_VERSIONS"), suffix);
	fd = __real_open64(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	snprintf(text, sizeof(text), "%u %u %u\n", from->code_rt_version,
		 from->drv_rt_version, from->drv_svn);
	if (__real_write(fd, text, strlen(text)) < 0)
		abort();
	__real_close(fd);
}

static void set_platform(void)
{
	static const uint8_t drv[] = { 0x0e, 0x5f, 0x0b, 0x14, 0xf8, 0x49,
				       0x79, 0x45, 0xad, 0x81, 0xbc, 0x7b,
				       0x6d, 0x2b, 0xb2, 0x45 };
	static const uint8_t platform[] = { 0x4e, 0x5a, 0x0c, 0x7d, 0xb3, 0x91,
					    0x26, 0x4c, 0x8f, 0x17, 0x2a, 0x6b,
					    0xe0, 0x4d, 0x9c, 0x51 };

	memset(&cap, 0, sizeof(cap));
	cap.update_cap = 3;
	memcpy(cap.code_type, pfru_guid_code_injection, 16);
	memcpy(cap.drv_type, drv, 16);
	memcpy(cap.platform_id, platform, 16);
	memcpy(cap.oem_id, platform, 16);
	cap.fw_version = 0x10000;
	cap.code_rt_version = 1;
	cap.drv_rt_version = 1;
	cap.drv_svn = 1;
	read_versions("", &cap);
	cap.oem_info_len = getenv("FAKE_OEM") ? strlen(getenv("FAKE_OEM")) : 0;
}

/* the numbers of nodes, and what sysfs says of them */
static const struct {
	int minor;
	int mainline;
	int kind;
	const char *misc;
} numbers[] = {
	{ 200, 0, UPDATE, "pfru_update0" },
	{ 201, 0, TELEMETRY, "pfru_telemetry0" },
	{ 210, 1, UPDATE, "pfru0" },
	{ 211, 1, TELEMETRY, "pfrt0" },
};

/* Both drivers serve the same platform devices. */
static void make_parent(const char *misc, int kind)
{
	static const char *const above[] = { "", "/virtual", "/virtual/misc" };
	char path[4096];
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/sys/devices%s", sysroot,
			 above[i]);
		mkdir(path, 0755);
	}
	snprintf(path, sizeof(path), "%s/sys/devices/virtual/misc/%s", sysroot,
		 misc);
	mkdir(path, 0755);
	strcat(path, "/device");
	if (symlink(kind == UPDATE ? "../../../platform/INTC1080:00" :
				     "../../../platform/INTC1081:00",
		    path) &&
	    errno != EEXIST)
		abort();
}

static void make_sysfs(void)
{
	static const char *const directories[] = { "", "/dev", "/dev/char" };
	char path[4096], target[64];
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/sys%s", sysroot,
			 directories[i]);
		mkdir(path, 0755);
	}
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		snprintf(path, sizeof(path), "%s/sys/dev/char/10:%d", sysroot,
			 numbers[i].minor);
		snprintf(target, sizeof(target),
			 "../../devices/virtual/misc/%s", numbers[i].misc);
		if (symlink(target, path) && errno != EEXIST)
			return;
		make_parent(numbers[i].misc, numbers[i].kind);
	}
}

__attribute__((constructor)) static void begin(void)
{
	if (getenv("FAKE_ROOT"))
		sysroot = getenv("FAKE_ROOT");
	if (*sysroot && !getenv("FAKE_NO_SYSFS"))
		make_sysfs();
	mainline = getenv("FAKE_DRIVER") &&
		   !strcmp(getenv("FAKE_DRIVER"), "mainline");
	set_platform();
	changes = number("FAKE_CHANGES", 0);
	cap_known = number("FAKE_CACHED", 0);
	if (number("FAKE_STALE", 0)) {
		cap_known = 1;
		cap.code_rt_version = 1000;
		cap.drv_svn = 1000;
	}
}

__attribute__((destructor)) static void end(void)
{
	const char *name = getenv("FAKE_COUNT");
	FILE *file = name ? fopen(name, "w") : NULL;

	free(image);
	if (!file)
		return;
	fprintf(file,
		"calls=%u writes=%u starts=%u bytes=%u revision=%u type=%u opens=%u populated=%u\n",
		firmware_calls, writes, starts, written_bytes, revision, type,
		opens, populated);
	fclose(file);
}

static int node(int fd)
{
	return fd >= 0 && fd < FAKE_FD_MAX ? nodes[fd] : NO_NODE;
}

static void begin_result(unsigned int action)
{
	memset(&result, 0, sizeof(result));
	result.action = action;
	result.status = PFRU_STATUS_NONE;
}

/*
 * One call of the firmware: 0, or -1 with errno and the result set. @slot
 * counts the answers of this kind.
 */
static int firmware(const char *name, unsigned int slot)
{
	const char *text = getenv(name);
	unsigned int skip = next_answer[slot];
	unsigned int status, ext, reason = 0;
	unsigned long long offset = 0, found = 0, expected = 0;
	const char *next;

	firmware_calls++;
	if (!text || !*text) {
		result.status = 0;
		return 0;
	}
	while (skip-- && (next = strchr(text, ',')))
		text = next + 1;
	next_answer[slot]++;
	if (sscanf(text, "%u:%i", &status, (int *)&ext) == 2) {
		result.status = status;
		result.ext_status = ext;
		if (!status)
			return 0;
		result.reason = PFRU_REASON_FIRMWARE;
		errno = mainline ? EBUSY : pfru_status_errno(status);
		result.error = -errno;
		return -1;
	}
	errno = atoi(text);
	result.error = -errno;
	if (getenv("FAKE_REASON"))
		sscanf(getenv("FAKE_REASON"), "%u:%llu:%llu:%llu", &reason,
		       &offset, &found, &expected);
	result.reason = reason;
	result.offset = offset;
	result.found = found;
	result.expected = expected;
	return -1;
}

static int is_node(const char *path)
{
	size_t length = strlen(sysroot);

	return length && !strncmp(path, sysroot, length) &&
	       !strncmp(path + length, "/dev/", 5) && !access(path, F_OK) &&
	       !strstr(path, "plain-file");
}

static int kind_of(const char *path)
{
	return strstr(path, "telemetry") ? TELEMETRY : UPDATE;
}

/* a node is opened: whatever it is, that is counted */
static int open_node(const char *path, int flags)
{
	int fd;

	opens++;
	if (number("FAKE_OPEN", 0)) {
		errno = number("FAKE_OPEN", 0);
		return -1;
	}
	fd = __real_open64("/dev/null", flags);
	if (fd < 0 || fd >= FAKE_FD_MAX)
		return fd;
	/* messages would be written to the device */
	if (fd <= STDERR_FILENO)
		abort();
	nodes[fd] = kind_of(path);
	return fd;
}

int __wrap_open64(const char *path, int flags, ...)
{
	static const char again[] = "/proc/self/fd/";
	unsigned int place = FAKE_FD_MAX;
	va_list args;
	int fd, mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	if (!strncmp(path, again, strlen(again)))
		place = atoi(path + strlen(again));
	if (number("FAKE_NO_PROC", 0) && !strncmp(path, again, strlen(again))) {
		errno = ENOENT;
		return -1;
	}
	if (place < FAKE_FD_MAX && *places[place])
		return open_node(places[place], flags);
	if (is_node(path) && !(flags & O_PATH))
		return open_node(path, flags);
	fd = __real_open64(path, flags, mode);
	if (fd >= 0 && fd < FAKE_FD_MAX && is_node(path))
		snprintf(places[fd], sizeof(places[fd]), "%s", path);
	return fd;
}

/* what open() is with _FORTIFY_SOURCE, where its flags are not constant */
int __wrap___open64_2(const char *path, int flags)
{
	return __wrap_open64(path, flags);
}

/* the numbers that are in the file, or else those of its kind */
static dev_t number_of(const char *path)
{
	unsigned int major = 10, minor = 0;
	char text[32] = "";
	int fd = __real_open64(path, O_RDONLY);
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i].mainline == mainline &&
		    numbers[i].kind == kind_of(path))
			minor = numbers[i].minor;
	if (__real_read(fd, text, sizeof(text) - 1) > 0)
		sscanf(text, "%u:%u", &major, &minor);
	__real_close(fd);
	return makedev(major, minor);
}

int __wrap_fstat64(int fd, struct stat64 *st)
{
	int ret = __real_fstat64(fd, st);

	if (ret || fd < 0 || fd >= FAKE_FD_MAX || !*places[fd])
		return ret;
	st->st_mode = S_IFCHR | 0600;
	st->st_rdev = number_of(places[fd]);
	return 0;
}

int __wrap_close(int fd)
{
	if (fd >= 0 && fd < FAKE_FD_MAX) {
		*places[fd] = '\0';
		nodes[fd] = NO_NODE;
	}
	return __real_close(fd);
}

static int query(void)
{
	begin_result(PFRU_ACTION_QUERY);
	if (firmware("FAKE_QUERY", 0))
		return -1;
	set_platform();
	cap_known = 1;
	memset(&result, 0, sizeof(result));
	return 0;
}

/* As the firmware does, it goes on whatever signals come. */
static void take_time(void)
{
	struct timespec left = { .tv_sec = number("FAKE_SLOW", 0) / 1000,
				 .tv_nsec = number("FAKE_SLOW", 0) % 1000 *
					    1000000 };
	char path[4096];
	int fd;

	if (!getenv("FAKE_SLOW"))
		return;
	snprintf(path, sizeof(path), "%s/started", sysroot);
	fd = __real_open64(path, O_WRONLY | O_CREAT, 0600);
	if (fd >= 0)
		close(fd);
	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* what will run when the loaded capsule is activated, or what was staged */
static void update_versions(unsigned int action)
{
	struct pfru_capability next = cap;
	struct pfru_capsule capsule;
	struct pfru_refusal refusal;
	struct pfru_image item;
	unsigned int i;

	if (!getenv("FAKE_VERSIONS"))
		return;
	if (getenv("FAKE_KEEPS") && action != PFRU_ACTION_STAGE)
		return;
	if (action == PFRU_ACTION_ACTIVATE) {
		if (read_versions(".staged", &next))
			write_versions("", &next);
		return;
	}
	if (pfru_capsule_open(&capsule, image, image_size, &refusal))
		abort();
	for (i = 0; i < capsule.payloads; i++) {
		pfru_capsule_image(&capsule, i, &item, &refusal);
		if (pfru_image_kind(item.type, &cap) ==
		    PFRU_KIND_CODE_INJECTION) {
			next.code_rt_version = item.rt_ver;
			continue;
		}
		next.drv_rt_version = item.rt_ver;
		next.drv_svn = item.svn;
	}
	write_versions(action == PFRU_ACTION_STAGE ? ".staged" : "", &next);
}

static int start(unsigned int action)
{
	starts++;
	take_time();
	if (starts > 1 && number("FAKE_LATER", 0)) {
		errno = number("FAKE_LATER", 0);
		return -1;
	}
	begin_result(action);
	if (!mainline && action != PFRU_ACTION_ACTIVATE && !complete) {
		errno = ENODATA;
		result.error = -errno;
		return -1;
	}
	result.auth_time = 1234567;
	result.exec_time = action == PFRU_ACTION_STAGE ? 0 : 7654321;
	if (firmware("FAKE_START", 1)) {
		if (result.status != PFRU_STATUS_RETRY)
			complete = 0;
		return -1;
	}
	complete = 0;
	update_versions(action);
	if (action != PFRU_ACTION_STAGE)
		cap_known = 0;
	return 0;
}

static int set_revision(const unsigned int *wanted)
{
	if (*wanted != 1 && *wanted != 2) {
		errno = EINVAL;
		return -1;
	}
	revision = *wanted;
	return 0;
}

static int update_ioctl(unsigned int request, void *argument)
{
	switch (request) {
	case PFRU_IOC_SET_REV:
		return set_revision(argument);
	case PFRU_IOC_STAGE:
		return start(PFRU_ACTION_STAGE);
	case PFRU_IOC_ACTIVATE:
		return start(PFRU_ACTION_ACTIVATE);
	case PFRU_IOC_STAGE_ACTIVATE:
		return start(PFRU_ACTION_STAGE_ACTIVATE);
	case PFRU_IOC_QUERY_CAP:
		if (query())
			return -1;
		memcpy(argument, &cap, sizeof(cap));
		return 0;
	}
	if (mainline) {
		errno = ENOTTY;
		return -1;
	}
	switch (request) {
	case PFRU_IOC_GET_BUF_SIZE:
		begin_result(PFRU_ACTION_BUFFER);
		if (firmware("FAKE_BUFFER", 2))
			return -1;
		*(uint32_t *)argument = number("FAKE_ROOM", 1 << 20);
		return 0;
	case PFRU_IOC_GET_CACHED_CAP:
		if (!cap_known) {
			errno = ENODATA;
			return -1;
		}
		memcpy(argument, &cap, sizeof(cap));
		return 0;
	}
	errno = ENOTTY;
	return -1;
}

static int open_live(const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", getenv("FAKE_LIVE"), name);
	return __real_open64(path, O_RDONLY);
}

/* An SMI is one moment: the lock is, too. */
static void fill_live(struct pfru_log_data_info *info)
{
	int fd = open_live("info");
	uint32_t n[5];

	if (fd < 0 || __real_flock(fd, LOCK_SH) ||
	    __real_pread64(fd, n, sizeof(n), 0) != sizeof(n))
		abort();
	close(fd);
	info->max_data_size = n[0];
	info->chunk1_size = n[1];
	info->chunk2_size = n[2];
	info->rollover_cnt = n[3];
	info->reset_cnt = n[4];
	info->chunk2_addr_hi = 1;
	info->chunk1_addr_hi = n[1] ? 1 : 0;
	info->chunk1_addr_lo = n[1] ? n[0] - n[1] : 0;
}

static void fill_data_info(struct pfru_log_data_info *info)
{
	static unsigned int resets, asked;

	memset(info, 0, sizeof(*info));
	if (getenv("FAKE_LIVE")) {
		fill_live(info);
		return;
	}
	if (number("FAKE_NO_LOG", 0))
		return;
	info->max_data_size = number("FAKE_RING", 4096);
	info->chunk2_addr_lo = 0x10000000;
	info->chunk2_addr_hi = 1;
	info->chunk2_size = number("FAKE_NEWER", 0);
	info->chunk1_size = number("FAKE_OLDER", 0);
	if (info->chunk1_size) {
		info->chunk1_addr_hi = 1;
		info->chunk1_addr_lo =
			0x10000000 + info->max_data_size - info->chunk1_size;
		if (number("FAKE_ELSEWHERE", 0))
			info->chunk1_addr_lo = 0x20000000;
		info->rollover_cnt = 3;
	}
	info->reset_cnt = 4;
	if (number("FAKE_RESETS", 0))
		info->reset_cnt += ++resets;
	info->chunk2_size += ++asked * number("FAKE_TALKS", 0);
	if (changes) {
		changes--;
		info->chunk2_size -= changes % 2 + 1;
	}
}

static int set_info(const struct pfru_log_info *info)
{
	if (info->log_revid == 1 || info->log_revid == 2)
		revision = info->log_revid;
	if (info->log_type <= 1)
		type = info->log_type;
	if (info->log_level == PFRU_LOG_UNCHANGED)
		return 0;
	begin_result(PFRU_ACTION_SET_LEVEL);
	return firmware("FAKE_LEVEL", 3);
}

static int get_info(struct pfru_log_info *info)
{
	begin_result(PFRU_ACTION_GET_LEVEL);
	info->log_type = type;
	info->log_revid = revision;
	if (firmware("FAKE_LEVEL", 3)) {
		if (!mainline)
			return -1;
		/* it returns the errno as a level */
		info->log_level = -errno;
		return 0;
	}
	info->log_level = 2;
	return 0;
}

static int telemetry_ioctl(unsigned int request, void *argument)
{
	switch (request) {
	case PFRT_LOG_IOC_SET_INFO:
		return set_info(argument);
	case PFRT_LOG_IOC_GET_INFO:
		return get_info(argument);
	case PFRT_LOG_IOC_GET_DATA_INFO:
		begin_result(PFRU_ACTION_GET_DATA);
		if (getenv("FAKE_OTHERS") && type) {
			errno = EPROTO;
			return -1;
		}
		if (firmware("FAKE_DATA", 4))
			return -1;
		memset(&result, 0, sizeof(result));
		fill_data_info(argument);
		unused_view = 1;
		return 0;
	}
	errno = ENOTTY;
	return -1;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list args;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	if (!node(fd))
		return __real_ioctl(fd, request, argument);
	if (request == PFRU_IOC_GET_RESULT && !mainline) {
		errno = ENODEV;
		if (starts && getenv("FAKE_ANSWERLESS"))
			return -1;
		errno = ENODATA;
		if (!result.action)
			return -1;
		memcpy(argument, &result, sizeof(result));
		return 0;
	}
	return node(fd) == UPDATE ? update_ioctl(request, argument) :
				    telemetry_ioctl(request, argument);
}

ssize_t __wrap_read(int fd, void *to, size_t size)
{
	const char *oem = getenv("FAKE_OEM") ? getenv("FAKE_OEM") : "";
	size_t n = strlen(oem);

	if (node(fd) != UPDATE)
		return __real_read(fd, to, size);
	if (mainline) {
		errno = EINVAL;
		return -1;
	}
	if (query())
		return -1;
	n = n < PFRU_OEM_INFO_MAX ? n : PFRU_OEM_INFO_MAX;
	if (size < PFRU_CAPABILITY_READ_SIZE + n)
		abort();
	memcpy(to, &cap, PFRU_CAPABILITY_READ_SIZE);
	memcpy((uint8_t *)to + PFRU_CAPABILITY_READ_SIZE, oem, n);
	return PFRU_CAPABILITY_READ_SIZE + n;
}

static size_t read_ring(void *to, size_t size, off_t at)
{
	int fd = getenv("FAKE_LIVE") ?
			 open_live("ring") :
			 __real_open64(getenv("FAKE_LOG"), O_RDONLY);
	ssize_t n = fd < 0 ? -1 : __real_pread64(fd, to, size, at);

	if (fd >= 0)
		close(fd);
	return n < 0 ? 0 : n;
}

/* short reads, as a signal would make them */
ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t at)
{
	if (node(fd) != TELEMETRY)
		return __real_pread64(fd, to, size, at);
	if (!at && !unused_view)
		firmware_calls++;
	if (!at)
		unused_view = 0;
	if (number("FAKE_PREAD", 0)) {
		begin_result(PFRU_ACTION_GET_DATA);
		return firmware("FAKE_PREAD", 5);
	}
	if (size > 100 && !getenv("FAKE_LIVE"))
		size = 100;
	return read_ring(to, size, at);
}

void *__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd,
		    off_t offset)
{
	void *map;

	if (node(fd) != TELEMETRY)
		return __real_mmap64(at, size, prot, flags, fd, offset);
	/* this project's module goes by what it has just been told */
	if (mainline || !unused_view)
		firmware_calls++;
	if (prot != PROT_READ || flags != MAP_SHARED || offset)
		abort();
	if (number("FAKE_MMAP", 0)) {
		errno = number("FAKE_MMAP", 0);
		return MAP_FAILED;
	}
	/* neither driver maps a part of a page, nor this one a ring in two places */
	if (size % 4096 || (!mainline && number("FAKE_ELSEWHERE", 0))) {
		errno = ENODEV;
		return MAP_FAILED;
	}
	if (getenv("FAKE_LIVE")) {
		fd = open_live("ring");
		map = __real_mmap64(NULL, size, prot, flags, fd, 0);
		close(fd);
		return map;
	}
	/* as the real one it is no memory of the program's own */
	map = __real_mmap64(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	read_ring(map, size, 0);
	return map;
}

int __wrap_madvise(void *at, size_t size, int advice)
{
	/* MADV_POPULATE_WRITE, which older headers lack */
	if (advice == 23)
		populated += size;
	if (number("FAKE_MADVISE", 0)) {
		errno = number("FAKE_MADVISE", 0);
		return -1;
	}
	return __real_madvise(at, size, advice);
}

static ssize_t refuse(const struct pfru_refusal *refusal)
{
	result.reason = refusal->reason;
	result.offset = refusal->offset;
	result.found = refusal->found;
	result.expected = refusal->expected;
	errno = pfru_reason_text(refusal->reason)->error;
	result.error = -errno;
	return -1;
}

static ssize_t write_pfru(const uint8_t *from, size_t size)
{
	struct pfru_verdict verdict;
	struct pfru_refusal refusal;
	uint8_t *more;
	__u64 said;

	if (number("FAKE_WRITE", 0)) {
		errno = number("FAKE_WRITE", 0);
		return -1;
	}
	begin_result(PFRU_ACTION_LOAD);
	if (!image_size && firmware("FAKE_BUFFER", 2))
		return -1;
	more = realloc(image, image_size + size);
	if (!more)
		return -1;
	image = more;
	memcpy(image + image_size, from, size);
	image_size += size;
	if (pfru_capsule_begin(image, number("FAKE_ROOM", 1 << 28), &said,
			       &refusal))
		return refuse(&refusal);
	if (image_size < said)
		return size;
	if (!cap_known && query())
		return -1;
	if (pfru_judge(image, image_size, &cap, &verdict) &&
	    pfru_verdict_needs_platform(&verdict) && query())
		return -1;
	begin_result(PFRU_ACTION_LOAD);
	if (pfru_judge(image, image_size, &cap, &verdict))
		return refuse(&verdict.refusal);
	memset(&result, 0, sizeof(result));
	complete = 1;
	return size;
}

/* where this driver would crash, the test does */
static ssize_t write_mainline(const uint8_t *from, size_t size)
{
	struct pfru_verdict verdict;

	firmware_calls++;
	if (writes > 1)
		abort();
	if (size > number("FAKE_ROOM", 1 << 20)) {
		errno = EINVAL;
		return -1;
	}
	firmware_calls++;
	if (pfru_judge(from, size, &cap, &verdict) ||
	    !verdict.image.authenticated || verdict.image.version > 2)
		abort();
	if (number("FAKE_WRITE", 0)) {
		errno = number("FAKE_WRITE", 0);
		return -1;
	}
	image = malloc(size);
	if (!image)
		return -1;
	memcpy(image, from, size);
	image_size = size;
	return size;
}

ssize_t __wrap_write(int fd, const void *from, size_t size)
{
	if (node(fd) != UPDATE)
		return __real_write(fd, from, size);
	writes++;
	written_bytes += size;
	return mainline ? write_mainline(from, size) : write_pfru(from, size);
}

/* FAKE_MODULE: words that are true of the module pfru */
int __wrap_flock(int fd, int operation)
{
	int ret = __real_flock(fd, operation);

	if (getenv("FAKE_OTHERS") && node(fd) && operation == LOCK_UN)
		type = 1;
	return ret;
}

int __wrap_openat64(int directory, const char *path, int flags, ...)
{
	/* the one flag has the bit of the other, too */
	int nameless = (flags & O_TMPFILE) == O_TMPFILE;
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & O_CREAT || nameless ? va_arg(args, int) : 0;
	va_end(args);
	errno = number("FAKE_TMPFILE", 0);
	if (errno && nameless)
		return -1;
	errno = number("FAKE_DIRECTORY", 0);
	if (errno && flags & O_DIRECTORY && !nameless)
		return -1;
	return __real_openat64(directory, path, flags, mode);
}

int __wrap_fchown(int fd, uid_t user, gid_t group)
{
	errno = number("FAKE_FCHOWN", 0);
	return errno ? -1 : __real_fchown(fd, user, group);
}

int __wrap_renameat(int from, const char *old, int to, const char *new)
{
	errno = number("FAKE_RENAMEAT", 0);
	return errno ? -1 : __real_renameat(from, old, to, new);
}

/* in the place of the C library's */
int linkat(int from, const char *old, int to, const char *new, int flags)
{
	errno = number("FAKE_LINKAT", 0);
	return errno ? -1 : syscall(SYS_linkat, from, old, to, new, flags);
}

/* once, before the file is on the disk */
static void happen(void)
{
	const char *what = getenv("FAKE_AT");
	static int happened;

	if (!what || happened++)
		return;
	if (*what == '/')
		close(creat(what, 0600));
	else
		raise(atoi(what));
}

int __wrap_fsync(int fd)
{
	const char *end = getenv("FAKE_FSYNC");
	char link[64], name[4096];
	ssize_t size;

	happen();
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = end ? readlink(link, name, sizeof(name)) : 0;
	if (size <= 0 || (size_t)size < strlen(end) ||
	    memcmp(name + size - strlen(end), end, strlen(end)))
		return __real_fsync(fd);
	errno = EIO;
	return -1;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	static time_t passed;
	int ret = __real_clock_gettime(clock, now);

	if (clock == CLOCK_PROCESS_CPUTIME_ID) {
		passed += number("FAKE_CLOCK", 0);
		now->tv_sec += passed;
	}
	return ret;
}

int __wrap_klogctl(int action, char *to, int size)
{
	const char *path = getenv("FAKE_KERNEL");
	struct stat64 st;
	int fd, n;

	if (!path || stat64(path, &st)) {
		errno = EPERM;
		return -1;
	}
	if (action == 10)
		return st.st_size;
	fd = __real_open64(path, O_RDONLY);
	n = __real_read(fd, to, size);
	__real_close(fd);
	return n;
}

int __wrap_module_state_read(const char *name, struct module_state *state)
{
	const char *words = getenv("FAKE_MODULE");

	if (!words)
		return __real_module_state_read(name, state);
	memset(state, 0, sizeof(*state));
	if (!strcmp(name, "mei")) {
		state->available = !strstr(words, "no-mei");
		state->forbidden = strstr(words, "mei-forbidden");
	}
	if (strcmp(name, "pfru"))
		return 0;
	state->needs_mei = strstr(words, "mei");
	state->loaded = strstr(words, "loaded");
	state->available = strstr(words, "available");
	state->blacklisted = strstr(words, "blacklisted");
	state->is_signed = strstr(words, "signed");
	if (getenv("FAKE_VERSION"))
		state->version = strdup(getenv("FAKE_VERSION"));
	if (getenv("FAKE_SRCVERSION"))
		state->srcversion = strdup(getenv("FAKE_SRCVERSION"));
	if (strstr(words, "by-us"))
		state->signer = strdup("Our key");
	return 0;
}
