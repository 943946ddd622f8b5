"""Every sum that a chapter works out by hand is right: `1·2 + 3·4 = 2 + 12 = 14` and its like.

The formulas are read from the source. A chain of equal signs is cut into its parts; those that
consist of numbers alone must have the same value.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

BOOK = Path(__file__).parents[2] / "book"

# TeX and typography on the left, Python on the right.
SPELLING = {
    r"\lfloor": " floor(",
    r"\rfloor": ") ",
    r"\bmod": "%",
    r"\cdot": "*",
    r"\times": "*",
    r"\quad": " ",
    r"\qquad": " ",
    r"\,": "",
    r"\;": " ",
    r"{=}": "=",
    "·": "*",
    "−": "-",
    "&": "",
}
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
}


def value(node: ast.expr) -> float:
    """The value of an expression of numbers, + - * / % and floor."""
    match node:
        case ast.Constant(int(number)):
            return number
        case ast.BinOp(left, sign, right):
            return OPERATORS[type(sign)](value(left), value(right))
        case ast.UnaryOp(sign, operand):
            return OPERATORS[type(sign)](value(operand))
        case ast.Call(ast.Name("floor"), [inside]):
            return math.floor(value(inside))
    raise ValueError(ast.dump(node))


def evaluated(part: str) -> float | None:
    """The value of one side of an equation, or None where it is not made of numbers alone."""
    for tex, python in SPELLING.items():
        part = part.replace(tex, python)
    part = part.strip(" .,\n")
    if re.search(r"\d\s+\d", part):  # a row of a matrix
        return None
    if not re.fullmatch(r"(floor|[\d\s+\-*/%()])+", part) or not re.search(r"\d", part):
        return None
    return value(ast.parse(part.strip(), mode="eval").body)


def formulas(text: str) -> Iterator[str]:
    """The lines of displayed formulas, joined where one goes on, and the formulas in prose."""
    for block in re.findall(r"^\$\$\n(.*?)^\$\$", text, re.MULTILINE | re.DOTALL):
        block = re.sub(r"\\(begin|end)\{\w+\}", "", block)
        lines = re.split(r"\\\\(?:\[\w+\])?\s*", block)
        joined: list[str] = []
        for line in lines:
            goes_on = re.match(r"\s*&?\s*(\\quad\s*)?[=+]", line)
            if goes_on and joined:
                joined[-1] += " " + line
            else:
                joined.append(line)
        yield from joined
    yield from re.findall(r"(?<!\$)\$([^$]+)\$(?!\$)", text)


def chains(text: str) -> Iterator[tuple[str, list[float]]]:
    """Formulas with at least two parts made of numbers alone, and the values of those parts."""
    for formula in formulas(text):
        values = [v for part in formula.split("=") if (v := evaluated(part)) is not None]
        if len(values) > 1:
            yield formula, values


def rows(text: str) -> Iterator[tuple[str, list[float]]]:
    """Rows of tables that end in `products | summands | result`."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and "·" in cells[1]:
            yield line, [v for cell in cells[1:] if (v := evaluated(cell)) is not None]


@pytest.mark.parametrize(
    ("chapter", "fewest"),
    [("01-window", 20), ("02-layer", 10), ("06-columns", 10), ("07-speed", 15)],
)
def test_every_sum_worked_by_hand_is_right(chapter: str, fewest: int) -> None:
    text = (BOOK / f"{chapter}.md").read_text(encoding="utf-8")
    found = [*chains(text), *rows(text)]
    assert len(found) >= fewest
    assert [formula for formula, values in found if len(set(values)) > 1] == []


def test_a_wrong_sum_would_be_found() -> None:
    ((_, values),) = chains("$$\ny &= 1\\cdot2 + 3\\cdot4\\\\\n&= 2 + 12 = 15\n$$\n")
    assert values == [14, 14, 15]
