"""What a verdict says of functions that behave well and badly."""

import sys
import warnings
from typing import Any

import numpy as np
import pytest

from autograder import CheckFailed, check, examine, reference
from autograder.checks.cases import visible_cases
from autograder.checks.exercises import EXERCISES

ALL = list(EXERCISES)


def sort_of(exercise: Any) -> tuple[Any, ...]:
    """What decides how an exercise is judged: kind, driver, what its calls take and give."""
    if exercise.kind != "A":
        parts = getattr(exercise.question, "parts", ())
        return exercise.kind, type(exercise.question).__name__, bool(parts)
    case = visible_cases(exercise)[0]
    takes = {type(value).__name__ for _, value in case.call.items()} & {"ndarray", "Source"}
    refuses = any("refuse" in config for config in exercise.visible)
    gives = type(case.expected).__name__
    return exercise.kind, case.call.driver is not None, frozenset(takes), gives, refuses


# One exercise of each sort: what holds of the machinery need not be tried on every exercise.
SORTS = list({sort_of(EXERCISES[name]): name for name in reversed(ALL)}.values())


@pytest.mark.parametrize("hidden", [False, True], ids=["visible", "hidden"])
@pytest.mark.parametrize("exercise_id", ALL)
def test_the_reference_passes(exercise_id: str, hidden: bool) -> None:
    verdict = examine(reference(exercise_id), exercise_id, hidden=hidden, seed=3)
    assert verdict.passed, verdict.message
    assert (verdict.fraction, verdict.diagnosis) == (1.0, None)


