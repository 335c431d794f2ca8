// SPDX-License-Identifier: GPL-2.0-only
/*
 * The OS health watchdog of Intel AMT as a standard watchdog device. It exists from
 * the first time that AMT requires it until the module is unloaded; the MEI client
 * below it comes and goes with link resets and sleep. Its operations only note what
 * is wanted; one thread talks to the firmware and carries it out, so nobody ever
 * waits for firmware that is silent or away.
 */
#include <linux/crash_dump.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/suspend.h>
#include <linux/watchdog.h>

#include "attributes.h"
#include "core/ids.h"
#include "mei-transport.h"
#include "module/compat/mei.h"
#include "module/drivers.h"
#include "protocol.h"

#define IDENTITY "iamt_wdt"

/* a heartbeat that is not answered by then has failed, and the link with it */
#define ANSWER_MS 4500
/* and so often it is sent again until then, as firmware may take it all the same */
#define AGAIN_MS 1500
/* what a stop waits for the firmware; it is sent later if that is too short */
#define STOP_MS 4500
/* what removing the client waits as the machine goes down, when it was stopped before */
#define DOWN_MS 400
/* after failures the thread tries again in 1, 2, 4, ... 64 s */
#define TRIES 7U
/*
 * ... 16 s where the watchdog is to run: once connections are no longer refused, it is
 * fed well before AMT's shortest timeout, 120 s, is over
 */
#define TRIES_TO_RUN 5U

static bool watchdog = true;
module_param(watchdog, bool, 0444);
MODULE_PARM_DESC(watchdog, "serve the AMT watchdog (default: yes)");

static bool nowayout = WATCHDOG_NOWAYOUT;
module_param(nowayout, bool, 0444);
MODULE_PARM_DESC(nowayout, "the AMT watchdog, once started, cannot be stopped");

enum required {
	REQUIRED_UNKNOWN,
	REQUIRED_YES,
	REQUIRED_NO,
};

/* what the thread has to do next */
enum need {
	NEED_NOTHING,
	NEED_STOP,
	NEED_HEARTBEAT,
	NEED_REGISTRATION,
};

/**
 * struct amt - the watchdog, of which there is one
 * @wdd: the watchdog device
 * @info: what it says of itself
 * @thread: the only one that talks to the firmware
 * @wake: wakes it
 * @changed: a stop was tried, or the client let go
 * @link: to the firmware, while @bound; used by the thread, checked by others
 * @lock: protects all that follows; held for moments only
 * @registered: @wdd is; only the thread and the module's end change it
 * @bound: there is a client
 * @leaving: the client is to be let go
 * @answers: it answers starts
 * @woken: the thread is to look
 * @wanted: user space has started the watchdog and not stopped it. Not
 *	watchdog_active(): the core sets that after a start, and a stop at a reboot
 *	leaves it set
 * @asleep: the machine sleeps or is about to: nothing may run
 * @due: a heartbeat is to be sent
 * @asking: it was sent to ask whether AMT requires the watchdog
 * @stopping: somebody waits for a stop
 * @may_run: the firmware may run it: a start was sent, and no stop that it took
 * @armed: it does: it has acknowledged a start
 * @required: its last word
 * @connecting: a connection is being made
 * @connected: when the last connection was made, in jiffies
 * @unreachable: none could be made since
 * @awaiting: a heartbeat was sent, and not answered yet
 * @garbled: something else came
 * @unanswered: heartbeats of this connection that an answer may yet come to
 * @since: when the first of those that are awaited was sent, in jiffies
 * @again: when it is sent again
 * @sent: when the last one was sent
 * @sent_timeout: its timeout in seconds
 * @acknowledged: there was one that the firmware has acknowledged
 * @last: when that was sent
 * @last_timeout: and its timeout in seconds
 * @tries: failures in a row
 * @retry: when the next try is, in jiffies
 * @complained: what the log has a line on, as it does not work, or NULL
 * @count: what is counted, for sysfs
 */
