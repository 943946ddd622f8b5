"""The class report: one page for the instructor, self-contained, with links to the feedback pages.

Knows results and how to count them. Does not know notebooks.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from autograder.grading.course import Course
from autograder.grading.jobs import CellScore, Result
from autograder.notebooks.files import write_if_changed
from autograder.reports.book import Book, Named, section, title
from autograder.reports.feedback import state
from autograder.reports.pages import fill

BUCKETS = 10


@dataclass(frozen=True)
class Column:
    """One assignment in numbers. ``buckets`` counts scores by tenths of the maximum."""

    assignment: str
    submissions: int
    max_score: float
    mean: float | None
    median: float | None
    buckets: tuple[int, ...]


@dataclass(frozen=True)
class Spread:
    """One exercise over the class. ``mean`` is the part of its points earned, 0 to 1."""

    exercise: str
    title: str
    link: str
    full: int
    part: int
    none: int
    open: int
    mean: float

    @property
    def total(self) -> int:
        return self.full + self.part + self.none + self.open


@dataclass(frozen=True)
class Common:
    """A catalogued mistake and who made it."""

    mistake: Named
    students: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One student: (result or None, link) by assignment, and what the scores add to."""

    student: str
    results: tuple[tuple[Result | None, str], ...]
    total: float


def write(
    course: Course, results: list[Result], path: Path, site: Path | str | None = None
) -> bool:
    """Write the report to ``path``; say whether it changed. ``site``: the book's URL or folder."""
    return write_if_changed(path, page(course, results, path, Book.beside(path, site)))


def page(course: Course, results: list[Result], path: Path, book: Book) -> str:
    """The HTML of the report."""
    assignments = sorted({result.assignment for result in results})
    rows = _rows(course, results, assignments, path)
    return fill(
        "class.html.j2",
        course=course.root.name,
        columns=[_column(name, results) for name in assignments],
        rows=rows,
        students=len(rows),
        max_total=sum(_max_score(results, name) for name in assignments),
        spreads={name: _spreads(results, name, book) for name in assignments},
        common=_common(results, book),
        others=[result for result in results if result.outcome != "graded"],
        outcomes=_outcomes(results),
    )


def _rows(course: Course, results: list[Result], assignments: list[str], path: Path) -> list[Row]:
    found = {(result.student, result.assignment): result for result in results}
    rows = []
    for student in sorted({result.student for result in results}):
        cells = []
        for assignment in assignments:
            result = found.get((student, assignment))
            feedback = course.feedback_page(student, assignment)
            link = _relative(feedback, path) if feedback.is_file() else ""
            cells.append((result, link))
        total = sum(result.score or 0.0 for result, _ in cells if result)
        rows.append(Row(student, tuple(cells), total))
    return rows


def _column(assignment: str, results: list[Result]) -> Column:
    mine = [result for result in results if result.assignment == assignment]
    scores = [result.score for result in mine if result.score is not None]
    max_score = _max_score(results, assignment)
    buckets = [0] * BUCKETS
    for score in scores:
        buckets[min(BUCKETS - 1, int(BUCKETS * score / max_score)) if max_score else 0] += 1
    return Column(
        assignment,
        len(mine),
        max_score,
        statistics.fmean(scores) if scores else None,
        statistics.median(scores) if scores else None,
        tuple(buckets),
    )


def _max_score(results: Iterable[Result], assignment: str) -> float:
    return max((r.max_score for r in results if r.assignment == assignment), default=0.0)


def _spreads(results: list[Result], assignment: str, book: Book) -> list[Spread]:
    cells: dict[str, list[CellScore]] = {}
    for result in results:
        if result.assignment == assignment:
            for cell in result.cells:
                cells.setdefault(cell.exercise, []).append(cell)
    spreads = []
    for exercise, scores in cells.items():
        states = [state(score) for score in scores]
        parts = [(s.points or 0.0) / s.max for s in scores if s.max and s.points is not None]
        spreads.append(
            Spread(
                exercise,
                title(exercise),
                book.link(section(exercise)),
                states.count("full"),
                states.count("part"),
                states.count("none"),
                states.count("open"),
                statistics.fmean(parts) if parts else 0.0,
            )
        )
    return spreads


def _common(results: list[Result], book: Book) -> list[Common]:
    """Mistakes by how many students made them, the commonest first."""
    made: dict[str, set[str]] = {}
    for result in results:
        for name in result.mistakes:
            made.setdefault(name, set()).add(result.student)
    ordered = sorted(made.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Common(book.mistake(name), tuple(sorted(who))) for name, who in ordered]


def _outcomes(results: list[Result]) -> list[tuple[str, int]]:
    names = [result.outcome for result in results]
    return sorted(((n, names.count(n)) for n in set(names)), key=lambda item: (-item[1], item[0]))


def _relative(target: Path, page_path: Path) -> str:
    relative = os.path.relpath(target.resolve(), page_path.parent.resolve())
    return quote(Path(relative).as_posix())
