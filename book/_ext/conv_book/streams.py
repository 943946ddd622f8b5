"""Shows what a cell printed as it was printed, however the kernel cut it into messages.

A kernel sends text a few times a second. myst-nb strips each message before it joins them, so a
message that ends between a line and its newline leaves an empty line on the page: sometimes, on a
busy machine. Here messages are joined before they are stripped.
"""

from __future__ import annotations

from typing import Any

from myst_nb.core import render
from myst_nb.core.utils import coalesce_streams
from sphinx.application import Sphinx


def joined(outputs: list[Any]) -> list[Any]:
    """The outputs with all text of one stream in its first message; the rest as they are."""
    first: dict[str, Any] = {}
    result = []
    for output in outputs:
        if output["output_type"] != "stream":
            result.append(output)
        elif output["name"] in first:
            first[output["name"]]["text"] += output["text"]
        else:
            first[output["name"]] = output = output.copy()
            result.append(output)
    return result


def merge(outputs: list[Any]) -> list[Any]:
    """What myst-nb calls to merge a cell's outputs, on whole streams."""
    return coalesce_streams(joined(outputs))


def connect(app: Sphinx) -> None:
    """Stand in for myst-nb's own merging."""
    render.coalesce_streams = merge
