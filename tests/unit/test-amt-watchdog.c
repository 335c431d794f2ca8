// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * module/amt/watchdog: what its thread does step by step, at moments that a guest
 * meets by luck only, as the client that comes back before the machine is awake.
 */
#include "cmocka-all.h"

#include <stdlib.h>

#include "module/amt/watchdog.c"

#define HEARTBEAT_BYTES 23 /* DSP0136 5.1.4.1; a stop has 4 */

char fake_said[256];
unsigned long jiffies;
ktime_t fake_ns;
struct device *fake_devices[4];
int fake_registered;
int fake_left;
int system_state;
int fake_kept;

const struct attribute_group *pfru_watchdog_groups[1];

static struct mei_cl_device client = { .version = 2 };
static int registrations;
static int starts;
static int stops;
static bool connected;
static enum { SILENT, REQUIRED, NOT_REQUIRED, REFUSING, BUSY, MODES } firmware;
static bool armed; /* the firmware is */
static bool asked; /* it has said once that it requires the watchdog */
static bool owing; /* an answer, of a firmware that was silent */
static int refusal; /* of connections, or 0 */
static int attempts; /* at connections */
static bool
	bus_silent; /* the firmware ends a connection, or makes one, in 15 s */
static void (*meanwhile)(void); /* what then happens, once */
static unsigned long heard; /* the last start, in jiffies */

int watchdog_register_device(struct watchdog_device *wdd)
{
	assert_ptr_equal(wdd, &amt.wdd);
	registrations++;
	return 0;
}

void pfru_link_init(struct pfru_link *link, struct mei_cl_device *cldev,
		    void (*on_received)(const u8 *bytes, ssize_t length),
		    void (*on_notified)(void))
{
	memset(link, 0, sizeof(*link));
	link->cldev = cldev;
	link->received = on_received;
	link->notified = on_notified;
}

static bool in_thread;
static bool racing; /* others act while the thread is in the MEI driver */
static bool sleeps;
static bool open;

/* what other tasks can do at any moment */
static void others(void)
{
	switch (racing ? rand() % 16 : 16) {
	case 0:
		if (!amt.registered)
			break;
		open = true;
		amt_start(&amt.wdd);
		break;
	case 1:
		if (open)
			amt_ping(&amt.wdd);
		break;
	case 2:
		open = false;
		amt_stop(&amt.wdd);
		break;
	case 3:
		sleeps = !sleeps;
		sleeping(&sleep_notifier,
			 sleeps ? PM_SUSPEND_PREPARE : PM_POST_SUSPEND, NULL);
		break;
	case 4:
		amt_remove(&client);
		break;
	case 5:
		connected = false;
		break;
	case 6:
		amt.link.notified();
	}
}

/* the thread waits in the MEI driver for firmware that is silent on the bus */
static void wait_in_driver(void)
{
	void (*event)(void) = meanwhile;

	if (!bus_silent)
		return;
	meanwhile = NULL;
	jiffies += 15 * HZ;
	if (event)
		event();
}

int pfru_link_connect(struct pfru_link *link)
{
	others();
	attempts++;
	wait_in_driver();
	link->notifies = false;
	owing = false;
	connected = !refusal;
	return refusal;
}

void pfru_link_disconnect(struct pfru_link *link)
{
	if (connected)
		wait_in_driver();
	link->notifies = false;
	connected = false;
	owing = false;
}

bool pfru_link_is_up(struct pfru_link *link)
{
	(void)link;
	return connected;
}

void pfru_link_subscribe(struct pfru_link *link)
{
	if (link->notifies)
		return;
	link->notifies = true;
	link->notified();
}

static void answer(struct pfru_link *link)
{
	u8 bytes[] = { 0x02,
		       0x04,
		       0x83,
		       0x10,
		       firmware == REFUSING,
		       firmware == NOT_REQUIRED };

	owing = false;
	armed &= firmware != NOT_REQUIRED;
	asked |= !bytes[4] && !bytes[5];
	link->received(bytes, sizeof(bytes));
}

