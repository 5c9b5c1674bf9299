#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# newest.sh --want - have the newest kernel's source, which is no package of this release; status 0 in any case.
# newest.sh --remedy - print the command that fetches it, where there is none newer than the packages'.
#
# The terms are those of packages.sh: where it is there, nothing is asked, and no network. Otherwise root gets it fetched,
# to the user's cache; at a terminal that is offered; in any other case, and with MB_NO_INSTALL=1, nothing is done.
# What is looked for where, says workloads/capture/newest.py.
set -eu

script=$(dirname "$0")/../workloads/capture/newest.py
python=/usr/bin/python3
[ -x $python ] || python=python3
command="$python $script --fetch"

# newer - is there a source that is newer than what the packages of packages.txt are?
newer() {
	case $($python -B "$script" 2>/dev/null) in
	'' | */linux-source-6.1 | */linux-source-6.1.tar.* | */linux-source-6.12 | */linux-source-6.12.tar.*) return 1 ;;
	esac
}

{ [ -e "$script" ] && ! newer; } || exit 0
if [ "${1:-}" = --remedy ]; then
	echo "$command"
	exit 0
fi

if [ "$(id -u)" = 0 ] && [ -z "${MB_NO_INSTALL:-}" ]; then
	echo "The newest kernel's source is no package of this release. Fetching it: $command" >&2
	$python -B "$script" --fetch >&2 || true
elif [ -t 0 ] && [ -t 2 ] && [ -z "${MB_NO_INSTALL:-}" ]; then
	echo "The newest kernel's source is not there; to have it: $command" >&2
	printf 'Fetch it now, about 160 MB, to the cache? [y/N] ' >&2
	read -r answer || answer=
	case $answer in
	y | Y | yes) $python -B "$script" --fetch >&2 || true ;;
	esac
fi
exit 0
