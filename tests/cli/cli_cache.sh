#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_cache.sh - what is loaded from the cache is the user's own and whole: folders that others can write,
# planted objects and links, damaged objects and sources; HOME and XDG_CACHE_HOME that are no good.
. "$(dirname "$0")/expect.sh"

[ "${MB_SANITIZED:-0}" = 0 ] || skip_all "run in the plain build: what is tried are files, and test_object_cache is here"

boot=$source_dir/workloads/captured/x86_64-6.12-cloud-4G-2node.trace.zst

needs_linux "$boot"
copy_kernel_tree tree
compiler=$(sed -n 's/^cc = //p' "${MB_BUILD_DIR:?}/conformance.conf")
me=$(id -u)
other=
if [ "$me" = 0 ]; then other=nobody; fi
[ "$other" ] || echo "SKIPPED: what other users plant: needs root, to be another user" >&2

replay() { "$bench" replay --variants=linux:src="$PWD/tree" --check --rounds=0 "$boot"; }
at() { # FOLDER COMMAND...
	(XDG_CACHE_HOME=$1 && export XDG_CACHE_HOME && shift && "$@")
}
at_home() { # HOME COMMAND...: without XDG_CACHE_HOME
	(unset XDG_CACHE_HOME && HOME=$1 && export HOME && shift && "$@")
}
without() { # COMMAND...: either
	(unset XDG_CACHE_HOME HOME && "$@")
}
object() { # FOLDER: the object in that cache
	ls "$1"/memblock-bench/linux-*.so
}
is_whole() { # FILE: is its last line the digest of its name and the rest?
	test "$(tail -c 65 "$1")" = "$({ basename "$1" && head -c -65 "$1"; } | sha256sum | cut -c1-64)"
}

# ---- an object that runs somebody else's code

cat >planted.c <<'C'
#include <stdlib.h>
#include <unistd.h>
__attribute__((constructor)) static void loaded(void)
{
	if (write(STDERR_FILENO, "PLANTED\n", 8))
		_exit(99);
}
C
"$compiler" -shared -fPIC -o planted planted.c
succeeds at "$PWD/good" replay
name=$(basename "$(object good)")
check "an object is not whole" is_whole "good/memblock-bench/$name"
check "others can write it" test -z "$(find good -perm /022)"

# plant FILE [USER]: with its name and a digest that is right
plant() {
	cp planted "$1.plant"
	{ basename "$1" && cat planted; } | sha256sum | cut -c1-64 >>"$1.plant"
	[ -z "${2-}" ] || chown "$2" "$1.plant"
	mv -T "$1.plant" "$1"
}
cache() { # FOLDER: a new cache with that object
	rm -rf "$1"
	cp -rp good "$1"
}
seen() {
	check "$1: the planted object ran" test "$status" != 99 -a -z "$(grep PLANTED "$err")"
}
rebuilt() { # WHAT FOLDER
	check "$1: status $status" test "$status" = 0
	seen "$1"
	check "$1: not built again" is_whole "$2/memblock-bench/$name"
	check "$1: it can be written by others" \
		test "$(find "$2/memblock-bench/$name" -type f -uid "$me" ! -perm /022)"
}

# The trap works: in a folder of ours, as a file of ours, it is loaded. (Who can do that can do all else.)
cache own
plant "own/memblock-bench/$name"
run at "$PWD/own" replay
check "a planted object is not noticed by this test (status $status)" test "$status" = 99

# ---- folders that others can write, or own

newest() { "$python" -B "$source_dir/workloads/capture/newest.py" "$@"; }
refused() { # WHY FOLDER: to the program, and to what fetches and builds kernels
	fails 3 "no cache: '.*' $1; set XDG_CACHE_HOME" at "$2" replay
	seen "$2"
	fails 3 "newest: no cache: '.*' $1; set XDG_CACHE_HOME" at "$2" newest
}
cache shared
chmod 777 shared/memblock-bench
plant "shared/memblock-bench/$name"
refused "can be written by others" "$PWD/shared"
chmod 700 shared/memblock-bench
chmod 777 shared
refused "can be written by others" "$PWD/shared"
chmod 1777 shared
cache shared
chmod 1777 shared
succeeds at "$PWD/shared" replay
ln -s "$PWD/shared" link
chmod 777 shared
refused "can be written by others" "$PWD/link" # where the link leads to
chmod 700 shared
succeeds at "$PWD/link" replay

