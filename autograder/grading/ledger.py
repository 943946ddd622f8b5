"""Remembers how every submission ended and from what, so that only what changed is graded again.

Knows one small JSON file per submission. Does not know the gradebook, which stays the authority on
points.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from autograder.grading.course import Course
from autograder.grading.jobs import Result
from autograder.notebooks.files import write_whole


@dataclass(frozen=True)
class Entry:
    """A result and the key of everything that it depends on."""

    key: str
    result: Result


@dataclass(frozen=True)
class Ledger:
    """The entries of one course."""

    course: Course

    def get(self, student: str, assignment: str) -> Entry | None:
        """The last entry, None where there is none or where it cannot be read."""
        try:
            data = json.loads(self._path(student, assignment).read_text(encoding="utf-8"))
            return Entry(data["key"], Result.from_json(data["result"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, entry: Entry) -> None:
        """Keep an entry. A reader sees the old one or the new one, never half of either."""
        text = json.dumps({"key": entry.key, "result": entry.result.to_json()}, indent=1)
        write_whole(self._path(entry.result.student, entry.result.assignment), text + "\n")

    def all(self, assignments: list[str]) -> list[Result]:
        """Every result kept for these assignments, by assignment and student."""
        found = []
        for assignment in assignments:
            for path in (self.course.own / "results" / assignment).glob("*.json"):
                try:
                    data = json.loads(path.read_text(encoding="utf-8"))
                    found.append(Result.from_json(data["result"]))
                except (OSError, ValueError, KeyError, TypeError):
                    continue
        return sorted(found, key=lambda result: (result.assignment, result.student))

    def _path(self, student: str, assignment: str) -> Path:
        # A student's id is data and may be no file name for ours: it names the folder, hashed.
        name = hashlib.sha256(student.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return self.course.own / "results" / assignment / f"{name}.json"
