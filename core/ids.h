/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the firmware's devices.
 */
#ifndef PFRU_CORE_IDS_H
#define PFRU_CORE_IDS_H

/* ACPI hardware ids */
#define PFRU_UPDATE_HID		"INTC1080"
#define PFRU_TELEMETRY_HID	"INTC1081"

#endif /* PFRU_CORE_IDS_H */
