"""Puts a diagnosis together: mistakes or structure, the smallest failing call, a picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.cases import Case
from autograder.checks.exercise import Exercise
from autograder.checks.judge import outcome
from autograder.checks.question import shares_mistake
from autograder.checks.verdict import CaseResult, Diagnosis, Picture
from autograder.diagnosis.catalogue import in_scope, right
from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.match import Explanation, explanations, explanations_by_result
from autograder.diagnosis.picture import picture
from autograder.diagnosis.remembered import once, remembering
from autograder.diagnosis.shrink import smallest
from autograder.diagnosis.structure import describe_structure

NAMED_AT_MOST = 3  # explanations that no probe could tell apart


@remembering()
def diagnose(
    exercise: Exercise, function: Callable[..., Any], cases: list[tuple[Case, CaseResult]]
) -> Diagnosis:
    """Why ``function`` failed some of ``cases``. Runs it on some forty further calls."""
    failed = [(case, result) for case, result in cases if not result.passed]
    if exercise.family is not None and exercise.family.holds is not None:
        # No two right results are equal, so none is told by its values: the case says what it saw.
        return Diagnosis((), failed[0][0].call, failed[0][1].message)
    known = once("mistakes", exercise, function, partial(explanations, exercise, function))
    found = known[:NAMED_AT_MOST]
    call = _counterexample(exercise, function, failed)
    apart = {} if found else explanations_by_result(exercise, function)
    if found:
        message = _explained(found)
    elif any(apart.values()):
        message = _explained_apart(exercise, function, apart)
        found = [e for explanations in apart.values() for e in explanations[:NAMED_AT_MOST]]
    else:
        describe = partial(describe_structure, exercise, function)
        told = once("structure", exercise, function, describe)
        message = " ".join(told) or failed[0][1].message
    ids = tuple(dict.fromkeys(mistake.id for explanation in found for mistake in explanation))
    return Diagnosis(ids, call, message, _picture(exercise, function, call))


def diagnose_answer(exercise: Exercise, value: Any) -> Diagnosis:
    """Which mistakes give the same answer to a question, or to some of its parts, if any."""
    same = {
        mistake.id: mistake
        for mistake in in_scope(exercise.id)
        for variant in range(len(mistake.variants_in(exercise.id)))
        if shares_mistake(exercise.question, value, mistake.implementation(exercise.id, variant)())
    }
    found: list[Explanation] = [(mistake,) for mistake in same.values()]
    if exercise.question.parts and len(found) > 1:  # one here, another there
        message = " ".join(map(_one, ("First,", "Second,", "Third,"), same.values()))
    else:
        message = _explained(found) if found else "No known slip gives this."
    return Diagnosis(tuple(same), exercise.question.given, message)


def _counterexample(
    exercise: Exercise, function: Callable[..., Any], failed: list[tuple[Case, CaseResult]]
) -> Call | None:
    # From the smallest failing case; what fails only there is itself the counterexample.
    ordered = sorted(failed, key=lambda item: sum(a.size for _, a in item[0].call.arrays()))
    for case, _ in ordered[:3]:
        find = partial(smallest, exercise, function, case.config)
        call: Call | None = once(repr(case.config), exercise, function, find)
        if call is not None:
            return call
    return ordered[0][0].call


def _picture(exercise: Exercise, function: Callable[..., Any], call: Call | None) -> Picture | None:
    if call is None:
        return None
    with np.errstate(all="ignore"):
        expected, got = (outcome(f, call).result for f in (right(exercise.id), function))
    assert exercise.family is not None
    return picture(expected, got, tuple(exercise.family.results))


def _explained_apart(
    exercise: Exercise, function: Callable[..., Any], apart: dict[str, list[Explanation]]
) -> str:
    # Results that have the same explanation share a sentence.
    sentences: dict[str, list[str]] = {}
    for name, found in apart.items():
        told = _explained(found[:NAMED_AT_MOST]) if found else ""
        told = told or " ".join(describe_structure(exercise, function, name)) or "It is wrong."
        sentences.setdefault(told, []).append(name)
    return " ".join(f"{' and '.join(names)}: {told}" for told, names in sentences.items())


def _explained(found: list[Explanation]) -> str:
    if len(found) == 1 and len(found[0]) == 1:
        return _one("This is what comes out when", found[0][0])
    if len(found) == 1:
        starts = ("Two things at once: first,", "Second,")
        return " ".join(map(_one, starts, found[0]))
    names = " Or: ".join(" and ".join(m.name for m in explanation) for explanation in found)
    return f"More than one slip would explain this. Either: {names}. {found[0][0].question}"


def _one(start: str, mistake: Mistake) -> str:
    return f"{start} {mistake.name} ({mistake.id}). {mistake.telltale} {mistake.question}"
