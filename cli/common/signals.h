/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals that must wait: the outcome of an action is reported before a signal ends
 * the program. Nothing here changes what a signal does.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <stdbool.h>

/**
 * signals_hold() - let every signal wait that can
 *
 * Not SIGKILL and SIGSTOP, which cannot wait, and not those that report a fault of
 * the program itself. May be called again while they wait.
 */
void signals_hold(void);

/**
 * signals_release() - let those take effect that waited
 *
 * May not return: what a signal does by default is often the end.
 */
void signals_release(void);

/**
 * signals_release_in() - release them then, whatever the program does
 * @seconds: from now on; signals_release() before that takes this back
 *
 * For what may never end, such as printing to a reader that has stopped. The
 * last_words() are printed then.
 */
void signals_release_in(unsigned int seconds);

/**
 * signals_waiting() - does a signal wait that asks the program to end
 */
bool signals_waiting(void);

#endif /* CLI_SIGNALS_H */
