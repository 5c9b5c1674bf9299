# SPDX-License-Identifier: GPL-2.0-or-later
"""An axis over a sparse address space.

A machine of 4 GiB may have memory at 0, at 4 GiB and at 1 TiB. Drawn to scale, nothing would be seen
of it; so the holes are cut:

    address    0 ########            4 GiB ####              1 TiB ##
    axis       |########|  //  |####|  //  |##|

Inside of a piece the scale is the same everywhere, but for pieces that would be too narrow to see.
"""
import bisect

HOLE_SHARE = 0.02  # a hole wider than this share of all memory is cut
HOLE_WIDTH = 0.030  # what a cut takes of the axis
PIECE_MIN = 0.012  # a piece takes at least so much


def union(ranges):
    """Sorted, merged."""
    merged = []
    for base, end in sorted(ranges):
        if merged and base <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([base, end])
    return [tuple(r) for r in merged]


def size_text(size):
    """Bytes in the unit that fits: 15 MiB, 1.5 GiB."""
    for unit, scale in (("PiB", 1 << 50), ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20),
                        ("KiB", 1 << 10)):
        if size >= scale:
            value = size / scale
            text = f"{value:.1f}" if value < 10 else f"{value:.0f}"
            return f"{text.removesuffix('.0')} {unit}"
    return f"{size} B"


class Axis:
    """Maps addresses to [0, 1]."""

    def __init__(self, ranges):
        covered = union(r for r in ranges if r[1] > r[0])
        total = sum(end - base for base, end in covered)
        self.pieces = []
        for base, end in covered:
            if self.pieces and base - self.pieces[-1][1] <= HOLE_SHARE * total:
                self.pieces[-1][1] = end
            else:
                self.pieces.append([base, end])
        width = sum(end - base for base, end in self.pieces)
        shares = [max((end - base) / width, PIECE_MIN) for base, end in self.pieces]
        room = max(1 - HOLE_WIDTH * (len(self.pieces) - 1), 0.3)
        hole = (1 - room) / max(len(self.pieces) - 1, 1)
        scale = room / sum(shares)
        self.places = []  # [from, to] of each piece on the axis
        at = 0.0
        for share in shares:
            self.places.append((at, at + share * scale))
            at += share * scale + hole
        self.starts = [base for base, _ in self.pieces]

    def __call__(self, address):
        """Where an address is; one in a hole is moved to the nearest piece before it."""
        i = max(bisect.bisect_right(self.starts, address) - 1, 0)
        base, end = self.pieces[i]
        left, right = self.places[i]
        return left + (right - left) * min(max((address - base) / (end - base), 0), 1)

    def holes(self):
        """(from, to, bytes) of each cut on the axis."""
        return [(self.places[i][1], self.places[i + 1][0],
                 self.pieces[i + 1][0] - self.pieces[i][1]) for i in range(len(self.pieces) - 1)]

    def cells(self, count):
        """About count small ranges that cover the pieces: (base, end) and (from, to)."""
        result = []
        for (base, end), (left, right) in zip(self.pieces, self.places):
            n = max(round(count * (right - left)), 1)
            n = min(n, end - base)
            for i in range(n):
                result.append(((base + (end - base) * i // n, base + (end - base) * (i + 1) // n),
                               (left + (right - left) * i / n, left + (right - left) * (i + 1) / n)))
        return result

    def ticks(self, wanted=7, apart=0.075):
        """(place, text): round addresses, and the start of a piece that has none."""
        total = sum(end - base for base, end in self.pieces)
        step = 1 << max((total // wanted).bit_length(), 0)
        found = []
        for (base, end), (left, _) in zip(self.pieces, self.places):
            inside = range(-(-base // step) * step, end + 1, step)
            if base < step // 16 and base:
                found.append((left, "0"))  # the first page is often not memory
            if inside:
                found += [(self(a) if a < end else self.place_of_end(end), size_text(a) if a else "0")
                          for a in inside]
            else:
                found.append((left, size_text(base)))
        kept = []
        for place, text in sorted(set(found)):
            if not kept or place - kept[-1][0] >= apart:
                kept.append((place, text))
        return kept

    def place_of_end(self, end):
        for (_, piece_end), (_, right) in zip(self.pieces, self.places):
            if piece_end == end:
                return right
        return self(end)


def crowded_window(ranges, low, high):
    """The window of [low, high) that shows most ranges, with some room around; None: too few.

    For several parts of all ranges, the shortest window that holds so many is looked at. A range
    counts as shown if it would be wider than a thousandth of the window.
    """
    ranges = sorted(ranges)
    best, best_shown = None, 0
    for part in (0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05):
        n = max(int(len(ranges) * part), 4)
        if n > len(ranges):
            continue
        i = min(range(len(ranges) - n + 1), key=lambda i: ranges[i + n - 1][1] - ranges[i][0])
        base, end = ranges[i][0], ranges[i + n - 1][1]
        shown = sum(r[1] - r[0] > (end - base) / 1000 for r in ranges[i:i + n])
        if shown > best_shown:
            best, best_shown = (base, end), shown
    if not best:
        return None
    base, end = best
    room = max((end - base) // 12, 64)
    return max(base - room, low), min(end + room, high)
