"""A call of a function under test: its arguments, how they print, and how they are stored.

Knows arrays, numbers, strings, None and tuples of those, and nothing else: a call must be able to
cross a process boundary and a JSON file unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SMALL = 24  # numbers in a call that is printed in full


@dataclass(frozen=True, eq=False)
class Call:
    """``function(*args, **kwargs)``. Arrays are never shared: ``on`` passes copies."""

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()  # the parameters' names, for printing positional arguments

    def on(self, function: Callable[..., Any]) -> Any:
        """Call ``function`` with copies of the arguments and return what it returns."""
        args, kwargs = self.copies()
        return function(*args, **kwargs)

    def copies(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments that may be changed without changing this call; memory layout is kept."""
        return tuple(map(_copy, self.args)), {k: _copy(v) for k, v in self.kwargs.items()}

    def mapped(self, change: Callable[[Any], Any]) -> Call:
        """The same call with ``change`` applied to every array."""

        def apply(value: Any) -> Any:
            return change(value) if isinstance(value, np.ndarray) else value

        return Call(
            self.function,
            tuple(map(apply, self.args)),
            {k: apply(v) for k, v in self.kwargs.items()},
            self.names,
        )

    def arrays(self) -> list[tuple[str, np.ndarray]]:
        """The array arguments as ``(parameter, array)``."""
        return [(name, value) for name, value in self.items() if isinstance(value, np.ndarray)]

    def items(self) -> list[tuple[str, Any]]:
        """Every argument as ``(parameter, value)``."""
        names = (*self.names, *(f"argument {i}" for i in range(len(self.names), len(self.args))))
        return [*zip(names, self.args, strict=False), *self.kwargs.items()]

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
        return f"{self.function}({', '.join(parts)})"


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
        values = value.tolist()
        text = repr(values)
        if value.dtype.kind == "f" and np.array_equal(value, np.round(value)):
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
        return {"shape": list(value.shape), "dtype": str(value.dtype), "values": flat}
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    if isinstance(value, tuple):
        return {"tuple": [encode(v) for v in value]}
    raise TypeError(f"a call holds plain values only, not {type(value).__name__}")


def decode(value: Any) -> Any:
    """The inverse of ``encode``."""
    if isinstance(value, dict) and "shape" in value:
        return np.array(value["values"], dtype=value["dtype"]).reshape(value["shape"])
    if isinstance(value, dict) and "tuple" in value:
        return tuple(decode(v) for v in value["tuple"])
    return value
