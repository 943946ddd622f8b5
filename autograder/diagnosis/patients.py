"""The patients of the exercise `clinic`: eight backward passes to try out, not to read.

Each makes one mistake of the catalogue. Which one is stored as a digest: whoever looks here is told
no more than whoever asks the check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.checks.exercises.backward import PATIENTS
from autograder.checks.question import digest_word
from autograder.diagnosis.catalogue import in_scope

FUNCTION = "conv2d_backward"


def patient(letter: str) -> Callable[..., Any]:
    """A ``conv2d_backward`` with a mistake: ``patient("A")`` to ``patient("H")``.

    It takes what conv2d_backward takes and returns (grad_input, grad_weight, grad_bias).
    """
    if letter not in PATIENTS:
        raise LookupError(f"no patient is called {letter!r}; there are {', '.join(PATIENTS)}")
    mistake = next(
        m for m in in_scope(FUNCTION) if digest_word(letter, m.id) == PATIENTS[letter][0]
    )
    function = mistake.implementation(FUNCTION)

    def conv2d_backward(*args: Any, **options: Any) -> Any:
        return function(*args, **options)

    conv2d_backward.__name__ = f"patient_{letter}"
    return conv2d_backward
