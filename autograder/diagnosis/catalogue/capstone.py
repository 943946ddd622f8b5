"""Mistakes of MiniConv, M01 to M15: decisions of ``recipes.capstone.Layer`` taken differently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.recipes.capstone import Layer

SCOPE = ("MiniConv",)

RECIPES: dict[str, tuple[type, Callable[[Any], Callable[..., Any]]]] = {
    "MiniConv": (Layer, lambda recipe: recipe)
}

# --- What the border holds ------------------------------------------------------------------------


class ModeIgnored:
    def numpy_mode(self) -> str:
        return "constant"


class ReflectRepeatsTheEdge:
    def numpy_mode(self) -> str:
        mode = super().numpy_mode()
        return "symmetric" if mode == "reflect" else mode


class CircularIsReflect:
    def numpy_mode(self) -> str:
        mode = super().numpy_mode()
        return "symmetric" if mode == "wrap" else mode


class CircularFromTheWrongEnd:
    """The first elements are put in front, the last behind."""

    def source(self: Any, length: int, border: tuple[int, int]) -> Any:
        if self.mode != "circular":
            return super().source(length, border)
        numbers = np.arange(length)
        return np.concatenate([numbers[: border[0]], numbers, numbers[length - border[1] :]])


class SameOddInFront:
    def same(self, total: int) -> tuple[int, int]:
        return total - total // 2, total // 2


# --- What the border's gradient does ---------------------------------------------------------------


class BorderGradientDropped:
    """Backward crops the border, whatever it was a copy of."""

    def source_back(self, length: int, border: tuple[int, int]) -> Any:
        return np.pad(np.arange(1, length + 1), border) - 1


class BorderGradientOverwrites:
    """What has several copies keeps the gradient of the last one."""

    def unpadded(self: Any, grad: Any) -> Any:
        for axis, border in enumerate(self.borders()):
            length = self.input.shape[2 + axis]
            table = self.source(length, border)
            moved = np.moveaxis(grad, 2 + axis, 0)
            into = np.zeros((length, *moved.shape[1:]), dtype=grad.dtype)
            for place, element in enumerate(table):
                if element >= 0:
                    into[element] = moved[place]
            grad = np.moveaxis(into, 0, 2 + axis)
        return grad


# --- Axes -----------------------------------------------------------------------------------------


class OptionsBackwards:
    """Width first: (W, H, D) where (D, H, W) is meant."""

    def each(self, option: Any) -> Any:
        return tuple(super().each(option))[::-1]


class FirstOptionForAll:
    def each(self: Any, option: Any) -> Any:
        return (super().each(option)[0],) * self.axes


class DepthNotDilated:
    def each(self: Any, option: Any) -> Any:
        numbers = tuple(super().each(option))
        return (1, *numbers[1:]) if self.axes == 3 and min(numbers) > 0 else numbers


class BatchAxisKept:
    def unbatched(self, result: Any) -> Any:
        return result


# --- Gradients ------------------------------------------------------------------------------------


class GradientsAddUp:
    def keep(self, name: str, gradient: Any) -> None:
        earlier = getattr(self, name)
        setattr(self, name, gradient if earlier is None else earlier + gradient)


class BackwardIgnoresDilation:
    def places_back(self: Any, axis: int, length: int) -> Any:
        table = self.places(axis, length)
        return np.arange(len(table))[:, np.newaxis] + table[0]


class BackwardIgnoresStride:
    def places_back(self: Any, axis: int, length: int) -> Any:
        table = self.places(axis, length)
        return table[:, :1] + np.arange(table.shape[1])


class BiasGradientOfLastSample:
    def bias_gradient(self, grad: Any) -> Any:
        return super().bias_gradient(grad[-1:])


class BiasGradientOfTwoAxes:
    """Sums the batch and the last two axes: one too few in three dimensions."""

    def bias_gradient(self: Any, grad: Any) -> Any:
        return grad.sum(axis=(0, -2, -1)) if self.axes == 3 else super().bias_gradient(grad)


class GradientAveraged:
    def keep(self: Any, name: str, gradient: Any) -> None:
        super().keep(name, gradient / len(self.input))


class Mirrored:
    def grouped(self, weight: Any) -> Any:
        return super().grouped(weight)[..., ::-1]


class GroupsOnlyForward:
    """Backward hands each group's gradient to the channels of the other one."""

    def scattered(self, spread: Any) -> Any:
        return super().scattered(spread[:, ::-1])


# --- Contract -------------------------------------------------------------------------------------


class AlwaysFloat64:
    def forward(self, input: Any) -> Any:
        return super().forward(input).astype(np.float64)


class WritesIntoGradOutput:
    def bias_gradient(self, grad: Any) -> Any:
        total = super().bias_gradient(grad)
        grad *= 0
        return total


