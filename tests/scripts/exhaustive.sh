#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# exhaustive.sh [K PAGES]... - verify --exhaustive, larger than a test can afford: `make exhaustive`
#
#   sh tests/scripts/exhaustive.sh            every call from every layout of four pages, two calls of two pages
#   sh tests/scripts/exhaustive.sh 1 6 3 1    every call of six pages, three calls of one
#
# For each profile whose kernel's source is there (for `new` the newest there is; MEMBLOCK_TREE=DIR: that tree) and
# each kind of metadata, on all stores and the kernel's own code; JOBS searches at a time. A profile without one is
# named, first and last; in CI it is an error. Prints a row of docs/conformance.md for each search that is complete.
# Status 1 if one found a difference or did not come to its end; what it said is shown, and its trace is in the folder
# where this is called. That is an hour or two of two processors, six pages a day. ONLY="PROFILE METADATA" and VARIANTS=LIST
# (`all`, without the kernel): only these.
set -u

bench=${MEMBLOCK_BENCH:-build/memblock-bench}
jobs=${JOBS:-$(nproc)}
only=${ONLY:-} stores=${VARIANTS:-all}
[ $# != 0 ] || set -- 1 4 2 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

# Lines "K PAGES PROFILE METADATA VARIANTS".
while [ $# -ge 2 ]; do
	for profile in 6.1 6.12 new; do
		variants=$stores,linux:version=$profile
		[ $profile != new ] || variants=$stores,linux:version=newest
		[ $profile != new ] || [ -z "${MEMBLOCK_TREE:-}" ] || variants=$stores,linux:src=$MEMBLOCK_TREE
		if ! said=$("$bench" verify --profile=$profile --variants="$variants" --operations=1 2>&1); then
			case $said in
			*'no source of kernel'* | *'behaves as profile'*)
				echo "exhaustive: profile $profile is ABSENT: $said" >>"$dir/absent"
				continue
				;;
			esac
			echo "exhaustive: profile $profile: $said" >&2
			exit 1
		fi
		for metadata in self host; do
			[ -n "$only" ] && [ "$only" != "$profile $metadata" ] ||
				echo "$1 $2 $profile $metadata $variants"
		done
	done
	shift 2
done >"$dir/searches"
touch "$dir/absent"
sort -u "$dir/absent" >&2

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
sort -u "$dir/absent" >&2
[ ! -s "$dir/absent" ] || [ -z "${CI:-}" ]
