/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control page of the firmware model, and every number that the ASL, the
 * UEFI application and the guest tool share. Included by all three (the ASL
 * goes through the C preprocessor with PFRUSIM_ASL defined): a number is
 * typed here and nowhere else. It must not use anything of the product.
 */
#ifndef PFRUSIM_H
#define PFRUSIM_H

#define PFRUSIM_MAGIC		0x53524650	/* "PFRS" */
#define PFRUSIM_VERSION		1
#define PFRUSIM_PAGE_SIZE	0x1000
#define PFRUSIM_INSTANCES	2

/* Where the parts are when nobody allocates them: memmap=4M$0x30000000 */
#define PFRUSIM_FIXED_CTL0	0x30000000
#define PFRUSIM_FIXED_CTL1	0x30001000
#define PFRUSIM_FIXED_EXEC	0x30010000
#define PFRUSIM_FIXED_HISTORY	0x30030000
#define PFRUSIM_FIXED_BUF	0x30100000
#define PFRUSIM_RING_SIZE	0x10000
#define PFRUSIM_BUF_SIZE	0x100000

/* _HIDs, _CID and the _DSM's own GUIDs */
#define PFRUSIM_HID_UPDATE	"INTC1080"
#define PFRUSIM_HID_TELEMETRY	"INTC1081"
#define PFRUSIM_CID		"PNP0C02"

/*
 * Ports for the _CRS; nothing is there. Literals, since iasl gets the table's
 * lengths wrong when it folds an expression in a resource template.
 */
#define PFRUSIM_PORTS_U0	0x0CA0
#define PFRUSIM_PORTS_T0	0x0CA8
#define PFRUSIM_PORTS_U1	0x0CB0
#define PFRUSIM_PORTS_T1	0x0CB8
#define PFRUSIM_DSM_UPDATE	"ECF9533B-4A3C-4E89-939E-C77112601C6D"
#define PFRUSIM_DSM_TELEMETRY	"75191659-8178-4D9D-B88F-AC5E5E93E8BF"

/* What the platform reports, and what a capsule must carry */
#define PFRUSIM_GUID_CAPSULE	"6DCBD5ED-E82D-4C44-BDA1-7194199AD92A"
#define PFRUSIM_GUID_CERT	"4AAFD29D-68DF-49EE-8AA9-347D375665A7"
#define PFRUSIM_GUID_CODE	"B2F84B79-7B6E-4E45-885F-3FB9BB185402"
#define PFRUSIM_GUID_DRIVER	"140B5F0E-49F8-4579-AD81-BC7B6D2BB245"
#define PFRUSIM_GUID_DRIVER_WK	"4569DD8C-75F1-429A-A3D6-24DE8097A0DF"
#define PFRUSIM_GUID_PLATFORM	"7D0C5A4E-91B3-4C26-8F17-2A6BE04D9C51"
#define PFRUSIM_GUID_OEM	"3B8E1F60-5C2D-4A97-B4E8-D1507F9A26C3"
/* "PFRUSIM", NUL, "OEM", 0xE9, 1, 2, 3, 0xFF as hexadecimal bytes */
#define PFRUSIM_OEM_INFO	"5046525553494d004f454de9010203ff"
#define PFRUSIM_OEM_INFO_LEN	16
#define PFRUSIM_OEM_INFO_BITS	512	/* iasl wants a literal here */
#define PFRUSIM_OEM_INFO_MAX	(PFRUSIM_OEM_INFO_BITS / 8)
#define PFRUSIM_SIG_CODE	0x31494353	/* "SCI1" */

/*
 * PSFL, the table's name that says which devices there are. The upper half
 * is a mark only: it makes iasl spend four bytes on the constant.
 */
#define PFRUSIM_FL_MARK		0x50460000
#define PFRUSIM_FL_UPDATE	0x0001
#define PFRUSIM_FL_TELEMETRY	0x0002
#define PFRUSIM_FL_TWO		0x0004
#define PFRUSIM_FL_CID		0x0008
#define PFRUSIM_FL_CRS		0x0010
/* a device without _DSM: update, telemetry, and those of the second instance */
#define PFRUSIM_FL_NO_DSM_U0	0x0020
#define PFRUSIM_FL_NO_DSM_T0	0x0040
#define PFRUSIM_FL_NO_DSM_U1	0x0080
#define PFRUSIM_FL_NO_DSM_T1	0x0100
#define PFRUSIM_FL_NO_DSM(bits)	((bits) * PFRUSIM_FL_NO_DSM_U0)
#ifndef PFRUSIM_FL_DEFAULT
#define PFRUSIM_FL_DEFAULT	(PFRUSIM_FL_UPDATE | PFRUSIM_FL_TELEMETRY)
#endif

