// SPDX-License-Identifier: GPL-2.0-only
/*
 * The OS health watchdog of Intel AMT as a standard watchdog device: heartbeats
 * go to a client of the MEI bus; when they stay away, AMT tells the console.
 *
 * One worker ("manage") makes connections, asks whether the watchdog is wanted,
 * registers it and takes it away. Operations of the watchdog device only send a
 * message, with a limit, and wake the worker when that goes wrong.
 */
#include <linux/completion.h>
#include <linux/crash_dump.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/watchdog.h>

#include "module/drivers.h"
#include "mei-transport.h"

#define DRIVER_NAME "pfru_watchdog"
#define IDENTITY    "iamt_wdt"

/* seconds */
#define TIMEOUT_DEFAULT 120
#define TIMEOUT_MIN	120
#define TIMEOUT_MAX	65535

/* the protocol: DMTF DSP0136 2.0, 5.1.4, with its own answers */
#define COMMAND		0x02
#define VERSION		0x10
#define START		0x13
#define STOP		0x14
#define START_ANSWER	0x83
#define NOT_REQUIRED	BIT(0)
#define ANSWERS_VERSION 2 /* of the client, from which on it answers */

/* after a failure the worker tries again in 1, 2, 4, ... seconds */
#define TRIES	 6
#define SLOWLY_S 60 /* when it has stopped, a ping makes it try */

static bool watchdog = true;
module_param(watchdog, bool, 0444);
MODULE_PARM_DESC(watchdog, "serve the AMT watchdog (default: yes)");

static bool nowayout = WATCHDOG_NOWAYOUT;
module_param(nowayout, bool, 0444);
MODULE_PARM_DESC(nowayout, "the AMT watchdog, once started, cannot be stopped");

/**
 * struct message_header - in front of every message
 * @command: %COMMAND
 * @byte_count: bytes after this one
 * @subcommand: what it is
 * @version: %VERSION
 */
struct message_header {
	u8 command;
	u8 byte_count;
	u8 subcommand;
	u8 version;
} __packed;

struct start_message {
	struct message_header header;
	__le16 timeout;
	u8 reserved[17];
} __packed;
static_assert(sizeof(struct start_message) == 23);

struct start_answer {
	struct message_header header;
	u8 status;
	u8 state;
} __packed;
static_assert(sizeof(struct start_answer) == 6);

enum required {
	REQUIRED_UNKNOWN,
	REQUIRED_YES,
	REQUIRED_NO,
};

/**
 * struct amt - a bound client
 * @wdd: the watchdog device, while @registered
 * @info: what it says of itself
 * @link: to the firmware
 * @manage: the worker
 * @answers: starts are answered (protocol version 2)
 * @registered: @wdd is; only the worker and the end change it
 * @timeout: in seconds
 * @required: the firmware's last word
 * @ask: the firmware is to be asked whether it wants the watchdog
 * @stop_due: it was asked, and what that started is still to be stopped; the
 *	worker's and the end's
 * @tries: failures of the worker in a row
 * @was_active: @wdd was, as it was taken away
 * @stopped: so far that is done
 * @stop_result: and what became of its stop
 * @lock: protects what follows
 * @closing: nothing is to be begun any more
 * @leaving: who takes @wdd away; others neither start nor ping it any more
 * @pinned: started, and not stopped: the module stays
 * @start_due: the watchdog was opened, and nothing has been sent yet
 * @starting: a start is on its way
 * @armed: the firmware expects heartbeats
 * @may_run: it may: a start was sent, and no stop that it got
 * @complained: the log has a line on what does not work
 * @last: when the last heartbeat was sent
 * @last_timeout: and its timeout in seconds
 * @stop_failed: who was told that a stop has failed, and when
 * @stop_failed_at: in jiffies
 * @error: the last error, a negative errno
 * @beats: starts and pings that the firmware got
 * @stops: stops that it got
 * @failures: starts, pings and stops that failed
 * @timeouts: those that took too long
 * @refused: those that the firmware answered with a status other than 0
 * @connections: how often the connection was made
 */
