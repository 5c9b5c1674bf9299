#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_make.sh - the commands of the Makefile: what they build, say, install, remove and do without. They run
# in a small tree that has our Makefile and scripts, but a project of a few lines; all its paths have blanks.
. "$(dirname "$0")/expect.sh"

[ "${MB_SANITIZED:-0}" = 0 ] || skip_all "run in the plain build; nothing of it is compiled with sanitizers"
for tool in make cmake cc; do
	command -v $tool >/dev/null || skip_all "no $tool; install it with: apt install make cmake gcc"
done
unset MAKEFLAGS MFLAGS MAKELEVEL BUILD RESULTS RUN PREFIX DESTDIR VERBOSE CI CMAKE_GENERATOR MB_NO_INSTALL

# ---- the tree

tree="$scratch/a tree"
mkdir -p "$tree/cmake" "$scratch/bin"
cp "$source_dir/Makefile" "$tree"
cp "$source_dir"/cmake/*.sh "$tree/cmake"
cd "$tree" || exit 1

cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.20)
project(small LANGUAGES C)
option(BUILD_TESTING "as CTest has it" ON)
option(MB_LINK_SEED "as our project has it")
file(GLOB sources CONFIGURE_DEPENDS part*.c)
add_library(memblock STATIC ${sources})
add_custom_target(memblock-bench COMMAND ${CMAKE_COMMAND} -E copy
	${CMAKE_SOURCE_DIR}/program ${CMAKE_BINARY_DIR}/memblock-bench VERBATIM)
add_dependencies(memblock-bench memblock)
add_executable(tests tests.c)
install(PROGRAMS ${CMAKE_BINARY_DIR}/memblock-bench DESTINATION bin)
install(FILES part1.c DESTINATION share/memblock-bench/deep/down)
install(FILES "a name.h" DESTINATION include/memblock)
END
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
	echo "int part$n;" >part$n.c
done
echo 'int main(void) { return 0; }' >tests.c
: >"a name.h"
cat >program <<'END'
#!/bin/sh
echo "program: $*"
case $1 in
list)
	[ -e "$KERNEL" ] || echo "linux - ...; absent: variant linux: no kernel source; install it"
	;;
run)
	for option in "$@"; do
		case $option in --out=*) file=${option#--out=} ;; esac
	done
	if [ -n "$STOPPED" ]; then
		mkdir -p "$file.blocks"
		exit 143
	fi
	rm -rf "$file.blocks"
	echo '{}' >"$file"
	echo "the table"
	;;
esac
END
chmod +x program
printf '#!/bin/sh\necho "charts of $1"\n' >cmake/plots.sh
KERNEL=$scratch/kernel
STOPPED=
export KERNEL STOPPED
: >"$KERNEL"
cat >cmake/packages.txt <<END
# of the small tree
a-compiler|cmd:cc          required reason
a-library|another-library  required reason
kernel-1|file:$KERNEL      kernel   reason
kernel-2|file:$KERNEL      kernel   reason
a-tool|cmd:no-such-tool    tools    reason
END

# stub NAME - a program that comes first on the path; its text from stdin
stub() {
	{ echo '#!/bin/sh' && cat; } >"$scratch/bin/$1"
	chmod +x "$scratch/bin/$1"
}
PATH=$scratch/bin:$PATH
INSTALLED="a-library"
WHO=1000
export INSTALLED WHO
stub dpkg-query <<'END'
for package in $INSTALLED; do
	echo "installed $package"
done
END
stub id <<'END'
echo "$WHO"
END
stub apt-get <<'END'
echo "apt-get: $*" >&2
exit 100
END
stub sudo <<'END'
exit 99
END

# ---- make help: the targets that there are, in 80 columns

succeeds make help
check "make help is wider than 80 columns" test -z "$(awk 'length > 80' "$out")"
targets=$(sed -n '/^\.PHONY:/,/[^\\]$/{s/^\.PHONY: all program packages//; s/\\$//; p;}' Makefile)
check "no targets" test "$(echo "$targets" | wc -w)" -gt 10
for target in $targets; do
	check "make help lacks $target" grep -q "^  make $target " "$out"
done
check "make help has other targets" test "$(grep -c '^  make ' "$out")" = $(($(echo "$targets" | wc -w) + 1))

# ---- make bench: what it runs, in few lines; where blanks are

succeeds make bench QUICK=1 BUILD="a build" RESULTS="the results"
check "too much is said while building" \
	test "$(sed '/^program: run/q' "$out" | wc -l)" -le 10
check "the program was not run" grep -q '^program: run --quick --out=the results/run-' "$out"
check "no charts of it" grep -q '^charts of the results/run-' "$out"
check "no results" test -s "$(echo "the results"/run-*/results.json)"
check "something is left" test "$(ls "the results"/run-*)" = results.json
check "a smoke test is the latest run" test ! -e "the results/latest"
check "that is not said" grep -q '^the results/latest is left as it is' "$out"
check "the tests were built" test ! -e "a build/tests"
check "nothing was built" test -e "a build/libmemblock.a"

