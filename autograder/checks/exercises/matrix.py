"""Assignment 05-matrix: a layer's matrix and its transpose as a layer, and the calls that test them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.exercise import (
    BIAS,
    INPUT,
    WEIGHT,
    Config,
    Exercise,
    Family,
    Spoiler,
    values,
)
from autograder.checks.exercises.layer import grown, pair
from autograder.checks.oracles import through_torch

ASSIGNMENT = "05-matrix"


def _option(rng: np.random.Generator, low: int, high: int) -> Any:
    """An int or a pair of them."""
    both = tuple(int(v) for v in rng.integers(low, high, size=2))
    return both if rng.random() < 0.5 else both[0]


# --- conv_matrix ----------------------------------------------------------------------------------


def _matrix_build(config: Config, rng: np.random.Generator) -> Call:
    shape = (config["C_out"], config["C_in"], config["kH"], config["kW"])
    weight = values(rng, shape, config, WEIGHT)
    kwargs = {
        name: config[name]
        for name, default in (("stride", 1), ("padding", 0))
        if config.get(name, default) != default
    }
    args = (weight, (config["H"], config["W"]))
    return Call("conv_matrix", args, kwargs, ("weight", "input_size"))


def _matrix_draw(rng: np.random.Generator) -> dict[str, Any]:
    sizes = {name: int(rng.integers(1, 4)) for name in ("C_in", "C_out", "kH", "kW")}
    size = {name: int(rng.integers(1, 6)) for name in ("H", "W")}
    return {**sizes, **size, "stride": _option(rng, 1, 4), "padding": _option(rng, 0, 3)}


def _matrix_valid(config: Config) -> bool:
    amounts = pair(config.get("padding", 0))
    sizes = zip(("H", "W"), ("kH", "kW"), amounts, strict=True)
    return all(config[n] + 2 * p >= config[k] for n, k, p in sizes)


def _matrix_torch(torch: Any) -> Callable[..., np.ndarray]:
    # Column by column: what torch's layer makes of an input that is 1 in one place.
    def conv_matrix(weight: Any, input_size: Any, stride: Any = 1, padding: Any = 0) -> Any:
        size = (weight.shape[1], *input_size)
        ones = torch.eye(int(np.prod(size)), dtype=weight.dtype).reshape(-1, *size)
        outputs = torch.nn.functional.conv2d(ones, weight, stride=stride, padding=padding)
        return outputs.flatten(1).T

    return through_torch(torch, conv_matrix)


def _large_kernel(axis: int) -> Spoiler:
    def room(call: Call) -> int:
        return int(call.args[1][axis] + 2 * pair(call.kwargs.get("padding", 0))[axis])

    return Spoiler(
        change=lambda call: call.but(weight=grown(call.args[0], 2 + axis, room(call) + 1)),
        sizes=lambda call: (room(call), room(call) + 1),
    )


MATRIX = Family(
    function="conv_matrix",
    parameters=("weight", "input_size", "stride", "padding"),
    build=_matrix_build,
    draw=_matrix_draw,
    valid=_matrix_valid,
    simplest={
        "C_in": 1,
        "H": 1,
        "W": 1,
        "C_out": 1,
        "kH": 1,
        "kW": 1,
        "stride": 1,
        "padding": 0,
    },
    torch=_matrix_torch,
    spoilers={
        "a kernel one row taller than the padded input": _large_kernel(0),
        "a kernel one column wider than the padded input": _large_kernel(1),
    },
    axes=("C_out·H_out·W_out", "C_in·H·W"),
)


def matrix(about: str, size: tuple[int, ...], kernel: tuple[int, ...], **options: Any) -> Config:
    """A configuration from the input's (C_in, H, W) and the kernel's (C_out, kH, kW)."""
    names = ("C_in", "H", "W", "C_out", "kH", "kW")
    return {"about": about, **dict(zip(names, (*size, *kernel), strict=True)), **options}


# --- conv_transpose2d -----------------------------------------------------------------------------

DEFAULTS = {"stride": 1, "padding": 0, "output_padding": 0, "groups": 1, "dilation": 1}


def _transpose_build(config: Config, rng: np.random.Generator) -> Call:
    c_in, c_out, groups = config["C_in"], config["C_out"], config.get("groups", 1)
    input = values(rng, (config["N"], c_in, config["H"], config["W"]), config, INPUT)
    weight = values(rng, (c_in, c_out // groups, config["kH"], config["kW"]), config, WEIGHT)
    bias = values(rng, (c_out,), config, BIAS, largest=9) if config.get("bias", True) else None
    options = {name: config.get(name, default) for name, default in DEFAULTS.items()}
    names = ("input", "weight", "bias", *DEFAULTS)
    if config.get("positional"):
        return Call("conv_transpose2d", (input, weight, bias, *options.values()), {}, names)
    args = (input, weight) if bias is None else (input, weight, bias)
    kwargs = {name: value for name, value in options.items() if value != DEFAULTS[name]}
    return Call("conv_transpose2d", args, kwargs, names)


def _transpose_draw(rng: np.random.Generator) -> dict[str, Any]:
    groups = int(rng.integers(1, 4))
    stride, dilation = _option(rng, 1, 4), _option(rng, 1, 4)
    most = [max(both) for both in zip(pair(stride), pair(dilation), strict=True)]
    extra = tuple(int(rng.integers(0, m)) for m in most)
    return {
        "N": int(rng.integers(1, 4)),
        "C_in": groups * int(rng.integers(1, 3)),
        "H": int(rng.integers(1, 5)),
        "W": int(rng.integers(1, 5)),
        "C_out": groups * int(rng.integers(1, 3)),
        "kH": int(rng.integers(1, 4)),
        "kW": int(rng.integers(1, 4)),
        "bias": bool(rng.random() < 0.7),
        "stride": stride,
        "padding": _option(rng, 0, 3),
        "output_padding": extra if rng.random() < 0.5 else min(extra),
        "groups": groups,
        "dilation": dilation,
        "positional": bool(rng.random() < 0.3),
    }


def transposed_size(config: Config, axis: int) -> int:
    """The output's rows (axis 0) or columns (axis 1)."""

    def of(name: str) -> int:
        return int(pair(config.get(name, DEFAULTS[name]))[axis])

    reach = of("dilation") * (config[("kH", "kW")[axis]] - 1) + 1
    stamped = (config[("H", "W")[axis]] - 1) * of("stride") + reach
    return stamped - 2 * of("padding") + of("output_padding")


