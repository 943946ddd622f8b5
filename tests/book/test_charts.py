"""A chart shows the points that it was given, and names every line beside its end."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "book"))

import charts

STEPS = np.arange(5)
FALLING = charts.Line("falling", STEPS, np.exp(-STEPS))
CLOSE = charts.Line("close", STEPS, np.exp(-STEPS) + 1e-3, marks=True)


def names(chart: charts.Chart) -> dict[str, float]:
    """The names beside the lines' ends, and how high each stands."""
    return {text.get_text(): text.xy[1] for text in chart.axes.texts}


def test_the_points_are_those_given() -> None:
    chart = charts.lines(FALLING, CLOSE, x="step", y="loss")
    drawn = {line.get_label(): line for line in chart.axes.get_lines()}
    for curve in (FALLING, CLOSE):
        assert np.array_equal(drawn[curve.name].get_xdata(), curve.x)
        assert np.array_equal(drawn[curve.name].get_ydata(), curve.y)


def test_names_keep_the_order_of_the_ends_and_do_not_meet() -> None:
    for log in ("", "y"):
        height = names(charts.lines(CLOSE, FALLING, x="step", y="loss", log=log))
        assert height["close"] - height["falling"] > 0.05


def test_names_stay_on_the_paper() -> None:
    flat = [charts.Line(str(n), STEPS, np.ones(5) + n / 1000) for n in range(5)]
    assert all(0 < height < 1 for height in names(charts.lines(*flat, x="x", y="y")).values())


def test_lines_differ_by_more_than_colour() -> None:
    chart = charts.lines(FALLING, CLOSE, x="step", y="loss")
    falling, close = chart.axes.get_lines()[:2]
    assert falling.get_linestyle() != close.get_linestyle()


def test_the_same_chart_is_the_same_bytes() -> None:
    def drawn() -> str:
        target = io.StringIO()
        charts.lines(FALLING, x="step", y="loss", log="xy").save(target, "svg")
        return target.getvalue()

    assert drawn() == drawn()
