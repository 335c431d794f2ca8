// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * amtctl activate: host-based setup into client control mode. Secrets are in one
 * structure, in memory for secrets. Whatever can be refused is refused before AMT is
 * asked to change anything, and its control mode decides what is reported.
 */
#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/amt/secret.h"
#include "cli/amt/tunnel.h"
#include "cli/amt/wsman-http.h"
#include "cli/amt/wsman.h"
#include "cli/amtctl/account.h"
#include "cli/amtctl/change.h"
#include "cli/amtctl/holders.h"
#include "cli/amtctl/password.h"
#include "cli/amtctl/print.h"
#include "cli/common/memory.h"

/* milliseconds */
#define GET_TIMEOUT 15000
/* AMT was seen to take a second for its first byte */
#define SETUP_TIMEOUT 30000
/* a service closes the channel of the connection before */
#define CLOSE_TIME 500

#define GET_TRIES 3

/* of AMT's administrator, whose password it is */
#define ADMIN	 "admin"
#define MD5_SIZE 16

/**
 * struct secrets - all of them
 * @password: of AMT's administrator, from now on
 * @account: AMT's local system account
 * @plain: what @digest is made of
 * @digest: of @plain, in hexadecimal; worth as much as the password
 * @request: the one that holds @digest
 * @tunnel: through which it may pass
 */
struct secrets {
	char password[PASSWORD_ROOM];
	struct account account;
	char plain[sizeof(ADMIN) + WSMAN_VALUE_MAX + PASSWORD_ROOM];
	char digest[2 * MD5_SIZE + 1];
	char request[WSMAN_REQUEST_MAX];
	struct tunnel tunnel;
};

/**
 * struct activation - a run of the command
 * @session: connected
 * @secrets: in memory for secrets
 * @way: to AMT's web service
 * @http: its client
 * @realm: of AMT's digest
 * @said: in the answer to the setup: its value, or why it was refused
 * @tunnelled: there is a tunnel to be closed
 */
struct activation {
	struct session *session;
	struct secrets *secrets;
	struct wsman_way way;
	struct wsman_http http;
	char realm[WSMAN_VALUE_MAX];
	char said[WSMAN_VALUE_MAX];
	bool tunnelled;
};

static int check_state(struct output *out, uint32_t mode, uint32_t state)
{
	if (mode == CHANGE_STATE_UNKNOWN || state == CHANGE_STATE_UNKNOWN)
		return fail(out, STATUS_FAILED, "state",
			    "AMT does not report its control mode and provisioning state: nothing was changed");
	if (mode == MODE_ADMIN)
		return fail(out, STATUS_REFUSED, "admin-control-mode",
			    "AMT is in admin control mode: it is set up already");
	if (mode != MODE_NONE)
		return fail(out, STATUS_REFUSED, "state",
			    "AMT's control mode is %u, which is not known: nothing was changed",
			    mode);
	if (state)
		return fail(out, STATUS_REFUSED, "state",
			    "AMT is in no control mode, and not unprovisioned either: run 'amtctl configure stop' when a configuration was started, else unprovision it in MEBx");
	return STATUS_DONE;
}

/* A driver that holds the watchdog's client is left alone: AMT itself will tell. */
static int check_tls(struct output *out)
{
	struct wd_flags flags;
	bool there;
	char *driver = holders_watchdog(&there);
	bool tls = !driver && session_watchdog(&flags) && flags.tls_enforced;

	free(driver);
	return tls ? fail(out, STATUS_REFUSED, "tls",
			  "AMT accepts only TLS on its local ports, which this program does not support: activate it with the vendor's tool") :
		     STATUS_DONE;
}

