#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli_blocks.sh - a run that is stopped or killed keeps its finished blocks, and the same command goes on with
# them: at random moments (MB_SEED), and with blocks that are damaged, another's, or in use.
. "$(dirname "$0")/expect.sh"

boot=x86_64-6.12-cloud-4G-2node
export TMPDIR="$scratch/tmp"
mkdir "$TMPDIR"

small() {
	"$bench" run --quick --operations=reserve,replay --workloads=random,gaps,$boot --regions=16 \
		--variants=array,null --counters=none --repetitions=2 --processes=3 "$@"
}
within= # a command that the program is run by
tiny() {
	$within "$bench" run --quick --operations=reserve --workloads=random,gaps --regions=16 --variants=array \
		--counters=none --repetitions=1 --processes=2 "$@"
}
says() { # PATTERN
	grep -Eq -e "$1" "$err" || complain "no '$1' on stderr"
}
blocks_in() { # FOLDER
	find "$1" -name '1-*.json' 2>/dev/null | wc -l
}

# ---- stopped and killed at random moments

cat >kill.py <<'PY'
"""kill.py BENCH BOOT SEED - prints a line for each thing that is not as it should be."""
import collections, json, os, random, re, shutil, signal, subprocess, sys, time
from pathlib import Path

BENCH, BOOT, SEED = sys.argv[1:]
STOPS, AGAIN = (5, 3) if os.environ.get("MB_SANITIZED") == "1" else (10, 6)  # there each run takes ten times as long
COMMAND = [BENCH, "run", "--quick", "--operations=reserve,replay", f"--workloads=random,gaps,{BOOT}",
           "--regions=16", "--variants=array,null", "--counters=none", "--repetitions=2",
           "--processes=3"]
SIGNALS = signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT
chance = random.Random(int(SEED))
faults = 0


def expect(holds, text):
    global faults
    if not holds:
        faults += 1
        print(text)


def heard():
    """Whoever started this may have ignored them."""
    for number in SIGNALS[1:]:
        signal.signal(number, signal.SIG_DFL)


