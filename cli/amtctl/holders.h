/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else uses AMT on this machine, seen without touching it: open nodes, the
 * watchdog's driver, ports of a local manageability service.
 */
#ifndef AMTCTL_HOLDERS_H
#define AMTCTL_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOLDERS_PORTS 6

/**
 * holders_of() - the other programs that have a file open
 * @path: of the file
 *
 * Return: "NAME (PID), ...", allocated; empty when nobody has, NULL when nobody was
 * seen to have and not all of them could be looked at, as without root
 */
char *holders_of(const char *path);

/**
 * enum holders_use - is a client of the engine connected
 * @HOLDERS_USE_UNKNOWN: the kernel does not say
 * @HOLDERS_UNUSED: no
 * @HOLDERS_USED: yes, to a program or to a driver
 */
enum holders_use {
	HOLDERS_USE_UNKNOWN,
	HOLDERS_UNUSED,
	HOLDERS_USED,
};

/**
 * holders_use() - check whether a client of the engine is connected
 * @node: of the engine; at least one of its clients must be connected, since the
 *	kernel lists connections only then
 * @uuid: of the client, in the kernel's order
 */
enum holders_use holders_use(const char *node, const uint8_t *uuid);

/**
 * holders_watchdog() - the driver that has AMT's watchdog client
 * @there: set to whether the kernel offers the client to drivers
 *
 * Return: allocated, or NULL
 */
char *holders_watchdog(bool *there);

/**
 * holders_ports() - AMT's local ports that somebody listens on
 * @ports: set, HOLDERS_PORTS at most
 *
 * Return: number of @ports
 */
size_t holders_ports(uint16_t *ports);

/**
 * enum holders_service - who listens on a port
 * @HOLDERS_NOBODY: nobody
 * @HOLDERS_SYSTEM: root, a system account or amt-lms.service
 * @HOLDERS_OTHERS: somebody else, too
 */
enum holders_service {
	HOLDERS_NOBODY,
	HOLDERS_SYSTEM,
	HOLDERS_OTHERS,
};

/**
 * holders_service() - may who listens on a port be given a secret
 * @port: of this machine
 */
enum holders_service holders_service(uint16_t port);

#endif /* AMTCTL_HOLDERS_H */
