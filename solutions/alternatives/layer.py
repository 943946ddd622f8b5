"""Right solutions of assignment 02-layer by other methods than the reference.

The audit demands that the checks accept each of them. ``name__method`` solves ``name``.
Not for students: canary-6b1f0e9d.
"""

import numpy as np


def _pair(option):
    return tuple(option) if isinstance(option, (tuple, list)) else (option, option)


def _sides(padding):
    padding = (padding, padding) if isinstance(padding, int) else tuple(padding)
    if len(padding) == 2:
        return padding[1], padding[1], padding[0], padding[0]
    return padding


def pad2d__np_pad(input, padding, value=0.0):
    left, right, top, bottom = _sides(padding)
    border = ((0, 0), (0, 0), (top, bottom), (left, right))
    return np.pad(input, border, constant_values=value)


def pad2d__blocks(input, padding, value=0.0):
    left, right, top, bottom = _sides(padding)

    def block(rows, columns):
        return np.full((*input.shape[:2], rows, columns), value, dtype=input.dtype)

    height, width = input.shape[2:]
    middle = np.concatenate([block(height, left), input, block(height, right)], axis=3)
    width += left + right
    return np.concatenate([block(top, width), middle, block(bottom, width)], axis=2)


def pad2d__loops(input, padding, value=0.0):
    left, right, top, bottom = _sides(padding)
    samples, channels, height, width = input.shape
    output = np.empty(
        (samples, channels, top + height + bottom, left + width + right), dtype=input.dtype
    )
    for row in range(output.shape[2]):
        for column in range(output.shape[3]):
            inside = top <= row < top + height and left <= column < left + width
            output[:, :, row, column] = input[:, :, row - top, column - left] if inside else value
    return output


def conv2d_valid__seven_loops(input, weight, bias=None):
    return conv2d__seven_loops(input, weight, bias)


def conv2d_valid__columns(input, weight, bias=None):
    return conv2d__columns(input, weight, bias)


def conv2d_valid__fourier(input, weight, bias=None):
    height, width = weight.shape[2:]
    shape = (input.shape[2] + height - 1, input.shape[3] + width - 1)
    spectrum = np.einsum(
        "nchw,fchw->nfhw",
        np.fft.rfft2(input, shape),
        np.fft.rfft2(weight[:, :, ::-1, ::-1], shape),
    )
    full = np.fft.irfft2(spectrum, shape)
    output = full[:, :, height - 1 : input.shape[2], width - 1 : input.shape[3]]
    arrays = [input, weight] if bias is None else [input, weight, bias]
    if bias is not None:
        output = output + bias.reshape(1, -1, 1, 1)
    dtype = np.result_type(*arrays)
    return (np.rint(output) if dtype.kind == "i" else output).astype(dtype)


