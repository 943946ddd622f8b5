"""Runs a learner's function on cases and says of each whether it held. Knows no exercise by name.

Whatever the function does (raise, exit, print, warn, change its arguments) becomes a CaseResult.
Only KeyboardInterrupt passes through: it is the learner's own stop button.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from autograder.checks.call import Call, doubled
from autograder.checks.cases import Case
from autograder.checks.compare import FRACTIONAL, WHOLE, Rule, describe, difference, name_of
from autograder.checks.exercise import Spoiler
from autograder.checks.verdict import CaseResult

MOST_NUMBERS = 24  # in a message that names sizes; more is a dump of everything
CONSTANT = "the number is right, but it is the same whatever the function is given"
STUB = "NotImplementedError"  # what a stub raises
NOT_ATTEMPTED = "not attempted yet: the stub still raises NotImplementedError"


class NotAttempted(Exception):
    """The function is still the stub."""


class Raised:
    """What a call that raised leaves behind instead of a value."""

    def __init__(self, error: BaseException) -> None:
        self.kind = name_of(type(error))
        self.is_value_error = issubclass(type(error), ValueError)
        self.whole_text = _text(error)

    def plain(self) -> tuple[str, str, bool, str]:
        """The same as plain values, of which ``of`` makes it again."""
        return "raised", self.kind, self.is_value_error, self.whole_text

    @classmethod
    def of(cls, plain: tuple[str, str, bool, str]) -> Raised:
        """What ``plain`` was made from."""
        found = cls(Exception())
        _, found.kind, found.is_value_error, found.whole_text = plain
        return found

    @property
    def text(self) -> str:
        """Its first line."""
        lines = self.whole_text.splitlines()
        return lines[0][:200] if lines else ""

    def __str__(self) -> str:
        return f"raised {self.kind}: {self.text}" if self.text else f"raised {self.kind}"


class Outcome(NamedTuple):
    """What came of a call.

    result   what it returned, or a Raised
    changed  the arguments that it changed in place, in a few words; None where there are none
    shared   the arguments that the result is, or is a view of; None where it has memory of its own
    """

    result: Any
    changed: str | None
    shared: str | None


def outcomes(function: Callable[..., Any], calls: Sequence[Call]) -> Iterator[Outcome]:
    """Make each call when its outcome is asked for, in order. All are to be asked for.

    What lives elsewhere (a stand-in for something in a sandbox) is told of all calls at once, which
    saves it the way there and back for each. It has a method ``__made_all__`` for that, which takes
    the calls and gives the same as ``_made_all``.
    """
    make = getattr(type(function), "__made_all__", _made_all)
    for call, (result, error, left) in zip(calls, make(function, calls), strict=True):
        found = result if error is None else Raised(error)
        changed, shared = [], []
        if left is not None:
            before = call.arrays()
            changed = [name for name, array in before if not _same(array, left[name])]
            shared = [name for name, _ in before if _lies_in(found, left[name])]
        yield Outcome(found, " and ".join(changed) or None, " and ".join(shared) or None)


def _made_all(
    function: Callable[..., Any], calls: Sequence[Call]
) -> Iterator[tuple[Any, BaseException | None, dict[str, Any] | None]]:
    """Of each call: what it returned, what it raised, and its arguments as it left them, by name;
    None for these where nothing became of them.
    """
    for call in calls:
        args, kwargs = call.copies()
        result, error = None, None
        with quiet():
            try:
                result = call.made(function, args, kwargs)
            except KeyboardInterrupt:
                raise
            except BaseException as raised:  # SystemExit too: nothing they write ends a check
                error = raised
        yield result, error, call.named(args, kwargs)


def outcome(function: Callable[..., Any], call: Call) -> Outcome:
    """What comes of one call."""
    (found,) = outcomes(function, [call])
    return found


def judged(function: Callable[..., Any], cases: Sequence[Case]) -> Iterator[CaseResult]:
    """The result of each case, in order, whatever the function does. NotAttempted for a stub: it
    raises NotImplementedError, whatever it is called with.
    """
    calls = [series(case.call, case.twice, case.spoiler) for case in cases]
    every = outcomes(function, [call for several in calls for call in several])
    untouched = bool(cases)
    for case in cases:
        first = next(every)
        raised = first.result
        untouched = untouched and isinstance(raised, Raised) and raised.kind == STUB
        told = _wrong(first, case)
        message = f"{case.call}: {told}" if told else ""
        if case.twice:
            told = _wrong_again(first, next(every), next(every), case)
            message = message or (f"{case.call}: {told}" if told else "")
        if case.spoiler:  # refusing everything is no contract: the good call comes first
            message = message or _unrefused(next(every), case.spoiler, case.call)
        yield CaseResult(case.name, not message, message, case.call)
    if untouched:
        raise NotAttempted


def constant(function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Does it return the same number, whatever it is given? Then none that is right is earned."""
    calls = [case.call for case in cases if case.spoiler is None]
    first = outcome(function, calls[0]).result if calls else None
    if type(first) not in (*WHOLE, *FRACTIONAL):
        return False
    return all(
        type(other) is type(first) and (other == first or (first != first and other != other))
        for other in [found.result for found in outcomes(function, calls[1:])]
    )


