# SPDX-License-Identifier: GPL-2.0-or-later
#
# failures.awk [-v title=PART] [-v failed=N]: what test runners printed, on standard
# input, into a list of the checks that failed: where each was, and the first lines
# of what it said, 40 lines of these in all. failed: how many were counted. A list
# that a runner below has made stands for all that it covers.

function is_heading()
{
	return /^== / || /^[^ ]+ \([a-z]+\): [0-9]+ s, / || /^  [a-z][a-z0-9\/-]*$/
}

function heading()
{
	if (/^  /) {
		test = substr($0, 3)
		return
	}
	test = ""
	scenario = /^== / ? "" : $1
	if (/^== /)
		part = substr($0, /^== test / ? 9 : 4)
}

function add(text, i, path, n)
{
	split(title SUBSEP part SUBSEP scenario SUBSEP test, path, SUBSEP)
	for (i = 4; i > 0; i--)
		if (path[i] != "")
			text = path[i] " > " text
	found[++count] = substr(text, 1, 300)
	weight[count] = text ~ /(^|> )[0-9]+ more$/ ? $(NF - 1) : 1
	counted += weight[count]
}

# remark TEXT: of the failure last found
function remark(text)
{
	sub(/^[ \t]*(# )?/, "", text)
	if (text != "" && remarks[count] < 5)
		said[count, ++remarks[count]] = substr(text, 1, 160)
}

# the list of a runner below
/^failed checks:$/ {
	listed = 1
	count = counted = 0
	part = scenario = test = ""
	split("", remarks)
	next
}

listed && /^      / {
	remark($0)
	next
}

listed && /^  / {
	add(substr($0, 3))
	next
}

{
	listed = 0
}

is_heading() {
	speaking = 0
	heading()
	next
}

/^ *([[:alnum:]_.-]+: )?not ok( |$)/ {
	sub(/^ */, "")
	add($0)
	speaking = 1
	next
}

/^ *([[:alnum:]_.-]+: )?(ok |1\.\.|# [0-9.]+ s$|# [^ ]+: [0-9]+ passed)/ ||
/^[0-9]+ passed, / || /^$/ {
	speaking = 0
	next
}

speaking {
	sub(/^[[:alnum:]_.-]+: /, "")
	remark($0)
}

END {
	print "failed checks:"
	most = count ? int((40 - count) / count) : 0
	for (i = 1; i <= count && i <= 100; i++) {
		print "  " found[i]
		for (j = 1; j <= remarks[i] && j <= most; j++)
			print "      " said[i, j]
	}
	for (; i <= count; i++)
		more += weight[i]
	if (failed > counted)
		more += failed - counted
	if (more)
		print "  " (title == "" ? "" : title " > ") more " more"
}
