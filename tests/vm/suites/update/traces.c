// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel reports about an update in its log and to udev is what happened:
 * which capsule, by its bytes, and how it ended.
 *
 * scenarios: main
 * timeout: 120
 */
#include "guest.h"

#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

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

/* firmware that changes the buffer must not change what is reported */
static void test_hash(void)
{
	uint8_t *buffer = map_physical(page->buf_base, 8192);
	int fd, status;
	uint32_t before;
	pid_t child;

	fresh();
	fd = must_open(UPDATE, O_RDWR);
	gives(write(fd, first, SIZE), SIZE, "load");
	before = slot[SLOT_START].calls;
	slot[SLOT_START].delay = 2000;
	slot[SLOT_START].times = 1;
	child = fork();
	if (!child) {
		wait_for_call(SLOT_START, before);
		buffer[SIZE - 1] ^= 0xff;
		_exit(0);
	}
	log_begin();
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "stage, slowly");
	waitpid(child, &status, 0);
	check(buffer[SIZE - 1] != first[SIZE - 1],
	      "the buffer is another meanwhile");
	log_end();
	told("stage by pid %d, uid 0 done: code injection of %d bytes, payloads 1, firmware %u, version 2, svn 0, sha256 %s,",
	     getpid(), SIZE, page->fw_version, first_hash);
	close(fd);
	munmap(buffer, 8192);
}

/* a capsule that is changed before it is staged is reported as it is then */
static void test_changed_before(void)
{
	uint8_t *buffer = map_physical(page->buf_base, 8192);
	int fd;

	fresh();
	fd = must_open(UPDATE, O_RDWR);
	gives(write(fd, first, SIZE), SIZE, "load");
	memcpy(buffer, second, SIZE);
	log_begin();
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "stage what is there now");
	log_end();
	told("stage by pid %d, uid 0 done: code injection of %d bytes, payloads 1, firmware %u, version 3, svn 0, sha256 %s,",
	     getpid(), SIZE, page->fw_version, second_hash);
	close(fd);
	munmap(buffer, 8192);
}

/* what the firmware is about to be asked is in the log when it is asked */
static void test_begin(void)
{
	static const char *const names[] = { "stage", "activate",
					     "stage-activate" };
	static const unsigned long commands[] = {
		PFRU_IOC_STAGE, PFRU_IOC_ACTIVATE, PFRU_IOC_STAGE_ACTIVATE };
	char wanted[512];
	uint32_t before;
	unsigned int i;
	int fd, status;
	pid_t child;

	fresh();
	fd = must_open(UPDATE, O_RDWR);
	for (i = 0; i < ARRAY_LENGTH(names); i++) {
		if (commands[i] != PFRU_IOC_ACTIVATE)
			gives(write(fd, first, SIZE), SIZE, "load");
		snprintf(wanted, sizeof(wanted),
			 "%s by pid %d, uid 0 begins: code injection of %d bytes, payloads 1, firmware %u, version 2, svn 0, sha256 %s\n",
			 names[i], getpid(), SIZE, page->fw_version, first_hash);
		before = slot[SLOT_START].calls;
		slot[SLOT_START].delay = 1000;
		slot[SLOT_START].times = 1;
		log_begin();
		child = fork();
		if (!child) {
			wait_for_call(SLOT_START, before);
			log_end();
			_exit(!strstr(log_text, wanted));
		}
		gives(ioctl(fd, commands[i]), 0, "%s, slowly", names[i]);
		waitpid(child, &status, 0);
		same(status, 0, "%s: said before it is done", names[i]);
	}
	/* what was not known to be staged */
	log_begin();
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), -EINVAL, "nothing is staged");
	log_end();
	told("activate by pid %d, uid 0 begins: what was staged before, sha256 none\n",
	     getpid());
	close(fd);
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

/* an activation reports what was staged, whatever is loaded meanwhile */
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
	told("activate by pid %d, uid 0 failed: code injection of %d bytes, payloads 1, firmware %u, version 2, svn 0, sha256 %s: status 4 (retry suggested), extended status 0x31",
	     getpid(), SIZE, page->fw_version, first_hash);

	log_begin();
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), 0, "activate");
	log_end();
	same(page->code_rt_version, 2, "the first one runs");
	told("activate by pid %d, uid 0 done: code injection of %d bytes, payloads 1, firmware %u, version 2, svn 0, sha256 %s,",
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
	told("activate by pid %d, uid 0 done: code injection of %d bytes, payloads 1, firmware %u, version 3, svn 0, sha256 %s,",
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
	told("stage-activate by pid %d, uid 0 done: code injection of %d bytes, payloads 1, firmware %u, version 3, svn 0, sha256 %s,",
	     getpid(), SIZE, page->fw_version, second_hash);
	log_begin();
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), -EINVAL, "nothing is staged");
	log_end();
	told("activate by pid %d, uid 0 failed: what was staged before, sha256 none:",
	     getpid());
	close(fd);
}

