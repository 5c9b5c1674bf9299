#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench.sh [--quick|--full] - run the benchmarks and draw their charts, in a folder of their own.
#
# With --full two further links of the program, in other orders, take turns with it ($BUILD/link-N).
#
# The folder is $RESULTS/run-<date>-<time>/; `latest` beside it points there once the run is complete.
# $BUILD is the build directory. Both have the defaults of the Makefile.
set -eu

build=${BUILD:-build}
results=${RESULTS:-results}
name=run-$(date +%Y%m%d-%H%M%S)
run=$results/$name

# Stopped by signal $1: so is the benchmark, and nothing is left of the run unless something was written.
child=
stop() {
	trap '' INT TERM HUP
	if [ -n "$child" ]; then
		kill "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	rmdir "$run" 2>/dev/null || true
	trap - "$1"
	kill -s "$1" $$
}
trap 'stop INT' INT
trap 'stop TERM' TERM
trap 'stop HUP' HUP

case " $* " in
*" --full "*)
	links=
	for seed in 1 2; do
		link=$build/link-$seed
		cmake -S . -B "$link" -DMB_LINK_SEED=$seed -DBUILD_TESTING=OFF >/dev/null
		cmake --build "$link" -j "${JOBS:-$(nproc)}" --target memblock-bench >/dev/null
		links=$links${links:+,}$link/memblock-bench
	done
	set -- "$@" --executables="$links"
	;;
esac

mkdir -p "$run"
status=0
"$build/memblock-bench" run "$@" --out="$run/results.json" & # a shell that waits hears signals
child=$!
wait "$child" || status=$?
trap - INT TERM HUP
if [ $status != 0 ]; then
	rmdir "$run" 2>/dev/null || true # keeps what a run left behind, if anything
	exit $status
fi
ln -sfn "$name" "$results/latest"
"$(dirname "$0")/plots.sh" "$run"
