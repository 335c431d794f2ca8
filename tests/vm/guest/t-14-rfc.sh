# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# timeout: 60
exec rfc
