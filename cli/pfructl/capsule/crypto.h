/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must be done before anything of OpenSSL's is used.
 */
#ifndef PFRUCTL_CRYPTO_H
#define PFRUCTL_CRYPTO_H

#include "cli/pfructl/pfructl.h"

/**
 * crypto_load() - load OpenSSL's libcrypto
 * @ctl: for the error
 *
 * Before all else of OpenSSL; again it does nothing.
 *
 * Return: enum exit_status, reported
 */
int crypto_load(struct pfructl *ctl);

/**
 * crypto_begin() - have OpenSSL take memory as this program does, and read no
 * configuration
 *
 * After crypto_load(), before all that takes memory; again it does nothing.
 */
void crypto_begin(void);

#endif /* PFRUCTL_CRYPTO_H */
