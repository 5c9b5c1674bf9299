#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_minimise.sh - minimise keeps what it was asked to keep, leaves out the rest, and does so twice alike.
. "$(dirname "$0")/expect.sh"

has() {
	check "no '$1' in the output" grep -Eq -e "$1" "$out"
}

# operations FILE: how many a trace has.
operations() {
	sed '1,/^$/d' "$1" | wc -l
}

header() {
	printf 'memblock-trace 1\nsource: %s\nprofile: 6.12\n' "$1"
	printf 'machine: addr_bits=64 page_size=4096 reserved_slots=16 memory_slots=128\n\n'
}

# A panic: 17 separate ranges do not fit 16 slots. Settings in between do not matter.
{
	header over
	echo 'add 0x0 0x10000000'
	i=0
	while [ $i -lt 40 ]; do
		printf 'reserve 0x%x 0x1234\nset_limit 0x%x\n' $((0x200000 + i * 0x14000)) $((i * 65536))
		i=$((i + 1))
	done
	echo 'allow_resize'
} >over.trace
succeeds "$bench" minimise over.trace --variants=array -o panic.trace
has '^17 of 82 operations: array panics: .*cannot resize reserved'
check "17 operations" test "$(operations panic.trace)" = 17
succeeds "$bench" minimise over.trace --variants=array -o again.trace
check "the same twice" cmp -s panic.trace again.trace
run "$bench" replay --check --rounds=0 --variants=array panic.trace
has 'ended by: .*cannot resize reserved'

# Two variants that differ: one has the slots.
succeeds "$bench" minimise over.trace --failure=difference --metadata=host \
	--variants=array:init=16,array:init=64 -o unlike.trace
has 'answer unlike in whether they panic$'
{
	header held && echo 'add 0x100000 0x100000' && echo 'set_limit 0x10000'
	i=0
	while [ $i -lt 5 ]; do
		printf 'reserve 0x%x 0x1000\n' $((0x110000 + i * 0x10000))
		i=$((i + 1))
	done
} | sed 's/6.12/6.1/' >held.trace
succeeds "$bench" minimise held.trace --failure=difference --metadata=host --variants=array:init=4,array:init=8 -o unlike.trace
has '^5 of 7 operations: .* answer unlike in the regions at the end$'

# A divergence: the third allocation was captured elsewhere.
{
	header diverge
	echo 'allow_resize'
	echo 'reserve 0x1000 0x1000'
	echo 'add 0x100000 0x100000 ; @3'
	echo 'reserve 0x110000 0x1000'
	echo 'alloc 4096 0x1000 0x0 accessible -1 => 0x1ff000'
	echo 'alloc 4096 0x1000 0x0 accessible -1 => 0x1fe000'
	echo 'alloc 4096 0x1000 0x0 accessible -1 => 0x1f0000 ; @9'
	echo 'alloc 4096 0x1000 0x0 accessible -1 => 0x1fc000'
} >diverge.trace
succeeds "$bench" minimise diverge.trace --variants=array,rbtree -o small.trace
has '^4 of 8 operations: array gives 0x1fd000 where 0x1f0000 was captured'
fails 2 'nothing fails .panic.' "$bench" minimise diverge.trace --failure=panic -o x.trace

# A hot spot: the search that walks over all reservations.
{
	header hot
	echo 'allow_resize'
	echo 'add 0x100000 0x1000000'
	i=0
	while [ $i -lt 12 ]; do
		printf 'reserve 0x%x 0x1000\nset_limit 0x%x\n' $((0x200000 + i * 0x4000)) $((i * 65536 + 0x200000))
		i=$((i + 1))
	done
	echo 'set_limit anywhere'
	echo 'phys_alloc_range 15728640 0x1000 0x0 anywhere => unknown ; @99'
} >hot.trace
succeeds "$bench" minimise hot.trace --hot-spot=90 -o least.trace
has 'hot spot of array: phys_alloc_range \(line 99\) costs [0-9]* bytes of metadata, here at least 90 %'
check "fewer operations" test "$(operations least.trace)" -lt 20
succeeds "$bench" minimise hot.trace --hot-spot=90 -o again.trace
check "the same hot spot twice" cmp -s least.trace again.trace
succeeds "$bench" minimise gen:build-random:size=16 --hot-spot=90 -o again.trace
has 'hot spot of array: reserve \(operation [1-9][0-9]*\) costs'

fails 2 "unknown failure 'x'" "$bench" minimise hot.trace --failure=x -o y.trace
fails 2 'give -o FILE' "$bench" minimise hot.trace
fails 2 'hot-spot' "$bench" minimise hot.trace --hot-spot=0 -o y.trace
fails 2 'nothing fails' "$bench" minimise hot.trace --variants=array -o y.trace
check "nothing is written then" test ! -e y.trace

# A case for the kernel's test suite: what one variant answers, the other would not. Loops where calls repeat,
# growth at addresses where a program may have memory; nothing that a case would not see.
succeeds "$bench" minimise over.trace --format=memblock-test --variants=array:init=64,array:init=16 -o few-slots.c
has 'answer unlike'
case_has() {
	check "no '$1' in the case" grep -Fq -- "$1" few-slots.c
}
case_has 'int memblock_few_slots_checks(void)'
case_has 'expect_regions(&memblock.reserved, reserved, 17)'
check "what the suite needs is not named" grep -q 'needs liburcu-dev to be built' few-slots.c
run "$python" -B "$source_dir/tests/scripts/upstream.py" --case=few-slots.c
check "a case without a tree is taken (status $status)" grep -q 'goes with one --tree=TREE' "$err"
fails 2 'takes a difference, with --metadata=self' "$bench" minimise over.trace --format=memblock-test --failure=panic -o x.c
fails 2 'takes a difference' "$bench" minimise over.trace --format=memblock-test --metadata=host -o x.c
fails 2 "nothing fails .difference." "$bench" minimise over.trace --format=memblock-test --variants=array,array -o x.c
{ header slab && echo 'slab 1'; } >slab.trace
fails 2 "nothing for the operation 'slab'" "$bench" minimise slab.trace --format=memblock-test -o x.c
check "a case was written" test ! -e x.c

# Memory maps are boots as well, generated ones.
printf 'BIOS-e820: [mem 0x0000000000100000-0x000000003fffffff] usable\n' >map.log
succeeds "$bench" show map.log
has 'e820 map \(generated\)'
has 'not captured'
run "$bench" import map.log -o map.trace
check "generated operations are marked" grep -q 'why=generated: usable' map.trace
succeeds "$bench" replay --rounds=0 map.trace
has 'generated from an e820 map, not captured'
printf '   0: 0x0000000000100000..0x000000003fffffff    0 NONE\n' >listing
printf '   0: 0x0000000000200000..0x00000000002fffff    0 NONE\n' >>listing
succeeds "$bench" replay --check --variants=array --rounds=0 listing
fails 2 'map.log:1: an e820 entry' "$bench" show "$(
	printf 'BIOS-e820: [mem 0x12-] usable\n' >map.log
	echo map.log
)"

finish