def _prepared(input, weight, bias, stride, padding, dilation, groups):
    """The padded input, the options as pairs, and the output's size; ValueError for bad sizes."""
    filters, per_group, *kernel_size = weight.shape
    stride, dilation = _pair(stride), _pair(dilation)
    if input.shape[1] != per_group * groups:
        raise ValueError(
            f"axis 1: {input.shape[1]} channels for {groups} groups of {per_group} in the weight"
        )
    if filters % groups:
        raise ValueError(f"axis 0 of the weight: {filters} filters are not a multiple of {groups}")
    if bias is not None and len(bias) != filters:
        raise ValueError(f"a bias of {len(bias)} for {filters} filters")
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel_size)]
    if padding == "same":
        border = [((r - 1) // 2, r // 2) for r in reach]
    else:
        border = [(p, p) for p in _pair(0 if padding == "valid" else padding)]
    padded = np.pad(input, [(0, 0), (0, 0), *border])
    for axis in (0, 1):
        if padded.shape[axis + 2] < reach[axis]:
            raise ValueError(
                f"axis {axis + 2}: a kernel of {reach[axis]} on an input of {padded.shape[axis + 2]}"
            )
    size = [(n - r) // s + 1 for n, r, s in zip(padded.shape[2:], reach, stride)]
    arrays = [input, weight] if bias is None else [input, weight, bias]
    return padded, stride, dilation, size, np.result_type(*arrays)


def conv2d__seven_loops(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    padded, stride, dilation, size, dtype = _prepared(
        input, weight, bias, stride, padding, dilation, groups
    )
    filters, per_group, height, width = weight.shape
    output = np.zeros((len(input), filters, *size), dtype=dtype)
    for n in range(len(input)):
        for f in range(filters):
            first = f // (filters // groups) * per_group
            for i in range(size[0]):
                for j in range(size[1]):
                    total = 0 if bias is None else bias[f]
                    for c in range(per_group):
                        for u in range(height):
                            for v in range(width):
                                row = i * stride[0] + u * dilation[0]
                                column = j * stride[1] + v * dilation[1]
                                total = (
                                    total + padded[n, first + c, row, column] * weight[f, c, u, v]
                                )
                    output[n, f, i, j] = total
    return output


def conv2d__columns(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    padded, stride, dilation, size, dtype = _prepared(
        input, weight, bias, stride, padding, dilation, groups
    )
    filters, per_group, height, width = weight.shape
    rows = stride[0] * np.arange(size[0])[:, None] + dilation[0] * np.arange(height)
    columns = stride[1] * np.arange(size[1])[:, None] + dilation[1] * np.arange(width)
    gathered = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    each = filters // groups
    blocks = []
    for g in range(groups):
        block = gathered[:, g * per_group : (g + 1) * per_group]
        matrix = block.transpose(0, 2, 3, 1, 4, 5).reshape(-1, per_group * height * width)
        kernel = weight[g * each : (g + 1) * each].reshape(each, -1)
        product = (matrix @ kernel.T).reshape(len(input), *size, each)
        blocks.append(product.transpose(0, 3, 1, 2))
    output = np.concatenate(blocks, axis=1).astype(dtype)
    return output if bias is None else output + bias.reshape(-1, 1, 1).astype(dtype)


def conv2d__windows(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    padded, stride, dilation, size, dtype = _prepared(
        input, weight, bias, stride, padding, dilation, groups
    )
    filters, per_group, height, width = weight.shape
    # A kernel with the zeros that dilation stands for, over every dense window.
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, (height, width))]
    dense = np.zeros((filters, per_group, *reach), dtype=weight.dtype)
    dense[:, :, :: dilation[0], :: dilation[1]] = weight
    view = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(2, 3))
    view = view[:, :, :: stride[0], :: stride[1]]
    output = np.zeros((len(input), filters, *size), dtype=dtype)
    each = filters // groups
    for g in range(groups):
        channels = view[:, g * per_group : (g + 1) * per_group]
        kernels = dense[g * each : (g + 1) * each]
        block = np.tensordot(channels, kernels, axes=([1, 4, 5], [1, 2, 3]))
        output[:, g * each : (g + 1) * each] = np.moveaxis(block, -1, 1)
    if bias is not None:
        output += bias[None, :, None, None].astype(dtype)
    return output


def conv2d_count__listing(
    input_size, weight_size, bias=True, stride=1, padding=0, dilation=1, groups=1
):
    filters, per_group, height, width = weight_size
    starts = []
    for axis, kernel in ((0, height), (1, width)):
        p, s, d = _pair(padding)[axis], _pair(stride)[axis], _pair(dilation)[axis]
        last = input_size[axis + 2] + p - d * (kernel - 1) - 1
        starts.append(len(range(-p, last + 1, s)))
    products = 0
    for _ in range(filters):
        products += per_group * height * width * starts[0] * starts[1]
    return filters * per_group * height * width + filters * bool(bias), products * input_size[0]


def conv2d_count__by_output(
    input_size, weight_size, bias=True, stride=1, padding=0, dilation=1, groups=1
):
    padding, stride, dilation = _pair(padding), _pair(stride), _pair(dilation)
    size = [
        (input_size[2 + a] + 2 * padding[a] - dilation[a] * (weight_size[2 + a] - 1) - 1)
        // stride[a]
        + 1
        for a in (0, 1)
    ]
    outputs = input_size[0] * weight_size[0] * size[0] * size[1]
    each = (input_size[1] // groups) * weight_size[2] * weight_size[3]
    parameters = int(np.prod(weight_size))
    if bias:
        parameters += weight_size[0]
    return parameters, outputs * each


def break_conv2d__one_at_a_time():
    rng = np.random.default_rng(5)

    def draw(*shape):
        return rng.integers(-5, 6, size=shape).astype(float) + 0.5

    return [
        dict(input=draw(1, 3, 6, 7), weight=draw(2, 3, 3, 2), bias=draw(2)),
        dict(input=draw(1, 1, 7, 5), weight=draw(1, 1, 2, 2), stride=3),
        dict(input=draw(1, 1, 2, 2), weight=draw(1, 1, 2, 2), padding=3),
    ]


def break_conv2d__plain_numbers():
    return (
        {
            "input": np.arange(2 * 2 * 5 * 11).reshape(2, 2, 5, 11),
            "weight": np.arange(2 * 2 * 2 * 3).reshape(2, 2, 2, 3),
            "bias": [7, -9],
            "stride": (2, 3),
            "padding": (2, 3),
            "dilation": 1,
            "groups": 1,
        },
    )
