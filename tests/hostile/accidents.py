"""Honest notebooks with what students' notebooks have in them: none of it costs anything."""

from collections.abc import Callable
from typing import Any

from hostile.case import FULL, TARGET, Case
from hostile.structure import Notebook, code, name_of

RIGHT = f"def {TARGET}(input, weight, stride=1):\n    return right(input, weight, stride)\n"


def beside(
    name: str, before: str = "", after: str = "", answer: str = RIGHT, ran: bool = True
) -> Case:
    """A right answer with something before and behind it, in its own cell."""
    text = "\n".join([before, answer, after])
    return Case(f"honest: {name}", answers={TARGET: text}, solved=True, score=FULL, ran=ran)


def inside(name: str, line: str, before: str = "") -> Case:
    """A right answer that does something else too whenever it is called."""
    body = f"    {line}\n    return right(input, weight, stride)\n"
    return beside(name, before, answer=f"def {TARGET}(input, weight, stride=1):\n{body}")


def _is_answer(cell: Any) -> bool:
    return bool(cell["metadata"].get("nbgrader", {}).get("solution"))


def without_metadata(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def answers_retyped(notebook: Notebook) -> None:
    for cell in filter(_is_answer, notebook["cells"]):
        cell["metadata"] = {}


def merged(notebook: Notebook) -> None:
    first, *others = filter(_is_answer, notebook["cells"])
    first["source"] = "\n\n".join(cell["source"] for cell in (first, *others))
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in others]


def all_in_one_cell(notebook: Notebook) -> None:
    text = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    notebook["cells"] = [code("\n\n".join(text))]


def from_colab(notebook: Notebook) -> None:
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {"colab": {"provenance": []}, "accelerator": "GPU"}
    for number, cell in enumerate(notebook["cells"]):
        cell.pop("id", None)
        cell["metadata"] |= {"id": f"aB3_-{number}", "colab": {"base_uri": "https://localhost/"}}


def other_line_ends(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")


def tabs(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = cell["source"].replace("    ", "\t")


def right_in_a_later_cell(notebook: Notebook) -> None:
    place = next(n for n, cell in enumerate(notebook["cells"]) if name_of(cell) == TARGET)
    notebook["cells"][place]["source"] = RIGHT.replace("right(", "zeros(")
    notebook["cells"].insert(place + 1, code(RIGHT))


def helper_in_a_file(notebook: Notebook) -> None:
    notebook["cells"].insert(0, code("%%writefile helper.py\nfactor = 1"))
    place = next(n for n, cell in enumerate(notebook["cells"]) if name_of(cell) == TARGET)
    notebook["cells"][place]["source"] = "from helper import factor\n" + RIGHT


def changed(change: Callable[[Notebook], None], both: bool = True) -> list[Case]:
    """A right notebook changed, which loses nothing, and an empty one, which earns nothing."""
    name = change.__name__.replace("_", " ")

    def made(notebook: Notebook) -> Notebook:
        change(notebook)
        return notebook

    right = Case(f"honest: {name}", solved=True, score=FULL, change=made, ran=False)
    return [right, Case(f"{name}, and no answers", change=made, ran=False)] if both else [right]


CASES: list[Case] = [
    *changed(without_metadata),
    *changed(answers_retyped),
    *changed(merged),
    *changed(all_in_one_cell),
    *changed(from_colab, both=False),
    *changed(other_line_ends, both=False),
    *changed(tabs, both=False),
    *changed(right_in_a_later_cell, both=False),
    *changed(helper_in_a_file, both=False),
    # Libraries
    beside(
        "imports that nothing uses",
        "import torch, scipy\nimport torch.nn.functional as F\nfrom torch import nn, Tensor\n"
        "from scipy.signal import correlate2d\nimport pandas as pd\nfrom sklearn import datasets",
    ),
    beside(
        "type hints of a library that is not there",
        "import torch",
        answer=f"def {TARGET}(input: torch.Tensor | None, weight, stride: int = 1) -> torch.Tensor:\n"
        "    if isinstance(input, torch.Tensor):\n        input = input.numpy()\n"
        "    return right(input, weight, stride)",
    ),
    beside("a class of torch's beside it", "from torch import nn\nclass Net(nn.Module): pass"),
    beside("compared with a library that is not there", after="import torch; torch.ones(3)"),
    inside(
        "a progress bar",
        "for _ in tqdm(range(3), desc='rows', leave=False): pass",
        "from tqdm.auto import tqdm",
    ),
    beside("compiled", "from numba import njit\n@njit(cache=True)"),
    beside(
        "another course's conveniences",
        "try:\n    import cupy as xp\nexcept ImportError:\n    xp = np\n"
        "try:\n    import google.colab\nexcept ImportError:\n    pass",
    ),
    # Notebooks' own ways
    beside(
        "magics",
        "%matplotlib inline\n%load_ext autoreload\n%config InlineBackend.figure_format = 'retina'\n"
        "!pip install numpy --quiet\n%pip install numpy\nfiles = !ls\nprint(len(files))",
        f"\n%timeit -n 1 {TARGET}(np.ones((3, 3)), np.ones((2, 2)))\nnp.pad?",
    ),
    beside("await", after="import asyncio\ngot = await asyncio.sleep(0, 3)\nprint(got)"),
    inside("display and a breakpoint", "display(input); breakpoint()"),
    inside(
        "plots",
        "plt.figure(); plt.imshow(np.atleast_2d(input)) if np.ndim(input) == 2 else 0; plt.show()",
        "import matplotlib.pyplot as plt",
    ),
    inside(
        "prints, logs and warns",
        "print(input); logging.warning(weight); warnings.warn('slow'); print(1, file=sys.stderr)",
        "import logging, warnings\nlogging.basicConfig(level=logging.DEBUG)",
    ),
    beside("a test of their own that fails", after="assert False, 'to do'"),
    beside("a main", after="if __name__ == '__main__':\n    print(right)"),
    beside("warnings are errors", "import warnings\nwarnings.simplefilter('error')"),
    beside("floating-point errors are errors", "np.seterr(all='raise')"),
    beside("the random seed", "np.random.seed(0); rng = np.random.default_rng(1)"),
    beside("names of Python's own", "sum = list = max = len = str = print = 3", ran=False),
    # Ways to write a function
    beside("a lambda", answer=f"{TARGET} = lambda input, weight, stride=1: right(input, weight, stride)"),
    beside("a partial", "import functools", f"{TARGET} = functools.partial({TARGET}, stride=1)"),
    beside(
        "an object that can be called",
        answer="class Window:\n    def __call__(self, input, weight, stride=1):\n"
        f"        return right(input, weight, stride)\n{TARGET} = Window()",
    ),
    beside(
        "a decorator that measures",
        "from functools import wraps\ndef timed(f):\n    @wraps(f)\n    def g(*a, **k):\n"
        "        print(time.perf_counter()); return f(*a, **k)\n    return g\n@timed",
    ),
    beside("defined twice", f"def {TARGET}(input, weight, stride=1): return None"),
    inside("other alphabets", "größe, 变量 = 3, 'ж≈🎉'; print(größe, 变量)"),
    inside("a global counter", "global calls; calls += 1", "calls = 0"),
    inside(
        "threads",
        "with ThreadPoolExecutor(4) as pool: list(pool.map(abs, range(9)))",
        "from concurrent.futures import ThreadPoolExecutor",
    ),
    beside(
        "processes",
        "import multiprocessing\nwith multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, 2]))",
    ),
]  # fmt: skip
