// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attempts: what is on record of each, and the journal's copy of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "attempt.h"
#include "cli/common/escape.h"
#include "cli/common/journal-entry.h"
#include "cli/common/machine.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/state-directory.h"
#include "cli/common/sysroot.h"
#include "cli/pfructl/message-ids.h"
#include "core/status.h"
#include "history.h"

/* loginuid of what no login began */
#define NO_LOGIN "4294967295"

/* the journal's lines about an attempt, by how it ended */
static const struct {
	const char *event;
	const char *message_id;
	int priority;
	const char *words;
} ends[] = {
	[STATUS_DONE] = { EVENT_DONE, MESSAGE_ID_DONE, PRIORITY_NOTICE,
			  "done" },
	[STATUS_FAILED] = { EVENT_FAILED, MESSAGE_ID_FAILED, PRIORITY_ERROR,
			    "failed" },
	[STATUS_UNKNOWN] = { EVENT_UNKNOWN, MESSAGE_ID_UNKNOWN, PRIORITY_ERROR,
			     "outcome unknown" },
};

int attempt_fail_record(struct pfructl *ctl, const char *what, int error)
{
	char *path = sysroot_path("%s/history", STATE_DIRECTORY);

	fail(ctl->out, STATUS_FAILED, "record",
	     "%s: cannot %s: %s; without a record the firmware is not called",
	     escaped(path), what, strerror(error));
	fail_number(ctl->out, "errno", error);
	free(path);
	return STATUS_FAILED;
}

static int read_attempts(struct pfructl *ctl, json_object **attempts)
{
	const char *what;
	int ret = history_read(attempts, &what);

	return ret ? attempt_fail_record(ctl, what, -ret) : STATUS_DONE;
}

bool attempt_is_interrupted(json_object *attempt)
{
	const char *state = history_text(attempt, "state");

	return state && !strcmp(state, STATE_INTERRUPTED);
}

bool attempt_is_open(json_object *attempts, json_object *attempt)
{
	return attempt_is_interrupted(attempt) &&
	       history_last(attempts, history_text(attempt, "sha256")) ==
		       attempt;
}

static const char *or_unknown(const char *text)
{
	return text ? text : "unknown";
}

static void journal(const char *message_id, int priority, const char *message,
		    const struct attempt *attempt, const struct pfru_result *r)
{
	struct text entry = { 0 };
	char *user = login_user();

	text_printf(&entry, "SYSLOG_IDENTIFIER=pfructl\nMESSAGE_ID=%s\n",
		    message_id);
	journal_number(&entry, "PRIORITY", priority);
	journal_string(&entry, "MESSAGE", message);
	if (*attempt->id)
		journal_string(&entry, "PFRU_ATTEMPT", attempt->id);
	journal_string(&entry, "PFRU_ACTION", attempt->action);
	if (attempt->device)
		journal_string(&entry, "PFRU_DEVICE", attempt->device->path);
	if (attempt->file)
		journal_string(&entry, "PFRU_FILE", attempt->file->name);
	if (*attempt->sha256)
		journal_string(&entry, "PFRU_SHA256", attempt->sha256);
	journal_string(&entry, "PFRU_LOGIN_UID", user);
	if (r) {
		journal_number(&entry, "PFRU_STATUS", r->status);
		journal_number(&entry, "PFRU_EXT_STATUS", r->ext_status);
	}
	/* the record is in the file: where no journal is kept, none is missed */
	journal_entry_send(&entry);
	free(user);
}

/* Without it, this attempt could never be distinguished from an interrupted one. */
static int check_boot(struct pfructl *ctl)
{
	char *boot = machine_boot_id();
	bool known = boot;

	free(boot);
	if (known)
		return STATUS_DONE;
	return fail(ctl->out, STATUS_FAILED, "record",
		    "%s: cannot be read; without it nobody could tell later that an update was interrupted, so the firmware is not called",
		    MACHINE_BOOT_ID);
}

