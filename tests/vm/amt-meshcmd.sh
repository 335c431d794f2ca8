#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# amt-meshcmd.sh OUT: amt-programs.sh, with MeshCmd.

AMT_MESHCMD=yes exec "$(dirname "$0")/amt-programs.sh" "$@"
