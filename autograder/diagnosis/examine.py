"""Examines a function (or an answer) as an exercise: judges every case, and says why it failed."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from autograder.checks.cases import Case, hidden_cases, visible_cases
from autograder.checks.exercise import Exercise
from autograder.checks.exercises import EXERCISES, find
from autograder.checks.judge import NOT_ATTEMPTED, NotAttempted, judge
from autograder.checks.oracles import judges
from autograder.checks.verdict import CaseResult, Diagnosis, Verdict
from autograder.diagnosis.diagnose import diagnose, diagnose_answer
from autograder.diagnosis.judges import judge_answer, judge_probes

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
    name = exercise if exercise is not None else getattr(function, "__name__", "")
    try:
        known = find(name)
    except LookupError as error:
        return Verdict(str(name), False, 0.0, (), None, str(error.args[0]))
    try:
        if known.kind == "A":
            return _function(known, function, _cases(known, hidden, seed))
        return _other(known, function, hidden)
    except NotAttempted:
        return Verdict(known.id, False, 0.0, (), None, f"{known.id}: {NOT_ATTEMPTED}")


def _cases(exercise: Exercise, hidden: bool, seed: object) -> list[Case]:
    if not hidden:
        return visible_cases(exercise)
    if seed is None:
        seed = os.environ.get("AUTOGRADER_SEED", PUBLIC_SEED)
    return _hidden(exercise.id, str(seed))


@lru_cache(maxsize=64)
def _hidden(exercise_id: str, seed: str) -> list[Case]:
    # The same for every submission of a course; a case is never changed, its call passes copies.
    exercise = EXERCISES[exercise_id]
    return hidden_cases(exercise, seed, judges(exercise))


def _function(exercise: Exercise, function: Any, cases: list[Case]) -> Verdict:
    if not callable(function):
        message = f"{exercise.id}: check the function {exercise.function}, not what it returns"
        return Verdict(exercise.id, False, 0.0, (), None, message)
    results = [judge(function, case) for case in cases]
    diagnosis = None
    if not all(result.passed for result in results):
        try:
            diagnosis = diagnose(exercise, function, list(zip(cases, results, strict=True)))
        except NotAttempted:  # a stub on some paths only
            diagnosis = Diagnosis((), None, "Some calls still raise NotImplementedError.")
    return _verdict(exercise, results, diagnosis)


def _other(exercise: Exercise, given: Any, hidden: bool) -> Verdict:
    if exercise.kind == "Q":
        results = judge_answer(exercise, given)
        failed = not all(result.passed for result in results)
        return _verdict(exercise, results, diagnose_answer(exercise, given) if failed else None)
    oracle = judges(EXERCISES[exercise.question.of]) if hidden else None
    return _verdict(exercise, judge_probes(exercise, given, oracle), None)


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
