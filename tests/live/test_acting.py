"""What a person does with messages and conversations, on a real server: each change is stored, shows at once in every
other tab, and is there after a reload.
"""

import uuid

import pytest

from tests.support.polling import wait_until
from tests.support.scripts import Gate, Hang, WaitFor, mira
from tests.support.tabs import generation_of


@pytest.fixture
def talk(served, tabs, question):
    """Two tabs that show a conversation with two answers to one question, its key, and the three rows."""
    served.upstream.play(mira(["one"]), mira(["two"]))
    one, two = tabs(), tabs()
    first = one.begin(question)
    one.until_finished(generation_of(first))
    conversation = served.conversation(generation_of(first))
    one.say("regenerate", client_id=str(uuid.uuid4()), message=first["id"])
    second = one.until("message")["message"]
    one.until_finished(generation_of(second))
    rows = two.open(conversation)["messages"]
    for tab in (one, two):
        tab.answered()
    return one, two, conversation, rows


def rows_of(tab, conversation):
    """As a reload shows them, by key."""
    return {row["id"]: row for row in tab.open(conversation)["messages"]}


def summary_of(tab, conversation):
    return tab.open(conversation)["conversation"]


def marks(row):
    return row["chosen"], row["rating"], row["comment"]


# Versions and ratings


def test_the_version_that_one_tab_turns_to_is_shown_in_the_other(talk, tabs):
    one, two, conversation, (_, first, second) = talk
    for wanted, other in [(first, second), (second, first)]:
        one.say("choose", message=wanted["id"])
        for tab in (one, two):
            row = tab.until("message", lambda event, key=wanted["id"]: event["message"]["id"] == key)["message"]
            assert (row["chosen"], row["content"]) == (True, wanted["content"])
            tab.answered()
        rows = rows_of(tabs(), conversation)
        assert [rows[row["id"]]["chosen"] for row in (wanted, other)] == [True, False]


def test_only_rows_that_changed_are_told_again(talk):
    one, two, _, (_, first, second) = talk
    one.say("choose", message=first["id"])
    two.until("message")
    two.answered()
    heard = len(two.heard)
    one.say("choose", message=second["id"])
    two.until("conversation")
    two.answered()
    again = [event["message"]["id"] for event in two.heard[heard:] if event["type"] == "message"]
    assert sorted(again) == sorted([first["id"], second["id"]])
    heard = len(two.heard)
    one.say("choose", message=second["id"])
    two.until("conversation")
    assert {event["type"] for event in [*two.heard[heard:], *two.answered()]} <= {"conversation", "pong"}


def test_what_a_person_thinks_of_an_answer_is_shown_in_the_other_tab(talk, tabs):
    one, two, conversation, (_, first, _) = talk
    for rating, comment in [(-1, "Wrong."), (1, ""), (0, "")]:
        one.say("rate", message=first["id"], rating=rating, comment=comment)
        for tab in (one, two):
            row = tab.until("message")["message"]
            assert (row["id"], *marks(row)) == (first["id"], False, rating, comment)
        assert marks(rows_of(tabs(), conversation)[first["id"]]) == (False, rating, comment)


def test_a_question_is_not_rated(talk):
    one, _, _, (asked, _, _) = talk
    one.say("rate", message=asked["id"], rating=1)
    assert one.refusal() == "not_found"


def test_what_is_said_below_another_version_takes_the_place_of_the_chosen_one(talk, tabs):
    one, two, conversation, (_, first, second) = talk
    one.say("choose", message=first["id"])
    two.until("message", lambda event: event["message"]["chosen"])
    two.answered()
    one.ask("And?", conversation, second["id"])
    passed = two.until("message", lambda event: event["message"]["id"] == first["id"])["message"]
    assert passed["chosen"] is False
    answer = two.until("message", lambda event: event["message"]["role"] == "assistant")["message"]
    two.until_finished(generation_of(answer))
    assert not any(row["chosen"] for row in rows_of(tabs(), conversation).values())


# Rows that change while an answer is written


