/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the self-tests share: the count of checks, a vfio-user client, a host that
 * drives the device as its specification says, and the model's knobs.
 */
#ifndef HECI_SELFTEST_H
#define HECI_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAP_SHARED
#include "../../lib/tap.h"

struct header {
	uint16_t id, command;
	uint32_t size, flags, error;
};

enum {
	VERSION = 1, DMA_MAP, DMA_UNMAP, GET_INFO, REGION_INFO, IRQ_INFO = 7,
	SET_IRQS, REGION_READ, REGION_WRITE, RESET = 13
};

#define BAR0	0
#define CONFIG	7
#define GONE	(-1)	/* instead of an errno: the connection has ended */

struct io {
	uint64_t offset;
	uint32_t region, count;
};

#define H_CB_WW		0
#define H_CSR		4
#define ME_CB_RW	8
#define ME_CSR		12
#define H_HPG		16
#define IE	1
#define IS	2
#define IG	4
#define RDY	8
#define RST	16
#define WATCHDOG	7
#define ECHO	8
#define US	3		/* our address for connections */

#define NO_ANSWER	(-2)	/* of a bus message: none is waited for */

extern const char *vfio_path, *control_path;
extern int sock;
extern uint8_t in[520];		/* the last message of await() */
extern char told[65536];	/* what the last ctl() said */

int dial(const char *path);
int send_all(const void *data, size_t len, const int *fds, int nfds);
int receive_all(void *data, size_t len);
int get_reply(void *in, size_t max);
int request_fds(int command, const void *out, size_t len, void *in, size_t max,
		const int *fds, int nfds);
int request(int command, const void *out, size_t len, void *in, size_t max);
void hello(bool version);
int raw_header(uint32_t size, uint32_t flags);
int io_read(uint32_t region, uint64_t offset, uint32_t count, void *in);
int io_write(uint32_t region, uint64_t offset, uint32_t count, const void *out,
	     size_t len);
int info(int command, uint32_t argsz, uint32_t index, size_t len);
int dma(int command, uint64_t addr, uint64_t size);
int irqs(uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
	 const int *fds, int nfds);
uint32_t get(uint32_t reg);
void set(uint32_t reg, uint32_t v);
bool wait_for(uint32_t reg, uint32_t mask, uint32_t want);
bool link_start(void);
void put(int me, int host, const void *data, int len);
int take(int *me, int *host, uint8_t *data, int ms);
int await(int me, int command, int ms);
int hbm(const void *msg, int len, int answer);
int hbm4(int a, int b, int c, int d, int answer);
void credit(int me);
bool bring_up(void);
int connect_to(int me);
bool fresh(int me);
void ping(int timeout);
void stop(void);
int answer(int ms);
bool ctl(const char *fmt, ...);
double state(const char *key);
bool says(const char *key, const char *want);

#endif
