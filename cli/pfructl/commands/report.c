// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl report: what a vendor wants to see of a machine, in one archive. Each
 * document comes from a separate run of this program: if one fails or runs out of
 * memory, the archive has what it printed, and the others are not affected. Holds no
 * secret: no capsule, no machine id, and of the kernel's log only lines about these
 * devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/common/atomic-file.h"
#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/tar.h"
#include "cli/pfructl/options.h"
#include "core/ids.h"

#define DIRECTORY "pfru-report/"
#define TIME_SIZE 32

/* of klogctl(2), whose header names none */
#define KERNEL_LOG_READ_ALL 3
#define KERNEL_LOG_SIZE	    10

/* what is in the archive of a run of this program */
static const struct {
	const char *name;
	const char *what;
	const char *words[3];
} runs[] = {
	{ "version.json", "the version of pfructl", { "--version" } },
	{ "status.json", "devices, drivers, what is missing", { "status" } },
	{ "capability.json",
	  "what can be updated, and what runs",
	  { "capability" } },
	{ "history.json",
	  "the record of updates, without the machine id",
	  { "history" } },
	{ "telemetry-execution.json",
	  "the firmware's log of updates since the last reset",
	  { "telemetry", "--type", "execution" } },
	{ "telemetry-history.json",
	  "the firmware's log of history",
	  { "telemetry", "--type", "history" } },
	{ "metrics.json", "firmware calls and what they cost", { "metrics" } },
};

/* a line of the kernel's log that has one of these is about the devices */
static const char *const kernel_words[] = {
	"pfru",		 PFRU_MAINLINE_UPDATE, PFRU_MAINLINE_TELEMETRY,
	PFRU_UPDATE_HID, PFRU_TELEMETRY_HID,
};

/**
 * struct member - a file of the archive
 * @name: its name
 * @what: is in it
 * @bytes: its content, allocated
 * @size: of @bytes
 * @status: exit status of the run that printed it, -1 for none
 */
struct member {
	const char *name;
	const char *what;
	char *bytes;
	size_t size;
	int status;
};

/**
 * struct report - all of it
 * @members: the files
 * @count: number of them
 * @time: when it was made
 * @contents: the list of them, for people
 */
struct report {
	struct member members[ARRAY_LENGTH(runs) + 2];
	size_t count;
	time_t time;
	struct text contents;
};

static struct member *add(struct report *report, const char *name,
			  const char *what)
{
	struct member *member = &report->members[report->count++];

	*member = (struct member){ .name = name, .what = what, .status = -1 };
	return member;
}

/* Run this program with @words and --json, printing to @fd; a negative errno. */
static int start(const char *const *words, int fd, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	char *arguments[6] = { (char *)program_name };
	size_t i;
	int error;

	for (i = 0; i < ARRAY_LENGTH(runs[0].words) && words[i]; i++)
		arguments[1 + i] = (char *)words[i];
	arguments[1 + i] = "--json";
	posix_spawn_file_actions_init(&actions);
	error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
						 "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, fd,
							 STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_addopen(&actions,
							 STDERR_FILENO,
							 "/dev/null", O_WRONLY,
							 0);
	if (!error)
		error = posix_spawn(child, "/proc/self/exe", &actions, NULL,
				    arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

static int read_back(int fd, struct member *member)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st))
		return -errno;
	/* and the end of a string */
	member->bytes = xrealloc(NULL, st.st_size + 1);
	while (member->size < (size_t)st.st_size) {
		n = pread(fd, member->bytes + member->size,
			  st.st_size - member->size, member->size);
		if (n <= 0)
			return n ? -errno : -EIO;
		member->size += n;
	}
	member->bytes[member->size] = '\0';
	return 0;
}

static int run_one(const char *const *words, struct member *member)
{
	int status, ret, fd = memfd_create(member->name, MFD_CLOEXEC);
	pid_t child;

	if (fd < 0)
		return -errno;
	ret = start(words, fd, &child);
	if (!ret) {
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		member->status = WIFEXITED(status) ? WEXITSTATUS(status) :
						     128 + WTERMSIG(status);
		ret = read_back(fd, member);
	}
	close(fd);
	return ret;
}

