#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Can the ABI header and Linux's own <linux/pfrut.h> be included in one program, in
# either order, and do they give the same numbers? Prints TAP.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# shellcheck source=SCRIPTDIR/../lib/tap.sh disable=SC1091
. "$top/tests/lib/tap.sh"

# compiles WHAT LANGUAGE HEADER...: as a program of that language includes them
compiles()
{
	what=$1
	language=$2
	shift 2
	{
		printf '#include <%s>\n' "$@"
		cat "$work/use"
	} >"$work/program"
	ok_if "$what" "${CC:-gcc}" -x "$language" -Wall -Wextra -Werror \
		-pedantic -I"$work" -I"$top/include/uapi" -c \
		-o "$work/program.o" "$work/program"
}

# of a directory of its own: what the compiler thinks a system's header is forgiven
# all that the kernel's build, or a copy of it in a program, is not
mkdir "$work/linux"
pfrut=$(echo '#include <linux/pfrut.h>' | "${CC:-gcc}" -E -x c - 2>/dev/null |
	sed -n 's/^# [0-9]* "\(.*pfrut.h\)".*/\1/p' | head -n 1)
cp "${pfrut:-/usr/include/linux/pfrut.h}" "$work/linux/pfrut.h" || exit 1

# each number in a way that needs a constant, twice in no switch
cat >"$work/use" <<'END'
int use(unsigned long cmd);
int use(unsigned long cmd)
{
	switch (cmd) {
	case PFRU_IOC_SET_REV:
	case PFRU_IOC_STAGE:
	case PFRU_IOC_ACTIVATE:
	case PFRU_IOC_STAGE_ACTIVATE:
	case PFRU_IOC_QUERY_CAP:
	case PFRT_LOG_IOC_SET_INFO:
	case PFRT_LOG_IOC_GET_INFO:
	case PFRT_LOG_IOC_GET_DATA_INFO:
		return 1;
	default:
		return cmd == PFRU_IOC_GET_RESULT || cmd == PFRU_IOC_STATGE;
	}
}
#define SAME(name, number) typedef char is_##name[(name) == (number) ? 1 : -1]
int choose(int both);
int choose(int both)
{
	return (both ? PFRU_IOC_STAGE_ACTIVATE : PFRU_IOC_STAGE) ==
	       (both ? PFRU_IOC_QUERY_CAP : PFRU_IOC_GET_RESULT) ||
	       (both ? PFRT_LOG_IOC_SET_INFO : PFRU_LOG_IOC_SET_INFO) ==
	       (both ? PFRT_LOG_IOC_GET_INFO : PFRT_LOG_IOC_GET_DATA_INFO);
}
/* what the first proposal has, too, is looked for with #ifdef */
#if !defined(PFRU_IOC_SET_REV) || !defined(PFRU_IOC_STAGE) || \
	!defined(PFRU_IOC_ACTIVATE) || !defined(PFRU_IOC_STAGE_ACTIVATE)
#error no macro
#endif
SAME(PFRU_IOC_SET_REV, 0x4004EE01);
SAME(PFRU_IOC_STAGE, 0x4004EE02);
SAME(PFRU_IOC_ACTIVATE, 0x4004EE03);
SAME(PFRU_IOC_STAGE_ACTIVATE, 0x4004EE04);
SAME(PFRU_IOC_QUERY_CAP, 0x805CEE05);
SAME(PFRT_LOG_IOC_SET_INFO, 0x400CEE06);
SAME(PFRT_LOG_IOC_GET_INFO, 0x800CEE07);
SAME(PFRT_LOG_IOC_GET_DATA_INFO, 0x8040EE08);
END
for language in c c++; do
	compiles "$language: ours alone" "$language" linux/pfru.h
	compiles "$language: Linux's first" "$language" linux/pfrut.h linux/pfru.h
	compiles "$language: ours first" "$language" linux/pfru.h linux/pfrut.h
	compiles "$language: each twice" "$language" linux/pfru.h linux/pfrut.h \
		linux/pfru.h linux/pfrut.h
done
done_testing
