"""Assignment 07-speed: what a layer costs, fewer multiplications, and the layer as fast as it goes.

Nothing is judged by the clock.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.exercise import INPUT, WEIGHT, Config, Exercise, Family, Spoiler, values
from autograder.checks.exercises.columns import (
    GROUPED_LAYERS,
    IM2COL_BACKWARD,
    UNGROUPED_LAYERS,
    like_conv2d,
    numbers_only,
    refusals,
)
from autograder.checks.exercises.columns import EXERCISES as COLUMNS_EXERCISES
from autograder.checks.exercises.layer import CONV2D, COUNT, DEFAULTS, OPTIONS, conv
from autograder.checks.oracles import through_torch

ASSIGNMENT = "07-speed"

# --- conv2d_cost ----------------------------------------------------------------------------------

COST_PARAMETERS = ("input_size", "weight_size", *OPTIONS, "itemsize")


def _cost_build(config: Config, rng: np.random.Generator) -> Call:
    counted = COUNT.build({**config, "bias": True}, rng)
    kwargs = {k: config[k] for k in OPTIONS if config.get(k, DEFAULTS[k]) != DEFAULTS[k]}
    if config.get("itemsize", 4) != 4:
        kwargs["itemsize"] = config["itemsize"]
    return Call("conv2d_cost", counted.args, kwargs, COST_PARAMETERS)


def _cost_draw(rng: np.random.Generator) -> dict[str, Any]:
    config = CONV2D.draw(rng)
    del config["bias"]
    return {**config, "itemsize": int(rng.choice([2, 4, 8]))}


def _cost_torch(torch: Any) -> Callable[..., tuple[int, int]]:
    # torch runs the layer, counts its flops (see ``conv2d_count``), and says how large the tensors are.
    def conv2d_cost(
        input_size: Any, weight_size: Any, itemsize: int = 4, **options: Any
    ) -> tuple[int, int]:
        from torch.utils.flop_counter import conv_flop_count

        tensors = [torch.zeros(size) for size in (input_size, weight_size)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # 'same' with an even kernel: a copy, which costs nothing here
            tensors.append(torch.nn.functional.conv2d(*tensors, **options))
        flops = conv_flop_count(*([*tensor.shape] for tensor in tensors))
        return int(flops), itemsize * sum(tensor.numel() for tensor in tensors)

    return conv2d_cost


COST = Family(
    function="conv2d_cost",
    parameters=COST_PARAMETERS,
    build=_cost_build,
    draw=_cost_draw,
    valid=CONV2D.valid,
    simplest={**{k: v for k, v in CONV2D.simplest.items() if k != "bias"}, "itemsize": 4},
    torch=_cost_torch,
)

# --- winograd_f23 ---------------------------------------------------------------------------------


def _line_build(config: Config, rng: np.random.Generator) -> Call:
    input = values(rng, (2 * config["tiles"] + 2,), config, INPUT)
    weight = values(rng, (3,), config, WEIGHT)
    return Call("winograd_f23", (input, weight), {}, ("input", "weight"))


def _line_torch(torch: Any) -> Callable[..., np.ndarray]:
    def winograd_f23(input: Any, weight: Any) -> Any:
        return torch.nn.functional.conv1d(input[None, None], weight[None, None])[0, 0]

    exact = through_torch(torch, winograd_f23)

    def floating(input: np.ndarray, weight: np.ndarray) -> np.ndarray:
        # The halves make fractions of whole numbers on the way.
        result = exact(input, weight)
        return result.astype(np.float64) if result.dtype.kind in "iu" else result

    return floating


def _other_length(place: int, change: int) -> Spoiler:
    def spoil(call: Call) -> Call:
        args = list(call.args)
        size = len(args[place]) + change
        args[place] = np.take(args[place], np.arange(size) % len(args[place]))
        return replace(call, args=tuple(args))

    return Spoiler(
        change=spoil,
        sizes=lambda call: (len(call.args[place]) + change, len(call.args[place])),
    )


WINOGRAD = Family(
    function="winograd_f23",
    parameters=("input", "weight"),
    build=_line_build,
    draw=lambda rng: {"tiles": int(rng.integers(1, 9))},
    valid=lambda config: bool(config["tiles"] >= 1),
    simplest={"tiles": 1},
    torch=_line_torch,
    spoilers={
        "a line of odd length": _other_length(0, 1),
        "a line of two elements": Spoiler(
            change=lambda call: replace(call, args=(call.args[0][:2], call.args[1])),
            sizes=lambda call: (2,),
        ),
        "a kernel of four taps": _other_length(1, 1),
        "a kernel of two taps": _other_length(1, -1),
    },
    axes=("place",),
)

# --- Layers ---------------------------------------------------------------------------------------

FFT = like_conv2d("conv2d_fft")
FAST = like_conv2d("conv2d_fast")
# Layers that a fast way with tiles or pieces meets, and a small case would not show.
LARGER_LAYERS: tuple[Config, ...] = (
    conv("3×3 at 'same', odd sizes", (2, 3, 7, 5), (4, 3, 3), padding="same"),
    conv("3×3 without padding", (3, 2, 6, 8), (2, 3, 3)),
    conv("3×3 with padding 2", (1, 2, 4, 3), (2, 3, 3), padding=2),
    conv("3×3 at stride 2", (2, 2, 6, 7), (3, 3, 3), padding=1, stride=2),
    conv("3×3 at dilation 2", (1, 2, 6, 5), (3, 3, 3), padding=2, dilation=2),
    conv("3×3 in groups", (2, 4, 4, 5), (4, 3, 3), padding=1, groups=2),
    conv("3×3 on a single row", (1, 2, 1, 4), (2, 3, 3), padding=1),
    conv("1×1, many channels", (2, 5, 3, 4), (4, 1, 1)),
    conv("1×1 with padding", (1, 3, 2, 3), (2, 1, 1), padding=1),
)


def _fast_backward_build(config: Config, rng: np.random.Generator) -> Call:
    return replace(IM2COL_BACKWARD.build(config, rng), function="conv2d_fast_backward")


FAST_BACKWARD = replace(
    IM2COL_BACKWARD, function="conv2d_fast_backward", build=_fast_backward_build
)
_BACKWARD = next(e for e in COLUMNS_EXERCISES if e.id == "conv2d_im2col_backward")


EXERCISES = (
    Exercise(
        id="conv2d_cost",
        assignment=ASSIGNMENT,
        title="What a layer costs, at least",
        kind="A",
        difficulty=2,
        minutes=15,
        section="07-speed#cost",
        family=COST,
        visible=(
            conv("one window", (1, 1, 2, 3), (1, 2, 3)),
            conv("several filters", (1, 3, 5, 4), (4, 2, 3)),
            conv("a batch", (14, 4, 32, 35), (5, 3, 2), stride=2),
            conv("padding", (2, 2, 3, 5), (3, 3, 2), padding=(1, 2)),
            conv("padding 2", (1, 2, 4, 3), (2, 2, 3), padding=2),
            conv("'same'", (2, 3, 7, 5), (4, 3, 2), padding="same"),
            conv("'valid'", (1, 2, 6, 7), (3, 2, 3), padding="valid", stride=(2, 3)),
            conv("dilation", (1, 2, 9, 8), (3, 3, 2), dilation=(2, 3)),
            conv("'same' and dilation", (1, 2, 5, 6), (2, 3, 2), dilation=2, padding="same"),
            conv("groups", (2, 6, 5, 4), (3, 2, 3), groups=3),
            conv("depthwise", (1, 8, 7, 9), (8, 3, 3), groups=8, padding=1),
            conv("float64", (2, 3, 5, 6), (4, 3, 2), itemsize=8),
            conv(
                "every option",
                (3, 4, 11, 8),
                (6, 3, 2),
                stride=(2, 3),
                padding=(2, 1),
                groups=2,
                itemsize=2,
            ),
        ),
    ),
    Exercise(
        id="conv2d_fft",
        assignment=ASSIGNMENT,
        title="By Fourier transforms",
        kind="A",
        difficulty=4,
        minutes=35,
        section="07-speed#fourier",
        family=FFT,
        same_dtype=True,
        visible=(
            *UNGROUPED_LAYERS,
            *GROUPED_LAYERS,
            # Among so many, some come back from the transforms as a little less than they are.
            conv("many integers", (2, 3, 8, 9), (4, 3, 2), padding=1, dtype="all integers"),
            *refusals(FFT.spoilers),
        ),
    ),
    Exercise(
        id="winograd_f23",
        assignment=ASSIGNMENT,
        title="Two outputs for four multiplications",
        kind="A",
        difficulty=4,
        minutes=20,
        section="07-speed#winograd",
        family=WINOGRAD,
        visible=(
            {"about": "one tile", "tiles": 1},
            {"about": "two tiles overlap", "tiles": 2},
            {"about": "five tiles", "tiles": 5},
            {"about": "called twice", "tiles": 3, "twice": True},
            {"about": "a line that runs backwards", "tiles": 3, "layout": "reversed"},
            {"about": "every second element", "tiles": 2, "layout": "every second"},
            {"about": "whole numbers as int64", "tiles": 3, "dtype": "all integers"},
            {"about": "an integer line, halves as taps", "tiles": 2, "dtype": "integers"},
            {"about": "float32", "tiles": 4, "dtype": "float32"},
            *({"about": f"refuses {n}", "tiles": 2, "refuse": n} for n in WINOGRAD.spoilers),
        ),
    ),
    Exercise(
        id="conv2d_fast",
        assignment=ASSIGNMENT,
        title="As fast as you can",
        kind="A",
        difficulty=4,
        minutes=40,
        section="07-speed#ladder",
        family=FAST,
        same_dtype=True,
        visible=(
            *UNGROUPED_LAYERS,
            *GROUPED_LAYERS,
            *LARGER_LAYERS,
            *refusals(FAST.spoilers),
        ),
    ),
    Exercise(
        id="conv2d_fast_backward",
        assignment=ASSIGNMENT,
        title="And backward",
        kind="A",
        difficulty=4,
        minutes=25,
        section="07-speed#fast-backward",
        family=FAST_BACKWARD,
        allowed=numbers_only,
        same_dtype=True,
        visible=(
            *_BACKWARD.visible,
            conv("3×3 with padding 1", (2, 3, 7, 5), (4, 3, 3), padding=1),
            conv("3×3 at stride 2", (2, 2, 6, 7), (3, 3, 3), padding=1, stride=2),
            conv("3×3 at dilation 2", (1, 2, 6, 5), (3, 3, 3), padding=2, dilation=2),
            conv("3×3 in groups", (2, 4, 4, 5), (4, 3, 3), padding=1, groups=2),
            conv("1×1 with padding", (1, 3, 2, 3), (2, 1, 1), padding=1),
            *(
                conv(f"padding {p}, stride {s}", (1, 2, 5, 6), (2, 2, 3), padding=p, stride=s)
                for p in ((0, 2), (1, 0))
                for s in (1, 2)
            ),
        ),
    ),
)
