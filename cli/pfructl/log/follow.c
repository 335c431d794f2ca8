// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Delta and follow. The order is: save what is about to be printed, print, save
 * that it was printed. No position is saved for bytes that may not have arrived.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/common/escape.h"
#include "cli/common/output.h"
#include "follow.h"
#include "sink.h"

/* bytes printed at once, so that a line of JSON has a bound */
#define PIECE_MAX 262144U

/* a log that can't be watched is asked for at a slower pace */
#define SLOWER 10

/* milliseconds from one read to the next, each of which stops every processor */
#define PAUSE_MIN 1000U

static const struct tail no_tail = { .size = 0 };

/**
 * struct follower - a reader with a memory
 * @ctl: options and output
 * @device: the telemetry node
 * @reader: reads the ring
 * @sink: where to print to
 * @file: where @state is kept
 * @state: up to where was read
 * @asked: when the firmware was last asked, by now_ms()
 * @ended: the program is to end
 * @told: notes that were given, not to be given again
 */
struct follower {
	struct pfructl *ctl;
	const struct device *device;
	struct log_reader reader;
	struct sink sink;
	struct state_file file;
	struct state state;
	uint64_t asked;
	bool ended;
	struct {
		bool empty;
		bool unmapped;
		bool changing;
	} told;
};

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * The most that a reader reported before it was killed, from where the next one
 * begins.
 */
static uint64_t told_before(const struct follower *f)
{
	const struct state_pending *pending = &f->state.pending;
	struct pfru_ring_position from = pending->start;
	struct pfru_ring_position to = pending->start;

	if (f->state.known) {
		from = f->state.position;
	} else if (f->ctl->options.since_reset) {
		from.rollover = 0;
		from.offset = 0;
	}
	/* a break was reported, and is again: the log started over */
	if (pending->gap)
		return pending->lost + pending->size;
	pfru_ring_advance(&to, pending->size);
	return pfru_ring_distance(&from, &to);
}

/* Never silently. */
static void report_loss(const struct follower *f, const struct piece *piece)
{
	static const char *const why[] = {
		[PFRU_BREAK_RESET] = "the log was reset",
		[PFRU_BREAK_SIZE] = "the log has another size",
		[PFRU_BREAK_BACK] =
			"the log was restarted without counting a reset",
	};
	struct output *out = f->ctl->out;
	unsigned long long at = pfru_ring_written(&piece->start);

	if (piece->gap)
		warning(out,
			"%s: %s; it is printed from byte %llu on; what came before is unknown",
			f->device->path, why[piece->gap], at);
	if (piece->lost)
		warning(out,
			"%s: %llu bytes before byte %llu were lost: overwritten, or out of reach",
			f->device->path, (unsigned long long)piece->lost, at);
	if (piece->repeat)
		warning(out,
			"%s: an earlier reader ended while it printed: up to %llu of the %llu bytes before byte %llu may have been printed or reported before",
			f->device->path, (unsigned long long)piece->repeat,
			(unsigned long long)piece->lost + piece->size,
			at + piece->size);
}

/* @tail after more bytes; of those alone when there would be too many. */
static struct tail grown(struct tail tail, const struct piece *piece)
{
	if (!tail.size || piece->size > TAIL_MAX - tail.size)
		return tail_of(piece->bytes, piece->size);
	tail_add(&tail, piece->bytes, piece->size);
	return tail;
}

/*
 * The tail after a piece, and a young one. Short pieces make it longer, up to its
 * limit; then the young one, begun half way, takes its place.
 */
static struct tail next_tail(const struct state *state,
			     const struct piece *piece, struct tail *young)
{
	struct tail tail = state->tail;

	*young = no_tail;
	if (!state->known || piece->lost || piece->gap)
		return grown(no_tail, piece);
	if (piece->size > TAIL_MAX - tail.size)
		return grown(state->young, piece);
	if (tail.size >= TAIL_MAX / 2)
		*young = grown(state->young, piece);
	return grown(tail, piece);
}

/*
 * Take for printed what arrived. A loss is reported after the printing: who
 * could not print reports none, and the next reader does.
 */
