#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# exhaustive.sh [K PAGES]... - verify --exhaustive, larger than a test can afford: `make exhaustive`
#
#   sh tests/scripts/exhaustive.sh            every call from every layout of six pages, two calls of two pages
#   sh tests/scripts/exhaustive.sh 1 4 3 1    every call of four pages, three calls of one
#
# For each profile whose kernel's source is there (for `new`: MEMBLOCK_TREE=DIR) and each kind of metadata, on all
# stores and the kernel's own code; JOBS searches at a time. Prints a row of docs/conformance.md for each that is
# complete. Status 1 if one found a difference or did not come to its end; what it said is shown, and its trace
# is in the folder where this is called. Six pages take some hours of two processors.
set -u

bench=${MEMBLOCK_BENCH:-build/memblock-bench}
jobs=${JOBS:-$(nproc)}
[ $# != 0 ] || set -- 1 6 2 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

# Lines "K PAGES PROFILE METADATA VARIANTS".
while [ $# -ge 2 ]; do
	for profile in 6.1 6.12 new; do
		variants=all,linux
		[ $profile != new ] || variants=all,linux:src=${MEMBLOCK_TREE:-}
		if [ "$variants" = all,linux:src= ]; then
			echo "exhaustive: profile new is left out: MEMBLOCK_TREE=DIR names no tree" >&2
			continue
		fi
		if ! said=$("$bench" verify --profile=$profile --variants="$variants" --operations=1 2>&1); then
			echo "exhaustive: profile $profile is left out: $said" >&2
			continue
		fi
		for metadata in self host; do
			echo "$1 $2 $profile $metadata $variants"
		done
	done
	shift 2
done >"$dir/searches"

# run K PAGES PROFILE METADATA VARIANTS - its row, or what went wrong
cat >"$dir/run" <<'END'
bench=$1 dir=$2
set -- $3
name=$1-$2-$3-$4
"$bench" verify --exhaustive="$1" --pages="$2" --profile="$3" --metadata="$4" --variants="$5" --format=json \
	--out="exhaustive-$name.trace" >"$dir/$name" 2>&1 && grep -q '"complete": true' "$dir/$name" || {
	sed "s/^/exhaustive: $name: /" "$dir/$name" >&2
	exit 1
}
python3 -c '
import json, sys
v = json.load(open(sys.argv[1]))
n = lambda key: f"{v[key]:,}".replace(",", " ")
print(f"| {v['"'exhaustive'"']} | {v['"'pages'"']} | {sys.argv[2]} | {sys.argv[3]} | {n('"'starts'"')} | {n('"'states'"')} "
      f"| {n('"'calls'"')} | {n('"'spared'"')} | {n('"'calls_with_growth'"')} |")' "$dir/$name" "$3" "$4"
END

xargs -d '\n' -P "$jobs" -I{} sh "$dir/run" "$bench" "$dir" {} <"$dir/searches" || exit 1
