// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only file that evaluates _DSM. Each function declares the shape of its
 * answer; one place compares count, types and lengths of every package with it.
 */
#include <linux/ioport.h>
#include <linux/uuid.h>

#include "core/range.h"
#include "core/status.h"
#include "dsm.h"

/* clang-format off */
static const guid_t update_guid =
	GUID_INIT(0xecf9533b, 0x4a3c, 0x4e89,
		  0x93, 0x9e, 0xc7, 0x71, 0x12, 0x60, 0x1c, 0x6d);
static const guid_t telemetry_guid =
	GUID_INIT(0x75191659, 0x8178, 0x4d9d,
		  0xb8, 0x8f, 0xac, 0x5e, 0x5e, 0x93, 0xe8, 0xbf);
/* clang-format on */

/**
 * enum element_type - what an element of an answer must be
 * @ELEMENT_U32: integer of 32 bits, stored as u32
 * @ELEMENT_U64: integer of 32 bits, stored as u64
 * @ELEMENT_ANY: integer of any width, stored as u64
 * @ELEMENT_GUID: buffer of exactly 16 bytes, stored
 * @ELEMENT_OEM_INFO: buffer of any length; at most PFRU_OEM_INFO_MAX are stored
 */
enum element_type {
	ELEMENT_U32,
	ELEMENT_U64,
	ELEMENT_ANY,
	ELEMENT_GUID,
	ELEMENT_OEM_INFO,
};

/**
 * struct element - one element of an answer
 * @type: what it must be
 * @offset: where it goes in the structure of the answer
 */
struct element {
	u8 type;
	u16 offset;
};

/**
 * struct function - one function of the firmware
 * @guid: of the interface
 * @index: number of the function
 * @name: for messages
 * @elements: shape of the answer; the first is the status
 * @count: number of @elements; more than these are allowed
 * @has_ext: the second element is the extended status
 * @optional: how many at the end may be missing, which are then stored as zeros:
 *	elements that a later revision adds go there
 */
struct function {
	const guid_t *guid;
	u8 index;
	const char *name;
	const struct element *elements;
	u8 count;
	bool has_ext;
	u8 optional;
};

/* clang-format off */
#define U32(type, member)	{ ELEMENT_U32, offsetof(struct type, member) }
#define U64(type, member)	{ ELEMENT_U64, offsetof(struct type, member) }
#define ANY(type, member)	{ ELEMENT_ANY, offsetof(struct type, member) }
#define GUID(type, member)	{ ELEMENT_GUID, offsetof(struct type, member) }
#define OEM_INFO(type, member)	{ ELEMENT_OEM_INFO, offsetof(struct type, member) }

static const struct element query_elements[] = {
	U32(pfru_query_answer, cap.status),
	U32(pfru_query_answer, cap.update_cap),
	GUID(pfru_query_answer, cap.code_type),
	U32(pfru_query_answer, cap.fw_version),
	U32(pfru_query_answer, cap.code_rt_version),
	GUID(pfru_query_answer, cap.drv_type),
	U32(pfru_query_answer, cap.drv_rt_version),
	U32(pfru_query_answer, cap.drv_svn),
	GUID(pfru_query_answer, cap.platform_id),
	GUID(pfru_query_answer, cap.oem_id),
	OEM_INFO(pfru_query_answer, oem_info),
};

struct raw_buffer_answer {
	u32 status;
	u32 ext_status;
	u32 address_lo;
	u32 address_hi;
	u32 size;
};

static const struct element buffer_elements[] = {
	U32(raw_buffer_answer, status),
	U32(raw_buffer_answer, ext_status),
	U32(raw_buffer_answer, address_lo),
	U32(raw_buffer_answer, address_hi),
	U32(raw_buffer_answer, size),
};

struct raw_start_answer {
	u32 status;
	u32 ext_status;
	u64 auth_lo;
	u64 auth_hi;
	u64 exec_lo;
	u64 exec_hi;
};

