// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers of AMT, hostile: the first byte says what was asked, the second whether
 * the header is made to fit, the rest is the answer. All that is decoded must lie
 * in the answer.
 */
#include "fuzz.h"

#include "cli/amt/amthi.h"
#include "cli/amt/wd.h"
#include "cli/amt/wire.h"

#define HEADER 16

enum {
	ASK_VERSIONS = 200,
	ASK_HANDLES,
	ASK_WATCHDOG,
	ASK_ACCOUNT,
};

static const uint8_t *begin;
static size_t room;

static void inside(const uint8_t *bytes, size_t size)
{
	expect(bytes >= begin && bytes <= begin + room);
	expect(size <= (size_t)(begin + room - bytes));
}

/* the question of a number, of all lists one behind the other */
static const struct amthi_question *pick(unsigned int number)
{
	static const struct amthi_question *const lists[] = {
		amthi_state_questions,
		amthi_feature_questions,
		amthi_configuration_questions,
	};
	const struct amthi_question *q;
	size_t i;

	for (i = 0; i < 3; i++)
		for (q = lists[i]; q->key; q++)
			if (!number--)
				return q;
	return &amthi_hash_question;
}

static void check_versions(const struct amthi_answer *answer)
{
	static const char *const names[] = { "AMT", "Build Number" };
	struct amthi_versions v;
	size_t i;

	if (amthi_versions(answer, &v))
		return;
	inside(v.bios, v.bios_size);
	expect(v.count <= AMTHI_VERSIONS_MAX);
	for (i = 0; i < v.count; i++) {
		inside(v.list[i].name, v.list[i].name_size);
		inside(v.list[i].version, v.list[i].version_size);
	}
	/* random names never match: set the first two, to judge their versions */
	for (i = 0; i < 2 && i < v.count; i++) {
		v.list[i].name = (const uint8_t *)names[i];
		v.list[i].name_size = strlen(names[i]);
	}
	expect(amthi_affected(&v) <= AMTHI_AFFECTED_YES);
}

static void check_handles(const struct amthi_answer *answer)
{
	uint32_t handles[AMTHI_HANDLES_MAX];
	size_t count;

	if (!amthi_handles(answer, handles, &count))
		expect(4 + 4 * count == answer->size);
}

static void check_account(const struct amthi_answer *answer)
{
	const char *user, *password;

	if (amthi_account(answer, &user, &password))
		return;
	inside((const uint8_t *)user, strlen(user) + 1);
	inside((const uint8_t *)password, strlen(password) + 1);
	expect(*user && strlen(user) <= AMTHI_ACCOUNT_MAX);
	expect(*password && strlen(password) <= AMTHI_ACCOUNT_MAX);
}

static void check_question(const struct amthi_question *q,
			   const struct amthi_answer *answer)
{
	struct amthi_value v[AMTHI_FIELDS_MAX];
	size_t i;

	if (amthi_decode(q, answer, v))
		return;
	for (i = 0; i < q->count; i++) {
		if (q->fields[i].type > AMTHI_BOOL)
			inside(v[i].bytes, v[i].number);
		else
			amthi_word(&q->fields[i], v[i].number);
	}
}

static uint32_t command_of(unsigned int what)
{
	if (what == ASK_VERSIONS)
		return AMTHI_VERSIONS;
	if (what == ASK_HANDLES)
		return AMTHI_HANDLES;
	if (what == ASK_ACCOUNT)
		return AMTHI_LOCAL_ACCOUNT;
	return pick(what)->command;
}

static void check(unsigned int what, const uint8_t *bytes, size_t size)
{
	struct amthi_answer answer;
	enum amthi_fault fault;

	fault = amthi_answer(bytes, size, command_of(what), &answer);
	expect(amthi_fault_text(fault));
	expect(!size == (fault == AMTHI_EMPTY));
	if (fault)
		return;
	inside(answer.payload, answer.size);
	expect(answer.payload + answer.size == bytes + size);
	expect(amthi_status_name(answer.status));
	if (what == ASK_VERSIONS)
		check_versions(&answer);
	else if (what == ASK_HANDLES)
		check_handles(&answer);
	else if (what == ASK_ACCOUNT)
		check_account(&answer);
	else
		check_question(pick(what), &answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wd_flags flags;
	uint8_t *bytes;
	size_t left;

	if (size < 2)
		return 0;
	left = size - 2;
	bytes = exact(data + 2, left);
	begin = bytes;
	room = left;
	if (data[1] & 1 && left >= HEADER) {
		memcpy(bytes, "\1\1\0\0", 4);
		wire_put_le(bytes + 4, command_of(data[0]) | 0x00800000, 4);
		wire_put_le(bytes + 8, left - 12, 4);
	}
	if (data[0] == ASK_WATCHDOG)
		expect(wd_decode(bytes, left, &flags) == (left == 1));
	else
		check(data[0], bytes, left);
	free(bytes);
	return 0;
}
