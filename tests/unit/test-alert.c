// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cli/amt/alert: requests as AMT sends them, whole, in pieces, and broken. Pieces are
 * allocated with exactly their size, so that a read past one is seen.
 */
#include "cmocka-all.h"

#include <libxml/parser.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/amt/alert.h"

#define SOAP	   "http://www.w3.org/2003/05/soap-envelope"
#define SCHEMA	   "http://schemas.dmtf.org/wbem/wscim/1/"
#define INDICATION SCHEMA "cim-schema/2/CIM_AlertIndication"
#define BEGIN                                                    \
	"<a:Envelope xmlns:a=\"" SOAP "\" xmlns:g=\"" INDICATION \
	"\" xmlns:h=\"" SCHEMA "common\"><a:Header/><a:Body>"
#define END		"</a:Body></a:Envelope>"
#define ENVELOPE(inner) BEGIN inner END
#define ALERT(inner) \
	ENVELOPE("<g:CIM_AlertIndication>" inner "</g:CIM_AlertIndication>")
#define ID "<g:MessageID>iAMT0005</g:MessageID>"

static const char whole[] = BEGIN
	"<g:CIM_AlertIndication>"
	"<g:AlertType>8</g:AlertType>"
	"<g:AlertingManagedElement>Name=&quot;AMT&quot;</g:AlertingManagedElement>"
	"<g:IndicationFilterName>AMT:All</g:IndicationFilterName>"
	"<g:IndicationIdentifier>AMT:42</g:IndicationIdentifier>"
	"<g:IndicationTime><h:Datetime>2026-11-27T15:40:09.000Z</h:Datetime></g:IndicationTime>"
	"<g:Message></g:Message>"
	"<g:MessageArguments>0</g:MessageArguments>"
	"<g:MessageArguments> two </g:MessageArguments>" ID
	"<g:PerceivedSeverity>2</g:PerceivedSeverity>"
	"<g:SystemName>AMT</g:SystemName>"
	"</g:CIM_AlertIndication>" END;

/* the last request that was read; what it says leads in there */
static struct alert_reader reader;
static struct alert alert;

static enum alert_fault read_bytes(const char *bytes, size_t size, size_t piece)
{
	enum alert_fault fault = ALERT_MORE;
	size_t at, length;

	memset(&reader, 0, sizeof(reader));
	memset(&alert, 0xa5, sizeof(alert));
	for (at = 0; at < size && fault == ALERT_MORE; at += length) {
		uint8_t *exact;

		length = piece < size - at ? piece : size - at;
		exact = malloc(length);
		assert_non_null(exact);
		memcpy(exact, bytes + at, length);
		fault = alert_read(&reader, exact, length, &alert);
		free(exact);
	}
	return fault;
}

static enum alert_fault read_request(const char *request)
{
	return read_bytes(request, strlen(request), SIZE_MAX);
}

/* with a head that fits */
static char *request_of(const char *body, size_t size, size_t *total)
{
	char *request = malloc(size + 128);
	int head;

	assert_non_null(request);
	head = sprintf(request,
		       "POST / HTTP/1.1\r\nHost: localhost:0\r\nContent-Length: %zu\r\n\r\n",
		       size);
	memcpy(request + head, body, size);
	*total = head + size;
	return request;
}

static enum alert_fault read_body_of(const char *body, size_t size,
				     size_t piece)
{
	size_t total;
	char *request = request_of(body, size, &total);
	enum alert_fault fault = read_bytes(request, total, piece);

	free(request);
	return fault;
}

static enum alert_fault read_body(const char *body)
{
	return read_body_of(body, strlen(body), SIZE_MAX);
}

static void check_whole(void)
{
	assert_string_equal(alert.id, "iAMT0005");
	assert_int_equal(alert.severity, ALERT_INFORMATION);
	assert_int_equal(alert.type, 8);
	assert_string_equal(alert.text, "");
	assert_int_equal(alert.argument_count, 2);
	assert_string_equal(alert.arguments[0], "0");
	assert_string_equal(alert.arguments[1], "two");
	assert_string_equal(alert.time, "2026-11-27T15:40:09.000Z");
	assert_string_equal(alert.identifier, "AMT:42");
	assert_string_equal(alert.filter, "AMT:All");
	assert_string_equal(alert.element, "Name=\"AMT\"");
	assert_string_equal(alert.system, "AMT");
	assert_int_equal(alert.raw_size, sizeof(whole) - 1);
	assert_memory_equal(alert.raw, whole, sizeof(whole) - 1);
}

