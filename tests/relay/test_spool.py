"""Answers in files: whole or not at all, for their owner's eyes, stored once, and never in each other's way."""

import errno
import stat
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from chat.models import LEASE, Generation, Message
from chat.relay import errors, spool
from chat.relay.generation import RUNS_KEPT, Facts, LiveGeneration
from chat.relay.limits import Limits
from chat.relay.spool import Answer, answer_of, keep, replay, store
from chat.relay.text import Ending
from tests.support.rows import begin, broken_table
from tests.support.rows import row as stored

pytestmark = pytest.mark.django_db(transaction=True)

ENDINGS = [
    Ending("complete", "stop", cursor=7),
    Ending("cancelled", cursor=7),
    Ending("truncated", None, *errors.TRUNCATED, cursor=7),
    Ending("failed", None, "upstream_error", "It broke.", cursor=7),
    Ending("interrupted", None, *errors.INTERRUPTED, cursor=7),
]


@pytest.fixture(autouse=True)
def directory(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path / "spool"


@pytest.fixture
def row(alice):
    return begin(alice)


def answer(row, content="Hello", ending=None, **facts):
    reasoning = "Hm"
    ending = ending or Ending("complete", "stop", cursor=len(content) + len(reasoning))
    return Answer(row.pk, ending, content, reasoning, [2, len(content)], Facts(**facts))


def files(directory):
    return sorted(path.name for path in directory.iterdir())


def state(row):
    found = stored(row.pk)
    return found.status, found.message.content


# Storing


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.status)
def test_an_answer_is_stored_with_its_end_its_text_its_order_and_its_facts(row, ending):
    facts = {"model": "m", "chunk_count": 3, "closing_ms": 12, "first_delta_at": datetime.now(UTC), "left_out": 1}
    facts["thinking_ms"] = 34
    assert store(answer(row, ending=ending, **facts)) == ending
    found = stored(row.pk)
    assert spool.stored_ending(found) == ending._replace(left_out=1, thinking_ms=34, model="m")
    assert (found.message.content, found.message.reasoning, found.runs) == ("Hello", "Hm", [2, 5])
    assert {name: getattr(found, name) for name in facts} == facts


def test_storing_what_has_ended_already_changes_nothing_and_returns_the_first_end(row):
    row.fail("Hel", "", error_code="lost", error_text="It broke.", left_out=2)
    assert store(answer(row)) == Ending("failed", None, "lost", "It broke.", cursor=3, left_out=2)
    assert state(row) == ("failed", "Hel")


def test_storing_what_was_deleted_is_no_error(row):
    row.conversation.delete()
    assert store(answer(row)) is None


def test_storing_what_is_deleted_at_that_very_moment_is_no_error(row, monkeypatch):
    complete = Generation.complete

    def too_late(generation, *args, **facts):
        generation.conversation.delete()
        return complete(generation, *args, **facts)

    monkeypatch.setattr(Generation, "complete", too_late)
    assert store(answer(row)) is None


def test_an_answer_is_all_that_its_generation_knows(row):
    live = LiveGeneration(row.pk, 1, Limits())
    for number in range(RUNS_KEPT + 2):
        live.text.append("content" if number % 2 else "reasoning", "x")
    found = answer_of(live, ENDINGS[0])
    assert (found.generation, found.ending, found.facts) == (row.pk, ENDINGS[0], live.facts)
    assert len(found.content) == len(found.reasoning) == RUNS_KEPT / 2 + 1
    assert found.runs == [1] * RUNS_KEPT


# Keeping


def test_a_kept_answer_is_a_file_that_only_its_owner_may_read(row, directory):
    assert keep(answer(row))
    assert files(directory) == [f"{row.pk}.json"]
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / f"{row.pk}.json").stat().st_mode) == 0o600


def test_a_kept_answer_comes_back_as_it_was(row):
    facts = {"usage": {"total_tokens": 3}, "first_delta_at": datetime.now(UTC), "longest_gap_ms": 7, "closing_ms": 9}
    given = answer(row, 'Grü\n"ß" 👋🏽 \u2028', ENDINGS[3], upstream_request_id="chatcmpl-1", **facts)
    assert keep(given)
    replay()
    found = stored(row.pk)
    assert (found.status, found.message.content, found.upstream_request_id) == ("failed", given.content, "chatcmpl-1")
    assert {name: getattr(found, name) for name in facts} == facts


def test_keeping_it_twice_is_one_file(row, directory):
    assert keep(answer(row, "Hel"))
    assert keep(answer(row, "Hello"))
    assert files(directory) == [f"{row.pk}.json"]
    replay()
    assert state(row) == ("complete", "Hello")


def test_where_no_directory_can_be_nothing_is_kept_and_it_is_said(row, directory, caplog):
    directory.touch()
    assert not keep(answer(row))
    assert f"Generation {row.pk} could not be spooled" in caplog.text


