// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl status: is everything there, and what to do when it is not. Reads
 * what the kernel shows, and opens the nodes; makes no firmware call.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/state-directory.h"
#include "cli/common/sysfs.h"
#include "cli/common/sysroot.h"
#include "cli/pfructl/device/device.h"
#include "cli/pfructl/device/module-state.h"
#include "cli/pfructl/device/watchdog.h"
#include "cli/pfructl/record/attempt.h"
#include "cli/pfructl/record/history.h"
#include "core/ids.h"

#define ACPI_DEVICES "/sys/bus/acpi/devices"
#define SECURE_BOOT                  \
	"/sys/firmware/efi/efivars/" \
	"SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* an EFI variable begins with 4 bytes of attributes */
#define EFI_VALUE 4

#define PROBLEMS_MAX 16

/* of an ACPI device, that are looked at */
#define PHYSICAL_NODES 8

/**
 * struct kind - what is known of one kind of device
 * @name: of the kind
 * @hid: its ACPI hardware id
 * @mainline: the kernel's own driver for it
 * @devices: number of ACPI devices
 * @lame: how many of them lack a method, so that their driver makes no node
 * @bound: a driver is bound to one of them
 * @bound_mainline: and it is the kernel's own
 * @usable: its node could be opened
 * @error: why not, a negative errno
 */
struct kind {
	const char *name;
	const char *hid;
	const char *mainline;
	int devices;
	int lame;
	bool bound;
	bool bound_mainline;
	bool usable;
	int error;
};

/**
 * struct status - all that was found
 * @kinds: by enum device_kind
 * @acpi: the kernel shows ACPI's devices, of this kind or not
 * @module: this project's module
 * @mainline: the kernel's own
 * @mei: the MEI bus, which @module may need
 * @watchdog: of Intel AMT
 * @lockdown: as the kernel spells it, or NULL
 * @secure_boot: -1 when unknown
 * @problems: sentences, allocated
 * @count: number of them
 */
struct status {
	struct kind kinds[2];
	bool acpi;
	struct module_state module;
	struct module_state mainline[2];
	struct module_state mei;
	struct watchdog watchdog;
	char *lockdown;
	int secure_boot;
	char *problems[PROBLEMS_MAX];
	size_t count;
};

#define problem(status, ...)                                    \
	do {                                                    \
		if ((status)->count < PROBLEMS_MAX)             \
			(status)->problems[(status)->count++] = \
				xasprintf(__VA_ARGS__);         \
	} while (0)

/* by _HID, which begins its name, or by _CID, which is in its modalias only */
static bool is_device(const char *name, const char *hid)
{
	size_t length = strlen(hid);
	char *path, *modalias, *id;
	bool found = false;
	size_t size;

	if (!strncmp(name, hid, length) && name[length] == ':')
		return true;
	path = sysroot_path(ACPI_DEVICES "/%s/modalias", name);
	modalias = sysfs_read(path, &size);
	free(path);
	if (!modalias)
		return false;
	for (id = modalias; (id = strstr(id, hid)); id += length)
		if (id > modalias && id[-1] == ':' &&
		    (id[length] == ':' || !id[length]))
			found = true;
	free(modalias);
	return found;
}

/* a file of the physical node of that number of an ACPI device; allocated */
static char *node_file(const char *name, int i, const char *file)
{
	char number[8] = "";

	if (i)
		snprintf(number, sizeof(number), "%d", i);
	return sysroot_path(ACPI_DEVICES "/%s/physical_node%s/%s", name, number,
			    file);
}

/*
 * The driver of an ACPI device's physical nodes. There can be several: the PNP
 * layer's, with no driver or one that does nothing, then the platform device.
 */
static char *bound_driver(const char *name, const char *mainline)
{
	char *driver = NULL;
	int i;

	for (i = 0; i < PHYSICAL_NODES && !driver; i++) {
		char *path = node_file(name, i, "driver");

		driver = sysfs_link_name(path);
		free(path);
		if (driver && strncmp(driver, "pfru_", 5) &&
		    strcmp(driver, mainline)) {
			free(driver);
			driver = NULL;
		}
	}
	return driver;
}

