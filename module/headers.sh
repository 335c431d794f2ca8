# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# sh headers.sh check|tools|loads|given KDIR: what the Makefile asks of a kernel's
# headers: whether a module can be built with them; with which variables of make
# the kernel's compiler is named; whether the kernel has all that pfru.ko uses.
# The Makefile exports KVER, and the variables that a person has given it as
# "NAME=VALUE": PFRU_ORDERED on make's command line, PFRU_FOUND in the environment.
set -u
export LC_ALL=C

kdir=$2

refuse()
{
	printf 'pfru: %s\n' "$*" >&2
	exit 2
}

has()
{
	grep -q "^CONFIG_$1=[ym]" "$kdir/include/config/auto.conf"
}

# value NAME: of the configuration, without its quotes
value()
{
	sed -n "s/^CONFIG_$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" \
		"$kdir/include/config/auto.conf"
}

# ordered NAME: its value on make's command line
ordered()
{
	printf '%s\n' "$PFRU_ORDERED" | tr '\037' '\n' | sed -n "s/^ *$1=//p"
}

family()
{
	if has CC_IS_CLANG; then echo clang; else echo gcc; fi
}

# tool NAME: the one of the kernel's clang, else any; fails when there is none
tool()
{
	clang=$(value CLANG_VERSION)
	for name in "$1-${clang%????}" "$1"; do
		if command -v "$name" >/dev/null 2>&1; then
			echo "$name"
			return
		fi
	done
	return 1
}

# there: headers, made ready
there()
{
	[ -d "$kdir" ] || refuse "no kernel headers at $kdir: install linux-headers-$KVER" \
		"(Fedora, RHEL: kernel-devel-$KVER; SUSE: kernel-default-devel; Arch: linux-headers)," \
		"or name others by KDIR=DIR"
	for f in Makefile include/generated/utsrelease.h; do
		[ -f "$kdir/$f" ] || refuse "no kernel headers at $kdir, which has no $f:" \
			"install linux-headers-$KVER or name others by KDIR=DIR;" \
			"in a kernel's source, run 'make modules_prepare' first"
	done
}

# find_source: where the kernel's own scripts are; a build directory (O=, or SUSE's headers)
# has what was generated, and a Makefile that includes its source's
find_source()
{
	if [ -f "$kdir/scripts/Makefile.build" ]; then
		echo "$kdir"
		return
	fi
	dir=$(sed -n 's/^include \(.*\)\/Makefile$/\1/p' "$kdir/Makefile" | head -n 1)
	case $dir in
	/*|'')	echo "${dir:-$kdir}" ;;
	*)	echo "$kdir/$dir" ;;
	esac
}

# usable: they are whole; a kernel's own tree has them when it has been built
usable()
{
	source=$(find_source)
	[ -f "$source/scripts/Makefile.build" ] || [ "$source" = "$kdir" ] ||
		refuse "the kernel headers at $kdir lack their source at $source, which has no" \
			"scripts/Makefile.build: install it (SUSE: kernel-devel), or put it back"
	[ -f "$source/scripts/Makefile.build" ] ||
		refuse "the kernel headers at $kdir are incomplete: no scripts/Makefile.build;" \
			"install them again"
	for f in include/config/auto.conf include/generated/autoconf.h \
		scripts/basic/fixdep scripts/mod/modpost; do
		[ -f "$kdir/$f" ] || refuse "the kernel headers at $kdir are incomplete:" \
			"no $f; install them again, or run 'make modules_prepare' in that kernel's source"
	done
	[ -s "$kdir/Module.symvers" ] ||
		refuse "the kernel headers at $kdir are incomplete: no Module.symvers, which says" \
			"what the kernel has for modules; install them again, or build that kernel:" \
			"'make modules_prepare' is not enough"
}

# matches: the release is one that pfru is for, and the one that was meant
matches()
{
	# not kernel.release, which Debian's packages do not keep up
	release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$kdir/include/generated/utsrelease.h")
	oldest=$(sed -n 's/^oldest //p' kernels)
	printf '%s\n' "$oldest" "$release" | sort -VC ||
		refuse "pfru needs Linux $oldest or newer, and the headers at $kdir" \
			"are of $release: use a newer kernel"
	[ "$KVER" = "$release" ] ||
		refuse "the headers at $kdir are of kernel $release, and not of KVER=$KVER," \
			"which could not load the module: leave KVER out, or name other headers by KDIR=DIR"
}

configured()
{
	while read -r word config; do
		[ "$word" != needs ] || has "$config" ||
			refuse "kernel $release is configured without CONFIG_$config," \
				"which pfru needs: use another kernel"
	done <kernels
	# as Kbuild has it
	for config in INTEL_MEI WATCHDOG_CORE; do
		has "$config" || echo "pfru: kernel $release has no CONFIG_$config:" \
			"the AMT watchdog is left out"
	done
}

# compiler: the kernel's flags are its own compiler's
compiler()
{
	want=$(family)
	cc=$(ordered CC)
	llvm=$(ordered LLVM)
	# as the kernel's Makefile reads it: a directory, a suffix or yes
	if [ -z "$cc" ]; then
		case $llvm in
		'')	;;
		*/)	cc=${llvm}clang ;;
		-*)	cc=clang$llvm ;;
		*)	cc=clang ;;
		esac
	fi
	if [ -n "$cc" ]; then
		is=gcc
		# shellcheck disable=SC2086 # may be "ccache gcc"
		! $cc -dM -E -x c /dev/null 2>/dev/null | grep -q __clang__ || is=clang
		[ "$is" = "$want" ] || refuse "the kernel at $kdir was built with $want" \
			"($(value CC_VERSION_TEXT)), whose flags '$cc' does not know:" \
			"leave CC= and LLVM= out, or name another $want"
	elif [ "$want" = clang ]; then
		tool clang >/dev/null || refuse "the kernel at $kdir was built with" \
			"clang ($(value CC_VERSION_TEXT)): install clang, or name it by CC=PROGRAM"
		! has LD_IS_LLD || tool ld.lld >/dev/null ||
			refuse "the kernel at $kdir was linked with ld.lld: install lld," \
				"or name it by CC=clang LD=PROGRAM"
	fi
}

