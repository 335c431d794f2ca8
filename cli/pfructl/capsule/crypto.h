/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must be done before anything of OpenSSL's is used.
 */
#ifndef PFRUCTL_CRYPTO_H
#define PFRUCTL_CRYPTO_H

/**
 * crypto_begin() - have OpenSSL take memory as this program does, and read no
 * configuration
 *
 * Before all else of OpenSSL; again it does nothing.
 */
void crypto_begin(void);

#endif /* PFRUCTL_CRYPTO_H */
