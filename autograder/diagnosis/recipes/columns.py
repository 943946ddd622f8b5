"""Windows as a view, columns, and the layer's backward pass by them, cut into small decisions."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.diagnosis.recipes.forward import Recipe

Pair = tuple[int, int]


class Sliding(Recipe):
    """Decisions of everything that slides a kernel of a given size along two axes."""

    def pair(self, option: Any) -> Pair:
        """An int or a pair as (height, width)."""
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    def kernel_pair(self, kernel_size: Any) -> Pair:
        return self.pair(kernel_size)

    def steps_pair(self, stride: Any, dilation: Any) -> tuple[Pair, Pair]:
        """(stride, dilation) as they are used."""
        return self.pair(stride), self.pair(dilation)

    def padding_pair(self, padding: Any) -> Pair:
        return self.pair(padding)

    def stops(self, lengths: Any, kernel: Pair, strides: Pair, dilations: Pair) -> Pair:
        """(H_out, W_out) on a padded picture of these lengths."""
        rows, columns = (
            self.count(lengths[a], self.extent(kernel[a], dilations[a]), strides[a]) for a in (0, 1)
        )
        return rows, columns

    def refuse(self, lengths: Any, kernel: Pair, dilations: Pair) -> None:
        for axis in (0, 1):
            reach = dilations[axis] * (kernel[axis] - 1) + 1
            if reach > lengths[axis]:
                raise ValueError(f"axis {2 + axis}: a reach of {reach} on {lengths[axis]} elements")


class Windows(Sliding):
    """sliding_windows."""

    def __call__(
        self, input: np.ndarray, kernel_size: Any, stride: Any = 1, dilation: Any = 1
    ) -> np.ndarray:
        kernel = self.kernel_pair(kernel_size)
        strides, dilations = self.steps_pair(stride, dilation)
        lengths = input.shape[2:]
        self.refuse(lengths, kernel, dilations)
        shape = (*input.shape[:2], *self.stops(lengths, kernel, strides, dilations), *kernel)
        n, c, h, w = self.element_steps(input)
        steps = (n, c, *self.stop_steps((h, w), strides), *self.tap_steps((h, w), dilations))
        return self.shown(self.view(input, shape, steps))

    def element_steps(self, input: np.ndarray) -> tuple[int, ...]:
        """Bytes from an element to the next, along each axis."""
        return input.strides

    def stop_steps(self, step: Pair, strides: Pair) -> Pair:
        """Bytes from a stop to the next."""
        return step[0] * strides[0], step[1] * strides[1]

    def tap_steps(self, step: Pair, dilations: Pair) -> Pair:
        """Bytes from a tap to the next."""
        return step[0] * dilations[0], step[1] * dilations[1]

    def view(self, input: np.ndarray, shape: tuple[int, ...], steps: tuple[int, ...]) -> np.ndarray:
        return np.lib.stride_tricks.as_strided(input, shape, steps)

    def shown(self, view: np.ndarray) -> np.ndarray:
        """The last thing before the view is returned."""
        return view


class Unfold(Sliding):
    """unfold."""

    def __call__(
        self,
        input: np.ndarray,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> np.ndarray:
        kernel = self.kernel_pair(kernel_size)
        dilation, padding, stride = self.order(dilation, padding, stride)
        strides, dilations = self.steps_pair(stride, dilation)
        borders = [self.border(p) for p in self.padding_pair(padding)]
        padded = self.padded(input, borders)
        self.refuse(padded.shape[2:], kernel, dilations)
        size = self.stops(padded.shape[2:], kernel, strides, dilations)
        rows, columns = (
            np.arange(size[a]) * strides[a] + np.arange(kernel[a])[:, np.newaxis] * dilations[a]
            for a in (0, 1)
        )
        met = padded[:, :, rows[:, np.newaxis, :, np.newaxis], columns[:, np.newaxis, :]]
        return self.finish(self.columns(met))

    def order(self, dilation: Any, padding: Any, stride: Any) -> tuple[Any, Any, Any]:
        """(dilation, padding, stride) as the signature orders them."""
        return dilation, padding, stride

    def padded(self, input: np.ndarray, borders: list[Pair]) -> np.ndarray:
        return np.pad(input, ((0, 0), (0, 0), *borders))

    def columns(self, met: np.ndarray) -> np.ndarray:
        """(N, C, kH, kW, H_out, W_out) -> (N, C * kH * kW, H_out * W_out)."""
        shape = met.shape
        return met.reshape(shape[0], shape[1] * shape[2] * shape[3], shape[4] * shape[5])

    def finish(self, output: np.ndarray) -> np.ndarray:
        return output


class Fold(Sliding):
    """fold."""

    def __call__(
        self,
        input: np.ndarray,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> np.ndarray:
        kernel, size = self.kernel_pair(kernel_size), self.pair(output_size)
        dilation, padding, stride = self.order(dilation, padding, stride)
        strides, dilations = self.steps_pair(stride, dilation)
        paddings = self.padding_pair(padding)
        lengths = (size[0] + 2 * paddings[0], size[1] + 2 * paddings[1])
        stops = self.stops(lengths, kernel, strides, dilations)
        self.refuse_columns(input, kernel, stops)
        blocks = self.blocks(input, kernel, stops)
        canvas = self.canvas(blocks, lengths, kernel, strides, dilations)
        for u in range(kernel[0]):
            for v in range(kernel[1]):
                rows = np.arange(stops[0]) * strides[0] + u * dilations[0]
                columns = np.arange(stops[1]) * strides[1] + v * dilations[1]
                self.put(canvas, (rows[:, np.newaxis], columns), blocks[:, :, u, v])
        canvas = self.settled(canvas, kernel, stops, strides, dilations)
        return self.finish(self.cropped(canvas, paddings, size))

    def order(self, dilation: Any, padding: Any, stride: Any) -> tuple[Any, Any, Any]:
        """(dilation, padding, stride) as the signature orders them."""
        return dilation, padding, stride

    def refuse_columns(self, input: np.ndarray, kernel: Pair, stops: Pair) -> None:
        if input.shape[1] % (kernel[0] * kernel[1]):
            raise ValueError(f"{input.shape[1]} rows for {kernel[0] * kernel[1]} taps")
        if input.shape[2] != stops[0] * stops[1]:
            raise ValueError(f"{input.shape[2]} columns for {stops[0] * stops[1]} stops")

    def blocks(self, input: np.ndarray, kernel: Pair, stops: Pair) -> np.ndarray:
        """(N, C * kH * kW, L) -> (N, C, kH, kW, H_out, W_out)."""
        return input.reshape(len(input), -1, *kernel, *stops)

    def canvas(
        self, blocks: np.ndarray, lengths: Pair, kernel: Pair, strides: Pair, dilations: Pair
    ) -> np.ndarray:
        """Zeros of the padded picture's size."""
        return np.zeros((*blocks.shape[:2], *lengths), dtype=blocks.dtype)

    def put(self, canvas: np.ndarray, places: Any, values: np.ndarray) -> None:
        """One tap's values into their places."""
        canvas[:, :, places[0], places[1]] += values

    def settled(
        self, canvas: np.ndarray, kernel: Pair, stops: Pair, strides: Pair, dilations: Pair
    ) -> np.ndarray:
        """The canvas when every tap has been put there."""
        return canvas

    def cropped(self, canvas: np.ndarray, paddings: Pair, size: Pair) -> np.ndarray:
        top, left = paddings
        return canvas[:, :, top : top + size[0], left : left + size[1]]

    def finish(self, output: np.ndarray) -> np.ndarray:
        return output.copy()


