// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays the firmware that writes a log while it is read, and checks what the
 * readers made of it. Each byte is a function of its position, so that a loss,
 * a repeat or a disorder shows.
 *
 *	writer [-i INSTANCE] [-t exec|history] [-n] [-s STATE] COMMAND
 *	run BYTES SEED	up to position BYTES, in random pieces
 *	to BYTES	the same at once
 *	reset		empty the log (-n: without telling so)
 *	figures		of log and firmware
 *	verify BYTES	standard input is lines of JSON up to that position
 *	bytes FROM TO	what those lines should hold
 *	kill COUNT SEED MS CMD...	start it and kill it, again and again; with
 *			-s every other time right after it saved in STATE that it
 *			is about to print; a slow kernel gets more milliseconds
 *	spend CMD...	what it takes
 *
 * A firmware's call and its writing exclude each other, on a machine: both stop
 * all processors. Here the writer does not begin while a get data is on, which
 * event_at shows, counting the answers; and a call that begins while the writer
 * is at it has a delay that gives the writer the time to finish.
 */
#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#include "guest.h"

#define DELAY_MS	20
#define PIECE_MAX	3000
#define ANSWERS_MAX	0x7fffffff

static volatile struct pfrusim_log *the_log;
static uint8_t *ring;
static uint32_t ring_size;
static uint32_t calls_before;
static unsigned long late;

/* ---- the stream ---- */

static uint8_t byte_at(uint64_t position)
{
	uint64_t x = position / 8 + 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	x = (x ^ x >> 31) >> position % 8 * 8;
	/* a quarter of it is text */
	if (position >> 15 & 3)
		return x;
	return position % 64 == 63 ? '\n' : 'a' + (uint8_t)x % 26;
}

static uint64_t random_state;

static uint32_t any_below(uint32_t limit)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return limit ? (random_state >> 33) % limit : 0;
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

/* ---- the firmware ---- */

static void begin(int instance, int log)
{
	sim_begin();
	if (instance) {
		char line[4096];
		FILE *f = fopen("/proc/cmdline", "r");
		char *at;

		if (!f || !fgets(line, sizeof(line), f))
			die("/proc/cmdline");
		fclose(f);
		at = strstr(line, "pfrusim.ctl=");
		at = at ? strchr(at, ',') : NULL;
		if (!at)
			die("no second instance");
		at = map_physical(strtoull(at + 1, NULL, 0), PFRUSIM_PAGE_SIZE);
		page = (void *)at;
		slot = (void *)(at + PFRUSIM_SLOT_OFF);
		sim_log = (void *)(at + PFRUSIM_LOG_OFF);
	}
	the_log = &sim_log[log];
	ring_size = the_log->size;
	ring = map_physical(the_log->base, ring_size);
}

static uint64_t written(void)
{
	return (uint64_t)the_log->rollover * ring_size + the_log->pos;
}

static uint32_t calls_begun(void)
{
	return slot[SLOT_DATA].calls - calls_before;
}

static bool in_call(void)
{
	uint32_t answered = ANSWERS_MAX - page->event_at;

	__sync_synchronize();
	return calls_begun() != answered;
}

/* Bytes first, then their number, all at once. */
static void append(uint64_t from, const uint8_t *bytes, uint32_t size)
{
	uint32_t at = from % ring_size, first = ring_size - at;
	uint64_t to = from + size;
	union {
		uint32_t half[2];
		uint64_t whole;
	} state;

	if (first > size)
		first = size;
	memcpy(ring + at, bytes, first);
	memcpy(ring, bytes + first, size - first);
	__sync_synchronize();
	/* a ring that is exactly full has not wrapped yet */
	state.half[1] = to ? (to - 1) / ring_size : 0;
	state.half[0] = to - (uint64_t)state.half[1] * ring_size;
	_Static_assert((PFRUSIM_LOG_OFF + 16) % 8 == 0, "a store at once");
	*(volatile uint64_t *)((char *)the_log + 16) = state.whole;
	the_log->total = to;
	the_log->live = 1;
	__sync_synchronize();
}

