// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers of AMT's web service, hostile: the first byte says whether an envelope is
 * put around the rest.
 */
#include "fuzz.h"

#include "cli/amt/wsman.h"

#define NAME "AMT_GeneralSettings"

static const char begin[] =
	"<a:Envelope xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:h=\"" WSMAN_GENERAL_SETTINGS
	"\"><a:Header/><a:Body>";
static const char end[] = "</a:Body></a:Envelope>";

/* The answer in memory of just its size, so that a read behind it is seen. */
static uint8_t *make(const uint8_t *data, size_t *size)
{
	size_t rest = *size - 1;
	uint8_t *bytes;

	if (!(data[0] & 1)) {
		*size = rest;
		return exact(data + 1, rest);
	}
	*size = sizeof(begin) - 1 + rest + sizeof(end) - 1;
	bytes = malloc(*size);
	expect(bytes);
	memcpy(bytes, begin, sizeof(begin) - 1);
	memcpy(bytes + sizeof(begin) - 1, data + 1, rest);
	memcpy(bytes + sizeof(begin) - 1 + rest, end, sizeof(end) - 1);
	return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char value[WSMAN_VALUE_MAX];
	enum wsman_fault fault;
	uint8_t *bytes;
	size_t length;

	if (!size)
		return 0;
	bytes = make(data, &size);
	memset(value, 'x', sizeof(value));
	fault = wsman_find(bytes, size, WSMAN_GENERAL_SETTINGS, NAME,
			   "DigestRealm", data[0] >> 6, value);
	expect(wsman_fault_text(fault));
	length = strnlen(value, sizeof(value));
	expect(length < sizeof(value));
	if (fault == WSMAN_GOOD)
		expect(length);
	else if (fault != WSMAN_REFUSED)
		expect(!length);
	free(bytes);
	return 0;
}
