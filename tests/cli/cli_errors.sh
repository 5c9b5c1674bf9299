#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_errors.sh - every kind of bad input: exit status 2, one line on stderr that names what is wrong,
# nothing on stdout, and nothing half-written.
. "$(dirname "$0")/expect.sh"

boot=$source_dir/workloads/captured/x86_64-6.12-cloud-4G-2node.trace.zst
check "missing: $boot" test -s "$boot"

# ---- commands and options

fails 2 'usage: memblock-bench|no command' sh -c "\"$bench\" 2>&1 >/dev/null | head -1 >&2; exit 2"
fails 2 "unknown command 'bnech'.*--help" "$bench" bnech
fails 2 "'--colour'" "$bench" --colour
for command in list run replay import show; do
	fails 2 "'--colour'" "$bench" $command --colour
	fails 2 "'--formatt=json'" "$bench" $command --formatt=json
done
fails 2 "format.*'xml'" "$bench" replay --format=xml "$boot"
fails 2 "format.*'xml'" "$bench" show --format=xml "$boot"
fails 2 "format.*'xml'" "$bench" list --format=xml variants
fails 2 "metadata.*'here'" "$bench" replay --metadata=here "$boot"
fails 2 "'many'.*rounds" "$bench" replay --rounds=many "$boot"
fails 2 "'-1'.*rounds" "$bench" replay --rounds=-1 "$boot"
fails 2 "--variants" "$bench" replay --variants
fails 2 "--check" "$bench" replay --check=yes "$boot"
fails 2 "give FILE" "$bench" replay
fails 2 "FILE" "$bench" show
fails 2 "FILE" "$bench" import
fails 2 "-o|output|TRACE" "$bench" import "$boot"
fails 2 "'everything'" "$bench" list everything
fails 2 "variants|workloads" "$bench" list

# ---- what was meant

meant() {
	fails 2 "; did you mean '$1'\\?\$" "$bench" $2
}

meant run "rnu --quick"
meant show "help shwo"
meant --variants "run --varients=array"
meant --check "replay --chekc $boot"
meant --operations "run --oper=add"
meant -o "import $boot --o x.trace"
meant host "replay --metadata=hots $boot"
meant json "show --format=JSON $boot"
meant divergence "minimise --failure=diverge -o x.trace $boot"
meant workloads "list workload"
meant rbtree "replay --variants=array,rbtee:init=16 $boot"
meant list "verify --variants=lsit"
meant reserve "run --operations=add,resreve"
meant x86_64-6.12-cloud-4G-2node "replay x86_64-6.12-cloud-4G-2nodes"
meant churn "gen chrun -o x.trace"
meant churn "replay gen:chrun"
meant ascending "run --workloads=ascendin"
meant x86_64-6.12-cloud-512M "run --workloads=x86_64-6.12-clod-512M"
meant callgrind "run --counters=callgrnd"
meant --help "--hepl"
for pair in version:linux:verson=newest newest:linux:version=newst gcc:linux:compiler=gccc src:linux:scr=/usr \
	binary:array:init=8:search=binry growth:rbtree,array:grwoth=2; do
	fails 2 "; did you mean '${pair%%:*}'\\?\$" "$bench" replay --variants="${pair#*:}" x.trace
done
fails 2 "version=5.10' of variant linux; version is auto.newest.X.Y, from 6\\.1 on\$" \
	"$bench" replay --variants=linux:version=5.10 x.trace
fails 2 "unknown family 'chrun'; [^?]*did you mean 'churn'\\?\$" "$bench" gen chrun -o x.trace
fails 2 "unknown profile '6.11'; 6.1, 6.12 or new\$" "$bench" replay --profile=6.11 $boot
fails 2 "unknown command 'frobnicate'; see 'memblock-bench --help'" "$bench" frobnicate
fails 2 "unknown option '-x'; see 'memblock-bench gen --help'" "$bench" gen -x

# ---- variants and parameters

for command in "replay $boot" "run --quick"; do
	fails 2 "unknown variant: 'btree'; known are .*array.*default" "$bench" $command --variants=btree
	fails 2 "unknown variant: 'btree'" "$bench" $command --variants=array,btree
	fails 2 "empty name" "$bench" $command --variants=
	fails 2 "empty name" "$bench" $command --variants=array,
	fails 2 "unknown parameter 'depth=2' of variant array; known are .*growth" \
		"$bench" $command --variants=array:depth=2
	fails 2 "'growth=0.5'.*1.10 to 16.00" "$bench" $command --variants=array:growth=0.5
	fails 2 "'search=hash'.*linear\|binary" "$bench" $command --variants=array:search=hash
	fails 2 "init=3" "$bench" $command --variants=array:init=3
	fails 2 "init" "$bench" $command --variants=array:init
done

# ---- what run is asked for

fails 2 "'sorting'" "$bench" run --quick --operations=sorting
fails 2 "'nosuchboot'" "$bench" run --quick --workloads=nosuchboot
fails 2 "'x'" "$bench" run --quick --regions=x
fails 2 "'0'" "$bench" run --quick --regions=0
fails 2 "'\('|filter" "$bench" run --quick --filter='('
fails 2 "filter|no benchmark|nothing" "$bench" run --quick --filter='^nothing-is-called-so$'
fails 2 "repetitions" "$bench" run --quick --repetitions=0
fails 2 "counters.*'all'" "$bench" run --quick --counters=all

# ---- files that cannot be replayed