static void out_string_or_null(struct output *out, const char *key,
			       const char *value)
{
	if (value)
		out_string(out, key, NULL, value);
	else
		out_null(out, key);
}

/* what an ACPI device lacks, as the module has found; NULL: nothing */
static char *missing_method(const char *name)
{
	char *method = NULL;
	int i;

	for (i = 0; i < PHYSICAL_NODES && !method; i++) {
		char *path = node_file(name, i, "missing_method");

		method = sysfs_read(path, NULL);
		free(path);
	}
	return method;
}

static void note_driver(struct kind *kind, const char *driver)
{
	kind->bound = true;
	if (!strcmp(driver, kind->mainline))
		kind->bound_mainline = true;
}

static void print_acpi_device(struct output *out, struct status *s,
			      struct kind *kind, const char *name)
{
	char *driver = bound_driver(name, kind->mainline);
	char *missing = missing_method(name);
	char *text;

	kind->devices++;
	if (missing) {
		kind->lame++;
		problem(s,
			"The firmware's %s device %s lacks the method %s, so nothing can be asked of it: look for newer firmware, or report it to the firmware's vendor.",
			kind->name, name, missing);
	} else if (driver) {
		note_driver(kind, driver);
	}
	out_group(out, NULL, NULL);
	out_string(out, "name", NULL, name);
	out_string_or_null(out, "driver", driver);
	out_string_or_null(out, "missing_method", missing);
	out_end(out);
	text = xasprintf("%s device %s, %s%s%s%s", kind->name, name,
			 driver ? "driver " : "no driver", driver ? driver : "",
			 missing ? ", without a node: no method " : "",
			 missing ? missing : "");
	out_text(out, "ACPI", text);
	free(text);
	free(missing);
	free(driver);
}

static void look_for_acpi(struct output *out, struct status *s,
			  struct kind *kind)
{
	char *path = sysroot_path(ACPI_DEVICES);
	DIR *dir = sysfs_directory(path);
	struct dirent *entry;

	out_list(out, kind->name, NULL);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    is_device(entry->d_name, kind->hid))
			print_acpi_device(out, s, kind, entry->d_name);
	out_end(out);
	if (!kind->devices) {
		char *text =
			xasprintf("no %s device (%s)", kind->name, kind->hid);

		out_text(out, "ACPI", text);
		free(text);
	}
	if (dir) {
		s->acpi = true;
		closedir(dir);
	}
	free(path);
}

static const char *module_word(const struct module_state *m)
{
	if (m->builtin)
		return "builtin";
	if (m->loaded)
		return "loaded";
	return m->available ? "available" : "absent";
}

/* to be followed by the signer, if it is known */
static const char *signed_words(const struct module_state *m)
{
	if (!m->available)
		return "";
	if (!m->is_signed)
		return ", not signed";
	return m->signer ? ", signed by " : ", signed";
}

static const char *or_unknown(const char *version)
{
	return version ? version : "unknown";
}

/* Where versions are the same, the source versions differ. */
static const char *build_words(const struct module_state *m)
{
	return strcmp(or_unknown(m->running_version), or_unknown(m->version)) ?
		       "" :
		       ", another build";
}

/* what runs, then what would run after a reload, where that is another one */
static char *version_words(const struct module_state *m)
{
	const char *running = m->running_version;

	if (module_is_outdated(m))
		return xasprintf(", version %s; installed: version %s%s%s",
				 or_unknown(running), or_unknown(m->version),
				 build_words(m), signed_words(m));
	if (!running)
		running = m->version;
	return xasprintf("%s%s%s", running ? ", version " : "",
			 running ? running : "", signed_words(m));
}

