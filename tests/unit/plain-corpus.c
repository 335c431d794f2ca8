// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verdict on every file of the corpus, without cmocka: for 32-bit builds,
 * where pointers and size_t are narrower than a capsule's own offsets.
 */
#include "corpus.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	const struct corpus *c = corpus();
	char why[256];
	int failed = 0;
	size_t i;

	printf("1..%zu\n", c->count);
	for (i = 0; i < c->count; i++) {
		if (corpus_judge(&c->cases[i], why, sizeof(why))) {
			printf("not ok %zu - %s\n", i + 1, why);
			failed = 1;
		} else {
			printf("ok %zu - %s\n", i + 1, c->cases[i].name);
		}
	}
	free(c->cases);
	return failed;
}
