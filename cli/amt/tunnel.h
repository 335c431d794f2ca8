/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections to a port of AMT through a session of its port forwarding (LME) of
 * our own: each is a local socket that this process alone gets, and no port of the
 * machine is opened.
 * All that passes is in memory for secrets. Has no thread: see tunnel_run().
 */
#ifndef CLI_AMT_TUNNEL_H
#define CLI_AMT_TUNNEL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lme.h"
#include "mei.h"

#define TUNNEL_LINKS 4
#define TUNNEL_FDS   (1 + TUNNEL_LINKS)

/* AMT's ports of the web service: in the clear, and TLS */
#define TUNNEL_PORT	16992
#define TUNNEL_PORT_TLS 16993

/**
 * struct tunnel_link - a connection
 * @channel: of @lme, 0 for none
 * @fd: our end; a listener as long as nobody has connected
 * @connected: it is a connection
 * @open: AMT takes data
 */
struct tunnel_link {
	uint32_t channel;
	int fd;
	bool connected;
	bool open;
};

/**
 * struct tunnel - the way to AMT
 * @mei: connection to the LME client
 * @lme: the session
 * @broken: it has ended; the next connection begins another
 * @forwarded: AMT wants TUNNEL_PORT forwarded
 * @tls: AMT wants TUNNEL_PORT_TLS forwarded
 * @used: a channel was opened that may still be closing
 * @moved: bytes in channels, of both directions
 * @problem: of @mei
 * @links: in no order
 */
struct tunnel {
	struct mei mei;
	struct lme lme;
	bool broken;
	bool forwarded;
	bool tls;
	bool used;
	uint64_t moved;
	enum mei_problem problem;
	struct tunnel_link links[TUNNEL_LINKS];
};

/**
 * tunnel_open() - begin a session, wait until AMT forwards TUNNEL_PORT
 * @tunnel: set; tunnel_close() it in any case
 *
 * Return: MEI_GOOD; MEI_NO_ANSWER when AMT does not forward it within 10 seconds, and
 * @tls says whether it forwards TUNNEL_PORT_TLS
 */
enum mei_problem tunnel_open(struct tunnel *tunnel);
void tunnel_close(struct tunnel *tunnel);

/**
 * tunnel_dial() - prepare a connection to TUNNEL_PORT
 * @tunnel: open
 * @address: set to the address to connect the socket to
 * @size: size of @address, set to the length of the address
 *
 * libcurl takes no socket that is connected already: some versions connect it again,
 * and fail.
 *
 * Return: a socket, or -1
 */
int tunnel_dial(void *tunnel, struct sockaddr *address, socklen_t *size);

/**
 * tunnel_run() - do what is due; never waits
 * @tunnel: open
 * @fds: set, TUNNEL_FDS at most: what to wait for until it is called again, 100 ms
 *	at most
 *
 * Return: number of @fds
 */
size_t tunnel_run(void *tunnel, struct pollfd *fds);

/**
 * tunnel_moved() - how many bytes AMT has taken and sent in channels so far
 * @tunnel: open
 */
uint64_t tunnel_moved(void *tunnel);

#endif /* CLI_AMT_TUNNEL_H */
