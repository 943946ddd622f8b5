"""Mistakes of chapter 7, S01 to S19: in what a layer costs, in Fourier transforms, in Winograd's tiles
and in the pieces that a fast layer is made of.

Each mixin takes one decision of ``recipes.speed`` or of ``recipes.forward.Convolution`` differently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.recipes import columns, forward
from autograder.diagnosis.recipes import speed as recipes

RECIPES: dict[str, tuple[type, Callable[[Any], Callable[..., Any]]]] = {
    "conv2d_cost": (recipes.Cost, lambda recipe: recipe),
    "conv2d_fft": (forward.Convolution, lambda recipe: recipe),
    "winograd_f23": (recipes.Winograd, lambda recipe: recipe),
    "conv2d_fast": (forward.Convolution, lambda recipe: recipe),
    "conv2d_fast_backward": (columns.ColumnsBackward, lambda recipe: recipe),
}

COST = ("conv2d_cost",)
FFT = ("conv2d_fft",)
LINE = ("winograd_f23",)
FAST = ("conv2d_fast",)


# --- What a layer costs ---------------------------------------------------------------------------


class MultiplicationsOnly:
    def flops(self, multiply_adds: int) -> int:
        return multiply_adds


class ElementsNotBytes:
    def bytes(self, elements: int, itemsize: int) -> int:
        return elements


class AlwaysFourBytes:
    def bytes(self, elements: int, itemsize: int) -> int:
        return 4 * elements


class ReadOncePerTap:
    """The traffic of the columns: an element for every product."""

    def moved(self, input: int, weight: int, output: int, taps: int, samples: int) -> int:
        return output * taps + weight + output


class WeightPerSample:
    def moved(self, input: int, weight: int, output: int, taps: int, samples: int) -> int:
        return input + samples * weight + output


class OutputNotWritten:
    def moved(self, input: int, weight: int, output: int, taps: int, samples: int) -> int:
        return input + weight


class WeightNotRead:
    def moved(self, input: int, weight: int, output: int, taps: int, samples: int) -> int:
        return input + output


class OutputReadToo:
    def moved(self, input: int, weight: int, output: int, taps: int, samples: int) -> int:
        return input + weight + 2 * output


class SameIsNothing:
    """Takes the words for no padding."""

    def zeros(self: Any, padding: Any, amount: int, reach: int) -> int:
        return sum(self.border(amount))


class SameUndilated:
    def zeros(self: Any, padding: Any, amount: int, reach: int) -> int:
        if padding == "same":
            return 2 * ((reach - 1) // 2)
        return sum(self.border(amount))


# --- Fourier transforms ---------------------------------------------------------------------------


class GoesRound:
    """A circle as long as the input without its padding: windows at the border go round."""

    def padded(self, input: Any, borders: Any) -> Any:
        return np.pad(input, ((0, 0), (0, 0), *borders), mode="wrap")


class NotCutOff:
    """The result starts where the full correlation does."""

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        return np.roll(output, [k - 1 for k in weight.shape[2:]], axis=(2, 3))


class StaysComplex:
    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        return super().finish(output, input, weight).astype(np.complex128)


class CutNotRounded:
    """Integers by cutting off: what came back as 6.999… is a 6."""

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        if output.dtype.kind != "i":
            return output
        there = np.fft.rfft2(output)
        return np.fft.irfft2(there, output.shape[2:]).astype(output.dtype)


def cuts_off(function: Callable[..., Any], call: Call, expected: Any) -> bool:
    """Are some whole numbers one nearer to zero than they should be, and all others right?

    Which ones depends on how the transforms round, so no two such functions do the same.
    """
    got = call.on(function)
    if got.shape != expected.shape or {got.dtype.kind, expected.dtype.kind} != {"i"}:
        return False
    missing = (expected - got) * np.sign(expected)
    return set(missing.ravel().tolist()) == {0, 1} and not got[expected == 0].any()


class NotScaled:
    """A transform back that does not divide by the number of elements."""

    def scaled(self, part: Any, weight: Any) -> Any:
        return super().scaled(part, weight) * (part.shape[2] * part.shape[3] + 1)


# --- Winograd's tiles -----------------------------------------------------------------------------


class TilesOfFour:
    """The tiles lie side by side."""

    step = 4


class TilesOfOne:
    """Every tile starts one further on."""

    step = 1


class HalvesForgotten:
    def of_weight(self) -> Any:
        return np.array([[1, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 1]])


class HalvesCut:
    """Halves of whole numbers are cut off: (g0 + g1 + g2) // 2."""

    def taps(self, weight: Any) -> Any:
        return weight

    def of_weight(self) -> Any:
        return FloorHalves()


class FloorHalves:
    """Stands for the matrix, and rounds its halves down."""

    def __matmul__(self, weight: Any) -> Any:
        g0, g1, g2 = weight
        return np.array([g0, (g0 + g1 + g2) // 2, (g0 - g1 + g2) // 2, g2])


class InputSign:
    def of_input(self) -> Any:
        return np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, 1, -1, 0], [0, 1, 0, -1]])


