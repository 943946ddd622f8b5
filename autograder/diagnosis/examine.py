"""Examines a function (or an answer) as an exercise: judges every case, and says why it failed."""

from __future__ import annotations

import contextlib
import os
from contextvars import ContextVar
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from autograder.checks.answers import KEEP, answers
from autograder.checks.cases import Case, hidden_cases, visible_cases
from autograder.checks.compare import name_of
from autograder.checks.exercise import Exercise
from autograder.checks.exercises import EXERCISES, find
from autograder.checks.judge import (
    CONSTANT,
    NOT_ATTEMPTED,
    NotAttempted,
    constant,
    judged,
    quiet,
)
from autograder.checks.oracles import judges, torch_is_loaded, torch_oracle
from autograder.checks.verdict import CaseResult, Diagnosis, Verdict
from autograder.diagnosis.diagnose import diagnose, diagnose_answer
from autograder.diagnosis.judges import ask, chosen_by_learner, judge_answer

# Set by a judge in whose process nothing of the learner's lives: an error is one of ours then.
PLAIN: ContextVar[bool] = ContextVar("plain", default=False)
# What sets of cases are called where answers are kept.
PARITY, HIDDEN = "parity {}", "hidden {} {}"
PUBLIC_SEED = "public"  # for hidden checks outside a course, which has a secret one


def examine(
    function: Any, exercise: str | None = None, *, hidden: bool = False, seed: object = None
) -> Verdict:
    """The verdict on ``function`` as ``exercise``. Prints nothing; raises nothing that it causes.

    function  what the learner wrote: a function, or for a question also the answer itself
    exercise  the exercise's id; the function's ``__name__`` when left out
    hidden    False: the stored cases that everyone sees. True: cases drawn from ``seed`` and
              judged by torch and the reference (NoOracle where neither is at hand)
    seed      anything; when None, the environment's AUTOGRADER_SEED, else a public one
    """
    name = exercise if exercise is not None else getattr(function, "__name__", None)
    if type(name) is not str:
        return _refused("", "pass the exercise's id, such as check(conv2d, 'conv2d.groups')")
    try:
        known = find(name[:80])
    except LookupError as error:
        return _refused(name[:80], str(error.args[0]))
    if known.kind == "A" and not callable(function):
        return _refused(known.id, f"check the function {known.function}, not what it returns")
    cases = _cases(known, hidden, seed) if known.kind == "A" else []
    chosen = (
        chosen_by_learner(known, _seed(seed) if hidden else None) if known.kind == "P" else None
    )
    try:
        if known.kind == "A":
            return _function(known, function, cases)
        if chosen is not None:
            return _verdict(known, chosen(function), None)
        return _answer(known, ask(function))
    except NotAttempted:
        return _refused(known.id, NOT_ATTEMPTED)
    except Exception as error:  # an object of theirs that answers even our questions with an error
        if PLAIN.get():
            raise
        return _refused(known.id, f"what came back cannot be examined ({name_of(type(error))})")


def prepare(exercise: Exercise, seed: object = None) -> None:
    """Make the cases of a function's exercise now, visible and hidden; ``seed`` as in ``examine``.

    NoOracle where hidden ones have no judge.
    """
    for hidden in (False, True):
        _cases(exercise, hidden, seed)


def _refused(exercise_id: str, message: str) -> Verdict:
    return Verdict(exercise_id, False, 0.0, (), None, f"{exercise_id}: {message}".lstrip(": "))


def _cases(exercise: Exercise, hidden: bool, seed: object) -> list[Case]:
    if not hidden:
        return _visible(exercise.id, KEEP.get() is not None or torch_is_loaded())
    return _hidden(exercise.id, _seed(seed))


def _seed(seed: object) -> str:
    return str(os.environ.get("AUTOGRADER_SEED", PUBLIC_SEED) if seed is None else seed)


@lru_cache(maxsize=512)
def _visible(exercise_id: str, parity: bool) -> list[Case]:
    # What torch says for parity takes longer than most functions under test.
    exercise = EXERCISES[exercise_id]
    assert exercise.family is not None
    if parity and exercise.family.torch:
        judge = partial(torch_oracle, exercise)
        with contextlib.suppress(ImportError), answers(PARITY.format(exercise_id), judge) as torch:
            return visible_cases(exercise, torch)
    return visible_cases(exercise)


@lru_cache(maxsize=512)
def _hidden(exercise_id: str, seed: str) -> list[Case]:
    # The same for every submission of a course; a case is never changed, its call passes copies.
    exercise = EXERCISES[exercise_id]
    with answers(HIDDEN.format(exercise_id, seed), partial(judges, exercise)) as oracle:
        return hidden_cases(exercise, seed, oracle)


def _function(exercise: Exercise, function: Any, cases: list[Case]) -> Verdict:
    results = list(judged(function, cases))
    if not all(result.passed for result in results) and constant(function, cases):
        results = [
            replace(result, passed=False, message=result.message or f"{result.call}: {CONSTANT}")
            for result in results
        ]
    diagnosis = None
    if not all(result.passed for result in results):
        try:
            with quiet(), np.errstate(all="ignore"):
                diagnosis = diagnose(exercise, function, list(zip(cases, results, strict=True)))
        except (
            Exception
        ):  # the cases stand, whatever the function does when it is looked at closely
            diagnosis = Diagnosis((), None, "It could not be found out why.")
    return _verdict(exercise, results, diagnosis)


def _answer(exercise: Exercise, value: Any) -> Verdict:
    results = judge_answer(exercise, value)
    failed = not all(result.passed for result in results)
    return _verdict(exercise, results, diagnose_answer(exercise, value) if failed else None)


def _verdict(exercise: Exercise, results: list[CaseResult], diagnosis: Diagnosis | None) -> Verdict:
    passed = sum(result.passed for result in results)
    message = f"{exercise.id}: {passed} of {len(results)} checks hold"
    if passed < len(results):
        first = next(result for result in results if not result.passed)
        message += f". {first.message}"
    return Verdict(
        exercise.id,
        passed == len(results),
        passed / len(results),
        tuple(results),
        diagnosis,
        message,
    )
