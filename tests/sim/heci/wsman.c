// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * As much of WS-Management as host-based setup needs: Identify; Get, Enumerate
 * and Pull of a few classes; and their methods. A table of classes is all there
 * is. libxml2 reads the requests, without network and entities.
 */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "amt.h"

#define ENVELOPE	"http://www.w3.org/2003/05/soap-envelope"
#define ADDRESSING	"http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define WSMAN		"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
#define IDENTITY	"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
#define TRANSFER	"http://schemas.xmlsoap.org/ws/2004/09/transfer"
#define ENUMERATION	"http://schemas.xmlsoap.org/ws/2004/09/enumeration"
#define AMT_SCHEMA	"http://intel.com/wbem/wscim/1/amt-schema/1/"
#define IPS_SCHEMA	"http://intel.com/wbem/wscim/1/ips-schema/1/"
#define CIM_SCHEMA	"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"

/* what matters of a request, and its answer */
struct request {
	const char *user;
	xmlDocPtr doc;
	xmlNodePtr body;		/* the first element in it */
	char action[256], resource[256], id[128], selector[128];
	FILE *out;
	int status;
};

static uint32_t forced_return;
static long return_count;
static long fault_count;
static unsigned int messages;

void wsman_set_return(uint32_t value, long count)
{
	forced_return = value;
	return_count = count;
}

void wsman_set_fault(long count)
{
	fault_count = count;
}

void wsman_off(void)
{
	return_count = 0;
	fault_count = 0;
}

static void put(struct request *q, const char *fmt, ...) PRINTF(2, 3);

static void put(struct request *q, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(q->out, fmt, ap);
	va_end(ap);
}

static void put_text(struct request *q, const char *name, const char *text)
{
	xmlChar *safe = xmlEncodeSpecialChars(NULL, (const xmlChar *)text);

	if (!safe)
		abort();
	put(q, "<h:%s>%s</h:%s>", name, safe, name);
	xmlFree(safe);
}

static void put_number(struct request *q, const char *name, uint32_t value)
{
	put(q, "<h:%s>%u</h:%s>", name, value, name);
}

/*
 * Reading
 */

static xmlNodePtr child(xmlNodePtr parent, const char *name)
{
	xmlNodePtr n = parent ? parent->children : NULL;

	for (; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE &&
		    (!name || !strcmp((const char *)n->name, name)))
			return n;
	return NULL;
}

static void text_of(xmlNodePtr n, char *to, size_t size)
{
	xmlChar *text = n ? xmlNodeGetContent(n) : NULL;
	const char *from = text ? (const char *)text : "";
	size_t len;

	from += strspn(from, " \t\r\n");
	for (len = strlen(from); len && strchr(" \t\r\n", from[len - 1]); len--)
		;
	snprintf(to, size, "%.*s", (int)(len < size ? len : size - 1), from);
	xmlFree(text);
}

static bool read_request(struct request *q, const char *body, size_t len)
{
	xmlNodePtr root, header;

	q->doc = xmlReadMemory(body, len, "request", NULL,
			       XML_PARSE_NONET | XML_PARSE_NOERROR |
				       XML_PARSE_NOWARNING);
	root = q->doc ? xmlDocGetRootElement(q->doc) : NULL;
	if (!root || strcmp((const char *)root->name, "Envelope"))
		return false;
	header = child(root, "Header");
	q->body = child(child(root, "Body"), NULL);
	text_of(child(header, "Action"), q->action, sizeof(q->action));
	text_of(child(header, "ResourceURI"), q->resource, sizeof(q->resource));
	text_of(child(header, "MessageID"), q->id, sizeof(q->id));
	text_of(child(child(header, "SelectorSet"), "Selector"), q->selector,
		sizeof(q->selector));
	return true;
}

/*
 * Classes: what an instance has
 */

