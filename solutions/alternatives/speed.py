"""Right solutions of assignment 07-speed by other methods than the reference.

The audit demands that the checks accept each of them. ``name__method`` solves ``name``.
Not for students: canary-6b1f0e9d.
"""

import itertools

import numpy as np


def _pair(option):
    return tuple(option) if isinstance(option, (tuple, list)) else (option, option)


def _border(padding, stride, reach):
    if padding == "same":
        return [((r - 1) // 2, r // 2) for r in reach]
    return [(p, p) for p in _pair(0 if padding == "valid" else padding)]


def conv2d_cost__listing(
    input_size, weight_size, stride=1, padding=0, dilation=1, groups=1, itemsize=4
):
    """Starts of windows are listed and counted; the arrays are made, without being filled."""
    reach = [d * (k - 1) + 1 for d, k in zip(_pair(dilation), weight_size[2:])]
    border = _border(padding, stride, reach)
    stops = [
        len(range(-before, n + after - r + 1, s))
        for n, (before, after), r, s in zip(input_size[2:], border, reach, _pair(stride))
    ]
    output_size = (input_size[0], weight_size[0], *stops)
    moved = sum(
        np.broadcast_to(np.zeros(1, f"V{itemsize}"), size).nbytes
        for size in (input_size, weight_size, output_size)
    )
    products = 0
    for _ in range(weight_size[0]):
        products += input_size[0] * stops[0] * stops[1] * int(np.prod(weight_size[1:]))
    return products + products, moved


def conv2d_cost__ones(
    input_size, weight_size, stride=1, padding=0, dilation=1, groups=1, itemsize=4
):
    """A layer of ones over an input of ones, border included: each output counts its products."""
    reach = [d * (k - 1) + 1 for d, k in zip(_pair(dilation), weight_size[2:])]
    border = _border(padding, stride, reach)
    ones = np.ones([n + sum(b) for n, b in zip(input_size[2:], border)], dtype=int)
    counted = 0
    for top in range(0, ones.shape[0] - reach[0] + 1, _pair(stride)[0]):
        for left in range(0, ones.shape[1] - reach[1] + 1, _pair(stride)[1]):
            seen = ones[top : top + reach[0], left : left + reach[1]]
            counted += int(seen[:: _pair(dilation)[0], :: _pair(dilation)[1]].sum())
    taps = weight_size[2] * weight_size[3]
    outputs = input_size[0] * weight_size[0] * counted // taps
    elements = int(np.prod(input_size)) + int(np.prod(weight_size)) + outputs
    products = outputs * weight_size[1] * taps
    return 2 * products, elements * itemsize


def _layer(input, weight, bias, stride, padding, dilation, groups):
    """Checks sizes; the padded input, options as pairs, the output's size and the dtype."""
    filters, per_group, *kernel = weight.shape
    if input.shape[1] != per_group * groups:
        raise ValueError(f"{input.shape[1]} channels, {groups} groups of {per_group}")
    if filters % groups:
        raise ValueError(f"{filters} filters do not fall into {groups} groups")
    if bias is not None and len(bias) != filters:
        raise ValueError(f"a bias of {len(bias)} for {filters} filters")
    stride, dilation = _pair(stride), _pair(dilation)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    padded = np.pad(input, ((0, 0), (0, 0), *_border(padding, stride, reach)))
    for axis in (0, 1):
        if reach[axis] > padded.shape[2 + axis]:
            raise ValueError(f"axis {2 + axis}: {reach[axis]} on {padded.shape[2 + axis]}")
    size = [(n - r) // s + 1 for n, r, s in zip(padded.shape[2:], reach, stride)]
    arrays = [a for a in (input, weight, bias) if a is not None]
    return padded, stride, dilation, size, np.result_type(*arrays)


def conv2d_fft__full(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The full convolution with the mirrored kernel, on a circle with room for all of it."""
    padded, (s, t), (d, e), size, dtype = _layer(
        input, weight, bias, stride, padding, dilation, groups
    )
    filters, per_group, height, width = weight.shape
    mirrored = np.zeros((filters, per_group, d * (height - 1) + 1, e * (width - 1) + 1))
    mirrored[:, :, ::d, ::e] = weight[:, :, ::-1, ::-1]
    room = [1 << (n + r - 2).bit_length() for n, r in zip(padded.shape[2:], mirrored.shape[2:])]
    room = [max(n, 2) for n in room]
    output = np.zeros((len(input), filters, *size), dtype=dtype)
    spectra = np.fft.fft2(padded, room)
    each = filters // groups
    for f in range(filters):
        first = f // each * per_group
        kernel = np.fft.fft2(mirrored[f], room)
        full = np.fft.ifft2((spectra[:, first : first + per_group] * kernel).sum(axis=1)).real
        top, left = mirrored.shape[2] - 1, mirrored.shape[3] - 1
        part = full[:, top : padded.shape[2], left : padded.shape[3]][:, ::s, ::t]
        output[:, f] = np.rint(part) if output.dtype.kind == "i" else part
    return output if bias is None else output + bias.reshape(-1, 1, 1).astype(dtype)


def conv2d_fft__rows(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """One-dimensional transforms along the width; the kernel's rows are a loop."""
    padded, (s, t), (d, e), size, dtype = _layer(
        input, weight, bias, stride, padding, dilation, groups
    )
    filters, per_group, height, width = weight.shape
    length = padded.shape[3]
    spread = np.zeros((filters, per_group, height, e * (width - 1) + 1))
    spread[..., ::e] = weight
    kernels = (
        np.fft.rfft(spread, length).conj().reshape(groups, -1, per_group, height, length // 2 + 1)
    )
    lines = np.fft.rfft(padded, length).reshape(
        len(input), groups, per_group, padded.shape[2], length // 2 + 1
    )
    total = 0
    for u in range(height):
        met = lines[:, :, :, d * u : d * u + s * (size[0] - 1) + 1 : s]
        total = total + np.einsum("ngchw,gfcw->ngfhw", met, kernels[:, :, :, u])
    output = np.fft.irfft(total, length)[..., : t * (size[1] - 1) + 1 : t]
    output = output.reshape(len(input), filters, *size)
    if bias is not None:
        output = output + bias.reshape(-1, 1, 1)
    return (np.rint(output) if dtype.kind == "i" else output).astype(dtype)


def _even(input, weight):
    if len(input) % 2 or len(input) < 4:
        raise ValueError(f"a line of {len(input)} elements has no whole number of tiles")
    if len(weight) != 3:
        raise ValueError(f"{len(weight)} taps, and not 3")


def winograd_f23__matrices(input, weight):
    """The three matrices of the paper, over a view of all tiles."""
    _even(input, weight)
    tiles = np.lib.stride_tricks.sliding_window_view(input, 4)[::2]
    of_input = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
    of_weight = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2
    of_output = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])
    return ((tiles @ of_input.T) * (of_weight @ weight) @ of_output.T).ravel()


def winograd_f23__doubled(input, weight):
    """Twice the products, halved at the end; one tile after the other."""
    _even(input, weight)
    a, b, c = weight
    output = np.zeros(len(input) - 2, dtype=np.result_type(input, weight, np.float32))
    for place in range(0, len(output), 2):
        w, x, y, z = input[place : place + 4]
        plus, minus = (x + y) * (a + b + c), (y - x) * (a - b + c)
        output[place] = (2 * (w - y) * a + plus + minus) / 2
        output[place + 1] = (plus - minus - 2 * (x - z) * c) / 2
    return output


def winograd_f23__plain(input, weight):
    """Six multiplications for two outputs: right, and what a check accepts."""
    _even(input, weight)
    return sum(weight[u] * input[u : len(input) - 2 + u] for u in range(3)) * 1.0


def conv2d_fast__taps(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A product for each tap over slices of the padded input."""
    padded, (s, t), (d, e), size, dtype = _layer(
        input, weight, bias, stride, padding, dilation, groups
    )
    filters, per_group, height, width = weight.shape
    output = np.zeros((len(input), groups, filters // groups, size[0] * size[1]), dtype=dtype)
    kernels = weight.reshape(groups, -1, per_group, height, width)
    for u, v in itertools.product(range(height), range(width)):
        met = padded[:, :, d * u :: s, e * v :: t][:, :, : size[0], : size[1]]
        output += kernels[..., u, v] @ met.reshape(len(input), groups, per_group, -1)
    output = output.reshape(len(input), filters, *size)
    return output if bias is None else output + bias.reshape(-1, 1, 1)


def conv2d_fast__pieces(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Columns of two output rows at a time, for all samples at once, and channels last."""
    padded, (s, t), (d, e), size, dtype = _layer(
        input, weight, bias, stride, padding, dilation, groups
    )
    filters, per_group, height, width = weight.shape
    output = np.empty((len(input), filters, *size), dtype=dtype)
    reach = (d * (height - 1) + 1, e * (width - 1) + 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(2, 3))
    windows = windows[:, :, ::s, ::t, ::d, ::e]
    each = filters // groups
    for first in range(0, size[0], 2):
        piece = windows[:, :, first : first + 2]
        for g in range(groups):
            some = piece[:, g * per_group : (g + 1) * per_group].transpose(0, 2, 3, 1, 4, 5)
            columns = some.reshape(*some.shape[:3], -1)
            kernels = weight[g * each : (g + 1) * each].reshape(each, -1)
            product = np.moveaxis(columns @ kernels.T, -1, 1)
            output[:, g * each : (g + 1) * each, first : first + 2] = product
    if bias is not None:
        output += bias.reshape(1, -1, 1, 1)
    return output


def _upstream(grad_output, input, weight, stride, padding, dilation):
    size = [
        (input.shape[2 + a] + 2 * padding[a] - dilation[a] * (weight.shape[2 + a] - 1) - 1)
        // stride[a]
        + 1
        for a in (0, 1)
    ]
    if grad_output.shape != (len(input), len(weight), *size):
        raise ValueError(
            f"grad_output is {grad_output.shape}, not {(len(input), len(weight), *size)}"
        )


def conv2d_fast_backward__taps(
    grad_output, input, weight, stride=1, padding=0, dilation=1, groups=1
):
    """Two products for each tap."""
    (s, t), (p, q), (d, e) = _pair(stride), _pair(padding), _pair(dilation)
    _upstream(grad_output, input, weight, (s, t), (p, q), (d, e))
    samples, channels, height, width = input.shape
    filters, per_group, kernel_h, kernel_w = weight.shape
    rows, columns = grad_output.shape[2:]
    padded = np.pad(input, ((0, 0), (0, 0), (p, p), (q, q)))
    back = np.zeros(padded.shape, np.result_type(grad_output, weight))
    grad_weight = np.zeros(weight.shape, np.result_type(grad_output, input))
    above = grad_output.reshape(samples, groups, filters // groups, rows * columns)
    for u, v in itertools.product(range(kernel_h), range(kernel_w)):
        where = np.s_[
            :,
            :,
            d * u : d * u + s * (rows - 1) + 1 : s,
            e * v : e * v + t * (columns - 1) + 1 : t,
        ]
        met = padded[where].reshape(samples, groups, per_group, rows * columns)
        product = (above @ met.swapaxes(-1, -2)).sum(axis=0)
        grad_weight[..., u, v] = product.reshape(filters, per_group)
        kernels = weight[..., u, v].reshape(groups, -1, per_group).swapaxes(-1, -2)
        back[where] += (kernels @ above).reshape(samples, channels, rows, columns)
    inside = back[:, :, p : p + height, q : q + width]
    return inside.copy(), grad_weight, grad_output.sum(axis=(0, 2, 3))


def conv2d_fast_backward__windows(
    grad_output, input, weight, stride=1, padding=0, dilation=1, groups=1
):
    """Sums over windows: of the input for the weight, of a spread-out gradient for the input."""
    (s, t), (p, q), (d, e) = _pair(stride), _pair(padding), _pair(dilation)
    _upstream(grad_output, input, weight, (s, t), (p, q), (d, e))
    samples, _, height, width = input.shape
    filters, per_group, kernel_h, kernel_w = weight.shape
    reach = (d * (kernel_h - 1) + 1, e * (kernel_w - 1) + 1)
    view = np.lib.stride_tricks.sliding_window_view
    padded = np.pad(input, ((0, 0), (0, 0), (p, p), (q, q)))
    seen = view(padded, reach, axis=(2, 3))[:, :, ::s, ::t, ::d, ::e]
    seen = seen.reshape(samples, groups, per_group, *seen.shape[2:])
    above = grad_output.reshape(samples, groups, -1, *grad_output.shape[2:])
    grad_weight = np.einsum("ngfhw,ngchwuv->gfcuv", above, seen, optimize=True)

    spread = np.zeros(
        (samples, filters, *(n + r - 1 for n, r in zip(padded.shape[2:], reach))),
        np.result_type(grad_output, weight),
    )
    rows, columns = grad_output.shape[2:]
    top, left = reach[0] - 1, reach[1] - 1
    spread[:, :, top : top + s * (rows - 1) + 1 : s, left : left + t * (columns - 1) + 1 : t] = (
        grad_output
    )
    around = view(spread, reach, axis=(2, 3))[..., ::d, ::e][..., ::-1, ::-1]
    around = around[:, :, p : p + height, q : q + width]
    around = around.reshape(samples, groups, filters // groups, *around.shape[2:])
    kernels = weight.reshape(groups, -1, per_group, kernel_h, kernel_w)
    grad_input = np.einsum("ngfhwuv,gfcuv->ngchw", around, kernels, optimize=True)
    return (
        np.ascontiguousarray(grad_input).reshape(input.shape),
        np.ascontiguousarray(grad_weight).reshape(weight.shape),
        np.einsum("nfhw->f", grad_output),
    )
