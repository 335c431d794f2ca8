// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Alerts of a hostile AMT: the first byte says what is put around the rest (bit 0: a
 * head that fits, bit 1: an envelope) and, above that, into how large pieces it is cut.
 * How it is cut must not matter.
 */
#include "fuzz.h"

#include "cli/amt/alert.h"

static const char begin[] =
	"<a:Envelope xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:g=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_AlertIndication\" xmlns:h=\"http://schemas.dmtf.org/wbem/wscim/1/common\"><a:Body><g:CIM_AlertIndication>";
static const char end[] = "</g:CIM_AlertIndication></a:Body></a:Envelope>";

/* @to has room for both and the rest */
static size_t make(char *to, const uint8_t *data, size_t size, uint8_t how)
{
	size_t body = size, at = 0;

	if (how & 2)
		body += sizeof(begin) - 1 + sizeof(end) - 1;
	if (how & 1)
		at = sprintf(to,
			     "POST / HTTP/1.1\r\nContent-Length: %zu\r\n\r\n",
			     body);
	if (how & 2) {
		memcpy(to + at, begin, sizeof(begin) - 1);
		at += sizeof(begin) - 1;
	}
	memcpy(to + at, data, size);
	at += size;
	if (how & 2) {
		memcpy(to + at, end, sizeof(end) - 1);
		at += sizeof(end) - 1;
	}
	return at;
}

static void check_string(const char *string, size_t room)
{
	expect(strnlen(string, room) < room);
}

static void check(const struct alert *alert, const struct alert_reader *reader)
{
	size_t i;

	expect(*alert->id && alert->severity < ALERT_SEVERITIES);
	expect(alert->argument_count <= ALERT_ARGUMENTS);
	for (i = 0; i < alert->argument_count; i++)
		check_string(alert->arguments[i], ALERT_VALUE_MAX);
	check_string(alert->id, ALERT_ID_MAX);
	check_string(alert->text, ALERT_VALUE_MAX);
	check_string(alert->time, ALERT_VALUE_MAX);
	check_string(alert->identifier, ALERT_VALUE_MAX);
	check_string(alert->filter, ALERT_VALUE_MAX);
	check_string(alert->element, ALERT_VALUE_MAX);
	check_string(alert->system, ALERT_VALUE_MAX);
	expect(alert->raw_size <= ALERT_BODY_MAX);
	expect(alert->raw >= reader->bytes &&
	       alert->raw + alert->raw_size <= reader->bytes + reader->size);
}

static enum alert_fault read_in_pieces(const char *request, size_t size,
				       size_t piece)
{
	struct alert_reader *reader = calloc(1, sizeof(*reader));
	enum alert_fault fault = ALERT_MORE;
	struct alert alert;
	size_t at;

	expect(reader);
	for (at = 0; at < size && fault == ALERT_MORE; at += piece) {
		size_t length = piece < size - at ? piece : size - at;
		uint8_t *bytes = exact(request + at, length);

		fault = alert_read(reader, bytes, length, &alert);
		free(bytes);
	}
	if (fault == ALERT_GOOD)
		check(&alert, reader);
	expect(alert_fault_text(fault));
	expect(!alert_answer(fault) == (fault == ALERT_MORE));
	free(reader);
	return fault;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum alert_fault fault;
	size_t piece;
	char *request;

	if (!size)
		return 0;
	request = malloc(size + sizeof(begin) + sizeof(end) + 100);
	expect(request);
	piece = 1 + (data[0] >> 2) * 64;
	size = make(request, data + 1, size - 1, data[0]);
	fault = read_in_pieces(request, size, SIZE_MAX);
	expect(read_in_pieces(request, size, piece) == fault);
	free(request);
	return 0;
}
