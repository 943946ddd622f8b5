"""Why a function is wrong: the catalogue of mistakes, matching, shrinking, pictures.

Imports numpy alone.
"""
