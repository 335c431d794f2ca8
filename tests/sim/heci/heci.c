// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The registers that the host sees behind BAR0: two circular buffers of
 * 4-byte slots, a pair of control and status registers, link reset and power
 * gating. Knows messages only as header and bytes; hbm.c knows what is in them.
 */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define H_CB_WW		0x00
#define H_CSR		0x04
#define ME_CB_RW	0x08
#define ME_CSR_HA	0x0c
#define H_HPG_CSR	0x10
#define H_D0I3C		0x800

/* the lower bits of both sides' CSR */
#define CSR_IE		0x01
#define CSR_IS		0x02
#define CSR_IG		0x04
#define CSR_RDY		0x08
#define CSR_RST		0x10
#define H_CSR_D0I3_IE	0x20
#define H_CSR_D0I3_IS	0x40
#define ME_CSR_PGIC	0x40

#define PG_EXIT		0x01
#define PG_ENTERED	0x02
#define HBM_PG_EXIT	0x0b	/* the one message that passes a shut gate */

#define D0I3_CIP	0x01
#define D0I3_IR		0x02
#define D0I3_I3		0x04

/* the header of a message on the link */
#define HDR_HOST_SHIFT	8
#define HDR_LEN_SHIFT	16
#define HDR_LEN_MAX	0x1ffu
#define HDR_SPECIAL	0x3e000000u	/* reserved, extended, ring, */
#define HDR_COMPLETE	0x80000000u

#define SLOTS		128
#define SLOT		4u
#define QUEUE_MAX	256	/* messages that wait for the host to read */
#define D0I3_TIME	(5 * MS)

struct ring {
	uint32_t slot[256];		/* by the 8-bit pointer */
	uint8_t wp, rp;
};

/* a message on its way to the host */
struct out {
	struct out *next;
	uint64_t due;
	uint8_t me, host;
	bool part;			/* the rest never comes */
	size_t len, sent;
	uint8_t data[];
};

static struct heci_config cfg;
static struct ring to_fw, to_host;
static uint32_t h_csr, hpg_csr, d0i3c;
static bool me_ready, me_reset;

static struct out *queue;
static unsigned int queued;

static bool dead;
static long die_after = -1;
static uint64_t slow, reset_time = 2 * MS;
static uint64_t ready_at = NEVER, d0i3_at = NEVER;
static bool pg_exit_asked;
static unsigned long resets, overflows;

static uint8_t filled(const struct ring *r)
{
	return r->wp - r->rp;
}

static void update_irq(void)
{
	irq_set_level(((h_csr & CSR_IS) && (h_csr & CSR_IE)) ||
		      ((h_csr & H_CSR_D0I3_IS) && (h_csr & H_CSR_D0I3_IE)));
}

static void interrupt_host(void)
{
	h_csr |= CSR_IS;
	update_irq();
}

static void clear_queue(void)
{
	struct out *o;

	while (queue) {
		o = queue;
		queue = o->next;
		free(o);
	}
	queued = 0;
}

/* what the host has not read yet stays readable: it may be reading right now */
static void drop_link(void)
{
	to_fw.wp = 0;
	to_fw.rp = 0;
	clear_queue();
	hpg_csr = 0;
	pg_exit_asked = false;
	hbm_link_lost();
}

static void clear_link(void)
{
	to_host.wp = 0;
	to_host.rp = 0;
	drop_link();
}

void heci_init(const struct heci_config *config)
{
	cfg = *config;
	heci_power_on();
}

/* heci_power_on - as after a reset of the whole machine */
void heci_power_on(void)
{
	h_csr = 0;
	d0i3c = 0;
	d0i3_at = NEVER;
	ready_at = NEVER;
	me_reset = false;
	me_ready = !dead;
	clear_link();
	hbm_host_gone();
	update_irq();
}

bool heci_link_up(void)
{
	return me_ready && (h_csr & CSR_RDY) && !(h_csr & CSR_RST);
}

