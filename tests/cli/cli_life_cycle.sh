#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_life_cycle.sh - the example: a machine's whole life on every store and profile, and on the kernel's own
# code. It checks its own pages after each step; here that it says so, and that a wrong word is refused.
. "$(dirname "$0")/expect.sh"

example=${MB_BUILD_DIR:?"not set; give it the build folder"}/docs/life_cycle

linux= marks=0
if "$bench" verify --variants=linux --operations=1 >/dev/null 2>&1; then
	linux=linux
	! "$bench" verify --variants=linux --profile=new --operations=1 >/dev/null 2>&1 || marks=2
else
	echo "SKIPPED: linux: it cannot be built here" >&2
fi

for variant in array rbtree list $linux; do
	for profile in 6.1 6.12 new; do
		succeeds "$example" "$variant" "$profile"
		check "$variant $profile: four good counts" \
			[ "$(grep -c 'every page is accounted for, once' "$out")" = 4 ]
		for text in '  nothing was lost' 'memory\[0x3\].* on node 1 flags: 0x1' \
			'Dentry cache .*entries: 1048576 (order: 11, 8388608 bytes, linear)' \
			'Freeing initrd memory: 45056K' 'Freeing reserve_mem:trace memory: 12K'; do
			check "$variant $profile: no line '$text'" grep -q "$text" "$out"
		done
		# Only the newest kernels mark what is theirs; without the source of one, linux is 6.12 in its place.
		kernels=$(grep -c 'reserved\[.*flags: 0x20' "$out")
		case $variant$profile in
		linuxnew) check "$variant $profile: $kernels marks" [ "$kernels" = $marks ] ;;
		*new) check "$variant $profile: no marks" [ "$kernels" = 2 ] ;;
		*) check "$variant $profile: marks" [ "$kernels" = 0 ] ;;
		esac
	done
done

fails 2 "profile: '7.0'; use 6.1, 6.12 or new" "$example" array 7.0
fails 2 "'trie'" "$example" trie
finish