if [ "$other" ]; then
	cache theirs
	chown $other theirs
	refused "is neither yours nor root's" "$PWD/theirs"
	# root with the HOME of another, as sudo may leave it
	mkdir home
	cp -rp good home/.cache
	chown -R $other home
	fails 3 "is neither yours nor root's" at_home "$PWD/home" replay
	mkdir fresh-home
	chown $other fresh-home
	fails 3 "fresh-home' is neither yours nor root's" at_home "$PWD/fresh-home" replay
	fails 3 "fresh-home' is neither yours nor root's" at_home "$PWD/fresh-home" newest
	succeeds at_home "$PWD/fresh-home" "$bench" list variants
	check "a folder was made in another's home" test -z "$(ls -A fresh-home)"
	# The object of another in a folder of ours, and one that others can write
	cache planted-by
	plant "planted-by/memblock-bench/$name" $other
	run at "$PWD/planted-by" replay
	rebuilt "another's object" planted-by
	# As that user, in a place that all know
	scratch_open=$(mktemp -d "${TMPDIR:-/tmp}/memblock-open.XXXXXX")
	chmod 1777 "$scratch_open"
	setpriv --reuid=$other --clear-groups sh -c 'umask 0; mkdir "$1/memblock-bench"; cp "$2" "$1/memblock-bench/$3"' \
		- "$scratch_open" /dev/stdin "$name" <planted
	refused "is not yours" "$scratch_open"
	rm -rf "$scratch_open"
fi
cache writable
plant "writable/memblock-bench/$name"
chmod 666 "writable/memblock-bench/$name"
run at "$PWD/writable" replay
rebuilt "an object that others can write" writable

# ---- damaged objects, and what is none

damage() { # WHAT COMMAND...: with the object as $o
	what=$1
	cache damaged
	o=damaged/memblock-bench/$name
	eval "$2"
	run at "$PWD/damaged" replay
	rebuilt "$what" damaged
}
resealed() { # a whole file of that name
	{ echo "$name" && cat "$o"; } | sha256sum | cut -c1-64 >>"$o"
}
damage "an empty object" ': >"$o"'
damage "a truncated object" 'truncate -s 30000 "$o"'
damage "a changed byte" 'printf x | dd of="$o" bs=1 seek=20000 conv=notrunc 2>/dev/null'
damage "text with a digest" 'echo text >"$o"; resealed'
damage "another machine's" 'printf "\267\0" | dd of="$o" bs=1 seek=18 conv=notrunc 2>/dev/null; truncate -s -65 "$o"; resealed'
damage "a link" 'mv "$o" moved; ln -s ../../moved "$o"'
damage "a folder" 'rm "$o"; mkdir "$o"'
damage "a pipe" 'rm "$o"; mkfifo "$o"'

# ---- links where something is written, left by who could once write there

cache links
: >victim
rm "links/memblock-bench/lock" "links/memblock-bench/$name"
for file in lock failed.log; do
	ln -s "$PWD/victim" "links/memblock-bench/$file"
done
mkdir victims
: >victims/file
ln -s "$PWD/victims" links/memblock-bench/work-abcdef
ln -s "$PWD/victims" links/memblock-bench/source-0123456789ab.part
cp -r tree broken
echo '#error planted' >>broken/mm/memblock.c
fails 3 planted at "$PWD/links" "$bench" replay --variants=linux:src="$PWD/broken" "$boot"
succeeds at "$PWD/links" replay
check "something was written through a link" test ! -s victim -a -e victims/file
check "what the compiler said is not told" grep -q planted links/memblock-bench/failed.log

# ---- a source that is kept

cp -r tree linux-source-small
tar -czf linux-source-small.tar.gz linux-source-small
rm -r linux-source-small
packed() { "$bench" replay --variants=linux:src="$PWD/linux-source-small.tar.gz" --check --rounds=0 "$boot"; }
succeeds at "$PWD/sources" packed
kept=$(echo sources/memblock-bench/source-*)
cp "$kept/mm/memblock.c" memblock.c
for damage in 'echo "#error planted" >>"$kept/mm/memblock.c"' ': >"$kept/mm/memblock.c"' \
	': >"$kept/include/linux/memblock.h"' 'rm "$kept/Makefile"' ': >"$kept/complete"' \
	'mv "$kept" elsewhere; ln -s "$PWD/elsewhere" "$kept"; echo "#error planted" >>elsewhere/mm/memblock.c'; do
	eval "$damage"
	succeeds at "$PWD/sources" packed
	check "not as it was: $damage" cmp -s memblock.c "$kept/mm/memblock.c"
	check "another object: $damage" test "$(object sources | wc -l)" = 1
