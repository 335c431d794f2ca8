// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to a firmware client of the MEI bus, each with a limit of time.
 *
 * The MEI driver waits without a bound for the firmware's permission to send,
 * so a worker does the sending and the task that asks only waits for it. When
 * it has waited long enough it leaves; the connection is then made anew, which
 * makes the worker return, and late answers are lost with the old connection.
 */
#include <linux/jiffies.h>
#include <linux/string.h>

#include "mei-transport.h"

/* nobody is told of a lost connection: so often a request looks itself */
#define LOOK_MS 100

static unsigned long time_left(unsigned long deadline)
{
	long left = deadline - jiffies;

	return left > 0 ? left : 0;
}

static void set_state(struct pfru_link *link, enum pfru_link_state state)
{
	if (link->state < PFRU_LINK_CLOSING || state > link->state)
		link->state = state;
}

/* whether a request may have, or keep, the link; the link's lock is held */
static bool usable(struct pfru_link *link, const struct pfru_request *request)
{
	if (link->state == PFRU_LINK_CLOSING && !request->last)
		return false;
	if (link->state != PFRU_LINK_UP && link->state != PFRU_LINK_CLOSING)
		return false;
	if (mei_cldev_enabled(link->cldev))
		return true;
	set_state(link, PFRU_LINK_LOST);
	return false;
}

static void take(struct pfru_link *link, const struct pfru_request *request,
		 unsigned long deadline)
{
	memcpy(link->message, request->bytes, request->length);
	link->length = request->length;
	link->deadline = deadline;
	link->request = request;
	link->sending = true;
	link->awaiting = false;
	link->answered = false;
	link->garbled = false;
	link->sent = 0;
}

/* true when there is nothing to wait for any more: *result says why */
static bool claim(struct pfru_link *link, const struct pfru_request *request,
		  unsigned long deadline, int *result)
{
	spin_lock(&link->lock);
	*result = -ETIMEDOUT;
	if (link->state != PFRU_LINK_DOWN && !usable(link, request)) {
		*result = -ENODEV;
	} else if (link->state != PFRU_LINK_DOWN && !link->request &&
		   !link->sending) {
		*result = -ECANCELED;
		if (!request->wanted || request->wanted(request->context)) {
			take(link, request, deadline);
			*result = 0;
		}
	}
	spin_unlock(&link->lock);
	return *result != -ETIMEDOUT;
}

static bool finished(struct pfru_link *link, const struct pfru_request *request)
{
	bool done;

	spin_lock(&link->lock);
	done = !usable(link, request) ||
	       (!link->sending &&
		(link->sent || !request->accept || link->answered));
	spin_unlock(&link->lock);
	return done;
}

static int sender_error(int error)
{
	switch (error) {
	case -ETIME:
		return -ETIMEDOUT;
	case -EFAULT:
	case -ENOTTY:
		return -ENODEV;
	default:
		return error;
	}
}

/* what has become of a request; the link's lock is held */
static int result_of(struct pfru_link *link, const struct pfru_request *request)
{
	if (!link->sending && link->sent)
		return sender_error(link->sent);
	if (!link->sending && (!request->accept || link->answered))
		return 0;
	if (!usable(link, request))
		return -ENODEV;
	return link->garbled ? -EPROTO : -ETIMEDOUT;
}

static int leave(struct pfru_link *link, const struct pfru_request *request)
{
	int ret;

	spin_lock(&link->lock);
	ret = result_of(link, request);
	if (ret == -ENODEV)
		set_state(link, PFRU_LINK_LOST);
	else if (ret == -ETIMEDOUT || ret == -EPROTO)
		set_state(link, PFRU_LINK_DOWN);
	link->request = NULL;
	link->awaiting = false;
	spin_unlock(&link->lock);
	wake_up_all(&link->changed);
	return ret;
}

int pfru_link_request(struct pfru_link *link,
		      const struct pfru_request *request)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(PFRU_LINK_MS);
	unsigned long left;
	int ret;

	do {
		left = min(time_left(deadline), msecs_to_jiffies(LOOK_MS));
		wait_event_timeout(link->changed,
				   claim(link, request, deadline, &ret), left);
	} while (ret == -ETIMEDOUT && left);
	if (ret)
		return ret;
	queue_work(link->queue, &link->send);
	do {
		left = min(time_left(deadline), msecs_to_jiffies(LOOK_MS));
	} while (!wait_event_timeout(link->changed, finished(link, request),
				     left) &&
		 left);
	return leave(link, request);
}

