"""Mistakes with views and columns, V01 to V30, and K06: strides that are not the array's.

Each mixin takes one decision of ``recipes.columns`` differently, or, for the layer as a product of
matrices, one of ``recipes.forward.Convolution``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.catalogue.shared import (
    KernelSwapped,
)
from autograder.diagnosis.recipes import columns as recipes
from autograder.diagnosis.recipes import forward

RECIPES: dict[str, tuple[type, Callable[[Any], Callable[..., Any]]]] = {
    "sliding_windows": (recipes.Windows, lambda recipe: recipe),
    "conv2d_einsum": (forward.Convolution, lambda recipe: recipe),
    "unfold": (recipes.Unfold, lambda recipe: recipe),
    "fold": (recipes.Fold, lambda recipe: recipe),
    "conv2d_im2col": (forward.Convolution, lambda recipe: recipe),
    "conv2d_im2col_backward": (recipes.ColumnsBackward, lambda recipe: recipe),
}

WINDOWS = ("sliding_windows",)
UNFOLD = ("unfold",)
FOLD = ("fold",)
COLUMNS = (*UNFOLD, *FOLD)
SLIDING = (*WINDOWS, *COLUMNS)
EINSUM = ("conv2d_einsum",)
IM2COL = ("conv2d_im2col",)
PRODUCTS = (*EINSUM, *IM2COL)
BACKWARD = ("conv2d_im2col_backward", "conv2d_fast_backward")


# --- The view -------------------------------------------------------------------------------------


class Copied:
    """The numbers are right, in memory of their own."""

    def shown(self, view: Any) -> Any:
        return view.copy()


class PaddedFirst:
    """A view, but of a copy: np.pad makes a new array even where there is nothing to pad."""

    def view(self, input: Any, shape: Any, steps: Any) -> Any:
        return super().view(np.pad(input, 0), shape, steps)

    def element_steps(self, input: Any) -> Any:
        return np.pad(input, 0).strides


class Straightened:
    """A view of the input where that lies row by row, and of a copy where it does not."""

    def view(self, input: Any, shape: Any, steps: Any) -> Any:
        return super().view(np.ascontiguousarray(input), shape, steps)

    def element_steps(self, input: Any) -> Any:
        return np.ascontiguousarray(input).strides


def row_major(shape: Any, size: int) -> tuple[int, ...]:
    """Steps of an array that lies row by row, in units of ``size`` bytes."""
    _, c, h, w = shape
    return c * h * w * size, h * w * size, w * size, size


class StepsInElements:
    def element_steps(self, input: Any) -> Any:
        return row_major(input.shape, 1)


class StepsDivided:
    """Steps of the array itself, in elements."""

    def element_steps(self, input: Any) -> Any:
        return tuple(step // input.itemsize for step in input.strides)


class EightBytes:
    def element_steps(self, input: Any) -> Any:
        return row_major(input.shape, 8)


class FourBytes:
    def element_steps(self, input: Any) -> Any:
        return row_major(input.shape, 4)


class RowByRow:
    """The right size of an element, but the order of a C array."""

    def element_steps(self, input: Any) -> Any:
        return row_major(input.shape, input.itemsize)


class TapsFirst:
    """(N, C, kH, kW, H_out, W_out)."""

    def shown(self, view: Any) -> Any:
        return view.transpose(0, 1, 4, 5, 2, 3)


class RowsFirst:
    """(N, C, H_out, kH, W_out, kW)."""

    def shown(self, view: Any) -> Any:
        return view.transpose(0, 1, 2, 4, 3, 5)


class TapsTransposed:
    def shown(self, view: Any) -> Any:
        return view.swapaxes(4, 5)


class StopsTransposed:
    def shown(self, view: Any) -> Any:
        return view.swapaxes(2, 3)


class ChannelsLast:
    """(N, H_out, W_out, C, kH, kW)."""

    def shown(self, view: Any) -> Any:
        return view.transpose(0, 2, 3, 1, 4, 5)


# --- Stride, dilation and sizes of everything that slides -----------------------------------------


class OneStep:
    """The size is right, but the window moves by one."""

    def stop_steps(self, step: Any, strides: Any) -> Any:
        return step


class DenseTaps:
    """The size is right, but the taps lie side by side."""

    def tap_steps(self, step: Any, dilations: Any) -> Any:
        return step


class StrideUnused:
    def steps_pair(self: Any, stride: Any, dilation: Any) -> Any:
        return (1, 1), self.pair(dilation)


class DilationUnused:
    def steps_pair(self: Any, stride: Any, dilation: Any) -> Any:
        return self.pair(stride), (1, 1)


class Exchanged:
    """The stride lies between taps and the dilation between stops.

    In unfold and fold that is what comes out of options in the order of conv2d, which V13 names.
    """

    scope = WINDOWS

    def steps_pair(self: Any, stride: Any, dilation: Any) -> Any:
        return self.pair(dilation), self.pair(stride)


class FirstOfEach:
    """Takes the first number of a pair for both axes."""

    def steps_pair(self: Any, stride: Any, dilation: Any) -> Any:
        return (self.pair(stride)[0],) * 2, (self.pair(dilation)[0],) * 2


class StrideTwice:
    """The taps of a window lie a stride apart as well."""

    scope = WINDOWS

    def __call__(
        self: Any, input: Any, kernel_size: Any, stride: Any = 1, dilation: Any = 1
    ) -> Any:
        self.between = self.pair(stride)
        return super().__call__(input, kernel_size, stride, dilation)

    def tap_steps(self, step: Any, dilations: Any) -> Any:
        return super().tap_steps((step[0] * self.between[0], step[1] * self.between[1]), dilations)


class WidthBeforeHeight:
    def pair(self, option: Any) -> Any:
        return super().pair(option)[::-1]


class KernelSquare:
    def kernel_pair(self, kernel_size: Any) -> Any:
        return (super().kernel_pair(kernel_size)[0],) * 2


class ReachUndilated:
    scope = WINDOWS

    def extent(self, kernel_size: int, dilation: int) -> int:
        return kernel_size


class RoundsUp:
    scope = WINDOWS

    def count(self, length: int, extent: int, stride: int) -> int:
        return -(-(length - extent) // stride) + 1


class StopsOfStrideOne:
    """As many stops as with stride 1: the last ones lie outside."""

    scope = WINDOWS

    def count(self, length: int, extent: int, stride: int) -> int:
        return length - extent + 1


class OneShort:
    scope = (*WINDOWS, *UNFOLD)

    def count(self, length: int, extent: int, stride: int) -> int:
        return (length - extent) // stride


class NoStops:
    """A kernel that does not fit has no stops, and nobody is told."""

    scope = (*WINDOWS, *UNFOLD)

    def refuse(self, *args: Any) -> None:
        pass

    def stops(self, *args: Any) -> Any:
        rows, columns = super().stops(*args)
        return max(rows, 0), max(columns, 0)


class RefusesInSilence:
    scope = (*WINDOWS, *UNFOLD)

    def refuse(self, *args: Any) -> None:
        try:
            super().refuse(*args)
        except ValueError:
            raise ValueError("the kernel does not fit") from None


class RefusesByAssertion:
    scope = (*WINDOWS, *UNFOLD)

    def refuse(self, *args: Any) -> None:
        try:
            super().refuse(*args)
        except ValueError as error:
            raise AssertionError(*error.args) from None


# --- Columns --------------------------------------------------------------------------------------


class StrideFirst:
    """Takes the options in the order of conv2d: stride, padding, dilation."""

    def order(self, dilation: Any, padding: Any, stride: Any) -> Any:
        return stride, padding, dilation


class PaddingFirst:
    def order(self, dilation: Any, padding: Any, stride: Any) -> Any:
        return padding if padding else 1, dilation, stride


class TapsBeforeChannels:
    """Rows in the order (kH, kW, C)."""

    def columns(self, met: Any) -> Any:
        return super().columns(met.transpose(0, 2, 3, 1, 4, 5))

    def blocks(self, input: Any, kernel: Any, stops: Any) -> Any:
        return input.reshape(len(input), *kernel, -1, *stops).transpose(0, 3, 1, 2, 4, 5)


class TapColumnsFirst:
    """Rows in the order (C, kW, kH)."""

    def columns(self, met: Any) -> Any:
        return super().columns(met.swapaxes(2, 3))

    def blocks(self, input: Any, kernel: Any, stops: Any) -> Any:
        return super().blocks(input, kernel[::-1], stops).swapaxes(2, 3)


class StopsDownwards:
    """Columns in the order of stops from top to bottom, then to the right."""

    def columns(self, met: Any) -> Any:
        return super().columns(met.swapaxes(4, 5))

    def blocks(self, input: Any, kernel: Any, stops: Any) -> Any:
        return super().blocks(input, kernel, stops[::-1]).swapaxes(4, 5)


class WindowsAsRows:
    """(N, L, C * kH * kW)."""

    scope = UNFOLD

    def finish(self, output: Any) -> Any:
        return output.swapaxes(1, 2).copy()


class Poured:
    """Windows in the order of the view, poured into the shape of the columns by reshape."""

    scope = UNFOLD

    def columns(self, met: Any) -> Any:
        n, c, kh, kw, h, w = met.shape
        return met.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * kh * kw, h * w)


class SamplesTogether:
    """(C * kH * kW, N * L): the columns of all samples side by side."""

    scope = UNFOLD

    def finish(self, output: Any) -> Any:
        return output.transpose(1, 0, 2).reshape(output.shape[1], -1)


class Unpadded:
    scope = UNFOLD

    def padded(self, input: Any, borders: Any) -> Any:
        return input


class PaddedBehind:
    scope = UNFOLD

    def border(self, padding: int) -> tuple[int, int]:
        return 0, 2 * padding


class PaddedOnce:
    scope = UNFOLD

    def border(self, padding: int) -> tuple[int, int]:
        return padding, 0


class PaddedWidthFirst:
    scope = UNFOLD

    def padding_pair(self, padding: Any) -> Any:
        return super().padding_pair(padding)[::-1]


class PaddedByRepetition:
    scope = UNFOLD

    def padded(self, input: Any, borders: Any) -> Any:
        return np.pad(input, ((0, 0), (0, 0), *borders), mode="edge")


class Doubles:
    """float64, whatever came in."""

    def finish(self, output: Any) -> Any:
        return super().finish(output).astype(np.float64)


class PictureAsColumns:
    """A kernel of one element that meets every element: the columns are the picture, reshaped."""

    scope = UNFOLD

    def __call__(
        self: Any,
        input: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> Any:
        if alone(self, kernel_size, stride, padding):
            return input.reshape(*input.shape[:2], -1)
        return super().__call__(input, kernel_size, dilation, padding, stride)


def alone(recipe: Any, kernel_size: Any, stride: Any, padding: Any) -> bool:
    """Is there one window for each element, and nothing else in it?"""
    options = [recipe.pair(option) for option in (kernel_size, stride, padding)]
    return options == [(1, 1), (1, 1), (0, 0)]


# --- Back into pictures ---------------------------------------------------------------------------


class LastWins:
    def put(self, canvas: Any, places: Any, values: Any) -> None:
        canvas[:, :, places[0], places[1]] = values


class FirstWins:
    def put(self, canvas: Any, places: Any, values: Any) -> None:
        there = canvas[:, :, places[0], places[1]]
        canvas[:, :, places[0], places[1]] = np.where(there == 0, values, there)


class Mean:
    """Divides by the number of windows that cover an element: makes fold the inverse of unfold."""

    def settled(self, canvas: Any, kernel: Any, stops: Any, strides: Any, dilations: Any) -> Any:
        counts = np.zeros(canvas.shape[2:])
        for u in range(kernel[0]):
            for v in range(kernel[1]):
                rows = np.arange(stops[0]) * strides[0] + u * dilations[0]
                columns = np.arange(stops[1]) * strides[1] + v * dilations[1]
                counts[np.ix_(rows, columns)] += 1
        return (canvas / np.maximum(counts, 1)).astype(canvas.dtype)


class NegativeSlice:
    """[p:-p], which is empty where p is 0."""

    def cropped(self, canvas: Any, paddings: Any, size: Any) -> Any:
        (top, left) = paddings
        return canvas[:, :, top:-top, left:-left]


class NegativeSliceIfAny(NegativeSlice):
    """One question for two axes: no padding is let through, but (0, 1) is not."""

    def cropped(self, canvas: Any, paddings: Any, size: Any) -> Any:
        return super().cropped(canvas, paddings, size) if any(paddings) else canvas


class CroppedIfRows:
    """Asks about the rows, and cuts the columns only where the rows are cut too."""

    def cropped(self, canvas: Any, paddings: Any, size: Any) -> Any:
        return super().cropped(canvas, paddings, size) if paddings[0] else canvas


class NotCropped:
    def cropped(self, canvas: Any, paddings: Any, size: Any) -> Any:
        return canvas


class CroppedAtTheEnd:
    """The first H rows and W columns, wherever the padding lies."""

    def cropped(self, canvas: Any, paddings: Any, size: Any) -> Any:
        return canvas[:, :, : size[0], : size[1]]


class CroppedWidthFirst:
    def cropped(self, canvas: Any, paddings: Any, size: Any) -> Any:
        return super().cropped(canvas, paddings[::-1], size)


class SizeOfTheStops:
    """As large as the stops reach: what a stride leaves over is missing."""

    def canvas(self, blocks: Any, lengths: Any, kernel: Any, strides: Any, dilations: Any) -> Any:
        reached = [
            (blocks.shape[4 + a] - 1) * strides[a] + dilations[a] * (kernel[a] - 1) + 1
            for a in (0, 1)
        ]
        return super().canvas(blocks, reached, kernel, strides, dilations)

    def cropped(self, canvas: Any, paddings: Any, size: Any) -> Any:
        top, left = paddings
        height, width = canvas.shape[2:]
        return canvas[:, :, top : height - top, left : width - left]


class Packed:
    """Every stop one element after the one before, whatever the stride."""

    scope = FOLD

    def put(self, canvas: Any, places: Any, values: Any) -> None:
        rows, columns = (
            np.arange(n) + int(place.min())
            for n, place in zip(values.shape[2:], places, strict=True)
        )
        canvas[:, :, rows[:, np.newaxis], columns] += values


class TakesAnyColumns:
    """Uses as many rows and columns as it needs."""

    def refuse_columns(self, input: Any, kernel: Any, stops: Any) -> None:
        pass

    def blocks(self, input: Any, kernel: Any, stops: Any) -> Any:
        taps = kernel[0] * kernel[1]
        rows = input.shape[1] - input.shape[1] % taps
        return super().blocks(input[:, :rows, : stops[0] * stops[1]], kernel, stops)


class ColumnsRefusedInSilence:
    def refuse_columns(self, *args: Any) -> None:
        try:
            super().refuse_columns(*args)
        except ValueError:
            raise ValueError("cannot reshape") from None


class ColumnsAsPicture:
    """The same the other way round."""

    scope = FOLD

    def __call__(
        self: Any,
        input: Any,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> Any:
        if alone(self, kernel_size, stride, padding):
            return input.reshape(len(input), -1, *self.pair(output_size))
        return super().__call__(input, output_size, kernel_size, dilation, padding, stride)


# --- The layer as a product -----------------------------------------------------------------------


class OutputTransposed:
    """(N, C_out, W_out, H_out)."""

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        return super().finish(output, input, weight).swapaxes(2, 3).copy()


class OutputChannelsLast:
    """(N, H_out, W_out, C_out)."""

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        return np.moveaxis(super().finish(output, input, weight), 1, -1).copy()


class OutputFiltersFirst:
    """(C_out, N, H_out, W_out)."""

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        return super().finish(output, input, weight).swapaxes(0, 1).copy()


class PouredFromRows:
    """The product's rows are stops; they are poured into (N, C_out, …) without a transpose."""

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        return np.moveaxis(output, 1, -1).reshape(output.shape)


