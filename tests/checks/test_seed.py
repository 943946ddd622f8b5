"""The numbers of the notebook that the course grew out of, where chapters 1 and 2 touch them."""

import numpy as np
import pytest

from autograder import reference
from autograder.checks.exercises import EXERCISES
from autograder.checks.oracles import torch_oracle

SEVEN = np.arange(1, 50).reshape(7, 7).astype(float)
KERNEL = np.array([[1, 2], [3, 4]], dtype=float)
FIVE = np.array(
    [
        [5, 27, 9, -15, 12],
        [2, 4, -2, -7, 8],
        [-8, 16, 5, 23, -6],
        [-17, 7, 9, -14, 3],
        [10, -5, 13, 6, -11],
    ],
    dtype=float,
)
TWO = np.array([[8, 4], [2, 6]], dtype=float)


def test_seven_by_seven_with_stride_two() -> None:
    output = reference("cross_correlate2d")(SEVEN, KERNEL, stride=2)
    assert output.tolist() == [[65, 85, 105], [205, 225, 245], [345, 365, 385]]


def test_five_by_five_leaves_the_last_row_and_column_over() -> None:
    assert reference("cross_correlate2d")(FIVE, TWO, stride=2).tolist() == [[176, -34], [8, 66]]
    layer = reference("conv2d")(FIVE[None, None], TWO[None, None], stride=2)
    assert layer[0, 0].tolist() == [[176, -34], [8, 66]]


def test_the_layer_of_32_by_35_comes_out_15_by_17() -> None:
    size = reference("conv_output_size")
    assert (size(32, 3, stride=2), size(35, 2, stride=2)) == (15, 17)
    rng = np.random.default_rng(0)
    input = rng.integers(-4, 5, size=(14, 4, 32, 35)).astype(float)
    weight = rng.integers(-4, 5, size=(5, 4, 3, 2)).astype(float)
    bias = rng.integers(-4, 5, size=5).astype(float)
    output = reference("conv2d")(input, weight, bias, stride=2)
    assert output.shape == (14, 5, 15, 17)
    torch = pytest.importorskip("torch")
    judge = EXERCISES["conv2d"].family.torch(torch)
    assert np.array_equal(output, judge(input, weight, bias, stride=2))


def test_torch_is_asked_and_not_a_formula() -> None:
    pytest.importorskip("torch")
    exercise = EXERCISES["conv_output_size"]
    call = exercise.build({"size": 35, "kernel_size": 2, "stride": 2}, np.random.default_rng(0))
    assert torch_oracle(exercise)(call) == 17
