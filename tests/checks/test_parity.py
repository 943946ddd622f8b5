"""The reference solutions agree with PyTorch, over options that hypothesis draws."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import reference
from autograder.checks.compare import Rule, difference
from autograder.checks.exercises import EXERCISES
from autograder.checks.oracles import torch_oracle

pytest.importorskip("torch")

# Of a function's stages, the last one with options of its own: it has all of them.
GRADED = {
    exercise.function: exercise
    for exercise in EXERCISES.values()
    if exercise.family and exercise.family.torch and exercise.stage != "contract"
}


@pytest.mark.parametrize("exercise", GRADED.values(), ids=lambda exercise: exercise.id)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), dtype=st.sampled_from(["float64", "float32", "normal"]))
def test_the_reference_agrees_with_torch(exercise: Any, seed: int, dtype: str) -> None:
    rng = np.random.default_rng(seed)
    call = exercise.build({**exercise.draw(rng), "dtype": dtype}, rng)
    rule = Rule(rtol=1e-9 if dtype == "normal" else 0.0, same_dtype=True)
    told = difference(call.on(reference(exercise.id)), torch_oracle(exercise)(call), rule)
    assert told is None, f"{call}: {told}"


@settings(max_examples=150, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 5)] * 4),
    kernel=st.tuples(*[st.integers(1, 4)] * 4),
    stride=st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.integers(0, 3)
    | st.tuples(st.integers(0, 3), st.integers(0, 3))
    | st.sampled_from(["same", "valid"]),
    dilation=st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 3)),
    groups=st.integers(1, 3),
    bias=st.none() | st.integers(1, 5),
)
def test_conv2d_refuses_what_torch_refuses(
    shape: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, groups: int, bias: Any
) -> None:
    import torch

    rng = np.random.default_rng(0)
    arrays = [rng.integers(-4, 5, size=size).astype(float) for size in (shape, kernel)]
    arrays += [] if bias is None else [np.ones(bias)]
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    try:
        expected = torch.nn.functional.conv2d(*map(torch.from_numpy, arrays), **options).numpy()
    except RuntimeError:
        expected = None
    if expected is None:
        with pytest.raises(ValueError, match=r"\d"):
            reference("conv2d")(*arrays, **options)
    else:
        assert np.array_equal(reference("conv2d")(*arrays, **options), expected)


small = st.integers(0, 3) | st.tuples(st.integers(0, 3), st.integers(0, 3))


@settings(max_examples=150, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 5)] * 4),
    kernel_size=small,
    dilation=small,
    padding=small,
    stride=small,
    missing=st.sampled_from([(0, 0), (1, 0), (0, 1)]),
)
def test_unfold_and_fold_refuse_what_torch_refuses(
    shape: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any, missing: Any
) -> None:
    import torch

    def both(name: str, array: np.ndarray, *args: Any) -> np.ndarray | None:
        try:
            expected = getattr(torch.nn.functional, name)(torch.from_numpy(array), *args).numpy()
        except RuntimeError:
            with pytest.raises(ValueError, match=r"\d"):
                reference(name)(array, *args)
            return None
        got = reference(name)(array, *args)
        assert np.array_equal(got, expected)
        return got

    options = (kernel_size, dilation, padding, stride)
    picture = np.random.default_rng(0).integers(-4, 5, size=shape).astype(float)
    columns = both("unfold", picture, *options)
    if columns is not None:  # a row or a column too few is refused as well
        rows, stops = (columns.shape[1] - missing[0], columns.shape[2] - missing[1])
        if rows and stops:
            both("fold", np.ascontiguousarray(columns[:, :rows, :stops]), shape[2:], *options)