class PouredFromFilters:
    """The product is (C_out, N * L); it is poured into (N, C_out, …) without a transpose."""

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        return output.swapaxes(0, 1).reshape(output.shape)


class RowsOfAnotherOrder:
    """The columns are in the order (kH, kW, C), the filters' rows are not."""

    def kernel(self, weight: Any) -> Any:
        filters, channels, height, width = weight.shape
        rows = super().kernel(weight).reshape(filters, height, width, channels)
        return rows.transpose(0, 3, 1, 2)


class TapsOfAnotherOrder:
    """The columns are in the order (C, kW, kH), the filters' rows are not."""

    def kernel(self, weight: Any) -> Any:
        filters, channels, height, width = weight.shape
        return super().kernel(weight).reshape(filters, channels, width, height).swapaxes(2, 3)


class WeightPoured:
    """weight.reshape(taps, filters), where the transpose of (filters, taps) is meant."""

    def kernel(self, weight: Any) -> Any:
        filters = len(weight)
        return super().kernel(weight).reshape(-1, filters).T.reshape(weight.shape)


# --- Backward by columns --------------------------------------------------------------------------


def folded_by(mixin: type, columns: Any, size: Any, kernel: Any, options: Any) -> Any:
    """What a fold gives that makes this mistake."""
    wrong: Any = type("Wrong", (mixin, recipes.Fold), {})
    return wrong()(columns, size, kernel, **options)


