// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A message with a descriptor, see unix(7).
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handover.h"

union control {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr header;
};

bool handover_send(int socket, const struct handover *handover, int fd)
{
	struct iovec part = { (void *)handover, sizeof(*handover) };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) ==
	       (ssize_t)sizeof(*handover);
}

static int descriptor_of(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (header && header->cmsg_level == SOL_SOCKET &&
	    header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

bool handover_receive(int socket, struct handover *handover, int *fd)
{
	struct iovec part = { handover, sizeof(*handover) };
	union control control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*fd = n < 0 ? -1 : descriptor_of(&message);
	if (n == (ssize_t)sizeof(*handover) &&
	    !handover->path[HANDOVER_PATH_MAX - 1])
		return true;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return false;
}
