/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the HECI model share. One process is one device: each
 * file keeps its own part of it. From the host down to a firmware client:
 * vfio-user.c -> pci.c -> heci.c -> hbm.c -> client-*.c, and answers go back.
 * Uses nothing of the project's product, on purpose.
 */
#ifndef HECI_SIM_H
#define HECI_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define NEVER		UINT64_MAX
#define MS		1000000ull	/* ns */
#define SECOND		1000000000ull
#define FOREVER		-1L		/* a fault's count: until it is off */

#define PRINTF(f, a)	__attribute__((format(printf, f, a)))

/* little-endian numbers in messages */
static inline uint16_t get16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = v;
	p[1] = v >> 8;
}

static inline uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

/*
 * clock.c: the host's monotonic clock, and the firmware's, which runs as many
 * times faster, as set. Nanoseconds.
 */
uint64_t now_ns(void);
uint64_t fw_ns(void);
uint64_t fw_due(uint64_t fw);		/* when the firmware's clock shows fw */
double fw_factor(void);
void fw_set_factor(double factor);

/* log.c: one line for each message and event, with both clocks */
int log_open(const char *path);
void note(const char *fmt, ...) PRINTF(1, 2);
void log_message(const char *dir, const uint8_t *data, size_t len,
		 const char *fmt, ...) PRINTF(4, 5);
#define LOG_HISTORY	200		/* lines that are kept */
void log_history(FILE *f, unsigned long lines);	/* the last ones */

/* vfio-user.c: the server for QEMU */
int vfio_listen(const char *path);
int vfio_accept(int listener);		/* a connected socket or -1 */
int vfio_receive(void);			/* 0, or -1: the client is gone */
void vfio_close(void);
bool vfio_connected(void);
bool dma_mapped(uint64_t addr, uint64_t size);

/* pci.c: configuration space and interrupts */
#define PCI_CONFIG_SIZE		256
#define PCI_BAR0_SIZE		4096

void pci_init(uint16_t device, bool d0i3);
void pci_read(uint32_t offset, uint8_t *data, uint32_t count);
void pci_write(uint32_t offset, const uint8_t *data, uint32_t count);
void pci_reset(void);
void pci_set_gone(bool gone);
bool pci_gone(void);
void irq_set_level(bool level);
void irq_set_eventfd(bool msi, int fd);		/* takes the descriptor */
void irq_set_mask(bool masked);			/* INTx only */
void irq_trigger(bool msi);
const char *irq_mode(void);
unsigned long irq_count(void);

/* heci.c: registers, circular buffers, link reset, power gating */
struct heci_config {
	uint8_t depth;			/* slots of each buffer */
	bool legacy_pg;
	bool d0i3;
};

void heci_init(const struct heci_config *config);
void heci_bar_read(uint32_t offset, uint8_t *data, uint32_t count);
void heci_bar_write(uint32_t offset, const uint8_t *data, uint32_t count);
void heci_power_on(void);
void heci_send(uint8_t me, uint8_t host, const uint8_t *data, size_t len);
void heci_send_part(uint8_t me, uint8_t host, const uint8_t *data, size_t len);
void heci_link_reset(const char *why);
void heci_die(long after);		/* after so many link resets more */
void heci_revive(void);
void heci_set_slow(uint64_t ns);
void heci_set_reset_time(uint64_t ns);
bool heci_dead(void);
bool heci_link_up(void);
const char *heci_power_state(void);
unsigned long heci_resets(void);
unsigned long heci_overflows(void);
void heci_pg_isolated(bool entering);	/* from the bus protocol */
uint64_t heci_due(void);
void heci_run(uint64_t now);

/* faults.c: what goes wrong with a client, and how often more */
struct client;

enum corruption {
	CORRUPT_BYTE,
	CORRUPT_RANDOM,
};

struct faults {
	long drop, truncate, corrupt, duplicate, delay;	/* answers */
	long disconnect;		/* answers that end half-way */
	long refuse, refuse_notify, withhold;
	size_t truncate_to;
	enum corruption corrupt_how;
	uint16_t corrupt_at;
	uint8_t corrupt_value;
	uint64_t delay_ns;
	uint64_t pace, next;		/* ns between answers; when one may go */
	uint8_t refuse_status, refuse_notify_status;
	unsigned long applied;
};

