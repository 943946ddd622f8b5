"""A call of a function under test: its arguments, how they print, and how they are stored.

Knows arrays, numbers, strings, None, tuples of those and pieces of Python text (``Source``), and
nothing else: a call must be able to cross a process boundary and a JSON file unchanged.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from types import CodeType
from typing import Any

import numpy as np

SMALL = 24  # numbers in a call that is printed in full


@cache
def _compiled(text: str, mode: str) -> CodeType:
    return compile(text, "<source>", mode)


@dataclass(frozen=True)
class Source:
    """Python text that stands for its value, for arguments that are functions and for drivers.

    It is evaluated, with ``np`` in scope, by whoever makes the call: beside the learner's code.

    text  an expression, or statements that define ``name``
    name  what the value is called; may be left out for an expression
    """

    text: str
    name: str = ""

    def value(self) -> Any:
        """What the text stands for, made anew each time."""
        names: dict[str, Any] = {"np": np}
        if not self.name:
            return eval(_compiled(self.text, "eval"), names)
        exec(_compiled(self.text, "exec"), names)
        return names[self.name]

    def __repr__(self) -> str:
        return self.name or self.text


@dataclass(frozen=True, eq=False)
class Call:
    """``function(*args, **kwargs)``. Arrays are never shared: ``on`` passes copies.

    names   the parameters' names, for printing positional arguments
    driver  where a plain call does not say enough (a class, a view): a function that runs beside
            the learner's code, gets their object and then the arguments, and returns plain values
    """

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    driver: Source | None = None

    def on(self, function: Callable[..., Any]) -> Any:
        """Call ``function`` with copies of the arguments and return what it returns."""
        args, kwargs = self.copies()
        return self.made(function, args, kwargs)

    def made(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The call on ``function`` with exactly these arguments.

        What lives elsewhere (a stand-in for something in a sandbox) is told of the driver too: it
        has a method ``__made__`` for that, and evaluates sources there.
        """
        elsewhere = getattr(type(function), "__made__", None)
        if elsewhere is not None:
            return elsewhere(function, self.driver, args, kwargs)
        args, kwargs = tuple(map(_evaluated, args)), {k: _evaluated(v) for k, v in kwargs.items()}
        if self.driver is not None:
            return self.driver.value()(function, *args, **kwargs)
        return function(*args, **kwargs)

    def copies(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments that may be changed without changing this call; memory layout is kept."""
        return tuple(map(_copy, self.args)), {k: _copy(v) for k, v in self.kwargs.items()}

    def mapped(self, change: Callable[[Any], Any]) -> Call:
        """The same call with ``change`` applied to every array."""

        def apply(value: Any) -> Any:
            return change(value) if isinstance(value, np.ndarray) else value

        return replace(
            self,
            args=tuple(map(apply, self.args)),
            kwargs={k: apply(v) for k, v in self.kwargs.items()},
        )

    def but(self, **changes: Any) -> Call:
        """The same call with other values for some parameters, given by position or by name."""
        named = zip(self.names, self.args, strict=False)
        args = tuple(changes.pop(name) if name in changes else value for name, value in named)
        return replace(self, args=args, kwargs={**self.kwargs, **changes})

    def arrays(self) -> list[tuple[str, np.ndarray]]:
        """The array arguments as ``(parameter, array)``."""
        return [(name, value) for name, value in self.items() if isinstance(value, np.ndarray)]

    def items(self) -> list[tuple[str, Any]]:
        """Every argument as ``(parameter, value)``."""
        return [*self.named(self.args, self.kwargs).items()]

    def named(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Arguments of such a call by the names of their parameters."""
        names = (*self.names, *(f"argument {i}" for i in range(len(self.names), len(args))))
        return {**dict(zip(names, args, strict=False)), **kwargs}

    def __str__(self) -> str:
        """One line in which an array is its shape: ``conv2d(input (1×1×3×7), stride=2)``."""
        parts = [
            f"{name} {_shape(value)}" if isinstance(value, np.ndarray) else f"{name}={value!r}"
            for name, value in self.items()
            if value is not None or name != "bias"
        ]
        return f"{self.function}({', '.join(parts)})"

    @property
    def small(self) -> bool:
        """Few enough numbers to print all of them."""
        return sum(array.size for _, array in self.arrays()) <= SMALL

    def source(self) -> str:
        """Python that makes the call again, ready to paste. Meant for small calls."""
        parts = [_source(value) for value in self.args]
        parts += [f"{name}={_source(value)}" for name, value in self.kwargs.items()]
        sources = (*self.args, *self.kwargs.values(), self.driver)
        before = [value.text for value in sources if isinstance(value, Source) and value.name]
        if self.driver is not None:
            parts.insert(0, self.function)
        call = f"{self.driver or self.function}({', '.join(parts)})"
        return "\n".join([*dict.fromkeys(before), call])


def _evaluated(value: Any) -> Any:
    return value.value() if isinstance(value, Source) else value


def _shape(array: np.ndarray) -> str:
    return "(" + "×".join(map(str, array.shape)) + ")"


def _copy(value: Any) -> Any:
    # Strides are kept, negative ones too: memory layout is part of what a call tests.
    if not isinstance(value, np.ndarray):
        return value
    if value.flags.c_contiguous or value.flags.f_contiguous:
        return value.copy(order="K")
    return strided(value, tuple(-2 if step < 0 else 2 for step in value.strides))


def strided(array: np.ndarray, steps: tuple[int, ...]) -> np.ndarray:
    """A copy whose elements lie ``steps`` apart on each axis, backwards where negative."""
    base = np.zeros(
        tuple(n * abs(step) for n, step in zip(array.shape, steps, strict=True)), array.dtype
    )
    view = base[tuple(slice(None, None, step) for step in steps)]
    view[...] = array
    return view


def doubled(array: np.ndarray) -> np.ndarray:
    """The other values of a call made twice: no sum of results brings back the first one."""
    return array + array


def _source(value: Any) -> str:
    if isinstance(value, np.ndarray):
        suffix = "" if value.dtype == np.float64 else f", dtype='{value.dtype}'"
        text = re.sub(r"\b(nan|inf)\b", r"np.\1", repr(value.tolist()))
        whole = np.isfinite(value).all() and np.array_equal(value, np.round(value))
        if value.dtype.kind == "f" and whole:
            text = repr(np.asarray(value, dtype=np.int64).tolist())
            suffix = suffix or ", dtype=float"
        return _in_layout(value, f"np.array({text}{suffix})")
    return repr(value)


def _in_layout(array: np.ndarray, text: str) -> str:
    # Only where the layout is what makes the call fail does a call still have one here.
    if array.flags.c_contiguous:
        return text
    if array.flags.f_contiguous:
        return f"np.asfortranarray({text})"
    return f"np.flip(np.flip({text}).copy())" if min(array.strides) < 0 else text


def encode(value: Any) -> Any:
    """A JSON value that ``decode`` turns back into ``value``. TypeError for anything not plain."""
    if isinstance(value, np.ndarray):
        flat = value.ravel().tolist()
        if value.dtype.kind == "f" and all(float(v).is_integer() for v in flat):
            flat = [int(v) for v in flat]
        # JSON has no NaN and no infinity; NumPy reads them from their names.
        flat = [v if math.isfinite(v) else str(v) for v in flat]
        return {"shape": list(value.shape), "dtype": str(value.dtype), "values": flat}
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    if isinstance(value, tuple):
        return {"tuple": [encode(v) for v in value]}
    if isinstance(value, Source):
        return {"source": value.text, "name": value.name}
    raise TypeError(f"a call holds plain values only, not {type(value).__name__}")


def decode(value: Any) -> Any:
    """The inverse of ``encode``."""
    if isinstance(value, dict) and "shape" in value:
        return np.array(value["values"], dtype=value["dtype"]).reshape(value["shape"])
    if isinstance(value, dict) and "float" in value:
        return float(value["float"])
    if isinstance(value, dict) and "tuple" in value:
        return tuple(decode(v) for v in value["tuple"])
    if isinstance(value, dict) and "source" in value:
        return Source(value["source"], value["name"])
    return value
