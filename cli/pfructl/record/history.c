// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The record's file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/common/escape.h"
#include "cli/common/machine.h"
#include "cli/common/memory.h"
#include "cli/common/state-directory.h"
#include "cli/common/text.h"
#include "cli/common/write.h"
#include "history.h"

#define NAME	 "history"
#define NAME_OLD NAME ".1"
#define NAME_NEW NAME ".new"

/* bytes of a file that gets no further attempt; some thousand lines */
#define ROTATE_SIZE (1 << 20)
/* bytes of a file that are read: a longer one is not ours */
#define READ_MAX (4 << 20)
/* behind a line without its end: no JSON goes on like that */
#define TORN "#torn"
/* room for a line that ends an attempt */
#define LINE_ROOM 4096
/* milliseconds that somebody else may have the file */
#define LOCK_TIME 5000

json_object *history_object(void)
{
	json_object *object = json_object_new_object();

	if (!object)
		out_of_memory();
	return object;
}

void history_put(json_object *object, const char *key, json_object *value)
{
	if (json_object_object_add(object, key, value))
		out_of_memory();
}

/* What is no UTF-8 is escaped, as in every JSON of this program. */
void history_put_text(json_object *object, const char *key, const char *text)
{
	json_object *value = NULL;
	char *clean = NULL;

	if (text && !utf8_valid((const uint8_t *)text, strlen(text)))
		clean = escape(text, strlen(text));
	if (text) {
		value = json_object_new_string(clean ? clean : text);
		if (!value)
			out_of_memory();
	}
	free(clean);
	history_put(object, key, value);
}

void history_put_number(json_object *object, const char *key, uint64_t number)
{
	json_object *value = json_object_new_uint64(number);

	if (!value)
		out_of_memory();
	history_put(object, key, value);
}

