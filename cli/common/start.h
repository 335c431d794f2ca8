/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program does before anything else.
 */
#ifndef CLI_START_H
#define CLI_START_H

/**
 * start_program() - make failures of writing ones that are reported
 *
 * A pipe that is closed and a file that may not grow become errors of writing. A
 * standard descriptor that is closed becomes one that can't be used, so that it is
 * not given to the next file opened.
 */
void start_program(void);

#endif /* CLI_START_H */
