# SPDX-License-Identifier: GPL-2.0-or-later
"""make targets: where the recommended store stands against what it is to reach, from the data files of other pages.

    targets.py [--standings=FILE] [--scale=FILE] [--run=FILE] [--sizes=FILE] [--out=README.md]

Nothing is measured here. A row whose file is absent, or lacks the store, says which command makes it. Rows that miss come
first; why, and what was tried, is in results/targets/reasons.txt: a line `key: text` for each row, of any length.
"""
import argparse
import gzip
import json
import random
import re
import statistics
from pathlib import Path

import scale
import standings
from standings import number

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "results" / "targets" / "README.md"
BEGIN, END = "<!-- targets.py: begin -->\n", "<!-- targets.py: end -->\n"
FLAT = ("reserve", "free", "search", "find_free", "alloc")
REALISTIC = ("random", "ascending", "descending", "gaps")
ORDINARY = 100  # reserved regions at the peak
STRESS = 8192   # regions: no log or map reaches more
WALKED_FROM = 128  # regions: below, a walk is mostly its beginning
MET, MISSED, UNKNOWN, TOLD = "met", "missed", "not measured", "shown"
MAKES = {"standings": "`python3 -B tests/counts/standings.py count ...`", "scale": "`make scale`", "run": "`make baseline`",
         "sizes": "`make sizes`"}


class Data:
    """What the files say of the recommended store; None where there is no file."""

    def __init__(self, given):
        self.store = scale.recommended()
        self.files = {}
        for name in MAKES:
            path = Path(getattr(given, name))
            self.files[name] = None
            if path.exists():
                with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
                    self.files[name] = json.load(file)

    def cells(self, workloads, operations=None, key="instructions"):
        """(cell, n, {variant: cost}) of scale, of those where the store has a cost."""
        for name, cells in (self.files["scale"] or {"cells": {}})["cells"].items():
            operation, workload, n = name.split("/")
            costs = {variant: cell[key] for variant, cell in cells.items() if key in cell}
            if workload in workloads and (not operations or operation in operations) and self.store in costs:
                yield name, int(n), costs


def known(data, file, found):
    """A verdict where nothing was found."""
    if found:
        return None
    return UNKNOWN, f"{MAKES[file]} makes it"


def verdict(*conditions):
    return MET if all(conditions) else MISSED


def worst(pairs):
    """(value, name) with the greatest value."""
    return max(pairs, key=lambda pair: pair[0])


# ---- rows: (verdict, what was measured) -----------------------------------------------------------

def boots(data):
    of = {name: rows for name, rows in (data.files["standings"] or {"boots": {}})["boots"].items()
          if data.store in rows and "linux" in rows}
    if none := known(data, "standings", of):
        return none
    ratios = {name: rows[data.store]["instructions"] / rows["linux"]["instructions"] for name, rows in of.items()}
    harness = [(rows["empty"]["instructions"], name) for name, rows in of.items() if "empty" in rows]
    middle, (most, name) = statistics.median(ratios.values()), worst((v, k) for k, v in ratios.items())
    above = sum(v > 0.45 for v in ratios.values())
    text = f"median {middle:.2f}, worst {most:.2f} ({name}), {above} of {len(ratios)} above 0.45"
    if harness:
        text += f"; public function, loop and dispatch {statistics.median(h for h, _ in harness):.0f} (worst {worst(harness)[0]:.0f})"
    return verdict(middle <= 0.28, most <= 0.45, harness and statistics.median(h for h, _ in harness) <= 60), text


def interval(values):
    """(median, low, high) of the bootstrap over processes."""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(400))
    return statistics.median(values), medians[10], medians[-11]


def cold_ratios(data, operation):
    """{(boot, regions): (ratio, low, high)}: time of the store to that of the boot's own kernel, within each process."""
    times = {}
    for row in (data.files["run"] or {"benchmarks": []})["benchmarks"]:
        of, boot, variant, regions = row["name"].split("/")
        if of == operation and row.get("run_type") == "iteration" and not row.get("error_occurred"):
            times.setdefault((boot, int(regions.removeprefix("regions:"))), {}).setdefault(variant, {}).setdefault(
                row.get("process", 1), []).append(row["real_time"])
    found = {}
    for (boot, n), of in times.items():
        release = re.search(r"-(\d+\.\d+)-", boot)
        kernels = sorted((v for v in of if v.startswith("linux:")),
                         key=lambda v: (not release or f"linux:{release[1]}-" not in v, v))
        if data.store in of and kernels:
            both = set(of[data.store]) & set(of[kernels[0]])
            found[boot, n] = interval([statistics.median(of[data.store][p]) / statistics.median(of[kernels[0]][p])
                                       for p in sorted(both)])
    return found


