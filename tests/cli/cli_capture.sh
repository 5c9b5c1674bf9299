#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_capture.sh - capture: what it refuses, what it says when QEMU is missing, a boot that a shell
# script plays, one that fails, one that is interrupted; and, where QEMU and a kernel are, a real one.
. "$(dirname "$0")/expect.sh"

image=$scratch/image
echo kernel >"$image"

# ---- what is refused, before anything is downloaded or started

fails 2 '-o FILE' "$bench" capture
fails 2 "'-o' needs a value" "$bench" capture -o
fails 2 "empty value of '-o'" "$bench" capture -o=
fails 2 "'--colour'" "$bench" capture --colour -o x.log
fails 2 "unexpected 'boot.log'; .*-o FILE" "$bench" capture boot.log
fails 2 "unknown arch 'vax'; x86_64" "$bench" capture --arch=vax -o x.log
fails 2 "'0'.*--timeout" "$bench" capture --timeout=0 -o x.log
fails 2 "'-3'.*--holes" "$bench" capture --holes=-3 -o x.log
fails 2 "'x'.*--reserved" "$bench" capture --reserved x -o x.log
fails 2 "cannot read 'nowhere'" "$bench" capture --kernel=nowhere -o x.log
fails 2 "--memory: 'much'" "$bench" capture --kernel="$image" --memory=much -o x.log
fails 2 "--numa: '0'" "$bench" capture --kernel="$image" --numa=0 -o x.log
fails 2 "must add up" "$bench" capture --kernel="$image" --numa=1G,1G -o x.log
fails 2 "'ovmf'; arm64 has dt and aavmf" \
	"$bench" capture --arch=arm64 --firmware=ovmf --kernel="$image" -o x.log
fails 2 "exact.*'x.log' does not end in" "$bench" capture --exact --kernel="$image" -o x.log
fails 2 "needs --symbols" "$bench" capture --exact --kernel="$image" -o x.trace
fails 2 "only x86_64 and arm64" "$bench" capture --arch=i386 --exact --kernel="$image" -o x.trace
fails 2 "cannot write" "$bench" capture --kernel="$image" -o nowhere/x.log
fails 2 "cannot write" "$bench" capture --kernel="$image" --log=nowhere/x.log -o x.log
fails 2 "counts.*'x.log' does not end in .json" "$bench" capture --counts --kernel="$image" -o x.log
fails 2 "counts.*needs --symbols" "$bench" capture --counts --kernel="$image" -o x.json
fails 2 "counts: only x86_64 and arm64" "$bench" capture --arch=s390x --counts -o x.json
fails 2 "not with --exact" "$bench" capture --counts --exact -o x.json
succeeds "$bench" capture --help
check "help says nothing of --exact" grep -q -e --exact "$out"

# ---- what is missing

mkdir "$scratch/empty"
with_path() {
	PATH=$1 "$bench" capture --kernel="$image" --timeout=20 -o x.log
}
fails 3 'no qemu-system-x86_64; install it with: apt install qemu-system-x86$' \
	with_path "$scratch/empty"
without_apt() {
	PATH=$scratch/empty XDG_CACHE_HOME=$scratch/cache "$bench" capture -o x.log
}
fails 3 'no apt-get here; give an image with --kernel' without_apt
check "something was left behind" test ! -e x.log

# ---- a boot that a shell script plays