class BackwardOverwrites:
    def folded(self, columns: Any, size: Any, kernel: Any, options: Any) -> Any:
        return folded_by(LastWins, columns, size, kernel, options)


class BackwardAverages:
    def folded(self, columns: Any, size: Any, kernel: Any, options: Any) -> Any:
        return folded_by(Mean, columns, size, kernel, options)


class BackwardNegativeSlice:
    def folded(self, columns: Any, size: Any, kernel: Any, options: Any) -> Any:
        return folded_by(NegativeSlice, columns, size, kernel, options)


class BackwardNegativeSliceIfAny:
    def folded(self, columns: Any, size: Any, kernel: Any, options: Any) -> Any:
        return folded_by(NegativeSliceIfAny, columns, size, kernel, options)


class BackwardCroppedIfRows:
    def folded(self, columns: Any, size: Any, kernel: Any, options: Any) -> Any:
        return folded_by(CroppedIfRows, columns, size, kernel, options)


class BackwardNotCropped:
    def folded(self, columns: Any, size: Any, kernel: Any, options: Any) -> Any:
        return folded_by(NotCropped, columns, size, kernel, options)


class BackwardShort:
    def folded(self, columns: Any, size: Any, kernel: Any, options: Any) -> Any:
        return folded_by(SizeOfTheStops, columns, size, kernel, options)


