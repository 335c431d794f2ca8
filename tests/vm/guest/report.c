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

static bool buffer_begins_with_zeros(void)
{
	static const uint8_t zero[28];
	uint8_t *buffer = map_physical(page->buf_base, 4096);
	bool good = !memcmp(buffer, zero, sizeof(zero));

	munmap(buffer, 4096);
	return good;
}

static int load_file(int fd, const uint8_t *bytes)
{
	return write(fd, bytes, SIZE) == SIZE ? 0 : -1;
}

/* an activation tells of what was staged, whatever is loaded meanwhile */
static void test_staged(void)
{
	int fd;

	fresh();
	fd = must_open(UPDATE, O_RDWR);
	gives(load_file(fd, first), 0, "load the first");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "and stage it");
	gives(load_file(fd, second), 0, "load the second");
	log_begin();
	refuse_next(SLOT_START, PFRU_STATUS_RETRY, 0x31);
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), -EAGAIN, "activate, later");
	log_end();
	told("activate by pid %d, uid 0 failed: code-injection of %d bytes, payloads 1, firmware %u, version 2, svn 0, sha256 %s: status 4 (retry suggested), extended status 0x31",
	     getpid(), SIZE, page->fw_version, first_hash);

	log_begin();
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), 0, "activate");
	log_end();
	same(page->code_rt_version, 2, "the first one runs");
	told("activate by pid %d, uid 0 done: code-injection of %d bytes, payloads 1, firmware %u, version 2, svn 0, sha256 %s,",
	     getpid(), SIZE, page->fw_version, first_hash);
	gives(ioctl(fd, PFRU_IOC_STAGE), -ENODATA, "the second is dropped");
	check(buffer_begins_with_zeros(), "and scrubbed");

	log_begin();
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), -EINVAL, "nothing is staged");
	log_end();
	told("activate by pid %d, uid 0 failed: what was staged before, sha256 none: status 2",
	     getpid());

	gives(load_file(fd, first), 0, "load the first");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "and stage it");
	gives(load_file(fd, second), 0, "load the second");
	refuse_next(SLOT_START, PFRU_STATUS_RETRY, 0);
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), -EAGAIN, "activate, later");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "the second is still loaded");
	log_begin();
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), 0, "and activated");
	log_end();
	same(page->code_rt_version, 3, "it runs");
	told("activate by pid %d, uid 0 done: code-injection of %d bytes, payloads 1, firmware %u, version 3, svn 0, sha256 %s,",
	     getpid(), SIZE, page->fw_version, second_hash);
	close(fd);
}

/* what is staged after a failure only the firmware knows */
static void test_unknown(void)
{
	int fd;

	fresh();
	fd = must_open(UPDATE, O_RDWR);
	gives(load_file(fd, first), 0, "load the first");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "and stage it");
	gives(load_file(fd, second), 0, "load the second");
	refuse_next(SLOT_START, PFRU_STATUS_INVALID_INPUT, 0);
	gives(ioctl(fd, PFRU_IOC_STAGE), -EINVAL, "which is refused");
	log_begin();
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), 0, "activate");
	log_end();
	told("activate by pid %d, uid 0 done: what was staged before, sha256 none,",
	     getpid());

	gives(load_file(fd, second), 0, "load the second");
	log_begin();
	gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), 0, "stage and activate it");
	log_end();
	told("stage-activate by pid %d, uid 0 done: code-injection of %d bytes, payloads 1, firmware %u, version 3, svn 0, sha256 %s,",
	     getpid(), SIZE, page->fw_version, second_hash);
	log_begin();
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), -EINVAL, "nothing is staged");
	log_end();
	told("activate by pid %d, uid 0 failed: what was staged before, sha256 none:",
	     getpid());
	close(fd);
}

int main(void)
{
	sim_begin();
	test_hash();
	test_staged();
	test_unknown();
	sim_behave();
	return done();
}
