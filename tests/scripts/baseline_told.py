# SPDX-License-Identifier: GPL-2.0-or-later
"""The committed records are of one program, whole, and every page and README's table are made of them."""
import os
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "counts"))

import baseline  # noqa: E402  (the path comes first)
import targets  # noqa: E402

if not (baseline.RESULTS / "scale" / "scale.json").exists():
    print("SKIPPED: results/scale/scale.json: missing; 'make baseline' makes all records")
    sys.exit(77)

RUN = baseline.read(baseline.HERE / "results.json.gz")
STANDINGS = baseline.read(baseline.RESULTS / "standings" / "stores.json")
SCALE = baseline.read(baseline.RESULTS / "scale" / "scale.json")


class Records(unittest.TestCase):
    def test_pages(self):
        done = subprocess.run([sys.executable, "-B", baseline.__file__, "pages", "--check"], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_one_program(self):
        """Built of what is committed, and of the same."""
        commit = RUN["context"]["commit"][:12]
        self.assertEqual(RUN["context"]["commit_dirty"], "no")
        for said in (STANDINGS["version"], SCALE["version"]):
            self.assertRegex(said, f"^commit {commit},")

    def test_times(self):
        """Ten processes, three links, all answers verified, load and steal of each."""
        processes = [value for key, value in RUN["context"].items() if key.startswith("process:")]
        self.assertEqual(len(processes), 10)
        self.assertEqual(len({text.split(";")[0] for text in processes}), 3)
        for text in processes:
            self.assertRegex(text, r"load \d+\.\d to \d+\.\d, \d+\.\d % of the time stolen")
            self.assertFalse(text.startswith("/"), "a path of the machine")
        self.assertNotIn("=/", RUN["context"]["command"])
        self.assertEqual([row["name"] for row in RUN["benchmarks"] if row.get("error_occurred") and
                          "answer" in row.get("error_message", "")], [])

    def test_every_boot_has_a_time(self):
        boots = {path.name.removesuffix(".trace.zst") for path in SOURCE.glob("workloads/captured/*.trace.zst")}
        timed = {row["name"].split("/")[1] for row in RUN["benchmarks"] if row["name"].startswith("replay_cold/")}
        self.assertEqual(boots - timed, set())

    def test_every_target_is_measured(self):
        page = targets.PAGE.read_text(encoding="utf-8")
        self.assertNotIn(f"| {targets.UNKNOWN} |", page)


class Refusals(unittest.TestCase):
    def test_a_busy_machine(self):
        for name, value in (("QUIET", -1), ("QUIET_WAIT", 0)):
            self.addCleanup(setattr, baseline, name, getattr(baseline, name))
            setattr(baseline, name, value)
        with self.assertRaises(SystemExit) as caught:
            baseline.wait_until_quiet(False)
        self.assertIn("the load is", str(caught.exception))


if __name__ == "__main__":
    unittest.main(verbosity=2)
