// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's events, see kobject_uevent.c there: strings with NUL bytes between
 * them. Only the kernel and CAP_NET_ADMIN can send one, and all that an event does
 * is make the daemon look once more.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "uevent.h"

/* the group of the kernel's own; that of udev is 2 */
#define GROUP_KERNEL 1
/* UEVENT_BUFFER_SIZE of the kernel, and what it puts before it */
#define EVENT_MAX 4096
#define BURST	  64
#define SUBSYSTEM "SUBSYSTEM=mei"

int uevent_open(void)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = GROUP_KERNEL,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);
	int error;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fd;
	error = errno;
	close(fd);
	return -error;
}

static bool is_engine(const char *event, const char *end)
{
	for (; event < end; event += strlen(event) + 1)
		if (!strcmp(event, SUBSYSTEM))
			return true;
	return false;
}

bool uevent_take(int fd)
{
	char event[EVENT_MAX + 1];
	bool found = false;
	ssize_t n;
	int i;

	for (i = 0; i < BURST; i++) {
		n = recv(fd, event, EVENT_MAX, 0);
		if (n < 0)
			return found || errno == ENOBUFS;
		event[n] = '\0';
		found |= is_engine(event, event + n);
	}
	return found;
}
