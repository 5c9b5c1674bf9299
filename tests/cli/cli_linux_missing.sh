#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_linux_missing.sh - a machine without one of the kernel's packages, or both: what was not asked for is
# left out and that is said once, what was asked for is named. The packages are hidden from the program.
. "$(dirname "$0")/expect.sh"

[ "${MB_SANITIZED:-0}" = 0 ] || skip_all "sanitizers do not let stat() be replaced"
old=$source_dir/workloads/captured/x86_64-6.1-full-4G.trace.zst
new=$source_dir/workloads/captured/x86_64-6.12-cloud-4G-2node.trace.zst
for boot in "$old" "$new"; do
	if ! "$bench" replay --variants=linux --rounds=0 "$boot" >"$out" 2>"$err"; then
		[ -z "${CI:-}" ] || complain "in CI the kernel's source has to be there"
		[ -z "${CI:-}" ] || finish
		skip_all "$(head -1 "$err")"
	fi
done

cat >hide.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int is_hidden(const char *path)
{
	const char *hidden = getenv("HIDDEN"), *newest = getenv("HIDDEN_NEWEST");

	return !strncmp(path, hidden, strlen(hidden)) || !strncmp(path, newest, strlen(newest));
}

#define HIDE(name) /* struct NAME is its argument */                                         \
	int name(const char *path, struct name *st)                                          \
	{                                                                                    \
		int (*next)(const char *, struct name *) =                                   \
			(int (*)(const char *, struct name *))dlsym(RTLD_NEXT, #name);       \
		errno = ENOENT;                                                              \
		return is_hidden(path) ? -1 : next(path, st);                                \
	}
HIDE(stat)
HIDE(stat64) /* with 64 bits of file offsets */
C
compiler=$(sed -n 's/^cc = //p' "${MB_BUILD_DIR:?}/conformance.conf")
succeeds "$compiler" -shared -fPIC -o hide.so hide.c -ldl
without() { # VERSION ("": any) COMMAND...
	hidden=/usr/src/linux-source-$1${1:+.tar}
	shift
	newest=${XDG_CACHE_HOME:-${HOME:-}/.cache}/memblock-bench/sources/
	(LD_PRELOAD=$PWD/hide.so HIDDEN=$hidden HIDDEN_NEWEST=$newest &&
		export LD_PRELOAD HIDDEN HIDDEN_NEWEST && "$@")
}
measure() { # OPTION...: little, of a synthetic state and two boots
	"$bench" run --quick --regions=16 --operations=find_free,replay,replay_cold --counters=none \
		--processes=2 --workloads=random,x86_64-6.1-full-4G,x86_64-6.12-cloud-4G-2node "$@"
}
one_line() { # PATTERN
	check "status $status" test "$status" = 0
	check "not one line, or not '$1'" test "$(grep -c 'own code' "$err") $(grep -cE "$1" "$err")" = "1 1"
}

# By default the kernel's own code is left out where it cannot be had.
run without 6.1 measure --out=result.json
one_line 'own code beside it: x86_64-6.1-full-4G: .*apt install linux-source-6\.1 '
check "6.12 is not measured" grep -q 'replay/x86_64-6.12-cloud-4G-2node/linux:6\.12' result.json
check "states are not measured" grep -q 'find_free/random/linux:6\.12' result.json
check "6.1 is not measured without it" grep -q 'replay_cold/x86_64-6.1-full-4G/array' result.json
# Where 6.1 is the newest, states are its own.
run without 6.12 measure --out=result.json
one_line 'beside it: x86_64-6.12-cloud-4G-2node: .*apt install linux-source-6\.12 '
check "states are not those of 6.1" grep -q 'find_free/random/linux:6\.1-' result.json
check "6.1 is not the judge" grep -Eq '^linux is linux:6\.1-[0-9a-f]{8}$' "$out"
run without "" measure
one_line 'beside it: .*apt install linux-source-6\.12 linux-source-6\.1 '

# Without the newest: where an older one is in its place is said, by each command; it judges no boot of the newest.
lacking='no source of kernels newer than 6\.12; fetch it: .*newest\.py --fetch, .*--tree=DIR$'
kexec=x86_64-7.3-kexec-64M-huge-exact
# shellcheck disable=SC2086 # "": no option
brief() { # WORKLOAD OPERATION OPTION
	"$bench" run --quick --regions=16 --counters=none --processes=2 --out=result.json --workloads="$1" \
		--operations="$2" $3
}
run without none brief random reserve ""
check "run: status $status, no line" sh -c "[ $status = 0 ] && grep -Eq 'run: linux is not the newest .*$lacking' '$err'"
run without none brief $kexec replay ""
one_line "beside it: $kexec: variant linux: $lacking"
fails 3 "run: variant linux: $lacking" without none brief $kexec replay --variants=linux,array
fails 3 "$kexec.*: profile new; linux is linux:6\.12-[0-9a-f]{8}: $lacking" without none "$bench" replay \
	--variants=array,linux "$source_dir/workloads/captured/$kexec.trace.zst"
succeeds without none "$bench" replay --variants=array --rounds=0 "$source_dir/workloads/captured/$kexec.trace.zst"
for how in --operations=1000 "--exhaustive=1 --pages=1"; do
	# shellcheck disable=SC2086 # words
	run without none "$bench" verify --variants=array,linux $how
	check "verify: status $status, no line" \
		sh -c "[ $status = 0 ] && grep -Eq 'verify: linux is not the newest kernel: $lacking' '$err'"
done
fails 3 "verify: $lacking" without none "$bench" verify --variants=array,linux --profile=new --operations=1000

# What is asked for by name is needed.
fails 3 'no source of kernel 6\.1;.* linux-source-6\.1 ' without 6.1 measure --variants=linux,array
fails 3 'no source of kernel 6\.1;.* linux-source-6\.1 ' without 6.1 "$bench" replay --variants=linux "$old"
succeeds without 6.1 "$bench" replay --variants=linux --rounds=0 "$new"
fails 3 'no kernel source;.* linux-source-6\.1 ' without "" "$bench" replay --variants=linux "$old"

succeeds without 6.1 "$bench" list variants
check "6.1 is not absent" grep -q '^linux .*; absent: .*apt install linux-source-6\.1 ' "$out"
succeeds without 6.12 "$bench" list variants
check "6.12 is not absent" grep -q '^linux .*; absent: .*apt install linux-source-6\.12 ' "$out"
succeeds without "" "$bench" list variants
check "both are not absent" grep -q '^linux .*; absent: .* linux-source-6\.12 linux-source-6\.1 ' "$out"
succeeds "$bench" list variants
check "something is absent" sh -c "! grep '^linux .*absent' '$out'"

# What does not compile is one line as well, and no matter of usage.
mkdir -p broken/mm broken/include/linux broken/tools/include broken/tools/testing/memblock
echo '#error planted' >broken/mm/memblock.c
: >broken/include/linux/memblock.h
: >broken/tools/testing/memblock/internal.h
fails 3 'run: variant linux: cannot build mm/memblock.c of' measure --variants=linux:src=$PWD/broken,array
finish
