// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection with a firmware client of the MEI bus on which nothing waits without
 * a bound. The workarounds that this takes are in compat/mei.h.
 */
#include "mei-transport.h"
#include "module/compat/mei.h"

static void received(struct mei_cl_device *cldev)
{
	struct pfru_link *link = mei_cldev_get_drvdata(cldev);
	u8 bytes[PFRU_LINK_ANSWER];
	ssize_t length;

	length = pfru_mei_recv(cldev, bytes, sizeof(bytes));
	if (length != -EAGAIN && length != -ETIME)
		link->received(bytes, length);
}

static void notified(struct mei_cl_device *cldev)
{
	struct pfru_link *link = mei_cldev_get_drvdata(cldev);

	link->notified();
}

static void subscribe(struct work_struct *work)
{
	struct pfru_link *link =
		container_of(work, struct pfru_link, subscribe.work);

	if (mei_cldev_register_notif_cb(link->cldev, notified))
		return;
	WRITE_ONCE(link->notifies, true);
	/* of what happened before it was granted, nothing was heard */
	link->notified();
}

void pfru_link_init(struct pfru_link *link, struct mei_cl_device *cldev,
		    void (*on_received)(const u8 *bytes, ssize_t length),
		    void (*on_notified)(void))
{
	memset(link, 0, sizeof(*link));
	link->cldev = cldev;
	link->received = on_received;
	link->notified = on_notified;
	INIT_DELAYED_WORK(&link->subscribe, subscribe);
	mei_cldev_set_drvdata(cldev, link);
}

void pfru_link_disconnect(struct pfru_link *link)
{
	WRITE_ONCE(link->up, false);
	/* first: it would register a callback behind what unregisters it */
	if (link->subscribes)
		cancel_delayed_work_sync(&link->subscribe);
	if (link->enabled)
		pfru_mei_disable(link->cldev, link->receives, link->notifies);
	link->enabled = false;
	link->receives = false;
	link->subscribes = false;
	WRITE_ONCE(link->notifies, false);
}

int pfru_link_connect(struct pfru_link *link)
{
	int ret;

	pfru_link_disconnect(link);
	link->enabled = true;
	ret = mei_cldev_enable(link->cldev);
	if (ret)
		goto disconnect;
	ret = mei_cldev_register_rx_cb(link->cldev, received);
	if (ret)
		goto disconnect;
	link->receives = true;
	WRITE_ONCE(link->up, true);
	return 0;

disconnect:
	pfru_link_disconnect(link);
	return ret;
}

ssize_t pfru_link_send(struct pfru_link *link, const u8 *bytes, size_t length)
{
	return pfru_mei_send(link->cldev, bytes, length, PFRU_LINK_SEND_MS);
}

void pfru_link_subscribe(struct pfru_link *link)
{
	if (link->subscribes)
		return;
	link->subscribes = true;
	queue_delayed_work(system_long_wq, &link->subscribe,
			   msecs_to_jiffies(PFRU_MEI_QUIET_MS));
}

bool pfru_link_is_up(struct pfru_link *link)
{
	return READ_ONCE(link->up) && mei_cldev_enabled(link->cldev);
}
