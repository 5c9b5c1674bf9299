# SPDX-License-Identifier: GPL-2.0-or-later
"""How many boots exceed a fixed table: variants/bounded/README.md says what docs/limitstable.py makes, and the store
`bounded` itself fails at those limits on those boots, and on no others."""
import os
import sys
import unittest
from pathlib import Path

SOURCE = Path(os.environ["MB_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "docs"))

import limitstable  # noqa: E402


class Limits(unittest.TestCase):
    def test_tables_are_up_to_date(self):
        text = limitstable.PAGE.read_text(encoding="utf-8")
        made, absent = limitstable.page(text)
        self.assertEqual(made, text, "python3 docs/limitstable.py --write")
        self.assertNotIn("captured", absent)
        for name in absent:
            print(f"SKIPPED: the table of what is {name}: not in {limitstable.LOGS}", file=sys.stderr)

    def test_bounded_fails_there(self):
        """A region more than fit, and it fails. Where two slots are spare it never does: a cut wants them."""
        variants = [f"bounded:init={limit}" for limit in limitstable.LIMITS]
        failed = held = 0
        for said in limitstable.replay(limitstable.captured(), "array", *variants):
            peaks = limitstable.peaks(said)
            for limit, result in zip(limitstable.LIMITS, said["variants"][1:]):
                full = result.get("exceeded_limit")
                what = f"{said['file']}: {result['variant']}, {peaks}: {full}"
                self.assertEqual(result["allocs"]["total"], result["allocs"]["as_captured"], what)
                self.assertEqual(result["dumps"]["total"], result["dumps"]["matched"], what)
                if max(peaks.values()) > limit:
                    self.assertIsNotNone(full, what)
                if max(peaks.values()) + 2 <= limit:
                    self.assertIsNone(full, what)
                if full:
                    failed += 1
                    self.assertEqual(full["limit"], 4 if full["collection"] == "physmem" else limit, what)
                    if full["collection"] in peaks:
                        self.assertEqual(full["needs"], max(peaks[full["collection"]], limit + 1), what)
                else:
                    held += 1
                    self.assertEqual(result["state_digest"], said["variants"][0]["state_digest"], what)
        self.assertGreater(failed, 20)
        self.assertGreater(held, 20)


if __name__ == "__main__":
    unittest.main()
