"""Grades a class: decides what has to run, runs it side by side, records every outcome.

Knows submissions, the engine's seam, the ledger and the gradebook. Does not know how an engine
works, and prints nothing: it reports progress to its caller.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from autograder.grading import gradebook
from autograder.grading.course import Course
from autograder.grading.intake import Intake, take
from autograder.grading.jobs import Engine, Job, Result, Verdict, digest, key, sentence
from autograder.grading.ledger import Entry, Ledger
from autograder.grading.outcomes import OUTCOMES
from autograder.grading.plain import EngineError, PlainEngine, remove_autograded
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
    engine = engine or PlainEngine(course.root)
    ledger = Ledger(course)
    masters = {name: _Master.of(course, name) for name in assignments}
    submissions = [
        _look(course, masters[assignment], student)
        for student, assignment in course.submissions(assignments, students)
    ]
    results: dict[tuple[str, str], Result] = {}
    waiting: list[_Submission] = []

    def finish(submission: _Submission, result: Result, fresh: bool) -> None:
        results[submission.assignment, submission.student] = result
        progress(Step(len(results), len(submissions), result, fresh))

    with gradebook.opened(course) as book:
        for submission in submissions:
            kept = None if force else _kept(book, ledger, submission)
            if kept:
                finish(submission, kept, fresh=False)
            elif submission.intake.cells is None:
                verdict = Verdict(submission.intake.outcome, submission.intake.detail)
                remove_autograded(course, submission.student, submission.assignment)
                gradebook.write_zeros(book, submission.student, submission.assignment)
                finish(submission, _record(book, ledger, submission, verdict), fresh=True)
            else:
                waiting.append(submission)
        work = [
            (submission, masters[submission.assignment].job(submission)) for submission in waiting
        ]
        for submission, verdict in _run(engine, work, jobs, course):
            finish(submission, _record(book, ledger, submission, verdict), fresh=True)
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
    """Run every job in worker processes; yield verdicts as they come.

    A job that takes its worker down takes the whole pool: those that were under way are run once
    more, each in a process of its own, and only one that does it again has failed.
    """
    for alone in (False, True):
        again: list[tuple[_Submission, Job]] = []
        batches = [[item] for item in work] if alone else [work]
        for batch in filter(None, batches):
            with _pool(min(jobs, len(batch))) as pool:
                futures: dict[Future[Verdict], tuple[_Submission, Job]] = {}
                for item in batch:
                    try:
                        futures[pool.submit(engine.grade, item[1])] = item
                    except BrokenProcessPool as error:
                        again.append(item)
                        if alone:
                            yield item[0], _failed(error, course, item[1])
                for future in as_completed(futures):
                    submission, job = futures[future]
                    try:
                        yield submission, future.result()
                    except BrokenProcessPool as error:
                        again.append((submission, job))
                        if alone:
                            yield submission, _failed(error, course, job)
                    except Exception as error:
                        yield submission, _failed(error, course, job)
        if not again:
            return
        work = again


def _pool(workers: int) -> ProcessPoolExecutor:
    # A server that has nbgrader imported forks the workers: they start at once, without threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.grading.preload"])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_silence)


def _silence() -> None:
    """What a kernel writes to its own stdout and stderr is no part of our output."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _failed(error: BaseException, course: Course, job: Job) -> Verdict:
    """Our own fault, said loudly, with nbgrader's log kept in a file."""
    folder = course.own / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{job.assignment}-{digest(job.student)[:12]}.txt"
    log = error.log if isinstance(error, EngineError) else repr(error)
    path.write_text(f"{job.student} {job.assignment} {time.ctime()}\n{log}\n", encoding="utf-8")
    reason = str(error) or type(error).__name__
    if isinstance(error, BrokenProcessPool):
        reason = "the worker process ended"
    detail = f"Reason: {reason}. Log: {path.relative_to(course.root)}."
    return Verdict("failed-internally", detail)
