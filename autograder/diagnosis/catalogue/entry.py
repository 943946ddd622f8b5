"""What an entry of the catalogue is, and how its mixins become functions.

Knows no mistake by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from autograder.checks.call import Call

# Function name -> its recipe, and how an instance becomes a function with the right signature. The
# modules of the catalogue fill it: each has a RECIPES of its own subject.
RECIPES: dict[str, tuple[type, Callable[[Any], Callable[..., Any]]]] = {}


@dataclass(frozen=True)
class Mistake:
    """One way to be wrong.

    id        the catalogue's id, such as ``"F01"``
    name      what a learner would call it
    telltale  how it shows, in one line
    question  leads to the fix without giving it
    section   the part of the book that derives the point: ``"01-window#flip"``
    scope     ids of the exercises in which it can be made
    variants  mixins over a recipe, or (kinds P and Q) functions: forms that the mistake takes; a
              mixin's own ``scope`` narrows the entry's
    star      is it among the common ones?
    shows     for a mistake whose results depend on what was called before: does a function make
              it, seen on this call with this right result? (Others are recognised by equal results.)
    places    of an entry that is carried to further subjects: each form, and where it can be made
    """

    id: str
    name: str
    telltale: str
    question: str
    section: str
    scope: tuple[str, ...]
    variants: tuple[Any, ...]
    star: bool = False
    shows: Callable[[Callable[..., Any], Call, Any], bool] | None = None
    places: tuple[tuple[Any, tuple[str, ...]], ...] = ()

    def carried(self, scope: tuple[str, ...], variants: tuple[Any, ...]) -> Mistake:
        """The entry for further exercises, in which it takes forms of its own."""
        places = self.places or tuple((v, _place(v, self.scope)) for v in self.variants)
        return replace(
            self,
            scope=(*self.scope, *scope),
            variants=(*self.variants, *variants),
            places=(*places, *((v, _place(v, scope)) for v in variants)),
        )

    def variants_in(self, exercise_id: str) -> list[Any]:
        """The forms that the mistake can take in an exercise of its scope."""
        recipe = RECIPES.get(exercise_id.partition(".")[0], (None,))[0]
        places = self.places or [(v, _place(v, self.scope)) for v in self.variants]
        return [
            variant
            for variant, scope in places
            if exercise_id in scope
            and (
                recipe is None
                or any(
                    hasattr(recipe, decision)
                    for decision in dir(variant)
                    if not decision.startswith("__") or decision == "__call__"
                )
            )
        ]

    def implementation(self, exercise_id: str, variant: int = 0) -> Callable[..., Any]:
        """A function with the exercise's signature that is wrong in exactly this way."""
        return combined(exercise_id, (self.variants_in(exercise_id)[variant],))


def _place(variant: Any, scope: tuple[str, ...]) -> tuple[str, ...]:
    # A form may narrow the scope of its entry.
    own: tuple[str, ...] = getattr(variant, "scope", scope)
    return own


def combined(exercise_id: str, variants: tuple[Any, ...]) -> Callable[..., Any]:
    """A function with the exercise's signature that makes the given mistakes together."""
    function = exercise_id.partition(".")[0]
    if function not in RECIPES:
        (variant,) = variants
        return variant
    recipe, adapt = RECIPES[function]
    return adapt(type("Wrong", (*variants, recipe), {})())


def right(exercise_id: str) -> Callable[..., Any]:
    """The recipe without a mistake, as a function with the exercise's signature."""
    return combined(exercise_id, ())