static void general_settings(struct request *q, unsigned int i)
{
	const char *dot = strchr(amt.fqdn, '.');
	char host[sizeof(amt.fqdn)];

	(void)i;
	snprintf(host, sizeof(host), "%.*s",
		 (int)(dot ? dot - amt.fqdn : (long)strlen(amt.fqdn)), amt.fqdn);
	put_number(q, "AMTNetworkEnabled", 1);
	put_number(q, "DDNSPeriodicUpdateInterval", amt.ddns_interval);
	put_number(q, "DDNSTTL", amt.ddns_ttl);
	put_text(q, "DDNSUpdateEnabled", amt.ddns ? "true" : "false");
	put_text(q, "DigestRealm", amt.realm);
	put_text(q, "DomainName", dot ? dot + 1 : "");
	put_text(q, "ElementName", "Intel(r) AMT: General Settings");
	put_text(q, "HostName", host);
	put_text(q, "HostOSFQDN", amt.fqdn);
	put_text(q, "InstanceID", "Intel(r) AMT: General Settings");
	put_text(q, "NetworkInterfaceEnabled",
		 amt.wired.enabled ? "true" : "false");
	put_text(q, "SharedFQDN", amt.fqdn_shared ? "true" : "false");
}

static void host_based(struct request *q, unsigned int i)
{
	uint32_t k;

	(void)i;
	for (k = 0; k < amt.modes_allowed; k++)
		put_number(q, "AllowedControlModes", 2 - k);
	put_number(q, "CertChainStatus", 0);
	put_text(q, "CreationClassName", "IPS_HostBasedSetupService");
	put_number(q, "CurrentControlMode", amt.control);
	put_text(q, "ElementName", "Intel(r) AMT Host Based Setup Service");
	put_text(q, "Name", "Intel(r) AMT Host Based Setup Service");
	put_text(q, "SystemCreationClassName", "CIM_ComputerSystem");
	put_text(q, "SystemName", "Intel(r) AMT");
}

static void setup_service(struct request *q, unsigned int i)
{
	(void)i;
	put_text(q, "CreationClassName", "AMT_SetupAndConfigurationService");
	put_text(q, "ElementName",
		 "Intel(r) AMT Setup and Configuration Service");
	put_number(q, "EnabledState", 5);
	put_text(q, "Name", "Intel(r) AMT Setup and Configuration Service");
	put_number(q, "PasswordModel", 1);
	put_number(q, "ProvisioningMode", amt.mode);
	put_text(q, "ProvisioningServerOTP", "");
	put_number(q, "ProvisioningState", amt.provisioning);
	put_text(q, "SystemCreationClassName", "CIM_ComputerSystem");
	put_text(q, "SystemName", "ManagedSystem");
	put_text(q, "ZeroTouchConfigurationEnabled",
		 amt.zero_touch ? "true" : "false");
}

static void software(struct request *q, unsigned int i)
{
	put_text(q, "InstanceID", amt.versions[i].name);
	put_text(q, "IsEntity", "true");
	put_text(q, "VersionString", amt.versions[i].value);
}

/* the UUID as AMT has it here: bytes as on the wire, in hex */
static void system_package(struct request *q, unsigned int i)
{
	char text[2 * AMT_UUID + 1];

	for (i = 0; i < AMT_UUID; i++)
		sprintf(text + 2 * i, "%02X", amt.uuid[i]);
	put_text(q, "PlatformGUID", text);
}

/*
 * Methods
 */

static void argument(struct request *q, const char *name, char *to, size_t size)
{
	text_of(child(q->body, name), to, size);
}

static uint32_t method_setup(struct request *q)
{
	char type[16], hash[128];

	argument(q, "NetAdminPassEncryptionType", type, sizeof(type));
	argument(q, "NetworkAdminPassword", hash, sizeof(hash));
	if (strcmp(type, "2") || strlen(hash) != MD5_HEX - 1 ||
	    strspn(hash, "0123456789abcdefABCDEF") != MD5_HEX - 1)
		return AMT_INVALID_PARAMETER;
	if (amt.control || strcmp(q->user, amt.user))
		return AMT_INVALID_MODE;
	amt_setup(hash);
	return AMT_SUCCESS;
}

