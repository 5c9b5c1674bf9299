# SPDX-License-Identifier: GPL-2.0-or-later
"""The charts that gnuplot draws: curves over sizes, and bars.

Each function writes two files into charts/data/, NAME.dat (numbers, in blocks) and NAME.vars (what
the script is to know: titles, axes, looks), and starts the script on them. Both stay there: with
them a chart can be drawn again by hand, with another style.

    gnuplot -e 'here="plots"; vars="results/latest/charts/data/replay-time.vars"' plots/replay.gp
"""
import math
import statistics
import subprocess
from pathlib import Path

from palette import looks
from rundata import O2, REPLAYS, BadInput, spread

HERE = Path(__file__).resolve().parent
OPEN_MARKER = {5: 4, 7: 6, 9: 8, 11: 10, 13: 12}
LABEL_CHARS = 12  # of a line below a boot on the x axis
MARGIN_PIXELS, COMMAND_PIXELS = 16, 7.1  # of a page, and a character of its caption (page.gp)
BOOTS_NAMED = 8   # boots whose names fit below an axis


def quoted(text):
    """A gnuplot string."""
    text = str(text).replace("\\", "\\\\").replace('"', '\\"').replace("`", "'")
    return '"' + text.replace("\n", "\\n") + '"'


def count_text(n):
    return f"{n // 1024}k" if n >= 1024 and n % 1024 == 0 else str(n)


def time_text(ns):
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= scale * 0.9999:
            return f"{ns / scale:g} {unit}"
    return f"{ns:g} ns"


def number_text(value):
    """Three digits, as a person writes them: 0.42, 8.1, 37, 420."""
    if value >= 10:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def decades(low, high):
    """The powers of ten between, and at least the two around."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0 ** e for e in range(first, max(last, first + 1) + 1)]


def tics(axis, pairs):
    """A gnuplot command, as the string that the script evaluates."""
    inner = ", ".join(f"{quoted(text)} {value:g}" for text, value in pairs)
    return quoted(f"set {axis} ({inner})")


def log_range(values):
    """A little room at both ends, also around a single value."""
    low, high = min(values), max(values)
    room = (high / low) ** 0.05 if high > low else 1.6
    return low / room, high * room


def size_tics(sizes):
    """Not more than eight labels, at sizes that were measured."""
    step = math.ceil(len(sizes) / 8)
    kept = sizes[::-1][::step][::-1]
    return [(count_text(n), n) for n in kept]


def linetypes(variants):
    """One `set linetype` per variant: the scripts say `lt v`."""
    return [f"set linetype {v} lc rgb {quoted(look.colour)} dt {look.dash} "
            f"pt {look.marker} ps 0.8 lw 1.8"
            for v, look in enumerate(looks(variants).values(), 1)]


def block(rows):
    """A data block; gnuplot counts blocks, so an empty one must not vanish."""
    rows = rows or [("NaN",) * 5]
    return "\n".join(" ".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in row)
                     for row in rows)


def draw(run, folder, name, script, settings, blocks, lines):
    """Write the two files, start gnuplot. Return: the charts made."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    command, origin = run.caption()
    fits = int((settings["width"] - 2 * MARGIN_PIXELS) / COMMAND_PIXELS)
    if len(command) > fits:
        command = command[:fits - 4] + " ..."
    settings = {"stem": quoted(folder / name), "data": quoted(data / f"{name}.dat"),
                "command": quoted(command), "origin": quoted(origin),
                "mark": quoted(run.mark()), **settings}
    (data / f"{name}.dat").write_text("\n\n\n".join(blocks) + "\n", encoding="utf-8")
    (data / f"{name}.vars").write_text(
        "\n".join([f"{key} = {value}" for key, value in settings.items()] + lines) + "\n",
        encoding="utf-8")
    start = f"here={quoted(HERE)}; vars={quoted(data / f'{name}.vars')}"
    try:
        done = subprocess.run(["gnuplot", "-e", start, str(HERE / script)], text=True,
                              capture_output=True, check=False)
    except FileNotFoundError:
        raise BadInput("gnuplot: not found; install the package gnuplot-nox") from None
    charts = [folder / f"{name}.svg", folder / f"{name}.png"]
    if done.returncode or not all(c.exists() and c.stat().st_size for c in charts):
        complaint = " ".join(line.strip() for line in done.stderr.splitlines()
                             if line.strip() and "warning" not in line)
        raise BadInput(f"{name}: gnuplot failed (status {done.returncode}): {complaint[-300:]}")
    return charts


