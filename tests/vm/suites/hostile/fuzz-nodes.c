// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz-nodes SECONDS [SEED]: programs of system calls on both nodes, with
 * capsules that mutate and firmware that answers randomly. Where the kernel has
 * kcov, a program that reaches new code is kept, and mutated further. No call may
 * give an errno that is not documented, or touch a byte beside its argument.
 */
#include "random.h"

#include <sys/uio.h>

#define CALLS		24	/* of a program, at most */
#define PROGRAMS	512	/* kept, at most */
#define FILES		4
#define CAPSULE		2048
#define ARGUMENT	4096	/* bytes, at most */
#define CANARY		64	/* before and behind them */
#define COVER		(64 << 10)

#define KCOV_INIT_TRACE	_IOR('c', 1, unsigned long)
#define KCOV_ENABLE	_IO('c', 100)
#define KCOV_DISABLE	_IO('c', 101)

/**
 * struct call - one system call of a program
 * @kind: index of kinds
 * @file: of the program's files
 * @seed: what its arguments are made of
 */
struct call {
	uint8_t kind;
	uint8_t file;
	uint64_t seed;
};

struct program {
	uint32_t calls;
	struct call call[CALLS];
};

static struct program kept[PROGRAMS];
static uint32_t kept_count;
static int files[FILES];
static uint8_t capsule[CAPSULE];
static uint8_t around[CANARY + ARGUMENT + CANARY]
	__attribute__((aligned(8)));
static uint8_t *argument = around + CANARY;
static size_t in_use;		/* of argument's end, that the call may touch */
static uint64_t *cover;
static int kcov = -1;
static uint8_t seen[1 << 22];	/* by a hash of the address */
static uint64_t calls_made, calls_failed, reached, overruns, strange;
static uint64_t nodes_gave;	/* calls on a node that succeeded */
static uint64_t unopened;
static int strange_errno, strange_kind;

static const unsigned long commands[] = {
	PFRU_IOC_SET_REV, PFRU_IOC_STAGE, PFRU_IOC_ACTIVATE,
	PFRU_IOC_STAGE_ACTIVATE, PFRU_IOC_QUERY_CAP, PFRU_IOC_GET_RESULT,
	PFRU_IOC_GET_BUF_SIZE, PFRU_IOC_GET_CACHED_CAP, PFRU_LOG_IOC_SET_INFO,
	PFRU_LOG_IOC_GET_INFO, PFRU_LOG_IOC_GET_DATA_INFO,
	PFRT_LOG_IOC_SET_INFO, PFRT_LOG_IOC_GET_INFO,
	PFRT_LOG_IOC_GET_DATA_INFO,
};

/* good memory, nothing behind which may be touched */
static uint8_t *room(size_t size)
{
	if (in_use < size)
		in_use = size;
	return argument + ARGUMENT - size;
}

/* where a call's bytes are: most often good memory */
static void *somewhere(size_t size)
{
	switch (chance(12)) {
	case 0:
		return nowhere;
	case 1:
		return (void *)(uintptr_t)odd_number();
	case 2:
		return room(size + 1);	/* at another alignment */
	default:
		return room(size);
	}
}

static void mutate_capsule(void)
{
	uint32_t n = chance(4);

	make_capsule(capsule, CAPSULE, chance(2), chance(4), chance(4));
	while (n--) {
		uint32_t at = chance(4) ? chance(160) : chance(CAPSULE);

		if (chance(2))
			capsule[at] = odd_number();
		else
			put32(capsule + (at & ~3U) % (CAPSULE - 4),
			      odd_number());
	}
}

static long do_write(int fd)
{
	uint32_t size = chance(CAPSULE);

	mutate_capsule();
	if (!chance(8))
		return write(fd, somewhere(size), size);
	return write(fd, capsule, CAPSULE);
}

static long do_pieces(int fd)
{
	uint32_t at = 0, n;
	long ret = 0;

	mutate_capsule();
	while (at < CAPSULE && ret >= 0) {
		n = 1 + chance(CAPSULE / 2);
		if (n > CAPSULE - at)
			n = CAPSULE - at;
		ret = write(fd, capsule + at, n);
		at += n;
	}
	return ret;
}

static long do_writev(int fd)
{
	uint32_t size = chance(100);
	struct iovec v[3] = {
		{ capsule, chance(64) },
		{ somewhere(size), size },
		{ capsule + 64, CAPSULE - 64 },
	};

	return writev(fd, v, 3);
}

static long do_pwrite(int fd)
{
	return pwrite(fd, capsule, chance(CAPSULE), odd_number());
}

static long do_read(int fd)
{
	uint32_t size = chance(ARGUMENT);

	return read(fd, somewhere(size), size);
}

