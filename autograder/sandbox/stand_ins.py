"""Libraries that are not there when work is graded, and what an import of one gives.

Importing one is harmless, whatever is imported from it; using what was imported says why it is not
there. Those that change nothing about what is computed (a progress bar, a compiler) do just that.
"""

from __future__ import annotations

import sys
import types
from typing import Any

# Absent on purpose: exercises ask for what these do.
FORBIDDEN = ("torch", "torchvision", "scipy", "skimage", "cv2", "tensorflow", "jax")
# The same for single functions of NumPy, wherever they are known.
FUNCTIONS = ("convolve", "correlate", "correlate2")
# Absent because no exercise needs them.
IDLE = ("pandas", "seaborn", "sklearn", "plotly", "ipywidgets", "joblib", "tqdm", "numba")
GONE = "is not there when your work is graded"
EXPLANATION = f"{GONE}: the exercise is to write what it does"


def install_stand_ins() -> None:
    """Put the stand-ins where an import finds them, and nothing of the grader."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "sandbox"]:
        del sys.modules[name]
    sys.modules["autograder"] = Checks("autograder")
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "numpy":
            for function in FUNCTIONS:
                if callable(getattr(module, function, None)):
                    setattr(module, function, Absent(f"np.{function} {EXPLANATION}"))
    sys.meta_path.insert(
        0, _Finder([name for name in (*FORBIDDEN, *IDLE) if name not in sys.modules])
    )


class Checks(types.ModuleType):
    """Stands for ``autograder``: the student's own calls of check are not what is graded."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None


class Absent:
    """Something that is not there. It can be named, in an import or in a type hint; calling it says
    why it is not there.
    """

    def __init__(self, why: str) -> None:
        self.__why = why

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise ImportError(self.__why)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __or__(self, other: Any) -> Any:
        return self

    __ror__ = __getitem__ = __or__

    def __iter__(self) -> Any:
        raise ImportError(self.__why)

    def __instancecheck__(self, thing: Any) -> bool:
        return False

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        return ()


class StandIn(types.ModuleType):
    """A library that is not there, or a part of one."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []  # so that parts of it can be imported too
        self.__dict__.update(HARMLESS.get(name.partition(".")[0], {}))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        library = self.__name__.partition(".")[0]
        return Absent(f"{library} {EXPLANATION if library in FORBIDDEN else GONE}")


class Bar:
    """Stands for a progress bar: it gives what it was given."""

    def __init__(self, iterable: Any = (), *args: Any, **kwargs: Any) -> None:
        self.iterable = iterable

    def __iter__(self) -> Any:
        return iter(self.iterable)

    def __len__(self) -> int:
        return len(self.iterable)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


def uncompiled(function: Any = None, **options: Any) -> Any:
    """Stands for a compiler's decorator, with options or without: the function stays as it is."""
    return function if callable(function) else uncompiled


HARMLESS: dict[str, dict[str, Any]] = {
    "tqdm": {"tqdm": Bar, "trange": lambda *bounds, **options: Bar(range(*bounds))},
    "numba": {"njit": uncompiled, "jit": uncompiled, "prange": range},
}


class _Finder:
    """Finds stand-ins, and modules inside them, first: without walls the real ones are there."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self) if name.partition(".")[0] in self.names else None  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> Any:
        return StandIn(spec.name)

    def exec_module(self, module: Any) -> None:
        pass