static struct amt {
	struct watchdog_device wdd;
	struct watchdog_info info;
	struct task_struct *thread;
	wait_queue_head_t wake;
	wait_queue_head_t changed;
	struct pfru_link link;

	spinlock_t lock; /* of all below */
	bool registered;
	bool bound;
	bool leaving;
	bool answers;
	bool woken;
	bool wanted;
	bool asleep;
	bool due;
	bool asking;
	bool stopping;
	bool may_run;
	bool armed;
	enum required required;
	bool connecting;
	unsigned long connected;
	bool unreachable;
	bool awaiting;
	bool garbled;
	unsigned int unanswered;
	unsigned long since;
	unsigned long again;
	ktime_t sent;
	unsigned int sent_timeout;
	bool acknowledged;
	ktime_t last;
	unsigned int last_timeout;
	unsigned int tries;
	unsigned long retry;
	const char *complained;
	struct pfru_watchdog_status count;
} amt = {
	.wake = __WAIT_QUEUE_HEAD_INITIALIZER(amt.wake),
	.changed = __WAIT_QUEUE_HEAD_INITIALIZER(amt.changed),
	.lock = __SPIN_LOCK_UNLOCKED(amt.lock),
};

static bool serving; /* what pfru_watchdog_exit() has to undo */

/* the lock is held */
static void wake(void)
{
	amt.woken = true;
	wake_up(&amt.wake);
}

static const char *error_text(int error)
{
	switch (error) {
	case -EIO:
		return "the firmware refuses it";
	case -EPROTO:
		return "the firmware's answer is malformed";
	case -ETIMEDOUT:
		return "the firmware does not answer in time";
	case -EFAULT: /* of a connection; a send's is -ENODEV */
		return "the firmware has not answered, or the link was reset";
	case -ENOTTY: /* of a connection, too */
		return "the firmware has no such client";
	case -EBUSY: /* the same */
		return "another program is connected, or the firmware accepts no connection";
	case -ENODEV:
		return "there is no connection with the firmware";
	case -ECOMM:
		return "the message was not sent as a whole";
	default:
		return "the MEI driver reports an error";
	}
}

/* what can fail, in the words of the log */
static const char heartbeat[] = "a heartbeat";
static const char stopping[] = "stopping it";
static const char connecting[] = "connecting";

/*
 * Whether what works now ends the trouble that the log has a line on. A heartbeat
 * shows that all works; after a stop that user space wants, none is missed. The lock
 * is held.
 */
static bool ends_trouble(const char *works)
{
	if (works == heartbeat || works == amt.complained)
		return true;
	return works == stopping && amt.complained == heartbeat &&
	       amt.registered && !amt.wanted;
}

/* one line in the log when things begin to fail, one when that ends */
static void complain(const char *what, int error)
{
	const char *before;

	spin_lock(&amt.lock);
	before = amt.complained;
	if (error && !before)
		amt.complained = what;
	else if (!error && ends_trouble(what))
		amt.complained = NULL;
	error = before == amt.complained ? 0 : error;
	before = before == amt.complained ? NULL : before;
	spin_unlock(&amt.lock);
	if (error)
		pr_warn("pfru: AMT watchdog: %s fails: %s (error %d)\n", what,
			error_text(error), error);
	else if (before)
		pr_info("pfru: AMT watchdog: %s works again\n", what);
}

/* whether the firmware is to run the watchdog; the lock is held */
static bool to_run(void)
{
	return amt.wanted && !amt.asleep;
}

/*
 * Try again later. A watchdog that is to run on a link that is there gets a try
 * each second, so that it runs soon after the firmware listens again. The lock
 * is held.
 */
static void later(bool connected)
{
	unsigned int most = to_run() ? TRIES_TO_RUN : TRIES;
	unsigned long wait = HZ;

	amt.tries = min(amt.tries + 1, most);
	if (!connected || !to_run())
		wait <<= amt.tries - 1;
	amt.retry = jiffies + wait;
}

