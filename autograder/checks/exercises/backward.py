"""Assignment 04-backward: the three gradients of a layer, and the calls that test them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.exercise import (
    GRAD_OUTPUT,
    INPUT,
    WEIGHT,
    Config,
    Exercise,
    Family,
    Spoiler,
    values,
)
from autograder.checks.exercises.layer import (
    DEFAULTS,
    OPTIONS,
    SIMPLEST_CONV,
    UNDILATED,
    conv,
    conv_valid,
    grown,
    ints,
    numbers_draw,
    pair,
)
from autograder.checks.oracles import through_torch
from autograder.checks.question import Part, Question

ASSIGNMENT = "04-backward"

INPUT_AXES = ("N", "C_in", "H", "W")
WEIGHT_AXES = ("C_out", "C_in / groups", "kH", "kW")
BIAS_AXES = ("C_out",)

# --- Building a call ------------------------------------------------------------------------------


def output_size(config: Config) -> tuple[int, int]:
    """(H_out, W_out) of the layer that a configuration describes."""
    rows, columns = (
        (
            config[size]
            + 2 * pair(config.get("padding", 0))[axis]
            - pair(config.get("dilation", 1))[axis] * (config[kernel] - 1)
            - 1
        )
        // pair(config.get("stride", 1))[axis]
        + 1
        for axis, (size, kernel) in enumerate((("H", "kH"), ("W", "kW")))
    )
    return rows, columns


def _build(name: str, parameters: tuple[str, ...]) -> Callable[[Config, np.random.Generator], Call]:
    """Builds calls of the function ``name`` from those of a layer's arrays and sizes it takes."""

    def build(config: Config, rng: np.random.Generator) -> Call:
        input_size = (config["N"], config["C_in"], config["H"], config["W"])
        channels = config["C_in"] // config.get("groups", 1)
        weight_size = (config["C_out"], channels, config["kH"], config["kW"])
        grad_size = (config["N"], config["C_out"], *output_size(config))
        given = {
            "input_size": input_size,
            "weight_size": weight_size,
            "input": values(rng, input_size, config, INPUT),
            "weight": values(rng, weight_size, config, WEIGHT),
            "grad_output": values(rng, grad_size, config, GRAD_OUTPUT),
        }
        args = tuple(given[parameter] for parameter in parameters)
        kwargs = {k: config[k] for k in OPTIONS if config.get(k, DEFAULTS[k]) != DEFAULTS[k]}
        return Call(name, args, kwargs, parameters)

    return build


def _draw(rng: np.random.Generator) -> dict[str, Any]:
    return {k: v for k, v in numbers_draw(rng).items() if k != "bias"}


# --- Who is right: autograd, which knows none of our formulas -------------------------------------


def _by_autograd(torch: Any, wanted: tuple[str, ...]) -> Callable[..., tuple[Any, ...]]:
    # The gradients of one forward pass. Where only a size is given, zeros stand for the array: no
    # gradient of a linear function depends on the array that it belongs to.
    def gradients(input: Any, weight: Any, grad_output: Any, options: Any) -> tuple[Any, ...]:
        leaves = {
            "input": torch.zeros(input, dtype=grad_output.dtype)
            if isinstance(input, tuple)
            else input,
            "weight": torch.zeros(weight, dtype=grad_output.dtype)
            if isinstance(weight, tuple)
            else weight,
        }
        leaves["bias"] = torch.zeros(len(leaves["weight"]), dtype=grad_output.dtype)
        for leaf in leaves.values():
            leaf.requires_grad_()
        output = torch.nn.functional.conv2d(*leaves.values(), **options)
        found = torch.autograd.grad(output, [leaves[name] for name in wanted], grad_output)
        return tuple(found)

    return gradients


def _bias_torch(torch: Any) -> Callable[..., Any]:
    def conv2d_bias(grad_output: Any) -> Any:
        bias = torch.zeros(grad_output.shape[1], dtype=grad_output.dtype, requires_grad=True)
        output = torch.zeros_like(grad_output) + bias[:, None, None]
        return torch.autograd.grad(output, bias, grad_output)[0]

    return through_torch(torch, conv2d_bias)


