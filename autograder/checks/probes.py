"""What an exercise of kind P asks: probes that expose wrong implementations.

They are judged in ``diagnosis``, where the wrong implementations are.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Probes:
    """Calls, given as dictionaries of keyword arguments, that tell right from wrong.

    of     the exercise whose function the probes call
    wrong  catalogue ids of the wrong implementations to expose
    most   how many probes may be used
    """

    of: str
    wrong: tuple[str, ...]
    most: int