/* to the first group of senders of this kind */
static int listen_to(int kind)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			kind);

	if (fd < 0 || bind(fd, (void *)&address, sizeof(address)))
		die("netlink");
	return fd;
}

/* how many events have come that name this action */
static int events(int fd, const char *action)
{
	char text[4096], wanted[64];
	int count = 0;
	ssize_t n, at;

	snprintf(wanted, sizeof(wanted), "PFRU_ACTION=%s", action);
	while ((n = recv(fd, text, sizeof(text) - 1, 0)) > 0) {
		text[n] = '\0';
		for (at = 0; at < n; at += strlen(text + at) + 1)
			count += !strcmp(text + at, wanted);
	}
	return count;
}

/* udev is notified of what may have run, and of nothing else */
static void test_events(void)
{
	uint32_t before = page->activations;
	int sock = listen_to(NETLINK_KOBJECT_UEVENT);
	int fd;

	fresh();
	fd = must_open(UPDATE, O_RDWR);
	gives(load_file(fd, first), 0, "load");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "stage");
	same(events(sock, "stage"), 0, "no event");
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), 0, "activate");
	same(events(sock, "activate"), 1, "an event");

	gives(load_file(fd, first), 0, "load");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "stage");
	slot[SLOT_START].times = 1;
	slot[SLOT_START].arg = 2;
	slot[SLOT_START].fault = PFRUSIM_F_COUNT;
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), -EPROTO, "a short answer");
	same(page->activations - before, 2, "but it ran");
	same(events(sock, "activate"), 1, "an event");

	gives(load_file(fd, first), 0, "load");
	slot[SLOT_START].times = 1;
	slot[SLOT_START].fault = PFRUSIM_F_ABORT_LATE;
	gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), -EIO, "no answer");
	same(page->activations - before, 3, "but it ran");
	same(events(sock, "stage-activate"), 1, "an event");

	gives(load_file(fd, first), 0, "load");
	slot[SLOT_START].times = 1;
	slot[SLOT_START].arg = 2;
	slot[SLOT_START].fault = PFRUSIM_F_COUNT;
	gives(ioctl(fd, PFRU_IOC_STAGE), -EPROTO, "a stage's short answer");
	same(events(sock, "stage"), 0, "no event");

	refuse_next(SLOT_START, PFRU_STATUS_HARDWARE_ERROR, 0);
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), -EIO, "a refusal");
	same(events(sock, "activate"), 0, "no event");
	close(fd);
	close(sock);
}

/* the next audit record of an update, without what audit puts before it */
static const char *record(int sock)
{
	static char text[2048];
	struct nlmsghdr *head = (void *)text;
	struct pollfd wait = { .fd = sock, .events = POLLIN };
	const char *at;
	ssize_t n;

	while (poll(&wait, 1, 5000 * slowness()) == 1) {
		n = recv(sock, text, sizeof(text) - 1, 0);
		if (n < (ssize_t)NLMSG_HDRLEN)
			break;
		text[n] = '\0';
		at = strstr(text + NLMSG_HDRLEN, "op=pfru-");
		if (head->nlmsg_type == AUDIT_KERNEL_OTHER && at)
			return at;
	}
	return "none";
}

/* what came before this, which is refused, has been recorded */
static void skip_records(int sock, int fd)
{
	const char *got;

	refuse_next(SLOT_START, PFRU_STATUS_HARDWARE_ERROR, 0x5e);
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), -EIO, "refused, to be skipped");
	do
		got = record(sock);
	while (strcmp(got, "none") && !strstr(got, " ext-status=94 "));
	check(strcmp(got, "none"), "and recorded");
}