ssize_t pfru_link_send(struct pfru_link *link, const u8 *bytes, size_t length)
{
	assert_int_equal(bytes[0], 0x02);
	others();
	if (firmware == BUSY)
		return -ETIME;
	if (length != HEARTBEAT_BYTES) {
		armed = false;
		stops++;
		return length;
	}
	starts++;
	heard = jiffies;
	armed = firmware == REQUIRED || firmware == SILENT;
	if (client.version == 1) {
		armed = true;
		return length;
	}
	owing = true;
	if (firmware != SILENT)
		answer(link);
	others();
	return length;
}

/* the thread, until there is nothing to do for so many jiffies */
static long run(void)
{
	long wait = 0;
	int i;

	if (in_thread)
		return 0;
	in_thread = true;
	for (i = 0; i < 100 && !wait; i++) {
		if (amt.leaving)
			let_go();
		wait = amt.bound ? step() : MAX_SCHEDULE_TIMEOUT;
		if (!wait)
			continue;
		end_stopping();
		if (is_woken())
			wait = 0;
	}
	in_thread = false;
	assert_in_range(i, 0, 99);
	assert_false(amt.lock.held);
	return wait;
}

void fake_run(void)
{
	run();
}

static void advance(long ms)
{
	jiffies += ms;
	fake_ns += ms * 1000000ll;
}

/* for a stop: until the thread has something to do again, or the stop is over */
long fake_wait(long ms)
{
	long some;

	if (in_thread) {
		advance(ms);
		return ms;
	}
	some = run();
	if (!amt.stopping)
		return ms;
	some = min(some, ms);
	advance(some);
	return some;
}

static void pass(long ms)
{
	long wait, some;

	while (ms > 0) {
		wait = run();
		some = min(wait, ms);
		advance(some);
		ms -= some;
	}
	run();
}

static void load(int says)
{
	static const struct amt fresh;

	amt = fresh;
	describe();
	jiffies = 1000000;
	registrations = 0;
	starts = 0;
	stops = 0;
	connected = false;
	armed = false;
	asked = false;
	refusal = 0;
	firmware = says;
	assert_int_equal(amt_probe(&client, NULL), 0);
	fake_run();
}

static void client_goes(void)
{
	amt_remove(&client);
	assert_false(amt.bound);
}

static void client_comes(void)
{
	assert_int_equal(amt_probe(&client, NULL), 0);
	fake_run();
}

static void machine(unsigned long event)
{
	sleeping(&sleep_notifier, event, NULL);
	fake_run();
}

static const char *shown_state(void)
{
	struct pfru_watchdog_status status;

	pfru_watchdog_look(&status);
	return status.state;
}

static void test_required(void **state)
{
	(void)state;
	load(REQUIRED);
	assert_int_equal(registrations, 1);
	assert_int_equal(starts, 1);
	assert_int_equal(stops, 1);
	assert_string_equal(shown_state(), "idle");
}

static void test_not_required(void **state)
{
	(void)state;
	load(NOT_REQUIRED);
	assert_int_equal(registrations, 0);
	assert_string_equal(shown_state(), "not-required");
	firmware = REQUIRED;
	amt.link.notified();
	fake_run();
	assert_int_equal(registrations, 1);
}

/* each sleep removes the client, and a new one is there before PM_POST_SUSPEND */
static void test_not_required_over_sleep(void **state)
{
	(void)state;
	load(NOT_REQUIRED);
	machine(PM_SUSPEND_PREPARE);
	client_goes();
	starts = 0;
	client_comes();
	assert_int_equal(registrations, 0);
	assert_int_equal(starts, 0);
	machine(PM_POST_SUSPEND);
	assert_int_equal(starts, 1);
	assert_int_equal(registrations, 0);
	assert_string_equal(shown_state(), "not-required");
}

static void test_required_over_sleep(void **state)
{
	(void)state;
	load(SILENT);
	assert_int_equal(starts, 1);
	machine(PM_SUSPEND_PREPARE);
	assert_int_equal(stops, 1);
	assert_int_equal(registrations, 0);
	firmware = REQUIRED;
	pass(100000);
	assert_int_equal(registrations, 0);
	machine(PM_POST_SUSPEND);
	assert_int_equal(registrations, 1);
}

