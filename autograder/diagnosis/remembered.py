"""What is watched once: the catalogue on a probe for good, a learner's function for one test cell.

Knows no mistake by name, and does not compare what it has seen.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any

from autograder.checks.exercise import Exercise
from autograder.checks.exercises import EXERCISES
from autograder.diagnosis.catalogue.entry import combined
from autograder.diagnosis.observe import Probe, Seen, probes, watch

Behaviour = list[tuple[Probe, Seen]]

_found: ContextVar[dict[Any, Any] | None] = ContextVar("found", default=None)


@contextlib.contextmanager
def remembering() -> Iterator[None]:
    """While this lasts, nothing is found out twice about a function.

    For a diagnosis, and for a whole test cell where nothing changes the function between: its
    hidden check asks the same of it as its visible one.
    """
    token = _found.set({}) if _found.get() is None else None
    try:
        yield
    finally:
        if token:
            _found.reset(token)


def once(what: str, exercise: Exercise, function: Any, find: Callable[[], Any]) -> Any:
    """What ``find`` finds out about a function."""
    found = _found.get()
    assert found is not None, "inside `remembering`"
    name = (what, exercise.id, id(function))
    if name not in found:
        found[name] = find()
    return found[name]


def on_probes(
    exercise: Exercise, function: Callable[..., Any], seed: str = "probes", extra: int = 0
) -> Behaviour:
    """What a learner's function does on the probes (see ``observe.probes``)."""
    several = _probes(exercise.id, seed, extra)
    seen = once(f"{extra} {seed}", exercise, function, partial(watch, exercise, function, several))
    return list(zip(several, seen, strict=True))


@lru_cache(maxsize=20_000)
def known(exercise_id: str, variants: tuple[Any, ...], probe: Probe) -> Seen:
    """What the catalogue does on a probe: the same for every learner. No variants: what is right.

    A probe is itself alone.
    """
    (seen,) = watch(EXERCISES[exercise_id], combined(exercise_id, variants), [probe])
    return seen


@lru_cache(maxsize=256)
def _probes(exercise_id: str, seed: str, extra: int) -> list[Probe]:
    return probes(EXERCISES[exercise_id], seed, extra)
