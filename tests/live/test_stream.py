"""A tab without a WebSocket on a real server: the same events over one long response, commands as requests.

What only shows inside the process (clocks, what a tab leaves behind) is in test_stream_inside.py.
"""

import json
import os
import re
import signal
import time
import uuid
from contextlib import ExitStack, suppress
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from chat.relay.text import FRAME_CHARS
from tests.live.http_tab import HttpTab
from tests.support.polling import wait_until
from tests.support.scripts import Gate, Hang, Head, Pause, WaitFor, endless, mira, never_answers
from tests.support.tabs import generation_of, unnamed


@pytest.fixture
def http(served):
    """Requests as somebody makes them who has this cookie."""
    with httpx.Client(base_url=served.brook.url, trust_env=False, timeout=15) as client:
        yield client


UNREAD = 20


# The stream


def test_the_response_says_what_it_is_and_that_nobody_may_keep_it(http_tabs):
    stream = http_tabs().stream
    assert stream.status == 200
    assert stream.headers["content-type"] == "text/event-stream"
    assert stream.headers["cache-control"] == "no-store"
    assert stream.headers["x-accel-buffering"] == "no"


def test_a_stream_of_nothing_is_welcomed_and_shows_nothing(served, http_tabs):
    tab = http_tabs()
    assert tab.heard[0]["protocol"] == 2
    assert tab.next() == {"type": "transcript", "conversation": None, "messages": []}


def test_an_answer_under_way_comes_whole_from_the_beginning(served, tabs, http_tabs, question):
    gate = Gate()
    said = "\u2028 \u0085 \U0001f44b\U0001f3fd नमस्ते \ufeff </script> \\u0041 \1 \r\n\n data: x" * 20
    served.upstream.play(mira([*said, WaitFor(gate), "end"]))
    generation = generation_of(tabs().begin(question))
    tab = http_tabs(served.conversation(generation))
    tab.until_text(generation, said)
    gate.open()
    assert tab.until_finished(generation)["status"] == "complete"
    assert tab.text[generation] == served.database.text(generation) == said + "end"


def test_from_a_cursor_comes_exactly_the_rest(served, tabs, http_tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", "lo ", WaitFor(gate), "世界"]))
    first = tabs()
    generation = generation_of(first.begin(question))
    first.until_text(generation, "Hello ")
    cursor = first.cursors[generation]
    tab = http_tabs(served.conversation(generation), generation=generation, cursor=cursor, text=dict(first.text))
    tab.until("transcript")
    gate.open()
    tab.until_finished(generation)
    deltas = [event for event in tab.heard if event["type"] == "delta"]
    assert "".join(part["text"] for delta in deltas for part in delta["parts"]) == "世界"
    assert tab.text[generation] == "Hello 世界"


def test_an_answer_that_has_ended_stands_in_the_transcript(served, tabs, http_tabs, question):
    first = tabs()
    generation = generation_of(first.begin(question))
    first.until_finished(generation)
    tab = http_tabs(served.conversation(generation))
    assert tab.until_finished(generation)["status"] == "complete"
    assert tab.text[generation] == "Hello"
    assert [event["type"] for event in tab.heard] == ["welcome", "transcript"]


def test_a_socket_and_a_stream_show_the_same_and_each_learns_of_what_the_other_does(served, tabs, http_tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]), mira(["more"]))
    one = tabs()
    row = one.begin(question)
    generation = generation_of(row)
    conversation = served.conversation(generation)
    two = http_tabs(conversation)
    for tab in (one, two):
        tab.until_text(generation, "Hel")
    gate.open()
    assert one.until_finished(generation) == two.until_finished(generation)
    [transcript] = two.send("And?", conversation, row["id"])
    second = generation_of(transcript["messages"][-1])
    for tab in (one, two):
        assert tab.until_finished(second)["status"] == "complete"
        assert tab.text == {generation: "Hello", second: "more"}


