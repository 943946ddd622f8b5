"""Assignment 06-columns: windows as a view, columns, and the layer as products of matrices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
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
from autograder.checks.exercises.layer import (
    CONTRACT_LAYERS,
    CONV2D,
    DEFAULTS,
    OPTIONS,
    SPOILERS,
    conv,
    pair,
)
from autograder.checks.oracles import through_torch

ASSIGNMENT = "06-columns"

# --- A kernel of a size alone: sliding_windows, unfold, fold --------------------------------------

SIMPLEST_WINDOW = {
    "N": 1,
    "C": 1,
    "H": 1,
    "W": 1,
    "kernel_size": 1,
    "dilation": 1,
    "padding": 0,
    "stride": 1,
}


def window(
    about: str, input: tuple[int, int, int, int], kernel_size: Any, **options: Any
) -> dict[str, Any]:
    """A configuration from a picture's shape (N, C, H, W) and a kernel's size."""
    sizes = zip(("N", "C", "H", "W"), input, strict=True)
    return {"about": about, **dict(sizes), "kernel_size": kernel_size, **options}


def stops(config: Config) -> tuple[int, int]:
    """(H_out, W_out) of a kernel that slides over the padded picture."""
    kernel, stride, dilation, padding = (
        pair(config.get(key, SIMPLEST_WINDOW[key]))
        for key in ("kernel_size", "stride", "dilation", "padding")
    )
    rows, columns = (
        (config["HW"[a]] + 2 * padding[a] - dilation[a] * (kernel[a] - 1) - 1) // stride[a] + 1
        for a in (0, 1)
    )
    return rows, columns


def _window_draw(keys: tuple[str, ...]) -> Callable[[np.random.Generator], dict[str, Any]]:
    def draw(rng: np.random.Generator) -> dict[str, Any]:
        def option(low: int, high: int) -> Any:
            pair = tuple(int(v) for v in rng.integers(low, high, size=2))
            return pair if rng.random() < 0.6 else pair[0]

        drawn = {
            "N": int(rng.integers(1, 4)),
            "C": int(rng.integers(1, 4)),
            "H": int(rng.integers(2, 10)),
            "W": int(rng.integers(2, 10)),
            "kernel_size": option(1, 4),
            "dilation": option(1, 4),
            "padding": option(0, 3),
            "stride": option(1, 4),
        }
        return {key: drawn[key] for key in ("N", "C", "H", "W", "kernel_size", *keys)}

    return draw


def _options(config: Config, keys: tuple[str, ...]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    # In the order of the signature where the configuration says "positional", else by name.
    if config.get("positional"):
        return tuple(config.get(key, SIMPLEST_WINDOW[key]) for key in keys), {}
    given = {key: config[key] for key in keys if key in config}
    return (), {key: value for key, value in given.items() if value != SIMPLEST_WINDOW[key]}


def _instead(call: Call, place: int, value: Any) -> Call:
    return replace(call, args=(*call.args[:place], value, *call.args[place + 1 :]))


def _option(call: Call, key: str) -> tuple[int, int]:
    named = dict(zip(call.names, call.args, strict=False)) | call.kwargs
    return pair(named.get(key, SIMPLEST_WINDOW[key]))


def _too_large(axis: int) -> Spoiler:
    # The kernel's size is the second argument. One element more than fits: no stop at all.
    def sizes(call: Call) -> tuple[int, ...]:
        room = call.args[0].shape[2 + axis] + 2 * _option(call, "padding")[axis]
        dilation = _option(call, "dilation")[axis]
        kernel = (room - 1) // dilation + 2
        return kernel, dilation * (kernel - 1) + 1, room, call.args[0].shape[2 + axis]

    def change(call: Call) -> Call:
        kernel = list(pair(call.args[1]))
        kernel[axis] = sizes(call)[0]
        return _instead(call, 1, tuple(kernel))

    return Spoiler(change=change, sizes=sizes)


# --- sliding_windows ------------------------------------------------------------------------------

WINDOW_OPTIONS = ("stride", "dilation")

# Room around the input keeps a view that strays from reading what is not its own, and makes what
# it reads there the same every time.
READ_TWICE = Source(
    name="windows_read_twice",
    text='''\
def windows_read_twice(theirs, input, *args, **kwargs):
    """What theirs shows, and what it shows after every element of the input was tripled."""
    low, high = np.lib.array_utils.byte_bounds(input)
    room = 16 * (high - low)
    memory = np.full((high - low + 2 * room) // input.itemsize, 77, input.dtype)
    start = room + input.__array_interface__["data"][0] - low
    inside = np.ndarray(input.shape, input.dtype, memory, start, input.strides)
    inside[...] = input
    windows = theirs(inside, *args, **kwargs)
    input[...] = inside
    if type(windows) is not np.ndarray or windows.size > 10**6:
        return windows
    first = windows.copy()
    inside *= 3
    return first, windows.copy()
''',
)


def _windows_build(config: Config, rng: np.random.Generator) -> Call:
    shape = (config["N"], config["C"], config["H"], config["W"])
    args, kwargs = _options(config, WINDOW_OPTIONS)
    names = ("input", "kernel_size", *WINDOW_OPTIONS)
    input = values(rng, shape, config, INPUT)
    return Call("sliding_windows", (input, config["kernel_size"], *args), kwargs, names)


def _windows_torch(torch: Any) -> Callable[..., Any]:
    def sliding_windows(input: Any, kernel_size: Any, stride: Any = 1, dilation: Any = 1) -> Any:
        view = input
        for axis in (0, 1):
            d = pair(dilation)[axis]
            reach = d * (pair(kernel_size)[axis] - 1) + 1
            view = view.unfold(2 + axis, reach, pair(stride)[axis])[..., ::d]
        return view

    windows = through_torch(torch, sliding_windows)

    def read_twice(*args: Any, **kwargs: Any) -> tuple[np.ndarray, np.ndarray]:
        first = windows(*args, **kwargs)
        return first, 3 * first

    return read_twice


WINDOWS = Family(
    function="sliding_windows",
    parameters=("input", "kernel_size", *WINDOW_OPTIONS),
    build=_windows_build,
    draw=_window_draw(WINDOW_OPTIONS),
    valid=lambda config: min(stops(config)) >= 1,
    simplest={k: v for k, v in SIMPLEST_WINDOW.items() if k != "padding"},
    torch=_windows_torch,
    driver=READ_TWICE,
    spoilers={
        "a window one row taller than the input": _too_large(0),
        "a window one column wider than the input": _too_large(1),
    },
    axes=("N", "C", "H_out", "W_out", "kH", "kW"),
)

# --- unfold ---------------------------------------------------------------------------------------

COLUMN_OPTIONS = ("dilation", "padding", "stride")


def _unfold_build(config: Config, rng: np.random.Generator) -> Call:
    shape = (config["N"], config["C"], config["H"], config["W"])
    args, kwargs = _options(config, COLUMN_OPTIONS)
    names = ("input", "kernel_size", *COLUMN_OPTIONS)
    input = values(rng, shape, config, INPUT)
    return Call("unfold", (input, config["kernel_size"], *args), kwargs, names)


UNFOLD = Family(
    function="unfold",
    parameters=("input", "kernel_size", *COLUMN_OPTIONS),
    build=_unfold_build,
    draw=_window_draw(COLUMN_OPTIONS),
    valid=lambda config: min(stops(config)) >= 1,
    simplest=SIMPLEST_WINDOW,
    torch=lambda torch: through_torch(torch, torch.nn.functional.unfold),
    spoilers={
        "a kernel one row taller than the padded input": _too_large(0),
        "a kernel one column wider than the padded input": _too_large(1),
    },
    axes=("N", "row (C, kH, kW)", "column (H_out, W_out)"),
)

# --- fold -----------------------------------------------------------------------------------------

FOLD_NAMES = ("input", "output_size", "kernel_size", *COLUMN_OPTIONS)


def _fold_build(config: Config, rng: np.random.Generator) -> Call:
    kernel, (rows, columns) = pair(config["kernel_size"]), stops(config)
    shape = (config["N"], config["C"] * kernel[0] * kernel[1], rows * columns)
    args, kwargs = _options(config, COLUMN_OPTIONS)
    size = (config["H"], config["W"])
    input = values(rng, shape, config, INPUT)
    return Call("fold", (input, size, config["kernel_size"], *args), kwargs, FOLD_NAMES)


def _longer(axis: int, sizes: Callable[[Call], tuple[int, ...]]) -> Spoiler:
    # One row or one column more than there may be.
    def change(call: Call) -> Call:
        columns = call.args[0]
        longer = np.take(columns, np.arange(columns.shape[axis] + 1) % columns.shape[axis], axis)
        return _instead(call, 0, longer)

    return Spoiler(change=change, sizes=sizes)


FOLD = Family(
    function="fold",
    parameters=FOLD_NAMES,
    build=_fold_build,
    draw=_window_draw(COLUMN_OPTIONS),
    valid=lambda config: min(stops(config)) >= 1,
    simplest=SIMPLEST_WINDOW,
    torch=lambda torch: through_torch(torch, torch.nn.functional.fold),
    spoilers={
        "one row too many": _longer(
            1, lambda call: (call.args[0].shape[1] + 1, int(np.prod(pair(call.args[2]))))
        ),
        "one column too many": _longer(
            2, lambda call: (call.args[0].shape[2] + 1, call.args[0].shape[2])
        ),
    },
    axes=("N", "C", "H", "W"),
)

# --- Layers by other names ------------------------------------------------------------------------


def like_conv2d(function: str, without: tuple[str, ...] = (), **changes: Any) -> Family:
    """The family of a function that does what conv2d does, ``without`` some of its options."""

    def build(config: Config, rng: np.random.Generator) -> Call:
        return replace(CONV2D.build(config, rng), function=function)

    spoilers = {name: s for name, s in SPOILERS.items() if not any(o in name for o in without)}
    parameters = tuple(name for name in CONV2D.parameters if name not in without)
    return replace(
        CONV2D,
        function=function,
        build=build,
        parameters=parameters,
        spoilers=spoilers,
        **changes,
    )


def refusals(spoilers: Mapping[str, Spoiler]) -> tuple[Config, ...]:
    """A visible case for each way to spoil a call of a layer."""
    return tuple(
        conv(
            f"refuses {spoiler}",
            (2, 4, 5, 6),
            (2, 2, 3),
            refuse=spoiler,
            **({"groups": 2} if "groups" in spoiler else {}),
            **({"dilation": 2} if "dilated" in spoiler else {}),
        )
        for spoiler in spoilers
    )


UNGROUPED_LAYERS: tuple[Config, ...] = (
    conv("no option given", (1, 2, 4, 5), (3, 2, 3)),
    conv("no bias", (2, 2, 4, 5), (3, 2, 3), bias=False),
    conv("as many filters as channels", (3, 2, 4, 6), (2, 3, 2)),
    conv("as many filters as columns in the output", (2, 1, 4, 5), (4, 3, 2)),
    conv("as many filters as samples", (2, 3, 4, 4), (2, 1, 3)),
    conv("a kernel as large as the input", (2, 2, 3, 4), (3, 3, 4)),
    conv("stride 2", (2, 2, 5, 7), (3, 3, 3), stride=2),
    conv("stride 3, padding 2, remainders", (2, 3, 7, 3), (2, 3, 2), stride=3, padding=2),
    conv("padding 1", (1, 2, 3, 4), (2, 3, 3), padding=1),
    conv("padding wider than the kernel", (1, 1, 2, 3), (1, 1, 2), padding=3),
    conv("stride and padding as pairs", (2, 1, 5, 6), (2, 3, 2), stride=(2, 3), padding=(1, 2)),
    conv("a square kernel", (2, 2, 5, 6), (2, 2, 2), stride=(1, 2), padding=(2, 1)),
    conv("dilation (3, 1)", (1, 1, 8, 3), (2, 3, 2), dilation=(3, 1)),
    conv("dilation 3, two channels", (2, 2, 7, 8), (2, 2, 3), dilation=3),
    conv("a kernel of one element, dilated", (1, 2, 3, 4), (2, 1, 1), dilation=3),
    conv(
        "every option a pair",
        (1, 2, 8, 11),
        (3, 3, 2),
        dilation=(1, 2),
        stride=(2, 3),
        padding=(2, 1),
    ),
    conv("'valid' with a stride", (1, 1, 6, 7), (2, 3, 2), padding="valid", stride=(2, 3)),
    conv("'same', even kernel: the odd zero", (2, 1, 4, 5), (2, 2, 4), padding="same"),
    conv("'same' and dilation", (1, 1, 5, 6), (2, 3, 2), dilation=(2, 3), padding="same"),
    conv("padded, called twice", (2, 2, 4, 5), (3, 2, 3), padding=1, twice=True),
    *CONTRACT_LAYERS,
)

GROUPED_LAYERS: tuple[Config, ...] = (
    conv("two groups, three filters each", (2, 4, 5, 4), (6, 3, 2), groups=2),
    conv("three groups of two channels", (1, 6, 3, 4), (3, 2, 2), groups=3),
    conv("depthwise, two filters a channel", (2, 3, 4, 4), (6, 2, 2), groups=3),
    conv(
        "every option at once",
        (2, 4, 8, 11),
        (6, 3, 2),
        groups=2,
        stride=(2, 3),
        padding=(2, 1),
        dilation=(1, 2),
    ),
)

EINSUM = like_conv2d("conv2d_einsum", without=("groups",))
IM2COL = like_conv2d("conv2d_im2col")

# --- conv2d_im2col_backward -----------------------------------------------------------------------

BACKWARD_NAMES = ("grad_output", "input", "weight", *OPTIONS)


def _conv_stops(config: Config) -> tuple[int, int]:
    return stops({**config, "kernel_size": (config["kH"], config["kW"])})


def _backward_build(config: Config, rng: np.random.Generator) -> Call:
    c_in, c_out, groups = config["C_in"], config["C_out"], config.get("groups", 1)
    input = values(rng, (config["N"], c_in, config["H"], config["W"]), config, INPUT)
    shape = (c_out, c_in // groups, config["kH"], config["kW"])
    weight = values(rng, shape, config, WEIGHT)
    grad_output = values(rng, (config["N"], c_out, *_conv_stops(config)), config, BIAS, largest=9)
    kwargs = {k: config[k] for k in OPTIONS if config.get(k, DEFAULTS[k]) != DEFAULTS[k]}
    args = (grad_output, input, weight)
    return Call("conv2d_im2col_backward", args, kwargs, BACKWARD_NAMES)


def _backward_torch(torch: Any) -> Callable[..., Any]:
    def backward(grad_output: Any, input: Any, weight: Any, **options: Any) -> Any:
        arrays = [np.ascontiguousarray(a, dtype=np.float64) for a in (grad_output, input, weight)]
        upstream, *tensors = (torch.from_numpy(array) for array in arrays)
        tensors.append(torch.zeros(len(weight), dtype=torch.float64))
        for tensor in tensors:
            tensor.requires_grad_()
        output = torch.nn.functional.conv2d(*tensors, **options)
        gradients = torch.autograd.grad(output, tensors, upstream)
        kinds = (
            np.result_type(grad_output, weight),
            np.result_type(grad_output, input),
            grad_output.dtype,
        )
        return tuple(g.numpy().astype(kind) for g, kind in zip(gradients, kinds, strict=True))

    return backward


def _grad_output(axis: int) -> Spoiler:
    # One sample, filter, row or column more than the layer's output has.
    def change(call: Call) -> Call:
        array = call.args[0]
        longer = np.take(array, np.arange(array.shape[axis] + 1) % array.shape[axis], axis)
        return _instead(call, 0, longer)

    return Spoiler(
        change=change,
        sizes=lambda call: (call.args[0].shape[axis] + 1, call.args[0].shape[axis]),
    )


IM2COL_BACKWARD = Family(
    function="conv2d_im2col_backward",
    parameters=BACKWARD_NAMES,
    build=_backward_build,
    draw=CONV2D.draw,
    valid=CONV2D.valid,
    simplest={k: v for k, v in CONV2D.simplest.items() if k != "bias"},
    torch=_backward_torch,
    spoilers={
        "a grad_output with one filter too many": _grad_output(1),
        "a grad_output with one row too many": _grad_output(2),
        "a grad_output with one column too many": _grad_output(3),
    },
    axes=("N", "C_in", "H", "W"),
    results={
        "grad_input": ("N", "C_in", "H", "W"),
        "grad_weight": ("C_out", "C_in", "kH", "kW"),
        "grad_bias": ("C_out",),
    },
)


def numbers_only(config: Config) -> bool:
    """Is the padding a number or a pair, not a word?"""
    return not isinstance(config["padding"], str)


EXERCISES = (
    Exercise(
        id="sliding_windows",
        assignment=ASSIGNMENT,
        title="Every window, without a copy",
        kind="A",
        difficulty=4,
        minutes=30,
        section="06-columns#windows",
        family=WINDOWS,
        same_dtype=True,
        visible=(
            window("one plane", (1, 1, 3, 4), 2),
            window("a kernel that is not square", (1, 1, 4, 5), (3, 2)),
            window("samples and channels", (2, 3, 4, 3), (2, 3)),
            window("a kernel as large as the input", (2, 1, 2, 3), (2, 3)),
            window("a kernel of one element", (1, 2, 2, 3), 1),
            window("stride 2", (1, 2, 5, 6), (2, 3), stride=2),
            window("stride (1, 3), a remainder", (2, 1, 4, 9), (2, 3), stride=(1, 3)),
            window("stride (3, 2)", (1, 1, 8, 6), 2, stride=(3, 2)),
            window("dilation 2", (1, 1, 6, 7), (3, 2), dilation=2),
            window("dilation (1, 3)", (1, 2, 3, 7), (2, 3), dilation=(1, 3)),
            window("dilation (3, 1)", (2, 1, 7, 3), 2, dilation=(3, 1)),
            window("stride and dilation", (2, 2, 8, 9), (3, 2), stride=(2, 3), dilation=(1, 2)),
            window("in order", (1, 1, 7, 8), (2, 3), stride=2, dilation=3, positional=True),
            window("called twice", (1, 2, 4, 5), (2, 3), twice=True),
            window("a transposed input", (2, 3, 4, 5), (2, 3), layout="Fortran"),
            window("an input that runs backwards", (1, 2, 5, 4), (3, 2), layout="reversed"),
            window("every second element", (2, 1, 4, 5), 2, stride=(1, 2), layout="every second"),
            window("float32", (1, 2, 4, 5), (2, 3), dtype="float32"),
            window("integers", (2, 1, 5, 4), (3, 2), dtype="all integers", stride=(2, 1)),
            *(
                window(f"refuses {name}", (1, 2, 4, 5), (2, 3), refuse=name)
                for name in WINDOWS.spoilers
            ),
            window(
                "refuses a dilated window that reaches past the input",
                (1, 1, 6, 8),
                (3, 2),
                dilation=2,
                refuse="a window one row taller than the input",
            ),
        ),
    ),
    Exercise(
        id="conv2d_einsum",
        assignment=ASSIGNMENT,
        title="The layer as one einsum",
        kind="A",
        difficulty=3,
        minutes=20,
        section="06-columns#einsum",
        family=EINSUM,
        options={"groups": 1},
        same_dtype=True,
        visible=(*UNGROUPED_LAYERS, *refusals(EINSUM.spoilers)),
    ),
    Exercise(
        id="unfold",
        assignment=ASSIGNMENT,
        title="Columns",
        kind="A",
        difficulty=4,
        minutes=25,
        section="06-columns#unfold",
        family=UNFOLD,
        same_dtype=True,
        visible=(
            window("one plane", (1, 1, 3, 4), 2),
            window("a kernel that is not square", (1, 1, 4, 5), (3, 2)),
            window("three channels", (1, 3, 3, 4), (2, 3)),
            window("samples and channels", (2, 2, 4, 3), (2, 3)),
            window("a kernel of one element", (2, 3, 2, 3), 1),
            window("a kernel as large as the input", (2, 2, 2, 3), (2, 3)),
            window("padding 1", (1, 2, 3, 2), (2, 3), padding=1),
            window("padding (0, 2)", (2, 1, 3, 4), (2, 3), padding=(0, 2)),
            window("padding (2, 1)", (1, 1, 2, 3), 2, padding=(2, 1)),
            window("stride 2", (1, 2, 5, 6), (2, 3), stride=2),
            window("stride (1, 3), a remainder", (2, 1, 4, 9), (2, 3), stride=(1, 3)),
            window("dilation 2", (1, 1, 6, 7), (3, 2), dilation=2),
            window("dilation (1, 3)", (1, 2, 3, 8), (2, 3), dilation=(1, 3)),
            window(
                "every option",
                (2, 2, 6, 7),
                (3, 2),
                dilation=(1, 2),
                padding=(2, 1),
                stride=(2, 3),
            ),
            window(
                "every option, in order",
                (1, 2, 7, 6),
                2,
                dilation=3,
                padding=1,
                stride=2,
                positional=True,
            ),
            window("called twice", (1, 2, 4, 5), (2, 3), padding=1, twice=True),
            window("a transposed input", (2, 3, 4, 5), (2, 3), layout="Fortran"),
            window("an input that runs backwards", (1, 2, 5, 4), (3, 2), layout="reversed"),
            window("every second element", (2, 1, 4, 5), 2, layout="every second"),
            window("float32 stays float32", (1, 2, 3, 4), 2, padding=1, dtype="float32"),
            window("integers stay integers", (1, 2, 4, 3), 2, dtype="all integers"),
            *(
                window(f"refuses {name}", (1, 2, 3, 4), (2, 3), padding=1, refuse=name)
                for name in UNFOLD.spoilers
            ),
        ),
    ),
    Exercise(
        id="fold",
        assignment=ASSIGNMENT,
        title="Columns back into pictures",
        kind="A",
        difficulty=4,
        minutes=25,
        section="06-columns#fold",
        family=FOLD,
        same_dtype=True,
        visible=(
            window("overlaps are added", (1, 1, 3, 4), 2),
            window("a kernel that is not square", (1, 1, 4, 5), (3, 2)),
            window("three channels", (1, 3, 3, 4), (2, 3)),
            window("samples and channels", (2, 2, 4, 3), (2, 3)),
            window("one stop", (2, 2, 2, 3), (2, 3)),
            window("stride as large as the kernel", (1, 2, 4, 6), (2, 3), stride=(2, 3)),
            window("a stride that leaves a remainder", (2, 1, 6, 9), (2, 3), stride=(3, 2)),
            window("gaps between windows", (1, 1, 7, 8), 2, stride=3),
            window("padding 1", (1, 2, 3, 2), (2, 3), padding=1),
            window("padding (0, 2)", (2, 1, 3, 4), (2, 3), padding=(0, 2)),
            window("padding (2, 0)", (1, 1, 2, 4), 2, padding=(2, 0)),
            window("a square picture and kernel", (1, 2, 4, 4), 3, padding=(1, 0), stride=(1, 2)),
            window("dilation 2", (1, 1, 6, 7), (3, 2), dilation=2),
            window("dilation (1, 3)", (1, 2, 3, 8), (2, 3), dilation=(1, 3)),
            window(
                "every option",
                (2, 2, 6, 7),
                (3, 2),
                dilation=(1, 2),
                padding=(2, 1),
                stride=(2, 3),
            ),
            window(
                "every option, in order",
                (1, 2, 7, 6),
                2,
                dilation=3,
                padding=1,
                stride=2,
                positional=True,
            ),
            window("called twice", (1, 2, 4, 5), (2, 3), padding=1, twice=True),
            window("columns in Fortran order", (2, 3, 4, 5), (2, 3), layout="Fortran"),
            window("columns that run backwards", (1, 2, 5, 4), (3, 2), layout="reversed"),
            window("float32 stays float32", (1, 2, 3, 4), 2, padding=1, dtype="float32"),
            window("integers stay integers", (1, 2, 4, 3), 2, dtype="all integers"),
            window("a kernel of one element", (2, 3, 2, 3), 1),
            *(
                window(f"refuses {name}", (1, 2, 3, 4), (2, 3), padding=1, refuse=name)
                for name in FOLD.spoilers
            ),
        ),
    ),
    Exercise(
        id="conv2d_im2col",
        assignment=ASSIGNMENT,
        title="The layer as a matrix product",
        kind="A",
        difficulty=4,
        minutes=15,
        section="06-columns#im2col",
        family=IM2COL,
        same_dtype=True,
        visible=(*UNGROUPED_LAYERS, *GROUPED_LAYERS, *refusals(IM2COL.spoilers)),
    ),
    Exercise(
        id="conv2d_im2col_backward",
        assignment=ASSIGNMENT,
        title="Backward, by the same two matrices",
        kind="A",
        difficulty=4,
        minutes=20,
        section="06-columns#columns-backward",
        family=IM2COL_BACKWARD,
        allowed=numbers_only,
        same_dtype=True,
        visible=(
            conv("one sample, one channel, one filter", (1, 1, 3, 4), (1, 2, 2)),
            conv("two filters", (1, 2, 3, 5), (2, 2, 3)),
            conv("as many filters as channels", (3, 2, 4, 6), (2, 3, 2)),
            conv("as many filters as samples", (2, 3, 4, 4), (2, 1, 3)),
            conv("one output element", (2, 2, 3, 4), (3, 3, 4)),
            conv("stride 2", (2, 2, 5, 7), (3, 3, 3), stride=2),
            conv("a stride that leaves a remainder", (2, 1, 7, 9), (2, 2, 3), stride=3),
            conv("padding 1", (1, 2, 3, 4), (2, 3, 3), padding=1),
            conv("padding 2", (2, 1, 3, 2), (3, 2, 3), padding=2),
            conv("padding (0, 1)", (1, 2, 3, 5), (2, 2, 3), padding=(0, 1)),
            conv("pairs", (2, 1, 5, 6), (2, 3, 2), stride=(2, 3), padding=(1, 2)),
            conv("a square kernel", (2, 2, 5, 5), (2, 2, 2), stride=(1, 2), padding=(2, 0)),
            conv("dilation 2", (1, 2, 6, 7), (2, 3, 2), dilation=2),
            conv("dilation (1, 3)", (2, 1, 3, 8), (3, 2, 3), dilation=(1, 3)),
            *GROUPED_LAYERS,
            conv("called twice", (2, 2, 4, 5), (3, 2, 3), padding=1, twice=True),
            conv("arrays in Fortran order", (2, 3, 5, 4), (2, 3, 2), layout="Fortran"),
            conv("arrays that run backwards", (2, 2, 4, 5), (3, 2, 3), layout="reversed"),
            conv("every second element", (1, 2, 4, 4), (2, 2, 2), layout="every second"),
            conv("float32 stays float32", (2, 2, 4, 5), (3, 2, 2), dtype="float32"),
            conv("an integer input", (1, 2, 4, 4), (2, 2, 2), dtype="integers"),
            *(
                conv(f"refuses {name}", (2, 2, 4, 5), (3, 2, 3), padding=1, refuse=name)
                for name in IM2COL_BACKWARD.spoilers
            ),
        ),
    ),
)
