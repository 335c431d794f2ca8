// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The capsule walk, structure alone: whatever the bytes are, nothing outside of
 * them is read, and what is accepted lies inside of them.
 */
#include "capsule.h"
#include "fuzz.h"
#include "status.h"

const size_t capsule_tail;

static void check_image(const struct pfru_capsule *capsule, uint32_t payload)
{
	struct pfru_refusal refusal;
	struct pfru_image image;

	if (pfru_capsule_image(capsule, payload, &image, &refusal)) {
		expect(refusal.offset <= capsule->size);
		return;
	}
	expect(image.offset < capsule->size);
	expect(image.version >= 1 && image.version <= 3);
	expect(image.payload_offset <= capsule->size);
	expect(image.payload_size <= capsule->size - image.payload_offset);
	expect(image.header_size >= 36);
	expect(image.header_size <= image.payload_size);
	if (!image.authenticated) {
		expect(!image.signature_size);
		return;
	}
	expect(image.signature_offset > image.offset);
	expect(image.signature_size <= capsule->size - image.signature_offset);
	expect(image.signature_offset + image.signature_size ==
	       image.payload_offset);
}

/* What the first bytes alone say agrees with what all of them say. */
static void check_begin(const uint8_t *bytes, size_t size, bool accepted)
{
	struct pfru_refusal refusal;
	enum pfru_reason reason;
	uint8_t *first;
	__u64 said = 0;

	if (size < PFRU_CAPSULE_HEADER_SIZE)
		return;
	first = exact(bytes, PFRU_CAPSULE_HEADER_SIZE);
	reason = pfru_capsule_begin(first, size, &said, &refusal);
	if (!reason)
		expect(said >= PFRU_CAPSULE_HEADER_SIZE && said <= size);
	if (accepted)
		expect(!reason && said == size);
	free(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pfru_capsule capsule;
	struct pfru_refusal refusal;
	struct pfru_verdict a, b;
	uint8_t *bytes = exact(data, size);
	enum pfru_reason reason;
	uint32_t i;

	memset(&a, 0x55, sizeof(a));
	memset(&b, 0xaa, sizeof(b));
	expect(pfru_judge(bytes, size, NULL, &a) ==
	       pfru_judge(bytes, size, NULL, &b));
	expect(!memcmp(&a, &b, sizeof(a)));
	expect(a.refusal.offset <= size);
	expect(strcmp(pfru_reason_text(a.refusal.reason)->name, "unknown"));

	reason = pfru_capsule_open(&capsule, bytes, size, &refusal);
	check_begin(bytes, size, !reason);
	if (reason)
		expect(reason == a.refusal.reason);
	for (i = 0; !reason && i < capsule.payloads; i++)
		check_image(&capsule, i);
	free(bytes);
	return 0;
}
