/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capsule walk and the judgement against a platform. Every byte of a
 * capsule is hostile until checked; nothing here allocates, prints or keeps
 * state, and no pointer into the capsule is made before its bytes are counted.
 */
#ifndef PFRU_CORE_CAPSULE_H
#define PFRU_CORE_CAPSULE_H

#include <linux/pfru.h>

#include "guid.h"
#include "types.h"

/* EFI_CAPSULE_HEADER, UEFI 2.10, 8.5.3.1 */
#define PFRU_CAPSULE_HEADER_SIZE	28
#define PFRU_CAPSULE_PERSIST		0x10000
#define PFRU_CAPSULE_POPULATE		0x20000
#define PFRU_CAPSULE_INITIATE_RESET	0x40000

/* payload header of the PFRU document: of a code injection, of a driver update */
#define PFRU_PAYLOAD_SIZE		36
#define PFRU_PAYLOAD_SIZE_SVN		40

/* EFI_FIRMWARE_MANAGEMENT_CAPSULE_IMAGE_HEADER, UEFI 2.10, 23.3.2 */
#define PFRU_IMAGE_AUTHENTICATED	0x1
#define PFRU_IMAGE_DEPENDENCY		0x2

/**
 * struct pfru_refusal - why, and where
 * @reason: enum pfru_reason
 * @offset: byte of the capsule it concerns
 * @found: the number found there, or the bytes left
 * @expected: the number expected, or the bytes needed
 */
struct pfru_refusal {
	__u32 reason;
	__u64 offset;
	__u64 found;
	__u64 expected;
};

/**
 * struct pfru_capsule - a capsule whose headers and item offsets are sound
 * @bytes: the file
 * @size: its length, equal to CapsuleImageSize
 * @header_size: HeaderSize
 * @flags: Flags
 * @fmp_version: version of the management header
 * @drivers: EmbeddedDriverCount
 * @payloads: PayloadItemCount, at least 1
 */
struct pfru_capsule {
	const __u8 *bytes;
	__u64 size;
	__u32 header_size;
	__u32 flags;
	__u32 fmp_version;
	__u16 drivers;
	__u16 payloads;
};

/**
 * struct pfru_image - one payload item, all of whose lengths are sound
 * @offset: of the image header in the file
 * @version: of the image header, 1 to 3
 * @type: UpdateImageTypeId
 * @index: UpdateImageIndex
 * @image_size: UpdateImageSize, authentication and payload
 * @instance: UpdateHardwareInstance, 0 before version 2
 * @support: ImageCapsuleSupport, 0 before version 3
 * @authenticated: an authentication header is present
 * @monotonic_count: of the authentication header; the signature covers the
 *	payload followed by these 8 bytes
 * @signature_offset: of the PKCS#7 in the file
 * @signature_size: its length
 * @payload_offset: of the payload header in the file
 * @payload_size: payload header and all that follows
 * @signature: of the payload header, "SCI1" for a code injection
 * @header_version: of the payload header
 * @header_size: of the payload header with the OEM header that follows
 * @hw_ver: firmware version that the payload supports
 * @rt_ver: runtime version
 * @platform_id: GUID of the platform it is for
 * @has_svn: the payload header is long enough for @svn
 * @svn: security version of a driver update
 */
struct pfru_image {
	__u64 offset;
	__u32 version;
	__u8 type[PFRU_GUID_SIZE];
	__u8 index;
	__u32 image_size;
	__u64 instance;
	__u64 support;
	bool authenticated;
	__u64 monotonic_count;
	__u64 signature_offset;
	__u64 signature_size;
	__u64 payload_offset;
	__u64 payload_size;
	__u32 signature;
	__u32 header_version;
	__u32 header_size;
	__u32 hw_ver;
	__u32 rt_ver;
	__u8 platform_id[PFRU_GUID_SIZE];
	bool has_svn;
	__u32 svn;
};

/**
 * enum pfru_kind - what an image does
 * @PFRU_KIND_UNKNOWN: its type is neither of the two
 * @PFRU_KIND_CODE_INJECTION: code that runs once
 * @PFRU_KIND_DRIVER_UPDATE: replaces drivers
 */
enum pfru_kind {
	PFRU_KIND_UNKNOWN,
	PFRU_KIND_CODE_INJECTION,
	PFRU_KIND_DRIVER_UPDATE,
};

