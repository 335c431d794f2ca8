// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of the log as entries of the journal, and which of them have arrived there.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/common/journal-entry.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/sysroot.h"
#include "cli/common/text.h"
#include "cli/pfructl/message-ids.h"
#include "journal.h"
#include "types.h"

/*
 * Longer lines become several entries: journalctl -o json shows a field of 4096 bytes,
 * its name and "=" included, as null unless --all is given.
 */
#define LINE_MAX_BYTES 4087U

static int fail_journal(struct pfructl *ctl, int error)
{
	fail(ctl->out, STATUS_FAILED, "journal",
	     "cannot reach the journal at %s: %s", JOURNAL_SOCKET,
	     strerror(error));
	fail_number(ctl->out, "errno", error);
	return STATUS_FAILED;
}

int journal_open(struct journal *journal)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char *path = sysroot_path("%s", JOURNAL_SOCKET);
	size_t length = strlen(path);
	int ret = STATUS_DONE;

	journal->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (length >= sizeof(to.sun_path))
		length = 0;
	memcpy(to.sun_path, path, length);
	free(path);
	if (journal->fd < 0 ||
	    connect(journal->fd, (struct sockaddr *)&to, sizeof(to)))
		ret = fail_journal(journal->ctl, errno);
	return ret;
}

/* What entries are found by, and what journal_recover() reads. */
static void add_fields(struct text *entry, const struct journal *journal,
		       const struct piece *piece)
{
	struct pfru_ring_position end = piece->start;

	pfru_ring_advance(&end, piece->size);
	text_printf(entry, "SYSLOG_IDENTIFIER=pfructl\n");
	journal_bytes(entry, "PFRU_DEVICE", journal->device->path,
		      strlen(journal->device->path));
	text_printf(entry, "PFRU_TYPE=%s\n",
		    log_type_name(journal->ctl->options.log_type));
	journal_number(entry, "PFRU_RESET_COUNT", piece->start.reset);
	journal_number(entry, "PFRU_POSITION",
		       pfru_ring_written(&piece->start));
	text_printf(entry, "PFRU_END=%u/%llu\n", end.reset,
		    (unsigned long long)pfru_ring_written(&end));
	journal_number(entry, "PFRU_LOST", piece->lost);
	if (piece->gap)
		text_printf(entry, "PFRU_DISCONTINUITY=1\n");
}

/* Returns 0, -EINTR when the program is to end, or a negative errno. */
static int send_datagram(const struct journal *journal, const char *bytes,
			 size_t size)
{
	struct pollfd fds[] = {
		{ .fd = journal->fd, .events = POLLOUT },
		{ .fd = journal->signals, .events = POLLIN },
	};

	while (send(journal->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) <
	       0) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		poll(fds, 2, -1);
		if (!fds[0].revents && fds[1].revents)
			return -EINTR;
	}
	return 0;
}

/* Without the end of the line; a long line that goes on has no end. */
static uint32_t text_size(const struct piece *piece)
{
	uint32_t length = piece->size;

	if (!length || piece->bytes[length - 1] != '\n')
		return length;
	while (length && (piece->bytes[length - 1] == '\n' ||
			  piece->bytes[length - 1] == '\r'))
		length--;
	return length;
}

/*
 * With PFRU_TEXT_SIZE the bytes of the log can be restored: so many of the message,
 * then up to PFRU_END the end of the line, a line feed after any carriage returns.
 */
static void add_message(struct text *entry, const struct piece *piece)
{
	bool loss = piece->lost || piece->gap;
	uint32_t length = text_size(piece);
	char *message;

	journal_number(entry, "PFRU_TEXT_SIZE", length);
	if (length) {
		journal_bytes(entry, "MESSAGE", piece->bytes, length);
		return;
	}
	message = loss ? xasprintf("%llu bytes of the log were lost%s",
				   (unsigned long long)piece->lost,
				   piece->gap ? ", and the log was restarted" :
						"") :
			 xasprintf(" ");
	journal_bytes(entry, "MESSAGE", message, strlen(message));
	free(message);
}

/* @piece is one line, or nothing but a loss. Returns as send_datagram(). */
static int send_line(const struct journal *journal, const struct piece *piece)
{
	bool loss = piece->lost || piece->gap;
	struct text entry = { 0 };
	int ret;

	add_message(&entry, piece);
	journal_number(&entry, "PRIORITY",
		       loss ? PRIORITY_WARNING : PRIORITY_INFO);
	if (loss)
		text_printf(&entry, "MESSAGE_ID=%s\n", MESSAGE_ID_LOST);
	add_fields(&entry, journal, piece);
	ret = send_datagram(journal, entry.bytes, entry.size);
	free(entry.bytes);
	return ret;
}

