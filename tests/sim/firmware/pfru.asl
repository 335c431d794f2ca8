/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SSDT of the firmware model: one container device for each instance, with
 * the update and the telemetry device in it. Goes through the C preprocessor
 * for pfrusim.h's numbers. The UEFI application patches PSFL, PSA0 and PSA1;
 * as they stand they suit -acpitable with memmap=4M$0x30000000.
 */
#define PFRUSIM_ASL
#include "pfrusim.h"

DefinitionBlock ("", "SSDT", 2, "PFRU", "PFRUSIM", PFRUSIM_VERSION)
{
	Scope (\_SB)
	{
		Name (PSFL, PFRUSIM_FL_MARK | PFRUSIM_FL_DEFAULT)
		Name (PSA0, PFRUSIM_FIXED_CTL0)
		Name (PSA1, PFRUSIM_FIXED_CTL1)

#define PS_DEVICE PFS0
#define PS_UID 0
#define PS_PORTS_U PFRUSIM_PORTS_U0
#define PS_PORTS_T PFRUSIM_PORTS_T0
#define PS_NO_DSM_U PFRUSIM_FL_NO_DSM_U0
#define PS_NO_DSM_T PFRUSIM_FL_NO_DSM_T0
#define PS_CONTROL PSA0
#include "pfru-instance.asl"

		If (PSFL & PFRUSIM_FL_TWO)
		{
#undef PS_DEVICE
#undef PS_UID
#undef PS_PORTS_U
#undef PS_PORTS_T
#undef PS_NO_DSM_U
#undef PS_NO_DSM_T
#undef PS_CONTROL
#define PS_DEVICE PFS1
#define PS_UID 1
#define PS_PORTS_U PFRUSIM_PORTS_U1
#define PS_PORTS_T PFRUSIM_PORTS_T1
#define PS_NO_DSM_U PFRUSIM_FL_NO_DSM_U1
#define PS_NO_DSM_T PFRUSIM_FL_NO_DSM_T1
#define PS_CONTROL PSA1
#include "pfru-instance.asl"
		}
	}
}
