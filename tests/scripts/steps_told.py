# SPDX-License-Identifier: GPL-2.0-or-later
"""results/steps: its tables, and those of docs/patches.md, are what steps.json says; all steps and boots are in it."""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "counts"))
import steps  # noqa: E402  its place is known only now


class Told(unittest.TestCase):
    def test_pages(self):
        done = subprocess.run([sys.executable, "-B", SOURCE / "tests/counts/steps.py", "page", "--check"], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_everything_is_counted(self):
        found = json.loads(steps.RECORD.read_text(encoding="utf-8"))["workloads"]
        boots = {path.name.removesuffix(".trace.zst") for path in SOURCE.glob("workloads/captured/*.trace.zst")}
        self.assertEqual({boot for boot in boots if "-6.1-" not in boot} - set(found), set())
        for name, row in found.items():
            self.assertLessEqual({"linux", "all", steps.STORE, *steps.known()}, set(row), name)


if __name__ == "__main__":
    unittest.main()
