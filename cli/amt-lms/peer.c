// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds the owners of this machine's sockets. The kernel answers before the send of
 * a request returns, so nothing here waits.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "peer.h"

#define ANSWER_MAX 32768
#define GROUPS_MAX 65536
#define NO_COOKIE  0xffffffffU
/* of loopback in each namespace: LOOPBACK_IFINDEX of the kernel */
#define LOOPBACK 1

/**
 * struct ends - addresses of a connection, or of a listener
 */
struct ends {
	struct sockaddr_storage ours;
	struct sockaddr_storage theirs;
};

/* what a request is about, and what an answer is looked at with */
struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 about;
};

static bool has_ends(int fd, struct ends *ends)
{
	socklen_t ours = sizeof(ends->ours), theirs = sizeof(ends->theirs);

	return !getsockname(fd, (struct sockaddr *)&ends->ours, &ours) &&
	       !getpeername(fd, (struct sockaddr *)&ends->theirs, &theirs);
}

static void put_end(const struct sockaddr_storage *end, __be16 *port,
		    __be32 *address)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)end;
	const struct sockaddr_in *four = (const struct sockaddr_in *)end;

	if (end->ss_family == AF_INET6) {
		*port = six->sin6_port;
		memcpy(address, &six->sin6_addr, sizeof(six->sin6_addr));
	} else {
		*port = four->sin_port;
		memcpy(address, &four->sin_addr, sizeof(four->sin_addr));
	}
}

static void begin_request(struct request *request, int family)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_len = sizeof(*request);
	request->header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	request->header.nlmsg_flags = NLM_F_REQUEST;
	request->about.sdiag_family = family;
	request->about.sdiag_protocol = IPPROTO_TCP;
	request->about.idiag_states = ~0U;
	request->about.id.idiag_cookie[0] = NO_COOKIE;
	request->about.id.idiag_cookie[1] = NO_COOKIE;
}

/*
 * The kernel's socket, opened once: when no descriptor is left, whose the connections
 * are is what has to be known to get rid of them.
 */
static int kernel = -1;

void peer_end(void)
{
	if (kernel >= 0)
		close(kernel);
	kernel = -1;
}

/* Answers have the number of what was asked: what was left of another is skipped. */
static bool ask(struct request *request)
{
	static uint32_t number;

	request->header.nlmsg_seq = ++number;
	return send(kernel, request, sizeof(*request), 0) ==
	       (ssize_t)sizeof(*request);
}

static ssize_t take(const struct request *request, void *answer, size_t room)
{
	const struct nlmsghdr *header = answer;
	ssize_t n;

	do
		n = recv(kernel, answer, room, 0);
	while (n > 0 && NLMSG_OK(header, (size_t)n) &&
	       header->nlmsg_seq != request->header.nlmsg_seq);
	return n > 0 && NLMSG_OK(header, (size_t)n) ? n : -1;
}

static const struct inet_diag_msg *socket_of(const struct nlmsghdr *header)
{
	if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
		return NULL;
	return NLMSG_DATA(header);
}

/* 0 without an error */
static int error_of(const struct nlmsghdr *header)
{
	const struct nlmsgerr *error = NLMSG_DATA(header);

	if (header->nlmsg_type != NLMSG_ERROR)
		return 0;
	return header->nlmsg_len < NLMSG_LENGTH(sizeof(*error)) ? -EIO :
								  error->error;
}

/*
 * The kernel finds a listener on the port when the connection's own end is gone, and
 * one that only begins to connect has not made this connection.
 */
static bool is_end(const struct inet_diag_msg *found)
{
	return found->idiag_state != TCP_LISTEN &&
	       found->idiag_state != TCP_SYN_SENT;
}

static enum peer_state judge(const struct nlmsghdr *header, uid_t *uid)
{
	const struct inet_diag_msg *found = socket_of(header);

	if (!found)
		return error_of(header) == -ENOENT ? PEER_GONE : PEER_UNKNOWN;
	if (!found->idiag_inode || !is_end(found))
		return PEER_GONE;
	*uid = found->idiag_uid;
	return PEER_OWNED;
}

enum peer_state peer_of(int fd, uid_t *uid)
{
	union {
		struct nlmsghdr header;
		char room[4096];
	} answer;
	struct request request;
	struct ends ends;

	if (!has_ends(fd, &ends))
		return PEER_UNKNOWN;
	begin_request(&request, ends.ours.ss_family);
	/* finds sockets that are bound to the interface, and those that are to none */
	request.about.id.idiag_if = LOOPBACK;
	/* the socket's own view: its source is who connected */
	put_end(&ends.theirs, &request.about.id.idiag_sport,
		request.about.id.idiag_src);
	put_end(&ends.ours, &request.about.id.idiag_dport,
		request.about.id.idiag_dst);
	if (!ask(&request) || take(&request, &answer, sizeof(answer)) < 0)
		return PEER_UNKNOWN;
	return judge(&answer.header, uid);
}

