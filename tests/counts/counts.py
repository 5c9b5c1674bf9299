# SPDX-License-Identifier: GPL-2.0-or-later
"""make counts: what a fixed set of benchmarks counts, against a committed baseline.

    counts.py BUILD [--update]

Counted is by simulation (run --counters=callgrind) and by the variants themselves, so nothing depends on how
busy the machine is. The result, BUILD/counts.json, is the same byte for byte run after run, and compared
with results/counts/baseline.json:

    instructions, branches, regions visited, bytes moved, metadata     exactly
    cache misses                                                       within 1 %, or 0.1 per operation
    mispredictions, lines touched                                      recorded; they depend on where the
                                                                       linker put the code
A difference, better or worse, is an error that names the benchmark: look at it, then make it the baseline
with `make counts UPDATE=1`, in the commit that caused it. Another compiler or Valgrind counts
otherwise: then nothing can be compared, which is said, and is an error only with CI=1. What the baseline
lacks, or this machine (the kernel's code of another version), is listed and not compared.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BASELINE = SOURCE / "results" / "counts" / "baseline.json"
SKIPPED = 77
SETS = [
    ["--workloads=random,gaps", "--regions=16,128,1024", "--operations=all"],
    ["--workloads=x86_64-6.12-cloud-4G-2node,x86_64-6.1-cloud-4G-memmap190-doubling,"
     "arm64-6.12-cloud-aavmf-4G-2node-exact", "--operations=replay"],
]
EXACT = re.compile(r"^(instructions|branches)(_(?!misses)\w+)?$|"
                   r"^(regions_visited|bytes_moved|metadata_bytes)$")
NEAR = re.compile(r"^(l1i_misses|l1d_misses|llc_misses)$")
RECORDED = re.compile(r"^(branch_misses|code_lines|data_lines)$")
NEAR_SHARE, NEAR_LEAST = 0.01, 0.1
SHOWN = 40


def valgrind():
    try:
        said = subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return said.stdout.strip()


def count(bench, arguments):
    """name: {counter: value} and the context of one run; without the kernel's code if that is absent."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts.json"
        for variants in ("linux,array,rbtree,list", "array,rbtree,list"):
            done = subprocess.run([bench, "run", "--quick", "--counters=callgrind",
                                   "--build=kflags", f"--variants={variants}", f"--out={out}",
                                   "--profile=6.12",  # on a machine without a newer kernel, too
                                   *arguments],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  check=False)
            if done.returncode != 3 or "linux" not in done.stderr:
                break
            print(f"counts: SKIPPED: linux: {done.stderr.strip()}", file=sys.stderr)
        if done.returncode:
            sys.exit(f"counts: {done.stderr.strip()}")
        document = json.loads(out.read_text(encoding="utf-8"))
    rows = {}
    for row in document["benchmarks"]:
        rows[row["name"]] = {key: round(value, 3) for key, value in sorted(row.items())
                             if EXACT.match(key) or NEAR.match(key) or RECORDED.match(key)}
    return rows, document["context"]


def by_release(counts):
    """Kernels by release and text, linux:6.12-DIGEST, as older baselines have them with the point release."""
    return {re.sub(r"/linux:(\d+\.\d+)\.\d+-", r"/linux:\1-", name): row for name, row in counts.items()}


def renamed(old, new):
    """{kernel of the baseline: kernel here} of the same release, with another text: an update of its package."""
    kernels = [{match[1] for name in names if (match := re.search(r"/linux:([^/]+)/", name))}
               for names in (old, new)]
    return {a: b for a in kernels[0] - kernels[1] for b in kernels[1] - kernels[0]
            if a.split("-")[0] == b.split("-")[0]}


def write(path, result):
    """A line for each benchmark, so that a change of the baseline can be read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f'  {json.dumps(name)}: {json.dumps(counts)}'
             for name, counts in sorted(result["counts"].items())]
    path.write_text('{\n "environment": ' + json.dumps(result["environment"], sort_keys=True)
                    + ',\n "counts": {\n' + ",\n".join(lines) + "\n }\n}\n", encoding="utf-8")


def differs(key, old, new):
    if EXACT.match(key):
        return old != new
    if RECORDED.match(key):
        return False
    return abs(new - old) > max(NEAR_SHARE * abs(old), NEAR_LEAST)


def compare(old, new):
    """The lines that say what differs."""
    lines = []
    for name in sorted(set(old) & set(new)):
        for key in sorted(set(old[name]) | set(new[name])):
            a, b = old[name].get(key), new[name].get(key)
            if a is None or b is None:
                lines.append(f"{name}: {key}: {'new' if a is None else 'gone'}")
            elif differs(key, a, b):
                change = f" ({100 * (b - a) / a:+.1f} %)" if a else ""
                lines.append(f"{name}: {key}: {a:g} was, {b:g} is{change}")
    return lines


def skip(why):
    print(f"counts: nothing was counted: {why}", file=sys.stderr)
    return 1 if os.environ.get("CI") else SKIPPED


def main(build, update):
    version = valgrind()
    if not version:
        return skip("no valgrind; install it with: apt install valgrind")
    counts, context = {}, {}
    for arguments in SETS:
        rows, context = count(f"{build}/memblock-bench", arguments)
        counts.update(rows)
    result = {"environment": {"compiler": context["compiler"], "flags": context["flags_kflags"],
                              "build_type": context["build_type"], "valgrind": version,
                              "simulation": context["simulation"]},
              "counts": counts}
    write(Path(build) / "counts.json", result)
    if update:
        write(BASELINE, result)
        print(f"counts: {len(counts)} benchmarks are the baseline now")
        return 0
    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    for key, value in baseline["environment"].items():
        if result["environment"].get(key) != value:
            return skip(f"the baseline has {key} '{value}', here it is "
                        f"'{result['environment'].get(key)}': not comparable")
    baseline["counts"] = by_release(baseline["counts"])
    for was, now in sorted(renamed(baseline["counts"], counts).items()):
        print(f"counts: linux:{was} is linux:{now} since an update of its source: its rows are others, and are not "
              "compared; 'make counts UPDATE=1' makes them the baseline's")
    for name in sorted(set(baseline["counts"]) ^ set(counts)):
        print(f"counts: not compared: {name}: "
              f"{'not counted here' if name in baseline['counts'] else 'not in the baseline'}")
    lines = compare(baseline["counts"], counts)
    for line in lines[:SHOWN]:
        print(f"counts: differs: {line}")
    if len(lines) > SHOWN:
        print(f"counts: and {len(lines) - SHOWN} more; all are in {build}/counts.json")
    compared = len(set(baseline["counts"]) & set(counts))
    print(f"counts: {compared} benchmarks compared, {len(lines)} differences")
    return 1 if lines or not compared else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--update" in sys.argv[2:]))
