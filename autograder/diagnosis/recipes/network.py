"""The other layers of a network and the step that learns, cut into decisions.

As in ``forward``: a recipe is a class whose methods are the decisions, and the plain recipe makes
no mistake. A pooling window is index arrays here, so that forward and backward share its geometry.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np


class Layer:
    """What every layer ends with."""

    def finish(self, result: Any, *given: Any) -> Any:
        """The last thing before the result is returned; ``given`` are the array arguments."""
        return result


class Relu(Layer):
    """relu."""

    def __call__(self, input: np.ndarray) -> np.ndarray:
        return self.finish(self.clipped(input), input)

    def clipped(self, input: np.ndarray) -> np.ndarray:
        return np.where(input > 0, input, np.zeros_like(input))


class ReluBackward(Layer):
    """relu_backward."""

    def __call__(self, grad_output: np.ndarray, input: np.ndarray) -> np.ndarray:
        grad_input = self.upstream(grad_output) * self.slope(grad_output, input)
        dtype = np.result_type(grad_output, input)
        return self.finish(grad_input.astype(dtype), grad_output, input)

    def upstream(self, grad_output: np.ndarray) -> Any:
        return grad_output

    def slope(self, grad_output: np.ndarray, input: np.ndarray) -> np.ndarray:
        return (input > 0).astype(input.dtype)


class Windows(Layer):
    """The geometry of pooling windows, forward and backward."""

    # Options ------------------------------------------------------------------------------------

    def pair(self, option: Any) -> tuple[Any, Any]:
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    def options(self, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
        kernel = self.kernel_pair(kernel_size)
        strides = self.missing_stride(kernel) if stride is None else self.stride_pair(stride)
        return kernel, strides, self.padding_pair(padding), self.dilation_pair(dilation)

    def kernel_pair(self, kernel_size: Any) -> tuple[int, int]:
        return self.pair(kernel_size)

    def missing_stride(self, kernel: tuple[int, int]) -> tuple[int, int]:
        return kernel

    def stride_pair(self, stride: Any) -> tuple[int, int]:
        return self.pair(stride)

    def padding_pair(self, padding: Any) -> tuple[int, int]:
        return self.pair(padding)

    def dilation_pair(self, dilation: Any) -> tuple[int, int]:
        return self.pair(dilation)

    def refuse(self, input: Any, kernel: Any, paddings: Any, dilations: Any) -> None:
        for axis in (0, 1):
            if 2 * paddings[axis] > kernel[axis]:
                raise ValueError(f"padding {paddings[axis]}, kernel {kernel[axis]}")
            reach = dilations[axis] * (kernel[axis] - 1) + 1
            length = input.shape[2 + axis] + 2 * paddings[axis]
            if reach > length:
                raise ValueError(f"axis {2 + axis}: kernel {reach}, input {length}")

    # Geometry -----------------------------------------------------------------------------------

    def border(self, input: np.ndarray) -> Any:
        """What lies outside the input."""
        return 0

    def padded(self, input: np.ndarray, paddings: tuple[int, int]) -> np.ndarray:
        around = ((0, 0), (0, 0), *((p, p) for p in paddings))
        return np.pad(input, around, constant_values=self.border(input))

    def count(self, length: int, reach: int, stride: int) -> int:
        return (length - reach) // stride + 1

    def size(self, padded: Any, kernel: Any, strides: Any, dilations: Any) -> tuple[int, int]:
        rows, columns = (
            self.count(padded.shape[2 + a], dilations[a] * (kernel[a] - 1) + 1, strides[a])
            for a in (0, 1)
        )
        return rows, columns

    def places(
        self, kernel: Any, strides: Any, dilations: Any, size: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows (taps, H_out, 1) and columns (taps, 1, W_out), the taps in row-major order."""
        u, v = (a.ravel() for a in np.mgrid[: kernel[0], : kernel[1]])
        rows = strides[0] * np.arange(size[0]) + dilations[0] * u[:, np.newaxis]
        columns = strides[1] * np.arange(size[1]) + dilations[1] * v[:, np.newaxis]
        return rows[:, :, np.newaxis], columns[:, np.newaxis, :]

    def inside(self, input: Any, paddings: Any, rows: Any, columns: Any) -> np.ndarray:
        """(taps, H_out, W_out): does a tap lie on the input, and not on the border?"""
        high, wide = input.shape[2] + paddings[0], input.shape[3] + paddings[1]
        return np.asarray(
            (rows >= paddings[0]) & (rows < high) & (columns >= paddings[1]) & (columns < wide)
        )


