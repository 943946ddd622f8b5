"""Right solutions of assignment 01-window by other methods than the reference.

The audit demands that the checks accept each of them. ``name__method`` solves ``name``.
Not for students: canary-6b1f0e9d.
"""

import math

import numpy as np


def conv_output_size__floor(size, kernel_size, stride=1, padding=0, dilation=1):
    return math.floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1)


def conv_output_size__counting(size, kernel_size, stride=1, padding=0, dilation=1):
    stops, start = 0, -padding
    while start + dilation * (kernel_size - 1) < size + padding:
        stops += 1
        start += stride
    return stops


def conv_output_size__range(size, kernel_size, stride=1, padding=0, dilation=1):
    return len(range(0, size + 2 * padding - dilation * (kernel_size - 1), stride))


def _pair(option):
    return tuple(option) if isinstance(option, (tuple, list)) else (option, option)


def _windows(input, kernel_size, stride=1):
    windows = np.lib.stride_tricks.sliding_window_view(input, kernel_size)
    stride_h, stride_w = _pair(stride)
    return windows[::stride_h, ::stride_w]


def cross_correlate2d__four_loops(input, weight, stride=1):
    stride_h, stride_w = _pair(stride)
    height, width = weight.shape
    rows = (input.shape[0] - height) // stride_h + 1
    columns = (input.shape[1] - width) // stride_w + 1
    output = np.zeros((rows, columns), dtype=np.result_type(input, weight))
    for i in range(rows):
        for j in range(columns):
            for u in range(height):
                for v in range(width):
                    output[i, j] += input[i * stride_h + u, j * stride_w + v] * weight[u, v]
    return output


def cross_correlate2d__einsum(input, weight, stride=1):
    return np.einsum("ijuv,uv->ij", _windows(input, weight.shape, stride), weight)


def cross_correlate2d__columns(input, weight, stride=1):
    windows = _windows(input, weight.shape, stride)
    columns = windows.reshape(windows.shape[0] * windows.shape[1], weight.size)
    return (columns @ weight.reshape(-1)).reshape(windows.shape[:2])


def cross_correlate2d__fourier(input, weight, stride=1):
    stride_h, stride_w = _pair(stride)
    shape = [m + n - 1 for m, n in zip(input.shape, weight.shape)]
    spectrum = np.fft.rfft2(input, shape) * np.fft.rfft2(weight[::-1, ::-1], shape)
    full = np.fft.irfft2(spectrum, shape)
    valid = full[weight.shape[0] - 1 : input.shape[0], weight.shape[1] - 1 : input.shape[1]]
    dtype = np.result_type(input, weight)
    result = valid[::stride_h, ::stride_w]
    return (np.rint(result) if dtype.kind == "i" else result).astype(dtype)


def convolve2d__index(input, weight):
    height, width = weight.shape
    output = np.zeros(
        (input.shape[0] - height + 1, input.shape[1] - width + 1), np.result_type(input, weight)
    )
    for i in range(output.shape[0]):
        for j in range(output.shape[1]):
            for u in range(height):
                for v in range(width):
                    output[i, j] += input[i + height - 1 - u, j + width - 1 - v] * weight[u, v]
    return output


def convolve2d__einsum(input, weight):
    return np.einsum("ijuv,uv->ij", _windows(input, weight.shape), np.flip(weight))


def convolve2d__shifts(input, weight):
    height, width = weight.shape
    rows, columns = input.shape[0] - height + 1, input.shape[1] - width + 1
    shifted = [
        weight[u, v] * input[height - 1 - u :, width - 1 - v :][:rows, :columns]
        for u in range(height)
        for v in range(width)
    ]
    return np.sum(shifted, axis=0)
