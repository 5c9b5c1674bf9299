#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build.sh - mm/memblock.c of a kernel tree as a shared object; prints its name in the cache.
#
#   build.sh [--again | --] SOURCE INCLUDE RUNTIME CACHE CC "CFLAGS" DEFINE...
#
# Should it have to wait for another, a line before that says so, "linux: waiting for ...".
#
#   --again  although it is there: it cannot be loaded
#   SOURCE   a kernel tree, or a tarball of one (Debian's linux-source package)
#   INCLUDE  where <memblock/variant.h> is
#   RUNTIME  where kmem.c and kthunk.c are
#   CACHE    folder for extracted sources and built objects, which nobody but the user can write: who calls
#            this has looked (src/host/object_cache.c, workloads/capture/cache.py)
#   CC       compiler, and the flag set
#   DEFINE   -D options: the configuration; -DMBL_WITH=STEP+STEP: with steps of ours (steps/apply.sh)
#
# With MBL_FORM=relocatable in the environment it is one for linking instead, of the same code: what
# counts instructions needs a program whose addresses are known (workloads/capture/predict.py). With
# MBL_COVERAGE=DIR its branches are counted in DIR (tests/coverage/coverage.py).
#
# The object's name holds a digest of everything that it is made from, so nothing is ever built twice
# or out of date. Its last line is a digest of that name and itself: who loads it looks whether it is whole.
# What is in an extracted source is written down there as well, and looked at each time. Errors: the last line on stderr, status 3 when something is missing, 1 otherwise; 130
# when it was interrupted.
set -eu
export LC_ALL=C # messages are looked at below
unset CDPATH TAR_OPTIONS
umask 077

die() {
	status=$1
	shift
	text=$*
	case $text in # names may have newlines
	*'
'*) text=$(printf '%s\n' "$text" | one_line) ;;
	esac
	printf 'linux: %s\n' "$text" >&2
	exit "$status"
}
one_line() {
	sed ':more; $!{ N; b more; }; s/\n/?/g'
}

for tool in awk basename cat cp cut dirname find flock grep head ln mkdir mktemp mv paste rm sed sha256sum \
	sort stat sync tail tar touch; do
	command -v $tool >/dev/null ||
		die 3 "no program '$tool'; install coreutils, findutils, grep, mawk, sed, tar, util-linux"
done
again=
case $1 in
--again) again=1 && shift ;;
--) shift ;;
esac
adapter=$(cd "$(dirname "$0")" && pwd)
source=$1 include=$(cd "$2" && pwd) runtime=$(cd "$3" && pwd) cache=$4 cc=$5 cflags=$6
shift 6
coverage=${MBL_COVERAGE:-}
counted=${coverage:+-Og -fno-inline --coverage -DMBL_COVERAGE}
command -v "$cc" >/dev/null || die 3 "no compiler '$cc'; install gcc"

# From here on something is written. One at a time: others find what the first one made. What lies about
# under the lock was left by one that was killed. A lock that was removed while we waited is none.
start_writing() {
	[ -w "$cache" ] || die 3 "cannot write to the cache '$cache'; set XDG_CACHE_HOME"
	locked=none
	while [ "$locked" != "$(stat -c %d:%i "$cache/lock" 2>/dev/null)" ]; do
		if [ -e "$cache/lock" ] || [ -L "$cache/lock" ]; then
			is_ours "$cache/lock" f || mend_lock || die 3 "cannot lock '$cache'"
		fi
		exec 9>>"$cache/lock"
		flock -w 60 9 || wait_longer $?
		locked=$(stat -L -c %d:%i /proc/self/fd/9)
	done
	trap clean EXIT
	trap 'exit 130' INT TERM HUP
	clean
	remove_unused
}
wait_longer() {
	[ "$1" = 1 ] || die 3 "cannot lock '$cache/lock'"
	echo "linux: waiting for '$cache/lock', which another program holds" | one_line
	flock -w 600 9 || die 3 "another program holds '$cache/lock'; is one stopped or does it hang?"
}
# mend_lock - one that is no file of ours is from before the folder was, and nobody holds it. A file of ours may be
# held, and stays. One at a time, and looked at again then: it may be another's, made meanwhile.
# shellcheck disable=SC3067
mend_lock() (
	exec 8<"$cache"
	flock -w 600 8 || exit 1
	if [ -f "$cache/lock" ] && [ ! -L "$cache/lock" ] && [ -O "$cache/lock" ]; then
		chmod go-w "$cache/lock"
	else
		rm -rf "$cache/lock"
	fi
)
# What is used is touched: the rest goes after a month.
remove_unused() (
	cd "$cache" || exit
	find . -mindepth 1 -maxdepth 1 \( -name 'linux-*.so' -o -name 'linux-*.o' -o -name 'source-*' \) \
		-mtime +29 -exec rm -rf {} + 2>/dev/null || true
)
is_used() {
	touch -c "$@" 2>/dev/null || true
}
clean() {
	rm -rf "$cache"/work-* "$cache"/source-*.part
}
# is_ours PATH TYPE - a file (f) or folder (d), no link, and nobody else can write it
# shellcheck disable=SC3067 # dash, bash and busybox know -O
is_ours() {
	[ -O "$1" ] && [ "$(find "$1" -prune -type "$2" ! -perm /022 2>/dev/null)" ]
}

