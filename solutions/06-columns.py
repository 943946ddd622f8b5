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
# # 6 · Views and columns
#
# The loops of chapters 2 and 4 become one matrix product. First a view that holds every window and copies
# nothing, then columns that hold every window as numbers, then the layer and its gradients as products of
# matrices. The exercises belong to chapter 6 of the book, "Views and columns".
#
# Shapes are PyTorch's: `input` is `(N, C_in, H, W)`, `weight` is `(C_out, C_in / groups, kH, kW)`. Options are an
# int or a pair (height, width). Only the first exercise asks for a view; every other result is a new
# array, which shares no memory with what was given.
#
# **The rules.** Use Python and NumPy. Library functions that do the convolving for you (torch,
# `scipy.signal`, `np.convolve`, `np.correlate`) are not there when your work is graded.
# `np.lib.stride_tricks` is: `as_strided` is the tool of this chapter.

# %%
import numpy as np

from autograder import check

# %% [markdown]
# ## 6.1 Every window, without a copy
#
# *Difficulty 4 of 5 · 30 minutes · 4 points*
#
# Return a *view* of the input with six axes, `(N, C, H_out, W_out, kH, kW)`: element `[n, c, i, j, u, v]` is
# what tap `(u, v)` of a kernel meets at stop `(i, j)`.
#
# A view holds no numbers of its own. The check writes into the input *after* your function has returned, and
# reads the new numbers through your result. The input may lie in memory in any way (transposed, backwards,
# every second element of something larger) and may be of any number type. Don't write into it. A kernel that
# does not fit is refused with a `ValueError` that names the sizes.


