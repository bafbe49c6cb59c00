"""Answers that go on from the text of another one that was cut: what is shown, asked and stored of them."""

import uuid

import msgspec
import pytest

from chat.models import Generation, Message
from chat.relay.database import in_database
from chat.relay.limits import Limits
from chat.relay.spool import Answer
from tests.support.following import all_of, text_of, until_text
from tests.support.rows import begin, broken_table, stored
from tests.support.scripts import Gate, Hang, WaitFor, mira, never_answers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_spool(settings, tmp_path):
    settings.DATA_DIR = tmp_path


async def ended(board, key):
    """Text and ending, as a follower from the start hears them."""
    frames, ending = await all_of(board.follow(key, 0))
    return text_of(frames), ending


def cut_answer(owner, content="Hel", reasoning="Hm", question="Why?", **fields):
    """The committed row of a generation that is to go on from an answer of which this is stored."""
    first = begin(owner, question, **fields)
    first.cancel(content, reasoning, runs=[len(reasoning), len(content)])
    message = first.message
    message.refresh_from_db()
    return first.conversation.go_on(message, uuid.uuid4(), owner_process="here")[0]


async def test_a_continuation_begins_with_the_text_that_it_goes_on_from_and_is_stored_whole(board, upstream, alice):
    gate = Gate()
    upstream.play([WaitFor(gate), *mira(["lo"])])
    row = await in_database(cut_answer, alice)
    board.start(row, alice.pk)
    await until_text(board.follow(row.pk, 0), "HmHel")
    gate.open()
    text, ending = await ended(board, row.pk)
    found = await stored(row.pk)
    assert text == "HmHello"
    assert (found.message.content, found.message.reasoning, found.runs) == ("Hello", "Hm", [2, 5])
    assert (ending.status, ending.cursor) == (found.status, found.cursor) == ("complete", 7)
    before = await in_database(Message.objects.get, pk=row.continues_id)
    assert (before.content, before.reasoning) == ("Hel", "Hm"), "nothing is overwritten"


async def test_a_continuation_is_asked_for_with_the_half_answer(board, upstream, alice):
    row = await in_database(cut_answer, alice)
    board.start(row, alice.pk)
    await ended(board, row.pk)
    asked = upstream.requests[0].body["messages"]
    assert asked[:2] == [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Hel"}]
    assert [message["role"] for message in asked[2:]] == ["user"]


async def test_of_a_continuation_the_question_the_half_answer_and_the_request_are_never_left_out(
    board, upstream, alice
):
    half = "x" * Limits().prompt_chars
    row = await in_database(cut_answer, alice, half)
    board.start(row, alice.pk)
    await ended(board, row.pk)
    assert [message["content"] for message in upstream.requests[0].body["messages"]][:2] == ["Why?", half]


async def test_a_continuation_that_is_stopped_before_a_word_keeps_all_of_its_text(board, upstream, alice):
    upstream.play(never_answers())
    row = await in_database(cut_answer, alice)
    board.start(row, alice.pk)
    request = await upstream.next_request()
    board.cancel(row.pk, alice.pk)
    await request.hung_up(within=1)
    text, ending = await ended(board, row.pk)
    found = await stored(row.pk)
    assert (text, ending.status, ending.cursor) == ("HmHel", "cancelled", 5)
    assert (found.message.content, found.message.reasoning, found.cursor) == ("Hel", "Hm", 5)


async def test_a_continuation_that_the_process_could_not_store_is_whole_in_its_file(board, upstream, alice, tmp_path):
    upstream.play(mira(["lo", Hang()]))
    row = await in_database(cut_answer, alice)
    board.start(row, alice.pk)
    await until_text(board.follow(row.pk, 0), "HmHello")
    with broken_table(Generation):
        await board.drain(0.2)
    answer = msgspec.json.decode((tmp_path / "spool" / f"{row.pk}.json").read_bytes(), type=Answer)
    assert (answer.content, answer.reasoning, answer.ending.cursor) == ("Hello", "Hm", 7)


async def test_a_continuation_of_an_answer_whose_order_was_cut_off_loses_nothing(board, upstream, alice, monkeypatch):
    upstream.play(mira(["c"]))

    def mixed():
        first = begin(alice)
        first.cancel("ac", "bd", runs=[0, 1, 1])
        message = first.message
        message.refresh_from_db()
        return first.conversation.go_on(message, uuid.uuid4(), owner_process="here")[0]

    row = await in_database(mixed)
    board.start(row, alice.pk)
    text, _ = await ended(board, row.pk)
    found = await stored(row.pk)
    assert text == "abdcc"
    assert (found.message.content, found.message.reasoning) == ("acc", "bd")


async def test_the_time_that_was_thought_before_is_the_continuations_too(board, upstream, alice):
    row = await in_database(cut_answer, alice)
    row.thinking_ms = 1234
    board.start(row, alice.pk)
    await ended(board, row.pk)
    assert (await stored(row.pk)).thinking_ms == 1234
