"""Feedback pages: one per submission, for the student. Inert: no script of anybody's runs in one.

Knows results, executed notebooks and the book's addresses. Shows only text, all of it escaped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.grading import executed, gradebook
from autograder.grading.course import Course
from autograder.grading.jobs import CellScore, Result
from autograder.notebooks.files import Cell, Notebook, grade_id, is_answer, load, write_if_changed
from autograder.reports.book import Book, Named, section, title
from autograder.reports.pages import fill


@dataclass(frozen=True)
class Part:
    """What a page says about one exercise. ``state`` is full, part, none or open."""

    exercise: str
    title: str
    points: float | None
    max: float
    state: str
    message: str
    diagnosis: str
    failed: tuple[executed.Case, ...]
    mistakes: tuple[Named, ...]
    link: str
    answer: str
    trouble: str
    comment: str


def write(
    course: Course,
    results: list[Result],
    site: Path | str | None = None,
    progress: Callable[[Path, bool], None] = lambda path, changed: None,
) -> int:
    """Write a page for each result; return how many changed. ``site``: the book's URL or folder."""
    changed = 0
    if not results:
        return 0
    with gradebook.opened(course) as book:
        for result in results:
            path = course.feedback_page(result.student, result.assignment)
            comments = gradebook.comments(book, result.student, result.assignment)
            wrote = write_if_changed(path, page(course, result, comments, Book.beside(path, site)))
            changed += wrote
            progress(path, wrote)
    return changed


def page(course: Course, result: Result, comments: dict[str, str], book: Book) -> str:
    """The HTML of one student's feedback."""
    path = course.autograded_notebook(result.student, result.assignment)
    notebook: Notebook = load(path) if path.is_file() else {"cells": [], "metadata": {}}
    return fill("feedback.html.j2", result=result, parts=_parts(result, notebook, comments, book))


def _parts(result: Result, notebook: Notebook, comments: dict[str, str], book: Book) -> list[Part]:
    shown = {entry.id: entry for entry in executed.shown(notebook)}
    answers = {grade_id(cell): cell for cell in notebook["cells"] if is_answer(cell)}
    parts = []
    for score in result.cells:
        entry = shown.get(score.id)
        # An answer with several stages is shown with the first of them.
        answer = answers.pop(score.exercise.partition(".")[0], None)
        parts.append(_part(score, entry, answer, comments, book))
    return parts


def _part(
    score: CellScore,
    entry: executed.Shown | None,
    answer: Cell | None,
    comments: dict[str, str],
    book: Book,
) -> Part:
    answer_id = grade_id(answer) if answer else ""
    remarks = [comments[name] for name in (answer_id, score.id) if name in comments]
    return Part(
        exercise=score.exercise,
        title=title(score.exercise),
        points=score.points,
        max=score.max,
        state=state(score),
        message=entry.message if entry else "",
        diagnosis=entry.diagnosis if entry else "",
        failed=tuple(case for case in entry.cases if not case.passed)[:6] if entry else (),
        mistakes=tuple(book.mistake(name) for name in entry.mistakes) if entry else (),
        link=book.link(section(score.exercise)),
        answer=answer["source"] if answer else "",
        trouble=executed.error(answer) if answer else "",
        comment="\n".join(remarks),
    )


def state(score: CellScore) -> str:
    """How much of its points a cell earned: full, part or none; open until a person grades it."""
    if score.points is None:
        return "open"
    if score.points >= score.max:
        return "full"
    return "part" if score.points > 0 else "none"
