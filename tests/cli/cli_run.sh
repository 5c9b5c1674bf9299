#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_run.sh - every benchmark once, in smoke size. A benchmark verifies its own answers, so a status
# of 0 means that all of them were right; what is left to see is the form of the results, and that
# variants which must agree carry the same digest of answers.
. "$(dirname "$0")/expect.sh"

cat >results.py <<'PYTHON'
import json
import os
import re
import subprocess
import sys

path, bench, variants = sys.argv[1], sys.argv[2], sys.argv[3].split(",")
with open(path, encoding="utf-8") as file:
    run = json.load(file)
rows, context = run["benchmarks"], run["context"]
operations = [o["name"] for o in json.loads(subprocess.check_output(
    [bench, "list", "operations", "--format=json"]))]
assert rows, "no benchmarks"
answers, kernels = {}, {}
for row in rows:
    name = row["name"]
    assert re.fullmatch(r"[a-z_]+/[^/]+/[^/]+/regions:[1-9]\d*", name), f"name: {name}"
    assert row["run_type"] == "iteration" and "aggregate_name" not in row, f"aggregate: {name}"
    assert "error_occurred" not in row, f"error: {name}: {row.get('error_message')}"
    assert row["time_unit"] == "ns" and row["real_time"] >= 0, f"time: {name}"
    operation, workload, label, regions = name.split("/")
    variant = "linux" if label.startswith("linux:") else label  # linux:VERSION-DIGEST
    assert f"variant:{label}" in context, f"context lacks variant:{label}"
    assert operation in operations, f"operation is not listed: {name}"
    assert variant in variants, f"variant was not asked for: {name}"
    if variant not in ("null", "empty") and not operation.startswith("replay"):
        assert row["label"].startswith("answers:"), f"no digest: {name}"
        into = kernels if variant == "linux" else answers
        into.setdefault((operation, workload, regions), set()).add(row["label"])
kinds = {row["name"].split("/")[0] for row in rows}
if {"reserve", "replay", "replay_cold"} <= kinds and os.uname().machine in ("x86_64", "aarch64"):
    assert "replay_cold_llc" in kinds, "all operations but the one with an empty last-level cache"
names = [row["name"] for row in rows]
assert len(set(names)) == len(names) or context["repetitions"] != "1", "names repeat"
for key, labels in answers.items():
    assert len(labels) == 1, f"variants answer differently: {key}: {labels}"
    # One kernel has the profile of the states; others behave as themselves.
    assert labels <= kernels.get(key, labels), f"no kernel answers so: {key}: {kernels[key]}"
missing = set(operations) - {name.split("/")[0] for name in names}
assert not missing, f"operations without a benchmark: {missing}"
missing = set(variants) - {re.sub("^linux:.*", "linux", name.split("/")[2]) for name in names}
assert not missing, f"variants without a benchmark: {missing}"
for key in ("cpu", "kernel", "compiler", "commit", "commit_dirty", "seed", "metadata", "flags_o2",
            "flags_kflags", "repetitions", "memblock_bench", "build_type"):
    assert context.get(key), f"context lacks {key}"
assert context["commit_dirty"] in ("yes", "no", "unknown")
for counter in ("instructions", "cycles", "bytes_moved"):
    source = context[f"counter:{counter}"]
    assert re.match(r"(hardware|software|simulated|structural|absent: .)", source), source
for variant in variants:
    assert f"variant:{variant}" in context, f"context lacks variant:{variant}"
for workload in {name.split("/")[1] for name in names}:
    assert re.search(r"[0-9a-f]{16}", context[f"workload:{workload}"]), f"digest of {workload}"
print(len(rows), "benchmarks")
PYTHON

