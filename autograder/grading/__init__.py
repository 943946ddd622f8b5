"""Grades a class: finds submissions, runs them behind an engine, records one outcome for each.

Knows course folders and nbgrader's gradebook. Knows nothing of what correct means.
"""
