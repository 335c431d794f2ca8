// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sequence of the first published proposal's document, with the names it
 * uses: it must compile against our header and run.
 *
 * scenarios: main
 * vm-build: 64 32
 * timeout: 60
 */
#include "guest.h"

static void update_sequence(const char *path)
{
	struct pfru_capability cap;
	int fd_capsule, fd_update;
	struct stat stat;
	void *addr;

	fd_capsule = open(path, O_RDONLY);
	fstat(fd_capsule, &stat);
	addr = mmap(0, stat.st_size, PROT_READ, MAP_PRIVATE, fd_capsule, 0);
	check(addr != MAP_FAILED, "the capsule is mapped");

	fd_update = open("/dev/pfru/update", O_RDWR);
	gives(read(fd_update, &cap, sizeof(cap)), sizeof(cap), "capability");
	same(cap.status, 0, "its status");
	same(cap.code_rt_version, page->code_rt_version, "its version");

	gives(write(fd_update, addr, stat.st_size), stat.st_size, "write");
	gives(ioctl(fd_update, PFRU_IOC_STATGE), 0, "stage");
	gives(ioctl(fd_update, PFRU_IOC_ACTIVATE), 0, "activate");

	gives(write(fd_update, addr, stat.st_size), stat.st_size, "write");
	gives(ioctl(fd_update, PFRU_IOC_STAGE_ACTIVATE), 0,
	      "stage and activate");
	close(fd_update);
	close(fd_capsule);
	munmap(addr, stat.st_size);
}

static void telemetry_sequence(void)
{
	struct pfru_log_data_info data_info;
	struct pfru_log_info info;
	char *log;
	int fd_log;

	fd_log = open("/dev/pfru/telemetry", O_RDWR);
	gives(ioctl(fd_log, PFRU_IOC_GET_LOG_INFO, &info), 0, "log info");
	info.log_level = PFRU_LOG_VERBOSE;
	info.log_type = PFRU_LOG_EXECUTION;
	gives(ioctl(fd_log, PFRU_IOC_SET_LOG_INFO, &info), 0, "set log info");
	gives(ioctl(fd_log, PFRU_IOC_GET_DATA_INFO, &data_info), 0,
	      "data info");
	check(data_info.chunk2_size > 0, "there is a log");
	log = calloc(1, data_info.max_data_size + 1);
	gives(read(fd_log, log, data_info.chunk2_size), data_info.chunk2_size,
	      "read of the log");
	check(strstr(log, "\r\n"), "it has lines");
	free(log);
	close(fd_log);
}

int main(void)
{
	uint8_t capsule[4466];
	int fd;

	sim_begin();
	sim_behave();
	make_capsule(capsule, sizeof(capsule), false, 2, 0);
	fd = open("/tmp/capsule.cap", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, capsule, sizeof(capsule)) != sizeof(capsule))
		die("/tmp/capsule.cap");
	close(fd);
	update_sequence("/tmp/capsule.cap");
	telemetry_sequence();
	sim_behave();
	return done();
}