/* Whatever AMT's window was, and whatever it puts into one message. */
static void test_whole_and_in_pieces(void **state)
{
	size_t piece;

	(void)state;
	for (piece = 1; piece < sizeof(whole) + 200;
	     piece += piece < 40 ? 1 : 97) {
		assert_int_equal(read_body_of(whole, sizeof(whole) - 1, piece),
				 ALERT_GOOD);
		check_whole();
	}
}

static void test_all_that_may_be_missing(void **state)
{
	static const char text[] =
		ALERT(ID "<g:IndicationTime> noon </g:IndicationTime>"
			 "<g:Message>A &amp; B</g:Message>");

	(void)state;
	assert_int_equal(read_body(ALERT(ID)), ALERT_GOOD);
	assert_string_equal(alert.id, "iAMT0005");
	assert_int_equal(alert.severity, ALERT_UNKNOWN);
	assert_int_equal(alert.type, 0);
	assert_int_equal(alert.argument_count, 0);
	assert_string_equal(alert.time, "");
	assert_int_equal(read_body(text), ALERT_GOOD);
	assert_string_equal(alert.time, "noon");
	assert_string_equal(alert.text, "A & B");
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		unsigned int severity, type;
	} cases[] = {
		{ "0", 0, 0 },
		{ "7", ALERT_FATAL, 7 },
		{ "8", ALERT_UNKNOWN, 8 },
		{ "999999", ALERT_UNKNOWN, 999999 },
		{ "1000000", ALERT_UNKNOWN, 0 },
		{ "-1", ALERT_UNKNOWN, 0 },
		{ "+1", ALERT_UNKNOWN, 0 },
		{ "1x", ALERT_UNKNOWN, 0 },
		{ "1 1", ALERT_UNKNOWN, 0 },
	};
	char body[sizeof(whole) + 64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sprintf(body,
			ALERT(ID
			      "<g:AlertType>%s</g:AlertType><g:PerceivedSeverity>%s</g:PerceivedSeverity>"),
			cases[i].text, cases[i].text);
		assert_int_equal(read_body(body), ALERT_GOOD);
		assert_int_equal(alert.severity, cases[i].severity);
		assert_int_equal(alert.type, cases[i].type);
	}
}

/* One that is empty counts for nothing, and so does the fifth. */
static void test_arguments(void **state)
{
	static const char text[] =
		ALERT(ID "<g:MessageArguments>a</g:MessageArguments>"
			 "<g:MessageArguments/>"
			 "<g:MessageArguments>b</g:MessageArguments>"
			 "<g:MessageArguments>c</g:MessageArguments>"
			 "<g:MessageArguments>d</g:MessageArguments>"
			 "<g:MessageArguments>e</g:MessageArguments>");

	(void)state;
	assert_int_equal(read_body(text), ALERT_GOOD);
	assert_int_equal(alert.argument_count, ALERT_ARGUMENTS);
	assert_string_equal(alert.arguments[1], "b");
	assert_string_equal(alert.arguments[3], "d");
}

/* Too much of it is left out, never cut. */
static void test_long_values(void **state)
{
	static const char begin[] = "<g:SystemName>", end[] = "</g:SystemName>";
	char body[ALERT_BODY_MAX], value[ALERT_VALUE_MAX + 1];
	size_t size;

	(void)state;
	for (size = ALERT_VALUE_MAX - 1; size <= ALERT_VALUE_MAX; size++) {
		memset(value, 'v', size);
		value[size] = '\0';
		sprintf(body, ALERT(ID "%s%s%s"), begin, value, end);
		assert_int_equal(read_body(body), ALERT_GOOD);
		assert_string_equal(alert.system,
				    size < ALERT_VALUE_MAX ? value : "");
	}
}

