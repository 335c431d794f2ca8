// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Alerts of AMT: an HTTP/1.1 request (RFC 9112) with a SOAP envelope in which is one
 * CIM_AlertIndication. AMT says how long its requests are; chunks are not read.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alert.h"
#include "cli/common/memory.h"
#include "soap.h"

#define CIM_SCHEMA "http://schemas.dmtf.org/wbem/wscim/1/"
#define INDICATION CIM_SCHEMA "cim-schema/2/CIM_AlertIndication"
#define COMMON	   CIM_SCHEMA "common"
#define METHOD	   "POST "
#define VERSION	   " HTTP/1."
#define DIGITS	   "0123456789"
/* digits of a number, of which none is larger */
#define NUMBER_MAX 6

#define ANSWER(status) \
	"HTTP/1.1 " status "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

/* clang-format off */
static const struct {
	const char *answer;
	const char *text;
} faults[] = {
	[ALERT_GOOD] = { ANSWER("200 OK"), "it is an alert" },
	[ALERT_MORE] = { NULL, "it is not complete" },
	[ALERT_NOT_HTTP] = { ANSWER("400 Bad Request"), "it is not an HTTP request" },
	[ALERT_NOT_POST] = { ANSWER("405 Method Not Allowed\r\nAllow: POST"), "it is not a POST request" },
	[ALERT_NO_LENGTH] = { ANSWER("411 Length Required"), "it does not state its length" },
	[ALERT_TOO_LARGE] = { ANSWER("413 Content Too Large"), "it is too large" },
	[ALERT_BROKEN] = { ANSWER("400 Bad Request"), "it is no XML" },
	[ALERT_FORBIDDEN] = { ANSWER("400 Bad Request"), "it has a document type" },
	[ALERT_OTHER] = { ANSWER("400 Bad Request"), "it is not an alert with a message ID" },
};

static const char *const severities[] = {
	"unknown", "other", "information", "warning", "minor", "major", "critical",
	"fatal",
};

static const struct {
	const char *id;
	const char *text;
} meanings[] = {
	{ "iAMT0001", "a System Defense policy was triggered" },
	{ "iAMT0002", "an agent that AMT watches has not started" },
	{ "iAMT0003", "an agent that AMT watches has stopped" },
	{ "iAMT0004", "an agent that AMT watches is running" },
	{ "iAMT0005", "an agent that AMT watches did not report in time" },
	{ "iAMT0006", "an agent that AMT watches is suspended" },
	{ "iAMT0007", "software on this machine tried to disable AMT's network link" },
	{ "iAMT0008", "software on this machine tried to disable AMT's network link, and the machine's own link is blocked" },
	{ "iAMT0009", "AMT's clock, or the wear-out protection of its flash memory, is disabled" },
	{ "iAMT0010", "the machine's network traffic crossed the slow threshold of AMT's heuristics" },
	{ "iAMT0011", "the machine's network traffic crossed the fast threshold of AMT's heuristics" },
	{ "iAMT0029", "AMT's audit log is half full" },
	{ "iAMT0030", "AMT's audit log is 75 % full" },
	{ "iAMT0031", "AMT's audit log is 85 % full" },
	{ "iAMT0032", "AMT's audit log is 95 % full" },
	{ "iAMT0033", "AMT's audit log is full" },
	{ "iAMT0034", "a firmware update was installed in part" },
	{ "iAMT0035", "a firmware update failed" },
	{ "iAMT0036", "AMT has begun a connection to its management server" },
	{ "iAMT0057", "a remote administrator's session notifies the user" },
};

static const struct {
	const char *name;
	size_t at;
	size_t room;
} values[] = {
#define VALUE(name, member) \
	{ name, offsetof(struct alert, member), sizeof(((struct alert *)0)->member) }
	VALUE("MessageID", id),
	VALUE("Message", text),
	VALUE("IndicationTime", time),
	VALUE("IndicationIdentifier", identifier),
	VALUE("IndicationFilterName", filter),
	VALUE("AlertingManagedElement", element),
	VALUE("SystemName", system),
};
/* clang-format on */

