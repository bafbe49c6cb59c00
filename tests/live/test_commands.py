"""Commands that change something, by whatever connection they come: on a real server first, then inside the process."""

import asyncio
import contextlib
import uuid

import pytest
from django.db import DatabaseError

from chat.live import commands, protocol
from chat.live.protocol import Refused
from chat.models import Conversation, Generation, Message, Profile
from chat.relay import recorder
from chat.relay.database import in_database
from tests.live.inside import idle, opened
from tests.support.polling import until, wait_until
from tests.support.rows import begin, broken_table, locked_database
from tests.support.scripts import Gate, Hang, Head, WaitFor, endless, mira, never_answers
from tests.support.tabs import generation_of

inside = pytest.mark.django_db(transaction=True)


@pytest.fixture
def answered(served, tabs, question):
    """A tab that shows a conversation with one whole exchange, its key, and the answer's row."""
    tab = tabs()
    row = tab.begin(question)
    tab.until_finished(generation_of(row))
    return tab, served.conversation(generation_of(row)), row


# Rename


def test_a_new_title_is_stored_and_told_to_every_tab_of_the_person(served, answered, tabs):
    tab, conversation, _ = answered
    other, his = tabs(), tabs(served.bob)
    tab.say("rename", conversation=conversation, title="  The\nsky ")
    for one in (tab, other):
        assert one.until("conversation", lambda event: event["title"] == "The sky")["id"] == conversation
    assert [row.title for row in served.database.conversations(served.alice)] == ["The sky"]
    assert his.answered() == []


