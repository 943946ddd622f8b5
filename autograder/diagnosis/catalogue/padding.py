"""Mistakes of padding, F10 to F13, F31, F32 and K11: in pad2d, in the layer and in sizes.

A mixin takes one decision of ``recipes.Recipe``, ``recipes.Convolution`` or ``recipes.Pad``
differently; it applies to those functions whose recipe has that decision.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.checks.compare import Rule, difference
from autograder.checks.judge import outcome
from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.catalogue.scopes import COUNT, PAD, PADDED, SIZE

# --- In a size or a layer -------------------------------------------------------------------------


class PaddingIgnored:
    def border(self, padding: int) -> tuple[int, int]:
        return 0, 0


class PaddingOneSide:
    scope = PADDED  # a size alone cannot tell

    def border(self, padding: int) -> tuple[int, int]:
        return 2 * padding, 0


class PaddingOtherSide:
    scope = PADDED  # a size alone cannot tell

    def border(self, padding: int) -> tuple[int, int]:
        return 0, 2 * padding


class PaddingOnce:
    def border(self, padding: int) -> tuple[int, int]:
        return padding, 0


class PaddingBehindOnce:
    def border(self, padding: int) -> tuple[int, int]:
        return 0, padding


class PaddingOne:
    def border(self, padding: int) -> tuple[int, int]:
        return 1, 1

    def borders(self, padding: Any, weight: Any, dilations: Any) -> Any:
        return [(1, 1), (1, 1)]


class PaddingOneIfAny:
    def border(self, padding: int) -> tuple[int, int]:
        return (1, 1) if padding else (0, 0)


class PaddingEdge:
    def padded(self, input: Any, borders: Any) -> Any:
        return np.pad(input, ((0, 0), (0, 0), *borders), mode="edge")


class PaddingReflect:
    def padded(self, input: Any, borders: Any) -> Any:
        return np.pad(input, ((0, 0), (0, 0), *borders), mode="reflect")


class PaddingOnes:
    def padded(self, input: Any, borders: Any) -> Any:
        return np.pad(input, ((0, 0), (0, 0), *borders), constant_values=1)


class PadsEveryAxis:
    def padded(self, input: Any, borders: Any) -> Any:
        return np.pad(input, max(map(max, borders)))

    def group_channels(self, group: int, groups: int, channels: int) -> Any:
        return super().group_channels(group, groups, self.channels)

    def refuse(self, input: Any, *args: Any) -> None:
        self.channels = input.shape[1]
        super().refuse(input, *args)


# --- In pad2d -------------------------------------------------------------------------------------


class NothingPadded:
    def filled(self, input: Any, borders: Any, value: float) -> Any:
        return input.copy()


class PadOnce:
    """p elements in all: before, and none behind."""

    def filled(self, input: Any, borders: Any, value: float) -> Any:
        return super().filled(input, [(before, 0) for before, _ in borders], value)


class PadInFront:
    def filled(self, input: Any, borders: Any, value: float) -> Any:
        return super().filled(input, [(sum(border), 0) for border in borders], value)


class PadOne:
    def sides(self, padding: Any) -> Any:
        return 1, 1, 1, 1


class PadEdge:
    def filled(self, input: Any, borders: Any, value: float) -> Any:
        return np.pad(input, ((0, 0), (0, 0), *borders), mode="edge")


class PadSymmetric:
    def filled(self, input: Any, borders: Any, value: float) -> Any:
        return np.pad(input, ((0, 0), (0, 0), *borders), mode="symmetric")


class PadZero:
    def filled(self, input: Any, borders: Any, value: float) -> Any:
        return super().filled(input, borders, 0.0)


class PadWidthFirst:
    def two(self, padding: Any) -> Any:
        return padding[::-1]


class PadTopFirst:
    """Reads (top, bottom, left, right)."""

    def four(self, padding: Any) -> Any:
        top, bottom, left, right = padding
        return left, right, top, bottom


class PadClockwise:
    """Reads (left, top, right, bottom)."""

    def four(self, padding: Any) -> Any:
        left, top, right, bottom = padding
        return left, right, top, bottom


class PadEveryAxis:
    def filled(self, input: Any, borders: Any, value: float) -> Any:
        return np.pad(input, max(map(max, borders)), constant_values=value)


class PadChannelsToo:
    def filled(self, input: Any, borders: Any, value: float) -> Any:
        return np.pad(input, ((0, 0), borders[0], *borders), constant_values=value)


class PadFloat64:
    def filled(self, input: Any, borders: Any, value: float) -> Any:
        return super().filled(input, borders, value).astype(np.float64)


class PadHandsBack:
    """Where there is nothing to add, the array itself comes back."""

    def filled(self, input: Any, borders: Any, value: float) -> Any:
        return super().filled(input, borders, value) if any(map(any, borders)) else input


def lends_memory(function: Callable[..., Any], call: Call, expected: Any) -> bool:
    """Does the right result lie in an argument's memory?"""
    result, _, shared = outcome(function, call)
    return shared is not None and difference(result, expected, Rule(rtol=1e-9)) is None


