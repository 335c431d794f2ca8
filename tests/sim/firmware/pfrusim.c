// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A UEFI application that gives the machine it runs on a PFRU and PFRT
 * firmware, and then starts the Linux kernel beside it. It allocates reserved
 * memory, fills the control page, installs the SSDT, and leaves the rest to
 * AML. It must not know anything of a driver.
 */
#include <efi.h>
#include <efilib.h>

#include "knobs.h"
#include "ssdt.h"	/* pfru_aml_code[], made by iasl */

#define LINE_MAX	4096
#define PREFIX		"pfrusim."
#define BELOW_4G	0xFFFFFFFFULL
#define RING_MIN	4096
#define RING_MAX	(64 << 20)
#define BUF_MIN		4096
#define BUF_MAX		(32 << 20)

#define AML_DWORD	0x0C	/* DWordPrefix, ACPI 6.5, 20.2.3 */
#define ACPI_LENGTH	4	/* offsets in a table's header */
#define ACPI_REVISION	8
#define ACPI_CHECKSUM	9
#define ACPI_HEADER	36
#define RSDP_XSDT	24
#define FADT_DSDT	40
#define FADT_X_DSDT	140

/* EFI_ACPI_TABLE_PROTOCOL, UEFI 2.10, 20.2 */
struct acpi_table_protocol {
	EFI_STATUS (EFIAPI *install)(struct acpi_table_protocol *this,
				     VOID *table, UINTN size, UINTN *key);
	VOID *uninstall;
};

static EFI_GUID acpi_table_guid = { 0xffe06bdd, 0x6107, 0x46a6,
	{ 0x7b, 0xb2, 0x5a, 0x9c, 0x7e, 0xc5, 0x27, 0x5c } };
static EFI_GUID acpi_20_guid = { 0x8868e871, 0xe4f1, 0x11d3,
	{ 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 } };

/* The knobs that are about the machine and so have no place in the page */
static struct {
	const char *name;
	uint64_t value;
	uint64_t min;
	uint64_t max;
} build[] = {
	{ "instances", 1, 1, PFRUSIM_INSTANCES },
	{ "update", 1, 0, 1 },
	{ "telemetry", 1, 0, 1 },
	{ "cid", 0, 0, 1 },
	{ "crs", 0, 0, 1 },
	{ "nodsm", 0, 0, 15 },
	{ "buf", PFRUSIM_BUF_SIZE, BUF_MIN, BUF_MAX },
	{ "ring", PFRUSIM_RING_SIZE, RING_MIN, RING_MAX },
	{ "hist", PFRUSIM_RING_SIZE, RING_MIN, RING_MAX },
	{ "dsdt2", 1, 0, 1 },
};

enum {
	INSTANCES, UPDATE, TELEMETRY, CID, CRS, NODSM, BUF, RING, HIST, DSDT2,
	BUILD_COUNT
};

static char line[LINE_MAX];
static UINTN line_len;
static uint8_t *pages[PFRUSIM_INSTANCES];

static EFI_STATUS complain(const CHAR16 *what, EFI_STATUS status)
{
	Print(L"pfrusim: %s: %r\n", what, status);
	return status;
}

static EFI_STATUS add(const char *text)
{
	while (*text) {
		if (line_len + 1 >= LINE_MAX)
			return complain(L"the command line is too long",
					EFI_BAD_BUFFER_SIZE);
		line[line_len++] = *text++;
	}
	return EFI_SUCCESS;
}

static int starts_with(const char *text, UINTN len, const char *word)
{
	while (*word) {
		if (!len || *text != *word)
			return 0;
		text++;
		word++;
		len--;
	}
	return 1;
}

static int is_word(const char *text, UINTN len, const char *word)
{
	UINTN n = 0;

	while (word[n])
		n++;
	return n == len && starts_with(text, len, word);
}

/* The command line */

/* A shell puts the program's own name first */
static void drop_program_name(void)
{
	UINTN end = 0, i;

	while (end < line_len && line[end] != ' ')
		end++;
	if (end < 4 || line[end - 4] != '.' ||
	    (line[end - 3] | 32) != 'e' || (line[end - 2] | 32) != 'f' ||
	    (line[end - 1] | 32) != 'i')
		return;
	while (end < line_len && line[end] == ' ')
		end++;
	for (i = end; i < line_len; i++)
		line[i - end] = line[i];
	line_len -= end;
}