static void append_stream(uint64_t from, uint32_t size, bool between)
{
	uint8_t bytes[PIECE_MAX];
	uint32_t begun, i;
	uint64_t at;

	for (i = 0; i < size; i++)
		bytes[i] = byte_at(from + i);
	while (between && in_call())
		usleep(100);
	begun = calls_begun();
	at = now_us();
	append(from, bytes, size);
	if (between && begun != calls_begun() &&
	    now_us() - at > DELAY_MS * 1000)
		late++;
}

/* When no call is on. */
static void append_between(uint64_t from, uint32_t size)
{
	append_stream(from, size, true);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* While nobody reads. */
static int write_to(uint64_t end)
{
	uint64_t at = written();
	uint32_t size;

	for (; at < end; at += size) {
		size = least(PIECE_MAX, end - at);
		append_stream(at, size, false);
	}
	return EXIT_SUCCESS;
}

/* Wait for a call's end, or for this long; true when one ended. */
static bool wait_call(uint32_t *ended, uint64_t us)
{
	uint64_t until = now_us() + us;

	while (in_call() || calls_begun() == *ended) {
		if (now_us() >= until)
			return false;
		usleep(50);
	}
	*ended = calls_begun();
	return true;
}

static void print_figures(void)
{
	printf("written %llu rollovers %u calls %u late %lu\n",
	       (unsigned long long)written(), the_log->rollover, page->calls,
	       late);
}

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	stopped = number;
}

/* No call for a while: all that began were answered. */
static void find_quiet(void)
{
	uint32_t begun;

	do {
		begun = slot[SLOT_DATA].calls;
		usleep(10 * DELAY_MS * 1000);
	} while (begun != slot[SLOT_DATA].calls);
	calls_before = begun - (ANSWERS_MAX - page->event_at);
}

/*
 * Most of a ring for each look of a reader, a few times more than one. A quarter
 * of the calls is followed by a piece at once, so that it comes into a read.
 */
static int run(uint64_t end)
{
	uint64_t at = written(), goal, size;
	uint32_t ended;
	bool into;

	page->event_every = 0;
	page->event_at = ANSWERS_MAX;
	slot[SLOT_DATA].times = 0;
	slot[SLOT_DATA].skip = 0;
	slot[SLOT_DATA].delay = DELAY_MS;
	find_quiet();
	ended = calls_begun();
	signal(SIGTERM, stop);
	while (at < end && !stopped) {
		goal = ring_size / 2 + any_below(ring_size * 3 / 8);
		if (!any_below(64))
			goal += any_below(3 * ring_size);
		goal = least(at + goal, end);
		while (at < goal && !stopped) {
			size = least(1 + any_below(PIECE_MAX), goal - at);
			append_between(at, size);
			at += size;
			if (!any_below(16))
				usleep(1000);
		}
		if (!wait_call(&ended, 1000000ULL * slowness()))
			continue;	/* nobody reads */
		do {
			size = least(1 + any_below(2000), end - at);
			into = !any_below(4) && size;
			if (into) {
				append_between(at, size);
				at += size;
			}
		} while (wait_call(&ended, 90000ULL * slowness()) && into);
	}
	while (in_call())
		usleep(100);
	slot[SLOT_DATA].delay = 0;
	page->event_at = 0;
	print_figures();
	return EXIT_SUCCESS;
}

static int reset(bool quietly)
{
	the_log->pos = 0;
	the_log->rollover = 0;
	the_log->total = 0;
	if (!quietly)
		the_log->reset++;
	the_log->live = 1;
	return EXIT_SUCCESS;
}

/* ---- the check ---- */

static bool number_of(const char *line, const char *key, uint64_t *value)
{
	char name[64];
	const char *at;

	snprintf(name, sizeof(name), "\"%s\":", key);
	at = strstr(line, name);
	if (!at)
		return false;
	*value = strtoull(at + strlen(name), NULL, 10);
	return true;
}

static int digit64(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? at - digits : -1;
}

