/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What passes from the opener, which is root, to the daemon, which is not: one
 * message, and with it a descriptor that is connected to LME and to nothing else.
 * Both are the same program.
 */
#ifndef AMT_LMS_HANDOVER_H
#define AMT_LMS_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#define HANDOVER_PATH_MAX 64

/**
 * enum handover_refusal - why the opener does not hand over what it could
 * @HANDOVER_GIVEN: it does, or could not open it: see @problem
 * @HANDOVER_AFFECTED: firmware is affected by INTEL-SA-00075
 * @HANDOVER_UNKNOWN: firmware does not say what version it is
 * @HANDOVER_CONFIG: the configuration is wrong
 * @HANDOVER_HELD: others hold the client of the firmware that says what version it is
 */
enum handover_refusal {
	HANDOVER_GIVEN,
	HANDOVER_AFFECTED,
	HANDOVER_UNKNOWN,
	HANDOVER_CONFIG,
	HANDOVER_HELD,
};

/**
 * struct handover - the message
 * @problem: enum mei_problem
 * @refusal: enum handover_refusal
 * @error: errno of the problem, 0 without one
 * @mtu: the largest message that AMT takes, in bytes
 * @path: the engine's node, terminated, empty when it is not known
 */
struct handover {
	uint32_t problem;
	uint32_t refusal;
	int32_t error;
	uint32_t mtu;
	char path[HANDOVER_PATH_MAX];
};

/**
 * handover_send() - send it
 * @socket: connected, of messages
 * @handover: the message
 * @fd: the descriptor, -1 without one
 */
bool handover_send(int socket, const struct handover *handover, int fd);

/**
 * handover_receive() - take it; does not wait
 * @socket: connected, of messages
 * @handover: set
 * @fd: set, -1 without one
 *
 * Return: false when there is no message or it is not one of these
 */
bool handover_receive(int socket, struct handover *handover, int *fd);

#endif /* AMT_LMS_HANDOVER_H */
