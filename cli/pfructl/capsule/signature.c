// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PKCS#7 signatures of capsules, through OpenSSL's CMS.
 */
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "signature.h"

/* the signature covers the payload, then MonotonicCount (UEFI 2.10, 23.3.2) */
#define COUNT_SIZE 8

/**
 * struct authority - what is trusted
 * @store: for chains
 * @certificates: the same, as candidates for signers that are not sent along
 */
struct authority {
	X509_STORE *store;
	struct stack_st_X509 *certificates;
};

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

/* before all else of OpenSSL */
static void init_crypto(void)
{
	CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
	/*
	 * no configuration file: it could load code; nothing to do at the
	 * end: it would wait for locks of what ran out of memory
	 */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
				    OPENSSL_INIT_NO_ATEXIT,
			    NULL);
}

static bool trust(struct authority *authority, X509 *certificate)
{
	if (X509_STORE_add_cert(authority->store, certificate) == 1 &&
	    sk_X509_push(authority->certificates, certificate) > 0)
		return true;
	X509_free(certificate);
	return false;
}

/* PEM, any number of them, or DER, one */
static void read_certificates(struct authority *authority, BIO *bio)
{
	X509 *certificate;

	while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		if (!trust(authority, certificate))
			return;
	if (sk_X509_num(authority->certificates) || BIO_reset(bio) < 0)
		return;
	certificate = d2i_X509_bio(bio, NULL);
	if (certificate)
		trust(authority, certificate);
}

int authority_load(struct pfructl *ctl, struct authority **result)
{
	struct authority *authority;
	struct capsule_file file;
	BIO *bio;
	int ret;

	*result = NULL;
	if (!ctl->options.ca)
		return STATUS_DONE;
	ret = capsule_file_read(ctl, ctl->options.ca, &file);
	if (ret) {
		capsule_file_free(&file);
		return ret;
	}
	init_crypto();
	authority = xrealloc(NULL, sizeof(*authority));
	authority->store = X509_STORE_new();
	authority->certificates = sk_X509_new_null();
	bio = BIO_new_mem_buf(file.bytes, file.size);
	if (bio && authority->store && authority->certificates) {
		X509_STORE_set_flags(authority->store,
				     X509_V_FLAG_PARTIAL_CHAIN |
					     X509_V_FLAG_NO_CHECK_TIME);
		X509_STORE_set_purpose(authority->store, X509_PURPOSE_ANY);
		read_certificates(authority, bio);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (authority->certificates && sk_X509_num(authority->certificates)) {
		*result = authority;
	} else {
		authority_free(authority);
		ret = fail(ctl->out, STATUS_FAILED, "ca",
			   "%s: no certificate found in it; --ca wants certificates in PEM, or one in DER",
			   file.name);
	}
	capsule_file_free(&file);
	return ret;
}

void authority_free(struct authority *authority)
{
	if (!authority)
		return;
	X509_STORE_free(authority->store);
	sk_X509_pop_free(authority->certificates, X509_free);
	free(authority);
}

static CMS_ContentInfo *parse(const struct capsule_file *file,
			      const struct pfru_image *image)
{
	CMS_ContentInfo *cms;
	BIO *bio;

	init_crypto();
	bio = BIO_new_mem_buf(file->bytes + image->signature_offset,
			      image->signature_size);
	cms = bio ? d2i_CMS_bio(bio, NULL) : NULL;
	BIO_free(bio);
	if (cms && OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
		CMS_ContentInfo_free(cms);
		cms = NULL;
	}
	ERR_clear_error();
	return cms;
}

static void print_name(struct output *out, const char *key, const char *label,
		       const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes, *text;
	long size;

	X509_NAME_print_ex(bio, name, 0,
			   XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	size = BIO_get_mem_data(bio, &bytes);
	text = xasprintf("%.*s", (int)size, bytes);
	out_string(out, key, label, text);
	free(text);
	BIO_free(bio);
}

static void print_serial(struct output *out, const ASN1_INTEGER *serial)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
	char *text = number ? BN_bn2hex(number) : NULL;

	out_string(out, "serial", "Serial", text ? text : "?");
	OPENSSL_free(text);
	BN_free(number);
}

static void print_time(struct output *out, const char *key, const char *label,
		       const ASN1_TIME *time)
{
	char text[64];
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1 ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		strcpy(text, "?");
	out_string(out, key, label, text);
}

static void print_certificate(struct pfructl *ctl, X509 *certificate)
{
	const ASN1_TIME *from = X509_get0_notBefore(certificate);
	const ASN1_TIME *to = X509_get0_notAfter(certificate);
	struct output *out = ctl->out;
	bool current = X509_cmp_current_time(from) < 0 &&
		       X509_cmp_current_time(to) > 0;

	print_name(out, "subject", "Subject",
		   X509_get_subject_name(certificate));
	print_name(out, "issuer", "Issuer", X509_get_issuer_name(certificate));
	print_serial(out, X509_get0_serialNumber(certificate));
	print_time(out, "not_before", "Valid from", from);
	print_time(out, "not_after", "Valid to", to);
	out_bool(out, "valid_now", "Valid now", current);
	if (!current)
		note(ctl->out,
		     "a signer's certificate is not valid at this time; firmware does not look at the time");
}

/* a signer whose certificate is not in the capsule */
static void print_signer_id(struct output *out, CMS_SignerInfo *signer)
{
	ASN1_INTEGER *serial = NULL;
	X509_NAME *issuer = NULL;
	ASN1_OCTET_STRING *key;

	out_bool(out, "certificate_included", "Certificate included", false);
	if (CMS_SignerInfo_get0_signer_id(signer, &key, &issuer, &serial) != 1)
		return;
	if (issuer)
		print_name(out, "issuer", "Issuer", issuer);
	if (serial)
		print_serial(out, serial);
}

static X509 *find_certificate(CMS_SignerInfo *signer, struct stack_st_X509 *all)
{
	int i;

	for (i = 0; i < sk_X509_num(all); i++)
		if (!CMS_SignerInfo_cert_cmp(signer, sk_X509_value(all, i)))
			return sk_X509_value(all, i);
	return NULL;
}

static void print_digest(struct output *out, CMS_SignerInfo *signer)
{
	X509_ALGOR *digest = NULL;
	const ASN1_OBJECT *object;
	char name[80];

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
	if (!digest)
		return;
	X509_ALGOR_get0(&object, NULL, NULL, digest);
	OBJ_obj2txt(name, sizeof(name), object, 0);
	out_string(out, "digest", "Digest", name);
}

void signature_describe(struct pfructl *ctl, const struct capsule_file *file,
			const struct pfru_image *image)
{
	CMS_ContentInfo *cms = parse(file, image);
	struct stack_st_CMS_SignerInfo *signers;
	struct stack_st_X509 *certificates;
	struct output *out = ctl->out;
	int i;

	out_bool(out, "signature_readable", NULL, cms);
	if (!cms) {
		out_string(out, NULL, "Signature", "not readable as PKCS#7");
		return;
	}
	signers = CMS_get0_SignerInfos(cms);
	certificates = CMS_get1_certs(cms);
	out_list(out, "signers", NULL);
	for (i = 0; i < sk_CMS_SignerInfo_num(signers); i++) {
		CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(signers, i);
		X509 *certificate = find_certificate(signer, certificates);

		out_group(out, NULL, "Signer");
		print_digest(out, signer);
		if (certificate)
			print_certificate(ctl, certificate);
		else
			print_signer_id(out, signer);
		out_end(out);
	}
	out_end(out);
	sk_X509_pop_free(certificates, X509_free);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
}

/* keeps the first thing that is wrong with the chain, for the message */
static int keep_error(int ok, X509_STORE_CTX *context)
{
	X509_STORE *store = X509_STORE_CTX_get0_store(context);
	int *error = X509_STORE_get_ex_data(store, 0);

	if (!ok && error && !*error)
		*error = X509_STORE_CTX_get_error(context);
	return ok;
}

static char *explain(int chain_error)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());
	char *why;

	if (chain_error)
		why = xasprintf("the signer is not trusted: %s",
				X509_verify_cert_error_string(chain_error));
	else
		why = xasprintf("the signature does not hold: %s",
				text ? text : "unknown error");
	ERR_clear_error();
	return why;
}