bool take_one(long *count);		/* is there one more? counts it down */
void faults_clear(struct faults *f);
void faults_print(FILE *f, struct client *cl);
/* changes an answer; returns how often it is sent */
unsigned int faults_apply(struct client *cl, uint8_t host, uint8_t *buf,
			  size_t *len, uint64_t *due);

/* hbm.c: the bus protocol, connections and credits */
#define CLIENT_MESSAGE_MAX	8192

struct connection;

/* a byte of an answer that can be corrupted by its name */
struct field {
	const char *name;
	uint16_t at;
	uint8_t value;			/* when none is given */
};

struct client {
	const char *name;
	uint8_t uuid[16];		/* as on the wire */
	uint8_t me_addr;
	uint8_t version;		/* announced with the next properties */
	uint8_t max_connections;
	uint32_t max_message;
	void (*message)(struct connection *c, const uint8_t *data, size_t len);
	const char *(*describe)(const uint8_t *data, size_t len);
	void (*connected)(struct connection *c);	/* can be NULL */
	void (*closed)(struct connection *c);		/* can be NULL */
	const struct field *fields;	/* ends with a name that is NULL */
	bool fixed;			/* no connections, no credits */

	bool absent;			/* not enumerated */
	bool known;			/* the host has its properties */
	uint8_t told_version;
	struct faults faults;
};

extern struct client watchdog_client, echo_client, amthi_client, mkhi_client,
	mkhi_fixed_client, lme_client;

struct client *client_by_name(const char *name);
struct client *client_at(unsigned int i);	/* NULL after the last */
void client_answer(struct connection *c, const uint8_t *data, size_t len);
unsigned int client_connections(const struct client *cl);
unsigned int client_pending(const struct connection *c);
void client_disconnect(struct connection *c);
bool client_notify(struct client *cl);
void client_unsolicited(struct client *cl, const uint8_t *data, size_t len);
int client_remove(struct client *cl, bool reset);
int client_add(struct client *cl);
unsigned int client_grant(struct client *cl);	/* credits held back */
void client_print(const struct client *cl,
		  void (*print)(void *arg, const char *fmt, ...), void *arg);

void hbm_set_version(uint8_t major, uint8_t minor);
void hbm_set_mute(bool on);
void hbm_link_lost(void);
void hbm_host_gone(void);
void hbm_receive(uint8_t me, uint8_t host, bool complete, const uint8_t *data,
		 size_t len);
void hbm_request_pg_exit(void);
void hbm_violation(const char *fmt, ...) PRINTF(1, 2);
const char *hbm_state(void);
unsigned long hbm_violations(void);
uint64_t hbm_due(void);
void hbm_run(uint64_t now);

/* client-watchdog.c */
struct watchdog_counters {
	unsigned long starts, pings, stops, expiries, bad, answers;
};

enum stop_answer {
	STOP_ANSWER_EMPTY,
	STOP_ANSWER_FULL,
	STOP_ANSWER_NONE,
};

void watchdog_set_required(bool required);
bool watchdog_required(void);
void watchdog_set_stop_answer(enum stop_answer how);
void watchdog_reset_at_ping(long count);
void watchdog_disarm(const char *why);
bool watchdog_armed(void);
unsigned int watchdog_timeout(void);
double watchdog_left(void);		/* seconds of the firmware's clock */
const struct watchdog_counters *watchdog_counters(void);
size_t watchdog_make_answer(uint8_t *buf);
uint64_t watchdog_due(void);
void watchdog_run(uint64_t now);

/* control.c: text lines on a socket */
#define CONTROL_CLIENTS		8

int control_listen(const char *path);
void control_accept(int listener);
int control_fd(unsigned int i);		/* -1: none */
void control_receive(unsigned int i);
int control_do(const char *line);	/* a command line of --do */
int control_client(int argc, char **argv);
void control_help(void);

/* main.c */
int listen_unix(const char *path);

#endif
