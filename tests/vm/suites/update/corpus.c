// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * corpus DIR: every capsule of tests/corpus through the module, in one write
 * and in pieces, and through pfructl, each with the verdict that MANIFEST
 * gives; what is accepted is staged, so that the firmware model has its say
 * too. The module sees bytes come and has no file: what MANIFEST calls short or
 * of the wrong size is, to a write, a capsule that never becomes complete, one
 * larger than the buffer, or one with bytes behind its end.
 *
 * scenarios: corpus
 * timeout: 300
 * arguments: /corpus
 */
#include "guest.h"

#include <spawn.h>

#define HEADER		28
#define IMAGE_SIZE	24	/* offset of CapsuleImageSize */
#define CAPSULE_MAX	65536
#define DRY_RUNS	3	/* of each verdict */

static const struct {
	const char *name;
	enum pfru_reason reason;
} verdicts[] = {
	{ "accepted", PFRU_REASON_NONE },
	{ "short", PFRU_REASON_SHORT },
	{ "capsule-guid", PFRU_REASON_CAPSULE_GUID },
	{ "header-size", PFRU_REASON_HEADER_SIZE },
	{ "capsule-size", PFRU_REASON_CAPSULE_SIZE },
	{ "management-header-short", PFRU_REASON_FMP_SHORT },
	{ "management-header-version", PFRU_REASON_FMP_VERSION },
	{ "no-payload", PFRU_REASON_NO_PAYLOAD },
	{ "item-offset", PFRU_REASON_ITEM_OFFSET },
	{ "item-order", PFRU_REASON_ITEM_ORDER },
	{ "image-header-short", PFRU_REASON_IMAGE_SHORT },
	{ "image-header-version", PFRU_REASON_IMAGE_VERSION },
	{ "image-size", PFRU_REASON_IMAGE_SIZE },
	{ "vendor-code", PFRU_REASON_VENDOR_CODE },
	{ "dependency", PFRU_REASON_DEPENDENCY },
	{ "authentication-short", PFRU_REASON_AUTH_SHORT },
	{ "authentication-length", PFRU_REASON_AUTH_LENGTH },
	{ "authentication-type", PFRU_REASON_AUTH_TYPE },
	{ "payload-short", PFRU_REASON_PAYLOAD_SHORT },
	{ "payload-header", PFRU_REASON_PAYLOAD_HEADER },
	{ "payload-wrapped", PFRU_REASON_PAYLOAD_WRAPPED },
	{ "image-type", PFRU_REASON_IMAGE_TYPE },
	{ "platform-id", PFRU_REASON_PLATFORM_ID },
	{ "rt-version", PFRU_REASON_RT_VERSION },
	{ "svn", PFRU_REASON_SVN },
};

/**
 * struct expect - what the module must say of a file
 * @incomplete: nothing: it waits for more
 * @error: errno of the write, 0 when it is accepted
 * @reason: of the refusal
 * @offset: of the refusal, -1 when it does not matter
 */
struct expect {
	bool incomplete;
	int error;
	enum pfru_reason reason;
	long offset;
};

/**
 * struct capsule - a line of MANIFEST
 * @name: of the file
 * @verdict: as MANIFEST spells it
 * @reason: the same as a number
 * @offset: -1 when it does not matter
 * @bytes: of the file
 * @size: of the file
 */
struct capsule {
	char name[128];
	char verdict[64];
	enum pfru_reason reason;
	long offset;
	uint8_t bytes[CAPSULE_MAX];
	size_t size;
};

static const uint8_t *buffer;	/* the firmware's, its first bytes */
static unsigned int unsigned_refused;

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static struct expect expected(const struct capsule *c)
{
	struct expect e = { false, EINVAL, c->reason, c->offset };
	uint32_t said;

	if (c->reason == PFRU_REASON_NONE)
		e.error = 0;
	if (c->size < HEADER)
		e.incomplete = true;
	if (c->reason != PFRU_REASON_CAPSULE_SIZE)
		return e;
	said = get32(c->bytes + IMAGE_SIZE);
	if (said > page->buf_size) {
		e.error = EFBIG;
		e.reason = PFRU_REASON_TOO_BIG;
	} else if (said > c->size) {
		e.incomplete = true;
	} else if (said >= HEADER) {
		e.reason = PFRU_REASON_PAST_END;
		e.offset = said;
	}
	return e;
}

