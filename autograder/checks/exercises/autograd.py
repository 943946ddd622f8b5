"""Assignment 08-autograd: a torch.autograd.Function and a torch.nn.Module, judged by drivers.

The learner's classes are used as anyone would use them, beside their code; what comes back is plain
arrays. torch is imported by the drivers, where the call is made, and by nobody here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.call import Call, Source
from autograder.checks.exercise import BIAS, INPUT, WEIGHT, Config, Exercise, Family, values
from autograder.checks.exercises.layer import CONV2D, DEFAULTS, OPTIONS, conv, pair

ASSIGNMENT = "08-autograd"

# --- Conv2dFunction -------------------------------------------------------------------------------

FUNCTION_DRIVER = Source(
    '''
def use_function(theirs, input, weight, bias, grad_output,
                 stride, padding, dilation, groups, wanted, how):
    """Forward, then backward to the tensors named in `wanted`: (output, their gradients)."""
    import torch

    def tensor(array, name):
        if array is None:
            return None
        made = torch.tensor(np.ascontiguousarray(array))
        if how == "strided":
            made = made.transpose(0, -1).contiguous().transpose(0, -1)
        return made.requires_grad_(name in wanted.split())

    options = (stride, padding, dilation, groups)
    arrays = (input, weight, bias)
    tensors = [tensor(a, n) for a, n in zip(arrays, ("input", "weight", "bias"))]
    output = getattr(theirs, "apply", theirs)(*tensors, *options)
    if how == "interleaved":
        # Another layer of the same network: other tensors, and other options.
        others = (None if t is None else t.detach() * 2 + 1 for t in tensors)
        wider = tuple(np.broadcast_to(padding, 2) + 3)
        theirs.apply(*others, 2, tuple(map(int, wider)), 1, groups)
    if not isinstance(output, torch.Tensor):
        raise AssertionError("apply returned something that is no torch.Tensor")
    if output.grad_fn is None:
        raise AssertionError("the output has no grad_fn: autograd does not know where it came from")
    if not isinstance(output.grad_fn, torch.autograd.function.BackwardCFunction):
        raise AssertionError(f"the output was made by {output.grad_fn.name()}, not by a Function")
    for made, array in zip(tensors, arrays):
        if made is not None and not np.array_equal(made.detach().numpy(), array):
            raise AssertionError("forward changed a tensor that it was given")
    upstream = tensor(grad_output, "")
    if how == "changed":
        with torch.no_grad():
            tensors[1].add_(1)
        try:
            output.backward(upstream)
        except RuntimeError as error:
            if "inplace" in str(error):
                return (output.detach().numpy(),)
            raise
        raise AssertionError("the weight was changed after forward, and backward used it all the same")
    for gradient, name in zip(output.grad_fn.apply(upstream), ("input", "weight", "bias")):
        if gradient is not None and name not in wanted.split():
            raise AssertionError(f"backward computed the gradient by {name}, which nobody needs")
    needed = [t for t in tensors if t is not None and t.requires_grad]
    found = torch.autograd.grad(output, needed, upstream)
    return (output.detach().numpy(), *(g.detach().numpy() for g in found))
'''.strip(),
    "use_function",
)

ARRAYS = ("input", "weight", "bias", "grad_output")
HOW = ("plain", "strided", "interleaved", "changed")
WANTED = ("input weight bias", "input weight", "input", "weight", "bias", "weight bias", "input bias")


def _output_size(config: Config) -> tuple[int, ...]:
    """(H_out, W_out) of a convolution."""
    strides, paddings, dilations = (
        pair(config.get(key, DEFAULTS[key])) for key in ("stride", "padding", "dilation")
    )
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(
            (config["H"], config["W"]),
            (config["kH"], config["kW"]),
            strides,
            paddings,
            dilations,
            strict=True,
        )
    )


def _arrays(config: Config, rng: np.random.Generator) -> tuple[Any, Any, Any, Any]:
    """input, weight, bias (or None) and grad_output."""
    c_in, c_out, groups = config["C_in"], config["C_out"], config.get("groups", 1)
    input = values(rng, (config["N"], c_in, config["H"], config["W"]), config, INPUT)
    weight = values(rng, (c_out, c_in // groups, config["kH"], config["kW"]), config, WEIGHT)
    bias = values(rng, (c_out,), config, BIAS, largest=9)
    grad_output = values(rng, (config["N"], c_out, *_output_size(config)), config, WEIGHT)
    return input, weight, bias if config.get("bias", True) else None, grad_output


def _options(config: Config) -> tuple[Any, ...]:
    return tuple(config.get(key, DEFAULTS[key]) for key in OPTIONS)


def _function_build(config: Config, rng: np.random.Generator) -> Call:
    how = (config.get("wanted", WANTED[0]), config.get("how", "plain"))
    names = (*ARRAYS, *OPTIONS, "wanted", "how")
    return Call("Conv2dFunction", (*_arrays(config, rng), *_options(config), *how), {}, names)


def _draw(rng: np.random.Generator) -> dict[str, Any]:
    while True:
        config = CONV2D.draw(rng)
        if CONV2D.valid(config) and not isinstance(config["padding"], str):
            return config


def _function_draw(rng: np.random.Generator) -> dict[str, Any]:
    config = {**_draw(rng), "wanted": str(rng.choice(WANTED)), "how": str(rng.choice(HOW[:3]))}
    return config


def _function_valid(config: Config) -> bool:
    # A bias that is not there needs no gradient, and somebody must need one.
    wanted = str(config.get("wanted", WANTED[0])).split()
    legal = config.get("bias", True) or "bias" not in wanted
    changed = config.get("how") != "changed" or "input" in wanted  # only then the weight is used
    return CONV2D.valid(config) and bool(legal) and changed and min(_output_size(config)) > 0


def driven(driver: Source, find: Callable[[Any], Any]) -> Callable[[Any], Callable[..., Any]]:
    """torch -> what the driver returns for torch's own object."""

    def of(torch: Any) -> Callable[..., Any]:
        own = find(torch)
        return lambda *args, **kwargs: driver.value()(own, *args, **kwargs)

    return of