/* a start or stop has failed; the lock is held */
static void failed(int error)
{
	amt.count.error = error;
	amt.count.failures++;
	if (error == -ETIMEDOUT)
		amt.count.timeouts++;
	amt.awaiting = false;
	amt.asking = false;
	amt.due = amt.wanted;
	later(true);
}

/* the firmware has taken a start; the lock is held */
static void acknowledged(enum required required)
{
	amt.awaiting = false;
	amt.asking = false;
	amt.tries = 0;
	amt.required = required;
	amt.may_run = required != REQUIRED_NO;
	amt.armed = amt.may_run;
	amt.acknowledged = true;
	amt.last = amt.sent;
	amt.last_timeout = amt.sent_timeout;
	amt.count.heartbeats++;
}

/* what an answer that was awaited changes; the lock is held */
static int take_answer(enum pfru_amt_answer answer)
{
	if (answer == PFRU_AMT_REFUSED) {
		failed(-EIO);
		amt.count.refused++;
		return -EIO;
	}
	acknowledged(answer == PFRU_AMT_WANTED ? REQUIRED_YES : REQUIRED_NO);
	return 0;
}

/* a message of the firmware, which was waited for or not; the lock is held */
static bool judge(enum pfru_amt_answer answer, int *error)
{
	if (answer == PFRU_AMT_EMPTY)
		return false;
	if (answer != PFRU_AMT_OTHER && amt.unanswered) {
		amt.unanswered--;
		/* late: after a stop, or to a heartbeat that was sent again */
		if (!amt.awaiting) {
			amt.count.heartbeats += answer != PFRU_AMT_REFUSED;
			return false;
		}
		*error = take_answer(answer);
		return true;
	}
	if (amt.awaiting)
		amt.count.malformed++;
	else
		amt.count.strays++;
	amt.garbled = amt.awaiting;
	return false;
}

static void received(const u8 *bytes, ssize_t length)
{
	int error = 0;
	bool judged = false;

	spin_lock(&amt.lock);
	if (length == -EMSGSIZE || length == -EPROTO)
		amt.count.malformed++;
	else if (length >= 0)
		judged = judge(pfru_amt_answer(bytes, length), &error);
	wake();
	spin_unlock(&amt.lock);
	if (judged)
		complain(heartbeat, error);
}

/* AMT may require the watchdog now: a heartbeat asks, if one is wanted */
static void notified(void)
{
	spin_lock(&amt.lock);
	if (amt.required == REQUIRED_NO) {
		amt.required = REQUIRED_UNKNOWN;
		amt.due = amt.wanted;
	}
	amt.tries = 0;
	wake();
	spin_unlock(&amt.lock);
}

static int send_start(void)
{
	u8 message[PFRU_AMT_MESSAGE];
	size_t length;
	int ret;

	length = pfru_amt_start(message, amt.sent_timeout);
	ret = pfru_amt_sent(pfru_link_send(&amt.link, message, length), length);
	spin_lock(&amt.lock);
	if (ret)
		failed(ret);
	else if (!amt.answers)
		acknowledged(REQUIRED_UNKNOWN);
	spin_unlock(&amt.lock);
	if (ret)
		pfru_link_disconnect(&amt.link);
	/* else its answer tells, if there is one */
	if (ret || !amt.answers)
		complain(heartbeat, ret);
	return ret;
}

static int send_stop(void)
{
	u8 message[PFRU_AMT_MESSAGE];
	size_t length;
	int ret;

	length = pfru_amt_stop(message);
	ret = pfru_amt_sent(pfru_link_send(&amt.link, message, length), length);
	spin_lock(&amt.lock);
	if (ret) {
		failed(ret);
	} else {
		amt.may_run = false;
		amt.armed = false;
		amt.count.stops++;
	}
	spin_unlock(&amt.lock);
	if (ret)
		pfru_link_disconnect(&amt.link);
	complain(stopping, ret);
	return ret;
}

