"""Runs a learner's function on cases and says of each whether it held. Knows no exercise by name.

Whatever the function does (raise, exit, print, warn, change its arguments) becomes a CaseResult.
Only KeyboardInterrupt passes through: it is the learner's own stop button.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from autograder.checks.call import Call, doubled
from autograder.checks.cases import Case
from autograder.checks.compare import FRACTIONAL, WHOLE, describe, difference, name_of
from autograder.checks.exercise import Spoiler
from autograder.checks.verdict import CaseResult

MOST_NUMBERS = 24  # in a message that names sizes; more is a dump of everything
CONSTANT = "the number is right, but it is the same whatever the function is given"
NOT_ATTEMPTED = "not attempted yet: the stub still raises NotImplementedError"


class NotAttempted(Exception):
    """The function is still the stub."""


class Raised:
    """What a call that raised leaves behind instead of a value."""

    def __init__(self, error: BaseException) -> None:
        self.kind = name_of(type(error))
        self.is_value_error = issubclass(type(error), ValueError)
        self.whole_text = _text(error)
        lines = self.whole_text.splitlines()
        self.text = lines[0][:200] if lines else ""

    def __str__(self) -> str:
        return f"raised {self.kind}: {self.text}" if self.text else f"raised {self.kind}"


def untouched(function: Callable[..., Any], cases: list[Case]) -> bool:
    """Is it still the stub? Then it raises NotImplementedError, whatever it is called with."""
    return bool(cases) and all(
        isinstance(result, Raised) and result.kind == "NotImplementedError"
        for result, *_ in (outcome(function, case.call) for case in cases)
    )


def constant(function: Callable[..., Any], cases: list[Case]) -> bool:
    """Does it return the same number, whatever it is given? Then none that is right is earned."""
    calls = [case.call for case in cases if case.spoiler is None]
    results = (outcome(function, call).result for call in calls)
    first = next(results)
    return type(first) in (*WHOLE, *FRACTIONAL) and all(
        type(other) is type(first) and (other == first or (first != first and other != other))
        for other in results
    )


def judge(function: Callable[..., Any], case: Case) -> CaseResult:
    """The outcome of one case, whatever the function does."""
    told = _called(function, case)
    message = f"{case.call}: {told}" if told else ""
    if not told and case.spoiler:  # refusing everything is no contract: the good call comes first
        message = _spoilt(function, case.spoiler, case.call)
    return CaseResult(case.name, not message, message, case.call)


class Outcome(NamedTuple):
    """What a call left behind.

    result   what it returned, or a Raised
    changed  the arguments that it changed in place, in a few words; None where there are none
    shared   the arguments that the result is, or is a view of; None where it has memory of its own
    """

    result: Any
    changed: str | None
    shared: str | None


def outcome(function: Callable[..., Any], call: Call) -> Outcome:
    """What ``function`` does when it is called with copies of the call's arguments."""
    args, kwargs = call.copies()
    with quiet():
        try:
            result = call.made(function, args, kwargs)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: nothing that a learner writes ends a check
            result = Raised(error)
    after = {**dict(zip(call.names, args, strict=False)), **kwargs}
    arrays = call.arrays()
    changed = [name for name, before in arrays if not _same(before, after[name])]
    shared = [name for name, _ in arrays if _lies_in(result, after[name])]
    return Outcome(result, " and ".join(changed) or None, " and ".join(shared) or None)


def _lies_in(result: Any, argument: Any) -> bool:
    # Whoever writes into the one would change the other.
    parts = result if type(result) in (tuple, list) else (result,)
    return any(type(part) is np.ndarray and np.may_share_memory(part, argument) for part in parts)


def _called(function: Callable[..., Any], case: Case) -> str | None:
    told, result = _once(function, case)
    if told or not case.twice:
        return told
    # Other values of the same shapes: what was kept by shape, or in a shared array, shows.
    other = outcome(function, case.call.mapped(doubled)).result
    told = str(other) if isinstance(other, Raised) else difference(other, case.again, case.rule)
    if told:
        return f"right the first time, but called again with every array doubled: {told}"
    if difference(result, case.expected, case.rule):
        return "the result is right, but it changes when the function is called again"
    again, _ = _once(function, case)
    return f"right the first time, but called again: {again}" if again else None


def _once(function: Callable[..., Any], case: Case) -> tuple[str | None, Any]:
    result, changed, shared = outcome(function, case.call)
    if isinstance(result, Raised):
        return str(result), None
    told = difference(result, case.expected, case.rule)
    if told:
        return told, result
    if changed:
        return f"the result is right, but the call changed its argument {changed} in place", result
    if shared:
        told = f"it is the argument {shared} itself, or a view of it; return a new array"
        return f"the result is right, but {told}", result
    return None, result


def _spoilt(function: Callable[..., Any], spoiler: Spoiler, call: Call) -> str:
    ending, what = refusal(function, spoiler, call)
    if ending == "refused":
        return ""
    numbers = " or ".join(map(str, sorted(set(spoiler.sizes(call)))))
    wanted = f"must be refused with a ValueError that names the sizes ({numbers})"
    return f"{spoiler.change(call)} {wanted}; it {what}"


def refusal(function: Callable[..., Any], spoiler: Spoiler, call: Call) -> tuple[str, str]:
    """How a spoilt call ended ("refused", "accepted" or "failed"), and what happened in words."""
    result, changed, _ = outcome(function, spoiler.change(call))
    if not isinstance(result, Raised):
        return "accepted", f"returned {describe(result)}"
    if changed:
        return "failed", f"raised {result.kind}, but changed its argument {changed} before that"
    sizes = set(map(str, spoiler.sizes(call)))
    numbers = set(re.findall(r"\d+", result.whole_text))
    named = bool(sizes & numbers) and len(numbers) <= MOST_NUMBERS
    return ("refused" if result.is_value_error and named else "failed"), str(result)


def _same(before: np.ndarray, after: Any) -> bool:
    # A learner may have changed the shape, the dtype or the flags of what they were given.
    same_kind = (before.shape, before.dtype) == (after.shape, after.dtype)
    return same_kind and after.flags.writeable and before.tobytes() == after.tobytes()


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
