/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of wsman.h sent to AMT, over HTTP with digest authentication. What
 * libcurl allocates is memory for secrets. It opens no connection by itself, uses no
 * proxy, follows no redirect, and reads no file.
 */
#ifndef CLI_AMT_WSMAN_HTTP_H
#define CLI_AMT_WSMAN_HTTP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define WSMAN_FDS_MAX 8

/* of a local service, on loopback; changed by tests alone, before main() runs */
extern uint16_t wsman_port;

/**
 * struct wsman_way - how AMT is reached
 * @dial: NULL for a local service on wsman_port; or gives a socket, which the caller
 *	connects to @address, no larger than it is, and closes; or -1
 * @run: NULL, or called again and again while an answer is waited for: gives what to
 *	wait for in @fds, WSMAN_FDS_MAX at most, and their number
 * @moved: NULL, or gives how many bytes AMT has taken and sent so far
 * @context: for all of them
 */
struct wsman_way {
	int (*dial)(void *context, struct sockaddr *address, socklen_t *size);
	size_t (*run)(void *context, struct pollfd *fds);
	uint64_t (*moved)(void *context);
	void *context;
};

/**
 * struct wsman_http - a client
 * @way: how AMT is reached
 * @multi: libcurl's
 * @easy: libcurl's
 * @headers: libcurl's
 * @answer: of the last request, WSMAN_ANSWER_MAX bytes at most
 * @size: of it
 * @status: HTTP's, 0 without one
 * @lost: the connection ended before there was an answer; AMT may have done it
 * @unsent: there was no connection, so no request was sent
 * @why: when there was no answer: why, as a sentence's end
 */
struct wsman_http {
	const struct wsman_way *way;
	void *multi;
	void *easy;
	void *headers;
	uint8_t *answer;
	size_t size;
	long status;
	bool lost;
	bool unsent;
	const char *why;
};

/**
 * wsman_http_open() - make a client, after secret_begin()
 * @http: set; wsman_http_close() it in any case
 * @way: stays valid
 * @user: of AMT
 * @password: of AMT
 *
 * Return: false when libcurl can't be used
 */
bool wsman_http_open(struct wsman_http *http, const struct wsman_way *way,
		     const char *user, const char *password);
void wsman_http_close(struct wsman_http *http);

/**
 * wsman_http_post() - send a request and wait for the answer
 * @http: open
 * @request: in memory for secrets
 * @size: in bytes
 * @timeout: milliseconds without a byte from or to AMT; twice as long in all
 *
 * Return: true when an answer came, whatever its @status
 */
bool wsman_http_post(struct wsman_http *http, const char *request, size_t size,
		     unsigned int timeout);

#endif /* CLI_AMT_WSMAN_HTTP_H */
