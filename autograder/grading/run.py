"""Grades a class: decides what has to run, runs it side by side, records every outcome.

Knows submissions, the engine's seam, the ledger and the gradebook. Does not know how an engine
works, and prints nothing: it reports progress to its caller.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from traceback import format_exception
from typing import Any

from autograder.grading import gradebook
from autograder.grading.course import Course
from autograder.grading.intake import Intake, take
from autograder.grading.jobs import Engine, Job, Result, Verdict, digest, key, sentence
from autograder.grading.ledger import Entry, Ledger
from autograder.grading.outcomes import OUTCOMES
from autograder.grading.plain import EngineError, PlainEngine, remove_autograded
from autograder.grading.workers import answers
from autograder.notebooks.errors import UsageError
from autograder.notebooks.files import dumps, load
from autograder.notebooks.restore import restore


@dataclass(frozen=True)
class Step:
    """Progress: ``done`` of ``total`` submissions are finished, the last one with ``result``."""

    done: int
    total: int
    result: Result
    fresh: bool


@dataclass(frozen=True)
class _Submission:
    """What is known of a submission before it runs."""

    student: str
    assignment: str
    intake: Intake
    key: str


def grade(
    course: Course,
    assignments: list[str],
    students: list[str],
    *,
    jobs: int = 1,
    force: bool = False,
    engine: Engine | None = None,
    progress: Callable[[Step], None] = lambda step: None,
) -> list[Result]:
    """Grade every submission of these students; return one result each, by assignment and student.

    A submission that is as it was when it was last graded is not graded again unless ``force``.
    """
    course.own.mkdir(exist_ok=True)
    ledger = Ledger(course)
    masters = {name: _Master.of(course, name) for name in assignments}
    submissions = [
        _look(course, masters[assignment], student)
        for student, assignment in course.submissions(assignments, students)
    ]
    results: dict[tuple[str, str], Result] = {}
    waiting: list[_Submission] = []

    def settle(submission: _Submission, verdict: Verdict) -> None:
        try:
            result = _record(book, ledger, submission, verdict)
        except Exception as error:  # whatever the database says, the others go on
            book.db.rollback()
            failed = _failed(error, course, submission.student, submission.assignment)
            message = sentence(failed.outcome, failed.detail)
            result = Result(
                submission.student, submission.assignment, failed.outcome, message, None, 0.0
            )
        finish(submission, result, fresh=True)

    def finish(submission: _Submission, result: Result, fresh: bool) -> None:
        results[submission.assignment, submission.student] = result
        progress(Step(len(results), len(submissions), result, fresh))

    with (
        gradebook.opened(course) as book,
        TemporaryDirectory(prefix="run-", dir=course.own) as scratch,
    ):
        for submission in submissions:
            kept = None if force else _kept(book, ledger, submission)
            if kept:
                finish(submission, kept, fresh=False)
            elif submission.intake.cells is None:
                verdict = Verdict(submission.intake.outcome, submission.intake.detail)
                remove_autograded(course, submission.student, submission.assignment)
                settle(submission, verdict)
            else:
                waiting.append(submission)
        work = [
            (submission, masters[submission.assignment].job(submission)) for submission in waiting
        ]
        chosen = engine or PlainEngine(course.root, Path(scratch))
        for submission, verdict in _run(chosen, work, jobs, course):
            settle(submission, verdict)
    return [results[name] for name in sorted(results)]


@dataclass(frozen=True)
class _Master:
    """The course's own copies of one assignment."""

    assignment: str
    source: str
    released: dict[str, Any]
    seed: str

    @classmethod
    def of(cls, course: Course, assignment: str) -> _Master:
        released = course.released_notebook(assignment)
        if not released.is_file():
            raise UsageError(
                f"{assignment} has not been released here",
                where=str(released),
                do=f"Run: nbgrader generate_assignment {assignment}",
            )
        source = course.source_notebook(assignment).read_text(encoding="utf-8")
        return cls(assignment, source, load(released), course.seed())

    def job(self, submission: _Submission) -> Job:
        restored = restore(submission.intake.cells or [], self.released)
        return Job(
            submission.student,
            self.assignment,
            dumps(restored),
            self.source,
            self.seed,
            submission.intake.stamp,
        )


