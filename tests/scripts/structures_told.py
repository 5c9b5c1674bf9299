# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/structures.md has the tables of what was counted, and its claims follow from that: slab, maple tree and xarray are
set up after memblock has handed over, the trees hold every region, and the gap that is asked for is found.

What reads a kernel's source for it is tried on a small one. `make sizes` counts again.
"""
import json
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["MB_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "sizes"))

import structures  # noqa: E402

RECORD = json.loads(structures.RECORD.read_text())
MAIN = """
/* setup_arch(); rcu_init(); */
void start_kernel(void)
{
	setup_arch(&command_line);
	mm_core_init();
	rcu_init();
}
"""
MM_INIT = """
static void before(void)
{
	kmem_cache_init();
}

void __init mm_core_init(void)
{
	/* kmem_cache_init(); */
	memblock_free_all();
	kmem_cache_init();
}
"""


class Structures(unittest.TestCase):
    def test_page_is_of_the_record(self):
        self.assertEqual(structures.page(RECORD), structures.PAGE.read_text(), "tests/sizes/structures.py --tables")
        self.assertGreater(len(RECORD["trees"]), 1)

    def test_slab_comes_after(self):
        for figures in RECORD["trees"].values():
            order = figures["boot"]
            self.assertEqual(set(order), set(structures.BOOT))
            for later in ("kmem_cache_init", "maple_tree_init", "radix_tree_init", "rcu_init"):
                self.assertLess(order.index("setup_arch"), order.index("memblock_free_all"))
                self.assertLess(order.index("memblock_free_all"), order.index(later))

    def test_what_ran_was_right(self):
        for figures in RECORD["trees"].values():
            for n, (_, nodes, asked, most, gap) in figures["maple"].items():
                self.assertEqual(gap, 1)
                self.assertGreaterEqual(asked, nodes)
                self.assertGreater(most, 1)
                self.assertGreaterEqual(nodes * 16, 2 * int(n), "a region and a gap have a slot each")
            for n, (_, _, found) in figures["xarray"].items():
                self.assertEqual(found, int(n))
            for both in figures["text"].values():
                for everything, called in both.values():
                    self.assertLessEqual(called, everything)
                    self.assertGreater(called, 0)

    def test_figures_of_the_summary(self):
        """The first table is written by hand; it has what the others have."""
        told = structures.PAGE.read_text().partition("## ")[0]
        maple = [round(node * nodes / int(n)) for figures in RECORD["trees"].values()
                 for n, (node, nodes, *_) in figures["maple"].items()]
        self.assertRegex(told, rf"\| {min(maple)} to {max(maple)} \|")
        for level, pattern in (("O2", r"(\d+) to (\d+) KB of it at -O2"), ("Os", r"\((\d+) to (\d+) at -Os")):
            text = [round(figures["text"]["maple_tree"][level][1] / 1000) for figures in RECORD["trees"].values()]
            self.assertEqual([int(number) for number in re.search(pattern, told).groups()], [min(text), max(text)])
        for name, row in (("xarray", "xarray"), ("rbtree", "augmented rbtree"), ("interval_tree", "interval tree")):
            text = {f"{figures['text'][name]['O2'][1] / 1000:.1f}" for figures in RECORD["trees"].values()}
            self.assertEqual({re.search(rf"^\| {row} \|.*\| (\d+\.\d) KB", told, re.M)[1]}, text)
        self.assertIn("[7 KB]", told)
        lowest = min(node * nodes // int(n) for figures in RECORD["trees"].values()
                     for n, (node, nodes, _) in figures["xarray"].items())
        self.assertIn(f"| {structures.grouped(lowest + 1)} and more, by page |", told)

    def test_order_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in (("init/main.c", MAIN), ("mm/mm_init.c", MM_INIT), ("arch/x86/mm/init_64.c", "")):
                (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / path).write_text(text)
            self.assertEqual(structures.order(Path(folder)), ["setup_arch", "memblock_free_all", "kmem_cache_init", "rcu_init"])

    def test_bitmaps(self):
        one, two = list(structures.bitmap_table(RECORD))[2:]
        self.assertIn("| 128 KiB | 2 MiB | 32 MiB | 2 048 MiB |", one)
        self.assertIn("| 256 KiB | 4 MiB | 64 MiB | 4 096 MiB |", two)


if __name__ == "__main__":
    unittest.main(verbosity=2)
