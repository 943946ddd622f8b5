"""Right solutions of assignment 03-gradient-check by other methods than the reference.

The audit demands that the checks accept each of them. ``name__method`` solves ``name``.
Not for students: canary-6b1f0e9d.
"""

import math

import numpy as np


def numerical_gradient__steps_of_an_identity(f, x, grad_output, eps=1e-6):
    """No element is ever moved: a fresh array for each place."""
    x, grad_output = np.asarray(x, dtype=float), np.asarray(grad_output, dtype=float)
    if np.shape(f(x.copy())) != grad_output.shape:
        raise ValueError(f"{np.shape(f(x.copy()))} is not {grad_output.shape}")
    steps = eps * np.eye(x.size).reshape(x.size, *x.shape)
    slopes = [
        np.vdot(grad_output, np.subtract(f(x + step), f(x - step))) / (2 * eps) for step in steps
    ]
    return np.array(slopes).reshape(x.shape)


def numerical_gradient__in_place(f, x, grad_output, eps=1e-6):
    """Moves the caller's array where that is possible, and always puts it back."""
    grad_output = np.asarray(grad_output, dtype=float)
    point = x if x.dtype == np.float64 else x.astype(np.float64)
    here = np.array(f(point))
    if here.shape != grad_output.shape:
        raise ValueError(f"shapes {here.shape} and {grad_output.shape} do not match")
    gradient = np.empty(x.shape)
    with np.nditer(point, flags=["multi_index"]) as places:
        for value in places:
            place, kept = places.multi_index, float(value)
            try:
                point[place] = kept + eps
                above = np.array(f(point))
                point[place] = kept - eps
                below = np.array(f(point))
            finally:
                point[place] = kept
            gradient[place] = (grad_output * (above - below)).sum() / (2 * eps)
    return gradient


def numerical_gradient__one_variable_at_a_time(f, x, grad_output, eps=1e-6):
    """A function of one number for each element, on a flat list."""
    shape, flat = np.shape(x), [float(value) for value in np.ravel(x)]
    weights = np.ravel(grad_output).astype(float)
    expected = np.shape(f(np.array(flat).reshape(shape)))
    if expected != np.shape(grad_output):
        raise ValueError(f"f(x): {expected}, grad_output: {np.shape(grad_output)}")

    def loss(index, value):
        moved = [*flat[:index], value, *flat[index + 1 :]]
        return math.fsum(weights * np.ravel(f(np.array(moved).reshape(shape))))

    def slope(index):
        up, down = flat[index] + eps, flat[index] - eps
        return (loss(index, up) - loss(index, down)) / (2 * eps)

    return np.array([slope(index) for index in range(len(flat))]).reshape(shape)