def test_turning_to_the_answer_that_is_being_written_loses_no_word_of_it(served, talk, tabs):
    one, two, conversation, (_, first, _) = talk
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    one.say("regenerate", client_id=str(uuid.uuid4()), message=first["id"])
    third = one.until("message")["message"]
    generation = generation_of(third)
    for tab in (one, two):
        tab.until_text(generation, "Hel")
    for key in (first["id"], third["id"]):
        two.say("choose", message=key)
        for tab in (one, two):
            tab.until("message", lambda event, key=key: event["message"]["id"] == key and event["message"]["chosen"])
    for tab in (one, two):
        tab.answered()
        assert tab.text[generation] == "Hel"
    gate.open()
    for tab in (one, two):
        assert tab.until_finished(generation)["status"] == "complete"
        assert tab.text[generation] == "Hello"
        assert "transcript" not in [event["type"] for event in tab.heard[-8:]]
    assert rows_of(tabs(), conversation)[third["id"]]["chosen"]


def test_removing_something_else_in_mid_answer_loses_no_word_of_it(served, talk):
    one, two, _, (_, first, second) = talk
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    one.say("regenerate", client_id=str(uuid.uuid4()), message=first["id"])
    generation = generation_of(one.until("message")["message"])
    two.until_text(generation, "Hel")
    one.say("remove", message=second["id"])
    for tab in (one, two):
        assert second["id"] not in [row["id"] for row in tab.until("transcript")["messages"]]
    gate.open()
    for tab in (one, two):
        tab.until_finished(generation)
        assert tab.text[generation] == "Hello"


# Removing


def test_a_removed_message_is_gone_in_every_tab_with_all_below_it(served, talk, tabs):
    one, two, conversation, (asked, first, second) = talk
    one.ask("And?", conversation, second["id"])
    answer = one.until("message", lambda event: event["message"]["role"] == "assistant")["message"]
    one.until_finished(generation_of(answer))
    two.until_finished(generation_of(answer))
    for key in (answer["id"], first["id"]):
        one.say("share", message=key)
    two.until("conversation", lambda event: len(event["shares"]) == 2)
    elsewhere = tabs()
    one.say("remove", message=second["id"])
    for tab in (one, two):
        rows = tab.until("transcript")["messages"]
        assert [row["id"] for row in rows] == [asked["id"], first["id"]]
    elsewhere.until("conversation", lambda event: [share["message"] for share in event["shares"]] == [first["id"]])
    assert set(rows_of(tabs(), conversation)) == {asked["id"], first["id"]}
    assert len(served.database.messages(served.alice)) == 2


@pytest.mark.parametrize("which", ["the question", "the answer"])
def test_an_answer_under_way_is_stopped_before_it_is_removed(served, tabs, question, which):
    served.upstream.play(mira(["Hel", Hang()]))
    one, two = tabs(), tabs()
    row = one.begin(question)
    conversation = served.conversation(generation_of(row))
    two.open(conversation)
    request = served.request(question)
    two.until_text(generation_of(row), "Hel")
    one.say("remove", message=row["parent"] if which == "the question" else row["id"])
    request.hung_up(within=1)
    left = [] if which == "the question" else [row["parent"]]
    for tab in (one, two):
        assert [found["id"] for found in tab.until("transcript")["messages"]] == left
    wait_until(lambda: f"generation {generation_of(row)} in conversation" in served.wrote)
    assert "Traceback" not in served.wrote
    one.ask("Again", conversation, left[0] if left else None)
    for tab in (one, two):
        answer = tab.until("message", lambda event: event["message"]["role"] == "assistant")["message"]
        tab.until_finished(generation_of(answer))


# Links


def test_a_link_is_made_once_and_revoked_for_every_tab(talk, tabs):
    one, two, conversation, (_, first, second) = talk
    elsewhere = tabs()
    for _ in range(2):
        one.say("share", message=first["id"])
        told = [tab.until("conversation", lambda event: event["shares"]) for tab in (one, two, elsewhere)]
        [link] = told[0]["shares"]
        assert link["message"] == first["id"]
        assert [event["shares"] for event in told] == [[link]] * 3
    assert summary_of(tabs(), conversation)["shares"] == [link]
    two.say("unshare", share=link["id"])
    for tab in (one, two, elsewhere):
        tab.until("conversation", lambda event: not event["shares"])
    two.say("unshare", share=link["id"])
    assert two.refusal() == "not_found"
    one.say("share", message=second["id"])
    assert two.until("conversation", lambda event: event["shares"])["shares"][0]["id"] != link["id"]


