"""Assignment 09-network: the other layers of a CNN, each with its backward, and the step that learns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.compare import describe
from autograder.checks.exercise import (
    INPUT,
    WEIGHT,
    Config,
    Exercise,
    Family,
    Spoiler,
    integers,
    values,
)
from autograder.checks.digits import digits
from autograder.checks.exercises.layer import pair
from autograder.checks.oracles import through_torch

ASSIGNMENT = "09-network"

# --- What several of them share -------------------------------------------------------------------


def _sizes(rng: np.random.Generator, *names: str, low: int = 1, high: int = 5) -> dict[str, int]:
    return {name: int(rng.integers(low, high)) for name in names}


def _replaced(call: Call, **changes: Any) -> Call:
    """The call with some positional arguments changed."""
    args = tuple(
        changes.get(name, value) for name, value in zip(call.names, call.args, strict=False)
    )
    return Call(call.function, args, {**call.kwargs}, call.names)


def gradients(torch: Any, function: Callable[..., Any], grad_output: Any, *arrays: Any) -> Any:
    """What autograd gives for some float64 or float32 arrays: a tuple of arrays, one for each."""
    exact = [a if a.dtype.kind == "f" else a.astype(np.float64) for a in (grad_output, *arrays)]
    upstream, *tensors = (torch.from_numpy(np.array(a, order="C")) for a in exact)
    dtype = torch.from_numpy(np.zeros(0, dtype=np.result_type(*exact))).dtype
    inputs = [t.to(dtype).requires_grad_() for t in tensors]
    found = torch.autograd.grad(function(*inputs), inputs, upstream.to(dtype))
    result = np.result_type(grad_output, *arrays)
    return tuple(g.numpy().astype(result) for g in found)


# --- relu -----------------------------------------------------------------------------------------

PLANE = ("N", "C", "H", "W")


def _plane(config: Config) -> tuple[int, ...]:
    return tuple(config[name] for name in PLANE)


def _with_zeros(rng: np.random.Generator, array: np.ndarray) -> np.ndarray:
    # At zero, relu has a kink, and its slope there is a decision.
    return np.where(rng.random(array.shape) < 0.25, np.zeros_like(array), array)


def _relu_build(config: Config, rng: np.random.Generator) -> Call:
    return Call("relu", (_with_zeros(rng, values(rng, _plane(config), config, INPUT)),), {}, ("input",))


def _relu_backward_build(config: Config, rng: np.random.Generator) -> Call:
    grad_output = values(rng, _plane(config), config, WEIGHT)
    input = _with_zeros(rng, values(rng, _plane(config), config, INPUT))
    return Call("relu_backward", (grad_output, input), {}, ("grad_output", "input"))


def _relu_backward_torch(torch: Any) -> Callable[..., np.ndarray]:
    def relu_backward(grad_output: np.ndarray, input: np.ndarray) -> Any:
        return gradients(torch, torch.relu, grad_output, input)[0]

    return relu_backward


RELU = Family(
    function="relu",
    parameters=("input",),
    build=_relu_build,
    draw=lambda rng: _sizes(rng, *PLANE),
    valid=lambda config: True,
    simplest=dict.fromkeys(PLANE, 1),
    axes=PLANE,
    torch=lambda torch: through_torch(torch, torch.relu),
)

RELU_BACKWARD = Family(
    function="relu_backward",
    parameters=("grad_output", "input"),
    build=_relu_backward_build,
    draw=lambda rng: _sizes(rng, *PLANE),
    valid=lambda config: True,
    simplest=dict.fromkeys(PLANE, 1),
    axes=PLANE,
    torch=_relu_backward_torch,
)


def plane(about: str, *shape: int, **options: Any) -> dict[str, Any]:
    """A configuration from the input's shape (N, C, H, W)."""
    return {"about": about, **dict(zip(PLANE, shape, strict=True)), **options}


EVERY_LAYOUT: tuple[Config, ...] = (
    plane("called twice", 2, 2, 4, 5, twice=True),
    plane("arrays that run backwards", 2, 2, 4, 5, layout="reversed"),
    plane("arrays in Fortran order", 2, 3, 5, 4, layout="Fortran"),
    plane("float32 stays float32", 1, 2, 4, 4, dtype="float32"),
)

# --- Pooling --------------------------------------------------------------------------------------

POOL_DEFAULTS: dict[str, Any] = {"stride": None, "padding": 0, "dilation": 1}
SIMPLEST_POOL = {**dict.fromkeys((*PLANE, "kH", "kW"), 1), **POOL_DEFAULTS}


def _kernel_size(config: Config) -> Any:
    size = (config["kH"], config["kW"])
    return size[0] if size[0] == size[1] else size


def _pool_options(config: Config) -> dict[str, Any]:
    return {k: config[k] for k, v in POOL_DEFAULTS.items() if config.get(k, v) != v}


def _pool_size(config: Config) -> tuple[int, ...]:
    """(H_out, W_out), not positive where the kernel does not fit."""
    kernel = (config["kH"], config["kW"])
    strides = pair(config.get("stride")) if config.get("stride") is not None else kernel
    paddings, dilations = pair(config.get("padding", 0)), pair(config.get("dilation", 1))
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(
            (config["H"], config["W"]), kernel, strides, paddings, dilations, strict=True
        )
    )


