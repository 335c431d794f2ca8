// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Device nodes of both drivers.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/reopen.h"
#include "cli/common/sysfs.h"
#include "cli/common/sysroot.h"
#include "core/ids.h"
#include "core/status.h"
#include "device.h"

/* milliseconds that a program waits for its turn, and between two tries */
#define TURN_TIME 5000
#define TURN_STEP 20

/* of misc devices: MISC_MAJOR in the kernel's include/uapi/linux/major.h */
#define MISC_MAJOR 10

/*
 * What the nodes of a kind are called, and what the kernel calls their misc
 * devices, with a number behind (mainline: drivers/acpi/pfr_*.c).
 */
static const struct {
	const char *what;
	const char *name;
	const char *mainline;
	const char *driver;
	const char *mainline_driver;
	const char *misc;
	const char *mainline_misc;
} kinds[] = {
	[DEVICE_UPDATE] = {
		"update", "update", "acpi_pfr_update",
		"pfru", PFRU_MAINLINE_UPDATE, PFRU_UPDATE_NAME, "pfru",
	},
	[DEVICE_TELEMETRY] = {
		"telemetry", "telemetry", "acpi_pfr_telemetry",
		"pfru", PFRU_MAINLINE_TELEMETRY, PFRU_TELEMETRY_NAME, "pfrt",
	},
};

/* what is being done, for messages */
static const char *const actions[] = {
	[PFRU_ACTION_NONE] = "open",
	[PFRU_ACTION_LOAD] = "load",
	[PFRU_ACTION_STAGE] = "stage",
	[PFRU_ACTION_ACTIVATE] = "activate",
	[PFRU_ACTION_STAGE_ACTIVATE] = "stage and activate",
	[PFRU_ACTION_QUERY] = "query the capability",
	[PFRU_ACTION_BUFFER] = "ask for the communication buffer",
	[PFRU_ACTION_SET_LEVEL] = "set the log level",
	[PFRU_ACTION_GET_LEVEL] = "read the log level",
	[PFRU_ACTION_GET_DATA] = "read the telemetry",
};

const char *driver_name(enum driver_family driver, enum device_kind kind)
{
	return driver == DRIVER_PFRU ? kinds[kind].driver :
				       kinds[kind].mainline_driver;
}

/* The number at the end of a node's name, -1 when it is not of this @base. */
static long instance(const char *name, const char *base, bool bare)
{
	size_t length = strlen(base);
	char *end;
	long n;

	if (strncmp(name, base, length))
		return -1;
	name += length;
	if (!*name)
		return bare ? 0 : -1;
	if (!isdigit((unsigned char)*name))
		return -1;
	errno = 0;
	n = strtol(name, &end, 10);
	return *end || errno ? -1 : n;
}

/* @error is set where the directory is there and cannot be read; else it stays */
static DIR *open_names(const char *path, int *error)
{
	DIR *dir = sysfs_directory(path);

	if (!dir && errno != ENOENT)
		*error = errno;
	return dir;
}

/* the next name in it, NULL at the end; @error as above */
static const char *next_name(DIR *dir, int *error)
{
	struct dirent *entry;

	if (!dir)
		return NULL;
	errno = 0;
	entry = readdir(dir);
	if (!entry && errno)
		*error = errno;
	return entry ? entry->d_name : NULL;
}

static char *find_in(const char *directory, const char *base, bool bare,
		     long number, bool *others, int *error)
{
	char *path = sysroot_path("%s", directory);
	DIR *dir = open_names(path, error);
	const char *name;
	char *found = NULL;
	long lowest = -1;

	while ((name = next_name(dir, error))) {
		long n = instance(name, base, bare);

		if (n < 0 || (number >= 0 && n != number))
			continue;
		if (found && others)
			*others = true;
		if (found && n >= lowest)
			continue;
		free(found);
		found = xasprintf("%s/%s", path, name);
		lowest = n;
	}
	if (dir)
		closedir(dir);
	free(path);
	return found;
}

char *device_find(enum device_kind kind, long number, bool *others)
{
	char *path;
	int error = 0;

	if (others)
		*others = false;
	path = find_in("/dev/pfru", kinds[kind].name, true, number, others,
		       &error);
	if (!path)
		path = find_in("/dev", kinds[kind].mainline, false, number,
			       others, &error);
	errno = error;
	return path;
}

