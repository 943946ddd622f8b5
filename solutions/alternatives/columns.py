"""Right solutions of assignment 06-columns by other methods than the reference.

The audit demands that the checks accept each of them. ``name__method`` solves ``name``.
Not for students: canary-6b1f0e9d.
"""

import numpy as np


def _pair(option):
    return tuple(option) if isinstance(option, (tuple, list)) else (option, option)


def _fits(lengths, kernel, dilation):
    for axis in (0, 1):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        if reach > lengths[axis]:
            raise ValueError(f"axis {axis + 2}: a window of {reach} on {lengths[axis]} elements")


def sliding_windows__sliced(input, kernel_size, stride=1, dilation=1):
    """NumPy's own dense windows, then every s-th stop and every d-th tap."""
    kernel, (s, t), (d, e) = _pair(kernel_size), _pair(stride), _pair(dilation)
    _fits(input.shape[2:], kernel, (d, e))
    reach = (d * (kernel[0] - 1) + 1, e * (kernel[1] - 1) + 1)
    dense = np.lib.stride_tricks.sliding_window_view(input, reach, axis=(2, 3))
    return dense[:, :, ::s, ::t, ::d, ::e]


def sliding_windows__axis_by_axis(input, kernel_size, stride=1, dilation=1):
    """One axis at a time, as torch's Tensor.unfold does it; writeable."""
    _fits(input.shape[2:], _pair(kernel_size), _pair(dilation))
    view = input
    for axis, k, s, d in zip((2, 3), _pair(kernel_size), _pair(stride), _pair(dilation)):
        step = view.strides[axis]
        shape, strides = list(view.shape), list(view.strides)
        shape[axis] = (shape[axis] - d * (k - 1) - 1) // s + 1
        strides[axis] = step * s
        view = np.lib.stride_tricks.as_strided(view, (*shape, k), (*strides, step * d))
    return view


def sliding_windows__interface(input, kernel_size, stride=1, dilation=1):
    """An object that describes the memory, as the array interface asks for it."""
    kernel, stride, dilation = _pair(kernel_size), _pair(stride), _pair(dilation)
    _fits(input.shape[2:], kernel, dilation)

    size = tuple(
        (input.shape[2 + a] - dilation[a] * (kernel[a] - 1) - 1) // stride[a] + 1 for a in (0, 1)
    )
    steps = tuple(input.strides[2 + a] * option[a] for option in (stride, dilation) for a in (0, 1))

    class Described:
        def __init__(self):
            self.base = input  # keeps the memory alive
            self.__array_interface__ = {
                **input.__array_interface__,
                "shape": (*input.shape[:2], *size, *kernel),
                "strides": (*input.strides[:2], *steps),
            }

    return np.asarray(Described())


def unfold__taps(input, kernel_size, dilation=1, padding=0, stride=1):
    """One slice for each tap fills one row for each channel."""
    kernel, (d, e), (s, t) = _pair(kernel_size), _pair(dilation), _pair(stride)
    p, q = _pair(padding)
    samples, channels, height, width = input.shape
    padded = np.zeros((samples, channels, height + 2 * p, width + 2 * q), dtype=input.dtype)
    padded[:, :, p : p + height, q : q + width] = input
    _fits(padded.shape[2:], kernel, (d, e))
    rows = (padded.shape[2] - d * (kernel[0] - 1) - 1) // s + 1
    columns = (padded.shape[3] - e * (kernel[1] - 1) - 1) // t + 1
    taps = []
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            met = padded[:, :, d * u :: s, e * v :: t][:, :, :rows, :columns]
            taps.append(met.reshape(samples, channels, 1, rows * columns))
    return np.concatenate(taps, axis=2).reshape(samples, -1, rows * columns)


