"""What a function does on probe calls, and whether two functions do the same.

A diagnosis compares behaviour and never source. Knows no exercise and no mistake by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.cases import generator
from autograder.checks.compare import FRACTIONAL, WHOLE, Rule, mismatch, same_bytes
from autograder.checks.exercise import Config, Exercise
from autograder.checks.judge import Raised, outcomes, refusal, series

VALUES = Rule(rtol=1e-9)
# What drivers and torch say in words; a plain function's errors mean the same in any words.
WORDED = ("AssertionError", "RuntimeError")
LARGEST = 10**6  # numbers in a result that is looked at


@dataclass(frozen=True, eq=False)
class Probe:
    """A call to watch, and the configuration that it was built from.

    name  by which the same probe of the same exercise is known in another process
    """

    config: Config
    call: Call
    name: str = ""


@dataclass(frozen=True)
class Seen:
    """What came of one probe.

    result   the value returned, or a Raised
    changed  the arguments changed in place
    shared   the arguments that the result is, or is a view of
    later    for a probe made twice: the first result and the third, after another call between them
    refusal  for a call that must be refused: "accepted", "refused" or how else it ended
    rule     how close equal values are in this exercise
    """

    result: Any
    changed: str | None = None
    shared: str | None = None
    later: tuple[Any, Any] | None = None
    refusal: str = ""
    rule: Rule = VALUES


def probes(exercise: Exercise, seed: str = "probes", extra: int = 0) -> list[Probe]:
    """The exercise's visible configurations with values of their own, and ``extra`` random ones."""
    rng = generator(seed, exercise.id)
    configs: list[Config] = list(exercise.visible) if seed == "probes" else []
    configs += [exercise.draw(rng) for _ in range(extra)]
    return [
        Probe(config, exercise.build(config, rng), f"{seed} {extra} {number}")
        for number, config in enumerate(configs)
    ]


def rule_of(exercise: Exercise) -> Rule:
    """How close equal values are in this exercise."""
    return Rule(rtol=max(VALUES.rtol, exercise.rtol))


def watch(exercise: Exercise, function: Callable[..., Any], several: Sequence[Probe]) -> list[Seen]:
    """Run probes, in order, and keep of each what can be told apart."""
    assert exercise.family is not None
    known = exercise.family.spoilers
    spoilers = [known.get(probe.config.get("refuse", "")) for probe in several]
    rule = rule_of(exercise)
    calls = [
        series(probe.call, bool(probe.config.get("twice")), spoiler)
        for probe, spoiler in zip(several, spoilers, strict=True)
    ]
    found = []
    with np.errstate(all="ignore"):
        every = outcomes(function, [call for made in calls for call in made])
        for probe, spoiler in zip(several, spoilers, strict=True):
            result, changed, shared = next(every)
            first, later, ending = _copied(exercise, result), None, ""
            if probe.config.get("twice"):
                next(every)
                kept = _copied(exercise, result)  # as the other call left it
                again = _copied(exercise, next(every).result)
                later = None if isinstance(result, Raised) else (kept, again)
            if spoiler:
                ending = refusal(next(every), spoiler, probe.call)[0]
            found.append(Seen(first, changed, shared, later, ending, rule))
    return found


def same_values(one: Seen, other: Seen) -> bool:
    """Do both return equal values (dtypes apart), or both raise?"""
    if not _equal(one.result, other.result, one.rule):
        return False
    if one.later is None or other.later is None:
        return one.later is other.later
    return all(
        _equal(mine, theirs, one.rule) for mine, theirs in zip(one.later, other.later, strict=True)
    )


def same(one: Seen, other: Seen) -> bool:
    """Equal values, dtypes, changed arguments, views of arguments and refusals."""
    return (
        same_values(one, other)
        and _dtypes(one.result) == _dtypes(other.result)
        and (one.changed, one.shared) == (other.changed, other.shared)
        and one.refusal == other.refusal
    )


def _dtypes(result: Any) -> Any:
    if type(result) is tuple:
        return tuple(map(_dtypes, result))
    return getattr(result, "dtype", None)


def comparable(result: Any) -> bool:
    """Is a result a plain number, an array of numbers, or a tuple of those, and of a sane size?"""
    if type(result) is tuple:
        return len(result) <= 8 and all(comparable(item) for item in result)
    if type(result) is np.ndarray:
        return result.dtype.kind in "iufc" and result.size <= LARGEST
    return type(result) in FRACTIONAL or (type(result) in WHOLE and abs(int(result)) < 2**63)


def _equal(one: Any, other: Any, rule: Rule) -> bool:
    if isinstance(one, Raised) or isinstance(other, Raised):
        return isinstance(one, Raised) and isinstance(other, Raised) and kind(one) == kind(other)
    if type(one) is tuple and type(other) is tuple:
        return len(one) == len(other) and all(
            _equal(mine, theirs, rule) for mine, theirs in zip(one, other, strict=True)
        )
    if (type(one) is np.ndarray) != (type(other) is np.ndarray):
        return False
    if not (comparable(one) and comparable(other)) or np.shape(one) != np.shape(other):
        return False
    mine, theirs = np.asarray(one), np.asarray(other)
    if same_bytes(mine, theirs):
        return True
    if np.iscomplexobj(mine) or np.iscomplexobj(theirs):
        both = np.iscomplexobj(mine) and np.iscomplexobj(theirs)
        return (
            both and _equal(mine.real, theirs.real, rule) and _equal(mine.imag, theirs.imag, rule)
        )
    finite = np.isfinite(mine) & np.isfinite(theirs)
    if finite.all():
        return not mismatch(mine, theirs, rule).any()
    # Who overflows where another does, overflows likewise; a judge takes neither.
    same_there = _twins(mine, theirs)
    zero = np.zeros((), dtype=np.float64)
    return bool(np.all(finite | same_there)) and not (
        mismatch(np.where(finite, mine, zero), np.where(finite, theirs, zero), rule).any()
    )


def _twins(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    # True where both are the same infinity, or both not a number.
    return np.asarray((one == other) | (np.isnan(one) & np.isnan(other)))


def kind(raised: Raised) -> str:
    """What an exception says of its cause: an index and a slice leave the array in two ways."""
    if raised.kind in WORDED:
        return f"{raised.kind}: {re.sub('[0-9]+', '', raised.text)}"
    return "size" if raised.kind in ("IndexError", "ValueError") else raised.kind


def telling(result: Any) -> bool:
    """Can it be seen from a result what went wrong? From numbers, and from a driver's words."""
    return comparable(result) or (isinstance(result, Raised) and result.kind in WORDED)


def part(seen: Seen, place: int) -> Seen:
    """What a probe that returns a tuple left at one place of it; the whole where it is no tuple."""

    def at(result: Any) -> Any:
        return result[place] if type(result) is tuple and place < len(result) else result

    later = None if seen.later is None else (at(seen.later[0]), at(seen.later[1]))
    return replace(seen, result=at(seen.result), later=later)


def _copied(exercise: Exercise, result: Any) -> Any:
    # A list will do where a tuple of results is asked for.
    listed = exercise.family is not None and exercise.family.results and type(result) is list
    return _copy(tuple(result) if listed else result)


def _copy(result: Any) -> Any:
    if type(result) is tuple:
        return tuple(map(_copy, result))
    return result.copy() if type(result) is np.ndarray and comparable(result) else result
