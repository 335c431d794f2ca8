// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "pfructl capsule": all that it prints of a capsule, signers included, as text
 * and as JSON.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "capsule.h"
#include "cli/common/output.h"
#include "cli/pfructl/pfructl.h"
#include "fuzz.h"

const size_t capsule_tail;

static int file = -1;
static char name[32];

static void show(bool json, bool accepted)
{
	struct pfructl ctl;
	int status;

	memset(&ctl, 0, sizeof(ctl));
	ctl.options.no_device = true;
	ctl.options.json = json;
	ctl.argument = name;
	ctl.out = output_new(json, false);
	status = output_finish(ctl.out, cmd_capsule.run(&ctl));
	expect(status == (accepted ? STATUS_DONE : STATUS_CAPSULE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pfru_verdict verdict;
	bool accepted = !pfru_judge(data, size, NULL, &verdict);

	if (file < 0) {
		file = memfd_create("capsule", 0);
		snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
	}
	expect(!ftruncate(file, 0));
	expect(pwrite(file, data, size, 0) == (ssize_t)size);
	show(false, accepted);
	show(true, accepted);
	return 0;
}
