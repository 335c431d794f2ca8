/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session of AMT's port forwarding, the host's side: handshake, forwarded ports,
 * channels, windows. Has no sockets and no clock: messages are passed in, and hooks
 * report what is to be done. A hook may call what concerns a channel, lme_open()
 * to lme_close(); @send and @odd may call nothing.
 */
#ifndef CLI_AMT_LME_H
#define CLI_AMT_LME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apf.h"

/* the number of channels that AMT has slots for */
#define LME_SLOTS 8
/* channels that AMT itself has opened; more are refused */
#define LME_ALERTS 2
/* channels of programs that are open or wait for a place */
#define LME_PROGRAMS 64
/* with those that are being closed, and AMT's own */
#define LME_CHANNELS (LME_PROGRAMS + LME_SLOTS + LME_ALERTS)
/* bytes that AMT may send into a channel before it has to wait */
#define LME_WINDOW 4096U
/* bytes of a message that is made here, whatever more AMT would take */
#define LME_MESSAGE_MAX 8192
#define LME_NEVER	UINT64_MAX

/* milliseconds */
#define LME_OPEN_TIMEOUT  10000
#define LME_CLOSE_TIMEOUT 10000
#define LME_RETRY_DELAY	  100
/* how often a channel is opened again when AMT has no place */
#define LME_RETRIES 10

/**
 * enum lme_oddity - what AMT did that is no part of the protocol, or is refused
 * @LME_MALFORMED: a message that ends before its last field, or has an impossible one
 * @LME_UNKNOWN_TYPE: a message of a type that is not known
 * @LME_UNKNOWN_CHANNEL: a message of a channel that is not open; some firmware closes
 *	channel 0 again and again
 * @LME_OUT_OF_ORDER: a message before its time, or an answer to no question
 * @LME_UNKNOWN_SERVICE: a service that is not known
 * @LME_UNKNOWN_REQUEST: a global request that is not known
 * @LME_BEYOND_WINDOW: more data than it was allowed to send
 * @LME_FOREIGN_CHANNEL: a channel to somewhere else
 * @LME_REMOTE_PORT: a port forwarded for other machines
 * @LME_UDP: a datagram to be sent
 * @LME_OLD_VERSION: a version before 1.0
 * @LME_RESTARTED: another handshake in mid-session
 */
enum lme_oddity {
	LME_MALFORMED,
	LME_UNKNOWN_TYPE,
	LME_UNKNOWN_CHANNEL,
	LME_OUT_OF_ORDER,
	LME_UNKNOWN_SERVICE,
	LME_UNKNOWN_REQUEST,
	LME_BEYOND_WINDOW,
	LME_FOREIGN_CHANNEL,
	LME_REMOTE_PORT,
	LME_UDP,
	LME_OLD_VERSION,
	LME_RESTARTED,
	LME_ODDITIES,
};

/**
 * struct lme_hooks - what a session calls; none but @alert and @broken may be NULL
 * @send: a message for AMT
 * @ready: AMT accepts channels. Called again when AMT restarts the handshake within
 *	a connection: it names its ports again then
 * @forward: AMT wants a port forwarded, or (@on is false) not any more; false
 *	refuses that. @address is the machine's name as AMT knows it, not an address
 *	to listen on; may come again for what is forwarded already
 * @alert: AMT opens a channel to report an event; false refuses it, as does NULL.
 *	Bytes can be sent into it as soon as the hook has returned
 * @opened: a channel is open
 * @refused: it could not be opened, and is gone; @reason is APF's, 0 for no answer
 * @data: bytes from AMT; lme_consumed() when they are where they should be
 * @writable: lme_send() takes more
 * @closed: a channel is gone, all of its data were given
 * @broken: a channel is gone with its session, or broken off, and data may be missing;
 *	NULL for @closed
 * @ended: AMT or the session ended the connection; lme_lost() is next
 * @odd: something to be logged, not each time
 */
struct lme_hooks {
	void (*send)(void *context, const uint8_t *message, size_t size);
	void (*ready)(void *context);
	bool (*forward)(void *context, const struct apf_string *address,
			uint16_t port, bool on);
	bool (*alert)(void *context, uint32_t channel);
	void (*opened)(void *context, uint32_t channel);
	void (*refused)(void *context, uint32_t channel, uint32_t reason);
	void (*data)(void *context, uint32_t channel, const uint8_t *bytes,
		     size_t size);
	void (*writable)(void *context, uint32_t channel);
	void (*closed)(void *context, uint32_t channel);
	void (*broken)(void *context, uint32_t channel);
	void (*ended)(void *context, uint32_t reason);
	void (*odd)(void *context, enum lme_oddity what);
};

