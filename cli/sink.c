// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Printing, and knowing what was printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "follow.h"
#include "journal.h"
#include "log-types.h"
#include "output.h"
#include "sink.h"

/* milliseconds that the reader of a pipe has for the rest of a line */
#define PATIENCE 5000

static int fail_output(struct pfructl *ctl, const char *what, int error)
{
	const char *name = ctl->options.output ? ctl->options.output :
						 "standard output";

	fail(ctl->out, STATUS_FAILED, "output", "%s: cannot %s: %s",
	     escaped(name), what, strerror(error));
	fail_number(ctl->out, "errno", error);
	return STATUS_FAILED;
}

/* A new name is on the disk when its directory is. */
static int sync_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory =
		slash ? xasprintf("%.*s/", (int)(slash - path), path) :
			xasprintf(".");
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = fd < 0 || fsync(fd) ? errno : 0;

	free(directory);
	if (fd >= 0)
		close(fd);
	return ret;
}

int open_output(struct pfructl *ctl, int flags, int *fd)
{
	const char *path = ctl->options.output;
	int error = 0;

	flags |= O_WRONLY | O_CLOEXEC | O_NOCTTY;
	*fd = open(path, flags | O_CREAT | O_EXCL, 0600);
	if (*fd >= 0)
		error = sync_directory_of(path);
	else if (errno == EEXIST)
		*fd = open(path, flags);
	if (*fd < 0)
		return fail_output(ctl, "open it", errno);
	if (error)
		return fail_output(ctl, "make it", error);
	return STATUS_DONE;
}

/* From here on an end is noticed where it is waited for, and nowhere else. */
static int hold_signals(struct sink *sink)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	sink->signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	return sink->signals < 0 ?
		       fail_output(sink->ctl, "wait for signals", errno) :
		       STATUS_DONE;
}

static int open_file(struct sink *sink)
{
	struct stat st;

	sink->fd = STDOUT_FILENO;
	if (sink->ctl->options.output) {
		out_set_raw(sink->ctl->out);
		sink->own = true;
		if (open_output(sink->ctl, O_APPEND, &sink->fd))
			return STATUS_FAILED;
	}
	if (fstat(sink->fd, &st))
		return fail_output(sink->ctl, "look at it", errno);
	sink->regular = S_ISREG(st.st_mode);
	return STATUS_DONE;
}

int sink_open(struct sink *sink, struct pfructl *ctl,
	      const struct device *device)
{
	int ret;

	memset(sink, 0, sizeof(*sink));
	sink->ctl = ctl;
	sink->device = device;
	sink->fd = -1;
	sink->journal = -1;
	sink->signals = -1;
	ret = ctl->options.journal ? journal_open(ctl, &sink->journal) :
				     open_file(sink);
	return ret ? ret : hold_signals(sink);
}

void sink_close(struct sink *sink)
{
	if (sink->own && sink->fd >= 0)
		close(sink->fd);
	if (sink->journal >= 0)
		close(sink->journal);
	if (sink->signals >= 0)
		close(sink->signals);
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

int sink_begin(struct sink *sink, const struct piece *piece, char **text,
	       struct state_pending *pending)
{
	struct stat st;
	size_t size;

	memset(pending, 0, sizeof(*pending));
	pending->start = piece->start;
	pending->size = piece->size;
	pending->length = piece->size;
	*text = NULL;
	if (sink->journal >= 0)
		return STATUS_DONE;
	print_piece(sink, piece);
	*text = out_take(sink->ctl->out, &size);
	pending->length = size;
	if (!sink->regular)
		return STATUS_DONE;
	if (fstat(sink->fd, &st))
		return fail_output(sink->ctl, "look at it", errno);
	pending->device = st.st_dev;
	pending->inode = st.st_ino;
	pending->offset = st.st_size;
	return STATUS_DONE;
}

static bool to_end(struct sink *sink)
{
	struct pollfd poll_fd = { .fd = sink->signals, .events = POLLIN };

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
		{ .fd = sink->signals, .events = POLLIN },
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

static int write_text(struct sink *sink, const char *text, uint64_t length,
		      bool divisible, uint64_t *done)
{
	ssize_t n;

	for (*done = 0; *done < length; *done += n) {
		n = write_some(sink, text + *done, length - *done);
		if (n == -EINTR && to_end(sink) &&
		    (divisible || !*done || !writable_soon(sink)))
			return 0;
		if (n == -EINTR || n == -EAGAIN)
			n = 0;
		if (n < 0)
			return n;
	}
	return 0;
}

/* Half a line of JSON is of no use: take it back where that can be done. */
static void take_back(struct sink *sink, const struct state_pending *pending,
		      bool divisible, uint64_t *done)
{
	if (divisible || *done == pending->length)
		return;
	if (sink->regular && *done && ftruncate(sink->fd, pending->offset))
		warning(sink->ctl->out,
			"the last line of the output is not whole");
	*done = 0;
}

int sink_write(struct sink *sink, const struct piece *piece, const char *text,
	       const struct state_pending *pending, uint32_t *printed)
{
	bool divisible = !sink->ctl->options.json &&
			 pending->length == pending->size;
	uint64_t done;
	int ret;

	*printed = 0;
	if (sink->journal >= 0)
		return journal_send(sink->ctl, sink->journal, sink->device,
				    piece, printed);
	ret = write_text(sink, text, pending->length, divisible, &done);
	take_back(sink, pending, divisible, &done);
	if (done == pending->length)
		*printed = piece->size;
	else if (divisible)
		*printed = done;
	if (sink->regular && fsync(sink->fd) && errno != EINVAL) {
		*printed = 0;
		return fail_output(sink->ctl, "bring it to the disk", errno);
	}
	return ret ? fail_output(sink->ctl, "write to it", -ret) : STATUS_DONE;
}

bool sink_recover(struct sink *sink, const struct state_pending *pending,
		  uint64_t *printed)
{
	bool text = pending->length == pending->size;
	uint64_t done;
	struct stat st;

	*printed = 0;
	if (sink->journal >= 0)
		return journal_recover(sink->ctl, sink->device, pending,
				       printed);
	if (!sink->regular || fstat(sink->fd, &st) ||
	    st.st_dev != pending->device || st.st_ino != pending->inode ||
	    (uint64_t)st.st_size < pending->offset)
		return false;
	done = st.st_size - pending->offset;
	if (done >= pending->length)
		*printed = pending->size;
	else if (text)
		*printed = done;
	else if (done)
		return !ftruncate(sink->fd, pending->offset);
	return true;
}

int sink_wait(struct sink *sink, int milliseconds)
{
	struct pollfd fds[] = {
		{ .fd = sink->signals, .events = POLLIN },
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