# ---- the tree ------------------------------------------------------------------------------------

# Whose barriers the tools' headers include, by the processor that they are compiled for.
arches='x86 arm arm64 loongarch mips powerpc riscv s390'
needed='mm/memblock.c include/linux/memblock.h tools/include tools/testing/memblock/internal.h'

# lacks DIR - all that is needed and not there
lacks() {
	for file in $needed; do
		[ -e "$1/$file" ] || echo "$file"
	done | paste -sd, | sed 's/,/, /g'
}

# read_tree - what is used of it: version (7.4.0~rc3 of a release candidate), core, headers, sizes, and a digest of
# them, contents. 1: not readable; unread says what, and why that a link leads nowhere.
# A pipe's status is that of its last part, and a stream that broke off has a digest as well: so each part
# is an assignment, which fails when something cannot be read.
read_tree() {
	version=$(sed -n 's/^VERSION = //p; s/^PATCHLEVEL = //p; s/^SUBLEVEL = //p' "$tree/Makefile" 2>/dev/null |
		paste -sd.)
	: "${version:=unknown}"
	version=$version$(sed -n 's/^EXTRAVERSION *= *-\(rc[0-9]*\).*/~\1/p' "$tree/Makefile" 2>/dev/null | head -1)
	why=
	unread='mm/memblock.c or its header'
	core=$(cat "$tree/mm/memblock.c" "$tree/include/linux/memblock.h" && echo .) || return 1
	unread='the headers'
	set --
	for arch in $arches; do
		[ ! -d "$tree/tools/arch/$arch/include/asm" ] || set -- "$@" "tools/arch/$arch/include/asm/"
	done
	headers=$(cd "$tree" && find tools/include/ tools/testing/memblock/ "$@" -name '*.h' ! -type d \
		-exec sha256sum {} +) || {
		why=$(cd "$tree" && find tools/include/ tools/testing/memblock/ "$@" -name '*.h' -xtype l \
			-printf ': %p is a link to %l, which is not there\n' | one_line)
		return 1
	}
	headers=$(printf '%s\n' "$headers" | sort)
	sizes=$(cat "$tree/lib/cmdline.c" 2>/dev/null || true)
	contents=$(printf '%s\n' "$version" "$core" "$headers" "$sizes" | sha256sum)
}

# is_unpacked - and still what it was then
is_unpacked() {
	is_ours "$tree" d && [ -f "$tree/complete" ] && read -r unpacked <"$tree/complete" &&
		read_tree 2>/dev/null && [ "$unpacked" = "$contents" ]
}

# is_as_fetched - a tarball that was put into the cache, by the digest that was noted beside it
is_as_fetched() {
	noted=$(dirname "$source")/.$(basename "$source").sha256
	is_ours "$source" f && is_ours "$noted" f && [ "$(cut -c1-64 "$noted")" = "$(sha256sum <"$source" | cut -c1-64)" ]
}