static int use_tunnel(struct activation *a)
{
	struct amtctl *ctl = a->session->ctl;
	struct tunnel *tunnel = &a->secrets->tunnel;
	enum mei_problem problem = tunnel_open(tunnel);

	a->tunnelled = true;
	a->way.dial = tunnel_dial;
	a->way.run = tunnel_run;
	a->way.moved = tunnel_moved;
	a->way.context = tunnel;
	out_string(ctl->out, "way", "Way to AMT",
		   "a session of its own over LME");
	if (problem == MEI_NO_ANSWER && tunnel->tls)
		return fail(ctl->out, STATUS_REFUSED, "tls",
			    "AMT forwards its TLS port only, and this program does not support TLS: activate it with the vendor's tool");
	if (problem == MEI_NO_ANSWER)
		return fail(ctl->out, STATUS_NOT_READY, "no-port",
			    "AMT does not forward its port %u within 10 seconds: another session may have it; look with 'amtctl status', or restart the machine",
			    TUNNEL_PORT);
	if (!problem)
		return STATUS_DONE;
	/* a connection that was lost does not say any more where it was */
	return session_report(ctl, problem,
			      tunnel->mei.path || tunnel->mei.pci ?
				      &tunnel->mei :
				      &a->session->mei);
}

/*
 * Anybody may listen on this port while no service does, and would be given the
 * digest of the password.
 */
static int find_way(struct activation *a)
{
	struct output *out = a->session->ctl->out;

	switch (holders_service(TUNNEL_PORT)) {
	case HOLDERS_NOBODY:
		return use_tunnel(a);
	case HOLDERS_SYSTEM:
		out_string(out, "way", "Way to AMT",
			   "the service on port 16992");
		return STATUS_DONE;
	default:
		return fail(out, STATUS_REFUSED, "listener",
			    "a program that does not belong to the system listens on port %u, and would receive the password's digest: stop it ('ss -ltnp')",
			    TUNNEL_PORT);
	}
}

static int fail_answer(struct activation *a, enum wsman_fault fault,
		       const char *reason)
{
	struct output *out = a->session->ctl->out;
	int ret = fail(out,
		       fault == WSMAN_REFUSED ? STATUS_REFUSED : STATUS_FAILED,
		       "wsman", "the answer of AMT's web service %s%s%s",
		       wsman_fault_text(fault), *reason ? ": " : "", reason);

	fail_number(out, "http_status", a->http.status);
	return ret;
}

/*
 * MeshCmd's service closes a channel twice, and the second time may hit the one of the
 * next connection. What only reads is repeated then; what changes AMT is not.
 */
static void let_service_close(const struct activation *a)
{
	const struct timespec time = { .tv_nsec = CLOSE_TIME * 1000000L };

	if (!a->way.dial)
		nanosleep(&time, NULL);
}

/*
 * A person may take a while to confirm. Whoever has the service's port by now is not
 * given what it would have been.
 */
static bool post(struct activation *a, const char *request, size_t size,
		 unsigned int timeout)
{
	if (a->way.dial || holders_service(TUNNEL_PORT) == HOLDERS_SYSTEM)
		return wsman_http_post(&a->http, request, size, timeout);
	a->http.lost = false;
	a->http.unsent = true;
	a->http.why =
		"the service on its port is gone, or another program listens there, too";
	return false;
}

/* A request that only reads: one that is lost with a session of LME is repeated. */
static int get(struct activation *a, const char *resource)
{
	struct output *out = a->session->ctl->out;
	char *request = a->secrets->request;
	size_t size = wsman_get(request, resource);
	bool answered;
	int tries = 0;

	do {
		if (tries)
			let_service_close(a);
		answered = post(a, request, size, GET_TIMEOUT);
	} while (!answered && a->http.lost && ++tries < GET_TRIES);
	if (!answered)
		return fail(out, STATUS_NOT_READY, "web-service",
			    "the request to AMT's web service failed: %s",
			    a->http.why);
	if (a->http.status == 401)
		return fail(out, STATUS_REFUSED, "account",
			    "AMT's web service does not accept AMT's local system account");
	return STATUS_DONE;
}

static enum wsman_fault find(struct activation *a, const char *resource,
			     const char *element, const char *name,
			     unsigned int index, char *value)
{
	return wsman_find(a->http.answer, a->http.size, resource, element, name,
			  index, value);
}

/* A number with XML's blanks around it, and nothing else: no other text is a success. */
static bool read_number(const char *text, uint32_t *number)
{
	static const char blanks[] = " \t\r\n";
	unsigned long long read;
	char *end;

	text += strspn(text, blanks);
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	read = strtoull(text, &end, 10);
	*number = read;
	return !errno && read <= UINT32_MAX && !end[strspn(end, blanks)];
}

