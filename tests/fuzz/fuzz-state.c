// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tool's state file. What is accepted is sane and is written again as the
 * same bytes; what the tool writes is accepted.
 */
#include "../../cli/state.c"

#include "fuzz.h"

#define SUM_LINE	(sizeof("sum 0123456789abcdef\n") - 1)

/* a sum that is right, without which every mutant is refused for it alone */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	char line[SUM_LINE + 1];

	size = LLVMFuzzerMutate(data, size, max);
	if (seed % 4 == 0 || size < SUM_LINE)
		return size;
	snprintf(line, sizeof(line), "sum %016llx\n", (unsigned long long)
		 sum_of((char *)data, size - SUM_LINE));
	memcpy(data + size - SUM_LINE, line, SUM_LINE);
	return size;
}

static void check_written(const uint8_t *data, size_t size)
{
	struct state state, again;
	char *text;

	memset(&state, 0, sizeof(state));
	if (size < sizeof(state.position) + sizeof(state.pending) + 1)
		return;
	state.known = data[0] & 1;
	state.is_pending = data[0] & 2;
	if (state.known)
		memcpy(&state.position, data + 1, sizeof(state.position));
	if (state.is_pending)
		memcpy(&state.pending, data + 1 + sizeof(state.position),
		       sizeof(state.pending));
	text = write_state(&state);
	expect(strlen(text) <= STATE_MAX);
	if (parse_state(text, strlen(text), &again))
		expect(!memcmp(&state.position, &again.position,
			       sizeof(again.position)) &&
		       !memcmp(&state.pending, &again.pending,
			       sizeof(again.pending)));
	else
		expect((state.known && !is_sane(&state.position)) ||
		       (state.is_pending &&
			(!is_sane(&state.pending.start) ||
			 state.pending.size > state.pending.start.ring)));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state state;
	char *text, *again;

	if (size > STATE_MAX)
		return 0;
	text = (char *)exact(data, size);
	text = xrealloc(text, size + 1);
	text[size] = '\0';
	if (parse_state(text, size, &state)) {
		expect(!state.known || is_sane(&state.position));
		expect(!state.is_pending || is_sane(&state.pending.start));
		again = write_state(&state);
		expect(strlen(again) == size && !memcmp(again, text, size));
		free(again);
	}
	free(text);
	check_written(data, size);
	return 0;
}