/* firmware that comes up late gets its watchdog, and was not asked without a pause */
static void test_late_firmware(void **state)
{
	static const int says[] = { SILENT, BUSY, REFUSING };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		load(says[i]);
		pass(10000000);
		assert_int_equal(registrations, 0);
		assert_in_range(starts, 0, 10000 / 30);
		firmware = REQUIRED;
		pass(120000);
		assert_int_equal(registrations, 1);
		assert_false(armed);
		assert_string_equal(shown_state(), "idle");
	}
}

/* version 1 does not say whether it is required */
static void test_version_1(void **state)
{
	(void)state;
	client.version = 1;
	load(SILENT);
	client.version = 2;
	assert_int_equal(registrations, 1);
	assert_int_equal(starts, 0);
}

static void test_nowayout_as_the_client_goes(void **state)
{
	(void)state;
	load(REQUIRED);
	set_bit(WDOG_NO_WAY_OUT, &amt.wdd.status);
	amt_start(&amt.wdd);
	fake_run();
	assert_string_equal(shown_state(), "running");
	stops = 0;
	client_goes();
	assert_int_equal(stops, 0);
	client_comes();
	assert_string_equal(shown_state(), "running");
}

/* the stop before a sleep could not be sent: removing the client is the last chance */
static void test_nowayout_asleep(void **state)
{
	(void)state;
	load(REQUIRED);
	set_bit(WDOG_NO_WAY_OUT, &amt.wdd.status);
	amt_start(&amt.wdd);
	fake_run();
	stops = 0;
	amt.asleep = true;
	client_goes();
	assert_int_equal(stops, 1);
}

/* no other client comes when the machine powers off, and AMT goes on without it */
static void test_nowayout_at_power_off(void **state)
{
	(void)state;
	load(REQUIRED);
	set_bit(WDOG_NO_WAY_OUT, &amt.wdd.status);
	amt_start(&amt.wdd);
	fake_run();
	stops = 0;
	fake_said[0] = '\0';
	system_state = SYSTEM_POWER_OFF;
	client_goes();
	system_state = SYSTEM_RUNNING;
	assert_int_equal(stops, 1);
	assert_false(armed);
	assert_null(strstr(fake_said, "started again"));
}

/* a heartbeat without an answer is sent again 1.5 s later, wherever jiffies wrap */
static void test_again_as_jiffies_wrap(void **state)
{
	(void)state;
	load(REQUIRED);
	for (long left = 0; left < 5000; left += 100) {
		jiffies = -left;
		amt_stop(&amt.wdd);
		firmware = SILENT;
		amt_start(&amt.wdd);
		fake_run();
		assert_true(amt.awaiting);
		assert_int_equal(step(), AGAIN_MS);
		firmware = REQUIRED;
		pass(AGAIN_MS);
		assert_string_equal(shown_state(), "running");
	}
}

/* the answer that a lost connection owed does not count against the next one */
/* which takes 25 to 100 days on a 32-bit kernel, by the length of its jiffies */
static void test_lost_as_jiffies_wrap(void **state)
{
	(void)state;
	load(REQUIRED);
	amt_start(&amt.wdd);
	fake_run();
	jiffies += ULONG_MAX / 2 + 2 * HZ;
	connected = false;
	armed = false;
	amt_ping(&amt.wdd);
	pass(HZ);
	assert_true(connected);
	assert_true(armed);
}

static void test_reconnected(void **state)
{
	(void)state;
	load(REQUIRED);
	amt_start(&amt.wdd);
	fake_run();
	firmware = SILENT;
	amt_ping(&amt.wdd);
	pass(3100);
	assert_true(amt.awaiting);
	connected = false;
	firmware = REQUIRED;
	amt_ping(&amt.wdd);
	fake_run();
	assert_string_equal(shown_state(), "running");
	pass(5000);
	assert_int_equal(amt.count.timeouts, 0);
	assert_int_equal(amt.count.connections, 2);
}

/* whenever silent firmware answers again, it is fed within 2 s */
static void test_silence(void **state)
{
	long ms;

	(void)state;
	for (ms = 0; ms < 20000; ms += 50) {
		load(REQUIRED);
		firmware = SILENT;
		amt_start(&amt.wdd);
		pass(ms);
		firmware = REQUIRED;
		pass(2000);
		assert_string_equal(shown_state(), "running");
	}
}

