# SPDX-License-Identifier: GPL-2.0-or-later
"""make scale: what everything costs as the number of regions grows, for every variant of the registry.

    scale.py count BUILD OUT.json [--quick] [--full] [--budget=S] [--variants=LIST]
    scale.py tables OUT.json README.md     write the tables between the marks of README.md

Counted and timed: operations of `run` on its synthetic states (instructions by callgrind, kflags, metadata in the
managed memory, gross; nanoseconds the least of three repetitions in one process: they are shown, they prove nothing);
collections that grow from empty (growth.c); captured kexec handovers. A cell that would take longer than the
budget (seconds, 4; of growth 8, of the kernel's 40) by what smaller sizes took is not begun, and the table says where its
variant stopped.
What OUT.json has of the same program, effort and budget is not done again. --full: every power of two. Some twenty minutes of
processor time; only the times want a quiet machine.
"""
import argparse
import hashlib
import json
import math
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from standings import number, version, without_caches

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- scale.py: begin -->\n", "<!-- scale.py: end -->\n"
LARGEST = 100_000
SIZES = {"quick": (64, 1024), "usual": (8, 128, 1024, 2048, 4096, 16384, LARGEST),
         "full": (*(1 << k for k in range(4, 17)), LARGEST)}
FIT_FROM = 1000  # regions: below, what is fixed hides what grows
OPERATIONS = ("add", "reserve", "free", "search", "find_free", "alloc", "walk_free", "free_all", "free_all_undeferred")
ISLANDS = tuple(f"islands-{nodes}-{align}{up}" for nodes, align, up in
                ((2, "4K", ""), (2, "64K", "-up"), (2, "2M", ""), (2, "1G", "-up"), (2, "1G", ""),
                 (64, "4K", "-up"), (64, "64K", ""), (64, "2M", "-up"), (64, "1G", "")))
WORKLOADS = {**{name: OPERATIONS for name in ("random", "gaps")}, **{name: ("find_free", "alloc") for name in ISLANDS},
             **{name: OPERATIONS for name in ("ascending", "descending")}}
ISLANDS_SIZES = {"quick": (64,), "usual": (128, 1024, 4096, 10_000), "full": (128, 1024, 2048, 4096, 10_000, LARGEST)}
QUICK = ("random", "islands-2-4K")
ORDERS = ("random", "ascending", "descending", "alloc")
# As captured ones are, in runs of pages that merge, and a stress in which each preserved page is alone (capture.md).
FAMILIES = ("gen:kexec-merged:size=65536", "gen:kexec-handover:size=8192")
# What a patch saves there: halving and one reservation, which pay in a handover, and all steps (docs/patches.md).
PATCHES = ("linux+binary+noinit", "linux+all")
GROWTH_SIZES = {"quick": (64, 1024), "usual": (500, 700, 1024, 16384, LARGEST)}
SIMULATED = 30  # how much longer an instruction takes under callgrind
UNSEEN = 8      # and while it is not counted
DRAWS = 2000
CALLGRIND = ("valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", "--collect-atstart=no")


def variants_of(bench):
    """{name: kind} of those that are measured: all but what measures the harness."""
    said = subprocess.run([bench, "list", "variants"], capture_output=True, text=True, check=True).stdout
    found = dict(line.split()[:2] for line in said.splitlines() if line and not line[0].isspace())
    return {name: kind for name, kind in found.items() if kind not in ("null", "alias")}


def recommended():
    """The store that `default` stands for."""
    text = (ROOT / "variants" / "variants.def").read_text(encoding="utf-8")
    return re.search(r"^MB_ALIAS\(default, ([\w:=,]+)\)", text, re.M)[1]


def short(variant):
    """As it was asked for: a kernel's row says which, a peer's (absl+o2) that it is built as such code is. With steps:
    linux+STEP."""
    return variant.split(":")[0] if variant.startswith(("linux:", "linux+")) else variant.removesuffix("+o2")


