# SPDX-License-Identifier: GPL-2.0-or-later
"""Share of each kind of operation in a replay: stacked horizontal bars, a group per boot.

The shares come from a pass of its own, in which each operation is timed alone; so they are shown
relative to their sum, and beside each bar stands the time of the undisturbed warm replay.
"""
import numpy as np

from curves import boots_of, number_text, replay_us
from figures import caption, inches, plt, save, title
from palette import SHARES


def shares_of(cell):
    """Fractions by kind, in the order of SHARES; None if the run has none."""
    values = [cell.counter(f"ns_{kind}") for kind in SHARES]
    if all(v is None for v in values):
        return None
    values = np.array([max(v or 0.0, 0.0) for v in values])
    return values / values.sum() if values.sum() > 0 else None


def replay_shares(run, folder):
    cells = [c for c in run.cells if c.operation == "replay" and c.variant != "null"
             and c.counter("ns_per_replay") and shares_of(c) is not None]
    if not cells:
        return []
    boots, _ = boots_of(cells)
    variants = [v for v in run.variants(("replay",)) if any(c.variant == v for c in cells)]
    found = {(c.workload, c.variant): c for c in cells}
    rows, ticks, heads, y = [], [], [], 0.0
    for boot in boots:
        heads.append((y - 0.72, boot))
        for variant in variants:
            if (boot, variant) in found:
                rows.append((y, found[boot, variant]))
                ticks.append((y, variant))
                y += 1
        y += 1.1

    fig = plt.figure(figsize=(9.5, 1.75 + 0.235 * y))
    ax = fig.add_axes((0.15, 0.0, 0.74, 1.0))
    height = fig.get_figheight()
    ax.set_position((0.13, 0.82 / height, 0.75, (height - 1.72) / height))
    left = np.zeros(len(rows))
    for k, (kind, (colour, hatch)) in enumerate(SHARES.items()):
        widths = np.array([shares_of(cell)[k] * 100 for _, cell in rows])
        if not widths.any():
            continue
        ax.barh([row[0] for row in rows], widths, left=left, height=0.84, color=colour,
                hatch=hatch, edgecolor="#303030", linewidth=0.5, label=kind)
        for (at, _), start, width in zip(rows, left, widths):
            if width >= 7:
                ax.text(start + width / 2, at, f"{width:.0f} %", ha="center", va="center",
                        fontsize=7.5, bbox={"boxstyle": "round,pad=0.12", "fc": "white",
                                            "ec": "none", "alpha": 0.9})
        left += widths
    for at, cell in rows:
        ax.text(101, at, f"{number_text(replay_us(cell)[0])} µs", va="center", fontsize=8.5)
    for at, boot in heads:
        ax.text(0, at, boot, va="center", fontsize=8.5, fontweight="bold")
    ax.set_yticks([t[0] for t in ticks], [t[1] for t in ticks])
    ax.set_ylim(y - 0.9, -1.25)
    ax.set_xlim(0, 100)
    ax.set_xticks(range(0, 101, 20), [f"{x} %" for x in range(0, 101, 20)])
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("share of the time in operations")
    title(fig, "Which operations take the time of a boot?",
          "each operation timed alone; right: median time of the whole replay, caches warm",
          run.mark())
    fig.legend(*ax.get_legend_handles_labels(), loc="center left", ncol=len(SHARES),
               bbox_to_anchor=(0.12, inches(fig, 0.8)), frameon=False, fontsize=9,
               handlelength=1.8, columnspacing=1.6)
    caption(fig, run.caption())
    return save(fig, folder, "replay-shares")
