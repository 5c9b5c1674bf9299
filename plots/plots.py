# SPDX-License-Identifier: GPL-2.0-or-later
"""plots.py RUN_DIR [--out=DIR] - the charts of a run.

Reads RUN_DIR/results.json and RUN_DIR/maps/*.json and nothing else; writes, as .svg and .png,

    overview                 the two regimes side by side: scale, and real boots
    cost-by-regions-WORKLOAD cost of each operation against the number of regions
    replay-time              what the operations of each boot take, by variant
    replay-shares            which operations take that time
    memory-map-BOOT          where the memory of a boot is, and when it is taken

to RUN_DIR/charts/, or DIR. A chart whose data the run does not have is left out, and said so.
docs/charts.md says how to read them. Exit status: 0 drawn; 2 bad usage or bad input, one line.
"""
import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the folder may be an installed, shared one

try:
    from curves import cost_by_regions, overview, replay_time
    from memorymap import memory_map
    from rundata import REPLAYS, BadInput, load_run
    from shares import replay_shares
except ModuleNotFoundError as missing:
    print(f"plots.py: Python has no module '{missing.name}'; run it with Debian's /usr/bin/python3, "
          "with python3-matplotlib and python3-numpy installed", file=sys.stderr)
    sys.exit(3)


def draw_all(run, folder):
    """Return: the charts made, and what was left out and why."""
    workloads = list(dict.fromkeys(c.workload for c in run.cells if c.operation not in REPLAYS))
    jobs = [
        ("overview", "it needs reserve/random rows", lambda: overview(run, folder)),
        ("replay-time", "no replay rows", lambda: replay_time(run, folder)),
        ("replay-shares", "no replay rows with shares", lambda: replay_shares(run, folder)),
    ]
    jobs += [(f"cost-by-regions-{w}", "no time above 0", lambda w=w: cost_by_regions(run, folder, w))
             for w in workloads]
    if not workloads:
        jobs.append(("cost-by-regions", "no rows of single operations", lambda: []))
    jobs += [(f"memory-map-{name}", "the boot has no memory", lambda n=name: memory_map(run, folder, n))
             for name in run.maps]
    if not run.maps:
        jobs.append(("memory-map", "no maps/*.json in the run", lambda: []))
    made, left_out = [], []
    for name, reason, job in jobs:
        charts = job()
        made += charts
        if not charts:
            left_out.append((name, reason))
    return made, left_out


def main():
    parser = argparse.ArgumentParser(prog="plots.py", description="Draw the charts of a run.")
    parser.add_argument("run", metavar="RUN_DIR", help="folder with results.json and maps/")
    parser.add_argument("--out", metavar="DIR", help="where to (RUN_DIR/charts)")
    args = parser.parse_args()
    folder = Path(args.out) if args.out else Path(args.run) / "charts"
    try:
        run = load_run(args.run)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            made, left_out = draw_all(run, folder)
        except OSError as error:
            raise BadInput(f"{error.filename or folder}: cannot be written: {error.strerror}") from None
    except BadInput as error:
        print(f"plots.py: {error}", file=sys.stderr)
        return 2
    for name, reason in left_out:
        print(f"plots.py: {name} left out: {reason}", file=sys.stderr)
    for chart in made:
        if chart.suffix == ".svg":
            print(f"{chart} and .png")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
