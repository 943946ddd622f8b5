"""What an exercise is, and how its cases come about. Knows no exercise by name.

An exercise is declared by *configurations*: small dictionaries such as
``{"H": 7, "W": 5, "kH": 3, "kW": 2, "stride": 2}``. ``build`` turns one into a call with
integer-valued arrays, so the same words describe a visible case, a hidden one and the
counterexample that a diagnosis shrinks. A configuration may carry these keys beside its own:

about   what the case is about, for the learner
dtype   a key of DTYPES: "float64" (default), "float32", "integers" (an integer input meets
        fractional weights), …, "normal" (from the normal distribution, compared with a tolerance)
layout  "C" (default), "Fortran", "reversed" or "every second": how the arrays lie in memory
twice   True: the call is made again after another one, and both results must be right and stay so
refuse  the name of a spoiler: the call is spoilt in that way and must raise a ValueError
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from autograder.checks.call import Call, Source, strided
from autograder.checks.compare import Rule

Config = Mapping[str, Any]
META = ("about", "dtype", "layout", "twice", "refuse")


@dataclass(frozen=True)
class Spoiler:
    """Turns a good call into one that must be refused.

    change  the good call -> the bad one
    sizes   the good call -> the numbers of which the ValueError's message must name at least one
    """

    change: Callable[[Call], Call]
    sizes: Callable[[Call], tuple[int, ...]]


@dataclass(frozen=True)
class Family:
    """What the stages of one function share.

    function    the function's name
    parameters  its parameters' names in order
    build       configuration, generator -> call
    draw        generator -> a random valid configuration, every option used
    valid       does the configuration describe a legal call?
    simplest    the smallest value of each key: where shrinking ends
    torch       the imported torch module -> a function with the same signature, NumPy in and out;
                None where torch has no such thing, and the reference alone is the judge. Where
                there is a driver: what it returns for torch's own object, from the same arguments
    spoilers    ways to spoil a call, by name
    axes        names of the result's axes
    driver      how a call is made where a plain one does not say enough (see ``Call``)
    rtol        the largest relative error of a right result, where the arithmetic is not exact
    results     for a tuple of results: the name of each, and the names of its axes
    holds       for results of which many are right (a network that has learned): what is wrong with
                one, in a line, or None. Then nothing is stored, drawn at random or asked of torch
    """

    function: str
    parameters: tuple[str, ...]
    build: Callable[[Config, np.random.Generator], Call]
    draw: Callable[[np.random.Generator], dict[str, Any]]
    valid: Callable[[Config], bool]
    simplest: Config
    torch: Callable[[Any], Callable[..., Any]] | None
    spoilers: Mapping[str, Spoiler] = field(default_factory=dict)
    axes: tuple[str, ...] = ("N", "C_out", "H_out", "W_out")
    driver: Source | None = None
    rtol: float = 0.0
    results: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    holds: Callable[[Config, Call, Any], str | None] | None = None


@dataclass(frozen=True)
class Exercise:
    """One graded exercise, or one stage of it.

    id          what ``examine`` takes: ``"conv2d"``, ``"conv2d.groups"``
    assignment  the notebook it belongs to: ``"02-layer"``
    title       a few words
    kind        "A" a function that is judged call by call, "Q" an answer, "P" probes
    difficulty  1 to 5; minutes: an honest estimate for this stage alone
    section     the part of the book that derives it: ``"02-layer#groups"``
    family      what its stages share (kinds A)
    visible     configurations of the checks that everyone sees
    options     what this stage leaves at its default when hidden cases are drawn
    allowed     may a drawn configuration be used in this stage?
    same_dtype  must results have exactly ``np.result_type`` of the arrays? (else: hold it safely)
    question    for kinds Q and P: what is asked, in the form that the kind's judge knows
    """

    id: str
    assignment: str
    title: str
    kind: str
    difficulty: int
    minutes: int
    section: str
    family: Family | None = None
    visible: tuple[Config, ...] = ()
    options: Config = field(default_factory=dict)
    allowed: Callable[[Config], bool] = lambda config: True
    same_dtype: bool = False
    question: Any = None

    @property
    def function(self) -> str:
        """The name that the learner defines."""
        return self.id.partition(".")[0]

    @property
    def rtol(self) -> float:
        """The largest relative error of a right result on whole numbers; 0.0 where it is exact."""
        return self.family.rtol if self.family is not None else 0.0

    @property
    def stage(self) -> str:
        """What follows the dot; empty for the base stage."""
        return self.id.partition(".")[2]

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """A random valid configuration within this stage's options."""
        assert self.family is not None
        while True:
            config = {**self.family.draw(rng), **self.options}
            if self.family.valid(config) and self.allowed(config):
                return config

    def build(self, config: Config, rng: np.random.Generator) -> Call:
        """The call that a configuration describes, with values from ``rng`` and its layout."""
        assert self.family is not None
        call = replace(self.family.build(config, rng), driver=self.family.driver)
        return laid_out(call, config)

    def rule(self, config: Config, call: Call) -> Rule:
        """What equality means for this configuration."""
        assert self.family is not None
        if self.family.holds is not None:
            return Rule(holds=partial(self.family.holds, config, call))
        rtol = 0.0
        kinds = {array.dtype for _, array in call.arrays()}
        if np.dtype(np.float32) in kinds and len(kinds) > 1:
            # An FFT of the float32 part is right to float32, whatever the result's dtype.
            rtol = 1e-4
        elif config.get("dtype") == "normal":
            largest = max((array.size for _, array in call.arrays()), default=1)
            rtol = 1e-10 * float(np.sqrt(largest))
        return Rule(max(rtol, self.rtol), self.same_dtype, tuple(self.family.results))


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Fortran": np.asfortranarray,
    "reversed": lambda array: strided(array, (-1,) * array.ndim),
    "every second": lambda array: strided(array, (2,) * array.ndim),
}


