#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh [PART...]: builds the module in the ways that people do, with Debian's headers
# and with a clang kernel's, damaged headers, and unhelpful environments. What is built
# is a stand-in with the module's own Makefile, Kbuild and probes, so that a build takes
# seconds. Prints TAP.

# shellcheck disable=SC2154 # status, out, err and others are of tap.sh
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=SCRIPTDIR/../lib/tap.sh disable=SC1091,SC2154
. "$top/tests/lib/tap.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES KDIR KVER VERSION BUILD WATCHDOG
work=$(mktemp -d)
trap 'rm -rf "$work" "$tap_dir"' EXIT

# as make deps installs them
debian=$(find /usr/src -maxdepth 1 -name 'linux-headers-6.1.*-amd64' ! -name '*cloud*' ! -name '*rt*' |
	sort -V | tail -n 1)
[ -n "$debian" ] || { echo "no headers of Debian's kernel 6.1: run make deps"; exit 1; }
# release_of HEADERS: what its modules say
release_of()
{
	sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$1/include/generated/utsrelease.h"
}
release=$(release_of "$debian")

# stand_in DIR: all that make needs; of each source a file that compiles at once
stand_in()
{
	local f

	mkdir -p "$1/cli" "$1/tests"
	(cd "$top" && cp -R --parents Makefile VERSION LICENSE dkms.conf data man include \
		module core shell-completion "$1/")
	find "$1/module" "$1/core" \( -name '*.o' -o -name '*.ko' -o -name '*.mod*' -o -name '.*.cmd' \
		-o -name Module.symvers -o -name modules.order \) -delete
	for f in "$1"/module/*.c "$1"/module/{pfru,amt}/*.c "$1"/core/*.c; do
		echo 'extern int nothing;' >"$f"
	done
	echo >"$1/module/compat/compat.h"
	printf '%s\n' '#include <linux/module.h>' 'MODULE_LICENSE("GPL");' >"$1/module/main.c"
	printf 'all clean:\n' >"$1/cli/Makefile"
}

# headers: a copy of Debian's in $work/headers, to be damaged; what was damaged
# before is whole again
headers()
{
	if [ ! -d "$work/headers" ]; then
		cp -a "$debian" "$work/headers"
		ln -sfn "$(realpath "$debian/tools")" "$work/headers/tools"
		# a directory of links, so that one can be taken away
		rm "$work/headers/scripts"
		cp -as "$(realpath "$debian/scripts")" "$work/headers/scripts"
	fi
	rm -rf "$work/headers/arch/x86/include/generated/"{linux,crypto}
	[ -z "$damaged" ] || mv "$work/saved" "$work/headers/$damaged"
	damaged=
}
damaged=

# damage FILE [SCRIPT]: take it away, or edit it
damage()
{
	headers
	damaged=$1
	mv "$work/headers/$1" "$work/saved"
	[ $# -eq 1 ] || sed "$2" "$work/saved" >"$work/headers/$1"
}

# built ARGUMENT...: make module with them, where $tree is
tree=$work/tree
built()
{
	rm -rf "$tree"
	stand_in "$tree"
	capture env "${environment[@]}" make -C "$tree" -j2 module "$@"
}
environment=()

# flags: what the probes found, and what else the module was told
flags()
{
	grep -ohE -e '-DPFRU_(HAVE|WATCHDOG)[A-Z0-9_]*' "$tree/module/.main.o.cmd" | sort -u | tr '\n' ' '
}

# right NAME: the module as it should be
right()
{
	is "$status" 0 "$1: make ends well"
	[ "$status" = 0 ] || diag "$out" "$err"
	is "$(modinfo -F vermagic "$tree/module/pfru.ko" 2>&1 | cut -d ' ' -f 1)" "${want_release:-$release}" \
		"$1: the module is there"
	is "$(flags)" "$all_flags" "$1: with all that the kernel has"
}

# refused REGEXP NAME: one sentence that says why, and no module
refused()
{
	isnt "$status" 0 "$2: make fails"
	is "$(printf '%s\n' "$err" "$out" | grep -v ': try without$' | grep -cE 'pfru: ')" 1 \
		"$2: one sentence"
	like "$err" "pfru: .*$1" "$2: it names the cause"
	is "$(ls "$tree/module/pfru.ko" 2>/dev/null)" "" "$2: no module"
}

# with NAME VALUE...: in the environment, until without
with()
{
	environment=("$@")
}

part_plain()
{
	built KDIR="$debian"
	all_flags="-DPFRU_HAVE_ACPI_FETCH_ACPI_DEV -DPFRU_HAVE_ACPI_GET_ACPI_DEV -DPFRU_HAVE_MEI_CLDEV_RECV_NONBLOCK"
	all_flags="$all_flags -DPFRU_HAVE_MEI_REMOVE_RETURNS_VOID -DPFRU_HAVE_SHA2_HEADER -DPFRU_WATCHDOG "
	right "plain"
}

part_environment()
{
	mkdir -p "$work/cpath/crypto"
	echo '#error another kernel' >"$work/cpath/crypto/sha.h"
	ln -sfn "$debian" "$work/linked"
	with KCFLAGS="-Wall -Wextra -Wpedantic -Wconversion -Wcast-qual -Wundef"
	built KDIR="$debian"
	right "more warnings in the environment"
	with KCFLAGS=-w KDIR=../linked LLVM=1
	built
	right "no warnings, a relative KDIR and LLVM in the environment"
	# what is for another build, or harmless
	with ARCH=arm64 CC=clang CFLAGS=-fnonsense CPPFLAGS=-fnonsense LDFLAGS=-fnonsense \
		O=/nonexistent M=/nonexistent W=3 C=2 V=1 KBUILD_VERBOSE=1 CDPATH=/:/usr \
		CPATH="$work/cpath" KBUILD_OUTPUT=/nonexistent/output KBUILD_EXTMOD=/nonexistent \
		KBUILD_MODPOST_NOFINAL=1 LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 LANGUAGE=de MAKEFLAGS=-j8k
	built KDIR="$debian"
	right "much else in the environment"
	# headers that do not say themselves, as Debian's do, what they are for
	damage .kernelvariables 's/.*//'
	with ARCH=arm64 LLVM=1
	built KDIR="$work/headers"
	right "ARCH and LLVM in the environment, other headers than Debian's"
	with
	headers
	built KDIR=../linked V=1 W=2 M=/nonexistent
	right "a relative KDIR, V=1, W=2 and M= on the command line"
	built KDIR="$debian" WATCHDOG=n
	is "$status $(flags | grep -c WATCHDOG)" "0 0" "WATCHDOG=n leaves the watchdog out"
	printf 'all:\n\t@sleep 1; echo tool done\n' >"$tree/cli/Makefile"
	# shellcheck disable=SC2016 # for the inner shell
	capture sh -c 'MAKEFLAGS=-j8 make -s -C "$0" cli module KDIR=/nonexistent 2>&1' "$tree"
	is "$(grep -oE 'tool done|no kernel headers' <<<"$out" | tr '\n' ' ')" \
		"tool done no kernel headers " "MAKEFLAGS=-j8: one step after the other"
	built KDIR="$debian" WATCHDOG=yes
	refused "WATCHDOG=yes is neither y nor n" "WATCHDOG=yes"
}

