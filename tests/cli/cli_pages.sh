#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_pages.sh - the manual page as man shows it, and cmake/pages.sh, which writes it when the program is built.
. "$(dirname "$0")/expect.sh"

# ---- the page

succeeds "$bench" help --man
cp "$out" memblock-bench.1
if command -v man >/dev/null; then
	succeeds env MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -E UTF-8 -P cat -l memblock-bench.1
	for words in '^NAME$' '^ *memblock-bench  *- ' '^EXIT STATUS$' '^ENVIRONMENT$' '^FILES$' '^EXAMPLES$' \
		'^   replay$' '^ *--rounds=N$' 'no timing (0 to 100000' '^ *-o TRACE$'; do
		check "the manual has no '$words'" grep -qe "$words" "$out"
	done
	check "a line of more than 80 columns" sh -c "! grep -q '.\{81\}' '$out'"
fi
if command -v mandoc >/dev/null; then
	run mandoc -Tlint -W warning memblock-bench.1
	check "mandoc complains" sh -c "! grep -v 'missing date' '$out'"
fi

# ---- writing it

pages=$source_dir/cmake/pages.sh
succeeds "$pages" "a folder" "$bench"
check "another manual" cmp -s memblock-bench.1 "a folder/memblock-bench.1"
check "no completion" grep -q '^complete -F' "a folder/memblock-bench.bash"
succeeds "$pages" "a folder" env "$bench" # as with an emulator
check "no manual by an emulator" cmp -s memblock-bench.1 "a folder/memblock-bench.1"

# A program for another machine: it goes on without the pages, and none that are old stay.
printf 'not for this machine' >foreign
chmod +x foreign
for program in ./foreign ./missing false; do
	succeeds "$pages" "a folder" $program
	check "$program: not said" grep -q 'no a folder/memblock-bench.1: the program does not run here' "$out"
	check "$program: something stayed" test -z "$(ls -A "a folder")"
	"$pages" "a folder" "$bench"
done
finish
