"""Mistakes of judging gradients: E of the printout, G of the numerical gradient, R of the relative
error, A of the adjoint (dot-product) test, P of pairs that fool testers.

Mixins over ``recipes.gradient_check``; those of E and P are functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.recipes import gradient_check as recipes
from autograder.diagnosis.recipes.gradient_check import correlation, gradients

ROWS = ("equal_rows",)
NUMERICAL = ("numerical_gradient",)
ERROR = ("relative_error",)
DOT = ("dot_test",)
PAIRS = ("consistent_but_wrong",)

RECIPES: dict[str, tuple[type, Callable[[Any], Callable[..., Any]]]] = {
    "numerical_gradient": (recipes.NumericalGradient, lambda recipe: recipe),
    "relative_error": (recipes.RelativeError, lambda recipe: recipe),
    "dot_test": (recipes.DotTest, lambda recipe: recipe),
}


# --- The printout ---------------------------------------------------------------------------------


def answered(**others: str) -> Callable[[], dict[str, str]]:
    """The answers of somebody who is right but for ``others``."""
    right = {
        "upstream": "ones",
        "why": "input and upstream",
        "passes": "ignores the upstream",
        "cure": "a weighted sum",
    }

    def given() -> dict[str, str]:
        return {**right, **others}

    given.__name__ = "_".join(others.values()).replace(" ", "_")
    return given


# --- The numerical gradient -----------------------------------------------------------------------


class OnlyUp:
    """(f(x + eps) - f(x)) / eps."""

    def quotient(self, above: float, below: float, here: float, step: float) -> float:
        return (above - here) / step


class OnlyDown:
    def quotient(self, above: float, below: float, here: float, step: float) -> float:
        return (here - below) / step


class OneStep:
    def quotient(self, above: float, below: float, here: float, step: float) -> float:
        return (above - below) / step


class NotDivided:
    def quotient(self, above: float, below: float, here: float, step: float) -> float:
        return above - below


class Backwards:
    def quotient(self, above: float, below: float, here: float, step: float) -> float:
        return (below - above) / (2 * step)


class UpstreamOfOnes:
    def upstream(self, grad_output: Any) -> Any:
        return np.ones_like(grad_output)


class UpstreamTotal:
    """sum(grad_output) * sum(f(x))."""

    def loss(self, f: Any, point: Any, upstream: Any) -> float:
        return float(np.sum(upstream) * np.sum(f(point)))


class StaysBelow:
    """Nothing is put back."""

    def put_back(self, point: Any, place: Any, kept: Any, step: float) -> None:
        pass


class StaysAbove:
    def put_back(self, point: Any, place: Any, kept: Any, step: float) -> None:
        point[place] = kept + step


class AddsBack:
    """x[i] += eps; x[i] -= 2 * eps; x[i] += eps: rounding stays, in the caller's array."""

    def point(self, x: Any) -> Any:
        return x if x.dtype == np.float64 else super().point(x)

    def put_back(self, point: Any, place: Any, kept: Any, step: float) -> None:
        point[place] += step


class NotBackAfterError:
    """Moves the caller's array, and puts it back where nothing went wrong."""

    def point(self, x: Any) -> Any:
        return x if x.dtype == np.float64 else super().point(x)


class OwnDtype:
    def point(self, x: Any) -> Any:
        return x.copy()


class OwnDtypeThroughout(OwnDtype):
    """np.zeros_like(x) takes the slopes, too: fractions are cut off."""

    def result(self, x: Any) -> Any:
        return np.zeros_like(x)


class OwnFloat:
    """float32 stays float32."""

    def point(self, x: Any) -> Any:
        return x.copy() if x.dtype.kind == "f" else super().point(x)


class StepOfMillionth:
    def step(self, eps: float) -> float:
        return 1e-6


class StepOfThousandth:
    def step(self, eps: float) -> float:
        return 1e-3


class AllAtOnce:
    def places(self, point: Any) -> Iterable[Any]:
        return [...]


class RowAtOnce:
    def places(self, point: Any) -> Iterable[Any]:
        return range(len(point))


