/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of AMT's port forwarding (APF), which is close to SSH's connection
 * protocol (RFC 4254). Both directions, pure: no I/O, no allocation. One table
 * describes each message, for parsing and for building.
 */
#ifndef CLI_AMT_APF_H
#define CLI_AMT_APF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* the MEI client (LME), in the order of bytes that the kernel wants */
extern const uint8_t apf_uuid[16];

#define APF_SERVICE_FORWARD "pfwd@amt.intel.com"
#define APF_SERVICE_AUTH    "auth@amt.intel.com"
#define APF_FORWARD	    "tcpip-forward"
#define APF_CANCEL_FORWARD  "cancel-tcpip-forward"
#define APF_UDP_SEND	    "udp-send-to@amt.intel.com"
#define APF_CHANNEL_TO_AMT  "forwarded-tcpip"
#define APF_CHANNEL_TO_HOST "direct-tcpip"

/* bytes of CHANNEL_DATA before the data */
#define APF_DATA_OVERHEAD 9

enum apf_type {
	APF_DISCONNECT = 1,
	APF_SERVICE_REQUEST = 5,
	APF_SERVICE_ACCEPT = 6,
	APF_USERAUTH_REQUEST = 50,
	APF_USERAUTH_FAILURE = 51,
	APF_USERAUTH_SUCCESS = 52,
	APF_GLOBAL_REQUEST = 80,
	APF_REQUEST_SUCCESS = 81,
	APF_REQUEST_FAILURE = 82,
	APF_CHANNEL_OPEN = 90,
	APF_CHANNEL_OPEN_CONFIRMATION = 91,
	APF_CHANNEL_OPEN_FAILURE = 92,
	APF_CHANNEL_WINDOW_ADJUST = 93,
	APF_CHANNEL_DATA = 94,
	APF_CHANNEL_CLOSE = 97,
	APF_PROTOCOLVERSION = 192,
	APF_KEEPALIVE_REQUEST = 208,
	APF_KEEPALIVE_REPLY = 209,
	APF_KEEPALIVE_OPTIONS_REQUEST = 210,
	APF_KEEPALIVE_OPTIONS_REPLY = 211,
};

/* why a connection ends, and why a channel is not opened (RFC 4253, 4254) */
#define APF_PROTOCOL_ERROR	  2U
#define APF_SERVICE_NOT_AVAILABLE 7U
#define APF_VERSION_NOT_SUPPORTED 8U
#define APF_PROHIBITED		  1U
#define APF_CONNECT_FAILED	  2U
#define APF_RESOURCE_SHORTAGE	  4U

/* who began: the local management engine */
#define APF_TRIGGER_LME 254U

/**
 * struct apf_string - bytes that are not terminated
 * @bytes: in the message
 * @size: of them
 */
struct apf_string {
	const uint8_t *bytes;
	uint32_t size;
};

/**
 * struct apf_message - a message
 * @type: enum apf_type
 * @name: of a service, a global request, a kind of channel, a user, or methods
 * @recipient: channel, by the number that its receiver chose
 * @sender: channel, by the number that its sender chose
 * @window: bytes that may be sent, or may be sent more
 * @maximum: bytes of a message
 * @reason: of a failure or an end; cookie of a keepalive; interval of its options
 * @major: version
 * @minor: version; timeout of a keepalive's options
 * @trigger: who began
 * @want_reply: a global request is to be answered
 * @address: connected, forwarded or destination
 * @port: of @address; bound, in REQUEST_SUCCESS
 * @origin: address of who connects, or source
 * @origin_port: of @origin
 * @data: of a channel, or of UDP
 */
struct apf_message {
	uint8_t type;
	struct apf_string name;
	uint32_t recipient;
	uint32_t sender;
	uint32_t window;
	uint32_t maximum;
	uint32_t reason;
	uint32_t major;
	uint32_t minor;
	uint32_t trigger;
	uint8_t want_reply;
	struct apf_string address;
	uint32_t port;
	struct apf_string origin;
	uint32_t origin_port;
	struct apf_string data;
};

/**
 * enum apf_fault - what is wrong with a message
 * @APF_GOOD: nothing
 * @APF_EMPTY: it has no bytes
 * @APF_UNKNOWN: its type is not known
 * @APF_SHORT: it ends before its last field
 */
enum apf_fault {
	APF_GOOD,
	APF_EMPTY,
	APF_UNKNOWN,
	APF_SHORT,
};

/**
 * apf_decode() - take a message apart
 * @bytes: the message
 * @size: in bytes
 * @message: set; strings lead into @bytes
 *
 * What follows the last field is not looked at: later firmware may have more. Of a
 * global request that is not known, only the name is taken. Of a message that is too
 * short, @want_reply and @recipient are set when they were there, and 0 when not;
 * nothing else may be used.
 *
 * Return: enum apf_fault
 */
enum apf_fault apf_decode(const uint8_t *bytes, size_t size,
			  struct apf_message *message);

/**
 * apf_encode() - make a message
 * @message: its type is known
 * @to: where it goes; data of a channel may be there already, APF_DATA_OVERHEAD bytes on
 * @room: bytes there
 *
 * Return: its size in bytes, 0 when there is no room
 */
size_t apf_encode(const struct apf_message *message, uint8_t *to, size_t room);

/**
 * apf_is() - is a string this one
 */
bool apf_is(const struct apf_string *string, const char *text);

/**
 * apf_string() - a string of a terminated one, which it leads to
 */
struct apf_string apf_string(const char *text);

#endif /* CLI_AMT_APF_H */