# Conversations


@pytest.mark.parametrize(("kind", "field"), [("pin", "pinned"), ("archive", "archived")])
def test_a_mark_shows_in_every_tab_and_stays(talk, tabs, kind, field):
    one, two, conversation, _ = talk
    elsewhere = tabs()
    for marked in (True, True, False):
        one.say(kind, conversation=conversation, **{field: marked})
        for tab in (one, two, elsewhere):
            event = tab.until("conversation", lambda event, marked=marked: event[field] is marked)
            assert event["id"] == conversation
        assert summary_of(tabs(), conversation)[field] is marked


def test_what_a_conversation_asks_of_its_model_shows_everywhere_and_is_asked(served, talk, tabs):
    one, two, conversation, (_, first, _) = talk
    options = {"model": "poet", "instructions": "Rhyme.", "temperature": 0.5, "max_tokens": 100}
    one.say("configure", conversation=conversation, options=options)
    for tab in (one, two):
        tab.until("conversation", lambda event: event["options"] == options)
    assert summary_of(tabs(), conversation)["options"] == options
    one.ask("And in verse?", conversation, first["id"])
    body = served.request("And in verse?").body
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("poet", 0.5, 100)
    assert body["messages"][0] == {"role": "system", "content": "Rhyme."}


def test_a_new_conversation_asks_as_it_was_sent(served, tabs, question):
    options = {"model": "poet", "instructions": "Rhyme."}
    tab = tabs()
    tab.ask(question, options=options)
    summary = tab.until("transcript")["conversation"]
    assert summary["options"] == {**options, "temperature": None, "max_tokens": None}
    body = served.request(question).body
    assert (body["model"], body["messages"][0]["content"]) == ("poet", "Rhyme.")


def test_another_answer_is_asked_of_another_model(served, talk):
    one, _, _, (_, first, _) = talk
    asked = len(served.upstream.requests)
    one.say("regenerate", client_id=str(uuid.uuid4()), message=first["id"], model="poet")
    one.until_finished(generation_of(one.until("message")["message"]))
    [request] = served.upstream.requests[asked:]
    assert request.body["model"] == "poet"


def test_a_deleted_conversation_is_brought_back_in_every_tab(served, talk, tabs):
    one, two, conversation, rows = talk
    elsewhere = tabs()
    before = summary_of(tabs(), conversation)
    one.say("delete", conversation=conversation)
    for tab in (one, two, elsewhere):
        assert tab.until("deleted")["conversation"] == conversation
    elsewhere.say("restore", conversation=conversation)
    for tab in (one, two, elsewhere):
        event = tab.until("conversation")
        assert event == {"type": "conversation", **before}
        assert [row["id"] for row in tab.open(conversation)["messages"]] == [row["id"] for row in rows]
    one.say("restore", conversation=conversation)
    assert "error" not in [event["type"] for event in one.answered()]


def test_an_answer_that_was_stopped_by_a_deletion_is_there_when_it_comes_back(served, tabs, question):
    served.upstream.play(mira(["Hel", Hang()]))
    tab = tabs()
    generation = generation_of(tab.begin(question))
    tab.until_text(generation, "Hel")
    conversation = served.conversation(generation)
    tab.say("delete", conversation=conversation)
    served.until_stored(generation, "cancelled")
    tab.until("deleted")
    tab.say("restore", conversation=conversation)
    tab.until("conversation", lambda event: event["id"] == conversation)
    answer = tab.open(conversation)["messages"][-1]
    assert (answer["content"], answer["generation"]["status"]) == ("Hel", "cancelled")


# Going on


