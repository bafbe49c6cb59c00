"""One tab's end of the WebSocket, on the real server: Daphne in a process of its own, a scripted upstream on real TCP.

What only shows inside the process (a locked database, a moment between two awaits) is in test_consumer_inside.py.
"""

import itertools
import json
import signal
import time
import uuid
from contextlib import ExitStack, suppress
from typing import NamedTuple

import pytest
from django.conf import settings as django_settings
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.support.polling import wait_until
from tests.support.scripts import Gate, Hang, Head, Reset, WaitFor, endless, error_event, mira, never_answers
from tests.support.served import ServedDatabase, served_database
from tests.support.server import ServedBrook
from tests.support.tabs import Tab
from tests.support.upstream_thread import ScriptedUpstreamThread

WINDOW = 256 * 1024
MESSAGE_CHARS = 100_000
_words = itertools.count(1)


class Served(NamedTuple):
    brook: ServedBrook
    upstream: ScriptedUpstreamThread
    database: ServedDatabase

    def connect(self, person, **options):
        return self.brook.open_socket(person.cookie, max_size=None, **options)

    def request(self, question, within=5.0):
        """The upstream's request whose prompt ends with this question."""
        found = []

        def asked():
            found[:] = [r for r in self.upstream.requests if r.body["messages"][-1]["content"] == question]
            return found

        wait_until(asked, within, f"nobody asked {question!r}")
        assert len(found) == 1, f"{question!r} was asked {len(found)} times"
        return found[0]

    def until_stored(self, generation, status):
        wait_until(lambda: self.database.generation(generation).status == status, otherwise=f"{status} is not stored")
        return self.database.generation(generation)


def serving(stack, data_dir, blocker):
    """A server on a fresh DATA_DIR, ended when the stack is."""
    upstream = stack.enter_context(ScriptedUpstreamThread())
    brook = ServedBrook(
        data_dir,
        UPSTREAM_URL=upstream.url,
        UPSTREAM_MODELS="scripted",
        SECRET_KEY=django_settings.SECRET_KEY,
    )
    stack.enter_context(brook)
    stack.enter_context(blocker.unblock())
    return Served(brook, upstream, stack.enter_context(served_database(data_dir)))


@pytest.fixture(scope="module")
def shared(tmp_path_factory, django_db_blocker):
    with ExitStack() as stack:
        yield serving(stack, tmp_path_factory.mktemp("served"), django_db_blocker)


@pytest.fixture
def served(shared):
    """The one server of this file; whatever a test left under way at the upstream is broken off."""
    yield shared
    shared.upstream.forget()
    shared.upstream.default = mira(["Hello"])
    if shared.upstream.streaming:
        shared.upstream.stop()
        shared.upstream.start()
    wait_until(lambda: not shared.upstream.streaming)


@pytest.fixture
def alice(served):
    return served.database.person("alice")


@pytest.fixture
def bob(served):
    return served.database.person("bob")


@pytest.fixture
def tabs(served):
    """Opens tabs that are past their welcome, and closes them all."""
    with ExitStack() as stack:

        def open_tab(person, **options):
            tab = stack.enter_context(Tab(served.connect(person), **options))
            assert tab.next()["type"] == "welcome"
            return tab

        yield open_tab


@pytest.fixture
def question():
    """Words that no other test asks."""
    return f"Question number {next(_words)}"


def generation_of(row):
    return row["generation"]["id"]


# The handshake


def handshake(served, cookie, *origins):
    headers = [("Cookie", cookie), *(("Origin", origin) for origin in origins)]
    return connect(f"ws://127.0.0.1:{served.brook.port}/ws/", additional_headers=headers, proxy=None)


@pytest.mark.parametrize("origins", [[], ["http://evil.example.org"], ["http://127.0.0.1"], ["null"]], ids=str)
def test_a_foreign_or_missing_origin_is_refused(served, alice, origins):
    with pytest.raises(InvalidStatus) as refused:
        handshake(served, alice.cookie, *origins)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["http://[::1", "http://127.0.0.1:99999999", "no address", "http://%00"])