/* the log names the reason, in terms of what has failed */
static void test_refused_connection(void **state)
{
	static const struct {
		int error;
		const char *text;
	} cases[] = {
		{ -EBUSY, "connecting fails: another program is connected" },
		{ -ENOTTY,
		  "connecting fails: the firmware has no such client" },
		{ -EFAULT, "connecting fails: the firmware has not answered" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		load(REQUIRED);
		client_goes();
		refusal = cases[i].error;
		client_comes();
		assert_non_null(strstr(fake_said, cases[i].text));
		assert_string_equal(shown_state(), "no-connection");
	}
}

/* firmware that has shown the client, and once does not find it, is asked again */
static void test_client_not_found(void **state)
{
	(void)state;
	load(REQUIRED);
	amt_start(&amt.wdd);
	client_goes();
	refusal = -ENOTTY;
	client_comes();
	pass(600000);
	assert_string_equal(shown_state(), "no-connection");
	attempts = 0;
	pass(600000);
	assert_in_range(attempts, 37, 38); /* every 16 s in the end */
	refusal = 0;
	pass(16000);
	assert_string_equal(shown_state(), "running");
}

/* the log says what works, not what failed before */
static void test_words(void **state)
{
	(void)state;
	load(REQUIRED);
	amt_start(&amt.wdd);
	fake_run();
	firmware = BUSY;
	amt_stop(&amt.wdd);
	assert_non_null(strstr(fake_said, "stopping it fails"));
	firmware = REQUIRED;
	amt_start(&amt.wdd);
	pass(1000);
	assert_non_null(strstr(fake_said, "a heartbeat works again"));

	/* trouble that a stop has ended is news when it comes again */
	firmware = REFUSING;
	amt_ping(&amt.wdd);
	pass(1000);
	assert_non_null(strstr(fake_said, "a heartbeat fails"));
	amt_stop(&amt.wdd);
	assert_non_null(strstr(fake_said, "stopping it works again"));
	amt_start(&amt.wdd);
	fake_run();
	assert_non_null(strstr(fake_said, "a heartbeat fails"));

	/* but not each question whether AMT requires it, which a stop follows */
	load(REFUSING);
	assert_non_null(strstr(fake_said, "a heartbeat fails"));
	fake_said[0] = '\0';
	pass(600000);
	assert_string_equal(fake_said, "");
}

static bool removed_in_time;

static void goes_down(void)
{
	unsigned long begin = jiffies;

	system_state = SYSTEM_POWER_OFF;
	amt_remove(&client);
	removed_in_time = jiffies - begin <= (amt.wanted ? STOP_MS : DOWN_MS);
	/* now the MEI driver ends the call that the thread is in */
	refusal = -EFAULT;
}

static void is_stopped_and_goes_down(void)
{
	unsigned long begin = jiffies;

	amt_stop(&amt.wdd);
	goes_down();
	removed_in_time &= jiffies - begin <= 5000;
}

/* a reboot waits for no call of the MEI driver, which keeps what it uses */
static void test_reboot_while_connecting(void **state)
{
	void (*const cases[])(void) = { goes_down, is_stopped_and_goes_down };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		load(REQUIRED);
		fake_kept = 0;
		amt_start(&amt.wdd);
		fake_run();
		connected = false;
		jiffies += HZ;
		bus_silent = true;
		meanwhile = cases[i];
		removed_in_time = false;
		fake_run();
		bus_silent = false;
		assert_true(removed_in_time);
		assert_int_equal(fake_kept, 1);
		assert_false(amt.bound);
		system_state = SYSTEM_RUNNING;
	}

	/* nothing is kept where the thread lets go */
	load(REQUIRED);
	fake_kept = 0;
	client_goes();
	assert_int_equal(fake_kept, 0);
	system_state = SYSTEM_SUSPEND;
	load(REQUIRED);
	client_goes();
	assert_int_equal(fake_kept, 0);
	system_state = SYSTEM_RUNNING;
}

static void is_removed(void)
{
	amt_remove(&client);
}

/* a client that goes while a connection is ended is not connected again first */
static void test_removed_while_disconnecting(void **state)
{
	(void)state;
	load(REQUIRED);
	firmware = SILENT;
	amt_start(&amt.wdd);
	attempts = 0;
	bus_silent = true;
	meanwhile = is_removed;
	pass(ANSWER_MS);
	bus_silent = false;
	assert_null(meanwhile);
	assert_int_equal(attempts, 0);
	assert_false(amt.bound);
}

