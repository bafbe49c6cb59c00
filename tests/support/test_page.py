import json
import queue
import threading
import time
import uuid
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from tests.support import page_answer, page_script
from tests.support.page import Page
from tests.support.story import Question, Story

PATIENCE = 0.5  # seconds; a real page has two

QUESTION = Question("k3f9", words=10)
STORY = Story("k3f9.1")
WORD = STORY.after(1)
CONVERSATION, ASKED, ANSWER, RUN = (str(uuid.uuid4()) for _ in range(4))


class Visit:
    """One connection of the page, seen by a server that says what the test tells it to."""

    def __init__(self, connection):
        self.connection = connection
        self.over = threading.Event()

    def say(self, kind, **fields):
        self.connection.send(json.dumps({"type": kind, **fields}))

    def hear(self, kind, within=4.0):
        """The next command of this kind."""
        deadline = time.monotonic() + within
        while True:
            command = json.loads(self.connection.recv(timeout=max(0, deadline - time.monotonic())))
            if command["type"] == kind:
                return command

    def hears_no_more(self, kind, within=0.3):
        with pytest.raises(TimeoutError):
            self.hear(kind, within)

    def transcript(self, cursor=0, status="streaming", text=("", "")):
        content, reasoning = text
        generation = {"id": RUN, "status": status, "cursor": cursor}
        rows = [
            row(ASKED, None, "user", QUESTION.text),
            row(ANSWER, ASKED, "assistant", content, reasoning, generation),
        ]
        self.say("transcript", conversation={"id": CONVERSATION}, messages=rows)

    def delta(self, start, end):
        parts = [{"kind": kind, "text": text} for kind, text in STORY.parts(start, end)]
        self.say("delta", generation=RUN, **{"from": start, "to": end}, parts=parts)

    def break_off(self):
        self.connection.socket.shutdown(2)
        self.over.set()


def row(key, parent, role, content, reasoning="", generation=None, client_id=None):
    return {
        "id": key,
        "parent": parent,
        "role": role,
        "content": content,
        "reasoning": reasoning,
        "client_id": client_id,
        "generation": generation,
    }


class Server:
    def __init__(self):
        self.visits = queue.Queue()
        self._all = []
        self._server = serve(self._serve, "127.0.0.1", 0)
        self.base = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def _serve(self, connection):
        visit = Visit(connection)
        self._all.append(visit)
        self.visits.put(visit)
        visit.over.wait(30)

    def next_visit(self, within=5.0, protocol=page_script.PROTOCOL):
        """The next connection, welcomed."""
        visit = self.visits.get(timeout=within)
        visit.say("welcome", protocol=protocol)
        return visit

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for visit in self._all:
            visit.over.set()
        self._server.shutdown()


@pytest.fixture(autouse=True)
def _quicker(monkeypatch):
    monkeypatch.setattr(page_answer, "HOLE_AFTER", PATIENCE)
    monkeypatch.setattr(page_script, "REOPEN_EVERY", PATIENCE)


@pytest.fixture
def server():
    with Server() as started:
        yield started


@contextmanager
def opened(server, **options):
    """A page and its first connection, with nothing shown yet."""
    with Page([server.base], "sessionid=abc", conversation=CONVERSATION, **options) as page:
        visit = server.next_visit()
        assert visit.hear("open") == {"type": "open", "conversation": CONVERSATION}
        yield page, visit


@pytest.fixture
def opening(server):
    with opened(server) as found:
        yield found


@pytest.fixture
def following(opening):
    """A page that shows the first two words."""
    page, visit = opening
    visit.transcript()
    visit.delta(0, 2 * WORD)
    page.until(lambda: shown(page) == 2 * WORD)
    return page, visit


def shown(page):
    return len(page.answer.content) + len(page.answer.reasoning)


def broken(page):
    return [note.facts["words"] for note in page.history.of("broken")]


