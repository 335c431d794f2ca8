/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The "state independence" messages, which AMT accepts on its watchdog client:
 * whether AMT may be switched on or off, and whether it enforces TLS. Pure: no I/O.
 * Never starts a watchdog.
 */
#ifndef CLI_AMT_WD_H
#define CLI_AMT_WD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WD_REQUEST_SIZE 4

/* the MEI client, in the order of bytes that the kernel wants */
extern const uint8_t wd_uuid[16];

/**
 * struct wd_flags - what AMT says of itself
 * @raw: the byte as it came
 * @transition_allowed: AMT may be switched on and off from here
 * @extended: the two below are known (ME 16.1 and later)
 * @enabled: AMT is on
 * @tls_enforced: the local ports take TLS only
 */
struct wd_flags {
	uint8_t raw;
	bool transition_allowed;
	bool extended;
	bool enabled;
	bool tls_enforced;
};

/* asks for the flags */
extern const uint8_t wd_request[WD_REQUEST_SIZE];

/**
 * wd_decode() - take the answer apart
 * @bytes: the message
 * @size: in bytes
 * @flags: set when it is good
 *
 * Return: false when it is not the one byte that it should be
 */
bool wd_decode(const uint8_t *bytes, size_t size, struct wd_flags *flags);

#endif /* CLI_AMT_WD_H */