def test_a_rename_in_mid_answer_does_not_touch_the_answer(served, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    tab = tabs()
    generation = generation_of(tab.begin(question))
    tab.until_text(generation, "Hel")
    tab.say("rename", conversation=served.conversation(generation), title="The sky")
    tab.until("conversation", lambda event: event["title"] == "The sky")
    gate.open()
    assert tab.until_finished(generation)["status"] == "complete"
    assert tab.text[generation] == "Hello"
    assert [event["type"] for event in tab.heard].count("transcript") == 1


@pytest.mark.parametrize(("title", "code"), [(" ", "empty"), ("x" * 201, "too_large"), (None, "bad_command")])
def test_a_title_that_is_none_is_refused(served, answered, question, title, code):
    tab, conversation, _ = answered
    tab.say("rename", conversation=conversation, title=title)
    assert tab.refusal() == code
    assert [row.title for row in served.database.conversations(served.alice)] == [question]


# Delete


PHASES = {
    "before the status line": never_answers(),
    "before the first token": [Head(), Hang()],
    "in a silence": mira(["Hel", Hang()]),
    "in mid-stream": endless(every=0.001),
}


@pytest.mark.parametrize("phase", PHASES)
def test_deleting_in_mid_answer_closes_the_upstream_and_stores_the_end_and_tells_every_tab(
    served, tabs, question, phase
):
    served.upstream.play(PHASES[phase])
    tab, shows, elsewhere = tabs(), tabs(), tabs()
    generation = generation_of(tab.begin(question))
    conversation = served.conversation(generation)
    shows.open(conversation)
    request = served.request(question)
    tab.say("delete", conversation=conversation)
    request.hung_up(within=1)
    for one in (tab, shows, elsewhere):
        assert one.until("deleted")["conversation"] == conversation
    assert served.database.messages(served.alice) == served.database.conversations(served.alice) == []
    served.until_stored(generation, "cancelled")  # it can be brought back
    wait_until(lambda: f"generation {generation} in conversation" in served.wrote)
    assert "Traceback" not in served.wrote
    for one in (tab, shows):
        assert one.text[generation] in ("", "Hel") or one.text[generation].startswith("word ")
        one.until_finished(generation_of(one.begin(f"{question} {one is tab}")))  # it is as usable as before


def test_a_deleted_conversation_is_missing_from_then_on(served, answered, tabs):
    tab, conversation, row = answered
    tab.say("delete", conversation=conversation)
    tab.until("deleted")
    key = str(uuid.uuid4())
    for kind, fields in [
        ("open", {"conversation": conversation}),
        ("send", {"client_id": key, "conversation": conversation, "parent": row["id"], "content": "And?"}),
        ("edit", {"client_id": key, "message": row["parent"], "content": "And?"}),
        ("regenerate", {"client_id": key, "message": row["id"]}),
        ("continue", {"client_id": key, "message": row["id"]}),
        ("choose", {"message": row["id"]}),
        ("rate", {"message": row["id"], "rating": 1}),
        ("remove", {"message": row["id"]}),
        ("share", {"message": row["id"]}),
        ("rename", {"conversation": conversation, "title": "The sky"}),
        ("pin", {"conversation": conversation, "pinned": True}),
        ("archive", {"conversation": conversation, "archived": True}),
        ("configure", {"conversation": conversation, "options": {}}),
        ("delete", {"conversation": conversation}),
    ]:
        tab.say(kind, **fields)
        assert tab.refusal() == "not_found", kind
    assert served.database.conversations(served.alice) == []


def test_who_sends_into_a_conversation_while_it_is_deleted_hears_that_it_is_gone(served, answered, tabs):
    tab, conversation, row = answered
    other = tabs()
    tab.say("delete", conversation=conversation)
    other.ask("And?", conversation, row["id"])
    for one in (tab, other):
        one.until("deleted")
    assert served.database.conversations(served.alice) == served.database.messages(served.alice) == []


# Branches


def test_a_stale_tab_is_told_that_it_branched_and_nobody_else_is(served, answered, tabs):
    tab, conversation, first = answered
    stale = tabs()
    tab.ask("And?", conversation, first["id"])
    newer = tab.until("message", lambda event: event["message"]["role"] == "assistant")["message"]
    tab.until_finished(generation_of(newer))
    key = stale.ask("But?", conversation, first["id"])
    notice = stale.until("notice")
    assert (notice["code"], notice["conversation"], notice["client_id"]) == ("branched", conversation, key)
    assert notice["message"]
    mine = next(event for event in stale.heard if event["type"] == "transcript")["messages"]
    asked = {row["content"]: row for row in mine if row["role"] == "user"}
    assert asked["And?"]["parent"] == asked["But?"]["parent"] == first["id"]
    answer = next(row for row in mine if row["parent"] == asked["But?"]["id"])
    tab.until_finished(generation_of(answer))
    assert "notice" not in [event["type"] for event in [*tab.heard, *tab.answered()]]


def test_a_tab_that_shows_the_newest_message_hears_the_new_rows_before_it_is_told_that_they_branched(served, answered):
    """It shows everything and still answers an older message: the notice is about rows that it knows by then."""
    tab, conversation, first = answered
    tab.ask("And?", conversation, first["id"])
    newer = tab.until("message", lambda event: event["message"]["role"] == "assistant")["message"]
    tab.until_finished(generation_of(newer))
    heard = len(tab.heard)
    key = tab.ask("But?", conversation, first["id"])
    tab.until("notice")
    rows = [event["message"] for event in tab.heard[heard:] if event["type"] == "message"]
    assert [row["client_id"] for row in rows if row["role"] == "user"] == [key]


def test_of_two_tabs_that_send_at_the_same_moment_each_is_stored_or_refused(served, answered, tabs):
    _, conversation, first = answered
    others = [tabs(), tabs()]
    keys = [tab.ask(words, conversation, first["id"]) for tab, words in zip(others, ["A?", "B?"], strict=True)]
    answers = [_answer(tab) for tab in others]
    assert "transcript" in [answer["type"] for answer in answers]
    assert {answer["code"] for answer in answers if answer["type"] == "error"} <= {"busy"}
    stored = {str(message.client_id) for message in served.database.messages(served.alice)}
    for key, answer in zip(keys, answers, strict=True):
        assert (key in stored) == (answer["type"] == "transcript")


def _answer(tab):
    """To what it has just sent into a conversation that it does not show."""
    while tab.next()["type"] not in ("error", "transcript"):
        pass
    return tab.heard[-1]


def test_a_client_id_is_one_message_and_refused_for_something_else(served, answered):
    tab, conversation, first = answered
    key = tab.ask("And?", conversation, first["id"])
    answer = tab.until("message", lambda event: event["message"]["role"] == "assistant")["message"]
    tab.until_finished(generation_of(answer))
    tab.ask("And?", conversation, first["id"], client_id=key)
    assert len(tab.until("transcript")["messages"]) == 4
    tab.say("regenerate", client_id=key, message=first["id"])
    error = tab.until("error")
    assert (error["code"], error["command"], error["client_id"]) == ("reused", "regenerate", key)
    assert len(served.database.messages(served.alice)) == 4


# Inside the process: who leaves meanwhile, and a database that fails


async def left_meanwhile(work):
    """Its caller goes away while it waits for the database."""
    with locked_database():
        waiting = asyncio.create_task(work)
        await idle()
        await asyncio.sleep(0.1)  # it is in its thread now, and waits there for the lock
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting


@inside
async def test_who_deletes_and_leaves_has_deleted_and_the_others_hear_of_it(board, alice, tab):
    row = await in_database(begin, alice)
    await in_database(row.complete, "So.", "")
    await left_meanwhile(commands.change(board, alice, protocol.Delete(row.conversation_id)))
    assert (await tab.until("deleted"))["conversation"] == str(row.conversation_id)
    assert not await in_database(Conversation.objects.for_user(alice).exists)


@inside
async def test_who_renames_and_leaves_has_renamed_and_the_others_hear_of_it(board, alice, tab):
    row = await in_database(begin, alice)
    await left_meanwhile(commands.change(board, alice, protocol.Rename(row.conversation_id, "The sky")))
    assert (await tab.until("conversation"))["title"] == "The sky"


@inside
async def test_who_sends_and_leaves_has_sent_and_the_others_hear_of_it(board, alice, upstream, tab):
    upstream.play(mira(["Hel", Hang()]))
    await left_meanwhile(commands.begin(board, alice, protocol.Send(uuid.uuid4(), None, "Why?")))
    assert (await tab.until("conversation"))["generating"]
    await upstream.next_request()


@inside
async def test_a_stop_that_reaches_another_process_leaves_word_in_the_database(board, alice, bob):
    row = await in_database(begin, alice)  # nobody here runs it
    await commands.cancel(board, alice, protocol.Cancel(row.pk))
    assert (await in_database(Generation.objects.get)).cancel_requested_at
    with pytest.raises(Refused) as refusal:
        await commands.cancel(board, bob, protocol.Cancel(row.pk))
    assert refusal.value.code == "not_found"


@inside
async def test_a_stop_of_what_only_another_process_may_know_is_passed_on_without_a_word(board, bob, monkeypatch):
    told = []
    monkeypatch.setattr(type(board), "is_alone", False)
    monkeypatch.setattr(board._neighbours, "tell_cancel", lambda *about: told.append(about))
    key = uuid.uuid4()
    await commands.cancel(board, bob, protocol.Cancel(key))
    assert told == [(key, bob.pk)]


@inside
@pytest.mark.parametrize("kind", ["delete", "remove"])
async def test_of_what_is_deleted_the_title_is_given_up(board, tab, alice, upstream, kind):
    await in_database(lambda: Profile.objects.create(user=alice, model_titles=True))
    upstream.play(mira(["So."]), never_answers())
    row = await tab.begin("Why?")
    await upstream.next_request()
    request = await upstream.next_request()
    conversation = await in_database(lambda: str(Generation.objects.get().conversation_id))
    await tab.say(kind, **({"conversation": conversation} if kind == "delete" else {"message": row["id"]}))
    await request.hung_up(within=1)
    assert board._titling == {}


@inside
@pytest.mark.parametrize("kind", ["delete", "remove"])
async def test_what_is_deleted_is_stopped_at_once_though_the_database_takes_nothing(tab, upstream, monkeypatch, kind):
    monkeypatch.setattr(recorder, "BEAT", 60)  # no checkpoint finds it
    upstream.play(mira(["Hel", Hang()]))
    row = await tab.begin("Why?")
    request = await upstream.next_request()
    await tab.until("delta")
    conversation = await in_database(lambda: str(Generation.objects.get().conversation_id))
    place = {"conversation": conversation} if kind == "delete" else {"message": row["id"]}
    with locked_database():
        await tab.say(kind, **place)
        await request.hung_up(within=1)
        assert await in_database(Conversation.objects.filter(deleted_at=None).exists)
        assert await in_database(Message.objects.count) == 2
    await tab.until("deleted" if kind == "delete" else "transcript")


@inside
async def test_deleting_what_another_process_is_writing_leaves_word_in_its_row(board, alice, tab):
    row = await in_database(begin, alice)
    await commands.change(board, alice, protocol.Delete(row.conversation_id))
    assert (await tab.until("deleted"))["conversation"] == str(row.conversation_id)
    assert (await in_database(Generation.objects.get)).cancel_requested_at


@inside
async def test_removing_what_another_process_is_writing_takes_its_row_away(board, alice, tab):
    row = await in_database(begin, alice)
    await tab.open(row.conversation_id)
    await commands.change(board, alice, protocol.Remove(row.message_id))
    assert [shown["role"] for shown in (await tab.until("transcript"))["messages"]] == ["user"]
    assert not await in_database(Generation.objects.exists)


@inside
async def test_whatever_goes_wrong_is_refused_in_words(board, alice):
    async def defect():
        raise ZeroDivisionError

    with pytest.raises(Refused) as refusal:
        await commands.refusing(defect())
    assert (refusal.value.code, bool(str(refusal.value))) == ("internal", True)
    row = await in_database(begin, alice)
    with broken_table(Conversation), pytest.raises(Refused) as refusal:
        await commands.refusing(commands.change(board, alice, protocol.Rename(row.conversation_id, "The sky")))
    assert (refusal.value.code, bool(str(refusal.value))) == ("unavailable", True)


async def test_what_a_database_says_of_a_row_is_not_told(caplog):
    async def refused():
        raise DatabaseError("no such role\nDETAIL:  Failing row contains (My secret).")

    with pytest.raises(Refused) as refusal:
        await commands.refusing(refused())
    assert "no such role" in caplog.text
    assert "secret" not in caplog.text + str(refusal.value)


@inside
async def test_a_conversation_that_the_orm_deletes_in_mid_answer_ends_its_upstream(board, alice, session, upstream):
    upstream.play(endless())
    tab = await opened(board, alice, session)
    await tab.begin("Why?")
    request = await upstream.next_request()
    await in_database(Conversation.objects.all().delete)
    await request.hung_up(within=2)
    await until(lambda: not board._live or all(live.ending for live in board._live.values()))
    assert await in_database(Message.objects.count) == 0
    await tab.leave()
