/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All workarounds for the MEI bus and the watchdog core, and all differences between
 * their versions, each with the kernels that it is for. amt/ has none elsewhere.
 */
#ifndef PFRU_COMPAT_MEI_H
#define PFRU_COMPAT_MEI_H

#include <linux/kernel.h>
#include <linux/mei_cl_bus.h>
#include <linux/sched/signal.h>
#include <linux/timer.h>
#include <linux/watchdog.h>
#include <linux/workqueue.h>

/* the type of remove() of a driver of the MEI bus, and what it returns */
#ifdef PFRU_HAVE_MEI_REMOVE_RETURNS_VOID
#define PFRU_MEI_REMOVE void
#define PFRU_MEI_REMOVED
#else
#define PFRU_MEI_REMOVE int
#define PFRU_MEI_REMOVED 0
#endif

/* a receive that does not wait, or a millisecond at most (from 7.3 on) */
#ifdef PFRU_HAVE_MEI_CLDEV_RECV_NONBLOCK
#define pfru_mei_recv(cldev, bytes, size) \
	mei_cldev_recv_nonblock(cldev, bytes, size)
#else
#define pfru_mei_recv(cldev, bytes, size) \
	mei_cldev_recv_timeout(cldev, bytes, size, 1)
#endif

/*
 * pfru_mei_send(): a send with a limit in milliseconds, not 0. Before
 * 6.7 the MEI driver waits without a bound for the firmware's permission to send,
 * but a signal ends that wait: a timer sends one. Only a kernel thread that has
 * called pfru_mei_sender() may send. After -EINTR the message is still in the driver's
 * queue: only pfru_mei_disable() takes it out, and it may be sent until then.
 */
#ifdef PFRU_HAVE_MEI_CLDEV_SEND_TIMEOUT
static inline void pfru_mei_sender(void)
{
}

static inline ssize_t pfru_mei_send(struct mei_cl_device *cldev,
				    const u8 *bytes, size_t size,
				    unsigned int ms)
{
	return mei_cldev_send_timeout(cldev, bytes, size, ms);
}
#else
struct pfru_alarm {
	struct timer_list timer;
	struct task_struct *sender;
};

static inline void pfru_mei_sender(void)
{
	allow_kernel_signal(SIGALRM);
}

static inline void pfru_alarm_rings(struct timer_list *timer)
{
	struct pfru_alarm *alarm = from_timer(alarm, timer, timer);

	send_sig(SIGALRM, alarm->sender, 1);
}

static inline ssize_t pfru_mei_send(struct mei_cl_device *cldev,
				    const u8 *bytes, size_t size,
				    unsigned int ms)
{
	struct pfru_alarm alarm = { .sender = current };
	ssize_t ret;

	timer_setup_on_stack(&alarm.timer, pfru_alarm_rings, 0);
	mod_timer(&alarm.timer, jiffies + msecs_to_jiffies(ms));
	ret = mei_cldev_send(cldev, (u8 *)bytes, size);
	del_timer_sync(&alarm.timer);
	destroy_timer_on_stack(&alarm.timer);
	flush_signals(current);
	return ret;
}
#endif

/*
 * pfru_mei_disable(): end a connection, or an attempt at one. All kernels: the
 * MEI driver checks for a callback and then queues its work, which
 * mei_cldev_disable() may just have cancelled, so each work that was set up is
 * cancelled again behind it. To be called after a mei_cldev_enable() that failed,
 * too: 5.10 leaves the client in its list then, and takes it out without the lock
 * of the list when the client is removed.
 */
static inline void pfru_mei_disable(struct mei_cl_device *cldev, bool receives,
				    bool notifies)
{
	mei_cldev_disable(cldev);
	if (receives)
		cancel_work_sync(&cldev->rx_work);
	if (notifies)
		cancel_work_sync(&cldev->notif_work);
}

/*
 * pfru_mei_goes_down(): the machine reboots, powers off or starts another kernel.
 * All kernels: the MEI driver removes its clients then, and can't end a call that
 * waits for the firmware, for up to 15 s, until it has removed them; then it does.
 * pfru_mei_keep(): keep the client's memory for such a call, to let the removal go
 * on. The MEI device's, and the code, stay: nothing is unbound or unloaded any more.
 */
static inline bool pfru_mei_goes_down(void)
{
	return system_state >= SYSTEM_HALT && system_state <= SYSTEM_RESTART;
}

static inline void pfru_mei_keep(struct mei_cl_device *cldev)
{
	get_device(&cldev->dev);
}

/*
 * How long nothing should have been sent before notifications are asked for. The
 * MEI driver (6.1, by its source) keeps from an earlier connection that they were
 * granted. A request that cannot be sent at once then counts as granted, and is
 * forgotten: the firmware never gets it. Right after a message is such a moment.
 */
#define PFRU_MEI_QUIET_MS 200

/*
 * pfru_wdd_runs(): to be called by a watchdog's start. Before 6.12 the watchdog
 * core lets the module go when a file is closed without a stop, unless the driver
 * has set the flag that it has for hardware that runs; newer ones set it then
 * themselves. The core clears it with a stop.
 */
static inline void pfru_wdd_runs(struct watchdog_device *wdd)
{
	set_bit(WDOG_HW_RUNNING, &wdd->status);
}

#endif /* PFRU_COMPAT_MEI_H */
