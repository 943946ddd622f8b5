"""Mistakes of the backward pass, X01 to X20, W01 to W12, B01 to B05, what its contract adds, and
the clinic's.

Each mixin takes one decision of ``recipes.Backward`` differently. Two forms of the input's gradient
are told apart: a mixin of the scattering form, or of the gathering one, says which it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.exercises.backward import FINDINGS, PATIENTS
from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.catalogue.shared import (
    DilationPlusOne,
    DilationRowsOnly,
    FiltersInterleaved,
    FirstDilationForBoth,
    FirstStrideForBoth,
    GroupsInterleaved,
    OverflowsInside,
    PaddingSwapped,
    RoundedInside,
    StrideSwapped,
)
from autograder.diagnosis.recipes import backward as recipes
from autograder.diagnosis.recipes import forward

RECIPES: dict[str, tuple[type, Callable[[Any], Callable[..., Any]]]] = {
    "conv2d_bias": (recipes.BiasGradient, lambda recipe: recipe),
    "conv2d_weight": (recipes.WeightGradient, lambda recipe: recipe),
    "conv2d_input": (recipes.InputGradient, lambda recipe: recipe),
    "conv2d_input_gather": (recipes.GatheredInputGradient, lambda recipe: recipe),
    "conv2d_backward": (recipes.Gradients, lambda recipe: recipe),
}

# --- Where they can be made -----------------------------------------------------------------------

STAGES = ("", ".pairs", ".dilation", ".groups", ".contract")
BIAS = ("conv2d_bias",)
WEIGHT = tuple(f"conv2d_weight{stage}" for stage in STAGES)
SCATTER = tuple(f"conv2d_input{stage}" for stage in STAGES)
GATHER = ("conv2d_input_gather",)
WHOLE = ("conv2d_backward", "conv2d_backward.contract")
INPUT = (*SCATTER, *GATHER, *WHOLE)
BOTH = (*WEIGHT, *INPUT)  # the gradients that know a window
EVERYWHERE = (*BIAS, *BOTH)
OPTIONS = ("conv2d_input_gather", "conv2d_backward")  # exercises that have every option at once
PAIRED = (*(e for e in BOTH if e.endswith((".pairs", ".dilation", ".groups"))), *OPTIONS)
DILATED = (*(e for e in BOTH if e.endswith((".dilation", ".groups"))), *OPTIONS)
GROUPED = (*(e for e in BOTH if e.endswith(".groups")), *OPTIONS)
CONTRACTS = tuple(e for e in BOTH if e.endswith(".contract"))


def within(scope: tuple[str, ...], *others: tuple[str, ...]) -> tuple[str, ...]:
    """The exercises that are in all of these scopes."""
    return tuple(e for e in scope if all(e in other for other in others))


class Scattered:
    """A mistake of the form that scatters."""

    form = "scatter"
    scope: tuple[str, ...] = (*SCATTER, *WHOLE)


class Gathered:
    """A mistake of the form that gathers."""

    form = "gather"


# --- The upstream gradient ------------------------------------------------------------------------


class InputIgnoresUpstream:
    def input_upstream(self, grad_output: Any) -> Any:
        return np.ones_like(grad_output)


class WeightIgnoresUpstream:
    def weight_upstream(self, grad_output: Any) -> Any:
        return np.ones_like(grad_output)


class BiasIgnoresUpstream:
    def bias_upstream(self, grad_output: Any) -> Any:
        return np.ones_like(grad_output)


def mixed_up(grad_output: Any) -> Any:
    """Reshaped to (C_out, N, …) where the axes should have been exchanged."""
    samples, filters, *size = grad_output.shape
    return grad_output.reshape(filters, samples, *size).swapaxes(0, 1)


class InputUpstreamReshaped:
    def input_upstream(self, grad_output: Any) -> Any:
        return mixed_up(grad_output)


class WeightUpstreamReshaped:
    def weight_upstream(self, grad_output: Any) -> Any:
        return mixed_up(grad_output)


def layer(input: Any, weight: Any, options: recipes.Options) -> Any:
    """The forward pass that the options belong to."""
    return forward.Convolution()(input, weight, None, *options)


class OutputForUpstream:
    def chained(self, grad_output: Any, input: Any, weight: Any, options: Any) -> Any:
        return layer(input, weight, options).astype(grad_output.dtype)


class OutputTimesUpstream:
    def chained(self, grad_output: Any, input: Any, weight: Any, options: Any) -> Any:
        return (grad_output * layer(input, weight, options)).astype(grad_output.dtype)


class TimesItself:
    """Each gradient is multiplied with what it is the gradient of."""

    def together(self, grad_input: Any, grad_weight: Any, grad_bias: Any, arrays: Any) -> Any:
        _, input, weight = arrays
        return grad_input * input, grad_weight * weight, grad_bias


class WeightTimesItself:
    def together(self, grad_input: Any, grad_weight: Any, grad_bias: Any, arrays: Any) -> Any:
        return grad_input, grad_weight * arrays[2], grad_bias


# --- The input's gradient: sums -------------------------------------------------------------------


class PatchOverwrites(Scattered):
    """The last window that reaches an element wins."""

    def order(self, taps: Any) -> Any:
        return list(taps)[::-1]  # a later window reaches an element with an earlier tap

    def deposit(self, padded: Any, at: Any, term: Any) -> None:
        padded[at] = term


class PatchOfOneFilterOverwrites(PatchOverwrites):
    def back(self, upstream: Any, weights: Any) -> Any:
        return super().back(upstream[:, -1:], weights[-1:])


class TapOverwrites(Scattered):
    def deposit(self, padded: Any, at: Any, term: Any) -> None:
        padded[at] = term


class LastFilter:
    def back(self, upstream: Any, weights: Any) -> Any:
        return super().back(upstream[:, -1:], weights[-1:])


class FirstFilter:
    def back(self, upstream: Any, weights: Any) -> Any:
        return super().back(upstream[:, :1], weights[:1])


class InputLastSample:
    def input_scaled(self, gradient: Any, grad_output: Any, options: Any) -> Any:
        gradient[:-1] = 0
        return gradient


class InputFirstSample:
    def input_scaled(self, gradient: Any, grad_output: Any, options: Any) -> Any:
        gradient[1:] = 0
        return gradient


class InputLikeLastSample:
    def input_scaled(self, gradient: Any, grad_output: Any, options: Any) -> Any:
        gradient[:] = gradient[-1:].copy()
        return gradient


class InputLikeFirstSample:
    def input_scaled(self, gradient: Any, grad_output: Any, options: Any) -> Any:
        gradient[:] = gradient[:1].copy()
        return gradient


class InputFirstOnly:
    """Returns what belongs to the first sample."""

    def input_scaled(self, gradient: Any, grad_output: Any, options: Any) -> Any:
        return gradient[:1]


class FiltersTimes:
    def input_scaled(self, gradient: Any, grad_output: Any, options: Any) -> Any:
        return gradient * grad_output.shape[1]


class FiltersOfGroupTimes:
    def input_scaled(self, gradient: Any, grad_output: Any, options: Any) -> Any:
        return gradient * (grad_output.shape[1] // options.groups)


class InputOverSamples:
    def input_scaled(self, gradient: Any, grad_output: Any, options: Any) -> Any:
        return gradient / len(grad_output)


class InputOverStops:
    def input_scaled(self, gradient: Any, grad_output: Any, options: Any) -> Any:
        return gradient / np.prod(grad_output.shape[2:])


class InputOverFilters:
    def input_scaled(self, gradient: Any, grad_output: Any, options: Any) -> Any:
        return gradient / grad_output.shape[1]


class InputOverAll:
    def input_scaled(self, gradient: Any, grad_output: Any, options: Any) -> Any:
        return gradient / grad_output.size


# --- The input's gradient: orientation ------------------------------------------------------------


class KernelTurned:
    """Half a turn too many, or too few: which of the two depends on the form."""

    def kernel(self, weight: Any) -> Any:
        return weight[..., ::-1, ::-1]


class KernelRowsTurned:
    scope = INPUT

    def kernel(self, weight: Any) -> Any:
        return weight[..., ::-1, :]


class KernelColumnsTurned:
    scope = INPUT

    def kernel(self, weight: Any) -> Any:
        return weight[..., ::-1]


class KernelFlat:
    def kernel(self, weight: Any) -> Any:
        return weight.swapaxes(-1, -2)


class ChannelsNotExchanged:
    def kernel(self, weight: Any) -> Any:
        return weight.swapaxes(0, 1)


class EveryAxisTurned:
    """np.flip without an axis, in the form that needs a turn of two."""

    def kernel(self, weight: Any) -> Any:
        return weight[::-1, ::-1]


class WrongAxesTurned:
    """np.rot90 turns the first two axes unless it is told otherwise."""

    def kernel(self, weight: Any) -> Any:
        return weight[::-1, ::-1, ::-1, ::-1]


# --- The input's gradient: stride -----------------------------------------------------------------


class ScatterStrideIgnored(Scattered):
    scope = INPUT

    def landing(self, stops: Any, tap: int, stride: int, dilation: int, axis: int) -> Any:
        return stops + tap * dilation


class ScatterStrideRowsOnly(Scattered):
    scope = INPUT

    def landing(self, stops: Any, tap: int, stride: int, dilation: int, axis: int) -> Any:
        return stops * (stride if axis == 0 else 1) + tap * dilation


class ScatterStrideColumnsOnly(Scattered):
    scope = INPUT

    def landing(self, stops: Any, tap: int, stride: int, dilation: int, axis: int) -> Any:
        return stops * (stride if axis == 1 else 1) + tap * dilation


class ScatterStrideAsDilation(Scattered):
    def landing(self, stops: Any, tap: int, stride: int, dilation: int, axis: int) -> Any:
        return stops + tap * stride * dilation


class SameBorders(Gathered):
    """d(k − 1) − p on both sides: rows that the stride left over are forgotten."""

    def gather_border(
        self, size: int, spread: int, kernel_size: int, padding: int, dilation: int
    ) -> Any:
        return (dilation * (kernel_size - 1) - padding,) * 2


class NotSpread(SameBorders):
    def spread(self, upstream: Any, strides: Any) -> Any:
        return upstream


class SpreadTooFar(SameBorders):
    """As many zeros between neighbours as the stride says, which is one too many."""

    def spread(self, upstream: Any, strides: Any) -> Any:
        return super().spread(upstream, tuple(s + (s > 1) for s in strides))


class SpreadByRepeating(Gathered):
    """Repeats elements where zeros belong."""

    def spread(self, upstream: Any, strides: Any) -> Any:
        repeated = upstream.repeat(strides[0], axis=2).repeat(strides[1], axis=3)
        rows, columns = (s * (n - 1) + 1 for s, n in zip(strides, upstream.shape[2:], strict=True))
        return repeated[:, :, :rows, :columns]


# --- The input's gradient: size and padding -------------------------------------------------------


class RoomRebuilt(Scattered):
    """Sizes from grad_output: rows that the stride left over are forgotten."""

    def room(self, input_size: Any, kernel: Any, upstream: Any, options: Any) -> Any:
        return tuple(
            options.strides[a] * (upstream.shape[2 + a] - 1)
            + options.dilations[a] * (kernel.shape[2 + a] - 1)
            + 1
            for a in (0, 1)
        )


class CroppedFromBehind(RoomRebuilt):
    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        (top, left), (height, width) = paddings, padded.shape[2:]
        return padded[:, :, top : height - top, left : width - left]


class NegativeSlice(Scattered):
    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        top, left = paddings
        return padded[:, :, top:-top, left:-left]


class NegativeSliceIfAny(NegativeSlice):
    """One question for two axes: no padding is let through, but (0, 1) is not."""

    scope = ("conv2d_input.pairs", "conv2d_backward")

    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        return super().crop(padded, input_size, paddings) if any(paddings) else padded


class CroppedIfRows(Scattered):
    """Asks about the rows, and cuts the columns only where the rows are cut too."""

    scope = ("conv2d_input.pairs", "conv2d_backward")

    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        return super().crop(padded, input_size, paddings) if paddings[0] else padded


class CroppedIfColumns(Scattered):
    scope = ("conv2d_input.pairs",)  # the zoo holds its counterpart, and four probes are few

    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        return super().crop(padded, input_size, paddings) if paddings[1] else padded


class NotCropped(Scattered):
    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        return padded


class CropsFromZero(Scattered):
    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        return padded[:, :, : input_size[2], : input_size[3]]


class CropsFromEnd(Scattered):
    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        return padded[:, :, -input_size[2] :, -input_size[3] :]


class CropsOne(Scattered):
    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        return padded[:, :, 1:-1, 1:-1]


class CropsOneIfPadded(Scattered):
    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        return padded[:, :, 1:-1, 1:-1] if any(paddings) else padded


class CropsOneToSize(Scattered):
    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        start, (height, width) = int(any(paddings)), input_size[2:]
        return padded[:, :, start : start + height, start : start + width]


class CropsFrontOnly(Scattered):
    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        return padded[:, :, paddings[0] :, paddings[1] :]


class CropsTwice(Scattered):
    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        (top, left), (height, width) = paddings, padded.shape[2:]
        return padded[:, :, 2 * top : height - 2 * top, 2 * left : width - 2 * left]


class ComesRound(Scattered):
    """Indices taken modulo the size."""

    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        result = padded
        for axis in (2, 3):
            lines = (np.arange(result.shape[axis]) - paddings[axis - 2]) % input_size[axis]
            folded = np.zeros((*result.shape[:axis], input_size[axis], *result.shape[axis + 1 :]))
            np.add.at(folded, (*(slice(None),) * axis, lines), result)
            result = folded
        return result


class NegativeIndices(ComesRound):
    """Indices below zero count from the end; those past the end are an error."""

    def crop(self, padded: Any, input_size: Any, paddings: Any) -> Any:
        (top, left), (height, width) = paddings, input_size[2:]
        if padded[:, :, top + height :].any() or padded[:, :, :, left + width :].any():
            raise IndexError("index is out of bounds")
        return super().crop(padded, input_size, paddings)


class FullBorder(Gathered):
    """k − 1 zeros on each side whatever the padding was, and no rows for the remainder."""

    def gather_border(
        self, size: int, spread: int, kernel_size: int, padding: int, dilation: int
    ) -> Any:
        return (dilation * (kernel_size - 1),) * 2


class FullBorderAndRemainder(Gathered):
    scope = GATHER  # by scattering, the same is an array that is not cropped

    def gather_border(
        self, size: int, spread: int, kernel_size: int, padding: int, dilation: int
    ) -> Any:
        before = dilation * (kernel_size - 1)
        return before, size + 2 * padding - spread


class FullBorderCutToSize(FullBorderAndRemainder):
    def fitted(self, gradient: Any, input_size: Any, options: Any) -> Any:
        return gradient[:, :, : input_size[2], : input_size[3]]


class BorderOfForward(Gathered):
    """The padding of the forward pass, as if this were the same layer again."""

    def gather_border(
        self, size: int, spread: int, kernel_size: int, padding: int, dilation: int
    ) -> Any:
        return padding, padding


class BorderUndilated(Gathered):
    scope = within(DILATED, INPUT)

    def gather_border(
        self, size: int, spread: int, kernel_size: int, padding: int, dilation: int
    ) -> Any:
        return (kernel_size - 1 - padding,) * 2


class NegativeBorderFails(Gathered):
    def framed(self, spread: Any, borders: Any) -> Any:
        return np.pad(spread, ((0, 0), (0, 0), *borders))


class NegativeBorderIsNone(Gathered):
    def framed(self, spread: Any, borders: Any) -> Any:
        return np.pad(spread, ((0, 0), (0, 0), *recipes.least_zero(borders)))


# --- Bounds, for both -----------------------------------------------------------------------------


class BoundsOfInput:
    def stops(self, size: Any, input_size: Any, options: Any) -> Any:
        return input_size[2:]


class BoundsOfInputInside:
    """The bounds of the input, cut at what there is of grad_output."""

    def stops(self, size: Any, input_size: Any, options: Any) -> Any:
        return tuple(map(min, size, input_size[2:]))


class SmallerBound:
    def stops(self, size: Any, input_size: Any, options: Any) -> Any:
        return (min(size),) * 2


class RowsForBoth:
    def stops(self, size: Any, input_size: Any, options: Any) -> Any:
        return (size[0],) * 2


class ColumnsForBoth:
    def stops(self, size: Any, input_size: Any, options: Any) -> Any:
        return (size[1],) * 2


class HeightForBothTaps:
    def tap_bounds(self, kernel_size: Any) -> Any:
        return (kernel_size[0],) * 2


class WidthForBothTaps:
    def tap_bounds(self, kernel_size: Any) -> Any:
        return (kernel_size[1],) * 2


# --- Options, for both ----------------------------------------------------------------------------


class DilationDropped:
    scope = DILATED

    def dilation_pair(self, dilation: Any) -> Any:
        return 1, 1


class FirstGroupForAll:
    scope = GROUPED

    def group_channels(self, group: int, groups: int, channels: int) -> Any:
        return np.arange(channels // groups)


class OneGroup:
    scope = GROUPED

    def options(self, *args: Any, **kwargs: Any) -> Any:
        return super().options(*args, **kwargs)._replace(groups=1)


class AllInterleaved(GroupsInterleaved, FiltersInterleaved):
    pass


class UpstreamInterleaved:
    """Reads every groups-th channel of grad_output for filters that lie side by side."""

    def upstream(self, grad_output: Any) -> Any:
        filters = grad_output.shape[1]
        order = [f for g in range(self.read.groups) for f in range(g, filters, self.read.groups)]
        return grad_output[:, order]

    def options(self, *args: Any, **kwargs: Any) -> Any:
        self.read = super().options(*args, **kwargs)
        return self.read


class DilationSwapped:
    scope = DILATED

    def dilation_pair(self, dilation: Any) -> Any:
        return super().dilation_pair(dilation)[::-1]


class AllSwapped:
    def pair(self, option: Any) -> Any:
        return super().pair(option)[::-1]


class FirstPaddingForBoth:
    def padding_pair(self, padding: Any) -> Any:
        return (super().padding_pair(padding)[0],) * 2


# --- The weight's gradient ------------------------------------------------------------------------


class MeetingStrideIgnored:
    def meeting(self, stops: Any, tap: int, stride: int, dilation: int, axis: int) -> Any:
        return stops + tap * dilation


class MeetingStrideRowsOnly:
    def meeting(self, stops: Any, tap: int, stride: int, dilation: int, axis: int) -> Any:
        return stops * (stride if axis == 0 else 1) + tap * dilation


class MeetingStrideColumnsOnly:
    def meeting(self, stops: Any, tap: int, stride: int, dilation: int, axis: int) -> Any:
        return stops * (stride if axis == 1 else 1) + tap * dilation


class MeetingStrideAndDilationExchanged:
    """grad_output as the kernel, with the layer's stride and dilation instead of exchanged."""

    def meeting(self, stops: Any, tap: int, stride: int, dilation: int, axis: int) -> Any:
        return stops * dilation + tap * stride


