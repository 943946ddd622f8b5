"""A test reads the same beside the student's code and across the wall, and says the same."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder import examine, reference
from autograder.checks.call import Call, Source
from autograder.checks.exercises import EXERCISES
from autograder.checks.judge import Outcome, outcomes
from autograder.diagnosis.catalogue import in_scope
from autograder.diagnosis.catalogue.entry import combined
from autograder.sandbox.client import Ended, Raised, Sandbox, Zygote
from autograder.sandbox.codec import BadMessage, Code, NotPlain, decode, encode
from autograder.sandbox.remote import Namespace, Remote, StudentError, raised


def defined(sandbox: Sandbox, source: str, **own: Any) -> Namespace:
    error = sandbox.run(f"import numpy as np\n{source}", 20)
    assert error is None, error
    return Namespace(sandbox, lambda: 10.0, own)


def test_a_test_cell_runs_across_the_wall(sandbox: Sandbox) -> None:
    names = defined(sandbox, "def double(x):\n    return 2 * x\nanswer = (1, 'two', [3.0])", np=np)
    exec("assert np.array_equal(double(np.arange(3)), [0, 2, 4])\nkept = answer", names)
    assert names["kept"] == (1, "two", [3.0])
    with pytest.raises(NameError, match="nothing_of_that_name"):
        eval("nothing_of_that_name", names)


def test_what_the_student_defines_does_not_replace_the_judges_names(sandbox: Sandbox) -> None:
    names = defined(
        sandbox, "np = check = len = None\ndef f():\n    return 1", np=np, check=examine
    )
    assert names["np"] is np
    assert names["check"] is examine
    assert names["len"] is len


def test_what_the_student_is_asked_for_is_theirs_even_where_python_has_the_name(
    sandbox: Sandbox,
) -> None:
    sandbox.run("def sum(x):\n    return 'mine'\ndef max(x):\n    return 'mine'", 5)
    names = Namespace(sandbox, lambda: 10.0, {}, asked={"sum", "min"})
    assert names["sum"]([1]) == "mine"
    assert names["max"]([1]) == 1
    assert names["min"] is min


def test_a_test_may_take_a_function_away_to_see_what_relies_on_it(sandbox: Sandbox) -> None:
    names = defined(sandbox, "def f():\n    return 1\ndef g():\n    return f()")
    exec("kept = f\ndel f\ntry:\n    g()\nexcept NameError:\n    relied = True", names)
    assert names["relied"]
    exec("f = kept", names)
    assert names["g"]() == 1
    with pytest.raises(NameError):
        exec("del neither_has_it", names)


def test_a_test_cell_leaves_nothing_of_the_students_to_the_next(sandbox: Sandbox) -> None:
    names = defined(sandbox, "answer = 1\ndef f():\n    return 1")
    names.asked |= {"answer"}
    exec("kept, expected, answer = f, 3, answer", names)
    names.forget()
    assert {name for name in names if not name.startswith("__")} == {"expected"}
    assert sandbox.run("answer = 2", 5) is None
    assert names["answer"] == 2


def test_changed_arguments_come_back_changed(sandbox: Sandbox) -> None:
    source = "def f(a, *, b):\n    a[0] = 7\n    b *= 2\n    return a.sum()"
    names = defined(sandbox, source)
    a, b = np.zeros(3), np.ones((2, 2))[:, ::-1]
    assert names["f"](a, b=b) == 7
    assert a.tolist() == [7, 0, 0]
    assert b.tolist() == [[2, 2], [2, 2]]


def test_changed_lists_dicts_and_sets_come_back_changed(sandbox: Sandbox) -> None:
    source = "def f(a, b, c, *, d):\n    a.sort(); b[1] = 'x'; c.add(2); d.append(print)"
    names = defined(sandbox, source)
    a, b, c, d = [3, 1, 2], {0: "y"}, {1}, [0]
    assert names["f"](a, b, c, d=d) is None
    assert (a, b, c, d) == ([1, 2, 3], {0: "y", 1: "x"}, {1, 2}, [0])


def test_a_result_that_is_refilled_later_is_seen_to_change(sandbox: Sandbox) -> None:
    names = defined(sandbox, "kept = np.zeros(2)\ndef f(x):\n    kept[...] = x\n    return kept")
    first = names["f"](1.0)
    assert first.tolist() == [1, 1]
    names["f"](5.0)
    assert first.tolist() == [5, 5]


def test_the_parts_of_a_tuple_are_seen_to_change_too(sandbox: Sandbox) -> None:
    source = "kept = np.zeros(2)\ndef f(x):\n    kept[...] = x\n    return x + x, kept"
    names = defined(sandbox, source)
    own, shared = names["f"](1.0)
    names["f"](5.0)
    assert (own, shared.tolist()) == (2.0, [5, 5])


def test_a_part_that_is_a_view_of_an_argument_is_one_here_too(sandbox: Sandbox) -> None:
    names = defined(sandbox, "def f(x):\n    return x + 1, x[::2]")
    x = np.arange(6.0)
    own, view = names["f"](x)
    assert not np.shares_memory(own, x)
    assert np.shares_memory(view, x) and view.tolist() == [0, 2, 4]


def test_objects_stay_behind_handles(sandbox: Sandbox) -> None:
    source = """
