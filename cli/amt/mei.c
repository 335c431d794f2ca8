// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages over /dev/meiN. Engines are found by their nodes; sysfs only serves to
 * explain why one cannot be used.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mei.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/common/memory.h"
#include "cli/common/sysfs.h"
#include "cli/common/sysroot.h"
#include "mei.h"

#define TRIES	    8
#define PAUSE_MS    250
#define ENGINES_MAX 32
/* after which no other is tried: the kernel gives each 15 seconds */
#define TRY_MS 10000
/* no message can be smaller; no client has a larger buffer */
#define MTU_MIN 16U
#define MTU_MAX (1U << 20)

#define PCI_INTEL "0x8086"
/* "communication controller, other"; the programming interface does not matter */
#define PCI_CLASS "0x0780"

/* of the problems with several engines the one with the highest rank is reported */
static const unsigned char ranks[] = {
	[MEI_ONLY_GPU] = 1, [MEI_NO_CLIENT] = 2, [MEI_BAD_ANSWER] = 3,
	[MEI_FAILED] = 4,   [MEI_RESETTING] = 5, [MEI_NO_PERMISSION] = 6,
	[MEI_BUSY] = 7,
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static bool is_engine(const char *name)
{
	return !strncmp(name, "mei", 3) && name[3] &&
	       !name[3 + strspn(name + 3, "0123456789")];
}

/*
 * The names of engines in a directory, by number. Without any, errno is why it can't be
 * read, or 0.
 */
static size_t list_engines(const char *below_root, unsigned long *numbers)
{
	char *path = sysroot_path("%s", below_root);
	DIR *dir = sysfs_directory(path);
	struct dirent *entry;
	size_t count = 0, i;
	int error = dir || errno == ENOENT ? 0 : errno;

	while (dir && count < ENGINES_MAX && (entry = readdir(dir))) {
		unsigned long number;

		if (!is_engine(entry->d_name))
			continue;
		number = strtoul(entry->d_name + 3, NULL, 10);
		for (i = count++; i && numbers[i - 1] > number; i--)
			numbers[i] = numbers[i - 1];
		numbers[i] = number;
	}
	if (dir)
		closedir(dir);
	free(path);
	errno = error;
	return count;
}

void mei_engine_read(const char *path, struct mei_engine *engine)
{
	const char *slash = strrchr(path, '/');
	char *directory, *link;

	engine->name = xasprintf("%s", slash ? slash + 1 : path);
	directory = sysroot_path("/sys/class/mei/%s", engine->name);
	link = xasprintf("%s/device/driver", directory);
	engine->kind = sysfs_text(directory, "kind");
	engine->state = sysfs_text(directory, "dev_state");
	engine->firmware = sysfs_text(directory, "fw_ver");
	engine->driver = sysfs_link_name(link);
	free(link);
	free(directory);
}

void mei_engine_free(struct mei_engine *engine)
{
	free(engine->name);
	free(engine->kind);
	free(engine->state);
	free(engine->firmware);
	free(engine->driver);
	memset(engine, 0, sizeof(*engine));
}

/* Kernels before 5.8 do not tell the kind, and have no driver for them either. */
static bool is_graphics(const char *path)
{
	struct mei_engine engine;
	bool is;

	mei_engine_read(path, &engine);
	is = (engine.kind && !strncmp(engine.kind, "gsc", 3)) ||
	     (engine.driver && !strncmp(engine.driver, "mei_gsc", 7));
	mei_engine_free(&engine);
	return is;
}

static bool has_prefix(const char *directory, const char *name,
		       const char *prefix)
{
	char *text = sysfs_text(directory, name);
	bool has = text && !strncmp(text, prefix, strlen(prefix));

	free(text);
	return has;
}

/* the name of an engine on the PCI bus; allocated, or NULL */
static char *find_pci(void)
{
	char *path = sysroot_path("/sys/bus/pci/devices");
	DIR *dir = sysfs_directory(path);
	struct dirent *entry;
	char *found = NULL;

	while (dir && !found && (entry = readdir(dir))) {
		char *device = xasprintf("%s/%s", path, entry->d_name);

		if (has_prefix(device, "vendor", PCI_INTEL) &&
		    has_prefix(device, "class", PCI_CLASS))
			found = xasprintf("%s", entry->d_name);
		free(device);
	}
	if (dir)
		closedir(dir);
	free(path);
	return found;
}

static enum mei_problem without_node(struct mei *mei)
{
	unsigned long numbers[ENGINES_MAX];
	char *path;

	if (list_engines("/sys/class/mei", numbers))
		return MEI_NO_NODE;
	mei->pci = find_pci();
	if (!mei->pci)
		return MEI_NO_ENGINE;
	path = sysroot_path("/sys/module/mei_me");
	mei->driver_loaded = !access(path, F_OK);
	free(path);
	return MEI_NO_DRIVER;
}

static enum mei_problem open_problem(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return MEI_NO_PERMISSION;
	case ENODEV:
	case ENXIO:
	case ENOENT:
		return MEI_RESETTING;
	default:
		return MEI_FAILED;
	}
}

/* See mei_ioctl_connect_client() and the table of HBM statuses in the kernel. */
static enum mei_problem connect_problem(int error)
{
	switch (error) {
	case ENOTTY:
		return MEI_NO_CLIENT;
	case EBUSY:
		return MEI_BUSY;
	case ENODEV:
	case ETIME:
	case ETIMEDOUT:
	/* the engine did not answer, and the driver has begun to reset it */
	case EFAULT:
		return MEI_RESETTING;
	case EACCES:
	case EPERM:
		return MEI_NO_PERMISSION;
	default:
		return MEI_FAILED;
	}
}

