// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The versions of AMT's code.
 */
#include <stdlib.h>

#include "cli/common/escape.h"
#include "versions.h"

int versions_ask(struct session *session, struct amthi_versions *versions,
		 uint32_t *status)
{
	struct amthi_answer answer;
	enum amthi_fault fault;
	int ret = session_ask(session, AMTHI_VERSIONS, 0, 0, &answer);

	if (ret)
		return ret;
	*status = answer.status;
	if (answer.status)
		return STATUS_DONE;
	fault = amthi_versions(&answer, versions);
	return fault ? session_fault(session, AMTHI_VERSIONS, fault) :
		       STATUS_DONE;
}

static void print_one(struct output *out, const char *key, const char *label,
		      const uint8_t *bytes, size_t size)
{
	char *text = escape(bytes, size);

	out_string(out, key, label, text);
	free(text);
}

void versions_print_short(struct output *out,
			  const struct amthi_versions *versions)
{
	const struct amthi_version *amt = amthi_version(versions, "AMT");
	const struct amthi_version *build =
		amthi_version(versions, "Build Number");

	print_one(out, "bios", "BIOS", versions->bios, versions->bios_size);
	if (amt)
		print_one(out, "amt_version", "AMT version", amt->version,
			  amt->version_size);
	if (build)
		print_one(out, "build_number", "Build number", build->version,
			  build->version_size);
}
