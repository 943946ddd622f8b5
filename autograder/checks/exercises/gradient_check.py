"""Assignment 03-gradient-check: judging a gradient, and the calls that test the judges.

Functions are arguments here, so they are ``Source``: text that is evaluated where the call is made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.call import Call, Source
from autograder.checks.exercise import INPUT, WEIGHT, Config, Exercise, Family, Spoiler, values
from autograder.checks.pairs import Pairs, Tester, Trial
from autograder.checks.question import Part, Question

ASSIGNMENT = "03-gradient-check"

Shape = tuple[int, ...]


def _one_row_more(array: np.ndarray) -> np.ndarray:
    return np.concatenate([array, array[:1]])


# --- numerical_gradient ---------------------------------------------------------------------------

# Name -> text and, from x's (H, W), the shape of what it returns. All are exact on whole numbers
# when the step is a power of two.
FUNCTIONS: dict[str, tuple[str, Callable[[int, int], Shape]]] = {
    "square": ("lambda x: x * x", lambda h, w: (h, w)),
    "cube": ("lambda x: x**3", lambda h, w: (h, w)),
    "itself": ("lambda x: x", lambda h, w: (h, w)),
    "transposed": ("lambda x: x.T", lambda h, w: (w, h)),
    "sum of cubes": ("lambda x: (x**3).sum()", lambda h, w: ()),
    "a Python number": ("lambda x: float((x * x).sum())", lambda h, w: ()),
    "sums of rows": ("lambda x: (x * x).sum(axis=1)", lambda h, w: (h,)),
    "neighbours": ("lambda x: x[:, 1:] * x[:, :-1]", lambda h, w: (h, w - 1)),
    "products of rows": ("lambda x: x @ x.T", lambda h, w: (h, h)),
    "a window": ("lambda x: 3 * x[:-1] - 2 * x[1:] ** 2", lambda h, w: (h - 1, w)),
}
ANY_AXES = ("square", "cube", "itself")  # those that take arrays of any number of axes
WHOLE_NUMBERS = Source(
    "def whole_numbers_only(x):\n"
    "    if np.any(x != np.round(x)):\n"
    "        raise ValueError(f'one of {x.size} numbers is not whole')\n"
    "    return x",
    "whole_numbers_only",
)


def _numerical_build(config: Config, rng: np.random.Generator) -> Call:
    text, shape_of = FUNCTIONS[config["f"]]
    axes = config.get("axes", 2)
    shape: Shape = (2, config["H"], config["W"])[3 - axes :]
    x = values(rng, shape, config, INPUT)
    output = shape_of(config["H"], config["W"]) if axes == 2 else shape
    grad_output = values(rng, output, config, WEIGHT)
    args = (Source(text), x, grad_output if output else grad_output.item())
    kwargs = {"eps": config["eps"]} if config.get("eps") else {}
    return Call("numerical_gradient", args, kwargs, ("f", "x", "grad_output"))


def _numerical_draw(rng: np.random.Generator) -> dict[str, Any]:
    size = {"H": int(rng.integers(2, 5)), "W": int(rng.integers(2, 5))}
    step = float(rng.choice([1.0, 0.5, 0.25, 0.0]))  # 0.0: the default
    return {"f": str(rng.choice(list(FUNCTIONS))), **size, "eps": step}


def _numerical_valid(config: Config) -> bool:
    axes = config.get("axes", 2)
    if not 1 <= axes <= 3 or (axes != 2 and config["f"] not in ANY_AXES):
        return False
    return all(n >= 1 for n in FUNCTIONS[config["f"]][1](config["H"], config["W"]))


NUMERICAL = Family(
    function="numerical_gradient",
    parameters=("f", "x", "grad_output", "eps"),
    build=_numerical_build,
    draw=_numerical_draw,
    valid=_numerical_valid,
    simplest={"f": "square", "axes": 2, "H": 1, "W": 1, "eps": 0.5},
    # torch differentiates and does not take differences: the tests hold the two against each other.
    torch=None,
    spoilers={
        "a grad_output with one row too many": Spoiler(
            change=lambda call: call.but(grad_output=_one_row_more(call.args[2])),
            sizes=lambda call: (len(call.args[2]), len(call.args[2]) + 1),
        ),
        "a grad_output of one row for all": Spoiler(
            change=lambda call: call.but(grad_output=call.args[2][:1]),
            sizes=lambda call: call.args[2].shape,
        ),
        "a grad_output of one number for an array": Spoiler(
            change=lambda call: call.but(grad_output=1.0),
            sizes=lambda call: call.args[2].shape,
        ),
        "a grad_output with as many numbers in one row": Spoiler(
            change=lambda call: call.but(grad_output=call.args[2].ravel()),
            sizes=lambda call: (*call.args[2].shape, call.args[2].size),
        ),
        "a grad_output to which f(x) could be stretched": Spoiler(
            change=lambda call: call.but(grad_output=np.stack([call.args[2]] * 2)),
            sizes=lambda call: call.args[2].shape,
        ),
        "a function that fails halfway, and x stays": Spoiler(
            change=lambda call: call.but(f=WHOLE_NUMBERS),
            sizes=lambda call: (call.args[1].size,),
        ),
    },
    axes=("H", "W"),
    rtol=1e-6,  # of differences with the default step, in float64
)

# --- relative_error -------------------------------------------------------------------------------

# Name -> how b comes from a, where it is not drawn by itself.
RELATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "equal": lambda a: a.copy(),
    "the opposite": lambda a: -a,
    "twice": lambda a: 2 * a,
    "zero": lambda a: 0 * a,
    "one element is off": lambda a: a + _one_at(a, 0.5),
    "one element is off by little": lambda a: a + _one_at(a, 2.0**-24),
    "one element is not a number": lambda a: a + _one_at(a, np.nan),
    "one element is infinite": lambda a: a + _one_at(a, np.inf),
}
SCALES = {"": 1.0, "tiny": 2.0**-50, "zero": 0.0}


def _one_at(array: np.ndarray, value: float) -> np.ndarray:
    """Zeros but for the last element."""
    result = np.zeros_like(array)
    result.reshape(-1)[-1:] = value
    return result


def _error_build(config: Config, rng: np.random.Generator) -> Call:
    shape = (config["H"], config["W"])
    scale = SCALES[config.get("scale", "")]

    def drawn(role: int) -> np.ndarray:
        array = values(rng, shape, config, role)
        if config.get("bytes"):
            return np.abs(array).astype(np.uint8)
        return array if scale == 1 else array * array.dtype.type(scale)

    a = drawn(INPUT)
    b = drawn(WEIGHT)
    if config.get("b"):
        b = RELATIONS[config["b"]](a)
    if config.get("swapped"):
        a, b = b, a
    if config.get("numbers"):
        return Call("relative_error", (a.ravel()[0].item(), b.ravel()[0].item()), {}, ("a", "b"))
    return Call("relative_error", (a, b), {}, ("a", "b"))


def _error_draw(rng: np.random.Generator) -> dict[str, Any]:
    relation = str(rng.choice(["", "", "", *RELATIONS]))
    return {
        "H": int(rng.integers(1, 4)),
        "W": int(rng.integers(1, 5)),
        "b": relation,
        "swapped": bool(rng.random() < 0.5),
        "scale": str(rng.choice(["", "", "tiny"])) if "element" not in relation else "",
    }


_SHAPES_DIFFER = {
    "one row too many": lambda a: _one_row_more(a),
    "one row for all": lambda a: a[:1],
    "one number for an array": lambda a: a.ravel()[0].item(),
    "a transposed array": lambda a: a.T.copy(),
}

ERROR = Family(
    function="relative_error",
    parameters=("a", "b"),
    build=_error_build,
    draw=_error_draw,
    valid=lambda config: config["H"] >= 1 and config["W"] >= 1,
    simplest={
        "H": 1,
        "W": 1,
        "b": "",
        "swapped": False,
        "scale": "",
        "bytes": False,
        "numbers": False,
    },
    torch=None,
    spoilers={
        words: Spoiler(
            change=lambda call, change=change: call.but(b=change(call.args[1])),  # type: ignore[misc]
            sizes=lambda call: (*call.args[0].shape, len(call.args[0]) + 1),
        )
        for words, change in _SHAPES_DIFFER.items()
    },
)

# --- dot_test -------------------------------------------------------------------------------------

# Name -> f, what is said to be its adjoint, and from x's (H, W) the shape of y.
OPERATORS: dict[str, tuple[str, str, Callable[[int, int], Shape]]] = {
    "transpose": ("lambda x: x.T", "lambda y: y.T", lambda h, w: (w, h)),
    "three times": ("lambda x: 3 * x", "lambda y: 3 * y", lambda h, w: (h, w)),
    "differences": (
        "lambda x: x[1:] - x[:-1]",
        "lambda y: np.pad(y, ((1, 0), (0, 0))) - np.pad(y, ((0, 1), (0, 0)))",
        lambda h, w: (h - 1, w),
    ),
    "a part": (
        "lambda x: x[1:, :-1]",
        "lambda y: np.pad(y, ((1, 0), (0, 1)))",
        lambda h, w: (h - 1, w - 1),
    ),
    "sums of columns": (
        "lambda x: x.sum(axis=0)",
        "lambda y: np.stack([y] * {H})",
        lambda h, w: (w,),
    ),
    "the total": ("lambda x: x.sum()", "lambda y: np.full(({H}, {W}), y)", lambda h, w: ()),
    "nothing at all": ("lambda x: 0 * x", "lambda y: 0 * y", lambda h, w: (h, w)),
    "differences, with the wrong sign": (
        "lambda x: x[1:] - x[:-1]",
        "lambda y: np.pad(y, ((0, 1), (0, 0))) - np.pad(y, ((1, 0), (0, 0)))",
        lambda h, w: (h - 1, w),
    ),
    "three times, but six back": ("lambda x: 3 * x", "lambda y: 6 * y", lambda h, w: (h, w)),
    "six times, but three back": ("lambda x: 6 * x", "lambda y: 3 * y", lambda h, w: (h, w)),
    "a part, put back elsewhere": (
        "lambda x: x[1:, :-1]",
        "lambda y: np.pad(y, ((0, 1), (1, 0)))",
        lambda h, w: (h - 1, w - 1),
    ),
    "three times, but nothing back": ("lambda x: 3 * x", "lambda y: 0 * y", lambda h, w: (h, w)),
    "rows upside down": ("lambda x: 2 * x[::-1]", "lambda y: 2 * y", lambda h, w: (h, w)),
    "not a number": (
        "lambda x: 3 * x",
        "lambda y: np.where(y == y.max(), np.nan, y)",
        lambda h, w: (h, w),
    ),
}
UNSPREAD = Source("lambda y: y")


def _dot_build(config: Config, rng: np.random.Generator) -> Call:
    f, f_adjoint, shape_of = OPERATORS[config["f"]]
    sizes = {"H": config["H"], "W": config["W"]}
    shape = shape_of(config["H"], config["W"])
    factor = 12291 if config.get("large") else 1  # its square has more bits than float32
    x = values(rng, (config["H"], config["W"]), config, INPUT) * factor
    y = values(rng, shape, config, WEIGHT) * factor
    if config["f"] == "not a number":  # the other sum must not happen to be zero
        x, y = np.abs(x), np.abs(y)
    back = Source(f_adjoint.format(**sizes))
    args = (Source(f), back, x, y if shape else y.item())
    return Call("dot_test", args, {}, ("f", "f_adjoint", "x", "y"))


def _dot_draw(rng: np.random.Generator) -> dict[str, Any]:
    size = {"H": int(rng.integers(2, 5)), "W": int(rng.integers(2, 5))}
    return {"f": str(rng.choice(list(OPERATORS))), **size}


DOT = Family(
    function="dot_test",
    parameters=("f", "f_adjoint", "x", "y"),
    build=_dot_build,
    draw=_dot_draw,
    valid=lambda config: all(n >= 1 for n in OPERATORS[config["f"]][2](config["H"], config["W"])),
    simplest={"f": "three times", "H": 1, "W": 1, "large": False},
    torch=None,
    spoilers={
        "a y with one row too many": Spoiler(
            change=lambda call: call.but(y=_one_row_more(call.args[3])),
            sizes=lambda call: (len(call.args[3]), len(call.args[3]) + 1),
        ),
        "a y of one row for all": Spoiler(  # what comes back has x's shape; y alone is wrong
            change=lambda call: call.but(f_adjoint=Source(f"lambda y: np.concatenate([y] * {len(call.args[3])})"),
                y=call.args[3][:1],
            ),
            sizes=lambda call: call.args[3].shape,
        ),
        "an adjoint that goes only half of the way back": Spoiler(
            change=lambda call: call.but(f_adjoint=UNSPREAD),
            sizes=lambda call: call.args[2].shape,
        ),
        "an adjoint that brings back all numbers in one row": Spoiler(
            change=lambda call: call.but(f_adjoint=Source("lambda y: 3 * y.ravel()")),
            sizes=lambda call: (*call.args[2].shape, call.args[2].size),
        ),
    },
)

# --- equal_rows and consistent_but_wrong ----------------------------------------------------------

UPSTREAM = ("the output", "ones", "the total", "random numbers")
WHY = ("a starting weight", "a bias", "an average", "input and upstream")
PASSES = ("ignores the upstream", "ignores the stride", "keeps the last sample", "is mirrored")
CURE = ("the mean", "a weighted sum", "twice the sum", "the sum for more samples")


def _numbers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return (rng.integers(1, 6, size=shape) * rng.choice([-1, 1], size=shape)).astype(np.float64)


def _any_trial(rng: np.random.Generator) -> Trial:
    # No two sizes alike, several windows each way, and no kernel that is its own mirror image.
    return _numbers(rng, 5, 6), _numbers(rng, 2, 3), _numbers(rng, 4, 4)


def _ones(rng: np.random.Generator) -> Trial:
    input, weight, grad_output = _any_trial(rng)
    return input, weight, np.ones_like(grad_output)


def _symmetric(rng: np.random.Generator) -> Trial:
    corner, edge, middle = rng.permutation(np.arange(1.0, 6.0))[:3]
    weight = np.array([[corner, edge, corner], [edge, middle, edge], [corner, edge, corner]])
    return _numbers(rng, 5, 6), weight, _numbers(rng, 3, 4)


def _one_window(rng: np.random.Generator) -> Trial:
    return _numbers(rng, 3, 4), _numbers(rng, 3, 4), _numbers(rng, 1, 1)


DRIVER = Source(
    """\