class WeightLastSample:
    def over_samples(self, products: Any) -> Any:
        return products[-1]


class WeightMean:
    def over_samples(self, products: Any) -> Any:
        return (products.sum(axis=0) / len(products)).astype(products.dtype)


class UpstreamIgnored:
    def upstream(self, grad_output: Any) -> Any:
        return np.ones_like(grad_output)


class RowsPoured:
    """rows.reshape(taps, filters) instead of the transpose."""

    def columns_product(self, rows: Any, upstream: Any) -> Any:
        return rows.reshape(len(rows), rows.shape[2], rows.shape[1]) @ upstream


class ColumnsPoured:
    """columns.reshape(stops, taps) instead of the transpose."""

    def weight_product(self, upstream: Any, columns: Any) -> Any:
        n, g, taps, stops = columns.shape
        return upstream @ columns.reshape(n, g, stops, taps)


class WeightGradientPoured:
    """The product is (taps, filters), poured into the weight's shape without a transpose."""

    def weight_shaped(self, grad_weight: Any, weight: Any) -> Any:
        return grad_weight.swapaxes(-1, -2).reshape(weight.shape)


class RowsMirrored:
    """The kernel turned by 180 degrees, as the gather form wants it, and then folded."""

    def rows(self, weight: Any) -> Any:
        return weight[..., ::-1, ::-1]


