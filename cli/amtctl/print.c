// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers of AMT, printed.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/text.h"
#include "core/guid.h"
#include "print.h"

/* as @key with "_number" or the like behind it; allocated */
static char *with_end(const char *key, const char *end)
{
	return xasprintf("%s_%s", key, end);
}

static char *hex(const uint8_t *bytes, size_t size, const char *between)
{
	struct text text = { 0 };
	size_t i;

	for (i = 0; i < size; i++)
		text_printf(&text, "%s%02x", i ? between : "", bytes[i]);
	text_append(&text, "", 1);
	return text.bytes;
}

/* its name, and its number beside it; where words are missing, the number alone */
static void print_number(struct output *out, const struct amthi_field *field,
			 uint32_t number)
{
	const char *word = amthi_word(field, number);
	char *key, *text;

	if (!word) {
		out_number(out, field->key, field->label, number);
		return;
	}
	key = with_end(field->key, "number");
	text = xasprintf("%s (%u)", word, number);
	out_string(out, field->key, NULL, word);
	out_number(out, key, NULL, number);
	out_string(out, NULL, field->label, text);
	free(text);
	free(key);
}

/* The order of bytes depends on the firmware's age: they are shown as they came. */
static void print_ipv4(struct output *out, const struct amthi_field *field,
		       const uint8_t *bytes)
{
	char *dotted = xasprintf("%u.%u.%u.%u", bytes[3], bytes[2], bytes[1],
				 bytes[0]);
	char *key = with_end(field->key, "raw");
	char *raw = hex(bytes, 4, "");

	out_string(out, field->key, field->label, dotted);
	out_string(out, key, "IPv4 bytes", raw);
	free(raw);
	free(key);
	free(dotted);
}

static void print_list(struct output *out, const struct amthi_field *field,
		       const uint8_t *bytes, size_t size)
{
	out_list(out, field->key, NULL);
	while (size) {
		size_t length = strnlen((const char *)bytes, size);
		char *text = escape(bytes, length);

		if (length)
			out_string(out, NULL, field->label, text);
		free(text);
		length += length < size;
		bytes += length;
		size -= length;
	}
	out_end(out);
}

static void print_escaped(struct output *out, const char *key,
			  const char *label, const uint8_t *bytes, size_t size)
{
	char *text = escape(bytes, size);

	out_string(out, key, label, text);
	free(text);
}

static void print_hex(struct output *out, const struct amthi_field *field,
		      const uint8_t *bytes, size_t size, const char *between)
{
	char *text = hex(bytes, size, between);

	out_string(out, field->key, field->label, text);
	free(text);
}

static void print_field(struct output *out, const struct amthi_field *field,
			const struct amthi_value *value)
{
	switch (field->type) {
	case AMTHI_BOOL:
		out_bool(out, field->key, field->label, value->number);
		break;
	case AMTHI_IPV4:
		print_ipv4(out, field, value->bytes);
		break;
	case AMTHI_MAC:
		print_hex(out, field, value->bytes, value->number, ":");
		break;
	case AMTHI_GUID:
		out_guid(out, field->key, field->label, value->bytes);
		break;
	case AMTHI_TEXT:
		print_escaped(out, field->key, field->label, value->bytes,
			      value->number);
		break;
	case AMTHI_LIST:
		print_list(out, field, value->bytes, value->number);
		break;
	case AMTHI_DIGEST:
	case AMTHI_REST:
		print_hex(out, field, value->bytes, value->number, "");
		break;
	default:
		print_number(out, field, value->number);
	}
}

static void print_status(struct output *out,
			 const struct amthi_question *question, uint32_t status)
{
	char *text = xasprintf("not available: %s (0x%x)",
			       amthi_status_name(status), status);
	char *key = with_end(question->key, "status");
	char *name = with_end(question->key, "status_name");

	out_null(out, question->key);
	out_number(out, key, NULL, status);
	out_string(out, name, NULL, amthi_status_name(status));
	out_string(out, NULL, question->label, text);
	free(name);
	free(key);
	free(text);
}

/* an answer of one field is no group of its own */
static void print_values(struct output *out,
			 const struct amthi_question *question,
			 const struct amthi_value *values)
{
	bool group = question->count > 1;
	size_t i;

	if (group)
		out_group(out, question->key, question->label);
	for (i = 0; i < question->count; i++)
		print_field(out, &question->fields[i], &values[i]);
	if (group)
		out_end(out);
}

