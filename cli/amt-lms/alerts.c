// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Alerts of AMT. Each is an entry in the journal, with fields that programs can look
 * for. Text from AMT is escaped, and the number of entries in a minute is limited.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "alerts.h"
#include "cli/common/escape.h"
#include "cli/common/memory.h"

/* microseconds, and milliseconds */
#define PATIENCE (30 * 1000 * 1000ULL)
#define MINUTE	 (60 * 1000ULL)
#define MANY	 60
/* in the catalog, data/amt-lms.catalog */
#define ALERT_MESSAGE_ID "05619fdedbd549ab9e055ae3b18fd9ac"

/* CIM_AlertIndication's severities, as syslog(3) has them */
static const int priorities[ALERT_SEVERITIES] = {
	[ALERT_UNKNOWN] = LOG_NOTICE,	[ALERT_OTHER_SEVERITY] = LOG_NOTICE,
	[ALERT_INFORMATION] = LOG_INFO, [ALERT_WARNING] = LOG_WARNING,
	[ALERT_MINOR] = LOG_WARNING,	[ALERT_MAJOR] = LOG_ERR,
	[ALERT_CRITICAL] = LOG_CRIT,	[ALERT_FATAL] = LOG_CRIT,
};

static struct alert_channel *find(struct alerts *all, uint32_t channel)
{
	size_t i;

	for (i = 0; i < LME_ALERTS; i++)
		if (all->list[i].channel == channel)
			return &all->list[i];
	return NULL;
}

static void release(struct alert_channel *one)
{
	sd_event_source_disable_unref(one->timer);
	if (one->reader)
		explicit_bzero(one->reader, sizeof(*one->reader));
	free(one->reader);
	memset(one, 0, sizeof(*one));
}

/* milliseconds */
static uint64_t now_of(const struct alerts *all)
{
	uint64_t now = 0;

	sd_event_now(all->event, CLOCK_MONOTONIC, &now);
	return now / 1000;
}

static bool is_too_much(struct alerts *all)
{
	uint64_t now = now_of(all);

	if (now >= all->minute + MINUTE) {
		all->minute = now;
		all->many = 0;
	}
	if (++all->many <= MANY)
		return false;
	log_limited(&all->flood, now, LOG_WARNING,
		    "AMT sends more than %d alerts in a minute; the rest are not logged",
		    MANY);
	return true;
}

/* Without a journal the line has to do. */
static void write_entry(const struct alert *alert, const char *text)
{
	int priority = priorities[alert->severity];

	if (!getenv("JOURNAL_STREAM")) {
		log_line(priority, "%s", text);
		return;
	}
	sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", priority,
			"MESSAGE_ID=" ALERT_MESSAGE_ID, "AMT_ALERT_ID=%s",
			alert->id, "AMT_ALERT_SEVERITY=%s",
			alert_severity_name(alert->severity),
			"AMT_ALERT_TYPE=%u", alert->type, "AMT_ALERT_TIME=%s",
			escaped(alert->time), "AMT_ALERT_ELEMENT=%s",
			escaped(alert->element), "AMT_ALERT_ARGUMENT=%s",
			escaped(alert->arguments[0]), NULL);
}

static void write_alert(struct alerts *all, const struct alert *alert)
{
	const char *meaning = *alert->text ? alert->text :
					     alert_meaning(alert->id);
	char *text;

	if (is_too_much(all))
		return;
	text = xasprintf("AMT: %s%s%s (%s)", escaped(alert->id),
			 meaning ? ": " : "", meaning ? escaped(meaning) : "",
			 alert_severity_name(alert->severity));
	write_entry(alert, text);
	free(text);
}

static void answer(struct alert_channel *one, enum alert_fault fault)
{
	const char *text = alert_answer(fault);

	lme_send(one->all->lme, one->channel, (const uint8_t *)text,
		 strlen(text));
	lme_close(one->all->lme, one->channel);
	release(one);
}

static int on_timer(sd_event_source *source, uint64_t now, void *context)
{
	struct alert_channel *one = context;

	(void)source;
	(void)now;
	lme_close(one->all->lme, one->channel);
	release(one);
	return 0;
}

bool alerts_open(struct alerts *all, uint32_t channel)
{
	struct alert_channel *one = find(all, 0);

	if (!one ||
	    sd_event_add_time_relative(all->event, &one->timer, CLOCK_MONOTONIC,
				       PATIENCE, 0, on_timer, one) < 0)
		return false;
	one->all = all;
	one->channel = channel;
	one->reader = xrealloc(NULL, sizeof(*one->reader));
	memset(one->reader, 0, sizeof(*one->reader));
	return true;
}

bool alerts_data(struct alerts *all, uint32_t channel, const uint8_t *bytes,
		 size_t size)
{
	struct alert_channel *one = find(all, channel);
	enum alert_fault fault;
	struct alert alert;

	if (!one)
		return false;
	fault = alert_read(one->reader, bytes, size, &alert);
	if (fault == ALERT_MORE) {
		lme_consumed(all->lme, channel, size);
		return true;
	}
	if (fault)
		log_limited(&all->odd, now_of(all), LOG_WARNING,
			    "AMT sent an alert that can't be read: %s",
			    alert_fault_text(fault));
	else
		write_alert(all, &alert);
	answer(one, fault);
	return true;
}

bool alerts_closed(struct alerts *all, uint32_t channel)
{
	struct alert_channel *one = find(all, channel);

	if (!one)
		return false;
	release(one);
	return true;
}

void alerts_close(struct alerts *all)
{
	size_t i;

	for (i = 0; i < LME_ALERTS; i++)
		release(&all->list[i]);
}
