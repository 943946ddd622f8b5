"""A cell reads in a sandbox as it reads in a notebook."""

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from autograder.sandbox.agent import transformed

CELLS = [
    "x = 1",
    "x = 1\n\n",
    "\n\nx = 1  # a leading line is taken away",
    "  x = 1",
    "%matplotlib inline\nx = 1",
    "%%time\nx = 1",
    "# a comment\n%time x = 1",
    "x = !ls",
    "x?",
    "x = 1  # what?",
    "'''\n%time\n!ls\nx?\n'''",
    "'''\n>>> x\n'''",
    ">>> x = 1\n... y = 2",
    "In [1]: x",
    "x = (1\n%2)",
    "a = 1\r\nb = 2",
    "s = '\u2028'",
    "",
]


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_read_as_ipython_reads_it(cell: str) -> None:
    assert transformed(cell) == TransformerManager().transform_cell(cell)