def _transpose_valid(config: Config) -> bool:
    groups = config.get("groups", 1)
    if config["C_in"] % groups or config["C_out"] % groups:
        return False
    if "bias" in config.get("refuse", "") and not config.get("bias", True):
        return False
    pairs = (pair(config.get(n, DEFAULTS[n])) for n in ("output_padding", "stride", "dilation"))
    if any(extra >= max(s, d) for extra, s, d in zip(*pairs, strict=True)):
        return False
    return all(transposed_size(config, axis) >= 1 for axis in (0, 1))


def _transpose_torch(torch: Any) -> Callable[..., np.ndarray]:
    return through_torch(torch, torch.nn.functional.conv_transpose2d)


def _channels(more: int) -> Spoiler:
    def size(call: Call) -> int:
        return int(call.args[0].shape[1]) + more

    return Spoiler(
        change=lambda call: call.but(input=grown(call.args[0], 1, size(call))),
        sizes=lambda call: (size(call), call.args[1].shape[0]),
    )


def _bias(length: Callable[[int], int]) -> Spoiler:
    return Spoiler(
        change=lambda call: call.but(bias=grown(call.args[2], 0, length(len(call.args[2])))
        ),
        sizes=lambda call: (length(len(call.args[2])), len(call.args[2])),
    )


def _stride(call: Call) -> int:
    return int(call.kwargs.get("stride", 1))


def _sizes_left(call: Call, padding: int) -> tuple[int, ...]:
    # The rows and columns that the options would leave, without their sign: below one, here.
    input, weight = call.args[:2]
    sizes = dict(zip(("H", "W", "kH", "kW"), (*input.shape[2:], *weight.shape[2:]), strict=True))
    config = {**sizes, **call.kwargs, "padding": padding}
    return tuple(abs(transposed_size(config, axis)) for axis in (0, 1))


def _bias_lengths(call: Call) -> tuple[int, ...]:
    # With three groups the bias is too short as well.
    return () if len(call.args) < 3 else (len(call.args[2]), 3 * call.args[1].shape[1])


