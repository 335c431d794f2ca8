// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fail-load FILE.ko N: loads a module, and the N-th allocation of that fails
 * (the kernel's fault injection). Prints "loaded" or the errno, and how many
 * allocations were left until that one, 0 when it has failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int module, nth, ret, error;
	char left[16] = "";

	if (argc != 3)
		return 2;
	module = open(argv[1], O_RDONLY | O_CLOEXEC);
	nth = open("/proc/thread-self/fail-nth", O_RDWR);
	if (module < 0 || nth < 0) {
		perror(module < 0 ? argv[1] : "fail-nth");
		return 2;
	}
	if (write(nth, argv[2], strlen(argv[2])) < 0) {
		perror("fail-nth");
		return 2;
	}
	ret = syscall(SYS_finit_module, module, "", 0);
	error = errno;
	if (pread(nth, left, sizeof(left) - 1, 0) < 0)
		return 2;
	write(nth, "0", 1);
	printf("%s %d\n", ret ? strerrorname_np(error) : "loaded", atoi(left));
	return 0;
}