static long do_read_huge(int fd)
{
	volatile size_t size = odd_number() | 1ULL << 63;

	return read(fd, room(0), size);
}

static long do_pread(int fd)
{
	uint32_t size = chance(ARGUMENT);

	return pread(fd, room(size), size, odd_number());
}

static long do_readv(int fd)
{
	uint32_t first = chance(64), second = chance(100), third = chance(1000);
	struct iovec v[3] = {
		{ room(1200), first },
		{ somewhere(second), second },
		{ room(third), third },
	};

	return readv(fd, v, 3);
}

static long do_lseek(int fd)
{
	return lseek(fd, odd_number(), chance(6)) < 0 ? -1 : 0;
}

static long do_mmap(int fd)
{
	size_t size = chance(4) ? 65536 : odd_number();
	int prot = chance(3) ? PROT_READ : (int)chance(8);
	int flags = chance(3) ? MAP_SHARED : MAP_PRIVATE;
	volatile uint8_t *p;

	p = mmap(NULL, size, prot, flags, fd,
		 chance(3) ? 0 : odd_number() & ~4095ULL);
	if (p == MAP_FAILED)
		return -1;
	if (prot & PROT_READ)
		(void)p[chance(size < 65536 ? size : 65536)];
	munmap((void *)p, size);
	return 0;
}

static long do_ioctl(int fd)
{
	unsigned long cmd = commands[chance(ARRAY_LENGTH(commands))];

	return ioctl(fd, cmd, somewhere(_IOC_SIZE(cmd)));
}

static long do_set_info(int fd)
{
	struct pfru_log_info *info = (void *)room(sizeof(*info));

	info->log_level = chance(2) ? chance(6) : odd_number();
	info->log_type = chance(2) ? chance(3) : odd_number();
	info->log_revid = chance(2) ? chance(4) : odd_number();
	return ioctl(fd, PFRT_LOG_IOC_SET_INFO, info);
}

static long do_set_rev(int fd)
{
	uint32_t rev = chance(4);

	return ioctl(fd, PFRU_IOC_SET_REV, &rev);
}

static long do_any_ioctl(int fd)
{
	unsigned int cmd = odd_number();

	if (chance(2))
		cmd ^= _IOC(chance(4), PFRU_IOC_MAGIC, chance(32), chance(128));
	/* the kernel answers some for all files, whose numbers tell no size */
	return ioctl(fd, cmd, somewhere(128));
}

static long do_stage(int fd)
{
	return ioctl(fd, chance(2) ? PFRU_IOC_STAGE : PFRU_IOC_STAGE_ACTIVATE);
}

static long do_nonblock(int fd)
{
	return fcntl(fd, F_SETFL, chance(2) ? O_NONBLOCK : 0);
}

static long do_disturb(int fd)
{
	(void)fd;
	disturb_firmware();
	return 0;
}

static long do_log(int fd)
{
	(void)fd;
	page->now_log = chance(2);
	page->now_reset = !chance(4);
	page->now_bytes = chance(600);
	page->now_pattern = chance(2);
	return 0;
}

static const struct {
	const char *name;
	long (*run)(int fd);
} kinds[] = {
	{ "write", do_write }, { "write in pieces", do_pieces },
	{ "writev", do_writev }, { "pwrite", do_pwrite },
	{ "read", do_read }, { "huge read", do_read_huge },
	{ "pread", do_pread }, { "readv", do_readv }, { "lseek", do_lseek },
	{ "mmap", do_mmap }, { "ioctl", do_ioctl },
	{ "set info", do_set_info }, { "set revision", do_set_rev },
	{ "any ioctl", do_any_ioctl }, { "stage", do_stage },
	{ "nonblock", do_nonblock }, { "disturb", do_disturb },
	{ "log", do_log },
};

/* does it call a node, or change what calls meet? */
static bool is_for_node(int kind)
{
	return kinds[kind].run != do_nonblock &&
	       kinds[kind].run != do_disturb && kinds[kind].run != do_log;
}

/* what the header documents, and what the kernel itself gives for nonsense */
static bool is_documented(int error)
{
	static const int known[] = {
		EPERM, EINTR, EIO, ENXIO, EAGAIN, ENOMEM, EACCES, EFAULT,
		EBUSY, ENODEV, EINVAL, ENOTTY, EFBIG, ENOSPC, ESPIPE, EROFS,
		ENODATA, EPROTO, EOVERFLOW, EBADMSG, EOPNOTSUPP, ETIMEDOUT,
		EKEYREJECTED, ENOEXEC, ESTALE, EMSGSIZE,
	};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(known); i++)
		if (known[i] == error)
			return true;
	return false;
}

