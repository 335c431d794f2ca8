// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An HTTP server behind one channel. /wsman and AMT's start page want digest
 * authentication; the rest is this model's own, for tests: /echo and /sink
 * take a body, /bulk/N[/chunked] sends N bytes, /slow/N/MS one every MS.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "amt.h"

#define HEAD_MAX	16384
#define BODY_MAX	(17u << 20)
#define BULK_MAX	(16u << 20)
#define PIECE		4096		/* of a bulk, made at a time */

struct http {
	/* the request */
	char *in;
	size_t have, size;
	size_t body_at, body_len;	/* body_at 0: its head is not whole */
	size_t scan;			/* the next chunk's head */
	bool chunked_in, length_known, close;
	char method[8], path[128];
	char *authorization;
	/* the answer */
	char *out;
	size_t out_len, out_at;
	bool answering, chunked_out, over;
	size_t bulk_left, bulk_at, piece;
	uint64_t pause, next;
};

static bool always_close, always_chunked;
static uint64_t delay;
static long cut;
static unsigned long requests;

unsigned long http_requests(void)
{
	return requests;
}

void http_off(void)
{
	always_close = false;
	always_chunked = false;
	delay = 0;
	cut = 0;
}

void http_set_always_close(bool yes)
{
	always_close = yes;
}

void http_set_chunked(bool yes)
{
	always_chunked = yes;
}

void http_set_delay(uint64_t ns)
{
	delay = ns;
}

void http_set_cut(long count)
{
	cut = count;
}

struct http *http_open(void)
{
	struct http *h = calloc(1, sizeof(*h));

	if (!h)
		abort();
	return h;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	free(h->in);
	free(h->out);
	free(h->authorization);
	free(h);
}

/*
 * Answers
 */

static void say_bytes(struct http *h, const void *data, size_t len)
{
	if (h->out_at == h->out_len) {
		h->out_at = 0;
		h->out_len = 0;
	}
	h->out = realloc(h->out, h->out_len + len + 1);
	if (!h->out)
		abort();
	memcpy(h->out + h->out_len, data, len);
	h->out_len += len;
}

static void say(struct http *h, const char *fmt, ...) PRINTF(2, 3);

