#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_linux.sh - the kernel's own file as a variant: what is missing is named, a tree of the user's is
# built and told from the package, and a fault in it is found.
. "$(dirname "$0")/expect.sh"

boot=$source_dir/workloads/captured/x86_64-6.12-cloud-4G-2node.trace.zst

fails 3 "no kernel tree at '/nowhere'" "$bench" replay --variants=linux:src=/nowhere "$boot"
fails 2 "bad value in 'linux:src='" "$bench" replay --variants=linux:src= "$boot"
mkdir hollow
fails 3 "no mm/memblock.c in '.*hollow'" "$bench" replay --variants=linux:src=$PWD/hollow "$boot"

if ! "$bench" replay --variants=linux --rounds=0 "$boot" >"$out" 2>"$err"; then
	[ -z "${CI:-}" ] || complain "in CI the kernel's source has to be there"
	[ -z "${CI:-}" ] || finish
	skip_all "$(head -1 "$err")"
fi
succeeds "$bench" replay --variants=linux,all --check --metadata=host --rounds=0 "$boot"
check "no version and digest" grep -Eq 'linux is linux:6\.12\.[0-9]+-[0-9a-f]{8}$' "$out"

# The package again, as a tree to change: what variants/linux/build.sh took out of it.
cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
cache=${cache:-/var/tmp}/memblock-bench
[ -d "$cache" ] || cache=/var/tmp/memblock-bench-$(id -u)
for package in "$cache"/source-*; do
	grep -qs '^PATCHLEVEL = 12$' "$package/Makefile" && cp -r "$package" tree
done
check "no 6.12 source in the cache" test -d tree
rm -f tree/complete
memblock=tree/mm/memblock.c
cp $memblock plain.c

succeeds "$bench" replay --variants=linux:src=$PWD/tree,array --check --rounds=0 "$boot"
"$bench" replay --variants=linux --rounds=0 --format=json "$boot" >package.json
"$bench" replay --variants=linux:src="$PWD/tree" --rounds=0 --format=json "$boot" >tree.json
label() {
	"$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["variants"][0]["label"])' "$1"
}
check "the same source has two labels" test "$(label package.json)" = "$(label tree.json)"

# Newer trees hand pages over without their struct page.
sed -i 's/memblock_free_pages(pfn_to_page([a-z]*), /memblock_free_pages(/' $memblock
succeeds "$bench" verify --variants=array,linux:src=$PWD/tree --profile=6.12 --operations=2000

# A fault: regions are merged although their nodes differ.
cp plain.c $memblock
"$python" - $memblock <<'PYTHON'
import re, sys
text = open(sys.argv[1]).read()
broken, times = re.subn(r"memblock_get_region_node\(this\) !=\s*memblock_get_region_node\(next\)", "0", text)
assert times == 1, "the condition of merging looks otherwise"
open(sys.argv[1], "w").write(broken)
PYTHON
run "$bench" verify --variants=array,linux:src="$PWD/tree" --profile=6.12 --operations=20000 --out=found.trace
check "verify does not find the fault (status $status)" test $status = 1
run "$bench" replay --variants=array,linux:src="$PWD/tree" --metadata=host --check --rounds=0 found.trace
first=$status
run "$bench" replay --variants=array,linux:src="$PWD/tree" --metadata=self --check --rounds=0 found.trace
check "the trace does not show the fault (status $first, $status)" test $((first | status)) = 1

# What does not compile says so, and is not kept.
echo '#error planted' >>$memblock
fails 3 'cannot build mm/memblock.c of .*planted' "$bench" replay --variants=linux:src=$PWD/tree "$boot"

# Nothing can be written: a line, no crash.
XDG_CACHE_HOME=/proc/nowhere fails 3 'cannot write to the cache' "$bench" replay --variants=linux "$boot"
finish
