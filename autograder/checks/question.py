"""Questions (kind Q): how an answer is given, compared and kept from view.

A question has one answer, an array of whole numbers, or several parts of which each is answered
with one of the words that it offers. The right answers are stored as short digests, so that the
released package does not print them.
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
class Part:
    """One part of a question, answered with a word.

    name     the key under which the learner's dictionary answers it
    answer   digest of the right word, as ``digest_word`` makes it
    choices  the words that may be answered
    """

    name: str
    answer: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A question, answered with an array of whole numbers (a nested list will do) or by parts.

    answer  digest of the right array, as ``digest`` makes it; empty where there are parts
    given   the call that the answer is the result of, if it is one
    parts   the answer is a dictionary with a word for each; each is judged by itself
    """

    answer: str = ""
    given: Call | None = None
    parts: tuple[Part, ...] = ()


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


def digest_word(part: str, word: str) -> str:
    """Eight hexadecimal digits that stand for a word as the answer to a part."""
    return hashlib.sha256(f"{part}:{_plain_word(word)}".encode()).hexdigest()[:8]


def _plain_word(word: str) -> str:
    return " ".join(word.lower().split())


def wrong_part(part: Part, value: Any) -> str | None:
    """One line on what is wrong with the answer to one part, or None where it is right.

    value  the learner's whole answer: a dictionary
    """
    if type(value) is not dict:
        return f"the answer is {describe(value)}; give a dictionary with a word for each part"
    word = value.get(part.name)
    if type(word) is not str:
        given = "nothing" if word is None else describe(word)
        return f"{given} is given for {part.name!r}; answer with a word"
    offered = {_plain_word(choice) for choice in part.choices}
    if _plain_word(word) not in offered:
        return f"{word[:40]!r} is none of the words for {part.name!r}: {', '.join(part.choices)}"
    right = digest_word(part.name, word) == part.answer
    return None if right else f"{word[:40]!r} is not it for {part.name!r}"


def same_answer(question: Question, one: Any, other: Any) -> bool:
    """Do two answers say the same?"""
    if not question.parts:
        first, second = numbers(one), numbers(other)
        return first is not None and second is not None and np.array_equal(first, second)
    if type(one) is not dict or type(other) is not dict:
        return False
    words = [(one.get(part.name), other.get(part.name)) for part in question.parts]
    return all(
        type(first) is str and type(second) is str and _plain_word(first) == _plain_word(second)
        for first, second in words
    )


def shares_mistake(question: Question, value: Any, mistaken: Any) -> bool:
    """Is an answer the mistaken one, or the same in those of its parts that are wrong?"""
    if not question.parts:
        return same_answer(question, value, mistaken)
    parts = tuple(part for part in question.parts if wrong_part(part, mistaken))
    return bool(parts) and same_answer(Question(parts=parts), value, mistaken)


def wrong(question: Question, value: Any) -> str | None:
    """One line on what is wrong with an array as the answer, or None where it is right."""
    array = numbers(value)
    if array is None:
        return f"the answer is {describe(value)}; give rows of numbers, such as [[1, 2], [3, 4]]"
    if digest(array) == question.answer:
        return None
    return f"the answer of shape {array.shape} is not right yet"
