"""How forward/backward pairs are judged: do they fool their testers, and are they wrong?

The learner's functions run beside the learner's code, by the question's driver. What comes out of
them is compared here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.cases import generator
from autograder.checks.compare import Rule, difference
from autograder.checks.exercise import Exercise
from autograder.checks.judge import NotAttempted, Raised, outcome
from autograder.checks.pairs import Pairs, Tester, Trial
from autograder.checks.verdict import CaseResult
from autograder.diagnosis.recipes.gradient_check import correlation, gradients

TRIALS = 3
STEP = 1e-4
CLOSE = Rule(rtol=1e-9)
CLOSE_TO_NUMERICAL = Rule(rtol=1e-5)
VALUES = ("output", "grad_input", "grad_weight")
Results = tuple[np.ndarray, np.ndarray, np.ndarray]  # of one trial, in this order


class Unusable(Exception):
    """A pair that cannot be tried; the text says why."""


class Unwritten(Unusable):
    """A pair that is still a stub."""


def judge_pairs(exercise: Exercise, given: Any, seed: object) -> list[CaseResult]:
    """A case for each tester: is the learner's pair accepted there, and wrong all the same?

    given  the learner's function, or the dictionary that it returns. NotAttempted for a stub.
    """
    question: Pairs = exercise.question
    cases, unwritten = [], 0
    for tester in question.testers:
        rng = generator(seed, f"{exercise.id}:{tester.name}")
        try:
            told = _judged(exercise, given, tester, rng)
        except Unusable as reason:
            told = str(reason)
            unwritten += isinstance(reason, Unwritten)
        message = f"{exercise.id}: {tester.name!r}: {told}" if told else ""
        cases.append(CaseResult(tester.name, not told, message))
    if unwritten == len(cases):
        raise NotAttempted
    return cases


def _judged(exercise: Exercise, given: Any, tester: Tester, rng: np.random.Generator) -> str | None:
    # One line on what is missing, or None.
    question: Pairs = exercise.question
    wide = [question.draw(rng) for _ in range(TRIALS)]
    if tester.compares == "own forward":
        outputs = [output for output, _, _ in _steady(exercise, given, tester, wide, rng)]
        if all(_same(y, correlation(x, w)) for y, (x, w, _) in zip(outputs, wide, strict=True)):
            return "its forward is the cross-correlation; it has to be another one"
        points = [_point(trial, rng) for trial in wide]
        rejections = [_numerical(exercise, given, tester, point) for point in points]
        # A single point may lie on a kink of theirs: two of three are enough.
        rejections = [told for told in rejections if told]
        return rejections[0] if len(rejections) > 1 else None
    trials = [*(tester.draw(rng) for _ in range(TRIALS)), *wide]
    tried = _steady(exercise, given, tester, trials, rng)
    for (output, _, _), trial in zip(tried, trials, strict=True):
        told = difference(output, correlation(*trial[:2]), CLOSE)
        if told:
            return f"its forward has to be the cross-correlation: {told}"
    compared = [_compared(*pair) for pair in zip(tried, trials, strict=True)]
    for name, got, right in chain(*compared[:TRIALS]):
        told = _accepted(tester, got, right)
        if told:
            return f"the tester rejects it: {name} {told}"
    found = any(not _same(got, right) for _, got, right in chain(*compared[TRIALS:]))
    return None if found else "its backward is right; it has to be wrong"


def _steady(
    exercise: Exercise, given: Any, tester: Tester, trials: list[Trial], rng: np.random.Generator
) -> list[Results]:
    # What comes of each trial. Each is made twice by the same functions, and all of them once more
    # by functions that are made anew, in an order that nobody can count on.
    tried: dict[int, Results] = {}
    for place in (*rng.permutation(len(trials)), *rng.permutation(len(trials))):
        rows = zip(*_tried(exercise, given, tester, [trials[place]] * 2), strict=True)
        for results in rows:
            if not all(map(_same, results, tried.setdefault(place, results))):
                raise Unusable("called again with the same arguments, it returns something else")
    return [tried[place] for place in range(len(trials))]


def _compared(results: Results, trial: Trial) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    # Each gradient's name, what it is and what it should be.
    return zip(VALUES[1:], results[1:], gradients(trial[2], *trial[:2]), strict=True)


def _accepted(tester: Tester, got: np.ndarray, right: np.ndarray) -> str | None:
    if tester.compares == "totals":
        got, right = np.sum(got, keepdims=True), np.sum(right, keepdims=True)
    told = difference(got, right, CLOSE)
    return f"adds up to {got.item():g}, not to {right.item():g}" if told and got.size == 1 else told


def _point(trial: Trial, rng: np.random.Generator) -> Trial:
    # Small random numbers: a forward that saturates has a slope there still.
    x, w, g = (rng.standard_normal(array.shape) for array in trial)
    return x, w, g


def _numerical(exercise: Exercise, given: Any, tester: Tester, trial: Trial) -> str | None:
    # How the gradients differ from central differences of the pair's own forward, or None.
    x, w, g = trial
    steps = [(STEP * one.reshape(x.shape), 0 * w) for one in np.eye(x.size)]
    steps += [(0 * x, STEP * one.reshape(w.shape)) for one in np.eye(w.size)]
    places = [(x, w, g)] + [(x + s * u, w + s * v, g) for s in (1, -1) for u, v in steps]
    outputs, grad_inputs, grad_weights = _tried(exercise, given, tester, places)
    losses = np.sum(outputs[1:] * g, axis=(1, 2)).reshape(2, -1)
    slopes = (losses[0] - losses[1]) / (2 * STEP)
    pairs = (grad_inputs[0], slopes[: x.size]), (grad_weights[0], slopes[x.size :])
    for name, (got, expected) in zip(VALUES[1:], pairs, strict=True):
        told = difference(got, expected.reshape(got.shape), CLOSE_TO_NUMERICAL)
        if told:
            return f"the tester rejects it: {name} is not the gradient of its own forward: {told}"
    return None


def _tried(
    exercise: Exercise, given: Any, tester: Tester, trials: list[Trial]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # (outputs, grad_inputs, grad_weights), float64, a row for each trial.
    stacks = [np.stack(arrays).astype(np.float64) for arrays in zip(*trials, strict=True)]
    names = ("name", "inputs", "weights", "grad_outputs")
    call = Call(exercise.function, (tester.name, *stacks), {}, names, exercise.question.driver)
    with np.errstate(all="ignore"):
        result, changed, _ = outcome(given, call)
    if isinstance(result, Raised):
        raise (Unwritten if result.kind == "NotImplementedError" else Unusable)(str(result))
    if changed:
        raise Unusable(f"it changes its arguments ({changed})")
    if type(result) is not tuple or len(result) != 3:
        raise Unusable("it does not return an output and two gradients")
    shapes = (stacks[2].shape, stacks[0].shape, stacks[1].shape)
    for name, got, shape in zip(VALUES, result, shapes, strict=True):
        # A NumPy array of numbers, of the right shape: what it holds is looked at later.
        told = difference(got, np.zeros(shape), Rule(rtol=np.inf))
        if told and "values differ" not in told:
            raise Unusable(f"{name}: {told} (the first axis counts the trials)")
    outputs, grad_inputs, grad_weights = (array.astype(np.float64) for array in result)
    return outputs, grad_inputs, grad_weights


def _same(got: np.ndarray, right: np.ndarray) -> bool:
    return difference(got, right, CLOSE) is None
