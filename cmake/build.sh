#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build.sh DIR [-DOPTION=VALUE...] [TARGET...] - configure DIR and build the targets there, or everything.
#
# Warnings and errors are shown as they come. Of the rest a terminal sees one line of progress, anything
# else that the build began; it is kept in DIR/build.log. VERBOSE=1 in the environment shows it all.
set -eu

source=$(dirname "$0")/..
dir=$1
shift
log=$dir/build.log

# The options stay in "$@"; names of targets have no blanks.
targets=
for argument in "$@"; do
	shift
	case $argument in
	-D*) set -- "$@" "$argument" ;;
	*) targets="$targets $argument" ;;
	esac
done

# build [-- OPTION...]
build() {
	# shellcheck disable=SC2086 # one word per target is wanted
	cmake --build "$dir" --parallel "${JOBS:-$(nproc)}" ${targets:+--target $targets} "$@"
}

# failed WHAT - the end; the reason is above
failed() {
	echo "build.sh: $dir: $1 failed; what else was said is in $log" >&2
	exit 1
}

# show TEXT - the line of progress; what comes after it, from whomever, is written over it
show() {
	[ -z "$progress" ] || printf '%-15s\r' "$1" >&2
}

# watch - the input to the log; how far the build is, from lines such as "[ 45%] Building C object ..."
watch() {
	while IFS= read -r line; do
		printf '%s\n' "$line"
		case $line in
		'['*%']'*) show "building ${line%%]*}]" ;;
		esac
	done >>"$log"
}

# A make that called us has jobs and options of its own.
unset MAKEFLAGS MFLAGS MAKELEVEL
mkdir -p "$dir"
if [ -n "${VERBOSE:-}" ]; then
	cmake -S "$source" -B "$dir" "$@" && build
	exit
fi

progress=
[ ! -t 2 ] || progress=yes
[ -n "$progress" ] || echo "building in $dir:${targets:- everything}"
show configuring
cmake -S "$source" -B "$dir" "$@" >"$log" || failed "the configuration"
code=0
case $(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$dir/CMakeCache.txt") in
Ninja*) # has a line of progress of its own, and says everything where that is
	if [ -n "$progress" ]; then build; else build -- --quiet; fi || code=$?
	;;
*)
	if [ -n "$progress" ]; then
		code=$({ { build || echo $? >&3; } | watch; } 3>&1)
	else
		build >>"$log" || code=$?
	fi
	;;
esac
show ""
[ "${code:-0}" = 0 ] || failed "the build"
