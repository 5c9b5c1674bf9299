#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_gen.sh - generated workloads as a user meets them: the list; the same seed, the same bytes; what
# gen refuses.
. "$(dirname "$0")/expect.sh"

# ---- the list: every definition is valid, named as its file, and in the documentation

succeeds "$bench" gen --list --format=json
cp "$out" families.json
families=$("$python" -c '
import json
for f in json.load(open("families.json")):
    assert f["title"] and len(f["problem"]) > 80 and f["source"], f["name"]
    names = {p["name"]: p for p in f["parameters"]}
    assert {"size", "seed"} <= names.keys(), f["name"]
    assert names["size"]["min"] == 16 and names["size"]["max"] >= 50000, f["name"]
    print(f["name"])')
check "no families" test -n "$families"
check "a definition that is not listed" test "$(echo "$families" | wc -l)" = \
	"$(find "$source_dir/workloads/synthetic" -name '*.json' | wc -l)"
for family in $families; do
	check "$family is not in docs/workloads.md" \
		grep -q "\`$family\`" "$source_dir/docs/workloads.md"
done
succeeds "$bench" gen --list
succeeds "$bench" gen --list kexec-handover
check "the problem of a family" grep -q 'Source: ' "$out"
succeeds "$bench" list workloads
check "families among the workloads" grep -q '^gen:kexec-handover .*generated' "$out"

# ---- growth inside the managed memory, and profiles; tests/scripts/differential.py has every family

for family in churn gigantic-pages many-node partial-mirror percpu-tails; do
	succeeds "$bench" replay "gen:$family:size=300:seed=9" --check --rounds=0 --variants=array
done
succeeds "$bench" replay gen:gigantic-pages:hugetlb=1:profile=new --metadata=host --check --rounds=0

# ---- files: the same seed, the same bytes; what was written replays

for family in $families; do
	succeeds "$bench" gen "$family" size=64 -o one.trace
	check "$family: no summary" grep -q 'one.trace: [0-9]* operations' "$out"
	succeeds "$bench" gen "$family" size=64 seed=1 -o two.trace
	check "$family: the same seed, other bytes" cmp -s one.trace two.trace
	check "$family: the header has the command" grep -q "^source: gen $family size=64 " one.trace
done
succeeds "$bench" gen churn size=64 seed=2 -o two.trace
succeeds "$bench" gen churn size=64 seed=1 -o one.trace
check "another seed, the same bytes" sh -c '! cmp -s one.trace two.trace'
succeeds "$bench" gen churn size=64 -o one.trace.zst
succeeds "$bench" replay one.trace.zst --check --rounds=0 --metadata=host
succeeds "$bench" show one.trace.zst
succeeds "$bench" show gen:many-node:size=32
run "$bench" gen churn size=64 -o -
check "standard output" cmp -s "$out" one.trace
succeeds "$bench" replay gen:churn:size=64 --profile=6.1 --metadata=host --check --rounds=0

# A family of one's own.
cat >mine.json <<'JSON'
{
	"name": "mine", "title": "t", "problem": "p", "source": "s",
	"parameters": {
		"size": { "default": 16, "min": 16, "max": 100, "about": "regions" },
		"seed": { "default": 1, "min": 0, "max": 9, "about": "seed" }
	},
	"phases": [ { "about": "all", "repeat": "size", "do": [
		{ "op": "add", "base": "i * 1M", "size": "512K" } ] } ]
}
JSON
succeeds "$bench" gen mine.json size=20 -o mine.trace
check "its operations" test "$(grep -c '^add ' mine.trace)" = 20
succeeds "$bench" run --quick --operations=replay --workloads=gen:churn:size=100 --variants=array \
	--counters=none --out=run.json
check "the benchmark's name" grep -q '"replay/gen:churn:size=100/array/regions:' run.json

# ---- what is refused

fails 2 "FAMILY" "$bench" gen
fails 2 "-o TRACE" "$bench" gen churn
fails 2 "unknown family 'chrun'; known are .*churn" "$bench" gen chrun -o x.trace
fails 2 "unknown parameter 'siez'; known are size, seed, .*profile" "$bench" gen churn siez=3 -o x.trace
fails 2 "'15' for size; a number from 16 to 1000000" "$bench" gen churn size=15 -o x.trace
fails 2 "'1000001' for size" "$bench" gen churn size=1000001 -o x.trace
fails 2 "'-1' for seed" "$bench" gen churn seed=-1 -o x.trace
fails 2 "'' for size" "$bench" gen churn size= -o x.trace
fails 2 "'1k' for size" "$bench" gen churn size=1k -o x.trace
fails 2 "'size'; KEY=VALUE" "$bench" gen churn size -o x.trace
fails 2 "profile '7.0'" "$bench" gen churn profile=7.0 -o x.trace
fails 2 "'--colour'" "$bench" gen --colour
fails 2 "No such file" "$bench" gen churn size=16 -o missing/x.trace
fails 2 "unknown family ''" "$bench" replay gen:
fails 2 "unknown parameter 'x'" "$bench" replay gen:churn:x=1
fails 2 "unknown family 'nothing'" "$bench" run --quick --workloads=gen:nothing

# A definition that is wrong, with the place.
broken() {
	pattern=$1
	shift
	sed "$@" mine.json >broken.json
	fails 2 "broken\.json:.*$pattern" "$bench" gen broken.json -o x.trace
}
sed -i 's/"mine"/"broken"/' mine.json
broken "2: .*expected" 's/"title": "t"/"title" "t"/'
broken "'mined'.*mined\.json" 's/"broken"/"mined"/'
broken "not found: phases" 's/"phases"/"stages"/'
broken "phase 1 'all': .*unknown operation 'ad'" 's/"add"/"ad"/'
broken "add: unknown key 'node'" 's/"size": "512K"/"size": 1, "node": 1/'
broken "add: 'size' is missing" 's/, "size": "512K"//'
broken "unknown name at 'k \* 1M'" 's/i \* 1M/k * 1M/'
broken "a value is missing" 's/i \* 1M/i */'
broken "i = 0: add: divided" 's/i \* 1M/1 \/ i/'
broken "i = 8: add: .*does not fit" 's/i \* 1M/i << 60/; s/512K/i < 8 ? 0 : i/'
broken "out of range: '0 - i' is -1" 's/i \* 1M/0 - i/'
broken "the default is outside" 's/"default": 16/"default": 15/'
broken "size and seed" 's/"seed":/"need":/'
broken "repeat: out of range" 's/"repeat": "size"/"repeat": "size << 40"/'
check "gen left something behind" test ! -e x.trace

finish