TRANSPOSE = Family(
    function="conv_transpose2d",
    parameters=("input", "weight", "bias", *DEFAULTS),
    build=_transpose_build,
    draw=_transpose_draw,
    valid=_transpose_valid,
    simplest={
        "N": 1,
        "C_in": 1,
        "H": 1,
        "W": 1,
        "C_out": 1,
        "kH": 1,
        "kW": 1,
        "bias": False,
        **DEFAULTS,
        "positional": False,
    },
    torch=_transpose_torch,
    spoilers={
        "an input with one channel more than the weight": _channels(+1),
        "an input with one channel less than the weight": _channels(-1),
        "a bias with one number too many": _bias(lambda filters: filters + 1),
        "a bias of one number for all filters": _bias(lambda filters: 1),
        "groups that do not divide the channels": Spoiler(
            change=lambda call: call.but(groups=3),
            sizes=lambda call: (call.args[0].shape[1], 3, *_bias_lengths(call)),
        ),
        "an output padding as large as the stride": Spoiler(
            change=lambda call: call.but(output_padding=_stride(call)),
            sizes=lambda call: (_stride(call),),
        ),
        "an output padding too large for the width alone": Spoiler(
            change=lambda call: call.but(output_padding=(0, _stride(call))),
            sizes=lambda call: (_stride(call),),
        ),
        "a padding that leaves nothing": Spoiler(
            change=lambda call: call.but(padding=9),
            sizes=lambda call: (9, 18, *_sizes_left(call, 9)),
        ),
    },
)


def transposed(
    about: str, input: tuple[int, ...], kernel: tuple[int, ...], **options: Any
) -> Config:
    """A configuration from the input's (N, C_in, H, W) and the kernel's (C_out, kH, kW)."""
    names = ("N", "C_in", "H", "W", "C_out", "kH", "kW")
    return {"about": about, **dict(zip(names, (*input, *kernel), strict=True)), **options}