def axes(cells, floors):
    """Settings of two logarithmic axes that hold all cells, and the harness floors (None: none)."""
    sizes = sorted({cell.regions for cell in cells})
    spreads = [spread(cell.times) for cell in cells]
    low = max(min([s[1] for s in spreads] + [f for f in floors if f]), 0.1)
    high = max(s[2] for s in spreads)
    marks = decades(low, max(high, low * 1.01))
    xmin, xmax = log_range(sizes)
    bare = [("", n) for _, n in size_tics(sizes)]
    return {
        "xmin": f"{xmin:g}", "xmax": f"{xmax:g}",
        "ymin": f"{marks[0] * 0.999:g}", "ymax": f"{marks[-1] * 1.001:g}",  # the last tics are inside
        "xtics_numbers": tics("xtics", size_tics(sizes)), "xtics_bare": tics("xtics", bare),
        "ytics_numbers": tics("ytics", [(time_text(m), m) for m in marks]),
        "ytics_bare": tics("ytics", [("", m) for m in marks]),
    }


def floor_block(cells, floor):
    """A line across the whole panel, whose sizes are those of the cells."""
    return block([(x, floor) for x in log_range([c.regions for c in cells])] if floor else [])


def size_block(cells, variant):
    rows = [(cell.regions, *spread(cell.times)) for cell in cells
            if cell.variant == variant and min(cell.times) > 0]
    return block(sorted(rows))


SPREAD_NOTE = "points: median; bars: 10th to 90th percentile"
SHARES_NOTE = "left: median, 10th to 90th percentile; right: a point a boot, a bar their median"


def cost_by_regions(run, folder, workload):
    cells = [c for c in run.cells if c.workload == workload and c.operation not in REPLAYS
             and c.variant.removesuffix(O2) != "null" and min(c.times) > 0]
    if not cells:
        return []
    operations = list(dict.fromkeys(c.operation for c in cells))
    variants = [v for v in run.variants() if any(c.variant == v for c in cells)]
    columns = min(len(operations), 4)
    rows = math.ceil(len(operations) / columns)
    width = max(760, 110 + columns * 290)
    floors = [run.floor(o) for o in operations]
    blocks = []
    for operation, floor in zip(operations, floors):
        blocks += [size_block([c for c in cells if c.operation == operation], v) for v in variants]
        blocks.append(floor_block(cells, floor))
    settings = {
        "title": quoted("How does the cost of an operation grow with the regions?"),
        "subtitle": quoted(f"regions: {workload}; time per operation; {SPREAD_NOTE}"),
        "width": width, "height": 186 + rows * (220 if rows > 1 else 300),
        "left_pixels": 78, "bottom_pixels": 96, "gap_pixels": 20, "columns": columns, "rows": rows,
        "panels": len(operations),
        "panel_names": quoted(" ".join(operations)),
        "variants": len(variants), "variant_names": quoted(" ".join(variants)),
        "has_null": int(any(floors)),
        **axes(cells, floors),
    }
    return draw(run, folder, f"cost-by-regions-{workload}", "cost.gp", settings, blocks,
                linetypes(variants))


def replay_cells(run):
    return [c for c in run.cells if c.operation in REPLAYS and c.counter("ns_per_replay") is not None]


def replay_us(cell):
    """Median, low, high of one replay in microseconds."""
    return tuple(ns / 1e3 for ns in spread(cell.counters["ns_per_replay"]))


def boots_of(cells):
    """The boots by their size."""
    size = {c.workload: c.regions for c in cells}
    return sorted(size, key=lambda boot: (size[boot], boot)), size


