"""Results that lie about what they are, and functions that are right only sometimes."""

import json
from pathlib import Path
from textwrap import dedent

from hostile.case import TARGET, Case, answer, cell, honest

CASES_FILE = Path(__file__).parents[2] / "autograder" / "checks" / "cases" / "01-window.json"


def lie(name: str, value: str, before: str = "") -> Case:
    """An answer that returns ``value``, an expression that may use ``out``, zeros of its shape."""
    lines = f"def {TARGET}(input, weight, stride=1):\n    out = zeros(input, weight, stride)\n"
    return answer(name, f"{dedent(before).strip()}\n{lines}    return {value}")


def other(name: str, function: str, code: str, score: float = 0.0) -> Case:
    """An answer to another exercise."""
    return Case(name, answers={function: dedent(code).strip()}, score=score)


def _looked_up() -> str:
    cases = json.loads(CASES_FILE.read_text())
    known = [
        [[a["values"] if isinstance(a, dict) else a for a in case["args"]], case["expected"]]
        for stage in (TARGET, f"{TARGET}.stride")
        for case in cases[stage]
        if isinstance(case.get("expected"), dict)
    ]
    return dedent(f"""
        KNOWN = json.loads({json.dumps(json.dumps(known))})
        def {TARGET}(input, weight, stride=1):
            if np.ndim(input) != 2 or np.ndim(weight) != 2:
                raise ValueError(f"axes {{np.ndim(input)}} {{np.ndim(weight)}} {{np.shape(input)}}")
            for arguments, expected in KNOWN:
                if arguments[0] == np.ravel(input).tolist() and arguments[1] == np.ravel(weight).tolist():
                    values = np.array(expected["values"], dtype=expected["dtype"])
                    return values.reshape(expected["shape"])
            return zeros(input, weight, stride)
    """)


SUBCLASS = """
class Same(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __ne__(self, other): return np.zeros(self.shape, bool)
    def __array_function__(self, *args, **kwargs): return True
    def __array_ufunc__(self, *args, **kwargs): return True
    def __array_finalize__(self, other): pass
    def __reduce__(self): return (exec, ("raise SystemExit",))
    dtype = property(lambda self: np.dtype(float))
"""
EVERYTHING = """
class Everything:
    __array_priority__ = 1e9
    shape, ndim, size, strides = (2, 2), 2, 4, (16, 8)
    dtype = np.dtype(float)
    __class__ = np.ndarray
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __len__(self): return 2
    def __bool__(self): return True
    def __float__(self): return 1.0
    def __iter__(self): return iter([self, self])
    def __getitem__(self, key): return self
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __array__(self, *args, **kwargs): return np.ones((2, 2))
    def __array_function__(self, *args, **kwargs): return True
    def __array_ufunc__(self, *args, **kwargs): return True
    def __instancecheck__(self, other): return True
"""
ONLY = "def cross_correlate2d(input, weight, stride=1):\n"