static long lowest_above(const char *directory, const char *base, bool bare,
			 long after, int *error)
{
	char *path = sysroot_path("%s", directory);
	DIR *dir = open_names(path, error);
	const char *name;
	long lowest = -1;

	while ((name = next_name(dir, error))) {
		long n = instance(name, base, bare);

		if (n > after && (lowest < 0 || n < lowest))
			lowest = n;
	}
	if (dir)
		closedir(dir);
	free(path);
	return lowest;
}

long device_next(enum device_kind kind, long after)
{
	int error = 0;
	long ours = lowest_above("/dev/pfru", kinds[kind].name, true, after,
				 &error);
	long theirs = lowest_above("/dev", kinds[kind].mainline, false, after,
				   &error);

	errno = error;
	if (ours < 0 || theirs < 0)
		return ours < 0 ? theirs : ours;
	return ours < theirs ? ours : theirs;
}

const char *device_kind_name(enum device_kind kind)
{
	return kinds[kind].what;
}

/*
 * The module answers PFRU_IOC_GET_RESULT on both nodes, with ENODATA on a file
 * just opened; mainline's drivers know no such number. Neither asks firmware.
 */
static int probe(int fd, enum driver_family *driver)
{
	struct pfru_result result;

	if (!ioctl(fd, PFRU_IOC_GET_RESULT, &result) || errno == ENODATA) {
		*driver = DRIVER_PFRU;
		return 0;
	}
	if (errno != ENOTTY && errno != EINVAL)
		return -errno;
	*driver = DRIVER_MAINLINE;
	return 0;
}

/* Tells which kind of node it is, too; on neither driver a firmware call. */
static int set_options(const struct device *device, const struct options *o)
{
	unsigned int revision = o ? o->revision : 0;
	struct pfru_log_info info = {
		.log_level = PFRU_LOG_UNCHANGED,
		.log_type = o ? o->log_type : PFRU_LOG_UNCHANGED,
		.log_revid = o ? o->revision : PFRU_LOG_UNCHANGED,
	};
	int ret;

	if (device->kind == DEVICE_UPDATE)
		ret = ioctl(device->fd, PFRU_IOC_SET_REV, &revision);
	else
		ret = ioctl(device->fd, PFRT_LOG_IOC_SET_INFO, &info);
	return ret ? -errno : 0;
}

/* Is the misc device behind these numbers one of this kind? */
static int check_number(dev_t number, enum device_kind kind)
{
	char *root = sysroot_path("/sys/dev/char");
	char *path = xasprintf("%s/%u:%u", root, major(number), minor(number));
	char *name = sysfs_link_name(path);
	int ret = 0;

	if (!name)
		ret = access(root, F_OK) ? -ENOSYS : -ENXIO;
	else if (instance(name, kinds[kind].misc, false) < 0 &&
		 instance(name, kinds[kind].mainline_misc, false) < 0)
		ret = -ENOTTY;
	free(name);
	free(path);
	free(root);
	return ret;
}

/*
 * Opening alone can act: it starts a watchdog, rewinds a tape, raises a modem's
 * line. So a node is looked at through a descriptor that does not open it.
 */
static int look(int place, enum device_kind kind, dev_t *number)
{
	struct stat st;

	if (fstat(place, &st))
		return -errno;
	if (!S_ISCHR(st.st_mode) || major(st.st_rdev) != MISC_MAJOR)
		return -ENOTTY;
	*number = st.st_rdev;
	return check_number(st.st_rdev, kind);
}

