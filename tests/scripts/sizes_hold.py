# SPDX-License-Identifier: GPL-2.0-or-later
"""What results/sizes says of code, stack and data is so: counted again, with the compiler that it was counted with.

With another compiler, and in a build with sanitizers, nothing can be compared, which is said. That the list of what is
counted has every symbol, that its order leaves no row without effect, and what is left out, is tried on small objects.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["MB_SOURCE_DIR"])
BUILD = Path(os.environ["MB_BUILD_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "sizes"))

import sizes  # noqa: E402

SETTINGS = sizes.config(BUILD)
IS_PLAIN = os.environ.get("MB_SANITIZED") != "1"


def compiled(text, *flags):
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "part.c", Path(folder) / "part.o"
        source.write_text(text)
        subprocess.run([SETTINGS["MB_CC"], "-O2", "-ffreestanding", "-ffunction-sections", *flags, "-c", "-o", out,
                        source], check=True)
        return sizes.Object(out), sizes.graph_of(out.with_suffix(".ci")) if flags else None


PART = """
static int other;
__attribute__((noinline)) static int shared(int x) { return x * other; }
__attribute__((noinline)) static int only_load(int x) { return shared(x) + other; }
static int step_load(int x) { return only_load(x) + 1; }
static int step_add_range(int x) { char big[200]; __asm__ volatile("" :: "r"(big) : "memory"); return shared(x) - 1; }
int (*const table[])(int) = { step_load, step_add_range };
"""


class Sizes(unittest.TestCase):
    def test_record_is_so(self):
        if not IS_PLAIN:
            self.skipTest("a build with sanitizers is not what is counted")
        done = subprocess.run([sys.executable, "-B", SOURCE / "tests/sizes/sizes.py", BUILD], capture_output=True,
                              text=True, check=False)
        if done.returncode == sizes.SKIPPED:
            print(f"SKIPPED: {done.stderr.strip()}", file=sys.stderr)
            self.skipTest(done.stderr.strip())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_page_is_of_the_record(self):
        record = json.loads(sizes.RECORD.read_text())
        self.assertEqual(sizes.page(record), sizes.README.read_text(), "sizes.py BUILD --tables")
        self.assertEqual([name for name in record["sizes"] if not name.startswith("linux:")], sizes.stores())
        self.assertTrue(sizes.newest(record["sizes"]))

    def test_what_only_the_lab_calls(self):
        found, _ = compiled(PART)
        counted = nothing = sizes.nothing()
        self.assertEqual(sizes.count_store("part", found, counted), {"step_add_range", "shared"})
        self.assertEqual(nothing["range"]["memblock"],
                         sum(size for name, size, _ in found.functions if name in ("step_add_range", "shared")))
        self.assertEqual(counted["range"], counted["file"])

    def test_a_store_that_adds_nothing(self):
        with self.assertRaisesRegex(sizes.Missing, "adds a range"):
            sizes.count_store("part", compiled(PART.replace("step_add_range", "step_trim"))[0], sizes.nothing())

    def test_stack(self):
        if SETTINGS["MB_COMPILER_ID"] != "GNU":
            self.skipTest("only gcc tells")
        _, (frames, calls) = compiled(PART, "-fcallgraph-info=su")
        found = sizes.stack(frames, calls)
        self.assertEqual(found["frame"][1], "step_add_range")
        self.assertGreaterEqual(found["frame"][0], 200)
        self.assertEqual(found["path"], [frames["step_add_range"] + frames["shared"], "step_add_range > shared"])

    def test_circle(self):
        self.assertEqual(sizes.deepest({"a": 1, "b": 2, "c": 4}, {"a": {"b"}, "b": {"a", "c"}}), (7, ["a", "b", "c"]))

    def test_symbol_that_no_row_has(self):
        with self.assertRaisesRegex(sizes.Missing, "symbols.txt has no row for 'memblock_new_call'"):
            sizes.place("linux", "memblock_new_call")
        self.assertEqual(sizes.place("linux", "memblock_add_range"), ("range", "-"))
        self.assertEqual(sizes.place("store", "check_links")[0], "lab")
        self.assertEqual(sizes.place("store", "anything"), ("range", "memblock"))

    def test_differences(self):
        record = json.loads(sizes.RECORD.read_text())
        self.assertEqual(list(sizes.differences(record, record)), [])
        other = json.loads(sizes.RECORD.read_text())
        other["sizes"]["array"]["Os"]["range"]["memblock"] += 1
        lines = list(sizes.differences(record, other))
        self.assertTrue(any(line.startswith("array: text -Os, range: ") for line in lines), lines)
        del other["sizes"]["list"]
        self.assertIn("list: gone", list(sizes.differences(record, other)))

    def test_table_of_the_program(self):
        """The program was built with what is counted, where the record is of its compiler."""
        table = (BUILD / "sizes_table.h").read_text()
        if not IS_PLAIN:
            self.assertIn("sanitizers", table)
            return
        for name in sizes.stores():
            self.assertRegex(table, rf'\{{ "{name}", [1-9]\d+, 0 \}}')
        record = json.loads(sizes.RECORD.read_text())
        if record["environment"] == sizes.environment(SETTINGS):
            for name, figures in record["sizes"].items():
                self.assertIn(f'{{ "{name}", {sizes.text(figures, "O2", "range")}, ', table)

    def test_run_tells(self):
        """In the context of a result, for every variant in the flags of a kernel, and below its table."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "run.json"
            done = subprocess.run([os.environ["MEMBLOCK_BENCH"], "run", "--quick", "--variants=array:search=binary,list,null",
                                   "--workloads=random", "--regions=16", "--operations=reserve", "--counters=none",
                                   "--build=both", f"--out={out}"], capture_output=True, text=True, check=True)
            context = json.loads(out.read_text())["context"]
        table = (BUILD / "sizes_table.h").read_text()
        self.assertEqual({key for key in context if key.startswith("size:")}, {"size:array:search=binary", "size:list"})
        for name, label in (("array", "array:search=binary"), ("list", "list")):
            if not IS_PLAIN:
                self.assertTrue(context[f"size:{label}"].startswith("absent: "))
                self.assertIn(f"{label} ", done.stdout.partition("Code and data")[2])
                continue
            size = re.search(rf'"{name}", (\d+)', table)[1]
            self.assertRegex(context[f"size:{label}"], rf"^text {size} bytes, data [1-9]\d+ bytes$")
            self.assertRegex(done.stdout, rf"\n  {label} +{size} ")


if __name__ == "__main__":
    unittest.main(verbosity=2)
