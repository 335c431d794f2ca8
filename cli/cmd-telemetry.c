// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl telemetry and telemetry-info. The log is read twice as far as its
 * sizes go: what was read counts only when they are the same afterwards.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/ring.h"
#include "device.h"
#include "log-types.h"
#include "output.h"

/* how often the log is read before giving up; each costs a firmware call */
#define TRIES_MAX 5

/* the largest ring that the module uses */
#define RING_MAX (64U << 20)

/**
 * struct log - what was read
 * @bytes: the log, oldest byte first
 * @size: bytes of it
 * @missing: bytes of the older part that this driver can't give
 */
struct log {
	uint8_t *bytes;
	size_t size;
	size_t missing;
};

static int get_info(struct pfructl *ctl, const struct device *device,
		    struct pfru_log_data_info *info)
{
	memset(info, 0, sizeof(*info));
	if (ioctl(device->fd, PFRT_LOG_IOC_GET_DATA_INFO, info))
		return device_failed(ctl, device, PFRU_ACTION_GET_DATA, errno,
				     NULL);
	return STATUS_DONE;
}

static uint64_t address(uint64_t low, uint64_t high)
{
	return high << 32 | low;
}

static int read_range(const struct device *device,
		      const struct pfru_ring_range *range, uint8_t *to)
{
	uint32_t done = 0;
	ssize_t n;

	while (done < range->size) {
		n = pread(device->fd, to + done, range->size - done,
			  range->offset + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		done += n;
	}
	return 0;
}

/* This project's module: positions are offsets in the ring. */
static int read_ring(struct pfructl *ctl, const struct device *device,
		     const struct pfru_log_data_info *info,
		     const struct pfru_ring_plan *plan, struct log *log)
{
	uint32_t i;
	int ret;

	(void)info;
	for (i = 0; i < plan->ranges; i++) {
		ret = read_range(device, &plan->range[i],
				 log->bytes + log->size);
		if (ret)
			return device_failed(ctl, device, PFRU_ACTION_GET_DATA,
					     -ret, NULL);
		log->size += plan->range[i].size;
	}
	return STATUS_DONE;
}

/*
 * Mainline's driver: a mapping of as many bytes as the ring has, from where the
 * newest part begins. An older part elsewhere is out of reach.
 */
static int map_ring(struct pfructl *ctl, const struct device *device,
		    const struct pfru_log_data_info *info,
		    const struct pfru_ring_plan *plan, struct log *log)
{
	uint64_t base = address(info->chunk2_addr_lo, info->chunk2_addr_hi);
	uint64_t older = address(info->chunk1_addr_lo, info->chunk1_addr_hi);
	uint32_t ring = info->max_data_size;
	bool elsewhere = info->chunk1_size &&
			 older + info->chunk1_size != base + ring;
	uint8_t *map;
	uint32_t i;

	if (!plan->ranges)
		return STATUS_DONE;
	map = mmap(NULL, ring, PROT_READ, MAP_SHARED, device->fd, 0);
	if (map == MAP_FAILED && errno != EBUSY)
		return fail(ctl->out, STATUS_FAILED, "mmap",
			    "%s: the kernel's own driver (pfr_telemetry) cannot map the log: %s; the module pfru reads it regardless",
			    device->path, strerror(errno));
	if (map == MAP_FAILED)
		return device_failed(ctl, device, PFRU_ACTION_GET_DATA, errno,
				     NULL);
	for (i = 0; i < plan->ranges; i++) {
		const struct pfru_ring_range *range = &plan->range[i];

		if (elsewhere && range->offset) {
			log->missing = range->size;
			continue;
		}
		memcpy(log->bytes + log->size, map + range->offset,
		       range->size);
		log->size += range->size;
	}
	munmap(map, ring);
	return STATUS_DONE;
}

static int make_plan(struct pfructl *ctl, const struct device *device,
		     const struct pfru_log_data_info *info,
		     struct pfru_ring_plan *plan)
{
	switch (pfru_ring_full(info, plan)) {
	case PFRU_RING_OK:
		if (info->max_data_size <= RING_MAX)
			return STATUS_DONE;
		break;
	case PFRU_RING_EMPTY:
		return fail(ctl->out, STATUS_BUSY, "no-log-yet",
			    "%s: there is no telemetry before the first update",
			    device->path);
	case PFRU_RING_NONSENSE:
		break;
	}
	return fail(ctl->out, STATUS_FAILED, "ring",
		    "%s: the firmware tells of a log that cannot be (ring of %u bytes, %u in the older part, %u in the newest); this is a firmware bug: report it to its vendor",
		    device->path, info->max_data_size, info->chunk1_size,
		    info->chunk2_size);
}

/* The double read. The second sizes are the first ones of the next try. */
static int read_log(struct pfructl *ctl, const struct device *device,
		    struct pfru_log_data_info *info, struct log *log)
{
	struct pfru_log_data_info before;
	struct pfru_ring_plan plan;
	int tries, ret;

	ret = get_info(ctl, device, info);
	for (tries = 0; !ret && tries < TRIES_MAX; tries++) {
		before = *info;
		log->size = 0;
		log->missing = 0;
		ret = make_plan(ctl, device, &before, &plan);
		if (ret)
			break;
		log->bytes = xrealloc(log->bytes,
				      before.chunk1_size + before.chunk2_size);
		if (device->driver == DRIVER_PFRU)
			ret = read_ring(ctl, device, &before, &plan, log);
		else
			ret = map_ring(ctl, device, &before, &plan, log);
		if (ret)
			break;
		ret = get_info(ctl, device, info);
		if (!ret && pfru_ring_same(&before, info))
			return STATUS_DONE;
	}
	if (ret)
		return ret;
	fail(ctl->out, STATUS_CHANGING, "changing",
	     "%s: the log changed each of the %d times it was read; try again when no update is running",
	     device->path, TRIES_MAX);
	fail_number(ctl->out, "tries", TRIES_MAX);
	return STATUS_CHANGING;
}

static int print_log(struct pfructl *ctl, const struct device *device,
		     const struct pfru_log_data_info *info,
		     const struct log *log)
{
	struct output *out = ctl->out;

	out_string(out, "device", NULL, device->path);
	out_string(out, "driver", NULL,
		   driver_name(device->driver, device->kind));
	out_string(out, "type", NULL, log_type_name(ctl->options.log_type));
	out_number(out, "size", NULL, log->size);
	out_number(out, "missing", NULL, log->missing);
	out_number(out, "rollover_count", NULL, info->rollover_cnt);
	out_number(out, "reset_count", NULL, info->reset_cnt);
	out_log(out, log->bytes, log->size);
	if (!log->missing)
		return STATUS_DONE;
	fail(out, STATUS_FAILED, "missing",
	     "%s: the older part of the log (%zu bytes) is not printed: it lies where the kernel's own driver (pfr_telemetry) does not reach; the module pfru does",
	     device->path, log->missing);
	fail_number(out, "missing", log->missing);
	return STATUS_FAILED;
}

static int run_telemetry(struct pfructl *ctl)
{
	struct pfru_log_data_info info;
	struct log log = { .bytes = NULL };
	struct device device;
	int ret;

	ret = device_open(ctl, DEVICE_TELEMETRY, &device);
	if (ret)
		return ret;
	ret = read_log(ctl, &device, &info, &log);
	if (!ret)
		ret = print_log(ctl, &device, &info, &log);
	free(log.bytes);
	device_close(&device);
	return ret;
}

static void print_info(struct pfructl *ctl, const struct pfru_log_info *set,
		       const struct pfru_log_data_info *data)
{
	uint64_t newest = address(data->chunk2_addr_lo, data->chunk2_addr_hi);
	uint64_t older = address(data->chunk1_addr_lo, data->chunk1_addr_hi);
	struct output *out = ctl->out;

	out_number(out, "level", NULL, set->log_level);
	out_string(out, "level_name", "Level", log_level_name(set->log_level));
	out_string(out, "type", "Type", log_type_name(set->log_type));
	out_number(out, "revision", "Revision", set->log_revid);
	out_bool(out, "available", "Log available", newest);
	out_number(out, "max_size", "Ring size", data->max_data_size);
	out_group(out, "older", "Older part");
	out_hex(out, "address", "Address", older);
	out_number(out, "size", "Size", data->chunk1_size);
	out_end(out);
	out_group(out, "newest", "Newest part");
	out_hex(out, "address", "Address", newest);
	out_number(out, "size", "Size", data->chunk2_size);
	out_end(out);
	out_number(out, "rollover_count", "Rollovers", data->rollover_cnt);
	out_number(out, "reset_count", "Resets", data->reset_cnt);
}

/* Mainline's driver puts a negative errno where the level should be. */
static int get_settings(struct pfructl *ctl, const struct device *device,
			struct pfru_log_info *set)
{
	if (ioctl(device->fd, PFRT_LOG_IOC_GET_INFO, set))
		return device_failed(ctl, device, PFRU_ACTION_GET_LEVEL, errno,
				     NULL);
	if (device->driver == DRIVER_MAINLINE && (int32_t)set->log_level < 0)
		return device_failed(ctl, device, PFRU_ACTION_GET_LEVEL,
				     -(int32_t)set->log_level, NULL);
	return STATUS_DONE;
}

static int run_info(struct pfructl *ctl)
{
	struct pfru_log_data_info data;
	struct pfru_log_info set;
	struct device device;
	int ret;

	ret = device_open(ctl, DEVICE_TELEMETRY, &device);
	if (ret)
		return ret;
	device_describe(ctl, &device);
	ret = get_settings(ctl, &device, &set);
	if (!ret)
		ret = get_info(ctl, &device, &data);
	if (!ret)
		print_info(ctl, &set, &data);
	device_close(&device);
	return ret;
}

static int get_level(struct pfructl *ctl, const struct device *device)
{
	struct pfru_log_info set;
	int ret;

	ret = get_settings(ctl, device, &set);
	if (ret)
		return ret;
	out_number(ctl->out, "level", NULL, set.log_level);
	out_string(ctl->out, "level_name", NULL, log_level_name(set.log_level));
	out_plain(ctl->out, log_level_name(set.log_level));
	out_plain(ctl->out, "\n");
	return STATUS_DONE;
}

static int set_level(struct pfructl *ctl, const struct device *device,
		     uint32_t level)
{
	struct pfru_log_info set = {
		.log_level = level,
		.log_type = PFRU_LOG_UNCHANGED,
		.log_revid = PFRU_LOG_UNCHANGED,
	};

	if (ioctl(device->fd, PFRT_LOG_IOC_SET_INFO, &set))
		return device_failed(ctl, device, PFRU_ACTION_SET_LEVEL, errno,
				     NULL);
	out_number(ctl->out, "level", NULL, level);
	out_string(ctl->out, "level_name", NULL, log_level_name(level));
	return STATUS_DONE;
}

static int run_level(struct pfructl *ctl)
{
	uint32_t level = PFRU_LOG_UNCHANGED;
	struct device device;
	int ret;

	if (ctl->argument &&
	    !log_value(log_levels, LOG_LEVELS, ctl->argument, &level))
		return fail(ctl->out, STATUS_USAGE, "usage",
			    "'%s' is not a log level; use error, warning, info, verbose, or 0, 1, 2, 4",
			    escaped(ctl->argument));
	ret = device_open(ctl, DEVICE_TELEMETRY, &device);
	if (ret)
		return ret;
	out_string(ctl->out, "device", NULL, device.path);
	if (ctl->argument)
		ret = set_level(ctl, &device, level);
	else
		ret = get_level(ctl, &device);
	device_close(&device);
	return ret;
}

const struct command cmd_telemetry = {
	.name = "telemetry",
	.help = "print the firmware's log of updates, oldest line first",
	.details =
		"The log is printed as the firmware wrote it, whatever bytes it holds; only a\n"
		"terminal gets control characters escaped. Costs two firmware calls, and one\n"
		"more each time the log changed while it was read, up to five times.\n",
	.takes = TAKES_DEVICE | TAKES_REVISION | TAKES_TYPE,
	.tells_on_failure = true,
	.run = run_telemetry,
};

const struct command cmd_telemetry_info = {
	.name = "telemetry-info",
	.help = "show settings and sizes of the firmware's log",
	.details = "Costs two firmware calls.\n",
	.takes = TAKES_DEVICE | TAKES_REVISION | TAKES_TYPE,
	.run = run_info,
};

const struct command cmd_log_level = {
	.name = "log-level",
	.argument = "[LEVEL]",
	.help = "show or set how much the firmware logs",
	.details =
		"LEVEL is error (0), warning (1), info (2) or verbose (4). The level is the\n"
		"firmware's, the same for everybody. Costs one firmware call.\n",
	.takes = TAKES_DEVICE | TAKES_REVISION,
	.run = run_level,
};
