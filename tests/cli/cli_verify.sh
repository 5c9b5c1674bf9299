#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_verify.sh - random sequences on all variants, as long as the time allows; and what verify prints,
# writes and refuses. The kernel's own code takes part where it can be built.
. "$(dirname "$0")/expect.sh"

# So many, of ten machines that are drawn: the kernel's code is built for each, a second a piece. More of them:
# make configurations, and by hand MB_VERIFY_OPERATIONS.
operations=${MB_VERIFY_OPERATIONS:-100000}
# With sanitizers, which the kernel's code has not, three machines.
[ "${MB_SANITIZED:-0}" = 0 ] || operations=${MB_VERIFY_OPERATIONS:-30000}
# One machine, where machines are not what is looked at.
one=addr_bits=64,page_size=4096,cache_line=64,no_numa=0,max_numnodes=16,memory_slots=8,reserved_slots=8,max_page_order=10
one=$one,movable_node=1,kernelcore_mirror=1,physmem=0,keep_memblock=0,highmem=0,max_low_pfn=0,no_kho_scratch=0
one=$one,no_deferred_init=0
variants=all
if "$bench" verify --variants=linux --operations=1 >/dev/null 2>&1; then
	variants=all,linux
else
	echo "SKIPPED: linux: it cannot be built here; the stores are compared with each other" >&2
fi

# All profiles, both kinds of metadata, growth, both directions.
succeeds "$bench" verify --variants=$variants --seed=1 --operations="$operations"
check "no word of success" grep -q '^no difference: [0-9]* operations' "$out"
succeeds "$bench" verify --variants=$variants --seed=7000 --operations=20000 --profile=6.12
succeeds "$bench" verify --variants=$variants --seed=8000 --operations=20000 --profile=6.1 --metadata=self
# A sequence that frees a piece of what an instance keeps its regions in ends there, also an older piece than the newest.
succeeds "$bench" verify --variants=gaprb:init=4,adaptive:init=4:growth=1.1,array:init=4 --metadata=self --seed=3001 \
	--operations=60000
succeeds "$bench" verify --seed=9000 --operations=20000 --profile=new --metadata=host
succeeds "$bench" verify --seed=9500 --operations=20000 --metadata=host \
	--variants=array,array:search=binary:merge=full,rbtree,list:search=head
# Other slots: only the want of room may differ.
succeeds "$bench" verify --seed=9700 --operations=20000 --metadata=host \
	--variants=array,rbtree:init=16,list:growth=1.5

# The same seed is the same sequence, and operations are counted.
succeeds "$bench" verify --seed=5 --operations=3000 --format=json
check "the JSON of success" "$python" -c '
import json, sys
v = json.load(open(sys.argv[1]))
assert v["differs"] is False and v["operations"] == 3000 and v["seed"] == 5, v
assert v["variants"].startswith("array,"), v
assert v["operations_compared"] == 3000 and v["took_part"]["array"] >= 2900, v
assert v["sequences_with_growth"] > 0 and v["seconds"] > 0 and v["seconds_building"] > 0, v' "$out"
sed 's/"seconds.*//' "$out" >first.json
succeeds "$bench" verify --seed=5 --operations=3000 --format=json
check "not repeatable" sh -c "sed 's/\"seconds.*//' '$out' | cmp -s - first.json"
succeeds "$bench" verify --variants=array,list --seed=5 --operations=300
check "the time of building is not said" grep -Eq 'operations per second; [0-9.]+ s more to build kernels and make instances$' "$out"
check "a trace was left behind" sh -c '! ls ./*.trace 2>/dev/null | grep -q .'

# What replay makes of the answers: a status that differs is a difference, though no region is.
cat >statuses.trace <<'TRACE'
memblock-trace 1
profile: 6.1
machine: max_numnodes=16 memory_slots=4 reserved_slots=4

