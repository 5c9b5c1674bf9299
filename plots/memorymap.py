# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory map of a boot: at its end, and over its operations.

    +--------------------------------+----------------------+-----------+
    | memory, reserved, free at the  | the same, in the     | colours   |
    | end, whole address space       | most crowded window  |           |
    +--------------------------------+----------------------+-----------+
    | each row is the state after so | the same window      | reserved  |
    | many operations: how much of   |                      | bytes and |
    | each cell is reserved          |                      | regions   |
    +--------------------------------+----------------------+-----------+

Most reservations are far smaller than a pixel of the whole map, so the shade of a cell is
logarithmic, and a second column magnifies the place where most of them are.
"""
import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.patches import Patch

from addresses import Axis, crowded_window, size_text, union
from figures import caption, inches, plt, save, title

FREE = "#E3F1D7"
RESERVED = "#3B1F5B"
MEMORY = ("#0072B2", "#8CC4E8")  # neighbouring nodes take turns
NOTHING = "#FFFFFF"
FAINTEST = 1e-4  # fraction of a cell at which the scale of shades begins
CELLS = 480

# Light (little) to dark (all reserved): brightness falls all the way.
SHADES = plt.get_cmap("inferno_r").with_extremes(under=FREE)


def coverage(ranges, cells):
    """Which part of each cell the ranges cover. Both are sorted."""
    result = np.zeros(len(cells))
    ranges = union(ranges)
    i = 0
    for c, ((base, end), _) in enumerate(cells):
        while i < len(ranges) and ranges[i][1] <= base:
            i += 1
        j = i
        while j < len(ranges) and ranges[j][0] < end:
            result[c] += min(ranges[j][1], end) - max(ranges[j][0], base)
            j += 1
        result[c] /= end - base
    return result


def draw_lanes(ax, axis, boot, window=None):
    """Memory, reserved and free at the end, one lane each."""
    end = boot["end"]
    nodes = [n for n in dict.fromkeys(boot["nodes"]) if n is not None]

    def spans(ranges):
        low, high = window or (0, 1 << 64)
        return [(axis(max(b, low)), axis.place_of_end(e) if e <= high else axis(high))
                for b, e in ranges if e > low and b < high]

    lanes = [("memory", 2), ("reserved", 1), ("free", 0)]
    for name, y in lanes:
        if name != "memory":
            colour = RESERVED if name == "reserved" else "#5A9E3A"
            for left, right in spans(end[name]):
                # A hairline of the same colour keeps what is narrower than a pixel visible.
                ax.add_patch(plt.Rectangle((left, y + 0.1), right - left, 0.8, fc=colour,
                                           ec=colour, lw=0.35))
            continue
        for (base, stop), node in zip(end["memory"], boot["nodes"]):
            shade = MEMORY[nodes.index(node) % 2] if node in nodes else "#A0A0A0"
            for left, right in spans([(base, stop)]):
                ax.add_patch(plt.Rectangle((left, y + 0.1), right - left, 0.8, fc=shade, ec=shade,
                                           lw=0.35))
    if not window:
        label_nodes(ax, axis, boot, nodes)
    ax.set_ylim(-0.05, 3.05)
    ax.set_xlim(0, 1)
    ax.set_yticks([y + 0.5 for _, y in lanes], [n for n, _ in lanes])
    ax.tick_params(axis="both", length=0)
    ax.set_xticks([])
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def label_nodes(ax, axis, boot, nodes):
    """A node's number on its widest stretch, where it fits."""
    for node in nodes:
        places = [(axis(b), axis.place_of_end(e))
                  for (b, e), n in zip(boot["end"]["memory"], boot["nodes"]) if n == node]
        left, right = max(places, key=lambda p: p[1] - p[0])
        text = f"node {node}" if right - left > 0.09 else str(node)
        if right - left > (0.018 if len(text) < 3 else 0.026):
            ax.text((left + right) / 2, 2.5, text, ha="center", va="center", fontsize=8,
                    color="white" if nodes.index(node) % 2 == 0 else "black")


