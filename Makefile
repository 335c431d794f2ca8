# SPDX-License-Identifier: GPL-2.0-or-later
# pfru: kernel module and tool. `make help` lists what can be made.

include module/kernel.mk

VERSION := $(shell cat VERSION)
KERNEL ?= 6.1
SECONDS ?= 15
BUILD ?= $(CURDIR)/build
PREFIX ?= /usr
SBINDIR ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
UNITDIR ?= $(PREFIX)/lib/systemd/system
CATALOGDIR ?= $(PREFIX)/lib/systemd/catalog
UDEVRULESDIR ?= $(PREFIX)/lib/udev/rules.d
CATALOGDIR ?= $(PREFIX)/lib/systemd/catalog
MODPROBEDIR ?= $(PREFIX)/lib/modprobe.d
DESTDIR ?=

export BUILD VERSION

# what is needed is looked for, and installed, before what needs it is built
.NOTPARALLEL:

.PHONY: all help module cli check check-full check-unit check-vm check-fleet \
	check-selftest demo check-debug check-kcsan deps-debug coverage fuzz bench bench-docs bench-lms bench-lms-docs lint \
	install install-tool install-amt install-fleet install-module-files install-source dkms-install uninstall dist deb rpm check-packages check-kernels \
	check-secureboot clean deps deps-build deps-deb deps-dkms deps-rpm

all: cli
	@if [ -d "$(KDIR)" ]; then $(MAKE) --no-print-directory module; \
	else echo "no headers of kernel $(KVER) at $(KDIR): only the tool was built;" \
		"name others by KDIR=DIR"; fi

help:
	@echo "make                  the tool, and the module when kernel headers are here"
	@echo "make module KDIR=DIR  module/pfru.ko for the kernel whose headers are in DIR"
	@echo "make ... WATCHDOG=n   without the AMT watchdog, which needs the MEI bus"
	@echo "make cli              build/bin/pfructl, amtctl and amt-lms"
	@echo "make install          build and install both, load the module"
	@echo "make dkms-install     the same with dkms: later kernels get the module too"
	@echo "make deb              Debian packages, into build/deb"
	@echo "make rpm              RPM packages, into build/rpm"
	@echo "make demo             everything in a virtual machine, no hardware needed"
	@echo "make check            all tests but those that take hours"
	@echo "make check-full       all tests, including those that take hours"
	@echo "make check-unit       tests that need no virtual machine"
	@echo "make check-vm         tests in virtual machines; KERNEL=NAME, TESTS=..."
	@echo "make check-fleet      rollouts by Ansible; needs root"
	@echo "make check-packages   .deb and .rpm in trees of Debian releases"
	@echo "make check-kernels    the module on every kernel, into docs/kernels.md"
	@echo "make check-secureboot the installed packages, booted with Secure Boot"
	@echo "make check-debug      tests in virtual machines on an instrumented kernel;"
	@echo "                      SCENARIOS=...; the first run builds it in a quarter of an hour"
	@echo "make check-kcsan      randomised calls and timing, on a kernel that reports data races"
	@echo "make coverage         which lines of core and tools their tests run"
	@echo "make fuzz             run every fuzz target, SECONDS=15 each"
	@echo "make bench            what everything costs, compared with mainline; bench-docs: into docs/"
	@echo "make bench-lms        what amt-lms costs, compared with MeshCmd; bench-lms-docs: into docs/"
	@echo "make lint             style and static checks"
	@echo "make clean            remove what was built"

module:
	@$(MAKE) --no-print-directory -C module KVER="$(KVER)" KDIR="$(KDIR)"

cli:
	$(MAKE) -C cli

# packages that demo and check need, once
deps:
	@tests/deps.sh

# packages that making packages, or the module by dkms, needs
deps-deb deps-dkms deps-rpm:
	@tests/deps.sh $(@:deps-%=%)

# packages that building a kernel needs
deps-debug:
	@tests/deps.sh debug

# packages that install needs
deps-build:
	@KVER="$(KVER)" KDIR="$(KDIR)" tests/deps.sh build

check-unit: deps
	@tests/check-unit.sh

check-vm: deps
	@tests/vm/run.sh --kernel $(KERNEL) $(TESTS)

# by Ansible, over SSH, on simulated machines; needs root
check-fleet: deps
	@tests/fleet/run.sh

# in trees of Debian releases: installed, upgraded, removed; needs root
check-packages: deps
	@tests/packages/check.sh

# and the kernels that the packages built for, booted
check-kernels: deps
	@tests/packages/kernels.sh

# the system with the installed packages, booted, with Secure Boot too
check-secureboot: deps
	@tests/packages/secureboot.sh

check: deps
	@tests/check.sh

# and what takes hours: stress, more kernels, the instrumented kernel
check-full: deps deps-debug
	@tests/check-full.sh

# the guest tests on a kernel instrumented with KASAN, lockdep and the like
check-debug: deps deps-debug
	@tests/vm/check-debug.sh $(SCENARIOS)