static void say(struct http *h, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	say_bytes(h, text, n);
	free(text);
}

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} reasons[] = {
		{ 200, "OK" }, { 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 413, "Payload Too Large" }, { 500, "Internal Server Error" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Status";
}

static void say_head(struct http *h, int status, const char *type,
		     const char *extra, size_t len)
{
	h->answering = true;
	h->next = delay ? now_ns() + delay : 0;
	h->close |= always_close;
	note("http: %s %s: %d", h->method, h->path, status);
	say(h, "HTTP/1.1 %d %s\r\n", status, reason(status));
	say(h, "Server: Intel(R) Active Management Technology %s\r\n",
	    amt.version_count > 3 ? amt.versions[3].value : "0.0");
	say(h, "%sContent-Type: %s\r\n", extra, type);
	if (h->close)
		say(h, "Connection: close\r\n");
	if (h->chunked_out)
		say(h, "Transfer-Encoding: chunked\r\n\r\n");
	else
		say(h, "Content-Length: %zu\r\n\r\n", len);
}

static void say_body(struct http *h, const void *data, size_t len)
{
	if (!h->chunked_out) {
		say_bytes(h, data, len);
		return;
	}
	if (len) {
		say(h, "%zx\r\n", len);
		say_bytes(h, data, len);
		say(h, "\r\n");
	}
	say(h, "0\r\n\r\n");
}

static void answer(struct http *h, int status, const char *type,
		   const char *extra, const void *data, size_t len)
{
	h->chunked_out = always_chunked;
	say_head(h, status, type, extra, len);
	say_body(h, data, len);
}

static void answer_text(struct http *h, int status, const char *text)
{
	answer(h, status, "text/plain", "", text, strlen(text));
}

/* a byte says where it is */
static uint8_t bulk_byte(size_t at)
{
	return at ^ at >> 8 ^ at >> 16;
}

static void more_bulk(struct http *h, uint64_t now)
{
	uint8_t data[PIECE];
	size_t n = h->bulk_left < h->piece ? h->bulk_left : h->piece, i;

	for (i = 0; i < n; i++)
		data[i] = bulk_byte(h->bulk_at + i);
	h->bulk_at += n;
	h->bulk_left -= n;
	h->next = h->pause ? now + h->pause : 0;
	if (!h->chunked_out) {
		say_bytes(h, data, n);
		return;
	}
	say(h, "%zx\r\n", n);
	say_bytes(h, data, n);
	say(h, h->bulk_left ? "\r\n" : "\r\n0\r\n\r\n");
}

static void begin_bulk(struct http *h, size_t n, size_t piece, uint64_t pause)
{
	h->bulk_left = n;
	h->bulk_at = 0;
	h->piece = piece;
	h->pause = pause;
	say_head(h, 200, "application/octet-stream", "", n);
}

/*
 * Pages
 */

static void page_bulk(struct http *h)
{
	unsigned long n;
	int end = 0;

	if (sscanf(h->path, "/bulk/%lu%n", &n, &end) != 1 || !n ||
	    n > BULK_MAX) {
		answer_text(h, 404, "expected /bulk/N, N from 1 to 16777216\n");
		return;
	}
	h->chunked_out = always_chunked || !strcmp(h->path + end, "/chunked");
	begin_bulk(h, n, PIECE, 0);
}

static void page_slow(struct http *h)
{
	unsigned long n, ms;

	if (sscanf(h->path, "/slow/%lu/%lu", &n, &ms) != 2 || !n ||
	    n > BULK_MAX || ms > 100000) {
		answer_text(h, 404, "expected /slow/BYTES/MS\n");
		return;
	}
	h->chunked_out = always_chunked;
	begin_bulk(h, n, 1, ms * MS);
}

static void page_echo(struct http *h)
{
	answer(h, 200, "application/octet-stream", "", h->in + h->body_at,
	       h->body_len);
}

static void page_sink(struct http *h)
{
	char text[32];

	snprintf(text, sizeof(text), "%zu\n", h->body_len);
	answer_text(h, 200, text);
}

/* the user who asks; NULL: a challenge has been answered */
static const char *authenticate(struct http *h)
{
	static const char body[] = "<html><body>401 Unauthorized</body></html>";
	char challenge[256];
	const char *user;
	bool stale;

	user = digest_check(h->method, h->authorization, &stale);
	if (user)
		return user;
	digest_challenge(challenge, sizeof(challenge), stale);
	answer(h, 401, "text/html", challenge, body, sizeof(body) - 1);
	return NULL;
}

static void page_wsman(struct http *h)
{
	const char *user = authenticate(h);
	char *body;
	int status;

	if (!user)
		return;
	if (strcmp(h->method, "POST")) {
		answer_text(h, 405, "expected POST\n");
		return;
	}
	body = wsman_answer(user, h->in + h->body_at, h->body_len, &status);
	if (take_one(&cut)) {
		note("FAULT http: the channel is closed instead of an answer");
		h->over = true;
	} else {
		answer(h, status, "application/soap+xml; charset=UTF-8", "",
		       body, strlen(body));
	}
	free(body);
}

static void page_start(struct http *h)
{
	static const char body[] = "<html><head><title>Intel&reg; Active Management Technology</title></head><body>A model.</body></html>";

	if (authenticate(h))
		answer(h, 200, "text/html", "", body, sizeof(body) - 1);
}

static const struct page {
	const char *prefix;
	bool whole;			/* nothing may follow */
	void (*fn)(struct http *h);
} pages[] = {
	{ "/wsman", true, page_wsman },
	{ "/echo", true, page_echo },
	{ "/sink", true, page_sink },
	{ "/bulk/", false, page_bulk },
	{ "/slow/", false, page_slow },
	{ "/", true, page_start },
	{ "/index.htm", true, page_start },
	{ "/logon.htm", true, page_start },
};

static void dispatch(struct http *h)
{
	const struct page *p = pages;

	requests++;
	for (; p < pages + ARRAY_SIZE(pages); p++) {
		if (p->whole ? strcmp(h->path, p->prefix) :
			       strncmp(h->path, p->prefix, strlen(p->prefix)))
			continue;
		p->fn(h);
		return;
	}
	answer_text(h, 404, "no such page\n");
}

/*
 * Requests
 */

/* what this line says, of the header; NULL: it is another one */
static char *value(char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) || line[n] != ':')
		return NULL;
	line += n + 1;
	return line + strspn(line, " \t");
}

static bool parse_length(struct http *h, const char *v)
{
	char *end;

	errno = 0;
	h->body_len = strtoul(v, &end, 10);
	h->length_known = true;
	return *v >= '0' && *v <= '9' && !*end && !errno;
}

static bool parse_coding(struct http *h, const char *v)
{
	h->chunked_in = !strcasecmp(v, "chunked");
	return true;
}

static bool parse_connection(struct http *h, const char *v)
{
	h->close = strcasestr(v, "close");
	return true;
}

static bool parse_expect(struct http *h, const char *v)
{
	if (!strcasecmp(v, "100-continue"))
		say(h, "HTTP/1.1 100 Continue\r\n\r\n");
	return true;
}

static bool parse_authorization(struct http *h, const char *v)
{
	if (!h->authorization)
		h->authorization = strdup(v);
	return true;
}

