// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kexec-load next|crash KERNEL INITRD CMDLINE: loads the kernel that "kexec-load
 * start" starts, or the one that starts when this one panics.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <sys/syscall.h>

static int open_named(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		printf("%s: %s\n", path, strerror(errno));
	return fd;
}

/* returns only when it has failed */
static int start(void)
{
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	printf("start: %s\n", strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long flags;
	int kernel, initrd;

	if (argc == 2 && !strcmp(argv[1], "start"))
		return start();
	if (argc != 5)
		return 2;
	flags = strcmp(argv[1], "crash") ? 0 : KEXEC_FILE_ON_CRASH;
	kernel = open_named(argv[2]);
	initrd = open_named(argv[3]);
	if (kernel < 0 || initrd < 0)
		return 1;
	/* the length has to count the NUL */
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[4]) + 1,
		    argv[4], flags)) {
		printf("load: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}
