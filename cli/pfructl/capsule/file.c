// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a capsule from any kind of file, and saying why a capsule is refused.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/reopen.h"
#include "core/status.h"
#include "file.h"

#define READ_FIRST 65536

static int cannot_read(struct pfructl *ctl, const struct capsule_file *file,
		       int error)
{
	fail(ctl->out, STATUS_FAILED, "file", "%s: cannot read: %s", file->name,
	     strerror(error));
	fail_number(ctl->out, "errno", error);
	return STATUS_FAILED;
}

static int too_large(struct pfructl *ctl, const struct capsule_file *file)
{
	return fail(ctl->out, STATUS_CAPSULE, "file-too-large",
		    "%s: larger than any capsule (%u MiB)", file->name,
		    CAPSULE_FILE_MAX >> 20);
}

static int read_all(struct pfructl *ctl, int fd, struct capsule_file *file)
{
	size_t room = 0;
	ssize_t n;

	for (;;) {
		if (file->size == room) {
			room = room ? 2 * room : READ_FIRST;
			file->bytes = xrealloc(file->bytes, room);
		}
		n = read(fd, file->bytes + file->size, room - file->size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot_read(ctl, file, errno);
		if (n == 0)
			return STATUS_DONE;
		file->size += n;
		if (file->size > CAPSULE_FILE_MAX)
			return too_large(ctl, file);
	}
}

int capsule_file_read(struct pfructl *ctl, const char *path,
		      struct capsule_file *file)
{
	bool is_stdin = !strcmp(path, "-");
	struct stat st;
	int fd, ret;

	memset(file, 0, sizeof(*file));
	file->name = is_stdin ? xasprintf("standard input") :
				escape(path, strlen(path));
	fd = is_stdin ? STDIN_FILENO : open_no_device(path);
	if (fd == -ENOTBLK)
		return fail(ctl->out, STATUS_FAILED, "file",
			    "%s: is a device, and was not opened: give a file, a pipe, or - for standard input",
			    file->name);
	if (fd < 0)
		return cannot_read(ctl, file, -fd);
	if (fstat(fd, &st))
		ret = cannot_read(ctl, file, errno);
	else if (S_ISREG(st.st_mode) && st.st_size > CAPSULE_FILE_MAX)
		ret = too_large(ctl, file);
	else
		ret = read_all(ctl, fd, file);
	if (!is_stdin)
		close(fd);
	return ret;
}

void capsule_file_free(struct capsule_file *file)
{
	free(file->bytes);
	free(file->name);
	memset(file, 0, sizeof(*file));
}

bool capsule_is_directory(const char *path)
{
	struct stat st;

	return strcmp(path, "-") && !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(char ***names, size_t *count, char *name)
{
	*names = xrealloc(*names, (*count + 1) * sizeof(**names));
	(*names)[(*count)++] = name;
}

static int cannot_list(struct pfructl *ctl, const char *path, int error)
{
	fail(ctl->out, STATUS_FAILED, "file", "%s: cannot read: %s",
	     escaped(path), strerror(error));
	fail_number(ctl->out, "errno", error);
	return STATUS_FAILED;
}

int capsule_file_names(struct pfructl *ctl, const char *path, char ***names,
		       size_t *count)
{
	const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
	struct dirent *entry;
	struct stat st;
	DIR *directory;
	int error;

	*names = NULL;
	*count = 0;
	if (!capsule_is_directory(path)) {
		add_name(names, count, xasprintf("%s", path));
		return STATUS_DONE;
	}
	directory = opendir(path);
	if (!directory)
		return cannot_list(ctl, path, errno);
	while (errno = 0, entry = readdir(directory))
		if (*entry->d_name != '.' &&
		    !fstatat(dirfd(directory), entry->d_name, &st, 0) &&
		    S_ISREG(st.st_mode))
			add_name(names, count,
				 xasprintf("%s%s%s", path, slash,
					   entry->d_name));
	error = errno;
	closedir(directory);
	if (error)
		return cannot_list(ctl, path, error);
	if (!*count)
		return fail(ctl->out, STATUS_FAILED, "file",
			    "%s: there is no file in this directory",
			    escaped(path));
	qsort(*names, *count, sizeof(**names), compare_names);
	return STATUS_DONE;
}

char *payload_label(const struct pfru_capsule *capsule, uint32_t i)
{
	if (capsule->payloads == 1)
		return xasprintf("Payload item");
	return xasprintf("Payload item %u of %u", i + 1, capsule->payloads);
}

void note_versions(struct pfructl *ctl, const struct capsule_file *file,
		   const struct pfru_capability *cap)
{
	bool down = false, other = false;
	struct pfru_capsule capsule;
	struct pfru_refusal refusal;
	struct pfru_image image;
	uint32_t i;

	if (pfru_capsule_open(&capsule, file->bytes, file->size, &refusal))
		return;
	for (i = 0; i < capsule.payloads; i++) {
		if (pfru_capsule_image(&capsule, i, &image, &refusal))
			return;
		if (!down && image.rt_ver < cap->drv_rt_version &&
		    pfru_image_kind(image.type, cap) ==
			    PFRU_KIND_DRIVER_UPDATE) {
			note(ctl->out,
			     "%s: the runtime version goes down: %u, and %u is running",
			     file->name, image.rt_ver, cap->drv_rt_version);
			down = true;
		}
		if (!other && image.hw_ver != cap->fw_version) {
			note(ctl->out,
			     "%s: made for firmware version %u, and this machine has %u",
			     file->name, image.hw_ver, cap->fw_version);
			other = true;
		}
	}
}

char *refusal_numbers(uint32_t reason, uint64_t found, uint64_t expected)
{
	const struct pfru_reason_text *text = pfru_reason_text(reason);
	unsigned long long number = found;
	char *one, *both;

	if (!text->found)
		return xasprintf("%s", "");
	/* an address is the one number that nobody reads in decimal */
	if (reason == PFRU_REASON_BUFFER || reason == PFRU_REASON_LOG_BUFFER)
		one = xasprintf(" (%s %#llx", text->found, number);
	else
		one = xasprintf(" (%s %llu", text->found, number);
	if (text->expected)
		both = xasprintf("%s, %s %llu)", one, text->expected,
				 (unsigned long long)expected);
	else
		both = xasprintf("%s)", one);
	free(one);
	return both;
}

/* The two sides of a refusal that is about GUIDs; NULL when it is not. */
static const uint8_t *platform_guid(uint32_t reason,
				    const struct pfru_capability *cap)
{
	if (!cap)
		return NULL;
	if (reason == PFRU_REASON_PLATFORM_ID)
		return cap->platform_id;
	return reason == PFRU_REASON_IMAGE_TYPE ? cap->code_type : NULL;
}

static char *guid_numbers(const struct capsule_file *file,
			  const struct pfru_refusal *refusal,
			  const struct pfru_capability *cap)
{
	char found[PFRU_GUID_TEXT_SIZE], expected[PFRU_GUID_TEXT_SIZE];
	char other[PFRU_GUID_TEXT_SIZE];

	pfru_guid_text(file->bytes + refusal->offset, found);
	pfru_guid_text(platform_guid(refusal->reason, cap), expected);
	if (refusal->reason == PFRU_REASON_PLATFORM_ID)
		return xasprintf(" (capsule %s, platform %s)", found, expected);
	pfru_guid_text(cap->drv_type, other);
	return xasprintf(" (capsule %s, platform's code injection %s, driver update %s)",
			 found, expected, other);
}

int fail_refused(struct pfructl *ctl, const struct capsule_file *file,
		 const struct pfru_refusal *refusal,
		 const struct pfru_capability *cap)
{
	const struct pfru_reason_text *text = pfru_reason_text(refusal->reason);
	bool guids = platform_guid(refusal->reason, cap) &&
		     file->size >= PFRU_GUID_SIZE &&
		     refusal->offset <= file->size - PFRU_GUID_SIZE;
	char *numbers;

	if (guids)
		numbers = guid_numbers(file, refusal, cap);
	else
		numbers = refusal_numbers(refusal->reason, refusal->found,
					  refusal->expected);
	fail(ctl->out, STATUS_CAPSULE, text->name,
	     "%s: %s at offset %llu%s%s%s", file->name, text->what,
	     (unsigned long long)refusal->offset, numbers,
	     text->hint ? "; " : "", text->hint ? text->hint : "");
	free(numbers);
	fail_number(ctl->out, "offset", refusal->offset);
	if (text->found)
		fail_number(ctl->out, "found", refusal->found);
	if (text->expected)
		fail_number(ctl->out, "expected", refusal->expected);
	if (!guids)
		return STATUS_CAPSULE;
	fail_guid(ctl->out, "found", file->bytes + refusal->offset);
	fail_guid(ctl->out, "expected", platform_guid(refusal->reason, cap));
	if (refusal->reason == PFRU_REASON_IMAGE_TYPE)
		fail_guid(ctl->out, "expected_or", cap->drv_type);
	return STATUS_CAPSULE;
}
