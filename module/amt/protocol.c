// SPDX-License-Identifier: GPL-2.0-only
/*
 * The messages of AMT's watchdog client: DMTF DSP0136 2.0, 5.1.4, where starts
 * and stops come from, with AMT's own answers. Calls nothing of the kernel.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#else
#include <errno.h>
#endif

#include "protocol.h"

/* bytes of a header: command, bytes after this one, subcommand, version */
#define COMMAND	   0
#define BYTE_COUNT 1
#define SUBCOMMAND 2
#define VERSION	   3
#define HEADER	   4

#define MANAGEMENT   0x02 /* the command of them all */
#define START	     0x13
#define STOP	     0x14
#define START_ANSWER 0x83
#define VERSION_1_0  0x10

/* after the header of a start: the timeout, little-endian, and 17 zeros */
#define START_TIMEOUT 4

/* after the header of an answer */
#define ANSWER_STATUS 4
#define ANSWER_STATE  5
#define ANSWER	      6
#define NOT_REQUIRED  0x01 /* in the state */

static size_t make(__u8 *message, __u8 subcommand, size_t length)
{
	memset(message, 0, length);
	message[COMMAND] = MANAGEMENT;
	message[BYTE_COUNT] = length - SUBCOMMAND;
	message[SUBCOMMAND] = subcommand;
	message[VERSION] = VERSION_1_0;
	return length;
}

size_t pfru_amt_start(__u8 *message, __u16 timeout)
{
	make(message, START, PFRU_AMT_MESSAGE);
	message[START_TIMEOUT] = timeout & 0xff;
	message[START_TIMEOUT + 1] = timeout >> 8;
	return PFRU_AMT_MESSAGE;
}

size_t pfru_amt_stop(__u8 *message)
{
	return make(message, STOP, HEADER);
}

enum pfru_amt_answer pfru_amt_answer(const __u8 *bytes, size_t length)
{
	if (!length)
		return PFRU_AMT_EMPTY;
	/* no driver has ever checked the byte count, so firmware may get it wrong */
	if (length < ANSWER || bytes[COMMAND] != MANAGEMENT ||
	    bytes[SUBCOMMAND] != START_ANSWER || bytes[VERSION] != VERSION_1_0)
		return PFRU_AMT_OTHER;
	if (bytes[ANSWER_STATUS])
		return PFRU_AMT_REFUSED;
	return bytes[ANSWER_STATE] & NOT_REQUIRED ? PFRU_AMT_UNWANTED :
						    PFRU_AMT_WANTED;
}

int pfru_amt_sent(long result, size_t length)
{
	switch (result) {
	case -ETIME:
	case -EINTR:
		return -ETIMEDOUT;
	case -EFAULT: /* disconnected while the message waited */
	case -ENOTTY: /* the firmware has removed the client */
		return -ENODEV;
	case -EIO: /* of the bus; a refusal by the firmware is an answer */
		return -ECOMM;
	}
	if (result < 0)
		return result;
	return (size_t)result == length ? 0 : -ECOMM;
}
