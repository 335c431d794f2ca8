/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of AMT's host interface (AMTHI, also called PTHI): builds requests,
 * parses answers, and checks every length. Pure: no I/O, no allocation. Pointers in
 * decoded data point into the answer.
 */
#ifndef CLI_AMT_AMTHI_H
#define CLI_AMT_AMTHI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* the MEI client, in the order of bytes that the kernel wants */
extern const uint8_t amthi_uuid[16];

/* operation, and its class in the highest byte */
#define AMTHI_VERSIONS		 0x0400001aU
#define AMTHI_HANDLES		 0x0400002cU
#define AMTHI_HASH		 0x0400002dU
#define AMTHI_START_CONFIG	 0x04000029U
#define AMTHI_STOP_CONFIG	 0x0400005eU
#define AMTHI_UNPROVISION	 0x04000010U
#define AMTHI_LOCAL_ACCOUNT	 0x04000067U
#define AMTHI_PROVISIONING_MODE	 0x04000008U
#define AMTHI_PROVISIONING_STATE 0x04000011U
#define AMTHI_CONTROL_MODE	 0x0400006bU
#define AMTHI_PROVISIONING_TLS	 0x0400002bU
#define AMTHI_RNG_SEED		 0x0400002eU

/* status codes that a program acts on */
#define AMTHI_SUCCESS		    0U
#define AMTHI_NOT_READY		    2U
#define AMTHI_INVALID_MODE	    3U
#define AMTHI_RNG_IN_PROGRESS	    0x2fU
#define AMTHI_RNG_NOT_READY	    0x30U
#define AMTHI_CERTIFICATE_NOT_READY 0x31U

#define AMTHI_REQUEST_MAX  64
#define AMTHI_VERSIONS_MAX 50
#define AMTHI_HANDLES_MAX  64
#define AMTHI_FIELDS_MAX   17
#define AMTHI_HASH_SIZE	   64
/* zeros behind the header of AMTHI_LOCAL_ACCOUNT */
#define AMTHI_ACCOUNT_ARGUMENT 40
#define AMTHI_ACCOUNT_MAX      32

/**
 * enum amthi_fault - what is wrong with an answer
 * @AMTHI_GOOD: nothing
 * @AMTHI_EMPTY: it has no bytes: AMT is disabled
 * @AMTHI_SHORT: it is shorter than header and status
 * @AMTHI_LENGTH: its length field is not the length it has
 * @AMTHI_COMMAND: it answers another command, or is no answer
 * @AMTHI_FORMAT: its version or reserved field is not what is known
 * @AMTHI_PAYLOAD: the data do not have the size or shape of this command's
 */
enum amthi_fault {
	AMTHI_GOOD,
	AMTHI_EMPTY,
	AMTHI_SHORT,
	AMTHI_LENGTH,
	AMTHI_COMMAND,
	AMTHI_FORMAT,
	AMTHI_PAYLOAD,
};

/**
 * enum amthi_type - how a field lies in an answer, and what it means
 * @AMTHI_U8: one byte
 * @AMTHI_U16: two bytes
 * @AMTHI_U32: four bytes
 * @AMTHI_BOOL: four bytes, 0 is "no"
 * @AMTHI_IPV4: four bytes, whose order depends on the firmware
 * @AMTHI_MAC: six bytes
 * @AMTHI_GUID: 16 bytes
 * @AMTHI_DIGEST: AMTHI_HASH_SIZE bytes; the algorithm determines how many count
 * @AMTHI_TEXT: two bytes of length, and that many bytes
 * @AMTHI_LIST: the same, strings with NUL bytes between them
 * @AMTHI_REST: all that is left, of unknown or disputed layout
 */
enum amthi_type {
	AMTHI_U8,
	AMTHI_U16,
	AMTHI_U32,
	AMTHI_BOOL,
	AMTHI_IPV4,
	AMTHI_MAC,
	AMTHI_GUID,
	AMTHI_DIGEST,
	AMTHI_TEXT,
	AMTHI_LIST,
	AMTHI_REST,
};

/**
 * struct amthi_field - a field of an answer
 * @key: name in JSON
 * @label: name in text, or NULL to leave it out there
 * @type: enum amthi_type
 * @words: what the numbers from 0 on mean, NULL for numbers that mean themselves
 * @known: number of @words
 */
struct amthi_field {
	const char *key;
	const char *label;
	enum amthi_type type;
	const char *const *words;
	uint32_t known;
};

/**
 * struct amthi_question - a command that only reads
 * @key: name in JSON
 * @label: name in text
 * @command: its number
 * @argument: what follows the header, zeros behind its four bytes
 * @argument_size: its size in bytes: 0, 1, 4 or 16
 * @fields: what the answer holds
 * @count: number of @fields, AMTHI_FIELDS_MAX at most
 */
struct amthi_question {
	const char *key;
	const char *label;
	uint32_t command;
	uint32_t argument;
	size_t argument_size;
	const struct amthi_field *fields;
	size_t count;
};

/**
 * struct amthi_value - a field that was decoded
 * @number: of numbers; the size in bytes of others
 * @bytes: where it begins in the answer
 */
struct amthi_value {
	uint32_t number;
	const uint8_t *bytes;
};

/**
 * struct amthi_answer - an answer whose header is good
 * @status: 0 is success
 * @payload: what follows the status
 * @size: in bytes
 */
struct amthi_answer {
	uint32_t status;
	const uint8_t *payload;
	size_t size;
};

/**
 * struct amthi_version - a pair of strings, not terminated
 */