/* the firmware is to run the watchdog, or not; the lock is held */
static void update(void)
{
	amt.due = to_run();
	amt.stopping = !to_run() && amt.may_run && amt.bound;
	amt.tries = 0;
	wake();
}

/*
 * A stop that the firmware has not taken by then is still sent, again after each
 * reconnection. That is no failure of the operation: it would leave the watchdog
 * active with nobody to feed it, and end the notifiers of a reboot.
 */
static void wait_for_stop(void)
{
	wait_event_timeout(amt.changed, !READ_ONCE(amt.stopping),
			   msecs_to_jiffies(STOP_MS));
}

/* runs in open(), under a lock of all misc devices: so it waits for nothing */
static int amt_start(struct watchdog_device *wdd)
{
	pfru_wdd_runs(wdd);
	spin_lock(&amt.lock);
	amt.wanted = true;
	update();
	spin_unlock(&amt.lock);
	return 0;
}

/*
 * An error would help nobody: programs that drive a watchdog reboot the machine
 * at one (watchdog), or ping again without a pause (systemd before 258). Nor may
 * it wait: systemd does nothing else meanwhile.
 */
static int amt_ping(struct watchdog_device *wdd)
{
	spin_lock(&amt.lock);
	amt.due = to_run();
	wake();
	spin_unlock(&amt.lock);
	return 0;
}

/* also called when the machine reboots, after which pings start nothing */
static int amt_stop(struct watchdog_device *wdd)
{
	spin_lock(&amt.lock);
	amt.wanted = false;
	update();
	spin_unlock(&amt.lock);
	wait_for_stop();
	return 0;
}

/* of the last heartbeat that was acknowledged, in seconds; the lock is held */
static s64 age(void)
{
	return ktime_divns(ktime_sub(ktime_get(), amt.last), NSEC_PER_SEC);
}

/* AMT's timer stands still in sleep, as does ktime_get(); the lock is held */
static unsigned int timeleft(void)
{
	s64 passed = age();

	if (amt.armed)
		return passed < amt.last_timeout ? amt.last_timeout - passed :
						   0;
	/* a start on its way counts as running, a failed one does not */
	if (to_run() && amt.bound && !amt.tries && amt.required != REQUIRED_NO)
		return amt.wdd.timeout;
	return 0;
}

static unsigned int amt_get_timeleft(struct watchdog_device *wdd)
{
	unsigned int left;

	spin_lock(&amt.lock);
	left = timeleft();
	spin_unlock(&amt.lock);
	return left;
}

static const struct watchdog_ops amt_ops = {
	.owner = THIS_MODULE,
	.start = amt_start,
	.stop = amt_stop,
	.ping = amt_ping,
	.get_timeleft = amt_get_timeleft,
};

/* of a client that is connected; the lock is held */
static const char *connected_state(void)
{
	if (amt.required == REQUIRED_NO)
		return "not-required";
	if (!amt.registered)
		return amt.tries ? "no-answer" : "asking";
	if (!amt.wanted)
		return amt.may_run ? "stopping" : "idle";
	if (amt.armed && !timeleft())
		return "expired";
	if (amt.tries)
		return "no-answer";
	return amt.armed ? "running" : "starting";
}

/* the lock is held, so that the client is not let go */
static const char *state(void)
{
	if (!amt.bound)
		return "no-client";
	if (amt.connecting && !amt.tries)
		return "connecting";
	/* after a failure it is made again: that says nothing new */
	if (amt.unreachable || (!amt.tries && !pfru_link_is_up(&amt.link)))
		return "no-connection";
	return connected_state();
}

