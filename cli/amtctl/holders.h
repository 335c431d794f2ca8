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
 * Return: "NAME (PID), ...", allocated; empty when nobody has, or when it can't be
 * seen, as without root
 */
char *holders_of(const char *path);

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
 * @HOLDERS_SYSTEM: root or a system account
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
