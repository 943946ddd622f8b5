"""Imported by the server that forks workers: each one starts with nbgrader in memory."""

from autograder.notebooks.nbgrader import make_ready

make_ready()

import nbgrader.api  # noqa: E402
import nbgrader.converters  # noqa: E402, F401

import autograder.grading.plain  # noqa: E402
import autograder.grading.preprocessors  # noqa: E402, F401
