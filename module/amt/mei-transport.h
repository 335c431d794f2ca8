/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection with a firmware client of the MEI bus on which no request
 * waits without a bound.
 */
#ifndef PFRU_MEI_TRANSPORT_H
#define PFRU_MEI_TRANSPORT_H

#include <linux/mei_cl_bus.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

/*
 * What a request may take in all. Half a second less than the five that are
 * promised, for a machine that is slow itself.
 */
#define PFRU_LINK_MS 4500

#define PFRU_LINK_MESSAGE 24 /* longest message */
#define PFRU_LINK_ANSWER  64 /* bytes of an answer that are looked at */

/**
 * enum pfru_link_state - what a request can expect
 * @PFRU_LINK_DOWN: the connection is being made (again): requests wait
 * @PFRU_LINK_UP: connected
 * @PFRU_LINK_LOST: the firmware or its client is gone: requests fail at once
 * @PFRU_LINK_CLOSING: only a last request is taken
 * @PFRU_LINK_CLOSED: nothing is taken any more
 */
enum pfru_link_state {
	PFRU_LINK_DOWN,
	PFRU_LINK_UP,
	PFRU_LINK_LOST,
	PFRU_LINK_CLOSING,
	PFRU_LINK_CLOSED,
};

/**
 * struct pfru_request - a message to the firmware
 * @bytes: the message
 * @length: its length, at most PFRU_LINK_MESSAGE
 * @accept: judges a message of the firmware, under a spinlock: is it the
 *	answer? NULL when none is expected
 * @wanted: asked, under a spinlock, when the request gets the link: is it still
 *	to be sent? NULL: it is
 * @context: for @accept and @wanted
 * @last: taken on a link that is being closed, too
 */
struct pfru_request {
	const void *bytes;
	size_t length;
	bool (*accept)(void *context, const u8 *bytes, size_t length);
	bool (*wanted)(void *context);
	void *context;
	bool last;
};

/**
 * struct pfru_link - a connection
 * @cldev: the client's device
 * @notified: runs in a worker when the firmware notifies
 * @queue: where @send runs
 * @send: sends @message: only a worker waits in the MEI driver, which sets
 *	no limit
 * @changed: somebody may find something changed
 * @enabled: mei_cldev_enable() is to be undone
 * @receives: the receive callback is registered
 * @notifies: the notification callback is registered
 * @lock: protects what follows
 * @state: see there
 * @request: has the link, or NULL
 * @sending: @send has @message
 * @awaiting: an answer can come from now on
 * @answered: it has come
 * @garbled: something else has come
 * @sent: the sender's result: 0 or a negative errno
 * @deadline: of the request, in jiffies
 * @length: of @message
 * @message: what is being sent
 * @malformed: messages that came instead of an answer
 * @strays: messages that nobody waited for
 */
struct pfru_link {
	struct mei_cl_device *cldev;
	void (*notified)(struct mei_cl_device *cldev);
	struct workqueue_struct *queue;
	struct work_struct send;
	wait_queue_head_t changed;
	bool enabled;
	bool receives;
	bool notifies;

	spinlock_t lock; /* of all below */
	enum pfru_link_state state;
	const struct pfru_request *request;
	bool sending;
	bool awaiting;
	bool answered;
	bool garbled;
	int sent;
	unsigned long deadline;
	size_t length;
	u8 message[PFRU_LINK_MESSAGE];
	unsigned int malformed;
	unsigned int strays;
};

/**
 * pfru_link_init() - prepare a link, state PFRU_LINK_DOWN
 * @link: the link
 * @cldev: the client's device
 * @queue: for the sender, which waits in it
 * @notified: runs in a worker when the firmware notifies
 */
void pfru_link_init(struct pfru_link *link, struct mei_cl_device *cldev,
		    struct workqueue_struct *queue,
		    void (*notified)(struct mei_cl_device *cldev));

/**
 * pfru_link_received() - take what the firmware has sent
 * @link: the link
 *
 * To be called by the receive callback; never waits.
 */
void pfru_link_received(struct pfru_link *link);

/**
 * pfru_link_connect() - connect, or end a connection and make a new one
 * @link: the link
 * @received: the receive callback
 *
 * May take as long as the MEI driver gives firmware to connect, tens of
 * seconds. Not for callbacks of the client, nor for two tasks at a time.
 *
 * Return: 0; %-ENOTTY: the firmware has no such client any more; another
 * negative errno
 */
int pfru_link_connect(struct pfru_link *link,
		      void (*received)(struct mei_cl_device *cldev));

/**
 * pfru_link_request() - send a message and get its answer
 * @link: the link
 * @request: the message
 *
 * Takes PFRU_LINK_MS at most, whatever the firmware does. One request at a
 * time has the link, others wait for it, which counts. After a failure the
 * link may have to be connected again: see pfru_link_is_up().
 *
 * Return: 0; %-ETIMEDOUT: not taken or not answered in time; %-EPROTO: not
 * answered, but something else was said; %-ECANCELED: not wanted any more;
 * %-ENODEV: the firmware or its client is gone, or the link is closed; another
 * negative errno of the MEI driver
 */
int pfru_link_request(struct pfru_link *link,
		      const struct pfru_request *request);

/**
 * pfru_link_is_up() - whether requests are taken, as far as is known
 * @link: the link
 *
 * Return: true when it is connected
 */
bool pfru_link_is_up(struct pfru_link *link);

/**
 * pfru_link_closing() - end what waits, take nothing but a last request
 * @link: the link
 */
void pfru_link_closing(struct pfru_link *link);

/**
 * pfru_link_close() - end the connection; nothing runs when this returns
 * @link: the link
 */
void pfru_link_close(struct pfru_link *link);

#endif /* PFRU_MEI_TRANSPORT_H */
