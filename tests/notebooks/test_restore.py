"""Restoring a submission: the student's text, the course's tests, whatever else was done to it."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.notebooks import CANARY
from autograder.notebooks.files import dumps, grade_id, is_test
from autograder.notebooks.restore import MAX_BYTES, Unreadable, parse, restore


def cell(identity: str, source: str, *, test: bool) -> dict[str, Any]:
    metadata = {
        "grade": test,
        "grade_id": identity,
        "locked": test,
        "schema_version": 3,
        "solution": not test,
        "task": False,
    }
    if test:
        metadata["points"] = 2
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": identity,
        "metadata": {"nbgrader": metadata},
        "outputs": [],
        "source": source,
    }


MASTER: dict[str, Any] = {
    "cells": [
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# Title"},
        cell("a", "raise NotImplementedError()", test=False),
        cell("test-a", "check(a)", test=True),
        cell("b", "raise NotImplementedError()", test=False),
        cell("test-b", "check(b)", test=True),
        cell("test-b-more", "check(b, 2)", test=True),
    ],
    "metadata": {"kernelspec": {"name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def handed_in() -> dict[str, Any]:
    notebook = copy.deepcopy(MASTER)
    notebook["cells"][1]["source"] = "a = 1"
    notebook["cells"][3]["source"] = "b = 2"
    return notebook


def after(notebook: dict[str, Any]) -> list[tuple[str, str]]:
    restored = restore(parse(dumps(notebook).encode()), MASTER)
    return [(grade_id(c), c["source"]) for c in restored["cells"] if c["cell_type"] == "code"]


EXPECTED = [
    ("a", "a = 1"),
    ("test-a", "check(a)"),
    ("b", "b = 2"),
    ("test-b", "check(b)"),
    ("test-b-more", "check(b, 2)"),
]


def test_an_untouched_structure_comes_back_as_it_was() -> None:
    assert after(handed_in()) == EXPECTED


@given(st.permutations(range(6)))
def test_every_test_is_there_once_and_after_its_answer_in_any_order(order: list[int]) -> None:
    notebook = handed_in()
    notebook["cells"] = [notebook["cells"][n] for n in order]
    names = [name for name, _ in after(notebook)]
    assert sorted(names) == sorted(name for name, _ in EXPECTED)
    for name in ("test-a", "test-b", "test-b-more"):
        assert names.index(name) > names.index(name.split("-")[1])
    assert [n for n in names if n.startswith("test")] == ["test-a", "test-b", "test-b-more"]


@given(st.sets(st.sampled_from([2, 4, 5])), st.text(max_size=20))
def test_deleted_and_edited_tests_are_the_courses_again(gone: set[int], edit: str) -> None:
    notebook = handed_in()
    for n in (2, 4, 5):
        notebook["cells"][n]["source"] = edit
    notebook["cells"] = [c for n, c in enumerate(notebook["cells"]) if n not in gone]
    assert after(notebook) == EXPECTED


def test_a_missing_answer_is_an_answer_not_given() -> None:
    notebook = handed_in()
    del notebook["cells"][1]
    assert after(notebook)[0] == ("a", "raise NotImplementedError()")


STUB = "def {}(x: int = 0) -> int:\n    raise NotImplementedError()"


@pytest.mark.parametrize(
    "retyped", [["async def a(): 1", "class b: pass"], ["a = 1", "b: int = 2"]]
)
def test_an_answer_that_lost_its_name_is_where_it_is_defined(retyped: list[str]) -> None:
    master = copy.deepcopy(MASTER)
    for place, name in ((1, "a"), (3, "b")):
        master["cells"][place]["source"] = STUB.format(name)
    used = [cell("", text, test=False) for text in ("if a(1) == b: print(a)", "# a = 3", "a(x=3)")]
    given = [cell("", text, test=False) for text in retyped]
    notebook = {**master, "cells": [used[0], *given, *used[1:]]}
    restored = restore(parse(dumps(notebook).encode()), master)
    found = [(grade_id(c), c["source"]) for c in restored["cells"]]
    places = [found.index(("a", retyped[0])), found.index(("test-a", "check(a)"))]
    places += [found.index(("b", retyped[1])), found.index(("test-b", "check(b)"))]
    assert places == sorted(places)
    assert not any("NotImplementedError" in text for _, text in found)


def test_a_duplicated_answer_is_graded_by_the_last_and_the_other_still_runs() -> None:
    notebook = handed_in()
    notebook["cells"].insert(2, {**copy.deepcopy(notebook["cells"][1]), "source": "a = 3"})
    assert after(notebook)[:3] == [("", "a = 1"), ("a", "a = 3"), ("test-a", "check(a)")]


def test_metadata_tags_and_outputs_of_the_student_are_dropped() -> None:
    notebook = handed_in()
    for c in notebook["cells"]:
        c["metadata"]["tags"] = ["skip-execution"]
        if c["cell_type"] == "code":
            c["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
            c["metadata"].setdefault("nbgrader", {})["points"] = 1000
    restored = restore(parse(dumps(notebook).encode()), MASTER)
    assert "skip-execution" not in json.dumps(restored)
    assert '"output_type"' not in json.dumps(restored)
    assert all(c["metadata"]["nbgrader"]["points"] == 2 for c in restored["cells"] if is_test(c))


def test_an_answer_turned_into_markdown_is_code_again() -> None:
    notebook = handed_in()
    notebook["cells"][1] = {
        **notebook["cells"][1],
        "cell_type": "markdown",
    }
    assert after(notebook) == EXPECTED


FORGIVEN = {
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "newer minor version": lambda text: text.replace('"nbformat_minor": 5', '"nbformat_minor": 99'),
    "no kernelspec": lambda text: text.replace("kernelspec", "elsewhere"),
    "metadata of any shape": lambda text: text.replace('"tags": []', '"nbgrader": [1]'),
    "lone surrogate": lambda text: text.replace("# Title", "\\ud800"),
}


@pytest.mark.parametrize("what", FORGIVEN)
def test_what_a_student_did_not_do_is_forgiven(what: str) -> None:
    notebook = handed_in()
    notebook["cells"][0]["metadata"]["tags"] = []
    data = FORGIVEN[what](dumps(notebook))
    cells = parse(data.encode() if isinstance(data, str) else data)
    restored = restore(cells, MASTER)
    dumps(restored).encode("utf-8")
    assert [(grade_id(c), c["source"]) for c in restored["cells"] if grade_id(c)] == EXPECTED


REFUSED = {
    "empty": (b"", "empty"),
    "white space": (b" \n", "empty"),
    "half a file": (b'{"cells": [', "not valid JSON"),
    "no notebook": (b"[1, 2]", "no notebook"),
    "UTF-16": ("{}".encode("utf-16"), "not UTF-8"),
    "format 3": (b'{"nbformat": 3, "worksheets": []}', "format 3"),
    "no cells": (b'{"nbformat": 4}', "no list of cells"),
    "deep": (b"[" * 200_000, "nested"),
    "too large": (b" " * (MAX_BYTES + 1), "MB"),
    "too many cells": (json.dumps({"nbformat": 4, "cells": [0] * 10_001}).encode(), "10000"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_notebook_is_refused_in_words(what: str) -> None:
    data, reason = REFUSED[what]
    with pytest.raises(Unreadable, match=reason):
        parse(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["cell_type", "source", "metadata", "nbgrader", "grade_id", "code", "a"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=6))
def test_any_cells_at_all_give_a_notebook_with_every_test(cells: list[Any]) -> None:
    data = json.dumps({"nbformat": 4, "cells": cells}).encode()
    restored = restore(parse(data), MASTER)
    assert sum(map(is_test, restored["cells"])) == 3
    dumps(restored).encode("utf-8")


def test_a_master_with_solutions_in_it_is_refused() -> None:
    master = copy.deepcopy(MASTER)
    master["cells"][1]["source"] = f"# {CANARY}"
    with pytest.raises(ValueError, match="holds solutions"):
        restore([], master)
