// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One connection to AMT's host interface.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/amt/apf.h"
#include "cli/common/memory.h"
#include "cli/common/sysroot.h"
#include "holders.h"
#include "session.h"

/* milliseconds for one command; AMT takes a second for some */
#define TIMEOUT	   10000
#define PATIENCE   10
#define WD_TIMEOUT 5000
#define SETUP	   "look in the firmware setup (BIOS, MEBx) for "

/* what is named, a node or a PCI device, stands between the two parts of a message */
/* clang-format off */
static const struct {
	const char *reason;
	int status;
	const char *before;
	const char *after;
	bool nameless;
} problems[] = {
	[MEI_NO_ENGINE] = { "no-engine", STATUS_NO_ENGINE,
		"no management engine was found", ": this machine has none, or its firmware hides it; "
		SETUP "Intel ME or Intel AMT, and enable it", .nameless = true },
	[MEI_NO_DRIVER] = { "no-driver", STATUS_NO_ENGINE,
		"the management engine at PCI ", " has no driver: run 'modprobe mei_me'" },
	[MEI_NO_NODE] = { "no-node", STATUS_NO_ENGINE,
		"the kernel has the management engine, but there is no /dev/mei0", ": is udev running, and is /dev the machine's own?", .nameless = true },
	[MEI_ONLY_GPU] = { "only-gpu", STATUS_NO_ENGINE,
		"", " belongs to a graphics card, which has no AMT, and there is no other: the machine's own engine is hidden or has no driver; run 'modprobe mei_me', and if that does not help, "
		SETUP "Intel ME" },
	[MEI_NO_CLIENT] = { "no-client", STATUS_NO_AMT,
		"the management engine at ", " offers no AMT: this machine comes without it, or its firmware has it switched off; "
		SETUP "Intel AMT or 'Manageability Feature'" },
	[MEI_DISABLED] = { "disabled", STATUS_NO_AMT,
		"AMT at ", " is disabled (its answer is empty): enable it in MEBx (often Ctrl+P at power-on), 'Manageability Feature Selection', and restart" },
	[MEI_NO_PERMISSION] = { "permission", STATUS_NO_PERMISSION,
		"no permission to open ", ": run as root (sudo)" },
	[MEI_BUSY] = { "busy", STATUS_BUSY,
		"another program holds AMT's host interface at ", ": wait until it has finished, or stop it" },
	[MEI_RESETTING] = { "resetting", STATUS_NOT_READY,
		"the management engine at ", " is being reset: try again in half a minute; if this persists, see 'dmesg | grep mei'" },
	[MEI_NOT_TAKEN] = { "not-taken", STATUS_NOT_READY,
		"the management engine at ", " takes no messages, and nothing was sent: try again in half a minute; if this persists, see 'dmesg | grep mei'" },
	[MEI_NO_ANSWER] = { "no-answer", STATUS_NOT_READY,
		"AMT at ", " did not answer within 10 seconds: try again in a few minutes; if this persists, switch the machine off and on" },
	[MEI_LOST] = { "lost", STATUS_NOT_READY,
		"the connection to AMT at ", " was lost before it answered: the management engine closed it, or was reset; try again in half a minute" },
	[MEI_BAD_ANSWER] = { "malformed", STATUS_FAILED,
		"the management engine at ", " reported impossible sizes" },
	[MEI_FAILED] = { "system", STATUS_FAILED,
		"the management engine at ", " can't be used" },
};
/* the same where AMT's port forwarding is wanted, not its host interface */
static const struct {
	const char *before;
	const char *after;
} of_forwarding[MEI_FAILED + 1] = {
	[MEI_NO_CLIENT] = {
		"the management engine at ", " offers no port forwarding of AMT (LME), by which its web service is reached; "
		SETUP "Intel AMT or 'Manageability Feature'" },
	[MEI_BUSY] = {
		"another program holds AMT's port forwarding (LME) at ", ": wait until it has finished, or stop it" },
};
/* clang-format on */
/* instead of what follows for MEI_NO_DRIVER, when the driver is there */
static const char not_taken[] =
	" has no driver: mei_me is loaded, but did not bind to it; see 'dmesg | grep mei'";

/* what the message names, without the root that tests set */
static const char *named(const struct mei *mei)
{
	if (mei->path)
		return mei->path + strlen(sysroot);
	return mei->pci ? mei->pci : "";
}

