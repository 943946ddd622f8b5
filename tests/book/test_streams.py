"""What a cell printed looks the same however the kernel cut it into messages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_output

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))

from conv_book.streams import merge

TEXT = "one line\nanother\n\n  indented\n"


@pytest.mark.parametrize("cut", range(1, len(TEXT)))
def test_no_cut_between_messages_shows_on_the_page(cut: int) -> None:
    messages = [new_output("stream", name="stdout", text=t) for t in (TEXT[:cut], TEXT[cut:])]
    assert [output["text"] for output in merge(messages)] == [TEXT]


def test_other_outputs_stay_where_they_are() -> None:
    picture = new_output("display_data", data={"text/plain": "a picture"})
    text = new_output("stream", name="stdout", text="one")
    more = new_output("stream", name="stdout", text=" line\n")
    assert [output["output_type"] for output in merge([text, picture, more])] == [
        "stream",
        "display_data",
    ]
