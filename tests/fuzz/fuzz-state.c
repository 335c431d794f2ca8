// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tool's state file. What is accepted is sane and is written again as the
 * same bytes; what the tool writes is accepted.
 */
#include "../../cli/pfructl/log/position.c"

#include "fuzz.h"

#define SUM_LINE	(sizeof("\nsum 0123456789abcdef\n") - 1)

/* a sum that is right, without which every mutant is refused for it alone */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	char line[SUM_LINE + 1];
	uint8_t *sum;

	size = LLVMFuzzerMutate(data, size, max);
	sum = memmem(data, size, "\nsum ", 5);
	if (seed % 4 == 0 || !sum || data + size - sum < (long)SUM_LINE)
		return size;
	snprintf(line, sizeof(line), "\nsum %016llx\n", (unsigned long long)
		 sum_of(data, sum + 1 - data));
	memcpy(sum, line, SUM_LINE);
	return size;
}

/* @data is long enough for all but the text. */
static void fill(struct state *state, const uint8_t *data, size_t size)
{
	struct state_pending *p = &state->pending;

	memcpy(state, data + 1, sizeof(*state));
	state->known = data[0] & 1;
	state->is_pending = data[0] & 2;
	p->text = (char *)data + 1 + sizeof(*state);
	p->length = size - 1 - sizeof(*state);
	if (data[0] & 4)
		p->sink = STATE_FILE;
	if (!state->known) {
		memset(&state->position, 0, sizeof(state->position));
		memset(&state->tail, 0, sizeof(state->tail));
	}
}

static void check_written(const uint8_t *data, size_t size)
{
	struct state state, again;
	struct text text;
	size_t room;

	if (size < sizeof(state) + 1)
		return;
	fill(&state, data, size);
	text = write_state(&state);
	room = text_size(&state);
	expect(text.size - room <= LINES_MAX);
	text_append(&text, "", 1);
	if (parse_state(text.bytes, text.size - 1, &again)) {
		expect(state.instance == again.instance);
		expect(state.type == again.type);
		expect(!memcmp(&state.position, &again.position,
			       sizeof(again.position)));
		expect(state.tail.size == again.tail.size);
		expect(state.tail.sum == again.tail.sum);
		expect(state.young.size == again.young.size);
		expect(!state.young.size || state.young.sum == again.young.sum);
		expect(state.repeat == again.repeat);
		expect(state.is_pending == again.is_pending);
		expect(!memcmp(again.pending.text, state.pending.text, room));
	} else {
		expect((state.known && (!is_sane(&state.position) ||
					state.tail.size > TAIL_MAX ||
					state.young.size > TAIL_MAX)) ||
		       (state.is_pending && !is_sane_pending(&state.pending)));
	}
	state_drop(&again);
	free(text.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state state;
	struct text again;
	char *text;

	text = (char *)exact(data, size);
	text = xrealloc(text, size + 1);
	text[size] = '\0';
	if (parse_state(text, size, &state)) {
		expect(!state.known || is_sane(&state.position));
		expect(!state.is_pending || is_sane(&state.pending.start));
		again = write_state(&state);
		expect(again.size == size && !memcmp(again.bytes, text, size));
		free(again.bytes);
	}
	state_drop(&state);
	free(text);
	check_written(data, size);
	return 0;
}
