# ---
# jupyter:
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
# # 10 · MiniConv
#
# The last assignment has no new formula in it. You put together what you know into one class that does what
# `torch.nn.Conv1d`, `Conv2d` and `Conv3d` do, forward and backward, and then you write the examination that
# every wrong convolution of this course fails. The exercises belong to chapter 10 of the book, "MiniConv".
#
# **The rules.** Use Python and NumPy. Library functions that do the convolving for you are not there
# when your work is graded.
# Every array that you return is a new one: it shares no memory with those that you were given.

# %%
import numpy as np

from autograder import check

# %% [markdown]
# ## 10.1 One layer with every option
#
# *Difficulty 5 of 5 · 60 minutes · 12 points*
#
# `MiniConv(weight, bias=None, stride=1, padding=0, dilation=1, groups=1, padding_mode="zeros")` makes a layer.
# The weight says how many axes it works on: `(C_out, C_in / groups, k)` is a layer in one dimension,
# `(C_out, C_in / groups, kH, kW)` in two, `(C_out, C_in / groups, kD, kH, kW)` in three.
#
# | option | is |
# | --- | --- |
# | `stride`, `dilation` | a number for all axes, or a tuple with one for each |
# | `padding` | the same, or `"valid"`, or `"same"` (with stride 1; where the number of elements is odd, the odd one goes behind) |
# | `groups` | as in chapter 2 |
# | `padding_mode` | what the border holds: `"zeros"`; `"reflect"`: the elements mirrored at the first and the last, which are not repeated; `"replicate"`: the first and the last element again and again; `"circular"`: the other end, as if the axis were a ring |
#
# Its methods:
#
# * `forward(input)` takes `(N, C_in, …)`, or `(C_in, …)` for one sample without a batch axis; the output then has none either.
# * `backward(grad_output)` belongs to the last `forward`. It returns `grad_input` and leaves `grad_weight` and
#   `grad_bias` in attributes of these names. A second use of the layer starts afresh: nothing adds up.
#
# And the contract of chapter 2: every result has the dtype `np.result_type` of the arrays it was computed from,
# arguments are never changed, and sizes that do not go together are refused with a `ValueError` that names them:
# channels, the bias's length, filters that the groups do not divide, a kernel that does not fit, a
# `grad_output` that is not of the output's shape, a reflection by as many elements as there are or more, and a ring
# that would go round more than once.