: >empty.log
printf 'Linux version 6.12.0 (gcc)\n[    0.000000] Booting\nnothing of interest\n' >plain.log
head -c 5000 /dev/urandom >binary.log
head -c 300 "$boot" >truncated.trace.zst
cp "$boot" damaged.trace.zst
printf 'XXXXXXXXXXXXXXXX' | dd of=damaged.trace.zst bs=1 seek=1000 conv=notrunc 2>/dev/null
mkdir folder
for command in replay show "import -o x.trace"; do
	fails 2 'empty\.log:.*' "$bench" $command empty.log
	fails 2 'plain\.log:.*memblock' "$bench" $command plain.log
	fails 2 'binary\.log:.*' "$bench" $command binary.log
	fails 2 'truncated\.trace\.zst:.*' "$bench" $command truncated.trace.zst
	fails 2 'damaged\.trace\.zst:.*' "$bench" $command damaged.trace.zst
	fails 2 'missing\.log:.*No such file' "$bench" $command missing.log
	fails 2 'folder:.*' "$bench" $command folder
	check "$command left something behind" test ! -e x.trace
done

# A log whose last line is cut off, and one with a damaged line: what is whole is replayed or the
# line is named; never a crash, never silence.
if [ -d "$shared/captures" ]; then
	log=$shared/captures/x86_64-6.12-cloud-4G-2node.log
	lines=$(wc -l <"$log")
	for cut in 10 50 90; do
		head -n $((lines * cut / 100)) "$log" | head -c -20 >cut.log
		run "$bench" replay --rounds=0 --format=json cut.log
		case $status in
		0) check "cut at $cut %: no JSON" "$python" -c 'import json,sys; json.load(open(sys.argv[1]))' "$out" ;;
		2) check "cut at $cut %: no line that names it" grep -q '^memblock-bench: cut\.log' "$err" ;;
		*) complain "cut at $cut %: status $status" ;;
		esac
	done
	tr 'r\n' '\000\n' <"$log" >nul.log
	run "$bench" replay --rounds=0 nul.log
	check "bytes of 0 in a log: status $status" test $status = 0 -o $status = 2
fi

# ---- trace files: the line is named

"$bench" import "$boot" -o good.trace || complain "import -o good.trace"
lines=$(wc -l <good.trace)
middle=$((lines / 2))
sed "${middle}s/.*/frobnicate 0x1000 0x2000/" good.trace >word.trace
fails 2 "word\.trace:$middle: .*frobnicate" "$bench" replay word.trace
sed "${middle}s/.*/reserve 0x1000/" good.trace >few.trace
fails 2 "few\.trace:$middle: " "$bench" replay few.trace
sed "${middle}s/.*/reserve 0x10zz 0x1000/" good.trace >digit.trace
fails 2 "digit\.trace:$middle: .*0x10zz" "$bench" replay digit.trace
sed "${middle}d" good.trace >edited.trace
fails 2 "edited\.trace: .*digest" "$bench" replay edited.trace

# ---- output that cannot be written

tiny="run --quick --operations=reserve --workloads=random --regions=16 --variants=array"
for target in /nonexistent/x.json folder; do
	fails 2 "$target" "$bench" $tiny --out=$target
done
run "$bench" $tiny --out=/dev/full # noticed when it is written; the table was printed by then
check "--out=/dev/full: status $status, expected 2" test $status = 2
check "--out=/dev/full: no line that names it" grep -q '/dev/full' "$err"
check "--out=/dev/full: more than one line" test "$(wc -l <"$err")" = 1
fails 2 "/nonexistent/x.trace" "$bench" import "$boot" -o /nonexistent/x.trace
fails 2 "folder" "$bench" import "$boot" -o folder
fails 2 "/dev/full" "$bench" import "$boot" -o /dev/full
check "something was left in the folder" test -z "$(ls -A folder)"
run sh -c "\"$bench\" replay --rounds=0 --format=json \"$boot\" >/dev/full"
check "a full standard output is not noticed (status $status)" test $status != 0
run sh -c "\"$bench\" list variants >/dev/full"
check "list: a full standard output is not noticed (status $status)" test $status != 0

# A file that was there is not lost when the new one cannot be completed.
echo precious >kept.json
fails 2 "'sorting'" "$bench" run --quick --operations=sorting --out=kept.json
check "kept.json was changed" grep -qx precious kept.json

# A link stays one: the file that it leads to is replaced. A pipe is written, not replaced.
mkdir real
echo old >real/old.trace
ln -s real/old.trace link.trace
ln -s real/new.trace dangling.trace
mkfifo pipe
for target in link.trace dangling.trace; do
	succeeds "$bench" import "$boot" -o $target
	check "$target is no link any more" test -L $target
	check "$target does not lead to the trace" cmp -s good.trace $target
done
cat pipe >piped.trace &
succeeds "$bench" import "$boot" -o pipe
wait
check "the pipe was replaced" test -p pipe
check "the pipe did not carry the trace" cmp -s good.trace piped.trace
check "something was left in the folder" test "$(ls -A real | tr '\n' ' ')" = "new.trace old.trace "

# ---- help

for command in list run replay import show help; do
	succeeds "$bench" help $command
	succeeds "$bench" $command -h
done
run sh -c "\"$bench\" --help >/dev/full"
check "--help: a full standard output is not noticed (status $status)" test $status = 2
fails 2 "nosuchboot: No such file or workload" "$bench" replay nosuchboot
fails 2 "empty" "$bench" replay ""
fails 2 "unknown profile '7.0'" "$bench" replay --profile=7.0 "$boot"
for command in "" list run replay import show; do
	succeeds "$bench" $command --help
	check "$command --help does not say usage" grep -q '^usage: memblock-bench' "$out"
done

finish