def _pool_valid(config: Config) -> bool:
    if None in pair(config.get("stride", 1)) and config["stride"] is not None:
        return False  # half a stride: shrinking tries it
    paddings = pair(config.get("padding", 0))
    half = all(2 * p <= config[k] for p, k in zip(paddings, ("kH", "kW"), strict=True))
    return half and min(_pool_size(config)) > 0


def _pool_draw(rng: np.random.Generator) -> dict[str, Any]:
    def option(low: int, high: int) -> Any:
        both = tuple(int(v) for v in rng.integers(low, high, size=2))
        return both if rng.random() < 0.5 else both[0]

    return {
        **_sizes(rng, "N", "C", high=4),
        **_sizes(rng, "H", "W", low=2, high=9),
        **_sizes(rng, "kH", "kW", high=4),
        "stride": option(1, 4) if rng.random() < 0.7 else None,
        "padding": option(0, 2),
        "dilation": option(1, 3),
        "values": str(rng.choice(["any", "ties", "negative"])),
    }


def _avg_draw(rng: np.random.Generator) -> dict[str, Any]:
    return {**_pool_draw(rng), "dilation": 1, "values": "any"}


def _pool_input(config: Config, rng: np.random.Generator) -> np.ndarray:
    kind = config.get("values", "any")
    input = values(rng, _plane(config), config, INPUT, largest=1 if kind == "ties" else 9)
    # All negative: a border of zeros would win. The abs of an int64 is one, of a float32 too.
    if kind == "far below zero":  # close to the lowest number of the dtype: nothing that stands for
        return np.asarray(-np.abs(input) * _far(input.dtype))  # minus infinity is much lower
    return np.asarray(-np.abs(input) if kind == "negative" else input)


def _far(dtype: np.dtype) -> Any:
    # A power of two, so that nothing is rounded, of which the dtype holds more than nine.
    bits = 63 if dtype.kind == "i" else np.finfo(dtype).maxexp
    return dtype.type(2) ** (bits - 4)


def _pool_build(name: str) -> Callable[[Config, np.random.Generator], Call]:
    def build(config: Config, rng: np.random.Generator) -> Call:
        input = _pool_input(config, rng)
        args = (input, _kernel_size(config))
        return Call(name, args, _pool_options(config), ("input", "kernel_size"))

    return build


def _pool_backward_build(name: str) -> Callable[[Config, np.random.Generator], Call]:
    def build(config: Config, rng: np.random.Generator) -> Call:
        shape = (config["N"], config["C"], *_pool_size(config))
        grad_output = values(rng, shape, config, WEIGHT)
        args = (grad_output, _pool_input(config, rng), _kernel_size(config))
        names = ("grad_output", "input", "kernel_size")
        return Call(name, args, _pool_options(config), names)

    return build


def _pool_torch(name: str) -> Callable[[Any], Callable[..., Any]]:
    def of(torch: Any) -> Callable[..., Any]:
        function = getattr(torch.nn.functional, name)

        def pool(input: np.ndarray, kernel_size: Any, **options: Any) -> Any:
            if name == "avg_pool2d" and input.dtype.kind == "i":
                input = input.astype(np.float64)
            return through_torch(torch, function)(input, kernel_size, **options)

        return pool

    return of


def _pool_backward_torch(name: str) -> Callable[[Any], Callable[..., Any]]:
    def of(torch: Any) -> Callable[..., Any]:
        function = getattr(torch.nn.functional, name)

        def backward(
            grad_output: np.ndarray, input: np.ndarray, kernel_size: Any, **options: Any
        ) -> Any:
            if name == "avg_pool2d" and grad_output.dtype.kind == "i":
                grad_output = grad_output.astype(np.float64)
            return gradients(
                torch, lambda x: function(x, kernel_size, **options), grad_output, input
            )[0]

        return backward

    return of


def _too_much_padding(call: Call) -> Call:
    kernel = pair(call.args[1])
    return Call(call.function, call.args, {**call.kwargs, "padding": _half_and_one(kernel)}, call.names)


def _half_and_one(kernel: tuple[int, int]) -> tuple[int, int]:
    # On the columns alone: whoever looks at the rows only lets it pass.
    return 0, kernel[1] // 2 + 1


def _large_kernel(axis: int) -> Spoiler:
    def room(call: Call) -> int:
        return int(call.args[0].shape[2 + axis] + 2 * pair(call.kwargs.get("padding", 0))[axis])

    def reach(call: Call) -> int:
        return int(pair(call.kwargs.get("dilation", 1))[axis])

    def size(call: Call) -> int:
        return (room(call) - 1) // reach(call) + 2

    def change(call: Call) -> Call:
        kernel = list(pair(call.args[1]))
        kernel[axis] = size(call)
        return Call(call.function, (call.args[0], tuple(kernel)), call.kwargs, call.names)

    def sizes(call: Call) -> tuple[int, ...]:
        n = size(call)
        return n, reach(call) * (n - 1) + 1, room(call), call.args[0].shape[2 + axis]

    return Spoiler(change=change, sizes=sizes)


POOL_SPOILERS = {
    "padding of more than half the kernel": Spoiler(
        change=_too_much_padding,
        sizes=lambda call: (_half_and_one(pair(call.args[1]))[1], pair(call.args[1])[1]),
    ),
    "a kernel taller than the padded input": _large_kernel(0),
    "a kernel wider than the padded input": _large_kernel(1),
}