class Pool(Windows):
    """Takes each window for one number."""

    def pool(
        self, input: np.ndarray, kernel_size: Any, stride: Any, padding: Any, dilation: Any
    ) -> np.ndarray:
        kernel, strides, paddings, dilations = self.options(kernel_size, stride, padding, dilation)
        self.refuse(input, kernel, paddings, dilations)
        padded = self.padded(input, paddings)
        size = self.size(padded, kernel, strides, dilations)
        rows, columns = self.places(kernel, strides, dilations, size)
        seen = padded[:, :, rows, columns]  # (N, C, taps, H_out, W_out)
        return self.finish(
            self.reduced(seen, kernel, self.inside(input, paddings, rows, columns)), input
        )

    @abstractmethod
    def reduced(self, seen: np.ndarray, kernel: Any, inside: np.ndarray) -> np.ndarray:
        """(N, C, taps, H_out, W_out) -> (N, C, H_out, W_out): what each kind of pool decides."""


class Lowest:
    """The border of max pooling: below everything that the dtype holds."""

    def border(self, input: np.ndarray) -> Any:
        return -np.inf if input.dtype.kind == "f" else np.iinfo(input.dtype).min


class MaxPool(Lowest, Pool):
    """max_pool2d."""

    def __call__(
        self,
        input: np.ndarray,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
    ) -> np.ndarray:
        return self.pool(input, kernel_size, stride, padding, dilation)

    def reduced(self, seen: np.ndarray, kernel: Any, inside: np.ndarray) -> np.ndarray:
        return np.asarray(seen.max(axis=2))


class AvgPool(Pool):
    """avg_pool2d."""

    def __call__(
        self, input: np.ndarray, kernel_size: Any, stride: Any = None, padding: Any = 0
    ) -> np.ndarray:
        return self.pool(input, kernel_size, stride, padding, 1)

    def reduced(self, seen: np.ndarray, kernel: Any, inside: np.ndarray) -> np.ndarray:
        return np.asarray(seen.sum(axis=2) / self.divisor(kernel, inside))

    def divisor(self, kernel: Any, inside: np.ndarray) -> Any:
        """A number, or an array (H_out, W_out), that a window's sum is divided by."""
        return int(kernel[0] * kernel[1])


class PoolBackward(Windows):
    """Hands each window's gradient out to its taps, and adds up what an element gets."""

    def back(
        self,
        grad_output: np.ndarray,
        input: np.ndarray,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
    ) -> np.ndarray:
        kernel, strides, paddings, dilations = self.options(kernel_size, stride, padding, dilation)
        padded = self.padded(input, paddings)
        rows, columns = self.places(kernel, strides, dilations, grad_output.shape[2:])
        shares = self.shares(
            padded[:, :, rows, columns], kernel, self.inside(input, paddings, rows, columns)
        )
        parts = self.upstream(grad_output)[:, :, np.newaxis] * shares
        grad_padded = np.zeros(padded.shape, dtype=np.result_type(grad_output, input, parts))
        self.scatter(grad_padded, rows, columns, parts)
        return self.finish(self.cropped(grad_padded, input, paddings), grad_output, input)

    def upstream(self, grad_output: np.ndarray) -> np.ndarray:
        return grad_output

    @abstractmethod
    def shares(self, seen: np.ndarray, kernel: Any, inside: np.ndarray) -> np.ndarray:
        """The part of a window's gradient that each tap gets: (N, C, taps, H_out, W_out)."""

    def scatter(self, grad_padded: np.ndarray, rows: Any, columns: Any, parts: np.ndarray) -> None:
        index: Any = (slice(None), slice(None), rows, columns)
        np.add.at(grad_padded, index, parts)

    def cropped(self, grad_padded: np.ndarray, input: Any, paddings: Any) -> np.ndarray:
        (h, w), (height, width) = paddings, input.shape[2:]
        return grad_padded[:, :, h : h + height, w : w + width].copy()


