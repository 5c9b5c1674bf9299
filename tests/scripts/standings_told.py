# SPDX-License-Identifier: GPL-2.0-or-later
"""results/standings: its tables are those of the counts that lie beside them, and these are of the stores as they are."""
import json
import os
import shutil
import sys
import unittest
from pathlib import Path

SOURCE = Path(os.environ["MB_SOURCE_DIR"])
BENCH = os.environ["MEMBLOCK_BENCH"]
sys.path.insert(0, str(SOURCE / "tests" / "counts"))

import standings  # noqa: E402

NOW = json.loads((standings.HERE / "stores.json").read_text(encoding="utf-8"))
COMPILER = NOW["version"].rpartition(", ")[2]


class Standings(unittest.TestCase):
    def test_tables(self):
        told = (standings.HERE / "README.md").read_text(encoding="utf-8")
        self.assertEqual(standings.page(), told, "python3 -B tests/counts/standings.py tables")
        self.assertNotIn("and changes", told)

    def test_whole(self):
        """All of the catalogue, and no boot that a variant could not do."""
        catalogue = {path.name for path in SOURCE.glob("workloads/captured/*.trace.zst")}
        self.assertEqual(catalogue - set(NOW["boots"]), set())
        self.assertEqual(catalogue - set(NOW["left"]), set())
        self.assertEqual(NOW["left_out"], {})
        for name, rows in (*NOW["boots"].items(), *NOW["cells"].items(), *NOW["left"].items()):
            self.assertEqual(set(standings.VARIANTS) - set(rows), set(), name)

    def test_placement_still_true(self):
        boot, again = "x86_64-6.12-full-127G-127node.trace.zst", {}
        standings.place(BENCH, again, [str(SOURCE / "workloads" / "captured" / boot)])
        for variant, left in again["left"][boot].items():
            for key in ("blocks_2M", "blocks_1G"):
                self.assertEqual(left[key], NOW["left"][boot][variant][key], f"{variant}: python3 -B tests/counts/standings.py place ...")

    @unittest.skipUnless(shutil.which("valgrind"), "no valgrind")
    @unittest.skipIf(os.environ.get("MB_SANITIZED") == "1", "counts are of the plain build")
    def test_still_true(self):
        """An operation and a boot, counted again. Another compiler or kernel counts otherwise."""
        if standings.version(BENCH).rpartition(", ")[2] != COMPILER:
            self.skipTest(f"not compiled by {COMPILER}")
        for told, arguments in (("find_free/gaps/1024", ("--operations=find_free", "--workloads=gaps", "--regions=1024")),
                                ("x86_64-6.12-cloud-4G-2node.trace.zst",
                                 ("--operations=replay", "--workloads=x86_64-6.12-cloud-4G-2node"))):
            rows = (NOW["boots"] | NOW["cells"])[told]
            found, why = standings.count(BENCH, *arguments)
            self.assertTrue(found, why)
            found = next(iter(found.values()))
            if found["linux"]["kernel"] != rows["linux"]["kernel"]:
                print(f"SKIPPED: {told}: {found['linux']['kernel']}, not {rows['linux']['kernel']}", file=sys.stderr)
                continue
            for variant in standings.VARIANTS:
                now, then = found[variant]["instructions"], rows[variant]["instructions"]
                self.assertLess(abs(now / then - 1), 0.02, f"{told}: {variant}: {now:.0f}, not {then:.0f}; count again")


if __name__ == "__main__":
    unittest.main(verbosity=2)
