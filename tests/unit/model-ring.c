// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/ring against a model: a firmware that writes, wraps and resets as it
 * likes, a reader that looks as it likes, and a plain list of every byte written
 * since the last reset. After each look: printed + lost = written, in order, no
 * byte twice. MODEL_STEPS and MODEL_SEED override what is printed.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"
#include "tests/lib/tap.h"

#define STEPS		10000000ULL
#define SEED		20210907ULL
#define STEPS_PER_WORLD	4000
#define RING_LIMIT	600
#define TAIL		8
#define BASE		0x30010000ULL
#define ELSEWHERE	0x70000000ULL

/**
 * struct world - a firmware, its log, and one reader of it
 * @info: what the firmware says when asked
 * @ring: its memory
 * @eager: it wraps when the ring is full, not when the next byte comes
 * @shy: it hides some of its oldest bytes, as many as this at most
 * @apart: the older part lies elsewhere
 * @log: every byte written since the reset
 * @written: bytes of it
 * @room: bytes allocated for it
 * @has_position: the reader has one
 * @position: up to where it has read
 * @next: index in @log of the byte to be read next
 * @resets: since the reader's last look
 * @silent: resets that were not counted, likewise
 * @tail: the last bytes that the reader has printed
 * @tail_size: their number
 * @asked_start: oldest() when the firmware was asked
 * @asked_end: @written then
 */
struct world {
	struct pfru_log_data_info info;
	uint8_t ring[RING_LIMIT];
	bool eager;
	uint32_t shy;
	bool apart;
	uint8_t *log;
	uint64_t written;
	uint64_t room;
	bool has_position;
	struct pfru_ring_position position;
	uint64_t next;
	unsigned int resets;
	unsigned int silent;
	uint8_t tail[TAIL];
	uint32_t tail_size;
	uint64_t asked_start;
	uint64_t asked_end;
};

static uint64_t random_state, world_seed, step;

/* what happened, so that a run that tests nothing is seen */
static struct {
	uint64_t anew, unknown;
	uint64_t bytes, looks, news, lost, gaps, appended, changed, wraps,
		 nonsense, overflows;
} seen;

static uint32_t any(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 32) * (uint64_t)below >> 32;
}

static bool one_in(uint32_t n)
{
	return !any(n);
}

static void die(const struct world *w, const char *why)
{
	check(false, "model: %s", why);
	printf("# step %llu, world seed %llu\n", (unsigned long long)step,
	       (unsigned long long)world_seed);
	printf("# ring %u chunk1 %u chunk2 %u rollover %u reset %u\n",
	       w->info.max_data_size, w->info.chunk1_size, w->info.chunk2_size,
	       w->info.rollover_cnt, w->info.reset_cnt);
	printf("# written %llu, reader's next %llu, its position %u/%u/%u\n",
	       (unsigned long long)w->written, (unsigned long long)w->next,
	       w->position.reset, w->position.rollover, w->position.offset);
	exit(done());
}

static void must(const struct world *w, bool good, const char *why)
{
	if (!good)
		die(w, why);
}

/* The firmware. It knows nothing of positions: it fills the log, and restarts it. */

static void place(struct world *w)
{
	struct pfru_log_data_info *info = &w->info;
	uint64_t end = w->apart ? ELSEWHERE : BASE + info->max_data_size;

	info->chunk2_addr_lo = BASE;
	info->chunk1_addr_lo = info->chunk1_size ? end - info->chunk1_size : 0;
}

static void turn(struct world *w)
{
	w->info.chunk2_size = 0;
	w->info.chunk1_size = w->info.max_data_size;
	w->info.rollover_cnt++;
	seen.wraps++;
	seen.overflows += !w->info.rollover_cnt;
}

static void write_byte(struct world *w)
{
	struct pfru_log_data_info *info = &w->info;
	uint8_t byte = any(256);

	if (info->chunk2_size == info->max_data_size)
		turn(w);
	w->ring[info->chunk2_size++] = byte;
	if (info->chunk1_size > info->max_data_size - info->chunk2_size)
		info->chunk1_size--;
	if (w->eager && info->chunk2_size == info->max_data_size)
		turn(w);
	if (w->written == w->room) {
		w->room = 2 * w->room + 1024;
		w->log = realloc(w->log, w->room);
		must(w, w->log, "out of memory");
	}
	w->log[w->written++] = byte;
}

