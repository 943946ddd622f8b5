"""Right solutions of assignment 04-backward by other methods than the reference.

The audit demands that the checks accept each of them. ``name__method`` solves ``name``.
Not for students: canary-6b1f0e9d.
"""

import numpy as np


def _pair(option):
    return tuple(option) if isinstance(option, (tuple, list)) else (option, option)


def _checked(input_size, weight_size, grad_size, stride, padding, dilation, groups):
    """The options as pairs; ValueError where the sizes do not go together."""
    stride, padding, dilation = _pair(stride), _pair(padding), _pair(dilation)
    if input_size[1] != weight_size[1] * groups or weight_size[0] % groups:
        raise ValueError(
            f"axis 1: {input_size[1]} channels, axis 0: {weight_size[0]} filters, and a weight of "
            f"{weight_size[1]} channels in each of {groups} groups"
        )
    size = [
        len(
            range(0, input_size[a + 2] + 2 * padding[a] - dilation[a] * (weight_size[a + 2] - 1), s)
        )
        for a, s in enumerate(stride)
    ]
    wanted = (input_size[0], weight_size[0], *size)
    for axis in range(4):
        if grad_size[axis] != wanted[axis]:
            raise ValueError(f"axis {axis} of grad_output is {grad_size[axis]}, not {wanted[axis]}")
    return stride, padding, dilation


# --- bias -----------------------------------------------------------------------------------------


def conv2d_bias__loops(grad_output):
    samples, filters, height, width = grad_output.shape
    total = np.zeros(filters, dtype=grad_output.dtype)
    for n in range(samples):
        for f in range(filters):
            for i in range(height):
                for j in range(width):
                    total[f] += grad_output[n, f, i, j]
    return total


def conv2d_bias__einsum(grad_output):
    return np.einsum("nfij->f", grad_output)


def conv2d_bias__one_channel_at_a_time(grad_output):
    rows = np.moveaxis(grad_output, 1, 0).reshape(grad_output.shape[1], -1)
    return rows @ np.ones(rows.shape[1], dtype=grad_output.dtype)


# --- weight ---------------------------------------------------------------------------------------


def conv2d_weight__seven_loops(
    input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1
):
    stride, padding, dilation = _checked(
        input.shape, weight_size, grad_output.shape, stride, padding, dilation, groups
    )
    samples, filters, output_h, output_w = grad_output.shape
    _, channels, kernel_h, kernel_w = weight_size
    grad_weight = np.zeros(weight_size, dtype=np.result_type(input, grad_output))
    for n in range(samples):
        for f in range(filters):
            first = f // (filters // groups) * channels
            for i in range(output_h):
                for j in range(output_w):
                    for c in range(channels):
                        for u in range(kernel_h):
                            for v in range(kernel_w):
                                row = i * stride[0] + u * dilation[0] - padding[0]
                                column = j * stride[1] + v * dilation[1] - padding[1]
                                if 0 <= row < input.shape[2] and 0 <= column < input.shape[3]:
                                    grad_weight[f, c, u, v] += (
                                        grad_output[n, f, i, j] * input[n, first + c, row, column]
                                    )
    return grad_weight


def conv2d_weight__columns(
    input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1
):
    stride, padding, dilation = _checked(
        input.shape, weight_size, grad_output.shape, stride, padding, dilation, groups
    )
    filters, channels, height, width = weight_size
    padded = np.pad(input, ((0, 0), (0, 0), *[(p, p) for p in padding]))
    rows = stride[0] * np.arange(grad_output.shape[2])[:, None] + dilation[0] * np.arange(
        height
    )  # (H_out, kH)
    columns = stride[1] * np.arange(grad_output.shape[3])[:, None] + dilation[1] * np.arange(width)
    patches = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    each, blocks = filters // groups, []
    for g in range(groups):
        block = patches[:, g * channels : (g + 1) * channels].transpose(1, 4, 5, 0, 2, 3)
        matrix = block.reshape(channels * height * width, -1)
        upstream = grad_output[:, g * each : (g + 1) * each].transpose(1, 0, 2, 3).reshape(each, -1)
        blocks.append((upstream @ matrix.T).reshape(each, channels, height, width))
    return np.concatenate(blocks)


