/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest's C tests share: the firmware model's control page,
 * capsules made from the specification. Uses no code of the product but the
 * ABI header.
 */
#ifndef PFRU_GUEST_H
#define PFRU_GUEST_H

#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64

#include <errno.h>
#include <fcntl.h>
#include <linux/pfru.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/tap.h"
#include "pfrusim.h"

#define UPDATE		"/dev/pfru/update"
#define TELEMETRY	"/dev/pfru/telemetry"
#define ARRAY_LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

/* where nothing is mapped, unknown to the compiler */
static void *volatile nowhere;

static inline void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the firmware model ---- */

static volatile struct pfrusim_page *page;
static volatile struct pfrusim_slot *slot;	/* by the SLOT_ numbers below */
static volatile struct pfrusim_log *sim_log;	/* by PFRUSIM_EXEC, _HISTORY */

enum {
	SLOT_CAP = 1,
	SLOT_BUF = 2,
	SLOT_START = 3,
	SLOT_SET_LEVEL = PFRUSIM_SLOT_TELEMETRY + 1,
	SLOT_GET_LEVEL = PFRUSIM_SLOT_TELEMETRY + 2,
	SLOT_DATA = PFRUSIM_SLOT_TELEMETRY + 3,
};

/* physical memory that is no System RAM, by flags that say how it is cached */
static inline void *map_as(uint64_t address, size_t size, int flags)
{
	size_t off = address & 4095;
	int fd = open("/dev/mem", O_RDWR | O_CLOEXEC | flags);
	void *p;

	if (fd < 0)
		die("/dev/mem");
	p = mmap(NULL, size + off, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		 address - off);
	if (p == MAP_FAILED)
		die("mmap /dev/mem");
	close(fd);
	return (char *)p + off;
}

/* no O_SYNC: one cache type for all */
static inline void *map_physical(uint64_t address, size_t size)
{
	return map_as(address, size, 0);
}

/**
 * map_mixed() - two pages at the buffer's end that can't be mapped as one: one
 * is mapped uncached, the other write-back
 * @maps: filled
 *
 * Return: physical address
 */
static inline uint64_t map_mixed(void *maps[2])
{
	uint64_t address = page->buf_base + page->buf_size - 8192;

	maps[0] = map_as(address, 4096, O_SYNC);
	maps[1] = map_as(address + 4096, 4096, 0);
	return address;
}

static inline void sim_begin(void)
{
	char line[4096];
	char *p;
	FILE *f = fopen("/proc/cmdline", "r");

	if (!f || !fgets(line, sizeof(line), f))
		die("/proc/cmdline");
	fclose(f);
	p = strstr(line, "pfrusim.ctl=");
	if (!p)
		die("no pfrusim.ctl= on the kernel's command line");
	p = map_physical(strtoull(p + 12, NULL, 0), PFRUSIM_PAGE_SIZE);
	page = (void *)p;
	slot = (void *)(p + PFRUSIM_SLOT_OFF);
	sim_log = (void *)(p + PFRUSIM_LOG_OFF);
	if (page->magic != PFRUSIM_MAGIC)
		die("control page without its magic");
}

static inline uint32_t calls(void)
{
	return page->calls;
}

static inline void clear_slot(int i)
{
	uint32_t count = slot[i].calls;

	memset((void *)&slot[i], 0, sizeof(slot[i]));
	slot[i].calls = count;
}

/* every answer as it should be again, versions as at boot */
static inline void sim_behave(void)
{
	int i;

	for (i = 0; i < 8; i++)
		clear_slot(i);
	page->code_rt_version = 1;
	page->drv_rt_version = 1;
	page->drv_svn = 1;
	page->staged_kind = 0;
	page->oem_info_len = PFRUSIM_OEM_INFO_LEN;
	page->level = PFRUSIM_LOG_INFO;
}

/* until a function has been called, since it had been so often */
static inline void wait_for_call(int i, uint32_t before)
{
	int left = 30000;

	while (slot[i].calls == before && left--)
		usleep(1000);
	if (slot[i].calls == before)
		die("the firmware is never called");
}

static inline void refuse_next(int i, uint32_t status, uint32_t ext)
{
	slot[i].times = 1;
	slot[i].status = status;
	slot[i].ext = ext;
	slot[i].fault = PFRUSIM_F_REFUSE;
}

/* ---- capsules, from capsule.md's tables ---- */

