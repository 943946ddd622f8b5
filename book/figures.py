"""Draws what a window reads: inputs, kernels, outputs, padding, stops, dilation, channels, groups.

It knows index arithmetic and colours, and draws the arrays that it is given. It does not convolve:
every output that appears in a picture was computed by the page and handed in.

One unit of every drawing is one array element, so all pictures of the book have the same scale.
Backgrounds are transparent. Numbers stand on tiles of their own colour, labels are in a grey that
reads on white and on black, and nothing is said by colour alone: what a window reads is also
outlined, padding is also dashed, what is never read is also hatched.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

INK = "#1b1b1b"  # numbers on tiles
LABEL = "#7b7b7b"  # text on the page itself: contrast 4.2 to 1 on white and on the dark theme
BLANK = "#eeeeee"  # an element that has no value yet

# Okabe and Ito's colour-blind-safe hues: a line colour, a tile, and a stronger tile each.
LINE = {
    "input": "#0072b2",
    "kernel": "#d55e00",
    "output": "#009e73",
    "grad": "#cc79a7",
    "number": "#8a8a8a",
}
TILE = {
    "input": "#d3e5f2",
    "kernel": "#fae0cf",
    "output": "#c9ebdf",
    "grad": "#f5dfeb",
    "number": "#ebebeb",
}
STRONG = {
    "input": "#8cc4e8",
    "kernel": "#f3b48c",
    "output": "#7fd3b6",
    "grad": "#e6b3cf",
    "number": "#d2d2d2",
}
GROUPS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")

INCHES = 0.38  # the side of one tile
GAP = 1.05  # between a panel and the operator beside it, in tiles

Pair = tuple[int, int]


def taps(
    at: Pair,
    kernel_shape: Pair,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
) -> tuple[list[int], list[int]]:
    """The input rows and columns that output element `at` reads.

    Rows and columns count from the first real element, so those below 0, or at or past the size,
    lie in the padding.
    """
    rows, columns = (
        [at[axis] * stride[axis] - padding[axis] + tap * dilation[axis] for tap in range(size)]
        for axis, size in enumerate(kernel_shape)
    )
    return rows, columns


def legal_starts(
    size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> list[int]:
    """Where a window may start on a line of `size` elements, counted on the padded line."""
    last = size + 2 * padding - 1 - dilation * (kernel_size - 1)
    return list(range(0, last + 1, stride))


@dataclass(frozen=True)
class Panel:
    """One array of a picture.

    array    1-D or 2-D; an element that is NaN is drawn blank
    role     "input", "kernel", "output", "grad" (the upstream gradient) or "number": its colour
    title    the line above it
    read     (rows, columns) drawn strong, with an outline around them
    padding  how many (rows, columns) at each border are padding: dashed
    unread   mask of the elements that no window reaches: hatched
    """

    array: np.ndarray
    role: str = "input"
    title: str = ""
    read: tuple[Sequence[int], Sequence[int]] | None = None
    padding: tuple[Pair, Pair] = ((0, 0), (0, 0))
    unread: np.ndarray | None = None


class Picture:
    """A finished drawing. Jupyter shows it as SVG on a screen and as PNG in print."""

    def __init__(self) -> None:
        self.figure = Figure(facecolor="none")
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self._box = [np.inf, np.inf, -np.inf, -np.inf]  # left, top, right, bottom, in tiles

    # -- what a picture is made of --------------------------------------------------------------

    def _reach(self, left: float, top: float, right: float, bottom: float) -> None:
        """Grow the paper so that this box is on it."""
        low, high = (
            np.minimum(self._box[:2], (left, top)),
            np.maximum(self._box[2:], (right, bottom)),
        )
        self._box = [*low.tolist(), *high.tolist()]

    def tile(
        self, x: float, y: float, value: object, role: str, *, kind: str = "", name: str = ""
    ) -> None:
        """One element with its left top corner at (x, y).

        `kind` is "", "read", "padding", "padding read" or "unread". The tile's SVG id says role,
        kind and indices: the tests read what was drawn from it.
        """
        empty = isinstance(value, float) and np.isnan(value)
        fill = STRONG[role] if "read" in kind.split() else TILE[role]
        edge, width = "none", 0.0
        dashes: str | tuple[float, tuple[float, ...]] = "solid"
        if empty:
            fill = BLANK
        elif "padding" in kind:
            fill = fill if "read" in kind else "none"
            edge, width, dashes = "#8a8a8a", 0.9, (0, (3, 2))
        elif kind == "unread":
            fill, edge, width = "#f0f0f0", "#a9a9a9", 0.5
        self.axes.add_patch(
            FancyBboxPatch(
                (x + 0.05, y + 0.05),
                0.9,
                0.9,
                boxstyle="round,pad=0,rounding_size=0.1",
                facecolor=fill,
                edgecolor=edge,
                linestyle=dashes,
                linewidth=width,
                hatch="////" if kind == "unread" else None,
                gid=f"{role}:{kind}:{name}",
            )
        )
        if not empty:
            text = number(value)
            colour = LABEL if kind == "padding" else "#595959" if kind == "unread" else INK
            self.axes.text(
                x + 0.5,
                y + 0.52,
                text,
                ha="center",
                va="center",
                color=colour,
                fontsize=11 if len(text) < 4 else 9.5 if len(text) < 5 else 7.5,
            )
        self._reach(x, y, x + 1, y + 1)

    def outline(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A frame around a block of tiles."""
        self.axes.add_patch(
            Rectangle(
                (x, y),
                width,
                height,
                fill=False,
                edgecolor=colour,
                linewidth=2.4,
                joinstyle="round",
            )
        )
        self._reach(x - 0.05, y - 0.05, x + width + 0.05, y + height + 0.05)

    def label(
        self, x: float, y: float, text: str, *, size: float = 11, align: str = "center"
    ) -> None:
        """Text on the page itself; (x, y) is its middle, or its left end with align="left"."""
        self.axes.text(x, y, text, ha=align, va="center", color=LABEL, fontsize=size)
        longest = max(len(line) for line in text.split("\n")) * size * 0.0205
        left = {"center": x - longest / 2, "left": x, "right": x - longest}[align]
        lines = text.count("\n") + 1
        half = lines * size * 0.026
        self._reach(left, y - half, left + longest, y + half)

    def operator(self, x: float, y: float, sign: str) -> None:
        """A sign between two panels, in the middle at (x, y)."""
        self.label(x, y, sign, size=24 if sign == "⋆" else 15)

    def panel(self, x: float, y: float, panel: Panel) -> tuple[float, float]:
        """Draw `panel` with its first element at (x, y); returns its width and height in tiles."""
        array = np.atleast_2d(np.asarray(panel.array))
        height, width = array.shape
        (top, bottom), (left, right) = panel.padding
        rows, columns = panel.read or ((), ())
        for i in range(height):
            for j in range(width):
                padded = not (top <= i < height - bottom and left <= j < width - right)
                words = ["padding"] * padded + ["read"] * (i in rows and j in columns)
                if panel.unread is not None and panel.unread[i, j]:
                    words = ["unread"]
                value = array[i, j].item()
                name = f"{i},{j}"
                self.tile(x + j, y + i, value, panel.role, kind=" ".join(words), name=name)
        if len(rows) and len(columns):
            i, j = min(rows), min(columns)
            across, down = max(columns) - j + 1, max(rows) - i + 1
            self.outline(x + j, y + i, across, down, LINE[panel.role])
        if panel.title:
            lines = panel.title.count("\n") + 1
            self.label(x + width / 2, y - 0.12 - 0.31 * lines, panel.title)
        return width, height

    # -- how it is shown ------------------------------------------------------------------------

    def _finish(self) -> None:
        margin = 0.12
        left, top, right, bottom = self._box
        width, height = right - left + 2 * margin, bottom - top + 2 * margin
        self.figure.set_size_inches(width * INCHES, height * INCHES)
        self.axes.set_xlim(left - margin, right + margin)
        self.axes.set_ylim(bottom + margin, top - margin)  # rows count downwards

    def save(self, target: IO[str] | IO[bytes] | str | Path, format: str) -> None:
        """Write the picture as "svg" or "png", the same bytes every time."""
        self._finish()
        stamp = {"Date": None} if format == "svg" else {"Software": None}
        with matplotlib.rc_context({"svg.hashsalt": "figure", "hatch.linewidth": 0.6}):
            self.figure.savefig(target, format=format, dpi=200, metadata=stamp)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, object]:
        svg, png = io.StringIO(), io.BytesIO()
        self.save(svg, "svg")
        self.save(png, "png")
        words = "a picture: see its caption"
        return {"image/svg+xml": svg.getvalue(), "image/png": png.getvalue(), "text/plain": words}


