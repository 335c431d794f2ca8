// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who else uses AMT on this machine.
 */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/amt/wd.h"
#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/sysfs.h"
#include "cli/common/sysroot.h"
#include "cli/common/text.h"
#include "holders.h"

#define MEI_BUS	   "/sys/bus/mei/devices"
#define TCP_LISTEN 0x0a

static const uint16_t known_ports[HOLDERS_PORTS] = {
	623, 664, 16992, 16993, 16994, 16995,
};

static bool has_open(const char *fds, const char *path)
{
	DIR *dir = sysfs_directory(fds);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		char *link = xasprintf("%s/%s", fds, entry->d_name);
		char target[PATH_MAX];
		ssize_t n = readlink(link, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		found = !strcmp(target, path);
		free(link);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void add_holder(struct text *text, const char *process, const char *pid)
{
	char *name = sysfs_text(process, "comm");

	text_printf(text, "%s%s (%s)", text->size ? ", " : "",
		    escaped(name ? name : "?"), pid);
	free(name);
}

char *holders_of(const char *path)
{
	char *proc = sysroot_path("/proc");
	DIR *dir = sysfs_directory(proc);
	struct text text = { 0 };
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *pid = entry->d_name;
		char *process, *fds;

		if (!isdigit((unsigned char)*pid) || atoi(pid) == getpid())
			continue;
		process = xasprintf("%s/%s", proc, pid);
		fds = xasprintf("%s/fd", process);
		if (has_open(fds, path))
			add_holder(&text, process, pid);
		free(fds);
		free(process);
	}
	if (dir)
		closedir(dir);
	free(proc);
	text_append(&text, "", 1);
	return text.bytes;
}

/* named CONTROLLER-UUID */
static bool is_watchdog(const char *name)
{
	size_t length = strlen(name), size = strlen(WD_UUID_TEXT);

	return length > size && !strcasecmp(name + length - size, WD_UUID_TEXT);
}

char *holders_watchdog(bool *there)
{
	char *path = sysroot_path("%s", MEI_BUS);
	DIR *dir = sysfs_directory(path);
	struct dirent *entry;
	char *driver = NULL;

	*there = false;
	while (dir && !*there && (entry = readdir(dir))) {
		char *link;

		if (!is_watchdog(entry->d_name))
			continue;
		*there = true;
		link = xasprintf("%s/%s/driver", path, entry->d_name);
		driver = sysfs_link_name(link);
		free(link);
	}
	if (dir)
		closedir(dir);
	free(path);
	return driver;
}

static void mark_port(unsigned int port, bool *marked)
{
	size_t i;

	for (i = 0; i < HOLDERS_PORTS; i++)
		if (known_ports[i] == port)
			marked[i] = true;
}

/* a line: number: address:port, another address:port, state, all in hexadecimal */
static void read_listeners(const char *name, bool *marked)
{
	char *path = sysroot_path("/proc/net/%s", name);
	FILE *file = fopen(path, "re");
	unsigned int port, state;
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) >= 0)
		if (sscanf(line, " %*[0-9]: %*[0-9A-F]:%4X %*[0-9A-F]:%*4X %2X",
			   &port, &state) == 2 &&
		    state == TCP_LISTEN)
			mark_port(port, marked);
	free(line);
	if (file)
		fclose(file);
	free(path);
}

size_t holders_ports(uint16_t *ports)
{
	bool marked[HOLDERS_PORTS] = { false };
	size_t i, count = 0;

	read_listeners("tcp", marked);
	read_listeners("tcp6", marked);
	for (i = 0; i < HOLDERS_PORTS; i++)
		if (marked[i])
			ports[count++] = known_ports[i];
	return count;
}