def test_a_long_answer_comes_in_frames_of_a_bounded_size_without_being_acknowledged(served, tabs, http_tabs, question):
    text = "".join(f"{number:07} " for number in range(250_000))
    served.upstream.play(mira([*(text[start : start + 20_000] for start in range(0, len(text), 20_000)), Hang()]))
    first = tabs()
    generation = generation_of(first.begin(question))
    first.open(None)
    served.until_text_of(generation, len(text))
    tab = http_tabs(served.conversation(generation))
    while tab.cursors.get(generation) != len(text):
        tab.next()
    assert tab.text[generation] == text
    assert max(event["to"] - event["from"] for event in tab.heard if event["type"] == "delta") <= FRAME_CHARS


# Commands


def test_a_new_chat_is_begun_by_a_command_and_followed_by_a_stream(served, http_tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    tab = http_tabs()
    key = str(uuid.uuid4())
    fields = {"client_id": key, "conversation": None, "parent": None, "content": question}
    [transcript] = tab.post("send", **fields)
    asked, answer = transcript["messages"]
    assert (asked["content"], asked["client_id"], answer["content"]) == (question, key, "")
    assert tab.until("conversation")["id"] == transcript["conversation"]["id"]
    shown = http_tabs(transcript["conversation"]["id"])
    assert tab.post("send", **fields)[0]["conversation"]["id"] == transcript["conversation"]["id"]
    gate.open()
    assert shown.until_finished(generation_of(answer))["status"] == "complete"
    assert shown.text[generation_of(answer)] == served.database.text(generation_of(answer)) == "Hello"
    served.request(question)  # once
    assert len(served.database.messages(served.alice)) == 2


PHASES = {
    "before the status line": never_answers(),
    "before the first token": [Head(), Hang()],
    "in mid-stream": endless(),
}


@pytest.mark.parametrize("phase", PHASES)
def test_a_stop_closes_the_upstream_and_is_told_to_every_tab(served, tabs, http_tabs, question, phase):
    served.upstream.play(PHASES[phase])
    tab, other = http_tabs(), tabs()
    [transcript] = tab.send(question)
    generation = generation_of(transcript["messages"][-1])
    shown = http_tabs(transcript["conversation"]["id"])
    other.open(transcript["conversation"]["id"])
    request = served.request(question)
    shown.say("cancel", generation=generation)
    request.hung_up(within=1)
    for one in (shown, other):
        assert one.until_finished(generation)["status"] == "cancelled"
        assert one.text[generation] == served.database.text(generation)


def test_the_other_commands_are_answered_by_nothing_and_their_effect_by_the_stream(served, http_tabs, question):
    served.upstream.play(mira(["one"]), mira(["two"]), mira(["three"]))
    [transcript] = http_tabs().send(question)
    conversation = transcript["conversation"]["id"]
    asked, answer = transcript["messages"]
    tab = http_tabs(conversation)
    tab.until_finished(generation_of(answer))
    tab.post("regenerate", client_id=str(uuid.uuid4()), message=answer["id"])
    second = tab.until("message")["message"]
    tab.until_finished(generation_of(second))
    tab.post("edit", client_id=str(uuid.uuid4()), message=asked["id"], content="Instead")
    assert tab.until("message")["message"]["content"] == "Instead"
    third = tab.until("message")["message"]
    tab.until_finished(generation_of(third))
    assert list(tab.text.values()) == ["one", "two", "three"]
    tab.say("rename", conversation=conversation, title="The sky")
    assert tab.until("conversation", lambda event: event["title"] == "The sky")["id"] == conversation
    tab.say("delete", conversation=conversation)
    assert tab.until("deleted")["conversation"] == conversation


def test_a_stale_tab_is_told_that_it_branched(served, http_tabs, question):
    served.upstream.play(mira(["one"]), mira(["two"]), mira(["three"]))
    tab = http_tabs()
    [transcript] = tab.send(question)
    conversation, first = transcript["conversation"]["id"], transcript["messages"][-1]
    served.until_stored(generation_of(first), "complete")
    [transcript] = tab.send("And?", conversation, first["id"])
    served.until_stored(generation_of(transcript["messages"][-1]), "complete")
    transcript, notice = tab.send("But?", conversation, first["id"])
    assert (notice["type"], notice["code"], notice["conversation"]) == ("notice", "branched", conversation)
    assert len(transcript["messages"]) == 6


# Who may


def test_without_a_login_one_is_led_to_the_login_page(http):
    response = http.get("/events/")
    assert response.status_code == 302
    assert response.headers["location"].startswith("/accounts/login/")
    cookie = {"Cookie": f"csrftoken={'t' * 32}", "X-CSRFToken": "t" * 32}
    response = http.post("/commands/", content="{}", headers=cookie)
    assert response.status_code == 302
    assert response.headers["location"].startswith("/accounts/login/")


def test_a_command_needs_the_token_of_our_own_page(served, http, question):
    page = http.get("/", headers={"Cookie": served.alice.cookie})
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    secret = SimpleCookie(page.headers["set-cookie"])["csrftoken"].value
    cookie = {"Cookie": f"{served.alice.cookie}; csrftoken={secret}"}
    key = str(uuid.uuid4())
    send = {"type": "send", "client_id": key, "conversation": None, "parent": None, "content": question}

    def status(**headers):
        return http.post("/commands/", json=send, headers={**cookie, **headers}).status_code

    assert status() == 403
    assert status(**{"X-CSRFToken": "x" * 64}) == 403
    assert status(**{"X-CSRFToken": token, "Origin": "http://evil.example.org"}) == 403
    assert served.database.messages(served.alice) == []
    assert status(**{"X-CSRFToken": token, "Origin": served.brook.url}) == 200
    assert len(served.database.messages(served.alice)) == 2


def test_commands_are_posted_and_events_are_got(served, http):
    cookie = {"Cookie": f"{served.alice.cookie}; csrftoken={'t' * 32}", "X-CSRFToken": "t" * 32}
    assert http.post("/events/", headers=cookie).status_code == 405
    assert http.get("/commands/", headers=cookie).status_code == 405


@pytest.mark.parametrize(
    "query",
    [
        "conversation=mine",
        "conversation=%00",
        "generation=1",
        "cursor=x",
        "cursor=1.5",
        "cursor=",
        "cursor=" + "9" * 5000,
    ],
)
def test_a_malformed_address_is_a_bad_request(served, http, query):
    assert http.get(f"/events/?{query}", headers={"Cookie": served.alice.cookie}).status_code == 400


def test_somebody_elses_conversation_is_answered_exactly_like_a_missing_one(served, tabs, http_tabs, question):
    served.upstream.play(mira(["Hel", Hang()]))
    row = tabs().begin(question)
    generation = generation_of(row)

    def answers(conversation, message, generation):
        tab = http_tabs(conversation, person=served.bob, generation=generation, cursor=1)
        key = str(uuid.uuid4())
        return [
            [tab.next()],
            tab.send("Hi", conversation, message),
            tab.post("edit", client_id=key, message=message, content="Hi"),
            tab.post("regenerate", client_id=key, message=message),
            tab.post("cancel", generation=generation),
            tab.post("rename", conversation=conversation, title="Mine"),
            tab.post("delete", conversation=conversation),
        ]

    strange = answers(served.conversation(generation), row["id"], generation)
    missing = answers(*(str(uuid.uuid4()) for _ in range(3)))
    assert [[*map(unnamed, found)] for found in strange] == [[*map(unnamed, found)] for found in missing]
    assert [[event["code"] for event in found] for found in strange] == [["not_found"]] * 7
    assert served.database.messages(served.bob) == served.database.conversations(served.bob) == []
    assert served.database.generation(generation).status == "streaming"


REFUSED = {
    "no JSON": ("hello", "bad_command"),
    "nothing": ("", "bad_command"),
    "no UTF-8": (b'{"type": "rename", "title": "\xff"}', "bad_command"),
    "an unknown type": ('{"type": "dance"}', "unknown_command"),
    "a command that has no meaning here": ('{"type": "ping"}', "bad_command"),
    "another one": (json.dumps({"type": "open", "conversation": None}), "bad_command"),
    "empty": (json.dumps({"type": "rename", "conversation": str(uuid.uuid4()), "title": " "}), "empty"),
    "larger than a command may be": (json.dumps({"type": "ping", "more": "x" * 1024 * 1024}), "too_large"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_command_is_answered_by_one_error(served, http_tabs, name):
    frame, code = REFUSED[name]
    response = http_tabs().request(frame)
    [error] = response.json()
    assert (response.status_code, error["type"], error["code"]) == (200, "error", code)
    assert error["message"]


# Tabs that leave, that do not read, and the end of the server


def files_of(process, name):
    """How many of its open files have this name."""
    found = []
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found.append(link.readlink().name)
    return found.count(name)


def memory_of(process):
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def test_a_stream_holds_no_connection_to_the_database(served, http_tabs):
    http_tabs()
    process = served.brook.process
    before = files_of(process, "brook.sqlite3")
    for _ in range(20):
        http_tabs().next()
    assert files_of(process, "brook.sqlite3") <= before + 5


def test_streams_that_nobody_reads_cost_little_and_have_everything_once_they_are_read(
    served, tabs, http_tabs, question
):
    text = "👋" * 2_000_000  # more than the kernel alone takes for a reader
    served.upstream.play(mira([*[text[:20_000]] * 100, Hang()]))
    first = tabs()
    generation = generation_of(first.begin(question))
    first.open(None)
    served.until_text_of(generation, len(text))

    def read(tab):
        while tab.cursors.get(generation) != len(text):
            tab.next()
        assert tab.text[generation] == text

    conversation = served.conversation(generation)
    read(http_tabs(conversation))
    before = memory_of(served.brook.process)
    with ExitStack() as stack:
        slow = [
            stack.enter_context(HttpTab(served.brook, served.alice.cookie, conversation, receive_buffer=64 * 1024))
            for _ in range(UNREAD)
        ]
        read(http_tabs(conversation))  # and they delay nobody for good
        wait_until(lambda: memory_of(served.brook.process) - before < UNREAD * 2_500_000, within=30)  # of 8 MB
        read(slow[0])


@pytest.mark.parametrize(
    "script", [mira(["Hel", Hang()]), endless(every=0.001), [Pause(30)]], ids=["silent", "in full flow", "without text"]
)
def test_sigterm_tells_a_stream_how_the_answer_ended_and_ends_it(own, script):
    own.upstream.play(script)
    with HttpTab(own.brook, own.alice.cookie) as tab:
        [transcript] = tab.send("Why?")
    generation = generation_of(transcript["messages"][-1])
    with HttpTab(own.brook, own.alice.cookie, transcript["conversation"]["id"]) as tab:
        tab.until("position" if script == [Pause(30)] else "delta")
        begun = time.monotonic()
        own.brook.send_signal(signal.SIGTERM)
        tab.until_ended(within=10)
        assert tab.finished[generation]["status"] == "interrupted"
        assert tab.text[generation] == own.database.text(generation)
    assert own.brook.wait(within=10) == 0
    assert time.monotonic() - begun < 10
    assert "Traceback" not in own.wrote


def test_sigterm_is_not_held_up_by_a_stream_that_nobody_reads(own):
    own.upstream.play(mira([*["x" * 100_000] * 20, Hang()]))
    with HttpTab(own.brook, own.alice.cookie) as tab:
        [transcript] = tab.send("Why?")
        own.until_text_of(generation_of(transcript["messages"][-1]), 2_000_000)
    with HttpTab(own.brook, own.alice.cookie, transcript["conversation"]["id"], receive_buffer=64 * 1024) as slow:
        slow.next()
        own.brook.send_signal(signal.SIGTERM)
        assert own.brook.wait(within=8) == 0
    wait_until(lambda: own.upstream.streaming == 0)