static enum mei_problem give_up(struct mei *mei, enum mei_problem problem)
{
	close(mei->fd);
	mei->fd = -1;
	return problem;
}

static enum mei_problem connect_client(struct mei *mei, const uint8_t *uuid)
{
	struct mei_connect_client_data data;

	memset(&data, 0, sizeof(data));
	memcpy(&data.in_client_uuid, uuid, sizeof(data.in_client_uuid));
	mei->fd = open(mei->path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (mei->fd < 0) {
		mei->error = errno;
		return open_problem(mei->error);
	}
	if (ioctl(mei->fd, IOCTL_MEI_CONNECT_CLIENT, &data)) {
		mei->error = errno;
		return give_up(mei, connect_problem(mei->error));
	}
	mei->mtu = data.out_client_properties.max_msg_length;
	mei->protocol = data.out_client_properties.protocol_version;
	if (mei->mtu < MTU_MIN || mei->mtu > MTU_MAX)
		return give_up(mei, MEI_BAD_ANSWER);
	mei->message = xrealloc(NULL, mei->mtu);
	return MEI_GOOD;
}

void mei_close(struct mei *mei)
{
	if (mei->fd >= 0)
		close(mei->fd);
	free(mei->path);
	free(mei->pci);
	if (mei->message)
		explicit_bzero(mei->message, mei->mtu);
	free(mei->message);
	memset(mei, 0, sizeof(*mei));
	mei->fd = -1;
}

static enum mei_problem try_engine(struct mei *mei, unsigned long number,
				   const uint8_t *uuid)
{
	mei->path = sysroot_path("/dev/mei%lu", number);
	if (is_graphics(mei->path))
		return MEI_ONLY_GPU;
	return connect_client(mei, uuid);
}

/* Leaves in @mei the connection, or the engine whose problem is reported. */
static enum mei_problem try_engines(struct mei *mei, const uint8_t *uuid)
{
	unsigned long numbers[ENGINES_MAX];
	size_t count = list_engines("/dev", numbers);
	enum mei_problem worst = MEI_GOOD;
	size_t i;

	if (!count && errno) {
		mei->error = errno;
		mei->path = sysroot_path("/dev");
		return MEI_FAILED;
	}
	if (!count)
		return without_node(mei);
	for (i = 0; i < count; i++) {
		struct mei one = { .fd = -1 };
		enum mei_problem problem = try_engine(&one, numbers[i], uuid);

		if (problem == MEI_GOOD || ranks[problem] > ranks[worst]) {
			mei_close(mei);
			*mei = one;
			worst = problem;
		} else {
			mei_close(&one);
		}
		if (problem == MEI_GOOD)
			break;
	}
	return worst;
}

enum mei_problem mei_open(struct mei *mei, const uint8_t *uuid)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	uint64_t end = now_ms() + TRY_MS;
	enum mei_problem problem;
	int tries = 0;

	memset(mei, 0, sizeof(*mei));
	mei->fd = -1;
	for (;;) {
		problem = try_engines(mei, uuid);
		mei->uuid = uuid;
		if ((problem != MEI_BUSY && problem != MEI_RESETTING) ||
		    ++tries == TRIES || now_ms() >= end)
			return problem;
		mei_close(mei);
		nanosleep(&pause, NULL);
	}
}

/* Waits for the descriptor until @end; false when that has come. */
static bool wait_for(struct mei *mei, short events, uint64_t end)
{
	struct pollfd fd = { .fd = mei->fd, .events = events };
	int ret;

	do {
		uint64_t now = now_ms();

		if (now >= end)
			return false;
		ret = poll(&fd, 1, end - now);
	} while (ret <= 0 && (!ret || errno == EINTR));
	return true;
}

static bool again(int error)
{
	return error == EAGAIN || error == EINTR;
}

static enum mei_problem fail_with(struct mei *mei, enum mei_problem gone)
{
	mei->error = errno;
	if (mei->error == ENODEV || mei->error == ENOTTY ||
	    mei->error == ENOENT)
		return gone;
	return MEI_FAILED;
}

enum mei_problem mei_send(struct mei *mei, const void *message, size_t size,
			  unsigned int timeout)
{
	uint64_t end = now_ms() + timeout;
	ssize_t n;

	while ((n = write(mei->fd, message, size)) < 0) {
		if (!again(errno))
			return fail_with(mei, MEI_RESETTING);
		if (!wait_for(mei, POLLOUT, end))
			return MEI_NOT_TAKEN;
	}
	return (size_t)n == size ? MEI_GOOD : MEI_LOST;
}

enum mei_problem mei_receive(struct mei *mei, unsigned int timeout, size_t *got)
{
	uint64_t end = now_ms() + timeout;
	ssize_t n;

	/* poll() asks the driver to take a message: read() alone would not wait */
	while ((n = read(mei->fd, mei->message, mei->mtu)) < 0) {
		if (!again(errno))
			return fail_with(mei, MEI_LOST);
		if (!wait_for(mei, POLLIN, end))
			return MEI_NO_ANSWER;
	}
	*got = n;
	return MEI_GOOD;
}

enum mei_problem mei_exchange(struct mei *mei, const void *request, size_t size,
			      unsigned int timeout, size_t *got)
{
	uint64_t end = now_ms() + timeout, now;
	enum mei_problem problem = mei_send(mei, request, size, timeout);

	if (problem)
		return problem;
	now = now_ms();
	return mei_receive(mei, now < end ? end - now : 0, got);
}
