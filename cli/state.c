// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state file:
 *
 *	pfructl-telemetry 1
 *	position RING RESET ROLLOVER OFFSET	(or: no-position)
 *	pending RING RESET ROLLOVER OFFSET SIZE LENGTH DEVICE INODE OFFSET
 *	sum HEX					(FNV-1a of all lines before)
 *
 * What is read is written again in memory and must be the same.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log-types.h"
#include "output.h"
#include "state.h"
#include "sysroot.h"

#define STATE_DIRECTORY "/var/lib/pfructl"
#define STATE_MAX	512

/* numbers of a position, and of a line "pending" */
#define POSITION_NUMBERS 4
#define PENDING_NUMBERS	 (POSITION_NUMBERS + 5)

/* FNV-1a, 64 bits */
static uint64_t sum_of(const char *text, size_t size)
{
	uint64_t sum = 0xcbf29ce484222325;

	while (size--)
		sum = (sum ^ (uint8_t)*text++) * 0x100000001b3;
	return sum;
}

static void from_position(const struct pfru_ring_position *position,
			  uint64_t *numbers)
{
	numbers[0] = position->ring;
	numbers[1] = position->reset;
	numbers[2] = position->rollover;
	numbers[3] = position->offset;
}

static void to_position(const uint64_t *numbers,
			struct pfru_ring_position *position)
{
	position->ring = numbers[0];
	position->reset = numbers[1];
	position->rollover = numbers[2];
	position->offset = numbers[3];
}

static void from_pending(const struct state_pending *pending, uint64_t *numbers)
{
	from_position(&pending->start, numbers);
	numbers += POSITION_NUMBERS;
	numbers[0] = pending->size;
	numbers[1] = pending->length;
	numbers[2] = pending->device;
	numbers[3] = pending->inode;
	numbers[4] = pending->offset;
}

static void to_pending(const uint64_t *numbers, struct state_pending *pending)
{
	to_position(numbers, &pending->start);
	numbers += POSITION_NUMBERS;
	pending->size = numbers[0];
	pending->length = numbers[1];
	pending->device = numbers[2];
	pending->inode = numbers[3];
	pending->offset = numbers[4];
}

static void write_numbers(FILE *to, const char *name, const uint64_t *numbers,
			  size_t count)
{
	fputs(name, to);
	while (count--)
		fprintf(to, " %llu", (unsigned long long)*numbers++);
	fputc('\n', to);
}

/* Whatever is missing is 0: the comparison afterwards finds it. */
static bool read_numbers(const char *text, const char *name, uint64_t *numbers,
			 size_t count)
{
	const char *at = strstr(text, name);
	char *end;

	memset(numbers, 0, count * sizeof(*numbers));
	if (!at)
		return false;
	at += strlen(name);
	for (; count--; at = end)
		*numbers++ = strtoull(at, &end, 10);
	return true;
}

static char *write_state(const struct state *state)
{
	uint64_t numbers[PENDING_NUMBERS];
	char *lines, *text;
	size_t size;
	FILE *to = open_memstream(&lines, &size);

	if (!to)
		return xasprintf("%s", "");
	fputs("pfructl-telemetry 1\n", to);
	from_position(&state->position, numbers);
	write_numbers(to, state->known ? "position" : "no-position", numbers,
		      state->known ? POSITION_NUMBERS : 0);
	from_pending(&state->pending, numbers);
	if (state->is_pending)
		write_numbers(to, "pending", numbers, PENDING_NUMBERS);
	fclose(to);
	text = xasprintf("%ssum %016llx\n", lines,
			 (unsigned long long)sum_of(lines, size));
	free(lines);
	return text;
}

static bool is_sane(const struct pfru_ring_position *position)
{
	return position->ring && position->offset <= position->ring;
}

/* @text ends with a NUL after @size bytes. */
static bool parse_state(const char *text, size_t size, struct state *state)
{
	struct state_pending *p = &state->pending;
	uint64_t numbers[PENDING_NUMBERS];
	char *again;
	bool good;

	memset(state, 0, sizeof(*state));
	state->known =
		read_numbers(text, "\nposition", numbers, POSITION_NUMBERS);
	to_position(numbers, &state->position);
	state->is_pending =
		read_numbers(text, "\npending", numbers, PENDING_NUMBERS);
	to_pending(numbers, p);
	again = write_state(state);
	good = strlen(again) == size && !memcmp(again, text, size);
	free(again);
	if (state->known)
		good = good && is_sane(&state->position);
	if (state->is_pending)
		good = good && is_sane(&p->start) && p->size <= p->start.ring;
	return good;
}

static int failed(struct pfructl *ctl, const struct state_file *file,
		  const char *what, int error)
{
	fail(ctl->out, STATUS_FAILED, "state",
	     "%s: cannot %s: %s; without it the position in the log is not known",
	     file->shown, what, strerror(error));
	fail_number(ctl->out, "errno", error);
	return STATUS_FAILED;
}

static int refused(struct pfructl *ctl, const struct state_file *file,
		   const char *why)
{
	return fail(ctl->out, STATUS_FAILED, "state", "%s: %s", file->shown,
		    why);
}

/* The node's number: the same log has the same name on both drivers. */
static int default_name(struct pfructl *ctl, const struct device *device,
			char **name)
{
	const char *base = strrchr(device->path, '/');
	size_t length;

	base = base ? base + 1 : device->path;
	length = strlen(base);
	while (length && isdigit((unsigned char)base[length - 1]))
		length--;
	if (length < strlen("telemetry") ||
	    strncmp(base + length - strlen("telemetry"), "telemetry",
		    strlen("telemetry")))
		return fail(ctl->out, STATUS_USAGE, "usage",
			    "%s: which instance this is cannot be told from its name; say where to keep the position with --state",
			    device->path);
	*name = xasprintf("telemetry%s-%s%s",
			  base[length] ? base + length : "0",
			  log_type_name(ctl->options.log_type),
			  ctl->options.journal ? "-journal" : "");
	return STATUS_DONE;
}