struct amt {
	struct watchdog_device wdd;
	struct watchdog_info info;
	struct pfru_link link;
	struct delayed_work manage;
	bool answers;
	bool registered;
	unsigned int timeout;
	enum required required;
	bool ask;
	bool stop_due;
	unsigned int tries;
	bool was_active;
	struct completion stopped;
	int stop_result;

	spinlock_t lock; /* of all below */
	bool closing;
	const struct task_struct *leaving;
	bool pinned;
	bool start_due;
	bool starting;
	bool armed;
	bool may_run;
	bool complained;
	ktime_t last;
	unsigned int last_timeout;
	const struct task_struct *stop_failed;
	unsigned long stop_failed_at;
	int error;
	unsigned int beats;
	unsigned int stops;
	unsigned int failures;
	unsigned int timeouts;
	unsigned int refused;
	unsigned int connections;
};

/*
 * Heartbeats have a worker at hand when memory is short and the machine busy.
 * What makes connections can't have that: it waits for the MEI driver's works,
 * for which nobody has set a worker aside.
 */
static struct workqueue_struct *heartbeats;
static struct workqueue_struct *queue;
static bool serving; /* what pfru_watchdog_exit() has to undo */

static void kick(struct amt *amt, unsigned long delay)
{
	spin_lock(&amt->lock);
	if (!amt->closing && !delay)
		mod_delayed_work(queue, &amt->manage, 0);
	else if (!amt->closing)
		queue_delayed_work(queue, &amt->manage, delay);
	spin_unlock(&amt->lock);
}

/* the connection did not do: a new one, at once, or soon when it was lost */
static void renew(struct amt *amt, int error)
{
	if (pfru_link_is_up(&amt->link))
		return;
	if (error != -ENODEV)
		kick(amt, 0);
	else
		kick(amt, READ_ONCE(amt->tries) < TRIES ? HZ : SLOWLY_S * HZ);
}

static const char *error_text(int error)
{
	switch (error) {
	case -EIO:
		return "the firmware refuses it";
	case -EPROTO:
		return "the firmware answers something else";
	case -ETIMEDOUT:
		return "the firmware does not answer in time";
	case -ENODEV:
		return "there is no connection with the firmware";
	default:
		return "the message can't be sent";
	}
}

/* the lock is held */
static void count(struct amt *amt, int error, unsigned int *successes)
{
	if (!error) {
		++*successes;
		return;
	}
	amt->error = error;
	amt->failures++;
	if (error == -ETIMEDOUT)
		amt->timeouts++;
	else if (error == -EIO)
		amt->refused++;
}

/* count it; one line in the log when it begins to fail, one when that ends */
static void note(struct amt *amt, const char *what, int error,
		 unsigned int *successes)
{
	struct device *dev = &amt->link.cldev->dev;
	bool changed;

	spin_lock(&amt->lock);
	count(amt, error, successes);
	changed = amt->complained != !!error && !amt->closing;
	amt->complained = error;
	spin_unlock(&amt->lock);
	if (changed && error)
		dev_warn(dev, "watchdog: %s fails: %s (error %d)\n", what,
			 error_text(error), error);
	else if (changed)
		dev_info(dev, "watchdog: %s works again\n", what);
}

/**
 * struct start - a start on its way, and its answer
 * @amt: whose
 * @after_open: for an open that nothing has followed yet
 * @answer: the answer
 */
struct start {
	struct amt *amt;
	bool after_open;
	struct start_answer answer;
};

static bool accept_start_answer(void *context, const u8 *bytes, size_t length)
{
	const struct start_answer *answer = (const void *)bytes;
	struct start *start = context;

	/* real firmware's byte count was never checked by anybody */
	if (length < sizeof(*answer) || answer->header.command != COMMAND ||
	    answer->header.subcommand != START_ANSWER ||
	    answer->header.version != VERSION)
		return false;
	start->answer = *answer;
	return true;
}

/*
 * A ping or a stop that came in between makes the start of an open needless; a
 * ping that has waited until the watchdog leaves is not to arm it again.
 */
