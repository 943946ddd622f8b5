"""What is kept between runs: only what can be found out again, and the same as if it were."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pytest

from autograder.checks.exercises import EXERCISES
from autograder.checks.judge import Raised
from autograder.diagnosis import remembered
from autograder.diagnosis.catalogue import in_scope
from autograder.diagnosis.observe import probes, same, watch
from autograder.grading.kept import Shelf

EXERCISE = EXERCISES["conv2d"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / name)
    remembered.known.cache_clear()
    yield tmp_path / "autograder" / "answers"
    remembered.known.cache_clear()


def recalled(shelf: Shelf) -> list[Any]:
    """What each form of each mistake does on the probes, with this shelf at hand."""
    remembered.known.cache_clear()
    token = remembered.RECALL.set(lambda exercise_id: shelf)
    try:
        return [
            remembered.known(EXERCISE.id, variants, probe)
            for mistake in in_scope(EXERCISE.id)
            for variants in [(), *((form,) for form in mistake.variants_in(EXERCISE.id))]
            for probe in probes(EXERCISE)[:6]
        ]
    finally:
        remembered.RECALL.reset(token)


def test_what_the_catalogue_does_is_kept_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Shelf("conv2d")
    found = recalled(first)
    first.keep()
    watched = []
    monkeypatch.setattr(remembered, "watch", lambda *asked: watched.append(asked) or watch(*asked))
    again = recalled(Shelf("conv2d"))
    assert len(again) == len(found) > 100 and not watched
    assert all(same(one, other) for one, other in zip(found, again, strict=True))
    errors = [
        (str(one.result), str(other.result))
        for one, other in zip(found, again, strict=True)
        if isinstance(one.result, Raised)
    ]
    assert errors and all(one == other for one, other in errors)


def test_forms_and_probes_are_told_apart() -> None:
    shelf = Shelf("conv2d")
    recalled(shelf)
    forms = {v for m in in_scope(EXERCISE.id) for v in m.variants_in(EXERCISE.id)}
    assert len(shelf) == 6 * (len(forms) + 1)


def test_two_that_write_lose_nothing(cache: Path) -> None:
    one, other = Shelf("several"), Shelf("several")
    one["a"], other["b"] = np.arange(3), (1, None, "two")
    other["no value of ours"] = object()
    one.keep()
    other.keep()
    kept = Shelf("several")
    assert sorted(kept) == ["a", "b"]
    assert kept["b"] == (1, None, "two") and kept["a"].tolist() == [0, 1, 2]


def test_a_broken_file_is_as_good_as_none(cache: Path) -> None:
    shelf = Shelf("several")
    shelf["a"] = 1
    shelf.keep()
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert Shelf("several") == {}