def _pool_family(name: str, backward: bool, draw: Callable[..., dict[str, Any]]) -> Family:
    function = f"{name}_backward" if backward else name
    options = ("stride", "padding") if name == "avg_pool2d" else tuple(POOL_DEFAULTS)
    return Family(
        function=function,
        parameters=(*(("grad_output",) if backward else ()), "input", "kernel_size", *options),
        build=(_pool_backward_build if backward else _pool_build)(function),
        draw=draw,
        valid=_pool_valid,
        simplest=SIMPLEST_POOL,
        axes=PLANE,
        torch=(_pool_backward_torch if backward else _pool_torch)(name),
        spoilers={} if backward else POOL_SPOILERS,
    )


MAX_POOL = _pool_family("max_pool2d", False, _pool_draw)
MAX_POOL_BACKWARD = _pool_family("max_pool2d", True, _pool_draw)
AVG_POOL = _pool_family("avg_pool2d", False, _avg_draw)
AVG_POOL_BACKWARD = _pool_family("avg_pool2d", True, _avg_draw)


def pool(
    about: str, input: tuple[int, int, int, int], kernel: tuple[int, int], **options: Any
) -> dict[str, Any]:
    """A configuration from the input's shape and the kernel's (kH, kW)."""
    return {**plane(about, *input), "kH": kernel[0], "kW": kernel[1], **options}


POOLS: tuple[Config, ...] = (
    pool("one window", (1, 1, 2, 3), (2, 3)),
    pool("2×2, side by side", (1, 1, 4, 6), (2, 2)),
    pool("a tall kernel, two channels, two samples", (2, 2, 6, 4), (3, 2)),
    pool("a remainder that no window reaches", (1, 2, 5, 7), (2, 3)),
    pool("windows that overlap", (1, 1, 5, 6), (3, 3), stride=1),
    pool("windows that overlap by one", (2, 1, 5, 7), (3, 3), stride=2),
    pool("a stride larger than the kernel", (1, 2, 7, 8), (2, 2), stride=3),
    pool("stride (1, 2)", (1, 1, 4, 6), (2, 3), stride=(1, 2)),
    pool("padding 1", (1, 2, 4, 5), (2, 3), padding=1),
    pool("padding (1, 0), windows that overlap", (2, 1, 4, 5), (3, 2), padding=(1, 0), stride=1),
    pool("padding (0, 1)", (1, 1, 4, 4), (2, 3), padding=(0, 1), stride=2),
    pool("a kernel of one element", (1, 2, 3, 4), (1, 1)),
    pool("called twice", (2, 2, 4, 5), (2, 2), stride=1, twice=True),
    pool("arrays that run backwards", (2, 2, 4, 5), (2, 3), stride=1, layout="reversed"),
    pool("arrays in Fortran order", (2, 3, 5, 4), (3, 2), layout="Fortran", padding=1),
    pool("float32 stays float32", (1, 2, 5, 4), (2, 2), padding=1, dtype="float32"),
)

MAX_POOLS: tuple[Config, ...] = (
    pool("everything negative, with padding", (1, 1, 3, 4), (2, 2), padding=1, values="negative"),
    pool("everything negative, wider border", (2, 1, 4, 6), (4, 4), padding=2, values="negative"),
    *(
        pool(about, (1, 2, 3, 4), (3, 2), padding=1, values="far below zero", dtype=dtype)
        for about, dtype in (
            ("far below zero, with padding", "float64"),
            ("float32, far below zero", "float32"),
            ("whole numbers far below zero", "all integers"),
        )
    ),
    pool("dilation 2", (1, 1, 6, 7), (2, 3), dilation=2, stride=1),
    pool("every option a pair", (2, 2, 8, 9), (2, 3), dilation=(2, 1), stride=(1, 2), padding=(1, 1)),
    pool(
        "whole numbers stay whole, with padding",
        (1, 2, 3, 4),
        (2, 2),
        padding=1,
        dtype="all integers",
        values="negative",
    ),
)

TIES: tuple[Config, ...] = (
    pool("several equally large", (1, 1, 4, 4), (2, 2), values="ties"),
    pool("several equally large, overlapping", (2, 2, 5, 6), (3, 3), stride=1, values="ties"),
    pool("several equally large, padded", (1, 2, 4, 5), (3, 2), padding=1, values="ties"),
)


def _refusals(forms: tuple[str, ...]) -> tuple[Config, ...]:
    return tuple(
        pool(f"refuses {form}", (1, 2, 5, 6), (2, 3), stride=2, refuse=form) for form in forms
    )


# --- linear ---------------------------------------------------------------------------------------

LINEAR_SIZES = ("N", "in", "out")


def _linear_build(config: Config, rng: np.random.Generator) -> Call:
    n, features, out = (config[name] for name in LINEAR_SIZES)
    input = values(rng, (n, features), config, INPUT)
    weight = values(rng, (out, features), config, WEIGHT)
    bias = (values(rng, (out,), config, WEIGHT, largest=9),) if config.get("bias", True) else ()
    return Call("linear", (input, weight, *bias), {}, ("input", "weight", "bias"))


