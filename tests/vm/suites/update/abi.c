// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The edges of the interface of both nodes: where arguments may lie, that every
 * byte given is defined, odd lengths and offsets, files that others have, too, and
 * ways of moving bytes that are not offered. docs/abi.md says the same in words.
 *
 * scenarios: main
 * vm-build: 64 32
 * timeout: 180
 */
#include "guest.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <linux/capability.h>

#define SIZE	4466
#define PAGE	4096
#define CAPABILITY	104	/* bytes of it, with the model's OEM information */

static uint8_t capsule[SIZE];
static uint8_t bytes[2 * PAGE];
static int update, telemetry;

/* unknown to the compiler, which warns of such */
static volatile size_t negative = SIZE_MAX, least = SIZE_MAX / 2 + 1;
static volatile int many = 1025;

/* ---- commands ---- */

enum way {
	IGNORES,	/* the argument */
	TAKES,
	GIVES,
};

/* for each, what it is called with must be so that it works */
static const struct command {
	const char *name;
	int *fd;
	unsigned long cmd;
	enum way way;
} commands[] = {
	{ "set revision", &update, PFRU_IOC_SET_REV, TAKES },
	{ "query", &update, PFRU_IOC_QUERY_CAP, GIVES },
	{ "cached capability", &update, PFRU_IOC_GET_CACHED_CAP, GIVES },
	{ "buffer size", &update, PFRU_IOC_GET_BUF_SIZE, GIVES },
	{ "activate", &update, PFRU_IOC_ACTIVATE, IGNORES },
	{ "result", &update, PFRU_IOC_GET_RESULT, GIVES },
	{ "set settings", &telemetry, PFRU_LOG_IOC_SET_INFO, TAKES },
	{ "set settings, later number", &telemetry, PFRT_LOG_IOC_SET_INFO,
	  TAKES },
	{ "settings", &telemetry, PFRU_LOG_IOC_GET_INFO, GIVES },
	{ "settings, later number", &telemetry, PFRT_LOG_IOC_GET_INFO, GIVES },
	{ "data info", &telemetry, PFRU_LOG_IOC_GET_DATA_INFO, GIVES },
	{ "data info, later number", &telemetry, PFRT_LOG_IOC_GET_DATA_INFO,
	  GIVES },
	{ "result of the log", &telemetry, PFRU_IOC_GET_RESULT, GIVES },
};

static long run(const struct command *command, void *argument)
{
	return ioctl(*command->fd, command->cmd, argument);
}

/* what a command takes, in few or in more bytes: revision 1, or no change */
static void fill(const struct command *command, void *argument)
{
	struct pfru_log_info none = { PFRU_LOG_UNCHANGED, PFRU_LOG_UNCHANGED,
				      PFRU_LOG_UNCHANGED };
	uint32_t one = 1;

	if (command->way != TAKES)
		return;
	if (command->fd == &update)
		memcpy(argument, &one, sizeof(one));
	else
		memcpy(argument, &none, sizeof(none));
}

/* a staged capsule, a known capability, a log, and a result of each file */
static void make_ready(void)
{
	struct pfru_log_info info = { PFRU_LOG_WARNING, PFRU_LOG_UNCHANGED,
				      PFRU_LOG_UNCHANGED };
	struct pfru_capability cap;

	sim_behave();
	if (write(update, capsule, SIZE) != SIZE ||
	    ioctl(update, PFRU_IOC_STAGE) ||
	    ioctl(update, PFRU_IOC_QUERY_CAP, &cap))
		die("cannot stage a capsule");
	if (ioctl(telemetry, PFRU_LOG_IOC_SET_INFO, &info))
		die("cannot set the level");
}

/* two pages, of which the second is not there */
static uint8_t *page_before_nothing(void)
{
	uint8_t *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || munmap(p + PAGE, PAGE))
		die("mmap");
	return p;
}

static void test_places(const struct command *command)
{
	size_t size = _IOC_SIZE(command->cmd), i;
	uint8_t *p = page_before_nothing();
	bool ignores = command->way == IGNORES;
	int bad = 0;

	make_ready();
	fill(command, p + PAGE - size);
	gives(run(command, p + PAGE - size), 0, "%s: at a page's very end",
	      command->name);
	for (i = 1; i <= size; i++) {
		if (ignores)
			make_ready();
		errno = 0;
		if (run(command, p + PAGE - size + i) != (ignores ? 0 : -1) ||
		    (!ignores && errno != EFAULT))
			bad++;
	}
	same(bad, 0, "%s: each byte further%s", command->name,
	     ignores ? " is the same" : " is EFAULT");
	for (i = 1, bad = 0; i < 8; i++) {
		if (ignores)
			make_ready();
		fill(command, p + i);
		bad += run(command, p + i) != 0;
	}
	same(bad, 0, "%s: at odd addresses", command->name);
	if (ignores)
		make_ready();
	fill(command, p);
	mprotect(p, PAGE, PROT_READ);
	gives(run(command, p), command->way == GIVES ? -EFAULT : 0,
	      "%s: in read-only memory", command->name);
	if (ignores)
		make_ready();
	mprotect(p, PAGE, PROT_NONE);
	gives(run(command, p), ignores ? 0 : -EFAULT,
	      "%s: in memory not to be read", command->name);
	munmap(p, PAGE);
}

