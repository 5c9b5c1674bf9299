# SPDX-License-Identifier: GPL-2.0-or-later
"""`array`, the model of the kernel's code, executes no more than the kernel in any cell, whether it scans or halves.

Few regions, where what is fixed weighs most: above them the kernel's scans grow, and the model's less. Sixteen are scanned in any
case, with seventeen halving begins. By simulated counts, which are the same on each machine that compiles alike; shown to fail on
a store that is above the kernel.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2])).resolve()
BENCH = os.environ.get("MEMBLOCK_BENCH", str(SOURCE / "build" / "memblock-bench"))
SEARCHES = ("array", "array:search=binary")
REGIONS = "8,16,17,24"
KERNEL = "linux:version=newest"


def listed():
    """Operations of `run` but those of boots."""
    said = subprocess.run([BENCH, "list", "operations"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in said.splitlines() if line.split()[1:2] != ["boot"]]


def above(variants, operations, regions, folder):
    """Cells where a variant executes more than the kernel, as text, and how many there were."""
    out = Path(folder) / "counts.json"
    done = subprocess.run([BENCH, "run", "--counters=callgrind", "--processes=1", "--repetitions=1", "--workloads=synthetic",
                           f"--variants={KERNEL},{','.join(variants)}", f"--operations={','.join(operations)}",
                           f"--regions={regions}", f"--out={out}"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    cells = {}
    for row in json.loads(out.read_text(encoding="utf-8"))["benchmarks"]:
        operation, workload, variant, n = row["name"].split("/")
        cells.setdefault((operation, workload, n), {})[variant] = row["instructions"]
    found, compared = [], 0
    for cell, costs in sorted(cells.items()):
        kernel = next(costs[variant] for variant in costs if variant.startswith("linux:"))
        for variant in variants:
            compared += 1
            if costs[variant] > kernel:
                found.append(f"{variant}: {'/'.join(cell)} {costs[variant]:.0f}, the kernel {kernel:.0f}")
    return found, compared


def main():
    asked = subprocess.run([BENCH, "replay", "--rounds=0", f"--variants={KERNEL}",
                            SOURCE / "workloads/captured/x86_64-6.12-cloud-512M.trace.zst"], capture_output=True, check=False)
    if not shutil.which("valgrind") or asked.returncode:
        print("SKIPPED: no valgrind, or no source of the newest kernel", file=sys.stderr)
        return 1 if os.environ.get("CI") else 77
    with tempfile.TemporaryDirectory() as folder:
        found, compared = above(SEARCHES, listed(), REGIONS, folder)
        assert compared == len(REGIONS.split(",")) * 4 * len(SEARCHES) * len(listed()), compared
        assert not found, "\n".join(found)
        assert above(["adaptive"], ["find_free"], "24", folder)[0], "nothing is above the kernel: what would be noticed?"
    print(f"{compared} cells, none above the kernel")
    return 0


if __name__ == "__main__":
    sys.exit(main())