def _weight_torch(torch: Any) -> Callable[..., Any]:
    gradients = _by_autograd(torch, ("weight",))

    def conv2d_weight(input: Any, weight_size: Any, grad_output: Any, **options: Any) -> Any:
        return gradients(input, weight_size, grad_output, options)[0]

    return through_torch(torch, conv2d_weight)


def _input_torch(torch: Any) -> Callable[..., Any]:
    gradients = _by_autograd(torch, ("input",))

    def conv2d_input(input_size: Any, weight: Any, grad_output: Any, **options: Any) -> Any:
        return gradients(input_size, weight, grad_output, options)[0]

    return through_torch(torch, conv2d_input)


def _backward_torch(torch: Any) -> Callable[..., Any]:
    gradients = _by_autograd(torch, ("input", "weight", "bias"))

    def conv2d_backward(grad_output: Any, input: Any, weight: Any, **options: Any) -> Any:
        return gradients(input, weight, grad_output, options)

    return through_torch(torch, conv2d_backward)


# --- Calls that must be refused -------------------------------------------------------------------


def _shape(call: Call, thing: str) -> tuple[int, ...]:
    # Of the array of that name, or what stands for it as a size.
    given = dict(call.items())
    return tuple(given[thing].shape if thing in given else given[f"{thing}_size"])


def _resized(call: Call, thing: str, axis: int, size: int) -> Call:
    def change(name: str, value: Any) -> Any:
        if name == thing:
            return grown(value, axis, size)
        if name == f"{thing}_size":
            return (*value[:axis], size, *value[axis + 1 :])
        return value

    args = tuple(change(name, value) for name, value in zip(call.names, call.args, strict=False))
    return Call(call.function, args, call.kwargs, call.names)


def _other(thing: str, axis: int, more: int, against: str, its_axis: int) -> Spoiler:
    # One more or less of a size that has to agree with another one.
    return Spoiler(
        change=lambda call: _resized(call, thing, axis, _shape(call, thing)[axis] + more),
        sizes=lambda call: (_shape(call, thing)[axis] + more, _shape(call, against)[its_axis]),
    )


def _misfit(axis: int, more: int) -> Spoiler:
    # The right number of stops is that of the good call's grad_output itself.
    return _other("grad_output", axis, more, "grad_output", axis)


def _large_kernel(axis: int) -> Spoiler:
    # One element more than fits: no stop is left, so no grad_output fits either.
    def room(call: Call) -> int:
        padding = pair(call.kwargs.get("padding", 0))[axis - 2]
        return int(_shape(call, "input")[axis] + 2 * padding)

    return Spoiler(
        change=lambda call: _resized(call, "weight", axis, room(call) + 1),
        sizes=lambda call: (
            room(call) + 1,
            room(call),
            _shape(call, "input")[axis],
            _shape(call, "grad_output")[axis],
        ),
    )


def _more_filters(call: Call) -> Call:
    more = _shape(call, "weight")[0] + 1
    return _resized(_resized(call, "weight", 0, more), "grad_output", 1, more)


SPOILERS = {
    "a grad_output one row too tall": _misfit(2, +1),
    "a grad_output one row too short": _misfit(2, -1),
    "a grad_output one column too wide": _misfit(3, +1),
    "a grad_output one column too narrow": _misfit(3, -1),
    "a grad_output with a channel more than there are filters": _other(
        "grad_output", 1, +1, "weight", 0
    ),
    "a grad_output with a channel less than there are filters": _other(
        "grad_output", 1, -1, "weight", 0
    ),
    "a grad_output with a sample too many": _other("grad_output", 0, +1, "input", 0),
    "a grad_output with a sample too few": _other("grad_output", 0, -1, "input", 0),
    "an input with one channel more than the weight takes": _other("input", 1, +1, "weight", 1),
    "an input with one channel less than the weight takes": _other("input", 1, -1, "weight", 1),
    "an input whose channels the groups do not divide": _other("input", 1, +1, "weight", 1),
    "a kernel taller than the input": _large_kernel(2),
    "a kernel wider than the input": _large_kernel(3),
    "groups that do not divide the filters": Spoiler(
        change=_more_filters,
        sizes=lambda call: (_shape(call, "weight")[0] + 1, call.kwargs["groups"]),
    ),
}

