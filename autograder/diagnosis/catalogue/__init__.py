"""The catalogue of mistakes: what learners get wrong, each entry with an implementation that is
wrong in exactly that way.

An entry serves four times: a diagnosis matches against it, the audit demands that the checks
reject it, the book's "common wrong answers" are generated from it, and the demonstration class is
made from it. To add a mistake, add an entry to the module of its kind; nothing else changes. A
module of a new subject joins MODULES, and has the RECIPES that its mixins are made for. Where an
entry of another module can be made in its exercises too, it is CARRIED there: id -> (scope,
variants), the forms that it takes there.
"""

from __future__ import annotations

from autograder.diagnosis.catalogue import (
    autograd,
    backward,
    capstone,
    columns,
    counts,
    forward,
    gradient_check,
    matrix,
    network,
    padding,
    probes,
    speed,
)
from autograder.diagnosis.catalogue.entry import RECIPES, Mistake, right

__all__ = ["CATALOGUE", "Mistake", "in_scope", "right"]

MODULES = (
    forward,
    padding,
    counts,
    probes,
    gradient_check,
    backward,
    matrix,
    columns,
    speed,
    autograd,
    network,
    capstone,
)

for _module in MODULES:
    RECIPES.update(getattr(_module, "RECIPES", {}))


def _collected() -> dict[str, Mistake]:
    entries = {mistake.id: mistake for module in MODULES for mistake in module.MISTAKES}
    for module in MODULES:
        for identity, (scope, variants) in getattr(module, "CARRIED", {}).items():
            entries[identity] = entries[identity].carried(scope, variants)
    return dict(sorted(entries.items()))


CATALOGUE: dict[str, Mistake] = _collected()


def in_scope(exercise_id: str) -> list[Mistake]:
    """The mistakes that can be made in an exercise, by id."""
    return [mistake for mistake in CATALOGUE.values() if exercise_id in mistake.scope]