check "the log does not say what was compiled" grep -q 'Building C object.*part7' "a build/build.log"
succeeds make bench-full BUILD="a build" RESULTS="the results"
check "something was compiled again" sh -c '! grep "Building C object" "a build/build.log"'
check "a link is missing" \
	grep -q '^program: run --full --executables=a build/link-1/.*,a build/link-2/memblock-bench ' "$out"
succeeds make BUILD="a build"
check "a run is not the latest" test -s "the results/latest/results.json"
check "make builds no tests" test -x "a build/tests"
succeeds make VERBOSE=1 BUILD="a build"
check "VERBOSE=1 does not say more" grep -q 'Built target tests' "$out"

# A second has room for several runs; one that was stopped is gone on with, one that is complete never.
stub date <<'END'
echo 20300101-000000
END
rm -r "the results"
bench() {
	make bench BUILD="a build" RESULTS="the results" "$@"
}
runs() { # those that have FILE
	(cd "the results" && ls -d run-*/"$1" 2>/dev/null) | sed 's|/.*||; s/run-20300101-000000/run/' | tr '\n' ' '
}
succeeds bench
succeeds bench
check "two in a second: $(runs results.json)" test "$(runs results.json)" = "run-2 run "
check "the latest" test "$(readlink "the results/latest")" = run-20300101-000000-2
STOPPED=1 run bench
check "stopped: status $status" test $status = 2
check "stopped: $(runs results.json.blocks)" test "$(runs results.json.blocks)" = "run-3 "
check "stopped: it is the latest" test "$(readlink "the results/latest")" = run-20300101-000000-2
succeeds bench QUICK=1
check "another command: $(runs results.json)" test "$(runs results.json)" = "run-2 run-4 run "
flock -o "the results/run-20300101-000000-3/results.json.blocks" sleep 30 >"$scratch/locked" 2>&1 &
sleeping=$!
until ! flock -n "the results/run-20300101-000000-3/results.json.blocks" true; do sleep 0.1; done
succeeds bench
check "one that runs: $(runs results.json)" test "$(runs results.json)" = "run-2 run-4 run-5 run "
kill $sleeping
wait $sleeping
while ! flock -n "the results/run-20300101-000000-3/results.json.blocks" true; do sleep 0.1; done
succeeds bench
check "gone on: $(runs results.json)" test "$(runs results.json)" = "run-2 run-3 run-4 run-5 run "
check "gone on: it is not the latest" test "$(readlink "the results/latest")" = run-20300101-000000-3
check "something is left: $(runs unfinished)" test -z "$(runs unfinished)"
STOPPED=1 run bench
check "stopped: $(runs results.json.blocks)" test "$(runs results.json.blocks)" = "run-6 "
echo '# another' >>program
run bench
check "another program: $(runs results.json)" test "$(runs results.json)" = "run-2 run-3 run-4 run-5 run-7 run "
check "that is not said" grep -q '^bench: the results/run-20300101-000000-6 is left as it is: the program or ' "$err"
check "its blocks are gone" test -d "the results/run-20300101-000000-6/results.json.blocks"
sed -i '$d' program
succeeds bench
check "the same again: $(runs results.json)" \
	test "$(runs results.json)" = "run-2 run-3 run-4 run-5 run-6 run-7 run "
succeeds bench
check "a complete one: $(runs results.json)" \
	test "$(runs results.json)" = "run-2 run-3 run-4 run-5 run-6 run-7 run-8 run "
rm "$scratch/bin/date"