void pfru_watchdog_look(struct pfru_watchdog_status *status)
{
	static const char *const words[] = {
		[REQUIRED_UNKNOWN] = "unknown",
		[REQUIRED_YES] = "yes",
		[REQUIRED_NO] = "no",
	};

	spin_lock(&amt.lock);
	*status = amt.count;
	status->state = state();
	status->required = words[amt.required];
	status->notifications =
		amt.bound && READ_ONCE(amt.link.notifies) ? "yes" : "no";
	status->timeleft = timeleft();
	status->last_heartbeat = -1;
	if (amt.acknowledged)
		status->last_heartbeat = age();
	status->protocol = amt.info.firmware_version;
	status->timeout = amt.wdd.timeout;
	spin_unlock(&amt.lock);
}

/* no parent: neither the client nor the PCI device stays as long as it does */
static void register_watchdog(void)
{
	int ret;

	watchdog_set_nowayout(&amt.wdd, nowayout);
	watchdog_stop_on_reboot(&amt.wdd);
	ret = watchdog_register_device(&amt.wdd);
	spin_lock(&amt.lock);
	amt.registered = !ret;
	if (ret) {
		amt.count.error = ret;
		later(false);
	}
	spin_unlock(&amt.lock);
}

/* an answer is overdue: the connection is no good, or what is behind it */
static void give_up_answer(void)
{
	int error = 0;

	spin_lock(&amt.lock);
	if (amt.awaiting &&
	    time_after_eq(jiffies, amt.since + msecs_to_jiffies(ANSWER_MS))) {
		error = amt.garbled ? -EPROTO : -ETIMEDOUT;
		failed(error);
		/* that was pause enough for one that is to run */
		if (to_run())
			amt.retry = jiffies;
	}
	spin_unlock(&amt.lock);
	if (!error)
		return;
	complain(heartbeat, error);
	pfru_link_disconnect(&amt.link);
}

/* each of the two may take as long as the MEI driver lets it: so look between them */
static void connect(void)
{
	bool leaving;
	int ret;

	pfru_link_disconnect(&amt.link);
	spin_lock(&amt.lock);
	leaving = amt.leaving;
	amt.connecting = !leaving;
	spin_unlock(&amt.lock);
	if (leaving)
		return;
	ret = pfru_link_connect(&amt.link);
	spin_lock(&amt.lock);
	amt.connecting = false;
	amt.connected = jiffies;
	amt.unreachable = ret;
	amt.unanswered = 0;
	/* what the last connection owed does not come by this one */
	amt.awaiting = false;
	amt.asking = false;
	amt.due = to_run();
	if (ret) {
		amt.count.error = ret;
		later(false);
	} else {
		amt.count.connections++;
	}
	spin_unlock(&amt.lock);
	complain(connecting, ret);
}

/* asked once: later heartbeats tell; the lock is held */
static bool to_ask(void)
{
	return !amt.registered && amt.answers && !amt.asleep &&
	       amt.required == REQUIRED_UNKNOWN;
}

/*
 * Only after AMT has said that it requires the watchdog, which protocol 1 cannot
 * say. Not during sleep, when AMT is not asked. The lock is held.
 */
static bool to_register(void)
{
	return !amt.registered && !amt.asleep &&
	       (amt.required == REQUIRED_YES || !amt.answers);
}

/*
 * AMT that does not require the watchdog is sent nothing until it notifies; where
 * it can't, heartbeats ask. The lock is held.
 */
static bool heartbeat_due(void)
{
	if (!to_run() ||
	    (amt.required == REQUIRED_NO && READ_ONCE(amt.link.notifies)))
		return false;
	return amt.awaiting ? time_after_eq(jiffies, amt.again) : amt.due;
}

/* the lock is held */
static void note_heartbeat(void)
{
	amt.due = false;
	amt.may_run = true;
	amt.sent = ktime_get();
	amt.sent_timeout = READ_ONCE(amt.wdd.timeout);
	amt.again = jiffies + msecs_to_jiffies(AGAIN_MS);
	if (!amt.answers)
		return;
	if (!amt.awaiting)
		amt.since = jiffies;
	amt.garbled = amt.garbled && amt.awaiting;
	amt.awaiting = true;
	amt.unanswered++;
}

