#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# newest.sh --want - have the newest kernel's source, which is no package of this release; status 0 in any case.
# newest.sh --remedy - print the command that fetches it, where there is none newer than the packages'.
#
# The terms are those of packages.sh. Where none is there, root gets it fetched, to the user's cache; at a terminal that
# is offered; in any other case nothing is done. Where one is there, a line tells of a newer one, looked for once a day.
# With CI=1 it is looked for each time, and fetched; where no archive is reached, that is said. With MB_NO_INSTALL=1
# nothing is done, nor asked. What is looked for where, says workloads/capture/newest.py.
set -eu

here=$(dirname "$0")
script=$here/../workloads/capture/newest.py
python=/usr/bin/python3
[ -x $python ] || python=python3
command="$python $script --fetch"

# newer - is there a source that is newer than what the packages of packages.txt are?
newer() {
	path=$($python -B "$script" 2>/dev/null) || return 1
	name=$(basename "$path" | sed 's/\.tar\..*//; s/_tree$//')
	! grep -q "^${name}[| ]" "$here/packages.txt"
}

[ -e "$script" ] || exit 0
if [ "${1:-}" = --remedy ]; then
	newer || echo "$command"
	exit 0
fi
[ -z "${MB_NO_INSTALL:-}" ] || exit 0

if [ -n "${CI:-}" ]; then
	$python -B "$script" --fetch >&2 || echo "Whether there is a newer kernel's source is not known: $command" >&2
elif newer; then
	offer=$($python -B "$script" --offer --daily 2>/dev/null) || offer=
	[ -z "$offer" ] || echo "There is the source of a newer kernel, $offer; to have it: $command" >&2
elif [ "$(id -u)" = 0 ]; then
	echo "The newest kernel's source is no package of this release. Fetching it: $command" >&2
	$python -B "$script" --fetch >&2 || true
elif [ -t 0 ] && [ -t 2 ]; then
	echo "The newest kernel's source is not there; to have it: $command" >&2
	printf 'Fetch it now, about 160 MB, to the cache? [y/N] ' >&2
	read -r answer || answer=
	case $answer in
	y | Y | yes) $python -B "$script" --fetch >&2 || true ;;
	esac
fi
exit 0