/* bytes that are not terminated */
struct span {
	const char *at;
	size_t size;
};

/* The next line, without its line ending; false when no complete line is left. */
static bool next_line(struct span *rest, struct span *line)
{
	const char *end = memchr(rest->at, '\n', rest->size);

	if (!end)
		return false;
	line->at = rest->at;
	line->size = end - rest->at;
	rest->size -= line->size + 1;
	rest->at = end + 1;
	if (line->size && line->at[line->size - 1] == '\r')
		line->size--;
	return true;
}

static bool begins(const struct span *line, const char *text)
{
	size_t size = strlen(text);

	return line->size >= size && !memcmp(line->at, text, size);
}

static enum alert_fault check_request(const struct span *line)
{
	const size_t version = sizeof(VERSION) - 1;
	struct span end;

	if (line->size <= version)
		return ALERT_NOT_HTTP;
	/* and one digit */
	end.size = version + 1;
	end.at = line->at + line->size - end.size;
	if (!begins(&end, VERSION))
		return ALERT_NOT_HTTP;
	return begins(line, METHOD) ? ALERT_GOOD : ALERT_NOT_POST;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trimmed(struct span text)
{
	while (text.size && is_blank(text.at[0])) {
		text.at++;
		text.size--;
	}
	while (text.size && is_blank(text.at[text.size - 1]))
		text.size--;
	return text;
}

/* Digits and nothing else: -1 without any, or with too many. */
static long number(struct span text)
{
	char digits[NUMBER_MAX + 1] = "";

	if (!text.size || text.size > NUMBER_MAX)
		return -1;
	memcpy(digits, text.at, text.size);
	return digits[strspn(digits, DIGITS)] || strlen(digits) != text.size ?
		       -1 :
		       strtol(digits, NULL, 10);
}

static bool is_named(const struct span *name, const char *text)
{
	return name->size == strlen(text) &&
	       !strncasecmp(name->at, text, name->size);
}

/* @length: -1 as long as none was seen */
static enum alert_fault take_field(const struct span *line, long *length)
{
	const char *colon = memchr(line->at, ':', line->size);
	struct span name, value;

	if (!colon)
		return ALERT_NOT_HTTP;
	name = (struct span){ line->at, colon - line->at };
	value = (struct span){ colon + 1, line->size - name.size - 1 };
	if (is_named(&name, "Transfer-Encoding"))
		return ALERT_NO_LENGTH;
	if (!is_named(&name, "Content-Length"))
		return ALERT_GOOD;
	/* two are one too many, whatever they say */
	if (*length >= 0)
		return ALERT_NO_LENGTH;
	*length = number(trimmed(value));
	return *length < 0 ? ALERT_NO_LENGTH : ALERT_GOOD;
}

/* Nothing is judged before all of the head is there. */
static enum alert_fault read_head(struct alert_reader *reader)
{
	struct span rest = { (const char *)reader->bytes, reader->size }, line;
	enum alert_fault fault = ALERT_GOOD;
	bool first = true;
	long length = -1;