done
[ ! -e elsewhere ] || check "written through a link" grep -q planted elsewhere/mm/memblock.c

# ---- a source that was fetched: it is used if it is what was fetched, by its note

fetched=$PWD/fetched/memblock-bench/sources/linux-source-97.3_97.3.4-1
mkdir -p -m 700 fetched fetched/memblock-bench fetched/memblock-bench/sources "$fetched"
cp -r tree linux-source-97.3
sed -i 's/^VERSION = .*/VERSION = 97/; s/^PATCHLEVEL = .*/PATCHLEVEL = 3/' linux-source-97.3/Makefile
pack() { # what is packed matters, not how well: half a minute less
	XZ_OPT=-0 tar -cJf "$fetched/linux-source-97.3.tar.xz" linux-source-97.3
}
pack
noted() { sha256sum <"$fetched/linux-source-97.3.tar.xz" | cut -c1-64 >"$fetched/.linux-source-97.3.tar.xz.sha256"; }
of_release() { "$bench" replay --variants=linux:version=97.3 --check --rounds=0 "$boot"; }
for damage in ':' 'noted; printf x >>"$fetched/linux-source-97.3.tar.xz"' 'noted; chmod 666 "$fetched/linux-source-97.3.tar.xz"'; do
	eval "$damage"
	fails 3 "linux-source-97.3.tar.xz' is not what was fetched; fetch it again" at "$PWD/fetched" of_release
	fails 3 "linux-source-97.3.tar.xz' is not what was fetched; get it with --fetch" at "$PWD/fetched" newest --release=97.3
	check "an unpacked source is left: $damage" test -z "$(find fetched/memblock-bench -name 'source-*')"
done
pack
chmod 644 "$fetched/linux-source-97.3.tar.xz"
noted
succeeds at "$PWD/fetched" of_release
succeeds at "$PWD/fetched" newest --release=97.3

# ---- two at once, and a lock that was left

mkdir -m 700 both both/memblock-bench
: >both/memblock-bench/lock
for i in 1 2 3; do
	at "$PWD/both" replay >"both.$i" 2>&1 &
done
wait
check "three at once" test "$(cat both.[123] | grep -c ' 60/60 ')" = 3
check "more than one object" test "$(object both | wc -l)" = 1
check "something is left" test -z "$(find both/memblock-bench -name 'work-*')"

# A program that comes first on the path, its text from stdin, and what is run with it.
stub() {
	mkdir -p stubs
	{ echo '#!/bin/sh' && cat; } >"stubs/$1"
	chmod +x "stubs/$1"
}
stubbed() {
	(PATH=$PWD/stubs:$PATH && "$@")
}
flock=$(command -v flock)

# A lock that another holds, although it looks as no lock of ours should: it is waited for, not for ever, and that is
# said.
stub flock <<END2
[ "\$2" = 60 ] && exec $flock -w 0.1 "\$3"
exec $flock -w \$PATIENCE "\$3"
END2
lock=$PWD/both/memblock-bench/lock
rm both/memblock-bench/linux-*.so
chmod 666 "$lock"
"$flock" "$lock" sleep 60 &
holder=$!
until ! "$flock" -n "$lock" true; do sleep 0.1; done
PATIENCE=0.1 && export PATIENCE
run stubbed at "$PWD/both" replay
check "a lock that is held: status $status" test "$status" = 3
check "waiting is not said" grep -qx "memblock-bench: variant linux: waiting for '$lock', which another program holds" "$err"
check "nor that it is in vain" grep -q "another program holds '$lock'" "$err"
(sleep 1 && pkill -P $holder) &
PATIENCE=60
run stubbed at "$PWD/both" replay
wait
check "a lock that was held: status $status" test "$status" = 0
check "waiting is said $(grep -c waiting "$err") times" test "$(grep -c waiting "$err")" = 1
check "others can write the lock" test -z "$(find "$lock" -perm /022)"

# One that is removed while it is waited for is none.
stub flock <<END2
$flock "\$@" || exit
[ -e "$PWD/removed" ] || rm "$lock"
: >"$PWD/removed"
END2
rm both/memblock-bench/linux-*.so
succeeds stubbed at "$PWD/both" replay
check "a lock that is gone is held" test -e removed -a -e "$lock"

