/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Platform Firmware Runtime Update and Telemetry: the interface between
 * pfru.ko and user space. One module serves two families of command numbers,
 * that of the first published proposal (/dev/pfru/...) and that of Linux 5.17
 * and later (/dev/acpi_pfr_...); no number is used twice on a node.
 * All structures are little-endian and have no implicit padding.
 */
#ifndef _UAPI_LINUX_PFRU_H
#define _UAPI_LINUX_PFRU_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PFRU_IOC_MAGIC			0xEE

/**
 * enum pfru_status - first element of every answer of the firmware
 * @PFRU_STATUS_SUCCESS: done
 * @PFRU_STATUS_NOT_SUPPORTED: function or revision unknown, errno EOPNOTSUPP
 * @PFRU_STATUS_INVALID_INPUT: refused as wrong, errno EINVAL
 * @PFRU_STATUS_HARDWARE_ERROR: errno EIO
 * @PFRU_STATUS_RETRY: busy, try again later, errno EAGAIN
 * @PFRU_STATUS_UNKNOWN: unknown failure, errno EIO
 * @PFRU_STATUS_SPECIFIC: failure of this function, see the extended status,
 *	errno EPROTO
 * @PFRU_STATUS_NONE: the firmware was not asked, or gave no usable answer
 *
 * The meaning of the extended status that comes with it is the firmware
 * vendor's. Any other value is an unknown failure, errno EIO.
 */
enum pfru_status {
	PFRU_STATUS_SUCCESS		= 0,
	PFRU_STATUS_NOT_SUPPORTED	= 1,
	PFRU_STATUS_INVALID_INPUT	= 2,
	PFRU_STATUS_HARDWARE_ERROR	= 3,
	PFRU_STATUS_RETRY		= 4,
	PFRU_STATUS_UNKNOWN		= 5,
	PFRU_STATUS_SPECIFIC		= 6,
};

#define PFRU_STATUS_NONE		0xFFFFFFFFU

/**
 * enum pfru_reason - why something was refused, more exact than an errno
 * @PFRU_REASON_NONE: nothing was refused
 * @PFRU_REASON_SHORT: too few bytes to be a capsule
 * @PFRU_REASON_CAPSULE_GUID: not a firmware management capsule
 * @PFRU_REASON_HEADER_SIZE: HeaderSize below 28 or past the end
 * @PFRU_REASON_CAPSULE_SIZE: CapsuleImageSize is not the number of bytes given,
 *	or leaves no room for the headers
 * @PFRU_REASON_TOO_BIG: more than the communication buffer holds, errno EFBIG
 * @PFRU_REASON_FMP_SHORT: management header or its offset list past the end
 * @PFRU_REASON_FMP_VERSION: management header of an unknown version
 * @PFRU_REASON_NO_PAYLOAD: no payload item
 * @PFRU_REASON_ITEM_OFFSET: an item's offset lies outside the capsule
 * @PFRU_REASON_ITEM_ORDER: items out of order or overlapping
 * @PFRU_REASON_IMAGE_SHORT: image header past the end of its item
 * @PFRU_REASON_IMAGE_VERSION: image header of an unknown version
 * @PFRU_REASON_IMAGE_SIZE: UpdateImageSize past the end of its item
 * @PFRU_REASON_VENDOR_CODE: vendor code is not supported
 * @PFRU_REASON_DEPENDENCY: a dependency expression is not supported
 * @PFRU_REASON_AUTH_SHORT: authentication header past the end of the image
 * @PFRU_REASON_AUTH_LENGTH: dwLength below 24 or past the end of the image
 * @PFRU_REASON_AUTH_TYPE: certificate of an unknown revision, type or GUID
 * @PFRU_REASON_PAYLOAD_SHORT: too few bytes for a payload header
 * @PFRU_REASON_PAYLOAD_HEADER: payload header size too small or past the end
 * @PFRU_REASON_PAYLOAD_WRAPPED: another header ("MSS1") before the payload's
 * @PFRU_REASON_IMAGE_TYPE: image type is neither of the platform's two
 * @PFRU_REASON_PLATFORM_ID: made for another platform
 * @PFRU_REASON_RT_VERSION: code injection older than what runs
 * @PFRU_REASON_SVN: driver update with a lower security version than what runs
 * @PFRU_REASON_PAST_END: a write went past CapsuleImageSize
 * @PFRU_REASON_COMPLETE: a write followed a complete capsule
 * @PFRU_REASON_FIRMWARE: the firmware answered with a status other than success
 * @PFRU_REASON_NO_ANSWER: the firmware method failed, errno EIO
 * @PFRU_REASON_BAD_ANSWER: an answer that is no package, errno EPROTO; found is
 *	its ACPI object type
 * @PFRU_REASON_BUFFER: communication buffer's address or size not usable, or
 *	impossible to map, errno EPROTO; found is the address
 * @PFRU_REASON_LOG_BUFFER: telemetry buffer's address or size not usable, or
 *	impossible to map, errno EPROTO; found is the address
 * @PFRU_REASON_ANSWER_COUNT: an answer of too few elements, errno EPROTO
 * @PFRU_REASON_ANSWER_TYPE: an element of the wrong ACPI object type, errno
 *	EPROTO; offset is the element's index, here and in the next two
 * @PFRU_REASON_ANSWER_LENGTH: a buffer of the wrong length, errno EPROTO
 * @PFRU_REASON_ANSWER_RANGE: an integer of more than 32 bits, errno EPROTO
 *
 * errno is EINVAL where no other is named. Offsets count from the first byte of
 * the capsule.
 *
 * After PFRU_REASON_NO_ANSWER, PFRU_REASON_BAD_ANSWER, and PFRU_REASON_ANSWER_COUNT
 * up to PFRU_REASON_ANSWER_RANGE, the firmware may have done what it was asked: an
 * activation that ends so has an unknown outcome.
 */