# What takes part by default: everything but peers (cli_peers.sh) and what is bounded
# (cli_bounded.sh), the kernel's code if it can be had.
variants=$("$bench" list variants --format=json | "$python" -c '
import json, os, sys
absent = [v for v in json.load(sys.stdin) if "absent:" in v["description"]]
for v in absent:
    print("SKIP:", v["description"], file=sys.stderr)
    assert not os.environ.get("CI"), "in CI it has to be there"
' && "$bench" list variants --format=json | "$python" -c '
import json, sys
print(",".join(v["name"] for v in json.load(sys.stdin)
               if v["kind"] not in ("peer", "bounded", "alias") and "absent:" not in v["description"]))')
check "a variant is absent" test -n "$variants"

# Everything there is, both metadata modes, both sets of flags. With sanitizers, where it takes ten times as long, all
# stores and operations, of fewer workloads.
some=
[ "${MB_SANITIZED:-0}" = 0 ] || some="--regions=16 --workloads=random,gaps,captured"
# shellcheck disable=SC2086 # options
succeeds "$bench" run --quick $some --out=all.json
check "the table does not say that all answers were verified" \
	grep -Eq '^Answers verified: ([1-9][0-9]*) of \1 benchmarks' "$out"
check "a control character in a table that goes to a file" sh -c "! grep -q '[[:cntrl:]]' '$out'"
check "results of run --quick" "$python" results.py all.json "$bench" "$variants"
# shellcheck disable=SC2086 # options
succeeds "$bench" run --quick $some --metadata=host --out=host.json
check "results with metadata=host" "$python" results.py host.json "$bench" "$variants"
succeeds "$bench" run --quick --build=both --operations=reserve,replay --workloads=random,captured \
	--out=both.json
check "--build=both: no rows of the o2 build" grep -q '"reserve/random/array+o2/regions:' both.json

# Lists, sizes, filter, parameters; names echo what was asked for. A state that never grows is no answer to how to grow,
# and that is said; of a boot nothing is.
run "$bench" run --quick --operations=reserve,find_free --workloads=ascending --regions=16,64 \
	--variants=rbtree,array:init=256:search=binary --out=some.json
check "status $status" test "$status" = 0
check "not said: $(cat "$err")" grep -qx \
	'memblock-bench: run: array:init=256:search=binary: synthetic states never grow, so .*' "$err"
succeeds "$bench" run --quick --operations=replay --workloads=x86_64-6.12-cloud-4G-2node \
	--variants=array:init=16:growth=4 --out=grown.json
cat >some.txt <<'NAMES'
find_free/ascending/array:init=256:search=binary/regions:16
find_free/ascending/array:init=256:search=binary/regions:64
find_free/ascending/rbtree/regions:16
find_free/ascending/rbtree/regions:64
reserve/ascending/array:init=256:search=binary/regions:16
reserve/ascending/array:init=256:search=binary/regions:64
reserve/ascending/rbtree/regions:16
reserve/ascending/rbtree/regions:64
NAMES
"$python" -c 'import json; print("\n".join(sorted(r["name"] for r in json.load(open("some.json"))["benchmarks"])))' >got.txt
check "lists and sizes: $(diff some.txt got.txt | head -3)" cmp -s some.txt got.txt
succeeds "$bench" run --quick --filter='^add/(random|gaps)/list/.*:16$' --out=filter.json
check "--filter" test "$("$python" -c 'import json; print(" ".join(sorted(r["name"] for r in json.load(open("filter.json"))["benchmarks"])))')" = \
	"add/gaps/list/regions:16 add/random/list/regions:16"

# Raw repetitions, none of them an aggregate.
succeeds "$bench" run --quick --repetitions=3 --operations=free --workloads=random --regions=16 \
	--variants=array --out=three.json
check "--repetitions=3" test "$("$python" -c 'import json; print([r["repetition_index"] for r in json.load(open("three.json"))["benchmarks"]])')" = "[0, 1, 2]"

# --format=json puts the same on stdout.
succeeds "$bench" run --quick --operations=free --workloads=random --regions=16 --variants=array \
	--format=json
check "--format=json" "$python" -c 'import json,sys; json.load(open(sys.argv[1]))["benchmarks"][0]' "$out"

# The same seed makes the same workload, another one another.
for seed in 1 1 2; do
	"$bench" run --quick --operations=free --workloads=random --regions=16 --variants=array \
		--seed=$seed --format=json |
		"$python" -c 'import json,sys; print(json.load(sys.stdin)["context"]["workload:random"])'
done >seeds.txt 2>"$err"
check "seeds: $(cat seeds.txt)" test "$(sort seeds.txt | uniq -c | awk '{print $1}' | sort | tr -d '\n')" = 12

# A log or trace given by its path is a workload, too.
boot=$source_dir/workloads/captured/x86_64-6.12-cloud-4G-2node.trace.zst
cp "$boot" mine.trace.zst
succeeds "$bench" run --quick --workloads=mine.trace.zst --variants=array,list --out=mine.json
check "a trace as a workload" grep -q '"replay/[^/]*/list/regions:[0-9]*"' mine.json

# Through a pipe it is there once; all processes have it.
piped() {
	"$python" -c 'import sys; sys.stdout.buffer.write(open(sys.argv[1], "rb").read())' "$boot" | "$bench" "$@"
}
succeeds piped run --quick --workloads=/dev/stdin --variants=array,list --processes=2 --out=mine.json
check "a trace out of a pipe" grep -q '"replay/stdin/list/regions:[0-9]*"' mine.json
check "a folder is left" test ! -e mine.json.blocks

# A boot that was recorded whole, to the hand-over, is a workload as well.
succeeds "$bench" run --quick --workloads=x86_64-6.12-cloud-4G-2node-exact --operations=replay \
	--variants=array,rbtree --out=exact.json
check "an exact boot as a workload" grep -q '"replay/x86_64-6.12-cloud-4G-2node-exact/rbtree/' exact.json

# Whoever reads the table may go away: the results are there before it.
"$bench" run --quick --operations=add --workloads=random --regions=16 --variants=array --counters=none \
	--out=left.json 2>/dev/null | true
check "no results for want of a reader" sh -c '[ -s left.json ] && [ ! -e left.json.blocks ]'

# An older run is never overwritten.
for seed in 1 2 3; do
	succeeds "$bench" run --quick --operations=add --workloads=random --regions=16 --variants=array \
		--counters=none --seed=$seed --out=again.json
done
check "not said" grep -q 'again.json; what was there is again.json.~2~' "$out"
check "the first run is lost" grep -q '"seed": "1"' again.json.~1~
check "the second run is lost" grep -q '"seed": "2"' again.json.~2~

finish
