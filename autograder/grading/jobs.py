"""The two ends of the engine's seam: a job is plain data, and so is its verdict.

A job says all that its verdict depends on, so that it may run anywhere and equal jobs may share a
verdict. Both travel as JSON: what comes back from a worker is text, and nothing is unpickled.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from autograder.grading.outcomes import OUTCOMES
from autograder.sandbox.limits import LIMITS, Limits

PACKAGE = Path(__file__).resolve().parents[1]
# What a score depends on. The command line and the pages do not change one.
ROOMS = ("checks", "diagnosis", "notebooks", "sandbox", "grading")


@dataclass(frozen=True)
class Job:
    """One submission to run.

    student     who handed it in and for which assignment; for messages alone
    data        the submitted file's bytes
    source      the text of the course's own notebook, with solutions and hidden tests
    released    the text of what students received, with the hidden tests put back
    seed        what hidden cases are drawn from
    walls       False: run it in a process without walls (``grade --no-sandbox``)
    """

    student: str
    assignment: str
    data: bytes
    source: str
    released: str
    seed: str
    limits: Limits = LIMITS
    walls: bool = True

    def dumps(self) -> str:
        """The job as text."""
        return json.dumps({**asdict(self), "data": base64.b64encode(self.data).decode()})

    @classmethod
    def loads(cls, text: str) -> Job:
        """The inverse of ``dumps``."""
        fields = json.loads(text)
        fields["data"] = base64.b64decode(fields["data"])
        fields["limits"] = Limits(**fields["limits"])
        return cls(**fields)


@dataclass(frozen=True)
class Verdict:
    """What a worker says of a job, before the gradebook is asked.

    notebook         the executed notebook's text; empty where nothing could run
    student_seconds  of ``seconds``, those spent in the student's code
    log              what is known of a fault of our own
    """

    outcome: str
    detail: str = ""
    mistakes: tuple[str, ...] = ()
    notebook: str = field(default="", repr=False)
    seconds: float = 0.0
    student_seconds: float = 0.0
    log: str = field(default="", repr=False)

    def dumps(self, seconds: float) -> str:
        """The verdict as text, with the time that it took."""
        return json.dumps({**asdict(self), "seconds": seconds})

    @classmethod
    def loads(cls, text: str) -> Verdict:
        """The inverse of ``dumps``."""
        fields = json.loads(text)
        fields["mistakes"] = tuple(fields["mistakes"])
        return cls(**fields)


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
