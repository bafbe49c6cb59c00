import pytest

from chat.transfer.outcome import Outcome, sentences_of


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome(12, 340, 3), "12 conversations with 340 messages were imported. 3 were there already."),
        (Outcome(1, 1, 1), "1 conversation with 1 message was imported. 1 was there already."),
        (Outcome(known=3), "Nothing is new: all 3 conversations in this file were there already."),
        (Outcome(known=1), "Nothing is new: the 1 conversation in this file was there already."),
        (
            Outcome(1, 2, empty=2, left_out=1),
            "1 conversation with 2 messages was imported. 2 conversations without any text were left out. "
            "1 part that is no text was left out: a picture, or the answer of a tool.",
        ),
        (
            Outcome(empty=1, left_out=5),
            "1 conversation without any text was left out. "
            "5 parts that are no text were left out: pictures, and answers of tools.",
        ),
        (
            Outcome(2, 2, shortened=1),
            "2 conversations with 2 messages were imported. 1 title was shortened: a title has at most 200 characters.",
        ),
        (Outcome(), "There are no conversations in this file."),
    ],
)
def test_what_came_of_it_is_said_in_words(outcome, words):
    assert " ".join(sentences_of(outcome)) == words
