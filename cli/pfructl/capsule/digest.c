// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SHA-256, by the functions that need neither memory nor a provider: all others of
 * OpenSSL 3 begin with some thousand allocations.
 */
#include <stdio.h>

#include "crypto.h"
#include "digest.h"
#include "libcrypto.h"

int capsule_digest(struct pfructl *ctl, const struct capsule_file *file,
		   char text[DIGEST_TEXT_SIZE])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX context;
	size_t i;
	int ret;

	ret = crypto_load(ctl);
	if (ret)
		return ret;
	ssl.SHA256_Init(&context);
	ssl.SHA256_Update(&context, file->bytes, file->size);
	ssl.SHA256_Final(digest, &context);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return STATUS_DONE;
}
