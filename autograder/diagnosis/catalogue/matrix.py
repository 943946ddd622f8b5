"""Mistakes of a layer's matrix, L01 to L10, and of the transposed layer, U01 to U16.

Each mixin takes one decision of ``recipes.matrix`` differently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.catalogue.shared import (
    BiasMissing,
    DilationIgnored,
    FiltersInterleaved,
    FirstStrideForBoth,
    GroupsInterleaved,
)
from autograder.diagnosis.recipes import matrix as recipes

MATRIX = ("conv_matrix",)
TRANSPOSE = ("conv_transpose2d",)
BOTH = (*MATRIX, *TRANSPOSE)

RECIPES: dict[str, tuple[type, Callable[[Any], Callable[..., Any]]]] = {
    "conv_matrix": (recipes.ConvMatrix, lambda recipe: recipe),
    "conv_transpose2d": (recipes.ConvTranspose, lambda recipe: recipe),
}


# --- Both -----------------------------------------------------------------------------------------


class MirroredKernel:
    def kernel(self, weight: Any) -> Any:
        return weight[..., ::-1, ::-1]


class StrideWidthFirst:
    def stride_pair(self, stride: Any) -> Any:
        return super().stride_pair(stride)[::-1]


class PaddingWidthFirst:
    def padding_pair(self, padding: Any) -> Any:
        return super().padding_pair(padding)[::-1]


class DilationWidthFirst:
    scope = TRANSPOSE

    def dilation_pair(self, dilation: Any) -> Any:
        return super().dilation_pair(dilation)[::-1]


class ExtraWidthFirst:
    scope = TRANSPOSE

    def extra_pair(self, output_padding: Any) -> Any:
        return super().extra_pair(output_padding)[::-1]


class AlwaysFloat64:
    def dtype(self, *arrays: Any) -> Any:
        return np.dtype(np.float64)


class DtypeOfInput:
    scope = TRANSPOSE

    def dtype(self, input: Any, weight: Any, bias: Any) -> Any:
        return input.dtype

    def stamp(self, whole: Any, chosen: Any, rows: Any, columns: Any, term: Any) -> None:
        super().stamp(whole, chosen, rows, columns, term.astype(whole.dtype))


class AcceptsAnything:
    def refuse(self, *args: Any) -> None:
        pass

    def refuse_extra(self, *args: Any) -> None:
        pass

    def refuse_nothing(self, *args: Any) -> None:
        pass


class RefusesWithoutSizes:
    def refuse(self, *args: Any) -> None:
        try:
            super().refuse(*args)
        except ValueError:
            raise ValueError("the sizes do not go together") from None


class TurnsWeight:
    """Mirrors the caller's weight in place."""

    def finish(self, result: Any, *arrays: Any) -> Any:
        weight = arrays[-1]
        weight[...] = weight[..., ::-1, ::-1].copy()
        return result


# --- The matrix -----------------------------------------------------------------------------------


class RowsForColumns:
    """Rows for the input, columns for the output."""

    def finish(self, matrix: Any, weight: Any) -> Any:
        return np.ascontiguousarray(matrix.T)


class FiltersLast:
    """Rows in the order (i, j, f)."""

    def flat(self, matrix: Any) -> Any:
        return super().flat(np.moveaxis(matrix, 0, 2).reshape(matrix.shape))


class ChannelsLast:
    """Columns in the order (row, column, channel)."""

    def flat(self, matrix: Any) -> Any:
        return super().flat(np.moveaxis(matrix, 3, 5).reshape(matrix.shape))


class PositionsByColumn:
    """Columns of the output before its rows."""

    def flat(self, matrix: Any) -> Any:
        return super().flat(np.swapaxes(matrix, 1, 2).reshape(matrix.shape))


class PaddedColumns:
    """A column for each element of the padded input."""

    def columns_shape(self, channels: int, size: Any, paddings: Any) -> Any:
        height, width = (n + 2 * p for n, p in zip(size, paddings, strict=True))
        return channels, height, width

    def place(self, stop: int, tap: int, stride: int, padding: int, axis: int) -> int:
        return stop * stride + tap


