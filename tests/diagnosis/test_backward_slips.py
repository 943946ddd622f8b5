"""Slips that strangers made in the backward pass and in its contract: refused, and told rightly."""

from typing import Any

import numpy as np
import pytest

from autograder import examine, reference


def mean_of_all(grad_output: Any) -> Any:
    return grad_output.mean(axis=(0, 2, 3))


def over_samples(grad_output: Any) -> Any:
    return grad_output.sum(axis=(0, 2, 3)) / len(grad_output)


@pytest.mark.parametrize("function", [mean_of_all, over_samples])
def test_a_mean_of_whole_numbers_is_named_though_it_makes_fractions_of_them(function: Any) -> None:
    diagnosis = examine(function, "conv2d_bias").diagnosis
    assert diagnosis is not None
    assert diagnosis.mistakes == ("B01",)


def grown(array: Any, shape: tuple[int, ...]) -> Any:
    widths = [(0, max(wanted - had, 0)) for had, wanted in zip(array.shape, shape, strict=True)]
    return np.pad(array, widths)


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_a_grad_output_that_is_too_small_along_one_axis_must_be_refused(
    axis: int, hidden: bool
) -> None:
    """The loops run over what there is: only a check of the size notices."""

    def only_too_large(
        input_size: Any, weight: Any, grad_output: Any, *args: Any, **kw: Any
    ) -> Any:
        try:
            return reference("conv2d_input")(input_size, weight, grad_output, *args, **kw)
        except ValueError:
            fuller = list(grad_output.shape)
            fuller[axis] += 1
            filled = grown(grad_output, tuple(fuller))
            return reference("conv2d_input")(input_size, weight, filled, *args, **kw)

    verdict = examine(only_too_large, "conv2d_input.contract", hidden=hidden, seed=1)
    refused = [case for case in verdict.cases if not case.passed]
    assert refused and all("must be refused" in case.message for case in refused)


def test_a_refusal_may_name_the_size_that_would_be_left() -> None:
    def layer(input: Any, weight: Any, *args: Any, **options: Any) -> Any:
        if options.get("padding") == 9:
            raise ValueError("the output would have -12 rows and -13 columns")
        return reference("conv_transpose2d")(input, weight, *args, **options)

    assert examine(layer, "conv_transpose2d").passed


def test_the_gradient_of_a_kernel_has_no_border_to_speak_of() -> None:
    def crosswise(input: Any, size: Any, grad_output: Any, **options: Any) -> Any:
        gradient = reference("conv2d_weight")(input, size, grad_output, **options)
        gradient[..., 0, 0] = 0
        return (
            gradient
            if size[2:] == (3, 3)
            else reference("conv2d_weight")(input, size, grad_output, **options)
        )

    diagnosis = examine(crosswise, "conv2d_weight").diagnosis
    assert diagnosis is not None
    assert "border" not in diagnosis.message
