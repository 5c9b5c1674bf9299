#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# series.sh BENCH TREE [STEP...] - a series of `memblock-bench patch` in a whole kernel tree (make series LINUX=TREE).
#
# All steps that the tree has the files of, or those named, are applied with git am to a copy of TREE (links to its files). After
# each patch what it changes is built by gcc and by clang with W=1, and the kernel's own suite of memblock is built and run. Looked
# at by scripts/checkpatch.pl. A line for each; status 1 if anything warns or fails. Needs what building a kernel does;
# CLANG=clang-19 (a package of Debian 12) where the tree wants a newer one.
set -eu
here=$(cd "$(dirname "$0")" && pwd) # include/ has what the suite wants of liburcu
bench=$1 tree=$(cd "$2" && pwd)
shift 2
[ -e "$tree/scripts/checkpatch.pl" ] || { echo "series.sh: '$tree' is no whole kernel tree" >&2 && exit 2; }
work=$(mktemp -d "$(dirname "$tree")/series.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
clang=${CLANG:-clang}
steps=$*
[ "$steps" ] || steps=$("$bench" list steps | sed 's/ .*//')
# shellcheck disable=SC2086 # names
[ -e "$tree/kernel/liveupdate/kexec_handover.c" ] || steps=$(printf '%s\n' $steps | grep -vx noinit)

who='-c user.name=A_Developer -c user.email=developer@example.org'
# shellcheck disable=SC2086 # options, names
{
	cp -al "$tree" "$work/tree"
	cd "$work/tree"
	rm -rf .git
	git init --quiet
	git add -f mm/memblock.c tools/testing/memblock/tests
	[ ! -e kernel/liveupdate/kexec_handover.c ] || git add -f kernel/liveupdate/kexec_handover.c
	git $who commit --quiet -m "as it is"
	GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0="A Developer" GIT_CONFIG_KEY_1=user.email \
		GIT_CONFIG_VALUE_1=developer@example.org "$bench" patch $steps --workloads=none --linux="$work/tree" \
		-o "$work/patches" >"$work/said" || { cat "$work/said" && exit 1; }
}
for compiler in gcc "$clang"; do
	mkdir "$work/$compiler"
	log=$work/$compiler.log
	{
		make O="$work/$compiler" CC="$compiler" defconfig
		scripts/config --file "$work/$compiler/.config" -e KEXEC_FILE -e KEXEC_HANDOVER -e NUMA -d DEBUG_INFO_BTF
		make O="$work/$compiler" CC="$compiler" olddefconfig
		make O="$work/$compiler" CC="$compiler" -j"$(nproc)" prepare modules_prepare
	} >"$log" 2>&1 || { tail -5 "$log" >&2 && exit 1; }
done

failed=0
for patch in "$work"/patches/000[1-9]*.patch; do
	# shellcheck disable=SC2086
	git $who am --quiet "$patch"
	name=$(basename "$patch" .patch)
	objects=$(git diff --name-only HEAD~ -- mm kernel | sed 's/\.c$/.o/')
	for compiler in gcc "$clang"; do
		# shellcheck disable=SC2086
		if make O="$work/$compiler" CC="$compiler" W=1 $objects >"$work/log" 2>&1 && ! grep -q 'warning:' "$work/log"; then
			echo "$name: $compiler W=1: no warning"
		else
			failed=1
			echo "$name: $compiler W=1:"
			grep -E 'warning|error' "$work/log" | head -5
		fi
	done
	if CFLAGS="-I$here/include -w" make -C tools/testing/memblock main NUMA=1 >"$work/log" 2>&1 &&
		ASAN_OPTIONS=detect_leaks=0 tools/testing/memblock/main -v >"$work/log" 2>&1; then
		echo "$name: the suite passes, $(grep -c '^ok ' "$work/log") checks"
	else
		failed=1
		echo "$name: the suite fails:"
		tail -3 "$work/log"
	fi
done
grep -v '\.patch$' "$work/said" || true
exit $failed
