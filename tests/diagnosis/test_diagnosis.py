"""The verdict names the mistake, and nothing that was not established."""

from typing import Any

import numpy as np
import pytest

from autograder import examine, reference
from autograder.checks.exercises import EXERCISES
from autograder.diagnosis.catalogue import in_scope, right
from autograder.diagnosis.catalogue.entry import combined

# Forms that fail with the same errors on every call, or that are one form of two mistakes, so that
# both names are given.
ALIKE = {"SizesSwapped", "LargerBound", "KernelTurned"}

# Each form of a mistake once in an assignment, in the first exercise in which it can be made.
FIRST = {
    (exercise.assignment, mistake.id, variant): exercise_id
    for exercise_id, exercise in reversed(EXERCISES.items())
    if exercise.kind in "AQ" and not exercise.stage
    # Two networks that have learned are never equal, so none is told by its values.
    if exercise.family is None or exercise.family.holds is None
    for mistake in in_scope(exercise_id)
    for variant in mistake.variants_in(exercise_id)
}
FORMS = [
    pytest.param(exercise_id, mistake, variant, id=f"{exercise_id}-{identity}-{variant.__name__}")
    for (_, identity, variant), exercise_id in sorted(FIRST.items(), key=str)
    for mistake in in_scope(exercise_id)
    if mistake.id == identity
]


@pytest.mark.parametrize(("exercise_id", "mistake", "variant"), FORMS)
def test_the_mistake_is_named(exercise_id: str, mistake: Any, variant: Any) -> None:
    diagnosis = examine(combined(exercise_id, (variant,)), exercise_id).diagnosis
    assert diagnosis is not None
    if variant.__name__ in ALIKE:
        assert mistake.id in diagnosis.mistakes
    else:
        assert diagnosis.mistakes == (mistake.id,)
    assert mistake.question in diagnosis.message or len(diagnosis.mistakes) > 1
    if EXERCISES[exercise_id].kind == "A":
        assert diagnosis.counterexample is not None


STAGES = [
    ("conv2d.pairs", "F26"),
    ("conv2d.pairs", "F34"),
    ("conv2d.dilation", "F23"),
    ("conv2d.dilation", "F24"),
    ("conv2d.groups", "F25"),
    ("conv2d.contract", "F27"),
    ("conv2d.contract", "F28"),
    ("conv2d.contract", "F29"),
    ("conv2d.contract", "F30"),
    ("conv2d.contract", "K09"),
    ("conv2d_weight.pairs", "F26"),
    ("conv2d_weight.dilation", "X16"),
    ("conv2d_weight.contract", "F27"),
    ("conv2d_input.groups", "F25"),
    ("conv2d_input.contract", "F28"),
    ("conv2d_input.contract", "K09"),
    ("conv2d_backward.contract", "F27"),
]


@pytest.mark.parametrize(("exercise_id", "identity"), STAGES)
def test_the_mistake_of_a_stage_is_named(exercise_id: str, identity: str) -> None:
    (mistake,) = [m for m in in_scope(exercise_id) if m.id == identity]
    diagnosis = examine(mistake.implementation(exercise_id), exercise_id).diagnosis
    assert diagnosis is not None
    assert diagnosis.mistakes == (identity,)


def test_wrong_parts_of_an_answer_are_explained_one_by_one() -> None:
    right = reference("equal_rows")()
    one = examine({**right, "why": "a bias", "cure": "output.sum()"}, "equal_rows").diagnosis
    assert one is not None and one.mistakes == ("E03",)
    both = examine({**right, "why": "a bias", "cure": "twice the sum"}, "equal_rows").diagnosis
    assert both is not None and both.mistakes == ("E03", "E06")
    assert both.message.startswith("First, the bias is blamed") and "Second," in both.message


def test_two_mistakes_at_once_are_both_named() -> None:
    named = {m.id: m for m in in_scope("conv2d")}
    both = combined("conv2d", (named["F01"].variants[0], named["F18"].variants[0]))
    diagnosis = examine(both, "conv2d").diagnosis
    assert diagnosis is not None
    assert set(diagnosis.mistakes) == {"F01", "F18"}


