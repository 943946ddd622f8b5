"""Checks the checks: every catalogued mistake must be rejected, every right solution accepted.

Run by ``autograder audit`` and by the tests. Right solutions are the reference, the alternatives
in ``solutions/alternatives`` and nothing else; they are written on purpose in different ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from autograder.checks.cases import hidden_cases, visible_cases
from autograder.checks.exercise import Exercise
from autograder.checks.judge import NotAttempted, judged
from autograder.checks.oracles import judges
from autograder.checks.reference import alternatives, reference
from autograder.checks.verdict import CaseResult
from autograder.diagnosis.catalogue import in_scope
from autograder.diagnosis.catalogue.entry import combined
from autograder.diagnosis.judges import ask, chosen_by_learner, judge_answer

ENOUGH = 3  # structurally different right solutions that every function must have
SEED = "audit"


@dataclass(frozen=True)
class ExerciseAudit:
    """What the audit found for one exercise.

    rejected, in_scope  mistakes of which every form is rejected, and all in the exercise's scope
    accepted, right     right solutions accepted, and all there are
    survivors           "F01 Flip visible": forms of mistakes that some set of checks lets through
    refused             "einsum hidden": right solutions that some set of checks rejects
    enough              are there as many right solutions as there should be?
    """

    exercise: str
    rejected: int
    in_scope: int
    accepted: int
    right: int
    survivors: tuple[str, ...]
    refused: tuple[str, ...]
    enough: bool

    @property
    def complete(self) -> bool:
        """Nothing is short."""
        return not self.survivors and not self.refused and self.enough and self.in_scope > 0

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``autograder audit --json``."""
        return {**asdict(self), "complete": self.complete}


def run(
    exercises: Iterable[Exercise], progress: Callable[[str], None] = lambda exercise: None
) -> list[ExerciseAudit]:
    """Audit these exercises; ``progress`` is told each exercise's id before it begins."""
    found = []
    for exercise in exercises:
        progress(exercise.id)
        found.append(audit(exercise))
    return found


def audit(exercise: Exercise) -> ExerciseAudit:
    """Audit one exercise, with its visible checks and with hidden ones, each by itself."""
    checks = dict(_checks(exercise))
    survivors, rejected = [], 0
    mistakes = in_scope(exercise.id)
    for mistake in mistakes:
        alive = [
            f"{mistake.id} {variant.__name__} {name}"
            for variant in mistake.variants_in(exercise.id)
            for name, run in checks.items()
            if run(combined(exercise.id, (variant,)))
        ]
        survivors += alive
        rejected += not alive
    solutions = {"reference": reference(exercise.id), **alternatives(exercise.id)}
    refused = [
        f"{solution} {name}"
        for solution, function in solutions.items()
        for name, run in checks.items()
        if not run(function)
    ]
    accepted = len(solutions) - len({words.split()[0] for words in refused})
    return ExerciseAudit(
        exercise=exercise.id,
        rejected=rejected,
        in_scope=len(mistakes),
        accepted=accepted,
        right=len(solutions),
        survivors=tuple(survivors),
        refused=tuple(refused),
        enough=len(solutions) >= (1 if exercise.kind == "Q" else ENOUGH),
    )


def _checks(exercise: Exercise) -> Iterator[tuple[str, Callable[[Any], bool]]]:
    # Name of a set of checks -> does a function pass it?
    if exercise.kind == "Q":
        yield "visible", lambda given: _all(lambda: judge_answer(exercise, ask(given)))
        return
    if exercise.kind == "P":
        for name, seed in (("visible", None), ("hidden", SEED)):
            yield name, partial(_all_of, chosen_by_learner(exercise, seed))
        return
    visible = visible_cases(exercise)
    hidden = hidden_cases(exercise, SEED, judges(exercise))
    yield "visible", lambda function: _all(lambda: judged(function, visible))
    yield "hidden", lambda function: _all(lambda: judged(function, hidden))


def _all_of(run: Callable[[Any], Iterable[CaseResult]], given: Any) -> bool:
    return _all(lambda: run(given))


def _all(run: Callable[[], Iterable[CaseResult]]) -> bool:
    try:
        return all(result.passed for result in run())
    except NotAttempted:
        return False
