"""Makes an nbgrader course folder from this repository, and never overwrites what is there.

Knows the layout, the secret seed and how an assignment gets into the gradebook.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.grading import gradebook
from autograder.grading.course import Course
from autograder.notebooks import release
from autograder.notebooks.errors import UsageError
from autograder.notebooks.files import Notebook, dumps, write_if_changed
from autograder.notebooks.repository import Repository


@dataclass(frozen=True)
class Made:
    """One thing in the course folder: ``state`` is "made", "kept" or "differs"."""

    path: Path
    state: str
    note: str = ""


def create(
    root: Path,
    repository: Repository,
    notebooks: Mapping[str, Notebook],
    seed: str = "",
    database: str = "",
) -> list[Made]:
    """Make the course folder ``root``, or add to it what is missing.

    ``notebooks`` are the full source notebooks by assignment. ``seed`` is the secret, drawn
    at random if empty. ``database`` is the URL of the gradebook, a file in the folder if empty.
    Raises UsageError for a folder that holds something else.
    """
    course = Course(root.resolve())
    is_course = course.source.is_dir() and (course.root / "nbgrader_config.py").is_file()
    if course.root.exists() and not course.root.is_dir():
        raise UsageError("this is a file", where=str(root), do="Name a new folder.")
    if course.root.is_dir() and any(course.root.iterdir()) and not is_course:
        raise UsageError(
            "this folder is not empty and is no course folder; nothing was written",
            where=str(root),
            do="Name a new or empty folder: autograder init DIR",
        )

    made = [_seed(course, seed), _config(course, repository, database)]
    fresh = []
    for name, notebook in notebooks.items():
        made.append(_source(course, name, notebook))
        if not course.released_notebook(name).is_file() or not _registered(course, name):
            fresh.append(name)
    release.generate(course.root, fresh)
    for name in notebooks:
        made.append(Made(course.released_notebook(name), "made" if name in fresh else "kept"))
    made.append(Made(course.submitted, "kept" if course.submitted.is_dir() else "made"))
    course.submitted.mkdir(exist_ok=True)
    return made


def _seed(course: Course, seed: str) -> Made:
    if course.seed_file.exists():
        return Made(course.seed_file, "kept")
    course.own.mkdir(parents=True, exist_ok=True)
    course.own.chmod(0o700)
    # Created with its mode, not changed to it: nobody may read it in between.
    descriptor = os.open(course.seed_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write((seed or secrets.token_hex(16)) + "\n")
    return Made(course.seed_file, "made", "the secret of the hidden tests: never hand it out")


def _config(course: Course, repository: Repository, database: str) -> Made:
    path = course.root / "nbgrader_config.py"
    setting = f"c.CourseDirectory.db_url = {database!r}\n"
    if path.exists():
        if database and setting not in path.read_text(encoding="utf-8"):
            raise UsageError(
                "this course has its settings already, and another gradebook in them",
                where=str(path),
                do=f"Put this line at its end, and run init again: {setting}",
            )
        return Made(path, "kept")
    text = (repository.root / "nbgrader_config.py").read_text(encoding="utf-8")
    write_if_changed(path, f"{text}\n{setting}" if database else text)
    return Made(path, "made")


def _source(course: Course, name: str, notebook: Notebook) -> Made:
    path = course.source_notebook(name)
    text = dumps(notebook)
    if not path.is_file():
        write_if_changed(path, text)
        return Made(path, "made")
    if path.read_bytes() == text.encode("utf-8"):
        return Made(path, "kept")
    note = "not what the repository gives now; delete it and its release/ to take the new one"
    return Made(path, "differs", note)


def _registered(course: Course, name: str) -> bool:
    with gradebook.opened(course) as book:
        return gradebook.max_score(book, name) > 0


def fresh_if_outdated(
    root: Path, repository: Repository, notebooks: Mapping[str, Notebook]
) -> Course:
    """The course folder ``root``, removed first if its sources or settings are not today's.

    For a folder that nobody works in, such as the demonstration's: submissions go with it.
    """
    course = Course(root.resolve())
    if not course.root.is_dir():
        return course
    config = course.root / "nbgrader_config.py"
    today = {config: (repository.root / "nbgrader_config.py").read_bytes()}
    for name, notebook in notebooks.items():
        today[course.source_notebook(name)] = dumps(notebook).encode()
    same = set(course.assignments()) == set(notebooks) and all(
        path.is_file() and path.read_bytes() == content for path, content in today.items()
    )
    if not same:
        shutil.rmtree(course.root)
    return course