# unpack - what is wanted of the package; a tree may lack some of it, but nothing else may go wrong
unpack() {
	case $source in
	"$cache"/sources/*)
		is_as_fetched || die 3 "'$source' is not what was fetched; fetch it again: workloads/capture/newest.py --fetch"
		;;
	esac
	case $source in
	*.xz) command -v xz >/dev/null || die 3 "no xz for '$source'; install xz-utils" ;;
	esac
	place=$tree
	tree=$place.part
	mkdir "$tree"
	root=$(basename "$source" | sed 's/\.tar.*//')
	ended=0
	set --
	for arch in $arches; do
		set -- "$@" "$root/tools/arch/$arch/include/asm"
	done
	log=$(tar --warning=none --force-local --no-same-owner --no-same-permissions -xf "$source" -C "$tree" \
		--strip-components=1 "$root/Makefile" "$root/mm/memblock.c" "$root/include/linux" \
		"$root/include/asm-generic" "$root/tools/include" \
		"$@" "$root/tools/testing/memblock" \
		"$root/tools/testing/shared" "$root/tools/testing/selftests/kselftest.h" \
		"$root/tools/lib/slab.c" "$root/tools/lib/cmdline.c" \
		"$root/lib/cmdline.c" 2>&1) || ended=$?
	wrong=$(printf '%s\n' "$log" | grep -v -e ': Not found in archive$' \
		-e ': Exiting with failure status' -e '^$' | head -1)
	lacks_some=$(printf '%s\n' "$log" | grep -c ': Not found in archive$' || true)
	if [ $ended != 0 ] && { [ "$wrong" ] || [ "$lacks_some" = 0 ]; }; then
		die 1 "cannot unpack '$source': ${wrong:-tar ended with status $ended}"
	fi
	missing=$(lacks "$tree")
	[ -z "$missing" ] || die 1 "no $missing in '$source': no kernel source"
	read_tree || die 1 "cannot read $unread of '$source'$why"
	printf '%s\n' "$contents" >"$tree/complete" || die 3 "cannot write to the cache '$cache'; set XDG_CACHE_HOME"
	rm -rf "$place"
	mv -T "$tree" "$place"
	tree=$place
}

if [ -f "$source" ]; then
	about=$(stat -c "%n %s %Y $arches" "$source")
	tree=$cache/source-$(printf '%s\n' "$about" | sha256sum | cut -c1-12)
	if ! is_unpacked; then
		start_writing
		is_unpacked || unpack
	fi
	is_used "$tree"
elif [ -d "$source" ]; then
	tree=$(cd "$source" && pwd)
	missing=$(lacks "$tree")
	[ -z "$missing" ] || die 1 "no $missing in '$source': a kernel tree from 6.1 on is needed"
	read_tree || die 1 "cannot read $unread of '$source'$why"
else
	die 3 "no kernel source '$source'; install the package linux-source-6.12"
fi

# With steps of ours in it.
with=$(printf '%s\n' "$@" | sed -n 's/^-DMBL_WITH=//p')
edited=
edit() {
	sh "$adapter/steps/apply.sh" --lab "$with" mm/memblock.c "$tree/mm/memblock.c"
}
[ -z "$with" ] || edited=$(edit 2>/dev/null && echo .) || die 3 "'$source': $(edit 2>&1 >/dev/null | tail -1)"

# ---- what it is made from ------------------------------------------------------------------------