/* what is to be done next, noted as begun; the lock is held */
static enum need next_need(void)
{
	if (amt.may_run && !to_run() && (!amt.asking || amt.asleep)) {
		amt.awaiting = false;
		amt.asking = false;
		return NEED_STOP;
	}
	if (amt.asking)
		return NEED_NOTHING;
	if (to_ask() || heartbeat_due()) {
		amt.asking = to_ask();
		note_heartbeat();
		return NEED_HEARTBEAT;
	}
	if (to_register())
		return NEED_REGISTRATION;
	if (!amt.awaiting)
		amt.tries = 0;
	return NEED_NOTHING;
}

static long until(unsigned long when)
{
	return max_t(long, when - jiffies, 1);
}

/* how long nothing is to be tried, in jiffies; the lock is held */
static long pause(void)
{
	/* of any length, so none that time_before() could compare on 32 bits */
	unsigned long since = jiffies - amt.connected;

	if (amt.tries && time_before(jiffies, amt.retry))
		return until(amt.retry);
	/* firmware that closes each connection at once is not to keep us busy */
	if (!pfru_link_is_up(&amt.link) && since < HZ)
		return HZ - since;
	return 0;
}

/* how long there is nothing to do; the lock is held */
static long rest(void)
{
	unsigned long late = amt.since + msecs_to_jiffies(ANSWER_MS);

	if (!amt.awaiting)
		return MAX_SCHEDULE_TIMEOUT;
	if (to_run() && time_before(amt.again, late))
		return until(amt.again);
	return until(late);
}

static void act(enum need need)
{
	switch (need) {
	case NEED_STOP:
		send_stop();
		break;
	case NEED_HEARTBEAT:
		send_start();
		break;
	case NEED_REGISTRATION:
		register_watchdog();
		break;
	case NEED_NOTHING:
		break;
	}
}

/* one step; returns how long to wait for the next one, in jiffies */
static long step(void)
{
	enum need need;
	bool awaiting;
	long wait;

	give_up_answer();
	spin_lock(&amt.lock);
	wait = pause();
	spin_unlock(&amt.lock);
	if (wait)
		return wait;
	if (!pfru_link_is_up(&amt.link)) {
		connect();
		return 0;
	}
	spin_lock(&amt.lock);
	need = next_need();
	wait = rest();
	awaiting = amt.awaiting;
	spin_unlock(&amt.lock);
	act(need);
	if (need != NEED_NOTHING)
		return 0;
	/* heartbeats go first: this may take the firmware long */
	if (!awaiting)
		pfru_link_subscribe(&amt.link);
	return wait;
}

/*
 * The client goes. No more heartbeats will come, so send AMT a stop if it can still
 * receive one, unless nowayout forbids that and another client may appear. Before
 * sleep, send it in any case.
 */
static void let_go(void)
{
	bool again, asleep, may_run, stopped = false;

	spin_lock(&amt.lock);
	again = amt.wanted && !pfru_mei_goes_down();
	asleep = amt.asleep;
	may_run = amt.may_run;
	amt.awaiting = false;
	amt.asking = false;
	spin_unlock(&amt.lock);
	if (may_run && pfru_link_is_up(&amt.link) &&
	    !(again && !asleep && test_bit(WDOG_NO_WAY_OUT, &amt.wdd.status)))
		stopped = !send_stop();
	if (may_run && again)
		pr_info("pfru: AMT watchdog: %s while its client goes away, started again with the next one\n",
			stopped ? "stopped" : "not stopped");
	else if (may_run && !stopped)
		pr_warn("pfru: AMT watchdog: not stopped while its client goes away: AMT may report a hang\n");
	pfru_link_disconnect(&amt.link);
	spin_lock(&amt.lock);
	amt.bound = false;
	amt.leaving = false;
	amt.stopping = false;
	spin_unlock(&amt.lock);
	wake_up_all(&amt.changed);
}