def number(value: object) -> str:
    """A number as it is written on a tile: no trailing zeros, and a real minus sign."""
    if isinstance(value, str):
        return value
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def equation(*items: Panel | str, words: str = "") -> Picture:
    """Panels side by side with operators between: equation(window, "×", kernel, "=", products).

    All are centred on one line; `words` is a sentence below.
    """
    picture = Picture()
    heights = [np.atleast_2d(item.array).shape[0] for item in items if isinstance(item, Panel)]
    tallest, x = max(heights), 0.0
    for item in items:
        if isinstance(item, str):
            picture.operator(x + GAP / 2, tallest / 2, item)
            x += GAP
        else:
            height = np.atleast_2d(item.array).shape[0]
            x += picture.panel(x, (tallest - height) / 2, item)[0]
    if words:
        picture.label(x / 2, tallest + 0.65, words)
    return picture


def products(window: np.ndarray, kernel: np.ndarray) -> Picture:
    """A window times a kernel, element by element, and the sum."""
    window, kernel = np.asarray(window), np.asarray(kernel)
    product = window * kernel
    return equation(
        Panel(window, "input", "window", read=_everything(window)),
        "×",
        Panel(kernel, "kernel", "kernel"),
        "=",
        Panel(product, "number", "products"),
        "→",
        Panel(product.sum(), "output", "sum"),
    )


