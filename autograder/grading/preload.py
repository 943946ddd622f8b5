"""Imported by the server that forks workers: each one starts with nbgrader in memory."""

import nbgrader.api
import nbgrader.converters  # noqa: F401

import autograder.grading.plain
import autograder.grading.preprocessors  # noqa: F401