ours=$(cd "$adapter" && sha256sum ./*.c ./*.h build.sh shims/*.h &&
	cd "$include/memblock" && sha256sum memblock.h machine.h variant.h operations.def &&
	cd "$runtime" && sha256sum kmem.c kthunk.c) || die 1 "cannot read the adapter in '$adapter'"
compiler=$("$cc" -v 2>&1) || die 1 "cannot run '$cc'"
digest=$(printf '%s' "${core%.}" | sha256sum | cut -c1-8)
all=$(printf '%s\n' "$core" "$edited" "$sizes" "$headers" "$ours" "$compiler" "$cflags" "$counted" "$*" |
	sha256sum | cut -c1-16)
[ ${#digest}-${#all} = 8-16 ] || die 1 "cannot make a digest"
form=${MBL_FORM:-shared}
case $form in
relocatable) suffix=o ;;
*) suffix=so ;;
esac
object=linux-$version-$digest-$all.$suffix
found() {
	if [ -z "$again" ] && [ -f "$cache/$object" ]; then
		is_used "$cache/$object"
		printf '%s\n' "$object"
		exit 0
	fi
}
found
start_writing
found
work=$(mktemp -d "$cache/work-XXXXXX")

# memblock.c looks for "internal.h" beside itself first: it must not find the kernel's.
mkdir -p "$work/linux" "$work/asm"
cp "$tree/mm/memblock.c" "$work/memblock.c"
for file in internal.h mm_init.h; do
	ln -s "$adapter/shims/$file" "$work/$file"
done
cp "$tree/include/linux/memblock.h" "$work/linux/memblock.h"
for file in asm.h cmpxchg.h; do
	ln -s "$tree/tools/arch/x86/include/asm/$file" "$work/asm/$file"
done

# The tree may be edited while this waits or builds; the object is that of its name. The core is copied, and all
# is looked at again at the end.
is_as_read() {
	[ "$(cat "$work/memblock.c" "$work/linux/memblock.h" && echo .)" = "$core" ] &&
		(now=$contents && read_tree && [ "$now" = "$contents" ])
}

# has FUNCTION: does the header know it, or is it memblock.c that has it, not only calls it?
has() {
	if grep -qw "$1" "$work/linux/memblock.h" ||
		grep -q "^[a-z].*[ *]$1(.*[^;]\$" "$work/memblock.c"; then echo 1; else echo 0; fi
}
# says TEXT: is it in memblock.c?
says() {
	if grep -qF -- "$1" "$work/memblock.c"; then echo 1; else echo 0; fi
}
# elsewhere FILE TEXT: is it in another file of the tree, which need not be there?
elsewhere() {
	if grep -qF -- "$2" "$tree/$1" 2>/dev/null; then echo 1; else echo 0; fi
}
# The same headers, before the adapter replaces what they define. internal.h is a shim.
grep '^#include <' "$work/memblock.c" >"$work/tree_includes.h" || [ $? = 1 ]

# A flag that a tree does not have needs no name.
names_hugetlb=$(says '"RSV_HUGETLB"')
grep -q MEMBLOCK_RSRV_HUGETLB "$work/linux/memblock.h" || names_hugetlb=$(says '"RSV_KERN"')
merges_a_window=0
grep -A3 'memblock_merge_regions(struct memblock_type \*type,' "$work/memblock.c" |
	grep -q start_rgn && merges_a_window=1
cat >"$work/tree_features.h" <<END
#define MBL_MERGES_A_WINDOW $merges_a_window
#define MBL_EMPTY_HAS_DUMMY $(says 'empty dummy entry')
#define MBL_NO_RESIZE_PANICS $(says 'cannot resize')
#define MBL_RSRV_NID_REQUESTED $(says '__memblock_reserve(found, size, nid')
#define MBL_ALLOC_SETS_RSRV_KERN $(says '__memblock_reserve(found, size, nid, MEMBLOCK_RSRV_KERN')
#define MBL_FLAG_MISMATCH_NEEDS_FLAGS $(says 'flags != MEMBLOCK_NONE && flags != ')
#define MBL_INVALID_NID_IS_ANY $(says 'numa_valid_node(nid)')
#define MBL_DUMP_NODE_IF_VALID $(says 'numa_valid_node(memblock_get_region_node(rgn))')
#define MBL_NOMAP_PAGES_FIRST $(says '&memblock.reserved, nid)')
#define MBL_SLAB_CHECK_IN_CORE $(says 'virt_to_phys(vaddr)')
#define MBL_KERN_SIZE_IN_ESTIMATE $(says 'memblock_reserved_kern_size(MEMBLOCK_ALLOC_ANYWHERE')
#define MBL_COUNTS_IF_JUST_ROOM $(says 'type->cnt * 2 + 1 < type->max')
#define MBL_ACCEPTS_MEMORY $(says 'accept_memory(')
#define MBL_ACCEPTS_TO_END $(says 'accept_memory(found, found + size)')
#define MBL_FREE_RELEASES_PAGES $(says '__free_reserved_area(base, base + size')
#define MBL_RESERVE_MEM_REPORTS $(says 'reserve_mem: empty or malformed')
#define MBL_SIZES_SATURATE $(elsewhere lib/cmdline.c check_shl_overflow)
#define MBL_DEBUGFS_SHOWS_FLAGS $(says 'flagname[]')
#define MBL_DEBUGFS_NAMES_KERN $(says '"RSV_KERN"')
#define MBL_DEBUGFS_NAMES_HUGETLB $names_hugetlb
#define MBL_HIGHMEM_IS_HANDED_OVER $(says 'IS_ENABLED(CONFIG_HIGHMEM)')
#define MBL_CALLS_FREE_AREA $(says 'free_reserved_area(start, end, 0')
END
# The public calls, rows of operations.def: MBL_HAS_<name>.
sed -n 's/^MB_CALL[A-Z_]*(\([A-Za-z0-9_]*\), \([A-Za-z0-9_]*\).*/\1 \2/p' "$include/memblock/operations.def" |
	while read -r name function; do
		echo "#define MBL_HAS_$name $(has "$function")"
	done >>"$work/tree_features.h"

# ---- build ---------------------------------------------------------------------------------------

# kmem.c implements memmove: the compiler must not turn its loops back into calls of it.
case $compiler in
*clang*) idioms= ;; # -fno-builtin is enough there
*) idioms=-fno-tree-loop-distribute-patterns ;;
esac
# escape TEXT - for both sides of s/// in sed
escape() {
	printf '%s' "$1" | sed 's/[][\\.*^$/&]/\\&/g' | one_line
}
# shellcheck disable=SC2086 # flags are words
compile() {
	"$cc" -fPIC -fvisibility=hidden $cflags -w -I "$include" "$@"
}
link_as_shared() {
	"$cc" ${coverage:+--coverage} -shared -Wl,-Bsymbolic -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,defs "$@"
}
link_as_relocatable() {
	"$cc" -r -nostdlib "$@"
}
if [ "$with" ]; then
	mkdir "$work/with"
	printf '%s' "${edited%.}" >"$work/with/memblock.c"