/* Into @to, which has room; the number of bytes, or -1. */
static long decode(const char *line, uint8_t *to)
{
	const char *at = strstr(line, "\"base64\":");
	uint8_t *begin = to;
	uint32_t bits = 0;
	int n = 0;

	if (at) {
		at = strchr(at + 9, '"');
		while (at && digit64(*++at) >= 0) {
			bits = bits << 6 | digit64(*at);
			n += 6;
			if (n >= 8) {
				n -= 8;
				*to++ = bits >> n;
			}
		}
		return at ? to - begin : -1;
	}
	at = strstr(line, "\"text\":");
	at = at ? strchr(at + 7, '"') : NULL;
	if (!at)
		return -1;
	while (*++at && *at != '"') {
		static const char short_[] = "b\bf\fn\nr\rt\t";
		const char *s;
		unsigned int u;

		if (*at != '\\') {
			*to++ = *at;
			continue;
		}
		at++;
		s = strchr(short_, *at);
		if (*at == 'u' && sscanf(at + 1, "%4x", &u) == 1 && u < 128) {
			*to++ = u;
			at += 4;
		} else if (*at && s) {
			*to++ = s[1];
		} else {
			*to++ = *at;
		}
	}
	return to - begin;
}

static int wrong(unsigned long line, const char *what, uint64_t found,
		 uint64_t expected)
{
	printf("line %lu: %s: found %llu, expected %llu\n", line, what,
	       (unsigned long long)found, (unsigned long long)expected);
	return EXIT_FAILURE;
}

/* printed + lost = written, in order, and what may be a repeat is said to be */
static int verify(uint64_t end)
{
	uint64_t next = 0, printed = 0, lost = 0, repeated = 0, allowed, from;
	uint64_t position, gap, length, most = 0;
	unsigned long lines = 0, torn = 0;
	uint8_t *bytes = NULL;
	char *line = NULL;
	size_t room = 0;
	ssize_t size;
	long got, i;

	while ((size = getline(&line, &room, stdin)) > 0) {
		const char *last = strrchr(line, '{');

		lines++;
		/* what was begun by a reader that was killed, then the next's */
		if (last && last != line) {
			torn++;
			memmove(line, last, strlen(last) + 1);
			size = strlen(line);
		}
		if (size < 3 || strcmp(line + size - 2, "}\n")) {
			torn++;
			continue;
		}
		if (!number_of(line, "position", &position) ||
		    !number_of(line, "lost", &gap) ||
		    !number_of(line, "size", &length)) {
			printf("line %lu: %.300s\n", lines, line);
			return EXIT_FAILURE;
		}
		if (!number_of(line, "repeated_at_most", &allowed))
			allowed = 0;
		if (allowed > most)
			most = allowed;
		bytes = realloc(bytes, size + 1);
		got = decode(line, bytes);
		if (got < 0 || (uint64_t)got != length)
			return wrong(lines, "bytes", got, length);
		from = position - gap;
		if (from > next)
			return wrong(lines, "a gap: begins at", from, next);
		if (from < next && next - from > allowed)
			return wrong(lines, "a repeat: begins at", from, next);
		for (i = 0; i < got; i++)
			if (bytes[i] != byte_at(position + i))
				return wrong(lines, "byte", position + i,
					     byte_at(position + i));
		repeated += next - from;
		printed += length;
		lost += gap;
		next = position + length;
	}
	if (next != end)
		return wrong(lines, "the end", next, end);
	if (printed + lost != end + repeated)
		return wrong(lines, "sum", printed + lost, end + repeated);
	printf("printed %llu lost %llu repeated %llu at-most %llu lines %lu torn %lu\n",
	       (unsigned long long)printed, (unsigned long long)lost,
	       (unsigned long long)repeated, (unsigned long long)most, lines,
	       torn);
	return EXIT_SUCCESS;
}