static bool start_wanted(void *context)
{
	struct start *start = context;
	bool wanted;

	spin_lock(&start->amt->lock);
	wanted = !start->amt->leaving &&
		 (!start->after_open || start->amt->start_due);
	start->amt->start_due = false;
	start->amt->starting = wanted;
	if (wanted)
		start->amt->may_run = true;
	spin_unlock(&start->amt->lock);
	return wanted;
}

/* what the firmware has said to a start */
static int judge(struct amt *amt, const struct start_answer *answer)
{
	if (answer->status)
		return -EIO;
	WRITE_ONCE(amt->required,
		   answer->state & NOT_REQUIRED ? REQUIRED_NO : REQUIRED_YES);
	return 0;
}

/* a start, which is also the heartbeat */
static int beat(struct amt *amt, bool after_open)
{
	unsigned int timeout = READ_ONCE(amt->timeout);
	struct start_message message = {
		.header = {
			.command = COMMAND,
			.byte_count = sizeof(message) -
				offsetof(struct message_header, subcommand),
			.subcommand = START,
			.version = VERSION,
		},
		.timeout = cpu_to_le16(timeout),
	};
	struct start start = { .amt = amt, .after_open = after_open };
	struct pfru_request request = {
		.bytes = &message,
		.length = sizeof(message),
		.accept = amt->answers ? accept_start_answer : NULL,
		.wanted = start_wanted,
		.context = &start,
	};
	ktime_t now = ktime_get();
	int ret;

	ret = pfru_link_request(&amt->link, &request);
	if (ret == -ECANCELED)
		return 0;
	if (!ret)
		ret = judge(amt, &start.answer);
	spin_lock(&amt->lock);
	amt->starting = false;
	if (!ret) {
		amt->armed = amt->required != REQUIRED_NO;
		amt->may_run = amt->armed;
		amt->last = now;
		amt->last_timeout = timeout;
	}
	spin_unlock(&amt->lock);
	note(amt, "a heartbeat", ret, &amt->beats);
	return ret;
}

static int send_stop(struct amt *amt)
{
	static const struct message_header message = {
		.command = COMMAND,
		.byte_count = sizeof(message) -
			      offsetof(struct message_header, subcommand),
		.subcommand = STOP,
		.version = VERSION,
	};
	struct pfru_request request = {
		.bytes = &message,
		.length = sizeof(message),
		.last = true,
	};
	int ret;

	ret = pfru_link_request(&amt->link, &request);
	if (!ret) {
		spin_lock(&amt->lock);
		amt->armed = false;
		amt->may_run = false;
		spin_unlock(&amt->lock);
	}
	note(amt, "stopping it", ret, &amt->stops);
	return ret;
}

/*
 * Newer watchdog cores note when a start was successful, forget it before a
 * stop, and let no ping through without it, not even when the stop has failed.
 */
static bool core_notes_running;

static void look_at_note(struct watchdog_device *wdd)
{
	if (test_bit(WDOG_HW_RUNNING, &wdd->status))
		WRITE_ONCE(core_notes_running, true);
}

static struct amt *to_amt(struct watchdog_device *wdd)
{
	return container_of(wdd, struct amt, wdd);
}

/* whether another task takes the watchdog device away */
static bool is_leaving(struct amt *amt)
{
	const struct task_struct *leaving = READ_ONCE(amt->leaving);

	return leaving && leaving != current;
}

/*
 * The module stays while the watchdog runs, which is this file's own business,
 * so the core is told of no owner: newer ones keep what they have of it when
 * the last file is closed without a stop, and forget it when the device goes.
 * The lock is held.
 */
static bool pin(struct amt *amt)
{
	if (!amt->pinned)
		amt->pinned = try_module_get(THIS_MODULE);
	return amt->pinned;
}

static void unpin(struct amt *amt)
{
	bool pinned;

	spin_lock(&amt->lock);
	pinned = amt->pinned;
	amt->pinned = false;
	spin_unlock(&amt->lock);
	if (pinned)
		module_put(THIS_MODULE);
}

