#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_bounded.sh - a store that fails at its limit, in replay, run and verify: that it does is told, where and what would
# have been needed, and is neither a difference nor a failure. What came before is compared all the same.
. "$(dirname "$0")/expect.sh"

boots=$source_dir/workloads/captured
small=$boots/x86_64-6.1-full-4G.trace.zst
large=$boots/x86_64-6.12-full-127G-127node.trace.zst
said="exceeded its limit of 16 regions of reserved at line [0-9]*: needs at least 42"

succeeds "$bench" replay --check --rounds=3 --latency --metadata=host --variants=array,bounded:init=16,bounded "$small"
check "replay does not tell the limit" grep -q "$said" "$out"
check "the default's limit is exceeded" test "$(grep -c 'exceeded' "$out")" = 1
check "what did not end is timed" grep -Eq 'bounded:init=16 .* - +-$' "$out"
succeeds "$bench" replay --check --rounds=0 --metadata=host --variants=bounded:init=4 "$small"
succeeds "$bench" replay --check --rounds=0 --variants=array,bounded "$large"

# What it answers before is compared: a wrong address in the trace is a difference, behind the limit it is none.
zstdcat "$small" | sed '/^digest/d' >boot.trace
"$python" - <<'PYTHON' || complain "no trace to change"
import re
lines = open("boot.trace", encoding="utf-8").read().splitlines(keepends=True)
at = [i for i, line in enumerate(lines) if re.match(r"alloc\w* .* => 0x[0-9a-f]+000 ", line)]
for name, i in ("early", at[0]), ("late", at[-1]):
    changed = lines[:]
    changed[i] = re.sub(r"( => 0x\w+)000 ", r"\g<1>001 ", changed[i])
    open(f"{name}.trace", "w", encoding="utf-8").writelines(changed)
PYTHON
run "$bench" replay --check --rounds=0 --metadata=host --variants=bounded:init=16 early.trace
check "a difference before the limit is overlooked" test $status = 1
run "$bench" replay --check --rounds=0 --metadata=host --variants=array late.trace
check "the late difference is none" test $status = 1
succeeds "$bench" replay --check --rounds=0 --metadata=host --variants=bounded:init=16 late.trace

succeeds "$bench" replay --check --rounds=0 --metadata=host --format=json --variants=array,bounded:init=16,bounded "$small"
check "JSON of replay" "$python" -c '
import json, sys
array, small, large = json.load(sys.stdin)["variants"]
full = small["exceeded_limit"]
assert full["collection"] == "reserved" and full["limit"] == 16, full
assert full["needs"] == array["regions"]["reserved_peak"] == 42, full
assert 1 < full["operation"] < 97, full
assert small["regions"]["reserved_peak"] <= 16
assert small["ns_per_replay"] is None
assert 0 < small["allocs"]["as_captured"] == small["allocs"]["total"] < array["allocs"]["total"]
assert "exceeded_limit" not in array and "exceeded_limit" not in large
assert large["state_digest"] == array["state_digest"] != small["state_digest"]
' <"$out"

succeeds "$bench" verify --operations=20000 --variants=bounded:init=16,array,rbtree
check "verify does not tell the limit" grep -Eq '^bounded:init=16 exceeded its limit in [1-9][0-9]* sequences' "$out"
check "array leaves, too" sh -c "! grep -q '^array exceeded' '$out'"
check "no operation was compared with it" grep -Eq '^bounded:init=16 took part in [1-9][0-9]{3,} of' "$out"
succeeds "$bench" verify --operations=5000 --format=json --variants=array,bounded:init=16
check "JSON of verify" "$python" -c '
import json, sys
said = json.load(sys.stdin)
assert not said["differs"] and said["exceeded_limit"]["bounded:init=16"] > 0, said
assert list(said["exceeded_limit"]) == ["bounded:init=16"]
' <"$out"
succeeds "$bench" verify --operations=2000 --variants=bounded:init=16

succeeds "$bench" run --quick --variants=array,bounded --operations=reserve,replay --regions=64,1024 \
	--workloads=random,x86_64-6.1-full-4G,x86_64-6.12-full-127G-127node --out=run.json
check "run does not tell it of a state" grep -q '^reserve/random/bounded/regions:1024: exceeded its limit of 256' "$out"
check "run does not tell it of a boot" \
	grep -q '^replay/.*-127node/bounded/.*: exceeded its limit of 256 regions of .*: needs at least 420' "$out"
check "answers verified" grep -Eq '^Answers verified: ([1-9][0-9]*) of \1 benchmarks' "$out"
check "something failed" sh -c "! grep -q failed '$out'"

succeeds "$bench" list variants
check "its kind" grep -Eq '^bounded +bounded ' "$out"
finish