class LastInputSign:
    def of_input(self) -> Any:
        return np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]])


class FirstInputSign:
    def of_input(self) -> Any:
        return np.array([[1, 0, 1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])


class WeightSign:
    def of_weight(self) -> Any:
        return np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, -0.5], [0, 0, 1]])


class OutputSign:
    def of_output(self) -> Any:
        return np.array([[1, 1, 1, 0], [0, 1, -1, 1]])


class OutputSameSign:
    def of_output(self) -> Any:
        return np.array([[1, 1, 1, 0], [0, 1, 1, -1]])


class OutputsExchanged:
    def of_output(self) -> Any:
        return super().of_output()[::-1]


class OutputsApart:
    """All first outputs, then all second ones."""

    def finish(self, output: Any, input: Any) -> Any:
        return output.reshape(-1, 2).T.reshape(-1)


class TapsMirrored:
    def taps(self, weight: Any) -> Any:
        return weight[::-1]


class FirstTileOnly:
    def finish(self, output: Any, input: Any) -> Any:
        return output[:2]


class OddLineCut:
    def refuse(self, input: Any, weight: Any) -> None:
        pass

    def taps(self, weight: Any) -> Any:
        return np.resize(weight, 3)


class RefusedInSilence:
    def refuse(self, input: Any, weight: Any) -> None:
        if len(input) % 2 or len(weight) != 3:
            raise ValueError("shapes do not match")


class RefusedByAssertion:
    def refuse(self, input: Any, weight: Any) -> None:
        assert len(input) % 2 == 0 and len(weight) == 3, (len(input), len(weight))


class LineChanged:
    def finish(self, output: Any, input: Any) -> Any:
        input[2:] -= input[:-2]
        return output


# --- Pieces of a fast layer -----------------------------------------------------------------------


class OddEdgeLeft:
    """Tiles of two outputs; what is left over at an odd edge stays zero."""

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        output[:, :, output.shape[2] - output.shape[2] % 2 :] = 0
        output[:, :, :, output.shape[3] - output.shape[3] % 2 :] = 0
        return output


class LastPieceLeft:
    """Pieces of four rows; a last piece that is smaller is forgotten."""

    def finish(self, output: Any, input: Any, weight: Any) -> Any:
        output = super().finish(output, input, weight)
        output[:, :, output.shape[2] - output.shape[2] % 4 :] = 0
        return output


class BorderOfLastImage:
    """The padding's memory is shared by all images, and is only cleared for the first."""

    def padded(self, input: Any, borders: Any) -> Any:
        padded = super().padded(input, borders)
        (top, _), (left, _) = borders
        for n in range(1, len(padded)):
            if top:
                padded[n, :, 0] = padded[n - 1, :, top]
            if left:
                padded[n, :, :, 0] = padded[n - 1, :, :, left]
        return padded


class OneByOneForAll:
    """A kernel of one element takes the short way, whatever the stride and the padding."""

    def borders(self, padding: Any, weight: Any, dilations: Any) -> Any:
        if weight.shape[2:] == (1, 1):
            return [(0, 0), (0, 0)]
        return super().borders(padding, weight, dilations)


class ThreeByThreeForAll:
    """A square kernel of three takes the short way, whatever the stride."""

    def __call__(self, input: Any, weight: Any, bias: Any = None, *args: Any, **kw: Any) -> Any:
        if weight.shape[2:] == (3, 3):
            kw["stride"] = 1
        return super().__call__(input, weight, bias, *args, **kw)


class AlwaysPaddedByOne:
    """The short way for 3×3 pads by one, because 'same' does."""

    def __call__(self, input: Any, weight: Any, bias: Any = None, *args: Any, **kw: Any) -> Any:
        if weight.shape[2:] == (3, 3):
            kw["padding"] = 1
        return super().__call__(input, weight, bias, *args, **kw)


