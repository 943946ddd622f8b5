"""How what a function returned is held against what was expected, and how the difference reads.

Integer-valued arrays make the arithmetic of convolution exact, so they are compared without a
tolerance. Knows nothing of exercises.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

# A method that leaves the integers on its way (an FFT) comes back within some roundings of them;
# a wrong one does not come this close: whole numbers differ by one or more.
ROUNDINGS = 1024

# The exact types of a number: a subclass could answer differently each time it is asked.
WHOLE = (int, *(np.dtype(c).type for c in "bBhHiIlLqQ"))
FRACTIONAL = (float, *(np.dtype(c).type for c in "efd"))


@dataclass(frozen=True)
class Rule:
    """What equality means for one case.

    rtol         0.0: integers, exact; else the largest allowed error relative to the largest value
    same_dtype   True: the dtype must be the expected one; False: one that holds it safely will do
    names        what the values of a tuple are called
    holds        for results of which many are right: a line on what is wrong with one, or None
    """

    rtol: float = 0.0
    same_dtype: bool = False
    names: tuple[str, ...] = ()
    holds: Callable[[Any], str | None] | None = None


def difference(got: Any, expected: Any, rule: Rule) -> str | None:
    """One line that says how ``got`` differs from ``expected``, or None where it does not.

    ``expected`` is an array, an int, a float, or a tuple of these. Only exact types are accepted
    for ``got``: a subclass of ndarray could lie about what it holds.
    """
    if rule.holds is not None:
        return rule.holds(got)
    if isinstance(expected, tuple):
        return _tuple_difference(got, expected, rule)
    if isinstance(expected, np.ndarray):
        return _array_difference(got, expected, rule)
    return _number_difference(got, expected, rule)


def _tuple_difference(got: Any, expected: tuple[Any, ...], rule: Rule) -> str | None:
    these = f" ({', '.join(rule.names)})" if rule.names else ""
    if type(got) not in (tuple, list):
        return f"returned {describe(got)}, expected a tuple of {len(expected)}{these}"
    if len(got) != len(expected):
        return f"returned {len(got)} values, expected {len(expected)}{these}"
    for place, (one, other) in enumerate(zip(got, expected, strict=True)):
        told = difference(one, other, rule)
        if told:
            return f"{rule.names[place] if rule.names else f'value {place} of the tuple'}: {told}"
    return None


def _number_difference(got: Any, expected: int | float, rule: Rule) -> str | None:
    whole = isinstance(expected, int)
    if whole and type(got) not in WHOLE:
        return f"returned {describe(got)}, expected the int {expected}"
    if not whole and type(got) not in (*WHOLE, *FRACTIONAL):
        return f"returned {describe(got)}, expected the number {expected:g}"
    if whole:
        number = int.__index__(got) if type(got) is int else int(np.int64(got))
        return None if number == expected else f"returned {_short(number)}, expected {expected}"
    value = _float(got)
    close = not mismatch(np.asarray(value), np.asarray(float(expected)), rule).any()
    return None if close else "returned {}, expected {}".format(*_apart(value, expected))


def _float(number: Any) -> float:
    # An int may have more digits than any float.
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _array_difference(got: Any, expected: np.ndarray, rule: Rule) -> str | None:
    if type(got) is not np.ndarray:
        return f"returned {describe(got)}, expected a NumPy array of shape {expected.shape}"
    if got.shape != expected.shape:
        return f"returned shape {got.shape}, expected {expected.shape}{_where(got, expected)}"
    if got.dtype.kind not in "iuf":
        return f"returned dtype {got.dtype}, expected {expected.dtype}"
    told = _value_difference(got, expected, rule)
    if told:
        return told
    if rule.same_dtype and got.dtype != expected.dtype:
        return f"the values are right, but the dtype is {got.dtype}, expected {expected.dtype}"
    if not np.can_cast(expected.dtype, got.dtype, "safe"):
        return f"returned dtype {got.dtype}, which cannot hold {expected.dtype}"
    return None


def _where(got: np.ndarray, expected: np.ndarray) -> str:
    if got.ndim != expected.ndim:
        return f": {got.ndim} axes instead of {expected.ndim}"
    axes = [axis for axis in range(got.ndim) if got.shape[axis] != expected.shape[axis]]
    tell = [f"axis {axis} has {got.shape[axis]}, not {expected.shape[axis]}" for axis in axes]
    return ": " + ", ".join(tell)


def same_bytes(one: np.ndarray, other: np.ndarray) -> bool:
    """Are two arrays of one shape and dtype equal, byte for byte? Most right results are."""
    return one.dtype == other.dtype and one.tobytes() == other.tobytes()


def _value_difference(got: np.ndarray, expected: np.ndarray, rule: Rule) -> str | None:
    if same_bytes(got, expected):
        return None
    differs = mismatch(got, expected, rule)
    count = int(differs.sum())
    if count == 0:
        return None
    place = tuple(int(i) for i in np.argwhere(differs)[0])
    at = f"[{', '.join(map(str, place))}]"
    values = "got {}, expected {}".format(*_apart(got[place], expected[place]))
    if differs.size == 1:
        return values
    return f"{count} of {differs.size} values differ, the first at {at}: {values}"


def _apart(got: Any, expected: Any) -> tuple[str, str]:
    """Both in as few digits as tell them apart: "got 2, expected 2" tells nothing."""
    for digits in (6, 9, 12, 17):
        one, other = f"{got:.{digits}g}", f"{expected:.{digits}g}"
        if one != other:
            break
    return one, other


def mismatch(got: np.ndarray, expected: np.ndarray, rule: Rule) -> np.ndarray:
    """True where two arrays of one shape differ under ``rule``. NaN equals NaN and nothing else."""
    got, true = got.astype(np.float64, copy=False), expected.astype(np.float64, copy=False)
    nan = np.isnan(true)
    largest = float(np.max(np.abs(true), initial=1.0, where=~nan))
    with np.errstate(invalid="ignore", over="ignore"):
        close = np.abs(got - true) <= _tolerance(rule, expected.dtype) * largest
    if nan.any():
        close |= nan & np.isnan(got)
    return ~close


def _tolerance(rule: Rule, dtype: np.dtype) -> float:
    # The largest error allowed, relative to the largest value expected.
    if rule.rtol:
        return rule.rtol
    return ROUNDINGS * float(np.finfo(dtype if dtype.kind == "f" else np.float64).eps)


def _short(number: int) -> str:
    return str(number) if abs(number) < 10**15 else f"a number of {number.bit_length()} bits"


def describe(value: Any) -> str:
    """A few words on what a value is, never its content at length."""
    if value is None:
        return "None (is a return missing?)"
    kind = name_of(type(value))
    if type(value) is int:
        return f"the int {_short(value)}"
    if type(value) in (bool, float):
        return f"the {kind} {value!r}"
    if type(value) is np.ndarray:
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if issubclass(type(value), np.ndarray):
        return f"{kind} (a subclass of ndarray; return a plain array)"
    if kind == "Tensor":
        return "a torch.Tensor (return a NumPy array)"
    if type(value) in (list, tuple):
        return f"a {kind} of {len(value)}"
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"


def name_of(kind: type) -> str:
    """A type's name on one line of at most 60 characters, whatever the type does to hide it."""
    try:
        name = type.__getattribute__(kind, "__name__")
        return " ".join(str(name).split())[:60]
    except Exception:
        return "object"
