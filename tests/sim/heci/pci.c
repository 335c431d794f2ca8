// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The PCI function: 256 bytes of configuration space with power management
 * and MSI, the firmware status registers in it, and the one interrupt. QEMU
 * emulates most of a write's effect; what counts here is what reads return.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim.h"

#define INTEL			0x8086
#define CLASS_COMMUNICATION	0x0780

/* PCI Local Bus Specification 3.0, 6.1 */
#define PCI_VENDOR		0x00
#define PCI_DEVICE		0x02
#define PCI_COMMAND		0x04
#define  PCI_COMMAND_WRITABLE	0x0546	/* INTx off, SERR, parity, master, mem */
#define PCI_STATUS		0x06
#define  PCI_STATUS_INTERRUPT	0x08
#define  PCI_STATUS_CAPS	0x10
#define PCI_CLASS		0x0a
#define PCI_CACHE_LINE		0x0c
#define PCI_BAR0		0x10
#define  PCI_BAR_MEM64		0x04
#define PCI_SUBVENDOR		0x2c
#define PCI_SUBDEVICE		0x2e
#define PCI_CAPS		0x34
#define PCI_INT_LINE		0x3c
#define PCI_INT_PIN		0x3d

/* the firmware's status, Intel's HFS_1 to HFS_6 */
#define HFS_1			0x40
#define  HFS_1_NORMAL		0x00000245	/* working state 5, initialised */
#define  HFS_1_D0I3		0x80000000
#define HFS_2			0x48
#define HFS_3			0x60
#define  HFS_3_CORPORATE	0x00000030	/* 6:4, which SKU */

/* PCI Bus Power Management Interface Specification 1.2, 3.2 */
#define CAP_PM			0x50
#define  CAP_PM_ID		0x01
#define  CAP_PM_PMC		(CAP_PM + 2)
#define  CAP_PM_VERSION_D3	0x4003	/* version 3, PME from D3hot */
#define  CAP_PM_PMCSR		(CAP_PM + 4)
#define  CAP_PM_WRITABLE	0x0103	/* state, PME enable */
#define  CAP_PM_NO_SOFT_RESET	0x0008

#define CAP_MSI			0x8c
#define  CAP_MSI_ID		0x05
#define  CAP_MSI_CONTROL	(CAP_MSI + 2)
#define  CAP_MSI_64BIT		0x0080
#define  CAP_MSI_ENABLE		0x0001
#define  CAP_MSI_ADDRESS	(CAP_MSI + 4)
#define  CAP_MSI_DATA		(CAP_MSI + 12)

static uint8_t config[PCI_CONFIG_SIZE], writable[PCI_CONFIG_SIZE];
static uint16_t device_id;
static bool has_d0i3, is_gone;

static struct {
	int msi, intx;			/* eventfds, -1: none */
	bool level, masked;
	unsigned long count;
} irq = { .msi = -1, .intx = -1 };

static void set16(unsigned int offset, uint16_t value, uint16_t mask)
{
	put16(config + offset, value);
	put16(writable + offset, mask);
}

static void set32(unsigned int offset, uint32_t value, uint32_t mask)
{
	put32(config + offset, value);
	put32(writable + offset, mask);
}

void pci_init(uint16_t device, bool d0i3)
{
	device_id = device;
	has_d0i3 = d0i3;
	pci_reset();
}

