// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel tells of an update to its log and to udev is what happened:
 * which capsule, by its bytes, and how it ended.
 */
#include "guest.h"

#define SIZE	4466

static uint8_t first[SIZE];
static uint8_t second[SIZE];
static char first_hash[65];
static char second_hash[65];

/* the SHA-256 of some bytes, by a program that has nothing of ours */
static void hash_of(const uint8_t *bytes, size_t size, char *hash)
{
	static const char path[] = "/tmp/report.cap";
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f;

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		die(path);
	close(fd);
	f = popen("sha256sum /tmp/report.cap", "r");
	if (!f || fscanf(f, "%64[0-9a-f]", hash) != 1)
		die("sha256sum");
	pclose(f);
	unlink(path);
}

static void fresh(void)
{
	sim_behave();
	make_capsule(first, SIZE, false, 2, 0);
	make_capsule(second, SIZE, false, 3, 0);
	hash_of(first, SIZE, first_hash);
	hash_of(second, SIZE, second_hash);
}

/* firmware that changes the buffer must not change what is told of it */
static void test_hash(void)
{
	uint8_t *buffer = map_physical(page->buf_base, 8192);
	int fd, status;
	pid_t child;

	fresh();
	fd = must_open(UPDATE, O_RDWR);
	gives(write(fd, first, SIZE), SIZE, "load");
	slot[SLOT_START].delay = 2000;
	slot[SLOT_START].times = 1;
	child = fork();
	if (!child) {
		usleep(1000000);
		buffer[SIZE - 1] ^= 0xff;
		_exit(0);
	}
	log_begin();
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "stage, slowly");
	waitpid(child, &status, 0);
	check(buffer[SIZE - 1] != first[SIZE - 1],
	      "the buffer is another meanwhile");
	log_end();
	told("stage by pid %d, uid 0 done: code-injection of %d bytes, payloads 1, firmware %u, version 2, svn 0, sha256 %s,",
	     getpid(), SIZE, page->fw_version, first_hash);
	close(fd);
	munmap(buffer, 8192);
}

int main(void)
{
	sim_begin();
	test_hash();
	sim_behave();
	return done();
}