static int get_realm(struct activation *a)
{
	enum wsman_fault fault;
	int ret = get(a, WSMAN_GENERAL_SETTINGS);

	if (ret)
		return ret;
	fault = find(a, WSMAN_GENERAL_SETTINGS, "AMT_GeneralSettings",
		     "DigestRealm", 0, a->realm);
	if (fault)
		return fail_answer(a, fault, a->realm);
	out_string(a->session->ctl->out, "digest_realm", "Digest realm",
		   a->realm);
	return STATUS_DONE;
}

/* Firmware that does not list the modes is asked all the same. */
static int check_allowed(struct activation *a)
{
	char mode[WSMAN_VALUE_MAX];
	enum wsman_fault fault;
	unsigned int count = 0;
	uint32_t number;
	int ret = get(a, WSMAN_HOST_BASED_SETUP);

	if (ret)
		return ret;
	while (!(fault = find(a, WSMAN_HOST_BASED_SETUP,
			      "IPS_HostBasedSetupService",
			      "AllowedControlModes", count, mode))) {
		if (read_number(mode, &number) && number == MODE_CLIENT)
			return STATUS_DONE;
		count++;
	}
	if (fault != WSMAN_MISSING)
		return fail_answer(a, fault, mode);
	return count ? fail(a->session->ctl->out, STATUS_REFUSED, "not-allowed",
			    "AMT does not allow client control mode: look in the firmware setup (BIOS, MEBx) for host-based setup") :
		       STATUS_DONE;
}

static int make_digest(struct activation *a)
{
	struct secrets *s = a->secrets;
	unsigned char md5[EVP_MAX_MD_SIZE];
	unsigned int size = 0, i;
	int length = snprintf(s->plain, sizeof(s->plain), ADMIN ":%s:%s",
			      a->realm, s->password);

	if (!EVP_Digest(s->plain, length, md5, &size, EVP_md5(), NULL) ||
	    size != MD5_SIZE)
		return fail(a->session->ctl->out, STATUS_FAILED, "md5",
			    "MD5, which AMT requires for the password, is not available: is this system in FIPS mode?");
	for (i = 0; i < size; i++)
		sprintf(s->digest + 2 * i, "%02x", md5[i]);
	explicit_bzero(md5, sizeof(md5));
	explicit_bzero(s->plain, sizeof(s->plain));
	explicit_bzero(s->password, sizeof(s->password));
	return STATUS_DONE;
}

static bool send_setup(struct activation *a, struct change_answer *answer)
{
	char *request = a->secrets->request;
	bool answered;

	let_service_close(a);
	answered = post(a, request, wsman_setup(request, a->secrets->digest),
			SETUP_TIMEOUT);
	explicit_bzero(request, WSMAN_REQUEST_MAX);
	if (answered)
		return true;
	answer->problem = MEI_LOST;
	if (a->http.unsent)
		answer->unsent = a->http.why;
	else
		note(a->session->ctl->out, "AMT's web service: %s",
		     a->http.why);
	return false;
}

/* A SOAP fault, or a status of HTTP that says that nothing was done. */
static bool is_refusal(struct activation *a, enum wsman_fault fault)
{
	return fault == WSMAN_REFUSED ||
	       (a->http.status >= 400 && a->http.status < 500);
}

/* What comes of it is seen in AMT's control mode. */
static void setup(struct session *session, void *context,
		  struct change_answer *answer)
{
	struct activation *a = context;
	struct output *out = session->ctl->out;
	enum wsman_fault fault;
	char *value = a->said;

	if (!send_setup(a, answer))
		return;
	fault = find(a, WSMAN_HOST_BASED_SETUP, "Setup_OUTPUT", "ReturnValue",
		     0, value);
	if (!fault && read_number(value, &answer->status))
		return;
	if (!fault) {
		note(out,
		     "the answer of AMT's web service has the status '%s', which is not a number",
		     value);
		answer->status = 0;
		answer->problem = MEI_BAD_ANSWER;
		return;
	}
	note(out, "the answer of AMT's web service %s%s%s (HTTP %ld)",
	     wsman_fault_text(fault), *value ? ": " : "", value,
	     a->http.status);
	if (!is_refusal(a, fault))
		answer->problem = MEI_BAD_ANSWER;
	else
		answer->refusal = *value ? value : "it gave no reason";
}

