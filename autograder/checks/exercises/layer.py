"""Assignment 02-layer: the exercises on the whole forward layer, and the calls that test them."""

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
from autograder.checks.oracles import through_torch
from autograder.checks.probes import Probes

ASSIGNMENT = "02-layer"

# --- pad2d ----------------------------------------------------------------------------------------


def _pad_build(config: Config, rng: np.random.Generator) -> Call:
    shape = (config["N"], config["C"], config["H"], config["W"])
    input = values(rng, shape, config, INPUT)
    kwargs = {"value": config["value"]} if config.get("value", 0.0) != 0.0 else {}
    return Call("pad2d", (input, config["padding"]), kwargs, ("input", "padding"))


def _pad_draw(rng: np.random.Generator) -> dict[str, Any]:
    shape = dict(zip(("N", "C", "H", "W"), map(int, rng.integers(1, 5, size=4)), strict=True))
    amounts = tuple(int(p) for p in rng.integers(0, 4, size=4))
    padding = (amounts[0], amounts[:2], amounts)[int(rng.integers(3))]
    return {**shape, "padding": padding, "value": float(rng.integers(-3, 4))}


def _pad_torch(torch: Any) -> Callable[..., np.ndarray]:
    def pad2d(input: Any, padding: Any, value: float = 0.0) -> Any:
        if isinstance(padding, int):
            padding = (padding, padding)
        if len(padding) == 2:
            height, width = padding
            padding = (width, width, height, height)
        return torch.nn.functional.pad(input, padding, value=value)

    return through_torch(torch, pad2d)


PAD = Family(
    function="pad2d",
    parameters=("input", "padding", "value"),
    build=_pad_build,
    draw=_pad_draw,
    valid=lambda config: True,
    simplest={"N": 1, "C": 1, "H": 1, "W": 1, "padding": 0, "value": 0.0},
    axes=("N", "C", "H", "W"),
    torch=_pad_torch,
)

# --- conv2d_valid and conv2d ----------------------------------------------------------------------

OPTIONS = ("stride", "padding", "dilation", "groups")
DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}


def pair(value: Any) -> tuple[Any, Any]:
    """An option that is an int or a pair, as a pair (height, width)."""
    return value if isinstance(value, tuple) else (value, value)