/* no time is left of a watchdog that AMT is not known to run */
static void test_time_left(void **state)
{
	(void)state;
	load(REQUIRED);
	assert_int_equal(amt_get_timeleft(&amt.wdd), 0);
	firmware = SILENT;
	amt_start(&amt.wdd);
	assert_int_equal(amt_get_timeleft(&amt.wdd), 120);
	pass(5000);
	assert_string_equal(shown_state(), "no-answer");
	assert_int_equal(amt_get_timeleft(&amt.wdd), 0);
	client_goes();
	assert_int_equal(amt_get_timeleft(&amt.wdd), 0);
	firmware = REQUIRED;
	client_comes();
	assert_int_equal(amt_get_timeleft(&amt.wdd), 120);
	pass(50000);
	connected = false; /* so that it is not stopped */
	client_goes();
	assert_int_equal(amt_get_timeleft(&amt.wdd), 70);
}

/* a stop waits for a connection that is made again soon; AMT may reboot after it */
static void test_stop_while_connecting(void **state)
{
	(void)state;
	load(REQUIRED);
	amt_start(&amt.wdd);
	fake_run();
	connected =
		false; /* so soon after it was made that it has to wait a second */
	amt_stop(&amt.wdd);
	assert_false(armed);
	assert_in_range(jiffies, 1000000, 1000000 + HZ);

	/* but not for one that is refused, nor for a client that may never come */
	amt_start(&amt.wdd);
	fake_run();
	assert_true(armed);
	connected = false;
	refusal = -EBUSY;
	jiffies += HZ;
	amt_stop(&amt.wdd);
	assert_true(armed);
	assert_in_range(jiffies, 1000000 + HZ, 1000000 + 2 * HZ + 100);
}

/* a message that is too long counts, a connection that is gone does not */
static void test_failed_receive(void **state)
{
	static const u8 bytes[PFRU_LINK_ANSWER];

	(void)state;
	load(REQUIRED);
	amt.link.received(bytes, -ENODEV);
	amt.link.received(bytes, -ENOMEM);
	assert_int_equal(amt.count.malformed, 0);
	amt.link.received(bytes, -EMSGSIZE);
	assert_int_equal(amt.count.malformed, 1);
}

static void anything(void)
{
	switch (rand() % 12) {
	case 0:
		if (!amt.registered)
			break;
		open = true;
		amt_start(&amt.wdd);
		break;
	case 1:
	case 2:
		if (open)
			amt_ping(&amt.wdd);
		break;
	case 3:
		open = false;
		amt_stop(&amt.wdd);
		break;
	case 4:
		sleeps = !sleeps;
		machine(sleeps ? PM_SUSPEND_PREPARE : PM_POST_SUSPEND);
		break;
	case 5:
	case 6:
		if (amt.bound)
			client_goes();
		else
			assert_int_equal(amt_probe(&client, NULL), 0);
		break;
	case 7:
	case 8:
		firmware = rand() % MODES;
		break;
	case 9:
		if (amt.bound && connected && owing)
			answer(&amt.link);
		break;
	case 10:
		if (amt.bound && connected && amt.link.notifies)
			amt.link.notified();
		break;
	case 11:
		if (rand() % 2)
			pfru_link_disconnect(&amt.link);
		refusal = rand() % 3 ? 0 : -EBUSY;
	}
	if (rand() % 2)
		pass(rand() % 3 ? rand() % 50 : rand() % 8000);
}

/* what always holds once the thread has nothing to do */
static void check_always(bool slept, int starts_before)
{
	if (client.version > 1 && !asked) {
		assert_int_equal(registrations, 0);
		assert_string_not_equal(shown_state(), "idle");
	}
	if (slept && sleeps && !racing)
		assert_int_equal(starts, starts_before);
	if ((sleeps || !open) && connected && !amt.tries && !amt.asking)
		assert_false(armed);
}