static void write_some(struct world *w)
{
	uint32_t ring = w->info.max_data_size;
	uint32_t n;

	if (one_in(20))
		n = any(5 * ring + 1);
	else if (one_in(10))
		n = ring - w->info.chunk2_size;	/* up to exactly full */
	else if (one_in(10))
		n = ring;
	else
		n = any(ring / 8 + 3);
	seen.bytes += n;
	while (n--)
		write_byte(w);
	if (w->shy && w->info.chunk1_size)
		w->info.chunk1_size -= any((w->info.chunk1_size < w->shy ?
					    w->info.chunk1_size : w->shy) + 1);
	place(w);
}

/* A silent one is not counted: a machine that was switched off, perhaps. */
static void reset(struct world *w, bool silent)
{
	w->info.chunk1_size = 0;
	w->info.chunk2_size = 0;
	w->info.rollover_cnt = 0;
	w->info.reset_cnt += !silent;
	w->written = 0;
	w->next = 0;
	w->resets += !silent;
	w->silent += silent;
	place(w);
}

/* Begin with a count near its end, as after a long life. */
static void begin(struct world *w)
{
	memset(&w->info, 0, sizeof(w->info));
	w->info.max_data_size = 1 + any(one_in(2) ? 17 : RING_LIMIT);
	w->info.reset_cnt = one_in(4) ? UINT32_MAX : any(3);
	w->eager = one_in(2);
	w->shy = one_in(4) ? 1 + any(20) : 0;
	w->apart = one_in(8);
	w->written = 0;
	w->has_position = false;
	w->resets = 0;
	w->silent = 0;
	w->next = 0;
	if (one_in(2)) {
		w->info.rollover_cnt = UINT32_MAX - any(40);
		w->info.chunk1_size = w->info.max_data_size;
		while (w->written < w->info.max_data_size)
			write_byte(w);
	}
	place(w);
}

/* Index in the log of the oldest byte that the firmware still gives. */
static uint64_t oldest(const struct world *w)
{
	return w->written - w->info.chunk1_size - w->info.chunk2_size;
}

/* The reader. */

static struct pfru_log_data_info ask(const struct world *w)
{
	struct pfru_log_data_info info = w->info;

	if (one_in(200)) {
		seen.nonsense++;
		if (one_in(3))
			info.chunk2_size = info.max_data_size + 1 + any(9);
		else if (one_in(2))
			info.chunk1_size = UINT32_MAX - any(9);
		else
			info.max_data_size = 0;
	}
	return info;
}

/* Read as planned, while the firmware may go on writing. */
static uint32_t fetch(struct world *w, const struct pfru_ring_news *news,
		      bool disturbed, uint8_t *to)
{
	uint32_t size = 0;
	uint32_t r, i;

	for (r = 0; r < news->plan.ranges; r++) {
		const struct pfru_ring_range *range = &news->plan.range[r];

		must(w, range->size && range->offset + range->size <=
		     w->info.max_data_size, "a range outside of the ring");
		for (i = 0; i < range->size; i++) {
			if (disturbed && one_in(news->size))
				write_some(w);
			must(w, size < RING_LIMIT, "more than the ring");
			to[size++] = w->ring[range->offset + i];
		}
	}
	must(w, size == news->size, "ranges are not as long as the news");
	if (disturbed && one_in(4))
		write_some(w);
	if (disturbed && one_in(30))
		reset(w, false);
	return size;
}

/* What was reported of a break must be what happened. */
static void judge_gap(struct world *w, const struct pfru_ring_news *news,
		      bool fresh)
{
	if (fresh)
		must(w, !news->gap && !news->lost, "a first look lost bytes");
	else if (w->resets)
		must(w, news->gap == PFRU_BREAK_RESET, "a reset was missed");
	else if (w->silent)
		must(w, news->gap == PFRU_BREAK_BACK, "a break of another kind");
	else
		must(w, !news->gap, "a break out of nothing");
	seen.gaps += news->gap != PFRU_BREAK_NONE;
}

/*
 * The bytes must be those from @first to @first + size; where the reader is must
 * be said by the counters too.
 */
