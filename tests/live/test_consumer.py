"""A tab's WebSocket on a real server: who may open it, what it takes, how it is closed.

What only shows inside the process is in test_consumer_inside.py.
"""

import json
import signal
import time
import uuid
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from chat.live.window import COMMANDS_AT_ONCE
from tests.support.polling import wait_until
from tests.support.scripts import Hang, endless, mira
from tests.support.tabs import Tab, generation_of, unnamed

MESSAGE_CHARS = 100_000


# The handshake


def handshake(served, cookie, *origins):
    headers = [("Cookie", cookie), *(("Origin", origin) for origin in origins)]
    return connect(f"ws://127.0.0.1:{served.brook.port}/ws/", additional_headers=headers, proxy=None)


@pytest.mark.parametrize("origins", [[], ["http://evil.example.org"], ["http://127.0.0.1"], ["null"]], ids=str)
def test_a_foreign_or_missing_origin_is_refused(served, origins):
    with pytest.raises(InvalidStatus) as refused:
        handshake(served, served.alice.cookie, *origins)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["http://[::1", "http://127.0.0.1:99999999", "no address", "http://%00"])
def test_an_origin_that_is_no_address_is_refused_and_is_no_error_of_ours(served, origin):
    with pytest.raises(InvalidStatus) as refused:
        handshake(served, served.alice.cookie, origin)
    assert refused.value.response.status_code in (400, 403)  # most of them Daphne refuses by itself
    assert "Traceback" not in served.wrote


def test_an_origin_with_another_scheme_is_refused(served):
    with pytest.raises(InvalidStatus) as refused:
        handshake(served, served.alice.cookie, served.brook.url.replace("http:", "https:"))
    assert refused.value.response.status_code == 403


def test_another_address_has_no_socket(served):
    with pytest.raises(InvalidStatus) as refused:
        connect(
            f"ws://127.0.0.1:{served.brook.port}/other/",
            additional_headers={"Cookie": served.alice.cookie},
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
    assert "Traceback" not in served.wrote


def test_the_first_event_is_welcome(served):
    with Tab(served.connect()) as tab:
        assert tab.next() == {
            "type": "welcome",
            "protocol": 2,
            "model": {"name": "scripted", "provider": served.upstream.url[7:-3], "note": "", "images": None},
            "limits": {
                "message_chars": MESSAGE_CHARS,
                "instructions_chars": 20_000,
                "files": 10,
                "file_bytes": 1024 * 1024,
                "image_bytes": 5 * 1024 * 1024,
            },
            "defaults": {"model": "", "instructions": "", "temperature": None, "max_tokens": None},
        }


def test_a_ping_is_answered(tabs):
    tab = tabs()
    tab.say("ping")
    assert tab.next() == {"type": "pong"}


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
def test_a_bad_command_gets_one_error_and_the_tab_stays_usable(served, tabs, name):
    frame, code = REFUSED[name]
    tab = tabs()
    tab.connection.send(frame)
    assert tab.refusal() == code
    assert tab.answered() == []
    assert served.database.messages(served.alice) == served.database.conversations(served.alice) == []


def test_a_message_of_the_greatest_length_is_taken(served, tabs, question):
    tab = tabs()
    content = question + "👋" * (MESSAGE_CHARS - len(question))
    tab.until_finished(generation_of(tab.begin(content)))
    assert served.request(content).body["messages"][0]["content"] == content


def test_somebody_elses_ids_are_answered_exactly_like_missing_ones(served, tabs, question):
    served.upstream.play(mira(["Hello"]), mira(["Hel", Hang()]))
    hers, his = tabs(), tabs(served.bob)
    row = hers.begin(question)
    hers.until_finished(generation_of(row))
    conversation = served.conversation(generation_of(row))
    under_way = generation_of(hers.begin("Under way: " + question))
    hers.until_text(under_way, "Hel")
    hers.say("share", message=row["id"])
    share = hers.until("conversation", lambda event: event["shares"])["shares"][0]["id"]
    file = served.database.file(served.alice)

    def answers(conversation, message, asked, generation, share, file):
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
            ("continue", {"client_id": key, "message": message}),
            ("choose", {"message": message}),
            ("rate", {"message": message, "rating": 1}),
            ("remove", {"message": message}),
            ("share", {"message": message}),
            ("unshare", {"share": share}),
            ("rename", {"conversation": conversation, "title": "Mine"}),
            ("pin", {"conversation": conversation, "pinned": True}),
            ("archive", {"conversation": conversation, "archived": True}),
            ("configure", {"conversation": conversation, "options": {}}),
            ("delete", {"conversation": conversation}),
            ("restore", {"conversation": conversation}),
            ("cancel", {"generation": generation}),
            ("send", {**new, "conversation": None, "parent": None, "files": [file]}),
            ("ack", {"generation": generation, "cursor": 1}),
        ]:
            his.say(kind, **fields)
            # What a command sets off comes before the answer to a later `open` of nothing.
            his.say("open", conversation=None)
            heard = len(his.heard)
            his.until("transcript")
            found.append([unnamed(event) for event in his.heard[heard:-1]])
        return found

    strange = answers(conversation, row["id"], row["parent"], under_way, share, file)
    missing = answers(*(str(uuid.uuid4()) for _ in range(6)))
    assert strange == missing
    codes = [["not_found"]] * 20 + [["no_such_file"], []]
    assert [[event["code"] for event in events] for events in strange] == codes
    assert served.database.messages(served.bob) == served.database.conversations(served.bob) == []
    assert served.database.generation(under_way).status == "streaming"
    assert [found["rating"] for found in tabs().open(conversation)["messages"]] == [0, 0]
    hers.cancel(under_way)
    assert hers.until_finished(under_way)["status"] == "cancelled"