enum pfru_reason {
	PFRU_REASON_NONE		= 0,
	PFRU_REASON_SHORT		= 1,
	PFRU_REASON_CAPSULE_GUID	= 2,
	PFRU_REASON_HEADER_SIZE		= 3,
	PFRU_REASON_CAPSULE_SIZE	= 4,
	PFRU_REASON_TOO_BIG		= 5,
	PFRU_REASON_FMP_SHORT		= 6,
	PFRU_REASON_FMP_VERSION		= 7,
	PFRU_REASON_NO_PAYLOAD		= 8,
	PFRU_REASON_ITEM_OFFSET		= 9,
	PFRU_REASON_ITEM_ORDER		= 10,
	PFRU_REASON_IMAGE_SHORT		= 11,
	PFRU_REASON_IMAGE_VERSION	= 12,
	PFRU_REASON_IMAGE_SIZE		= 13,
	PFRU_REASON_VENDOR_CODE		= 14,
	PFRU_REASON_DEPENDENCY		= 15,
	PFRU_REASON_AUTH_SHORT		= 16,
	PFRU_REASON_AUTH_LENGTH		= 17,
	PFRU_REASON_AUTH_TYPE		= 18,
	PFRU_REASON_PAYLOAD_SHORT	= 19,
	PFRU_REASON_PAYLOAD_HEADER	= 20,
	PFRU_REASON_PAYLOAD_WRAPPED	= 21,
	PFRU_REASON_IMAGE_TYPE		= 22,
	PFRU_REASON_PLATFORM_ID		= 23,
	PFRU_REASON_RT_VERSION		= 24,
	PFRU_REASON_SVN			= 25,
	PFRU_REASON_PAST_END		= 26,
	PFRU_REASON_COMPLETE		= 27,
	PFRU_REASON_FIRMWARE		= 28,
	PFRU_REASON_NO_ANSWER		= 29,
	PFRU_REASON_BAD_ANSWER		= 30,
	PFRU_REASON_BUFFER		= 31,
	PFRU_REASON_LOG_BUFFER		= 32,
	PFRU_REASON_ANSWER_COUNT	= 33,
	PFRU_REASON_ANSWER_TYPE		= 34,
	PFRU_REASON_ANSWER_LENGTH	= 35,
	PFRU_REASON_ANSWER_RANGE	= 36,
};

