"""What judges gradients is judged itself: against autograd, against algebra, against its limits."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import examine, reference
from autograder.checks.exercises import EXERCISES
from autograder.checks.exercises.gradient_check import FUNCTIONS, OPERATORS
from autograder.diagnosis.recipes.gradient_check import correlation, gradients

numerical_gradient = reference("numerical_gradient")
relative_error = reference("relative_error")
dot_test = reference("dot_test")
seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=60, deadline=None)
@given(seed=seeds, name=st.sampled_from(sorted(set(FUNCTIONS) - {"a Python number"})))
def test_the_numerical_gradient_is_autograds(seed: int, name: str) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    config = {"f": name, "H": int(rng.integers(2, 5)), "W": int(rng.integers(2, 5))}
    call = EXERCISES["numerical_gradient"].build({**config, "dtype": "normal"}, rng)
    f, x, grad_output = call.args
    there = torch.tensor(x, requires_grad=True)
    (f.value()(there) * torch.tensor(grad_output)).sum().backward()
    assert relative_error(call.on(numerical_gradient), there.grad.numpy()) < 1e-7


@settings(max_examples=60, deadline=None)
@given(seed=seeds, step=st.sampled_from([2.0, 1.0, 0.5, 0.25]))
def test_a_layer_is_straight_so_its_differences_are_exact_at_any_step(
    seed: int, step: float
) -> None:
    rng = np.random.default_rng(seed)
    x, w = rng.integers(-9, 10, size=(5, 4)).astype(float), rng.integers(-9, 10, size=(2, 3))
    g = rng.integers(-9, 10, size=(4, 2))
    by_steps = numerical_gradient(lambda x: correlation(x, w), x, g, eps=step)
    grad_input, grad_weight = gradients(g, x, w)
    assert np.array_equal(by_steps, grad_input)
    assert np.array_equal(numerical_gradient(lambda w: correlation(x, w), w, g, step), grad_weight)
    assert dot_test(lambda x: correlation(x, w), lambda g: gradients(g, x, w)[0], x, g) == 0.0
    assert dot_test(lambda w: correlation(x, w), lambda g: gradients(g, x, w)[1], w, g) == 0.0


def test_the_right_gradients_of_a_plane_are_torchs() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    x, w = (torch.tensor(rng.normal(size=s), requires_grad=True) for s in ((5, 6), (2, 3)))
    g = rng.normal(size=(4, 4))
    torch.nn.functional.conv2d(x[None, None], w[None, None])[0, 0].backward(torch.tensor(g))
    mine = gradients(g, x.detach().numpy(), w.detach().numpy())
    assert relative_error(mine[0], x.grad.numpy()) < 1e-14
    assert relative_error(mine[1], w.grad.numpy()) < 1e-14


def test_x_is_what_it_was_after_an_error_too() -> None:
    x = np.array([0.1, 0.2, 0.3])

    def fails(moved: np.ndarray) -> np.ndarray:
        if moved[2] != 0.3:
            raise ZeroDivisionError
        return moved

    with pytest.raises(ZeroDivisionError):
        numerical_gradient(fails, x, np.ones(3))
    assert x.tolist() == [0.1, 0.2, 0.3]


@settings(max_examples=100, deadline=None)
@given(seed=seeds, scale=st.sampled_from([1e-200, 1e-9, 1.0, 1e150]))
def test_the_relative_error_is_symmetric_and_has_no_unit(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 3, 2))
    error = relative_error(a, b)
    assert 0 < error <= 2
    assert relative_error(b, a) == error
    assert relative_error(scale * a, scale * b) == pytest.approx(error, rel=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_never_passes(bad: float) -> None:
    spoilt = np.array([1.0, bad])
    for error in (
        relative_error(spoilt, np.ones(2)),
        relative_error(np.ones(2), spoilt),
        relative_error(spoilt, spoilt),
        dot_test(lambda x: x, lambda y: spoilt, np.ones(2), np.ones(2)),
    ):
        assert not error < 1e300


@settings(max_examples=60, deadline=None)
@given(seed=seeds, name=st.sampled_from(sorted(set(OPERATORS) - {"the total", "not a number"})))
def test_the_dot_test_knows_an_adjoint_from_others(seed: int, name: str) -> None:
    rng = np.random.default_rng(seed)
    call = EXERCISES["dot_test"].build({"f": name, "H": 3, "W": 4, "dtype": "normal"}, rng)
    f, f_adjoint, x, y = call.args

    def matrix(function: Callable[[Any], Any], shape: tuple[int, ...]) -> np.ndarray:
        ones = np.eye(int(np.prod(shape)))
        return np.stack([np.ravel(function(one.reshape(shape))) for one in ones], axis=1)

    adjoint = np.array_equal(matrix(f.value(), x.shape).T, matrix(f_adjoint.value(), y.shape))
    assert (call.on(dot_test) < 1e-10) == adjoint


def test_a_pair_on_a_kink_is_not_held_against_anybody() -> None:
    def pairs() -> dict:
        def forward(input: np.ndarray, weight: np.ndarray) -> np.ndarray:
            return np.maximum(correlation(input, weight), 0)

        def backward(grad_output: np.ndarray, input: np.ndarray, weight: np.ndarray) -> tuple:
            return gradients(grad_output * (correlation(input, weight) > 0), input, weight)

        return {"own forward": (forward, backward)}

    verdict = examine(pairs, "consistent_but_wrong")
    assert [case.passed for case in verdict.cases] == [True, False, False, False, False]
    assert "KeyError" in verdict.cases[1].message


def test_stubs_among_the_pairs_cost_only_themselves() -> None:
    def unwritten(*args: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def pairs() -> dict:
        right = reference("consistent_but_wrong")()
        return {**right, "totals": (unwritten, unwritten)}

    assert examine(pairs, "consistent_but_wrong", hidden=True, seed=1).fraction == 0.8


def test_a_pair_that_counts_its_calls_fools_nobody() -> None:
    """Right as long as the tester is likely to be looking, and wrong from then on."""
    calls: list[int] = []

    def pairs() -> dict:
        def backward(grad_output: np.ndarray, input: np.ndarray, weight: np.ndarray) -> tuple:
            calls.append(1)
            found = gradients(grad_output, input, weight)
            return found if len(calls) % 12 < 4 else tuple(2 * gradient for gradient in found)

        return {**reference("consistent_but_wrong")(), "ones": (correlation, backward)}

    for seed in range(4):
        calls.clear()
        verdict = examine(pairs, "consistent_but_wrong", hidden=True, seed=seed)
        assert verdict.fraction == 0.8
        assert "called again with the same arguments" in verdict.message
