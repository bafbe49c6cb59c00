"""Titles by the model: asked for once, after the first complete answer, by people who want that."""

import asyncio
import uuid

import pytest

from chat.models import TITLE_CHARS, Conversation, Profile
from chat.relay import titles
from chat.relay.database import in_database
from chat.relay.limits import Limits
from chat.relay.titles import EXCERPT_CHARS, title_of
from tests.support.boards import no_task_left, start, switchboard
from tests.support.following import all_of, until_text
from tests.support.polling import until
from tests.support.rows import begin, broken_table, stored
from tests.support.scripts import Gate, Hang, Reset, WaitFor, endless, error_event, json_answer, mira, never_answers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_spool(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def fond(alice):
    """Alice, who likes titles by the model."""
    Profile.objects.create(user=alice, model_titles=True)
    return alice


async def titled(key):
    """Title, and who gave it, of the conversation that this generation belongs to."""
    found = await in_database(Conversation.objects.get, generations=key)
    return found.title, found.titled_by


async def until_titled(key, title):
    async with asyncio.timeout(5):
        while (found := await titled(key))[1] == "words":  # noqa: ASYNC110  a row announces nothing
            await asyncio.sleep(0.01)
    assert found == (title, "model")


async def until_idle(board):
    """Nothing more is done for the answers that have ended."""
    await until(lambda: not board._tasks._attendance)


async def answered(board, owner, *args, **fields):
    key = await start(board, owner, *args, **fields)
    await all_of(board.follow(key, 0))
    return key


# The request


async def test_the_first_complete_answer_is_given_a_title_and_everybody_is_told(board, upstream, fond):
    heard = []
    upstream.play(mira(["Because of the air."]), mira(["Why the sky", " is blue"]))
    with board.listening(fond.pk, heard.append):
        key = await answered(board, fond, "Why is the sky blue?", model="poet", parameters={"temperature": 0})
        heard.clear()
        await until_titled(key, "Why the sky is blue")
        await until(lambda: heard)
    assert heard == [(await stored(key)).conversation_id]
    asked = upstream.requests[1].body
    assert {name: asked[name] for name in asked if name != "messages"} == {
        "model": "poet",
        "stream": True,
        "max_tokens": 24,
    }
    [message] = asked["messages"]
    assert message["role"] == "user"
    assert "Why is the sky blue?" in message["content"]
    assert "Because of the air." in message["content"]


async def test_the_first_model_of_the_provider_is_asked_when_none_is_named(board, upstream, fond):
    upstream.play(mira(["So."]), mira(["A title"]))
    await until_titled(await answered(board, fond), "A title")
    assert [request.body["model"] for request in upstream.requests] == ["scripted"] * 2


async def test_a_long_question_and_a_long_answer_are_cut(board, upstream, fond):
    def long_question():
        conversation = Conversation.objects.create(owner=fond, title="Long")
        return conversation.ask(None, "q" * 50_000, uuid.uuid4(), owner_process="here")[0]

    upstream.play(mira(["a" * 50_000]), mira(["Cut"]))
    row = await in_database(long_question)
    board.start(row, fond.pk)
    await until_titled(row.pk, "Cut")
    content = upstream.requests[1].body["messages"][0]["content"]
    assert (content.count("q" * EXCERPT_CHARS), content.count("a" * EXCERPT_CHARS)) == (1, 1)
    assert len(content) < 2 * EXCERPT_CHARS + 300


async def test_the_end_of_the_answer_does_not_wait_for_its_title(board, upstream, fond):
    gate = Gate()
    upstream.play(mira(["So."]), [WaitFor(gate), *mira(["A title"])])
    key = await answered(board, fond)
    assert (await stored(key)).status == "complete"
    assert (await titled(key))[1] == "words"
    gate.open()
    await until_titled(key, "A title")


# Who gets none


async def test_who_has_not_asked_for_it_gets_none(board, upstream, alice):
    key = await answered(board, alice)
    await until_idle(board)
    assert (await titled(key), len(upstream.requests)) == (("Why?", "words"), 1)


async def test_the_setting_of_somebody_else_changes_nothing(board, upstream, fond, bob):
    await answered(board, bob)
    await until_idle(board)
    assert len(upstream.requests) == 1


async def test_a_title_of_a_persons_own_stays(board, upstream, fond):
    key = await answered(board, fond, titled_by="person")
    await until_idle(board)
    assert (await titled(key), len(upstream.requests)) == (("Why?", "person"), 1)


@pytest.mark.parametrize(
    "script",
    [mira(["Hel", error_event("Overloaded.")]), mira(["Hel", Reset()]), json_answer(500, {})],
    ids=["failed", "truncated", "refused"],
)
async def test_an_answer_that_is_not_complete_gets_none(board, upstream, fond, script):
    upstream.play(script)
    await answered(board, fond)
    await until_idle(board)
    assert len(upstream.requests) == 1


async def test_the_second_answer_gets_none_though_the_first_got_none(board, upstream, fond):
    upstream.play(mira(["So."]), mira(["..."]), mira(["Thus."]))
    first = await stored(await answered(board, fond))
    await until_idle(board)
    conversation = await in_database(Conversation.objects.get, generations=first)
    ask = {"owner_process": board.process}
    second, _ = await in_database(conversation.ask, first.message, "And?", uuid.uuid4(), **ask)
    board.start(second, fond.pk)
    await all_of(board.follow(second.pk, 0))
    await until_idle(board)
    assert len(upstream.requests) == 3


async def test_after_a_first_answer_that_failed_it_is_the_next_one_that_counts(board, upstream, fond):
    upstream.play(mira(["So."]), mira(["A title"]))

    def after_a_failure():
        row = begin(fond)
        row.fail("", "")
        return row.conversation.answer_again(row.message, uuid.uuid4(), owner_process="here")[0]

    row = await in_database(after_a_failure)
    board.start(row, fond.pk)
    await until_titled(row.pk, "A title")


# Meanwhile


async def test_a_title_that_is_given_meanwhile_by_its_owner_stays(board, upstream, fond):
    gate = Gate()
    upstream.play(mira(["So."]), [WaitFor(gate), *mira(["A title"])])
    key = await answered(board, fond)
    await upstream.next_request()
    await upstream.next_request()
    mine = Conversation.objects.filter(generations=key)
    await in_database(mine.update, title="Mine", titled_by="person")
    gate.open()
    await until_idle(board)
    assert await titled(key) == ("Mine", "person")


async def test_a_conversation_that_is_deleted_meanwhile_is_no_defect(board, upstream, fond, caplog):
    gate = Gate()
    upstream.play(mira(["So."]), [WaitFor(gate), *mira(["A title"])])
    key = await answered(board, fond)
    await upstream.next_request()
    await upstream.next_request()
    await in_database(Conversation.objects.filter(generations=key).delete)
    gate.open()
    await until_idle(board)
    assert "defect" not in caplog.text


async def test_it_takes_one_of_the_places_at_the_upstream(upstream, fond):
    upstream.play(mira(["So."]), mira(["Hel", Hang()]), mira(["A title"]))
    async with no_task_left(), switchboard(Limits(concurrent=1)) as board:
        first, second = [await start(board, fond) for _ in range(2)]
        await all_of(board.follow(first, 0))
        await until_text(board.follow(second, 0), "Hel")
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(upstream.requests) == 2
        board.cancel(second, fond.pk)
        await until_titled(first, "A title")


async def test_a_drain_cancels_it_and_closes_its_connection(board, upstream, fond):
    upstream.play(mira(["So."]), never_answers())
    await answered(board, fond)
    await upstream.next_request()
    request = await upstream.next_request()
    async with asyncio.timeout(2):
        await board.drain(5)
    await request.hung_up(within=1)


# What goes wrong


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (json_answer(429, {"error": "Slow down, a secret answer"}), "upstream_refused"),
        (mira(["A", error_event("a secret answer")]), "upstream_error"),
        (never_answers(), "TimeoutError"),
        (mira(["A", Hang()]), "TimeoutError"),
        (mira([]), "nothing"),
        (mira(["Sorry, I cannot help with a secret question."]), "nothing"),
    ],
    ids=["refused", "an error", "no answer", "half an answer", "empty", "no title"],
)
async def test_whatever_goes_wrong_costs_one_line_and_no_word_of_what_was_said(
    board, upstream, fond, caplog, monkeypatch, script, reason
):
    caplog.set_level("INFO")
    if reason == "TimeoutError":
        monkeypatch.setattr(titles, "SECONDS", 0.2)
    upstream.play(mira(["a secret answer"]), script)
    key = await answered(board, fond, "a secret question")
    await until_idle(board)
    assert await titled(key) == ("a secret question", "words")
    [line] = [line for line in caplog.messages if "no title" in line]
    assert reason in line
    assert "secret" not in caplog.text
    await upstream.until_streaming(0)


