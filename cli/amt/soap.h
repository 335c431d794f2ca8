/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SOAP 1.2 envelopes, parsed by libxml2: no network, no entities, no document types;
 * the caller bounds the size, libxml2 the depth. Pure: no I/O.
 */
#ifndef CLI_AMT_SOAP_H
#define CLI_AMT_SOAP_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOAP_ENVELOPE "http://www.w3.org/2003/05/soap-envelope"

/**
 * enum soap_fault - what is wrong with a document
 * @SOAP_GOOD: nothing
 * @SOAP_BROKEN: it is no XML
 * @SOAP_FORBIDDEN: it has a document type, which may hold entities
 */
enum soap_fault {
	SOAP_GOOD,
	SOAP_BROKEN,
	SOAP_FORBIDDEN,
};

/**
 * soap_parse() - take a document apart
 * @bytes: the document, in UTF-8 whatever it says
 * @size: in bytes, at most INT_MAX
 * @doc: set to the document, or NULL: for xmlFreeDoc() in any case
 */
enum soap_fault soap_parse(const uint8_t *bytes, size_t size, xmlDoc **doc);

/**
 * soap_body() - the first element in the body
 *
 * Return: NULL when it is no envelope, or has none
 */
const xmlNode *soap_body(const xmlDoc *doc);

/**
 * soap_is() - is a node an element with this name, in this namespace
 */
bool soap_is(const xmlNode *node, const char *space, const char *name);

/**
 * soap_child() - one of the children with this name
 * @node: NULL has no children
 * @space: namespace
 * @name: local name
 * @index: which one, from 0 on
 *
 * Return: NULL without it
 */
const xmlNode *soap_child(const xmlNode *node, const char *space,
			  const char *name, unsigned int index);

/**
 * soap_text() - the text of an element that has text and nothing else, without the
 * blanks around it
 * @node: NULL has none
 * @value: set
 * @room: bytes there
 *
 * Return: false when there is no text, or too much; @value is as it was then
 */
bool soap_text(const xmlNode *node, char *value, size_t room);

#endif /* CLI_AMT_SOAP_H */