/* in the kernel, and nowhere that a CPU could go */
static void test_wild(const struct command *command)
{
	static const uint64_t wild[] = {
		1, 0xffffffff81000000, 0xffff888000001000, 0x8000000000000000,
		0xfffffffffffffff8, 0x7ffffffffff8,
	};
	int bad = 0;
	size_t i;

	make_ready();
	for (i = 0; i < ARRAY_LENGTH(wild); i++) {
		errno = 0;
		if (run(command, (void *)(uintptr_t)wild[i]) != -1 ||
		    errno != EFAULT)
			bad++;
	}
	same(bad, 0, "%s: no such addresses", command->name);
}

/*
 * All bytes given have one value, whatever was there; no other is touched. On the
 * kernel "debug" gcc fills what is on the stack with 0xfe first (module.sh).
 */
static void test_given(const struct command *command)
{
	static const uint8_t unwritten[] = { 0xfe, 0xfe, 0xfe, 0xfe };
	size_t size = _IOC_SIZE(command->cmd), i;
	uint8_t *other = bytes + PAGE;
	int touched = 0;

	make_ready();
	memset(bytes, 0xa5, PAGE);
	memset(other, 0x5a, PAGE);
	gives(run(command, bytes + 64), 0, "%s", command->name);
	gives(run(command, other + 64), 0, "%s: again", command->name);
	check(!memcmp(bytes + 64, other + 64, size),
	      "%s: each byte is defined", command->name);
	check(!memmem(bytes + 64, size, unwritten, sizeof(unwritten)),
	      "%s: none was on the stack", command->name);
	for (i = 0; i < PAGE; i++)
		if (i < 64 || i >= 64 + size)
			touched += bytes[i] != 0xa5 || other[i] != 0x5a;
	same(touched, 0, "%s: and none beside them is touched", command->name);
}

/* what a failed command was to give stays as it is */
static void test_not_given(const struct command *command, int which)
{
	size_t size = _IOC_SIZE(command->cmd), i;
	int touched = 0;

	make_ready();
	memset(bytes, 0xa5, PAGE);
	refuse_next(which, 3, 0x55);
	gives(run(command, bytes), -EIO, "%s: refused", command->name);
	for (i = 0; i < size; i++)
		touched += bytes[i] != 0xa5;
	same(touched, 0, "%s: and gives nothing", command->name);
}

static void test_commands(void)
{
	static const struct {
		unsigned long cmd;
		int which;
	} refusable[] = {
		{ PFRU_IOC_QUERY_CAP, SLOT_CAP },
		{ PFRU_IOC_GET_BUF_SIZE, SLOT_BUF },
		{ PFRU_LOG_IOC_GET_INFO, SLOT_GET_LEVEL },
		{ PFRU_LOG_IOC_GET_DATA_INFO, SLOT_DATA },
	};
	size_t i, j;

	for (i = 0; i < ARRAY_LENGTH(commands); i++) {
		const struct command *command = &commands[i];

		test_places(command);
		if (command->way != IGNORES && sizeof(long) == 8)
			test_wild(command);
		if (command->way == GIVES)
			test_given(command);
		for (j = 0; j < ARRAY_LENGTH(refusable); j++)
			if (refusable[j].cmd == command->cmd)
				test_not_given(command, refusable[j].which);
	}
}

/* ---- read and write ---- */

