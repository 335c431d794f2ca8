// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Firmware that answers in the wrong shape: every function, every count, every
 * element of the wrong type or length; unusable addresses; methods that fail.
 * Each has one errno and one reason, and the kernel goes on.
 *
 * scenarios: main
 * timeout: 180
 */
#include "guest.h"

#define SIZE	200

static uint8_t capsule[SIZE];

static int call_cap(int update, int telemetry)
{
	uint8_t bytes[92];

	(void)telemetry;
	return ioctl(update, PFRU_IOC_QUERY_CAP, bytes);
}

static int call_buf(int update, int telemetry)
{
	uint32_t size;

	(void)telemetry;
	return ioctl(update, PFRU_IOC_GET_BUF_SIZE, &size);
}

static int call_start(int update, int telemetry)
{
	(void)telemetry;
	return ioctl(update, PFRU_IOC_ACTIVATE);
}

static int call_set_level(int update, int telemetry)
{
	struct pfru_log_info info = { 4, PFRU_LOG_UNCHANGED,
				      PFRU_LOG_UNCHANGED };

	(void)update;
	return ioctl(telemetry, PFRU_LOG_IOC_SET_INFO, &info);
}

static int call_get_level(int update, int telemetry)
{
	struct pfru_log_info info;

	(void)update;
	return ioctl(telemetry, PFRU_LOG_IOC_GET_INFO, &info);
}

static int call_data(int update, int telemetry)
{
	struct pfru_log_data_info info;

	(void)update;
	return ioctl(telemetry, PFRU_LOG_IOC_GET_DATA_INFO, &info);
}

/* 'i' is an integer, 'g' a buffer of 16 bytes, 'b' a buffer of any length */
static const struct function {
	const char *name;
	int slot;
	bool telemetry;
	int (*call)(int update, int telemetry);
	const char *shape;
} functions[] = {
	{ "query", SLOT_CAP, false, call_cap, "iigiigiiggb" },
	{ "buffer", SLOT_BUF, false, call_buf, "iiiii" },
	{ "start", SLOT_START, false, call_start, "iiiiii" },
	{ "set level", SLOT_SET_LEVEL, true, call_set_level, "ii" },
	{ "get level", SLOT_GET_LEVEL, true, call_get_level, "iii" },
	{ "get data", SLOT_DATA, true, call_data, "iiiiiiiiiii" },
};

/* the first of the elements that give the times of a start */
#define START_TIMES	2

static int update, telemetry;

static void expect(const struct function *f, uint32_t fault, uint32_t elem,
		   uint64_t arg, int error, uint32_t reason, const char *what)
{
	struct pfru_result r;

	clear_slot(f->slot);
	slot[f->slot].elem = elem;
	slot[f->slot].arg = arg;
	slot[f->slot].fault = fault;
	gives(f->call(update, telemetry), -error, "%s: element %u %s %#llx",
	      f->name, elem, what, (unsigned long long)arg);
	if (error) {
		r = result_of(f->telemetry ? telemetry : update);
		same(r.reason, reason, "reason");
		same(r.error, -error, "error");
		if (reason >= PFRU_REASON_ANSWER_TYPE)
			same(r.offset, elem, "element");
	}
	clear_slot(f->slot);
}

static void test_counts(const struct function *f)
{
	uint32_t n = strlen(f->shape), i;

	for (i = 0; i < n; i++)
		expect(f, PFRUSIM_F_COUNT, 0, i, EPROTO,
		       PFRU_REASON_ANSWER_COUNT, "elements:");
}

static void test_integer(const struct function *f, uint32_t i)
{
	expect(f, PFRUSIM_F_BUFFER, i, 4, EPROTO, PFRU_REASON_ANSWER_TYPE,
	       "is a buffer");
	expect(f, PFRUSIM_F_STRING, i, 4, EPROTO, PFRU_REASON_ANSWER_TYPE,
	       "is a string");
	expect(f, PFRUSIM_F_PACKAGE, i, 1, EPROTO, PFRU_REASON_ANSWER_TYPE,
	       "is a package");
	/* the times of a start say nothing of how it ended: nothing is staged */
	if (f->slot == SLOT_START && i >= START_TIMES)
		expect(f, PFRUSIM_F_INTEGER, i, ~0ULL, EINVAL,
		       PFRU_REASON_FIRMWARE, "is over 32 bits");
	else
		expect(f, PFRUSIM_F_INTEGER, i, ~0ULL, EPROTO,
		       PFRU_REASON_ANSWER_RANGE, "is over 32 bits");
}