/* machine-id(5): is to be treated as confidential */
static void drop_machine_ids(json_object *value)
{
	size_t i;

	if (json_object_is_type(value, json_type_array))
		for (i = 0; i < json_object_array_length(value); i++)
			drop_machine_ids(json_object_array_get_idx(value, i));
	if (!json_object_is_type(value, json_type_object))
		return;
	json_object_object_del(value, "machine_id");
	json_object_object_foreach(value, key, inner) {
		(void)key;
		drop_machine_ids(inner);
	}
}

/* What cannot be looked through is left out. */
static void clean(struct member *member)
{
	json_object *document = json_tokener_parse(member->bytes);
	struct text text = { 0 };

	if (document) {
		drop_machine_ids(document);
		text_json(&text, document, true);
		text_append(&text, "\n", 1);
	}
	json_object_put(document);
	free(member->bytes);
	member->bytes = text.bytes;
	member->size = text.size;
}

static bool is_ours(const char *line, size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(kernel_words); i++)
		if (memmem(line, size, kernel_words[i],
			   strlen(kernel_words[i])))
			return true;
	return false;
}

static void append_our_lines(struct text *text, const char *log, size_t size)
{
	while (size) {
		const char *end = memchr(log, '\n', size);
		size_t length = end ? (size_t)(end - log) + 1 : size;

		if (is_ours(log, length))
			text_append(text, log, length);
		log += length;
		size -= length;
	}
}

static void add_kernel(struct report *report)
{
	struct member *member =
		add(report, "kernel.txt",
		    "lines of the kernel's log about these devices");
	struct text text = { 0 };
	int size = klogctl(KERNEL_LOG_SIZE, NULL, 0);
	char *log = size < 0 ? NULL : xrealloc(NULL, size);
	int n = log ? klogctl(KERNEL_LOG_READ_ALL, log, size) : -1;

	if (n < 0)
		text_printf(&text, "the kernel's log cannot be read: %s\n",
			    strerror(errno));
	else
		append_our_lines(&text, log, n);
	free(log);
	member->bytes = text.bytes;
	member->size = text.size;
}

/* not the name of the machine */
static void add_system(struct report *report)
{
	struct member *member =
		add(report, "system.txt", "the kernel that runs");
	struct text text = { 0 };
	struct utsname name;

	if (!uname(&name))
		text_printf(&text, "%s %s %s %s\n", name.sysname, name.release,
			    name.version, name.machine);
	member->bytes = text.bytes;
	member->size = text.size;
}

static void list_members(struct report *report)
{
	struct text *text = &report->contents;
	char made[TIME_SIZE];
	size_t i;

	strftime(made, sizeof(made), "%Y-%m-%dT%H:%M:%SZ",
		 gmtime(&report->time));
	text_printf(text,
		    "Report of pfructl " PFRUCTL_VERSION ", made at %s.\n"
		    "Left out: the machine id and the host name, capsules, and what the\n"
		    "kernel's log says about anything else.\n\n"
		    "Bytes     Exit  File                      What is in it\n",
		    made);
	for (i = 0; i < report->count; i++) {
		const struct member *m = &report->members[i];
		char status[16] = "-";

		if (m->status >= 0)
			snprintf(status, sizeof(status), "%d", m->status);
		text_printf(text, "%-8zu  %-4s  %-24s  %s\n", m->size, status,
			    m->name, m->what);
	}
	text_append(text, "", 1);
}

static int gather(struct report *report)
{
	int ret = 0;
	size_t i;

	report->time = time(NULL);
	for (i = 0; !ret && i < ARRAY_LENGTH(runs); i++) {
		struct member *m = add(report, runs[i].name, runs[i].what);

		ret = run_one(runs[i].words, m);
		if (!ret && !strcmp(runs[i].words[0], "history"))
			clean(m);
	}
	if (ret)
		return ret;
	add_kernel(report);
	add_system(report);
	list_members(report);
	return 0;
}