def _own(torch: Any) -> Any:
    """A Function around torch's own convolution and its own backward."""

    class Own(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, input: Any, weight: Any, bias: Any, *options: Any) -> Any:
            ctx.save_for_backward(input, weight)
            ctx.options, ctx.bias_size = options, None if bias is None else list(bias.shape)
            return torch.nn.functional.conv2d(input, weight, bias, *options)

        @staticmethod
        def backward(ctx: Any, grad_output: Any) -> Any:
            *pairs, groups = ctx.options
            options = (*map(pair, pairs), False, (0, 0), groups)
            wanted = list(ctx.needs_input_grad[:3])
            back = torch.ops.aten.convolution_backward
            found = back(grad_output, *ctx.saved_tensors, ctx.bias_size, *options, wanted)
            return (*found, None, None, None, None)

    return Own


def _own_module(torch: Any) -> Any:
    """torch's own layer, with that Function for its forward."""
    function = _own(torch)

    class Own(torch.nn.Conv2d):
        def forward(self, input: Any) -> Any:
            options = (self.stride, self.padding, self.dilation, self.groups)
            return function.apply(input, self.weight, self.bias, *options)

    return Own


SIMPLEST = {**CONV2D.simplest, "bias": False}

FUNCTION = Family(
    function="Conv2dFunction",
    parameters=(*ARRAYS, *OPTIONS, "wanted", "how"),
    build=_function_build,
    draw=_function_draw,
    valid=_function_valid,
    simplest=SIMPLEST,
    torch=driven(FUNCTION_DRIVER, _own),
    driver=FUNCTION_DRIVER,
)

# --- Conv2dFunction.double ------------------------------------------------------------------------