def _linear_backward_build(config: Config, rng: np.random.Generator) -> Call:
    n, features, out = (config[name] for name in LINEAR_SIZES)
    args = (
        values(rng, (n, out), config, WEIGHT),
        values(rng, (n, features), config, INPUT),
        values(rng, (out, features), config, WEIGHT),
    )
    return Call("linear_backward", args, {}, ("grad_output", "input", "weight"))


def _linear_backward_torch(torch: Any) -> Callable[..., Any]:
    def linear_backward(grad_output: np.ndarray, input: np.ndarray, weight: np.ndarray) -> Any:
        bias = np.zeros(len(weight), dtype=weight.dtype)
        return gradients(torch, torch.nn.functional.linear, grad_output, input, weight, bias)

    return linear_backward


def _resized(array: np.ndarray, axis: int, size: int) -> np.ndarray:
    return np.take(array, np.arange(size) % array.shape[axis], axis=axis)


LINEAR_SPOILERS = {
    "an input with one feature too many": Spoiler(
        change=lambda call: _replaced(
            call, input=_resized(call.args[0], 1, call.args[0].shape[1] + 1)
        ),
        sizes=lambda call: (call.args[0].shape[1] + 1, call.args[1].shape[1]),
    ),
    "a bias of one number for all outputs": Spoiler(
        change=lambda call: _replaced(call, bias=call.args[2][:1]),
        sizes=lambda call: (1, call.args[1].shape[0]),
    ),
    "a bias that is a row of a matrix": Spoiler(
        change=lambda call: _replaced(call, bias=call.args[2][None]),
        sizes=lambda call: call.args[1].shape[:1],
    ),
}

LINEAR = Family(
    function="linear",
    parameters=("input", "weight", "bias"),
    build=_linear_build,
    draw=lambda rng: {**_sizes(rng, *LINEAR_SIZES, high=6), "bias": bool(rng.random() < 0.7)},
    valid=lambda config: True,
    simplest={**dict.fromkeys(LINEAR_SIZES, 1), "bias": False},
    axes=("N", "out"),
    torch=lambda torch: through_torch(torch, torch.nn.functional.linear),
    spoilers=LINEAR_SPOILERS,
)

LINEAR_BACKWARD = Family(
    function="linear_backward",
    parameters=("grad_output", "input", "weight"),
    build=_linear_backward_build,
    draw=lambda rng: _sizes(rng, *LINEAR_SIZES, high=6),
    valid=lambda config: True,
    simplest=dict.fromkeys(LINEAR_SIZES, 1),
    axes=("N", "out"),
    torch=_linear_backward_torch,
    results={"grad_input": ("N", "in"), "grad_weight": ("out", "in"), "grad_bias": ("out",)},
)


def sized(about: str, names: tuple[str, ...], sizes: tuple[int, ...], **options: Any) -> Config:
    """A configuration from names and sizes."""
    return {"about": about, **dict(zip(names, sizes, strict=True)), **options}


def dense(about: str, *sizes: int, **options: Any) -> Config:
    """A configuration from (N, in, out)."""
    return sized(about, LINEAR_SIZES, sizes, **options)


DENSE: tuple[Config, ...] = (
    dense("one sample", 1, 3, 2),
    dense("as many inputs as outputs", 2, 3, 3),
    dense("as many samples as inputs", 3, 3, 2),
    dense("as many samples as outputs", 3, 4, 3),
    dense("all sizes equal", 3, 3, 3),
    dense("one output", 4, 3, 1),
    dense("one input", 3, 1, 4),
    dense("called twice", 2, 3, 4, twice=True),
    dense("arrays that run backwards", 3, 4, 2, layout="reversed"),
    dense("arrays in Fortran order", 2, 4, 3, layout="Fortran"),
    dense("whole numbers and fractions", 2, 3, 2, dtype="integers"),
    dense("float32 stays float32", 2, 3, 4, dtype="float32"),
)

# --- cross_entropy --------------------------------------------------------------------------------


