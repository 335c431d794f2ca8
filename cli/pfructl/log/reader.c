// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The double read, and the watch on a log that does not change.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "core/ids.h"
#include "reader.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

void reader_begin(struct log_reader *reader, struct pfructl *ctl,
		  const struct device *device, bool want_map)
{
	memset(reader, 0, sizeof(*reader));
	reader->ctl = ctl;
	reader->device = device;
	reader->want_map = want_map;
}

static void unmap(struct log_reader *reader)
{
	if (reader->map)
		munmap(reader->map, reader->map_size);
	reader->map = NULL;
	reader->watch_size = 0;
}

void reader_end(struct log_reader *reader)
{
	unmap(reader);
	free(reader->bytes);
}

void *reader_take(struct log_reader *reader)
{
	void *bytes = reader->bytes;

	reader->bytes = NULL;
	reader->room = 0;
	return bytes;
}

int reader_ask(struct log_reader *reader)
{
	memset(&reader->info, 0, sizeof(reader->info));
	if (ioctl(reader->device->fd, PFRT_LOG_IOC_GET_DATA_INFO,
		  &reader->info))
		return device_failed(reader->ctl, reader->device,
				     PFRU_ACTION_GET_DATA, errno, NULL);
	return STATUS_DONE;
}

static uint64_t address(uint64_t low, uint64_t high)
{
	return high << 32 | low;
}

/*
 * Our module reads without a mapping too, which costs less for a small part of the
 * ring: a mapping is made of all of it.
 */
static bool needs_map(const struct log_reader *reader, uint32_t news)
{
	if (reader->want_map)
		return true;
	if (reader->device->driver == DRIVER_MAINLINE)
		return news;
	return news > reader->info.max_data_size / 2;
}

/*
 * Our module maps what the GET_DATA just before it reported; mainline's driver
 * asks the firmware again.
 */
static void map_ring(struct log_reader *reader)
{
	const struct pfru_log_data_info *info = &reader->info;
	uint64_t base = address(info->chunk2_addr_lo, info->chunk2_addr_hi);
	uint8_t *map;

	if (reader->map && reader->map_base == base &&
	    reader->map_size == info->max_data_size)
		return;
	unmap(reader);
	map = mmap(NULL, info->max_data_size, PROT_READ, MAP_SHARED,
		   reader->device->fd, 0);
	reader->map_error = map == MAP_FAILED ? errno : 0;
	if (reader->map_error)
		return;
	reader->map = map;
	reader->map_size = info->max_data_size;
	reader->map_base = base;
}

static int fail_map(struct log_reader *reader)
{
	const struct device *device = reader->device;

	if (reader->map_error == EBUSY)
		return device_failed(reader->ctl, device, PFRU_ACTION_GET_DATA,
				     EBUSY, NULL);
	return fail(reader->ctl->out, STATUS_FAILED, "mmap",
		    "%s: the kernel's own driver (" PFRU_MAINLINE_TELEMETRY
		    ") cannot map the log: %s; the module pfru reads it regardless",
		    device->path, strerror(reader->map_error));
}

