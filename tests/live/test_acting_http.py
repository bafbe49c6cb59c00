"""The same without a WebSocket: a change is posted, is answered by nothing, and shows in streams and sockets alike."""

import uuid

import pytest

from tests.support.scripts import mira
from tests.support.tabs import generation_of, unnamed


@pytest.fixture
def talk(served, tabs, http_tabs, question):
    """A stream and a socket that show a conversation with a cut answer, its key, and the two rows."""
    served.upstream.play(mira(["Hel"], finish="length"))
    [transcript] = http_tabs().send(question)
    asked, answer = transcript["messages"]
    served.until_stored(generation_of(answer), "complete")
    conversation = transcript["conversation"]["id"]
    stream, socket = http_tabs(conversation), tabs()
    stream.until("transcript")
    socket.open(conversation)
    return stream, socket, conversation, asked, answer


def test_what_changes_in_messages(talk):
    stream, socket, conversation, asked, answer = talk
    stream.say("choose", message=answer["id"])
    for tab in (stream, socket):
        assert tab.until("message")["message"]["chosen"]
    stream.say("rate", message=answer["id"], rating=-1, comment="Wrong.\0")
    for tab in (stream, socket):
        row = tab.until("message")["message"]
        assert (row["rating"], row["comment"]) == (-1, "Wrong.")
    stream.say("share", message=answer["id"])
    [link] = stream.until("conversation", lambda event: event["shares"])["shares"]
    assert link["message"] == answer["id"]
    stream.say("unshare", share=link["id"])
    stream.until("conversation", lambda event: not event["shares"])
    stream.say("remove", message=answer["id"])
    for tab in (stream, socket):
        assert [row["id"] for row in tab.until("transcript")["messages"]] == [asked["id"]]
    assert socket.open(conversation)["conversation"]["shares"] == []


def test_what_changes_in_conversations(talk):
    stream, socket, conversation, asked, answer = talk
    options = {"model": "poet", "instructions": "Rhyme.", "temperature": 0.5, "max_tokens": 100}
    for kind, field, value in [
        ("pin", "pinned", True),
        ("archive", "archived", True),
        ("configure", "options", options),
    ]:
        stream.say(kind, conversation=conversation, **{field: value})
        for tab in (stream, socket):
            tab.until("conversation", lambda event, field=field, value=value: event[field] == value)
    stream.say("delete", conversation=conversation)
    for tab in (stream, socket):
        tab.until("deleted")
    stream.say("restore", conversation=conversation)
    for tab in (stream, socket):
        tab.until("conversation", lambda event: event["options"] == options)
    assert [row["id"] for row in socket.open(conversation)["messages"]] == [asked["id"], answer["id"]]


def test_going_on_is_answered_by_the_transcript_and_its_text_by_the_stream(served, talk):
    stream, socket, _, _, answer = talk
    served.upstream.play(mira(["lo"]))
    [transcript] = stream.post("continue", client_id=str(uuid.uuid4()), message=answer["id"])
    row = transcript["messages"][-1]
    for tab in (stream, socket):
        assert tab.until_finished(generation_of(row))["status"] == "complete"
        assert tab.text[generation_of(row)] == "Hello"
    [error] = stream.post("continue", client_id=str(uuid.uuid4()), message=row["id"])
    assert error["code"] == "not_cut"


def test_a_message_takes_files_and_options_along(served, http_tabs, question):
    fields = {"client_id": str(uuid.uuid4()), "conversation": None, "parent": None, "content": question}
    file = served.database.file(served.alice)
    tab = http_tabs()
    [transcript] = tab.post("send", **fields, files=[file], options={"model": "poet"})
    assert transcript["conversation"]["options"]["model"] == "poet"
    assert [found["id"] for found in transcript["messages"][0]["files"]] == [file]
    [error] = tab.post("send", **{**fields, "client_id": str(uuid.uuid4())}, files=[str(uuid.uuid4())])
    assert error["code"] == "no_such_file"


def test_a_strangers_id_is_answered_exactly_like_a_missing_one(served, http_tabs, talk):
    stream, _, conversation, _, answer = talk
    stream.say("share", message=answer["id"])
    [link] = stream.until("conversation", lambda event: event["shares"])["shares"]
    his = http_tabs(person=served.bob)

    def answers(conversation, message, share):
        return [
            his.post("continue", client_id=str(uuid.uuid4()), message=message),
            his.post("choose", message=message),
            his.post("rate", message=message, rating=1),
            his.post("remove", message=message),
            his.post("share", message=message),
            his.post("unshare", share=share),
            his.post("pin", conversation=conversation, pinned=True),
            his.post("archive", conversation=conversation, archived=True),
            his.post("configure", conversation=conversation, options={}),
            his.post("restore", conversation=conversation),
        ]

    strange = answers(conversation, answer["id"], link["id"])
    missing = answers(str(uuid.uuid4()), str(uuid.uuid4()), "nothing")
    assert [[*map(unnamed, found)] for found in strange] == [[*map(unnamed, found)] for found in missing]
    assert [[event["code"] for event in found] for found in strange] == [["not_found"]] * 10
