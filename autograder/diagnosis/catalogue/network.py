"""Mistakes in the other layers of a network and in the step that learns, N01 to N59.

Each mixin takes one decision of a recipe in ``recipes.network`` differently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.call import Call
from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.catalogue.shared import (
    KernelSwapped,
    PaddingSwapped,
    StrideSwapped,
)
from autograder.diagnosis.recipes import network as recipes

RECIPES: dict[str, tuple[type, Callable[[Any], Callable[..., Any]]]] = {
    "relu": (recipes.Relu, lambda recipe: recipe),
    "relu_backward": (recipes.ReluBackward, lambda recipe: recipe),
    "max_pool2d": (recipes.MaxPool, lambda recipe: recipe),
    "max_pool2d_backward": (recipes.MaxPoolBackward, lambda recipe: recipe),
    "avg_pool2d": (recipes.AvgPool, lambda recipe: recipe),
    "avg_pool2d_backward": (recipes.AvgPoolBackward, lambda recipe: recipe),
    "linear": (recipes.Linear, lambda recipe: recipe),
    "linear_backward": (recipes.LinearBackward, lambda recipe: recipe),
    "cross_entropy": (recipes.CrossEntropy, lambda recipe: recipe),
    "cross_entropy_backward": (recipes.CrossEntropyBackward, lambda recipe: recipe),
    "sgd_step": (recipes.Step, lambda recipe: recipe),
    "network_gradients": (recipes.Network, lambda recipe: recipe),
    "train": (recipes.Train, lambda recipe: recipe),
}

RELU = ("relu",)
RELU_BACK = ("relu_backward",)
MAX, MAX_BACK = ("max_pool2d",), ("max_pool2d_backward",)
AVG, AVG_BACK = ("avg_pool2d",), ("avg_pool2d_backward",)
POOL, POOL_BACK = (*MAX, *AVG), (*MAX_BACK, *AVG_BACK)
POOLS = (*POOL, *POOL_BACK)
LINEAR, LINEAR_BACK = ("linear",), ("linear_backward",)
LOSS, LOSS_BACK = ("cross_entropy",), ("cross_entropy_backward",)
STEP = ("sgd_step",)
CHAIN, TRAIN = ("network_gradients",), ("train",)
ARRAYS = (*RELU, *RELU_BACK, *POOLS, *LINEAR, *LINEAR_BACK, *LOSS_BACK, *STEP)

# --- The contract ---------------------------------------------------------------------------------


class InPlace:
    """The result is right, and has been written over an argument too."""

    scope = (*RELU, *RELU_BACK)

    def finish(self, result: Any, *given: Any) -> Any:
        result = super().finish(result, *given)
        given[0][...] = result
        return result


class ShiftsScores:
    scope = LOSS_BACK

    def finish(self, result: Any, *given: Any) -> Any:
        given[0][...] = given[0] - given[0].max(axis=1, keepdims=True)
        return super().finish(result, *given)


class StepInPlace:
    scope = STEP

    def finish(self, result: Any, *given: Any) -> Any:
        given[0][...] = result[0]
        return super().finish(result, *given)


class VelocityInPlace:
    scope = STEP

    def finish(self, result: Any, *given: Any) -> Any:
        given[2][...] = result[1]
        return super().finish(result, *given)


class Float64:
    """Every array of the result is float64."""

    def finish(self, result: Any, *given: Any) -> Any:
        result = super().finish(result, *given)
        if type(result) is tuple:
            return tuple(array.astype(np.float64) for array in result)
        return result.astype(np.float64)


class Accumulates:
    """What an earlier call of these shapes has left is added to."""

    scope = (*POOL_BACK, *LINEAR_BACK)

    def __init__(self) -> None:
        self.sums: dict[Any, Any] = {}

    def finish(self, result: Any, *given: Any) -> Any:
        result = super().finish(result, *given)
        arrays = result if type(result) is tuple else (result,)
        sums = tuple(
            self.sums.get((place, a.shape, a.dtype), 0) + a for place, a in enumerate(arrays)
        )
        self.sums.update({(i, s.shape, s.dtype): s.copy() for i, s in enumerate(sums)})
        return sums if type(result) is tuple else sums[0]


class PoolHandsBack:
    """A kernel of one element finds its own maximum everywhere."""

    scope = MAX

    def __call__(
        self: Any,
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
    ) -> Any:
        output = super().__call__(input, kernel_size, stride, padding, dilation)
        return input if np.array_equal(output, input) else output


class GradientAsVelocity:
    """Without momentum, or in the first step, the velocity is the gradient: the very same array."""

    scope = STEP

    def velocity(self, gradient: Any, velocity: Any, lr: float, momentum: float) -> Any:
        if momentum and velocity.any():
            return super().velocity(gradient, velocity, lr, momentum)
        return gradient


def adds_up(function: Callable[..., Any], call: Call, expected: Any) -> bool:
    """Does each repetition of a call add the right result once more?"""

    def first(value: Any) -> Any:
        return np.array(value[0] if type(value) is tuple else value)

    one, two, three = (first(call.on(function)) for _ in range(3))
    step = two - one
    return np.array_equal(step, first(expected)) and np.array_equal(three - two, step)


# --- ReLU -----------------------------------------------------------------------------------------


class Absolute:
    def clipped(self, input: Any) -> Any:
        return np.abs(input)


class OtherSide:
    def clipped(self, input: Any) -> Any:
        return np.minimum(input, 0)


class Saturates:
    def clipped(self, input: Any) -> Any:
        return np.clip(input, 0, 3)


class Leaky:
    def clipped(self, input: Any) -> Any:
        return np.where(input > 0, input, input / 100).astype(input.dtype)


class StepFunction:
    def clipped(self, input: Any) -> Any:
        return (input > 0).astype(input.dtype)


class ZeroPasses:
    def slope(self, grad_output: Any, input: Any) -> Any:
        return (input >= 0).astype(input.dtype)


class HalfAtZero:
    def slope(self, grad_output: Any, input: Any) -> Any:
        return np.where(input == 0, 0.5, input > 0)


class MaskOfGradient:
    def slope(self, grad_output: Any, input: Any) -> Any:
        return (grad_output > 0).astype(input.dtype)


class BothMasks:
    def slope(self, grad_output: Any, input: Any) -> Any:
        return ((grad_output > 0) & (input > 0)).astype(input.dtype)


class SlopeIsValue:
    def slope(self, grad_output: Any, input: Any) -> Any:
        return np.maximum(input, 0)


class SlopeOnTheWrongSide:
    def slope(self, grad_output: Any, input: Any) -> Any:
        return (input <= 0).astype(input.dtype)


class SlopeLeaks:
    def slope(self, grad_output: Any, input: Any) -> Any:
        return np.where(input > 0, 1.0, 0.01)


class EverythingPasses:
    def slope(self, grad_output: Any, input: Any) -> Any:
        return np.ones_like(input)


class UpstreamIgnored:
    """The gradient that comes from above counts as one everywhere."""

    scope = (*RELU_BACK, *POOL_BACK, *LINEAR_BACK)

    def upstream(self, grad_output: Any) -> Any:
        return np.ones_like(grad_output)


class ScaleIgnored:
    scope = LOSS_BACK

    def scaled(self, gradient: Any, grad_output: float) -> Any:
        return gradient


# --- Pooling --------------------------------------------------------------------------------------


class StrideOne:
    def missing_stride(self, kernel: Any) -> Any:
        return 1, 1


class StrideTwo:
    def missing_stride(self, kernel: Any) -> Any:
        return 2, 2


class StrideIsKernel:
    """Windows never overlap, whatever the stride."""

    def options(self, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
        return super().options(kernel_size, None, padding, dilation)


class RowsForBoth:
    def kernel_pair(self, kernel_size: Any) -> Any:
        return (super().kernel_pair(kernel_size)[0],) * 2


class ZeroBorder:
    scope = (*MAX, *MAX_BACK)

    def border(self, input: Any) -> Any:
        return 0


class LowBorder:
    """A number that is low enough for every picture, and not for every array."""

    scope = (*MAX, *MAX_BACK)

    def border(self, input: Any) -> Any:
        return -(10**9)


class LowestShort:
    scope = (*MAX, *MAX_BACK)

    def border(self, input: Any) -> Any:
        return np.iinfo(np.int16).min


class LowestSingle:
    """The lowest float32, in whatever dtype the input has."""

    scope = (*MAX, *MAX_BACK)

    def border(self, input: Any) -> Any:
        return np.finfo(np.float32).min if input.dtype.kind == "f" else np.iinfo(np.int32).min


class NoPadding:
    scope = POOL

    def padding_pair(self, padding: Any) -> Any:
        return 0, 0


class EdgeBorder:
    """The border repeats the edge. In max pooling that is harmless wherever a window is dense."""

    scope = AVG

    def padded(self, input: Any, paddings: Any) -> Any:
        return np.pad(input, ((0, 0), (0, 0), *((p, p) for p in paddings)), mode="edge")


class Ceil:
    """A last window that is partly outside, where the stride leaves a remainder."""

    scope = POOL
    border: Callable[[Any], Any]

    def count(self, length: int, reach: int, stride: int) -> int:
        return -(-(length - reach) // stride) + 1

    def size(self, padded: Any, kernel: Any, strides: Any, dilations: Any) -> Any:
        real = padded[:, :, : self.length[0], : self.length[1]]
        return super().size(real, kernel, strides, dilations)

    def padded(self, input: Any, paddings: Any) -> Any:
        whole = super().padded(input, paddings)
        self.length = whole.shape[2:]
        room = ((0, 0), (0, 0), (0, 8), (0, 8))
        return np.pad(whole, room, constant_values=self.border(input))


class DilationIgnored:
    scope = (*MAX, *MAX_BACK)

    def dilation_pair(self, dilation: Any) -> Any:
        return 1, 1


class MeanInstead:
    scope = MAX

    def reduced(self, seen: Any, kernel: Any, inside: Any) -> Any:
        return seen.mean(axis=2).astype(seen.dtype)


class SmallestInstead:
    scope = MAX

    def reduced(self, seen: Any, kernel: Any, inside: Any) -> Any:
        return seen.min(axis=2)


class LargestMagnitude:
    scope = MAX

    def reduced(self, seen: Any, kernel: Any, inside: Any) -> Any:
        size = np.where(np.isfinite(seen.astype(float)), np.abs(seen), -1)
        chosen = np.where(inside, size, -1).argmax(axis=2)
        return np.take_along_axis(seen, chosen[:, :, np.newaxis], axis=2)[:, :, 0]


class AcrossChannels:
    def reduced(self, seen: Any, kernel: Any, inside: Any) -> Any:
        # (N, 1, C·taps, H_out, W_out): the channels are further taps of one window.
        together = seen.reshape(len(seen), 1, -1, *seen.shape[3:])
        channels = seen.shape[1]
        result = super().reduced(together, (kernel[0] * channels, kernel[1]), inside)
        return np.repeat(result, channels, axis=1).astype(result.dtype)


class BecomesFloat:
    """An integer array gets a border of minus infinity, and is one of floats from there on."""

    scope = MAX

    def reduced(self, seen: Any, kernel: Any, inside: Any) -> Any:
        result = super().reduced(seen, kernel, inside)
        return result.astype(np.float64) if result.dtype.kind == "i" else result


class PoolRefusesNothing:
    scope = POOL

    def refuse(self, input: Any, kernel: Any, paddings: Any, dilations: Any) -> None:
        pass


class PoolRefusesTallOnly:
    """Looks at padding, but not at whether the kernel fits."""

    scope = POOL

    def refuse(self, input: Any, kernel: Any, paddings: Any, dilations: Any) -> None:
        for axis in (0, 1):
            if 2 * paddings[axis] > kernel[axis]:
                raise ValueError(f"padding {paddings[axis]}, kernel {kernel[axis]}")


class PoolRefusesKernelsOnly:
    scope = POOL

    def refuse(self, input: Any, kernel: Any, paddings: Any, dilations: Any) -> None:
        super().refuse(input, kernel, (0, 0), dilations) if not any(paddings) else None


class SumInstead:
    scope = (*AVG, *AVG_BACK)

    def divisor(self, kernel: Any, inside: Any) -> Any:
        return 1


class BorderNotCounted:
    scope = (*AVG, *AVG_BACK)

    def divisor(self, kernel: Any, inside: Any) -> Any:
        return np.maximum(inside.sum(axis=0), 1)


class SquareDivisor:
    scope = (*AVG, *AVG_BACK)

    def divisor(self, kernel: Any, inside: Any) -> Any:
        return kernel[0] ** 2


class RowsDivisor:
    scope = (*AVG, *AVG_BACK)

    def divisor(self, kernel: Any, inside: Any) -> Any:
        return kernel[0]


class WholeMeans:
    """The mean of whole numbers is cut to a whole number."""

    scope = AVG

    def reduced(self, seen: Any, kernel: Any, inside: Any) -> Any:
        return super().reduced(seen, kernel, inside).astype(seen.dtype)


class AllOfTheEqual:
    scope = MAX_BACK

    def shares(self, seen: Any, kernel: Any, inside: Any) -> Any:
        return (seen == seen.max(axis=2, keepdims=True)).astype(seen.dtype)


class EqualShareTheGradient:
    scope = MAX_BACK

    def shares(self, seen: Any, kernel: Any, inside: Any) -> Any:
        equal = seen == seen.max(axis=2, keepdims=True)
        return equal / equal.sum(axis=2, keepdims=True)


class LastOfTheEqual:
    scope = MAX_BACK

    def winner(self, seen: Any) -> Any:
        return seen.shape[2] - 1 - seen[:, :, ::-1].argmax(axis=2)


class EverybodyWins:
    scope = MAX_BACK

    def shares(self, seen: Any, kernel: Any, inside: Any) -> Any:
        return np.ones_like(seen)


class SpreadsEvenly:
    scope = MAX_BACK

    def shares(self, seen: Any, kernel: Any, inside: Any) -> Any:
        return np.full(seen.shape, 1 / (kernel[0] * kernel[1]))


class FirstTapWins:
    scope = MAX_BACK

    def winner(self, seen: Any) -> Any:
        return np.zeros_like(seen.argmax(axis=2))


class OnlyWhatTheMaximumEquals:
    """Takes every element that is as large as its value: a product with the winner's value."""

    scope = MAX_BACK

    def shares(self, seen: Any, kernel: Any, inside: Any) -> Any:
        shares = super().shares(seen, kernel, inside)
        return shares * np.where(np.isfinite(seen.astype(float)), seen, 0)