def test_an_origin_that_is_no_address_is_refused_and_is_no_error_of_ours(served, alice, origin):
    with pytest.raises(InvalidStatus) as refused:
        handshake(served, alice.cookie, origin)
    assert refused.value.response.status_code in (400, 403)  # most of them Daphne refuses by itself
    assert "Traceback" not in served.brook.output.text


def test_an_origin_with_another_scheme_is_refused(served, alice):
    with pytest.raises(InvalidStatus) as refused:
        handshake(served, alice.cookie, served.brook.url.replace("http:", "https:"))
    assert refused.value.response.status_code == 403


def test_another_address_has_no_socket(served, alice):
    with pytest.raises(InvalidStatus) as refused:
        connect(
            f"ws://127.0.0.1:{served.brook.port}/other/",
            additional_headers={"Cookie": alice.cookie},
            origin=served.brook.url,
            proxy=None,
        )
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("cookie", ["", "sessionid=nobody", "sessionid=%00"])
def test_a_socket_without_a_login_is_accepted_and_closed_with_4401(served, cookie):
    with Tab(handshake(served, cookie, served.brook.url)) as tab:
        assert tab.until_closed() == 4401
        assert tab.heard == []


def test_what_is_sent_without_a_login_is_not_carried_out(served):
    with Tab(handshake(served, "", served.brook.url)) as tab:
        with suppress(ConnectionClosed):
            for _ in range(3):
                tab.say("ping")
        assert tab.until_closed() == 4401
        assert tab.heard == []
    assert served.brook.get("/healthz").status_code == 200
    assert "Traceback" not in served.brook.output.text


def test_the_first_event_is_welcome(served, alice):
    with Tab(served.connect(alice)) as tab:
        assert tab.next() == {
            "type": "welcome",
            "protocol": 1,
            "model": {"name": "scripted", "provider": served.upstream.url[7:-3], "note": ""},
            "limits": {"message_chars": MESSAGE_CHARS},
        }


def test_a_ping_is_answered(alice, tabs):
    tab = tabs(alice)
    tab.say("ping")
    assert tab.next() == {"type": "pong"}


# One answer


def test_a_new_conversation_is_opened_answered_and_stored(served, alice, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Grü", WaitFor(gate), "ß ", "👋🏽"]))
    tab = tabs(alice)
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
    }
    assert tab.text[generation] == served.database.text(generation) == "Grüß 👋🏽"
    assert served.request(question).body["messages"] == [{"role": "user", "content": question}]


def test_the_end_is_in_the_database_before_the_tab_hears_of_it(served, alice, tabs, question):
    served.upstream.play([WaitFor(gate := Gate()), *mira(["Hello"])])
    tab = tabs(alice)
    generation = generation_of(tab.begin(question))
    gate.open()
    tab.until("finished")
    assert served.database.generation(generation).status == "complete"


def test_the_next_message_goes_along_with_those_before_it(served, alice, tabs, question):
    served.upstream.play(mira(["one"]), mira(["two"]))
    tab = tabs(alice)
    first = tab.begin(question)
    tab.until_finished(generation_of(first))
    conversation = str(served.database.conversations(alice)[0].pk)
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


def test_phases_are_told_while_there_is_no_text(served, alice, tabs, question):
    head, text = Gate(), Gate()
    served.upstream.play([WaitFor(head), Head(), WaitFor(text), *mira(["Hello"])])
    tab = tabs(alice)
    generation = generation_of(tab.begin(question))
    tab.until("position", lambda event: event["phase"] == "connecting")
    head.open()
    tab.until("position", lambda event: event["phase"] == "thinking")
    text.open()
    tab.until_finished(generation)


