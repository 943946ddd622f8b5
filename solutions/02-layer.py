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
# # 2 · The layer
#
# From one window to the whole forward pass of `torch.nn.Conv2d`: padding, a batch of samples, channels,
# filters and a bias, then every option. The exercises belong to chapter 2 of the book, "The layer".
#
# Shapes are PyTorch's: `input` is `(N, C_in, H, W)`, `weight` is `(C_out, C_in / groups, kH, kW)`, `bias`
# is `(C_out,)` and the result is `(N, C_out, H_out, W_out)`. Height always comes before width.
#
# **The rules.** Use Python and NumPy. Library functions that do the convolving for you (torch,
# `scipy.signal`, `np.convolve`, `np.correlate`) are not there when your work is graded.
# Every array that you return is a new one: it shares no memory with those that you were given.

# %%
import numpy as np

from autograder import check

# %% [markdown]
# ## 2.1 Padding the border
#
# *Difficulty 2 of 5 · 15 minutes · 3 points*
#
# Put a border of `value` around the last two axes of an array `(N, C, H, W)`. `padding` is
#
# * an int: that many elements on all four sides,
# * a pair `(h, w)`: `h` rows at the top and at the bottom, `w` columns on the left and on the right,
# * or four numbers `(left, right, top, bottom)`: the order of `torch.nn.functional.pad`, last axis first.
#
# The result is a new array of the input's dtype.


# %% solution="pad2d"
def pad2d(
    input: np.ndarray,
    padding: int | tuple[int, ...],
    value: float = 0.0,
) -> np.ndarray:
    """A copy of (N, C, H, W) with a border of `value` around H and W.

    padding: an int, (h, w) or (left, right, top, bottom).
    Returns (N, C, H + top + bottom, W + left + right), of the input's dtype.
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    if isinstance(padding, int):
        padding = (padding, padding)
    if len(padding) == 2:
        h, w = padding
        padding = (w, w, h, h)
    left, right, top, bottom = padding
    samples, channels, height, width = input.shape
    shape = (samples, channels, top + height + bottom, left + width + right)
    output = np.full(shape, value, dtype=input.dtype)
    output[:, :, top : top + height, left : left + width] = input
    return output
    ### END SOLUTION


# %% test="pad2d" points=3
check(pad2d, "pad2d", points=3)
### BEGIN HIDDEN TESTS
check(pad2d, "pad2d", hidden=True, points=3)
### END HIDDEN TESTS

# %% [markdown]
# ## 2.2 Batch, channels, bias
#
# *Difficulty 3 of 5 · 25 minutes · 4 points*
#
# Now the layer without options. Each filter has a kernel for every input channel; their results
# are added up, and one number of `bias` is added for each filter. Samples of the batch do not meet.
#
# The result has the dtype of all arrays together, `np.result_type` of them.


# %% solution="conv2d_valid"
def conv2d_valid(
    input: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None
) -> np.ndarray:
    """The forward pass of a layer with stride 1 and no padding.

    input: (N, C_in, H, W). weight: (C_out, C_in, kH, kW).
    bias: (C_out,) or None.
    Returns (N, C_out, H - kH + 1, W - kW + 1), of the dtype that NumPy gives
    the arrays together.
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    kernel_h, kernel_w = weight.shape[2:]
    windows = np.lib.stride_tricks.sliding_window_view(input, (kernel_h, kernel_w), axis=(2, 3))
    output = np.einsum("nchwuv,fcuv->nfhw", windows, weight)  # (N, C_out, H_out, W_out)
    return output if bias is None else output + bias[:, np.newaxis, np.newaxis]
    ### END SOLUTION


# %% test="conv2d_valid" points=4
check(conv2d_valid, "conv2d_valid", points=4)
### BEGIN HIDDEN TESTS
check(conv2d_valid, "conv2d_valid", hidden=True, points=4)
### END HIDDEN TESTS