add 0x100000 0x100000
reserve 0x110000 0x1000
reserve 0x120000 0x1000
reserve 0x130000 0x1000
reserve 0x140000 0x1000
reserve 0x150000 0x1000
dump
 size 0x100000 0x4000
 memory 0x100000 0x100000 x none
 reserved 0x110000 0x1000 x none
 reserved 0x120000 0x1000 x none
 reserved 0x130000 0x1000 x none
 reserved 0x140000 0x1000 x none
end
TRACE
for metadata in self host; do
	succeeds "$bench" replay --check --rounds=0 --metadata=$metadata --variants=$variants statuses.trace
done

# Totals that went stale by a trim wrap with the width of an address: to a cap there is no memory then.
cat >wrapped.trace <<'TRACE'
memblock-trace 1
profile: 6.1
machine: addr_bits=32 page_size=4096 no_numa=1 memory_slots=128 reserved_slots=128

add 0xc000 0x2000
remove 0xdfff 0x1000
mark 0xd000 0x1000 hotplug
add 0xc000 0xc000
trim 0x4000
add 0x0 0xffffffff
remove 0x16000 0x4000
add 0x8000 0x10000
cap_range 0x0 0x1000
dump
 size 0x0 0x0
 memory 0x0 0x18000 x none
 memory 0x1a000 0xfffe5fff x none
 reserved 0x0 0x0 x none
end
TRACE
succeeds "$bench" replay --check --rounds=0 --metadata=host --variants=$variants wrapped.trace

# What short addresses cannot hold is refused: a kernel would cut it.
wide() {
	printf 'memblock-trace 2\nprofile: 6.12\nmachine: addr_bits=32 page_size=4096\n\n%s\n' "$1" >wide.trace
	fails 2 "wide.trace:5: wider than an address of this machine: '$2'; with addr_bits=32 it is 0xffffffff" \
		"$bench" replay --rounds=0 --variants=array wide.trace
}
wide "add 0x100000000 0x1000" 0x100000000
wide "add 0x1000 0x100000000" 0x100000000
wide "alloc 4096 0x100000000 0x0 anywhere -1 => unknown" 0x100000000
wide "set_limit 0x100000000" 0x100000000
printf 'memblock-trace 2\nmachine: addr_bits=32\n\nset_limit anywhere\nadd 0x1000 0xffffffff\n' >narrow.trace
succeeds "$bench" replay --rounds=0 --variants=array narrow.trace

# So is a machine that the kernel's own code cannot be built for.
if [ $variants != all ]; then
	printf 'memblock-trace 2\nmachine: physmem=1 physmem_slots=3\n\nadd 0x1000 0x1000\n' >slots.trace
	fails 3 "variant linux: 3 slots of physmem; a kernel has 4" \
		"$bench" replay --rounds=0 --variants=linux slots.trace
fi