def _look(course: Course, master: _Master, student: str) -> _Submission:
    intake = take(course, student, master.assignment)
    depends_on = {
        "student": student,
        "assignment": master.assignment,
        "outcome": intake.outcome,
        "detail": intake.detail,
        "notebook": digest(intake.data),
        "stamp": intake.stamp,
        "source": digest(master.source),
        "released": digest(dumps(master.released)),
        "seed": digest(master.seed),
    }
    return _Submission(student, master.assignment, intake, key(depends_on))


def _kept(book: Any, ledger: Ledger, submission: _Submission) -> Result | None:
    """The earlier result if it still holds, with the gradebook's points as they are now."""
    entry = ledger.get(submission.student, submission.assignment)
    if entry is None or entry.key != submission.key:
        return None
    return gradebook.refreshed(book, entry.result)


def standing(course: Course, assignments: list[str]) -> list[Result]:
    """Every recorded result with the gradebook's points as they are now, manual ones too."""
    kept = Ledger(course).all(assignments)
    if not kept:
        return []
    with gradebook.opened(course) as book:
        return [gradebook.refreshed(book, result) or result for result in kept]


def _record(book: Any, ledger: Ledger, submission: _Submission, verdict: Verdict) -> Result:
    """Write the outcome into gradebook and ledger, and give the result."""
    student, assignment = submission.student, submission.assignment
    outcome, detail = verdict.outcome, verdict.detail
    if submission.intake.outcome and OUTCOMES[outcome].recorded and outcome == "graded":
        # It ran, but something beside the notebook was refused: that is what a person must see.
        outcome, detail = submission.intake.outcome, submission.intake.detail
    message = sentence(outcome, detail)
    earlier = ledger.get(student, assignment)
    book.db.expire_all()
    if submission.intake.cells is None:
        gradebook.write_zeros(book, student, assignment)
    if OUTCOMES[outcome].recorded:
        was_flagged = earlier is not None and earlier.result.flagged
        gradebook.write_outcome(book, student, assignment, outcome, message, was_flagged)
        scores = gradebook.scores(book, student, assignment)
        assert scores is not None, "an engine that returns has written the gradebook"
        score, max_score, cells = scores.score, scores.max_score, scores.cells
    else:
        score, max_score, cells = None, gradebook.max_score(book, assignment), ()
    result = Result(
        student,
        assignment,
        outcome,
        message,
        score,
        max_score,
        cells,
        verdict.mistakes,
        round(verdict.seconds, 3),
    )
    ledger.put(Entry(submission.key, result))
    return result


def _run(
    engine: Engine, work: list[tuple[_Submission, Job]], jobs: int, course: Course
) -> Iterator[tuple[_Submission, Verdict]]:
    """Run every job in a process of its own, ``jobs`` at a time; yield verdicts as they come."""
    submissions = [submission for submission, _ in work]
    for n, answer in answers(engine, [job for _, job in work], jobs):
        submission = submissions[n]
        if isinstance(answer, Verdict):
            yield submission, answer
        else:
            yield submission, _failed(answer, course, submission.student, submission.assignment)


def _failed(error: BaseException, course: Course, student: str, assignment: str) -> Verdict:
    """Our own fault, said loudly, with all that is known of it kept in a file."""
    folder = course.own / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{assignment}-{digest(student)[:12]}.txt"
    log = error.log if isinstance(error, EngineError) else "".join(format_exception(error))
    path.write_text(f"{student} {assignment} {time.ctime()}\n{log}\n", encoding="utf-8")
    reason = str(error) or type(error).__name__
    detail = f"Reason: {reason}. Log: {path.relative_to(course.root)}."
    return Verdict("failed-internally", detail)
