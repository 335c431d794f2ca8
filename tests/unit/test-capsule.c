// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/capsule: what a walk reads, what a refusal says, and the judgement
 * against platforms other than the corpus's.
 */
#include "cmocka-all.h"
#include "corpus.h"

#include <stdlib.h>
#include <string.h>

#define MAX32	0xffffffffU
#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

static void put(__u8 *p, __u64 n, unsigned int bytes)
{
	while (bytes--) {
		*p++ = n;
		n >>= 8;
	}
}

/* a capsule whose every field is different */
#define HEADER	0x24
#define FMP	HEADER
#define DRIVER	(FMP + 8 + 16)
#define IMAGE	(DRIVER + 5)
#define AUTH	(IMAGE + 48)
#define CERT	6
#define PAYLOAD	(AUTH + 32 + CERT)
#define OEM	7
#define DATA	11
#define TOTAL	(PAYLOAD + 40 + OEM + DATA)

static const __u8 other_type[PFRU_GUID_SIZE] = "sixteen letters.";
static const __u8 other_platform[PFRU_GUID_SIZE] = "another sixteen.";

static __u8 *every_field(void)
{
	__u8 *b = calloc(1, TOTAL);

	assert_non_null(b);
	memcpy(b, pfru_guid_capsule, PFRU_GUID_SIZE);
	put(b + 16, HEADER, 4);
	put(b + 20, 0x11121314, 4);
	put(b + 24, TOTAL, 4);

	put(b + FMP, 1, 4);
	put(b + FMP + 4, 1, 2);
	put(b + FMP + 6, 1, 2);
	put(b + FMP + 8, DRIVER - FMP, 8);
	put(b + FMP + 16, IMAGE - FMP, 8);

	put(b + IMAGE, 3, 4);
	memcpy(b + IMAGE + 4, other_type, PFRU_GUID_SIZE);
	b[IMAGE + 20] = 0x21;
	put(b + IMAGE + 24, TOTAL - AUTH, 4);
	put(b + IMAGE + 32, 0x3132333435363738, 8);
	put(b + IMAGE + 40, 0x4142434445464741, 8);

	put(b + AUTH, 0x5152535455565758, 8);
	put(b + AUTH + 8, 24 + CERT, 4);
	put(b + AUTH + 12, 0x0200, 2);
	put(b + AUTH + 14, 0x0ef1, 2);
	memcpy(b + AUTH + 16, pfru_guid_pkcs7, PFRU_GUID_SIZE);

	put(b + PAYLOAD, 0x61626364, 4);
	put(b + PAYLOAD + 4, 0x71727374, 4);
	put(b + PAYLOAD + 8, 40 + OEM, 4);
	put(b + PAYLOAD + 12, 0x81828384, 4);
	put(b + PAYLOAD + 16, 0x91929394, 4);
	memcpy(b + PAYLOAD + 20, other_platform, PFRU_GUID_SIZE);
	put(b + PAYLOAD + 36, 0xa1a2a3a4, 4);
	return b;
}

static void test_open_reads_every_field(void **state)
{
	struct pfru_refusal refusal;
	struct pfru_capsule c;
	__u8 *b = every_field();

	(void)state;
	memset(&c, 0xff, sizeof(c));
	assert_int_equal(pfru_capsule_open(&c, b, TOTAL, &refusal),
			 PFRU_REASON_NONE);
	assert_ptr_equal(c.bytes, b);
	assert_int_equal(c.size, TOTAL);
	assert_int_equal(c.header_size, HEADER);
	assert_int_equal(c.flags, 0x11121314);
	assert_int_equal(c.fmp_version, 1);
	assert_int_equal(c.drivers, 1);
	assert_int_equal(c.payloads, 1);
	free(b);
}

static void test_items_reach_to_the_next_and_to_the_end(void **state)
{
	struct pfru_refusal refusal;
	struct pfru_capsule c;
	__u8 *b = every_field();
	__u64 end;

	(void)state;
	assert_int_equal(pfru_capsule_open(&c, b, TOTAL, &refusal),
			 PFRU_REASON_NONE);
	assert_int_equal(pfru_capsule_item(&c, 0, &end), DRIVER);
	assert_int_equal(end, IMAGE);
	assert_int_equal(pfru_capsule_item(&c, 1, &end), IMAGE);
	assert_int_equal(end, TOTAL);
	free(b);
}