def test_what_fits_is_shown_and_acknowledged_and_what_is_known_is_dropped(following):
    page, visit = following
    assert visit.hear("ack") == {"type": "ack", "generation": RUN, "cursor": 2 * WORD}
    visit.delta(WORD, 2 * WORD)
    visit.delta(2 * WORD, 100)
    page.until(lambda: shown(page) == 100)
    assert (page.answer.content, page.answer.reasoning) == STORY.split(100)
    visit.say("finished", generation=RUN, status="complete", to=100)
    page.until(lambda: page.status == "complete")
    visit.hears_no_more("open")
    assert [note.facts["length"] for note in page.history.of("shown")][-1] == 100
    assert page.history.of("ended")[-1].facts == {"generation": RUN, "status": "complete", "end": 100}
    assert not broken(page)


def test_a_row_under_way_that_is_told_again_keeps_its_text(following):
    page, visit = following
    generation = {"id": RUN, "status": "streaming", "cursor": 2 * WORD}
    visit.say("message", conversation=CONVERSATION, message=row(ANSWER, ASKED, "assistant", "", "", generation))
    visit.delta(2 * WORD, 100)
    page.until(lambda: shown(page) == 100)
    assert (page.answer.content, page.answer.reasoning) == STORY.split(100)
    visit.hears_no_more("open")
    assert not broken(page)


def test_a_row_that_is_gone_from_the_transcript_is_gone_from_the_page(following):
    page, visit = following
    visit.say("transcript", conversation={"id": CONVERSATION}, messages=[row(ASKED, None, "user", QUESTION.text)])
    page.until(lambda: list(page.picture.rows) == [ASKED])


def test_a_server_of_another_version_is_noted(server):
    with Page([server.base], "sessionid=abc") as page:
        server.next_visit(protocol=page_script.PROTOCOL - 1)
        page.until(lambda: broken(page))


def test_a_hole_is_healed_by_opening_again_from_the_cursor_and_not_too_often(following):
    page, visit = following
    asked = page.history.of("said")[0].at
    visit.delta(50, 60)
    visit.delta(60, 70)
    again = visit.hear("open")
    assert again == {"type": "open", "conversation": CONVERSATION, "generation": RUN, "cursor": 2 * WORD}
    assert time.monotonic() - asked >= PATIENCE
    visit.hears_no_more("open", within=PATIENCE + 0.2)
    visit.transcript(cursor=2 * WORD)
    visit.delta(2 * WORD, 70)
    page.until(lambda: shown(page) == 70)
    assert not broken(page)


def test_a_position_beyond_the_cursor_is_a_hole_unless_text_comes(following):
    page, visit = following
    visit.say("position", generation=RUN, to=30, status="streaming", phase="writing")
    visit.delta(2 * WORD, 30)
    page.until(lambda: shown(page) == 30)
    visit.hears_no_more("open", within=PATIENCE + 0.2)
    visit.say("position", generation=RUN, to=40, status="streaming", phase="writing")
    assert visit.hear("open")["cursor"] == 30


def test_an_end_elsewhere_than_at_the_cursor_is_a_hole(following):
    page, visit = following
    visit.say("finished", generation=RUN, status="interrupted", to=40)
    visit.hear("open")
    visit.transcript(40, "interrupted", STORY.split(40))
    page.until(lambda: (page.status, shown(page)) == ("interrupted", 40))
    assert not broken(page)


def test_a_lost_connection_is_opened_again_and_goes_on_from_the_cursor(server, following):
    page, visit = following
    visit.break_off()
    visit = server.next_visit()
    assert visit.hear("open")["cursor"] == 2 * WORD
    visit.transcript(cursor=2 * WORD)
    visit.delta(2 * WORD, 40)
    page.until(lambda: shown(page) == 40)
    assert [note.facts["code"] for note in page.history.of("lost")] == [1006]
    assert not broken(page)


def test_a_message_goes_out_again_on_every_connection_until_it_is_acknowledged(server):
    with Page([server.base], "sessionid=abc") as page:
        visit = server.next_visit()
        page.until(lambda: page.picture.connected)
        client_id = page.ask(QUESTION.text)
        first = visit.hear("send")
        assert (first["client_id"], first["conversation"], first["parent"]) == (client_id, None, None)
        assert page.ask("Another?") is None
        visit.break_off()
        visit = server.next_visit()
        visit.say("transcript", conversation=None, messages=[])
        assert visit.hear("send") == first
        stored = row(ASKED, None, "user", QUESTION.text, client_id=client_id)
        visit.say("transcript", conversation={"id": CONVERSATION}, messages=[stored])
        page.until(lambda: page.conversation == CONVERSATION)
        assert page.picture.waiting == []
        assert page.history.of("stored")[0].facts == {"client_id": client_id, "message": ASKED}
        visit.hears_no_more("send")


