"""The three gradients of a layer, cut into decisions that can each be got wrong.

Decisions that one gradient alone takes carry its name; the others are shared, so that whoever
reads a pair backwards does so in all three. The input's gradient has two forms: "scatter", and
"gather", the convolution of a spread grad_output. A mistake of the second form asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from autograder.diagnosis.recipes.forward import Recipe

Pair = tuple[int, int]
Borders = list[tuple[int, int]]


def least_zero(borders: Borders) -> Borders:
    """Borders without those of fewer than no zeros."""
    return [(max(before, 0), max(behind, 0)) for before, behind in borders]


class Options(NamedTuple):
    """A layer's options, pairs as (height, width)."""

    strides: Pair
    paddings: Pair
    dilations: Pair
    groups: int


class Backward(Recipe):
    """All that the backward functions have in common, and each gradient by itself."""

    form = "scatter"

    # Options --------------------------------------------------------------------------------------

    def pair(self, option: Any) -> tuple[Any, Any]:
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    def stride_pair(self, stride: Any) -> Pair:
        return self.pair(stride)

    def padding_pair(self, padding: Any) -> Pair:
        return self.pair(padding)

    def dilation_pair(self, dilation: Any) -> Pair:
        return self.pair(dilation)

    def options(
        self, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
    ) -> Options:
        return Options(
            self.stride_pair(stride),
            self.padding_pair(padding),
            self.dilation_pair(dilation),
            groups,
        )

    # What all gradients share ---------------------------------------------------------------------

    def upstream(self, grad_output: np.ndarray) -> np.ndarray:
        return grad_output

    def stops(self, size: Pair, input_size: tuple[int, ...], options: Options) -> Pair:
        """How often the loops over the output run: its rows and columns."""
        return size

    def walked(self, upstream: np.ndarray, stops: Pair) -> np.ndarray:
        """The elements of the upstream gradient that the loops visit. IndexError outside."""
        if stops[0] > upstream.shape[2] or stops[1] > upstream.shape[3]:
            raise IndexError(f"{stops} stops, {upstream.shape[2:]} elements")
        return upstream[:, :, : stops[0], : stops[1]]

    def taps(self, kernel_size: Pair) -> Iterable[Pair]:
        height, width = self.tap_bounds(kernel_size)
        return [(u, v) for u in range(height) for v in range(width)]

    def tap_bounds(self, kernel_size: Pair) -> Pair:
        return kernel_size

    def group_channels(self, group: int, groups: int, channels: int) -> np.ndarray:
        each = channels // groups
        return np.arange(group * each, (group + 1) * each)

    def group_filters(self, group: int, groups: int, filters: int) -> np.ndarray:
        each = filters // groups
        return np.arange(group * each, (group + 1) * each)

    def dtype(self, *arrays: np.ndarray) -> np.dtype:
        return np.result_type(*arrays)

    def finish(self, gradient: np.ndarray, *arrays: np.ndarray) -> np.ndarray:
        """The last thing before a gradient is returned; ``arrays`` are the caller's."""
        return gradient

    # The gradient of the bias ---------------------------------------------------------------------

    def grad_bias(self, grad_output: np.ndarray) -> np.ndarray:
        upstream = self.bias_upstream(grad_output)
        return self.finish(self.summed(upstream).astype(self.bias_dtype(grad_output)), grad_output)

    def bias_dtype(self, grad_output: np.ndarray) -> np.dtype:
        return self.dtype(grad_output)

    def bias_upstream(self, grad_output: np.ndarray) -> np.ndarray:
        return self.upstream(grad_output)

    def summed(self, upstream: np.ndarray) -> np.ndarray:
        return np.asarray(upstream.sum(axis=(0, 2, 3)))

    # The gradient of the weight -------------------------------------------------------------------

    def grad_weight(
        self,
        input: np.ndarray,
        weight_size: tuple[int, ...],
        grad_output: np.ndarray,
        options: Options,
    ) -> np.ndarray:
        padded = self.padded(input, [self.border(p) for p in options.paddings])
        stops = self.stops((grad_output.shape[2], grad_output.shape[3]), input.shape, options)
        upstream = self.walked(self.weight_upstream(grad_output), stops)
        filters, channels, *kernel_size = self.weight_room(weight_size, padded, stops, options)
        gradient = np.zeros((filters, channels, *kernel_size), np.result_type(input, grad_output))
        for group in range(options.groups):
            mine = self.group_filters(group, options.groups, filters)
            theirs = self.group_channels(group, options.groups, input.shape[1])
            for u, v in self.taps((kernel_size[0], kernel_size[1])):
                met = self.met(padded[:, theirs], u, v, stops, options)
                gradient[mine, :, u, v] = self.share(upstream[:, mine], met)
        gradient = self.weight_scaled(self.turned_weight(gradient), grad_output)
        gradient = gradient.astype(self.dtype(input, grad_output))
        return self.finish(gradient, input, grad_output)

    def weight_upstream(self, grad_output: np.ndarray) -> np.ndarray:
        return self.upstream(grad_output)

    def padded(self, input: np.ndarray, borders: Borders) -> np.ndarray:
        return np.pad(input, ((0, 0), (0, 0), *borders))

    def weight_room(
        self, weight_size: tuple[int, ...], padded: np.ndarray, stops: Pair, options: Options
    ) -> tuple[int, ...]:
        """The shape that is filled."""
        return weight_size

    def meeting(
        self, stops: np.ndarray, tap: int, stride: int, dilation: int, axis: int
    ) -> np.ndarray:
        """Where a tap lay at each stop, along one axis of the padded input."""
        return stops * stride + tap * dilation

    def met(
        self, channels: np.ndarray, u: int, v: int, stops: Pair, options: Options
    ) -> np.ndarray:
        """What tap (u, v) met at every stop: (N, C, H_out, W_out). IndexError outside."""
        rows, columns = (
            self.meeting(np.arange(stops[a]), tap, options.strides[a], options.dilations[a], a)
            for a, tap in enumerate((u, v))
        )
        return channels[:, :, rows[:, np.newaxis], columns]

    def share(self, upstream: np.ndarray, met: np.ndarray) -> np.ndarray:
        """One tap's gradient: (N, F, H_out, W_out) and (N, C, H_out, W_out) give (F, C)."""
        return np.einsum("nfij,ncij->fc", upstream, met)

    def turned_weight(self, gradient: np.ndarray) -> np.ndarray:
        return gradient

    def weight_scaled(self, gradient: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
        return gradient

    # The gradient of the input --------------------------------------------------------------------

    def grad_input(
        self,
        input_size: tuple[int, ...],
        weight: np.ndarray,
        grad_output: np.ndarray,
        options: Options,
    ) -> np.ndarray:
        stops = self.stops((grad_output.shape[2], grad_output.shape[3]), input_size, options)
        upstream = self.walked(self.input_upstream(grad_output), stops)
        form = self.gathered if self.form == "gather" else self.scattered
        gradient = form(input_size, self.kernel(weight), upstream, options)
        gradient = self.input_scaled(gradient, grad_output, options)
        gradient = gradient.astype(self.dtype(weight, grad_output))
        return self.finish(gradient, weight, grad_output)

    def input_upstream(self, grad_output: np.ndarray) -> np.ndarray:
        return self.upstream(grad_output)

    def kernel(self, weight: np.ndarray) -> np.ndarray:
        return weight

    def back(self, upstream: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Sum over filters: (N, F, H_out, W_out) and (F, C) give (N, C, H_out, W_out)."""
        return np.einsum("nfij,fc->ncij", upstream, weights)

    def input_scaled(
        self, gradient: np.ndarray, grad_output: np.ndarray, options: Options
    ) -> np.ndarray:
        return gradient

    # … by scattering

    def scattered(
        self,
        input_size: tuple[int, ...],
        kernel: np.ndarray,
        upstream: np.ndarray,
        options: Options,
    ) -> np.ndarray:
        samples, channels = input_size[:2]
        room = self.room(input_size, kernel, upstream, options)
        padded = np.zeros((samples, channels, *room), np.result_type(kernel, upstream))
        for group in range(options.groups):
            mine = self.group_filters(group, options.groups, upstream.shape[1])
            theirs = self.group_channels(group, options.groups, channels)
            for u, v in self.order(self.taps((kernel.shape[2], kernel.shape[3]))):
                rows, columns = (
                    self.landing(
                        np.arange(upstream.shape[2 + a]),
                        tap,
                        options.strides[a],
                        options.dilations[a],
                        a,
                    )
                    for a, tap in enumerate((u, v))
                )
                term = self.back(upstream[:, mine], kernel[mine][:, :, u, v])
                at = (slice(None), theirs[:, np.newaxis, np.newaxis], rows[:, np.newaxis], columns)
                self.deposit(padded, at, term)
        return self.crop(padded, input_size, options.paddings)

    def room(
        self,
        input_size: tuple[int, ...],
        kernel: np.ndarray,
        upstream: np.ndarray,
        options: Options,
    ) -> Pair:
        """Rows and columns of the array that is scattered into."""
        rows, columns = (input_size[2 + a] + 2 * options.paddings[a] for a in (0, 1))
        return rows, columns

    def order(self, taps: Iterable[Pair]) -> Iterable[Pair]:
        return taps

    def landing(
        self, stops: np.ndarray, tap: int, stride: int, dilation: int, axis: int
    ) -> np.ndarray:
        """Where each stop's share goes, along one axis of the padded input."""
        return stops * stride + tap * dilation

    def deposit(self, padded: np.ndarray, at: tuple[Any, ...], term: np.ndarray) -> None:
        padded[at] += term

    def crop(self, padded: np.ndarray, input_size: tuple[int, ...], paddings: Pair) -> np.ndarray:
        (top, left), (height, width) = paddings, input_size[2:]
        return padded[:, :, top : top + height, left : left + width]

    # … by gathering

    def gathered(
        self,
        input_size: tuple[int, ...],
        kernel: np.ndarray,
        upstream: np.ndarray,
        options: Options,
    ) -> np.ndarray:
        spread = self.spread(upstream, options.strides)
        frame = self.framed(
            spread,
            [
                self.gather_border(
                    input_size[2 + a],
                    spread.shape[2 + a],
                    kernel.shape[2 + a],
                    options.paddings[a],
                    options.dilations[a],
                )
                for a in (0, 1)
            ],
        )
        turned = self.turned(kernel)
        height, width = (
            frame.shape[2 + a] - options.dilations[a] * (kernel.shape[2 + a] - 1) for a in (0, 1)
        )
        shape = (*input_size[:2], max(height, 0), max(width, 0))
        gradient = np.zeros(shape, np.result_type(kernel, upstream))
        for group in range(options.groups):
            mine = self.group_filters(group, options.groups, upstream.shape[1])
            theirs = self.group_channels(group, options.groups, input_size[1])
            for u, v in self.taps((kernel.shape[2], kernel.shape[3])):
                top, left = u * options.dilations[0], v * options.dilations[1]
                met = frame[:, mine, top : top + shape[2], left : left + shape[3]]
                gradient[:, theirs] += self.back(met, turned[mine][:, :, u, v])
        return self.fitted(gradient, input_size, options)

    def spread(self, upstream: np.ndarray, strides: Pair) -> np.ndarray:
        """The upstream gradient with stride - 1 zeros between its elements."""
        rows, columns = (strides[a] * (upstream.shape[2 + a] - 1) + 1 for a in (0, 1))
        spread = np.zeros((*upstream.shape[:2], rows, columns), upstream.dtype)
        spread[:, :, :: strides[0], :: strides[1]] = upstream
        return spread

    def gather_border(
        self, size: int, spread: int, kernel_size: int, padding: int, dilation: int
    ) -> tuple[int, int]:
        """Zeros before and behind along one axis; fewer than none where some are cut off."""
        before = dilation * (kernel_size - 1) - padding
        return before, size + dilation * (kernel_size - 1) - spread - before

    def framed(self, spread: np.ndarray, borders: Borders) -> np.ndarray:
        frame = np.pad(spread, ((0, 0), (0, 0), *least_zero(borders)))
        (top, bottom), (left, right) = ((max(-a, 0), max(-b, 0)) for a, b in borders)
        height, width = frame.shape[2:]
        return frame[:, :, top : height - bottom, left : width - right]

    def turned(self, kernel: np.ndarray) -> np.ndarray:
        return kernel[..., ::-1, ::-1]

    def fitted(
        self, gradient: np.ndarray, input_size: tuple[int, ...], options: Options
    ) -> np.ndarray:
        return gradient

    # Sizes that do not go together ----------------------------------------------------------------

    def refuse(
        self,
        input_size: tuple[int, ...],
        weight_size: tuple[int, ...],
        grad_size: tuple[int, ...],
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> None:
        """ValueError for these; knows the options as they are, whatever is made of them."""
        options = Backward().options(stride, padding, dilation, groups)
        if input_size[1] != weight_size[1] * groups:
            raise ValueError(f"{input_size[1]} channels, {weight_size[1]} in {groups} groups")
        if weight_size[0] % groups:
            raise ValueError(f"{weight_size[0]} filters, {groups} groups")
        for a in (0, 1):
            length = input_size[2 + a] + 2 * options.paddings[a]
            reach = options.dilations[a] * (weight_size[2 + a] - 1) + 1
            stops = (length - reach) // options.strides[a] + 1
            if reach > length:
                raise ValueError(f"axis {2 + a}: kernel {reach}, input {length}")
            if grad_size[2 + a] != stops:
                raise ValueError(f"axis {2 + a}: {grad_size[2 + a]} stops, not {stops}")
        if grad_size[1] != weight_size[0] or grad_size[0] != input_size[0]:
            raise ValueError(
                f"grad_output of {grad_size[:2]}, not {(input_size[0], weight_size[0])}"
            )


class BiasGradient(Backward):
    """conv2d_bias."""

    def __call__(self, grad_output: np.ndarray) -> np.ndarray:
        return self.grad_bias(grad_output)


class WeightGradient(Backward):
    """conv2d_weight."""

    def __call__(
        self,
        input: np.ndarray,
        weight_size: tuple[int, ...],
        grad_output: np.ndarray,
        *args: Any,
        **options: Any,
    ) -> np.ndarray:
        self.refuse(input.shape, weight_size, grad_output.shape, *args, **options)
        return self.grad_weight(input, weight_size, grad_output, self.options(*args, **options))


class InputGradient(Backward):
    """conv2d_input."""

    def __call__(
        self,
        input_size: tuple[int, ...],
        weight: np.ndarray,
        grad_output: np.ndarray,
        *args: Any,
        **options: Any,
    ) -> np.ndarray:
        self.refuse(input_size, weight.shape, grad_output.shape, *args, **options)
        return self.grad_input(input_size, weight, grad_output, self.options(*args, **options))


class GatheredInputGradient(InputGradient):
    """conv2d_input_gather."""

    form = "gather"


class Gradients(Backward):
    """conv2d_backward."""

    def __call__(
        self,
        grad_output: np.ndarray,
        input: np.ndarray,
        weight: np.ndarray,
        *args: Any,
        **options: Any,
    ) -> tuple[np.ndarray, ...]:
        self.refuse(input.shape, weight.shape, grad_output.shape, *args, **options)
        read = self.options(*args, **options)
        grad_output = self.chained(grad_output, input, weight, read)
        return self.together(
            self.grad_input(input.shape, weight, grad_output, read),
            self.grad_weight(input, weight.shape, grad_output, read),
            self.grad_bias(grad_output),
            (grad_output, input, weight),
        )

    def chained(
        self, grad_output: np.ndarray, input: np.ndarray, weight: np.ndarray, options: Options
    ) -> np.ndarray:
        """What the chain rule multiplies with."""
        return grad_output

    def together(
        self,
        grad_input: np.ndarray,
        grad_weight: np.ndarray,
        grad_bias: np.ndarray,
        arrays: tuple[np.ndarray, ...],
    ) -> tuple[np.ndarray, ...]:
        return grad_input, grad_weight, grad_bias
