"""The reference solutions together are a library: PyTorch's own catalogue of sample inputs.

`torch.testing._internal` carries, for each of its functions, the inputs that PyTorch tests itself
with and inputs that it must refuse. Every one that applies is held against the course's solutions:
outputs, all gradients, and which inputs are errors. What does not apply is left out with the
reason beside it. Errors whose only fault is that arrays of two dtypes meet are none here: ours give
NumPy's common type, which is the course's contract.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from autograder import reference
from autograder.checks.compare import Rule, difference

pytestmark = pytest.mark.filterwarnings("ignore")
RULE = Rule(rtol=1e-10)


@functools.cache
def catalogue() -> dict[str, Any]:
    """PyTorch's entries by name."""
    from torch.testing._internal.common_methods_invocations import op_db

    return {op.name: op for op in op_db}


def samples(name: str) -> Iterator[tuple[Any, tuple[Any, ...], dict[str, Any]]]:
    """(input, further arguments, options) of every sample, all tensors in float64."""
    for sample in catalogue()[name].sample_inputs("cpu", torch.float64):
        yield sample.input, sample.args, sample.kwargs


def errors(name: str) -> Iterator[tuple[Any, tuple[Any, ...], dict[str, Any]]]:
    """The same for inputs that must be refused for their sizes or options."""
    for error in catalogue()[name].error_inputs("cpu"):
        sample = error.sample_input
        tensors = [sample.input, *(a for a in sample.args if isinstance(a, torch.Tensor))]
        if len({t.dtype for t in tensors}) == 1:
            yield sample.input, sample.args, sample.kwargs


def numpy(value: Any) -> Any:
    return value.detach().numpy() if isinstance(value, torch.Tensor) else value


def graded(function: Any, tensors: list[Any], grad_output: np.ndarray) -> list[np.ndarray]:
    """PyTorch's gradients of ``tensors``, those that there are."""
    given = [t.detach().clone().requires_grad_() for t in tensors if t is not None]
    function(*given).backward(torch.tensor(grad_output))
    return [t.grad.numpy() for t in given]


def whole(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).integers(-4, 5, size=shape).astype(float)


CONVOLUTIONS = [f"nn.functional.conv{n}d" for n in (1, 2, 3)]
TRANSPOSED = [f"nn.functional.conv_transpose{n}d" for n in (1, 2, 3)]


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_agree_on_outputs_and_on_all_gradients(name: str) -> None:
    function = catalogue()[name].op
    seen = 0
    for input, (weight, bias), options in samples(name):
        layer = reference("MiniConv")(numpy(weight), numpy(bias), **options)
        expected = function(input, weight, bias, **options).detach().numpy()
        assert difference(layer.forward(numpy(input)), expected, RULE) is None, options
        grad_output = whole(expected.shape)
        grad_input = layer.backward(grad_output)
        gradients = [grad_input, layer.grad_weight, *[layer.grad_bias] * (bias is not None)]

        def by_torch(*given: Any, options: Any = options) -> Any:
            return function(*given, **options)

        for mine, theirs in zip(
            gradients, graded(by_torch, [input, weight, bias], grad_output), strict=True
        ):
            assert difference(mine, theirs, RULE) is None, options
        seen += 1
    assert seen >= 10


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_agree_on_what_is_an_error(name: str) -> None:
    seen = 0
    for input, (weight, bias), options in errors(name):
        with pytest.raises(ValueError):
            reference("MiniConv")(numpy(weight), numpy(bias), **options).forward(numpy(input))
        seen += 1
    assert seen >= 7


def test_the_layer_of_chapter_2_agrees_on_every_batch() -> None:
    name = "nn.functional.conv2d"
    seen = 0
    for input, (weight, bias), options in samples(name):
        if input.ndim == 4:  # conv2d takes a batch; one sample alone is MiniConv's to take
            expected = catalogue()[name].op(input, weight, bias, **options).detach().numpy()
            got = reference("conv2d")(numpy(input), numpy(weight), numpy(bias), **options)
            assert difference(got, expected, RULE) is None, options
            seen += 1
    assert seen >= 15
    for input, (weight, bias), options in errors(name):
        with pytest.raises(ValueError):
            reference("conv2d")(numpy(input), numpy(weight), numpy(bias), **options)


