"""What a notebook imports: ``check``, ``examine``, ``digits`` to train on, and the reference.

Each is loaded when it is asked for: the command line has no use for most of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "checks.digits": ("digits",),
    "checks.reference": ("reference",),
    "checks.verdict": ("CaseResult", "Diagnosis", "Verdict"),
    "diagnosis.display": ("CheckFailed", "check"),
    "diagnosis.examine": ("examine",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"autograder.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