part_refused()
{
	local setting words

	while IFS='|' read -r setting words; do
		built KDIR="$debian" "$setting"
		refused "$words" "$setting"
	done <<-END
	CC=clang|built with gcc .*clang.* does not know
	LLVM=1|built with gcc .*clang.* does not know
	CC=no-such-compiler|no-such-compiler.* (cannot compile|is not)
	CROSS_COMPILE=no-such-|no-such-gcc.* cannot compile
	ARCH=arm64|for x86, and not for ARCH=arm64
	O=/tmp|O= and MO= are not for this module
	KVER=5.99.0|of kernel $release, and not of KVER=5.99.0
	KCFLAGS=-include /nonexistent.h|cannot compile.*nonexistent.h
	-i|make -i
	END
	built KDIR=/nonexistent/headers
	refused 'no kernel headers at /nonexistent/headers' "a KDIR that is not there"
	with KCFLAGS=-Werror=undef KCPPFLAGS=-DNOTHING
	built KDIR="$debian" CFLAGS_MODULE='-Werror -DMODULE_LICENSE=nonsense'
	isnt "$status" 0 "a build that fails: make fails"
	like "$err" "pfru: that build was given .*CFLAGS_MODULE='-Werror.* KCFLAGS='-Werror=undef'.*: try without" \
		"a build that fails names what it was given"
	with
}

