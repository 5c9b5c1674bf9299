#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_exhaustive.sh - every call from every layout of a tiny machine, on all stores and the kernel's own code. How
# much that is depends on --pages and on nothing else: the time that a machine takes decides nothing. A sanitizer
# build, which takes ten times as long, does it with fewer pages. MB_EXHAUSTIVE_PAGES is for by hand.
. "$(dirname "$0")/expect.sh"

if [ "${MB_SANITIZED:-0}" = 1 ]; then
	pages=${MB_EXHAUSTIVE_PAGES:-1} more=2
else
	pages=${MB_EXHAUSTIVE_PAGES:-3} more=4
fi

# has VARIANT PROFILE - does it take part in that?
has() {
	"$bench" verify --variants="$1" --profile="$2" --operations=1 >"$out" 2>"$err" && return
	[ -z "${CI:-}" ] || complain "in CI $1 has to be there"
	echo "ABSENT: $1, profile $2: $(cat "$err"); the stores are compared with each other" >&2
	return 1
}
kernel='' old='' newest=''
has linux:version=6.12 6.12 && kernel=,linux:version=6.12
has linux:version=6.1 6.1 && old=,linux:version=6.1
has linux:version=newest new && newest=,linux:version=newest

# search NAME ARGUMENT... - NAME.out and NAME.status
search() {
	name=$1
	shift
	"$bench" verify "$@" >"$name.out" 2>"$name.err"
	echo $? >"$name.status"
}
found() { # NAME PATTERN: of what it said
	check "$1: $(cat "$1.out" "$1.err")" test "$(cat "$1.status")" = 0
	check "$1: no '$2'" grep -Eq "$2" "$1.out"
}

# Two at a time, of about the same length.
{
	# Where reserved is full and a page is free, an array grows: that takes four pages.
	search four --exhaustive=1 --pages=$more --variants="array$kernel" --profile=6.12 --metadata=self
	search new --exhaustive=1 --pages=$((more / 2)) --variants="all$newest" --profile=new --format=json
} &
search self --exhaustive=1 --pages="$pages" --variants="all$kernel" --profile=6.12 --metadata=self
search host --exhaustive=1 --pages="$pages" --variants="all$kernel" --profile=6.12 --metadata=host
search old --exhaustive=1 --pages="$pages" --variants="all$old" --profile=6.1 --metadata=self
search old-host --exhaustive=1 --pages="$pages" --variants="all$old" --profile=6.1 --metadata=host
wait
for name in self old host old-host; do
	found $name "^no difference: every sequence of 1 call from every layout of $pages page"
done
[ "$pages" != 3 ] || found self '^3248 starts, 3248 states, [0-9]+ calls; [0-9]+ were spared'
[ "$pages" != 3 ] || found old '^2784 starts, 2784 states, [0-9]+ calls; [0-9]+ were spared'
[ $more != 4 ] || found four '^22624 starts, '
[ $more != 4 ] || found four '^arrays grew in [1-9][0-9]{5} calls'
found new '"differs": false, "complete": true, "variants": "array,rbtree,list,order,adaptive,gaprb'"$newest"'", "exhaustive": 1'

# Two calls in a row, from the smallest machine; the numbers are the same each time.
search two --exhaustive=2 --pages=1 --variants=array,list --profile=6.1 --metadata=host --time=1 &
succeeds "$bench" verify --exhaustive=1 --pages=1 --profile=new --metadata=host --format=json
sed 's/"seconds.*//' "$out" >first
succeeds "$bench" verify --exhaustive=1 --pages=1 --profile=new --metadata=host --format=json
check "not repeatable" sh -c "sed 's/\"seconds.*//' '$out' | cmp -s - first"
check "no starts" grep -q '"starts": 120, "states": 120, "states_per_level": \[120\]' first
check "not all stores" grep -q '"took_part": {"array": \([0-9]*\), "rbtree": \1, "list": \1, "order": \1, ' first
wait
found two '^no difference( so far, stopped before the end)?: every sequence of 2 calls from every layout of 1 page on'
found two '^[0-9]+ starts, [0-9]+ states = [0-9]+ \+ [0-9]+, '

