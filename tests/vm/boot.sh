#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# boot.sh --way WAY --kernel DIR --initrd FILE --out DIR [options]: runs one
# guest until it powers off. Results are files in DIR, never its output.
#   --way ovmf|secure|quick|plain  UEFI; UEFI with Secure Boot; the firmware's
#                      table by -acpitable; neither
#   --firmware FILE    pfrusim.efi (ovmf, secure) or pfrusim-acpitable.aml (quick)
#   --vars FILE        the store of UEFI variables to begin with (secure)
#   --shim FILE        boot through this shim (secure)
#   --disk FILE        a raw disk (virtio), written to
#   --append STRING    kernel command line to add
#   --timeout SECONDS  (300)   --memory MIB (1024)   --cpus N (2)
#   --qemu-arg ARG     passed on to QEMU; may be repeated
# Files: console.log (ttyS0), results.tap (ttyS1), guest.tar (ttyS2),
# qemu.log, status ("off", "timeout" or "failed N"), seconds, and processor, the
# seconds of it that this took.
# PFRU_ACCEL=tcg|kvm|icount overrides the choice of the accelerator; icount is
# TCG with a clock that counts instructions, a nanosecond each.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

qemu=${PFRU_QEMU:-qemu-system-x86_64}
pid=
tmp=

