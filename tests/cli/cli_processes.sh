#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_processes.sh - run in several processes: rows of all of them, and what becomes of one that fails or
# answers otherwise. cli_blocks.py interrupts them.
. "$(dirname "$0")/expect.sh"

small() {
	"$bench" run --quick --operations=reserve --workloads=random --regions=16 \
		--variants=array,rbtree,null "$@"
}

succeeds small --processes=3 --repetitions=2 --out=three.json
check "the table does not say how many" grep -q '6 repetitions in 3 processes' "$out"
check "rows of three processes" "$python" - three.json <<'PY'
import collections, json, re, sys
run = json.load(open(sys.argv[1]))
assert run["context"]["processes"] == "3", run["context"]["processes"]
assert all(f"process:{n}" in run["context"] for n in (1, 2, 3))
assert re.fullmatch("[0-9a-f]{64}", run["context"]["object:program"]), run["context"]
blocks = {b["id"]: b["specification"]["process"] for b in run["blocks"]}
assert sorted(blocks.values()) == [1, 2, 3], blocks
assert all(blocks[r["block"]] == r["process"] for r in run["benchmarks"])
counts = collections.Counter((r["name"], r["process"], r["build"]) for r in run["benchmarks"])
assert set(counts.values()) == {2}, counts
assert {process for _, process, _ in counts} == {1, 2, 3}
assert len(counts) == 9
PY

# Until the ratios are known well enough: three processes at least, no more than allowed.
succeeds small --precision=100 --processes=6 --repetitions=3 --out=precise.json
check "--precision" "$python" -c 'import json
assert 3 <= int(json.load(open("precise.json"))["context"]["processes"]) <= 6'

# ---- other links of the program take turns with it

printf '#!/bin/sh\nexec "%s" "$@"\n' "$bench" >link
printf '#!/bin/sh\nsed -i "/\"seed\"/s/1/2/" "${2#--block=}"\nexec "%s" "$@"\n' "$bench" >other
printf '#!/bin/sh\nexit 9\n' >failing
chmod +x link other failing
succeeds small --processes=4 --repetitions=1 --executables=./link --out=links.json
check "two builds" "$python" -c 'import json
builds = {r["process"]: r["build"] for r in json.load(open("links.json"))["benchmarks"]}
assert builds == {1: 0, 2: 1, 3: 0, 4: 1}, builds'
fails 3 "'./none' cannot be started" small --processes=2 --executables=./none
fails 3 'process 2 of random left no result: it is the result of another block' \
	small --processes=2 --repetitions=1 --executables=./other
fails 3 'process 2 ended with status 9' small --processes=2 --repetitions=1 --executables=./failing
run small --processes=2 --repetitions=1 --executables=./failing --out=none.json
check "a failure: status $status" test $status = 3
check "what is kept is not told" grep -q '1 of 2 blocks are finished, in none.json.blocks;' "$err"
check "results of a run that failed" test ! -e none.json
check "nothing is kept" test "$(ls none.json.blocks | grep -c '^1-.*json$')" = 1
succeeds_with() { # PATTERN COMMAND...: one line on stderr
	pattern=$1
	shift
	run "$@"
	check "status $status: $*" test $status = 0
	check "no '$pattern'" grep -Eq "^memblock-bench: run: $pattern" "$err"
	check "more than a line" test "$(wc -l <"$err")" = 1
}
succeeds_with '1 finished block taken over from none.json.blocks' small --processes=2 --repetitions=1 \
	--executables=./link --out=none.json
check "the folder is still there" test -e none.json -a ! -e none.json.blocks

# One that answers otherwise: what it counted, timed and digested is written after it was falsified.
if [ "${MB_SANITIZED:-0}" = 0 ]; then
	cat >liar.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

void *json_loads(const char *text, size_t flags, void *error)
{
	void *(*next)(const char *, size_t, void *) =
		(void *(*)(const char *, size_t, void *))dlsym(RTLD_NEXT, "json_loads");
	char *at = (char *)text;

	while ((at = strstr(at, "answers:")))
		*(at += strlen("answers:")) = 'x';
	return next(text, flags, error);
}
C
	compiler=$(sed -n 's/^cc = //p' "${MB_BUILD_DIR:?}/conformance.conf")
	succeeds "$compiler" -shared -fPIC -o liar.so liar.c -ldl
	printf '#!/bin/sh\nLD_PRELOAD=%s exec "%s" "$@"\n' "$PWD/liar.so" "$bench" >liar
	chmod +x liar
	run small --processes=2 --repetitions=1 --executables=./liar
	check "other answers: status $status" test $status = 1
	check "other answers are not told: $(head -1 "$err")" \
		grep -q 'process 2 gave other answers: answers:x' "$err"
fi

# ---- interrupted: the further process goes with the first

printf '#!/bin/sh\necho $$ >pid; exec sleep 60\n' >sleeping
chmod +x sleeping
"$bench" run --quick --operations=reserve --workloads=random --regions=16 --variants=array \
	--processes=2 --repetitions=1 --executables=./sleeping >"$out" 2>"$err" &
first=$!
for _ in $(seq 200); do
	[ -s pid ] && break
	sleep 0.1
done
kill -s TERM $first
wait $first
check "the further process outlives the first" gone "$(cat pid)"

# ---- options

fails 2 "'0'.*processes" small --processes=0
fails 2 "'x'.*pin" small --pin=x
fails 2 "'0'.*precision" small --precision=0
fails 3 '--pin=4095' small --pin=4095
succeeds small --pin=no
cpus=$(nproc)
[ "$cpus" = 1 ] || check "it is not told that nothing is pinned" grep -q 'not pinned' "$out"

finish
