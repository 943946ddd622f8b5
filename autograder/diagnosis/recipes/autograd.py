"""A torch.autograd.Function and a torch.nn.Module, cut into decisions.

As in ``forward``: a recipe is a class whose methods are the decisions, and the plain recipe makes
no mistake. The classes that PyTorch wants are made around a recipe when one is asked for: torch is
imported then, and not before.
"""

from __future__ import annotations

from typing import Any


class Plug:
    """Conv2dFunction. ``F`` is torch.nn.functional, ``grad`` is torch.nn.grad."""

    def output(self, F: Any, input: Any, weight: Any, bias: Any, options: Any) -> Any:
        return F.conv2d(input, weight, bias, *options)

    def keep(self, ctx: Any, input: Any, weight: Any) -> None:
        """What forward leaves for backward."""
        ctx.save_for_backward(input, weight)

    def kept(self, ctx: Any) -> tuple[Any, Any]:
        input, weight = ctx.saved_tensors
        return input, weight

    def needed(self, ctx: Any) -> tuple[bool, ...]:
        """Which gradients are computed: by input, by weight, by bias."""
        return tuple(ctx.needs_input_grad[:3])

    def backward_options(self, options: Any) -> Any:
        return options

    def upstream(self, grad_output: Any) -> Any:
        return grad_output

    def by_input(self, grad: Any, input: Any, weight: Any, upstream: Any, options: Any) -> Any:
        return grad.conv2d_input(input.shape, weight, upstream, *options)

    def by_weight(self, grad: Any, input: Any, weight: Any, upstream: Any, options: Any) -> Any:
        return grad.conv2d_weight(input, weight.shape, upstream, *options)

    def by_bias(self, upstream: Any) -> Any:
        return upstream.sum((0, 2, 3))

    def returned(self, gradients: list[Any]) -> tuple[Any, ...]:
        """What backward hands back: a value for each argument of forward."""
        return (*gradients, None, None, None, None)

    def made(self, function: Any, torch: Any) -> Any:
        """The class as the learner would hand it in."""
        return function


def function(recipe: Plug) -> Any:
    """A torch.autograd.Function that decides as the recipe does."""
    import torch

    class Conv2dFunction(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, input: Any, weight: Any, bias: Any, *options: Any) -> Any:
            recipe.keep(ctx, input, weight)
            ctx.options = options
            return recipe.output(torch.nn.functional, input, weight, bias, options)

        @staticmethod
        def backward(ctx: Any, grad_output: Any) -> Any:
            needed, (input, weight) = recipe.needed(ctx), recipe.kept(ctx)
            given = (torch.nn.grad, input, weight, recipe.upstream(grad_output))
            options = recipe.backward_options(ctx.options)
            gradients = [
                recipe.by_input(*given, options) if needed[0] else None,
                recipe.by_weight(*given, options) if needed[1] else None,
                recipe.by_bias(given[3]) if needed[2] else None,
            ]
            return recipe.returned(gradients)

    return recipe.made(Conv2dFunction, torch)


class Layer:
    """Conv2d."""

    def pair(self, option: Any) -> tuple[Any, Any]:
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    def stored(self, options: dict[str, Any]) -> dict[str, Any]:
        """The attributes that the options become."""
        return {name: self.pair(option) for name, option in options.items()}

    def used(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options of forward: stride, padding, dilation, groups."""
        return options

    def weight_shape(self, in_channels: int, out_channels: int, groups: int, kernel: Any) -> Any:
        return (out_channels, in_channels // groups, *kernel)

    def fan_in(self, in_channels: int, out_channels: int, groups: int, kernel: Any) -> int:
        return int(in_channels // groups * kernel[0] * kernel[1])

    def start_weight(self, torch: Any, weight: Any, fan_in: int) -> None:
        weight.uniform_(-(fan_in**-0.5), fan_in**-0.5)

    def start_bias(self, torch: Any, bias: Any, fan_in: int) -> None:
        bias.uniform_(-(fan_in**-0.5), fan_in**-0.5)

    def seeded(self, torch: Any) -> None:
        """What happens before the weight is drawn."""

    def has_bias(self, bias: bool) -> bool:
        return bias

    def held(self, torch: Any, module: Any, name: str, start: Any) -> None:
        """Make ``start`` the module's weight or bias; None where there is none."""
        module.register_parameter(name, None if start is None else torch.nn.Parameter(start))

    def linked(self, weight: Any) -> Any:
        """The weight as forward uses it."""
        return weight

    def convolved(
        self, torch: Any, input: Any, weight: Any, bias: Any, options: dict[str, Any]
    ) -> Any:
        return function(Plug()).apply(input, weight, bias, *options.values())


def module(recipe: Layer) -> Any:
    """A torch.nn.Module that decides as the recipe does."""
    import torch

    class Conv2d(torch.nn.Module):
        def __init__(
            self,
            in_channels: int,
            out_channels: int,
            kernel_size: Any,
            stride: Any = 1,
            padding: Any = 0,
            dilation: Any = 1,
            groups: int = 1,
            bias: bool = True,
        ) -> None:
            super().__init__()
            options = {"stride": stride, "padding": padding, "dilation": dilation}
            kernel = recipe.pair(kernel_size)
            counts = (in_channels, out_channels, groups, kernel)
            self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
            self.kernel_size = kernel
            for name, option in recipe.stored(options).items():
                setattr(self, name, option)
            fan_in = recipe.fan_in(*counts)
            recipe.seeded(torch)
            weight = torch.empty(recipe.weight_shape(*counts))
            recipe.start_weight(torch, weight, fan_in)
            start = torch.empty(out_channels) if recipe.has_bias(bias) else None
            if start is not None:
                recipe.start_bias(torch, start, fan_in)
            recipe.held(torch, self, "weight", weight)
            recipe.held(torch, self, "bias", start)

        def forward(self, input: Any) -> Any:
            options = {
                "stride": self.stride,
                "padding": self.padding,
                "dilation": self.dilation,
                "groups": self.groups,
            }
            weight = recipe.linked(self.weight)
            return recipe.convolved(torch, input, weight, self.bias, recipe.used(options))

    return Conv2d
