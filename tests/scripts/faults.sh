#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# faults.sh [-b DIR] [FAULT...] - are planted faults caught, and by which tests?
#
#   sh tests/scripts/faults.sh                     every fault of the table below
#   sh tests/scripts/faults.sh merge-pair nodes    those two
#   -b DIR                                         work there (kept; a second run is faster), not in a
#                                                  temporary directory
#
# Works in a copy of the tree. The tests run once without a fault; then for each fault one line of one
# file is changed, everything is built again, and the tests that now fail and did not before are named.
# Prints a table. Status 1 if a fault is caught by no test, 2 if a fault does not apply to the sources
# any more. Takes some minutes per fault, so `make test` leaves it out: it is for who changes the steps
# that the variants share, or the tests.
set -u

here=$(cd "$(dirname "$0")/../.." && pwd)
tests='^(test_(cases_[a-z]+|model|instance|machines|kernel(_[a-z]+)?|replay|pages|life|debug_log)|conformance|cli_verify|cli_exhaustive)$'
dir=

while getopts b: option; do
	case $option in
	b) dir=$OPTARG ;;
	*) sed -n '4,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))

if [ -z "$dir" ]; then
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
fi
mkdir -p "$dir/tree" "$dir/build" || exit 2
dir=$(cd "$dir" && pwd)

# name | file | this line's text | becomes | what a kernel would notice
faults() {
	cat <<'END'
merge-pair | include/memblock/impl/regions.h | while (pairs--) { | while (pairs-- > 1) { | the last pair of neighbours is not merged
merge-nodes | include/memblock/impl/regions.h | r->nid == next->nid && | r->nid <= next->nid && | neighbours of different nodes are merged
rounding | include/memblock/impl/find.h | at = align_down(hi - size, align); | at = align_down(hi, align) - size; | top-down placement is not aligned
rounding-up | include/memblock/impl/find.h | uint64_t at = align_up(mb, lo, align); | uint64_t at = align_down(lo + align, align); | bottom-up placement skips an aligned start
nodes | include/memblock/impl/alloc.h | if (!at && other_nodes) | if (!at && other_nodes && exact_nid) | no fallback to other nodes
mirror | include/memblock/impl/alloc.h | flags &= ~(uint32_t)MB_MIRROR; | return 0; | no fallback to memory without a mirror
exclusion | include/memblock/impl/grow.h | pa = find_for_slots(mb, base + size, mb->current_limit, rounded); | pa = find_for_slots(mb, 0, mb->current_limit, rounded); | a grown array may lie in the range being added
spare-slots | include/memblock/impl/range.h | c->cnt + 2 > c->max | c->cnt + 1 > c->max | a change needs one spare slot only
page-order | src/core/handover.c | order = 63 - (unsigned)__builtin_clzll(end - pfn); | order = 0; | the last block of a range is too small
END
}

# Only what differs, so that a file that an earlier run changed and put back is built again.
copy_tree() {
	(cd "$here" && git ls-files --cached --others --exclude-standard) | while read -r path; do
		[ -f "$here/$path" ] || continue
		cmp -s "$here/$path" "$dir/tree/$path" && continue
		mkdir -p "$dir/tree/$(dirname "$path")"
		cp "$here/$path" "$dir/tree/$path"
	done
}

# replace FILE FROM TO - one occurrence, exactly
replace() {
	python3 - "$@" <<'END'
import sys
from pathlib import Path
path, text, becomes = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
source = path.read_text()
if source.count(text) != 1:
    sys.exit(f"faults: {path}: '{text}' is there {source.count(text)} times; correct the table in tests/scripts/faults.sh")
path.write_text(source.replace(text, becomes))
END
}

# run_tests NAME - names of failed tests to NAME.failed; 1 if it does not build
run_tests() {
	cmake --build "$dir/build" -j "${JOBS:-$(nproc)}" >"$dir/$1.build" 2>&1 || return 1
	ctest --test-dir "$dir/build" -j "${JOBS:-$(nproc)}" --timeout 300 -R "$tests" >"$dir/$1.log" 2>&1
	sed -nE 's|^ *[0-9]+/[0-9]+ Test +#[0-9]+: ([^ ]+) .*\*\*\*(Failed\|Timeout\|Exception).*|\1|p' \
		"$dir/$1.log" | sort >"$dir/$1.failed"
}

copy_tree
if ! cmake -S "$dir/tree" -B "$dir/build" -DCMAKE_BUILD_TYPE=Release >"$dir/configure.log" 2>&1 ||
	! run_tests clean; then
	echo "faults: the tree does not build; see $dir/clean.build" >&2
	trap - EXIT
	exit 2
fi
[ ! -s "$dir/clean.failed" ] || echo "faults: without any fault these fail: $(tr '\n' ' ' <"$dir/clean.failed")" >&2

status=0
printf '%-12s %-48s %s\n' FAULT 'WHAT IS WRONG' 'CAUGHT BY'
faults | while IFS='|' read -r name file from to what; do
	name=${name% } file=${file# } file=${file% } from=${from# } from=${from% }
	to=${to# } to=${to% } what=${what# }
	if [ $# -gt 0 ]; then
		case " $* " in
		*" $name "*) ;;
		*) continue ;;
		esac
	fi
	cp "$dir/tree/$file" "$dir/original"
	replace "$dir/tree/$file" "$from" "$to" || exit 2
	if run_tests "$name"; then
		caught=$(comm -13 "$dir/clean.failed" "$dir/$name.failed" | sed 's/^test_//' | paste -sd' ')
	else
		caught='(the build)'
	fi
	cp "$dir/original" "$dir/tree/$file" # a new time stamp, so that it is built again
	printf '%-12s %-48s %s\n' "$name" "$what" "${caught:-NOTHING}"
	[ -n "$caught" ] || : >"$dir/escaped"
done || status=$?
if [ -e "$dir/escaped" ]; then
	rm -f "$dir/escaped"
	echo 'faults: a fault is caught by no test' >&2
	status=1
fi
exit $status
