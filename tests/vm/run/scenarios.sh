# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
#
# Which scenarios and tests there are: to be sourced by run.sh. A suite is a directory
# of suites/: NAME.conf is a scenario, with what it inherits in suite.conf; NAME.sh and
# NAME.c are tests when their heads name scenarios.

known_scenarios()
{
	find "$here"/suites/*/*.conf ! -name suite.conf | sed 's,.*/,,; s,\.conf$,,' |
		sort
}

# load_scenario NAME: its variables, and conf (file), suite (its directory) and scenario
# (its name)
load_scenario()
{
	case $1 in
	*/*) conf=$1 ;;
	*)   conf=$(echo "$here"/suites/*/"$1.conf") ;;
	esac
	[ -f "$conf" ] ||
		die "no scenario '$1'; known: $(known_scenarios | tr '\n' ' ')"
	scenario=$(basename "$conf" .conf)
	suite=$(dirname "$conf")
	# where tests/packages leaves the system that it has installed the packages in
	packages=${PFRU_PACKAGES:-${PFRU_BUILD:-$top/build}/packages}/bookworm
	description='' boot=ovmf firmware=yes append='' modules='' load=''
	module=yes cli=yes mainline=no files='' timeout=300
	prepare='' memory=1024 cpus=2 expect_splats=no taint_ok=12288 default=yes
	test_module='' image='' install=yes enable='' sign=no enrol='' mok='' only=''
	heci=no heci_args='' heci_do='' heci_second=no host='' programs='' vars='' finish=''
	accel='' network=no
	# shellcheck source=/dev/null
	[ ! -f "$suite/suite.conf" ] || . "$suite/suite.conf"
	# shellcheck source=/dev/null
	. "$conf"
	[ -z "$opt_boot" ] || boot=$opt_boot
	[ "$firmware" = yes ] || [ "$boot" != quick ] || boot=plain
}

# is_built KERNEL: one that is no distribution's
is_built()
{
	awk -v name="$1" '$1 == name && $5 == "source" { found = 1 }
		END { exit !found }' "$here/kernels.conf"
}

# read_tests DIR...: the tests in these directories, from their heads, one a line:
# ORDER, SUITE/NAME, LIMIT, SCENARIOS with commas between them, and what is run
read_tests()
{
	# shellcheck disable=SC2016 # of awk
	find "$@" -maxdepth 1 \( -name '*.c' -o -name '*.sh' \) -print0 |
		xargs -0 awk '
	function test(suffix) {
		print order, suite "/" name suffix, limit, scenarios, is_c ? \
			"/usr/bin/" name suffix " " arguments : \
			"sh /tests/" suite "/" name ".sh"
	}
	function end_file() {
		if (scenarios == "")
			return
		test("")
		if (also_32)
			test("-32")
	}
	FNR == 1 {
		end_file()
		n = split(FILENAME, part, "/")
		suite = part[n - 1]
		name = part[n]
		is_c = sub(/\.c$/, "", name)
		sub(/\.sh$/, "", name)
		order = 50
		limit = 60
		scenarios = arguments = ""
		also_32 = 0
	}
	FNR > 20 || !/^(#| \*) [a-z-]+: / { next }
	{ value = $0; sub(/^[^:]*: */, "", value) }
	$2 == "scenarios:" { gsub(/ +/, ",", value); scenarios = value }
	$2 == "timeout:" { limit = $3 }
	$2 == "order:" { order = $3 }
	$2 == "arguments:" { arguments = value }
	$2 == "vm-build:" { also_32 = value ~ /32/ }
	END { end_file() }' | LC_ALL=C sort -k 1,1n -k 2,2
}

# find_tests: reads the heads of all tests, and of those beside scenarios that are given
# by their paths; each scenario that a head names has to be there
find_tests()
{
	local dirs=("$here"/suites/*/) known unknown lost s

	for s in "${opt_scenarios[@]}"; do
		case $s in
		*/*) dirs+=("$(dirname "$s")") ;;
		esac
	done
	all_tests=$(read_tests "${dirs[@]}")
	known=$(for s in "${dirs[@]}"; do
		basename -s .conf "$s"/*.conf
	done)
	unknown=$(cut -d ' ' -f 4 <<<"$all_tests" | tr , '\n' | sort -u |
		grep -vxF "$known" | tr '\n' ' ')
	[ -z "$unknown" ] ||
		die "the heads of tests name scenarios that do not exist: $unknown"
	lost=$(grep -lZ '^done_testing' "$here"/suites/*/*.sh |
		xargs -0 grep -L '^# scenarios: ' | tr '\n' ' ')
	[ -z "$lost" ] ||
		die "tests whose heads name no scenario ('# scenarios: NAME'): $lost"
}

# scenario_tests: the tests of the loaded scenario that this run is to make, one a line:
# SUITE/NAME, LIMIT, what is run. A test, not a suite, that is named runs in every scenario
# that is named.
scenario_tests()
{
	local everywhere=0

	[ ${#opt_tests[@]} -eq 0 ] || [ ${#opt_scenarios[@]} -eq 0 ] || everywhere=1
	awk -v scenario="$scenario" -v everywhere=$everywhere \
		-v wanted="${opt_tests[*]}" '
	BEGIN {
		n = split(wanted, list, " ")
		for (i = 1; i <= n; i++)
			want[list[i]] = 1
	}
	{
		split($2, part, "/")
		named = $2 in want || part[2] in want
		listed = index("," $4 ",", "," scenario ",")
		if (listed && (n == 0 || named || part[1] in want) ||
		    named && everywhere) {
			printf "%s %s", $2, $3
			for (i = 5; i <= NF; i++)
				printf " %s", $i
			print ""
		}
	}' <<<"$all_tests"
}
