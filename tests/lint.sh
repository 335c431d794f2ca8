#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lint.sh: the kernel's checkpatch and clang-format, sparse, W=1, gcc and clang
# warnings, shellcheck, man page, and the project's own rules. Every finding
# is printed. Prints TAP.

set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
# shellcheck source=SCRIPTDIR/vm/lib.sh disable=SC1091
. tests/vm/lib.sh
build=${BUILD:-$top/build}/lint
rm -rf "$build"
mkdir -p "$build"
# shellcheck source=SCRIPTDIR/lib/tap.sh disable=SC1091
. tests/lib/tap.sh

# scripts and configuration of the kernel, out of its source package
kernel_scripts()
{
	local cache tmp

	cache=$(pfru_cache lint-6.1)
	if [ ! -f "$cache/done" ]; then
		[ -f /usr/src/linux-source-6.1.tar.xz ] || {
			echo "no /usr/src/linux-source-6.1.tar.xz; run make deps" >&2
			return 1
		}
		tmp=$(mktemp -d "$cache/tmp.XXXXXX")
		tar -C "$tmp" --strip-components=1 -xf \
			/usr/src/linux-source-6.1.tar.xz --wildcards \
			'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
			'*/scripts/const_structs.checkpatch'
		mkdir "$tmp/include"	# checkpatch looks into it
		cp -R "$tmp/." "$cache/"
		rm -rf "$tmp"
		touch "$cache/done"
	fi
	printf '%s\n' "$cache"
}

c_files()
{
	git ls-files '*.c' '*.h'
}

