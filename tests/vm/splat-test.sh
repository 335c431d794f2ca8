#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# splat-test.sh: tests the splat gate on the logs of splat-samples. Prints TAP.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
samples=$here/splat-samples
# shellcheck source=SCRIPTDIR/../lib/tap.sh disable=SC1091
. "$here/../lib/tap.sh"

# passes NAME WHAT [OPTION...]
passes()
{
	local log=$samples/$1.log what=$2 said yes=no

	shift 2
	said=$("$here/splat.sh" "$@" "$log" 2>&1) && yes=yes
	verdict "$yes" "$what" "$said"
}

# fails NAME WORD WHAT [OPTION...]: and its only reason begins with WORD
fails()
{
	local log=$samples/$1.log word=$2 what=$3 said yes=no

	shift 3
	said=$("$here/splat.sh" "$@" "$log" 2>&1) ||
		case $said in
		*$'\n'*) ;;
		"$word: "*) yes=yes ;;
		esac
	verdict "$yes" "$what" "expected one line '$word: ...', found:
$said"
}

passes good-clean "a clean log passes"
passes good-crlf "a clean log with CR LF passes"
passes good-no-taint "a clean log without taint passes"
while read -r name _; do
	# each must be caught by its own pattern, whatever else catches it too
	said=$("$here/splat.sh" "$samples/bad-$name.log" 2>&1) && yes=no || yes=yes
	case $said in
	"$name: "*|*$'\n'"$name: "*) ;;
	*) yes=no ;;
	esac
	verdict "$yes" "caught: $name" "$said"
done < <(sed '/^#/d; /^$/d' "$here/splat.patterns")
fails bad-empty no-log "an empty log fails"
fails does-not-exist no-log "a missing log fails"
fails bad-truncated no-end "a log without the end mark fails"
fails bad-cut-mark no-end "a log that stops within the end mark fails"
fails bad-no-begin no-begin "a log without the begin mark fails"
fails bad-reboot reboot "a guest that began twice fails"
fails bad-taint-warn taint "a warning's taint fails"
fails bad-taint-died taint "an oops' taint fails"
passes bad-taint-warn "a taint that is allowed by number passes" --taint-ok 512
passes allowed-expected "a splat between marks passes" --allow-expected
fails expected-unseen unseen "a splat that is expected and missing fails" --allow-expected
fails expected-unended marked "marks that are never closed fail" --allow-expected
fails expected-unbegun marked "marks that were never opened fail" --allow-expected
fails expected-outside bug "a splat outside the marks fails" --allow-expected
fails expected-taint taint "marks excuse D and W only" --allow-expected
said=$("$here/splat.sh" "$samples/marked-unpermitted.log" 2>&1) && yes=no || yes=yes
verdict "$yes" "marks without permission excuse nothing" "$said"
said=$("$here/splat.sh" 2>&1) && yes=no || yes=yes
verdict "$yes" "a call without a log fails" "$said"
done_testing
