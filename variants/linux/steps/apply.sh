#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# apply.sh - steps in a file of a kernel tree.
#
#   apply.sh [--lab] STEP+STEP... PATH FILE  prints FILE, which is called PATH in its tree (mm/memblock.c), with these steps and
#                                            those that they need; status 3 with a line on stderr: it looks otherwise than they
#                                            expect. --lab: with what patches have not
#   apply.sh STEP+STEP...                    prints the names of these steps and those that they need, in order
set -euf
export LC_ALL=C
steps=$(cd "$(dirname "$0")" && pwd)

lab=0
[ "$1" != --lab ] || { lab=1 && shift; }
known=$(sed -n 's/^MB_STEP(\([a-z]*\),.*/\1/p' "$steps/steps.def")
wanted=" $(printf '%s' "$1" | tr + ' ') "
for name in $wanted; do
	printf '%s\n' "$known" | grep -qx -- "$name" || {
		echo "unknown step '$name'; known are $(printf '%s\n' "$known" | paste -sd, | sed 's/,/, /g')" >&2
		exit 2
	}
done
# What a step needs stands before it: one pass from the last to the first finds all.
order=
for name in $(printf '%s\n' "$known" | sed '1!G; h; $!d'); do
	case $wanted in
	*" $name "*)
		order="$name $order"
		wanted="$wanted$(sed -n 's/^needs //p' "$steps/$name.step") "
		;;
	esac
done
if [ $# = 1 ]; then
	printf '%s\n' "$order" | tr ' ' '\n' | grep .
	exit
fi
path=$2 file=$3
set --
for name in $order; do
	set -- "$@" "$steps/$name.step"
	[ -r "$steps/$name.step" ] || { echo "no '$steps/$name.step'" >&2 && exit 3; }
done
[ -r "$file" ] || { echo "cannot read '$file'" >&2 && exit 3; }
awk -v file="$path" -v lab="$lab" -f "$steps/apply.awk" "$@" "$file" || exit 3
