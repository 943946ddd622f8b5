"""Turns an exercise's configurations into cases with expected results, visible or hidden.

Visible expected results are stored (``record`` writes them), so they need neither torch nor the
reference. Hidden ones are drawn from a secret seed and judged by torch and the reference.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from autograder.checks.answers import Oracle
from autograder.checks.call import Call, decode, doubled
from autograder.checks.compare import Rule
from autograder.checks.exercise import Config, Exercise, Spoiler, laid_out, named

RANDOM_CASES = 16  # drawn at random in a hidden check, beside the visible ones with fresh values
TRIES = 20  # at values whose result is not zero throughout; there may be none


@dataclass(frozen=True)
class Case:
    """A call, what it must return, and what else must hold of it."""

    name: str
    call: Call
    expected: Any
    rule: Rule
    config: Config
    twice: bool = False
    again: Any = None  # for a case made twice: what the call with doubled arrays returns
    spoiler: Spoiler | None = None


def visible_cases(exercise: Exercise, torch: Oracle | None = None) -> list[Case]:
    """The stored cases of an exercise, and parity with torch where ``torch`` knows its answers."""
    assert exercise.family is not None
    if exercise.family.holds is not None:
        return hidden_cases(exercise, "visible", lambda call: None)
    stored = _stored(exercise.assignment).get(exercise.id)
    if stored is None or len(stored) != len(exercise.visible):
        raise LookupError(
            f"{exercise.id}: the stored cases do not match the exercise; run `autograder release`"
        )
    cases = []
    for config, item in zip(exercise.visible, stored, strict=True):
        args = tuple(decode(value) for value in item["args"])
        kwargs = {name: decode(value) for name, value in item["kwargs"].items()}
        call = Call(
            exercise.function, args, kwargs, exercise.family.parameters, exercise.family.driver
        )
        again = decode(item.get("again"))
        expected = decode(item["expected"])
        cases.append(_case(exercise, config, laid_out(call, config), expected, again))
    return cases + (parity_cases(exercise, torch) if torch else [])


def parity_cases(exercise: Exercise, oracle: Oracle, count: int = 2) -> list[Case]:
    """Random float64 calls judged by torch."""
    rng = generator("parity", exercise.id)
    configs = [
        {**exercise.draw(rng), "dtype": "normal", "about": "agrees with torch"}
        for _ in range(count)
    ]
    return [_judged(exercise, config, rng, oracle) for config in configs]


def hidden_cases(exercise: Exercise, seed: object, oracle: Oracle) -> list[Case]:
    """The visible configurations with fresh values and random ones, expected by ``oracle``."""
    rng = generator(seed, exercise.id)
    configs: list[Config] = list(exercise.visible)
    if exercise.family is not None and exercise.family.holds is not None:
        return [_judged(exercise, config, rng, oracle) for config in configs]
    configs += [exercise.draw(rng) for _ in range(RANDOM_CASES)]
    configs += [{**exercise.draw(rng), "dtype": "normal"} for _ in range(2)]
    return [_judged(exercise, config, rng, oracle) for config in configs]


def generator(seed: object, exercise_id: str) -> np.random.Generator:
    """A generator that depends on all of a seed of any kind and on the exercise."""
    digest = hashlib.sha256(f"{seed}:{exercise_id}".encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))


def _judged(exercise: Exercise, config: Config, rng: np.random.Generator, oracle: Oracle) -> Case:
    for _ in range(TRIES):
        call = exercise.build(config, rng)
        expected = oracle(call)
        if _tells(expected):
            break
    again = oracle(call.mapped(doubled)) if config.get("twice") else None
    return _case(exercise, config, call, expected, again)


def _tells(expected: Any) -> bool:
    # Four products can add up to nothing, and nothing is what a function that does none returns.
    results = expected if isinstance(expected, tuple) else (expected,)
    arrays = [result for result in results if isinstance(result, np.ndarray)]
    return not arrays or any(array.any() for array in arrays)


def _case(exercise: Exercise, config: Config, call: Call, expected: Any, again: Any) -> Case:
    assert exercise.family is not None
    return Case(
        name=named(config),
        call=call,
        expected=expected,
        rule=exercise.rule(config, call),
        config=config,
        twice=bool(config.get("twice")),
        again=again,
        spoiler=exercise.family.spoilers[config["refuse"]] if "refuse" in config else None,
    )


@cache
def _stored(assignment: str) -> dict[str, Any]:
    path = resources.files("autograder.checks") / "cases" / f"{assignment}.json"
    if not path.is_file():
        return {}
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data
