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
# # 5 · Convolution is a matrix; its transpose is a layer
#
# A layer without its bias is linear, so it is a matrix. You write that matrix down; then you write the layer that
# multiplies by its transpose, which PyTorch calls `conv_transpose2d`. The exercises belong to chapter 5 of the
# book, "Convolution is a matrix; its transpose is a layer".
#
# **The rules.** Use Python and NumPy. Library functions that do the convolving for you (torch,
# `scipy.signal`, `scipy.linalg.convolution_matrix`, `np.convolve`) are not there when your work is graded.
# Every array that you return is a new one: it shares no memory with those that you were given.

# %%
import numpy as np

from autograder import check

# %% [markdown]
# ## 5.1 The matrix of a layer
#
# *Difficulty 3 of 5 · 30 minutes · 4 points*
#
# For a weight `(C_out, C_in, kH, kW)` and inputs with `C_in` channels of `input_size = (H, W)`, return the
# matrix $M$ for which, sample by sample and without a bias,
#
#     M @ input.ravel() == conv2d(input, weight, stride=stride, padding=padding).ravel()
#
# It has `C_out * H_out * W_out` rows and `C_in * H * W` columns. `ravel` counts the last axis fastest: the
# columns are in the order of the input's elements (channel, row, column), the rows in the order of the output's.
#
# * `stride` and `padding` are ints or pairs (height, width). The columns belong to the input *without* its padding.
# * The matrix has the weight's dtype, and is a new array. The weight stays as it is.
# * A kernel that does not fit into the padded input is refused with a `ValueError` that names the axis and the sizes.