/* DSM status */
#define PFRUSIM_ST_SUCCESS	0
#define PFRUSIM_ST_UNSUPPORTED	1
#define PFRUSIM_ST_INVALID	2
#define PFRUSIM_ST_SPECIFIC	6

/*
 * Extended status, one for each cause. 0x1xx: the capsule is malformed
 * (status 2). 0x2xx: it is well-formed but not wanted (status 6). 0x3xx: the
 * call itself is wrong.
 */
#define PFRUSIM_EXT_CAPSULE_GUID	0x101
#define PFRUSIM_EXT_CAPSULE_SIZE	0x102
#define PFRUSIM_EXT_HEADER_SIZE		0x103
#define PFRUSIM_EXT_FMP_VERSION		0x104
#define PFRUSIM_EXT_PAYLOAD_COUNT	0x105
#define PFRUSIM_EXT_ITEM_LIST		0x106
#define PFRUSIM_EXT_ITEM_OFFSET		0x107
#define PFRUSIM_EXT_IMAGE_VERSION	0x108
#define PFRUSIM_EXT_IMAGE_SIZE		0x109
#define PFRUSIM_EXT_IMAGE_INDEX		0x10A
#define PFRUSIM_EXT_DEPENDENCY		0x10B
#define PFRUSIM_EXT_AUTH_SIZE		0x10C
#define PFRUSIM_EXT_AUTH_TYPE		0x10D
#define PFRUSIM_EXT_PAYLOAD_SIZE	0x10E
#define PFRUSIM_EXT_PAYLOAD_HEADER	0x10F
#define PFRUSIM_EXT_SIGNATURE		0x110
#define PFRUSIM_EXT_POLICY		0x200	/* from here on status 6 */
#define PFRUSIM_EXT_IMAGE_TYPE		0x201
#define PFRUSIM_EXT_UPDATE_CAP		0x202
#define PFRUSIM_EXT_AUTH_MISSING	0x203
#define PFRUSIM_EXT_PLATFORM_ID		0x204
#define PFRUSIM_EXT_RT_VERSION		0x205
#define PFRUSIM_EXT_SVN			0x206
#define PFRUSIM_EXT_NOTHING_STAGED	0x301
#define PFRUSIM_EXT_ACTION		0x302
#define PFRUSIM_EXT_LEVEL		0x303
#define PFRUSIM_EXT_TYPE		0x304
#define PFRUSIM_EXT_REVISION		0x305
#define PFRUSIM_EXT_FUNCTION		0x306
#define PFRUSIM_EXT_ARGUMENT		0x307

/* Log levels and log numbers */
#define PFRUSIM_LOG_ERROR	0
#define PFRUSIM_LOG_WARNING	1
#define PFRUSIM_LOG_INFO	2
#define PFRUSIM_LOG_VERBOSE	4
#define PFRUSIM_EXEC		0
#define PFRUSIM_HISTORY		1

/* Kinds of image, as in staged_kind and as bits of update_cap */
#define PFRUSIM_KIND_CODE	1
#define PFRUSIM_KIND_DRIVER	2

/* What an armed function does instead of the right thing */
#define PFRUSIM_F_NONE		0
#define PFRUSIM_F_REFUSE	1	/* do nothing, answer STATUS and EXT */
#define PFRUSIM_F_COUNT		2	/* ARG elements */
#define PFRUSIM_F_INTEGER	3	/* element ELEM is the integer ARG */
#define PFRUSIM_F_BUFFER	4	/* element ELEM is a buffer of ARG bytes */
#define PFRUSIM_F_STRING	5	/* element ELEM is a string of ARG bytes */
#define PFRUSIM_F_PACKAGE	6	/* element ELEM is a package of ARG */
#define PFRUSIM_F_NULL		7	/* element ELEM was never initialised */
#define PFRUSIM_F_ALL_INTEGER	8	/* the answer is the integer ARG */
#define PFRUSIM_F_ALL_BUFFER	9	/* the answer is a buffer of ARG bytes */
#define PFRUSIM_F_ALL_STRING	10	/* the answer is a string of ARG bytes */
#define PFRUSIM_F_NO_RETURN	11	/* no Return is met */
#define PFRUSIM_F_ABORT		12	/* the method is aborted by an error */
#define PFRUSIM_F_ABORT_LATE	13	/* the same after the work was done */

#define PFRUSIM_FAULTS(X)						\
	X(NONE, "none")							\
	X(REFUSE, "refuse")						\
	X(COUNT, "count")						\
	X(INTEGER, "integer")						\
	X(BUFFER, "buffer")						\
	X(STRING, "string")						\
	X(PACKAGE, "package")						\
	X(NULL, "null")							\
	X(ALL_INTEGER, "all-integer")					\
	X(ALL_BUFFER, "all-buffer")					\
	X(ALL_STRING, "all-string")					\
	X(NO_RETURN, "no-return")					\
	X(ABORT, "abort")						\
	X(ABORT_LATE, "abort-late")

