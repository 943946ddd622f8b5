"""What a picture shows is what the arrays say: the drawings of book/figures.py, read back."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks.reference import reference

sys.path.insert(0, str(Path(__file__).parents[2] / "book"))

import figures

# --- reading a drawing ----------------------------------------------------------------------------


def tiles(picture: figures.Picture, role: str, kind: str | None = None) -> dict[tuple, object]:
    """The tiles of one role (and kind) as {place: corner}."""
    found = {}
    for patch in picture.axes.patches:
        drawn_role, _, rest = (patch.get_gid() or "").partition(":")
        drawn_kind, _, name = rest.partition(":")
        if drawn_role == role and kind in (None, drawn_kind):
            found[tuple(int(part) for part in name.split(","))] = patch.get_x(), patch.get_y()
    return found


def written(picture: figures.Picture, corner: tuple[float, float]) -> str:
    """The text that stands on the tile with this corner."""
    x, y = corner
    (text,) = [
        text.get_text()
        for text in picture.axes.texts
        if x < text.get_position()[0] < x + 1 and y < text.get_position()[1] < y + 1
    ]
    return text


def numbers(picture: figures.Picture, role: str, kind: str | None = None) -> dict[tuple, float]:
    """What stands on the tiles of one role (and kind)."""
    return {
        place: float(written(picture, corner).replace("\N{MINUS SIGN}", "-"))
        for place, corner in tiles(picture, role, kind).items()
    }


# --- arrays ---------------------------------------------------------------------------------------

sizes = st.integers(1, 4)
options = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def layers(draw: st.DrawFn) -> dict:
    """A small input and kernel that fit, with options."""
    kernel_shape = draw(st.tuples(sizes, sizes))
    stride, dilation, padding = draw(options), draw(options), draw(st.integers(0, 2))
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel_shape, strict=True)]
    shape = tuple(max(1, r - 2 * padding) + draw(st.integers(0, 3)) for r in reach)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return {
        "input": rng.integers(-9, 10, size=shape),
        "kernel": rng.integers(-9, 10, size=kernel_shape),
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
    }


def output_of(layer: dict) -> np.ndarray:
    named = {key: layer[key] for key in ("stride", "padding", "dilation")}
    return reference("conv2d")(layer["input"][None, None], layer["kernel"][None, None], **named)[
        0, 0
    ]


# --- claims ---------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=30)
@given(layers(), st.data())
def test_what_is_drawn_as_read_makes_the_output_element(layer: dict, data: st.DataObject) -> None:
    output = output_of(layer)
    at = tuple(data.draw(st.integers(0, size - 1)) for size in output.shape)
    picture = figures.window(
        layer["input"],
        layer["kernel"],
        at,
        output=output,
        stride=layer["stride"],
        padding=layer["padding"],
        dilation=layer["dilation"],
    )
    read = numbers(picture, "input", "read") | numbers(picture, "input", "padding read")
    kernel = numbers(picture, "kernel")
    in_order = zip(sorted(read), sorted(kernel), strict=True)
    assert sum(read[place] * kernel[tap] for place, tap in in_order) == output[at]
    assert numbers(picture, "output", "read") == {at: output[at]}


def test_a_window_is_the_slice_that_the_chapter_shows() -> None:
    ramp, kernel = np.arange(1, 50).reshape(7, 7), np.array([[1, 2], [3, 4]])
    output = reference("cross_correlate2d")(ramp, kernel, 2)
    picture = figures.window(ramp, kernel, (1, 2), output=output, stride=2)
    assert list(numbers(picture, "input", "read").values()) == ramp[2:4, 4:6].ravel().tolist()


@settings(deadline=None, max_examples=30)
@given(layers())
def test_padding_is_drawn_on_every_side_and_holds_zeros(layer: dict) -> None:
    picture = figures.window(
        layer["input"], layer["kernel"], (0, 0), output=output_of(layer), padding=layer["padding"]
    )
    height, width = layer["input"].shape
    p = layer["padding"]
    dashed = numbers(picture, "input", "padding") | numbers(picture, "input", "padding read")
    real = {(p + i, p + j) for i in range(height) for j in range(width)}
    everything = {(i, j) for i in range(height + 2 * p) for j in range(width + 2 * p)}
    assert set(dashed) == everything - real
    assert set(dashed.values()) <= {0}


def test_same_padding_of_an_even_kernel_is_drawn_at_the_right_and_the_bottom() -> None:
    nine = np.arange(1, 10).reshape(3, 3)
    around = ((0, 1), (0, 1))
    picture = figures.window(nine, nine[:2, :2], (2, 2), padding=around, output=nine)
    dashed = set(tiles(picture, "input", "padding")) | set(tiles(picture, "input", "padding read"))
    assert dashed == {(0, 3), (1, 3), (2, 3), (3, 0), (3, 1), (3, 2), (3, 3)}


@settings(deadline=None, max_examples=30)
@given(
    st.integers(1, 12), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3)
)
def test_starts_are_as_many_as_the_formula_counts(
    size: int, kernel_size: int, stride: int, padding: int, dilation: int
) -> None:
    if size + 2 * padding < dilation * (kernel_size - 1) + 1:
        return
    picture = figures.starts(size, kernel_size, stride, padding, dilation)
    drawn = tiles(picture, "kernel")
    stops = {stop for stop, _ in drawn}
    assert len(stops) == reference("conv_output_size")(size, kernel_size, stride, padding, dilation)
    read = {index for _, index in drawn}
    real = range(padding, size + padding)
    unread = {index for _, index in tiles(picture, "input", "unread")}
    assert unread == set(real) - read


@settings(deadline=None, max_examples=20)
@given(layers())
def test_hatched_elements_are_those_that_change_nothing(layer: dict) -> None:
    layer = layer | {"padding": 0}
    grown = np.random.default_rng(0).integers(-9, 10, size=(10, 11))
    layer["input"] = grown
    picture = figures.stops(grown, layer["kernel"].shape, layer["stride"], layer["dilation"])
    layer["kernel"] = np.ones_like(layer["kernel"])
    hatched = set(tiles(picture, "input", "unread"))
    before = output_of(layer)
    for place in np.ndindex(grown.shape):
        changed = grown.copy()
        changed[place] += 100
        same = np.array_equal(output_of(layer | {"input": changed}), before)
        assert same == (place in hatched)


def test_channels_add_up_to_the_output() -> None:
    rng = np.random.default_rng(0)
    input, weight = rng.integers(-9, 10, size=(3, 4, 5)), rng.integers(-9, 10, size=(3, 2, 3))
    expected = reference("conv2d_valid")(input[None], weight[None], np.array([7.0]))[0, 0, 1, 2]
    picture = figures.channels(input, weight, (1, 2), bias=7.0)
    shown = [t.get_text().replace("\N{MINUS SIGN}", "-") for t in picture.axes.texts]
    parts = (input[:, 1:3, 2:5] * weight).sum(axis=(1, 2))
    assert all(str(part) in shown for part in parts)
    assert parts.sum() + 7 == expected
    assert f"{expected:g}" in shown


@pytest.mark.parametrize("shape", [(6, 4), (3, 3), (2, 6)])
def test_wires_are_the_table(shape: tuple[int, int]) -> None:
    reads = np.random.default_rng(0).random(shape) < 0.5
    picture = figures.wiring(reads)
    drawn = {tuple(map(int, line.get_gid()[5:].split(","))) for line in picture.axes.lines}
    assert drawn == {tuple(place) for place in np.argwhere(reads).tolist()}


def test_a_blank_element_carries_no_number() -> None:
    ramp, kernel = np.arange(1, 50).reshape(7, 7), np.array([[1, 2], [3, 4]])
    output = reference("cross_correlate2d")(ramp, kernel, 2)
    picture = figures.window(ramp, kernel, (1, 0), output=output, stride=2, reveal="so far")
    shown = {place for place, corner in tiles(picture, "output").items() if on(picture, corner)}
    assert shown == {(0, 0), (0, 1), (0, 2), (1, 0)}


def on(picture: figures.Picture, corner: tuple[float, float]) -> bool:
    """Whether anything is written on this tile."""
    x, y = corner
    places = [text.get_position() for text in picture.axes.texts]
    return any(x < left < x + 1 and y < top < y + 1 for left, top in places)


def test_a_picture_is_the_same_bytes_every_time() -> None:
    def svg() -> str:
        target = io.StringIO()
        figures.products(np.eye(2), np.ones((2, 2))).save(target, "svg")
        return target.getvalue()

    assert svg() == svg()


# --- colours --------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#14181d"], ids=["light", "dark"])
def test_labels_read_on_both_themes(page: str) -> None:
    assert contrast(figures.LABEL, page) >= 4


@pytest.mark.parametrize("role", figures.TILE)
def test_numbers_read_on_every_tile(role: str) -> None:
    assert contrast(figures.INK, figures.TILE[role]) >= 7
    assert contrast(figures.INK, figures.STRONG[role]) >= 7


def test_the_paper_is_transparent() -> None:
    target = io.BytesIO()
    figures.products(np.eye(2), np.ones((2, 2))).save(target, "png")
    from matplotlib.image import imread

    pixels = imread(io.BytesIO(target.getvalue()))
    assert pixels[0, 0, 3] == 0


def test_memory_shows_what_a_view_reads_and_what_is_not_its_own() -> None:
    line = np.arange(10.0, 26.0)
    view = np.arange(12).reshape(3, 4)[:, ::2]
    picture = figures.memory(line, [("view", view.ravel()), ("stray", [11, 12])], owned=12)
    inside, outside = numbers(picture, "output", "read"), numbers(picture, "kernel", "read")
    assert {place: value for place, value in inside.items() if place[0] == 0} == {
        (0, place): line[place] for place in view.ravel()
    }
    assert outside == {(1, 12): 22.0}
    hatched = tiles(picture, "input", "unread")
    assert set(hatched) == {(0, place) for place in range(12, 16)}
    addresses = [text.get_text() for text in picture.axes.texts if text.get_fontsize() == 7]
    assert addresses == [str(8 * place) for place in range(16)]


def test_a_curve_goes_through_its_points_on_logarithmic_axes() -> None:
    steps, errors = np.array([1e-3, 1e-2, 1e-1]), np.array([1e-8, 1e-4, 0.0])
    picture = figures.curves(("one", steps, errors), across="step", up="error", size=(10, 4))
    (curve,) = [line for line in picture.axes.lines if line.get_gid() == "curve:0"]
    # Three decades of steps would fit, two are used; a zero has no place.
    assert np.allclose(curve.get_xydata(), [[0, 4], [10, 0]])
    ticks = [text.get_text() for text in picture.axes.texts]
    assert {"10⁻³", "10⁻²", "10⁻⁸", "10⁻⁴", "one"} <= set(ticks)