bool peer_is_local(int fd)
{
	struct ends ends;
	const struct sockaddr_in6 *six;
	const struct sockaddr_in *four;

	if (!has_ends(fd, &ends))
		return false;
	six = (const struct sockaddr_in6 *)&ends.theirs;
	four = (const struct sockaddr_in *)&ends.theirs;
	if (ends.theirs.ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
	return ntohl(four->sin_addr.s_addr) >> IN_CLASSA_NSHIFT ==
	       IN_LOOPBACKNET;
}

/* Looks for the port in a part of a dump; false at its end. */
static bool scan(const char *bytes, ssize_t size, __be16 port, uid_t *uid,
		 bool *found)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)bytes;
	size_t left = size;

	for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
		const struct inet_diag_msg *one = socket_of(header);

		if (!one)
			return false;
		if (one->id.idiag_sport == port) {
			*uid = one->idiag_uid;
			*found = true;
		}
	}
	return true;
}

/* A list that is not available is an error, or ends with one at once. */
static bool failed(const struct nlmsghdr *header)
{
	int error = 0;

	if (header->nlmsg_type == NLMSG_DONE &&
	    header->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
		memcpy(&error, NLMSG_DATA(header), sizeof(error));
	return header->nlmsg_type == NLMSG_ERROR || error < 0;
}

/* A kernel that can't tell says "no such socket" to every question but this. */
static bool can_tell(void)
{
	struct request request;
	bool found, can;
	char *answer;
	uid_t uid;
	ssize_t n;

	begin_request(&request, AF_INET);
	request.header.nlmsg_flags |= NLM_F_DUMP;
	request.about.idiag_states = 1U << TCP_LISTEN;
	if (!ask(&request))
		return false;
	answer = xrealloc(NULL, ANSWER_MAX);
	n = take(&request, answer, ANSWER_MAX);
	can = n > 0 && !failed((struct nlmsghdr *)answer);
	while (n > 0 && scan(answer, n, 0, &uid, &found))
		n = take(&request, answer, ANSWER_MAX);
	free(answer);
	return can;
}

bool peer_begin(void)
{
	const struct timeval second = { .tv_sec = 1 };

	kernel = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			NETLINK_SOCK_DIAG);
	if (kernel < 0)
		return false;
	if (!setsockopt(kernel, SOL_SOCKET, SO_RCVTIMEO, &second,
			sizeof(second)) &&
	    can_tell())
		return true;
	peer_end();
	return false;
}

bool peer_listener(int family, uint16_t port, uid_t *uid)
{
	struct request request;
	bool found = false;
	char *answer;
	ssize_t n;

	begin_request(&request, family);
	request.header.nlmsg_flags |= NLM_F_DUMP;
	request.about.idiag_states = 1U << TCP_LISTEN;
	if (!ask(&request))
		return false;
	answer = xrealloc(NULL, ANSWER_MAX);
	do
		n = take(&request, answer, ANSWER_MAX);
	while (n > 0 && scan(answer, n, htons(port), uid, &found));
	free(answer);
	return found;
}

char *peer_name(uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	return user ? xasprintf("%s", escaped(user->pw_name)) :
		      xasprintf("%u", uid);
}

static bool is_named(char *const *words, size_t count, const char *name,
		     unsigned int number)
{
	char digits[16];
	size_t i;

	snprintf(digits, sizeof(digits), "%u", number);
	for (i = 0; i < count; i++)
		if (!strcmp(words[i], digits) ||
		    (name && !strcmp(words[i], name)))
			return true;
	return false;
}

static bool is_group_allowed(const struct config *config, gid_t gid)
{
	const struct group *group = getgrgid(gid);

	return is_named(config->groups, config->group_count,
			group ? group->gr_name : NULL, gid);
}

/* All groups of a user; allocated, NULL when there are none or too many */
static gid_t *groups_of(const struct passwd *user, int *count)
{
	gid_t *groups = NULL;
	int room = 32;

	for (;;) {
		*count = room;
		groups = xrealloc(groups, room * sizeof(*groups));
		if (getgrouplist(user->pw_name, user->pw_gid, groups, count) >=
		    0)
			return groups;
		if (room >= GROUPS_MAX)
			break;
		room *= 2;
	}
	free(groups);
	return NULL;
}

static bool is_in_group(const struct config *config, const struct passwd *user)
{
	gid_t *groups;
	bool found = false;
	int count, i;

	groups = groups_of(user, &count);
	for (i = 0; groups && i < count && !found; i++)
		found = is_group_allowed(config, groups[i]);
	free(groups);
	return found;
}

bool peer_allowed(const struct config *config, uid_t uid)
{
	const struct passwd *user;

	if (!config->user_count && !config->group_count)
		return true;
	/* a number needs no lookup, which may take its time and holds the loop */
	if (is_named(config->users, config->user_count, NULL, uid))
		return true;
	user = getpwuid(uid);
	if (user &&
	    is_named(config->users, config->user_count, user->pw_name, uid))
		return true;
	return user && config->group_count && is_in_group(config, user);
}
