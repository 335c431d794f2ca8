/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The firmware's functions, as C functions. Each is one call of _DSM, that is
 * one SMI, which stops every CPU.
 */
#ifndef PFRU_DSM_H
#define PFRU_DSM_H

#include <linux/acpi.h>
#include <linux/pfru.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "figures.h"

/* the most memory that is taken at the firmware's word */
#define PFRU_BUFFER_MAX		SZ_256M
#define PFRU_RING_MAX		SZ_64M

/* revisions of both interfaces */
#define PFRU_REVISION_MIN	1
#define PFRU_REVISION_MAX	2

/**
 * struct pfru_firmware - whom to call
 * @dev: the platform device. Its ACPI handle is looked up for each call: when the
 *	firmware's table is unloaded, that becomes one in which ACPI finds nothing,
 *	some time before the device goes
 * @figures: what its calls have cost
 */
struct pfru_firmware {
	struct device *dev;
	struct pfru_figures *figures;
};

/**
 * struct pfru_query_answer - the capability with the OEM information
 * @cap: as user space gets it; oem_info_len is what the firmware gave
 * @oem_info: the first PFRU_OEM_INFO_MAX bytes of it
 */
struct pfru_query_answer {
	struct pfru_capability cap;
	u8 oem_info[PFRU_OEM_INFO_MAX];
};

/**
 * struct pfru_buffer_answer - the communication buffer
 * @address: physical
 * @size: bytes
 */
struct pfru_buffer_answer {
	u64 address;
	u32 size;
};

/**
 * pfru_begin_result() - a result that says nothing yet but what it is of
 * @result: filled
 * @action: what is about to be tried
 */
static inline void pfru_begin_result(struct pfru_result *result,
				     enum pfru_action action)
{
	memset(result, 0, sizeof(*result));
	result->action = action;
	result->status = PFRU_STATUS_NONE;
}

/*
 * Common to all functions below.
 *
 * @fw: whom to call
 * @revision: PFRU_REVISION_MIN to PFRU_REVISION_MAX
 * @result: status, extended status, reason and its numbers are set, success or
 *	not; other members are left alone
 *
 * Return: 0; the negative errno of the firmware's status; -EIO when the method
 * failed; -EPROTO when the answer has the wrong shape or an unusable address.
 */

/**
 * pfru_dsm_query() - PFRU function 1, query capability
 * @fw: see above
 * @revision: see above
 * @answer: filled
 * @result: see above
 */
int pfru_dsm_query(const struct pfru_firmware *fw, u32 revision,
		   struct pfru_query_answer *answer,
		   struct pfru_result *result);

/**
 * pfru_dsm_buffer() - PFRU function 2, query the communication buffer
 * @fw: see above
 * @revision: see above
 * @answer: filled; the range has passed pfru_range_usable()
 * @result: see above
 */
int pfru_dsm_buffer(const struct pfru_firmware *fw, u32 revision,
		    struct pfru_buffer_answer *answer,
		    struct pfru_result *result);

/**
 * pfru_dsm_start() - PFRU function 3, start an update
 * @fw: see above
 * @revision: see above
 * @action: PFRU_ACTION_STAGE, PFRU_ACTION_ACTIVATE or
 *	PFRU_ACTION_STAGE_ACTIVATE
 * @result: see above, and the times; 0 for one that is not given as two halves of
 *	32 bits, which is not held against what was done
 */
int pfru_dsm_start(const struct pfru_firmware *fw, u32 revision,
		   enum pfru_action action, struct pfru_result *result);

/**
 * pfru_dsm_set_level() - PFRT function 1, set the level of the log
 * @fw: see above
 * @revision: see above
 * @level: enum pfru_log_level
 * @result: see above
 */
int pfru_dsm_set_level(const struct pfru_firmware *fw, u32 revision,
		       u32 level, struct pfru_result *result);

/**
 * pfru_dsm_get_level() - PFRT function 2, get the level of the log
 * @fw: see above
 * @revision: see above
 * @level: filled
 * @result: see above
 */
int pfru_dsm_get_level(const struct pfru_firmware *fw, u32 revision,
		       u32 *level, struct pfru_result *result);

/**
 * pfru_dsm_get_data() - PFRT function 3, where the log lies
 * @fw: see above
 * @revision: see above
 * @type: enum pfru_log_type
 * @info: filled as the firmware said it, nothing of it checked but its shape
 * @result: see above
 */
int pfru_dsm_get_data(const struct pfru_firmware *fw, u32 revision, u32 type,
		      struct pfru_log_data_info *info,
		      struct pfru_result *result);

/**
 * pfru_range_usable() - may memory named by the firmware be mapped
 * @address: physical
 * @size: bytes
 * @limit: the most bytes that make sense
 *
 * Not empty, not wrapping, within what the CPU and the kernel can address, and no
 * part of it the kernel's own memory, over which a firmware bug would have us
 * write.
 */
bool pfru_range_usable(u64 address, u64 size, u64 limit);

#endif /* PFRU_DSM_H */