static int open_place(int place, enum device_kind kind)
{
	int fd = reopen(place, O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd == -EACCES && kind == DEVICE_TELEMETRY)
		fd = reopen(place, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd == -ENOENT ? -ENOSYS : fd;
}

/*
 * Both drivers make their node a child of the platform device that they serve. Where
 * the module made that one, it has another name after each reload, but the same ACPI
 * device.
 */
static char *find_id(dev_t number)
{
	char *path = sysroot_path("/sys/dev/char/%u:%u/device", major(number),
				  minor(number));
	char *node = xasprintf("%s/firmware_node", path);
	char *id = sysfs_link_name(node);

	if (!id)
		id = sysfs_link_name(path);
	free(node);
	free(path);
	return id ? id : xasprintf("%u:%u", major(number), minor(number));
}

static int look_and_open(const char *path, enum device_kind kind, char **id)
{
	int place = open(path, O_PATH | O_CLOEXEC);
	dev_t number = 0;
	int ret;

	if (place < 0)
		return -errno;
	ret = look(place, kind, &number);
	if (!ret)
		ret = open_place(place, kind);
	close(place);
	if (ret >= 0)
		*id = find_id(number);
	return ret;
}

int device_try(const char *path, enum device_kind kind, struct device *device)
{
	int ret;

	device->kind = kind;
	device->path = NULL;
	device->id = NULL;
	device->fd = look_and_open(path, kind, &device->id);
	if (device->fd < 0)
		return device->fd;
	ret = probe(device->fd, &device->driver);
	/* a revision of 0 is refused, by whoever knows the command */
	if (!ret)
		ret = set_options(device, NULL);
	if (ret == -EINVAL)
		ret = 0;
	if (ret) {
		device_close(device);
		return ret;
	}
	device->path = escape(path, strlen(path));
	return 0;
}

void device_close(struct device *device)
{
	close(device->fd);
	free(device->path);
	free(device->id);
}

/*
 * Mainline's driver has one setting for all who have the telemetry node open:
 * programs take turns, and each sets its own first.
 */
static bool is_shared(const struct device *device)
{
	return device->kind == DEVICE_TELEMETRY &&
	       device->driver == DRIVER_MAINLINE;
}

void device_describe(struct pfructl *ctl, const struct device *device)
{
	out_string(ctl->out, "device", "Device", device->path);
	out_string(ctl->out, "driver", "Driver",
		   driver_name(device->driver, device->kind));
}

/* errno without more to it */
static int fail_errno(struct pfructl *ctl, const char *path,
		      enum device_kind kind, const char *what, int error)
{
	struct output *out = ctl->out;
	int status;

	switch (error) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		status =
			fail(out, STATUS_NO_DEVICE, "no-device",
			     "%s: cannot %s: no such device; 'pfructl status' says what is missing",
			     path, what);
		break;
	case EPERM:
	case EACCES:
		status =
			fail(out, STATUS_FAILED, "permission",
			     "%s: cannot %s: no permission; run it as root (CAP_SYS_RAWIO)",
			     path, what);
		break;
	case EBUSY:
	case EAGAIN:
		status =
			fail(out, STATUS_BUSY, "busy",
			     "%s: cannot %s: another program %s; wait for it to end",
			     path, what,
			     kind == DEVICE_UPDATE ? "is loading a capsule" :
						     "uses it now");
		break;
	case ENOTTY:
		status = fail(out, STATUS_FAILED, "wrong-device",
			      "%s: not a PFRU %s node", path, kinds[kind].what);
		break;
	case ENOSYS:
		status =
			fail(out, STATUS_FAILED, "no-sysfs",
			     "%s: cannot tell what it is without opening it: /proc and /sys must be mounted",
			     path);
		break;
	case EPROTO:
		status =
			fail(out, STATUS_FAILED, "bad-answer",
			     "%s: cannot %s: the firmware's answer is malformed; the kernel log may say more",
			     path, what);
		break;
	default:
		status = fail(out, STATUS_FAILED, "system", "%s: cannot %s: %s",
			      path, what, strerror(error));
		break;
	}
	fail_number(out, "errno", error);
	return status;
}

int device_fail_names(struct pfructl *ctl, enum device_kind kind, int error)
{
	char *path = sysroot_path("/dev");
	char *what = xasprintf("look for its %s nodes", kinds[kind].what);
	int status = fail_errno(ctl, path, kind, what, error);

	free(what);
	free(path);
	return status;
}

/* NULL: not a number, so it is a path */
static bool is_instance(const char *device, long *number)
{
	const char *p;

	for (p = device; isdigit((unsigned char)*p); p++)
		;
	if (*p || p == device || p - device > 9)
		return false;
	*number = strtol(device, NULL, 10);
	return true;
}

