# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4 · One loop nest, three left-hand sides
#
# The backward pass of a convolution layer: from `grad_output`, the gradient that arrives from above, to the
# gradients of bias, weight and input. The exercises belong to chapter 4 of the book, "One loop nest, three
# left-hand sides".
#
# Names and the order of arguments are those of `torch.nn.grad`: `conv2d_weight` and `conv2d_input` do
# what you are going to write. Shapes are PyTorch's: `input` is `(N, C_in, H, W)`, `weight` is
# `(C_out, C_in / groups, kH, kW)`, `grad_output` has the shape of the layer's result,
# `(N, C_out, H_out, W_out)`, and a gradient has the shape of what it is the gradient of.
#
# **The rules.** Use Python and NumPy. Library functions that do the convolving for you (torch,
# `scipy.signal`, `np.convolve`, `np.correlate`) are not there when your work is graded.
# Every array that you return is a new one: it shares no memory with those that you were given.

# %%
import numpy as np

from autograder import check

# %% [markdown]
# ## 4.1 The gradient of the bias
#
# *Difficulty 1 of 5 · 10 minutes · 2 points*
#
# One number of the bias is added to every element of one output channel, in every sample. What does a
# small change of it do to the sum of `grad_output · output`?


# %% solution="conv2d_bias"
def conv2d_bias(grad_output: np.ndarray) -> np.ndarray:
    """The gradient of a layer's bias.

    grad_output: (N, C_out, H_out, W_out).
    Returns (C_out,), of grad_output's dtype.
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    return grad_output.sum(axis=(0, 2, 3), dtype=grad_output.dtype)
    ### END SOLUTION


# %% test="conv2d_bias" points=2
check(conv2d_bias, "conv2d_bias", points=2)
### BEGIN HIDDEN TESTS
check(conv2d_bias, "conv2d_bias", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 4.2 The gradient of the weight
#
# *Difficulty 3 of 5 · 40 minutes in all · 4 points, and 3 for each later stage*
#
# Five stages of one function, as for `conv2d`; stop after any of them. The weight itself is not an argument, and that is no
# oversight: its gradient does not depend on it. Only its size is needed.
#
# | stage | what it asks |
# | --- | --- |
# | `conv2d_weight` | `stride` and `padding` as ints, padding 0 among them |
# | `conv2d_weight.pairs` | each of them an int or a pair (height, width) |
# | `conv2d_weight.dilation` | `dilation`, an int or a pair |
# | `conv2d_weight.groups` | `groups`; `weight_size[1]` counts the channels of one group |
# | `conv2d_weight.contract` | the result's dtype is `np.result_type` of the arrays; arguments are never changed; arrays may lie in memory in any order; sizes that do not go together are refused with a `ValueError` that names them: a `grad_output` that is not as large as the layer's output in samples, filters, rows or columns, channels that do not match, groups that do not divide the filters |


# %% solution="conv2d_weight"
def conv2d_weight(
    input: np.ndarray,
    weight_size: tuple[int, int, int, int],
    grad_output: np.ndarray,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> np.ndarray:
    """The gradient of a layer's weight, as torch.nn.grad.conv2d_weight.

    input: (N, C_in, H, W). weight_size: (C_out, C_in / groups, kH, kW).
    grad_output: (N, C_out, H_out, W_out).
    Returns an array of shape weight_size, of the dtype that NumPy gives the
    arrays together.
    Raises ValueError where the sizes do not go together.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    stride, padding, dilation = pair(stride), pair(padding), pair(dilation)
    samples, channels = input.shape[:2]
    filters, channels_per_group, *kernel_size = weight_size
    if channels != channels_per_group * groups:
        raise ValueError(
            f"input has {channels} channels (axis 1), but the weight takes {channels_per_group} in "
            f"each of {groups} groups"
        )
    if filters % groups:
        raise ValueError(f"{filters} filters (axis 0 of weight) do not divide into {groups} groups")
    output_h, output_w = (
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(input.shape[2:], kernel_size, stride, padding, dilation)
    )
    if min(output_h, output_w) < 1:
        raise ValueError(
            f"a kernel of {tuple(kernel_size)} with dilation {dilation} does not fit into an input "
            f"of {input.shape[2:]} with padding {padding}"
        )
    expected = (samples, filters, output_h, output_w)
    for axis, name in enumerate(("samples", "channels", "rows", "columns")):
        if grad_output.ndim != 4 or grad_output.shape[axis] != expected[axis]:
            raise ValueError(
                f"grad_output of shape {grad_output.shape} must have {expected[axis]} {name} "
                f"(axis {axis}): the output of this layer has the shape {expected}"
            )

    padded = np.pad(input, ((0, 0), (0, 0), *((p, p) for p in padding)))
    grouped_input = padded.reshape(samples, groups, channels_per_group, *padded.shape[2:])
    grouped_grad = grad_output.reshape(samples, groups, filters // groups, output_h, output_w)
    grad_weight = np.zeros(
        (groups, filters // groups, channels_per_group, *kernel_size),
        dtype=np.result_type(input, grad_output),
    )
    for u in range(kernel_size[0]):
        for v in range(kernel_size[1]):
            # What tap (u, v) met at every stop: (N, groups, C_in / groups, H_out, W_out).
            top, left = u * dilation[0], v * dilation[1]
            met = grouped_input[
                ...,
                top : top + stride[0] * (output_h - 1) + 1 : stride[0],
                left : left + stride[1] * (output_w - 1) + 1 : stride[1],
            ]
            grad_weight[..., u, v] = np.einsum("ngfij,ngcij->gfc", grouped_grad, met)
    return grad_weight.reshape(weight_size)
    ### END SOLUTION


# %% test="conv2d_weight" points=4
check(conv2d_weight, "conv2d_weight", points=4)
### BEGIN HIDDEN TESTS
check(conv2d_weight, "conv2d_weight", hidden=True, points=4)
### END HIDDEN TESTS

# %% test="conv2d_weight.pairs" points=3
check(conv2d_weight, "conv2d_weight.pairs", points=3)
### BEGIN HIDDEN TESTS
check(conv2d_weight, "conv2d_weight.pairs", hidden=True, points=3)
### END HIDDEN TESTS

# %% test="conv2d_weight.dilation" points=3
check(conv2d_weight, "conv2d_weight.dilation", points=3)
### BEGIN HIDDEN TESTS
check(conv2d_weight, "conv2d_weight.dilation", hidden=True, points=3)
### END HIDDEN TESTS

# %% test="conv2d_weight.groups" points=3
check(conv2d_weight, "conv2d_weight.groups", points=3)
### BEGIN HIDDEN TESTS
check(conv2d_weight, "conv2d_weight.groups", hidden=True, points=3)
### END HIDDEN TESTS

# %% test="conv2d_weight.contract" points=3
check(conv2d_weight, "conv2d_weight.contract", points=3)
### BEGIN HIDDEN TESTS
check(conv2d_weight, "conv2d_weight.contract", hidden=True, points=3)
### END HIDDEN TESTS

# %% [markdown]
# ## 4.3 The gradient of the input, by scattering
#
# *Difficulty 4 of 5 · 50 minutes in all · 5 points, and 3 for each later stage*
#
# Every product of the forward pass sends something back to the input element that it read. Let each output
# element hand its share to all the elements of its window: that is *scattering*. The stages are those of
# `conv2d_weight`. Only the input's size is an argument, since the gradient does not depend on the input.


# %% solution="conv2d_input"
def conv2d_input(
    input_size: tuple[int, int, int, int],
    weight: np.ndarray,
    grad_output: np.ndarray,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> np.ndarray:
    """The gradient of a layer's input, as torch.nn.grad.conv2d_input.

    input_size: (N, C_in, H, W). weight: (C_out, C_in / groups, kH, kW).
    grad_output: (N, C_out, H_out, W_out).
    Returns an array of shape input_size, of the dtype that NumPy gives the
    arrays together.
    Raises ValueError where the sizes do not go together.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    stride, padding, dilation = pair(stride), pair(padding), pair(dilation)
    samples, channels, *size = input_size
    filters, channels_per_group, *kernel_size = weight.shape
    if channels != channels_per_group * groups:
        raise ValueError(
            f"the input has {channels} channels (axis 1), but the weight takes "
            f"{channels_per_group} in each of {groups} groups"
        )
    if filters % groups:
        raise ValueError(f"{filters} filters (axis 0 of weight) do not divide into {groups} groups")
    output_h, output_w = (
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, kernel_size, stride, padding, dilation)
    )
    if min(output_h, output_w) < 1:
        raise ValueError(
            f"a kernel of {tuple(kernel_size)} with dilation {dilation} does not fit into an input "
            f"of {tuple(size)} with padding {padding}"
        )
    expected = (samples, filters, output_h, output_w)
    for axis, name in enumerate(("samples", "channels", "rows", "columns")):
        if grad_output.ndim != 4 or grad_output.shape[axis] != expected[axis]:
            raise ValueError(
                f"grad_output of shape {grad_output.shape} must have {expected[axis]} {name} "
                f"(axis {axis}): the output of this layer has the shape {expected}"
            )

    padded_size = [n + 2 * p for n, p in zip(size, padding)]
    grouped_grad = grad_output.reshape(samples, groups, filters // groups, output_h, output_w)
    kernels = weight.reshape(groups, filters // groups, channels_per_group, *kernel_size)
    grad_padded = np.zeros(
        (samples, groups, channels_per_group, *padded_size),
        dtype=np.result_type(weight, grad_output),
    )
    for u in range(kernel_size[0]):
        for v in range(kernel_size[1]):
            # The elements that tap (u, v) read, one for each stop, get their share back.
            top, left = u * dilation[0], v * dilation[1]
            grad_padded[
                ...,
                top : top + stride[0] * (output_h - 1) + 1 : stride[0],
                left : left + stride[1] * (output_w - 1) + 1 : stride[1],
            ] += np.einsum("ngfij,gfc->ngcij", grouped_grad, kernels[..., u, v])
    (top, left), (height, width) = padding, size
    grad_input = grad_padded[..., top : top + height, left : left + width]
    return np.ascontiguousarray(grad_input).reshape(input_size)
    ### END SOLUTION


# %% test="conv2d_input" points=5
check(conv2d_input, "conv2d_input", points=5)
### BEGIN HIDDEN TESTS
check(conv2d_input, "conv2d_input", hidden=True, points=5)
### END HIDDEN TESTS

# %% test="conv2d_input.pairs" points=3
check(conv2d_input, "conv2d_input.pairs", points=3)
### BEGIN HIDDEN TESTS
check(conv2d_input, "conv2d_input.pairs", hidden=True, points=3)
### END HIDDEN TESTS

# %% test="conv2d_input.dilation" points=3
check(conv2d_input, "conv2d_input.dilation", points=3)
### BEGIN HIDDEN TESTS
check(conv2d_input, "conv2d_input.dilation", hidden=True, points=3)
### END HIDDEN TESTS

# %% test="conv2d_input.groups" points=3
check(conv2d_input, "conv2d_input.groups", points=3)
### BEGIN HIDDEN TESTS
check(conv2d_input, "conv2d_input.groups", hidden=True, points=3)
### END HIDDEN TESTS

# %% test="conv2d_input.contract" points=3
check(conv2d_input, "conv2d_input.contract", points=3)
### BEGIN HIDDEN TESTS
check(conv2d_input, "conv2d_input.contract", hidden=True, points=3)
### END HIDDEN TESTS

# %% [markdown]
# ## 4.4 The gradient of the input, by gathering
#
# *Difficulty 5 of 5 · 35 minutes · 5 points*
#
# The same gradient from the other end: each input element *gathers* what belongs to it. Then the whole gradient is
# itself a convolution with stride 1, of a `grad_output` with zeros put between its elements and around
# them, with the kernels turned by half a turn and filters and channels exchanged. All options, in one stage;
# the sizes go together. The check sees the result only. Write it without a `+=` into the input's
# gradient, and compare it with your `conv2d_input`.


# %% solution="conv2d_input_gather"
def conv2d_input_gather(
    input_size: tuple[int, int, int, int],
    weight: np.ndarray,
    grad_output: np.ndarray,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> np.ndarray:
    """The gradient of a layer's input, as one convolution of grad_output.

    It has stride 1. Arguments and result are those of conv2d_input.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    stride, padding, dilation = pair(stride), pair(padding), pair(dilation)
    samples, _, height, width = input_size
    filters, channels_per_group, kernel_h, kernel_w = weight.shape
    output_h, output_w = grad_output.shape[2:]

    # Zeros between the elements of grad_output, and d(k - 1) of them around: on this frame every
    # tap of every input element, padding included, lies inside.
    before = [d * (k - 1) for d, k in zip(dilation, (kernel_h, kernel_w))]
    frame = np.zeros(
        (
            samples,
            filters,
            height + 2 * padding[0] + before[0],
            width + 2 * padding[1] + before[1],
        ),
        dtype=grad_output.dtype,
    )
    frame[
        :,
        :,
        before[0] : before[0] + stride[0] * (output_h - 1) + 1 : stride[0],
        before[1] : before[1] + stride[1] * (output_w - 1) + 1 : stride[1],
    ] = grad_output
    # d(k - 1) - p of them are the border; where p is larger, the frame is cut instead.
    frame = frame[:, :, padding[0] :, padding[1] :]

    frame = frame.reshape(samples, groups, filters // groups, *frame.shape[2:])
    kernels = weight.reshape(groups, filters // groups, channels_per_group, kernel_h, kernel_w)
    turned = kernels[..., ::-1, ::-1].swapaxes(1, 2)  # (groups, C_in / groups, C_out / groups, …)
    grad_input = sum(
        np.einsum(
            "ngfhw,gcf->ngchw",
            frame[
                ...,
                u * dilation[0] : u * dilation[0] + height,
                v * dilation[1] : v * dilation[1] + width,
            ],
            turned[..., u, v],
        )
        for u in range(kernel_h)
        for v in range(kernel_w)
    )
    return grad_input.reshape(input_size)
    ### END SOLUTION


# %% test="conv2d_input_gather" points=5
check(conv2d_input_gather, "conv2d_input_gather", points=5)
### BEGIN HIDDEN TESTS
check(conv2d_input_gather, "conv2d_input_gather", hidden=True, points=5)
### END HIDDEN TESTS

# %% [markdown]
# ## 4.5 The whole backward pass
#
# *Difficulty 3 of 5 · 15 minutes in all · 3 points, and 3 for the contract*
#
# All three gradients, as a layer's backward method returns them, in the order input, weight, bias. You may call what
# you have written above. All options, pairs included, are in the first stage;
# the contract is that of the other functions, for arrays of one dtype, or for an integer `input` with
# fractions for the rest: nothing may be cut off.


# %% solution="conv2d_backward"
def conv2d_backward(
    grad_output: np.ndarray,
    input: np.ndarray,
    weight: np.ndarray,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(grad_input, grad_weight, grad_bias) of a layer, for a grad_output.

    grad_output: (N, C_out, H_out, W_out). input: (N, C_in, H, W).
    weight: (C_out, C_in / groups, kH, kW).
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return (
        conv2d_input(input.shape, weight, grad_output, **options),
        conv2d_weight(input, weight.shape, grad_output, **options),
        conv2d_bias(grad_output),
    )
    ### END SOLUTION


# %% test="conv2d_backward" points=3
check(conv2d_backward, "conv2d_backward", points=3)
### BEGIN HIDDEN TESTS
check(conv2d_backward, "conv2d_backward", hidden=True, points=3)
### END HIDDEN TESTS

# %% test="conv2d_backward.contract" points=3
check(conv2d_backward, "conv2d_backward.contract", points=3)
### BEGIN HIDDEN TESTS
check(conv2d_backward, "conv2d_backward.contract", hidden=True, points=3)
### END HIDDEN TESTS

# %% [markdown]
# ## 4.6 The clinic
#
# *Difficulty 3 of 5 · 30 minutes · 4 points*
#
# Eight backward passes, each with one mistake. `patient("A")` to `patient("H")` are functions with the
# signature of `conv2d_backward`: call them as often as you like, with arrays of your choice, and compare them
# with your own. Which call tells? Name each one's mistake, in these words:
#
# * windows overwrite each other
# * the kernel lies the wrong way round
# * a slice from p to -p is empty
# * the remainder is forgotten
# * filters are summed twice
# * dilation is forgotten
# * the weight's gradient ignores the stride
# * the input is not padded
# * the weight's gradient is turned
# * the weight's gradient ignores grad_output
# * the bias's gradient is a mean
# * grad_output is changed in place
#
# You earn an eighth of the points for each.

# %%
from autograder.diagnosis.patients import patient

grad_output = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
picture = np.arange(16.0).reshape(1, 1, 4, 4)
kernel = np.array([[[[1.0, -1.0], [2.0, 0.0]]]])
for gradient in patient("A")(grad_output, picture, kernel, stride=2):
    print(gradient)


# %% solution="clinic"
def clinic() -> dict[str, str]:
    """The finding for each patient: {"A": "dilation is forgotten", …}."""
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    return {
        "A": "the weight's gradient ignores grad_output",
        "B": "the remainder is forgotten",
        "C": "grad_output is changed in place",
        "D": "windows overwrite each other",
        "E": "the bias's gradient is a mean",
        "F": "dilation is forgotten",
        "G": "the input is not padded",
        "H": "the kernel lies the wrong way round",
    }
    ### END SOLUTION


# %% test="clinic" points=4
check(clinic, "clinic", points=4)
### BEGIN HIDDEN TESTS
check(clinic, "clinic", hidden=True, points=4)
### END HIDDEN TESTS
