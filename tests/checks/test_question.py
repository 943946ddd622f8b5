"""A question in parts: a word for each, each judged by itself, and compared with known slips."""

from autograder.checks.question import Part, Question, digest_word, same_answer, wrong_part

CHOICES = ("the flip", "the stride", "the padding")
FIRST = Part("first", digest_word("first", "the flip"), CHOICES)
SECOND = Part("second", digest_word("second", "the stride"), CHOICES)
QUESTION = Question(parts=(FIRST, SECOND))


def test_each_part_is_judged_by_itself() -> None:
    answer = {"first": " The  flip", "second": "the padding"}
    assert wrong_part(FIRST, answer) is None
    assert wrong_part(SECOND, answer) == "'the padding' is not it for 'second'"


def test_an_answer_of_another_form_is_told_what_to_give() -> None:
    assert "give a dictionary" in (wrong_part(FIRST, ["the flip"]) or "")
    assert "nothing is given for 'first'" in (wrong_part(FIRST, {}) or "")
    told = wrong_part(FIRST, {"first": "the moon"}) or ""
    assert "none of the words" in told and "the flip, the stride, the padding" in told


def test_the_same_word_answers_two_parts_with_two_digests() -> None:
    assert digest_word("first", "the flip") != digest_word("second", "the flip")


def test_answers_are_the_same_when_every_word_is() -> None:
    right = {"first": "the flip", "second": "the stride"}
    assert same_answer(QUESTION, right, {"first": "THE FLIP", "second": "the stride"})
    assert not same_answer(QUESTION, right, {"first": "the flip"})
    assert not same_answer(QUESTION, right, None)