static void recorded(int sock, const char *action, uint32_t version,
		     const char *hash, const char *end)
{
	char wanted[512];
	const char *got = record(sock);

	snprintf(wanted, sizeof(wanted),
		 "op=pfru-%s pid=%d uid=0 kind=%s hw-ver=%u rt-ver=%u svn=0 size=%d sha256=%s %s",
		 action, getpid(), version ? "code_injection" : "unknown",
		 version ? page->fw_version : 0, version, version ? SIZE : 0,
		 hash, end);
	if (!check(!strcmp(got, wanted), "recorded: %.100s", wanted))
		printf("# expected: %s\n# found: %s\n", wanted, got);
}

/* one audit record for each attempt, whatever its end; none beside these */
static void test_records(void)
{
	int sock = listen_to(NETLINK_AUDIT);
	int fd;

	fresh();
	fd = must_open(UPDATE, O_RDWR);
	skip_records(sock, fd);
	gives(ioctl(fd, PFRU_IOC_STAGE), -ENODATA, "nothing is loaded");
	gives(load_file(fd, first), 0, "load");
	gives(ioctl(fd, PFRU_IOC_STAGE), 0, "stage");
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), 0, "activate");
	gives(load_file(fd, second), 0, "load");
	refuse_next(SLOT_START, PFRU_STATUS_HARDWARE_ERROR, 7);
	gives(ioctl(fd, PFRU_IOC_STAGE), -EIO, "refused by the firmware");
	refuse_next(SLOT_START, PFRU_STATUS_INVALID_INPUT, 8);
	gives(ioctl(fd, PFRU_IOC_ACTIVATE), -EINVAL, "nothing is staged");
	gives(load_file(fd, second), 0, "load");
	page->code_rt_version = 4;
	gives(ioctl(fd, PFRU_IOC_QUERY_CAP, &(struct pfru_capability){}), 0,
	      "a later version runs by now");
	log_begin();
	gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), -EINVAL, "refused by us");
	log_end();
	told("stage-activate by pid %d, uid 0 failed: code injection of %d bytes, payloads 1, firmware %u, version 3, svn 0, sha256 %s: ",
	     getpid(), SIZE, page->fw_version, second_hash);
	page->code_rt_version = 2;
	gives(ioctl(fd, PFRU_IOC_QUERY_CAP, &(struct pfru_capability){}), 0,
	      "it does not any more");
	gives(load_file(fd, second), 0, "load");
	gives(ioctl(fd, PFRU_IOC_STAGE_ACTIVATE), 0, "stage and activate");

	recorded(sock, "stage", 2, first_hash, "status=0 ext-status=0 res=1");
	recorded(sock, "activate", 2, first_hash,
		 "status=0 ext-status=0 res=1");
	recorded(sock, "stage", 3, second_hash, "status=3 ext-status=7 res=0");
	recorded(sock, "activate", 0, "none", "status=2 ext-status=8 res=0");
	recorded(sock, "stage-activate", 3, second_hash,
		 "status=4294967295 ext-status=0 res=0");
	recorded(sock, "stage-activate", 3, second_hash,
		 "status=0 ext-status=0 res=1");
	close(fd);
	close(sock);
}

static void set_level(int fd, uint32_t level, int error)
{
	struct pfru_log_info info = { level, PFRU_LOG_UNCHANGED,
				      PFRU_LOG_UNCHANGED };

	log_begin();
	gives(ioctl(fd, PFRU_LOG_IOC_SET_INFO, &info), error, "set level %u",
	      level);
	log_end();
}

/* the firmware is not said to have refused what it did not answer */
static void test_level(void)
{
	int fd = must_open(TELEMETRY, O_RDWR);

	fresh();
	refuse_next(SLOT_SET_LEVEL, PFRU_STATUS_SPECIFIC, 0x55);
	set_level(fd, 4, -EPROTO);
	told("log level 4 not set: status 6 (function-specific error), extended status 0x55");
	slot[SLOT_SET_LEVEL].times = 1;
	slot[SLOT_SET_LEVEL].fault = PFRUSIM_F_ABORT;
	set_level(fd, 1, -EIO);
	told("log level 1 not set: the firmware method failed");
	slot[SLOT_SET_LEVEL].times = 1;
	slot[SLOT_SET_LEVEL].arg = 1;
	slot[SLOT_SET_LEVEL].fault = PFRUSIM_F_COUNT;
	set_level(fd, 0, -EPROTO);
	told("log level 0 not set: the firmware's answer has too few elements (found 1, expected 2)");
	close(fd);
}

int main(void)
{
	sim_begin();
	test_hash();
	test_changed_before();
	test_begin();
	test_staged();
	test_unknown();
	test_events();
	test_records();
	test_level();
	sim_behave();
	return done();
}