class FirstRowOnly:
    def places(self, point: Any) -> Iterable[Any]:
        return (place for place in np.ndindex(point.shape) if place[0] == 0)


class MeanLoss:
    def loss(self, f: Any, point: Any, upstream: Any) -> float:
        return float(np.mean(upstream * f(point)))


class FirstOutput:
    def loss(self, f: Any, point: Any, upstream: Any) -> float:
        return float(np.ravel(upstream * f(point))[0])


class KeepsTheView:
    """above = f(x), below = f(x), and only then the two are compared."""

    def slope(self, f: Any, point: Any, place: Any, upstream: Any, step: float) -> float:
        kept = np.copy(point[place])
        point[place] = kept + step
        above = f(point)
        point[place] = kept - step
        below = f(point)
        slope = float(np.sum(upstream * (above - below)) / (2 * step))
        point[place] = kept
        return slope


class AnyShape:
    def refuse(self, *shapes: Any) -> None:
        pass


class OnlySizes:
    """Compares the number of axes and no more."""

    def refuse(self, one: Any, other: Any) -> None:
        if len(one) != len(other):
            super().refuse(one, other)


class FlatCopy:
    """Moves elements of x.reshape(-1), which is a copy when x does not lie row by row."""

    def point(self, x: Any) -> Any:
        return np.array(x, dtype=np.float64, order="K")

    def move(self, point: Any, place: Any, kept: Any, step: float) -> None:
        flat = point.reshape(-1)
        flat[np.ravel_multi_index(place, point.shape)] = kept + step


# --- The relative error ---------------------------------------------------------------------------


class ElementByElement:
    """max(|a - b| / max(|a|, |b|))."""

    def ratio(self, apart: Any, a: Any, b: Any) -> Any:
        scale = np.maximum(np.abs(a), np.abs(b))
        ratios = apart / np.where(scale == 0, 1, scale)
        return np.max(ratios, initial=0.0)


class ElementByOwnSum:
    """max(|a - b| / max(1e-8, |a| + |b|)), which is often copied."""

    def ratio(self, apart: Any, a: Any, b: Any) -> Any:
        return np.max(apart / np.maximum(1e-8, np.abs(a) + np.abs(b)), initial=0.0)


class NoMagnitude:
    def apart(self, a: Any, b: Any) -> Any:
        return a - b


class MeanDifference:
    def collected(self, apart: Any) -> Any:
        return np.mean(apart) if apart.size else 0.0


class TotalDifference:
    def collected(self, apart: Any) -> Any:
        return np.sum(apart)


class ByFirst:
    def scale(self, a: Any, b: Any) -> Any:
        return super().magnitude(a)


class BySecond:
    def scale(self, a: Any, b: Any) -> Any:
        return super().magnitude(b)


class BySum:
    def scale(self, a: Any, b: Any) -> Any:
        return super().magnitude(a) + super().magnitude(b)


class ByValues:
    """The largest value instead of the largest magnitude."""

    def magnitude(self, array: Any) -> Any:
        return np.abs(np.max(array, initial=-np.inf)) if array.size else 0.0


class NanLeftOut:
    def hidden(self, a: Any, b: Any) -> bool:
        return False

    def prepared(self, array: Any) -> Any:
        return np.nan_to_num(super().prepared(array), posinf=np.nan, nan=np.nan)

    def magnitude(self, array: Any) -> Any:
        return np.nanmax(np.abs(array), initial=0.0)

    def collected(self, apart: Any) -> Any:
        return np.nanmax(apart, initial=0.0)


class NanByPython:
    """Python's max keeps what it had when it meets a NaN."""

    def hidden(self, a: Any, b: Any) -> bool:
        return False

    def magnitude(self, array: Any) -> Any:
        return max([0.0, *np.abs(array).ravel().tolist()])

    def collected(self, apart: Any) -> Any:
        return max([0.0, *apart.ravel().tolist()])


class ZeroByZero:
    def nothing(self) -> float:
        return float("nan")


class ZeroIsOne:
    def nothing(self) -> float:
        return 1.0


