/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the daemon, for the journal or a terminal. What AMT or a user can
 * cause is limited: a log that is flooded hides what matters.
 */
#ifndef AMT_LMS_LOG_H
#define AMT_LMS_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

/**
 * log_line() - write a message
 * @priority: LOG_ERR, LOG_WARNING, LOG_NOTICE or LOG_INFO
 */
void log_line(int priority, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * struct log_limit - a kind of message, which is written once in ten minutes
 * @until: milliseconds; 0 at first
 * @dropped: messages that were not written since
 */
struct log_limit {
	uint64_t until;
	unsigned long dropped;
};

/**
 * log_limited() - write a message, unless one of its kind was written recently
 * @limit: of its kind; zeroed at first
 * @now: milliseconds of a clock that never goes back
 * @priority: as of log_line()
 */
void log_limited(struct log_limit *limit, uint64_t now, int priority,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif /* AMT_LMS_LOG_H */
