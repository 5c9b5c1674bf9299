#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# commit.sh SOURCE HEADER - write the commit of SOURCE, and whether it was modified, to HEADER.
#
# Runs at every build; HEADER changes only when its content does, so nothing is recompiled in vain.
set -eu

source=$1
header=$2

commit=unknown
dirty=0
if [ -e "$source/.git" ] && head=$(git -C "$source" rev-parse HEAD 2>/dev/null); then
	commit=$head
	[ -z "$(git -C "$source" --no-optional-locks status --porcelain)" ] || dirty=1
fi

text="/* Written by cmake/commit.sh. */
#define MB_COMMIT \"$commit\"
#define MB_COMMIT_DIRTY $dirty"

if [ ! -e "$header" ] || [ "$(cat "$header")" != "$text" ]; then
	echo "$text" >"$header.$$"
	mv "$header.$$" "$header"
fi