# shellcheck disable=SC2317 # reached by trap
cleanup()
{
	# this is timeout(1), which hands the signal on to its own QEMU
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	[ -z "$tmp" ] || rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# guarded SECONDS CMD...: run with a limit; a signal to us ends it too
guarded()
{
	local limit=$1 rc=0

	shift
	timeout -k 5 "$limit" "$@" </dev/null &
	pid=$!
	wait "$pid" || rc=$?
	pid=
	return "$rc"
}

# kvm_works: boots a real kernel up to user space, for 10 seconds at most.
# The existence of /dev/kvm proves nothing; the answer holds until reboot.
kvm_works()
{
	local cache file

	[ -r /dev/kvm ] && [ -w /dev/kvm ] || return 1
	cache=$(pfru_cache "")
	file=$cache/kvm-$(cat /proc/sys/kernel/random/boot_id)
	if [ ! -f "$file" ]; then
		exec 8>"$cache/.kvm-lock"
		lock_fd 8 "the KVM probe"
		[ -f "$file" ] || probe_kvm "$file"
		exec 8>&-
	fi
	grep -q yes "$file"
}

# probe_kvm FILE: write yes or no into FILE
probe_kvm()
{
	local answer=no

	tmp=$(mktemp -d "${TMPDIR:-/tmp}/pfru-kvm.XXXXXX")
	# shellcheck disable=SC2016 # to be expanded in the guest
	printf '#!/bin/busybox sh\n/bin/busybox echo "kvm $((6 * 7))"\n/bin/busybox poweroff -f\n' \
		>"$tmp/init"
	"$here/initramfs.sh" -k "$kernel" -o "$tmp/initrd" -i "$tmp/init"
	guarded 10 "$qemu" -nodefaults -display none -no-reboot -machine q35 \
		-accel kvm -cpu host -m 512 -kernel "$kernel/vmlinuz" \
		-initrd "$tmp/initrd" -append "console=ttyS0 panic=-1" \
		-serial "file:$tmp/log" >/dev/null 2>&1 8>&- || :
	! grep -q 'kvm 42' "$tmp/log" 2>/dev/null || answer=yes
	echo "$answer" >"$1.$$"
	mv "$1.$$" "$1"
	rm -rf "$tmp"
	tmp=
	say "KVM works here: $answer"
}

# make_esp FILE: a FAT volume that starts the firmware model, which then
# starts the kernel
make_esp()
{
	local kib f

	need mkfs.vfat dosfstools
	need mcopy mtools
	printf '%s\n' "$cmdline" >cmdline.txt
	kib=$(du -Lk --total vmlinuz initrd.img pfrusim.efi | awk 'END { print $1 }')
	rm -f "$1"
	mkfs.vfat -n PFRUSIM -C "$1" $((kib + kib / 16 + 4096)) >/dev/null
	mmd -i "$1" ::EFI ::EFI/BOOT
	if [ -n "$shim" ]; then
		mcopy -i "$1" shim.efi ::EFI/BOOT/BOOTX64.EFI
		mcopy -i "$1" pfrusim.efi ::EFI/BOOT/grubx64.efi
	else
		mcopy -i "$1" pfrusim.efi ::EFI/BOOT/BOOTX64.EFI
	fi
	for f in vmlinuz initrd.img cmdline.txt; do
		mcopy -i "$1" "$f" "::$f"
	done
}

# sign_efi FILE OUT: with the key that Debian's ovmf package ships for tests
sign_efi()
{
	local keys=/usr/share/ovmf/PkKek-1-snakeoil

	need sbsign sbsigntool
	[ -f snakeoil.key ] ||
		openssl pkey -in "$keys.key" -passin pass:snakeoil -out snakeoil.key
	sbsign --key snakeoil.key --cert "$keys.pem" --output "$2" "$1" \
		>>boot-sign.log 2>&1 || die "cannot sign $1, see $out/boot-sign.log"
}

# add_sbat FILE OUT: the section that shim wants in what it starts, behind all
# others
add_sbat()
{
	local end

	end=$(objdump -h "$1" | awk '$1 ~ /^[0-9]+$/ { print "0x" $3, "0x" $4 }' |
		while read -r size address; do
			echo $((address + size))
		done | sort -n | tail -n 1)
	printf '%s\n' 'sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md' \
		'pfrusim,1,pfru,pfrusim,1,none' >sbat.csv
	objcopy --add-section .sbat=sbat.csv \
		--set-section-flags .sbat=contents,alloc,load,readonly,data \
		--change-section-address .sbat=$(((end + 4095) / 4096 * 4096)) \
		"$1" "$2"
}

# starts_by_pvh: the unpacked kernel does, seconds earlier; with KASAN it would
# fault at that entry, where the shadow memory is not mapped yet
starts_by_pvh()
{
	[ -f "$kernel/vmlinux" ] && ! grep -qsx CONFIG_KASAN=y "$kernel/config"
}

way='' kernel='' initrd='' out='' firmware='' disk='' append='' vars='' shim=''
limit=300 memory=1024 cpus=2
extra=()
while [ $# -gt 0 ]; do
	[ $# -ge 2 ] || die "option $1 needs a value"
	case $1 in
	--way)      way=$2 ;;
	--kernel)   kernel=$2 ;;
	--initrd)   initrd=$2 ;;
	--out)      out=$2 ;;
	--firmware) firmware=$2 ;;
	--vars)     vars=$2 ;;
	--shim)     shim=$2 ;;
	--disk)     disk=$2 ;;
	--append)   append=$2 ;;
	--timeout)  limit=$2 ;;
	--memory)   memory=$2 ;;
	--cpus)     cpus=$2 ;;
	--qemu-arg) extra+=("$2") ;;
	*)          die "unknown option: $1" ;;
	esac
	shift 2
done
for opt in way kernel initrd out; do
	[ -n "${!opt}" ] || die "option --$opt is needed"
done
need "$qemu" qemu-system-x86

kernel=$(realpath "$kernel")
initrd=$(realpath "$initrd")
[ -z "$firmware" ] || firmware=$(realpath "$firmware")
[ -z "$disk" ] || disk=$(realpath "$disk")
[ -z "$shim" ] || shim=$(realpath "$shim")
[ -z "$vars" ] || vars=$(realpath "$vars")
mkdir -p "$out"
# relative names from here on: QEMU splits its options at commas
cd "$out"
rm -f console.log results.tap guest.tar qemu.log status seconds processor
ln -sfn "$kernel/vmlinuz" vmlinuz
ln -sfn "$initrd" initrd.img

accel=${PFRU_ACCEL:-}
if [ -z "$accel" ]; then
	accel=tcg
	! kvm_works || accel=kvm
