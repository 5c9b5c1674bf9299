#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# plots.sh RUN - draw the charts of a run: RUN/results.json and RUN/maps/*.json to RUN/charts/.
#
# The maps, one per captured boot of the run, are made here: the executable shows the trace as JSON.
set -eu

run=$1
build=${BUILD:-build}
python=$(sed -n 's/^MB_PYTHON:[A-Z]*=//p' "$build/CMakeCache.txt")

if [ ! -e "$run/results.json" ]; then
	echo "$run/results.json: missing: no run is there; 'make bench' makes one" >&2
	exit 2
fi

mkdir -p "$run/maps"
for trace in workloads/captured/*.trace.zst; do
	[ -e "$trace" ] || continue
	name=$(basename "$trace" .trace.zst)
	grep -q "\"replay[a-z_]*/$name/" "$run/results.json" || continue
	map=$run/maps/$name.json
	"$build/memblock-bench" show --format=json "$trace" >"$map"
done

"$python" plots/plots.py "$run"
echo "results: $run/results.json"
echo "charts:  $run/charts/"
