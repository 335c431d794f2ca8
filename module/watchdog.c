// SPDX-License-Identifier: GPL-2.0-only
/*
 * The OS health watchdog of Intel AMT, a client of the MEI bus: heartbeats, and
 * an event to the administrator when they stay away. Nothing here waits for the
 * firmware without a bound, and nothing here touches PFRU.
 */
#include <linux/completion.h>
#include <linux/crash_dump.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/mei_cl_bus.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/watchdog.h>
#include <linux/workqueue.h>

#include "drivers.h"

#define WATCHDOG_UUID                                                     \
	UUID_LE(0x05b79a6f, 0x4628, 0x4d7f, 0x89, 0x9d, 0xa9, 0x15, 0x14, \
		0xcb, 0x32, 0xab)

/* seconds, of the firmware's interface */
#define TIMEOUT_DEFAULT 120
#define TIMEOUT_MIN	120
#define TIMEOUT_MAX	65535

/* what one operation may cost its caller, in milliseconds */
#define OPERATION_MS 5000
/* after a failed reconnection the next one is not tried before, milliseconds */
#define RETRY_MS 2000
/* how often the firmware is asked whether it wants the watchdog */
#define QUESTIONS_MAX 3
/* answers taken in one go; a client that sends more has to wait its turn */
#define ANSWERS_MAX 8
/* the longest answer has 6 bytes; more shows that one is longer */
#define ANSWER_ROOM 16

/* ASF 2.0 (DSP0136), 5.1.4.1 and 5.1.4.2: commands of the SMBus watchdog */
#define COMMAND_MANAGEMENT 0x02
#define VERSION_NUMBER	   0x10
#define SUBCOMMAND_START   0x13
#define SUBCOMMAND_STOP	   0x14
#define SUBCOMMAND_ANSWER  0x80

#define STATE_NOT_REQUIRED 0x01

/* From this version of the client's protocol on a start is answered. */
#define VERSION_WITH_ANSWERS 2

struct header {
	u8 command;
	u8 size; /* of what follows this byte */
	u8 subcommand;
	u8 version;
} __packed;

struct start_message {
	struct header header;
	__le16 timeout;
	u8 reserved[17];
} __packed;

struct stop_message {
	struct header header;
} __packed;

struct start_answer {
	struct header header;
	u8 status;
	u8 state;
} __packed;

/**
 * enum link - the connection with the firmware's client
 * @LINK_UP: it is there
 * @LINK_CONNECTING: it is being made anew
 * @LINK_DOWN: it could not be made
 * @LINK_GONE: the client is being removed
 */
enum link {
	LINK_UP,
	LINK_CONNECTING,
	LINK_DOWN,
	LINK_GONE,
};

/**
 * enum want - does the firmware want the watchdog?
 * @WANT_UNKNOWN: it was not asked yet
 * @WANT_NO_ANSWER: it was asked and did not say
 * @WANT_NO: AMT does not use it now
 * @WANT_YES: there is a watchdog device
 */
enum want {
	WANT_UNKNOWN,
	WANT_NO_ANSWER,
	WANT_NO,
	WANT_YES,
};

/**
 * enum stage - how far an exchange has come
 * @STAGE_NONE: there is none
 * @STAGE_QUEUED: the sender has not begun
 * @STAGE_SENDING: from now on an answer can be this one's
 * @STAGE_SENT: the bus has taken the message
 */
enum stage {
	STAGE_NONE,
	STAGE_QUEUED,
	STAGE_SENDING,
	STAGE_SENT,
};

/**
 * struct exchange - one message and its answer, under the spinlock
 * @stage: how far it is
 * @number: tells this exchange from one that was given up
 * @wants_answer: it ends with one
 * @answered: it is there
 * @not_required: what it said
 * @error: 0, or the negative errno that ends the exchange
 * @size: bytes of @message
 * @message: to be sent
 */
struct exchange {
	enum stage stage;
	unsigned int number;
	bool wants_answer;
	bool answered;
	bool not_required;
	int error;
	size_t size;
	union {
		struct start_message start;
		struct stop_message stop;
	} message;
};

/**
 * struct counts - for sysfs; each has one writer at a time
 * @heartbeats: starts that succeeded, the first of them included
 * @timeouts: operations that the firmware did not end in time
 * @refused: answers with a status other than 0
 * @malformed: answers that are none
 * @strays: answers that nobody waited for
 * @reconnections: of the client
 * @last_error: negative errno of the last operation that failed, or 0
 */