static void read_image(__u8 *b, struct pfru_image *image)
{
	struct pfru_refusal refusal;
	struct pfru_capsule c;

	memset(image, 0xff, sizeof(*image));
	assert_int_equal(pfru_capsule_open(&c, b, TOTAL, &refusal),
			 PFRU_REASON_NONE);
	assert_int_equal(pfru_capsule_image(&c, 0, image, &refusal),
			 PFRU_REASON_NONE);
}

static void test_image_reads_every_field(void **state)
{
	__u8 *b = every_field();
	struct pfru_image i;

	(void)state;
	/* bit 1 of the support word would be a dependency */
	read_image(b, &i);
	assert_int_equal(i.offset, IMAGE);
	assert_int_equal(i.version, 3);
	assert_memory_equal(i.type, other_type, PFRU_GUID_SIZE);
	assert_int_equal(i.index, 0x21);
	assert_int_equal(i.image_size, TOTAL - AUTH);
	assert_int_equal(i.instance, 0x3132333435363738);
	assert_int_equal(i.support, 0x4142434445464741);
	assert_true(i.authenticated);
	assert_int_equal(i.monotonic_count, 0x5152535455565758);
	assert_int_equal(i.signature_offset, AUTH + 32);
	assert_int_equal(i.signature_size, CERT);
	assert_int_equal(i.payload_offset, PAYLOAD);
	assert_int_equal(i.payload_size, 40 + OEM + DATA);
	assert_int_equal(i.signature, 0x61626364);
	assert_int_equal(i.header_version, 0x71727374);
	assert_int_equal(i.header_size, 40 + OEM);
	assert_int_equal(i.hw_ver, 0x81828384);
	assert_int_equal(i.rt_ver, 0x91929394);
	assert_memory_equal(i.platform_id, other_platform, PFRU_GUID_SIZE);
	assert_true(i.has_svn);
	assert_int_equal(i.svn, 0xa1a2a3a4);
	free(b);
}

/* a header that ends before the SVN has none, whatever follows it */
static void test_short_header_has_no_svn(void **state)
{
	__u8 *b = every_field();
	struct pfru_image i;
	__u32 size;

	(void)state;
	for (size = 36; size < 40; size++) {
		put(b + PAYLOAD + 8, size, 4);
		read_image(b, &i);
		assert_false(i.has_svn);
		assert_int_equal(i.svn, 0);
	}
	free(b);
}

/* the older image headers end earlier: their fields are 0, not the payload */
static void test_older_headers_have_fewer_fields(void **state)
{
	static const __u32 header[] = { 0, 32, 40 };
	__u8 *b = every_field();
	struct pfru_image i;
	__u32 version;

	(void)state;
	for (version = 1; version <= 2; version++) {
		put(b + IMAGE, version, 4);
		put(b + IMAGE + header[version] + 8, 40, 4);
		read_image(b, &i);
		assert_int_equal(i.version, version);
		assert_int_equal(i.instance,
				 version == 1 ? 0 : 0x3132333435363738);
		assert_int_equal(i.support, 0);
		assert_false(i.authenticated);
		assert_int_equal(i.monotonic_count, 0);
		assert_int_equal(i.signature_offset, 0);
		assert_int_equal(i.signature_size, 0);
		assert_int_equal(i.payload_offset, IMAGE + header[version]);
		assert_int_equal(i.payload_size, TOTAL - AUTH);
	}
	free(b);
}

