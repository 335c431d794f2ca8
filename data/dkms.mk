# SPDX-License-Identifier: GPL-2.0-only
# The Makefile at the top of the source that dkms has.

modules clean:
	$(MAKE) -C module $@

.PHONY: modules clean
