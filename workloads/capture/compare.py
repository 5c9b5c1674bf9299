# SPDX-License-Identifier: GPL-2.0-or-later
"""How well a log tells of a boot: the log, or a trace imported from it, beside the exact trace of the
same boot.

    memblock-bench capture --exact --log=boot.log -o exact.trace
    compare.py --bench=PROGRAM boot.log exact.trace

Calls are compared with arguments and results, in order; dumps, comments, the hand-over and the discard
(of which no log tells) are left out. Each call that only one of them has is listed, and each that both
have at different places, with the reason where it is known. Status 0 if there is no difference.
"""
import argparse
import collections
import difflib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from failure import CHECK, Failure

ALL = "0x0 0xffffffffffffffff"
# Sign and call, and why a log does not have it so. The first that matches counts.
REASONS = (
    (rf"- set_node \S+ {ALL} (-1|1024)", "resets all nodes: there are none yet, or they are set again before "
     "the next dump"),
    (r"- clear \S+ \S+ hotplug", "nothing is hot-pluggable there: changes nothing"),
    (r"~ clear \S+ \S+ hotplug", "the order of the nodes is not printed, and changes nothing"),
    (r"- trim ", "changes nothing here, else the next dump would tell"),
    (r"~ allow_resize", "not printed; taken to be made at the start, long before an array is full"),
    (r"\+ (free_late|free|slab) ", "part of the discard, which prints it"),
    (r". scratch_area ", "not printed: the first dump tells what is marked as scratch memory, where areas that touch "
     "are one, and not their order"),
    (r". reserve(_node \S+ \S+ -1 kern$| )", "made before anything is printed: the first dump tells what was reserved, not by "
     "which calls and in which order"),
    (r". add ", "made before anything is printed: the first dump tells what was added, not by which "
     "calls"),
    (r"- clear \S+ \S+ nomap", "not printed, and no dump is near: the mark was set shortly before, or "
     "the memory never had it"),
    (r". mark ", "not printed: the next dump tells which memory is marked, not by which calls; what was "
     "cleared again before it is lost"),
    (r". set_node ", "not printed: the next dump tells the nodes of what there is then, not the ranges "
     "that the calls named"),
    (r"- set_bottom_up ", "turned for one attempt, which failed, and back"),
    (r"- alloc_core .* => failed", "an attempt that failed is not printed"),
    (r". alloc_core ", "an area for contiguous memory: its size and place are known, alignment, limit and "
     "node are not"),
)


def operations_of(path, bench):
    """The lines of a log or a trace behind its header, without their comments."""
    with tempfile.TemporaryDirectory(prefix="memblock-compare.") as folder:
        plain = Path(folder) / "plain.trace"
        done = subprocess.run([bench, "import", str(path), "-o", str(plain)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(done.returncode if done.returncode > 0 else CHECK,
                          "compare: " + done.stderr.strip().removeprefix("memblock-bench: "))
        _, _, body = plain.read_text(encoding="latin-1").partition("\n\n")
    return [line.split(" ;")[0] for line in body.splitlines() if line]


def calls_of(path, bench):
    """Since 7.0 memblock_reserve() is inline: what is called is __memblock_reserve(), of any node, without flags."""
    return [re.sub(r"^reserve_node (\S+ \S+) -1 none$", r"reserve \1", line) for line in operations_of(path, bench)
            if line[0] != " " and line not in ("dump", "end", "free_all", "discard")]


def compare(log, exact):
    """[(sign, call)]: - only the exact trace has it, + only the log's, ~ both, in another order."""
    spare = collections.Counter(log)
    spare.subtract(collections.Counter(exact))
    missing = {call: -count for call, count in spare.items() if count < 0}
    extra = {call: count for call, count in spare.items() if count > 0}
    found = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, exact, log, False).get_opcodes():
        if tag == "equal":
            continue
        for call in exact[i1:i2]:
            found.append(("-" if missing.get(call, 0) > 0 else "~", call))
            missing[call] = missing.get(call, 0) - 1
        for call in log[j1:j2]:
            if extra.get(call, 0) > 0:
                found.append(("+", call))
            extra[call] = extra.get(call, 0) - 1
    return found


def reason(sign, call):
    """Why the log does not have call as the exact trace does; None if that is not known."""
    return next((text for pattern, text in REASONS if re.match(pattern, f"{sign} {call}")), None)


def table(pairs, bench):
    """Rows of Markdown: the differences of (name, log, exact trace), each kind with its reason."""
    rows = []
    for name, log, trace in pairs:
        exact = calls_of(trace, bench)
        found = compare(calls_of(log, bench), exact)
        same = len(exact) - sum(sign != "+" for sign, _ in found)
        rows.append(f"| {name} | {same} of {len(exact)} | |\n")
        groups = collections.defaultdict(list)
        for sign, call in found:
            groups[reason(sign, call) or "**not known**"].append(f"`{sign} {call}`")
        rows += [f"| | {'<br>'.join(calls)} | {why} |\n" for why, calls in groups.items()]
    return "".join(rows)


def main(arguments):
    parser = argparse.ArgumentParser(description="a log beside the exact trace of the same boot")
    parser.add_argument("--bench", default="memblock-bench")
    parser.add_argument("log")
    parser.add_argument("exact")
    options = parser.parse_args(arguments)
    try:
        log, exact = (calls_of(path, options.bench) for path in (options.log, options.exact))
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status
    found = compare(log, exact)
    for sign, call in found:
        print(f"{sign} {call}  # {reason(sign, call) or 'not known'}")
    count = collections.Counter(sign for sign, _ in found)
    print(f"{len(exact)} calls; the log lacks {count['-']}, has {count['+']} that were not made, and "
          f"{count['~']} at another place")
    return 0 if not found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