def test_a_tab_that_says_too_much_is_told_so_and_closed_and_may_come_back(served, tabs):
    tab = tabs()
    with suppress(ConnectionClosed):  # it may be closed before all is said
        for _ in range(2 * COMMANDS_AT_ONCE):
            tab.say("ping")
    assert tab.until_closed() == 4429
    assert [event["code"] for event in tab.heard if event["type"] == "error"] == ["too_fast"]
    tabs().open(None)


# The end of the server


@pytest.mark.parametrize("script", [mira(["Hel", Hang()]), endless(every=0.001)], ids=["silent", "in full flow"])
def test_sigterm_in_mid_stream_tells_stores_hangs_up_and_ends_in_time(own, script):
    own.upstream.play(script)
    with Tab(own.connect()) as tab:
        generation = generation_of(tab.begin("Why?"))
        tab.until("delta")
        own.brook.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        assert tab.until_closed(within=10) == 1012
        assert tab.finished[generation]["status"] == "interrupted"
        assert tab.finished[generation]["error"]["message"]
    assert own.brook.wait(within=10) == 0
    assert time.monotonic() - begun < 10
    own.upstream.until_streaming(0)
    found = own.database.generation(generation)
    assert (found.status, found.message.content) == ("interrupted", tab.text[generation])
    assert "Traceback" not in own.wrote


def test_after_kill_and_restart_the_answer_is_interrupted_with_the_text_of_the_last_checkpoint(own):
    own.upstream.play(mira(["Hel", Hang()]), mira(["Hello"]))
    with Tab(own.connect()) as tab:
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
    with Tab(own.connect()) as tab:
        transcript = tab.open(str(found.conversation_id))
        answer = transcript["messages"][-1]
        assert (answer["content"], answer["generation"]["status"]) == ("Hel", "interrupted")
        assert answer["generation"]["error"]["message"]
        tab.say("regenerate", client_id=str(uuid.uuid4()), message=row["id"])
        again = tab.until("message")["message"]
        assert tab.until_finished(generation_of(again))["status"] == "complete"
