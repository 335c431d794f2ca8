// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The capsule walk: EFI_CAPSULE_HEADER, management header, image headers,
 * authentication, payload header (UEFI 2.10, 8.5.3 and 23.3). All lengths are
 * 64-bit and compared by what is left, so no sum can wrap.
 */
#include "capsule.h"

/* EFI_CAPSULE_HEADER */
#define CAPSULE_GUID	    0
#define CAPSULE_HEADER_SIZE 16
#define CAPSULE_FLAGS	    20
#define CAPSULE_IMAGE_SIZE  24

/* EFI_FIRMWARE_MANAGEMENT_CAPSULE_HEADER, from HeaderSize on */
#define FMP_VERSION	  0
#define FMP_DRIVERS	  4
#define FMP_PAYLOADS	  6
#define FMP_SIZE	  8
#define FMP_VERSION_KNOWN 1

/* EFI_FIRMWARE_MANAGEMENT_CAPSULE_IMAGE_HEADER, from the item's offset on */
#define IMAGE_VERSION	    0
#define IMAGE_TYPE	    4
#define IMAGE_INDEX	    20
#define IMAGE_SIZE	    24
#define IMAGE_VENDOR_CODE   28
#define IMAGE_INSTANCE	    32 /* since version 2 */
#define IMAGE_SUPPORT	    40 /* since version 3 */
#define IMAGE_VERSION_KNOWN 3

/* EFI_FIRMWARE_IMAGE_AUTHENTICATION with WIN_CERTIFICATE_UEFI_GUID */
#define AUTH_LENGTH	    8 /* dwLength, counted from here on */
#define AUTH_REVISION	    12
#define AUTH_TYPE	    14
#define AUTH_GUID	    16
#define AUTH_SIZE	    32
#define AUTH_LENGTH_MIN	    (AUTH_SIZE - AUTH_LENGTH)
#define AUTH_REVISION_KNOWN 0x0200
#define AUTH_TYPE_EFI_GUID  0x0ef1

/* payload header of the PFRU document */
#define PAYLOAD_SIGNATURE      0
#define PAYLOAD_HEADER_VERSION 4
#define PAYLOAD_HEADER_SIZE    8
#define PAYLOAD_HW_VER	       12
#define PAYLOAD_RT_VER	       16
#define PAYLOAD_PLATFORM_ID    20
#define PAYLOAD_SVN	       36
#define PAYLOAD_MSS1	       0x3153534d /* FMP payload header */

static __u16 get16(const __u8 *p)
{
	return p[0] | (__u16)p[1] << 8;
}

static __u32 get32(const __u8 *p)
{
	return get16(p) | (__u32)get16(p + 2) << 16;
}

static __u64 get64(const __u8 *p)
{
	return get32(p) | (__u64)get32(p + 4) << 32;
}

static enum pfru_reason refuse(struct pfru_refusal *refusal,
			       enum pfru_reason reason, __u64 offset,
			       __u64 found, __u64 expected)
{
	refusal->reason = reason;
	refusal->offset = offset;
	refusal->found = found;
	refusal->expected = expected;
	return reason;
}

enum pfru_reason pfru_capsule_begin(const __u8 *bytes, __u64 limit, __u64 *size,
				    struct pfru_refusal *refusal)
{
	__u32 header_size = get32(bytes + CAPSULE_HEADER_SIZE);
	__u32 image_size = get32(bytes + CAPSULE_IMAGE_SIZE);

	if (!pfru_guid_equal(bytes + CAPSULE_GUID, pfru_guid_capsule))
		return refuse(refusal, PFRU_REASON_CAPSULE_GUID, CAPSULE_GUID,
			      0, 0);
	if (image_size < PFRU_CAPSULE_HEADER_SIZE)
		return refuse(refusal, PFRU_REASON_CAPSULE_SIZE,
			      CAPSULE_IMAGE_SIZE, image_size,
			      PFRU_CAPSULE_HEADER_SIZE);
	if (header_size < PFRU_CAPSULE_HEADER_SIZE || header_size > image_size)
		return refuse(refusal, PFRU_REASON_HEADER_SIZE,
			      CAPSULE_HEADER_SIZE, header_size,
			      header_size > image_size ?
				      image_size :
				      PFRU_CAPSULE_HEADER_SIZE);
	if (image_size > limit)
		return refuse(refusal, PFRU_REASON_TOO_BIG, CAPSULE_IMAGE_SIZE,
			      image_size, limit);
	*size = image_size;
	return PFRU_REASON_NONE;
}

