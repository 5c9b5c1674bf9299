#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# test.sh STEP... - the steps of `make test` and `make check`, in the order given:
#
#   plain       build as for use ($BUILD), run every test
#   sanitized   Debug build with AddressSanitizer and UndefinedBehaviorSanitizer, run every test
#   threads     tests/threads with ThreadSanitizer; counts as one test
#   static      check.sh: formatting, two compilers, static analysis; counts as one test
#   counts      tests/counts/counts.py: simulated and structural counts against the baseline; counts as one test
#   counters    tests/emulated: the counter layer in an emulated machine with a PMU; counts as one test
#   fuzz        fuzz.sh: half a minute each for the importer and the trace reader; counts as one test
#
# All steps run, whatever fails. The last line is "N passed, N failed", over all of them; skipped tests
# are listed above it, each with its reason in the log, and what took how long. Status 1 if anything failed.
set -u

build=${BUILD:-build}
jobs=${JOBS:-$(nproc)}
here=$(dirname "$0")
passed=0
failed=0
skipped=
seconds=
# The kernel's test suite is compiled the same for every build (tests/conformance): once.
case $build in /*) kept=$build ;; *) kept=$PWD/$build ;; esac
export MB_SUITE_OBJECTS="$kept/conformance"

# begin TITLE, end_of_step - around what is told with its seconds at the end
begin() {
	title=$1
	began=$(date +%s)
	echo "== $title"
}
end_of_step() {
	seconds=$seconds$(printf '\n%6d  %s' $(($(date +%s) - began)) "$title")
}

# count_results LOG - add what ctest said to the totals
count_results() {
	passed=$((passed + $(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed ' "$1")))
	failed=$((failed + $(grep -E '^ *[0-9]+/[0-9]+ Test .*\*\*\*' "$1" | grep -vc '\*\*\*Skipped')))
	skipped=$skipped$(sed -nE "s|^ *[0-9]+/[0-9]+ Test +#[0-9]+: ([^ ]+) .*\*\*\*Skipped.*| \1 ($2)|p" "$1")
}

# run_whole NAME TITLE COMMAND... - a step that counts as one test; status 77 of the command: skipped
run_whole() {
	name=$1
	begin "$2"
	shift 2
	code=0
	"$@" || code=$?
	end_of_step
	case $code in
	0) passed=$((passed + 1)) ;;
	77) skipped="$skipped $name" ;;
	*) failed=$((failed + 1)) ;;
	esac
}

# run_tests DIR CMAKE_ARGUMENT... - configure, build, test
run_tests() {
	dir=$1
	shift
	code=0
	begin "$dir: build"
	"$here/build.sh" "$dir" "$@" || code=$?
	end_of_step
	if [ $code != 0 ]; then
		echo "== $dir: the build failed" >&2
		failed=$((failed + 1))
		return
	fi
	begin "$dir: tests"
	mkdir -p "$dir/Testing"
	log=$dir/Testing/make-test.log
	{
		ctest --test-dir "$dir" --output-on-failure -j "$jobs" --no-tests=error
		echo $? >"$log.status"
	} 2>&1 | tee "$log"
	end_of_step
	before=$failed
	count_results "$log" "$dir"
	# ctest itself may fail where no test did
	if [ "$(cat "$log.status")" != 0 ] && [ $failed = $before ]; then
		failed=$((failed + 1))
	fi
}

# threads - build and run the readers of one instance with ThreadSanitizer
threads() {
	"$here/build.sh" build-threads readers -DMB_SANITIZE=thread && build-threads/tests/readers
}

for step in "$@"; do
	case $step in
	plain) run_tests "$build" ${CI:+-DMB_WERROR=ON} ;; # check.sh asks for it then, and need not build it again
	sanitized) run_tests build-sanitized -DCMAKE_BUILD_TYPE=Debug -DMB_SANITIZE=ON ${CI:+-DMB_WERROR=ON} ;;
	threads) run_whole threads "threads under ThreadSanitizer" threads ;;
	static) run_whole static "formatting, compilers, static analysis" "$here/check.sh" ;;
	fuzz) run_whole fuzz "fuzzing" "$here/fuzz.sh" 30 ;;
	counts)
		run_whole counts "simulated and structural counts" \
			python3 -B "$here/../tests/counts/counts.py" "$build"
		;;
	counters)
		run_whole counters "the counter layer in an emulated machine" \
			python3 -B "$here/../tests/emulated/emulated.py" "--build=$build/emulated"
		;;
	esac
done

[ -z "$skipped" ] || printf '\nSKIPPED:%s\n' "$skipped"
printf '\nseconds  step%s\n' "$seconds"
echo
echo "$passed passed, $failed failed"
[ $failed = 0 ]
