# SPDX-License-Identifier: GPL-2.0-or-later
"""The boot's share is told once: the table of docs/method.md is what docs/sharetable.py makes, and nothing
else has a figure."""
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
        self.assertEqual(sharetable.page(), sharetable.PAGE.read_text(), "python3 docs/sharetable.py --write")
        self.assertGreater(len(list(sharetable.table())), 4)

    def test_told_nowhere_else(self):
        files = [SOURCE / "README.md", *SOURCE.glob("docs/*.md"), *SOURCE.glob("bench/**/*.c"), *SOURCE.glob("variants/*/*.md")]
        self.assertGreater(len(files), 50)
        for path in files:
            text = re.sub(r'\\n"\s*"', " ", path.read_text())
            self.assertEqual(FIGURE.findall(text), [], f"{path}: refer to docs/method.md#the-boots-share")

    def test_figures_are_seen(self):
        for text in ("0.1 to 0.2 % of the\n  instructions executed", "0.15 % of a boot", "**The share is small**"):
            self.assertTrue(FIGURE.search(text))


if __name__ == "__main__":
    unittest.main(verbosity=2)