def _conv_build(name: str) -> Callable[[Config, np.random.Generator], Call]:
    def build(config: Config, rng: np.random.Generator) -> Call:
        c_in, c_out, groups = config["C_in"], config["C_out"], config.get("groups", 1)
        input = values(rng, (config["N"], c_in, config["H"], config["W"]), config, INPUT)
        shape = (c_out, c_in // groups, config["kH"], config["kW"])
        weight = values(rng, shape, config, WEIGHT)
        bias = values(rng, (c_out,), config, BIAS, largest=9)
        args = (input, weight, bias) if config.get("bias", True) else (input, weight)
        kwargs = {k: config[k] for k in OPTIONS if config.get(k, DEFAULTS[k]) != DEFAULTS[k]}
        return Call(name, args, kwargs, ("input", "weight", "bias"))

    return build


def _conv_draw(rng: np.random.Generator) -> dict[str, Any]:
    groups = int(rng.integers(1, 4))

    def option(low: int, high: int) -> Any:
        pair = tuple(int(v) for v in rng.integers(low, high, size=2))
        return pair if rng.random() < 0.5 else pair[0]

    config = {
        "N": int(rng.integers(1, 4)),
        "C_in": groups * int(rng.integers(1, 3)),
        "H": int(rng.integers(2, 9)),
        "W": int(rng.integers(2, 9)),
        "C_out": groups * int(rng.integers(1, 3)),
        "kH": int(rng.integers(1, 4)),
        "kW": int(rng.integers(1, 4)),
        "bias": bool(rng.random() < 0.7),
        "stride": option(1, 4),
        "padding": option(0, 4),
        "dilation": option(1, 4),
        "groups": groups,
    }
    if rng.random() < 0.15:
        config["padding"] = "valid" if rng.random() < 0.3 else "same"
        config["stride"] = 1 if config["padding"] == "same" else config["stride"]
    return config


def conv_valid(config: Config) -> bool:
    """Do the groups divide the channels, and does the kernel fit into the padded input?"""
    groups = config.get("groups", 1)
    if config["C_in"] % groups or config["C_out"] % groups:
        return False
    padding = config.get("padding", 0)
    if padding == "same":
        return bool(config.get("stride", 1) in (1, (1, 1)))
    amounts = pair(0 if padding == "valid" else padding)
    dilation = pair(config.get("dilation", 1))
    reach = [d * (config[k] - 1) + 1 for d, k in zip(dilation, ("kH", "kW"), strict=True)]
    sizes = (config["H"], config["W"])
    return all(n + 2 * p >= r for n, p, r in zip(sizes, amounts, reach, strict=True))


def _conv_torch(torch: Any) -> Callable[..., np.ndarray]:
    return through_torch(torch, torch.nn.functional.conv2d)


def grown(array: np.ndarray, axis: int, size: int) -> np.ndarray:
    """``array`` repeated along an axis until it has that size there."""
    return np.take(array, np.arange(size) % array.shape[axis], axis=axis)


def _channels(more: int) -> Spoiler:
    return Spoiler(
        change=lambda call: call.but(input=grown(call.args[0], 1, call.args[0].shape[1] + more)
        ),
        sizes=lambda call: (call.args[0].shape[1] + more, call.args[1].shape[1]),
    )


def _kernel(axis: int) -> Spoiler:
    # One element more than fits: a stop too few is none at all.
    def room(call: Call) -> int:
        return int(call.args[0].shape[axis] + 2 * pair(call.kwargs.get("padding", 0))[axis - 2])

    def size(call: Call) -> int:
        return (room(call) - 1) // _dilation(call, axis) + 2

    def sizes(call: Call) -> tuple[int, ...]:
        reach = _dilation(call, axis) * (size(call) - 1) + 1
        return size(call), reach, room(call), call.args[0].shape[axis]

    return Spoiler(
        change=lambda call: call.but(weight=grown(call.args[1], axis, size(call))),
        sizes=sizes,
    )


def _dilation(call: Call, axis: int) -> int:
    return int(pair(call.kwargs.get("dilation", 1))[axis - 2])


def _bias(length: Callable[[int], int]) -> Spoiler:
    return Spoiler(
        change=lambda call: call.but(bias=grown(call.args[2], 0, length(call.args[1].shape[0]))
        ),
        sizes=lambda call: (length(call.args[1].shape[0]), call.args[1].shape[0]),
    )


SPOILERS = {
    "an input with one channel more than the weight takes": _channels(+1),
    "an input with one channel less than the weight takes": _channels(-1),
    "an input whose channels the groups do not divide": _channels(+1),
    "a kernel one row taller than the input": _kernel(2),
    "a kernel one column wider than the input": _kernel(3),
    "a dilated kernel that reaches past the input": _kernel(2),
    "a bias with one number too many": _bias(lambda filters: filters + 1),
    "a bias of one number for all filters": _bias(lambda filters: 1),
    "groups that do not divide the filters": Spoiler(
        change=lambda call: call.but(weight=grown(call.args[1], 0, call.args[1].shape[0] + 1),
            bias=grown(call.args[2], 0, call.args[2].shape[0] + 1),
        ),
        sizes=lambda call: (call.args[1].shape[0] + 1, call.kwargs["groups"]),
    ),
}

SIMPLEST_CONV = {
    "N": 1,
    "C_in": 1,
    "H": 1,
    "W": 1,
    "C_out": 1,
    "kH": 1,
    "kW": 1,
    "bias": False,
    **DEFAULTS,
}

CONV2D_VALID = Family(
    function="conv2d_valid",
    parameters=("input", "weight", "bias"),
    build=_conv_build("conv2d_valid"),
    draw=_conv_draw,
    valid=conv_valid,
    simplest=SIMPLEST_CONV,
    torch=_conv_torch,
)

CONV2D = Family(
    function="conv2d",
    parameters=("input", "weight", "bias", *OPTIONS),
    build=_conv_build("conv2d"),
    draw=_conv_draw,
    valid=conv_valid,
    simplest=SIMPLEST_CONV,
    torch=_conv_torch,
    spoilers=SPOILERS,
)


def conv(
    about: str, input: tuple[int, int, int, int], kernel: tuple[int, int, int], **options: Any
) -> dict[str, Any]:
    """A configuration from the input's shape and the kernel's (C_out, kH, kW)."""
    sizes = zip(("N", "C_in", "H", "W", "C_out", "kH", "kW"), (*input, *kernel), strict=True)
    return {"about": about, **dict(sizes), **options}


PLAIN_LAYERS: tuple[Config, ...] = (
    conv("one sample, one channel, one filter", (1, 1, 3, 4), (1, 2, 2), bias=False),
    conv("one sample, one channel, and a bias", (1, 1, 4, 3), (1, 2, 2)),
    conv("three channels are summed", (1, 3, 4, 3), (1, 2, 2), bias=False),
    conv("two filters, two channels", (1, 2, 3, 5), (2, 2, 3)),
    conv("four filters, two channels, three samples", (3, 2, 5, 4), (4, 3, 2)),
    conv("as many filters as columns in the output", (2, 1, 4, 5), (4, 3, 2)),
    conv("as many filters as samples", (2, 3, 4, 4), (2, 1, 3)),
    conv("a kernel of one element", (2, 3, 2, 3), (2, 1, 1)),
    conv("a kernel as large as the input", (2, 2, 3, 4), (3, 3, 4)),
)

CONTRACT_LAYERS: tuple[Config, ...] = (
    conv("called twice", (2, 2, 4, 5), (3, 2, 3), twice=True),
    conv("arrays that run backwards", (2, 2, 4, 5), (3, 2, 3), layout="reversed"),
    conv("arrays in Fortran order", (2, 3, 5, 4), (2, 3, 2), layout="Fortran"),
    conv("every second element of a larger array", (1, 2, 4, 4), (2, 2, 2), layout="every second"),
    conv("an integer input and fractional weights", (1, 2, 4, 4), (2, 2, 2), dtype="integers"),
    conv("float32 stays float32", (2, 2, 4, 5), (3, 2, 2), dtype="float32"),
    conv("integers stay integers", (1, 2, 4, 3), (2, 2, 2), dtype="all integers"),
    conv("large numbers keep all their digits", (1, 2, 3, 4), (2, 2, 2), dtype="large"),
    conv("large integers", (1, 2, 4, 3), (2, 2, 2), dtype="large integers"),
    conv("a float32 input and float64 weights", (1, 2, 3, 4), (2, 2, 2), dtype="float32 input"),
    conv("a float64 input and float32 weights", (1, 2, 3, 4), (2, 2, 2), dtype="float32 weight"),
    conv("a float64 bias alone", (1, 2, 3, 4), (2, 2, 2), dtype="float64 bias"),
)

# --- conv2d_count ---------------------------------------------------------------------------------

COUNT_PARAMETERS = ("input_size", "weight_size", "bias", *OPTIONS)


def _count_build(config: Config, rng: np.random.Generator) -> Call:
    groups = config.get("groups", 1)
    input_size = (config["N"], config["C_in"], config["H"], config["W"])
    weight_size = (config["C_out"], config["C_in"] // groups, config["kH"], config["kW"])
    kwargs = {k: config[k] for k in OPTIONS if config.get(k, DEFAULTS[k]) != DEFAULTS[k]}
    if not config.get("bias", True):
        kwargs["bias"] = False
    return Call("conv2d_count", (input_size, weight_size), kwargs, COUNT_PARAMETERS)


def numbers_draw(rng: np.random.Generator) -> dict[str, Any]:
    """A random configuration whose padding is no word."""
    while True:
        config = _conv_draw(rng)
        if not isinstance(config["padding"], str):
            return config


def _count_torch(torch: Any) -> Callable[..., tuple[int, int]]:
    # torch builds the layer, runs it and counts. Its FlopCounterMode counts by the same function, but
    # loads torch's compiler, which takes a worker longer than several submissions.
    def conv2d_count(
        input_size: Any, weight_size: Any, bias: bool = True, **options: Any
    ) -> tuple[int, int]:
        from torch.utils.flop_counter import conv_flop_count

        c_in, sizes = input_size[1], tuple(weight_size[2:])
        layer = torch.nn.Conv2d(c_in, weight_size[0], sizes, bias=bias, **options)
        with torch.no_grad():
            output = layer(torch.zeros(input_size))
        flops = conv_flop_count([*input_size], [*layer.weight.shape], [*output.shape])
        return sum(parameter.numel() for parameter in layer.parameters()), int(flops) // 2

    return conv2d_count


COUNT = Family(
    function="conv2d_count",
    parameters=COUNT_PARAMETERS,
    build=_count_build,
    draw=numbers_draw,
    valid=conv_valid,
    simplest={**SIMPLEST_CONV, "bias": False},
    torch=_count_torch,
)

UNDILATED = {"dilation": 1, "groups": 1}


def ints(config: Config) -> bool:
    """Are stride and padding single numbers, as the stages before pairs know them?"""
    return isinstance(config["stride"], int) and isinstance(config["padding"], int)


EXERCISES = (
    Exercise(
        id="pad2d",
        assignment=ASSIGNMENT,
        title="Padding the border",
        kind="A",
        difficulty=2,
        minutes=15,
        section="02-layer#padding",
        family=PAD,
        same_dtype=True,
        visible=(
            {"about": "padding 1", "N": 1, "C": 1, "H": 2, "W": 3, "padding": 1},
            {"about": "padding 2, two channels", "N": 2, "C": 2, "H": 3, "W": 2, "padding": 2},
            {"about": "padding 0", "N": 1, "C": 2, "H": 2, "W": 2, "padding": 0, "twice": True},
            {"about": "(height, width)", "N": 1, "C": 3, "H": 2, "W": 3, "padding": (1, 2)},
            {"about": "width only", "N": 2, "C": 1, "H": 3, "W": 2, "padding": (0, 2)},
            {
                "about": "(left, right, top, bottom)",
                "N": 1,
                "C": 2,
                "H": 2,
                "W": 3,
                "padding": (1, 2, 3, 4),
            },
            {
                "about": "bottom and right only",
                "N": 2,
                "C": 1,
                "H": 2,
                "W": 2,
                "padding": (0, 1, 0, 2),
            },
            {"about": "another value", "N": 1, "C": 1, "H": 2, "W": 2, "padding": 2, "value": -3.0},
            {
                "about": "another value on every side",
                "N": 1,
                "C": 1,
                "H": 2,
                "W": 1,
                "padding": (1, 2, 2, 1),
                "value": 5.0,
            },
            {
                "about": "arrays that run backwards",
                "N": 2,
                "C": 2,
                "H": 2,
                "W": 3,
                "padding": 1,
                "layout": "reversed",
            },
            {
                "about": "float32 stays float32",
                "N": 1,
                "C": 1,
                "H": 2,
                "W": 2,
                "padding": 1,
                "dtype": "float32",
            },
            {
                "about": "integers stay integers",
                "N": 1,
                "C": 1,
                "H": 2,
                "W": 2,
                "padding": 1,
                "dtype": "all integers",
            },
            {"about": "called twice", "N": 1, "C": 2, "H": 2, "W": 2, "padding": 1, "twice": True},
        ),
    ),
    Exercise(
        id="conv2d_valid",
        assignment=ASSIGNMENT,
        title="Batch, channels, bias",
        kind="A",
        difficulty=3,
        minutes=25,
        section="02-layer#channels",
        family=CONV2D_VALID,
        options=DEFAULTS,
        same_dtype=True,
        visible=(*PLAIN_LAYERS, *CONTRACT_LAYERS),
    ),
    Exercise(
        id="conv2d",
        assignment=ASSIGNMENT,
        title="The layer: stride and padding",
        kind="A",
        difficulty=3,
        minutes=20,
        section="02-layer#padding",
        family=CONV2D,
        options=UNDILATED,
        allowed=ints,
        visible=(
            conv("no option given", (1, 2, 4, 5), (3, 2, 3)),
            conv("no bias", (2, 2, 4, 5), (3, 2, 3), bias=False),
            conv("stride 2", (1, 2, 5, 7), (2, 3, 3), stride=2),
            conv("a stride that leaves a remainder", (2, 1, 7, 9), (2, 2, 3), stride=3),
            conv("padding 1", (1, 2, 3, 4), (2, 3, 3), padding=1),
            conv("padding 2", (2, 1, 3, 2), (3, 2, 3), padding=2),
            conv("a kernel that fits only with padding", (1, 1, 2, 3), (1, 3, 4), padding=1),
            conv("padding wider than the kernel", (1, 1, 2, 3), (1, 1, 2), padding=3),
            conv("stride 3, padding 2, remainders", (2, 3, 7, 3), (2, 3, 2), stride=3, padding=2),
            conv("a kernel of one element, stride 2, padding 1", (1, 3, 4, 5), (2, 1, 1), stride=2, padding=1),
            conv("one row of kernel", (1, 1, 3, 7), (1, 1, 2), stride=1, padding=2),
            conv("as many filters as columns in the output", (3, 2, 4, 6), (3, 2, 2), stride=2),
            conv("called twice", (2, 2, 4, 5), (3, 2, 3), padding=1, twice=True),
        ),
    ),
    Exercise(
        id="conv2d.pairs",
        assignment=ASSIGNMENT,
        title="Pairs, 'same' and 'valid'",
        kind="A",
        difficulty=3,
        minutes=10,
        section="02-layer#pairs",
        family=CONV2D,
        options=UNDILATED,
        visible=(
            conv("stride (1, 2)", (1, 2, 4, 7), (2, 2, 3), stride=(1, 2)),
            conv("stride (3, 1)", (2, 1, 8, 4), (2, 3, 2), stride=(3, 1)),
            conv("padding (0, 2)", (1, 2, 4, 3), (2, 2, 3), padding=(0, 2)),
            conv("padding (2, 1)", (2, 2, 3, 4), (3, 3, 2), padding=(2, 1)),
            conv("both as pairs", (2, 1, 5, 6), (2, 3, 2), stride=(2, 3), padding=(1, 2)),
            conv("an int and a pair", (1, 2, 5, 6), (2, 2, 3), stride=2, padding=(2, 0)),
            conv("a square kernel", (2, 2, 5, 6), (2, 2, 2), stride=(1, 2), padding=(2, 1)),
            conv("a kernel of one element", (2, 2, 5, 6), (3, 1, 1), stride=(1, 2), padding=(0, 1)),
            conv("'valid'", (1, 2, 4, 5), (2, 3, 2), padding="valid"),
            conv("'valid' with a stride", (1, 1, 6, 7), (2, 3, 2), padding="valid", stride=(2, 3)),
            conv("called twice", (1, 2, 5, 6), (2, 2, 3), stride=(2, 1), twice=True),
            conv("'same', odd kernel", (1, 2, 4, 5), (2, 3, 5), padding="same"),
            conv("'same', even kernel: the odd zero", (2, 1, 4, 5), (2, 2, 4), padding="same"),
            conv("'same', kernel larger than the input", (1, 1, 2, 3), (1, 5, 4), padding="same"),
        ),
    ),
    Exercise(
        id="conv2d.dilation",
        assignment=ASSIGNMENT,
        title="Dilation",
        kind="A",
        difficulty=3,
        minutes=10,
        section="02-layer#dilation",
        family=CONV2D,
        options={"groups": 1},
        visible=(
            conv("dilation 2", (1, 1, 6, 7), (2, 3, 2), dilation=2),
            conv("dilation 3, two channels", (2, 2, 7, 8), (2, 2, 3), dilation=3),
            conv("dilation (1, 2)", (1, 2, 4, 6), (2, 3, 3), dilation=(1, 2)),
            conv("dilation (3, 1)", (1, 1, 8, 3), (2, 3, 2), dilation=(3, 1)),
            conv("a kernel of one element", (1, 2, 3, 4), (2, 1, 1), dilation=3, stride=2),
            conv("with stride and padding", (2, 1, 7, 8), (3, 3, 2), dilation=2, stride=2, padding=2),
            conv(
                "every option a pair",
                (1, 2, 8, 11),
                (3, 3, 2),
                dilation=(1, 2),
                stride=(2, 3),
                padding=(2, 1),
            ),
            conv("'same' and dilation", (1, 1, 5, 6), (2, 3, 2), dilation=(2, 3), padding="same"),
            conv("dilation 1 still works", (1, 2, 4, 5), (2, 2, 3), twice=True),
        ),
    ),
    Exercise(
        id="conv2d.groups",
        assignment=ASSIGNMENT,
        title="Groups, down to depthwise",
        kind="A",
        difficulty=3,
        minutes=10,
        section="02-layer#groups",
        family=CONV2D,
        visible=(
            conv("two groups", (1, 4, 4, 5), (2, 2, 3), groups=2),
            conv("two groups, three filters each", (2, 4, 5, 4), (6, 3, 2), groups=2),
            conv("three groups of two channels", (1, 6, 3, 4), (3, 2, 2), groups=3),
            conv("depthwise", (2, 3, 5, 4), (3, 2, 3), groups=3),
            conv("depthwise, two filters a channel", (1, 3, 4, 4), (6, 2, 2), groups=3),
            conv("one channel, one group", (1, 1, 4, 5), (2, 2, 2)),
            conv(
                "every option at once",
                (2, 4, 8, 11),
                (6, 3, 2),
                groups=2,
                stride=(2, 3),
                padding=(2, 1),
                dilation=(1, 2),
            ),
            conv("called twice", (2, 4, 4, 3), (2, 2, 3), groups=2, twice=True),
            conv("as many filters as rows", (2, 4, 5, 6), (4, 2, 2), groups=2),
            conv("a square kernel, dilated", (1, 4, 6, 7), (2, 2, 2), groups=2, dilation=2),
            conv("groups with 'same'", (1, 4, 4, 3), (2, 2, 3), groups=2, padding="same"),
        ),
    ),
    Exercise(
        id="conv2d.contract",
        assignment=ASSIGNMENT,
        title="The contract",
        kind="A",
        difficulty=3,
        minutes=10,
        section="02-layer#contract",
        family=CONV2D,
        options=UNDILATED,
        allowed=ints,
        same_dtype=True,
        visible=(
            *CONTRACT_LAYERS,
            conv("padded, called twice", (2, 2, 4, 5), (3, 2, 3), padding=1, twice=True),
            conv("padded, backwards", (1, 2, 4, 5), (3, 2, 3), padding=2, layout="reversed"),
            conv("a stride that leaves a remainder", (2, 2, 7, 6), (2, 3, 2), stride=3, padding=1),
            conv("padded, integer input", (2, 1, 3, 4), (2, 2, 2), padding=1, dtype="integers"),
            conv("padded, float32", (2, 1, 3, 4), (2, 2, 2), padding=1, dtype="float32"),
            conv("float32, no bias", (1, 2, 3, 4), (2, 2, 2), dtype="float32", bias=False),
            conv("a kernel that fits only with padding", (1, 1, 2, 3), (1, 3, 4), padding=1),
            conv("N = 1, C = 1, a kernel of one element", (1, 1, 2, 2), (1, 1, 1), stride=2),
            *(
                conv(
                    f"refuses {spoiler}",
                    (2, 4, 5, 6),
                    (2, 2, 3),
                    refuse=spoiler,
                    **({"groups": 2} if "groups" in spoiler else {}),
                    **({"dilation": 2} if "dilated" in spoiler else {}),
                )
                for spoiler in SPOILERS
            ),
        ),
    ),
    Exercise(
        id="conv2d_count",
        assignment=ASSIGNMENT,
        title="Parameters and multiply-adds",
        kind="A",
        difficulty=2,
        minutes=10,
        section="02-layer#counting",
        family=COUNT,
        visible=(
            conv("one window", (1, 1, 2, 3), (1, 2, 3)),
            conv("several filters", (1, 3, 5, 4), (4, 2, 3)),
            conv("no bias", (1, 3, 5, 4), (4, 2, 3), bias=False),
            conv("a batch does the work N times", (14, 4, 32, 35), (5, 3, 2), stride=2),
            conv("padding", (2, 2, 3, 5), (3, 3, 2), padding=(1, 2)),
            conv("dilation", (1, 2, 9, 8), (3, 3, 2), dilation=(2, 3)),
            conv("groups", (2, 6, 5, 4), (3, 2, 3), groups=3),
            conv("depthwise", (1, 8, 7, 9), (8, 3, 3), groups=8, padding=1),
            conv("every option", (3, 4, 11, 8), (6, 3, 2), stride=(2, 3), padding=(2, 1), groups=2),
        ),
    ),
    Exercise(
        id="break_conv2d",
        assignment=ASSIGNMENT,
        title="Break six convolutions",
        kind="P",
        difficulty=3,
        minutes=25,
        section="02-layer#probes",
        question=Probes(
            of=("conv2d",),
            wrong=("F01", "F04", "F08", "F12", "F14", "F19"),
            most=4,
        ),
    ),
)
