"""Expected against got as a small picture, in text and in HTML that holds no script.

Shows one plane of at most 8 by 8 numbers around the first difference, never a whole array.
"""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from autograder.checks.compare import Rule, mismatch
from autograder.checks.judge import Raised
from autograder.checks.verdict import Picture

MOST = 8
RULE = Rule(rtol=1e-9)


def picture(expected: Any, got: Any, names: tuple[str, ...] = ()) -> Picture | None:
    """Two planes side by side with the differences marked; None where nothing can be drawn.

    Of tuples, the first value that differs is drawn, under its name.
    """
    if type(expected) is tuple:
        if type(got) not in (tuple, list) or len(got) != len(expected):
            return None
        drawn = (picture(one, other) for one, other in zip(expected, got, strict=True))
        titled = zip(drawn, names or ("",) * len(expected), strict=True)
        return next((_entitled(p, name) for p, name in titled if p is not None), None)
    if _drawable(expected) and expected.ndim == 1:
        expected = expected[np.newaxis]
        got = got[np.newaxis] if _drawable(got) and got.ndim == 1 else got
    if not _drawable(expected) or isinstance(got, Raised) or not _drawable(got):
        return None
    if expected.shape == got.shape:
        differs = mismatch(got, expected, RULE)
        if not differs.any():
            return None
        first = tuple(int(i) for i in np.argwhere(differs)[0])
        corner = tuple(max(0, place - MOST + 2) for place in first[-2:])
    else:
        differs, first, corner = None, (0,) * expected.ndim, (0, 0)
    planes = [_plane(array, first, corner) for array in (expected, got)]
    marks = None if differs is None else _plane(differs, first, corner)
    return _drawn(_titles(expected, got, first, corner), planes, marks)


def _drawable(array: Any) -> bool:
    if type(array) is not np.ndarray or array.dtype.kind not in "iuf":
        return False
    return array.ndim >= 1 and array.size > 0


def _entitled(drawn: Picture, name: str) -> Picture:
    if not name:
        return drawn
    return Picture(f"{name}\n{drawn.text}", f"<p>{html.escape(name)}</p>{drawn.html}")


def _plane(array: np.ndarray, place: tuple[int, ...], corner: tuple[int, ...]) -> np.ndarray:
    array = np.atleast_2d(array)
    lead = tuple(min(i, n - 1) for i, n in zip(place, array.shape[:-2], strict=False))
    lead += (0,) * (array.ndim - 2 - len(lead))
    plane: np.ndarray = array[lead]
    return plane[corner[0] : corner[0] + MOST, corner[1] : corner[1] + MOST]


def _titles(
    expected: np.ndarray, got: np.ndarray, place: tuple[int, ...], corner: tuple[int, ...]
) -> tuple[str, str]:
    where = ""
    if expected.ndim > 2 and expected.shape == got.shape:
        where = f" at [{', '.join(map(str, place[:-2]))}]"
    if any(corner):
        where += f" from row {corner[0]}, column {corner[1]}"
    if expected.shape != got.shape:
        return f"expected, shape {expected.shape}", f"got, shape {got.shape}"
    return f"expected{where}", f"got{where}"


def _drawn(titles: tuple[str, str], planes: list[np.ndarray], marks: np.ndarray | None) -> Picture:
    cells = [[[f"{value:g}" for value in row] for row in plane] for plane in planes]
    return Picture(_text(titles, cells, marks), _html(titles, cells, marks))


def _text(titles: tuple[str, str], cells: list[list[list[str]]], marks: np.ndarray | None) -> str:
    blocks = []
    for number, rows in enumerate(cells):
        flagged = marks is not None and number == 1
        written = [
            [f"[{c}]" if flagged and marks is not None and marks[i, j] else f" {c} "
             for j, c in enumerate(row)]
            for i, row in enumerate(rows)
        ]  # fmt: skip
        wide = max(len(c) for row in written for c in row)
        blocks.append([titles[number], *("".join(c.rjust(wide) for c in row) for row in written)])
    width = max(map(len, blocks[0])) + 3
    height = max(map(len, blocks))
    left, right = (block + [""] * (height - len(block)) for block in blocks)
    return "\n".join((a.ljust(width) + b).rstrip() for a, b in zip(left, right, strict=True))


def _html(titles: tuple[str, str], cells: list[list[list[str]]], marks: np.ndarray | None) -> str:
    tables = []
    for number, rows in enumerate(cells):
        body = []
        for i, row in enumerate(rows):
            line = []
            for j, cell in enumerate(row):
                wrong = number == 1 and marks is not None and bool(marks[i, j])
                style = ' style="outline:2px solid #d55e00;font-weight:bold"' if wrong else ""
                note = ' aria-label="' + html.escape(cell) + ', differs"' if wrong else ""
                line.append(f"<td{style}{note}>{html.escape(cell)}</td>")
            body.append(f"<tr>{''.join(line)}</tr>")
        caption = f"<caption>{html.escape(titles[number])}</caption>"
        tables.append(
            '<table style="display:inline-table;margin:0 1.5em .5em 0;text-align:right">'
            f"{caption}{''.join(body)}</table>"
        )
    return "".join(tables)