def test_an_error_of_the_upstream_is_told_and_the_text_kept(served, alice, tabs, question):
    served.upstream.play(mira(["Hel", error_event("Overloaded.")]))
    tab = tabs(alice)
    generation = generation_of(tab.begin(question))
    finished = tab.until_finished(generation)
    assert finished["status"] == "failed"
    assert "Overloaded." in finished["error"]["message"]
    assert tab.text[generation] == served.database.text(generation) == "Hel"


def test_a_broken_connection_is_truncated_and_never_success(served, alice, tabs, question):
    served.upstream.play(mira(["Hel", Reset()]))
    tab = tabs(alice)
    finished = tab.until_finished(generation_of(tab.begin(question)))
    assert (finished["status"], finished["error"]["code"]) == ("truncated", "truncated")


def test_an_answer_of_every_kind_of_character_arrives_as_it_is_stored(served, alice, tabs, question):
    said = "\u2028 \u0085 \U0001f44b\U0001f3fd नमस्ते \ufeff </script> \\u0041 \x1f" * 50
    served.upstream.play(mira(list(said)))
    tab = tabs(alice)
    generation = generation_of(tab.begin(question))
    tab.until_finished(generation)
    assert tab.text[generation] == served.database.text(generation) == said


# Other siblings


def test_another_answer_is_a_sibling_and_the_first_stays(served, alice, tabs, question):
    served.upstream.play(mira(["one"]), mira(["two"]))
    tab = tabs(alice)
    first = tab.begin(question)
    tab.until_finished(generation_of(first))
    key = str(uuid.uuid4())
    for _ in range(2):
        tab.say("regenerate", client_id=key, message=first["id"])
    second = tab.until("transcript")["messages"][-1]  # the answer to the second, which is nothing new
    tab.until_finished(generation_of(second))
    assert (second["parent"], second["client_id"]) == (first["parent"], key)
    assert tab.text == {generation_of(first): "one", generation_of(second): "two"}
    assert len(served.database.messages(alice)) == 3


def test_an_edit_is_a_sibling_and_its_answer_knows_nothing_of_the_first(served, alice, tabs, question):
    tab = tabs(alice)
    first = tab.begin("Before " + question)
    tab.until_finished(generation_of(first))
    tab.say("edit", client_id=str(uuid.uuid4()), message=first["parent"], content=question)
    edited = tab.until("message")["message"]
    answer = tab.until("message")["message"]
    tab.until_finished(generation_of(answer))
    assert (edited["parent"], edited["content"]) == (None, question)
    assert served.request(question).body["messages"] == [{"role": "user", "content": question}]


# Cursors


