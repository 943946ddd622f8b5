"""The catalogue of mistakes: what learners get wrong, each entry with an implementation that is
wrong in exactly that way.

An entry serves four times: a diagnosis matches against it, the audit demands that the checks
reject it, the book's "common wrong answers" are generated from it, and the demonstration class is
made from it. To add a mistake, add an entry to the module of its kind; nothing else changes. A
module of a new subject joins MODULES, and has the RECIPES that its mixins are made for.
"""

from __future__ import annotations

from autograder.diagnosis.catalogue import (
    autograd,
    capstone,
    columns,
    counts,
    forward,
    gradient_check,
    matrix,
    network,
    padding,
    probes,
)
from autograder.diagnosis.catalogue.entry import RECIPES, Mistake, right

__all__ = ["CATALOGUE", "Mistake", "in_scope", "right"]

MODULES = (
    forward,
    padding,
    counts,
    probes,
    gradient_check,
    matrix,
    columns,
    autograd,
    network,
    capstone,
)

for _module in MODULES:
    RECIPES.update(getattr(_module, "RECIPES", {}))

CATALOGUE: dict[str, Mistake] = {
    mistake.id: mistake
    for mistake in sorted((m for module in MODULES for m in module.MISTAKES), key=lambda m: m.id)
}


def in_scope(exercise_id: str) -> list[Mistake]:
    """The mistakes that can be made in an exercise, by id."""
    return [mistake for mistake in CATALOGUE.values() if exercise_id in mistake.scope]
