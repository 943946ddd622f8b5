"""What chapter 3 computes, cut into decisions: a numerical gradient, a relative error, a dot test.

Beside the recipes stand the right forward and backward of one plane, which pairs of functions are
held against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

Function = Callable[[Any], Any]


class NumericalGradient:
    """numerical_gradient."""

    def __call__(self, f: Function, x: Any, grad_output: Any, eps: float = 1e-6) -> np.ndarray:
        point = self.point(x)
        upstream = self.upstream(np.asarray(grad_output, dtype=np.float64))
        self.refuse(np.shape(f(point)), upstream.shape)
        gradient = self.result(x)
        step = self.step(eps)
        for place in self.places(point):
            gradient[place] = self.slope(f, point, place, upstream, step)
        return gradient

    def point(self, x: Any) -> np.ndarray:
        """The array that is moved."""
        return np.array(x, dtype=np.float64)

    def result(self, x: Any) -> np.ndarray:
        """The array that the slopes are written into."""
        return np.zeros(np.shape(x))

    def upstream(self, grad_output: np.ndarray) -> np.ndarray:
        return grad_output

    def refuse(self, shape: tuple[int, ...], upstream: tuple[int, ...]) -> None:
        if shape != upstream:
            raise ValueError(f"f(x) has shape {shape}, grad_output has shape {upstream}")

    def step(self, eps: float) -> float:
        return eps

    def places(self, point: np.ndarray) -> Iterable[Any]:
        """What is moved at a time."""
        return np.ndindex(point.shape)

    def slope(
        self, f: Function, point: np.ndarray, place: Any, upstream: np.ndarray, step: float
    ) -> float:
        kept = np.copy(point[place])
        self.move(point, place, kept, step)
        above = self.loss(f, point, upstream)
        self.move(point, place, kept, -step)
        below = self.loss(f, point, upstream)
        self.put_back(point, place, kept, step)
        return self.quotient(above, below, self.loss(f, point, upstream), step)

    def move(self, point: np.ndarray, place: Any, kept: Any, step: float) -> None:
        point[place] = kept + step

    def put_back(self, point: np.ndarray, place: Any, kept: Any, step: float) -> None:
        point[place] = kept

    def loss(self, f: Function, point: np.ndarray, upstream: np.ndarray) -> float:
        return float(np.sum(upstream * f(point)))

    def quotient(self, above: float, below: float, here: float, step: float) -> float:
        return (above - below) / (2 * step)


class RelativeError:
    """relative_error."""

    def __call__(self, a: Any, b: Any) -> float:
        a, b = self.prepared(a), self.prepared(b)
        self.refuse(a.shape, b.shape)
        if self.hidden(a, b):
            return float("nan")
        with np.errstate(all="ignore"):
            return float(self.ratio(self.apart(a, b), a, b))

    def prepared(self, array: Any) -> np.ndarray:
        return np.asarray(array, dtype=np.float64)

    def refuse(self, one: tuple[int, ...], other: tuple[int, ...]) -> None:
        if one != other:
            raise ValueError(f"shapes {one} and {other} differ")

    def hidden(self, a: np.ndarray, b: np.ndarray) -> bool:
        """Is there something that is no finite number?"""
        return not (np.isfinite(a).all() and np.isfinite(b).all())

    def apart(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.abs(a - b)

    def magnitude(self, array: np.ndarray) -> Any:
        return np.max(np.abs(array), initial=0.0)

    def scale(self, a: np.ndarray, b: np.ndarray) -> Any:
        return max(self.magnitude(a), self.magnitude(b))

    def ratio(self, apart: np.ndarray, a: np.ndarray, b: np.ndarray) -> Any:
        scale = self.scale(a, b)
        return self.nothing() if scale == 0 else self.collected(apart) / scale

    def collected(self, apart: np.ndarray) -> Any:
        return np.max(apart, initial=0.0)

    def nothing(self) -> float:
        """The result where both arrays are zero."""
        return 0.0


class DotTest:
    """dot_test."""

    def __call__(self, f: Function, f_adjoint: Function, x: Any, y: Any) -> float:
        x, y = np.asarray(x), np.asarray(y)
        there, back = np.asarray(f(x)), np.asarray(self.way_back(f, f_adjoint, y))
        self.refuse(there.shape, y.shape)
        self.refuse(back.shape, x.shape)
        with np.errstate(all="ignore"):
            return float(self.mismatch(*self.sums(there, back, x, y)))

    def way_back(self, f: Function, f_adjoint: Function, y: np.ndarray) -> Any:
        return f_adjoint(y)

    def refuse(self, one: tuple[int, ...], other: tuple[int, ...]) -> None:
        if one != other:
            raise ValueError(f"shapes {one} and {other} differ")

    def sums(self, there: np.ndarray, back: np.ndarray, x: np.ndarray, y: np.ndarray) -> Any:
        return self.dot(there, y), self.dot(x, back)

    def dot(self, one: np.ndarray, other: np.ndarray) -> Any:
        return np.sum(one.astype(np.float64) * other.astype(np.float64))

    def mismatch(self, left: Any, right: Any) -> Any:
        scale = self.scale(left, right)
        return self.nothing() if scale == 0 else self.apart(left, right) / scale

    def scale(self, left: Any, right: Any) -> Any:
        return np.maximum(np.abs(left), np.abs(right))

    def apart(self, left: Any, right: Any) -> Any:
        return np.abs(left - right)

    def nothing(self) -> float:
        return 0.0


def correlation(input: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(H, W) and (kH, kW) -> the cross-correlation of one plane, stride 1."""
    windows = np.lib.stride_tricks.sliding_window_view(input, weight.shape)
    result: np.ndarray = np.einsum("ijuv,uv->ij", windows, weight)
    return result


def gradients(
    grad_output: np.ndarray, input: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(grad_input, grad_weight) of sum(grad_output * correlation(input, weight))."""
    height, width = weight.shape
    # Every input element meets every tap once, if grad_output has a border of zeros.
    border = np.pad(grad_output, ((height - 1,) * 2, (width - 1,) * 2))
    return correlation(border, weight[::-1, ::-1]), correlation(input, grad_output)
