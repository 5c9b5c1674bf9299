#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_counters.sh - --counters=: what there is, what is refused, and that no number goes without its source.
. "$(dirname "$0")/expect.sh"

counted() {
	"$bench" run --quick --operations=reserve,search --workloads=random --regions=16 \
		--variants=array,null "$@"
}

succeeds "$bench" list counters
check "list counters has no instructions" grep -q '^instructions  *hardware' "$out"
succeeds "$bench" list counters --format=json
check "list counters as JSON" "$python" - "$out" <<'PY'
import json, sys
counters = json.load(open(sys.argv[1]))
kinds = {c["kind"] for c in counters}
assert kinds == {"structural", "hardware", "software", "simulated", "preset"}, kinds
for c in counters:
    if c["kind"] != "preset":
        assert c["description"], c
        assert (c["state"] == "believed") == (c["reason"] == ""), c
PY
hardware=$("$python" -c 'import json, sys
print(sum(c["kind"] == "hardware" and c["state"] == "believed" for c in json.load(open(sys.argv[1]))))' "$out")

succeeds counted --counters=auto --out=auto.json
check "every count has a source" "$python" - auto.json <<'PY'
import json, re, sys
run = json.load(open(sys.argv[1]))
sources = {k[8:]: v for k, v in run["context"].items() if k.startswith("counter:")}
assert all(re.match(r"(hardware|software|structural|absent): .", v) for v in sources.values()), sources
for name in ("instructions", "cycles", "branch_misses", "page_faults", "regions_visited"):
    assert name in sources, name
for row in run["benchmarks"]:
    for name, source in sources.items():
        assert not (source.startswith("absent") and name in row), (name, row["name"])
PY
if [ "$hardware" = 0 ]; then
	check "it is not told why there are no hardware counters" grep -q '^no hardware counters: .' "$out"
	fails 3 'counters=perf: .*(PMU|perf_event_paranoid)' counted --counters=perf
	fails 3 'counters=perf:instructions: .*(PMU|perf_event_paranoid)' \
		counted --counters=perf:instructions
else
	succeeds counted --counters=perf
fi
fails 2 "unknown counter 'nosuch'" counted --counters=perf:nosuch
fails 2 "empty" counted --counters=perf:
fails 2 "unknown counters 'everything'" counted --counters=everything
succeeds counted --counters=none --out=none.json
check "--counters=none counts" sh -c "! grep -q '\"page_faults\":' none.json"

finish
