// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mei-echo DEVICE TIMES: sends messages of many lengths to the model's echo
 * client through /dev/meiN and compares what comes back.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/mei.h>

#define MESSAGE_MAX 2048

/* 4b5d0ec6-3d1c-4f0c-9d0a-6e1f3c2a7b58 */
static const unsigned char echo_uuid[16] = {
	0xc6, 0x0e, 0x5d, 0x4b, 0x1c, 0x3d, 0x0c, 0x4f,
	0x9d, 0x0a, 0x6e, 0x1f, 0x3c, 0x2a, 0x7b, 0x58
};

static int once(int fd, size_t len, unsigned int seed)
{
	static unsigned char out[MESSAGE_MAX], in[MESSAGE_MAX];
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n;
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = seed + i * 7;
	n = write(fd, out, len);
	if (n != (ssize_t)len) {
		printf("write of %zu: %zd, %s\n", len, n, strerror(errno));
		return -1;
	}
	if (poll(&p, 1, 10000) != 1) {
		printf("no answer to %zu bytes in 10 s\n", len);
		return -1;
	}
	n = read(fd, in, sizeof(in));
	if (n != (ssize_t)len || memcmp(in, out, len)) {
		printf("%zu bytes sent, %zd came back%s\n", len, n,
		       n == (ssize_t)len ? ", others" : "");
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const size_t lengths[] = {
		1, 2, 3, 4, 5, 63, 64, 65, 500, 507, 508, 509, 511, 512, 513,
		1000, 2047, 2048
	};
	struct mei_connect_client_data data;
	int fd, i, times = argc > 2 ? atoi(argv[2]) : 1;
	size_t len;

	fd = open(argc > 1 ? argv[1] : "/dev/mei0", O_RDWR);
	if (fd < 0) {
		printf("open: %s\n", strerror(errno));
		return 1;
	}
	memset(&data, 0, sizeof(data));
	memcpy(&data.in_client_uuid, echo_uuid, sizeof(echo_uuid));
	if (ioctl(fd, IOCTL_MEI_CONNECT_CLIENT, &data)) {
		printf("connect: %s\n", strerror(errno));
		return 1;
	}
	if (data.out_client_properties.max_msg_length != MESSAGE_MAX) {
		printf("messages of %u bytes, expected %u\n",
		       data.out_client_properties.max_msg_length, MESSAGE_MAX);
		return 1;
	}
	for (i = 0; i < times; i++) {
		len = lengths[i % (sizeof(lengths) / sizeof(lengths[0]))];
		if (once(fd, len, i))
			return 1;
	}
	printf("%d messages\n", times);
	return 0;
}