class MaxPoolBackward(Lowest, PoolBackward):
    """max_pool2d_backward."""

    def __call__(
        self,
        grad_output: np.ndarray,
        input: np.ndarray,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
    ) -> np.ndarray:
        return self.back(grad_output, input, kernel_size, stride, padding, dilation)

    def shares(self, seen: np.ndarray, kernel: Any, inside: np.ndarray) -> np.ndarray:
        taps = np.arange(seen.shape[2])[:, np.newaxis, np.newaxis]
        return np.asarray(taps == self.winner(seen)[:, :, np.newaxis]).astype(seen.dtype)

    def winner(self, seen: np.ndarray) -> np.ndarray:
        """Which tap gets the gradient: (N, C, H_out, W_out)."""
        return np.asarray(seen.argmax(axis=2))  # of equals, the first


class AvgPoolBackward(PoolBackward):
    """avg_pool2d_backward."""

    def __call__(
        self,
        grad_output: np.ndarray,
        input: np.ndarray,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
    ) -> np.ndarray:
        dtype = np.result_type(grad_output, input)
        exact = np.float64 if dtype.kind == "i" else dtype
        grad_input = self.back(
            grad_output.astype(exact), input.astype(exact), kernel_size, stride, padding, 1
        )
        return grad_input

    def shares(self, seen: np.ndarray, kernel: Any, inside: np.ndarray) -> np.ndarray:
        ones = np.ones_like(seen)
        return np.asarray(ones / self.divisor(kernel, inside)).astype(seen.dtype)

    def divisor(self, kernel: Any, inside: np.ndarray) -> Any:
        return int(kernel[0] * kernel[1])