def test_a_cut_answer_is_gone_on_with_from_its_first_word_to_its_last(served, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel"], finish="length"), mira(["lo", WaitFor(gate), " there"]))
    one, two = tabs(), tabs()
    cut = one.begin(question)
    one.until_finished(generation_of(cut))
    conversation = served.conversation(generation_of(cut))
    two.open(conversation)
    key = str(uuid.uuid4())
    one.say("continue", client_id=key, message=cut["id"])
    row = one.until("message")["message"]
    generation = generation_of(row)
    assert (row["parent"], row["client_id"], row["generation"]["cursor"]) == (cut["parent"], key, 0)
    for tab in (one, two):
        tab.until_text(generation, "Hello")
    late = tabs()
    late.open(conversation)
    late.until_text(generation, "Hello")
    gate.open()
    for tab in (one, two, late):
        assert tab.until_finished(generation)["status"] == "complete"
        assert tab.text[generation] == "Hello there"
    assert served.database.text(generation) == "Hello there"
    assert served.database.text(generation_of(cut)) == "Hel"
    roles = [message["role"] for message in served.upstream.requests[-1].body["messages"]]
    assert roles == ["user", "assistant", "user"]
    one.say("continue", client_id=str(uuid.uuid4()), message=row["id"])
    assert one.refusal() == "not_cut"


# Files


def test_files_travel_with_a_message_and_with_its_edit(served, tabs, question):
    one, two = tabs(), tabs()
    files = [served.database.file(served.alice, name, f"This is {name}") for name in ("b.txt", "a.txt")]
    one.ask(question, files=files)
    asked, answer = one.until("transcript")["messages"]
    assert [(file["id"], file["name"], file["kind"], file["type"], file["size"]) for file in asked["files"]] == [
        (key, name, "text", "text/plain", 13) for key, name in zip(files, ["b.txt", "a.txt"], strict=True)
    ]
    one.until_finished(generation_of(answer))
    said = served.upstream.requests[-1].body["messages"][-1]["content"]
    assert said.index("This is b.txt") < said.index("This is a.txt") < said.index(question)
    two.open(served.conversation(generation_of(answer)))
    one.say("edit", client_id=str(uuid.uuid4()), message=asked["id"], content="Instead")
    edited = two.until("message")["message"]
    assert (edited["content"], edited["files"]) == ("Instead", asked["files"])
    two.until_finished(generation_of(two.until("message")["message"]))


def test_a_message_of_files_alone_is_sent(served, tabs):
    tab = tabs()
    tab.ask(" ", files=[served.database.file(served.alice)])
    found = tab.until("transcript")
    assert (found["conversation"]["title"], found["messages"][0]["content"]) == ("notes.txt", "")
    tab.until_finished(generation_of(found["messages"][1]))


# Hostile words


HOSTILE = "<script>alert(1)</script> '; DROP TABLE x; -- \u202eevil \u2028 {{ 7*7 }} 👩‍👩‍👧 \ufeff\x1b[31m \\0"


def test_hostile_words_are_shown_as_they_were_said_and_nuls_are_not_kept(talk, tabs):
    one, two, conversation, (_, first, _) = talk
    with_nul = HOSTILE + "\0"
    one.say("rename", conversation=conversation, title=with_nul)
    line = " ".join(HOSTILE.split())
    assert two.until("conversation", lambda event: event["title"] == line)
    one.say("configure", conversation=conversation, options={"instructions": with_nul, "model": with_nul})
    assert two.until("conversation", lambda event: event["options"]["model"])["options"]["instructions"] == HOSTILE
    one.say("rate", message=first["id"], rating=1, comment=with_nul)
    assert two.until("message")["message"]["comment"] == HOSTILE
    found = tabs().open(conversation)
    assert (found["conversation"]["title"], found["conversation"]["options"]["model"]) == (line, line)
    assert {row["comment"] for row in found["messages"]} == {"", HOSTILE}


@pytest.mark.parametrize("kind", ["rename", "configure", "rate", "unshare"])
def test_half_a_surrogate_pair_is_refused_and_nothing_is_changed(talk, kind):
    one, two, conversation, (_, first, _) = talk
    place = f'"message": "{first["id"]}"' if kind == "rate" else f'"conversation": "{conversation}"'
    text = {
        "rename": '"title": "\\ud83d"',
        "configure": '"options": {"instructions": "\\ud83d"}',
        "rate": '"rating": 1, "comment": "\\ud83d"',
        "unshare": '"share": "\\ud83d"',
    }[kind]
    one.connection.send(f'{{"type": "{kind}", {place}, {text}}}')
    error = one.until("error")
    assert (error["code"], error["command"]) == ("bad_command", kind)
    assert two.answered() == []
