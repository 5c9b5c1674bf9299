# SPDX-License-Identifier: GPL-2.0-or-later
"""How a variant looks, in every chart the same.

Colours are those of Okabe and Ito, which people with any colour vision tell apart. On a greyscale
print some of them come out alike, so each variant also has its own dash, marker and fill pattern.
`null` measures the harness and not a structure: always a thin grey line.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """Gnuplot's numbers: dash type (dt), point type (pt), fill pattern (fs pattern)."""

    colour: str
    dash: str
    marker: int
    pattern: int
    light: str  # fill of bars: the colours differ in brightness


LOOKS = {
    "array": Look("#0072B2", "1", 7, 0, "#0072B2"),
    "rbtree": Look("#D55E00", "(12,5)", 5, 4, "#F6BE98"),
    "list": Look("#009E73", "(14,4,3,4)", 9, 1, "#4CC3A0"),
    "linux": Look("#000000", "1", 13, 0, "#303030"),
}
SPARE = [
    Look("#CC79A7", "(3,4)", 11, 5, "#CC79A7"),
    Look("#E69F00", "(20,5)", 4, 0, "#E69F00"),
    Look("#56B4E9", "(8,3,2,3,2,3)", 6, 6, "#56B4E9"),
    Look("#0072B2", "(5,3)", 8, 7, "#0072B2"),
    Look("#D55E00", "(2,2)", 12, 2, "#D55E00"),
    Look("#009E73", "(6,6)", 10, 1, "#009E73"),
]
NULL = Look("#909090", "1", 0, 0, "#D0D0D0")

# The kinds of operation in a replay: fill and hatch of Matplotlib.
SHARES = {
    "alloc": ("#0072B2", ""),
    "reserve": ("#E69F00", "//"),
    "free": ("#009E73", "\\\\"),
    "add": ("#F0E442", ".."),
    "set_node": ("#CC79A7", "xx"),
    "other": ("#D0D0D0", ""),
}


def looks(variants):
    """A Look per variant, in the order given; those without one of their own take the spare ones."""
    result = {}
    spare = 0
    for name in variants:
        base = name.split(":")[0].split("+")[0]
        if base == "null":
            result[name] = NULL
        elif LOOKS.get(base) and LOOKS[base] not in result.values():
            result[name] = LOOKS[base]
        else:
            result[name] = SPARE[spare % len(SPARE)]
            spare += 1
    return result
