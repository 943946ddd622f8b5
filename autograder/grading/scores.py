"""Reads a score from what a test cell returned. Knows numbers, and nobody's classes."""

from __future__ import annotations

import math
import re
from typing import Any

from autograder.notebooks.files import Cell, nbgrader

# NumPy's own spelling of a scalar, which float() does not take.
NUMBER = re.compile(r"^np\.float(?:16|32|64)\((.*)\)$")


def number(text: Any) -> float | None:
    """The number that a cell's result says, NumPy's spelling too; None where it says none."""
    text = "".join(text) if isinstance(text, list) else str(text)
    wrapped = NUMBER.match(text.strip())
    try:
        return float(wrapped.group(1) if wrapped else text)
    except ValueError:
        return None


def settle(cell: Cell) -> None:
    """Leave of a test's results one that nbgrader reads as it is meant: from 0 to its points.

    A result that is no number says nothing about the score: nbgrader gives full points with a
    warning, and here it does so without one.
    """
    points = float(nbgrader(cell)["points"])
    for output in cell.get("outputs", []):
        if output["output_type"] == "execute_result":
            score = number(output["data"].get("text/plain"))
            if score is None:
                output["output_type"] = "display_data"
                output.pop("execution_count", None)
            else:
                inside = math.isfinite(score) and 0 <= score <= points
                output["data"] = {"text/plain": repr(score if inside else 0.0)}
