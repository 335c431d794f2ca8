// SPDX-License-Identifier: GPL-2.0-or-later
/* What goes wrong with a client's answers, and how often more. */
#include <string.h>

#include "sim.h"

bool take_one(long *count)
{
	if (*count > 0)
		(*count)--;
	else if (*count != FOREVER)
		return false;
	return true;
}

void faults_clear(struct faults *f)
{
	unsigned long applied = f->applied;

	memset(f, 0, sizeof(*f));
	f->applied = applied;
}