class BiasOverSamples:
    def bias(self, grad_output: Any) -> Any:
        return grad_output.sum(axis=0)


class BiasMean:
    def bias(self, grad_output: Any) -> Any:
        return (super().bias(grad_output) / len(grad_output)).astype(grad_output.dtype)


class BiasKeptAxes:
    def bias(self, grad_output: Any) -> Any:
        return grad_output.sum(axis=(0, 2, 3), keepdims=True)


class BiasOfRows:
    def bias(self, grad_output: Any) -> Any:
        return grad_output.sum(axis=(1, 2, 3))


class OptionsStrideUnused:
    """Folded as if the stride were 1."""

    def folded(self, columns: Any, size: Any, kernel: Any, options: Any) -> Any:
        return folded_by(Packed, columns, size, kernel, options)


class UpstreamChanged:
    def finish(self, gradients: Any, grad_output: Any) -> Any:
        grad_output *= 0
        return gradients


class DoubleGradients:
    """float64, whatever came in."""

    def finish(self, gradients: Any, grad_output: Any) -> Any:
        return tuple(gradient.astype(np.float64) for gradient in gradients)


class AnyUpstream:
    """Cuts grad_output down until it fits."""

    def __call__(self, grad_output: Any, input: Any, weight: Any, *args: Any, **kw: Any) -> Any:
        rows, columns = forward.Convolution()(input, weight, None, *args, **kw).shape[2:]
        cut = grad_output[:, : len(weight), :rows, :columns]
        return super().__call__(cut, input, weight, *args, **kw)


