"""A catalogued mistake as the text of a student's cell, which needs nothing but NumPy to run.

The sandbox has no catalogue in it. So what an implementation is made of, its classes and functions
and what they refer to, is written out. Knows Python objects and no mistake by name.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from autograder.diagnosis.catalogue.entry import RECIPES, Mistake

OURS = "autograder."
# What the text of classes needs outside of their methods: decorators and bases.
HEAD = """from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import numpy as np"""


def cell(function: str, mistake: Mistake, exercise: str) -> str | None:
    """The cell that defines ``function`` with the mistake; None where it cannot be written out."""
    try:
        text = f"# {marker(mistake.id)}\n" + _text(function, mistake, exercise)
        names: dict[str, Any] = {}
        exec(compile(text, "<planted>", "exec"), names)
    except Exception:  # made by another module, out of pieces that have no text of their own
        return None
    return text if callable(names.get(function)) else None


def marker(identity: str) -> str:
    """What a planted cell says about itself."""
    return f"made up for the demonstration, with the catalogue's mistake {identity}"


def _text(function: str, mistake: Mistake, exercise: str) -> str:
    variant = mistake.variants_in(exercise)[0]
    parts: dict[str, str] = {}
    if function not in RECIPES:
        _add(variant, parts)
        last = f"{function} = {variant.__name__}"
    else:
        recipe, adapt = RECIPES[function]
        made = mistake.implementation(exercise)
        if type(made) is FunctionType and not inspect.signature(made).parameters:
            last = f"def {function}():\n    return {made()!r}"  # an answer, not a function
        else:
            _add(recipe, parts)
            _add(variant, parts)
            last = f"class Wrong({variant.__name__}, {recipe.__name__}):\n    pass\n\n\n"
            if type(made).__name__ == "Wrong":
                last += f"{function} = Wrong()"
            else:
                _add(adapt, parts)
                last += f"{function} = {adapt.__name__}(Wrong())"
    return "\n\n\n".join([HEAD, *parts.values(), last])


def _add(thing: Any, parts: dict[str, str]) -> None:
    """The text of a class or function, after that of all that it refers to."""
    if thing.__module__ == "builtins" or thing.__name__ in parts:
        return
    needed = list(thing.__bases__) if isinstance(thing, type) else []
    parts[thing.__name__] = ""  # it may refer to itself
    for base in needed:
        _add(base, parts)
    for member in vars(thing).values() if isinstance(thing, type) else (thing,):
        member = getattr(member, "__func__", member)
        if isinstance(member, FunctionType):
            used = list(_names(member.__code__))
            for name in used:
                _add_global(name, member.__globals__.get(name), used, parts)
    text = _without_scope(textwrap.dedent(inspect.getsource(thing)).strip())
    for name, value in vars(sys.modules[thing.__module__]).items():
        if isinstance(value, ModuleType) and value.__name__.startswith(OURS):
            text = re.sub(rf"\b{name}\.", "", text)  # what it has is written out without it
    if not text.startswith(("class ", "def ", "@")):
        raise ValueError(f"{thing!r} has no text of its own")
    del parts[thing.__name__]
    parts[thing.__name__] = text


def _without_scope(text: str) -> str:
    """A mixin says for which exercises it is meant, in names of the catalogue."""
    node: Any = ast.parse(text).body[0]
    lines = text.splitlines()
    for part in node.body if isinstance(node, ast.ClassDef) else []:
        targets = getattr(part, "targets", [getattr(part, "target", None)])
        if any(isinstance(target, ast.Name) and target.id == "scope" for target in targets):
            kept = ["    pass"] if len(node.body) == 1 else []
            lines[part.lineno - 1 : part.end_lineno] = kept
    return "\n".join(lines)


def _add_global(name: str, value: Any, used: list[str], parts: dict[str, str]) -> None:
    if isinstance(value, ModuleType) and value.__name__.startswith(OURS):
        for inner in used:
            _add_global(inner, getattr(value, inner, None), [], parts)
    elif isinstance(value, ModuleType):
        if name != "np":
            parts[name] = f"import {value.__name__} as {name}"
    elif isinstance(value, type | FunctionType) and value.__module__.startswith(OURS):
        _add(value, parts)
    elif isinstance(value, int | float | str | tuple | dict):
        parts[name] = f"{name} = {value!r}"


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
