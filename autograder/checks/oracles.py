"""Who knows the right answer to a hidden call: torch, the reference solution, or both.

torch is imported here and nowhere else in this package, and only when a judge is asked for.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks.answers import Oracle
from autograder.checks.call import Call
from autograder.checks.compare import Rule, difference
from autograder.checks.exercise import Exercise
from autograder.checks.reference import ReferenceMissing, reference


class NoOracle(RuntimeError):
    """Neither torch nor the reference is at hand: a fault of the set-up, not of the learner."""


def torch_is_loaded() -> bool:
    """Whether this process has torch already, all of it: importing it takes seconds."""
    return hasattr(sys.modules.get("torch"), "nn")


def torch_oracle(exercise: Exercise) -> Oracle:
    """Call -> what PyTorch returns for it. ImportError where torch cannot be imported.

    LookupError where torch has no such function.
    """
    assert exercise.family is not None
    if exercise.family.torch is None:
        raise LookupError(f"torch has nothing to hold {exercise.id} against")
    import torch

    function = exercise.family.torch(torch)
    # Where there is a driver, the family says what comes out of it: torch's objects are its own.
    return lambda call: replace(call, driver=None).on(function)


def judges(exercise: Exercise, both: bool = True) -> Oracle:
    """Call -> the right answer, from torch and the reference, which must agree.

    One of them is enough; NoOracle where neither is there.

    both  False: torch only where the reference is not there
    """
    if exercise.family is not None and exercise.family.holds is not None:
        return lambda call: None  # there is no one right answer
    oracles: list[Oracle] = []
    with contextlib.suppress(ReferenceMissing):
        function = reference(exercise.id)
        oracles.append(lambda call: call.on(function))
    if both or not oracles:
        # ValueError: somebody put a stub there.
        with contextlib.suppress(ImportError, ValueError, LookupError):
            oracles.append(torch_oracle(exercise))
    if not oracles:
        raise NoOracle(
            f"hidden checks of {exercise.id} need torch or the solutions folder, and neither is "
            "here. Install torch, or set AUTOGRADER_SOLUTIONS to the solutions folder."
        )

    def judge(call: Call) -> Any:
        answers = [oracle(call) for oracle in oracles]
        for other in answers[1:]:
            told = difference(answers[0], other, Rule(rtol=max(1e-5, exercise.rtol)))
            if told:
                raise AssertionError(f"torch and the reference disagree on {call}: {told}")
        # The first one is the reference where it is there: its dtype is what the contract promises.
        return answers[0]

    return judge


def through_torch(torch: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy arrays that calls ``function`` on tensors of one common dtype.

    It returns an array, or a tuple of arrays where ``function`` returns a tuple.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        arrays = [a for a in (*args, *kwargs.values()) if isinstance(a, np.ndarray)]
        dtype = np.result_type(*arrays)
        exact = dtype if dtype.kind == "f" else np.dtype(np.float64)

        def tensor(value: Any) -> Any:
            if not isinstance(value, np.ndarray):
                return value
            return torch.from_numpy(np.ascontiguousarray(value, dtype=exact))

        with warnings.catch_warnings():
            # 'same' with an even kernel makes torch warn of a copy; a line on stderr would cost a
            # learner the points of the cell in stock nbgrader.
            warnings.simplefilter("ignore")
            result = function(*map(tensor, args), **{k: tensor(v) for k, v in kwargs.items()})
        if isinstance(result, tuple):
            return tuple(np.asarray(part.numpy().astype(dtype)) for part in result)
        return np.asarray(result.numpy().astype(dtype))

    return call
