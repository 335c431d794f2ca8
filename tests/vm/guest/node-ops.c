// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * node-ops NODE [WORD...]: what the shell cannot do with one open file of a node,
 * of this project's module or of mainline's drivers. Each word is done in its
 * turn, and what the kernel answered printed as "WORD: ANSWER", a number or
 * -ENAME. Exit status 0 when all was done, whatever the kernel answered.
 *   write FILE, first FILE N   the file, or its first N bytes, in one write
 *   pieces FILE N              all of it, N bytes at a time
 *   stage, activate, both      actions
 *   rev N                      revision of the update node
 *   result                     action, errno, status, extended status, reason
 *   query                      capability: length of the OEM information
 *   set LEVEL TYPE REV         telemetry settings, - to leave one
 *   get                        telemetry settings: level/type/revision
 *   data                       chunk1/chunk2/rollover/reset
 *   map FILE                   the ring, mapped, into FILE
 *   hold ADDRESS SIZE          map it write-back, until the end; NODE is /dev/mem
 *   touch FILE, wait FILE      for other programs; wait up to 30 s
 */
#include "guest.h"

static int fd;

static void answer(const char *word, long ret)
{
	if (ret < 0)
		printf("%s: -%s\n", word, strerrorname_np(errno));
	else
		printf("%s: %ld\n", word, ret);
	fflush(stdout);
}

static uint8_t *slurp(const char *path, size_t *size)
{
	int from = must_open(path, O_RDONLY);
	struct stat st;
	uint8_t *bytes;

	if (fstat(from, &st))
		die(path);
	*size = st.st_size;
	bytes = malloc(*size + 1);
	if (!bytes || read(from, bytes, *size) != (ssize_t)*size)
		die(path);
	close(from);
	return bytes;
}

static void do_write(const char *word, const char *path, size_t first,
		     size_t piece)
{
	size_t size, done_ = 0;
	uint8_t *bytes = slurp(path, &size);
	ssize_t n = 0;

	if (first < size)
		size = first;
	do {
		size_t count = size - done_ < piece ? size - done_ : piece;

		n = write(fd, bytes + done_, count);
		if (n < 0)
			break;
		done_ += n;
	} while (n && done_ < size);
	answer(word, n < 0 ? n : (long)done_);
	free(bytes);
}

static uint32_t number(const char *text)
{
	return strcmp(text, "-") ? strtoul(text, NULL, 0) : PFRU_LOG_UNCHANGED;
}

static void do_set(const char *word, char **arg)
{
	struct pfru_log_info info = {
		number(arg[0]), number(arg[1]), number(arg[2]),
	};

	answer(word, ioctl(fd, PFRT_LOG_IOC_SET_INFO, &info));
}

static void do_get(const char *word)
{
	struct pfru_log_info info;

	if (ioctl(fd, PFRT_LOG_IOC_GET_INFO, &info))
		answer(word, -1);
	else
		printf("%s: %d/%d/%d\n", word, info.log_level, info.log_type,
		       info.log_revid);
	fflush(stdout);
}

static void do_data(const char *word)
{
	struct pfru_log_data_info info;

	if (ioctl(fd, PFRT_LOG_IOC_GET_DATA_INFO, &info))
		answer(word, -1);
	else
		printf("%s: %u/%u/%u/%u\n", word, info.chunk1_size,
		       info.chunk2_size, info.rollover_cnt, info.reset_cnt);
	fflush(stdout);
}

static void do_map(const char *word, const char *path)
{
	struct pfru_log_data_info info;
	void *ring;
	int to;

	if (ioctl(fd, PFRT_LOG_IOC_GET_DATA_INFO, &info)) {
		answer(word, -1);
		return;
	}
	ring = mmap(NULL, info.max_data_size, PROT_READ, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED) {
		answer(word, -1);
		return;
	}
	to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (to < 0)
		die(path);
	answer(word, write(to, ring, info.max_data_size));
	close(to);
	munmap(ring, info.max_data_size);
}