def write_over(grad_padded: Any, rows: Any, columns: Any, parts: Any, zeros: bool) -> None:
    """Window by window in reading order, so that the last one stays."""
    for i, j in np.ndindex(parts.shape[3:]):
        for tap in range(parts.shape[2]):
            there = grad_padded[:, :, rows[tap, i, 0], columns[tap, 0, j]]
            part = parts[:, :, tap, i, j]
            there[...] = part if zeros else np.where(part != 0, part, there)


class Overwrites:
    def scatter(self, grad_padded: Any, rows: Any, columns: Any, parts: Any) -> None:
        write_over(grad_padded, rows, columns, parts, zeros=False)


class OverwritesWindows:
    """Each window's patch of gradients replaces what was there, zeros too."""

    scope = MAX_BACK

    def scatter(self, grad_padded: Any, rows: Any, columns: Any, parts: Any) -> None:
        write_over(grad_padded, rows, columns, parts, zeros=True)


class NotCropped:
    def cropped(self, grad_padded: Any, input: Any, paddings: Any) -> Any:
        return grad_padded


class CroppedAtTheCorner:
    def cropped(self, grad_padded: Any, input: Any, paddings: Any) -> Any:
        return grad_padded[:, :, : input.shape[2], : input.shape[3]].copy()


class NegativeSlice:
    """[p:-p], which is empty where p is 0."""

    def cropped(self, grad_padded: Any, input: Any, paddings: Any) -> Any:
        h, w = paddings
        return grad_padded[:, :, h:-h, w:-w].copy()


