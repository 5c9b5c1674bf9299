#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_conformance.sh - the conformance run where something is missing, and a wrong environment of a
# program that uses kernel.h. The run itself is the test `conformance`.
. "$(dirname "$0")/expect.sh"

build=${MB_BUILD_DIR:?"not set; give it the build folder"}
conformance() {
	"$python" "$source_dir/tests/conformance/conformance.py" "$@"
}
run_in_ci() {
	CI=1 conformance "$@"
}
run_by_hand() {
	(
		unset CI
		conformance "$@"
	)
}
mkdir empty

fails 3 "linux-source-6.12.*apt-get install linux-source-6.12" \
	run_by_hand "$build" --sources=empty
fails 77 "linux-source-6.12.*apt-get install" run_by_hand "$build" --sources=empty --test
fails 3 "linux-source-6.12.*apt-get install" run_in_ci "$build" --sources=empty --test
fails 2 "conformance.conf.*missing.*make" run_by_hand empty
for variant in bogus linux null array,bogus:init=8 ''; do
	fails 2 "'${variant#array,}' is no store; choose of array, " \
		run_by_hand "$build" --sources=empty "--variants=$variant"
done
fails 3 linux-source-6.12 run_by_hand "$build" --sources=empty --variants=list,array:search=binary

# ---- the environment of kernel.h, read before main(): a line, and the program ends

cat >program.c <<'END'
#include <stdio.h>
#define CONFIG_NUMA
#define CONFIG_NODES_SHIFT 4
#include <memblock/kernel.h>
#include <memblock/variant.h>

int main(void)
{
	memblock_add(0x1000, 0x1000);
	memblock_remove(0x1000, 0x1000);
	printf("%s %lu\n", memblock_instance()->ops->name, memblock.memory.cnt);
	return 0;
}
END
conf=$build/conformance.conf
cc=$(sed -n 's/^cc = //p' "$conf")
libraries=$(sed -n 's/^libraries = //p' "$conf")
sanitize=
[ "${MB_SANITIZED:-0}" = 0 ] || sanitize=-fsanitize=address,undefined
IFS=';' # between libraries
# shellcheck disable=SC2086 # one word per library is wanted
succeeds "$cc" -std=gnu17 -I "$source_dir/include" $sanitize -o program program.c $libraries -lm
unset IFS

succeeds ./program
check "array, 6.12 by default" grep -qx 'array 0' "$out"
succeeds env MEMBLOCK_VARIANT=rbtree MEMBLOCK_PROFILE=6.1 ./program
check "variant and profile" grep -qx 'rbtree 1' "$out"
fails_at_once() {
	run env "$2" ./program
	check "$2 ends the program" [ $status -gt 127 ]
	check "$2: $1" grep -q "$1" "$err"
}
fails_at_once "unknown variant: 'btree'" MEMBLOCK_VARIANT=btree
fails_at_once "profile: '2.4'; use 6.1" MEMBLOCK_PROFILE=2.4
fails_at_once "'shelf'; use self or host" MEMBLOCK_METADATA=shelf
succeeds env MEMBLOCK_METADATA=host ./program
run env MEMBLOCK_DEBUG=1 ./program
check "debug lines" grep -q '^memblock_add: \[0x0000000000001000-0x0000000000001fff\]' "$err"

finish