struct amthi_version {
	const uint8_t *name;
	size_t name_size;
	const uint8_t *version;
	size_t version_size;
};

/**
 * struct amthi_versions - code versions
 * @bios: not terminated
 * @bios_size: without the zeros that fill it
 * @count: of @list
 * @list: AMTHI_VERSIONS_MAX at most
 */
struct amthi_versions {
	const uint8_t *bios;
	size_t bios_size;
	size_t count;
	struct amthi_version list[AMTHI_VERSIONS_MAX];
};

/* what the commands of amtctl ask, each list ending with one without a key */
extern const struct amthi_question amthi_state_questions[];
extern const struct amthi_question amthi_feature_questions[];
extern const struct amthi_question amthi_configuration_questions[];
/* a certificate's hash; its argument is a handle */
extern const struct amthi_question amthi_hash_question;

/* the fields of amthi_hash_question */
enum amthi_hash_field {
	AMTHI_HASH_DEFAULT,
	AMTHI_HASH_ACTIVE,
	AMTHI_HASH_DIGEST,
	AMTHI_HASH_ALGORITHM,
	AMTHI_HASH_NAME,
};

/**
 * amthi_question_of() - a question by the command it asks
 * @list: ends with one without a key
 * @command: its number
 *
 * Return: the first one, or NULL
 */
const struct amthi_question *
amthi_question_of(const struct amthi_question *list, uint32_t command);

/**
 * amthi_request() - make a request
 * @to: AMTHI_REQUEST_MAX bytes
 * @command: its number
 * @argument: what follows the header, in little-endian
 * @size: its size in bytes: 0, 1, 4, or more with zeros that fill it
 *
 * Return: the request's size in bytes
 */
size_t amthi_request(uint8_t *to, uint32_t command, uint32_t argument,
		     size_t size);

/**
 * amthi_answer() - check an answer's header
 * @bytes: the message
 * @size: in bytes
 * @command: what was asked
 * @answer: set when it is good; @payload leads into @bytes
 *
 * Return: enum amthi_fault
 */
enum amthi_fault amthi_answer(const uint8_t *bytes, size_t size,
			      uint32_t command, struct amthi_answer *answer);

/**
 * amthi_decode() - take an answer apart
 * @question: what was asked
 * @answer: with the status AMTHI_SUCCESS
 * @values: set, one for each field of @question
 *
 * Return: AMTHI_GOOD or AMTHI_PAYLOAD
 */
enum amthi_fault amthi_decode(const struct amthi_question *question,
			      const struct amthi_answer *answer,
			      struct amthi_value *values);

/**
 * amthi_versions() - take code versions apart
 * @answer: to AMTHI_VERSIONS, with the status AMTHI_SUCCESS
 * @versions: set
 *
 * Return: AMTHI_GOOD or AMTHI_PAYLOAD
 */
enum amthi_fault amthi_versions(const struct amthi_answer *answer,
				struct amthi_versions *versions);

/**
 * amthi_version() - find a version by its name
 * @versions: from amthi_versions()
 * @name: as the firmware spells it
 *
 * Return: NULL when it is not there
 */
const struct amthi_version *amthi_version(const struct amthi_versions *versions,
					  const char *name);

/**
 * amthi_handles() - take the list of certificate hashes apart
 * @answer: to AMTHI_HANDLES, with the status AMTHI_SUCCESS
 * @handles: room for AMTHI_HANDLES_MAX, set
 * @count: set
 *
 * Return: AMTHI_GOOD or AMTHI_PAYLOAD
 */
enum amthi_fault amthi_handles(const struct amthi_answer *answer,
			       uint32_t *handles, size_t *count);

/**
 * amthi_account() - take the local system account apart, which is a secret
 * @answer: to AMTHI_LOCAL_ACCOUNT, with the status AMTHI_SUCCESS
 * @user: set; terminated, AMTHI_ACCOUNT_MAX characters at most, not empty
 * @password: the same
 *
 * Return: AMTHI_GOOD or AMTHI_PAYLOAD
 */
enum amthi_fault amthi_account(const struct amthi_answer *answer,
			       const char **user, const char **password);

/**
 * amthi_digest_size() - bytes of a hash that count
 * @algorithm: its number
 *
 * Return: all AMTHI_HASH_SIZE where the sources disagree or do not say
 */
size_t amthi_digest_size(uint32_t algorithm);

/**
 * amthi_word() - what a number in a field means
 *
 * Return: NULL when it has no meaning of its own, "unknown" when it should have
 */
const char *amthi_word(const struct amthi_field *field, uint32_t number);

/**
 * amthi_status_name() - the name of a status
 *
 * Return: "UNKNOWN" for one that is not known
 */
const char *amthi_status_name(uint32_t status);

/**
 * amthi_fault_text() - what is wrong, as the end of a sentence
 */
const char *amthi_fault_text(enum amthi_fault fault);

/**
 * enum amthi_affected - is firmware affected by INTEL-SA-00075 (CVE-2017-5689)
 */
enum amthi_affected {
	AMTHI_AFFECTED_UNKNOWN,
	AMTHI_AFFECTED_NO,
	AMTHI_AFFECTED_YES,
};

/**
 * amthi_affected() - judge firmware by version and build number
 * @versions: from amthi_versions()
 *
 * Versions 6.0 to 11.6 are fixed from build 3000 on, 11.7 except for builds 1000
 * to 1999, as the advisory's own detection tool has it.
 */
enum amthi_affected amthi_affected(const struct amthi_versions *versions);

#endif /* CLI_AMT_AMTHI_H */