mkdir "$scratch/bin"
fake=$scratch/bin/qemu-system-x86_64
cat >"$scratch/boot.log" <<'LOG'
[    0.000000] Linux version 6.12.1 (gcc)
[    0.000000] memblock_add: [0x0000000000001000-0x000000003fffffff] e820__memblock_setup+0x73/0xa0
[    0.000000] memblock_reserve: [0x0000000001000000-0x0000000001ffffff] setup_arch+0x2f2/0xe10
[    0.000000] Memory: 1000000K/1048572K available (1K kernel code)
[    1.000000] Freeing unused kernel image (initmem) memory: 4000K
LOG
play() {
	printf '#!/bin/sh\n%s\n' "$1" >"$fake"
	chmod +x "$fake"
}
booting() {
	PATH=$scratch/bin:$PATH "$bench" capture --kernel="$image" --timeout=20 "$@"
}
play "echo \"\$*\" >'$scratch/line'; sed 's/\$/\\r/' '$scratch/boot.log'; exec sleep 60"
succeeds booting -o x.log
check "the log is not the console's" cmp -s x.log "$scratch/boot.log"
check "the kernel was not told" grep -q 'memblock=debug' "$scratch/line"
succeeds booting --log x2.log -o x.trace.zst --json
check "no JSON" "$python" -c 'import json, sys; json.load(open(sys.argv[1]))["command"]' "$out"
check "no log beside the trace" cmp -s x2.log "$scratch/boot.log"
succeeds "$bench" show x.trace.zst

refuses() { # STATUS PATTERN COMMAND...: as fails, with the tail of a console below the first line
	want=$1
	pattern=$2
	shift 2
	run "$@"
	if [ $status != "$want" ] || ! head -1 "$err" | grep -Eq -e "$pattern"; then
		complain "status $status, expected $want and '$pattern': $*"
	fi
}
rm x.log
play 'echo hello; echo "Kernel panic - not syncing: oops"'
refuses 1 'stopped before it handed its memory over' booting -o x.log
check "no tail of the console" grep -q '| Kernel panic - not syncing: oops' "$err"
play 'echo hello; exec sleep 60'
refuses 1 'within 1 s' booting --timeout=1 -o x.log
play 'echo "qemu: bad idea" >&2; exit 1'
fails 3 'QEMU does not start: qemu: bad idea' booting -o x.log
check "something was left behind" test ! -e x.log

# ---- no room: files of 2 KiB and not more (the ramdisk; the log)

play "head -c 9000 /dev/zero | tr '\\0' x; cat '$scratch/boot.log'; exec sleep 60"
without_room() {
	(
		ulimit -f 4
		booting "$@"
	)
}
fails 3 'temporary files: File too large; TMPDIR' without_room -o x.log
fails 3 'temporary files: File too large' without_room --initrd=none -o x.trace
check "something was left behind" test ! -e x.log -a ! -e x.trace
succeeds booting --initrd=none -o x.log
rm x.log

# ---- interrupted: QEMU goes with it, and nothing is left

gone() { # PID: within seconds; what nobody has waited for yet is gone as well
	for _ in $(seq 50); do
		case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
		'' | Z*) return 0 ;;
		esac
		sleep 0.1
	done
	return 1
}

play "echo \$\$ >'$scratch/pid'; echo hello; exec sleep 60"
for signal in TERM HUP; do
	rm -f "$scratch/pid"
	PATH=$scratch/bin:$PATH "$bench" capture --kernel="$image" -o x.log >"$out" 2>"$err" </dev/null &
	capture=$!
	for _ in $(seq 100); do
		[ -s "$scratch/pid" ] && break
		sleep 0.1
	done
	kill -s $signal $capture
	wait $capture
	check "status $? of an interrupted capture" test $? -ge 128
	check "QEMU outlives SIG$signal" gone "$(cat "$scratch/pid")"
done
check "an interrupted capture left something" test ! -e x.log

# ---- the real thing, seconds long. CI downloads the kernel, 30 MB, where there is none yet

cache=${XDG_CACHE_HOME:-$HOME/.cache}/memblock-bench/kernels
kernel=$(ls -d "$cache"/linux-image-*cloud-amd64*/vmlinuz-* /boot/vmlinuz-*-amd64 2>/dev/null | head -1)
if [ -z "${CI:-}" ] && { [ -z "$kernel" ] || ! command -v qemu-system-x86_64 >/dev/null; }; then
	echo "SKIPPED: a boot in QEMU: needs qemu-system-x86_64 and a kernel in $cache or /boot" >&2
	[ $failures != 0 ] || exit 77
	finish
fi
succeeds "$bench" capture ${kernel:+"--kernel=$kernel"} --flavour=cloud-amd64 --memory=512M -o real.trace
succeeds "$bench" replay --check --variants=array --metadata=self real.trace

finish
