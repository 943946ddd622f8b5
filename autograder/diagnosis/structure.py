"""Says what is wrong with a function's results in terms of their structure.

For functions that no catalogued mistake explains. Every sentence states what was established on
the probes; none guesses a cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.checks.compare import Rule, mismatch
from autograder.checks.exercise import Config, Exercise
from autograder.checks.judge import Raised
from autograder.diagnosis.observe import Seen, part, same_values
from autograder.diagnosis.remembered import known, on_probes

EXTRA = 8  # random probes beside those that mistakes are told by


@dataclass(frozen=True, eq=False)
class Watched:
    """One probe's configuration, what came of it, and what should have."""

    config: Config
    seen: Seen
    true: Seen

    @property
    def right(self) -> bool:
        return same_values(self.seen, self.true)

    @property
    def got(self) -> Any:
        return self.seen.result

    @property
    def expected(self) -> Any:
        return self.true.result


def describe_structure(
    exercise: Exercise, function: Callable[..., Any], result: str = ""
) -> list[str]:
    """Sentences on how the results differ, the most telling first; empty when nothing was found.

    result  the one of a tuple of results to describe; when empty, all that are wrong
    """
    assert exercise.family is not None
    results = exercise.family.results
    several = [
        *on_probes(exercise, function),
        *on_probes(exercise, function, "structure", EXTRA),
    ]
    watched = [Watched(p.config, seen, known(exercise.id, (), p)) for p, seen in several]
    if not results:
        return _described(watched, exercise.family.axes)
    names = [result] if result else list(results)
    told = {}
    for name in names:
        place = list(results).index(name)
        apart = [
            replace(item, seen=part(item.seen, place), true=part(item.true, place))
            for item in watched
        ]
        told[name] = _described(apart, results[name])
    if result:
        return told[result]
    if len(set(map(tuple, told.values()))) == 1:  # an error, or no tuple at all
        return told[names[0]]
    return [f"{name}: {' '.join(sentences)}" for name, sentences in told.items() if sentences]


def _described(watched: list[Watched], axes: tuple[str, ...]) -> list[str]:
    wrong = [item for item in watched if not item.right]
    if wrong and all(_is_complex(item.got) for item in wrong):
        return ["The results are complex numbers; the right ones are real."]
    if not wrong:
        return []
    if all(_same_first(item) for item in wrong):
        return ["The first call is right, but when it is called again, it is not."]
    wrong = [item for item in wrong if not _same_first(item)]
    sentences = [
        *_errors(watched),
        *_shapes(wrong, axes),
        *_transformed(wrong, axes),
        *_places(wrong, axes),
    ]
    return (sentences + list(_conditions(watched)))[:3]


def _is_complex(result: Any) -> bool:
    return type(result) is np.ndarray and np.iscomplexobj(result)


def _same_first(item: Watched) -> bool:
    # Right but for what came of a second call.
    return same_values(replace(item.seen, later=None), replace(item.true, later=None))


def _errors(watched: list[Watched]) -> Iterator[str]:
    raised = [item.got for item in watched if isinstance(item.got, Raised)]
    if not raised:
        return
    kinds = sorted({error.kind for error in raised})
    text = f" ({raised[0].text})" if raised[0].text else ""
    often = (
        "every call" if len(raised) == len(watched) else f"{len(raised)} of {len(watched)} calls"
    )
    yield f"It raises {' or '.join(kinds)}{text} on {often}."


def _arrays(items: list[Watched]) -> list[Watched]:
    return [i for i in items if type(i.got) is np.ndarray and type(i.expected) is np.ndarray]


def _shapes(wrong: list[Watched], axes: tuple[str, ...]) -> Iterator[str]:
    other = [i for i in _arrays(wrong) if i.got.shape != i.expected.shape]
    ranks = {i.expected.ndim for i in other}
    if not other or len(ranks) != 1:
        return
    if any(i.got.ndim != i.expected.ndim for i in other):
        item = next(i for i in other if i.got.ndim != i.expected.ndim)
        yield f"The result has {item.got.ndim} axes where it should have {item.expected.ndim}."
        return
    for axis, name in enumerate(axes):
        by = {i.got.shape[axis] - i.expected.shape[axis] for i in other}
        if by == {0}:
            continue
        if len(by) == 1:
            step = by.pop()
            yield f"{name} is {abs(step)} too {'large' if step > 0 else 'small'}."
        else:
            word = "too large" if min(by) >= 0 else "too small" if max(by) <= 0 else "wrong"
            yield f"{name} is {word}{' in some calls' if 0 in by else ''}."