fi
adapted=$work/adapter.o # what is counted lies beside it
[ -z "$coverage" ] || adapted=$coverage/$(basename "$object" .so).o
ended=0
log=$({
	compile -ffreestanding -fno-builtin $idioms \
		-c -o "$work/kmem.o" "$runtime/kmem.c" &&
		compile -c -o "$work/kthunk.o" "$runtime/kthunk.c" &&
		compile $counted "$@" ${with:+-I "$work/with"} -I "$work" -I "$adapter" -I "$tree/tools/testing/memblock" \
			-I "$tree/tools/include" -c -o "$adapted" "$adapter/adapter.c" &&
		link_as_$form -o "$work/object.$suffix" \
			"$adapted" "$work/kmem.o" "$work/kthunk.o"
} 2>&1) || ended=$?
is_as_read || die 1 "'$source' was changed while it was built; try again"
if [ $ended != 0 ]; then
	# The user's files are named as they are called there, not by what is gone after this.
	log=$(printf '%s\n' "$log" | sed "
		s/$(escape "$work/with/memblock.c")/$(escape "$tree/mm/memblock.c") with steps/g
		s/$(escape "$work/memblock.c")/$(escape "$tree/mm/memblock.c")/g
		s/$(escape "$work/linux/memblock.h")/$(escape "$tree/include/linux/memblock.h")/g
		s/$(escape "$work/")//g")
	reason=$(printf '%s\n' "$log" | grep -m1 -E 'error|No space left' || printf '%s\n' "$log" | head -1)
	rm -rf "$cache/failed.log"
	printf '%s\n' "$log" 2>/dev/null >"$cache/failed.log" || true
	die 1 "cannot build mm/memblock.c of '$source': ${reason:-the compiler ended with status $ended};" \
		"the compiler's output is in $cache/failed.log"
fi
# seal FILE - its last line
seal() {
	line=$({ printf '%s\n' "$object" && cat "$1"; } | sha256sum | cut -c1-64) && printf '%s\n' "$line" >>"$1"
}
{ seal "$work/object.$suffix" && sync "$work/object.$suffix"; } 2>/dev/null ||
	die 3 "cannot write to the cache '$cache'; set XDG_CACHE_HOME"
[ ! -d "$cache/$object" ] || rm -rf "${cache:?}/$object"
mv -T "$work/object.$suffix" "$cache/$object"
sync "$cache" 2>/dev/null || true
printf '%s\n' "$object"