static const struct element start_elements[] = {
	U32(raw_start_answer, status),
	U32(raw_start_answer, ext_status),
	/* an impossible number does not turn what was done into a failure */
	ANY(raw_start_answer, auth_lo),
	ANY(raw_start_answer, auth_hi),
	ANY(raw_start_answer, exec_lo),
	ANY(raw_start_answer, exec_hi),
};

struct raw_level_answer {
	u32 status;
	u32 ext_status;
	u32 level;
};

static const struct element level_elements[] = {
	U32(raw_level_answer, status),
	U32(raw_level_answer, ext_status),
	U32(raw_level_answer, level),
};

static const struct element data_elements[] = {
	U32(pfru_log_data_info, status),
	U32(pfru_log_data_info, ext_status),
	U32(pfru_log_data_info, max_data_size),
	U64(pfru_log_data_info, chunk1_addr_lo),
	U64(pfru_log_data_info, chunk1_addr_hi),
	U32(pfru_log_data_info, chunk1_size),
	U64(pfru_log_data_info, chunk2_addr_lo),
	U64(pfru_log_data_info, chunk2_addr_hi),
	U32(pfru_log_data_info, chunk2_size),
	U32(pfru_log_data_info, rollover_cnt),
	U32(pfru_log_data_info, reset_cnt),
};

static const struct function query_function = {
	&update_guid, 1, "query capability", query_elements,
	ARRAY_SIZE(query_elements), false,
};

static const struct function buffer_function = {
	&update_guid, 2, "query communication buffer", buffer_elements,
	ARRAY_SIZE(buffer_elements), true,
};

static const struct function start_function = {
	&update_guid, 3, "start", start_elements,
	ARRAY_SIZE(start_elements), true,
};

/* setting the level answers with the first two elements of getting it */
static const struct function set_level_function = {
	&telemetry_guid, 1, "set level", level_elements, 2, true,
};

static const struct function get_level_function = {
	&telemetry_guid, 2, "get level", level_elements,
	ARRAY_SIZE(level_elements), true,
};

static const struct function get_data_function = {
	&telemetry_guid, 3, "get data", data_elements,
	ARRAY_SIZE(data_elements), true,
};

/* clang-format on */

static int malformed(struct pfru_result *result, enum pfru_reason reason,
		     u64 offset, u64 found, u64 expected)
{
	result->reason = reason;
	result->offset = offset;
	result->found = found;
	result->expected = expected;
	return -EPROTO;
}

static int store_integer(const union acpi_object *object,
			 enum element_type type, u32 index, void *to,
			 struct pfru_result *result)
{
	if (object->type != ACPI_TYPE_INTEGER)
		return malformed(result, PFRU_REASON_ANSWER_TYPE, index,
				 object->type, ACPI_TYPE_INTEGER);
	if (type != ELEMENT_ANY && object->integer.value > U32_MAX)
		return malformed(result, PFRU_REASON_ANSWER_RANGE, index,
				 object->integer.value, U32_MAX);
	if (type == ELEMENT_U32)
		*(u32 *)to = object->integer.value;
	else
		*(u64 *)to = object->integer.value;
	return 0;
}

static int store_guid(const union acpi_object *object, u32 index, void *to,
		      struct pfru_result *result)
{
	if (object->type != ACPI_TYPE_BUFFER)
		return malformed(result, PFRU_REASON_ANSWER_TYPE, index,
				 object->type, ACPI_TYPE_BUFFER);
	if (object->buffer.length != sizeof(guid_t))
		return malformed(result, PFRU_REASON_ANSWER_LENGTH, index,
				 object->buffer.length, sizeof(guid_t));
	memcpy(to, object->buffer.pointer, sizeof(guid_t));
	return 0;
}

static int store_oem_info(const union acpi_object *object, u32 index, void *to,
			  struct pfru_result *result)
{
	struct pfru_query_answer *answer =
		container_of(to, struct pfru_query_answer, oem_info);