/* Who may not read the record may not write it either, and gets no further. */
int attempt_check(struct pfructl *ctl, const struct attempt *attempt)
{
	json_object *attempts, *last;
	const char *begun, *action, *what;
	char *message;
	int ret = check_boot(ctl);

	if (ret)
		return ret;
	ret = history_read(&attempts, &what);
	if (ret == -EACCES)
		ret = 0;
	if (ret)
		ret = attempt_fail_record(ctl, what, -ret);

	last = ret ? NULL : history_last(attempts, attempt->sha256);
	if (!last || !attempt_is_interrupted(last) ||
	    ctl->options.force_interrupted) {
		json_object_put(attempts);
		return ret;
	}
	begun = or_unknown(history_text(last, "begun"));
	action = or_unknown(history_text(last, "action"));
	message =
		xasprintf("%s: refused: the last attempt with this capsule (%s, begun %s) was interrupted: no end of it is on record, and the machine has been restarted since, perhaps because of it; --force-after-interruption tries it again",
			  attempt->file->name, escaped(action), escaped(begun));
	ret = fail(ctl->out, STATUS_CAPSULE, "interrupted", "%s", message);
	fail_string(ctl->out, "attempt", or_unknown(history_text(last, "id")));
	fail_string(ctl->out, "begun", begun);
	fail_string(ctl->out, "sha256", attempt->sha256);
	journal(MESSAGE_ID_INTERRUPTED, PRIORITY_ERROR, message, attempt, NULL);
	free(message);
	json_object_put(attempts);
	return ret;
}

static bool is_text(json_object *attempt, const char *key, const char *text)
{
	const char *its = history_text(attempt, key);

	return its && text && !strcmp(its, text);
}

static bool number_in(json_object *object, const char *key, uint32_t *number)
{
	json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_int))
		return false;
	*number = json_object_get_int64(value);
	return true;
}

/* The reverse of versions(), where all of it is there. */
static bool read_versions(json_object *attempt, struct pfru_capability *cap)
{
	json_object *all = NULL, *code = NULL, *driver = NULL;

	json_object_object_get_ex(attempt, "before", &all);
	json_object_object_get_ex(all, pfru_kind_key(PFRU_KIND_CODE_INJECTION),
				  &code);
	json_object_object_get_ex(all, pfru_kind_key(PFRU_KIND_DRIVER_UPDATE),
				  &driver);
	return number_in(all, "fw_version", &cap->fw_version) &&
	       number_in(code, "runtime_version", &cap->code_rt_version) &&
	       number_in(driver, "runtime_version", &cap->drv_rt_version) &&
	       number_in(driver, "svn", &cap->drv_svn);
}

/* false when no login began this */
static bool parse_login(const char *text, uint32_t *login)
{
	if (!*text || text[strspn(text, "0123456789")] ||
	    !strcmp(text, NO_LOGIN))
		return false;
	*login = strtoul(text, NULL, 10);
	return true;
}

/* Whoever logged in counts, where both are known: sudo makes all the same user. */
static bool is_ours(json_object *attempt)
{
	uint32_t its_user = 0, its_login = 0, login = 0;
	bool known;
	char *text = login_user();

	known = parse_login(text, &login) &&
		number_in(attempt, "login_uid", &its_login);
	free(text);
	return number_in(attempt, "uid", &its_user) && its_user == getuid() &&
	       (!known || its_login == login);
}

/**
 * struct staged - what the firmware may hold, by the record of this boot
 * @last: the last stage that succeeded, or may have; NULL: none since an activation
 * @certain: nothing that was tried since may have replaced it
 * @anothers: of @last and what may have replaced it, the last by another operator
 */
struct staged {
	json_object *last;
	bool certain;
	json_object *anothers;
};

/*
 * A stage that fails may leave what was staged before it, or nothing: that depends on
 * the firmware. So may an attempt whose outcome is unknown.
 */
static void follow_attempt(struct staged *s, json_object *attempt)
{
	bool failed = is_text(attempt, "state", EVENT_FAILED);
	bool stage = is_text(attempt, "action", "stage");

	if (is_text(attempt, "state", EVENT_DONE))
		*s = (struct staged){ .last = stage ? attempt : NULL };
	else if (failed && (!s->last || is_text(attempt, "action", "activate")))
		return;
	s->certain = stage && (!s->last || s->last == attempt);
	if (stage && !s->last)
		s->last = attempt;
	if (s->last && !is_text(attempt, "action", "activate") &&
	    !is_ours(attempt))
		s->anothers = attempt;
}

static void find_staged(json_object *attempts, const struct device *device,
			struct staged *s)
{
	char *boot = machine_boot_id();

	*s = (struct staged){ 0 };
	json_object_object_foreach(attempts, id, attempt) {
		(void)id;
		if (is_text(attempt, "boot_id", boot) &&
		    is_text(attempt, "device_id", device->id))
			follow_attempt(s, attempt);
	}
	free(boot);
}

