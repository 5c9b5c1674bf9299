#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_simulate.sh - run --counters=callgrind: counts in the same result as the times, the same every time, and
# what a machine without Valgrind is told.
. "$(dirname "$0")/expect.sh"

small() {
	"$bench" run --quick --counters=callgrind --regions=16,128 --variants=array,rbtree,null,empty "$@"
}

mkdir "$scratch/empty"
without_valgrind() {
	PATH=$scratch/empty small
}
fails 3 'no valgrind; install it with: apt install valgrind$' without_valgrind
fails 2 '--block: unable to open none.json' "$bench" run --block=none.json --out=x.json

if [ "${MB_SANITIZED:-0}" = 1 ] || ! command -v valgrind >/dev/null; then
	echo "SKIPPED: counts under Valgrind: not there, or a build with sanitizers" >&2
	finish
fi

boot=x86_64-6.12-cloud-4G-2node
for i in 1 2; do
	succeeds small --operations=reserve,search,iterate,replay,replay_cold \
		--workloads=random,$boot --out=$i.json
done
check "the table has no instructions" grep -q '^  instructions per operation' "$out"
check "the table does not say where a boot's go" grep -Eq '^ +in find_free +[0-9]' "$out"
cp "$out" table.txt
check "simulated counts" "$python" - 1.json 2.json <<'PY'
import json, sys
first, again = ({row["name"]: row for row in json.load(open(f))["benchmarks"]} for f in sys.argv[1:])
context = json.load(open(sys.argv[1]))["context"]
for name in ("instructions", "branches", "l1d_misses", "llc_misses", "code_lines"):
    assert context[f"counter:{name}"].startswith("simulated: "), name
assert context["counter:cycles"].startswith("absent: ")
for name, row in first.items():
    operation, workload, variant, regions = name.split("/")
    if operation == "replay_cold":
        assert "instructions" not in row, name
        continue
    assert 5 < row["instructions"] < 100000, (name, row["instructions"])
    assert 0 <= row["branch_misses"] <= row["branches"] < row["instructions"], name
    counts = [key for key in row if key.startswith(("instructions", "branches"))]
    for key in counts:
        assert row[key] == again[name][key], (name, key, row[key], again[name][key])
    if operation == "replay" and variant not in ("null", "empty"):
        phases = sum(row[key] for key in counts if key.startswith("instructions_"))
        whole = row["instructions"] * row["operations"]
        assert 0.9 < phases / whole < 1.1, (name, phases, whole)
        assert row["instructions_find_free"] > row["instructions_add"]
    if operation in ("reserve", "search"):
        assert 1 <= row["code_lines"] < 200 and 1 <= row["data_lines"] < 2000, name
# More regions cost an array more, and a search in a tree hardly.
def of(operation, variant, regions):
    return first[f"{operation}/random/{variant}/regions:{regions}"]["instructions"]
assert of("reserve", "array", 128) > 1.5 * of("reserve", "array", 16)
assert of("search", "rbtree", 128) < 2 * of("search", "rbtree", 16)
# What is told is gross; without dispatch it is less what an empty call counts, of all alike.
assert 10 < of("reserve", "empty", 128) < of("reserve", "null", 128) < of("reserve", "array", 16)
block = open("table.txt").read().partition("\nreserve: ")[2].partition("\n\n")[0]
gross, bare = [[line.split()[-3::2] for line in part.splitlines()[2:3]][0]
               for part in block.partition("instructions per operation")[2].split("without dispatch")]
array, rbtree = of("reserve", "array", 128), of("reserve", "rbtree", 128)
empty = of("reserve", "empty", 128)
assert gross[1] == f"{rbtree / array:.2f}x", (gross, array, rbtree)
assert bare[1] == f"{(rbtree - empty) / (array - empty):.2f}x", (bare, array, rbtree, empty)
PY

# ---- Valgrind fails

printf '#!/bin/sh\nexit 7\n' >"$scratch/empty/valgrind"
chmod +x "$scratch/empty/valgrind"
fails 3 'valgrind ended with status 7' without_valgrind

finish
