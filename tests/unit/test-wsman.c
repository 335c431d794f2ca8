// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cli/amt/wsman: requests as AMT gets them, and answers, whole and broken. Answers
 * are allocated with exactly their size, so that a read past it is seen.
 */
#include "cmocka-all.h"

#include <libxml/parser.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/amt/wsman.h"

#define SOAP	 "http://www.w3.org/2003/05/soap-envelope"
#define RESOURCE WSMAN_GENERAL_SETTINGS
#define CLASS	 "AMT_GeneralSettings"
#define BEGIN \
	"<s:Envelope xmlns:s=\"" SOAP "\" xmlns:h=\"" RESOURCE "\"><s:Body>"
#define END	      "</s:Body></s:Envelope>"
#define ANSWER(inner) BEGIN "<h:" CLASS ">" inner "</h:" CLASS ">" END
#define REALM(text)   ANSWER("<h:DigestRealm>" text "</h:DigestRealm>")

/* what is found in an answer of so many bytes */
static enum wsman_fault look_bytes(const char *answer, size_t size,
				   unsigned int index, char *value)
{
	uint8_t *bytes = malloc(size);
	enum wsman_fault fault;

	assert_true(bytes || !size);
	if (size)
		memcpy(bytes, answer, size);
	memset(value, 'x', WSMAN_VALUE_MAX);
	fault = wsman_find(bytes, size, RESOURCE, CLASS, "DigestRealm", index,
			   value);
	free(bytes);
	assert_non_null(memchr(value, '\0', WSMAN_VALUE_MAX));
	return fault;
}

static enum wsman_fault look(const char *answer, unsigned int index,
			     char *value)
{
	return look_bytes(answer, strlen(answer), index, value);
}

static void test_requests(void **state)
{
	static const char digest[] = "0123456789abcdef0123456789abcdef";
	static const char setup_action[] = ">" WSMAN_HOST_BASED_SETUP
					   "/Setup</a:Action>";
	char first[WSMAN_REQUEST_MAX], second[WSMAN_REQUEST_MAX];
	size_t size;
	xmlDoc *doc;

	(void)state;
	size = wsman_get(first, RESOURCE);
	assert_int_equal(size, strlen(first));
	assert_non_null(strstr(first, "/transfer/Get</a:Action>"));
	assert_non_null(strstr(first, ">" RESOURCE "</w:ResourceURI>"));
	assert_non_null(strstr(first, "<s:Body></s:Body>"));
	assert_null(strstr(first, "Password"));
	/* each has a number of its own */
	wsman_get(second, RESOURCE);
	assert_string_not_equal(first, second);
	size = wsman_setup(second, digest);
	assert_int_equal(size, strlen(second));
	assert_non_null(strstr(second, setup_action));
	assert_non_null(strstr(second, "EncryptionType>2<"));
	assert_non_null(strstr(second, "NetworkAdminPassword>0123456789abc"));
	doc = xmlReadMemory(second, size, NULL, NULL, XML_PARSE_NONET);
	assert_non_null(doc);
	xmlFreeDoc(doc);
}

static void test_value(void **state)
{
	char value[WSMAN_VALUE_MAX];

	(void)state;
	assert_int_equal(look(REALM("Digest:1"), 0, value), WSMAN_GOOD);
	assert_string_equal(value, "Digest:1");
	/* blanks, entities of XML's own, and CDATA are text */
	assert_int_equal(look(REALM("\n\t a&amp;&#98;<![CDATA[<c>]]>\r "), 0,
			      value),
			 WSMAN_GOOD);
	assert_string_equal(value, "a&b<c>");
	/* whatever stands beside what is looked for */
	assert_int_equal(look("<?xml version=\"1.0\"?><!-- x -->" BEGIN
			      "<!-- x --> <h:" CLASS
			      "> <x/><DigestRealm>no</DigestRealm><h:DigestRealm>1</h:DigestRealm><h:DigestRealm>2</h:DigestRealm></h:" CLASS
			      ">" END,
			      1, value),
			 WSMAN_GOOD);
	assert_string_equal(value, "2");
}

/* an answer with a value of @size letters */
static enum wsman_fault look_sized(size_t size, char *value)
{
	char letters[WSMAN_VALUE_MAX + 1], answer[1024];

	memset(letters, 'a', size);
	letters[size] = '\0';
	snprintf(answer, sizeof(answer), REALM("%s"), letters);
	return look(answer, 0, value);
}