# %% solution="conv_matrix"
def conv_matrix(
    weight: np.ndarray,
    input_size: tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
) -> np.ndarray:
    """The matrix of a convolution layer (one sample, no bias).

    weight: (C_out, C_in, kH, kW). input_size: (H, W).
    Returns (C_out * H_out * W_out, C_in * H * W), of the weight's dtype.
    Raises ValueError where the kernel does not fit.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    if weight.ndim != 4:
        raise ValueError(f"weight needs 4 axes, not {weight.ndim}")
    filters, channels, kernel_h, kernel_w = weight.shape
    (height, width), stride, padding = pair(input_size), pair(stride), pair(padding)
    if min(stride) < 1 or min(padding) < 0:
        raise ValueError(f"stride {stride} must be at least 1, and padding {padding} not negative")
    room = height + 2 * padding[0], width + 2 * padding[1]
    for axis, kernel_size in ((0, kernel_h), (1, kernel_w)):
        if kernel_size > room[axis]:
            raise ValueError(
                f"the kernel has {kernel_size} elements along axis {2 + axis}, "
                f"the padded input only {room[axis]}"
            )
    output_h = (room[0] - kernel_h) // stride[0] + 1
    output_w = (room[1] - kernel_w) // stride[1] + 1
    # One axis for each index; only the last line makes a matrix of it.
    matrix = np.zeros((filters, output_h, output_w, channels, height, width), dtype=weight.dtype)
    for i, j, u, v in np.ndindex(output_h, output_w, kernel_h, kernel_w):
        row = i * stride[0] + u - padding[0]
        column = j * stride[1] + v - padding[1]
        if 0 <= row < height and 0 <= column < width:  # else the tap lies on a zero
            matrix[:, i, j, :, row, column] = weight[:, :, u, v]
    return matrix.reshape(filters * output_h * output_w, channels * height * width)
    ### END SOLUTION


# %%
# A place to try it out: the seed's kernel on a 3×3 input.
# conv_matrix(np.array([[[[8, 4], [2, 6]]]]), (3, 3))

# %% test="conv_matrix" points=4
check(conv_matrix, "conv_matrix", points=4)
### BEGIN HIDDEN TESTS
check(conv_matrix, "conv_matrix", hidden=True, points=4)
### END HIDDEN TESTS

# %% [markdown]
# ## 5.2 The layer that goes the other way
#
# *Difficulty 4 of 5 · 30 minutes · 6 points*
#
# `conv_transpose2d` multiplies by the transpose of the matrix above: what `conv2d` reads with a tap, it writes with
# that tap. Each element of the input stamps the kernel, times itself, into the output; where stamps overlap, they
# add up. It is the backward of `conv2d` for its input, used as a layer.
#
# Order of arguments, shapes and options are those of `torch.nn.functional.conv_transpose2d`. Mind that `groups` comes
# before `dilation`.
#
# * `input` is `(N, C_in, H, W)`, `weight` is `(C_in, C_out / groups, kH, kW)`, `bias` is `(C_out,)`, and the result
#   `(N, C_out, H_out, W_out)`. Along each axis its size is
#   `(H - 1) * stride - 2 * padding + dilation * (kH - 1) + 1 + output_padding`.
# * `stride`: neighbouring stamps lie so far apart. `dilation`: neighbouring taps of a stamp lie so far apart.
# * `padding` takes away that many rows and columns on each side of the stamped array (it undoes a padding).
# * `output_padding` adds rows at the bottom and columns at the right, *before* `padding` takes away. It says which of
#   several input sizes of the forward layer is meant, and must be smaller than the stride or smaller than the dilation.
# * All four may be ints or pairs (height, width). The bias is added once to every element of its channel.
# * The result's dtype is `np.result_type` of the arrays; arguments are never changed; arrays may lie in memory in any order.
# * Refuse with a `ValueError` that names the sizes: channels that do not match, groups that do not divide the input's channels, a bias
#   of the wrong length, an output padding that is too large, and options that leave no output.


# %% solution="conv_transpose2d"
def conv_transpose2d(
    input: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    output_padding: int | tuple[int, int] = 0,
    groups: int = 1,
    dilation: int | tuple[int, int] = 1,
) -> np.ndarray:
    """Transposed convolution, as torch.nn.functional.conv_transpose2d.

    input: (N, C_in, H, W). weight: (C_in, C_out / groups, kH, kW).
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
    samples, channels, height, width = input.shape
    stride, padding, dilation = pair(stride), pair(padding), pair(dilation)
    output_padding = pair(output_padding)
    if min(*stride, *dilation, groups) < 1 or min(*padding, *output_padding) < 0:
        raise ValueError(
            f"stride {stride}, dilation {dilation} and groups {groups} must be at least 1, "
            f"padding {padding} and output_padding {output_padding} not negative"
        )
    if channels != weight.shape[0]:
        raise ValueError(
            f"input has {channels} channels (axis 1), but weight takes {weight.shape[0]} (axis 0)"
        )
    if channels % groups:
        raise ValueError(f"{channels} channels (axis 1) do not divide into {groups} groups")
    filters = weight.shape[1] * groups
    if bias is not None and bias.shape != (filters,):
        raise ValueError(f"bias has shape {bias.shape}, but there are {filters} filters")
    stamped, kept = [], []
    for axis, size in enumerate((height, width)):
        if output_padding[axis] >= max(stride[axis], dilation[axis]):
            raise ValueError(
                f"axis {2 + axis}: output_padding {output_padding[axis]} must be smaller than "
                f"stride {stride[axis]} or dilation {dilation[axis]}"
            )
        reach = dilation[axis] * (weight.shape[2 + axis] - 1) + 1
        stamped.append((size - 1) * stride[axis] + reach + output_padding[axis])
        kept.append(slice(padding[axis], stamped[axis] - padding[axis]))
        if stamped[axis] - 2 * padding[axis] < 1:
            raise ValueError(
                f"axis {2 + axis}: padding {padding[axis]} takes all of the {stamped[axis]} "
                f"elements that {size} stamps of {reach} elements make"
            )

    arrays = (input, weight) if bias is None else (input, weight, bias)
    output = np.zeros((samples, groups, weight.shape[1], *stamped), dtype=np.result_type(*arrays))
    inputs = input.reshape(samples, groups, channels // groups, height, width)
    kernels = weight.reshape(groups, channels // groups, *weight.shape[1:])
    for u, v in np.ndindex(weight.shape[2:]):
        # Where the tap (u, v) of every stamp falls: (N, groups, C_out / groups, H, W)
        top, left = u * dilation[0], v * dilation[1]
        output[
            ...,
            top : top + stride[0] * (height - 1) + 1 : stride[0],
            left : left + stride[1] * (width - 1) + 1 : stride[1],
        ] += np.einsum("ngchw,gcf->ngfhw", inputs, kernels[..., u, v])
    output = output.reshape(samples, filters, *stamped)[:, :, kept[0], kept[1]]
    return output.copy() if bias is None else output + bias[:, np.newaxis, np.newaxis]
    ### END SOLUTION


# %% test="conv_transpose2d" points=6
check(conv_transpose2d, "conv_transpose2d", points=6)
### BEGIN HIDDEN TESTS
check(conv_transpose2d, "conv_transpose2d", hidden=True, points=6)
### END HIDDEN TESTS
