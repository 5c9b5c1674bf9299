#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_kernel_h.sh - docs/kernel-h.md: its program is compiled with its commands, and each run prints
# what the page says.
. "$(dirname "$0")/expect.sh"

[ "${MB_SANITIZED:-0}" = 1 ] && skip_all "run in the plain build; this library needs a run-time library"
command -v cc >"$out" || skip_all "no cc; install the package gcc"
command -v c++ >"$out" || skip_all "no c++; install the package g++"
page=$source_dir/docs/kernel-h.md

# block LANGUAGE - the text of that fenced block of the page
block() {
	sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$page" | sed '1d;$d'
}

ln -s "$(cd "$source_dir" && pwd)/include" include
ln -s "${MB_BUILD_DIR:-$source_dir/build}" build
block c >program.c
block sh >commands
block text >expected
for part in program.c commands expected; do
	check "the page has no block for $part" test -s $part
done

runs=0
while read -r command; do
	run sh -c "$command"
	check "status $status: $command" test $status = 0
	case $command in
	cc*) check "the compiler says something: $command" test ! -s "$err" ;;
	*)
		check "another output: $command" cmp -s expected "$out"
		runs=$((runs + 1))
		;;
	esac
	case $command in
	*MEMBLOCK_DEBUG=1*) check "no debug lines: $command" grep -q 'memblock_reserve: ' "$err" ;;
	esac
done <commands
check "the page runs its program $runs times" test $runs -ge 3

# The lines for an installed library: what they name is put where it would be installed.
mkdir -p PREFIX/lib
ln -s ../include PREFIX/include
ln -s ../../build/libmemblock.a PREFIX/lib/libmemblock.a
cp program.c program.cc
block console >commands
check "the page has no commands for an installed library" test "$(grep -c '^c' commands)" = 2
while read -r command; do
	rm -f program
	succeeds sh -c "$command"
	succeeds ./program
	check "another output: $command" cmp -s expected "$out"
done <commands

finish