def conv2d_weight__as_convolution(
    input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1
):
    """grad_output, spread by the stride, is the kernel that slides over the input."""
    stride, padding, dilation = _checked(
        input.shape, weight_size, grad_output.shape, stride, padding, dilation, groups
    )
    samples, filters, output_h, output_w = grad_output.shape
    each, channels = filters // groups, weight_size[1]
    spread = np.zeros(
        (samples, filters, stride[0] * (output_h - 1) + 1, stride[1] * (output_w - 1) + 1),
        dtype=grad_output.dtype,
    )
    spread[:, :, :: stride[0], :: stride[1]] = grad_output
    padded = np.pad(input, ((0, 0), (0, 0), *[(p, p) for p in padding]))
    view = np.lib.stride_tricks.sliding_window_view(padded, spread.shape[2:], axis=(2, 3))
    view = view[:, :, :: dilation[0], :: dilation[1]][:, :, : weight_size[2], : weight_size[3]]
    grad_weight = np.empty(weight_size, dtype=np.result_type(input, grad_output))
    for f in range(filters):
        g = f // each
        block = view[:, g * channels : (g + 1) * channels]
        grad_weight[f] = np.einsum("ncuvij,nij->cuv", block, spread[:, f])
    return grad_weight


# --- input ----------------------------------------------------------------------------------------


def conv2d_input__seven_loops(
    input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1
):
    stride, padding, dilation = _checked(
        input_size, weight.shape, grad_output.shape, stride, padding, dilation, groups
    )
    filters, channels, kernel_h, kernel_w = weight.shape
    grad_input = np.zeros(input_size, dtype=np.result_type(weight, grad_output))
    for (n, f, i, j), upstream in np.ndenumerate(grad_output):
        first = f // (filters // groups) * channels
        for c in range(channels):
            for u in range(kernel_h):
                for v in range(kernel_w):
                    row = i * stride[0] + u * dilation[0] - padding[0]
                    column = j * stride[1] + v * dilation[1] - padding[1]
                    if 0 <= row < input_size[2] and 0 <= column < input_size[3]:
                        grad_input[n, first + c, row, column] += upstream * weight[f, c, u, v]
    return grad_input


def conv2d_input__columns(
    input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1
):
    """Columns of products, added back to where im2col would have read them."""
    stride, padding, dilation = _checked(
        input_size, weight.shape, grad_output.shape, stride, padding, dilation, groups
    )
    samples, filters, output_h, output_w = grad_output.shape
    channels, kernel_h, kernel_w = weight.shape[1:]
    each = filters // groups
    padded = np.zeros(
        (*input_size[:2], input_size[2] + 2 * padding[0], input_size[3] + 2 * padding[1]),
        dtype=np.result_type(weight, grad_output),
    )
    rows = stride[0] * np.arange(output_h) + dilation[0] * np.arange(kernel_h)[:, None]
    columns = stride[1] * np.arange(output_w) + dilation[1] * np.arange(kernel_w)[:, None]
    for g in range(groups):
        matrix = weight[g * each : (g + 1) * each].reshape(each, -1)
        upstream = grad_output[:, g * each : (g + 1) * each].reshape(samples, each, -1)
        products = (matrix.T @ upstream).reshape(
            samples, channels, kernel_h, kernel_w, output_h, output_w
        )
        block = padded[:, g * channels : (g + 1) * channels]
        np.add.at(
            block,
            (slice(None), slice(None), rows[:, None, :, None], columns[None, :, None, :]),
            products,
        )
    height, width = input_size[2:]
    return padded[:, :, padding[0] : padding[0] + height, padding[1] : padding[1] + width]


