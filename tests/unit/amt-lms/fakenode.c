// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nodes of management engines for tests of amt-lms, linked into it with -Wl,--wrap. A
 * node that is open is a socket that leads to the test: it is passed on, and waited
 * for, as the driver's would be. An engine that closes it is one that was reset.
 *
 * FAKE_ROOT	directory with dev/ and sys/. A file in dev/ holds the path of a socket,
 *		or "errno N", with which open() then fails
 * FAKE_NO_DIAG	the kernel can't tell whose sockets are
 * FAKE_NO_USERS	nobody may look for a user
 * FAKE_PIECE	bytes that a socket of a program takes at once, 0 for any number
 * FAKE_SPEED	how much faster time passes for the loop
 * FAKE_COPIES	file for the number of bytes that were copied in memory, written at the end
 *
 * To the engine: "C" and a UUID. From it: "O", the largest message (4 bytes) and the
 * protocol (1 byte), or "E" and an errno (4 bytes), all in little-endian. What follows
 * are the client's messages, as they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/mei.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "tests/unit/engine-node.h"

static uint64_t speed = 1;
static size_t piece;
static uint64_t began;
static unsigned long long copied;

void *__real_memcpy(void *to, const void *from, size_t size);
void *__real_memmove(void *to, const void *from, size_t size);
int __real_open64(const char *path, int flags, ...);
ssize_t __real_send(int fd, const void *bytes, size_t size, int flags);
struct passwd *__real_getpwuid(uid_t uid);
int __real_ioctl(int fd, unsigned long request, ...);
int __real_sd_event_now(sd_event *event, clockid_t clock, uint64_t *time);
int __real_sd_event_source_set_time(sd_event_source *source, uint64_t when);
int __real_sd_event_source_set_time_relative(sd_event_source *source,
					     uint64_t delay);
int __real_sd_event_add_time_relative(sd_event *event, sd_event_source **source,
				      clockid_t clock, uint64_t delay,
				      uint64_t accuracy,
				      sd_event_time_handler_t handler,
				      void *context);

void *__wrap_memcpy(void *to, const void *from, size_t size);
void *__wrap_memmove(void *to, const void *from, size_t size);
int __wrap_open64(const char *path, int flags, ...);
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags);
struct passwd *__wrap_getpwuid(uid_t uid);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_sd_event_now(sd_event *event, clockid_t clock, uint64_t *time);
int __wrap_sd_event_source_set_time(sd_event_source *source, uint64_t when);
int __wrap_sd_event_source_set_time_relative(sd_event_source *source,
					     uint64_t delay);
int __wrap_sd_event_add_time_relative(sd_event *event, sd_event_source **source,
				      clockid_t clock, uint64_t delay,
				      uint64_t accuracy,
				      sd_event_time_handler_t handler,
				      void *context);

__attribute__((constructor)) static void begin(void)
{
	engine_begin();
	if (getenv("FAKE_SPEED"))
		speed = atol(getenv("FAKE_SPEED"));
	if (getenv("FAKE_PIECE"))
		piece = atol(getenv("FAKE_PIECE"));
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAKE_COPIES");
	FILE *file;

	if (!path)
		return;
	/* the opener, a child, has written its own before */
	file = fopen(path, "we");
	if (!file)
		abort();
	fprintf(file, "%llu\n", copied);
	fclose(file);
}

void *__wrap_memcpy(void *to, const void *from, size_t size)
{
	copied += size;
	return __real_memcpy(to, from, size);
}

void *__wrap_memmove(void *to, const void *from, size_t size)
{
	copied += size;
	return __real_memmove(to, from, size);
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	return is_node(path, flags) ? open_node(path) :
				      __real_open64(path, flags, mode);
}

struct passwd *__wrap_getpwuid(uid_t uid)
{
	if (getenv("FAKE_NO_USERS"))
		abort();
	return __real_getpwuid(uid);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct mei_connect_client_data *data;
	uint8_t ask[17] = "C", answer[6];
	va_list args;
	int32_t error;
	ssize_t n;

	va_start(args, request);
	data = va_arg(args, void *);
	va_end(args);
	if (request != IOCTL_MEI_CONNECT_CLIENT)
		return __real_ioctl(fd, request, data);
	memcpy(ask + 1, &data->in_client_uuid, 16);
	if (send(fd, ask, sizeof(ask), MSG_NOSIGNAL) != sizeof(ask))
		return fails_with(ENODEV);
	n = recv(fd, answer, sizeof(answer), 0);
	if (n == 5 && answer[0] == 'E') {
		memcpy(&error, answer + 1, sizeof(error));
		return fails_with(error);
	}
	if (n != 6 || answer[0] != 'O')
		return fails_with(ENODEV);
	memcpy(data, answer + 1, 5);
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		abort();
	return 0;
}

/* Asks for a protocol that no kernel has a module for: what it says then is real. */
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 about;
	} request;

	/* as programs' sockets are written to, and no other */
	if (piece && flags == (MSG_NOSIGNAL | MSG_DONTWAIT) && size > piece)
		size = piece;
	if (!getenv("FAKE_NO_DIAG") || size != sizeof(request))
		return __real_send(fd, bytes, size, flags);
	memcpy(&request, bytes, size);
	if (request.header.nlmsg_type == SOCK_DIAG_BY_FAMILY)
		request.about.sdiag_protocol = IPPROTO_DCCP;
	return __real_send(fd, &request, size, flags);
}

int __wrap_sd_event_now(sd_event *event, clockid_t clock, uint64_t *time)
{
	int ret = __real_sd_event_now(event, clock, time);

	if (!began)
		began = *time;
	*time = began + (*time - began) * speed;
	return ret;
}

int __wrap_sd_event_source_set_time(sd_event_source *source, uint64_t when)
{
	if (when > began)
		when = began + (when - began) / speed;
	return __real_sd_event_source_set_time(source, when);
}

int __wrap_sd_event_source_set_time_relative(sd_event_source *source,
					     uint64_t delay)
{
	return __real_sd_event_source_set_time_relative(source, delay / speed);
}

int __wrap_sd_event_add_time_relative(sd_event *event, sd_event_source **source,
				      clockid_t clock, uint64_t delay,
				      uint64_t accuracy,
				      sd_event_time_handler_t handler,
				      void *context)
{
	return __real_sd_event_add_time_relative(event, source, clock,
						 delay / speed, accuracy,
						 handler, context);
}
