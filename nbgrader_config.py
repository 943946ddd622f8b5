"""nbgrader's settings. ``autograder init DIR`` copies this file into each course folder it makes.

Your own settings go at the end: every option of nbgrader works here.
"""

from pathlib import Path

from autograder.grading.settings import configure

c = get_config()
c.CourseDirectory.course_id = "conv2d"

# What our tests need from `nbgrader autograde`: the course's secret seed, and that students' code
# runs in the sandbox, as with `autograder grade`.
configure(c, Path(__file__).resolve().parent)
