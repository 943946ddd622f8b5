"""The two ends of the engine's seam: a job is plain data, and so is its result.

Knows no engine. A job says all that its result depends on, so that equal jobs may share a result.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from autograder.grading.outcomes import OUTCOMES

PACKAGE = Path(__file__).resolve().parents[1]
# What a score depends on. The command line and the pages do not change one.
ROOMS = ("checks", "diagnosis", "notebooks", "sandbox", "grading")


@dataclass(frozen=True)
class Job:
    """One submission to run.

    ``notebook`` is the restored notebook's text (their cells, the released tests), ``source`` the
    course's own with hidden tests and solutions, ``stamp`` the text of timestamp.txt or "".
    """

    student: str
    assignment: str
    notebook: str
    source: str
    seed: str
    stamp: str = ""


@dataclass(frozen=True)
class CellScore:
    """A graded cell. ``id`` is its grade_id, ``points`` None until somebody grades it by hand."""

    id: str
    exercise: str
    points: float | None
    max: float


@dataclass(frozen=True)
class Result:
    """How one submission ended. ``score`` is None where nothing was recorded."""

    student: str
    assignment: str
    outcome: str
    message: str
    score: float | None
    max_score: float
    cells: tuple[CellScore, ...] = ()
    mistakes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def flagged(self) -> bool:
        """Whether a person should look at it."""
        return OUTCOMES[self.outcome].flagged

    def to_json(self) -> dict[str, Any]:
        """The object of ``grade --json``."""
        return {**asdict(self), "flagged": self.flagged}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Result:
        """The inverse of ``to_json``."""
        fields = {key: value for key, value in data.items() if key != "flagged"}
        fields["cells"] = tuple(CellScore(**cell) for cell in data["cells"])
        fields["mistakes"] = tuple(data["mistakes"])
        return cls(**fields)


@dataclass(frozen=True)
class Verdict:
    """What a run says before the gradebook is asked: the engine's answer to a job."""

    outcome: str
    detail: str = ""
    mistakes: tuple[str, ...] = ()
    seconds: float = 0.0
    log: str = field(default="", repr=False)


class Engine(Protocol):
    """Runs a job. Must be picklable: it is sent to worker processes."""

    def grade(self, job: Job) -> Verdict:
        """Run one submission. Raises only where our own machinery fails."""
        ...


def sentence(outcome: str, detail: str = "") -> str:
    """What the student reads about how the submission ended."""
    return " ".join(filter(None, [OUTCOMES[outcome].sentence, detail]))


def key(parts: dict[str, Any]) -> str:
    """A name for everything that a result depends on, the grader's own source included."""
    text = json.dumps({**parts, "grader": grader_version()}, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest(data: bytes | str) -> str:
    """A short name for some bytes."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


@cache
def grader_version() -> str:
    """Changes whenever a file of this package that can change a score does."""
    found = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((PACKAGE / room).rglob("*")):
            if path.suffix in (".py", ".json") and path.is_file():
                found.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
