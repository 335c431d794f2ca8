// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verdict on every file of the corpus, without cmocka: for 32-bit builds,
 * where pointers and size_t are narrower than a capsule's own offsets.
 */
#include "corpus.h"

#include "tests/lib/tap.h"

int main(void)
{
	const struct corpus *c = corpus();
	char why[256];
	size_t i;

	for (i = 0; i < c->count; i++) {
		if (!check(!corpus_judge(&c->cases[i], why, sizeof(why)), "%s",
			   c->cases[i].name))
			printf("# %s\n", why);
	}
	free_corpus(NULL);
	return done();
}