def test_half_an_answer_is_not_kept(row, directory, monkeypatch):
    write = Path.write_bytes

    def disk_full(path, data):
        write(path, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", disk_full)
    assert not keep(answer(row))
    assert files(directory) == []


def test_what_a_process_left_half_written_when_it_died_is_not_stored(row, directory):
    directory.mkdir()
    (directory / f"{row.pk}.part").write_bytes(b'{"generation":')
    assert replay() == []
    assert state(row)[0] == "streaming"
    assert keep(answer(row))
    replay()
    assert (state(row), files(directory)) == (("complete", "Hello"), [])


def test_no_word_of_an_answer_is_in_the_log(row, caplog, directory):
    keep(answer(row, "a secret answer"))
    row.fail("", "")
    replay()
    assert "ended with less text" in caplog.text
    assert "secret" not in caplog.text


# Replaying


def test_without_a_spool_there_is_nothing_to_replay(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert replay() == []


def test_a_replay_stores_once_and_tells_whose_it_is(row, alice, directory):
    keep(answer(row))
    assert replay() == [(alice.pk, row.conversation_id)]
    assert state(row) == ("complete", "Hello")
    before = Generation.objects.values().get(pk=row.pk)
    assert replay() == []
    assert (Generation.objects.values().get(pk=row.pk), files(directory)) == (before, [])


def test_a_replay_of_what_was_stored_after_all_changes_nothing(row, alice, directory):
    store(answer(row))
    before = Generation.objects.values().get(pk=row.pk)
    keep(answer(row))
    assert replay() == [(alice.pk, row.conversation_id)]
    assert (Generation.objects.values().get(pk=row.pk), files(directory)) == (before, [])


def test_an_answer_that_was_deleted_meanwhile_goes(row, directory):
    keep(answer(row))
    row.conversation.delete()
    assert (replay(), files(directory)) == ([], [])


def test_an_answer_that_had_been_ended_with_less_text_is_set_aside_and_not_written_over(row, alice, directory, caplog):
    row.checkpoint("Hel", "Hm", runs=[2, 3])
    keep(answer(row))
    Generation.objects.interrupt()
    assert replay() == [(alice.pk, row.conversation_id)]
    assert state(row) == ("interrupted", "Hel")
    assert files(directory) == [f"{row.pk}.late"]
    assert replay() == []
    assert "ended with less text" in caplog.text


BAD = {"not_json": b'{"generation":', "no_answer": b'{"generation": 7}', "empty": b"", "no_text": b"\xff\xfe"}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_bad_file_is_set_aside_and_does_not_hold_up_the_others(alice, directory, content):
    rows = [begin(alice), begin(alice)]
    keep(answer(rows[0]))
    keep(answer(rows[1]))
    bad = [f"{uuid.UUID(int=0)}.json", f"{uuid.UUID(int=2**128 - 1)}.json", "no-key.json"]
    for name in bad:
        (directory / name).write_bytes(content)
    assert len(replay()) == 2
    assert [state(row)[0] for row in rows] == ["complete", "complete"]
    assert files(directory) == sorted(name.replace(".json", ".bad") for name in bad)
    assert replay() == []


def test_an_answer_that_the_database_refuses_is_set_aside_and_does_not_hold_up_the_others(alice, directory, caplog):
    refused, good = sorted((begin(alice), begin(alice)), key=lambda row: str(row.pk))
    keep(answer(refused, chunk_count=-1))
    keep(answer(good))
    replay()
    assert (state(refused)[0], state(good)[0]) == ("streaming", "complete")
    assert files(directory) == [f"{refused.pk}.bad"]
    assert "set aside" in caplog.text
    assert "Failing row" not in caplog.text, "which PostgreSQL adds, with all that is in it"


def test_a_file_that_cannot_be_read_now_stays_and_does_not_hold_up_the_others(row, directory, caplog):
    keep(answer(row))
    unreadable = directory / f"{uuid.UUID(int=0)}.json"
    unreadable.mkdir()
    assert len(replay()) == 1
    assert files(directory) == [unreadable.name]
    assert "cannot be read" in caplog.text


def test_a_file_that_another_process_was_quicker_with_is_no_error(row, directory, monkeypatch, caplog):
    keep(answer(row))
    read = Path.read_bytes

    def too_late(path):
        path.unlink()
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", too_late)
    caplog.clear()
    assert replay() == []
    assert caplog.text == ""


@pytest.mark.parametrize("table", [Generation, Message])
def test_a_database_that_is_away_is_said_and_the_answer_stays_in_its_file(row, directory, table):
    keep(answer(row))
    with broken_table(table), pytest.raises(OperationalError):
        replay()
    assert files(directory) == [f"{row.pk}.json"]
    replay()
    assert (state(row), files(directory)) == (("complete", "Hello"), [])


def test_a_database_that_goes_away_again_keeps_the_rest_in_its_files_and_tells_what_it_took(
    alice, directory, monkeypatch
):
    rows = sorted((begin(alice) for _ in range(3)), key=lambda row: str(row.pk))
    for row in rows:
        keep(answer(row))
    took = []

    def store_one(answer):
        if took:
            raise OperationalError("it is gone")
        took.append(store(answer))
        return took[0]

    monkeypatch.setattr(spool, "store", store_one)
    assert replay() == [(alice.pk, rows[0].conversation_id)]
    assert files(directory) == [f"{row.pk}.json" for row in rows[1:]]


def test_what_waits_in_the_spool_is_not_ended_by_others_just_before_it_is_stored(row):
    """With the database back, their sweeps find it expired, too; the lease is renewed before anything else is tried."""
    keep(answer(row))
    Generation.objects.update(lease_expires_at=Now() - LEASE)
    with broken_table(Message), pytest.raises(OperationalError):
        replay()
    assert not Generation.objects.expired().exists()
