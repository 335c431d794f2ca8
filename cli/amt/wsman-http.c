// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP to AMT. libcurl sends nothing of a request before AMT has asked for a
 * digest.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/common/memory.h"
#include "secret.h"
#include "wsman-http.h"
#include "wsman.h"

/* an address, so that no name is looked up; AMT does not look at it */
#define URL "http://127.0.0.1:%u/wsman"
/* milliseconds */
#define STEP 100

uint16_t wsman_port = 16992;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static char *secret_copy(const char *string)
{
	size_t size = strlen(string) + 1;
	char *copy = secret_take(size);

	return copy ? memcpy(copy, string, size) : NULL;
}

static void *secret_array(size_t count, size_t size)
{
	return size && count > SIZE_MAX / size ? NULL :
						 secret_take(count * size);
}

static size_t on_answer(char *bytes, size_t one, size_t size, void *context)
{
	struct wsman_http *http = context;

	(void)one;
	if (size > WSMAN_ANSWER_MAX - http->size)
		return 0;
	memcpy(http->answer + http->size, bytes, size);
	http->size += size;
	return size;
}

static curl_socket_t on_socket(void *context, curlsocktype purpose,
			       struct curl_sockaddr *address)
{
	struct wsman_http *http = context;
	socklen_t size = sizeof(address->addr);
	int fd;

	(void)purpose;
	if (!http->way->dial)
		return socket(address->family, address->socktype | SOCK_CLOEXEC,
			      address->protocol);
	fd = http->way->dial(http->way->context, &address->addr, &size);
	address->family = address->addr.sa_family;
	address->addrlen = size;
	return fd;
}

static bool set_options(struct wsman_http *http, const char *user,
			const char *password)
{
	CURL *easy = http->easy;
	char url[sizeof(URL) + 5];

	snprintf(url, sizeof(url), URL, wsman_port);
	/* clang-format off */
	return !curl_easy_setopt(easy, CURLOPT_URL, url) &&
	       !curl_easy_setopt(easy, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       !curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
	       /* on one that was used, libcurl may send a request twice */
	       !curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_DIGEST) &&
	       !curl_easy_setopt(easy, CURLOPT_USERNAME, user) &&
	       !curl_easy_setopt(easy, CURLOPT_PASSWORD, password) &&
	       !curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->headers) &&
	       !curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket) &&
	       !curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, http) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
	/* clang-format on */
}

bool wsman_http_open(struct wsman_http *http, const struct wsman_way *way,
		     const char *user, const char *password)
{
	struct curl_slist *list, *more;

	memset(http, 0, sizeof(*http));
	http->way = way;
	if (curl_global_init_mem(CURL_GLOBAL_NOTHING, secret_take, secret_give,
				 secret_grow, secret_copy, secret_array))
		return false;
	http->answer = xrealloc(NULL, WSMAN_ANSWER_MAX);
	http->multi = curl_multi_init();
	http->easy = curl_easy_init();
	list = curl_slist_append(NULL,
				 "Content-Type: application/soap+xml;charset=UTF-8");
	http->headers = list;
	more = list ? curl_slist_append(list, "Expect:") : NULL;
	return http->multi && http->easy && more &&
	       set_options(http, user, password);
}

void wsman_http_close(struct wsman_http *http)
{
	/* only the client's own; it was not opened otherwise */
	if (!http->answer)
		return;
	curl_easy_cleanup(http->easy);
	curl_multi_cleanup(http->multi);
	curl_slist_free_all(http->headers);
	curl_global_cleanup();
	free(http->answer);
	memset(http, 0, sizeof(*http));
}

/* For what comes, a step at most. */
static void wait_a_step(struct wsman_http *http)
{
	struct curl_waitfd waits[WSMAN_FDS_MAX] = { 0 };
	struct pollfd fds[WSMAN_FDS_MAX];
	size_t i, count = 0;

	if (http->way->run)
		count = http->way->run(http->way->context, fds);
	for (i = 0; i < count; i++) {
		waits[i].fd = fds[i].fd;
		waits[i].events = CURL_WAIT_POLLIN;
	}
	curl_multi_poll(http->multi, waits, count, STEP, NULL);
	if (http->way->run)
		http->way->run(http->way->context, fds);
}

static const char *outcome(struct wsman_http *http)
{
	CURLMsg *message;
	CURLcode result;
	int left;

	message = curl_multi_info_read(http->multi, &left);
	if (!message || message->msg != CURLMSG_DONE)
		return "it did not answer in time";
	result = message->data.result;
	http->lost = result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR ||
		     result == CURLE_GOT_NOTHING ||
		     result == CURLE_PARTIAL_FILE;
	http->unsent = result == CURLE_COULDNT_CONNECT;
	if (result == CURLE_WRITE_ERROR)
		return "its answer is too large";
	return result ? curl_easy_strerror(result) : NULL;
}

static uint64_t moved(const struct wsman_http *http)
{
	return http->way->moved ? http->way->moved(http->way->context) : 0;
}

/* AMT that takes a request byte by byte is slow, not silent. */
static void wait_for_answer(struct wsman_http *http, unsigned int timeout)
{
	uint64_t begin = now_ms(), last = begin;
	uint64_t before = moved(http), now = begin;
	int running = 1;

	while (!curl_multi_perform(http->multi, &running) && running &&
	       now - last < timeout && now - begin < 2ULL * timeout) {
		wait_a_step(http);
		now = now_ms();
		if (moved(http) != before)
			last = now;
		before = moved(http);
	}
}

bool wsman_http_post(struct wsman_http *http, const char *request, size_t size,
		     unsigned int timeout)
{
	http->size = 0;
	http->status = 0;
	http->lost = false;
	http->unsent = false;
	http->why = "libcurl cannot make a request";
	if (curl_easy_setopt(http->easy, CURLOPT_POSTFIELDSIZE, (long)size) ||
	    curl_easy_setopt(http->easy, CURLOPT_POSTFIELDS, request) ||
	    curl_multi_add_handle(http->multi, http->easy))
		return false;
	wait_for_answer(http, timeout);
	http->why = outcome(http);
	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &http->status);
	curl_multi_remove_handle(http->multi, http->easy);
	return !http->why;
}