static void test_lengths(void)
{
	static const uint64_t huge[] = {
		1 << 30, 0x7ffff000, 0x7fffffff, 0x80000000, 0xffff0000,
		0xffffffff, 0x100000000, 0x100000000000,
	};
	size_t i;

	make_ready();
	for (i = 0; i < ARRAY_LENGTH(huge); i++) {
		size_t size = huge[i];

		if (size != huge[i])
			continue;
		gives(pread(update, bytes, size, 0), CAPABILITY,
		      "a read of %#zx bytes of the capability", size);
		gives(write(update, capsule, size), -EINVAL,
		      "a write of %#zx bytes", size);
		same(result_of(update).reason, PFRU_REASON_PAST_END,
		     "for its length");
	}
	if (sizeof(long) == 4)
		return;
	gives(pread(update, bytes, negative, 0), -EFAULT, "a negative length");
	gives(write(update, capsule, negative), -EFAULT, "a negative length");
	gives(write(update, capsule, least), -EFAULT,
	      "the smallest");
	gives(pread(telemetry, bytes, negative, 0), -EFAULT,
	      "a negative length of the log");
}

static void test_offsets(int fd, const char *name)
{
	gives(pread(fd, bytes, 10, -1), -EINVAL, "%s: read at -1", name);
	gives(pread(fd, bytes, 10, INT64_MIN), -EINVAL, "%s: at the least",
	      name);
	gives(pread(fd, bytes, 10, INT64_MAX), -EINVAL,
	      "%s: past the largest", name);
	gives(pread(fd, bytes, 10, INT64_MAX - 10), 0, "%s: up to it", name);
	gives(pread(fd, bytes, 10, 1LL << 32), 0, "%s: at 4 GiB", name);
	gives(lseek(fd, INT64_MAX, SEEK_SET) == INT64_MAX ? 0 : -1, 0,
	      "%s: seek to the largest", name);
	gives(read(fd, bytes, 10), -EINVAL, "%s: read there", name);
	gives(lseek(fd, 1, SEEK_CUR) < 0 ? -1 : 0, -EINVAL,
	      "%s: seek past it", name);
	gives(lseek(fd, INT64_MIN, SEEK_SET) < 0 ? -1 : 0, -EINVAL,
	      "%s: seek to the least", name);
	gives(lseek(fd, 0, SEEK_END), 0, "%s: the end is not known", name);
	gives(lseek(fd, -1, SEEK_END) < 0 ? -1 : 0, -EINVAL,
	      "%s: nor what is before it", name);
	gives(lseek(fd, 0, SEEK_DATA) < 0 ? -1 : 0, -ENXIO,
	      "%s: nor data", name);
	gives(lseek(fd, 0, SEEK_HOLE) < 0 ? -1 : 0, -ENXIO,
	      "%s: nor holes", name);
	gives(lseek(fd, 0, 77) < 0 ? -1 : 0, -EINVAL, "%s: no such seek", name);
	gives(lseek(fd, 0, SEEK_SET), 0, "%s: back to the start", name);
}

static void test_memory(void)
{
	uint8_t *p = page_before_nothing(), *map;
	struct iovec parts[] = {
		{ capsule, 100 },
		{ NULL, 0 },
		{ capsule + 100, 1 },
		{ capsule + 101, SIZE - 101 },
	};
	size_t size = sim_log[PFRUSIM_EXEC].size;

	make_ready();
	gives(pread(update, p + PAGE - 88, 88, 0), 88,
	      "a read to a page's very end");
	gives(pread(update, p + PAGE - 87, 88, 0), 87,
	      "a read past it is short");
	gives(pread(telemetry, p + PAGE - 87, 88, 0), 87,
	      "a read of the log, too");
	mprotect(p, PAGE, PROT_READ);
	gives(pread(update, p, 88, 0), -EFAULT, "a read to read-only memory");
	gives(pread(telemetry, p, 88, 0), -EFAULT, "of the log, too");
	mprotect(p, PAGE, PROT_READ | PROT_WRITE);
	memcpy(p + 1, capsule, PAGE - 1);
	mprotect(p, PAGE, PROT_READ);
	gives(write(update, p + 1, PAGE - 1), PAGE - 1,
	      "a write of read-only memory at an odd address");
	gives(write(update, capsule + PAGE - 1, SIZE - PAGE + 1),
	      SIZE - PAGE + 1, "and the rest");
	gives(ioctl(update, PFRU_IOC_STAGE), 0, "is a capsule");
	gives(writev(update, parts, 4), SIZE, "one of several parts");
	gives(ioctl(update, PFRU_IOC_STAGE), 0, "is another");
	gives(writev(update, parts, 0), 0, "one of no parts is nothing");
	gives(writev(update, parts, many), -EINVAL, "too many parts");
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, telemetry, 0);
	check(map != MAP_FAILED, "the log is mapped");
	gives(pread(telemetry, map, 88, 0), -EFAULT, "the log into itself");
	gives(ioctl(update, PFRU_IOC_QUERY_CAP, map), -EFAULT,
	      "the capability into the log");
	gives(write(update, map, size), -EINVAL, "the log as a capsule");
	munmap(map, size);
	munmap(p, PAGE);
}

