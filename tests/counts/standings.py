# SPDX-License-Identifier: GPL-2.0-or-later
"""How the variants stand against the kernel's code: instructions, counted.

    standings.py count BENCH OUT.json BOOT...    count boots (names or files) and some operations, with callgrind
    standings.py place BENCH OUT.json BOOT...    of boots, only what placement leaves, anew; some seconds
    standings.py tables                          write the tables of results/standings/README.md, from what lies there

Counts are of the default build (kflags), metadata in the managed memory, gross: loop, public function and
dispatch included, on both sides. A boot is judged by the kernel of its profile, an operation by the newest. A
boot that cannot be replayed is left out and named. Takes some ten minutes; what OUT.json has already is not
counted again, by the same program. What placement leaves are the aligned blocks in memory that is free after the hand-over
(`replay`), with metadata in the managed memory too.
"""
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[2] / "results" / "standings"
BEGIN, END = "<!-- standings.py: begin -->\n", "<!-- standings.py: end -->\n"
VARIANTS = ("linux", "array", "array:search=binary", "rbtree", "list", "order", "adaptive", "gaprb")
CELLS = (("reserve", "random", 128), ("reserve", "random", 8192), ("find_free", "gaps", 1024),
         ("find_free", "gaps", 8192), ("set_node", "ascending", 16))


