#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sum-test.sh: what fails deep within a run is listed at its end, and what a runner
# prints is judged. Prints TAP.

set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# shellcheck source=SCRIPTDIR/lib/tap.sh disable=SC1091
. "$top/tests/lib/tap.sh"

# listed WHAT WANT LOG: the log's end is the list WANT and the sum
listed()
{
	local found

	found=$(awk '/^failed checks:$/ { text = "" } /^[0-9]+ passed, / { next }
		{ text = text $0 "\n" } END { printf "%s", text }' "$3")
	if [ "$found" = "failed checks:"$'\n'"$2" ] &&
	   tail -n 1 "$3" | grep -q '^[0-9]* passed, [1-9][0-9]* failed$'; then
		ok "$1"
	else
		not_ok "$1" "$(cat "$3")"
	fi
}

# judged WHAT WANT SCRIPT: judge.pl sums up so what this prints, while it runs and
# from its log
judged()
{
	local status=0 found

	found=$("$top/tests/lib/judge.pl" sh -c "$3" | tail -n 1)
	sh -c "$3" >"$work/judged" 2>&1 || status=$?
	is "$found; $("$top/tests/lib/judge.pl" --log "$work/judged" "$status" |
		tail -n 1)" "$2; $2" "judged: $1"
}

# marked WHAT WANT OPTION...: judge.pl sums up so what a runner says on standard input
marked()
{
	is "$("$top/tests/lib/judge.pl" --marked run "${@:3}" | tail -n 1)" "$2" \
		"judged: $1"
}

# script NAME: standard input, with the sums at hand
script()
{
	{ echo ". '$top/tests/sum.sh'"; cat; } >"$work/$1.sh"
}

cat >"$work/guests" <<END
faults (ovmf): 12 s, 8 s of processor
  update/good
    ok 1 - good
    not ok 2 - a good test's bad check
    # found: 1
    # expected: 2
    ok 3 - good
    # 3 s
  console
    ok 1 - the guest ended by itself
    not ok 2 - the kernel is unharmed
    # see console.log
    # BUG: planted

logs: none
$(printf 'not ok - %s\n' "not of a guest's")
7 passed, 3 failed
END
cat >"$work/cmocka" <<END
test-ring: 1..3
test-ring: not ok 2 - test_wrap
test-ring: # 0x1 != 0x2
test-ring: # [  FAILED  ] 1 test(s)
# test-ring: 2 passed, 1 failed
2 passed, 1 failed
END
script units <<END
part "core" cat "$work/cmocka"
part "good" printf '%s\n' 'ok 1 - good' '1 passed, 0 failed'
part "dies" sh -c 'echo "a last word"; exit 7'
total
END
script all <<END
beside "lint" printf '%s\n' 'not ok - shellcheck' '# a.sh: SC1' '4 passed, 3 failed'
part "unit tests" bash "$work/units.sh"
part "guests" cat "$work/guests"
part "lint"
total
END
script ci <<END
part "make check" bash "$work/all.sh"
total
END
script mute <<END
part "says nothing" sh -c 'echo 3 passed, 2 failed; exit 1'
total
END
script many <<END
part "many" sh -c 'for i in \$(seq 120); do echo "not ok - \$i"; echo "# why"; done
	echo 1 passed, 120 failed'
total
END
script tap <<END
part "good" printf '%s\n' 'ok 1 - good' 1..1
part "short" sh -c 'echo "ok 1 - a"; echo "not ok 2 - b"; echo "# why"; echo 1..3; exit 1'
total
END
deep="unit tests > core > test-ring: not ok 2 - test_wrap
      0x1 != 0x2
      [  FAILED  ] 1 test(s)
  unit tests > dies > not ok - ended with status 7, last line: none
      a last word
  guests > faults > update/good > not ok 2 - a good test's bad check
      found: 1
      expected: 2
  guests > faults > console > not ok 2 - the kernel is unharmed
      see console.log
      BUG: planted
  guests > faults > console > not ok - not of a guest's
  lint > not ok - shellcheck
      a.sh: SC1
  lint > 2 more"