/* file offset of item @i; the offset list counts from the management header */
static __u64 item_offset(const struct pfru_capsule *c, __u32 i)
{
	return c->header_size +
	       get64(c->bytes + c->header_size + FMP_SIZE + 8 * (__u64)i);
}

__u64 pfru_capsule_item(const struct pfru_capsule *c, __u32 item, __u64 *end)
{
	*end = item + 1 < (__u32)c->drivers + c->payloads ?
		       item_offset(c, item + 1) :
		       c->size;
	return item_offset(c, item);
}

static enum pfru_reason check_items(const struct pfru_capsule *c,
				    struct pfru_refusal *refusal)
{
	__u32 items = (__u32)c->drivers + c->payloads;
	__u64 list = c->header_size + FMP_SIZE;
	__u64 low = FMP_SIZE + 8 * (__u64)items;
	__u64 high = c->size - c->header_size;
	__u32 i;

	for (i = 0; i < items; i++) {
		__u64 where = list + 8 * (__u64)i;
		__u64 offset = get64(c->bytes + where);

		if (offset >= high)
			return refuse(refusal, PFRU_REASON_ITEM_OFFSET, where,
				      offset, high);
		if (offset < low)
			return refuse(refusal, PFRU_REASON_ITEM_ORDER, where,
				      offset, low);
		low = offset + 1;
	}
	return PFRU_REASON_NONE;
}

enum pfru_reason pfru_capsule_open(struct pfru_capsule *c, const __u8 *bytes,
				   __u64 size, struct pfru_refusal *refusal)
{
	enum pfru_reason reason;
	__u64 said, left, list;
	const __u8 *fmp;

	if (size < PFRU_CAPSULE_HEADER_SIZE)
		return refuse(refusal, PFRU_REASON_SHORT, 0, size,
			      PFRU_CAPSULE_HEADER_SIZE);
	reason = pfru_capsule_begin(bytes, ~(__u64)0, &said, refusal);
	if (reason)
		return reason;
	if (said != size)
		return refuse(refusal, PFRU_REASON_CAPSULE_SIZE,
			      CAPSULE_IMAGE_SIZE, size, said);

	c->bytes = bytes;
	c->size = size;
	c->header_size = get32(bytes + CAPSULE_HEADER_SIZE);
	c->flags = get32(bytes + CAPSULE_FLAGS);

	left = size - c->header_size;
	if (left < FMP_SIZE)
		return refuse(refusal, PFRU_REASON_FMP_SHORT, c->header_size,
			      left, FMP_SIZE);
	fmp = bytes + c->header_size;
	c->fmp_version = get32(fmp + FMP_VERSION);
	c->drivers = get16(fmp + FMP_DRIVERS);
	c->payloads = get16(fmp + FMP_PAYLOADS);
	if (c->fmp_version != FMP_VERSION_KNOWN)
		return refuse(refusal, PFRU_REASON_FMP_VERSION, c->header_size,
			      c->fmp_version, FMP_VERSION_KNOWN);
	list = 8 * ((__u64)c->drivers + c->payloads);
	if (left - FMP_SIZE < list)
		return refuse(refusal, PFRU_REASON_FMP_SHORT,
			      c->header_size + FMP_SIZE, left - FMP_SIZE, list);
	if (!c->payloads)
		return refuse(refusal, PFRU_REASON_NO_PAYLOAD,
			      c->header_size + FMP_PAYLOADS, 0, 1);
	return check_items(c, refusal);
}

/*
 * Is there an authentication header at @auth? Version 3 says so. Before that
 * the bytes themselves must tell: a certificate of the right type and GUID.
 */
