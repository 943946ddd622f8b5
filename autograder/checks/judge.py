"""Runs a learner's function on cases and says of each whether it held. Knows no exercise by name.

Whatever the function does (raise, exit, print, warn, change its arguments) becomes a CaseResult.
Only KeyboardInterrupt passes through: it is the learner's own stop button.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.cases import Case
from autograder.checks.compare import describe, difference
from autograder.checks.verdict import CaseResult

NOT_ATTEMPTED = "not attempted yet: the stub still raises NotImplementedError"


class NotAttempted(Exception):
    """The function is still the stub."""


class Raised:
    """What a call that raised leaves behind instead of a value."""

    def __init__(self, error: BaseException) -> None:
        self.kind = type(error).__name__
        self.is_value_error = isinstance(error, ValueError)
        self.text = _first_line(error)

    def __str__(self) -> str:
        return f"raised {self.kind}: {self.text}" if self.text else f"raised {self.kind}"


def judge(function: Callable[..., Any], case: Case) -> CaseResult:
    """The outcome of one case. Raises NotAttempted where the function is still a stub."""
    message = _spoilt(function, case) if case.spoiler else _called(function, case)
    if message is None:
        return CaseResult(case.name, True, call=case.call)
    return CaseResult(case.name, False, f"{case.call}: {message}", case.call)


def outcome(function: Callable[..., Any], call: Call) -> tuple[Any, str | None]:
    """What ``function`` returns (or a Raised), and which arguments it changed, in a few words."""
    args, kwargs = call.copies()
    with quiet():
        try:
            result = function(*args, **kwargs)
        except NotImplementedError as error:
            raise NotAttempted from error
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: nothing that a learner writes ends a check
            return Raised(error), None
    after = {**dict(zip(call.names, args, strict=False)), **kwargs}
    changed = [name for name, before in call.arrays() if not _same(before, after[name])]
    return result, " and ".join(changed) or None


def _called(function: Callable[..., Any], case: Case) -> str | None:
    told, result = _once(function, case)
    if told or not case.twice:
        return told
    again, _ = _once(function, case)
    if again:
        return f"right the first time, but called again: {again}"
    if difference(result, case.expected, case.rule):
        return "the first result changed when the function was called again"
    return None


def _once(function: Callable[..., Any], case: Case) -> tuple[str | None, Any]:
    result, changed = outcome(function, case.call)
    if isinstance(result, Raised):
        return str(result), None
    told = difference(result, case.expected, case.rule)
    if told:
        return told, result
    if changed:
        return f"the result is right, but the call changed its argument {changed} in place", result
    return None, result


def _spoilt(function: Callable[..., Any], case: Case) -> str | None:
    assert case.spoiler is not None
    told = _called(function, case)
    if told:  # refusing everything is no contract: the good call must come back right first
        return told
    bad = case.spoiler.change(case.call)
    sizes = sorted(set(case.spoiler.sizes(case.call)))
    wanted = f"must be refused with a ValueError that names the sizes ({_listed(sizes)})"
    result, _ = outcome(function, bad)
    if not isinstance(result, Raised):
        return f"{bad} {wanted}; it returned {describe(result)}"
    if not result.is_value_error:
        return f"{bad} {wanted}; it {result}"
    if not set(map(str, sizes)) & set(re.findall(r"\d+", result.text)):
        return f"{bad} {wanted}; its message is {result.text!r}"
    return None


def _same(before: np.ndarray, after: Any) -> bool:
    return before.shape == after.shape and np.array_equal(before, after, equal_nan=True)


def _listed(numbers: list[int]) -> str:
    return " or ".join(map(str, numbers))


def _first_line(error: BaseException) -> str:
    # A learner's exception may do anything when printed; a line is all that is asked of it.
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        return ""
    return lines[0][:200] if lines else ""


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing that the learner's function prints or warns reaches the page: a check calls it often."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
