#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Are the committed capsules those that the generator makes? Plain TAP.
set -u

corpus=$(cd "$(dirname "$0")/../corpus" && pwd)

echo 1..1
if PYTHONDONTWRITEBYTECODE=1 python3 "$corpus/make-corpus.py" --check; then
	echo "ok 1 - the corpus is what make-corpus.py makes"
else
	echo "not ok 1 - the corpus is not what make-corpus.py makes"
	exit 1
fi