static void send_message(struct work_struct *work)
{
	struct pfru_link *link = container_of(work, struct pfru_link, send);
	unsigned long left;
	ssize_t ret;

	spin_lock(&link->lock);
	link->awaiting = link->request && link->request->accept;
	left = time_left(link->deadline);
	spin_unlock(&link->lock);
	ret = pfru_mei_send(link->cldev, link->message, link->length,
			    jiffies_to_msecs(left) + 1);
	spin_lock(&link->lock);
	link->sent = ret < 0 ? ret : ret == link->length ? 0 : -EIO;
	link->sending = false;
	spin_unlock(&link->lock);
	wake_up_all(&link->changed);
}

/* the link's lock is held */
static void judge(struct pfru_link *link, const u8 *bytes, size_t length)
{
	const struct pfru_request *request = link->request;

	if (request && link->awaiting && !link->answered &&
	    request->accept(request->context, bytes, length)) {
		link->answered = true;
		return;
	}
	/* some messages are answered with nothing, and nobody waits for that */
	if (!length)
		return;
	if (link->awaiting)
		link->malformed++;
	else
		link->strays++;
	link->garbled = link->awaiting;
}

void pfru_link_received(struct pfru_link *link)
{
	u8 bytes[PFRU_LINK_ANSWER];
	ssize_t length;

	length = pfru_mei_recv(link->cldev, bytes, sizeof(bytes));
	if (length == -EAGAIN || length == -ETIME)
		return;
	spin_lock(&link->lock);
	if (length >= 0)
		judge(link, bytes, length);
	else
		link->malformed++;
	spin_unlock(&link->lock);
	wake_up_all(&link->changed);
}

static void disconnect(struct pfru_link *link)
{
	if (link->enabled)
		mei_cldev_disable(link->cldev);
	link->enabled = false;
	/*
	 * The MEI driver looks whether there is a callback, and then queues its
	 * work: it may have done so behind mei_cldev_disable()'s back.
	 */
	if (link->receives)
		cancel_work_sync(&link->cldev->rx_work);
	if (link->notifies)
		cancel_work_sync(&link->cldev->notif_work);
	link->receives = false;
	link->notifies = false;
	/* no connection, so the sender returns */
	flush_work(&link->send);
}

int pfru_link_connect(struct pfru_link *link,
		      void (*received)(struct mei_cl_device *cldev))
{
	int ret;

	disconnect(link);
	/* that took its time when the firmware is gone: no more of it then */
	ret = -ENODEV;
	if (READ_ONCE(link->state) >= PFRU_LINK_CLOSING)
		goto lost;
	ret = mei_cldev_enable(link->cldev);
	if (ret)
		goto lost;
	link->enabled = true;
	ret = mei_cldev_register_rx_cb(link->cldev, received);
	if (ret)
		goto disconnect;
	link->receives = true;
	/* firmware without notifications works, it just can't call back */
	if (READ_ONCE(link->state) < PFRU_LINK_CLOSING)
		link->notifies = !mei_cldev_register_notif_cb(link->cldev,
							      link->notified);
	spin_lock(&link->lock);
	set_state(link, PFRU_LINK_UP);
	spin_unlock(&link->lock);
	wake_up_all(&link->changed);
	return 0;

disconnect:
	disconnect(link);
lost:
	spin_lock(&link->lock);
	set_state(link, PFRU_LINK_LOST);
	spin_unlock(&link->lock);
	wake_up_all(&link->changed);
	return ret;
}

bool pfru_link_is_up(struct pfru_link *link)
{
	return READ_ONCE(link->state) == PFRU_LINK_UP &&
	       mei_cldev_enabled(link->cldev);
}

void pfru_link_closing(struct pfru_link *link)
{
	spin_lock(&link->lock);
	if (link->state == PFRU_LINK_UP && mei_cldev_enabled(link->cldev))
		link->state = PFRU_LINK_CLOSING;
	else
		link->state = PFRU_LINK_CLOSED;
	spin_unlock(&link->lock);
	wake_up_all(&link->changed);
}

void pfru_link_close(struct pfru_link *link)
{
	spin_lock(&link->lock);
	set_state(link, PFRU_LINK_CLOSED);
	spin_unlock(&link->lock);
	wake_up_all(&link->changed);
	disconnect(link);
}

void pfru_link_init(struct pfru_link *link, struct mei_cl_device *cldev,
		    struct workqueue_struct *queue,
		    void (*notified)(struct mei_cl_device *cldev))
{
	link->cldev = cldev;
	link->queue = queue;
	link->notified = notified;
	link->state = PFRU_LINK_DOWN;
	spin_lock_init(&link->lock);
	init_waitqueue_head(&link->changed);
	INIT_WORK(&link->send, send_message);
}
