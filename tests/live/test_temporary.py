"""The temporary chat and the list of models, over a WebSocket and without one."""

import asyncio
import json
import uuid

import pytest

from chat.relay import switchboard as switchboard_module
from chat.relay import whisper
from chat.relay.database import in_database
from tests.live.inside import SECONDS, InsideStream, everything, logged_in, opened
from tests.support.addresses import refuses
from tests.support.polling import until
from tests.support.rows import begin, locked_database
from tests.support.scripts import Gate, Hang, Head, Pause, WaitFor, endless, json_answer, mira, never_answers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("board_of_streams")]

QUESTION = {"role": "user", "content": "Why?"}
PHASES = {
    "before the status line": never_answers(),
    "before the first token": [Head(), Hang()],
    "in mid-stream": endless(),
}


async def ask(tab, *messages, **fields):
    """Says it; the row of the answer."""
    fields.setdefault("client_id", str(uuid.uuid4()))
    await tab.say("ask", messages=messages or [QUESTION], **fields)
    event = await tab.until("message")
    assert event["conversation"] is None
    assert event["message"]["parent"] == fields["client_id"]
    return event["message"]["generation"]["id"]


async def post(client, kind, **fields):
    body = json.dumps({"type": kind, **fields})
    return (await client.post("/commands/", body, content_type="application/json")).json()


async def heard_to_the_end(tab):
    """The text that comes from here on, and how it ends."""
    text, cursor = "", None
    while (event := await tab.next())["type"] != "finished":
        if event["type"] == "delta":
            assert cursor in (None, event["from"])
            cursor = event["to"]
            text += "".join(part["text"] for part in event["parts"])
    return text, event


# Over a WebSocket


async def test_an_answer_comes_and_nothing_is_stored(tab, upstream):
    upstream.play(mira(["Hel", "lo"]))
    generation = await ask(
        tab,
        QUESTION,
        {"role": "assistant", "content": "So."},
        {"role": "user", "content": "And?"},
        options={"model": "poet", "instructions": "Rhyme.", "temperature": 0.5, "max_tokens": 9},
        left_out=3,
    )
    text, end = await heard_to_the_end(tab)
    assert (text, end["generation"], end["status"], end["to"]) == ("Hello", generation, "complete", 5)
    assert end["left_out"] == 3, "the person reads of what the page left out, too"
    assert upstream.requests[0].body == {
        "model": "poet",
        "messages": [
            {"role": "system", "content": "Rhyme."},
            QUESTION,
            {"role": "assistant", "content": "So."},
            {"role": "user", "content": "And?"},
        ],
        "stream": True,
        "temperature": 0.5,
        "max_tokens": 9,
    }
    assert await in_database(everything) == [[], [], []]


async def test_without_options_the_upstream_does_as_it_does(tab, upstream):
    await ask(tab)
    await tab.until("finished")
    assert upstream.requests[0].body == {"model": "scripted", "messages": [QUESTION], "stream": True}


async def test_it_needs_no_database(tab, upstream):
    with locked_database():
        await ask(tab)
        assert (await heard_to_the_end(tab))[0] == "Hello"


async def test_other_tabs_of_the_person_hear_nothing_of_it(tab, board, upstream, alice, session):
    other = await opened(board, alice, session)
    await ask(tab)
    await tab.until("finished")
    assert await other.answered() == []
    await other.leave()


async def test_a_tab_that_showed_a_conversation_shows_it_no_longer(tab, board, upstream, alice):
    row = await in_database(begin, alice)
    await in_database(row.complete, "So.", "")
    await tab.open(row.conversation_id)
    await ask(tab)
    await tab.until("finished")
    await in_database(row.conversation.ask, row.message, "And?", uuid.uuid4(), owner_process=board.process)
    board.announce(alice.pk, row.conversation_id)
    assert (await tab.next())["type"] == "conversation", "for the list alone"
    assert await tab.answered() == []


async def test_the_same_ask_again_is_one_request_and_begins_anew_for_the_tab(tab, upstream):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    key = str(uuid.uuid4())
    first = await ask(tab, client_id=key)
    await tab.until("delta")
    second = await ask(tab, client_id=key)
    gate.open()
    assert (await heard_to_the_end(tab))[0] == "Hello"
    assert first == second
    assert len(upstream.requests) == 1


async def test_the_same_client_id_of_two_people_is_two_answers(tab, board, upstream, bob):
    session = await in_database(logged_in, bob)
    other = await opened(board, bob, session)
    key = str(uuid.uuid4())
    upstream.play(mira(["for one"]), mira(["for the other"]))
    assert await ask(tab, client_id=key) != await ask(other, client_id=key)
    texts = {(await heard_to_the_end(one))[0] for one in (tab, other)}
    assert texts == {"for one", "for the other"}
    await other.leave()