class PadWritesBorder:
    def filled(self, input: Any, borders: Any, value: float) -> Any:
        output = super().filled(input, borders, value)
        input[..., 0, :] = value
        return output


MISTAKES = (
    Mistake(
        id="F10",
        name="the padding is not applied",
        telltale="The result is that of padding 0.",
        question="What is the size of the array that the window slides over?",
        section="02-layer#padding",
        scope=(*SIZE, *PAD, *PADDED, *COUNT),
        variants=(PaddingIgnored, NothingPadded),
        star=True,
    ),
    Mistake(
        id="F11",
        name="the padding is on one side only",
        telltale="The inside of the result is shifted, or the output is p smaller than it should be.",
        question="On how many sides of an axis does padding p add p elements?",
        section="02-layer#padding",
        scope=(*SIZE, *PAD, *PADDED, *COUNT),
        variants=(
            PaddingOnce,
            PaddingOneSide,
            PaddingOtherSide,
            PaddingBehindOnce,
            PadOnce,
            PadInFront,
        ),
    ),
    Mistake(
        id="F12",
        name="the padding is always 1",
        telltale="Padding 1 is right; another padding gives the result of padding 1.",
        question="Where in your code does the argument padding appear?",
        section="02-layer#padding",
        scope=(*SIZE, *PAD, *PADDED, *COUNT),
        variants=(PaddingOne, PaddingOneIfAny, PadOne),
        star=True,
    ),
    Mistake(
        id="F13",
        name="the border is filled with something other than zeros",
        telltale="Only outputs whose window touches the border are wrong.",
        question="What does the window see outside the input?",
        section="02-layer#padding",
        scope=(*PAD, *PADDED),
        variants=(PaddingEdge, PaddingReflect, PaddingOnes, PadEdge, PadSymmetric),
    ),
    Mistake(
        id="F31",
        name="every axis is padded, not only height and width",
        telltale="The batch has grown by 2p samples, and channels of zeros have moved in.",
        question="What does np.pad do with a single number?",
        section="02-layer#padding",
        scope=(*PAD, *PADDED),
        variants=(PadsEveryAxis, PadEveryAxis, PadChannelsToo),
    ),
    Mistake(
        id="F32",
        name="the value of the border is ignored",
        telltale="The border is zero, whatever value is asked for.",
        question="Where in your code does the argument value appear?",
        section="02-layer#padding",
        scope=PAD,
        variants=(PadZero,),
        star=True,
    ),
    Mistake(
        id="K11",
        name="the result is an argument, or a view of one",
        telltale="The numbers are right. Whoever writes into the result writes into the argument.",
        question="Whose memory is it that your function hands out, where there is nothing to do?",
        section="02-layer#contract",
        scope=PAD,
        variants=(PadHandsBack,),
        shows=lends_memory,
    ),
)
