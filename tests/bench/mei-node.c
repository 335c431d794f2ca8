// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: the node of a management engine is a message socket of heci-direct
 * (tests/sim/heci). Only to open and to connect need help: a read() or write() of the
 * socket passes one message, as it does with the driver.
 *
 * MEI_NODE_SOCKET	where heci-direct listens
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mei.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int ioctl(int fd, unsigned long request, ...);
ssize_t read(int fd, void *bytes, size_t size);
ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room);
int close(int fd);

enum state {
	UNKNOWN,
	OTHER,
	/* a node; the engine has not been asked for the next message */
	IDLE,
	ASKED,
};

static unsigned char states[1024];

static bool is_message_socket(int fd)
{
	socklen_t size = sizeof(int);
	int type;

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) &&
	       type == SOCK_SEQPACKET;
}

/* A node may come from another process, but nothing else that is read is such a socket. */
static unsigned char *state_of(int fd)
{
	static unsigned char other = OTHER;

	if (fd < 0 || (size_t)fd >= sizeof(states))
		return &other;
	if (states[fd] == UNKNOWN)
		states[fd] = is_message_socket(fd) ? IDLE : OTHER;
	return &states[fd];
}

static int open_node(int flags)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("MEI_NODE_SOCKET");
	int type = SOCK_SEQPACKET, fd;

	type |= flags & O_CLOEXEC ? SOCK_CLOEXEC : 0;
	type |= flags & O_NONBLOCK ? SOCK_NONBLOCK : 0;
	if (!path || strlen(path) >= sizeof(to.sun_path))
		abort();
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, type, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		close(fd);
		errno = ENODEV;
		fd = -1;
	}
	return fd;
}

static int open_any(const char *path, int flags, int mode)
{
	static int (*real)(const char *path, int flags, ...);

	if (!strcmp(path, "/dev/mei0") || !strcmp(path, "/dev/mei"))
		return open_node(flags);
	if (!real)
		real = dlsym(RTLD_NEXT, "open64");
	return real(path, flags, mode);
}

static int mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, int) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

int __open_2(const char *path, int flags)
{
	return open_any(path, flags, 0);
}

int __open64_2(const char *path, int flags) __attribute__((alias("__open_2")));

/* The answer is waited for, whatever the program wants of what comes after. */
static int connect_client(int fd, struct mei_connect_client_data *data)
{
	uint8_t ask[17] = "C", answer[6];
	int flags = fcntl(fd, F_GETFL);
	int32_t error;
	ssize_t n;

	memcpy(ask + 1, &data->in_client_uuid, 16);
	fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	n = send(fd, ask, sizeof(ask), MSG_NOSIGNAL);
	if (n == sizeof(ask))
		n = recv(fd, answer, sizeof(answer), 0);
	fcntl(fd, F_SETFL, flags);
	if (n == 6 && answer[0] == 'O') {
		memcpy(data, answer + 1, 5);
		return 0;
	}
	errno = ENODEV;
	if (n == 5 && answer[0] == 'E') {
		memcpy(&error, answer + 1, sizeof(error));
		errno = error;
	}
	return -1;
}

/*
 * The engine sends a message when the driver has asked for one, and the driver asks when a
 * program polls, or reads and finds none: a read() right after another finds none, even if
 * the engine is quick. MeshCmd stops reading if it does find one.
 */
ssize_t read(int fd, void *bytes, size_t size)
{
	static ssize_t (*real)(int fd, void *bytes, size_t size);
	unsigned char *state = state_of(fd);
	ssize_t n;

	if (!real)
		real = dlsym(RTLD_NEXT, "read");
	if (*state == OTHER)
		return real(fd, bytes, size);
	if (*state == IDLE) {
		*state = ASKED;
		/* a call all the same */
		recv(fd, bytes, 0, MSG_PEEK | MSG_DONTWAIT);
		errno = EAGAIN;
		return -1;
	}
	n = real(fd, bytes, size);
	if (n >= 0)
		*state = IDLE;
	return n;
}

ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room)
{
	if (size > room)
		abort();
	return read(fd, bytes, size);
}

int close(int fd)
{
	static int (*real)(int fd);

	if (!real)
		real = dlsym(RTLD_NEXT, "close");
	if (fd >= 0 && (size_t)fd < sizeof(states))
		states[fd] = UNKNOWN;
	return real(fd);
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int fd, unsigned long request, ...);
	va_list args;
	void *data;

	va_start(args, request);
	data = va_arg(args, void *);
	va_end(args);
	if (request == IOCTL_MEI_CONNECT_CLIENT)
		return connect_client(fd, data);
	if (!real)
		real = dlsym(RTLD_NEXT, "ioctl");
	return real(fd, request, data);
}