DOUBLE_DRIVER = Source(
    '''
def use_gradients(theirs, input, weight, bias, grad_output, by_input, by_weight, by_bias,
                  stride, padding, dilation, groups):
    """The gradients of by_input·grad_input + by_weight·grad_weight + by_bias·grad_bias.

    Returns the three first gradients, then those of the sum by input, weight and grad_output.
    """
    import torch

    def tensor(array):
        return torch.tensor(np.ascontiguousarray(array)).requires_grad_()

    tensors = [tensor(array) for array in (input, weight, bias)]
    upstream = tensor(grad_output)
    output = getattr(theirs, "apply", theirs)(*tensors, stride, padding, dilation, groups)
    if not isinstance(output.grad_fn, torch.autograd.function.BackwardCFunction):
        raise AssertionError("the output was not made by a Function that autograd knows")
    first = torch.autograd.grad(output, tensors, upstream, create_graph=True)
    total = sum(
        (gradient * torch.tensor(np.ascontiguousarray(direction))).sum()
        for gradient, direction in zip(first, (by_input, by_weight, by_bias))
    )
    if total.grad_fn is None:
        raise AssertionError("the gradients have no grad_fn: backward cannot be differentiated")
    by = (tensors[0], tensors[1], upstream)
    second = torch.autograd.grad(total, by, allow_unused=True)
    second = [torch.zeros_like(t) if s is None else s for s, t in zip(second, by)]
    return tuple(t.detach().numpy() for t in (*first, *second))
'''.strip(),
    "use_gradients",
)

DIRECTIONS = ("by_input", "by_weight", "by_bias")


def _double_build(config: Config, rng: np.random.Generator) -> Call:
    arrays = _arrays({**config, "bias": True}, rng)
    directions = tuple(values(rng, array.shape, config, WEIGHT) for array in arrays[:3])
    names = (*ARRAYS, *DIRECTIONS, *OPTIONS)
    return Call("Conv2dFunction", (*arrays, *directions, *_options(config)), {}, names)


DOUBLE = Family(
    function="Conv2dFunction",
    parameters=(*ARRAYS, *DIRECTIONS, *OPTIONS),
    build=_double_build,
    draw=_draw,
    valid=lambda config: CONV2D.valid(config) and min(_output_size(config)) > 0,
    simplest=SIMPLEST,
    torch=driven(DOUBLE_DRIVER, _own),
    driver=DOUBLE_DRIVER,
)

# --- Conv2d ---------------------------------------------------------------------------------------

MODULE_DRIVER = Source(
    '''
def use_module(theirs, how, in_channels, out_channels, kernel_size,
               input=None, weight_values=None, bias_values=None, grad_output=None, **options):
    """Make a layer and look at it in the way that `how` names."""
    import torch

    def pair(value):
        return tuple(value) if isinstance(value, (tuple, list)) else (value, value)

    def made():
        if how == "layer" and options:  # as most people write it: by position
            defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
            layer = theirs(in_channels, out_channels, kernel_size, *{**defaults, **options}.values())
        else:
            layer = theirs(in_channels, out_channels, kernel_size, **options)
        if not isinstance(layer, torch.nn.Module):
            raise AssertionError("Conv2d makes something that is no torch.nn.Module")
        return layer

    torch.manual_seed(7)
    layer = made()
    if how == "options":
        stored = [layer.in_channels, layer.out_channels, layer.groups, int(layer.bias is not None)]
        for option in (layer.kernel_size, layer.stride, layer.padding, layer.dilation):
            stored.extend(pair(option))
        return np.array(stored)
    fan_in = in_channels // options.get("groups", 1) * int(np.prod(pair(kernel_size)))
    bound = fan_in**-0.5
    if how in ("weight", "bias"):
        start = getattr(layer, how).detach().double().numpy()
        largest, spread = np.abs(start).max() / bound, start.std() * 3**0.5 / bound
        if not 0.9 < largest <= 1.0001:
            raise AssertionError(
                f"the largest start of {how} is {largest:.2f} times 1/sqrt(fan_in), not 1 times"
            )
        if how == "weight" and not 0.9 < spread < 1.1:
            raise AssertionError(
                f"the weight's spread is {spread:.2f} times that of a uniform distribution"
            )
        if how == "weight" and abs(start.mean()) > 0.1 * bound:
            raise AssertionError("the weight's start is not centred on zero")
        return 1
    if how == "anew":
        other = made()
        if torch.equal(layer.weight, other.weight):
            raise AssertionError("two layers made one after the other start with the same weight")
        return 1
    state = layer.state_dict()
    names = ["weight"] if options.get("bias") is False else ["bias", "weight"]
    if sorted(state) != names:
        raise AssertionError(f"state_dict() holds {sorted(state)}, that of torch {names}")
    trained = sorted(name for name, _ in layer.named_parameters())
    if trained != names:
        raise AssertionError(f"an optimiser finds the parameters {trained}, in torch's layer {names}")
    given = {"weight": weight_values}
    if bias_values is not None:
        given["bias"] = bias_values
    for name, parameter in layer.named_parameters():
        if parameter.dtype != torch.get_default_dtype():
            raise AssertionError(f"{name} starts as {parameter.dtype}, in torch's layer as float32")
    dtype = torch.tensor(input[:0]).dtype
    layer = layer.to(dtype)
    layer.load_state_dict({k: torch.tensor(np.ascontiguousarray(v)) for k, v in given.items()})
    given_input = torch.tensor(np.ascontiguousarray(input)).requires_grad_()
    output = layer(given_input)
    nodes = [output.grad_fn] if isinstance(output, torch.Tensor) and output.grad_fn else []
    for node in nodes:  # grows as the graph is walked
        nodes += [n for n, _ in node.next_functions if n is not None and n not in nodes]
    made_by = [node.name() for node in nodes]
    if nodes and not any(isinstance(n, torch.autograd.function.BackwardCFunction) for n in nodes):
        raise AssertionError(f"the output was made by {made_by[0]}: forward uses no Function of yours")
    if "ConvolutionBackward0" in made_by:
        raise AssertionError("torch's own convolution is recorded: forward has to use your Function")
    output.backward(torch.tensor(np.ascontiguousarray(grad_output)))
    parameters = [getattr(layer, name) for name in given]
    if any(p.grad is None for p in (given_input, *parameters)):
        raise AssertionError("a gradient is missing after backward: the link is cut somewhere")
    gradients = [given_input.grad, *(p.grad for p in parameters)]
    return tuple(t.detach().numpy() for t in (output, *gradients))
'''.strip(),
    "use_module",
)