def tried(theirs, name, inputs, weights, grad_outputs):
    pairs = theirs() if callable(theirs) else theirs
    forward, backward = pairs[name]
    results = [], [], []
    for input, weight, grad_output in zip(inputs, weights, grad_outputs):
        results[0].append(np.array(forward(input, weight)))
        grad_input, grad_weight = backward(grad_output, input, weight)
        results[1].append(np.array(grad_input))
        results[2].append(np.array(grad_weight))
    return tuple(map(np.stack, results))""",
    "tried",
)

EXERCISES = (
    Exercise(
        id="equal_rows",
        assignment=ASSIGNMENT,
        title="Equal rows",
        kind="Q",
        difficulty=2,
        minutes=10,
        section="03-gradient-check#sum",
        question=Question(
            parts=(
                Part("upstream", "4a189977", UPSTREAM),
                Part("why", "48afaca6", WHY),
                Part("passes", "8a6841cf", PASSES),
                Part("cure", "35a39621", CURE),
            )
        ),
    ),
    Exercise(
        id="numerical_gradient",
        assignment=ASSIGNMENT,
        title="A numerical gradient",
        kind="A",
        difficulty=3,
        minutes=25,
        section="03-gradient-check#differences",
        family=NUMERICAL,
        visible=(
            {"about": "squares, step 0.5", "f": "square", "H": 1, "W": 3, "eps": 0.5},
            {"about": "cubes, step 0.5", "f": "cube", "H": 2, "W": 2, "eps": 0.5},
            {"about": "cubes, step 1", "f": "cube", "H": 2, "W": 3, "eps": 1.0},
            {"about": "cubes, no step given", "f": "cube", "H": 2, "W": 3},
            {"about": "the function returns one number", "f": "sum of cubes", "H": 2, "W": 3, "eps": 0.25},
            {"about": "it returns a Python number", "f": "a Python number", "H": 3, "W": 2},
            {"about": "it returns fewer axes", "f": "sums of rows", "H": 3, "W": 2, "eps": 0.5},
            {"about": "elements meet", "f": "neighbours", "H": 2, "W": 4, "eps": 0.5},
            {"about": "a matrix product", "f": "products of rows", "H": 2, "W": 3, "eps": 1.0},
            {"about": "a sliding window", "f": "a window", "H": 4, "W": 2},
            {"about": "the function returns its argument", "f": "itself", "H": 2, "W": 3, "eps": 0.5},
            {"about": "the function returns a view", "f": "transposed", "H": 2, "W": 3, "eps": 0.5},
            {"about": "one axis", "f": "square", "axes": 1, "H": 1, "W": 4, "eps": 0.5},
            {"about": "three axes", "f": "cube", "axes": 3, "H": 2, "W": 2, "eps": 0.5},
            {"about": "a float32 x", "f": "cube", "H": 2, "W": 2, "dtype": "float32"},
            {"about": "a float32 x, and one number", "f": "sum of cubes", "H": 3, "W": 3, "dtype": "float32"},
            {"about": "whole numbers", "f": "cube", "H": 2, "W": 2, "dtype": "all integers"},
            {"about": "whole numbers, a fractional grad_output", "f": "square", "H": 2, "W": 2, "eps": 0.5, "dtype": "integers"},
            {"about": "arrays that run backwards", "f": "square", "H": 2, "W": 3, "eps": 0.5, "layout": "reversed"},
            {"about": "arrays in Fortran order", "f": "cube", "H": 3, "W": 2, "eps": 0.5, "layout": "Fortran"},
            {"about": "called twice", "f": "neighbours", "H": 2, "W": 3, "eps": 0.5, "twice": True},
            *(
                {"about": f"refuses {words}" if "fails" not in words else words, "f": "square", "H": 3, "W": 2, "refuse": words}
                for words in NUMERICAL.spoilers
            ),
        ),
    ),
    Exercise(
        id="relative_error",
        assignment=ASSIGNMENT,
        title="How far apart",
        kind="A",
        difficulty=2,
        minutes=7,
        section="03-gradient-check#relative",
        family=ERROR,
        visible=(
            {"about": "two arrays", "H": 2, "W": 3},
            {"about": "two longer arrays", "H": 3, "W": 4},
            {"about": "one element each", "H": 1, "W": 1},
            {"about": "equal arrays", "H": 2, "W": 2, "b": "equal"},
            {"about": "the opposite", "H": 2, "W": 3, "b": "the opposite"},
            {"about": "b is twice a", "H": 2, "W": 2, "b": "twice"},
            {"about": "a is twice b", "H": 2, "W": 2, "b": "twice", "swapped": True},
            {"about": "b is zero", "H": 2, "W": 2, "b": "zero"},
            {"about": "a is zero", "H": 2, "W": 2, "b": "zero", "swapped": True},
            {"about": "both are zero", "H": 2, "W": 3, "scale": "zero"},
            {"about": "one element is off", "H": 2, "W": 3, "b": "one element is off"},
            {"about": "one element is off by little", "H": 2, "W": 3, "b": "one element is off by little"},
            {"about": "tiny numbers", "H": 2, "W": 2, "scale": "tiny"},
            {"about": "a NaN in b", "H": 2, "W": 3, "b": "one element is not a number"},
            {"about": "a NaN in a", "H": 3, "W": 2, "b": "one element is not a number", "swapped": True},
            {"about": "an infinity in b", "H": 2, "W": 2, "b": "one element is infinite"},
            {"about": "two numbers", "H": 1, "W": 1, "numbers": True},
            {"about": "float32", "H": 2, "W": 4, "dtype": "float32"},
            {"about": "whole numbers", "H": 2, "W": 3, "dtype": "all integers"},
            {"about": "bytes, which have no sign", "H": 2, "W": 4, "bytes": True},
            {"about": "arrays that run backwards", "H": 2, "W": 3, "layout": "reversed"},
            {"about": "called twice", "H": 2, "W": 3, "twice": True},
            *(
                {"about": f"refuses {words}", "H": 2, "W": 3, "refuse": words}
                for words in ERROR.spoilers
            ),
        ),
    ),
    Exercise(
        id="dot_test",
        assignment=ASSIGNMENT,
        title="The dot-product test",
        kind="A",
        difficulty=2,
        minutes=8,
        section="03-gradient-check#adjoint",
        family=DOT,
        visible=(
            {"about": "the transpose", "f": "transpose", "H": 2, "W": 3},
            {"about": "differences", "f": "differences", "H": 3, "W": 2},
            {"about": "a part of the input", "f": "a part", "H": 3, "W": 4},
            {"about": "sums of columns", "f": "sums of columns", "H": 3, "W": 2},
            {"about": "the total: y is a number", "f": "the total", "H": 2, "W": 3},
            {"about": "nothing at all", "f": "nothing at all", "H": 2, "W": 2},
            {"about": "the wrong sign", "f": "differences, with the wrong sign", "H": 3, "W": 2},
            {"about": "twice too much comes back", "f": "three times, but six back", "H": 2, "W": 2},
            {"about": "half of it comes back", "f": "six times, but three back", "H": 2, "W": 2},
            {"about": "put back in the wrong place", "f": "a part, put back elsewhere", "H": 3, "W": 3},
            {"about": "nothing comes back", "f": "three times, but nothing back", "H": 2, "W": 3},
            {"about": "upside down", "f": "rows upside down", "H": 3, "W": 2},
            {"about": "a NaN comes back", "f": "not a number", "H": 2, "W": 3},
            {"about": "float32, large numbers", "f": "sums of columns", "H": 4, "W": 3, "dtype": "float32", "large": True},
            {"about": "float32, large numbers, and not the adjoint", "f": "a part, put back elsewhere", "H": 4, "W": 3, "dtype": "float32", "large": True},
            {"about": "whole numbers", "f": "a part, put back elsewhere", "H": 3, "W": 3, "dtype": "all integers"},
            {"about": "called twice", "f": "rows upside down", "H": 3, "W": 3, "twice": True},
            {"about": "refuses a y with one row too many", "f": "three times", "H": 3, "W": 2, "refuse": "a y with one row too many"},
            {"about": "refuses a y of one row for all", "f": "three times", "H": 3, "W": 2, "refuse": "a y of one row for all"},
            {
                "about": "refuses an adjoint that brings back all numbers in one row",
                "f": "three times",
                "H": 3,
                "W": 2,
                "refuse": "an adjoint that brings back all numbers in one row",
            },
            {
                "about": "refuses an adjoint that goes only half of the way back",
                "f": "sums of columns",
                "H": 3,
                "W": 2,
                "refuse": "an adjoint that goes only half of the way back",
            },
        ),
    ),
    Exercise(
        id="consistent_but_wrong",
        assignment=ASSIGNMENT,
        title="Consistent, but wrong",
        kind="P",
        difficulty=4,
        minutes=30,
        section="03-gradient-check#blind",
        question=Pairs(
            testers=(
                Tester("own forward", _any_trial, compares="own forward"),
                Tester("ones", _ones),
                Tester("totals", _any_trial, compares="totals"),
                Tester("symmetric", _symmetric),
                Tester("one window", _one_window),
            ),
            draw=_any_trial,
            driver=DRIVER,
        ),
    ),
)
