"""Mistakes of the forward pass, F01 to F36 but for padding's, and of its contract, K01 to K09.

Each mixin takes one decision of ``recipes.Convolution`` (or of its one-axis part) differently.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from autograder.checks.call import Call, doubled
from autograder.checks.exercises import EXERCISES
from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.catalogue.padding import (
    PadClockwise,
    PadFloat64,
    PadTopFirst,
    PadWidthFirst,
    PadWritesBorder,
)
from autograder.diagnosis.catalogue.scopes import (
    CONTRACT,
    COUNT,
    DILATED,
    EVERYWHERE,
    FLIPPED,
    GROUPED,
    HAND,
    LAYER,
    PAD,
    PADDED,
    PAIRS,
    SIZE,
    STRIDED,
    VALID,
    WINDOW,
)
from autograder.diagnosis.catalogue.shared import (
    BiasMissing,
    DilationIgnored,
    DilationPlusOne,
    DilationRowsOnly,
    FiltersInterleaved,
    FirstDilationForBoth,
    FirstStrideForBoth,
    GroupsInterleaved,
    OverflowsInside,
    RoundedInside,
    StrideSwapped,
)
from autograder.diagnosis.recipes import forward as recipes

# --- Recipes --------------------------------------------------------------------------------------


class Mirrored(recipes.Convolution):
    """The recipe of convolve2d."""

    reverse = True


def answer(exercise_id: str, recipe: recipes.Convolution) -> Callable[[], Any]:
    """The answer that somebody gives who computes like ``recipe``."""
    given = EXERCISES[exercise_id].question.given
    return lambda: given.on(recipes.window_adapter(recipe)).tolist()


RECIPES: dict[str, tuple[type, Callable[[Any], Callable[..., Any]]]] = {
    "conv_output_size": (recipes.OutputSize, lambda recipe: recipe),
    "cross_correlate2d": (recipes.Convolution, recipes.window_adapter),
    "by_hand": (recipes.Convolution, lambda recipe: answer("by_hand", recipe)),
    "convolve2d": (Mirrored, recipes.window_adapter),
    "pad2d": (recipes.Pad, lambda recipe: recipe),
    "conv2d_valid": (recipes.Convolution, lambda recipe: recipe),
    "conv2d": (recipes.Convolution, lambda recipe: recipe),
    "conv2d_count": (recipes.Count, lambda recipe: recipe),
}


# --- Orientation and bounds -----------------------------------------------------------------------


class Flip:
    def kernel(self, weight: Any) -> Any:
        return weight[..., ::-1, ::-1]


class NoFlip:
    def kernel(self, weight: Any) -> Any:
        return weight


class FlipRows:
    def kernel(self, weight: Any) -> Any:
        return weight[..., ::-1, :]


class FlipColumns:
    def kernel(self, weight: Any) -> Any:
        return weight[..., ::-1]


class KernelTransposed:
    def kernel(self, weight: Any) -> Any:
        return super().kernel(weight).swapaxes(-1, -2)


class SizesSwapped:
    def output_size(self, *args: Any) -> Any:
        return super().output_size(*args)[::-1]


class SmallerBound:
    """Loops over a square of the smaller size: the rest of the output stays zero."""

    def cut(self, output: Any) -> None:
        bound = min(output.shape[2:])
        output[:, :, bound:] = 0
        output[:, :, :, bound:] = 0


class LargerBound:
    def output_size(self, *args: Any) -> Any:
        return (max(super().output_size(*args)),) * 2


class RowsForBoth:
    def output_size(self, *args: Any) -> Any:
        return (super().output_size(*args)[0],) * 2


class ColumnsForBoth:
    def output_size(self, *args: Any) -> Any:
        return (super().output_size(*args)[1],) * 2


class HeightForBothTaps:
    def tap_bounds(self, weight: Any) -> Any:
        return weight.shape[2], weight.shape[2]


class WidthForBothTaps:
    def tap_bounds(self, weight: Any) -> Any:
        return weight.shape[3], weight.shape[3]


# --- Stride ---------------------------------------------------------------------------------------


class StrideIgnored:
    def stride_pair(self, stride: Any) -> Any:
        return 1, 1


class StrideOnlyInSize:
    """The size is right, but the window moves by one."""

    def place(self, stops: Any, tap: int, stride: int, dilation: int, axis: int) -> Any:
        return stops + tap * dilation


class StrideRowsOnly:
    def place(self, stops: Any, tap: int, stride: int, dilation: int, axis: int) -> Any:
        return stops * (stride if axis == 0 else 1) + tap * dilation


class StrideColumnsOnly:
    def place(self, stops: Any, tap: int, stride: int, dilation: int, axis: int) -> Any:
        return stops * (stride if axis == 1 else 1) + tap * dilation


class StrideRowsOnlyInSize:
    def stride_pair(self, stride: Any) -> Any:
        return super().stride_pair(stride)[0], 1


class StrideAsDilation:
    def place(self, stops: Any, tap: int, stride: int, dilation: int, axis: int) -> Any:
        return stops + tap * stride * dilation


class SizeStrideIgnored:
    scope = (*SIZE, *COUNT)

    def count(self, length: int, extent: int, stride: int) -> int:
        return length - extent + 1


# --- Output size ----------------------------------------------------------------------------------


class Ceil:
    """Rounds up: where a stride leaves a remainder, the last window reaches outside."""

    scope: tuple[str, ...] = STRIDED

    def count(self, length: int, extent: int, stride: int) -> int:
        return -(-(length - extent) // stride) + 1


class CeilWithZeros(Ceil):
    """Rounds up, and reads zeros outside."""

    def met(self, channels: Any, *args: Any) -> Any:
        room = [(0, 0), (0, 0), (0, channels.shape[2] * 4), (0, channels.shape[3] * 4)]
        return super().met(np.pad(channels, room), *args)


class MissingOne:
    def count(self, length: int, extent: int, stride: int) -> int:
        return (length - extent) // stride


class OneTooMany(CeilWithZeros):
    scope: tuple[str, ...] = (*STRIDED, *FLIPPED, *VALID)

    def count(self, length: int, extent: int, stride: int) -> int:
        return (length - extent) // stride + 2


class OneInside:
    scope = STRIDED

    def count(self, length: int, extent: int, stride: int) -> int:
        return (length - extent + 1) // stride


# --- Padding 'same' -------------------------------------------------------------------------------


class SameOddZeroInFront:
    def same(self, total: int) -> tuple[int, int]:
        return total - total // 2, total // 2


# --- Sums over the kernel and the channels --------------------------------------------------------


class LastChannel:
    def mix(self, met: Any, weights: Any) -> Any:
        return super().mix(met[:, -1:], weights[:, -1:])


class FirstChannel:
    def mix(self, met: Any, weights: Any) -> Any:
        return super().mix(met[:, :1], weights[:, :1])


class LastTap:
    def accumulate(self, part: Any, term: Any) -> None:
        part[...] = term


class MeanOverAll:
    def scaled(self, part: Any, weight: Any) -> Any:
        return part / np.prod(weight.shape[1:])


class MeanOverWindow:
    def scaled(self, part: Any, weight: Any) -> Any:
        return part / np.prod(weight.shape[2:])


class MeanOverChannels:
    scope = LAYER  # elsewhere there is one channel

    def scaled(self, part: Any, weight: Any) -> Any:
        return part / weight.shape[1]


class FiltersAndChannelsSwapped:
    def kernel(self, weight: Any) -> Any:
        return super().kernel(weight).swapaxes(0, 1)


# --- Bias -----------------------------------------------------------------------------------------


class BiasSubtracted:
    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return super().add_bias(output, -bias, weight)


class BiasPerChannel:
    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return super().add_bias(output, bias * weight.shape[1], weight)


class BiasPerTap:
    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return super().add_bias(output, bias * np.prod(weight.shape[2:]), weight)


class BiasPerProduct:
    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return super().add_bias(output, bias * np.prod(weight.shape[1:]), weight)


class BiasAlongColumns:
    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return output + bias


class BiasAlongRows:
    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return output + bias[:, np.newaxis]


class BiasAlongSamples:
    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return output + bias[:, np.newaxis, np.newaxis, np.newaxis]


class BiasFirstOnly:
    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return output + bias[0]


class BiasAccumulates:
    """Adds it to all samples so far, each time a sample is done."""

    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        times = np.arange(len(output), 0, -1)[:, np.newaxis, np.newaxis, np.newaxis]
        return output + times * bias[:, np.newaxis, np.newaxis]


class BiasAccumulatesForward:
    """Adds one bias more for each sample that came before."""

    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        times = np.arange(1, len(output) + 1)[:, np.newaxis, np.newaxis, np.newaxis]
        return output + times * bias[:, np.newaxis, np.newaxis]


# --- Batch ----------------------------------------------------------------------------------------


class OthersZero:
    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        output[1:] = 0
        return output


class OthersLikeFirst:
    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        output[:] = output[:1]
        return output


class OthersLikeLast:
    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        output[:] = output[-1:].copy()
        return output


class FirstOnly:
    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        return super().finish(output, input, weight)[:1]


class BatchSummed:
    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        output[:] = output.sum(axis=0)
        return output


# --- Dilation -------------------------------------------------------------------------------------


class ExtentUndilated:
    def extent(self, kernel_size: int, dilation: int) -> int:
        return kernel_size


class ExtentUndilatedWithZeros(ExtentUndilated):
    def met(self, channels: Any, *args: Any) -> Any:
        room = [(0, 0), (0, 0), (0, channels.shape[2] * 16), (0, channels.shape[3] * 16)]
        return super().met(np.pad(channels, room), *args)


class ExtentTimes:
    """d·k instead of d·(k − 1) + 1."""

    def extent(self, kernel_size: int, dilation: int) -> int:
        return dilation * kernel_size


class ExtentZerosBetween:
    """Takes dilation as zeros between elements, for the size alone."""

    def extent(self, kernel_size: int, dilation: int) -> int:
        return (dilation + 1) * (kernel_size - 1) + 1


# --- Groups ---------------------------------------------------------------------------------------


class FirstGroupForAll:
    def group_channels(self, group: int, groups: int, channels: int) -> Any:
        return np.arange(channels // groups)


class AllChannels:
    """Each filter slides over every block of channels, not only over its own."""

    def group_channels(self, group: int, groups: int, channels: int) -> Any:
        return np.arange(channels)

    def mix(self, met: Any, weights: Any) -> Any:
        blocks = met.shape[1] // weights.shape[1]
        return super().mix(met, np.concatenate([weights] * blocks, axis=1))


class LastGroupOnly:
    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        groups = input.shape[1] // weight.shape[1]
        output[:, : output.shape[1] - output.shape[1] // groups] = 0
        return output


# --- The order of pairs ---------------------------------------------------------------------------


class PaddingSwapped:
    scope = PAIRS

    def padding_pair(self, padding: Any) -> Any:
        return super().padding_pair(padding)[::-1]


class DilationSwapped:
    scope = DILATED

    def dilation_pair(self, dilation: Any) -> Any:
        return super().dilation_pair(dilation)[::-1]


class AllSwapped:
    scope = PAIRS

    def pair(self, option: Any) -> Any:
        return super().pair(option)[::-1]


class FirstPaddingForBoth:
    scope = PAIRS

    def padding_pair(self, padding: Any) -> Any:
        return (super().padding_pair(padding)[0],) * 2


# --- The contract ---------------------------------------------------------------------------------


class DtypeOfInput:
    def dtype(self, input: Any, weight: Any, bias: Any) -> Any:
        return input.dtype


class AlwaysFloat64:
    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        return super().finish(output, input, weight).astype(np.float64)


class AlwaysFloat32:
    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        return super().finish(output, input, weight).astype(np.float32)


class Squeezed:
    """Axes with one element are gone."""

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        return np.squeeze(super().finish(output, input, weight))


class ClearsBorder:
    """Zeroes the border of the caller's array, as padding in place does."""

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        input[..., 0, :] = 0
        return output