static void test_value_that_is_missing(void **state)
{
	static const char *const answers[] = {
		ANSWER(""),
		ANSWER("<h:DigestRealm/>"),
		ANSWER("<DigestRealm>x</DigestRealm>"),
		ANSWER("<h:digestrealm>x</h:digestrealm>"),
		REALM("\n\t "),
		REALM("<h:b>x</h:b>"),
		REALM("x<h:b/>"),
		REALM("x<!-- y -->"),
		ANSWER("<h:b><h:DigestRealm>x</h:DigestRealm></h:b>"),
	};
	char value[WSMAN_VALUE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		assert_int_equal(look(answers[i], 0, value), WSMAN_MISSING);
		assert_string_equal(value, "");
	}
	assert_int_equal(look(REALM("x"), 1, value), WSMAN_MISSING);
	assert_int_equal(look_sized(WSMAN_VALUE_MAX - 1, value), WSMAN_GOOD);
	assert_int_equal(strlen(value), WSMAN_VALUE_MAX - 1);
	assert_int_equal(look_sized(WSMAN_VALUE_MAX, value), WSMAN_MISSING);
	assert_string_equal(value, "");
}

static void test_fault(void **state)
{
	char value[WSMAN_VALUE_MAX];

	(void)state;
	assert_int_equal(look(BEGIN
			      "<s:Fault><s:Code/><s:Reason><s:Text xml:lang=\"en\"> not today </s:Text></s:Reason></s:Fault>" END,
			      0, value),
			 WSMAN_REFUSED);
	assert_string_equal(value, "not today");
	assert_int_equal(look(BEGIN "<s:Fault/>" END, 0, value), WSMAN_REFUSED);
	assert_string_equal(value, "");
	assert_int_equal(look(BEGIN "<h:Fault/>" END, 0, value), WSMAN_OTHER);
}

static void test_answers_that_are_wrong(void **state)
{
	static const struct {
		const char *answer;
		enum wsman_fault fault;
	} answers[] = {
		{ "", WSMAN_BROKEN },
		{ "x", WSMAN_BROKEN },
		{ "<a", WSMAN_BROKEN },
		{ "<a></b>", WSMAN_BROKEN },
		{ BEGIN "&a;" END, WSMAN_BROKEN },
		{ "<!DOCTYPE a><a/>", WSMAN_FORBIDDEN },
		{ "<a/><!DOCTYPE a>", WSMAN_FORBIDDEN },
		{ "<a/>", WSMAN_NO_ENVELOPE },
		{ "<Envelope/>", WSMAN_NO_ENVELOPE },
		{ "<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body><a/></Body></Envelope>",
		  WSMAN_NO_ENVELOPE },
		{ "<Envelope xmlns=\"" SOAP "\"/>", WSMAN_NO_ENVELOPE },
		{ BEGIN END, WSMAN_NO_ENVELOPE },
		{ BEGIN "text" END, WSMAN_NO_ENVELOPE },
		{ BEGIN "<h:AMT_Other/>" END, WSMAN_OTHER },
		{ BEGIN "<" CLASS "/>" END, WSMAN_OTHER },
	};
	char value[WSMAN_VALUE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		assert_int_equal(look(answers[i].answer, 0, value),
				 answers[i].fault);
		assert_string_equal(value, "");
	}
}

/* The answer's own word about its encoding does not hide a document type. */
static void test_encodings(void **state)
{
	static const char utf16[] =
		"\xff\xfe<\0!\0D\0O\0C\0T\0Y\0P\0E\0 \0a\0>\0<\0a\0/\0>";
	static const char utf7[] =
		"<?xml version=\"1.0\" encoding=\"UTF-7\"?>+ADwAIQ-DOCTYPE a+AD4-<a/>";
	static const char named[] =
		"<?xml version=\"1.0\" encoding=\"UTF-16\"?>" REALM("x");
	char value[WSMAN_VALUE_MAX];

	(void)state;
	assert_int_equal(look_bytes(utf16, sizeof(utf16), 0, value),
			 WSMAN_BROKEN);
	assert_int_equal(look(utf7, 0, value), WSMAN_BROKEN);
	assert_int_equal(look(named, 0, value), WSMAN_GOOD);
}

/* A small answer followed by blanks, cut at each byte, and too large by one. */
static void test_sizes(void **state)
{
	static const char answer[] = REALM("x");
	char value[WSMAN_VALUE_MAX];
	char *large = malloc(WSMAN_ANSWER_MAX + 1);
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(answer) - 1; size++)
		assert_int_equal(look_bytes(answer, size, 0, value),
				 WSMAN_BROKEN);
	assert_non_null(large);
	memset(large, ' ', WSMAN_ANSWER_MAX + 1);
	memcpy(large, answer, sizeof(answer) - 1);
	assert_int_equal(look_bytes(large, WSMAN_ANSWER_MAX, 0, value),
			 WSMAN_GOOD);
	assert_int_equal(look_bytes(large, WSMAN_ANSWER_MAX + 1, 0, value),
			 WSMAN_BROKEN);
	free(large);
}

static void test_texts(void **state)
{
	enum wsman_fault fault;

	(void)state;
	for (fault = WSMAN_GOOD; fault <= WSMAN_MISSING; fault++)
		assert_true(strlen(wsman_fault_text(fault)) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_value_that_is_missing),
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_answers_that_are_wrong),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_texts),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	xmlCleanupParser();
	return failed;
}