/* Boot managers may pass things that are no text: those count as nothing */
static void line_from_options(EFI_LOADED_IMAGE *image)
{
	const CHAR16 *options = image->LoadOptions;
	UINTN i, count = image->LoadOptionsSize / sizeof(*options);

	if (!options || count >= LINE_MAX)
		return;
	for (i = 0; i < count && options[i]; i++) {
		if (options[i] < ' ' || options[i] > '~') {
			line_len = 0;
			return;
		}
		line[line_len++] = options[i];
	}
	drop_program_name();
}

static EFI_STATUS open_file(EFI_LOADED_IMAGE *image, CHAR16 *name,
			    EFI_FILE **file)
{
	EFI_FILE *root = LibOpenRoot(image->DeviceHandle);
	EFI_STATUS status;

	if (!root)
		return EFI_NOT_FOUND;
	status = root->Open(root, file, name, EFI_FILE_MODE_READ, 0);
	root->Close(root);
	return status;
}

static void line_from_file(EFI_LOADED_IMAGE *image)
{
	EFI_FILE *file;
	UINTN size = LINE_MAX - 1, i;

	if (EFI_ERROR(open_file(image, L"\\cmdline.txt", &file)))
		return;
	if (!EFI_ERROR(file->Read(file, &size, line)))
		line_len = size;
	file->Close(file);
	for (i = 0; i < line_len; i++)
		if (line[i] < ' ' && line[i] >= 0)
			line[i] = ' ';
	while (line_len && line[line_len - 1] == ' ')
		line_len--;
}

static EFI_STATUS add_initrd(EFI_LOADED_IMAGE *image)
{
	EFI_FILE *file;
	UINTN i;

	for (i = 0; i < line_len; i++)
		if ((!i || line[i - 1] == ' ') &&
		    starts_with(line + i, line_len - i, "initrd="))
			return EFI_SUCCESS;
	if (EFI_ERROR(open_file(image, L"\\initrd.img", &file)))
		return EFI_SUCCESS;
	file->Close(file);
	return add(" initrd=\\initrd.img");
}

static EFI_STATUS add_control_pages(void)
{
	EFI_STATUS status = add(" " PREFIX "ctl=");
	char text[20];
	UINTN i, n;

	for (i = 0; i < build[INSTANCES].value; i++) {
		UINTN addr = (UINTN)pages[i];
		int shift;

		n = 0;
		if (i)
			text[n++] = ',';
		text[n++] = '0';
		text[n++] = 'x';
		for (shift = 28; shift >= 0; shift -= 4)
			text[n++] = "0123456789abcdef"[addr >> shift & 15];
		text[n] = '\0';
		if (!EFI_ERROR(status))
			status = add(text);
	}
	return status;
}

/* Knobs */

static void warn_word(const char *text, UINTN len)
{
	CHAR16 wide[64];
	UINTN i;

	for (i = 0; i < len && i < 63; i++)
		wide[i] = text[i];
	wide[i] = 0;
	Print(L"pfrusim: ignored: " PREFIX "%s\n", wide);
}

static int build_knob(const char *name, UINTN len, const char *value,
		      UINTN value_len, int *known)
{
	uint64_t number;
	UINTN i;

	*known = 0;
	for (i = 0; i < BUILD_COUNT; i++) {
		if (!is_word(name, len, build[i].name))
			continue;
		*known = 1;
		if (knob_number(value, value_len, &number) ||
		    number < build[i].min || number > build[i].max)
			return -1;
		build[i].value = number;
		return 0;
	}
	return -1;
}

/*
 * One word without its prefix: NAME=VALUE, or N.NAME=VALUE for instance N.
 * @pass 0: the machine's knobs, 1: the control pages' knobs, with complaints.
 */
static void obey_word(const char *word, UINTN len, int pass)
{
	UINTN eq = 0, instance = 0;
	struct knob knob;
	int known;

	if (len > 2 && word[1] == '.' && word[0] >= '0' &&
	    word[0] < '0' + PFRUSIM_INSTANCES) {
		instance = word[0] - '0';
		word += 2;
		len -= 2;
	}
	while (eq < len && word[eq] != '=')
		eq++;
	if (eq == len) {
		if (pass)
			warn_word(word, len);
		return;
	}
	if (pass == 0) {
		if (build_knob(word, eq, word + eq + 1, len - eq - 1, &known) &&
		    known)
			warn_word(word, len);
		return;
	}
	for (known = 0; known < BUILD_COUNT; known++)
		if (is_word(word, eq, build[known].name))
			return;
	if (!pages[instance] || knob_find(word, eq, &knob) ||
	    knob_set(pages[instance], &knob, word + eq + 1, len - eq - 1))
		warn_word(word, len);
}