static int locate(struct pfructl *ctl, enum device_kind kind, char **path)
{
	const char *wanted = ctl->options.device;
	long number = -1;
	bool others;

	if (wanted && !is_instance(wanted, &number)) {
		*path = xasprintf("%s", wanted);
		return STATUS_DONE;
	}
	*path = device_find(kind, number, &others);
	if (!*path && errno)
		return device_fail_names(ctl, kind, errno);
	if (!*path && wanted)
		return fail(ctl->out, STATUS_NO_DEVICE, "no-device",
			    "no %s device %s below /dev/pfru, nor /dev/%s%s; 'pfructl status' says what is missing",
			    kinds[kind].what, wanted, kinds[kind].mainline,
			    wanted);
	if (!*path)
		return fail(ctl->out, STATUS_NO_DEVICE, "no-device",
			    "no %s device: there is neither /dev/pfru/%s nor /dev/%s0; 'pfructl status' says what is missing",
			    kinds[kind].what, kinds[kind].name,
			    kinds[kind].mainline);
	if (others)
		note(ctl->out,
		     "there are several %s devices, %s is used; choose with --device",
		     kinds[kind].what, *path);
	return STATUS_DONE;
}

int device_open(struct pfructl *ctl, enum device_kind kind,
		struct device *device)
{
	char *path, *name;
	int ret;

	ret = locate(ctl, kind, &path);
	if (ret)
		return ret;
	name = escape(path, strlen(path));
	ret = device_try(path, kind, device);
	if (!ret && !is_shared(device)) {
		ret = set_options(device, &ctl->options);
		if (ret)
			device_close(device);
	}
	if (ret)
		ret = fail_errno(ctl, name, kind, "open", -ret);
	free(path);
	free(name);
	return ret;
}

int device_take_turn(struct pfructl *ctl, const struct device *device)
{
	int left = TURN_TIME;
	int ret;

	if (!is_shared(device))
		return STATUS_DONE;
	while (flock(device->fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return fail_errno(ctl, device->path, device->kind,
					  "lock", errno);
		if (left <= 0)
			return fail(ctl->out, STATUS_BUSY, "busy",
				    "%s: another program reads the log now; try again later",
				    device->path);
		poll(NULL, 0, TURN_STEP);
		left -= TURN_STEP;
	}
	ret = set_options(device, &ctl->options);
	return ret ? fail_errno(ctl, device->path, device->kind, "set up",
				-ret) :
		     STATUS_DONE;
}

void device_end_turn(const struct device *device)
{
	if (is_shared(device))
		flock(device->fd, LOCK_UN);
}

/*
 * An action by which the firmware of the machine changes, or will: what it may
 * have done, for messages; NULL for the other actions.
 */
static const char *start_done(enum pfru_action action)
{
	static const char *const done[] = {
		[PFRU_ACTION_STAGE] = "staged the capsule",
		[PFRU_ACTION_ACTIVATE] = "activated what was staged",
		[PFRU_ACTION_STAGE_ACTIVATE] =
			"staged and activated the capsule",
	};

	return action < ARRAY_LENGTH(done) ? done[action] : NULL;
}

/*
 * What a start fails with before the firmware is called, or when it refused, where
 * the driver says no more than an errno. After any other one it may have run.
 */
static bool start_harmless(int error)
{
	static const int harmless[] = {
		EPERM, EACCES, EBADF,  ENODEV,	ENXIO,
		EBUSY, EAGAIN, ENOTTY, ENODATA,
	};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(harmless); i++)
		if (error == harmless[i])
			return true;
	return false;
}

/* @why: what is known, a part of a sentence */
static int fail_unknown(struct pfructl *ctl, const struct device *device,
			enum pfru_action action, const char *reason,
			const char *why)
{
	return fail(ctl->out, STATUS_UNKNOWN, reason,
		    "%s: the firmware may have %s, or not: %s; see the runtime version in 'pfructl capability' and the end of 'pfructl telemetry' before anything else is tried",
		    device->path, start_done(action), why);
}

static int fail_status(struct pfructl *ctl, const struct device *device,
		       const char *what, const struct pfru_result *r)
{
	struct output *out = ctl->out;

	outcome(out, STATUS_FIRMWARE, "refused",
		"cannot %s: the firmware refused: status %u, extended status 0x%x",
		what, r->status, r->ext_status);
	fail(out, STATUS_FIRMWARE, "firmware",
	     "%s: cannot %s: the firmware refused: status %u (%s), extended status 0x%x%s",
	     device->path, what, r->status, pfru_status_name(r->status),
	     r->ext_status,
	     r->status == PFRU_STATUS_RETRY ?
		     "; try again later" :
		     "; 'pfructl telemetry' may say why");
	fail_number(out, "status", r->status);
	fail_string(out, "status_name", pfru_status_name(r->status));
	fail_number(out, "ext_status", r->ext_status);
	fail_number(out, "auth_time_ns", r->auth_time);
	fail_number(out, "exec_time_ns", r->exec_time);
	return STATUS_FIRMWARE;
}