class ColumnsBackward:
    """conv2d_im2col_backward."""

    def __call__(
        self,
        grad_output: np.ndarray,
        input: np.ndarray,
        weight: np.ndarray,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        kernel = weight.shape[2:]
        options = self.options(stride, padding, dilation)
        columns = self.unfolded(input, kernel, options)
        self.refuse(grad_output, weight, columns)
        samples, filters, channels = len(input), len(weight), weight.shape[1]
        stops = grad_output.shape[2] * grad_output.shape[3]
        columns = columns.reshape(samples, groups, -1, stops)
        upstream = self.upstream(grad_output).reshape(samples, groups, filters // groups, stops)
        grad_weight = self.over_samples(self.weight_product(upstream, columns))
        rows = self.rows(weight).reshape(groups, filters // groups, -1)
        grad_columns = self.columns_product(rows, upstream)
        grad_columns = grad_columns.reshape(samples, groups * channels * kernel[0] * kernel[1], -1)
        grad_input = self.folded(grad_columns, input.shape[2:], kernel, options)
        gradients = (
            grad_input,
            self.weight_shaped(grad_weight, weight),
            self.bias(self.upstream(grad_output)),
        )
        return self.finish(gradients, grad_output)

    def options(self, stride: Any, padding: Any, dilation: Any) -> dict[str, Any]:
        return {"stride": stride, "padding": padding, "dilation": dilation}

    def unfolded(self, input: np.ndarray, kernel: Any, options: dict[str, Any]) -> np.ndarray:
        return Unfold()(input, kernel, **options)

    def refuse(self, grad_output: np.ndarray, weight: np.ndarray, columns: np.ndarray) -> None:
        stops = grad_output.shape[2] * grad_output.shape[3]
        if grad_output.shape[1] != len(weight) or stops != columns.shape[2]:
            raise ValueError(
                f"grad_output of {grad_output.shape}: {len(weight)} filters, "
                f"{columns.shape[2]} stops"
            )

    def upstream(self, grad_output: np.ndarray) -> np.ndarray:
        return grad_output

    def rows(self, weight: np.ndarray) -> np.ndarray:
        """The kernels as they are laid out in rows."""
        return weight

    def weight_product(self, upstream: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """(N, G, F/G, L) and (N, G, K, L) -> (N, G, F/G, K)."""
        return upstream @ columns.swapaxes(-1, -2)

    def over_samples(self, products: np.ndarray) -> np.ndarray:
        return products.sum(axis=0)

    def columns_product(self, rows: np.ndarray, upstream: np.ndarray) -> np.ndarray:
        """(G, F/G, K) and (N, G, F/G, L) -> (N, G, K, L)."""
        return rows.swapaxes(-1, -2) @ upstream

    def folded(
        self, columns: np.ndarray, size: Any, kernel: Any, options: dict[str, Any]
    ) -> np.ndarray:
        return Fold()(columns, size, kernel, **options)

    def weight_shaped(self, grad_weight: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return grad_weight.reshape(weight.shape)

    def bias(self, grad_output: np.ndarray) -> np.ndarray:
        return grad_output.sum(axis=(0, 2, 3))

    def finish(self, gradients: Any, grad_output: np.ndarray) -> Any:
        """The last thing before the gradients are returned."""
        return gradients