def conv2d_input__line_by_line(
    input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1
):
    """Two small matrices for each tap say which element reads which: rows and columns."""
    stride, padding, dilation = _checked(
        input_size, weight.shape, grad_output.shape, stride, padding, dilation, groups
    )

    def reads(axis, tap):
        stops = stride[axis] * np.arange(grad_output.shape[2 + axis])
        elements = np.arange(input_size[2 + axis]) + padding[axis]
        table = stops[:, None] + tap * dilation[axis] == elements[None, :]
        return table.astype(grad_output.dtype)

    filters, channels, kernel_h, kernel_w = weight.shape
    owner = np.repeat(np.arange(groups), filters // groups)
    dtype = np.result_type(weight, grad_output)
    grad_input = np.zeros((input_size[0], groups, channels, *input_size[2:]), dtype=dtype)
    for u in range(kernel_h):
        for v in range(kernel_w):
            placed = reads(0, u).T @ grad_output @ reads(1, v)  # (N, C_out, H, W)
            for f in range(filters):
                share = weight[f, :, u, v][:, None, None] * placed[:, f, None]
                grad_input[:, owner[f]] += share
    return grad_input.reshape(input_size)


# --- input, gathered ------------------------------------------------------------------------------


def conv2d_input_gather__loops(
    input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1
):
    """Each input element asks every tap which stop, if any, laid it there."""
    stride, padding, dilation = _pair(stride), _pair(padding), _pair(dilation)
    filters, channels, kernel_h, kernel_w = weight.shape
    each = filters // groups
    grad_input = np.zeros(input_size, dtype=np.result_type(weight, grad_output))
    for r in range(input_size[2]):
        for t in range(input_size[3]):
            for u in range(kernel_h):
                for v in range(kernel_w):
                    i, row_rest = divmod(r + padding[0] - u * dilation[0], stride[0])
                    j, column_rest = divmod(t + padding[1] - v * dilation[1], stride[1])
                    inside = 0 <= i < grad_output.shape[2] and 0 <= j < grad_output.shape[3]
                    if row_rest or column_rest or not inside:
                        continue
                    for f in range(filters):
                        first = f // each * channels
                        grad_input[:, first : first + channels, r, t] += np.outer(
                            grad_output[:, f, i, j], weight[f, :, u, v]
                        )
    return grad_input


def conv2d_input_gather__windows(
    input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1
):
    stride, padding, dilation = _pair(stride), _pair(padding), _pair(dilation)
    filters, channels, kernel_h, kernel_w = weight.shape
    each = filters // groups
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, (kernel_h, kernel_w))]
    spread = np.zeros(
        (*grad_output.shape[:2], *(s * (n - 1) + 1 for s, n in zip(stride, grad_output.shape[2:]))),
        dtype=grad_output.dtype,
    )
    spread[:, :, :: stride[0], :: stride[1]] = grad_output
    # A full border, and what the stride left over; the forward padding is cut off again.
    borders = [
        (reach[a] - 1, input_size[2 + a] + 2 * padding[a] - spread.shape[2 + a]) for a in (0, 1)
    ]
    full = np.pad(spread, ((0, 0), (0, 0), *borders))
    dense = np.zeros((filters, channels, *reach), dtype=weight.dtype)
    dense[:, :, :: dilation[0], :: dilation[1]] = weight
    view = np.lib.stride_tricks.sliding_window_view(full, reach, axis=(2, 3))
    view = view[:, :, padding[0] :, padding[1] :][:, :, : input_size[2], : input_size[3]]
    blocks = [
        np.einsum(
            "nfhwuv,fcuv->nchw",
            view[:, g * each : (g + 1) * each],
            dense[g * each : (g + 1) * each, :, ::-1, ::-1],
        )
        for g in range(groups)
    ]
    return np.concatenate(blocks, axis=1)