/* a reason that is about the firmware's answer, not about a capsule */
static int fail_answer(struct pfructl *ctl, const struct device *device,
		       enum pfru_action action, const struct pfru_result *r)
{
	const struct pfru_reason_text *text = pfru_reason_text(r->reason);
	char *numbers = refusal_numbers(r->reason, r->found, r->expected);
	char *where = NULL;
	char *why;
	int status;

	if (r->reason >= PFRU_REASON_ANSWER_TYPE &&
	    r->reason <= PFRU_REASON_ANSWER_RANGE)
		where = xasprintf(" at element %llu",
				  (unsigned long long)r->offset);
	why = xasprintf("%s%s%s%s%s", text->what, where ? where : "", numbers,
			text->hint ? "; " : "", text->hint ? text->hint : "");
	if (start_done(action) && pfru_reason_outcome_unknown(r->reason))
		status = fail_unknown(ctl, device, action, text->name, why);
	else
		status = fail(ctl->out, STATUS_FAILED, text->name,
			      "%s: cannot %s: %s", device->path,
			      actions[action], why);
	free(why);
	fail_number(ctl->out, "offset", r->offset);
	fail_number(ctl->out, "found", r->found);
	fail_number(ctl->out, "expected", r->expected);
	free(numbers);
	free(where);
	return status;
}

/* Mainline folds every refusal of the firmware into EBUSY. */
static int fail_mainline(struct pfructl *ctl, const struct device *device,
			 enum pfru_action action, int error,
			 const struct capsule_file *file)
{
	const char *driver = driver_name(device->driver, device->kind);
	struct output *out = ctl->out;
	int status;

	if (error == EBUSY) {
		outcome(out, STATUS_FIRMWARE, "refused",
			"cannot %s: the firmware refused", actions[action]);
		status =
			fail(out, STATUS_FIRMWARE, "firmware",
			     "%s: cannot %s: the firmware refused; its status is hidden by the kernel's own driver (%s), and shown by the module pfru",
			     device->path, actions[action], driver);
	} else if (error == EINVAL && action == PFRU_ACTION_LOAD && file) {
		status =
			fail(out, STATUS_CAPSULE, "driver",
			     "%s: the kernel's own driver (%s) refused it without saying why: larger than the communication buffer, an update that this version of the driver takes for older, or a firmware method that failed; the module pfru says more",
			     file->name, driver);
	} else if (error == EINVAL && start_done(action)) {
		status =
			fail_unknown(ctl, device, action, "bad-answer",
				     "the firmware method failed or its answer is malformed; the kernel log may say more");
	} else if (error == EINVAL) {
		status =
			fail(out, STATUS_FAILED, "bad-answer",
			     "%s: cannot %s: the firmware method failed or its answer is malformed; the kernel log may say more",
			     device->path, actions[action]);
	} else if (start_done(action) && !start_harmless(error)) {
		status = fail_unknown(ctl, device, action, "system",
				      strerror(error));
	} else {
		return fail_errno(ctl, device->path, device->kind,
				  actions[action], error);
	}
	fail_number(out, "errno", error);
	return status;
}

static int fail_no_result(struct pfructl *ctl, const struct device *device,
			  enum pfru_action action, int error)
{
	int status =
		fail_unknown(ctl, device, action, "no-result", strerror(error));

	fail_number(ctl->out, "errno", error);
	return status;
}