static bool is_woken(void)
{
	bool woken;

	spin_lock(&amt.lock);
	woken = amt.woken;
	amt.woken = false;
	spin_unlock(&amt.lock);
	return woken || kthread_should_stop();
}

/*
 * Who waits for a stop has waited long enough: it was sent, or has failed. Where
 * neither is so the thread only pauses before it connects again.
 */
static void end_stopping(void)
{
	spin_lock(&amt.lock);
	amt.stopping = amt.stopping &&
		       (amt.woken || (amt.may_run && !amt.tries));
	spin_unlock(&amt.lock);
	wake_up_all(&amt.changed);
}

static int talk(void *unused)
{
	bool bound, leaving;
	long wait;

	pfru_mei_sender();
	while (!kthread_should_stop()) {
		spin_lock(&amt.lock);
		bound = amt.bound;
		leaving = amt.leaving;
		spin_unlock(&amt.lock);
		wait = MAX_SCHEDULE_TIMEOUT;
		if (leaving)
			let_go();
		else if (bound)
			wait = step();
		if (!wait)
			continue;
		end_stopping();
		wait_event_idle_timeout(amt.wake, is_woken(), wait);
	}
	return 0;
}

static int amt_probe(struct mei_cl_device *cldev,
		     const struct mei_cl_device_id *id)
{
	int ret = 0;

	spin_lock(&amt.lock);
	if (amt.bound) {
		ret = -ENODEV;
		goto unlock;
	}
	pfru_link_init(&amt.link, cldev, received, notified);
	amt.info.firmware_version = mei_cldev_ver(cldev);
	amt.answers = mei_cldev_ver(cldev) >= PFRU_AMT_ANSWERS;
	if (!amt.answers || amt.required == REQUIRED_NO)
		amt.required = REQUIRED_UNKNOWN;
	amt.bound = true;
	amt.connecting = true;
	amt.connected = jiffies - HZ;
	amt.unreachable = false;
	amt.tries = 0;
	amt.due = to_run();
	wake();
unlock:
	spin_unlock(&amt.lock);
	if (ret)
		pr_notice_once("pfru: a second AMT watchdog is not served\n");
	return ret;
}

/*
 * The thread ends what it does, and lets go: one call of the MEI driver, a stop and
 * the end of the connection. Where the firmware is silent on the bus, too, the first
 * and the last take up to 15 s each. A reboot does not wait for that. Its notifiers
 * have called amt_stop(), but not when the machine powers off and, as in 6.1, the
 * watchdog core has none for that: then this is the stop, and waits as long.
 */
static PFRU_MEI_REMOVE amt_remove(struct mei_cl_device *cldev)
{
	unsigned int wait;
	bool gone = true;

	spin_lock(&amt.lock);
	wait = amt.wanted ? STOP_MS : DOWN_MS;
	amt.leaving = true;
	wake();
	spin_unlock(&amt.lock);
	if (pfru_mei_goes_down())
		gone = wait_event_timeout(amt.changed, !READ_ONCE(amt.leaving),
					  msecs_to_jiffies(wait));
	else
		wait_event(amt.changed, !READ_ONCE(amt.leaving));
	if (gone)
		mei_cldev_set_drvdata(cldev, NULL);
	else
		pfru_mei_keep(cldev);
	return PFRU_MEI_REMOVED;
}

/*
 * The MEI driver removes the client while the machine goes to sleep, and up to
 * 5.10 forbids it to send then, so the stop is sent before.
 */