fi
case $accel in
tcg) args=(-accel "tcg,thread=multi" -cpu max) ;;
kvm) args=(-accel kvm -cpu host) ;;
icount) args=(-accel "tcg,thread=single" -icount "shift=0,sleep=off" -cpu max) ;;
*)   die "PFRU_ACCEL is '$accel', expected tcg, kvm or icount" ;;
esac

# a panic reboots at once, which -no-reboot makes the end of the guest
cmdline="console=ttyS0,115200 ignore_loglevel printk.devkmsg=on panic=-1 $append"
machine=q35
if [ "$way" = secure ]; then
	machine=q35,smm=on
	args+=(-global "driver=cfi.pflash01,property=secure,value=on")
fi
args+=(-nodefaults -no-user-config -display none -no-reboot -machine "$machine"
	-m "$memory" -smp "$cpus" -serial file:console.log
	-serial file:results.tap -serial file:guest.tar)
if [ -n "$disk" ]; then
	ln -sfn "$disk" disk.img
	args+=(-drive "if=none,id=disk,format=raw,cache=unsafe,file=disk.img"
		-device "virtio-blk-pci,drive=disk")
fi
case $way in
ovmf)
	code=/usr/share/OVMF/OVMF_CODE_4M.fd
	[ -f "$code" ] || die "$code is missing; install ovmf"
	cp -f "${code/CODE/VARS}" vars.fd
	args+=(-drive "if=pflash,format=raw,readonly=on,file=$code"
		-drive "if=pflash,format=raw,file=vars.fd")
	if [ -n "$firmware" ]; then
		ln -sfn "$firmware" pfrusim.efi
		make_esp esp.img
		args+=(-drive "if=none,id=esp,format=raw,file=esp.img"
			-device "virtio-blk-pci,drive=esp,bootindex=1")
	else
		args+=(-kernel vmlinuz -initrd initrd.img -append "$cmdline")
	fi
	;;
secure)
	code=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd
	[ -f "$code" ] || die "$code is missing; install ovmf"
	[ -n "$firmware" ] || die "--way secure needs --firmware pfrusim.efi"
	cp -f "${vars:-/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd}" vars.fd
	rm -f boot-sign.log vmlinuz
	sign_efi "$kernel/vmlinuz" vmlinuz
	if [ -n "$shim" ]; then
		sign_efi "$shim" shim.efi
		add_sbat "$firmware" sbat.efi
		firmware=sbat.efi
	fi
	sign_efi "$firmware" pfrusim.efi
	rm -f snakeoil.key
	make_esp esp.img
	args+=(-drive "if=pflash,format=raw,readonly=on,file=$code"
		-drive "if=pflash,format=raw,file=vars.fd"
		-drive "if=none,id=esp,format=raw,file=esp.img"
		-device "virtio-blk-pci,drive=esp,bootindex=1")
	;;
quick|plain)
	! starts_by_pvh || ln -sfn "$kernel/vmlinux" vmlinuz
	if [ "$way" = quick ]; then
		[ -n "$firmware" ] || die "--way quick needs --firmware pfrusim-acpitable.aml"
		ln -sfn "$firmware" acpitable.aml
		args+=(-acpitable file=acpitable.aml)
		cmdline="$cmdline memmap=4M\$0x30000000 pfrusim.ctl=0x30000000"
	fi
	args+=(-kernel vmlinuz -initrd initrd.img -append "$cmdline")
	;;
*)
	die "--way is '$way', expected ovmf, secure, quick or plain"
	;;
esac

start=$SECONDS
rc=0
guarded "$limit" "$qemu" "${args[@]}" "${extra[@]}" >qemu.log 2>&1 || rc=$?
echo $((SECONDS - start)) >seconds
times >processor
used=$(awk -F '[ms ]+' 'NR == 2 { print int($1 * 60 + $2 + $3 * 60 + $4) }' \
	processor)
echo "$used" >processor
case $rc in
0)       echo off >status ;;
124|137) echo timeout >status
	 say "the guest did not power off within $limit s; see $out/console.log" ;;
*)       echo "failed $rc" >status
	 say "QEMU ended with status $rc; see $out/qemu.log" ;;
esac
exit "$rc"
