// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GUIDs: the well-known ones, comparison, text.
 */
#include "guid.h"

const __u8 pfru_guid_capsule[PFRU_GUID_SIZE] = {
	0xed, 0xd5, 0xcb, 0x6d, 0x2d, 0xe8, 0x44, 0x4c,
	0xbd, 0xa1, 0x71, 0x94, 0x19, 0x9a, 0xd9, 0x2a,
};

const __u8 pfru_guid_pkcs7[PFRU_GUID_SIZE] = {
	0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
	0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7,
};

const __u8 pfru_guid_code_injection[PFRU_GUID_SIZE] = {
	0x79, 0x4b, 0xf8, 0xb2, 0x6e, 0x7b, 0x45, 0x4e,
	0x88, 0x5f, 0x3f, 0xb9, 0xbb, 0x18, 0x54, 0x02,
};

const __u8 pfru_guid_driver_update[PFRU_GUID_SIZE] = {
	0x8c, 0xdd, 0x69, 0x45, 0xf1, 0x75, 0x9a, 0x42,
	0xa3, 0xd6, 0x24, 0xde, 0x80, 0x97, 0xa0, 0xdf,
};

bool pfru_guid_equal(const __u8 *a, const __u8 *b)
{
	return memcmp(a, b, PFRU_GUID_SIZE) == 0;
}

bool pfru_guid_is_zero(const __u8 *guid)
{
	static const __u8 zero[PFRU_GUID_SIZE];

	return pfru_guid_equal(guid, zero);
}

char *pfru_guid_text(const __u8 *guid, char *text)
{
	/* which byte stands where in the text; 0xff is a dash */
	/* clang-format off */
	static const __u8 order[] = {
		3, 2, 1, 0, 0xff, 5, 4, 0xff, 7, 6, 0xff,
		8, 9, 0xff, 10, 11, 12, 13, 14, 15,
	};
	/* clang-format on */
	static const char digit[] = "0123456789ABCDEF";
	char *p = text;
	unsigned int i;

	for (i = 0; i < sizeof(order); i++) {
		if (order[i] == 0xff) {
			*p++ = '-';
			continue;
		}
		*p++ = digit[guid[order[i]] >> 4];
		*p++ = digit[guid[order[i]] & 0xf];
	}
	*p = '\0';
	return text;
}
