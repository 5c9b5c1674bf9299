#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# faults.sh [FAULT...] - does the emulated machine notice faults that are planted in the counter layer?
#
#   sh tests/emulated/faults.sh              every fault of the table below
#   sh tests/emulated/faults.sh swapped      that one
#
# Each is planted in a copy of bench/counters, which emulated.py then compiles and boots. Prints a table:
# the fault, how many checks fail, and the first of them. Status 1 if a fault is not noticed, 2 if one does not
# apply to the sources any more. A quarter of a minute each.
set -u

here=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# name | file | this text | becomes | what is wrong then
faults() {
	cat <<'END'
no-scaling | reading.c | *value /= *fraction; | (void)fraction; | counts of groups that take turns are not scaled
not-counted | reading.c | 		return COUNTER_NOT_COUNTED; | 		return *value = 0, *fraction = 1, COUNTER_COUNTED; | what was not counted is 0
exclude-kernel | perf.c | .exclude_kernel = !count_kernel, | .exclude_kernel = 0, | the kernel's instructions count, too
stale-times | reading.c | running = after->running[i] - before->running[i]; | running = before->running[i] + 1; | scaled by times of another interval
swapped | reading.c | reading->value[i] = values.values[j].value; | reading->value[i] = values.values[values.count - 1 - j].value; | members of a group are mixed up
no-split | set.c | 	if (fd == -EINVAL) { | 	if (fd == -EINVAL && !group) { | a member that is refused begins no other group
stalled | set.c | groups[g].members < 2 | groups[g].members | a group that never runs stays as it is
late-select | reading.c | set->enabled[g] && !set->groups[g].software) { | set->enabled[g] && !is_selected(set, g, group)) { | a group that was waiting for its turn is not let in
believed | probe.c | else if (counts->large[i] <= 0) | else if (counts->large[i] < 0) | an event that stays 0 is believed
one-size | per_copy.c | copies.values[i] - once[i] | copies.values[i] | of 2n copies n are not taken off
END
}

wanted=" $* "
status=0
printf '%-16s %-8s %s\n' fault failed 'the first check that fails'
faults | sed 's/ | /|/g' | while IFS='|' read -r name file old new wrong; do
	case $wanted in
	"  ") ;;
	*" $name "*) ;;
	*) continue ;;
	esac
	rm -rf "$dir/counters"
	cp -r "$here/bench/counters" "$dir/counters"
	OLD=$old NEW=$new python3 - "$dir/counters/$file" <<'PY' || exit 2
import os, sys
text = open(sys.argv[1]).read()
if text.count(os.environ["OLD"]) != 1:
    sys.exit(f"faults.sh: {sys.argv[1]}: '{os.environ['OLD']}' is there "
             f"{text.count(os.environ['OLD'])} times")
open(sys.argv[1], "w").write(text.replace(os.environ["OLD"], os.environ["NEW"]))
PY
	python3 -B "$here/tests/emulated/emulated.py" --build="$dir/build" --counters="$dir/counters" \
		>"$dir/log" 2>&1
	code=$?
	failed=$(sed -n 's/^[0-9]* passed, \([0-9]*\) failed$/\1/p' "$dir/log")
	printf '%-16s %-8s %s\n' "$name" "${failed:-none}" \
		"$(grep -m 1 '^not ok' "$dir/log" || tail -1 "$dir/log")"
	if [ $code != 1 ] || [ "${failed:-0}" = 0 ]; then
		echo "faults.sh: $name ($wrong): not noticed, status $code" >&2
		exit 1
	fi
done || status=$?
exit $status