for s in units all ci mute many tap; do
	bash "$work/$s.sh" >"$work/$s.log" 2>&1
done
listed "a runner's checks and its end" \
	"$(sed '6,$d; s/unit tests > //' <<<"  $deep")" "$work/units.log"
listed "those of runners below, once" "  $deep" "$work/all.log"
listed "and further down" "$(awk '/^  [^ ]/ { sub(/^ +/, "  make check > ") } { print }' <<<"  $deep")" \
	"$work/ci.log"
listed "counts without a word" "  says nothing > 2 more" \
	"$work/mute.log"
listed "many: without their remarks, 100 of them" "$(
	printf '  many > not ok - %s\n' $(seq 100))
  20 more" "$work/many.log"
listed "TAP, and what is wrong with it" "  short > not ok 2 - b
      why
  short > not ok - its TAP: Bad plan.  You planned 3 tests but ran 2." "$work/tap.log"
judged "two checks" "2 passed, 0 failed" "echo ok 1; echo ok 2 - x; echo 1..2"
judged "a failure" "1 passed, 1 failed" "echo ok 1; echo not ok 2; echo 1..2; exit 1"
judged "a check too few" "1 passed, 1 failed" "echo ok 1; echo 1..2"
judged "no plan" "1 passed, 1 failed" "echo ok 1"
judged "numbers out of sequence" "2 passed, 1 failed" "echo ok 1; echo ok 3; echo 1..2"
judged "nothing" "0 passed, 1 failed" "echo 1..0"
judged "a status without a failure" "1 passed, 1 failed" "echo ok 1; echo 1..1; exit 3"
judged "a failure without a status" "0 passed, 2 failed" "echo not ok 1; echo 1..1"
judged "TODO" "1 passed, 1 failed" \
	"echo 'not ok 1 # TODO no'; echo ok 2; echo 1..2; exit 1"
judged "a skip" "1 passed, 0 failed, 1 skipped" \
	"echo 'ok 1 # SKIP no'; echo ok 2; echo 1..2"
# shellcheck disable=SC2016 # for the program to expand
judged "a signal" "1 passed, 1 failed" 'echo ok 1; echo 1..1; kill -9 $$'
for end in "" "run end a exit 3 1 9" "run end a timeout none 9 9" "run end a stuck none 9 9"; do
	marked "a program that ends by '$end'" "1 passed, 1 failed" a <<-END
	run begin
	run test a
	ok 1
	1..1
	$end
	run end
	END
done
marked "a program whose plan is another" "4 passed, 3 failed" a b c <<END
run begin
run test a
ok 1
1..2
run end a exit 0 1 9
run test b
ok 1
run end b exit 0 1 9
run test c
ok 1
ok 3
1..2
run end c exit 0 1 9
run end
END
said="run test a
1..0 # SKIP no such machine
run end a exit 0 1 9
run test b
ok 1 # SKIP none
ok 2
1..2
run end b exit 0 1 9
run end"
marked "skips" "1 passed, 0 failed, 2 skipped" a b <<<"run begin
$said"
marked "skips where none are permitted" "1 passed, 2 failed" --no-skips a b <<<"run begin
$said"
marked "one that never ran" "1 passed, 1 failed, 2 skipped" a b c <<<"run begin
$said"
marked "a run without its begin" "1 passed, 1 failed, 2 skipped" a b <<<"$said"
marked "a run without its end" "1 passed, 1 failed, 2 skipped" a b <<<"run begin
${said%run end}"
marked "nothing at all" "0 passed, 1 failed" </dev/null
marked "a program without a check" "0 passed, 1 failed" a <<END
run begin
run test a
1..0
run end a exit 0 1 9
run end
END
marked "a check of no program, and what the runner found" "0 passed, 2 failed" <<END
run begin
ok 1
run error no module
run end
END
done_testing