static void judge_bytes(struct world *w, const struct pfru_ring_news *news,
			const uint8_t *bytes, uint64_t first)
{
	struct pfru_ring_position p = news->start;
	uint64_t modulus = (uint64_t)p.ring << 32;

	must(w, first + news->size <= w->written, "bytes never written");
	must(w, !news->size || !memcmp(w->log + first, bytes, news->size),
	     "wrong bytes");
	pfru_ring_advance(&p, news->size);
	must(w, pfru_ring_written(&p) % modulus ==
	     pfru_ring_written(&news->end) % modulus,
	     "start and end do not fit");
}

/* A reader may be killed after some of the bytes were printed. */
static void go_on(struct world *w, const struct pfru_ring_news *news,
		  const uint8_t *bytes, uint64_t first)
{
	uint32_t printed = one_in(3) ? any(news->size + 1) : news->size;

	w->tail_size = printed < TAIL ? printed : TAIL;
	memcpy(w->tail, bytes + printed - w->tail_size, w->tail_size);

	w->position = news->start;
	pfru_ring_advance(&w->position, printed);
	if (printed == news->size && one_in(2))
		w->position = news->end;
	w->has_position = true;
	w->next = first + printed;
	w->resets = 0;
	w->silent = 0;
	seen.news += printed;
	seen.lost += news->lost;
}

static void accept(struct world *w, const struct pfru_ring_news *news,
		   const uint8_t *bytes, uint64_t end)
{
	bool fresh = !w->has_position;
	uint64_t first = end - news->size;

	if (fresh)
		w->next = first - news->lost;
	must(w, w->next + news->lost + news->size == end,
	     "printed + lost is not written");
	judge_bytes(w, news, bytes, first);
	go_on(w, news, bytes, first);
}

/* Are the bytes before the news those that were read there, if they are there? */
static bool same_tail(struct world *w, const struct pfru_log_data_info *info,
		      const struct pfru_ring_news *news)
{
	struct pfru_ring_plan plan;
	uint32_t size = 0;
	uint32_t r, i;

	if (!w->has_position || !w->tail_size ||
	    !pfru_ring_before(info, news, w->tail_size, &plan))
		return true;
	for (r = 0; r < plan.ranges; r++)
		for (i = 0; i < plan.range[r].size; i++)
			if (w->ring[plan.range[r].offset + i] != w->tail[size++])
				return false;
	must(w, size == w->tail_size, "another number of bytes before");
	return true;
}

/* Ask and plan; false when the answer was nonsense. */
static bool plan(struct world *w, struct pfru_log_data_info *info,
		 struct pfru_ring_news *news)
{
	bool nonsense;

	*info = ask(w);
	nonsense = memcmp(info, &w->info, sizeof(*info));
	memset(news, 0xaa, sizeof(*news));
	if (pfru_ring_delta(info, w->has_position ? &w->position : NULL,
			    news)) {
		must(w, nonsense, "refused what made sense");
		return false;
	}
	must(w, !nonsense, "took nonsense");
	return true;
}

/*
 * A log that was restarted silently, and has grown past the position: found by
 * the bytes before it, as long as these are there. Returns false when it can't
 * be known, or the answer was nonsense.
 */
static bool plan_by_tail(struct world *w, struct pfru_log_data_info *info,
			 struct pfru_ring_news *news, bool disturbed)
{
	struct pfru_ring_plan before;

	if (!plan(w, info, news))
		return false;
	w->asked_end = w->written;
	w->asked_start = oldest(w);
	if (disturbed && one_in(4))
		write_some(w);
	if (!same_tail(w, info, news)) {
		if (!plan(w, info, news))
			return false;
		w->asked_end = w->written;
		w->asked_start = oldest(w);
		if (pfru_ring_before(info, news, w->tail_size, &before)) {
			pfru_ring_anew(info, news);
			seen.anew++;
		}
	}
	if (!w->has_position || !w->silent || news->gap)
		return true;
	must(w, w->tail_size < TAIL ||
	     !pfru_ring_before(info, news, TAIL, &before),
	     "a restarted log was missed");
	seen.unknown++;
	w->has_position = false;
	return false;
}

