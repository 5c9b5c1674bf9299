#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench.sh [--quick|--full] - build the program, run the benchmarks, draw their charts.
#
# With --full two further links of the program, in other orders, take turns with it ($BUILD/link-N).
# The kernel's source belongs to it, and that of the newest kernel: where one cannot be had, the first line says so,
# and the last.
#
# The folder is $RESULTS/run-<date>-<time>[-<n>]/. One that was stopped, of the same command, program and machine,
# is gone on with; a complete one is never written to again. `latest` beside it points to the last that is complete and a measurement:
# not with --quick. $BUILD is the build directory. Both have the defaults of the Makefile.
set -eu

here=$(dirname "$0")
build=${BUILD:-build}
results=${RESULTS:-results}
run=

# Nothing is left of a run unless something was written.
tidy() {
	[ -e "$run/results.json.blocks" ] || rm -f "$run/unfinished"
	rmdir "$run" 2>/dev/null || true
}

# Stopped by signal $1: so is the benchmark, which says what it keeps.
child=
stop() {
	trap '' INT TERM HUP QUIT
	if [ -n "$child" ]; then
		kill "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	[ -z "$run" ] || tidy
	trap - "$1"
	kill -s "$1" $$
}
trap 'stop INT' INT
trap 'stop TERM' TERM
trap 'stop HUP' HUP
trap 'stop QUIT' QUIT

"$here/packages.sh" --want kernel
remedy=$("$here/packages.sh" --remedy kernel)
missing=
[ -z "$remedy" ] || missing="the kernel's own code, or some of it, is not compared; to have it: $remedy"
"$here/newest.sh" --want
newest=$("$here/newest.sh" --remedy)
[ -z "$newest" ] || newest="the newest kernel's code is not compared, the newest there is takes its place; to have it: $newest"
tell_what_is_missing() {
	[ -z "$missing" ] || echo "bench: $missing" >&2
	[ -z "$newest" ] || echo "bench: $newest" >&2
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
# With what blocks are measured, and where: those of others are not gone on with.
identity="$(sha256sum <"$build/memblock-bench") $(uname -nsrm) $(sed -n '/^model name/{p;q;}' /proc/cpuinfo)"
# What takes part then anyway; named, so that the program need not say a third time what is missing. Where
# packages are no measure of it (no dpkg), the program's own words are told here.
absent=$("$build/memblock-bench" list variants | sed -n 's/^linux .*; absent: \(.*no kernel source;.*\)/\1/p')
if [ -n "$absent" ]; then
	if [ -z "$missing" ]; then
		missing="the kernel's own code is not compared: $absent"
		tell_what_is_missing
	fi
	set -- "$@" --variants=all,null,empty
fi

# The folder of a run of this command that was stopped, and that nobody is at; the newest.
find_unfinished() {
	for folder in "$results"/run-*; do
		if [ -d "$folder/results.json.blocks" ] && [ ! -e "$folder/results.json" ] &&
			[ "$(sed -n 1p "$folder/unfinished" 2>/dev/null)" = "$*" ] &&
			flock -n "$folder/results.json.blocks" true; then
			if [ "$(sed 1d "$folder/unfinished")" = "$identity" ]; then
				run=$folder
			else
				echo "bench: $folder is left as it is: the program or the machine was another" >&2
			fi
		fi
	done
}

# A new one; others may be made in the same second.
make_folder() {
	mkdir -p "$results"
	name=run-$(date +%Y%m%d-%H%M%S)
	run=$results/$name
	n=1
	until mkdir "$run" 2>/dev/null; do
		n=$((n + 1))
		run=$results/$name-$n
		[ $n -lt 1000 ] || mkdir "$run"
	done
	printf '%s\n' "$*" "$identity" >"$run/unfinished"
}

find_unfinished "$@"
[ -n "$run" ] || make_folder "$@"
status=0
"$build/memblock-bench" run "$@" --out="$run/results.json" & # a shell that waits hears signals
child=$!
wait "$child" || status=$?
trap - INT TERM HUP QUIT
if [ ! -e "$run/results.json" ]; then
	tidy # keeps finished blocks
	exit $status
fi
rm -f "$run/unfinished"
[ $status = 0 ] || exit $status
case " $* " in
*" --quick "*) echo "$results/latest is left as it is: --quick measures nothing" ;;
*) ln -sfn "${run##*/}" "$results/latest" ;;
esac
trap 'echo "bench: stopped; the results are complete: make plots RUN=$run draws their charts" >&2; exit 130' INT TERM HUP
"$here/plots.sh" "$run"
trap - INT TERM HUP
tell_what_is_missing