@pytest.mark.parametrize("exercise_id", ALL)
def test_a_stub_was_not_attempted(exercise_id: str) -> None:
    def stub(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    verdict = examine(stub, exercise_id)
    assert (verdict.passed, verdict.fraction, verdict.diagnosis) == (False, 0.0, None)
    assert "not attempted" in verdict.message


class Agreeable(np.ndarray):
    """Equals everything, whatever numpy asks of it."""

    def __eq__(self, other: object) -> Any:
        return True

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return np.array(True)


class Chameleon:
    """An object that equals everything."""

    shape = ()
    dtype = np.dtype(float)

    def __eq__(self, other: object) -> bool:
        return True


def raising(error: BaseException) -> Any:
    def function(*args: Any, **kwargs: Any) -> Any:
        raise error

    return function


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


BAD = {
    "nothing": lambda *a, **k: None,
    "zero": lambda *a, **k: 0,
    "nan": lambda *a, **k: np.full((2, 2), np.nan),
    "a scalar that broadcasts": lambda *a, **k: np.float64(0),
    "a subclass that agrees": lambda input, *a, **k: np.zeros((3, 3)).view(Agreeable),
    "an object that agrees": lambda *a, **k: Chameleon(),
    "a masked array": lambda *a, **k: np.ma.masked_all((2, 2)),
    "objects": lambda *a, **k: np.array([[None]]),
    "exit": raising(SystemExit(0)),
    "an unprintable error": raising(Unprintable()),
    "a recursion error": raising(RecursionError("deep")),
    "a million lines": raising(ValueError("line\n" * 1_000_000)),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("exercise_id", [e for e in SORTS if EXERCISES[e].kind == "A"])
def test_nonsense_earns_nothing(exercise_id: str, bad: str) -> None:
    verdict = examine(BAD[bad], exercise_id)
    assert not verdict.passed
    assert verdict.fraction == 0.0
    assert len(verdict.message) < 400


def test_examine_prints_nothing_and_keeps_the_functions_noise(capfd: Any) -> None:
    def conv_output_size(*args: Any, **kwargs: Any) -> Any:
        print("here")
        print("there", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        return reference("conv_output_size")(*args, **kwargs)

    assert examine(conv_output_size).passed
    assert capfd.readouterr() == ("", "")


def test_keyboard_interrupt_is_the_learners_own() -> None:
    with pytest.raises(KeyboardInterrupt):
        examine(raising(KeyboardInterrupt()), "conv2d")


def test_a_verdict_by_name_of_the_function() -> None:
    assert examine(reference("convolve2d")).exercise == "convolve2d"


def test_a_right_result_that_comes_from_changed_arguments_is_not_right() -> None:
    def cross_correlate2d(input: Any, weight: Any, stride: Any = 1) -> Any:
        output = reference("cross_correlate2d")(input, weight, stride)
        input[0, 0] += 1
        return output

    verdict = examine(cross_correlate2d)
    assert verdict.fraction == 0.0
    assert "changed its argument input in place" in verdict.message


def test_an_answer_may_be_given_as_a_function_or_as_itself() -> None:
    answer = reference("by_hand")()
    for given in (answer, np.array(answer), tuple(map(tuple, answer)), lambda: answer):
        assert examine(given, "by_hand").passed
    for wrong in ([[1, 2], [3, 4]], "49 46 30 18", None, [[49, 46], [30]], np.array(answer).T):
        assert not examine(wrong, "by_hand").passed


def test_check_returns_points_as_a_plain_float(capsys: Any) -> None:
    assert check(reference("conv2d"), "conv2d", points=4) == 4.0
    earned = check(lambda *a, **k: None, "conv2d", points=4)
    assert (type(earned), earned) == (float, 0.0)


def test_check_raises_one_line_without_points(capsys: Any) -> None:
    with pytest.raises(CheckFailed) as caught:
        check(lambda size, kernel_size, **options: 1, "conv_output_size")
    assert "\n" not in str(caught.value)
    assert len(caught.value._render_traceback_()) == 1
    assert check(reference("conv_output_size")) is None


def test_a_verdict_in_a_notebook_carries_its_json_and_no_script() -> None:
    from IPython.testing.globalipapp import start_ipython
    from IPython.utils.capture import capture_output

    start_ipython()
    with capture_output() as captured:
        check(lambda input, weight: input + 1, "convolve2d", points=2)
    assert captured.stderr == ""
    data = captured.outputs[0].data
    assert data["application/vnd.autograder.verdict+json"]["exercise"] == "convolve2d"
    assert "<script" not in data["text/html"]
    assert data["text/plain"].startswith("✗ convolve2d")


def test_what_a_learner_raises_cannot_write_html() -> None:
    from autograder.diagnosis.display import as_html

    shown = as_html(examine(raising(ValueError("<script>alert(1)</script>")), "convolve2d"))
    assert "<script" not in shown


@pytest.mark.parametrize(
    ("probes", "words"),
    [
        ("nothing", "return a list of calls"),
        ([], "0 calls"),
        ([{}] * 5, "5 calls"),
        ([3], "must be a dictionary"),
        ([{"inputs": 1}], "'inputs' is not an argument"),
        ([{"input": np.ones((1, 1, 2, 2))}], "no array called weight"),
        ([{"input": np.ones((2, 2)), "weight": np.ones((1, 1, 1, 1))}], "four axes"),
        ([{"input": np.ones((1, 1, 2, 2)), "weight": np.ones((1, 1, 3, 3))}], "is refused"),
        (
            [{"input": np.full((1, 1, 2, 2), np.nan), "weight": np.ones((1, 1, 1, 1))}],
            "not a number",
        ),
        ([{"input": np.ones((1, 1, 999, 999)), "weight": np.ones((1, 1, 1, 1))}], "at most"),
    ],
)
def test_probes_that_cannot_be_used_say_why(probes: Any, words: str) -> None:
    verdict = examine(lambda: probes, "break_conv2d")
    assert verdict.fraction == 0.0
    assert words in verdict.message


def endless() -> list[Any]:
    answer: list[Any] = [1]
    answer.append(answer)
    return answer


class Slippery:
    """Its class cannot be asked for."""

    @property
    def __class__(self) -> Any:
        raise RuntimeError("no")


class Mute(BaseException):
    def __str__(self) -> str:
        raise SystemExit


HOSTILE = {
    "an endless list": lambda *a, **k: endless(),
    "a huge number": lambda *a, **k: 10**5000,
    "a huge view": lambda *a, **k: np.broadcast_to(1.0, (10**6, 10**6)),
    "an object without a class": lambda *a, **k: Slippery(),
    "an error that cannot be printed": raising(Mute()),
    "a list index": lambda *a, **k: [1][5],
    "an exit": lambda *a, **k: sys.exit(1),
    "a generator": lambda *a, **k: (n for n in range(3)),
    "not a number": lambda *a, **k: float("nan"),
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("exercise_id", SORTS)
def test_nothing_escapes(exercise_id: str, what: str, capfd: Any) -> None:
    for hidden in (False, True):
        verdict = examine(HOSTILE[what], exercise_id, hidden=hidden, seed=1)
        assert verdict.fraction == 0.0
        assert len(verdict.message) < 400
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", [None, "", "nothing", 3, [], "x" * 100_000, "conv2d.nothing"])
def test_a_name_that_is_none_is_answered(name: Any) -> None:
    verdict = examine(lambda: 1, name)
    assert not verdict.passed
    assert 0 < len(verdict.message) < 600


@pytest.mark.parametrize(
    "probe",
    [
        {"padding": "same", "stride": 2},
        {"dilation": 0},
        {"stride": (2, 1, 1)},
        {"stride": True},
        {"groups": True},
        {"padding": 3000},
        {"padding": "full"},
        {"input": [[[[1, 2], [3]]]]},
        {"input": endless()},
        {"input": np.full((1, 1, 4, 4), 1e308)},
        {"weight": np.zeros((0, 1, 1, 1))},
    ],
    ids=str,
)
@pytest.mark.parametrize("hidden", [False, True])
def test_a_probe_that_proves_nothing_earns_nothing(probe: dict[str, Any], hidden: bool) -> None:
    good = {"input": np.ones((1, 1, 4, 4)), "weight": np.full((1, 1, 2, 2), 2.0)}
    assert examine(lambda: [{**good, **probe}], "break_conv2d", hidden=hidden).fraction == 0.0


def test_what_is_kept_by_shape_is_found_out() -> None:
    for exercise_id in SORTS:
        plain = ("A", False, frozenset({"ndarray"}))  # arrays alone, and no driver
        if sort_of(EXERCISES[exercise_id])[:3] != plain:
            continue
        kept: dict[Any, Any] = {}

        def cached(*args: Any, _kept: Any = kept, _id: str = exercise_id, **options: Any) -> Any:
            shapes = tuple(a.shape if isinstance(a, np.ndarray) else a for a in args)
            key = (shapes, str(options), str(getattr(args[0], "dtype", "")))
            if key not in _kept:
                _kept[key] = reference(_id)(*args, **options)
            return _kept[key].copy()

        assert not examine(cached, exercise_id, hidden=True, seed=5).passed, exercise_id


def test_a_padded_array_is_a_new_array() -> None:
    def pad2d(input: Any, padding: Any, value: float = 0.0) -> Any:
        return reference("pad2d")(input, padding, value) if padding != 0 else input

    verdict = examine(pad2d)
    assert not verdict.passed
    assert "the argument input itself" in verdict.message


@pytest.mark.parametrize("exercise_id", ["pad2d", "unfold", "fold", "max_pool2d", "sgd_step"])
def test_a_result_shares_no_memory_with_an_argument(exercise_id: str) -> None:
    def lends(*args: Any, **options: Any) -> Any:
        """Hands out an argument's memory wherever that holds the right numbers."""
        results = reference(exercise_id)(*args, **options)
        parts = results if type(results) is tuple else (results,)
        arrays = [array for array in args if type(array) is np.ndarray]
        lent = [next((a.reshape(p.shape) for a in arrays if _alike(a, p)), p) for p in parts]
        return tuple(lent) if type(results) is tuple else lent[0]

    for hidden in (False, True):
        verdict = examine(lends, exercise_id, hidden=hidden, seed=2)
        assert not verdict.passed
        assert "or a view of it; return a new array" in verdict.message
        assert verdict.diagnosis is not None and verdict.diagnosis.mistakes == ("K11",)


def _alike(array: np.ndarray, part: np.ndarray) -> bool:
    return array.size == part.size and array.ravel().tolist() == part.ravel().tolist()


def test_one_path_that_is_still_open_costs_that_path() -> None:
    def conv2d(*args: Any, **options: Any) -> Any:
        if options.get("padding") == "same":
            raise NotImplementedError
        return reference("conv2d")(*args, **options)

    assert 0.5 < examine(conv2d, "conv2d.pairs").fraction < 1


def test_a_refusal_may_take_several_lines() -> None:
    def conv2d(input: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        try:
            return reference("conv2d")(input, weight, bias, **options)
        except ValueError as error:
            raise ValueError(f"sizes that do not go together\n\n  {error}") from None

    assert examine(conv2d, "conv2d.contract").passed


def test_a_message_that_names_every_number_names_none() -> None:
    def conv2d(input: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        try:
            return reference("conv2d")(input, weight, bias, **options)
        except ValueError:
            raise ValueError(f"not one of {list(range(60))}") from None

    assert not examine(conv2d, "conv2d.contract").passed
