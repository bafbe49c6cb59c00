"""Generations by their key, from the row that starts one to the text that is stored, over a scripted upstream."""

import asyncio
import socket
import uuid
from contextlib import aclosing, suppress
from random import Random

import msgspec
import pytest
from django.db.models import F

from chat.localmodel.supervisor import LocalModel
from chat.models import LEASE, Generation
from chat.relay import errors, mirror, provider, recorder, sweep
from chat.relay import switchboard as switchboard_module
from chat.relay.database import in_database
from chat.relay.limits import Limits
from chat.relay.listing import Model
from chat.relay.spool import Answer
from chat.relay.switchboard import Stopping, Switchboard
from chat.relay.text import Ending
from tests.fixtures.streams import STREAMS
from tests.support.addresses import refuses
from tests.support.boards import no_task_left, start, switchboard
from tests.support.dialects import mira_chunk
from tests.support.following import all_of, text_of, until_phase, until_text
from tests.support.polling import until
from tests.support.rows import begin, broken_table, locked_database, sqlite_only, status_now, stored, until_stored
from tests.support.scripts import (
    Gate,
    Hang,
    Head,
    Reset,
    Send,
    WaitFor,
    endless,
    error_event,
    json_answer,
    mira,
    never_answers,
    vigthoria,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_spool(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
async def narrow(upstream):
    """One that talks to the upstream for one generation at a time."""
    async with no_task_left(), switchboard(Limits(concurrent=1)) as board:
        yield board


async def ended(board, key):
    """Text and ending, as a follower from the start hears them."""
    frames, ending = await all_of(board.follow(key, 0))
    return text_of(frames), ending


# One answer


@pytest.mark.parametrize("dialect", [mira, vigthoria])
async def test_what_a_follower_hears_is_what_is_stored(board, upstream, alice, dialect):
    upstream.play(dialect(["Grü", "ß ", "👋🏽"]))
    key = await start(board, alice)
    text, ending = await ended(board, key)
    found = await stored(key)
    assert text == found.message.content == "Grüß 👋🏽"
    assert (ending.status, ending.cursor) == (found.status, found.cursor) == ("complete", len(text))


@pytest.mark.parametrize("stream", STREAMS, ids=str)
async def test_every_known_stream_is_stored_as_it_is_followed(board, upstream, alice, stream):
    upstream.play([Send(stream.body)])
    key = await start(board, alice)
    text, ending = await ended(board, key)
    found = await stored(key)
    assert (found.status, found.finish_reason) == (stream.ends, ending.finish_reason)
    assert (found.message.content, found.message.reasoning) == (stream.content, stream.reasoning)
    assert sorted(text) == sorted(stream.content + stream.reasoning)
    assert stream.error in found.error_text
    assert found.error_text == ending.error_text


async def test_the_upstream_is_asked_once_with_the_prompt_the_model_and_the_key(board, upstream, alice):
    key = await start(board, alice, "Why?", system_prompt="Rhyme.", parameters={"temperature": 0, "stream": False})
    await ended(board, key)
    assert [request.body for request in upstream.requests] == [
        {
            "model": "scripted",
            "messages": [{"role": "system", "content": "Rhyme."}, {"role": "user", "content": "Why?"}],
            "stream": True,
            "temperature": 0,
        }
    ]
    assert upstream.requests[0].headers["authorization"] == "Bearer sk-scripted"


async def test_the_model_of_the_conversation_is_asked_for(board, upstream, alice):
    await ended(board, await start(board, alice, model="poet"))
    assert upstream.requests[0].body["model"] == "poet"


async def test_the_first_model_of_the_upstreams_list_is_asked_for_when_none_is_configured(
    board, upstream, alice, settings
):
    settings.UPSTREAM_MODELS = []
    upstream.models = json_answer(200, {"data": [{"id": "first"}, {"id": "second"}]})
    await ended(board, await start(board, alice))
    await ended(board, await start(board, alice))
    assert [request.body["model"] for request in upstream.requests] == ["first", "first"]
    assert len(upstream.other_requests) == 1


async def test_the_end_of_the_row_holds_the_facts(board, upstream, alice):
    key = await start(board, alice)
    await ended(board, key)
    found = await stored(key)
    assert (found.provider, found.model, found.finish_reason) == (upstream.url[7:-3], "scripted", "stop")
    assert found.upstream_request_id == "chatcmpl-scripted"
    assert found.chunk_count == 1
    assert found.started_at <= found.first_delta_at <= found.finished_at


async def test_the_phases_come_in_order(board, upstream, alice):
    head, text = Gate(), Gate()
    upstream.play([WaitFor(head), Head(), WaitFor(text), *mira(["Hello"])])
    key = await start(board, alice)
    await upstream.next_request()
    async with aclosing(board.follow(key, 0)) as items:
        await until_phase(items, "connecting")
        head.open()
        await until_phase(items, "thinking")
        text.open()
        await until_phase(items, "writing")


async def test_one_line_is_logged_for_each_end_and_nothing_that_was_said(board, upstream, alice, caplog):
    caplog.set_level("INFO")
    upstream.play(mira(["a secret answer"]))
    key = await start(board, alice, "a secret question")
    await ended(board, key)
    lines = [line for line in caplog.messages if str(key) in line]
    assert len(lines) == 1
    assert "complete" in lines[0]
    assert "secret" not in caplog.text
    assert "sk-scripted" not in caplog.text


async def test_a_prompt_that_is_too_long_is_fitted_and_what_was_left_out_is_counted(board, upstream, alice):
    def long_conversation():
        first = begin(alice, "old question")
        first.complete("o" * Limits().prompt_chars, "")
        second, _ = first.conversation.ask(first.message, "new question", uuid.uuid4(), owner_process="here")
        return second

    generation = await in_database(long_conversation)
    board.start(generation, alice.pk)
    await ended(board, generation.pk)
    assert upstream.requests[0].body["messages"] == [{"role": "user", "content": "new question"}]
    assert (await stored(generation.pk)).left_out == 2


async def test_the_model_that_is_asked_for_by_name_wins_over_the_conversations(board, upstream, alice):
    def other_answer():
        row = begin(alice, model="poet")
        row.complete("So.", "")
        return row.conversation.answer_again(row.message, uuid.uuid4(), owner_process="here", model="critic")[0]

    generation = await in_database(other_answer)
    board.start(generation, alice.pk)
    await ended(board, generation.pk)
    assert upstream.requests[0].body["model"] == "critic"
    assert (await stored(generation.pk)).model == "scripted", "what the upstream says that it was"


async def test_how_long_it_thought_is_told_and_stored(board, upstream, alice):
    gate = Gate()
    thought = Send(mira_chunk({"reasoning_content": "Hm"}))
    upstream.play([thought, WaitFor(gate), *mira(["Hello"])])
    key = await start(board, alice)
    await until_text(board.follow(key, 0), "Hm")
    gate.open()
    _, ending = await ended(board, key)
    assert ending.thinking_ms is not None
    assert (await stored(key)).thinking_ms == ending.thinking_ms


# Errors of the upstream


@pytest.mark.parametrize(
    ("script", "status", "code", "words", "text"),
    [
        (json_answer(401, {"error": {"message": "No such key."}}), "failed", "upstream_refused", "No such key.", ""),
        (json_answer(429, {"error": "Slow down."}), "failed", "upstream_refused", "Slow down.", ""),
        (mira(["Hel", error_event("Overloaded.")]), "failed", "upstream_error", "Overloaded.", "Hel"),
        (mira(["Hel", Reset()]), "truncated", "truncated", errors.TRUNCATED[1], "Hel"),
        (mira(["Hel"], finish=None, done=False), "truncated", "truncated", errors.TRUNCATED[1], "Hel"),
        ([Reset()], "failed", "connection_lost", "before an answer", ""),
    ],
)
async def test_an_error_of_the_upstream_ends_with_words_and_keeps_the_text(
    board, upstream, alice, script, status, code, words, text
):
    upstream.play(script)
    key = await start(board, alice)
    heard, ending = await ended(board, key)
    found = await stored(key)
    assert (found.status, found.error_code, found.message.content) == (status, code, text)
    assert words in found.error_text
    assert (heard, ending.status, ending.error_text) == (text, status, found.error_text)
    assert len(upstream.requests) == 1, "no second request after the first byte"


async def test_an_upstream_out_of_reach_ends_with_words(board, alice, settings):
    with refuses() as settings.UPSTREAM_URL:
        _, ending = await ended(board, await start(board, alice))
    assert (ending.status, ending.error_code) == ("failed", "unreachable")


async def test_the_key_is_in_no_error(board, upstream, alice):
    upstream.play(json_answer(401, {"error": {"message": "sk-scripted is no key"}}))
    _, ending = await ended(board, await start(board, alice))
    assert "sk-scripted" not in ending.error_text
    assert "[key]" in ending.error_text


# Following


async def test_a_follower_with_a_cursor_hears_exactly_the_rest(board, upstream, alice):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    key = await start(board, alice)
    await until_text(board.follow(key, 0), "Hel")
    later = asyncio.create_task(all_of(board.follow(key, 3)))
    gate.open()
    assert text_of((await later)[0]) == "lo"


async def test_a_row_that_runs_nowhere_is_followed_as_it_is_stored(board, alice, monkeypatch):
    monkeypatch.setattr(mirror, "RENEWAL", 0.01)
    generation = await in_database(begin, alice)
    await in_database(generation.checkpoint, "Hel", "hm ")
    items = board.follow(generation.pk, 0)
    await until_text(items, "hm Hel")
    await in_database(generation.checkpoint, "Hello", "hm ")
    await until_text(items, "lo")
    await in_database(generation.fail, "Hello", "hm ", error_code="lost", error_text="It broke.")
    frames, ending = await all_of(items)
    assert text_of(frames) == ""
    assert ending == Ending("failed", None, "lost", "It broke.", cursor=8)


async def test_a_row_that_has_ended_long_ago_is_followed_from_any_cursor(board, alice):
    generation = await in_database(begin, alice)
    await in_database(generation.complete, "Hello", "")
    frames, ending = await all_of(board.follow(generation.pk, 2))
    assert text_of(frames) == "llo"
    assert ending == Ending("complete", cursor=5)


@sqlite_only
async def test_a_database_that_fails_for_a_while_does_not_end_the_following(board, alice, monkeypatch):
    monkeypatch.setattr(mirror, "RENEWAL", 0.01)
    generation = await in_database(begin, alice)
    following = asyncio.create_task(all_of(board.follow(generation.pk, 0)))
    with broken_table(Generation):
        await asyncio.wait({following}, timeout=0.1)
        assert not following.done()
    await in_database(generation.complete, "Hello", "")
    assert (await following)[1].status == "complete"


async def test_a_conversation_that_is_deleted_ends_the_following(board, alice, monkeypatch):
    monkeypatch.setattr(mirror, "RENEWAL", 0.01)
    generation = await in_database(begin, alice)
    following = asyncio.create_task(all_of(board.follow(generation.pk, 0)))
    await in_database(generation.conversation.delete)
    assert (await following)[1].status == "interrupted"


@pytest.mark.parametrize("cursor", [6, 10**9])
async def test_a_cursor_beyond_the_text_gets_only_the_ending(board, upstream, alice, cursor):
    """Its text's last second has died with its process; the ending says where the text really stands."""
    key = await start(board, alice)
    gone = await in_database(begin, alice)
    await in_database(gone.fail, "Hello", "")
    for each in (key, gone.pk):
        frames, ending = await all_of(board.follow(each, cursor))
        assert text_of(frames) == ""
        assert ending.cursor == 5


async def test_an_ended_generation_stays_findable_for_a_while_and_then_goes(board, upstream, alice, monkeypatch):
    kept = await start(board, alice)
    heard = await ended(board, kept)
    with broken_table(Generation):
        assert await ended(board, kept) == heard, "it is asked of the database"
    monkeypatch.setattr(switchboard_module, "LINGER", 0.1)
    key = await start(board, alice)
    heard = await ended(board, key)
    await until(lambda: list(board._live) == [kept])
    assert await ended(board, key) == heard


async def test_a_generation_survives_the_follower_that_is_cancelled(board, upstream, alice):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    key = await start(board, alice)
    leaver = asyncio.create_task(all_of(board.follow(key, 0)))
    await until_text(board.follow(key, 0), "Hel")
    leaver.cancel()
    with suppress(asyncio.CancelledError):
        await leaver
    gate.open()
    assert (await ended(board, key))[0] == "Hello"


async def test_a_generation_survives_the_task_that_started_it(board, upstream, alice):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    starter = asyncio.create_task(start(board, alice))
    key = await starter
    gate.open()
    assert (await ended(board, key))[0] == "Hello"


# Cancel


async def test_nothing_to_cancel_under_an_unknown_key(board, alice):
    assert not board.cancel(uuid.uuid4(), alice.pk)


async def test_a_stranger_cancels_nothing(board, upstream, alice, bob):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    key = await start(board, alice)
    await until_text(board.follow(key, 0), "Hel")
    assert not board.cancel(key, bob.pk)
    gate.open()
    assert (await ended(board, key))[0] == "Hello"


async def test_cancel_in_the_queue_asks_no_upstream_and_frees_no_place_that_it_had_not(narrow, upstream, alice):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    first = await start(narrow, alice)
    await upstream.next_request()
    second, third = [await start(narrow, alice) for _ in range(2)]
    assert narrow.cancel(second, alice.pk)
    _, ending = await ended(narrow, second)
    assert ending.status == "cancelled"
    assert len(upstream.requests) == 1
    await until_phase(narrow.follow(third, 0), "queued")
    gate.open()
    assert [(await ended(narrow, key))[1].status for key in (first, third)] == ["complete"] * 2
    assert len(upstream.requests) == 2
    assert (await stored(second)).status == "cancelled"


async def test_a_cancelled_generation_gives_its_place_to_the_next(narrow, upstream, alice):
    upstream.play(never_answers())
    first = await start(narrow, alice)
    request = await upstream.next_request()
    second = await start(narrow, alice)
    narrow.cancel(first, alice.pk)
    await request.hung_up(within=1)
    assert (await ended(narrow, second))[1].status == "complete"


@pytest.mark.parametrize(
    "script", [never_answers(), [Head(), Hang()], mira(["Hel", Hang()]), endless()], ids=["head", "text", "more", "all"]
)
async def test_cancel_closes_the_upstream_within_a_second_and_is_stored(board, upstream, alice, script):
    upstream.play(script)
    key = await start(board, alice)
    request = await upstream.next_request()
    assert board.cancel(key, alice.pk)
    await request.hung_up(within=1)
    _, ending = await ended(board, key)
    assert ending.status == (await stored(key)).status == "cancelled"


async def test_cancel_after_the_end_changes_nothing(board, upstream, alice):
    key = await start(board, alice)
    before = await ended(board, key)
    assert board.cancel(key, alice.pk)
    assert await ended(board, key) == before
    assert (await stored(key)).status == "complete"


async def test_cancel_while_the_database_is_locked_closes_the_upstream_all_the_same(board, upstream, alice):
    upstream.play(endless())
    key = await start(board, alice)
    request = await upstream.next_request()
    with locked_database():
        board.cancel(key, alice.pk)
        await request.hung_up(within=1)
    assert (await ended(board, key))[1].status == "cancelled"


async def test_a_cancel_left_in_the_row_closes_the_upstream(board, upstream, alice, monkeypatch):
    monkeypatch.setattr(recorder, "BEAT", 0.05)
    upstream.play(endless())
    key = await start(board, alice)
    request = await upstream.next_request()
    await in_database(Generation.objects.filter(pk=key).request_cancel)
    await request.hung_up(within=1)
    assert (await ended(board, key))[1].status == "cancelled"


async def test_after_fifty_cancels_at_random_moments_every_text_is_stored_as_it_was_followed(
    board, upstream, alice, monkeypatch
):
    """All at once, in every phase, some twice; then no connection streams and none is left open."""
    monkeypatch.setattr(recorder, "BEAT", 0.05)
    dice = Random(11)  # noqa: S311 - repeatable, no secret
    upstream.default = lambda _: mira([f"{number} " for number in range(20)])
    scripts = [never_answers(), [Head(), Hang()], endless(every=0.005), mira(["Hel", "lo", Hang()])]
    upstream.play(*(dice.choice(scripts) for _ in range(40)))

    async def one():
        key = await start(board, alice)
        following = asyncio.create_task(all_of(board.follow(key, 0), within=20))
        for _ in range(dice.randint(1, 2)):
            await asyncio.sleep(dice.random() * 0.3)
            board.cancel(key, alice.pk)
        frames, ending = await following
        return key, text_of(frames), ending

    heard = await asyncio.gather(*(one() for _ in range(50)))
    for key, text, ending in heard:
        found = await stored(key)
        assert (found.message.content, found.status, found.cursor) == (text, ending.status, ending.cursor)
    assert {ending.status for _, _, ending in heard} >= {"cancelled"}
    await upstream.until_streaming(0)
    await board.drain(5)
    await upstream.until_open(0)


# The end of the process


async def test_a_drain_interrupts_stores_and_tells_and_closes_the_upstream(board, upstream, alice):
    upstream.play(mira(["Hel", Hang()]), never_answers())
    first = await start(board, alice)
    requests = [await upstream.next_request()]
    second = await start(board, alice)
    requests.append(await upstream.next_request())
    await until_text(board.follow(first, 0), "Hel")
    followers = [asyncio.create_task(all_of(board.follow(key, 0))) for key in (first, second)]
    await board.drain(5)
    for request in requests:
        await request.hung_up(within=1)
    for key, follower in zip((first, second), followers, strict=True):
        frames, ending = await follower
        found = await stored(key)
        assert found.status == ending.status == "interrupted"
        assert found.message.content == text_of(frames)
        assert found.error_text == errors.INTERRUPTED[1]
    assert (await stored(first)).message.content == "Hel"


async def test_a_drained_switchboard_starts_nothing(board, upstream, alice):
    await board.drain(5)
    generation = await in_database(begin, alice)
    with pytest.raises(Stopping):
        board.start(generation, alice.pk)
    assert upstream.requests == []


async def test_a_drain_waits_no_longer_than_told_and_keeps_in_files_what_the_database_did_not_take(
    board, upstream, alice, tmp_path
):
    upstream.play(mira(["Hel", Hang()]))
    key = await start(board, alice)
    request = await upstream.next_request()
    await until_text(board.follow(key, 0), "Hel")
    with locked_database():
        async with asyncio.timeout(2):
            await board.drain(0.2)
        await request.hung_up(within=1)
        answer = msgspec.json.decode((tmp_path / "spool" / f"{key}.json").read_bytes(), type=Answer)
    assert (answer.ending.status, answer.content) == ("interrupted", "Hel")
    assert answer.facts.closing_ms is not None


async def test_a_drain_keeps_nothing_in_files_that_the_database_took(board, upstream, alice, tmp_path):
    upstream.play(mira(["Hel", Hang()]))
    await start(board, alice)
    await upstream.next_request()
    await ended(board, await start(board, alice))
    await board.drain(5)
    assert not (tmp_path / "spool").exists()


async def test_what_a_drain_kept_in_files_is_stored_by_the_next_process(board, upstream, alice, tmp_path):
    upstream.play(mira(["Hel", Hang()]))
    key = await start(board, alice)
    await until_text(board.follow(key, 0), "Hel")
    with broken_table(Generation):
        await board.drain(0.2)
    async with switchboard() as next_board:
        next_board.attend()
        found = await until_stored(key, lambda row: row.status == "interrupted")
        assert found.message.content == "Hel"
        await until(lambda: list((tmp_path / "spool").iterdir()) == [])


async def test_a_generation_that_was_queued_is_interrupted_without_asking(narrow, upstream, alice):
    upstream.play(never_answers())
    await start(narrow, alice)
    await upstream.next_request()
    queued = await start(narrow, alice)
    await narrow.drain(5)
    assert (await stored(queued)).status == "interrupted"
    assert len(upstream.requests) == 1


# What gets lost; how it is found is in test_sweep.py


async def test_who_attends_ends_what_has_lost_its_process_and_tells_its_tabs(board, alice, monkeypatch):
    monkeypatch.setattr(sweep, "BEAT", 0.02)
    lost = await in_database(begin, alice)
    alive = await in_database(begin, alice)
    await in_database(_expire, lost.pk)
    heard = []
    with board.listening(alice.pk, heard.append):
        board.attend()
        board.attend()
        found = await until_stored(lost.pk, lambda row: row.status == "interrupted")
        await until(lambda: heard)
    assert found.error_text == errors.INTERRUPTED[1]
    assert heard == [lost.conversation_id]
    assert (await stored(alive.pk)).status == "streaming"


async def test_what_runs_here_is_not_taken_for_lost_though_the_database_stalled_past_its_lease(
    board, upstream, alice, monkeypatch
):
    """A generation whose checkpoints were held up for longer than a lease is not lost: its process sees it run."""
    monkeypatch.setattr(recorder, "BEAT", 3600.0)
    monkeypatch.setattr(sweep, "BEAT", 0.02)
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    key = await start(board, alice)
    lost = await in_database(begin, alice)
    await in_database(_expire, key)
    await in_database(_expire, lost.pk)
    board.attend()
    await until_stored(lost.pk, lambda row: row.status == "interrupted")
    gate.open()
    assert (await ended(board, key))[1].status == "complete"


async def test_an_answer_that_the_database_refused_is_stored_and_told_as_soon_as_it_takes_it(
    board, upstream, alice, monkeypatch, tmp_path
):
    monkeypatch.setattr(recorder, "PATIENCE", 0.2)
    monkeypatch.setattr(sweep, "BEAT", 0.05)
    gate, heard = Gate(), []
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    board.attend()
    key = await start(board, alice)
    await until_text(board.follow(key, 0), "Hel")
    with board.listening(alice.pk, heard.append):
        with broken_table(Generation):
            gate.open()
            text, ending = await ended(board, key)
            assert (text, ending.error_code) == ("Hello", "spooled")
            heard.clear()
        found = await until_stored(key, lambda row: row.status == "complete")
        assert found.message.content == "Hello"
        await until(lambda: heard == [found.conversation_id])
    assert list((tmp_path / "spool").iterdir()) == []


def _expire(key):
    Generation.objects.filter(pk=key).update(lease_expires_at=F("started_at") - LEASE)


# Changes


@sqlite_only
async def test_the_end_of_a_generation_is_announced_to_its_owner_only_and_after_it_is_stored(
    board, upstream, alice, bob
):
    heard, others = [], []
    came = asyncio.Event()

    def listener(conversation):
        heard.append((conversation, status_now(key)))
        came.set()

    with board.listening(alice.pk, listener), board.listening(bob.pk, others.append):
        key = await start(board, alice)
        await asyncio.wait_for(came.wait(), 5)
    found = await stored(key)
    assert heard == [(found.conversation_id, "complete")]
    assert others == []


async def test_who_has_stopped_listening_hears_nothing(board, alice):
    heard, still = [], []
    with board.listening(alice.pk, still.append):
        with board.listening(alice.pk, heard.append):
            pass
        board.announce(alice.pk, uuid.uuid4())
    board.announce(alice.pk, uuid.uuid4())
    assert heard == []
    assert len(still) == 1


async def test_a_listener_may_leave_while_it_is_told(board, alice):
    heard = []
    leaving = board.listening(alice.pk, lambda _: leaving.__exit__(None, None, None))
    leaving.__enter__()
    with board.listening(alice.pk, heard.append):
        board.announce(alice.pk, uuid.uuid4())
        board.announce(alice.pk, uuid.uuid4())
    assert len(heard) == 2


# What it says of itself


async def test_the_introduction_names_the_configured_model(board, upstream):
    assert board.introduction() == ("scripted", upstream.url[7:-3], "")


async def test_the_introduction_learns_the_upstreams_first_model_by_warming_up(board, upstream, settings):
    settings.UPSTREAM_MODELS = []
    assert board.introduction()[0] == ""
    await board.warm_up()
    assert board.introduction()[0] == "scripted"


async def test_the_models_that_can_be_asked_for_are_those_of_the_upstreams_list(board, upstream, settings):
    settings.UPSTREAM_MODELS = []
    capable = {"id": "painter", "architecture": {"input_modalities": ["text", "image"]}}
    upstream.models = json_answer(200, {"data": [capable, {"id": "poet"}]})
    assert board.images() is None
    for _ in range(2):
        assert await board.models() == ([Model("painter", True), Model("poet")], "painter", "")
    assert board.images() is True
    assert len(upstream.other_requests) == 1


async def test_configured_models_win_over_the_upstreams_list(board, upstream, settings):
    settings.UPSTREAM_MODELS = ["b", "a"]
    assert await board.models() == ([Model("b"), Model("a")], "b", "")
    assert upstream.other_requests == []


async def test_of_an_upstream_out_of_reach_no_models_are_known(board, settings):
    settings.UPSTREAM_MODELS = []
    with refuses() as settings.UPSTREAM_URL:
        models, default, trouble = await board.models()
    assert (list(models), default) == ([], "")
    assert "could not be reached" in trouble


@pytest.fixture
async def embed(settings, monkeypatch):
    """Makes this embedded model the one that answers."""
    settings.UPSTREAM_URL = ""
    models = []

    def embed(model):
        models.append(model)
        monkeypatch.setattr(provider, "embedded_model", model)

    yield embed
    for model in models:
        await model.stop()


async def test_the_embedded_model_is_the_only_one_and_takes_no_pictures(embed):
    embed(LocalModel())
    async with switchboard() as board:
        assert board.images() is False
        assert await board.models() == ([Model(provider.EMBEDDED_NAME, False)], provider.EMBEDDED_NAME, "")


async def test_an_embedded_model_that_cannot_run_is_no_model(embed, tmp_path, caplog):
    embed(LocalModel(tmp_path / "nowhere.gguf"))
    async with switchboard() as board:
        assert (await board.models())[:2] == ([], "")
    assert "No model answers yet" in caplog.text


async def test_warming_up_without_an_upstream_is_no_error(board, settings):
    settings.UPSTREAM_MODELS = []
    with refuses() as settings.UPSTREAM_URL:
        await board.warm_up()


async def test_a_process_has_a_name_of_its_own(board):
    assert board.process != Switchboard().process
    assert socket.gethostname()[-40:] in board.process
    assert len(board.process) <= Generation._meta.get_field("owner_process").max_length
