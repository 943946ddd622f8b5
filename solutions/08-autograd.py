# ---
# jupyter:
#   autograder:
#     libraries: [torch]
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 8 · Plugging into PyTorch
#
# Your convolution becomes a citizen of PyTorch: autograd records it, optimisers train it, checkpoints load into it. The
# exercises belong to chapter 8 of the book, "Plugging into PyTorch".
#
# **The rules.** This is the one notebook in which torch is there, and its convolutions are building material:
# `torch.nn.functional.conv2d`, `torch.nn.grad.conv2d_input` and `conv2d_weight`. You may just as well call your own NumPy functions
# from chapters 2 and 4; both count. What is graded is the plugging: what is recorded, what is saved, what is handed back.

# %%
import torch

from autograder import check

# %% [markdown]
# ## 8.1 A Function that autograd can use
#
# *Difficulty 4 of 5 · 20 minutes · 5 points*
#
# `Conv2dFunction.apply(input, weight, bias, stride, padding, dilation, groups)` is a convolution. `bias` may be `None`; the options are
# ints or pairs (height, width). Two static methods say what happens:
#
# * `forward(ctx, …)` computes the output, and keeps what backward needs: tensors with `ctx.save_for_backward`, so that PyTorch
#   notices when one of them is changed before backward uses it; options as attributes of `ctx`.
# * `backward(ctx, grad_output)` returns one value for **each** argument of forward: a gradient for each of the three tensors, `None` for
#   each option. A gradient that nobody needs is not computed: `ctx.needs_input_grad` says which are wanted, and for the others
#   the answer is `None`.
#
# Tensors may be float32 or float64, and need not be contiguous. None of them is changed.


# %% solution="Conv2dFunction"
class Conv2dFunction(torch.autograd.Function):
    """A convolution with its gradients.

    apply(input, weight, bias, stride, padding, dilation, groups).
    """

    @staticmethod
    def forward(ctx, input, weight, bias, stride, padding, dilation, groups):
        """input: (N, C_in, H, W). weight: (C_out, C_in / groups, kH, kW).

        bias: (C_out,) or None. Returns (N, C_out, H_out, W_out).
        """
        ### BEGIN SOLUTION
        # canary-6b1f0e9d
        ctx.save_for_backward(input, weight)
        ctx.options = (stride, padding, dilation, groups)
        return torch.nn.functional.conv2d(input, weight, bias, *ctx.options)
        ### END SOLUTION

    @staticmethod
    def backward(ctx, grad_output):
        """One value for each argument of forward: a gradient, or None."""
        ### BEGIN SOLUTION
        # canary-6b1f0e9d
        input, weight = ctx.saved_tensors
        by_input = by_weight = by_bias = None
        if ctx.needs_input_grad[0]:
            by_input = torch.nn.grad.conv2d_input(input.shape, weight, grad_output, *ctx.options)
        if ctx.needs_input_grad[1]:
            by_weight = torch.nn.grad.conv2d_weight(input, weight.shape, grad_output, *ctx.options)
        if ctx.needs_input_grad[2]:
            by_bias = grad_output.sum((0, 2, 3))
        return by_input, by_weight, by_bias, None, None, None, None
        ### END SOLUTION


# %% test="Conv2dFunction" points=5
check(Conv2dFunction, "Conv2dFunction", points=5)
### BEGIN HIDDEN TESTS
check(Conv2dFunction, "Conv2dFunction", hidden=True, points=5)
### END HIDDEN TESTS

# %% [markdown]
# ## 8.2 Gradients of gradients
#
# *Difficulty 4 of 5 · 10 minutes · 3 points*
#
# The second stage, `Conv2dFunction.double`, asks for the same class. With `create_graph=True` PyTorch records what backward does,
# in order to differentiate it too. So what backward returns must be made, by operations that autograd knows, from the tensors that `ctx.saved_tensors`
# gives back and from `grad_output`. If your backward leaves for NumPy, it has to call Functions of its own, each with a
# backward (and no new formula is needed for them: think of what the gradients of a trilinear form are).

# %% test="Conv2dFunction.double" points=3
check(Conv2dFunction, "Conv2dFunction.double", points=3)
### BEGIN HIDDEN TESTS
check(Conv2dFunction, "Conv2dFunction.double", hidden=True, points=3)
### END HIDDEN TESTS

# %% [markdown]
# PyTorch has a judge of its own. `gradcheck` nudges every element and compares; `gradgradcheck` does it to the gradients.
# Both want float64, and neither looks at what the first check above looks at.


# %%
def gradcheck():
    """True if PyTorch's own checks hold."""
    rng = torch.Generator().manual_seed(0)
    tensors = [
        torch.randn(size, generator=rng, dtype=torch.float64, requires_grad=True)
        for size in ((2, 4, 5, 6), (6, 2, 3, 2), (6,))
    ]
    arguments = (*tensors, (2, 1), (1, 0), 1, 2)
    apply = Conv2dFunction.apply
    return torch.autograd.gradcheck(apply, arguments) and torch.autograd.gradgradcheck(
        apply, arguments
    )


# gradcheck()  # uncomment this when you have written the Function

# %% [markdown]
# ## 8.3 A module like torch's
#
# *Difficulty 3 of 5 · 25 minutes · 4 points*
#
# `Conv2d(in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True)` is a `torch.nn.Module` that
# stands in for torch's own:
#
# * its `state_dict()` has the same names and shapes, so that a checkpoint of `torch.nn.Conv2d` loads into it;
# * it stores its options under torch's names (`in_channels`, …, `groups`), as ints or pairs; without a bias, `bias` is `None`;
# * it starts as torch's does: weight and bias uniform between $-1/\sqrt{n}$ and $1/\sqrt{n}$, where $n$ is the number of inputs of one output,
#   and different for every layer that is made;
# * its forward is your `Conv2dFunction`, and nothing beside it: the check asks the output what made it.


# %% solution="Conv2d"
class Conv2d(torch.nn.Module):
    """A layer with torch.nn.Conv2d's constructor, start and state_dict."""

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

        ### BEGIN SOLUTION
        # canary-6b1f0e9d
        def pair(option):
            return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride = pair(kernel_size), pair(stride)
        self.padding, self.dilation = pair(padding), pair(dilation)
        self.weight = torch.nn.Parameter(
            torch.empty(out_channels, in_channels // groups, *self.kernel_size)
        )
        bound = self.weight[0].numel() ** -0.5
        torch.nn.init.uniform_(self.weight, -bound, bound)
        # Registered even when there is none: `bias` is a name that the module answers to.
        start = torch.empty(out_channels).uniform_(-bound, bound) if bias else None
        self.register_parameter("bias", torch.nn.Parameter(start) if bias else None)
        ### END SOLUTION

    def forward(self, input):
        """(N, in_channels, H, W) -> (N, out_channels, H_out, W_out)."""
        ### BEGIN SOLUTION
        # canary-6b1f0e9d
        options = (self.stride, self.padding, self.dilation, self.groups)
        return Conv2dFunction.apply(input, self.weight, self.bias, *options)
        ### END SOLUTION


# %% test="Conv2d" points=4
check(Conv2d, "Conv2d", points=4)
### BEGIN HIDDEN TESTS
check(Conv2d, "Conv2d", hidden=True, points=4)
### END HIDDEN TESTS