int print_question(struct session *session,
		   const struct amthi_question *question, uint32_t *kept)
{
	struct amthi_value values[AMTHI_FIELDS_MAX];
	struct amthi_answer answer;
	enum amthi_fault fault;
	int ret;

	ret = session_ask(session, question->command, question->argument,
			  question->argument_size, &answer);
	if (ret == SESSION_WRONG)
		return STATUS_DONE;
	if (ret)
		return ret;
	if (answer.status) {
		print_status(session->ctl->out, question, answer.status);
		return STATUS_DONE;
	}
	fault = amthi_decode(question, &answer, values);
	if (fault) {
		session_fault(session, question->command, fault);
		return STATUS_DONE;
	}
	if (kept)
		*kept = values[0].number;
	print_values(session->ctl->out, question, values);
	return STATUS_DONE;
}

int print_questions(struct session *session, const struct amthi_question *list)
{
	int ret = STATUS_DONE;

	for (; !ret && list->key; list++)
		ret = print_question(session, list, NULL);
	return ret;
}

static void print_hash(struct output *out, const struct amthi_value *values,
		       uint32_t handle)
{
	static const char *const names[] = { "MD5", "SHA-1", "SHA-256" };
	uint32_t algorithm = values[AMTHI_HASH_ALGORITHM].number;
	size_t size = amthi_digest_size(algorithm);
	char *text = hex(values[AMTHI_HASH_DIGEST].bytes, size, "");
	char *name = escape(values[AMTHI_HASH_NAME].bytes,
			    values[AMTHI_HASH_NAME].number);

	out_group(out, NULL, *name ? name : "(no name)");
	out_string(out, "name", NULL, name);
	out_number(out, "handle", NULL, handle);
	out_bool(out, "default", "Default", values[AMTHI_HASH_DEFAULT].number);
	out_bool(out, "active", "Active", values[AMTHI_HASH_ACTIVE].number);
	out_string(out, "algorithm", "Algorithm",
		   algorithm < ARRAY_LENGTH(names) ? names[algorithm] :
						     "unknown");
	out_number(out, "algorithm_number", "Algorithm number", algorithm);
	out_string(out, "hash", "Hash", text);
	out_end(out);
	free(name);
	free(text);
}

static int one_hash(struct session *session, uint32_t handle, size_t *active)
{
	struct amthi_value values[AMTHI_FIELDS_MAX];
	struct amthi_answer answer;
	enum amthi_fault fault;
	int ret;

	ret = session_ask(session, AMTHI_HASH, handle, 4, &answer);
	if (ret == SESSION_WRONG)
		return STATUS_DONE;
	if (ret)
		return ret;
	if (answer.status) {
		note(session->ctl->out, "hash %u is not available: %s (0x%x)",
		     handle, amthi_status_name(answer.status), answer.status);
		return STATUS_DONE;
	}
	fault = amthi_decode(&amthi_hash_question, &answer, values);
	if (fault) {
		session_fault(session, AMTHI_HASH, fault);
		return STATUS_DONE;
	}
	*active += !!values[AMTHI_HASH_ACTIVE].number;
	print_hash(session->ctl->out, values, handle);
	return STATUS_DONE;
}

int print_hashes(struct session *session, size_t *active)
{
	static const struct amthi_question list = {
		.key = "hashes",
		.label = "Hashes",
	};
	uint32_t handles[AMTHI_HANDLES_MAX];
	struct amthi_answer answer;
	enum amthi_fault fault;
	size_t count = 0, i;
	int ret;

	*active = 0;
	ret = session_ask(session, AMTHI_HANDLES, 0, 0, &answer);
	if (ret)
		return ret == SESSION_WRONG ? STATUS_DONE : ret;
	if (answer.status) {
		print_status(session->ctl->out, &list, answer.status);
		return STATUS_DONE;
	}
	fault = amthi_handles(&answer, handles, &count);
	if (fault) {
		session_fault(session, AMTHI_HANDLES, fault);
		return STATUS_DONE;
	}
	out_list(session->ctl->out, list.key, NULL);
	for (i = 0; !ret && i < count; i++)
		ret = one_hash(session, handles[i], active);
	out_end(session->ctl->out);
	return ret;
}
