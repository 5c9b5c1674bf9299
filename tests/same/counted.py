# SPDX-License-Identifier: GPL-2.0-or-later
"""The group `callgrind` of same_answers.py: what a simulated processor counts, row by row."""
import json
import re
import shutil

from sides import Case

WITHIN = 0.002  # counted instructions may differ by that
CALLGRIND = (["--workloads=random,gaps", "--regions=16,128,1024", "--operations=all"],
             ["--workloads=x86_64-6.12-cloud-4G-2node,x86_64-6.1-cloud-4G-memmap190-doubling,"
              "arm64-6.12-cloud-aavmf-4G-2node-exact", "--operations=replay"])  # as tests/counts has them
CALLGRIND_QUICK = (["--workloads=random", "--regions=16,128",
                    "--operations=add,reserve,free,find_free,alloc"],
                   ["--workloads=x86_64-6.12-cloud-4G-2node", "--operations=replay"])
COUNTED = re.compile(r"(instructions|branches)(_(?!misses)\w+)?$")
PLACED = re.compile(r"branch_misses|\w+_misses|code_lines|data_lines")  # depend on where the linker puts code


class Counts:
    """Instructions and branches of all rows: the largest difference, and sums."""

    def __init__(self, to):
        self.to, self.rows, self.largest, self.sums = to, 0, (0.0, "none"), [0.0, 0.0]

    def row(self, name, before, after):
        for key in sorted(key for key in before if COUNTED.match(key)):
            a, b = before[key], after.get(key, 0.0)
            share = abs(b - a) / a if a else float(b != a)
            self.rows += 1
            self.to.compared += 1
            self.largest = max(self.largest, (share, f"{name}: {key}"))
            if key == "instructions":
                self.sums = [self.sums[0] + a, self.sums[1] + b]
            if share > WITHIN:
                self.to.report(f"{name}: {key}",
                               [f"{a:.3f} was, {b:.3f} is ({100 * (b - a) / (a or 1):+.2f} %)"])

    def summary(self):
        before, after = self.sums
        self.to.compared += 1
        if after > before:
            self.to.report("the sum of all instructions is above", [f"{before:.3f} was, {after:.3f} is"])
        change = 100 * (after - before) / before if before else 0.0
        share, name = self.largest
        print(f"  {self.rows} counts of instructions and branches, the largest difference {100 * share:.3f} %"
              f"{f' ({name})' if share else ''}")
        print(f"  sum of instructions: {before:.1f} before, {after:.1f} after ({change:+.4f} %)")


def uncounted(document):
    """The rows without what is compared by size, and what depends on the linker, as text by row."""
    return {row["name"]: json.dumps({key: "#" if COUNTED.match(key) or PLACED.match(key) else value
                                     for key, value in row.items()}) for row in document["benchmarks"]}


def compare_callgrind(to):
    if not shutil.which("valgrind"):
        to.skip("callgrind: no valgrind; install it with: apt install valgrind")
        return
    variants = "linux,array,rbtree,list" if to.kernels()["6.12"] else "array,rbtree,list"
    counts = Counts(to)
    for arguments in CALLGRIND_QUICK if to.quick else CALLGRIND:
        case = Case("run", "--quick", "--counters=callgrind", "--build=kflags", f"--variants={variants}",
                    *arguments, "--out=x.json", writes=True, kind="simulated")
        answers = to.both(lambda side, case=case: side.run(case))
        if None in answers or any("file x.json" not in answer for answer in answers):
            to.compared += 1
            to.report(case, ["no result on one side or both",
                             *(answer["stderr"][:200] if answer else "no end" for answer in answers)])
            continue
        documents = []
        for answer, side in zip(answers, to.sides):
            text = answer.pop("file x.json")
            text = re.sub(r'(?m)^(\s*(?:"[^"]*": )?)#', r"\g<1>0", text.replace("[#]", "[]"))
            documents.append(json.loads(text))
            answer["context"] = json.dumps(documents[-1]["context"], indent=1)
            answer.update(uncounted(documents[-1]))
        to.same(case, *answers)
        rows = [{row["name"]: row for row in document["benchmarks"]} for document in documents]
        for name in sorted(rows[0].keys() & rows[1].keys()):
            counts.row(name, rows[0][name], rows[1][name])
    counts.summary()