/**
 * enum pfru_action - the action that a struct pfru_result describes
 * @PFRU_ACTION_NONE: nothing yet
 * @PFRU_ACTION_LOAD: write()
 * @PFRU_ACTION_STAGE: PFRU_IOC_STAGE
 * @PFRU_ACTION_ACTIVATE: PFRU_IOC_ACTIVATE
 * @PFRU_ACTION_STAGE_ACTIVATE: PFRU_IOC_STAGE_ACTIVATE
 * @PFRU_ACTION_QUERY: read() or PFRU_IOC_QUERY_CAP; recorded when it failed
 * @PFRU_ACTION_BUFFER: PFRU_IOC_GET_BUF_SIZE; recorded when it failed
 * @PFRU_ACTION_SET_LEVEL: setting the telemetry level
 * @PFRU_ACTION_GET_LEVEL: reading the telemetry level; recorded when it failed
 * @PFRU_ACTION_GET_DATA: PFRU_IOC_GET_DATA_INFO, or read() and mmap() of the
 *	log; recorded when it failed
 */
enum pfru_action {
	PFRU_ACTION_NONE		= 0,
	PFRU_ACTION_LOAD		= 1,
	PFRU_ACTION_STAGE		= 2,
	PFRU_ACTION_ACTIVATE		= 3,
	PFRU_ACTION_STAGE_ACTIVATE	= 4,
	PFRU_ACTION_QUERY		= 5,
	PFRU_ACTION_BUFFER		= 6,
	PFRU_ACTION_SET_LEVEL		= 7,
	PFRU_ACTION_GET_LEVEL		= 8,
	PFRU_ACTION_GET_DATA		= 9,
};

/**
 * struct pfru_capability - what the platform can update, and what runs now
 * @status: enum pfru_status of the query
 * @update_cap: bitmap; the meaning of its bits is not public
 * @code_type: image type GUID of a code injection, EFI byte order
 * @fw_version: version of the system firmware
 * @code_rt_version: runtime version of the injected code
 * @drv_type: image type GUID of a driver update, EFI byte order
 * @drv_rt_version: runtime version of the updated driver
 * @drv_svn: security version of the updated driver
 * @platform_id: GUID of the platform, EFI byte order
 * @oem_id: GUID of the OEM, EFI byte order
 * @oem_info_len: bytes of OEM information that the firmware gave
 *
 * read() of the update node gives the first PFRU_CAPABILITY_READ_SIZE bytes,
 * then the OEM information itself, at most PFRU_OEM_INFO_MAX bytes of it.
 */
struct pfru_capability {
	__u32 status;
	__u32 update_cap;
	__u8 code_type[16];
	__u32 fw_version;
	__u32 code_rt_version;
	__u8 drv_type[16];
	__u32 drv_rt_version;
	__u32 drv_svn;
	__u8 platform_id[16];
	__u8 oem_id[16];
	__u32 oem_info_len;
};

#define PFRU_CAPABILITY_READ_SIZE	88
#define PFRU_OEM_INFO_MAX		4096

/**
 * struct pfru_log_data_info - where the telemetry lies and how much of it
 * @status: enum pfru_status
 * @ext_status: the firmware vendor's
 * @chunk1_addr_lo: physical address of the older part, low 32 bits
 * @chunk1_addr_hi: high 32 bits
 * @chunk2_addr_lo: physical address of the newest part, low 32 bits
 * @chunk2_addr_hi: high 32 bits; both 0 before the first update
 * @max_data_size: bytes of the whole ring
 * @chunk1_size: valid bytes of the older part
 * @chunk2_size: valid bytes of the newest part, counted from the ring's base
 * @rollover_cnt: how often the ring has wrapped
 * @reset_cnt: how often the log was reset
 * @zero: 0; implicit padding in other headers of this interface
 */
struct pfru_log_data_info {
	__u32 status;
	__u32 ext_status;
	__u64 chunk1_addr_lo;
	__u64 chunk1_addr_hi;
	__u64 chunk2_addr_lo;
	__u64 chunk2_addr_hi;
	__u32 max_data_size;
	__u32 chunk1_size;
	__u32 chunk2_size;
	__u32 rollover_cnt;
	__u32 reset_cnt;
	__u32 zero;
};

/**
 * struct pfru_log_info - settings of the telemetry
 * @log_level: enum pfru_log_level; the firmware's, the same for everybody
 * @log_type: enum pfru_log_type; of this open file
 * @log_revid: revision of the firmware interface, 1 or 2; of this open file
 *
 * When setting, PFRU_LOG_UNCHANGED leaves a member as it is.
 */