def conv2d_input_gather__fourier(
    input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1
):
    """A true convolution of the spread grad_output with the kernels as they are."""
    stride, padding, dilation = _pair(stride), _pair(padding), _pair(dilation)
    filters, channels = weight.shape[:2]
    size = [input_size[2 + a] + 2 * padding[a] for a in (0, 1)]
    spread = np.zeros((*grad_output.shape[:2], *size))
    last = [s * (n - 1) + 1 for s, n in zip(stride, grad_output.shape[2:])]
    spread[:, :, : last[0] : stride[0], : last[1] : stride[1]] = grad_output
    dense = np.zeros((filters, channels, *size))
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, weight.shape[2:])]
    dense[:, :, : reach[0] : dilation[0], : reach[1] : dilation[1]] = weight
    # No product reaches past the padded input, so nothing comes round at the end.
    spectrum = np.einsum(
        "ngfhw,gfchw->ngchw",
        np.fft.rfft2(spread).reshape(len(spread), groups, filters // groups, size[0], -1),
        np.fft.rfft2(dense).reshape(groups, filters // groups, channels, size[0], -1),
    )
    full = np.fft.irfft2(spectrum, size).reshape(*input_size[:2], *size)
    height, width = input_size[2:]
    grad_input = full[:, :, padding[0] : padding[0] + height, padding[1] : padding[1] + width]
    dtype = np.result_type(weight, grad_output)
    return (np.rint(grad_input) if dtype.kind == "i" else grad_input).astype(dtype)


# --- all three ------------------------------------------------------------------------------------


def conv2d_backward__one_loop_nest(
    grad_output, input, weight, stride=1, padding=0, dilation=1, groups=1
):
    stride, padding, dilation = _checked(
        input.shape, weight.shape, grad_output.shape, stride, padding, dilation, groups
    )
    dtype = np.result_type(grad_output, input, weight)
    filters, channels, kernel_h, kernel_w = weight.shape
    padded = np.pad(input, ((0, 0), (0, 0), *[(p, p) for p in padding]))
    grad_padded, grad_weight = np.zeros(padded.shape, dtype), np.zeros(weight.shape, dtype)
    grad_bias = np.zeros(filters, dtype)
    for (n, f, i, j), upstream in np.ndenumerate(grad_output):
        first = f // (filters // groups) * channels
        window = (
            n,
            slice(first, first + channels),
            slice(i * stride[0], i * stride[0] + dilation[0] * (kernel_h - 1) + 1, dilation[0]),
            slice(j * stride[1], j * stride[1] + dilation[1] * (kernel_w - 1) + 1, dilation[1]),
        )
        grad_padded[window] += upstream * weight[f]
        grad_weight[f] += upstream * padded[window]
        grad_bias[f] += upstream
    height, width = input.shape[2:]
    crop = grad_padded[:, :, padding[0] : padding[0] + height, padding[1] : padding[1] + width]
    return crop.copy(), grad_weight, grad_bias


def conv2d_backward__columns(grad_output, input, weight, stride=1, padding=0, dilation=1, groups=1):
    options = (stride, padding, dilation, groups)
    return (
        conv2d_input__columns(input.shape, weight, grad_output, *options),
        conv2d_weight__columns(input, weight.shape, grad_output, *options),
        conv2d_bias__one_channel_at_a_time(grad_output),
    )


def conv2d_backward__convolutions(
    grad_output, input, weight, stride=1, padding=0, dilation=1, groups=1
):
    _checked(input.shape, weight.shape, grad_output.shape, stride, padding, dilation, groups)
    options = (stride, padding, dilation, groups)
    return [
        conv2d_input_gather__windows(input.shape, weight, grad_output, *options),
        conv2d_weight__as_convolution(input, weight.shape, grad_output, *options),
        conv2d_bias__einsum(grad_output),
    ]
