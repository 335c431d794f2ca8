#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
exec share