EXERCISES = (
    Exercise(
        id="conv_matrix",
        assignment=ASSIGNMENT,
        title="The matrix of a layer",
        kind="A",
        difficulty=3,
        minutes=30,
        section="05-matrix#matrix",
        family=MATRIX,
        same_dtype=True,
        visible=(
            matrix("one channel, one filter", (1, 2, 3), (1, 2, 2)),
            matrix("a wide input, a tall kernel", (1, 3, 4), (1, 2, 1)),
            matrix("a tall input, a wide kernel", (1, 4, 3), (1, 1, 2)),
            matrix("two channels", (2, 3, 2), (1, 2, 2)),
            matrix("two filters", (1, 3, 2), (2, 2, 2)),
            matrix("two channels, three filters", (2, 2, 3), (3, 2, 2)),
            matrix("a kernel of one element", (2, 2, 3), (3, 1, 1)),
            matrix("a kernel as large as the input", (2, 2, 3), (2, 2, 3)),
            matrix("stride 2", (1, 4, 5), (1, 2, 3), stride=2),
            matrix("a stride that leaves a remainder", (1, 5, 4), (2, 2, 1), stride=3),
            matrix("stride (2, 1)", (2, 4, 3), (1, 2, 2), stride=(2, 1)),
            matrix("padding 1", (1, 2, 3), (1, 2, 3), padding=1),
            matrix("padding (0, 2)", (1, 3, 2), (2, 2, 3), padding=(0, 2)),
            matrix("stride and padding, pairs", (2, 3, 5), (2, 3, 2), stride=(1, 2), padding=(2, 1)),
            matrix("a kernel that fits only with padding", (1, 1, 2), (1, 3, 3), padding=1),
            matrix("float32 stays float32", (1, 2, 3), (2, 2, 2), dtype="float32"),
            matrix("integers stay integers", (1, 3, 2), (2, 2, 2), dtype="all integers"),
            matrix("a weight that runs backwards", (2, 3, 3), (2, 2, 2), layout="reversed"),
            matrix("called twice", (2, 2, 3), (2, 2, 2), padding=1, twice=True),
            *(
                matrix(f"refuses {words}", (2, 3, 4), (2, 2, 2), padding=1, refuse=words)
                for words in MATRIX.spoilers
            ),
        ),
    ),
    Exercise(
        id="conv_transpose2d",
        assignment=ASSIGNMENT,
        title="The layer that goes the other way",
        kind="A",
        difficulty=4,
        minutes=30,
        section="05-matrix#transposed",
        family=TRANSPOSE,
        same_dtype=True,
        visible=(
            transposed("one stamp", (1, 1, 1, 1), (1, 2, 3), bias=False),
            transposed("stamps that overlap", (1, 1, 2, 3), (1, 2, 2), bias=False),
            transposed("with a bias", (1, 1, 2, 2), (2, 2, 3)),
            transposed("three channels are summed", (1, 3, 2, 2), (1, 2, 2), bias=False),
            transposed("two channels, three filters, two samples", (2, 2, 3, 2), (3, 2, 3)),
            transposed("stride 2, no overlap", (1, 1, 2, 3), (1, 2, 2), stride=2),
            transposed("stride 2, overlap", (1, 2, 3, 2), (2, 3, 3), stride=2),
            transposed("a stride longer than the kernel", (1, 1, 2, 3), (2, 1, 2), stride=3),
            transposed("stride (1, 3)", (2, 1, 3, 2), (2, 2, 2), stride=(1, 3)),
            transposed("padding 1", (1, 2, 3, 4), (2, 3, 2), padding=1),
            transposed("padding (2, 0)", (1, 1, 4, 2), (2, 3, 2), padding=(2, 0)),
            transposed("padding 1, stride 2", (1, 2, 3, 2), (2, 3, 4), padding=1, stride=2),
            transposed("output padding 1", (1, 1, 2, 3), (2, 2, 3), stride=2, output_padding=1),
            transposed(
                "output padding and padding",
                (2, 2, 3, 2),
                (2, 3, 3),
                stride=3,
                padding=1,
                output_padding=2,
            ),
            transposed(
                "output padding (0, 1)", (1, 1, 2, 2), (1, 2, 3), stride=2, output_padding=(0, 1)
            ),
            transposed("dilation 2", (1, 2, 2, 3), (2, 2, 3), dilation=2),
            transposed("dilation (3, 1)", (1, 1, 3, 2), (2, 2, 3), dilation=(3, 1)),
            transposed(
                "output padding below the dilation",
                (1, 1, 3, 2),
                (1, 2, 2),
                dilation=3,
                padding=1,
                output_padding=2,
            ),
            transposed("two groups", (1, 4, 2, 3), (6, 2, 2), groups=2),
            transposed("depthwise", (2, 3, 2, 2), (3, 2, 3), groups=3, stride=2),
            transposed(
                "every option, by position",
                (2, 4, 3, 2),
                (2, 2, 3),
                stride=(2, 3),
                padding=(1, 2),
                output_padding=(1, 2),
                groups=2,
                dilation=(3, 2),
                positional=True,
            ),
            transposed("a kernel of one element", (2, 2, 2, 3), (3, 1, 1), stride=2),
            transposed("as many filters as columns", (1, 2, 2, 3), (4, 2, 2)),
            transposed("float32 stays float32", (1, 2, 2, 3), (2, 2, 2), dtype="float32"),
            transposed("integers stay integers", (1, 2, 2, 3), (2, 2, 2), dtype="all integers"),
            transposed(
                "an integer input and fractional weights", (1, 2, 2, 3), (2, 2, 2), dtype="integers"
            ),
            transposed(
                "a float32 input and float64 weights", (1, 1, 2, 2), (2, 2, 2), dtype="float32 input"
            ),
            transposed("a float64 bias alone", (1, 1, 2, 2), (2, 2, 2), dtype="float64 bias"),
            transposed("arrays that run backwards", (2, 2, 2, 3), (2, 2, 2), layout="reversed"),
            transposed("arrays in Fortran order", (1, 2, 3, 2), (3, 2, 2), layout="Fortran", stride=2),
            transposed("called twice", (2, 2, 2, 3), (2, 3, 2), stride=2, padding=1, twice=True),
            *(
                transposed(f"refuses {words}", (2, 4, 3, 2), (2, 2, 3), stride=2, refuse=words)
                for words in TRANSPOSE.spoilers
            ),
        ),
    ),
)