# %% [markdown]
# ## 2.3 The layer with all its options
#
# *Difficulty 3 of 5 · 60 minutes in all · 4 points, and 3 for each later stage*
#
# One function in five stages. Each stage has a check of its own, so you can stop after any of them,
# and come back to this cell for the next.
#
# | stage | what it asks |
# | --- | --- |
# | `conv2d` | `stride` and `padding` as ints |
# | `conv2d.pairs` | each of them an int or a pair (height, width); `padding` may be `'valid'` (none) or `'same'`: with stride 1 the output is as large as the input, and where the number of zeros is odd, the odd one goes to the right or to the bottom |
# | `conv2d.dilation` | `dilation`, an int or a pair: the kernel's elements lie that far apart |
# | `conv2d.groups` | `groups`: the channels and the filters fall into that many blocks that do not meet; with as many groups as channels the layer is called depthwise |
# | `conv2d.contract` | what a library promises: the result's dtype is `np.result_type` of the arrays; arguments are never changed; arrays may lie in memory in any order; and sizes that do not go together are refused with a `ValueError` that names them: channels that do not match, a kernel that does not fit, a bias of the wrong length, groups that do not divide the filters |


# %% solution="conv2d"
def conv2d(
    input: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> np.ndarray:
    """The forward pass of a convolution layer, as torch.nn.functional.conv2d.

    input: (N, C_in, H, W). weight: (C_out, C_in / groups, kH, kW).
    bias: (C_out,) or None.
    Returns (N, C_out, H_out, W_out), of the dtype that NumPy gives the arrays
    together.
    Raises ValueError where the sizes do not go together.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    if input.ndim != 4 or weight.ndim != 4:
        raise ValueError(f"input and weight need 4 axes, not {input.ndim} and {weight.ndim}")
    samples, channels = input.shape[:2]
    filters, channels_per_group, kernel_h, kernel_w = weight.shape
    stride, dilation = pair(stride), pair(dilation)
    if min(*stride, *dilation, groups) < 1:
        raise ValueError(
            f"stride {stride}, dilation {dilation} and groups {groups} must be at least 1"
        )
    if channels != channels_per_group * groups:
        raise ValueError(
            f"input has {channels} channels (axis 1), but weight takes {channels_per_group} in each "
            f"of {groups} groups"
        )
    if filters % groups:
        raise ValueError(f"{filters} filters (axis 0 of weight) do not divide into {groups} groups")
    if bias is not None and bias.shape != (filters,):
        raise ValueError(f"bias has shape {bias.shape}, but there are {filters} filters")

    reach = [d * (k - 1) + 1 for d, k in zip(dilation, (kernel_h, kernel_w))]
    if padding == "same":
        if stride != (1, 1):
            raise ValueError(f"padding 'same' needs stride 1, not {stride}")
        before = [(r - 1) // 2 for r in reach]
        border = [(b, r - 1 - b) for b, r in zip(before, reach)]
    elif padding == "valid":
        border = [(0, 0), (0, 0)]
    elif isinstance(padding, str):
        raise ValueError(f"padding is 'same', 'valid' or numbers, not {padding!r}")
    else:
        border = [(p, p) for p in pair(padding)]
        if min(pair(padding)) < 0:
            raise ValueError(f"padding must not be negative, but is {padding}")
    padded = np.pad(input, ((0, 0), (0, 0), *border))
    for axis, name in ((0, "tall"), (1, "wide")):
        if padded.shape[2 + axis] < reach[axis]:
            raise ValueError(
                f"the kernel is {reach[axis]} {name} (axis {2 + axis}), "
                f"the padded input only {padded.shape[2 + axis]}"
            )

    output_h, output_w = ((padded.shape[2 + a] - reach[a]) // stride[a] + 1 for a in (0, 1))
    arrays = (input, weight) if bias is None else (input, weight, bias)
    output = np.zeros(
        (samples, groups, filters // groups, output_h, output_w), dtype=np.result_type(*arrays)
    )
    grouped = padded.reshape(samples, groups, channels_per_group, *padded.shape[2:])
    kernels = weight.reshape(groups, filters // groups, channels_per_group, kernel_h, kernel_w)
    for u in range(kernel_h):
        for v in range(kernel_w):
            # What the kernel's element (u, v) meets at every stop: (N, groups, C_in/groups, H_out, W_out)
            top, left = u * dilation[0], v * dilation[1]
            met = grouped[
                ...,
                top : top + stride[0] * (output_h - 1) + 1 : stride[0],
                left : left + stride[1] * (output_w - 1) + 1 : stride[1],
            ]
            output += np.einsum("ngchw,gfc->ngfhw", met, kernels[..., u, v])
    output = output.reshape(samples, filters, output_h, output_w)
    return output if bias is None else output + bias[:, np.newaxis, np.newaxis]
    ### END SOLUTION


# %% test="conv2d" points=4
check(conv2d, "conv2d", points=4)
### BEGIN HIDDEN TESTS
check(conv2d, "conv2d", hidden=True, points=4)
### END HIDDEN TESTS

# %% test="conv2d.pairs" points=3
check(conv2d, "conv2d.pairs", points=3)
### BEGIN HIDDEN TESTS
check(conv2d, "conv2d.pairs", hidden=True, points=3)
### END HIDDEN TESTS

# %% test="conv2d.dilation" points=3
check(conv2d, "conv2d.dilation", points=3)
### BEGIN HIDDEN TESTS
check(conv2d, "conv2d.dilation", hidden=True, points=3)
### END HIDDEN TESTS

# %% test="conv2d.groups" points=3
check(conv2d, "conv2d.groups", points=3)
### BEGIN HIDDEN TESTS
check(conv2d, "conv2d.groups", hidden=True, points=3)
### END HIDDEN TESTS

# %% test="conv2d.contract" points=3
check(conv2d, "conv2d.contract", points=3)
### BEGIN HIDDEN TESTS
check(conv2d, "conv2d.contract", hidden=True, points=3)
### END HIDDEN TESTS

# %% [markdown]
# ## 2.4 Parameters and multiply-adds
#
# *Difficulty 2 of 5 · 10 minutes · 2 points*
#
# What does a layer cost? Count the numbers that it learns (weights, and bias where it has one), and
# the multiplications of one forward pass, each of which is followed by an addition. Count
# multiplications with padding zeros too, as everyone does. The bias needs no multiplication.


# %% solution="conv2d_count"
def conv2d_count(
    input_size: tuple[int, int, int, int],
    weight_size: tuple[int, int, int, int],
    bias: bool = True,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> tuple[int, int]:
    """(parameters, multiply_adds) of a layer and one forward pass through it.

    input_size: (N, C_in, H, W). weight_size: (C_out, C_in / groups, kH, kW).
    bias: has it one?
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def size(axis):
        def of(option):
            return option[axis] if isinstance(option, tuple) else option

        reach = of(dilation) * (weight_size[2 + axis] - 1) + 1
        return (input_size[2 + axis] + 2 * of(padding) - reach) // of(stride) + 1

    filters, channels_per_group, kernel_h, kernel_w = weight_size
    weights = filters * channels_per_group * kernel_h * kernel_w
    # Each weight meets one element of the input at every stop, in every sample.
    return weights + (filters if bias else 0), weights * input_size[0] * size(0) * size(1)
    ### END SOLUTION


# %% test="conv2d_count" points=2
check(conv2d_count, "conv2d_count", points=2)
### BEGIN HIDDEN TESTS
check(conv2d_count, "conv2d_count", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 2.5 Break six convolutions
#
# *Difficulty 3 of 5 · 25 minutes · 4 points*
#
# Now you are the examiner. Six people handed in a `conv2d`, and each has made one mistake:
#
# 1. one mirrors the kernel;
# 2. one uses the same number of stops for rows and for columns;
# 3. one moves the window by one, and takes its elements `stride` apart instead;
# 4. one always pads by 1;
# 5. one keeps the last channel instead of the sum of all channels;
# 6. one adds the bias once for every channel.
#
# Write at most four calls such that each of the six returns something wrong (or fails) in at least
# one of them. A call is a dictionary of `conv2d`'s arguments; it must be one that the right `conv2d` accepts.
# You earn a sixth of the points for each mistake that your calls expose.


# %% solution="break_conv2d"
def break_conv2d() -> list[dict]:
    """At most four calls, such as dict(input=…, weight=…, stride=2)."""
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    rng = np.random.default_rng(0)
    # One call is enough: rectangular, two channels, a bias, a stride, a padding that is not 1.
    return [
        dict(
            input=rng.integers(1, 9, size=(1, 2, 7, 4)).astype(float),
            weight=rng.integers(1, 9, size=(3, 2, 2, 3)).astype(float),
            bias=np.array([1.0, 2.0, 3.0]),
            stride=2,
            padding=2,
        )
    ]
    ### END SOLUTION


# %% test="break_conv2d" points=4
check(break_conv2d, "break_conv2d", points=4)
### BEGIN HIDDEN TESTS
check(break_conv2d, "break_conv2d", hidden=True, points=4)
### END HIDDEN TESTS
