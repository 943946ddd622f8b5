"""What a notebook imports: ``check``, ``examine``, ``digits`` to train on, and the reference."""

from autograder.checks.digits import digits
from autograder.checks.reference import reference
from autograder.checks.verdict import CaseResult, Diagnosis, Verdict
from autograder.diagnosis.display import CheckFailed, check
from autograder.diagnosis.examine import examine

__all__ = [
    "CaseResult",
    "CheckFailed",
    "Diagnosis",
    "Verdict",
    "check",
    "digits",
    "examine",
    "reference",
]