def cold(data, operation):
    found = cold_ratios(data, operation)
    if none := known(data, "run", found):
        return none
    few = [r[0] for (_, n), r in found.items() if n <= ORDINARY]
    many = [r[0] for (_, n), r in found.items() if n > ORDINARY]
    slower = [boot for (boot, _), r in found.items() if r[1] > 1]
    (boot, _), most = max(found.items(), key=lambda item: item[1][0])
    faster = [1 / statistics.median(r) if r else None for r in (few, many)]
    text = "; ".join(f"{what} {f:.2f} x faster" for what, f in zip(("ordinary boots", "more regions"), faster) if f)
    text += f"; slower on {len(slower)} of {len(found)}; worst {boot}: {most[0]:.2f} ({most[1]:.2f} to {most[2]:.2f}) of the kernel's time"
    return verdict(not faster[0] or faster[0] >= 1.5, not faster[1] or faster[1] >= 2, not slower), text


def flat(data):
    fits, ratios, stopped = [], [], []
    for operation in FLAT:
        for workload in REALISTIC:
            points, why = scale.curve(data.files["scale"], operation, workload, data.store) if data.files["scale"] else ([], "")
            stopped += [f"{operation}/{workload} {why}"] * bool(why)
            if fit := scale.exponent(points):
                fits.append((fit[0], f"{operation}/{workload}"))
            first, last = scale.at(points, 1024), scale.at(points, scale.LARGEST)
            if first and last:
                hard = operation in ("find_free", "alloc") and workload == "gaps"
                ratios.append((last / first / (2 if hard else 1.5), last / first, f"{operation}/{workload}"))
    if none := known(data, "scale", fits):
        return none
    text = f"steepest exponent {worst(fits)[0]:.2f} ({worst(fits)[1]}), of {len(fits)} of {len(FLAT) * len(REALISTIC)} curves"
    if not ratios:
        return UNKNOWN, text + f"; no cell at {scale.LARGEST} regions"
    share, ratio, name = max(ratios)
    text += f"; cost(100k) / cost(1k) {ratio:.1f} ({name})"
    text += f"; stopped: {', '.join(stopped)}" * bool(stopped)
    said = verdict(worst(fits)[0] < 0.15, share <= 1, not stopped)
    return (UNKNOWN if said == MET and len(fits) < len(FLAT) * len(REALISTIC) else said), text


def islands(data):
    found = [(costs[data.store], name) for name, n, costs in data.cells(scale.ISLANDS, ("find_free",)) if n == 10_000]
    if none := known(data, "scale", found):
        return none
    return verdict(worst(found)[0] <= 2000), f"{number(worst(found)[0])} instructions ({worst(found)[1]})"


def growth_of(data, order, variant=None):
    cells = (data.files["scale"] or {"growth": {}})["growth"].get(f"{order}/{scale.LARGEST}", {})
    return cells.get(variant or data.store, {})


def absolute(data):
    found = {order: growth_of(data, order) for order in ("random", "alloc")}
    if none := known(data, "scale", all(found.values())):
        return none
    text = []
    for order, cell in found.items():
        kernel = growth_of(data, order, "linux")
        said = [f"{c['ns_total'] * 1e-9:.4f} s" if "ns_total" in c else
                f"some {c['expected']:.0f} s" if "expected" in c else f"more than {c['seconds']:g} s" if "seconds" in c else "-" for c in (cell, kernel)]
        text.append(f"{'reserves' if order == 'random' else 'allocations'} {said[0]} (kernel {said[1]})")
    return verdict(*(cell.get("ns_total", 1e12) < 0.02e9 for cell in found.values())), "; ".join(text)