static void print_module(struct output *out, const char *name,
			 const struct module_state *m)
{
	char *version = version_words(m);
	char *text;

	out_group(out, name, NULL);
	out_string(out, "state", NULL, module_word(m));
	out_bool(out, "blacklisted", NULL, m->blacklisted);
	out_bool(out, "signed", NULL, m->is_signed);
	if (m->version)
		out_string(out, "version", NULL, m->version);
	if (m->srcversion)
		out_string(out, "srcversion", NULL, m->srcversion);
	if (m->running_version)
		out_string(out, "running_version", NULL, m->running_version);
	if (m->running_srcversion)
		out_string(out, "running_srcversion", NULL,
			   m->running_srcversion);
	if (m->signer)
		out_string(out, "signer", NULL, m->signer);
	out_end(out);
	text = xasprintf("%s: %s%s%s%s", name, module_word(m), version,
			 m->signer ? m->signer : "",
			 m->available && m->blacklisted ? ", blacklisted" : "");
	out_text(out, "Module", text);
	free(text);
	free(version);
}

static void read_module(const char *name, struct module_state *m)
{
	module_state_read(name, m);
	module_state_read_running(name, m);
}

static void look_at_modules(struct output *out, struct status *s)
{
	int i;

	read_module("pfru", &s->module);
	module_state_read("mei", &s->mei);
	out_group(out, "modules", NULL);
	print_module(out, "pfru", &s->module);
	for (i = 0; i < 2; i++) {
		read_module(s->kinds[i].mainline, &s->mainline[i]);
		if (s->mainline[i].available || s->mainline[i].loaded)
			print_module(out, s->kinds[i].mainline,
				     &s->mainline[i]);
	}
	out_end(out);
}

static void look_at_node(struct pfructl *ctl, struct status *s,
			 enum device_kind k)
{
	struct kind *kind = &s->kinds[k];
	struct output *out = ctl->out;
	struct device device;
	char *path;

	path = device_find(k, -1, NULL);
	if (!path) {
		kind->error = errno ? -errno : -ENOENT;
		out_null(out, kind->name);
		return;
	}
	out_group(out, kind->name, NULL);
	out_string(out, "path", NULL, path);
	kind->error = device_try(path, k, &device);
	kind->usable = !kind->error;
	out_bool(out, "usable", NULL, kind->usable);
	if (kind->usable) {
		char *text = xasprintf("%s, driver %s", path,
				       driver_name(device.driver, k));

		out_string(out, "driver", NULL, driver_name(device.driver, k));
		out_end(out);
		out_string(out, NULL, "Node", text);
		free(text);
		device_close(&device);
	} else {
		char *text = xasprintf("%s, %s", path, strerror(-kind->error));

		out_string(out, "error", NULL, strerror(-kind->error));
		out_end(out);
		out_string(out, NULL, "Node", text);
		free(text);
	}
	free(path);
}

/* the word in brackets is the one that holds */
static void look_at_lockdown(struct output *out, struct status *s)
{
	char *path = sysroot_path("/sys/kernel/security/lockdown");
	size_t size;
	char *text = sysfs_read(path, &size);
	char *from = text ? strchr(text, '[') : NULL;

	if (from) {
		from++;
		from[strcspn(from, "]")] = '\0';
		s->lockdown = xasprintf("%s", from);
		out_string(out, "lockdown", "Kernel lockdown", s->lockdown);
	} else {
		out_null(out, "lockdown");
	}
	free(text);
	free(path);
}

static void look_at_secure_boot(struct output *out, struct status *s)
{
	char *path = sysroot_path(SECURE_BOOT);
	size_t size = 0;
	char *bytes = sysfs_read(path, &size);

	s->secure_boot = bytes && size > EFI_VALUE ? bytes[EFI_VALUE] == 1 : -1;
	if (s->secure_boot < 0) {
		out_null(out, "secure_boot");
		out_string(out, NULL, "Secure Boot", "not known");
	} else {
		out_bool(out, "secure_boot", "Secure Boot", s->secure_boot);
	}
	free(bytes);
	free(path);
}