struct counts {
	unsigned long heartbeats;
	unsigned long timeouts;
	unsigned long refused;
	unsigned long malformed;
	unsigned long strays;
	unsigned long reconnections;
	int last_error;
};

/**
 * struct pfru_watchdog - one client of the bus
 * @cldev: it
 * @protocol: its version
 * @lock: of @x, @link, @leaving and what is queued
 * @x: the exchange that is on
 * @done: @x has ended
 * @connected: @link is no longer LINK_CONNECTING
 * @link: the connection
 * @retry_at: jiffies before which LINK_DOWN stays
 * @leaving: no work is to be queued any more
 * @notified: the firmware said that something changed
 * @operation: one exchange at a time
 * @senders: the bus may keep a sender without a bound, so it is nobody's task;
 *	in order, since the bus confuses two senders of one client
 * @send_work: sends @x
 * @reconnect_work: makes the connection anew, which frees a sender
 * @settle_work: asks the firmware, and makes or removes the watchdog device
 * @registration: of @registered and @wdd
 * @registered: there is a watchdog device
 * @info: of @wdd
 * @wdd: the watchdog device
 * @want: the firmware's wish
 * @running: it was started, and neither stopped nor expired for all we know
 * @last_heartbeat: jiffies of the last that succeeded
 * @complained: the last operation failed, and that was logged
 * @counts: what happened
 */
struct pfru_watchdog {
	struct mei_cl_device *cldev;
	u8 protocol;
	spinlock_t lock; /* see above */
	struct exchange x;
	struct completion done;
	wait_queue_head_t connected;
	enum link link;
	unsigned long retry_at;
	bool leaving;
	bool notified;
	struct mutex operation; /* one exchange at a time */
	struct workqueue_struct *senders;
	struct work_struct send_work;
	struct work_struct reconnect_work;
	struct work_struct settle_work;
	struct mutex registration; /* of the two below, and @wdd */
	bool registered;
	struct watchdog_info info;
	struct watchdog_device wdd;
	enum want want;
	bool running;
	unsigned long last_heartbeat;
	bool complained;
	struct counts counts;
};

static bool enabled = true;
module_param_named(watchdog, enabled, bool, 0444);
MODULE_PARM_DESC(watchdog,
		 "Serve Intel AMT's OS health watchdog (default: yes)");

static bool nowayout = WATCHDOG_NOWAYOUT;
module_param(nowayout, bool, 0444);
MODULE_PARM_DESC(nowayout, "A watchdog that runs cannot be stopped");

/* ---- messages ---- */

static size_t make_start(struct start_message *message, u16 timeout)
{
	memset(message, 0, sizeof(*message));
	message->header.command = COMMAND_MANAGEMENT;
	message->header.size =
		sizeof(*message) - offsetof(struct header, subcommand);
	message->header.subcommand = SUBCOMMAND_START;
	message->header.version = VERSION_NUMBER;
	message->timeout = cpu_to_le16(timeout);
	return sizeof(*message);
}

static size_t make_stop(struct stop_message *message)
{
	message->header.command = COMMAND_MANAGEMENT;
	message->header.size =
		sizeof(*message) - offsetof(struct header, subcommand);
	message->header.subcommand = SUBCOMMAND_STOP;
	message->header.version = VERSION_NUMBER;
	return sizeof(*message);
}

static bool is_answer(const struct start_answer *answer, ssize_t size,
		      u8 subcommand)
{
	return size >= (ssize_t)sizeof(answer->header) &&
	       answer->header.command == COMMAND_MANAGEMENT &&
	       answer->header.version == VERSION_NUMBER &&
	       answer->header.subcommand == (subcommand | SUBCOMMAND_ANSWER);
}

/* ---- the exchange ---- */

/* Called with the lock held. */
static void end_exchange(struct pfru_watchdog *w, int error)
{
	w->x.stage = STAGE_NONE;
	w->x.error = error;
	complete(&w->done);
}

/* Called with the lock held. */
static void end_when_complete(struct pfru_watchdog *w)
{
	if (w->x.stage == STAGE_SENT && (w->x.answered || !w->x.wants_answer))
		end_exchange(w, 0);
}