# The digest of the sources: what the program is made from, and nothing else.
mkdir -p sources/include sources/src sources/variants/a sources/bench sources/docs sources/cmake
echo "0" >sources/cmake/kflags.ld
echo '1' >sources/src/a.c
echo '2' >sources/bench/b.h
echo '3' >sources/variants/a/build.sh
digest() { # FLAGS
	rm -f digest.h
	succeeds cmake/sources.sh sources digest.h "$1"
	was=$is
	is=$(sed -n 's/^#define MB_SOURCES_DIGEST "\([0-9a-f]\{64\}\)"$/\1/p' digest.h)
	check "no digest" test -n "$is"
}
differs() { # WHAT
	digest "${2:--O2}"
	check "$1: the same digest" test "$is" != "$was"
}
is=
digest -O2
echo 'text' >sources/docs/method.md
digest -O2
check "a document: another digest" test "$is" = "$was"
echo '1 ' >sources/src/a.c
differs "a source"
echo '3 ' >sources/variants/a/build.sh
differs "a script of the kernel's"
mv sources/src/a.c sources/src/c.c
differs "a name"
echo '#define' >sources/include/operations.def
differs "a file more"
differs "a flag" -O3
rm -r sources/include
fails 1 'include.*No such file' cmake/sources.sh sources gone.h -O3
check "a digest of what is not there" test ! -e gone.h

# Warnings and errors are shown.
echo '#warning planted here' >>part3.c
run make bench QUICK=1 BUILD="a build" RESULTS="the results"
check "a warning: status $status" test $status = 0
check "a warning is not shown" grep -q 'part3.c.*planted here' "$err"
echo '#error planted there' >>part3.c
run make BUILD="a build"
check "an error: status $status" test $status = 2
check "an error is not shown" grep -q 'part3.c.*error.*planted there' "$err"
check "the log is not named" grep -q 'the build failed; .* a build/build.log' "$err"

# At a terminal it is one line, written over and over, but for what went wrong.
cat >terminal.py <<'END'
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
END
run "$python" terminal.py cmake/build.sh "a build"
check "a terminal: status $status" test $status = 1
check "a terminal: an error is not shown" grep -q 'planted there' "$out"
sed -i /planted/d part3.c
touch part*.c
succeeds "$python" terminal.py cmake/build.sh "a build"
check "a terminal: no progress" grep -q 'building \[ *[0-9]*%\]' "$out"
check "a terminal: $(wc -l <"$out") lines" test "$(wc -l <"$out")" = 0

# ---- make install and make uninstall: just that

mkdir -p "$scratch/p/there before" "$scratch/p/a" "$scratch/p/there before/lib"
echo mine >"$scratch/p/a/file"
echo mine >"$scratch/p/there before/file"
for place in "$scratch/p/a b" "$scratch/p/there before" "$scratch/p/c d/e"; do
	succeeds make install BUILD="a build" PREFIX="$place"
	check "not installed to $place" test -x "$place/bin/memblock-bench" -a -e "$place/include/memblock/a name.h"
done
succeeds make install BUILD="a build" PREFIX="/opt/x y" DESTDIR="$scratch/d e"
check "DESTDIR" test -e "$scratch/d e/opt/x y/share/memblock-bench/deep/down/part1.c"
mkdir "$scratch/p/a b/share/memblock-bench/deep/__pycache__"
: >"$scratch/p/a b/share/memblock-bench/deep/__pycache__/x.pyc"

run make uninstall BUILD="a build" PREFIX="/opt/x y"
check "another place: status $status" test $status = 2
check "another place: '/opt/x y'" grep -q "no record of an installation to '/opt/x y'" "$err"
check "it was removed" test -d "$scratch/d e"
succeeds make uninstall BUILD="a build" PREFIX="/opt/x y/" DESTDIR="$scratch//d e"
check "DESTDIR is still there" test ! -e "$scratch/d e"
for place in "$scratch/p/a b" "$scratch/p/there before" "$scratch/p/c d/e"; do
	succeeds make install uninstall BUILD="a build" PREFIX="$place" # twice installed, removed once
	check "something is left in $place" test ! -e "$place/bin" -a ! -e "$place/share"
done
check "what was there before has changed" \
	test "$(cd "$scratch/p" && find . | sort | tr '\n' ' ')" = \
	". ./a ./a/file ./there before ./there before/file ./there before/lib "

