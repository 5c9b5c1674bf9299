#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The table "The boot's share" of docs/method.md, from results/kernel-counts/*.json: the one place that tells it.

    sharetable.py           prints it
    sharetable.py --write   puts it into docs/method.md
"""
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "method.md"
BEGIN, END = "<!-- sharetable.py: begin -->\n", "<!-- sharetable.py: end -->\n"


def table():
    yield "| architecture | machine | kernel | in memblock | all until slab is up | share |"
    yield "|---|---|---|---|---|---|"
    for path in sorted((ROOT / "results" / "kernel-counts").glob("*.json")):
        counts = json.loads(path.read_text(encoding="utf-8"))
        said = counts["instructions"]
        machine = path.stem.removeprefix(counts["arch"] + "-")
        yield (f"| {counts['arch']} | {machine} | {counts['version']} | {said['memblock']:,} | "
               f"{said['until_slab']:,} | {100 * said['memblock'] / said['until_slab']:.2f} % |").replace(",", " ")


def page():
    """The page with the table as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not after:
        sys.exit(f"sharetable.py: {PAGE} lacks '{BEGIN.strip()}' or '{END.strip()}'")
    return before + BEGIN + "\n".join(table()) + "\n" + END + after


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(), encoding="utf-8")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        print(*table(), sep="\n")
