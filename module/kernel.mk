# SPDX-License-Identifier: GPL-2.0-only
# Which kernel a module is for, for the Makefiles here and above: KVER is its
# release, KDIR its headers. Either may be given, KDIR relative to where make runs.

ifneq ($(findstring i,$(filter-out -%,$(firstword $(MAKEFLAGS)))),)
$(error pfru: make -i would call a module built that is not: leave -i out)
endif

# a directory is found by its name alone, whatever CDPATH says
unexport CDPATH

# $(call pfru-odd,PATH): what is in it with which make or the kernel cannot build
pfru-comma := ,
pfru-hash := \#
pfru-odd = $(strip $(foreach c,: % = ' " ; & $$ ( ) * ? < > | ` \ $(pfru-comma) \
	$(pfru-hash),$(findstring $c,$(1))) $(if $(word 2,x$(1)x),a space))
# $(call pfru-path,WHAT,PATH)
pfru-path = $(if $(call pfru-odd,$(2)),$(error pfru: the path of $(1), '$(2)', has \
	$(call pfru-odd,$(2)) in it, with which neither make nor the kernel can build: \
	use another path))

$(call pfru-path,these sources,$(CURDIR))
$(call pfru-path,the kernel headers,$(KDIR))

ifneq ($(KDIR),)
override KDIR := $(or $(shell cd "$(KDIR)" 2>/dev/null && pwd),$(KDIR))
KVER ?= $(or $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
	"$(KDIR)/include/generated/utsrelease.h" 2>/dev/null),$(shell uname -r))
else
KVER ?= $(shell uname -r)
override KDIR := /lib/modules/$(KVER)/build
endif
