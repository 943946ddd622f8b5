"""What a notebook imports: ``check`` and ``examine``, and the reference for those who have it."""

from autograder.checks.reference import reference
from autograder.checks.verdict import CaseResult, Diagnosis, Verdict
from autograder.diagnosis.display import CheckFailed, check
from autograder.diagnosis.examine import examine

__all__ = ["CaseResult", "CheckFailed", "Diagnosis", "Verdict", "check", "examine", "reference"]
