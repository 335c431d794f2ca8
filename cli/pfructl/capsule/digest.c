// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SHA-256, by the functions that need neither memory nor a provider: all others of
 * OpenSSL 3 begin with some thousand allocations.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stdio.h>

#include "digest.h"

void capsule_digest(const struct capsule_file *file,
		    char text[DIGEST_TEXT_SIZE])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX context;
	size_t i;

	SHA256_Init(&context);
	SHA256_Update(&context, file->bytes, file->size);
	SHA256_Final(digest, &context);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}
