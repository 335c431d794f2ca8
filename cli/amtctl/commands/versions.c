// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * amtctl versions: the versions of all parts of AMT's code.
 */
#include <stdlib.h>

#include "cli/amtctl/versions.h"
#include "cli/common/escape.h"

/* one object with the firmware's own names as keys would let it choose them */
static void print_all(struct output *out, const struct amthi_versions *versions)
{
	char *bios = escape(versions->bios, versions->bios_size);
	size_t i;

	out_string(out, "bios", "BIOS", bios);
	free(bios);
	out_list(out, "versions", NULL);
	for (i = 0; i < versions->count; i++) {
		const struct amthi_version *v = &versions->list[i];
		char *name = escape(v->name, v->name_size);
		char *version = escape(v->version, v->version_size);

		out_group(out, NULL, NULL);
		out_string(out, "name", NULL, name);
		out_string(out, "version", name, version);
		out_end(out);
		free(version);
		free(name);
	}
	out_end(out);
}

static int run_versions(void *program)
{
	struct amtctl *ctl = program;
	struct amthi_versions versions;
	struct session session;
	int ret = session_open(&session, ctl);
	uint32_t status;

	if (!ret)
		ret = versions_ask(&session, &versions, &status);
	if (!ret && status)
		ret = fail(ctl->out, session_status(status), "refused",
			   "AMT does not give its versions: %s (0x%x)",
			   amthi_status_name(status), status);
	else if (!ret)
		print_all(ctl->out, &versions);
	session_close(&session);
	return ret == SESSION_WRONG ? session.status : ret;
}

const struct cli_command cmd_versions = {
	.name = "versions",
	.help = "show the versions of AMT's code",
	.details =
		"Shows all names and versions that the firmware reports, and the BIOS version.\n",
	.run = run_versions,
};
