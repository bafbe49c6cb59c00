"""Answers as a tab sees them, on a real server: from the question to the stored text, siblings, cursors."""

import uuid

import pytest

from tests.support.scripts import Gate, Head, Reset, WaitFor, error_event, mira
from tests.support.tabs import generation_of

# One answer


def test_a_new_conversation_is_opened_answered_and_stored(served, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Grü", WaitFor(gate), "ß ", "👋🏽"]))
    tab = tabs()
    client_id = tab.ask(question)
    transcript = tab.until("transcript")
    asked, answer = transcript["messages"]
    generation = generation_of(answer)
    assert transcript["conversation"]["title"] == question
    assert transcript["conversation"]["generating"]
    assert (asked["role"], asked["content"], asked["client_id"]) == ("user", question, client_id)
    assert (answer["role"], answer["parent"], answer["content"]) == ("assistant", asked["id"], "")
    tab.until_text(generation, "Grü")
    gate.open()
    assert tab.until("finished") == {
        "type": "finished",
        "generation": generation,
        "to": len("Grüß 👋🏽"),
        "status": "complete",
        "finish_reason": "stop",
        "error": None,
        "left_out": 0,
        "thinking_ms": None,
        "model": "scripted",
    }
    assert tab.text[generation] == served.database.text(generation) == "Grüß 👋🏽"
    assert served.request(question).body["messages"] == [{"role": "user", "content": question}]


def test_the_end_is_in_the_database_before_the_tab_hears_of_it(served, tabs, question):
    served.upstream.play([WaitFor(gate := Gate()), *mira(["Hello"])])
    tab = tabs()
    generation = generation_of(tab.begin(question))
    gate.open()
    tab.until("finished")
    assert served.database.generation(generation).status == "complete"


def test_the_next_message_goes_along_with_those_before_it(served, tabs, question):
    served.upstream.play(mira(["one"]), mira(["two"]))
    tab = tabs()
    first = tab.begin(question)
    tab.until_finished(generation_of(first))
    conversation = str(served.database.conversations(served.alice)[0].pk)
    tab.ask("And then, " + question, conversation, first["id"])
    asked, answer = (tab.until("message")["message"] for _ in range(2))
    assert (asked["content"], asked["parent"]) == ("And then, " + question, first["id"])
    assert answer["parent"] == asked["id"]
    tab.until_finished(generation_of(answer))
    assert tab.text[generation_of(answer)] == "two"
    assert served.request("And then, " + question).body["messages"] == [
        {"role": "user", "content": question},
        {"role": "assistant", "content": "one"},
        {"role": "user", "content": "And then, " + question},
    ]


def test_phases_are_told_while_there_is_no_text(served, tabs, question):
    head, text = Gate(), Gate()
    served.upstream.play([WaitFor(head), Head(), WaitFor(text), *mira(["Hello"])])
    tab = tabs()
    generation = generation_of(tab.begin(question))
    tab.until("position", lambda event: event["phase"] == "connecting")
    head.open()
    tab.until("position", lambda event: event["phase"] == "thinking")
    text.open()
    tab.until_finished(generation)


def test_an_error_of_the_upstream_is_told_and_the_text_kept(served, tabs, question):
    served.upstream.play(mira(["Hel", error_event("Overloaded.")]))
    tab = tabs()
    generation = generation_of(tab.begin(question))
    finished = tab.until_finished(generation)
    assert finished["status"] == "failed"
    assert "Overloaded." in finished["error"]["message"]
    assert tab.text[generation] == served.database.text(generation) == "Hel"


def test_a_broken_connection_is_truncated_and_never_success(served, tabs, question):
    served.upstream.play(mira(["Hel", Reset()]))
    tab = tabs()
    finished = tab.until_finished(generation_of(tab.begin(question)))
    assert (finished["status"], finished["error"]["code"]) == ("truncated", "truncated")


def test_an_answer_of_every_kind_of_character_arrives_as_it_is_stored(served, tabs, question):
    said = "\u2028 \u0085 \U0001f44b\U0001f3fd नमस्ते \ufeff </script> \\u0041 \x1f" * 50
    served.upstream.play(mira(list(said)))
    tab = tabs()
    generation = generation_of(tab.begin(question))
    tab.until_finished(generation)
    assert tab.text[generation] == served.database.text(generation) == said


# Other siblings


def test_another_answer_is_a_sibling_and_the_first_stays(served, tabs, question):
    served.upstream.play(mira(["one"]), mira(["two"]))
    tab = tabs()
    first = tab.begin(question)
    tab.until_finished(generation_of(first))
    key = str(uuid.uuid4())
    for _ in range(2):
        tab.say("regenerate", client_id=key, message=first["id"])
    second = tab.until("transcript")["messages"][-1]  # the answer to the second, which is nothing new
    tab.until_finished(generation_of(second))
    assert (second["parent"], second["client_id"]) == (first["parent"], key)
    assert tab.text == {generation_of(first): "one", generation_of(second): "two"}
    assert len(served.database.messages(served.alice)) == 3


def test_an_edit_is_a_sibling_and_its_answer_knows_nothing_of_the_first(served, tabs, question):
    tab = tabs()
    first = tab.begin("Before " + question)
    tab.until_finished(generation_of(first))
    tab.say("edit", client_id=str(uuid.uuid4()), message=first["parent"], content=question)
    edited = tab.until("message")["message"]
    answer = tab.until("message")["message"]
    tab.until_finished(generation_of(answer))
    assert (edited["parent"], edited["content"]) == (None, question)
    assert served.request(question).body["messages"] == [{"role": "user", "content": question}]


# Cursors


def test_who_opens_again_with_a_cursor_gets_exactly_the_rest(served, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", "lo ", WaitFor(gate), "世", "界"]))
    first = tabs()
    row = first.begin(question)
    generation = generation_of(row)
    first.until_text(generation, "Hello ")
    conversation = served.conversation(generation)
    first.close()
    again = tabs(text=dict(first.text))
    transcript = again.open(conversation, generation=generation, cursor=first.cursors[generation])
    assert transcript["messages"][-1]["generation"]["cursor"] == len("Hello ")
    gate.open()
    again.until_finished(generation)
    deltas = [event for event in again.heard if event["type"] == "delta"]
    assert "".join(part["text"] for delta in deltas for part in delta["parts"]) == "世界"
    assert again.text[generation] == served.database.text(generation) == "Hello 世界"


@pytest.mark.parametrize(("ours", "cursor"), [(True, -1), (False, 2)], ids=["negative", "of another answer"])
def test_a_cursor_that_is_none_begins_at_the_start(served, tabs, question, ours, cursor):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    first, again = tabs(), tabs()
    generation = generation_of(first.begin(question))
    first.until_text(generation, "Hel")
    named = generation if ours else str(uuid.uuid4())
    transcript = again.open(served.conversation(generation), generation=named, cursor=cursor)
    assert transcript["messages"][-1]["generation"]["cursor"] == 0
    gate.open()
    again.until_finished(generation)
    assert again.text[generation] == "Hello"


def test_a_tab_with_more_than_the_text_has_in_the_end_opens_again_and_shows_what_is_stored(served, tabs, question):
    """A process died with the last words that it had sent. Until the end nobody can know that they will not come."""
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    first = tabs()
    generation = generation_of(first.begin(question))
    first.until_text(generation, "Hel")
    again = tabs(text={generation: "Hello, world"}, bereaved=True)
    again.open(served.conversation(generation), generation=generation, cursor=len("Hello, world"))
    assert again.until("position")["to"] == len("Hello, world")
    gate.open()
    assert again.until_finished(generation)["status"] == "complete"
    assert again.text[generation] == "Hello"
    assert "delta" not in [event["type"] for event in again.heard]


def test_who_opens_after_the_end_gets_the_whole_text_and_no_deltas(served, tabs, question):
    first = tabs()
    generation = generation_of(first.begin(question))
    first.until_finished(generation)
    conversation = served.conversation(generation)
    again = tabs()
    transcript = again.open(conversation, generation=generation, cursor=2)
    assert transcript["messages"][-1]["content"] == "Hello"
    assert transcript["messages"][-1]["generation"]["status"] == "complete"
    assert not transcript["conversation"]["generating"]
    assert again.answered() == []


def test_opening_nothing_shows_nothing_and_follows_nothing(served, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    tab = tabs()
    generation = generation_of(tab.begin(question))
    tab.until_text(generation, "Hel")
    assert tab.open(None) == {"type": "transcript", "conversation": None, "messages": []}
    gate.open()
    served.until_stored(generation, "complete")
    tab.until("conversation", lambda event: not event["generating"])
    assert tab.text[generation] == "Hel"
    assert not tab.finished