def test_who_opens_again_with_a_cursor_gets_exactly_the_rest(served, alice, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", "lo ", WaitFor(gate), "世", "界"]))
    first = tabs(alice)
    row = first.begin(question)
    generation = generation_of(row)
    first.until_text(generation, "Hello ")
    conversation = str(served.database.generation(generation).conversation_id)
    first.close()
    again = tabs(alice, text=dict(first.text))
    transcript = again.open(conversation, generation=generation, cursor=first.cursors[generation])
    assert transcript["messages"][-1]["generation"]["cursor"] == len("Hello ")
    gate.open()
    again.until_finished(generation)
    deltas = [event for event in again.heard if event["type"] == "delta"]
    assert "".join(part["text"] for delta in deltas for part in delta["parts"]) == "世界"
    assert again.text[generation] == served.database.text(generation) == "Hello 世界"


@pytest.mark.parametrize("cursor", [-1, 4, 10**9])
def test_a_cursor_that_is_not_ours_begins_at_the_start(served, alice, tabs, question, cursor):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    row = (first := tabs(alice)).begin(question)
    generation = generation_of(row)
    first.until_text(generation, "Hel")
    conversation = str(served.database.generation(generation).conversation_id)
    again = tabs(alice)
    transcript = again.open(conversation, generation=generation, cursor=cursor)
    assert transcript["messages"][-1]["generation"]["cursor"] == 0
    gate.open()
    again.until_finished(generation)
    assert again.text[generation] == "Hello"


def test_who_opens_after_the_end_gets_the_whole_text_and_no_deltas(served, alice, tabs, question):
    first = tabs(alice)
    generation = generation_of(first.begin(question))
    first.until_finished(generation)
    conversation = str(served.database.generation(generation).conversation_id)
    again = tabs(alice)
    transcript = again.open(conversation, generation=generation, cursor=2)
    assert transcript["messages"][-1]["content"] == "Hello"
    assert transcript["messages"][-1]["generation"]["status"] == "complete"
    assert not transcript["conversation"]["generating"]
    assert again.answered() == []


def test_opening_nothing_shows_nothing_and_follows_nothing(served, alice, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    tab = tabs(alice)
    generation = generation_of(tab.begin(question))
    tab.until_text(generation, "Hel")
    assert tab.open(None) == {"type": "transcript", "conversation": None, "messages": []}
    gate.open()
    served.until_stored(generation, "complete")
    tab.until("conversation", lambda event: not event["generating"])
    assert tab.text[generation] == "Hel"
    assert not tab.finished


# Several tabs


def test_two_tabs_show_the_same_and_each_learns_of_it(served, alice, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]), mira(["more"]))
    one, two = tabs(alice), tabs(alice)
    row = one.begin(question)
    generation = generation_of(row)
    summary = two.until("conversation")
    assert (summary["title"], summary["generating"]) == (question, True)
    two.open(summary["id"])
    for tab in (one, two):
        tab.until_text(generation, "Hel")
    gate.open()
    assert one.until_finished(generation) == two.until_finished(generation)
    two.ask("More", summary["id"], row["id"])
    rows = [one.until("message")["message"] for _ in range(2)]
    assert [r["role"] for r in rows] == ["user", "assistant"]
    one.until_finished(generation_of(rows[1]))
    assert one.text[generation_of(rows[1])] == "more"


def test_tabs_of_other_people_hear_nothing(served, alice, bob, tabs, question):
    hers, his = tabs(alice), tabs(bob)
    hers.until_finished(generation_of(hers.begin(question)))
    assert his.answered() == []


