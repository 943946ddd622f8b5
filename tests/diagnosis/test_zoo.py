"""The last exercise asks for the whole catalogue, and four probes are enough for it."""

from autograder import examine, reference
from autograder.checks.exercises import EXERCISES
from autograder.diagnosis.catalogue import in_scope

ZOO = EXERCISES["zoo"].question
# Their numbers are right: an argument is changed, or something is left for the next call.
RIGHT_NUMBERS = {"F29", "K01", "K02", "K03"}


def test_every_mistake_with_wrong_numbers_is_in_the_zoo() -> None:
    catalogued = {mistake.id for name in ZOO.of for mistake in in_scope(name)}
    assert catalogued - RIGHT_NUMBERS == set(ZOO.wrong)


def test_none_of_the_four_probes_is_superfluous() -> None:
    probes = reference("zoo")()
    assert len(probes) == ZOO.most == 4
    for left_out in range(4):
        some = [probe for place, probe in enumerate(probes) if place != left_out]
        assert 0 < examine(lambda some=some: some, "zoo").fraction < 1