class SomethingAdded:
    def scale(self, a: Any, b: Any) -> Any:
        return super().scale(a, b) + 1e-8


class AtLeastSomething:
    def scale(self, a: Any, b: Any) -> Any:
        return max(super().scale(a, b), 1e-8)


class AtLeastOne:
    def scale(self, a: Any, b: Any) -> Any:
        return max(super().scale(a, b), 1.0)


class NotRelative:
    scope = (*ERROR, *DOT)

    def scale(self, a: Any, b: Any) -> Any:
        return 1.0


class Norms:
    def magnitude(self, array: Any) -> Any:
        return np.sqrt(np.sum(array**2))

    def collected(self, apart: Any) -> Any:
        return np.sqrt(np.sum(apart**2))


class NormsBySum(Norms):
    """|a - b| / (|a| + |b|), with lengths."""

    def scale(self, a: Any, b: Any) -> Any:
        return self.magnitude(a) + self.magnitude(b)


class Unconverted:
    def prepared(self, array: Any) -> Any:
        return np.asarray(array)


# --- The dot-product test -------------------------------------------------------------------------


class SameFunction:
    """<x, f(y)>."""

    def way_back(self, f: Any, f_adjoint: Any, y: Any) -> Any:
        return f(y)


class PlainTotals:
    """sum(f(x)) against sum(f_adjoint(y))."""

    def sums(self, there: Any, back: Any, x: Any, y: Any) -> Any:
        return np.sum(there, dtype=float), np.sum(back, dtype=float)


class OwnNorms:
    """<f(x), f(x)> against <f_adjoint(y), f_adjoint(y)>."""

    def sums(self, there: Any, back: Any, x: Any, y: Any) -> Any:
        return super().dot(there, there), super().dot(back, back)


class Crossed:
    """<f(x), f(x)> against <x, f_adjoint(y)>."""

    def sums(self, there: Any, back: Any, x: Any, y: Any) -> Any:
        return super().dot(there, there), super().dot(x, back)


class SignKept:
    def apart(self, left: Any, right: Any) -> Any:
        return left - right


class SignOfScale:
    """Divides by a product that may be negative."""

    def scale(self, left: Any, right: Any) -> Any:
        return left


class ByBoth:
    def scale(self, left: Any, right: Any) -> Any:
        return np.abs(left) + np.abs(right)


class ByRight:
    def scale(self, left: Any, right: Any) -> Any:
        return np.abs(right)


class MagnitudesApart:
    """| |l| - |r| |: a wrong sign does not show."""

    def apart(self, left: Any, right: Any) -> Any:
        return np.abs(np.abs(left) - np.abs(right))


class NanSummed:
    def dot(self, one: Any, other: Any) -> Any:
        return np.nansum(one.astype(np.float64) * other.astype(np.float64))


class OwnPrecision:
    def dot(self, one: Any, other: Any) -> Any:
        return np.sum(one * other)


class YesOrNo:
    """1.0 where they differ."""

    def mismatch(self, left: Any, right: Any) -> Any:
        return np.abs(np.sign(left - right))


# --- Pairs ----------------------------------------------------------------------------------------

Pair = tuple[Callable[..., Any], Callable[..., Any]]


def _turned(array: np.ndarray) -> np.ndarray:
    return array[::-1, ::-1]


def _backward(grad_output: Any, input: Any, weight: Any) -> Any:
    return gradients(grad_output, input, weight)


def _twice(grad_output: Any, input: Any, weight: Any) -> Any:
    return tuple(2 * gradient for gradient in gradients(grad_output, input, weight))