class NegativeSliceIfAny(NegativeSlice):
    """One question for two axes: no padding is let through, but (0, 1) is not."""

    def cropped(self, grad_padded: Any, input: Any, paddings: Any) -> Any:
        return super().cropped(grad_padded, input, paddings) if any(paddings) else grad_padded


# --- Linear ---------------------------------------------------------------------------------------


class LinearNoBias:
    def add_bias(self, output: Any, bias: Any) -> Any:
        return output


class LinearBiasTwice:
    def add_bias(self, output: Any, bias: Any) -> Any:
        return output + 2 * bias


class LinearBiasAlongSamples:
    def add_bias(self, output: Any, bias: Any) -> Any:
        return output + bias[:, np.newaxis]


class LinearUntransposed:
    def product(self, input: Any, weight: Any) -> Any:
        return input @ weight


class LinearMean:
    def product(self, input: Any, weight: Any) -> Any:
        return (super().product(input, weight) / input.shape[1]).astype(input.dtype)


class LinearFirstForAll:
    def product(self, input: Any, weight: Any) -> Any:
        return np.repeat(super().product(input[:1], weight), len(input), axis=0)


class LinearStretchesBias:
    def refuse(self, input: Any, weight: Any, bias: Any) -> None:
        if input.shape[1] != weight.shape[1]:
            raise ValueError(f"{input.shape[1]} features, weight takes {weight.shape[1]}")


class LinearCutsFeatures:
    def refuse(self, input: Any, weight: Any, bias: Any) -> None:
        if bias is not None and bias.shape != weight.shape[:1]:
            raise ValueError(f"bias of {bias.shape}, {weight.shape[0]} outputs")

    def product(self, input: Any, weight: Any) -> Any:
        return super().product(input[:, : weight.shape[1]], weight)


class InputByTransposed:
    def by_input(self, grad_output: Any, weight: Any) -> Any:
        return grad_output @ weight.T


class WeightTransposed:
    def by_weight(self, grad_output: Any, input: Any) -> Any:
        return input.T @ grad_output


class WeightAveraged:
    def by_weight(self, grad_output: Any, input: Any) -> Any:
        return super().by_weight(grad_output, input) / len(input)


class BiasAveraged:
    def by_bias(self, grad_output: Any) -> Any:
        return super().by_bias(grad_output) / len(grad_output)


class AllAveraged:
    def by_weight(self, grad_output: Any, input: Any) -> Any:
        return super().by_weight(grad_output, input) / len(input)

    def by_bias(self, grad_output: Any) -> Any:
        return super().by_bias(grad_output) / len(grad_output)


class BiasOverOutputs:
    def by_bias(self, grad_output: Any) -> Any:
        return grad_output.sum(axis=1)


class BiasKeepsAxis:
    def by_bias(self, grad_output: Any) -> Any:
        return grad_output.sum(axis=0, keepdims=True)


class BiasOneNumber:
    def by_bias(self, grad_output: Any) -> Any:
        return np.full(grad_output.shape[1], grad_output.sum())


class BiasUnsummed:
    def by_bias(self, grad_output: Any) -> Any:
        return grad_output.copy()


class BiasLastSample:
    def by_bias(self, grad_output: Any) -> Any:
        return grad_output[-1].copy()


class BiasCounts:
    def by_bias(self, grad_output: Any) -> Any:
        return np.full_like(grad_output[0], len(grad_output))


class WeightLastSample:
    def by_weight(self, grad_output: Any, input: Any) -> Any:
        return super().by_weight(grad_output[-1:], input[-1:])


