"""Puts custom elements on pages: `{conv-window}`, `{py-cell}`, and the scripts that they need.

A page loads the scripts and styles of the elements that stand on it, and no others. This module
knows how an element gets onto a page; what it does there is in `elements/`. In a format that has no
scripts (EPUB) an element is its description.
"""

from __future__ import annotations

import html
import json
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from . import browser_python, generated, notebooks, released
from .places import SITES

FOLDER = Path(__file__).with_name("elements")
# element -> the files that it needs, in order
FILES = {
    "conv-window": (
        *("conv-window.css", "conv-arithmetic.js"),
        *("conv-state.js", "conv-words.js", "conv-window.js"),
    ),
    "py-cell": ("py-cell.css", "py-cell.js"),
}
# Loaded by an element when it is used.
ON_DEMAND = ("py-worker.js", "wasi.js")
FEWEST_WORDS = 8
CONTROLS = (
    *("height", "width", "kernel-height", "kernel-width", "stride", "padding", "dilation"),
    *("channels-in", "channels-out", "groups"),
)
MODES = ("forward", "backward")


class element(nodes.General, nodes.Element):
    """A custom element: `tag`, `attributes`, and `fallback`, the node in its place."""


def among(known: tuple[str, ...]) -> Any:
    """An option that holds words of a list."""

    def words(argument: str | None) -> str:
        found = (argument or "").split()
        for word in found:
            if word not in known:
                raise ValueError(f"{word!r} is none of {', '.join(known)}")
        return " ".join(found)

    return words


def numbers(argument: str | None) -> str:
    """An option that holds nested lists of numbers."""
    return json.dumps(json.loads(argument or ""))


class ConvWindow(SphinxDirective):
    """`{conv-window}`: a layer to play with, as a numbered figure; the content is its caption."""

    has_content = True
    option_spec = {  # noqa: RUF012 - docutils reads it so
        "name": directives.unchanged_required,
        "alt": directives.unchanged_required,
        "state": directives.unchanged_required,
        "modes": among(MODES),
        "controls": among(CONTROLS),
        "values": lambda argument: directives.choice(argument, ("mixed", "ramp")),
        "input": numbers,
        "weight": numbers,
        "grad-output": numbers,
    }

    def run(self) -> list[nodes.Node]:
        alt = " ".join(self.options.pop("alt", "").split())
        if len(alt.split()) < FEWEST_WORDS:
            raise self.error("a conv-window needs :alt: a sentence that says what it shows")
        if "name" not in self.options or not self.content:
            raise self.error("a conv-window needs a :name: and a caption (its content)")
        name = self.options.pop("name")
        attributes = {"id": f"{name}-play", "label": alt, **self.options}
        figure = nodes.figure(classes=["conv-window"])
        figure += element(
            tag="conv-window", attributes=attributes, fallback=nodes.paragraph("", alt)
        )
        parsed = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, parsed)
        if len(parsed) != 1 or not isinstance(parsed[0], nodes.paragraph):
            raise self.error("the caption of a conv-window is one paragraph")
        caption = nodes.caption(parsed[0].rawsource, "", *parsed[0].children)
        self.set_source_info(caption)
        figure += caption
        figure["names"].append(nodes.fully_normalize_name(name))
        self.set_source_info(figure)
        self.state.document.note_explicit_target(figure, figure)
        return [figure]


class PyCell(SphinxDirective):
    """`{py-cell} conv2d.groups`: the exercise's stub, to be solved in the page."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        exercise = generated.exercises().get(name)
        found = released.find(exercise) if exercise else None
        if found is None or not found.in_page:
            raise self.error(f"{name!r} is no exercise that can be solved in a page")
        attributes = {
            "exercise": name,
            "function": exercise.function,
            "cell": found.cell,
            "setup": json.dumps(found.setup),
            "assignment": exercise.assignment,
        }
        code = nodes.literal_block(found.stub, found.stub, language="python")
        return [element(tag="py-cell", attributes=attributes, fallback=code)]


class Written(SphinxPostTransform):
    """Writes each element as HTML, or as what stands in its place where there are no scripts."""

    default_priority = 500

    def run(self, **kwargs: Any) -> None:
        for node in list(self.document.findall(element)):
            # On paper a cell is its stub, but a figure is drawn.
            shown = ("html",) if node["tag"] == "py-cell" else SITES
            if self.app.builder.name not in shown:
                node.replace_self(node["fallback"])
                continue
            words = html.escape(node["fallback"].astext())
            if node["tag"] == "py-cell":
                inside = f"<pre>{words}</pre>"
                attributes = {**node["attributes"], **self.python(node["attributes"])}
            else:
                inside = f"<p>{words} To play with it, allow JavaScript.</p>"
                attributes = node["attributes"]
            written = "".join(
                f' {name}="{html.escape(value)}"' for name, value in attributes.items()
            )
            markup = f"<{node['tag']}{written}>{inside}</{node['tag']}>"
            node.replace_self(nodes.raw("", markup, format="html"))

    def python(self, attributes: dict[str, str]) -> dict[str, str]:
        """Where a cell finds its Python, and its notebook."""
        files = browser_python.place(self.app)
        assignment = attributes["assignment"]
        found = {} if files is None else {"assets": json.dumps(files)}
        return found | {"notebook": notebooks.address(assignment)}


def copy(app: Sphinx) -> None:
    """Put every element's files below _static."""
    if app.builder.name not in SITES:
        return
    target = Path(app.outdir, "_static", "elements")
    target.mkdir(parents=True, exist_ok=True)
    for name in [*ON_DEMAND, *(name for names in FILES.values() for name in names)]:
        shutil.copyfile(FOLDER / name, target / name)


def load(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Name the files of the elements on this page, for this page alone."""
    for tag, names in FILES.items():
        if f"<{tag} " not in context.get("body", ""):
            continue
        for name in names:
            if name.endswith(".css"):
                app.add_css_file(f"elements/{name}")
            else:
                app.add_js_file(f"elements/{name}", loading_method="defer")


def connect(app: Sphinx) -> None:
    """Register the directive and what writes it."""
    app.add_node(element)
    app.add_directive("conv-window", ConvWindow)
    app.add_directive("py-cell", PyCell)
    app.add_post_transform(Written)
    app.connect("builder-inited", copy)
    app.connect("html-page-context", load)