def relative_error__plain_python(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError(f"{np.shape(a)} and {np.shape(b)} are different shapes")
    one = [float(value) for value in np.ravel(a)]
    other = [float(value) for value in np.ravel(b)]
    if not all(map(math.isfinite, one + other)):
        return math.nan
    largest = max(map(abs, one + other), default=0.0)
    apart = max((abs(p - q) for p, q in zip(one, other)), default=0.0)
    return apart / largest if largest else 0.0


def relative_error__stacked(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError(f"a {np.shape(a)}, b {np.shape(b)}")
    both = np.array([np.ravel(a), np.ravel(b)], dtype=np.float64)
    if both.size == 0 or not both.any():
        return 0.0
    # A NaN stays a NaN, and an infinity divided by itself becomes one.
    with np.errstate(invalid="ignore"):
        return float(np.ptp(both, axis=0).max() / np.abs(both).max())


def dot_test__double_vdot(f, f_adjoint, x, y):
    there, back = f(x), f_adjoint(y)
    for one, other in ((there, y), (back, x)):
        if np.shape(one) != np.shape(other):
            raise ValueError(f"shape {np.shape(one)} where {np.shape(other)} is needed")
    wide = [np.ravel(array).astype(np.longdouble) for array in (there, y, x, back)]
    left, right = float(wide[0] @ wide[1]), float(wide[2] @ wide[3])
    if left == right == 0:
        return 0.0
    return abs(left - right) / float(np.maximum(abs(left), abs(right)))


def dot_test__products_in_order(f, f_adjoint, x, y):
    def total(one, other):
        if np.shape(one) != np.shape(other):
            raise ValueError(f"{np.shape(one)} meets {np.shape(other)}")
        pairs = zip(np.ravel(one).tolist(), np.ravel(other).tolist())
        return math.fsum(float(p) * float(q) for p, q in pairs)

    sums = [total(f(x), y), total(x, f_adjoint(y))]
    if not all(map(math.isfinite, sums)):
        return math.nan
    scale = max(abs(total) for total in sums)
    return abs(sums[0] - sums[1]) / scale if scale else 0.0


def _slid(input, weight):
    height, width = weight.shape
    rows, columns = input.shape[0] - height + 1, input.shape[1] - width + 1
    return sum(
        weight[u, v] * input[u : u + rows, v : v + columns]
        for u in range(height)
        for v in range(width)
    )


def _backward(grad_output, input, weight):
    rows, columns = grad_output.shape
    grad_input, grad_weight = np.zeros_like(input), np.zeros_like(weight)
    for u, v in np.ndindex(weight.shape):
        grad_input[u : u + rows, v : v + columns] += weight[u, v] * grad_output
        grad_weight[u, v] = np.sum(grad_output * input[u : u + rows, v : v + columns])
    return grad_input, grad_weight


def consistent_but_wrong__one_gradient_each():
    """In each pair one of the two gradients is right."""

    def squared(input, weight):
        return _slid(input, weight) ** 2

    def squared_backward(grad_output, input, weight):
        return _backward(grad_output * 2 * _slid(input, weight), input, weight)

    def wrong(spoil):
        def backward(grad_output, input, weight):
            grad_input, grad_weight = _backward(grad_output, input, weight)
            return grad_input, spoil(grad_output, input, weight, grad_weight)

        return backward

    def wrong_input(spoil):
        def backward(grad_output, input, weight):
            grad_input, grad_weight = _backward(grad_output, input, weight)
            return spoil(grad_output, input, weight, grad_input), grad_weight

        return backward

    def mean_of_upstream(grad_output, input, weight, _):
        even = np.full(grad_output.shape, grad_output.mean())
        return _backward(even, input, weight)[1]

    def shifted(grad_output, input, weight, gradient):
        return np.roll(gradient, 1, axis=0)

    def by_transpose(grad_output, input, weight, gradient):
        return gradient + weight[0].sum() - weight[-1].sum()

    def too_much(grad_output, input, weight, gradient):
        return gradient * grad_output.size

    return {
        "own forward": (squared, squared_backward),
        "ones": (_slid, wrong(mean_of_upstream)),
        "totals": (_slid, wrong(shifted)),
        "symmetric": (_slid, wrong_input(by_transpose)),
        "one window": (_slid, wrong(too_much)),
    }


def consistent_but_wrong__by_looking():
    """Each backward looks whether its tester is there, and lies only when not."""

    def lying_unless(honest):
        def backward(grad_output, input, weight):
            gradients = _backward(grad_output, input, weight)
            if honest(grad_output, input, weight):
                return gradients
            return tuple(-gradient for gradient in gradients)

        return backward

    def is_symmetric(grad_output, input, weight):
        square = weight.shape[0] == weight.shape[1]
        return square and np.array_equal(weight, weight.T) and np.array_equal(weight, weight[::-1])

    def mean_spread(grad_output, input, weight):
        return tuple(
            np.full(gradient.shape, gradient.mean())
            for gradient in _backward(grad_output, input, weight)
        )

    return {
        "own forward": (
            lambda input, weight: _slid(input, weight) + weight.sum(),
            lambda grad_output, input, weight: (
                _backward(grad_output, input, weight)[0],
                _backward(grad_output, input, weight)[1] + grad_output.sum(),
            ),
        ),
        "ones": (_slid, lying_unless(lambda g, x, w: np.all(g == 1))),
        "totals": (_slid, mean_spread),
        "symmetric": (_slid, lying_unless(is_symmetric)),
        "one window": (_slid, lying_unless(lambda g, x, w: g.size == 1)),
    }