# --- The functions --------------------------------------------------------------------------------

SIMPLEST: Config = {k: v for k, v in SIMPLEST_CONV.items() if k != "bias"}


def _bias_build(config: Config, rng: np.random.Generator) -> Call:
    shape = (config["N"], config["C_out"], config["H_out"], config["W_out"])
    return Call("conv2d_bias", (values(rng, shape, config, GRAD_OUTPUT),), {}, ("grad_output",))


def _bias_draw(rng: np.random.Generator) -> dict[str, Any]:
    return {name: int(rng.integers(1, 5)) for name in ("N", "C_out", "H_out", "W_out")}


BIAS = Family(
    function="conv2d_bias",
    parameters=("grad_output",),
    build=_bias_build,
    draw=_bias_draw,
    valid=lambda config: True,
    simplest={"N": 1, "C_out": 1, "H_out": 1, "W_out": 1},
    torch=_bias_torch,
    axes=BIAS_AXES,
)

WEIGHT_PARAMETERS = ("input", "weight_size", "grad_output")
INPUT_PARAMETERS = ("input_size", "weight", "grad_output")
BACKWARD_PARAMETERS = ("grad_output", "input", "weight")

GRAD_WEIGHT = Family(
    function="conv2d_weight",
    parameters=(*WEIGHT_PARAMETERS, *OPTIONS),
    build=_build("conv2d_weight", WEIGHT_PARAMETERS),
    draw=_draw,
    valid=conv_valid,
    simplest=SIMPLEST,
    torch=_weight_torch,
    spoilers=SPOILERS,
    axes=WEIGHT_AXES,
)


def _grad_input(function: str) -> Family:
    return Family(
        function=function,
        parameters=(*INPUT_PARAMETERS, *OPTIONS),
        build=_build(function, INPUT_PARAMETERS),
        draw=_draw,
        valid=conv_valid,
        simplest=SIMPLEST,
        torch=_input_torch,
        spoilers=SPOILERS,
        axes=INPUT_AXES,
    )


GRAD_INPUT = _grad_input("conv2d_input")
GATHERED = _grad_input("conv2d_input_gather")

BACKWARD = Family(
    function="conv2d_backward",
    parameters=(*BACKWARD_PARAMETERS, *OPTIONS),
    build=_build("conv2d_backward", BACKWARD_PARAMETERS),
    draw=_draw,
    valid=conv_valid,
    simplest=SIMPLEST,
    torch=_backward_torch,
    spoilers=SPOILERS,
    results={"grad_input": INPUT_AXES, "grad_weight": WEIGHT_AXES, "grad_bias": BIAS_AXES},
)

# --- Their visible cases --------------------------------------------------------------------------


def _bias_case(about: str, shape: tuple[int, int, int, int], **more: Any) -> dict[str, Any]:
    sizes = zip(("N", "C_out", "H_out", "W_out"), shape, strict=True)
    return {"about": about, **dict(sizes), **more}


# Sizes all differ, but where a case says that two are alike: that is what some mistakes need.
PLAIN: tuple[Config, ...] = (
    conv("one sample, one channel, one filter", (1, 1, 4, 5), (1, 2, 3)),
    conv("two channels, three filters", (1, 2, 4, 5), (3, 2, 3)),
    conv("three samples", (3, 2, 3, 4), (4, 2, 1)),
    conv("stride 2", (1, 2, 5, 7), (3, 3, 2), stride=2),
    conv("a stride that leaves a remainder", (2, 1, 9, 8), (3, 2, 3), stride=3),
    conv("a kernel smaller than the stride", (1, 2, 7, 8), (3, 2, 1), stride=3),
    conv("padding 1", (1, 2, 3, 4), (4, 3, 2), padding=1),
    conv("stride 2, padding 2, a remainder", (2, 1, 4, 6), (4, 3, 1), stride=2, padding=2),
    conv("padding wider than the kernel", (1, 1, 2, 3), (2, 1, 2), padding=3),
    conv("stride 3, padding 2, remainders", (2, 3, 6, 4), (4, 3, 2), stride=3, padding=2),
    conv("a kernel as large as the input", (2, 2, 3, 4), (3, 3, 4)),
    conv("a kernel that fits only with padding", (1, 1, 2, 3), (2, 3, 4), padding=1),
    conv("a kernel of one element", (2, 3, 2, 3), (4, 1, 1)),
    conv("as many filters as channels", (2, 3, 4, 5), (3, 2, 3)),
    conv("as many filters as samples, square arrays", (3, 2, 5, 5), (3, 3, 3)),
    conv("called twice", (2, 2, 4, 5), (3, 2, 3), padding=1, twice=True),
)

