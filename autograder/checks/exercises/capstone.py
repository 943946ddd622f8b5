"""Assignment 10-capstone: one layer with every option, and probes for the whole catalogue."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.call import Call, Source
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
from autograder.checks.exercises.layer import grown
from autograder.checks.probes import Probes

ASSIGNMENT = "10-capstone"

NAMES = ("input", "weight", "bias", "grad_output")
OPTIONS = ("stride", "padding", "dilation", "groups", "padding_mode")
DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "padding_mode": "zeros"}

# A layer is used twice, as in training: what one use leaves behind must not get into the next.
USED_TWICE = Source(
    '''def used_twice(MiniConv, input, weight, bias, grad_output, **options):
    layer = MiniConv(weight, bias, **options)
    layer.forward(input + input)
    layer.backward(grad_output)
    output = layer.forward(input)
    grad_input = layer.backward(grad_output)
    if bias is None:
        return output, grad_input, layer.grad_weight
    return output, grad_input, layer.grad_weight, layer.grad_bias
''',
    "used_twice",
)


def each(option: Any, axes: int) -> tuple[Any, ...]:
    """An option as one number for each axis."""
    return option if isinstance(option, tuple) else (option,) * axes


def borders(config: Config) -> list[int]:
    """The larger border of each axis, in elements."""
    padding, kernel = config.get("padding", 0), config["kernel"]
    dilation = each(config.get("dilation", 1), len(kernel))
    if padding == "same":
        return [(d * (k - 1) + 1) // 2 for d, k in zip(dilation, kernel, strict=True)]
    return list(each(0 if padding == "valid" else padding, len(kernel)))


def output_size(config: Config) -> tuple[int, ...]:
    """The output's size on each axis; not positive where the kernel does not fit."""
    kernel = config["kernel"]
    axes = len(kernel)
    if config.get("padding", 0) == "same":
        return tuple(config["size"])
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, p, d, k, s in zip(
            config["size"],
            borders(config),
            each(config.get("dilation", 1), axes),
            kernel,
            each(config.get("stride", 1), axes),
            strict=True,
        )
    )


def _build(config: Config, rng: np.random.Generator) -> Call:
    groups, filters = config.get("groups", 1), config["C_out"]
    batch = () if config.get("unbatched") else (config["N"],)
    input = values(rng, (*batch, config["C_in"], *config["size"]), config, INPUT)
    shape = (filters, config["C_in"] // groups, *config["kernel"])
    weight = values(rng, shape, config, WEIGHT)
    bias = values(rng, (filters,), config, BIAS, largest=9) if config.get("bias", True) else None
    grad_output = values(rng, (*batch, filters, *output_size(config)), config, WEIGHT)
    kwargs = {k: config[k] for k in OPTIONS if config.get(k, DEFAULTS[k]) != DEFAULTS[k]}
    return Call("MiniConv", (input, weight, bias, grad_output), kwargs, NAMES)


def _draw(rng: np.random.Generator) -> dict[str, Any]:
    axes, groups = int(rng.integers(1, 4)), int(rng.integers(1, 3))

    def numbers(low: int, high: int) -> tuple[int, ...]:
        return tuple(int(v) for v in rng.integers(low, high, size=axes))

    def option(low: int, high: int) -> Any:
        each = numbers(low, high)
        return each if rng.random() < 0.5 else each[0]

    mode = ("zeros", "reflect", "replicate", "circular")[int(rng.integers(4))]
    same = bool(rng.random() < 0.15)
    return {
        "N": int(rng.integers(1, 3)),
        "unbatched": bool(rng.random() < 0.2),
        "C_in": groups * int(rng.integers(1, 3)),
        "C_out": groups * int(rng.integers(1, 3)),
        "size": numbers(2, 6),
        "kernel": numbers(1, 4),
        "bias": bool(rng.random() < 0.7),
        "stride": 1 if same else option(1, 4),
        "padding": "same" if same else option(0, 3),
        "dilation": option(1, 3),
        "groups": groups,
        "padding_mode": mode,
    }


def _valid(config: Config) -> bool:
    groups = config.get("groups", 1)
    if config["C_in"] % groups or config["C_out"] % groups:
        return False
    if config.get("padding") == "same" and max(each(config.get("stride", 1), 1)) > 1:
        return False
    room = {"reflect": -1, "circular": 0}.get(config.get("padding_mode", "zeros"))
    if room is not None:
        pairs = zip(borders(config), config["size"], strict=True)
        if any(border > size + room for border, size in pairs):
            return False
    return min(output_size(config)) >= 1


def _torch(torch: Any) -> Callable[..., tuple[np.ndarray, ...]]:
    # torch's own layer and torch's own gradients.
    def layer(
        input: Any, weight: Any, bias: Any, grad_output: Any, **options: Any
    ) -> tuple[np.ndarray, ...]:
        arrays = [a for a in (input, weight, bias) if a is not None]
        dtype = np.result_type(*arrays)
        exact = dtype if dtype.kind == "f" else np.dtype(np.float64)

        def tensor(array: Any) -> Any:
            return torch.from_numpy(np.ascontiguousarray(array, dtype=exact))

        kind = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)[weight.ndim - 3]
        channels = weight.shape[1] * options.get("groups", 1)
        made = kind(channels, len(weight), weight.shape[2:], bias=bias is not None, **options)
        made.weight = torch.nn.Parameter(tensor(weight))
        if bias is not None:
            made.bias = torch.nn.Parameter(tensor(bias))
        given = tensor(input).requires_grad_()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # 'same' with an even kernel costs torch a copy
            output = made(given)
        output.backward(tensor(grad_output))
        gradients = [given.grad, *(parameter.grad for parameter in made.parameters())]
        return tuple(t.detach().numpy().astype(dtype) for t in (output, *gradients))

    return layer