class Linear(Layer):
    """linear."""

    def __call__(
        self, input: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None
    ) -> np.ndarray:
        self.refuse(input, weight, bias)
        output = self.product(input, weight)
        if bias is not None:
            output = self.add_bias(output, bias)
        return self.finish(output, input, weight)

    def refuse(self, input: Any, weight: Any, bias: Any) -> None:
        if input.shape[1] != weight.shape[1]:
            raise ValueError(f"{input.shape[1]} features, weight takes {weight.shape[1]}")
        if bias is not None and bias.shape != weight.shape[:1]:
            raise ValueError(f"bias of {bias.shape}, {weight.shape[0]} outputs")

    def product(self, input: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return np.einsum("ni,oi->no", input, weight)

    def add_bias(self, output: np.ndarray, bias: np.ndarray) -> np.ndarray:
        return output + bias


class LinearBackward(Layer):
    """linear_backward."""

    def __call__(
        self, grad_output: np.ndarray, input: np.ndarray, weight: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        upstream = self.upstream(grad_output)
        gradients = (
            self.by_input(upstream, weight),
            self.by_weight(upstream, input),
            self.by_bias(upstream),
        )
        return self.finish(gradients, grad_output, input, weight)

    def upstream(self, grad_output: np.ndarray) -> np.ndarray:
        return grad_output

    def by_input(self, grad_output: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return np.einsum("no,oi->ni", grad_output, weight)

    def by_weight(self, grad_output: np.ndarray, input: np.ndarray) -> np.ndarray:
        return np.einsum("no,ni->oi", grad_output, input)

    def by_bias(self, grad_output: np.ndarray) -> np.ndarray:
        return np.asarray(grad_output.sum(axis=0))


class Softmax(Layer):
    """What the loss and its gradient share."""

    axis = 1

    def largest(self, input: np.ndarray) -> Any:
        """What is taken off the scores before they are raised."""
        return input.max(axis=1, keepdims=True)

    def raised(self, input: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The shifted scores, and e to their power."""
        shifted = input - self.largest(input)
        return shifted, np.exp(shifted)

    def batch(self, input: np.ndarray) -> Any:
        """What the sum over the batch is divided by."""
        return len(input)


class CrossEntropy(Softmax):
    """cross_entropy."""

    def __call__(self, input: np.ndarray, target: np.ndarray) -> float:
        self.refuse(input, target)
        with np.errstate(all="ignore"):
            losses = self.losses(input, target)
        return float(losses.sum() / self.batch(input))

    def refuse(self, input: np.ndarray, target: np.ndarray) -> None:
        samples, classes = input.shape
        if target.shape != (samples,):
            raise ValueError(f"{samples} samples, targets of {target.shape}")
        if target.min() < 0 or target.max() >= classes:
            raise ValueError(f"targets from {target.min()} to {target.max()}, {classes} classes")

    def losses(self, input: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The loss of each sample."""
        shifted, powers = self.raised(input)
        log_p = shifted - self.log(powers.sum(axis=self.axis, keepdims=True))
        return np.asarray(-log_p[np.arange(len(input)), target])

    def log(self, numbers: np.ndarray) -> np.ndarray:
        return np.asarray(np.log(numbers))


class CrossEntropyBackward(Softmax):
    """cross_entropy_backward."""

    def __call__(self, grad_output: float, input: np.ndarray, target: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            _, powers = self.raised(input)
            p = powers / powers.sum(axis=self.axis, keepdims=True)
        hot = np.zeros_like(p)
        hot[np.arange(len(input)), target] = 1
        difference = self.difference(p, hot) / self.batch(input)
        return self.finish(self.scaled(difference, grad_output), input, target)

    def difference(self, p: np.ndarray, hot: np.ndarray) -> np.ndarray:
        return p - hot

    def scaled(self, gradient: np.ndarray, grad_output: float) -> np.ndarray:
        return gradient * grad_output


class Step(Layer):
    """sgd_step."""

    def __call__(
        self,
        parameter: np.ndarray,
        gradient: np.ndarray,
        velocity: np.ndarray,
        lr: float,
        momentum: float = 0.0,
    ) -> tuple[np.ndarray, np.ndarray]:
        self.refuse(parameter, gradient, velocity)
        moved = self.velocity(gradient, velocity, lr, momentum)
        after = self.moved(parameter, gradient, velocity, moved, lr, momentum)
        return self.finish((after, moved), parameter, gradient, velocity)

    def refuse(self, parameter: Any, gradient: Any, velocity: Any) -> None:
        if not parameter.shape == gradient.shape == velocity.shape:
            raise ValueError(f"{parameter.shape}, {gradient.shape}, {velocity.shape}")

    def velocity(
        self, gradient: np.ndarray, velocity: np.ndarray, lr: float, momentum: float
    ) -> np.ndarray:
        return momentum * velocity + gradient

    def moved(
        self,
        parameter: np.ndarray,
        gradient: np.ndarray,
        before: np.ndarray,
        velocity: np.ndarray,
        lr: float,
        momentum: float,
    ) -> np.ndarray:
        return parameter - lr * velocity


class Network(Layer):
    """network_gradients: conv, relu, pool, conv, relu, flatten, linear, cross-entropy."""

    def __call__(self, images: np.ndarray, labels: np.ndarray, *parameters: np.ndarray) -> Any:
        weight1, bias1, weight2, bias2, weight3, bias3 = parameters
        first = self.conv(images, weight1, bias1)
        bent = Relu()(first)
        pooled = MaxPool()(bent, 2)
        second = self.conv(pooled, weight2, bias2)
        bent_again = Relu()(second)
        flat = self.flat(bent_again)
        scores = Linear()(flat, weight3, bias3)
        grad = CrossEntropyBackward()(self.upstream(labels), scores, labels)
        grad, *third = LinearBackward()(grad, flat, weight3)
        grad = self.gate_second(self.unflat(grad, bent_again.shape), second)
        grad, *by_second = self.conv_backward(grad, pooled, weight2)
        grad = self.gate_first(self.through_pool(grad, bent), first)
        by_images, *by_first = self.conv_backward(grad, images, weight1)
        gradients = self.order([*by_first, *by_second, *third])
        return (CrossEntropy()(scores, labels), self.images(by_images), *gradients)

    def columns(self, input: np.ndarray) -> np.ndarray:
        padded = np.pad(input, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
        return windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, 9 * input.shape[1])

    def conv(self, input: np.ndarray, weight: np.ndarray, bias: Any) -> np.ndarray:
        n, _, height, width = input.shape
        rows = self.columns(input) @ weight.reshape(len(weight), -1).T + bias
        return np.asarray(rows.reshape(n, height, width, -1).transpose(0, 3, 1, 2))

    def conv_backward(self, grad: np.ndarray, input: np.ndarray, weight: np.ndarray) -> list[Any]:
        rows = grad.transpose(0, 2, 3, 1).reshape(-1, grad.shape[1])
        by_weight = (rows.T @ self.columns(input)).reshape(weight.shape)
        return [self.conv(grad, self.turned(weight), 0), by_weight, self.by_bias(rows)]

    def turned(self, weight: np.ndarray) -> np.ndarray:
        """The kernel that carries a gradient back: mirrored, filters and channels exchanged."""
        return weight[:, :, ::-1, ::-1].swapaxes(0, 1)

    def by_bias(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray(rows.sum(axis=0))

    def upstream(self, labels: np.ndarray) -> float:
        return 1.0

    def flat(self, array: np.ndarray) -> np.ndarray:
        return array.reshape(len(array), -1)

    def unflat(self, grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return grad.reshape(shape)

    def gate_second(self, grad: np.ndarray, input: np.ndarray) -> np.ndarray:
        return ReluBackward()(grad, input)

    def gate_first(self, grad: np.ndarray, input: np.ndarray) -> np.ndarray:
        return ReluBackward()(grad, input)

    def through_pool(self, grad: np.ndarray, input: np.ndarray) -> np.ndarray:
        return MaxPoolBackward()(grad, input, 2)

    def images(self, grad: np.ndarray) -> np.ndarray:
        return grad

    def order(self, gradients: list[np.ndarray]) -> list[np.ndarray]:
        return gradients


class Train(Layer):
    """train: a loop around ``Network``, with what may go wrong in it."""

    def __call__(self, images: np.ndarray, labels: np.ndarray, seed: int = 0) -> tuple[Any, ...]:
        rng = np.random.default_rng(seed)
        shapes = ((8, 1, 3, 3), (8,), (16, 8, 3, 3), (16,), (10, 256), (10,))
        parameters = [self.start(rng, shape) for shape in shapes]
        begun = [parameter.copy() for parameter in parameters]
        velocities = [np.zeros(shape) for shape in shapes]
        for step in range(self.steps(images)):
            chosen = self.batch(rng, step, len(images))
            found = Network()(images[chosen], self.labels(labels, chosen), *parameters)
            gradients = self.summed(list(found[2:]))
            for k, gradient in enumerate(gradients):
                with np.errstate(all="ignore"):
                    parameters[k], velocities[k] = Step()(
                        parameters[k], gradient, velocities[k], self.rate(k), 0.9
                    )
        return tuple(self.returned(begun, parameters))

    def start(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        if len(shape) == 1:
            return np.zeros(shape)
        return rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))

    def steps(self, images: np.ndarray) -> int:
        return 80 if len(images) < 100 else 480

    def batch(self, rng: np.random.Generator, step: int, count: int) -> np.ndarray:
        return rng.permutation(count)[:32]

    def labels(self, labels: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        return labels[chosen]

    def summed(self, gradients: list[np.ndarray]) -> list[np.ndarray]:
        return gradients

    def rate(self, place: int) -> float:
        return 0.03

    def returned(self, begun: list[np.ndarray], parameters: list[np.ndarray]) -> list[np.ndarray]:
        return parameters