def _scores(config: Config, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n, classes = config["N"], config["classes"]
    # The loss is a float without a dtype of its own: float32 would only blur the comparison.
    plain = {**config, "dtype": "float64" if config.get("dtype") == "float32" else config.get("dtype")}
    config = plain if plain["dtype"] else {k: v for k, v in plain.items() if k != "dtype"}
    scores = values(rng, (n, classes), config, INPUT) * config.get("scale", 1)
    scores += config.get("apart", 0) * np.arange(n)[:, None].astype(scores.dtype)
    # A case made twice doubles its arrays, and the doubled target must be a class too.
    most = (classes + 1) // 2 if config.get("twice") else classes
    return scores, rng.integers(0, most, size=n)


def _entropy_build(config: Config, rng: np.random.Generator) -> Call:
    return Call("cross_entropy", _scores(config, rng), {}, ("input", "target"))


def _entropy_backward_build(config: Config, rng: np.random.Generator) -> Call:
    scores, target = _scores(config, rng)
    upstream = float(config.get("upstream", 1))
    if config.get("dtype") == "float32":
        scores = scores.astype(np.float32)
    names = ("grad_output", "input", "target")
    return Call("cross_entropy_backward", (upstream, scores, target), {}, names)


def _entropy_draw(rng: np.random.Generator) -> dict[str, Any]:
    return {
        **_sizes(rng, "N", high=6),
        **_sizes(rng, "classes", low=2, high=7),
        "scale": int(rng.choice([1, 1, 3, 300])),
        "upstream": float(rng.choice([-3, -1, 0.5, 1, 2])),
    }


def _entropy_torch(torch: Any) -> Callable[..., float]:
    def cross_entropy(input: np.ndarray, target: np.ndarray) -> float:
        scores = torch.from_numpy(np.ascontiguousarray(input, dtype=np.float64))
        classes = torch.from_numpy(np.ascontiguousarray(target))
        return float(torch.nn.functional.cross_entropy(scores, classes))

    return cross_entropy


def _entropy_backward_torch(torch: Any) -> Callable[..., np.ndarray]:
    def backward(grad_output: float, input: np.ndarray, target: np.ndarray) -> Any:
        classes = torch.from_numpy(np.ascontiguousarray(target))
        scores = input.astype(np.float32 if input.dtype == np.float32 else np.float64)
        return gradients(
            torch,
            lambda x: torch.nn.functional.cross_entropy(x, classes),
            np.asarray(grad_output, dtype=scores.dtype),
            scores,
        )[0]

    return backward


def _bad_target(value: Callable[[int], int]) -> Spoiler:
    def change(call: Call) -> Call:
        target = call.args[1].copy()
        target[-1] = value(call.args[0].shape[1])
        return _replaced(call, target=target)

    return Spoiler(
        change=change,
        # The sign of a negative target is no digit: -1 is found as 1.
        sizes=lambda call: (abs(value(call.args[0].shape[1])), call.args[0].shape[1]),
    )


ENTROPY_SPOILERS = {
    "a target as large as the number of classes": _bad_target(lambda classes: classes),
    "a target below zero": _bad_target(lambda classes: -1),
    "one target too few": Spoiler(
        change=lambda call: _replaced(call, target=call.args[1][:-1]),
        sizes=lambda call: (len(call.args[0]), len(call.args[1]) - 1),
    ),
    "one target for all samples": Spoiler(
        change=lambda call: _replaced(call, target=call.args[1][:1]),
        sizes=lambda call: (len(call.args[0]), 1),
    ),
}

ENTROPY = Family(
    function="cross_entropy",
    parameters=("input", "target"),
    build=_entropy_build,
    draw=_entropy_draw,
    valid=lambda config: True,
    simplest={"N": 1, "classes": 2, "scale": 1},
    torch=_entropy_torch,
    spoilers=ENTROPY_SPOILERS,
)

ENTROPY_BACKWARD = Family(
    function="cross_entropy_backward",
    parameters=("grad_output", "input", "target"),
    build=_entropy_backward_build,
    draw=_entropy_draw,
    valid=lambda config: True,
    simplest={"N": 1, "classes": 2, "scale": 1, "upstream": 1.0},
    axes=("N", "classes"),
    torch=_entropy_backward_torch,
)


def scored(about: str, *sizes: int, **options: Any) -> Config:
    """A configuration from (N, classes)."""
    return sized(about, ("N", "classes"), sizes, **options)


SCORES: tuple[Config, ...] = (
    scored("one sample, two classes", 1, 2),
    scored("one sample, four classes", 1, 4),
    scored("three samples", 3, 4),
    scored("as many samples as classes", 4, 4),
    scored("more samples than classes", 5, 3),
    scored("scores of some hundreds", 3, 4, scale=300),
    scored("scores of some thousands", 2, 3, scale=3000),
    scored("samples whose scores lie thousands apart", 3, 4, apart=2000),
    scored("called twice", 3, 5, twice=True),
    scored("arrays that run backwards", 3, 4, layout="reversed"),
    scored("whole numbers for scores", 2, 3, dtype="integers"),
)

# --- sgd_step -------------------------------------------------------------------------------------

STEP_NAMES = ("parameter", "gradient", "velocity", "lr", "momentum")


def _step_build(config: Config, rng: np.random.Generator) -> Call:
    shape = (config["rows"], config["columns"])
    parameter, gradient = values(rng, shape, config, WEIGHT), values(rng, shape, config, WEIGHT)
    velocity = values(rng, shape, config, WEIGHT)
    if not config.get("moving", True):
        velocity = np.zeros_like(velocity)
    args = (parameter, gradient, velocity, float(config["lr"]))
    momentum = config.get("momentum", 0.0)
    return Call("sgd_step", args, {"momentum": float(momentum)} if momentum else {}, STEP_NAMES)


def _step_draw(rng: np.random.Generator) -> dict[str, Any]:
    return {
        **_sizes(rng, "rows", "columns"),
        "lr": float(rng.choice([0.125, 0.25, 0.5, 2.0])),
        "momentum": float(rng.choice([0.0, 0.5, 0.75])),
        "moving": bool(rng.random() < 0.8),
    }


def _step_torch(torch: Any) -> Callable[..., Any]:
    def sgd_step(
        parameter: np.ndarray,
        gradient: np.ndarray,
        velocity: np.ndarray,
        lr: float,
        momentum: float = 0.0,
    ) -> tuple[np.ndarray, np.ndarray]:
        weight = torch.nn.Parameter(torch.from_numpy(np.array(parameter, order="C")))
        optimizer = torch.optim.SGD([weight], lr=lr, momentum=momentum)
        optimizer.state[weight]["momentum_buffer"] = torch.from_numpy(np.array(velocity, order="C"))
        weight.grad = torch.from_numpy(np.array(gradient, order="C"))
        optimizer.step()
        # Without momentum torch keeps no buffer; the new velocity is the gradient then.
        moved = optimizer.state[weight]["momentum_buffer"].numpy() if momentum else gradient.copy()
        return weight.detach().numpy(), moved

    return sgd_step


STEP_SPOILERS = {
    "a gradient that NumPy would stretch": Spoiler(
        change=lambda call: _replaced(call, gradient=call.args[1][:1]),
        sizes=lambda call: call.args[0].shape[:1],
    ),
    "a velocity of another shape": Spoiler(
        change=lambda call: _replaced(call, velocity=call.args[2][:, :1]),
        sizes=lambda call: call.args[0].shape[1:],
    ),
}

STEP = Family(
    function="sgd_step",
    parameters=STEP_NAMES,
    build=_step_build,
    draw=_step_draw,
    valid=lambda config: True,
    simplest={"rows": 1, "columns": 1, "momentum": 0.0, "moving": False},
    torch=_step_torch,
    spoilers=STEP_SPOILERS,
    results={"the parameter": ("rows", "columns"), "the velocity": ("rows", "columns")},
)


def step(about: str, *sizes: int, lr: float = 0.5, **options: Any) -> Config:
    """A configuration from the parameter's shape."""
    return sized(about, ("rows", "columns"), sizes, lr=lr, **options)


# --- network_gradients ----------------------------------------------------------------------------

PARAMETERS = ("weight1", "bias1", "weight2", "bias2", "weight3", "bias3")
NETWORK_NAMES = ("images", "labels", *PARAMETERS)


def _network_build(config: Config, rng: np.random.Generator) -> Call:
    n, channels, height, width = (config[name] for name in PLANE)
    first, second, classes = config["F1"], config["F2"], config["classes"]
    features = second * (height // 2) * (width // 2)
    shapes = (
        *((first, channels, 3, 3), (first,)),
        *((second, first, 3, 3), (second,)),
        *((classes, features), (classes,)),
    )

    def drawn(*shape: int) -> np.ndarray:
        # Eighths: exact in binary, and small enough for a softmax that is not all on one class.
        return integers(rng, shape) / 8

    # A case made twice doubles the labels too.
    labels = rng.integers(0, (classes + 1) // 2 if config.get("twice") else classes, size=n)
    args = (drawn(n, channels, height, width), labels, *(drawn(*shape) for shape in shapes))
    return Call("network_gradients", args, {}, NETWORK_NAMES)


def _network_torch(torch: Any) -> Callable[..., Any]:
    F = torch.nn.functional

    def network_gradients(images: np.ndarray, labels: np.ndarray, *parameters: np.ndarray) -> Any:
        arrays = [torch.from_numpy(np.array(a, order="C")) for a in (images, *parameters)]
        x, *weights = [array.requires_grad_() for array in arrays]
        hidden = F.max_pool2d(F.conv2d(x, *weights[:2], padding=1).relu(), 2)
        hidden = F.conv2d(hidden, *weights[2:4], padding=1).relu()
        scores = F.linear(hidden.flatten(1), *weights[4:])
        loss = F.cross_entropy(scores, torch.from_numpy(np.array(labels, order="C")))
        found = torch.autograd.grad(loss, (x, *weights))
        return (float(loss.detach()), *(g.numpy() for g in found))

    return network_gradients


NETWORK = Family(
    function="network_gradients",
    parameters=NETWORK_NAMES,
    build=_network_build,
    draw=lambda rng: {
        **_sizes(rng, "N", "C", "F1", "F2", high=4),
        **_sizes(rng, "H", "W", low=2, high=8),
        **_sizes(rng, "classes", low=2, high=6),
    },
    valid=lambda config: min(config["H"], config["W"]) > 1 and config["classes"] > 1,
    simplest={"N": 1, "C": 1, "H": 2, "W": 2, "F1": 1, "F2": 1, "classes": 2},
    torch=_network_torch,
    rtol=1e-10,
    results={
        "loss": (),
        "grad_images": PLANE,
        "grad_weight1": ("F1", "C", "3", "3"),
        "grad_bias1": ("F1",),
        "grad_weight2": ("F2", "F1", "3", "3"),
        "grad_bias2": ("F2",),
        "grad_weight3": ("classes", "features"),
        "grad_bias3": ("classes",),
    },
)


def network(about: str, images: tuple[int, ...], *sizes: int, **options: Any) -> Config:
    """A configuration from the images' shape and (F1, F2, classes)."""
    return sized(about, (*PLANE, "F1", "F2", "classes"), (*images, *sizes), **options)


# --- train ----------------------------------------------------------------------------------------


MOST_FILTERS = 512  # in one layer of a network that is tried out


def _train_parts(config: Config, call: Call) -> tuple[np.ndarray, np.ndarray]:
    """The images that are asked about and their labels: the training ones, or all the others."""
    images, labels = call.args
    if not config["held_out"]:
        return images, labels
    known = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    everything, true = digits()
    # What the classes are called in this call: their numbers have been exchanged.
    names = {int(t): known[i.tobytes()] for i, t in zip(everything, true, strict=True) if i.tobytes() in known}
    rest = [k for k, image in enumerate(everything) if image.tobytes() not in known]
    return everything[rest], np.array([names[int(true[k])] for k in rest])


def _train_build(config: Config, rng: np.random.Generator) -> Call:
    images, labels = digits()
    chosen = rng.permutation(len(images))[: config["N"]]
    # Whoever has learned the data set by heart does not know what its classes are called here.
    names = rng.permutation(10)
    seed = {"seed": int(rng.integers(1000))}
    return Call("train", (images[chosen], names[labels[chosen]]), seed, ("images", "labels"))


def scores(images: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
    """What the network of ``network_gradients`` says of images: (N, classes)."""
    weight1, bias1, weight2, bias2, weight3, bias3 = parameters

    def conv(input: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        padded = np.pad(input, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
        sums = np.tensordot(windows, weight, axes=([1, 4, 5], [1, 2, 3])) + bias
        return np.maximum(np.moveaxis(sums, -1, 1), 0)

    first = conv(images, weight1, bias1)
    n, channels, height, width = first.shape
    pooled = first.reshape(n, channels, height // 2, 2, width // 2, 2).max(axis=(3, 5))
    flat = conv(pooled, weight2, bias2).reshape(n, -1)
    return np.asarray(flat @ weight3.T + bias3)


def _form(got: Any) -> str | None:
    # What keeps six arrays from being the parameters of the network, if anything does.
    if type(got) not in (tuple, list) or len(got) != len(PARAMETERS):
        return f"returned {describe(got)}, expected a tuple of the six parameters"
    for name, array in zip(PARAMETERS, got, strict=True):
        if type(array) is not np.ndarray or array.dtype.kind != "f" or array.size > 10**6:
            return f"{name} is {describe(array)}, expected an array of floats"
        if array.ndim == 0:
            return f"{name} is an array without axes"
    first, second = len(got[1]), len(got[3])
    if max(first, second) > MOST_FILTERS:
        return f"a layer of {max(first, second)} filters; at most {MOST_FILTERS} are tried out"
    wanted = ((first, 1, 3, 3), (first,), (second, first, 3, 3), (second,), (10, second * 16), (10,))
    for name, array, shape in zip(PARAMETERS, got, wanted, strict=True):
        if array.shape != shape:
            return f"{name} has shape {array.shape}, which does not go with the others: {shape}"
        if not np.isfinite(array).all():
            return f"{name} holds numbers that are not finite: the loss has exploded"
    return None


def _untrained(got: Any) -> str | None:
    # Weights start at random; a bias starts as one number throughout, and no training leaves it so.
    for name, array in list(zip(PARAMETERS, got, strict=True))[1::2]:
        if array.size > 1 and np.all(array == array[0]):
            return f"{name} holds {array[0]:g} throughout: it has not been trained"
    return None


def _learned(config: Config, call: Call, got: Any) -> str | None:
    """What is wrong with six parameters as the result of a training, or None."""
    told = _form(got)
    if told:
        return told
    images, labels = _train_parts(config, call)
    pieces = np.array_split(images, -(-len(images) // 64))  # many pictures take much memory
    said = np.concatenate([scores(piece, *got).argmax(axis=1) for piece in pieces])
    share = float(np.mean(said == labels))
    if share >= config["least"]:
        return _untrained(got)
    which = "pictures that it has not seen" if config["held_out"] else "pictures that it has seen"
    single = f"; it says {said[0]} of every one" if len(set(said.tolist())) == 1 else ""
    return f"the network is right on {share:.1%} of the {which}, not on {config['least']:.0%}{single}"


TRAIN = Family(
    function="train",
    parameters=("images", "labels", "seed"),
    build=_train_build,
    draw=lambda rng: {"N": 20, "held_out": False, "least": 1.0},
    valid=lambda config: True,
    simplest={},
    torch=None,
    holds=_learned,
)


EXERCISES = (
    Exercise(
        id="relu",
        assignment=ASSIGNMENT,
        title="ReLU",
        kind="A",
        difficulty=1,
        minutes=3,
        section="09-network#relu",
        family=RELU,
        same_dtype=True,
        visible=(
            plane("one plane", 1, 1, 3, 4),
            plane("two samples, three channels", 2, 3, 2, 2),
            plane("whole numbers stay whole", 1, 2, 3, 3, dtype="all integers"),
            *EVERY_LAYOUT,
        ),
    ),
    Exercise(
        id="relu_backward",
        assignment=ASSIGNMENT,
        title="Backwards through ReLU",
        kind="A",
        difficulty=2,
        minutes=4,
        section="09-network#relu",
        family=RELU_BACKWARD,
        same_dtype=True,
        visible=(
            plane("one plane", 1, 1, 3, 4),
            plane("two samples, three channels", 2, 3, 2, 2),
            plane("an integer input, fractional gradients", 1, 2, 3, 3, dtype="integers"),
            *EVERY_LAYOUT,
        ),
    ),
    Exercise(
        id="max_pool2d",
        assignment=ASSIGNMENT,
        title="Max pooling",
        kind="A",
        difficulty=3,
        minutes=10,
        section="09-network#max-pooling",
        family=MAX_POOL,
        same_dtype=True,
        visible=(*POOLS, *MAX_POOLS, *_refusals(tuple(POOL_SPOILERS))),
    ),
    Exercise(
        id="max_pool2d_backward",
        assignment=ASSIGNMENT,
        title="Backwards through max pooling",
        kind="A",
        difficulty=4,
        minutes=12,
        section="09-network#max-pooling-backward",
        family=MAX_POOL_BACKWARD,
        same_dtype=True,
        visible=(*POOLS, *MAX_POOLS, *TIES),
    ),
    Exercise(
        id="avg_pool2d",
        assignment=ASSIGNMENT,
        title="Average pooling",
        kind="A",
        difficulty=2,
        minutes=6,
        section="09-network#average-pooling",
        family=AVG_POOL,
        same_dtype=True,
        visible=(
            *POOLS,
            pool("whole numbers have a mean", (1, 2, 4, 5), (2, 3), padding=1, dtype="all integers"),
            *_refusals(tuple(POOL_SPOILERS)),
        ),
    ),
    Exercise(
        id="avg_pool2d_backward",
        assignment=ASSIGNMENT,
        title="Backwards through average pooling",
        kind="A",
        difficulty=3,
        minutes=8,
        section="09-network#average-pooling",
        family=AVG_POOL_BACKWARD,
        same_dtype=True,
        visible=(
            *POOLS,
            pool("an integer input", (1, 2, 4, 5), (2, 3), stride=1, dtype="integers"),
        ),
    ),
    Exercise(
        id="linear",
        assignment=ASSIGNMENT,
        title="The linear layer",
        kind="A",
        difficulty=2,
        minutes=4,
        section="09-network#linear",
        family=LINEAR,
        same_dtype=True,
        visible=(
            *DENSE,
            dense("no bias", 2, 3, 4, bias=False),
            *(dense(f"refuses {form}", 3, 4, 2, refuse=form) for form in LINEAR_SPOILERS),
        ),
    ),
    Exercise(
        id="linear_backward",
        assignment=ASSIGNMENT,
        title="Backwards through the linear layer",
        kind="A",
        difficulty=3,
        minutes=8,
        section="09-network#linear",
        family=LINEAR_BACKWARD,
        same_dtype=True,
        visible=DENSE,
    ),
    Exercise(
        id="cross_entropy",
        assignment=ASSIGNMENT,
        title="Cross-entropy",
        kind="A",
        difficulty=3,
        minutes=8,
        section="09-network#cross-entropy",
        family=ENTROPY,
        visible=(
            *SCORES,
            *(scored(f"refuses {form}", 3, 4, refuse=form) for form in ENTROPY_SPOILERS),
        ),
    ),
    Exercise(
        id="cross_entropy_backward",
        assignment=ASSIGNMENT,
        title="Backwards through cross-entropy",
        kind="A",
        difficulty=3,
        minutes=8,
        section="09-network#softmax-gradient",
        family=ENTROPY_BACKWARD,
        same_dtype=True,
        visible=(
            *SCORES,
            scored("an upstream gradient of 3", 2, 4, upstream=3.0),
            scored("an upstream gradient of -0.5", 3, 3, upstream=-0.5),
            scored("float32 stays float32", 3, 4, dtype="float32"),
        ),
    ),
    Exercise(
        id="sgd_step",
        assignment=ASSIGNMENT,
        title="A step that learns",
        kind="A",
        difficulty=2,
        minutes=6,
        section="09-network#momentum",
        family=STEP,
        same_dtype=True,
        visible=(
            step("no momentum", 2, 3),
            step("the first step with momentum", 2, 2, momentum=0.5, moving=False),
            step("a later step with momentum", 3, 2, momentum=0.5),
            step("another rate and momentum", 2, 4, lr=0.25, momentum=0.75),
            step("a rate above one", 1, 3, lr=2.0, momentum=0.5),
            step("called twice", 2, 3, momentum=0.5, twice=True),
            step("arrays that run backwards", 3, 2, momentum=0.75, layout="reversed"),
            step("float32 stays float32", 2, 3, momentum=0.5, dtype="float32"),
            *(step(f"refuses {form}", 3, 2, momentum=0.5, refuse=form) for form in STEP_SPOILERS),
        ),
    ),
    Exercise(
        id="network_gradients",
        assignment=ASSIGNMENT,
        title="A whole network, backwards",
        kind="A",
        difficulty=3,
        minutes=20,
        section="09-network#network",
        family=NETWORK,
        visible=(
            network("one picture, one filter each", (1, 1, 4, 4), 1, 1, 2),
            network("several of everything", (3, 1, 4, 6), 2, 3, 4),
            network("two channels", (2, 2, 6, 4), 3, 2, 3),
            network("odd sizes: a row that no pool reaches", (2, 1, 5, 7), 2, 2, 3),
            network("as many filters as classes", (2, 1, 4, 4), 3, 3, 3),
            network("a digit's size", (2, 1, 8, 8), 2, 3, 10),
            network("called twice", (2, 1, 4, 4), 2, 2, 5, twice=True),
        ),
    ),
    Exercise(
        id="train",
        assignment=ASSIGNMENT,
        title="Learning to read digits",
        kind="A",
        difficulty=3,
        minutes=30,
        section="09-network#training",
        family=TRAIN,
        visible=(
            {"about": "learns 20 pictures by heart", "N": 20, "held_out": False, "least": 1.0},
            {"about": "reads pictures it has not seen", "N": 1300, "held_out": True, "least": 0.95},
        ),
    ),
)