/* One double read: the second answer decides which bytes count. */
static void look(struct world *w, bool disturbed)
{
	struct pfru_log_data_info before, after;
	uint8_t bytes[RING_LIMIT];
	struct pfru_ring_news news;
	enum pfru_ring_check check;
	uint64_t end, next, start;
	uint32_t read, resets;
	bool nonsense;

	seen.looks++;
	if (!plan_by_tail(w, &before, &news, disturbed))
		return;
	end = w->asked_end;
	start = w->asked_start;
	next = w->next;
	judge_gap(w, &news, !w->has_position);
	must(w, news.size == end - (w->has_position && next > start ? next :
				    start), "not what is new");
	resets = w->resets;
	read = fetch(w, &news, disturbed, bytes);
	after = ask(w);
	nonsense = memcmp(&after, &w->info, sizeof(after));
	check = pfru_ring_check(&before, &after, &news);
	must(w, check == PFRU_RING_CHANGED || !nonsense, "took nonsense");
	if (check == PFRU_RING_CHANGED) {
		must(w, nonsense || w->resets != resets || oldest(w) >= end,
		     "threw away what was good");
		seen.changed++;
		return;
	}
	must(w, w->resets == resets, "read across a reset");
	seen.appended += check == PFRU_RING_APPENDED;
	start = oldest(w) > start && oldest(w) < end ? oldest(w) : start;
	must(w, check == PFRU_RING_SAME || !news.size ||
	     news.size == end - (w->has_position && next > start ? next :
				 start), "not all that is intact");
	accept(w, &news, bytes + read - news.size, end);
}

/* A log that is read again, from its reset on. */
static void look_since_reset(struct world *w)
{
	struct pfru_ring_position origin;
	struct pfru_ring_news news;

	if (w->info.rollover_cnt > UINT32_MAX / 2)
		return;
	pfru_ring_origin(&w->info, &origin);
	must(w, !pfru_ring_delta(&w->info, &origin, &news), "no log");
	must(w, !news.gap, "a break since the reset");
	must(w, pfru_ring_written(&news.end) == news.lost + news.size,
	     "printed + lost is not written since the reset");
}

static void take_step(struct world *w)
{
	switch (any(16)) {
	case 0:
		if (one_in(20))
			reset(w, one_in(2));
		break;
	case 1:
		if (one_in(50))
			w->has_position = false;
		else
			look_since_reset(w);
		break;
	case 2 ... 4:
		look(w, true);
		break;
	case 5 ... 8:
		look(w, false);
		break;
	default:
		write_some(w);
	}
}

static uint64_t setting(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : other;
}

int main(void)
{
	uint64_t steps = setting("MODEL_STEPS", STEPS);
	uint64_t seed = setting("MODEL_SEED", SEED);
	static struct world w;

	for (step = 0; step < steps; step++) {
		if (!(step % STEPS_PER_WORLD)) {
			world_seed = seed + step / STEPS_PER_WORLD;
			random_state = world_seed * 0x9e3779b97f4a7c15 | 1;
			begin(&w);
		}
		take_step(&w);
	}
	free(w.log);
	printf("## %llu steps, seed %llu: ", (unsigned long long)steps,
	       (unsigned long long)seed);
	printf("%llu bytes written, %llu looks, %llu read, %llu lost, %llu resets, %llu appended and %llu changed while read, %llu rollovers, %llu of the count, %llu times nonsense\n",
	       (unsigned long long)seen.bytes, (unsigned long long)seen.looks,
	       (unsigned long long)seen.news, (unsigned long long)seen.lost,
	       (unsigned long long)seen.gaps, (unsigned long long)seen.appended,
	       (unsigned long long)seen.changed, (unsigned long long)seen.wraps,
	       (unsigned long long)seen.overflows,
	       (unsigned long long)seen.nonsense);
	printf("## restarted without a count: found %llu times by the bytes before, %llu times these were gone\n",
	       (unsigned long long)seen.anew, (unsigned long long)seen.unknown);
	if (!seen.anew || !seen.unknown || !seen.lost || !seen.gaps || !seen.appended || !seen.changed ||
	    !seen.overflows || !seen.nonsense) {
		check(false, "model: something never happened");
		return done();
	}
	check(true, "model: printed + lost = written");
	return done();
}