static uint32_t method_commit(struct request *q)
{
	(void)q;
	return amt.control ? AMT_SUCCESS : AMT_INVALID_MODE;
}

static uint32_t method_unprovision(struct request *q)
{
	(void)q;
	if (amt.control != CONTROL_CLIENT)
		return AMT_INVALID_MODE;
	amt_unprovision();
	return AMT_SUCCESS;
}

static const struct class {
	const char *schema, *name;
	void (*instance)(struct request *q, unsigned int i);
	bool many;			/* one for each code version */
	const struct method {
		const char *name;
		uint32_t (*fn)(struct request *q);
	} *methods;
} classes[] = {
	{ AMT_SCHEMA, "AMT_GeneralSettings", general_settings, false, NULL },
	{ IPS_SCHEMA, "IPS_HostBasedSetupService", host_based, false,
	  (const struct method[]){ { "Setup", method_setup }, { 0 } } },
	{ AMT_SCHEMA, "AMT_SetupAndConfigurationService", setup_service, false,
	  (const struct method[]){ { "CommitChanges", method_commit },
				   { "Unprovision", method_unprovision },
				   { 0 } } },
	{ CIM_SCHEMA, "CIM_SoftwareIdentity", software, true, NULL },
	{ CIM_SCHEMA, "CIM_ComputerSystemPackage", system_package, false,
	  NULL },
};

static const struct class *find_class(const char *resource)
{
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		n = strlen(classes[i].schema);
		if (!strncmp(resource, classes[i].schema, n) &&
		    !strcmp(resource + n, classes[i].name))
			return &classes[i];
	}
	return NULL;
}

/*
 * Answers
 */

static void begin(struct request *q, const char *action, const char *resource)
{
	put(q, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
	    "<a:Envelope xmlns:a=\"" ENVELOPE "\" xmlns:b=\"" ADDRESSING "\" xmlns:c=\"" WSMAN "\" xmlns:g=\"" ENUMERATION "\" xmlns:h=\"%s\">",
	    resource);
	put(q, "<a:Header><b:To>" ADDRESSING "/role/anonymous</b:To>");
	if (q->id[0]) {
		xmlChar *id = xmlEncodeSpecialChars(NULL, (xmlChar *)q->id);

		put(q, "<b:RelatesTo>%s</b:RelatesTo>", id);
		xmlFree(id);
	}
	put(q, "<b:Action a:mustUnderstand=\"true\">%s</b:Action>"
	    "<b:MessageID>uuid:00000000-8086-8086-8086-%012X</b:MessageID>"
	    "<c:ResourceURI>%s</c:ResourceURI></a:Header><a:Body>",
	    action, ++messages, resource);
}

static void end(struct request *q)
{
	put(q, "</a:Body></a:Envelope>");
}

static void fault(struct request *q, const char *code, const char *why)
{
	q->status = 400;
	note("wsman: fault: %s", why);
	begin(q, ADDRESSING "/fault", "");
	put(q, "<a:Fault><a:Code><a:Value>a:Sender</a:Value><a:Subcode><a:Value>%s</a:Value></a:Subcode></a:Code>"
	    "<a:Reason><a:Text xml:lang=\"en-US\">%s</a:Text></a:Reason><a:Detail></a:Detail></a:Fault>",
	    code, why);
	end(q);
}

static void identify(struct request *q)
{
	put(q, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
	    "<a:Envelope xmlns:a=\"" ENVELOPE "\" xmlns:h=\"" IDENTITY "\"><a:Header></a:Header><a:Body><h:IdentifyResponse>");
	put_text(q, "ProtocolVersion", WSMAN);
	put_text(q, "ProductVendor", "Intel(r)");
	put_text(q, "ProductVersion",
		 amt.version_count > 3 ? "AMT 11.8" : "AMT");
	put(q, "</h:IdentifyResponse>");
	end(q);
}

static void put_instance(struct request *q, const struct class *c,
			 unsigned int i)
{
	put(q, "<h:%s>", c->name);
	c->instance(q, i);
	put(q, "</h:%s>", c->name);
}