def _grown(array: np.ndarray, axis: int) -> np.ndarray:
    """``array`` with one element more along an axis."""
    return grown(array, axis, array.shape[axis] + 1)


def _shortened(call: Call, size: int) -> Call:
    """``size`` elements on the last axis (stride 1), with a gradient that goes with them.

    So nothing but the border is wrong.
    """
    input, grad_output = call.args[0], call.args[3]
    fewer = input.shape[-1] - size
    width = grad_output.shape[-1] - fewer
    return call.but(input=input[..., :size], grad_output=grad_output[..., :width])


def _channel_axis(call: Call) -> int:
    # Counted from behind, for inputs without a batch axis too.
    return -(call.args[1].ndim - 1)


def _channels(call: Call) -> tuple[int, ...]:
    return call.args[0].shape[_channel_axis(call)] + 1, call.args[1].shape[1]


SPOILERS = {
    "an input with one channel too many": Spoiler(
        change=lambda call: call.but(input=_grown(call.args[0], _channel_axis(call))),
        sizes=_channels,
    ),
    "a bias with one number too many": Spoiler(
        change=lambda call: call.but(bias=_grown(call.args[2], 0)),
        sizes=lambda call: (len(call.args[2]) + 1, len(call.args[1])),
    ),
    "filters that the groups do not divide": Spoiler(
        change=lambda call: call.but(weight=_grown(call.args[1], 0), bias=_grown(call.args[2], 0)
        ),
        sizes=lambda call: (len(call.args[1]) + 1, call.kwargs["groups"]),
    ),
    "a kernel longer than the last axis": Spoiler(
        change=lambda call: call.but(weight=np.repeat(call.args[1], call.args[0].shape[-1] + 1, axis=-1)
        ),
        sizes=lambda call: (
            call.args[1].shape[-1] * (call.args[0].shape[-1] + 1),
            call.args[0].shape[-1],
        ),
    ),
    "a reflection as long as the axis": Spoiler(
        change=lambda call: _shortened(call, each(call.kwargs["padding"], 1)[-1]),
        sizes=lambda call: (each(call.kwargs["padding"], 1)[-1],),
    ),
    "a ring that would go round twice": Spoiler(
        change=lambda call: _shortened(call, each(call.kwargs["padding"], 1)[-1] - 1),
        sizes=lambda call: (
            each(call.kwargs["padding"], 1)[-1] - 1,
            each(call.kwargs["padding"], 1)[-1],
        ),
    ),
    "a gradient one column too wide": Spoiler(
        change=lambda call: call.but(grad_output=_grown(call.args[3], -1)),
        sizes=lambda call: (call.args[3].shape[-1] + 1, call.args[3].shape[-1]),
    ),
}

# The options of the layers whose border is refused.
BORDERS: dict[str, Config] = {
    "a reflection as long as the axis": {"padding": (0, 2), "padding_mode": "reflect"},
    "a ring that would go round twice": {"padding": (0, 2), "padding_mode": "circular"},
}

MINICONV = Family(
    function="MiniConv",
    parameters=(*NAMES, *OPTIONS),
    build=_build,
    draw=_draw,
    valid=_valid,
    simplest={
        "N": 1,
        "unbatched": False,
        "C_in": 1,
        "C_out": 1,
        "bias": False,
        **DEFAULTS,
    },
    torch=_torch,
    spoilers=SPOILERS,
    driver=USED_TWICE,
)


def layer(
    about: str, input: tuple[int, ...], kernel: tuple[int, ...], **options: Any
) -> dict[str, Any]:
    """A configuration from the input's shape (N, C_in, …) and the kernel's (C_out, …)."""
    samples, channels, *size = input
    filters, *kernel_size = kernel
    return {
        "about": about,
        "N": samples,
        "C_in": channels,
        "size": tuple(size),
        "C_out": filters,
        "kernel": tuple(kernel_size),
        **options,
    }


