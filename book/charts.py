"""Draws curves: numbers that a page has computed, over steps, sizes or time.

It knows axes and colours, and nothing of what the numbers mean. Every line has a colour, a style
and its name at its end, so that none is told by its colour alone. The background is transparent,
and text and axes are in the grey of `figures`, which reads on white and on black.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import matplotlib
from figures import LABEL, LINE
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

COLOURS = (LINE["input"], LINE["kernel"], LINE["output"], "#cc79a7", LINE["number"])
STYLES: tuple[str | tuple[int, tuple[float, ...]], ...] = (
    "solid",
    (0, (5, 1.6)),
    (0, (1.2, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (9, 2)),
)


@dataclass(frozen=True)
class Line:
    """One curve.

    name   what stands at its right end
    x, y   its points, in order
    marks  True: a dot at every point; of few points each is a measurement
    plain  True: dots alone, not connected
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    marks: bool = False
    plain: bool = False


class Chart:
    """A finished chart. Jupyter shows it as SVG on a screen and as PNG in print."""

    def __init__(self, width: float = 6.4, height: float = 3.4) -> None:
        self.figure = Figure(figsize=(width, height), facecolor="none", layout="constrained")
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_subplot(facecolor="none")
        for side in ("top", "right"):
            self.axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            self.axes.spines[side].set_color(LABEL)
        self.axes.tick_params(colors=LABEL, which="both", labelsize=10)
        self.axes.grid(True, color="#9a9a9a", alpha=0.25, linewidth=0.6)

    def save(self, target: IO[str] | IO[bytes] | str | Path, format: str) -> None:
        """Write the chart as "svg" or "png", the same bytes every time."""
        stamp = {"Date": None} if format == "svg" else {"Software": None}
        with matplotlib.rc_context({"svg.hashsalt": "chart"}):
            self.figure.savefig(target, format=format, dpi=200, metadata=stamp)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, object]:
        svg, png = io.StringIO(), io.BytesIO()
        self.save(svg, "svg")
        self.save(png, "png")
        words = "a chart: see its caption"
        return {"image/svg+xml": svg.getvalue(), "image/png": png.getvalue(), "text/plain": words}


def lines(*curves: Line, x: str, y: str, log: str = "", least: float | None = None) -> Chart:
    """Curves over one pair of axes.

    x, y   what the axes say, with the unit
    log    "x", "y" or "xy": which axes are logarithmic
    least  where the y axis begins
    """
    chart = Chart()
    for curve, colour, style in zip(curves, COLOURS, STYLES, strict=False):
        chart.axes.plot(
            curve.x,
            curve.y,
            color=colour,
            linestyle="none" if curve.plain else style,
            linewidth=2,
            marker="o" if curve.marks or curve.plain else "",
            markersize=5,
            label=curve.name,
        )
    if "x" in log:
        chart.axes.set_xscale("log")
    elif all(float(value).is_integer() for curve in curves for value in curve.x):
        chart.axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if "y" in log:
        chart.axes.set_yscale("log")
    if least is not None:
        chart.axes.set_ylim(bottom=least)
    chart.axes.set_xlabel(x, color=LABEL, fontsize=11)
    chart.axes.set_ylabel(y, color=LABEL, fontsize=11)
    _name_ends(chart)
    return chart


def _name_ends(chart: Chart) -> None:
    # Names stand at the right edge, in the order of the curves' ends, and never on each other. A
    # piece of the line stands before each: its style tells it, not its colour alone.
    axes = chart.axes
    axes.autoscale_view()
    to_axes = axes.transScale + axes.transLimits
    drawn = axes.get_lines()
    ends = [to_axes.transform((line.get_xdata()[-1], line.get_ydata()[-1]))[1] for line in drawn]
    room = 0.09
    order = sorted(range(len(drawn)), key=lambda i: ends[i])
    heights: list[float] = []
    for place in order:
        heights.append(max(float(ends[place]), heights[-1] + room if heights else 0.03))
    too_high = max(0.0, heights[-1] - 0.98)
    for place, height in zip(order, heights, strict=True):
        line, at = drawn[place], height - too_high
        axes.plot(
            (1.02, 1.085),
            (at, at),
            transform=axes.transAxes,
            clip_on=False,
            scalex=False,
            scaley=False,
            color=line.get_color(),
            linestyle="none" if line.get_linestyle() == "None" else STYLES[place],
            linewidth=2,
            marker=line.get_marker(),
            markersize=4,
        )
        axes.annotate(
            str(line.get_label()),
            (1.1, at),
            xycoords="axes fraction",
            color=LABEL,
            fontsize=10.5,
            va="center",
            annotation_clip=False,
        )
