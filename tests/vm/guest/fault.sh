# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154
#
# For tests in which the kernel's fault injection refuses memory, to be sourced
# after tap.sh.

# fault_put FILE VALUE: a setting of the kernel's fault injection
fault_put()
{
	echo "$2" >"/sys/kernel/debug/$1" || not_ok "$1 can be set to '$2'"
}

# fault_set NAME VALUE: of each kind of failure
fault_set()
{
	for kind in failslab fail_page_alloc fail_usercopy; do
		fault_put "$kind/$1" "$2"
	done
}

# fault_in_modules: only for what modules call, which x86-64 keeps there
fault_in_modules()
{
	fault_put failslab/ignore-gfp-wait N
	fault_put fail_page_alloc/ignore-gfp-wait N
	fault_put fail_page_alloc/ignore-gfp-highmem N
	fault_put fail_page_alloc/min-order 0
	fault_set verbose 0
	# the most that it takes
	fault_set stacktrace-depth 32
	fault_set require-start 0xffffffffa0000000
	fault_set require-end 0xffffffffff000000
}

# fault_not_in START END: nor for what is called between these addresses
fault_not_in()
{
	fault_set reject-start "$1"
	fault_set reject-end "$2"
}

# fault_by_cache: only for what is asked for from caches that the kernel's parameter
# slub_debug=A names
fault_by_cache()
{
	fault_put failslab/cache-filter Y
}

# fault_next KIND N: the N-th one from now on is refused, to whichever task. The
# kernel refuses those whose number is a multiple of the interval, and begins with 1
# at its start.
fault_next()
{
	fault_kind=$1
	fault_due=$(($(cat "$tap_dir/$1" 2>/dev/null || echo 0) + $2))
	fault_put "$1/interval" "$fault_due"
	fault_put "$1/times" 1
	fault_put "$1/probability" 100
}

# fault_came: it has been refused
fault_came()
{
	[ "$(cat "/sys/kernel/debug/$fault_kind/times")" = 0 ]
}

# fault_end: when it has; or none is any more, nor what was counted known
fault_end()
{
	fault_put "$fault_kind/probability" 0
	# it does not count when each is refused
	[ "$fault_due" = 1 ] || echo "$fault_due" >"$tap_dir/$fault_kind"
}

# texts EXPRESSION: addresses of the kernel's functions of such names
texts()
{
	awk -v name="^$1\$" '$2 ~ /^[tT]$/ && $3 ~ name { print "0x" $1 }' \
		/proc/kallsyms | sort
}

# after NAME: where the function behind that one begins
after()
{
	sort /proc/kallsyms | awk -v name="$1" '
		$3 == name { begin = $1 }
		begin && $1 != begin { print "0x" $1; exit }'
}

# acpi_begin PART, acpi_end: the kernel's interpreter of ACPI, which is linked as
# one piece, from ds... by ns... and ps... to ut...
acpi_begin()
{
	texts "acpi_$1_[a-z0-9_]*" | head -n 1
}

acpi_end()
{
	texts 'acpi_ut_[a-z0-9_]*' | tail -n 1
}
