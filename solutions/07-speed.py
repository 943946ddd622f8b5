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
# # 7 · From seven loops to the machine's limit
#
# What does a layer cost, at least? How near can NumPy come? And which methods get by with fewer
# multiplications? The exercises belong to chapter 7 of the book, "From seven loops to the machine's limit".
#
# Nothing here is graded by the clock. A check sees whether your function is right; how fast it is, you measure
# yourself: predict first, then measure, then explain the difference.
#
# **The rules.** Use Python and NumPy. Library functions that do the convolving for you (torch,
# `scipy.signal`, `np.convolve`, `np.correlate`) are not there when your work is graded. `np.fft` is.
# Every array that you return is a new one: it shares no memory with those that you were given.

# %%
import numpy as np

from autograder import check

# %% [markdown]
# ## 7.1 What a layer costs, at least
#
# *Difficulty 2 of 5 · 15 minutes · 3 points*
#
# Two numbers for one forward pass without a bias, both whole:
#
# * `flops`: the arithmetic, where a multiplication counts as one and the addition that follows it as one more.
#   Products with padding zeros count, as everyone counts them.
# * `bytes`: the *compulsory traffic*. Every element of the input, of the weight and of the output crosses
#   between memory and processor once, however clever the program is. An element has `itemsize` bytes. Padding
#   zeros need not be stored.
#
# `padding` is an int, a pair, `'same'` or `'valid'`. Other options are an int or a pair (height, width).


