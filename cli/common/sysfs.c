// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Short files and links below /sys.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "output.h"
#include "sysfs.h"

#define ROOM 4096

char *sysfs_read(const char *path, size_t *size)
{
	char *bytes;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	bytes = xrealloc(NULL, ROOM);
	n = read(fd, bytes, ROOM - 1);
	close(fd);
	if (n < 0) {
		free(bytes);
		return NULL;
	}
	bytes[n] = '\0';
	if (size)
		*size = n;
	bytes[strcspn(bytes, "\n")] = '\0';
	return bytes;
}

DIR *sysfs_directory(const char *path)
{
	DIR *dir = opendir(path);

	if (!dir && errno == ENOMEM)
		out_of_memory();
	return dir;
}

char *sysfs_text(const char *directory, const char *name)
{
	char *path = xasprintf("%s/%s", directory, name);
	char *text = sysfs_read(path, NULL);

	free(path);
	return text;
}

bool sysfs_number(const char *directory, const char *name, int64_t *number)
{
	char *text = sysfs_text(directory, name);
	size_t sign = text && *text == '-';
	size_t digits = text ? strspn(text + sign, "0123456789") : 0;
	bool good = digits && digits <= 18 && !text[sign + digits];

	if (good)
		*number = strtoll(text, NULL, 10);
	free(text);
	return good;
}

char *sysfs_link_name(const char *path)
{
	char target[ROOM];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	char *slash;

	if (n < 0)
		return NULL;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return xasprintf("%s", slash ? slash + 1 : target);
}