class EveryPlace:
    """grad_output slides over all of the input, and every place is kept."""

    def weight_room(self, weight_size: Any, padded: Any, stops: Any, options: Any) -> Any:
        room = []
        for a in (0, 1):
            step, tap = self.steps(options.strides[a], options.dilations[a])
            room.append((padded.shape[2 + a] - step * (stops[a] - 1) - 1) // tap + 1)
        return (*weight_size[:2], *room)

    def steps(self, stride: int, dilation: int) -> tuple[int, int]:
        """Between neighbours of grad_output, and between places."""
        return stride, dilation


class EveryPlaceNotSpread(MeetingStrideIgnored, EveryPlace):
    def steps(self, stride: int, dilation: int) -> tuple[int, int]:
        return 1, dilation


class EveryPlaceExchanged(MeetingStrideAndDilationExchanged, EveryPlace):
    def steps(self, stride: int, dilation: int) -> tuple[int, int]:
        return dilation, stride


class Unpadded:
    def padded(self, input: Any, borders: Any) -> Any:
        return input


class WeightTurned:
    def turned_weight(self, gradient: Any) -> Any:
        return gradient[..., ::-1, ::-1]


class WeightRowsTurned:
    scope: tuple[str, ...] = (*WEIGHT, *WHOLE)

    def turned_weight(self, gradient: Any) -> Any:
        return gradient[..., ::-1, :]


class WeightColumnsTurned:
    scope: tuple[str, ...] = (*WEIGHT, *WHOLE)

    def turned_weight(self, gradient: Any) -> Any:
        return gradient[..., ::-1]


class WeightOverSamples:
    def weight_scaled(self, gradient: Any, grad_output: Any) -> Any:
        return gradient / len(grad_output)


class WeightOverStops:
    def weight_scaled(self, gradient: Any, grad_output: Any) -> Any:
        return gradient / np.prod(grad_output.shape[2:])


class WeightOverSamplesAndStops:
    def weight_scaled(self, gradient: Any, grad_output: Any) -> Any:
        return gradient / (len(grad_output) * np.prod(grad_output.shape[2:]))


class WeightLastSample:
    def share(self, upstream: Any, met: Any) -> Any:
        return super().share(upstream[-1:], met[-1:])


class WeightFirstSample:
    def share(self, upstream: Any, met: Any) -> Any:
        return super().share(upstream[:1], met[:1])


class WeightLastStop:
    def share(self, upstream: Any, met: Any) -> Any:
        return super().share(upstream[..., -1:, -1:], met[..., -1:, -1:])


class WeightLastTerm:
    def share(self, upstream: Any, met: Any) -> Any:
        return super().share(upstream[-1:, :, -1:, -1:], met[-1:, :, -1:, -1:])


class WeightFiltersAdded:
    def share(self, upstream: Any, met: Any) -> Any:
        return super().share(upstream.sum(axis=1, keepdims=True), met)


class WeightChannelsAdded:
    def share(self, upstream: Any, met: Any) -> Any:
        return super().share(upstream, met.sum(axis=1, keepdims=True))


class WeightAxesExchanged:
    def turned_weight(self, gradient: Any) -> Any:
        return gradient.swapaxes(0, 1)


class WeightIndicesExchanged:
    """grad_weight[c, f] of an array with filters first."""

    def turned_weight(self, gradient: Any) -> Any:
        if gradient.shape[0] != gradient.shape[1]:
            raise IndexError("index is out of bounds")
        return gradient.swapaxes(0, 1)


class WeightTransposed:
    def turned_weight(self, gradient: Any) -> Any:
        return gradient.swapaxes(-1, -2)


class WeightTransposedInPlace:
    """grad_weight[…, v, u]."""

    def turned_weight(self, gradient: Any) -> Any:
        if gradient.shape[-1] != gradient.shape[-2]:
            raise IndexError("index is out of bounds")
        return gradient.swapaxes(-1, -2)


class BorderInFront:
    def border(self, padding: int) -> tuple[int, int]:
        return 2 * padding, 0


class BorderBehind:
    def border(self, padding: int) -> tuple[int, int]:
        return 0, 2 * padding


class BorderOne:
    def border(self, padding: int) -> tuple[int, int]:
        return 1, 1


class BorderOneIfAny:
    def border(self, padding: int) -> tuple[int, int]:
        return (1, 1) if padding else (0, 0)


class BorderOfEdge:
    def padded(self, input: Any, borders: Any) -> Any:
        return np.pad(input, ((0, 0), (0, 0), *borders), mode="edge")


class BorderOfReflection:
    def padded(self, input: Any, borders: Any) -> Any:
        return np.pad(input, ((0, 0), (0, 0), *borders), mode="reflect")


class BorderOfOtherEnd:
    def padded(self, input: Any, borders: Any) -> Any:
        return np.pad(input, ((0, 0), (0, 0), *borders), mode="wrap")


# --- The bias's gradient --------------------------------------------------------------------------


class BiasMeanCut:
    """Whole numbers have a whole mean: it was put into an array of theirs."""

    def summed(self, upstream: Any) -> Any:
        return upstream.mean(axis=(0, 2, 3))


class Quotient:
    """NumPy's division makes fractions of whole numbers."""

    def bias_dtype(self, grad_output: Any) -> Any:
        return (grad_output[:0] / 1).dtype


class BiasMean(Quotient, BiasMeanCut):
    pass


class BiasOverSamples(Quotient):
    def summed(self, upstream: Any) -> Any:
        return upstream.sum(axis=(0, 2, 3)) / len(upstream)


class BiasMeanOfPlanes(Quotient):
    def summed(self, upstream: Any) -> Any:
        return upstream.mean(axis=(2, 3)).sum(axis=0)


class BiasSumOfSamples:
    def summed(self, upstream: Any) -> Any:
        return upstream.sum(axis=0)


class BiasKeepsAxes:
    def summed(self, upstream: Any) -> Any:
        return upstream.sum(axis=(0, 2, 3), keepdims=True)


class BiasSumOfFilters:
    def summed(self, upstream: Any) -> Any:
        return upstream.sum(axis=(1, 2, 3))


class BiasSumOfPlanes:
    def summed(self, upstream: Any) -> Any:
        return upstream.sum(axis=(2, 3))


class BiasSumOfSamplesAndRows:
    def summed(self, upstream: Any) -> Any:
        return upstream.sum(axis=(0, 2))


class BiasColumn:
    def summed(self, upstream: Any) -> Any:
        return upstream.sum(axis=(0, 2, 3))[:, np.newaxis]


class BiasSumPerRow:
    def summed(self, upstream: Any) -> Any:
        return upstream.sum(axis=(0, 1, 3))


class BiasSumPerColumn:
    def summed(self, upstream: Any) -> Any:
        return upstream.sum(axis=(0, 1, 2))


class BiasLastSample:
    def summed(self, upstream: Any) -> Any:
        return upstream[-1].sum(axis=(1, 2))


class BiasFirstSample:
    def summed(self, upstream: Any) -> Any:
        return upstream[0].sum(axis=(1, 2))


class BiasLastTerm:
    def summed(self, upstream: Any) -> Any:
        return upstream[-1, :, -1, -1].copy()


class BiasTotal:
    def summed(self, upstream: Any) -> Any:
        return np.full(upstream.shape[1], upstream.sum())


class BiasScalar:
    def summed(self, upstream: Any) -> Any:
        return upstream.sum(keepdims=True).reshape(1)


# --- The contract ---------------------------------------------------------------------------------


class FirstDtype:
    def dtype(self, *arrays: Any) -> Any:
        return arrays[0].dtype


class LastDtype:
    scope = within(CONTRACTS, (*WEIGHT, *SCATTER))

    def dtype(self, *arrays: Any) -> Any:
        return arrays[-1].dtype


class CastToUpstream:
    """What grad_output meets is given grad_output's dtype first, so its fractions are cut off."""

    scope = within(CONTRACTS, (*WEIGHT, *SCATTER))

    def grad_weight(self, input: Any, weight_size: Any, grad_output: Any, options: Any) -> Any:
        cast = input.astype(grad_output.dtype)
        return super().grad_weight(cast, weight_size, grad_output, options)

    def grad_input(self, input_size: Any, weight: Any, grad_output: Any, options: Any) -> Any:
        cast = weight.astype(grad_output.dtype)
        return super().grad_input(input_size, cast, grad_output, options)


class ZerosLikeInput:
    """Every gradient gets the input's dtype."""

    scope = within(CONTRACTS, WHOLE)

    def together(self, grad_input: Any, grad_weight: Any, grad_bias: Any, arrays: Any) -> Any:
        dtype = arrays[1].dtype
        return grad_input.astype(dtype), grad_weight, grad_bias


class AlwaysFloat64:
    def finish(self, gradient: Any, *arrays: Any) -> Any:
        return super().finish(gradient, *arrays).astype(np.float64)


class AlwaysFloat32:
    def finish(self, gradient: Any, *arrays: Any) -> Any:
        return super().finish(gradient, *arrays).astype(np.float32)


class WritesIntoOperand:
    """The array that grad_output meets is used as scratch."""

    scope = BOTH

    def finish(self, gradient: Any, *arrays: Any) -> Any:
        gradient = super().finish(gradient, *arrays).copy()
        if len(arrays) > 1:
            arrays[0][...] = arrays[0][..., ::-1, ::-1].copy()
            arrays[0][..., 0, :] = 0
        return gradient


class WritesGradientIntoInput:
    scope = WHOLE

    def together(self, grad_input: Any, grad_weight: Any, grad_bias: Any, arrays: Any) -> Any:
        arrays[1][...] = grad_input.astype(arrays[1].dtype)
        return grad_input, grad_weight, grad_bias


class ScalesUpstreamInPlace:
    def finish(self, gradient: Any, *arrays: Any) -> Any:
        gradient = super().finish(gradient, *arrays).copy()
        arrays[-1][...] = arrays[-1] * 2
        return gradient


class ClearsUpstream:
    def finish(self, gradient: Any, *arrays: Any) -> Any:
        gradient = super().finish(gradient, *arrays).copy()
        arrays[-1][...] = 0
        return gradient


class AssumesRowMajor:
    """Takes grad_output's numbers in the order in which they lie in memory."""

    def upstream(self, grad_output: Any) -> Any:
        along = tuple(slice(None, None, -1 if step < 0 else 1) for step in grad_output.strides)
        return grad_output[along].ravel(order="K").reshape(grad_output.shape)


class SharedBuffer:
    """Every call returns the same array, refilled."""

    def __init__(self) -> None:
        self.buffers: dict[Any, Any] = {}

    def finish(self, gradient: Any, *arrays: Any) -> Any:
        gradient = super().finish(gradient, *arrays)
        buffer = self.buffers.setdefault((gradient.shape, gradient.dtype), np.empty_like(gradient))
        buffer += 1  # whoever kept the last result sees it change
        buffer[...] = gradient
        return buffer


class StaleAccumulator:
    def __init__(self) -> None:
        self.sums: dict[Any, Any] = {}

    def finish(self, gradient: Any, *arrays: Any) -> Any:
        gradient = super().finish(gradient, *arrays)
        key = (gradient.shape, gradient.dtype)
        self.sums[key] = self.sums.get(key, 0) + gradient
        return self.sums[key].copy()


def cut(array: Any, shape: tuple[int, ...]) -> Any:
    """An array made to fit: cut where it is too large, filled with zeros where it is too small."""
    array = array[tuple(slice(0, size) for size in shape)]
    return np.pad(array, [(0, size - had) for size, had in zip(shape, array.shape, strict=True)])


class AcceptsAnything:
    """Cuts arrays down until they fit instead of refusing them."""

    def refuse(self, *args: Any, **options: Any) -> None:
        pass

    def options(self, *args: Any, **kwargs: Any) -> Any:
        self.read = super().options(*args, **kwargs)
        return self.read

    def grad_input(self, input_size: Any, weight: Any, grad_output: Any, options: Any) -> Any:
        shape = (weight.shape[0], input_size[1] // options.groups, *weight.shape[2:])
        weight = cut(weight, shape)
        grad_output = self.fitting(input_size, weight.shape, grad_output, options)
        return super().grad_input(input_size, weight, grad_output, options)

    def grad_weight(self, input: Any, weight_size: Any, grad_output: Any, options: Any) -> Any:
        input = cut(input, (len(input), weight_size[1] * options.groups, *input.shape[2:]))
        grad_output = self.fitting(input.shape, weight_size, grad_output, options)
        return super().grad_weight(input, weight_size, grad_output, options)

    def fitting(self, input_size: Any, weight_size: Any, grad_output: Any, options: Any) -> Any:
        stops = [
            max(
                (
                    input_size[2 + a]
                    + 2 * options.paddings[a]
                    - options.dilations[a] * (weight_size[2 + a] - 1)
                    - 1
                )
                // options.strides[a]
                + 1,
                0,
            )
            for a in (0, 1)
        ]
        return cut(grad_output, (input_size[0], weight_size[0], *stops))


class AcceptsTooFew(AcceptsAnything):
    """Refuses a grad_output that is too large and takes one that is too small."""

    def refuse(
        self, input_size: Any, weight_size: Any, grad_size: Any, *args: Any, **kw: Any
    ) -> None:
        fits = recipes.Backward().refuse
        try:
            fits(input_size, weight_size, grad_size, *args, **kw)
        except ValueError:
            for axis in range(4):
                fuller = (*grad_size[:axis], grad_size[axis] + 1, *grad_size[axis + 1 :])
                try:
                    return fits(input_size, weight_size, fuller, *args, **kw)
                except ValueError:
                    pass
            raise


class RefusesByAssertion:
    def refuse(self, *args: Any, **options: Any) -> None:
        try:
            super().refuse(*args, **options)
        except ValueError as error:
            raise AssertionError(*error.args) from None


class RefusesWithoutSizes:
    def refuse(self, *args: Any, **options: Any) -> None:
        try:
            super().refuse(*args, **options)
        except ValueError:
            raise ValueError("bad shapes") from None


class WeightFirst:
    def together(self, grad_input: Any, grad_weight: Any, grad_bias: Any, arrays: Any) -> Any:
        return grad_weight, grad_input, grad_bias


class BiasFirst:
    def together(self, grad_input: Any, grad_weight: Any, grad_bias: Any, arrays: Any) -> Any:
        return grad_bias, grad_weight, grad_input


class WeightThenBias:
    """The order in which they are needed, input last."""

    def together(self, grad_input: Any, grad_weight: Any, grad_bias: Any, arrays: Any) -> Any:
        return grad_weight, grad_bias, grad_input


# --- The clinic -----------------------------------------------------------------------------------


def the_same_for_all() -> dict[str, str]:
    return dict.fromkeys(PATIENTS, FINDINGS[0])


def the_list_in_order() -> dict[str, str]:
    return dict(zip(PATIENTS, FINDINGS, strict=False))


# --- The entries ----------------------------------------------------------------------------------

CARRIED: dict[str, tuple[tuple[str, ...], tuple[Any, ...]]] = {
    "F02": (
        BOTH,
        (KernelRowsTurned, KernelColumnsTurned, WeightRowsTurned, WeightColumnsTurned),
    ),
    "F04": (BOTH, (SmallerBound, RowsForBoth, ColumnsForBoth)),
    "F05": (BOTH, (HeightForBothTaps, WidthForBothTaps)),
    "F11": ((*WEIGHT, *WHOLE), (BorderInFront, BorderBehind)),
    "F12": ((*WEIGHT, *WHOLE), (BorderOne, BorderOneIfAny)),
    "F13": ((*WEIGHT, *WHOLE), (BorderOfEdge, BorderOfReflection, BorderOfOtherEnd)),
    "F23": (DILATED, (DilationPlusOne, DilationRowsOnly, FirstDilationForBoth)),
    "F25": (
        GROUPED,
        (GroupsInterleaved, FiltersInterleaved, AllInterleaved, UpstreamInterleaved),
    ),
    "F35": (CONTRACTS, (RoundedInside, OverflowsInside)),
    "F26": (
        PAIRED,
        (
            StrideSwapped,
            PaddingSwapped,
            DilationSwapped,
            AllSwapped,
            FirstStrideForBoth,
            FirstPaddingForBoth,
        ),
    ),
    "F27": (CONTRACTS, (FirstDtype, LastDtype, CastToUpstream, ZerosLikeInput)),
    "F28": ((*BIAS, *CONTRACTS), (AlwaysFloat64, AlwaysFloat32)),
    "F29": (BOTH, (WritesIntoOperand, WritesGradientIntoInput)),
    "F30": ((*BIAS, *CONTRACTS), (AssumesRowMajor,)),
    "K01": (EVERYWHERE, (SharedBuffer,)),
    "K03": (EVERYWHERE, (StaleAccumulator,)),
    "K09": (CONTRACTS, (AcceptsAnything, AcceptsTooFew, RefusesByAssertion, RefusesWithoutSizes)),
}

MISTAKES = (
    Mistake(
        id="X01",
        name="windows overwrite each other instead of adding up",
        telltale="Where windows do not overlap all is right; where they do, only one of them counts.",
        question="An input element lies in four windows. How many shares does it get?",
        section="04-backward#grad-input",
        scope=(*SCATTER, *WHOLE),
        variants=(PatchOverwrites, PatchOfOneFilterOverwrites, TapOverwrites),
        star=True,
    ),
    Mistake(
        id="X02",
        name="the kernel is not turned, in the form that gathers",
        telltale="The result is the right one for a kernel turned by half a turn.",
        question="An input element asks: which tap lay on me when the window stood further up and left?",
        section="04-backward#gather",
        scope=INPUT,
        variants=(KernelTurned,),
        star=True,
    ),
    Mistake(
        id="X03",
        name="the kernel is turned, in the form that scatters",
        telltale="The result is the right one for a kernel turned by half a turn.",
        question="A single 1 in grad_output stamps something into the input's gradient. Which way up?",
        section="04-backward#grad-input",
        scope=(*SCATTER, *WHOLE),
        variants=(KernelTurned,),
        star=True,
    ),
    Mistake(
        id="X04",
        name="the stride is ignored on the way back",
        telltale="With stride 1 all is right; with more, the shares lie too close together.",
        question="Where in the input did the window of output row i start?",
        section="04-backward#input-stride",
        scope=INPUT,
        variants=(
            ScatterStrideIgnored,
            ScatterStrideRowsOnly,
            ScatterStrideColumnsOnly,
            ScatterStrideAsDilation,
            NotSpread,
            SpreadTooFar,
            SpreadByRepeating,
        ),
        star=True,
    ),
    Mistake(
        id="X05",
        name="a slice from p to −p is empty when p is 0",
        telltale="With padding all is right; without it, nothing comes back.",
        question="What is x[0:-0] in Python?",
        section="04-backward#input-padding",
        scope=(*SCATTER, *WHOLE),
        variants=(NegativeSlice, NegativeSliceIfAny),
        star=True,
    ),
    Mistake(
        id="X06",
        name="the border is not cut off, or in the wrong place",
        telltale="Without padding all is right; with it, the result is too large, or shifted.",
        question="In which row of the padded array does the input's first row lie?",
        section="04-backward#input-padding",
        scope=(*SCATTER, *WHOLE),
        variants=(
            NotCropped,
            CroppedIfRows,
            CroppedIfColumns,
            CropsFromZero,
            CropsFromEnd,
            CropsOne,
            CropsOneIfPadded,
            CropsOneToSize,
            CropsFrontOnly,
        ),
    ),
    Mistake(
        id="X07",
        name="what the stride leaves over is forgotten",
        telltale="The result has too few rows or columns exactly where the stride leaves a remainder.",
        question="The last row was read by no window. Has it no gradient, or a gradient of zero?",
        section="04-backward#input-remainder",
        scope=INPUT,
        variants=(RoomRebuilt, CroppedFromBehind, SameBorders),
        star=True,
    ),
    Mistake(
        id="X08",
        name="the filters are summed twice",
        telltale="Everything is too large by one factor: the number of filters.",
        question="How often does the line that sums over filters run?",
        section="04-backward#grad-input",
        scope=INPUT,
        variants=(FiltersTimes, FiltersOfGroupTimes),
        star=True,
    ),
    Mistake(
        id="X09",
        name="one filter or one sample is kept instead of all",
        telltale="With one filter and one sample all is right; with more, one of them counts.",
        question="An input channel was read by every filter. What happens to the first filter's share?",
        section="04-backward#grad-input",
        scope=INPUT,
        variants=(
            LastFilter,
            FirstFilter,
            InputLastSample,
            InputFirstSample,
            InputFirstOnly,
            InputLikeLastSample,
            InputLikeFirstSample,
        ),
    ),
    Mistake(
        id="X10",
        name="the input's gradient ignores grad_output",
        telltale="Any grad_output of that shape gives the same result.",
        question="What would the gradient be if grad_output were zero?",
        section="04-backward#three-sides",
        scope=INPUT,
        variants=(InputIgnoresUpstream,),
        star=True,
    ),
    Mistake(
        id="X11",
        name="the loops run over the input's rows and columns",
        telltale="Right where the output is as large as the input; elsewhere terms are missing, or an index is out of range.",
        question="How many stops did the window make, and whose size is that?",
        section="04-backward#three-sides",
        scope=BOTH,
        variants=(BoundsOfInput, BoundsOfInputInside),
    ),
    Mistake(
        id="X12",
        name="the border around grad_output has the wrong width",
        telltale="The result has the wrong size, or it is shifted, depending on the padding.",
        question="How many zeros must lie before grad_output so that the input's first element finds all its windows?",
        section="04-backward#gather",
        scope=INPUT,
        variants=(
            FullBorder,
            FullBorderAndRemainder,
            FullBorderCutToSize,
            BorderOfForward,
            BorderUndilated,
        ),
    ),
    Mistake(
        id="X13",
        name="the kernel is transposed on the way back",
        telltale="The result is the right one for a kernel with rows and columns exchanged.",
        question="In what order do the two indices of the kernel stand, forward and backward?",
        section="04-backward#grad-input",
        scope=INPUT,
        variants=(KernelFlat,),
    ),
    Mistake(
        id="X14",
        name="filters and channels of the kernel are not exchanged",
        telltale="With as many filters as channels the values are wrong; otherwise sizes do not fit.",
        question="On the way back, over which of the weight's first two axes is summed?",
        section="04-backward#gather",
        scope=INPUT,
        variants=(ChannelsNotExchanged,),
    ),
    Mistake(
        id="X15",
        name="the input's gradient is averaged",
        telltale="Everything is too small by one factor: a number of samples, stops or filters.",
        question="Whose task is it to divide by the number of samples: the layer's, or the loss's?",
        section="04-backward#three-sides",
        scope=INPUT,
        variants=(InputOverSamples, InputOverStops, InputOverFilters, InputOverAll),
    ),
    Mistake(
        id="X16",
        name="dilation or groups are forgotten on the way back",
        telltale="With dilation 1 and one group all is right; the result is that of dilation 1, or of the first group.",
        question="Which input elements did the taps read in the forward pass?",
        section="04-backward#backward-dilation",
        scope=DILATED,
        variants=(DilationDropped, FirstGroupForAll, OneGroup),
        star=True,
    ),
    Mistake(
        id="X17",
        name="a border of fewer than no zeros is not a crop",
        telltale="Right until the padding is wider than the kernel reaches; then an error, or too large a result.",
        question="What should happen to the rim of grad_output where d(k − 1) − p is below zero?",
        section="04-backward#gather",
        scope=INPUT,
        variants=(NegativeBorderFails, NegativeBorderIsNone),
    ),
    Mistake(
        id="X18",
        name="grad_output is reshaped where its axes should be exchanged, for the input",
        telltale="With one sample all is right; with more, samples and filters are mixed up.",
        question="After a reshape, which sample does the second number belong to?",
        section="04-backward#grad-input",
        scope=INPUT,
        variants=(InputUpstreamReshaped,),
    ),
    Mistake(
        id="X19",
        name="the turn goes round the wrong axes",
        telltale="Filters and channels come in the opposite order; with one of each only the turn is amiss.",
        question="Which axes do np.flip and np.rot90 turn if you do not say?",
        section="04-backward#gather",
        scope=INPUT,
        variants=(EveryAxisTurned, WrongAxesTurned),
    ),
    Mistake(
        id="X20",
        name="what falls on the border comes back at the other end",
        telltale="Without padding all is right; with it, the last rows or columns have too much.",
        question="Which element does Python mean by x[-1], and which did your formula mean?",
        section="04-backward#input-padding",
        scope=(*SCATTER, *WHOLE),
        variants=(ComesRound, NegativeIndices),
    ),
    Mistake(
        id="W01",
        name="the stride is ignored in the weight's gradient",
        telltale="With stride 1 all is right; with more, grad_output meets the wrong input elements.",
        question="Which input element did a tap meet at output row i?",
        section="04-backward#grad-weight",
        scope=(*WEIGHT, *WHOLE),
        variants=(
            MeetingStrideIgnored,
            MeetingStrideRowsOnly,
            MeetingStrideColumnsOnly,
            MeetingStrideAndDilationExchanged,
            EveryPlaceNotSpread,
            EveryPlaceExchanged,
        ),
        star=True,
    ),
    Mistake(
        id="W02",
        name="the unpadded input is used",
        telltale="Without padding all is right; with it, the windows lie elsewhere or outside.",
        question="What did the window read in the forward pass: the input, or the input with its border?",
        section="04-backward#grad-weight",
        scope=(*WEIGHT, *WHOLE),
        variants=(Unpadded,),
        star=True,
    ),
    Mistake(
        id="W03",
        name="the weight's gradient comes out turned",
        telltale="The result is the right one turned by half a turn.",
        question="A single 1 in grad_output copies something into the weight's gradient. Which way up?",
        section="04-backward#grad-weight",
        scope=(*WEIGHT, *WHOLE),
        variants=(WeightTurned,),
        star=True,
    ),
    Mistake(
        id="W04",
        name="the weight's gradient is averaged",
        telltale="Everything is too small by one factor: the number of samples, or of stops.",
        question="Whose task is it to divide by the number of samples: the layer's, or the loss's?",
        section="04-backward#grad-weight",
        scope=(*WEIGHT, *WHOLE),
        variants=(WeightOverSamples, WeightOverStops, WeightOverSamplesAndStops),
        star=True,
    ),
    Mistake(
        id="W05",
        name="one sample or one stop is kept instead of the sum",
        telltale="With one sample (or one stop) all is right; with more, one of them counts.",
        question="A weight was used in every sample, at every stop. What happens to the first share?",
        section="04-backward#grad-weight",
        scope=(*WEIGHT, *WHOLE),
        variants=(WeightLastSample, WeightFirstSample, WeightLastStop, WeightLastTerm),
        star=True,
    ),
    Mistake(
        id="W06",
        name="the weight's gradient ignores grad_output",
        telltale="Every filter gets the same numbers, whatever grad_output is.",
        question="What would the gradient be if grad_output were zero?",
        section="04-backward#three-sides",
        scope=(*WEIGHT, *WHOLE),
        variants=(WeightIgnoresUpstream,),
        star=True,
    ),
    Mistake(
        id="W07",
        name="filters and channels of the weight's gradient are exchanged",
        telltale="With as many filters as channels the values are wrong; otherwise sizes do not fit.",
        question="Which of the weight's axes does grad_output's channel axis belong to?",
        section="04-backward#grad-weight",
        scope=(*WEIGHT, *WHOLE),
        variants=(WeightAxesExchanged, WeightIndicesExchanged),
    ),
    Mistake(
        id="W08",
        name="the weight's gradient has a row for what the stride left over",
        telltale="The result has too many rows or columns exactly where the stride leaves a remainder.",
        question="How many taps are there, and which of your rows belongs to none of them?",
        section="04-backward#grad-weight",
        scope=(*WEIGHT, *WHOLE),
        variants=(EveryPlace,),
    ),
    Mistake(
        id="W09",
        name="the weight's gradient is transposed",
        telltale="The result is the right one with the kernel's rows and columns exchanged.",
        question="In what order do the two indices of a tap stand?",
        section="04-backward#grad-weight",
        scope=(*WEIGHT, *WHOLE),
        variants=(WeightTransposed, WeightTransposedInPlace),
    ),
    Mistake(
        id="W10",
        name="the chain rule multiplies with the wrong thing",
        telltale="The scale is off by as much as the weights or the outputs are large.",
        question="Of which array is each product's derivative taken, and what is left of the product?",
        section="04-backward#three-sides",
        scope=WHOLE,
        variants=(OutputForUpstream, OutputTimesUpstream, TimesItself, WeightTimesItself),
    ),
    Mistake(
        id="W11",
        name="grad_output is reshaped where its axes should be exchanged, for the weight",
        telltale="With one sample all is right; with more, samples and filters are mixed up.",
        question="After a reshape, which sample does the second number belong to?",
        section="04-backward#grad-weight",
        scope=(*WEIGHT, *WHOLE),
        variants=(WeightUpstreamReshaped,),
    ),
    Mistake(
        id="W12",
        name="filters or channels are added up in the weight's gradient",
        telltale="All filters (or all channels) get the same numbers: their sum.",
        question="Which filter does a number of the weight's gradient belong to, and which channel?",
        section="04-backward#grad-weight",
        scope=(*WEIGHT, *WHOLE),
        variants=(WeightFiltersAdded, WeightChannelsAdded),
    ),
    Mistake(
        id="B01",
        name="the bias's gradient is averaged",
        telltale="Everything is too small by one factor: the number of samples, or of places.",
        question="By how much does the sum of the outputs grow if the bias grows by 1?",
        section="04-backward#grad-bias",
        scope=(*BIAS, *WHOLE),
        variants=(BiasMean, BiasMeanCut, BiasOverSamples, BiasMeanOfPlanes),
        star=True,
    ),
    Mistake(
        id="B02",
        name="the sum runs over the wrong axes",
        telltale="The result has another shape than the bias; or it is right by accident of equal sizes.",
        question="How many numbers has the bias, and over which axes is each of them used again?",
        section="04-backward#grad-bias",
        scope=(*BIAS, *WHOLE),
        variants=(
            BiasSumOfSamples,
            BiasKeepsAxes,
            BiasSumOfFilters,
            BiasSumOfPlanes,
            BiasSumOfSamplesAndRows,
            BiasColumn,
            BiasSumPerRow,
            BiasSumPerColumn,
        ),
        star=True,
    ),
    Mistake(
        id="B03",
        name="one sample or one place is kept instead of the sum",
        telltale="With one sample (or one place) all is right; with more, one of them counts.",
        question="The bias was added in every sample, at every place. What happens to the first share?",
        section="04-backward#grad-bias",
        scope=(*BIAS, *WHOLE),
        variants=(BiasLastSample, BiasFirstSample, BiasLastTerm),
    ),
    Mistake(
        id="B04",
        name="the places are counted, and grad_output is not read",
        telltale="Every filter gets the same number: how many places there are.",
        question="What would the gradient be if grad_output were zero?",
        section="04-backward#grad-bias",
        scope=(*BIAS, *WHOLE),
        variants=(BiasIgnoresUpstream,),
    ),
    Mistake(
        id="B05",
        name="one sum for all filters",
        telltale="There is one number, or every filter gets the same one: the sum of all of grad_output.",
        question="Which part of grad_output does the bias of filter 0 reach?",
        section="04-backward#grad-bias",
        scope=(*BIAS, *WHOLE),
        variants=(BiasTotal, BiasScalar),
    ),
    Mistake(
        id="K02",
        name="grad_output is changed in place",
        telltale="The result is right, but the caller's grad_output is not what it was.",
        question="Who else may still need the grad_output that you were given?",
        section="04-backward#backward-contract",
        scope=EVERYWHERE,
        variants=(ScalesUpstreamInPlace, ClearsUpstream),
    ),
    Mistake(
        id="K04",
        name="the border is cut off twice",
        telltale="Without padding all is right; with it, the result is too small by the padding.",
        question="Which of your arrays still has its border when you cut?",
        section="04-backward#input-padding",
        scope=(*SCATTER, *WHOLE),
        variants=(CropsTwice,),
    ),
    Mistake(
        id="K10",
        name="the gradients come in another order",
        telltale="Each gradient by itself is right; they are not where they are looked for.",
        question="In which order does the function promise its three results?",
        section="04-backward#together",
        scope=WHOLE,
        variants=(WeightFirst, BiasFirst, WeightThenBias),
    ),
    Mistake(
        id="H01",
        name="one finding for everybody",
        telltale="Eight patients, one word.",
        question="Which two patients did you examine with the same call, and did they answer alike?",
        section="04-backward#clinic",
        scope=("clinic",),
        variants=(the_same_for_all,),
    ),
    Mistake(
        id="H02",
        name="the list of findings is copied down",
        telltale="The findings stand in the order in which they were printed.",
        question="On which call does patient A differ from your own function?",
        section="04-backward#clinic",
        scope=("clinic",),
        variants=(the_list_in_order,),
    ),
)