	if (rest.size > ALERT_HEAD_MAX)
		rest.size = ALERT_HEAD_MAX;
	for (;;) {
		if (!next_line(&rest, &line))
			return reader->size < ALERT_HEAD_MAX ? ALERT_MORE :
							       ALERT_TOO_LARGE;
		if (!first && !line.size)
			break;
		if (!fault)
			fault = first ? check_request(&line) :
					take_field(&line, &length);
		first = false;
	}
	if (fault)
		return fault;
	if (length < 0)
		return ALERT_NO_LENGTH;
	if (length > ALERT_BODY_MAX)
		return ALERT_TOO_LARGE;
	reader->head = rest.at - (const char *)reader->bytes;
	reader->body = length;
	return ALERT_GOOD;
}

static unsigned int property_number(const xmlNode *node, const char *name)
{
	char text[NUMBER_MAX + 1] = "";
	long value;

	soap_text(soap_child(node, INDICATION, name, 0), text, sizeof(text));
	value = number((struct span){ text, strlen(text) });
	return value < 0 ? 0 : value;
}

static bool is_id(const char *id)
{
	size_t i;

	for (i = 0; id[i]; i++)
		if (!((id[i] >= '0' && id[i] <= '9') ||
		      (id[i] >= 'A' && id[i] <= 'Z') ||
		      (id[i] >= 'a' && id[i] <= 'z')))
			return false;
	return i;
}

static void take_arguments(const xmlNode *node, struct alert *alert)
{
	const xmlNode *argument;
	unsigned int i;

	for (i = 0; alert->argument_count < ALERT_ARGUMENTS; i++) {
		argument = soap_child(node, INDICATION, "MessageArguments", i);
		if (!argument)
			break;
		if (soap_text(argument, alert->arguments[alert->argument_count],
			      ALERT_VALUE_MAX))
			alert->argument_count++;
	}
}

static enum alert_fault take_alert(const xmlNode *node, struct alert *alert)
{
	const xmlNode *value;
	size_t i;

	if (!node || !soap_is(node, INDICATION, "CIM_AlertIndication"))
		return ALERT_OTHER;
	for (i = 0; i < ARRAY_LENGTH(values); i++) {
		value = soap_child(node, INDICATION, values[i].name, 0);
		soap_text(value, (char *)alert + values[i].at, values[i].room);
		/* a time is an element of its own */
		soap_text(soap_child(value, COMMON, "Datetime", 0),
			  (char *)alert + values[i].at, values[i].room);
	}
	take_arguments(node, alert);
	alert->type = property_number(node, "AlertType");
	alert->severity = property_number(node, "PerceivedSeverity");
	if (alert->severity >= ALERT_SEVERITIES)
		alert->severity = ALERT_UNKNOWN;
	return is_id(alert->id) ? ALERT_GOOD : ALERT_OTHER;
}

static enum alert_fault read_body(const struct alert_reader *reader,
				  struct alert *alert)
{
	static const enum alert_fault unread[] = {
		[SOAP_BROKEN] = ALERT_BROKEN,
		[SOAP_FORBIDDEN] = ALERT_FORBIDDEN,
	};
	enum alert_fault fault;
	xmlDoc *doc;

	memset(alert, 0, sizeof(*alert));
	alert->raw = reader->bytes + reader->head;
	alert->raw_size = reader->body;
	fault = unread[soap_parse(alert->raw, alert->raw_size, &doc)];
	if (!fault)
		fault = take_alert(soap_body(doc), alert);
	xmlFreeDoc(doc);
	return fault;
}

enum alert_fault alert_read(struct alert_reader *reader, const uint8_t *bytes,
			    size_t size, struct alert *alert)
{
	enum alert_fault fault;

	/* what does not fit is behind the end of any request that is read */
	if (size > sizeof(reader->bytes) - reader->size)
		size = sizeof(reader->bytes) - reader->size;
	memcpy(reader->bytes + reader->size, bytes, size);
	reader->size += size;
	if (!reader->head) {
		fault = read_head(reader);
		if (fault)
			return fault;
	}
	if (reader->size - reader->head < reader->body)
		return ALERT_MORE;
	return read_body(reader, alert);
}

const char *alert_answer(enum alert_fault fault)
{
	return faults[fault].answer;
}

const char *alert_fault_text(enum alert_fault fault)
{
	return faults[fault].text;
}

const char *alert_severity_name(enum alert_severity severity)
{
	return severities[severity];
}

const char *alert_meaning(const char *id)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(meanings); i++)
		if (!strcmp(meanings[i].id, id))
			return meanings[i].text;
	return NULL;
}
