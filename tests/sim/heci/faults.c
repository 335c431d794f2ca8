// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults that every client can have: their knobs, their part of "state", and what
 * they do to an answer. Those of connections and credits happen in hbm.c, where a
 * connection is made or a credit given: it asks take_one().
 */
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "sim.h"

bool take_one(long *count)
{
	if (*count > 0)
		(*count)--;
	else if (*count != FOREVER)
		return false;
	return true;
}

void faults_clear(struct faults *f)
{
	unsigned long applied = f->applied;

	memset(f, 0, sizeof(*f));
	f->applied = applied;
}

/*
 * State
 */

static const struct {
	const char *name;
	size_t offset;
} counts[] = {
	{ "drop", offsetof(struct faults, drop) },
	{ "truncate", offsetof(struct faults, truncate) },
	{ "corrupt", offsetof(struct faults, corrupt) },
	{ "duplicate", offsetof(struct faults, duplicate) },
	{ "delay", offsetof(struct faults, delay) },
	{ "disconnect", offsetof(struct faults, disconnect) },
	{ "refuse", offsetof(struct faults, refuse) },
	{ "refuse-notify", offsetof(struct faults, refuse_notify) },
	{ "withhold", offsetof(struct faults, withhold) },
};

static long *count_of(struct client *cl, size_t offset)
{
	return (long *)((char *)&cl->faults + offset);
}

void faults_print(FILE *f, struct client *cl)
{
	size_t i;
	long n;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		n = *count_of(cl, counts[i].offset);
		fprintf(f, "%s.%s ", cl->name, counts[i].name);
		if (n == FOREVER)
			fputs("all\n", f);
		else
			fprintf(f, "%ld\n", n);
	}
	fprintf(f, "%s.faults %lu\n", cl->name, cl->faults.applied);
}

/*
 * What happens to an answer
 */

static void corrupt(const struct faults *f, uint8_t *data, size_t len)
{
	size_t i;

	if (f->corrupt_how == CORRUPT_RANDOM)
		for (i = 0; i < len; i++)
			data[i] = random();
	else if (f->corrupt_at < len)
		data[f->corrupt_at] = f->corrupt_value;
}

/* when the next answer may leave; each takes its turn */
static uint64_t in_pace(struct faults *f)
{
	uint64_t due = now_ns();

	if (!f->pace)
		return due;
	if (f->next > due)
		due = f->next;
	f->next = due + f->pace;
	return due;
}

static bool happens(struct faults *f, long *count)
{
	if (!take_one(count))
		return false;
	f->applied++;
	return true;
}

unsigned int faults_apply(struct client *cl, uint8_t host, uint8_t *buf,
			  size_t *len, uint64_t *due)
{
	struct faults *f = &cl->faults;
	const char *name = cl->name;

	*due = in_pace(f);
	if (happens(f, &f->drop)) {
		note("FAULT answer of %s/%u dropped", name, host);
		return 0;
	}
	if (happens(f, &f->corrupt)) {
		corrupt(f, buf, *len);
		note("FAULT answer of %s/%u corrupted", name, host);
	}
	if (happens(f, &f->truncate)) {
		note("FAULT answer of %s/%u has %zu bytes instead of %zu", name,
		     host, f->truncate_to, *len);
		*len = f->truncate_to;
	}
	if (happens(f, &f->delay)) {
		*due += f->delay_ns;
		note("FAULT answer of %s/%u delayed by %llu ms", name, host,
		     (unsigned long long)(f->delay_ns / MS));
	}
	if (happens(f, &f->duplicate)) {
		note("FAULT answer of %s/%u duplicated", name, host);
		return 2;
	}
	return 1;
}

/*
 * The knobs
 */

/* a fault that is nothing but how often more, n without a number */
static int set_count(struct result *r, int argc, char **argv, size_t offset,
		     long n)
{
	struct client *cl = &watchdog_client;

	if (client_words(r, argc, argv, &cl, &n))
		return -1;
	*count_of(cl, offset) = n;
	return 0;
}

static int do_drop(struct result *r, int argc, char **argv)
{
	return set_count(r, argc, argv, offsetof(struct faults, drop), 1);
}

static int do_duplicate(struct result *r, int argc, char **argv)
{
	return set_count(r, argc, argv, offsetof(struct faults, duplicate), 1);
}

static int do_disconnect(struct result *r, int argc, char **argv)
{
	return set_count(r, argc, argv, offsetof(struct faults, disconnect), 1);
}

static int do_withhold(struct result *r, int argc, char **argv)
{
	return set_count(r, argc, argv, offsetof(struct faults, withhold),
			 FOREVER);
}

static int do_delay(struct result *r, int argc, char **argv)
{
	struct client *cl = &watchdog_client;
	double ms;
	long n = 1;

	if (!number(argv[0], 1e8, &ms))
		return fail(r, "expected milliseconds");
	if (client_words(r, argc - 1, argv + 1, &cl, &n))
		return -1;
	cl->faults.delay = n;
	cl->faults.delay_ns = ms * MS;
	return 0;
}