check()
{
	[ -z "$(ordered O)$(ordered MO)" ] ||
		refuse "O= and MO= are not for this module, which is built where its source is:" \
			"leave them out; a kernel's build directory is named by KDIR=DIR"
	there
	matches
	usable
	configured
	arch=$(ordered ARCH)
	case $arch in
	''|x86|x86_64|i386) ;;
	*)	! has X86 || refuse "the headers at $kdir are for x86, and not for" \
			"ARCH=$arch: leave ARCH= out, or name other headers by KDIR=DIR" ;;
	esac
	compiler
	[ -w . ] || refuse "cannot write into $(pwd), where the module is built:" \
		"copy the sources to where you can"
}

# what the environment says of another kernel is not for this one: its own
# configuration decides, and what make's command line says
tools()
{
	[ -n "$(ordered LLVM)" ] || echo LLVM=
	[ -n "$(ordered ARCH)" ] || ! has X86 || echo ARCH=x86
	[ "$(family)" = clang ] && [ -z "$(ordered LLVM)" ] || return 0
	has AS_IS_LLVM && echo LLVM_IAS=1 || echo LLVM_IAS=0
	pairs=CC:clang
	! has LD_IS_LLD || pairs="$pairs LD:ld.lld AR:llvm-ar NM:llvm-nm OBJCOPY:llvm-objcopy
		OBJDUMP:llvm-objdump READELF:llvm-readelf STRIP:llvm-strip"
	for pair in $pairs; do
		[ -n "$(ordered "${pair%%:*}")" ] || ! name=$(tool "${pair#*:}") ||
			echo "${pair%%:*}=$name"
	done
}

# loads: even where modpost was configured to overlook it
loads()
{
	[ -s pfru.ko ] || refuse "the kernel's build ended without an error and without" \
		"a module: see what is above"
	nm=$(command -v nm || tool llvm-nm) || refuse "cannot look into pfru.ko: install binutils"
	lacks=$("$nm" -u pfru.ko | awk -v symvers="$kdir/Module.symvers" '
		BEGIN { while ((getline <symvers) > 0) has[$2] = 1 }
		$NF != "_GLOBAL_OFFSET_TABLE_" && !($NF in has) { printf " %s", $NF }')
	[ -z "$lacks" ] || {
		rm -f pfru.ko
		refuse "pfru.ko could not be loaded, and is removed: $kdir/Module.symvers lacks$lacks;" \
			"install the headers of kernel $KVER again, or build that kernel whole"
	}
}

# given: when a build failed: what it had from the person who began it
given()
{
	said=$(printf '%s\n' "$PFRU_ORDERED$PFRU_FOUND" | tr '\037' '\n' |
		sed -n "s/^ *\([A-Z_]*\)=\(.*\)/ \1='\2'/p" | tr -d '\n')
	[ -z "$said" ] || printf 'pfru: that build was given%s: try without\n' "$said" >&2
	exit 2
}

case $1 in
check|tools|loads|given) "$1" ;;
*)	refuse "usage: headers.sh check|tools|loads|given KDIR" ;;
esac