part_paths()
{
	local name

	for name in 'a space' 'a:colon' 'a%percent' "an'apostrophe" 'a"quote' 'a#hash' 'a,comma' 'an=equals' \
		'a(paren' 'a)paren' 'a*star' 'a?mark' 'a<less' 'a>more' 'a|pipe' 'a`tick' 'a\backslash'; do
		tree=$work/$name/tree
		mkdir -p "$work/$name"
		built KDIR="$debian"
		refused "the path of these sources, '.*', has .* in it" "sources below '$name'"
		capture make -C "$tree/module" KDIR="$debian"
		refused "the path of these sources, '.*', has .* in it" "module/ below '$name'"
		tree=$work/tree
		mkdir "$work/$name/headers"
		built KDIR="$work/$name/headers"
		refused "the path of the kernel headers, '.*', has .* in it" "headers below '$name'"
		rm -rf "${work:?}/$name"
	done
	tree=$work/ümlaut@~+tree
	built KDIR="$debian"
	right "other characters in the path"
	tree=$work/tree
}

part_incomplete()
{
	local what

	for what in Makefile include/generated/utsrelease.h include/config/auto.conf \
		include/generated/autoconf.h Module.symvers scripts/mod/modpost \
		scripts/basic/fixdep; do
		damage "$what"
		built KDIR="$work/headers"
		refused "$what" "headers without $what"
	done
	for what in ACPI CRYPTO_LIB_SHA256; do
		damage include/config/auto.conf "s/^CONFIG_$what=y/# &/"
		built KDIR="$work/headers"
		refused "configured without CONFIG_$what" "a kernel without $what"
	done
	damage include/config/auto.conf 's/^CONFIG_INTEL_MEI=.*//'
	built KDIR="$work/headers"
	is "$status $(flags | grep -c WATCHDOG)" "0 0" "without MEI there is a module without the watchdog"
	like "$out" 'pfru: .*no CONFIG_INTEL_MEI: the AMT watchdog is left out' "and that is said"
	damage include/generated/utsrelease.h 's/".*"/"5.9.0-1"/'
	built KDIR="$work/headers"
	refused 'pfru needs Linux 5.10 or newer' "a kernel that is too old"
}

# a probe fails for its own reason, or ends the build
part_probes()
{
	local probe header generated=$work/headers/arch/x86/include/generated

	# a header that is broken is not a feature that is missing
	for probe in acpi_fetch_acpi_dev:linux/acpi.h sha256_ctx:crypto/sha2.h \
		mei_cldev_recv_nonblock:linux/mei_cl_bus.h vm_flags_clear:linux/mm.h; do
		header=${probe#*:}
		headers
		# found before the whole one
		mkdir -p "$generated/${header%/*}"
		echo '#error broken header' >"$generated/$header"
		built KDIR="$work/headers"
		refused "(cannot tell whether the kernel has ${probe%%:*}|cannot compile).*(broken header|No such file)" \
			"a broken $header"
	done
	headers
	# a compiler that is killed now and then is not a missing feature either
	cat >"$work/flaky" <<-'END'
	#!/bin/sh
	case "$*" in
	*ABSENT*) ;;
	*probes/acpi_fetch*) kill -KILL $$ ;;
	esac
	exec gcc-12 "$@"
	END
	chmod 755 "$work/flaky"
	built KDIR="$debian" CC="$work/flaky"
	refused "cannot tell whether the kernel has acpi_fetch_acpi_dev" "a compiler that is killed"
	# none of the probes may look at warnings
	is "$(grep -lE 'Werror' "$top"/module/compat/Kbuild)" "" "warnings decide nothing"
}

# what cannot be loaded is not built
part_loads()
{
	local how

	damage Module.symvers '/\t_printk\t/d'
	for how in "V=0" "KBUILD_MODPOST_WARN=1"; do
		rm -rf "$tree"
		stand_in "$tree"
		cat >"$tree/module/amt/watchdog.c" <<-'END'
		#include <linux/printk.h>
		void pfru_stand_in(void);
		void pfru_stand_in(void)
		{
			_printk("nothing");
		}
		END
		capture make -C "$tree" module KDIR="$work/headers" "$how"
		isnt "$status" 0 "a module that lacks a symbol, $how: make fails"
		like "$err" '_printk' "a module that lacks a symbol, $how: it is named"
		is "$(ls "$tree/module/pfru.ko" 2>/dev/null)" "" "and there is no module"
	done
	capture env KBUILD_MODPOST_WARN=1 make -C "$tree" module KDIR="$work/headers"
	isnt "$status" 0 "KBUILD_MODPOST_WARN in the environment changes nothing"
}