def handovers(data):
    found = {data.store: [], **{patch: [] for patch in scale.PATCHES}}
    for boot, cells in (data.files["scale"] or {"handovers": {}})["handovers"].items():
        took = scale.handover_seconds(cells)
        for who in found.keys() & took.keys() if "linux" in took else ():
            found[who].append((took["linux"] - took[who], boot, took["linux"], took[who]))
    if none := known(data, "scale", found[data.store]):
        return none
    counted = sorted(scale.shares(), key=lambda row: row[1])
    return TOLD, ("seconds saved, warm, in one process, " + "; ".join(
        f"by {'a patch, ' * (who in scale.PATCHES)}{who}: " + (" to ".join(
            f"{saved:.6f} ({boot}: {kernel:.6f}, {ours:.6f})" for saved, boot, kernel, ours in (min(of), max(of)))
            + f", of {len(of)} handovers" if of else "not measured") for who, of in found.items())
        + "; range code and struct-page writes, of a counted second boot up to slab: " + " to ".join(
            f"{100 * ranges:.1f} % and {100 * pages:.1f} % ({boot})" for boot, ranges, pages in (counted[0], counted[-1])))


def peer(data):
    found = []
    for key in ("instructions", "ns"):
        for name, n, costs in data.cells(REALISTIC, None, key):
            peers = [v for v in costs if v.startswith("absl")]
            if n >= 1024 and peers:
                found.append((costs[data.store] / costs[peers[0]], f"{name}, {key}"))
    if none := known(data, "scale", found):
        return none
    above = sum(ratio > 1 for ratio, _ in found)
    return verdict(not above), f"{above} of {len(found)} cells above; worst {worst(found)[0]:.2f} ({worst(found)[1]})"


def walk(data):
    found = [(costs[data.store], costs.get("linux"), name) for name, n, costs in data.cells(REALISTIC, ("walk_free",))
             if WALKED_FROM <= n <= STRESS]
    if none := known(data, "scale", found):
        return none
    most, kernel, name = max(found, key=lambda f: f[0])
    return verdict(most <= 36), f"{most:.0f} instructions ({name}; linux {scale.shown(kernel)}, its own iterator " \
                                         f"{scale.shown(data.files['scale'].get('walk_own'))})"


def free_all(data):
    found = {}
    for operation in ("free_all", "free_all_undeferred"):
        found[operation] = [(costs[data.store] / costs["linux"], f"{name}: {costs[data.store]:.0f} against {costs['linux']:.0f}")
                            for name, _, costs in data.cells(REALISTIC, (operation,)) if "linux" in costs]
    if none := known(data, "scale", found["free_all"]):
        return none
    with_, without = (worst(f) if f else None for f in found.values())
    text = f"worst {with_[0]:.2f} ({with_[1]})" + (f"; without {without[0]:.2f} ({without[1]})" if without else "; without: -")
    return (verdict(with_[0] <= 1, without[0] <= 1) if without else UNKNOWN), text


def best_of(data, costs):
    """The cheapest store: bounded ones, peers and those that are for user space apart."""
    kinds = data.files["scale"]["kinds"]
    return min((cost, v) for v, cost in costs.items() if kinds.get(v) == "store" and "simd" not in v)


def regrets(data):
    for name, n, costs in data.cells(REALISTIC):
        best, who = best_of(data, costs)
        yield costs[data.store] / best, name, who, n
    for name, rows in (data.files["standings"] or {"boots": {}})["boots"].items():
        stores = [(row["instructions"], v) for v, row in rows.items() if v not in ("linux", "empty")]
        if data.store in rows:
            yield rows[data.store]["instructions"] / min(stores)[0], f"replay/{name}", min(stores)[1], 0


def regret(data):
    found = [r for r in regrets(data) if r[3] <= STRESS]
    if none := known(data, "scale", [r for r in found if r[3]]):
        return none
    above = sum(r[0] > 1.15 for r in found)
    most = max(found)
    return verdict(not above), f"{above} of {len(found)} cells above 1.15; worst {most[0]:.2f} ({most[1]}, best is {most[2]})"


def ends_larger(data):
    """(boot, bytes of the store's arrays, of the kernel's) of handovers at whose end the store has more than its static storage explains."""
    for boot, cells in (data.files["scale"] or {"handovers": {}})["handovers"].items():
        ours, kernel = (cells.get(v, {}).get("metadata_bytes") for v in (data.store, "linux"))
        if ours and kernel and ours > 1.1 * kernel:
            yield boot, ours, kernel


