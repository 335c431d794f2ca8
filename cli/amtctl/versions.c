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

static void print_named(struct output *out, const char *key, const char *label,
			const struct amthi_version *version)
{
	if (version)
		print_one(out, key, label, version->version,
			  version->version_size);
	else
		out_null(out, key);
}

void versions_print_short(struct output *out,
			  const struct amthi_versions *versions)
{
	print_one(out, "bios", "BIOS", versions->bios, versions->bios_size);
	print_named(out, "amt_version", "AMT version",
		    amthi_version(versions, "AMT"));
	print_named(out, "build_number", "Build number",
		    amthi_version(versions, "Build Number"));
}

void versions_print_refused(struct output *out, uint32_t status)
{
	const char *name = amthi_status_name(status);

	out_null(out, "bios");
	out_null(out, "amt_version");
	out_number(out, "amt_version_status", NULL, status);
	out_string(out, "amt_version_status_name", NULL, name);
	out_null(out, "build_number");
	note(out, "the versions are not available: %s (0x%x)", name, status);
}