def window(
    input: np.ndarray,
    kernel: np.ndarray,
    at: Pair,
    *,
    output: np.ndarray,
    stride: int | Pair = 1,
    padding: int | tuple[Pair, Pair] = 0,
    dilation: int | Pair = 1,
    reveal: str = "one",
) -> Picture:
    """One output element, the kernel, and the input elements that it reads.

    input, kernel, output are 2-D. padding is an int or ((top, bottom), (left, right)). `reveal`
    says which elements of the output are filled in: "one" (this one), "so far" (up to this one, in
    reading order) or "all".
    """
    around = ((padding,) * 2,) * 2 if isinstance(padding, int) else padding
    before = (around[0][0], around[1][0])
    rows, columns = taps(at, kernel.shape, _pair(stride), before, _pair(dilation))
    seen = np.asarray(output, dtype=float).copy()
    order = np.arange(seen.size).reshape(seen.shape)
    here = order[at]
    if reveal != "all":
        seen[order > here if reveal == "so far" else order != here] = np.nan
    return equation(
        Panel(
            np.pad(np.asarray(input), around),
            "input",
            "input",
            read=([row + before[0] for row in rows], [column + before[1] for column in columns]),
            padding=around,
        ),
        "⋆",
        Panel(kernel, "kernel", "kernel"),
        "→",
        Panel(seen, "output", "output", read=([at[0]], [at[1]])),
    )


