"""A layer's matrix and the transposed layer: against torch, against each other, and as adjoints."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import reference
from autograder.checks.exercises import EXERCISES
from autograder.checks.exercises.matrix import transposed_size

conv_matrix = reference("conv_matrix")
conv_transpose2d = reference("conv_transpose2d")
small = st.integers(1, 3)
pairs = st.integers(1, 3) | st.tuples(small, small)
borders = st.integers(0, 3) | st.tuples(st.integers(0, 3), st.integers(0, 3))
seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=300, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 4)] * 4),
    kernel=st.tuples(*[st.integers(1, 4)] * 4),
    stride=pairs,
    padding=borders,
    output_padding=borders,
    groups=small,
    dilation=pairs,
    bias=st.none() | st.integers(1, 6),
)
def test_conv_transpose2d_refuses_what_torch_refuses(
    shape: Any, kernel: Any, bias: Any, **options: Any
) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    arrays = [rng.integers(-4, 5, size=size).astype(float) for size in (shape, kernel)]
    arrays += [] if bias is None else [np.ones(bias)]
    layer = torch.nn.functional.conv_transpose2d
    try:
        expected = layer(*map(torch.from_numpy, arrays), **options).numpy()
    except RuntimeError:
        expected = None
    if expected is None:
        with pytest.raises(ValueError, match=r"\d"):
            conv_transpose2d(*arrays, **options)
    else:
        assert np.array_equal(conv_transpose2d(*arrays, **options), expected)


@settings(max_examples=60, deadline=None)
@given(seed=seeds)
def test_the_matrix_is_the_layer_and_its_transpose_is_the_way_back(seed: int) -> None:
    rng = np.random.default_rng(seed)
    exercise = EXERCISES["conv_matrix"]
    config = exercise.draw(rng)
    (weight, size), options = (call := exercise.build(config, rng)).args, call.kwargs
    matrix = call.on(conv_matrix)
    input = rng.integers(-4, 5, size=(2, weight.shape[1], *size)).astype(float)
    output = reference("conv2d")(input, weight, **options)
    assert np.array_equal(input.reshape(2, -1) @ matrix.T, output.reshape(2, -1))

    grad_output = rng.integers(-4, 5, size=output.shape).astype(float)
    by_transpose = (grad_output.reshape(2, -1) @ matrix).reshape(input.shape)
    extra = tuple(
        size[axis] - transposed_size({**_forward(output, weight), **options}, axis)
        for axis in (0, 1)
    )
    # The remainder that the forward layer leaves is what output_padding puts back.
    back = conv_transpose2d(grad_output, weight, output_padding=extra, **options)
    assert np.array_equal(back, by_transpose)
    assert reference("dot_test")(
        lambda x: reference("conv2d")(x, weight, **options),
        lambda y: conv_transpose2d(y, weight, output_padding=extra, **options),
        input,
        grad_output,
    ) == 0.0  # fmt: skip


def _forward(output: np.ndarray, weight: np.ndarray) -> dict[str, int]:
    return {
        "H": output.shape[2],
        "W": output.shape[3],
        "kH": weight.shape[2],
        "kW": weight.shape[3],
    }


@settings(max_examples=60, deadline=None)
@given(size=st.tuples(small, small), kernel=st.tuples(*[st.integers(1, 5)] * 2), padding=borders)
def test_conv_matrix_refuses_kernels_that_do_not_fit(size: Any, kernel: Any, padding: Any) -> None:
    weight = np.ones((1, 1, *kernel))
    h, w = padding if isinstance(padding, tuple) else (padding, padding)
    if kernel[0] > size[0] + 2 * h or kernel[1] > size[1] + 2 * w:
        with pytest.raises(ValueError, match=r"axis [23].* \d"):
            conv_matrix(weight, size, padding=padding)
    else:
        assert conv_matrix(weight, size, padding=padding).shape[1] == size[0] * size[1]


def test_the_seeds_input_gradient_is_its_matrix_transposed_times_ones() -> None:
    weight = np.array([[[[8.0, 4.0], [2.0, 6.0]]]])
    matrix = conv_matrix(weight, (5, 5), stride=2)
    stamps = [[8, 4, 8, 4, 0], [2, 6, 2, 6, 0]]
    assert (matrix.T @ np.ones(4)).reshape(5, 5).tolist() == [*stamps, *stamps, [0] * 5]
