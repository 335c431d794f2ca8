// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ABI: numbers of the commands, sizes of the structures, places of their
 * members, no implicit padding. Built for 64 and for 32 bits; where the two
 * could differ, they must not. No cmocka, since it may not be there for
 * both.
 */
#include <stddef.h>
#include <stdio.h>

#include <linux/pfru.h>

#include "tests/lib/tap.h"

struct number {
	const char *what;
	unsigned long long got, expected;
};

#define IS(what, expected)	{ #what, what, expected }

static const struct number numbers[] = {
	IS(PFRU_IOC_SET_REV, 0x4004EE01),
	IS(PFRU_IOC_STAGE, 0x4004EE02),
	IS(PFRU_IOC_STATGE, 0x4004EE02),
	IS(PFRU_IOC_ACTIVATE, 0x4004EE03),
	IS(PFRU_IOC_STAGE_ACTIVATE, 0x4004EE04),
	IS(PFRU_IOC_QUERY_CAP, 0x805CEE05),
	IS(PFRU_IOC_GET_RESULT, 0x8040EE10),
	IS(PFRU_IOC_GET_BUF_SIZE, 0x8004EE11),
	IS(PFRU_IOC_GET_CACHED_CAP, 0x805CEE12),
	IS(PFRU_IOC_SET_LOG_INFO, 0x400CEE05),
	IS(PFRU_LOG_IOC_SET_INFO, 0x400CEE05),
	IS(PFRU_IOC_GET_LOG_INFO, 0x800CEE06),
	IS(PFRU_LOG_IOC_GET_INFO, 0x800CEE06),
	IS(PFRU_IOC_GET_DATA_INFO, 0x8040EE07),
	IS(PFRU_LOG_IOC_GET_DATA_INFO, 0x8040EE07),
	IS(PFRT_LOG_IOC_SET_INFO, 0x400CEE06),
	IS(PFRT_LOG_IOC_GET_INFO, 0x800CEE07),
	IS(PFRT_LOG_IOC_GET_DATA_INFO, 0x8040EE08),
	IS(PFRU_CAPABILITY_READ_SIZE, 88),
	IS(offsetof(struct pfru_capability, oem_info_len),
	   PFRU_CAPABILITY_READ_SIZE),
	IS(PFRU_OEM_INFO_MAX, 4096),
	IS(PFRU_LOG_UNCHANGED, 0xFFFFFFFF),
	IS(PFRU_STATUS_NONE, 0xFFFFFFFF),
	IS(PFRU_STATUS_SUCCESS, 0),
	IS(PFRU_STATUS_NOT_SUPPORTED, 1),
	IS(PFRU_STATUS_INVALID_INPUT, 2),
	IS(PFRU_STATUS_HARDWARE_ERROR, 3),
	IS(PFRU_STATUS_RETRY, 4),
	IS(PFRU_STATUS_UNKNOWN, 5),
	IS(PFRU_STATUS_SPECIFIC, 6),
	IS(PFRU_LOG_ERROR, 0),
	IS(PFRU_LOG_WARNING, 1),
	IS(PFRU_LOG_INFO, 2),
	IS(PFRU_LOG_VERBOSE, 4),
	IS(PFRU_LOG_EXECUTION, 0),
	IS(PFRU_LOG_HISTORY, 1),
	IS(PFRU_ACTION_NONE, 0),
	IS(PFRU_ACTION_LOAD, 1),
	IS(PFRU_ACTION_STAGE, 2),
	IS(PFRU_ACTION_ACTIVATE, 3),
	IS(PFRU_ACTION_STAGE_ACTIVATE, 4),
	IS(PFRU_ACTION_QUERY, 5),
	IS(PFRU_ACTION_BUFFER, 6),
	IS(PFRU_ACTION_SET_LEVEL, 7),
	IS(PFRU_ACTION_GET_LEVEL, 8),
	IS(PFRU_ACTION_GET_DATA, 9),
};

/**
 * struct member - of a structure, in the order of their offsets
 * @what: structure and member; NULL: the end of a structure
 * @offset: as compiled, for the end the size of the structure
 * @size: as compiled
 * @expected: offset of the published ABI
 */
struct member {
	const char *what;
	size_t offset, size, expected;
};

#define M(type, member, expected) \
	{ #type "." #member, offsetof(struct type, member), \
	  sizeof(((struct type *)0)->member), expected }
#define END(type, expected) \
	{ "sizeof " #type, sizeof(struct type), 0, expected }

static const struct member members[] = {
	M(pfru_capability, status, 0),
	M(pfru_capability, update_cap, 4),
	M(pfru_capability, code_type, 8),
	M(pfru_capability, fw_version, 24),
	M(pfru_capability, code_rt_version, 28),
	M(pfru_capability, drv_type, 32),
	M(pfru_capability, drv_rt_version, 48),
	M(pfru_capability, drv_svn, 52),
	M(pfru_capability, platform_id, 56),
	M(pfru_capability, oem_id, 72),
	M(pfru_capability, oem_info_len, 88),
	END(pfru_capability, 92),

	M(pfru_log_data_info, status, 0),
	M(pfru_log_data_info, ext_status, 4),
	M(pfru_log_data_info, chunk1_addr_lo, 8),
	M(pfru_log_data_info, chunk1_addr_hi, 16),
	M(pfru_log_data_info, chunk2_addr_lo, 24),
	M(pfru_log_data_info, chunk2_addr_hi, 32),
	M(pfru_log_data_info, max_data_size, 40),
	M(pfru_log_data_info, chunk1_size, 44),
	M(pfru_log_data_info, chunk2_size, 48),
	M(pfru_log_data_info, rollover_cnt, 52),
	M(pfru_log_data_info, reset_cnt, 56),
	M(pfru_log_data_info, zero, 60),
	END(pfru_log_data_info, 64),

	M(pfru_log_info, log_level, 0),
	M(pfru_log_info, log_type, 4),
	M(pfru_log_info, log_revid, 8),
	END(pfru_log_info, 12),

	M(pfru_result, action, 0),
	M(pfru_result, error, 4),
	M(pfru_result, status, 8),
	M(pfru_result, ext_status, 12),
	M(pfru_result, auth_time, 16),
	M(pfru_result, exec_time, 24),
	M(pfru_result, reason, 32),
	M(pfru_result, zero, 36),
	M(pfru_result, offset, 40),
	M(pfru_result, found, 48),
	M(pfru_result, expected, 56),
	END(pfru_result, 64),
};

static void check_numbers(void)
{
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		same(numbers[i].got, numbers[i].expected, "%s",
		     numbers[i].what);
}

/* each member must begin where the one before it ends, and the end with it */
static void check_members(void)
{
	size_t next = 0, i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const struct member *m = &members[i];

		same(m->offset, m->expected, "%s", m->what);
		same(m->offset, next, "no padding before it");
		next = m->size ? m->offset + m->size : 0;
	}
}

int main(void)
{
	check_numbers();
	check_members();
	return done();
}
