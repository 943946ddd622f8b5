"""Links from a page into the book, and the catalogue's words. Knows addresses, builds nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Named:
    """A catalogued mistake in words, with the address that explains it, "" without a book."""

    id: str
    name: str
    question: str
    link: str


@dataclass(frozen=True)
class Book:
    """The book as one page reaches it: ``address`` is a URL, a relative path or ""."""

    address: str = ""

    @classmethod
    def beside(cls, page: Path, site: Path | str | None) -> Book:
        """The book for a page that is written to ``page``. ``site`` is a URL, a folder or None."""
        if not site:
            return cls()
        if "://" in str(site):
            return cls(str(site).rstrip("/"))
        return cls(Path(os.path.relpath(Path(site).resolve(), page.parent.resolve())).as_posix())

    def link(self, section: str) -> str:
        """The address of a section: "02-layer#padding" is a label on a page."""
        if not self.address or not section:
            return ""
        page, _, label = section.partition("#")
        return f"{self.address}/{page}.html" + (f"#{label}" if label else "")

    def mistake(self, identity: str) -> Named:
        """A mistake in words. One that the catalogue does not know keeps its id for a name."""
        from autograder.diagnosis.catalogue import CATALOGUE

        entry = CATALOGUE.get(identity)
        if entry is None:
            return Named(identity, identity, "", "")
        return Named(identity, entry.name, entry.question, self.link(entry.section))


def title(exercise: str) -> str:
    """An exercise's title, its id where it is not ours."""
    from autograder.checks.exercises import EXERCISES

    return EXERCISES[exercise].title if exercise in EXERCISES else exercise


def section(exercise: str) -> str:
    """The section of the book that an exercise belongs to, "" where it is not ours."""
    from autograder.checks.exercises import EXERCISES

    return EXERCISES[exercise].section if exercise in EXERCISES else ""
