#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packages.sh [GROUP...] - see that what the groups need is there; `required` is always among them.
# packages.sh --want GROUP... - the same of these groups only; what cannot be had is left out, status 0.
# packages.sh --remedy GROUP... - print the command that installs what these lack; nothing if they do not.
#
# The groups are those of packages.txt, beside this script, which also says what will do for a package.
# When nothing is missing this is one dpkg-query and no network. Otherwise: root gets the packages
# installed; at a terminal the command is shown and offered; in any other case, and always with
# MB_NO_INSTALL=1 in the environment, it is shown and the status is 3 (--want: nothing is said).
# On a system without dpkg the list is not checked; CMake then names what it cannot find.
set -eu

mode=need
case ${1:-} in
--want | --remedy)
	mode=${1#--}
	shift
	groups=" $* "
	;;
*) groups=" required $* " ;;
esac
list=$(dirname "$0")/packages.txt

command -v dpkg-query >/dev/null || exit 0

# "package|..." of all lines of the groups asked for
entries=$(while read -r entry group _; do
	case $entry in '' | '#'*) continue ;; esac
	case $groups in *" $group "*) echo "$entry" ;; esac
done <"$list")

# shellcheck disable=SC2046 # one word per package is wanted
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' \
	$(echo "$entries" | tr '|' '\n' | grep -v ':') 2>/dev/null | sed -n 's/^installed //p') || true

# has ENTRY - is one of its alternatives there?
has() {
	for way in $(echo "$1" | tr '|' ' '); do
		case $way in
		cmd:*) command -v "${way#cmd:}" >/dev/null && return ;;
		file:*) [ -e "${way#file:}" ] && return ;;
		py:*) # of the interpreter that CMake would take
			for python in /usr/bin/python3 python3; do
				"$python" -c "import ${way#py:}" 2>/dev/null && return
			done
			;;
		*) case "
$installed
" in *"
$way
"*) return ;; esac ;;
		esac
	done
	return 1
}

missing=
for entry in $entries; do
	package=${entry%%|*}
	case "$missing " in *" $package "*) continue ;; esac
	has "$entry" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

get="apt-get install -y --no-install-recommends"
command="apt-get update && $get$missing"
if [ $mode = want ]; then # one that the archive does not have must not keep the others away
	command="apt-get update"
	for package in $missing; do
		command="$command; $get $package"
	done
fi
root=
[ "$(id -u)" != 0 ] || root=yes

if [ $mode = remedy ]; then
	[ -n "$root" ] || command="sudo sh -c '$command'"
	echo "$command"
	exit 0
fi

# without - the end where the packages cannot be had, or nobody was asked
without() {
	[ $mode = need ] || exit 0
	exit 3
}
# say TEXT - what somebody who only wants them hears elsewhere
say() {
	[ $mode = want ] || echo "$*" >&2
}

if [ -n "$root" ] && [ -z "${MB_NO_INSTALL:-}" ]; then
	echo "Missing packages (cmake/packages.txt has the reason for each):$missing" >&2
	echo "Installing them: $command" >&2
	DEBIAN_FRONTEND=noninteractive sh -c "$command" >&2 && exit 0
	say "packages.sh: the packages could not be installed:$missing; install them by hand"
	without
fi
say "Missing packages (cmake/packages.txt has the reason for each):$missing"
[ -n "$root" ] || command="sudo sh -c '$command'"
say "To install them: $command"
if [ -t 0 ] && [ -t 2 ] && [ -z "${MB_NO_INSTALL:-}" ] && command -v sudo >/dev/null; then
	[ $mode = need ] || echo "Not installed:$missing; to have them: $command" >&2
	printf 'Run this now? [y/N] ' >&2
	read -r answer || answer=
	case $answer in
	y | Y | yes)
		sh -c "$command" >&2 && exit 0
		say "packages.sh: the packages could not be installed:$missing"
		;;
	esac
fi
without
