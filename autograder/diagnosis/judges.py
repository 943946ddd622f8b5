"""How an answer (kind Q) and what a learner chose (kind P: probes or pairs) are judged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.compare import WHOLE, Rule, describe, difference, name_of
from autograder.checks.exercise import Exercise
from autograder.checks.exercises import EXERCISES
from autograder.checks.judge import NotAttempted, Raised, outcome, quiet
from autograder.checks.oracles import judges
from autograder.checks.pairs import Pairs
from autograder.checks.probes import Probes
from autograder.checks.question import Question, answer_of, wrong, wrong_part
from autograder.checks.verdict import CaseResult
from autograder.diagnosis.catalogue import CATALOGUE, right
from autograder.diagnosis.pairs import judge_pairs

# Six implementations have to run every probe, and float64 has to hold its results exactly.
LARGEST_PROBE = 5_000  # numbers in one array
LARGEST_OPTION = 20
LARGEST_VALUE = 1e12


def judge_answer(exercise: Exercise, value: Any) -> list[CaseResult]:
    """Is the answer, as ``ask`` gave it, right? One case, or one for each part."""
    question: Question = exercise.question

    def case(name: str, judged: Callable[[], str | None]) -> CaseResult:
        told = str(value) if isinstance(value, Raised) else judged()
        return CaseResult(name, told is None, f"{exercise.id}: {told}" if told else "")

    if not question.parts:
        return [case("the answer", lambda: wrong(question, value))]
    return [case(part.name, partial(wrong_part, part, value)) for part in question.parts]


def chosen_by_learner(exercise: Exercise, seed: object | None) -> Callable[[Any], list[CaseResult]]:
    """How an answer of kind P is judged: with a hidden check's seed, or visibly where it is None.

    NoOracle where a hidden check has no judge.
    """
    if isinstance(exercise.question, Pairs):
        return lambda given: judge_pairs(exercise, given, "visible" if seed is None else seed)
    oracle = None if seed is None else judges(EXERCISES[exercise.question.of])
    return lambda given: judge_probes(exercise, ask(given), oracle)


def judge_probes(
    exercise: Exercise, value: Any, oracle: Callable[[Call], Any] | None = None
) -> list[CaseResult]:
    """A case for each wrong implementation: is it exposed by some probe?

    ``oracle`` is the judge of a hidden check; without one the catalogue's own recipe is.
    """
    question: Probes = exercise.question
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


def ask(given: Any) -> Any:
    """The learner's answer, asked for once; a Raised where that failed. NotAttempted for a stub."""
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
        try:
            call, told = _call(question.of, probe)
        except Exception as error:  # a probe is an object of theirs, and may do anything
            call, told = None, f"cannot be read ({name_of(type(error))})"
        if call is None:
            return [], f"call {number}: {told}"
        with np.errstate(all="ignore"):
            result, _ = outcome(right(question.of), call)
        if isinstance(result, Raised):
            return (
                [],
                f"call {number} is refused by the right {question.of} ({result.text}): {call}",
            )
        if not np.all(np.isfinite(result)) or np.max(np.abs(result), initial=0) > LARGEST_VALUE:
            return [], f"call {number} has a result too large to compare: use smaller numbers"
        if oracle is not None and _judged_otherwise(oracle, call, result):
            return [], f"call {number} is not one on which right implementations agree: {call}"
        calls.append((call, result))
    return calls, ""


def _judged_otherwise(oracle: Callable[[Call], Any], call: Call, result: Any) -> bool:
    try:
        return difference(result, oracle(call), Rule(rtol=1e-6)) is not None
    except Exception:  # torch or the reference refuses it
        return True


def _call(function: str, probe: Any) -> tuple[Call | None, str]:
    family = EXERCISES[function].family
    assert family is not None
    if type(probe) is not dict:
        return None, f"is {describe(probe)}; it must be a dictionary of {function}'s arguments"
    plain: dict[str, Any] = {}
    for name, value in probe.items():
        if type(name) is not str or name not in family.parameters:
            shown = repr(name[:40]) if type(name) is str else describe(name)
            return None, f"{shown} is not an argument of {function}"
        told = ""
        if name in ("input", "weight", "bias"):
            if value is None and name == "bias":
                continue
            plain[name], told = _array(value)
        else:
            plain[name], told = _option(name, value)
        if told:
            return None, f"{name} {told}"
    missing = [name for name in ("input", "weight") if name not in plain]
    if missing:
        return None, f"has no array called {' or '.join(missing)}"
    if plain["input"].ndim != 4 or plain["weight"].ndim != 4:
        return None, "input and weight need four axes: (N, C_in, H, W) and (C_out, C_in, kH, kW)"
    if 0 in (*plain["input"].shape, *plain["weight"].shape):
        return None, "input and weight must not be empty"
    if plain.get("padding") == "same" and plain.get("stride", 1) not in (1, (1, 1)):
        return None, "padding 'same' needs stride 1"
    return Call(function, (), plain), ""


def _array(value: Any) -> tuple[Any, str]:
    # A probe's array as float64, or what is wrong with it.
    if type(value) is list:
        value = np.array(value)
    if type(value) is not np.ndarray:
        return None, f"is {describe(value)}; give an array"
    if value.dtype.kind not in "iuf":
        return None, f"is {describe(value)}; give numbers"
    if value.size > LARGEST_PROBE:
        return None, f"has {value.size} numbers; at most {LARGEST_PROBE} are allowed"
    if not np.all(np.isfinite(value)):
        return None, "holds a value that is not a number"
    return value.astype(np.float64), ""


def _option(name: str, value: Any) -> tuple[Any, str]:
    # A probe's option as an int, a pair of ints or a word, or what is wrong with it.
    if name == "padding" and type(value) is str and value in ("same", "valid"):
        return value, ""
    numbers = tuple(value) if type(value) in (tuple, list) and name != "groups" else (value,)
    if not all(type(n) in WHOLE for n in numbers) or len(numbers) not in (1, 2):
        return None, f"is {describe(value)}; give a whole number or a pair of them"
    numbers = tuple(int(n) for n in numbers)
    least = 0 if name == "padding" else 1
    if not all(least <= n <= LARGEST_OPTION for n in numbers):
        return None, f"must be from {least} to {LARGEST_OPTION}"
    return (numbers if type(value) in (tuple, list) else numbers[0]), ""


def _differs(function: Callable[..., Any], call: Call, expected: Any) -> bool:
    with np.errstate(all="ignore"):
        result, _ = outcome(function, call)
    if isinstance(result, Raised):
        return result.kind != "MemoryError"  # our machine's limit is no mistake of theirs
    return difference(result, expected, Rule(rtol=1e-9)) is not None