# Who took part in what is said; a variant that cannot take part is refused, one alone is not compared.
succeeds "$bench" verify --variants=array --operations=2000
check "alone, and compared" grep -q '^nothing was compared, array is alone' "$out"
if [ $variants != all ]; then
	# Sequences are of profiles that two behave as: so nothing is run that cannot be compared.
	succeeds "$bench" verify --variants=array,linux:version=6.12 --operations=30000 --metadata=host --machine=$one
	check "not all was compared" grep -q '^no difference: 30000 operations .* on array,linux:version=6.12$' "$out"
	check "one was left out" sh -c "! grep -q -e 'took part in' -e 'nothing was compared' '$out'"
	check "of other profiles" grep -qx 'sequences are of profile 6.12' "$out"
	succeeds "$bench" verify --variants=all,linux:version=6.12 --operations=30000 --metadata=host --machine=$one
	check "the kernel takes part in all" grep -q '^linux:version=6.12 took part in [1-9][0-9]* of 30000' "$out"
	check "stores are not compared in others" grep -qx 'sequences are of profile 6.1, 6.12, new' "$out"
	# The number is that of the compared ones.
	succeeds "$bench" verify --variants=array,linux:version=6.12 --operations=20000 --format=json --machine=$one
	compared=$(sed -n 's/.*"operations_compared": \([0-9]*\).*/\1/p' "$out")
	succeeds "$bench" verify --variants=array,linux:version=6.12 --operations=20000 --machine=$one
	check "the number is not $compared" grep -q "^no difference: $compared operations" "$out"
	check "of 20000" test "$compared" -gt 19900 -a "$compared" -lt 20000
	check "what was not compared" grep -q "^nothing was compared in $((20000 - compared)) operations" "$out"
	if "$bench" replay --variants=linux:version=6.1 --rounds=0 statuses.trace >/dev/null 2>&1; then
		fails 3 "'linux:version=6.1' behaves as profile 6.1, and no other .* nothing to compare" \
			"$bench" verify --variants=linux:version=6.1,linux:version=6.12 --operations=100
	fi
	# A search that keeps to twice the alignment. verify's own question shows it first, and with one operation; what
	# is left is what an allocation returns, so that a case of the kernel's test suite can be made of it.
	copy_kernel_tree tree
	aligned='round_down(this_end - size, align)'
	check "the text of the search is another" grep -qF "$aligned" tree/mm/memblock.c
	sed "s|$aligned|round_down(this_end - size, align << 1)|" tree/mm/memblock.c >changed
	mv changed tree/mm/memblock.c
	echo '*: told' >known.txt
	run "$bench" verify --variants=array,linux:src=tree --profile=6.12 --metadata=host --operations=20000 \
		--machine=$one --explained=known.txt --out=search.trace
	check "not said that it never applied" grep -q '^never applied: known.txt:1 \*: told$' "$out"
	check "status $status of a difference" test $status = 1
	check "no question showed it" grep -q 'find(0x1) answers' "$out"
	check "another difference is left" grep -q '^shrunk to 2 operations: .*: returns 0x' "$out"
	succeeds "$bench" minimise search.trace --format=memblock-test --variants=array,linux:src=tree -o search.c
	rm search.trace
	# Two instances of one object: what is the one's may not be told of the other.
	succeeds "$bench" verify --variants=linux,linux:version=6.12 --profile=6.12 --operations=3000
	# The kernel's own code with other slots than the machine's.
	succeeds "$bench" verify --variants=array,linux:init=16 --seed=19 --operations=3000 --profile=6.12
	succeeds "$bench" verify --variants=array,linux:init=16 --seed=24 --operations=3000 --profile=6.1 --metadata=host
	fails 3 "verify: 'linux:version=6.1' behaves as profile 6.1 .* sequences of 6.12" \
		"$bench" verify --variants=array,linux:version=6.1 --profile=6.12 --operations=100
	fails 3 "verify: 'linux:version=6.12' behaves as profile 6.12 .* sequences of new" \
		"$bench" verify --variants=all,linux:version=6.12 --profile=new --operations=100
fi

# Every operation of a trace.
cat >operations.trace <<'TRACE'
memblock-trace 1
profile: new
machine: max_numnodes=16

allow_resize
add_node 0x100000 0x4000000 0 none
reserve_node 0x100000 0x1000 -1 kern
mark 0x200000 0x100000 kho_scratch
mark 0x100000 0x1000 kern
alloc_hugetlb 2097152 -1 0 => 0x3e00000
clear 0x200000 0x100000 kho_scratch
scratch_only 0
stamp_node reserved 0x100000 1
debug 1
reserve_mem 0x1000 0x1000 1
reserve_mem 0x1000 0x1000 213000002
reserve_mem 0x1000 0x1000 367000003
release_mem 1
debug 0
alloc_core 4096 0x1000 0x0 accessible 0 3 => 0x40fd000
free 0x40fd000 0x1000 1
free_late 0x100000 0x1000
free_all
free_late 0x100000 0x1000 1
slab 1
slab 0
discard
TRACE
succeeds "$bench" replay --check --rounds=2 --variants=all operations.trace
succeeds "$bench" show operations.trace

# A huge page after a kexec handover: 64 MiB are listed, 32 GiB and more are marked, and no other memory may
# be searched. A list taken for the marks, or marks for the list, has no place for it.
cat >scratch.trace <<'TRACE'
memblock-trace 2
profile: new
machine: max_numnodes=16