struct pfru_log_info {
	__u32 log_level;
	__u32 log_type;
	__u32 log_revid;
};

#define PFRU_LOG_UNCHANGED		0xFFFFFFFFU

/**
 * enum pfru_log_level - how much the firmware logs
 * @PFRU_LOG_ERROR: errors
 * @PFRU_LOG_WARNING: and warnings
 * @PFRU_LOG_INFO: and information
 * @PFRU_LOG_VERBOSE: everything; 3 is not a level
 */
enum pfru_log_level {
	PFRU_LOG_ERROR			= 0,
	PFRU_LOG_WARNING		= 1,
	PFRU_LOG_INFO			= 2,
	PFRU_LOG_VERBOSE		= 4,
};

/**
 * enum pfru_log_type - the two telemetry buffers
 * @PFRU_LOG_EXECUTION: of the updates since the last reset
 * @PFRU_LOG_HISTORY: of all updates
 */
enum pfru_log_type {
	PFRU_LOG_EXECUTION		= 0,
	PFRU_LOG_HISTORY		= 1,
};

/**
 * struct pfru_result - how the last action or refusal of an open file ended
 * @action: enum pfru_action
 * @error: 0, or the negative errno that the action returned
 * @status: enum pfru_status, PFRU_STATUS_NONE when there was no usable answer
 * @ext_status: extended status, the firmware vendor's; 0 without an answer
 * @auth_time: nanoseconds the firmware spent authenticating; 0 when it reported none,
 *	or an impossible one
 * @exec_time: nanoseconds the firmware spent executing, likewise
 * @reason: enum pfru_reason
 * @zero: 0
 * @offset: what @reason concerns: a byte of the capsule, or an element's index
 * @found: the number found there, or what was left
 * @expected: the number expected, or what was needed
 */
struct pfru_result {
	__u32 action;
	__s32 error;
	__u32 status;
	__u32 ext_status;
	__u64 auth_time;
	__u64 exec_time;
	__u32 reason;
	__u32 zero;
	__u64 offset;
	__u64 found;
	__u64 expected;
};

/*
 * Linux's own <linux/pfrut.h> defines some of these commands, too, with the same
 * numbers. It can be included before or after this header: where both headers
 * define a command with the same words it is a macro here, too, since C allows a
 * definition to be repeated. Commands that name a structure of one header are constants, which
 * #ifdef does not see. __extension__: some do not fit into an int.
 */
#define PFRUT_IOCTL_MAGIC 0xEE
#ifdef __cplusplus
#define PFRU_CONSTANT(name, number) static const unsigned int name = number
#else
#define PFRU_CONSTANT(name, number) \
	__extension__ enum name##_number { name = number }
#endif

/*
 * The update node.
 *
 * Common to every command of both nodes: EPERM without CAP_SYS_RAWIO where it
 * is asked for, EFAULT for a bad pointer, ENODEV after the device was unbound,
 * EAGAIN when the file is O_NONBLOCK and the device busy, EINTR when killed
 * while waiting, ENOTTY for an unknown number. After a call of the firmware,
 * also the errno of enum pfru_status and enum pfru_reason.
 */

/**
 * PFRU_IOC_SET_REV - set the revision this file uses, and the default of later
 * opens: 1 or 2, else EINVAL. No firmware call.
 */
#ifndef PFRU_IOC_SET_REV
#define PFRU_IOC_SET_REV _IOW(PFRUT_IOCTL_MAGIC, 0x01, unsigned int)
#endif

/**
 * PFRU_IOC_STAGE - authenticate the loaded capsule. The argument is ignored.
 * ENODATA when no complete capsule is loaded, EBUSY while another file loads
 * one. One firmware call. CAP_SYS_RAWIO.
 */
#ifndef PFRU_IOC_STAGE
#define PFRU_IOC_STAGE _IOW(PFRUT_IOCTL_MAGIC, 0x02, unsigned int)
#endif
/** PFRU_IOC_STATGE - the same, as the first proposal spells it */
#define PFRU_IOC_STATGE		PFRU_IOC_STAGE

