# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# expect.sh - sourced by the cli_*.sh tests. They run in a folder of their own that goes at the end;
# every expectation is checked, and the status is 1 if any failed.
#
#   $bench                          the executable (MEMBLOCK_BENCH)
#   succeeds COMMAND...             status 0, nothing on stderr
#   fails STATUS PATTERN COMMAND..  that status; on stdout nothing; on stderr exactly one line, which
#                                   matches the extended regular expression
#   check TEXT COMMAND...           COMMAND (a test) is true
#   gone PID                        it ends within five seconds; a zombie has
#   out, err                        files with what the last command printed
#   skip_all TEXT                   nothing can be tested here: status 77
#   needs_linux TRACE               skip_all, in CI fail, unless TRACE replays on the kernel's own code
#   copy_kernel_tree DIR [X.Y]      what build.sh took out of the package of 6.12 (X.Y), as a tree to change
#   lend_kernel_trees DIR           what it took out of packages is in the cache DIR, too: unpacking takes long
set -u
umask 022 # a cache that a group can write is refused

bench=${MEMBLOCK_BENCH:?"not set; give it the path of the executable"}
case $bench in
/*) ;;
*) bench=$PWD/$bench ;;
esac
tests=$(cd "$(dirname "$0")" && pwd)
source_dir=${MB_SOURCE_DIR:-$tests/../..}
shared=${MB_SHARED:-$source_dir/../shared}
python=${MB_PYTHON:-python3}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/memblock-cli.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
mkdir "$scratch/work"
cd "$scratch/work" || exit 1
out=$scratch/out
err=$scratch/err
failures=0

skip_all() {
	echo "SKIPPED: $*" >&2
	exit 77
}

needs_linux() {
	if ! "$bench" replay --variants=linux --rounds=0 "$1" >"$out" 2>"$err"; then
		[ -z "${CI:-}" ] || complain "in CI the kernel's source has to be there"
		[ -z "${CI:-}" ] || finish
		skip_all "$(head -1 "$err")"
	fi
}

copy_kernel_tree() {
	release=${2:-6.12}
	for package in "${XDG_CACHE_HOME:-$HOME/.cache}"/memblock-bench/source-*; do
		[ ! -e "$1" ] && grep -qsx "VERSION = ${release%.*}" "$package/Makefile" &&
			grep -qx "PATCHLEVEL = ${release#*.}" "$package/Makefile" && cp -r "$package" "$1"
	done
	check "no $release source in the cache" test -d "$1"
	rm -f "$1/complete"
}

lend_kernel_trees() {
	mkdir -p -m 700 "$1" "$1/memblock-bench"
	for package in "${XDG_CACHE_HOME:-$HOME/.cache}"/memblock-bench/source-*; do
		[ ! -e "$package/complete" ] || cp -rp "$package" "$1/memblock-bench/"
	done
}

complain() {
	failures=$((failures + 1))
	echo "FAILED: $*" >&2
	sed 's/^/    stdout: /' "$out" | head -5 >&2
	sed 's/^/    stderr: /' "$err" | head -5 >&2
}

run() {
	"$@" >"$out" 2>"$err" </dev/null
	status=$?
}

succeeds() {
	run "$@"
	if [ $status != 0 ]; then
		complain "status $status, expected 0: $*"
	elif [ -s "$err" ]; then
		complain "something on stderr: $*"
	fi
}

fails() {
	want=$1
	pattern=$2
	shift 2
	run "$@"
	if [ $status != "$want" ]; then
		complain "status $status, expected $want: $*"
	elif [ "$(wc -l <"$err")" != 1 ]; then
		complain "$(wc -l <"$err") lines on stderr, expected 1: $*"
	elif ! grep -Eq -e "$pattern" "$err"; then
		complain "no match for '$pattern': $*"
	elif [ -s "$out" ]; then
		complain "something on stdout: $*"
	fi
}

check() {
	complaint=$1
	shift
	"$@" || complain "$complaint"
}

gone() {
	for _ in $(seq 50); do
		case $(ps -o stat= -p "$1") in '' | Z*) return 0 ;; esac
		sleep 0.1
	done
	return 1
}

finish() {
	[ $failures = 0 ] || echo "$failures failed" >&2
	[ $failures = 0 ]
	exit
}
