"""Tabs that are slow, on a real server: what one may cost, that it has everything in the end, that it delays nobody."""

from contextlib import suppress

import pytest

from chat.live import protocol
from chat.live.window import WINDOW
from chat.relay.text import FRAME_CHARS
from tests.support.scripts import Gate, Hang, WaitFor, mira
from tests.support.tabs import generation_of

QUIET = 0.5
LARGE = 400_000  # characters; more than a window, whatever they are


def pieces(text, length=20_000):
    return [text[start : start + length] for start in range(0, len(text), length)]


def bytes_of_text(tab):
    """How many bytes of text have come."""
    return sum(len(protocol.encode(event).encode()) for event in deltas(tab))


def deltas(tab):
    return [event for event in tab.heard if event["type"] == "delta"]


def read_what_comes(tab):
    """Acknowledges nothing; returns when nothing has come for a while."""
    with suppress(TimeoutError):
        while True:
            tab.next(QUIET)


def read_on(tab, generation, within=10.0):
    """Reads to the end and acknowledges what comes."""
    while generation not in tab.finished:
        if generation in tab.cursors:
            tab.ack(generation)
        tab.next(within)


CHARACTERS = {"plain": "x", "escaped sixfold": "\1", "of four bytes": "👋", "mixed": 'a\1👋"\u2028é\\'}


@pytest.mark.parametrize("kind", CHARACTERS)
def test_a_tab_that_never_acknowledges_gets_a_window_of_bytes_and_the_rest_when_it_does(served, tabs, question, kind):
    text = (CHARACTERS[kind] * LARGE)[:LARGE]
    gate = Gate()
    served.upstream.play(mira([WaitFor(gate), *pieces(text)]))
    tab = tabs()
    generation = generation_of(tab.begin(question))
    gate.open()
    served.until_stored(generation, "complete", within=20)
    read_what_comes(tab)
    assert WINDOW / 2 < bytes_of_text(tab) <= WINDOW
    assert tab.finished == {}
    read_on(tab, generation)
    assert tab.text[generation] == served.database.text(generation) == text


def test_a_tab_with_a_full_window_delays_no_other_tab_of_the_same_answer(served, tabs, question):
    text = "".join(map(str, range(LARGE)))[:LARGE]
    gate = Gate()
    served.upstream.play(mira([WaitFor(gate), *pieces(text)]))
    slow, quick = tabs(), tabs()
    generation = generation_of(quick.begin(question))
    slow.open(served.conversation(generation))
    gate.open()
    read_on(quick, generation)
    assert quick.text[generation] == text
    read_what_comes(slow)
    assert bytes_of_text(slow) <= WINDOW
    read_on(slow, generation)
    assert slow.text[generation] == text


def test_a_window_that_is_full_of_one_answer_delays_no_other_answer(served, tabs, question):
    served.upstream.play(mira([*pieces("x" * LARGE), Hang()]), mira(["quick"]))
    slow = tabs()
    large = generation_of(slow.begin(question))
    served.request(question)  # the large script is taken, or the next answer would get it
    second = generation_of(slow.begin("Quick: " + question))
    slow.until_finished(second, within=5)
    assert slow.text[second] == "quick"
    slow.cancel(large)


def test_a_long_answer_that_is_opened_late_comes_whole_in_frames_of_a_bounded_size(served, tabs, question):
    text = "".join(f"{number:07} " for number in range(250_000))  # as much as one answer may have
    served.upstream.play(mira([*pieces(text), Hang()]))
    first, late = tabs(), tabs()
    generation = generation_of(first.begin(question))
    conversation = served.conversation(generation)
    first.open(None)
    served.until_text_of(generation, len(text))
    late.open(conversation)
    while late.cursors[generation] < len(text):
        late.ack(generation)
        late.next()
    assert late.text[generation] == text
    assert max(event["to"] - event["from"] for event in deltas(late)) <= FRAME_CHARS
    late.cancel(generation)


def test_a_tab_whose_slow_text_is_overtaken_by_the_next_answer_learns_how_it_ended(served, tabs, question):
    """It is still behind with one answer, unacknowledged, when another tab has begun the next."""
    first, overtaken = Gate(), Gate()
    served.upstream.play(mira([WaitFor(first), *pieces("x" * LARGE)]), mira([WaitFor(overtaken), "two"]))
    quick, slow = tabs(), tabs()
    row = quick.begin(question)
    generation = generation_of(row)
    conversation = served.conversation(generation)
    slow.open(conversation)
    first.open()
    read_on(quick, generation)
    read_what_comes(slow)
    assert generation not in slow.finished
    quick.ask("And?", conversation, row["id"])
    second = quick.until("message", lambda event: event["message"]["role"] == "assistant")["message"]
    slow.until("transcript")
    overtaken.open()
    slow.until_finished(generation_of(second))
    assert slow.text[generation_of(second)] == "two"
    assert slow.finished[generation] == quick.finished[generation]
    assert slow.text[generation] == served.database.text(generation) == "x" * LARGE