# and data races of the module with itself
check-kcsan: deps deps-debug
	@tests/vm/check-debug.sh --kernel kcsan $(or $(SCENARIOS),hostile)

coverage: deps
	@tests/check-unit.sh coverage

fuzz: deps
	@tests/lib/judge.pl tests/fuzz/run.sh $(SECONDS)

demo: deps
	@tests/demo.sh

bench: deps
	@tests/bench/run.sh --kernel $(KERNEL)

bench-docs: deps
	@tests/bench/run.sh --docs --kernel $(KERNEL)

bench-lms: deps
	@tests/bench/lms.sh --kernel $(KERNEL)

bench-lms-docs: deps
	@tests/bench/lms.sh --docs --kernel $(KERNEL)

lint: deps
	@tests/lib/judge.pl tests/lint.sh

# what goes where: SOURCE:DIRECTORY. The tool's, the module's
tool_files := \
	shell-completion/bash/pfructl:$(DATADIR)/bash-completion/completions \
	shell-completion/zsh/_pfructl:$(DATADIR)/zsh/site-functions \
	shell-completion/fish/pfructl.fish:$(DATADIR)/fish/vendor_completions.d \
	data/pfru-telemetry.service:$(UNITDIR) \
	data/pfru-metrics.service:$(UNITDIR) \
	data/pfru-metrics.timer:$(UNITDIR) \
	data/71-pfru-telemetry.rules:$(UDEVRULESDIR) \
	data/72-pfru-metrics.rules:$(UDEVRULESDIR) \
	data/pfru.catalog:$(CATALOGDIR) \
	data/pfru-alerts.yml:$(DATADIR)/pfructl \
	$(patsubst %,%:$(DATADIR)/pfructl/json,$(wildcard docs/json/pfructl-*.json))
amt_files := \
	shell-completion/bash/amtctl:$(DATADIR)/bash-completion/completions \
	shell-completion/zsh/_amtctl:$(DATADIR)/zsh/site-functions \
	shell-completion/fish/amtctl.fish:$(DATADIR)/fish/vendor_completions.d \
	data/amt-lms.service:$(UNITDIR) \
	data/amt-lms-opener.socket:$(UNITDIR) \
	data/amt-lms-opener@.service:$(UNITDIR) \
	data/amt-lms.catalog:$(CATALOGDIR)
amt_pages := amtctl.1 amt-lms.8 amt-lms.conf.5
module_files := \
	data/70-pfru.rules:$(UDEVRULESDIR) \
	data/pfru.conf:$(MODPROBEDIR)

# all that the module is made of, and nothing else
source_files := LICENSE VERSION dkms.conf include/uapi/linux/pfru.h \
	module/Kbuild module/Makefile module/headers.sh module/kernel.mk module/kernels \
	module/compat/Kbuild \
	$(filter-out %.mod.c,$(wildcard core/*.[ch] module/*.[ch] \
	module/pfru/*.[ch] module/amt/*.[ch] module/compat/*.h module/compat/probes/*.c))
source_dir = $(DESTDIR)/usr/src/pfru-$(VERSION)

# $(call put,FILES): install them
put = set -e; $(foreach f,$(1),install -D -m 0644 $(firstword $(subst :, ,$f)) \
	"$(DESTDIR)$(lastword $(subst :, ,$f))/$(notdir \
	$(firstword $(subst :, ,$f)))";)
# $(call drop,FILES): and remove them
drop = rm -f $(foreach f,$(1),"$(DESTDIR)$(lastword $(subst :, \
	,$f))/$(notdir $(firstword $(subst :, ,$f)))")

install-tool: cli
	install -D -m 0755 "$(BUILD)/bin/pfructl" "$(DESTDIR)$(SBINDIR)/pfructl"
	$(MAKE) -C man install NAMES=pfructl.1 DESTDIR="$(DESTDIR)" MANDIR="$(MANDIR)"
	$(call put,$(tool_files))
	sed -i 's,^ExecStart=/usr/sbin/,ExecStart=$(SBINDIR)/,' \
		"$(DESTDIR)$(UNITDIR)/pfru-telemetry.service" \
		"$(DESTDIR)$(UNITDIR)/pfru-metrics.service"

# what is for Intel AMT, and needs nothing of the above
install-amt: cli
	install -D -m 0755 "$(BUILD)/bin/amtctl" "$(DESTDIR)$(SBINDIR)/amtctl"
	install -D -m 0755 "$(BUILD)/bin/amt-lms" "$(DESTDIR)$(SBINDIR)/amt-lms"
	$(MAKE) -C man install NAMES="$(amt_pages)" DESTDIR="$(DESTDIR)" \
		MANDIR="$(MANDIR)"
	$(call put,$(amt_files))
	# what an administrator has written there stays
	[ -e "$(DESTDIR)/etc/amt-lms.conf" ] || install -D -m 0644 \
		data/amt-lms.conf "$(DESTDIR)/etc/amt-lms.conf"
	sed -i 's,^ExecStart=/usr/sbin/,ExecStart=$(SBINDIR)/,' \
		"$(DESTDIR)$(UNITDIR)/amt-lms.service" \
		"$(DESTDIR)$(UNITDIR)/amt-lms-opener@.service"

# the Ansible collection, where Ansible looks for it; for the machine that rolls out
FLEETDIR ?= $(DATADIR)/ansible/collections/ansible_collections/pfru/platform
fleet_files := $(patsubst fleet/%,%,$(wildcard fleet/*.yml fleet/*/*.yml fleet/*/*/*.py))
install-fleet:
	set -e; for f in $(fleet_files); do \
		install -D -m 0644 "fleet/$$f" "$(DESTDIR)$(FLEETDIR)/$$f"; \
	done