static void send(struct work_struct *work)
{
	struct pfru_watchdog *w =
		container_of(work, struct pfru_watchdog, send_work);
	u8 message[sizeof(w->x.message)];
	unsigned int number;
	ssize_t sent;
	size_t size;

	spin_lock_irq(&w->lock);
	if (w->x.stage != STAGE_QUEUED) {
		spin_unlock_irq(&w->lock);
		return;
	}
	w->x.stage = STAGE_SENDING;
	number = w->x.number;
	size = w->x.size;
	memcpy(message, &w->x.message, size);
	spin_unlock_irq(&w->lock);

	sent = mei_cldev_send(w->cldev, message, size);

	spin_lock_irq(&w->lock);
	if (w->x.stage == STAGE_SENDING && w->x.number == number) {
		if (sent < 0) {
			end_exchange(w, sent);
		} else {
			w->x.stage = STAGE_SENT;
			end_when_complete(w);
		}
	}
	spin_unlock_irq(&w->lock);
}

static bool answer_is_due(const struct pfru_watchdog *w)
{
	return w->x.wants_answer && !w->x.answered &&
	       (w->x.stage == STAGE_SENDING || w->x.stage == STAGE_SENT);
}

static void take_start_answer(struct pfru_watchdog *w,
			      const struct start_answer *answer)
{
	if (!answer_is_due(w)) {
		w->counts.strays++;
		return;
	}
	w->x.answered = true;
	w->x.not_required = answer->state & STATE_NOT_REQUIRED;
	if (answer->status) {
		w->counts.refused++;
		end_exchange(w, -EIO);
	} else {
		end_when_complete(w);
	}
}

/*
 * A stop may be answered with nothing at all, late, too: that ends no exchange.
 * Anything else that is not the answer ends it, since what comes after it can't be
 * told from an answer to a later start.
 */
static void take_answer(struct pfru_watchdog *w,
			const struct start_answer *answer, ssize_t size)
{
	spin_lock_irq(&w->lock);
	if (!size || is_answer(answer, size, SUBCOMMAND_STOP)) {
		if (answer_is_due(w))
			w->counts.strays++;
	} else if (is_answer(answer, size, SUBCOMMAND_START) &&
		   size >= (ssize_t)sizeof(*answer)) {
		take_start_answer(w, answer);
	} else {
		w->counts.malformed++;
		if (answer_is_due(w))
			end_exchange(w, -EPROTO);
	}
	spin_unlock_irq(&w->lock);
}

static void receive(struct mei_cl_device *cldev)
{
	struct pfru_watchdog *w = mei_cldev_get_drvdata(cldev);
	union {
		struct start_answer answer;
		u8 bytes[ANSWER_ROOM];
	} room;
	ssize_t size;
	int i;

	for (i = 0; i < ANSWERS_MAX; i++) {
		size = pfru_mei_recv(cldev, room.bytes, sizeof(room));
		if (size < 0)
			return;
		take_answer(w, &room.answer, size);
	}
}

/* ---- the connection ---- */

static void queue_settle(struct pfru_watchdog *w)
{
	unsigned long flags;

	spin_lock_irqsave(&w->lock, flags);
	if (!w->leaving)
		queue_work(system_long_wq, &w->settle_work);
	spin_unlock_irqrestore(&w->lock, flags);
}

static void notified(struct mei_cl_device *cldev)
{
	struct pfru_watchdog *w = mei_cldev_get_drvdata(cldev);

	WRITE_ONCE(w->notified, true);
	queue_settle(w);
}

/* A firmware that can't notify is worth a watchdog all the same. */
static int connect(struct pfru_watchdog *w)
{
	int ret;

	ret = mei_cldev_enable(w->cldev);
	if (ret)
		return ret;
	ret = mei_cldev_register_rx_cb(w->cldev, receive);
	if (ret) {
		mei_cldev_disable(w->cldev);
		return ret;
	}
	ret = mei_cldev_register_notif_cb(w->cldev, notified);
	if (ret)
		dev_dbg(&w->cldev->dev, "no notifications: error %d\n", ret);
	return 0;
}

