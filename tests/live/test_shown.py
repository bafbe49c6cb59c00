"""What a tab was told of the rows that it shows, and what it is to be told again."""

from uuid import UUID

import pytest

from chat.live.shown import Shown, under_way, writes

HERE, THERE = UUID(int=1), UUID(int=2)
ANSWER = UUID(int=7)


def row(key="a", status=None, **fields):
    """A row as events have it; with a status, an answer's."""
    generation = status and {"id": str(ANSWER), "status": status, "finish_reason": None, "error": None, "cursor": 0}
    plain = {"id": key, "content": "Why?", "reasoning": "", "chosen": False, "rating": 0, "comment": ""}
    return {**plain, "generation": generation, **fields}


@pytest.fixture
def shown():
    shown = Shown()
    shown.turn_to(HERE, [row("a"), row("b", "streaming")])
    return shown


def test_what_is_known_is_no_news(shown):
    assert shown.conversation == HERE
    assert shown.news([row("a"), row("b", "streaming")]) == []
    assert not shown.is_beyond([row("a"), row("b", "streaming")], None)


def test_a_new_row_is_news_once(shown):
    new = row("c")
    assert shown.news([row("a"), new]) == [new]
    shown.learn([new])
    assert shown.news([row("a"), new]) == []


@pytest.mark.parametrize("change", [{"chosen": True}, {"rating": -1}, {"comment": "Wrong."}])
def test_a_row_of_which_the_owner_thinks_otherwise_is_news_once(shown, change):
    changed = row("a", **change)
    assert shown.news([changed, row("b", "streaming")]) == [changed]
    assert not shown.is_beyond([changed, row("b", "streaming")], None)
    shown.learn([changed])
    assert shown.news([changed]) == []
    assert shown.news([row("a")]) == [row("a")]


def test_a_row_that_is_gone_is_beyond_what_news_can_put_right(shown):
    assert shown.is_beyond([row("b", "streaming")], None)
    assert shown.is_beyond([row("a")], ANSWER)


def test_an_answer_in_another_state_is_beyond_that_too_unless_its_end_is_still_to_be_told(shown):
    ended = [row("a"), row("b", "interrupted")]
    assert shown.is_beyond(ended, None)
    assert shown.is_beyond(ended, UUID(int=8))
    assert not shown.is_beyond(ended, ANSWER)
    shown.ended(ANSWER, "interrupted")
    assert not shown.is_beyond(ended, None)
    assert shown.is_beyond([row("a"), row("b", "complete")], None)


def test_a_row_that_was_read_before_the_end_that_was_told_says_nothing(shown):
    shown.ended(ANSWER, "complete")
    old = [row("a"), row("b", "streaming", rating=1)]
    assert not shown.is_beyond(old, None)
    assert shown.news(old) == []
    shown.learn(old)
    assert not shown.is_beyond([row("a"), row("b", "complete")], None)
    assert shown.news([row("b", "complete", rating=1)]) == [row("b", "complete", rating=1)]


def test_a_new_answer_is_in_the_state_in_which_it_is_told():
    shown = Shown()
    shown.turn_to(HERE)
    assert not shown.is_beyond([row("b", "complete")], None)


def test_what_another_conversation_held_is_forgotten(shown):
    shown.turn_to(THERE)
    assert shown.conversation == THERE
    assert not shown.is_beyond([], None)
    assert shown.news([row("a")]) == [row("a")]
    assert not shown.is_beyond([row("b", "complete")], None)


def test_a_row_is_written_by_its_own_answer():
    assert writes(ANSWER, row("b", "streaming"))
    assert not writes(UUID(int=8), row("b", "streaming"))
    assert not writes(ANSWER, row("a"))
    assert not writes(None, row("a"))
    assert not writes(None, row("b", "streaming"))


def test_to_a_tab_that_is_behind_an_answer_is_still_under_way():
    ended = row("b", "failed", content="Because.", reasoning="Hm", rating=1)
    ended["generation"].update(finish_reason="stop", error={"code": "lost"}, cursor=10, model="poet")
    told = under_way(ended, 4)
    assert (told["content"], told["reasoning"], told["rating"]) == ("", "", 1)
    assert told["generation"] == {
        "id": str(ANSWER),
        "status": "streaming",
        "finish_reason": None,
        "error": None,
        "cursor": 4,
        "model": "poet",
    }
    assert ended["content"] == "Because."
    assert ended["generation"]["status"] == "failed"
