// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state file:
 *
 *	pfructl-telemetry 2
 *	log INSTANCE TYPE
 *	position RING RESET ROLLOVER OFFSET	(or: no-position)
 *	tail SIZE SUM				(after a position)
 *	young SIZE SUM				(unless 0)
 *	repeat BYTES				(unless 0)
 *	counts READ LOST RESETS			(unless all are 0)
 *	pending RING RESET ROLLOVER OFFSET SIZE TAIL-SIZE TAIL-SUM LOST GAP
 *		SINK DEVICE INODE OFFSET LENGTH SUM-OF-TEXT	(one line)
 *	sum HEX					(FNV-1a of all lines before)
 *	LENGTH bytes of text			(pending in a regular file)
 *
 * What is read is written again in memory and must be the same.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/state-directory.h"
#include "cli/common/sysroot.h"
#include "cli/common/text.h"
#include "cli/common/write.h"
#include "position.h"
#include "types.h"

#define HEADER "pfructl-telemetry 2\n"
/* lines, and a piece of the log as JSON with each byte escaped */
#define LINES_MAX 1024
#define TEXT_MAX  (2U << 20)
#define STATE_MAX (LINES_MAX + TEXT_MAX)

/* numbers of a log, a position, a tail, a repeat, and of a line "pending" */
#define LOG_NUMBERS	 2
#define POSITION_NUMBERS 4
#define TAIL_NUMBERS	 2
#define REPEAT_NUMBERS	 1
#define COUNTS_NUMBERS	 3
#define PENDING_NUMBERS	 (POSITION_NUMBERS + TAIL_NUMBERS + 9)

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

static void from_tail(const struct tail *tail, uint64_t *numbers)
{
	numbers[0] = tail->size;
	numbers[1] = tail->sum;
}

static void to_tail(const uint64_t *numbers, struct tail *tail)
{
	tail->size = numbers[0];
	tail->sum = numbers[1];
}

static void from_counts(const struct state_counts *counts, uint64_t *numbers)
{
	numbers[0] = counts->read;
	numbers[1] = counts->lost;
	numbers[2] = counts->resets;
}

static void to_counts(const uint64_t *numbers, struct state_counts *counts)
{
	counts->read = numbers[0];
	counts->lost = numbers[1];
	counts->resets = numbers[2];
}

/* the text that is saved */
static size_t text_size(const struct state *state)
{
	const struct state_pending *p = &state->pending;

	return state->is_pending && p->sink == STATE_FILE ? p->length : 0;
}

static void from_pending(const struct state *state, uint64_t *numbers)
{
	const struct state_pending *pending = &state->pending;

	from_position(&pending->start, numbers);
	numbers += POSITION_NUMBERS;
	*numbers++ = pending->size;
	from_tail(&pending->tail, numbers);
	numbers += TAIL_NUMBERS;
	numbers[0] = pending->lost;
	numbers[1] = pending->gap;
	numbers[2] = pending->sink;
	numbers[3] = pending->device;
	numbers[4] = pending->inode;
	numbers[5] = pending->offset;
	numbers[6] = pending->length;
	numbers[7] = sum_of(pending->text, text_size(state));
}

static void to_pending(const uint64_t *numbers, struct state_pending *pending)
{
	to_position(numbers, &pending->start);
	numbers += POSITION_NUMBERS;
	pending->size = *numbers++;
	to_tail(numbers, &pending->tail);
	numbers += TAIL_NUMBERS;
	pending->lost = numbers[0];
	pending->gap = numbers[1];
	pending->sink = numbers[2];
	pending->device = numbers[3];
	pending->inode = numbers[4];
	pending->offset = numbers[5];
	pending->length = numbers[6];
}