# A place behind a link, and the root of a staged tree: what was there stays, however it was named.
mkdir -p "$scratch/p/real/bin" "$scratch/p/staged"
ln -s real "$scratch/p/link"
succeeds make install BUILD="a build" PREFIX="$scratch/p/link"
succeeds make uninstall BUILD="a build" PREFIX="$scratch/p/link"
check "a directory behind a link was removed" test -d "$scratch/p/real/bin" -a ! -e "$scratch/p/real/share"
succeeds make install BUILD="a build" PREFIX=/ DESTDIR="$scratch/p/staged"
succeeds make uninstall BUILD="a build" PREFIX=/ DESTDIR="$scratch/p/staged"
check "DESTDIR, which was there, was removed" test -d "$scratch/p/staged"
check "something is left in it" test -z "$(ls -A "$scratch/p/staged")"

# One that breaks off can be undone.
mkdir -p "$scratch/p/broken/include"
: >"$scratch/p/broken/include/memblock"
run make install BUILD="a build" PREFIX="$scratch/p/broken"
check "broken off: status $status" test $status = 2
check "broken off: nothing was put there" test -x "$scratch/p/broken/bin/memblock-bench"
check "broken off: not said" grep -q "broken off; .*make uninstall" "$err"
succeeds make uninstall BUILD="a build" PREFIX="$scratch/p/broken"
check "broken off: something is left" test ! -e "$scratch/p/broken/bin" -a -f "$scratch/p/broken/include/memblock"

# ---- packages: a command or a file will do; what is needed, what is wanted

succeeds cmake/packages.sh
succeeds cmake/packages.sh --remedy tools
check "the remedy" grep -q "^sudo sh -c 'apt-get update && apt-get install .* a-tool'$" "$out"
run cmake/packages.sh tools
check "a tool is missing: status $status" test $status = 3
check "a tool is missing: the command" grep -q '^To install them: sudo .* a-tool' "$err"
stub no-such-tool </dev/null
succeeds cmake/packages.sh tools
rm "$scratch/bin/no-such-tool"
INSTALLED="another-library"
succeeds cmake/packages.sh
INSTALLED=
run make bench QUICK=1
check "a library is missing: status $status" test $status = 2
check "a library is missing: 3" grep -q 'a-library$' "$err"
check "a library is missing: something was built" test ! -e build
WHO=0 run make MB_NO_INSTALL=1
check "root does not want that: status $status" sh -c "! grep apt-get: '$err'"
WHO=0 run make
check "root: nothing was tried" grep -q '^apt-get: update' "$err"
INSTALLED=a-library

# ---- the kernel's source: wanted; without it the run goes on, and says so first and last

bench_without() {
	make bench QUICK=1 BUILD="a build" RESULTS="the results" >"$out" 2>&1 </dev/null
	status=$?
	check "without the kernel: status $status" test $status = 0
	check "without the kernel: not said last" sh -c "tail -1 '$out' | grep -q '^bench: .*apt-get install .*kernel-2'"
	check "without the kernel: the program says it again" \
		grep -q '^program: run --quick --variants=all,null,empty ' "$out"
	check "without the kernel: not said twice" test "$(grep -c '^bench: ' "$out")" = 2
}
rm "$KERNEL"
bench_without
check "without the kernel: not said first" sh -c "head -1 '$out' | grep -q '^bench: .*kernel-1'"
WHO=0
bench_without
check "root: not each was tried" test "$(grep -c '^apt-get: install .*kernel-[12]$' "$out")" = 2
check "root: not said before it is built" \
	sh -c "sed '/^building/q' '$out' | grep -q '^bench: .*kernel-1'"
WHO=1000
: >"$KERNEL"
succeeds make bench QUICK=1 BUILD="a build" RESULTS="the results"
check "something is missing" sh -c "! grep -e '^bench: ' -e --variants '$out'"

# ---- the newest kernel's source: on the same terms, but nothing is asked, nor said, where there is one

echo 'linux-source-6.12|cmd:cc tools reason' >>cmake/packages.txt
mkdir -p workloads/capture
cat >workloads/capture/newest.py <<'END'
import os, sys
there = os.environ["NEWEST"]
if sys.argv[1:] == ["--fetch"]:
    print("asked for it", file=sys.stderr)
    if os.path.isdir(os.path.dirname(there)):
        open(there, "w").close()
    else:
        sys.exit(3)
elif sys.argv[1:] == ["--offer", "--daily"]:
    print(os.environ.get("OFFER", ""))
elif os.path.exists(there):
    print(there)
else:
    print("/usr/src/linux-source-6.12.tar.xz")