# --- Cross-entropy --------------------------------------------------------------------------------


class BatchSummed:
    def batch(self, input: Any) -> Any:
        return 1


class DividedByAll:
    def batch(self, input: Any) -> Any:
        return input.size


class DividedByClasses:
    def batch(self, input: Any) -> Any:
        return input.shape[1]


class Overflows:
    def largest(self, input: Any) -> Any:
        return 0


class LargestOfAll:
    """One number is taken off all rows: a row far below it has nothing left but zeros."""

    def largest(self, input: Any) -> Any:
        return input.max()


class OverTheBatch:
    axis = 0

    def largest(self, input: Any) -> Any:
        return input.max(axis=0, keepdims=True)


class LogBaseTwo:
    def log(self, numbers: Any) -> Any:
        return np.log2(numbers)


class WithEpsilon:
    """-log(p + 1e-12): never infinite, and never right where p is small."""

    raised: Callable[[Any], Any]

    def losses(self, input: Any, target: Any) -> Any:
        _, powers = self.raised(input)
        p = powers / powers.sum(axis=1, keepdims=True)
        return -np.log(p[np.arange(len(input)), target] + 1e-12)


class ProbabilityUnlogged:
    def losses(self, input: Any, target: Any) -> Any:
        return 1 - np.exp(-super().losses(input, target))


class SignForgotten:
    def losses(self, input: Any, target: Any) -> Any:
        return -super().losses(input, target)


class EveryClassCounts:
    """The sum of -log p over all classes, not of the true one."""

    def losses(self, input: Any, target: Any) -> Any:
        return np.stack(
            [
                super(EveryClassCounts, self).losses(input, np.full_like(target, k))
                for k in range(input.shape[1])
            ]
        ).sum(axis=0)


class EntropyRefusesNothing:
    """What NumPy makes of it: -1 is the last class, and one target goes for all."""

    def refuse(self, input: Any, target: Any) -> None:
        pass


class EntropyChecksLargeOnly:
    def refuse(self, input: Any, target: Any) -> None:
        if target.shape != (len(input),):
            raise ValueError(f"{len(input)} samples, targets of {target.shape}")
        if target.max() >= input.shape[1]:
            raise ValueError(f"target {target.max()}, {input.shape[1]} classes")


class HotForgotten:
    def difference(self, p: Any, hot: Any) -> Any:
        return p


class HotMinusP:
    def difference(self, p: Any, hot: Any) -> Any:
        return hot - p


class TrueClassOnly:
    def difference(self, p: Any, hot: Any) -> Any:
        return (p - hot) * hot


class LogOfIt:
    """The derivative of -log p by p, without the softmax under it."""

    def difference(self, p: Any, hot: Any) -> Any:
        return -hot / np.maximum(p, 1e-300)


class SoftmaxDiagonal:
    """p(1 - p): the softmax differentiated as if the classes did not meet."""

    def difference(self, p: Any, hot: Any) -> Any:
        return (p - hot) * p * (1 - p)


# --- The step -------------------------------------------------------------------------------------


class Uphill:
    def moved(
        self, parameter: Any, gradient: Any, before: Any, velocity: Any, lr: Any, m: Any
    ) -> Any:
        return parameter + lr * velocity


class RateInVelocity:
    def velocity(self, gradient: Any, velocity: Any, lr: float, momentum: float) -> Any:
        return momentum * velocity + lr * gradient

    def moved(
        self, parameter: Any, gradient: Any, before: Any, velocity: Any, lr: Any, m: Any
    ) -> Any:
        return parameter - velocity


class SignedVelocity:
    """The velocity points downhill: v = m v - lr g, w = w + v."""

    def velocity(self, gradient: Any, velocity: Any, lr: float, momentum: float) -> Any:
        return momentum * velocity - lr * gradient

    def moved(
        self, parameter: Any, gradient: Any, before: Any, velocity: Any, lr: Any, m: Any
    ) -> Any:
        return parameter + velocity


class Averaged:
    """v = m v + (1 - m) g: a moving average."""

    def velocity(self, gradient: Any, velocity: Any, lr: float, momentum: float) -> Any:
        return momentum * velocity + (1 - momentum) * gradient


class OldVelocity:
    def moved(
        self, parameter: Any, gradient: Any, before: Any, velocity: Any, lr: Any, m: Any
    ) -> Any:
        return parameter - lr * before


class GradientOnly:
    """The velocity is computed, but the parameter follows the gradient."""

    def moved(
        self, parameter: Any, gradient: Any, before: Any, velocity: Any, lr: Any, m: Any
    ) -> Any:
        return parameter - lr * gradient


class MomentumForgotten:
    def velocity(self, gradient: Any, velocity: Any, lr: float, momentum: float) -> Any:
        return gradient.copy()


class VelocityUndamped:
    def velocity(self, gradient: Any, velocity: Any, lr: float, momentum: float) -> Any:
        return velocity + gradient


class Nesterov:
    def moved(
        self, parameter: Any, gradient: Any, before: Any, velocity: Any, lr: Any, m: Any
    ) -> Any:
        return parameter - lr * (gradient + m * velocity)


class MomentumOnGradient:
    def velocity(self, gradient: Any, velocity: Any, lr: float, momentum: float) -> Any:
        return velocity + momentum * gradient


class StepStretches:
    def refuse(self, parameter: Any, gradient: Any, velocity: Any) -> None:
        pass


# --- A whole network ------------------------------------------------------------------------------


class GateForgotten:
    """The gradient goes through the first bend as if it were not there."""

    def gate_first(self, grad: Any, input: Any) -> Any:
        return grad


class SecondGateForgotten:
    def gate_second(self, grad: Any, input: Any) -> Any:
        return grad


class BothGatesForgotten:
    def gate_first(self, grad: Any, input: Any) -> Any:
        return grad

    def gate_second(self, grad: Any, input: Any) -> Any:
        return grad


class SampleLast:
    """Each sample is flattened with its channels last, and unflattened in the same way."""

    def flat(self, array: Any) -> Any:
        return array.transpose(0, 2, 3, 1).reshape(len(array), -1)

    def unflat(self, grad: Any, shape: Any) -> Any:
        n, channels, height, width = shape
        return grad.reshape(n, height, width, channels).transpose(0, 3, 1, 2)


class FlattenedOneWay:
    """Back in another order than there."""

    def unflat(self, grad: Any, shape: Any) -> Any:
        n, channels, height, width = shape
        return grad.reshape(n, height, width, channels).transpose(0, 3, 1, 2)


