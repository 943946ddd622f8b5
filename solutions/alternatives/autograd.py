"""Right solutions of assignment 08-autograd by other methods than the reference.

The audit demands that the checks accept each of them. ``name__method`` solves ``name``.
Not for students: canary-6b1f0e9d.
"""

import math

import numpy as np
import torch


def _pair(option):
    return tuple(option) if isinstance(option, (tuple, list)) else (option, option)


# --- NumPy inside, and the trilinear form for gradients of gradients ------------------------------


def _meetings(input, weight, size, options):
    """For each tap: its place in the kernel, and the slices of the padded input that it meets."""
    stride, _, dilation, _ = options
    for u in range(weight[2]):
        for v in range(weight[3]):
            top, left = u * dilation[0], v * dilation[1]
            rows = slice(top, top + stride[0] * (size[0] - 1) + 1, stride[0])
            columns = slice(left, left + stride[1] * (size[1] - 1) + 1, stride[1])
            yield u, v, (Ellipsis, rows, columns)


def _grouped(array, axis, groups):
    return array.reshape(*array.shape[:axis], groups, -1, *array.shape[axis + 1 :])


def _padded(input, padding):
    return np.pad(input, ((0, 0), (0, 0), *((p, p) for p in padding)))


def _conv(input, weight, options):
    stride, padding, dilation, groups = options
    padded = _padded(input, padding)
    size = [
        (padded.shape[2 + a] - dilation[a] * (weight.shape[2 + a] - 1) - 1) // stride[a] + 1
        for a in (0, 1)
    ]
    output = np.zeros((len(input), groups, len(weight) // groups, *size), dtype=input.dtype)
    grouped, kernels = _grouped(padded, 1, groups), _grouped(weight, 0, groups)
    for u, v, met in _meetings(padded, weight.shape, size, options):
        output += np.einsum("ngchw,gfc->ngfhw", grouped[met], kernels[..., u, v])
    return output.reshape(len(input), len(weight), *size)


def _by_weight(input, shape, grad, options):
    groups = options[3]
    grouped, grads = _grouped(_padded(input, options[1]), 1, groups), _grouped(grad, 1, groups)
    result = np.zeros((groups, shape[0] // groups, *shape[1:]), dtype=input.dtype)
    for u, v, met in _meetings(input, shape, grad.shape[2:], options):
        result[..., u, v] = np.einsum("ngchw,ngfhw->gfc", grouped[met], grads)
    return result.reshape(shape)


def _by_input(shape, weight, grad, options):
    padding, groups = options[1], options[3]
    padded = np.zeros((*shape[:2], *(n + 2 * p for n, p in zip(shape[2:], padding))), grad.dtype)
    grouped, kernels = _grouped(padded, 1, groups), _grouped(weight, 0, groups)
    for u, v, met in _meetings(padded, weight.shape, grad.shape[2:], options):
        grouped[met] += np.einsum("ngfhw,gfc->ngchw", _grouped(grad, 1, groups), kernels[..., u, v])
    (h, w), (height, width) = padding, shape[2:]
    return grouped.reshape(padded.shape)[:, :, h : h + height, w : w + width]


def _numpy(*tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def _tensor(array):
    return torch.from_numpy(np.ascontiguousarray(array))


class _Output(torch.autograd.Function):
    """conv(input, weight). Its gradients are the two functions below, and theirs are each other."""

    @staticmethod
    def forward(ctx, input, weight, options):
        ctx.save_for_backward(input, weight)
        ctx.options = options
        return _tensor(_conv(*_numpy(input, weight), options))

    @staticmethod
    def backward(ctx, grad):
        input, weight = ctx.saved_tensors
        needs = ctx.needs_input_grad
        return (
            _ByInput.apply(weight, grad, input.shape, ctx.options) if needs[0] else None,
            _ByWeight.apply(input, grad, weight.shape, ctx.options) if needs[1] else None,
            None,
        )


class _ByInput(torch.autograd.Function):
    @staticmethod
    def forward(ctx, weight, grad, shape, options):
        ctx.save_for_backward(weight, grad)
        ctx.options = options
        return _tensor(_by_input(shape, *_numpy(weight, grad), options))

    @staticmethod
    def backward(ctx, direction):
        weight, grad = ctx.saved_tensors
        return (
            _ByWeight.apply(direction, grad, weight.shape, ctx.options),
            _Output.apply(direction, weight, ctx.options),
            None,
            None,
        )


class _ByWeight(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, grad, shape, options):
        ctx.save_for_backward(input, grad)
        ctx.options = options
        array, upstream = _numpy(input, grad)
        return _tensor(_by_weight(array, shape, upstream, options))

    @staticmethod
    def backward(ctx, direction):
        input, grad = ctx.saved_tensors
        return (
            _ByInput.apply(direction, grad, input.shape, ctx.options),
            _Output.apply(input, direction, ctx.options),
            None,
            None,
        )


class Conv2dFunction__numpy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, bias, stride, padding, dilation, groups):
        ctx.save_for_backward(input, weight)
        ctx.options = (_pair(stride), _pair(padding), _pair(dilation), groups)
        output = _tensor(_conv(*_numpy(input, weight), ctx.options))
        return output if bias is None else output + bias[:, None, None]

    @staticmethod
    def backward(ctx, grad_output):
        input, weight = ctx.saved_tensors
        needs = ctx.needs_input_grad
        return (
            _ByInput.apply(weight, grad_output, input.shape, ctx.options) if needs[0] else None,
            _ByWeight.apply(input, grad_output, weight.shape, ctx.options) if needs[1] else None,
            grad_output.sum(dim=(0, 2, 3)) if needs[2] else None,
            *(None,) * 4,
        )


class Conv2dFunction__columns(torch.autograd.Function):
    """Matrix products on unfolded columns: only operations that autograd knows, so it can go on."""

    @staticmethod
    def forward(ctx, input, weight, bias, stride, padding, dilation, groups):
        ctx.save_for_backward(input, weight)
        ctx.groups = groups
        ctx.options = dict(
            kernel_size=tuple(weight.shape[2:]),
            stride=_pair(stride),
            padding=_pair(padding),
            dilation=_pair(dilation),
        )
        columns = torch.nn.functional.unfold(input, **ctx.options)
        blocks = columns.reshape(len(input), groups, -1, columns.shape[-1])
        kernels = weight.reshape(groups, len(weight) // groups, -1)
        output = (kernels @ blocks).reshape(len(input), len(weight), -1)
        if bias is not None:
            output = output + bias.reshape(1, -1, 1)
        reach = [
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, p, d, k, s in zip(
                input.shape[2:],
                ctx.options["padding"],
                ctx.options["dilation"],
                ctx.options["kernel_size"],
                ctx.options["stride"],
            )
        ]
        return output.reshape(len(input), len(weight), *reach)

    @staticmethod
    def backward(ctx, grad_output):
        input, weight = ctx.saved_tensors
        grads = grad_output.reshape(len(input), ctx.groups, len(weight) // ctx.groups, -1)
        kernels = weight.reshape(ctx.groups, len(weight) // ctx.groups, -1)
        results = [None] * 7
        if ctx.needs_input_grad[0]:
            columns = kernels.transpose(1, 2) @ grads
            columns = columns.reshape(len(input), -1, grads.shape[-1])
            results[0] = torch.nn.functional.fold(columns, tuple(input.shape[2:]), **ctx.options)
        if ctx.needs_input_grad[1]:
            columns = torch.nn.functional.unfold(input, **ctx.options)
            blocks = columns.reshape(len(input), ctx.groups, -1, columns.shape[-1])
            results[1] = (grads @ blocks.transpose(2, 3)).sum(0).reshape(weight.shape)
        if ctx.needs_input_grad[2]:
            results[2] = grad_output.sum(-1).sum(-1).sum(0)
        return tuple(results)


class Conv2dFunction__setup_context(torch.autograd.Function):
    """The newer form with setup_context, and the operation that torch's own backward is."""

    @staticmethod
    def forward(input, weight, bias, stride, padding, dilation, groups):
        return torch.nn.functional.conv2d(input, weight, bias, stride, padding, dilation, groups)

    @staticmethod
    def setup_context(ctx, inputs, output):
        input, weight, bias, *ctx.options = inputs
        ctx.save_for_backward(input, weight)
        ctx.has_bias = bias is not None

    @staticmethod
    def backward(ctx, grad_output):
        input, weight = ctx.saved_tensors
        stride, padding, dilation, groups = ctx.options
        return (
            *torch.ops.aten.convolution_backward(
                grad_output,
                input,
                weight,
                [weight.shape[0]] if ctx.has_bias else None,
                _pair(stride),
                _pair(padding),
                _pair(dilation),
                False,
                (0, 0),
                groups,
                list(ctx.needs_input_grad[:3]),
            ),
            None,
            None,
            None,
            None,
        )


class Conv2d__kaiming(torch.nn.Module):
    """torch's own way to start: kaiming_uniform_ with a = √5."""

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        bias=True,
    ):
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = _pair(kernel_size)
        self.stride, self.padding, self.dilation = stride, padding, dilation
        self.groups = groups
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = torch.nn.Parameter(torch.empty(shape))
        torch.nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if bias:
            self.bias = torch.nn.Parameter(torch.empty(out_channels))
            fan_in, _ = torch.nn.init._calculate_fan_in_and_fan_out(self.weight)
            torch.nn.init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))
        else:
            self.bias = None

    def forward(self, input):
        return Conv2dFunction__columns.apply(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
        )


class Conv2d__rand(torch.nn.Module):
    """The bias first, numbers between 0 and 1 stretched, and NumPy inside the forward."""

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        bias=True,
    ):
        super().__init__()
        height, width = self.kernel_size = _pair(kernel_size)
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.stride, self.padding, self.dilation = map(_pair, (stride, padding, dilation))
        bound = (in_channels // groups * height * width) ** -0.5

        def drawn(*shape):
            return torch.nn.Parameter((2 * torch.rand(*shape) - 1) * bound)

        self.register_parameter("bias", drawn(out_channels) if bias else None)
        self.weight = drawn(out_channels, in_channels // groups, height, width)

    def forward(self, input):
        options = (self.stride, self.padding, self.dilation, self.groups)
        return Conv2dFunction__numpy.apply(input, self.weight, self.bias, *options)