def _comparable(wrong: list[Watched]) -> list[Watched]:
    return [i for i in _arrays(wrong) if i.got.shape == i.expected.shape and i.expected.size > 1]


# The last two axes of what is a picture. Samples and classes have no border and no upside down.
PICTURES = (("H", "W"), ("H_out", "W_out"), ("kH", "kW"), ("3", "3"))
# What a picture may look like beside the right one.
TRANSFORMED: tuple[tuple[str, Callable[[np.ndarray], np.ndarray]], ...] = (
    ("with the opposite sign", np.negative),
    ("upside down", lambda a: a[..., ::-1, :]),
    ("mirrored from left to right", lambda a: a[..., ::-1]),
    ("turned by half a turn", lambda a: a[..., ::-1, ::-1]),
    ("shifted down by one", lambda a: np.roll(a, 1, axis=-2)),
    ("shifted to the right by one", lambda a: np.roll(a, 1, axis=-1)),
)


def _transformed(wrong: list[Watched], axes: tuple[str, ...]) -> Iterator[str]:
    items = _comparable(wrong)
    if not items or any(i.got.shape != i.expected.shape for i in _arrays(wrong)):
        return
    pictures = axes[-2:] in PICTURES and all(i.expected.ndim >= 2 for i in items)
    for words, change in TRANSFORMED if pictures else TRANSFORMED[:1]:
        if all(_equal(i.got, change(i.expected), i.seen.rule) for i in items):
            yield f"The result is the right one {words}."
            return
    ratios = [_ratio(i) for i in items]
    if all(ratio is not None for ratio in ratios):
        name = _named(items, ratios)
        if name:
            yield f"The result is the right one times {name}."


def _equal(one: np.ndarray, other: np.ndarray, rule: Rule) -> bool:
    return one.shape == other.shape and not mismatch(one, other, rule).any()


def _ratio(item: Watched) -> float | None:
    flat, true = np.ravel(item.got), np.ravel(item.expected)
    places = np.flatnonzero(true)
    if len(places) < 2:
        return None
    ratio = float(flat[places[0]] / true[places[0]])
    return ratio if ratio != 0 and _equal(item.got, item.expected * ratio, item.seen.rule) else None


def _named(items: list[Watched], ratios: list[Any]) -> str | None:
    def sizes(config: Config) -> dict[str, float]:
        c_in = config.get("C_in", 1) / config.get("groups", 1)
        taps = config.get("kH", 1) * config.get("kW", 1)
        named = {"N": config.get("N", 1), "C_in": c_in, "C_out": config.get("C_out", 1)}
        return {**named, "kH·kW": taps, "C_in·kH·kW": c_in * taps}

    for name in sizes(items[0].config):
        values = [sizes(i.config)[name] for i in items]
        if all(np.isclose(r, v) for r, v in zip(ratios, values, strict=True)):
            return name
        if all(np.isclose(r * v, 1) for r, v in zip(ratios, values, strict=True)):
            return f"1/({name})"
    if np.allclose(ratios, ratios[0]):
        return f"{ratios[0]:g}"
    return None


ENOUGH = 8  # right numbers beside a place where all wrong ones lie
# What a first axis counts, in words.
COUNTED = {"N": "sample", "C_out": "filter"}


def _places(wrong: list[Watched], axes: tuple[str, ...]) -> Iterator[str]:
    items = _comparable(wrong)
    if not items or len(items) < len(wrong):
        return
    plain = [mismatch(i.got, i.expected, i.seen.rule) for i in items]
    word = COUNTED.get(axes[0])
    counted = word and all(m.ndim == len(axes) for m in plain)
    if counted and any(len(m) > 1 for m in plain) and not any(m[0].any() for m in plain):
        yield f"The first {word} is right; later ones are wrong."
    if any(m.ndim < 2 for m in plain):
        return
    for words, elsewhere in (
        ("the last row", lambda m: m[..., :-1, :]),
        ("the last column", lambda m: m[..., :-1]),
        ("the border", lambda m: m[..., 1:-1, 1:-1]),
    ):
        # A kernel is nearly all border, which says nothing of where the mistake is.
        if words == "the border" and axes[-2:] not in PICTURES[:2]:
            continue
        # A few right numbers in between may be right by chance.
        enough = sum(elsewhere(m).size for m in plain) >= ENOUGH
        if enough and not any(elsewhere(m).any() for m in plain):
            yield f"Only {words} of the result is wrong."
            return


