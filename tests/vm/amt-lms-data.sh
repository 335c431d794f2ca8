#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# amt-lms-data.sh OUT: puts into the directory OUT what the test of amt-lms needs:
# SHA-256 sums of the pages that the model's web server has, as its README describes
# them, and MeshCmd.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

python3 - >"$1/sums" <<'END'
import hashlib

# shorter ones begin like the longest
page = bytes((i ^ i >> 8 ^ i >> 16) & 255 for i in range(16 << 20))
for size in (1, 4095, 4096, 4097, 20000, 65537, 1 << 20, 8 << 20, 16 << 20):
    print(size, hashlib.sha256(page[:size]).hexdigest())
END
"$here/amt-programs.sh" --meshcmd "$1"
