// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * amtctl status: what is there, in which state, and who uses it. Shows what it can
 * whatever is missing; changes nothing, starts no watchdog.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/amt/apf.h"
#include "cli/amt/wd.h"
#include "cli/amtctl/holders.h"
#include "cli/amtctl/print.h"
#include "cli/amtctl/versions.h"
#include "cli/common/memory.h"
#include "cli/common/sysroot.h"

static void print_known(struct output *out, const char *key, const char *label,
			const char *value)
{
	if (value)
		out_string(out, key, label, value);
	else
		out_null(out, key);
}

static void print_engine(struct output *out, const struct mei *mei)
{
	struct mei_engine engine;

	if (!mei->path) {
		out_null(out, "engine");
		return;
	}
	mei_engine_read(mei->path, &engine);
	out_group(out, "engine", "Management engine");
	out_string(out, "node", "Node", mei->path + strlen(sysroot));
	print_known(out, "driver", "Driver", engine.driver);
	print_known(out, "kind", "Kind", engine.kind);
	print_known(out, "state", "State", engine.state);
	print_known(out, "firmware", "Firmware", engine.firmware);
	if (mei->fd >= 0) {
		out_number(out, "protocol", "AMT protocol", mei->protocol);
		out_number(out, "max_message", NULL, mei->mtu);
	}
	out_end(out);
	mei_engine_free(&engine);
}

static void print_affected(struct output *out, enum amthi_affected affected)
{
	static const struct {
		const char *word;
		const char *text;
	} said[] = {
		[AMTHI_AFFECTED_UNKNOWN] = { "unknown",
					     "unknown: the version does not show it" },
		[AMTHI_AFFECTED_NO] = { "no", "not affected" },
		[AMTHI_AFFECTED_YES] = { "yes",
					 "AFFECTED: anyone can log in to AMT; get new firmware from the vendor" },
	};

	out_string(out, "intel_sa_00075", NULL, said[affected].word);
	out_string(out, NULL, "INTEL-SA-00075", said[affected].text);
}

static int print_amt(struct session *session)
{
	struct amthi_versions versions;
	struct output *out = session->ctl->out;
	uint32_t status;
	int ret = versions_ask(session, &versions, &status);

	if (ret && ret != SESSION_WRONG)
		return ret;
	if (!ret && status) {
		versions_print_refused(out, status);
		print_affected(out, AMTHI_AFFECTED_UNKNOWN);
	} else if (!ret) {
		versions_print_short(out, &versions);
		print_affected(out, amthi_affected(&versions));
	}
	return print_questions(session, amthi_state_questions);
}

static void print_flags(struct output *out, const struct wd_flags *flags)
{
	out_bool(out, "transition_allowed", "May be switched on or off",
		 flags->transition_allowed);
	if (flags->extended) {
		out_bool(out, "enabled", "AMT enabled", flags->enabled);
		out_bool(out, "tls_enforced", "TLS only on local ports",
			 flags->tls_enforced);
	} else {
		out_null(out, "enabled");
		out_null(out, "tls_enforced");
	}
	out_number(out, "flags", NULL, flags->raw);
}

static void print_no_flags(struct output *out)
{
	out_null(out, "transition_allowed");
	out_null(out, "enabled");
	out_null(out, "tls_enforced");
	out_null(out, "flags");
}

/* Nothing that depends on it: others may hold the client for good. */
static void ask_watchdog(struct output *out)
{
	struct wd_flags flags;

	if (session_watchdog(&flags)) {
		print_flags(out, &flags);
	} else {
		print_no_flags(out);
		note(out,
		     "whether AMT's local ports take TLS only is not known: the watchdog's client did not say");
	}
}

/* Is a client connected, to whomever. The driver lists nothing without a connection. */
static void print_use(struct output *out, const struct mei *mei,
		      const uint8_t *uuid, const char *key, const char *label)
{
	enum holders_use use = HOLDERS_USE_UNKNOWN;

	if (mei->fd >= 0)
		use = holders_use(mei->path + strlen(sysroot), uuid);
	if (use == HOLDERS_USE_UNKNOWN)
		out_null(out, key);
	else
		out_bool(out, key, label, use == HOLDERS_USED);
}

static void print_watchdog(struct output *out, const struct mei *mei,
			   bool connected)
{
	bool there;
	char *driver = holders_watchdog(&there);

	out_group(out, "watchdog", "Watchdog");
	out_bool(out, "offered", "Offered", there);
	print_known(out, "driver", "Driver", driver);
	print_use(out, mei, wd_uuid, "in_use", "In use");
	if (driver || !connected)
		print_no_flags(out);
	else
		ask_watchdog(out);
	if (driver)
		note(out,
		     "whether AMT's local ports take TLS only is not known: the driver %s holds the watchdog's client",
		     driver);
	out_end(out);
	free(driver);
}

/* The control group of a unit is there as long as it runs. */
static const char *running_unit(void)
{
	static const char *const units[] = { "amt-lms.service", "lms.service" };
	static const char *const roots[] = { "", "/systemd" };
	size_t i, j;

	for (i = 0; i < ARRAY_LENGTH(units); i++)
		for (j = 0; j < ARRAY_LENGTH(roots); j++) {
			char *path =
				sysroot_path("/sys/fs/cgroup%s/system.slice/%s",
					     roots[j], units[i]);
			bool runs = !access(path, F_OK);

			free(path);
			if (runs)
				return units[i];
		}
	return NULL;
}

static void print_service(struct output *out, const struct mei *mei)
{
	uint16_t ports[HOLDERS_PORTS];
	size_t count = holders_ports(ports), i;

	out_group(out, "local_service", "Local manageability service");
	out_list(out, "ports", NULL);
	for (i = 0; i < count; i++)
		out_number(out, NULL, "Port", ports[i]);
	out_end(out);
	if (!count)
		out_string(out, NULL, "Ports", "none");
	print_known(out, "unit", "Unit", running_unit());
	print_use(out, mei, apf_uuid, "lme_in_use",
		  "Port forwarding (LME) in use");
	out_end(out);
}

static void print_holders(struct output *out, const struct mei *mei)
{
	char *holders;

	if (!mei->path)
		return;
	holders = holders_of(mei->path + strlen(sysroot));
	if (holders) {
		out_string(out, "open_in", *holders ? "Node is open in" : NULL,
			   holders);
	} else {
		out_null(out, "open_in");
		note(out,
		     "who else has %s open is not known: files of other users' processes can't be seen without root",
		     mei->path + strlen(sysroot));
	}
	free(holders);
}

static int run_status(void *program)
{
	struct amtctl *ctl = program;
	struct session session;
	int ret = session_open(&session, ctl);

	print_engine(ctl->out, &session.mei);
	if (!ret) {
		ret = print_amt(&session);
		ret = ret ? ret : session.status;
	}
	/* another client of the same engine: of use unless that is silent */
	print_watchdog(ctl->out, &session.mei,
		       session.mei.fd >= 0 && ret != STATUS_NOT_READY);
	print_holders(ctl->out, &session.mei);
	print_service(ctl->out, &session.mei);
	session_close(&session);
	return ret;
}

const struct cli_command cmd_status = {
	.name = "status",
	.help = "show what is there, in which state, and what to do",
	.details =
		"Shows what it can, and says what is missing. Changes nothing.\n",
	.run = run_status,
};
