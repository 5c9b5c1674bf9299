#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# pages.sh DIR PROGRAM... - write what the program prints about itself: the manual page, DIR/memblock-bench.1, and
# the completion for bash, DIR/memblock-bench.bash.
#
# PROGRAM may be several words, an emulator and what it runs. Where it does not run, it was built for another
# machine: there are no pages then, which is said, and the build goes on.
set -u

dir=$1
shift
mkdir -p "$dir" || exit 1
rm -f "$dir/memblock-bench.1" "$dir/memblock-bench.bash"

for page in 1:--man bash:--bash; do
	file=$dir/memblock-bench.${page%%:*}
	if "$@" help "${page#*:}" >"$file.new" 2>/dev/null; then
		mv "$file.new" "$file"
	else
		rm -f "$file.new"
		echo "pages.sh: no $file: the program does not run here"
	fi
done