static void test_heads(void **state)
{
	static const struct {
		const char *request;
		enum alert_fault fault;
	} cases[] = {
		/* line ends without carriage returns are taken, too */
		{ "POST / HTTP/1.1\nContent-Length:1\n\nx", ALERT_BROKEN },
		{ "POST / HTTP/1.0\r\ncontent-LENGTH: \t1 \r\n\r\nx",
		  ALERT_BROKEN },
		{ "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", ALERT_MORE },
		{ "POST / HTTP/1.1\r\nContent-Length: 1\r\n", ALERT_MORE },
		{ "POST", ALERT_MORE },
		{ "\r\n\r\n", ALERT_NOT_HTTP },
		{ "POST /\r\n\r\n", ALERT_NOT_HTTP },
		{ "POST / HTTP/1.\r\n\r\n", ALERT_NOT_HTTP },
		{ "POST / HTTP/2.0\r\n\r\n", ALERT_NOT_HTTP },
		{ "POST / HTTP/1.1\r\nno colon\r\n\r\n", ALERT_NOT_HTTP },
		{ "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
		  ALERT_NOT_POST },
		{ "POST / HTTP/1.1\r\n\r\n", ALERT_NO_LENGTH },
		{ "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
		  ALERT_NO_LENGTH },
		{ "POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n",
		  ALERT_NO_LENGTH },
		{ "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		  ALERT_NO_LENGTH },
		{ "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
		  ALERT_NO_LENGTH },
		{ "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
		  ALERT_NO_LENGTH },
		{ "POST / HTTP/1.1\r\nContent-Length: 16385\r\n\r\n",
		  ALERT_TOO_LARGE },
		{ "POST / HTTP/1.1\r\nContent-Length: 16384\r\n\r\n",
		  ALERT_MORE },
		{ "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
		  ALERT_NO_LENGTH },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (read_request(cases[i].request) != cases[i].fault)
			fail_msg("'%s' is not %d", cases[i].request,
				 cases[i].fault);
	/* a byte that ends no string */
	assert_int_equal(read_bytes("POST / HTTP/1.1\r\nContent-Length: 1\0\r\n\r\nx",
				    39, SIZE_MAX),
			 ALERT_NO_LENGTH);
}

static void test_head_without_an_end(void **state)
{
	static const char line[] = "POST / HTTP/1.1\r\n";
	char *request = malloc(3 * ALERT_BODY_MAX);

	(void)state;
	assert_non_null(request);
	memset(request, 'x', 3 * ALERT_BODY_MAX);
	memcpy(request, line, sizeof(line) - 1);
	assert_int_equal(read_bytes(request, ALERT_HEAD_MAX - 1, 100),
			 ALERT_MORE);
	assert_int_equal(read_bytes(request, ALERT_HEAD_MAX, 100),
			 ALERT_TOO_LARGE);
	/* more than is kept, in one piece */
	assert_int_equal(read_bytes(request, 3 * ALERT_BODY_MAX, SIZE_MAX),
			 ALERT_TOO_LARGE);
	/* and it does not end behind its limit */
	memcpy(request + ALERT_HEAD_MAX, "\r\n\r\n", 4);
	assert_int_equal(read_bytes(request, 3 * ALERT_BODY_MAX, SIZE_MAX),
			 ALERT_TOO_LARGE);
	free(request);
}

static void test_bodies(void **state)
{
	static const struct {
		const char *body;
		enum alert_fault fault;
	} cases[] = {
		{ "", ALERT_BROKEN },
		{ "no XML", ALERT_BROKEN },
		{ "<a><b></a>", ALERT_BROKEN },
		{ "<!DOCTYPE a [<!ENTITY b \"c\">]>" ALERT(ID),
		  ALERT_FORBIDDEN },
		{ "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" ALERT(ID),
		  ALERT_GOOD },
		{ "<a/>", ALERT_OTHER },
		{ ENVELOPE(""), ALERT_OTHER },
		{ ENVELOPE("text"), ALERT_OTHER },
		{ ENVELOPE("<g:CIM_Other>" ID "</g:CIM_Other>"), ALERT_OTHER },
		{ ENVELOPE("<CIM_AlertIndication>" ID "</CIM_AlertIndication>"),
		  ALERT_OTHER },
		{ ALERT(""), ALERT_OTHER },
		{ ALERT("<g:MessageID></g:MessageID>"), ALERT_OTHER },
		{ ALERT("<g:MessageID>iAMT 5</g:MessageID>"), ALERT_OTHER },
		{ ALERT("<g:MessageID>iAMT/../5</g:MessageID>"), ALERT_OTHER },
		{ ALERT("<g:MessageID>iAMT000000000000</g:MessageID>"),
		  ALERT_OTHER },
		{ ALERT("<g:MessageID><b>iAMT0005</b></g:MessageID>"),
		  ALERT_OTHER },
		{ ALERT("<MessageID>iAMT0005</MessageID>"), ALERT_OTHER },
		{ ALERT("<g:MessageID>&unknown;</g:MessageID>"), ALERT_BROKEN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (read_body(cases[i].body) != cases[i].fault)
			fail_msg("'%s' is not %d", cases[i].body,
				 cases[i].fault);
	assert_int_equal(read_body_of("<a>\0</a>", 8, SIZE_MAX), ALERT_BROKEN);
}

/* As deep as the largest body can be. */
static void test_depth(void **state)
{
	char *body = malloc(ALERT_BODY_MAX);
	size_t i;

	(void)state;
	assert_non_null(body);
	for (i = 0; i + 3 <= ALERT_BODY_MAX; i += 3)
		memcpy(body + i, "<a>", 3);
	assert_int_equal(read_body_of(body, i, SIZE_MAX), ALERT_BROKEN);
	free(body);
}

/* A document type in an encoding that is not searched does not count. */
static void test_other_encodings(void **state)
{
	static const char text[] = "<!DOCTYPE a><a/>";
	char wide[2 * sizeof(text) + 2] = "\xff\xfe";
	size_t i;
	enum alert_fault fault;

	(void)state;
	for (i = 0; i < sizeof(text) - 1; i++)
		wide[2 + 2 * i] = text[i];
	fault = read_body_of(wide, 2 * sizeof(text), SIZE_MAX);
	assert_true(fault == ALERT_BROKEN || fault == ALERT_FORBIDDEN);
}

static void test_what_follows(void **state)
{
	char request[sizeof(whole) + 300];

	(void)state;
	sprintf(request,
		"POST / HTTP/1.1\r\nContent-Length: %zu\r\n\r\n%sPOST / HT",
		sizeof(whole) - 1, whole);
	assert_int_equal(read_request(request), ALERT_GOOD);
	check_whole();
}

static void test_words(void **state)
{
	enum alert_fault fault;
	unsigned int i;

	(void)state;
	for (fault = ALERT_GOOD; fault <= ALERT_OTHER; fault++) {
		const char *answer = alert_answer(fault);

		assert_non_null(alert_fault_text(fault));
		if (fault == ALERT_MORE) {
			assert_null(answer);
			continue;
		}
		assert_int_equal(strncmp(answer,
					 fault ? "HTTP/1.1 4" : "HTTP/1.1 200 ",
					 10),
				 0);
		assert_string_equal(answer + strlen(answer) - 4, "\r\n\r\n");
		assert_non_null(strstr(answer, "\r\nContent-Length: 0\r\n"));
	}
	for (i = 0; i < ALERT_SEVERITIES; i++)
		assert_non_null(alert_severity_name(i));
	assert_string_equal(alert_severity_name(ALERT_CRITICAL), "critical");
	assert_non_null(strstr(alert_meaning("iAMT0033"), "audit log"));
	assert_null(alert_meaning("iAMT9999"));
}

static int clean_up(void **state)
{
	(void)state;
	xmlCleanupParser();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_and_in_pieces),
		cmocka_unit_test(test_all_that_may_be_missing),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_head_without_an_end),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_other_encodings),
		cmocka_unit_test(test_what_follows),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("alert", tests, NULL, clean_up) != 0;
}
