"""What a tab is told of the conversation that it shows, from snapshots as the database might have them."""

import asyncio
import json
from copy import deepcopy
from uuid import UUID

import pytest

from chat.live.rows import Snapshot
from chat.live.screen import Screen
from tests.live.texts import Texts
from tests.support.polling import until

HERE = UUID(int=1)
FIRST, SECOND = UUID(int=11), UUID(int=12)


def question(key="q", **fields):
    return {"id": key, "content": "Why?", "reasoning": "", "chosen": False, "rating": 0, "comment": "", **fields} | {
        "generation": None
    }


def answer(key, generation, status, content="", **fields):
    cursor = 0 if status == "streaming" else len(content)
    row = question(key, content=content, **fields)
    return {**row, "generation": {"id": str(generation), "status": status, "cursor": cursor}}


def snapshot(*rows):
    streaming = [row["generation"]["id"] for row in rows if row["generation"] and "streaming" in str(row["generation"])]
    summary = {"id": str(HERE), "generating": bool(streaming)}
    return Snapshot(HERE, summary, deepcopy(list(rows)), UUID(streaming[0]) if streaming else None)


@pytest.fixture
async def texts(board):
    texts = Texts(board)
    for key in (FIRST, SECOND):
        texts.begin(key)
    return texts


@pytest.fixture
async def heard():
    """Every event that was sent, but for those that only tell a phase."""
    return []


@pytest.fixture
async def screen(board, texts, heard):
    tasks = []

    async def send(event):
        if (event := json.loads(event))["type"] != "position":
            heard.append(event)

    def spawn(work):
        tasks.append(asyncio.create_task(work))
        return tasks[-1]

    screen = Screen(board, send, spawn, float("inf"))
    yield screen
    screen.turn_to(None)
    await asyncio.gather(*tasks, return_exceptions=True)


def kinds(heard):
    return [event["type"] for event in heard]


async def until_heard(heard, kind):
    await until(lambda: kind in kinds(heard))


async def test_a_conversation_is_told_as_a_whole_and_its_answer_followed_from_the_cursor(screen, texts, heard):
    texts.say(FIRST, "Hello")
    await screen.present(snapshot(question(), answer("a", FIRST, "streaming")), 3)
    assert screen.conversation == HERE
    [transcript] = heard
    assert transcript["messages"][1]["generation"]["cursor"] == 3
    await until_heard(heard, "delta")
    assert heard[-1]["from"] == 3


async def test_nothing_new_is_told_by_the_summary_alone(screen, heard):
    found = snapshot(question(), answer("a", FIRST, "complete", "So."))
    await screen.present(found)
    await screen.catch_up(found)
    assert kinds(heard) == ["transcript", "conversation"]


async def test_new_rows_are_told_and_a_new_answer_is_followed_from_its_beginning(screen, texts, heard):
    await screen.present(snapshot(question()))
    await screen.catch_up(snapshot(question(), answer("a", FIRST, "streaming")))
    assert kinds(heard) == ["transcript", "conversation", "message"]
    texts.say(FIRST, "So.")
    await until_heard(heard, "delta")
    assert (heard[-1]["generation"], heard[-1]["from"]) == (str(FIRST), 0)


async def test_a_row_under_way_is_told_again_at_the_cursor_of_what_was_sent(screen, texts, heard):
    await screen.present(snapshot(question(), answer("a", FIRST, "streaming")))
    texts.say(FIRST, "Hel")
    await until_heard(heard, "delta")
    await screen.catch_up(snapshot(question(), answer("a", FIRST, "streaming", chosen=True)))
    assert (heard[-1]["message"]["chosen"], heard[-1]["message"]["generation"]["cursor"]) == (True, 3)
    texts.say(FIRST, "lo")
    await until(lambda: heard[-1]["type"] == "delta")
    assert heard[-1]["from"] == 3


async def test_a_row_whose_end_is_still_to_be_told_is_told_without_it(screen, texts, heard):
    await screen.present(snapshot(question(), answer("a", FIRST, "streaming")))
    await screen.catch_up(snapshot(question(), answer("a", FIRST, "complete", "Hello", rating=1)))
    row = heard[-1]["message"]
    assert (row["rating"], row["content"], row["generation"]["status"]) == (1, "", "streaming")
    texts.end(FIRST)
    await until_heard(heard, "finished")


async def test_a_row_that_is_gone_is_told_by_the_whole_and_an_answer_under_way_begins_anew(screen, texts, heard):
    await screen.present(snapshot(question(), question("gone"), answer("a", FIRST, "streaming")))
    texts.say(FIRST, "Hel")
    await until_heard(heard, "delta")
    await screen.catch_up(snapshot(question(), answer("a", FIRST, "streaming")))
    assert kinds(heard)[-2:] == ["conversation", "transcript"]
    assert heard[-1]["messages"][1]["generation"]["cursor"] == 0
    await until(lambda: heard[-1]["type"] == "delta")
    assert heard[-1]["from"] == 0


async def test_who_is_behind_with_an_answer_that_has_ended_is_told_the_next_one_by_the_whole(screen, texts, heard):
    await screen.present(snapshot(question(), answer("a", FIRST, "streaming")))
    await screen.catch_up(
        snapshot(question(), answer("a", FIRST, "complete", "Hello"), answer("b", SECOND, "streaming"))
    )
    assert heard[-1]["type"] == "transcript"
    assert screen.text.generation == SECOND


async def test_what_was_read_before_the_end_that_was_told_is_passed_over(screen, texts, heard):
    before = snapshot(question(), answer("a", FIRST, "streaming", rating=1))
    await screen.present(snapshot(question(), answer("a", FIRST, "streaming")))
    texts.end(FIRST)
    await until_heard(heard, "finished")
    await screen.text.ended(5)
    await screen.catch_up(before)
    assert kinds(heard)[-1] == "conversation"
    assert screen.text.under_way is None
    await screen.catch_up(snapshot(question(), answer("a", FIRST, "complete", "Hello", rating=1)))
    assert (heard[-1]["message"]["content"], heard[-1]["message"]["rating"]) == ("Hello", 1)


async def test_who_turns_away_is_sent_no_more_text(screen, texts, heard):
    await screen.present(snapshot(question(), answer("a", FIRST, "streaming")))
    screen.turn_to(None)
    assert (screen.conversation, screen.text.generation) == (None, None)
    texts.say(FIRST, "Hel")
    await screen.text.ended(5)
    assert kinds(heard) == ["transcript"]
