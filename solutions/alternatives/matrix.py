"""Right solutions of assignment 05-matrix by other methods than the reference.

The audit demands that the checks accept each of them. ``name__method`` solves ``name``.
Not for students: canary-6b1f0e9d.
"""

import numpy as np


def _pair(option):
    return tuple(option) if isinstance(option, (tuple, list)) else (option, option)


def _output_size(weight, input_size, stride, padding):
    sizes = []
    for axis in (0, 1):
        room = input_size[axis] + 2 * padding[axis]
        if weight.shape[2 + axis] > room:
            raise ValueError(f"kernel {weight.shape[2 + axis]}, input {room} along axis {2 + axis}")
        sizes.append((room - weight.shape[2 + axis]) // stride[axis] + 1)
    return sizes


def conv_matrix__kronecker(weight, input_size, stride=1, padding=0):
    """A tap is one shift of rows and one of columns: a Kronecker product of two 0-1 matrices."""
    stride, padding = _pair(stride), _pair(padding)
    sizes = _output_size(weight, input_size, stride, padding)

    def picks(axis, tap):
        places = np.arange(sizes[axis]) * stride[axis] + tap - padding[axis]
        return (places[:, np.newaxis] == np.arange(input_size[axis])).astype(weight.dtype)

    return sum(
        np.kron(weight[:, :, u, v], np.kron(picks(0, u), picks(1, v)))
        for u in range(weight.shape[2])
        for v in range(weight.shape[3])
    )


def conv_matrix__column_by_column(weight, input_size, stride=1, padding=0):
    """Every column is the layer's answer to an input that is 1 in one place."""
    stride, padding = _pair(stride), _pair(padding)
    sizes = _output_size(weight, input_size, stride, padding)
    shape = (weight.shape[1], *input_size)
    columns = []
    for place in np.ndindex(shape):
        one = np.zeros(shape, dtype=weight.dtype)
        one[place] = 1
        padded = np.pad(one, ((0, 0), *((p, p) for p in padding)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(1, 2))
        windows = windows[:, :: stride[0], :: stride[1]][:, : sizes[0], : sizes[1]]
        columns.append(np.einsum("cijuv,fcuv->fij", windows, weight).ravel())
    return np.stack(columns, axis=1)


def conv_matrix__flat_indices(weight, input_size, stride=1, padding=0):
    """One index array for the places of all entries in the flat matrix."""
    stride, padding = _pair(stride), _pair(padding)
    out_h, out_w = _output_size(weight, input_size, stride, padding)
    height, width = input_size
    f, c, u, v, i, j = np.ogrid[tuple(slice(n) for n in (*weight.shape, out_h, out_w))]
    row, column = i * stride[0] + u - padding[0], j * stride[1] + v - padding[1]
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    rows = (f * out_h + i) * out_w + j
    columns = (c * height + row) * width + column
    shape = np.broadcast_shapes(rows.shape, columns.shape)
    matrix = np.zeros(
        (weight.shape[0] * out_h * out_w, weight.shape[1] * height * width), weight.dtype
    )
    chosen = np.broadcast_to(inside, shape)
    entries = np.broadcast_to(weight[..., np.newaxis, np.newaxis], shape)
    places = (np.broadcast_to(rows, shape)[chosen], np.broadcast_to(columns, shape)[chosen])
    matrix[places] = entries[chosen]
    return matrix


def _prepared(input, weight, bias, stride, padding, output_padding, groups, dilation):
    """The options as pairs, and the output's size; ValueError for sizes that do not fit."""
    options = [_pair(option) for option in (stride, padding, output_padding, dilation)]
    if input.shape[1] != weight.shape[0] or input.shape[1] % groups:
        raise ValueError(f"{input.shape[1]} channels, weight {weight.shape}, {groups} groups")
    filters = weight.shape[1] * groups
    if bias is not None and bias.shape != (filters,):
        raise ValueError(f"bias {bias.shape} for {filters} filters")
    sizes = []
    for axis in (0, 1):
        step, border, extra, gap = (option[axis] for option in options)
        if extra >= step and extra >= gap:
            raise ValueError(f"output_padding {extra}, stride {step}, dilation {gap}, axis {axis}")
        reach = gap * (weight.shape[2 + axis] - 1) + 1
        size = (input.shape[2 + axis] - 1) * step + reach + extra - 2 * border
        if size < 1:
            raise ValueError(f"padding {border} leaves {size} elements of axis {2 + axis}")
        sizes.append(size)
    return options, filters, sizes


def _typed(output, input, weight, bias):
    arrays = [input, weight] if bias is None else [input, weight, bias]
    if bias is not None:
        output = output + bias.reshape(1, -1, 1, 1)
    return output.astype(np.result_type(*arrays))


def conv_transpose2d__gather(
    input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """Zeros between the elements, a border, and a sliding window with the mirrored kernel."""
    options, filters, sizes = _prepared(
        input, weight, bias, stride, padding, output_padding, groups, dilation
    )
    stride, padding, _, dilation = options
    (samples, channels), kernel_size = input.shape[:2], weight.shape[2:]
    spread_size = [(n - 1) * s + 1 for n, s in zip(input.shape[2:], stride)]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel_size)]
    # Room for every place where a mirrored kernel may begin; what padding takes away is skipped.
    room = [size + p + 2 * r for size, p, r in zip(sizes, padding, reach)]
    canvas = np.zeros((samples, channels, *(max(a, b + r) for a, b, r in zip(
        room, spread_size, reach))), dtype=np.result_type(input, weight))  # fmt: skip
    top, left = reach[0] - 1, reach[1] - 1
    canvas[
        :,
        :,
        top : top + spread_size[0] : stride[0],
        left : left + spread_size[1] : stride[1],
    ] = input
    per_group, each = channels // groups, filters // groups
    output = np.zeros((samples, filters, *sizes), dtype=canvas.dtype)
    for f in range(filters):
        first = f // each * per_group
        kernels = weight[first : first + per_group, f % each, ::-1, ::-1]
        for i, j in np.ndindex(*sizes):
            rows = i + padding[0] + dilation[0] * np.arange(kernel_size[0])
            columns = j + padding[1] + dilation[1] * np.arange(kernel_size[1])
            window = canvas[:, first : first + per_group][:, :, rows[:, np.newaxis], columns]
            output[:, f, i, j] = (window * kernels).sum(axis=(1, 2, 3))
    return _typed(output, input, weight, bias)


def conv_transpose2d__products_one_by_one(
    input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """Each product goes where it belongs, or nowhere."""
    options, filters, sizes = _prepared(
        input, weight, bias, stride, padding, output_padding, groups, dilation
    )
    stride, padding, _, dilation = options
    each, per_group = filters // groups, input.shape[1] // groups
    output = np.zeros((input.shape[0], filters, *sizes), dtype=np.result_type(input, weight))
    for c, f, i, j, u, v in np.ndindex(input.shape[1], each, *input.shape[2:], *weight.shape[2:]):
        row = i * stride[0] + u * dilation[0] - padding[0]
        column = j * stride[1] + v * dilation[1] - padding[1]
        if 0 <= row < sizes[0] and 0 <= column < sizes[1]:
            products = input[:, c, i, j] * weight[c, f, u, v]
            output[:, c // per_group * each + f, row, column] += products
    return _typed(output, input, weight, bias)


def conv_transpose2d__transposed_matrix(
    input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """The matrix of the forward layer, group by group, transposed."""
    options, filters, sizes = _prepared(
        input, weight, bias, stride, padding, output_padding, groups, dilation
    )
    stride, padding, _, dilation = options
    spread = np.zeros(
        (*weight.shape[:2], *(d * (k - 1) + 1 for d, k in zip(dilation, weight.shape[2:]))),
        dtype=weight.dtype,
    )
    spread[:, :, :: dilation[0], :: dilation[1]] = weight
    parts = []
    for group in np.split(np.arange(input.shape[1]), groups):
        # The forward layer reads our output and makes our input; a remainder it leaves is zero.
        matrix = conv_matrix__kronecker(spread[group], tuple(sizes), stride, padding)
        matrix = matrix.reshape(len(group), -1, matrix.shape[1])
        size = [
            (n + 2 * p - k) // s + 1 for n, p, k, s in zip(sizes, padding, spread.shape[2:], stride)
        ]
        matrix = matrix.reshape(len(group), *size, -1)
        matrix = matrix[:, : input.shape[2], : input.shape[3]]
        vectors = input[:, group].reshape(input.shape[0], -1)
        parts.append(vectors @ matrix.reshape(vectors.shape[1], -1))
    output = np.stack(parts, axis=1).reshape(input.shape[0], filters, *sizes)
    return _typed(output, input, weight, bias)