static void look_at_watchdog(struct output *out, struct status *s)
{
	struct watchdog *w = &s->watchdog;
	char *state, *text;

	watchdog_find(w);
	state = watchdog_state(w);
	out_group(out, "watchdog", NULL);
	out_string(out, "service", NULL, watchdog_word(w));
	if (w->driver)
		out_string(out, "driver", NULL, w->driver);
	if (state)
		out_string(out, "state", NULL, state);
	out_end(out);
	if (w->driver)
		text = xasprintf("driver %s, %s", w->driver,
				 state ? state : "state not known");
	else
		text = xasprintf("none: %s", watchdog_text(w));
	out_string(out, NULL, "AMT watchdog", text);
	free(text);
	free(state);
}

static const char *what_is_refused(json_object *attempt)
{
	if (!history_text(attempt, "sha256"))
		return "Which capsule that was is not known, so none is refused";
	return "Its capsule is refused until it is staged with --force-after-interruption";
}

static void print_interrupted(struct output *out, struct status *s,
			      json_object *attempt)
{
	static const char *const keys[] = { "id", "action", "begun", "file",
					    "sha256" };
	const char *action = history_text(attempt, "action");
	const char *file = history_text(attempt, "file");
	const char *begun = history_text(attempt, "begun");
	size_t i;

	out_group(out, NULL, NULL);
	for (i = 0; i < ARRAY_LENGTH(keys); i++)
		out_string_or_null(out, keys[i],
				   history_text(attempt, keys[i]));
	out_end(out);
	problem(s,
		"An update was interrupted: %s of %s, begun %s, has no end on record, and the machine has been restarted since, perhaps because of it. %s; 'pfructl history' shows all attempts.",
		action ? action : "an action", file ? file : "what was staged",
		begun ? begun : "once", what_is_refused(attempt));
}

/* Who may not read the record may not update either, and needs no word of it. */
static void look_at_record(struct output *out, struct status *s)
{
	json_object *attempts;
	const char *what;
	int ret = history_read(&attempts, &what);

	if (ret) {
		out_null(out, "interrupted");
		if (ret != -EACCES)
			problem(s,
				"The record of updates cannot be used, and without it each update is refused: %s/history: cannot %s: %s.",
				STATE_DIRECTORY, what, strerror(-ret));
		json_object_put(attempts);
		return;
	}
	out_list(out, "interrupted", NULL);
	json_object_object_foreach(attempts, id, attempt) {
		(void)id;
		if (attempt_is_open(attempts, attempt))
			print_interrupted(out, s, attempt);
	}
	out_end(out);
	json_object_put(attempts);
}

static bool is_locked_down(const struct status *s)
{
	return s->lockdown && strcmp(s->lockdown, "none");
}

/* where dkms keeps the key that it signs with, Debian's and Ubuntu's */
static const char *own_key(void)
{
	static const char *const names[] = {
		"/var/lib/dkms/mok.pub",
		"/var/lib/shim-signed/mok/MOK.der",
	};
	const char *found = NULL;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(names) && !found; i++) {
		char *path = sysroot_path("%s", names[i]);

		if (!access(path, F_OK))
			found = names[i];
		free(path);
	}
	return found ? found : "FILE";
}

static void explain_key(struct status *s)
{
	problem(s,
		"The module pfru is signed by '%s', a key that this kernel does not trust, and it is locked down (%s): enrol the key ('mokutil --import %s' asks for a password; reboot, choose 'Enroll MOK' and give it), then run 'modprobe pfru'.",
		s->module.signer, s->lockdown, own_key());
}

