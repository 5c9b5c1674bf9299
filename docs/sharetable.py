#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables of what memblock's part of a boot is, in instructions: "The boot's share" of docs/method.md, from
results/kernel-counts/*.json, and "What a handover costs" of docs/capture.md, from
results/kernel-counts/handovers/*.json: the one place that tells each.

    sharetable.py           prints them
    sharetable.py --write   puts them into the pages
"""
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COUNTS = ROOT / "results" / "kernel-counts"
BEGIN, END = "<!-- sharetable.py: begin -->\n", "<!-- sharetable.py: end -->\n"


def read(folder):
    return [(path, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))]


def grouped(number):
    return f"{number:,}".replace(",", " ")


# ---- ordinary boots ------------------------------------------------------------------------------

def boots():
    yield "| architecture | machine | kernel | in memblock | all until slab is up | share |"
    yield "|---|---|---|---|---|---|"
    for path, counts in read(COUNTS):
        said = counts["instructions"]
        machine = path.stem.removeprefix(counts["arch"] + "-")
        yield (f"| {counts['arch']} | {machine} | {counts['version']} | {grouped(said['memblock'])} | "
               f"{grouped(said['until_slab'])} | {100 * said['memblock'] / said['until_slab']:.2f} % |")


# ---- kexec handovers -----------------------------------------------------------------------------

def option(counts, name):
    return next((word.partition("=")[2] for word in counts["options"] if word.startswith(f"--{name}=")), "")


def preserved(counts):
    """What was handed over, in words."""
    if "handover" not in counts:
        return "nothing: a first boot"
    size = option(counts, "kexec").replace("M", " MiB")
    if runs := option(counts, "runs"):
        return f"{size}, every other page" if runs == "1" else f"{size} in runs of {runs} pages"
    pages = (option(counts, "pages") or "4K").replace("4K", "4 KiB").replace("2M", "2 MiB").replace(",", " and ")
    return f"{size} in pages of {pages}"


def reservations(counts):
    return sum(counts.get("handover", {}).values())


def handovers():
    yield ("| architecture | preserved | reservations | reserved regions at most | all instructions | "
           "code for ranges | for each reservation | writing struct pages | everything else |")
    yield "|---|---|---|---|---|---|---|---|---|"
    rows = read(COUNTS / "handovers")
    first = {counts["arch"]: counts["instructions"]["range_code"] for _, counts in rows if "handover" not in counts}
    for _, counts in sorted(rows, key=lambda row: (row[1]["arch"] != "x86_64", row[1]["instructions"]["range_code"])):
        said, count = counts["instructions"], reservations(counts)
        share = [100 * said[part] / said["until_slab"] for part in ("range_code", "struct_pages")]
        each = grouped(round((said["range_code"] - first[counts["arch"]]) / count)) if count else ""
        yield (f"| {counts['arch']} | {preserved(counts)} | {grouped(count)} | "
               f"{grouped(counts['regions']['reserved'])} | {grouped(said['until_slab'])} | "
               f"{grouped(said['range_code'])}: {share[0]:.1f} % | {each} | "
               f"{grouped(said['struct_pages'])}: {share[1]:.1f} % | {100 - sum(share):.1f} % |")


# ---- the pages -----------------------------------------------------------------------------------

PAGES = {ROOT / "docs" / "method.md": boots, ROOT / "docs" / "capture.md": handovers}


def page(path):
    """A page with its table as it should be."""
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not after:
        sys.exit(f"sharetable.py: {path} lacks '{BEGIN.strip()}' or '{END.strip()}'")
    return before + BEGIN + "\n".join(PAGES[path]()) + "\n" + END + after


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        for each in PAGES:
            each.write_text(page(each), encoding="utf-8")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        for table in PAGES.values():
            print(*table(), sep="\n")
