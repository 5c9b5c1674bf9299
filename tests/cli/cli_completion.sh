#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_completion.sh - completion in a real bash: commands, options, values, names that the program lists, files. The
# words are divided as bash does it, at '=' and ':' as well; with the package bash-completion and without.
. "$(dirname "$0")/expect.sh"

command -v bash >/dev/null || skip_all "no bash"
boot=x86_64-6.12-cloud-4G-2node
succeeds "$bench" help --bash
cp "$out" completion.bash
check "bash cannot read it" bash -n completion.bash
tail -n "$(wc -l <"$source_dir/bench/cli/completion.bash")" completion.bash >tail.bash
check "it does not end with completion.bash" cmp -s tail.bash "$source_dir/bench/cli/completion.bash"
mkdir data
: >boot.log
: >"data/my boot.log"

# What is asked as "LINE|", and what has to be offered: lines of words, each with a blank around.
cat >complete.bash <<'END'
[[ -z $1 ]] || source "$1"
source ./completion.bash
set -- "$2" "$3"

# divide LINE - into COMP_WORDS; the last one is what the cursor stands behind
divide()
{
	local word
	COMP_WORDS=()
	for word in $1; do
		while [[ $word =~ ^([^=:]*)([=:])(.*)$ ]]; do
			[[ -z ${BASH_REMATCH[1]} ]] || COMP_WORDS+=("${BASH_REMATCH[1]}")
			COMP_WORDS+=("${BASH_REMATCH[2]}")
			word=${BASH_REMATCH[3]}
		done
		[[ -z $word ]] || COMP_WORDS+=("$word")
	done
	[[ $1 != *' ' ]] || COMP_WORDS+=('')
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
}
divide "$1 $2"
_memblock_bench
printf '%s\n' "${COMPREPLY[@]}"
END

package=
# offers LINE WORD... - all of the words, and only such as begin with what is there
offers() {
	line=$1
	shift
	run bash --norc --noprofile complete.bash "$package" "$bench" "$line"
	check "'$line': something on stderr" test ! -s "$err"
	for word in "$@"; do
		check "'$line' does not offer '$word'" grep -Fqx -e "$word" "$out"
	done
}

# only LINE WORD... - just these
only() {
	offers "$@"
	check "'$line' offers more" test "$(sort -u "$out" | wc -l)" = $(($# - 1))
}

for package in "" /usr/share/bash-completion/bash_completion; do
	[ -z "$package" ] || [ -e "$package" ] || continue
	offers "" list run replay show help --version
	offers "r" run replay
	offers "replay --" --variants= --metadata= --check --help
	offers "import -" -o --profile=
	offers "help " list minimise
	only "capture --arch=pp" ppc64le
	offers "list " variants workloads operations counters
	only "run --metadata=" self host
	only "run --metadata=h" host
	only "run --metadata h" host
	only "run --met" --metadata=
	only "run --variants=rb" rbtree
	offers "run --variants=" all array rbtree
	offers "run --variants=array," array,list array,rbtree
	offers "run --workloads=" all synthetic captured random $boot boot.log
	offers "run --counters=perf:" instructions
	offers "gen " churn kexec-handover
	offers "replay gen:" churn # bash replaces what is behind the colon
	offers "show " $boot boot.log data
	offers "show data/" "data/my boot.log"
done

# A program that lists nothing, or is not there: what needs no answer is offered, and nothing is said.
package=
bench=./missing
only "run --metadata=" self host
only "run --variants=a" all
finish