def test_a_reload_keeps_the_conversation_and_what_was_not_acknowledged(server, opening):
    page, visit = opening
    visit.transcript(20, "complete", STORY.split(20))
    page.until(lambda: page.status == "complete")
    client_id = page.ask("Another?")
    assert visit.hear("send")["parent"] == ANSWER
    page.reload()
    visit = server.next_visit()
    assert "cursor" not in visit.hear("open")
    assert page.picture.waiting == [client_id]
    visit.transcript(20, "complete", STORY.split(20))
    assert visit.hear("send")["client_id"] == client_id


def test_a_refused_message_is_not_sent_again(opening):
    page, visit = opening
    visit.transcript(20, "complete", STORY.split(20))
    page.until(lambda: page.status == "complete")
    client_id = page.ask("Another?")
    visit.say("error", code="busy", command="send", client_id=client_id, message="Wait.")
    page.until(lambda: not page.picture.waiting)
    assert page.history.of("refused")[0].facts == {"client_id": client_id, "command": "send", "code": "busy"}


def test_stop_names_the_answer_under_way_and_is_said_again_after_a_reconnect(server, following):
    page, visit = following
    assert page.stop()
    assert visit.hear("cancel") == {"type": "cancel", "generation": RUN}
    visit.break_off()
    visit = server.next_visit()
    visit.hear("open")
    visit.transcript(cursor=2 * WORD)
    visit.hear("cancel")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(STORY.split(50)[1][WORD:], id="a hole"),
        pytest.param(STORY.split(20)[1] + STORY.split(20)[1], id="a repetition"),
        pytest.param(Story("other.1").split(20)[1], id="another question's answer"),
        pytest.param("Hello", id="nobody's word"),
    ],
)
def test_a_text_that_is_no_beginning_of_a_told_story_is_noted(opening, text):
    page, visit = opening
    visit.transcript()
    visit.say("delta", generation=RUN, **{"from": 0, "to": len(text)}, parts=[{"kind": "reasoning", "text": text}])
    page.until(lambda: broken(page))


def test_a_row_under_way_that_carries_text_is_noted(opening):
    page, visit = opening
    visit.transcript(text=("k3f9.1-0 ", ""))
    page.until(lambda: broken(page))


def test_a_frozen_page_reads_nothing_and_catches_up_when_it_is_thawed(following):
    page, visit = following
    page.freeze()
    visit.delta(2 * WORD, 40)
    time.sleep(0.3)
    assert shown(page) == 2 * WORD
    page.thaw()
    page.until(lambda: shown(page) == 40)
    visit.hear("ping")  # it makes sure that the connection is not dead


def test_each_connection_goes_to_the_next_server():
    with Server() as one, Server() as two, Page([one.base, two.base], "sessionid=abc", seed=1) as page:
        assert page.history.page == page.name
        page.until(lambda: page.base)
        here, there = (one, two) if page.base == one.base else (two, one)
        here.next_visit().break_off()
        there.next_visit().break_off()
        here.next_visit()


def test_a_page_that_is_logged_out_does_not_come_back(server):
    with Page([server.base], "sessionid=abc") as page:
        visit = server.next_visit()
        visit.connection.close(4401)
        visit.over.set()
        page.until(lambda: page.is_logged_out)


def test_the_cookie_and_the_origin_are_a_browsers(server, opening):
    _, visit = opening
    headers = visit.connection.request.headers
    assert (headers["Cookie"], headers["Origin"]) == ("sessionid=abc", server.base)


def test_a_page_says_goodbye(server):
    with Page([server.base], "sessionid=abc") as page:
        visit = server.next_visit()
        page.until(lambda: page.picture.connected)
    with pytest.raises(ConnectionClosed) as closed:
        visit.hear("nothing")
    assert closed.value.rcvd.code == 1001
    assert page.history.picture.conversation is None