class AcceptsAnyGradient:
    """Takes of grad_output what fits and leaves the rest."""

    def backward(self: Any, grad_output: Any) -> Any:
        return super().backward(grad_output[..., : self.output_size[-1]])


class AcceptsAnyChannels:
    """Takes of the input as many channels as the weight has."""

    def forward(self: Any, input: Any) -> Any:
        lead = (slice(None),) * (input.ndim - self.axes - 1)
        return super().forward(input[(*lead, slice(self.weight.shape[1] * self.groups))])


# --- Probes that let something through ------------------------------------------------------------


def _whole(*shape: int) -> np.ndarray:
    rng = np.random.default_rng(list(shape))
    return (rng.integers(1, 9, size=shape) * rng.choice([-1, 1], size=shape)).astype(float)


def _probes(*, gradients: bool = True) -> list[dict[str, Any]]:
    """Four probes that let nothing through, if they ask for gradients."""
    four: list[dict[str, Any]] = [
        {
            "input": _whole(2, 6, 4, 4),
            "weight": _whole(6, 2, 3, 2),
            "bias": _whole(6),
            "grad_output": _whole(2, 6, 4, 2),
            "stride": 2,
            "padding": (3, 1),
            "dilation": (1, 2),
            "groups": 3,
        },
        {
            "input": _whole(2, 3, 5, 6),
            "weight": _whole(3, 1, 1, 3),
            "grad_output": _whole(2, 3, 2, 3),
            "stride": (3, 2),
            "padding": (0, 3),
            "dilation": (1, 3),
            "groups": 3,
        },
        {"input": _whole(1, 1, 3, 3), "weight": _whole(2, 1, 2, 2), "padding": "same"},
        {
            "input": _whole(1, 6, 7, 5),
            "weight": _whole(3, 2, 3, 3),
            "grad_output": _whole(1, 3, 9, 7),
            "padding": 2,
            "groups": 3,
        },
    ]
    return four if gradients else [{k: v for k, v in p.items() if k != "grad_output"} for p in four]


def forward_only() -> list[dict[str, Any]]:
    return _probes(gradients=False)


def without_same() -> list[dict[str, Any]]:
    return [probe for probe in _probes() if probe.get("padding") != "same"]


def one_large_probe() -> list[dict[str, Any]]:
    return _probes()[:1]


def ones_for_gradients() -> list[dict[str, Any]]:
    return [
        {k: np.ones_like(v) if k == "grad_output" else v for k, v in probe.items()}
        for probe in _probes()
    ]


def equal_on_both_axes() -> list[dict[str, Any]]:
    rest = _probes()[2:]
    square = {"input": _whole(2, 4, 7, 7), "weight": _whole(4, 2, 3, 3), "groups": 2}
    sizes = ({"stride": 2, "padding": 1}, {"stride": 3, "padding": 0})
    stops = (4, 2)
    return rest + [
        {**square, **options, "grad_output": _whole(2, 4, n, n)}
        for options, n in zip(sizes, stops, strict=True)
    ]


def five_probes() -> list[dict[str, Any]]:
    return [*_probes(), _probes()[0]]


def gradient_of_another_size() -> list[dict[str, Any]]:
    return [{**probe, "grad_output": _whole(1, 1, 1, 1)} for probe in _probes()[:1]]


ZOO = tuple(
    Mistake(
        id=identity,
        name=name,
        telltale=telltale,
        question=question,
        section="10-capstone#zoo",
        scope=("zoo",),
        variants=variants,
    )
    for identity, name, telltale, question, variants in (
        (
            "Z01",
            "no probe asks for gradients",
            "Every mistake of the backward pass survives.",
            "Which of your probes does conv2d_backward get to see?",
            (forward_only,),
        ),
        (
            "Z02",
            "padding 'same' is never asked for",
            "Whoever puts the odd zero of 'same' in front is not found out.",
            "Which options does only the forward pass know?",
            (without_same,),
        ),
        (
            "Z03",
            "one probe with every option",
            "Some mistakes are right exactly where another option stands in their way.",
            "Which survivors need padding 0, or stride 1, or a stride that leaves nothing over?",
            (one_large_probe,),
        ),
        (
            "Z04",
            "the gradient is all ones",
            "Whoever ignores grad_output, or takes it the wrong way round, is not found out.",
            "What can nobody get wrong about an array whose elements are all the same?",
            (ones_for_gradients,),
        ),
        (
            "Z05",
            "rows and columns have the same options",
            "Whoever exchanges the two numbers of a pair is not found out.",
            "In which of your probes is an option not the same on both axes?",
            (equal_on_both_axes,),
        ),
        (
            "Z06",
            "more probes than allowed, or one that is refused",
            "Nothing is asked at all.",
            "What is the shape of the output of each of your probes?",
            (five_probes, gradient_of_another_size),
        ),
    )
)