PAIRED: tuple[Config, ...] = (
    conv("stride (1, 2)", (1, 2, 4, 7), (3, 2, 3), stride=(1, 2)),
    conv("stride (3, 1)", (2, 1, 8, 4), (3, 3, 2), stride=(3, 1)),
    conv("padding (0, 2)", (1, 2, 4, 3), (3, 2, 3), padding=(0, 2)),
    conv("padding (2, 0)", (2, 1, 3, 5), (3, 3, 2), padding=(2, 0)),
    conv("both as pairs, remainders", (2, 1, 6, 8), (3, 3, 2), stride=(2, 3), padding=(1, 2)),
    conv("an int and a pair", (1, 2, 5, 6), (3, 2, 3), stride=2, padding=(2, 0)),
    conv("square arrays", (2, 3, 6, 6), (2, 2, 2), stride=(1, 2), padding=(2, 1)),
    conv("called twice", (1, 2, 5, 6), (3, 2, 3), stride=(2, 1), twice=True),
)

DILATED: tuple[Config, ...] = (
    conv("dilation 2", (1, 1, 6, 7), (2, 3, 2), dilation=2),
    conv("dilation 3, two channels", (2, 2, 7, 8), (3, 2, 3), dilation=3),
    conv("dilation (1, 2)", (1, 2, 4, 6), (3, 3, 2), dilation=(1, 2)),
    conv("dilation (3, 1)", (1, 1, 8, 3), (2, 3, 2), dilation=(3, 1)),
    conv("a kernel of one element", (1, 2, 3, 4), (3, 1, 1), dilation=3),
    conv("with stride and padding", (2, 1, 7, 8), (3, 3, 2), dilation=2, stride=2, padding=2),
    conv("dilation equal to the stride", (1, 2, 7, 9), (3, 2, 3), dilation=2, stride=2),
    conv("a remainder", (1, 2, 8, 7), (3, 2, 3), dilation=2, stride=3),
    conv("padding wider than the kernel reaches", (1, 2, 3, 2), (3, 2, 1), dilation=2, padding=3),
    conv(
        "every option a pair",
        (1, 2, 8, 11),
        (4, 3, 2),
        dilation=(1, 2),
        stride=(2, 3),
        padding=(2, 1),
    ),
    conv("dilation 1 still works", (1, 2, 4, 5), (3, 2, 3), twice=True),
)

GROUPED: tuple[Config, ...] = (
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
    conv("as many filters as channels, dilated", (1, 4, 6, 7), (4, 2, 2), groups=2, dilation=2),
    conv("a stride that leaves a remainder", (1, 4, 7, 6), (2, 2, 2), groups=2, stride=3),
    conv("padding wider than the kernel", (1, 4, 2, 3), (2, 2, 1), groups=2, padding=3),
)