class Layer:
    def __init__(self, weight):
        self.weight = weight
    def forward(self, x):
        return x @ self.weight
"""
    names = defined(sandbox, source)
    layer = names["Layer"](np.eye(2) * 3)
    assert isinstance(layer, Remote)
    assert layer.forward(np.ones((1, 2))).tolist() == [[3, 3]]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("ValueError('sizes 3 and 4')", ValueError),
        ("NotImplementedError()", NotImplementedError),
        ("KeyError('k')", LookupError),
        ("SystemExit(0)", StudentError),
        ("UnicodeDecodeError('utf-8', b'', 0, 1, 'why')", StudentError),
        ("type('Mine', (IndexError,), {})('mine')", IndexError),
    ],
)
def test_an_exception_keeps_its_kind(sandbox: Sandbox, error: str, kind: type) -> None:
    names = defined(sandbox, f"def f():\n    raise {error}")
    with pytest.raises(kind) as caught:
        names["f"]()
    assert caught.value.lines == ["cell 1, line 3, in f", f"    raise {error}"]


def test_only_plain_values_are_sent(sandbox: Sandbox) -> None:
    names = defined(sandbox, "def f(x):\n    return x")
    with pytest.raises(NotPlain):
        names["f"](object())


LIES = {
    "an object that agrees": """
class Same:
    __array_priority__ = 1e9
    def __eq__(self, other): return True
    def __array__(self, *a, **k): return np.zeros((1, 1))
def f(*a, **k): return Same()""",
    "a subclass that agrees": """
class Same(np.ndarray):
    def __eq__(self, other): return True
    def __array_function__(self, *a, **k): return True
def f(*a, **k): return np.zeros((2, 2)).view(Same)""",
    "a masked array": "def f(*a, **k): return np.ma.masked_all((2, 2))",
    "a pickle bomb": """
class Bomb:
    def __reduce__(self): return (exec, ("raise SystemExit",))
def f(*a, **k): return np.array([Bomb()])""",
    "numpy replaced": """