part_clang()
{
	local clang

	clang=$("$here/clang-kernel.sh" "$debian") || {
		not_ok "the headers of a kernel for clang can be made"
		return
	}
	want_release=$(release_of "$clang")
	built KDIR="$clang"
	right "a kernel built with clang"
	like "$(cat "$tree/module/.main.o.cmd")" 'clang' "clang compiles it"
	with CC=gcc LLVM=0 LD=ld.bfd
	built KDIR="$clang"
	right "the same, CC=gcc in the environment"
	with
	built KDIR="$clang" LLVM=1
	right "the same, LLVM=1"
	built KDIR="$clang" CC=clang
	right "the same, CC=clang as dkms has it"
	built KDIR="$clang" CC=gcc
	refused "built with clang .*Debian clang.*'gcc' does not know" "the same, CC=gcc"
	mkdir -p "$work/bin"
	for program in /usr/bin/* /usr/sbin/* /bin/* /sbin/*; do
		case ${program##*/} in
		*clang*) ;;
		*)	ln -sfn "$program" "$work/bin/" ;;
		esac
	done
	with PATH="$work/bin"
	built KDIR="$clang"
	refused 'was built with clang \(Debian clang.*install clang' "without clang"
	ln -sfn "$(command -v clang)" "$work/bin/clang-14"
	built KDIR="$clang"
	right "with clang-14 alone"
	built KDIR="$clang" LLVM=-14
	right "with clang-14 alone, LLVM=-14"
	rm "$work/bin"/*lld*
	built KDIR="$clang"
	refused 'linked with ld.lld: install lld' "without lld"
	with
	want_release=
}

# a build directory of a kernel's own (O=, and SUSE's headers): only what was generated,
# and a Makefile that leads to the source
part_separate()
{
	local file objects=$work/objects source

	source=$(sed -n 's/^include \(.*\)\/Makefile$/\1/p' "$debian/Makefile")
	mkdir "$objects"
	cp -a "$debian"/{.config,.kernelvariables,Module.symvers,arch,include} "$objects/"
	for file in scripts/{basic/fixdep,genksyms/genksyms,mod/modpost} tools/objtool/objtool; do
		mkdir -p "$objects/${file%/*}"
		ln -s "$(realpath "$debian/$file")" "$objects/$file"
	done
	ln -s "$(realpath "$debian")"/scripts/mod/modpost.* "$objects/scripts/mod/"
	printf '%s\n' '# Automatically generated: do not edit' "include $source/Makefile" \
		>"$objects/Makefile"
	built KDIR="$objects"
	right "a build directory without its source"
	# as SUSE has it: relative to the directory
	echo "include $(realpath --relative-to="$objects" "$source")/Makefile" >"$objects/Makefile"
	built KDIR="$objects"
	right "the same, with a relative path to the source"
	echo 'include /nonexistent/linux/Makefile' >"$objects/Makefile"
	built KDIR="$objects"
	refused 'source at /nonexistent/linux' "a build directory whose source is gone"
}

# what is missing is named as its system has it; what is there is not
part_deps()
{
	local id name program

	mkdir -p "$work/few"
	for program in bash cat env grep id mktemp pkg-config rm sed sudo uname gcc make depmod openssl; do
		ln -sfn "$(command -v "$program" || echo "/sbin/$program")" "$work/few/"
	done
	while IFS='|' read -r id name words; do
		printf '%s\n' 'NAME="A system"' "$id" >"$work/os-release"
		capture env PATH="$work/few" PFRU_OS_RELEASE="$work/os-release" KDIR="$debian" \
			"$top/tests/deps.sh" build
		is "$status" 1 "$name: without scdoc deps.sh fails"
		like "$err" "$words" "$name: and names it"
		unlike "$err" '(gcc|make|kmod|json-c|linux-headers|kernel-devel)( |$)' \
			"$name: nothing that is here"
	done <<-END
	ID=fedora|Fedora|dnf install scdoc\$
	ID="rhel"|RHEL|EPEL
	ID="opensuse-leap"|SUSE|zypper install scdoc\$
	ID=arch|Arch|pacman -S scdoc\$
	ID=other|another system|the program scdoc\$
	END
	printf '#!/bin/sh\n' >"$work/few/scdoc"
	chmod 755 "$work/few/scdoc"
	for id in fedora arch other; do
		echo "ID=$id" >"$work/os-release"
		exits -n "$id: nothing is missing, and deps.sh ends well" 0 env PATH="$work/few" \
			PFRU_OS_RELEASE="$work/os-release" KDIR="$debian" "$top/tests/deps.sh" build
		is "$out$err" "" "$id: without a word"
	done
	capture env PATH="$work/few" PFRU_OS_RELEASE="$work/os-release" KVER=6.99.0-default \
		"$top/tests/deps.sh" build
	is "$status" 1 "without the kernel's headers deps.sh fails"
	like "$err" 'headers of kernel 6\.99\.0-default' "and names them"
	# each row of the table is whole
	is "$("$top/tests/deps.sh" --table arch | awk 'NF != 4')" "" "each row names a package for each system"
	is "$(for id in fedora suse arch; do "$top/tests/deps.sh" --table "$id"; done |
		awk '$1 ~ /build|dkms|rpm/ && $NF == "-"')" "" "none lacks one that an installation needs"
}

# what dkms has made is loaded, wherever dkms puts it: in "extra" on Fedora
part_load()
{
	local line

	mkdir "$work/load"
	printf '%s\n' '#!/bin/sh' 'echo loaded' >"$work/load/modprobe"
	chmod 755 "$work/load/modprobe"
	line=$(make -C "$top" -n dkms-install 2>/dev/null | sed ':a; /\\$/{N; s/\\\n//; ba}' |
		grep 'modprobe pfru' | tail -n 1)
	isnt "$line" "" "dkms-install loads the module"
	ln -sfn /bin/true "$work/load/modinfo"
	capture env PATH="$work/load:$PATH" sh -c "$line"
	is "$status $out" "0 loaded" "when this kernel has got it"
	ln -sfn /bin/false "$work/load/modinfo"
	capture env PATH="$work/load:$PATH" sh -c "$line"
	is "$status $out" "0 " "and not otherwise"
}

# modules installed by hand go when a package comes; what dkms made of another
# version, which lies in the same place on Fedora and SUSE, is dkms's own business
part_dkms()
{
	mkdir "$work/dkms"
	printf '#!/bin/sh\n' >"$work/dkms/dkms"
	chmod 755 "$work/dkms/dkms"
	# shellcheck disable=SC2016 # for the inner shell
	capture env PATH="$work/dkms:$PATH" unshare -rm sh -ec '
		mount -t tmpfs tmpfs /lib/modules
		mount -t tmpfs tmpfs /var/lib
		made=/var/lib/dkms/pfru/0.0.9/6.2.0/x86_64/module
		mkdir -p /lib/modules/6.1.0/extra /lib/modules/6.2.0/extra $made
		echo by hand >/lib/modules/6.1.0/extra/pfru.ko
		echo by dkms | tee $made/pfru.ko >/lib/modules/6.2.0/extra/pfru.ko
		sh "$0" add 1
		cd /lib/modules
		echo "left:" */*/*' "$top/data/dkms-kernels"
	is "$out" "left: 6.2.0/extra/pfru.ko" "what dkms has made of another version stays"
	is "$(grep -oE '[^ ]+, which was installed by hand' <<<"$err")" \
		"/lib/modules/6.1.0/extra/pfru.ko, which was installed by hand" \
		"what was installed by hand goes, and that alone is said"
	like "$err" "no kernel has got the module" "and the rest as ever"
}

# what dkms does not remove keeps nobody from removing the package, or upgrading it
part_dkms_fails()
{
	mkdir "$work/dkms-fails"
	cat >"$work/dkms-fails/dkms" <<-'END'
		#!/bin/sh
		echo "dkms $1" >&2
		case $1 in
		status) echo "pfru/1, 6.1.0, x86_64: installed" ;;
		remove | add) exit 3 ;;
		esac
	END
	chmod 755 "$work/dkms-fails/dkms"
	# shellcheck disable=SC2016 # for the inner shell
	capture env PATH="$work/dkms-fails:$PATH" unshare -rm sh -c '
		mount -t tmpfs tmpfs /lib/modules
		mount -t tmpfs tmpfs /var/lib
		sh "$0" remove 1 && sh "$0" add 1' "$top/data/dkms-kernels"
	is "$status" 0 "dkms fails to remove the module: the package goes all the same"
	like "$err" "could not remove the module pfru 1: .*" "and that is said"
	like "$err" "dkms remove pfru/1 --all" "with what to do"
	unlike "$err" "^dkms add" "what dkms still has is not added"
}

# what dkms is told and what make looks at is one thing
part_same()
{
	# shellcheck disable=SC1091,SC2034 # of dkms.conf
	is "$(kernel_source_dir='' kernelver=''; . "$top/dkms.conf"; tr ' ' '\n' <<<"$BUILD_EXCLUSIVE_CONFIG")" \
		"$(sed -n 's/^needs /CONFIG_/p' "$top/module/kernels")" \
		"dkms.conf wants what module/kernels wants"
}

parts=("$@")
[ $# -gt 0 ] || parts=(environment refused paths incomplete separate probes loads clang deps load dkms dkms_fails same)
part_plain
for part in "${parts[@]}"; do
	"part_$part"
done
done_testing