static void add_holders(struct output *out, const struct mei *mei)
{
	char *holders = holders_of(named(mei));

	if (holders && *holders) {
		note(out, "%s is open in: %s", named(mei), holders);
		fail_string(out, "holders", holders);
	}
	free(holders);
}

int session_report(struct amtctl *ctl, enum mei_problem problem,
		   const struct mei *mei)
{
	struct output *out = ctl->out;
	const char *before = problems[problem].before;
	const char *after = mei->driver_loaded ? not_taken :
						 problems[problem].after;
	char *message;

	if (mei->uuid == apf_uuid && of_forwarding[problem].before) {
		before = of_forwarding[problem].before;
		after = of_forwarding[problem].after;
	}
	message = xasprintf("%s%s%s", before,
			    problems[problem].nameless ? "" : named(mei),
			    after);
	fail(out, problems[problem].status, problems[problem].reason, "%s%s%s",
	     message, problem == MEI_FAILED ? ": " : "",
	     problem == MEI_FAILED ? strerror(mei->error) : "");
	free(message);
	if (mei->error)
		fail_number(out, "errno", mei->error);
	if (problem == MEI_BUSY)
		add_holders(out, mei);
	return problems[problem].status;
}

int session_open(struct session *session, struct amtctl *ctl)
{
	enum mei_problem problem;

	memset(session, 0, sizeof(*session));
	session->ctl = ctl;
	session->patience = PATIENCE;
	problem = mei_open(&session->mei, amthi_uuid);
	return problem ? session_report(ctl, problem, &session->mei) :
			 STATUS_DONE;
}

void session_close(struct session *session)
{
	mei_close(&session->mei);
}

enum mei_problem session_try(struct session *session, uint32_t command,
			     uint32_t argument, size_t size,
			     struct amthi_answer *answer,
			     enum amthi_fault *fault)
{
	uint8_t request[AMTHI_REQUEST_MAX];
	enum mei_problem problem;
	size_t got = 0;

	*fault = AMTHI_GOOD;
	problem = mei_exchange(&session->mei, request,
			       amthi_request(request, command, argument, size),
			       TIMEOUT, &got);
	if (problem)
		return problem;
	*fault = amthi_answer(session->mei.message, got, command, answer);
	if (*fault == AMTHI_EMPTY)
		return MEI_DISABLED;
	return *fault ? MEI_BAD_ANSWER : MEI_GOOD;
}

int session_fault(struct session *session, uint32_t command,
		  enum amthi_fault fault)
{
	fail(session->ctl->out, STATUS_FAILED, "malformed",
	     "the answer to command 0x%08x %s", command,
	     amthi_fault_text(fault));
	fail_number(session->ctl->out, "command", command);
	session->status = STATUS_FAILED;
	return SESSION_WRONG;
}

int session_ask(struct session *session, uint32_t command, uint32_t argument,
		size_t size, struct amthi_answer *answer)
{
	const struct timespec second = { .tv_sec = 1 };
	enum mei_problem problem;
	enum amthi_fault fault;

	for (;;) {
		problem = session_try(session, command, argument, size, answer,
				      &fault);
		if (problem || answer->status != AMTHI_NOT_READY ||
		    !session->patience)
			break;
		session->patience--;
		progress(session->ctl->out, "AMT is not ready yet...");
		nanosleep(&second, NULL);
	}
	if (problem && fault && fault != AMTHI_EMPTY)
		return session_fault(session, command, fault);
	return problem ? session_report(session->ctl, problem, &session->mei) :
			 STATUS_DONE;
}

int session_status(uint32_t status)
{
	switch (status) {
	case AMTHI_NOT_READY:
	case AMTHI_RNG_IN_PROGRESS:
	case AMTHI_RNG_NOT_READY:
	case AMTHI_CERTIFICATE_NOT_READY:
		return STATUS_NOT_READY;
	default:
		return STATUS_REFUSED;
	}
}

bool session_watchdog(struct wd_flags *flags)
{
	struct mei mei;
	size_t got;
	bool good;

	good = mei_open(&mei, wd_uuid) == MEI_GOOD &&
	       mei_exchange(&mei, wd_request, sizeof(wd_request), WD_TIMEOUT,
			    &got) == MEI_GOOD &&
	       wd_decode(mei.message, got, flags);
	mei_close(&mei);
	return good;
}