def starts(
    size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Picture:
    """A line of `size` elements, numbered, and under it the window at each of its legal starts."""
    picture = Picture()
    line = size + 2 * padding
    windows = [
        [start + tap * dilation for tap in range(kernel_size)]
        for start in legal_starts(size, kernel_size, stride, padding, dilation)
    ]
    read = {index for indices in windows for index in indices}
    for index in range(line):
        real = padding <= index < size + padding
        kind = "" if index in read and real else "padding" if not real else "unread"
        name = f"0,{index}"
        picture.tile(index, 0, str(index), "input", kind=kind, name=name)
    for number_, indices in enumerate(windows):
        y = 1.25 + 1.12 * number_
        for tap, index in enumerate(indices):
            name = f"{number_},{index}"
            picture.tile(index, y, f"w{'₀₁₂₃₄₅₆'[tap]}", "kernel", kind="read", name=name)
        picture.outline(indices[0], y, indices[-1] - indices[0] + 1, 1, LINE["kernel"])
        words = f"stop {number_}: start {indices[0]}"
        picture.label(line + 0.4, y + 0.5, words, align="left")
    return picture


def stops(
    input: np.ndarray, kernel_shape: Pair, stride: int | Pair = 1, dilation: int | Pair = 1
) -> Picture:
    """Every place where the window stops, each outlined; what none of them reads is hatched."""
    input, stride, dilation = np.asarray(input), _pair(stride), _pair(dilation)
    down, across = (
        len(legal_starts(input.shape[axis], kernel_shape[axis], stride[axis], 0, dilation[axis]))
        for axis in (0, 1)
    )
    unread = np.ones(input.shape, dtype=bool)
    places = [(i, j) for i in range(down) for j in range(across)]
    for at in places:
        unread[np.ix_(*taps(at, kernel_shape, stride, (0, 0), dilation))] = False
    picture = Picture()
    picture.panel(0, 0, Panel(input, "input", unread=unread))
    for at in places:
        rows, columns = taps(at, kernel_shape, stride, (0, 0), dilation)
        width, height = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
        picture.outline(
            columns[0] + 0.06, rows[0] + 0.06, width - 0.12, height - 0.12, LINE["input"]
        )
    return picture


def memory(
    values: Sequence[float],
    views: Sequence[tuple[str, Sequence[int]]],
    *,
    itemsize: int = 8,
    owned: int | None = None,
) -> Picture:
    """A line of memory with its addresses, and below it what each view reads of it.

    values    the numbers in the order in which they lie
    views     (name, places): the places in `values` that a view reads
    itemsize  bytes from a number to the next; addresses count from the first one
    owned     how many of the numbers are the array's own; those behind are hatched
    """
    picture = Picture()
    owned = len(values) if owned is None else owned
    for place, value in enumerate(values):
        kind = "" if place < owned else "unread"
        picture.tile(place, 0, value, "input", kind=kind, name=f"0,{place}")
        picture.label(place + 0.5, -0.22, str(place * itemsize), size=7)
    picture.label(len(values) + 0.4, -0.22, "address in bytes", size=8, align="left")
    picture.label(len(values) + 0.4, 0.5, "memory", align="left")
    for line, (name, places) in enumerate(views):
        y = 1.25 + 1.12 * line
        for place in places:
            role = "output" if place < owned else "kernel"
            picture.tile(place, y, values[place], role, kind="read", name=f"{line},{place}")
        picture.label(len(values) + 0.4, y + 0.5, name, align="left")
    return picture


def channels(input: np.ndarray, weight: np.ndarray, at: Pair, *, bias: float = 0.0) -> Picture:
    """One output element of a layer: a window times a kernel in every channel, and their sum.

    input (C, H, W), weight (C, kH, kW), stride 1.
    """
    input, weight = np.asarray(input), np.asarray(weight)
    count, height, width = input.shape
    kernel_height, kernel_width = weight.shape[1:]
    rows, columns = taps(at, (kernel_height, kernel_width))
    patch = input[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    sums = (patch * weight).sum(axis=(1, 2))
    picture, step = Picture(), height + 1.0
    x_kernel = width + GAP
    x_sum = x_kernel + kernel_width + GAP
    for c in range(count):
        y = c * step
        middle = y + height / 2
        title = "input" if c == 0 else ""
        picture.panel(0, y, Panel(input[c], "input", title, read=(rows, columns)))
        picture.label(-0.35, middle, f"channel {c}", align="right")
        picture.operator(width + GAP / 2, middle, "⋆")
        title = "filter" if c == 0 else ""
        picture.panel(x_kernel, middle - kernel_height / 2, Panel(weight[c], "kernel", title))
        picture.operator(x_sum - GAP / 2, middle, "→")
        picture.tile(x_sum, middle - 0.5, sums[c].item(), "number", name=f"{c},0")
        if c:
            picture.operator(x_sum + 0.5, middle - step / 2, "+")
    y = (count - 1) * step + height / 2
    if bias:
        y += 1.9
        picture.operator(x_sum + 0.5, y - 0.95, "+")
        picture.tile(x_sum, y - 0.5, float(bias), "kernel", name="bias")
        picture.label(x_kernel + kernel_width / 2, y, "bias")
    picture.operator(x_sum + 1 + GAP / 2, y, "=")
    total = (sums.sum() + bias).item()
    x_total = x_sum + 1 + GAP
    picture.tile(x_total, y - 0.5, total, "output", kind="read", name=f"{at[0]},{at[1]}")
    picture.label(x_total + 0.5, y - 0.95, "output")
    return picture


def wiring(reads: np.ndarray) -> Picture:
    """Which output channel reads which input channel.

    reads (C_out, C_in) is a table of yes and no: the page found it by experiment. Output channels
    that read the same inputs share a colour and a line style.
    """
    reads = np.asarray(reads, dtype=bool)
    outputs, inputs = reads.shape
    picture = Picture()
    tall = max(outputs, inputs) * 1.25
    y_in = (np.arange(inputs) + 0.5) * tall / inputs
    y_out = (np.arange(outputs) + 0.5) * tall / outputs
    kinds = list(dict.fromkeys(tuple(row) for row in reads.tolist()))
    styles = ("solid", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 1, 1, 1)))
    for f in range(outputs):
        kind = kinds.index(tuple(reads[f].tolist())) % len(GROUPS)
        for c in np.flatnonzero(reads[f]).tolist():
            picture.axes.plot(
                (1.0, 5.0),
                (y_in[c], y_out[f]),
                color=GROUPS[kind],
                linestyle=styles[kind],
                linewidth=2,
                gid=f"wire:{f},{c}",
            )
    for c in range(inputs):
        picture.tile(0, y_in[c] - 0.5, str(c), "input", kind="read", name=str(c))
    for f in range(outputs):
        picture.tile(5, y_out[f] - 0.5, str(f), "output", kind="read", name=str(f))
    picture.label(0.5, -0.45, "input\nchannel")
    picture.label(5.5, -0.45, "output\nchannel")
    return picture


