#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench.sh [--quick|--full] - build the program, run the benchmarks, draw their charts.
#
# With --full two further links of the program, in other orders, take turns with it ($BUILD/link-N).
# The kernel's source belongs to it: where that cannot be had, the first line says so, and the last.
#
# The folder is $RESULTS/run-<date>-<time>/; `latest` beside it points there once the run is complete.
# $BUILD is the build directory. Both have the defaults of the Makefile.
set -eu

here=$(dirname "$0")
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

"$here/packages.sh" --want kernel
remedy=$("$here/packages.sh" --remedy kernel)
missing=
[ -z "$remedy" ] || missing="the kernel's own code, or some of it, is not compared; to have it: $remedy"
tell_what_is_missing() {
	[ -z "$missing" ] || echo "bench: $missing" >&2
}
tell_what_is_missing

"$here/build.sh" "$build" memblock-bench
case " $* " in
*" --full "*)
	links=
	for seed in 1 2; do
		link=$build/link-$seed
		"$here/build.sh" "$link" -DMB_LINK_SEED=$seed -DBUILD_TESTING=OFF memblock-bench
		links=$links${links:+,}$link/memblock-bench
	done
	set -- "$@" --executables="$links"
	;;
esac
# What takes part then anyway; named, so that the program need not say a third time what is missing. Where
# packages are no measure of it (no dpkg), the program's own words are told here.
absent=$("$build/memblock-bench" list variants | sed -n 's/^linux .*; absent: \(.*no kernel source;.*\)/\1/p')
if [ -n "$absent" ]; then
	if [ -z "$missing" ]; then
		missing="the kernel's own code is not compared: $absent"
		tell_what_is_missing
	fi
	set -- "$@" --variants=all,null
fi

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
"$here/plots.sh" "$run"
tell_what_is_missing