static int write_archive(const struct report *report, int fd)
{
	struct text archive;
	size_t i;

	text_stream(&archive);
	archive.fd = fd;
	tar_add(&archive, DIRECTORY "CONTENTS", report->contents.bytes,
		report->contents.size - 1, report->time);
	for (i = 0; i < report->count; i++) {
		const struct member *m = &report->members[i];
		char *name = xasprintf(DIRECTORY "%s", m->name);

		tar_add(&archive, name, m->bytes, m->size, report->time);
		free(name);
	}
	tar_end(&archive);
	return text_stream_end(&archive);
}

static void print(struct output *out, const struct report *report,
		  const char *path)
{
	size_t i;

	out_string(out, "file", "Report", path);
	out_list(out, "members", NULL);
	for (i = 0; i < report->count; i++) {
		const struct member *m = &report->members[i];

		out_group(out, NULL, NULL);
		out_string(out, "name", NULL, m->name);
		out_string(out, "what", NULL, m->what);
		out_number(out, "size", NULL, m->size);
		if (m->status < 0)
			out_null(out, "exit_status");
		else
			out_number(out, "exit_status", NULL, m->status);
		out_end(out);
	}
	out_end(out);
	out_plain(out, report->contents.bytes);
}

static void free_report(struct report *report)
{
	size_t i;

	for (i = 0; i < report->count; i++)
		free(report->members[i].bytes);
	free(report->contents.bytes);
}

static int cannot(struct pfructl *ctl, const char *reason, const char *path,
		  const char *what, int error)
{
	fail(ctl->out, STATUS_FAILED, reason, "%s: cannot %s: %s",
	     escaped(path), what, strerror(error));
	fail_number(ctl->out, "errno", error);
	return STATUS_FAILED;
}

static int make(struct pfructl *ctl, const char *path, bool to_stdout)
{
	struct report report = { .count = 0 };
	struct atomic_file file;
	int ret = atomic_file_begin(&file, to_stdout ? "/dev/stdout" : path);

	if (ret) {
		atomic_file_end(&file, ret);
		return cannot(ctl, "output", path, "open it", -ret);
	}
	if (atomic_file_is_terminal(&file)) {
		atomic_file_end(&file, -ENOTTY);
		return fail(ctl->out, STATUS_FAILED, "output",
			    "%s: an archive cannot be shown on a terminal: give a file",
			    escaped(path));
	}
	ret = gather(&report);
	if (ret) {
		atomic_file_end(&file, ret);
		free_report(&report);
		return cannot(ctl, "report", "/proc/self/exe", "run it", -ret);
	}
	ret = atomic_file_start(&file);
	if (!ret)
		ret = write_archive(&report, file.fd);
	ret = atomic_file_end(&file, ret);
	if (!ret && !to_stdout)
		print(ctl->out, &report, path);
	free_report(&report);
	return ret ? cannot(ctl, "output", path, "write to it", -ret) :
		     STATUS_DONE;
}

static int run(void *program)
{
	struct pfructl *ctl = program;
	const char *path = ctl->options.output;
	bool to_stdout = path && !strcmp(path, "-");
	time_t now = time(NULL);
	char name[TIME_SIZE + 16];

	if (to_stdout && ctl->options.json)
		return fail(ctl->out, STATUS_USAGE, "usage",
			    "with --json, standard output is for the document: give --output a file");
	/* it has the record, which is nobody else's to read */
	umask(077);
	strftime(name, sizeof(name), "pfru-report-%Y%m%dT%H%M%SZ.tar",
		 gmtime(&now));
	return make(ctl, path ? path : name, to_stdout);
}

static const struct cli_option options[] = {
	{ 'o', "output", "FILE",
	  "the archive; - for standard output; the default is a file in this\n"
	  "directory with the time in its name",
	  OPTION_AT(output), options_file },
	{ 0 },
};

const struct cli_command cmd_report = {
	.name = "report",
	.help = "put what a vendor wants to see into one archive",
	.details =
		"Status, capability, record of updates, both logs of the firmware, figures, and the\n"
		"kernel's lines about the devices, with a list of what is in it. No secrets: the\n"
		"machine id, the host name and capsules are left out. Makes the firmware calls of\n"
		"capability and of two runs of telemetry. Succeeds without a device, too.\n",
	.options = options,
	.run = run,
};
