"""The coordinator: decides what has to run, hands it to workers, records every outcome.

The only one that writes the gradebook, ``autograded/`` and the ledger. Runs no student's code and
no test, and does not know where jobs run: an executor does. Prints nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import asdict, dataclass
from traceback import format_exception
from typing import Any

from autograder.grading.course import Course
from autograder.grading.intake import Intake, take
from autograder.grading.jobs import Job, Result, Verdict, digest, key, sentence
from autograder.grading.ledger import Entry, Ledger
from autograder.grading.outcomes import OUTCOMES
from autograder.grading.tasks import probe, work
from autograder.notebooks.errors import UsageError
from autograder.notebooks.files import dumps, grade_id, loads, write_whole
from autograder.sandbox.limits import LIMITS, Limits

TRIES = 2  # of a job whose worker went down


@dataclass(frozen=True)
class Step:
    """Progress: ``done`` of ``total`` submissions are finished, the last one with ``result``.

    student_seconds  of the result's seconds, those in which the student's code ran
    """

    done: int
    total: int
    result: Result
    fresh: bool
    student_seconds: float = 0.0


@dataclass(frozen=True)
class _Submission:
    """One submission as found, and a name for all that its result depends on."""

    student: str
    assignment: str
    intake: Intake
    key: str


class NoSandbox(UsageError):
    """This machine allows no walls around what is to be graded."""


def grade(
    course: Course,
    assignments: list[str],
    students: list[str],
    executor: Executor,
    *,
    in_flight: int = 8,
    force: bool = False,
    walls: bool = True,
    limits: Limits = LIMITS,
    progress: Callable[[Step], None] = lambda step: None,
) -> list[Result]:
    """Grade every submission of these students; return one result each, by assignment and student.

    A submission that is as it was when it was last graded is not graded again unless ``force``.

    executor   where jobs run; it is not shut down here
    in_flight  how many jobs are handed out at a time: some more than it has workers
    """
    course.own.mkdir(exist_ok=True)
    with _alone(course):
        probed = executor.submit(probe, "walls" if walls else "")
        from autograder.grading import gradebook

        with gradebook.opened(course) as book:  # imports nbgrader, while workers warm up
            if missing := probed.result():
                raise NoSandbox(
                    f"there can be no sandbox: {missing}",
                    where="this machine" if walls else "",
                    do="See what `autograder doctor` says. For people whom you trust there is "
                    "--no-sandbox: their code then runs with your rights.",
                )
            records = _Records(course, book, walls, limits)
            return _graded(records, assignments, students, executor, in_flight, force, progress)


def standing(course: Course, assignments: list[str]) -> list[Result]:
    """Every recorded result with the gradebook's points as they are now, manual ones too."""
    from autograder.grading import gradebook

    kept = Ledger(course).all(assignments)
    if not kept:
        return []
    with gradebook.opened(course) as book:
        return [gradebook.refreshed(book, result) or result for result in kept]


@contextlib.contextmanager
def _alone(course: Course) -> Iterator[None]:
    """One coordinator to a course. The lock ends with the process, however that ends."""
    with (course.own / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                "this course is being graded by another process",
                where=str(course.root),
                do="Wait until that one has finished.",
            ) from None
        yield


def _graded(
    records: _Records,
    assignments: list[str],
    students: list[str],
    executor: Executor,
    in_flight: int,
    force: bool,
    progress: Callable[[Step], None],
) -> list[Result]:
    names = list(records.course.submissions(assignments, students))
    results: dict[tuple[str, str], Result] = {}
    running: dict[Future[str], tuple[_Submission, str, int]] = {}

    def finish(
        submission: _Submission, result: Result, fresh: bool, student_seconds: float = 0.0
    ) -> None:
        results[submission.assignment, submission.student] = result
        progress(Step(len(results), len(names), result, fresh, student_seconds))

    def hand_out(submission: _Submission, text: str, tries: int) -> None:
        running[executor.submit(work, text)] = submission, text, tries

    def collect(at_most: int) -> None:
        # Until so many are left running. Only what is running is held in memory.
        while len(running) > at_most:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                submission, text, tries = running.pop(future)
                error = future.exception()
                if error is not None and tries < TRIES:
                    hand_out(submission, text, tries + 1)
                    continue
                verdict = _lost(error) if error is not None else Verdict.loads(future.result())
                result = records.settle(submission, verdict)
                finish(submission, result, True, verdict.student_seconds)

    try:
        for student, assignment in names:
            submission = records.look(student, assignment)
            kept = None if force else records.kept(submission)
            if kept:
                finish(submission, kept, fresh=False)
            elif submission.intake.data is None:
                verdict = Verdict(submission.intake.outcome, submission.intake.detail)
                finish(submission, records.settle(submission, verdict), fresh=True)
            else:
                collect(in_flight - 1)
                hand_out(submission, records.job(submission).dumps(), 1)
        collect(0)
    finally:
        for future in running:
            future.cancel()
    return [results[name] for name in sorted(results)]


