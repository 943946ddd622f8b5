"""The documents at the top of the repository point at things that are there."""

import re
import subprocess
from pathlib import Path

import pytest

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE-text.md"]
LINK = re.compile(r"!?\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_relative_links_resolve(document: str, root: Path) -> None:
    targets = [m["target"] for m in LINK.finditer((root / document).read_text(encoding="utf-8"))]
    relative = [target for target in targets if not target.startswith("https://")]
    assert [target for target in relative if not (root / target).exists()] == []


def test_pictures_in_the_readme_say_what_they_show(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    pictures = [m["text"] for m in LINK.finditer(text) if m[0].startswith("!")]
    assert len(pictures) == 2
    assert min(map(len, pictures)) > 40


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_make_targets_that_are_named_exist(document: str, root: Path) -> None:
    text = (root / document).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|[ `])make ([a-z]+)(?=[`\s])", text, flags=re.MULTILINE))
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)", (root / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert named - set(phony[1].replace("\\\n", " ").split()) == set()


def test_help_names_the_targets_that_people_type(root: Path) -> None:
    answer = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True, check=True)
    for target in ("book", "exercises", "demo", "test", "audit", "bench", "lint", "clean"):
        assert re.search(rf"^make {target} ", answer.stdout, re.MULTILINE), target
