#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_replay.sh - replay, import, show and list as a user meets them: status, fields, and that every
# boot lands where the kernel put it: array with metadata=self, every store with metadata=host.
. "$(dirname "$0")/expect.sh"

cat >replay.py <<'PYTHON'
import json
import sys

path, variants, metadata, files = sys.argv[1], sys.argv[2].split(","), sys.argv[3], sys.argv[4:]
with open(path, encoding="utf-8") as file:
    boots = [json.loads(line) for line in file]
assert [b["file"] for b in boots] == files, "one object per file, in order"
for boot in boots:
    where = boot["file"]
    fields = {"lines", "operations", "adds", "removes", "reserves", "frees", "allocs", "dumps",
              "unrecognised", "warnings", "reconstructed"}
    assert fields <= boot["input"].keys(), f"{where}: input lacks {fields - boot['input'].keys()}"
    assert boot["format"] in ("dmesg", "trace"), boot["format"]
    assert boot["profile"] in ("6.1", "6.12", "new"), boot["profile"]
    assert boot["input"]["allocs"] > 0 and boot["input"]["adds"] > 0, where
    for warning in boot["input"]["warnings"]:
        assert isinstance(warning["line"], int) and warning["text"], warning
    assert [v["variant"] for v in boot["variants"]] == variants, f"{where}: variants"
    for v in boot["variants"]:
        what = f"{where}: {v['variant']}"
        assert v["metadata"] == metadata, what
        placed = metadata == "host" or v["variant"].split(":")[0] == "array"
        if placed:
            assert v["allocs"]["total"] == v["allocs"]["as_captured"], f"{what}: {v['allocs']}"
            assert v["allocs"]["diverged"] == [], what
            assert v["dumps"]["matched"] == v["dumps"]["total"], f"{what}: {v['dumps']}"
        growth = v["growth_events"]
        if metadata == "self" and placed:
            assert growth["as_captured"] == growth["total"], f"{what}: {growth}"
        else:
            assert growth["as_captured"] is None, f"{what}: {growth}"
        assert v["regions"]["memory_peak"] > 0 and v["regions"]["reserved_peak"] > 0, what
        assert v["metadata_bytes_peak"] > 0, what
        left = v["free_left"]
        assert left["blocks_2M"] * 2**21 <= left["bytes"] and left["blocks_1G"] * 512 <= left["blocks_2M"], f"{what}: {left}"
        assert len(v["state_digest"]) == 64, what
        int(v["state_digest"], 16)
        assert v["ns_per_replay"] is None or v["ns_per_replay"] > 0, what
        assert v["ns_per_operation"] is None or v["ns_per_operation"] > 0, what
    if metadata == "host":
        digests = {v["state_digest"] for v in boot["variants"]}
        assert len(digests) == 1, f"{where}: final states differ"
        assert all(v["free_left"] == boot["variants"][0]["free_left"] for v in boot["variants"]), where
PYTHON