# %% solution="conv2d_cost"
def conv2d_cost(
    input_size: tuple[int, int, int, int],
    weight_size: tuple[int, int, int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
    itemsize: int = 4,
) -> tuple[int, int]:
    """(flops, bytes) of one forward pass.

    Two flops per multiply-add, and the bytes of the compulsory traffic.
    input_size: (N, C_in, H, W). weight_size: (C_out, C_in / groups, kH, kW).
    itemsize: bytes of an element; 4 is float32.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def stops(axis):
        s, d = (o[axis] if isinstance(o, (tuple, list)) else o for o in (stride, dilation))
        reach = d * (weight_size[2 + axis] - 1) + 1
        if padding == "same":
            zeros = reach - 1
        elif padding == "valid":
            zeros = 0
        else:
            zeros = 2 * (padding[axis] if isinstance(padding, (tuple, list)) else padding)
        return (input_size[2 + axis] + zeros - reach) // s + 1

    samples, channels, height, width = input_size
    filters, channels_per_group, kernel_h, kernel_w = weight_size
    outputs = samples * filters * stops(0) * stops(1)
    taps = channels_per_group * kernel_h * kernel_w  # groups are already in the weight's shape
    elements = samples * channels * height * width + filters * taps + outputs
    return 2 * outputs * taps, itemsize * elements
    ### END SOLUTION


# %% test="conv2d_cost" points=3
check(conv2d_cost, "conv2d_cost", points=3)
### BEGIN HIDDEN TESTS
check(conv2d_cost, "conv2d_cost", hidden=True, points=3)
### END HIDDEN TESTS

# %% [markdown]
# ## 7.2 By Fourier transforms
#
# *Difficulty 4 of 5 · 35 minutes · 4 points*
#
# The layer once more, with every option and the whole contract of `conv2d` in chapter 2. This time a window of
# any size costs the same: transform input and kernels, multiply, sum over channels, transform back.
#
# Rounding is allowed for (a thousand roundings of the largest value), but the type is part of the contract: a
# layer of integers returns integers, so round before you convert.


# %% solution="conv2d_fft"
def conv2d_fft(
    input: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> np.ndarray:
    """torch.nn.functional.conv2d, by Fourier transforms.

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
    stride, dilation = pair(stride), pair(dilation)
    if min(*stride, *dilation, groups) < 1:
        raise ValueError(
            f"stride {stride}, dilation {dilation} and groups {groups} must be at least 1"
        )
    if channels != channels_per_group * groups or filters % groups:
        raise ValueError(
            f"{channels} channels (axis 1 of input) and {filters} filters (axis 0 of weight) do not "
            f"go with {groups} groups of {channels_per_group} channels"
        )
    if bias is not None and bias.shape != (filters,):
        raise ValueError(f"bias has shape {bias.shape}, but there are {filters} filters")
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel_size)]
    if padding == "same":
        if stride != (1, 1):
            raise ValueError(f"padding 'same' needs stride 1, not {stride}")
        border = [((r - 1) // 2, r // 2) for r in reach]
    elif padding == "valid":
        border = [(0, 0), (0, 0)]
    elif isinstance(padding, str) or min(pair(padding)) < 0:
        raise ValueError(f"padding is 'same', 'valid' or not negative, but is {padding!r}")
    else:
        border = [(p, p) for p in pair(padding)]
    size = tuple(n + sum(b) for n, b in zip(input.shape[2:], border))
    for axis in (0, 1):
        if size[axis] < reach[axis]:
            raise ValueError(
                f"the kernel reaches over {reach[axis]} elements (axis {2 + axis}), the padded input "
                f"has {size[axis]}"
            )

    padded = np.pad(input, ((0, 0), (0, 0), *border))
    spread = np.zeros((filters, channels_per_group, *reach), dtype=weight.dtype)
    spread[:, :, :: dilation[0], :: dilation[1]] = weight
    # A circle as long as the padded input: windows that fit into it never go round.
    inputs = np.fft.rfft2(padded, size)
    kernels = np.conj(np.fft.rfft2(spread, size))  # the conjugate correlates, it does not convolve
    inputs = inputs.reshape(samples, groups, channels_per_group, *inputs.shape[2:])
    kernels = kernels.reshape(groups, filters // groups, channels_per_group, *kernels.shape[2:])
    spectrum = np.einsum("ngchw,gfchw->ngfhw", inputs, kernels, optimize=True)
    everywhere = np.fft.irfft2(spectrum, size).reshape(samples, filters, *size)
    stops = everywhere[
        :, :, : size[0] - reach[0] + 1 : stride[0], : size[1] - reach[1] + 1 : stride[1]
    ]
    dtype = np.result_type(input, weight)
    output = (np.rint(stops) if dtype.kind in "iu" else stops).astype(dtype)
    return output if bias is None else output + bias[:, np.newaxis, np.newaxis]
    ### END SOLUTION


# %% test="conv2d_fft" points=4
check(conv2d_fft, "conv2d_fft", points=4)
### BEGIN HIDDEN TESTS
check(conv2d_fft, "conv2d_fft", hidden=True, points=4)
### END HIDDEN TESTS

# %% [markdown]
# ## 7.3 Two outputs for four multiplications
#
# *Difficulty 4 of 5 · 20 minutes · 3 points*
#
# Winograd's F(2, 3): a kernel of three taps at two neighbouring stops takes six multiplications. Four are enough.
#
# `input` is a line of an even number of elements, at least four; `weight` has three. The result is the
# cross-correlation with stride 1, `len(input) - 2` elements. Cut the line into tiles of four elements, each two
# further on than the one before; every tile gives two outputs, for four multiplications of something made of the
# input with something made of the weight. A line of another length, or another number of taps, is refused
# with a `ValueError` that names it. A check cannot count your multiplications: count them yourself.


# %% solution="winograd_f23"
def winograd_f23(input: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Cross-correlation of a line with three taps, by tiles of two: F(2, 3).

    input: (L,), L even and at least 4. weight: (3,).
    Returns (L - 2,), of a floating dtype.
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    if input.ndim != 1 or len(input) < 4 or len(input) % 2:
        raise ValueError(
            f"input must be a line of 4, 6, 8, … elements, but has shape {input.shape}"
        )
    if weight.shape != (3,):
        raise ValueError(f"weight must have 3 taps, but has shape {weight.shape}")
    g0, g1, g2 = weight
    # Tile t holds elements 2t to 2t + 3; each of these is one of its elements, for all tiles.
    d0, d1, d2, d3 = input[0:-3:2], input[1:-2:2], input[2:-1:2], input[3::2]
    m0 = (d0 - d2) * g0
    m1 = (d1 + d2) * ((g0 + g1 + g2) / 2)
    m2 = (d2 - d1) * ((g0 - g1 + g2) / 2)
    m3 = (d1 - d3) * g2
    return np.stack([m0 + m1 + m2, m1 - m2 - m3], axis=1).reshape(-1)
    ### END SOLUTION


# %% test="winograd_f23" points=3
check(winograd_f23, "winograd_f23", points=3)
### BEGIN HIDDEN TESTS
check(winograd_f23, "winograd_f23", hidden=True, points=3)
### END HIDDEN TESTS

# %% [markdown]
# ## 7.4 As fast as you can
#
# *Difficulty 4 of 5 · 40 minutes · 5 points*
#
# `conv2d` once more, with every option and the whole contract, as fast as NumPy lets you. Before you write,
# write down what you expect: which share of your machine's matrix product will you reach on a layer of
# `(8, 64, 56, 56)` with 64 filters of 3×3? Afterwards, measure. The points are for being right.
#
# Ideas, in the order of what they brought us: one matrix product instead of loops; columns made in pieces that
# stay in the cache; long copies instead of many short ones; results written by the product into their place;
# fewer multiplications for kernels of 3×3.


# %% solution="conv2d_fast"
def conv2d_fast(
    input: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> np.ndarray:
    """torch.nn.functional.conv2d, fast.

    input: (N, C_in, H, W). weight: (C_out, C_in / groups, kH, kW).
    bias: (C_out,) or None.
    Returns (N, C_out, H_out, W_out), of the dtype that NumPy gives the arrays
    together.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    def by_columns(piece=1 << 20):
        """Columns of a few output rows at a time, `piece` bytes of them, and one product for each."""
        each = taps * groups * output_w * dtype.itemsize  # of one output row
        rows = max(1, min(output_h, piece // each))
        rows = -(-output_h // -(-output_h // rows))  # pieces of about the same size
        padded = np.zeros((channels, padded_h, padded_w), dtype)
        # Shifted and thinned along the width: short copies, once for each tap of a kernel's row. With
        # these, the columns are long copies.
        shifted = np.empty((channels, kernel_w, padded_h, output_w), dtype)
        step_c, step_v, step_h, step_w = shifted.strides
        seen = np.lib.stride_tricks.as_strided(
            shifted,
            (channels, kernel_h, kernel_w, output_h, output_w),
            (step_c, step_h * dilation[0], step_v, step_h * stride[0], step_w),
            writeable=False,
        )
        columns = np.empty((channels, kernel_h, kernel_w, rows, output_w), dtype)
        flat = columns.reshape(groups, taps, rows * output_w)
        for image, place in zip(input, places):
            padded[:, top : top + height, left : left + width] = image
            for v in range(kernel_w):
                start = v * dilation[1]
                stop = start + stride[1] * (output_w - 1) + 1
                shifted[:, v] = padded[:, :, start : stop : stride[1]]
            for first in range(0, output_h, rows):
                last = min(first + rows, output_h)
                columns[:, :, :, : last - first] = seen[:, :, :, first:last]
                np.matmul(
                    kernels.reshape(groups, -1, taps),
                    flat[..., : (last - first) * output_w],
                    out=place[..., first * output_w : last * output_w],
                )

    def by_tiles(piece=1 << 22):
        """Winograd's F(2×2, 3×3): 16 products of matrices for four outputs, in place of 36."""
        down, across = (output_h + 1) // 2, (output_w + 1) // 2
        each = 16 * (channels + filters) * down * across * dtype.itemsize  # of one image
        images = max(1, min(samples, piece // each))
        half = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]], dtype) / 2
        turned = np.kron(half, half) @ kernels.reshape(-1, 9).T  # (16, C_out * C_in / groups)
        turned = turned.reshape(16, groups, filters // groups, channels_per_group)
        padded = np.zeros((channels, images, 2 * down + 2, 2 * across + 2), dtype)
        picked = np.empty((4, channels, images, down + 1, across), dtype)
        half_done = np.empty((2, 4, *picked.shape[1:]), dtype)
        tiles = np.empty((4, 4, channels, images, down, across), dtype)
        product = np.empty((4, 4, filters, images, down, across), dtype)
        for first in range(0, samples, images):
            some = input[first : first + images].swapaxes(0, 1)
            padded[:, : some.shape[1], top : top + height, left : left + width] = some
            for a in (0, 1):  # even and odd rows; every second column, from each of four
                for q in range(4):
                    picked[q] = padded[:, :, a::2, q : q + 2 * across - 1 : 2]
                np.subtract(picked[0], picked[2], out=half_done[a, 0])
                np.add(picked[1], picked[2], out=half_done[a, 1])
                np.subtract(picked[2], picked[1], out=half_done[a, 2])
                np.subtract(picked[1], picked[3], out=half_done[a, 3])
            for q in range(4):  # the same along the rows
                even, odd = half_done[0, q], half_done[1, q]
                np.subtract(even[:, :, :-1], even[:, :, 1:], out=tiles[0, q])
                np.add(odd[:, :, :-1], even[:, :, 1:], out=tiles[1, q])
                np.subtract(even[:, :, 1:], odd[:, :, :-1], out=tiles[2, q])
                np.subtract(odd[:, :, :-1], odd[:, :, 1:], out=tiles[3, q])
            np.matmul(
                turned,
                tiles.reshape(16, groups, channels_per_group, -1),
                out=product.reshape(16, groups, filters // groups, -1),
            )
            product[0] += product[1]
            product[0] += product[2]
            product[1] -= product[2]
            product[1] -= product[3]
            for a, line in ((0, product[0]), (1, product[1])):
                line[0] += line[1]
                line[0] += line[2]
                line[1] -= line[2]
                line[1] -= line[3]
                for b in (0, 1):
                    target = output[first : first + images, :, a::2, b::2].swapaxes(0, 1)
                    target[...] = line[b][
                        :, : target.shape[1], : target.shape[2], : target.shape[3]
                    ]

    if input.ndim != 4 or weight.ndim != 4:
        raise ValueError(f"input and weight need 4 axes, not {input.ndim} and {weight.ndim}")
    samples, channels, height, width = input.shape
    filters, channels_per_group, kernel_h, kernel_w = weight.shape
    stride, dilation = pair(stride), pair(dilation)
    if min(*stride, *dilation, groups) < 1:
        raise ValueError(
            f"stride {stride}, dilation {dilation} and groups {groups} must be at least 1"
        )
    if channels != channels_per_group * groups or filters % groups:
        raise ValueError(
            f"{channels} channels (axis 1 of input) and {filters} filters (axis 0 of weight) do not "
            f"go with {groups} groups of {channels_per_group} channels"
        )
    if bias is not None and bias.shape != (filters,):
        raise ValueError(f"bias has shape {bias.shape}, but there are {filters} filters")
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, (kernel_h, kernel_w))]
    if padding == "same":
        if stride != (1, 1):
            raise ValueError(f"padding 'same' needs stride 1, not {stride}")
        (top, bottom), (left, right) = (((r - 1) // 2, r // 2) for r in reach)
    elif isinstance(padding, str) and padding != "valid":
        raise ValueError(f"padding is 'same', 'valid' or numbers, not {padding!r}")
    else:
        top, left = bottom, right = pair(0 if padding == "valid" else padding)
        if min(top, left) < 0:
            raise ValueError(f"padding must not be negative, but is {padding}")
    padded_h, padded_w = top + height + bottom, left + width + right
    for axis, there, wanted in ((2, padded_h, reach[0]), (3, padded_w, reach[1])):
        if there < wanted:
            raise ValueError(
                f"the kernel reaches over {wanted} elements (axis {axis}), the padded input has {there}"
            )

    arrays = (input, weight) if bias is None else (input, weight, bias)
    dtype = np.result_type(*arrays)
    kernels = np.ascontiguousarray(weight, dtype)
    taps = channels_per_group * kernel_h * kernel_w
    output_h, output_w = ((n - r) // s + 1 for n, r, s in zip((padded_h, padded_w), reach, stride))
    output = np.empty((samples, filters, output_h, output_w), dtype)
    # One matrix for each sample and group, and the products are written straight into it.
    places = output.reshape(samples, groups, filters // groups, output_h * output_w)
    plain = stride == (1, 1) and dilation == (1, 1)
    # Per tile of four outputs the direct way takes 36 products for each filter and channel, the other
    # one 16, and additions: 32 for each channel, 24 for each filter. An addition that goes
    # through memory costs about as much as eight products inside a matrix product.
    saved = 20 * channels_per_group * filters // groups
    added = 8 * (32 * channels_per_group + 24 * filters // groups)
    if plain and (kernel_h, kernel_w, padded_h, padded_w) == (1, 1, height, width):
        there = np.ascontiguousarray(input, dtype)  # the picture is its own columns
        flat = there.reshape(samples, groups, channels_per_group, height * width)
        np.matmul(kernels.reshape(groups, -1, taps), flat, out=places)
    elif plain and (kernel_h, kernel_w) == (3, 3) and dtype.kind == "f" and saved > added:
        by_tiles()
    else:
        by_columns()
    if bias is not None:
        output += bias[:, np.newaxis, np.newaxis]
    return output
    ### END SOLUTION


# %% test="conv2d_fast" points=5
check(conv2d_fast, "conv2d_fast", points=5)
### BEGIN HIDDEN TESTS
check(conv2d_fast, "conv2d_fast", hidden=True, points=5)
### END HIDDEN TESTS

# %% [markdown]
# ## 7.5 And backward
#
# *Difficulty 4 of 5 · 25 minutes · 4 points*
#
# The gradients of the same layer: signature and results are those of `conv2d_backward` of chapter 4 and
# `conv2d_im2col_backward` of chapter 6. With stride 1 one of the gradients is a layer itself, so you have already made
# it fast. `padding` is an int or a pair.


# %% solution="conv2d_fast_backward"
def conv2d_fast_backward(
    grad_output: np.ndarray,
    input: np.ndarray,
    weight: np.ndarray,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(grad_input, grad_weight, grad_bias) of a convolution layer, fast.

    grad_output: (N, C_out, H_out, W_out), a loss's gradient by the output.
    input, weight: as the forward pass had them. The gradients have their
    shapes, grad_bias (C_out,).
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    stride, padding, dilation = (
        tuple(option) if isinstance(option, (tuple, list)) else (option, option)
        for option in (stride, padding, dilation)
    )
    samples, channels, height, width = input.shape
    filters, channels_per_group, kernel_h, kernel_w = weight.shape
    if channels != channels_per_group * groups or filters % groups:
        raise ValueError(
            f"{channels} channels and {filters} filters do not go with {groups} groups of "
            f"{channels_per_group} channels"
        )
    padded_h, padded_w = height + 2 * padding[0], width + 2 * padding[1]
    output_h, output_w = (
        (n - d * (k - 1) - 1) // s + 1
        for n, d, k, s in zip((padded_h, padded_w), dilation, (kernel_h, kernel_w), stride)
    )
    if grad_output.shape != (samples, filters, output_h, output_w):
        raise ValueError(
            f"grad_output has shape {grad_output.shape}, but the layer's output has "
            f"{(samples, filters, output_h, output_w)}"
        )

    taps = channels_per_group * kernel_h * kernel_w
    inside = np.s_[:, padding[0] : padding[0] + height, padding[1] : padding[1] + width]
    upstream = grad_output.reshape(samples, groups, filters // groups, output_h * output_w)
    kernels = weight.reshape(groups, filters // groups, channels_per_group, kernel_h, kernel_w)
    where = {  # what each tap meets at every stop
        (u, v): np.s_[
            :,
            u * dilation[0] : u * dilation[0] + stride[0] * (output_h - 1) + 1 : stride[0],
            v * dilation[1] : v * dilation[1] + stride[1] * (output_w - 1) + 1 : stride[1],
        ]
        for u in range(kernel_h)
        for v in range(kernel_w)
    }

    # grad_weight: the columns of one image, and the product with what came from above.
    dtype = np.result_type(grad_output, input)
    grad_weight = np.zeros((groups, filters // groups, taps), dtype)
    padded = np.zeros((channels, padded_h, padded_w), dtype)
    columns = np.empty((channels, kernel_h, kernel_w, output_h, output_w), dtype)
    flat = columns.reshape(groups, taps, output_h * output_w)
    for image, above in zip(input, upstream):
        padded[inside] = image
        for (u, v), seen in where.items():
            columns[:, u, v] = padded[seen]
        grad_weight += np.matmul(above, flat.swapaxes(-1, -2))

    # grad_input: with stride 1 a layer over grad_output, of mirrored kernels; else by folding, which
    # moves an element for each input channel and tap, where the layer moves one for each filter.
    border = [d * (k - 1) - p for d, k, p in zip(dilation, (kernel_h, kernel_w), padding)]
    by_layer = filters <= channels or (kernel_h, kernel_w, *dilation) == (3, 3, 1, 1)
    if by_layer and stride == (1, 1) and min(border) >= 0:
        mirrored = kernels.swapaxes(1, 2)[..., ::-1, ::-1].reshape(
            channels, filters // groups, kernel_h, kernel_w
        )
        grad_input = conv2d_fast(
            grad_output, mirrored, padding=tuple(border), dilation=dilation, groups=groups
        )
    else:
        dtype = np.result_type(grad_output, weight)
        grad_input = np.empty(input.shape, dtype)
        rows = np.ascontiguousarray(kernels.reshape(groups, -1, taps).swapaxes(-1, -2), dtype)
        for place, above in zip(grad_input, upstream):
            back = np.matmul(rows, above).reshape(channels, kernel_h, kernel_w, output_h, output_w)
            gathered = np.zeros((channels, padded_h, padded_w), dtype)
            for (u, v), seen in where.items():
                gathered[seen] += back[:, u, v]
            place[...] = gathered[inside]
    return grad_input, grad_weight.reshape(weight.shape), grad_output.sum(axis=(0, 2, 3))
    ### END SOLUTION


# %% test="conv2d_fast_backward" points=4
check(conv2d_fast_backward, "conv2d_fast_backward", points=4)
### BEGIN HIDDEN TESTS
check(conv2d_fast_backward, "conv2d_fast_backward", hidden=True, points=4)
### END HIDDEN TESTS