class DividedTwice:
    def upstream(self, labels: Any) -> float:
        return 1 / len(labels)


class SummedOverBatch:
    def upstream(self, labels: Any) -> float:
        return float(len(labels))


class NotTurned:
    """The kernel as it is, with filters and channels exchanged."""

    def turned(self, weight: Any) -> Any:
        return weight.swapaxes(0, 1)


class NotForImages:
    """The chain stops at the first layer's parameters."""

    def images(self, grad: Any) -> Any:
        return np.zeros_like(grad)


class BiasMean:
    def by_bias(self, rows: Any) -> Any:
        return rows.mean(axis=0)


class PoolSpreads:
    """What came out of a pool goes to all four that went in."""

    def through_pool(self, grad: Any, input: Any) -> Any:
        spread = np.zeros(input.shape)
        height, width = grad.shape[2:]
        wide = grad.repeat(2, axis=2).repeat(2, axis=3)
        spread[:, :, : 2 * height, : 2 * width] = wide
        return spread


class BiasesFirst:
    def order(self, gradients: Any) -> Any:
        return [gradients[k] for k in (1, 0, 3, 2, 5, 4)]


class LastLayerFirst:
    def order(self, gradients: Any) -> Any:
        return [*gradients[4:], *gradients[2:4], *gradients[:2]]


# --- Training -------------------------------------------------------------------------------------


class NothingKept:
    def returned(self, begun: Any, parameters: Any) -> Any:
        return begun


class Climbs:
    def rate(self, place: int) -> float:
        return -0.03


class FarTooFast:
    def rate(self, place: int) -> float:
        return 30.0


class FarTooSlow:
    def rate(self, place: int) -> float:
        return 1e-5


class LastBiasOnly:
    """Of all parameters the last one alone is trained."""

    def rate(self, place: int) -> float:
        return 0.03 if place == 5 else 0.0


class WeightsOnly:
    """The biases stay as they are."""

    def rate(self, place: int) -> float:
        return 0.0 if place % 2 else 0.03


class StartsAtZero:
    def start(self, rng: Any, shape: Any) -> Any:
        return np.zeros(shape)


class StartsTheSame:
    """Every filter is a copy of the first, so that all learn the same."""

    def start(self, rng: Any, shape: Any) -> Any:
        return np.full(shape, 0.05)


class LabelsInAnotherOrder:
    def labels(self, labels: Any, chosen: Any) -> Any:
        return labels[: len(chosen)]


class NeverEmptied:
    """Every step adds its gradients to those of the steps before."""

    def __init__(self) -> None:
        self.sums: list[Any] = []

    def summed(self, gradients: Any) -> Any:
        self.sums = [s + g for s, g in zip(self.sums, gradients, strict=True)] or gradients
        return self.sums

    def __call__(self, images: Any, labels: Any, seed: int = 0) -> Any:
        self.sums = []
        with np.errstate(all="ignore"):
            return super().__call__(images, labels, seed)


class FirstBatchOnly:
    def batch(self, rng: Any, step: int, count: int) -> Any:
        return np.arange(min(32, count))


class OneStep:
    def steps(self, images: Any) -> int:
        return 1


CARRIED: dict[str, tuple[tuple[str, ...], tuple[Any, ...]]] = {
    "K11": ((*MAX, *STEP), (PoolHandsBack, GradientAsVelocity)),
}