static int sleeping(struct notifier_block *nb, unsigned long event,
		    void *unused)
{
	bool asleep = event == PM_SUSPEND_PREPARE ||
		      event == PM_HIBERNATION_PREPARE ||
		      event == PM_RESTORE_PREPARE;

	spin_lock(&amt.lock);
	amt.asleep = asleep;
	update();
	spin_unlock(&amt.lock);
	if (asleep)
		wait_for_stop();
	return NOTIFY_DONE;
}

static struct notifier_block sleep_notifier = { .notifier_call = sleeping };

static const struct mei_cl_device_id amt_ids[] = {
	{
		.uuid = PFRU_WATCHDOG_UUID(PFRU_UUID_LE),
		.version = MEI_CL_VERSION_ANY,
	},
	{}
};
MODULE_DEVICE_TABLE(mei, amt_ids);

static struct mei_cl_driver amt_driver = {
	.name = PFRU_WATCHDOG_NAME,
	.id_table = amt_ids,
	.probe = amt_probe,
	.remove = amt_remove,
	.driver.dev_groups = pfru_watchdog_groups,
};

static bool is_amt_watchdog(struct device *dev)
{
	return !memcmp(mei_cldev_uuid(to_mei_cl_device(dev)), &amt_ids[0].uuid,
		       sizeof(amt_ids[0].uuid));
}

/* says once that another driver has the client; the device's lock is held */
static void look_at(struct device *dev)
{
	if (!dev->driver || dev->driver == &amt_driver.driver ||
	    !is_amt_watchdog(dev))
		return;
	pr_notice_once("pfru: the AMT watchdog is served by %s and stays with it\n",
		       dev->driver->name);
}

/*
 * Other clients are not to be waited for, nor is a driver that binds or leaves
 * just now: driver_bound() hears of it.
 */
static int look_at_present(struct device *dev, void *unused)
{
	if (!is_amt_watchdog(dev) || !device_trylock(dev))
		return 0;
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

static void __init describe(void)
{
	strscpy(amt.info.identity, IDENTITY, sizeof(amt.info.identity));
	amt.info.options = WDIOF_KEEPALIVEPING | WDIOF_SETTIMEOUT |
			   WDIOF_MAGICCLOSE | WDIOF_ALARMONLY;
	amt.wdd.info = &amt.info;
	amt.wdd.ops = &amt_ops;
	amt.wdd.groups = pfru_watchdog_groups;
	amt.wdd.timeout = PFRU_AMT_TIMEOUT_DEFAULT;
	amt.wdd.min_timeout = PFRU_AMT_TIMEOUT_MIN;
	amt.wdd.max_timeout = PFRU_AMT_TIMEOUT_MAX;
}

static void end_thread(void)
{
	kthread_stop(amt.thread);
	if (amt.registered)
		watchdog_unregister_device(&amt.wdd);
}

static int __init serve(void)
{
	int ret;

	describe();
	amt.thread = kthread_run(talk, NULL, PFRU_WATCHDOG_NAME);
	if (IS_ERR(amt.thread))
		return PTR_ERR(amt.thread);
	ret = register_pm_notifier(&sleep_notifier);
	if (ret)
		goto end_thread;
	ret = mei_cldev_driver_register(&amt_driver);
	if (ret)
		goto unregister_pm_notifier;
	ret = bus_register_notifier(amt_driver.driver.bus, &bound_notifier);
	if (ret)
		goto unregister_driver;
	bus_for_each_dev(amt_driver.driver.bus, NULL, NULL, look_at_present);
	return 0;

unregister_driver:
	mei_cldev_driver_unregister(&amt_driver);
unregister_pm_notifier:
	unregister_pm_notifier(&sleep_notifier);
end_thread:
	end_thread();
	return ret;
}

/*
 * Does nothing with the parameter watchdog=0, nor in a kdump kernel: asking the
 * firmware whether it wants the watchdog ends with a stop, which would cancel the
 * event that a crash is to cause.
 */
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
	unregister_pm_notifier(&sleep_notifier);
	end_thread();
}