/**
 * struct pfru_verdict - the judgement
 * @refusal: reason PFRU_REASON_NONE when accepted
 * @payload: the payload item that @kind and @image are of: the refused one,
 *	or the first
 * @payloads: number of payload items, 0 when the walk did not get so far
 * @kind: what @image does
 * @image: zero when the walk did not get so far
 */
struct pfru_verdict {
	struct pfru_refusal refusal;
	__u32 payload;
	__u32 payloads;
	enum pfru_kind kind;
	struct pfru_image image;
};

/**
 * pfru_capsule_begin() - judge the first bytes of a capsule still arriving
 * @bytes: its first PFRU_CAPSULE_HEADER_SIZE bytes
 * @limit: the most a capsule may have, in bytes
 * @size: set to CapsuleImageSize when accepted
 * @refusal: filled when refused
 *
 * Return: enum pfru_reason
 */
enum pfru_reason pfru_capsule_begin(const __u8 *bytes, __u64 limit, __u64 *size,
				    struct pfru_refusal *refusal);

/**
 * pfru_capsule_open() - check the headers and every item's offset
 * @capsule: filled when accepted
 * @bytes: the capsule
 * @size: number of bytes there are
 * @refusal: filled when refused
 *
 * Return: enum pfru_reason
 */
enum pfru_reason pfru_capsule_open(struct pfru_capsule *capsule,
				   const __u8 *bytes, __u64 size,
				   struct pfru_refusal *refusal);

/**
 * pfru_capsule_item() - where an item of the list of offsets lies
 * @capsule: from pfru_capsule_open()
 * @item: 0 to @capsule->drivers + @capsule->payloads - 1; embedded drivers come first
 * @end: set to the offset of the byte behind the item
 *
 * Return: offset of the item's first byte in the file
 */
__u64 pfru_capsule_item(const struct pfru_capsule *capsule, __u32 item,
			__u64 *end);

/**
 * pfru_capsule_image() - check and read one payload item
 * @capsule: from pfru_capsule_open()
 * @payload: 0 to @capsule->payloads - 1
 * @image: filled up to where the check ended
 * @refusal: filled when refused
 *
 * Return: enum pfru_reason
 */
enum pfru_reason pfru_capsule_image(const struct pfru_capsule *capsule,
				    __u32 payload, struct pfru_image *image,
				    struct pfru_refusal *refusal);

/**
 * pfru_kind_key() - the name of a kind for machines
 * @kind: what an image does
 *
 * JSON, the kernel's log and its audit records have it.
 *
 * Return: never NULL
 */
const char *pfru_kind_key(enum pfru_kind kind);

/**
 * pfru_kind_text() - the name of a kind for people
 * @kind: what an image does
 *
 * Return: never NULL
 */
const char *pfru_kind_text(enum pfru_kind kind);

/**
 * pfru_image_kind() - what an image does on a platform
 * @type: UpdateImageTypeId
 * @cap: the platform, or NULL for the well-known GUIDs alone
 *
 * The GUIDs that the platform reports come first, the well-known ones second: a
 * public sample platform reports one of its own for driver updates.
 *
 * Return: enum pfru_kind
 */
enum pfru_kind pfru_image_kind(const __u8 *type,
			       const struct pfru_capability *cap);

/**
 * pfru_judge() - walk a capsule and judge every payload item of it
 * @bytes: the capsule
 * @size: number of bytes there are
 * @cap: the platform, or NULL to judge the structure only
 * @verdict: filled
 *
 * Against a platform: the image type must be one of its two, the platform id
 * equal; a code injection's runtime version may not go back, nor a driver
 * update's security version (whose runtime version may).
 *
 * Return: enum pfru_reason
 */
enum pfru_reason pfru_judge(const __u8 *bytes, __u64 size,
			    const struct pfru_capability *cap,
			    struct pfru_verdict *verdict);

/**
 * pfru_verdict_needs_platform() - does a refusal depend on the capability
 * @verdict: of pfru_judge() against a platform
 *
 * Such a refusal is worth asking the firmware again: its versions or types may
 * have changed since.
 */
bool pfru_verdict_needs_platform(const struct pfru_verdict *verdict);

#endif /* PFRU_CORE_CAPSULE_H */