MISTAKES = (
    Mistake(
        id="S01",
        name="an addition is not counted",
        telltale="The flops are half of what they should be.",
        question="What happens to a product once it is computed, and what is that worth here?",
        section="07-speed#cost",
        scope=COST,
        variants=(MultiplicationsOnly,),
        star=True,
    ),
    Mistake(
        id="S02",
        name="an array is left out of the traffic, or counted more than once",
        telltale="The flops are right; the bytes miss an array, or hold one several times.",
        question="Which arrays have to cross between memory and processor, and how often at least?",
        section="07-speed#cost",
        scope=COST,
        variants=(WeightPerSample, OutputNotWritten, WeightNotRead, OutputReadToo),
        star=True,
    ),
    Mistake(
        id="S03",
        name="the traffic is that of the columns",
        telltale="The flops are right; the bytes count an element for every product.",
        question="Is it compulsory to read an element again for every window that holds it?",
        section="07-speed#cost",
        scope=COST,
        variants=(ReadOncePerTap,),
    ),
    Mistake(
        id="S04",
        name="elements are taken for bytes",
        telltale="The flops are right; the bytes do not depend on the size of an element.",
        question="How many bytes has an element, and which argument says so?",
        section="07-speed#cost",
        scope=COST,
        variants=(ElementsNotBytes, AlwaysFourBytes),
    ),
    Mistake(
        id="S05",
        name="'same' is counted wrongly",
        telltale="With numbers for the padding all is right; 'same' gives too few outputs.",
        question="How many zeros does 'same' put on an axis, both ends together?",
        section="07-speed#cost",
        scope=COST,
        variants=(SameIsNothing, SameUndilated),
    ),
    Mistake(
        id="S06",
        name="windows go round the circle",
        telltale="The inside is right; with padding, the border holds numbers from the other side.",
        question="What stands behind the last element of a line, for a discrete Fourier transform?",
        section="07-speed#fourier",
        scope=FFT,
        variants=(GoesRound,),
        star=True,
    ),
    Mistake(
        id="S07",
        name="the result is shifted along the circle",
        telltale="All numbers may be there, moved by the kernel's size less one.",
        question="At which element does the first window start that lies inside the input as a whole?",
        section="07-speed#fourier",
        scope=FFT,
        variants=(NotCutOff,),
        star=True,
    ),
    Mistake(
        id="S08",
        name="what the transform returns is passed on as it is",
        telltale="The numbers are complex, not scaled, or whole numbers that are one too small.",
        question="Which type and scale has what comes back, and what does astype(int) do to 6.9999?",
        section="07-speed#fourier",
        scope=FFT,
        variants=(StaysComplex, CutNotRounded, NotScaled),
        shows=cuts_off,
    ),
    Mistake(
        id="S10",
        name="the tiles do not overlap by two",
        telltale="The first two outputs are right, the others belong to other places.",
        question="A tile gives two outputs: where does the next one start?",
        section="07-speed#winograd",
        scope=LINE,
        variants=(TilesOfFour, TilesOfOne, FirstTileOnly),
        star=True,
    ),
    Mistake(
        id="S11",
        name="the halves are missing, or cut off",
        telltale="Outputs are too large, or right for some kernels only.",
        question="What are the values of the kernel's polynomial at 1 and at −1, and what is their weight?",
        section="07-speed#winograd",
        scope=LINE,
        variants=(HalvesForgotten, HalvesCut),
        star=True,
    ),
    Mistake(
        id="S12",
        name="a sign is wrong in a transform",
        telltale="Some products enter with the wrong sign.",
        question="Multiply the three matrices out for an input with a single 1: which kernel do you get back?",
        section="07-speed#winograd",
        scope=LINE,
        variants=(
            InputSign,
            LastInputSign,
            FirstInputSign,
            WeightSign,
            OutputSign,
            OutputSameSign,
        ),
        star=True,
    ),
    Mistake(
        id="S13",
        name="the outputs are in another order",
        telltale="The numbers are right, at other places.",
        question="Which two places of the result does a tile fill?",
        section="07-speed#winograd",
        scope=LINE,
        variants=(OutputsExchanged, OutputsApart),
    ),
    Mistake(
        id="S14",
        name="the kernel is mirrored",
        telltale="Symmetric kernels are right; the result is the convolution.",
        question="Does the polynomial product slide the kernel as it is, or mirrored?",
        section="07-speed#winograd",
        scope=LINE,
        variants=(TapsMirrored,),
    ),
    Mistake(
        id="S15",
        name="a line that does not fit is not refused",
        telltale="An odd line or another number of taps gives something, or fails without a number.",
        question="What becomes of the last element of an odd line?",
        section="07-speed#winograd",
        scope=LINE,
        variants=(OddLineCut, RefusedInSilence, RefusedByAssertion),
    ),
    Mistake(
        id="S16",
        name="the line is changed in place",
        telltale="The result is right, but the caller's line is not what it was.",
        question="Do your differences have memory of their own?",
        section="07-speed#winograd",
        scope=LINE,
        variants=(LineChanged,),
    ),
    Mistake(
        id="S17",
        name="what is left over after the last whole piece is forgotten",
        telltale="Sizes that the piece divides are right; in others the last rows or columns are zero.",
        question="How large is the last piece, and who computes it?",
        section="07-speed#ladder",
        scope=FAST,
        variants=(OddEdgeLeft, LastPieceLeft),
        star=True,
    ),
    Mistake(
        id="S18",
        name="the border of an earlier image is still there",
        telltale="The first sample is right; in later ones the border is not zero.",
        question="What stands in memory that you use again, and which parts of it do you overwrite?",
        section="07-speed#ladder",
        scope=FAST,
        variants=(BorderOfLastImage,),
        star=True,
    ),
    Mistake(
        id="S19",
        name="the short way is taken where it does not hold",
        telltale="Kernels of one size are wrong with a stride or another padding; all others are right.",
        question="For which options is your short way right, and where do you ask for them?",
        section="07-speed#ladder",
        scope=FAST,
        variants=(OneByOneForAll, ThreeByThreeForAll, AlwaysPaddedByOne),
    ),
)