bool heci_dead(void)
{
	return dead;
}

unsigned long heci_resets(void)
{
	return resets;
}

unsigned long heci_overflows(void)
{
	return overflows;
}

const char *heci_power_state(void)
{
	if (d0i3c & D0I3_I3)
		return "d0i3";
	return hpg_csr & PG_ENTERED ? "gated" : "on";
}

void heci_set_slow(uint64_t ns)
{
	slow = ns;
}

void heci_set_reset_time(uint64_t ns)
{
	reset_time = ns;
}

/* heci_link_reset - the firmware drops the link; the host must reset it */
void heci_link_reset(const char *why)
{
	note("link reset by the firmware: %s", why);
	me_ready = false;
	ready_at = NEVER;
	drop_link();
	interrupt_host();
}

void heci_die(long after)
{
	die_after = after;
	if (after)
		return;
	dead = true;
	die_after = -1;
	heci_link_reset("it has died");
}

void heci_revive(void)
{
	dead = false;
	die_after = -1;
	if (me_ready)
		return;
	note("the firmware is back");
	me_ready = true;
	me_reset = false;
	interrupt_host();
}

/* the host has raised H_RST */
static void begin_reset(void)
{
	resets++;
	note("link reset %lu by the host", resets);
	me_ready = false;
	me_reset = true;
	h_csr &= ~CSR_RDY;
	clear_link();
	if (die_after > 0 && --die_after == 0) {
		dead = true;
		die_after = -1;
		note("the firmware has died");
	}
	ready_at = dead ? NEVER : now_ns() + reset_time;
}

static void end_reset(void)
{
	ready_at = NEVER;
	me_ready = true;
	me_reset = false;
	note("firmware ready");
	interrupt_host();
}

/*
 * Host to firmware
 */

static void consume(uint32_t header)
{
	uint8_t data[HDR_LEN_MAX + SLOT];
	size_t len = header >> HDR_LEN_SHIFT & HDR_LEN_MAX, i;
	uint8_t me = header, host = header >> HDR_HOST_SHIFT;

	for (i = 0; i < len; i += SLOT)
		put32(data + i, to_fw.slot[to_fw.rp++]);
	if (header & HDR_SPECIAL) {
		hbm_violation("header 0x%08x asks for what was refused",
			      header);
		return;
	}
	hbm_receive(me, host, header & HDR_COMPLETE, data, len);
}

/* the host has rung: take every whole message */
static void drain(void)
{
	uint8_t had = filled(&to_fw);
	uint32_t header, slots;

	while (heci_link_up() && filled(&to_fw)) {
		header = to_fw.slot[to_fw.rp];
		slots = 1 + ((header >> HDR_LEN_SHIFT & HDR_LEN_MAX) + 3) / SLOT;
		if (slots > cfg.depth) {
			hbm_violation("a message of %u slots, the buffer has %u",
				      slots, cfg.depth);
			heci_link_reset("its buffer cannot be read any more");
			return;
		}
		if (slots > filled(&to_fw))
			break;	/* the rest may still come */
		to_fw.rp++;
		consume(header);
	}
	if (had && had != filled(&to_fw))
		interrupt_host();
}

static void host_writes_slot(uint32_t value)
{
	if (filled(&to_fw) >= cfg.depth) {
		if (!overflows++)
			note("the host writes into a full buffer");
		return;
	}
	to_fw.slot[to_fw.wp++] = value;
}

/*
 * Firmware to host
 */

static void write_message(struct out *o, size_t len)
{
	bool complete = o->sent + len == o->len && !o->part;
	uint8_t last[SLOT] = { 0 };
	size_t i;

	to_host.slot[to_host.wp++] = o->me | o->host << HDR_HOST_SHIFT |
		(uint32_t)len << HDR_LEN_SHIFT | (complete ? HDR_COMPLETE : 0);
	for (i = 0; i + SLOT <= len; i += SLOT)
		to_host.slot[to_host.wp++] = get32(o->data + o->sent + i);
	if (i < len) {
		memcpy(last, o->data + o->sent + i, len - i);
		to_host.slot[to_host.wp++] = get32(last);
	}
	o->sent += len;
}