static void write_numbers(struct text *to, const char *name,
			  const uint64_t *numbers, size_t count)
{
	text_printf(to, "%s", name);
	while (count--)
		text_printf(to, " %llu", (unsigned long long)*numbers++);
	text_printf(to, "\n");
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

/* To be freed. */
static struct text write_state(const struct state *state)
{
	uint64_t numbers[PENDING_NUMBERS];
	struct text to = { 0 };

	text_printf(&to, "%s", HEADER);
	numbers[0] = state->instance;
	numbers[1] = state->type;
	write_numbers(&to, "log", numbers, LOG_NUMBERS);
	from_position(&state->position, numbers);
	write_numbers(&to, state->known ? "position" : "no-position", numbers,
		      state->known ? POSITION_NUMBERS : 0);
	from_tail(&state->tail, numbers);
	if (state->known)
		write_numbers(&to, "tail", numbers, TAIL_NUMBERS);
	from_tail(&state->young, numbers);
	if (state->young.size)
		write_numbers(&to, "young", numbers, TAIL_NUMBERS);
	if (state->repeat)
		write_numbers(&to, "repeat", &state->repeat, REPEAT_NUMBERS);
	from_counts(&state->counts, numbers);
	if (numbers[0] || numbers[1] || numbers[2])
		write_numbers(&to, "counts", numbers, COUNTS_NUMBERS);
	from_pending(state, numbers);
	if (state->is_pending)
		write_numbers(&to, "pending", numbers, PENDING_NUMBERS);
	text_printf(&to, "sum %016llx\n",
		    (unsigned long long)sum_of(to.bytes, to.size));
	text_append(&to, state->pending.text, text_size(state));
	return to;
}

static bool is_sane(const struct pfru_ring_position *position)
{
	return position->ring && position->offset <= position->ring;
}

static void parse_lines(const char *text, struct state *state)
{
	uint64_t numbers[PENDING_NUMBERS];

	read_numbers(text, "\nlog", numbers, LOG_NUMBERS);
	state->instance = numbers[0];
	state->type = numbers[1];
	state->known =
		read_numbers(text, "\nposition", numbers, POSITION_NUMBERS);
	to_position(numbers, &state->position);
	read_numbers(text, "\ntail", numbers, TAIL_NUMBERS);
	to_tail(numbers, &state->tail);
	read_numbers(text, "\nyoung", numbers, TAIL_NUMBERS);
	to_tail(numbers, &state->young);
	read_numbers(text, "\nrepeat", &state->repeat, REPEAT_NUMBERS);
	read_numbers(text, "\ncounts", numbers, COUNTS_NUMBERS);
	to_counts(numbers, &state->counts);
	state->is_pending =
		read_numbers(text, "\npending", numbers, PENDING_NUMBERS);
	to_pending(numbers, &state->pending);
}

/* A copy of all up to the sum: what follows it may hold anything. */
static char *lines_of(const char *text)
{
	const char *end = strstr(text, "\nsum ");

	return end ? xasprintf("%.*s\n", (int)(end - text), text) :
		     xasprintf("%s", "");
}

static bool is_sane_pending(const struct state_pending *p)
{
	return is_sane(&p->start) && p->size <= p->start.ring &&
	       p->tail.size <= TAIL_MAX && p->gap <= PFRU_BREAK_BACK &&
	       p->sink <= STATE_JOURNAL;
}

/* @text ends with a NUL after @size bytes. */
static bool parse_state(const char *text, size_t size, struct state *state)
{
	struct state_pending *p = &state->pending;
	struct text again;
	char *lines;
	size_t room;
	bool good;

	memset(state, 0, sizeof(*state));
	lines = lines_of(text);
	parse_lines(lines, state);
	free(lines);
	room = text_size(state);
	if (room > size)
		return false;
	p->text = xrealloc(NULL, room + 1);
	memcpy(p->text, text + size - room, room);
	again = write_state(state);
	good = again.size == size && !memcmp(again.bytes, text, size);
	free(again.bytes);
	if (state->known)
		good = good && is_sane(&state->position) &&
		       state->tail.size <= TAIL_MAX &&
		       state->young.size <= TAIL_MAX;
	if (state->is_pending)
		good = good && is_sane_pending(p);
	if (!good)
		state_drop(state);
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

/*
 * The node's number: the same log has the same name on both drivers. UINT32_MAX
 * when the name has none.
 */
static uint32_t instance_of(const struct device *device)
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
		return UINT32_MAX;
	return strtoul(base + length, NULL, 10);
}

static char *name_of(uint32_t instance, uint32_t type, bool journal)
{
	return xasprintf("telemetry%u-%s%s", instance, log_type_name(type),
			 journal ? "-journal" : "");
}

static int default_name(struct pfructl *ctl, const struct device *device,
			char **name)
{
	uint32_t instance = instance_of(device);

	if (instance == UINT32_MAX)
		return fail(ctl->out, STATUS_USAGE, "usage",
			    "%s: its name does not show which instance it is; give a file for the position with --state",
			    device->path);
	*name = name_of(instance, ctl->options.log_type, ctl->options.journal);
	return STATUS_DONE;
}

static int open_default(struct pfructl *ctl, struct state_file *file)
{
	const char *what;

	file->shown = sysroot_path("%s/%s", STATE_DIRECTORY, file->name);
	file->directory = state_directory_open(true, &what);
	if (file->directory >= 0)
		return STATUS_DONE;
	if (what)
		return failed(ctl, file, what, -file->directory);
	return refused(ctl, file,
		       "its directory can be written by others; it must belong to the user who runs this, with mode 0700");
}

static int open_given(struct pfructl *ctl, struct state_file *file)
{
	const char *path = ctl->options.state;
	const char *slash = strrchr(path, '/');
	char *directory;

	file->shown = escape(path, strlen(path));
	file->name = xasprintf("%s", slash ? slash + 1 : path);
	if (!*file->name)
		return refused(ctl, file, "--state needs a file");
	directory = slash ? xasprintf("%.*s/", (int)(slash - path), path) :
			    xasprintf(".");
	file->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(directory);
	if (file->directory < 0)
		return failed(ctl, file, "open the directory", errno);
	return STATUS_DONE;
}

/* -1 with errno */
static int open_own(const struct state_file *file, const char *suffix,
		    int flags)
{
	char *name = xasprintf("%s%s", file->name, suffix);
	int fd = state_file_open(file->directory, name, flags);

	free(name);
	if (fd >= 0)
		return fd;
	errno = -fd;
	return -1;
}

static bool is_named(const struct state_file *file, const char *suffix,
		     const struct stat *st)
{
	char *name = xasprintf("%s%s", file->name, suffix);
	struct stat there;
	bool same;

	same = !fstatat(file->directory, name, &there, AT_SYMLINK_NOFOLLOW) &&
	       st->st_dev == there.st_dev && st->st_ino == there.st_ino;
	free(name);
	return same;
}

bool state_is(const struct state_file *file, const struct stat *st)
{
	return is_named(file, "", st) || is_named(file, ".lock", st) ||
	       is_named(file, ".new", st);
}

/* Was it removed, or replaced, since it was opened? */
static bool is_stale(const struct state_file *file)
{
	struct stat ours;

	return fstat(file->lock, &ours) || !is_named(file, ".lock", &ours);
}

static int take_lock(struct pfructl *ctl, struct state_file *file)
{
	char *name = xasprintf("%s.lock", file->name);

	file->lock =
		state_file_lock(file->directory, name, O_RDWR | O_CREAT, 0);
	free(name);
	if (file->lock == -EWOULDBLOCK)
		return fail(ctl->out, STATUS_BUSY, "locked",
			    "%s: another reader uses this position now; wait for it to end, or keep a position of your own with --state",
			    file->shown);
	return file->lock < 0 ? failed(ctl, file, "lock it", -file->lock) :
				STATUS_DONE;
}

/*
 * Before a lock is made beside it, or what is called like its .new is removed:
 * --state may be anything's name.
 */
static int check_names(struct pfructl *ctl, const struct state_file *file)
{
	char start[sizeof(HEADER) - 1];
	struct stat st;
	ssize_t n;
	int fd;

	if (!fstatat(file->directory, file->name, &st, AT_SYMLINK_NOFOLLOW) &&
	    !S_ISREG(st.st_mode))
		return failed(ctl, file, "open it", EPERM);
	fd = open_own(file, ".new", O_RDONLY);
	if (fd < 0)
		return STATUS_DONE;
	n = read(fd, start, sizeof(start));
	close(fd);
	if (n <= 0 || !memcmp(start, HEADER, n))
		return STATUS_DONE;
	return refused(ctl, file,
		       "the file beside it that ends with .new is needed, and does not hold a position; rename that file, or keep the position elsewhere");
}

/* All of it and a NUL; NULL with errno. */
static char *read_all(int fd, size_t *size)
{
	char *text = xrealloc(NULL, STATE_MAX + 1);
	ssize_t n = 1;

	for (*size = 0; n && *size < STATE_MAX; *size += n) {
		n = read(fd, text + *size, STATE_MAX - *size);
		if (n < 0) {
			free(text);
			return NULL;
		}
	}
	text[*size] = '\0';
	return text;
}

static int fail_parse(struct pfructl *ctl, const struct state_file *file,
		      const char *text)
{
	if (!strncmp(text, HEADER, strcspn(HEADER, "2")) &&
	    strncmp(text, HEADER, strlen(HEADER)))
		return refused(ctl, file,
			       "this position was saved by another version of pfructl; use that one, or remove the file to begin with all that the log holds");
	return refused(ctl, file,
		       "this file does not hold a position; it is damaged, or not pfructl's. Remove it to begin with all that the log holds: bytes printed before will be printed again");
}

/* A position says nothing about another log. */
static int check_log(struct pfructl *ctl, const struct state_file *file,
		     const struct state *saved, const struct state *wanted)
{
	if (saved->type != wanted->type)
		return fail(ctl->out, STATUS_FAILED, "state",
			    "%s: this is a position in the log of type '%s', not '%s'; keep one for each with --state",
			    file->shown, log_type_name(saved->type),
			    log_type_name(wanted->type));
	if (saved->instance != wanted->instance &&
	    saved->instance != UINT32_MAX && wanted->instance != UINT32_MAX)
		return fail(ctl->out, STATUS_FAILED, "state",
			    "%s: this is a position in the log of device %u, not %u; keep one for each with --state",
			    file->shown, (unsigned int)saved->instance,
			    (unsigned int)wanted->instance);
	return STATUS_DONE;
}

static int load(struct pfructl *ctl, const struct state_file *file,
		struct state *state)
{
	struct state wanted = *state;
	int fd = open_own(file, "", O_RDONLY);
	size_t size;
	char *text;
	int ret;

	if (fd < 0 && errno == ENOENT)
		return STATUS_DONE;
	if (fd < 0)
		return failed(ctl, file, "open it", errno);
	text = read_all(fd, &size);
	ret = errno;
	close(fd);
	if (!text)
		return failed(ctl, file, "read it", ret);
	ret = parse_state(text, size, state) ?
		      check_log(ctl, file, state, &wanted) :
		      fail_parse(ctl, file, text);
	free(text);
	return ret;
}

static bool parse_counts(int fd, struct state_counts *counts)
{
	struct state state;
	bool known = false;
	size_t size;
	char *text = read_all(fd, &size);

	if (text && parse_state(text, size, &state)) {
		*counts = state.counts;
		known = state.known;
		state_drop(&state);
	}
	free(text);
	return known;
}

bool state_counts(uint32_t instance, uint32_t type, bool journal,
		  struct state_counts *counts)
{
	char *name = name_of(instance, type, journal);
	const char *what;
	int directory = state_directory_open(false, &what);
	int fd = directory < 0 ? directory :
				 state_file_open(directory, name, O_RDONLY);
	bool known = fd >= 0 && parse_counts(fd, counts);

	if (fd >= 0)
		close(fd);
	if (directory >= 0)
		close(directory);
	free(name);
	return known;
}

int state_open(struct pfructl *ctl, const struct device *device,
	       struct state_file *file, struct state *state)
{
	int ret = STATUS_DONE;

	memset(file, 0, sizeof(*file));
	file->directory = -1;
	file->lock = -1;
	memset(state, 0, sizeof(*state));
	state->instance = instance_of(device);
	state->type = ctl->options.log_type;
	if (!ctl->options.state)
		ret = default_name(ctl, device, &file->name);
	if (!ret)
		ret = ctl->options.state ? open_given(ctl, file) :
					   open_default(ctl, file);
	if (!ret)
		ret = check_names(ctl, file);
	if (!ret)
		ret = take_lock(ctl, file);
	if (!ret)
		ret = load(ctl, file, state);
	return ret;
}

/* Returns 0 or an errno. */
static int write_new(const struct state_file *file, const char *text,
		     size_t size)
{
	char *name = xasprintf("%s.new", file->name);
	int error;
	int fd;

	/* left by a reader that was killed: we have the lock */
	unlinkat(file->directory, name, 0);
	fd = open_own(file, ".new", O_WRONLY | O_CREAT | O_EXCL);
	error = fd < 0 ? errno : -write_all(fd, text, size);
	if (!error && fsync(fd))
		error = errno;
	if (fd >= 0 && close(fd) && !error)
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
	struct text text;
	int error;

	if (is_stale(file))
		return refused(ctl, file,
			       "its lock was removed, so that another reader may use this position; start again");
	text = write_state(state);
	error = write_new(file, text.bytes, text.size);
	free(text.bytes);
	return error ? failed(ctl, file, "save the position", error) :
		       STATUS_DONE;
}

void state_drop(struct state *state)
{
	free(state->pending.text);
	memset(&state->pending, 0, sizeof(state->pending));
	state->is_pending = false;
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
