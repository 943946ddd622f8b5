"""Finds the catalogued mistakes that explain what a function does: one, or two together.

A mistake explains a function when both do the same on every probe. Where several explain it
equally well, more probes are drawn; those that still cannot be told apart are all named. Of a
function that returns a tuple, each result may have an explanation of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from autograder.checks.exercise import Exercise
from autograder.checks.judge import Raised, quiet
from autograder.diagnosis.catalogue import in_scope, right
from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.observe import Seen, comparable, part, same, same_values, telling
from autograder.diagnosis.remembered import Behaviour, known, on_probes

TELLING = 16  # wrong results, the smallest, by which a mistake is taken for one of a pair
EXTRA = 12  # random probes drawn to separate explanations that are equally good

Explanation = tuple[Mistake, ...]
Candidate = tuple[Explanation, tuple[Any, ...]]  # and the variants that make it
Equal = Callable[[Seen, Seen], bool]


def explanations(exercise: Exercise, function: Callable[..., Any]) -> list[Explanation]:
    """The mistakes (or pairs) that explain ``function``, best first; empty when none does."""
    seen, equal = observed(exercise, function)
    if not seen:
        return []
    shown = [m for m in in_scope(exercise.id) if _shows(m, function, seen, exercise)]
    if shown:
        return [(mistake,) for mistake in shown]
    assert exercise.family is not None
    return _explaining(exercise, function, seen, equal, pairs=not exercise.family.results)


def explanations_by_result(
    exercise: Exercise, function: Callable[..., Any]
) -> dict[str, list[Explanation]]:
    """For a function that returns a tuple: each wrong result's name and what explains it.

    Empty where it returns no such tuple.
    """
    assert exercise.family is not None
    names = tuple(exercise.family.results)
    seen, equal = observed(exercise, function)
    returned = [there.result for _, there in seen if not isinstance(there.result, Raised)]
    if not names or any(type(r) is not tuple or len(r) != len(names) for r in returned):
        return {}
    good = [(there, known(exercise.id, (), probe)) for probe, there in seen]
    found = {}
    for place, name in enumerate(names):

        def equal_here(one: Seen, other: Seen, place: int = place) -> bool:
            return equal(part(one, place), part(other, place))

        if not all(equal_here(there, true) for there, true in good):
            found[name] = _explaining(exercise, function, seen, equal_here)
    return found


def _explaining(
    exercise: Exercise,
    function: Callable[..., Any],
    seen: Behaviour,
    equal: Equal,
    pairs: bool = True,
) -> list[Explanation]:
    singles: list[Candidate] = [
        ((mistake,), (variant,)) for mistake, variant in _variants(exercise.id)
    ]
    found = _surviving(exercise, singles, seen, equal)
    if pairs and not found:
        found = _surviving(exercise, _pairs(exercise, singles, seen, equal), seen, equal)
    if len({_ids(explanation) for explanation, _ in found}) > 1:
        more = on_probes(exercise, function, "separate", EXTRA)
        found = _surviving(exercise, found, more, equal) or found
    unique = {_ids(explanation): explanation for explanation, _ in found}
    return sorted(unique.values(), key=lambda e: sum(not mistake.star for mistake in e))


def observed(exercise: Exercise, function: Callable[..., Any]) -> tuple[Behaviour, Equal]:
    """What ``function`` did on the probes, telling ones first, and how to compare it.

    Where all values are right, the difference lies in dtypes, changed arguments or refusals, and
    those are compared too. Empty where no result can be compared: it raises on every probe, or
    returns something else than numbers.
    """
    watched = on_probes(exercise, function)
    if not any(telling(seen.result) for _, seen in watched):
        return [], same
    good = [known(exercise.id, (), probe) for probe, _ in watched]
    pairs = list(zip(watched, good, strict=True))
    values_right = all(same_values(seen, true) for (_, seen), true in pairs)
    equal = same if values_right else same_values
    wrong = [item for item, true in pairs if not equal(item[1], true)]
    rest = [item for item, true in pairs if equal(item[1], true)]
    wrong.sort(key=lambda item: sum(array.size for _, array in item[0].call.arrays()))
    return wrong + rest if wrong else [], equal


@cache
def _variants(exercise_id: str) -> list[tuple[Mistake, Any]]:
    return [(m, variant) for m in in_scope(exercise_id) for variant in m.variants_in(exercise_id)]


def _shows(
    mistake: Mistake, function: Callable[..., Any], seen: Behaviour, exercise: Exercise
) -> bool:
    if mistake.shows is None:
        return False
    returned = (probe.call for probe, there in seen if not isinstance(there.result, Raised))
    call = next(returned, None)
    if call is None:
        return False
    with quiet():
        try:
            return mistake.shows(function, call, call.on(right(exercise.id)))
        except Exception:
            return False


def _surviving(
    exercise: Exercise,
    candidates: list[Candidate],
    seen: Behaviour,
    equal: Equal,
) -> list[Candidate]:
    found = []
    for explanation, variants in candidates:
        if all(equal(there, known(exercise.id, variants, probe)) for probe, there in seen):
            found.append((explanation, variants))
    return found


def _pairs(
    exercise: Exercise,
    singles: list[Candidate],
    seen: Behaviour,
    equal: Equal,
) -> list[Candidate]:
    # Of two mistakes made together, one alone explains those probes on which the other has no
    # effect; so only pairs with a member that explains some wrong result are worth the time.
    wrong = [(p, there) for p, there in seen if not equal(there, known(exercise.id, (), p))]
    wrong = wrong[:TELLING]
    partial = [
        single
        for single in singles
        if any(
            equal(there, known(exercise.id, single[1], probe))
            for probe, there in wrong
            if comparable(there.result)
        )
    ]
    return [
        (one[0] + other[0], one[1] + other[1])
        for one in partial
        for other in singles
        if one[0] != other[0]
        and not _kin(one[1][0], other[1][0])
        and (other not in partial or one[0][0].id < other[0][0].id)
    ]


def _kin(one: Any, other: Any) -> bool:
    # A form and one that builds on it are no two mistakes.
    return issubclass(one, other) or issubclass(other, one)


def _ids(explanation: Explanation) -> tuple[str, ...]:
    return tuple(sorted(mistake.id for mistake in explanation))
