"""The gradients are PyTorch's: torch.nn.grad's where it has them, and autograd's errors too."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import examine, reference
from autograder.checks.exercises import EXERCISES
from autograder.checks.exercises.backward import FINDINGS, PATIENTS
from autograder.diagnosis.patients import patient

torch = pytest.importorskip("torch")

PAIR = st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 3))
OPTIONS = {
    "stride": PAIR,
    "padding": st.integers(0, 3) | st.tuples(st.integers(0, 3), st.integers(0, 3)),
    "dilation": PAIR,
    "groups": st.integers(1, 3),
}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_functions_of_torch_nn_grad_say_the_same(seed: int) -> None:
    import torch.nn.grad

    exercise = EXERCISES["conv2d_backward"]
    rng = np.random.default_rng(seed)
    call = exercise.build(exercise.draw(rng), rng)
    grad_output, input, weight = call.args
    tensors = [torch.from_numpy(array) for array in call.args]
    theirs = (
        torch.nn.grad.conv2d_input(tensors[1].shape, tensors[2], tensors[0], **call.kwargs),
        torch.nn.grad.conv2d_weight(tensors[1], tensors[2].shape, tensors[0], **call.kwargs),
    )
    ours = (
        reference("conv2d_input")(input.shape, weight, grad_output, **call.kwargs),
        reference("conv2d_weight")(input, weight.shape, grad_output, **call.kwargs),
    )
    for mine, other in zip(ours, theirs, strict=True):
        assert np.array_equal(mine, other.numpy()), str(call)
    gathered = reference("conv2d_input_gather")(input.shape, weight, grad_output, **call.kwargs)
    assert np.array_equal(gathered, ours[0]), str(call)


@settings(max_examples=120, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 5)] * 4),
    kernel=st.tuples(*[st.integers(1, 3)] * 4),
    off=st.tuples(*[st.sampled_from([0, 0, 0, 1, -1])] * 4),
    options=st.fixed_dictionaries(OPTIONS),
)
def test_what_autograd_refuses_is_refused(
    shape: Any, kernel: Any, off: Any, options: dict[str, Any]
) -> None:
    rng = np.random.default_rng(0)
    input, weight = (rng.integers(-4, 5, size=size).astype(float) for size in (shape, kernel))
    tensors = [torch.from_numpy(array).requires_grad_() for array in (input, weight)]
    size, expected = (1, 1, 1, 1), None
    try:
        output = torch.nn.functional.conv2d(*tensors, **options)
        size = tuple(output.shape)
        grad_output = np.ones([max(n + more, 1) for n, more in zip(size, off, strict=True)])
        expected = torch.autograd.grad(output, tensors, torch.from_numpy(grad_output))
    except RuntimeError:
        grad_output = np.ones([max(n + more, 1) for n, more in zip(size, off, strict=True)])
    calls = {
        "conv2d_input": (shape, weight, grad_output),
        "conv2d_weight": (input, kernel, grad_output),
        "conv2d_backward": (grad_output, input, weight),
    }
    for function, arguments in calls.items():
        if expected is None:
            with pytest.raises(ValueError, match=r"\d"):
                reference(function)(*arguments, **options)
        else:
            reference(function)(*arguments, **options)
    if expected is not None:
        grads = reference("conv2d_backward")(grad_output, input, weight, **options)
        assert np.array_equal(grads[0], expected[0]) and np.array_equal(grads[1], expected[1])


def test_the_clinic_asks_for_what_its_patients_have() -> None:
    named = {
        "X01": "windows overwrite each other",
        "X03": "the kernel lies the wrong way round",
        "X07": "the remainder is forgotten",
        "X16": "dilation is forgotten",
        "W02": "the input is not padded",
        "W06": "the weight's gradient ignores grad_output",
        "B01": "the bias's gradient is a mean",
        "K02": "grad_output is changed in place",
    }
    answers = reference("clinic")()
    assert set(answers) == set(PATIENTS) and set(answers.values()) == set(named.values())
    assert set(named.values()) < set(FINDINGS)
    for letter, finding in answers.items():
        diagnosis = examine(patient(letter), "conv2d_backward").diagnosis
        assert diagnosis is not None
        assert finding in [named[i] for i in diagnosis.mistakes if i in named], letter


def test_half_a_clinic_earns_half_the_points() -> None:
    answers = {**reference("clinic")(), "A": FINDINGS[2], "B": "a cold", "C": 3, "D": None}
    verdict = examine(lambda: answers, "clinic")
    assert verdict.fraction == 0.5
    told = {case.name: case.message for case in verdict.cases if not case.passed}
    assert set(told) == {"A", "B", "C", "D"}
    assert "is none of the words" in told["B"]


def test_an_unknown_patient_is_answered_with_the_list() -> None:
    with pytest.raises(LookupError, match="A, B, C"):
        patient("Z")