/**
 * PFRU_IOC_ACTIVATE - activate what is staged. The argument is ignored.
 * EBUSY while another file loads a capsule. One firmware call. CAP_SYS_RAWIO.
 * A capsule that is loaded and not staged takes no part in it: it is dropped,
 * unless the firmware answers PFRU_STATUS_RETRY.
 */
#ifndef PFRU_IOC_ACTIVATE
#define PFRU_IOC_ACTIVATE _IOW(PFRUT_IOCTL_MAGIC, 0x03, unsigned int)
#endif

/**
 * PFRU_IOC_STAGE_ACTIVATE - both in one firmware call; errno as
 * PFRU_IOC_STAGE. CAP_SYS_RAWIO.
 */
#ifndef PFRU_IOC_STAGE_ACTIVATE
#define PFRU_IOC_STAGE_ACTIVATE _IOW(PFRUT_IOCTL_MAGIC, 0x04, unsigned int)
#endif

/** PFRU_IOC_QUERY_CAP - the capability. One firmware call. */
#ifndef PFRU_IOC_QUERY_CAP
PFRU_CONSTANT(PFRU_IOC_QUERY_CAP,
	      _IOR(PFRU_IOC_MAGIC, 0x05, struct pfru_capability));
#endif

/**
 * PFRU_IOC_GET_RESULT - how this file's last action or refusal ended; ENODATA
 * before any. On both nodes. No firmware call.
 */
#define PFRU_IOC_GET_RESULT	_IOR(PFRU_IOC_MAGIC, 0x10, struct pfru_result)

/** PFRU_IOC_GET_BUF_SIZE - bytes the buffer for capsules holds. One firmware call. */
#define PFRU_IOC_GET_BUF_SIZE	_IOR(PFRU_IOC_MAGIC, 0x11, __u32)

/**
 * PFRU_IOC_GET_CACHED_CAP - the capability as last queried; ENODATA when it is
 * not known or no longer true. No firmware call.
 */
#define PFRU_IOC_GET_CACHED_CAP	_IOR(PFRU_IOC_MAGIC, 0x12, struct pfru_capability)

/*
 * The telemetry node, numbers of the first proposal.
 */

/**
 * PFRU_LOG_IOC_SET_INFO - set level, type and revision. EINVAL for a value that
 * does not exist: then nothing changes. One firmware call when the level is
 * set, which needs CAP_SYS_RAWIO; none otherwise.
 */
#define PFRU_LOG_IOC_SET_INFO	_IOW(PFRU_IOC_MAGIC, 0x05, struct pfru_log_info)
#define PFRU_IOC_SET_LOG_INFO	PFRU_LOG_IOC_SET_INFO

/** PFRU_LOG_IOC_GET_INFO - read level, type and revision. One firmware call. */
#define PFRU_LOG_IOC_GET_INFO	_IOR(PFRU_IOC_MAGIC, 0x06, struct pfru_log_info)
#define PFRU_IOC_GET_LOG_INFO	PFRU_LOG_IOC_GET_INFO

/**
 * PFRU_LOG_IOC_GET_DATA_INFO - where this file's type of log lies; succeeds
 * before the first update, with addresses of 0. One firmware call.
 */
#define PFRU_LOG_IOC_GET_DATA_INFO \
	_IOR(PFRU_IOC_MAGIC, 0x07, struct pfru_log_data_info)
#define PFRU_IOC_GET_DATA_INFO	PFRU_LOG_IOC_GET_DATA_INFO

/*
 * The same three, numbers of Linux 5.17 and later.
 */
#ifndef PFRT_LOG_IOC_SET_INFO
PFRU_CONSTANT(PFRT_LOG_IOC_SET_INFO,
	      _IOW(PFRU_IOC_MAGIC, 0x06, struct pfru_log_info));
#endif
#ifndef PFRT_LOG_IOC_GET_INFO
PFRU_CONSTANT(PFRT_LOG_IOC_GET_INFO,
	      _IOR(PFRU_IOC_MAGIC, 0x07, struct pfru_log_info));
#endif
#ifndef PFRT_LOG_IOC_GET_DATA_INFO
PFRU_CONSTANT(PFRT_LOG_IOC_GET_DATA_INFO,
	      _IOR(PFRU_IOC_MAGIC, 0x08, struct pfru_log_data_info));
#endif
#undef PFRU_CONSTANT

#endif /* _UAPI_LINUX_PFRU_H */
