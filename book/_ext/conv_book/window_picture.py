"""Draws the front page's picture: one window on a 7 x 7 input, its kernel, and the output.

Inline SVG whose colours are the style sheet's variables, so it follows the light and dark themes.
The numbers are computed here, from the same small example that chapter 1 works through. It knows
this one example and nothing else; the chapters' figures are drawn by `figures.py`.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

Grid = list[list[int]]

INPUT: Grid = [[7 * row + column + 1 for column in range(7)] for row in range(7)]
WEIGHT: Grid = [[1, 2], [3, 4]]
STRIDE = 2
SHOWN = (1, 1)  # the output element whose window is outlined

CELL = 40  # the side of one element, in SVG units
GAP = 62  # between two grids


FIGURE = """<figure class="front-picture">
<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img"
  aria-labelledby="front-title front-description">
<title id="front-title">{title}</title>
<desc id="front-description">{description}</desc>
<defs><pattern id="front-hatch" width="7" height="7" patternUnits="userSpaceOnUse"
  patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="7"/></pattern></defs>
{drawing}
</svg>
<figcaption>Stride {stride}: {arithmetic} = <strong>{answer}</strong>. No window reads the hatched
row and column. What is their gradient, and which careless code gets it wrong?</figcaption>
</figure>"""


def cross_correlate(values: Grid, weight: Grid, stride: int) -> Grid:
    """What the picture claims, computed with nothing but sums."""
    size = len(weight)
    starts = range(0, len(values) - size + 1, stride)
    return [
        [
            sum(values[i + u][j + v] * weight[u][v] for u in range(size) for v in range(size))
            for j in starts
        ]
        for i in starts
    ]


def draw_grid(grid: Grid, role: str, left: int, top: int, marks: dict[tuple[int, int], str]) -> str:
    """The tiles of one array; `marks` gives single elements another class."""
    tiles = []
    for i, row in enumerate(grid):
        for j, value in enumerate(row):
            x, y = left + j * CELL, top + i * CELL
            kind = marks.get((i, j), "plain")
            tiles.append(
                f'<rect class="tile {role} {kind}" x="{x + 2}" y="{y + 2}" '
                f'width="{CELL - 4}" height="{CELL - 4}" rx="5"/>'
                f'<text class="{kind}" x="{x + CELL // 2}" y="{y + CELL // 2 + 5}">{value}</text>'
            )
    return "".join(tiles)


def outline(role: str, left: int, top: int, columns: int, rows: int) -> str:
    """A frame around `rows` x `columns` elements."""
    return (
        f'<rect class="outline {role}" x="{left - 1}" y="{top - 1}" '
        f'width="{columns * CELL + 2}" height="{rows * CELL + 2}" rx="8"/>'
    )


def label(text: str, left: int, columns: int, top: int) -> str:
    """A name above a grid of so many columns."""
    return f'<text class="label" x="{left + columns * CELL // 2}" y="{top - 14}">{text}</text>'


def sign(text: str, centre: int, middle: int) -> str:
    """An operator between two grids."""
    return f'<text class="sign" x="{centre}" y="{middle + 9}">{text}</text>'


def picture() -> str:
    """The whole figure as HTML."""
    output = cross_correlate(INPUT, WEIGHT, STRIDE)
    size, kernel, outputs = len(INPUT), len(WEIGHT), len(output)
    row, column = (STRIDE * index for index in SHOWN)
    used = {start + tap for start in range(0, size - kernel + 1, STRIDE) for tap in range(kernel)}

    marks = {(i, j): "unread" for i in range(size) for j in range(size) if {i, j} - used}
    marks |= {(row + u, column + v): "strong" for u in range(kernel) for v in range(kernel)}
    top = 34
    middle = top + size * CELL // 2
    at_kernel = size * CELL + GAP
    at_output = at_kernel + kernel * CELL + GAP
    width, height = at_output + outputs * CELL + 4, top + size * CELL + 4
    top_kernel = middle - kernel * CELL // 2
    top_output = middle - outputs * CELL // 2

    products = [
        (INPUT[row + u][column + v], WEIGHT[u][v]) for u in range(kernel) for v in range(kernel)
    ]
    answer = output[SHOWN[0]][SHOWN[1]]
    arithmetic = " + ".join(f"{x}·{w}" for x, w in products)
    unread = sorted(set(range(size)) - used)
    assert answer == sum(x * w for x, w in products) and unread == [size - 1]

    title = (
        f"A {size} by {size} input, a {kernel} by {kernel} kernel "
        f"and their {outputs} by {outputs} output"
    )
    description = (
        f"With stride {STRIDE}, output element {SHOWN[0]}, {SHOWN[1]} is {answer}: "
        f"{arithmetic}. The last row and the last column of the input are hatched: "
        "no window reads them."
    )
    parts = [
        label("input", 0, size, top),
        draw_grid(INPUT, "input", 0, top, marks),
        outline("input", column * CELL, top + row * CELL, kernel, kernel),
        sign("⋆", at_kernel - GAP // 2, middle),
        label("weight", at_kernel, kernel, top_kernel),
        draw_grid(WEIGHT, "weight", at_kernel, top_kernel, {}),
        sign("=", at_output - GAP // 2, middle),
        label("output", at_output, outputs, top_output),
        draw_grid(output, "output", at_output, top_output, {SHOWN: "strong"}),
        outline("output", at_output + SHOWN[1] * CELL, top_output + SHOWN[0] * CELL, 1, 1),
    ]
    return FIGURE.format(
        box=f"-4 0 {width + 4} {height}",
        title=title,
        description=description,
        drawing="".join(parts),
        stride=STRIDE,
        arithmetic=arithmetic,
        answer=answer,
    )


class WindowPicture(SphinxDirective):
    """`{window-picture}`: puts the picture on the page; takes no argument."""

    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", picture(), format="html")]


def connect(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("window-picture", WindowPicture)
