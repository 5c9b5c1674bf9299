#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_newest.sh - the newest kernel beside the others: what it judges, what it stands beside, what a kernel cannot do,
# and a later one that is not what was tested. The trees are copies of the newest source there is.
. "$(dirname "$0")/expect.sh"

[ "${MB_SANITIZED:-0}" = 0 ] || skip_all "run in the plain build: the kernel's code is not compiled with sanitizers"
boot=x86_64-6.12-cloud-4G-2node
succeeds "$python" -B "$source_dir/workloads/capture/newest.py"
source=$(cat "$out")
case $source in
*6.12* | *6.1 | *6.1.tar*) skip_all "no source is newer than 6.12; workloads/capture/newest.py --fetch gets one" ;;
esac
release=$(basename "$source" | sed 's/^linux-source-//; s/\.tar.*//; s/_tree$//')
if [ -d "$source" ]; then
	mkdir tree
	tar -C "$source" -cf - Makefile mm/memblock.c include/linux include/asm-generic tools/include \
		tools/arch/x86/include/asm tools/testing/memblock tools/testing/shared lib/cmdline.c | tar -C tree -xf -
else
	run "$bench" replay --variants=linux:version="$release" --rounds=0 "$source_dir/workloads/captured/$boot.trace.zst"
	check "status $status of $release" test $status = 0
	copy_kernel_tree tree "$release"
fi
lend_kernel_trees "$PWD/cache"
XDG_CACHE_HOME=$PWD/cache
export XDG_CACHE_HOME
newest=$PWD/cache/memblock-bench/sources
take() { # X.Y: the tree is the source of that release from now on
	rm -rf "$newest"
	sed -i "s/^VERSION = .*/VERSION = ${1%.*}/; s/^PATCHLEVEL = .*/PATCHLEVEL = ${1#*.}/" tree/Makefile
	succeeds "$python" -B "$source_dir/workloads/capture/newest.py" --tree=tree
}
measure() {
	run "$bench" run --quick --regions=16 --operations=reserve,replay --counters=none --out=result.json \
		--workloads=random,$boot,gen:kexec-handover:size=20 "$@"
	check "run: status $status: $(head -3 "$err")" test $status = 0
	"$python" -c 'import json; print("\n".join(sorted({row["name"] for row in json.load(open("result.json"))["benchmarks"]})))' >names
}
has() { # PATTERN
	check "no row $1" grep -Eq "$1" names
}
lacks() {
	check "a row $1" sh -c "! grep -Eq '$1' names"
}

# States are the newest's, a boot is its own kernel's; beside it the newest, of states 6.12 and 6.1.
take 98.7
measure
has '^reserve/random/linux:98\.7-'
has '^reserve/random/linux:6\.12-'
has '^reserve/random/linux:6\.1-'
has "^replay/$boot/linux:6\\.12-"
has "^replay/$boot/linux:98\\.7-"
lacks "^replay/$boot/linux:6\\.1-"
has '^replay/gen:kexec-handover:size=20/linux:98\.7-'
lacks '^replay/gen:kexec-handover:size=20/linux:6'
for kernel in 6.12 6.1; do
	check "not said of $kernel" \
		grep -Eq "^not timed: gen:kexec-handover:size=20/linux:$kernel-[0-9a-f]{8}: this kernel has no kho_scratch" "$out"
done
check "not in the results" grep -q '"not_timed:gen:kexec-handover:size=20/linux:6.12-' result.json
check "no column of the newest" grep -q 'linux:newest' "$out"
check "the judges are not named" grep -Eq '^linux is linux:98\.7-[0-9a-f]{8}; linux:6\.12-[0-9a-f]{8}$' "$out"

# Another point release with the same text is the same row; with another text it is named.
cp names before
sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 99/' tree/Makefile
measure --variants=linux,array
check "a point release renames a row" sh -c "grep '^reserve/random/linux' names | grep -qxf - before"
check "the point release is not told" grep -q '"variant:linux:98.7-.*of Linux 98.7.99,' result.json
echo '/* another text */' >>tree/mm/memblock.c
measure --variants=linux,array
check "another text is the same row" sh -c "! grep '^reserve/random/linux' names | grep -qxf - before"
check "another text is not named: $(cat "$err")" \
	grep -Eq "^memblock-bench: run: linux:98\.7-[0-9a-f]{8}: .* not tested; .*linux:version=98\.7' tests it$" "$err"
check "it is named twice" test "$(grep -c 'not tested' "$err")" = 1
run "$bench" replay --variants=array,linux:version=newest --rounds=0 "$source_dir/workloads/captured/$boot.trace.zst"
check "replay: another text is not named: $(cat "$err")" \
	grep -Eq "^memblock-bench: replay: linux:98\.7-[0-9a-f]{8}: .* not tested; .*linux:version=98\.7' tests it$" "$err"

# One that behaves otherwise is named, with what it does; then the states are 6.12's.
sed -i 's/flags != MEMBLOCK_NONE \&\& flags != /flags != /' tree/mm/memblock.c
measure --variants=linux,array
check "a mixture is not named: $(cat "$err")" \
	grep -Eq "linux:98\.7-.* behaves as no profile does .*; unlike new: no flag_mismatch_needs_flags; " "$err"
# What is printed to test it does: sequences are of the mixture.
command=$(sed -n "s/.* not tested; 'memblock-bench \(.*\)' tests it$/\1/p" "$err")
check "not a command of verify: $command" sh -c "case '$command' in verify\ *) ;; *) exit 1 ;; esac"
# shellcheck disable=SC2086 # its words
succeeds "$bench" $command --operations=20000
check "of the mixture" grep -Eqx 'sequences are of profile [0-9.]+\+' "$out"
check "it is not compared" grep -Eq '^no difference: (20000|199[0-9][0-9]) operations' "$out"
has '^reserve/random/linux:6\.12-'

# Without a newer one 6.12 is the newest.
rm -rf "$newest"
measure
has '^reserve/random/linux:6\.12-'
lacks 'linux:98'
finish
