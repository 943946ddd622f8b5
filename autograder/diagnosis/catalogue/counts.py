"""Mistakes of conv2d_count, C01 to C05: decisions of ``recipes.Count`` taken differently."""

from __future__ import annotations

from typing import Any

from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.catalogue.scopes import COUNT

SCOPE = ("conv2d_count",)


class NoBias:
    def biases(self, filters: int, bias: bool) -> int:
        return 0


class AlwaysBias:
    def biases(self, filters: int, bias: bool) -> int:
        return filters


class OneBias:
    def biases(self, filters: int, bias: bool) -> int:
        return 1 if bias else 0


class OneSample:
    def samples(self, input_size: Any) -> int:
        return 1


class InputPositions:
    def positions(self, input_size: Any, output: Any) -> Any:
        return input_size[2], input_size[3]


class SwappedPositions:
    """Counts rows for both axes."""

    def positions(self, input_size: Any, output: Any) -> Any:
        return output[0], output[0]


class GroupsTwice:
    def weights(self, weight_size: Any, groups: int) -> int:
        return super().weights(weight_size, groups) // groups


class GroupsIgnored:
    def weights(self, weight_size: Any, groups: int) -> int:
        return super().weights(weight_size, groups) * groups


class TwoForEach:
    def work(self, weights: int, samples: int, positions: int) -> int:
        return 2 * weights * samples * positions


MISTAKES = (
    Mistake(
        id="C01",
        name="the bias is counted wrongly",
        telltale="The parameters are off by the number of filters, or by all but one of them.",
        question="How many numbers does a bias have, and when has a layer none?",
        section="02-layer#counting",
        scope=SCOPE,
        variants=(NoBias, AlwaysBias, OneBias),
        star=True,
    ),
    Mistake(
        id="C02",
        name="the batch is forgotten",
        telltale="The multiply-adds are those of one sample.",
        question="Is the work for two samples shared?",
        section="02-layer#counting",
        scope=COUNT,
        variants=(OneSample,),
    ),
    Mistake(
        id="C03",
        name="stops are counted wrongly",
        telltale="The parameters are right; the multiply-adds are those of the input's size, or of a square output.",
        question="At how many places does a kernel stop, and on which sizes does that depend?",
        section="02-layer#counting",
        scope=COUNT,
        variants=(InputPositions, SwappedPositions),
        star=True,
    ),
    Mistake(
        id="C04",
        name="groups are counted twice, or not at all",
        telltale="With one group all is right; with more, both numbers are off by a factor of groups.",
        question="What does the second axis of the weight already count?",
        section="02-layer#counting",
        scope=COUNT,
        variants=(GroupsTwice, GroupsIgnored),
    ),
    Mistake(
        id="C05",
        name="additions are counted as well",
        telltale="The multiply-adds are twice what they should be.",
        question="Is a multiply-add one operation here, or two?",
        section="02-layer#counting",
        scope=SCOPE,
        variants=(TwoForEach,),
    ),
)