static bool has_auth(const struct pfru_image *image, const __u8 *auth,
		     __u64 left)
{
	if (image->version >= 3)
		return image->support & PFRU_IMAGE_AUTHENTICATED;
	return left >= AUTH_SIZE &&
	       get16(auth + AUTH_TYPE) == AUTH_TYPE_EFI_GUID &&
	       pfru_guid_equal(auth + AUTH_GUID, pfru_guid_pkcs7);
}

static enum pfru_reason read_auth(const struct pfru_capsule *c, __u64 offset,
				  __u64 left, struct pfru_image *image,
				  struct pfru_refusal *refusal)
{
	const __u8 *auth = c->bytes + offset;
	__u32 length;

	if (left < AUTH_SIZE)
		return refuse(refusal, PFRU_REASON_AUTH_SHORT, offset, left,
			      AUTH_SIZE);
	length = get32(auth + AUTH_LENGTH);
	if (length < AUTH_LENGTH_MIN)
		return refuse(refusal, PFRU_REASON_AUTH_LENGTH,
			      offset + AUTH_LENGTH, length, AUTH_LENGTH_MIN);
	if (length > left - AUTH_LENGTH)
		return refuse(refusal, PFRU_REASON_AUTH_LENGTH,
			      offset + AUTH_LENGTH, length, left - AUTH_LENGTH);
	if (get16(auth + AUTH_REVISION) != AUTH_REVISION_KNOWN)
		return refuse(refusal, PFRU_REASON_AUTH_TYPE,
			      offset + AUTH_REVISION,
			      get16(auth + AUTH_REVISION), AUTH_REVISION_KNOWN);
	if (get16(auth + AUTH_TYPE) != AUTH_TYPE_EFI_GUID)
		return refuse(refusal, PFRU_REASON_AUTH_TYPE,
			      offset + AUTH_TYPE, get16(auth + AUTH_TYPE),
			      AUTH_TYPE_EFI_GUID);
	if (!pfru_guid_equal(auth + AUTH_GUID, pfru_guid_pkcs7))
		return refuse(refusal, PFRU_REASON_AUTH_TYPE,
			      offset + AUTH_GUID, 0, 0);

	image->authenticated = 1;
	image->monotonic_count = get64(auth);
	image->signature_offset = offset + AUTH_SIZE;
	image->signature_size = length - AUTH_LENGTH_MIN;
	image->payload_offset = offset + AUTH_LENGTH + length;
	image->payload_size = left - AUTH_LENGTH - length;
	return PFRU_REASON_NONE;
}

static enum pfru_reason read_payload(const struct pfru_capsule *c,
				     struct pfru_image *image,
				     struct pfru_refusal *refusal)
{
	const __u8 *payload = c->bytes + image->payload_offset;
	__u64 left = image->payload_size;

	if (left < PFRU_PAYLOAD_SIZE)
		return refuse(refusal, PFRU_REASON_PAYLOAD_SHORT,
			      image->payload_offset, left, PFRU_PAYLOAD_SIZE);
	image->signature = get32(payload + PAYLOAD_SIGNATURE);
	image->header_version = get32(payload + PAYLOAD_HEADER_VERSION);
	image->header_size = get32(payload + PAYLOAD_HEADER_SIZE);
	image->hw_ver = get32(payload + PAYLOAD_HW_VER);
	image->rt_ver = get32(payload + PAYLOAD_RT_VER);
	memcpy(image->platform_id, payload + PAYLOAD_PLATFORM_ID,
	       PFRU_GUID_SIZE);
	if (image->signature == PAYLOAD_MSS1)
		return refuse(refusal, PFRU_REASON_PAYLOAD_WRAPPED,
			      image->payload_offset, 0, 0);
	if (image->header_size < PFRU_PAYLOAD_SIZE)
		return refuse(refusal, PFRU_REASON_PAYLOAD_HEADER,
			      image->payload_offset + PAYLOAD_HEADER_SIZE,
			      image->header_size, PFRU_PAYLOAD_SIZE);
	if (image->header_size > left)
		return refuse(refusal, PFRU_REASON_PAYLOAD_HEADER,
			      image->payload_offset + PAYLOAD_HEADER_SIZE,
			      image->header_size, left);
	image->has_svn = image->header_size >= PFRU_PAYLOAD_SIZE_SVN;
	if (image->has_svn)
		image->svn = get32(payload + PAYLOAD_SVN);
	return PFRU_REASON_NONE;
}

