// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal's native protocol: "NAME=value\n" for text, and for any bytes
 * "NAME\n", 8 bytes of length in little-endian, the bytes, "\n".
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "journal-entry.h"
#include "memory.h"
#include "sysfs.h"
#include "sysroot.h"

void journal_bytes(struct text *entry, const char *name, const void *bytes,
		   size_t size)
{
	uint64_t length = htole64(size);

	text_printf(entry, "%s\n", name);
	text_append(entry, &length, sizeof(length));
	text_append(entry, bytes, size);
	text_append(entry, "\n", 1);
}

void journal_string(struct text *entry, const char *name, const char *value)
{
	journal_bytes(entry, name, value, strlen(value));
}

void journal_number(struct text *entry, const char *name, uint64_t value)
{
	text_printf(entry, "%s=%llu\n", name, (unsigned long long)value);
}

int journal_entry_send(struct text *entry)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char *path = sysroot_path("%s", JOURNAL_SOCKET);
	size_t length = strlen(path);
	int fd, ret = 0;

	memcpy(to.sun_path, path, length < sizeof(to.sun_path) ? length : 0);
	free(path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, entry->bytes, entry->size, MSG_NOSIGNAL | MSG_DONTWAIT,
		   (struct sockaddr *)&to, sizeof(to)) < 0)
		ret = -errno;
	if (fd >= 0)
		close(fd);
	free(entry->bytes);
	*entry = (struct text){ 0 };
	return ret;
}

char *login_user(void)
{
	char *path = sysroot_path("/proc/self/loginuid");
	char *text = sysfs_read(path, NULL);

	free(path);
	return text ? text : xasprintf("unknown");
}