/* The next connection begins another session. */
static void leave(void *context)
{
	struct activation *a = context;

	if (a->tunnelled)
		tunnel_close(&a->secrets->tunnel);
}

static const struct change change = {
	.action = "activate",
	.what = "enter client control mode",
	.question =
		"Activate AMT of this machine, so that whoever has the password controls it over the network?",
	.ask = setup,
	.leave = leave,
	.watch = AMTHI_CONTROL_MODE,
	.from = MODE_NONE,
	.to = MODE_CLIENT,
};

/*
 * With --dry-run nobody is asked for a password, and one that is given is checked. It
 * may take a while to come, and AMT is free for others until then.
 */
static int want_password(struct activation *a)
{
	struct amtctl *ctl = a->session->ctl;
	int ret;

	if (ctl->dry_run && !ctl->password_file && !ctl->password_stdin)
		return STATUS_DONE;
	mei_close(&a->session->mei);
	ret = password_read(ctl, a->secrets->password);
	return ret ? ret : change_check_again(a->session, &change);
}

static int prepare(struct activation *a)
{
	struct account *account = &a->secrets->account;
	int ret = want_password(a);

	ret = ret ? ret : account_ask(a->session, account);
	ret = ret ? ret : find_way(a);
	if (ret)
		return ret;
	if (!wsman_http_open(&a->http, &a->way, account->user,
			     account->password))
		return fail(a->session->ctl->out, STATUS_FAILED, "libcurl",
			    "libcurl can't be used");
	ret = get_realm(a);
	ret = ret ? ret : check_allowed(a);
	return ret ? ret : make_digest(a);
}

static int with_secrets(struct activation *a)
{
	struct change with_context = change;
	int ret;

	a->secrets = secret_take(sizeof(*a->secrets));
	if (!a->secrets)
		out_of_memory();
	ret = prepare(a);
	with_context.context = a;
	if (!ret)
		ret = change_make(a->session, &with_context);
	wsman_http_close(&a->http);
	leave(a);
	return ret;
}

static int activate(struct session *session)
{
	uint32_t mode = CHANGE_STATE_UNKNOWN, state = CHANGE_STATE_UNKNOWN;
	struct activation a = { .session = session };
	struct output *out = session->ctl->out;
	int ret;

	ret = print_question(session,
			     amthi_question_of(CHANGE_LIST,
					       AMTHI_PROVISIONING_STATE),
			     &state);
	if (!ret)
		ret = print_question(session,
				     amthi_question_of(CHANGE_LIST,
						       AMTHI_CONTROL_MODE),
				     &mode);
	ret = ret ? ret : session->status;
	if (ret)
		return ret;
	if (change_is_done(session, &change, mode))
		return STATUS_DONE;
	ret = check_state(out, mode, state);
	ret = ret ? ret : check_tls(out);
	if (ret)
		return ret;
	ret = secret_begin();
	if (ret)
		return fail(out, STATUS_FAILED, "memory-lock",
			    "no memory can be locked for the secrets (%s): run as root, or raise 'ulimit -l' to 1024 at least",
			    strerror(-ret));
	ret = with_secrets(&a);
	secret_end();
	return ret;
}

static int run_activate(void *program)
{
	struct amtctl *ctl = program;
	struct session session;
	int ret = session_open(&session, ctl);

	if (!ret)
		ret = activate(&session);
	session_close(&session);
	return ret;
}

static const struct cli_option options[] = {
	CHANGE_OPTIONS,
	{ 0, "password-file", "FILE",
	  "the password is in FILE, - is standard input",
	  offsetof(struct amtctl, password_file) },
	{ 0, "password-stdin", NULL, "the password is on standard input",
	  offsetof(struct amtctl, password_stdin) },
	{ 0 },
};

const struct cli_command cmd_activate = {
	.name = "activate",
	.help = "put AMT into client control mode",
	.details =
		"DANGER: whoever has the password controls this machine over the network from then\n"
		"on. The password comes from a terminal, a file or standard input, never from the\n"
		"command line.\n",
	.options = options,
	.run = run_activate,
};