static bool wrong(const char *what, long long got, long long want)
{
	if (got == want)
		return false;
	printf("# %s: found %lld, expected %lld\n", what, got, want);
	return true;
}

/* write it @piece bytes at a time; 0 or an errno */
static int load(int fd, const struct capsule *c, size_t piece)
{
	size_t done_, n;

	for (done_ = 0; done_ < c->size; done_ += n) {
		n = c->size - done_ < piece ? c->size - done_ : piece;
		if (write(fd, c->bytes + done_, n) != (ssize_t)n)
			return errno;
	}
	return 0;
}

/* a complete capsule has no room for one more byte */
static bool check_complete(int fd)
{
	bool bad;

	bad = wrong("one byte more", write(fd, "", 1), -1);
	return wrong("its reason", result_of(fd).reason,
		     PFRU_REASON_COMPLETE) || bad;
}

static bool check_staged(int fd, const struct capsule *c)
{
	int error = ioctl(fd, PFRU_IOC_STAGE) ? errno : 0;
	bool bad = wrong("bytes the firmware saw", page->seen_bytes, c->size);

	/* the model wants each image of version 1 and 2 authenticated */
	if (error && page->last_ext == PFRUSIM_EXT_AUTH_SIZE &&
	    !strstr(c->name, "v3"))
		unsigned_refused++;
	else if (wrong("stage", error, 0))
		bad = printf("# the firmware's extended status is %#x\n",
			     page->last_ext);
	return bad;
}

/* nothing to be staged, and no byte of it left behind */
static bool check_gone(int fd, bool scrubbed)
{
	static const uint8_t zero[HEADER];
	uint32_t before = slot[SLOT_START].calls;
	bool bad;

	bad = wrong("stage", ioctl(fd, PFRU_IOC_STAGE) ? errno : 0, ENODATA);
	bad |= wrong("calls of the firmware to stage it",
		     slot[SLOT_START].calls, before);
	if (scrubbed)
		bad |= wrong("scrubbed buffer", !memcmp(buffer, zero, HEADER),
			     1);
	return bad;
}

static bool check_refused(int fd, const struct expect *e)
{
	struct pfru_result r = result_of(fd);
	bool bad;

	bad = wrong("reason", r.reason, e->reason);
	bad |= wrong("error of the result", r.error, -e->error);
	if (e->offset >= 0)
		bad |= wrong("offset", r.offset, e->offset);
	return check_gone(fd, true) || bad;
}

static bool module_is_wrong(const struct capsule *c, size_t piece, bool stage)
{
	struct expect e = expected(c);
	int fd = must_open(UPDATE, O_RDWR);
	bool bad;

	bad = wrong("errno", load(fd, c, piece), e.incomplete ? 0 : e.error);
	if (e.incomplete)
		bad |= check_gone(fd, false);
	else if (e.error)
		bad |= check_refused(fd, &e);
	else if (stage)
		bad |= check_staged(fd, c);
	else
		bad |= check_complete(fd);
	close(fd);
	return bad;
}

/* a size that CapsuleImageSize is no multiple of: its end is within a piece */
static size_t odd_piece(const struct capsule *c)
{
	static const size_t pieces[] = { 7, 13, 61 };
	unsigned int i;

	for (i = 0; c->size >= HEADER && i + 1 < ARRAY_LENGTH(pieces); i++)
		if (get32(c->bytes + IMAGE_SIZE) % pieces[i])
			break;
	return pieces[i];
}

static void check_module(const struct capsule *c)
{
	size_t piece = odd_piece(c);
	bool bad = module_is_wrong(c, CAPSULE_MAX, true);

	if (bad)
		printf("# in one write\n");
	if (module_is_wrong(c, piece, false)) {
		printf("# in pieces of %zu bytes\n", piece);
		bad = true;
	}
	check(!bad, "module: %s: %s", c->name, c->verdict);
}

