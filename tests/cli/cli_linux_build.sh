#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_linux_build.sh - building the kernel's file where something goes wrong on the way: odd names, a
# full disk, what others left, tools that are not there. Never another object, never a broken one kept,
# and always a line that says why.
. "$(dirname "$0")/expect.sh"

boot=$source_dir/workloads/captured/x86_64-6.12-cloud-4G-2node.trace.zst

needs_linux "$boot"

# The package again, as a tree and as a small package.
copy_kernel_tree plain
cp -r plain linux-source-small
tar -czf linux-source-small.tar.gz linux-source-small
rm -r linux-source-small

replay() { # SOURCE [:PARAMETER...]: on the boot, in the cache of XDG_CACHE_HOME
	"$bench" replay --variants=linux:src="$1",array --check --metadata=host --rounds=0 "$boot"
}
objects() { # how many there are
	find "$XDG_CACHE_HOME/memblock-bench" -name 'linux-*.so' | grep -c .
}
leaves_nothing() {
	check "$1: something is left behind" \
		test -z "$(find "$XDG_CACHE_HOME/memblock-bench" -mindepth 1 ! -name lock ! -name failed.log)"
}
stub() { # NAME: a program on the path of `stubbed`, its text from stdin
	mkdir -p stubs
	{ echo '#!/bin/sh' && cat; } >"stubs/$1"
	chmod +x "stubs/$1"
}
stubbed() {
	(PATH=$PWD/stubs:$PATH && "$@")
}
new_cache() {
	XDG_CACHE_HOME=$PWD/$1
	export XDG_CACHE_HOME
}

# ---- names

new_cache "a cache's \"folder\" & more"
odd="$PWD/quo\"te's & a blank"
mkdir "$odd"
cp -r plain "$odd/tree"
succeeds replay "$odd/tree"
succeeds replay "$odd/tree:init=8"
check "one object for two configurations" test "$(objects)" = 2
echo '/* another */' >>"$odd/tree/tools/include/linux/kernel.h"
succeeds replay "$odd/tree"
check "one object for two headers" test "$(objects)" = 3
cp linux-source-small.tar.gz "$odd"
succeeds replay "$odd/linux-source-small.tar.gz"

# What is not read is not left out of the digest.
new_cache unreadable
ln -s nowhere "$odd/tree/tools/include/linux/gone.h"
fails 3 'cannot read the headers of .*a blank/tree.: tools/include/linux/gone.h is a link to nowhere, ' replay "$odd/tree"
rm -r "$odd"

# Remarks on the way are not the object's name.
new_cache remarks
stub flock <<END2
for i in \$(seq 300); do echo "flock: remark \$i of many, and each of them is a long line" >&2; done
exec $(command -v flock) "\$@"
END2
succeeds stubbed replay "$PWD/plain"
rm stubs/flock

# Ctrl-C while an object is built: the ordinary end.
new_cache interrupted
stub flock <<'END2'
read -r _ _ _ verify _ <"/proc/$PPID/stat"
kill -TERM "$verify" "$PPID"
END2
succeeds stubbed "$bench" verify --variants=array,linux:src="$PWD/plain" --operations=1000
rm stubs/flock

# ---- a package that is not unpacked whole

for reason in 'tar: x: Cannot write: No space left on device' ''; do
	new_cache "full${reason:+-said}"
	stub tar <<END2
$(command -v tar) "\$@"
${reason:+echo "$reason" >&2}
exit 2
END2
	fails 3 "cannot unpack .*small.tar.gz': ${reason:-tar ended with status 2}" \
		stubbed replay "$PWD/linux-source-small.tar.gz"
	leaves_nothing "a full disk"
	succeeds replay "$PWD/linux-source-small.tar.gz"
done
rm stubs/tar

new_cache truncated
mkdir cut
head -c "$(($(wc -c <linux-source-small.tar.gz) / 2))" linux-source-small.tar.gz >cut/linux-source-small.tar.gz
fails 3 "cannot unpack .*cut/.*': .*[Uu]nexpected" replay "$PWD/cut/linux-source-small.tar.gz"
leaves_nothing "a package that is cut off"
mkdir other
echo text >other/file
tar -czf other.tar.gz other
fails 3 "no mm/memblock.c, .* in .*other.tar.gz': no kernel source" replay "$PWD/other.tar.gz"
leaves_nothing "another archive"

# What was killed is cleaned up by the next.
new_cache killed
mkdir -p killed/memblock-bench/work-abcdef/linux killed/memblock-bench/source-0123456789ab.part/mm
fails 3 "no mm/memblock.c" replay "$PWD/other.tar.gz"
leaves_nothing "one that was killed"

# ---- what does not compile

new_cache broken
cp -r plain broken-tree
: >broken-tree/mm/memblock.c
fails 3 "cannot build mm/memblock.c of .*broken-tree': .*error" replay "$PWD/broken-tree"
{ cat plain/mm/memblock.c && echo '#error planted'; } >broken-tree/mm/memblock.c
fails 3 "broken-tree': $PWD/broken-tree/mm/memblock.c:[0-9]*:2: error: .*planted" replay "$PWD/broken-tree"
check "a folder that is gone is named" \
	test -z "$(cat "$err" broken/memblock-bench/failed.log | grep work-)"
leaves_nothing "what does not compile"
compiler=$(sed -n 's/^cc = //p' "${MB_BUILD_DIR:?}/conformance.conf")
new_cache silent
stub silent-cc <<END2
case \$* in -v) exec "$compiler" -v ;; esac
exit 7
END2
mkdir silent
run sh "$source_dir/variants/linux/build.sh" plain "$source_dir/include" "$source_dir/src/core" silent \
	"$PWD/stubs/silent-cc" -O2
check "a compiler without a word" grep -q 'the compiler ended with status 7' "$err"

# ---- tools

mkdir few
for tool in sh "$compiler" dirname; do
	ln -s "$(command -v "$tool")" few/
done
(PATH=$PWD/few && export PATH && "$bench" replay --variants=linux "$boot") >"$out" 2>"$err"
check "what is missing is not named" grep -q "no program '[a-z]*'; install coreutils" "$err"
check "more than a line" test "$(wc -l <"$err")" = 1
finish