def _contract(*dtypes: str) -> tuple[Config, ...]:
    # The promises, for the dtypes that the arrays of a function can tell apart.
    layer: tuple[tuple[int, int, int, int], tuple[int, int, int]] = ((2, 2, 4, 5), (3, 2, 3))
    dilated = {"dilation": 2, "groups": 2}
    return (
        conv("called twice", *layer, twice=True),
        conv("padded, called twice", *layer, padding=1, twice=True),
        conv("arrays that run backwards", *layer, layout="reversed"),
        conv("padded, backwards", *layer, padding=2, layout="reversed"),
        conv("arrays in Fortran order", (2, 3, 5, 4), (4, 3, 2), layout="Fortran"),
        conv("every second element of a larger array", *layer, layout="every second"),
        conv("float32 stays float32", *layer, dtype="float32", padding=1),
        conv("integers stay integers", *layer, dtype="all integers"),
        conv("large numbers keep all their digits", *layer, dtype="large"),
        conv("large integers", *layer, dtype="large integers"),
        *(conv(MIXED[dtype], *layer, dtype=dtype, padding=1) for dtype in dtypes),
        conv("a stride that leaves a remainder", (2, 3, 8, 6), (4, 3, 2), stride=3, padding=1),
        conv("N = 1, C = 1, a kernel of one element", (1, 1, 2, 3), (1, 1, 1), stride=2),
        conv("padded, Fortran order", *layer, padding=1, layout="Fortran"),
        conv("float32 with a stride", (2, 1, 6, 7), (3, 2, 3), stride=2, dtype="float32"),
        *(
            conv(
                f"refuses {spoiler}",
                (2, 4, 5, 6),
                (6, 2, 3),
                refuse=spoiler,
                **({"groups": 2} if "groups" in spoiler else {}),
            )
            for spoiler in SPOILERS
        ),
        conv(
            "refuses a misfit with every option",
            (2, 4, 8, 11),
            (6, 3, 2),
            stride=(2, 3),
            padding=(2, 1),
            refuse="a grad_output one row too tall",
            **dilated,
        ),
    )


MIXED = {
    "integers": "an integer input, the rest fractions",
    "integer weight": "an integer weight and a fractional grad_output",
    "integer grad_output": "an integer grad_output, the rest fractions",
    "float32 input": "a float32 input and a float64 grad_output",
    "float32 weight": "a float32 weight and a float64 grad_output",
    "float32 grad_output": "a float32 grad_output, the rest float64",
}
WEIGHT_DTYPES = ("integers", "integer grad_output", "float32 input", "float32 grad_output")
INPUT_DTYPES = ("integer weight", "integer grad_output", "float32 weight", "float32 grad_output")

# For functions that have every option in one stage: of each list, what the others do not ask.
LEFT_OUT = {
    "one sample, one channel, one filter",
    "stride 2",
    "a kernel of one element",
    "stride 3, padding 2, remainders",
    "stride (1, 2)",
    "an int and a pair",
    "dilation 2",
    "dilation 3, two channels",
    "dilation (3, 1)",
    "with stride and padding",
    "dilation 1 still works",
    "two groups",
    "three groups of two channels",
    "depthwise",
    "one channel, one group",
}
EVERYTHING = (
    *(
        config
        for config in (*PLAIN, *PAIRED, *DILATED, *GROUPED)
        if config["about"] not in LEFT_OUT and "twice" not in config
    ),
    PLAIN[-1],
)


def _stages(
    function: str, titles: dict[str, str], family: Family, dtypes: tuple[str, ...], minutes: int
) -> tuple[Exercise, ...]:
    # The five stages that the gradients of weight and input share.
    subject = "grad-weight" if function == "conv2d_weight" else "grad-input"
    stages: tuple[tuple[str, tuple[Config, ...], Config, bool, str, int], ...] = (
        ("", PLAIN, UNDILATED, True, subject, minutes),
        (".pairs", PAIRED, UNDILATED, False, "backward-pairs", 5),
        (".dilation", DILATED, {"groups": 1}, False, "backward-dilation", 5),
        (".groups", GROUPED, {}, False, "backward-groups", 10),
        (".contract", _contract(*dtypes), UNDILATED, True, "backward-contract", 10),
    )
    return tuple(
        Exercise(
            id=function + stage,
            assignment=ASSIGNMENT,
            title=titles[stage],
            kind="A",
            difficulty=4 if subject == "grad-input" else 3,
            minutes=time,
            section=f"04-backward#{section}",
            family=family,
            visible=visible,
            options=options,
            allowed=ints if only_ints else lambda config: True,
            same_dtype=stage == ".contract",
        )
        for stage, visible, options, only_ints, section, time in stages
    )


# --- clinic ---------------------------------------------------------------------------------------