static BIO *signed_bytes(const struct capsule_file *file,
			 const struct pfru_image *image)
{
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t count[COUNT_SIZE];
	int i;

	for (i = 0; i < COUNT_SIZE; i++)
		count[i] = image->monotonic_count >> 8 * i;
	BIO_write(bio, file->bytes + image->payload_offset,
		  image->payload_size);
	BIO_write(bio, count, COUNT_SIZE);
	return bio;
}

char *signature_verify(const struct authority *authority,
		       const struct capsule_file *file,
		       const struct pfru_image *image)
{
	CMS_ContentInfo *cms;
	int chain_error = 0;
	char *why = NULL;
	BIO *content;

	if (!image->authenticated)
		return xasprintf("it is not signed");
	cms = parse(file, image);
	if (!cms)
		return xasprintf("the signature is not readable as PKCS#7");
	content = signed_bytes(file, image);
	X509_STORE_set_ex_data(authority->store, 0, &chain_error);
	X509_STORE_set_verify_cb(authority->store, keep_error);
	if (CMS_is_detached(cms) != 1)
		why = xasprintf("not detached: it signs its own bytes");
	else if (CMS_verify(cms, authority->certificates, authority->store,
			    content, NULL, CMS_BINARY | CMS_DETACHED) != 1)
		why = explain(chain_error);
	X509_STORE_set_ex_data(authority->store, 0, NULL);
	BIO_free(content);
	CMS_ContentInfo_free(cms);
	return why;
}
