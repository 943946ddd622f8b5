"""What an exercise of kind P asks: probes that expose wrong implementations.

They are judged in ``diagnosis``, where the wrong implementations are.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Probes:
    """Calls, given as dictionaries of keyword arguments, that tell right from wrong.

    of     the exercises whose functions the probes call: a forward pass, and then perhaps its
           backward one, which is asked where a probe has a ``grad_output``
    wrong  catalogue ids of the wrong implementations to expose
    most   how many probes may be used
    forms  of how many of its forms each mistake must be exposed; None: of all
    """

    of: tuple[str, ...]
    wrong: tuple[str, ...]
    most: int
    forms: int | None = 1