/*
 * Runs in open(), in which the watchdog core can't bear that the device goes
 * away: so it waits for nothing, and unregister_watchdog() for it. The worker
 * sends the start; the first ping, which comes after it, tells how it went.
 */
static int amt_start(struct watchdog_device *wdd)
{
	struct amt *amt = to_amt(wdd);
	bool begun;

	spin_lock(&amt->lock);
	begun = !amt->leaving && pin(amt);
	amt->start_due = begun;
	spin_unlock(&amt->lock);
	if (!begun)
		return -ENODEV;
	kick(amt, 0);
	return 0;
}

/* the core pings when a stop has failed: that is still the same operation */
static bool follows_failed_stop(struct amt *amt)
{
	bool follows;

	spin_lock(&amt->lock);
	follows = amt->stop_failed == current &&
		  time_before(jiffies, amt->stop_failed_at + HZ / 10);
	amt->stop_failed = NULL;
	spin_unlock(&amt->lock);
	return follows;
}

static int amt_ping(struct watchdog_device *wdd)
{
	struct amt *amt = to_amt(wdd);
	int ret;

	look_at_note(wdd);
	if (READ_ONCE(amt->required) == REQUIRED_NO || is_leaving(amt))
		return -ENODEV;
	if (follows_failed_stop(amt))
		return -EBUSY;
	ret = beat(amt, false);
	if (ret)
		renew(amt, ret);
	else if (READ_ONCE(amt->required) == REQUIRED_NO)
		kick(amt, 0);
	return is_leaving(amt) ? -ENODEV : ret;
}

static int stop(struct amt *amt)
{
	int ret = 0;

	spin_lock(&amt->lock);
	amt->start_due = false;
	spin_unlock(&amt->lock);
	if (READ_ONCE(amt->required) != REQUIRED_NO)
		ret = send_stop(amt);
	if (!ret) {
		unpin(amt);
		return 0;
	}
	spin_lock(&amt->lock);
	amt->stop_failed = current;
	amt->stop_failed_at = jiffies;
	spin_unlock(&amt->lock);
	renew(amt, ret);
	return ret;
}

/* AMT may soon report this as a hang */
static void tell_not_stopped(struct amt *amt, int error)
{
	bool may_run;

	spin_lock(&amt->lock);
	may_run = amt->may_run;
	spin_unlock(&amt->lock);
	if (error && may_run)
		dev_warn(&amt->link.cldev->dev,
			 "watchdog: not stopped as it goes away: %s (error %d)\n",
			 error_text(error), error);
}

/* of unregister_watchdog(): there is no node to open any more */
static int last_stop(struct amt *amt)
{
	int ret = 0;

	synchronize_rcu_tasks();
	if (amt->was_active && nowayout) {
		dev_info(&amt->link.cldev->dev,
			 "watchdog: not stopped as it goes away (nowayout)\n");
		ret = -EBUSY;
	} else if (amt->was_active) {
		ret = stop(amt);
		tell_not_stopped(amt, ret);
	}
	amt->stop_result = ret;
	complete_all(&amt->stopped);
	return ret;
}

static int amt_stop(struct watchdog_device *wdd)
{
	unsigned long end = jiffies + msecs_to_jiffies(PFRU_LINK_MS);
	struct amt *amt = to_amt(wdd);
	int ret = 0;

	if (READ_ONCE(amt->leaving) == current)
		return last_stop(amt);
	if (!is_leaving(amt))
		ret = stop(amt);
	if (!is_leaving(amt)) {
		if (ret && READ_ONCE(core_notes_running))
			set_bit(WDOG_HW_RUNNING, &wdd->status);
		return ret;
	}
	/* the core takes success for the end of being active: too early now */
	if (!wait_for_completion_timeout(&amt->stopped,
					 max_t(long, end - jiffies, 1)))
		return -ETIMEDOUT;
	return amt->stop_result;
}