# ---- a tree that is edited while it waits, or builds: never another's object under its name

cp -r tree race
race() { "$bench" replay --variants=linux:src="$PWD/race" --check --rounds=0 "$boot"; }
for file in mm/memblock.c tools/include/linux/kernel.h; do
	stub flock <<END2
echo '/* edited */' >>"$PWD/race/$file"
exec $flock "\$@"
END2
	fails 3 "race' was changed while it was built; try again" stubbed at "$PWD/race-cache" race
	check "an object of the edited $file" test -z "$(find race-cache/memblock-bench -name '*.so')"
done
rm -r stubs
succeeds at "$PWD/race-cache" race

# ---- what is not used for a month goes, what is used stays

month='31 days ago'
cache month
touch -d "$month" "month/memblock-bench/$name"
succeeds at "$PWD/month" replay
for file in linux-6.1.1-0-0.so linux-6.1.1-0-0.o; do
	touch -d "$month" "month/memblock-bench/$file"
done
mkdir month/memblock-bench/source-0123456789ab month/memblock-bench/source-0123456789ac month/memblock-bench/sources
touch -d "$month" month/memblock-bench/source-0123456789ab month/memblock-bench/sources
succeeds at "$PWD/month" race
check "not what is used: $(ls month/memblock-bench)" test "$(cd month/memblock-bench && echo linux-*.so | wc -w) $(cd \
	month/memblock-bench && echo source* linux-*.o) $(ls "month/memblock-bench/$name")" = \
	"2 source-0123456789ac sources linux-*.o month/memblock-bench/$name"

# ---- places

fails 3 'neither XDG_CACHE_HOME nor HOME is an absolute path' without replay
for home in '' relative; do
	fails 3 'no cache: neither .* set XDG_CACHE_HOME' at_home "$home" replay
done
fails 3 "no cache '.*nowhere/.cache.*': No such" at_home "$PWD/nowhere" replay
: >file
fails 3 "no cache '.*': Not a directory" at "$PWD/file" replay
fails 3 'XDG_CACHE_HOME is too long' at "/$(printf '%04096d' 0)" replay
for place in "$PWD/nowhere-to-write" /proc; do # root may write wherever there is a folder
	mkdir -p -m 700 "$PWD/nowhere-to-write/memblock-bench"
	: >"$PWD/nowhere-to-write/memblock-bench/sources"
	fails 3 "newest: (no|cannot write to the) cache '.*': .*; set XDG_CACHE_HOME" at "$place" newest --tree=tree
done
mkdir new-home
relative() { (XDG_CACHE_HOME=relative && HOME=$PWD/new-home && export XDG_CACHE_HOME HOME && replay); }
succeeds relative
check "nothing in HOME" test -d new-home/.cache/memblock-bench
check "a relative folder was made" test ! -e relative
odd="$PWD/a \"b\" 'c' \\n \\ \$d
e"
succeeds at "$odd" replay
chmod 777 "$odd"
fails 3 'no cache: .*\?e. can be written by others' at "$odd" replay
mkdir -p decoy/variants decoy/adapter
CDPATH=$PWD/decoy:$source_dir && export CDPATH
succeeds at "$PWD/cdpath" replay
(cd "$source_dir" && CDPATH=$scratch/work/decoy && export CDPATH &&
	sh variants/linux/build.sh "$scratch/work/tree" include src/core "$scratch/work/cdpath/memblock-bench" \
		"$compiler" -O2 -DCONFIG_PHYS_ADDR_T_64BIT -DMBL_CACHE_LINE=64 -DMBL_PAGE_SHIFT=12 \
		-DINIT_MEMBLOCK_MEMORY_REGIONS=128 -DINIT_MEMBLOCK_RESERVED_REGIONS=128) >"$out" 2>"$err"
check "CDPATH, by hand" grep -qx 'linux-[0-9.]*-[0-9a-f-]*\.so' "$out"
unset CDPATH

# By default a run goes on without what it may not load.
chmod 777 shared
run at "$PWD/shared" "$bench" run --quick --operations=find_free --workloads=random --regions=16 --counters=none \
	--processes=1
check "a run ends (status $status)" test "$status" = 0
check "not one line" test "$(grep -c "own code beside it: .* can be written by others" "$err")" = 1
finish