static int settle(struct follower *f, const struct piece *piece,
		  const struct arrived *arrived, struct tail young)
{
	struct piece told = *piece;
	struct state *state = &f->state;

	if (arrived->begun) {
		if (arrived->told && piece->repeat < piece->lost)
			told.repeat = piece->lost;
		report_loss(f, &told);
		state->repeat -=
			least(state->repeat, piece->lost + arrived->bytes);
		state->known = true;
		state->counts.read += arrived->bytes;
		state->counts.lost += piece->lost;
		state->counts.resets += piece->gap != PFRU_BREAK_NONE;
		state->position = piece->start;
		pfru_ring_advance(&state->position, arrived->bytes);
		state->tail = arrived->bytes == piece->size ?
				      state->pending.tail :
				      no_tail;
		state->young = arrived->bytes == piece->size ? young : no_tail;
	}
	state_drop(state);
	return state_save(f->ctl, &f->file, state);
}

/* What a reader left that was killed while it printed. */
static int recover(struct follower *f)
{
	const struct state_pending *pending = &f->state.pending;
	struct piece piece = {
		.start = pending->start,
		.size = pending->size,
		.lost = pending->lost,
		.gap = pending->gap,
		.repeat = least(f->state.repeat, pending->lost + pending->size),
	};
	struct arrived arrived;
	int ret = STATUS_DONE;

	if (f->state.is_pending) {
		ret = sink_recover(&f->sink, pending, &arrived);
		if (!ret && arrived.unknown)
			f->state.repeat = most(f->state.repeat, told_before(f));
		else if (!ret)
			ret = settle(f, &piece, &arrived, no_tail);
		sink_end(&f->sink);
		f->ended = sink_ended(&f->sink);
	}
	return ret;
}

/* Print one piece and remember it. */
static int print_piece(struct follower *f, const struct piece *piece)
{
	struct arrived arrived;
	struct tail young;
	int ret, settled;

	state_drop(&f->state);
	ret = sink_begin(&f->sink, piece, &f->state.pending);
	f->state.pending.tail = next_tail(&f->state, piece, &young);
	f->state.is_pending = true;
	if (!ret)
		ret = state_save(f->ctl, &f->file, &f->state);
	if (!ret) {
		ret = sink_write(&f->sink, piece, &f->state.pending, &arrived);
		f->ended = !ret &&
			   (!arrived.begun || arrived.bytes < piece->size);
		settled = arrived.unknown ? ret :
					    settle(f, piece, &arrived, young);
		ret = ret ? ret : settled;
	}
	sink_end(&f->sink);
	return ret;
}

/* As much as a piece may have, up to the end of a line where there is one. */
static uint32_t piece_size(const uint8_t *bytes, uint32_t left)
{
	uint32_t size = PIECE_MAX;

	if (left <= PIECE_MAX)
		return left;
	while (size && bytes[size - 1] != '\n')
		size--;
	return size ? size : PIECE_MAX;
}

/* The first look at a log without a byte makes a position, too. */
static int remember_nothing(struct follower *f, const struct log_look *look)
{
	if (f->state.known)
		return STATUS_DONE;
	f->state.known = true;
	f->state.position = look->news.end;
	return state_save(f->ctl, &f->file, &f->state);
}