static bool parse_line(struct http *h, char *line)
{
	static const struct {
		const char *name;
		bool (*fn)(struct http *h, const char *v);
	} lines[] = {
		{ "Content-Length", parse_length },
		{ "Transfer-Encoding", parse_coding },
		{ "Connection", parse_connection },
		{ "Expect", parse_expect },
		{ "Authorization", parse_authorization },
	};
	const char *v;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		v = value(line, lines[i].name);
		if (v)
			return lines[i].fn(h, v);
	}
	return true;
}

static bool parse_head(struct http *h, char *head)
{
	char *save, *line = strtok_r(head, "\r\n", &save);
	int minor;

	if (!line || sscanf(line, "%7s %127s HTTP/1.%d", h->method, h->path,
			    &minor) != 3)
		return false;
	h->close = minor == 0;
	while ((line = strtok_r(NULL, "\r\n", &save)))
		if (!parse_line(h, line))
			return false;
	return h->body_len <= BODY_MAX;
}

static void refuse(struct http *h, int status)
{
	h->close = true;
	h->have = 0;
	answer_text(h, status, reason(status));
}

/* false: there is more to come */
static bool take_head(struct http *h)
{
	char *end = memmem(h->in, h->have, "\r\n\r\n", 4), *head;
	bool good;

	if (!end) {
		if (h->have > HEAD_MAX)
			refuse(h, 413);
		return false;
	}
	h->body_at = end + 4 - h->in;
	h->scan = h->body_at;
	head = strndup(h->in, end - h->in);
	if (!head)
		abort();
	good = parse_head(h, head);
	free(head);
	/* chunks say it themselves */
	if (h->chunked_in)
		h->body_len = 0;
	if (!good)
		refuse(h, 400);
	return good;
}

/* one chunk after the other is moved to the end of the body; false: more */
static bool take_chunks(struct http *h)
{
	char *line, *end, *stop;
	size_t n, head;

	for (;;) {
		line = h->in + h->scan;
		end = memmem(line, h->have - h->scan, "\r\n", 2);
		if (!end)
			return false;
		n = strtoul(line, &stop, 16);
		if (stop == line || n > BODY_MAX || h->body_len + n > BODY_MAX) {
			refuse(h, 400);
			return false;
		}
		head = end + 2 - line;
		if (h->have - h->scan < head + n + 2)
			return false;
		memmove(h->in + h->body_at + h->body_len, line + head, n);
		h->body_len += n;
		h->scan += head + n + 2;
		if (!n)
			return true;
	}
}

static bool take_body(struct http *h)
{
	if (h->chunked_in)
		return take_chunks(h);
	h->scan = h->body_at + h->body_len;
	return h->have >= h->scan;
}

/* the request is done with; another may already be there */
static void forget_request(struct http *h)
{
	size_t used = h->scan < h->have ? h->scan : h->have;

	memmove(h->in, h->in + used, h->have - used);
	h->have -= used;
	h->body_at = 0;
	h->body_len = 0;
	h->scan = 0;
	h->chunked_in = false;
	h->length_known = false;
	free(h->authorization);
	h->authorization = NULL;
}

static void work(struct http *h)
{
	if (h->answering || h->over || !h->have)
		return;
	if (!h->body_at && !take_head(h))
		return;
	if (!take_body(h))
		return;
	dispatch(h);
	forget_request(h);
}

size_t http_take(struct http *h, const uint8_t *data, size_t len)
{
	if (h->have + len + 1 > h->size) {
		h->size = 2 * (h->have + len + 1);
		h->in = realloc(h->in, h->size);
		if (!h->in)
			abort();
	}
	memcpy(h->in + h->have, data, len);
	h->have += len;
	h->in[h->have] = '\0';
	if (h->have > BODY_MAX + HEAD_MAX + (BODY_MAX >> 3))
		refuse(h, 413);
	work(h);
	return len;
}

uint64_t http_due(const struct http *h)
{
	return h->out_at < h->out_len || h->bulk_left ? h->next : NEVER;
}

bool http_over(const struct http *h)
{
	return h->over && h->out_at == h->out_len && !h->bulk_left;
}

static void end_answer(struct http *h)
{
	h->answering = false;
	h->over = h->close;
	work(h);
}

size_t http_give(struct http *h, uint8_t *buf, size_t max, uint64_t now)
{
	size_t n;

	if (h->next > now)
		return 0;
	if (h->out_at == h->out_len && h->bulk_left)
		more_bulk(h, now);
	n = h->out_len - h->out_at;
	if (n > max)
		n = max;
	if (n)
		memcpy(buf, h->out + h->out_at, n);
	h->out_at += n;
	if (h->answering && h->out_at == h->out_len && !h->bulk_left)
		end_answer(h);
	return n;
}