/* how much of the message goes into the buffer now; 0 with wait set: nothing */
static size_t portion(const struct out *o, bool *wait)
{
	size_t room = cfg.depth - filled(&to_host), rest = o->len - o->sent;
	size_t max = (cfg.depth - 1) * SLOT;

	*wait = false;
	if (max > (HDR_LEN_MAX & ~3u))
		max = HDR_LEN_MAX & ~3u;
	if (rest > max)
		rest = max;
	if (room < 1 + (rest + 3) / SLOT)
		*wait = true;
	return rest;
}

static bool opens_gate(const struct out *o)
{
	return !o->me && !o->host && o->len && o->data[0] == HBM_PG_EXIT;
}

/* gated: only a request to leave may go, and one is enough */
static bool held_by_power(const struct out *o)
{
	if (!(hpg_csr & PG_ENTERED) || opens_gate(o))
		return false;
	if (!pg_exit_asked) {
		pg_exit_asked = true;
		hbm_request_pg_exit();
	}
	return true;
}

static void send_queued(uint64_t now)
{
	bool wrote = false, wait, held = false;
	struct out **at = &queue, *o;
	size_t len;

	while ((o = *at) && heci_link_up() && o->due <= now) {
		if (held_by_power(o)) {
			held = true;
			at = &o->next;
			continue;
		}
		if (held && !opens_gate(o))
			break;
		len = portion(o, &wait);
		if (wait)
			break;
		write_message(o, len);
		wrote = true;
		if (o->sent < o->len)
			continue;
		*at = o->next;
		queued--;
		free(o);
	}
	if (wrote)
		interrupt_host();
}

/* a message waits for room and is cut in pieces if needed */
static void enqueue(uint8_t me, uint8_t host, const uint8_t *data, size_t len,
		    bool part)
{
	struct out **at = &queue, *o;

	if (!heci_link_up())
		return;
	if (queued == QUEUE_MAX) {
		note("the host does not read: a message for it is lost");
		return;
	}
	o = calloc(1, sizeof(*o) + len);
	if (!o)
		abort();
	o->due = now_ns() + slow;
	o->me = me;
	o->host = host;
	o->part = part;
	o->len = len;
	if (len)
		memcpy(o->data, data, len);
	while (*at)
		at = &(*at)->next;
	*at = o;
	queued++;
}

/* heci_send - a whole message */
void heci_send(uint8_t me, uint8_t host, const uint8_t *data, size_t len)
{
	enqueue(me, host, data, len, false);
}

/* heci_send_part - the beginning of a message that is never completed */
void heci_send_part(uint8_t me, uint8_t host, const uint8_t *data, size_t len)
{
	enqueue(me, host, data, len, true);
}

static uint32_t host_reads_slot(void)
{
	return filled(&to_host) ? to_host.slot[to_host.rp++] : 0;
}

/*
 * Registers
 */

static void write_h_csr(uint32_t value)
{
	uint32_t keep = CSR_IE | CSR_RDY | H_CSR_D0I3_IE;
	bool was_reset = h_csr & CSR_RST;

	if (!cfg.d0i3)
		keep &= ~H_CSR_D0I3_IE;
	h_csr &= ~(value & (CSR_IS | H_CSR_D0I3_IS));
	h_csr = (h_csr & ~(keep | CSR_RST)) | (value & (keep | CSR_RST));
	if (h_csr & CSR_RST) {
		h_csr &= ~CSR_RDY;
		if (!was_reset)
			begin_reset();
	}
	update_irq();
	if (value & CSR_IG) {
		drain();
		send_queued(now_ns());
	}
}

