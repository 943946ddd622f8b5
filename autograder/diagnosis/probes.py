"""How probes are judged: each wrong implementation must be exposed by one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.checks.answers import Oracle
from autograder.checks.call import Call
from autograder.checks.compare import WHOLE, Rule, describe, difference, name_of
from autograder.checks.exercise import Exercise
from autograder.checks.exercises import EXERCISES
from autograder.checks.judge import Raised, outcome
from autograder.checks.probes import Probes
from autograder.checks.verdict import CaseResult
from autograder.diagnosis.catalogue import CATALOGUE, right
from autograder.diagnosis.catalogue.entry import combined

# Many implementations have to run every probe, and float64 has to hold its results exactly.
LARGEST_PROBE = 5_000  # numbers in one array
LARGEST_OPTION = 20
LARGEST_VALUE = 1e12
MOST_PLACES = 200_000  # where a wrong implementation could put an output: padded, at stride 1
MOST_PRODUCTS = 50_000_000  # that it could add up in them

Judged = list[tuple[Call, Any]]  # calls with their right results


def judge_probes(
    exercise: Exercise, value: Any, oracles: Mapping[str, Oracle] | None = None
) -> list[CaseResult]:
    """A case for each wrong implementation: is it exposed by some probe?

    oracles  the judges of a hidden check, by exercise; the catalogue's own recipes are always asked
    """
    question: Probes = exercise.question
    calls, told = _legal(question, value, oracles or {})
    cases = []
    for number, identity in enumerate(question.wrong, start=1):
        name = f"{number}. {CATALOGUE[identity].name}"
        found = not told and _exposed(question, identity, calls)
        message = "" if found else f"{exercise.id}: {told or f'not exposed: {name}'}"
        cases.append(CaseResult(name, found, message))
    return cases


def _exposed(question: Probes, identity: str, calls: Mapping[str, Judged]) -> bool:
    # In every function in which the mistake can be made, and in every form that the question means.
    for name in question.of:
        for variant in CATALOGUE[identity].variants_in(name)[: question.forms]:
            function = combined(name, (variant,))
            if not any(_differs(function, call, expected) for call, expected in calls[name]):
                return False
    return True


def _legal(
    question: Probes, value: Any, oracles: Mapping[str, Oracle]
) -> tuple[dict[str, Judged], str]:
    # Function -> the probes as calls with their right results, or a line on why they are no use.
    calls: dict[str, Judged] = {name: [] for name in question.of}
    if isinstance(value, Raised):
        return calls, str(value)
    if type(value) not in (list, tuple):
        return calls, f"returned {describe(value)}; return a list of calls, each a dictionary"
    if not 1 <= len(value) <= question.most:
        return calls, f"{len(value)} calls; use at least one and at most {question.most}"
    for number, probe in enumerate(value, start=1):
        try:
            plain, told = _plain(question, probe)
        except Exception as error:  # a probe is an object of theirs, and may do anything
            plain, told = {}, f"cannot be read ({name_of(type(error))})"
        if told:
            return calls, f"call {number}: {told}"
        for name in question.of:
            if name != question.of[0] and "grad_output" not in plain:
                continue  # a probe without a gradient asks about the forward pass alone
            call = _call(name, plain)
            with np.errstate(all="ignore"):
                result = outcome(right(name), call).result
            told = _trouble(call, result, oracles.get(name))
            if told:
                return calls, f"call {number} {told}: {call}"
            calls[name].append((call, result))
    return calls, ""


def _trouble(call: Call, result: Any, oracle: Oracle | None) -> str:
    # Why a call tells nobody apart, in a few words; empty where it may.
    if isinstance(result, Raised):
        return f"is refused by the right {call.function} ({result.text})"
    arrays = result if type(result) is tuple else (result,)
    largest = max(float(np.max(np.abs(array), initial=0)) for array in arrays)
    if not largest <= LARGEST_VALUE:
        return "has a result too large to compare: use smaller numbers"
    if oracle is not None and _judged_otherwise(oracle, call, result):
        return "is not one on which right implementations agree"
    return ""


def _judged_otherwise(oracle: Oracle, call: Call, result: Any) -> bool:
    try:
        return difference(result, oracle(call), Rule(rtol=1e-6)) is not None
    except Exception:  # torch or the reference refuses it
        return True


def _parameters(name: str) -> tuple[str, ...]:
    family = EXERCISES[name].family
    assert family is not None
    return family.parameters


def _call(name: str, plain: Mapping[str, Any]) -> Call:
    taken = {key: plain[key] for key in _parameters(name) if key in plain}
    return Call(EXERCISES[name].function, (), taken)


def _plain(question: Probes, probe: Any) -> tuple[dict[str, Any], str]:
    # A probe's arguments as plain values, or what is wrong with it.
    functions = " and ".join(EXERCISES[name].function for name in question.of)
    if type(probe) is not dict:
        return {}, f"is {describe(probe)}; it must be a dictionary of the arguments of {functions}"
    known = {parameter for name in question.of for parameter in _parameters(name)}
    plain: dict[str, Any] = {}
    for name, value in probe.items():
        if type(name) is not str or name not in known:
            shown = repr(name[:40]) if type(name) is str else describe(name)
            return {}, f"{shown} is not an argument of {functions}"
        if value is None and name in ("bias", "grad_output"):
            continue
        if name in ("input", "weight", "bias", "grad_output"):
            plain[name], told = _array(value)
        else:
            plain[name], told = _option(name, value)
        if told:
            return {}, f"{name} {told}"
    missing = [name for name in ("input", "weight") if name not in plain]
    if missing:
        return {}, f"has no array called {' or '.join(missing)}"
    if plain["input"].ndim != 4 or plain["weight"].ndim != 4:
        return {}, "input and weight need four axes: (N, C_in, H, W) and (C_out, C_in, kH, kW)"
    if 0 in (*plain["input"].shape, *plain["weight"].shape):
        return {}, "input and weight must not be empty"
    if plain.get("padding") == "same" and plain.get("stride", 1) not in (1, (1, 1)):
        return {}, "padding 'same' needs stride 1"
    places, products = _effort(plain)
    if places > MOST_PLACES or products > MOST_PRODUCTS:
        return {}, "is too large a layer to try on every implementation: use smaller sizes"
    return plain, ""


def _effort(plain: Mapping[str, Any]) -> tuple[int, int]:
    # How many places and products it takes at most: small arrays can make a very large layer.
    input, weight = plain["input"], plain["weight"]
    sides = []
    for axis in (0, 1):
        dilation = _of_axis(plain.get("dilation", 1), axis)
        padding = _of_axis(plain.get("padding", 0), axis)
        reach = dilation * (weight.shape[2 + axis] - 1)
        sides.append(input.shape[2 + axis] + reach + 2 * (padding if type(padding) is int else 0))
    channels = max(input.shape[1], weight.shape[0])
    places = input.shape[0] * channels * sides[0] * sides[1]
    return places, places * weight[0].size


def _of_axis(option: Any, axis: int) -> Any:
    # An option's number for one axis, or the word that it is.
    return option[axis % len(option)] if type(option) is tuple else option


def _array(value: Any) -> tuple[Any, str]:
    # A probe's array as float64, or what is wrong with it.
    if type(value) is list:
        value = np.array(value)
    if type(value) is not np.ndarray:
        return None, f"is {describe(value)}; give an array"
    if value.dtype.kind not in "iuf":
        return None, f"is {describe(value)}; give numbers"
    if value.size > LARGEST_PROBE:
        return None, f"has {value.size} numbers; at most {LARGEST_PROBE} are allowed"
    if not np.all(np.isfinite(value)):
        return None, "holds a value that is not a number"
    return value.astype(np.float64), ""


def _option(name: str, value: Any) -> tuple[Any, str]:
    # A probe's option as an int, a pair of ints or a word, or what is wrong with it.
    if name == "padding" and type(value) is str and value in ("same", "valid"):
        return value, ""
    numbers = tuple(value) if type(value) in (tuple, list) and name != "groups" else (value,)
    if not all(type(n) in WHOLE for n in numbers) or len(numbers) not in (1, 2):
        return None, f"is {describe(value)}; give a whole number or a pair of them"
    numbers = tuple(int(n) for n in numbers)
    least = 0 if name == "padding" else 1
    if not all(least <= n <= LARGEST_OPTION for n in numbers):
        return None, f"must be from {least} to {LARGEST_OPTION}"
    return (numbers if type(value) in (tuple, list) else numbers[0]), ""


def _differs(function: Callable[..., Any], call: Call, expected: Any) -> bool:
    with np.errstate(all="ignore"):
        result = outcome(function, call).result
    if isinstance(result, Raised):
        return result.kind != "MemoryError"  # our machine's limit is no mistake of theirs
    return difference(result, expected, Rule(rtol=1e-9)) is not None
