/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The messages of AMT's watchdog client. Pure functions over bytes: what is sent,
 * what an answer says, and what the result of a send means.
 */
#ifndef PFRU_AMT_PROTOCOL_H
#define PFRU_AMT_PROTOCOL_H

#include "core/types.h"

/* seconds; the firmware takes no shorter timeout */
#define PFRU_AMT_TIMEOUT_DEFAULT 120
#define PFRU_AMT_TIMEOUT_MIN	 120
#define PFRU_AMT_TIMEOUT_MAX	 65535

#define PFRU_AMT_MESSAGE 23 /* bytes of the longest message */

#define PFRU_AMT_ANSWERS 2 /* the client's version from which on it answers */

/**
 * enum pfru_amt_answer - what a message of the firmware says
 * @PFRU_AMT_WANTED: the start was taken, and AMT wants the watchdog
 * @PFRU_AMT_UNWANTED: AMT does not require the watchdog; it does not run
 * @PFRU_AMT_REFUSED: the start was not taken
 * @PFRU_AMT_EMPTY: no bytes, as some stops are answered
 * @PFRU_AMT_OTHER: not the answer to a start
 */
enum pfru_amt_answer {
	PFRU_AMT_WANTED,
	PFRU_AMT_UNWANTED,
	PFRU_AMT_REFUSED,
	PFRU_AMT_EMPTY,
	PFRU_AMT_OTHER,
};

/**
 * pfru_amt_start() - make a start, which is also the heartbeat
 * @message: PFRU_AMT_MESSAGE bytes, written
 * @timeout: seconds until the firmware reports a hang
 *
 * Return: the message's length in bytes
 */
size_t pfru_amt_start(__u8 *message, __u16 timeout);

/**
 * pfru_amt_stop() - make a stop
 * @message: a buffer of PFRU_AMT_MESSAGE bytes
 *
 * Return: the message's length in bytes
 */
size_t pfru_amt_stop(__u8 *message);

/**
 * pfru_amt_answer() - judge a message of the firmware
 * @bytes: the message
 * @length: its length in bytes, 0 for none
 *
 * Return: what it says
 */
enum pfru_amt_answer pfru_amt_answer(const __u8 *bytes, size_t length);

/**
 * pfru_amt_sent() - what the result of a send means
 * @result: bytes sent, or a negative errno of the MEI driver
 * @length: bytes of the message
 *
 * Return: 0; %-ETIMEDOUT: the firmware did not take it in time; %-ENODEV: the
 * connection is gone; %-ECOMM: sent in part, or not sent by an error of the
 * bus; another negative errno of the MEI driver
 */
int pfru_amt_sent(long result, size_t length);

#endif /* PFRU_AMT_PROTOCOL_H */