static uint32_t line_size(const uint8_t *bytes, uint32_t left)
{
	const uint8_t *end;

	if (left > LINE_MAX_BYTES)
		left = LINE_MAX_BYTES;
	end = memchr(bytes, '\n', left);
	return end ? (uint32_t)(end - bytes) + 1 : left;
}

int journal_send(const struct journal *journal, const struct piece *piece,
		 struct arrived *arrived)
{
	struct piece line = *piece;
	int ret = 0;

	line.size = 0;
	if (line.lost || line.gap)
		ret = send_line(journal, &line);
	arrived->begun = !ret && (line.lost || line.gap || !piece->size);
	line.lost = 0;
	line.gap = PFRU_BREAK_NONE;
	while (!ret && arrived->bytes < piece->size) {
		line.bytes = piece->bytes + arrived->bytes;
		line.size = line_size(line.bytes, piece->size - arrived->bytes);
		ret = send_line(journal, &line);
		if (ret)
			break;
		arrived->begun = true;
		arrived->bytes += line.size;
		pfru_ring_advance(&line.start, line.size);
	}
	return ret && ret != -EINTR ? fail_journal(journal->ctl, -ret) :
				      STATUS_DONE;
}

/* False when the program is to end. */
static bool wait_for_text(const struct journal *journal, int fd)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = journal->signals, .events = POLLIN },
	};

	return poll(fds, 2, -1) > 0 && !fds[1].revents;
}

/*
 * Run a program and keep what it prints, up to the room for it. Returns whether it
 * succeeded; false also when this program has to end meanwhile.
 */
static bool run_program(const struct journal *journal, char *const argv[],
			char *to, size_t room, size_t *size)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char *const no_environment[] = { NULL };
	bool waited = true;
	sigset_t none, usual;
	int status = -1;
	int pipe_fds[2];
	ssize_t n;
	pid_t pid;

	*size = 0;
	if (pipe2(pipe_fds, O_CLOEXEC))
		return false;
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGXFSZ);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &usual);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
	if (posix_spawn(&pid, argv[0], &actions, &attributes, argv,
			no_environment))
		pid = -1;
	close(pipe_fds[1]);
	while (*size < room && (waited = wait_for_text(journal, pipe_fds[0])) &&
	       (n = read(pipe_fds[0], to + *size, room - *size)) > 0)
		*size += n;
	close(pipe_fds[0]);
	if (pid > 0 && !waited)
		kill(pid, SIGKILL);
	if (pid > 0)
		waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return !status;
}

/* What was sent before is stored when this succeeds; only root may ask for it. */
static bool sync_journal(const struct journal *journal, char *program)
{
	char *const argv[] = { program, "--sync", NULL };
	char nothing[1];
	size_t size;

	return run_program(journal, argv, nothing, sizeof(nothing), &size);
}

/*
 * The last PFRU_END in the journal. Anybody can send such fields: journald's own
 * tell who did.
 */
static bool ask_journal(const struct journal *journal, char *program,
			unsigned int *reset, unsigned long long *end)
{
	char *by_device = xasprintf("PFRU_DEVICE=%s", journal->device->path);
	char *by_type =
		xasprintf("PFRU_TYPE=%s",
			  log_type_name(journal->ctl->options.log_type));
	char *by_user = xasprintf("_UID=%u", geteuid());
	char *const argv[] = {
		program,
		"--quiet",
		"--no-pager",
		"--output=cat",
		"--output-fields=PFRU_END",
		"--lines=1",
		by_device,
		by_type,
		by_user,
		"_TRANSPORT=journal",
		NULL,
	};
	char answer[64];
	size_t size;

	run_program(journal, argv, answer, sizeof(answer) - 1, &size);
	answer[size] = '\0';
	free(by_device);
	free(by_type);
	free(by_user);
	return sscanf(answer, "%u/%llu", reset, end) == 2;
}

void journal_recover(const struct journal *journal,
		     const struct state_pending *pending,
		     struct arrived *arrived)
{
	char *program = sysroot_path("/usr/bin/journalctl");
	uint64_t start = pfru_ring_written(&pending->start);
	unsigned long long end;
	unsigned int reset;

	/* after an uncounted restart, the old log had the same positions */
	arrived->unknown = pending->gap > PFRU_BREAK_RESET ||
			   !sync_journal(journal, program) ||
			   !ask_journal(journal, program, &reset, &end);
	free(program);
	if (arrived->unknown || reset != pending->start.reset || end < start ||
	    end - start > pending->size)
		return;
	arrived->bytes = end - start;
	arrived->begun = arrived->bytes || pending->lost || pending->gap;
}