static void test_buffer(const struct function *f, uint32_t i, bool guid)
{
	static const uint32_t lengths[] = { 0, 2, 15, 17, 64, 4096 };
	unsigned int k;

	expect(f, PFRUSIM_F_INTEGER, i, 4, EPROTO, PFRU_REASON_ANSWER_TYPE,
	       "is an integer");
	expect(f, PFRUSIM_F_STRING, i, 16, EPROTO, PFRU_REASON_ANSWER_TYPE,
	       "is a string");
	expect(f, PFRUSIM_F_PACKAGE, i, 1, EPROTO, PFRU_REASON_ANSWER_TYPE,
	       "is a package");
	for (k = 0; k < ARRAY_LENGTH(lengths); k++)
		expect(f, PFRUSIM_F_BUFFER, i, lengths[k], guid ? EPROTO : 0,
		       PFRU_REASON_ANSWER_LENGTH, "is a buffer of");
}

static void test_elements(const struct function *f)
{
	uint32_t i;

	for (i = 0; f->shape[i]; i++) {
		if (f->shape[i] == 'i')
			test_integer(f, i);
		else
			test_buffer(f, i, f->shape[i] == 'g');
		/* ACPICA makes an element that was never set an integer 0 or
		 * nothing at all: an error where a buffer is wanted
		 */
		if (f->shape[i] != 'i')
			expect(f, PFRUSIM_F_NULL, i, 0, EPROTO,
			       PFRU_REASON_ANSWER_TYPE, "was never set");
	}
}

static void test_whole(const struct function *f)
{
	expect(f, PFRUSIM_F_ALL_INTEGER, 0, 7, EPROTO, PFRU_REASON_BAD_ANSWER,
	       "all is an integer");
	expect(f, PFRUSIM_F_ALL_BUFFER, 0, 16, EPROTO, PFRU_REASON_BAD_ANSWER,
	       "all is a buffer");
	expect(f, PFRUSIM_F_ALL_STRING, 0, 16, EPROTO, PFRU_REASON_BAD_ANSWER,
	       "all is a string");
	/* then ACPICA takes the last value it computed for the answer */
	expect(f, PFRUSIM_F_NO_RETURN, 0, 0, EPROTO, PFRU_REASON_BAD_ANSWER,
	       "nothing is returned");
	expect(f, PFRUSIM_F_ABORT, 0, 0, EIO, PFRU_REASON_NO_ANSWER,
	       "the method fails");
}

/* what can be read before something is missing is not lost */
static void test_status_kept(void)
{
	struct pfru_result r;

	clear_slot(SLOT_START);
	slot[SLOT_START].arg = 1;
	slot[SLOT_START].fault = PFRUSIM_F_COUNT;
	page->staged_kind = 0;	/* the firmware refuses: nothing is staged */
	gives(ioctl(update, PFRU_IOC_ACTIVATE), -EPROTO,
	      "a refusal of one element");
	r = result_of(update);
	same(r.reason, PFRU_REASON_ANSWER_COUNT, "reason");
	same(r.status, 2, "its status is reported");
	clear_slot(SLOT_START);
}

/* times that can't be are no failure of an activation that was done */
static void test_times(void)
{
	struct pfru_result r;
	uint32_t i;

	for (i = START_TIMES; i < 6; i++) {
		bool is_auth = i < START_TIMES + 2;

		sim_behave();
		gives(write(update, capsule, SIZE), SIZE, "load");
		gives(ioctl(update, PFRU_IOC_STAGE), 0, "stage");
		slot[SLOT_START].elem = i;
		slot[SLOT_START].arg = 1ULL << 32;
		slot[SLOT_START].fault = PFRUSIM_F_INTEGER;
		gives(ioctl(update, PFRU_IOC_ACTIVATE), 0,
		      "activate, element %u over 32 bits", i);
		same(page->code_rt_version, 2, "it was done");
		r = result_of(update);
		same(r.action, PFRU_ACTION_ACTIVATE, "action");
		same(r.status, PFRU_STATUS_SUCCESS, "status");
		same(r.reason, PFRU_REASON_NONE, "no reason");
		same(r.auth_time, is_auth ? 0 : page->auth_time, "authentication");
		same(r.exec_time, is_auth ? page->exec_time : 0, "execution");
	}
	sim_behave();
}

static void test_more_elements(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LENGTH(functions); i++) {
		const struct function *f = &functions[i];

		if (f->slot == SLOT_START)
			continue;
		expect(f, PFRUSIM_F_COUNT, 0, strlen(f->shape) + 3, 0, 0,
		       "elements:");
	}
}

