// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SOAP envelopes, as much of them as AMT's web service and its alerts need.
 */
#include <libxml/parser.h>
#include <string.h>

#include "soap.h"

/*
 * The encoding is given, whatever the document says of it: so this finds a document
 * type wherever the parser would.
 */
static bool has_doctype(const uint8_t *bytes, size_t size)
{
	static const char begin[] = "<!DOCTYPE";

	return memmem(bytes, size, begin, sizeof(begin) - 1);
}

enum soap_fault soap_parse(const uint8_t *bytes, size_t size, xmlDoc **doc)
{
	*doc = NULL;
	if (has_doctype(bytes, size))
		return SOAP_FORBIDDEN;
	*doc = xmlReadMemory((const char *)bytes, size, NULL, "UTF-8",
			     XML_PARSE_NONET | XML_PARSE_NOERROR |
				     XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
	if (!*doc)
		return SOAP_BROKEN;
	return (*doc)->intSubset ? SOAP_FORBIDDEN : SOAP_GOOD;
}

bool soap_is(const xmlNode *node, const char *space, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
	       !strcmp((const char *)node->ns->href, space) &&
	       !strcmp((const char *)node->name, name);
}

const xmlNode *soap_child(const xmlNode *node, const char *space,
			  const char *name, unsigned int index)
{
	for (node = node ? node->children : NULL; node; node = node->next)
		if (soap_is(node, space, name) && !index--)
			return node;
	return NULL;
}

const xmlNode *soap_body(const xmlDoc *doc)
{
	const xmlNode *node = xmlDocGetRootElement(doc);

	if (!node || !soap_is(node, SOAP_ENVELOPE, "Envelope"))
		return NULL;
	node = soap_child(node, SOAP_ENVELOPE, "Body", 0);
	for (node = node ? node->children : NULL; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE)
			return node;
	return NULL;
}

bool soap_text(const xmlNode *node, char *value, size_t room)
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
	if (!size || size >= room)
		return false;
	memcpy(value, from, size);
	value[size] = '\0';
	return true;
}
