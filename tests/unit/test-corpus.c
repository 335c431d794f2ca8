// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verdict on every file of the corpus, and on its platform: one test a
 * file.
 */
#include "cmocka-all.h"
#include "corpus.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static void judge(void **state)
{
	char why[256];

	if (corpus_judge(*state, why, sizeof(why)))
		fail_msg("%s", why);
}

static int is_listed(const char *name)
{
	const struct corpus *c = corpus();
	size_t i;

	for (i = 0; i < c->count; i++)
		if (!strcmp(c->cases[i].name, name))
			return 1;
	return 0;
}

/* a file nobody judges is a file that proves nothing */
#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static void test_every_file_is_listed(void **state)
{
	DIR *dir = opendir(CORPUS_DIR);
	const struct dirent *entry;
	size_t files = 0, length;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		length = strlen(entry->d_name);
		if (length < 4 || strcmp(entry->d_name + length - 4, ".cap"))
			continue;
		if (!is_listed(entry->d_name))
			fail_msg("%s is not in MANIFEST", entry->d_name);
		files++;
	}
	closedir(dir);
	assert_int_equal(files, corpus()->count);
}

static void test_manifest_has_both_verdicts(void **state)
{
	const struct corpus *c = corpus();
	size_t accepted = 0, i;

	(void)state;
	for (i = 0; i < c->count; i++)
		accepted += !strcmp(c->cases[i].verdict, "accepted");
	assert_true(accepted > 50);
	assert_true(c->count - accepted > 200);
}

int main(void)
{
	static const struct CMUnitTest common[] = {
		cmocka_unit_test(test_every_file_is_listed),
		cmocka_unit_test(test_manifest_has_both_verdicts),
	};
	const struct corpus *c = corpus();
	struct CMUnitTest *tests, *test;
	size_t i;
	int failed;

	tests = calloc(ARRAY_LENGTH(common) + c->count, sizeof(*tests));
	if (!tests)
		return 1;
	memcpy(tests, common, sizeof(common));
	for (i = 0; i < c->count; i++) {
		test = &tests[ARRAY_LENGTH(common) + i];
		test->name = c->cases[i].name;
		test->test_func = judge;
		test->initial_state = &c->cases[i];
	}
	failed = _cmocka_run_group_tests("corpus", tests,
					 ARRAY_LENGTH(common) + c->count, NULL,
					 free_corpus);
	free(tests);
	return failed != 0;
}