def without_caches(folder):
    """An environment in which Valgrind simulates no caches and predictors: instructions, in half the time."""
    program = Path(folder) / "valgrind"
    program.write_text(f'#!/bin/sh\nfor word; do\n\tshift\n\tcase $word in --cache-sim=*|--branch-sim=*) ;; '
                       f'*) set -- "$@" "$word" ;; esac\ndone\nexec {shutil.which("valgrind")} "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


def variants(bench):
    """With what dispatch costs, if the program has that."""
    known = subprocess.run([bench, "list", "variants"], capture_output=True, text=True, check=True).stdout
    return ",".join((*VARIANTS, "empty") if "\nempty " in known else VARIANTS)


def count(bench, *arguments):
    """{"operation/workload/regions": {variant: counts}}, or why there are none."""
    with tempfile.TemporaryDirectory(prefix="memblock-standings.") as folder:
        out = Path(folder) / "out.json"
        done = subprocess.run([bench, "run", "--quick", "--counters=callgrind", "--processes=1",
                               f"--variants={variants(bench)}", f"--out={out}", *arguments],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              env=without_caches(folder))
        if not out.exists():
            return {}, (done.stderr.strip().splitlines() or ["failed"])[-1]
        rows = json.loads(out.read_text(encoding="utf-8"))["benchmarks"]
    found = {}
    for row in rows:
        operation, workload, variant, regions = row["name"].split("/")
        counts = {key: value for key, value in row.items() if key.startswith("instructions")}
        if not row.get("error_occurred") and counts:
            name = "linux" if variant.startswith("linux:") else variant
            cell = found.setdefault(f"{operation}/{workload}/{regions.removeprefix('regions:')}", {})
            cell[name] = {**counts, "operations": row.get("operations")}
            if name == "linux":
                cell[name]["kernel"] = variant
    return found, done.stderr.strip()


def place(bench, result, boots):
    """result["left"]: {boot: {variant: aligned blocks in free memory after the hand-over}}, of all variants and boots."""
    done = subprocess.run([bench, "replay", "--rounds=0", "--metadata=self", f"--variants={','.join(VARIANTS)}", "--format=json",
                           *boots], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"standings: {done.stderr.strip()}")
    result["left"] = {Path(boot).name: {v["variant"]: v["free_left"] for v in json.loads(line)["variants"] if v["free_left"]}
                      for boot, line in zip(boots, done.stdout.splitlines())}
    result["left_version"] = version(bench)


def version(bench):
    """Commit and compiler, as a result says them."""
    with tempfile.TemporaryDirectory(prefix="memblock-standings.") as folder:
        out = Path(folder) / "out.json"
        subprocess.run([bench, "run", "--quick", "--counters=none", "--processes=1", "--variants=null", "--regions=16",
                        "--operations=reserve", "--workloads=random", f"--out={out}"], capture_output=True, check=True)
        context = json.loads(out.read_text(encoding="utf-8"))["context"]
    dirty = " and changes" * (context["commit_dirty"] != "no")
    return f"commit {context['commit'][:12]}{dirty}, {context['compiler']}"


def count_all(bench, out, boots):
    path, program = Path(out), hashlib.sha256(Path(bench).read_bytes()).hexdigest()
    result = (json.loads(path.read_text()) if path.exists() else
              {"program": program, "version": version(bench), "cells": {}, "boots": {}, "left_out": {}})
    if result["program"] != program:
        sys.exit(f"standings: {out} is of another program ({result['version']}); name another file, or remove it")
    for operation, workload, regions in CELLS:
        if f"{operation}/{workload}/{regions}" not in result["cells"]:
            found, why = count(bench, f"--operations={operation}", f"--workloads={workload}",
                               f"--regions={regions}")
            if not found:
                sys.exit(f"standings: {operation}: {why}")
            result["cells"].update(found)
    for boot in boots:
        name = Path(boot).name
        if name in result["boots"] or name in result["left_out"]:
            continue
        found, why = count(bench, "--operations=replay", f"--workloads={boot}")
        if any("linux" in row and len(row) > 1 for row in found.values()):
            result["boots"][name] = next(iter(found.values()))
        else:
            result["left_out"][name] = why
        print(f"{name}: {'counted' if name in result['boots'] else why}", file=sys.stderr)
        keep(path, result)
    place(bench, result, boots)
    keep(path, result)


def keep(path, result):
    path.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def place_again(bench, out, boots):
    """Of a program with the same answers: what lies in OUT.json need not be of this one."""
    path = Path(out)
    result = json.loads(path.read_text(encoding="utf-8"))
    place(bench, result, boots)
    keep(path, result)


def fewer(left, variant, key):
    """[(boot, blocks, the kernel's)] where the variant leaves fewer blocks than the kernel."""
    return [(boot, rows[variant][key], rows["linux"][key]) for boot, rows in sorted(left.items())
            if variant in rows and "linux" in rows and rows[variant][key] < rows["linux"][key]]


def ratios(boots, variant, key="instructions"):
    return {name: rows[variant][key] / rows["linux"][key] for name, rows in boots.items()
            if variant in rows and rows["linux"].get(key, 0) > 0 and key in rows[variant]}


def number(value):
    return f"{value / 1e6:.2f}M" if value >= 1e6 else f"{value / 1e3:.1f}k" if value >= 1e4 else f"{value:.0f}"


def tables(path):
    result = json.loads(Path(path).read_text(encoding="utf-8"))
    boots = result["boots"]
    variants = [v for v in VARIANTS if all(v in rows for rows in result["cells"].values())]  # a file may be older than a store
    stores = variants[1:]
    kernels = sorted({rows["linux"]["kernel"] for rows in (*boots.values(), *result["cells"].values())})
    yield f"## {Path(path).stem}: {len(boots)} boots ({len(result['left_out'])} left out)"
    yield ""
    yield f"{result['version']}; {', '.join(kernels)}"
    yield ""
    yield "| instructions against `linux` | " + " | ".join(stores) + " |"
    yield "|---|" + "---|" * len(stores)
    of = {store: ratios(boots, store) for store in stores}
    yield "| median / worst boot | " + " | ".join(
        f"{statistics.median(r.values()):.2f} / {max(r.values()):.2f}" for r in of.values()) + " |"
    ours = {store: [v for name, v in r.items() if name.endswith(".trace.zst")] for store, r in of.items()}
    if all(ours.values()):
        yield f"| the same of the catalogue's {len(ours['array'])} | " + " | ".join(
            f"{statistics.median(r):.2f} / {max(r):.2f}" for r in ours.values()) + " |"
    yield f"| boots at 0.5x or less, of {len(boots)} | " + " | ".join(
        str(sum(v <= 0.5 for v in r.values())) for r in of.values()) + " |"
    yield "| worst boot | " + " | ".join(max(r, key=r.get) for r in of.values()) + " |"
    yield ""
    yield "| instructions per operation | " + " | ".join(variants) + " |"
    yield "|---|" + "---|" * len(variants)
    for name, rows in sorted(result["cells"].items()):
        yield f"| {name} | " + " | ".join(number(rows[v]["instructions"]) for v in variants) + " |"
        if "empty" in rows:
            yield "| the same without dispatch | " + " | ".join(
                number(rows[v]["instructions"] - rows["empty"]["instructions"]) for v in variants) + " |"
    yield ""
    told = "adaptive" if "adaptive" in stores else "array"
    yield f"| phases of boots, `{told}` against `linux` | boots above 1x | median | worst |"
    yield "|---|---|---|---|"
    keys = sorted({key for rows in boots.values() for key in rows["linux"] if key.startswith("instructions_")})
    for key in keys:
        r = ratios(boots, told, key)
        yield (f"| {key.removeprefix('instructions_')} | {sum(v > 1 for v in r.values())} of {len(r)} | "
               f"{statistics.median(r.values()):.2f} | {max(r.values()):.2f} |")
    yield ""
    left = result.get("left")
    if left:
        if result["left_version"] != result["version"]:
            yield f"{result['left_version']}:"
            yield ""
        yield f"| free aligned blocks after the hand-over, {len(left)} boots | " + " | ".join(variants) + " |"
        yield "|---|" + "---|" * len(variants)
        for key, what in (("blocks_2M", "2 MiB"), ("blocks_1G", "1 GiB")):
            yield f"| {what} | " + " | ".join(str(sum(rows[v][key] for rows in left.values() if v in rows)) for v in variants) + " |"
            yield f"| {what}: boots with fewer than `linux` | " + " | ".join(str(len(fewer(left, v, key))) for v in variants) + " |"
        yield ""


def page():
    """README.md with the tables of what is there, before first."""
    text = (HERE / "README.md").read_text(encoding="utf-8")
    files = sorted(HERE.glob("*.json"), key=lambda path: (path.stem != "before", path.name))
    made = "\n".join(line for path in files for line in tables(path))
    return text[:text.index(BEGIN)] + BEGIN + made + END + text[text.index(END) + len(END):]


if __name__ == "__main__":
    if len(sys.argv) > 3 and sys.argv[1] == "count":
        count_all(sys.argv[2], sys.argv[3], sys.argv[4:])
    elif len(sys.argv) > 4 and sys.argv[1] == "place":
        place_again(sys.argv[2], sys.argv[3], sys.argv[4:])
    elif sys.argv[1:] == ["tables"]:
        (HERE / "README.md").write_text(page(), encoding="utf-8")
    else:
        sys.exit(__doc__)
