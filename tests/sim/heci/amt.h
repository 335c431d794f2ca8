/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the AMT share: the one state behind all its clients, and
 * the ways between them. client-lme.c -> http.c -> wsman.c, and
 * client-lme.c -> relay.c for the TLS port; client-amthi.c, amt-wd.c and
 * client-mkhi.c stand beside each other.
 */
#ifndef HECI_AMT_H
#define HECI_AMT_H

#include "sim.h"

/* statuses of AMT's host interface, those that this model gives by itself */
enum {
	AMT_SUCCESS = 0,
	AMT_INTERNAL_ERROR = 1,
	AMT_NOT_READY = 2,
	AMT_INVALID_MODE = 3,
	AMT_INVALID_LENGTH = 4,
	AMT_INVALID_INDEX = 0x23,
	AMT_INVALID_PARAMETER = 0x24,
	AMT_PROPOSE_ANOTHER_VERSION = 0x29,
	AMT_RNG_IN_PROGRESS = 0x2f,
	AMT_RNG_NOT_READY = 0x30,
	AMT_CERTIFICATE_NOT_READY = 0x31,
	AMT_INVALID_HANDLE = 0x805,
	AMT_UNSUPPORTED = 0x812,
	AMT_NO_INTERFACE = 2501,
};

enum { PROVISIONING_PRE, PROVISIONING_IN, PROVISIONING_POST };
enum { CONTROL_NONE, CONTROL_CLIENT, CONTROL_ADMIN };

#define AMT_VERSIONS	50
#define AMT_HASHES	33
#define AMT_SECURITY	17
#define AMT_FEATURES	8
#define AMT_UUID	16

struct amt_version {
	char name[21], value[21];
};

struct amt_hash {
	uint32_t is_default, active, algorithm;
	uint8_t bytes[64];
	char name[65];
};

struct amt_lan {
	uint32_t present, enabled, ip, dhcp, dhcp_mode, link;
	uint8_t mac[6];
};

struct amt {
	/* the watchdog client's commands */
	uint32_t enabled, change_allowed, new_interface, tls_enforced, flag5;
	/* how requests are taken and answers given */
	uint32_t strict, ip_network_order;
	/* what AMTHI tells */
	char bios[65];
	struct amt_version versions[AMT_VERSIONS];
	uint32_t version_count;
	uint8_t uuid[AMT_UUID];		/* as on the wire */
	uint32_t mode, legacy, provisioning, control;
	struct amt_lan wired, wireless;
	struct amt_hash hashes[AMT_HASHES];
	uint32_t hash_count;
	char suffix[128], suffixes[256];	/* suffixes: apart by commas */
	uint32_t network, remote, trigger;
	char mps[128];
	uint8_t mac_dedicated[6], mac_host[6];
	uint32_t zero_touch, tls_mode, rng;
	uint32_t security[AMT_SECURITY], features[AMT_FEATURES];
	uint32_t ehbc, fqdn_shared, ddns, ddns_interval, ddns_ttl;
	char fqdn[128];
	uint32_t reset_reason, reset_time, unprovisioning, access;
	char user[33], password[33];	/* the local system account */
	uint32_t account_padding;	/* bytes after it */
	/* after host-based setup */
	char realm[64], admin_ha1[33];
	uint32_t modes_allowed;
};

extern struct amt amt;

/* amt-state.c: changes of it that more than one client can ask for */
void amt_uuid_text(char text[37]);
void amt_unprovision(void);		/* back to factory mode */
void amt_setup(const char *ha1);	/* client control mode */
uint32_t amt_start_configuration(void);	/* a status */
uint32_t amt_stop_configuration(void);
const char *amt_status_name(uint32_t status);

/* amt-wd.c: AMT's commands on the watchdog client */
bool wd_is_amt(const uint8_t *m, size_t len);
void wd_amt(struct connection *c, const uint8_t *m, size_t len);
const char *wd_describe(const uint8_t *m, size_t len);

/* client-amthi.c: knobs of its answers */
void amthi_set_status(uint32_t status, uint32_t command, long count);
void amthi_set_idle(long count);
int amthi_set_raw(uint32_t command, const uint8_t *data, size_t len);
void amthi_off(void);
unsigned long amthi_requests(void);

/* client-lme.c */
void lme_readvertise(void);		/* after its ports have changed */
uint64_t lme_due(void);
void lme_run(uint64_t now);
void lme_off(void);

/*
 * http.c: a server behind one channel. It takes what the host sends and is
 * asked for what it has to say.
 */
struct http;

struct http *http_open(void);
void http_free(struct http *h);
size_t http_take(struct http *h, const uint8_t *data, size_t len);
size_t http_give(struct http *h, uint8_t *buf, size_t max, uint64_t now);
uint64_t http_due(const struct http *h);	/* NEVER: nothing to say */
bool http_over(const struct http *h);		/* all is said: close */
void http_off(void);
void http_set_always_close(bool yes);
void http_set_chunked(bool yes);
void http_set_delay(uint64_t ns);
void http_set_cut(long count);
unsigned long http_requests(void);

/* digest.c: authentication of HTTP requests */
#define MD5_HEX	33

void md5_hex(char out[MD5_HEX], const char *fmt, ...) PRINTF(2, 3);
void digest_challenge(char *buf, size_t size, bool stale);
/* digest_check - NULL, or the user it is; stale: the nonce is not known */
const char *digest_check(const char *method, const char *header, bool *stale);

/*
 * wsman.c: an answer to a request of this user, to be freed, and its HTTP
 * status.
 */
char *wsman_answer(const char *user, const char *body, size_t len, int *status);
void wsman_set_return(uint32_t value, long count);
void wsman_set_fault(long count);
void wsman_off(void);

/* relay.c: the TLS port, passed on to a server that the user names */
#define RELAYS	8

int relay_set_server(const char *where);	/* PATH, PORT or HOST:PORT */
const char *relay_server(void);
int relay_open(void);			/* a socket, or -1 */

/* client-lme.c's relays, for the main loop to poll */
int lme_poll_fd(unsigned int i, short *events);
void lme_poll_event(unsigned int i);

#endif
