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
# # 9 · A CNN of your own
#
# A network is a chain of layers, and its gradient is the same chain walked backwards. You have the
# convolution. Here you write the other links, each with its backward, then the step that learns. The exercises
# belong to chapter 9 of the book, "A CNN of your own".
#
# **One rule for every backward.** It takes `grad_output` first: the gradient of the loss by the layer's
# output, of the output's shape. Then it takes the arguments of the forward. It returns the gradient of the loss by
# each array that the layer differentiates by.
#
# **What every function here promises.** It returns new arrays and never changes its arguments. float32 stays
# float32, and in general the result has the dtype that NumPy gives the arrays together. Arrays may lie in memory in any
# order. Where the text says *refuse*, raise a `ValueError` that names the numbers that do not go together.
#
# **The rules.** Use Python and NumPy. torch and scikit-learn are not there when your work is graded.

# %%
import numpy as np

from autograder import check

# %% [markdown]
# ## 9.1 ReLU
#
# *Difficulty 1 of 5 · 3 minutes · 1 point*
#
# Every number that is not above zero becomes zero.


# %% solution="relu"
def relu(input: np.ndarray) -> np.ndarray:
    """max(input, 0), element by element, of the input's shape and dtype."""
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    return np.maximum(input, 0)
    ### END SOLUTION


# %% test="relu" points=1
check(relu, "relu", points=1)
### BEGIN HIDDEN TESTS
check(relu, "relu", hidden=True, points=1)
### END HIDDEN TESTS

# %% [markdown]
# ## 9.2 Backwards through ReLU
#
# *Difficulty 2 of 5 · 4 minutes · 1 point*
#
# `input` is what `relu` was given. At exactly 0 the function has no slope; take 0 there, as PyTorch does.


# %% solution="relu_backward"
def relu_backward(grad_output: np.ndarray, input: np.ndarray) -> np.ndarray:
    """The gradient by the input of relu: all arrays have one shape."""
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    return grad_output * (input > 0)
    ### END SOLUTION


# %% test="relu_backward" points=1
check(relu_backward, "relu_backward", points=1)
### BEGIN HIDDEN TESTS
check(relu_backward, "relu_backward", hidden=True, points=1)
### END HIDDEN TESTS

# %% [markdown]
# ## 9.3 Max pooling
#
# *Difficulty 3 of 5 · 10 minutes · 2 points*
#
# A window slides over each channel by itself, and its largest element is the result. The options are those of a
# convolution, each an int or a pair (height, width). Two things differ:
#
# * `stride=None` means: as large as the kernel, so that windows do not overlap;
# * the border counts as minus infinity: it never wins, even where everything is negative. The dtype stays what it
#   was, for whole numbers too.
#
# *Refuse* padding of more than half the kernel, as PyTorch does (a window could lie in the border
# altogether), and a kernel that reaches past the padded input.