END
NEWEST=$scratch/nowhere/linux-source-7.3.tar.xz
export NEWEST
newest() { # what `make bench` says of it, and whether that was asked for: into $out
	make bench QUICK=1 BUILD="a build" RESULTS="the results" "$@" >"$out" 2>&1 </dev/null
	check "the newest: status $?" test $? = 0
}
said() {
	check "the newest, $1: not said first" sh -c "grep -v '^The newest\|^asked' '$out' | head -1 | grep -q '^bench: .*newest.py --fetch$'"
	check "the newest, $1: not said last" sh -c "tail -1 '$out' | grep -q '^bench: .*newest.py --fetch$'"
	check "the newest, $1: asked for $(grep -c '^asked' "$out") times" test "$(grep -c '^asked' "$out")" = "$2"
}
newest
said "a user without a terminal" 0
WHO=0
newest MB_NO_INSTALL=1
said "root who does not want it" 0
newest
said "root without a network" 1
mkdir "$scratch/nowhere"
newest
check "the newest, root: not fetched" test -e "$NEWEST"
check "the newest, root: not said" grep -q '^The newest .* Fetching it: .*newest.py --fetch$' "$out"
check "the newest, root: said to be missing" sh -c "! grep '^bench: ' '$out'"
newest
check "the newest is there: something is said" sh -c "! grep -i newest '$out'"
OFFER='linux-source-7.4 7.4.1-1, 160 MiB' && export OFFER
newest
check "a newer one: not said" \
	test "$(grep -c '^There is .* linux-source-7\.4 7\.4\.1-1, 160 MiB; to have it: .*newest.py --fetch$' "$out")" = 1
check "a newer one: fetched" sh -c "! grep '^asked' '$out'"
newest MB_NO_INSTALL=1
check "a newer one, not wanted: said" sh -c "! grep 'linux-source-7.4' '$out'"
run env CI=1 cmake/newest.sh --want # although one is there, and of any user
check "the newest in CI: not looked for (status $status)" test "$status $(grep -c '^asked' "$err")" = "0 1"
mv "$scratch/nowhere" "$scratch/gone"
run env CI=1 cmake/newest.sh --want
check "no archive in CI: status $status" test "$status" = 0
check "no archive in CI: not said" grep -q '^Whether there is a newer .* is not known: .*newest.py --fetch$' "$err"
mv "$scratch/gone" "$scratch/nowhere"
rm "$NEWEST"
WHO=1000
printf 'n\n' | "$python" terminal.py cmake/newest.sh --want >"$out" 2>&1
check "the newest, a terminal: not asked" grep -q 'Fetch it now.*\[y/N\]' "$out"
check "the newest, a terminal: fetched" test ! -e "$NEWEST"
printf 'y\n' | "$python" terminal.py cmake/newest.sh --want >"$out" 2>&1
check "the newest, a terminal: not fetched" test -e "$NEWEST"
rm -r workloads

# ---- steps with their seconds; what is missing there

for step in check fuzz; do
	printf '#!/bin/sh\nexit $%s\n' $step >cmake/$step.sh
done
check=0 fuzz=77 run cmake/test.sh static fuzz
check "steps: status $status" test $status = 0
check "steps: the last line" test "$(tail -1 "$out")" = "1 passed, 0 failed"
check "steps: the one that is skipped" grep -qx 'SKIPPED: fuzz' "$out"
check "steps: seconds" grep -Eqx ' +[0-9]+  formatting, compilers, static analysis' "$out"
check "steps: seconds of fuzzing" grep -Eqx ' +[0-9]+  fuzzing' "$out"
check=1 fuzz=0 run cmake/test.sh static fuzz
check "steps: status $status of a failure" test $status = 1
check "steps: the last line of a failure" test "$(tail -1 "$out")" = "1 passed, 1 failed"

cp "$source_dir/cmake/fuzz.sh" cmake
for tool in sh dirname nproc mkdir; do
	ln -s "$(command -v $tool)" "$scratch/bin/$tool"
done
PATH=$scratch/bin run cmake/fuzz.sh
check "no clang: status $status" test $status = 77
check "no clang: not said" grep -q 'SKIPPED: no clang; install it with: apt install clang' "$err"
CI=1 PATH=$scratch/bin run cmake/fuzz.sh
check "no clang in CI: status $status" test $status = 1

# ---- make clean: a build folder, nothing else

mkdir other
: >other/file
succeeds make clean BUILD=other
check "make clean removes what was not built" test -e other/file
succeeds make clean BUILD="a build"
check "make clean leaves what was built" test ! -e "a build"
finish
