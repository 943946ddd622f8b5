"""Stored cases are what the reference and torch say; hidden ones depend on their seed alone."""

import json
from dataclasses import replace

import numpy as np
import pytest

from autograder import examine, reference
from autograder.checks import record
from autograder.checks.call import Call, Source, decode, encode
from autograder.checks.cases import hidden_cases, visible_cases
from autograder.checks.compare import Rule, difference
from autograder.checks.exercises import EXERCISES, find

GRADED = [exercise.id for exercise in EXERCISES.values() if exercise.kind == "A"]


def test_the_stored_cases_are_what_the_judges_say() -> None:
    assert record.stale() == [], "run `autograder release` and commit what it writes"


@pytest.mark.parametrize("exercise_id", GRADED)
def test_a_hidden_check_is_its_seeds_and_nothing_elses(exercise_id: str) -> None:
    exercise = EXERCISES[exercise_id]

    def drawn(seed: object) -> list[str]:
        return [
            json.dumps([encode(v) for v in (*case.call.args, *case.call.kwargs.values())])
            for case in hidden_cases(exercise, seed, lambda call: None)
        ]

    assert drawn("a secret") == drawn("a secret")
    assert drawn("a secret") != drawn("another")


def test_no_hidden_result_is_nothing_throughout() -> None:
    theirs = reference("cross_correlate2d")
    for seed in range(60):
        cases = hidden_cases(EXERCISES["cross_correlate2d"], seed, lambda call: call.on(theirs))
        assert all(case.expected.any() for case in cases), "a function that does nothing earns this"


COUNTS = ("conv_output_size", "conv2d_count", "conv2d_cost")  # of sizes alone: nothing is drawn


@pytest.mark.parametrize(
    "exercise_id",
    [n for n in GRADED if EXERCISES[n].family.driver is None and EXERCISES[n].family.holds is None],
)
def test_knowing_the_stored_answers_does_not_pass_hidden_checks(exercise_id: str) -> None:
    def written(value: object) -> object:
        # A crib cannot tell one function from another.
        return "function" if callable(value) or isinstance(value, Source) else encode(value)

    def key(args: tuple, kwargs: dict) -> str:
        return json.dumps([[written(v) for v in args], {k: written(v) for k, v in kwargs.items()}])

    known = {
        key(case.call.args, case.call.kwargs): case.expected
        for case in visible_cases(EXERCISES[exercise_id])
        if "refuse" not in case.config
    }

    def crib(*args: object, **kwargs: object) -> object:
        answer = known[key(args, kwargs)]
        return answer.copy() if isinstance(answer, np.ndarray) else answer

    assert sum(case.passed for case in examine(crib, exercise_id).cases) > len(known) / 2
    # What is the same for every value of the arrays can be known (a shape's size, a count); what
    # the numbers are cannot.
    hidden = examine(crib, exercise_id, hidden=True, seed="a secret")
    assert not hidden.passed
    if EXERCISES[exercise_id].family.function not in COUNTS:
        assert hidden.fraction < 0.05  # a call of two small numbers may be drawn again


@pytest.mark.parametrize(
    "value",
    [
        np.arange(6).reshape(2, 3),
        np.zeros((0, 3)),
        np.array([0.5, -1.25]),
        np.float32([1, 2]),
        (1, (2, "same")),
        None,
        True,
        2.5,
    ],
)
def test_what_is_stored_comes_back(value: object) -> None:
    back = decode(json.loads(json.dumps(encode(value))))
    if isinstance(value, np.ndarray):
        assert (back.dtype, back.shape) == (value.dtype, value.shape)
        assert np.array_equal(back, value)
    else:
        assert back == value


def test_only_plain_values_are_stored() -> None:
    with pytest.raises(TypeError, match="not object"):
        encode(object())


def test_a_call_keeps_the_layout_of_its_arrays_in_copies() -> None:
    array = np.arange(24.0).reshape(2, 3, 4)
    for view in (array, array.T, array[::-1, :, ::-1], array[:, ::2], np.asfortranarray(array)):
        call = Call("f", (view,), {}, ("input",))
        (copy,), _ = call.copies()
        assert np.array_equal(copy, view)
        assert not np.shares_memory(copy, view)
        assert np.sign(copy.strides).tolist() == np.sign(view.strides).tolist()
        assert copy.flags.c_contiguous == view.flags.c_contiguous


def test_an_unknown_exercise_is_answered_with_near_names() -> None:
    with pytest.raises(LookupError, match=r"Did you mean conv2d\.groups"):
        find("conv2d.group")
    verdict = examine(reference("conv2d"), "conv2d.group")
    assert not verdict.passed
    assert "Did you mean conv2d.groups" in verdict.message


def test_a_call_prints_as_python_that_makes_it_again() -> None:
    call = Call("f", (np.array([[1.0, -2.0]]), np.array([1], dtype="float32")), {"stride": (1, 2)})
    assert call.source() == (
        "f(np.array([[1, -2]], dtype=float), np.array([1], dtype='float32'), stride=(1, 2))"
    )


def test_what_is_not_finite_is_stored_and_printed_and_only_equal_to_itself() -> None:
    spoilt = np.array([1.0, np.nan, -np.inf])
    stored = json.dumps([encode(spoilt), encode(float("nan"))], allow_nan=False)
    array, number = map(decode, json.loads(stored))
    assert np.array_equal(array, spoilt, equal_nan=True) and np.isnan(number)
    call = Call("f", (spoilt,), {}, ("x",))
    assert np.array_equal(eval(call.source(), {"np": np, "f": np.array}), spoilt, equal_nan=True)
    nan = float("nan")
    assert difference(nan, nan, Rule()) is None
    assert difference(0.0, nan, Rule()) and difference(nan, 0.0, Rule())
    assert difference(np.array([1.0, nan]), np.array([1.0, nan]), Rule()) is None
    assert difference(np.array([nan, nan]), np.array([1.0, nan]), Rule())


def test_functions_and_drivers_are_arguments_that_print_and_store() -> None:
    cube = Source("lambda x: x ** 3")
    call = Call("apply", (cube, np.array([1.0, 2.0])), {}, ("f", "x"))
    assert call.on(lambda f, x: f(x)).tolist() == [1, 8]
    assert str(call) == "apply(f=lambda x: x ** 3, x (2))"
    assert decode(json.loads(json.dumps(encode(cube)))) == cube

    driver = Source("def twice(theirs, x):\n    return theirs(theirs(x))", "twice")
    driven = replace(call, args=(np.array([1.0]),), driver=driver)
    assert driven.on(lambda x: 3 * x).tolist() == [9]
    made_again = {"np": np, "apply": lambda x: 3 * x}
    *statements, last = driven.source().splitlines()
    exec("\n".join(statements), made_again)
    assert eval(last, made_again).tolist() == [9]