def draw_heat(ax, axis, boot, cells):
    """Rows of cells from the bottom (start of the boot) to the top (its end)."""
    frames = boot["frames"]
    edges = [f[0] for f in frames] + [boot["operations"]]
    rows = []
    for _, memory, reserved in frames:
        taken = coverage(reserved, cells)
        there = coverage(memory, cells)
        # A cell without memory and reservation is nothing; one with a trace of a reservation shows.
        shade = np.where(taken > 0, np.maximum(taken, FAINTEST), FAINTEST / 10)
        rows.append(np.ma.masked_where((there == 0) & (taken == 0), shade))
    heat = np.ma.array(rows)
    y = np.array(edges, dtype=float)
    keep = np.append(y[1:] > y[:-1], True)  # the last frame often is at the last operation
    heat = heat[keep[:-1]] if keep[:-1].any() else heat[-1:]
    y = y[keep] if keep[:-1].any() else np.array([0.0, 1.0])
    mesh = None
    start = 0
    # One mesh per piece of the axis, so that no cell spans a hole.
    for c in range(len(cells)):
        last = c + 1 == len(cells)
        if last or cells[c + 1][1][0] > cells[c][1][1] + 1e-9:
            x = [cell[1][0] for cell in cells[start:c + 1]] + [cells[c][1][1]]
            mesh = ax.pcolormesh(x, y, heat[:, start:c + 1], cmap=SHADES, rasterized=True,
                                 norm=LogNorm(FAINTEST, 1))
            start = c + 1
    ax.set_facecolor(NOTHING)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, max(y[-1], 1))
    return mesh


