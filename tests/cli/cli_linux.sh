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
fails 3 "no mm/memblock.c, include/linux/memblock.h, tools/include, tools/testing/memblock/internal.h in '.*hollow'" "$bench" replay --variants=linux:src=$PWD/hollow "$boot"

needs_linux "$boot"
succeeds "$bench" replay --variants=linux,all --check --metadata=host --rounds=0 "$boot"
check "no version and digest" grep -Eq 'linux is linux:6\.12-[0-9a-f]{8}$' "$out"

# The package again, as a tree to change: what variants/linux/build.sh took out of it.
copy_kernel_tree tree
memblock=tree/mm/memblock.c
cp $memblock plain.c

succeeds "$bench" replay --variants=linux:src=$PWD/tree,array --check --rounds=0 "$boot"
"$bench" replay --variants=linux --rounds=0 --format=json "$boot" >package.json
"$bench" replay --variants=linux:src="$PWD/tree" --rounds=0 --format=json "$boot" >tree.json
label() {
	"$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["variants"][0]["label"])' "$1"
}
check "the same source has two labels" test "$(label package.json)" = "$(label tree.json)"

# A release candidate says so, in its name.
sed -i 's/^EXTRAVERSION =.*/EXTRAVERSION = -rc3/' tree/Makefile
succeeds "$bench" replay --variants=linux:src=$PWD/tree --rounds=0 "$boot"
"$bench" replay --variants=linux:src="$PWD/tree" --rounds=0 --format=json "$boot" >candidate.json
check "no rc3 in the label" test "$(label candidate.json)" = "$(label tree.json | sed 's/6\.12/6.12~rc3/')"
sed -i 's/^EXTRAVERSION =.*/EXTRAVERSION =/' tree/Makefile

# Newer trees hand pages over without their struct page, go through reserved pages one by one, have
# mm_init.h, and release pages themselves.
"$python" - $memblock <<'PYTHON'
import re, sys
text = open(sys.argv[1]).read()
text = re.sub(r"memblock_free_pages\(pfn_to_page\(\w+\), ", "memblock_free_pages(", text)
text = text.replace("reserve_bootmem_region(", "memmap_init_reserved_range(")
head, mark, tail = text.partition('#include "internal.h"\n')
assert mark and "memmap_init_reserved_range(start" in tail, "the file looks otherwise"
tail = tail.replace("static void __init memmap_init_reserved_pages(", """
static void memmap_init_reserved_range(phys_addr_t start, phys_addr_t end, int nid)
{
	unsigned long at;

	for_each_valid_pfn(at, PFN_DOWN(start), PFN_UP(end)) {
		init_deferred_page(at, nid);
		__SetPageReserved(pfn_to_page(at));
	}
}

unsigned long free_reserved_area(void *from, void *to, int poison, const char *label)
{
	unsigned long at, pages = 0;

	if ((!to && deferred_pages_enabled()) || __is_kernel((unsigned long)from))
		return __pa_symbol(from);
	for_each_valid_pfn(at, PFN_UP(__pa(from)), PFN_DOWN(__pa(to))) {
		if (poison >= 0)
			memset(kasan_reset_tag(page_address(pfn_to_page(at))), poison, PAGE_SIZE);
		free_reserved_page(pfn_to_page(at));
		pages++;
	}
	if (pages && label)
		pr_info("Freeing %s memory: %ldK\\n", label, K(pages));
	return pages;
}

static void __init memmap_init_reserved_pages(""")
open(sys.argv[1], "w").write(head + mark + '#include "mm_init.h"\n' + tail)
PYTHON
succeeds "$bench" verify --variants=array,linux:src=$PWD/tree --profile=6.12 --operations=20000
succeeds "$bench" verify --variants=array,linux:src=$PWD/tree --profile=6.12 --operations=5000 \
	--machine=no_deferred_init=1,page_size=4096,memory_slots=8,reserved_slots=8

# A tree between two profiles is neither: nothing is compared with one of them unasked, and with what it
# does it agrees.
cp plain.c $memblock
sed -i 's/panic("memblock: cannot resize .*;/return -1;/' $memblock
run "$bench" replay --variants=linux:src="$PWD/tree" --rounds=0 "$boot"
check "a mixture is not replayed (status $status)" test $status = 0
check "a mixture passes for a profile" grep -q 'behaves as 6.1+, so its digest is not compared' "$err"
fails 3 'behaves as profile 6\.1\+ .*--profile=tree' "$bench" verify --variants=array,linux:src=$PWD/tree \
	--profile=6.12 --operations=100
succeeds "$bench" verify --variants=array,linux:src=$PWD/tree --profile=tree --operations=20000
fails 2 'needs linux:src=DIR' "$bench" verify --variants=array --profile=tree --operations=100

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
XDG_CACHE_HOME=/proc/nowhere fails 3 "no cache '/proc/nowhere/" "$bench" replay --variants=linux "$boot"
finish
