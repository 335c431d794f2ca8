/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the firmware's devices, and of the drivers that serve them. The names in
 * data/ are checked against this file.
 */
#ifndef PFRU_CORE_IDS_H
#define PFRU_CORE_IDS_H

/* ACPI hardware ids */
#define PFRU_UPDATE_HID		"INTC1080"
#define PFRU_TELEMETRY_HID	"INTC1081"

/* drivers of the module pfru, and the devices that are made for them */
#define PFRU_UPDATE_NAME	"pfru_update"
#define PFRU_TELEMETRY_NAME	"pfru_telemetry"
/* also the directory in sysfs, and the thread */
#define PFRU_WATCHDOG_NAME	"pfru_watchdog"

/* mainline's drivers for the same devices, and their modules */
#define PFRU_MAINLINE_UPDATE	"pfr_update"
#define PFRU_MAINLINE_TELEMETRY	"pfr_telemetry"
#define PFRU_MAINLINE_WATCHDOG	"mei_wdt"

/* the MEI client that is AMT's watchdog, in one of the forms below */
#define PFRU_WATCHDOG_UUID(form) \
	form(05b79a6f, 4628, 4d7f, 89, 9d, a9, 15, 14, cb, 32, ab)

/* as text */
#define PFRU_UUID_TEXT(a, b, c, d, e, f, g, h, i, j, k) \
	(#a "-" #b "-" #c "-" #d #e "-" #f #g #h #i #j #k)

/* as UUID_LE() of the kernel makes one */
#define PFRU_UUID_LE(a, b, c, d, e, f, g, h, i, j, k) \
	UUID_LE(0x##a, 0x##b, 0x##c, 0x##d, 0x##e, 0x##f, 0x##g, 0x##h, 0x##i, \
		0x##j, 0x##k)

/* as the 16 bytes of a uuid_le, for an initializer */
#define PFRU_UUID_BYTES(a, b, c, d, e, f, g, h, i, j, k) \
	{ 0x##a & 0xff, 0x##a >> 8 & 0xff, 0x##a >> 16 & 0xff, 0x##a >> 24, \
	  0x##b & 0xff, 0x##b >> 8, 0x##c & 0xff, 0x##c >> 8, 0x##d, 0x##e, \
	  0x##f, 0x##g, 0x##h, 0x##i, 0x##j, 0x##k }

#endif /* PFRU_CORE_IDS_H */
