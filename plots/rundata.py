# SPDX-License-Identifier: GPL-2.0-or-later
"""A run's folder as the charts see it: results.json and maps/*.json.

results.json is Google Benchmark's format. A row is one repetition of the benchmark
OPERATION/WORKLOAD/VARIANT/regions:N; here all rows of one name become a Cell. Everything that the
charts say beyond the rows (the caption) comes from the file's context.
"""
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

UNITS_NS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
REPLAYS = ("replay", "replay_cold")
QUICK = "quick: not a measurement"
O2 = "+o2"  # ends the variant in a row of the plain -O2 build, where a run has both builds


class BadInput(Exception):
    """The one line that the user is to see."""


@dataclass
class Cell:
    operation: str
    workload: str
    variant: str
    regions: int
    times: list = field(default_factory=list)  # ns per operation, one per repetition
    counters: dict = field(default_factory=dict)  # name: one value per repetition

    def counter(self, name):
        """Median of a user counter, None if it was not measured."""
        values = self.counters.get(name)
        return float(np.median(values)) if values else None


def spread(values):
    """Median, 10th and 90th percentile."""
    low, median, high = np.percentile(values, [10, 50, 90])
    return float(median), float(low), float(high)


@dataclass
class Run:
    context: dict
    cells: list  # of the headline build, kflags; of -O2 if there is no other
    plain: dict  # (operation, workload, variant): the cell of the -O2 build beside it
    maps: dict  # boot: what `show --format=json` printed

    def variants(self, operations=None):
        """In the order of their first row; null last, since it is no structure."""
        names = []
        for cell in self.cells:
            if operations is None or cell.operation in operations:
                if cell.variant not in names:
                    names.append(cell.variant)
        return sorted(names, key=lambda name: name.removesuffix(O2) == "null")

    def floor(self, operation):
        """Median of null's times of an operation, None if null was not measured.

        Null does nothing with the regions, so one workload and size speak for all.
        """
        times = [t for c in self.cells if c.variant == "null" and c.operation == operation
                 for t in c.times]
        return float(np.median(times)) if times else None

    def repetitions(self):
        counts = sorted({len(cell.times) for cell in self.cells})
        if not counts:
            return "no repetitions"
        if counts == [1]:
            return "1 repetition"
        if len(counts) == 1:
            return f"{counts[0]} repetitions"
        return f"{counts[0]} to {counts[-1]} repetitions"

    def mark(self):
        """What a chart of times says in its corner; empty for a measurement."""
        return QUICK if str(self.context.get("quick", "")).startswith("yes") else ""

    def caption(self, measured=True):
        """Two lines: what was run, and where. What was not measured has no repetitions."""
        context = self.context

        def first(*keys):
            for key in keys:
                if context.get(key) not in (None, ""):
                    return str(context[key])
            return None

        command = first("command") or "memblock-bench run, options not recorded"
        commit = first("commit")
        if commit:
            # Where blocks differ, it is followed by "; from process ..."
            others = " and others" if ";" in commit else ""
            dirty = " (dirty)" if "yes" in str(context.get("commit_dirty")) else ""
            commit = commit[:12] + others + dirty
        cpu = first("cpu")
        if not cpu and context.get("num_cpus"):
            cpu = f"{context['num_cpus']} CPUs"
            if context.get("mhz_per_cpu"):
                cpu += f" at {context['mhz_per_cpu']} MHz"
        parts = [
            "SAMPLE DATA, not measured" if context.get("sample_data") else None,
            measured and self.mark(),
            f"commit {commit}" if commit else "commit not recorded",
            cpu,
            first("compiler"),
            measured and first("builds") and f"builds: {first('builds')}",
            measured and first("metadata") and f"metadata={first('metadata')}",
            measured and self.repetitions(),
            (first("date") or "")[:10],
        ]
        return command, ", ".join(part for part in parts if part)


def load_json(path):
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise BadInput(f"{path}: missing; 'make bench' makes a run") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: byte {error.start} is not UTF-8: no JSON text") from None
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = (text.splitlines() or [""])[max(error.lineno - 1, 0):][:1]
        shown = line[0].strip()[:60] if line else ""
        raise BadInput(f"{path}:{error.lineno}: not JSON ({error.msg}): '{shown}'") from None
    except RecursionError:
        raise BadInput(f"{path}: not a result: nested too deeply") from None


