// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PKCS#7 signatures of capsules, through OpenSSL's CMS.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "crypto.h"
#include "libcrypto.h"
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

/* what OpenSSL's macros are, of the types that are used here */
static int certificates_count(const struct stack_st_X509 *all)
{
	return ssl.OPENSSL_sk_num((const OPENSSL_STACK *)all);
}

static X509 *certificates_get(const struct stack_st_X509 *all, int i)
{
	return ssl.OPENSSL_sk_value((const OPENSSL_STACK *)all, i);
}

static void free_certificate(void *certificate)
{
	ssl.X509_free(certificate);
}

static void certificates_free(struct stack_st_X509 *all)
{
	ssl.OPENSSL_sk_pop_free((OPENSSL_STACK *)all, free_certificate);
}

static int signers_count(const struct stack_st_CMS_SignerInfo *all)
{
	return ssl.OPENSSL_sk_num((const OPENSSL_STACK *)all);
}

static CMS_SignerInfo *signers_get(const struct stack_st_CMS_SignerInfo *all,
				   int i)
{
	return ssl.OPENSSL_sk_value((const OPENSSL_STACK *)all, i);
}

static void free_openssl(void *bytes)
{
	ssl.CRYPTO_free(bytes, __FILE__, __LINE__);
}

static bool trust(struct authority *authority, X509 *certificate)
{
	if (ssl.X509_STORE_add_cert(authority->store, certificate) == 1 &&
	    ssl.OPENSSL_sk_push((OPENSSL_STACK *)authority->certificates,
				certificate) > 0)
		return true;
	ssl.X509_free(certificate);
	return false;
}

