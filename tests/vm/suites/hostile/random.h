/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest's hostile programs share: random numbers that a seed brings
 * back, firmware that answers randomly, and the clean update that must work
 * after all of it.
 */
#ifndef PFRU_GUEST_RANDOM_H
#define PFRU_GUEST_RANDOM_H

#include "guest.h"

#define MODEL_SLOTS	8

/* xorshift64*: the same numbers for the same seed */
static uint64_t random_state = 1;

static inline uint32_t chance(uint32_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)(random_state * 0x2545f4914f6cdd1dULL >> 32) % below;
}

/* a number that is small, near a limit, or anything */
static inline uint64_t odd_number(void)
{
	static const uint64_t edges[] = {
		0, 1, 2, 11, 16, 36, 40, 88, 4095, 4096, 4097, 65535, 65536,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff,
	};

	switch (chance(3)) {
	case 0:
		return edges[chance(ARRAY_LENGTH(edges))];
	case 1:
		return chance(64);
	default:
		return (uint64_t)chance(0xffffffff) << 32 | chance(0xffffffff);
	}
}

/* the next answer of one function will be a strange one */
static inline void disturb_firmware(void)
{
	uint32_t i = chance(MODEL_SLOTS);

	slot[i].fault = PFRUSIM_F_NONE;
	slot[i].skip = chance(2);
	slot[i].times = 1;
	slot[i].elem = chance(12);
	slot[i].arg = odd_number();
	slot[i].status = chance(10);
	slot[i].ext = chance(0xffffffff);
	slot[i].delay = chance(64) ? 0 : chance(20);
	slot[i].ovr = chance(4) ? 0 : chance(0x80);
	page->o_buf_addr = odd_number();
	page->o_buf_size = odd_number();
	page->o_chunk1_addr = odd_number();
	page->o_chunk1_size = odd_number();
	page->o_chunk2_addr = odd_number();
	page->o_chunk2_size = odd_number();
	page->o_max_size = odd_number();
	page->o_rollover = odd_number();
	/* AML takes long to make large objects */
	if (slot[i].arg > 3000)
		slot[i].arg %= 3000;
	slot[i].fault = chance(PFRUSIM_F_ABORT_LATE + 1);
	if (slot[i].fault == PFRUSIM_F_INTEGER)
		slot[i].arg = odd_number();
}

#define CLEAN_SIZE	4466

/* After all of it, a clean update must work, and the log must be readable. */
static inline void check_clean_update(void)
{
	static uint8_t capsule[CLEAN_SIZE], log[4096];
	uint32_t activations;
	ssize_t got;
	int fd;

	sim_behave();
	make_capsule(capsule, CLEAN_SIZE, false, 7, 0);
	activations = page->activations;
	fd = must_open(UPDATE, O_RDWR);
	gives(write(fd, capsule, CLEAN_SIZE), CLEAN_SIZE,
	      "afterwards a capsule is taken");
	gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), 0, "staged and activated");
	close(fd);
	same(page->activations - activations, 1, "once");
	same(page->code_rt_version, 7, "and its version runs");
	fd = must_open(TELEMETRY, O_RDONLY);
	got = read(fd, log, sizeof(log));
	check(got > 0 && memchr(log, '\n', got), "and the log can be read");
	close(fd);
	sim_behave();
}

#endif /* PFRU_GUEST_RANDOM_H */
