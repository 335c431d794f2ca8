// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writing all of something.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "write.h"

/* Who shares the descriptor may have made it one that does not wait. */
int write_all(int fd, const char *bytes, size_t size)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };

	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && poll(&poll_fd, 1, -1) > 0)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		size -= n;
	}
	return 0;
}