def laid_out(call: Call, config: Config) -> Call:
    """``call`` with its arrays in the memory layout that the configuration names."""
    layout = config.get("layout", "C")
    return call if layout == "C" else call.mapped(LAYOUTS[layout])


def integers(rng: np.random.Generator, shape: tuple[int, ...], largest: int = 4) -> np.ndarray:
    """Float64 array of whole numbers from -largest to largest, none of them zero.

    A zero would hide whatever it is multiplied with.
    """
    magnitude = rng.integers(1, largest + 1, size=shape)
    return (magnitude * rng.choice([-1, 1], size=shape)).astype(np.float64)


# What each of input, weight and bias (or grad_output) is. Halves are exact in binary; an output
# array made from an integer input would lose them.
DTYPES: dict[str, tuple[str, str, str]] = {
    "float64": ("float64", "float64", "float64"),
    "float32": ("float32", "float32", "float32"),
    "integers": ("int64", "halves", "halves"),
    "all integers": ("int64", "int64", "int64"),
    "float32 input": ("float32", "float64", "float64"),
    "float32 weight": ("float64", "float32", "float32"),
    "float64 bias": ("float32", "float32", "float64"),
    "integer weight": ("halves", "int64", "halves"),
    "integer grad_output": ("halves", "halves", "int64"),
    "float32 grad_output": ("float64", "float64", "float32"),
    "large": ("large float64",) * 3,
    "large integers": ("large int64",) * 3,
    "normal": ("normal", "normal", "normal"),
}
# A product has more digits than float32 and int32 hold, and sums are exact in float64.
LARGE = 2**17
INPUT, WEIGHT, BIAS = 0, 1, 2
GRAD_OUTPUT = BIAS  # no call has both


def values(
    rng: np.random.Generator, shape: tuple[int, ...], config: Config, role: int, largest: int = 4
) -> np.ndarray:
    """An argument's values as the configuration's ``dtype`` asks, for INPUT, WEIGHT, BIAS or
    GRAD_OUTPUT.
    """
    dtype = DTYPES[config.get("dtype", "float64")][role]
    if dtype == "normal":
        return rng.standard_normal(shape)
    if dtype.startswith("large"):
        return integers(rng, shape, LARGE).astype(dtype.removeprefix("large "))
    array = integers(rng, shape, largest)
    return array + 0.5 if dtype == "halves" else array.astype(dtype)


def named(config: Config) -> str:
    """What a case is called: its ``about``, or the options that are not at their defaults."""
    if "about" in config:
        return str(config["about"])
    defaults = {
        "stride": 1,
        "padding": 0,
        "output_padding": 0,
        "dilation": 1,
        "groups": 1,
        "bias": False,
        "value": 0.0,
    }
    parts = [
        f"{key} {config[key]}" if key != "bias" else "bias"
        for key in defaults
        if key in config and config[key] != defaults[key]
    ]
    # A word, such as which function is passed, says what it is without its key.
    known = (*META, *defaults)
    parts += [v for key, v in config.items() if isinstance(v, str) and v and key not in known]
    return ", ".join(parts) or "plain"