static void reconnect(struct work_struct *work)
{
	struct pfru_watchdog *w =
		container_of(work, struct pfru_watchdog, reconnect_work);
	int ret;

	/* ends a send that the bus keeps, too */
	mei_cldev_disable(w->cldev);
	flush_workqueue(w->senders);
	ret = connect(w);
	spin_lock_irq(&w->lock);
	w->counts.reconnections++;
	w->retry_at = jiffies + msecs_to_jiffies(RETRY_MS);
	if (w->link == LINK_CONNECTING)
		w->link = ret ? LINK_DOWN : LINK_UP;
	spin_unlock_irq(&w->lock);
	wake_up_all(&w->connected);
}

static void queue_reconnect(struct pfru_watchdog *w)
{
	spin_lock_irq(&w->lock);
	if (!w->leaving && (w->link == LINK_UP || w->link == LINK_DOWN)) {
		w->link = LINK_CONNECTING;
		queue_work(system_long_wq, &w->reconnect_work);
	}
	spin_unlock_irq(&w->lock);
}

/* Wait until there is a connection, for @left jiffies; what is left, or errno. */
static long wait_connected(struct pfru_watchdog *w, long left)
{
	if (READ_ONCE(w->link) == LINK_DOWN && time_after(jiffies, w->retry_at))
		queue_reconnect(w);
	left = wait_event_timeout(w->connected,
				  READ_ONCE(w->link) != LINK_CONNECTING, left);
	if (!left)
		return -ETIMEDOUT;
	return READ_ONCE(w->link) == LINK_UP ? left : -ENODEV;
}

/* ---- operations ---- */

static int begin_exchange(struct pfru_watchdog *w, const void *message,
			  size_t size, bool wants_answer)
{
	int ret = -ENODEV;

	spin_lock_irq(&w->lock);
	if (w->link == LINK_UP) {
		w->x.number++;
		w->x.stage = STAGE_QUEUED;
		w->x.wants_answer = wants_answer;
		w->x.answered = false;
		w->x.not_required = false;
		w->x.error = 0;
		w->x.size = size;
		memcpy(&w->x.message, message, size);
		reinit_completion(&w->done);
		queue_work(w->senders, &w->send_work);
		ret = 0;
	}
	spin_unlock_irq(&w->lock);
	return ret;
}

/* What the exchange came to; one that is still on is given up. */
static int result_of_exchange(struct pfru_watchdog *w)
{
	int ret;

	spin_lock_irq(&w->lock);
	if (w->x.stage != STAGE_NONE) {
		w->counts.timeouts++;
		w->x.stage = STAGE_NONE;
		w->x.error = -ETIMEDOUT;
	}
	ret = w->x.error;
	spin_unlock_irq(&w->lock);
	return ret;
}

/*
 * Send, and wait for the answer if there is to be one. A failure leaves answers
 * that may yet come; the connection is made anew, so that they never do. The
 * answer's own refusal leaves nothing.
 */
static int exchange(struct pfru_watchdog *w, const void *message, size_t size,
		    bool wants_answer, bool *not_required)
{
	long left = msecs_to_jiffies(OPERATION_MS);
	int ret;

	mutex_lock(&w->operation);
	left = wait_connected(w, left);
	ret = left < 0 ? left : begin_exchange(w, message, size, wants_answer);
	if (!ret) {
		wait_for_completion_timeout(&w->done, left);
		ret = result_of_exchange(w);
		*not_required = !ret && w->x.not_required;
		if (ret && ret != -EIO)
			queue_reconnect(w);
	}
	if (ret)
		w->counts.last_error = ret;
	mutex_unlock(&w->operation);
	return ret;
}

static const char *error_text(int error)
{
	switch (error) {
	case -ETIMEDOUT:
		return "the firmware did not answer in time";
	case -EPROTO:
		return "the firmware's answer is none";
	case -EIO:
		return "the firmware refused it";
	case -ENODEV:
		return "there is no connection with the firmware";
	default:
		return "the bus refused it";
	}
}

/* Once, until an operation succeeds again. */
static void complain(struct pfru_watchdog *w, const char *what, int error)
{
	if (!w->complained)
		dev_warn(&w->cldev->dev, "watchdog: %s failed: %s (error %d)\n",
			 what, error_text(error), error);
	w->complained = true;
}

static void content(struct pfru_watchdog *w, const char *what)
{
	if (w->complained)
		dev_info(&w->cldev->dev, "watchdog: %s succeeds again\n", what);
	w->complained = false;
}