@pytest.mark.parametrize("phase", PHASES)
async def test_stop_closes_the_upstream_within_a_second(tab, upstream, phase):
    upstream.play(PHASES[phase])
    generation = await ask(tab)
    request = await upstream.next_request()
    await tab.say("cancel", generation=generation)
    await request.hung_up(within=1)
    assert (await tab.until("finished"))["status"] == "cancelled"


async def test_a_stranger_stops_nothing_and_is_told_that_there_is_no_such_answer(tab, board, upstream, bob):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    generation = await ask(tab)
    stranger = await opened(board, bob, await in_database(logged_in, bob))
    await stranger.say("cancel", generation=generation)
    assert (await stranger.until("error"))["code"] == "not_found"
    gate.open()
    assert (await heard_to_the_end(tab))[0] == "Hello"
    await stranger.leave()


async def test_one_too_many_is_refused_with_words(tab, upstream, monkeypatch):
    monkeypatch.setattr(switchboard_module, "WHISPERS", 1)
    upstream.play(never_answers())
    await ask(tab)
    key = str(uuid.uuid4())
    await tab.say("ask", client_id=key, messages=[QUESTION])
    error = await tab.until("error")
    assert (error["code"], error["command"], error["client_id"]) == ("busy", "ask", key)


async def test_a_process_that_stops_ends_it_and_starts_none(tab, board, upstream):
    upstream.play(mira(["Hel", Hang()]))
    await ask(tab)
    await tab.until("delta")
    await board.drain(SECONDS)
    assert (await tab.until("finished"))["status"] == "interrupted"
    await tab.say("ask", client_id=str(uuid.uuid4()), messages=[QUESTION])
    assert (await tab.until("error"))["code"] == "stopping"


async def test_a_defect_at_the_upstream_is_told_in_words(tab, upstream):
    upstream.play(json_answer(429, {"error": "Slow down."}))
    await ask(tab)
    finished = await tab.until("finished")
    assert (finished["status"], finished["error"]["code"]) == ("failed", "upstream_refused")


# After a lost connection


async def come_back(board, alice, session, generation, cursor):
    """The next page of the same person, in the same temporary chat."""
    tab = await opened(board, alice, session)
    await tab.say("open", conversation=None, generation=generation, cursor=cursor)
    transcript = await tab.until("transcript")
    assert (transcript["conversation"], transcript["messages"]) == (None, [])
    return tab


async def test_who_comes_back_gets_exactly_the_rest(board, upstream, alice, session):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    tab = await opened(board, alice, session)
    generation = await ask(tab)
    assert (await tab.until("delta"))["to"] == 3
    await tab.leave()
    tab = await come_back(board, alice, session, generation, 3)
    gate.open()
    text, end = await heard_to_the_end(tab)
    assert (text, end["status"], end["to"]) == ("lo", "complete", 5)
    await tab.leave()


async def test_who_comes_back_after_the_end_is_told_it(board, upstream, alice, session):
    tab = await opened(board, alice, session)
    generation = await ask(tab)
    await tab.until("finished")
    await tab.leave()
    tab = await come_back(board, alice, session, generation, 2)
    text, end = await heard_to_the_end(tab)
    assert (text, end["status"]) == ("llo", "complete")
    await tab.leave()


@pytest.mark.parametrize("whose", ["nobody's", "a stranger's", "a stored one"])
async def test_what_is_not_there_for_this_person_is_interrupted_at_the_tabs_own_cursor(
    tab, board, upstream, alice, bob, session, whose
):
    """At the tab's own cursor, because another one would make it open again, and again."""
    upstream.default = mira(["Hel", Hang()])
    generation = str(uuid.uuid4())
    stranger = await opened(board, bob, await in_database(logged_in, bob))
    if whose == "a stranger's":
        generation = await ask(stranger)
        await stranger.until("delta")
    if whose == "a stored one":
        generation = (await tab.begin("Why?"))["generation"]["id"]
        await tab.until("delta")
    other = await come_back(board, alice, session, generation, 7)
    finished = await other.until("finished")
    assert (finished["generation"], finished["status"], finished["to"]) == (generation, "interrupted", 7)
    assert (finished["error"]["code"], bool(finished["error"]["message"])) == ("forgotten", True)
    assert await other.answered() == []
    for one in (other, stranger):
        await one.leave()


