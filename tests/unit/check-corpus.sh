#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Are the committed capsules those that the generator makes? Prints TAP.
set -u

tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=SCRIPTDIR/../lib/tap.sh disable=SC1091
. "$tests/lib/tap.sh"
export PYTHONDONTWRITEBYTECODE=1

ok_if "the corpus is what make-corpus.py makes" \
	python3 "$tests/corpus/make-corpus.py" --check
done_testing
