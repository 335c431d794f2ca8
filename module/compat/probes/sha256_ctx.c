// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct sha256_ctx was struct sha256_state: still in 6.12, no longer in 7.3.
 */
#if __has_include("crypto/sha2.h")
#include <crypto/sha2.h>
#endif

#ifdef PFRU_PROBE_ABSENT
union sha256_ctx {
	int unused;
};
#else
int probe[sizeof(struct sha256_ctx)];
#endif
