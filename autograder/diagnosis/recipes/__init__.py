"""What the course computes, cut into decisions that can each be got wrong, by subject.

Knows no mistake: those are mixins over these recipes, in ``diagnosis/catalogue``.
"""
