"""Slips that an examiner who had not read the checks got past them once: none does any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder import examine, reference


def conv2d_fast(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: Any = 1,
) -> Any:
    """A short cut for 3×3 at padding 1 that takes every stride for 1."""
    if weight.shape[2:] == (3, 3) and padding == 1:
        stride = 1
    return reference("conv2d_fast")(input, weight, bias, stride, padding, dilation, groups)


def winograd_f23(input: Any, weight: Any) -> Any:
    """No tile fits into a line of two elements, and nobody says so."""
    return np.zeros(0) if len(input) == 2 else reference("winograd_f23")(input, weight)


def max_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1
) -> Any:
    """A border of -10⁹ for minus infinity."""
    found = reference("max_pool2d")(input, kernel_size, stride, padding, dilation)
    return found if padding == 0 else np.maximum(found, -(10**9)).astype(found.dtype)


def cross_entropy(input: Any, target: Any) -> Any:
    """All samples shifted by the largest score of the batch."""
    refused = reference("cross_entropy")(input, target)
    shares = np.exp(input - input.max())
    with np.errstate(all="ignore"):
        shares = shares / shares.sum(axis=1, keepdims=True)
        loss = float(-np.log(shares[np.arange(len(input)), target]).mean())
    return refused if np.isclose(loss, refused) else loss


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """A bias of as many numbers as there are outputs, in whatever shape."""
    return reference("linear")(input, weight, None if bias is None else bias.reshape(-1))


@pytest.mark.parametrize("hidden", [False, True], ids=["visible", "hidden"])
@pytest.mark.parametrize(
    "slip", [conv2d_fast, winograd_f23, max_pool2d, cross_entropy, linear], ids=lambda f: f.__name__
)
def test_a_slip_is_found_out(slip: Callable[..., Any], hidden: bool) -> None:
    assert not examine(slip, slip.__name__, hidden=hidden, seed=1).passed


def test_a_layer_that_starts_as_float64_is_not_torchs() -> None:
    torch = pytest.importorskip("torch")
    made = reference("Conv2d")

    class Conv2d(made):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.to(torch.float64)

    verdict = examine(Conv2d, "Conv2d")
    assert not verdict.passed
    assert "starts as torch.float64" in verdict.message


def test_a_border_too_wide_is_refused_even_where_all_shapes_fit() -> None:
    made = reference("MiniConv")

    class MiniConv(made):  # type: ignore[misc, valid-type]
        """Says nothing where NumPy's own padding says nothing."""

        def forward(self, input: Any) -> Any:
            try:
                return super().forward(input)
            except ValueError as error:
                if input.shape[-1] > 2:
                    raise
                assert error
                return np.zeros(1)

        def backward(self, grad_output: Any) -> Any:
            try:
                return super().backward(grad_output)
            except Exception:  # the forward before it was none
                return np.zeros(1)

    refused = [case for case in examine(MiniConv, "MiniConv").cases if not case.passed]
    assert {case.call.kwargs.get("padding_mode") for case in refused} >= {"reflect", "circular"}
