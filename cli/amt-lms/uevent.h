/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own events of management engines and their clients: what has to be
 * waited for when there is no AMT.
 */
#ifndef AMT_LMS_UEVENT_H
#define AMT_LMS_UEVENT_H

#include <stdbool.h>

/**
 * uevent_open() - listen to the kernel's events
 *
 * Return: a descriptor that does not block, or a negative errno
 */
int uevent_open(void);

/**
 * uevent_take() - take the events that are there
 * @fd: from uevent_open()
 *
 * Return: whether one was of an engine or a client of one; true also when some were
 * lost
 */
bool uevent_take(int fd);

#endif /* AMT_LMS_UEVENT_H */