void pci_reset(void)
{
	memset(config, 0, sizeof(config));
	memset(writable, 0, sizeof(writable));
	set16(PCI_VENDOR, INTEL, 0);
	set16(PCI_DEVICE, device_id, 0);
	set16(PCI_COMMAND, 0, PCI_COMMAND_WRITABLE);
	set16(PCI_STATUS, PCI_STATUS_CAPS, 0);
	set16(PCI_CLASS, CLASS_COMMUNICATION, 0);
	writable[PCI_CACHE_LINE] = 0xff;
	set32(PCI_BAR0, PCI_BAR_MEM64, -(uint32_t)PCI_BAR0_SIZE);
	set32(PCI_BAR0 + 4, 0, ~0u);
	set16(PCI_SUBVENDOR, INTEL, 0);
	set16(PCI_SUBDEVICE, device_id, 0);
	config[PCI_CAPS] = CAP_PM;
	writable[PCI_INT_LINE] = 0xff;
	config[PCI_INT_PIN] = 1;

	set32(HFS_1, HFS_1_NORMAL | (has_d0i3 ? HFS_1_D0I3 : 0), 0);
	set32(HFS_3, HFS_3_CORPORATE, 0);

	set16(CAP_PM, CAP_PM_ID | CAP_MSI << 8, 0);
	set16(CAP_PM_PMC, CAP_PM_VERSION_D3, 0);
	set16(CAP_PM_PMCSR, CAP_PM_NO_SOFT_RESET, CAP_PM_WRITABLE);
	set16(CAP_MSI, CAP_MSI_ID, 0);
	set16(CAP_MSI_CONTROL, CAP_MSI_64BIT, CAP_MSI_ENABLE);
	set32(CAP_MSI_ADDRESS, 0, ~3u);
	set32(CAP_MSI_ADDRESS + 4, 0, ~0u);
	set16(CAP_MSI_DATA, 0, 0xffff);
}

/* the caller has checked the range, as for pci_write */
void pci_read(uint32_t offset, uint8_t *data, uint32_t count)
{
	if (is_gone) {
		memset(data, 0xff, count);
		return;
	}
	memcpy(data, config + offset, count);
	if (irq.level && offset <= PCI_STATUS && offset + count > PCI_STATUS)
		data[PCI_STATUS - offset] |= PCI_STATUS_INTERRUPT;
}

void pci_write(uint32_t offset, const uint8_t *data, uint32_t count)
{
	uint32_t i;
	uint8_t w;

	if (is_gone)
		return;
	for (i = 0; i < count; i++) {
		w = writable[offset + i];
		config[offset + i] = (config[offset + i] & ~w) | (data[i] & w);
	}
}

/* pci_set_gone - a device pulled out: every read is all ones */
void pci_set_gone(bool gone)
{
	is_gone = gone;
}

bool pci_gone(void)
{
	return is_gone;
}

static void signal_fd(int fd)
{
	uint64_t one = 1;

	irq.count++;
	/* full only when nobody has read 2^64 of them */
	if (write(fd, &one, sizeof(one)) != sizeof(one))
		note("interrupt: the event descriptor takes no more");
}

/* INTx is masked with each interrupt, until the host says it is served */
static void intx_fire(void)
{
	if (irq.msi >= 0 || irq.intx < 0 || irq.masked || !irq.level)
		return;
	irq.masked = true;
	signal_fd(irq.intx);
}

/* irq_set_level - MSI is the edge of this level, INTx the level itself */
void irq_set_level(bool level)
{
	bool edge = level && !irq.level;

	irq.level = level;
	if (is_gone)
		return;
	if (edge && irq.msi >= 0)
		signal_fd(irq.msi);
	intx_fire();
}

void irq_set_eventfd(bool msi, int fd)
{
	int *slot = msi ? &irq.msi : &irq.intx;

	if (*slot >= 0)
		close(*slot);
	*slot = fd;
	if (!msi)
		irq.masked = false;
	intx_fire();
}

void irq_set_mask(bool masked)
{
	irq.masked = masked;
	intx_fire();
}

/* irq_trigger - for a client that tests the way of an interrupt */
void irq_trigger(bool msi)
{
	int fd = msi ? irq.msi : irq.intx;

	if (fd >= 0)
		signal_fd(fd);
}

const char *irq_mode(void)
{
	if (irq.msi >= 0)
		return "msi";
	return irq.intx >= 0 ? "intx" : "none";
}

unsigned long irq_count(void)
{
	return irq.count;
}