	if (object->type != ACPI_TYPE_BUFFER)
		return malformed(result, PFRU_REASON_ANSWER_TYPE, index,
				 object->type, ACPI_TYPE_BUFFER);
	answer->cap.oem_info_len = object->buffer.length;
	memcpy(answer->oem_info, object->buffer.pointer,
	       min_t(u32, object->buffer.length, PFRU_OEM_INFO_MAX));
	return 0;
}

static int store(const union acpi_object *object, const struct element *element,
		 u32 index, void *answer, struct pfru_result *result)
{
	void *to = answer + element->offset;

	switch (element->type) {
	case ELEMENT_GUID:
		return store_guid(object, index, to, result);
	case ELEMENT_OEM_INFO:
		return store_oem_info(object, index, to, result);
	default:
		return store_integer(object, element->type, index, to, result);
	}
}

/*
 * Compare an answer with its declared shape and store it. What could be read
 * before something was wrong is kept: a refusal's status says more than the
 * elements missing behind it.
 */
static int parse(const union acpi_object *package,
		 const struct function *function, void *answer,
		 struct pfru_result *result)
{
	u32 count = function->count;
	u32 i;
	int ret;

	if (package->type != ACPI_TYPE_PACKAGE)
		return malformed(result, PFRU_REASON_BAD_ANSWER, 0,
				 package->type, ACPI_TYPE_PACKAGE);
	for (i = 0; i < count; i++) {
		const struct element *element = &function->elements[i];

		if (i >= package->package.count &&
		    i >= count - function->optional)
			break;
		if (i >= package->package.count)
			return malformed(result, PFRU_REASON_ANSWER_COUNT, i,
					 package->package.count, count);
		ret = store(&package->package.elements[i], element, i, answer,
			    result);
		if (ret)
			return ret;
		if (i == 0)
			result->status = *(u32 *)(answer + element->offset);
		if (i == 1 && function->has_ext)
			result->ext_status = *(u32 *)(answer + element->offset);
	}
	return 0;
}

static union acpi_object *evaluate(const struct pfru_firmware *fw,
				   const struct function *function,
				   u32 revision, union acpi_object *package)
{
	union acpi_object *object;
	ktime_t begin = ktime_get();

	object = acpi_evaluate_dsm(ACPI_HANDLE(fw->dev), function->guid,
				   revision, function->index, package);
	pfru_figures_add(fw->figures, ktime_sub(ktime_get(), begin));
	return object;
}

static int call(const struct pfru_firmware *fw, const struct function *function,
		u32 revision, const u32 *argument, void *answer, size_t size,
		struct pfru_result *result)
{
	union acpi_object integer = { .type = ACPI_TYPE_INTEGER };
	union acpi_object package = {
		.package = { ACPI_TYPE_PACKAGE, 1, &integer },
	};
	union acpi_object *object;
	int ret;

	memset(answer, 0, size);
	result->status = PFRU_STATUS_NONE;
	result->ext_status = 0;
	result->reason = PFRU_REASON_NONE;
	result->offset = 0;
	result->found = 0;
	result->expected = 0;

	if (argument)
		integer.integer.value = *argument;
	/* without an argument the empty package is made for us */
	object = evaluate(fw, function, revision, argument ? &package : NULL);
	if (!object) {
		result->reason = PFRU_REASON_NO_ANSWER;
		return -EIO;
	}
	ret = parse(object, function, answer, result);
	ACPI_FREE(object);
	if (ret) {
		dev_warn_ratelimited(fw->dev,
				     "%s: %s (element %llu, found %llu, expected %llu)\n",
				     function->name,
				     pfru_reason_text(result->reason)->what,
				     result->offset, result->found,
				     result->expected);
		return ret;
	}
	if (result->status != PFRU_STATUS_SUCCESS)
		result->reason = PFRU_REASON_FIRMWARE;
	return -pfru_status_errno(result->status);
}