# By names without blanks, wherever they are.
ln -s "$source_dir/workloads/captured" captured
ln -s "$shared/captures" captures
boots=$(ls captured/*.trace.zst)
check "no captured boots" test -n "$boots"
logs=
if [ -d captures ]; then
	logs=$(ls captures/x86_*.log)
else
	echo "SKIPPED: logs: $shared/captures is not there; the boots in workloads/ are replayed" >&2
fi

succeeds "$bench" replay --check --format=json --rounds=3 --variants=array,rbtree,list \
	--metadata=host $boots $logs
check "metadata=host" "$python" replay.py "$out" array,rbtree,list host $boots $logs
succeeds "$bench" replay --check --format=json --rounds=0 --metadata=self \
	--variants=array,array:search=binary:merge=full,rbtree,list $boots $logs
check "metadata=self" "$python" replay.py "$out" \
	array,array:search=binary:merge=full,rbtree,list self $boots $logs

# Text goes the same way.
first=$(echo "$boots" | head -1)
succeeds "$bench" replay "$first" --variants array --rounds 5
check "replay prints no row of array" grep -Eq '^ +array +[0-9]+/[0-9]+ ' "$out"

# Single operations: each counts once, percentiles rise, and the tail of a build is the doubling.
succeeds "$bench" replay gen:build-ascending:size=20000 --variants=rbtree --latency --rounds=1
check "the worst operation names no doubling" grep -q 'worst: .*enlarges reserved to 32768 slots' "$out"
succeeds "$bench" replay "$first" --variants=array,null --latency --rounds=9 --format=json
check "latency in JSON" "$python" - "$out" <<'PY'
import json, sys
for variant in json.load(open(sys.argv[1]))["variants"]:
    latency = variant["latency"]
    assert latency["replays"] == 9
    assert latency["operations"] == sum(count for _, count in latency["histogram_ns"])
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["p99.9"]
    assert latency["worst"]["call"] and latency["worst"]["operation"] <= latency["operations"]
PY

# A boot that is not as captured: reported with status 0, an error only under --check.
succeeds "$bench" import "$first" -o whole.trace
line=$(grep -nE '^ *(alloc|phys_alloc_range|alloc_raw) .*=> 0x' whole.trace | sed -n '3s/:.*//p')
sed "${line}s/=> 0x[0-9a-f]*/=> 0x7777000/; /digest/d" whole.trace >wrong.trace
check "the trace was not changed" sh -c '! cmp -s whole.trace wrong.trace'
succeeds "$bench" replay wrong.trace --format=json --rounds=0 --variants=array
check "the divergence is not named" "$python" -c '
import json, sys
v = json.load(open(sys.argv[1]))["variants"][0]["allocs"]
assert v["total"] - v["as_captured"] == 1, v
assert v["diverged"][0]["captured"] == "0x7777000" and v["diverged"][0]["line"] > 0, v' "$out"
run "$bench" replay wrong.trace --check --rounds=0
check "--check: status $status, expected 1" test $status = 1
check "--check: the divergence is not printed" grep -q '0x7777000' "$out"

# Imported and written again, text or compressed, a boot is the same operations.
for boot in $boots; do
	succeeds "$bench" import "$boot" -o again.trace
	succeeds "$bench" import again.trace -o again.trace.zst
	for file in "$boot" again.trace again.trace.zst; do
		"$bench" replay --rounds=0 --format=json --variants=array "$file" |
			"$python" -c 'import json,sys; b=json.load(sys.stdin); print(b["trace_digest"], b["variants"][0]["state_digest"])'
	done >digests.txt
	check "import changes $boot" test "$(sort -u digests.txt | wc -l)" = 1
done

# A log that was itself compressed.
if [ -n "$logs" ] && command -v zstd >/dev/null; then
	log=$(echo "$logs" | head -1)
	zstd -q "$log" -o packed.log.zst
	succeeds "$bench" replay --check --rounds=0 --variants=array packed.log.zst
fi

# Standard input and output, names of workloads, a chosen profile, no version, names in any encoding.
name=$(basename "$first" .trace.zst)
succeeds "$bench" replay --check --rounds=0 --variants=array "$name"
succeeds "$bench" show "$name"
"$bench" import "$first" -o - 2>/dev/null | "$bench" import - -o - 2>/dev/null >piped.trace
check "import - -o - changes the trace" cmp -s whole.trace piped.trace
succeeds "$bench" replay --rounds=0 --variants=array --profile=new "$first"
check "--profile=new is not used" grep -q 'profile new' "$out"
log=$(printf 'log\377')
printf 'memblock_add: [0x1000-0x1fff] a\377+0x1/0x2\n' >"$log"
for command in replay show; do
	succeeds "$bench" $command --format=json "$log"
	check "$command: no JSON of text in another encoding" "$python" -c '
import json, sys
assert json.load(open(sys.argv[1]))["file"] == "log?"' "$out"
done
succeeds "$bench" replay --rounds=0 "$log"
check "no word about the version" grep -q "warning: no 'Linux version' line: profile 6.12" "$out"

# --check says what it cannot check, and that there is nothing to check.
fails_check() {
	run "$bench" replay --check --rounds=0 "$1"
	check "--check $1: status $status, expected 1" test $status = 1
	check "--check $1: no '$2'" grep -q "$2" "$err" "$out"
}
fails_check "$log" 'nothing to check'
succeeds "$bench" replay --check --rounds=0 --variants=rbtree "$first"
check "rbtree: no 'not checked'" grep -q 'not checked: .*--metadata=host' "$out"
sed 's/ ; .*//; /digest/d' wrong.trace >hand.trace
fails_check hand.trace 'operation [0-9]*: captured 0x7777000'
check "a line is wider than 100 columns" test "$(grep -v 'warning:' "$out" | awk '{ if (length > n) n = length } END { print n }')" -le 100

# show and list, both formats.
for boot in $boots; do
	succeeds "$bench" show "$boot"
	succeeds "$bench" show --format=json "$boot"
	check "show --format=json $boot" "$python" -c 'import json,sys; json.load(open(sys.argv[1]))' "$out"
done
for what in variants workloads operations counters; do
	succeeds "$bench" list $what
	check "list $what: nothing" test -s "$out"
	succeeds "$bench" list $what --format=json
	check "list $what --format=json" "$python" -c '
import json, sys
assert all(e["name"] for e in json.load(open(sys.argv[1])))' "$out"
done

finish
