/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the owners of this machine's sockets, by sock_diag(7), and decides who may
 * connect.
 */
#ifndef AMT_LMS_PEER_H
#define AMT_LMS_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config.h"

/**
 * enum peer_state - the other end of a connection of this machine
 * @PEER_UNKNOWN: the kernel does not say
 * @PEER_GONE: no process has it any more
 * @PEER_OWNED: a process has it
 */
enum peer_state {
	PEER_UNKNOWN,
	PEER_GONE,
	PEER_OWNED,
};

/**
 * peer_begin() - be able to ask; once
 *
 * Return: false when the kernel cannot tell (CONFIG_INET_TCP_DIAG): all is unknown then
 */
bool peer_begin(void);
void peer_end(void);

/**
 * peer_of() - who has the other end
 * @fd: a connection over loopback
 * @uid: set to the user that made it, when it is owned
 *
 * A socket that was closed belongs to nobody, and the kernel names root then: only
 * one that a process has counts.
 */
enum peer_state peer_of(int fd, uid_t *uid);

/**
 * peer_is_local() - is the other end an address of loopback
 */
bool peer_is_local(int fd);

/**
 * peer_listener() - whose the listener on a port is that keeps us from it
 * @family: AF_INET or AF_INET6
 * @port: of this machine
 * @uid: set
 *
 * Return: false when the kernel names none
 */
bool peer_listener(int family, uint16_t port, uid_t *uid);

/**
 * peer_name() - the name of a user, or the number without one
 *
 * Return: allocated
 */
char *peer_name(uid_t uid);

/**
 * peer_allowed() - may a user connect
 *
 * Asks for the names of user and groups each time: groups change.
 */
bool peer_allowed(const struct config *config, uid_t uid);

#endif /* AMT_LMS_PEER_H */
