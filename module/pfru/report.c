// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel log, audit records and uevents. Decides nothing.
 */
#include <linux/audit.h>
#include <linux/cred.h>
#include <linux/kobject.h>
#include <linux/sched.h>

#include "core/status.h"
#include "report.h"

#define DETAIL_SIZE    256
#define HASH_TEXT_SIZE (2 * SHA256_DIGEST_SIZE + 1)

static const char *const action_names[] = {
	[PFRU_ACTION_STAGE] = "stage",
	[PFRU_ACTION_ACTIVATE] = "activate",
	[PFRU_ACTION_STAGE_ACTIVATE] = "stage-activate",
	[PFRU_ACTION_SET_LEVEL] = "set-level",
};

const char *pfru_report_action_name(u32 action)
{
	return action < ARRAY_SIZE(action_names) ? action_names[action] : NULL;
}

static u32 caller_uid(void)
{
	return from_kuid_munged(&init_user_ns, current_uid());
}

/* " at offset O (found F, expected E)", without what says nothing */
static void describe_numbers(const struct pfru_result *result, char *text,
			     size_t size)
{
	const struct pfru_reason_text *words = pfru_reason_text(result->reason);
	size_t used = 0;

	text[0] = '\0';
	if (words->in_capsule)
		used += scnprintf(text + used, size - used, " at offset %llu",
				  result->offset);
	if (words->found && words->expected)
		scnprintf(text + used, size - used, " (%s %llu, %s %llu)",
			  words->found, result->found, words->expected,
			  result->expected);
	else if (words->found)
		scnprintf(text + used, size - used, " (%s %llu)", words->found,
			  result->found);
}

/* what ended an attempt: the firmware's status, or the reason of a refusal */
static void describe_end(const struct pfru_result *result, char *text,
			 size_t size)
{
	size_t used;

	if (result->reason == PFRU_REASON_FIRMWARE) {
		scnprintf(text, size, "status %u (%s), extended status %#x",
			  result->status, pfru_status_name(result->status),
			  result->ext_status);
		return;
	}
	if (!result->reason) {
		scnprintf(text, size, "error %d", result->error);
		return;
	}
	used = scnprintf(text, size, "%s",
			 pfru_reason_text(result->reason)->what);
	describe_numbers(result, text + used, size - used);
}

static void describe_loaded(const struct pfru_loaded *loaded, char *text,
			    size_t size)
{
	scnprintf(text, size,
		  "%s of %llu bytes, payloads %u, firmware %u, version %u, svn %u",
		  pfru_kind_text(loaded->kind), loaded->size, loaded->payloads,
		  loaded->hw_ver, loaded->rt_ver, loaded->svn);
}

void pfru_report_loaded(struct device *dev, const struct pfru_loaded *loaded)
{
	char what[DETAIL_SIZE];

	describe_loaded(loaded, what, sizeof(what));
	dev_info(dev, "loaded by pid %d, uid %u: %s\n", task_tgid_nr(current),
		 caller_uid(), what);
}

void pfru_report_refused(struct device *dev, const struct pfru_result *result)
{
	char end[DETAIL_SIZE];

	describe_end(result, end, sizeof(end));
	dev_warn(dev, "capsule of pid %d, uid %u refused: %s\n",
		 task_tgid_nr(current), caller_uid(), end);
}

void pfru_report_level(struct device *dev, u32 level,
		       const struct pfru_result *result)
{
	char end[DETAIL_SIZE];

	describe_end(result, end, sizeof(end));
	dev_warn(dev, "log level %u not set: %s\n", level, end);
}

static void audit_action(const struct pfru_loaded *loaded, const char *hash,
			 const struct pfru_result *result)
{
	static const struct pfru_loaded nothing;

	if (!loaded)
		loaded = &nothing;
	audit_log(audit_context(), GFP_KERNEL, AUDIT_KERNEL_OTHER,
		  "op=pfru-%s pid=%d uid=%u kind=%s hw-ver=%u rt-ver=%u svn=%u size=%llu sha256=%s status=%u ext-status=%u res=%d",
		  action_names[result->action], task_tgid_nr(current),
		  caller_uid(), pfru_kind_key(loaded->kind), loaded->hw_ver,
		  loaded->rt_ver, loaded->svn, loaded->size, hash,
		  result->status, result->ext_status, !result->error);
}

static bool may_have_run(const struct pfru_result *result)
{
	return result->action != PFRU_ACTION_STAGE &&
	       (!result->error || pfru_reason_outcome_unknown(result->reason));
}

static void send_uevent(struct device *dev, enum pfru_action action)
{
	char event[48];
	char *env[2] = { event, NULL };

	snprintf(event, sizeof(event), "PFRU_ACTION=%s", action_names[action]);
	kobject_uevent_env(&dev->kobj, KOBJ_CHANGE, env);
}

/* the capsule of an action, @loaded or what only the firmware knows */
static void describe_subject(const struct pfru_loaded *loaded, char *what,
			     size_t size, char *hash)
{
	if (loaded) {
		snprintf(hash, HASH_TEXT_SIZE, "%*phN",
			 (int)sizeof(loaded->sha256), loaded->sha256);
		describe_loaded(loaded, what, size);
	} else {
		strscpy(hash, "none", HASH_TEXT_SIZE);
		strscpy(what, "what was staged before", size);
	}
}

void pfru_report_begin(struct device *dev, enum pfru_action action,
		       const struct pfru_loaded *loaded)
{
	char hash[HASH_TEXT_SIZE];
	char what[DETAIL_SIZE];

	describe_subject(loaded, what, sizeof(what), hash);
	dev_notice(dev, "%s by pid %d, uid %u begins: %s, sha256 %s\n",
		   action_names[action], task_tgid_nr(current), caller_uid(),
		   what, hash);
}

void pfru_report_action(struct device *dev, const struct pfru_loaded *loaded,
			const struct pfru_result *result)
{
	char hash[HASH_TEXT_SIZE];
	char what[DETAIL_SIZE];
	char end[DETAIL_SIZE];

	describe_subject(loaded, what, sizeof(what), hash);
	describe_end(result, end, sizeof(end));
	if (result->error)
		dev_warn(dev,
			 "%s by pid %d, uid %u failed: %s, sha256 %s: %s\n",
			 action_names[result->action], task_tgid_nr(current),
			 caller_uid(), what, hash, end);
	else
		dev_info(dev,
			 "%s by pid %d, uid %u done: %s, sha256 %s, authentication %llu ns, execution %llu ns\n",
			 action_names[result->action], task_tgid_nr(current),
			 caller_uid(), what, hash, result->auth_time,
			 result->exec_time);
	if (may_have_run(result))
		send_uevent(dev, result->action);
	/* last: it may wait a minute, and log and udev must not wait with it */
	audit_action(loaded, hash, result);
}
