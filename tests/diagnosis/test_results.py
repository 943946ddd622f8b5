"""Of a function that returns several results, each is judged, explained and pictured by itself."""

from typing import Any

import pytest

from autograder import examine, reference
from autograder.checks.verdict import Verdict
from autograder.diagnosis.catalogue import CATALOGUE
from autograder.diagnosis.catalogue.entry import combined

BACKWARD = "conv2d_backward"


def made(*identities: str) -> Any:
    """A conv2d_backward with the first form of each of these mistakes."""
    return combined(BACKWARD, tuple(CATALOGUE[i].variants_in(BACKWARD)[0] for i in identities))


def changed(change: Any) -> Verdict:
    """The verdict on a right conv2d_backward whose results are changed."""
    return examine(lambda *a, **k: change(*reference(BACKWARD)(*a, **k)), BACKWARD)


@pytest.mark.parametrize(
    "identities", [("X01", "W04"), ("X07", "B05"), ("X08", "W03", "B01"), ("X10", "W06", "B04")]
)
def test_a_mistake_in_each_result_is_named_beside_it(identities: tuple[str, ...]) -> None:
    diagnosis = examine(made(*identities), BACKWARD).diagnosis
    assert diagnosis is not None
    assert diagnosis.mistakes == identities
    results = {"X": "grad_input", "W": "grad_weight", "B": "grad_bias"}
    for identity in identities:
        name = CATALOGUE[identity].name
        assert f"{results[identity[0]]}: This is what comes out when {name}" in diagnosis.message


def test_a_list_of_results_will_do() -> None:
    assert changed(lambda *three: list(three)).passed


def test_a_result_that_is_missing_is_asked_for() -> None:
    verdict = changed(lambda first, second, third: (first, second))
    assert "expected 3 (grad_input, grad_weight, grad_bias)" in verdict.cases[0].message
    alone = changed(lambda first, second, third: first)
    assert "expected a tuple of 3 (grad_input, grad_weight, grad_bias)" in alone.cases[0].message


def test_what_no_mistake_explains_is_described_under_its_name() -> None:
    diagnosis = changed(lambda x, w, b: (x, w * 7, -b)).diagnosis
    assert diagnosis is not None and diagnosis.mistakes == ()
    assert "grad_weight: The result is the right one times 7." in diagnosis.message
    assert "grad_bias: The result is the right one with the opposite sign." in diagnosis.message
    assert "grad_input" not in diagnosis.message


def test_what_is_explained_and_what_is_not_stand_side_by_side() -> None:
    diagnosis = changed(lambda x, w, b: (x * 7, w[..., ::-1, ::-1], b)).diagnosis
    assert diagnosis is not None and diagnosis.mistakes == ("W03",)
    assert "grad_input: The result is the right one times 7." in diagnosis.message
    assert "grad_weight: This is what comes out when" in diagnosis.message


def test_the_picture_shows_the_result_that_is_wrong() -> None:
    diagnosis = changed(lambda x, w, b: (x, w, b + 1)).diagnosis
    assert diagnosis is not None and diagnosis.picture is not None
    assert diagnosis.picture.text.startswith("grad_bias\n")
    assert "<p>grad_bias</p>" in diagnosis.picture.html


def test_a_result_that_is_an_argument_is_not_new() -> None:
    def conv2d_backward(grad_output: Any, input: Any, weight: Any, **options: Any) -> Any:
        grads = reference(BACKWARD)(grad_output, input, weight, **options)
        input[...] = grads[0]
        return input, *grads[1:]

    verdict = examine(conv2d_backward, BACKWARD)
    assert verdict.fraction == 0.0


def test_two_readings_of_one_symptom_are_both_named() -> None:
    def conv2d_input(size: Any, weight: Any, grad: Any, *args: Any, **options: Any) -> Any:
        return reference("conv2d_input")(size, weight[..., ::-1, ::-1], grad, *args, **options)

    diagnosis = examine(conv2d_input, "conv2d_input").diagnosis
    assert diagnosis is not None
    assert diagnosis.mistakes == ("X02", "X03")
    assert "Either" in diagnosis.message