/* the next ping, which the core sends at once, tells the firmware */
static int amt_set_timeout(struct watchdog_device *wdd, unsigned int timeout)
{
	WRITE_ONCE(to_amt(wdd)->timeout, timeout);
	wdd->timeout = timeout;
	return 0;
}

/* the firmware's timer stands still in sleep, as does ktime_get() */
static unsigned int left_of(struct amt *amt)
{
	unsigned int left = 0;
	s64 passed;

	spin_lock(&amt->lock);
	passed = ktime_ms_delta(ktime_get(), amt->last) / MSEC_PER_SEC;
	if (amt->armed && passed < amt->last_timeout)
		left = amt->last_timeout - passed;
	if (amt->start_due || (amt->starting && !amt->armed))
		left = amt->timeout;
	spin_unlock(&amt->lock);
	return left;
}

static unsigned int amt_get_timeleft(struct watchdog_device *wdd)
{
	return left_of(to_amt(wdd));
}

static const struct watchdog_ops amt_ops = {
	.start = amt_start,
	.stop = amt_stop,
	.ping = amt_ping,
	.set_timeout = amt_set_timeout,
	.get_timeleft = amt_get_timeleft,
};

static int register_watchdog(struct amt *amt)
{
	int ret;

	memset(&amt->wdd, 0, sizeof(amt->wdd));
	amt->wdd.info = &amt->info;
	amt->wdd.ops = &amt_ops;
	amt->wdd.parent = &amt->link.cldev->dev;
	amt->wdd.timeout = amt->timeout;
	amt->wdd.min_timeout = TIMEOUT_MIN;
	amt->wdd.max_timeout = TIMEOUT_MAX;
	watchdog_set_nowayout(&amt->wdd, nowayout);
	watchdog_stop_on_reboot(&amt->wdd);
	watchdog_stop_on_unregister(&amt->wdd);
	reinit_completion(&amt->stopped);
	ret = watchdog_register_device(&amt->wdd);
	if (!ret)
		WRITE_ONCE(amt->registered, true);
	return ret;
}

/*
 * The watchdog core does not wait for an open() that has begun, and stops its
 * timer for the pretimeout, which each start and ping sets, before it waits for
 * a ping: the timer, and its memory, would then be freed while it runs. So
 * starts and pings fail from now on, and those that were successful before are
 * given the time to come through the core, in which they don't sleep. The same
 * again for an open(), when there is no node any more: a stop comes just then,
 * of a watchdog that is active and may be stopped.
 */
static void unregister_watchdog(struct amt *amt)
{
	if (!amt->registered)
		return;
	spin_lock(&amt->lock);
	amt->leaving = current;
	spin_unlock(&amt->lock);
	/* the core drops what it has of the device with a close from now on */
	clear_bit(WDOG_HW_RUNNING, &amt->wdd.status);
	synchronize_rcu_tasks();
	amt->was_active = watchdog_active(&amt->wdd);
	clear_bit(WDOG_NO_WAY_OUT, &amt->wdd.status);
	set_bit(WDOG_ACTIVE, &amt->wdd.status);
	watchdog_unregister_device(&amt->wdd);
	WRITE_ONCE(amt->registered, false);
	WRITE_ONCE(amt->timeout, TIMEOUT_DEFAULT);
	spin_lock(&amt->lock);
	amt->leaving = NULL;
	amt->armed = false;
	amt->start_due = false;
	spin_unlock(&amt->lock);
	unpin(amt);
}

/* what asking has started, or may have started when no answer came */
static int stop_asking(struct amt *amt)
{
	int ret;

	ret = send_stop(amt);
	if (!ret)
		amt->stop_due = false;
	return ret;
}

/* asking is starting: when it is wanted it has to be stopped again */
static int ask(struct amt *amt)
{
	int ret;

	/* a notification from now on is a reason to ask again */
	WRITE_ONCE(amt->ask, false);
	amt->stop_due = true;
	ret = beat(amt, false);
	if (!ret && READ_ONCE(amt->required) == REQUIRED_NO) {
		amt->stop_due = false;
		return 0;
	}
	if (!ret)
		ret = stop_asking(amt);
	if (ret)
		WRITE_ONCE(amt->ask, true);
	return ret;
}