static void explain_driver(struct status *s)
{
	const struct module_state *m = &s->module;

	if (m->loaded)
		problem(s,
			"The module pfru is loaded but has made no node: look at the kernel log ('dmesg | grep pfru') for why.");
	else if (m->available && m->blacklisted)
		problem(s,
			"The module pfru is blacklisted: remove the line from /etc/modprobe.d, or run 'modprobe pfru'.");
	else if (m->available && is_locked_down(s) && !m->is_signed)
		problem(s,
			"The module pfru is not signed, and this kernel is locked down (%s): sign it with a key that the machine trusts (see mokutil(1)), then run 'modprobe pfru'.",
			s->lockdown);
	else if (m->available && is_locked_down(s) && m->signer &&
		 !module_key_known(m->signer))
		explain_key(s);
	else if (m->available && m->needs_mei && s->mei.forbidden)
		problem(s,
			"The module pfru needs the module mei, for the AMT watchdog, and /etc/modprobe.d forbids that one ('install mei ...'): allow it, or build pfru without the watchdog ('make install WATCHDOG=n').");
	else if (m->available && m->needs_mei && !s->mei.available)
		problem(s,
			"The module pfru needs the module mei, for the AMT watchdog, and this kernel has none: install it, or build pfru without the watchdog ('make install WATCHDOG=n').");
	else if (m->available)
		problem(s,
			"The module pfru is not loaded: run 'modprobe pfru'.");
	else
		problem(s,
			"The module pfru is not installed for this kernel: install the package pfru-dkms, or run 'make install' in its source.");
}

static void explain_node(struct status *s, const struct kind *kind)
{
	switch (-kind->error) {
	case EPERM:
	case EACCES:
		problem(s,
			"No permission for the %s node: run it as root, with CAP_SYS_RAWIO in the initial user namespace.",
			kind->name);
		break;
	case ENOENT:
		if (kind->bound)
			problem(s,
				"A driver is bound to the %s device but there is no node below /dev: is udev running, or devtmpfs mounted?",
				kind->name);
		break;
	case ENOTTY:
		problem(s,
			"Something else is in the place of the %s node: remove it, and let udev or devtmpfs make the node.",
			kind->name);
		break;
	case ENXIO:
		problem(s,
			"There is no device behind the %s node: it is left over; remove it.",
			kind->name);
		break;
	case ENOSYS:
		problem(s,
			"The %s node cannot be identified without opening it: mount /proc and /sys.",
			kind->name);
		break;
	default:
		problem(s, "The %s node cannot be found or opened: %s.",
			kind->name, strerror(-kind->error));
		break;
	}
}

static void explain_outdated(struct status *s)
{
	const struct module_state *m = &s->module;

	if (module_is_outdated(m))
		problem(s,
			"The module pfru that is loaded (version %s) is not the one that is installed (version %s%s): to use the installed one, stop whatever uses the old one (pfru-telemetry.service, whatever has the AMT watchdog open), run 'modprobe -r pfru' and 'modprobe pfru'; or reboot.",
			or_unknown(m->running_version), or_unknown(m->version),
			build_words(m));
}

/* Is a device there that has no driver at all, and could be served? */
static bool lacks_driver(const struct status *s)
{
	int i;

	for (i = 0; i < 2; i++)
		if (s->kinds[i].devices > s->kinds[i].lame &&
		    !s->kinds[i].bound && !s->kinds[i].usable)
			return true;
	return false;
}

static void explain(struct status *s)
{
	int i;

	if (!s->acpi && !s->kinds[0].usable && !s->kinds[1].usable)
		problem(s,
			"Whether this machine's firmware has the ACPI devices cannot be seen: " ACPI_DEVICES
			" is missing or cannot be read. Was the kernel booted with acpi=off, or is /sys not mounted?");
	else if (!s->kinds[0].devices && !s->kinds[1].devices &&
		 !s->kinds[0].usable && !s->kinds[1].usable)
		problem(s,
			"This machine's firmware has neither of the ACPI devices " PFRU_UPDATE_HID
			" (update) and " PFRU_TELEMETRY_HID
			" (telemetry): look for a setting in the firmware setup, or ask its vendor.");
	else if (lacks_driver(s))
		explain_driver(s);
	for (i = 0; i < 2; i++) {
		const struct kind *kind = &s->kinds[i];

		if (!kind->usable)
			explain_node(s, kind);
		if (kind->bound_mainline)
			problem(s,
				"The kernel's own driver %s is bound to the %s device, and works with limits: it hides the firmware's status. To use the module pfru, unload it with 'modprobe -r %s' and run 'modprobe pfru'.",
				kind->mainline, kind->name, kind->mainline);
	}
	explain_outdated(s);
	if (s->watchdog.what == WATCHDOG_MAINLINE)
		problem(s, "%s", watchdog_text(&s->watchdog));
}