def replay_time(run, folder):
    cells = replay_cells(run)
    if not cells:
        return []
    boots, size = boots_of(cells)
    names = [v for v in run.variants(REPLAYS) if v != "null"] or ["null"]
    conditions = [o for o in REPLAYS if any(c.operation == o for c in cells)]
    found = {(c.workload, c.operation, c.variant): c for c in cells}
    blocks, notes, tops = [], [], []
    for boot in boots:
        # The bars decide on the scale: a whisker may leave the panel.
        spreads = [replay_us(c) for c in cells if c.workload == boot and c.variant in names]
        highest = max(s[0] for s in spreads) or 1.0
        top = max(min(max(s[2] for s in spreads), 1.5 * highest), highest) * 1.13
        tops.append(top)
        for v, name in enumerate(names):
            rows = []
            for g, condition in enumerate(conditions):
                cell = found.get((boot, condition, name))
                if cell:
                    us = replay_us(cell)
                    x = float(g * (len(names) + 1) + v)
                    # The number stands above its whisker, or beside one that leaves the panel.
                    at = (x, us[2]) if us[2] < top * 0.93 else (x + 0.34, top * 0.9)
                    rows.append((x, *us, number_text(us[0]), *at))
            blocks.append(block(rows))
        floor = []
        for g, condition in enumerate(conditions):
            cell = found.get((boot, condition, "null"))
            if cell and names != ["null"]:
                floor.append((g * (len(names) + 1) - 0.5, float(len(names)), replay_us(cell)[0]))
        blocks.append(block(floor))
        plain = []
        for g, condition in enumerate(conditions):
            for v, name in enumerate(names):
                cell = run.plain.get((condition, boot, name))
                if cell and cell.counter("ns_per_replay"):
                    plain.append((float(g * (len(names) + 1) + v), replay_us(cell)[0]))
        blocks.append(block(plain))
        operations = [c.counter("operations") for c in cells
                      if c.workload == boot and c.counter("operations")]
        notes.append((f"{operations[0]:.0f} operations, " if operations else "") +
                     f"{size[boot]} reserved regions")
    columns = min(len(boots), 3)
    rows = math.ceil(len(boots) / columns)
    shown = looks(names)
    middle = (len(names) - 1) / 2
    lines = [f"array PATTERN[{len(names)}]", f"array LIGHT[{len(names)}]",
             f"array TOP[{len(boots)}]",
             f"array panel_notes[{len(boots)}]"]
    for v, look in enumerate(shown.values(), 1):
        lines += [f"PATTERN[{v}] = {look.pattern}", f"LIGHT[{v}] = {quoted(look.light)}"]
    lines += [f"TOP[{p}] = {top:g}" for p, top in enumerate(tops, 1)]
    lines += [f"panel_notes[{p}] = {quoted(note)}" for p, note in enumerate(notes, 1)]
    words = {"replay": "caches warm", "replay_cold": "caches cold"}
    notes_text = "grey line: null, the harness itself; " if "null" in run.variants(REPLAYS) else ""
    if any(key[0] in REPLAYS for key in run.plain):
        notes_text = "diamond: built with plain -O2; " + notes_text
    zeroed = max((c.counter("bytes_zeroed") or 0) for c in cells)
    settings = {
        "title": quoted("What do the operations of a whole boot take?"),
        "subtitle": quoted("bars: median; whiskers: 10th to 90th percentile; " + notes_text +
                           f"zeroing (up to {zeroed / 2 ** 20:.0f} MiB) left out"),
        "width": max(960, 60 + columns * 370), "height": 206 + rows * 240,
        "left_pixels": 50, "bottom_pixels": 72, "gap_pixels": 46, "columns": columns, "rows": rows,
        "panels": len(boots),
        "panel_names": quoted(" ".join(boots)),
        "variants": len(names), "variant_names": quoted(" ".join(names)),
        "groups": len(conditions),
        "xtics_groups": tics("xtics", [(words[c], g * (len(names) + 1) + middle)
                                       for g, c in enumerate(conditions)]),
    }
    return draw(run, folder, "replay-time", "replay.gp", settings, blocks, lines)


def wrapped(name):
    """A boot's name in short lines, broken at its dashes."""
    lines = [""]
    for part in name.split("-"):
        joined = f"{lines[-1]}-{part}" if lines[-1] else part
        if len(joined) > LABEL_CHARS and lines[-1]:
            lines.append(part)
        else:
            lines[-1] = joined
    return "\n".join(lines)


def boot_times(replays, variants, blocks):
    """The right panel for few boots: each one's time, warm and cold. Settings; adds to @blocks."""
    boots, size = boots_of(replays)
    step = 0.5 / max(len(variants), 1)
    for v, name in enumerate(variants):
        for condition in REPLAYS:
            rows = [(boots.index(c.workload) + step * (v - (len(variants) - 1) / 2),
                     *replay_us(c)) for c in replays
                    if (c.variant, c.operation) == (name, condition)]
            blocks.append(block(sorted(rows)))
    times = [replay_us(c) for c in replays]
    marks = decades(min(t[1] for t in times), max(t[2] for t in times))
    cold = any(c.operation == "replay_cold" for c in replays)
    return {
        "right_title": quoted("all operations of a boot"),
        "right_note": quoted("filled: caches warm" + ("; open: cold" if cold else "")),
        "boot_ymin": f"{marks[0] * 0.999:g}", "boot_ymax": f"{marks[-1] * 1.001:g}",
        "ytics_boots": tics("ytics", [(time_text(m * 1e3), m) for m in marks]),
        "xtics_boots": tics("xtics", [(f"{wrapped(b)}\n{size[b]} regions", i)
                                      for i, b in enumerate(boots)]),
    }