static int open_default(struct pfructl *ctl, struct state_file *file)
{
	char *path = sysroot_path("%s", STATE_DIRECTORY);
	struct stat st;

	file->shown = xasprintf("%s/%s", path, file->name);
	if (mkdir(path, 0700) && errno != EEXIST) {
		free(path);
		return failed(ctl, file, "make the directory", errno);
	}
	file->directory =
		open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	free(path);
	if (file->directory < 0 || fstat(file->directory, &st))
		return failed(ctl, file, "open the directory", errno);
	if (st.st_uid != geteuid() || st.st_mode & 022)
		return refused(ctl, file,
			       "its directory can be written by others; it must belong to who runs this, with mode 0700");
	return STATUS_DONE;
}

static int open_given(struct pfructl *ctl, struct state_file *file)
{
	const char *path = ctl->options.state;
	const char *slash = strrchr(path, '/');
	char *directory;

	file->shown = escape(path, strlen(path));
	file->name = xasprintf("%s", slash ? slash + 1 : path);
	if (!*file->name)
		return refused(ctl, file, "--state wants a file");
	directory = slash ? xasprintf("%.*s/", (int)(slash - path), path) :
			    xasprintf(".");
	file->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(directory);
	if (file->directory < 0)
		return failed(ctl, file, "open the directory", errno);
	return STATUS_DONE;
}

/* A regular file of our own, not reached through a link; -1 with errno. */
static int open_own(const struct state_file *file, const char *suffix,
		    int flags)
{
	char *name = xasprintf("%s%s", file->name, suffix);
	struct stat st;
	int fd;

	fd = openat(file->directory, name,
		    flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		    0600);
	free(name);
	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	    !(st.st_mode & 022))
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

static int take_lock(struct pfructl *ctl, struct state_file *file)
{
	file->lock = open_own(file, ".lock", O_RDWR | O_CREAT);
	if (file->lock < 0)
		return failed(ctl, file, "open its lock", errno);
	if (!flock(file->lock, LOCK_EX | LOCK_NB))
		return STATUS_DONE;
	if (errno != EWOULDBLOCK)
		return failed(ctl, file, "lock it", errno);
	return fail(ctl->out, STATUS_BUSY, "locked",
		    "%s: another reader uses this position now; wait for it to end, or keep a position of your own with --state",
		    file->shown);
}

static int load(struct pfructl *ctl, const struct state_file *file,
		struct state *state)
{
	char text[STATE_MAX + 1];
	ssize_t size;
	int fd, error;

	memset(state, 0, sizeof(*state));
	fd = open_own(file, "", O_RDONLY);
	if (fd < 0 && errno == ENOENT)
		return STATUS_DONE;
	if (fd < 0)
		return failed(ctl, file, "open it", errno);
	size = read(fd, text, STATE_MAX);
	error = errno;
	close(fd);
	if (size < 0)
		return failed(ctl, file, "read it", error);
	text[size] = '\0';
	if (parse_state(text, size, state))
		return STATUS_DONE;
	if (!strncmp(text, "pfructl-telemetry ", 18) &&
	    strncmp(text, "pfructl-telemetry 1\n", 20))
		return refused(ctl, file,
			       "this position was saved by another version of pfructl; use that one, or remove the file to begin with all that the log holds");
	return refused(ctl, file,
		       "this file does not hold a position; it is damaged, or not of pfructl. Remove it to begin with all that the log holds: bytes printed before will be printed again");
}

int state_open(struct pfructl *ctl, const struct device *device,
	       struct state_file *file, struct state *state)
{
	int ret = STATUS_DONE;

	memset(file, 0, sizeof(*file));
	file->directory = -1;
	file->lock = -1;
	if (!ctl->options.state)
		ret = default_name(ctl, device, &file->name);
	if (!ret)
		ret = ctl->options.state ? open_given(ctl, file) :
					   open_default(ctl, file);
	if (!ret)
		ret = take_lock(ctl, file);
	if (!ret)
		ret = load(ctl, file, state);
	return ret;
}

/* Returns 0 or an errno. */
static int write_new(const struct state_file *file, const char *text)
{
	char *name = xasprintf("%s.new", file->name);
	size_t size = strlen(text);
	int error = 0;
	int fd;

	/* left by a reader that was killed: we have the lock */
	unlinkat(file->directory, name, 0);
	fd = open_own(file, ".new", O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0) {
		free(name);
		return errno;
	}
	errno = EIO; /* of a short write */
	if (write(fd, text, size) != (ssize_t)size || fsync(fd))
		error = errno;
	if (close(fd) && !error)
		error = errno;
	if (!error &&
	    renameat(file->directory, name, file->directory, file->name))
		error = errno;
	if (error)
		unlinkat(file->directory, name, 0);
	else if (fsync(file->directory))
		error = errno;
	free(name);
	return error;
}

int state_save(struct pfructl *ctl, const struct state_file *file,
	       const struct state *state)
{
	char *text = write_state(state);
	int error = write_new(file, text);

	free(text);
	return error ? failed(ctl, file, "save the position", error) :
		       STATUS_DONE;
}

void state_close(struct state_file *file)
{
	if (file->lock >= 0)
		close(file->lock);
	if (file->directory >= 0)
		close(file->directory);
	free(file->name);
	free(file->shown);
}
