"""A course folder as ``autograder init`` makes it: nbgrader's layout and one folder of our own.

Knows paths and names. Does not open the gradebook and does not read submissions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.notebooks.errors import UsageError, suggestion


@dataclass(frozen=True)
class Course:
    """An nbgrader course folder; ``.autograder/`` in it holds the secret seed and the results."""

    root: Path

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    @property
    def own(self) -> Path:
        """Our own folder, which nbgrader does not look into."""
        return self.root / ".autograder"

    @property
    def seed_file(self) -> Path:
        return self.own / "seed"

    @property
    def gradebook(self) -> Path:
        """Where the gradebook lies unless nbgrader_config.py names another database."""
        return self.root / "gradebook.db"

    def seed(self) -> str:
        """The secret that hidden tests draw from, empty if the course has none."""
        return self.seed_file.read_text().strip() if self.seed_file.is_file() else ""

    def source_notebook(self, assignment: str) -> Path:
        return self.source / assignment / f"{assignment}.ipynb"

    def released_notebook(self, assignment: str) -> Path:
        return self.root / "release" / assignment / f"{assignment}.ipynb"

    def submission(self, student: str, assignment: str) -> Path:
        return self.submitted / student / assignment

    def autograded_notebook(self, student: str, assignment: str) -> Path:
        return self.root / "autograded" / student / assignment / f"{assignment}.ipynb"

    def feedback_page(self, student: str, assignment: str) -> Path:
        return self.root / "feedback" / student / assignment / f"{assignment}.html"

    def assignments(self) -> list[str]:
        """The assignments that can be graded here, in order."""
        return sorted(path.stem for path in self.source.glob("*/*.ipynb") if _own_name(path))

    def students(self) -> list[str]:
        """Whoever has a folder under ``submitted/``, in order."""
        if not self.submitted.is_dir():
            return []
        return sorted(
            entry.name
            for entry in self.submitted.iterdir()
            if entry.is_symlink() or entry.is_dir()
            if not entry.name.startswith(".") and _is_text(entry.name)
        )

    def choose_assignments(self, names: Iterable[str] | None) -> list[str]:
        """The assignments named, or all. UsageError for one that is not here."""
        return _choose(names, self.assignments(), "assignment", str(self.source))

    def choose_students(self, names: Iterable[str] | None) -> list[str]:
        """The students named, or all who handed in. UsageError for one who did not."""
        return _choose(names, self.students(), "student", str(self.submitted))

    def submissions(
        self, assignments: Iterable[str], students: Iterable[str]
    ) -> Iterator[tuple[str, str]]:
        """Every (student, assignment) that has something under ``submitted/``."""
        students = list(students)
        for assignment in assignments:
            for student in students:
                path = self.submission(student, assignment)
                if path.is_symlink() or path.exists() or (self.submitted / student).is_symlink():
                    yield student, assignment

    def strangers(self) -> list[str]:
        """Sentences about folders that no assignment claims, so that nothing is lost in silence."""
        known = self.assignments()
        found = [
            f"submitted/ holds {entry.name!r}: not text, so no student's id. Rename it."
            for entry in (sorted(self.submitted.iterdir()) if self.submitted.is_dir() else [])
            if not _is_text(entry.name)
        ]
        found += [
            f"submitted/{entry.name} begins with a dot: to nbgrader no student's id. Rename it."
            for entry in (sorted(self.submitted.glob(".*")) if self.submitted.is_dir() else [])
            if _is_text(entry.name) and any((entry / name).exists() for name in known)
        ]
        for student in self.students():
            folder = self.submitted / student
            if folder.is_symlink():
                continue
            for entry in sorted(folder.iterdir()):
                if entry.name not in known and not entry.name.startswith("."):
                    shown = entry.name if _is_text(entry.name) else repr(entry.name)
                    found.append(
                        f"submitted/{student}/{shown} belongs to no assignment and was not "
                        f"graded. {suggestion(entry.name, known)}"
                    )
        return found


def find(start: Path | None = None) -> Course:
    """The course folder at or around ``start`` (the working directory); UsageError if none."""
    start = (start or Path.cwd()).absolute()
    if not start.is_dir():
        raise UsageError(
            "there is no such folder",
            where=str(start),
            do=suggestion(start.name, _folders(start.parent)),
        )
    for folder in (start, *start.parents):
        if (folder / "nbgrader_config.py").is_file() and (folder / "source").is_dir():
            return Course(folder.resolve())
    raise UsageError(
        "this is no course folder: it has no source/ beside an nbgrader_config.py",
        where=str(start),
        do="Make one with: autograder init DIR. Or name one with --course DIR.",
    )


def _is_text(name: str) -> bool:
    """Whether a file's name is valid UTF-8: only then can it be printed, stored and compared."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _own_name(path: Path) -> bool:
    return path.stem == path.parent.name


def _folders(parent: Path) -> list[str]:
    return sorted(entry.name for entry in parent.glob("*/")) if parent.is_dir() else []


def _choose(names: Iterable[str] | None, known: list[str], kind: str, where: str) -> list[str]:
    names = list(names or [])
    for name in names:
        if name not in known:
            raise UsageError(
                f"no {kind} is called {name!r}", where=where, do=suggestion(name, known)
            )
    return [name for name in known if not names or name in names]
