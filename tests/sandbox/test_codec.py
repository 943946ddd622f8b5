"""What crosses between judge and sandbox: plain values come back equal, others do not cross."""

import contextlib
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox.codec import (
    LENGTH,
    MAX_HEAD,
    MAX_MESSAGE,
    BadMessage,
    NotPlain,
    decode,
    encode,
    layout,
    surely_plain,
)

DTYPES = [np.dtype(c) for c in "?bBhHiIlLqQefdFD"]
arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=5, min_side=0))
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**4000), 2**4000)
    | st.floats()
    | st.complex_numbers(allow_nan=False)
    | st.binary()
    | st.text()
    | st.text(st.characters(codec=None, categories=["Cs"]))
    | arrays
    | arrays.filter(lambda a: a.shape == ()).map(lambda a: a[()])
)
hashable = st.none() | st.integers() | st.text() | st.tuples(st.integers(), st.binary())
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=4)
        | st.dictionaries(hashable, inner, max_size=4)
        | st.sets(hashable, max_size=4)
        | st.frozensets(hashable, max_size=4)
    ),
    max_leaves=12,
)


def equal(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, (np.ndarray, np.generic)):
        same = one.dtype == other.dtype and one.shape == other.shape
        return same and np.asarray(one).tobytes() == np.asarray(other).tobytes()
    if isinstance(one, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(equal, one.values(), other.values()))
    return bool(one == other)


@settings(max_examples=300, deadline=None)
@given(plain)
def test_a_plain_value_comes_back_equal(value: Any) -> None:
    assert equal(decode(encode(value)), value)


odd = st.sampled_from([np.array([None]), np.zeros(1, ">f8"), np.zeros(1, "M8[s]"), 2**5000, len])


@given(plain | odd | st.tuples(plain | odd, scalars))
def test_what_is_surely_plain_may_cross(value: Any) -> None:
    if surely_plain(value):
        encode(value)


@given(hnp.arrays(float, hnp.array_shapes(min_dims=1, max_dims=4)), st.data())
def test_the_layout_comes_back(array: np.ndarray, data: Any) -> None:
    view = array.transpose(data.draw(st.permutations(range(array.ndim))))
    steps = data.draw(st.lists(st.sampled_from([1, -1, 2, -2]), min_size=view.ndim, max_size=4))
    view = view[tuple(slice(None, None, step) for step in steps[: view.ndim])]
    back = decode(encode(view))
    assert np.array_equal(back, view, equal_nan=True)
    assert back.flags.c_contiguous == view.flags.c_contiguous
    moving = [axis for axis in range(view.ndim) if view.shape[axis] > 1]
    if not view.flags.c_contiguous:
        signs = [(np.sign(back.strides[axis]), np.sign(view.strides[axis])) for axis in moving]
        assert all(there == here for there, here in signs)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    with contextlib.suppress(BadMessage):
        decode(data)


@settings(max_examples=500, deadline=None)
@given(plain, st.data())
def test_a_damaged_message_is_a_message_or_refused(value: Any, data: Any) -> None:
    message = bytearray(encode(value))
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(message)))
    for damaged in (bytes(message), bytes(message[:cut])):
        with contextlib.suppress(BadMessage):
            decode(damaged)


class Liar(np.ndarray):
    pass


class Words(str):
    pass


class Hidden:
    def __reduce__(self) -> Any:
        return (print, ("run",))


@pytest.mark.parametrize(
    "value",
    [
        Hidden(),
        Liar(3),
        np.ma.masked_all(2),
        np.array([None]),
        np.array(["text"]),
        np.array([1.0], dtype=">f8"),
        np.zeros(2, dtype=[("a", int)]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        Words("text"),
        {Hidden(): 2},
        {1, Hidden()},
        bytearray(b"bytes"),
        range(3),
        [Hidden()],
        2**5000,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_does_not_cross(value: Any) -> None:
    with pytest.raises(NotPlain, match="value"):
        encode(value)


def test_limits_hold() -> None:
    deep: Any = 0
    for _ in range(100):
        deep = [deep]
    loop: list[Any] = []
    loop.append(loop)
    for value in (deep, loop, [0] * 200_000, np.zeros(MAX_MESSAGE // 8 + 1), "x" * MAX_MESSAGE):
        with pytest.raises(NotPlain):
            encode(value)


def test_members_whose_hashes_collide_cost_no_more_than_a_moment() -> None:
    colliding = [n * (2**61 - 1) for n in range(1, 6000)]
    assert len({hash(n) for n in colliding}) == 1
    with pytest.raises(NotPlain, match="more than"):
        encode(dict.fromkeys(colliding[:5001]))
    with pytest.raises(BadMessage, match="too many"):
        decode(encode(colliding).replace(b'["l"', b'["s"'))


def test_little_cannot_become_much() -> None:
    head = b"[" + b"[]," * (MAX_HEAD // 3) + b"0]"
    with pytest.raises(BadMessage):
        decode(LENGTH.pack(len(head)) + head)
    spread = np.zeros((64,) * 4)[::2, ::2, ::2, ::2]
    assert np.array_equal(decode(encode(spread)), spread)


def test_a_pickle_is_no_message() -> None:
    with pytest.raises(BadMessage):
        decode(pickle.dumps([1, 2, 3]))


def test_a_row_major_array_needs_no_words_on_its_layout() -> None:
    assert layout(np.zeros((2, 3))) == []
    assert layout(np.zeros((2, 3)).T) == [1, 2]
    assert layout(np.zeros((2, 3))[::-1]) == [-2, 1]
