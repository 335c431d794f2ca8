// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unload DIRECTORY: takes a table out of ACPI's configfs and goes on calling both
 * nodes until the kernel has taken the devices away, too, which it does some time
 * later. The firmware's methods are gone by then: each call ends with EIO or ENODEV.
 * Prints how many ended with EIO.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pfru.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* how often a call may be made until the device is gone */
#define MANY	1000000

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	int update = open("/dev/pfru/update", O_RDWR);
	int telemetry = open("/dev/pfru/telemetry", O_RDWR);
	struct pfru_log_info info;
	unsigned char bytes[88];
	int early = 0, calls, left = 2;

	if (argc != 2 || update < 0 || telemetry < 0)
		return fail("/dev/pfru");
	if (rmdir(argv[1]))
		return fail(argv[1]);
	for (calls = 0; left && calls < MANY; calls++) {
		left = 2;
		if (pread(update, bytes, sizeof(bytes), 0) >= 0 ||
		    (errno != EIO && errno != ENODEV))
			return fail("read of the capability");
		early += errno == EIO;
		left -= errno == ENODEV;
		if (ioctl(telemetry, PFRU_LOG_IOC_GET_INFO, &info) >= 0 ||
		    (errno != EIO && errno != ENODEV))
			return fail("look at the settings");
		early += errno == EIO;
		left -= errno == ENODEV;
	}
	if (left)
		return fail("the devices stay");
	printf("%d\n", early);
	return 0;
}