def unfold__stops(input, kernel_size, dilation=1, padding=0, stride=1):
    """One window after the other, each flattened into its column."""
    kernel, (d, e), (s, t) = _pair(kernel_size), _pair(dilation), _pair(stride)
    p, q = _pair(padding)
    padded = np.pad(input, ((0, 0), (0, 0), (p, p), (q, q)))
    _fits(padded.shape[2:], kernel, (d, e))
    reach = (d * (kernel[0] - 1) + 1, e * (kernel[1] - 1) + 1)
    columns = []
    for top in range(0, padded.shape[2] - reach[0] + 1, s):
        for left in range(0, padded.shape[3] - reach[1] + 1, t):
            seen = padded[:, :, top : top + reach[0] : d, left : left + reach[1] : e]
            columns.append(seen.reshape(len(input), -1))
    return np.stack(columns, axis=-1)


def _checked(input, output_size, kernel_size, dilation, padding, stride):
    kernel, size = _pair(kernel_size), _pair(output_size)
    dilation, padding, stride = _pair(dilation), _pair(padding), _pair(stride)
    if input.shape[1] % (kernel[0] * kernel[1]):
        raise ValueError(f"{input.shape[1]} rows are no multiple of {kernel[0] * kernel[1]} taps")
    stops = [
        (size[a] + 2 * padding[a] - dilation[a] * (kernel[a] - 1) - 1) // stride[a] + 1
        for a in (0, 1)
    ]
    if input.shape[2] != stops[0] * stops[1]:
        raise ValueError(f"{input.shape[2]} columns, but the kernel makes {stops} stops")
    return kernel, size, dilation, padding, stride, stops


