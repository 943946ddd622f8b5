"""Code as people write it: the verdict names what is wrong with it, in whatever form it comes."""

from typing import Any

import numpy as np
import pytest

from autograder import examine


def by_patches(size: Any, weight: Any, grad: Any, stride: int = 1, padding: int = 0) -> Any:
    """The loop of a well-known course's assignment, with its well-known crop."""
    n, c, h, w = size
    f, _, kh, kw = weight.shape
    dx_pad = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    for i in range(n):
        for k in range(f):
            for a in range(grad.shape[2]):
                for b in range(grad.shape[3]):
                    rows = slice(a * stride, a * stride + kh)
                    columns = slice(b * stride, b * stride + kw)
                    dx_pad[i, :, rows, columns] += weight[k] * grad[i, k, a, b]
    return dx_pad[:, :, padding:-padding, padding:-padding]


def last_patch(size: Any, weight: Any, grad: Any, stride: int = 1, padding: int = 0) -> Any:
    """Patches by tensordot, assigned."""
    n, c, h, w = size
    kh, kw = weight.shape[2:]
    dx = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    for a in range(grad.shape[2]):
        for b in range(grad.shape[3]):
            share = np.tensordot(grad[:, :, a, b], weight, axes=1)
            dx[:, :, a * stride : a * stride + kh, b * stride : b * stride + kw] = share
    return dx[:, :, padding : padding + h, padding : padding + w]


def by_convolution(size: Any, weight: Any, grad: Any, stride: int = 1, padding: int = 0) -> Any:
    """A full convolution of the spread gradient: size from it alone, and a pad below zero."""
    n, f, ho, wo = grad.shape
    kh, kw = weight.shape[2:]
    spread = np.zeros((n, f, (ho - 1) * stride + 1, (wo - 1) * stride + 1))
    spread[:, :, ::stride, ::stride] = grad
    ph, pw = kh - 1 - padding, kw - 1 - padding
    spread = np.pad(spread, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    turned = np.rot90(weight, 2, axes=(2, 3))
    view = np.lib.stride_tricks.sliding_window_view(spread, (kh, kw), axis=(2, 3))
    return np.einsum("nfhwuv,fcuv->nchw", view, turned)


def without_turning(size: Any, weight: Any, grad: Any, stride: int = 1, padding: int = 0) -> Any:
    """The right frame, and the kernel as it is."""
    n, _, h, w = size
    kh, kw = weight.shape[2:]
    frame = np.zeros((n, grad.shape[1], h + 2 * padding + kh - 1, w + 2 * padding + kw - 1))
    height, width = ((m - 1) * stride + 1 for m in grad.shape[2:])
    frame[:, :, kh - 1 : kh - 1 + height : stride, kw - 1 : kw - 1 + width : stride] = grad
    view = np.lib.stride_tricks.sliding_window_view(frame, (kh, kw), axis=(2, 3))
    dx = np.einsum("nfhwuv,fcuv->nchw", view, weight)
    return dx[:, :, padding : padding + h, padding : padding + w]


def by_columns(size: Any, weight: Any, grad: Any, stride: int = 1, padding: int = 0) -> Any:
    """col2im with a gradient that was reshaped and not transposed."""
    n, c, h, w = size
    f, _, kh, kw = weight.shape
    ho, wo = grad.shape[2:]
    columns = weight.reshape(f, -1).T @ grad.reshape(f, -1)
    columns = columns.reshape(c, kh, kw, n, ho, wo)
    dx = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    for u in range(kh):
        for v in range(kw):
            dx[:, :, u : u + stride * ho : stride, v : v + stride * wo : stride] += columns[
                :, u, v
            ].transpose(1, 0, 2, 3)[:, :, : dx.shape[2], : dx.shape[3]]
    return dx[:, :, padding : padding + h, padding : padding + w]


@pytest.mark.parametrize(
    ("function", "mistakes"),
    [
        (by_patches, {"X05"}),
        (last_patch, {"X01"}),
        (by_convolution, {"X07", "X17"}),
        (without_turning, {"X02", "X03"}),
        (by_columns, {"X18"}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_an_input_gradient(function: Any, mistakes: set[str]) -> None:
    diagnosis = examine(function, "conv2d_input").diagnosis
    assert diagnosis is not None
    assert set(diagnosis.mistakes) == mistakes


def every_place(input: Any, size: Any, grad: Any, stride: int = 1, padding: int = 0) -> Any:
    """grad_output slides over the padded input, and every place is kept."""
    padded = np.pad(input, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    n, f, ho, wo = grad.shape
    spread = np.zeros((n, f, (ho - 1) * stride + 1, (wo - 1) * stride + 1))
    spread[:, :, ::stride, ::stride] = grad
    view = np.lib.stride_tricks.sliding_window_view(padded, spread.shape[2:], axis=(2, 3))
    return np.einsum("ncuvij,nfij->fcuv", view, spread)


def forgets_stride(input: Any, size: Any, grad: Any, stride: int = 1, padding: int = 0) -> Any:
    padded = np.pad(input, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.zeros(size)
    for a in range(grad.shape[2]):
        for b in range(grad.shape[3]):
            window = padded[:, :, a : a + size[2], b : b + size[3]]
            dw += np.einsum("nf,ncuv->fcuv", grad[:, :, a, b], window)
    return dw


def by_columns_of_x(input: Any, size: Any, grad: Any, stride: int = 1, padding: int = 0) -> Any:
    """im2col, with a mean over the batch at the end and the result turned, "as for the input"."""
    padded = np.pad(input, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    view = np.lib.stride_tricks.sliding_window_view(padded, size[2:], axis=(2, 3))
    view = view[:, :, ::stride, ::stride]
    dw = np.tensordot(grad, view, axes=([0, 2, 3], [0, 2, 3])) / len(input)
    return dw[:, :, ::-1, ::-1]


@pytest.mark.parametrize(
    ("function", "mistakes"),
    [(every_place, {"W08"}), (forgets_stride, {"W01"}), (by_columns_of_x, {"W03", "W04"})],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_weight_gradient(function: Any, mistakes: set[str]) -> None:
    diagnosis = examine(function, "conv2d_weight").diagnosis
    assert diagnosis is not None
    assert set(diagnosis.mistakes) == mistakes