/* A start and a heartbeat are the same message. */
static int start_timer(struct pfru_watchdog *w, u16 timeout, bool *not_required)
{
	struct start_message message;
	size_t size = make_start(&message, timeout);

	return exchange(w, &message, size, w->protocol >= VERSION_WITH_ANSWERS,
			not_required);
}

static int stop_timer(struct pfru_watchdog *w)
{
	struct stop_message message;
	bool unused;

	return exchange(w, &message, make_stop(&message), false, &unused);
}

/* ---- the watchdog device ---- */

static int ping(struct watchdog_device *wdd)
{
	struct pfru_watchdog *w = watchdog_get_drvdata(wdd);
	bool not_required;
	int ret;

	ret = start_timer(w, wdd->timeout, &not_required);
	if (ret) {
		complain(w, "a heartbeat", ret);
		return ret;
	}
	content(w, "a heartbeat");
	w->counts.heartbeats++;
	w->last_heartbeat = jiffies;
	WRITE_ONCE(w->running, true);
	if (not_required) {
		WRITE_ONCE(w->want, WANT_NO);
		queue_settle(w);
	}
	return 0;
}

static int stop(struct watchdog_device *wdd)
{
	struct pfru_watchdog *w = watchdog_get_drvdata(wdd);
	int ret;

	ret = stop_timer(w);
	if (ret)
		complain(w, "stopping it", ret);
	else
		WRITE_ONCE(w->running, false);
	return ret;
}

static int set_timeout(struct watchdog_device *wdd, unsigned int timeout)
{
	wdd->timeout = timeout;
	return 0;
}

static unsigned int time_left(struct watchdog_device *wdd)
{
	struct pfru_watchdog *w = watchdog_get_drvdata(wdd);
	unsigned long since = jiffies - w->last_heartbeat;
	unsigned long all = wdd->timeout * HZ;

	if (!w->running || since >= all)
		return 0;
	return DIV_ROUND_UP(all - since, HZ);
}

static const struct watchdog_ops operations = {
	.owner = THIS_MODULE,
	.start = ping,
	.stop = stop,
	.ping = ping,
	.set_timeout = set_timeout,
	.get_timeleft = time_left,
};

/* The device is used again after it was unregistered, so all of it is set. */
static int add_device(struct pfru_watchdog *w)
{
	struct watchdog_device *wdd = &w->wdd;
	int ret;

	memset(wdd, 0, sizeof(*wdd));
	strscpy((char *)w->info.identity, "iamt_wdt", sizeof(w->info.identity));
	w->info.firmware_version = w->protocol;
	w->info.options = WDIOF_KEEPALIVEPING | WDIOF_SETTIMEOUT |
			  WDIOF_MAGICCLOSE | WDIOF_ALARMONLY;
	wdd->info = &w->info;
	wdd->ops = &operations;
	wdd->parent = &w->cldev->dev;
	wdd->timeout = TIMEOUT_DEFAULT;
	wdd->min_timeout = TIMEOUT_MIN;
	wdd->max_timeout = TIMEOUT_MAX;
	watchdog_set_drvdata(wdd, w);
	watchdog_set_nowayout(wdd, nowayout);
	watchdog_stop_on_reboot(wdd);
	watchdog_stop_on_unregister(wdd);
	ret = watchdog_register_device(wdd);
	if (ret) {
		dev_err(&w->cldev->dev,
			"watchdog: cannot make the device: error %d\n", ret);
		return ret;
	}
	w->registered = true;
	return 0;
}

static void remove_device(struct pfru_watchdog *w)
{
	if (w->registered)
		watchdog_unregister_device(&w->wdd);
	w->registered = false;
	WRITE_ONCE(w->running, false);
}

/*
 * Asking starts the timer, so it is stopped afterwards, even when the answer was
 * lost.
 */
static enum want ask(struct pfru_watchdog *w)
{
	bool not_required;
	int ret = 0, i;

	if (w->protocol < VERSION_WITH_ANSWERS)
		return WANT_YES;
	for (i = 0; i < QUESTIONS_MAX && !READ_ONCE(w->leaving); i++) {
		ret = start_timer(w, TIMEOUT_DEFAULT, &not_required);
		if (!ret && not_required)
			return WANT_NO;
		if (!ret || ret == -EIO)
			break;
	}
	if (stop_timer(w) && !ret)
		dev_warn(&w->cldev->dev,
			 "watchdog: it was asked for, and could not be stopped again\n");
	if (!ret)
		return WANT_YES;
	complain(w, "asking whether it is wanted", ret);
	return WANT_NO_ANSWER;
}