# %% solution="MiniConv"
class MiniConv:
    """A convolution layer in 1, 2 or 3 dimensions, forward and backward.

    weight: (C_out, C_in / groups, kernel sizes…). bias: (C_out,) or None.
    """

    def __init__(
        self,
        weight,
        bias=None,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        padding_mode="zeros",
    ):
        ### BEGIN SOLUTION
        # canary-6b1f0e9d
        axes = weight.ndim - 2
        if axes not in (1, 2, 3):
            raise ValueError(f"weight has {weight.ndim} axes; a layer needs 3, 4 or 5")

        def each(option, name):
            numbers = tuple(option) if isinstance(option, (tuple, list)) else (option,) * axes
            if len(numbers) != axes:
                raise ValueError(f"{name} {option} has {len(numbers)} numbers for {axes} axes")
            return numbers

        self.weight, self.bias, self.groups = weight, bias, groups
        self.stride, self.dilation = each(stride, "stride"), each(dilation, "dilation")
        if min(*self.stride, *self.dilation, groups) < 1:
            raise ValueError(
                f"stride {stride}, dilation {dilation} and groups {groups} must be at least 1"
            )
        filters, kernel_size = weight.shape[0], weight.shape[2:]
        if filters % groups:
            raise ValueError(
                f"{filters} filters (axis 0 of weight) do not divide into {groups} groups"
            )
        if bias is not None and bias.shape != (filters,):
            raise ValueError(f"bias has shape {bias.shape}, but there are {filters} filters")
        self.reach = [d * (k - 1) + 1 for d, k in zip(self.dilation, kernel_size)]
        if padding == "same":
            if max(self.stride) > 1:
                raise ValueError(f"padding 'same' needs stride 1, not {stride}")
            self.border = [((r - 1) // 2, r - 1 - (r - 1) // 2) for r in self.reach]
        elif padding == "valid":
            self.border = [(0, 0)] * axes
        elif isinstance(padding, str):
            raise ValueError(f"padding is 'same', 'valid' or numbers, not {padding!r}")
        else:
            self.border = [(p, p) for p in each(padding, "padding")]
            if min(each(padding, "padding")) < 0:
                raise ValueError(f"padding must not be negative, but is {padding}")
        modes = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
        if padding_mode not in modes:
            raise ValueError(f"padding_mode is one of {', '.join(modes)}, not {padding_mode!r}")
        self.mode = modes[padding_mode]
        self.grad_weight = self.grad_bias = None
        ### END SOLUTION

    def forward(self, input):
        """(N, C_in, …) -> (N, C_out, …), or the same without the batch."""
        ### BEGIN SOLUTION
        # canary-6b1f0e9d
        axes = len(self.stride)
        self.unbatched = input.ndim == axes + 1
        if input.ndim not in (axes + 1, axes + 2):
            raise ValueError(
                f"input has {input.ndim} axes; this layer takes {axes + 2} or {axes + 1}"
            )
        input = input[np.newaxis] if self.unbatched else input
        channels = input.shape[1]
        if channels != self.weight.shape[1] * self.groups:
            raise ValueError(
                f"input has {channels} channels, but weight takes {self.weight.shape[1]} in each of "
                f"{self.groups} groups"
            )
        # Padding of every kind copies elements, so along each axis it is a matrix of zeros and ones.
        self.copies = [self._copies(n, axis) for axis, n in enumerate(input.shape[2:])]
        padded = input
        for axis, matrix in enumerate(self.copies):
            padded = self._along(matrix, padded, 2 + axis)
        for axis, (size, reach) in enumerate(zip(padded.shape[2:], self.reach)):
            if size < reach:
                raise ValueError(
                    f"the kernel reaches over {reach} elements of axis {2 + axis}, which has {size} "
                    "with its padding"
                )
        self.size = tuple(
            (n - r) // s + 1 for n, r, s in zip(padded.shape[2:], self.reach, self.stride)
        )
        self.padded = padded  # a new array: _along copies
        output = np.zeros(
            (len(input), self.groups, len(self.weight) // self.groups, *self.size),
            dtype=np.result_type(input, self.weight),
        )
        for tap, met in self._taps(padded):
            output += np.einsum("ngc...,gfc->ngf...", met, self._kernel(self.weight)[..., *tap])
        output = output.reshape(len(input), len(self.weight), *self.size)
        if self.bias is not None:
            output = output + self.bias.reshape(-1, *[1] * axes)
        return output[0] if self.unbatched else output
        ### END SOLUTION

    def backward(self, grad_output):
        """grad_input, for the last output; sets grad_weight and grad_bias."""
        ### BEGIN SOLUTION
        # canary-6b1f0e9d
        grad = grad_output[np.newaxis] if self.unbatched else grad_output
        expected = (len(self.padded), len(self.weight), *self.size)
        if grad.shape != expected:
            raise ValueError(f"grad_output has shape {grad.shape}, but the output had {expected}")
        dtype = np.result_type(self.padded, self.weight, grad)
        grouped = grad.reshape(len(grad), self.groups, -1, *self.size)
        grad_weight = np.zeros(self.weight.shape, dtype=dtype)
        grad_padded = np.zeros(self.padded.shape, dtype=dtype)
        flat = grouped.reshape(*grouped.shape[:3], -1)
        # One loop nest, two more left-hand sides.
        for (tap, met), (_, into) in zip(self._taps(self.padded), self._taps(grad_padded)):
            met = met.reshape(*met.shape[:3], -1)
            self._kernel(grad_weight)[..., *tap] = np.einsum("ngfp,ngcp->gfc", flat, met)
            into += np.einsum("ngf...,gfc->ngc...", grouped, self._kernel(self.weight)[..., *tap])
        self.grad_weight = grad_weight
        if self.bias is not None:
            self.grad_bias = grad.sum(axis=(0, *range(2, grad.ndim)), dtype=grad.dtype)
        grad_input = grad_padded
        for axis, matrix in enumerate(self.copies):
            grad_input = self._along(matrix.T, grad_input, 2 + axis)
        return grad_input[0] if self.unbatched else grad_input

    def _kernel(self, weight):
        """A view (groups, C_out / groups, C_in / groups, …) of the weight or its gradient."""
        return weight.reshape(self.groups, -1, *weight.shape[1:])

    def _copies(self, size, axis):
        """(padded size, size): which element each place of the padded axis is a copy of."""
        border = self.border[axis]
        most = {"reflect": size - 1, "wrap": size}.get(self.mode, max(border))
        if max(border) > most:
            raise ValueError(
                f"a border of {max(border)} elements is too long for axis {2 + axis} of {size}"
            )
        source = np.pad(np.arange(1, size + 1), border, self.mode)
        return source[:, np.newaxis] == np.arange(1, size + 1)

    def _taps(self, padded):
        """Each tap, and the view (N, groups, C / groups, …) of what it meets at every stop."""
        grouped = padded.reshape(len(padded), self.groups, -1, *padded.shape[2:])
        for tap in np.ndindex(*self.weight.shape[2:]):
            starts = [t * d for t, d in zip(tap, self.dilation)]
            stops = [
                slice(start, start + stride * (size - 1) + 1, stride)
                for start, stride, size in zip(starts, self.stride, self.size)
            ]
            yield tap, grouped[:, :, :, *stops]

    def _along(self, matrix, array, axis):
        """The matrix times each line of the array along an axis; a new array of the array's dtype."""
        moved = np.tensordot(matrix.astype(array.dtype), array, (1, axis))
        return np.moveaxis(moved, 0, axis)
        ### END SOLUTION


# %% test="MiniConv" points=12
check(MiniConv, "MiniConv", points=12)
### BEGIN HIDDEN TESTS
check(MiniConv, "MiniConv", hidden=True, points=12)
### END HIDDEN TESTS

# %% [markdown]
# ## 10.2 The zoo
#
# *Difficulty 5 of 5 · 30 minutes · 6 points*
#
# Every catalogued mistake of `conv2d` and of `conv2d_backward` that changes a number sits in a cage, in all of its
# forms. Write at most **four** probes that find every one of them out.
#
# A probe is a dictionary of arguments: `input`, `weight`, perhaps `bias`, `stride`, `padding`, `dilation`, `groups`,
# perhaps `grad_output`. It is put to the forward pass; and where it has a `grad_output` (of the output's shape),
# to the backward pass as well, without the bias. The backward pass does not know the padding `'same'`. Each must be a call
# that the right functions accept.
#
# A mistake is found out when each of its forms returns something wrong for at least one of your probes, or fails. You earn a
# part of the points for each.


# %% solution="zoo"
def zoo() -> list[dict]:
    """At most four probes: dict(input=…, weight=…, grad_output=…, stride=2)."""
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    rng = np.random.default_rng(0)

    def whole(*shape):
        return (rng.integers(1, 9, size=shape) * rng.choice([-1, 1], size=shape)).astype(float)

    return [
        # Every option, and a border that the kernel reaches past: three groups, two axes apart.
        dict(
            input=whole(2, 6, 4, 4),
            weight=whole(6, 2, 3, 2),
            bias=whole(6),
            grad_output=whole(2, 6, 4, 2),
            stride=2,
            padding=(3, 1),
            dilation=(1, 2),
            groups=3,
        ),
        # No border on one axis, and a stride that is not the same on both.
        dict(
            input=whole(2, 3, 5, 6),
            weight=whole(3, 1, 1, 3),
            grad_output=whole(2, 3, 2, 3),
            stride=(3, 2),
            padding=(0, 3),
            dilation=(1, 3),
            groups=3,
        ),
        # 'same' with an odd number of zeros.
        dict(input=whole(1, 1, 3, 3), weight=whole(2, 1, 2, 2), padding="same"),
        # Stride 1: what is right only then must not be right here for another reason.
        dict(
            input=whole(1, 6, 7, 5),
            weight=whole(3, 2, 3, 3),
            grad_output=whole(1, 3, 9, 7),
            padding=2,
            groups=3,
        ),
    ]
    ### END SOLUTION


# %% test="zoo" points=6
check(zoo, "zoo", points=6)
### BEGIN HIDDEN TESTS
check(zoo, "zoo", hidden=True, points=6)
### END HIDDEN TESTS
