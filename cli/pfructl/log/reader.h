/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the ring of a telemetry node: the double read, through read() or a
 * mapping. Decides nothing about positions, which is core/ring's, and prints
 * nothing but errors.
 */
#ifndef PFRUCTL_READER_H
#define PFRUCTL_READER_H

#include "cli/pfructl/device/device.h"
#include "core/ring.h"
#include "tail.h"

/* how often the log is read before giving up; each costs a firmware call */
#define READ_TRIES_MAX 5

/* the largest ring that the module uses */
#define RING_MAX (64U << 20)

/* bytes that are watched, at the position and at the ring's base each */
#define WATCH_MAX 4096

/**
 * struct log_reader - one reader of one log
 * @ctl: for errors
 * @device: the node
 * @info: the firmware's last answer
 * @map: the ring, NULL when it is not mapped
 * @map_size: bytes of @map
 * @map_base: its physical address
 * @want_map: map it where possible, however little is new, to watch it
 * @take_rest: of a log that only grew, take what stayed intact
 * @map_error: why @map is NULL
 * @bytes: buffer of at most one ring
 * @room: bytes of @bytes
 * @watch: what followed the position when it was true, then the ring's base
 * @watch_at: offset that @watch begins at
 * @watch_size: bytes of each half; 0 when nothing is watched
 */
struct log_reader {
	struct pfructl *ctl;
	const struct device *device;
	struct pfru_log_data_info info;
	uint8_t *map;
	size_t map_size;
	uint64_t map_base;
	bool want_map;
	bool take_rest;
	int map_error;
	uint8_t *bytes;
	size_t room;
	uint8_t watch[2 * WATCH_MAX];
	uint32_t watch_at;
	uint32_t watch_size;
};

/**
 * enum look_from - where a look begins
 * @FROM_OLDEST: at the oldest byte there is
 * @FROM_RESET: at the last reset, so that bytes overwritten since are lost
 * @FROM_SAVED: at the position given
 */
enum look_from {
	FROM_OLDEST,
	FROM_RESET,
	FROM_SAVED,
};

/**
 * struct log_look - what a look found
 * @news: where it was, and what was lost
 * @bytes: the news, valid until the next look
 * @missing: bytes of the older part that this driver can't give, not in @news
 * @empty: there is no log before the first update
 * @changing: the log changed each time it was read; nothing else is set
 * @more: bytes came meanwhile
 */
struct log_look {
	struct pfru_ring_news news;
	const uint8_t *bytes;
	uint32_t missing;
	bool empty;
	bool changing;
	bool more;
};

void reader_begin(struct log_reader *reader, struct pfructl *ctl,
		  const struct device *device, bool want_map);
void reader_end(struct log_reader *reader);

/**
 * reader_take() - take the memory that the last look's bytes are in
 * @reader: has none then
 *
 * Return: allocated, to be freed, or NULL
 */
void *reader_take(struct log_reader *reader);

/**
 * reader_ask() - ask where the log lies
 * @reader: its @info is filled
 *
 * One firmware call, within a turn of the device.
 *
 * Return: enum exit_status, reported
 */
int reader_ask(struct log_reader *reader);

/**
 * reader_look() - read what is new
 * @reader: reader
 * @from: where to begin
 * @saved: position, when FROM_SAVED
 * @tail: what came before it; other bytes there mean that the log was restarted
 * @look: filled when STATUS_DONE
 *
 * One firmware call when there is nothing to read, else two, and one more for
 * each time the log changed; with the kernel's own driver one more for each
 * mapping; one more also when other bytes than @tail come before @saved. Of
 * mainline's driver other readers of this tool are kept off meanwhile.
 *
 * Return: enum exit_status, reported; a log that is empty or changing is not
 * reported, see @look
 */
int reader_look(struct log_reader *reader, enum look_from from,
		const struct pfru_ring_position *saved, const struct tail *tail,
		struct log_look *look);

/* the errors for what reader_look() does not report */
int reader_fail_empty(struct log_reader *reader);
int reader_fail_changing(struct log_reader *reader);

/**
 * reader_watch() - remember what follows a position, to notice a change
 * @reader: reader
 * @position: taken for true if the firmware is asked after this
 */
void reader_watch(struct log_reader *reader,
		  const struct pfru_ring_position *position);

/**
 * reader_stirred() - is it other than reader_watch() saw; no firmware call
 * @reader: reader
 */
bool reader_stirred(const struct log_reader *reader);

#endif /* PFRUCTL_READER_H */