enum pfru_reason pfru_capsule_image(const struct pfru_capsule *c, __u32 payload,
				    struct pfru_image *image,
				    struct pfru_refusal *refusal)
{
	static const __u8 header_size[] = { 0, 32, 40, 48 };
	__u64 end, offset = pfru_capsule_item(c, c->drivers + payload, &end);
	const __u8 *header = c->bytes + offset;
	enum pfru_reason reason;
	__u64 left = end - offset;
	__u32 need;

	memset(image, 0, sizeof(*image));
	image->offset = offset;
	if (left < header_size[1])
		return refuse(refusal, PFRU_REASON_IMAGE_SHORT, offset, left,
			      header_size[1]);
	image->version = get32(header + IMAGE_VERSION);
	memcpy(image->type, header + IMAGE_TYPE, PFRU_GUID_SIZE);
	image->index = header[IMAGE_INDEX];
	image->image_size = get32(header + IMAGE_SIZE);
	if (!image->version || image->version > IMAGE_VERSION_KNOWN)
		return refuse(refusal, PFRU_REASON_IMAGE_VERSION, offset,
			      image->version, IMAGE_VERSION_KNOWN);
	need = header_size[image->version];
	if (left < need)
		return refuse(refusal, PFRU_REASON_IMAGE_SHORT, offset, left,
			      need);
	if (image->version >= 2)
		image->instance = get64(header + IMAGE_INSTANCE);
	if (image->version >= 3)
		image->support = get64(header + IMAGE_SUPPORT);
	if (get32(header + IMAGE_VENDOR_CODE))
		return refuse(refusal, PFRU_REASON_VENDOR_CODE,
			      offset + IMAGE_VENDOR_CODE,
			      get32(header + IMAGE_VENDOR_CODE), 0);
	if (image->support & PFRU_IMAGE_DEPENDENCY)
		return refuse(refusal, PFRU_REASON_DEPENDENCY,
			      offset + IMAGE_SUPPORT, image->support,
			      image->support & ~(__u64)PFRU_IMAGE_DEPENDENCY);
	if (image->image_size > left - need)
		return refuse(refusal, PFRU_REASON_IMAGE_SIZE,
			      offset + IMAGE_SIZE, image->image_size,
			      left - need);

	image->payload_offset = offset + need;
	image->payload_size = image->image_size;
	if (has_auth(image, header + need, image->image_size)) {
		reason = read_auth(c, offset + need, image->image_size, image,
				   refusal);
		if (reason)
			return reason;
	}
	return read_payload(c, image, refusal);
}

/* clang-format off */
static const struct {
	const char *key;
	const char *text;
} kinds[] = {
	[PFRU_KIND_UNKNOWN]        = { "unknown", "unknown" },
	[PFRU_KIND_CODE_INJECTION] = { "code_injection", "code injection" },
	[PFRU_KIND_DRIVER_UPDATE]  = { "driver_update", "driver update" },
};

/* clang-format on */

const char *pfru_kind_key(enum pfru_kind kind)
{
	return kinds[kind].key;
}

const char *pfru_kind_text(enum pfru_kind kind)
{
	return kinds[kind].text;
}

enum pfru_kind pfru_image_kind(const __u8 *type,
			       const struct pfru_capability *cap)
{
	if (cap && !pfru_guid_is_zero(type)) {
		if (pfru_guid_equal(type, cap->code_type))
			return PFRU_KIND_CODE_INJECTION;
		if (pfru_guid_equal(type, cap->drv_type))
			return PFRU_KIND_DRIVER_UPDATE;
	}
	if (pfru_guid_equal(type, pfru_guid_code_injection))
		return PFRU_KIND_CODE_INJECTION;
	if (pfru_guid_equal(type, pfru_guid_driver_update))
		return PFRU_KIND_DRIVER_UPDATE;
	return PFRU_KIND_UNKNOWN;
}