/* Bits of a function's ovr: which o_* value replaces the true one */
#define PFRUSIM_OB_ADDR		0x01	/* buf */
#define PFRUSIM_OB_SIZE		0x02
#define PFRUSIM_OD_C1ADDR	0x01	/* data */
#define PFRUSIM_OD_C1SIZE	0x02
#define PFRUSIM_OD_C2ADDR	0x04
#define PFRUSIM_OD_C2SIZE	0x08
#define PFRUSIM_OD_MAX		0x10
#define PFRUSIM_OD_ROLLOVER	0x20
#define PFRUSIM_OD_RESET	0x40

/*
 * The page. W(asl, name, default, help) is a u32, D(low, high, ...) a u64 of
 * two halves, G a GUID, B bytes, that many bits of them.
 */
#define PFRUSIM_PAGE(W, D, G, B)					\
	W(MAGC, magic, PFRUSIM_MAGIC, "always 0x53524650")		\
	W(VERS, version, PFRUSIM_VERSION, "of this page's layout")	\
	D(BUFL, BUFH, buf_base, PFRUSIM_FIXED_BUF,			\
	  "communication buffer: physical address")			\
	W(BUFS, buf_size, PFRUSIM_BUF_SIZE, "its size in bytes")	\
	W(CALT, calls, 0, "_DSM calls of both devices")			\
	W(CALO, calls_other, 0, "of these, calls of unknown functions")	\
	W(LDEV, last_device, 0, "last call: 0 update, 1 telemetry")	\
	W(LFUN, last_function, 0, "last call: function")		\
	W(LREV, last_revision, 0, "last call: revision")		\
	W(LACT, last_action, 0xFFFFFFFF, "last start: action")		\
	W(LLEV, last_level, 0xFFFFFFFF, "last set level: level")	\
	W(LTYP, last_type, 0xFFFFFFFF, "last get data: type")		\
	W(LSTA, last_status, 0, "last call: status answered")		\
	W(LEXT, last_ext, 0, "last call: extended status answered")	\
	W(SEEN, seen_bytes, 0, "CapsuleImageSize of the last stage")	\
	W(UCAP, update_cap, 3, "bit 0 code injection, bit 1 driver")	\
	W(FWVR, fw_version, 0x10000, "firmware version")		\
	W(CRTV, code_rt_version, 1, "code-injection runtime version")	\
	W(DRTV, drv_rt_version, 1, "driver-update runtime version")	\
	W(DSVN, drv_svn, 1, "driver-update SVN")			\
	G(CTYP, code_type, PFRUSIM_GUID_CODE, "code-injection type")	\
	G(DTYP, drv_type, PFRUSIM_GUID_DRIVER, "driver-update type")	\
	G(PLID, platform_id, PFRUSIM_GUID_PLATFORM, "platform id")	\
	G(OEMG, oem_id, PFRUSIM_GUID_OEM, "OEM id")			\
	W(OEML, oem_info_len, PFRUSIM_OEM_INFO_LEN,			\
	  "bytes of oem_info reported")					\
	B(OEMB, oem_info, PFRUSIM_OEM_INFO_BITS, PFRUSIM_OEM_INFO,	\
	  "OEM information")						\
	W(LVLC, level, PFRUSIM_LOG_INFO, "log level in force")		\
	W(SKND, staged_kind, 0, "staged: 0 none, 1 code, 2 driver")	\
	W(SRTV, staged_rt, 0, "staged: runtime version")		\
	W(SSVN, staged_svn, 0, "staged: SVN")				\
	W(NSTG, stages, 0, "successful stages")				\
	W(NACT, activations, 0, "successful activations")		\
	D(AUTL, AUTH, auth_time, 21000000,				\
	  "authentication time answered (ns)")				\
	D(EXEL, EXEH, exec_time, 4500000, "execution time answered (ns)") \
	W(RQAU, require_auth, 0, "1: refuse unauthenticated images")	\
	D(OBAL, OBAH, o_buf_addr, 0, "buf.ovr bit 0: address answered")	\
	W(OBSZ, o_buf_size, 0, "buf.ovr bit 1: size answered")		\
	D(O1AL, O1AH, o_chunk1_addr, 0, "data.ovr bit 0")		\
	W(O1SZ, o_chunk1_size, 0, "data.ovr bit 1")			\
	D(O2AL, O2AH, o_chunk2_addr, 0, "data.ovr bit 2")		\
	W(O2SZ, o_chunk2_size, 0, "data.ovr bit 3")			\
	W(OMAX, o_max_size, 0, "data.ovr bit 4")			\
	W(OROL, o_rollover, 0, "data.ovr bit 5")			\
	W(ORST, o_reset, 0, "data.ovr bit 6")				\
	W(EVAT, event_at, 0,						\
	  "after the answer of the Nth get data from now: the event")	\
	W(EVEV, event_every, 0, "1: and after every one that follows")	\
	W(EVLG, event_log, 0, "event: 0 execution, 1 history")		\
	W(EVRS, event_reset, 0, "event: 1 resets that log")		\
	W(EVBY, event_bytes, 0, "event: bytes appended to that log")	\
	W(EVPT, event_pattern, 0, "event: 0 text lines, 1 binary")	\
	W(NWLG, now_log, 0, "next call, before its answer: the log")	\
	W(NWRS, now_reset, 0, "next call: 1 resets that log")		\
	W(NWBY, now_bytes, 0, "next call: bytes appended to that log")	\
	W(NWPT, now_pattern, 0, "next call: 0 text lines, 1 binary")	\
	W(APSQ, append_seq, 0, "number of the next appended text line")

