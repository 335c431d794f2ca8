// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The "state independence" messages of AMT.
 */
#include "core/ids.h"
#include "wd.h"

#define TRANSITION_ALLOWED 0x01
#define ENABLED		   0x02
#define TLS_ENFORCED	   0x40
#define EXTENDED	   0x80

const uint8_t wd_uuid[16] = PFRU_WATCHDOG_UUID(PFRU_UUID_BYTES);

/* command, bytes that follow, subcommand, version */
const uint8_t wd_request[WD_REQUEST_SIZE] = { 0x05, 0x02, 0x51, 0x10 };

bool wd_decode(const uint8_t *bytes, size_t size, struct wd_flags *flags)
{
	if (size != 1)
		return false;
	flags->raw = bytes[0];
	flags->transition_allowed = bytes[0] & TRANSITION_ALLOWED;
	flags->extended = bytes[0] & EXTENDED;
	flags->enabled = flags->extended && bytes[0] & ENABLED;
	flags->tls_enforced = flags->extended && bytes[0] & TLS_ENFORCED;
	return true;
}