def start(out):
    return subprocess.Popen([*COMMAND, f"--out={out}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, start_new_session=True, preexec_fn=heard, text=True)


def rows(table):
    """The table without numbers."""
    lines = [re.sub(r"[<~±]?[\d.]+[x%]?", "#", line) for line in table.split("\n\n", 1)[1].splitlines()]
    return [re.sub(r" +", " ", re.sub(r"#?~?#", "#", line)).strip() for line in lines
            if not line.startswith(("Results:", "  ("))]


def described(path):
    document = json.loads(path.read_text())
    each = collections.Counter((row["name"], row["process"], row["repetition_index"])
                               for row in document["benchmarks"])
    by_block = collections.defaultdict(list)
    for row in document["benchmarks"]:
        by_block[row["block"]].append({k: v for k, v in row.items() if k != "family_index"})
    return each, sorted(block["id"] for block in document["blocks"]), by_block


def finished(folder):
    return {path.name: path.read_bytes() for path in folder.glob("1-*.json")} if folder.exists() else {}


def outlives(folder):
    """What still runs for @folder, a second later at most."""
    for _ in range(50):
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if str(folder).encode() in (process / "cmdline").read_bytes():
                    found.append(process.name)
            except OSError:
                pass
        if not found:
            return []
        time.sleep(0.02)
    return found


def stop(out, number, blocks, after):
    """Start, stop by a signal so many seconds after so many blocks more are finished. Did it come in time?"""
    folder = Path(f"{out}.blocks")
    before = finished(folder)
    with start(out) as child:
        while child.poll() is None and len(list(folder.glob("1-*.json"))) < len(before) + blocks:
            time.sleep(0.002)
        time.sleep(after)
        if number == signal.SIGINT:  # as a terminal does it: to all
            os.killpg(child.pid, number)
        else:
            child.send_signal(number)
        text, said = child.communicate()
    if child.returncode == 0:
        return False
    expect(child.returncode == -number, f"status {child.returncode} of signal {number}")
    if out.exists():  # between naming its results and its end: they are whole
        expect(described(out)[:2] == like, "results that are not whole")
        return False
    expect(not outlives(folder), "a block outlives its run")
    kept = finished(folder)
    expect(all(kept.get(name) == data for name, data in before.items()), "a finished block has changed")
    line = said.splitlines()[-1] if said else ""
    if number != signal.SIGKILL and text == "" and line:
        want = f": {len(kept)} of 9 blocks are finished, in {folder}; " if kept else ": stopped; no block"
        expect(want in line, f"'{line}' instead of '{want}'")
        left = [path.name for path in folder.glob("*") if path.name not in kept] if folder.exists() else []
        expect(not left, f"debris: {left}")
        expect(kept or not folder.exists(), "an empty folder")
    return True


def resume(out, like, table):
    folder = Path(f"{out}.blocks")
    kept = finished(folder)
    with start(out) as child:
        text, said = child.communicate()
    expect(child.returncode == 0, f"resumed: status {child.returncode}: {said}")
    want = f"{len(kept)} finished block{'s' * (len(kept) != 1)} taken over" if kept else ""
    expect(want in said and (want or not said), f"resumed: '{said}' instead of '{want}'")
    expect(not folder.exists(), "the folder is still there")
    each, ids, by_block = described(out)
    expect(max(each.values()) == 1, "a repetition twice")
    expect((each, ids) == like[:2], "other rows or blocks than those of an uninterrupted run")
    for name, data in kept.items():
        mine = [{k: v for k, v in row.items() if k != "family_index"} for row in json.loads(data)["benchmarks"]]
        expect(by_block[name.removesuffix(".json")] == mine, "a finished block was not taken as it is")
    expect(rows(text) == rows(table), f"another table: {set(rows(text)) ^ set(rows(table))}")
    return len(kept)


whole = Path("whole.json").resolve()
began = time.monotonic()
with start(whole) as child:
    table, said = child.communicate()
lasts = time.monotonic() - began
expect(child.returncode == 0 and not said, f"uninterrupted: {child.returncode} {said}")
like = described(whole)
expect(len(like[1]) == len(set(like[1])) == 9, f"blocks: {like[1]}")

stopped = taken = 0
for i in range(STOPS):
    out = Path(f"killed-{i}.json").resolve()
    stopped += stop(out, SIGNALS[i % len(SIGNALS)], chance.randrange(9), chance.uniform(0, lasts / 9))
    taken += resume(out, like, table) if not out.exists() else 0
# And one run at several.
out = Path("often.json").resolve()
for i in range(AGAIN):
    if not out.exists():
        stopped += stop(out, SIGNALS[i % len(SIGNALS)], 1, chance.uniform(0, lasts / 9))
if not out.exists():
    taken += resume(out, like, table)
expect(stopped > (STOPS + AGAIN) // 2 - 2, f"only {stopped} runs were stopped before their end")
expect(taken > STOPS // 2 - 1, f"only {taken} blocks were taken over")
left = os.listdir(os.environ["TMPDIR"])
expect(not left, f"left in TMPDIR: {left}")
print(f"seed {SEED}: {stopped} stopped, {taken} blocks taken over, {faults} faults", file=sys.stderr)
sys.exit(faults > 0)
PY
run "$python" kill.py "$bench" $boot "${MB_SEED:-1}"
check "seed ${MB_SEED:-1}: status $status" test $status = 0
cat "$err"

# ---- the same blocks, the same table: what cannot be written at the end keeps them all

keep_all() { # FILE COMMAND...
	file=$1
	shift
	rm -f "$file"
	"$@" --out="$file" >"$out" 2>"$err" </dev/null &
	until [ -d "$file.blocks" ]; do sleep 0.01; done
	mkdir "$file"
	wait $!
	status=$?
	rmdir "$file"
}
keep_all same.json small
check "a folder in its place: status $status" test $status = 2
check "blocks: $(blocks_in same.json.blocks)" test "$(blocks_in same.json.blocks)" = 9
cp "$out" first.txt
run small --out=same.json
check "taken over: status $status" test $status = 0
says '9 finished blocks taken over from same.json.blocks$'
check "the head does not say it" grep -q '^resumed: 9 blocks of [0-9].* were taken over$' "$out"
grep -v -e '^Results: ' -e '^resumed: ' "$out" >again.txt
check "another table: $(diff first.txt again.txt | head -3)" cmp -s first.txt again.txt

# ---- damaged, of another run, no block at all

keep_all x.json tiny
cp -r x.json.blocks all
set -- x.json.blocks/1-*.json
truncate -s 3000 "$1"
sed -i 's/"real_time": [0-9]/"real_time": 7/' "$2"
cp "$4" "$3"
run tiny --out=x.json
check "damaged: status $status" test $status = 0
check "damaged blocks: $(grep -c 'damaged, not used' "$err")" test "$(grep -c 'damaged, not used' "$err")" = 3
says "$(basename "$1"): damaged, not used: "
says "$(basename "$2"): damaged, not used: its digest is not that of what it holds"
says "$(basename "$3"): damaged, not used: it is the result of another block"
says ' 1 finished block taken over'
check "the folder is still there" test ! -e x.json.blocks

cp -r all x.json.blocks
: >x.json.blocks/notes
run tiny --seed=2 --out=x.json
check "others: status $status" test $status = 0
says 'x.json.blocks: not used, and left there: 4 blocks of another run; the program, a boot, '
says "x.json.blocks: not a block, not used: 'notes'"
rm x.json.blocks/notes
check "they are not left: $(diff -r all x.json.blocks)" diff -r all x.json.blocks
run tiny --out=x.json
check "after a wrong option: status $status" test $status = 0
says ' 4 finished blocks taken over from x.json.blocks'
check "the folder is still there" test ! -e x.json.blocks

# More time, less precision, fewer processes: the same blocks.
keep_all time.json tiny --budget=40
run tiny --budget=60 --out=time.json
says ' 4 finished blocks taken over from time.json.blocks'
check "of another time: $(cat "$err")" test "$(wc -l <"$err")" = 1 -a ! -e time.json.blocks
keep_all precise.json tiny --processes=4 --variants=array,rbtree --precision=1
blocks=$(blocks_in precise.json.blocks) # 8; 6 where the first three processes were of one mind
check "blocks: $blocks" test "$blocks" = 8 -o "$blocks" = 6
run tiny --processes=4 --variants=array,rbtree --precision=100 --out=precise.json
says " $blocks finished blocks taken over from precise.json.blocks"
check "those of a better precision are not used" grep -q "\"processes\": \"$((blocks / 2))\"" precise.json
check "the folder is still there" test ! -e precise.json.blocks

# Another boot under the same name.
cp "$source_dir/workloads/captured/$boot.trace.zst" mine.trace.zst
mine() {
	"$bench" run --quick --operations=replay --workloads=./mine.trace.zst --variants=array --counters=none "$@"
}
keep_all mine.json mine
check "blocks of a boot" test "$(blocks_in mine.json.blocks)" = 1
cp "$source_dir/workloads/captured/x86_64-6.1-full-4G.trace.zst" mine.trace.zst
run mine --out=mine.json
says 'mine.json.blocks: not used, and left there: 1 block of another run'

# Commas in names are no lists.
mkfifo piped
zstd -dc "$source_dir/workloads/captured/$boot.trace.zst" >piped &
succeeds "$bench" run --quick --operations=replay --workloads=./piped --variants=array --counters=none \
	--out=a,b.json

# ---- on another machine, with another executable

keep_all moved.json tiny
cp -r moved.json.blocks before
if setarch "$(uname -m)" --uname-2.6 true 2>"$err"; then
	within="setarch $(uname -m) --uname-2.6"
	fails 3 'block 1-[0-9a-f]* was measured on .*, Linux .*; this is .*, Linux 2\.6\..*: go on there, or name' \
		tiny --out=moved.json
	within=
	check "blocks of another kernel are touched" diff -r before moved.json.blocks
fi
cp "$bench" rebuilt
echo >>rebuilt
was=$bench
bench=$PWD/rebuilt
run tiny --out=moved.json
check "rebuilt: status $status" test $status = 0
says 'moved.json.blocks: not used: 4 finished blocks of another executable of the same sources: measured again$'
check "two executables in a result" "$python" - moved.json 1 <<'PY'
import json, sys
run = json.load(open(sys.argv[1]))
programs = {block["objects"]["program"] for block in run["blocks"]}
assert len(programs) == int(sys.argv[2]), programs
assert {run["context"]["object:program"]} == programs
assert "resumed" not in run["context"]
for block in run["blocks"]:
    assert {"host_name", "date", "cpu", "kernel", "governor", "pinned", "commit", "layout"} <= set(block["context"])
    assert "bytes, environment by " in block["context"]["layout"], block["context"]["layout"]
assert len({block["context"]["layout"] for block in run["blocks"]}) == len(run["blocks"])
PY
bench=$was
# The first build goes on; of the second one, there is another.
cp "$bench" second
keep_all two.json tiny --executables=./second
cp rebuilt second
run tiny --executables=./second --out=two.json
check "another link: status $status" test $status = 0
says 'not used, and left there: 2 blocks of another run; the program'
says ' 2 finished blocks taken over from two.json.blocks'
rm -r two.json.blocks
cp "$bench" first
keep_all two.json tiny --executables=./first
cp first elsewhere
run tiny --executables=./elsewhere --out=two.json
says ' 4 finished blocks taken over from two.json.blocks'
# What a script starts may change, though the script does not.
printf '#!/bin/sh\nexec ./first "$@"\n' >script
chmod +x script
keep_all two.json tiny --executables=./script
rm "$(grep -l '"process": 2' two.json.blocks/1-*.json | head -1)"
cp rebuilt first
run tiny --executables=./script --out=two.json
check "a build of two programs: status $status" test $status = 3
says 'block 1-[0-9a-f]*: build 1 is another program than it was until now'
rm -r two.json.blocks

if [ "$(nproc)" -gt 1 ]; then
	first=$(taskset -pc $$ | sed 's/.*: //; s/[-,].*//')
	keep_all pinned.json tiny
	rm "$(grep -l '"process": 2' pinned.json.blocks/1-*.json | head -1)"
	within="taskset -c $first"
	run tiny --out=pinned.json
	within=
	says "measured under unlike conditions: pinned: processor [0-9]*; from process 2 of .* on: processor $first"
	check "the head does not say it" grep -q '^measured under unlike conditions: pinned: ' "$out"
	check "nor the result" grep -q '"pinned": "processor [0-9]*; from process 2 of ' pinned.json
fi

# The kernel's code: all that it is built from, not only its file.
if "$bench" replay --variants=linux --rounds=0 mine.trace.zst >"$out" 2>"$err"; then
	copy_kernel_tree tree
	kernel() {
		XDG_CACHE_HOME=$PWD/cache "$bench" run --quick --operations=reserve --workloads=random --regions=16 \
			--variants=linux:src=tree,array --counters=none --repetitions=1 --processes=2 "$@"
	}
	keep_all kernel.json kernel
	run kernel --out=kernel.json
	says ' 2 finished blocks taken over from kernel.json.blocks'
	check "no object" grep -Eq '"object": "[0-9a-f]{16}"' kernel.json
	check "no ratio to the kernel" grep -q 'the ratio to linux' "$out"
	keep_all kernel.json kernel
	echo '/* another */' >>tree/tools/include/linux/sizes.h
	run kernel --out=kernel.json
	says 'kernel.json.blocks: not used, and left there: 2 blocks of another run; the program, a boot, the kernel'
	check "two objects in a result" "$python" -c 'import json, re
context = json.load(open("kernel.json"))["context"]
objects = [v for k, v in context.items() if k.startswith("object:linux:")]
assert len(objects) == 1 and re.fullmatch("[0-9a-f]{64}", objects[0]), objects'
elif [ -n "${CI:-}" ]; then
	complain "in CI the kernel's source has to be there"
fi

# A block that is carried elsewhere says what it is not.
mkdir carried
printf '#!/bin/sh\ncp "${2#--block=}" carried/block; exec "%s" "$@"\n' "$bench" >carry
chmod +x carry
succeeds tiny --executables=./carry --out=x.json
succeeds "$bench" run --block=carried/block --out=carried/result
check "a block by itself" grep -q '"process": 2' carried/result
sed '/"program"/s/: "./: "x/' carried/block >carried/other
fails 3 'another block here: the program, the boot or the kernel' "$bench" run --block=carried/other --out=no
sed 's/"pin"/"pinned"/' carried/block >carried/unknown
fails 2 "carried/unknown: unknown key 'pinned' in a block" "$bench" run --block=carried/unknown --out=no
sed '/"version"/s/1/2/' carried/block >carried/newer
fails 2 'carried/newer: a block of version 2; this program knows 1' "$bench" run --block=carried/newer --out=no
check "something was written" test ! -e no

# ---- two at once

printf '#!/bin/sh\necho $$ >pid; exec sleep 60\n' >sleeping
printf '#!/bin/sh\nkill -SEGV $$\n' >crashing
chmod +x sleeping crashing
sleep_in_second() { # sets $first, and $second once it runs
	rm -f pid
	"$bench" run --quick --operations=reserve --workloads=random,gaps --regions=16 --variants=array \
		--counters=none --repetitions=1 --processes=2 --executables=./sleeping --out=two.json \
		>first.txt 2>&1 </dev/null &
	first=$!
	until [ -s pid ]; do sleep 0.05; done
	second=$(cat pid)
}
sleep_in_second
fails 3 'two.json.blocks: another run is writing two.json; wait for it, or name another --out' \
	tiny --out=two.json
kill -s TERM $first
wait $first
check "stopped: status $?" grep -q '2 of 4 blocks are finished, in two.json.blocks; ' first.txt
check "the block outlives the run that was stopped" gone "$second"
sleep_in_second
kill -s KILL $first
wait $first
check "the block outlives the run that was killed" gone "$second"

# ---- a process that crashes, a disk that is full

run tiny --executables=./crashing --out=two.json
check "a crash: status $status" test $status = 3
says 'process 2 of random was ended by signal 11 \(Segmentation fault\)'
says '2 of 4 blocks are finished, in two.json.blocks; the same command goes on with them$'
run tiny --executables=./carry --out=two.json
check "after it: status $status" test $status = 0
says ' 2 finished blocks taken over from two.json.blocks'
full() {
	(trap '' XFSZ && ulimit -f 6 && tiny --out=full.json)
}
run full
check "a full disk: status $status" test $status = 2
says 'result: cannot be written: File too large'
check "something is left" test ! -e full.json.blocks -a ! -e full.json

check "left in TMPDIR: $(ls "$TMPDIR")" test -z "$(ls "$TMPDIR")"
finish
