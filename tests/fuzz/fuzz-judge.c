// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The judgement against a platform, whose capability is hostile too. The last 16
 * bytes of the input change the platform of the corpus, the rest is the capsule.
 */
#include "corpus.h"
#include "fuzz.h"
#include "status.h"

#define TAIL	16

const size_t capsule_tail = TAIL;

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void change(struct pfru_capability *cap, const uint8_t *tail)
{
	cap->code_rt_version += get32(tail + 4);
	cap->drv_svn += get32(tail + 8);
	cap->drv_rt_version += get32(tail + 12);
	if (tail[0] & 1)
		cap->update_cap ^= tail[1];
	if (tail[0] & 2)
		cap->platform_id[tail[2] % 16] ^= tail[3];
	if (tail[0] & 4)
		cap->code_type[tail[2] % 16] ^= tail[3];
	if (tail[0] & 8)
		cap->drv_type[tail[2] % 16] ^= tail[3];
	/* a platform that reports one type for both */
	if (tail[0] & 16)
		memcpy(cap->drv_type, cap->code_type, sizeof(cap->drv_type));
	if (tail[0] & 32)
		cap->fw_version ^= get32(tail + 4);
}

/* What must hold of what is accepted, from the rules and not from the code. */
static void check_accepted(const struct pfru_verdict *v,
			   const struct pfru_capability *cap)
{
	expect(v->payloads && !v->payload);
	expect(v->kind != PFRU_KIND_UNKNOWN);
	expect(!memcmp(v->image.platform_id, cap->platform_id, 16));
	if (v->kind == PFRU_KIND_DRIVER_UPDATE)
		expect(v->image.has_svn && v->image.svn >= cap->drv_svn);
	else
		expect(v->image.rt_ver >= cap->code_rt_version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pfru_capability cap = corpus()->platform;
	struct pfru_verdict a, b, structure;
	enum pfru_reason reason;
	uint8_t *bytes;

	if (size < TAIL)
		return 0;
	size -= TAIL;
	change(&cap, data + size);
	bytes = exact(data, size);
	memset(&a, 0x55, sizeof(a));
	memset(&b, 0xaa, sizeof(b));
	reason = pfru_judge(bytes, size, &cap, &a);
	expect(reason == pfru_judge(bytes, size, &cap, &b));
	expect(!memcmp(&a, &b, sizeof(a)));
	expect(a.refusal.offset <= size);
	expect(a.refusal.reason == reason);

	/* a platform can only refuse more */
	if (pfru_judge(bytes, size, NULL, &structure))
		expect(reason);
	if (!reason)
		check_accepted(&a, &cap);
	if (reason && !structure.refusal.reason)
		expect(pfru_verdict_needs_platform(&a));
	free(bytes);
	return 0;
}