static void received(struct mei_cl_device *cldev)
{
	struct amt *amt = mei_cldev_get_drvdata(cldev);

	pfru_link_received(&amt->link);
}

static void notified(struct mei_cl_device *cldev)
{
	struct amt *amt = mei_cldev_get_drvdata(cldev);

	/* while there is a watchdog, the answers to its pings tell */
	WRITE_ONCE(amt->ask, amt->answers);
	WRITE_ONCE(amt->tries, 0);
	kick(amt, 0);
}

static int connect(struct amt *amt)
{
	int ret;

	if (pfru_link_is_up(&amt->link))
		return 0;
	ret = pfru_link_connect(&amt->link, received);
	if (!ret) {
		spin_lock(&amt->lock);
		amt->connections++;
		spin_unlock(&amt->lock);
	}
	return ret;
}

/* what is to be done now; each step finds what the one before has left */
static int manage_once(struct amt *amt)
{
	int ret;

	ret = connect(amt);
	if (ret)
		return ret;
	if (READ_ONCE(amt->required) == REQUIRED_NO)
		unregister_watchdog(amt);
	if (amt->stop_due) {
		ret = stop_asking(amt);
		if (ret)
			return ret;
	}
	if (!amt->registered && READ_ONCE(amt->ask) &&
	    READ_ONCE(amt->tries) < TRIES) {
		ret = ask(amt);
		if (ret)
			return ret;
	}
	if (!amt->registered && !READ_ONCE(amt->ask) &&
	    READ_ONCE(amt->required) != REQUIRED_NO)
		return register_watchdog(amt);
	if (!READ_ONCE(amt->start_due))
		return 0;
	ret = beat(amt, true);
	look_at_note(&amt->wdd);
	return ret;
}

/* failures in a row; what was given up stays so until something happens */
static unsigned int count_tries(struct amt *amt, int error)
{
	unsigned int tries = READ_ONCE(amt->tries);

	if (!error && (amt->registered || !READ_ONCE(amt->ask)))
		tries = 0;
	else if (error == -ENOTTY)
		/* only the MEI driver can help: it removes the client then */
		tries = TRIES + 1;
	else if (error && tries <= TRIES)
		tries++;
	WRITE_ONCE(amt->tries, tries);
	if (error)
		WRITE_ONCE(amt->error, error);
	return tries;
}

static void manage(struct work_struct *work)
{
	struct amt *amt =
		container_of(to_delayed_work(work), struct amt, manage);
	unsigned int tries;
	int ret;

	ret = manage_once(amt);
	tries = count_tries(amt, ret);
	if (ret && tries < TRIES)
		kick(amt, HZ << (tries - 1));
	else if (ret && tries == TRIES && amt->stop_due)
		/* nothing is asked any more, but what was begun is ended */
		kick(amt, HZ);
	else if (!ret && amt->registered &&
		 READ_ONCE(amt->required) == REQUIRED_NO)
		kick(amt, 0);
}

static const char *state_of(struct amt *amt)
{
	if (!pfru_link_is_up(&amt->link))
		return READ_ONCE(amt->link.state) == PFRU_LINK_DOWN ?
			       "connecting" :
			       "no-connection";
	if (READ_ONCE(amt->required) == REQUIRED_NO)
		return "not-required";
	if (!READ_ONCE(amt->registered))
		return READ_ONCE(amt->tries) ? "no-answer" : "asking";
	if (READ_ONCE(amt->start_due))
		return "starting";
	if (!READ_ONCE(amt->armed))
		return READ_ONCE(amt->starting) ? "starting" : "idle";
	return left_of(amt) ? "running" : "expired";
}

static const char *required_of(struct amt *amt)
{
	static const char *const words[] = {
		[REQUIRED_UNKNOWN] = "unknown",
		[REQUIRED_YES] = "yes",
		[REQUIRED_NO] = "no",
	};

	return words[READ_ONCE(amt->required)];
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n", state_of(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(state);

static ssize_t required_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%s\n", required_of(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(required);

static ssize_t notifications_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	struct amt *amt = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n",
			  READ_ONCE(amt->link.notifies) ? "yes" : "no");
}
static DEVICE_ATTR_RO(notifications);

