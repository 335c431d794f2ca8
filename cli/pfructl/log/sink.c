// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Printing, and knowing what was printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/common/atomic-file.h"
#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "journal.h"
#include "sink.h"
#include "types.h"

/* milliseconds that the reader of a pipe has for the rest of a line */
#define PATIENCE 5000

/* milliseconds between two tries to lock a file, for as long */
#define LOCK_STEP 20

/* As with head(1): a reader that has gone has seen enough. */
static bool is_read_no_more(const struct pfructl *ctl, int error)
{
	return error == EPIPE && !ctl->options.output;
}

static int fail_output(struct pfructl *ctl, const char *what, int error)
{
	const char *name = ctl->options.output ? ctl->options.output :
						 "standard output";

	if (is_read_no_more(ctl, error))
		return STATUS_FAILED;
	fail(ctl->out, STATUS_FAILED, "output", "%s: cannot %s: %s",
	     escaped(name), what, strerror(error));
	fail_number(ctl->out, "errno", error);
	return STATUS_FAILED;
}

/* What was just made of that name: to the disk with it, or away again. */
static int settle_new(struct sink *sink, bool keep)
{
	char *real = realpath(sink->ctl->options.output, NULL);
	int ret = real ? 0 : -errno;

	if (real && keep)
		ret = sync_name(real);
	else if (real)
		unlink(real);
	free(real);
	return ret;
}

/* Bytes of the log in a file of the position would be lost, and the position. */
static int fail_same(struct sink *sink)
{
	return fail(sink->ctl->out, STATUS_USAGE, "usage",
		    "%s: the position is kept in this file, or beside it under this name (.lock, .new); print to another one",
		    sink->ctl->options.output ?
			    escaped(sink->ctl->options.output) :
			    "standard output");
}

/* A file that is made is on the disk when this returns. */
static int open_named(struct sink *sink, struct stat *st)
{
	const char *path = sink->ctl->options.output;
	bool made = stat(path, st) && errno == ENOENT;
	bool same;
	int ret;

	sink->fd = open_output(path, O_APPEND);
	if (sink->fd < 0)
		return fail_output(sink->ctl, "open it", -sink->fd);
	sink->own = true;
	if (fstat(sink->fd, st))
		return fail_output(sink->ctl, "look at it", errno);
	same = state_is(sink->state, st);
	ret = made && S_ISREG(st->st_mode) ? settle_new(sink, !same) : 0;
	if (same)
		return fail_same(sink);
	return ret ? fail_output(sink->ctl, "make it", -ret) : STATUS_DONE;
}

/* A shell without job control starts background jobs with SIGINT ignored. */
static void add_heeded(sigset_t *set, int number)
{
	struct sigaction action;

	if (!sigaction(number, NULL, &action) && action.sa_handler != SIG_IGN)
		sigaddset(set, number);
}

/* From here on an end is noticed where it is waited for, and nowhere else. */
static int hold_signals(struct sink *sink)
{
	sigset_t ends;

	sigemptyset(&ends);
	add_heeded(&ends, SIGINT);
	add_heeded(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	sink->journal.signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	return sink->journal.signals < 0 ?
		       fail_output(sink->ctl, "wait for signals", errno) :
		       STATUS_DONE;
}

static int open_file(struct sink *sink)
{
	struct stat st;
	int ret;

	if (sink->ctl->options.output) {
		ret = open_named(sink, &st);
		if (ret)
			return ret;
	} else {
		sink->fd = STDOUT_FILENO;
		if (fstat(sink->fd, &st))
			return fail_output(sink->ctl, "look at it", errno);
		if (state_is(sink->state, &st))
			return fail_same(sink);
	}
	out_set_terminal(sink->ctl->out, isatty(sink->fd));
	sink->regular = S_ISREG(st.st_mode);
	return STATUS_DONE;
}

int sink_open(struct sink *sink, struct pfructl *ctl,
	      const struct device *device, const struct state_file *state)
{
	int ret;

	memset(sink, 0, sizeof(*sink));
	sink->ctl = ctl;
	sink->device = device;
	sink->state = state;
	sink->fd = -1;
	sink->journal = (struct journal){
		.ctl = ctl,
		.device = device,
		.fd = -1,
		.signals = -1,
	};
	ret = ctl->options.journal ? journal_open(&sink->journal) :
				     open_file(sink);
	return ret ? ret : hold_signals(sink);
}

void sink_close(struct sink *sink)
{
	if (sink->own && sink->fd >= 0)
		close(sink->fd);
	if (sink->journal.fd >= 0)
		close(sink->journal.fd);
	if (sink->journal.signals >= 0)
		close(sink->journal.signals);
}

static const char *const breaks[] = {
	[PFRU_BREAK_RESET] = "reset",
	[PFRU_BREAK_SIZE] = "size",
	[PFRU_BREAK_BACK] = "back",
};

static void time_now(char *text, size_t size)
{
	struct timespec now;
	size_t length;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	length = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, size - length, ".%03ldZ",
		 now.tv_nsec / 1000000);
}

