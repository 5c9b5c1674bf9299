#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packages.sh [GROUP...] - see that the Debian packages of the groups are installed.
#
# The groups are those of packages.txt, beside this script; `required` is always among them. When
# nothing is missing this is one dpkg-query and no network. Otherwise: root gets them installed; at a
# terminal the command is shown and offered; in any other case it is shown and the status is 3.
# On a system without dpkg the list is not checked; CMake then names what it cannot find.
set -eu

list=$(dirname "$0")/packages.txt
groups=" required $* "

command -v dpkg-query >/dev/null || exit 0

# "package group" of all lines of the groups asked for
entries=$(while read -r package group _; do
	case $package in '' | '#'*) continue ;; esac
	case $groups in *" $group "*) echo "$package" ;; esac
done <"$list")

# shellcheck disable=SC2046 # one word per package is wanted
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' \
	$(echo "$entries" | tr '|' ' ') 2>/dev/null | sed -n 's/^installed //p') || true

missing=
for entry in $entries; do
	found=
	for package in $(echo "$entry" | tr '|' ' '); do
		case "
$installed
" in *"
$package
"*) found=yes ;; esac
	done
	[ -n "$found" ] || missing="$missing ${entry%%|*}"
done
[ -n "$missing" ] || exit 0

echo "Missing packages (cmake/packages.txt has the reason for each):$missing" >&2
install="apt-get install -y --no-install-recommends$missing"

if [ "$(id -u)" = 0 ]; then
	echo "Installing them: apt-get update && $install" >&2
	export DEBIAN_FRONTEND=noninteractive
	if apt-get update -q >&2 && $install >&2; then
		exit 0
	fi
	echo "packages.sh: the packages could not be installed:$missing; install them by hand" >&2
	exit 3
fi

echo "To install them: sudo sh -c 'apt-get update && $install'" >&2
if [ -t 0 ] && [ -t 2 ] && command -v sudo >/dev/null; then
	printf 'Run this now? [y/N] ' >&2
	read -r answer || answer=
	case $answer in
	y | Y | yes)
		sudo sh -c "apt-get update && $install" >&2 && exit 0
		echo "packages.sh: the packages could not be installed:$missing" >&2
		;;
	esac
fi
exit 3
