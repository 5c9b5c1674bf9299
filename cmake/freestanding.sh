#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# freestanding.sh OUTPUT OBJECT... - the core and all variants need no C library.
#
# Links the objects with each other and looks at what is left undefined. A kernel or firmware has to
# bring that: three memory functions, which compilers call by themselves, and the symbols that the
# flags of a kernel ask for (stack protector, thunks).
set -eu

output=$1
shift
ld -r -o "$output" "$@"
undefined=$(nm -u "$output" | sed 's/^ *[Uw] //')

status=0
for symbol in $undefined; do
	case $symbol in
	memmove | memset | memcpy) ;;
	__stack_chk_fail | __x86_return_thunk | __x86_indirect_thunk_* | _GLOBAL_OFFSET_TABLE_) ;;
	*)
		echo "freestanding: undefined symbol: '$symbol'; the core and variants may not use it"
		nm -A -u "$@" | grep -w "$symbol" | sed 's/^/    /'
		status=1
		;;
	esac
done
[ $status = 0 ] && echo "$# objects need only:" $undefined
exit $status
