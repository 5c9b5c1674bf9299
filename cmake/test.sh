#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# test.sh STEP... - the steps of `make test` and `make check`, in the order given:
#
#   plain       build as for use ($BUILD), run every test
#   sanitized   Debug build with AddressSanitizer and UndefinedBehaviorSanitizer, run every test
#   static      check.sh: formatting, two compilers, static analysis; counts as one test
#   fuzz        fuzz.sh: half a minute each for the importer and the trace reader; counts as one test
#
# All steps run, whatever fails. The last line is "N passed, N failed", over all of them; skipped tests
# are listed above it, each with its reason in the log. Status 1 if anything failed.
set -u

build=${BUILD:-build}
jobs=${JOBS:-$(nproc)}
here=$(dirname "$0")
passed=0
failed=0
skipped=

# count_results LOG - add what ctest said to the totals
count_results() {
	passed=$((passed + $(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed ' "$1")))
	failed=$((failed + $(grep -E '^ *[0-9]+/[0-9]+ Test .*\*\*\*' "$1" | grep -vc '\*\*\*Skipped')))
	skipped=$skipped$(sed -nE "s|^ *[0-9]+/[0-9]+ Test +#[0-9]+: ([^ ]+) .*\*\*\*Skipped.*| \1 ($2)|p" "$1")
}

# run_tests DIR CMAKE_ARGUMENT... - configure, build, test
run_tests() {
	dir=$1
	shift
	echo "== $dir: build and test"
	if ! { cmake -S . -B "$dir" "$@" && cmake --build "$dir" -j "$jobs"; }; then
		echo "== $dir: the build failed" >&2
		failed=$((failed + 1))
		return
	fi
	mkdir -p "$dir/Testing"
	log=$dir/Testing/make-test.log
	{
		ctest --test-dir "$dir" --output-on-failure -j "$jobs" --no-tests=error
		echo $? >"$log.status"
	} 2>&1 | tee "$log"
	before=$failed
	count_results "$log" "$dir"
	# ctest itself may fail where no test did
	if [ "$(cat "$log.status")" != 0 ] && [ $failed = $before ]; then
		failed=$((failed + 1))
	fi
}

for step in "$@"; do
	case $step in
	plain) run_tests "$build" ;;
	sanitized) run_tests build-sanitized -DCMAKE_BUILD_TYPE=Debug -DMB_SANITIZE=ON ;;
	static)
		echo "== formatting, compilers, static analysis"
		if "$here/check.sh"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
		fi
		;;
	fuzz)
		echo "== fuzzing"
		code=0
		"$here/fuzz.sh" 30 || code=$?
		case $code in
		0) passed=$((passed + 1)) ;;
		77) skipped="$skipped fuzz" ;;
		*) failed=$((failed + 1)) ;;
		esac
		;;
	esac
done

[ -z "$skipped" ] || printf '\nSKIPPED:%s\n' "$skipped"
echo
echo "$passed passed, $failed failed"
[ $failed = 0 ]