static int print_news(struct follower *f, const struct log_look *look)
{
	struct piece piece = {
		.start = look->news.start,
		.lost = look->news.lost + look->missing,
		.gap = look->news.gap,
	};
	uint32_t done = 0;
	int ret;

	if (!look->news.size && !piece.lost && !piece.gap)
		return remember_nothing(f, look);
	do {
		piece.bytes = look->bytes + done;
		piece.size = look->news.size ?
				     piece_size(piece.bytes,
						look->news.size - done) :
				     0;
		piece.repeat = least(f->state.repeat, piece.lost + piece.size);
		ret = print_piece(f, &piece);
		done += piece.size;
		pfru_ring_advance(&piece.start, piece.size);
		piece.lost = 0;
		piece.gap = PFRU_BREAK_NONE;
		f->ended = f->ended || sink_ended(&f->sink);
	} while (!ret && !f->ended && done < look->news.size);
	return ret;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static int take_look(struct follower *f, struct log_look *look)
{
	enum look_from from = FROM_SAVED;
	int ret;

	if (!f->state.known)
		from = f->ctl->options.since_reset ? FROM_RESET : FROM_OLDEST;
	ret = reader_look(&f->reader, from, &f->state.position, &f->state.tail,
			  look);
	f->asked = now_ms();
	if (ret || look->empty || look->changing)
		return ret;
	return print_news(f, look);
}

static int run_once(struct follower *f)
{
	struct log_look look;
	int ret;

	ret = take_look(f, &look);
	if (!ret && look.empty)
		ret = reader_fail_empty(&f->reader);
	if (!ret && look.changing)
		ret = reader_fail_changing(&f->reader);
	return ret;
}

static void tell_once(struct follower *f, bool *told, const char *what)
{
	if (!*told)
		warning(f->ctl->out, "%s: %s", f->device->path, what);
	*told = true;
}

static void tell_state(struct follower *f, const struct log_look *look)
{
	if (look->empty)
		tell_once(f, &f->told.empty,
			  "there is no telemetry before the first update: waiting for it");
	if (look->changing)
		tell_once(f, &f->told.changing,
			  "the log changed each time it was read: trying again");
	if (!look->empty && !f->reader.map)
		tell_once(f, &f->told.unmapped,
			  "the log cannot be mapped: the firmware is asked every ten intervals instead");
}

/*
 * The longest time to the next read. Where there is no log yet there is nothing
 * to watch, and nothing to lose. News that is known to be there, or may have come
 * before it was watched for, waits for no confirming question.
 */
static uint64_t longest_pause(const struct follower *f,
			      const struct log_look *look, bool watched)
{
	const struct options *o = &f->ctl->options;

	if (look->changing || look->more || (f->reader.map && !watched))
		return o->interval;
	if (!f->reader.watch_size && !look->empty)
		return least(o->confirm, SLOWER * (uint64_t)o->interval);
	return o->confirm;
}

/*
 * Wait until the firmware is to be asked: the log looks other than it did, or
 * @pause has gone by. What came less than PAUSE_MIN after the last read is noticed
 * when that is over. Returns as sink_wait().
 */
static int wait_for_news(struct follower *f, uint64_t pause)
{
	uint64_t interval = f->ctl->options.interval;
	uint64_t until = f->asked + most(pause, PAUSE_MIN);
	uint64_t next = f->asked + most(interval, PAUSE_MIN);
	uint64_t now = now_ms();
	int ret;

	do {
		next = least(next, until);
		ret = sink_wait(&f->sink, next > now ? next - now : 0);
		now = now_ms();
		next = now + interval;
		if (ret || now >= until)
			return ret;
	} while (!f->reader.watch_size || !reader_stirred(&f->reader));
	return 0;
}

/* After a look that found nothing, the watch must date from before it. */
static int run_follow(struct follower *f)
{
	struct log_look look;
	int ret = STATUS_DONE;
	bool watched = false;
	int wait = 0;

	while (!ret && !wait && !f->ended) {
		if (f->state.known && f->reader.map)
			reader_watch(&f->reader, &f->state.position);
		ret = take_look(f, &look);
		if (ret || f->ended)
			break;
		tell_state(f, &look);
		wait = wait_for_news(f, longest_pause(f, &look, watched));
		watched = f->reader.map;
	}
	if (wait != -EPIPE)
		return ret;
	if (!f->ctl->options.output)
		return STATUS_FAILED;
	return fail(f->ctl->out, STATUS_FAILED, "output",
		    "%s: nobody reads it any more",
		    escaped(f->ctl->options.output));
}

int run_delta(struct pfructl *ctl, const struct device *device, bool follow)
{
	struct follower f = { .ctl = ctl, .device = device };
	int ret;

	out_set_lines(ctl->out);
	reader_begin(&f.reader, ctl, device, follow);
	f.reader.take_rest = true;
	ret = state_open(ctl, device, &f.file, &f.state);
	if (!ret) {
		ret = sink_open(&f.sink, ctl, device, &f.file);
		if (!ret)
			ret = recover(&f);
		/* report an unwritable position before the firmware is asked */
		if (!ret && follow)
			ret = state_save(ctl, &f.file, &f.state);
		if (!ret && !f.ended)
			ret = follow ? run_follow(&f) : run_once(&f);
		sink_close(&f.sink);
	}
	state_drop(&f.state);
	state_close(&f.file);
	reader_end(&f.reader);
	return ret;
}