/* ---- a file that others have, too ---- */

/* capsules are begun by one descriptor, and ended by another */
static void test_dup(void)
{
	int first = must_open(UPDATE, O_RDWR), second = dup(first);
	int stranger = must_open(UPDATE, O_RDWR);

	gives(write(first, capsule, 100), 100, "a capsule is begun");
	gives(write(second, capsule + 100, 100), 100, "a copy goes on");
	close(first);
	gives(write(stranger, capsule, 1), -EBUSY,
	      "it is claimed while there is a copy");
	gives(write(second, capsule + 200, SIZE - 200), SIZE - 200,
	      "which ends it");
	gives(ioctl(second, PFRU_IOC_STAGE), 0, "and stages it");
	gives(read(second, bytes, 44), 44, "half of the capability");
	first = dup(second);
	gives(read(first, bytes, 88), CAPABILITY - 44,
	      "a copy reads on from there");
	gives(write(first, capsule, 100), 100, "one is begun");
	close(second);
	close(first);
	gives(write(stranger, capsule, SIZE), SIZE,
	      "with the last copy the claim ends");
	gives(ioctl(stranger, PFRU_IOC_STAGE), 0, "for all");
	close(stranger);
}

static void test_fork(void)
{
	int fd = must_open(UPDATE, O_RDWR);
	int status;
	pid_t child;

	gives(write(fd, capsule, 100), 100, "a capsule is begun");
	child = fork();
	if (!child)
		_exit(write(fd, capsule + 100, SIZE - 100) != SIZE - 100);
	waitpid(child, &status, 0);
	same(status, 0, "a child ends it");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "and its parent stages it");
	same(page->seen_bytes, SIZE, "whole");
	close(fd);
}

static void send_fd(int socket, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { "x", 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	if (sendmsg(socket, &message, 0) != 1)
		die("sendmsg");
}

static int receive_fd(int socket)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &message, 0) != 1)
		_exit(100);
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(int));
	return fd;
}

static void drop_rawio(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		_exit(101);
	data[0].effective &= ~(1U << CAP_SYS_RAWIO);
	data[0].permitted &= ~(1U << CAP_SYS_RAWIO);
	if (syscall(SYS_capset, &header, data))
		_exit(102);
}

/* what a process that is handed a file may do; its number of surprises */
static int use_file(int socket, bool able)
{
	int fd, want = able ? SIZE - 100 : -1, bad = 0;

	if (!able)
		drop_rawio();
	fd = receive_fd(socket);
	errno = 0;
	bad += write(fd, capsule + 100, SIZE - 100) != want;
	bad += !able && errno != EPERM;
	errno = 0;
	bad += ioctl(fd, PFRU_IOC_STAGE) != (able ? 0 : -1);
	bad += !able && errno != EPERM;
	return bad;
}

static void test_passed(bool able)
{
	const char *who = able ? "a process" : "one without CAP_SYS_RAWIO";
	int fd = must_open(UPDATE, O_RDWR), pair[2], status;
	int stranger = must_open(UPDATE, O_RDWR);
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("socketpair");
	gives(write(fd, capsule, 100), 100, "a capsule is begun");
	send_fd(pair[0], fd);
	close(fd);
	gives(write(stranger, capsule, 1), -EBUSY,
	      "a file on its way keeps its claim");
	child = fork();
	if (!child)
		_exit(use_file(pair[1], able));
	waitpid(child, &status, 0);
	same(status, 0, "%s that gets the file %s", who,
	     able ? "ends and stages it" : "can do neither");
	gives(write(stranger, capsule, 1), 1, "and with it the claim ends");
	close(stranger);
	close(pair[0]);
	close(pair[1]);
}

static void test_never_received(void)
{
	int fd = must_open(UPDATE, O_RDWR), pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("socketpair");
	gives(write(fd, capsule, 100), 100, "a capsule is begun");
	send_fd(pair[0], fd);
	close(fd);
	close(pair[0]);
	close(pair[1]);
	fd = must_open(UPDATE, O_RDWR);
	gives(write(fd, capsule, SIZE), SIZE,
	      "a file that nobody takes loses its claim");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "another is staged");
	close(fd);
}

/* ---- what is not offered ---- */

static int memory_file(void)
{
	int fd = syscall(SYS_memfd_create, "capsule", 0);

	if (fd < 0 || write(fd, capsule, SIZE) != SIZE ||
	    lseek(fd, 0, SEEK_SET))
		die("memfd_create");
	return fd;
}