int pfru_dsm_query(const struct pfru_firmware *fw, u32 revision,
		   struct pfru_query_answer *answer, struct pfru_result *result)
{
	return call(fw, &query_function, revision, NULL, answer,
		    sizeof(*answer), result);
}

int pfru_dsm_buffer(const struct pfru_firmware *fw, u32 revision,
		    struct pfru_buffer_answer *answer,
		    struct pfru_result *result)
{
	struct raw_buffer_answer raw;
	int ret;

	ret = call(fw, &buffer_function, revision, NULL, &raw, sizeof(raw),
		   result);
	if (ret)
		return ret;
	answer->address = (u64)raw.address_hi << 32 | raw.address_lo;
	answer->size = raw.size;
	if (pfru_range_usable(answer->address, answer->size, PFRU_BUFFER_MAX))
		return 0;
	dev_warn_ratelimited(fw->dev,
			     "communication buffer at %#llx of %u bytes is not usable: empty, over %u bytes, out of reach, or memory of the kernel; report it to the firmware's vendor\n",
			     answer->address, answer->size, PFRU_BUFFER_MAX);
	return malformed(result, PFRU_REASON_BUFFER, 0, answer->address,
			 answer->size);
}

/* halves of 32 bits; 0 when they can't be */
static u64 time_of(const struct pfru_firmware *fw, const char *what, u64 lo,
		   u64 hi)
{
	if (lo <= U32_MAX && hi <= U32_MAX)
		return hi << 32 | lo;
	dev_warn_ratelimited(fw->dev,
			     "start: time of %s given as %#llx and %#llx, expected halves of 32 bits; treated as unknown\n",
			     what, lo, hi);
	return 0;
}

int pfru_dsm_start(const struct pfru_firmware *fw, u32 revision,
		   enum pfru_action action, struct pfru_result *result)
{
	static const u32 arguments[] = {
		[PFRU_ACTION_STAGE] = 0,
		[PFRU_ACTION_ACTIVATE] = 1,
		[PFRU_ACTION_STAGE_ACTIVATE] = 2,
	};
	struct raw_start_answer raw;
	int ret;

	ret = call(fw, &start_function, revision, &arguments[action], &raw,
		   sizeof(raw), result);
	pfru_figures_acted(fw->figures, action, result->status);
	result->auth_time =
		time_of(fw, "authentication", raw.auth_lo, raw.auth_hi);
	result->exec_time = time_of(fw, "execution", raw.exec_lo, raw.exec_hi);
	return ret;
}

int pfru_dsm_set_level(const struct pfru_firmware *fw, u32 revision, u32 level,
		       struct pfru_result *result)
{
	struct raw_level_answer raw;
	int ret;

	ret = call(fw, &set_level_function, revision, &level, &raw, sizeof(raw),
		   result);
	pfru_figures_acted(fw->figures, PFRU_ACTION_SET_LEVEL, result->status);
	return ret;
}

int pfru_dsm_get_level(const struct pfru_firmware *fw, u32 revision, u32 *level,
		       struct pfru_result *result)
{
	struct raw_level_answer raw;
	int ret;

	ret = call(fw, &get_level_function, revision, NULL, &raw, sizeof(raw),
		   result);
	*level = raw.level;
	return ret;
}

int pfru_dsm_get_data(const struct pfru_firmware *fw, u32 revision, u32 type,
		      struct pfru_log_data_info *info,
		      struct pfru_result *result)
{
	return call(fw, &get_data_function, revision, &type, info,
		    sizeof(*info), result);
}

bool pfru_range_usable(u64 address, u64 size, u64 limit)
{
	/* memremap() warns beyond what the CPU can address */
	if (!pfru_range_exists(address, size, limit,
			       boot_cpu_data.x86_phys_bits,
			       sizeof(resource_size_t)))
		return false;
	return region_intersects(address, size, IORESOURCE_SYSTEM_RAM,
				 IORES_DESC_NONE) == REGION_DISJOINT;
}