/* the capsule must never reach an address that was not checked */
static void test_addresses(void)
{
	static const struct {
		const char *what;
		uint32_t ovr;
		uint64_t address;
		uint32_t size;
	} table[] = {
		{ "address 0", PFRUSIM_OB_ADDR, 0, 0 },
		{ "size 0", PFRUSIM_OB_SIZE, 0, 0 },
		{ "size of all ones", PFRUSIM_OB_SIZE, 0, 0xffffffff },
		{ "size over 256 MiB", PFRUSIM_OB_SIZE, 0, (256 << 20) + 1 },
		{ "kernel text", PFRUSIM_OB_ADDR, 0x1000000, 0 },
		{ "low memory", PFRUSIM_OB_ADDR, 0x10000, 0 },
		{ "the end of memory", PFRUSIM_OB_ADDR, 0x8000000 - 4096, 0 },
		{ "past the CPU", PFRUSIM_OB_ADDR, 1ULL << 52, 0 },
		{ "top of 64 bits", PFRUSIM_OB_ADDR, ~0xfffULL, 0 },
		{ "all ones", PFRUSIM_OB_ADDR, ~0ULL, 0 },
		{ "reaching into RAM", PFRUSIM_OB_SIZE, 0, 256 << 20 },
	};
	struct pfru_result r;
	unsigned int i;

	for (i = 0; i < ARRAY_LENGTH(table); i++) {
		page->o_buf_addr = table[i].address;
		page->o_buf_size = table[i].size;
		slot[SLOT_BUF].ovr = table[i].ovr;
		gives(write(update, capsule, SIZE), -EPROTO, "buffer: %s",
		      table[i].what);
		r = result_of(update);
		same(r.reason, PFRU_REASON_BUFFER, "reason");
		gives(ioctl(update, PFRU_IOC_STAGE), -ENODATA,
		      "nothing is loaded");
		clear_slot(SLOT_BUF);
	}
	/* below what a header needs, and just a header */
	page->o_buf_size = 27;
	slot[SLOT_BUF].ovr = PFRUSIM_OB_SIZE;
	gives(write(update, capsule, SIZE), -EFBIG, "buffer of 27 bytes");
	page->o_buf_size = 28;
	gives(write(update, capsule, SIZE), -EFBIG, "buffer of 28 bytes");
	page->o_buf_size = SIZE - 1;
	gives(write(update, capsule, SIZE), -EFBIG, "one byte too small");
	page->o_buf_size = SIZE;
	gives(write(update, capsule, SIZE), SIZE, "just large enough");
	gives(ioctl(update, PFRU_IOC_STAGE), 0, "and staged");
	clear_slot(SLOT_BUF);
}

/* an address that is right and can't be mapped, since others have it */
static void test_mapped_otherwise(void)
{
	struct pfru_result r;
	void *maps[2];
	uint64_t address = map_mixed(maps);

	page->o_buf_addr = address;
	page->o_buf_size = 8192;
	slot[SLOT_BUF].ovr = PFRUSIM_OB_ADDR | PFRUSIM_OB_SIZE;
	gives(write(update, capsule, SIZE), -EPROTO, "mapped in two ways");
	r = result_of(update);
	same(r.action, PFRU_ACTION_LOAD, "action");
	same(r.error, -EPROTO, "error");
	same(r.reason, PFRU_REASON_BUFFER, "reason");
	same(r.found, address, "address");
	same(r.expected, 8192, "size");
	munmap(maps[0], 4096);
	munmap(maps[1], 4096);
	gives(write(update, capsule, SIZE), SIZE, "and no longer");
	clear_slot(SLOT_BUF);
	gives(ioctl(update, PFRU_IOC_STAGE), 0, "nothing is left loaded");
}

static void test_oem_information(void)
{
	uint8_t bytes[88 + 8192];

	clear_slot(SLOT_CAP);
	slot[SLOT_CAP].elem = 10;
	slot[SLOT_CAP].arg = 8192;
	slot[SLOT_CAP].fault = PFRUSIM_F_BUFFER;
	gives(pread(update, bytes, sizeof(bytes), 0), 88 + 4096,
	      "OEM information of 8192 bytes: read gives 4096");
	clear_slot(SLOT_CAP);
}

int main(void)
{
	unsigned int i;

	sim_begin();
	sim_behave();
	update = must_open(UPDATE, O_RDWR);
	telemetry = must_open(TELEMETRY, O_RDWR);
	for (i = 0; i < ARRAY_LENGTH(functions); i++) {
		test_counts(&functions[i]);
		test_elements(&functions[i]);
		test_whole(&functions[i]);
	}
	make_capsule(capsule, SIZE, false, 2, 0);
	test_status_kept();
	test_times();
	test_more_elements();
	test_addresses();
	test_mapped_otherwise();
	test_oem_information();
	sim_behave();
	for (i = 0; i < ARRAY_LENGTH(functions); i++)
		if (functions[i].slot != SLOT_START)
			gives(functions[i].call(update, telemetry), 0,
			      "%s is well again", functions[i].name);
	close(update);
	close(telemetry);
	return done();
}