static void settle(struct work_struct *work)
{
	struct pfru_watchdog *w =
		container_of(work, struct pfru_watchdog, settle_work);
	bool told = xchg(&w->notified, false);
	enum want want;

	mutex_lock(&w->registration);
	if (w->registered) {
		if (READ_ONCE(w->want) == WANT_NO) {
			dev_info(&w->cldev->dev,
				 "watchdog: the firmware does not require it any more\n");
			remove_device(w);
		}
		goto unlock;
	}
	want = ask(w);
	/* a firmware that says that it became active is believed */
	if (want == WANT_NO_ANSWER && told)
		want = WANT_YES;
	WRITE_ONCE(w->want, want);
	if (want == WANT_YES && !READ_ONCE(w->leaving) && add_device(w))
		WRITE_ONCE(w->want, WANT_NO_ANSWER);
unlock:
	mutex_unlock(&w->registration);
}

/* ---- sysfs: nothing here waits for the firmware ---- */

static const char *state_name(const struct pfru_watchdog *w)
{
	static const char *const wants[] = {
		[WANT_UNKNOWN] = "asking",
		[WANT_NO_ANSWER] = "no-answer",
		[WANT_NO] = "not-required",
		[WANT_YES] = "idle",
	};

	if (READ_ONCE(w->link) == LINK_DOWN)
		return "no-connection";
	if (READ_ONCE(w->running))
		return "running";
	return wants[READ_ONCE(w->want)];
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n", state_name(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(state);

static ssize_t protocol_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	const struct pfru_watchdog *w = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", w->protocol);
}
static DEVICE_ATTR_RO(protocol);

static ssize_t last_error_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	const struct pfru_watchdog *w = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", READ_ONCE(w->counts.last_error));
}
static DEVICE_ATTR_RO(last_error);

/**
 * struct count_attribute - one of struct counts
 * @attr: for sysfs
 * @at: offset in struct pfru_watchdog of an unsigned long
 */
struct count_attribute {
	struct device_attribute attr;
	size_t at;
};

static ssize_t count_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	size_t at = container_of(attr, struct count_attribute, attr)->at;
	const unsigned long *count = dev_get_drvdata(dev) + at;

	return sysfs_emit(buf, "%lu\n", READ_ONCE(*count));
}

static struct count_attribute count_attributes[] = {
	{ __ATTR(heartbeats, 0444, count_show, NULL),
	  offsetof(struct pfru_watchdog, counts.heartbeats) },
	{ __ATTR(timeouts, 0444, count_show, NULL),
	  offsetof(struct pfru_watchdog, counts.timeouts) },
	{ __ATTR(refused, 0444, count_show, NULL),
	  offsetof(struct pfru_watchdog, counts.refused) },
	{ __ATTR(malformed, 0444, count_show, NULL),
	  offsetof(struct pfru_watchdog, counts.malformed) },
	{ __ATTR(strays, 0444, count_show, NULL),
	  offsetof(struct pfru_watchdog, counts.strays) },
	{ __ATTR(reconnections, 0444, count_show, NULL),
	  offsetof(struct pfru_watchdog, counts.reconnections) },
};

static struct attribute *attributes[] = {
	&dev_attr_state.attr,		&dev_attr_protocol.attr,
	&dev_attr_last_error.attr,	&count_attributes[0].attr.attr,
	&count_attributes[1].attr.attr, &count_attributes[2].attr.attr,
	&count_attributes[3].attr.attr, &count_attributes[4].attr.attr,
	&count_attributes[5].attr.attr, NULL,
};

static const struct attribute_group group = {
	.name = "pfru_watchdog",
	.attrs = attributes,
};

static const struct attribute_group *groups[] = {
	&group,
	NULL,
};

/* ---- the driver ---- */