int device_failed(struct pfructl *ctl, const struct device *device,
		  enum pfru_action action, int error,
		  const struct capsule_file *file)
{
	const char *what = actions[action];
	struct pfru_capability cap;
	struct pfru_refusal refusal;
	struct pfru_result r;
	bool known;

	if (device->driver == DRIVER_MAINLINE)
		return fail_mainline(ctl, device, action, error, file);
	/* the result may be that of something earlier */
	if (ioctl(device->fd, PFRU_IOC_GET_RESULT, &r) || r.error != -error ||
	    r.action != action || r.reason == PFRU_REASON_NONE) {
		if (error == ENODATA)
			return fail(ctl->out, STATUS_BUSY, "no-capsule",
				    "%s: cannot %s: the capsule that was loaded is gone; try again",
				    device->path, what);
		if (start_done(action) && !start_harmless(error))
			return fail_no_result(ctl, device, action, error);
		return fail_errno(ctl, device->path, device->kind, what, error);
	}
	if (r.reason == PFRU_REASON_FIRMWARE)
		return fail_status(ctl, device, what, &r);
	if (!pfru_reason_text(r.reason)->in_capsule || !file)
		return fail_answer(ctl, device, action, &r);
	refusal.reason = r.reason;
	refusal.offset = r.offset;
	refusal.found = r.found;
	refusal.expected = r.expected;
	known = !ioctl(device->fd, PFRU_IOC_GET_CACHED_CAP, &cap);
	return fail_refused(ctl, file, &refusal, known ? &cap : NULL);
}

int device_capability(struct pfructl *ctl, const struct device *device,
		      struct pfru_capability *cap)
{
	if (ioctl(device->fd, PFRU_IOC_QUERY_CAP, cap))
		return device_failed(ctl, device, PFRU_ACTION_QUERY, errno,
				     NULL);
	return STATUS_DONE;
}

/*
 * Mainline's driver takes the image header to follow the offset list, knows its
 * versions 1 and 2 and the two well-known types, and reads an authentication
 * header without looking whether there is one. A capsule that is otherwise
 * makes it refuse, or read beyond its buffer. An image header later than version 3
 * was refused before. Returns which, or NULL.
 */
static const char *mainline_limit(const struct pfru_capsule *capsule,
				  const struct pfru_image *image)
{
	uint64_t list_end =
		capsule->header_size + 8 +
		8 * ((uint64_t)capsule->drivers + capsule->payloads);

	if (capsule->drivers)
		return "it holds embedded drivers";
	if (image->offset != list_end)
		return "its image does not follow the offset list";
	if (image->version > 2)
		return "its image header has version 3, and only 1 and 2 are known";
	if (!image->authenticated)
		return "it is not signed";
	if (pfru_image_kind(image->type, NULL) == PFRU_KIND_UNKNOWN)
		return "its image type is the platform's own";
	return NULL;
}

static int judge_mainline(struct pfructl *ctl, const struct capsule_file *file)
{
	struct pfru_refusal refusal;
	struct pfru_capsule capsule;
	struct pfru_image image;
	const char *limit;

	pfru_capsule_open(&capsule, file->bytes, file->size, &refusal);
	pfru_capsule_image(&capsule, 0, &image, &refusal);
	limit = mainline_limit(&capsule, &image);
	if (!limit)
		return STATUS_DONE;
	fail(ctl->out, STATUS_CAPSULE, "driver-limit",
	     "%s: the kernel's own driver (" PFRU_MAINLINE_UPDATE
	     ") cannot take this capsule: %s; the module pfru can",
	     file->name, limit);
	fail_number(ctl->out, "offset", image.offset);
	return STATUS_CAPSULE;
}

int device_judge(struct pfructl *ctl, const struct device *device,
		 const struct capsule_file *file, struct pfru_verdict *verdict,
		 struct pfru_capability *cap, bool asked)
{
	bool cached = asked;
	int ret;

	if (device->driver == DRIVER_MAINLINE) {
		ret = judge_mainline(ctl, file);
		if (ret)
			return ret;
	} else if (!asked) {
		cached = !ioctl(device->fd, PFRU_IOC_GET_CACHED_CAP, cap);
	}
	if (cached) {
		pfru_judge(file->bytes, file->size, cap, verdict);
		/* a refusal for what was known earlier is not yet a refusal */
		cached = asked || !pfru_verdict_needs_platform(verdict);
	}
	if (!cached) {
		ret = device_capability(ctl, device, cap);
		if (ret)
			return ret;
		pfru_judge(file->bytes, file->size, cap, verdict);
	}
	if (verdict->refusal.reason)
		return fail_refused(ctl, file, &verdict->refusal, cap);
	return STATUS_DONE;
}
