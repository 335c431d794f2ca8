/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alerts: AMT reports an event to this machine by a channel of port 0, through which
 * it posts a CIM_AlertIndication over HTTP. Parses such a request and says what to
 * answer. Pure: no I/O; every size is bounded.
 */
#ifndef CLI_AMT_ALERT_H
#define CLI_AMT_ALERT_H

#include <stddef.h>
#include <stdint.h>

/* bytes; AMT's requests have two to three thousand */
#define ALERT_HEAD_MAX	4096
#define ALERT_BODY_MAX	16384
#define ALERT_VALUE_MAX 512
#define ALERT_ID_MAX	16
#define ALERT_ARGUMENTS 4

/**
 * enum alert_fault - what is wrong with a request
 * @ALERT_GOOD: nothing: it is an alert
 * @ALERT_MORE: nothing so far: it is not complete
 * @ALERT_NOT_HTTP: it is not an HTTP request
 * @ALERT_NOT_POST: it is another request
 * @ALERT_NO_LENGTH: it does not state its length, or in an unknown way
 * @ALERT_TOO_LARGE: more than ALERT_HEAD_MAX or ALERT_BODY_MAX bytes
 * @ALERT_BROKEN: its body is no XML
 * @ALERT_FORBIDDEN: its body has a document type, which may hold entities
 * @ALERT_OTHER: its body is no alert, or one without a message ID
 */
enum alert_fault {
	ALERT_GOOD,
	ALERT_MORE,
	ALERT_NOT_HTTP,
	ALERT_NOT_POST,
	ALERT_NO_LENGTH,
	ALERT_TOO_LARGE,
	ALERT_BROKEN,
	ALERT_FORBIDDEN,
	ALERT_OTHER,
};

/**
 * enum alert_severity - PerceivedSeverity of CIM_AlertIndication (DMTF's CIM schema)
 */
enum alert_severity {
	ALERT_UNKNOWN,
	ALERT_OTHER_SEVERITY,
	ALERT_INFORMATION,
	ALERT_WARNING,
	ALERT_MINOR,
	ALERT_MAJOR,
	ALERT_CRITICAL,
	ALERT_FATAL,
	ALERT_SEVERITIES,
};

/**
 * struct alert - an event
 * @id: MessageID: letters and digits, as in iAMT0005
 * @severity: ALERT_UNKNOWN also for what is no severity
 * @type: AlertType, 0 when it is not known
 * @text: Message, which AMT leaves empty as a rule
 * @arguments: MessageArguments
 * @argument_count: of them; what is too much is left out
 * @time: IndicationTime, by AMT's clock
 * @identifier: IndicationIdentifier
 * @filter: IndicationFilterName
 * @element: AlertingManagedElement
 * @system: SystemName
 * @raw: the body as it came, in the reader
 * @raw_size: of @raw, ALERT_BODY_MAX at most
 *
 * What is not there is empty. Strings are UTF-8 and may hold line ends: they come from
 * outside, and have to be escaped where they are printed.
 */
struct alert {
	char id[ALERT_ID_MAX];
	enum alert_severity severity;
	unsigned int type;
	char text[ALERT_VALUE_MAX];
	char arguments[ALERT_ARGUMENTS][ALERT_VALUE_MAX];
	size_t argument_count;
	char time[ALERT_VALUE_MAX];
	char identifier[ALERT_VALUE_MAX];
	char filter[ALERT_VALUE_MAX];
	char element[ALERT_VALUE_MAX];
	char system[ALERT_VALUE_MAX];
	const uint8_t *raw;
	size_t raw_size;
};

/**
 * struct alert_reader - a request that comes in pieces; all zeros to begin with
 * @bytes: what came
 * @size: of it
 * @head: bytes of the head, 0 until it is complete
 * @body: bytes of the body
 */
struct alert_reader {
	uint8_t bytes[ALERT_HEAD_MAX + ALERT_BODY_MAX];
	size_t size;
	size_t head;
	size_t body;
};

/**
 * alert_read() - take a piece of a request
 * @reader: what came before
 * @bytes: the piece
 * @size: in bytes
 * @alert: set with ALERT_GOOD; @raw is valid as long as @reader is
 *
 * Anything but ALERT_MORE is the end: what comes after it is not looked at. The channel
 * gets alert_answer(), and is closed; AMT opens another for the next event.
 */
enum alert_fault alert_read(struct alert_reader *reader, const uint8_t *bytes,
			    size_t size, struct alert *alert);

/**
 * alert_answer() - the HTTP answer to a request; NULL to ALERT_MORE
 */
const char *alert_answer(enum alert_fault fault);

/**
 * alert_fault_text() - what is wrong, as the end of a sentence
 */
const char *alert_fault_text(enum alert_fault fault);

/**
 * alert_severity_name() - the word for a severity
 */
const char *alert_severity_name(enum alert_severity severity);

/**
 * alert_meaning() - what an event means, as a sentence without its full stop
 * @id: message ID
 *
 * Return: NULL when it is not known
 */
const char *alert_meaning(const char *id);

#endif /* CLI_AMT_ALERT_H */