static int do_truncate(struct result *r, int argc, char **argv)
{
	struct client *cl = &watchdog_client;
	unsigned long len;
	long n = 1;

	if (!integer(argv[0], CLIENT_MESSAGE_MAX, &len))
		return fail(r, "expected a length in bytes, up to 8192");
	if (client_words(r, argc - 1, argv + 1, &cl, &n))
		return -1;
	cl->faults.truncate = n;
	cl->faults.truncate_to = len;
	return 0;
}

/* NAME=BYTE or OFFSET=BYTE, of this client's answers */
static int corruption(struct result *r, char *what, struct client *cl)
{
	const struct field *f = cl->fields;
	char *value = strchr(what, '=');
	unsigned long at, v = 0;

	if (value)
		*value++ = '\0';
	if (value && !integer(value, 255, &v))
		return fail(r, "expected a byte after =");
	cl->faults.corrupt_how = CORRUPT_RANDOM;
	if (!strcmp(what, "random"))
		return 0;
	cl->faults.corrupt_how = CORRUPT_BYTE;
	cl->faults.corrupt_value = v;
	if (value && integer(what, CLIENT_MESSAGE_MAX - 1, &at)) {
		cl->faults.corrupt_at = at;
		return 0;
	}
	for (; f && f->name; f++) {
		if (strcmp(what, f->name))
			continue;
		cl->faults.corrupt_at = f->at;
		if (!value)
			cl->faults.corrupt_value = f->value;
		return 0;
	}
	return fail(r,
		    "expected a field of this client's answers, OFFSET=BYTE or random");
}

static int do_corrupt(struct result *r, int argc, char **argv)
{
	struct client *cl = &watchdog_client;
	long n = 1;

	if (client_words(r, argc - 1, argv + 1, &cl, &n))
		return -1;
	cl->faults.corrupt = 0;
	if (corruption(r, argv[0], cl))
		return -1;
	cl->faults.corrupt = n;
	return 0;
}

static int do_pace(struct result *r, int argc, char **argv)
{
	struct client *cl = &watchdog_client;
	double ms;

	if (!number(argv[0], 1e6, &ms))
		return fail(r, "expected milliseconds");
	if (client_words(r, argc - 1, argv + 1, &cl, NULL))
		return -1;
	cl->faults.pace = ms * MS;
	cl->faults.next = 0;
	return 0;
}

static int refusal(struct result *r, int argc, char **argv, bool notify)
{
	struct client *cl = &watchdog_client;
	unsigned long status;
	long n = 1;

	if (!integer(argv[0], 255, &status) || !status)
		return fail(r, "expected a status from 1 to 255");
	if (client_words(r, argc - 1, argv + 1, &cl, &n))
		return -1;
	if (notify) {
		cl->faults.refuse_notify = n;
		cl->faults.refuse_notify_status = status;
	} else {
		cl->faults.refuse = n;
		cl->faults.refuse_status = status;
	}
	return 0;
}

static int do_refuse(struct result *r, int argc, char **argv)
{
	return refusal(r, argc, argv, false);
}

static int do_refuse_notify(struct result *r, int argc, char **argv)
{
	return refusal(r, argc, argv, true);
}

static int do_grant(struct result *r, int argc, char **argv)
{
	struct client *cl = &watchdog_client;

	if (client_words(r, argc, argv, &cl, NULL))
		return -1;
	cl->faults.withhold = 0;
	fprintf(r->text, "granted %u\n", client_grant(cl));
	return 0;
}

const struct command fault_commands[] = {
	{ "delay", 1, 3, do_delay, "MS [CLIENT] [N|all]",
	  "hold answers back; later ones may pass" },
	{ "drop", 0, 2, do_drop, "[CLIENT] [N|all]", "lose answers" },
	{ "truncate", 1, 3, do_truncate, "LEN [CLIENT] [N|all]",
	  "answers get this length: cut, or filled with zeros" },
	{ "corrupt", 1, 3, do_corrupt, "WHAT[=BYTE] [CLIENT] [N|all]",
	  "a field of an answer (README.md has them), OFFSET=BYTE or random" },
	{ "disconnect", 0, 2, do_disconnect, "[CLIENT] [N|all]",
	  "answers end half-way, and with them the connection" },
	{ "pace", 1, 2, do_pace, "MS [CLIENT]",
	  "time between two answers at least (0)" },
	{ "duplicate", 0, 2, do_duplicate, "[CLIENT] [N|all]",
	  "send answers twice" },
	{ "refuse", 1, 3, do_refuse, "STATUS [CLIENT] [N|all]",
	  "refuse connections" },
	{ "refuse-notify", 1, 3, do_refuse_notify, "STATUS [CLIENT] [N|all]",
	  "refuse to register or end notifications" },
	{ "withhold", 0, 2, do_withhold, "[CLIENT] [N|all]",
	  "keep back the next credits for messages of the host (all)" },
	{ "grant", 0, 1, do_grant, "[CLIENT]",
	  "hand out the credits kept back, keep none any more" },
	{ 0 }
};
