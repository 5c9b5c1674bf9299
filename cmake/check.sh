#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh - everything about the sources that can be judged without running them:
#
#   formatting        clang-format over the C and C++ files that git tracks
#   scripts           shell and Python files parse
#   layout            nothing at the top of the tree but what README.md names; no name of a C file twice; no
#                     source file above 700 lines
#   two compilers     warnings as errors: gcc Release and Debug, clang Debug, whose warnings no optimisation adds
#                     to, so without any (build-check/; gcc Release: $BUILD, gcc Debug: build-sanitized, where
#                     `make test CI=1` has just built them so)
#   rooms             includes and linked calls are those that rooms.txt allows (rooms.py)
#   static analysis   clang-tidy over the compile commands of the clang Debug build, no findings; so no
#                     function above 80 lines; the analyzer gives up earlier in CI
#
# All parts run; the last lines name those that failed, and the status is then 1. A tool that is missing is
# said, and its part left out; in CI that is a failure.
set -u

jobs=${JOBS:-$(nproc)}
checks=build-check
failed=
skipped=
objects= # of a build that succeeded, for rooms
mkdir -p $checks

fail() {
	echo "check: failed: $1" >&2
	failed="$failed
    $1"
}

# has TOOL PART - can the part be done?
has() {
	command -v "$1" >/dev/null && return
	if [ -n "${CI:-}" ]; then
		fail "$2: no $1"
	else
		echo "check: SKIPPED: $2: no $1" >&2
		skipped="$skipped${skipped:+, }$2"
	fi
	return 1
}

c_files=$(git ls-files '*.c' '*.h' '*.cc')
if [ -n "$c_files" ] && has clang-format formatting; then
	# shellcheck disable=SC2086 # file names of this tree have no spaces
	if ! complaints=$(clang-format --dry-run -Werror $c_files 2>&1); then
		echo "$complaints" | grep ': error: ' >&2
		fail "formatting; clang-format -i FILE repairs it"
	fi
fi

for script in $(git ls-files '*.sh'); do
	sh -n "$script" || fail "$script"
done
bash -n .ci/run || fail .ci/run
for script in $(git ls-files '*.py'); do
	python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$script" ||
		fail "$script"
done

for entry in $(git ls-files | cut -d/ -f1 | sort -u); do
	case $entry in
	.ci | .clang-format | .clang-tidy | .gitignore) ;;
	bench | cmake | docs | include | plots | results | src | tests | variants | workloads) ;;
	CHANGELOG.md | CMakeLists.txt | CONTRIBUTING.md | LICENSE | Makefile | README.md) ;;
	*) fail "$entry does not belong at the top of the tree" ;;
	esac
done
# A line of a log names one file. Headers that stand for a kernel's have its names.
for name in $(git ls-files '*.c' '*.h' '*.cc' ':!*/shims/*' ':!tests/conformance/include' | sed 's|.*/||' |
	sort | uniq -d); do
	fail "two files are named $name"
done

for file in $(git ls-files '*.c' '*.h' '*.cc' '*.py' '*.sh' '*.cmake' '*.gp'); do
	lines=$(wc -l <"$file")
	[ "$lines" -le 700 ] || fail "$file has $lines lines, above 700; cut it by what it holds"
done

# compiles COMPILER CXX TYPE [-DOPTION=VALUE...] - without a warning; the folder is in $dir
compiles() {
	compiler=$1 cxx=$2 type=$3
	shift 3
	echo "check: $compiler $type"
	dir=$checks/$compiler-$type
	"$(dirname "$0")/build.sh" "$dir" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_CXX_COMPILER="$cxx" \
		-DCMAKE_BUILD_TYPE="$type" -DMB_WERROR=ON "$@" || { fail "$compiler $type" && return 1; }
}
# is_gcc DIR TYPE - with warnings as errors?
is_gcc() {
	grep -qs '^MB_WERROR:BOOL=ON' "$1/CMakeCache.txt" && grep -q '^#define MB_COMPILER_ID "GNU"' "$1/config.h" &&
		grep -q "^CMAKE_BUILD_TYPE:[A-Z]*=$2" "$1/CMakeCache.txt"
}
# compiles_gcc TYPE DIR - there, if it was built so there; else as above
compiles_gcc() {
	if is_gcc "$2" "$1"; then
		echo "check: gcc $1, in $2"
		dir=$2
		"$(dirname "$0")/build.sh" "$2" || { fail "gcc $1" && return 1; }
	else
		compiles gcc g++ "$1"
	fi
}
if has gcc gcc && has g++ gcc; then
	compiles_gcc Release "${BUILD:-build}"
	! compiles_gcc Debug build-sanitized || objects=$dir
fi
if has clang clang && has clang++ clang; then
	# No flag of the build comes after these; the launcher is no part of the compile commands.
	plain=$PWD/$checks/unoptimised
	printf '#!/bin/sh\nexec "$@" -O0 -gline-tables-only\n' >"$plain"
	chmod +x "$plain"
	! compiles clang clang++ Debug -DCMAKE_C_COMPILER_LAUNCHER="$plain" -DCMAKE_CXX_COMPILER_LAUNCHER="$plain" ||
		objects=$dir # with every call that there is
fi

if has gcc rooms && has g++ rooms && [ -n "$objects" ]; then
	echo "check: rooms"
	python3 -B cmake/rooms.py check "$objects" || fail "rooms"
fi

# Each file once: a variant appears four times, with the same code.
if has clang clang-tidy && has clang-tidy clang-tidy; then
	echo "check: clang-tidy"
	tidy=$checks/tidy
	mkdir -p $tidy
	files=$(python3 - $checks/clang-Debug/compile_commands.json $tidy/compile_commands.json <<'END'
import json, os, sys
commands = {c["file"]: c for c in reversed(json.load(open(sys.argv[1])))
            if not c["file"].startswith(os.path.abspath("build-check"))}
json.dump(list(commands.values()), open(sys.argv[2], "w"))
# The largest first: none is left alone at the end.
print("\n".join(sorted(commands, key=os.path.getsize, reverse=True)))
END
	) || fail "clang-tidy: no compile commands"
	# Nearly all its time is the analyzer's. In CI that looks at a third of the states of a function that it would.
	set --
	[ -z "${CI:-}" ] || for word in -Xclang -analyzer-config -Xclang max-nodes=75000; do
		set -- "$@" "--extra-arg=$word"
	done
	echo "$files" | tr '\n' '\0' | xargs -0 -P "$jobs" -n 1 clang-tidy --quiet -p $tidy "$@" 2>$tidy/stderr.log ||
		fail "clang-tidy"
fi

if [ -n "$failed" ]; then
	echo "check: failed:$failed" >&2
	exit 1
fi
if [ -n "$skipped" ]; then
	echo "check: clean, but left out for want of a tool: $skipped"
else
	echo "check: formatting, scripts, layout, 2 compilers, rooms, clang-tidy: all clean"
fi
