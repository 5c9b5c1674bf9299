#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_peers.sh - peers beside stores in a run: rows where they offer the operation, with array's answers, and a word
# where not; other commands refuse them, and so does a program that was built without.
. "$(dirname "$0")/expect.sh"

build=${MB_BUILD_DIR:?"not set; give it the path of the build folder"}
peers=stdmap
if "$bench" list variants | grep '^absl .*absent' >"$out"; then
	[ -z "${CI:-}" ] || complain "in CI libabsl-dev has to be there"
	fails 3 "variant absl: .*libabsl-dev" "$bench" run --quick --variants=array,absl
else
	peers=absl,stdmap
fi

cat >rows.py <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    run = json.load(file)
peers, build = sys.argv[2].split(","), sys.argv[3]
offered = {"add", "remove", "reserve", "free", "find_free", "alloc", "search", "overlap"}
others = {"mark", "set_node", "iterate", "handover", "walk_free", "free_all", "free_all_undeferred"}
answers = {}
for row in run["benchmarks"]:
    assert "error_occurred" not in row, f"{row['name']}: {row.get('error_message')}"
    operation, workload, variant, regions = row["name"].split("/")
    answers.setdefault(variant, {})[operation, workload, regions] = row["label"]
    if variant.startswith("stdmap"):
        assert row["metadata_bytes"] >= 24 * int(regions.split(":")[1]), f"{row['name']}: metadata"
names = {f"{name}+o2" for name in peers}
wanted = names | ({"array"} if build != "o2" else set()) | ({"array+o2"} if build != "kflags" else set())
assert set(answers) == wanted, f"{set(answers)} are there, not {wanted}"
everything = answers.pop("array+o2", None)
everything = answers.pop("array", everything)
assert {key[0] for key in everything} == offered | others
for name in names:
    assert answers[name] == {key: label for key, label in everything.items() if key[0] in offered}, name
    for operation in others:
        assert "not offered" in run["context"][f"not_timed:{operation}/{name}"]
    assert run["context"][f"variant:{name}"]
PYTHON

for set in kflags o2 both; do
	succeeds "$bench" run --quick --variants="array,$peers" --build=$set --workloads=synthetic \
		--operations=all --regions=16,200 --counters=none --out=$set.json
	check "no word that it is not compiled as a kernel is" grep -q '^stdmap+o2: .*not as a kernel' "$out"
	check "no word of what it offers not" \
		grep -q '^not timed: handover/stdmap+o2: not offered' "$out"
	check "rows of $set" "$python" rows.py $set.json "$peers" $set
done

# Alone, and from a filter; nothing but what it has not.
succeeds "$bench" run --quick --variants=stdmap --workloads=random --regions=16 --counters=none \
	--filter='^(reserve|mark)/'
check "no time" grep -Eq '^  random +16 +[0-9.]+' "$out"
fails 2 "nothing is selected" "$bench" run --quick --variants=stdmap --workloads=random \
	--operations=handover

# It is asked for by name, and has no parameters.
succeeds "$bench" list variants
check "no peer in the list" grep -q '^stdmap  *peer  ' "$out"
succeeds "$bench" run --quick --variants=all --workloads=random --operations=add --regions=16 \
	--counters=none
check "all has a peer" test -z "$(grep -E 'stdmap|absl' "$out")"
fails 2 "unknown parameter 'init=8' of variant stdmap; it has none" \
	"$bench" run --variants=stdmap:init=8

for trace in "$source_dir"/workloads/captured/*.trace.zst; do
	break
done
fails 2 "replay: 'stdmap' is a peer" "$bench" replay "$trace" --variants=array,stdmap
fails 2 "minimise: 'stdmap' is a peer" "$bench" minimise "$trace" --variants=array,stdmap -o x
fails 2 "verify: 'stdmap' is a peer" "$bench" verify --variants=array,stdmap
succeeds "$bench" run --quick --variants=array,stdmap --workloads="$trace" --operations=replay \
	--counters=none
check "no word of boots" grep -q '^not timed: replay/stdmap+o2: not offered' "$out"

# A C program has none.
fails 2 "variant absl: not built into this program; .*libabsl-dev" "$build/docs/life_cycle" absl
fails 2 "variant stdmap: not built into this program" "$build/docs/life_cycle" stdmap

finish
