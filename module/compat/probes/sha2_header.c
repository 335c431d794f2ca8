// SPDX-License-Identifier: GPL-2.0-only
/*
 * crypto/sha2.h was crypto/sha.h before commit a24d22b225ce ("crypto: sha -
 * split sha.h into sha1.h and sha2.h", 5.11).
 */
#include <linux/build_bug.h>
#ifdef PFRU_PROBE_ABSENT
#include <crypto/sha.h>
#else
#include <crypto/sha2.h>
#endif

static_assert(SHA256_DIGEST_SIZE == 32);