np.array_equal = np.allclose = np.testing.assert_allclose = lambda *a, **k: True
def f(*a, **k): return np.zeros((2, 2))""",
    "an endless tuple": "def f(*a, **k):\n    x = []\n    x.append(x)\n    return x",
    "too large": "def f(*a, **k): return np.zeros(10**8)",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_earns_nothing(sandbox: Sandbox, lie: str) -> None:
    names = defined(sandbox, LIES[lie])
    try:
        verdict = examine(names["f"], "cross_correlate2d", hidden=True, seed=1)
    except Ended:
        return
    assert verdict.fraction == 0.0


FORMS = [
    pytest.param(exercise_id, mistake, id=f"{exercise_id}-{mistake.id}")
    for exercise_id in (
        "cross_correlate2d",
        "conv2d_valid",
        "conv2d.contract",
        "conv2d_count",
        "dot_test",
    )
    for mistake in in_scope(exercise_id)
]


class Through:
    """A function here, reached as the sandbox is: every argument and result copied by the codec.

    The student's end of the wire is the agent itself, run in this process.
    """

    def __init__(self, function: Any) -> None:
        from autograder.sandbox.agent import Agent

        self.agent = Agent.__new__(Agent)
        self.agent.module = type("Module", (), {})()
        self.agent.module.__dict__["f"] = function
        self.agent.objects, self.agent.returned, self.agent.serial = {}, [], 0

    def calls(self, target: Any, attribute: str, messages: Any, seconds: Any) -> Iterator[Any]:
        from autograder.sandbox.codec import decode, encode

        for sent in messages:
            given = decode(sent, code=True)
            answer = decode(encode(self.agent.call(target, attribute, *given)))
            yield (Raised(*answer[1:-1]), answer[-1]) if answer[0] == "raised" else answer


@pytest.mark.parametrize(("exercise_id", "mistake"), FORMS)
def test_the_verdict_is_the_same_on_both_sides(exercise_id: str, mistake: Any) -> None:
    for variant in mistake.variants_in(exercise_id):
        here = examine(combined(exercise_id, (variant,)), exercise_id)
        remote = Remote(Through(combined(exercise_id, (variant,))), lambda: 10.0, "f")  # type: ignore[arg-type]
        there = examine(remote, exercise_id)
        assert there.as_json() == here.as_json()


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_a_right_solution_is_right_on_both_sides(exercise_id: str) -> None:
    remote = Remote(Through(reference(exercise_id)), lambda: 10.0, "f")  # type: ignore[arg-type]
    for hidden in (False, True):
        assert examine(remote, exercise_id, hidden=hidden, seed=2).passed


def test_functions_and_drivers_of_the_judge_run_beside_the_students_code(sandbox: Sandbox) -> None:
    names = defined(sandbox, "def apply(f, x):\n    return f(x)\nclass Box:\n    size = 3")
    call = Call("apply", (Source("lambda x: x ** 3"), np.array([1.0, 2.0])), {}, ("f", "x"))
    assert call.on(names["apply"]).tolist() == [1, 8]
    driver = Source("def size(theirs, more):\n    return theirs().size + more", "size")
    assert Call("Box", (4,), driver=driver).on(names["Box"]) == 7


def test_code_never_comes_out_of_the_sandbox() -> None:
    with pytest.raises(BadMessage):
        decode(encode(("returned", Code("1 + 1"), {})))


BORROWED = {
    "itself": "a",
    "a slice": "a[:, 1:]",
    "turned": "a.T",
    "backwards": "a[::-1, ::-1]",
    "a diagonal": "np.einsum('ii->i', a[:3, :3])",
    "other words for it": "a.view('i8')",
    "a row many times": "np.broadcast_to(a[0], (5, a.shape[1]))",
}


@pytest.mark.parametrize("lay", [np.copy, np.asfortranarray, lambda a: np.flip(np.copy(a))])
@pytest.mark.parametrize("what", BORROWED)
def test_a_view_of_an_argument_is_one_on_both_sides(
    sandbox: Sandbox, what: str, lay: Callable[[np.ndarray], np.ndarray]
) -> None:
    names = defined(sandbox, f"def f(b, a):\n    return {BORROWED[what]}")
    a = lay(np.arange(12.0).reshape(3, 4))
    here = eval(BORROWED[what], {"np": np, "a": a})
    for there in (names["f"](0, a), names["f"](b=0, a=a)):
        assert np.may_share_memory(a, there)
        assert (there.strides, there.tobytes()) == (here.strides, here.tobytes())
        assert there.ctypes.data == here.ctypes.data


@pytest.mark.parametrize(
    "source",
    [
        "def f(a):\n    a[0] = 7\n    raise ValueError('3')",
        "def f(a):\n    a[0] = 7\n    return 1",
        "def f(a):\n    return a[1:], a + 1",
        "def f(a):\n    return a.T[::-1]",
        "kept = np.zeros(2)\ndef f(a):\n    kept[:] += a[:2]\n    return kept",
        "def f(a):\n    return np.asfortranarray(np.outer(a, a))",
    ],
)
def test_what_comes_of_several_calls_is_the_same_on_both_sides(
    sandbox: Sandbox, source: str
) -> None:
    calls = [Call("f", (np.arange(n, n + 4.0),), names=("a",)) for n in range(3)]
    here: dict[str, Any] = {"np": np}
    exec(source, here)
    there = defined(sandbox, source)
    one, other = [[*outcomes(names["f"], calls)] for names in (here, there)]
    assert [said(found) for found in other] == [said(found) for found in one]
    assert all(np.array_equal(call.args[0][:1], [n]) for n, call in enumerate(calls))


def said(found: Outcome) -> Any:
    results = found.result if type(found.result) is tuple else (found.result,)
    shown = [(r.tolist(), r.strides) if type(r) is np.ndarray else str(r) for r in results]
    return shown, found.changed, found.shared


def test_equal_answers_are_not_one_object(zygote: Zygote) -> None:
    code = "def f():\n    return np.ones((2, 3)).T[::-1], [1], {'a': np.zeros(1)}"
    with zygote.sandbox() as one, zygote.sandbox() as other:
        first, second = defined(one, code)["f"](), defined(other, code)["f"]()
    assert first[0].strides == second[0].strides == np.ones((2, 3)).T[::-1].strides
    first[0][:] = 9
    first[1].append(2)
    first[2]["a"][0] = 9
    assert (second[0].tolist(), second[1], second[2]["a"][0]) == ([[1, 1]] * 3, [1], 0)


def test_a_copy_of_an_argument_is_no_view(sandbox: Sandbox) -> None:
    a = np.arange(12.0)
    names = defined(sandbox, "def f(a):\n    return a.copy()\ndef g(a):\n    return a[:0]")
    assert not np.may_share_memory(a, names["f"](a))
    assert names["g"](a).shape == (0,)


@pytest.mark.parametrize(
    "lent",
    [
        ("0", -8, (8,), (8,)),
        ("0", 8, (8,), (8,)),
        ("0", 0, (-8,), (8,)),
        ("0", 10**12, (8,), (8,)),
        ("0", 0, (10**12,), (8,)),
        ("0", 0, (8, 8), (8,)),
        ("0", 0, ("8",), (8,)),
        ("7", 0, (8,), (8,)),
        ("²", 0, (8,), (8,)),
        ("9" * 5000, 0, (8,), (8,)),
        "0",
        None,
    ],
)
def test_what_is_said_of_a_view_is_not_believed(lent: Any) -> None:
    class Liar:
        def calls(self, *args: Any) -> Iterator[Any]:
            yield ("returned", np.arange(3.0) + 1, {"lent": lent, "serial": 1})

    a = np.arange(3.0)
    result = Remote(Liar(), lambda: 1.0, "f")(a)  # type: ignore[arg-type]
    assert not np.may_share_memory(a, result)
    assert result.tolist() == [1, 2, 3]


@pytest.mark.parametrize("name", ["a b", "", "\0", "\udc80", "x" * 200, "KeyboardInterrupt"])
@pytest.mark.parametrize(
    "kind", ["ValueError", "KeyboardInterrupt", "ExceptionGroup", "__import__"]
)
def test_an_exception_of_any_name_is_an_exception(name: str, kind: str) -> None:
    error = raised(Raised(name, "words", [], [kind, "BaseException"]))
    assert isinstance(error, StudentError)
    assert not isinstance(error, KeyboardInterrupt)
    assert str(error).startswith("words")
