// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SHA-256.
 */
#include <openssl/evp.h>
#include <stdio.h>

#include "cli/common/memory.h"
#include "crypto.h"
#include "digest.h"

void capsule_digest(const struct capsule_file *file,
		    char text[DIGEST_TEXT_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int size, i;

	crypto_begin();
	if (!EVP_Digest(file->bytes, file->size, digest, &size, EVP_sha256(),
			NULL))
		out_of_memory();
	for (i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}
