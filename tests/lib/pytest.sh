#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# pytest.sh ARGUMENT...: pytest with the checks of checks.py, leaving nothing in the
# tree. --tap: for a program that counts them.

lib=$(cd "$(dirname "$0")" && pwd) || exit 1
exec env PYTHONPATH="$lib" PYTHONDONTWRITEBYTECODE=1 \
	pytest-3 -q --tb=short -p no:cacheprovider -p checks -s "$@"
