# SPDX-License-Identifier: GPL-2.0-or-later
"""The boot's share is told once: the table of docs/method.md is what docs/sharetable.py makes, and nothing
else has a figure. So is what a handover costs, in docs/capture.md."""
import os
import re
import sys
import unittest
from pathlib import Path

SOURCE = Path(os.environ["MB_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "docs"))

import sharetable  # noqa: E402

# A share with its figure: "0.15 % of the instructions", "0.1 to 1.8 % of a boot".
FIGURE = re.compile(r"\d\s*%\s+of\s+(?:the\s+|a\s+|all\s+)?(?:boot\b|instructions)|share is small", re.I)


class Share(unittest.TestCase):
    def test_table_is_up_to_date(self):
        for path, table in sharetable.PAGES.items():
            self.assertEqual(sharetable.page(path), path.read_text(), "python3 docs/sharetable.py --write")
            self.assertGreater(len(list(table())), 4)

    def test_counts_of_handovers(self):
        """What is counted adds up, and both kinds of memory are there, in one piece and in pieces."""
        found = [counts for _, counts in sharetable.read(sharetable.COUNTS / "handovers")]
        self.assertEqual({counts["until"] for counts in found}, {"kmem_cache_init"})
        self.assertIn("x86_64", {counts["arch"] for counts in found if "handover" not in counts})
        for kind in (True, False):
            self.assertIn(kind, [bool(sharetable.option(counts, "runs")) for counts in found if "handover" in counts])
        for counts in found:
            said, functions = counts["instructions"], counts["functions"]
            self.assertEqual(said["memblock"], sum(functions.values()))
            pages = sum(count for name, count in functions.items() if name.startswith("memmap_init_reserved"))
            self.assertEqual(said["struct_pages"], pages + sum(counts["struct_page_functions"].values()))
            self.assertEqual(said["range_code"] + pages, said["memblock"])
            size = sharetable.option(counts, "kexec")
            held = sum(int(piece) * count for piece, count in counts.get("handover", {}).items())
            self.assertGreaterEqual(held, int(size.rstrip("M") or 0) << 20)

    def test_told_nowhere_else(self):
        files = [SOURCE / "README.md", *SOURCE.glob("docs/*.md"), *SOURCE.glob("bench/**/*.c"),
                 *SOURCE.glob("variants/*/*.md"), *SOURCE.glob("results/*/*.md"), *SOURCE.glob("results/baseline/*.txt")]
        self.assertGreater(len(files), 50)
        for path in files:
            text = re.sub(r'\\n"\s*"', " ", path.read_text())
            self.assertEqual(FIGURE.findall(text), [], f"{path}: refer to docs/method.md#the-boots-share")

    def test_figures_are_seen(self):
        for text in ("0.1 to 0.2 % of the\n  instructions executed", "0.15 % of a boot", "**The share is small**"):
            self.assertTrue(FIGURE.search(text))


if __name__ == "__main__":
    unittest.main(verbosity=2)