def growth(data):
    of = (data.files["scale"] or {"growth": {}})["growth"]
    worse, text, moves = [], [], {}
    missing = [n for n in scale.GROWTH_SIZES["usual"] if any(f"{order}/{n}" not in of for order in scale.ORDERS)]
    for order in scale.ORDERS:
        sizes = [n for n in sorted(int(name.split("/")[1]) for name in of if name.startswith(f"{order}/"))
                 if all("ns_total" in of[f"{order}/{n}"].get(v, {}) for v in (data.store, "linux"))]
        for n in sizes:  # of the largest that both came to the end of, how much
            ours, kernel = (of[f"{order}/{n}"][v] for v in (data.store, "linux"))
            worse += [f"{order} {n} ({what})" for key, what in (("bytes_peak", "peak"), ("ns_total", "time"), ("ns_worst", "worst operation"))
                      if ours[key] > kernel[key]]
            if n == sizes[-1]:
                text.append(f"{order}, {n}: peak {ours['bytes_peak'] / 1024:.0f} KiB (kernel {kernel['bytes_peak'] / 1024:.0f}), "
                            f"{ours['ns_total'] * 1e-9:.4f} s ({kernel['ns_total'] * 1e-9:.4f}), worst operation "
                            f"{number(ours['ns_worst'])} ns ({number(kernel['ns_worst'])})")
    for variant, cell in of.get(f"random/{scale.LARGEST}", {}).items():
        if cell.get("ns_median") and data.files["scale"]["kinds"].get(variant) == "store":
            moves[variant] = cell["ns_worst"] / cell["ns_median"]
    if none := known(data, "scale", text and moves):
        return none
    worse += [f"{boot} ({ours / 1024:.1f} KiB at its end, {kernel / 1024:.1f})" for boot, ours, kernel in ends_larger(data)]
    least = min(moves, key=moves.get)
    own = f", its own {moves[data.store]:.0f}" if data.store in moves else ""
    if missing:
        text.append(f"not measured: {', '.join(map(str, missing))} regions")
    return verdict(not worse, not missing, moves[least] <= 10), (
        "; ".join(text) + f"; worse than the kernel in {', '.join(worse) or 'none'}; least worst / median at {scale.LARGEST} "
        f"{moves[least]:.0f} ({least}){own}")


def newest(kernels):
    return max(kernels, key=lambda name: [int(x) for x in re.findall(r"\d+", name)[:2]])


def code(data):
    sizes = (data.files["sizes"] or {"sizes": {}})["sizes"]
    kernels = [name for name in sizes if name.startswith("linux:")]
    if none := known(data, "sizes", data.store in sizes and kernels):
        return none
    ours, kernel = sizes[data.store], sizes[newest(kernels)]
    found = [(sum(ours[level][part].values()) / sum(kernel[level][part].values()), f"{part}, -{level}")
             for level in ("O2", "Os") for part in ("range", "file")]
    return verdict(worst(found)[0] <= 2.5), "; ".join(f"{name} {ratio:.2f}" for ratio, name in found)


def static_data(data):
    sizes = (data.files["sizes"] or {"sizes": {}})["sizes"]
    kernels = [name for name in sizes if name.startswith("linux:")]
    if none := known(data, "sizes", data.store in sizes and kernels):
        return none
    ours, kernel = sizes[data.store]["data"], sizes[newest(kernels)]["data"]
    ratios = {machine: count / kernel["slots"][machine] for machine, count in ours["slots"].items()}
    return verdict(max(ratios.values()) <= 1.1), (
        "slots " + ", ".join(f"{machine} {ratio:.3f}" for machine, ratio in ratios.items())
        + f"; state beside them {ours['state']} bytes (kernel {kernel['state']})")


def metadata(data):
    cell = growth_of(data, "random")
    if none := known(data, "scale", "bytes" in cell):
        return none
    each = cell["bytes"] / scale.LARGEST
    return verdict(each <= 40), f"{each:.1f} bytes a region, with spare ones, memory's slots too"


