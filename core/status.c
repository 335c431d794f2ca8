// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Words and errno for status codes and reasons; the log's levels and types.
 */
#include <linux/errno.h>

#include "status.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

struct status_text {
	const char *name;
	int error;
};

static const struct status_text statuses[] = {
	[PFRU_STATUS_SUCCESS] = { "success", 0 },
	[PFRU_STATUS_NOT_SUPPORTED] = { "function not supported", EOPNOTSUPP },
	[PFRU_STATUS_INVALID_INPUT] = { "invalid input", EINVAL },
	[PFRU_STATUS_HARDWARE_ERROR] = { "hardware error", EIO },
	[PFRU_STATUS_RETRY] = { "retry suggested", EAGAIN },
	[PFRU_STATUS_UNKNOWN] = { "unknown error", EIO },
	[PFRU_STATUS_SPECIFIC] = { "function-specific error", EPROTO },
};

#define FIRMWARE_BUG "this is a firmware bug: report it to its vendor"
#define BUFFER_HINT \
	"the kernel log says why; unless others have it mapped, " FIRMWARE_BUG

/* clang-format off */
#define ANSWER(reason, n, w, f) \
	[reason] = { .name = n, .what = w, .found = f, \
		     .expected = "expected", .hint = FIRMWARE_BUG, \
		     .error = EPROTO, .maybe_done = 1 }

#define CAPSULE(reason, n, w, f, e, h) \
	[reason] = { .name = n, .what = w, .found = f, .expected = e, \
		     .hint = h, .error = EINVAL, .in_capsule = 1 }

static const struct pfru_reason_text reasons[] = {
	[PFRU_REASON_NONE] = { .name = "none", .what = "nothing was refused" },
	CAPSULE(PFRU_REASON_SHORT, "short", "too short to be a capsule",
		"bytes found", "needed",
		"the file may be truncated: fetch it again"),
	CAPSULE(PFRU_REASON_CAPSULE_GUID, "capsule-guid",
		"not a firmware management capsule", NULL, NULL,
		"give a .cap file made for runtime update"),
	CAPSULE(PFRU_REASON_HEADER_SIZE, "header-size",
		"capsule header of an impossible size", "found", "limit", NULL),
	CAPSULE(PFRU_REASON_CAPSULE_SIZE, "capsule-size",
		"the capsule does not have the size that its header says",
		"bytes found", "expected",
		"the file may be truncated or padded: fetch it again"),
	[PFRU_REASON_TOO_BIG] = {
		.name = "too-big",
		.what = "the capsule is larger than the communication buffer",
		.found = "bytes", .expected = "buffer",
		.error = EFBIG, .in_capsule = 1,
	},
	CAPSULE(PFRU_REASON_FMP_SHORT, "management-header-short",
		"management header runs past the end of the capsule",
		"bytes left", "needed", NULL),
	CAPSULE(PFRU_REASON_FMP_VERSION, "management-header-version",
		"management header of an unknown version",
		"found", "expected", NULL),
	CAPSULE(PFRU_REASON_NO_PAYLOAD, "no-payload",
		"the capsule holds no payload item",
		"found", "needed at least", NULL),
	CAPSULE(PFRU_REASON_ITEM_OFFSET, "item-offset",
		"an item begins past the end of the capsule",
		"found", "below", NULL),
	CAPSULE(PFRU_REASON_ITEM_ORDER, "item-order",
		"items overlap or are out of order",
		"found", "at least", NULL),
	CAPSULE(PFRU_REASON_IMAGE_SHORT, "image-header-short",
		"image header runs past the end of its item",
		"bytes left", "needed", NULL),
	CAPSULE(PFRU_REASON_IMAGE_VERSION, "image-header-version",
		"image header of an unknown version",
		"found", "known up to", NULL),
	CAPSULE(PFRU_REASON_IMAGE_SIZE, "image-size",
		"image runs past the end of its item",
		"bytes said", "left", NULL),
	CAPSULE(PFRU_REASON_VENDOR_CODE, "vendor-code",
		"vendor code is not supported in a runtime update",
		"bytes", NULL, NULL),
	CAPSULE(PFRU_REASON_DEPENDENCY, "dependency",
		"a dependency expression is not supported in a runtime update",
		NULL, NULL, NULL),
	CAPSULE(PFRU_REASON_AUTH_SHORT, "authentication-short",
		"authentication header runs past the end of the image",
		"bytes left", "needed", NULL),
	CAPSULE(PFRU_REASON_AUTH_LENGTH, "authentication-length",
		"certificate of an impossible length", "found", "limit", NULL),
	CAPSULE(PFRU_REASON_AUTH_TYPE, "authentication-type",
		"certificate of an unknown revision, type or GUID",
		"found", "expected", "only PKCS#7 is supported"),
	CAPSULE(PFRU_REASON_PAYLOAD_SHORT, "payload-short",
		"too few bytes for a payload header",
		"bytes left", "needed", NULL),
	CAPSULE(PFRU_REASON_PAYLOAD_HEADER, "payload-header",
		"payload header of an impossible size",
		"found", "limit", NULL),
	CAPSULE(PFRU_REASON_PAYLOAD_WRAPPED, "payload-wrapped",
		"the payload is wrapped in another header (MSS1)", NULL, NULL,
		"build the capsule with the payload header first"),
	CAPSULE(PFRU_REASON_IMAGE_TYPE, "image-type",
		"image type is neither code injection nor driver update on this platform",
		NULL, NULL, "compare with 'pfructl capability'"),
	CAPSULE(PFRU_REASON_PLATFORM_ID, "platform-id",
		"the capsule is for another platform", NULL, NULL,
		"compare with 'pfructl capability'"),
	CAPSULE(PFRU_REASON_RT_VERSION, "rt-version",
		"the code injection is older than what runs",
		"version", "running", "use a capsule at least as new"),
	CAPSULE(PFRU_REASON_SVN, "svn",
		"the driver update has a lower security version than what runs",
		"svn", "running", "use a capsule at least as new"),
	CAPSULE(PFRU_REASON_PAST_END, "past-end",
		"more bytes were written than the capsule's header says",
		"bytes", "expected", "write one capsule, and only once"),
	CAPSULE(PFRU_REASON_COMPLETE, "complete",
		"the capsule was already complete when more was written",
		"bytes", "expected",
		"stage it, or close the file, before writing another"),
	[PFRU_REASON_FIRMWARE] = {
		.name = "firmware", .what = "the firmware refused",
		.error = EIO,
	},
	[PFRU_REASON_NO_ANSWER] = {
		.name = "no-answer", .what = "the firmware method failed",
		.hint = "see ACPI's messages in the kernel log",
		.error = EIO, .maybe_done = 1,
	},
	[PFRU_REASON_BAD_ANSWER] = {
		.name = "bad-answer",
		.what = "the firmware's answer is not a package",
		.found = "object type", .expected = "expected",
		.hint = FIRMWARE_BUG,
		.error = EPROTO, .maybe_done = 1,
	},
	[PFRU_REASON_BUFFER] = {
		.name = "buffer",
		.what = "the firmware's communication buffer is not usable",
		.found = "address", .expected = "size",
		.hint = BUFFER_HINT,
		.error = EPROTO,
	},
	[PFRU_REASON_LOG_BUFFER] = {
		.name = "log-buffer",
		.what = "the firmware's telemetry buffer is not usable",
		.found = "address", .expected = "size",
		.hint = BUFFER_HINT,
		.error = EPROTO,
	},
	ANSWER(PFRU_REASON_ANSWER_COUNT, "answer-count",
	       "the firmware's answer has too few elements", "found"),
	ANSWER(PFRU_REASON_ANSWER_TYPE, "answer-type",
	       "an element of the firmware's answer has the wrong type",
	       "object type"),
	ANSWER(PFRU_REASON_ANSWER_LENGTH, "answer-length",
	       "a buffer in the firmware's answer has the wrong length",
	       "bytes"),
	ANSWER(PFRU_REASON_ANSWER_RANGE, "answer-range",
	       "an integer in the firmware's answer has more than 32 bits",
	       "found"),
};