/* run pfructl; its standard output into @text; its exit status */
static int pfructl(char **argv, char *text, size_t room)
{
	posix_spawn_file_actions_t actions;
	int ends[2], status;
	size_t have = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		die("pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	errno = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	if (errno)
		die(argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	while ((n = read(ends[0], text + have, room - 1 - have)) > 0)
		have += n;
	text[have] = '\0';
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool tool_is_wrong(const struct capsule *c, char **argv)
{
	static char text[1 << 20];
	char want[128];
	bool bad;
	char *error;

	bad = wrong("exit status", pfructl(argv, text, sizeof(text)),
		    c->reason ? 4 : 0);
	if (!c->reason)
		return wrong("accepted: true",
			     !!strstr(text, "\"accepted\": true"), 1) || bad;
	error = strstr(text, "\"error\": {");
	snprintf(want, sizeof(want), "\"reason\": \"%s\"", c->verdict);
	bad |= wrong(want, error && strstr(error, want), 1);
	snprintf(want, sizeof(want), "\"offset\": %ld%s", c->offset,
		 error && strstr(error, "\"found\"") ? "," : "");
	if (c->offset >= 0)
		bad |= wrong(want, error && strstr(error, want), 1);
	if (bad)
		printf("# %.*s\n", error ? (int)strcspn(error, "}") : 0, error);
	return bad;
}

static void check_tool(struct capsule *c)
{
	char *show[] = { "pfructl", "--json", "capsule", c->name, NULL };
	char *stage[] = { "pfructl", "--json", "stage", "--dry-run", c->name,
			  NULL };
	static unsigned int seen[PFRU_REASON_SVN + 1];
	bool bad = tool_is_wrong(c, show);

	if (bad)
		printf("# by pfructl capsule\n");
	/* the first of each verdict: starting pfructl takes 0.15 s under TCG */
	if (seen[c->reason]++ < DRY_RUNS && tool_is_wrong(c, stage)) {
		printf("# by pfructl stage --dry-run\n");
		bad = true;
	}
	check(!bad, "pfructl: %s: %s", c->name, c->verdict);
}

/* the machine is as good as new; then as the next test wants it */
static void check_good(void)
{
	static char text[1 << 16];
	char *act[] = { "pfructl", "stage-activate",
			"grid-h1c-v3-d0-p1-signed.cap", NULL };
	char *ask[] = { "pfructl", "capability", NULL };

	same(pfructl(act, text, sizeof(text)), 0,
	     "afterwards a good one is activated");
	same(page->code_rt_version, 2, "and its version runs");
	sim_behave();
	same(pfructl(ask, text, sizeof(text)), 0, "the capability of boot");
}

static bool next_capsule(FILE *manifest, struct capsule *c)
{
	unsigned int i;
	char line[256];
	FILE *f;
	int n;

	do {
		if (!fgets(line, sizeof(line), manifest))
			return false;
	} while (*line == '#' || *line == '\n');
	n = sscanf(line, "%127s %63s %ld", c->name, c->verdict, &c->offset);
	if (n < 2)
		die(line);
	if (n < 3)
		c->offset = -1;
	for (i = 0; i < ARRAY_LENGTH(verdicts); i++)
		if (!strcmp(c->verdict, verdicts[i].name))
			break;
	if (i == ARRAY_LENGTH(verdicts))
		die(c->verdict);
	c->reason = verdicts[i].reason;
	f = fopen(c->name, "r");
	if (!f)
		die(c->name);
	c->size = fread(c->bytes, 1, sizeof(c->bytes), f);
	if (ferror(f) || c->size == sizeof(c->bytes))
		die(c->name);
	fclose(f);
	return true;
}

int main(int argc, char **argv)
{
	static struct capsule c;
	unsigned int accepted = 0;
	uint32_t stages;
	FILE *manifest;

	if (argc != 2 || chdir(argv[1]))
		die("usage: corpus DIR");
	manifest = fopen("MANIFEST", "r");
	if (!manifest)
		die("MANIFEST");
	sim_begin();
	sim_behave();
	buffer = map_physical(page->buf_base, 4096);
	stages = page->stages;
	while (next_capsule(manifest, &c)) {
		check_module(&c);
		accepted += !c.reason;
	}
	same(page->stages - stages + unsigned_refused, accepted,
	     "the firmware staged what is accepted, and nothing else");
	rewind(manifest);
	while (next_capsule(manifest, &c))
		check_tool(&c);
	fclose(manifest);
	check_good();
	return done();
}
