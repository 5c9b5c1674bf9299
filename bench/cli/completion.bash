
# _memblock_bench_names PROGRAM LIST [KIND] - names that the program lists, all or those of a kind
_memblock_bench_names()
{
	local name kind rest

	"$1" list "$2" 2>/dev/null | while read -r name kind rest; do
		[[ $name == [a-z]* && (-z ${3-} || $kind == "$3") ]] && printf '%s\n' "$name"
	done
}

# _memblock_bench_expand PROGRAM WORD... - a word per line; what begins with @ is asked for
_memblock_bench_expand()
{
	local program=$1 word

	shift
	for word; do
		case $word in
		@files) ;;
		@boots)
			_memblock_bench_names "$program" workloads captured
			_memblock_bench_names "$program" workloads generated
			;;
		@families) _memblock_bench_names "$program" workloads generated | sed 's/^gen://' ;;
		@counters) _memblock_bench_names "$program" counters | sed 's/^/perf:/' ;;
		@*) _memblock_bench_names "$program" "${word#@}" ;;
		*) printf '%s\n' "$word" ;;
		esac
	done
}

_memblock_bench()
{
	local piece=${COMP_WORDS[COMP_CWORD]} words=() last=-1 before= i word current options offered

	# The words as they were typed: bash divides them at '=' and ':' as well, and replaces the last piece.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((last >= 0)) && [[ $word == [=:]* || ${COMP_WORDS[i - 1]} == *[=:] ]]; then
			words[last]+=$word
		else
			words[++last]=$word
		fi
	done
	[[ $piece == [=:] ]] && piece=
	current=${words[last]}

	# What may stand here.
	options=" $(_memblock_bench_options "${words[0]}") "
	if ((last == 0)); then
		offered=$(_memblock_bench_options '')
	elif [[ $current == --*=* ]]; then
		before=${current%%=*}=
		offered=$(_memblock_bench_values "${words[0]} ${current%%=*}")
	elif [[ $options == *" ${words[last - 1]}= "* ]]; then
		offered=$(_memblock_bench_values "${words[0]} ${words[last - 1]}")
	elif [[ $current == -* ]]; then
		offered=$(sed 's/ \(-.\)= / \1 /g' <<<"$options")
	else
		offered=$(_memblock_bench_values "${words[0]}")
	fi

	# Which of it begins with what is there, in a list with what is behind the last comma.
	current=${current#"$before"}
	if [[ $current == *,* ]]; then
		before+=${current%,*},
		current=${current##*,}
	fi
	COMPREPLY=()
	set -- $offered
	while IFS= read -r word; do
		[[ $word == "$current"* ]] && COMPREPLY+=("$before$word")
	done < <(_memblock_bench_expand "${COMP_WORDS[0]}" "$@")
	if [[ " $offered " == *' @files '* ]]; then
		while IFS= read -r word; do
			COMPREPLY+=("$before$word")
		done < <(compgen -f -- "$current")
		compopt -o filenames 2>/dev/null
	fi
	[[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=:] ]] && compopt -o nospace 2>/dev/null
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]:${#words[last]} - ${#piece}}
	done
}
complete -F _memblock_bench memblock-bench
