#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fuzz.sh [SECONDS] - fuzz the importer and the trace reader, SECONDS (30) each.
#
# The corpus is kept in $FUZZ_BUILD/corpus-*, so that each run begins where the last one ended. Status 1
# when a crash, a hang (10 s) or an error of a sanitizer was found: the input is left in
# $FUZZ_BUILD/artifacts-*. Status 77 when clang has no libFuzzer.
set -eu

seconds=${1:-30}
build=${FUZZ_BUILD:-build-fuzz}
jobs=${JOBS:-$(nproc)}
root=$(cd "$(dirname "$0")/.." && pwd)

mkdir -p "$build"
echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d && n > 9; }' >"$build/probe.c"
if ! clang -fsanitize=fuzzer,address "$build/probe.c" -o "$build/probe" 2>/dev/null; then
	echo "fuzz.sh: clang with libFuzzer is missing (packages clang and libclang-rt-14-dev)" >&2
	exit 77
fi
cmake -S "$root" -B "$build" -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
	-DCMAKE_BUILD_TYPE=Debug -DMB_FUZZ=ON -DBUILD_TESTING=OFF >/dev/null
cmake --build "$build" -j "$jobs" --target fuzz_import fuzz_trace >"$build/make.log" 2>&1 || {
	tail -20 "$build/make.log" >&2
	exit 1
}
status=0
for name in import trace; do
	mkdir -p "$build/corpus-$name" "$build/artifacts-$name"
	"$build/fuzz_$name" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -verbosity=0 -dict="$root/tests/fuzz/log.dict" \
		-artifact_prefix="$build/artifacts-$name/" \
		"$build/corpus-$name" "$root/tests/fuzz/seeds" >"$build/fuzz-$name.log" 2>&1 || {
		status=1
		tail -60 "$build/fuzz-$name.log" >&2
	}
	executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/fuzz-$name.log")
	echo "fuzz_$name: ${executions:-0} inputs in $seconds s"
done
exit $status