async def test_a_database_that_fails_costs_one_line(board, upstream, fond, caplog):
    caplog.set_level("INFO")
    upstream.play(mira(["So."]))
    with broken_table(Profile):
        await answered(board, fond)
        await until_idle(board)
    assert len([line for line in caplog.messages if "no title" in line]) == 1


async def test_a_defect_of_ours_is_told(board, upstream, fond, monkeypatch, caplog):
    monkeypatch.setattr(titles, "title_of", lambda _: 1 // 0)
    upstream.play(mira(["So."]), mira(["A title"]))
    await answered(board, fond)
    await until_idle(board)
    assert "defect of ours" in caplog.text


async def test_a_server_that_does_not_know_the_limit_is_not_listened_to_for_ever(board, upstream, fond):
    upstream.play(mira(["So."]), endless("word " * 50))
    key = await answered(board, fond)
    await upstream.next_request()
    await (await upstream.next_request()).hung_up(within=5)
    await until_idle(board)
    assert (await titled(key))[1] == "model"


# What makes a title


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Why the sky is blue", "Why the sky is blue"),
        ("  Why the sky is blue.\n", "Why the sky is blue"),
        ('"Why the sky is blue."', "Why the sky is blue"),
        ('"Why the sky is blue".', "Why the sky is blue"),
        ("“Why the sky is blue”", "Why the sky is blue"),
        ("„Warum der Himmel blau ist“", "Warum der Himmel blau ist"),
        ("« Pourquoi le ciel est bleu »", "Pourquoi le ciel est bleu"),
        ("「空が青い理由」。", "空が青い理由"),
        ("**Why the sky is blue**", "Why the sky is blue"),
        ("# Why the sky is blue", "Why the sky is blue"),
        ("Title: Why the sky is blue", "Why the sky is blue"),
        ('**Title:** "Why the sky is blue"', "Why the sky is blue"),
        ("Why  the\tsky\u00a0is blue", "Why the sky is blue"),
        ("\n\nWhy the sky is blue\n\nI hope that you like it.", "Why the sky is blue"),
        ("Why is the sky blue?", "Why is the sky blue?"),
        ('It\'s "blue" here', 'It\'s "blue" here'),
        ("Errors in Python", "Errors in Python"),
        ("2 + 2", "2 + 2"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
    ],
)
def test_a_title_is_one_line_without_what_models_put_around_it(said, title):
    assert title_of(said) == title