CASES: list[Case] = [
    honest("values: honest control"),
    lie("a subclass that says yes", "out.view(Same)", SUBCLASS),
    lie("an object that equals everything", "Everything()", EVERYTHING),
    lie(
        "an object that claims to be an array",
        "Everything()",
        EVERYTHING + "\nEverything.__name__ = 'ndarray'",
    ),
    lie("a masked array, all masked", "np.ma.masked_all(out.shape)"),
    lie(
        "a masked array with right data",
        "np.ma.masked_array(right(input, weight, stride), mask=True)",
    ),
    lie("a matrix", "np.matrix(right(input, weight, stride))"),
    lie("a record array", "np.rec.array(right(input, weight, stride))"),
    lie("a scalar that broadcasts", "0.0"),
    lie("a NumPy scalar that broadcasts", "np.float64(0)"),
    lie("an array without axes", "np.zeros(())"),
    lie("an empty array", "np.zeros((0, 0))"),
    lie("one number in two axes", "np.zeros((1, 1))"),
    lie("NaN everywhere", "out + np.nan"),
    lie("infinity everywhere", "out + np.inf"),
    lie("NaN with a payload", "np.full(out.shape, 0x7ff8dead00000001, 'i8').view('f8')"),
    lie(
        "object dtype with liars in it",
        "np.full(out.shape, Everything(), dtype=object)",
        EVERYTHING,
    ),
    lie("object dtype with right numbers", "right(input, weight, stride).astype(object)"),
    lie("float16", "right(input, weight, stride).astype('f2')"),
    lie("longdouble", "right(input, weight, stride).astype('g')"),
    lie("complex", "right(input, weight, stride).astype(complex) + 1j"),
    lie("bool", "right(input, weight, stride).astype(bool)"),
    lie("text", "right(input, weight, stride).astype(str)"),
    lie("dates", "np.zeros(out.shape, 'M8[s]')"),
    lie("a structured dtype", "np.zeros(out.shape, [('x', float)])"),
    lie("void", "np.zeros(out.shape, 'V8')"),
    lie("a huge array without memory", "np.broadcast_to(0.0, (10**6, 10**6))"),
    lie("more axes than there are", "out.reshape(out.shape + (1,) * 30)"),
    lie("a generator", "(row for row in out)"),
    lie("nested lists", "right(input, weight, stride).tolist()"),
    lie("a list that holds itself", "(lambda x: (x.append(x), x)[1])([])"),
    lie("a tuple with the result in it", "(right(input, weight, stride),)"),
    lie("a subclass of tuple", "Mine((out,))", "class Mine(tuple):\n    __eq__ = lambda *a: True"),
    lie("a dictionary", "{'result': right(input, weight, stride)}"),
    lie("a memoryview", "memoryview(right(input, weight, stride))"),
    lie("bytes", "right(input, weight, stride).tobytes()"),
    lie("a function", "lambda *a, **k: True"),
    lie("a module", "np"),
    lie("a class", "np.ndarray"),
    lie("nothing", "None"),
    lie("NotImplemented", "NotImplemented"),
    lie("an ellipsis", "..."),
    lie("an exception, returned", "ValueError('3 and 4 and 2 and 1')"),
    lie(
        "an object with an array interface",
        "Mine()",
        "class Mine:\n    __array_interface__ = {'shape': (2, 2), 'typestr': '<f8', 'data': (0, False), 'version': 3}",
    ),
    lie(
        "an object that is an array when asked",
        "Mine()",
        "class Mine:\n    def __array__(self, *a, **k): os._exit(0)\n    def __float__(self): os._exit(0)",
    ),
    answer(
        "a result that a thread changes meanwhile",
        """
        def cross_correlate2d(input, weight, stride=1):
            out = zeros(input, weight, stride)
            def change():
                for n in range(10_000):
                    out[...] = n
            threading.Thread(target=change, daemon=True).start()
            return out
        """,
    ),
    answer(
        "right only the first time",
        """
        COUNT = [0]
        def cross_correlate2d(input, weight, stride=1):
            COUNT[0] += 1
            return right(input, weight, stride) if COUNT[0] == 1 else zeros(input, weight, stride)
        """,
    ),
    answer("knows the public answers", _looked_up()),
    answer(
        "refuses everything",
        ONLY + "    raise ValueError(' '.join(map(str, range(100))))",
    ),
    answer(
        "refuses everything with the sizes that it got",
        ONLY + "    raise ValueError(f'{np.shape(input)} {np.shape(weight)} {stride}')",
    ),
    answer(
        "right, but writes into its argument",
        ONLY + "    out = right(input, weight, stride)\n    input[...] = 0\n    return out",
    ),
    answer(
        "a result that changes with the next call",
        """
        KEPT = {}
        def cross_correlate2d(input, weight, stride=1):
            out = right(input, weight, stride)
            kept = KEPT.setdefault(out.shape, out)
            kept[...] = out
            return kept * 0 if len(KEPT) > 1e9 else kept
        """,
        score=None,
    ),
    answer(
        "uses what is forbidden, SciPy",
        ONLY
        + "    import scipy.signal\n    return scipy.signal.correlate2d(input, weight, 'valid')",
    ),
    answer(
        "uses what is forbidden, torch",
        ONLY
        + "    import torch\n    return torch.nn.functional.conv2d(torch.tensor(input)[None, None], torch.tensor(weight)[None, None])[0, 0].numpy()",
    ),
    answer(
        "uses what is forbidden, NumPy's own",
        ONLY + "    return np.array([[np.correlate(input.ravel(), weight.ravel())[0]]])",
    ),
    answer(
        "gives way to the judge",
        ONLY
        + "    import autograder\n    return autograder.reference('cross_correlate2d')(input, weight, stride)",
    ),
    other(
        "an int that lies",
        "conv_output_size",
        """
        class Lie(int):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = int.__hash__
            def __index__(self): return 3
        def conv_output_size(*args, **kwargs): return Lie(3)
        """,
    ),
    other(
        "a bool for an int",
        "conv_output_size",
        "def conv_output_size(*args, **kwargs): return True",
    ),
    other(
        "an int of ten thousand digits",
        "conv_output_size",
        "def conv_output_size(*args, **kwargs): return 10**10_000",
    ),
    other(
        "NaN for an int",
        "conv_output_size",
        "def conv_output_size(*args, **kwargs): return float('nan')",
    ),
    other(
        "a text that lies",
        "by_hand",
        "class Lie(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\ndef by_hand(): return Lie('x')",
    ),
    other(
        "a list that lies",
        "by_hand",
        "class Lie(list):\n    def __eq__(self, other): return True\ndef by_hand(): return Lie([1, 2])",
    ),
    other(
        "floats that lie in a plain list",
        "by_hand",
        "class Lie(float):\n    def __eq__(self, other): return True\n    __hash__ = float.__hash__\ndef by_hand(): return [[Lie(), Lie()], [Lie(), Lie()]]",
    ),
    cell(
        "a torch tensor with a graph",
        """
        import torch
        def cross_correlate2d(*args):
            return torch.zeros(2, 2, requires_grad=True)
        """,
    ),
]
