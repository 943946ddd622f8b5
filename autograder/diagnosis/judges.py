"""How an answer (kind Q) and what a learner chose (kind P: probes or pairs) are judged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from autograder.checks.exercise import Exercise
from autograder.checks.exercises import EXERCISES
from autograder.checks.judge import NotAttempted, Raised, quiet
from autograder.checks.oracles import judges
from autograder.checks.pairs import Pairs
from autograder.checks.question import Question, answer_of, wrong, wrong_part
from autograder.checks.verdict import CaseResult
from autograder.diagnosis.pairs import judge_pairs
from autograder.diagnosis.probes import judge_probes


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
    functions = exercise.question.of if seed is not None else ()
    oracles = {name: judges(EXERCISES[name], both=False) for name in functions}
    return lambda given: judge_probes(exercise, ask(given), oracles)


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