class _Records:
    """A course's records and how a submission's outcome gets into them."""

    def __init__(self, course: Course, book: Any, walls: bool, limits: Limits) -> None:
        self.course, self.book = course, book
        self.walls, self.limits = walls, limits
        self.ledger = Ledger(course)
        self.seed = course.seed()
        self._masters: dict[str, tuple[str, str]] = {}
        self._orders: dict[str, list[str]] = {}

    def look(self, student: str, assignment: str) -> _Submission:
        """What was handed in, and what its result will depend on."""
        intake = take(self.course, student, assignment)
        source, released = self._master(assignment)
        depends_on = {
            "student": student,
            "assignment": assignment,
            "outcome": intake.outcome,
            "detail": intake.detail,
            "notebook": digest(intake.data or b""),
            "stamp": intake.stamp,
            "source": digest(source),
            "released": digest(released),
            "seed": digest(self.seed),
            "limits": asdict(self.limits),
        }
        return _Submission(student, assignment, intake, key(depends_on))

    def job(self, submission: _Submission) -> Job:
        """The submission as a worker gets it."""
        source, released = self._master(submission.assignment)
        return Job(
            submission.student,
            submission.assignment,
            submission.intake.data or b"",
            source,
            released,
            self.seed,
            self.limits,
            self.walls,
        )

    def kept(self, submission: _Submission) -> Result | None:
        """The earlier result if it still holds, with the gradebook's points as they are now."""
        from autograder.grading import gradebook

        entry = self.ledger.get(submission.student, submission.assignment)
        if entry is None or entry.key != submission.key:
            return None
        return gradebook.refreshed(self.book, entry.result)

    def settle(self, submission: _Submission, verdict: Verdict) -> Result:
        """Record a verdict and give the result. Whatever goes wrong in that is a result too."""
        if submission.intake.outcome and verdict.outcome == "graded":
            # It ran, but something beside the notebook was refused: a person must see that.
            verdict = Verdict(
                submission.intake.outcome,
                submission.intake.detail,
                verdict.mistakes,
                verdict.notebook,
                verdict.seconds,
                verdict.student_seconds,
            )
        if OUTCOMES[verdict.outcome].recorded:
            try:
                return self._record(submission, verdict)
            except Exception as error:  # whatever disk or database say, the others go on
                verdict = _lost(error)
        return self._failed(submission, verdict)

    def _record(self, submission: _Submission, verdict: Verdict) -> Result:
        # Each of the three steps is whole or not done, and until the last one is done the next run
        # takes the submission up again: so it does not matter where we are stopped.
        from autograder.grading import gradebook, steps

        student, assignment = submission.student, submission.assignment
        earlier = self.ledger.get(student, assignment)
        message = sentence(verdict.outcome, verdict.detail)
        path = self.course.autograded_notebook(student, assignment)
        if verdict.notebook:
            write_whole(path, verdict.notebook)
        else:
            shutil.rmtree(path.parent, ignore_errors=True)
        with gradebook.transaction(self.book):
            entered = gradebook.enter(self.book, student, assignment, submission.intake.stamp)
            if verdict.notebook:
                notebook = loads(verdict.notebook)
                steps.save(self.book, self.course.root, entered, notebook)
            else:
                gradebook.write_zeros(entered)
            was_flagged = earlier is not None and earlier.result.flagged
            gradebook.write_outcome(entered, verdict.outcome, message, was_flagged)
            scores = gradebook.scores(entered, self._orders[assignment])
        result = Result(
            student,
            assignment,
            verdict.outcome,
            message,
            scores.score,
            scores.max_score,
            scores.cells,
            verdict.mistakes,
            round(verdict.seconds, 3),
        )
        self.ledger.put(Entry(submission.key, result))
        return result

    def _failed(self, submission: _Submission, verdict: Verdict) -> Result:
        # Our own fault: nothing is recorded, so the next run takes it up again.
        from autograder.grading import gradebook

        student, assignment = submission.student, submission.assignment
        detail = verdict.detail
        with contextlib.suppress(OSError):  # the disk may be what failed
            folder = self.course.own / "logs"
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{assignment}-{digest(student)[:12]}.txt"
            path.write_text(f"{student} {assignment} {time.ctime()}\n{verdict.log}\n")
            detail += f" Log: {path.relative_to(self.course.root)}."
        worth = 0.0
        with contextlib.suppress(Exception):  # the database may be what failed
            worth = gradebook.max_score(self.book, assignment)
        return Result(
            student, assignment, verdict.outcome, sentence(verdict.outcome, detail), None, worth
        )

    def _master(self, assignment: str) -> tuple[str, str]:
        """The course's own copies, source and release, with the tests that the gradebook has."""
        if assignment not in self._masters:
            from nbgrader.api import MissingEntry

            from autograder.grading.master import Master

            file = self.course.source_notebook(assignment)
            try:
                master = Master.of(self.book, file, assignment, assignment)
            except MissingEntry:
                raise UsageError(
                    f"{assignment} has not been released here",
                    where=str(self.course.released_notebook(assignment)),
                    do=f"Run: nbgrader generate_assignment {assignment}",
                ) from None
            self._masters[assignment] = dumps(master.tests), dumps(master.registered)
            self._orders[assignment] = [grade_id(cell) for cell in master.tests["cells"]]
        return self._masters[assignment]


def _lost(error: BaseException) -> Verdict:
    """What is said of a job that was not judged, or of a verdict that could not be recorded."""
    reason = (str(error) or type(error).__name__).splitlines()[0][:300]
    log = "".join(format_exception(error))
    return Verdict("failed-internally", f"Reason: {reason}.", log=log)
