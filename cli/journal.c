// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal's native protocol: "NAME=value\n" for text, and for any bytes
 * "NAME\n", 8 bytes of length in little-endian, the bytes, "\n".
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal.h"
#include "log-types.h"
#include "output.h"
#include "sysroot.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* longer lines become several entries; a datagram holds much more */
#define LINE_MAX_BYTES 16384U

/* syslog(3) */
#define PRIORITY_WARNING 4
#define PRIORITY_INFO	 6

static int fail_journal(struct pfructl *ctl, int error)
{
	fail(ctl->out, STATUS_FAILED, "journal",
	     "cannot reach the journal at %s: %s", JOURNAL_SOCKET,
	     strerror(error));
	fail_number(ctl->out, "errno", error);
	return STATUS_FAILED;
}

int journal_open(struct pfructl *ctl, int *fd)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char *path = sysroot_path("%s", JOURNAL_SOCKET);
	size_t length = strlen(path);
	int ret = STATUS_DONE;

	*fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (length >= sizeof(to.sun_path))
		length = 0;
	memcpy(to.sun_path, path, length);
	free(path);
	if (*fd < 0 || connect(*fd, (struct sockaddr *)&to, sizeof(to)))
		ret = fail_journal(ctl, errno);
	return ret;
}

static void add_bytes(FILE *entry, const char *name, const void *bytes,
		      size_t size)
{
	uint64_t length = htole64(size);

	fprintf(entry, "%s\n", name);
	fwrite(&length, sizeof(length), 1, entry);
	fwrite(bytes, 1, size, entry);
	fputc('\n', entry);
}

static void add_number(FILE *entry, const char *name, uint64_t number)
{
	fprintf(entry, "%s=%llu\n", name, (unsigned long long)number);
}

/* What entries are found by, and what journal_recover() reads. */
static void add_fields(FILE *entry, struct pfructl *ctl,
		       const struct device *device, const struct piece *piece)
{
	struct pfru_ring_position end = piece->start;

	pfru_ring_advance(&end, piece->size);
	fputs("SYSLOG_IDENTIFIER=pfructl\n", entry);
	add_bytes(entry, "PFRU_DEVICE", device->path, strlen(device->path));
	fprintf(entry, "PFRU_TYPE=%s\n", log_type_name(ctl->options.log_type));
	add_number(entry, "PFRU_RESET_COUNT", piece->start.reset);
	add_number(entry, "PFRU_POSITION", pfru_ring_written(&piece->start));
	fprintf(entry, "PFRU_END=%u/%llu\n", end.reset,
		(unsigned long long)pfru_ring_written(&end));
	add_number(entry, "PFRU_LOST", piece->lost);
	if (piece->gap)
		fputs("PFRU_DISCONTINUITY=1\n", entry);
}

static int send_entry(struct pfructl *ctl, int fd, FILE *entry, char **buffer,
		      size_t *size)
{
	int error = 0;

	if (fclose(entry))
		error = ENOMEM;
	while (!error && send(fd, *buffer, *size, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			error = errno;
	free(*buffer);
	return error ? fail_journal(ctl, error) : STATUS_DONE;
}

/* @piece is one line, or nothing but a loss. */
static int send_line(struct pfructl *ctl, int fd, const struct device *device,
		     const struct piece *piece)
{
	bool loss = piece->lost || piece->gap;
	uint32_t length = piece->size;
	char *buffer, *message;
	size_t size;
	FILE *entry = open_memstream(&buffer, &size);

	if (!entry)
		return fail_journal(ctl, ENOMEM);
	while (length && (piece->bytes[length - 1] == '\n' ||
			  piece->bytes[length - 1] == '\r'))
		length--;
	if (length) {
		add_bytes(entry, "MESSAGE", piece->bytes, length);
	} else {
		message = loss ? xasprintf("%llu bytes of the log were lost%s",
					   (unsigned long long)piece->lost,
					   piece->gap ?
						   ", and the log began anew" :
						   "") :
				 xasprintf(" ");
		add_bytes(entry, "MESSAGE", message, strlen(message));
		free(message);
	}
	add_number(entry, "PRIORITY", loss ? PRIORITY_WARNING : PRIORITY_INFO);
	add_fields(entry, ctl, device, piece);
	return send_entry(ctl, fd, entry, &buffer, &size);
}

static uint32_t line_size(const uint8_t *bytes, uint32_t left)
{
	const uint8_t *end;

	if (left > LINE_MAX_BYTES)
		left = LINE_MAX_BYTES;
	end = memchr(bytes, '\n', left);
	return end ? end - bytes + 1 : left;
}

int journal_send(struct pfructl *ctl, int fd, const struct device *device,
		 const struct piece *piece, uint32_t *printed)
{
	struct piece line = *piece;
	int ret = STATUS_DONE;

	line.size = 0;
	if (line.lost || line.gap)
		ret = send_line(ctl, fd, device, &line);
	line.lost = 0;
	line.gap = PFRU_BREAK_NONE;
	for (*printed = 0; !ret && *printed < piece->size;) {
		line.bytes = piece->bytes + *printed;
		line.size = line_size(line.bytes, piece->size - *printed);
		ret = send_line(ctl, fd, device, &line);
		if (ret)
			break;
		*printed += line.size;
		pfru_ring_advance(&line.start, line.size);
	}
	return ret;
}

/* Run a program; what it prints, as far as there is room for it. */
static size_t run_program(char *const argv[], char *to, size_t room)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char *const no_environment[] = { NULL };
	sigset_t none;
	size_t size = 0;
	int pipe_fds[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return 0;
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
	if (posix_spawn(&pid, argv[0], &actions, &attributes, argv,
			no_environment))
		pid = -1;
	close(pipe_fds[1]);
	while (size < room &&
	       (n = read(pipe_fds[0], to + size, room - size)) > 0)
		size += n;
	close(pipe_fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return size;
}

/* The last PFRU_END in the journal. */
static bool ask_journal(struct pfructl *ctl, const struct device *device,
			unsigned int *reset, unsigned long long *end)
{
	char *path = sysroot_path("/usr/bin/journalctl");
	char *by_device = xasprintf("PFRU_DEVICE=%s", device->path);
	char *by_type =
		xasprintf("PFRU_TYPE=%s", log_type_name(ctl->options.log_type));
	char *const argv[] = {
		path,
		"--quiet",
		"--no-pager",
		"--output=cat",
		"--output-fields=PFRU_END",
		"--lines=1",
		by_device,
		by_type,
		NULL,
	};
	char answer[64];
	size_t size = run_program(argv, answer, sizeof(answer) - 1);

	answer[size] = '\0';
	free(path);
	free(by_device);
	free(by_type);
	return sscanf(answer, "%u/%llu", reset, end) == 2;
}

bool journal_recover(struct pfructl *ctl, const struct device *device,
		     const struct state_pending *pending, uint64_t *printed)
{
	uint64_t start = pfru_ring_written(&pending->start);
	unsigned int reset;
	unsigned long long end;

	if (!ask_journal(ctl, device, &reset, &end))
		return false;
	*printed = 0;
	if (reset == pending->start.reset && end > start &&
	    end - start <= pending->size)
		*printed = end - start;
	return true;
}