# checkpatch OPTION...: of the files, those that it has not found clean before, with the
# same options, which the cache remembers: for all it takes a minute and a half
checkpatch()
{
	local out how hash f key status=0 clean=$scripts/clean
	local -A new=()

	mkdir -p "$clean"
	find "$clean" -type f -mtime +30 -delete
	how=$({ cat "$scripts"/scripts/{checkpatch.pl,spelling.txt,const_structs.checkpatch}
		declare -f checkpatch foreign_types; echo "$@"; } | sha256sum)
	while read -r hash f; do
		key=$clean/${f//\//_}-${how::16}-$hash
		[ -f "$key" ] || new[$top/$f]=$key
	done < <(sha256sum "${files[@]}")
	[ ${#new[@]} -gt 0 ] || return 0
	out=$(cd "$build" && perl "$scripts/scripts/checkpatch.pl" --no-tree \
		--root="$scripts" --strict --terse --show-types --no-summary \
		"$@" -f "${!new[@]}" 2>&1 | foreign_types) || status=$?
	# 1: it has found something, foreign types perhaps
	[ "$status" -le 1 ] || out+="checkpatch ended with status $status"
	[ -z "$out" ] || { echo "$out"; return 1; }
	touch "${new[@]}"
}

# checkpatch takes a pointer to a type that is a macro, as OpenSSL and UEFI
# have them, for a multiplication
foreign_types()
{
	local report file line

	while IFS= read -r report; do
		IFS=: read -r file line _ <<<"$report"
		case $report in
		*:SPACING:*)
			! sed -n "${line}p" "$file" |
				grep -qE 'STACK_OF|EFIAPI|json_object \*|UINTN \*|sd_event_source \*' ||
				continue ;;
		esac
		printf '%s\n' "$report"
	done
}

# as .clang-format says
formatted()
{
	local f bad=0

	for f in "${files[@]}"; do
		clang-format --style=file "$f" |
			diff -u --label "$f" --label "$f, formatted" "$f" - ||
			bad=1
	done
	return "$bad"
}

module_build()
{
	local kdir src=$build/src

	kdir=$(tests/vm/kernel.sh 6.1) || return 1
	mkdir -p "$src"
	cp -R module core include VERSION "$src/"
	make -C "$src/module" -f /dev/null >/dev/null 2>&1
	find "$src" \( -name '*.o' -o -name '.*.cmd' -o -name '*.ko' \) -delete
	make -C "$kdir/build/" M="$src/module" "$@" modules >"$build/kbuild" 2>&1
	local status=$?
	grep -E 'warning|error|:[0-9]+:[0-9]+:' "$build/kbuild" && return 1
	[ "$status" = 0 ] || { cat "$build/kbuild"; return 1; }
}

# every file says its licence, and the right one
licences()
{
	local f want bad=0

	while read -r f; do
		[ -s "$f" ] || continue
		case $f in
		LICENSE|VERSION|*.cap|*.files|*/dumps/*.txt|*.json|*.md|.gitattributes|*/.gitattributes|*/splat-samples/*|*.in|debian/*) continue ;;
		include/uapi/*) want="GPL-2.0 WITH Linux-syscall-note" ;;
		module/*|dkms.conf|data/dkms.mk|tests/vm/kernels/*.patch)
			want="GPL-2.0-only" ;;
		# what is Ansible's is loaded into Ansible
		fleet/*) want="GPL-3.0-or-later" ;;
		*)	want="GPL-2.0-or-later" ;;
		esac
		grep -qF "SPDX-License-Identifier: $want" <<<"$(head -n 5 "$f")" ||
			{ echo "$f: expected SPDX-License-Identifier: $want"; bad=1; }
	done < <(git ls-files)
	return "$bad"
}

# kernel version tests belong into module/compat
versions()
{
	! git grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION' -- 'module/*.[ch]' \
		':!module/compat'
}

# what is the watchdog core's or the MEI bus's own is touched in one file only; a
# client's dev is what the bus gives its drivers to name it by
private_fields()
{
	! git grep -nP '(set|clear|change)_bit\(|wd_data|cldev->(?!dev\b)|rcu|module_(get|put)|\bcurrent\b' \
		-- 'module/amt/*.[ch]'
}

# lintian takes a longer line for a file that is not source
long_lines()
{
	# shellcheck disable=SC2016 # awk's
	! git ls-files -z -- ':!*.cap' |
		xargs -0 awk 'length($0) > 512 {
			print FILENAME ":" FNR ": " length($0) " characters, 512 at most"
		}' | grep .
}

shell_files()
{
	git ls-files | while read -r f; do
		case $f in
		*.sh|.ci/run) echo "$f" ;;
		*.[ch]|*.cap|*.conf|*.md) ;;
		*) grep -qE '^#!.*sh$' <<<"$(head -n 1 "$f")" && echo "$f" ;;
		esac
	done
}

shell_check()
{
	# functions are called by their names, through run and capture: SC2317
	# shellcheck disable=SC2046 # no file has a space in its name
	shellcheck --exclude SC2317 $(shell_files)
}

warnings()
{
	local f

	for f in core/*.c; do
		"$1" -std=gnu11 -Wall -Wextra -Werror -Iinclude/uapi -c "$f" \
			-o /dev/null || return 1
	done
	rm -rf "$build/tool"
	mkdir "$build/tool"
	cp -R cli core include VERSION "$build/tool/"
	make -C "$build/tool/cli" BUILD="$build/tool/build" CC="$1"
}

# as the collection's users would have it; its own and those of the tests
ansible_collection()
{
	local work=$build/fleet status=0 out
	local validate=/usr/lib/python3/dist-packages/ansible_test/_util/controller/sanity/validate-modules

	mkdir -p "$work/ansible_collections/pfru"
	cp -R fleet "$work/ansible_collections/pfru/platform"
	(cd "$work/ansible_collections/pfru/platform" &&
		ANSIBLE_COLLECTIONS_PATH=$work ansible-lint --offline -q --nocolor \
			--profile production) || status=1
	# prints what it finds, and succeeds
	out=$(cd "$work/ansible_collections/pfru/platform" &&
		PYTHONPATH=$validate:$work ANSIBLE_COLLECTIONS_PATH=$work \
		/usr/bin/python3 "$validate/validate.py" --arg-spec --collection \
		ansible_collections/pfru/platform plugins/modules/ 2>&1) || status=1
	[ -z "$out" ] || { echo "$out"; status=1; }
	yamllint -s -d '{extends: default, rules: {line-length: {max: 100}}}' \
		fleet tests/fleet || status=1
	return "$status"
}

man_page()
{
	local page

	for page in man/*.scd; do
		scdoc <"$page" >"$build/page.1" &&
		man -l --warnings "$build/page.1" 2>&1 >/dev/null |
			{ ! grep .; } || return 1
	done
}

scripts=$(kernel_scripts) || exit 1

mapfile -t files < <(c_files | grep -E '^(module|core)/')
ok_if "checkpatch --strict: module and core" checkpatch
mapfile -t files < <(c_files | grep -E '^include/')
# the numbers of the ABI are long lines, and its types are user space's
ok_if "checkpatch --strict: ABI header" checkpatch
mapfile -t files < <(c_files | grep -E '^(cli|tests)/')
# user space: the kernel's own helpers and types are not there
ok_if "checkpatch: tool and tests" checkpatch --ignore "$(tr -s ' \n' , <<-END
	PREFER_KERNEL_TYPES,SSCANF_TO_KSTRTO,CONST_STRUCT,ARRAY_SIZE
	AVOID_EXTERNS,CAMELCASE,MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE
	COMPLEX_MACRO,MULTISTATEMENT_MACRO_USE_DO_WHILE,USE_NEGATIVE_ERRNO
	EMBEDDED_FUNCTION_NAME,LINE_SPACING,SPLIT_STRING,CONSTANT_COMPARISON
	PREFER_DEFINED_ATTRIBUTE_MACRO,NEW_TYPEDEFS,FUNCTION_ARGUMENTS
	VOLATILE,MACRO_WITH_FLOW_CONTROL,DATE_TIME,STRLCPY,STRCPY,STRNCPY
	UNCOMMENTED_DEFINITION,LONG_LINE,LONG_LINE_STRING,BOOL_MEMBER
	STATIC_CONST_CHAR_ARRAY,BIT_MACRO,TRAILING_SEMICOLON,ENOSYS,ENOTSUPP,NAKED_SSCANF,CONSIDER_KSTRTO,MSLEEP,USLEEP_RANGE
END
)"
mapfile -t files < <(git ls-files 'core/*.c' 'module/*.c' 'cli/*.c')
ok_if "clang-format: core, module and tool" formatted
ok_if "module: W=1" module_build W=1
ok_if "module: sparse" module_build C=2
ok_if "core and tool: gcc" warnings gcc
ok_if "core and tool: clang" warnings clang
ok_if "shellcheck" shell_check
ok_if "licences" licences
ok_if "no line longer than packages may have" long_lines
ok_if "no kernel version in a driver file" versions
ok_if "no private field of the cores in a driver file" private_fields
ok_if "who may use whom" tests/layers.py
ok_if "the map of the tree" tests/map.py
ok_if "one version" tests/version.sh
ok_if "the tests that docs/robustness.md names" tests/robustness.py
ok_if "man pages" man_page
ok_if "the Ansible collection" ansible_collection
done_testing