static void print_piece(struct sink *sink, const struct piece *piece)
{
	struct output *out = sink->ctl->out;
	char now[64];

	time_now(now, sizeof(now));
	out_string(out, "device", NULL, sink->device->path);
	out_string(out, "type", NULL,
		   log_type_name(sink->ctl->options.log_type));
	out_string(out, "time", NULL, now);
	out_number(out, "reset_count", NULL, piece->start.reset);
	out_number(out, "position", NULL, pfru_ring_written(&piece->start));
	out_number(out, "size", NULL, piece->size);
	out_number(out, "lost", NULL, piece->lost);
	if (piece->gap)
		out_string(out, "discontinuity", NULL, breaks[piece->gap]);
	else
		out_null(out, "discontinuity");
	if (piece->repeat)
		out_number(out, "repeated_at_most", NULL, piece->repeat);
	out_log(out, piece->bytes, piece->size);
}

/* A file that was renamed or removed gets no more: another takes its name. */
static int follow_name(struct sink *sink)
{
	struct stat ours, there;

	if (!sink->own || !sink->regular)
		return STATUS_DONE;
	if (!fstat(sink->fd, &ours) &&
	    !stat(sink->ctl->options.output, &there) &&
	    ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
		return STATUS_DONE;
	close(sink->fd);
	sink->fd = -1;
	return open_file(sink);
}

/* Readers that print to one file take turns. */
static int lock_file(struct sink *sink)
{
	int left = PATIENCE;

	while (sink->regular && flock(sink->fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return STATUS_DONE; /* not with this filesystem */
		if (left <= 0)
			return fail_output(sink->ctl, "lock it", EBUSY);
		poll(NULL, 0, LOCK_STEP);
		left -= LOCK_STEP;
	}
	sink->locked = sink->regular;
	return STATUS_DONE;
}

void sink_end(struct sink *sink)
{
	if (sink->locked)
		flock(sink->fd, LOCK_UN);
	sink->locked = false;
}

/* Where the next byte goes: not the end, unless the file is appended to. */
static off_t place_in(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return lseek(fd, 0, flags & O_APPEND ? SEEK_END : SEEK_CUR);
}

static int find_place(struct sink *sink, struct state_pending *pending)
{
	struct stat st;
	off_t at = place_in(sink->fd);

	if (at < 0 || fstat(sink->fd, &st))
		return fail_output(sink->ctl, "look at it", errno);
	pending->sink = STATE_FILE;
	pending->device = st.st_dev;
	pending->inode = st.st_ino;
	pending->offset = at;
	return STATUS_DONE;
}

int sink_begin(struct sink *sink, const struct piece *piece,
	       struct state_pending *pending)
{
	size_t size;
	int ret;

	pending->start = piece->start;
	pending->size = piece->size;
	pending->lost = piece->lost;
	pending->gap = piece->gap;
	pending->sink = sink->journal.fd >= 0 ? STATE_JOURNAL : STATE_STREAM;
	if (sink->journal.fd >= 0)
		return STATUS_DONE;
	ret = follow_name(sink);
	if (!ret)
		ret = lock_file(sink);
	if (ret)
		return ret;
	print_piece(sink, piece);
	pending->text = out_take(sink->ctl->out, &size);
	pending->length = size;
	return sink->regular ? find_place(sink, pending) : STATUS_DONE;
}

bool sink_ended(const struct sink *sink)
{
	struct pollfd poll_fd = { .fd = sink->journal.signals,
				  .events = POLLIN };

	return poll(&poll_fd, 1, 0) > 0;
}

/*
 * A pipe takes PIPE_BUF bytes without waiting when it is writable, so that an
 * end is noticed however slow its reader is. Returns bytes or a negative errno.
 */
static ssize_t write_some(struct sink *sink, const char *text, size_t size)
{
	struct pollfd fds[] = {
		{ .fd = sink->fd, .events = POLLOUT },
		{ .fd = sink->journal.signals, .events = POLLIN },
	};
	ssize_t n;

	if (!sink->regular) {
		if (poll(fds, 2, -1) < 0)
			return -errno;
		if (!fds[0].revents)
			return -EINTR;
		if (size > PIPE_BUF)
			size = PIPE_BUF;
	}
	n = write(sink->fd, text, size);
	return n < 0 ? -errno : n;
}

/* a line that was begun is ended, unless its reader is stuck */
static bool writable_soon(struct sink *sink)
{
	struct pollfd poll_fd = { .fd = sink->fd, .events = POLLOUT };

	return poll(&poll_fd, 1, PATIENCE) > 0;
}

static int write_text(struct sink *sink, const struct state_pending *pending,
		      bool divisible, uint64_t *done)
{
	ssize_t n;

	for (; *done < pending->length; *done += n) {
		n = write_some(sink, pending->text + *done,
			       pending->length - *done);
		if (n == -EINTR && sink_ended(sink) &&
		    (divisible || !*done || !writable_soon(sink)))
			return 0;
		if (n == -EINTR || n == -EAGAIN)
			n = 0;
		if (n < 0)
			return n;
	}
	return 0;
}

/* Take the last bytes back, as long as nobody has written behind them. */
static bool undo(struct sink *sink, const struct state_pending *pending,
		 uint64_t done)
{
	struct stat st;

	return sink->regular && !fstat(sink->fd, &st) &&
	       (uint64_t)st.st_size == pending->offset + done &&
	       !ftruncate(sink->fd, pending->offset) &&
	       (fcntl(sink->fd, F_GETFL) & O_APPEND ||
		lseek(sink->fd, pending->offset, SEEK_SET) >= 0);
}

/* Half a line of JSON is of no use: take it back where that can be done. */
static void take_back(struct sink *sink, const struct state_pending *pending,
		      bool divisible, int error, uint64_t *done)
{
	if (divisible || *done == pending->length)
		return;
	if (*done && !undo(sink, pending, *done) &&
	    !is_read_no_more(sink->ctl, -error))
		warning(sink->ctl->out,
			"the last line of the output is incomplete");
	*done = 0;
}

/* Of a file that takes no sync it is enough to have written. */
static int sync_file(struct sink *sink)
{
	if (sink->regular && fsync(sink->fd) && errno != EINVAL)
		return fail_output(sink->ctl, "sync it to the disk", errno);
	return STATUS_DONE;
}

int sink_write(struct sink *sink, const struct piece *piece,
	       const struct state_pending *pending, struct arrived *arrived)
{
	bool divisible = !sink->ctl->options.json &&
			 pending->length == pending->size;
	uint64_t done = 0;
	int ret;

	memset(arrived, 0, sizeof(*arrived));
	if (sink->journal.fd >= 0)
		return journal_send(&sink->journal, piece, arrived);
	ret = write_text(sink, pending, divisible, &done);
	take_back(sink, pending, divisible, ret, &done);
	arrived->begun = done || !pending->length;
	arrived->bytes = done == pending->length ? piece->size : done;
	arrived->unknown = sync_file(sink);
	if (arrived->unknown)
		return STATUS_FAILED;
	return ret ? fail_output(sink->ctl, "write to it", -ret) : STATUS_DONE;
}

/* Are the bytes of the file at @offset those of @text? */
static bool holds(int fd, off_t offset, const char *text, uint64_t size)
{
	char bytes[4096];
	ssize_t n;

	for (; size; size -= n, text += n, offset += n) {
		n = pread(fd, bytes,
			  size < sizeof(bytes) ? size : sizeof(bytes), offset);
		if (n <= 0 || memcmp(bytes, text, n))
			return false;
	}
	return true;
}

/*
 * How many bytes of the text are in the file; false when that can't be told: an
 * empty one may have been emptied, or be another one with the same inode.
 */
static bool find_text(struct sink *sink, const struct state_pending *pending,
		      uint64_t *done)
{
	char *again = xasprintf("/proc/self/fd/%d", sink->fd);
	struct state_pending now = { .sink = STATE_FILE };
	bool found = false;
	int fd;

	fd = open(again, O_RDONLY | O_CLOEXEC);
	free(again);
	if (fd < 0)
		return false;
	if (!find_place(sink, &now) && now.offset &&
	    now.device == pending->device && now.inode == pending->inode &&
	    now.offset >= pending->offset) {
		*done = now.offset - pending->offset;
		if (*done > pending->length)
			*done = pending->length;
		found = holds(fd, pending->offset, pending->text, *done);
	}
	close(fd);
	return found;
}

static int recover_file(struct sink *sink, const struct state_pending *pending,
			struct arrived *arrived)
{
	uint64_t done;
	int ret;

	ret = lock_file(sink);
	if (ret || !find_text(sink, pending, &done))
		return ret;
	arrived->told = done == pending->length;
	ret = write_text(sink, pending, false, &done);
	if (ret)
		return fail_output(sink->ctl, "write to it", -ret);
	ret = sync_file(sink);
	arrived->unknown = ret;
	arrived->begun = true;
	arrived->bytes = pending->size;
	return ret;
}

int sink_recover(struct sink *sink, const struct state_pending *pending,
		 struct arrived *arrived)
{
	memset(arrived, 0, sizeof(*arrived));
	arrived->unknown = true;
	arrived->told = true;
	if (sink->journal.fd >= 0 && pending->sink == STATE_JOURNAL)
		journal_recover(&sink->journal, pending, arrived);
	if (sink->regular && pending->sink == STATE_FILE)
		return recover_file(sink, pending, arrived);
	return STATUS_DONE;
}

int sink_wait(struct sink *sink, int milliseconds)
{
	struct pollfd fds[] = {
		{ .fd = sink->journal.signals, .events = POLLIN },
		{ .fd = sink->regular ? -1 : sink->fd },
	};
	int ret;

	do {
		ret = poll(fds, 2, milliseconds);
	} while (ret < 0 && errno == EINTR);
	if (fds[0].revents)
		return -EINTR;
	if (fds[1].revents)
		return -EPIPE;
	return 0;
}
