// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The part of WS-Management (DSP0226) that host-based setup needs.
 */
#include <stdio.h>
#include <string.h>

#include "soap.h"
#include "wsman.h"

#define ADDRESSING "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define WSMAN	   "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
#define TRANSFER   "http://schemas.xmlsoap.org/ws/2004/09/transfer"

/* action, resource, message, body */
static const char request_format[] =
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>"
	"<s:Envelope xmlns:s=\"" SOAP_ENVELOPE "\" xmlns:a=\"" ADDRESSING
	"\" xmlns:w=\"" WSMAN "\"><s:Header>"
	"<a:Action s:mustUnderstand=\"true\">%s</a:Action>"
	"<a:To s:mustUnderstand=\"true\">/wsman</a:To>"
	"<w:ResourceURI s:mustUnderstand=\"true\">%s</w:ResourceURI>"
	"<a:MessageID s:mustUnderstand=\"true\">%u</a:MessageID>"
	"<a:ReplyTo><a:Address>" ADDRESSING "/role/anonymous</a:Address>"
	"</a:ReplyTo><w:OperationTimeout>PT60S</w:OperationTimeout>"
	"</s:Header><s:Body>%s%s%s</s:Body></s:Envelope>";

/* around the digest; 2 is "MD5 of user, realm and password" */
static const char setup_begin[] =
	"<h:Setup_INPUT xmlns:h=\"" WSMAN_HOST_BASED_SETUP "\">"
	"<h:NetAdminPassEncryptionType>2</h:NetAdminPassEncryptionType>"
	"<h:NetworkAdminPassword>";
static const char setup_end[] = "</h:NetworkAdminPassword></h:Setup_INPUT>";

static const char *const faults[] = {
	[WSMAN_GOOD] = "is good",
	[WSMAN_BROKEN] = "is too large, or is not well-formed XML",
	[WSMAN_FORBIDDEN] = "has a document type, which no SOAP message has",
	[WSMAN_NO_ENVELOPE] = "is not a SOAP 1.2 envelope with a body",
	[WSMAN_REFUSED] = "is a SOAP fault",
	[WSMAN_OTHER] = "is for another request",
	[WSMAN_MISSING] = "lacks a value, or has one that is too long",
};

static size_t request(char *to, const char *action, const char *resource,
		      const char *digest)
{
	static unsigned int number;

	return snprintf(to, WSMAN_REQUEST_MAX, request_format, action, resource,
			++number, digest ? setup_begin : "",
			digest ? digest : "", digest ? setup_end : "");
}

size_t wsman_get(char *to, const char *resource)
{
	return request(to, TRANSFER "/Get", resource, NULL);
}

size_t wsman_setup(char *to, const char *digest)
{
	return request(to, WSMAN_HOST_BASED_SETUP "/Setup",
		       WSMAN_HOST_BASED_SETUP, digest);
}

static enum wsman_fault find(const xmlNode *node, const char *resource,
			     const char *element, const char *name,
			     unsigned int index, char *value)
{
	if (!node)
		return WSMAN_NO_ENVELOPE;
	if (soap_is(node, SOAP_ENVELOPE, "Fault")) {
		node = soap_child(node, SOAP_ENVELOPE, "Reason", 0);
		soap_text(soap_child(node, SOAP_ENVELOPE, "Text", 0), value,
			  WSMAN_VALUE_MAX);
		return WSMAN_REFUSED;
	}
	if (!soap_is(node, resource, element))
		return WSMAN_OTHER;
	node = soap_child(node, resource, name, index);
	return soap_text(node, value, WSMAN_VALUE_MAX) ? WSMAN_GOOD :
							 WSMAN_MISSING;
}

enum wsman_fault wsman_find(const uint8_t *bytes, size_t size,
			    const char *resource, const char *element,
			    const char *name, unsigned int index, char *value)
{
	static const enum wsman_fault unread[] = {
		[SOAP_BROKEN] = WSMAN_BROKEN,
		[SOAP_FORBIDDEN] = WSMAN_FORBIDDEN,
	};
	enum wsman_fault fault;
	xmlDoc *doc;

	*value = '\0';
	if (!size || size > WSMAN_ANSWER_MAX)
		return WSMAN_BROKEN;
	fault = unread[soap_parse(bytes, size, &doc)];
	if (!fault)
		fault = find(soap_body(doc), resource, element, name, index,
			     value);
	xmlFreeDoc(doc);
	return fault;
}

const char *wsman_fault_text(enum wsman_fault fault)
{
	return faults[fault];
}
