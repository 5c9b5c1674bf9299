#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How many boots need more regions than a fixed table has: the tables of variants/bounded/README.md, of what a replay on
`array` holds at most. Logs that others published are in a folder beside the tree, or nowhere: then their table stays.

    limitstable.py           prints them
    limitstable.py --write   puts them into the page

MEMBLOCK_BENCH: the executable, else build/memblock-bench. MB_SHARED: the folder with found-logs/.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "variants" / "bounded" / "README.md"
BENCH = os.environ.get("MEMBLOCK_BENCH") or str(ROOT / "build" / "memblock-bench")
LOGS = Path(os.environ.get("MB_SHARED") or ROOT.parent / "shared") / "found-logs"

LIMITS = (8, 16, 32, 64, 128, 256)
LISTS = ("memory", "reserved")


def replay(files, *variants):
    """What replay says of each file, on the variants."""
    done = subprocess.run([BENCH, "replay", "--rounds=0", "--format=json", "--metadata=host",
                           f"--variants={','.join(variants)}", *map(str, files)],
                          stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def captured():
    return sorted((ROOT / "workloads" / "captured").glob("*.trace.zst"))


def published():
    return sorted(LOGS.glob("*.log"))


def peaks(said):
    """{"memory": regions at most, "reserved": the same} of what replay says of a file; array comes first."""
    return {which: said["variants"][0]["regions"][f"{which}_peak"] for which in LISTS}


def table(files):
    held = [peaks(said) for said in replay(files, "array")]
    yield f"| limit | boots, of {len(held)}, with more regions of memory | of reserved | of either |"
    yield "|---|---|---|---|"
    for limit in LIMITS:
        more = [sum(boot[which] > limit for boot in held) for which in LISTS]
        either = sum(max(boot.values()) > limit for boot in held)
        yield f"| {limit} | {more[0]} | {more[1]} | {either} |"
    most = [max(boot[which] for boot in held) for which in LISTS]
    yield f"| the largest | {most[0]} | {most[1]} | {max(most)} |"


TABLES = {"captured": captured, "published": published}


def page(text):
    """The page with its tables as they should be; and which could not be made."""
    absent = []
    for name, files in TABLES.items():
        begin, end = f"<!-- limitstable.py: {name} -->\n", f"<!-- limitstable.py: end of {name} -->\n"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        if not after:
            sys.exit(f"limitstable.py: {PAGE} lacks '{begin.strip()}' or '{end.strip()}'")
        if not files():
            absent.append(name)
            continue
        text = before + begin + "\n".join(table(files())) + "\n" + end + after
    return text, absent


def main():
    if sys.argv[1:] not in ([], ["--write"]):
        sys.exit(__doc__)
    if sys.argv[1:]:
        text, absent = page(PAGE.read_text(encoding="utf-8"))
        PAGE.write_text(text, encoding="utf-8")
    else:
        absent = [name for name, files in TABLES.items() if not files()]
        for name in TABLES.keys() - absent:
            print(name, *table(TABLES[name]()), sep="\n")
    for name in absent:
        print(f"limitstable.py: SKIPPED: nothing {name} in {LOGS}", file=sys.stderr)


if __name__ == "__main__":
    main()