/* what a refusal reports besides reason and place */
static const struct {
	const char *file;
	__u64 found, expected;
	__u32 payload, payloads;
	enum pfru_kind kind;
} refusals[] = {
	{ "empty.cap", 0, 28, 0, 0, 0 },
	{ "noise-27.cap", 27, 28, 0, 0, 0 },
	{ "capsule-guid-zero.cap", 0, 0, 0, 0, 0 },
	{ "capsule-size-27.cap", 27, 28, 0, 0, 0 },
	{ "capsule-size-one-more.cap", 129, 130, 0, 0, 0 },
	{ "capsule-size-one-less.cap", 129, 128, 0, 0, 0 },
	{ "header-size-27.cap", 27, 28, 0, 0, 0 },
	{ "header-size-past-end.cap", 130, 129, 0, 0, 0 },
	{ "header-size-max.cap", MAX32, 129, 0, 0, 0 },
	{ "header-size-end-less-7.cap", 7, 8, 0, 0, 0 },
	{ "header-only.cap", 0, 8, 0, 0, 0 },
	{ "management-version-2.cap", 2, 1, 0, 0, 0 },
	{ "count-max-drivers.cap", 93, 8 * 0x10000, 0, 0, 0 },
	{ "count-max-both.cap", 93, 8 * 2 * 0xffff, 0, 0, 0 },
	{ "count-list-past-the-end.cap", 16, 24, 0, 0, 0 },
	{ "grid-h1c-d1-p0.cap", 0, 1, 0, 0, 0 },
	{ "offset-4g.cap", 0x10000006dULL, 198, 0, 0, 0 },
	{ "offset-at-end.cap", 198, 198, 0, 0, 0 },
	{ "offset-max.cap", ~0ULL, 198, 0, 0, 0 },
	{ "offset-points-to-0.cap", 0, 24, 0, 0, 0 },
	{ "offset-unordered.cap", 24, 110, 0, 0, 0 },
	{ "offset-equal.cap", 24, 25, 0, 0, 0 },
	{ "image-version-0.cap", 0, 3, 0, 1, 0 },
	{ "grid-h1c-v4-d0-p1-plain.cap", 4, 3, 0, 1, 0 },
	{ "image-header-v1-less-1.cap", 31, 32, 0, 1, 0 },
	{ "image-header-v2-less-1.cap", 39, 40, 0, 1, 0 },
	{ "image-header-v3-less-8.cap", 40, 48, 0, 1, 0 },
	{ "image-size-v3-one-more.cap", 38, 37, 0, 1, 0 },
	{ "vendor-code-max.cap", MAX32, 0, 0, 1, 0 },
	{ "vendor-code-v1.cap", 6, 0, 0, 1, 0 },
	{ "dependency.cap", 2, 0, 0, 1, 0 },
	{ "dependency-signed.cap", 3, 1, 0, 1, 0 },
	{ "authentication-31-v3.cap", 31, 32, 0, 1, 0 },
	{ "dwlength-23-v3.cap", 23, 24, 0, 1, 0 },
	{ "dwlength-past-end-v2.cap", 75, 74, 0, 1, 0 },
	{ "revision-v3.cap", 0x0100, 0x0200, 0, 1, 0 },
	{ "certificate-type.cap", 0x0ef0, 0x0ef1, 0, 1, 0 },
	{ "certificate-guid.cap", 0, 0, 0, 1, 0 },
	{ "code-payload-35-plain.cap", 35, 36, 0, 1, 0 },
	{ "dwlength-to-the-end-v1.cap", 0, 36, 0, 1, 0 },
	{ "code-header-size-23.cap", 35, 36, 0, 1, 0 },
	{ "code-header-size-one-more.cap", 38, 37, 0, 1, 0 },
	{ "wrapped-driver.cap", 0, 0, 0, 1, 0 },
	{ "driver-payload-39-plain.cap", 39, 40, 0, 1,
	  PFRU_KIND_DRIVER_UPDATE },
	{ "driver-header-size-27.cap", 39, 40, 0, 1, PFRU_KIND_DRIVER_UPDATE },
	{ "driver-header-size-24-of-40.cap", 36, 40, 0, 1,
	  PFRU_KIND_DRIVER_UPDATE },
	{ "authentication-alone-v1.cap", 0, 36, 0, 1, 0 },
	{ "authentication-31-v2.cap", 31, 36, 0, 1, 0 },
	{ "type-unknown.cap", 0, 0, 0, 1, 0 },
	{ "code-other-platform.cap", 0, 0, 0, 1, PFRU_KIND_CODE_INJECTION },
	{ "code-older-version.cap", 0, 1, 0, 1, PFRU_KIND_CODE_INJECTION },
	{ "driver-older-svn.cap", 0, 1, 0, 1, PFRU_KIND_DRIVER_UPDATE },
	{ "pair-first-older.cap", 0, 1, 0, 2, PFRU_KIND_CODE_INJECTION },
	{ "pair-second-older.cap", 0, 1, 1, 2, PFRU_KIND_CODE_INJECTION },
	{ "pair-second-svn.cap", 0, 1, 1, 2, PFRU_KIND_DRIVER_UPDATE },
	{ "pair-second-version.cap", 4, 3, 1, 2, 0 },
	{ "pair-second-size.cap", 4096, 82, 1, 2, 0 },
	{ "triple-middle-older.cap", 0, 1, 1, 3, PFRU_KIND_CODE_INJECTION },
};