# Every catalogued mistake of the two functions but those whose numbers are right: a changed argument
# (F29, K02) and what one call leaves for the next (K01, K03).
WRONG_NUMBERS = (
    *(f"F{number:02}" for number in (*range(1, 27), 31, 34)),
    *(f"X{number:02}" for number in range(1, 21)),
    *(f"W{number:02}" for number in range(1, 13)),
    *(f"B{number:02}" for number in range(1, 6)),
    *("K04", "K10"),
)


EXERCISES = (
    Exercise(
        id="MiniConv",
        assignment=ASSIGNMENT,
        title="One layer with every option",
        kind="A",
        difficulty=5,
        minutes=60,
        section="10-capstone#miniconv",
        family=MINICONV,
        same_dtype=True,
        visible=(
            layer("2-D, plain", (2, 3, 5, 4), (2, 2, 3)),
            layer("2-D, no bias", (1, 2, 4, 5), (3, 3, 2), bias=False),
            layer("1-D", (2, 2, 7), (3, 3)),
            layer("3-D", (2, 2, 3, 4, 5), (3, 2, 1, 3)),
            layer("1-D, every option", (2, 4, 11), (2, 3), stride=3, padding=2, dilation=2, groups=2),
            layer(
                "2-D, every option",
                (2, 4, 8, 11),
                (6, 3, 2),
                stride=(2, 3),
                padding=(2, 1),
                dilation=(1, 2),
                groups=2,
            ),
            layer(
                "3-D, every option",
                (1, 2, 5, 4, 6),
                (2, 2, 3, 2),
                stride=(2, 1, 3),
                padding=(1, 0, 2),
                dilation=(2, 1, 2),
                groups=2,
            ),
            layer("3-D, one number for all axes", (1, 2, 5, 4, 6), (2, 2, 1, 2), stride=2, padding=1),
            layer("no batch axis, 1-D", (1, 2, 6), (3, 2), unbatched=True),
            layer("no batch axis, 2-D", (1, 2, 4, 5), (3, 2, 3), unbatched=True, padding=1),
            layer("no batch axis, 3-D", (1, 1, 3, 2, 4), (2, 2, 2, 3), unbatched=True),
            layer("'same', odd and even kernels", (2, 1, 5, 6), (2, 3, 4), padding="same"),
            layer("'same' with dilation", (1, 2, 6, 5), (2, 2, 3), padding="same", dilation=(3, 2)),
            layer("'valid'", (1, 1, 4, 3), (2, 2, 2), padding="valid"),
            layer(
                "reflect", (2, 2, 4, 5), (3, 3, 2), padding=(1, 2), padding_mode="reflect"
            ),
            layer(
                "reflect with a stride",
                (1, 1, 6),
                (2, 3),
                padding=3,
                stride=2,
                padding_mode="reflect",
            ),
            layer(
                "replicate", (2, 2, 3, 4), (2, 2, 3), padding=(2, 3), padding_mode="replicate"
            ),
            layer(
                "circular", (2, 2, 4, 3), (3, 2, 3), padding=(3, 1), padding_mode="circular"
            ),
            layer(
                "once round the whole ring", (1, 1, 3), (2, 2), padding=3, padding_mode="circular"
            ),
            layer(
                "circular, 'same', an even kernel",
                (1, 2, 5, 4),
                (2, 4, 2),
                padding="same",
                padding_mode="circular",
            ),
            layer(
                "replicate in 3-D", (1, 1, 2, 3, 2), (2, 2, 2, 2), padding=1, padding_mode="replicate"
            ),
            layer("kernel 1, stride 2: rows that nothing reads", (2, 2, 5, 6), (2, 1, 1), stride=2),
            layer("padding 0", (1, 1, 4, 4), (1, 3, 3)),
            layer("arrays that run backwards", (2, 2, 4, 5), (3, 2, 3), layout="reversed", padding=1),
            layer("arrays in Fortran order", (2, 3, 5, 4), (2, 3, 2), layout="Fortran"),
            layer("float32 stays float32", (2, 2, 4, 5), (3, 2, 2), dtype="float32", padding=1),
            layer("an integer input, fractional weights", (1, 2, 4, 4), (2, 2, 2), dtype="integers"),
            *(
                layer(
                    f"must be refused: {spoiler}",
                    (2, 2, 4, 5),
                    (4, 2, 3),
                    refuse=spoiler,
                    **({"groups": 2} if "groups" in spoiler else {}),
                    **BORDERS.get(spoiler, {}),
                )
                for spoiler in SPOILERS
            ),
        ),
    ),
    Exercise(
        id="zoo",
        assignment=ASSIGNMENT,
        title="The zoo",
        kind="P",
        difficulty=5,
        minutes=30,
        section="10-capstone#zoo",
        question=Probes(
            of=("conv2d.groups", "conv2d_backward"), wrong=WRONG_NUMBERS, most=4, forms=None
        ),
    ),
)