/* an instance of many is named by its InstanceID; -1: there is none */
static int selected(const struct request *q, const struct class *c)
{
	uint32_t i;

	if (!c->many)
		return 0;
	for (i = 0; i < amt.version_count; i++)
		if (!strcmp(amt.versions[i].name, q->selector))
			return i;
	return -1;
}

static void get(struct request *q, const struct class *c)
{
	int i = selected(q, c);

	if (i < 0) {
		fault(q, "c:InvalidSelectors", "no such instance");
		return;
	}
	begin(q, TRANSFER "/GetResponse", q->resource);
	put_instance(q, c, i);
	end(q);
}

static void enumerate(struct request *q, const struct class *c)
{
	(void)c;
	begin(q, ENUMERATION "/EnumerateResponse", q->resource);
	put(q, "<g:EnumerateResponse><g:EnumerationContext>%08X-0000-0000-0000-000000000000</g:EnumerationContext></g:EnumerateResponse>",
	    messages);
	end(q);
}

static void pull(struct request *q, const struct class *c)
{
	unsigned int i, n = c->many ? amt.version_count : 1;

	begin(q, ENUMERATION "/PullResponse", q->resource);
	put(q, "<g:PullResponse><g:Items>");
	for (i = 0; i < n; i++)
		put_instance(q, c, i);
	put(q, "</g:Items><g:EndOfSequence></g:EndOfSequence></g:PullResponse>");
	end(q);
}

static const struct method *find_method(const struct class *c,
					const char *action)
{
	const struct method *m = c->methods;
	size_t n = strlen(c->schema) + strlen(c->name);

	for (; m && m->name; m++)
		if (strlen(action) > n && action[n] == '/' &&
		    !strcmp(action + n + 1, m->name))
			return m;
	return NULL;
}

static void call(struct request *q, const struct class *c,
		 const struct method *m)
{
	char action[512];
	uint32_t value;

	if (take_one(&fault_count)) {
		note("FAULT wsman: %s is answered with a fault", m->name);
		fault(q, "c:AccessDenied", "the model refuses");
		return;
	}
	if (take_one(&return_count)) {
		value = forced_return;
		note("FAULT wsman: %s returns %u", m->name, value);
	} else {
		value = m->fn(q);
	}
	note("wsman: %s.%s by %s returns %u", c->name, m->name, q->user, value);
	snprintf(action, sizeof(action), "%sResponse", q->action);
	begin(q, action, q->resource);
	put(q, "<h:%s_OUTPUT>", m->name);
	put_number(q, "ReturnValue", value);
	put(q, "</h:%s_OUTPUT>", m->name);
	end(q);
}

static void perform(struct request *q)
{
	static const struct {
		const char *action;
		void (*fn)(struct request *q, const struct class *c);
	} actions[] = {
		{ TRANSFER "/Get", get },
		{ ENUMERATION "/Enumerate", enumerate },
		{ ENUMERATION "/Pull", pull },
	};
	const struct class *c = find_class(q->resource);
	const struct method *m;
	size_t i;

	if (q->body && !strcmp((const char *)q->body->name, "Identify")) {
		identify(q);
		return;
	}
	if (!c) {
		fault(q, "b:DestinationUnreachable", "no such resource");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(actions[i].action, q->action))
			continue;
		note("wsman: %s of %s", strrchr(q->action, '/') + 1, c->name);
		actions[i].fn(q, c);
		return;
	}
	m = find_method(c, q->action);
	if (m)
		call(q, c, m);
	else
		fault(q, "b:ActionNotSupported", "no such action");
}

char *wsman_answer(const char *user, const char *body, size_t len, int *status)
{
	struct request q = { .user = user, .status = 200 };
	char *text = NULL;
	size_t size;

	q.out = open_memstream(&text, &size);
	if (!q.out)
		abort();
	if (read_request(&q, body, len))
		perform(&q);
	else
		fault(&q, "c:SchemaValidationError", "not a SOAP envelope");
	xmlFreeDoc(q.doc);
	fclose(q.out);
	*status = q.status;
	return text;
}
