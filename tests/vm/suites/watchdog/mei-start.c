// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mei-start DEVICE SECONDS: starts the AMT watchdog through /dev/meiN, without
 * any driver of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/mei.h>

/* 05b79a6f-4628-4d7f-899d-a91514cb32ab */
static const unsigned char uuid[16] = {
	0x6f, 0x9a, 0xb7, 0x05, 0x28, 0x46, 0x7f, 0x4d,
	0x89, 0x9d, 0xa9, 0x15, 0x14, 0xcb, 0x32, 0xab
};

int main(int argc, char **argv)
{
	unsigned char start[23] = { 0x02, 0x15, 0x13, 0x10 };
	struct mei_connect_client_data data;
	unsigned char answer[64];
	ssize_t n;
	int fd;

	if (argc != 3)
		return 2;
	fd = open(argv[1], O_RDWR);
	if (fd < 0) {
		printf("open: %s\n", strerror(errno));
		return 1;
	}
	memset(&data, 0, sizeof(data));
	memcpy(&data.in_client_uuid, uuid, sizeof(uuid));
	if (ioctl(fd, IOCTL_MEI_CONNECT_CLIENT, &data)) {
		printf("connect: %s\n", strerror(errno));
		return 1;
	}
	start[4] = atoi(argv[2]) & 0xff;
	start[5] = atoi(argv[2]) >> 8;
	n = write(fd, start, sizeof(start));
	if (n != sizeof(start)) {
		printf("write: %zd, %s\n", n, strerror(errno));
		return 1;
	}
	n = read(fd, answer, sizeof(answer));
	if (n != 6 || answer[4]) {
		printf("the answer has %zd bytes, status %d\n", n,
		       n > 4 ? answer[4] : -1);
		return 1;
	}
	return 0;
}