static void test_refusals_say_what_was_found(void **state)
{
	struct pfru_verdict v;
	size_t size, i;
	__u8 *b;

	(void)state;
	for (i = 0; i < LENGTH(refusals); i++) {
		b = corpus_read(refusals[i].file, &size);
		memset(&v, 0xff, sizeof(v));
		assert_int_not_equal(pfru_judge(b, size, &corpus()->platform,
						&v), PFRU_REASON_NONE);
		if (v.refusal.found != refusals[i].found ||
		    v.refusal.expected != refusals[i].expected)
			fail_msg("%s: found %llu, expected %llu",
				 refusals[i].file,
				 (unsigned long long)v.refusal.found,
				 (unsigned long long)v.refusal.expected);
		if (v.payload != refusals[i].payload ||
		    v.payloads != refusals[i].payloads ||
		    v.kind != refusals[i].kind)
			fail_msg("%s: payload %u of %u, kind %d",
				 refusals[i].file, v.payload, v.payloads,
				 (int)v.kind);
		free(b);
	}
}

/* an acceptance shows the first payload and how many there are */
static void test_acceptance_shows_the_first_payload(void **state)
{
	static const struct {
		const char *file;
		__u32 payloads;
		enum pfru_kind kind;
		__u32 header_size;
	} accepted[] = {
		{ "grid-h1c-v1-d0-p1-plain.cap", 1, PFRU_KIND_CODE_INJECTION,
		  36 },
		{ "grid-h40-v3-d1-p2-signed.cap", 2, PFRU_KIND_CODE_INJECTION,
		  36 },
		{ "driver-known-type.cap", 1, PFRU_KIND_DRIVER_UPDATE, 40 },
		{ "driver-equal-versions.cap", 1, PFRU_KIND_DRIVER_UPDATE,
		  40 },
		{ "code-svn-ignored.cap", 1, PFRU_KIND_CODE_INJECTION, 40 },
		{ "payloads-64.cap", 64, PFRU_KIND_CODE_INJECTION, 36 },
	};
	struct pfru_verdict v;
	size_t size, i;
	__u8 *b;

	(void)state;
	for (i = 0; i < LENGTH(accepted); i++) {
		b = corpus_read(accepted[i].file, &size);
		memset(&v, 0xff, sizeof(v));
		assert_int_equal(pfru_judge(b, size, &corpus()->platform, &v),
				 PFRU_REASON_NONE);
		assert_int_equal(v.refusal.reason, PFRU_REASON_NONE);
		assert_int_equal(v.refusal.offset, 0);
		assert_int_equal(v.refusal.found, 0);
		assert_int_equal(v.refusal.expected, 0);
		assert_int_equal(v.payload, 0);
		assert_int_equal(v.payloads, accepted[i].payloads);
		assert_int_equal(v.kind, accepted[i].kind);
		assert_int_equal(v.image.header_size, accepted[i].header_size);
		free(b);
	}
}

/*
 * Without a platform only what depends on it is let pass: the reported type of
 * a driver update is then an unknown one, whose SVN nobody asks for.
 */
static void test_structure_alone(void **state)
{
	const struct corpus *c = corpus();
	struct pfru_verdict with, without;
	size_t size, i;
	__u8 *b;
	__u32 expected;

	(void)state;
	for (i = 0; i < c->count; i++) {
		b = corpus_read(c->cases[i].name, &size);
		pfru_judge(b, size, &c->platform, &with);
		pfru_judge(b, size, NULL, &without);
		free(b);
		expected = with.refusal.reason;
		if (pfru_verdict_needs_platform(&with))
			expected = PFRU_REASON_NONE;
		if (without.refusal.reason != expected)
			fail_msg("%s: %u without platform, expected %u",
				 c->cases[i].name, without.refusal.reason,
				 expected);
	}
}