def draw_holes(fig, axes, axis):
    """The cuts of the axis, through both panels."""
    for left, right, size in axis.holes():
        for ax in axes:
            ax.axvspan(left, right, facecolor="#F0F0F0", edgecolor="#B0B0B0", hatch="////",
                       linewidth=0)
        axes[-1].text((left + right) / 2, 0.5, f"hole, {size_text(size)}", rotation=90, ha="center",
                      va="center", fontsize=7.5, transform=axes[-1].get_xaxis_transform(),
                      bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none"})


def draw_timeline(ax, boot):
    """Reserved bytes and regions over the operations; shares the vertical axis of the heat maps."""
    done, size, regions = (np.array(column, dtype=float) for column in zip(*boot["timeline"]))
    unit, scale = next(((u, s) for u, s in (("GiB", 2 ** 30), ("MiB", 2 ** 20), ("KiB", 2 ** 10))
                        if size.max() >= 2 * s), ("B", 1))
    line, = ax.step(size / scale, done, where="pre", color="#0072B2", lw=1.8)
    ax.set_xlim(0, max(size.max() / scale * 1.08, 1))
    ax.set_xlabel(f"reserved, {unit}")
    other = ax.twiny()
    dots, = other.step(regions, done, where="pre", color="#D55E00", lw=1.5, ls=(0, (5, 2)))
    other.set_xlim(0, max(regions.max() * 1.08, 1))
    other.set_xlabel("reserved regions", fontsize=8.5, labelpad=4)
    other.tick_params(labelsize=8)
    other.spines["top"].set_visible(True)
    for growth in boot["growth"]:
        ax.axhline(growth["operation"], color="#303030", lw=0.7, ls=":")
    handles = [line, dots]
    names = ["reserved bytes", "reserved regions"]
    if boot["growth"]:
        handles.append(plt.Line2D([], [], color="#303030", lw=0.7, ls=":"))
        names.append("an array grew")
    return handles, names


def offset_ticks(window, wanted=5):
    """(place, text) for a narrow window, counted from a round base."""
    low, high = window
    step = 1 << ((high - low) // wanted).bit_length()
    base = -(-low // step) * step
    marks = range(base, high + 1, step)
    texts = ["0" if a == base else f"+{size_text(a - base)}" for a in marks]
    # A number at the very end would run into the next panel.
    return base, [((a - low) / (high - low), text) for a, text in zip(marks, texts)
                  if (a - low) / (high - low) < 0.96]


def note_of(boot):
    memory = sum(e - b for b, e in boot["end"]["memory"])
    nodes = len({n for n in boot["nodes"] if n is not None})
    parts = [
        f"Linux {boot['kernel'].split()[0]}" if boot["kernel"] else None,
        f"{size_text(memory)} of memory in {len(boot['end']['memory'])} regions",
        f"{nodes} nodes" if nodes > 1 else None,
        f"{boot['operations']} operations",
        f"at most {boot['peaks'].get('reserved_regions', '?')} reserved regions",
    ]
    return ", ".join(p for p in parts if p)


def memory_map(run, folder, name):
    boot = run.maps[name]
    everything = boot["end"]["memory"] + boot["end"]["reserved"]
    for _, memory, reserved in boot["frames"]:
        everything = everything + memory + reserved
    if not everything or not boot["frames"] or not boot["timeline"]:
        return []
    axis = Axis(everything)
    window = crowded_window(boot["end"]["reserved"], axis.pieces[0][0], axis.pieces[-1][1])

    fig = plt.figure(figsize=(13, 7.2))
    grid = fig.add_gridspec(2, 3 if window else 2, height_ratios=(1, 3.0), hspace=0.07, wspace=0.12,
                            width_ratios=(2.1, 1.15, 0.62) if window else (3.2, 0.62),
                            left=0.062, right=0.985, top=inches(fig, 1.12), bottom=0.95 / 7.2)
    lanes, heat = fig.add_subplot(grid[0, 0]), fig.add_subplot(grid[1, 0])
    line = fig.add_subplot(grid[1, -1], sharey=heat)
    draw_lanes(lanes, axis, boot)
    mesh = draw_heat(heat, axis, boot, axis.cells(CELLS))
    draw_holes(fig, (lanes, heat), axis)
    ticks = axis.ticks()
    heat.set_xticks([t[0] for t in ticks], [t[1] for t in ticks])
    heat.set_xlabel("physical address")
    heat.set_ylabel("operations so far")
    lanes.set_title("at the end: the whole address space", fontsize=9.5, fontweight="bold", loc="left")

    if window:
        draw_window(fig, grid, heat, boot, window, lanes, axis)
    handles, names = draw_timeline(line, boot)
    line.tick_params(labelleft=False)
    draw_legend(fig, grid, mesh, handles, names)
    title(fig, f"Where is the memory of {name}, and when is it taken?", note_of(boot))
    caption(fig, (f"memblock-bench show --format=json {boot['file']}", run.caption(measured=False)[1]))
    return save(fig, folder, f"memory-map-{name}")


def draw_window(fig, grid, heat, boot, window, lanes, axis):
    """The magnified column, and where it is on the whole map."""
    close = Axis([window])
    top, below = fig.add_subplot(grid[0, 1]), fig.add_subplot(grid[1, 1], sharey=heat)
    draw_lanes(top, close, boot, window)
    top.set_yticklabels([])
    draw_heat(below, close, boot, close.cells(CELLS))
    base, ticks = offset_ticks(window)
    below.set_xticks([t[0] for t in ticks], [t[1] for t in ticks])
    below.set_xlabel(f"offset from {base:#x}")
    below.tick_params(labelleft=False)
    inside = sum(1 for b, e in boot["end"]["reserved"] if b < window[1] and e > window[0])
    top.set_title(f"{size_text(window[1] - window[0])} with {inside} of "
                  f"{len(boot['end']['reserved'])} reserved regions",
                  fontsize=9.5, fontweight="bold", loc="left")
    place = axis((window[0] + window[1]) // 2)
    lanes.annotate("magnified", (place, 3.0), (place, 3.55), fontsize=8, ha="center", va="center",
                   annotation_clip=False, arrowprops={"arrowstyle": "->", "lw": 0.9})


def draw_legend(fig, grid, mesh, handles, names):
    """Top right: the scale of shades, and what the lines below it are."""
    corner = fig.add_subplot(grid[0, -1])
    corner.axis("off")
    if mesh:
        scale = corner.inset_axes((0.02, 0.95, 0.96, 0.11))
        bar = fig.colorbar(mesh, cax=scale, orientation="horizontal", extend="min", extendfrac=0.12)
        bar.set_ticks([1e-4, 1e-2, 1], labels=["0.01 %", "1 %", "all"])
        bar.ax.minorticks_off()
        bar.ax.tick_params(labelsize=7.5, length=2)
        bar.ax.set_title("reserved part of a cell", fontsize=8.5, pad=4)
    patches = [Patch(fc=FREE, ec="#A0A0A0", lw=0.5), Patch(fc=NOTHING, ec="#A0A0A0", lw=0.5)]
    corner.legend(patches + handles, ["free memory", "no memory"] + names, loc="upper left",
                  bbox_to_anchor=(-0.04, 0.74), frameon=False, fontsize=8, labelspacing=0.2,
                  borderaxespad=0, handlelength=1.8)
