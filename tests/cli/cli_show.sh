#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_show.sh - show as a user meets it: the page, the object, and that advice says what a replay does.
. "$(dirname "$0")/expect.sh"

has() {
	check "no '$1' in the output" grep -Eq -e "$1" "$out"
}

lacks() {
	if grep -Eq -e "$1" "$out"; then
		complain "'$1' in the output"
	fi
}

# header NAME: the first lines of a trace.
header() {
	printf 'memblock-trace 1\nsource: %s\nprofile: 6.12\n' "$1"
	printf 'machine: addr_bits=64 page_size=4096 reserved_slots=%s memory_slots=128\n\n' "$2"
}

# reserves COUNT [CALLER]: that many reservations, none of which touches another.
reserves() {
	i=0
	while [ $i -lt "$1" ]; do
		printf 'reserve 0x%x 0x1000' $((0x200000 + i * 0x4000))
		[ $# = 1 ] || printf ' ; caller=%s+0x%x' "$2" $i
		echo
		i=$((i + 1))
	done
}

# Room for 32 reservations, 40 of them after growth is allowed, all by one caller.
{
	header growth 32
	echo 'allow_resize'
	echo 'add 0x100000 0x40000000 ; caller=describe+0x1'
	reserves 40 scatter
	echo 'alloc 4096 0x1000 0x0 accessible -1 => unknown ; caller=tables+0x4'
} >growth.trace
succeeds "$bench" show growth.trace
has 'reserved peaks at 4[0-9]: the array of 32 doubles once'
has 'avoids it .--variants=array:init=64'
has 'tried: with 64 slots no growth'
has '^  reserved +64 +[0-9.]+ KiB  0x[0-9a-f]{12} '
has 'scatter makes (39|40) of 4[0-9] reserved regions in 40 calls'
has '^  reserved +before resizing +0 '
has 'memory is added'
has 'handed over +[0-9]+ pages'
check "a line of more than 80 columns" test -z "$(awk 'length > 80' "$out")"
succeeds "$bench" replay --variants=array:init=64 --rounds=0 --format=json growth.trace
has '"growth_events": \{"total": 0'
succeeds "$bench" replay --variants=array --rounds=0 --format=json growth.trace
has '"growth_events": \{"total": 1'

# 28 reservations before growth is allowed: 4 to spare.
{
	header near 32
	reserves 28
	echo 'allow_resize'
	echo 'add 0x100000 0x40000000'
} >near.trace
succeeds "$bench" show near.trace
has 'reserved holds 28 of 32 slots before resizing is allowed'
has '^  reserved +before resizing +28 +32 +4 +28$'
lacks 'doubles once'

# 40 of them: a kernel does not survive that, and show does.
{
	header over 32
	reserves 40
	echo 'allow_resize'
} >over.trace
succeeds "$bench" show over.trace
has 'The boot ends with a panic at operation 33'
has 'tried: with 65536 slots in both arrays it reaches its end'
succeeds "$bench" show --format=json over.trace
has '"kind": ?"panic"'

# An allocation that failed, and what there was room for.
{
	header failed 128
	echo 'allow_resize'
	echo 'add 0x100000 0x100000'
	echo 'alloc 4194304 0x1000 0x0 accessible -1 => failed ; caller=big+0x1'
} >failed.trace
succeeds "$bench" show failed.trace
has '1 allocation got nothing; the first at operation 3: big asked for 4.0 MiB'
has 'it fails in a replay, too'

# All keys, old and new.
succeeds "$bench" show --format=json growth.trace
check "keys" "$python" - "$out" <<'END'
import json, sys
d = json.load(open(sys.argv[1]))
for key in ("file", "format", "kernel", "digest", "machine", "operations", "peaks", "growth", "end",
            "timeline", "frames", "replay", "growth_replayed", "callers", "events", "fragmentation",
            "zeroed", "handover", "advice", "warnings"):
    assert key in d, key
assert d["peaks"]["before_resize"]["reserved_regions"] == 0
assert d["peaks"]["after_resize"]["reserved_regions"] == d["peaks"]["reserved_regions"]
assert d["growth_replayed"][0]["slots"] == 64
assert any(a["kind"] == "growth" and a["holds"] for a in d["advice"])
END

# --all leaves nothing out.
succeeds "$bench" show growth.trace
has 'smaller ones'
succeeds "$bench" show --all growth.trace
lacks 'smaller ones|--all prints'
fails 2 'one file at a time' "$bench" show growth.trace near.trace

finish
