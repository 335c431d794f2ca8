// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/capsule under attack: every truncation and every byte changed, of good
 * capsules of each shape. Nothing may be read past the end (the allocations are
 * exact, the sanitizers watch), and the verdict must be one.
 */
#include "cmocka-all.h"
#include "corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

static const char *const good[] = {
	"grid-h1c-v1-d0-p1-plain.cap",
	"grid-h1c-v1-d1-p2-signed.cap",
	"grid-h20-v2-d0-p1-signed.cap",
	"grid-h20-v2-d1-p2-plain.cap",
	"grid-h40-v3-d1-p2-signed.cap",
	"grid-h40-v3-d0-p1-plain.cap",
	"driver-known-type.cap",
	"driver-oem-header.cap",
	"mkeficapsule-code-signed.cap",
	"edk2-two-with-driver.cap",
};

#define GOOD	(sizeof(good) / sizeof(good[0]))

static void put32(__u8 *p, __u32 n)
{
	p[0] = n;
	p[1] = n >> 8;
	p[2] = n >> 16;
	p[3] = n >> 24;
}

static void image_is_inside(const struct pfru_image *image, size_t size)
{
	assert_true(image->offset < size);
	assert_in_range(image->version, 1, 3);
	assert_true(image->payload_offset <= size);
	assert_true(image->payload_size <= size - image->payload_offset);
	assert_true(image->header_size >= 36);
	assert_true(image->header_size <= image->payload_size);
	if (!image->authenticated) {
		assert_int_equal(image->signature_size, 0);
		return;
	}
	assert_true(image->signature_offset > image->offset);
	assert_true(image->signature_size <= size - image->signature_offset);
	assert_int_equal(image->signature_offset + image->signature_size,
			 image->payload_offset);
}

static void judge(const __u8 *bytes, size_t size,
		  const struct pfru_capability *cap, struct pfru_verdict *v)
{
	enum pfru_reason reason = pfru_judge(bytes, size, cap, v);

	assert_int_equal(reason, v->refusal.reason);
	assert_true(v->refusal.offset <= size);
	assert_string_not_equal(pfru_reason_text(reason)->name, "unknown");
	if (reason)
		return;
	assert_int_equal(v->payload, 0);
	assert_true(v->payloads > 0);
	image_is_inside(&v->image, size);
	if (v->kind == PFRU_KIND_DRIVER_UPDATE)
		assert_true(v->image.has_svn);
	if (cap)
		assert_int_not_equal(v->kind, PFRU_KIND_UNKNOWN);
}

/* judge twice into memory filled differently: the verdicts must be the same */
static void judge_twice(const __u8 *bytes, size_t size)
{
	struct pfru_verdict a, b;

	memset(&a, 0x55, sizeof(a));
	memset(&b, 0xaa, sizeof(b));
	judge(bytes, size, &corpus()->platform, &a);
	judge(bytes, size, &corpus()->platform, &b);
	assert_memory_equal(&a, &b, sizeof(a));
	judge(bytes, size, NULL, &b);
	if (a.refusal.reason == PFRU_REASON_NONE)
		assert_int_equal(b.refusal.reason, PFRU_REASON_NONE);
}

static void test_truncated(void **state)
{
	struct pfru_verdict v;
	size_t size, cut;
	__u8 *bytes, *part;

	bytes = corpus_read(*state, &size);
	for (cut = 0; cut < size; cut++) {
		part = exact_copy(bytes, cut);
		judge(part, cut, &corpus()->platform, &v);
		assert_int_equal(v.refusal.reason, cut < 28 ?
				 PFRU_REASON_SHORT : PFRU_REASON_CAPSULE_SIZE);
		if (cut < 28) {
			assert_int_equal(v.refusal.found, cut);
			assert_int_equal(v.refusal.expected, 28);
		} else {
			assert_int_equal(v.refusal.found, cut);
			assert_int_equal(v.refusal.expected, size);
		}
		free(part);
	}
	judge(bytes, size, &corpus()->platform, &v);
	assert_int_equal(v.refusal.reason, PFRU_REASON_NONE);
	free(bytes);
}