static ssize_t timeleft_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", left_of(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(timeleft);

/**
 * struct number - a file that holds a number of struct amt
 * @attr: the file
 * @at: offset of an int there
 */
struct number {
	struct device_attribute attr;
	size_t at;
};

static ssize_t number_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	const struct number *number = container_of(attr, struct number, attr);
	const int *value = dev_get_drvdata(dev) + number->at;

	return sysfs_emit(buf, "%d\n", READ_ONCE(*value));
}

static struct number numbers[] = {
	{ __ATTR(protocol, 0444, number_show, NULL),
	  offsetof(struct amt, info.firmware_version) },
	{ __ATTR(timeout, 0444, number_show, NULL),
	  offsetof(struct amt, timeout) },
	{ __ATTR(last_error, 0444, number_show, NULL),
	  offsetof(struct amt, error) },
	{ __ATTR(heartbeats, 0444, number_show, NULL),
	  offsetof(struct amt, beats) },
	{ __ATTR(stops, 0444, number_show, NULL), offsetof(struct amt, stops) },
	{ __ATTR(failures, 0444, number_show, NULL),
	  offsetof(struct amt, failures) },
	{ __ATTR(timeouts, 0444, number_show, NULL),
	  offsetof(struct amt, timeouts) },
	{ __ATTR(refused, 0444, number_show, NULL),
	  offsetof(struct amt, refused) },
	{ __ATTR(malformed, 0444, number_show, NULL),
	  offsetof(struct amt, link.malformed) },
	{ __ATTR(strays, 0444, number_show, NULL),
	  offsetof(struct amt, link.strays) },
	{ __ATTR(connections, 0444, number_show, NULL),
	  offsetof(struct amt, connections) },
};

static struct attribute *amt_attributes[] = {
	&dev_attr_state.attr,	      &dev_attr_required.attr,
	&dev_attr_notifications.attr, &numbers[0].attr.attr,
	&numbers[1].attr.attr,	      &dev_attr_timeleft.attr,
	&numbers[2].attr.attr,	      &numbers[3].attr.attr,
	&numbers[4].attr.attr,	      &numbers[5].attr.attr,
	&numbers[6].attr.attr,	      &numbers[7].attr.attr,
	&numbers[8].attr.attr,	      &numbers[9].attr.attr,
	&numbers[10].attr.attr,	      NULL,
};

static const struct attribute_group amt_group = {
	.name = DRIVER_NAME,
	.attrs = amt_attributes,
};

static const struct attribute_group *amt_groups[] = { &amt_group, NULL };

static int amt_probe(struct mei_cl_device *cldev,
		     const struct mei_cl_device_id *id)
{
	struct amt *amt;

	amt = kzalloc(sizeof(*amt), GFP_KERNEL);
	if (!amt)
		return -ENOMEM;
	strscpy(amt->info.identity, IDENTITY, sizeof(amt->info.identity));
	amt->info.options = WDIOF_KEEPALIVEPING | WDIOF_SETTIMEOUT |
			    WDIOF_MAGICCLOSE | WDIOF_ALARMONLY;
	amt->info.firmware_version = mei_cldev_ver(cldev);
	amt->answers = mei_cldev_ver(cldev) >= ANSWERS_VERSION;
	amt->ask = amt->answers;
	amt->timeout = TIMEOUT_DEFAULT;
	spin_lock_init(&amt->lock);
	init_completion(&amt->stopped);
	INIT_DELAYED_WORK(&amt->manage, manage);
	pfru_link_init(&amt->link, cldev, heartbeats, notified);
	mei_cldev_set_drvdata(cldev, amt);
	kick(amt, 0);
	return 0;
}

/*
 * A ping that waits gets ENODEV now. The order: the worker ends, so that nobody
 * registers or connects; the core sends the last stop, while there is a
 * connection, and waits for operations; then the connection ends.
 */
