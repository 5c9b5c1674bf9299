#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# install.sh [--undo] - build what is installed and put it to $PREFIX, below $DESTDIR if that is set.
#
# --undo removes what was put there, and nothing else: the files, and of the directories those that were
# not there before and are empty now. $BUILD has a record of both for each place, installed-N.txt.
set -eu
export LC_ALL=C # the record is sorted

# whole PATH - from the root, without a slash at its end
whole() {
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s\n' "$PWD/$1" ;;
	esac | sed 's|//*|/|g; s|\(.\)/$|\1|'
}

build=${BUILD:-build}
prefix=$(whole "${PREFIX:-/usr/local}")
root=
[ -z "${DESTDIR:-}" ] || root=$(whole "$DESTDIR")
place=$(whole "$root$prefix")
record=$build/installed-$(printf '%s' "$place" | cksum | cut -d ' ' -f 1).txt

if [ "${1:-}" = --undo ]; then
	if [ ! -e "$record" ]; then
		echo "install.sh: $build has no record of an installation to '$place' (make clean takes it away);" \
			"PREFIX and DESTDIR say where" >&2
		exit 2
	fi
	# Backwards, a directory comes after what is in it.
	sort -r "$record" | while IFS= read -r path; do
		case $path in
		*/)
			rm -rf "${path}__pycache__" # Python's, of our scripts
			rmdir "$path" 2>/dev/null || true
			;;
		*) rm -f "$path" ;;
		esac
	done
	echo "removed from $place: $(grep -c '[^/]$' "$record") files"
	rm "$record"
	exit
fi

"$(dirname "$0")/build.sh" "$build" -DCMAKE_INSTALL_PREFIX="$prefix" memblock memblock-bench

# there - the directories that are there: above the place, and in it
there() {
	find -H "$place" -type d 2>/dev/null || true
	path=$place
	while [ "$path" != / ]; do
		path=$(dirname "$path")
		[ ! -d "$path" ] || printf '%s\n' "$path"
	done
}
there >"$build/there.txt"
code=0
DESTDIR=$root cmake --install "$build" >"$build/install.log" || code=$?
# What it says it did, for its own list is written at the end only, and it may break off.
sed -n 's/^-- \(Installing\|Up-to-date\): //p' "$build/install.log" | while IFS= read -r path; do
	[ -d "$path" ] || printf '%s\n' "$path"
done >"$build/files.txt"
{
	[ ! -e "$record" ] || cat "$record"
	# The files, and the directories above them that were not there, each with a slash at its end.
	awk '
		FILENAME == ARGV[1] { there[$0]; next }
		{
			path = $0
			print path
			while (sub("/[^/]*$", "", path) && path != "" && !(path in there)) {
				there[path]
				print path "/"
			}
		}' "$build/there.txt" "$build/files.txt"
} | sort -u >"$record.new"
mv "$record.new" "$record"
rm "$build/there.txt" "$build/files.txt"
if [ $code != 0 ]; then
	echo "install.sh: broken off; see $build/install.log; 'make uninstall' takes away what was put there" >&2
	exit $code
fi
echo "installed to $place: $(grep -c '[^/]$' "$record") files"
