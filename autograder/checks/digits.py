"""Small pictures of handwritten digits, to train on: those that scikit-learn carries.

1,797 pictures of 8 by 8, the test part of the UCI collection "Optical Recognition of Handwritten
Digits" (E. Alpaydin and C. Kaynak, 1998), CC BY 4.0. A line of the file is one picture: 64 grey
values from 0 to g (16), row by row, and its digit.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np

VALUES = "0123456789abcdefg"


def digits() -> tuple[np.ndarray, np.ndarray]:
    """(images, labels): float64 from 0 to 1, (1797, 1, 8, 8); and whole numbers 0 to 9, (1797,)."""
    images, labels = _read()
    return images.copy(), labels.copy()


@cache
def _read() -> tuple[np.ndarray, np.ndarray]:
    path = resources.files("autograder.checks") / "data" / "digits.txt"
    lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    grey = [[VALUES.index(value) for value in picture] for picture, _ in lines]
    images = np.array(grey, dtype=np.float64).reshape(-1, 1, 8, 8) / 16
    return images, np.array([int(label) for _, label in lines])
