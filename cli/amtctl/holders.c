// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who else uses AMT on this machine.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
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
#include "core/guid.h"
#include "core/ids.h"
#include "holders.h"

#define MEI_BUS	  "/sys/bus/mei/devices"
#define MEI_DEBUG "/sys/kernel/debug"
/* of a connection in the kernel's list: MEI_FILE_CONNECTED */
#define MEI_CONNECTED 3
#define WD_UUID	      PFRU_WATCHDOG_UUID(PFRU_UUID_TEXT)
#define TCP_LISTEN    0x0a
/* people's accounts begin behind it; SYS_UID_MAX of login.defs(5) */
#define SYSTEM_UID_MAX 999
/* links that the service manager makes for users of DynamicUser=, and no one else can */
#define DYNAMIC_USER "/run/systemd/dynamic-uid/direct:%u"
#define SERVICE_USER "amt-lms"

static const uint16_t known_ports[HOLDERS_PORTS] = {
	623, 664, 16992, 16993, 16994, 16995,
};

/* A process that has ended meanwhile hides nothing. */
static bool is_hidden(int error)
{
	return error != ENOENT && error != ESRCH;
}

/* Sets @hidden, when there are files that can't be seen. */
static bool has_open(const char *fds, const char *path, bool *hidden)
{
	DIR *dir = sysfs_directory(fds);
	struct dirent *entry;
	bool found = false;

	if (!dir)
		*hidden |= is_hidden(errno);
	while (dir && !found && (entry = readdir(dir))) {
		char *link = xasprintf("%s/%s", fds, entry->d_name);
		char target[PATH_MAX];
		ssize_t n = readlink(link, target, sizeof(target) - 1);

		/* the two that are no links */
		if (n < 0 && errno != EINVAL)
			*hidden |= is_hidden(errno);
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
	bool hidden = !dir;

	while (dir && (entry = readdir(dir))) {
		const char *pid = entry->d_name;
		char *process, *fds;

		if (!isdigit((unsigned char)*pid) || atoi(pid) == getpid())
			continue;
		process = xasprintf("%s/%s", proc, pid);
		fds = xasprintf("%s/fd", process);
		if (has_open(fds, path, &hidden))
			add_holder(&text, process, pid);
		free(fds);
		free(process);
	}
	if (dir)
		closedir(dir);
	free(proc);
	if (hidden && !text.size)
		return NULL;
	text_append(&text, "", 1);
	return text.bytes;
}

/* What the driver shows of an engine to root, where debugfs is mounted. */
static FILE *open_debug(const char *node, const char *name)
{
	char *path =
		sysroot_path(MEI_DEBUG "/%s/%s", strrchr(node, '/') + 1, name);
	FILE *file = fopen(path, "re");

	free(path);
	return file;
}

/* A line: number|client|has a fixed address|UUID|... */
static bool find_client(const char *node, const uint8_t *uuid, unsigned int *id)
{
	char wanted[PFRU_GUID_TEXT_SIZE], found[PFRU_GUID_TEXT_SIZE];
	FILE *file = open_debug(node, "meclients");
	bool there = false;
	char *line = NULL;
	size_t room = 0;

	pfru_guid_text(uuid, wanted);
	while (file && !there && getline(&line, &room, file) >= 0)
		there = sscanf(line, "%*u|%u|%*u|%36[0-9A-Fa-f-]", id, found) ==
				2 &&
			!strcasecmp(found, wanted);
	free(line);
	if (file)
		fclose(file);
	return there;
}

/* A line: number|client|number of this end|state|... */
enum holders_use holders_use(const char *node, const uint8_t *uuid)
{
	enum holders_use use = HOLDERS_USE_UNKNOWN;
	unsigned int wanted, id, state;
	char *line = NULL;
	size_t room = 0;
	FILE *file;

	if (!find_client(node, uuid, &wanted))
		return HOLDERS_USE_UNKNOWN;
	file = open_debug(node, "active");
	while (file && use != HOLDERS_USED && getline(&line, &room, file) >= 0)
		if (sscanf(line, "%*u|%u|%*u|%u", &id, &state) == 2)
			use = id == wanted && state == MEI_CONNECTED ?
				      HOLDERS_USED :
				      HOLDERS_UNUSED;
	free(line);
	if (file)
		fclose(file);
	return use;
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

/* amt-lms.service runs as a user that exists as long as it runs. */
static bool is_service(unsigned int uid)
{
	char *path = sysroot_path(DYNAMIC_USER, uid);
	char *name = sysfs_link_name(path);
	bool is = name && !strcmp(name, SERVICE_USER);

	free(name);
	free(path);
	return is;
}

static void judge_listener(unsigned int port, unsigned int uid, void *context)
{
	struct judged *judged = context;

	if (port != judged->port)
		return;
	if (uid > SYSTEM_UID_MAX && !is_service(uid))
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