const char *history_text(json_object *attempt, const char *key)
{
	json_object *value;

	if (!json_object_object_get_ex(attempt, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static bool is_event(json_object *entry, const char *event)
{
	const char *text = history_text(entry, "event");

	return text && !strcmp(text, event);
}

/* All of a file, with an end of string; *size is 0 where there is none. */
static int read_file(int directory, const char *name, char **bytes,
		     size_t *size)
{
	int fd = state_file_open(directory, name, O_RDONLY);
	struct stat st;
	ssize_t n = 0;
	int ret = 0;

	*size = 0;
	*bytes = xrealloc(NULL, 1);
	**bytes = '\0';
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (fstat(fd, &st))
		ret = -errno;
	else if (st.st_size > READ_MAX)
		ret = -EFBIG;
	if (!ret)
		*bytes = xrealloc(*bytes, st.st_size + 1);
	while (!ret && (off_t)*size < st.st_size &&
	       (n = pread(fd, *bytes + *size, st.st_size - *size, *size)) > 0)
		*size += n;
	if (n < 0)
		ret = -errno;
	(*bytes)[*size] = '\0';
	close(fd);
	return ret;
}

/* what the lines of an attempt add to it; the first one's times have other names */
static void merge(json_object *attempt, json_object *entry)
{
	bool begun = is_event(entry, EVENT_BEGUN);
	struct json_object_iterator at = json_object_iter_begin(entry);
	struct json_object_iterator end = json_object_iter_end(entry);

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		const char *key = json_object_iter_peek_name(&at);
		json_object *value =
			json_object_get(json_object_iter_peek_value(&at));

		if (!strcmp(key, "event"))
			key = "state";
		else if (!strcmp(key, "time"))
			key = begun ? "begun" : "ended";
		if (is_event(entry, EVENT_VERSIONS) && strcmp(key, "after"))
			json_object_put(value);
		else
			history_put(attempt, key, value);
	}
}

static void take_line(json_object *attempts, const char *line, size_t size)
{
	struct json_tokener *tokener = json_tokener_new();
	json_object *entry, *attempt;
	const char *id;

	if (!tokener)
		out_of_memory();
	entry = json_tokener_parse_ex(tokener, line, size);
	/* a line that was torn, and marked so */
	if (json_tokener_get_parse_end(tokener) != size) {
		json_object_put(entry);
		entry = NULL;
	}
	json_tokener_free(tokener);
	id = json_object_is_type(entry, json_type_object) ?
		     history_text(entry, "id") :
		     NULL;
	if (!id || !history_text(entry, "event")) {
		json_object_put(entry);
		return;
	}
	if (!json_object_object_get_ex(attempts, id, &attempt) &&
	    is_event(entry, EVENT_BEGUN)) {
		attempt = history_object();
		history_put(attempts, id, attempt);
	}
	if (attempt)
		merge(attempt, entry);
	json_object_put(entry);
}

static int take_file(int directory, const char *name, json_object *attempts)
{
	char *bytes, *line, *end;
	size_t size;
	int ret = read_file(directory, name, &bytes, &size);

	for (line = bytes;
	     !ret && (end = memchr(line, '\n', size - (line - bytes)));
	     line = end + 1)
		take_line(attempts, line, end - line);
	free(bytes);
	return ret;
}

/*
 * The firmware did not answer while this boot lasted, or it still may. A line without
 * a boot id is not of this boot: none is written where it cannot be read.
 */
static void set_states(json_object *attempts)
{
	char *boot = machine_boot_id();

	json_object_object_foreach(attempts, id, attempt) {
		const char *state = history_text(attempt, "state");
		const char *its = history_text(attempt, "boot_id");
		bool other = boot && (!its || strcmp(boot, its));

		(void)id;
		if (state && !strcmp(state, EVENT_BEGUN))
			history_put_text(attempt, "state",
					 other ? STATE_INTERRUPTED :
						 STATE_UNFINISHED);
	}
	free(boot);
}

/* Is the older file still the one that is open, or still missing? */
static bool is_same_old(int directory, int old)
{
	return old < 0 ? faccessat(directory, NAME_OLD, F_OK,
				   AT_SYMLINK_NOFOLLOW) != 0 :
			 state_file_is(directory, NAME_OLD, old);
}

/*
 * Without the lock: a reader that is stopped must keep nobody from updating. What left
 * the newer file before it was read came into the older one first, as another file:
 * then it is read again. It is kept open, so that no other one gets its number.
 */
static int read_all(int directory, json_object *attempts)
{
	int old, ret;
	bool same;

	do {
		old = state_file_open(directory, NAME_OLD, O_RDONLY);
		ret = take_file(directory, NAME_OLD, attempts);
		/* both can have the same lines while files change: ids make them one */
		if (!ret)
			ret = take_file(directory, NAME, attempts);
		same = is_same_old(directory, old);
		if (old >= 0)
			close(old);
	} while (!ret && !same);
	set_states(attempts);
	return ret;
}

int history_read(json_object **attempts, const char **what)
{
	int directory = state_directory_open(false, what);
	int ret;

	*attempts = history_object();
	if (directory == -ENOENT)
		return 0;
	if (directory < 0) {
		if (!*what)
			*what = STATE_DIRECTORY_UNTRUSTED;
		return directory;
	}
	*what = "read it";
	ret = read_all(directory, *attempts);
	close(directory);
	return ret;
}

json_object *history_last(json_object *attempts, const char *sha256)
{
	json_object *last = NULL;

	json_object_object_foreach(attempts, id, attempt) {
		const char *its = history_text(attempt, "sha256");

		(void)id;
		if (!sha256 || (its && !strcmp(its, sha256)))
			last = attempt;
	}
	return last;
}

/*
 * A line is whole and on the disk, or it is not there: what was written of it is
 * taken back, or else marked by the next one.
 */
static int append_line(int fd, json_object *entry)
{
	struct text line = { 0 };
	char last = '\n';
	struct stat st;
	int ret = 0;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size && pread(fd, &last, 1, st.st_size - 1) != 1)
		return -EIO;
	/* the end of a line that was torn, which must not become whole by this */
	if (last != '\n')
		text_printf(&line, "%s\n", TORN);
	text_json(&line, entry, false);
	text_append(&line, "\n", 1);
	/* not every file system can; then the end may find no room, and says so */
	if (is_event(entry, EVENT_BEGUN) &&
	    fallocate(fd, FALLOC_FL_KEEP_SIZE, st.st_size,
		      line.size + LINE_ROOM) &&
	    errno != EOPNOTSUPP && errno != ENOSYS)
		ret = -errno;
	if (!ret)
		ret = write_all(fd, line.bytes, line.size);
	if (!ret && fdatasync(fd))
		ret = -errno;
	if (ret)
		(void)!ftruncate(fd, st.st_size);
	free(line.bytes);
	return ret;
}

/* Interrupted, or still waiting; a later attempt with the same capsule settles it. */
static bool is_unsettled(json_object *attempts, json_object *attempt)
{
	const char *state = history_text(attempt, "state");

	return state && !strcmp(state, EVENT_BEGUN) &&
	       history_last(attempts, history_text(attempt, "sha256")) ==
		       attempt;
}

static void add_begun(struct text *lines, json_object *attempt)
{
	history_put_text(attempt, "event", EVENT_BEGUN);
	history_put_text(attempt, "time", history_text(attempt, "begun"));
	text_json(lines, attempt, false);
	text_append(lines, "\n", 1);
}

/* The lines that began attempts, of which only the oldest file has any that count. */
static int keep_unsettled(int directory, struct text *lines)
{
	json_object *attempts = history_object();
	json_object *newer = history_object();
	int ret = take_file(directory, NAME_OLD, attempts);

	/* ends may be in the newer file */
	if (!ret)
		ret = take_file(directory, NAME, attempts);
	if (!ret)
		ret = take_file(directory, NAME, newer);
	json_object_object_foreach(attempts, id, attempt) {
		if (!ret && is_unsettled(attempts, attempt) &&
		    !json_object_object_get_ex(newer, id, NULL))
			add_begun(lines, attempt);
	}
	json_object_put(newer);
	json_object_put(attempts);
	return ret;
}

/* What is kept of the oldest file, and then, as it was later, all of the newer one. */
static int write_old(int directory, int to)
{
	struct text kept = { 0 };
	char *bytes = NULL;
	size_t size;
	int ret = keep_unsettled(directory, &kept);

	if (!ret)
		ret = write_all(to, kept.bytes, kept.size);
	if (!ret)
		ret = read_file(directory, NAME, &bytes, &size);
	if (!ret)
		ret = write_all(to, bytes, size);
	if (!ret && fsync(to))
		ret = -errno;
	free(bytes);
	free(kept.bytes);
	return ret;
}

/*
 * At any moment of it all that counts is in the two files: the newer one is emptied
 * only when the other name has all of it, on the disk. Until then both have it, and
 * ids make it one.
 */
static int rotate(int directory, int newer)
{
	int ret, fd;

	unlinkat(directory, NAME_NEW, 0);
	fd = state_file_open(directory, NAME_NEW, O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0)
		return fd;
	ret = write_old(directory, fd);
	close(fd);
	if (ret) {
		unlinkat(directory, NAME_NEW, 0);
		return ret;
	}
	if (renameat(directory, NAME_NEW, directory, NAME_OLD) ||
	    fsync(directory) || ftruncate(newer, 0))
		return -errno;
	return 0;
}

/* Signals may be held: who keeps the lock, whatever that is, must not keep us for ever. */
static int lock(int directory)
{
	int fd = state_file_lock(directory, NAME, O_RDWR | O_APPEND | O_CREAT,
				 LOCK_TIME);

	return fd == -EWOULDBLOCK ? -EBUSY : fd;
}

static int append(int directory, json_object *entry, const char **what)
{
	int fd = lock(directory);
	struct stat st;
	int ret;

	if (fd == -EBUSY)
		*what = "lock it";
	if (fd < 0)
		return fd;
	ret = fstat(fd, &st) ? -errno : 0;
	/* whoever made the file may not have come so far; what fails leaves no line */
	if (!ret && !st.st_size)
		ret = state_directory_sync(directory);
	if (!ret && st.st_size >= ROTATE_SIZE && is_event(entry, EVENT_BEGUN))
		ret = rotate(directory, fd);
	if (!ret)
		ret = append_line(fd, entry);
	close(fd);
	return ret;
}

int history_append(json_object *entry, const char **what)
{
	int directory = state_directory_open(true, what);
	int ret;

	if (directory < 0) {
		if (!*what)
			*what = STATE_DIRECTORY_UNTRUSTED;
		return directory;
	}
	*what = "write it";
	ret = append(directory, entry, what);
	close(directory);
	return ret;
}