/* Addresses the calls reached that none before did. */
static uint32_t new_code(void)
{
	uint64_t n, i;
	uint32_t fresh = 0;

	if (!cover)
		return 0;
	n = __atomic_load_n(&cover[0], __ATOMIC_RELAXED);
	for (i = 1; i <= n && i < COVER; i++) {
		uint32_t h = cover[i] % (sizeof(seen) * 8);

		if (seen[h / 8] & 1 << h % 8)
			continue;
		seen[h / 8] |= 1 << h % 8;
		fresh++;
	}
	__atomic_store_n(&cover[0], 0, __ATOMIC_RELAXED);
	return fresh;
}

/* Bytes beside those the last call was given that it changed. */
static uint32_t overrun(void)
{
	const size_t end = CANARY + ARGUMENT;
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < sizeof(around); i++)
		if (i < end - in_use || i >= end)
			n += around[i] != 0xa5;
	return n;
}

static uint32_t run(const struct program *p)
{
	uint32_t fresh = 0, i;

	for (i = 0; i < FILES; i++) {
		files[i] = open(i < 3 ? UPDATE : TELEMETRY, O_RDWR | O_CLOEXEC);
		unopened += files[i] < 0;
	}
	for (i = 0; i < p->calls; i++) {
		const struct call *c = &p->call[i];
		long ret;

		random_state = c->seed | 1;
		memset(around, 0xa5, sizeof(around));
		in_use = 0;
		errno = 0;
		ret = kinds[c->kind].run(files[c->file]);
		calls_made++;
		if (ret < 0) {
			calls_failed++;
			if (!is_documented(errno)) {
				strange++;
				strange_errno = errno;
				strange_kind = c->kind;
			}
		} else {
			nodes_gave += is_for_node(c->kind);
		}
		overruns += overrun();
		fresh += new_code();
	}
	for (i = 0; i < FILES; i++)
		if (files[i] >= 0)
			close(files[i]);
	fresh += new_code();
	reached += fresh;
	return fresh;
}

static void make_call(struct call *c)
{
	c->kind = chance(ARRAY_LENGTH(kinds));
	c->file = chance(FILES);
	c->seed = (uint64_t)chance(0xffffffff) << 32 | chance(0xffffffff);
}

/* a new program, or one that was worth keeping with something changed */
static void make_program(struct program *p)
{
	uint32_t n = 1 + chance(4);

	if (kept_count && chance(4)) {
		*p = kept[chance(kept_count)];
		while (n--)
			make_call(&p->call[chance(p->calls)]);
		while (p->calls < CALLS && !chance(3))
			make_call(&p->call[p->calls++]);
		return;
	}
	p->calls = 1 + chance(CALLS);
	for (n = 0; n < p->calls; n++)
		make_call(&p->call[n]);
}

static void begin_cover(void)
{
	kcov = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (kcov < 0)
		return;
	if (ioctl(kcov, KCOV_INIT_TRACE, COVER))
		die("kcov");
	cover = mmap(NULL, COVER * sizeof(*cover), PROT_READ | PROT_WRITE,
		     MAP_SHARED, kcov, 0);
	if (cover == MAP_FAILED || ioctl(kcov, KCOV_ENABLE, 0))
		die("kcov");
	new_code();
}

int main(int argc, char **argv)
{
	double end = now() + (argc > 1 ? atoi(argv[1]) : 10);
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) :
				   (uint64_t)time(NULL);
	uint64_t programs = 0, order = seed | 1;
	struct program p;

	sim_begin();
	sim_behave();
	begin_cover();
	while (now() < end) {
		random_state = order;
		make_program(&p);
		programs++;
		order = random_state;
		if (run(&p)) {
			uint32_t i = kept_count < PROGRAMS ?
				     kept_count++ : programs % PROGRAMS;

			kept[i] = p;
		}
	}
	if (kcov >= 0)
		ioctl(kcov, KCOV_DISABLE, 0);
	printf("# seed %llu: %llu programs, %llu calls (%llu failed), %u kept, %s%llu\n",
	       (unsigned long long)seed, (unsigned long long)programs,
	       (unsigned long long)calls_made, (unsigned long long)calls_failed,
	       kept_count, cover ? "places reached: " : "no kcov ",
	       (unsigned long long)reached);
	check(programs > 3 && calls_made > 50, "programs were run");
	same(unopened, 0, "each file was opened");
	printf("# %llu calls on a node succeeded\n",
	       (unsigned long long)nodes_gave);
	check(nodes_gave > calls_made / 20,
	      "a twentieth of all at the least");
	same(overruns, 0, "no byte beside an argument was touched");
	if (!check(!strange, "no errno but those documented"))
		printf("# errno %d (%s) of %s\n", strange_errno,
		       strerror(strange_errno), kinds[strange_kind].name);
	check(!cover || reached > 300, "the module's code was reached");
	check_clean_update();
	return done();
}
