"""Judges of gradients that are too kind in one respect are refused, by every set of checks."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder import examine
from autograder.checks.compare import Rule, difference


def gradient(fits: Callable[[Any, Any], bool], dtype: Any = np.float64) -> Callable[..., Any]:
    """A numerical gradient for which ``fits`` says whether f(x) and grad_output have one shape."""

    def numerical_gradient(f: Any, x: Any, grad_output: Any, eps: float = 1e-6) -> Any:
        x = np.array(x, dtype=dtype if np.asarray(x).dtype == np.float32 else np.float64)
        grad_output, result = np.asarray(grad_output, dtype=np.float64), np.zeros(x.shape)

        def loss() -> Any:
            y = np.asarray(f(x.copy()), dtype=np.float64)
            if not fits(y, grad_output):
                raise ValueError(f"f(x) has the shape {y.shape}, grad_output {grad_output.shape}")
            same = y.size == grad_output.size
            return (y.ravel() * grad_output.ravel() if same else y * grad_output).sum()

        for place in np.ndindex(x.shape):
            kept, ends, losses = x[place], [], []
            for step in (eps, -eps):
                x[place] = kept + step
                ends.append(float(x[place]))
                losses.append(loss())
            x[place] = kept
            result[place] = (losses[0] - losses[1]) / ((ends[0] - ends[1]) or 1)
        return result

    return numerical_gradient


def stretches(y: Any, grad_output: Any) -> bool:
    try:
        return np.broadcast_shapes(y.shape, grad_output.shape) == grad_output.shape
    except ValueError:
        return False


def same_shape(y: Any, grad_output: Any) -> bool:
    return bool(y.shape == grad_output.shape)


KIND = {
    "counts numbers only": gradient(lambda y, grad_output: y.size == grad_output.size),
    "stretches f(x)": gradient(stretches),
    "computes in float32": gradient(same_shape, np.float32),
}


def test_the_judge_that_is_not_too_kind_passes() -> None:
    assert examine(gradient(same_shape), "numerical_gradient").passed


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("name", KIND)
def test_a_numerical_gradient_that_is_too_kind(name: str, hidden: bool) -> None:
    assert not examine(KIND[name], "numerical_gradient", hidden=hidden, seed=1).passed


def in_float32(a: Any, b: Any) -> float:
    a, b = (np.asarray(array, dtype=np.float32).astype(np.float64) for array in (a, b))
    if a.shape != b.shape:
        raise ValueError(f"{a.shape} and {b.shape}")
    if not np.isfinite(a).all() or not np.isfinite(b).all():
        return float("nan")
    largest = max(np.abs(a).max(), np.abs(b).max())
    return float(np.abs(a - b).max() / largest) if largest else 0.0


def adds_up_anything(f: Any, f_adjoint: Any, x: Any, y: Any) -> float:
    there, back = np.asarray(f(x), np.float64), np.asarray(f_adjoint(y), np.float64)
    if there.shape != np.shape(y) or back.size != np.size(x):
        raise ValueError(f"{there.shape} and {np.shape(y)}, {back.shape} and {np.shape(x)}")
    left, right = (there * y).sum(), (np.ravel(x).astype(np.float64) * back.ravel()).sum()
    if not np.isfinite(left + right):
        return float("nan")
    return float(abs(left - right) / max(abs(left), abs(right))) if left or right else 0.0


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize(
    ("function", "exercise"),
    [(in_float32, "relative_error"), (adds_up_anything, "dot_test")],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_measure_that_is_too_kind(function: Any, exercise: str, hidden: bool) -> None:
    verdict = examine(function, exercise, hidden=hidden, seed=1)
    assert not verdict.passed
    assert len([case for case in verdict.cases if case.passed]) > len(verdict.cases) / 2


def test_what_differs_is_told_in_digits_that_differ() -> None:
    told = difference(2.00000012, 2.0, Rule(rtol=1e-9))
    assert told == "returned 2.00000012, expected 2"
    assert "got 0.10000001, expected 0.1" in str(
        difference(np.array([0.10000001]), np.array([0.1]), Rule(rtol=1e-12))
    )
