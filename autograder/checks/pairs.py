"""What an exercise of kind P asks that wants forward/backward pairs: each must fool one tester.

They are judged in ``diagnosis``. Knows no tester by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autograder.checks.call import Source

# input (H, W), weight (kH, kW) and grad_output (H - kH + 1, W - kW + 1) of one trial
Trial = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Tester:
    """Somebody whose test of a forward/backward pair is too kind.

    name      the key of the learner's pair that has to fool this tester
    draw      generator -> a trial of the kind that the tester looks at
    compares  "gradients" with the right ones, their "totals", or the "own forward": the gradients
              with numerical ones of the learner's forward, which then must not be the right one
    """

    name: str
    draw: Callable[[np.random.Generator], Trial]
    compares: str = "gradients"


@dataclass(frozen=True)
class Pairs:
    """Pairs of functions, one for each tester.

    testers  who has to be fooled
    draw     generator -> a trial of the kind that exposes what is wrong
    driver   runs beside the learner's code: driver(theirs, name, inputs, weights, grad_outputs)
             -> (outputs, grad_inputs, grad_weights), each a stack with a row for each trial
    """

    testers: tuple[Tester, ...]
    draw: Callable[[np.random.Generator], Trial]
    driver: Source