/* power gating of older generations: entered after a handshake by messages */
static void write_hpg_csr(uint32_t value)
{
	if (!cfg.legacy_pg)
		return;
	hpg_csr |= value & PG_ENTERED;
	if ((value & PG_EXIT) && (hpg_csr & PG_ENTERED) && !pg_exit_asked) {
		pg_exit_asked = true;
		note("power gating: the host wants to leave it");
		hbm_request_pg_exit();
		send_queued(now_ns());
	}
}

/* heci_pg_isolated - the handshake's last message: entering or leaving */
void heci_pg_isolated(bool entering)
{
	note("power gating: %s", entering ? "may be entered" : "left");
	if (entering)
		return;
	hpg_csr = 0;
	pg_exit_asked = false;
	interrupt_host();
}

static void write_d0i3c(uint32_t value)
{
	if (!cfg.d0i3 || (d0i3c & D0I3_CIP))
		return;
	if ((value ^ d0i3c) & D0I3_I3) {
		note("D0i3: %s", value & D0I3_I3 ? "enter" : "leave");
		d0i3_at = now_ns() + D0I3_TIME;
		d0i3c = (value & (D0I3_I3 | D0I3_IR)) | D0I3_CIP;
	}
}

static void end_d0i3(void)
{
	d0i3_at = NEVER;
	d0i3c &= ~D0I3_CIP;
	if (d0i3c & D0I3_IR)
		h_csr |= H_CSR_D0I3_IS;
	d0i3c &= ~D0I3_IR;
	update_irq();
}

static uint32_t csr(const struct ring *r)
{
	return (uint32_t)cfg.depth << 24 | r->wp << 16 | r->rp << 8;
}

static uint32_t read_register(uint32_t offset)
{
	switch (offset) {
	case H_CSR:
		return csr(&to_fw) | h_csr;
	case ME_CB_RW:
		return host_reads_slot();
	case ME_CSR_HA:
		return csr(&to_host) | (me_ready ? CSR_RDY : 0) |
		       (me_reset ? CSR_RST : 0) |
		       (cfg.legacy_pg ? ME_CSR_PGIC : 0);
	case H_HPG_CSR:
		return hpg_csr;
	case H_D0I3C:
		return d0i3c;
	default:
		return 0;
	}
}

static void write_register(uint32_t offset, uint32_t value)
{
	switch (offset) {
	case H_CB_WW:
		host_writes_slot(value);
		break;
	case H_CSR:
		write_h_csr(value);
		break;
	case H_HPG_CSR:
		write_hpg_csr(value);
		break;
	case H_D0I3C:
		write_d0i3c(value);
		break;
	}
}

/* whole aligned registers only: anything else reads as ones, writes nothing */
void heci_bar_read(uint32_t offset, uint8_t *data, uint32_t count)
{
	uint32_t i;

	memset(data, 0xff, count);
	if (offset % 4 || count % 4 || count > 8)
		return;
	for (i = 0; i < count; i += 4)
		put32(data + i, read_register(offset + i));
}

void heci_bar_write(uint32_t offset, const uint8_t *data, uint32_t count)
{
	uint32_t i;

	if (offset % 4 || count % 4 || count > 8)
		return;
	for (i = 0; i < count; i += 4)
		write_register(offset + i, get32(data + i));
}

uint64_t heci_due(void)
{
	uint64_t due = ready_at < d0i3_at ? ready_at : d0i3_at;
	struct out *o = heci_link_up() ? queue : NULL;
	bool wait;

	while (o && (hpg_csr & PG_ENTERED) && pg_exit_asked && !opens_gate(o))
		o = o->next;
	if (!o || o->due >= due)
		return due;
	/* what waits for room is sent when the host rings after reading */
	portion(o, &wait);
	return wait ? due : o->due;
}

void heci_run(uint64_t now)
{
	if (ready_at <= now)
		end_reset();
	if (d0i3_at <= now)
		end_d0i3();
	send_queued(now);
}
