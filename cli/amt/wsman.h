/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * WS-Management with AMT: builds requests and parses answers, without network,
 * entities or document types; every size is bounded. Pure: no I/O; wsman-http.h
 * sends them.
 */
#ifndef CLI_AMT_WSMAN_H
#define CLI_AMT_WSMAN_H

#include <stddef.h>
#include <stdint.h>

#define WSMAN_AMT_SCHEMA "http://intel.com/wbem/wscim/1/amt-schema/1/"
#define WSMAN_IPS_SCHEMA "http://intel.com/wbem/wscim/1/ips-schema/1/"

#define WSMAN_GENERAL_SETTINGS WSMAN_AMT_SCHEMA "AMT_GeneralSettings"
#define WSMAN_HOST_BASED_SETUP WSMAN_IPS_SCHEMA "IPS_HostBasedSetupService"

/* bytes */
#define WSMAN_REQUEST_MAX 4096
#define WSMAN_ANSWER_MAX  65536
#define WSMAN_VALUE_MAX	  256

/**
 * enum wsman_fault - what is wrong with an answer
 * @WSMAN_GOOD: nothing
 * @WSMAN_BROKEN: it is no XML, or too large
 * @WSMAN_FORBIDDEN: it has a document type, which may hold entities
 * @WSMAN_NO_ENVELOPE: it is no SOAP 1.2
 * @WSMAN_REFUSED: it is a SOAP fault
 * @WSMAN_OTHER: it is for another request
 * @WSMAN_MISSING: the property is not there, has no text or too much
 */
enum wsman_fault {
	WSMAN_GOOD,
	WSMAN_BROKEN,
	WSMAN_FORBIDDEN,
	WSMAN_NO_ENVELOPE,
	WSMAN_REFUSED,
	WSMAN_OTHER,
	WSMAN_MISSING,
};

/**
 * wsman_get() - make the request for the one instance of a class
 * @to: WSMAN_REQUEST_MAX bytes
 * @resource: URI of the class
 *
 * Return: the request's size in bytes
 */
size_t wsman_get(char *to, const char *resource);

/**
 * wsman_setup() - make the request that begins client control mode
 * @to: WSMAN_REQUEST_MAX bytes, of memory for secrets
 * @digest: MD5 of "admin", the realm and the password, 32 lower-case digits
 *
 * Return: the request's size in bytes
 */
size_t wsman_setup(char *to, const char *digest);

/**
 * wsman_find() - a property in an answer
 * @bytes: the answer
 * @size: in bytes
 * @resource: URI of the class that was asked
 * @element: in the body: the class, or METHOD_OUTPUT
 * @name: of the property
 * @index: which one, of several with that name
 * @value: set to its text, WSMAN_VALUE_MAX bytes; to the reason with WSMAN_REFUSED,
 *	else empty
 *
 * Return: enum wsman_fault
 */
enum wsman_fault wsman_find(const uint8_t *bytes, size_t size,
			    const char *resource, const char *element,
			    const char *name, unsigned int index, char *value);

/**
 * wsman_fault_text() - what is wrong, as the end of a sentence
 */
const char *wsman_fault_text(enum wsman_fault fault);

#endif /* CLI_AMT_WSMAN_H */