# ---- counting ------------------------------------------------------------------------------------

def run(bench, folder, *arguments):
    """Rows of a run, {(operation, workload, variant): [(variant as it is named there, row of a repetition)]}."""
    out = Path(folder) / "out.json"
    out.unlink(missing_ok=True)
    done = subprocess.run([bench, "run", "--processes=1", "--repetitions=3", f"--out={out}", *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          env=without_caches(folder))
    if not out.exists() and "nothing is selected" in done.stderr:
        return {}
    if not out.exists():
        sys.exit(f"scale: {' '.join(arguments)}: {done.stderr.strip()}")
    found = {}
    for row in json.loads(out.read_text(encoding="utf-8"))["benchmarks"]:
        operation, workload, variant, _ = row["name"].split("/")
        found.setdefault((operation, workload, short(variant)), []).append((variant, row))
    return found


def cell_of(rows):
    """What a cell's repetitions say, in short."""
    variant, row = rows[0]
    wrong = [r["error_message"] for _, r in rows if r.get("error_occurred")]
    if wrong:
        return {"failed": wrong[0]}
    cell = {"ns": round(min(r["real_time"] for _, r in rows), 2)}
    for key in ("instructions", "metadata_bytes", "operations", "ns_worst"):
        if key in row:
            cell[key] = round(row[key], 3)
    if variant.startswith("linux:"):
        cell["kernel"] = variant
    return cell


def seconds_of_cell(operation, n, ns):
    """What a cell takes, roughly: batches that are checked and counted (timed/operations.c, count/simulate.c)."""
    if operation.startswith(("walk_free", "free_all")):
        return n * ns * 8 * SIMULATED * 1e-9
    batch, batches = (64, 16) if n < 4096 else (32, 8) if n < 32768 else (16, 8)
    return batch * ns * (6 * SIMULATED + batches * 12 + 20) * 1e-9


def may_begin(result, operation, workload, variant, sizes, n):
    """None, or why not: what it took at the sizes below. A target is about two stores in two dimensions: they end."""
    if workload in ISLANDS and operation == "find_free" and variant in ("linux", result.get("default")):
        return None
    for smaller in reversed([size for size in sizes if size < n]):
        cell = result["cells"].get(f"{operation}/{workload}/{smaller}", {}).get(variant)
        if cell is None:
            continue
        if "ns" not in cell:
            return cell.get("stopped") or cell.get("failed") or cell["absent"]
        seconds = seconds_of_cell(operation, n, cell["ns"] * n / smaller)
        return f"above {smaller}" if seconds > result["budget"] else None
    return None


def count_cells(bench, folder, result, names, workload, n, sizes, keep):
    """All operations of a workload at one size in one process."""
    wanted = {}
    for operation in WORKLOADS[workload]:
        cells = result["cells"].setdefault(f"{operation}/{workload}/{n}", {})
        for variant in names:
            if variant in cells:
                continue
            why = may_begin(result, operation, workload, variant, sizes, n)
            if why == "not offered":
                cells[variant] = {"absent": why}
            elif why:
                cells[variant] = {"stopped": why}
            else:
                wanted.setdefault(operation, []).append(variant)
    if not wanted:
        return
    allowed = "|".join(f"{operation}/{workload}/({'|'.join(re.escape(v) for v in chosen)})"
                       for operation, chosen in wanted.items()).replace("linux", r"linux:[^/]*")  # +o2: a peer's
    chosen = sorted({v for some in wanted.values() for v in some}, key=list(names).index)
    rows = run(bench, folder, "--counters=callgrind", f"--variants={','.join(chosen)}", f"--workloads={workload}",
               f"--operations={','.join(wanted)}", f"--regions={n}", rf"--filter=^({allowed})(\+o2)?/",
               "--budget=1")
    for operation, chosen in wanted.items():
        for variant in chosen:
            some = rows.get((operation, workload, variant))
            result["cells"][f"{operation}/{workload}/{n}"][variant] = cell_of(some) if some else {"absent": "not offered"}
    keep()


def instructions(growth, *arguments):
    """Those between the loops' own switches."""
    with tempfile.TemporaryDirectory(prefix="memblock-scale.") as folder:
        out = Path(folder) / "out"
        subprocess.run([*CALLGRIND, f"--callgrind-out-file={out}", growth, *arguments], capture_output=True, check=True)
        return int(re.search(r"^totals: (\d+)", out.read_text(encoding="utf-8"), re.M)[1])


def own_part(growth, folder, function="__next_mem_range"):
    """Instructions that a call of the kernel's own iterator takes, without the adapter and what gathers ranges around it."""
    out = Path(folder) / "own"
    subprocess.run([*CALLGRIND, f"--callgrind-out-file={out}", growth, "linux", "random", "1000", "walk"],
                   capture_output=True, check=True)
    names, called, calls, cost = {}, "", 0, 0
    lines = iter(out.read_text(encoding="utf-8", errors="replace").splitlines())
    for line in lines:
        if match := re.match(r"c?fn=\((\d+)\)(?: (.*))?", line):
            if match[2]:
                names[match[1]] = match[2]
            called = names[match[1]] if line.startswith("c") else ""
        elif line.startswith("calls=") and called == function:
            calls += int(line.removeprefix("calls=").split()[0])
            cost += int(next(lines).split()[1])
    return round(cost / calls, 1) if calls else None


def expected(points, n):
    """Seconds that n operations take, [(m, seconds of m)]: the last with the exponent of the last two."""
    (a, first), (b, last) = points[-2:]
    return last * (n / b) ** max(1, math.log(last / first) / math.log(b / a))


def count_growth(growth, result, variant, order, n, sizes):
    """One build from empty; not begun if the smaller ones say that it takes too long, but of the kernel, which all are
    compared with."""
    budget = result["budget"] * (10 if variant == "linux" else 2)
    before = [(m, result["growth"].get(f"{order}/{m}", {}).get(variant, {})) for m in sizes if m < n]
    if before and ("stopped_at" in before[-1][1] or "failed" in before[-1][1]):
        return {**before[-1][1], "of": before[-1][1].get("of", before[-1][0])}
    took = [(m, cell["ns_total"] * 1e-9) for m, cell in before if cell.get("ns_total")]
    if len(took) > 1 and variant != "linux" and expected(took, n) > budget:
        return {"stopped_at": 0, "seconds": budget, "expected": round(expected(took, n), 1)}
    done = subprocess.run([growth, variant, order, str(n), str(budget)], capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.strip()}
    cell = json.loads(done.stdout)
    budget = 5 * result["budget"]
    if "ns_total" in cell and cell["ns_total"] * SIMULATED * 1e-9 < budget:
        cell["instructions"] = instructions(growth, variant, order, str(n), "count")
    if "ns_total" in cell and cell["ns_total"] * UNSEEN * 1e-9 < budget:
        cell["instructions_worst"] = instructions(growth, variant, order, str(n), "count", str(cell["worst"]))
    return cell


def count_all(build, out, effort, budget, only):
    bench, growth, path = f"{build}/memblock-bench", f"{build}/tests/growth", Path(out)
    program = hashlib.sha256(Path(bench).read_bytes() + Path(growth).read_bytes()).hexdigest()
    asked = {"program": program, "effort": effort, "budget": budget, "default": recommended()}
    result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if any(result.get(key) != value for key, value in asked.items()):
        if result:
            print(f"scale: {out} is of another program, or was asked otherwise: begins anew", file=sys.stderr)
        result = {**asked, "version": version(bench), "cells": {}, "growth": {}, "handovers": {}}
    kinds, start = variants_of(bench), time.monotonic()
    result["kinds"] = kinds
    names = [name for name in kinds if not only or name in only.split(",")]

    def keep():
        path.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    with tempfile.TemporaryDirectory(prefix="memblock-scale.") as folder:
        for order in ORDERS:
            sizes = GROWTH_SIZES.get(effort, GROWTH_SIZES["usual"])
            for n in sizes:
                cells = result["growth"].setdefault(f"{order}/{n}", {})
                for variant in names:
                    if variant not in cells and kinds[variant] in ("store", "kernel"):
                        cells[variant] = count_growth(growth, result, variant, order, n, sizes)
                keep()
            print(f"scale: {time.monotonic() - start:.0f} s: growth: {order}", file=sys.stderr)
        captured = sorted(boot.name.removesuffix(".trace.zst")
                          for boot in (ROOT / "workloads" / "captured").glob("*kexec*.trace.zst"))
        for name in () if effort == "quick" else (*captured, *FAMILIES):
            if name not in result["handovers"]:
                whole = [name for name in names if kinds[name] != "peer"]
                whole = ",".join((*whole, *(p.replace("+", ":with=", 1) for p in PATCHES if "linux" in names)))
                rows = run(bench, folder, "--counters=none", f"--variants={whole}", "--operations=replay",
                           f"--workloads={name}", "--budget=5")
                result["handovers"][name] = {variant: cell_of(some) for (_, _, variant), some in rows.items()}
                keep()
        print(f"scale: {time.monotonic() - start:.0f} s: handovers", file=sys.stderr)
        if "walk_own" not in result and "linux" in names:
            result["walk_own"] = own_part(growth, folder)
            keep()
        for workload in QUICK if effort == "quick" else WORKLOADS:
            sizes = (ISLANDS_SIZES if workload in ISLANDS else SIZES)[effort]
            for n in sizes:
                count_cells(bench, folder, result, names, workload, n, sizes, keep)
                print(f"scale: {time.monotonic() - start:.0f} s: {workload}, {n}", file=sys.stderr)
    keep()


# ---- growth with n -------------------------------------------------------------------------------

def slope(points):
    """Of the line through (log n, log cost) with the least squares."""
    xs, ys = [math.log(n) for n, _ in points], [math.log(max(cost, 1)) for _, cost in points]
    x, y = statistics.fmean(xs), statistics.fmean(ys)
    spread = sum((a - x) ** 2 for a in xs)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / spread


def exponent(points):
    """(fitted, low, high): the exponent for n >= FIT_FROM, and what 95 % of the bootstrap's draws lie between."""
    points = [(n, cost) for n, cost in points if n >= FIT_FROM]
    if len({n for n, _ in points}) < 3:
        return None
    draw, slopes = random.Random(1), []
    while len(slopes) < DRAWS:
        some = draw.choices(points, k=len(points))
        if len({n for n, _ in some}) > 1:
            slopes.append(slope(some))
    slopes.sort()
    return slope(points), slopes[DRAWS // 40], slopes[-1 - DRAWS // 40]


def curve(result, operation, workload, variant, key="instructions"):
    """[(n, cost)], and where the variant stopped ("" if it did not)."""
    points, why = [], ""
    for name, cells in result["cells"].items():
        of, on, n = name.split("/")
        if (of, on) == (operation, workload) and variant in cells:
            if key in cells[variant]:
                points.append((int(n), cells[variant][key]))
            else:
                why = (cells[variant].get("stopped") or cells[variant].get("failed", "")).partition(":")[0]
    return sorted(points), why


def at(points, n):
    return dict(points).get(n)


# ---- tables --------------------------------------------------------------------------------------

def shown(value, form=number):
    return "-" if value is None else form(value)


def cells_table(result, workload):
    names = list(result["kinds"])
    sizes = sorted({int(name.split("/")[2]) for name in result["cells"] if name.split("/")[1] == workload})
    if not sizes:
        return
    columns = [n for n in (8, 128, 1024, 10_000, 16384, LARGEST) if n in sizes]
    yield f"### {workload}"
    yield ""
    yield ("| operation | variant | " + " | ".join(f"{n}" for n in columns)
           + " | ns at the last | exponent (95 %) | largest / 1024 | |")
    yield "|---|---|" + "---|" * (len(columns) + 4)
    for operation in WORKLOADS[workload]:
        for variant in names:
            points, why = curve(result, operation, workload, variant)
            if not points and not why:
                continue
            fit = exponent(points)
            ns = dict(curve(result, operation, workload, variant, "ns")[0])
            first, last = at(points, 1024), points[-1] if points else (0, None)
            yield (f"| {operation} | {variant} | " + " | ".join(shown(at(points, n)) for n in columns)
                   + f" | {shown(ns.get(last[0]))} | "
                   + ("-" if fit is None else f"{fit[0]:.2f} ({fit[1]:.2f} to {fit[2]:.2f})") + " | "
                   + ("-" if not first or last[0] <= 1024 else f"{last[1] / first:.2f}") + " | "
                   + (f"stopped {why}" if why.startswith("above") else why) + " |")
    yield ""


def seconds(ns):
    return f"{ns * 1e-9:.4f}"


def kib(value):
    return f"{value / 1024:.0f}"


def growth_table(result, order):
    names = list(result["kinds"])
    sizes = sorted(int(name.split("/")[1]) for name in result["growth"] if name.startswith(f"{order}/"))
    if not sizes:
        return
    yield f"### {order}, {sizes[-1]} from empty"
    yield ""
    yield ("| variant | s | instr. | worst, instr. | worst, ns | median, ns | ratio | growths | KiB | peak, KiB | B a region | |")
    yield "|---|" + "---|" * 11
    for variant in names:
        n, cell = next(((n, cell) for n in reversed(sizes)
                        if (cell := result["growth"][f"{order}/{n}"].get(variant)) and "ns_total" in cell), (0, {}))
        top = result["growth"][f"{order}/{sizes[-1]}"].get(variant, {})
        said = top.get("failed", "")
        if "expected" in top:
            said = f"not begun: some {top['expected']:.0f} s"
        elif "stopped_at" in top:
            said = f"stopped: {top['stopped_at']} of {top.get('of', sizes[-1])} in {top['seconds']} s"
        if n and n != sizes[-1]:
            said += f"; shown: {n}"
        if not cell and not said:
            continue
        mean = cell["instructions"] / n if "instructions" in cell else None
        ratio = cell["ns_worst"] / cell["ns_median"] if cell and cell["ns_median"] else None
        worst = shown(cell.get("ns_worst")) + (" (1 pass)" if cell.get("passes") == 1 else "")
        yield (f"| {variant} | {shown(cell.get('ns_total'), seconds)} | {shown(mean)} | "
               f"{shown(cell.get('instructions_worst'))} | {worst} | {shown(cell.get('ns_median'))} | {shown(ratio)} | "
               f"{cell.get('growths', '-')} | {shown(cell.get('bytes'), kib)} | {shown(cell.get('bytes_peak'), kib)} | "
               f"{shown(cell['bytes'] / n if cell else None, lambda b: f'{b:.1f}')} | {said} |")
    yield ""


def handover_seconds(cells):
    """{variant: seconds in range code}."""
    return {v: cell["ns"] * cell["operations"] * 1e-9 for v, cell in cells.items() if "operations" in cell}


def shares():
    """[(handover, range code, writes of struct pages)]: of all instructions of a counted boot, in the kernel, up to slab."""
    for path in sorted((ROOT / "results" / "kernel-counts" / "handovers").glob("*.json")):
        counts = json.loads(path.read_text(encoding="utf-8"))["instructions"]
        yield path.stem, counts["range_code_share"], counts["struct_pages_share"]


def handover_table(result):
    store = result["default"]
    boots = sorted(result["handovers"], key=lambda name: (name.startswith("gen:"), name))
    yield f"| | handover | operations | `linux`, s | `{store}`, s | saved, s | {' | '.join(f'by `{patch}`, s' for patch in PATCHES)} |"
    yield "|---|---|---|---|---|---|" + "---|" * len(PATCHES)
    for i, boot in enumerate(boots, 1):
        took = handover_seconds(result["handovers"][boot])
        counts = [cell["operations"] for cell in result["handovers"][boot].values() if "operations" in cell]
        saved = [took["linux"] - took[v] if {"linux", v} <= set(took) else None for v in (store, *PATCHES)]
        yield (f"| {i} | {boot} | {counts[0] if counts else 0:.0f} | "
               + " | ".join(shown(value, lambda s: f"{s:.6f}") for value in (took.get("linux"), took.get(store), *saved)) + " |")
    yield ""
    yield "| seconds | " + " | ".join(str(i) for i in range(1, len(boots) + 1)) + " |"
    yield "|---|" + "---|" * len(boots)
    for variant in (*result["kinds"], *PATCHES):
        took = [handover_seconds(result["handovers"][boot]).get(variant) for boot in boots]
        if any(value is not None for value in took):
            yield f"| {variant} | " + " | ".join(shown(value, lambda s: f"{s:.6f}") for value in took) + " |"
    yield ""
    yield "Of all instructions of a kernel's second boot up to slab, counted in an emulated machine:"
    yield ""
    yield "| handover | range code | writes of struct pages |"
    yield "|---|---|---|"
    for name, ranges, pages in shares():
        yield f"| {name} | {100 * ranges:.1f} % | {100 * pages:.1f} % |"
    yield ""


def tables(result):
    kernels = sorted({cell["kernel"] for cells in result["cells"].values() for cell in cells.values()
                      if "kernel" in cell})
    yield f"{result['version']}; {', '.join(kernels)}; `default` is `{result['default']}`; budget {result['budget']:g} s a cell"
    yield ""
    yield "## Cost against n: instructions per operation"
    yield ""
    yield (f"Exponents are least squares over log n and log instructions, n from {FIT_FROM} on; intervals are from {DRAWS} "
           "bootstrap draws of the sizes.")
    yield ""
    for workload in WORKLOADS:
        yield from cells_table(result, workload)
    yield ("Of what `linux` takes for a range of `walk_free` the kernel's own iterator is "
           f"{shown(result.get('walk_own'))} instructions; the rest is the adapter, and the batches that ranges come in.")
    yield ""
    yield "## Growing from empty"
    yield ""
    yield ("Of all operations together seconds, of one instructions; the worst one's instructions and nanoseconds, the median's, "
           "and their ratio; how often it grew; metadata at the end and at the peak, and the former for each region.")
    yield ""
    for order in ORDERS:
        yield from growth_table(result, order)
    yield "## Kexec handovers, seconds in range code, warm"
    yield ""
    yield from handover_table(result)


def write_between(path, begin, end, lines):
    text = Path(path).read_text(encoding="utf-8")
    made = "\n".join(lines)
    Path(path).write_text(text[:text.index(begin)] + begin + made + text[text.index(end):], encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("count", "tables"))
    parser.add_argument("first")
    parser.add_argument("second")
    parser.add_argument("--quick", dest="effort", action="store_const", const="quick", default="usual")
    parser.add_argument("--full", dest="effort", action="store_const", const="full")
    parser.add_argument("--budget", type=float, default=4)
    parser.add_argument("--variants")
    given = parser.parse_args()
    if given.what == "count":
        count_all(given.first, given.second, given.effort, given.budget, given.variants)
    else:
        result = json.loads(Path(given.first).read_text(encoding="utf-8"))
        write_between(given.second, BEGIN, END, tables(result))


if __name__ == "__main__":
    main()