def load_cells(path, document):
    if not isinstance(document, dict) or not isinstance(document.get("benchmarks"), list):
        raise BadInput(f"{path}: no results of a run: it has no list 'benchmarks'")
    cells = {}
    for index, row in enumerate(document["benchmarks"]):
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            raise BadInput(f"{path}: benchmarks[{index}] has no name")
        if row.get("run_type", "iteration") != "iteration" or row.get("error_occurred"):
            continue
        parts = row["name"].split("/")
        if len(parts) != 4 or not parts[3].startswith("regions:"):
            raise BadInput(f"{path}: benchmarks[{index}]: name '{row['name']}' is not "
                           "OPERATION/WORKLOAD/VARIANT/regions:N")
        try:
            regions = int(parts[3][len("regions:"):])
            time = float(row["real_time"]) * UNITS_NS[row.get("time_unit", "ns")]
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"{path}: benchmarks[{index}] '{row['name']}': "
                           f"bad or missing value: {error}") from None
        if parts[2].removesuffix(O2) == "empty" or parts[0] == "replay_cold_llc":
            continue  # charts show null and replay_cold
        cell = cells.setdefault(row["name"], Cell(*parts[:3], regions))
        cell.times.append(time)
        for key, value in row.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                cell.counters.setdefault(key, []).append(float(value))
    return list(cells.values())


def address_ranges(rows):
    """[["0x1000", "0x2000", ...] ...] to [(0x1000, 0x2000) ...]."""
    return [(int(row[0], 0), int(row[1], 0)) for row in rows]


def load_map(path):
    document = load_json(path)
    try:
        end = document["end"]
        result = {
            "file": str(document["file"]),
            "kernel": document.get("kernel"),
            "operations": int(document["operations"]["total"]),
            "peaks": document.get("peaks", {}),
            "growth": document.get("growth", []),
            "nodes": [row[2] for row in end["memory"]],
            "end": {name: address_ranges(end[name]) for name in ("memory", "reserved", "free")},
            "timeline": [(int(s["operation"]), int(s["reserved_bytes"]), int(s["reserved_regions"]))
                         for s in document["timeline"]],
            "frames": [(int(f["operation"]),
                        address_ranges(f["memory"]), address_ranges(f["reserved"]))
                       for f in document["frames"]],
        }
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise BadInput(f"{path}: no memory map of 'memblock-bench show --format=json': "
                       f"{type(error).__name__} {error}") from None
    return result


def judges(cells, document):
    """Without the kernels that stand beside the one of a workload's own profile, where that takes part: bare
    `linux` in the blocks' specifications. The table has them all."""
    own, beside = set(), set()
    blocks = document.get("blocks")
    for block in blocks if isinstance(blocks, list) else []:
        what = block.get("specification", {}) if isinstance(block, dict) else {}
        for label, kernel in what.get("kernels", {}).items():
            if not label.startswith("linux:"):
                continue  # with other slots, or steps of ours
            (own if kernel.get("variant") in ("linux", "linux" + O2) else beside).add(
                (what.get("workload"), label))
    judged = {workload for workload, _ in own}
    return [c for c in cells if (c.workload, c.variant) not in beside or (c.workload, c.variant) in own or
            c.workload not in judged]


def name_kernels(cells):
    """Rename linux:VERSION-DIGEST to linux, and linux+STEP:VERSION-DIGEST to linux+STEP, unless a benchmark was run on two kernel versions.

    A boot runs on the kernel that it comes from, so a run of many boots has several versions, which
    are one variant to whoever looks at a chart.
    """
    def plain(variant):
        o2 = O2 if variant.endswith(O2) else ""
        return re.sub(r"^(linux(?:\+[\w=]+)*):.*", r"\1", variant.removesuffix(O2)) + o2

    names = [(c.operation, c.workload, plain(c.variant), c.regions) for c in cells]
    if len(set(names)) == len(names):
        for cell in cells:
            cell.variant = plain(cell.variant)


def load_run(folder):
    folder = Path(folder)
    if not folder.is_dir():
        raise BadInput(f"{folder}: no such folder; 'make bench' makes one, results/latest")
    path = folder / "results.json"
    document = load_json(path)
    cells = judges(load_cells(path, document), document)
    name_kernels(cells)
    headline = [c for c in cells if not c.variant.endswith(O2)]
    plain = {(c.operation, c.workload, c.variant.removesuffix(O2)): c for c in cells
             if headline and c.variant.endswith(O2)}
    context = document.get("context")
    maps = {}
    for file in sorted((folder / "maps").glob("*.json")):
        maps[file.stem] = load_map(file)
    return Run(context if isinstance(context, dict) else {}, headline or cells, plain, maps)
