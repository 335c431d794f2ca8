// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP digest authentication (RFC 2617, MD5, qop "auth"), as AMT has it: the
 * local system account, and "admin" once there is one.
 */
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "amt.h"

#define NONCES		32
#define NONCE_LEN	33
#define FIELD_MAX	256

static char nonces[NONCES][NONCE_LEN];
static unsigned int issued;

void md5_hex(char out[MD5_HEX], const char *fmt, ...)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int len, i;
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0 || !EVP_Digest(text, n, sum, &len, EVP_md5(), NULL))
		abort();
	free(text);
	for (i = 0; i < 16; i++)
		sprintf(out + 2 * i, "%02x", sum[i]);
}

void digest_challenge(char *buf, size_t size, bool stale)
{
	char *nonce = nonces[issued++ % NONCES];

	snprintf(nonce, NONCE_LEN, "%08lx%08x%08lx%08lx", random(), issued,
		 random(), random());
	snprintf(buf, size,
		 "WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\",stale=\"%s\",qop=\"auth\"\r\n",
		 amt.realm, nonce, stale ? "true" : "false");
}

static bool is_nonce(const char *nonce)
{
	size_t i;

	for (i = 0; i < NONCES; i++)
		if (*nonce && !strcmp(nonces[i], nonce))
			return true;
	return false;
}

/* the value of one field of an Authorization header, quoted or not */
static void field(const char *header, const char *name, char out[FIELD_MAX])
{
	size_t n = strlen(name), len = 0;
	const char *p = header;
	bool quoted;

	out[0] = '\0';
	for (; (p = strcasestr(p, name)); p += n)
		if (p > header && strchr(" ,", p[-1]) && p[n] == '=')
			break;
	if (!p)
		return;
	p += n + 1;
	quoted = *p == '"';
	p += quoted;
	while (*p && len < FIELD_MAX - 1 &&
	       (quoted ? *p != '"' : !strchr(", \t", *p)))
		out[len++] = *p++;
	out[len] = '\0';
}

/* the user of this name and the hash of what only it knows; NULL: nobody */
static const char *find_user(const char *name, char ha1[MD5_HEX])
{
	if (!strcmp(name, "admin") && amt.admin_ha1[0]) {
		strcpy(ha1, amt.admin_ha1);
		return "admin";
	}
	if (strcmp(name, amt.user))
		return NULL;
	md5_hex(ha1, "%s:%s:%s", amt.user, amt.realm, amt.password);
	return amt.user;
}

const char *digest_check(const char *method, const char *header, bool *stale)
{
	char name[FIELD_MAX], nonce[FIELD_MAX], uri[FIELD_MAX], qop[FIELD_MAX];
	char nc[FIELD_MAX], cnonce[FIELD_MAX], response[FIELD_MAX];
	char ha1[MD5_HEX], ha2[MD5_HEX], want[MD5_HEX];
	const char *user;

	*stale = false;
	if (!header || strncasecmp(header, "Digest ", 7))
		return NULL;
	field(header, "username", name);
	field(header, "nonce", nonce);
	field(header, "uri", uri);
	field(header, "qop", qop);
	field(header, "nc", nc);
	field(header, "cnonce", cnonce);
	field(header, "response", response);
	user = find_user(name, ha1);
	md5_hex(ha2, "%s:%s", method, uri);
	if (qop[0])
		md5_hex(want, "%s:%s:%s:%s:%s:%s", ha1, nonce, nc, cnonce, qop,
			ha2);
	else
		md5_hex(want, "%s:%s:%s", ha1, nonce, ha2);
	if (!user || strcasecmp(want, response)) {
		note("http: unknown user '%s', or a wrong password", name);
		return NULL;
	}
	*stale = !is_nonce(nonce);
	return *stale ? NULL : user;
}