static int fail_anothers(struct pfructl *ctl, const struct attempt *attempt,
			 const struct staged *s)
{
	uint32_t user = 0, pid = 0;

	number_in(s->anothers, "uid", &user);
	number_in(s->anothers, "pid", &pid);
	fail(ctl->out, STATUS_BUSY, "staged-by-another",
	     "%s: according to the record, the last to stage here was another operator (process %u of user %u, %s): nothing was activated; %s%s%s",
	     attempt->device->path, pid, user,
	     escaped(or_unknown(history_text(s->anothers, "begun"))),
	     s->certain ? "--sha256 " : "what is staged now is not known",
	     attempt->sha256,
	     s->certain ? " activates it anyway" : ": stage the capsule again");
	fail_number(ctl->out, "holder_pid", pid);
	fail_number(ctl->out, "holder_uid", user);
	fail_string(ctl->out, "holder_command",
		    or_unknown(history_text(s->anothers, "action")));
	if (s->certain)
		fail_string(ctl->out, "sha256", attempt->sha256);
	return STATUS_BUSY;
}

static int fail_sum(struct pfructl *ctl, const struct attempt *attempt,
		    const struct staged *s)
{
	const char *why = "what was staged last has the SHA-256 ";

	if (!s->last)
		why = "nothing that was staged is on record";
	else if (!*attempt->sha256)
		why = "what is staged now is not known, since an attempt after it was staged failed, or has no known end";
	fail(ctl->out, STATUS_CAPSULE, "sha256",
	     "%s: %s%s, and --sha256 demands %s", attempt->device->path, why,
	     attempt->sha256, ctl->options.sha256);
	if (*attempt->sha256)
		fail_string(ctl->out, "found", attempt->sha256);
	fail_string(ctl->out, "expected", ctl->options.sha256);
	return STATUS_CAPSULE;
}

/* --sha256 says what is to be activated: then it does not matter who staged it. */
static int check_staged(struct pfructl *ctl, const struct attempt *attempt,
			const struct staged *s)
{
	const char *wanted = ctl->options.sha256;

	if (wanted)
		return strcasecmp(wanted, attempt->sha256) ?
			       fail_sum(ctl, attempt, s) :
			       STATUS_DONE;
	if (s->anothers)
		return fail_anothers(ctl, attempt, s);
	if (s->last && !s->certain)
		note(ctl->out,
		     "which capsule is staged now is not known: an attempt after the last one was staged failed, or has no known end");
	return STATUS_DONE;
}

int attempt_find_staged(struct pfructl *ctl, struct attempt *attempt)
{
	json_object *attempts;
	struct staged s;
	int ret = check_boot(ctl);

	if (ret)
		return ret;
	ret = read_attempts(ctl, &attempts);
	if (!ret) {
		find_staged(attempts, attempt->device, &s);
		if (s.certain && history_text(s.last, "sha256"))
			snprintf(attempt->sha256, sizeof(attempt->sha256), "%s",
				 history_text(s.last, "sha256"));
		attempt->has_before = s.certain &&
				      read_versions(s.last, &attempt->before);
		ret = check_staged(ctl, attempt, &s);
	}
	json_object_put(attempts);
	return ret;
}

static void put_time(json_object *entry)
{
	char text[32] = "";
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	history_put_text(entry, "time", text);
}

static json_object *new_entry(const char *event, const char *id)
{
	json_object *entry = history_object();

	history_put_text(entry, "event", event);
	history_put_text(entry, "id", id);
	put_time(entry);
	return entry;
}

static void put_free(json_object *entry, const char *key, char *text)
{
	history_put_text(entry, key, text);
	free(text);
}

static void put_who(json_object *entry)
{
	char *user = login_user();

	history_put_number(entry, "uid", getuid());
	if (strcmp(user, NO_LOGIN) && user[strspn(user, "0123456789")] == '\0')
		history_put_number(entry, "login_uid", strtoul(user, NULL, 10));
	else
		history_put(entry, "login_uid", NULL);
	free(user);
	history_put_number(entry, "pid", getpid());
}

/* The versions that an update can change, as in the capability's document. */
static json_object *versions(const struct pfru_capability *cap)
{
	json_object *all = history_object();
	json_object *code = history_object();
	json_object *driver = history_object();

	history_put_number(all, "fw_version", cap->fw_version);
	history_put_number(code, "runtime_version", cap->code_rt_version);
	history_put(all, pfru_kind_key(PFRU_KIND_CODE_INJECTION), code);
	history_put_number(driver, "runtime_version", cap->drv_rt_version);
	history_put_number(driver, "svn", cap->drv_svn);
	history_put(all, pfru_kind_key(PFRU_KIND_DRIVER_UPDATE), driver);
	return all;
}

