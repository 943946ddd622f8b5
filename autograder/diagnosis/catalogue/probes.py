"""Sets of probes that are not good enough, T01 to T06: mistakes of the exercises of kind P."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.diagnosis.catalogue.entry import Mistake

SCOPE = ("break_conv2d",)


def probe(
    input: tuple[int, ...], weight: tuple[int, ...], *, bias: bool = True, **options: Any
) -> dict[str, Any]:
    """One call with whole numbers from a fixed generator."""
    rng = np.random.default_rng(1)
    arrays = {
        name: rng.integers(1, 9, size=shape).astype(float)
        for name, shape in (("input", input), ("weight", weight))
    }
    if bias:
        arrays["bias"] = rng.integers(1, 9, size=weight[:1]).astype(float)
    return {**arrays, **options}


def square() -> list[dict[str, Any]]:
    return [probe((1, 2, 6, 6), (2, 2, 3, 3), stride=2, padding=2)]


def padded_by_one() -> list[dict[str, Any]]:
    return [probe((1, 2, 7, 4), (3, 2, 2, 3), stride=2, padding=1)]


def one_channel() -> list[dict[str, Any]]:
    return [probe((2, 1, 7, 4), (3, 1, 2, 3), stride=2, padding=2)]


def stride_one() -> list[dict[str, Any]]:
    return [probe((1, 2, 7, 4), (3, 2, 2, 3), padding=2)]


def without_bias() -> list[dict[str, Any]]:
    return [probe((1, 2, 7, 4), (3, 2, 2, 3), bias=False, stride=2, padding=2)]


def symmetric() -> list[dict[str, Any]]:
    call = probe((1, 2, 7, 4), (3, 2, 2, 3), stride=2, padding=2)
    return [{**call, "weight": np.ones((3, 2, 2, 3))}]


def too_many() -> list[dict[str, Any]]:
    return [
        probe((1, 2, 7, 4), (3, 2, 2, 3), stride=s, padding=p) for s in (1, 2, 3) for p in (0, 2)
    ]


def illegal() -> list[dict[str, Any]]:
    return [probe((1, 3, 7, 4), (3, 2, 2, 3), stride=2, padding=2)]


def nothing() -> list[dict[str, Any]]:
    return []


MISTAKES = tuple(
    Mistake(
        id=identity,
        name=name,
        telltale=telltale,
        question=question,
        section="02-layer#probes",
        scope=SCOPE,
        variants=variants,
    )
    for identity, name, telltale, question, variants in (
        (
            "T01",
            "everything is square",
            "Whoever confuses rows with columns is not found out.",
            "On which shapes do rows and columns behave alike?",
            (square,),
        ),
        (
            "T02",
            "the option has the value that hides the mistake",
            "Padding 1, or stride 1, is right even for those who ignore the argument.",
            "Which value of an option would somebody have in mind who never looks at it?",
            (padded_by_one, stride_one),
        ),
        (
            "T03",
            "one channel, or no bias",
            "A sum over one channel is no sum; a bias of zero can be added as often as one likes.",
            "In how large a sum does a missing term show?",
            (one_channel, without_bias),
        ),
        (
            "T04",
            "a kernel that looks the same in the mirror",
            "A mirrored kernel of equal numbers is the same kernel.",
            "Which kernels does mirroring leave as they are?",
            (symmetric,),
        ),
        (
            "T05",
            "too many calls, or none",
            "More calls are used than allowed, or nothing is called.",
            "Which of your calls exposes something that no other one does?",
            (too_many, nothing),
        ),
        (
            "T06",
            "a call that the right conv2d refuses",
            "The call fails for everyone, so it tells nobody apart.",
            "How many channels has the input, and how many does the weight take?",
            (illegal,),
        ),
    )
)
