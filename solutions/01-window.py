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
# # 1 · Sliding a window
#
# Five exercises on one small idea: a kernel slides over an array, and at every stop the numbers
# under it are multiplied and added. They belong to chapter 1 of the book, "Sliding a window".
#
# **How it works.** Replace the lines under `# YOUR CODE HERE` and run the cell. The cell after it
# checks your function and says which calls are right. If something is wrong it shows the smallest
# call that fails and, where the mistake is a known one, asks you a question about it. Run it as often as you like.
#
# **The rules.** Use Python and NumPy. Library functions that do the convolving for you (torch,
# `scipy.signal`, `np.convolve`, `np.correlate`) are not there when your work is graded.
# Every array that you return is a new one: it shares no memory with those that you were given.

# %%
import numpy as np

from autograder import check

# %% [markdown]
# ## 1.1 How many windows fit
#
# *Difficulty 1 of 5 · 15 minutes · 2 points*
#
# An axis has `size` elements, with `padding` extra elements on **each** side. A kernel of
# `kernel_size` elements lies on it, its elements `dilation` apart. It starts at the first element and
# moves on by `stride`, as long as it fits as a whole. Write how many stops it makes.
#
# You may assume that it fits at least once.


# %% solution="conv_output_size"
def conv_output_size(
    size: int,
    kernel_size: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> int:
    """Number of stops of a kernel along one axis, as an int.

    size, kernel_size, stride, dilation: ints of at least 1.
    padding: an int of at least 0.
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    reach = dilation * (kernel_size - 1) + 1  # elements from the kernel's first to its last
    last_start = size + 2 * padding - reach
    return last_start // stride + 1
    ### END SOLUTION


# %% test="conv_output_size" points=2
check(conv_output_size, "conv_output_size", points=2)
### BEGIN HIDDEN TESTS
check(conv_output_size, "conv_output_size", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 1.2 By hand
#
# *Difficulty 1 of 5 · 10 minutes · 1 point*
#
# Take paper and pencil. Slide the kernel over the input with stride 1, without mirroring it:
#
# $$
# \begin{bmatrix} 2 & 7 & 1 \\ 8 & 2 & 8 \\ 1 & 0 & 2 \end{bmatrix}
# \star
# \begin{bmatrix} 3 & 1 \\ 4 & 2 \end{bmatrix}
# $$
#
# Return your four numbers as two rows, such as `[[1, 2], [3, 4]]`.


# %% solution="by_hand"
def by_hand():
    """The 2×2 result, as a list of two rows of two numbers."""
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    return [[49, 46], [30, 18]]
    ### END SOLUTION


# %% test="by_hand" points=1
check(by_hand, "by_hand", points=1)
### BEGIN HIDDEN TESTS
check(by_hand, "by_hand", hidden=True, points=1)
### END HIDDEN TESTS

# %% [markdown]
# ## 1.3 Cross-correlation in two dimensions
#
# *Difficulty 2 of 5 · 30 minutes · 4 points, and 2 more for a stride of two numbers (10 minutes)*
#
# Write the sliding window. `input` and `weight` are arrays of two axes and need not be square. The
# window starts in the top left corner and moves by `stride` rows and columns. It never reaches past the
# edge: a remainder of rows or columns that no window starts in is left over, as in PyTorch.
#
# The result has the dtype that NumPy gives the two arrays together,
# `np.result_type(input, weight)`, and the arrays that you were given stay as they are.
#
# *For the second check:* `stride` may also be a pair `(rows, columns)`.
#
# The book's example: the numbers 1 to 49 in seven rows, with the kernel `[[1, 2], [3, 4]]` and
# stride 2, give `[[65, 85, 105], [205, 225, 245], [345, 365, 385]]`.


# %% solution="cross_correlate2d"
def cross_correlate2d(
    input: np.ndarray, weight: np.ndarray, stride: int | tuple[int, int] = 1
) -> np.ndarray:
    """Cross-correlation of two 2-D arrays, where the kernel fits.

    input: (H, W). weight: (kH, kW), no larger than the input.
    stride: an int or (rows, columns).
    Returns an array (H_out, W_out) of dtype np.result_type(input, weight).
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    stride_h, stride_w = stride if isinstance(stride, tuple) else (stride, stride)
    height, width = weight.shape
    rows = (input.shape[0] - height) // stride_h + 1
    columns = (input.shape[1] - width) // stride_w + 1
    output = np.zeros((rows, columns), dtype=np.result_type(input, weight))
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride_h, j * stride_w
            output[i, j] = np.sum(input[top : top + height, left : left + width] * weight)
    return output
    ### END SOLUTION


# %%
# A place to try it out.
# input = np.arange(1, 50).reshape(7, 7)
# cross_correlate2d(input, np.array([[1, 2], [3, 4]]), stride=2)

# %% test="cross_correlate2d" points=4
check(cross_correlate2d, "cross_correlate2d", points=4)
### BEGIN HIDDEN TESTS
check(cross_correlate2d, "cross_correlate2d", hidden=True, points=4)
### END HIDDEN TESTS

# %% test="cross_correlate2d.stride" points=2
check(cross_correlate2d, "cross_correlate2d.stride", points=2)
### BEGIN HIDDEN TESTS
check(cross_correlate2d, "cross_correlate2d.stride", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 1.4 True convolution
#
# *Difficulty 2 of 5 · 15 minutes · 2 points*
#
# What mathematics calls convolution mirrors the kernel, top to bottom and left to right, before it
# slides. Write it, at the places where the kernel fits, with stride 1.


# %% solution="convolve2d"
def convolve2d(input: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Convolution of two 2-D arrays, with the mirrored kernel, where it fits.

    input: (H, W). weight: (kH, kW), no larger than the input.
    Returns an array (H - kH + 1, W - kW + 1), of the dtype
    np.result_type(input, weight).
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    return cross_correlate2d(input, weight[::-1, ::-1])
    ### END SOLUTION


# %% test="convolve2d" points=2
check(convolve2d, "convolve2d", points=2)
### BEGIN HIDDEN TESTS
check(convolve2d, "convolve2d", hidden=True, points=2)
### END HIDDEN TESTS
