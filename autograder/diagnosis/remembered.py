"""What is watched once: the catalogue on a probe for good, a learner's function for one test cell.

What the catalogue does may be kept for other processes (``RECALL``). Knows no mistake by name, and
does not compare what it has seen.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, MutableMapping
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any

from autograder.checks.exercise import Exercise
from autograder.checks.exercises import EXERCISES
from autograder.checks.judge import Raised
from autograder.diagnosis.catalogue import in_scope
from autograder.diagnosis.catalogue.entry import combined
from autograder.diagnosis.observe import Probe, Seen, probes, rule_of, watch

Behaviour = list[tuple[Probe, Seen]]

# By an exercise's id, a mapping of names to plain values that outlives this process.
RECALL: ContextVar[Callable[[str], MutableMapping[str, Any]] | None] = ContextVar(
    "recall", default=None
)
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

    A probe is itself alone, and has a name.
    """
    exercise, recall = EXERCISES[exercise_id], RECALL.get()
    if recall is None:
        return watch(exercise, combined(exercise_id, variants), [probe])[0]
    shelf, forms = recall(exercise_id), _forms(exercise_id)
    name = f"{' '.join(str(forms[variant]) for variant in variants)}: {probe.name}"
    if name in shelf:
        return _read(exercise, shelf[name])
    (seen,) = watch(exercise, combined(exercise_id, variants), [probe])
    shelf[name] = _written(seen)
    return seen


@lru_cache(maxsize=256)
def _forms(exercise_id: str) -> dict[Any, int]:
    # Each form of each mistake, numbered: what a form is called is no name, many have the same.
    forms = (v for mistake in in_scope(exercise_id) for v in mistake.variants_in(exercise_id))
    return {form: number for number, form in enumerate(dict.fromkeys(forms))}


def _written(seen: Seen) -> tuple[Any, ...]:
    later = None if seen.later is None else tuple(map(_plain, seen.later))
    return _plain(seen.result), seen.changed, seen.shared, later, seen.refusal


def _read(exercise: Exercise, written: tuple[Any, ...]) -> Seen:
    result, changed, shared, later, refusal = written
    found = None if later is None else (_whole(later[0]), _whole(later[1]))
    return Seen(_whole(result), changed, shared, found, refusal, rule_of(exercise))


def _plain(result: Any) -> tuple[Any, ...]:
    return result.plain() if isinstance(result, Raised) else ("returned", result)


def _whole(plain: tuple[Any, ...]) -> Any:
    return plain[1] if plain[0] == "returned" else Raised.of(plain)


@lru_cache(maxsize=256)
def _probes(exercise_id: str, seed: str, extra: int) -> list[Probe]:
    return probes(EXERCISES[exercise_id], seed, extra)
