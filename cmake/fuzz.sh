#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fuzz.sh [SECONDS] - fuzz the importer and the trace reader, SECONDS (30) each.
#
# The corpus is kept in $FUZZ_BUILD/corpus-*, so that each run begins where the last one ended. Status 1
# when a crash, a hang (10 s) or an error of a sanitizer was found: the input is left in
# $FUZZ_BUILD/artifacts-*. Status 77, in CI 1, when there is no clang or it has no libFuzzer.
set -eu

seconds=${1:-30}
build=${FUZZ_BUILD:-build-fuzz}
root=$(cd "$(dirname "$0")/.." && pwd)

# skip WHAT PACKAGE - nothing can be fuzzed without it
skip() {
	echo "fuzz.sh: SKIPPED: $1; install it with: apt install $2" >&2
	[ -z "${CI:-}" ] || exit 1
	exit 77
}

for tool in clang clang++; do
	command -v $tool >/dev/null || skip "no $tool" clang
done
mkdir -p "$build"
echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d && n > 9; }' >"$build/probe.c"
clang -fsanitize=fuzzer,address "$build/probe.c" -o "$build/probe" 2>/dev/null ||
	skip "$(command -v clang) has no libFuzzer" libclang-rt-14-dev
"$(dirname "$0")/build.sh" "$build" -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
	-DCMAKE_BUILD_TYPE=Debug -DMB_FUZZ=ON -DBUILD_TESTING=OFF fuzz_import fuzz_trace
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