MODULE_NAMES = (
    *("how", "in_channels", "out_channels", "kernel_size"),
    *("input", "weight_values", "bias_values", "grad_output"),
)


def _module_build(config: Config, rng: np.random.Generator) -> Call:
    how = config.get("how", "layer")
    kernel = (config["kH"], config["kW"])
    args: tuple[Any, ...] = (how, config["C_in"], config["C_out"])
    args = (*args, kernel[0] if kernel[0] == kernel[1] else kernel)
    if how == "layer":
        args = (*args, *_arrays(config, rng))
    kwargs = {k: config[k] for k in OPTIONS if config.get(k, DEFAULTS[k]) != DEFAULTS[k]}
    if not config.get("bias", True):
        kwargs["bias"] = False
    return Call("Conv2d", args, kwargs, MODULE_NAMES)


def _module_draw(rng: np.random.Generator) -> dict[str, Any]:
    return {**_draw(rng), "how": "layer" if rng.random() < 0.8 else "options"}


MODULE = Family(
    function="Conv2d",
    parameters=(*MODULE_NAMES, *OPTIONS, "bias"),
    build=_module_build,
    draw=_module_draw,
    valid=lambda config: CONV2D.valid(config) and min(_output_size(config)) > 0,
    simplest=SIMPLEST,
    torch=driven(MODULE_DRIVER, _own_module),
    driver=MODULE_DRIVER,
)


