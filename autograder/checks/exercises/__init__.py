"""Every exercise of the course by its id, in the order of the course.

To add an exercise, add it to its assignment's module here (or a new module to ASSIGNMENTS), give
it a cell in ``solutions/`` and run ``autograder release``.
"""

from __future__ import annotations

import difflib

from autograder.checks.exercise import Exercise
from autograder.checks.exercises import (
    autograd,
    backward,
    capstone,
    columns,
    gradient_check,
    layer,
    matrix,
    network,
    speed,
    window,
)

# In the order of the course.
ASSIGNMENTS = (
    window,
    layer,
    gradient_check,
    backward,
    matrix,
    columns,
    speed,
    autograd,
    network,
    capstone,
)

EXERCISES: dict[str, Exercise] = {
    exercise.id: exercise for module in ASSIGNMENTS for exercise in module.EXERCISES
}


def find(exercise_id: str) -> Exercise:
    """The exercise of that id. LookupError with the nearest names where there is none."""
    try:
        return EXERCISES[exercise_id]
    except KeyError:
        near = difflib.get_close_matches(exercise_id, EXERCISES, n=3)
        some = ", ".join([name for name in EXERCISES if "." not in name][:12])
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are {some}, …"
        raise LookupError(f"no exercise is called {exercise_id!r}. {hint}") from None