FINDINGS = (
    "windows overwrite each other",
    "the kernel lies the wrong way round",
    "a slice from p to -p is empty",
    "the remainder is forgotten",
    "filters are summed twice",
    "dilation is forgotten",
    "the weight's gradient ignores the stride",
    "the input is not padded",
    "the weight's gradient is turned",
    "the weight's gradient ignores grad_output",
    "the bias's gradient is a mean",
    "grad_output is changed in place",
)
# Of each patient, digests of the catalogue's id and of the finding that is right.
PATIENTS = {
    "A": ("7685611e", "809e8ba5"),
    "B": ("913a4097", "10b235b9"),
    "C": ("e467a507", "c5f3c4f2"),
    "D": ("1246479d", "9fe3e4bb"),
    "E": ("416eac09", "c4cd5118"),
    "F": ("c86b3d9d", "c4a3c8cb"),
    "G": ("e4b6248b", "a0c4a879"),
    "H": ("957713e0", "89761383"),
}

EXERCISES = (
    Exercise(
        id="conv2d_bias",
        assignment=ASSIGNMENT,
        title="The gradient of the bias",
        kind="A",
        difficulty=1,
        minutes=10,
        section="04-backward#grad-bias",
        family=BIAS,
        same_dtype=True,
        visible=(
            _bias_case("one number", (1, 1, 1, 1)),
            _bias_case("one sample, one filter", (1, 1, 2, 3)),
            _bias_case("three filters", (1, 3, 2, 4)),
            _bias_case("two samples, three filters", (2, 3, 4, 5)),
            _bias_case("as many filters as samples", (3, 3, 2, 4)),
            _bias_case("as many filters as columns", (2, 4, 3, 4)),
            _bias_case("as many filters as rows", (2, 3, 3, 5)),
            _bias_case("called twice", (2, 3, 4, 2), twice=True),
            _bias_case("an array that runs backwards", (2, 3, 4, 5), layout="reversed"),
            _bias_case("an array in Fortran order", (2, 3, 4, 5), layout="Fortran"),
            _bias_case("float32 stays float32", (2, 3, 2, 4), dtype="float32"),
            _bias_case("integers stay integers", (2, 3, 2, 4), dtype="all integers"),
        ),
    ),
    *_stages(
        "conv2d_weight",
        {
            "": "The gradient of the weight",
            ".pairs": "The gradient of the weight: pairs",
            ".dilation": "The gradient of the weight: dilation",
            ".groups": "The gradient of the weight: groups",
            ".contract": "The gradient of the weight: the contract",
        },
        GRAD_WEIGHT,
        WEIGHT_DTYPES,
        10,
    ),
    *_stages(
        "conv2d_input",
        {
            "": "The gradient of the input, by scattering",
            ".pairs": "The gradient of the input: pairs",
            ".dilation": "The gradient of the input: dilation",
            ".groups": "The gradient of the input: groups",
            ".contract": "The gradient of the input: the contract",
        },
        GRAD_INPUT,
        INPUT_DTYPES,
        20,
    ),
    Exercise(
        id="conv2d_input_gather",
        assignment=ASSIGNMENT,
        title="The gradient of the input, by gathering",
        kind="A",
        difficulty=5,
        minutes=35,
        section="04-backward#gather",
        family=GATHERED,
        visible=EVERYTHING,
    ),
    Exercise(
        id="conv2d_backward",
        assignment=ASSIGNMENT,
        title="The whole backward pass",
        kind="A",
        difficulty=3,
        minutes=10,
        section="04-backward#together",
        family=BACKWARD,
        visible=EVERYTHING,
    ),
    Exercise(
        id="conv2d_backward.contract",
        assignment=ASSIGNMENT,
        title="The whole backward pass: the contract",
        kind="A",
        difficulty=3,
        minutes=5,
        section="04-backward#backward-contract",
        family=BACKWARD,
        same_dtype=True,
        # Of dtypes that differ, three functions and one would make different results.
        visible=_contract("integers"),
        options=UNDILATED,
        allowed=ints,
    ),
    Exercise(
        id="clinic",
        assignment=ASSIGNMENT,
        title="Eight patients",
        kind="Q",
        difficulty=3,
        minutes=30,
        section="04-backward#clinic",
        question=Question(
            parts=tuple(Part(name, finding, FINDINGS) for name, (_, finding) in PATIENTS.items())
        ),
    ),
)
