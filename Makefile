# SPDX-License-Identifier: GPL-2.0-or-later
# pfru: kernel module and tool. `make help` lists what can be made.

VERSION := $(shell cat VERSION)
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
KERNEL ?= 6.1
SECONDS ?= 15
BUILD ?= $(CURDIR)/build
PREFIX ?= /usr
DESTDIR ?=

export BUILD VERSION

.PHONY: all help module cli check check-unit check-vm check-selftest demo \
	fuzz bench lint install uninstall clean deps deps-build

all: cli
	@if [ -d "$(KDIR)" ]; then $(MAKE) --no-print-directory module; \
	else echo "no headers of kernel $(KVER) at $(KDIR): only the tool was built;" \
		"name others by KDIR=DIR"; fi

help:
	@echo "make                  the tool, and the module when kernel headers are here"
	@echo "make module KDIR=DIR  module/pfru.ko for the kernel whose headers are in DIR"
	@echo "make cli              cli/pfructl"
	@echo "make install          build and install both, load the module"
	@echo "make demo             everything in a virtual machine, no hardware needed"
	@echo "make check            all tests"
	@echo "make check-unit       tests that need no virtual machine"
	@echo "make check-vm         tests in virtual machines; KERNEL=NAME, TESTS=..."
	@echo "make fuzz             fuzz capsules, ring and state, each for SECONDS=15"
	@echo "make bench            what reading the log costs, as a table"
	@echo "make lint             style and static checks"
	@echo "make clean            remove what was built"

module:
	@[ -f "$(KDIR)/Makefile" ] || { \
		echo "no kernel headers at $(KDIR): install linux-headers-$(KVER)" \
			"or name others by KDIR=DIR" >&2; exit 2; }
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)/module" modules

cli:
	$(MAKE) -C cli

# packages that demo and check need, once
deps:
	@tests/deps.sh

# packages that install needs
deps-build:
	@tests/deps.sh build

check-unit: deps
	@tests/check-unit.sh

check-vm: deps
	@tests/vm/run.sh --kernel $(KERNEL) $(TESTS)

check: deps
	@tests/check.sh

fuzz: deps
	@tests/fuzz/run.sh $(SECONDS)

demo: deps
	@tests/demo.sh

bench: deps
	@tests/bench/run.sh --kernel $(KERNEL)

lint: deps
	@tests/lint.sh

# into a DESTDIR nothing is downloaded, loaded or told to the running system
ifeq ($(DESTDIR),)
install: deps-build module
endif
install: all
	install -D -m 0755 cli/pfructl "$(DESTDIR)$(PREFIX)/sbin/pfructl"
	$(MAKE) -C man install DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)"
	install -D -m 0644 data/70-pfru.rules \
		"$(DESTDIR)$(PREFIX)/lib/udev/rules.d/70-pfru.rules"
	install -D -m 0644 shell-completion/bash/pfructl \
		"$(DESTDIR)$(PREFIX)/share/bash-completion/completions/pfructl"
	install -D -m 0644 shell-completion/zsh/_pfructl \
		"$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_pfructl"
	install -D -m 0644 shell-completion/fish/pfructl.fish \
		"$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/pfructl.fish"
	install -D -m 0644 data/pfru-telemetry.service \
		"$(DESTDIR)$(PREFIX)/lib/systemd/system/pfru-telemetry.service"
	if [ -d "$(KDIR)" ]; then \
		install -D -m 0644 module/pfru.ko \
			"$(DESTDIR)/lib/modules/$(KVER)/updates/pfru.ko"; \
	fi
ifeq ($(DESTDIR),)
	depmod "$(KVER)"
	-udevadm control --reload
	[ "$(KVER)" != "$$(uname -r)" ] || modprobe pfru || pfructl status
endif

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/sbin/pfructl" \
		"$(DESTDIR)$(PREFIX)/share/man/man1/pfructl.1" \
		"$(DESTDIR)$(PREFIX)/lib/udev/rules.d/70-pfru.rules" \
		"$(DESTDIR)$(PREFIX)/share/bash-completion/completions/pfructl" \
		"$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_pfructl" \
		"$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/pfructl.fish" \
		"$(DESTDIR)$(PREFIX)/lib/systemd/system/pfru-telemetry.service" \
		"$(DESTDIR)/lib/modules/$(KVER)/updates/pfru.ko"
ifeq ($(DESTDIR),)
	depmod "$(KVER)"
	-udevadm control --reload
endif

clean:
	rm -rf build
	$(MAKE) -C cli clean
	rm -f core/*.o core/.*.cmd
	rm -f module/*.o module/*.ko module/*.mod module/*.mod.c module/.*.cmd \
		module/modules.order module/Module.symvers
