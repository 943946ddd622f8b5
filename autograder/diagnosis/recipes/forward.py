"""What the course computes, cut into small decisions that can each be got wrong.

A recipe is a class whose methods are the decisions. A catalogued mistake is a mixin that takes
one of them differently, so a wrong implementation is ``type("F01", (Flip, Convolution), {})()``,
and two mistakes at once are two mixins. The plain recipe makes no mistake; it gives a diagnosis
its right answers where neither torch nor the reference is at hand. It is written to be taken
apart, by index arrays and without any of the shapes that a learner would write down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


class Recipe:
    """Decisions along one axis, shared by every recipe that slides a window."""

    def border(self, padding: int) -> tuple[int, int]:
        """Zeros before and after one axis."""
        return padding, padding

    def extent(self, kernel_size: int, dilation: int) -> int:
        """Elements from the kernel's first to its last, for the output's size."""
        return dilation * (kernel_size - 1) + 1

    def count(self, length: int, extent: int, stride: int) -> int:
        """Stops of a window along an axis of ``length`` elements, padding included."""
        return (length - extent) // stride + 1


class OutputSize(Recipe):
    """conv_output_size."""

    def __call__(
        self, size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
    ) -> int:
        return self.count(
            size + sum(self.border(padding)), self.extent(kernel_size, dilation), stride
        )


class Convolution(Recipe):
    """conv2d with every option; the other forward functions are adapters of it."""

    reverse = False  # True: the recipe of convolve2d, which mirrors the kernel

    def __call__(
        self,
        input: np.ndarray,
        weight: np.ndarray,
        bias: np.ndarray | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> np.ndarray:
        self.refuse(input, weight, bias, groups)
        strides = self.stride_pair(stride)
        dilations = self.dilation_pair(dilation)
        padded = self.padded(input, self.borders(padding, weight, dilations))
        self.refuse_large_kernel(padded, weight, dilations)
        size = self.output_size(padded, weight, strides, dilations)
        kernel = self.kernel(weight)
        samples, filters = padded.shape[0], weight.shape[0]
        output = np.zeros((samples, filters, *size), dtype=self.dtype(input, weight, bias))
        for group in range(groups):
            chosen = self.group_filters(group, groups, filters)
            channels = padded[:, self.group_channels(group, groups, padded.shape[1])]
            part = np.zeros((samples, len(chosen), *size), dtype=np.result_type(padded, kernel))
            for u, v in self.taps(weight):
                met = self.met(channels, u, v, size, strides, dilations)
                self.accumulate(part, self.mix(met, kernel[chosen][:, :, u, v]))
            output[:, chosen] = self.scaled(part, weight).astype(output.dtype)
        self.cut(output)
        if bias is not None:
            output = self.add_bias(output, bias, weight)
        return self.finish(output, input, weight)

    # Options ------------------------------------------------------------------------------------

    def pair(self, option: Any) -> tuple[Any, Any]:
        """An int or a pair as (height, width)."""
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    def stride_pair(self, stride: Any) -> tuple[int, int]:
        return self.pair(stride)

    def dilation_pair(self, dilation: Any) -> tuple[int, int]:
        return self.pair(dilation)

    def padding_pair(self, padding: Any) -> tuple[int, int]:
        return self.pair(padding)

    def borders(
        self, padding: Any, weight: np.ndarray, dilations: tuple[int, int]
    ) -> list[tuple[int, int]]:
        """(before, after) for rows and for columns."""
        if padding == "same":
            totals = [d * (k - 1) for d, k in zip(dilations, weight.shape[2:], strict=True)]
            return [self.same(total) for total in totals]
        if padding == "valid":
            return [(0, 0), (0, 0)]
        return [self.border(amount) for amount in self.padding_pair(padding)]

    def same(self, total: int) -> tuple[int, int]:
        """How 'same' divides its zeros: an odd one goes behind."""
        return total // 2, total - total // 2

    # Arrays -------------------------------------------------------------------------------------

    def padded(self, input: np.ndarray, borders: list[tuple[int, int]]) -> np.ndarray:
        return np.pad(input, ((0, 0), (0, 0), *borders))

    def kernel(self, weight: np.ndarray) -> np.ndarray:
        """The kernel as it lies on the input."""
        return weight[..., ::-1, ::-1] if self.reverse else weight

    def dtype(self, input: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> np.dtype:
        return np.result_type(*(a for a in (input, weight, bias) if a is not None))

    # The loop nest ------------------------------------------------------------------------------

    def output_size(
        self,
        padded: np.ndarray,
        weight: np.ndarray,
        strides: tuple[int, int],
        dilations: tuple[int, int],
    ) -> tuple[int, int]:
        """(H_out, W_out)."""
        rows, columns = (
            self.count(
                padded.shape[2 + a], self.extent(weight.shape[2 + a], dilations[a]), strides[a]
            )
            for a in (0, 1)
        )
        return rows, columns

    def taps(self, weight: np.ndarray) -> Iterable[tuple[int, int]]:
        """The kernel's elements, in the order in which they are visited."""
        height, width = self.tap_bounds(weight)
        return ((u, v) for u in range(height) for v in range(width))

    def tap_bounds(self, weight: np.ndarray) -> tuple[int, int]:
        return weight.shape[2], weight.shape[3]

    def place(
        self, stops: np.ndarray, tap: int, stride: int, dilation: int, axis: int
    ) -> np.ndarray:
        """Where the kernel's element ``tap`` lies at each stop, along one axis."""
        return stops * stride + tap * dilation

    def met(
        self,
        channels: np.ndarray,
        u: int,
        v: int,
        size: tuple[int, int],
        strides: tuple[int, int],
        dilations: tuple[int, int],
    ) -> np.ndarray:
        """What the element (u, v) meets at every stop: (N, C, H_out, W_out). IndexError outside."""
        rows = self.place(np.arange(size[0]), u, strides[0], dilations[0], 0)
        columns = self.place(np.arange(size[1]), v, strides[1], dilations[1], 1)
        return channels[:, :, rows[:, np.newaxis], columns]

    def mix(self, met: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Sum over channels: (N, C, H_out, W_out) and (F, C) give (N, F, H_out, W_out)."""
        return np.einsum("nchw,fc->nfhw", met, weights)

    def accumulate(self, part: np.ndarray, term: np.ndarray) -> None:
        part += term

    def scaled(self, part: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return part

    def cut(self, output: np.ndarray) -> None:
        """What a loop that ends too early leaves at zero."""

    def group_channels(self, group: int, groups: int, channels: int) -> np.ndarray:
        each = channels // groups
        return np.arange(group * each, (group + 1) * each)

    def group_filters(self, group: int, groups: int, filters: int) -> np.ndarray:
        each = filters // groups
        return np.arange(group * each, (group + 1) * each)

    def add_bias(self, output: np.ndarray, bias: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return (output + bias[:, np.newaxis, np.newaxis]).astype(output.dtype)

    def finish(self, output: np.ndarray, input: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """The last thing before the result is returned."""
        return output

    # Sizes that do not go together ----------------------------------------------------------------

    def refuse(
        self, input: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, groups: int
    ) -> None:
        if input.shape[1] != weight.shape[1] * groups:
            raise ValueError(f"{input.shape[1]} channels, {weight.shape[1]} in {groups} groups")
        if weight.shape[0] % groups:
            raise ValueError(f"{weight.shape[0]} filters, {groups} groups")
        if bias is not None and bias.shape != weight.shape[:1]:
            raise ValueError(f"bias of {bias.shape}, {weight.shape[0]} filters")

    def refuse_large_kernel(
        self, padded: np.ndarray, weight: np.ndarray, dilations: tuple[int, int]
    ) -> None:
        for axis in (0, 1):
            reach = dilations[axis] * (weight.shape[2 + axis] - 1) + 1
            if reach > padded.shape[2 + axis]:
                raise ValueError(f"axis {2 + axis}: kernel {reach}, input {padded.shape[2 + axis]}")


class Pad:
    """pad2d."""

    def __call__(self, input: np.ndarray, padding: Any, value: float = 0.0) -> np.ndarray:
        left, right, top, bottom = self.sides(padding)
        return self.filled(input, [(top, bottom), (left, right)], value)

    def sides(self, padding: Any) -> tuple[int, int, int, int]:
        """(left, right, top, bottom)."""
        if isinstance(padding, tuple) and len(padding) == 4:
            return self.four(padding)
        height, width = self.two(padding) if isinstance(padding, tuple) else (padding, padding)
        return width, width, height, height

    def four(self, padding: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        return padding

    def two(self, padding: tuple[int, int]) -> tuple[int, int]:
        return padding

    def filled(self, input: np.ndarray, borders: list[tuple[int, int]], value: float) -> np.ndarray:
        return np.pad(input, ((0, 0), (0, 0), *borders), constant_values=value)


class Count(Recipe):
    """conv2d_count."""

    def __call__(
        self,
        input_size: tuple[int, ...],
        weight_size: tuple[int, ...],
        bias: bool = True,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> tuple[int, int]:
        def along(axis: int) -> int:
            def of(option: Any) -> int:
                return int(option[axis] if isinstance(option, tuple) else option)

            length = input_size[2 + axis] + sum(self.border(of(padding)))
            extent = self.extent(weight_size[2 + axis], of(dilation))
            return self.count(length, extent, of(stride))

        weights = self.weights(weight_size, groups)
        size = self.positions(input_size, (along(0), along(1)))
        return (
            weights + self.biases(weight_size[0], bias),
            self.work(weights, self.samples(input_size), size[0] * size[1]),
        )

    def weights(self, weight_size: tuple[int, ...], groups: int) -> int:
        return int(np.prod(weight_size))

    def biases(self, filters: int, bias: bool) -> int:
        return filters if bias else 0

    def samples(self, input_size: tuple[int, ...]) -> int:
        return input_size[0]

    def positions(self, input_size: tuple[int, ...], output: tuple[int, int]) -> tuple[int, int]:
        return output

    def work(self, weights: int, samples: int, positions: int) -> int:
        return weights * samples * positions


def window_adapter(recipe: Convolution) -> Callable[..., np.ndarray]:
    """A recipe as a function of two 2-D arrays and a stride."""

    def call(input: np.ndarray, weight: np.ndarray, stride: Any = 1) -> np.ndarray:
        return recipe(input[np.newaxis, np.newaxis], weight[np.newaxis, np.newaxis], stride=stride)[
            0, 0
        ]

    return call
