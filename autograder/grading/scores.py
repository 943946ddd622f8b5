"""Reads a score from what a test cell returned. Knows numbers, and nobody's classes."""

from __future__ import annotations

import math
import re
from typing import Any

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


def settled(text: Any, points: float) -> float:
    """The score that a cell's result says, as nbgrader can read it.

    Anything that is no number from 0 to ``points`` is 0: a test of this course returns its score.
    """
    score = number(text)
    if score is None or not math.isfinite(score) or not 0 <= score <= points:
        return 0.0
    return score