/* This project's module: positions are offsets in the ring. */
static int read_range(struct log_reader *reader,
		      const struct pfru_ring_range *range, uint8_t *to)
{
	const struct device *device = reader->device;
	uint32_t done = 0;
	ssize_t n;

	while (done < range->size) {
		n = pread(device->fd, to + done, range->size - done,
			  range->offset + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return device_failed(reader->ctl, device,
					     PFRU_ACTION_GET_DATA,
					     n ? errno : EIO, NULL);
		done += n;
	}
	return STATUS_DONE;
}

static int read_ranges(struct log_reader *reader,
		       const struct pfru_ring_plan *plan, uint8_t *to)
{
	uint32_t i;
	int ret = STATUS_DONE;

	for (i = 0; i < plan->ranges && !ret; i++) {
		if (reader->map)
			memcpy(to, reader->map + plan->range[i].offset,
			       plan->range[i].size);
		else
			ret = read_range(reader, &plan->range[i], to);
		to += plan->range[i].size;
	}
	return ret;
}

/*
 * A mapping of mainline's driver begins where the newest part does; an older
 * part elsewhere is out of reach.
 */
static void leave_out_older(const struct log_reader *reader,
			    struct log_look *look)
{
	const struct pfru_log_data_info *info = &reader->info;
	uint64_t base = address(info->chunk2_addr_lo, info->chunk2_addr_hi);
	uint64_t older = address(info->chunk1_addr_lo, info->chunk1_addr_hi);
	struct pfru_ring_plan *plan = &look->news.plan;

	look->missing = 0;
	if (!reader->map || !plan->ranges || !info->chunk1_size ||
	    older + info->chunk1_size == base + info->max_data_size ||
	    look->news.size <= info->chunk2_size)
		return;
	look->missing = plan->range[0].size;
	look->news.size -= look->missing;
	pfru_ring_advance(&look->news.start, look->missing);
	plan->range[0] = plan->range[1];
	plan->ranges--;
}

static int fail_nonsense(struct log_reader *reader)
{
	const struct pfru_log_data_info *info = &reader->info;

	return fail(reader->ctl->out, STATUS_FAILED, "ring",
		    "%s: the firmware describes an impossible log (ring of %u bytes, %u in the older part, %u in the newest); this is a firmware bug: report it to its vendor",
		    reader->device->path, info->max_data_size,
		    info->chunk1_size, info->chunk2_size);
}

int reader_fail_empty(struct log_reader *reader)
{
	return fail(reader->ctl->out, STATUS_BUSY, "no-log-yet",
		    "%s: there is no telemetry before the first update",
		    reader->device->path);
}

int reader_fail_changing(struct log_reader *reader)
{
	fail(reader->ctl->out, STATUS_CHANGING, "changing",
	     "%s: the log changed each of the %d times it was read; try again later",
	     reader->device->path, READ_TRIES_MAX);
	fail_number(reader->ctl->out, "tries", READ_TRIES_MAX);
	return STATUS_CHANGING;
}

/* Can the ring be read as a whole, wherever its parts lie? */
static bool is_whole(const struct log_reader *reader)
{
	const struct pfru_log_data_info *info = &reader->info;
	uint64_t base = address(info->chunk2_addr_lo, info->chunk2_addr_hi);
	uint64_t older = address(info->chunk1_addr_lo, info->chunk1_addr_hi);

	if (reader->device->driver == DRIVER_PFRU)
		return true;
	return reader->map &&
	       (!info->chunk1_size ||
		older + info->chunk1_size == base + info->max_data_size);
}

/*
 * Is what came before the news what was read there? Sets @same to true when that
 * can't be told, too.
 */
static int compare_tail(struct log_reader *reader, const struct tail *tail,
			const struct pfru_ring_news *news, bool *same)
{
	uint8_t bytes[TAIL_MAX];
	struct pfru_ring_plan plan;
	int ret;

	*same = true;
	if (!tail->size || !is_whole(reader) ||
	    !pfru_ring_before(&reader->info, news, tail->size, &plan))
		return STATUS_DONE;
	ret = read_ranges(reader, &plan, bytes);
	*same = tail_of(bytes, tail->size).sum == tail->sum;
	return ret;
}

static int plan_news(struct log_reader *reader, enum look_from from,
		     const struct pfru_ring_position *saved,
		     struct log_look *look)
{
	struct pfru_ring_position origin;
	enum pfru_ring_outcome outcome;

	if (from == FROM_RESET) {
		pfru_ring_origin(&reader->info, &origin);
		saved = &origin;
	}
	outcome = pfru_ring_delta(&reader->info,
				  from == FROM_OLDEST ? NULL : saved,
				  &look->news);
	look->empty = outcome == PFRU_RING_EMPTY;
	if (look->empty)
		return STATUS_DONE;
	if (outcome == PFRU_RING_NONSENSE ||
	    reader->info.max_data_size > RING_MAX)
		return fail_nonsense(reader);
	if (needs_map(reader, look->news.size))
		map_ring(reader);
	return STATUS_DONE;
}

/*
 * Bytes other than those that were read are either overwritten by now, which the
 * firmware reports, or belong to a log that was restarted.
 */
static int plan_look(struct log_reader *reader, enum look_from from,
		     const struct pfru_ring_position *saved,
		     const struct tail *tail, struct log_look *look)
{
	struct pfru_ring_plan plan;
	bool same = true;
	int ret;

	ret = plan_news(reader, from, saved, look);
	if (ret || look->empty)
		return ret;
	if (from == FROM_SAVED)
		ret = compare_tail(reader, tail, &look->news, &same);
	if (!ret && !same) {
		ret = reader_ask(reader);
		if (!ret)
			ret = plan_news(reader, from, saved, look);
		if (!ret && !look->empty &&
		    pfru_ring_before(&reader->info, &look->news, tail->size,
				     &plan))
			pfru_ring_anew(&reader->info, &look->news);
	}
	if (!ret && !look->empty)
		leave_out_older(reader, look);
	return ret;
}

/*
 * Get the pages of memory that is about to be filled, at once: a fault for each of
 * them would take longer. Linux before 5.14 cannot, and they come by faults.
 */
static void populate(uint8_t *memory, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t before = -(uintptr_t)memory % page;

	if (size >= before + page)
		madvise(memory + before, (size - before) & -page,
			MADV_POPULATE_WRITE);
}

static int read_news(struct log_reader *reader, const struct log_look *look)
{
	if (reader->device->driver == DRIVER_MAINLINE && !reader->map)
		return fail_map(reader);
	if (look->news.size > reader->room) {
		reader->room = look->news.size;
		reader->bytes = xrealloc(reader->bytes, reader->room);
		populate(reader->bytes, reader->room);
	}
	return read_ranges(reader, &look->news.plan, reader->bytes);
}

/* Does what was read count? */
static bool counts(const struct log_reader *reader,
		   const struct pfru_log_data_info *before,
		   struct log_look *look)
{
	uint32_t read = look->news.size;
	enum pfru_ring_check check;

	check = pfru_ring_check(before, &reader->info, &look->news);
	look->more = check == PFRU_RING_APPENDED;
	look->bytes = reader->bytes + (read - look->news.size);
	return check == PFRU_RING_SAME || (look->more && reader->take_rest);
}

/* The double read. The second sizes are the first ones of the next try. */
static int read_twice(struct log_reader *reader, enum look_from from,
		      const struct pfru_ring_position *saved,
		      const struct tail *tail, struct log_look *look)
{
	struct pfru_log_data_info before;
	int tries, ret;

	ret = reader_ask(reader);
	for (tries = 1; !ret && tries <= READ_TRIES_MAX; tries++) {
		ret = plan_look(reader, from, saved, tail, look);
		if (ret || look->empty || !look->news.size)
			return ret;
		before = reader->info;
		ret = read_news(reader, look);
		if (ret)
			return ret;
		reader_watch(reader, &look->news.end);
		ret = reader_ask(reader);
		if (!ret && counts(reader, &before, look))
			return STATUS_DONE;
	}
	look->changing = !ret;
	return ret;
}

int reader_look(struct log_reader *reader, enum look_from from,
		const struct pfru_ring_position *saved, const struct tail *tail,
		struct log_look *look)
{
	int ret;

	memset(look, 0, sizeof(*look));
	look->bytes = (const uint8_t *)"";
	ret = device_take_turn(reader->ctl, reader->device);
	if (!ret)
		ret = read_twice(reader, from, saved, tail, look);
	device_end_turn(reader->device);
	return ret;
}

/* [@at, @at + @size) of the ring, around its end */
static void copy_ring(const struct log_reader *reader, uint32_t at,
		      uint32_t size, uint8_t *to)
{
	uint32_t first = reader->map_size - at;

	if (first > size)
		first = size;
	memcpy(to, reader->map + at, first);
	memcpy(to + first, reader->map, size - first);
}

static void look_at_watched(const struct log_reader *reader, uint8_t *to)
{
	copy_ring(reader, reader->watch_at, reader->watch_size, to);
	copy_ring(reader, 0, reader->watch_size, to + reader->watch_size);
}

void reader_watch(struct log_reader *reader,
		  const struct pfru_ring_position *position)
{
	reader->watch_size = 0;
	if (!reader->map || position->ring != reader->map_size)
		return;
	reader->watch_at = position->offset;
	reader->watch_size = position->ring < WATCH_MAX ? position->ring :
							  WATCH_MAX;
	look_at_watched(reader, reader->watch);
}

bool reader_stirred(const struct log_reader *reader)
{
	uint8_t now[2 * WATCH_MAX];

	if (!reader->watch_size)
		return true;
	look_at_watched(reader, now);
	return memcmp(now, reader->watch, 2 * reader->watch_size);
}