/* the last image of these ends with the file, so each must be refused still */
static void test_truncated_and_resized(void **state)
{
	struct pfru_verdict v;
	size_t size, cut;
	__u8 *bytes, *part;

	bytes = corpus_read(*state, &size);
	for (cut = 28; cut < size; cut++) {
		part = exact_copy(bytes, cut);
		put32(part + 24, cut);
		judge(part, cut, &corpus()->platform, &v);
		assert_int_not_equal(v.refusal.reason, PFRU_REASON_NONE);
		free(part);
	}
	free(bytes);
}

static void test_each_byte_changed(void **state)
{
	static const __u8 values[] = {
		0x00, 0x01, 0x02, 0x03, 0x04, 0x17, 0x18, 0x1c, 0x20, 0x23,
		0x24, 0x27, 0x28, 0x40, 0x7f, 0x80, 0xfe, 0xff,
	};
	size_t size, i, v;
	__u8 *bytes, old;

	bytes = corpus_read(*state, &size);
	for (i = 0; i < size; i++) {
		old = bytes[i];
		for (v = 0; v < sizeof(values); v++) {
			bytes[i] = values[v];
			judge_twice(bytes, size);
		}
		for (v = 0; v < 8; v++) {
			bytes[i] = old ^ 1 << v;
			judge_twice(bytes, size);
		}
		bytes[i] = old;
	}
	free(bytes);
}

static void test_each_number_changed(void **state)
{
	size_t size, i, v;
	__u8 *bytes, old[4];

	bytes = corpus_read(*state, &size);
	for (i = 0; i + 4 <= size; i++) {
		const __u32 values[] = {
			0, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffffff - i,
			0 - (__u32)size, size - i, size - i + 1, size - i - 1,
			size, size + 1, size - 1, 0xffff, 0x10000,
		};

		memcpy(old, bytes + i, 4);
		for (v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			put32(bytes + i, values[v]);
			judge_twice(bytes, size);
		}
		memcpy(bytes + i, old, 4);
	}
	free(bytes);
}

/* the beginning of one good capsule with the rest of another */
static void test_spliced(void **state)
{
	struct pfru_verdict v;
	size_t size, other_size, at, i;
	__u8 *bytes, *other, *both;

	bytes = corpus_read(*state, &size);
	for (i = 0; i < GOOD; i++) {
		other = corpus_read(good[i], &other_size);
		both = exact_copy(bytes, size);
		for (at = 28; at < size && at < other_size; at += 4) {
			memcpy(both + at, other + at,
			       (size < other_size ? size : other_size) - at);
			judge(both, size, &corpus()->platform, &v);
			memcpy(both, bytes, size);
		}
		free(both);
		free(other);
	}
	free(bytes);
}

int main(void)
{
	static const struct {
		const char *name;
		CMUnitTestFunction function;
	} kinds[] = {
		{ "truncated", test_truncated },
		{ "truncated_and_resized", test_truncated_and_resized },
		{ "each_byte_changed", test_each_byte_changed },
		{ "each_number_changed", test_each_number_changed },
		{ "spliced", test_spliced },
	};
	const size_t count = sizeof(kinds) / sizeof(kinds[0]);
	struct CMUnitTest tests[GOOD * sizeof(kinds) / sizeof(kinds[0])] = {};
	static char names[GOOD * sizeof(kinds) / sizeof(kinds[0])][96];
	size_t i;
	int failed;

	for (i = 0; i < GOOD * count; i++) {
		snprintf(names[i], sizeof(names[i]), "%s %s",
			 kinds[i % count].name, good[i / count]);
		tests[i].name = names[i];
		tests[i].test_func = kinds[i % count].function;
		tests[i].initial_state = (void *)good[i / count];
	}
	failed = cmocka_run_group_tests_name("hostile", tests, NULL,
					     free_corpus);
	return failed != 0;
}