static void test_begin(void **state)
{
	static const struct {
		__u32 header, image;
		__u64 limit;
		enum pfru_reason reason;
		__u64 offset, found, expected;
	} begins[] = {
		{ 28, 28, 28, PFRU_REASON_NONE, 0, 0, 0 },
		{ 28, 4466, 4466, PFRU_REASON_NONE, 0, 0, 0 },
		{ 0x40, 4466, 1 << 20, PFRU_REASON_NONE, 0, 0, 0 },
		{ 4466, 4466, 1 << 20, PFRU_REASON_NONE, 0, 0, 0 },
		{ 28, MAX32, ~0ULL, PFRU_REASON_NONE, 0, 0, 0 },
		{ 28, MAX32, MAX32, PFRU_REASON_NONE, 0, 0, 0 },
		{ 28, 4466, 4465, PFRU_REASON_TOO_BIG, 24, 4466, 4465 },
		{ 28, 28, 0, PFRU_REASON_TOO_BIG, 24, 28, 0 },
		{ 28, MAX32, 1 << 20, PFRU_REASON_TOO_BIG, 24, MAX32,
		  1 << 20 },
		{ 28, 27, 1 << 20, PFRU_REASON_CAPSULE_SIZE, 24, 27, 28 },
		{ 28, 0, 1 << 20, PFRU_REASON_CAPSULE_SIZE, 24, 0, 28 },
		{ 27, 100, 1 << 20, PFRU_REASON_HEADER_SIZE, 16, 27, 28 },
		{ 0, 100, 1 << 20, PFRU_REASON_HEADER_SIZE, 16, 0, 28 },
		{ 101, 100, 1 << 20, PFRU_REASON_HEADER_SIZE, 16, 101, 100 },
		{ MAX32, 100, 1 << 20, PFRU_REASON_HEADER_SIZE, 16, MAX32,
		  100 },
	};
	struct pfru_refusal refusal;
	enum pfru_reason reason;
	__u8 b[28], *exact;
	__u64 size;
	size_t i;

	(void)state;
	memset(b, 0, sizeof(b));
	memcpy(b, pfru_guid_capsule, PFRU_GUID_SIZE);
	for (i = 0; i < LENGTH(begins); i++) {
		put(b + 16, begins[i].header, 4);
		put(b + 24, begins[i].image, 4);
		exact = exact_copy(b, sizeof(b));
		size = 7;
		memset(&refusal, 0xff, sizeof(refusal));
		reason = pfru_capsule_begin(exact, begins[i].limit, &size,
					    &refusal);
		free(exact);
		assert_int_equal(reason, begins[i].reason);
		assert_int_equal(size, reason ? 7 : begins[i].image);
		if (!reason)
			continue;
		assert_int_equal(refusal.reason, reason);
		assert_int_equal(refusal.offset, begins[i].offset);
		assert_int_equal(refusal.found, begins[i].found);
		assert_int_equal(refusal.expected, begins[i].expected);
	}
	put(b + 16, 28, 4);
	put(b + 24, 100, 4);
	for (i = 0; i < PFRU_GUID_SIZE; i++) {
		b[i] ^= 0x10;
		assert_int_equal(pfru_capsule_begin(b, 100, &size, &refusal),
				 PFRU_REASON_CAPSULE_GUID);
		b[i] ^= 0x10;
	}
}

static void test_kind_without_a_platform(void **state)
{
	static const __u8 zero[PFRU_GUID_SIZE];

	(void)state;
	assert_int_equal(pfru_image_kind(pfru_guid_code_injection, NULL),
			 PFRU_KIND_CODE_INJECTION);
	assert_int_equal(pfru_image_kind(pfru_guid_driver_update, NULL),
			 PFRU_KIND_DRIVER_UPDATE);
	assert_int_equal(pfru_image_kind(pfru_guid_capsule, NULL),
			 PFRU_KIND_UNKNOWN);
	assert_int_equal(pfru_image_kind(zero, NULL), PFRU_KIND_UNKNOWN);
}

static void set_types(struct pfru_capability *cap, const __u8 *code,
		      const __u8 *driver)
{
	memset(cap, 0, sizeof(*cap));
	if (code)
		memcpy(cap->code_type, code, PFRU_GUID_SIZE);
	if (driver)
		memcpy(cap->drv_type, driver, PFRU_GUID_SIZE);
}