@pytest.mark.parametrize(
    "said",
    [
        "",
        " \n\t\n",
        "...",
        '""',
        "Title:",
        "🎉",
        "\u200b\u2060",
        "<think>",
        "<think>\nThe person asks why",
        '{"error": "overloaded"}',
        "[ERROR]",
        "Error: overloaded",
        "error",
        "Exception in thread",
        "Sorry, I cannot do that.",
        "I'm sorry, but",
        "I’m sorry, but",
        "I am sorry",
        "I can't help with that",
        "I can’t help with that",
        "I cannot help",
        "As an AI language model",
    ],
)
def test_what_is_empty_or_looks_like_an_error_is_no_title(said):
    assert title_of(said) == ""


@pytest.mark.parametrize(
    "said", ["word " * 30, "x" * 300, "世" * 300, "a, " * 40, "y" * 59 + " z z z", "y" * 60 + " z"]
)
def test_a_long_one_is_cut_at_a_word_where_it_can_be(said):
    title = title_of(said)
    assert TITLE_CHARS / 2 < len(title) <= TITLE_CHARS
    assert title.endswith("…")
    assert said.startswith(title[:-1])
    assert title[-2] not in " ,"


def test_one_that_just_fits_is_not_cut():
    assert title_of("x" * TITLE_CHARS) == "x" * TITLE_CHARS