add_node 0x1000 0x9f000 0 none
add_node 0x100000 0xbff00000 0 none
add_node 0x100000000 0x7c0000000 0 none
scratch_area 0x8bc000000 0x4000000
mark 0x8bc000000 0x4000000 kho_scratch
scratch_only 1
alloc_hugetlb 1073741824 0 0 => failed
mark 0x40000000 0x800000000 kho_scratch
alloc_hugetlb 1073741824 0 0 => 0x800000000
mark 0x840000000 0x80000000 kho_scratch
alloc_hugetlb 1073741824 0 0 => 0x840000000
TRACE
newest=
if "$bench" verify --variants=linux --profile=new --operations=1 >/dev/null 2>&1; then
	newest=,linux:version=newest
else
	echo "SKIPPED: linux, profile new: no source is there (workloads/capture/newest.py --fetch)" >&2
fi
succeeds "$bench" replay --check --rounds=1 --metadata=host --variants=all$newest scratch.trace

# The same in today's version of the format: other words, the same answers.
succeeds "$bench" import operations.trace -o today.trace
check "version 1 was written" grep -q '^memblock-trace 2$' today.trace
check "a form of version 1 is left" sh -c "! grep -Eq '^(free|free_late) .* 1|^reserve_mem 0x' today.trace"
succeeds "$bench" replay --check --rounds=2 --variants=all today.trace
for trace in operations today; do
	succeeds "$bench" replay --rounds=0 --variants=array --format=json $trace.trace
	sed -n 's/.*"state_digest": "\([0-9a-f]*\)".*/\1/p' "$out" >$trace.digest
done
check "versions end in other states" sh -c 'cmp operations.digest today.digest && [ -s today.digest ]'

# What is known is set aside, by what it is; what never applied is said.
cat >known.txt <<'END'
# nothing here differs
free_all: told profile=6.12 says=reserved pages
*: returns variant=list
END
succeeds "$bench" verify --operations=2000 --explained=known.txt
check "not said" grep -q '^never applied: known.txt:2 free_all: told profile=6.12 says=reserved pages$' "$out"
succeeds "$bench" verify --operations=2000 --explained=known.txt --format=json
check "the JSON of what is known" "$python" -c '
import json, sys
v = json.load(open(sys.argv[1]))["set_aside"]
assert [(e["line"], e["times"]) for e in v] == [(2, 0), (3, 0)], v
assert v[1]["explanation"] == "*: returns variant=list", v' "$out"
refuses() {
	echo "$1" >bad.txt
	fails 2 "$2" "$bench" verify --operations=10 --explained=bad.txt
}
refuses "x" "bad.txt:1: no call: 'x'; CALL: WHAT is wanted"
refuses "frei: told" "bad.txt:1: unknown call: 'frei'; an operation of traces"
refuses "free: tolled" "bad.txt:1: unknown difference: 'tolled'; returns, panic"
refuses "free:" "bad.txt:1: nothing is said to differ: 'free:'"
refuses "free: told profile" "bad.txt:1: not a condition: 'profile'; KEY=VALUE"
refuses "free: told seed=1" "bad.txt:1: unknown condition: 'seed'; profile, metadata"
refuses "free: told profile=9" "bad.txt:1: unknown profile: '9'; 6.1, 6.12 or new is wanted"
refuses "free: told metadata=both" "bad.txt:1: unknown metadata: 'both'"
refuses "free: told variant=foo" "bad.txt:1: unknown variant: 'foo'"
echo '*: told profile=6.12+ variant=linux:version=6.12' >known.txt
succeeds "$bench" verify --operations=100 --explained=known.txt
fails 2 "/nonexistent/known: No such file" "$bench" verify --explained=/nonexistent/known