# One alone is not compared.
succeeds "$bench" verify --exhaustive=1 --pages=1 --variants=array --metadata=host --profile=6.1
check "alone, and compared" grep -q '^nothing was compared, array is alone; its own checks held: every sequence of 1 call' "$out"
succeeds "$bench" verify --exhaustive=1 --pages=1 --variants=array,list
check "the time of building" grep -Eq 'calls per second; [0-9.]+ s more to build kernels and make instances$' "$out"
check "profiles, metadata" grep -q '^searched of profile 6.1, 6.12, new; metadata self, host$' "$out"
succeeds "$bench" verify --exhaustive=1 --pages=1 --variants=array --metadata=host --profile=6.1 --format=json
check "no profile and metadata in the JSON" grep -q '"profiles": \["6.1"\], "metadata": \["host"\], ' "$out"
check "alone, and compared in the JSON" grep -q '"calls": [1-9][0-9]*, "calls_compared": 0, ' "$out"

# A kernel that does not merge what touches at a page that is even: two calls show it, and so does their trace.
if [ -n "$kernel" ]; then
	copy_kernel_tree tree
	merge='this->base + this->size != next->base'
	check "the text of merging is another" grep -q "$merge" tree/mm/memblock.c
	sed "s|$merge|(next->base \& 0x2000) \|\| $merge|" tree/mm/memblock.c >changed
	mv changed tree/mm/memblock.c
	run "$bench" verify --exhaustive=1 --pages=3 --variants=all,linux:src=tree --profile=6.12 --metadata=self
	check "status $status of a difference" test $status = 1
	check "no layouts" grep -q '^difference: [0-9]* calls made, layouts of nodes, profile 6.12, metadata self$' "$out"
	check "not shrunk" grep -q '^shrunk to 2 operations: ' "$out"
	check "no trace" test -s verify-exhaustive.trace
	run "$bench" replay --check --rounds=0 --metadata=self --variants=linux:src=tree,array verify-exhaustive.trace
	check "it is not seen again" test $status = 1
	run "$bench" verify --exhaustive=1 --pages=3 --variants=array,linux:src=tree --profile=6.12 \
		--format=json --out=here.trace
	check "the JSON of a difference" grep -q '"differs": true, "layouts": "nodes", .*"trace": "here.trace"' "$out"
	# What is known is set aside, and it goes on to the end; the JSON says it, too.
	echo '*: regions' >known.txt
	succeeds "$bench" verify --exhaustive=1 --pages=2 --variants=array,list,linux:src=tree --profile=6.12 \
		--metadata=host --explained=known.txt
	check "known, and not set aside" grep -Eq '^set aside [1-9][0-9]* times: known.txt:1 \*: regions$' "$out"
	check "not to the end" grep -q '^504 starts, 504 states, ' "$out"
	echo '*: told' >>known.txt
	succeeds "$bench" verify --exhaustive=1 --pages=2 --variants=array,linux:src=tree --profile=6.12 \
		--metadata=host --explained=known.txt --format=json
	check "nothing of it in the JSON" grep -Eq '"explanation": "\*: regions", "times": [1-9].*"\*: told", "times": 0' "$out"
	echo 'add: returns' >known.txt
	run "$bench" verify --exhaustive=1 --pages=2 --variants=array,linux:src=tree --profile=6.12 \
		--metadata=host --explained=known.txt --out=here.trace
	check "status $status of a difference that is not known" test $status = 1
	check "not said that it never applied" grep -q '^never applied: known.txt:1 add: returns$' "$out"
	# The first difference is that of a request for nothing; what is told is one that a caller would make.
	aligned='round_down(this_end - size, align)'
	rm -r tree && copy_kernel_tree tree
	check "the text of the search is another" grep -qF "$aligned" tree/mm/memblock.c
	sed "s|$aligned|round_down(this_end - size, align << 1)|" tree/mm/memblock.c >changed
	mv changed tree/mm/memblock.c
	run "$bench" verify --exhaustive=1 --pages=2 --variants=array,linux:src=tree --profile=6.12 --metadata=host \
		--out=here.trace
	check "status $status of a search that is changed" test $status = 1
	check "a request for nothing" sh -c "! grep -Eq '^ *[a-z_]*alloc[a-z_]* (0 |[0-9]+ (0|0x0) )' '$out' here.trace"
	fails 3 "verify: 'linux:version=6.12' behaves as profile 6.12 .* sequences of new" \
		"$bench" verify --exhaustive=1 --pages=1 --variants=all,linux:version=6.12 --profile=new
fi

fails 2 "bad value '0' for --exhaustive" "$bench" verify --exhaustive=0
fails 2 "bad value '9' for --pages" "$bench" verify --exhaustive=1 --pages=9
fails 2 "verify: --seed, --operations and --machine are of random sequences; --exhaustive goes by --pages" \
	"$bench" verify --exhaustive=1 --pages=1 --operations=10
fails 2 "cannot write --out='/nonexistent/x.trace': No such file" \
	"$bench" verify --exhaustive=1 --pages=1 --out=/nonexistent/x.trace

finish
