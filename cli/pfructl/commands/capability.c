// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl capability: what the platform can update, and what runs now.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/common/output.h"
#include "cli/pfructl/device/device.h"
#include "cli/pfructl/options.h"
#include "core/ids.h"
#include "core/status.h"

/**
 * struct answer - the capability with what comes with it
 * @cap: the capability
 * @oem_info: OEM information
 * @oem_info_size: bytes of it that are here
 * @has_oem_info: the driver gives its content
 */
struct answer {
	struct pfru_capability cap;
	uint8_t oem_info[PFRU_OEM_INFO_MAX];
	size_t oem_info_size;
	bool has_oem_info;
};

/* read() gives the OEM information too; how long it was, the cache knows */
static int read_capability(struct pfructl *ctl, const struct device *device,
			   struct answer *answer)
{
	uint8_t bytes[PFRU_CAPABILITY_READ_SIZE + PFRU_OEM_INFO_MAX];
	struct pfru_capability cached;
	ssize_t n;

	n = read(device->fd, bytes, sizeof(bytes));
	if (n < 0)
		return device_failed(ctl, device, PFRU_ACTION_QUERY, errno,
				     NULL);
	if (n < PFRU_CAPABILITY_READ_SIZE)
		return fail(ctl->out, STATUS_FAILED, "system",
			    "%s: the driver returned %zd bytes of capability, expected %d",
			    device->path, n, PFRU_CAPABILITY_READ_SIZE);
	memcpy(&answer->cap, bytes, PFRU_CAPABILITY_READ_SIZE);
	answer->oem_info_size = n - PFRU_CAPABILITY_READ_SIZE;
	memcpy(answer->oem_info, bytes + PFRU_CAPABILITY_READ_SIZE,
	       answer->oem_info_size);
	answer->cap.oem_info_len = answer->oem_info_size;
	if (!ioctl(device->fd, PFRU_IOC_GET_CACHED_CAP, &cached))
		answer->cap.oem_info_len = cached.oem_info_len;
	answer->has_oem_info = true;
	return STATUS_DONE;
}

static void print(struct pfructl *ctl, const struct answer *answer)
{
	const struct pfru_capability *cap = &answer->cap;
	struct output *out = ctl->out;

	out_number(out, "status", NULL, cap->status);
	out_string(out, "status_name", NULL, pfru_status_name(cap->status));
	out_hex(out, "update_cap", "Update capability", cap->update_cap);
	out_number(out, "fw_version", "Firmware version", cap->fw_version);
	out_group(out, pfru_kind_key(PFRU_KIND_CODE_INJECTION),
		  "Code injection");
	out_guid(out, "type", "Image type", cap->code_type);
	out_number(out, "runtime_version", "Runtime version",
		   cap->code_rt_version);
	out_end(out);
	out_group(out, pfru_kind_key(PFRU_KIND_DRIVER_UPDATE), "Driver update");
	out_guid(out, "type", "Image type", cap->drv_type);
	out_number(out, "runtime_version", "Runtime version",
		   cap->drv_rt_version);
	out_number(out, "svn", "Security version", cap->drv_svn);
	out_end(out);
	out_guid(out, "platform_id", "Platform id", cap->platform_id);
	out_guid(out, "oem_id", "OEM id", cap->oem_id);
	out_number(out, "oem_info_length", "OEM information bytes",
		   cap->oem_info_len);
	if (!answer->has_oem_info) {
		out_null(out, "oem_info");
		if (cap->oem_info_len)
			note(out,
			     "the kernel's own driver (" PFRU_MAINLINE_UPDATE
			     ") does not give the OEM information itself");
		return;
	}
	out_bytes(out, "oem_info",
		  answer->oem_info_size ? "OEM information" : NULL,
		  answer->oem_info, answer->oem_info_size);
	if (cap->oem_info_len > answer->oem_info_size)
		note(out,
		     "only the first %zu bytes of the OEM information are available",
		     answer->oem_info_size);
}

static int run(void *program)
{
	struct pfructl *ctl = program;
	struct answer answer = { .has_oem_info = false };
	struct device device;
	int ret;

	ret = device_open(ctl, DEVICE_UPDATE, &device);
	if (ret)
		return ret;
	device_describe(ctl, &device);
	if (device.driver == DRIVER_PFRU)
		ret = read_capability(ctl, &device, &answer);
	else
		ret = device_capability(ctl, &device, &answer.cap);
	if (!ret)
		print(ctl, &answer);
	device_close(&device);
	return ret;
}

static const struct cli_option options[] = {
	OPTION_DEVICE,
	OPTION_REVISION,
	{ 0 },
};

const struct cli_command cmd_capability = {
	.name = "capability",
	.help = "show what the platform can update, and what runs now",
	.details = "Costs one firmware call.\n",
	.options = options,
	.run = run,
};
