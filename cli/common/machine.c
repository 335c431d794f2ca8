// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which machine this is.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"
#include "memory.h"
#include "sysfs.h"
#include "sysroot.h"

/* hexadecimal digits of a 128-bit number */
#define ID_DIGITS 32

char *machine_host(void)
{
	char name[HOST_NAME_MAX + 1] = "";

	if (gethostname(name, HOST_NAME_MAX) || !*name)
		return NULL;
	return xasprintf("%s", name);
}

/* the 128-bit number in the first line of a file, without the dashes of an UUID */
static char *read_id(const char *name)
{
	char *path = sysroot_path("%s", name);
	char *text = sysfs_read(path, NULL);
	size_t from, to = 0;

	free(path);
	if (!text)
		return NULL;
	for (from = 0; text[from]; from++)
		if (text[from] != '-')
			text[to++] = text[from];
	text[to] = '\0';
	if (to == ID_DIGITS && strspn(text, "0123456789abcdef") == to)
		return text;
	free(text);
	return NULL;
}

char *machine_id(void)
{
	return read_id("/etc/machine-id");
}

char *machine_boot_id(void)
{
	return read_id(MACHINE_BOOT_ID);
}