static int probe(struct mei_cl_device *cldev, const struct mei_cl_device_id *id)
{
	struct pfru_watchdog *w;
	int ret;

	w = kzalloc(sizeof(*w), GFP_KERNEL);
	if (!w)
		return -ENOMEM;
	w->cldev = cldev;
	w->protocol = mei_cldev_ver(cldev);
	spin_lock_init(&w->lock);
	init_completion(&w->done);
	init_waitqueue_head(&w->connected);
	mutex_init(&w->operation);
	mutex_init(&w->registration);
	INIT_WORK(&w->send_work, send);
	INIT_WORK(&w->reconnect_work, reconnect);
	INIT_WORK(&w->settle_work, settle);
	w->senders = alloc_ordered_workqueue("pfru_watchdog", 0);
	if (!w->senders) {
		ret = -ENOMEM;
		goto free;
	}
	mei_cldev_set_drvdata(cldev, w);
	ret = connect(w);
	if (ret)
		goto destroy;
	queue_settle(w);
	return 0;

destroy:
	mei_cldev_set_drvdata(cldev, NULL);
	destroy_workqueue(w->senders);
free:
	kfree(w);
	return ret;
}

/* Nothing goes out any more, and nobody waits for what will not come. */
static void cut_link(struct pfru_watchdog *w)
{
	spin_lock_irq(&w->lock);
	w->link = LINK_GONE;
	if (w->x.stage != STAGE_NONE)
		end_exchange(w, -ENODEV);
	spin_unlock_irq(&w->lock);
	wake_up_all(&w->connected);
}

/*
 * Unregistering stops a watchdog that runs, if there still is a connection. The
 * bound of an operation is what it costs when the firmware gives no credit.
 */
static PFRU_MEI_REMOVE remove(struct mei_cl_device *cldev)
{
	struct pfru_watchdog *w = mei_cldev_get_drvdata(cldev);

	spin_lock_irq(&w->lock);
	w->leaving = true;
	spin_unlock_irq(&w->lock);
	if (!mei_cldev_enabled(cldev))
		cut_link(w);
	cancel_work_sync(&w->settle_work);
	mutex_lock(&w->registration);
	remove_device(w);
	mutex_unlock(&w->registration);

	cut_link(w);
	cancel_work_sync(&w->reconnect_work);
	mei_cldev_disable(cldev);
	destroy_workqueue(w->senders);
	mei_cldev_set_drvdata(cldev, NULL);
	kfree(w);
	return PFRU_MEI_REMOVED;
}

static const struct mei_cl_device_id ids[] = {
	{ .uuid = WATCHDOG_UUID, .version = MEI_CL_VERSION_ANY },
	{}
};
MODULE_DEVICE_TABLE(mei, ids);

static struct mei_cl_driver driver = {
	.driver.dev_groups = groups,
	.name = "pfru_watchdog",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
};

/* Linux's own driver has the same alias; whichever is bound first stays. */
static void tell_of_other(struct device *dev)
{
	static bool told;
	struct mei_cl_device *cldev = to_mei_cl_device(dev);

	if (told || !dev->driver || dev->driver == &driver.driver ||
	    memcmp(mei_cldev_uuid(cldev), &ids[0].uuid, sizeof(ids[0].uuid)))
		return;
	told = true;
	dev_info(dev,
		 "watchdog: the driver %s serves it already, and is left alone\n",
		 dev->driver->name);
}

static int look_at_client(struct device *dev, void *unused)
{
	device_lock(dev);
	tell_of_other(dev);
	device_unlock(dev);
	return 0;
}

static int bus_changed(struct notifier_block *block, unsigned long action,
		       void *dev)
{
	if (action == BUS_NOTIFY_BOUND_DRIVER)
		tell_of_other(dev);
	return NOTIFY_OK;
}

static struct notifier_block bus_notifier = {
	.notifier_call = bus_changed,
};

static bool serving;

int __init pfru_watchdog_init(void)
{
	int ret;

	if (!enabled || is_kdump_kernel())
		return 0;
	ret = mei_cldev_driver_register(&driver);
	if (ret)
		return ret;
	ret = bus_register_notifier(driver.driver.bus, &bus_notifier);
	if (ret) {
		mei_cldev_driver_unregister(&driver);
		return ret;
	}
	serving = true;
	bus_for_each_dev(driver.driver.bus, NULL, NULL, look_at_client);
	return 0;
}

void pfru_watchdog_exit(void)
{
	if (!serving)
		return;
	bus_unregister_notifier(driver.driver.bus, &bus_notifier);
	mei_cldev_driver_unregister(&driver);
}
