#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_limits.sh - input of any size comes to an end: what is not read is said, warnings stay few, and
# a log that is too large to be worked out is taken as captured. No time is measured here; what is not
# bounded runs into the test's own limit.
. "$(dirname "$0")/expect.sh"

# import_of FILE STATUS: import it; text in $out and $err, JSON in json
import_of() {
	run "$bench" import -o trace "$1"
	[ $status = "$2" ] || complain "status $status, expected $2: import $1"
}

says() { # PATTERN
	grep -Eq -e "$1" "$err" || complain "no '$1' among the warnings"
}

start='memblock_add: [0x0000000000100000-0x00000fffffffffff] setup+0x0/0x10'

# ---- warnings

{
	echo "$start"
	awk 'BEGIN { for (i = 0; i < 200000; i++) printf "memblock_reserve: [0xzz-0x%x] x\n", i }'
} >bad.log
import_of bad.log 0
check "few warnings" test "$(wc -l <"$err")" -lt 40
says 'bad\.log:22: .*\.\.\. and 199980 more of this kind; the first: unreadable memblock line'
check "all are counted" grep -q '200000 lines not recognised' "$out"
run "$bench" import --format=json -o trace bad.log
check "all are counted in JSON" grep -q '"unrecognised": 200000' "$out"
check "the rest is in JSON" grep -q 'and 199980 more of this kind' "$out"
run "$bench" replay --variants=array trace
check "a trace has no more" test "$(grep -c 'unreadable memblock line' "$out")" -lt 40

# ---- lines

{
	echo "$start"
	awk 'BEGIN { printf "memblock_reserve: [0x0000000000200000-0x0000000000200fff] a+0x0/0x1"
		for (i = 0; i < 5000; i++) printf " x"
		print "" }'
} >long.log
import_of long.log 0
says 'long\.log:2: .*line of 10[0-9]{3} bytes: what follows its first 4096 is not read'
awk 'BEGIN { for (i = 0; i < 1000000; i++) printf "0123456789" }' >one-line.log
fails 2 'one-line\.log:1: .*(line of 10000000 bytes|no memblock lines)' "$bench" import -o no one-line.log
awk 'BEGIN { for (i = 0; i < 2100000; i++) print "ab" }' >lines.log
fails 2 'lines\.log:2097152: more than 2097152 lines; cut out' "$bench" import -o no lines.log

# ---- claims

{
	echo "$start"
	echo 'MEMBLOCK configuration:'
	echo ' memory size = 0x1 reserved size = 0x0'
	echo ' memory.cnt  = 0xffffffffffffffff'
} >claim.log
import_of claim.log 0
says 'incomplete dump: 0 of 18446744073709551615 regions of memory'

# ---- work

# What every boot with memblock=debug prints, and then @1 lines that the awk text @2 makes of i.
many() {
	echo "$start"
	awk "BEGIN { for (i = 0; i < $1; i++) { b = (i * 7919) % 1000003; $2 } }"
}
many 300000 'printf "memblock_reserve: [0x%x000-0x%xfff] memblock_alloc_range_nid+0x0/0x1\n", b + 4096, b + 4096' >orphans.log
import_of orphans.log 0
says 'too large to work all of it out: from here on no silent changes are searched for'
says 'too large to work all of it out: from here on lines are taken as captured'
check "nothing is lost" grep -q '^trace: 30[0-9]* operations' "$out"
mv trace first.trace
import_of orphans.log 0
check "the same again" cmp -s trace first.trace
many 300000 'printf "memblock_reserve: [0x%x000-0x%xfff] setup+0x0/0x1\n", b * 2 + 4096, b * 2 + 4096' >reserves.log
import_of reserves.log 0
says 'lines are taken as captured'
{
	echo "$start"
	echo 'MEMBLOCK configuration:'
	echo ' memory size = 0xffffff00000 reserved size = 0x186a0000'
	echo ' memory.cnt  = 0x1'
	printf ' memory[0x0]\t[0x0000000000100000-0x00000fffffffffff], 0x00000fffff000000 bytes flags: 0x0\n'
	echo ' reserved.cnt  = 0x186a0'
	awk 'BEGIN { for (i = 0; i < 100000; i++) printf " reserved[0x%x]\t[0x%x000-0x%xfff], 0x1000 bytes flags: 0x0\n", i, i * 2 + 4096, i * 2 + 4096 }'
} >dump.log
import_of dump.log 0

# ---- files

mkfifo fifo
fails 2 'fifo: a FIFO into which nobody wrote' "$bench" import -o no fifo
(cat claim.log >fifo) &
import_of fifo 0
wait
mkdir folder
fails 2 'folder: cannot read.*directory' "$bench" import -o no folder
printf '\n\n\n' >blank.log
fails 2 'blank\.log:.*no memblock lines' "$bench" import -o no blank.log
truncate -s 600000000 zero.log # sparse
for command in "import -o no" replay show; do
	# shellcheck disable=SC2086 # the command is words
	fails 2 'zero\.log: more than 512 MiB' "$bench" $command zero.log
done
check "nothing half-written" test ! -e no

finish