MISTAKES = (
    Mistake(
        id="N01",
        name="an array that was given is written over",
        telltale="The result is right, but the caller's array is not what it was.",
        question="Backward needs the input as forward saw it. Is it still there?",
        section="09-network#relu",
        scope=(*RELU, *RELU_BACK, *LOSS_BACK, *STEP),
        variants=(InPlace, ShiftsScores, StepInPlace, VelocityInPlace),
        star=True,
    ),
    Mistake(
        id="N02",
        name="float32 does not stay float32",
        telltale="The values are right, but every result is float64.",
        question="Which of your lines makes an array without saying of what dtype?",
        section="09-network#relu",
        scope=ARRAYS,
        variants=(Float64,),
    ),
    Mistake(
        id="N03",
        name="a second call adds to the first",
        telltale="The first call is right; the same call again gives twice as much.",
        question="Where does the array that you add to come from, the second time?",
        section="09-network#max-pooling-backward",
        scope=(*POOL_BACK, *LINEAR_BACK),
        variants=(Accumulates,),
        shows=adds_up,
    ),
    Mistake(
        id="N04",
        name="the upstream gradient is ignored",
        telltale="The result is the same whatever grad_output is.",
        question="What should come out when grad_output is zero everywhere?",
        section="09-network#chain",
        scope=(*RELU_BACK, *POOL_BACK, *LINEAR_BACK, *LOSS_BACK),
        variants=(UpstreamIgnored, ScaleIgnored),
        star=True,
    ),
    Mistake(
        id="N05",
        name="something else than max(x, 0)",
        telltale="Positive numbers may be right; negative ones are not zero, or the other way round.",
        question="What should -3 become, and what 3?",
        section="09-network#relu",
        scope=RELU,
        variants=(Absolute, OtherSide, StepFunction),
        star=True,
    ),
    Mistake(
        id="N06",
        name="negative numbers leak",
        telltale="A hundredth of what is below zero comes through, forward or backward.",
        question="Is this the plain ReLU, or its leaky relative?",
        section="09-network#relu",
        scope=(*RELU, *RELU_BACK),
        variants=(Leaky, SlopeLeaks),
    ),
    Mistake(
        id="N07",
        name="at zero the gradient passes",
        telltale="Only elements whose input is exactly 0 are wrong.",
        question="Which slope does PyTorch take at 0?",
        section="09-network#relu",
        scope=RELU_BACK,
        variants=(ZeroPasses, HalfAtZero),
        star=True,
    ),
    Mistake(
        id="N08",
        name="the gate looks at the gradient",
        telltale="Negative gradients do not come through, whatever the input was.",
        question="Which array decided in the forward pass what goes through?",
        section="09-network#relu",
        scope=RELU_BACK,
        variants=(MaskOfGradient, BothMasks),
        star=True,
    ),
    Mistake(
        id="N09",
        name="the slope of ReLU is taken to be something else than 0 or 1",
        telltale="The gradients are multiplied with the input, pass everywhere, or pass where they should not.",
        question="By how much does max(x, 0) change when x = 5 grows by a little? And x = -5?",
        section="09-network#relu",
        scope=RELU_BACK,
        variants=(SlopeIsValue, SlopeOnTheWrongSide, EverythingPasses),
    ),
    Mistake(
        id="N28",
        name="large numbers are clipped too",
        telltale="Nothing comes out above some number.",
        question="What should 1000 become?",
        section="09-network#relu",
        scope=RELU,
        variants=(Saturates,),
    ),
    Mistake(
        id="N10",
        name="the window's stride is not the kernel's size when none is given",
        telltale="With a stride all is right; without one the size is that of another stride.",
        question="What does stride=None mean for a pooling layer?",
        section="09-network#max-pooling",
        scope=POOLS,
        variants=(StrideOne, StrideTwo),
        star=True,
    ),
    Mistake(
        id="N11",
        name="the stride is ignored",
        telltale="The result is that of windows that lie side by side.",
        question="Where in your code does the argument stride appear?",
        section="09-network#max-pooling",
        scope=POOLS,
        variants=(StrideIsKernel,),
    ),
    Mistake(
        id="N12",
        name="a pair is read in the wrong order",
        telltale="Square kernels and ints are right; pairs reach the wrong axes.",
        question="Which comes first in a pair: height or width?",
        section="09-network#max-pooling",
        scope=POOLS,
        variants=(KernelSwapped, StrideSwapped, PaddingSwapped, RowsForBoth),
    ),
    Mistake(
        id="N13",
        name="the border can win",
        telltale="Where all of a window's elements are negative, 0 comes out.",
        question="What must the border hold, so that it never is the largest?",
        section="09-network#max-pooling",
        scope=(*MAX, *MAX_BACK),
        variants=(ZeroBorder,),
        star=True,
    ),
    Mistake(
        id="N14",
        name="the padding is not applied, or repeats the edge",
        telltale="Without padding all is right; with it the size or the border is wrong.",
        question="What lies outside the input, and how far does it reach?",
        section="09-network#max-pooling",
        scope=POOL,
        variants=(NoPadding, EdgeBorder),
    ),
    Mistake(
        id="N15",
        name="a window that does not fit is counted",
        telltale="Where the stride leaves a remainder, there is one row or column too many.",
        question="Does a window that reaches over the edge have a result here?",
        section="09-network#max-pooling",
        scope=POOL,
        variants=(Ceil,),
    ),
    Mistake(
        id="N16",
        name="the dilation is ignored",
        telltale="At dilation 1 all is right.",
        question="How far apart lie the elements of one window at dilation 2?",
        section="09-network#max-pooling",
        scope=(*MAX, *MAX_BACK),
        variants=(DilationIgnored,),
    ),
    Mistake(
        id="N17",
        name="something else than the largest element is taken",
        telltale="The result is the mean, the smallest element, or the one that is farthest from zero.",
        question="Of -7, 2 and 5, which is the largest?",
        section="09-network#max-pooling",
        scope=MAX,
        variants=(MeanInstead, SmallestInstead, LargestMagnitude),
    ),
    Mistake(
        id="N18",
        name="channels are pooled together",
        telltale="All channels of the result are the same.",
        question="Does one channel's window see another channel?",
        section="09-network#max-pooling",
        scope=POOL,
        variants=(AcrossChannels,),
    ),
    Mistake(
        id="N19",
        name="whole numbers turn into floats, or are cut",
        telltale="The values of float arrays are right; an array of whole numbers comes back with the wrong dtype or without its fractions.",
        question="Which dtype has your border, and which your result?",
        section="09-network#max-pooling",
        scope=POOL,
        variants=(BecomesFloat, WholeMeans),
    ),
    Mistake(
        id="N20",
        name="sizes that do not go together are not refused",
        telltale="A call that makes no sense returns something, or fails without a word on the sizes.",
        question="What does your function do when the padding is larger than the kernel?",
        section="09-network#max-pooling",
        scope=POOL,
        variants=(PoolRefusesNothing, PoolRefusesTallOnly, PoolRefusesKernelsOnly),
    ),
    Mistake(
        id="N21",
        name="the sum is divided by the wrong number",
        telltale="The result is the right one times a constant: the sum, or the mean of another number of elements.",
        question="How many elements has a kernel of 2×3?",
        section="09-network#average-pooling",
        scope=(*AVG, *AVG_BACK),
        variants=(SumInstead, SquareDivisor, RowsDivisor),
        star=True,
    ),
    Mistake(
        id="N22",
        name="the border does not count",
        telltale="Only windows that touch the border are wrong: their mean is that of the elements inside.",
        question="By how much is a corner window's sum divided?",
        section="09-network#average-pooling",
        scope=(*AVG, *AVG_BACK),
        variants=(BorderNotCounted,),
        star=True,
    ),
    Mistake(
        id="N23",
        name="several equally large elements all win",
        telltale="Where a window has one largest element all is right; where it has several, each gets the gradient or a part.",
        question="If two elements are equally large, how many of them does PyTorch give the gradient?",
        section="09-network#max-pooling-backward",
        scope=MAX_BACK,
        variants=(AllOfTheEqual, EqualShareTheGradient),
        star=True,
    ),
    Mistake(
        id="N24",
        name="of several equally large elements the last one wins",
        telltale="Only windows with several largest elements are wrong: the gradient lies further down or right.",
        question="When you meet an element that is as large as the best so far, do you take it?",
        section="09-network#max-pooling-backward",
        scope=MAX_BACK,
        variants=(LastOfTheEqual,),
    ),
    Mistake(
        id="N25",
        name="windows that overlap overwrite each other",
        telltale="Windows side by side are right; where they overlap, an element has the gradient of one of them.",
        question="An element that is the largest of three windows: which of their gradients does it get?",
        section="09-network#max-pooling-backward",
        scope=POOL_BACK,
        variants=(Overwrites, OverwritesWindows),
        star=True,
    ),
    Mistake(
        id="N26",
        name="the gradient goes to elements that did not win",
        telltale="A window's gradient goes to all of its elements, to the first one, or is multiplied with the value.",
        question="By how much does the maximum of 3 and 5 change when the 3 grows by a little?",
        section="09-network#max-pooling-backward",
        scope=MAX_BACK,
        variants=(EverybodyWins, SpreadsEvenly, FirstTapWins, OnlyWhatTheMaximumEquals),
    ),
    Mistake(
        id="N27",
        name="the border is cut off wrongly",
        telltale="Without padding, or only with it, the gradient has another shape than the input, or is shifted.",
        question="What is [p:-p] when p is 0? And in which row of the padded array does the input begin?",
        section="09-network#max-pooling-backward",
        scope=POOL_BACK,
        variants=(NotCropped, CroppedAtTheCorner, NegativeSlice, NegativeSliceIfAny),
        star=True,
    ),
    Mistake(
        id="N30",
        name="the bias of the linear layer is wrong",
        telltale="The output is off by the bias, or by the bias along the wrong axis.",
        question="What should an input of zeros give, for each sample?",
        section="09-network#linear",
        scope=LINEAR,
        variants=(LinearNoBias, LinearBiasTwice, LinearBiasAlongSamples),
        star=True,
    ),
    Mistake(
        id="N31",
        name="the weight is multiplied without being transposed",
        telltale="It fails, but for as many outputs as inputs, and there the values are wrong.",
        question="Which axis of the weight runs along the inputs?",
        section="09-network#linear",
        scope=LINEAR,
        variants=(LinearUntransposed,),
        star=True,
    ),
    Mistake(
        id="N32",
        name="sizes that do not go together are stretched or cut until they do",
        telltale="A bias of one number, or an input with a feature too many, is taken.",
        question="What does NumPy do when it adds an array of one number?",
        section="09-network#linear",
        scope=LINEAR,
        variants=(LinearStretchesBias, LinearCutsFeatures),
    ),
    Mistake(
        id="N38",
        name="a mean is taken instead of a sum",
        telltale="Without a bias the output is too small by a factor: the number of inputs.",
        question="What is the output for inputs and weights that are all 1?",
        section="09-network#linear",
        scope=LINEAR,
        variants=(LinearMean,),
    ),
    Mistake(
        id="N39",
        name="every sample gets the result of the first",
        telltale="All rows of the output are the same.",
        question="Which index of the output runs over the batch?",
        section="09-network#linear",
        scope=LINEAR,
        variants=(LinearFirstForAll,),
    ),
    Mistake(
        id="N33",
        name="the gradient by the input is taken through the transposed weight",
        telltale="It fails, but for as many outputs as inputs, and there the gradient by the input is wrong.",
        question="grad_output has one column for each output. Which axis of the weight does it meet?",
        section="09-network#linear",
        scope=LINEAR_BACK,
        variants=(InputByTransposed,),
        star=True,
    ),
    Mistake(
        id="N34",
        name="the gradient by the weight lies on its side",
        telltale="Its shape is (in, out), not the weight's (out, in).",
        question="What is the shape of the array that this is the gradient by?",
        section="09-network#linear",
        scope=LINEAR_BACK,
        variants=(WeightTransposed,),
        star=True,
    ),
    Mistake(
        id="N35",
        name="gradients are averaged over the batch",
        telltale="The gradients by weight or bias are too small by a factor of N.",
        question="If the loss is a mean, where has the 1/N already been counted?",
        section="09-network#linear",
        scope=LINEAR_BACK,
        variants=(WeightAveraged, BiasAveraged, AllAveraged),
        star=True,
    ),
    Mistake(
        id="N36",
        name="the gradient by the bias is summed over the wrong axis",
        telltale="It has another shape than the bias, or one number for all outputs.",
        question="Which outputs does one number of the bias reach?",
        section="09-network#linear",
        scope=LINEAR_BACK,
        variants=(BiasOverOutputs, BiasKeepsAxis, BiasOneNumber, BiasUnsummed, BiasCounts),
    ),
    Mistake(
        id="N37",
        name="only the last sample counts",
        telltale="With one sample all is right.",
        question="What happens to the gradient of one sample when the next one is done?",
        section="09-network#linear",
        scope=LINEAR_BACK,
        variants=(WeightLastSample, BiasLastSample),
    ),
    Mistake(
        id="N40",
        name="the loss is not the mean over the batch",
        telltale="With one sample all is right; otherwise a constant factor is off: N, or the number of classes.",
        question="How does the loss change when every sample is in the batch twice?",
        section="09-network#cross-entropy",
        scope=(*LOSS, *LOSS_BACK),
        variants=(BatchSummed, DividedByAll, DividedByClasses),
        star=True,
    ),
    Mistake(
        id="N41",
        name="large scores overflow",
        telltale="Small scores are right; scores of some hundreds give nan or inf.",
        question="What is e to the power 1000, and what happens to softmax if you take the same number off all scores?",
        section="09-network#cross-entropy",
        scope=(*LOSS, *LOSS_BACK),
        variants=(Overflows, LargestOfAll),
        star=True,
    ),
    Mistake(
        id="N42",
        name="the softmax runs over the batch",
        telltale="The probabilities of one class add up to 1, not those of one sample.",
        question="Whose probabilities have to add up to 1?",
        section="09-network#cross-entropy",
        scope=(*LOSS, *LOSS_BACK),
        variants=(OverTheBatch,),
    ),
    Mistake(
        id="N43",
        name="a small number is added to the probability",
        telltale="Where the true class is unlikely, the loss stops growing at about 27.6.",
        question="How large is the loss of a sample whose true class has a score 300 below the largest?",
        section="09-network#cross-entropy",
        scope=LOSS,
        variants=(WithEpsilon,),
        star=True,
    ),
    Mistake(
        id="N44",
        name="something else than minus the natural logarithm is taken",
        telltale="The loss has the wrong sign, is never above 1, or is too large by a constant factor.",
        question="What is the loss of a sample whose true class has probability 1/e?",
        section="09-network#cross-entropy",
        scope=LOSS,
        variants=(LogBaseTwo, ProbabilityUnlogged, SignForgotten),
    ),
    Mistake(
        id="N45",
        name="every class counts, not the true one alone",
        telltale="The loss does not depend on the target.",
        question="Which of the log-probabilities does a sample's target pick?",
        section="09-network#cross-entropy",
        scope=LOSS,
        variants=(EveryClassCounts,),
    ),
    Mistake(
        id="N46",
        name="a target that is no class is taken",
        telltale="A target of -1 counts as the last class; one target goes for all samples.",
        question="What does NumPy make of the index -1?",
        section="09-network#cross-entropy",
        scope=LOSS,
        variants=(EntropyRefusesNothing, EntropyChecksLargeOnly),
    ),
    Mistake(
        id="N47",
        name="the true class is not taken off",
        telltale="The gradient is the softmax itself; its rows add up to 1/N, not to 0.",
        question="If all scores grow by the same amount, how does the loss change? What does that say of a row's sum?",
        section="09-network#softmax-gradient",
        scope=LOSS_BACK,
        variants=(HotForgotten,),
        star=True,
    ),
    Mistake(
        id="N48",
        name="the gradient points the wrong way",
        telltale="Every sign is wrong.",
        question="When the true class's score grows, does the loss grow?",
        section="09-network#softmax-gradient",
        scope=LOSS_BACK,
        variants=(HotMinusP,),
    ),
    Mistake(
        id="N49",
        name="the chain through softmax is not complete",
        telltale="Only the true class has a gradient, or the gradient is that of classes that do not meet.",
        question="Does the true class's probability change when another class's score grows?",
        section="09-network#softmax-gradient",
        scope=LOSS_BACK,
        variants=(TrueClassOnly, LogOfIt, SoftmaxDiagonal),
    ),
    Mistake(
        id="N50",
        name="the step goes uphill",
        telltale="The parameter moves by the right amount, the wrong way.",
        question="The gradient points to where the loss grows. Where do you want to go?",
        section="09-network#momentum",
        scope=STEP,
        variants=(Uphill,),
        star=True,
    ),
    Mistake(
        id="N51",
        name="the learning rate is part of the velocity",
        telltale="The new velocity is too small by a factor of lr, or has the wrong sign.",
        question="If lr is halved in the middle of a training, what should happen to the old velocity?",
        section="09-network#momentum",
        scope=STEP,
        variants=(RateInVelocity, SignedVelocity),
        star=True,
    ),
    Mistake(
        id="N52",
        name="the velocity is a moving average",
        telltale="Without momentum all is right; with it the gradient counts too little.",
        question="With which factor does the new gradient enter the velocity?",
        section="09-network#momentum",
        scope=STEP,
        variants=(Averaged,),
    ),
    Mistake(
        id="N53",
        name="the parameter does not follow the new velocity",
        telltale="The velocity is right; the parameter follows the old one, the gradient, or looks ahead.",
        question="Which velocity moves the parameter: that before this step, or that after it?",
        section="09-network#momentum",
        scope=STEP,
        variants=(OldVelocity, GradientOnly, Nesterov),
    ),
    Mistake(
        id="N54",
        name="the momentum has no effect, or a wrong one",
        telltale="The velocity is the gradient alone, never fades, or the momentum stands at the gradient.",
        question="A ball rolls on without any slope, at momentum 0.9. How fast is it after one step?",
        section="09-network#momentum",
        scope=STEP,
        variants=(MomentumForgotten, VelocityUndamped, MomentumOnGradient),
        star=True,
    ),
    Mistake(
        id="N55",
        name="a gradient of another shape is stretched",
        telltale="A gradient of one row moves all rows.",
        question="What does NumPy do when it subtracts an array of shape (1, 2) from one of (3, 2)?",
        section="09-network#momentum",
        scope=STEP,
        variants=(StepStretches,),
    ),
    Mistake(
        id="N60",
        name="a bend is left out on the way back",
        telltale="The loss is right, and so are the gradients behind the bend; those before it are not.",
        question="For each line of your forward: which line of your backward belongs to it?",
        section="09-network#network",
        scope=CHAIN,
        variants=(GateForgotten, SecondGateForgotten, BothGatesForgotten),
        star=True,
    ),
    Mistake(
        id="N61",
        name="samples are flattened in another order",
        telltale="With one filter or one place all is right; otherwise the linear layer meets its features in another order.",
        question="Which of the three indices (channel, row, column) moves fastest in a flattened sample?",
        section="09-network#network",
        scope=CHAIN,
        variants=(SampleLast, FlattenedOneWay),
    ),
    Mistake(
        id="N62",
        name="the batch is divided by twice, or not at all",
        telltale="The loss is right; all gradients are off by a factor of N.",
        question="Which backward has the 1/N in it, and what is the first grad_output of the chain?",
        section="09-network#network",
        scope=CHAIN,
        variants=(DividedTwice, SummedOverBatch),
        star=True,
    ),
    Mistake(
        id="N63",
        name="the gradient does not come through a convolution as it should",
        telltale="The last layers' gradients are right; before a convolution they are those of a kernel that is not mirrored, or zero.",
        question="Through which kernel does a gradient travel back, and does it travel all the way to the images?",
        section="09-network#network",
        scope=CHAIN,
        variants=(NotTurned, NotForImages),
        star=True,
    ),
    Mistake(
        id="N64",
        name="a gradient is spread or averaged where it should be routed or summed",
        telltale="The gradients by the biases are too small, or those before the pool are too large.",
        question="Which of the four elements of a pool's window gets its gradient, and how many outputs does one bias reach?",
        section="09-network#network",
        scope=CHAIN,
        variants=(BiasMean, PoolSpreads),
    ),
    Mistake(
        id="N65",
        name="gradients come back in another order than the parameters",
        telltale="All eight values are there, in places that are not theirs.",
        question="Which shape has each of your eight values, and which should it have?",
        section="09-network#network",
        scope=CHAIN,
        variants=(BiasesFirst, LastLayerFirst),
    ),
    Mistake(
        id="N70",
        name="what is learned is not kept",
        telltale="The parameters that come back are those that the training started with.",
        question="sgd_step returns new arrays. Who puts them in the place of the old ones?",
        section="09-network#training",
        scope=TRAIN,
        variants=(NothingKept,),
        star=True,
    ),
    Mistake(
        id="N71",
        name="the steps have the wrong size or direction",
        telltale="The loss grows, explodes, or has hardly moved at the end.",
        question="Print the loss of the first ten steps. What does it do?",
        section="09-network#training",
        scope=TRAIN,
        variants=(Climbs, FarTooFast, FarTooSlow, OneStep),
        star=True,
    ),
    Mistake(
        id="N72",
        name="filters cannot become different from each other",
        telltale="The network gives every picture the same class, or learns as slowly as if it had one filter.",
        question="Two filters that start equal: what can ever make them differ?",
        section="09-network#training",
        scope=TRAIN,
        variants=(StartsAtZero, StartsTheSame),
    ),
    Mistake(
        id="N73",
        name="pictures and labels do not belong together",
        telltale="The loss goes down a little and stays there: nothing can be learned but how frequent a class is.",
        question="When you choose the pictures of a batch, how do you choose their labels?",
        section="09-network#training",
        scope=TRAIN,
        variants=(LabelsInAnotherOrder,),
        star=True,
    ),
    Mistake(
        id="N74",
        name="gradients of earlier steps are still counted",
        telltale="The first step is right; then the steps grow and grow.",
        question="Where does a step's gradient begin: at zero, or at the last one?",
        section="09-network#training",
        scope=TRAIN,
        variants=(NeverEmptied,),
    ),
    Mistake(
        id="N75",
        name="not everything is trained, or not on everything",
        telltale="The loss goes down, but pictures that were not seen are read badly.",
        question="Which parameters have changed after a step, and which pictures have been seen after an epoch?",
        section="09-network#training",
        scope=TRAIN,
        variants=(FirstBatchOnly, LastBiasOnly, WeightsOnly),
        star=True,
    ),
)
