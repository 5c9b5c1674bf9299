#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench.sh [--quick|--full] - run the benchmarks and draw their charts, in a folder of their own.
#
# The folder is $RESULTS/run-<date>-<time>/; `latest` beside it points there once the run is complete.
# $BUILD is the build directory. Both have the defaults of the Makefile.
set -eu

build=${BUILD:-build}
results=${RESULTS:-results}
name=run-$(date +%Y%m%d-%H%M%S)
run=$results/$name

mkdir -p "$run"
status=0
"$build/memblock-bench" run "$@" --out="$run/results.json" || status=$?
if [ $status != 0 ]; then
	rmdir "$run" 2>/dev/null || true # keeps what a run left behind, if anything
	exit $status
fi
ln -sfn "$name" "$results/latest"
"$(dirname "$0")/plots.sh" "$run"
