"""The digits, what counts as having learned them, and cases of which many results are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder import digits, examine, reference
from autograder.checks.cases import hidden_cases, visible_cases
from autograder.checks.compare import difference
from autograder.checks.exercises import EXERCISES
from autograder.checks.exercises.network import scores

TRAIN = EXERCISES["train"]
BY_HEART, UNSEEN = visible_cases(TRAIN)


def parameters(seed: int = 0) -> list[np.ndarray]:
    """Six arrays of the right form that have learned nothing."""
    rng = np.random.default_rng(seed)
    shapes = ((8, 1, 3, 3), (8,), (16, 8, 3, 3), (16,), (10, 256), (10,))
    return [rng.normal(size=shape) for shape in shapes]


def test_the_digits_are_those_of_scikit_learn() -> None:
    images, labels = digits()
    assert (images.shape, labels.shape) == ((1797, 1, 8, 8), (1797,))
    assert set(np.unique(images * 16)) == set(range(17))
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert labels[:10].tolist() == list(range(10))
    assert (images[0, 0, 0] * 16).tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert (images * 16).sum() == 561718
    images[...] = 0  # nobody else's copy
    assert digits()[0].any()


def test_the_judges_network_is_torchs() -> None:
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    images = digits()[0][:5]
    x, *p = (torch.from_numpy(array) for array in (images, *parameters()))
    hidden = F.max_pool2d(F.conv2d(x, *p[:2], padding=1).relu(), 2)
    hidden = F.conv2d(hidden, *p[2:4], padding=1).relu()
    expected = F.linear(hidden.flatten(1), *p[4:]).numpy()
    assert np.allclose(scores(images, *parameters()), expected, rtol=1e-12)


def test_who_learns_by_heart_reads_only_what_it_has_seen() -> None:
    learned = reference("train")(*BY_HEART.call.args)
    assert difference(learned, None, BY_HEART.rule) is None
    assert "has not seen, not on 95%" in str(difference(learned, None, UNSEEN.rule))


def test_classes_are_called_otherwise_in_every_call() -> None:
    # So parameters that somebody brings along, trained on all of the digits, are of no use.
    images, labels = digits()
    known = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    orders = set()
    for seed in range(4):
        for case in hidden_cases(TRAIN, seed, lambda call: None):
            shown, named = case.call.args
            pairs = {(int(known[i.tobytes()]), int(n)) for i, n in zip(shown, named, strict=True)}
            assert len({true for true, _ in pairs}) == len(pairs)  # one name for each class
            orders.add(tuple(sorted(pairs)))
    assert len(orders) == 8


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda p: None, "expected a tuple of the six parameters"),
        (lambda p: p[:5], "expected a tuple of the six parameters"),
        (lambda p: [*p[:5], "many"], "bias3 is a str"),
        (lambda p: [p[0].swapaxes(0, 1), *p[1:]], "weight1 has shape (1, 8, 3, 3)"),
        (lambda p: [*p[:4], p[4].T, p[5]], "weight3 has shape (256, 10)"),
        (lambda p: [*p[:3], p[3] * np.nan, *p[4:]], "bias2 holds numbers that are not finite"),
        (lambda p: [0 * a for a in p], "it says 0 of every one"),
        (lambda p: p, "the network is right on"),
    ],
)
def test_a_training_that_failed_is_told_what_is_wrong(spoil: Any, told: str) -> None:
    assert told in str(difference(spoil(parameters()), None, BY_HEART.rule))


def test_the_verdict_says_how_much_was_read() -> None:
    verdict = examine(lambda images, labels, seed=0: parameters(seed), "train")
    assert verdict.fraction == 0.0
    assert verdict.diagnosis is not None
    assert "the network is right on" in verdict.diagnosis.message
