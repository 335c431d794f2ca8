/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions of libcrypto that are used here. Those behind OpenSSL's macros are
 * called by their own names: a macro would need the library to be linked.
 */
#ifndef PFRUCTL_LIBCRYPTO_H
#define PFRUCTL_LIBCRYPTO_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "cli/common/library.h"

/* clang-format off */
#define LIBCRYPTO_FUNCTIONS(F)		\
	F(ASN1_INTEGER_to_BN)		\
	F(ASN1_TIME_to_tm)		\
	F(ASN1_get_object)		\
	F(BIO_ctrl)			\
	F(BIO_free)			\
	F(BIO_get_data)			\
	F(BIO_get_new_index)		\
	F(BIO_meth_new)			\
	F(BIO_meth_set_read)		\
	F(BIO_new)			\
	F(BIO_new_mem_buf)		\
	F(BIO_s_mem)			\
	F(BIO_set_data)			\
	F(BIO_set_init)			\
	F(BN_bn2hex)			\
	F(BN_free)			\
	F(CMS_ContentInfo_free)		\
	F(CMS_SignerInfo_cert_cmp)	\
	F(CMS_SignerInfo_get0_algs)	\
	F(CMS_SignerInfo_get0_signer_id)	\
	F(CMS_get0_SignerInfos)		\
	F(CMS_get0_type)		\
	F(CMS_get1_certs)		\
	F(CMS_is_detached)		\
	F(CMS_verify)			\
	F(CRYPTO_free)			\
	F(CRYPTO_set_mem_functions)	\
	F(ERR_clear_error)		\
	F(ERR_peek_error)		\
	F(ERR_reason_error_string)	\
	F(OBJ_obj2nid)			\
	F(OBJ_obj2txt)			\
	F(OPENSSL_init_crypto)		\
	F(OPENSSL_sk_new_null)		\
	F(OPENSSL_sk_num)		\
	F(OPENSSL_sk_pop_free)		\
	F(OPENSSL_sk_push)		\
	F(OPENSSL_sk_value)		\
	F(PEM_read_bio_X509)		\
	F(SHA256_Final)			\
	F(SHA256_Init)			\
	F(SHA256_Update)		\
	F(X509_ALGOR_get0)		\
	F(X509_NAME_print_ex)		\
	F(X509_STORE_CTX_get0_store)	\
	F(X509_STORE_CTX_get_error)	\
	F(X509_STORE_add_cert)		\
	F(X509_STORE_free)		\
	F(X509_STORE_get_ex_data)	\
	F(X509_STORE_new)		\
	F(X509_STORE_set_ex_data)	\
	F(X509_STORE_set_flags)		\
	F(X509_STORE_set_purpose)	\
	F(X509_STORE_set_verify_cb)	\
	F(X509_cmp_current_time)	\
	F(X509_free)			\
	F(X509_get0_notAfter)		\
	F(X509_get0_notBefore)		\
	F(X509_get0_serialNumber)	\
	F(X509_get_issuer_name)		\
	F(X509_get_subject_name)	\
	F(X509_verify_cert_error_string)	\
	F(d2i_CMS_bio)			\
	F(d2i_X509_bio)			\
	F(i2d_CMS_ContentInfo)
/* clang-format on */

/**
 * struct libcrypto - the functions, set by crypto_load()
 */
struct libcrypto {
	LIBCRYPTO_FUNCTIONS(LIBRARY_POINTER)
};

extern struct libcrypto ssl;

#endif /* PFRUCTL_LIBCRYPTO_H */
