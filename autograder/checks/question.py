"""Questions with one answer (kind Q): how an answer is given, compared and kept from view.

The right answer is stored as a short digest, so that the released package does not print it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.compare import FRACTIONAL, WHOLE, describe

LARGEST = 1000  # numbers in one row of an answer


@dataclass(frozen=True)
class Question:
    """A question whose answer is an array of whole numbers (a nested list will do).

    answer  digest of the right answer, as ``digest`` makes it
    given   the call that the answer is the result of
    """

    answer: str
    given: Call


def answer_of(value: Any) -> Any:
    """The learner's answer: a function's return value, or the value itself."""
    return value() if callable(value) else value


def numbers(value: Any) -> np.ndarray | None:
    """The answer as a float64 array, or None where it is not a small regular nest of numbers."""
    if not _plain(value, 0):
        return None
    try:
        return np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None


def _plain(value: Any, depth: int) -> bool:
    if type(value) is np.ndarray:
        return value.dtype.kind in "iuf" and value.size <= LARGEST
    if type(value) in (list, tuple):
        small = depth < 4 and len(value) <= LARGEST
        return small and all(_plain(item, depth + 1) for item in value)
    return type(value) in (*WHOLE, *FRACTIONAL)


def digest(array: np.ndarray) -> str:
    """Eight hexadecimal digits that stand for an array's shape and its values rounded to 1e-6."""
    rounded = np.round(array, 6) + 0.0  # + 0.0 turns -0.0 into 0.0
    text = f"{array.shape}:{[float(v) for v in rounded.ravel()]}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def wrong(question: Question, value: Any) -> str | None:
    """One line on what is wrong with an answer, or None where it is right."""
    array = numbers(value)
    if array is None:
        return f"the answer is {describe(value)}; give rows of numbers, such as [[1, 2], [3, 4]]"
    if digest(array) == question.answer:
        return None
    return f"the answer of shape {array.shape} is not right yet"