MISTAKES = ZOO + tuple(
    Mistake(
        id=identity,
        name=name,
        telltale=telltale,
        question=question,
        section=section,
        scope=SCOPE,
        variants=variants,
        star=star,
    )
    for identity, star, name, telltale, question, section, variants in (
        (
            "M01",
            True,
            "the padding mode is ignored",
            "Right with zeros; with any other mode the border is wrong and the middle is right.",
            "What does your layer put in front of the first element, and where does it look that up?",
            "10-capstone#padding-modes",
            (ModeIgnored,),
        ),
        (
            "M02",
            True,
            "a reflection repeats the element at the edge",
            "With 'reflect' the border is shifted by one: 1 2 3 becomes 2 1 1 2 3.",
            "Where does the mirror stand: on the first element, or in front of it?",
            "10-capstone#padding-modes",
            (ReflectRepeatsTheEdge,),
        ),
        (
            "M03",
            False,
            "'circular' does not go round",
            "With 'circular' the border holds elements of the near end instead of the far one.",
            "If the axis were a ring, which element would come before the first?",
            "10-capstone#padding-modes",
            (CircularIsReflect, CircularFromTheWrongEnd),
        ),
        (
            "M04",
            False,
            "'same' puts the odd element in front",
            "Right for odd kernels; for even ones everything is shifted by one.",
            "If the border has an odd number of elements, on which side does the odd one go?",
            "10-capstone#padding-modes",
            (SameOddInFront,),
        ),
        (
            "M05",
            True,
            "the gradient of the border is thrown away",
            "grad_input is right with zeros; with other modes it is too small near the border.",
            "The border's elements are copies. Whose gradient is the gradient of a copy?",
            "10-capstone#padding-modes",
            (BorderGradientDropped,),
        ),
        (
            "M06",
            False,
            "of several copies only the last one's gradient counts",
            "grad_input is right where an element was copied once and wrong where it was copied twice.",
            "One element went to three places. What does the chain rule do with three gradients?",
            "10-capstone#padding-modes",
            (BorderGradientOverwrites,),
        ),
        (
            "M07",
            True,
            "the options of the axes are in the wrong order",
            "Right when an option is one number; wrong when each axis has its own.",
            "Which axis does the first number of a tuple belong to?",
            "10-capstone#axes",
            (OptionsBackwards, FirstOptionForAll),
        ),
        (
            "M08",
            False,
            "the first of three axes is treated like the batch",
            "Right in one and two dimensions; in three, depth takes no options.",
            "How many axes does your layer slide along, and does each of them take every option?",
            "10-capstone#axes",
            (DepthNotDilated,),
        ),
        (
            "M09",
            True,
            "one sample comes back with a batch axis",
            "For an input without a batch axis the results have one axis too many.",
            "What did you add to the input's shape, and where do you take it away again?",
            "10-capstone#axes",
            (BatchAxisKept,),
        ),
        (
            "M10",
            True,
            "gradients add up from one use to the next",
            "The first backward is right; after a second one grad_weight holds both.",
            "What is in grad_weight before backward begins?",
            "10-capstone#miniconv",
            (GradientsAddUp,),
        ),
        (
            "M11",
            False,
            "backward forgets an option that forward knows",
            "The output is right; the gradients are right only where that option is 1.",
            "Which numbers do your forward and your backward loop share?",
            "10-capstone#miniconv",
            (BackwardIgnoresDilation, BackwardIgnoresStride, GroupsOnlyForward),
        ),
        (
            "M12",
            False,
            "grad_bias is summed over the wrong axes",
            "Output and other gradients are right; grad_bias is too small, or has too many axes.",
            "To how many elements of the output was one number of the bias added?",
            "10-capstone#axes",
            (BiasGradientOfLastSample, BiasGradientOfTwoAxes),
        ),
        (
            "M13",
            False,
            "gradients are averaged over the batch",
            "grad_weight and grad_bias are too small by the number of samples.",
            "Is it the layer or the loss that decides whether samples are averaged?",
            "10-capstone#miniconv",
            (GradientAveraged,),
        ),
        (
            "M14",
            False,
            "the kernel is mirrored",
            "The output is that of a true convolution.",
            "Does tap 0 meet the first or the last element of a window?",
            "10-capstone#miniconv",
            (Mirrored,),
        ),
        (
            "M15",
            False,
            "the contract is not kept",
            "The numbers are right; a dtype, an argument or a refusal is not.",
            "Which of your arrays did you make, and which were lent to you?",
            "10-capstone#miniconv",
            (AlwaysFloat64, WritesIntoGradOutput, AcceptsAnyGradient, AcceptsAnyChannels),
        ),
    )
)