static void test_moving(int fd, const char *name)
{
	int file = memory_file(), pipes[2], pair[2];
	uint32_t before = calls();
	struct iovec part = { bytes, 100 };

	if (pipe(pipes) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) ||
	    write(pipes[1], capsule, 100) != 100)
		die("pipe");
	gives(splice(pipes[0], NULL, fd, NULL, 100, 0), -EINVAL,
	      "%s: splice into it", name);
	gives(read(pipes[0], bytes, 200), 100, "%s: takes nothing", name);
	gives(splice(fd, NULL, pipes[1], NULL, 100, SPLICE_F_NONBLOCK), -EINVAL,
	      "%s: splice out of it", name);
	gives(sendfile(fd, file, NULL, SIZE), -EINVAL, "%s: sendfile into it",
	      name);
	gives(lseek(file, 0, SEEK_CUR), 0, "%s: takes nothing", name);
	gives(sendfile(pair[0], fd, NULL, 100), -EINVAL,
	      "%s: sendfile out of it", name);
	gives(sendfile(pipes[1], fd, NULL, 100), -EINVAL,
	      "%s: into a pipe", name);
	gives(syscall(SYS_copy_file_range, file, NULL, fd, NULL, SIZE, 0),
	      -EINVAL, "%s: copy_file_range into it", name);
	gives(syscall(SYS_copy_file_range, fd, NULL, file, NULL, 100, 0),
	      -EINVAL, "%s: out of it", name);
	gives(preadv2(fd, &part, 1, 0, RWF_NOWAIT), -EOPNOTSUPP,
	      "%s: a single read that does not wait", name);
	same(calls() - before, 0, "%s: and the firmware is not asked", name);
	close(file);
	close(pipes[0]);
	close(pipes[1]);
	close(pair[0]);
	close(pair[1]);
}

static void test_others(int fd, const char *path, const char *name)
{
	struct pollfd poll_fd = { fd, POLLIN | POLLOUT, 0 };
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0);

	gives(poll(&poll_fd, 1, 0), 1, "%s: poll", name);
	same(poll_fd.revents, POLLIN | POLLOUT, "%s: is always ready", name);
	gives(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), -EPERM,
	      "%s: epoll", name);
	gives(fsync(fd), -EINVAL, "%s: fsync", name);
	gives(ftruncate(fd, 0), -EINVAL, "%s: ftruncate", name);
	gives(open(path, O_RDWR | O_DIRECT), -EINVAL, "%s: O_DIRECT", name);
	gives(open(path, O_RDWR | O_DIRECTORY), -ENOTDIR, "%s: O_DIRECTORY",
	      name);
	gives(open(path, O_RDWR | O_CREAT | O_EXCL, 0600), -EEXIST,
	      "%s: O_EXCL", name);
	close(epoll);
}

/* O_TRUNC and O_APPEND mean nothing, O_PATH opens nothing */
static void test_flags(void)
{
	int fd;

	fd = must_open(UPDATE, O_RDWR | O_TRUNC | O_APPEND);
	gives(write(fd, capsule, SIZE), SIZE, "O_TRUNC, O_APPEND");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "are nothing");
	close(fd);
	fd = must_open(UPDATE, O_PATH);
	gives(write(fd, capsule, 1), -EBADF, "O_PATH: write");
	gives(ioctl(fd, PFRU_IOC_STAGE), -EBADF, "O_PATH: stage");
	close(fd);
	fd = must_open(UPDATE, O_RDONLY);
	gives(write(fd, capsule, 1), -EBADF, "O_RDONLY: write");
	close(fd);
	fd = must_open(UPDATE, O_WRONLY);
	gives(read(fd, bytes, 88), -EBADF, "O_WRONLY: read");
	close(fd);
	fd = must_open(TELEMETRY, O_RDWR);
	gives(write(fd, capsule, 1), -EINVAL, "a write to the log");
	close(fd);
}

int main(void)
{
	sim_begin();
	sim_behave();
	make_capsule(capsule, SIZE, false, 7, 0);
	update = must_open(UPDATE, O_RDWR);
	telemetry = must_open(TELEMETRY, O_RDWR);
	test_commands();
	test_lengths();
	test_offsets(update, "update");
	test_offsets(telemetry, "log");
	test_memory();
	make_ready();
	close(update);
	test_dup();
	test_fork();
	test_passed(true);
	test_passed(false);
	test_never_received();
	test_flags();
	update = must_open(UPDATE, O_RDWR);
	test_moving(update, "update");
	test_moving(telemetry, "log");
	test_others(update, UPDATE, "update");
	test_others(telemetry, TELEMETRY, "log");
	sim_behave();
	return done();
}