/* One for each function of each device, at PFRUSIM_SLOT_OFF */
#define PFRUSIM_SLOT(W, D)						\
	W(SCNT, calls, 0, "calls of this function")			\
	W(SSKP, skip, 0, "calls to let pass before the rest applies")	\
	W(STIM, times, 0, "calls it applies to; 0: all that follow")	\
	W(SFLT, fault, 0, "what is wrong with the answer")		\
	W(SELM, elem, 0, "the element that the fault is about")		\
	D(SARL, SARH, arg, 0, "the fault's count, value or length")	\
	W(SSTA, status, 0, "refuse: status")				\
	W(SEXT, ext, 0, "refuse: extended status")			\
	W(SDLY, delay, 0, "milliseconds the call takes, up to 30000")	\
	W(SOVR, ovr, 0, "bitmap of o_* values put in the answer")

#define PFRUSIM_SLOT_OFF	0x400
#define PFRUSIM_SLOT_SIZE	0x2C
#define PFRUSIM_SLOT_TELEMETRY	4	/* first slot of telemetry */
#define PFRUSIM_SLOTS(X)						\
	X(0, "uquery")							\
	X(1, "cap")							\
	X(2, "buf")							\
	X(3, "start")							\
	X(4, "tquery")							\
	X(5, "setlevel")						\
	X(6, "getlevel")						\
	X(7, "data")

/* One for each log, at PFRUSIM_LOG_OFF: the only truth about the rings */
#define PFRUSIM_LOG(W, D)						\
	D(LBAL, LBAH, base, 0, "ring: physical address")		\
	W(LSIZ, size, PFRUSIM_RING_SIZE, "ring: bytes")			\
	W(LLIV, live, 0, "0 until something was logged")		\
	W(LPOS, pos, 0, "write position = size of chunk2")		\
	W(LROL, rollover, 0, "times the ring has wrapped")		\
	W(LRST, reset, 4, "times the log was emptied")			\
	W(LTOT, total, 0, "bytes ever written, modulo 2^32")

#define PFRUSIM_LOG_OFF		0x600
#define PFRUSIM_LOG_SIZE	0x20
#define PFRUSIM_LOGS(X)							\
	X(0, "exec")							\
	X(1, "history")

#ifndef PFRUSIM_ASL

#include <stdint.h>

#define PFRUSIM_C_W(asl, name, val, help)	uint32_t name;
#define PFRUSIM_C_D(lo, hi, name, val, help)	uint64_t name;
#define PFRUSIM_C_G(asl, name, val, help)	uint8_t name[16];
#define PFRUSIM_C_B(asl, name, bits, val, help)	uint8_t name[bits / 8];

struct pfrusim_page {
	PFRUSIM_PAGE(PFRUSIM_C_W, PFRUSIM_C_D, PFRUSIM_C_G, PFRUSIM_C_B)
} __attribute__((packed));

struct pfrusim_slot {
	PFRUSIM_SLOT(PFRUSIM_C_W, PFRUSIM_C_D)
} __attribute__((packed));

struct pfrusim_log {
	PFRUSIM_LOG(PFRUSIM_C_W, PFRUSIM_C_D)
} __attribute__((packed));

_Static_assert(sizeof(struct pfrusim_page) <= PFRUSIM_SLOT_OFF, "page");
_Static_assert(sizeof(struct pfrusim_slot) == PFRUSIM_SLOT_SIZE, "slot");
_Static_assert(sizeof(struct pfrusim_log) == PFRUSIM_LOG_SIZE, "log");

#endif /* PFRUSIM_ASL */
#endif /* PFRUSIM_H */