/* PEM, any number of them, or DER, one */
static void read_certificates(struct authority *authority, BIO *bio)
{
	X509 *certificate;

	while ((certificate = ssl.PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		if (!trust(authority, certificate))
			return;
	if (certificates_count(authority->certificates) ||
	    ssl.BIO_ctrl(bio, BIO_CTRL_RESET, 0, NULL) < 0)
		return;
	certificate = ssl.d2i_X509_bio(bio, NULL);
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
	ret = crypto_load(ctl);
	if (ret)
		return ret;
	ret = capsule_file_read(ctl, ctl->options.ca, &file);
	if (ret) {
		capsule_file_free(&file);
		return ret;
	}
	crypto_begin();
	authority = xrealloc(NULL, sizeof(*authority));
	authority->store = ssl.X509_STORE_new();
	authority->certificates =
		(struct stack_st_X509 *)ssl.OPENSSL_sk_new_null();
	bio = ssl.BIO_new_mem_buf(file.bytes, file.size);
	if (bio && authority->store && authority->certificates) {
		ssl.X509_STORE_set_flags(authority->store,
					 X509_V_FLAG_PARTIAL_CHAIN |
						 X509_V_FLAG_NO_CHECK_TIME);
		ssl.X509_STORE_set_purpose(authority->store, X509_PURPOSE_ANY);
		read_certificates(authority, bio);
	}
	ssl.BIO_free(bio);
	ssl.ERR_clear_error();
	if (authority->certificates &&
	    certificates_count(authority->certificates)) {
		*result = authority;
	} else {
		authority_free(authority);
		ret = fail(ctl->out, STATUS_FAILED, "ca",
			   "%s: no certificate found in it; --ca needs certificates in PEM, or one in DER",
			   file.name);
	}
	capsule_file_free(&file);
	return ret;
}

void authority_free(struct authority *authority)
{
	if (!authority)
		return;
	ssl.X509_STORE_free(authority->store);
	certificates_free(authority->certificates);
	free(authority);
}

static time_t seconds_used(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec;
}

/* The clock starts with the first signature. */
static bool time_is_up(void)
{
	static time_t begun = -1;

	if (begun < 0)
		begun = seconds_used();
	return seconds_used() - begun > SIGNATURE_SECONDS_MAX;
}

static char *why_time(void)
{
	return xasprintf("the time for signatures (%d s) is used up",
			 SIGNATURE_SECONDS_MAX);
}

/* an element of DER: its tag and what it holds */
struct element {
	const uint8_t *content;
	long size;
	int tag;
	int class;
};

/* Next element of @p, in DER; false at the end or when it is malformed. */
static bool next_element(const uint8_t **p, const uint8_t *end,
			 struct element *element)
{
	const uint8_t *at = *p;
	int ret;

	if (at >= end)
		return false;
	ret = ssl.ASN1_get_object(&at, &element->size, &element->tag,
				  &element->class, end - at);
	/* an error, or a length that is not said, which DER forbids */
	if (ret & 0x81)
		return false;
	element->content = at;
	*p = at + element->size;
	return true;
}

static int count_elements(const struct element *set)
{
	const uint8_t *p = set->content;
	struct element element;
	int n = 0;

	while (next_element(&p, set->content + set->size, &element))
		n++;
	return n;
}

/*
 * The lists in SignedData (RFC 5652, 5.1). OpenSSL hashes the content once for each
 * digest algorithm, and nests a call for each.
 */
static char *too_many_in(const struct element *signed_data)
{
	static const struct {
		const char *what;
		int class;
		int tag;
		int most;
	} lists[] = {
		{ "digest algorithms", V_ASN1_UNIVERSAL, V_ASN1_SET,
		  SIGNATURE_SIGNERS_MAX },
		{ "certificates", V_ASN1_CONTEXT_SPECIFIC, 0,
		  SIGNATURE_CERTIFICATES_MAX },
		{ "revocation lists", V_ASN1_CONTEXT_SPECIFIC, 1,
		  SIGNATURE_CERTIFICATES_MAX },
		{ "signers", V_ASN1_UNIVERSAL, V_ASN1_SET,
		  SIGNATURE_SIGNERS_MAX },
	};
	const uint8_t *p = signed_data->content;
	const uint8_t *end = p + signed_data->size;
	struct element element;
	size_t list = 0;

	while (next_element(&p, end, &element)) {
		size_t i = list;

		while (i < ARRAY_LENGTH(lists) &&
		       (element.class != lists[i].class ||
			element.tag != lists[i].tag))
			i++;
		if (i == ARRAY_LENGTH(lists))
			continue;
		if (count_elements(&element) > lists[i].most)
			return xasprintf("the signature has %d %s, and no more than %d are looked at",
					 count_elements(&element),
					 lists[i].what, lists[i].most);
		list = i + 1;
	}
	return NULL;
}

/* From an element to its @i-th part. */
static bool descend(struct element *element, int i)
{
	const uint8_t *p = element->content;
	const uint8_t *end = p + element->size;

	do {
		if (!next_element(&p, end, element))
			return false;
	} while (i--);
	return true;
}

/* In DER as OpenSSL writes it: what was read may have been BER. */
static char *too_many(CMS_ContentInfo *cms)
{
	/* ContentInfo, the second part of it, and SignedData in that */
	static const int path[] = { 0, 1, 0 };
	uint8_t *bytes = NULL;
	struct element element = { .size = ssl.i2d_CMS_ContentInfo(cms,
								   &bytes) };
	bool found = element.size > 0;
	char *why;
	size_t i;

	element.content = bytes;
	for (i = 0; found && i < ARRAY_LENGTH(path); i++)
		found = descend(&element, path[i]);
	why = found ? too_many_in(&element) :
		      xasprintf("the parts of the signature cannot be counted");
	free_openssl(bytes);
	return why;
}

/* NULL with @why when it is not to be looked at, without when it is not PKCS#7 */
static CMS_ContentInfo *parse(const struct capsule_file *file,
			      const struct pfru_image *image, char **why)
{
	CMS_ContentInfo *cms;
	BIO *bio;

	*why = NULL;
	if (image->signature_size > SIGNATURE_BYTES_MAX)
		*why = xasprintf("the signature has %llu bytes, and no more than %u are looked at",
				 (unsigned long long)image->signature_size,
				 SIGNATURE_BYTES_MAX);
	else if (time_is_up())
		*why = why_time();
	if (*why)
		return NULL;
	crypto_begin();
	bio = ssl.BIO_new_mem_buf(file->bytes + image->signature_offset,
				  image->signature_size);
	cms = bio ? ssl.d2i_CMS_bio(bio, NULL) : NULL;
	ssl.BIO_free(bio);
	if (cms && ssl.OBJ_obj2nid(ssl.CMS_get0_type(cms)) == NID_pkcs7_signed)
		*why = too_many(cms);
	else if (cms)
		goto unusable;
	if (*why)
		goto unusable;
	ssl.ERR_clear_error();
	return cms;

unusable:
	ssl.CMS_ContentInfo_free(cms);
	ssl.ERR_clear_error();
	return NULL;
}

static void print_name(struct output *out, const char *key, const char *label,
		       const X509_NAME *name)
{
	BIO *bio = ssl.BIO_new(ssl.BIO_s_mem());
	char *bytes, *text;
	long size;

	ssl.X509_NAME_print_ex(bio, name, 0,
			       XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	size = ssl.BIO_ctrl(bio, BIO_CTRL_INFO, 0, &bytes);
	text = xasprintf("%.*s", (int)size, bytes);
	out_string(out, key, label, text);
	free(text);
	ssl.BIO_free(bio);
}

static void print_serial(struct output *out, const ASN1_INTEGER *serial)
{
	BIGNUM *number = ssl.ASN1_INTEGER_to_BN(serial, NULL);
	char *text = number ? ssl.BN_bn2hex(number) : NULL;

	out_string(out, "serial", "Serial", text ? text : "?");
	free_openssl(text);
	ssl.BN_free(number);
}

static void print_time(struct output *out, const char *key, const char *label,
		       const ASN1_TIME *time)
{
	char text[64];
	struct tm tm;

	if (ssl.ASN1_TIME_to_tm(time, &tm) != 1 ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		strcpy(text, "?");
	out_string(out, key, label, text);
}

static void print_certificate(struct pfructl *ctl, X509 *certificate)
{
	const ASN1_TIME *from = ssl.X509_get0_notBefore(certificate);
	const ASN1_TIME *to = ssl.X509_get0_notAfter(certificate);
	struct output *out = ctl->out;
	bool current = ssl.X509_cmp_current_time(from) < 0 &&
		       ssl.X509_cmp_current_time(to) > 0;

	print_name(out, "subject", "Subject",
		   ssl.X509_get_subject_name(certificate));
	print_name(out, "issuer", "Issuer",
		   ssl.X509_get_issuer_name(certificate));
	print_serial(out, ssl.X509_get0_serialNumber(certificate));
	print_time(out, "not_before", "Valid from", from);
	print_time(out, "not_after", "Valid to", to);
	out_bool(out, "valid_now", "Valid now", current);
	if (!current)
		note(ctl->out,
		     "a signer's certificate is not valid at this time; firmware does not check the time");
}

/* a signer whose certificate is not in the capsule */
static void print_signer_id(struct output *out, CMS_SignerInfo *signer)
{
	ASN1_INTEGER *serial = NULL;
	X509_NAME *issuer = NULL;
	ASN1_OCTET_STRING *key;

	out_bool(out, "certificate_included", "Certificate included", false);
	if (ssl.CMS_SignerInfo_get0_signer_id(signer, &key, &issuer, &serial) !=
	    1)
		return;
	if (issuer)
		print_name(out, "issuer", "Issuer", issuer);
	if (serial)
		print_serial(out, serial);
}

static X509 *find_certificate(CMS_SignerInfo *signer, struct stack_st_X509 *all)
{
	int i;

	for (i = 0; i < certificates_count(all); i++)
		if (!ssl.CMS_SignerInfo_cert_cmp(signer,
						 certificates_get(all, i)))
			return certificates_get(all, i);
	return NULL;
}

static void print_digest(struct output *out, CMS_SignerInfo *signer)
{
	X509_ALGOR *digest = NULL;
	const ASN1_OBJECT *object;
	char name[80];

	ssl.CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
	if (!digest)
		return;
	ssl.X509_ALGOR_get0(&object, NULL, NULL, digest);
	ssl.OBJ_obj2txt(name, sizeof(name), object, 0);
	out_string(out, "digest", "Digest", name);
}

void signature_describe(struct pfructl *ctl, const struct capsule_file *file,
			const struct pfru_image *image)
{
	struct stack_st_CMS_SignerInfo *signers;
	struct stack_st_X509 *certificates;
	struct output *out = ctl->out;
	CMS_ContentInfo *cms;
	char *why;
	int i;

	cms = parse(file, image, &why);
	free(why);
	if (!cms)
		return;
	signers = ssl.CMS_get0_SignerInfos(cms);
	certificates = ssl.CMS_get1_certs(cms);
	out_list(out, "signers", NULL);
	for (i = 0; i < signers_count(signers); i++) {
		CMS_SignerInfo *signer = signers_get(signers, i);
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
	certificates_free(certificates);
	ssl.CMS_ContentInfo_free(cms);
	ssl.ERR_clear_error();
}

/* keeps the first thing that is wrong with the chain, for the message */
static int keep_error(int ok, X509_STORE_CTX *context)
{
	X509_STORE *store = ssl.X509_STORE_CTX_get0_store(context);
	int *error = ssl.X509_STORE_get_ex_data(store, 0);

	if (!ok && error && !*error)
		*error = ssl.X509_STORE_CTX_get_error(context);
	return ok && !time_is_up();
}

static char *explain(int chain_error)
{
	const char *text = ssl.ERR_reason_error_string(ssl.ERR_peek_error());
	char *why;

	if (chain_error)
		why = xasprintf("the signer is not trusted: %s",
				ssl.X509_verify_cert_error_string(chain_error));
	else
		why = xasprintf("the signature is not valid: %s",
				text ? text : "unknown error");
	ssl.ERR_clear_error();
	return why;
}

/**
 * struct content - what a signature covers, as it is read
 * @file: the capsule
 * @image: one of its images
 * @at: bytes read
 */
struct content {
	const struct capsule_file *file;
	const struct pfru_image *image;
	uint64_t at;
};

/* The payload, then MonotonicCount, as long as there is time. */
static int read_content(BIO *bio, char *to, int room)
{
	struct content *c = ssl.BIO_get_data(bio);
	const struct pfru_image *image = c->image;
	bool in_payload = c->at < image->payload_size;
	uint64_t left =
		image->payload_size - c->at + (in_payload ? 0 : COUNT_SIZE);
	int n = left < (uint64_t)room ? (int)left : room;
	int i;

	if (time_is_up())
		return -1;
	if (in_payload)
		memcpy(to, c->file->bytes + image->payload_offset + c->at, n);
	for (i = 0; !in_payload && i < n; i++)
		to[i] = image->monotonic_count >>
			8 * (c->at - image->payload_size + i);
	c->at += n;
	return n;
}

/* There are fewer than 128 types of BIO: one serves all signatures. */
static BIO *open_content(struct content *content)
{
	static BIO_METHOD *method;
	BIO *bio;

	if (!method)
		method = ssl.BIO_meth_new(ssl.BIO_get_new_index() |
						  BIO_TYPE_SOURCE_SINK,
					  "payload and count");
	if (!method)
		return NULL;
	ssl.BIO_meth_set_read(method, read_content);
	bio = ssl.BIO_new(method);
	if (!bio)
		return NULL;
	ssl.BIO_set_data(bio, content);
	ssl.BIO_set_init(bio, 1);
	return bio;
}

/* Returns NULL when it holds, else why not, allocated. */
static char *verify(const struct authority *authority, CMS_ContentInfo *cms,
		    struct content *content)
{
	int chain_error = 0;
	char *why = NULL;
	BIO *bio;

	if (ssl.CMS_is_detached(cms) != 1)
		return xasprintf("not detached: it signs its own bytes");
	bio = open_content(content);
	ssl.X509_STORE_set_ex_data(authority->store, 0, &chain_error);
	ssl.X509_STORE_set_verify_cb(authority->store, keep_error);
	if (!bio ||
	    ssl.CMS_verify(cms, authority->certificates, authority->store, bio,
			   NULL, CMS_BINARY | CMS_DETACHED) != 1)
		why = explain(chain_error);
	ssl.X509_STORE_set_ex_data(authority->store, 0, NULL);
	ssl.BIO_free(bio);
	return why;
}

/* Whatever it says after the time was up, it has not looked at all of it. */
static void try_verify(const struct authority *authority, CMS_ContentInfo *cms,
		       struct content *content, struct signature *signature)
{
	char *why = verify(authority, cms, content);

	if (why && time_is_up()) {
		free(why);
		signature->why = why_time();
		return;
	}
	signature->verified = why ? ANSWER_NO : ANSWER_YES;
	signature->why = why;
}

void signature_check(const struct authority *authority,
		     const struct capsule_file *file,
		     const struct pfru_image *image,
		     struct signature *signature)
{
	struct content content = { .file = file, .image = image };
	enum answer no = authority ? ANSWER_NO : ANSWER_UNKNOWN;
	CMS_ContentInfo *cms;

	memset(signature, 0, sizeof(*signature));
	signature->is_signed = ANSWER_NO;
	signature->readable = ANSWER_NO;
	signature->verified = no;
	if (!image->authenticated) {
		signature->why = xasprintf("it is not signed");
		return;
	}
	cms = parse(file, image, &signature->why);
	if (!cms && signature->why) {
		signature->is_signed = ANSWER_UNKNOWN;
		signature->readable = ANSWER_UNKNOWN;
		signature->verified = ANSWER_UNKNOWN;
		return;
	}
	if (!cms) {
		signature->why =
			xasprintf("the signature is not readable as PKCS#7");
		return;
	}
	signature->readable = ANSWER_YES;
	if (signers_count(ssl.CMS_get0_SignerInfos(cms)) > 0) {
		signature->is_signed = ANSWER_YES;
		signature->verified = ANSWER_UNKNOWN;
		if (authority)
			try_verify(authority, cms, &content, signature);
	} else {
		signature->why = xasprintf("the signature names no signer");
	}
	ssl.CMS_ContentInfo_free(cms);
}

void signature_free(struct signature *signature)
{
	free(signature->why);
	memset(signature, 0, sizeof(*signature));
}

int signature_fail(struct pfructl *ctl, const struct capsule_file *file,
		   const struct pfru_image *image,
		   const struct signature *signature)
{
	fail(ctl->out, STATUS_CAPSULE, "signature",
	     "%s: signature of the image at offset %llu not verified: %s",
	     file->name, (unsigned long long)image->offset,
	     escaped(signature->why));
	fail_number(ctl->out, "offset", image->offset);
	fail_string(ctl->out, "why", signature->why);
	return STATUS_CAPSULE;
}

int signature_require(struct pfructl *ctl, const struct authority *authority,
		      const struct capsule_file *file)
{
	struct signature signature;
	struct pfru_refusal refusal;
	struct pfru_capsule capsule;
	struct pfru_image image;
	int ret = STATUS_DONE;
	uint32_t i;

	if (!authority)
		return STATUS_DONE;
	if (pfru_capsule_open(&capsule, file->bytes, file->size, &refusal))
		return fail_refused(ctl, file, &refusal, NULL);
	for (i = 0; !ret && i < capsule.payloads; i++) {
		if (pfru_capsule_image(&capsule, i, &image, &refusal))
			return fail_refused(ctl, file, &refusal, NULL);
		signature_check(authority, file, &image, &signature);
		if (signature.verified != ANSWER_YES)
			ret = signature_fail(ctl, file, &image, &signature);
		signature_free(&signature);
	}
	return ret;
}