def damage(data):
    left = (data.files["standings"] or {}).get("left", {})
    left = {boot: rows for boot, rows in left.items() if data.store in rows and "linux" in rows}
    if none := known(data, "standings", left):
        return none
    text, lost = [], []
    for key, what in (("blocks_2M", "2 MiB"), ("blocks_1G", "1 GiB")):
        fewer = standings.fewer(left, data.store, key)
        ours, kernel = (sum(rows[v][key] for rows in left.values()) for v in (data.store, "linux"))
        text.append(f"{what}: {ours} blocks in {len(left)} boots (kernel {kernel}), fewer in {len(fewer)}"
                    + "".join(f"; worst {boot}: {a} of {b}" for _, boot, a, b in
                              sorted((b - a, boot, a, b) for boot, a, b in fewer)[-1:]))
        lost += fewer
    return verdict(not lost), "; ".join(text)


def parity(data):
    """Of `array`, the model of the kernel's code, and of its halving: boots and cells that are above the kernel."""
    found, above = [], []
    for who in ("array", "array:search=binary"):
        ratios = [(costs[who]["instructions"] / costs["linux"]["instructions"], boot)
                  for boot, costs in (data.files["standings"] or {"boots": {}})["boots"].items()
                  if {who, "linux"} <= costs.keys()]
        if none := known(data, "standings", ratios):
            return none
        above += [f"{who}: {boot} {ratio:.2f}" for ratio, boot in ratios if ratio > 1]
        found.append(f"{who} worst {worst(ratios)[0]:.2f} ({worst(ratios)[1].removesuffix('.trace.zst')})")
    cells = [(name, cell["array"]["instructions"] / cell["linux"]["instructions"])
             for name, cell in (data.files["scale"] or {"cells": {}})["cells"].items()
             if all("instructions" in cell.get(v, {}) for v in ("array", "linux"))]
    named = [f"{name} {ratio:.2f}" for name, ratio in cells if ratio > 1]
    return verdict(not above), (f"{'; '.join(found)}; {', '.join(above) or 'no boot above'}; {len(named)} of {len(cells)} cells above"
                                + (": " if named else "") + ", ".join(named))


ROWS = (
    ("boots", "instructions, every captured boot", "median at most 0.28 x, each at most 0.45 x; function and dispatch at most 60", boots),
    ("cold", "time, cold per operation", "ordinary boots 1.5 x, more regions 2 x; slower beyond its interval on none",
     lambda data: cold(data, "replay_cold")),
    ("cold_llc", "time, the last-level cache evicted too", "ordinary boots 1.5 x, of those that are short; slower beyond its interval on none", lambda data: cold(data, "replay_cold_llc")),
    ("growth-with-n", "growth with n", "exponent below 0.15; cost(100k) at most 1.5 x cost(1k), with adversarial gaps 2 x", flat),
    ("two-dimensions", "find-free in two dimensions (stress)", "at most 2000 instructions", islands),
    ("absolute", "scale, absolute (stress)", "100k random reserves, 100k adversarial allocations: each under 0.02 s", absolute),
    ("kexec", "kexec handover", "seconds, and seconds saved", handovers),
    ("absl", "against absl::btree_map", "instructions and time not above, from 1k regions up", peer),
    ("walk", "walk over free ranges", "at most 36 instructions a range, from 128 regions on", walk),
    ("hand-over", "hand-over, the same sink", "not more instructions a block than the kernel's, with and without deferred initialisation",
     free_all),
    ("regret", "regret", "at most 1.15 x the best store in every cell of a realistic workload", regret),
    ("growth", "growth", "nowhere worse than the kernel; a store with a worst operation of at most 10 x its median at 100k", growth),
    ("code", "code", "at most 2.5 x the kernel's", code),
    ("static", "static slots", "at most the machine's kernel's and 10 %; the instance's state, which all stores have, is told", static_data),
    ("metadata", "metadata", "grown in random order, at most 36 bytes a region at 100k, 40 with spare ones", metadata),
    ("array", "`array`, the parity model", "not above the kernel on any boot; cells that are, named", parity),
    ("placement", "placement damage", "free aligned blocks of 2 MiB and 1 GiB not fewer than the kernel leaves", damage),
)


# ---- the page ------------------------------------------------------------------------------------

def reasons():
    path = PAGE.parent / "reasons.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))
    unknown = set(found) - {key for key, *_ in ROWS}
    if unknown:
        raise SystemExit(f"targets: {path}: no row is called {', '.join(sorted(unknown))}")
    return found


