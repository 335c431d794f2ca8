// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nodes of management engines for tests of amtctl, linked into it with -Wl,--wrap.
 * What an engine does is decided by a test in Python, at the other end of a socket;
 * here is only what the kernel's driver does between the two.
 *
 * FAKE_ROOT	directory with dev/, sys/, proc/ and run/. A file in dev/ holds the
 *		path of a socket, or "errno N", with which open() then fails
 * FAKE_SPEED	how much faster time passes, where it is waited for
 * FAKE_PORT	port of 127.0.0.1 that is connected in place of 16992
 *
 * To the engine: "C" and a UUID (connect), "W" and a message (write). From it, for
 * each of these: "O", the largest message (4 bytes) and the protocol (1 byte), or
 * "A", or "E" and an errno (4 bytes); and at any time "D" and a message to be read,
 * or "E" and an errno that read() fails with. All in little-endian.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mei.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cli/amt/wsman-http.h"
#include "tests/unit/engine-node.h"

#define FD_MAX	  64
#define ROOM_MAX  70000
#define SENT_MAX  8192
#define EARLY_MAX 64

static char is_engine[FD_MAX];
/* messages to be read that came while a write waited for its answer */
static struct {
	int fd;
	ssize_t size;
	uint8_t bytes[SENT_MAX];
} early[EARLY_MAX];
static int early_count;
static long speed = 1;
static struct timespec began;

int __real_open64(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __real_write(int fd, const void *from, size_t size);
int __real_close(int fd);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __real_nanosleep(const struct timespec *time, struct timespec *left);
int __real_clock_gettime(clockid_t clock, struct timespec *time);

int __wrap_open64(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_write(int fd, const void *from, size_t size);
int __wrap_close(int fd);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);

__attribute__((constructor)) static void begin(void)
{
	engine_begin();
	if (getenv("FAKE_SPEED"))
		speed = atol(getenv("FAKE_SPEED"));
	/* a service of this machine must not affect a test */
	wsman_port = getenv("FAKE_PORT") ? atoi(getenv("FAKE_PORT")) : 1;
	__real_clock_gettime(CLOCK_MONOTONIC, &began);
}

static int engine(int fd)
{
	return fd >= 0 && fd < FD_MAX && is_engine[fd];
}

/* The errno in an "E", else 0; other bytes end the test. */
static int said_errno(const uint8_t *bytes, ssize_t size)
{
	int32_t error;

	if (size <= 0)
		return ENODEV;
	if (bytes[0] != 'E')
		return 0;
	if (size != 5)
		abort();
	memcpy(&error, bytes + 1, sizeof(error));
	return error;
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list args;
	int mode, fd;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	if (!is_node(path, flags))
		return __real_open64(path, flags, mode);
	fd = open_node(path);
	if (fd < 0)
		return -1;
	if (fd <= STDERR_FILENO || fd >= FD_MAX)
		abort();
	is_engine[fd] = 1;
	return fd;
}

static void tell(int fd, char what, const void *bytes, size_t size)
{
	uint8_t message[1 + SENT_MAX];

	if (size > SENT_MAX)
		abort();
	message[0] = what;
	memcpy(message + 1, bytes, size);
	send(fd, message, 1 + size, MSG_NOSIGNAL);
	/* this is not the program's: no secret of it may be found here */
	explicit_bzero(message, sizeof(message));
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct mei_connect_client_data *data;
	uint8_t answer[6];
	va_list args;
	ssize_t n;

	va_start(args, request);
	data = va_arg(args, void *);
	va_end(args);
	if (!engine(fd))
		return __real_ioctl(fd, request, data);
	if (request != IOCTL_MEI_CONNECT_CLIENT)
		return fails_with(EINVAL);
	tell(fd, 'C', &data->in_client_uuid, 16);
	n = recv(fd, answer, sizeof(answer), 0);
	if (said_errno(answer, n))
		return fails_with(said_errno(answer, n));
	if (n != 6 || answer[0] != 'O')
		abort();
	/* the reserved bytes keep what was in the UUID, as real firmware has it */
	memcpy(data, answer + 1, 5);
	return 0;
}

static void keep(int fd, const uint8_t *bytes, ssize_t size)
{
	if (early_count == EARLY_MAX || size > SENT_MAX)
		abort();
	early[early_count].fd = fd;
	early[early_count].size = size;
	memcpy(early[early_count++].bytes, bytes, size);
}

/* the oldest that was kept; 0 without one */
static ssize_t take_kept(int fd, uint8_t *to)
{
	ssize_t size;
	int i = 0;

	while (i < early_count && early[i].fd != fd)
		i++;
	if (i == early_count)
		return 0;
	size = early[i].size;
	memcpy(to, early[i].bytes, size);
	early_count--;
	memmove(&early[i], &early[i + 1], (early_count - i) * sizeof(early[0]));
	return size;
}

ssize_t __wrap_write(int fd, const void *from, size_t size)
{
	static uint8_t answer[ROOM_MAX];
	ssize_t n;

	if (!engine(fd))
		return __real_write(fd, from, size);
	tell(fd, 'W', from, size);
	while ((n = recv(fd, answer, sizeof(answer), 0)) > 0 &&
	       answer[0] == 'D')
		keep(fd, answer, n);
	if (said_errno(answer, n))
		return fails_with(said_errno(answer, n));
	return size;
}

ssize_t __wrap_read(int fd, void *to, size_t size)
{
	static uint8_t message[ROOM_MAX];
	ssize_t n;

	if (!engine(fd))
		return __real_read(fd, to, size);
	n = take_kept(fd, message);
	if (!n)
		n = recv(fd, message, sizeof(message), MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return -1;
	if (said_errno(message, n))
		return fails_with(said_errno(message, n));
	if (message[0] != 'D')
		abort();
	n--;
	if ((size_t)n > size)
		n = size;
	memcpy(to, message + 1, n);
	explicit_bzero(message, sizeof(message));
	return n;
}

int __wrap_close(int fd)
{
	static uint8_t message[ROOM_MAX];

	if (engine(fd)) {
		is_engine[fd] = 0;
		while (take_kept(fd, message))
			;
	}
	return __real_close(fd);
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	return __real_poll(fds, count,
			   timeout > 0 ? 1 + timeout / speed : timeout);
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	long long ns = (time->tv_sec * 1000000000LL + time->tv_nsec) / speed;
	struct timespec less = { ns / 1000000000, ns % 1000000000 };

	return __real_nanosleep(&less, left);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	int ret = __real_clock_gettime(clock, time);
	long long ns = (time->tv_sec - began.tv_sec) * 1000000000LL +
		       time->tv_nsec - began.tv_nsec;

	ns *= speed;
	time->tv_sec = ns / 1000000000;
	time->tv_nsec = ns % 1000000000;
	return ret;
}