def shades(*pictures: tuple[str, np.ndarray], signed: Iterable[int] = ()) -> Picture:
    """Arrays as pictures: dark to bright, or, where `signed` lists the position, by sign.

    In a signed one negative is orange and carries a minus, positive is blue and carries a plus,
    and zero is white. What is NaN is left out.
    """
    result, x, signed = Picture(), 0.0, set(signed)
    for position, (title, array) in enumerate(pictures):
        array = np.asarray(array, dtype=float)
        largest = np.nanmax(np.abs(array)) or 1.0
        for (i, j), value in np.ndenumerate(array):
            if np.isnan(value):
                continue
            colour, mark = _grey(value / largest), ""
            if position in signed:
                colour = _blend(LINE["input" if value > 0 else "kernel"], abs(value) / largest)
                mark = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
            at = (x + j * 0.5, i * 0.5)
            result.axes.add_patch(
                Rectangle(at, 0.5, 0.5, facecolor=colour, edgecolor="#9a9a9a", linewidth=0.3)
            )
            if mark:
                result.axes.text(
                    at[0] + 0.25,
                    at[1] + 0.26,
                    mark,
                    ha="center",
                    va="center",
                    color=INK,
                    fontsize=7,
                )
        height, width = array.shape
        result._reach(x, 0, x + width / 2, height / 2)
        result.label(x + width / 4, -0.45, title)
        x += width / 2 + 0.8
    return result


