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
# # 3 · Why the gradient of a sum lies
#
# Before you write a gradient, you build what will judge it: a numerical gradient, a measure of how far two
# gradients are apart, and a test that needs no tolerance. Then you find out what even a good test cannot
# see. The exercises belong to chapter 3 of the book, "Why the gradient of a sum lies".
#
# `grad_output` is the upstream gradient: the slope of the loss along each element of the output. It
# has the output's shape.
#
# **The rules.** Use Python and NumPy. Libraries that differentiate for you (torch, autograd,
# `scipy.optimize`) are not there when your work is graded.

# %%
import numpy as np

from autograder import check

# %% [markdown]
# ## 3.1 Equal rows
#
# *Difficulty 2 of 5 · 10 minutes · 2 points*
#
# The course grew out of a notebook, the seed. Its layer has five filters with random weights, kernels of
# 3×2 and stride 2, and its input is 14 random samples with 4 channels. After
#
#     l = output.sum()
#     l.backward()
#
# the gradient of the weight is printed. It has the shape (5, 4, 3, 2), and all five filters have the
# same 4×3×2 numbers. Answer each question with one of its four answers, word for word.
#
# | part | the question | the answers |
# | --- | --- | --- |
# | `"upstream"` | What was `output.grad`? | `"the output"`, `"ones"`, `"the total"`, `"random numbers"` |
# | `"why"` | Why do all filters get the same gradient? They share … | `"a starting weight"`, `"a bias"`, `"an average"`, `"input and upstream"` |
# | `"passes"` | Which wrong gradient of the weight would agree with this printout? One that … | `"ignores the upstream"`, `"ignores the stride"`, `"keeps the last sample"`, `"is mirrored"` |
# | `"cure"` | Which loss would have told the filters apart? | `"the mean"`, `"a weighted sum"` (each element times a random number of its own), `"twice the sum"`, `"the sum for more samples"` |


# %% solution="equal_rows"
def equal_rows() -> dict[str, str]:
    """One answer for each of "upstream", "why", "passes" and "cure"."""
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    return {
        "upstream": "ones",
        "why": "input and upstream",
        "passes": "ignores the upstream",
        "cure": "a weighted sum",
    }
    ### END SOLUTION