static void put_capsule(json_object *entry, const struct attempt *attempt)
{
	const struct pfru_image *image = &attempt->image;

	history_put_text(entry, "sha256",
			 *attempt->sha256 ? attempt->sha256 : NULL);
	if (!attempt->file)
		return;
	history_put_text(entry, "file", attempt->file->name);
	history_put_number(entry, "size", attempt->file->size);
	history_put_text(entry, "kind", pfru_kind_key(attempt->kind));
	history_put_number(entry, "payloads", attempt->payloads);
	history_put_number(entry, "runtime_version", image->rt_ver);
	if (image->has_svn && attempt->kind != PFRU_KIND_CODE_INJECTION)
		history_put_number(entry, "svn", image->svn);
}

static void make_id(char id[33])
{
	unsigned char bytes[16] = { 0 };
	size_t i;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
		/* of a kernel without it: unique on this machine */
		struct timespec now;
		pid_t pid = getpid();

		clock_gettime(CLOCK_REALTIME, &now);
		memcpy(bytes, &now.tv_sec, 8);
		memcpy(bytes + 8, &now.tv_nsec, 4);
		memcpy(bytes + 12, &pid, 4);
	}
	for (i = 0; i < sizeof(bytes); i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
}

int attempt_begin(struct pfructl *ctl, struct attempt *attempt)
{
	json_object *entry;
	const char *what;
	char *message;
	int ret;

	make_id(attempt->id);
	entry = new_entry(EVENT_BEGUN, attempt->id);
	put_free(entry, "boot_id", machine_boot_id());
	put_free(entry, "machine_id", machine_id());
	history_put_text(entry, "action", attempt->action);
	history_put_text(entry, "device", attempt->device->path);
	history_put_text(entry, "device_id", attempt->device->id);
	history_put_text(entry, "driver",
			 driver_name(attempt->device->driver, DEVICE_UPDATE));
	put_who(entry);
	put_capsule(entry, attempt);
	history_put(entry, "before",
		    attempt->has_before ? versions(&attempt->before) : NULL);
	ret = history_append(entry, &what);
	json_object_put(entry);
	if (ret) {
		*attempt->id = '\0';
		return attempt_fail_record(ctl, what, -ret);
	}
	message = xasprintf("%s: %s of %s begun", attempt->device->path,
			    attempt->action,
			    attempt->file ? attempt->file->name :
					    "what was staged");
	journal(MESSAGE_ID_BEGUN, PRIORITY_NOTICE, message, attempt, NULL);
	free(message);
	return STATUS_DONE;
}

/* what the failure's document says, too */
static void put_error(json_object *entry, json_object *error)
{
	static const char *const keys[] = { "reason", "message", "errno" };
	json_object *value;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(keys); i++)
		if (json_object_object_get_ex(error, keys[i], &value))
			history_put(entry, keys[i], json_object_get(value));
}

static void put_result(json_object *entry, const struct pfru_result *r)
{
	history_put_number(entry, "status", r->status);
	history_put_text(entry, "status_name", pfru_status_name(r->status));
	history_put_number(entry, "ext_status", r->ext_status);
	history_put_number(entry, "auth_time_ns", r->auth_time);
	history_put_number(entry, "exec_time_ns", r->exec_time);
}

static void append(struct pfructl *ctl, json_object *entry)
{
	const char *what;
	int ret = history_append(entry, &what);

	if (ret)
		warning(ctl->out,
			"the record of updates lacks how this one ended: cannot %s: %s",
			what, strerror(-ret));
	json_object_put(entry);
}

void attempt_end(struct pfructl *ctl, const struct attempt *attempt, int status,
		 const struct pfru_result *result)
{
	int as = status == STATUS_DONE || status == STATUS_UNKNOWN ?
			 status :
			 STATUS_FAILED;
	json_object *entry = new_entry(ends[as].event, attempt->id);
	char *message;

	history_put_number(entry, "exit_status", status);
	history_put_number(entry, "call_time_ns", attempt->call_time);
	if (result)
		put_result(entry, result);
	if (status)
		put_error(entry, out_error(ctl->out));
	append(ctl, entry);
	message = xasprintf("%s: %s: %s", attempt->device->path,
			    attempt->action, ends[as].words);
	journal(ends[as].message_id, ends[as].priority, message, attempt,
		result);
	free(message);
}

void attempt_versions(struct pfructl *ctl, const struct attempt *attempt,
		      const struct pfru_capability *after)
{
	json_object *entry = new_entry(EVENT_VERSIONS, attempt->id);

	history_put(entry, "after", versions(after));
	append(ctl, entry);
}