def fold__stops(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """One column after the other, added into its window."""
    kernel, size, (d, e), (p, q), (s, t), stops = _checked(
        input, output_size, kernel_size, dilation, padding, stride
    )
    channels = input.shape[1] // (kernel[0] * kernel[1])
    padded = np.zeros((len(input), channels, size[0] + 2 * p, size[1] + 2 * q), input.dtype)
    for place in range(input.shape[2]):
        i, j = divmod(place, stops[1])
        seen = padded[
            :,
            :,
            i * s : i * s + d * (kernel[0] - 1) + 1 : d,
            j * t : j * t + e * (kernel[1] - 1) + 1 : e,
        ]
        seen += input[:, :, place].reshape(seen.shape)
    return padded[:, :, p : p + size[0], q : q + size[1]].copy()


def fold__add_at(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """One np.add.at with the place of every number; what lies outside goes to a bin."""
    kernel, size, dilation, padding, stride, stops = _checked(
        input, output_size, kernel_size, dilation, padding, stride
    )
    place = [
        np.arange(stops[a]) * stride[a] - padding[a] + np.arange(kernel[a])[:, None] * dilation[a]
        for a in (0, 1)
    ]
    rows, columns = place[0][:, None, :, None], place[1][None, :, None, :]
    inside = (rows >= 0) & (rows < size[0]) & (columns >= 0) & (columns < size[1])
    flat = np.where(inside, rows * size[1] + columns, size[0] * size[1]).ravel()
    planes = input.shape[0] * input.shape[1] // (kernel[0] * kernel[1])
    output = np.zeros((planes, size[0] * size[1] + 1), dtype=input.dtype)
    np.add.at(output, (slice(None), flat), input.reshape(planes, -1))
    return output[:, :-1].reshape(len(input), -1, *size).copy()


def fold__matrix(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """The transpose of the 0/1 matrix of unfold."""
    kernel, size, dilation, padding, stride, _ = _checked(
        input, output_size, kernel_size, dilation, padding, stride
    )
    cells = size[0] * size[1]
    numbered = np.arange(1, cells + 1).reshape(1, 1, *size)
    seen = unfold__stops(numbered, kernel, dilation, padding, stride).ravel()
    matrix = (seen[:, None] == np.arange(1, cells + 1)).astype(input.dtype)
    planes = input.reshape(-1, kernel[0] * kernel[1] * input.shape[2])
    return (planes @ matrix).reshape(len(input), -1, *size)


def _layer(input, weight, bias, stride, padding, dilation, groups):
    """Checks sizes; returns the padded input, options as pairs and the result's dtype."""
    filters, per_group, *kernel = weight.shape
    if input.shape[1] != per_group * groups:
        raise ValueError(f"{input.shape[1]} channels, {groups} groups of {per_group}")
    if filters % groups:
        raise ValueError(f"{filters} filters do not fall into {groups} groups")
    if bias is not None and len(bias) != filters:
        raise ValueError(f"a bias of {len(bias)} for {filters} filters")
    stride, dilation = _pair(stride), _pair(dilation)
    if padding == "same":
        zeros = [d * (k - 1) for d, k in zip(dilation, kernel)]
        border = [(z // 2, z - z // 2) for z in zeros]
    else:
        border = [(p, p) for p in _pair(0 if padding == "valid" else padding)]
    padded = np.pad(input, ((0, 0), (0, 0), *border))
    _fits(padded.shape[2:], kernel, dilation)
    arrays = [a for a in (input, weight, bias) if a is not None]
    return padded, stride, dilation, np.result_type(*arrays)


def conv2d_einsum__taps(input, weight, bias=None, stride=1, padding=0, dilation=1):
    """An einsum for each tap."""
    padded, (s, t), (d, e), dtype = _layer(input, weight, bias, stride, padding, dilation, 1)
    height, width = weight.shape[2:]
    rows = (padded.shape[2] - d * (height - 1) - 1) // s + 1
    columns = (padded.shape[3] - e * (width - 1) - 1) // t + 1
    output = np.zeros((len(input), len(weight), rows, columns), dtype=dtype)
    for u in range(height):
        for v in range(width):
            met = padded[:, :, d * u :: s, e * v :: t][:, :, :rows, :columns]
            output += np.einsum("nchw,fc->nfhw", met, weight[:, :, u, v])
    return output if bias is None else output + bias.reshape(1, -1, 1, 1)


def conv2d_einsum__plain(input, weight, bias=None, stride=1, padding=0, dilation=1):
    """The sum as it is written, without optimize, and the bias as one more product."""
    padded, stride, dilation, dtype = _layer(input, weight, bias, stride, padding, dilation, 1)
    windows = sliding_windows__sliced(padded, weight.shape[2:], stride, dilation)
    output = np.einsum("fcuv,nchwuv->nfhw", weight, windows)
    if bias is not None:
        output = output + np.einsum("f,nfhw->nfhw", bias, np.ones_like(output))
    return output.astype(dtype, copy=False)


def conv2d_im2col__one_product(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """All samples' columns side by side: one product for each group."""
    padded, stride, dilation, dtype = _layer(input, weight, bias, stride, padding, dilation, groups)
    windows = sliding_windows__sliced(padded, weight.shape[2:], stride, dilation)
    samples, _, rows, columns = windows.shape[:4]
    per_group, each = weight.shape[1], len(weight) // groups
    parts = []
    for g in range(groups):
        block = windows[:, g * per_group : (g + 1) * per_group]
        matrix = block.transpose(1, 4, 5, 0, 2, 3).reshape(
            per_group * weight[0, 0].size, samples * rows * columns
        )
        product = weight[g * each : (g + 1) * each].reshape(each, -1) @ matrix
        parts.append(product.reshape(each, samples, rows, columns).swapaxes(0, 1))
    output = np.concatenate(parts, axis=1).astype(dtype)
    return output if bias is None else output + bias[None, :, None, None].astype(dtype)


def conv2d_im2col__rows(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Windows as rows, the bias as one more column, channels last on the way."""
    padded, stride, dilation, dtype = _layer(input, weight, bias, stride, padding, dilation, groups)
    windows = sliding_windows__interface(padded, tuple(weight.shape[2:]), stride, dilation)
    samples, _, rows, columns = windows.shape[:4]
    per_group, each = weight.shape[1], len(weight) // groups
    output = np.empty((samples, rows, columns, len(weight)), dtype=dtype)
    for g in range(groups):
        block = windows[:, g * per_group : (g + 1) * per_group]
        matrix = np.moveaxis(block, 1, 3).reshape(samples * rows * columns, -1)
        kernels = weight[g * each : (g + 1) * each].reshape(each, -1)
        if bias is not None:
            matrix = np.hstack([matrix, np.ones((len(matrix), 1), dtype=matrix.dtype)])
            kernels = np.hstack([kernels, bias[g * each : (g + 1) * each, None]])
        product = matrix @ kernels.T
        output[..., g * each : (g + 1) * each] = product.reshape(samples, rows, columns, each)
    return np.ascontiguousarray(output.transpose(0, 3, 1, 2))


def _same_stops(grad_output, input, weight, stride, padding, dilation):
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


def conv2d_im2col_backward__one_product(
    grad_output, input, weight, stride=1, padding=0, dilation=1, groups=1
):
    """The batch merged into the columns: two products for each group, nothing to sum after."""
    stride, padding, dilation = _pair(stride), _pair(padding), _pair(dilation)
    _same_stops(grad_output, input, weight, stride, padding, dilation)
    kernel, per_group, each = weight.shape[2:], weight.shape[1], len(weight) // groups
    columns = unfold__stops(input, kernel, dilation, padding, stride)
    taps = per_group * kernel[0] * kernel[1]
    grad_columns = np.empty(columns.shape, np.result_type(grad_output, weight))
    grad_weight = np.empty(weight.shape, np.result_type(grad_output, input))
    for g in range(groups):
        rows, filters = slice(g * taps, (g + 1) * taps), slice(g * each, (g + 1) * each)
        upstream = grad_output[:, filters].swapaxes(0, 1).reshape(each, -1)
        seen = columns[:, rows].swapaxes(0, 1).reshape(taps, -1)
        grad_weight[filters] = (upstream @ seen.T).reshape(each, per_group, *kernel)
        back = weight[filters].reshape(each, taps).T @ upstream
        grad_columns[:, rows] = back.reshape(taps, len(input), -1).swapaxes(0, 1)
    grad_input = fold__stops(grad_columns, input.shape[2:], kernel, dilation, padding, stride)
    return grad_input, grad_weight, grad_output.sum(axis=3).sum(axis=2).sum(axis=0)


def conv2d_im2col_backward__taps(
    grad_output, input, weight, stride=1, padding=0, dilation=1, groups=1
):
    """No columns at all: a small product for each tap, each way."""
    (s, t), (p, q), (d, e) = _pair(stride), _pair(padding), _pair(dilation)
    _same_stops(grad_output, input, weight, (s, t), (p, q), (d, e))
    samples, channels, height, width = input.shape
    filters, per_group, kernel_h, kernel_w = weight.shape
    rows, columns = grad_output.shape[2:]
    padded = np.pad(input, ((0, 0), (0, 0), (p, p), (q, q)))
    padded = padded.reshape(samples, groups, per_group, *padded.shape[2:])
    grad_padded = np.zeros(padded.shape, np.result_type(grad_output, weight))
    grad_weight = np.zeros(weight.shape, np.result_type(grad_output, input))
    upstream = grad_output.reshape(samples, groups, filters // groups, rows, columns)
    kernels = weight.reshape(groups, filters // groups, *weight.shape[1:])
    gathered = grad_weight.reshape(kernels.shape)
    for u in range(kernel_h):
        for v in range(kernel_w):
            where = np.s_[
                ...,
                d * u : d * u + s * (rows - 1) + 1 : s,
                e * v : e * v + t * (columns - 1) + 1 : t,
            ]
            gathered[..., u, v] = np.einsum("ngfhw,ngchw->gfc", upstream, padded[where])
            grad_padded[where] += np.einsum("ngfhw,gfc->ngchw", upstream, kernels[..., u, v])
    inside = grad_padded.reshape(samples, channels, *grad_padded.shape[3:])
    inside = inside[:, :, p : p + height, q : q + width]
    return inside.copy(), grad_weight, np.einsum("nfhw->f", grad_output)
