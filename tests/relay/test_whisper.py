"""The temporary chat's generations: followed and stopped like any other, and nowhere to be found afterwards."""

import asyncio
import uuid
from contextlib import aclosing

import pytest

from chat.models import Conversation, Generation, Message, Prompt
from chat.relay import errors, whisper
from chat.relay import switchboard as switchboard_module
from chat.relay.database import in_database
from chat.relay.limits import Limits
from chat.relay.switchboard import Crowded, Stopping
from tests.support.boards import no_task_left, start, switchboard
from tests.support.following import all_of, text_of, until_phase, until_text
from tests.support.polling import until
from tests.support.rows import locked_database
from tests.support.scripts import (
    Gate,
    Hang,
    Head,
    Reset,
    WaitFor,
    endless,
    error_event,
    json_answer,
    mira,
    never_answers,
)

pytestmark = pytest.mark.django_db(transaction=True)

ALICE, BOB = 1, 2
SECRET = "a secret question"


@pytest.fixture(autouse=True)
def _own_spool(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def prompt(*said, model="", **parameters):
    roles = ("user", "assistant") * len(said)
    messages = [{"role": role, "content": text} for role, text in zip(roles, said or [SECRET], strict=False)]
    return Prompt(messages, model, parameters)


def whispered(board, asked=None, owner=ALICE):
    key = uuid.uuid4()
    board.whisper(key, asked or prompt(), owner)
    return key


async def ended(board, key):
    frames, ending = await all_of(board.follow(key, 0))
    return text_of(frames), ending


def stored():
    return [list(model.objects.values_list("pk")) for model in (Conversation, Message, Generation)]


# One answer


async def test_it_is_asked_and_followed_like_any_other(board, upstream):
    upstream.play(mira(["Hel", "lo"]))
    key = whispered(board, prompt("Why?", "So.", "And?", model="poet", temperature=0))
    text, ending = await ended(board, key)
    assert (text, ending.status, ending.finish_reason, ending.cursor) == ("Hello", "complete", "stop", 5)
    assert upstream.requests[0].body == {
        "model": "poet",
        "messages": [
            {"role": "user", "content": "Why?"},
            {"role": "assistant", "content": "So."},
            {"role": "user", "content": "And?"},
        ],
        "stream": True,
        "temperature": 0,
    }


async def test_the_database_is_not_even_asked(board, upstream):
    with locked_database():
        assert (await ended(board, whispered(board)))[0] == "Hello"


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (mira(["a secret answer"]), "complete"),
        (mira(["a secret answer", error_event("It was a secret answer.")]), "failed"),
        (mira(["a secret answer", Reset()]), "truncated"),
        (json_answer(400, {"error": {"message": f"I do not like {SECRET}"}}), "failed"),
    ],
)
async def test_nothing_of_it_is_written_anywhere(board, upstream, caplog, tmp_path, script, status):
    caplog.set_level("DEBUG", "chat")
    upstream.play(script)
    key = whispered(board)
    assert (await ended(board, key))[1].status == status
    assert await in_database(stored) == [[], [], []]
    assert list(tmp_path.iterdir()) == []
    assert [line for line in caplog.messages if str(key) in line and status in line], "it is counted"
    assert "secret" not in caplog.text


async def test_nobody_is_told_of_it(board, upstream):
    heard = []
    with board.listening(ALICE, heard.append):
        await ended(board, whispered(board))
    assert heard == []


async def test_a_prompt_that_is_too_long_is_fitted(board, upstream):
    key = whispered(board, prompt("old", "o" * Limits().prompt_chars, "new"))
    assert (await ended(board, key))[1].left_out == 2
    assert [message["content"] for message in upstream.requests[0].body["messages"]] == ["new"]


async def test_the_clocks_are_those_of_every_answer(upstream):
    upstream.play(mira(["Hel", Hang()]))
    async with no_task_left(), switchboard(Limits(silence=0.1)) as board:
        text, ending = await ended(board, whispered(board))
    assert (text, ending.status, ending.error_code) == ("Hel", "failed", "silence_timeout")


async def test_it_waits_for_a_place_like_any_other(upstream):
    upstream.play(never_answers())
    async with no_task_left(), switchboard(Limits(concurrent=1)) as board:
        first = whispered(board)
        request = await upstream.next_request()
        second = whispered(board)
        await until_phase(board.follow(second, 0), "queued")
        board.cancel(first, ALICE)
        await request.hung_up(within=1)
        assert (await ended(board, second))[1].status == "complete"


# Once, and for its owner alone


async def test_the_same_key_again_is_the_same_one(board, upstream):
    key = whispered(board)
    board.whisper(key, prompt(), ALICE)
    await ended(board, key)
    board.whisper(key, prompt(), ALICE)
    assert (await ended(board, key))[0] == "Hello"
    assert len(upstream.requests) == 1


async def test_only_its_owner_finds_it_and_stops_it(board, upstream):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    key = whispered(board)
    assert board.has_whisper(key, ALICE)
    assert not board.has_whisper(key, BOB)
    assert not board.cancel(key, BOB)
    gate.open()
    assert (await ended(board, key))[0] == "Hello"


async def test_what_is_stored_is_no_whisper(board, upstream, alice):
    key = await start(board, alice)
    assert not board.has_whisper(key, alice.pk)
    await ended(board, key)


