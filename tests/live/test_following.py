"""How a tab is sent the text that it follows: paced, within its window, one answer at a time."""

import asyncio
import json
import uuid

import pytest

from chat.live.following import FRAME_BEAT, Following
from tests.live.inside import key_of
from tests.live.texts import Texts
from tests.support.polling import until
from tests.support.rows import until_stored
from tests.support.scripts import Gate, WaitFor, endless, mira

inside = pytest.mark.django_db(transaction=True)


@inside
async def test_words_are_sent_at_most_thirty_times_a_second_however_they_come(tab, upstream, monkeypatch):
    monkeypatch.setattr("chat.relay.upstream.BEAT", 0)
    upstream.play(endless(every=0.001))
    row = await tab.begin("Why?")
    await tab.until("delta")
    clock = asyncio.get_running_loop().time
    begun, frames = clock(), 0
    while clock() - begun < 0.6:
        await tab.until("delta")
        frames += 1
    assert frames <= (clock() - begun) / FRAME_BEAT + 1
    await tab.say("cancel", generation=row["generation"]["id"])
    await tab.until("finished")


@inside
@pytest.mark.parametrize("cursor", [3, 99], ids=["of all that came", "of more than that"])
async def test_an_ack_lets_the_text_go_on(tab, upstream, narrow, cursor):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    row = await tab.begin("Why?")
    assert (await tab.until("delta"))["to"] == 3
    gate.open()
    await tab.say("ack", generation=row["generation"]["id"], cursor=cursor)
    assert (await tab.until("delta"))["to"] == 5


@inside
@pytest.mark.parametrize(("ours", "cursor"), [(False, 99), (True, 2), (True, -1)])
async def test_an_ack_of_something_else_opens_no_window(tab, upstream, narrow, ours, cursor):
    gate = Gate()
    upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    row = await tab.begin("Why?")
    assert (await tab.until("delta"))["to"] == 3
    gate.open()
    await until_stored(key_of(row), lambda row: row.status == "complete")
    await tab.say("ack", generation=row["generation"]["id"] if ours else str(uuid.uuid4()), cursor=cursor)
    heard = await tab.answered()
    assert {"delta", "finished"}.isdisjoint(event["type"] for event in heard)


# Without a tab, from a text that the test writes


A, B = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.fixture
async def texts(board):
    texts = Texts(board)
    for key in (A, B):
        texts.begin(key, "Hel")
    return texts


@pytest.fixture
async def following(board, texts):
    """What it sends is in `sent`, the ends that it tells are in `ends`, with how much was sent before."""
    tasks, sent, ends = [], [], []

    async def send(event):
        sent.append(json.loads(event))

    def spawn(work):
        tasks.append(asyncio.create_task(work))
        return tasks[-1]

    following = Following(board, send, spawn, lambda *end: ends.append((*end, len(sent))))
    following.sent, following.ends = sent, ends
    yield following
    following.stop()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_it_knows_how_far_it_has_sent(following, texts):
    following.follow(A, 1)
    assert (following.generation, following.under_way, following.cursor) == (A, A, 1)
    texts.say(A, "lo")
    await until(lambda: following.cursor == 5)
    assert [(event["from"], event["to"]) for event in following.sent] in ([(1, 5)], [(1, 3), (3, 5)])


async def test_the_end_is_told_before_it_is_sent_and_then_nothing_is_under_way(following, texts):
    following.follow(A, 0)
    texts.end(A)
    await following.ended(5)
    assert [event["type"] for event in following.sent] == ["delta", "finished"]
    assert following.ends == [(A, "complete", 1)]
    assert (following.generation, following.under_way) == (A, None)


async def test_another_answer_takes_the_place_of_the_first(following, texts):
    following.follow(A, 0)
    following.follow(B, 0)
    await until(lambda: following.sent)
    texts.end(A)
    texts.end(B)
    await following.ended(5)
    assert {event["generation"] for event in following.sent} == {str(B)}
    assert [end[0] for end in following.ends] == [B]


async def test_what_is_stopped_is_sent_no_further(following, texts):
    following.follow(A, 0)
    await until(lambda: following.sent)
    following.stop()
    assert (following.generation, following.under_way) == (None, None)
    texts.say(A, "lo")
    texts.end(A)
    await following.ended(5)
    assert [event["to"] for event in following.sent] == [3]
    assert following.ends == []
