/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening a file that was inspected before. Opening alone can act: it starts a
 * watchdog, rewinds a tape, raises a modem's line. So whatever may be a device is
 * inspected through a descriptor that does not open it (O_PATH), and then opened
 * through that.
 */
#ifndef CLI_REOPEN_H
#define CLI_REOPEN_H

/**
 * reopen() - open what a descriptor stands for, whatever has its path by now
 * @place: from open() with O_PATH
 * @flags: of open()
 *
 * Return: a descriptor or a negative errno; -ENOENT where /proc is not mounted
 */
int reopen(int place, int flags);

/**
 * open_no_device() - open a file or a pipe for reading
 * @path: as a person gave it
 *
 * Return: a descriptor or a negative errno; -ENOTBLK for a device, which is not opened
 */
int open_no_device(const char *path);

#endif /* CLI_REOPEN_H */