def test_a_learners_own_code_is_recognised_by_what_it_does() -> None:
    def conv2d(input: Any, weight: Any, bias: Any = None, stride: int = 1, padding: int = 0) -> Any:
        input = np.pad(input, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        n, _, h, w = input.shape
        f, _, kh, kw = weight.shape
        out = np.zeros((n, f, (h - kh) // stride + 1, (w - kw) // stride + 1))
        for i in range(out.shape[2]):
            for j in range(out.shape[3]):
                window = input[:, :, i : i + kh, j : j + kw]  # the stride is forgotten
                out[:, :, i, j] = np.tensordot(window, weight, axes=([1, 2, 3], [1, 2, 3]))
        return out if bias is None else out + bias[:, None, None]

    verdict = examine(conv2d)
    assert verdict.diagnosis is not None
    assert verdict.diagnosis.mistakes == ("F07",)
    assert 0 < verdict.fraction < 1


def unknown(kind: str) -> Any:
    def conv2d(*args: Any, **options: Any) -> Any:
        output = reference("conv2d")(*args, **options)
        if kind == "last column":
            output[..., -1] += 1
        elif kind == "stride" and options.get("stride", 1) > 1:
            output *= output
        elif kind == "ratio":
            output *= 7
        elif kind == "upside down":
            output = output[:, :, ::-1].copy()
        elif kind == "errors":
            raise KeyError("spam")
        elif kind == "size":
            output = np.pad(output, ((0, 0), (0, 0), (0, 0), (0, 2)))
        return output

    return conv2d


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("last column", "Only the last column of the result is wrong."),
        ("stride", "the stride is not 1"),
        ("ratio", "times 7"),
        ("upside down", "upside down"),
        ("errors", "raises KeyError"),
        ("size", "W_out is 2 too large."),
    ],
)
def test_what_is_not_catalogued_is_described(kind: str, words: str) -> None:
    diagnosis = examine(unknown(kind), "conv2d").diagnosis
    assert diagnosis is not None
    assert diagnosis.mistakes == ()
    assert words in diagnosis.message


# What is looked at are a configuration's own keys, and each family has others.
PLAIN = [
    name
    for name, exercise in EXERCISES.items()
    if exercise.family and not (exercise.stage or exercise.family.driver or exercise.family.holds)
]


@pytest.mark.parametrize("exercise_id", PLAIN)
def test_a_description_comes_of_every_kind_of_call(exercise_id: str) -> None:
    def unlike(*args: Any, **options: Any) -> Any:
        result = reference(exercise_id)(*args, **options)
        some = sum(len(str(value)) for value in args) % 3 > 0  # and some calls are right
        many = type(result) is tuple
        return tuple(spoilt(r, some) for r in result) if many else spoilt(result, some)

    def spoilt(value: Any, some: bool) -> Any:
        return value + value * value + 3 if some else value

    diagnosis = examine(unlike, exercise_id).diagnosis
    assert diagnosis is not None
    assert "could not be found out" not in diagnosis.message


def test_what_is_no_picture_has_no_border() -> None:
    def cross_entropy_backward(grad_output: float, input: Any, target: Any) -> Any:
        gradient = reference("cross_entropy_backward")(grad_output, input, target)
        gradient[:, -1] += 1 / len(gradient)
        gradient[0] += 1
        return gradient

    diagnosis = examine(cross_entropy_backward).diagnosis
    assert diagnosis is not None and diagnosis.mistakes == ()
    assert "border" not in diagnosis.message and "mirrored" not in diagnosis.message


def test_integers_that_are_cut_off_are_named_however_the_transforms_round() -> None:
    def conv2d_fft(input: Any, weight: Any, *args: Any, **options: Any) -> Any:
        output = reference("conv2d_fft")(
            input.astype(float), weight.astype(float), *args, **options
        )
        dtype = np.result_type(input, weight, *(a for a in args if a is not None))
        right = reference("conv2d_fft")(input, weight, *args, **options)
        noise = np.where(np.arange(output.size).reshape(output.shape) % 3, 1e-9, -1e-9)
        return (output + noise * np.sign(output)).astype(dtype) if dtype.kind == "i" else right

    for hidden in (False, True):
        diagnosis = examine(conv2d_fft, hidden=hidden, seed=4).diagnosis
        assert diagnosis is not None and diagnosis.mistakes == ("S08",)


@pytest.mark.parametrize("identity", ["F01", "F05", "F07", "F10", "F14", "F20"])
def test_the_counterexample_fails_and_is_small(identity: str) -> None:
    (mistake,) = [m for m in in_scope("conv2d") if m.id == identity]
    function = mistake.implementation("conv2d")
    diagnosis = examine(function, "conv2d").diagnosis
    assert diagnosis is not None
    call = diagnosis.counterexample
    assert call is not None
    expected = call.on(right("conv2d"))
    try:
        got = call.on(function)
    except (IndexError, ValueError):
        got = None
    assert got is None or not np.array_equal(got, expected)
    assert call.small, str(call)
    made_again = eval(call.source(), {"np": np, "conv2d": right("conv2d")})
    assert np.array_equal(made_again, expected)


def test_a_picture_shows_no_more_than_eight_rows() -> None:
    diagnosis = examine(unknown("last column"), "conv2d").diagnosis
    assert diagnosis is not None
    assert diagnosis.picture is not None
    assert len(diagnosis.picture.text.splitlines()) <= 9
    assert "<script" not in diagnosis.picture.html


def test_the_recipes_without_a_mistake_are_right() -> None:
    for exercise_id, exercise in EXERCISES.items():
        if exercise.kind == "A":
            assert examine(right(exercise_id), exercise_id, hidden=True, seed=1).passed


@pytest.mark.parametrize(
    ("function", "exercise_id"),
    [
        (lambda input, weight, strides=1: None, "cross_correlate2d.stride"),
        (lambda *a, **k: reference("conv2d")(*a, **k).tolist(), "conv2d.contract"),
        (lambda *a, **k: reference("conv2d")(*a, **k) * np.nan, "conv2d"),
        (lambda *a, **k: reference("conv2d")(*a, **k).astype(object), "conv2d"),
    ],
    ids=["a renamed argument", "a list", "nan", "objects"],
)
def test_no_mistake_is_named_that_was_not_made(function: Any, exercise_id: str) -> None:
    diagnosis = examine(function, exercise_id).diagnosis
    assert diagnosis is not None
    assert diagnosis.mistakes == ()


@pytest.mark.parametrize("layout", ["Fortran", "reversed"])
def test_a_counterexample_keeps_the_layout_that_matters(layout: str) -> None:
    def convolve2d(input: Any, weight: Any) -> Any:
        wrong = input.flags.f_contiguous if layout == "Fortran" else min(input.strides) < 0
        return reference("convolve2d")(input, weight) + (wrong and not input.flags.c_contiguous)

    diagnosis = examine(convolve2d).diagnosis
    assert diagnosis is not None
    assert diagnosis.counterexample is not None
    names = {"np": np, "convolve2d": convolve2d}
    expected = diagnosis.counterexample.on(right("convolve2d"))
    assert not np.array_equal(eval(diagnosis.counterexample.source(), names), expected)