static void obey_line(int pass)
{
	UINTN prefix = sizeof(PREFIX) - 1;
	UINTN i = 0, end;

	while (i < line_len) {
		end = i;
		while (end < line_len && line[end] != ' ')
			end++;
		if (starts_with(line + i, end - i, PREFIX))
			obey_word(line + i + prefix, end - i - prefix, pass);
		i = end + 1;
	}
}

/* Memory */

/* Zeroed reserved memory, @extra bytes larger than what is reported */
static EFI_STATUS reserve(UINTN size, UINTN extra, uint8_t **memory)
{
	EFI_PHYSICAL_ADDRESS addr = BELOW_4G;
	EFI_STATUS status;

	size = EFI_SIZE_TO_PAGES(size + extra);
	status = BS->AllocatePages(AllocateMaxAddress, EfiReservedMemoryType,
				   size, &addr);
	if (EFI_ERROR(status))
		return complain(L"no memory", status);
	*memory = (uint8_t *)(UINTN)addr;
	ZeroMem(*memory, size * EFI_PAGE_SIZE);
	return EFI_SUCCESS;
}

static void set_field(uint8_t *page, const char *name, uint64_t value)
{
	struct knob knob;
	char text[19] = "0x";
	UINTN len = 0, i;

	while (name[len])
		len++;
	for (i = 0; i < 16; i++)
		text[2 + i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
	if (knob_find(name, len, &knob) || knob_set(page, &knob, text, 18))
		complain(L"control page", EFI_ABORTED);
}

/* The page more than was asked for lets AML write in whole windows */
static EFI_STATUS make_instance(UINTN n)
{
	uint8_t *buf, *exec, *hist;
	EFI_STATUS status;

	status = reserve(PFRUSIM_PAGE_SIZE, 0, &pages[n]);
	if (!EFI_ERROR(status))
		status = reserve(build[BUF].value, EFI_PAGE_SIZE, &buf);
	if (!EFI_ERROR(status))
		status = reserve(build[RING].value, EFI_PAGE_SIZE, &exec);
	if (!EFI_ERROR(status))
		status = reserve(build[HIST].value, EFI_PAGE_SIZE, &hist);
	if (EFI_ERROR(status))
		return status;
	knob_defaults(pages[n]);
	set_field(pages[n], "buf_base", (UINTN)buf);
	set_field(pages[n], "buf_size", build[BUF].value);
	set_field(pages[n], "exec.base", (UINTN)exec);
	set_field(pages[n], "exec.size", build[RING].value);
	set_field(pages[n], "history.base", (UINTN)hist);
	set_field(pages[n], "history.size", build[HIST].value);
	return EFI_SUCCESS;
}

/* ACPI */

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t value)
{
	p[0] = value;
	p[1] = value >> 8;
	p[2] = value >> 16;
	p[3] = value >> 24;
}

static void fix_checksum(uint8_t *table)
{
	uint32_t i, length = get32(table + ACPI_LENGTH);
	uint8_t sum = 0;

	table[ACPI_CHECKSUM] = 0;
	for (i = 0; i < length; i++)
		sum += table[i];
	table[ACPI_CHECKSUM] = -sum;
}

/* Name (NAME, a DWord) in the table */
static EFI_STATUS patch_name(uint8_t *table, const char *name, uint32_t value)
{
	uint32_t i, length = get32(table + ACPI_LENGTH);

	for (i = ACPI_HEADER; i + 9 <= length; i++) {
		if (CompareMem(table + i, name, 4) || table[i + 4] != AML_DWORD)
			continue;
		put32(table + i + 5, value);
		return EFI_SUCCESS;
	}
	return complain(L"the SSDT lacks a name", EFI_NOT_FOUND);
}

static EFI_STATUS install_ssdt(void)
{
	struct acpi_table_protocol *acpi;
	uint8_t *table = pfru_aml_code;
	uint32_t flags = PFRUSIM_FL_MARK;
	EFI_STATUS status;
	UINTN key;

	status = LibLocateProtocol(&acpi_table_guid, (VOID **)&acpi);
	if (EFI_ERROR(status))
		return complain(L"no EFI_ACPI_TABLE_PROTOCOL", status);
	if (build[UPDATE].value)
		flags |= PFRUSIM_FL_UPDATE;
	if (build[TELEMETRY].value)
		flags |= PFRUSIM_FL_TELEMETRY;
	if (build[INSTANCES].value > 1)
		flags |= PFRUSIM_FL_TWO;
	if (build[CID].value)
		flags |= PFRUSIM_FL_CID;
	if (build[CRS].value)
		flags |= PFRUSIM_FL_CRS;
	flags |= PFRUSIM_FL_NO_DSM(build[NODSM].value);

	status = patch_name(table, "PSFL", flags);
	if (!EFI_ERROR(status))
		status = patch_name(table, "PSA0", (UINTN)pages[0]);
	if (!EFI_ERROR(status) && pages[1])
		status = patch_name(table, "PSA1", (UINTN)pages[1]);
	if (EFI_ERROR(status))
		return status;
	fix_checksum(table);
	status = acpi->install(acpi, table, get32(table + ACPI_LENGTH), &key);
	if (EFI_ERROR(status))
		return complain(L"the SSDT was not installed", status);
	return EFI_SUCCESS;
}