static enum pfru_reason judge_image(const struct pfru_image *image,
				    enum pfru_kind kind,
				    const struct pfru_capability *cap,
				    struct pfru_refusal *refusal)
{
	__u64 payload = image->payload_offset;

	if (kind == PFRU_KIND_DRIVER_UPDATE && !image->has_svn) {
		if (image->payload_size < PFRU_PAYLOAD_SIZE_SVN)
			return refuse(refusal, PFRU_REASON_PAYLOAD_SHORT,
				      payload, image->payload_size,
				      PFRU_PAYLOAD_SIZE_SVN);
		return refuse(refusal, PFRU_REASON_PAYLOAD_HEADER,
			      payload + PAYLOAD_HEADER_SIZE, image->header_size,
			      PFRU_PAYLOAD_SIZE_SVN);
	}
	if (!cap)
		return PFRU_REASON_NONE;
	if (kind == PFRU_KIND_UNKNOWN)
		return refuse(refusal, PFRU_REASON_IMAGE_TYPE,
			      image->offset + IMAGE_TYPE, 0, 0);
	if (!pfru_guid_equal(image->platform_id, cap->platform_id))
		return refuse(refusal, PFRU_REASON_PLATFORM_ID,
			      payload + PAYLOAD_PLATFORM_ID, 0, 0);
	if (kind == PFRU_KIND_CODE_INJECTION &&
	    image->rt_ver < cap->code_rt_version)
		return refuse(refusal, PFRU_REASON_RT_VERSION,
			      payload + PAYLOAD_RT_VER, image->rt_ver,
			      cap->code_rt_version);
	if (kind == PFRU_KIND_DRIVER_UPDATE && image->svn < cap->drv_svn)
		return refuse(refusal, PFRU_REASON_SVN, payload + PAYLOAD_SVN,
			      image->svn, cap->drv_svn);
	return PFRU_REASON_NONE;
}

enum pfru_reason pfru_judge(const __u8 *bytes, __u64 size,
			    const struct pfru_capability *cap,
			    struct pfru_verdict *verdict)
{
	struct pfru_capsule capsule;
	enum pfru_reason reason;
	__u32 i;

	memset(verdict, 0, sizeof(*verdict));
	reason = pfru_capsule_open(&capsule, bytes, size, &verdict->refusal);
	if (reason)
		return reason;
	verdict->payloads = capsule.payloads;
	/* from the last to the first: the first is what an acceptance shows */
	for (i = capsule.payloads; i; i--) {
		verdict->payload = i - 1;
		verdict->kind = PFRU_KIND_UNKNOWN;
		reason = pfru_capsule_image(&capsule, verdict->payload,
					    &verdict->image, &verdict->refusal);
		if (reason)
			return reason;
		verdict->kind = pfru_image_kind(verdict->image.type, cap);
		reason = judge_image(&verdict->image, verdict->kind, cap,
				     &verdict->refusal);
		if (reason)
			return reason;
	}
	return PFRU_REASON_NONE;
}

bool pfru_verdict_needs_platform(const struct pfru_verdict *verdict)
{
	switch (verdict->refusal.reason) {
	case PFRU_REASON_IMAGE_TYPE:
	case PFRU_REASON_PLATFORM_ID:
	case PFRU_REASON_RT_VERSION:
	case PFRU_REASON_SVN:
		return 1;
	case PFRU_REASON_PAYLOAD_SHORT:
	case PFRU_REASON_PAYLOAD_HEADER:
		/* too short for a driver update, but is it one elsewhere too? */
		return verdict->kind != PFRU_KIND_UNKNOWN &&
		       verdict->kind !=
			       pfru_image_kind(verdict->image.type, NULL);
	default:
		return 0;
	}
}