static void test_kind_platform_first_known_second(void **state)
{
	static const __u8 zero[PFRU_GUID_SIZE];
	struct pfru_capability cap;

	(void)state;
	set_types(&cap, other_type, other_platform);
	assert_int_equal(pfru_image_kind(other_type, &cap),
			 PFRU_KIND_CODE_INJECTION);
	assert_int_equal(pfru_image_kind(other_platform, &cap),
			 PFRU_KIND_DRIVER_UPDATE);
	assert_int_equal(pfru_image_kind(pfru_guid_code_injection, &cap),
			 PFRU_KIND_CODE_INJECTION);
	assert_int_equal(pfru_image_kind(pfru_guid_driver_update, &cap),
			 PFRU_KIND_DRIVER_UPDATE);
	assert_int_equal(pfru_image_kind(pfru_guid_capsule, &cap),
			 PFRU_KIND_UNKNOWN);
	assert_int_equal(pfru_image_kind(zero, &cap), PFRU_KIND_UNKNOWN);

	/* the platform uses the well-known ones the other way round */
	set_types(&cap, pfru_guid_driver_update, pfru_guid_code_injection);
	assert_int_equal(pfru_image_kind(pfru_guid_driver_update, &cap),
			 PFRU_KIND_CODE_INJECTION);
	assert_int_equal(pfru_image_kind(pfru_guid_code_injection, &cap),
			 PFRU_KIND_DRIVER_UPDATE);

	/* a platform that reports no type matches no capsule without one */
	set_types(&cap, NULL, NULL);
	assert_int_equal(pfru_image_kind(zero, &cap), PFRU_KIND_UNKNOWN);
	set_types(&cap, other_type, NULL);
	assert_int_equal(pfru_image_kind(zero, &cap), PFRU_KIND_UNKNOWN);
	set_types(&cap, NULL, other_type);
	assert_int_equal(pfru_image_kind(zero, &cap), PFRU_KIND_UNKNOWN);
	assert_int_equal(pfru_image_kind(other_type, &cap),
			 PFRU_KIND_DRIVER_UPDATE);
}

static void test_judge_table(void **state)
{
	static const struct {
		enum pfru_kind kind;
		__u32 rt, svn;			/* the image's */
		__u32 code_rt, drv_rt, drv_svn;	/* the platform's */
		enum pfru_reason reason;
	} table[] = {
		{ 1, 0, 0, 0, 0, 0, PFRU_REASON_NONE },
		{ 1, 5, 0, 5, 9, 9, PFRU_REASON_NONE },
		{ 1, 6, 0, 5, 9, 9, PFRU_REASON_NONE },
		{ 1, 4, 9, 5, 0, 0, PFRU_REASON_RT_VERSION },
		{ 1, 0, 9, 1, 0, 0, PFRU_REASON_RT_VERSION },
		{ 1, 0x7fffffff, 0, 0x80000000, 0, 0, PFRU_REASON_RT_VERSION },
		{ 1, 0x80000000, 0, 0x7fffffff, 0, 0, PFRU_REASON_NONE },
		{ 1, MAX32, 0, MAX32, MAX32, MAX32, PFRU_REASON_NONE },
		{ 1, MAX32 - 1, 0, MAX32, 0, 0, PFRU_REASON_RT_VERSION },
		{ 1, 0, 0, MAX32, 0, 0, PFRU_REASON_RT_VERSION },
		{ 2, 0, 0, 0, 0, 0, PFRU_REASON_NONE },
		{ 2, 0, 5, 9, 9, 5, PFRU_REASON_NONE },
		{ 2, 0, 6, 9, 9, 5, PFRU_REASON_NONE },
		{ 2, 9, 4, 0, 0, 5, PFRU_REASON_SVN },
		{ 2, 0, 0x7fffffff, 0, 0, 0x80000000, PFRU_REASON_SVN },
		{ 2, 0, 0x80000000, 0, 0, 0x7fffffff, PFRU_REASON_NONE },
		{ 2, 0, MAX32, MAX32, MAX32, MAX32, PFRU_REASON_NONE },
		{ 2, MAX32, MAX32 - 1, 0, 0, MAX32, PFRU_REASON_SVN },
		{ 2, MAX32, 0, 0, 0, MAX32, PFRU_REASON_SVN },
	};
	struct pfru_capability cap;
	struct pfru_verdict v;
	__u8 *b;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(table); i++) {
		b = every_field();
		memset(&cap, 0, sizeof(cap));
		memcpy(table[i].kind == PFRU_KIND_CODE_INJECTION ?
		       cap.code_type : cap.drv_type, other_type,
		       PFRU_GUID_SIZE);
		memcpy(cap.platform_id, other_platform, PFRU_GUID_SIZE);
		cap.code_rt_version = table[i].code_rt;
		cap.drv_rt_version = table[i].drv_rt;
		cap.drv_svn = table[i].drv_svn;
		put(b + PAYLOAD + 16, table[i].rt, 4);
		put(b + PAYLOAD + 36, table[i].svn, 4);
		if (pfru_judge(b, TOTAL, &cap, &v) != table[i].reason)
			fail_msg("row %zu: reason %u", i, v.refusal.reason);
		free(b);
		assert_int_equal(v.kind, table[i].kind);
		if (table[i].reason == PFRU_REASON_RT_VERSION) {
			assert_int_equal(v.refusal.found, table[i].rt);
			assert_int_equal(v.refusal.expected, table[i].code_rt);
			assert_int_equal(v.refusal.offset, PAYLOAD + 16);
		} else if (table[i].reason == PFRU_REASON_SVN) {
			assert_int_equal(v.refusal.found, table[i].svn);
			assert_int_equal(v.refusal.expected, table[i].drv_svn);
			assert_int_equal(v.refusal.offset, PAYLOAD + 36);
		}
	}
}