def losses(data, key):
    """Where the store costs more than the kernel, the worst first: (ratio, cell, costs)."""
    found = [(costs[data.store] / costs["linux"], name, costs[data.store], costs["linux"])
             for name, _, costs in data.cells(scale.WORKLOADS, None, key) if costs.get("linux")]
    if key == "instructions":
        found += [(rows[data.store][key] / rows["linux"][key], f"replay/{name}", rows[data.store][key], rows["linux"][key])
                  for name, rows in (data.files["standings"] or {"boots": {}})["boots"].items()
                  if data.store in rows and rows.get("linux", {}).get(key)]
    if key == "ns":
        found += [(ratio, f"{operation}/{boot}", None, None) for operation in ("replay_cold", "replay_cold_llc")
                  for (boot, _), (ratio, low, _) in cold_ratios(data, operation).items() if low > 1]
    return sorted((f for f in found if f[0] > 1), key=lambda f: f[:2], reverse=True)


def of_what(data):
    """Nothing that was not looked at counts as none."""
    return "" if data.files["scale"] else f", of captured boots only: of the other cells nothing is known, {MAKES['scale']} counts them"


def loss_table(data, key, unit):
    found = losses(data, key)
    yield f"### In {unit}: {len(found)} cells{of_what(data)}"
    yield ""
    if found:
        yield f"| cell | `{data.store}` | `linux` | ratio | |"
        yield "|---|---|---|---|---|"
        for ratio, name, ours, kernel in found[:10]:
            n = name.rsplit("/", 1)[1]
            stress = "islands" in name or (n.isdigit() and int(n) > STRESS)
            yield f"| {name} | {scale.shown(ours)} | {scale.shown(kernel)} | {ratio:.2f} | {'stress' if stress else ''} |"
        yield ""


def others(data, measure):
    """The stores besides the recommended one of which the row says that it is met; none where it is about one store."""
    own, found = data.store, []
    for name in standings.VARIANTS if measure is not parity else ():
        if ":" not in name and name not in ("linux", own):
            data.store = name
            if measure(data)[0] == MET:
                found.append(name)
    data.store = own
    return ", ".join(found)


def page(data):
    why = reasons()
    order = (MISSED, UNKNOWN, MET, TOLD)
    rows = [(key, what, target, *measure(data), others(data, measure)) for key, what, target, measure in ROWS]
    rows.sort(key=lambda row: order.index(row[3]))
    yield f"`default` is `{data.store}`. " + "; ".join(
        f"{name}: {file.get('version', file.get('context', {}).get('commit', 'as committed'))}"
        for name, file in data.files.items() if file)
    yield ""
    yield "| what | target | | measured | other stores that meet it |"
    yield "|---|---|---|---|---|"
    for _, what, target, said, text, who in rows:
        yield f"| {what} | {target} | {said} | {text} | {who} |"
    yield ""
    yield "## Why they miss, and what was tried"
    yield ""
    missed = [(what, why.get(key)) for key, what, _, said, *_ in rows if said == MISSED]
    yield from (f"- {what}: {reason}" for what, reason in missed if reason)
    if not all(reason for _, reason in missed):
        yield f"- Nothing is written yet of: {', '.join(what for what, reason in missed if not reason)}."
    yield ""
    yield "## Where it loses against `linux`"
    yield ""
    yield from loss_table(data, "instructions", "instructions")
    yield from loss_table(data, "ns", "time (one process: a hint)")
    found = sorted((r for r in regrets(data) if r[0] > 1.15 and r[3] <= STRESS), reverse=True)
    yield f"## Regret: {len(found)} cells above 1.15{of_what(data)}"
    yield ""
    if found:
        yield "| cell | the best store | ratio |"
        yield "|---|---|---|"
        for ratio, name, who, _ in found[:10]:
            yield f"| {name} | {who} | {ratio:.2f} |"
        yield ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    results = ROOT / "results"
    parser.add_argument("--standings", default=results / "standings" / "stores.json")
    parser.add_argument("--scale", default=results / "scale" / "scale.json")
    parser.add_argument("--run", default=results / "baseline" / "results.json.gz")
    parser.add_argument("--sizes", default=results / "sizes" / "sizes.json")
    parser.add_argument("--out", default=PAGE)
    given = parser.parse_args()
    scale.write_between(given.out, BEGIN, END, page(Data(given)))
    print(f"targets: {given.out} is written")


if __name__ == "__main__":
    main()
