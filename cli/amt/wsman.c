// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * WS-Management (DSP0226) as far as host-based setup needs it.
 */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "wsman.h"

#define ENVELOPE   "http://www.w3.org/2003/05/soap-envelope"
#define ADDRESSING "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define WSMAN	   "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
#define TRANSFER   "http://schemas.xmlsoap.org/ws/2004/09/transfer"

/* action, resource, message, body */
static const char request_format[] =
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>"
	"<s:Envelope xmlns:s=\"" ENVELOPE "\" xmlns:a=\"" ADDRESSING
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
	[WSMAN_BROKEN] = "is not well-formed XML of a size that is taken",
	[WSMAN_FORBIDDEN] = "has a document type, which no SOAP message has",
	[WSMAN_NO_ENVELOPE] = "is no SOAP 1.2 envelope with a body",
	[WSMAN_REFUSED] = "is a SOAP fault",
	[WSMAN_OTHER] = "answers something else",
	[WSMAN_MISSING] = "lacks a value, or has too long a one",
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

static bool is(const xmlNode *node, const char *space, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
	       !strcmp((const char *)node->ns->href, space) &&
	       !strcmp((const char *)node->name, name);
}

static const xmlNode *child(const xmlNode *node, const char *space,
			    const char *name, unsigned int index)
{
	for (node = node ? node->children : NULL; node; node = node->next)
		if (is(node, space, name) && !index--)
			return node;
	return NULL;
}

static const xmlNode *first(const xmlNode *node)
{
	for (node = node ? node->children : NULL; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE)
			return node;
	return NULL;
}

/* Text and nothing else, without the blanks around it. */
static bool copy_text(const xmlNode *node, char *value)
{
	static const char blanks[] = " \t\r\n";
	const xmlNode *text = node ? node->children : NULL;
	const char *from;
	size_t size;

	if (!text || text->next || text->type != XML_TEXT_NODE)
		return false;
	from = (const char *)text->content;
	from += strspn(from, blanks);
	size = strlen(from);
	while (size && strchr(blanks, from[size - 1]))
		size--;
	if (!size || size >= WSMAN_VALUE_MAX)
		return false;
	memcpy(value, from, size);
	value[size] = '\0';
	return true;
}

static enum wsman_fault find(const xmlNode *root, const char *resource,
			     const char *element, const char *name,
			     unsigned int index, char *value)
{
	const xmlNode *body, *node;

	if (!root || !is(root, ENVELOPE, "Envelope"))
		return WSMAN_NO_ENVELOPE;
	body = child(root, ENVELOPE, "Body", 0);
	node = first(body);
	if (!node)
		return WSMAN_NO_ENVELOPE;
	if (is(node, ENVELOPE, "Fault")) {
		node = child(node, ENVELOPE, "Reason", 0);
		copy_text(child(node, ENVELOPE, "Text", 0), value);
		return WSMAN_REFUSED;
	}
	if (!is(node, resource, element))
		return WSMAN_OTHER;
	node = child(node, resource, name, index);
	return copy_text(node, value) ? WSMAN_GOOD : WSMAN_MISSING;
}

/*
 * The encoding is given, whatever the document says of it: so this finds a document
 * type wherever the parser would.
 */
static bool has_doctype(const uint8_t *bytes, size_t size)
{
	static const char begin[] = "<!DOCTYPE";

	return memmem(bytes, size, begin, sizeof(begin) - 1);
}

enum wsman_fault wsman_find(const uint8_t *bytes, size_t size,
			    const char *resource, const char *element,
			    const char *name, unsigned int index, char *value)
{
	enum wsman_fault fault;
	xmlDoc *doc;

	*value = '\0';
	if (!size || size > WSMAN_ANSWER_MAX)
		return WSMAN_BROKEN;
	if (has_doctype(bytes, size))
		return WSMAN_FORBIDDEN;
	doc = xmlReadMemory((const char *)bytes, size, NULL, "UTF-8",
			    XML_PARSE_NONET | XML_PARSE_NOERROR |
				    XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
	if (!doc)
		return WSMAN_BROKEN;
	fault = doc->intSubset ? WSMAN_FORBIDDEN :
				 find(xmlDocGetRootElement(doc), resource,
				      element, name, index, value);
	xmlFreeDoc(doc);
	return fault;
}

const char *wsman_fault_text(enum wsman_fault fault)
{
	return faults[fault];
}