class WrapsAround:
    """Index arithmetic on the flat input: a tap left of the edge lands on the row before."""

    def put(self, matrix: Any, i: int, j: int, row: int, column: int, taps: Any) -> None:
        height, width = matrix.shape[4:]
        flat = row * width + column
        if 0 <= flat < height * width:
            super().put(matrix, i, j, flat // width, flat % width, taps)


class NegativeIndex:
    """Python counts a negative index from the end."""

    def put(self, matrix: Any, i: int, j: int, row: int, column: int, taps: Any) -> None:
        if row < matrix.shape[4] and column < matrix.shape[5]:
            matrix[:, i, j, :, row, column] = taps


class PaddingOnlyInSize:
    """The output is as large as with padding; the taps lie as without."""

    def place(self, stop: int, tap: int, stride: int, padding: int, axis: int) -> int:
        return stop * stride + tap


class NoPadding:
    def padding_pair(self, padding: Any) -> Any:
        return 0, 0


class MatrixStrideIgnored:
    def place(self, stop: int, tap: int, stride: int, padding: int, axis: int) -> int:
        return stop + tap - padding


class StrideInside:
    """The taps lie a stride apart, and the stops do not."""

    def place(self, stop: int, tap: int, stride: int, padding: int, axis: int) -> int:
        return stop + tap * stride - padding


class CountsUp:
    def count(self, last_start: int, stride: int) -> int:
        return -(-last_start // stride) + 1


class CountsOneLess:
    def count(self, last_start: int, stride: int) -> int:
        return last_start // stride


class WidthFirst:
    """input_size as (W, H)."""

    def size(self, input_size: Any) -> Any:
        return super().size(input_size)[::-1]


class OneKernelForAll:
    """Channel 0's taps in every channel."""

    def kernel(self, weight: Any) -> Any:
        return np.broadcast_to(weight[:, :1], weight.shape)


class FirstChannelOnly:
    def put(self, matrix: Any, i: int, j: int, row: int, column: int, taps: Any) -> None:
        taps = taps.copy()
        taps[:, 1:] = 0
        super().put(matrix, i, j, row, column, taps)


class WeightAxesSwapped:
    """Takes the weight's first axis for the channels."""

    def kernel(self, weight: Any) -> Any:
        return weight.swapaxes(0, 1)


# --- The transposed layer -------------------------------------------------------------------------


class Overwrites:
    """output[patch] = stamp: the last stamp wins."""

    def stamp(self, whole: Any, chosen: Any, rows: Any, columns: Any, term: Any) -> None:
        self.stamps = [*getattr(self, "stamps", []), (chosen, rows, columns, term)]

    def cropped(self, whole: Any, paddings: Any, extras: Any) -> Any:
        # In the order of the elements: what comes later lies on top.
        stamps, self.stamps = self.stamps, []
        height, width = stamps[0][3].shape[2:]
        for i, j in np.ndindex(height, width):
            for chosen, rows, columns, term in stamps:
                whole[:, chosen, rows[i], columns[j]] = term[:, :, i, j]
        return super().cropped(whole, paddings, extras)


class ConvWeight:
    """Takes the weight for one of conv2d: (C_out, C_in / groups, kH, kW)."""

    def axes(self, weight: Any, groups: int) -> Any:
        return weight.swapaxes(0, 1)


class StrideIgnored:
    def place(self, stops: Any, tap: int, stride: int, dilation: int) -> Any:
        return stops + tap * dilation


class StrideOne:
    def stride_pair(self, stride: Any) -> Any:
        return 1, 1


class StrideTwiceThere:
    """Puts as many zeros between as the stride is: one too many."""

    def stride_pair(self, stride: Any) -> Any:
        strides = super().stride_pair(stride)
        return tuple(s + 1 if s > 1 else s for s in strides)


class CropsFrontTwice:
    def cut(self, padding: int) -> Any:
        return 2 * padding, 0


class CropsBehindTwice:
    def cut(self, padding: int) -> Any:
        return 0, 2 * padding


class CropsNothing:
    def cut(self, padding: int) -> Any:
        return 0, 0


class CropsOnce:
    def cut(self, padding: int) -> Any:
        return padding, 0


class PadsInstead:
    """Adds a border where one should go."""

    def cropped(self, whole: Any, paddings: Any, extras: Any) -> Any:
        return np.pad(whole, ((0, 0), (0, 0), *((p, p) for p in paddings)))


class NegativeCrop:
    """whole[:, :, p:-p, p:-p], which is empty for p = 0."""

    def cropped(self, whole: Any, paddings: Any, extras: Any) -> Any:
        (h, w) = paddings
        return whole[:, :, h:-h, w:-w]


class ExtraIgnored:
    def extra_pair(self, output_padding: Any) -> Any:
        return 0, 0


class ExtraInFront:
    def cropped(self, whole: Any, paddings: Any, extras: Any) -> Any:
        rolled = np.roll(whole, extras, axis=(2, 3))
        return super().cropped(rolled, paddings, extras)


class ExtraZeros:
    """Crops first, and then appends zeros."""

    def behind(self, extra: int) -> int:
        return 0

    def cropped(self, whole: Any, paddings: Any, extras: Any) -> Any:
        cropped = super().cropped(whole, paddings, extras)
        return np.pad(cropped, ((0, 0), (0, 0), *((0, extra) for extra in extras)))


class ExtraZerosLast:
    """Appends zeros to the finished result, bias and all."""

    def extra_pair(self, output_padding: Any) -> Any:
        self.extras = super().extra_pair(output_padding)
        return 0, 0

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        behind = ((0, extra) for extra in self.extras)
        return np.pad(super().finish(output, input, weight), ((0, 0), (0, 0), *behind))


class ExtraBothSides:
    def behind(self, extra: int) -> int:
        return 2 * extra

    def cropped(self, whole: Any, paddings: Any, extras: Any) -> Any:
        return super().cropped(np.roll(whole, extras, axis=(2, 3)), paddings, extras)


class ReachUndilated:
    def reach(self, kernel_size: int, dilation: int) -> int:
        return kernel_size


class BiasPerTap:
    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return super().add_bias(output, bias * int(np.prod(weight.shape[2:])), weight)


class BiasPerChannel:
    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return super().add_bias(output, bias * weight.shape[0], weight)


class BiasAlongColumns:
    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return (output + bias).astype(output.dtype)


class BiasOnlyWhereStamped:
    """The elements that no stamp reached stay zero."""

    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return np.where(output == 0, output, super().add_bias(output, bias, weight))


class FirstGroupForAll:
    def group_channels(self, group: int, groups: int, channels: int) -> Any:
        return super().group_channels(0, groups, channels)


class DilationPlusOne:
    """Counts the zeros between two taps."""

    def dilation_pair(self, dilation: Any) -> Any:
        return tuple(d + 1 for d in super().dilation_pair(dilation))


class DilationBeforeGroups:
    """The order of conv2d's arguments."""

    def __call__(
        self,
        input: Any,
        weight: Any,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Any:
        if type(groups) is not int:
            raise TypeError("groups is a pair")
        return super().__call__(
            input, weight, bias, stride, padding, output_padding, groups, dilation
        )


class ChannelsNotSummed:
    def mix(self, input: Any, weights: Any) -> Any:
        return super().mix(input[:, -1:], weights[-1:])


class FirstSampleOnly:
    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output[1:] = 0
        return output


class LargeExtraAccepted:
    def refuse_extra(self, *args: Any) -> None:
        pass


class OnlyStrideCounts:
    """Refuses an output padding that is smaller than the dilation."""

    def refuse_extra(self, extras: Any, strides: Any, dilations: Any) -> None:
        super().refuse_extra(extras, strides, strides)


# --- Entries --------------------------------------------------------------------------------------

_ROWS: tuple[tuple[str, str, str, str, str, tuple[str, ...], tuple[Any, ...]], ...] = (
    (
        "L01",
        "rows and columns of the matrix are exchanged",
        "The result is the transpose: it takes outputs to inputs.",
        "How long is the vector that the matrix is multiplied with?",
        "matrix",
        MATRIX,
        (RowsForColumns,),
    ),
    (
        "L02",
        "the elements are counted in another order than ravel's",
        "With one channel, one filter or one row all is right; otherwise rows or columns are permuted.",
        "Which index runs fastest when an array of shape (C, H, W) is laid out as one line?",
        "matrix",
        MATRIX,
        (FiltersLast, ChannelsLast, PositionsByColumn),
    ),
    (
        "L03",
        "the padding has columns of its own",
        "Without padding all is right; with it the matrix is too wide.",
        "Which array does the matrix multiply: the padded input, or the input?",
        "matrix",
        MATRIX,
        (PaddedColumns,),
    ),
    (
        "L04",
        "taps in the padding land somewhere else",
        "Without padding all is right; with it there are numbers at the wrong end of a row.",
        "On which element of the input does a tap lie that is left of the edge?",
        "matrix",
        MATRIX,
        (WrapsAround, NegativeIndex),
    ),
    (
        "L05",
        "the padding is forgotten, or does not move the windows",
        "Without padding all is right; with it rows are missing, or start too far right.",
        "Where does the first window start when there is a border of one?",
        "matrix",
        MATRIX,
        (NoPadding, PaddingOnlyInSize),
    ),
    (
        "L06",
        "the kernel lies the other way round",
        "The numbers of each row stand in the opposite order; or stamps are turned by half a turn.",
        "Where in its row does the first tap of the kernel stand?",
        "matrix",
        MATRIX,
        (MirroredKernel,),
    ),
    (
        "L07",
        "the stride does not move the rows",
        "With stride 1 all is right; with more, each row starts too early, or its taps lie apart.",
        "By how many columns does the band move from one row to the next?",
        "matrix",
        MATRIX,
        (MatrixStrideIgnored, StrideInside),
    ),
    (
        "L08",
        "the matrix has too many rows or too few",
        "The number of rows is not that of the output's elements.",
        "How many stops does a window make, if the stride leaves a remainder?",
        "matrix",
        MATRIX,
        (CountsUp, CountsOneLess),
    ),
    (
        "L09",
        "height and width of the input are exchanged",
        "Square inputs are right.",
        "Which comes first in input_size?",
        "matrix",
        MATRIX,
        (WidthFirst,),
    ),
    (
        "L10",
        "channels or filters do not get their own taps",
        "With one channel and one filter all is right; with more, blocks are zero, equal, or exchanged.",
        "The matrix falls into blocks. Which kernel makes the block of filter f and channel c?",
        "matrix",
        MATRIX,
        (OneKernelForAll, FirstChannelOnly, WeightAxesSwapped),
    ),
    (
        "L11",
        "the dtype drifts",
        "The values are right; the dtype is not that of the arrays.",
        "What dtype does np.zeros give when it is not told?",
        "matrix",
        BOTH,
        (AlwaysFloat64, DtypeOfInput),
    ),
    (
        "L12",
        "sizes that do not go together are not refused",
        "A call that makes no sense returns something, or fails without a word on the sizes.",
        "What does your function do with sizes that do not fit?",
        "matrix",
        BOTH,
        (AcceptsAnything, RefusesWithoutSizes),
    ),
    (
        "L13",
        "the caller's weight is changed",
        "The result is right, but the weight is not what it was.",
        "Which of your lines write into an array that you were given?",
        "matrix",
        BOTH,
        (TurnsWeight,),
    ),
    (
        "L14",
        "a pair is read in the wrong order",
        "Ints are right; where two numbers are given, they reach the wrong axes.",
        "Which comes first in a pair: height or width?",
        "matrix",
        BOTH,
        (
            StrideWidthFirst,
            PaddingWidthFirst,
            FirstStrideForBoth,
            DilationWidthFirst,
            ExtraWidthFirst,
        ),
    ),
    (
        "U01",
        "the stamp is turned by half a turn",
        "A single input element gives the kernel mirrored on both axes.",
        "What should an input give that is 1 in one place and 0 elsewhere? In which of the two forms is there a flip?",
        "transposed",
        TRANSPOSE,
        (MirroredKernel,),
    ),
    (
        "U02",
        "a later stamp erases an earlier one",
        "Stamps that do not overlap are right; where they do, terms are missing.",
        "What happens to an output element that two stamps reach?",
        "transposed",
        TRANSPOSE,
        (Overwrites,),
    ),
    (
        "U03",
        "the weight is taken for one of conv2d",
        "With as many channels as filters the values are wrong; otherwise the sizes do not go together.",
        "Which axis of the weight meets the channels of this layer's input?",
        "transposed",
        TRANSPOSE,
        (ConvWeight,),
    ),
    (
        "U04",
        "the stride does not move the stamps",
        "With stride 1 all is right; with more, the stamps lie too close, or too far apart.",
        "How far apart are the stamps of two neighbouring elements? How many zeros lie between them, then?",
        "transposed",
        TRANSPOSE,
        (StrideIgnored, StrideOne, StrideTwiceThere),
    ),
    (
        "U05",
        "padding does not take away on both sides",
        "Without padding all is right; with it the output is too large, too small, or shifted.",
        "The forward layer added a border. What has the way back to do with it?",
        "sizes",
        TRANSPOSE,
        (CropsFrontTwice, CropsBehindTwice, CropsNothing, CropsOnce, PadsInstead),
    ),
    (
        "U06",
        "a crop of zero takes everything",
        "With padding all is right; without it the output is empty.",
        "What is x[0:-0]?",
        "sizes",
        TRANSPOSE,
        (NegativeCrop,),
    ),
    (
        "U07",
        "output padding is ignored, or lies on the wrong side",
        "The output is too small, or shifted down and to the right.",
        "At which end does the forward layer leave elements over?",
        "output-padding",
        TRANSPOSE,
        (ExtraIgnored, ExtraInFront, ExtraBothSides),
    ),
    (
        "U08",
        "output padding is filled with zeros",
        "Without padding all is right; with it, stamps should reach into the last rows, and do not.",
        "Is something added before the crop or after it?",
        "output-padding",
        TRANSPOSE,
        (ExtraZeros, ExtraZerosLast),
    ),
    (
        "U09",
        "the reach of a dilated kernel is forgotten",
        "At dilation 1 all is right; with more an index is out of range, or the output is too small.",
        "From its first tap to its last, how many elements does a stamp cover?",
        "transposed-options",
        TRANSPOSE,
        (ReachUndilated,),
    ),
    (
        "U10",
        "the bias is missing, or added more than once",
        "Each channel is off by a multiple of its bias.",
        "What should an input of zeros give?",
        "transposed",
        TRANSPOSE,
        (BiasMissing, BiasPerTap, BiasPerChannel),
    ),
    (
        "U11",
        "the bias does not reach every element of its channel",
        "It lies along the columns, or only where a stamp has been.",
        "What is an output element that no stamp reaches?",
        "transposed",
        TRANSPOSE,
        (BiasAlongColumns, BiasOnlyWhereStamped),
    ),
    (
        "U12",
        "a group reads or writes the wrong channels",
        "With one group all is right; with more, stamps of one group appear in another.",
        "Which channels of the output belong to group 0?",
        "transposed-options",
        TRANSPOSE,
        (FirstGroupForAll, GroupsInterleaved, FiltersInterleaved),
    ),
    (
        "U13",
        "the dilation is ignored or off by one",
        "The result is that of another dilation.",
        "How far apart are two neighbouring taps of a stamp at dilation 1?",
        "transposed-options",
        TRANSPOSE,
        (DilationIgnored, DilationPlusOne),
    ),
    (
        "U14",
        "groups and dilation have changed places",
        "By name all is right; by position the two are exchanged.",
        "In which order does torch's conv_transpose2d take its arguments?",
        "transposed-options",
        TRANSPOSE,
        (DilationBeforeGroups,),
    ),
    (
        "U15",
        "a sum over channels or samples keeps one of them",
        "With one channel and one sample all is right.",
        "What becomes of the stamps of channel 0 when channel 1 is done?",
        "transposed",
        TRANSPOSE,
        (ChannelsNotSummed, FirstSampleOnly),
    ),
    (
        "U16",
        "the wrong output paddings are refused",
        "One as large as the stride is accepted; or one below the dilation is not.",
        "How many input sizes of the forward layer give the same output?",
        "output-padding",
        TRANSPOSE,
        (LargeExtraAccepted, OnlyStrideCounts),
    ),
)
_STARS = ("L02", "L04", "U01", "U02", "U03", "U05", "U08")

MISTAKES = tuple(
    Mistake(
        id=identity,
        name=name,
        telltale=telltale,
        question=question,
        section=f"05-matrix#{section}",
        scope=scope,
        variants=variants,
        star=identity in _STARS,
    )
    for identity, name, telltale, question, section, scope, variants in _ROWS
)