class CentresInput:
    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        input -= input.mean().astype(input.dtype)
        return output


class TurnsWeight:
    """Mirrors the caller's kernel in place."""

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        weight[...] = weight[..., ::-1, ::-1].copy()
        return output


class AssumesRowMajor:
    """Takes the numbers in the order in which they lie in memory."""

    def padded(self, input: Any, borders: Any) -> Any:
        along = tuple(slice(None, None, -1 if step < 0 else 1) for step in input.strides)
        memory = input[along].ravel(order="K").reshape(input.shape)
        return super().padded(memory, borders)


class SharedBuffer:
    """Every call returns the same array, refilled."""

    def __init__(self) -> None:
        self.buffers: dict[Any, Any] = {}

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        buffer = self.buffers.setdefault((output.shape, output.dtype), np.empty_like(output))
        buffer += 1  # whoever kept the last result sees it change
        buffer[...] = output
        return buffer


class StaleAccumulator:
    def __init__(self) -> None:
        self.sums: dict[Any, Any] = {}

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        key = (output.shape, output.dtype)
        self.sums[key] = self.sums.get(key, 0) + output
        return self.sums[key].copy()


def shares_results(function: Callable[..., Any], call: Call, expected: Any) -> bool:
    """Does a right result that was kept change with the next call?"""
    kept = _arrays(call.on(function))
    before = [array.copy() for array in kept]
    call.mapped(doubled).on(function)
    return _same(before, _arrays(expected)) and not _same(kept, before)