/**
 * enum lme_state - of a channel
 */
enum lme_state {
	LME_FREE,
	LME_WAITING,
	LME_OPENING,
	LME_OPEN,
	LME_CLOSING,
};

/**
 * struct lme_channel - a channel
 * @state: enum lme_state
 * @abandoned: closed while it was being opened
 * @alert: AMT has opened it
 * @number: chosen here, never 0; not used again before all others were
 * @peer: chosen by AMT
 * @window: bytes that AMT still takes
 * @credit: bytes that AMT may still send
 * @owed: bytes that were consumed, and of which AMT does not know yet
 * @port: of AMT
 * @tries: how often it was opened
 * @when: not to be opened before
 * @until: when it is not waited for any longer: for AMT to be ready, to open it
 *	or to close it; 0 until lme_tick() begins that
 */
struct lme_channel {
	enum lme_state state;
	bool abandoned;
	bool alert;
	uint32_t number;
	uint32_t peer;
	uint32_t window;
	uint32_t credit;
	uint32_t owed;
	uint16_t port;
	unsigned int tries;
	uint64_t when;
	uint64_t until;
};

/**
 * struct lme - a session
 * @hooks: what it calls
 * @context: for the hooks
 * @mtu: the largest message in bytes, LME_MESSAGE_MAX at most
 * @agreed: on a version
 * @ready: AMT takes channels
 * @used: AMT has used the service
 * @dead: there is no connection, or none that is of use
 * @full_until: AMT had no place: nothing is opened before
 * @last: the last number given to a channel
 * @now: milliseconds, when it was last told
 * @channels: in no order
 * @message: room to make one in
 */
struct lme {
	const struct lme_hooks *hooks;
	void *context;
	uint32_t mtu;
	bool agreed;
	bool ready;
	bool used;
	bool dead;
	uint64_t full_until;
	uint32_t last;
	uint64_t now;
	struct lme_channel channels[LME_CHANNELS];
	uint8_t message[LME_MESSAGE_MAX];
};

/**
 * lme_init() - begin without a connection
 * @lme: set
 * @hooks: stays valid
 * @context: for the hooks
 */
void lme_init(struct lme *lme, const struct lme_hooks *hooks, void *context);

/**
 * lme_start() - there is a connection: begin the handshake
 * @lme: without a connection
 * @now: milliseconds, of a clock that never goes back
 * @mtu: the largest message, in bytes
 */
void lme_start(struct lme *lme, uint64_t now, uint32_t mtu);

/**
 * lme_lost() - the connection is gone, and all channels with it; reports each
 */
void lme_lost(struct lme *lme);

/**
 * lme_receive() - a message of AMT
 * @lme: with a connection
 * @now: milliseconds
 * @message: the message
 * @size: in bytes
 *
 * lme_tick() is next.
 */
void lme_receive(struct lme *lme, uint64_t now, const uint8_t *message,
		 size_t size);

/**
 * lme_tick() - do what is due
 * @lme: session
 * @now: milliseconds
 *
 * Return: when to call it again, LME_NEVER when nothing waits for a time
 */
uint64_t lme_tick(struct lme *lme, uint64_t now);

/**
 * lme_open() - open a channel, as soon as there is a place
 * @lme: session, ready or not
 * @port: of AMT
 *
 * Those that wait are opened in the order in which they came; without a connection
 * that gets ready, they are refused after LME_OPEN_TIMEOUT. lme_tick() is next.
 *
 * Return: its number, 0 when too many wait
 */
uint32_t lme_open(struct lme *lme, uint16_t port);

/**
 * lme_room() - how many bytes a channel takes now, in one message
 */
size_t lme_room(const struct lme *lme, uint32_t channel);

/**
 * lme_payload() - where bytes for lme_send() can be put, so that it copies nothing
 *
 * Room for LME_MESSAGE_MAX - APF_DATA_OVERHEAD bytes. They are lost with the next call
 * of anything but lme_send(), which wipes them.
 */
uint8_t *lme_payload(struct lme *lme);

/**
 * lme_send() - send bytes into a channel
 * @lme: session
 * @channel: its number
 * @bytes: what to send
 * @size: how many
 *
 * Return: how many were sent, lme_room() at most; @writable says when to go on
 */
size_t lme_send(struct lme *lme, uint32_t channel, const uint8_t *bytes,
		size_t size);

/**
 * lme_consumed() - bytes that came are where they should be: AMT may send more
 */
void lme_consumed(struct lme *lme, uint32_t channel, size_t size);

/**
 * lme_close() - close a channel: its number means nothing any more. lme_tick() is
 * next.
 */
void lme_close(struct lme *lme, uint32_t channel);

#endif /* CLI_AMT_LME_H */
