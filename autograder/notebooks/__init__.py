"""From text source to nbgrader notebook and back. The one room that knows nbgrader's cell metadata.

Knows files and cells. Knows nothing of kernels, gradebooks or what correct means.
"""

# Stands as a comment in every solution region, so that one search proves that no solution leaked.
CANARY = "canary-6b1f0e9d"
