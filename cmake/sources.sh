#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sources.sh SOURCE HEADER FLAGS - write a digest of the program's sources in SOURCE and of FLAGS to HEADER.
#
# It is part of a block's identity (bench/run/block.h): what else is built from them measures the same, so
# documents, tests and the place of the tree are no part of it. Runs at every build, as commit.sh does.
set -eu

source=$1
header=$2
flags=$3

# A pipe's status is that of its last part: so what may fail is an assignment. The name is part of it, too.
files=$(cd "$source" && find include src variants bench cmake/kflags.* -type f \
	\( -name '*.[ch]' -o -name '*.cc' -o -name '*.def' -o -name '*.sh' -o -name 'kflags.*' \) -exec sha256sum {} +)
digest=$(printf '%s\n' "$files" "$flags" | LC_ALL=C sort | sha256sum | cut -d' ' -f1)
text="/* Written by cmake/sources.sh. */
#define MB_SOURCES_DIGEST \"$digest\""

if [ ! -e "$header" ] || [ "$(cat "$header")" != "$text" ]; then
	echo "$text" >"$header.$$"
	mv "$header.$$" "$header"
fi