/* all is well again, and the watchdog is soon what is wanted */
static void all_is_well(void)
{
	/* connections that were refused are tried again ever more slowly */
	if (amt.bound && amt.unreachable)
		client_goes();
	refusal = 0;
	firmware = REQUIRED;
	if (sleeps)
		machine(PM_POST_SUSPEND);
	sleeps = false;
	if (!amt.bound)
		client_comes();
	else if (connected && amt.link.notifies)
		amt.link.notified();
	pass(2000);
	if (!open) {
		pass(70000);
		assert_string_equal(shown_state(), "idle");
		assert_false(armed);
		assert_false(amt.may_run);
		return;
	}
	assert_string_equal(shown_state(), "running");
	assert_true(armed);
}

/* whatever happens, in whatever order */
static void test_anything(void **state)
{
	int turn, i, before;
	bool slept;

	(void)state;
	for (turn = 0; turn < 5000; turn++) {
		srand(turn);
		open = false;
		sleeps = false;
		client.version = 1 + !!(turn % 5);
		load(rand() % MODES);
		racing = turn % 2;
		for (i = rand() % 60; i; i--) {
			if (!sleeps)
				fake_run();
			before = starts;
			slept = sleeps;
			anything();
			fake_run();
			check_always(slept, before);
		}
		racing = false;
		all_is_well();
	}
}

/* whatever fails while the module is loaded, nothing is left behind */
static void test_failed_load(void **state)
{
	int before;

	(void)state;
	for (before = 0; before < 4; before++) {
		load(REQUIRED);
		client_goes();
		fake_registered = 0;
		fake_left = before;
		pfru_watchdog_init();
		assert_false(serving);
		assert_int_equal(fake_registered, 0);
		assert_non_null(strstr(fake_said, "not served (error -12)"));
		pfru_watchdog_exit();
		assert_int_equal(fake_registered, 0);
	}
	fake_left = before;
	pfru_watchdog_init();
	assert_true(serving);
	assert_int_equal(fake_registered, before);
	pfru_watchdog_exit();
	assert_int_equal(fake_registered, 0);
}

/* Clients of others are not to be waited for, nor is one that is just bound. */
static void test_clients_that_are_there(void **state)
{
	static struct device_driver theirs = { .name = "mei_theirs" };
	static struct mei_cl_device other = { .uuid = { { 1 } } };
	static struct mei_cl_device ours, bound;

	(void)state;
	other.dev.driver = &theirs;
	other.dev.locked = true;
	ours.dev.driver = &theirs;
	ours.dev.locked = true;
	bound.dev.driver = &theirs;
	fake_devices[0] = &other.dev;
	fake_devices[1] = &ours.dev;
	fake_left = INT_MAX;
	fake_said[0] = '\0';
	pfru_watchdog_init();
	assert_true(serving);
	assert_string_equal(fake_said, "");
	pfru_watchdog_exit();

	fake_devices[2] = &bound.dev;
	other.dev.locked = false;
	pfru_watchdog_init();
	assert_int_equal(other.dev.locks, 0);
	assert_int_equal(bound.dev.locks, 1);
	assert_false(bound.dev.locked);
	assert_non_null(strstr(fake_said, "served by mei_theirs"));
	pfru_watchdog_exit();
	fake_devices[0] = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_not_required),
		cmocka_unit_test(test_not_required_over_sleep),
		cmocka_unit_test(test_required_over_sleep),
		cmocka_unit_test(test_late_firmware),
		cmocka_unit_test(test_version_1),
		cmocka_unit_test(test_nowayout_as_the_client_goes),
		cmocka_unit_test(test_nowayout_asleep),
		cmocka_unit_test(test_nowayout_at_power_off),
		cmocka_unit_test(test_again_as_jiffies_wrap),
		cmocka_unit_test(test_lost_as_jiffies_wrap),
		cmocka_unit_test(test_reconnected),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_refused_connection),
		cmocka_unit_test(test_client_not_found),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_reboot_while_connecting),
		cmocka_unit_test(test_removed_while_disconnecting),
		cmocka_unit_test(test_failed_receive),
		cmocka_unit_test(test_time_left),
		cmocka_unit_test(test_stop_while_connecting),
		cmocka_unit_test(test_anything),
		cmocka_unit_test(test_failed_load),
		cmocka_unit_test(test_clients_that_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
