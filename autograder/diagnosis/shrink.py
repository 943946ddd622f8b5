"""Makes a failing call small: every size and option is lowered as long as the call still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

from autograder.checks.call import Call
from autograder.checks.cases import generator
from autograder.checks.exercise import Config, Exercise
from autograder.checks.exercises import EXERCISES
from autograder.diagnosis.catalogue import right
from autograder.diagnosis.observe import Probe, Seen, same, same_values, watch

TRIES = 200  # calls of the function at most


def smallest(exercise: Exercise, function: Callable[..., Any], config: Config) -> Call | None:
    """The smallest call found from ``config`` on which ``function`` fails, or None.

    "Fails" means other than the recipe: in value or, where this exercise grades them, in dtype,
    changed arguments, views of arguments and refusals.
    """
    assert exercise.family is not None
    best: Config | None = None
    candidates: Iterator[Config] = iter([config])
    left = TRIES
    while left > 0:
        failing, made = _first_failing(exercise, function, islice(candidates, left))
        if failing is None:
            break
        left -= made
        best = failing
        candidates = filter(exercise.family.valid, _smaller(best, exercise.family.simplest))
    if best is None:
        return None
    call = _probe(exercise.id, _Candidate(repr(best), best)).call
    return exercise.family.spoilers[best["refuse"]].change(call) if "refuse" in best else call


def _first_failing(
    exercise: Exercise, function: Callable[..., Any], candidates: Iterator[Config]
) -> tuple[Config | None, int]:
    # And how many calls were made: twice as many together each time, for mostly an early one fails,
    # and where none does, all are needed.
    made, together = 0, 1
    while several := [_Candidate(repr(c), c) for c in islice(candidates, together)]:
        found = watch(exercise, function, [_probe(exercise.id, name) for name in several])
        made += len(several)
        for name, seen in zip(several, found, strict=True):
            if _fails(exercise, seen, _true(exercise.id, name)):
                return name.config, made
        together *= 2
    return None, made


def _fails(exercise: Exercise, seen: Seen, true: Seen) -> bool:
    if not same_values(seen, true) or seen.changed or seen.shared:
        return True
    return seen.refusal != true.refusal or (exercise.same_dtype and not same(seen, true))


@dataclass(frozen=True)
class _Candidate:
    """A configuration as part of a name: equal where the text is, which tells 1 from True."""

    text: str
    config: Config = field(compare=False)


# What is called, and what is right, is the same for every learner, and their calls shrink through
# the same ones.


@lru_cache(maxsize=10_000)
def _probe(exercise_id: str, candidate: _Candidate) -> Probe:
    # The same generator each time: a smaller call differs in what was made smaller, nothing else.
    rng = generator("smallest", exercise_id)
    return Probe(candidate.config, EXERCISES[exercise_id].build(candidate.config, rng))


@lru_cache(maxsize=10_000)
def _true(exercise_id: str, candidate: _Candidate) -> Seen:
    probe = _probe(exercise_id, candidate)
    (seen,) = watch(EXERCISES[exercise_id], right(exercise_id), [probe])
    return seen


def _smaller(config: Config, simplest: Config) -> Iterator[Config]:
    for key in ("refuse", "twice", "layout", "dtype"):
        if key in config:
            yield {k: v for k, v in config.items() if k != key}
    for key, least in simplest.items():
        value = config.get(key, least)
        for lower in _lower(value, least):
            yield {**config, key: lower}


def _lower(value: Any, least: Any) -> Iterator[Any]:
    if value == least:
        return
    yield least
    if isinstance(value, tuple):
        for place in range(len(value)):
            for lower in _lower(value[place], least):
                yield (*value[:place], lower, *value[place + 1 :])
    elif isinstance(value, int) and isinstance(least, int) and not isinstance(value, bool):
        if value - least > 2:
            yield (value + least) // 2
        yield value - 1
