# SPDX-License-Identifier: GPL-2.0-or-later
#
# Judges what a guest said on ttyS1: prints it test by test, then the last
# line "counts PASSED FAILED SKIPPED". Variables: wanted, the tests that had
# to run; no_skips, 1 when a skip is a failure.

function fail(text)
{
	failed++
	print "    not ok - " text
}

function skip(text)
{
	if (no_skips) {
		fail("skipped, and no skips are permitted:" text)
	} else {
		skipped++
	}
}

function begin_test(name)
{
	died()
	test = name
	ran[name] = 1
	n = bad = 0
	plan = ""
	print "  " test
}

# a test that began and did not end
function died()
{
	if (test != "")
		fail(test ": the guest died or was cut off while it ran")
	test = ""
}

# how: exit, timeout, stuck
function end_test(how, rc, seconds, limit)
{
	if (how == "timeout")
		fail(test ": still running after " limit " s, killed (a test says '# timeout: SECONDS' when it needs more)")
	else if (how == "stuck")
		fail(test ": still running after " limit " s, and cannot be killed")
	else if (plan == "")
		fail(test ": ended with status " rc " and no plan: it died, or does not call done_testing")
	else if (plan != n)
		fail(test ": planned " plan " checks, made " n)
	else if (rc != 0 && !bad)
		fail(test ": every check passed, and it ended with status " rc)
	print "    # " seconds " s"
	test = ""
}

BEGIN {
	split(wanted, list, " ")
}

{
	sub(/\r$/, "")
}

!begun {
	begun = /^pfru-vm begin$/
	next
}

/^pfru-vm test / {
	begin_test($3)
	next
}

/^pfru-vm end / {
	end_test($4, $5, $6, $7)
	next
}

/^pfru-vm end$/ {
	ended = 1
	next
}

/^pfru-vm error / {
	fail(substr($0, 15))
	next
}

/^pfru-vm / || /^$/ || /^TAP version / {
	next
}

/^(not )?ok( |$)/ {
	n++
	number = $1 == "ok" ? $2 : $3
	print "    " $0
	if (test == "")
		fail("a check outside of any test")
	else if (number ~ /^[0-9]+$/ && number != n)
		fail(test ": check number " number " follows " n - 1)
	if ($1 == "not") {
		failed++
		bad++
	} else if (match($0, /# *[Ss][Kk][Ii][Pp]/)) {
		skip(substr($0, RSTART + RLENGTH))
	} else {
		passed++
	}
	next
}

/^1\.\.[0-9]+/ {
	print "    " $0
	if (plan != "")
		fail(test ": a second plan")
	plan = $1
	sub(/^1\.\./, "", plan)
	plan += 0
	if (plan == 0 && match($0, /# *[Ss][Kk][Ii][Pp]/))
		skip(substr($0, RSTART + RLENGTH))
	else if (plan == 0)
		fail(test ": planned no checks at all")
	next
}

/^Bail out!/ {
	fail(test ": " $0)
	next
}

{
	print "    " $0
}

END {
	died()
	if (!begun)
		fail("the guest never began its tests")
	for (i = 1; i in list; i++)
		if (!(list[i] in ran))
			fail(list[i] ": never ran")
	if (begun && !ended)
		fail("the results stop before the end")
	print "counts " passed + 0, failed + 0, skipped + 0
}