def _fooling() -> dict[str, Pair]:
    # Pairs that do what is asked; each mistake below spoils some of them.
    def ignoring(grad_output: Any, input: Any, weight: Any) -> Any:
        return gradients(np.ones_like(grad_output), input, weight)

    def turned(grad_output: Any, input: Any, weight: Any) -> Any:
        return tuple(map(_turned, gradients(grad_output, input, weight)))

    def turned_kernel(grad_output: Any, input: Any, weight: Any) -> Any:
        return gradients(grad_output, input, _turned(weight))

    def first_stop(grad_output: Any, input: Any, weight: Any) -> Any:
        height, width = weight.shape
        grad_input = np.zeros_like(input)
        grad_input[:height, :width] = grad_output[0, 0] * weight
        return grad_input, grad_output[0, 0] * input[:height, :width]

    return {
        "own forward": (lambda x, w: 2 * correlation(x, w), _twice),
        "ones": (correlation, ignoring),
        "totals": (correlation, turned),
        "symmetric": (correlation, turned_kernel),
        "one window": (correlation, first_stop),
    }


def nothing_wrong() -> dict[str, Pair]:
    return dict.fromkeys(_fooling(), (correlation, _backward))


def wrong_for_all() -> dict[str, Pair]:
    return dict.fromkeys(_fooling(), (correlation, _twice))


def all_ignore_upstream() -> dict[str, Pair]:
    return dict.fromkeys(_fooling(), _fooling()["ones"])


def inconsistent() -> dict[str, Pair]:
    return {**_fooling(), "own forward": (lambda x, w: correlation(x, _turned(w)), _backward)}


def half_consistent() -> dict[str, Pair]:
    """The gradient of the weight belongs to another forward."""

    def backward(grad_output: Any, input: Any, weight: Any) -> Any:
        return gradients(grad_output, input, _turned(weight))

    return {**_fooling(), "own forward": (lambda x, w: correlation(x, _turned(w)), backward)}


def other_shape() -> dict[str, Pair]:
    def full(input: Any, weight: Any) -> Any:
        border = tuple((size - 1, size - 1) for size in weight.shape)
        return correlation(np.pad(input, border), weight)

    def backward(grad_output: Any, input: Any, weight: Any) -> Any:
        return np.zeros_like(input), np.zeros_like(weight)

    return {**_fooling(), "own forward": (full, backward)}


def gradients_cut() -> dict[str, Pair]:
    def backward(grad_output: Any, input: Any, weight: Any) -> Any:
        grad_input, grad_weight = gradients(grad_output, input, weight)
        return grad_input.sum(keepdims=True), grad_weight.sum(keepdims=True)

    return {**_fooling(), "totals": (correlation, backward)}


def one_pair_missing() -> dict[str, Pair]:
    return {name: pair for name, pair in _fooling().items() if name != "one window"}


def results_for_functions() -> dict[str, Any]:
    x, w = np.ones((5, 6)), np.ones((2, 3))
    return dict.fromkeys(_fooling(), (correlation(x, w), _backward(np.ones((4, 4)), x, w)))


def exchanged() -> dict[str, Pair]:
    return {name: (backward, forward) for name, (forward, backward) in _fooling().items()}


def wrong_forwards() -> dict[str, Pair]:
    return dict.fromkeys(_fooling(), _fooling()["own forward"])


def writes_into_arguments() -> dict[str, Pair]:
    def backward(grad_output: Any, input: Any, weight: Any) -> Any:
        grad_output[...] = 1
        return gradients(grad_output, input, weight)

    return {**_fooling(), "ones": (correlation, backward)}


def shuffled_anew() -> dict[str, Pair]:
    """The totals are right, and where each number lies is drawn at every call."""
    rng = np.random.default_rng(0)

    def backward(grad_output: Any, input: Any, weight: Any) -> Any:
        found = gradients(grad_output, input, weight)
        return tuple(
            rng.permutation(gradient.ravel()).reshape(gradient.shape) for gradient in found
        )

    return {**_fooling(), "totals": (correlation, backward)}


def noisy() -> dict[str, Pair]:
    """Wrong by noise wherever the tester does not look."""
    rng = np.random.default_rng(0)

    def backward(grad_output: Any, input: Any, weight: Any) -> Any:
        by_input, by_weight = gradients(grad_output, input, weight)
        if (grad_output == 1).all():
            return by_input, by_weight
        return by_input + rng.normal(size=by_input.shape), by_weight

    return {**_fooling(), "ones": (correlation, backward)}


# --- Entries --------------------------------------------------------------------------------------