static void print_problems(struct output *out, const struct status *s)
{
	size_t i;

	out_list(out, "problems", s->count ? "Problems" : NULL);
	for (i = 0; i < s->count; i++) {
		out_string(out, NULL, NULL, s->problems[i]);
		out_plain(out, "  - ");
		out_plain(out, escaped(s->problems[i]));
		out_plain(out, "\n");
	}
	out_end(out);
}

/*
 * 3 when nothing can be done here; a mainline driver is a limit, no failure;
 * 1 when one of two devices is out of use, or permission lacks.
 */
static int conclude(struct pfructl *ctl, const struct status *s)
{
	bool permission = false;
	bool lacks = false;
	bool usable = false;
	int i;

	for (i = 0; i < 2; i++) {
		const struct kind *kind = &s->kinds[i];

		usable |= kind->usable;
		lacks |= kind->devices && !kind->usable;
		permission |= kind->error == -EACCES || kind->error == -EPERM;
	}
	out_bool(ctl->out, "usable", "Usable", usable);
	if (permission)
		return fail(ctl->out, STATUS_FAILED, "permission",
			    "no permission for a device; run it as root");
	if (!usable)
		return fail(ctl->out, STATUS_NO_DEVICE, "no-device",
			    "no device or driver is usable");
	if (lacks)
		return fail(ctl->out, STATUS_FAILED, "no-driver",
			    "one of the two devices is not usable");
	return STATUS_DONE;
}

static void free_status(struct status *s)
{
	size_t i;

	module_state_free(&s->module);
	for (i = 0; i < 2; i++)
		module_state_free(&s->mainline[i]);
	module_state_free(&s->mei);
	watchdog_free(&s->watchdog);
	free(s->lockdown);
	for (i = 0; i < s->count; i++)
		free(s->problems[i]);
}

static int run(void *program)
{
	struct pfructl *ctl = program;
	struct status s = {
		.kinds = {
			[DEVICE_UPDATE] = {
				.name = "update", .hid = PFRU_UPDATE_HID,
				.mainline = PFRU_MAINLINE_UPDATE,
			},
			[DEVICE_TELEMETRY] = {
				.name = "telemetry", .hid = PFRU_TELEMETRY_HID,
				.mainline = PFRU_MAINLINE_TELEMETRY,
			},
		},
	};
	struct output *out = ctl->out;
	int i, ret;

	ret = module_state_load(out);
	if (ret)
		return ret;
	out_group(out, "acpi", NULL);
	for (i = 0; i < 2; i++)
		look_for_acpi(out, &s, &s.kinds[i]);
	out_end(out);
	look_at_modules(out, &s);
	out_group(out, "nodes", NULL);
	for (i = 0; i < 2; i++)
		look_at_node(ctl, &s, i);
	out_end(out);
	look_at_watchdog(out, &s);
	look_at_lockdown(out, &s);
	look_at_secure_boot(out, &s);
	look_at_record(out, &s);
	explain(&s);
	print_problems(out, &s);
	ret = conclude(ctl, &s);
	free_status(&s);
	return ret;
}

const struct cli_command cmd_status = {
	.name = "status",
	.help = "show what is there, what is missing, and what to do",
	.details = "Makes no firmware call.\n",
	.flags = COMMAND_TELLS_ON_FAILURE,
	.run = run,
};
