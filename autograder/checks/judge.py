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
from autograder.checks.exercise import Spoiler
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
    told = _called(function, case)
    message = f"{case.call}: {told}" if told else ""
    if not told and case.spoiler:  # refusing everything is no contract: the good call comes first
        message = _spoilt(function, case.spoiler, case.call)
    return CaseResult(case.name, not message, message, case.call)


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
    outcome(function, case.call.mapped(doubled))  # other values, so that a kept array shows
    if difference(result, case.expected, case.rule):
        return "the result is right, but it changes when the function is called again"
    again, _ = _once(function, case)
    return f"right the first time, but called again: {again}" if again else None


def doubled(array: np.ndarray) -> np.ndarray:
    """The other call of a case that is made twice: no sum of results brings back the first one."""
    return array + array


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


def _spoilt(function: Callable[..., Any], spoiler: Spoiler, call: Call) -> str:
    ending, what = refusal(function, spoiler, call)
    if ending == "refused":
        return ""
    numbers = " or ".join(map(str, sorted(set(spoiler.sizes(call)))))
    wanted = f"must be refused with a ValueError that names the sizes ({numbers})"
    return f"{spoiler.change(call)} {wanted}; it {what}"


def refusal(function: Callable[..., Any], spoiler: Spoiler, call: Call) -> tuple[str, str]:
    """How a spoilt call ended ("refused", "accepted" or "failed"), and what happened in words."""
    result, _ = outcome(function, spoiler.change(call))
    if not isinstance(result, Raised):
        return "accepted", f"returned {describe(result)}"
    sizes = set(map(str, spoiler.sizes(call)))
    named = sizes & set(re.findall(r"\d+", result.text))
    return ("refused" if result.is_value_error and named else "failed"), str(result)


def _same(before: np.ndarray, after: Any) -> bool:
    return before.shape == after.shape and np.array_equal(before, after, equal_nan=True)


def _first_line(error: BaseException) -> str:
    # A learner's exception may do anything when printed; a line is all that is asked of it.
    try:
        lines = str(error)[:1000].strip().splitlines()
    except Exception:
        return ""
    return lines[0][:200] if lines else ""


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps what the learner's function prints off the page: a check calls it many times."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
