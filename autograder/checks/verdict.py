"""The plain records that a check produces. Knows nothing of how they come about or are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograder.checks.call import Call


@dataclass(frozen=True)
class CaseResult:
    """One call of the function under test and what came of it.

    name     what the case is about, such as ``"stride 2, padding 1"``
    passed   True when everything that the case demands held
    message  one line: the call and what differed; empty when it passed
    call     the call itself, or None where the case is not a single call
    """

    name: str
    passed: bool
    message: str = ""
    call: Call | None = None


@dataclass(frozen=True)
class Picture:
    """Expected and got side by side, small enough to read, as text and as inert HTML."""

    text: str
    html: str


@dataclass(frozen=True)
class Diagnosis:
    """Why a function is wrong, as far as it could be established.

    mistakes        ids of the catalogue, best first; empty when none explains the outputs
    counterexample  the smallest call found that fails, or None
    message         sentences for the learner: what was seen, and a question; never the fix
    picture         expected against got for the counterexample, or None
    """

    mistakes: tuple[str, ...]
    counterexample: Call | None
    message: str
    picture: Picture | None = None


@dataclass(frozen=True)
class Verdict:
    """The outcome of examining one function (or answer) as one exercise.

    exercise   the exercise's id, such as ``"conv2d.groups"``
    passed     True when every case passed
    fraction   the part of the points earned, 0.0 to 1.0
    cases      every case in the order in which it ran
    diagnosis  why it failed; None when it passed or was not attempted
    message    one line that sums it up
    """

    exercise: str
    passed: bool
    fraction: float
    cases: tuple[CaseResult, ...]
    diagnosis: Diagnosis | None = None
    message: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values: what a notebook's output carries to grading and reports."""
        return {
            "exercise": self.exercise,
            "passed": self.passed,
            "fraction": self.fraction,
            "mistakes": list(self.diagnosis.mistakes) if self.diagnosis else [],
            "message": self.message,
            "diagnosis": self.diagnosis.message if self.diagnosis else "",
            "cases": [
                {"name": case.name, "passed": case.passed, "message": case.message}
                for case in self.cases
            ],
        }
