// SPDX-License-Identifier: GPL-2.0-only
/*
 * crypto/sha2.h was crypto/sha.h before commit a24d22b225ce ("crypto: sha -
 * split sha.h into sha1.h and sha2.h", 5.11).
 */
#include <crypto/sha2.h>

unsigned int probe(void);
unsigned int probe(void)
{
	return SHA256_DIGEST_SIZE;
}