/* clang-format on */

static const struct pfru_reason_text unknown_reason = {
	.name = "unknown",
	.what = "refused for a reason that this version does not know",
	.error = EIO,
	.maybe_done = 1,
};

const struct pfru_reason_text *pfru_reason_text(__u32 reason)
{
	if (reason >= ARRAY_LENGTH(reasons))
		return &unknown_reason;
	return &reasons[reason];
}

bool pfru_reason_outcome_unknown(__u32 reason)
{
	return pfru_reason_text(reason)->maybe_done;
}

static const struct status_text *status_text(__u32 status)
{
	static const struct status_text unknown = { "unknown status", EIO };

	return status < ARRAY_LENGTH(statuses) ? &statuses[status] : &unknown;
}

const char *pfru_status_name(__u32 status)
{
	return status_text(status)->name;
}

int pfru_status_errno(__u32 status)
{
	return status_text(status)->error;
}

const struct pfru_log_name pfru_log_levels[] = {
	{ "error", PFRU_LOG_ERROR },
	{ "warning", PFRU_LOG_WARNING },
	{ "info", PFRU_LOG_INFO },
	{ "verbose", PFRU_LOG_VERBOSE },
	{ NULL, 0 },
};

const struct pfru_log_name pfru_log_types[] = {
	{ "execution", PFRU_LOG_EXECUTION },
	{ "history", PFRU_LOG_HISTORY },
	{ NULL, 0 },
};

const char *pfru_log_name(const struct pfru_log_name *names, __u32 value)
{
	for (; names->name; names++)
		if (names->value == value)
			break;
	return names->name;
}