static const uint8_t guid_capsule[16] = {
	0xed, 0xd5, 0xcb, 0x6d, 0x2d, 0xe8, 0x44, 0x4c,
	0xbd, 0xa1, 0x71, 0x94, 0x19, 0x9a, 0xd9, 0x2a,
};

static inline void put32(uint8_t *p, uint32_t v)
{
	p[0] = v;
	p[1] = v >> 8;
	p[2] = v >> 16;
	p[3] = v >> 24;
}

/**
 * make_capsule() - an unsigned capsule with image header version 3
 * @buf: room for @size bytes
 * @size: of the whole capsule, at least 128
 * @driver: a driver update instead of a code injection
 * @rt: runtime version
 * @svn: security version
 *
 * Return: @size
 */
static inline size_t make_capsule(uint8_t *buf, size_t size, bool driver,
				  uint32_t rt, uint32_t svn)
{
	uint8_t *image = buf + 28 + 16, *payload = image + 48;
	size_t i;

	for (i = 0; i < size; i++)
		buf[i] = i * 7;
	memset(buf, 0, 28 + 16 + 48 + 40);
	memcpy(buf, guid_capsule, 16);
	put32(buf + 16, 28);
	put32(buf + 20, 0x10000);
	put32(buf + 24, size);
	put32(buf + 28, 1);			/* management header */
	buf[28 + 6] = 1;			/* one payload */
	put32(buf + 28 + 8, 16);		/* its offset */
	put32(image, 3);
	memcpy(image + 4, (void *)(driver ? page->drv_type : page->code_type),
	       16);
	image[20] = 1;
	put32(image + 24, buf + size - payload);
	put32(payload, driver ? 0x31554453 : 0x31494353);
	put32(payload + 4, 1);
	put32(payload + 8, 40);
	put32(payload + 12, page->fw_version);
	put32(payload + 16, rt);
	memcpy(payload + 20, (void *)page->platform_id, 16);
	put32(payload + 36, svn);
	return size;
}

/* offset of the platform id in what make_capsule() made */
#define CAPSULE_PLATFORM_ID	(28 + 16 + 48 + 20)

static inline struct pfru_result result_of(int fd)
{
	struct pfru_result result;

	memset(&result, 0xa5, sizeof(result));
	if (ioctl(fd, PFRU_IOC_GET_RESULT, &result))
		memset(&result, 0xff, sizeof(result));
	return result;
}

static inline int must_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

/* ---- time ---- */

static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* by how much this kernel may be slower than a distribution's */
static inline int slowness(void)
{
	const char *text = getenv("VM_SLOWNESS");

	return text && atoi(text) > 1 ? atoi(text) : 1;
}

/* until a process waits without taking signals that are no end for it */
static inline bool waits_killable(pid_t pid)
{
	char path[64], text[256];
	const char *state;
	int left = 10000;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	while (left--) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		if (fd >= 0)
			close(fd);
		text[n > 0 ? n : 0] = '\0';
		state = strrchr(text, ')');
		if (state && state[2] == 'D')
			return true;
		usleep(1000);
	}
	return false;
}

/* ---- the kernel's log ---- */

static char log_text[65536];
static int log_fd = -1;

/* from here on */
static inline void log_begin(void)
{
	log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log_fd < 0 || lseek(log_fd, 0, SEEK_END) < 0)
		die("/dev/kmsg");
}

/* up to here; lost records are not looked for */
static inline void log_end(void)
{
	size_t used = 0;
	ssize_t n;

	while (used < sizeof(log_text) - 1) {
		n = read(log_fd, log_text + used, sizeof(log_text) - 1 - used);
		if (n > 0)
			used += n;
		else if (n == 0 || errno != EPIPE)
			break;
	}
	log_text[used] = '\0';
	close(log_fd);
	log_fd = -1;
}

/* is this text in what the kernel said between the two? */
static __attribute__((format(printf, 1, 2), unused))
void told(const char *format, ...)
{
	char text[512];
	const char *line;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (check(strstr(log_text, text), "told: %.100s", text))
		return;
	printf("# expected: %s\n", text);
	for (line = log_text; *line; line += strcspn(line, "\n") + 1)
		printf("# found: %.*s\n", (int)strcspn(line, "\n"), line);
}

/* write a short text to a file of sysfs; 0 or -errno */
static inline int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}

#endif /* PFRU_GUEST_H */