# What is held of the machine is so in each sequence, and in the trace of a difference; the rest is drawn.
succeeds "$bench" verify --operations=3000 --machine=no_numa=1,addr_bits=32
check "not said" grep -q '^on machines with no_numa=1,addr_bits=32$' "$out"
succeeds "$bench" verify --operations=3000 --machine=max_numnodes=2 --machine=page_size=0x4000 --format=json
check "the JSON of a machine" "$python" -c '
import json, sys
assert json.load(open(sys.argv[1]))["machine"] == "page_size=0x4000"' "$out"
if [ $variants != all ]; then
	succeeds "$bench" verify --variants=array,linux --profile=6.12 --operations=4000 \
		--machine=no_deferred_init=1,no_kho_scratch=1,max_numnodes=2,memory_slots=8,reserved_slots=8
	fails 2 "a kernel has a power of two of nodes; max_numnodes is none" \
		"$bench" verify --variants=array,linux --profile=6.12 --operations=10 --machine=no_numa=0,max_numnodes=3
fi
# A discard of reserved, which was slab's before slab went down, and then of memory: 7.3 edits what it gave away.
run "$bench" verify --variants=linux:version=newest --profile=new --operations=1
tiny=addr_bits=64,page_size=4096,cache_line=64,no_numa=0,max_numnodes=2,memory_slots=3,reserved_slots=5,max_page_order=4
with=max_low_pfn=0,no_kho_scratch=0,no_deferred_init=0
if [ $status = 0 ]; then
	succeeds "$bench" verify --variants=array,linux:version=newest --profile=new --operations=300 --seed=2001980 \
		--machine="$tiny,movable_node=1,kernelcore_mirror=1,physmem=0,keep_memblock=0,highmem=0,$with"
fi
fails 2 "unknown key 'no_num'; docs/traces.md .*; did you mean 'no_numa'" "$bench" verify --machine=no_num=1
fails 2 "unknown key ''" "$bench" verify --machine=no_numa=1,
fails 2 "bad value in 'no_numa'; no_numa=NUMBER is wanted, 0 or 1" "$bench" verify --machine=no_numa
fails 2 "bad value in 'highmem=2'; .* wanted, 0 or 1" "$bench" verify --machine=highmem=2
not_of_a_machine() {
	fails 2 "bad value in '$1'; ${1%%=*}=NUMBER is wanted, $2" "$bench" verify --variants=array --operations=10 \
		"--machine=$1,no_numa=1"
}
not_of_a_machine page_size=3 "a power of two, 1 to 16777216"
not_of_a_machine page_size=4k "a power of two, 1 to 16777216"
not_of_a_machine addr_bits=31 "32 or 64"
not_of_a_machine memory_slots=0 "1 to 1048576"
not_of_a_machine memory_slots=99999999999 "1 to 1048576"
not_of_a_machine max_page_order=31 "0 to 30"
fails 2 "no_numa is given twice" "$bench" verify --machine=no_numa=1,no_numa=0 --operations=10
fails 2 "max_numnodes=64 contradicts no_numa=1" "$bench" verify --machine=no_numa=1,max_numnodes=64 --operations=10
fails 2 "unknown key 'help'; .* addr_bits, page_size, .* no_deferred_init$" "$bench" verify --machine=help
fails 2 "an empty value of '--machine'" "$bench" verify --machine=
fails 2 "--seed, --operations and --machine are of random" "$bench" verify --exhaustive=1 --machine=no_numa=1

# Refused.
fails 2 "verify: --pages is of --exhaustive=K" "$bench" verify --pages=3
fails 2 "verify: 'null' answers nothing" "$bench" verify --variants=null
fails 2 "unexpected 'x'; it takes no file" "$bench" verify x
fails 2 "bad value '-1' for --operations" "$bench" verify --operations=-1
fails 2 "bad value '0' for --time" "$bench" verify --time=0
fails 2 "unknown metadata 'both'" "$bench" verify --metadata=both
fails 2 "unknown option '--seeds=1'" "$bench" verify --seeds=1
fails 2 "cannot write --out='/nonexistent/x.trace': No such file" \
	"$bench" verify --out=/nonexistent/x.trace
fails 2 "cannot write --out='.': Is a directory" "$bench" verify --out=.
fails 2 "unknown variant" "$bench" verify --variants=array,nothing
succeeds "$bench" verify --help

finish