static PFRU_MEI_REMOVE amt_remove(struct mei_cl_device *cldev)
{
	struct amt *amt = mei_cldev_get_drvdata(cldev);

	spin_lock(&amt->lock);
	amt->closing = true;
	spin_unlock(&amt->lock);
	pfru_link_closing(&amt->link);
	cancel_delayed_work_sync(&amt->manage);
	unregister_watchdog(amt);
	if (amt->stop_due)
		tell_not_stopped(amt, stop_asking(amt));
	pfru_link_close(&amt->link);
	mei_cldev_set_drvdata(cldev, NULL);
	kfree(amt);
	return PFRU_MEI_REMOVED;
}

static const struct mei_cl_device_id amt_ids[] = {
	{
		.uuid = UUID_LE(0x05b79a6f, 0x4628, 0x4d7f, 0x89, 0x9d, 0xa9,
				0x15, 0x14, 0xcb, 0x32, 0xab),
		.version = MEI_CL_VERSION_ANY,
	},
	{}
};
MODULE_DEVICE_TABLE(mei, amt_ids);

static struct mei_cl_driver amt_driver = {
	.name = DRIVER_NAME,
	.id_table = amt_ids,
	.probe = amt_probe,
	.remove = amt_remove,
	.driver.dev_groups = amt_groups,
};

/* says once that another driver has the client; the device's lock is held */
static void look_at(struct device *dev)
{
	if (!dev->driver || dev->driver == &amt_driver.driver ||
	    memcmp(mei_cldev_uuid(to_mei_cl_device(dev)), &amt_ids[0].uuid,
		   sizeof(amt_ids[0].uuid)))
		return;
	pr_notice_once("pfru: the AMT watchdog is served by %s and stays with it\n",
		       dev->driver->name);
}

static int look_at_present(struct device *dev, void *unused)
{
	device_lock(dev);
	look_at(dev);
	device_unlock(dev);
	return 0;
}

static int driver_bound(struct notifier_block *nb, unsigned long event,
			void *dev)
{
	if (event == BUS_NOTIFY_BOUND_DRIVER)
		look_at(dev);
	return NOTIFY_DONE;
}

static struct notifier_block bound_notifier = { .notifier_call = driver_bound };

static int __init serve(void)
{
	int ret;

	heartbeats = alloc_workqueue(DRIVER_NAME,
				     WQ_UNBOUND | WQ_MEM_RECLAIM | WQ_HIGHPRI,
				     0);
	if (!heartbeats)
		return -ENOMEM;
	ret = -ENOMEM;
	queue = alloc_workqueue(DRIVER_NAME "_link", WQ_UNBOUND, 0);
	if (!queue)
		goto destroy_heartbeats;
	ret = mei_cldev_driver_register(&amt_driver);
	if (ret)
		goto destroy_queue;
	ret = bus_register_notifier(amt_driver.driver.bus, &bound_notifier);
	if (ret)
		goto unregister_driver;
	bus_for_each_dev(amt_driver.driver.bus, NULL, NULL, look_at_present);
	return 0;

unregister_driver:
	mei_cldev_driver_unregister(&amt_driver);
destroy_queue:
	destroy_workqueue(queue);
destroy_heartbeats:
	destroy_workqueue(heartbeats);
	return ret;
}

void __init pfru_watchdog_init(void)
{
	int ret;

	/* its stop would cancel the event that AMT is about to send */
	if (is_kdump_kernel())
		watchdog = false;
	if (!watchdog)
		return;
	ret = serve();
	serving = !ret;
	if (ret)
		pr_warn("pfru: the AMT watchdog is not served (error %d)\n",
			ret);
}

void pfru_watchdog_exit(void)
{
	if (!serving)
		return;
	bus_unregister_notifier(amt_driver.driver.bus, &bound_notifier);
	mei_cldev_driver_unregister(&amt_driver);
	destroy_workqueue(queue);
	destroy_workqueue(heartbeats);
}