@lru_cache(maxsize=20_000)  # the same calls for every learner; what is sent of them is kept too
def series(call: Call, twice: bool, spoiler: Spoiler | None) -> tuple[Call, ...]:
    """All calls that are made of one, whatever comes of the first.

    twice    with other values of the same shapes between: what is kept by shape, or shared, shows
    spoiler  what makes of it one that has to be refused
    """
    again = (call.mapped(doubled), call) if twice else ()
    spoilt = (spoiler.change(call),) if spoiler else ()
    return call, *again, *spoilt


def _wrong(found: Outcome, case: Case) -> str | None:
    if isinstance(found.result, Raised):
        return str(found.result)
    told = _differs(found.result, case.expected, case.rule)
    if not told and found.changed:
        told = f"the result is right, but the call changed its argument {found.changed} in place"
    if not told and found.shared:
        told = f"it is the argument {found.shared} itself, or a view of it; return a new array"
        told = f"the result is right, but {told}"
    return told


def _wrong_again(first: Outcome, other: Outcome, again: Outcome, case: Case) -> str | None:
    result = other.result
    told = str(result) if isinstance(result, Raised) else _differs(result, case.again, case.rule)
    if told:
        return f"right the first time, but called again with every array doubled: {told}"
    if _differs(first.result, case.expected, case.rule):
        return "the result is right, but it changes when the function is called again"
    told = _wrong(again, case)
    return f"right the first time, but called again: {told}" if told else None


def _differs(got: Any, expected: Any, rule: Rule) -> str | None:
    # A number that is too large to compute with is a wrong one; any other error here is our own.
    try:
        return difference(got, expected, rule)
    except (ArithmeticError, MemoryError) as error:
        return f"returned {describe(got)}, which cannot be compared ({name_of(type(error))})"


def _unrefused(found: Outcome, spoiler: Spoiler, call: Call) -> str:
    ending, what = refusal(found, spoiler, call)
    if ending == "refused":
        return ""
    numbers = " or ".join(map(str, sorted(set(spoiler.sizes(call)))))
    wanted = f"must be refused with a ValueError that names the sizes ({numbers})"
    return f"{spoiler.change(call)} {wanted}; it {what}"


def refusal(found: Outcome, spoiler: Spoiler, call: Call) -> tuple[str, str]:
    """How a spoilt call ended ("refused", "accepted" or "failed"), and what happened in words.

    call  what it was before it was spoilt
    """
    result = found.result
    if not isinstance(result, Raised):
        return "accepted", f"returned {describe(result)}"
    if found.changed:
        told = f"raised {result.kind}, but changed its argument {found.changed} before that"
        return "failed", told
    sizes = set(map(str, spoiler.sizes(call)))
    numbers = set(re.findall(r"\d+", result.whole_text))
    named = bool(sizes & numbers) and len(numbers) <= MOST_NUMBERS
    return ("refused" if result.is_value_error and named else "failed"), str(result)


def _same(before: np.ndarray, after: Any) -> bool:
    # A learner may have changed the shape, the dtype or the flags of what they were given.
    same_kind = (before.shape, before.dtype) == (after.shape, after.dtype)
    return same_kind and after.flags.writeable and before.tobytes() == after.tobytes()


def _lies_in(result: Any, argument: Any) -> bool:
    # Whoever writes into the one would change the other.
    parts = result if type(result) in (tuple, list) else (result,)
    return any(type(part) is np.ndarray and np.may_share_memory(part, argument) for part in parts)


def _text(error: BaseException) -> str:
    # A learner's exception may do anything when printed.
    try:
        return str(error)[:2000].strip()
    except KeyboardInterrupt:
        raise
    except BaseException:
        return ""


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps what the learner's function prints off the page: a check calls it many times."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