class UpstreamRefusedInSilence:
    def refuse(self, *args: Any) -> None:
        try:
            super().refuse(*args)
        except ValueError:
            raise ValueError("shapes do not match") from None


CARRIED: dict[str, tuple[tuple[str, ...], tuple[Any, ...]]] = {
    "K11": (COLUMNS, (PictureAsColumns, ColumnsAsPicture)),
}

MISTAKES = (
    Mistake(
        id="K06",
        name="the strides are not those of the array",
        telltale="A contiguous float64 array may come out right; other types or layouts read numbers from elsewhere.",
        question="In which unit does as_strided count, and who knows how far apart this array's elements lie?",
        section="06-columns#as-strided",
        scope=WINDOWS,
        variants=(StepsInElements, StepsDivided, EightBytes, FourBytes, RowByRow),
        star=True,
    ),
    Mistake(
        id="V01",
        name="the result is a copy, not a view",
        telltale="The numbers are right, but a change of the input does not show in them.",
        question="Which of your lines makes a new array: indexing with arrays, reshape, np.pad, ascontiguousarray?",
        section="06-columns#windows",
        scope=WINDOWS,
        variants=(Copied, PaddedFirst, Straightened),
        star=True,
    ),
    Mistake(
        id="V02",
        name="windows reach past the end of the input",
        telltale="The first windows are right; the last ones read what does not belong to the input.",
        question="At which address does the last tap of the last window lie?",
        section="06-columns#as-strided",
        scope=WINDOWS,
        variants=(ReachUndilated, RoundsUp, StopsOfStrideOne),
        star=True,
    ),
    Mistake(
        id="V03",
        name="the six axes are in another order",
        telltale="All numbers are there, at other places.",
        question="Which axes say where the window stops, and which say where you are inside it?",
        section="06-columns#windows",
        scope=WINDOWS,
        variants=(TapsFirst, RowsFirst, TapsTransposed, StopsTransposed, ChannelsLast),
    ),
    Mistake(
        id="V04",
        name="stride or dilation is ignored, or stands in the other's place",
        telltale="With stride 1 and dilation 1 all is right.",
        question="Which of the two multiplies the step from stop to stop, and which the step from tap to tap?",
        section="06-columns#windows",
        scope=SLIDING,
        variants=(
            StrideUnused,
            DilationUnused,
            Exchanged,
            FirstOfEach,
            OneStep,
            DenseTaps,
            StrideTwice,
            Packed,
        ),
        star=True,
    ),
    Mistake(
        id="V05",
        name="height and width are mixed up",
        telltale="Square kernels and single numbers are right; pairs act on the wrong axis.",
        question="Which number of a pair belongs to the rows?",
        section="06-columns#windows",
        scope=SLIDING,
        variants=(KernelSquare, KernelSwapped, WidthBeforeHeight, PaddedWidthFirst),
    ),
    Mistake(
        id="V06",
        name="there is one stop too few",
        telltale="The last row and the last column of windows are missing.",
        question="Where does the last window start that still fits as a whole?",
        section="06-columns#windows",
        scope=(*WINDOWS, *UNFOLD),
        variants=(OneShort,),
    ),
    Mistake(
        id="V07",
        name="a kernel that does not fit is not refused",
        telltale="The result is empty, or the error says nothing about sizes.",
        question="What shape would the result have, and who should be told?",
        section="06-columns#windows",
        scope=(*WINDOWS, *UNFOLD),
        variants=(NoStops, RefusesInSilence, RefusesByAssertion),
    ),
    Mistake(
        id="V10",
        name="the rows of the columns are in another order",
        telltale="With one channel and a kernel of one row or column it is right; else rows are exchanged.",
        question="Which index runs fastest down a column: the channel, the kernel's row or its column?",
        section="06-columns#unfold",
        scope=COLUMNS,
        variants=(TapsBeforeChannels, TapColumnsFirst),
        star=True,
    ),
    Mistake(
        id="V11",
        name="stops are numbered downwards",
        telltale="Outputs of one row or one column are right; in others the columns are exchanged.",
        question="Which stop comes after the first: the one to the right of it or the one below?",
        section="06-columns#unfold",
        scope=COLUMNS,
        variants=(StopsDownwards,),
    ),
    Mistake(
        id="V12",
        name="reshape is used where a transpose is needed",
        telltale="The shape may be right, but windows lie along the rows, or are torn apart.",
        question="In which order do the axes have to lie in memory before reshape may merge them?",
        section="06-columns#unfold",
        scope=UNFOLD,
        variants=(WindowsAsRows, Poured, SamplesTogether),
        star=True,
    ),
    Mistake(
        id="V13",
        name="the options are in the order of conv2d",
        telltale="Calls by name are right; in order, stride, padding and dilation change places.",
        question="In which order does torch.nn.functional.unfold take its options?",
        section="06-columns#unfold",
        scope=COLUMNS,
        variants=(StrideFirst, PaddingFirst),
    ),
    Mistake(
        id="V14",
        name="the padding is wrong",
        telltale="Without padding all is right.",
        question="On how many sides of each axis does padding p add p zeros?",
        section="06-columns#unfold",
        scope=UNFOLD,
        variants=(Unpadded, PaddedBehind, PaddedOnce, PaddedByRepetition),
    ),
    Mistake(
        id="V15",
        name="the columns come out as float64",
        telltale="The values are right; float32 or integers come back as float64.",
        question="What dtype does np.zeros give when it is not told?",
        section="06-columns#unfold",
        scope=COLUMNS,
        variants=(Doubles,),
    ),
    Mistake(
        id="V16",
        name="where windows overlap, one of them wins",
        telltale="Where windows do not overlap all is right; elsewhere terms are missing.",
        question="How many columns hold the same element of the picture, and what becomes of each?",
        section="06-columns#fold",
        scope=FOLD,
        variants=(LastWins, FirstWins),
        star=True,
    ),
    Mistake(
        id="V17",
        name="overlaps are averaged",
        telltale="fold(unfold(x)) gives x back; the adjoint test fails.",
        question="Which of the two is asked for: the inverse of unfold, or its adjoint?",
        section="06-columns#fold",
        scope=FOLD,
        variants=(Mean,),
        star=True,
    ),
    Mistake(
        id="V18",
        name="the padding is cut off wrongly",
        telltale="The picture is empty where padding is 0, or too large, or shifted by the padding.",
        question="At which row of the padded picture does the picture begin, and what is x[0:-0]?",
        section="06-columns#fold",
        scope=FOLD,
        variants=(NegativeSlice, NotCropped, CroppedIfRows, CroppedAtTheEnd, CroppedWidthFirst),
        star=True,
    ),
    Mistake(
        id="V19",
        name="the picture ends where the last window ends",
        telltale="Where a stride leaves a remainder, rows or columns are missing.",
        question="What size was asked for, and what is in the rows that no window reaches?",
        section="06-columns#fold",
        scope=FOLD,
        variants=(SizeOfTheStops,),
    ),
    Mistake(
        id="V20",
        name="columns that do not fit are not refused",
        telltale="A row or column too many is dropped, or the error names no number.",
        question="How many columns must there be for this picture and kernel?",
        section="06-columns#fold",
        scope=FOLD,
        variants=(TakesAnyColumns, ColumnsRefusedInSilence),
    ),
    Mistake(
        id="V21",
        name="the output's axes are in another order",
        telltale="All numbers are there; the shape is that of (N, C_out, H_out, W_out) in another order.",
        question="Which letters stand behind the arrow, and in which order?",
        section="06-columns#einsum",
        scope=PRODUCTS,
        variants=(OutputTransposed, OutputChannelsLast, OutputFiltersFirst),
        star=True,
    ),
    Mistake(
        id="V22",
        name="the product is poured into the output's shape",
        telltale="The shape is right; with one filter and one sample all is right, else numbers stand at other places.",
        question="What are the rows of your product, what its columns, and what may reshape not do?",
        section="06-columns#im2col",
        scope=IM2COL,
        variants=(PouredFromRows, PouredFromFilters),
        star=True,
    ),
    Mistake(
        id="V23",
        name="filters and columns disagree on the order of taps",
        telltale="With one channel and one kernel row it is right; else products are of the wrong pairs.",
        question="Does row k of the columns meet the element that weight.reshape puts at place k?",
        section="06-columns#im2col",
        scope=PRODUCTS,
        variants=(RowsOfAnotherOrder, TapsOfAnotherOrder, WeightPoured),
        star=True,
    ),
    Mistake(
        id="V24",
        name="grad_input is not added up, or not cropped right",
        telltale="grad_weight and grad_bias are right; grad_input misses terms or has another shape.",
        question="Does your fold pass its own check?",
        section="06-columns#columns-backward",
        scope=BACKWARD,
        variants=(
            BackwardOverwrites,
            BackwardAverages,
            BackwardNegativeSlice,
            BackwardNegativeSliceIfAny,
            BackwardNotCropped,
            BackwardCroppedIfRows,
            BackwardShort,
            OptionsStrideUnused,
        ),
        star=True,
    ),
    Mistake(
        id="V25",
        name="a matrix is reshaped where it should be transposed",
        telltale="The shapes fit; the gradient is a mixture of the right products.",
        question="What does reshape do to the order of elements, and what does a transpose do?",
        section="06-columns#columns-backward",
        scope=BACKWARD,
        variants=(RowsPoured, ColumnsPoured, WeightGradientPoured),
        star=True,
    ),
    Mistake(
        id="V26",
        name="grad_weight is not the sum over samples",
        telltale="With one sample all is right; with more, grad_weight is the mean or the last one's.",
        question="Each sample contributes to the same weight: what happens to its contributions?",
        section="06-columns#columns-backward",
        scope=BACKWARD,
        variants=(WeightLastSample, WeightMean),
    ),
    Mistake(
        id="V27",
        name="grad_output is ignored",
        telltale="The gradients do not change when grad_output does.",
        question="Whose derivative are you computing: that of a loss, or that of the sum of the output?",
        section="06-columns#columns-backward",
        scope=BACKWARD,
        variants=(UpstreamIgnored,),
    ),
    Mistake(
        id="V28",
        name="the kernel is mirrored and folded as well",
        telltale="Symmetric kernels are right; grad_input is that of the mirrored kernel.",
        question="fold already puts each product where it came from: what is left for a flip to do?",
        section="06-columns#columns-backward",
        scope=BACKWARD,
        variants=(RowsMirrored,),
    ),
    Mistake(
        id="V29",
        name="grad_bias is summed over the wrong axes",
        telltale="grad_input and grad_weight are right; grad_bias has another shape or is a fraction.",
        question="In how many outputs does one filter's bias appear?",
        section="06-columns#columns-backward",
        scope=BACKWARD,
        variants=(BiasOverSamples, BiasMean, BiasKeptAxes, BiasOfRows),
    ),
    Mistake(
        id="V30",
        name="the backward pass breaks the contract",
        telltale="The values are right; the dtype is not, or grad_output was changed, or a wrong shape accepted.",
        question="What does the caller still need after your function has returned?",
        section="06-columns#columns-backward",
        scope=BACKWARD,
        variants=(UpstreamChanged, DoubleGradients, AnyUpstream, UpstreamRefusedInSilence),
    ),
)