/* 0xffff payloads and one driver are allowed: no 16-bit sum of the two */
static void test_as_many_items_as_there_can_be(void **state)
{
	const size_t items = 0x10000, one = 32 + 36, list = 28 + 8;
	const size_t total = list + 8 * items + 4 + (items - 1) * one;
	__u8 *b = calloc(1, total), *image;
	struct pfru_verdict v;
	size_t i, at;

	(void)state;
	assert_non_null(b);
	memcpy(b, pfru_guid_capsule, PFRU_GUID_SIZE);
	put(b + 16, 28, 4);
	put(b + 24, total, 4);
	put(b + 28, 1, 4);
	put(b + 32, 1, 2);
	put(b + 34, 0xffff, 2);
	for (i = 0; i < items; i++) {
		at = list + 8 * items + (i ? 4 + (i - 1) * one : 0);
		put(b + list + 8 * i, at - 28, 8);
		if (!i)
			continue;
		image = b + at;
		put(image, 1, 4);
		memcpy(image + 4, pfru_guid_code_injection, PFRU_GUID_SIZE);
		put(image + 24, 36, 4);
		put(image + 32 + 8, 36, 4);
		put(image + 32 + 16, MAX32, 4);
		memcpy(image + 32 + 20, corpus()->platform.platform_id,
		       PFRU_GUID_SIZE);
	}
	assert_int_equal(pfru_judge(b, total, &corpus()->platform, &v),
			 PFRU_REASON_NONE);
	assert_int_equal(v.payloads, 0xffff);
	assert_int_equal(v.image.offset, list + 8 * items + 4);
	/* the last of them is looked at too */
	b[total - 1] ^= 1;
	assert_int_equal(pfru_judge(b, total, &corpus()->platform, &v),
			 PFRU_REASON_PLATFORM_ID);
	assert_int_equal(v.payload, 0xfffe);
	assert_int_equal(v.refusal.offset, total - 16);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_reads_every_field),
		cmocka_unit_test(test_items_reach_to_the_next_and_to_the_end),
		cmocka_unit_test(test_image_reads_every_field),
		cmocka_unit_test(test_short_header_has_no_svn),
		cmocka_unit_test(test_older_headers_have_fewer_fields),
		cmocka_unit_test(test_refusals_say_what_was_found),
		cmocka_unit_test(test_acceptance_shows_the_first_payload),
		cmocka_unit_test(test_structure_alone),
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_kind_without_a_platform),
		cmocka_unit_test(test_kind_platform_first_known_second),
		cmocka_unit_test(test_judge_table),
		cmocka_unit_test(test_as_many_items_as_there_can_be),
	};

	return cmocka_run_group_tests_name("capsule", tests, NULL,
					   free_corpus) != 0;
}
