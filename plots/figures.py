# SPDX-License-Identifier: GPL-2.0-or-later
"""What the Matplotlib charts share: fonts, title, caption, saving."""
import matplotlib

matplotlib.use("Agg")  # no display is needed

import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)

plt.rcParams.update({
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#606060",
    "hatch.linewidth": 0.5,
    "hatch.color": "#303030",
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "memblock-bench",  # the same chart gives the same file
})


def inches(fig, from_top):
    """A height on the page, in fractions, given in inches from the top."""
    return 1 - from_top / fig.get_figheight()


def title(fig, question, note, mark=""):
    """@mark: why the chart is not to be taken for a measurement."""
    fig.text(0.012, inches(fig, 0.27), question, fontsize=13, fontweight="bold", va="center")
    fig.text(0.012, inches(fig, 0.52), note, fontsize=9, color="#404040", va="center")
    fig.text(0.988, inches(fig, 0.27), mark, fontsize=12, fontweight="bold", color="#B00000",
             va="center", ha="right")


def caption(fig, lines):
    """Command and origin, bottom left."""
    command, origin = lines
    height = fig.get_figheight()
    fig.text(0.012, 0.27 / height, command, fontsize=7, family="DejaVu Sans Mono", color="#606060",
             va="center")
    fig.text(0.012, 0.11 / height, origin, fontsize=7, color="#606060", va="center")


def save(fig, folder, name):
    charts = [folder / f"{name}.svg", folder / f"{name}.png"]
    fig.savefig(charts[0], metadata={"Date": None})
    fig.savefig(charts[1], dpi=150)
    plt.close(fig)
    return charts
