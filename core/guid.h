/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GUIDs as firmware stores them: 16 bytes, the first three groups
 * little-endian ("EFI order", UEFI 2.10, appendix A).
 */
#ifndef PFRU_CORE_GUID_H
#define PFRU_CORE_GUID_H

#include "types.h"

#define PFRU_GUID_SIZE		16
#define PFRU_GUID_TEXT_SIZE	37	/* with the final NUL */

/* EFI_FIRMWARE_MANAGEMENT_CAPSULE_ID_GUID, UEFI 2.10, 23.3.2 */
extern const __u8 pfru_guid_capsule[PFRU_GUID_SIZE];
/* EFI_CERT_TYPE_PKCS7_GUID, UEFI 2.10, 32.2.4 */
extern const __u8 pfru_guid_pkcs7[PFRU_GUID_SIZE];
/* image types of the PFRU document */
extern const __u8 pfru_guid_code_injection[PFRU_GUID_SIZE];
extern const __u8 pfru_guid_driver_update[PFRU_GUID_SIZE];

/**
 * pfru_guid_equal() - compare two GUIDs
 * @a: PFRU_GUID_SIZE bytes
 * @b: PFRU_GUID_SIZE bytes
 */
bool pfru_guid_equal(const __u8 *a, const __u8 *b);

/**
 * pfru_guid_is_zero() - is it the GUID of nothing
 * @guid: PFRU_GUID_SIZE bytes
 */
bool pfru_guid_is_zero(const __u8 *guid);

/**
 * pfru_guid_text() - write a GUID in its registry form, upper case
 * @guid: PFRU_GUID_SIZE bytes in EFI order
 * @text: PFRU_GUID_TEXT_SIZE bytes
 *
 * Return: @text
 */
char *pfru_guid_text(const __u8 *guid, char *text);

#endif /* PFRU_CORE_GUID_H */