/*
 * The DSDT's revision decides how wide AML's integers are. Every machine that
 * has PFRU says 2 (64 bits), QEMU says 1 (32 bits): make it 2.
 */
static void widen_integers(void)
{
	uint8_t *rsdp = NULL, *xsdt, *fadt, *dsdt;
	uint32_t i;

	if (EFI_ERROR(LibGetSystemConfigurationTable(&acpi_20_guid,
						     (VOID **)&rsdp)) || !rsdp)
		return;
	xsdt = (uint8_t *)(UINTN)*(uint64_t *)(rsdp + RSDP_XSDT);
	if (!xsdt)
		return;
	for (i = ACPI_HEADER; i + 8 <= get32(xsdt + ACPI_LENGTH); i += 8) {
		fadt = (uint8_t *)(UINTN)(get32(xsdt + i) |
			(uint64_t)get32(xsdt + i + 4) << 32);
		if (CompareMem(fadt, "FACP", 4))
			continue;
		dsdt = (uint8_t *)(UINTN)get32(fadt + FADT_DSDT);
		if (get32(fadt + ACPI_LENGTH) >= FADT_X_DSDT + 8 &&
		    (get32(fadt + FADT_X_DSDT) | get32(fadt + FADT_X_DSDT + 4)))
			dsdt = (uint8_t *)(UINTN)(get32(fadt + FADT_X_DSDT) |
				(uint64_t)get32(fadt + FADT_X_DSDT + 4) << 32);
		if (!dsdt || dsdt[ACPI_REVISION] >= 2)
			return;
		dsdt[ACPI_REVISION] = 2;
		fix_checksum(dsdt);
	}
}

/* The kernel */

static EFI_STATUS start_kernel(EFI_HANDLE self, EFI_LOADED_IMAGE *image)
{
	EFI_LOADED_IMAGE *kernel;
	EFI_DEVICE_PATH *path;
	EFI_HANDLE handle;
	CHAR16 *options;
	EFI_STATUS status;
	UINTN i;

	path = FileDevicePath(image->DeviceHandle, L"\\vmlinuz");
	if (!path)
		return complain(L"\\vmlinuz", EFI_NOT_FOUND);
	status = BS->LoadImage(FALSE, self, path, NULL, 0, &handle);
	if (EFI_ERROR(status))
		return complain(L"\\vmlinuz was not loaded", status);
	status = BS->HandleProtocol(handle, &LoadedImageProtocol,
				    (VOID **)&kernel);
	if (EFI_ERROR(status))
		return complain(L"\\vmlinuz", status);
	options = AllocateZeroPool((line_len + 1) * sizeof(*options));
	if (!options)
		return complain(L"no memory", EFI_OUT_OF_RESOURCES);
	for (i = 0; i < line_len; i++)
		options[i] = (unsigned char)line[i];
	kernel->LoadOptions = options;
	kernel->LoadOptionsSize = (line_len + 1) * sizeof(*options);
	status = BS->StartImage(handle, NULL, NULL);
	return complain(L"\\vmlinuz came back", status);
}

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system)
{
	EFI_LOADED_IMAGE *image;
	EFI_STATUS status;
	UINTN i;

	InitializeLib(self, system);
	status = BS->HandleProtocol(self, &LoadedImageProtocol,
				    (VOID **)&image);
	if (EFI_ERROR(status))
		return complain(L"no loaded image protocol", status);
	line_from_options(image);
	if (!line_len)
		line_from_file(image);

	obey_line(0);
	for (i = 0; i < build[INSTANCES].value && !EFI_ERROR(status); i++)
		status = make_instance(i);
	if (EFI_ERROR(status))
		return status;
	obey_line(1);
	status = install_ssdt();
	if (EFI_ERROR(status))
		return status;
	if (build[DSDT2].value)
		widen_integers();

	status = add_initrd(image);
	if (!EFI_ERROR(status))
		status = add_control_pages();
	if (EFI_ERROR(status))
		return status;
	return start_kernel(self, image);
}
