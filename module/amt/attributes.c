// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the AMT watchdog shows in sysfs, one file a value. Reading sends nothing
 * and waits for nothing.
 */
#include <linux/device.h>

#include "attributes.h"
#include "core/ids.h"

/**
 * DOC: the file state
 *
 * no-client: the MEI bus has no AMT watchdog now, as during a link reset
 * connecting: a connection is being made
 * no-connection: no connection could be made; retried at growing intervals
 * asking: AMT is asked for the first time whether it requires the watchdog
 * no-answer: connected, but what was sent last failed (see last_error)
 * not-required: AMT does not require it; nothing is sent until it asks
 * idle: not started
 * starting: started, and not acknowledged by the firmware yet
 * running: started, and the last heartbeat is younger than the timeout
 * expired: started, and AMT has reported a hang: no heartbeat in time
 * stopping: stopped, but the firmware does not know yet
 */

static struct pfru_watchdog_status look(void)
{
	struct pfru_watchdog_status now;

	pfru_watchdog_look(&now);
	return now;
}

/* a file: its name, the format of its value, the value's name in the status */
#define SHOW(_name, _format, _value)                                          \
	static ssize_t _name##_show(struct device *dev,                       \
				    struct device_attribute *attr, char *buf) \
	{                                                                     \
		return sysfs_emit(buf, _format "\n", look()._value);          \
	}                                                                     \
	static DEVICE_ATTR_RO(_name)

SHOW(state, "%s", state);
SHOW(required, "%s", required);
SHOW(notifications, "%s", notifications);
SHOW(protocol, "%u", protocol);
SHOW(timeout, "%u", timeout);
SHOW(timeleft, "%u", timeleft);
SHOW(last_error, "%d", error);
SHOW(heartbeats, "%u", heartbeats);
SHOW(stops, "%u", stops);
SHOW(failures, "%u", failures);
SHOW(timeouts, "%u", timeouts);
SHOW(refused, "%u", refused);
SHOW(malformed, "%u", malformed);
SHOW(strays, "%u", strays);
SHOW(connections, "%u", connections);

static ssize_t last_heartbeat_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	long seconds = look().last_heartbeat;

	if (seconds < 0)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%ld\n", seconds);
}
static DEVICE_ATTR_RO(last_heartbeat);

static struct attribute *attributes[] = {
	&dev_attr_state.attr,
	&dev_attr_required.attr,
	&dev_attr_notifications.attr,
	&dev_attr_protocol.attr,
	&dev_attr_timeout.attr,
	&dev_attr_timeleft.attr,
	&dev_attr_last_heartbeat.attr,
	&dev_attr_last_error.attr,
	&dev_attr_heartbeats.attr,
	&dev_attr_stops.attr,
	&dev_attr_failures.attr,
	&dev_attr_timeouts.attr,
	&dev_attr_refused.attr,
	&dev_attr_malformed.attr,
	&dev_attr_strays.attr,
	&dev_attr_connections.attr,
	NULL,
};

static const struct attribute_group group = {
	.name = PFRU_WATCHDOG_NAME,
	.attrs = attributes,
};

const struct attribute_group *pfru_watchdog_groups[] = { &group, NULL };