def boot_shares(replays, variants, blocks):
    """The right panel for many boots, which cannot be named: a column of points for each variant, a point the
    share of linux's time that a boot takes, from the smallest boot (left) to the largest. Settings; adds to @blocks."""
    condition = max({c.operation for c in replays}, key=REPLAYS.index)
    median = {(c.workload, c.variant): replay_us(c)[0] for c in replays if c.operation == condition}
    boots = [b for b in boots_of(replays)[0] if (b, "linux") in median]
    named = [v for v in variants if v != "linux" and any((b, v) in median for b in boots)]
    lowest, highest = 1.0, 1.0
    for v in variants:
        rows = [(named.index(v) + 0.7 * (i / max(len(boots) - 1, 1) - 0.5), median[b, v] / median[b, "linux"])
                for i, b in enumerate(boots) if v in named and (b, v) in median]
        blocks.append(block(rows))
        blocks.append(block([(float(named.index(v)), statistics.median(y for _, y in rows))] if rows else []))
        lowest = min([lowest, *(y for _, y in rows)])
        highest = max([highest, *(y for _, y in rows)])
    marks = [m for m in (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
             if lowest * 0.7 <= m <= highest * 1.4]
    return {
        "right_title": quoted("time of a boot, as a share of linux's"),
        "right_note": quoted(f"{len(boots)} boots, caches {'cold' if condition != 'replay' else 'warm'}"),
        "boots": len(named),
        "boot_ymin": f"{min(lowest, marks[0]) * 0.95:g}", "boot_ymax": f"{max(highest, marks[-1]) * 1.05:g}",
        "ytics_boots": tics("ytics", [(f"{m:g} x", m) for m in marks]),
        "xtics_boots": tics("xtics", [(v, i) for i, v in enumerate(named)]),
    }


def overview(run, folder):
    """The chart for the front page. Return: [] where the run has no curve to show."""
    operation, workload = "reserve", "random"
    cells = [c for c in run.cells if (c.operation, c.workload) == (operation, workload)
             and c.variant.removesuffix(O2) != "null" and min(c.times) > 0]
    if not cells:
        return []
    replays = [c for c in replay_cells(run) if c.variant != "null" and replay_us(c)[1] > 0]
    variants = [v for v in run.variants() if any(c.variant == v for c in cells)]
    boots, size = boots_of(replays)
    floor = run.floor(operation)
    blocks = [size_block(cells, v) for v in variants] + [floor_block(cells, floor)]
    lines = linetypes(variants) + [f"array OPEN[{len(variants)}]"]
    for v, look in enumerate(looks(variants).values(), 1):
        lines.append(f"OPEN[{v}] = {OPEN_MARKER.get(look.marker, look.marker)}")
    shares = len(boots) > BOOTS_NAMED and "linux" in variants
    settings = {
        "title": quoted("Where does the structure matter: on a boot, or at scale?"),
        "subtitle": quoted("time per operation (left), time of a whole boot's operations (right); "
                           + (SHARES_NOTE if shares else SPREAD_NOTE)),
        "width": 1180 if boots else 760, "height": 560, "left_pixels": 78,
        "bottom_pixels": 150 if boots and not shares else 96, "gap_pixels": 0,
        "columns": 2 if boots else 1, "rows": 1,
        "variants": len(variants), "variant_names": quoted(" ".join(variants)),
        "left_title": quoted(f"{operation}, one operation, {workload} order"), "boots": len(boots),
        "shares": int(shares), "has_null": int(floor is not None),
        **axes(cells, [floor]),
    }
    if boots:
        settings |= {"boot_min": min(size.values()) / 1.05, "boot_max": max(size.values()) * 1.05}
        panel = boot_shares if shares else boot_times
        settings |= panel(replays, variants, blocks)
    return draw(run, folder, "overview", "overview.gp", settings, blocks, lines)
