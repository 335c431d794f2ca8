// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * OpenSSL's memory, and what it must not do by itself.
 */
#include <stdlib.h>

#include "cli/common/memory.h"
#include "crypto.h"
#include "libcrypto.h"

_Static_assert(sizeof(LIBCRYPTO_SONAME) > 1, "the build found its name");

LIBRARY_NOTE(libcrypto_note,
	     "[{\"feature\":\"capsules\","
	     "\"description\":\"digests and signatures of capsules\","
	     "\"priority\":\"required\","
	     "\"soname\":[\"" LIBCRYPTO_SONAME "\"]}]");

struct libcrypto ssl;

/* clang-format off */
static const char *const functions[] = {
	LIBCRYPTO_FUNCTIONS(LIBRARY_NAME)
};
/* clang-format on */

int crypto_load(struct pfructl *ctl)
{
	static struct library library = {
		.name = LIBCRYPTO_SONAME,
		.purpose = "digests capsules and checks their signatures",
		.functions = functions,
		.count = ARRAY_LENGTH(functions),
		.pointers = &ssl,
	};

	return library_load(ctl->out, &library);
}

/*
 * OpenSSL goes on after an allocation that failed, and what it then says of a
 * signature need not be so.
 */
static void *crypto_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size)
		return xrealloc(old, size);
	free(old);
	return NULL;
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
	return crypto_realloc(NULL, size, file, line);
}

static void crypto_free(void *old, const char *file, int line)
{
	(void)file;
	(void)line;
	free(old);
}

void crypto_begin(void)
{
	ssl.CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc,
				     crypto_free);
	/*
	 * no configuration file: it could load code; nothing to do at the
	 * end: it would wait for locks of what ran out of memory
	 */
	ssl.OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
					OPENSSL_INIT_NO_ATEXIT,
				NULL);
}