async def test_a_person_has_a_limited_number_of_them_under_way(board, upstream, monkeypatch):
    monkeypatch.setattr(switchboard_module, "WHISPERS", 2)
    upstream.default = never_answers()
    keys = [whispered(board) for _ in range(2)]
    with pytest.raises(Crowded):
        whispered(board)
    whispered(board, owner=BOB)
    board.whisper(keys[0], prompt(), ALICE)
    board.cancel(keys[0], ALICE)
    whispered(board)


# Stop


@pytest.mark.parametrize(
    "script", [never_answers(), [Head(), Hang()], mira(["Hel", Hang()]), endless()], ids=["head", "text", "more", "all"]
)
async def test_stop_closes_the_upstream_within_a_second(board, upstream, script):
    upstream.play(script)
    key = whispered(board)
    request = await upstream.next_request()
    assert board.cancel(key, ALICE)
    await request.hung_up(within=1)
    assert (await ended(board, key))[1].status == "cancelled"


async def test_stop_in_the_queue_asks_no_upstream(upstream):
    upstream.play(never_answers())
    async with no_task_left(), switchboard(Limits(concurrent=1)) as board:
        whispered(board)
        await upstream.next_request()
        second = whispered(board)
        assert board.cancel(second, ALICE)
        assert (await ended(board, second))[1].status == "cancelled"
        assert len(upstream.requests) == 1


# Who reads it


async def test_an_ended_one_stays_for_a_while_and_then_it_is_gone(board, upstream, monkeypatch):
    kept = whispered(board)
    assert await ended(board, kept) == await ended(board, kept)
    monkeypatch.setattr(switchboard_module, "LINGER", 0.1)
    key = whispered(board)
    await ended(board, key)
    await until(lambda: not board.has_whisper(key, ALICE))
    assert board.has_whisper(kept, ALICE)
    text, ending = await ended(board, key)
    assert (text, ending.status) == ("", "interrupted")


@pytest.fixture
def given_up(board, monkeypatch):
    """Waits for as long as it takes until one that nobody reads, and that begins now, is given up."""
    monkeypatch.setattr(whisper, "ALONE", 0.5)

    async def given_up(meanwhile=None):
        key = whispered(board, owner=BOB)
        async with asyncio.timeout(10):
            while not board._live[key].outcome:
                if meanwhile:
                    await meanwhile()
                await asyncio.sleep(0)

    return given_up


async def test_who_comes_back_in_time_again_and_again_goes_on_from_its_cursor(board, upstream, given_up):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]), never_answers())
    key = whispered(board)

    async def visit():
        async with aclosing(board.follow(key, 0)) as items:
            await until_text(items, "Hel")

    await visit()
    await given_up(meanwhile=visit)
    gate.open()
    frames, ending = await all_of(board.follow(key, 3))
    assert (text_of(frames), ending.status) == ("lo", "complete")


async def test_one_that_is_read_is_never_given_up_though_another_reader_leaves(board, upstream, given_up):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]), never_answers())
    key = whispered(board)
    async with aclosing(board.follow(key, 0)) as stays:
        await until_text(stays, "Hel")
        async with aclosing(board.follow(key, 0)) as leaves:
            await until_text(leaves, "Hel")
        await given_up()
        gate.open()
        assert (await all_of(stays))[1].status == "complete"


@pytest.mark.parametrize("reads_first", [False, True], ids=["whose page never came", "whose page left"])
async def test_one_that_nobody_reads_is_given_up(board, upstream, monkeypatch, reads_first):
    monkeypatch.setattr(whisper, "ALONE", 0.1)
    upstream.play(mira(["Hel", Hang()]))
    key = whispered(board)
    if reads_first:
        async with aclosing(board.follow(key, 0)) as items:
            await until_text(items, "Hel")
    await until(lambda: board._live[key].outcome)
    await upstream.until_streaming(0)
    assert (await ended(board, key))[1].status == "cancelled"


def test_a_page_has_a_minute_to_come_back():
    assert whisper.ALONE == 60


# The end of the process


async def test_a_drain_interrupts_it_and_tells_its_reader(board, upstream):
    upstream.play(mira(["Hel", Hang()]))
    key = whispered(board)
    request = await upstream.next_request()
    reader = asyncio.create_task(ended(board, key))
    await until_text(board.follow(key, 0), "Hel")
    await board.drain(5)
    await request.hung_up(within=1)
    text, ending = await reader
    assert (text, ending.status, ending.error_text) == ("Hel", "interrupted", errors.INTERRUPTED[1])


async def test_a_drain_in_a_hurry_keeps_it_in_no_file(board, upstream, alice, tmp_path):
    upstream.play(mira(["Hel", Hang()]), mira(["Hel", Hang()]))
    keys = [whispered(board), await start(board, alice)]
    for key in keys:
        await until_text(board.follow(key, 0), "Hel")
    await board.drain(0)
    assert [path.stem for path in (tmp_path / "spool").iterdir()] == [str(keys[1])], "the stored one is kept, alone"


async def test_a_drained_switchboard_starts_none(board, upstream):
    await board.drain(5)
    with pytest.raises(Stopping):
        whispered(board)
    assert upstream.requests == []
