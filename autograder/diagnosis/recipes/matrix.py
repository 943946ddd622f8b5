"""What chapter 5 computes, cut into decisions: a layer's matrix, and the transposed layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

Pair = tuple[int, int]


class Options:
    """How options are read, shared by both recipes."""

    def pair(self, option: Any) -> Pair:
        """An int or a pair as (height, width)."""
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    def stride_pair(self, stride: Any) -> Pair:
        return self.pair(stride)

    def padding_pair(self, padding: Any) -> Pair:
        return self.pair(padding)


class ConvMatrix(Options):
    """conv_matrix, entry by entry."""

    def __call__(
        self, weight: np.ndarray, input_size: Any, stride: Any = 1, padding: Any = 0
    ) -> np.ndarray:
        size = self.size(input_size)
        strides, paddings = self.stride_pair(stride), self.padding_pair(padding)
        self.refuse(weight, size, paddings)
        kernel = self.kernel(weight)
        filters, channels, *kernel_size = kernel.shape
        stops = self.stops(size, kernel_size, strides, paddings)
        shape = self.columns_shape(channels, size, paddings)
        matrix = np.zeros((filters, *stops, *shape), dtype=self.dtype(weight))
        for i, j, u, v in np.ndindex(*stops, *kernel_size):
            row = self.place(i, u, strides[0], paddings[0], 0)
            column = self.place(j, v, strides[1], paddings[1], 1)
            self.put(matrix, i, j, row, column, kernel[:, :, u, v])
        return self.finish(self.flat(matrix), weight)

    def size(self, input_size: Any) -> Pair:
        return self.pair(input_size)

    def refuse(self, weight: np.ndarray, size: Pair, paddings: Pair) -> None:
        for axis in (0, 1):
            room = size[axis] + 2 * paddings[axis]
            if weight.shape[2 + axis] > room:
                raise ValueError(f"axis {2 + axis}: {weight.shape[2 + axis]} in {room}")

    def kernel(self, weight: np.ndarray) -> np.ndarray:
        return weight

    def stops(self, size: Pair, kernel_size: list[int], strides: Pair, paddings: Pair) -> Pair:
        """(H_out, W_out)."""
        rows, columns = (
            self.count(size[a] + 2 * paddings[a] - kernel_size[a], strides[a]) for a in (0, 1)
        )
        return rows, columns

    def count(self, last_start: int, stride: int) -> int:
        return last_start // stride + 1

    def columns_shape(self, channels: int, size: Pair, paddings: Pair) -> tuple[int, int, int]:
        return (channels, *size)

    def dtype(self, weight: np.ndarray) -> np.dtype:
        return weight.dtype

    def place(self, stop: int, tap: int, stride: int, padding: int, axis: int) -> int:
        """Where a tap lies at a stop, along one axis; outside the input in the padding."""
        return stop * stride + tap - padding

    def put(
        self, matrix: np.ndarray, i: int, j: int, row: int, column: int, taps: np.ndarray
    ) -> None:
        """Write one tap of all kernels, (F, C), for one stop."""
        if 0 <= row < matrix.shape[4] and 0 <= column < matrix.shape[5]:
            matrix[:, i, j, :, row, column] = taps

    def flat(self, matrix: np.ndarray) -> np.ndarray:
        """(F, H_out, W_out, C, H, W) as a matrix."""
        return matrix.reshape(int(np.prod(matrix.shape[:3])), int(np.prod(matrix.shape[3:])))

    def finish(self, matrix: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return matrix


class ConvTranspose(Options):
    """conv_transpose2d with every option: stamps that add up, then a crop."""

    def __call__(
        self,
        input: np.ndarray,
        weight: np.ndarray,
        bias: np.ndarray | None = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> np.ndarray:
        strides, paddings = self.stride_pair(stride), self.padding_pair(padding)
        extras, dilations = self.extra_pair(output_padding), self.dilation_pair(dilation)
        weight = self.axes(weight, groups)
        self.refuse(input, weight, bias, groups)
        self.refuse_extra(extras, strides, dilations)
        reach = [self.reach(weight.shape[2 + a], dilations[a]) for a in (0, 1)]
        stamped = [(input.shape[2 + a] - 1) * strides[a] + reach[a] for a in (0, 1)]
        self.refuse_nothing(stamped, extras, paddings)
        filters = weight.shape[1] * groups
        room = [stamped[a] + self.behind(extras[a]) for a in (0, 1)]
        dtype = self.dtype(input, weight, bias)
        whole = np.zeros((input.shape[0], filters, *room), dtype=dtype)
        kernel = self.kernel(weight)
        for group in range(groups):
            channels = self.group_channels(group, groups, input.shape[1])
            chosen = self.group_filters(group, groups, filters)
            for u, v in self.taps(weight):
                rows = self.rows(np.arange(input.shape[2]), u, strides[0], dilations[0])
                columns = self.columns(np.arange(input.shape[3]), v, strides[1], dilations[1])
                term = self.mix(input[:, channels], kernel[channels][:, :, u, v])
                self.stamp(whole, chosen, rows, columns, term)
        output = self.cropped(whole, paddings, extras)
        if bias is not None:
            output = self.add_bias(output, bias, weight)
        return self.finish(np.array(output), input, weight)

    # Options ------------------------------------------------------------------------------------

    def extra_pair(self, output_padding: Any) -> Pair:
        return self.pair(output_padding)

    def dilation_pair(self, dilation: Any) -> Pair:
        return self.pair(dilation)

    def axes(self, weight: np.ndarray, groups: int) -> np.ndarray:
        """The weight as (C_in, C_out / groups, kH, kW)."""
        return weight

    def reach(self, kernel_size: int, dilation: int) -> int:
        return dilation * (kernel_size - 1) + 1

    def behind(self, extra: int) -> int:
        """Rows that output_padding adds to the stamped array."""
        return extra

    def dtype(self, input: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> np.dtype:
        return np.result_type(*(a for a in (input, weight, bias) if a is not None))

    # Stamps -------------------------------------------------------------------------------------

    def kernel(self, weight: np.ndarray) -> np.ndarray:
        return weight

    def group_channels(self, group: int, groups: int, channels: int) -> np.ndarray:
        each = channels // groups
        return np.arange(group * each, (group + 1) * each)

    def group_filters(self, group: int, groups: int, filters: int) -> np.ndarray:
        each = filters // groups
        return np.arange(group * each, (group + 1) * each)

    def taps(self, weight: np.ndarray) -> Iterable[tuple[int, ...]]:
        return np.ndindex(weight.shape[2:])

    def rows(self, stops: np.ndarray, tap: int, stride: int, dilation: int) -> np.ndarray:
        return self.place(stops, tap, stride, dilation)

    def columns(self, stops: np.ndarray, tap: int, stride: int, dilation: int) -> np.ndarray:
        return self.place(stops, tap, stride, dilation)

    def place(self, stops: np.ndarray, tap: int, stride: int, dilation: int) -> np.ndarray:
        return stops * stride + tap * dilation

    def mix(self, input: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Sum over channels: (N, C, H, W) and (C, F) give (N, F, H, W)."""
        return np.einsum("nchw,cf->nfhw", input, weights)

    def stamp(
        self,
        whole: np.ndarray,
        chosen: np.ndarray,
        rows: np.ndarray,
        columns: np.ndarray,
        term: np.ndarray,
    ) -> None:
        whole[:, chosen[:, None, None], rows[:, None], columns] += term

    # After the stamps ---------------------------------------------------------------------------

    def cropped(self, whole: np.ndarray, paddings: Pair, extras: Pair) -> np.ndarray:
        (top, bottom), (left, right) = (self.cut(p) for p in paddings)
        height, width = whole.shape[2:]
        return whole[:, :, top : height - bottom, left : width - right]

    def cut(self, padding: int) -> tuple[int, int]:
        """What padding takes away in front and behind."""
        return padding, padding

    def add_bias(self, output: np.ndarray, bias: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return (output + bias[:, np.newaxis, np.newaxis]).astype(output.dtype)

    def finish(self, output: np.ndarray, input: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return output

    # Sizes that do not go together ----------------------------------------------------------------

    def refuse(
        self, input: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, groups: int
    ) -> None:
        if input.shape[1] != weight.shape[0]:
            raise ValueError(f"{input.shape[1]} channels, {weight.shape[0]} in the weight")
        if input.shape[1] % groups:
            raise ValueError(f"{input.shape[1]} channels, {groups} groups")
        if bias is not None and bias.shape != (weight.shape[1] * groups,):
            raise ValueError(f"bias of {bias.shape}, {weight.shape[1] * groups} filters")

    def refuse_extra(self, extras: Pair, strides: Pair, dilations: Pair) -> None:
        for extra, stride, dilation in zip(extras, strides, dilations, strict=True):
            if extra >= max(stride, dilation):
                raise ValueError(f"output_padding {extra}, stride {stride}, dilation {dilation}")

    def refuse_nothing(self, stamped: list[int], extras: Pair, paddings: Pair) -> None:
        for size, extra, padding in zip(stamped, extras, paddings, strict=True):
            if size + extra - 2 * padding < 1:
                raise ValueError(f"padding {padding} of {size + extra} leaves nothing")