# %% solution="sliding_windows"
def sliding_windows(
    input: np.ndarray,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    dilation: int | tuple[int, int] = 1,
) -> np.ndarray:
    """A view of every window of the last two axes.

    (N, C, H, W) -> (N, C, H_out, W_out, kH, kW). Copies nothing: who writes
    into input sees it in the result. ValueError where the kernel does not fit.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    if input.ndim != 4:
        raise ValueError(f"input needs 4 axes (N, C, H, W), not {input.ndim}")
    kernel_size, stride, dilation = pair(kernel_size), pair(stride), pair(dilation)
    if min(*kernel_size, *stride, *dilation) < 1:
        raise ValueError(
            f"kernel_size {kernel_size}, stride {stride} and dilation {dilation} must be at least 1"
        )
    output_size = []
    for axis, k, s, d in zip((2, 3), kernel_size, stride, dilation):
        reach = d * (k - 1) + 1
        if reach > input.shape[axis]:
            raise ValueError(
                f"a window reaches over {reach} elements, but axis {axis} of the input has "
                f"{input.shape[axis]}"
            )
        output_size.append((input.shape[axis] - reach) // s + 1)

    # Steps in bytes, as this array has them: they may be negative, and in any order.
    step_n, step_c, step_h, step_w = input.strides
    return np.lib.stride_tricks.as_strided(
        input,
        shape=(*input.shape[:2], *output_size, *kernel_size),
        strides=(
            step_n,
            step_c,
            step_h * stride[0],
            step_w * stride[1],
            step_h * dilation[0],
            step_w * dilation[1],
        ),
        writeable=False,  # windows overlap: writing through them would surprise everyone
    )
    ### END SOLUTION


# %% test="sliding_windows" points=4
check(sliding_windows, "sliding_windows", points=4)
### BEGIN HIDDEN TESTS
check(sliding_windows, "sliding_windows", hidden=True, points=4)
### END HIDDEN TESTS

# %% [markdown]
# ## 6.2 The layer as one einsum
#
# *Difficulty 3 of 5 · 20 minutes · 3 points*
#
# With the windows at hand, the layer is one sum over three axes, and `np.einsum` writes it down in one line.
# Everything that `conv2d` of chapter 2 can do, except for groups; its contract holds here as well: the dtype
# is `np.result_type` of the arrays, arguments are not changed, and sizes that do not go together are refused
# with a `ValueError` that names them.


# %% solution="conv2d_einsum"
def conv2d_einsum(
    input: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
) -> np.ndarray:
    """The forward pass of a layer without groups, as one einsum.

    It runs over a view of all windows. input: (N, C_in, H, W).
    weight: (C_out, C_in, kH, kW). bias: (C_out,) or None.
    padding may be 'same' or 'valid'. Returns (N, C_out, H_out, W_out).
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    if input.ndim != 4 or weight.ndim != 4:
        raise ValueError(f"input and weight need 4 axes, not {input.ndim} and {weight.ndim}")
    if input.shape[1] != weight.shape[1]:
        raise ValueError(
            f"input has {input.shape[1]} channels (axis 1), weight takes {weight.shape[1]}"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"bias has shape {bias.shape}, but there are {weight.shape[0]} filters")
    kernel_size = weight.shape[2:]
    if padding == "same":
        if pair(stride) != (1, 1):
            raise ValueError(f"padding 'same' needs stride 1, not {stride}")
        zeros = [d * (k - 1) for d, k in zip(pair(dilation), kernel_size)]
        border = [(z // 2, z - z // 2) for z in zeros]  # an odd zero goes behind
    elif padding == "valid":
        border = [(0, 0), (0, 0)]
    elif isinstance(padding, str) or min(pair(padding)) < 0:
        raise ValueError(f"padding is 'same', 'valid' or not negative, but is {padding!r}")
    else:
        border = [(p, p) for p in pair(padding)]
    windows = sliding_windows(
        np.pad(input, ((0, 0), (0, 0), *border)), kernel_size, stride, dilation
    )
    # optimize=True: einsum hands the sum to a matrix product instead of running six loops.
    output = np.einsum("nchwuv,fcuv->nfhw", windows, weight, optimize=True)
    if bias is not None:
        output = output + bias[:, np.newaxis, np.newaxis]
    # The matrix product's result is a transposed view; hand out plain rows.
    return np.ascontiguousarray(output)
    ### END SOLUTION


# %% test="conv2d_einsum" points=3
check(conv2d_einsum, "conv2d_einsum", points=3)
### BEGIN HIDDEN TESTS
check(conv2d_einsum, "conv2d_einsum", hidden=True, points=3)
### END HIDDEN TESTS

# %% [markdown]
# ## 6.3 Columns
#
# *Difficulty 4 of 5 · 25 minutes · 4 points*
#
# Copy every window into a column, as `torch.nn.functional.unfold` does. The result has three axes,
# `(N, C · kH · kW, L)`. Column `l` is the window at stop `(i, j)` with `l = i · W_out + j`; row
# `(c · kH + u) · kW + v` is what tap `(u, v)` of channel `c` meets. Padding zeros are copied like other numbers.
#
# Mind the order of the arguments: it is torch's, with `stride` last.


# %% solution="unfold"
def unfold(
    input: np.ndarray,
    kernel_size: int | tuple[int, int],
    dilation: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
) -> np.ndarray:
    """Every window as a column, in a new array.

    (N, C, H, W) -> (N, C * kH * kW, H_out * W_out), in the layout of
    torch.nn.functional.unfold and with its order of arguments.
    ValueError where the kernel does not fit.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    if input.ndim != 4:
        raise ValueError(f"input needs 4 axes (N, C, H, W), not {input.ndim}")
    if min(pair(padding)) < 0:
        raise ValueError(f"padding must not be negative, but is {padding}")
    border = [(p, p) for p in pair(padding)]
    windows = sliding_windows(
        np.pad(input, ((0, 0), (0, 0), *border)), kernel_size, stride, dilation
    )
    samples, channels, rows, columns, kernel_h, kernel_w = windows.shape
    # (N, C, H_out, W_out, kH, kW) -> (N, C, kH, kW, H_out, W_out): taps before stops.
    taps_first = windows.transpose(0, 1, 4, 5, 2, 3)
    output = np.empty((samples, channels * kernel_h * kernel_w, rows * columns), input.dtype)
    output.reshape(taps_first.shape)[...] = taps_first  # here, and only here, numbers are copied
    return output
    ### END SOLUTION


# %% test="unfold" points=4
check(unfold, "unfold", points=4)
### BEGIN HIDDEN TESTS
check(unfold, "unfold", hidden=True, points=4)
### END HIDDEN TESTS

# %% [markdown]
# ## 6.4 Columns back into pictures
#
# *Difficulty 4 of 5 · 25 minutes · 4 points*
#
# `fold` puts every column back where `unfold` took it from, and where windows overlap, it *adds*. What falls on
# the padding is dropped. Elements that no window covers are zero. It is the adjoint of `unfold`, and in general
# not its inverse. `output_size` is the `(H, W)` of the picture. The layout and the order of the arguments are
# those of `torch.nn.functional.fold`.
#
# Refuse, with a `ValueError` that names the numbers, columns that are not as many as the stops of the kernel on
# a picture of that size, and rows that are not a multiple of the kernel's taps.


# %% solution="fold"
def fold(
    input: np.ndarray,
    output_size: int | tuple[int, int],
    kernel_size: int | tuple[int, int],
    dilation: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
) -> np.ndarray:
    """Adds every column into its window: the adjoint of unfold.

    (N, C * kH * kW, L) -> (N, C, H, W). output_size: (H, W) or one number for
    both. The order of arguments is that of torch.nn.functional.fold.
    ValueError where the numbers of rows or columns do not fit.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    if input.ndim != 3:
        raise ValueError(f"input needs 3 axes (N, C * kH * kW, L), not {input.ndim}")
    size, kernel_size, stride = pair(output_size), pair(kernel_size), pair(stride)
    dilation, padding = pair(dilation), pair(padding)
    if min(*size, *kernel_size, *stride, *dilation) < 1 or min(padding) < 0:
        raise ValueError(
            f"output_size {size}, kernel_size {kernel_size}, stride {stride} and dilation "
            f"{dilation} must be at least 1, padding {padding} not negative"
        )
    samples, rows, columns = input.shape
    taps = kernel_size[0] * kernel_size[1]
    if rows % taps or rows == 0:
        raise ValueError(f"axis 1 has {rows} rows, not a multiple of the kernel's {taps} taps")
    padded = [n + 2 * p for n, p in zip(size, padding)]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel_size)]
    stops = [(n - r) // s + 1 for n, r, s in zip(padded, reach, stride)]
    if min(stops) < 1 or columns != stops[0] * stops[1]:
        raise ValueError(
            f"axis 2 has {columns} columns, but a kernel of reach {reach} makes {stops} stops on a "
            f"picture of {padded}, padding included"
        )

    blocks = input.reshape(samples, rows // taps, *kernel_size, *stops)
    output = np.zeros((samples, rows // taps, *padded), dtype=input.dtype)
    for u in range(kernel_size[0]):
        for v in range(kernel_size[1]):
            # One tap meets no element twice, so a slice with += loses nothing.
            top, left = u * dilation[0], v * dilation[1]
            output[
                :,
                :,
                top : top + stride[0] * stops[0] : stride[0],
                left : left + stride[1] * stops[1] : stride[1],
            ] += blocks[:, :, u, v]
    inside = output[:, :, padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]
    return np.ascontiguousarray(inside)
    ### END SOLUTION


# %% test="fold" points=4
check(fold, "fold", points=4)
### BEGIN HIDDEN TESTS
check(fold, "fold", hidden=True, points=4)
### END HIDDEN TESTS

# %% [markdown]
# ## 6.5 The layer as a matrix product
#
# *Difficulty 4 of 5 · 15 minutes · 4 points*
#
# The same function as `conv2d` of chapter 2, with every option and the whole contract; this time, as a product
# of two matrices for each group: the filters as rows, the windows as columns. A check cannot see how you did
# it. Your clock can.


# %% solution="conv2d_im2col"
def conv2d_im2col(
    input: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> np.ndarray:
    """torch.nn.functional.conv2d, by matrix products.

    input: (N, C_in, H, W). weight: (C_out, C_in / groups, kH, kW).
    bias: (C_out,) or None.
    Returns (N, C_out, H_out, W_out), of the dtype that NumPy gives the arrays
    together.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    if input.ndim != 4 or weight.ndim != 4:
        raise ValueError(f"input and weight need 4 axes, not {input.ndim} and {weight.ndim}")
    samples, channels = input.shape[:2]
    filters, channels_per_group, *kernel_size = weight.shape
    if groups < 1 or channels != channels_per_group * groups:
        raise ValueError(
            f"input has {channels} channels (axis 1), but weight takes {channels_per_group} in each "
            f"of {groups} groups"
        )
    if filters % groups:
        raise ValueError(f"{filters} filters (axis 0 of weight) do not divide into {groups} groups")
    if bias is not None and bias.shape != (filters,):
        raise ValueError(f"bias has shape {bias.shape}, but there are {filters} filters")
    if padding == "same":
        if pair(stride) != (1, 1):
            raise ValueError(f"padding 'same' needs stride 1, not {stride}")
        zeros = [d * (k - 1) for d, k in zip(pair(dilation), kernel_size)]
        border = [(z // 2, z - z // 2) for z in zeros]
    elif padding == "valid":
        border = [(0, 0), (0, 0)]
    elif isinstance(padding, str) or min(pair(padding)) < 0:
        raise ValueError(f"padding is 'same', 'valid' or not negative, but is {padding!r}")
    else:
        border = [(p, p) for p in pair(padding)]

    windows = sliding_windows(
        np.pad(input, ((0, 0), (0, 0), *border)), tuple(kernel_size), stride, dilation
    )
    output_size = windows.shape[2:4]
    # Taps before stops, in memory: (N, G, C/G * kH * kW, L). All groups are columns of one array.
    taps = channels_per_group * kernel_size[0] * kernel_size[1]
    columns = np.ascontiguousarray(windows.transpose(0, 1, 4, 5, 2, 3))
    columns = columns.reshape(samples, groups, taps, output_size[0] * output_size[1])
    rows = weight.reshape(groups, filters // groups, taps)
    # (G, F/G, K) @ (N, G, K, L): one matrix product for each sample and group.
    output = np.matmul(rows, columns).reshape(samples, filters, *output_size)
    return output if bias is None else output + bias[:, np.newaxis, np.newaxis]
    ### END SOLUTION


# %% test="conv2d_im2col" points=4
check(conv2d_im2col, "conv2d_im2col", points=4)
### BEGIN HIDDEN TESTS
check(conv2d_im2col, "conv2d_im2col", hidden=True, points=4)
### END HIDDEN TESTS

# %% [markdown]
# ## 6.6 Backward, by the same two matrices
#
# *Difficulty 4 of 5 · 20 minutes · 4 points*
#
# All three gradients of a layer, the signature and the results of `conv2d_backward` of chapter 4:
# `(grad_input, grad_weight, grad_bias)`. `grad_weight` is a product with the columns, `grad_input` a product
# with the filters and then a `fold`. `padding` is an int or a pair here.
#
# `grad_output` must have the shape that the layer's output has; refuse anything else with a `ValueError` that
# names the sizes.


# %% solution="conv2d_im2col_backward"
def conv2d_im2col_backward(
    grad_output: np.ndarray,
    input: np.ndarray,
    weight: np.ndarray,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(grad_input, grad_weight, grad_bias) of a layer, by matrix products.

    grad_output: (N, C_out, H_out, W_out), a loss's gradient by the output.
    input, weight: as the forward pass had them. The gradients have their
    shapes, grad_bias (C_out,).
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    if not grad_output.ndim == input.ndim == weight.ndim == 4:
        raise ValueError(
            f"grad_output, input and weight need 4 axes, not {grad_output.ndim}, {input.ndim} and "
            f"{weight.ndim}"
        )
    samples, channels = input.shape[:2]
    filters, channels_per_group, *kernel_size = weight.shape
    if groups < 1 or channels != channels_per_group * groups or filters % groups:
        raise ValueError(
            f"{channels} channels and {filters} filters do not go with a weight of "
            f"{channels_per_group} channels in each of {groups} groups"
        )
    stride, padding, dilation = (
        tuple(option) if isinstance(option, (tuple, list)) else (option, option)
        for option in (stride, padding, dilation)
    )
    options = dict(dilation=dilation, padding=padding, stride=stride)
    columns = unfold(input, tuple(kernel_size), **options)  # (N, C * kH * kW, L)
    output_size = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, p, d, k, s in zip(input.shape[2:], padding, dilation, kernel_size, stride)
    )
    if grad_output.shape != (samples, filters, *output_size):
        raise ValueError(
            f"grad_output has shape {grad_output.shape}, but the layer's output has "
            f"{(samples, filters, *output_size)}"
        )

    taps = channels_per_group * kernel_size[0] * kernel_size[1]
    stops = output_size[0] * output_size[1]
    columns = columns.reshape(samples, groups, taps, stops)
    rows = weight.reshape(groups, filters // groups, taps)
    upstream = grad_output.reshape(samples, groups, filters // groups, stops)
    # y = rows @ columns, so each factor's gradient is a product with the other one, transposed.
    grad_weight = np.matmul(upstream, columns.swapaxes(-1, -2)).sum(axis=0)
    grad_columns = np.matmul(rows.swapaxes(-1, -2), upstream)
    grad_columns = grad_columns.reshape(samples, groups * taps, stops)
    grad_input = fold(grad_columns, input.shape[2:], tuple(kernel_size), **options)
    return grad_input, grad_weight.reshape(weight.shape), grad_output.sum(axis=(0, 2, 3))
    ### END SOLUTION


# %% test="conv2d_im2col_backward" points=4
check(conv2d_im2col_backward, "conv2d_im2col_backward", points=4)
### BEGIN HIDDEN TESTS
check(conv2d_im2col_backward, "conv2d_im2col_backward", hidden=True, points=4)
### END HIDDEN TESTS