# %% test="equal_rows" points=2
check(equal_rows, "equal_rows", points=2)
### BEGIN HIDDEN TESTS
check(equal_rows, "equal_rows", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 3.2 A numerical gradient
#
# *Difficulty 3 of 5 · 25 minutes · 5 points*
#
# The loss is $L(x) = \sum$ `grad_output * f(x)`, one number. Return its slope along every element of `x`
# by central differences: move one element by `eps` up and by `eps` down, and divide what the loss
# changes by the distance between the two places. Use the `eps` that you are given.
#
# * `f` takes an array of `x`'s shape. It returns an array, or one number, and then `grad_output` is one too.
# * `f` may return its own argument, or a view of it (as `lambda x: x.T` does). It does not change it.
# * `x` may be float32, or hold integers. Compute in float64 whatever it is, and return float64.
# * `x` is the caller's. When your function is done it holds what it held before, to the last bit,
#   also when `f` raises an error halfway.
# * If `f(x)` and `grad_output` do not have the same shape, raise a `ValueError` that names both shapes.
#   NumPy would stretch one to fit the other, and the check would pass or fail for no reason.


# %% solution="numerical_gradient"
def numerical_gradient(f, x, grad_output, eps: float = 1e-6) -> np.ndarray:
    """The gradient of sum(grad_output * f(x)) by x, by central differences.

    f: a function of an array like x. x: an array of any shape, left as it is.
    grad_output: of f(x)'s shape. eps: the step, up and down.
    Returns a float64 array of x's shape.
    Raises ValueError where f(x) and grad_output differ in shape.
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    point = np.array(x, dtype=np.float64)  # a copy: the caller's x is never touched
    upstream = np.asarray(grad_output, dtype=np.float64)
    shape = np.shape(f(point))
    if shape != upstream.shape:
        raise ValueError(f"f(x) has shape {shape}, but grad_output has shape {upstream.shape}")
    gradient = np.zeros(point.shape)
    for place in np.ndindex(point.shape):
        kept = point[place]
        point[place] = kept + eps
        above = np.sum(upstream * f(point))  # a number at once: f may have returned a view
        point[place] = kept - eps
        below = np.sum(upstream * f(point))
        point[place] = kept  # put back, not added back: that would round
        gradient[place] = (above - below) / (2 * eps)
    return gradient
    ### END SOLUTION


# %%
# A place to try it out: the slope of x² is 2x.
# numerical_gradient(lambda x: x**2, np.array([1.0, 2.0, 3.0]), np.ones(3))

# %% test="numerical_gradient" points=5
check(numerical_gradient, "numerical_gradient", points=5)
### BEGIN HIDDEN TESTS
check(numerical_gradient, "numerical_gradient", hidden=True, points=5)
### END HIDDEN TESTS

# %% [markdown]
# ## 3.3 How far apart
#
# *Difficulty 2 of 5 · 7 minutes · 2 points*
#
# One number for two arrays `a` and `b` of one shape: the largest difference, measured by the largest
# magnitude that occurs in either of them.
#
# $$
# \frac{\max_i |a_i - b_i|}{\max\left(\max_i |a_i|,\; \max_i |b_i|\right)}
# $$
#
# * If both arrays are zero everywhere the result is 0.0. Nothing is added to the denominator.
# * If there is a NaN or an infinity in either array, the result is NaN, so that no comparison with a
#   tolerance can pass.
# * Compute in float64, whatever the arrays are (they may be numbers, too), and return a float.
# * Arrays of different shapes are refused with a `ValueError` that names both shapes.


# %% solution="relative_error"
def relative_error(a, b) -> float:
    """The largest |a - b|, relative to the largest magnitude in either.

    a, b: arrays (or numbers) of one shape.
    Returns 0.0 where both are zero, NaN where either holds something that is
    not finite. Raises ValueError where the shapes differ.
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape}, but b has shape {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    largest = max(np.max(np.abs(a), initial=0.0), np.max(np.abs(b), initial=0.0))
    return 0.0 if largest == 0 else float(np.max(np.abs(a - b)) / largest)
    ### END SOLUTION


# %% test="relative_error" points=2
check(relative_error, "relative_error", points=2)
### BEGIN HIDDEN TESTS
check(relative_error, "relative_error", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 3.4 The dot-product test
#
# *Difficulty 2 of 5 · 8 minutes · 2 points*
#
# `f` is linear, and somebody says that `f_adjoint` is its adjoint. Then these two numbers are equal for
# all `x` and `y`:
#
# $$
# l = \sum f(x) \cdot y \qquad\qquad r = \sum x \cdot f^*(y)
# $$
#
# Return their relative error, $|l - r| \,/ \max(|l|, |r|)$, and 0.0 where both are zero. If something
# is not finite, the result is NaN.
#
# Compute the two sums in float64. Refuse with a `ValueError` that names both shapes if `f(x)` does not
# have `y`'s shape, or `f_adjoint(y)` not `x`'s: an adjoint goes the whole way back.


# %% solution="dot_test"
def dot_test(f, f_adjoint, x, y) -> float:
    """The relative error of <f(x), y> and <x, f_adjoint(y)>: 0.0 if equal.

    f, f_adjoint: functions of one array.
    x, y: arrays, of the shapes that f takes and returns.
    Raises ValueError where what a function returns does not have the other
    array's shape.
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    x, y = np.asarray(x), np.asarray(y)
    there, back = np.asarray(f(x)), np.asarray(f_adjoint(y))
    if there.shape != y.shape:
        raise ValueError(f"f(x) has shape {there.shape}, but y has shape {y.shape}")
    if back.shape != x.shape:
        raise ValueError(f"f_adjoint(y) has shape {back.shape}, but x has shape {x.shape}")

    def dot(one, other):
        return np.sum(one.astype(np.float64) * other.astype(np.float64))

    return relative_error(dot(there, y), dot(x, back))
    ### END SOLUTION


# %% test="dot_test" points=2
check(dot_test, "dot_test", points=2)
### BEGIN HIDDEN TESTS
check(dot_test, "dot_test", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 3.5 Consistent, but wrong
#
# *Difficulty 4 of 5 · 30 minutes · 5 points*
#
# Five people test a convolution layer, each with a test that is a little too kind. Fool them all.
#
# Return a dictionary with five pairs `(forward, backward)` of plain functions, one for each tester:
#
#     forward(input, weight)                -> output
#     backward(grad_output, input, weight)  -> (grad_input, grad_weight)
#
# All arrays have two axes. A **right** forward is chapter 1's `cross_correlate2d` with stride 1, and a
# right backward gives the two gradients of `sum(grad_output * output)`. Each array that you return must have
# the shape of the right one: nobody is fooled by a wrong shape. Your functions must not change their arguments,
# and must return the same for the same arguments.
#
# | pair | the tester who must be satisfied | and what must be wrong all the same |
# | --- | --- | --- |
# | `"own forward"` | compares your backward with a numerical gradient of *your* forward, at random points, with a random `grad_output` | `forward` is not the cross-correlation |
# | `"ones"` | compares your backward with the right one, always with a `grad_output` of ones | with a random `grad_output`, `backward` is wrong |
# | `"totals"` | compares the sum of all elements of each gradient with the right sum | element by element, `backward` is wrong |
# | `"symmetric"` | compares your backward with the right one, always with a square `weight` that neither mirroring nor transposing changes | with another `weight`, `backward` is wrong |
# | `"one window"` | compares your backward with the right one, always with an `input` as large as the `weight` | with a larger `input`, `backward` is wrong |
#
# In the last four pairs `forward` is right. Each pair earns one point.


# %% solution="consistent_but_wrong"
def consistent_but_wrong() -> dict[str, tuple]:
    """A pair (forward, backward) for each of these five names:

    "own forward", "ones", "totals", "symmetric", "one window".
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def forward(input, weight):
        windows = np.lib.stride_tricks.sliding_window_view(input, weight.shape)
        return np.einsum("ijuv,uv->ij", windows, weight)

    def backward(grad_output, input, weight, stamp=np.add):
        kernel_h, kernel_w = weight.shape
        grad_input, grad_weight = np.zeros(input.shape), np.zeros(weight.shape)
        for i, j in np.ndindex(grad_output.shape):
            window = slice(i, i + kernel_h), slice(j, j + kernel_w)
            grad_weight += grad_output[i, j] * input[window]
            grad_input[window] = stamp(grad_input[window], grad_output[i, j] * weight)
        return grad_input, grad_weight

    def turned(array):
        return array[::-1, ::-1]

    def convolution(input, weight):  # the gradient of this one is right, but it is not our layer
        return forward(input, turned(weight))

    def convolution_backward(grad_output, input, weight):
        grad_input, grad_weight = backward(grad_output, input, turned(weight))
        return grad_input, turned(grad_weight)

    def without_upstream(grad_output, input, weight):
        return backward(np.ones(grad_output.shape), input, weight)

    def turned_results(grad_output, input, weight):
        return tuple(turned(gradient) for gradient in backward(grad_output, input, weight))

    def turned_kernel(grad_output, input, weight):
        return backward(grad_output, input, turned(weight))

    def last_stamp(grad_output, input, weight):
        return backward(grad_output, input, weight, stamp=lambda old, new: new)

    return {
        "own forward": (convolution, convolution_backward),
        "ones": (forward, without_upstream),
        "totals": (forward, turned_results),
        "symmetric": (forward, turned_kernel),
        "one window": (forward, last_stamp),
    }
    ### END SOLUTION


# %% test="consistent_but_wrong" points=5
check(consistent_but_wrong, "consistent_but_wrong", points=5)
### BEGIN HIDDEN TESTS
check(consistent_but_wrong, "consistent_but_wrong", hidden=True, points=5)
### END HIDDEN TESTS