# what belongs to the module, however it is built
install-module-files:
	$(call put,$(module_files))
	install -D -m 0755 data/dkms-kernels \
		"$(DESTDIR)$(LIBEXECDIR)/pfru/dkms-kernels"

# the module's source, where dkms looks for it
install-source:
	set -e; for f in $(source_files); do \
		install -D -m 0644 "$$f" "$(source_dir)/$$f"; \
	done
	install -m 0644 data/dkms.mk "$(source_dir)/Makefile"
	sed -i 's/#MODULE_VERSION#/$(VERSION)/' "$(source_dir)/dkms.conf"

# with a DESTDIR, nothing is downloaded or loaded, and the running system is not notified
ifeq ($(DESTDIR),)
install: deps-build module
endif
install: all install-tool install-amt install-module-files
	if [ -d "$(KDIR)" ]; then \
		install -D -m 0644 module/pfru.ko \
			"$(DESTDIR)/lib/modules/$(KVER)/updates/pfru.ko"; \
	fi
ifeq ($(DESTDIR),)
	depmod "$(KVER)"
	-udevadm control --reload
	[ "$(KVER)" != "$$(uname -r)" ] || modprobe pfru || pfructl status
endif

# as install, but the module is made by dkms, for this kernel and later ones
dkms-install: deps-dkms cli
	rm -rf "$(source_dir)"
	$(MAKE) --no-print-directory install-tool install-amt \
		install-module-files install-source DESTDIR=
	"$(LIBEXECDIR)/pfru/dkms-kernels" add $(VERSION)
	-udevadm control --reload
	! modinfo pfru >/dev/null 2>&1 || modprobe pfru || \
		pfructl status

uninstall:
ifeq ($(DESTDIR),)
	[ ! -d "$(source_dir)" ] || \
		"$(LIBEXECDIR)/pfru/dkms-kernels" remove $(VERSION)
	rm -rf "$(source_dir)"
endif
	rm -f "$(DESTDIR)$(SBINDIR)/pfructl" "$(DESTDIR)$(SBINDIR)/amtctl" \
		"$(DESTDIR)$(SBINDIR)/amt-lms" \
		"$(DESTDIR)$(MANDIR)/man1/pfructl.1" \
		$(foreach p,$(amt_pages),"$(DESTDIR)$(MANDIR)/man$(lastword \
			$(subst ., ,$p))/$p") \
		"$(DESTDIR)/lib/modules/$(KVER)/updates/pfru.ko"
	rm -rf "$(DESTDIR)$(LIBEXECDIR)/pfru" "$(DESTDIR)$(DATADIR)/pfructl" \
		"$(DESTDIR)$(FLEETDIR)"
	$(call drop,$(tool_files) $(amt_files) $(module_files))
ifeq ($(DESTDIR),)
	depmod "$(KVER)"
	-udevadm control --reload
endif

# what a release is: the files that git knows, or all but what was built
dist_name := pfru-$(VERSION)
dist := $(BUILD)/$(dist_name).tar.gz
dist:
	@mkdir -p "$(BUILD)"
	@data/dist.sh "$(dist)"

# the packages for this machine's release
deb: dist deps-deb
	rm -rf "$(BUILD)/deb"
	mkdir -p "$(BUILD)/deb"
	tar -C "$(BUILD)/deb" -xzf "$(dist)"
	cd "$(BUILD)/deb/$(dist_name)" && env -u BUILD -u VERSION -u MAKEFLAGS \
		dpkg-buildpackage -us -uc
	@echo; ls "$(BUILD)"/deb/*.deb

# where rpm's database does not know rpm itself, as on Debian, it knows nothing
# that the packages are built with either: deps.sh has looked
rpm: dist deps-rpm
	rm -rf "$(BUILD)/rpm"
	env -u BUILD -u VERSION -u MAKEFLAGS rpmbuild -ta "$(dist)" \
		--define "_topdir $(BUILD)/rpm" \
		$$(rpm -q rpm >/dev/null 2>&1 || echo --nodeps)
	@echo; ls "$(BUILD)"/rpm/RPMS/*/*.rpm

clean:
	rm -rf build
	$(MAKE) -C cli clean
	$(MAKE) -C module clean
