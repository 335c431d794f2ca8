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

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/sysfs.h"
#include "cli/common/sysroot.h"
#include "cli/common/text.h"
#include "core/ids.h"
#include "holders.h"

#define MEI_BUS	   "/sys/bus/mei/devices"
#define WD_UUID	   PFRU_WATCHDOG_UUID(PFRU_UUID_TEXT)
#define TCP_LISTEN 0x0a
/* people's accounts begin behind it; SYS_UID_MAX of login.defs(5) */
#define SYSTEM_UID_MAX 999

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
	size_t length = strlen(name), size = strlen(WD_UUID);

	return length > size && !strcasecmp(name + length - size, WD_UUID);
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

static void mark_port(unsigned int port, unsigned int uid, void *marked)
{
	size_t i;

	(void)uid;
	for (i = 0; i < HOLDERS_PORTS; i++)
		if (known_ports[i] == port)
			((bool *)marked)[i] = true;
}

/*
 * A line: number: address:port, another address:port, state, queues, timer, timeouts,
 * all in hexadecimal, user
 */
static void read_listeners(const char *name,
			   void (*each)(unsigned int port, unsigned int uid,
					void *context),
			   void *context)
{
	char *path = sysroot_path("/proc/net/%s", name);
	FILE *file = fopen(path, "re");
	unsigned int port, state, uid;
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) >= 0) {
		/* without a user it is nobody that is known */
		uid = UINT_MAX;
		if (sscanf(line,
			   " %*[0-9]: %*[0-9A-F]:%4X %*[0-9A-F]:%*4X %2X %*[0-9A-F:] %*[0-9A-F:] %*[0-9A-F] %u",
			   &port, &state, &uid) >= 2 &&
		    state == TCP_LISTEN)
			each(port, uid, context);
	}
	free(line);
	if (file)
		fclose(file);
	free(path);
}

size_t holders_ports(uint16_t *ports)
{
	bool marked[HOLDERS_PORTS] = { false };
	size_t i, count = 0;

	read_listeners("tcp", mark_port, marked);
	read_listeners("tcp6", mark_port, marked);
	for (i = 0; i < HOLDERS_PORTS; i++)
		if (marked[i])
			ports[count++] = known_ports[i];
	return count;
}

/**
 * struct judged - who listens on a port
 * @port: the port
 * @service: found so far
 */
struct judged {
	uint16_t port;
	enum holders_service service;
};

static void judge_listener(unsigned int port, unsigned int uid, void *context)
{
	struct judged *judged = context;

	if (port != judged->port)
		return;
	if (uid > SYSTEM_UID_MAX)
		judged->service = HOLDERS_OTHERS;
	else if (judged->service == HOLDERS_NOBODY)
		judged->service = HOLDERS_SYSTEM;
}

enum holders_service holders_service(uint16_t port)
{
	struct judged judged = { .port = port };

	read_listeners("tcp", judge_listener, &judged);
	read_listeners("tcp6", judge_listener, &judged);
	return judged.service;
}
