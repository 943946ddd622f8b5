"""Makes do with the icons that the pages use, out of the theme's two thousand.

The theme's icon font is 156 kB. `_static/book.css` declares a small font under the same name, and a
browser asks for the large one only where an icon is missing from the small one. The style sheet
loses its rules for all other icons, another 80 kB. A test in the browser sees when an icon of the
pages is not on the list below.
"""

from __future__ import annotations

import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from sphinx.application import Sphinx

from .places import SITES

STATIC = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
STYLE = STATIC / "styles" / "pydata-sphinx-theme.css"
FONT = STATIC / "vendor" / "fontawesome" / "webfonts" / "fa-solid-900.ttf"

# Icons that the theme's templates name. Those that its style sheet draws are found there.
NAMED = (
    "angle-left",
    "angle-right",
    "arrow-up",
    "bars",
    "circle-half-stroke",
    "code",
    "download",
    "expand",
    "file",
    "file-pdf",
    "list",
    "magnifying-glass",
    "moon",
    "sun",
)


def characters() -> set[int]:
    """The characters of the font that stand for these icons."""
    style = STYLE.read_text(encoding="utf-8")
    found = set()
    for name in NAMED:
        match = re.search(rf'\.fa-{name}:before[^{{]*\{{content:"\\([0-9a-f]+)"', style)
        if match is None:
            raise LookupError(f"the theme has no icon {name!r} any more")
        found.add(int(match.group(1), 16))
    drawn = re.findall(r'--pst-icon-[a-z-]+:"(.)"', style)
    return found | {ord(character) for character in drawn}


def make_font(target: Path) -> None:
    """Write the small font."""
    options = subset.Options(flavor="woff", notdef_outline=True)
    font = subset.load_font(str(FONT), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    target.parent.mkdir(parents=True, exist_ok=True)
    subset.save_font(font, str(target), options)


def without_other_icons(style: str) -> str:
    """The theme's style sheet without the rules for icons that no page of ours names."""

    def keep(rule: re.Match[str]) -> str:
        names = set(re.findall(r"\.fa-([a-z0-9-]+):before", rule.group()))
        return rule.group() if names & set(NAMED) else ""

    return re.sub(r'(?:\.fa-[a-z0-9-]+:before,?)+\{content:"[^"]*"\}', keep, style)


def shorten_style(app: Sphinx, error: Exception | None) -> None:
    """Replace the theme's style sheet in the finished site."""
    target = Path(app.outdir, "_static", "styles", STYLE.name)
    if target.is_file():
        target.write_text(without_other_icons(STYLE.read_text(encoding="utf-8")), encoding="utf-8")


def add(app: Sphinx) -> None:
    """Put the font below _static."""
    target = Path(app.outdir, "_static", "icons.woff")
    if app.builder.name in SITES and not target.exists():
        make_font(target)


def connect(app: Sphinx) -> None:
    """Make the font when the builder is known; shorten the style sheet when it has been copied."""
    app.connect("builder-inited", add)
    app.connect("build-finished", shorten_style)
