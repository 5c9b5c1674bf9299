# SPDX-License-Identifier: GPL-2.0-or-later
"""Charts of steps in the kernel's file, and of what `tune` tried.

    tuning.py steps results/steps/steps.json --out=DIR    steps-against-default
    tuning.py tune FILE --out=DIR                         growth-by-slots, growth-against-metadata

FILE is what `tune --format=json` prints. Each as .svg and .png. Exit status: 0 drawn; 2 bad usage or bad input, one line.
"""
import argparse
import json
import math
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the folder may be an installed, shared one

try:
    from figures import caption, plt, save, title
    from palette import looks
except ModuleNotFoundError as missing:
    print(f"tuning.py: Python has no module '{missing.name}'; run it with Debian's /usr/bin/python3, "
          "with python3-matplotlib and python3-numpy installed", file=sys.stderr)
    sys.exit(3)

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
STORE = "adaptive"


class BadInput(Exception):
    """Of a file that is not what it should be."""


def axes_of(fig, left=0.12, bottom=0.9, top=1.0):
    height = fig.get_figheight()
    return fig.add_axes((left, bottom / height, 0.97 - left, (height - bottom - top) / height))


def steps_chart(data, folder, origin):
    boots = {name: row for name, row in data["workloads"].items() if " " not in name}
    if not boots:
        raise BadInput("no boots in it")
    order = sorted(boots, key=lambda b: boots[b]["all"] / boots[b]["linux"], reverse=True)
    steps = [name for name in next(iter(boots.values())) if name not in ("linux", "all", STORE)]
    fig = plt.figure(figsize=(9.5, 2.3 + 0.2 * len(order)))
    ax = axes_of(fig, left=0.32, top=1.3)
    for step, marker in zip(steps, MARKERS):
        ax.plot([boots[b][step] / boots[b]["linux"] for b in order], range(len(order)), marker, ms=4, mfc="none", mec="#808080",
                mew=0.8, label=step)
    ax.plot([boots[b]["all"] / boots[b]["linux"] for b in order], range(len(order)), "o", ms=7, color="#0072B2", label="all steps")
    ax.plot([boots[b][STORE] / boots[b]["linux"] for b in order], range(len(order)), "D", ms=6, color="#D55E00", label=STORE)
    ax.axvline(1, color="black", lw=1)
    ax.set_yticks(range(len(order)), order, fontsize=8)
    ax.set_xlim(0, max(1.1, ax.get_xlim()[1]))
    ax.set_ylim(-0.7, len(order) - 0.3)
    ax.grid(axis="x", color="#E0E0E0", lw=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel("instructions of the boot against linux (1: the kernel's file as it is)")
    ax.legend(fontsize=8, frameon=False, ncol=len(steps) // 2 + 1, loc="lower left", bbox_to_anchor=(0, 1.0))
    title(fig, "How much of the store's gain is in a few lines of the kernel's file?", "each boot on the kernel of its profile; a step with those that it needs")
    caption(fig, ("make steps", f"counted, not timed; {origin}"))
    return save(fig, folder, "steps-against-default")


def lines_by_slots(rows):
    """{variant without slots: [(slots, row)]}"""
    found = {}
    for row in rows:
        if slots := re.search(r":init=(\d+)", row["variant"]):
            found.setdefault(row["variant"].replace(slots[0], ""), []).append((int(slots[1]), row))
    return {name: sorted(of, key=lambda each: each[0]) for name, of in found.items() if len(of) > 1}


def slots_chart(data, folder, origin):
    lines = lines_by_slots(data["rows"])
    if not lines:
        return []
    fig = plt.figure(figsize=(9.5, 4.6))
    ax = axes_of(fig, left=0.08)
    seen = {}
    for name, of in sorted(lines.items()):
        seen.setdefault(tuple((slots, row["growths"]) for slots, row in of), []).append(name)
    wide = 2.0 * len(seen)  # lines lie upon each other
    for (points, names), look in zip(seen.items(), looks([names[0] for names in seen.values()]).values()):
        wide -= 1.6
        ax.plot([p[0] for p in points], [p[1] for p in points], "-o", color=look.colour, ms=max(4, wide + 2), lw=max(1.2, wide),
                label=names[0] + (f" and {len(names) - 1} like it" if len(names) > 1 else ""))
    now = next(row for row in data["rows"] if row["variant"] == "linux")
    ax.axhline(now["growths"], color="black", lw=0.8, ls=":", label="linux, with the slots that it has")
    ax.set_xscale("log", base=2)
    ax.set_xticks(sorted({slots for of in lines.values() for slots, _ in of}))
    ax.get_xaxis().set_major_formatter(plt.ScalarFormatter())
    ax.set_ylim(0 if any(row["growths"] for of in lines.values() for _, row in of) else -0.5, None)
    ax.yaxis.get_major_locator().set_params(integer=True)
    ax.set_xlabel("initial slots of memory and of reserved")
    ax.set_ylabel("growths in these boots")
    ax.legend(fontsize=8, frameon=False)
    title(fig, "How many slots until nothing grows?", ", ".join(data["boots"])[:110])
    caption(fig, ("memblock-bench tune --format=json", origin))
    return save(fig, folder, "growth-by-slots")


def metadata_chart(data, folder, origin):
    rows = data["rows"]
    fig = plt.figure(figsize=(9.5, 5.0))
    ax = axes_of(fig, left=0.08)
    families = list(dict.fromkeys(row["variant"].split(":")[0] for row in rows))
    for family, look in looks(families).items():
        mine = [row for row in rows if row["variant"].split(":")[0] == family]
        ax.plot([row["metadata_bytes_peak"] / 1024 for row in mine], [row["share"] for row in mine], "o", color=look.colour, ms=6,
                alpha=0.8, label=family)
    named = {row["variant"]: row for row in (*data["pareto"], *data["beside"])}
    few = [row for row in rows if row["variant"].startswith("linux")]
    named |= {row["variant"]: row for row in few} if len(few) <= 20 else {}
    middle = math.sqrt(min(row["metadata_bytes_peak"] for row in rows) * max(row["metadata_bytes_peak"] for row in rows))
    for row in named.values():  # towards the middle, so that none is cut
        right = row["metadata_bytes_peak"] > middle
        ax.annotate(row["variant"], (row["metadata_bytes_peak"] / 1024, row["share"]), fontsize=6.5,
                    xytext=(-4 if right else 4, 3 if row["variant"].startswith("linux") else -9), ha="right" if right else "left",
                    textcoords="offset points", color="#404040")
    ax.axhline(1, color="black", lw=1)
    sizes = [row["metadata_bytes_peak"] for row in rows]
    if max(sizes) > 4 * min(sizes):
        ax.set_xscale("log", base=2)
        ax.get_xaxis().set_major_formatter(plt.ScalarFormatter())
    else:
        ax.set_xlim(0, None)
    ax.set_ylim(0, None)
    ax.set_xlabel("metadata at its peak, KiB")
    ax.set_ylabel("instructions against linux, growth included")
    ax.legend(fontsize=8, frameon=False)
    title(fig, "What does it cost not to grow?", ", ".join(data["boots"])[:110])
    caption(fig, ("memblock-bench tune --format=json", origin))
    return save(fig, folder, "growth-against-metadata")


def load(path, keys):
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"'{path}': {error.strerror}") from None
    except ValueError as error:
        raise BadInput(f"'{path}' is no JSON: {error}") from None
    if not isinstance(data, dict) or any(key not in data for key in keys):
        raise BadInput(f"'{path}' is not what make steps, or tune --format=json, writes: it lacks one of {', '.join(keys)}")
    return data


def main():
    parser = argparse.ArgumentParser(prog="tuning.py", description="Draw steps, or what tune tried.")
    parser.add_argument("what", choices=("steps", "tune"))
    parser.add_argument("file")
    parser.add_argument("--out", metavar="DIR", required=True)
    asked = parser.parse_args()
    try:
        folder = Path(asked.out)
        if asked.what == "steps":
            data = load(asked.file, ("workloads", "version"))
            folder.mkdir(parents=True, exist_ok=True)
            charts = steps_chart(data, folder, data["version"])
        else:
            data = load(asked.file, ("rows", "pareto", "beside", "boots"))
            folder.mkdir(parents=True, exist_ok=True)
            origin = "counted by Valgrind"
            charts = slots_chart(data, folder, origin) + metadata_chart(data, folder, origin)
    except (BadInput, OSError) as error:
        print(f"tuning.py: {error}", file=sys.stderr)
        return 2
    for chart in charts:
        if chart.suffix == ".svg":
            print(f"{chart} and .png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
