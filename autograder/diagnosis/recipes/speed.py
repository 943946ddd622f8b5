"""What a layer costs, and Winograd's F(2, 3), cut into small decisions."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.diagnosis.recipes import forward


class Cost(forward.Recipe):
    """conv2d_cost."""

    def __call__(
        self,
        input_size: tuple[int, ...],
        weight_size: tuple[int, ...],
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        itemsize: int = 4,
    ) -> tuple[int, int]:
        def along(axis: int) -> int:
            def of(option: Any) -> int:
                return int(option[axis] if isinstance(option, tuple) else option)

            reach = of(dilation) * (weight_size[2 + axis] - 1) + 1
            zeros = self.zeros(padding, of(padding) if padding not in WORDS else 0, reach)
            extent = self.extent(weight_size[2 + axis], of(dilation))
            return self.count(input_size[2 + axis] + zeros, extent, of(stride))

        samples = self.samples(input_size)
        rows, columns = self.positions(input_size, (along(0), along(1)))
        outputs = samples * weight_size[0] * rows * columns
        taps = self.weights(weight_size, groups) // weight_size[0]
        moved = self.moved(
            int(np.prod(input_size)), int(np.prod(weight_size)), outputs, taps, samples
        )
        return self.flops(outputs * taps), self.bytes(moved, itemsize)

    def zeros(self, padding: Any, amount: int, reach: int) -> int:
        """Padding zeros of one axis, both ends together."""
        return reach - 1 if padding == "same" else sum(self.border(amount))

    def samples(self, input_size: tuple[int, ...]) -> int:
        return input_size[0]

    def positions(self, input_size: tuple[int, ...], output: tuple[int, int]) -> tuple[int, int]:
        return output

    def weights(self, weight_size: tuple[int, ...], groups: int) -> int:
        return int(np.prod(weight_size))

    def moved(self, input: int, weight: int, output: int, taps: int, samples: int) -> int:
        """Elements that cross between memory and processor."""
        return input + weight + output

    def flops(self, multiply_adds: int) -> int:
        return 2 * multiply_adds

    def bytes(self, elements: int, itemsize: int) -> int:
        return elements * itemsize


WORDS = ("same", "valid")


class Winograd:
    """winograd_f23."""

    step = 2  # elements from a tile to the next

    def __call__(self, input: np.ndarray, weight: np.ndarray) -> np.ndarray:
        self.refuse(input, weight)
        count = (len(input) - 2) // 2
        starts = np.arange(count) * self.step
        tiles = input[(starts[:, np.newaxis] + np.arange(4)) % len(input)]
        products = (tiles @ self.of_input().T) * (self.of_weight() @ self.taps(weight))
        return self.finish((products @ self.of_output().T).reshape(-1), input)

    def refuse(self, input: np.ndarray, weight: np.ndarray) -> None:
        if len(input) % 2 or len(input) < 4:
            raise ValueError(f"a line of {len(input)}")
        if len(weight) != 3:
            raise ValueError(f"{len(weight)} taps")

    def taps(self, weight: np.ndarray) -> np.ndarray:
        return weight

    def of_input(self) -> np.ndarray:
        return np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])

    def of_weight(self) -> np.ndarray:
        return np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])

    def of_output(self) -> np.ndarray:
        return np.array([[1, 1, 1, 0], [0, 1, -1, -1]])

    def finish(self, output: np.ndarray, input: np.ndarray) -> np.ndarray:
        return output