EXERCISES = (
    Exercise(
        id="Conv2dFunction",
        assignment=ASSIGNMENT,
        title="A Function that autograd can use",
        kind="A",
        difficulty=4,
        minutes=20,
        section="08-autograd#function",
        family=FUNCTION,
        same_dtype=True,
        visible=(
            conv("forward and three gradients", (2, 2, 5, 6), (3, 2, 3)),
            conv("stride 2 with a remainder", (1, 2, 6, 7), (2, 3, 2), stride=2),
            conv("padding, a pair", (1, 1, 4, 5), (2, 3, 2), padding=(1, 2)),
            conv("dilation", (1, 2, 6, 7), (2, 2, 3), dilation=2),
            conv("two groups", (2, 4, 4, 5), (4, 2, 3), groups=2),
            conv(
                "every option at once",
                (2, 4, 8, 11),
                (6, 3, 2),
                stride=(2, 3),
                padding=(2, 1),
                dilation=(1, 2),
                groups=2,
            ),
            conv("no bias", (2, 2, 4, 5), (3, 2, 3), bias=False, wanted="input weight"),
            conv("only the input needs a gradient", (2, 2, 4, 5), (3, 2, 3), wanted="input"),
            conv("only the weight needs one", (2, 2, 4, 5), (3, 2, 3), wanted="weight"),
            conv("only the bias needs one", (2, 2, 4, 5), (3, 2, 3), wanted="bias"),
            conv("the input needs none: a first layer", (2, 2, 4, 5), (3, 2, 3), wanted="weight bias"),
            conv("two forwards before the first backward", (2, 2, 4, 5), (3, 2, 3), how="interleaved"),
            conv("tensors that are not contiguous", (2, 2, 4, 5), (3, 2, 3), how="strided"),
            conv("float32 stays float32", (2, 2, 4, 5), (3, 2, 3), dtype="float32"),
            conv("a weight that changes before backward is noticed", (1, 2, 4, 5), (2, 2, 3), how="changed"),
        ),
    ),
    Exercise(
        id="Conv2dFunction.double",
        assignment=ASSIGNMENT,
        title="Gradients of gradients",
        kind="A",
        difficulty=4,
        minutes=10,
        section="08-autograd#double-backward",
        family=DOUBLE,
        same_dtype=True,
        visible=(
            conv("one window", (1, 1, 2, 2), (1, 2, 2)),
            conv("several of everything", (2, 2, 4, 5), (3, 2, 3)),
            conv("stride 2", (1, 2, 6, 7), (2, 3, 2), stride=2),
            conv("padding", (2, 1, 4, 5), (2, 2, 3), padding=(1, 2)),
            conv("dilation", (1, 2, 6, 7), (2, 2, 3), dilation=2),
            conv("two groups", (2, 4, 4, 5), (4, 2, 3), groups=2),
            conv(
                "every option at once",
                (2, 4, 8, 11),
                (6, 3, 2),
                stride=(2, 3),
                padding=(2, 1),
                dilation=(1, 2),
                groups=2,
            ),
            conv("float32 stays float32", (2, 2, 4, 5), (3, 2, 3), dtype="float32"),
        ),
    ),
    Exercise(
        id="Conv2d",
        assignment=ASSIGNMENT,
        title="A module like torch's",
        kind="A",
        difficulty=3,
        minutes=25,
        section="08-autograd#module",
        family=MODULE,
        same_dtype=True,
        visible=(
            conv("weights from torch's own state_dict", (2, 2, 5, 6), (3, 2, 3)),
            conv("no bias", (2, 2, 4, 5), (3, 2, 2), bias=False),
            conv("stride 2 with a remainder", (1, 2, 6, 7), (2, 3, 2), stride=2),
            conv("padding", (1, 2, 4, 5), (2, 3, 3), padding=1),
            conv("dilation, a pair", (1, 2, 6, 7), (2, 2, 3), dilation=(1, 2)),
            conv("depthwise", (2, 4, 4, 5), (4, 2, 3), groups=4),
            conv(
                "every option at once",
                (2, 4, 8, 11),
                (6, 3, 2),
                stride=(2, 3),
                padding=(2, 1),
                dilation=(1, 2),
                groups=2,
            ),
            conv("float32", (2, 2, 4, 5), (3, 2, 3), dtype="float32"),
            conv("the options can be read", (1, 2, 4, 5), (3, 2, 3), stride=2, how="options"),
            conv("the options, all of them", (1, 4, 8, 9), (6, 3, 2), stride=(2, 3), padding=(2, 1),
                 dilation=(1, 2), groups=2, bias=False, how="options"),
            conv("how the weight starts", (1, 16, 3, 5), (64, 3, 5), how="weight"),
            conv("how the weight starts, with groups", (1, 32, 3, 3), (64, 3, 3), groups=4, how="weight"),
            conv("how the bias starts", (1, 3, 3, 3), (256, 3, 3), how="bias"),
            conv("every layer starts anew", (1, 3, 3, 3), (8, 3, 3), how="anew"),
        ),
    ),
)
