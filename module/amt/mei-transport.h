/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection with a firmware client of the MEI bus on which nothing waits without
 * a bound. It does not look into the messages.
 */
#ifndef PFRU_MEI_TRANSPORT_H
#define PFRU_MEI_TRANSPORT_H

#include <linux/mei_cl_bus.h>
#include <linux/types.h>
#include <linux/workqueue.h>

/* what a send may take, in milliseconds */
#define PFRU_LINK_SEND_MS 1500

/* bytes of a message of the firmware that are looked at */
#define PFRU_LINK_ANSWER 64

/**
 * struct pfru_link - a connection
 * @cldev: the client's device
 * @received: takes a message of the firmware, or a negative errno as its length;
 *	runs in a worker, must not wait
 * @notified: the firmware has notified; runs in a worker, must not wait
 * @subscribe: asks the firmware for notifications, which may take 15 s: a worker
 *	does it while messages are sent
 * @up: connected, as last reported to the owner
 * @enabled: mei_cldev_enable() is to be undone
 * @receives: the receive callback is registered
 * @subscribes: @subscribe was begun on this connection
 * @notifies: notifications were granted
 *
 * connect, send, subscribe and disconnect are for one task at a time.
 */
struct pfru_link {
	struct mei_cl_device *cldev;
	void (*received)(const u8 *bytes, ssize_t length);
	void (*notified)(void);
	struct delayed_work subscribe;
	bool up;
	bool enabled;
	bool receives;
	bool subscribes;
	bool notifies;
};

/**
 * pfru_link_init() - prepare a link that is not connected
 * @link: the link
 * @cldev: the client's device; its driver data belongs to the link from now on
 * @received: see struct pfru_link
 * @notified: see struct pfru_link
 */
void pfru_link_init(struct pfru_link *link, struct mei_cl_device *cldev,
		    void (*received)(const u8 *bytes, ssize_t length),
		    void (*notified)(void));

/**
 * pfru_link_connect() - connect, ending the connection that there was
 * @link: the link
 *
 * Takes as long as the MEI driver gives the firmware to connect: 15 s, or 30 on
 * slow engines; ends early when the client is removed by a link reset.
 *
 * Return: 0; %-ENOTTY: the firmware has no such client any more; another
 * negative errno of the MEI driver
 */
int pfru_link_connect(struct pfru_link *link);

/**
 * pfru_link_send() - send a message
 * @link: a link that is connected
 * @bytes: the message
 * @length: its length in bytes
 *
 * Takes PFRU_LINK_SEND_MS at most. Only for a kernel thread that has called
 * pfru_mei_sender(). After a failure the link is to be connected again before
 * anything else is sent: the message may still be queued.
 *
 * Return: bytes sent, or a negative errno of the MEI driver
 */
ssize_t pfru_link_send(struct pfru_link *link, const u8 *bytes, size_t length);

/**
 * pfru_link_subscribe() - ask for notifications, once a connection
 * @link: a link that is connected
 *
 * Does not wait. Firmware without notifications works, it just cannot call back.
 */
void pfru_link_subscribe(struct pfru_link *link);

/**
 * pfru_link_is_up() - whether the link is connected
 * @link: the link
 *
 * The MEI driver does not report a connection that the firmware has closed, so
 * this looks. Does not wait.
 *
 * Return: true when it is
 */
bool pfru_link_is_up(struct pfru_link *link);

/**
 * pfru_link_disconnect() - end the connection, or what is left of an attempt
 * @link: the link
 *
 * No callback runs when this returns. Takes at most as long as the MEI driver
 * gives the firmware to disconnect, and to answer a subscription.
 */
void pfru_link_disconnect(struct pfru_link *link);

#endif /* PFRU_MEI_TRANSPORT_H */
