"""The recipe of MiniConv: a layer of any dimension and padding mode, forward and backward.

Cut into decisions, each of which a mixin of ``catalogue/capstone.py`` may take differently. It
works by tables of indices, one for each axis, and none of what a learner would write.
"""

from __future__ import annotations

from typing import Any

import numpy as np

NUMPY_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


class Layer:
    """A call of an instance makes a layer, as a call of the class MiniConv does."""

    grad_weight: Any
    grad_bias: Any

    def __call__(
        self,
        weight: np.ndarray,
        bias: np.ndarray | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        padding_mode: str = "zeros",
    ) -> Layer:
        layer = type(self)()
        layer.weight, layer.bias, layer.groups = weight, bias, groups
        layer.axes = weight.ndim - 2
        layer.stride, layer.dilation = layer.each(stride), layer.each(dilation)
        layer.padding, layer.mode = padding, padding_mode
        layer.grad_weight = layer.grad_bias = None
        layer.refuse()
        return layer

    weight: np.ndarray
    bias: np.ndarray | None
    groups: int
    axes: int
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Any
    mode: str

    # Options ------------------------------------------------------------------------------------

    def each(self, option: Any) -> tuple[Any, ...]:
        """One number for each axis, from a number for all or one for each."""
        return tuple(option) if isinstance(option, (tuple, list)) else (option,) * self.axes

    def borders(self) -> list[tuple[int, int]]:
        """(before, after) for each axis."""
        if self.padding == "valid":
            return [(0, 0)] * self.axes
        if self.padding == "same":
            reach = zip(self.dilation, self.weight.shape[2:], strict=True)
            return [self.same(d * (k - 1)) for d, k in reach]
        return [(amount, amount) for amount in self.each(self.padding)]

    def same(self, total: int) -> tuple[int, int]:
        """How 'same' divides its elements: an odd one goes behind."""
        return total // 2, total - total // 2

    def numpy_mode(self) -> str:
        return NUMPY_MODES[self.mode]

    # Tables of indices ---------------------------------------------------------------------------

    def source(self, length: int, border: tuple[int, int]) -> np.ndarray:
        """Which element of an axis each padded one is a copy of; -1 where it is a zero."""
        return np.pad(np.arange(1, length + 1), border, self.numpy_mode()) - 1  # type: ignore[call-overload]

    def places(self, axis: int, length: int) -> np.ndarray:
        """(kernel size, stops): where each tap lies at each stop of a padded axis."""
        size, stride, dilation = self.weight.shape[2 + axis], self.stride[axis], self.dilation[axis]
        stops = (length - dilation * (size - 1) - 1) // stride + 1
        return np.arange(size)[:, np.newaxis] * dilation + np.arange(stops) * stride

    def places_back(self, axis: int, length: int) -> np.ndarray:
        """The same table as the backward pass uses it."""
        return self.places(axis, length)

    # Forward -------------------------------------------------------------------------------------

    def forward(self, input: np.ndarray) -> np.ndarray:
        self.single = input.ndim == self.axes + 1
        batch = input[np.newaxis] if self.single else input
        self.refuse_input(batch)
        self.input = batch.copy()
        patches = self.patches(self.padded(batch), self.places)
        weight = self.grouped(self.weight)
        output = np.einsum("ngckp,gfck->ngfp", patches, weight)
        output = output.reshape(len(batch), len(self.weight), *self.output_size)
        if self.bias is not None:
            output = output + self.bias.reshape(-1, *[1] * self.axes)
        return self.unbatched(output)

    single: bool
    input: np.ndarray
    output_size: tuple[int, ...]
    padded_size: tuple[int, ...]

    def padded(self, batch: np.ndarray) -> np.ndarray:
        for axis, border in enumerate(self.borders()):
            table = self.source(batch.shape[2 + axis], border)
            batch = np.where(
                np.expand_dims(table < 0, tuple(range(1, self.axes - axis))),
                batch.dtype.type(0),
                np.take(batch, table, axis=2 + axis),
            )
        self.padded_size = batch.shape[2:]
        self.refuse_large_kernel()
        return batch

    def patches(self, padded: np.ndarray, places: Any) -> np.ndarray:
        """(N, groups, C/groups, taps, stops): what each tap meets at each stop."""
        sizes = []
        for axis in range(self.axes):
            table = places(axis, self.padded_size[axis])
            padded = np.take(padded, table, axis=2 + 2 * axis)
            sizes.append(table.shape[1])
        self.output_size = tuple(sizes)
        taps = [2 + 2 * axis for axis in range(self.axes)]
        stops = [3 + 2 * axis for axis in range(self.axes)]
        ordered = padded.transpose(0, 1, *taps, *stops)
        samples, channels = ordered.shape[:2]
        shape = (samples, self.groups, channels // self.groups)
        return ordered.reshape(*shape, int(np.prod(self.weight.shape[2:])), -1)

    def grouped(self, weight: np.ndarray) -> np.ndarray:
        """(groups, C_out/groups, C_in/groups, taps)."""
        filters, channels = weight.shape[:2]
        return weight.reshape(self.groups, filters // self.groups, channels, -1)

    def unbatched(self, result: np.ndarray) -> np.ndarray:
        return result[0] if self.single else result

    # Backward ------------------------------------------------------------------------------------

    def backward(self, grad_output: np.ndarray) -> np.ndarray:
        grad = grad_output[np.newaxis] if self.single else grad_output
        self.refuse_gradient(grad)
        arrays = (self.input, self.weight, grad)
        flat = grad.reshape(len(grad), self.groups, len(self.weight) // self.groups, -1)
        patches = self.patches(self.padded(self.input), self.places_back)
        weights = np.einsum("ngckp,ngfp->gfck", patches, flat).reshape(self.weight.shape)
        self.keep("grad_weight", weights.astype(np.result_type(*arrays)))
        if self.bias is not None:
            self.keep("grad_bias", self.bias_gradient(grad))
        spread = np.einsum("ngfp,gfck->ngckp", flat, self.grouped(self.weight))
        gathered = self.unpadded(self.scattered(spread))
        return self.unbatched(gathered.astype(np.result_type(*arrays)))

    def keep(self, name: str, gradient: np.ndarray) -> None:
        setattr(self, name, gradient)

    def bias_gradient(self, grad: np.ndarray) -> np.ndarray:
        return grad.sum(axis=(0, *range(2, grad.ndim)), dtype=grad.dtype)

    def scattered(self, spread: np.ndarray) -> np.ndarray:
        """The adjoint of ``patches``: (N, C, padded sizes)."""
        samples = len(spread)
        shape = (samples, -1, *self.weight.shape[2:], *self.output_size)
        order = [2 + part * self.axes + axis for axis in range(self.axes) for part in (0, 1)]
        spread = spread.reshape(shape).transpose(0, 1, *order)
        for axis in range(self.axes):
            table = self.places_back(axis, self.padded_size[axis])
            spread = added(spread, table, 2 + axis, self.padded_size[axis])
        return spread

    def unpadded(self, grad: np.ndarray) -> np.ndarray:
        """The adjoint of ``padded``: each copy's gradient goes back to what it is a copy of."""
        for axis, border in enumerate(self.borders()):
            length = self.input.shape[2 + axis]
            table = self.source_back(length, border)
            kept = np.flatnonzero(table >= 0)
            grad = added(np.take(grad, kept, axis=2 + axis), table[kept], 2 + axis, length)
        return grad

    def source_back(self, length: int, border: tuple[int, int]) -> np.ndarray:
        """The table of ``source`` as the backward pass uses it."""
        return self.source(length, border)

    # Sizes that do not go together ----------------------------------------------------------------

    def refuse(self) -> None:
        if len(self.weight) % self.groups:
            raise ValueError(f"{len(self.weight)} filters, {self.groups} groups")
        if self.bias is not None and self.bias.shape != (len(self.weight),):
            raise ValueError(f"bias of {self.bias.shape}, {len(self.weight)} filters")

    def refuse_input(self, batch: np.ndarray) -> None:
        if batch.shape[1] != self.weight.shape[1] * self.groups:
            raise ValueError(f"{batch.shape[1]} channels, {self.weight.shape[1]} for each group")
        for axis, border in enumerate(self.borders()):
            length = batch.shape[2 + axis]
            most = {"reflect": length - 1, "circular": length}.get(self.mode, max(border))
            if max(border) > most:
                raise ValueError(f"axis {2 + axis}: padding {max(border)}, size {length}")

    def refuse_large_kernel(self) -> None:
        for axis, length in enumerate(self.padded_size):
            reach = self.dilation[axis] * (self.weight.shape[2 + axis] - 1) + 1
            if reach > length:
                raise ValueError(f"axis {2 + axis}: kernel {reach}, input {length}")

    def refuse_gradient(self, grad: np.ndarray) -> None:
        expected = (len(self.input), len(self.weight), *self.output_size)
        if grad.shape != expected:
            raise ValueError(f"gradient of {grad.shape}, output of {expected}")


def added(values: np.ndarray, table: np.ndarray, axis: int, length: int) -> np.ndarray:
    """The axes of ``table`` become one of ``length``: what has the same index is added up."""
    moved = np.moveaxis(values, tuple(range(axis, axis + table.ndim)), tuple(range(table.ndim)))
    total = np.zeros((length, *moved.shape[table.ndim :]), dtype=values.dtype)
    np.add.at(total, table, moved)
    return np.moveaxis(total, 0, axis)