@pytest.mark.parametrize("name", TRANSPOSED)
def test_backward_of_a_layer_is_pytorchs_transposed_convolution(name: str) -> None:
    """In one, two and three dimensions, with every option that PyTorch's samples use."""
    axes = int(name[-2])
    seen = 0
    for input, (weight, bias), options in samples(name):
        expected = catalogue()[name].op(input, weight, bias, **options).detach().numpy()
        kept = {k: v for k, v in options.items() if k != "output_padding"}
        extra, stride = options.get("output_padding", 0), options.get("stride", 1)
        if np.any(np.array(extra) >= np.array(stride)):
            continue  # more than a stride can lose: the output of no layer's backward
        layer = reference("MiniConv")(numpy(weight), **kept)
        # The output's size says which of the inputs that a stride maps to the same size is meant.
        layer.forward(np.zeros(expected.shape))
        got = layer.backward(numpy(input))
        if bias is not None:
            got = got + numpy(bias).reshape(-1, *[1] * axes)
        assert difference(got, expected, RULE) is None, options
        seen += 1
    assert seen >= 8


def test_the_transposed_layer_of_chapter_5_agrees_on_every_batch() -> None:
    """One axis is two of which the first has one element; three are MiniConv's alone."""
    seen = 0
    for name in TRANSPOSED[:2]:
        for input, (weight, bias), options in samples(name):
            if input.ndim != weight.ndim:
                continue  # without a batch axis
            lift = weight.ndim == 3
            expected = catalogue()[name].op(input, weight, bias, **options).detach().numpy()
            arrays = [numpy(a)[:, :, np.newaxis] if lift else numpy(a) for a in (input, weight)]
            first = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1}
            given = {
                key: (first[key], *np.ravel(value).tolist()) if lift and key in first else value
                for key, value in options.items()
            }
            got = reference("conv_transpose2d")(*arrays, numpy(bias), **given)
            assert difference(got[:, :, 0] if lift else got, expected, RULE) is None, options
            seen += 1
    assert seen >= 10


def test_unfold_agrees_and_its_gradient_is_fold() -> None:
    name = "nn.functional.unfold"
    seen = 0
    for input, args, options in samples(name):
        if input.ndim != 4 or 0 in input.shape:
            continue  # unfold takes a batch, and one that is not empty
        expected = catalogue()[name].op(input, *args, **options).detach().numpy()
        got = reference("unfold")(numpy(input), *args, **options)
        assert difference(got, expected, RULE) is None, (args, options)
        grad_output = whole(expected.shape)

        def by_torch(given: Any, args: Any = args, options: Any = options) -> Any:
            return torch.nn.functional.unfold(given, *args, **options)

        (theirs,) = graded(by_torch, [input], grad_output)
        mine = reference("fold")(grad_output, input.shape[2:], *args, **options)
        assert difference(mine, theirs, RULE) is None, (args, options)
        seen += 1
    assert seen >= 50


POOLS = {
    "nn.functional.max_pool2d": ("kernel_size", "stride", "padding", "dilation"),
    "nn.functional.avg_pool2d": ("kernel_size", "stride", "padding"),
}
# What torch's pools can do and the course's do not: sizes rounded up, places of the maxima, other
# divisors. Samples that ask for it are left out; each of the others is held against torch.
BEYOND = {
    "ceil_mode": False,
    "return_indices": False,
    "count_include_pad": True,
    "divisor_override": None,
}


def pooled(name: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    order = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")
    for input, args, options in samples(name):
        given = {**dict(zip((*order, "divisor_override"), args, strict=False)), **options}
        plain = all(given.pop(key, value) == value for key, value in BEYOND.items())
        if plain and input.ndim == 4 and 0 not in input.shape:
            yield input, given


@pytest.mark.parametrize("name", POOLS)
def test_pools_agree_on_outputs_and_on_gradients(name: str) -> None:
    function = catalogue()[name].op
    ours, back = (reference(name.rpartition(".")[2] + end) for end in ("", "_backward"))
    seen = 0
    for input, given in pooled(name):
        given = {k: int(v[0]) if np.size(v) == 1 and np.ndim(v) else v for k, v in given.items()}
        assert set(given) <= set(POOLS[name])
        expected = function(input, **given).detach().numpy()
        assert difference(ours(numpy(input), **given), expected, RULE) is None, given
        grad_output = whole(expected.shape)

        def by_torch(x: Any, given: Any = given) -> Any:
            return function(x, **given)

        (theirs,) = graded(by_torch, [input], grad_output)
        assert difference(back(grad_output, numpy(input), **given), theirs, RULE) is None, given
        seen += 1
    assert seen >= {"max": 50, "avg": 1}[name.rpartition(".")[2][:3]]