def adds_up(function: Callable[..., Any], call: Call, expected: Any) -> bool:
    """Does each repetition of a call add the right result once more?"""
    results = [[array.copy() for array in _arrays(call.on(function))] for _ in range(3)]
    steps = [
        [late - early for late, early in zip(after, before, strict=True)]
        for before, after in pairwise(results)
    ]
    return all(_same(step, _arrays(expected)) for step in steps)


def _arrays(result: Any) -> list[Any]:
    return list(result) if type(result) in (tuple, list) else [result]


def _same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(map(np.array_equal, one, other))


class AcceptsAnything:
    """Cuts arrays down until they fit instead of refusing them."""

    def refuse(self, input: Any, weight: Any, bias: Any, groups: int) -> None:
        pass

    def __call__(self, input: Any, weight: Any, bias: Any = None, *args: Any, **kw: Any) -> Any:
        groups = kw.get("groups", 1)
        filters = len(weight) - len(weight) % groups
        bias = None if bias is None else bias[:filters]
        channels = weight.shape[1] * groups
        return super().__call__(input[:, :channels], weight[:filters], bias, *args, **kw)

    def refuse_large_kernel(self, *args: Any) -> None:
        pass


class RefusesByAssertion:
    def refuse(self, *args: Any) -> None:
        try:
            super().refuse(*args)
        except ValueError as error:
            raise AssertionError(*error.args) from None

    def refuse_large_kernel(self, *args: Any) -> None:
        try:
            super().refuse_large_kernel(*args)
        except ValueError as error:
            raise AssertionError(*error.args) from None


