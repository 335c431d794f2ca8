// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The TLS port is passed on to a server that whoever runs the model names (an
 * openssl s_server, say): a unix socket, or a port of this host.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "amt.h"

static struct sockaddr_storage server;
static socklen_t server_len;		/* 0: none */
static char server_name[sizeof(struct sockaddr_un)];

const char *relay_server(void)
{
	return server_len ? server_name : "none";
}

static int set_port(const char *where)
{
	struct sockaddr_in *to = (struct sockaddr_in *)&server;
	char host[64] = "127.0.0.1", end;
	unsigned int port;

	if (sscanf(where, "%u%c", &port, &end) != 1 &&
	    sscanf(where, "%63[0-9.]:%u%c", host, &port, &end) != 2)
		return -1;
	if (!port || port > 65535 || inet_pton(AF_INET, host, &to->sin_addr) != 1)
		return -1;
	to->sin_family = AF_INET;
	to->sin_port = htons(port);
	server_len = sizeof(*to);
	return 0;
}

int relay_set_server(const char *where)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&server;

	server_len = 0;
	if (!strcmp(where, "none"))
		return 0;
	if (strlen(where) >= sizeof(un->sun_path))
		return -1;
	memset(&server, 0, sizeof(server));
	if (*where == '/') {
		un->sun_family = AF_UNIX;
		strcpy(un->sun_path, where);
		server_len = sizeof(*un);
	} else if (set_port(where)) {
		return -1;
	}
	strcpy(server_name, where);
	return 0;
}

/* relay_open - what is not there is known at once, and what is slow soon */
int relay_open(void)
{
	struct timeval limit = { .tv_sec = 1 };
	int fd;

	if (!server_len)
		return -1;
	fd = socket(server.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!connect(fd, (struct sockaddr *)&server, server_len) &&
	    !fcntl(fd, F_SETFL, O_NONBLOCK))
		return fd;
	note("lme: cannot connect to %s: %s", server_name, strerror(errno));
	close(fd);
	return -1;
}