async def test_a_tab_that_leaves_stops_nothing_until_it_has_been_away_for_long(
    board, upstream, alice, session, monkeypatch
):
    monkeypatch.setattr(whisper, "ALONE", 0.3)
    upstream.play(mira(["Hel", Hang()]))
    tab = await opened(board, alice, session)
    await ask(tab)
    await tab.until("delta")
    request = await upstream.next_request()
    left = asyncio.get_running_loop().time()
    await tab.leave()
    assert request.under_way
    assert await request.hung_up(within=5) - left >= 0.3


async def test_who_opens_something_else_has_left_it_too(tab, upstream, alice, monkeypatch):
    monkeypatch.setattr(whisper, "ALONE", 0.1)
    upstream.play(mira(["Hel", Hang()]))
    await ask(tab)
    await tab.until("delta")
    request = await upstream.next_request()
    await tab.open(None)
    await request.hung_up(within=5)


# Without a WebSocket


async def test_over_http_it_is_asked_by_a_command_and_followed_by_a_stream(client, session, upstream):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    key = str(uuid.uuid4())
    [event] = await post(client, "ask", client_id=key, messages=[QUESTION])
    assert (event["type"], event["conversation"], event["message"]["parent"]) == ("message", None, key)
    generation = event["message"]["generation"]["id"]
    shown = InsideStream(session, generation=generation)
    await shown.begin()
    assert (await shown.until("transcript"))["messages"] == []
    assert (await shown.until("delta"))["parts"][0]["text"] == "Hel"
    await shown.leave()
    shown = InsideStream(session, generation=generation, cursor=3)
    await shown.begin()
    gate.open()
    text, end = await heard_to_the_end(shown)
    assert (text, end["status"]) == ("lo", "complete")
    await shown.leave()
    assert await in_database(everything) == [[], [], []]


@pytest.mark.parametrize("phase", PHASES)
async def test_over_http_stop_closes_the_upstream_too(client, session, upstream, phase):
    upstream.play(PHASES[phase])
    [event] = await post(client, "ask", client_id=str(uuid.uuid4()), messages=[QUESTION])
    generation = event["message"]["generation"]["id"]
    shown = InsideStream(session, generation=generation)
    await shown.begin()
    request = await upstream.next_request()
    assert await post(client, "cancel", generation=generation) == []
    await request.hung_up(within=1)
    assert (await shown.until("finished"))["status"] == "cancelled"
    await shown.leave()


async def test_over_http_a_refusal_is_an_error_like_any_other(client, board):
    [error] = await post(client, "ask", client_id=str(uuid.uuid4()), messages=[])
    assert (error["type"], error["code"], error["command"]) == ("error", "bad_command", "ask")
    await board.drain(SECONDS)
    [error] = await post(client, "ask", client_id=str(uuid.uuid4()), messages=[QUESTION])
    assert error["code"] == "stopping"


# The list of models


async def test_the_models_are_told_over_both(tab, client, upstream, settings):
    settings.UPSTREAM_MODELS = []
    capable = {"id": "painter", "architecture": {"input_modalities": ["text", "image"]}}
    upstream.models = json_answer(200, {"data": [capable, {"id": "poet"}]})
    told = {
        "type": "models",
        "models": [{"id": "painter", "images": True}, {"id": "poet", "images": None}],
        "default": "painter",
        "trouble": "",
    }
    await tab.say("models")
    assert await tab.until("models") == told
    assert await post(client, "models") == [told]
    assert len(upstream.other_requests) == 1


async def test_an_upstream_that_takes_its_time_with_its_list_holds_up_no_other_command(tab, upstream, settings):
    settings.UPSTREAM_MODELS = []
    gate = Gate()
    upstream.models = [WaitFor(gate), *json_answer(200, {"data": [{"id": "slow"}]})]
    await tab.say("models")
    await until(lambda: upstream.other_requests)
    await tab.open(None)
    gate.open()
    assert (await tab.until("models"))["default"] == "slow"


async def test_many_who_ask_at_once_ask_the_upstream_once(tab, upstream, settings):
    settings.UPSTREAM_MODELS = []
    upstream.models = [Pause(0.05), *json_answer(200, {"data": [{"id": "slow"}]})]
    for _ in range(10):
        await tab.say("models")
    for _ in range(10):
        assert (await tab.until("models"))["default"] == "slow"
    assert len(upstream.other_requests) == 1


async def test_an_upstream_that_does_not_answer_has_no_models(tab, settings):
    settings.UPSTREAM_MODELS = []
    with refuses() as settings.UPSTREAM_URL:
        await tab.say("models")
        told = await tab.until("models")
    assert (told["models"], told["default"]) == ([], "")
    assert "could not be reached" in told["trouble"]