def curves(
    *lines: tuple[str, np.ndarray, np.ndarray], across: str, up: str, size: Pair = (15, 8)
) -> Picture:
    """Lines (name, x, y) on two logarithmic axes, each with a colour, a dash and a mark of its own.

    A value that is 0 or not finite has no place on such an axis, and is left out. `across` and
    `up` say what the axes are; `size` is the frame in tiles.
    """
    picture = Picture()
    points = [
        (name, x[keep], y[keep])
        for name, x, y in (
            (name, np.asarray(x, float), np.asarray(y, float)) for name, x, y in lines
        )
        for keep in [np.isfinite(y) & (y > 0)]
    ]
    ranges = []
    for values in (
        np.concatenate([x for _, x, _ in points]),
        np.concatenate([y for *_, y in points]),
    ):
        logs = np.log10(values)
        ranges.append((int(np.floor(logs.min() + 1e-9)), int(np.ceil(logs.max() - 1e-9))))

    def place(values: np.ndarray | int, axis: int, decades: bool = False) -> np.ndarray:
        low, high = ranges[axis]
        share = ((values if decades else np.log10(values)) - low) / (high - low)
        return size[0] * share if axis == 0 else size[1] * (1 - share)

    for axis in (0, 1):
        low, high = ranges[axis]
        for decade in range(low, high + 1, 1 + (high - low) // 9):
            at = float(place(decade, axis, decades=True))
            ends = ((at, at), (0, size[1])) if axis == 0 else ((0, size[0]), (at, at))
            picture.axes.plot(*ends, color=LABEL, linewidth=0.5, alpha=0.45)
            tick = "10" + str(decade).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
            corner = (at, size[1] + 0.6) if axis == 0 else (-0.8, at)
            picture.label(*corner, tick, size=10)
    picture.label(size[0] / 2, size[1] + 1.4, across)
    picture.label(0, -0.75, up, align="left")
    for number_, (name, x, y) in enumerate(points):
        style = {
            "color": GROUPS[number_],
            "linestyle": ("solid", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 1, 1, 1)))[number_],
            "marker": "osD^"[number_],
            "markersize": 3.5,
            "linewidth": 1.6,
        }
        picture.axes.plot(place(x, 0), place(y, 1), gid=f"curve:{number_}", **style)
        line = 0.7 + 0.9 * number_
        picture.axes.plot((size[0] + 0.5, size[0] + 1.9), (line, line), **style)
        picture.label(size[0] + 2.2, line, name, size=10, align="left")
    return picture


def _everything(array: np.ndarray) -> tuple[Sequence[int], Sequence[int]]:
    height, width = np.atleast_2d(array).shape
    return range(height), range(width)


def _pair(value: int | Pair) -> Pair:
    return (value, value) if isinstance(value, int) else value


def _grey(fraction: float) -> str:
    level = round(40 + 205 * float(fraction))
    return f"#{level:02x}{level:02x}{level:02x}"


def _blend(colour: str, fraction: float) -> str:
    """From white (0) to two thirds of `colour` (1), so that a dark mark on it stays readable."""
    parts = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    mixed = [round(255 + (part - 255) * 0.66 * float(fraction)) for part in parts]
    return "#" + "".join(f"{part:02x}" for part in mixed)
