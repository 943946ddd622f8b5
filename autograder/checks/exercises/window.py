"""Assignment 01-window: the exercises on one sliding window, and the calls that test them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.exercise import INPUT, WEIGHT, Config, Exercise, Family, values
from autograder.checks.oracles import through_torch
from autograder.checks.question import Question

ASSIGNMENT = "01-window"

# --- conv_output_size -----------------------------------------------------------------------------

SIZE_PARAMETERS = ("size", "kernel_size", "stride", "padding", "dilation")


def _size_build(config: Config, rng: np.random.Generator) -> Call:
    kwargs = {k: config[k] for k in SIZE_PARAMETERS[2:] if k in config}
    args = (config["size"], config["kernel_size"])
    return Call("conv_output_size", args, kwargs, SIZE_PARAMETERS)


def _size_draw(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "size": int(rng.integers(1, 60)),
        "kernel_size": int(rng.integers(1, 12)),
        "stride": int(rng.integers(1, 7)),
        "padding": int(rng.integers(0, 9)),
        "dilation": int(rng.integers(1, 5)),
    }


def _size_valid(config: Config) -> bool:
    reach = config.get("dilation", 1) * (config["kernel_size"] - 1) + 1
    return bool(config["size"] + 2 * config.get("padding", 0) >= reach)


def _size_torch(torch: Any) -> Callable[..., int]:
    # torch itself is asked, not its formula.
    def conv_output_size(size: int, kernel_size: int, **options: int) -> int:
        input = torch.zeros(1, 1, size)
        weight = torch.zeros(1, 1, kernel_size)
        return int(torch.nn.functional.conv1d(input, weight, **options).shape[-1])

    return conv_output_size


SIZE = Family(
    function="conv_output_size",
    parameters=SIZE_PARAMETERS,
    build=_size_build,
    draw=_size_draw,
    valid=_size_valid,
    simplest={"size": 1, "kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1},
    torch=_size_torch,
)

# --- cross_correlate2d and convolve2d -------------------------------------------------------------


def _window_build(name: str) -> Callable[[Config, np.random.Generator], Call]:
    def build(config: Config, rng: np.random.Generator) -> Call:
        input = values(rng, (config["H"], config["W"]), config, INPUT)
        weight = values(rng, (config["kH"], config["kW"]), config, WEIGHT)
        kwargs = {"stride": config["stride"]} if config.get("stride", 1) != 1 else {}
        return Call(name, (input, weight), kwargs, ("input", "weight"))

    return build


def _window_draw(rng: np.random.Generator) -> dict[str, Any]:
    kernel = {"kH": int(rng.integers(1, 5)), "kW": int(rng.integers(1, 5))}
    size = {"H": int(rng.integers(1, 10)), "W": int(rng.integers(1, 10))}
    pair = tuple(int(s) for s in rng.integers(1, 4, size=2))
    return {**size, **kernel, "stride": pair if rng.random() < 0.5 else pair[0]}


def _window_valid(config: Config) -> bool:
    return bool(config["H"] >= config["kH"] and config["W"] >= config["kW"])


def _cross_correlate2d_torch(torch: Any) -> Callable[..., np.ndarray]:
    def cross_correlate2d(input: Any, weight: Any, stride: Any = 1) -> Any:
        conv2d = torch.nn.functional.conv2d
        return conv2d(input[None, None], weight[None, None], stride=stride)[0, 0]

    return through_torch(torch, cross_correlate2d)


def _convolve2d_torch(torch: Any) -> Callable[..., np.ndarray]:
    def convolve2d(input: Any, weight: Any) -> Any:
        mirrored = weight.flip(0, 1)
        return torch.nn.functional.conv2d(input[None, None], mirrored[None, None])[0, 0]

    return through_torch(torch, convolve2d)


SIMPLEST_WINDOW = {"H": 1, "W": 1, "kH": 1, "kW": 1, "stride": 1}

CROSS_CORRELATE = Family(
    function="cross_correlate2d",
    parameters=("input", "weight", "stride"),
    build=_window_build("cross_correlate2d"),
    draw=_window_draw,
    valid=_window_valid,
    simplest=SIMPLEST_WINDOW,
    axes=("H_out", "W_out"),
    torch=_cross_correlate2d_torch,
)

CONVOLVE = Family(
    function="convolve2d",
    parameters=("input", "weight"),
    build=_window_build("convolve2d"),
    draw=_window_draw,
    valid=_window_valid,
    simplest=SIMPLEST_WINDOW,
    axes=("H_out", "W_out"),
    torch=_convolve2d_torch,
)

PLAIN_WINDOWS: tuple[Config, ...] = (
    {"about": "a square input, a square kernel", "H": 3, "W": 3, "kH": 2, "kW": 2},
    {"about": "a wide input, a tall kernel", "H": 4, "W": 7, "kH": 3, "kW": 2},
    {"about": "a tall input, a wide kernel", "H": 6, "W": 4, "kH": 2, "kW": 3},
    {"about": "a kernel of one row", "H": 3, "W": 5, "kH": 1, "kW": 3},
    {"about": "a kernel of one element", "H": 2, "W": 3, "kH": 1, "kW": 1},
    {"about": "a kernel as large as the input", "H": 3, "W": 4, "kH": 3, "kW": 4},
    {"about": "called twice", "H": 5, "W": 3, "kH": 2, "kW": 2, "twice": True},
)

CONTRACT_WINDOWS: tuple[Config, ...] = (
    {"about": "arrays that run backwards", "H": 4, "W": 5, "kH": 2, "kW": 3, "layout": "reversed"},
    {"about": "arrays in Fortran order", "H": 5, "W": 4, "kH": 3, "kW": 2, "layout": "Fortran"},
    {
        "about": "an integer input and a fractional kernel",
        "H": 4,
        "W": 4,
        "kH": 2,
        "kW": 2,
        "dtype": "integers",
    },
    *(
        {"about": about, "H": 4, "W": 5, "kH": 2, "kW": 2, "dtype": dtype}
        for about, dtype in (
            ("float32 stays float32", "float32"),
            ("integers stay integers", "all integers"),
            ("large numbers keep all their digits", "large"),
            ("large integers", "large integers"),
            ("a float32 input and a float64 kernel", "float32 input"),
            ("a float64 input and a float32 kernel", "float32 weight"),
        )
    ),
)

EXERCISES = (
    Exercise(
        id="conv_output_size",
        assignment=ASSIGNMENT,
        title="How many windows fit",
        kind="A",
        difficulty=1,
        minutes=15,
        section="01-window#output-size",
        family=SIZE,
        visible=(
            {"about": "every start fits", "size": 5, "kernel_size": 3},
            {"about": "a kernel of one element", "size": 6, "kernel_size": 1},
            {"about": "a kernel as long as the input", "size": 4, "kernel_size": 4},
            {"about": "a stride that fits", "size": 7, "kernel_size": 3, "stride": 2},
            {
                "about": "a stride that leaves a remainder",
                "size": 10,
                "kernel_size": 3,
                "stride": 4,
            },
            {"about": "the layer's height", "size": 32, "kernel_size": 3, "stride": 2},
            {"about": "the layer's width", "size": 35, "kernel_size": 2, "stride": 2},
            {"about": "padding on both sides", "size": 5, "kernel_size": 3, "padding": 2},
            {"about": "padding and an even kernel", "size": 6, "kernel_size": 4, "padding": 1},
            {"about": "dilation", "size": 9, "kernel_size": 3, "dilation": 3},
            {
                "about": "every option at once",
                "size": 17,
                "kernel_size": 4,
                "stride": 3,
                "padding": 2,
                "dilation": 2,
            },
        ),
    ),
    Exercise(
        id="by_hand",
        assignment=ASSIGNMENT,
        title="A cross-correlation on paper",
        kind="Q",
        difficulty=1,
        minutes=10,
        section="01-window#window",
        question=Question(
            answer="ca2e84f1",
            given=Call(
                "cross_correlate2d",
                (
                    np.array([[2, 7, 1], [8, 2, 8], [1, 0, 2]], dtype=float),
                    np.array([[3, 1], [4, 2]], dtype=float),
                ),
                {},
                ("input", "weight"),
            ),
        ),
    ),
    Exercise(
        id="cross_correlate2d",
        assignment=ASSIGNMENT,
        title="Cross-correlation in two dimensions",
        kind="A",
        difficulty=2,
        minutes=30,
        section="01-window#window",
        family=CROSS_CORRELATE,
        allowed=lambda config: isinstance(config["stride"], int),
        same_dtype=True,
        visible=(
            *PLAIN_WINDOWS,
            {"about": "stride 2, every row used", "H": 5, "W": 7, "kH": 3, "kW": 3, "stride": 2},
            {"about": "a stride that leaves a remainder", "H": 6, "W": 8, "kH": 2, "kW": 3, "stride": 3},
            *CONTRACT_WINDOWS,
        ),
    ),
    Exercise(
        id="cross_correlate2d.stride",
        assignment=ASSIGNMENT,
        title="A stride for each axis",
        kind="A",
        difficulty=2,
        minutes=10,
        section="01-window#stride",
        family=CROSS_CORRELATE,
        same_dtype=True,
        visible=(
            {"about": "stride (1, 2)", "H": 5, "W": 7, "kH": 2, "kW": 2, "stride": (1, 2)},
            {"about": "stride (2, 1)", "H": 7, "W": 5, "kH": 2, "kW": 3, "stride": (2, 1)},
            {"about": "stride (3, 2), remainders", "H": 9, "W": 8, "kH": 2, "kW": 3, "stride": (3, 2)},
            {"about": "one row of stops", "H": 4, "W": 9, "kH": 3, "kW": 2, "stride": (2, 3)},
            {"about": "stride longer than the kernel", "H": 8, "W": 7, "kH": 1, "kW": 2, "stride": (3, 4)},
            {"about": "an int still works", "H": 6, "W": 7, "kH": 3, "kW": 2, "stride": 2},
            {"about": "no stride given", "H": 4, "W": 5, "kH": 2, "kW": 3},
            {"about": "called twice", "H": 5, "W": 6, "kH": 2, "kW": 2, "stride": (2, 3), "twice": True},
        ),
    ),
    Exercise(
        id="convolve2d",
        assignment=ASSIGNMENT,
        title="True convolution: the flip",
        kind="A",
        difficulty=2,
        minutes=15,
        section="01-window#flip",
        family=CONVOLVE,
        options={"stride": 1},
        same_dtype=True,
        visible=(*PLAIN_WINDOWS, *CONTRACT_WINDOWS),
    ),
)