static void do_hold(const char *word, char **arg)
{
	void *p = mmap(NULL, number(arg[1]), PROT_READ | PROT_WRITE, MAP_SHARED,
		       fd, strtoull(arg[0], NULL, 0));

	answer(word, p == MAP_FAILED ? -1 : 0);
}

static void do_query(const char *word)
{
	struct pfru_capability cap;

	answer(word, ioctl(fd, PFRU_IOC_QUERY_CAP, &cap) ?
	       -1 : (long)cap.oem_info_len);
}

static void do_result(const char *word)
{
	struct pfru_result r;

	if (ioctl(fd, PFRU_IOC_GET_RESULT, &r))
		answer(word, -1);
	else
		printf("%s: action %u error %d status %d ext %#x reason %u\n",
		       word, r.action, r.error, r.status, r.ext_status,
		       r.reason);
	fflush(stdout);
}

static void do_touch(const char *path)
{
	int to = open(path, O_WRONLY | O_CREAT, 0600);

	if (to < 0)
		die(path);
	close(to);
}

static void do_wait(const char *path)
{
	int i;

	for (i = 0; access(path, F_OK) && i < 600; i++)
		usleep(50000);
	if (i == 600)
		die(path);
}

/* how many words the arguments of WORD are, -1 for an unknown word */
static int arguments(const char *word)
{
	static const struct {
		const char *word;
		int count;
	} words[] = {
		{ "write", 1 }, { "first", 2 }, { "pieces", 2 },
		{ "stage", 0 }, { "activate", 0 }, { "both", 0 },
		{ "rev", 1 }, { "result", 0 }, { "query", 0 }, { "set", 3 },
		{ "get", 0 }, { "data", 0 }, { "map", 1 }, { "hold", 2 },
		{ "touch", 1 }, { "wait", 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_LENGTH(words); i++)
		if (!strcmp(word, words[i].word))
			return words[i].count;
	return -1;
}

static void run(const char *word, char **arg)
{
	unsigned int rev;

	if (!strcmp(word, "write")) {
		do_write(word, arg[0], SIZE_MAX, SIZE_MAX);
	} else if (!strcmp(word, "first")) {
		do_write(word, arg[0], number(arg[1]), SIZE_MAX);
	} else if (!strcmp(word, "pieces")) {
		do_write(word, arg[0], SIZE_MAX, number(arg[1]));
	} else if (!strcmp(word, "stage")) {
		answer(word, ioctl(fd, PFRU_IOC_STAGE));
	} else if (!strcmp(word, "activate")) {
		answer(word, ioctl(fd, PFRU_IOC_ACTIVATE));
	} else if (!strcmp(word, "both")) {
		answer(word, ioctl(fd, PFRU_IOC_STAGE_ACTIVATE));
	} else if (!strcmp(word, "rev")) {
		rev = number(arg[0]);
		answer(word, ioctl(fd, PFRU_IOC_SET_REV, &rev));
	} else if (!strcmp(word, "result")) {
		do_result(word);
	} else if (!strcmp(word, "query")) {
		do_query(word);
	} else if (!strcmp(word, "set")) {
		do_set(word, arg);
	} else if (!strcmp(word, "get")) {
		do_get(word);
	} else if (!strcmp(word, "data")) {
		do_data(word);
	} else if (!strcmp(word, "map")) {
		do_map(word, arg[0]);
	} else if (!strcmp(word, "hold")) {
		do_hold(word, arg);
	} else if (!strcmp(word, "touch")) {
		do_touch(arg[0]);
	} else {
		do_wait(arg[0]);
	}
}

int main(int argc, char **argv)
{
	int i, count;

	if (argc < 2)
		return 2;
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		answer("open", -1);
		return 1;
	}
	for (i = 2; i < argc; i += 1 + count) {
		count = arguments(argv[i]);
		if (count < 0 || i + count >= argc) {
			fprintf(stderr, "node-ops: %s: no such word\n", argv[i]);
			return 2;
		}
		run(argv[i], argv + i + 1);
	}
	return 0;
}
