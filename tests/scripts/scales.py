# SPDX-License-Identifier: GPL-2.0-or-later
"""scale.py and targets.py: fits, what is not begun, the pages; and with Valgrind a small count from end to end."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "counts"))

import scale  # noqa: E402  (the path comes first)
import targets  # noqa: E402

SIZES = (16, 1024, 4096, 16384, 65536, scale.LARGEST)
STORE = scale.recommended()


def result(**costs):
    """A result whose store costs costs[operation](n) on `random`, and linux 1000 everywhere."""
    return {"version": "v", "default": STORE, "budget": 10, "kinds": {STORE: "store", "linux": "kernel"},
            "growth": {}, "handovers": {},
            "cells": {f"{operation}/random/{n}": {STORE: {"instructions": cost(n), "ns": 1.0},
                                                  "linux": {"instructions": 1000, "ns": 1.0, "kernel": "linux:0-0"}}
                      for operation, cost in costs.items() for n in SIZES}}


class Fits(unittest.TestCase):
    def test_powers(self):
        for power in (0, 0.5, 1, 2):
            fit = scale.exponent([(n, 7 * n ** power) for n in SIZES])
            for value in fit:
                self.assertAlmostEqual(value, power)

    def test_small_sizes_do_not_count(self):
        self.assertAlmostEqual(scale.exponent([(16, 1e9), *((n, n) for n in SIZES if n > 16)])[0], 1)
        self.assertIsNone(scale.exponent([(16, 1), (32, 2), (64, 4), (1024, 8), (2048, 16)]))

    def test_interval_holds_the_fit(self):
        fit, low, high = scale.exponent([(n, n * (3 if n == 4096 else 1)) for n in SIZES])
        self.assertLess(low, fit)
        self.assertLess(fit, high)


class Budget(unittest.TestCase):
    def test_stops(self):
        made = result(reserve=lambda n: n)
        cells = made["cells"]["reserve/random/65536"]
        self.assertIsNone(scale.may_begin(made, "reserve", "random", STORE, SIZES, scale.LARGEST))
        cells[STORE]["ns"] = 1e9
        self.assertEqual(scale.may_begin(made, "reserve", "random", STORE, SIZES, scale.LARGEST), "above 65536")
        cells[STORE] = {"stopped": "above 4096"}
        self.assertEqual(scale.may_begin(made, "reserve", "random", STORE, SIZES, scale.LARGEST), "above 4096")
        self.assertIsNone(scale.may_begin(made, "reserve", "random", STORE, SIZES, 16))

    def test_growth_is_not_begun_again(self):
        made = {"budget": 1, "growth": {"random/16": {STORE: {"stopped_at": 3, "seconds": 2}}}}
        self.assertEqual(scale.count_growth("/nonexistent", made, STORE, "random", 1024, SIZES),
                         {"stopped_at": 3, "seconds": 2, "of": 16})
        made["growth"] = {f"random/{n}": {STORE: {"ns_total": n * n}} for n in (1024, 4096)}  # 1 and 16 ms
        self.assertEqual(scale.count_growth("/nonexistent", made, STORE, "random", scale.LARGEST, SIZES)["expected"], 10)


class Pages(unittest.TestCase):
    def page(self, made, stands=None):
        with tempfile.TemporaryDirectory() as folder:
            path, boots = Path(folder) / "scale.json", Path(folder) / "stores.json"
            path.write_text(json.dumps(made), encoding="utf-8")
            if stands:
                boots.write_text(json.dumps(stands), encoding="utf-8")
            data = targets.Data(types.SimpleNamespace(standings=boots, scale=path, run=folder + "/none",
                                                      sizes=folder + "/none"))
            return list(targets.page(data))

    def row(self, made, what, stands=None):
        return next(line for line in self.page(made, stands) if line.startswith(f"| {what} |"))

    def test_growth_with_n(self):
        self.assertIn("| not measured | steepest exponent 0.00 (reserve/random), of 1 of 20 curves",
                      self.row(result(reserve=lambda n: 500), "growth with n"))
        made = result(**{operation: lambda n: 500 for operation in targets.FLAT})
        made["cells"] = {name.replace("random", workload): cell for name, cell in made["cells"].items()
                         for workload in targets.REALISTIC}
        self.assertIn("| met |", self.row(made, "growth with n"))
        self.assertIn("| missed | steepest exponent 1.00", self.row(result(reserve=lambda n: n), "growth with n"))
        self.assertIn("| not measured | `make scale`", self.row(result(), "growth with n"))
        made = result(reserve=lambda n: 500, alloc=lambda n: 500)
        made["cells"][f"alloc/random/{scale.LARGEST}"][STORE] = {"stopped": "above 65536"}
        self.assertIn("; stopped: alloc/random above 65536 |", self.row(made, "growth with n"))
        self.assertIn("| missed |", self.row(made, "growth with n"))

    def test_misses_come_first(self):
        page = self.page(result(reserve=lambda n: n, walk_free=lambda n: 30))
        said = [line.split("|")[3].strip() for line in page[:page.index("## Where it loses against `linux`")]
                if line.startswith("| ") and len(line.split("|")) == 7][1:]
        self.assertEqual(said, sorted(said, key=["missed", "not measured", "met", "shown"].index))
        self.assertIn("met", said)
        self.assertEqual(len(said), len(targets.ROWS))

    def test_parity(self):
        def row(halving):
            boots = {"x": {v: {"instructions": n} for v, n in
                           (("array", 90), ("array:search=binary", halving), ("linux", 100))}}
            return self.row(made, "`array`, the parity model", {"boots": boots})

        made = result(reserve=lambda n: 500)
        made["cells"]["reserve/random/1024"]["array"] = {"instructions": 1100}
        self.assertIn("| met | array worst 0.90 (x); array:search=binary worst 1.00 (x); no boot above; "
                      "1 of 1 cells above: reserve/random/1024 1.10 |  |", row(100))
        self.assertIn("| missed | array worst 0.90 (x); array:search=binary worst 1.10 (x); array:search=binary: x 1.10;", row(110))
        self.assertIn("| not measured |", self.row(made, "`array`, the parity model"))

    def test_seconds_that_are_saved(self):
        made, cell = result(), {"operations": 1000}
        self.assertIn("| not measured |", self.row(made, "kexec handover"))
        made["handovers"] = {"x": {"linux": {**cell, "ns": 30}, STORE: {**cell, "ns": 10}, "linux+all": {**cell, "ns": 12}},
                             "y": {"linux": {**cell, "ns": 90}, STORE: {**cell, "ns": 20}}}
        said = self.row(made, "kexec handover")
        self.assertIn(f"seconds saved, warm, in one process, by {STORE}: 0.000020 (x: 0.000030, 0.000010) to 0.000070 (y: 0.000090, 0.000020), of 2", said)
        self.assertIn("by a patch, linux+binary+noinit: not measured; by a patch, linux+all: 0.000018 (x:", said)
        rows = list(scale.handover_table(made))
        self.assertEqual(rows[2], "| 1 | x | 1000 | 0.000030 | 0.000010 | 0.000020 | - | 0.000018 |")

    def test_placement(self):
        made = result()

        def row(ours):
            rows = {"x": {STORE: {"blocks_2M": ours, "blocks_1G": 3}, "linux": {"blocks_2M": 10, "blocks_1G": 3}}}
            return self.row(made, "placement damage", {"boots": {}, "left": rows})

        self.assertIn("| met | 2 MiB: 10 blocks in 1 boots (kernel 10), fewer in 0; 1 GiB: 3", row(10))
        self.assertIn("| missed | 2 MiB: 9 blocks in 1 boots (kernel 10), fewer in 1; worst x: 9 of 10;", row(9))
        self.assertIn("| not measured |", self.row(made, "placement damage"))

    def test_regret_of_boots(self):
        boots = {"x": {STORE: {"instructions": 130}, "list": {"instructions": 100}, "empty": {"instructions": 9},
                       "linux": {"instructions": 90}}}
        page = self.page(result(reserve=lambda n: 500), {"boots": boots})
        self.assertIn("| replay/x | list | 1.30 |", page)
        self.assertTrue(any(line.startswith("| replay/x | 130 | 90 | 1.44 |") for line in page))

    def test_losses(self):
        page = "\n".join(self.page(result(reserve=lambda n: n)))
        self.assertIn("### In instructions: 5 cells", page)
        self.assertIn("| reserve/random/100000 | 100.0k | 1000 | 100.00 | stress |", page)
        self.assertNotIn("| reserve/random/16 |", page)

    def test_regret(self):
        made = result(reserve=lambda n: 1200)
        made["kinds"].update(other="store", fixed="bounded", absl="peer")
        for cells in made["cells"].values():
            cells.update(fixed={"instructions": 1, "ns": 1}, absl={"instructions": 1, "ns": 1})
        self.assertIn("| met | 0 of 3", self.row(made, "regret"))
        made["cells"]["reserve/random/1024"]["other"] = {"instructions": 1000, "ns": 1}
        self.assertIn("| missed | 1 of 3 cells above 1.15; worst 1.20 (reserve/random/1024, best is other)",
                      self.row(made, "regret"))

    def test_who_else_meets_it(self):
        made = result(walk_free=lambda n: 50)
        for cells in made["cells"].values():
            cells["order"] = {"instructions": 30, "ns": 1}
        self.assertTrue(self.row(made, "walk over free ranges").endswith("| order |"))

    def test_tables_say_where_a_variant_stopped(self):
        made = result(reserve=lambda n: n)
        made["cells"]["reserve/random/100000"][STORE] = {"stopped": "above 65536"}
        line = next(line for line in scale.tables(made) if line.startswith(f"| reserve | {STORE} |"))
        self.assertIn("1.00 (1.00 to 1.00)", line)
        self.assertIn("| 64.00 | stopped above 65536 |", line)


class Counts(unittest.TestCase):
    """A quick count of one store, from end to end."""

    def test_quick(self):
        build = Path(os.environ["MB_BUILD_DIR"])
        if not shutil.which("valgrind") or os.environ.get("MB_SANITIZED") == "1":
            self.skipTest("no valgrind, or sanitizers, which it cannot run")
        with tempfile.TemporaryDirectory() as folder:
            out = f"{folder}/scale.json"
            command = [sys.executable, "-B", str(SOURCE / "tests/counts/scale.py"), "count", str(build), out, "--quick",
                       f"--variants={STORE}"]
            subprocess.run(command, check=True, capture_output=True)
            made = json.loads(Path(out).read_text(encoding="utf-8"))
            wrong = [name for part in ("cells", "growth") for name, cells in made[part].items() if "failed" in cells[STORE]]
            self.assertEqual(wrong, [])
            self.assertGreater(made["growth"]["random/1024"][STORE]["instructions_worst"],
                               made["growth"]["random/1024"][STORE]["instructions"] / 1024)
            self.assertGreater(made["cells"]["reserve/random/1024"][STORE]["instructions"], 100)
            page = "\n".join(scale.tables(made))
            self.assertIn("### alloc, 1024 from empty", page)
            before = Path(out).read_text(encoding="utf-8")
            subprocess.run(command, check=True, capture_output=True)
            self.assertEqual(before, Path(out).read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