static int print_bytes(uint64_t from, uint64_t to)
{
	while (from < to)
		putchar(byte_at(from++));
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- programs ---- */

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static bool is_pending(const char *state)
{
	char text[1024];
	size_t size;
	FILE *f;

	f = fopen(state, "r");
	if (!f)
		return false;
	size = fread(text, 1, sizeof(text) - 1, f);
	text[size] = 0;
	fclose(f);
	return strstr(text, "pending");
}

/* What the one before left there does not count: the next settles it first. */
static void wait_pending(const char *state, unsigned long ms)
{
	uint64_t until = now_us() + ms * 1000;

	while (is_pending(state) && now_us() < until)
		usleep(100);
	while (!is_pending(state) && now_us() < until)
		usleep(100);
	usleep(any_below(3000));
}

/*
 * Killed after up to @ms milliseconds, or while it prints; one that ends by
 * itself is wrong.
 */
static int kill_often(unsigned long count, unsigned long ms, const char *state,
		      char **argv)
{
	unsigned long i, printing = 0;
	int status;
	pid_t pid;

	ms *= slowness();
	for (i = 0; i < count; i++) {
		pid = start(argv);
		if (state && i % 2)
			wait_pending(state, 2 * ms);
		else
			usleep(any_below(ms * 1000));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		if (!WIFSIGNALED(status)) {
			fprintf(stderr, "turn %lu ended by itself: %#x\n", i,
				status);
			return EXIT_FAILURE;
		}
		printing += state && is_pending(state);
	}
	fprintf(stderr, "killed %lu, %lu while printing\n", count, printing);
	return EXIT_SUCCESS;
}

/* Bytes that a program read in all, before it is forgotten. */
static unsigned long long bytes_read(pid_t pid)
{
	unsigned long long value = 0;
	char name[64], line[128];
	siginfo_t info;
	FILE *f;

	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	snprintf(name, sizeof(name), "/proc/%d/io", pid);
	f = fopen(name, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "rchar: %llu", &value) == 1)
			break;
	if (f)
		fclose(f);
	return value;
}

static int spend(char **argv)
{
	unsigned long long read_;
	uint32_t before = calls();
	struct rusage usage;
	int status;
	pid_t pid;

	pid = start(argv);
	read_ = bytes_read(pid);
	if (wait4(pid, &status, 0, &usage) < 0)
		die("wait4");
	fprintf(stderr, "calls %u user %llu system %llu read %llu memory %ld\n",
		calls() - before,
		usage.ru_utime.tv_sec * 1000000ULL + usage.ru_utime.tv_usec,
		usage.ru_stime.tv_sec * 1000000ULL + usage.ru_stime.tv_usec,
		read_, usage.ru_maxrss);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int usage(void)
{
	fprintf(stderr, "writer: wrong usage, see writer.c\n");
	return 2;
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

static int command(int argc, char **argv, bool quietly)
{
	const char *name = argv[0];

	if (!strcmp(name, "run") && argc == 3) {
		random_state = number(argv[2]);
		return run(number(argv[1]));
	}
	if (!strcmp(name, "to") && argc == 2)
		return write_to(number(argv[1]));
	if (!strcmp(name, "reset"))
		return reset(quietly);
	if (!strcmp(name, "figures")) {
		print_figures();
		return EXIT_SUCCESS;
	}
	if (!strcmp(name, "spend") && argc > 1)
		return spend(argv + 1);
	return usage();
}

int main(int argc, char **argv)
{
	int opt, instance = 0, log = PFRUSIM_EXEC;
	const char *state = NULL;
	bool quietly = false;

	while ((opt = getopt(argc, argv, "+i:t:ns:")) != -1) {
		if (opt == 'i')
			instance = atoi(optarg);
		else if (opt == 't' && !strcmp(optarg, "history"))
			log = PFRUSIM_HISTORY;
		else if (opt == 'n')
			quietly = true;
		else if (opt == 's')
			state = optarg;
		else if (opt != 't')
			return usage();
	}
	argc -= optind;
	argv += optind;
	if (argc == 2 && !strcmp(argv[0], "verify"))
		return verify(number(argv[1]));
	if (argc == 3 && !strcmp(argv[0], "bytes"))
		return print_bytes(number(argv[1]), number(argv[2]));
	if (argc > 4 && !strcmp(argv[0], "kill")) {
		random_state = number(argv[2]);
		return kill_often(number(argv[1]), number(argv[3]), state,
				  argv + 4);
	}
	if (!argc)
		return usage();
	begin(instance, log);
	return command(argc, argv, quietly);
}
