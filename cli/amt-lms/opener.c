// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The part that runs as root. It reads nothing from the daemon: there is only one
 * thing that it can be asked for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/amt/amthi.h"
#include "cli/amt/apf.h"
#include "cli/amt/mei.h"
#include "config.h"
#include "handover.h"
#include "log.h"
#include "opener.h"

/* milliseconds */
#define VERSIONS_TIMEOUT 5000

/* Leaves it unknown when AMT is not ready, or its versions cannot be read. */
static enum mei_problem ask_versions(struct mei *mei,
				     enum amthi_affected *affected)
{
	struct amthi_versions versions;
	uint8_t request[AMTHI_REQUEST_MAX];
	struct amthi_answer answer;
	enum mei_problem problem;
	size_t size, got;

	*affected = AMTHI_AFFECTED_UNKNOWN;
	problem = mei_open(mei, amthi_uuid);
	if (problem)
		return problem;
	size = amthi_request(request, AMTHI_VERSIONS, 0, 0);
	problem = mei_exchange(mei, request, size, VERSIONS_TIMEOUT, &got);
	if (problem)
		return problem;
	if (!got)
		return MEI_DISABLED;
	if (!amthi_answer(mei->message, got, AMTHI_VERSIONS, &answer) &&
	    answer.status == AMTHI_SUCCESS &&
	    !amthi_versions(&answer, &versions))
		*affected = amthi_affected(&versions);
	return MEI_GOOD;
}

static void describe(struct handover *handover, const struct mei *mei,
		     enum mei_problem problem)
{
	handover->problem = problem;
	handover->error = mei->error;
	handover->mtu = mei->mtu;
	if (mei->path)
		snprintf(handover->path, sizeof(handover->path), "%s",
			 mei->path);
}

/* May the firmware be listened for? */
static bool is_trusted(struct handover *handover)
{
	static const enum handover_refusal refusals[] = {
		[AMTHI_AFFECTED_UNKNOWN] = HANDOVER_UNKNOWN,
		[AMTHI_AFFECTED_NO] = HANDOVER_GIVEN,
		[AMTHI_AFFECTED_YES] = HANDOVER_AFFECTED,
	};
	enum amthi_affected affected;
	enum mei_problem problem;
	struct mei mei;

	problem = ask_versions(&mei, &affected);
	describe(handover, &mei, problem);
	mei_close(&mei);
	if (handover->problem == MEI_GOOD)
		handover->refusal = refusals[affected];
	/* it is not AMT's port forwarding that is held */
	if (handover->problem == MEI_BUSY)
		handover->refusal = HANDOVER_HELD;
	return handover->problem == MEI_GOOD &&
	       handover->refusal == HANDOVER_GIVEN;
}

int opener_run(int socket, const char *path, bool required)
{
	struct handover handover = { 0 };
	struct mei mei = { .fd = -1 };
	struct config config;
	char *wrong = config_read(&config, path, required);
	bool sent;

	if (wrong) {
		log_line(LOG_ERR, "%s", wrong);
		handover.refusal = HANDOVER_CONFIG;
	} else if (config.affected || is_trusted(&handover)) {
		enum mei_problem problem = mei_open(&mei, apf_uuid);

		describe(&handover, &mei, problem);
	}
	sent = handover_send(socket, &handover, mei.fd);
	/* one that waits no longer has said so */
	if (!sent && errno != EPIPE)
		log_line(LOG_ERR,
			 "the connection cannot be handed over by standard input: %s",
			 strerror(errno));
	mei_close(&mei);
	config_free(&config);
	free(wrong);
	return sent ? EXIT_SUCCESS : EXIT_FAILURE;
}