def test_a_generation_goes_on_when_its_tab_is_gone(served, alice, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    tab = tabs(alice)
    generation = generation_of(tab.begin(question))
    tab.until_text(generation, "Hel")
    tab.close()
    gate.open()
    assert served.until_stored(generation, "complete").message.content == "Hello"


def test_a_send_is_carried_out_although_the_tab_closes_at_once(served, alice, tabs, question):
    tab = tabs(alice)
    tab.ask(question)
    tab.close()
    served.request(question).answered()
    wait_until(lambda: [m.content for m in served.database.messages(alice)] == [question, "Hello"])


# Cancel


PHASES = {
    "before the status line": never_answers(),
    "before the first token": [Head(), Hang()],
    "in a silence": mira(["Hel", Hang()]),
    "in mid-stream": endless(),
}


@pytest.mark.parametrize("phase", PHASES)
def test_cancel_from_the_other_tab_closes_the_upstream_and_both_hear_it(served, alice, tabs, question, phase):
    served.upstream.play(PHASES[phase])
    one, two = tabs(alice), tabs(alice)
    generation = generation_of(one.begin(question))
    request = served.request(question)
    two.open(str(served.database.generation(generation).conversation_id))
    two.cancel(generation)
    request.hung_up(within=1)
    for tab in (one, two):
        assert tab.until_finished(generation)["status"] == "cancelled"
        assert tab.text[generation] == served.database.text(generation)
    assert served.database.generation(generation).status == "cancelled"


def test_cancel_twice_from_two_tabs_is_one_end(served, alice, tabs, question):
    served.upstream.play(endless())
    one, two = tabs(alice), tabs(alice)
    generation = generation_of(one.begin(question))
    for tab in (one, two, one):
        tab.cancel(generation)
    assert one.until_finished(generation)["status"] == "cancelled"
    assert "finished" not in [event["type"] for event in one.answered()]


def test_cancel_after_the_end_changes_nothing(served, alice, tabs, question):
    tab = tabs(alice)
    generation = generation_of(tab.begin(question))
    tab.until_finished(generation)
    tab.cancel(generation)
    tab.answered()
    assert served.database.generation(generation).status == "complete"
    assert "error" not in [event["type"] for event in tab.heard]


def test_after_a_cancel_the_same_place_is_asked_again(served, alice, tabs, question):
    served.upstream.play(never_answers(), mira(["two"]))
    tab = tabs(alice)
    row = tab.begin(question)
    served.request(question)  # the first script is taken, or the second answer would get it
    tab.cancel(generation_of(row))
    tab.until_finished(generation_of(row))
    tab.say("regenerate", client_id=str(uuid.uuid4()), message=row["id"])
    second = tab.until("message")["message"]
    tab.until_finished(generation_of(second))
    assert tab.text[generation_of(second)] == "two"


# What is sent twice, or at the wrong time


def test_the_same_send_twice_is_one_message_and_one_request(served, alice, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    one, two = tabs(alice), tabs(alice)
    key = str(uuid.uuid4())
    for tab in (one, two, one):
        tab.ask(question, client_id=key)
    found = [tab.until("transcript") for tab in (one, two, one)]
    assert len({transcript["conversation"]["id"] for transcript in found}) == 1
    assert {len(transcript["messages"]) for transcript in found} == {2}
    generation = generation_of(found[0]["messages"][1])
    gate.open()
    for tab in (one, two):
        tab.until_finished(generation)
        assert tab.text[generation] == "Hello"
    served.request(question)
    assert len(served.database.messages(alice)) == 2
    assert len(served.database.conversations(alice)) == 1


def test_a_second_send_while_an_answer_is_under_way_is_busy(served, alice, tabs, question):
    served.upstream.play(mira(["Hel", Hang()]))
    tab = tabs(alice)
    row = tab.begin(question)
    conversation = str(served.database.generation(generation_of(row)).conversation_id)
    key = tab.ask("Another", conversation, row["id"])
    error = tab.until("error")
    assert (error["code"], error["command"], error["client_id"]) == ("busy", "send", key)
    tab.say("regenerate", client_id=str(uuid.uuid4()), message=row["id"])
    assert tab.refusal() == "busy"
    tab.say("edit", client_id=str(uuid.uuid4()), message=row["parent"], content="Another")
    assert tab.refusal() == "busy"
    assert len(served.database.messages(alice)) == 2
    tab.cancel(generation_of(row))
    tab.until_finished(generation_of(row))


# What is refused


def sending(content):
    fields = {"client_id": str(uuid.uuid4()), "conversation": None, "parent": None, "content": content}
    return json.dumps({"type": "send", **fields})


REFUSED = {
    "no JSON": ("hello", "bad_command"),
    "no object": ("[1]", "bad_command"),
    "a field missing": ('{"type": "cancel"}', "bad_command"),
    "a number for an id": ('{"type": "cancel", "generation": 1}', "bad_command"),
    "an unknown type": ('{"type": "dance"}', "unknown_command"),
    "nested without end": ("[" * 100_000, "bad_command"),
    "a binary frame": (b'{"type": "ping"}', "bad_command"),
    "empty": (sending(" \n"), "empty"),
    "over-long": (sending("x" * (MESSAGE_CHARS + 1)), "too_large"),
    "larger than a command may be": (json.dumps({"type": "ping", "more": "x" * 1024 * 1024}), "too_large"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_command_gets_one_error_and_the_tab_stays_usable(served, alice, tabs, name):
    frame, code = REFUSED[name]
    tab = tabs(alice)
    tab.connection.send(frame)
    assert tab.refusal() == code
    assert tab.answered() == []
    assert served.database.messages(alice) == served.database.conversations(alice) == []


def test_a_message_of_the_greatest_length_is_taken(served, alice, tabs, question):
    tab = tabs(alice)
    content = question + "👋" * (MESSAGE_CHARS - len(question))
    tab.until_finished(generation_of(tab.begin(content)))
    assert served.request(content).body["messages"][0]["content"] == content


def test_somebody_elses_ids_are_answered_exactly_like_missing_ones(served, alice, bob, tabs, question):
    served.upstream.play(mira(["Hello"]), mira(["Hel", Hang()]))
    hers, his = tabs(alice), tabs(bob)
    row = hers.begin(question)
    hers.until_finished(generation_of(row))
    conversation = str(served.database.generation(generation_of(row)).conversation_id)
    under_way = generation_of(hers.begin("Under way: " + question))
    hers.until_text(under_way, "Hel")

    def answers(conversation, message, asked, generation):
        key = str(uuid.uuid4())
        new = {"client_id": key, "content": "Hi"}
        found = []
        for kind, fields in [
            ("open", {"conversation": conversation}),
            ("open", {"conversation": conversation, "generation": generation, "cursor": 1}),
            ("send", {**new, "conversation": conversation, "parent": None}),
            ("send", {**new, "conversation": conversation, "parent": message}),
            ("send", {**new, "conversation": None, "parent": message}),
            ("edit", {**new, "message": asked}),
            ("regenerate", {"client_id": key, "message": message}),
            ("cancel", {"generation": generation}),
            ("ack", {"generation": generation, "cursor": 1}),
        ]:
            his.say(kind, **fields)
            # What a command sets off comes before the answer to a later `open` of nothing.
            his.say("open", conversation=None)
            heard = len(his.heard)
            his.until("transcript")
            found.append([{**event, "client_id": bool(event["client_id"])} for event in his.heard[heard:-1]])
        return found

    strange = answers(conversation, row["id"], row["parent"], under_way)
    missing = answers(*(str(uuid.uuid4()) for _ in range(4)))
    assert strange == missing
    assert [[event["code"] for event in events] for events in strange] == [["not_found"]] * 8 + [[]]
    assert served.database.messages(bob) == served.database.conversations(bob) == []
    assert served.database.generation(under_way).status == "streaming"
    hers.cancel(under_way)
    assert hers.until_finished(under_way)["status"] == "cancelled"


# The window


def test_a_tab_that_never_acknowledges_gets_a_window_and_one_frame_then_the_rest_after_an_ack(
    served, alice, tabs, question
):
    piece = 60_000
    gates = [Gate() for _ in range(8)]
    served.upstream.play(mira([step for gate in gates for step in (WaitFor(gate), "x" * piece)]))
    tab = tabs(alice)
    generation = generation_of(tab.begin(question))
    sent = 0
    for gate in gates[:5]:  # the fifth passes the window
        gate.open()
        sent += piece
        tab.until_text(generation, "x" * sent)
    assert WINDOW < sent <= WINDOW + piece
    for gate in gates[5:]:
        gate.open()
    served.request(question).answered(within=5)
    served.until_stored(generation, "complete")
    assert "delta" not in [event["type"] for event in tab.answered()]
    assert tab.cursors[generation] == sent
    tab.ack(generation)
    tab.until_finished(generation)
    assert len(tab.text[generation]) == 8 * piece


def test_a_tab_that_does_not_read_delays_nobody(served, alice, tabs, question):
    served.upstream.play(mira(["x" * 50_000 for _ in range(30)]), mira(["quick"]))
    slow, quick = tabs(alice), tabs(alice)
    slow.ask(question)
    served.request(question)  # the large script is taken, or the quick tab would get it
    quick.open(None)
    row = quick.begin("Quick: " + question)
    quick.until_finished(generation_of(row), within=2)
    assert quick.text[generation_of(row)] == "quick"


def test_a_tab_whose_slow_text_is_overtaken_by_the_next_answer_learns_how_it_ended(served, alice, tabs, question):
    """It is still behind with one answer, unacknowledged, when another tab has begun the next."""
    first, rest, overtaken = Gate(), Gate(), Gate()
    script = mira([WaitFor(first), "x" * (WINDOW + 1), WaitFor(rest), "y"])
    served.upstream.play(script, mira([WaitFor(overtaken), "two"]))
    quick, slow = tabs(alice), tabs(alice)
    row = quick.begin(question)
    generation = generation_of(row)
    conversation = str(served.database.generation(generation).conversation_id)
    slow.open(conversation)
    first.open()
    for tab in (quick, slow):
        tab.until_text(generation, "x" * (WINDOW + 1))
    quick.ack(generation)
    rest.open()
    assert quick.until_finished(generation)["status"] == "complete"
    assert "delta" not in [event["type"] for event in slow.answered()]
    quick.ask("And?", conversation, row["id"])
    second = quick.until("message", lambda event: event["message"]["role"] == "assistant")["message"]
    slow.until("transcript")
    overtaken.open()
    slow.until_finished(generation_of(second))
    assert slow.text[generation_of(second)] == "two"
    assert slow.finished[generation] == quick.finished[generation]
    assert slow.text[generation] == served.database.text(generation) == "x" * (WINDOW + 1) + "y"


# The end of the server


@pytest.fixture
def own(tmp_path, django_db_blocker):
    """A server that a test may end."""
    with ExitStack() as stack:
        yield serving(stack, tmp_path, django_db_blocker)


@pytest.mark.parametrize("script", [mira(["Hel", Hang()]), endless(every=0.001)], ids=["silent", "in full flow"])
def test_sigterm_in_mid_stream_tells_stores_hangs_up_and_ends_in_time(own, script):
    own.upstream.play(script)
    alice = own.database.person("alice")
    with Tab(own.connect(alice)) as tab:
        generation = generation_of(tab.begin("Why?"))
        tab.until("delta")
        own.brook.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        assert tab.until_closed(within=10) == 1012
        assert tab.finished[generation]["status"] == "interrupted"
        assert tab.finished[generation]["error"]["message"]
    assert own.brook.wait(within=10) == 0
    assert time.monotonic() - begun < 10
    assert own.upstream.streaming == 0
    found = own.database.generation(generation)
    assert (found.status, found.message.content) == ("interrupted", tab.text[generation])
    assert "Traceback" not in own.brook.output.text


def test_after_kill_and_restart_the_answer_is_interrupted_with_the_text_of_the_last_checkpoint(own):
    own.upstream.play(mira(["Hel", Hang()]), mira(["Hello"]))
    alice = own.database.person("alice")
    with Tab(own.connect(alice)) as tab:
        row = tab.begin("Why?")
        generation = generation_of(row)
        tab.until_text(generation, "Hel")
        wait_until(lambda: own.database.text(generation) == "Hel")
    own.brook.kill()
    own.upstream.until_streaming(0)
    assert own.database.generation(generation).status == "streaming"
    own.brook.start()
    found = own.database.generation(generation)
    assert (found.status, found.message.content) == ("interrupted", "Hel")
    with Tab(own.connect(alice)) as tab:
        transcript = tab.open(str(found.conversation_id))
        answer = transcript["messages"][-1]
        assert (answer["content"], answer["generation"]["status"]) == ("Hel", "interrupted")
        assert answer["generation"]["error"]["message"]
        tab.say("regenerate", client_id=str(uuid.uuid4()), message=row["id"])
        again = tab.until("message")["message"]
        assert tab.until_finished(generation_of(again))["status"] == "complete"
