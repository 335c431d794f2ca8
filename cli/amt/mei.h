/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to and from a client of the management engine, over /dev/meiN. Knows
 * which engine is meant and what an errno means; knows no client's messages.
 * Nothing here waits without a bound.
 */
#ifndef CLI_AMT_MEI_H
#define CLI_AMT_MEI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * enum mei_problem - why there is no connection or no answer
 * @MEI_GOOD: there is
 * @MEI_NO_ENGINE: the machine has no management engine, or hides it
 * @MEI_NO_DRIVER: it has one, and no driver has taken it
 * @MEI_NO_NODE: a driver has, and there is no node in /dev
 * @MEI_ONLY_GPU: the only engine is that of a graphics card
 * @MEI_NO_CLIENT: the engine does not offer the client
 * @MEI_DISABLED: it does, and answers with nothing
 * @MEI_NO_PERMISSION: the node may not be opened
 * @MEI_BUSY: others hold the client
 * @MEI_RESETTING: the engine is being reset
 * @MEI_NOT_TAKEN: the engine did not take a message in time: it was not sent
 * @MEI_NO_ANSWER: no answer came in time
 * @MEI_LOST: the connection broke after a request had been sent
 * @MEI_BAD_ANSWER: what came can't be an answer
 * @MEI_FAILED: another failure, see @error of struct mei
 */
enum mei_problem {
	MEI_GOOD,
	MEI_NO_ENGINE,
	MEI_NO_DRIVER,
	MEI_NO_NODE,
	MEI_ONLY_GPU,
	MEI_NO_CLIENT,
	MEI_DISABLED,
	MEI_NO_PERMISSION,
	MEI_BUSY,
	MEI_RESETTING,
	MEI_NOT_TAKEN,
	MEI_NO_ANSWER,
	MEI_LOST,
	MEI_BAD_ANSWER,
	MEI_FAILED,
};

/**
 * struct mei - a connection to a client
 * @fd: -1 without one
 * @uuid: the client that was wanted, of mei_open()'s caller; NULL without
 * @path: node of the engine, or of the one that the problem is with; NULL without
 * @pci: the engine on the PCI bus that has no driver, else NULL
 * @driver_loaded: the driver is there and has not taken it
 * @error: errno of the last problem, 0 when there was none
 * @protocol: version of the client's protocol
 * @mtu: the largest message, in bytes
 * @message: @mtu bytes: the last message that came
 */
struct mei {
	int fd;
	const uint8_t *uuid;
	char *path;
	char *pci;
	bool driver_loaded;
	int error;
	uint8_t protocol;
	uint32_t mtu;
	uint8_t *message;
};

/**
 * mei_open() - connect to a client, of whichever engine has it
 * @mei: set; mei_close() it in any case
 * @uuid: the client, in the order of bytes that the kernel wants; stays valid
 *
 * Tries again for two seconds while others hold the client or the engine is being
 * reset. The kernel bounds one connection to 15 seconds; after one that took ten,
 * none is tried again. Engines of graphics cards are not asked.
 */
enum mei_problem mei_open(struct mei *mei, const uint8_t *uuid);

/**
 * mei_exchange() - send a request and wait for the message that answers it
 * @mei: connected
 * @request: the message
 * @size: its size in bytes
 * @timeout: milliseconds for both together
 * @got: set to the size of what came, in @message; 0 is no error here
 *
 * After a problem the connection is of no use any more.
 */
enum mei_problem mei_exchange(struct mei *mei, const void *request, size_t size,
			      unsigned int timeout, size_t *got);

/**
 * mei_send() - send a message that is not answered by the next that comes
 * @mei: connected
 * @message: the message
 * @size: its size in bytes
 * @timeout: milliseconds
 */
enum mei_problem mei_send(struct mei *mei, const void *message, size_t size,
			  unsigned int timeout);

/**
 * mei_receive() - take a message, into @message of struct mei
 * @mei: connected
 * @timeout: milliseconds to wait for one, 0 to take what is there
 * @got: set to its size in bytes
 *
 * Return: MEI_NO_ANSWER when none came; the connection stays of use then
 */
enum mei_problem mei_receive(struct mei *mei, unsigned int timeout,
			     size_t *got);

/**
 * mei_close() - end the connection, and forget
 */
void mei_close(struct mei *mei);

/**
 * struct mei_engine - what the kernel says of an engine
 * @name: as in /dev and /sys/class/mei
 * @kind: "mei" or another kind of engine; NULL when it is not known
 * @driver: NULL when it is not known
 * @state: NULL when it is not known
 * @firmware: version of the engine's firmware, NULL when it is not known
 */
struct mei_engine {
	char *name;
	char *kind;
	char *driver;
	char *state;
	char *firmware;
};

/**
 * mei_engine_read() - read what the kernel says of an engine
 * @path: of its node
 * @engine: set; mei_engine_free() it
 */
void mei_engine_read(const char *path, struct mei_engine *engine);
void mei_engine_free(struct mei_engine *engine);

#endif /* CLI_AMT_MEI_H */
