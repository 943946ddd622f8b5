"""A made-up class: right answers, catalogued mistakes, and accidents that happen in every class.

Knows which student hands in what. The right answers come from the course's own source notebooks,
the wrong ones from the catalogue; nothing is random, so the class is the same every time.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder.grading import planted
from autograder.grading.course import Course
from autograder.notebooks import CANARY
from autograder.notebooks.files import (
    Notebook,
    dumps,
    grade_id,
    is_answer,
    is_test,
    load,
    write_if_changed,
)

# The class's secret is no secret, so that its grades are the same on every machine.
SEED = "the demonstration class has no secrets"


@dataclass(frozen=True)
class Student:
    """Who hands in what. ``wrong`` is how many answers of each assignment hold a mistake.

    ``accident`` is a key of ACCIDENTS and befalls the assignment numbered ``where`` (all if None).
    """

    name: str
    wrong: int = 0
    accident: str = ""
    where: int | None = None


CLASS = (
    Student("ada"),
    Student("bela", wrong=1),
    Student("chen", wrong=1),
    Student("dara", accident="warns", where=0),
    Student("emil", wrong=2),
    Student("fatou", wrong=1),
    Student("goran", wrong=2),
    Student("hana", wrong=1),
    Student("ines", accident="moved cells", where=1),
    Student("jonas", wrong=3),
    Student("kofi", accident="untouched"),
    Student("lena", accident="syntax error", where=1),
    Student("mira", accident="other name", where=1),
    Student("nuno", wrong=1, accident="unreadable", where=0),
    Student("olga", wrong=1, accident="exits", where=1),
)


def write(course: Course) -> int:
    """Put what the class hands in under ``submitted/``; return how many files changed."""
    changed = 0
    for student, assignment, files in submissions(course):
        folder = course.submission(student, assignment)
        if folder.is_dir() and {path.name for path in folder.iterdir()} != set(files):
            shutil.rmtree(folder)
        for name, data in files.items():
            changed += write_if_changed(folder / name, data)
    return changed


def submissions(course: Course) -> list[tuple[str, str, dict[str, bytes]]]:
    """Every (student, assignment, {file name: bytes}) of the class."""
    handed_in = []
    for where, assignment in enumerate(course.assignments()):
        released = load(course.released_notebook(assignment))
        right = _right_answers(load(course.source_notebook(assignment)))
        wrong = _wrong_answers(released)
        for number, student in enumerate(CLASS):
            answers = dict(right)
            for n in range(min(student.wrong, len(wrong))):
                # Spread evenly over the catalogue, whose order here is by exercise; a student's
                # second mistake is a third of the way on.
                place = number * len(wrong) // len(CLASS) + n * len(wrong) // 3
                exercise, cell = wrong[place % len(wrong)]
                answers[exercise] = cell
            accident = student.accident if student.where in (None, where) else ""
            name = f"{assignment}.ipynb"
            files = ACCIDENTS.get(accident, _as_it_is)(name, released, answers)
            handed_in.append((student.name, assignment, files))
    return handed_in


def _right_answers(source: Notebook) -> dict[str, str]:
    """The reference's answer cells as a student would write them: no region comments, no canary."""
    marks = ("### BEGIN SOLUTION", "### END SOLUTION", CANARY)
    return {
        grade_id(cell): "\n".join(
            line for line in cell["source"].splitlines() if not any(mark in line for mark in marks)
        )
        for cell in source["cells"]
        if is_answer(cell)
    }


def _wrong_answers(released: Notebook) -> list[tuple[str, str]]:
    """(answer, cell with a mistake) for every starred mistake in the scope of a test, in order."""
    from autograder.diagnosis.catalogue import in_scope
    from autograder.notebooks.files import exercise_of

    answers = {grade_id(cell) for cell in released["cells"] if is_answer(cell)}
    found: dict[tuple[str, str], str] = {}
    for cell in filter(is_test, released["cells"]):
        exercise = exercise_of(grade_id(cell))
        function = exercise.partition(".")[0]
        if function not in answers:
            continue
        for mistake in in_scope(exercise):
            if mistake.star and (function, mistake.id) not in found:
                text = planted.cell(function, mistake, exercise)
                if text is not None:
                    found[function, mistake.id] = text
    return [(function, cell) for (function, _), cell in found.items()]


Files = dict[str, bytes]
Answers = dict[str, str]


def _filled(released: Notebook, answers: Answers) -> Notebook:
    notebook: Notebook = json.loads(json.dumps(released))
    for cell in notebook["cells"]:
        if is_answer(cell) and grade_id(cell) in answers:
            cell["source"] = answers[grade_id(cell)]
    return notebook


def _as_it_is(name: str, released: Notebook, answers: Answers) -> Files:
    return {name: dumps(_filled(released, answers)).encode()}


def _untouched(name: str, released: Notebook, answers: Answers) -> Files:
    return {name: dumps(released).encode()}


def _warns(name: str, released: Notebook, answers: Answers) -> Files:
    """Right answers, one of which warns: stock nbgrader gives no points for that."""
    notebook = _filled(released, answers)
    first = next(cell for cell in notebook["cells"] if is_answer(cell))
    function = grade_id(first)
    first["source"] += (
        f"\n\n_quiet = {function}\n\ndef {function}(*arguments, **options):\n"
        '    import warnings\n\n    warnings.warn("not vectorised yet")\n'
        "    return _quiet(*arguments, **options)"
    )
    return {name: dumps(notebook).encode()}


def _moved_cells(name: str, released: Notebook, answers: Answers) -> Files:
    """All tests at the top and one of them twice, and a byte order mark."""
    notebook = _filled(released, answers)
    tests = [cell for cell in notebook["cells"] if is_test(cell)]
    others = [cell for cell in notebook["cells"] if not is_test(cell)]
    notebook["cells"] = [*tests[:1], *tests, *others]
    return {name: b"\xef\xbb\xbf" + dumps(notebook).encode()}


def _syntax_error(name: str, released: Notebook, answers: Answers) -> Files:
    notebook = _filled(released, answers)
    last = [cell for cell in notebook["cells"] if is_answer(cell)][1]
    last["source"] = last["source"].replace("):", ")", 1).replace(") ->", ") -", 1)
    return {name: dumps(notebook).encode()}


def _other_name(name: str, released: Notebook, answers: Answers) -> Files:
    return {name.replace(".ipynb", " (1).ipynb"): dumps(_filled(released, answers)).encode()}


def _unreadable(name: str, released: Notebook, answers: Answers) -> Files:
    data = dumps(_filled(released, answers)).encode()
    return {name: data[: len(data) // 2]}


def _exits(name: str, released: Notebook, answers: Answers) -> Files:
    """A stray cell in the middle ends Python."""
    notebook = _filled(released, answers)
    middle = [n for n, cell in enumerate(notebook["cells"]) if is_answer(cell)][2]
    stray: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "stray",
        "metadata": {},
        "outputs": [],
        "source": "import os\n\nos._exit(0)  # stop here for today",
    }
    notebook["cells"].insert(middle, stray)
    return {name: dumps(notebook).encode()}


ACCIDENTS: dict[str, Callable[[str, Notebook, Answers], Files]] = {
    "untouched": _untouched,
    "warns": _warns,
    "moved cells": _moved_cells,
    "syntax error": _syntax_error,
    "other name": _other_name,
    "unreadable": _unreadable,
    "exits": _exits,
}