class RefusesWithoutSizes:
    def refuse(self, *args: Any) -> None:
        try:
            super().refuse(*args)
        except ValueError:
            raise ValueError("bad shapes") from None

    def refuse_large_kernel(self, *args: Any) -> None:
        try:
            super().refuse_large_kernel(*args)
        except ValueError:
            raise ValueError("bad shapes") from None


MISTAKES = (
    Mistake(
        id="F01",
        name="the kernel is mirrored",
        telltale="An input with a single 1 gives back the kernel as it is; it should come out mirrored.",
        question="Which element of the kernel meets the top left element of the window?",
        section="01-window#flip",
        scope=(*HAND, *WINDOW, *LAYER),
        variants=(Flip,),
        star=True,
    ),
    Mistake(
        id="F02",
        name="the kernel is mirrored on one axis only",
        telltale="A kernel of one row (or of one column) comes out right, other kernels do not.",
        question="What happens to the kernel's rows, and what to its columns?",
        section="01-window#flip",
        scope=(*HAND, *EVERYWHERE),
        variants=(FlipRows, FlipColumns),
    ),
    Mistake(
        id="F03",
        name="the output's height and width are swapped",
        telltale="The shape is right but for the order of its last two axes.",
        question="Which axis of the input is the height, and from which size does H_out come?",
        section="01-window#rectangular",
        scope=EVERYWHERE,
        variants=(SizesSwapped,),
        star=True,
    ),
    Mistake(
        id="F04",
        name="one bound serves both loops",
        telltale="Square outputs are right; in others the last columns or rows are zero, or an index is out of range.",
        question="How many times does each of the two loops over the output run?",
        section="01-window#loop-bounds",
        scope=EVERYWHERE,
        variants=(SmallerBound, LargerBound, RowsForBoth, ColumnsForBoth),
        star=True,
    ),
    Mistake(
        id="F05",
        name="the kernel is taken to be square",
        telltale="Square kernels are right; in a wide kernel the last columns have no effect.",
        question="Which size of the kernel bounds the loop over its columns?",
        section="01-window#rectangular",
        scope=EVERYWHERE,
        variants=(HeightForBothTaps, WidthForBothTaps),
        star=True,
    ),
    Mistake(
        id="F06",
        name="the kernel is transposed",
        telltale="The result is that of the kernel with rows and columns exchanged.",
        question="In what order do the two indices of the kernel stand?",
        section="01-window#rectangular",
        scope=(*HAND, *EVERYWHERE),
        variants=(KernelTransposed,),
    ),
    Mistake(
        id="F07",
        name="the stride is ignored, or used on one axis only",
        telltale="With stride 1 everything is right; with more, the windows start too early.",
        question="In which row does the window of output row i start?",
        section="01-window#stride",
        scope=(*SIZE, *WINDOW, *PADDED, *COUNT),
        variants=(
            StrideOnlyInSize,
            StrideIgnored,
            StrideRowsOnly,
            StrideColumnsOnly,
            StrideRowsOnlyInSize,
            SizeStrideIgnored,
        ),
        star=True,
    ),
    Mistake(
        id="F08",
        name="the stride lies inside the window instead of between windows",
        telltale="With stride 1 everything is right; with more, the elements of one window lie apart.",
        question="Which part of the index i·s + u moves the window, and which moves inside it?",
        section="01-window#stride",
        scope=(*WINDOW, *PADDED),
        variants=(StrideAsDilation,),
        star=True,
    ),
    Mistake(
        id="F09",
        name="the output has one stop too many or too few",
        telltale="The size is off by one: always, or where the stride leaves a remainder.",
        question="Where does the last window start that still fits as a whole?",
        section="01-window#output-size",
        scope=(*SIZE, *EVERYWHERE, *COUNT),
        variants=(Ceil, MissingOne, CeilWithZeros, OneTooMany, OneInside),
        star=True,
    ),
    Mistake(
        id="F14",
        name="one channel is kept instead of the sum over channels",
        telltale="The result is that of the last (or the first) channel; with one channel all is right.",
        question="What happens to the result of one channel when the next one is done?",
        section="02-layer#channels",
        scope=LAYER,
        variants=(LastChannel, FirstChannel),
        star=True,
    ),
    Mistake(
        id="F15",
        name="only the kernel's last element counts",
        telltale="The result is a shifted copy of the input times one number.",
        question="What happens to the product of one element when the next one is computed?",
        section="01-window#window",
        scope=(*HAND, *EVERYWHERE),
        variants=(LastTap,),
    ),
    Mistake(
        id="F16",
        name="a mean is taken instead of a sum",
        telltale="Everything is too small by one constant factor: the number of terms.",
        question="Does a window's result depend on how many elements it has, if all its values are 1?",
        section="01-window#window",
        scope=(*HAND, *EVERYWHERE),
        variants=(MeanOverAll, MeanOverWindow, MeanOverChannels),
    ),
    Mistake(
        id="F17",
        name="filters and channels of the weight are swapped",
        telltale="With as many filters as channels the values are wrong; otherwise an index is out of range.",
        question="Which axis of the weight counts the filters?",
        section="02-layer#channels",
        scope=LAYER,
        variants=(FiltersAndChannelsSwapped,),
        star=True,
    ),
    Mistake(
        id="F18",
        name="the bias is missing",
        telltale="Each filter's result is off by one constant: its bias.",
        question="What should an input of zeros give?",
        section="02-layer#bias",
        scope=LAYER,
        variants=(BiasMissing, BiasSubtracted),
        star=True,
    ),
    Mistake(
        id="F19",
        name="the bias is added more than once",
        telltale="Each filter's result is off by a multiple of its bias: once for each channel or element.",
        question="How often does the line that adds the bias run for one output?",
        section="02-layer#bias",
        scope=LAYER,
        variants=(BiasPerChannel, BiasPerTap, BiasPerProduct),
        star=True,
    ),
    Mistake(
        id="F20",
        name="the bias lies along the wrong axis",
        telltale="Filters do not get the number of the bias that is theirs; or the shapes do not go together.",
        question="With which axis of the output does NumPy line up an array of shape (C_out,)?",
        section="02-layer#bias",
        scope=LAYER,
        variants=(BiasAlongColumns, BiasAlongRows, BiasAlongSamples, BiasFirstOnly),
    ),
    Mistake(
        id="F21",
        name="the bias grows from sample to sample",
        telltale="One sample is right; the others are off by multiples of the bias.",
        question="What has already been added to the output when the next sample starts?",
        section="02-layer#batch",
        scope=LAYER,
        variants=(BiasAccumulates, BiasAccumulatesForward),
    ),
    Mistake(
        id="F22",
        name="only one sample of the batch counts",
        telltale="The first sample is right; the others are zero, missing, or copies of it.",
        question="Which index runs over the batch, and when does your function return?",
        section="02-layer#batch",
        scope=LAYER,
        variants=(OthersZero, OthersLikeFirst, OthersLikeLast, FirstOnly, BatchSummed),
    ),
    Mistake(
        id="F23",
        name="the dilation is ignored or off by one",
        telltale="The result is that of another dilation.",
        question="How far apart are two neighbours of the kernel at dilation 1? And at dilation 2?",
        section="02-layer#dilation",
        scope=DILATED,
        variants=(DilationIgnored, DilationPlusOne, DilationRowsOnly, FirstDilationForBoth),
        star=True,
    ),
    Mistake(
        id="F24",
        name="the output's size forgets how far a dilated kernel reaches",
        telltale="At dilation 1 all is right; with more the output has the wrong size.",
        question="From the kernel's first element to its last, how many elements of the input are there?",
        section="02-layer#dilation",
        scope=(*SIZE, *DILATED, *COUNT),
        variants=(ExtentUndilated, ExtentUndilatedWithZeros, ExtentTimes, ExtentZerosBetween),
    ),
    Mistake(
        id="F25",
        name="a group reads the wrong channels",
        telltale="With one group all is right; with more, filters see channels of other groups, or none.",
        question="Which channels belong to group 0, if four channels fall into two groups?",
        section="02-layer#groups",
        scope=("conv2d.groups", *GROUPED),
        variants=(
            GroupsInterleaved,
            FirstGroupForAll,
            FiltersInterleaved,
            AllChannels,
            LastGroupOnly,
        ),
        star=True,
    ),
    Mistake(
        id="F26",
        name="a pair is read in the wrong order",
        telltale="Ints are right; where several numbers are given, they reach the wrong axes or sides.",
        question="Which comes first in a pair: height or width?",
        section="02-layer#pairs",
        scope=("cross_correlate2d.stride", *PAD, *PAIRS),
        variants=(
            StrideSwapped,
            PaddingSwapped,
            DilationSwapped,
            AllSwapped,
            FirstStrideForBoth,
            FirstPaddingForBoth,
            PadWidthFirst,
            PadTopFirst,
            PadClockwise,
        ),
    ),
    Mistake(
        id="F27",
        name="fractions are cut off",
        telltale="With an integer input and fractional weights the result has lost its fractions.",
        question="What dtype has an array that np.zeros_like makes from integers?",
        section="01-window#dtype",
        scope=(*WINDOW[:1], *FLIPPED, *VALID, *CONTRACT),
        variants=(DtypeOfInput,),
        star=True,
    ),
    Mistake(
        id="F28",
        name="the dtype drifts",
        telltale="The values are right; float32 comes back as float64, or the other way round.",
        question="What dtype does np.zeros give when it is not told?",
        section="01-window#dtype",
        scope=(*WINDOW[:1], *FLIPPED, *PAD, *VALID, *CONTRACT),
        variants=(AlwaysFloat64, AlwaysFloat32, PadFloat64),
    ),
    Mistake(
        id="F35",
        name="digits are lost on the way",
        telltale="Small numbers are right; large ones are rounded, or come back as others altogether.",
        question="In which dtype does your function multiply and add, and how many digits does that hold?",
        section="01-window#dtype",
        scope=(*WINDOW[:1], *FLIPPED, *VALID, *CONTRACT),
        variants=(RoundedInside, OverflowsInside),
    ),
    Mistake(
        id="F36",
        name="axes with one element disappear",
        telltale="Results with one row, one column, one sample or one filter have too few axes.",
        question="Which axes must a result have, whatever their sizes?",
        section="01-window#window",
        scope=(*WINDOW, *FLIPPED, *VALID, *PADDED[:1]),
        variants=(Squeezed,),
    ),
    Mistake(
        id="F29",
        name="an argument is changed in place",
        telltale="The result is right, but the caller's array is not what it was.",
        question="Which of your lines write into an array that you were given?",
        section="02-layer#contract",
        scope=(*EVERYWHERE, *PAD),
        variants=(ClearsBorder, TurnsWeight, CentresInput, PadWritesBorder),
        star=True,
    ),
    Mistake(
        id="F30",
        name="arrays are taken to lie in memory row by row",
        telltale="A transposed or reversed array gives something else than its copy.",
        question="Does your code ask an array for its strides, or does it assume them?",
        section="02-layer#contract",
        scope=(*WINDOW[:1], *FLIPPED, *VALID, *CONTRACT),
        variants=(AssumesRowMajor,),
    ),
    Mistake(
        id="F33",
        name="the kernel is not mirrored",
        telltale="The result is the cross-correlation.",
        question="What sets a convolution apart from a cross-correlation?",
        section="01-window#flip",
        scope=FLIPPED,
        variants=(NoFlip,),
        star=True,
    ),
    Mistake(
        id="F34",
        name="'same' puts the odd zero in front",
        telltale="Odd kernels are right; with an even one the result is shifted by one.",
        question="If 'same' needs three zeros along an axis, how many lie on each side?",
        section="02-layer#pairs",
        scope=PAIRS,
        variants=(SameOddZeroInFront,),
    ),
    Mistake(
        id="K01",
        name="every call returns the same array",
        telltale="A result that was kept changes when the function is called again.",
        question="Which array does your function return, and who else holds it?",
        section="02-layer#contract",
        scope=LAYER,
        variants=(SharedBuffer,),
        shows=shares_results,
        star=True,
    ),
    Mistake(
        id="K03",
        name="a second call adds to the first",
        telltale="The first call is right; the same call again gives twice as much.",
        question="Where does the array that you add to come from, the second time?",
        section="02-layer#contract",
        scope=EVERYWHERE,
        variants=(StaleAccumulator,),
        shows=adds_up,
        star=True,
    ),
    Mistake(
        id="K09",
        name="sizes that do not go together are not refused",
        telltale="A call that makes no sense returns something, or fails without a word on the sizes.",
        question="What does your function do with an input that has one channel too many?",
        section="02-layer#contract",
        scope=CONTRACT,
        variants=(AcceptsAnything, RefusesByAssertion, RefusesWithoutSizes),
    ),
)