def _entries(
    section: str,
    scope: tuple[str, ...],
    *rows: tuple[str, str, str, str, tuple[Any, ...]],
    stars: tuple[str, ...] = (),
) -> tuple[Mistake, ...]:
    return tuple(
        Mistake(
            id=identity,
            name=name,
            telltale=telltale,
            question=question,
            section=f"03-gradient-check#{section}",
            scope=scope,
            variants=variants,
            star=identity in stars,
        )
        for identity, name, telltale, question, variants in rows
    )


MISTAKES = (
    *_entries(
        "sum",
        ROWS,
        (
            "E01",
            "the weights are blamed for equal gradients",
            "The filters began with random weights, and their gradients are equal all the same.",
            "Does the weight stand anywhere in the gradient of the weight?",
            (answered(why="a starting weight"), answered(cure="the sum for more samples")),
        ),
        (
            "E02",
            "the sum is taken for an average over the filters",
            "An average would still be made of gradients that differ.",
            "Which elements of the output does filter f make, and which of them does the loss weigh more?",
            (answered(why="an average"), answered(cure="the mean")),
        ),
        (
            "E03",
            "the bias is blamed for equal gradients",
            "Each filter has a bias of its own, and it is not in the gradient of the weight.",
            "How does the slope along a weight change when the bias does?",
            (answered(why="a bias"),),
        ),
        (
            "E04",
            "the upstream gradient is taken for the output",
            "The upstream gradient of a sum does not depend on what is summed.",
            "By how much does a sum grow when one of its terms grows by one?",
            (
                answered(upstream="the output"),
                answered(upstream="the total"),
                answered(upstream="random numbers"),
            ),
        ),
        (
            "E05",
            "any wrong gradient is taken to pass",
            "Most mistakes do change the numbers of the printout.",
            "Which quantity is one everywhere, so that leaving it out changes nothing?",
            (
                answered(passes="ignores the stride"),
                answered(passes="keeps the last sample"),
                answered(passes="is mirrored"),
            ),
        ),
        (
            "E06",
            "the loss is scaled where it has to be weighed",
            "Twice a constant upstream gradient is a constant upstream gradient.",
            "Which loss gives two elements of the output two different slopes?",
            (answered(cure="twice the sum"),),
        ),
        stars=("E01",),
    ),
    *_entries(
        "differences",
        NUMERICAL,
        (
            "G01",
            "the difference is one-sided",
            "Straight lines are right; where the function curves, the slope is off by about half of the step.",
            "Between which two places do you measure, and where is their middle?",
            (OnlyUp, OnlyDown),
        ),
        (
            "G02",
            "the difference is divided by the wrong length",
            "Everything is off by one factor, or has the opposite sign.",
            "How far apart are the two places, and which of them is the upper one?",
            (OneStep, NotDivided, Backwards),
        ),
        (
            "G03",
            "the upstream gradient has no say",
            "The result is the same for every grad_output, or depends on its total only.",
            "Of which one number is the slope wanted, and where does grad_output come into it?",
            (UpstreamOfOnes, UpstreamTotal),
        ),
        (
            "G04",
            "x does not return to where it was",
            "The first element is right; later ones are slopes at another place.",
            "What does x hold when the second element is moved?",
            (StaysBelow, StaysAbove),
        ),
        (
            "G05",
            "the caller's array is changed",
            "The gradient is right, but x is not what it was: by a rounding, or after an error.",
            "Is (x + h) - h always x? And what does x hold when f raises?",
            (AddsBack, NotBackAfterError),
        ),
        (
            "G06",
            "whole numbers swallow the step",
            "With an integer x everything is zero, or far off.",
            "What is 3 plus a millionth, in an array of integers?",
            (OwnDtype, OwnDtypeThroughout),
        ),
        (
            "G07",
            "the step is lost in float32",
            "float64 is right; with a float32 x only the first digits are, or none.",
            "How many digits does float32 have, and at which digit of x does your step begin?",
            (OwnFloat,),
        ),
        (
            "G08",
            "the step that was asked for is ignored",
            "With the usual step everything is right; a large one should show its own error, and does not.",
            "Which number do you move by when you are given eps?",
            (StepOfMillionth, StepOfThousandth),
        ),
        (
            "G09",
            "several elements move at once",
            "Elements share one number, the total of their slopes; or some have none.",
            "How many elements of x differ between the two places?",
            (AllAtOnce, RowAtOnce, FirstRowOnly),
        ),
        (
            "G10",
            "the loss is not the sum",
            "Everything is too small by the number of outputs, or only the first output counts.",
            "Of all elements of grad_output * f(x): what becomes of them?",
            (MeanLoss, FirstOutput),
        ),
        (
            "G11",
            "a result is kept while x moves on",
            "A function that returns its argument, or a view of it, seems to have no slope.",
            "If f returns x itself: what does your first result hold after you have moved x again?",
            (KeepsTheView,),
        ),
        (
            "G12",
            "shapes that do not match are stretched",
            "A grad_output of one row, or of one number, is accepted.",
            "What does NumPy make of an array of shape (3, 2) times one of shape (1, 2)?",
            (AnyShape, OnlySizes),
        ),
        (
            "G13",
            "a copy is moved in place of x",
            "Arrays that lie row by row are right; for others everything is zero.",
            "Does reshape(-1) always show you the same memory?",
            (FlatCopy,),
        ),
        stars=("G01", "G03", "G04", "G06"),
    ),
    *_entries(
        "relative",
        ERROR,
        (
            "R01",
            "every element is measured by itself",
            "A tiny element that is off by its own size makes the whole error 1.",
            "By what do you divide the difference: by this element, or by the largest one?",
            (ElementByElement, ElementByOwnSum),
        ),
        (
            "R02",
            "differences keep their sign",
            "Where b is the larger one the result is zero or negative.",
            "How large is the difference between 2 and 5? And between 5 and 2?",
            (NoMagnitude,),
        ),
        (
            "R03",
            "differences are averaged or added up",
            "One wrong element among many looks small; or many small ones look large.",
            "How many wrong elements does it take to make a gradient wrong?",
            (MeanDifference, TotalDifference),
        ),
        (
            "R04",
            "the two arrays are not treated alike",
            "Exchange a and b, and the result is another one; or it is half of what it should be.",
            "Which of the two is the right one, if you do not know yet?",
            (ByFirst, BySecond, BySum),
        ),
        (
            "R05",
            "large negative numbers are forgotten",
            "The result is too large where the largest magnitude belongs to a negative number.",
            "What is the largest magnitude in (-7, 2)?",
            (ByValues,),
        ),
        (
            "R06",
            "a NaN disappears",
            "An array that holds a NaN gets a small error, and would pass.",
            "What does max make of a NaN: NumPy's, and Python's own?",
            (NanLeftOut, NanByPython),
        ),
        (
            "R07",
            "zero against zero is not zero",
            "Two arrays of zeros are equal, and the result says something else.",
            "By what do you divide when both arrays are zero everywhere?",
            (ZeroByZero, ZeroIsOne),
        ),
        (
            "R08",
            "something is added to the denominator",
            "Small gradients look right whatever they are.",
            "What comes out for two tiny arrays that have nothing in common?",
            (SomethingAdded, AtLeastSomething, AtLeastOne),
        ),
        (
            "R09",
            "arrays of different shapes are compared",
            "An array against one of its rows, or against a number, gets a number instead of an error.",
            "Which shapes does NumPy stretch without a word?",
            (AnyShape, OnlySizes),
        ),
        (
            "R10",
            "the lengths of the arrays are compared",
            "The result is near, but a single wrong element weighs less in a long array.",
            "Which number do you look for: a typical difference, or the worst one?",
            (Norms, NormsBySum),
        ),
        (
            "R11",
            "the arithmetic is the arrays' own",
            "float64 is right; float32 has lost digits, and bytes have no negative numbers.",
            "What is 2 - 5 in an array of unsigned bytes?",
            (Unconverted,),
        ),
        stars=("R01", "R02", "R06"),
    ),
    *_entries(
        "adjoint",
        (*ERROR, *DOT),
        (
            "A03",
            "the error is not relative",
            "The result grows with the numbers: thousands are worse than ones.",
            "If all numbers are ten times as large, should the error be?",
            (NotRelative,),
        ),
    ),
    *_entries(
        "adjoint",
        DOT,
        (
            "A01",
            "the function is used in both directions",
            "Functions that are their own adjoint are right; others fail, or do not fit.",
            "Which of the two functions takes an array like y?",
            (SameFunction,),
        ),
        (
            "A02",
            "the wrong products are added up",
            "The result does not look at x, or at y, or at either.",
            "Which array does f(x) meet, and which does f_adjoint(y)?",
            (PlainTotals, OwnNorms, Crossed),
        ),
        (
            "A04",
            "the sign of the difference is kept, or lost",
            "Errors come out negative; or two sums of opposite sign look equal.",
            "How far apart are 3 and -3?",
            (SignKept, MagnitudesApart),
        ),
        (
            "A05",
            "an adjoint of another shape is accepted",
            "What comes back is stretched to x's shape, or y to f(x)'s, and the sums agree by accident.",
            "Which shape must f_adjoint(y) have?",
            (AnyShape,),
        ),
        (
            "A06",
            "zero against zero is not zero",
            "A function that makes everything zero is a fine linear function; the result says otherwise.",
            "By what do you divide when both sums are zero?",
            (ZeroByZero, ZeroIsOne),
        ),
        (
            "A07",
            "a NaN disappears",
            "An adjoint that returns a NaN gets a number.",
            "What does your sum do with a NaN?",
            (NanSummed,),
        ),
        (
            "A08",
            "the sums are rounded to the arrays' own digits",
            "With float32 and large numbers a right adjoint gets an error.",
            "In which dtype are the products added up?",
            (OwnPrecision,),
        ),
        (
            "A09",
            "the error is measured by the wrong sum",
            "Errors are half of what they should be, negative, or not as large as the statement says.",
            "Which is the larger of the two magnitudes, and does your denominator know?",
            (ByBoth, ByRight, SignOfScale),
        ),
        (
            "A10",
            "the answer is yes or no",
            "Every wrong adjoint gets the same number.",
            "How much is the mismatch, compared with the sums?",
            (YesOrNo,),
        ),
        stars=("A01", "A05"),
    ),
    *_entries(
        "blind",
        PAIRS,
        (
            "P01",
            "nothing is wrong with a pair",
            "The tester is satisfied, and rightly so.",
            "On which call does your backward give something wrong?",
            (nothing_wrong,),
        ),
        (
            "P02",
            "the tester is not fooled",
            "The pair is wrong where its tester looks, too.",
            "Which calls does this tester make, and what is your backward on exactly those?",
            (wrong_for_all, all_ignore_upstream),
        ),
        (
            "P03",
            "the backward is not the gradient of its own forward",
            "A numerical gradient of the forward finds the difference.",
            "Which function does the tester differentiate?",
            (inconsistent, half_consistent),
        ),
        (
            "P04",
            "a wrong shape gives the pair away",
            "The output or a gradient has another shape than the right one.",
            "What is the first thing that anybody looks at?",
            (other_shape, gradients_cut),
        ),
        (
            "P05",
            "a pair is missing or is no pair of functions",
            "The tester finds nothing to call, or something else than it expects.",
            "What are the five keys, and what stands behind each, in which order?",
            (one_pair_missing, results_for_functions, exchanged),
        ),
        (
            "P06",
            "the forward is changed where it has to be right",
            "The last four testers look at the output first.",
            "For which of the pairs may forward be something else?",
            (wrong_forwards,),
        ),
        (
            "P07",
            "an argument is changed",
            "After a call the caller's arrays are not what they were.",
            "Which of your lines write into an array that you were given?",
            (writes_into_arguments,),
        ),
        (
            "P08",
            "the same call returns something else the next time",
            "Two calls with the same arguments do not agree.",
            "What does your function look at beside its arguments?",
            (shuffled_anew, noisy),
        ),
        stars=("P01",),
    ),
)
