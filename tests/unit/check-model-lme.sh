#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Does model-lme find what it is there to find? Plants one fault after another in
# cli/amt/lme.c, each by a sed expression that must change something, and wants the
# model to fail. Plain TAP.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
engine=$top/cli/amt/lme.c
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
bad=0

compile()
{
	"${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -O1 -w -I"$top" -I"$top/cli/amt" -c \
		"$@" >>"$work/log" 2>&1
}

# model STEPS: fails when it finds something
model()
{
	"${CC:-gcc}" -o "$work/model" "$work"/*.o >>"$work/log" 2>&1 &&
	MODEL_STEPS=$1 timeout 60 "$work/model" >"$work/said"
}

result()
{
	number=$((number + 1))
	if [ "$1" = yes ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		sed 's/^/# /' "$work/log" "$work/said" | head -n 20
		bad=$((bad + 1))
	fi
}

# plant WHAT EXPRESSION
plant()
{
	found=no
	: >"$work/log"
	: >"$work/said"
	sed "$2" "$engine" >"$work/lme.c"
	if cmp -s "$engine" "$work/lme.c"; then
		echo "the expression changes nothing" >"$work/log"
	elif compile -o "$work/lme.o" "$work/lme.c"; then
		model 2000000
		[ $? = 1 ] && grep -q '^not ok 1 - model: ' "$work/said" && found=yes
	fi
	result $found "found: $1 ($(sed -n 's/^not ok 1 - model: //p' "$work/said"))"
}

: >"$work/log"
: >"$work/said"
good=no
compile -o "$work/model-lme.o" "$here/model-lme.c" &&
	compile -o "$work/apf.o" "$top/cli/amt/apf.c" &&
	compile -o "$work/lme.o" "$engine" && model 200000 && good=yes
result $good "nothing is found in what is not changed"

plant "one byte more than the window is sent" \
	's/return channel->window < most ?.*/return channel->window < most ? channel->window + 1 : most;/'
plant "what was sent stays in the window" '/channel->window -= size;/d'
plant "credit is given twice" '/channel->owed = 0;/d'
plant "credit is not given" '/send_message(lme, &adjust);/d'
plant "credit is given for what was not consumed" \
	's/size = LME_WINDOW - channel->credit - channel->owed;/;/'
plant "credit of AMT is not taken" 's/before + message->window;/before;/'
plant "a writer is not woken" 's/lme->hooks->writable(.*/;/'
plant "a close is not answered" \
	'/^static void got_close/,/^}/s/send_close(lme, channel->peer);//'
plant "a close is answered twice" \
	'/^static void got_close/,/^}/s/send_close(lme, channel->peer);/&&/'
plant "a close is lost" \
	'/^void lme_close/,/^}/s/send_close(lme, channel->peer);//'
plant "a place is not freed by a close" \
	'/^static void got_close/,/^}/s/release(channel);//'
plant "a place is not given back when its program has gone" \
	's/if (channel->abandoned)$/if (0)/'
plant "a place that comes too late is not given back" \
	'/^static void got_confirmation/,/^}/s/send_close(lme, message->sender);/;/'
plant "who came last is served first" \
	's/is_before(channel->number, first->number)/is_before(first->number, channel->number)/'
plant "nine places" 's/taken(lme) < LME_SLOTS/taken(lme) <= LME_SLOTS/'
plant "bytes from AMT are reordered" \
	'/^static void got_data/,/^}/s/message->data.bytes,/message->data.bytes + (message->data.size > 1),/'
plant "bytes for AMT are repeated" 's/{ bytes, size }/{ bytes - (size > 1), size }/'
plant "a refusal is forgotten" \
	'/^static void got_failure/,/^}/s/channel->state = LME_WAITING;//'
plant "a refusal is final" 's/tries <= LME_RETRIES/tries <= 0/'
plant "a new handshake is not answered" \
	'/^static void got_version/,/^}/s/send_version(lme);//'
plant "channels outlive a new handshake" \
	'/^static void got_version/,/^}/s/forget_all(lme);//'
plant "what ends with its session looks whole" \
	's/hooks->broken ? hooks->broken : hooks->closed/hooks->closed/'
plant "an alert is not confirmed" '/send_message(lme, &confirmation);/d'
plant "a global request is not answered" 's/if (message->want_reply)$/if (0)/'
echo "1..$number"
exit $((bad > 0))
