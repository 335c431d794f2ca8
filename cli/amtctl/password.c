// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A password. It is read without stdio, whose buffers would keep a copy.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cli/amt/secret.h"
#include "cli/common/memory.h"
#include "cli/common/reopen.h"
#include "password.h"

#define LENGTH_MIN 8
#define LENGTH_MAX 32

/* what ends or stops the program while it waits for a person, and lets it go on */
static const int signals[] = { SIGINT,	SIGTERM, SIGHUP,
			       SIGQUIT, SIGTSTP, SIGCONT };
static volatile sig_atomic_t caught;

static int fail_read(struct amtctl *ctl, const char *what, int error)
{
	return fail(ctl->out, STATUS_FAILED, "password",
		    "the password can't be read from %s: %s", what,
		    strerror(error));
}

/* To the end; the room is larger than any password. */
static ssize_t read_all(int fd, char *to)
{
	size_t size = 0;
	ssize_t n;

	while (size < PASSWORD_ROOM - 1) {
		n = read(fd, to + size, PASSWORD_ROOM - 1 - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return n;
		if (!n)
			break;
		size += n;
	}
	return size;
}

static size_t without_line_end(const char *text, size_t size)
{
	if (size && text[size - 1] == '\n')
		size--;
	return size;
}

static int read_descriptor(struct amtctl *ctl, int fd, const char *what,
			   char *password)
{
	ssize_t size = read_all(fd, password);

	if (size < 0)
		return fail_read(ctl, what, errno);
	size = without_line_end(password, size);
	password[size] = '\0';
	if (strlen(password) != (size_t)size)
		return fail(ctl->out, STATUS_FAILED, "password",
			    "%s contains a NUL byte, which no password can",
			    what);
	return STATUS_DONE;
}

static int read_file(struct amtctl *ctl, char *password)
{
	const char *path = ctl->password_file;
	int fd = open_no_device(path);
	struct stat st;
	int ret;

	if (fd == -ENOTBLK)
		return fail(ctl->out, STATUS_FAILED, "password",
			    "%s is a device, and was not opened: give a file, a pipe, or - for standard input",
			    path);
	if (fd < 0)
		return fail_read(ctl, path, -fd);
	if (fstat(fd, &st)) {
		ret = fail_read(ctl, path, errno);
		close(fd);
		return ret;
	}
	if (S_ISREG(st.st_mode) && st.st_mode & 0044)
		warning(ctl->out,
			"%s may be read by others (mode %04o): 'chmod 600' it",
			path, st.st_mode & 07777);
	ret = read_descriptor(ctl, fd, path, password);
	close(fd);
	return ret;
}

static void on_signal(int number)
{
	caught = number;
}

/* Waits for a line, or for a signal: those are blocked but in ppoll(). */
static ssize_t read_line(char *to)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	struct sigaction catch = { .sa_handler = on_signal };
	struct sigaction before[ARRAY_LENGTH(signals)];
	sigset_t blocked, usual;
	ssize_t n = -1;
	size_t i;

	sigemptyset(&blocked);
	for (i = 0; i < ARRAY_LENGTH(signals); i++)
		sigaddset(&blocked, signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, &usual);
	for (i = 0; i < ARRAY_LENGTH(signals); i++) {
		sigaction(signals[i], &catch, &before[i]);
		/* what the program was started to ignore stays so */
		if (before[i].sa_handler == SIG_IGN)
			sigaction(signals[i], &before[i], NULL);
	}
	if (ppoll(&fd, 1, NULL, &usual) > 0 && !caught)
		n = read(STDIN_FILENO, to, PASSWORD_ROOM - 1);
	for (i = 0; i < ARRAY_LENGTH(signals); i++)
		sigaction(signals[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, &usual, NULL);
	return n;
}

/* The signal takes effect when the terminal is what it was. */
static ssize_t read_without_echo(const char *prompt, char *to)
{
	struct termios usual, silent;
	ssize_t n;

	caught = 0;
	if (tcgetattr(STDIN_FILENO, &usual))
		return -1;
	silent = usual;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	silent.c_lflag |= ECHONL | ICANON;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent))
		return -1;
	fprintf(stderr, "%s", prompt);
	fflush(stderr);
	n = read_line(to);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual);
	if (caught) {
		fprintf(stderr, "\n");
		raise(caught);
	}
	return n;
}

/* A shell has its own settings while the program is stopped, and may leave them. */
static bool is_to_go_on(void)
{
	return caught == SIGTSTP || caught == SIGCONT;
}

static int ask_once(struct amtctl *ctl, const char *prompt, char *to)
{
	ssize_t n;

	do {
		n = read_without_echo(prompt, to);
	} while (n < 0 && is_to_go_on());
	if (n < 0)
		return fail_read(ctl, "the terminal", errno);
	n = without_line_end(to, n);
	to[n] = '\0';
	return n ? STATUS_DONE :
		   fail(ctl->out, STATUS_FAILED, "declined",
			"no password was given: nothing was changed");
}

static int ask_twice(struct amtctl *ctl, char *password)
{
	char *again = secret_take(PASSWORD_ROOM);
	int ret;

	if (!again)
		out_of_memory();
	ret = ask_once(ctl, "New password of AMT's admin: ", password);
	if (!ret)
		ret = ask_once(ctl, "The same again: ", again);
	if (!ret && strcmp(password, again))
		ret = fail(ctl->out, STATUS_FAILED, "password",
			   "the two passwords differ: nothing was changed");
	secret_give(again);
	return ret;
}

static int read_any(struct amtctl *ctl, char *password)
{
	bool is_stdin =
		ctl->password_stdin ||
		(ctl->password_file && !strcmp(ctl->password_file, "-"));

	if (ctl->password_stdin && ctl->password_file)
		return fail(ctl->out, STATUS_USAGE, "usage",
			    "--password-file and --password-stdin exclude each other");
	if (is_stdin)
		return read_descriptor(ctl, STDIN_FILENO, "standard input",
				       password);
	if (ctl->password_file)
		return read_file(ctl, password);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return fail(ctl->out, STATUS_USAGE, "usage",
			    "there is no terminal to ask for the password on: give --password-file or --password-stdin");
	return ask_twice(ctl, password);
}

static bool has_one_of(const char *password, char from, char to)
{
	for (; *password; password++)
		if (*password >= from && *password <= to)
			return true;
	return false;
}

/* What is missing in it, or must not be there; NULL when AMT takes it. */
static const char *weakness(const char *password)
{
	static const char specials[] = "!#$%&'()*+-./;<=>?@[\\]^`{|}~";
	size_t length = strlen(password), i;

	if (length < LENGTH_MIN || length > LENGTH_MAX)
		return "8 to 32 characters";
	for (i = 0; i < length; i++)
		if (password[i] < ' ' || password[i] > '~' ||
		    strchr("\",:", password[i]))
			return "printable ASCII characters only, and none of \" , :";
	if (!has_one_of(password, 'a', 'z'))
		return "a lower-case letter";
	if (!has_one_of(password, 'A', 'Z'))
		return "an upper-case letter";
	if (!has_one_of(password, '0', '9'))
		return "a digit";
	return strpbrk(password, specials) ? NULL :
					     "a character like ! $ % & * + - ?";
}

int password_read(struct amtctl *ctl, char *password)
{
	int ret = read_any(ctl, password);
	const char *wanted;

	if (ret)
		return ret;
	wanted = weakness(password);
	return wanted ? fail(ctl->out, STATUS_FAILED, "password",
			     "AMT does not accept this password: it needs %s",
			     wanted) :
			STATUS_DONE;
}
