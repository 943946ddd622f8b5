"""The one place outside nbgrader itself that reads or writes nbgrader's gradebook.

Knows nbgrader's tables through its API. Never touches a manual score or a manual comment.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from autograder.grading.course import Course
from autograder.grading.jobs import CellScore, Result
from autograder.grading.outcomes import OUTCOMES
from autograder.notebooks import nbgrader
from autograder.notebooks.errors import UsageError
from autograder.notebooks.files import exercise_of


@dataclass(frozen=True)
class Scores:
    """What the gradebook says of one submission."""

    score: float
    max_score: float
    cells: tuple[CellScore, ...]


@contextmanager
def opened(course: Course) -> Iterator[Any]:
    """nbgrader's Gradebook of this course, on one connection. Write in a ``transaction`` only."""
    nbgrader.make_ready()
    from nbgrader.api import Gradebook
    from sqlalchemy.exc import NoSuchModuleError, OperationalError, SAWarning

    # nbgrader's own way of adding a submission makes SQLAlchemy warn; nothing is wrong.
    warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")
    config = nbgrader.config(course.root)
    course_id = config.CourseDirectory.get("course_id", "")
    url = config.CourseDirectory.db_url
    try:
        found = Gradebook(url, course_id or "default_course")
    except (OperationalError, NoSuchModuleError, ImportError) as error:
        raise _unreachable(url, error) from error
    with found as gradebook:
        try:
            with gradebook.engine.connect() as connection:
                gradebook.db.remove()
                gradebook.db.configure(bind=connection, expire_on_commit=False)
                yield gradebook
        finally:
            gradebook.engine.dispose()  # a server gives so many connections and no more


def _unreachable(url: str, error: Exception) -> UsageError:
    from sqlalchemy import make_url

    reason = str(getattr(error, "orig", error)).strip().partition("\n")[0]
    driver = isinstance(error, ImportError) or type(error).__name__ == "NoSuchModuleError"
    return UsageError(
        f"the gradebook's database does not answer: {reason}",
        where=make_url(url).render_as_string(hide_password=True),
        do="Install its driver; for PostgreSQL: pip install 'psycopg[binary]'."
        if driver
        else "Close what writes to it (formgrader?) and run this again."
        if "locked" in reason
        else "Start the database, or mend c.CourseDirectory.db_url in nbgrader_config.py.",
    )


@contextmanager
def transaction(gradebook: Any) -> Iterator[None]:
    """All that is written in it, or nothing of it: nbgrader's own commits wait for its end."""
    gradebook.db.remove()  # what was read before may have changed since
    try:
        with gradebook.db.get_bind().begin():
            yield
            gradebook.db.flush()
    finally:
        gradebook.db.remove()


def scores(submission: Any, order: Sequence[str] = ()) -> Scores:
    """The submission's scores. Manual grades count where given.

    ``order`` has the names of cells in the order that is wanted: a database has none of its own.
    """
    cells = []
    penalty = 0.0
    for notebook in submission.notebooks:
        penalty += notebook.late_submission_penalty or 0.0
        for grade in notebook.grades:
            score = grade.manual_score if grade.manual_score is not None else grade.auto_score
            if score is not None:
                score += grade.extra_credit or 0.0
            name = grade.cell.name
            cells.append(CellScore(name, exercise_of(name), score, grade.cell.max_score))
    cells.sort(key=lambda cell: (order.index(cell.id) if cell.id in order else len(order), cell.id))
    total = sum(cell.points or 0.0 for cell in cells) - penalty
    return Scores(max(0.0, total), sum(cell.max for cell in cells), tuple(cells))


def refreshed(gradebook: Any, result: Result) -> Result | None:
    """The result with the points that the gradebook has now; None if it has nothing of it."""
    if not OUTCOMES[result.outcome].recorded:
        return None
    from nbgrader.api import MissingEntry

    try:
        submission = gradebook.find_submission(result.assignment, result.student)
    except MissingEntry:
        return None
    found = scores(submission, [cell.id for cell in result.cells])
    return replace(result, score=found.score, max_score=found.max_score, cells=found.cells)


def comments(gradebook: Any, student: str, assignment: str) -> dict[str, str]:
    """What a person wrote to the student, by the grade_id of the cell."""
    from nbgrader.api import MissingEntry

    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return {}
    return {
        comment.cell.name: comment.manual_comment
        for notebook in submission.notebooks
        for comment in notebook.comments
        if comment.manual_comment
    }


def enter(gradebook: Any, student: str, assignment: str, stamp: str = "") -> Any:
    """Have the submission in the gradebook, with an entry for each of its cells; give it.

    ``stamp`` is the text of its timestamp.txt, which may be anything.
    """
    gradebook.update_or_create_student(student)
    when = {"timestamp": stamp} if _is_timestamp(stamp) else {}
    return gradebook.update_or_create_submission(assignment, student, **when)


def write_zeros(submission: Any) -> None:
    """Record a submission of which nothing could run: 0 in every cell, for a person to review."""
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            grade.auto_score = 0.0
            grade.needs_manual_grade = True


def write_outcome(
    submission: Any, outcome: str, message: str, was_flagged: bool, only: str = ""
) -> None:
    """Put the outcome where formgrader shows it: a comment on the first answer, and the flag.

    ``only`` is the name of one notebook of the assignment; every one if empty.
    """
    for notebook in submission.notebooks:
        if only and notebook.name != only:
            continue
        # A flag set by hand stays: only one that we set ourselves is taken back.
        if OUTCOMES[outcome].flagged:
            notebook.flagged = True
        elif was_flagged:
            notebook.flagged = False
        if outcome != "graded" and notebook.comments:
            first = min(notebook.comments, key=lambda comment: str(comment.cell.name))
            first.auto_comment = f"[{outcome}] {message}"


def max_score(gradebook: Any, assignment: str) -> float:
    """The points of an assignment; 0 where it is not registered."""
    from nbgrader.api import MissingEntry

    try:
        return float(gradebook.find_assignment(assignment).max_score)
    except MissingEntry:
        return 0.0


def _is_timestamp(text: str) -> bool:
    """Whether nbgrader can read it: it stops at one that it cannot."""
    from nbgrader.utils import parse_utc

    try:
        return bool(text) and parse_utc(text) is not None
    except Exception:  # dateutil raises many kinds, and none of them is our concern
        return False