# %% solution="max_pool2d"
def max_pool2d(
    input: np.ndarray,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> np.ndarray:
    """The largest element of each window.

    (N, C, H, W) -> (N, C, H_out, W_out), of one dtype. Raises ValueError for
    padding of more than half the kernel, and for a kernel that does not fit.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    kernel, padding, dilation = pair(kernel_size), pair(padding), pair(dilation)
    stride = kernel if stride is None else pair(stride)
    size = []
    for axis in (0, 1):
        length = input.shape[2 + axis] + 2 * padding[axis]
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        if 2 * padding[axis] > kernel[axis]:
            raise ValueError(
                f"axis {2 + axis}: padding {padding[axis]} is more than half of kernel {kernel[axis]}"
            )
        if reach > length:
            raise ValueError(
                f"axis {2 + axis}: the kernel reaches over {reach}, the padded input is {length}"
            )
        size.append((length - reach) // stride[axis] + 1)
    lowest = -np.inf if input.dtype.kind == "f" else np.iinfo(input.dtype).min
    border = ((0, 0), (0, 0), *((p, p) for p in padding))
    padded = np.pad(input, border, constant_values=lowest)
    output = np.full((*input.shape[:2], *size), lowest, dtype=input.dtype)
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            # What the window's element (u, v) meets at every stop: (N, C, H_out, W_out)
            top, left = u * dilation[0], v * dilation[1]
            met = padded[
                :,
                :,
                top : top + stride[0] * (size[0] - 1) + 1 : stride[0],
                left : left + stride[1] * (size[1] - 1) + 1 : stride[1],
            ]
            np.maximum(output, met, out=output)
    return output
    ### END SOLUTION


# %% test="max_pool2d" points=2
check(max_pool2d, "max_pool2d", points=2)
### BEGIN HIDDEN TESTS
check(max_pool2d, "max_pool2d", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 9.4 Backwards through max pooling
#
# *Difficulty 4 of 5 · 12 minutes · 3 points*
#
# Each window's gradient goes to the element that won, and to no other. Where windows overlap, one
# element may win several times: its gradients add up. Where several elements of a window are equally large, the
# first one wins: the topmost row, and in it the leftmost column. That is what PyTorch does.


# %% solution="max_pool2d_backward"
def max_pool2d_backward(
    grad_output: np.ndarray,
    input: np.ndarray,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> np.ndarray:
    """The gradient by the input of max_pool2d.

    grad_output: (N, C, H_out, W_out). input: (N, C, H, W), as the result.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    kernel, padding, dilation = pair(kernel_size), pair(padding), pair(dilation)
    stride = kernel if stride is None else pair(stride)
    samples, channels, height, width = input.shape
    output_h, output_w = grad_output.shape[2:]
    lowest = -np.inf if input.dtype.kind == "f" else np.iinfo(input.dtype).min
    border = ((0, 0), (0, 0), *((p, p) for p in padding))
    padded = np.pad(input, border, constant_values=lowest)
    grad_padded = np.zeros(padded.shape, dtype=np.result_type(grad_output, input))

    # The stops' top left corners, and where the best element seen so far lies.
    rows = stride[0] * np.arange(output_h)[:, np.newaxis]
    columns = stride[1] * np.arange(output_w)
    best = padded[:, :, rows, columns]  # (N, C, H_out, W_out)
    at_row, at_column = np.zeros_like(best, dtype=int), np.zeros_like(best, dtype=int)
    at_row += rows
    at_column += columns
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            row, column = rows + u * dilation[0], columns + v * dilation[1]
            met = padded[:, :, row, column]
            better = met > best  # not >=: of equals, the first one seen stays
            best = np.where(better, met, best)
            at_row = np.where(better, row, at_row)
            at_column = np.where(better, column, at_column)
    n = np.arange(samples)[:, np.newaxis, np.newaxis, np.newaxis]
    c = np.arange(channels)[:, np.newaxis, np.newaxis]
    np.add.at(grad_padded, (n, c, at_row, at_column), grad_output)
    return grad_padded[
        :, :, padding[0] : padding[0] + height, padding[1] : padding[1] + width
    ].copy()
    ### END SOLUTION


# %% test="max_pool2d_backward" points=3
check(max_pool2d_backward, "max_pool2d_backward", points=3)
### BEGIN HIDDEN TESTS
check(max_pool2d_backward, "max_pool2d_backward", hidden=True, points=3)
### END HIDDEN TESTS

# %% [markdown]
# ## 9.5 Average pooling
#
# *Difficulty 2 of 5 · 6 minutes · 1 point*
#
# The mean of each window. The border is zeros, and they count: the sum is always divided by the number of the
# kernel's elements (PyTorch's default, `count_include_pad=True`). The mean of whole numbers is a float64.
#
# *Refuse* what `max_pool2d` refuses.


# %% solution="avg_pool2d"
def avg_pool2d(
    input: np.ndarray,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
) -> np.ndarray:
    """The mean of each window: (N, C, H, W) -> (N, C, H_out, W_out).

    Raises ValueError for padding of more than half the kernel, and for a
    kernel that does not fit.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    kernel, padding = pair(kernel_size), pair(padding)
    stride = kernel if stride is None else pair(stride)
    for axis in (0, 1):
        length = input.shape[2 + axis] + 2 * padding[axis]
        if 2 * padding[axis] > kernel[axis]:
            raise ValueError(
                f"axis {2 + axis}: padding {padding[axis]} is more than half of kernel {kernel[axis]}"
            )
        if kernel[axis] > length:
            raise ValueError(f"axis {2 + axis}: kernel {kernel[axis]}, padded input {length}")
    border = ((0, 0), (0, 0), *((p, p) for p in padding))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(input, border), kernel, axis=(2, 3))
    return windows[:, :, :: stride[0], :: stride[1]].mean(axis=(4, 5))
    ### END SOLUTION


# %% test="avg_pool2d" points=1
check(avg_pool2d, "avg_pool2d", points=1)
### BEGIN HIDDEN TESTS
check(avg_pool2d, "avg_pool2d", hidden=True, points=1)
### END HIDDEN TESTS

# %% [markdown]
# ## 9.6 Backwards through average pooling
#
# *Difficulty 3 of 5 · 8 minutes · 2 points*
#
# Nobody wins here: every element of a window gets the same share. Of `input` only the shape matters, and the dtype.


# %% solution="avg_pool2d_backward"
def avg_pool2d_backward(
    grad_output: np.ndarray,
    input: np.ndarray,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
) -> np.ndarray:
    """The gradient by the input of avg_pool2d.

    grad_output: (N, C, H_out, W_out). input: (N, C, H, W), as the result.
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def pair(option):
        return tuple(option) if isinstance(option, (tuple, list)) else (option, option)

    kernel, padding = pair(kernel_size), pair(padding)
    stride = kernel if stride is None else pair(stride)
    height, width = input.shape[2:]
    output_h, output_w = grad_output.shape[2:]
    share = grad_output / (kernel[0] * kernel[1])
    grad_padded = np.zeros(
        (*input.shape[:2], height + 2 * padding[0], width + 2 * padding[1]),
        dtype=np.result_type(share, input),
    )
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            grad_padded[
                :,
                :,
                u : u + stride[0] * (output_h - 1) + 1 : stride[0],
                v : v + stride[1] * (output_w - 1) + 1 : stride[1],
            ] += share
    return grad_padded[
        :, :, padding[0] : padding[0] + height, padding[1] : padding[1] + width
    ].copy()
    ### END SOLUTION


# %% test="avg_pool2d_backward" points=2
check(avg_pool2d_backward, "avg_pool2d_backward", points=2)
### BEGIN HIDDEN TESTS
check(avg_pool2d_backward, "avg_pool2d_backward", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 9.7 The linear layer
#
# *Difficulty 2 of 5 · 4 minutes · 1 point*
#
# Every output is a weighted sum of all inputs of its sample: $y_{no} = \sum_i x_{ni}\, w_{oi} + b_o$. The weight has
# PyTorch's shape, one row for each output.
#
# *Refuse* a weight with another number of input features, and a bias of any other shape than `(out,)`: NumPy
# would stretch a bias of one number without a word.


# %% solution="linear"
def linear(
    input: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
) -> np.ndarray:
    """A fully connected layer: (N, in) -> (N, out).

    weight: (out, in). bias: (out,) or None.
    Raises ValueError where the sizes do not go together.
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    if input.shape[1] != weight.shape[1]:
        raise ValueError(f"input has {input.shape[1]} features, weight takes {weight.shape[1]}")
    if bias is None:
        return input @ weight.T
    if bias.shape != weight.shape[:1]:
        raise ValueError(f"bias has shape {bias.shape}, but there are {len(weight)} outputs")
    return input @ weight.T + bias
    ### END SOLUTION


# %% test="linear" points=1
check(linear, "linear", points=1)
### BEGIN HIDDEN TESTS
check(linear, "linear", hidden=True, points=1)
### END HIDDEN TESTS

# %% [markdown]
# ## 9.8 Backwards through the linear layer
#
# *Difficulty 3 of 5 · 8 minutes · 2 points*
#
# Three gradients: by the input, by the weight and by the bias. Each has the shape of what it is the
# gradient by. Nothing is averaged here: if the loss is a mean over the batch, `grad_output` knows it already.


# %% solution="linear_backward"
def linear_backward(
    grad_output: np.ndarray, input: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """grad_output: (N, out). input: (N, in). weight: (out, in).

    Returns (grad_input, grad_weight, grad_bias), of the shapes (N, in),
    (out, in) and (out,).
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    return grad_output @ weight, grad_output.T @ input, grad_output.sum(axis=0)
    ### END SOLUTION


# %% test="linear_backward" points=2
check(linear_backward, "linear_backward", points=2)
### BEGIN HIDDEN TESTS
check(linear_backward, "linear_backward", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 9.9 Cross-entropy
#
# *Difficulty 3 of 5 · 8 minutes · 2 points*
#
# `input` holds a score for each class (a *logit*), `target` the number of each sample's true class. The loss of a
# sample is $-\log p_t$, where $p = \operatorname{softmax}(\text{scores})$ and $t$ is the true class; the result is the **mean** over
# the batch, one float.
#
# Scores may be large: with 1000 and 0 the loss is 0 or 1000, not `nan` and not `inf`.
#
# *Refuse* another number of targets than there are samples, and a target that is no class: below 0, or as large as the number
# of classes.


# %% solution="cross_entropy"
def cross_entropy(input: np.ndarray, target: np.ndarray) -> float:
    """The mean cross-entropy.

    input: (N, classes), scores. target: (N,), whole numbers. Raises ValueError
    for a target that is no class, or another number of targets than samples.
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    samples, classes = input.shape
    if target.shape != (samples,):
        raise ValueError(f"{samples} samples, but targets of shape {target.shape}")
    for t in target:
        if not 0 <= t < classes:
            raise ValueError(f"target {t} is no class: there are {classes}, from 0")
    shifted = input - input.max(
        axis=1, keepdims=True
    )  # the largest score is 0: exp cannot overflow
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return float((log_sum - shifted[np.arange(samples), target]).mean())
    ### END SOLUTION


# %% test="cross_entropy" points=2
check(cross_entropy, "cross_entropy", points=2)
### BEGIN HIDDEN TESTS
check(cross_entropy, "cross_entropy", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 9.10 Backwards through cross-entropy
#
# *Difficulty 3 of 5 · 8 minutes · 2 points*
#
# The gradient by the scores. The loss is one number, so `grad_output` is one number too: 1 where the loss is the
# end of the chain, something else where more follows (two losses that are weighted, for example).


# %% solution="cross_entropy_backward"
def cross_entropy_backward(
    grad_output: float,
    input: np.ndarray,
    target: np.ndarray,
) -> np.ndarray:
    """The gradient by the input of cross_entropy: (N, classes)."""
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    samples = len(input)
    exponentials = np.exp(input - input.max(axis=1, keepdims=True))
    grad_input = exponentials / exponentials.sum(axis=1, keepdims=True)
    grad_input[np.arange(samples), target] -= 1
    return grad_input * (grad_output / samples)
    ### END SOLUTION


# %% test="cross_entropy_backward" points=2
check(cross_entropy_backward, "cross_entropy_backward", points=2)
### BEGIN HIDDEN TESTS
check(cross_entropy_backward, "cross_entropy_backward", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 9.11 A step that learns
#
# *Difficulty 2 of 5 · 6 minutes · 2 points*
#
# Stochastic gradient descent with momentum, with the arithmetic of `torch.optim.SGD`: the velocity is `momentum` times
# the old velocity plus the gradient, and the parameter goes `lr` times the *new* velocity downhill. (Some texts
# put `lr` into the velocity. That is another rule as soon as `lr` changes.)
#
# The step returns the new parameter and the new velocity. It does not change the arrays that it was given.
#
# *Refuse* a gradient or a velocity of another shape than the parameter's.


# %% solution="sgd_step"
def sgd_step(
    parameter: np.ndarray,
    gradient: np.ndarray,
    velocity: np.ndarray,
    lr: float,
    momentum: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """(new parameter, new velocity) after one step.

    All arrays have one shape; the first velocity is 0.
    Raises ValueError where the shapes differ.
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    if not parameter.shape == gradient.shape == velocity.shape:
        raise ValueError(
            f"parameter {parameter.shape}, gradient {gradient.shape} and velocity {velocity.shape} "
            "need one shape"
        )
    velocity = momentum * velocity + gradient
    return parameter - lr * velocity, velocity
    ### END SOLUTION


# %% test="sgd_step" points=2
check(sgd_step, "sgd_step", points=2)
### BEGIN HIDDEN TESTS
check(sgd_step, "sgd_step", hidden=True, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## 9.12 A whole network, backwards
#
# *Difficulty 3 of 5 · 20 minutes · 4 points*
#
# Now the chain. It is always the same network here:
#
#     images (N, 1, 8, 8)
#       -> conv, 3×3, padding 1    weight1, bias1
#       -> relu
#       -> max pool, 2
#       -> conv, 3×3, padding 1    weight2, bias2
#       -> relu
#       -> flatten, each sample in the order (channel, row, column)
#       -> linear                  weight3, bias3
#       -> cross-entropy with labels
#
# `network_gradients` returns a tuple of eight: the loss, the gradient by the images, and the gradients by the six
# parameters in their order. (What is the gradient by the images good for? For the pictures at the end of the chapter.)
#
# You need a convolution and its three gradients, with padding 1. You have them: bring your own.

# %%
# Your conv2d of chapter 2 and your conv2d_backward of chapter 4 go here (or
# conv2d_input, conv2d_weight and conv2d_bias). A version with loops over all
# pictures is too slow to train with: chapter 6 has a faster one.


# %% solution="network_gradients"
def network_gradients(
    images,
    labels,
    weight1,
    bias1,
    weight2,
    bias2,
    weight3,
    bias3,
):
    """(loss, grad_images, grad_weight1, grad_bias1, …, grad_bias3).

    images: (N, C, H, W). labels: (N,).
    weight1: (F1, C, 3, 3). weight2: (F2, F1, 3, 3).
    weight3: (classes, F2 · (H // 2) · (W // 2)).
    """

    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    def columns(input):
        # A row for each place, with the 3×3 window of every channel around it.
        padded = np.pad(input, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
        return windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, 9 * input.shape[1])

    def conv(input, weight):
        rows = columns(input) @ weight.reshape(len(weight), -1).T
        n, _, height, width = input.shape
        return rows.reshape(n, height, width, -1).transpose(0, 3, 1, 2)

    def conv_backward(grad, input, weight):
        rows = grad.transpose(0, 2, 3, 1).reshape(-1, grad.shape[1])
        turned = weight[:, :, ::-1, ::-1].swapaxes(0, 1)
        return conv(grad, turned), (rows.T @ columns(input)).reshape(weight.shape), rows.sum(axis=0)

    first = conv(images, weight1) + bias1[:, np.newaxis, np.newaxis]
    bent = relu(first)
    pooled = max_pool2d(bent, 2)
    second = conv(pooled, weight2) + bias2[:, np.newaxis, np.newaxis]
    bent_again = relu(second)
    flat = bent_again.reshape(len(images), -1)
    scores = linear(flat, weight3, bias3)
    loss = cross_entropy(scores, labels)

    grad = cross_entropy_backward(1.0, scores, labels)
    grad, *by_third = linear_backward(grad, flat, weight3)
    grad = relu_backward(grad.reshape(bent_again.shape), second)
    grad, *by_second = conv_backward(grad, pooled, weight2)
    grad = relu_backward(max_pool2d_backward(grad, bent, 2), first)
    by_images, *by_first = conv_backward(grad, images, weight1)
    return (loss, by_images, *by_first, *by_second, *by_third)
    ### END SOLUTION


# %% test="network_gradients" points=4
check(network_gradients, "network_gradients", points=4)
### BEGIN HIDDEN TESTS
check(network_gradients, "network_gradients", hidden=True, points=4)
### END HIDDEN TESTS

# %% [markdown]
# ## 9.13 Learning to read digits
#
# *Difficulty 3 of 5 · 30 minutes · 6 points*
#
# `train` gets pictures and their classes and returns the six parameters of the network above, trained. How it does that
# is yours to choose: the number of filters (8 and 16 are plenty), how the parameters start, the rate, the momentum, the batches, when to
# stop. `seed` is for your random generator, so that a training can be repeated.
#
# Two things are asked. On 20 pictures: learn them by heart, every one. On 1300: read at least 95 % of the pictures that it has
# *not* seen. The classes are numbered 0 to 9, but which digit has which number changes from call to call. Both calls together
# should take less than half a minute.
#
# All six have to be trained: a bias that holds one and the same number throughout has not moved.
#
# The check runs your parameters through a network of its own. So print what you like while you train, but return arrays.


# %% solution="train"
def train(images, labels, seed=0):
    """(weight1, bias1, weight2, bias2, weight3, bias3), trained.

    images: (N, 1, 8, 8). labels: (N,).
    """
    ### BEGIN SOLUTION
    # canary-6b1f0e9d
    rng = np.random.default_rng(seed)

    def start(*shape):
        # For a ReLU: variance 2 / fan-in.
        return rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))

    parameters = [
        *(start(8, 1, 3, 3), np.zeros(8)),
        *(start(16, 8, 3, 3), np.zeros(16)),
        *(start(10, 256), np.zeros(10)),
    ]
    velocities = [np.zeros_like(parameter) for parameter in parameters]
    steps, batch = 480, 32
    done = 0
    while done < steps:
        order = rng.permutation(len(images))
        for first in range(0, len(images), batch):
            chosen = order[first : first + batch]
            rate = 0.06 * (1 - done / steps)  # smaller and smaller steps settle down
            loss, _, *gradients = network_gradients(images[chosen], labels[chosen], *parameters)
            for k, gradient in enumerate(gradients):
                parameters[k], velocities[k] = sgd_step(
                    parameters[k], gradient, velocities[k], rate, momentum=0.9
                )
            done += 1
            if done >= steps:
                break
        if len(images) <= batch and loss < 0.01:
            break  # known by heart
    return tuple(parameters)
    ### END SOLUTION


# %% test="train" points=6
check(train, "train", points=6)
### BEGIN HIDDEN TESTS
check(train, "train", hidden=True, points=6)
### END HIDDEN TESTS

# %% [markdown]
# To watch it, train on the digits yourself and look at what comes of it. (This cell is not graded.)

# %%
# from autograder import digits
# images, labels = digits()
# parameters = train(images[:1300], labels[:1300])