def _remainder(config: Config) -> bool:
    # Does some row or column lie behind the last stop? A pool without a stride has the kernel's.
    def of(name: str, axis: int, default: int) -> int:
        value = config.get(name, default)
        return int(value[axis] if isinstance(value, tuple) else value)

    if isinstance(config.get("padding"), str) or not {"H", "W", "kH", "kW"} <= set(config):
        return False
    return any(
        (
            config[size]
            + 2 * of("padding", axis, 0)
            - of("dilation", axis, 1) * (config[kernel] - 1)
            - 1
        )
        % (config[kernel] if config.get("stride", 1) is None else of("stride", axis, 1))
        for axis, (size, kernel) in enumerate((("H", "kH"), ("W", "kW")))
    )


def _filters(config: Config, count: int | None) -> bool:
    return config.get("groups", 1) == 1 and count is not None and config.get("C_out") == count


# A condition on a call, in words that complete "It is wrong exactly when".
CONDITIONS: tuple[tuple[str, Callable[[Config], bool]], ...] = (
    ("the stride is not 1", lambda c: c.get("stride", 1) not in (1, (1, 1))),
    ("no stride is given", lambda c: c.get("stride", 1) is None),
    ("the stride is a pair", lambda c: isinstance(c.get("stride"), tuple)),
    ("there is padding", lambda c: c.get("padding", 0) not in (0, (0, 0), "valid")),
    ("there is no padding", lambda c: c.get("padding", 0) in (0, (0, 0), "valid")),
    ("the stride leaves a remainder", _remainder),
    ("the padding is a word", lambda c: isinstance(c.get("padding"), str)),
    ("the padding is 'same'", lambda c: c.get("padding") == "same"),
    ("the padding is a pair", lambda c: isinstance(c.get("padding"), tuple)),
    ("the dilation is not 1", lambda c: c.get("dilation", 1) not in (1, (1, 1))),
    ("there is output padding", lambda c: c.get("output_padding", 0) not in (0, (0, 0))),
    ("arguments are given by position", lambda c: bool(c.get("positional"))),
    ("there are several groups", lambda c: c.get("groups", 1) > 1),
    ("there are several samples", lambda c: c.get("N", 1) > 1),
    ("there are several input channels", lambda c: c.get("C_in", 1) > 1),
    ("there are several filters", lambda c: c.get("C_out", 1) > 1),
    ("there are as many filters as channels", lambda c: _filters(c, c.get("C_in"))),
    ("there are as many filters as samples", lambda c: _filters(c, c.get("N"))),
    ("there is a bias", lambda c: bool(c.get("bias", True)) and "C_out" in c),
    ("the kernel is square", lambda c: "kH" in c and c["kH"] == c["kW"]),
    ("the kernel is not square", lambda c: c.get("kH", 1) != c.get("kW", 1)),
    ("the input is not square", lambda c: c.get("H", 1) != c.get("W", 1)),
    ("the kernel has more than one element", lambda c: c.get("kH", 1) * c.get("kW", 1) > 1),
    ("there is no bias", lambda c: not c.get("bias", True)),
    ("the arrays do not lie in memory row by row", lambda c: c.get("layout", "C") != "C"),
    ("the arrays lie in memory in Fortran order", lambda c: c.get("layout") == "Fortran"),
    ("the arrays run backwards in memory", lambda c: c.get("layout") == "reversed"),
    ("the input holds integers", lambda c: c.get("dtype") == "integers"),
    ("the numbers are large", lambda c: str(c.get("dtype")).startswith("large")),
)


def _conditions(watched: list[Watched]) -> Iterator[str]:
    wrong = [i for i in watched if not i.right]
    if not wrong or len(wrong) == len(watched):
        return
    for words, holds in CONDITIONS:
        if all(holds(i.config) == (not i.right) for i in watched):
            yield f"It is wrong exactly when {words}."
            return
    good = [i for i in watched if i.right]
    for words, holds in sorted(CONDITIONS, key=lambda c: sum(c[1](i.config) for i in good)):
        if all(holds(i.config) for i in wrong):
            if sum(holds(i.config) for i in good) <= len(good) / 4:  # or it tells nothing
                yield f"It is wrong only when {words}, and not always then."
            return
