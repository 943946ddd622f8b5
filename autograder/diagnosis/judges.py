"""How an answer (kind Q) and a set of probes (kind P) are judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.compare import Rule, describe, difference
from autograder.checks.exercise import Exercise
from autograder.checks.exercises import EXERCISES
from autograder.checks.judge import NotAttempted, Raised, outcome, quiet
from autograder.checks.probes import Probes
from autograder.checks.question import Question, answer_of, wrong
from autograder.checks.verdict import CaseResult
from autograder.diagnosis.catalogue import CATALOGUE, right

LARGEST_PROBE = 20_000  # elements in one array: six implementations have to run it


def judge_answer(exercise: Exercise, given: Any) -> list[CaseResult]:
    """One case: is the answer right?"""
    question: Question = exercise.question
    value = _ask(given)
    told = str(value) if isinstance(value, Raised) else wrong(question, value)
    return [CaseResult("the answer", told is None, f"{exercise.id}: {told}" if told else "")]


def judge_probes(
    exercise: Exercise, given: Any, oracle: Callable[[Call], Any] | None = None
) -> list[CaseResult]:
    """A case for each wrong implementation: is it exposed by some probe?

    ``oracle`` is the judge of a hidden check; without one the catalogue's own recipe is.
    """
    question: Probes = exercise.question
    value = _ask(given)
    calls, told = _legal(question, value, oracle)
    cases = []
    for number, identity in enumerate(question.wrong, start=1):
        name = f"{number}. {CATALOGUE[identity].name}"
        if told:
            cases.append(CaseResult(name, False, f"{exercise.id}: {told}"))
            continue
        function = CATALOGUE[identity].implementation(question.of)
        found = any(_differs(function, call, expected) for call, expected in calls)
        message = "" if found else f"{exercise.id}: not exposed: {name}"
        cases.append(CaseResult(name, found, message))
    return cases


def _ask(given: Any) -> Any:
    with quiet():
        try:
            return answer_of(given)
        except NotImplementedError as error:
            raise NotAttempted from error
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return Raised(error)


def _legal(
    question: Probes, value: Any, oracle: Callable[[Call], Any] | None
) -> tuple[list[tuple[Call, Any]], str]:
    # The probes as calls with their right results, or a line on why they cannot be used.
    if isinstance(value, Raised):
        return [], str(value)
    if type(value) not in (list, tuple):
        return [], f"returned {describe(value)}; return a list of calls, each a dictionary"
    if not 1 <= len(value) <= question.most:
        return [], f"{len(value)} calls; use at least one and at most {question.most}"
    calls = []
    for number, probe in enumerate(value, start=1):
        call, told = _call(question.of, probe)
        if call is None:
            return [], f"call {number}: {told}"
        with np.errstate(all="ignore"):
            result, _ = outcome(right(question.of), call)
        if isinstance(result, Raised):
            return [], f"call {number} is refused by the right {question.of}: {call}"
        if oracle is not None and difference(result, oracle(call), Rule(rtol=1e-6)):
            return [], f"call {number} is not one on which right implementations agree: {call}"
        calls.append((call, result))
    return calls, ""


def _call(function: str, probe: Any) -> tuple[Call | None, str]:
    family = EXERCISES[function].family
    assert family is not None
    if not isinstance(probe, Mapping):
        return None, f"is {describe(probe)}; it must be a dictionary of {function}'s arguments"
    plain: dict[str, Any] = {}
    for name, value in probe.items():
        if name not in family.parameters:
            return None, f"{name!r} is not an argument of {function}"
        if type(value) is list:
            value = np.array(value) if name in ("input", "weight", "bias") else tuple(value)
        if type(value) is np.ndarray:
            if value.dtype.kind not in "iuf" or value.size > LARGEST_PROBE:
                return None, f"{name} is {describe(value)}; use at most {LARGEST_PROBE} numbers"
            if not np.all(np.isfinite(value)):
                return None, f"{name} holds a value that is not a number"
            value = value.astype(np.float64)
        elif isinstance(value, np.integer):
            value = int(value)
        plain[name] = value
    missing = [name for name in ("input", "weight") if type(plain.get(name)) is not np.ndarray]
    if missing:
        return None, f"has no array called {' or '.join(missing)}"
    if plain.get("bias", ...) is None:
        del plain["bias"]
    if plain["input"].ndim != 4 or plain["weight"].ndim != 4:
        return None, "input and weight need four axes: (N, C_in, H, W) and (C_out, C_in, kH, kW)"
    return Call(function, (), plain), ""


def _differs(function: Callable[..., Any], call: Call, expected: Any) -> bool:
    with np.errstate(all="ignore"):
        result, _ = outcome(function, call)
    return isinstance(result, Raised) or difference(result, expected, Rule(rtol=1e-9)) is not None
