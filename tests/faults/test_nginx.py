"""Two servers over one PostgreSQL and one Redis, behind a real nginx: all as docs/operations.md prints it."""

import json
import secrets
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from django.contrib.auth import get_user_model
from websockets.sync.client import connect

from chat.models import Conversation, Message
from tests.faults.stage import new_question, until_status, until_words
from tests.live.http_tab import HttpTab
from tests.support.addresses import never_connects
from tests.support.installation import PRINTED, Installation
from tests.support.nginx import Nginx
from tests.support.polling import wait_until
from tests.support.scripts import Gate, WaitFor, mira
from tests.support.served import served_database
from tests.support.server import PASSWORD, ServedBrook
from tests.support.story import Storyteller
from tests.support.tabs import Tab, generation_of

NAME = "chat.example.org"
NOTICE = 4.0  # seconds; nginx passes over a process that did not answer for two (fail_timeout), and may be late
LONG = 1000  # words: more than anybody waits for
LATE_NEWS = 14.0  # seconds: the sweep tells a process once more what was new in the last ten, and looks every three


@pytest.fixture(scope="module")
def installation(shared_upstream, tmp_path_factory):
    with Installation(shared_upstream.url, tmp_path_factory.mktemp("installation")) as installation:
        yield installation


@pytest.fixture(autouse=True)
def _nothing_left_open():
    """Asked at the module's end: a server that a test has stopped is started again for the next one."""


@pytest.fixture
def stories(shared_upstream):
    """Answers that check themselves: a page that shows one wrongly notes that it is broken."""
    before, shared_upstream.default = shared_upstream.default, Storyteller()
    yield
    shared_upstream.default = before


def ask(page, words=LONG):
    """Asks for so many words; returns when the page shows some."""
    assert page.ask(new_question(words).text), "the page does not take it now"
    until_words(page, min(words, 5))


def test_people_log_in_and_see_the_page_with_its_files(installation):
    entrance = installation.entrance
    page = entrance.get("/", entrance.log_in())
    assert (page.status_code, page.headers["server"].split("/")[0]) == (200, "nginx")
    files = [part.split('"')[0] for part in page.text.split('="/static/')[1:]]
    assert len(files) > 3
    assert {entrance.get(f"/static/{file}").status_code for file in files} == {200}


@pytest.mark.parametrize("number", [0, 1])
def test_each_process_says_at_its_own_address_that_it_is_ready(installation, number):
    assert installation.members[number].get("/readyz").status_code == 200


def test_an_answer_comes_over_a_websocket_word_by_word(installation, shared_upstream):
    gate = Gate()
    shared_upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    with installation.tab() as tab:
        answer = generation_of(tab.begin("Hi"))
        tab.until_text(answer, "Hel")
        gate.open()
        assert tab.until_finished(answer)["status"] == "complete"
        assert tab.text[answer] == "Hello"


def test_an_answer_comes_over_http_word_by_word(installation, shared_upstream):
    gate = Gate()
    shared_upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    with HttpTab(installation.entrance, installation.cookie) as asking:
        transcript = asking.send("Hi")[0]
    with HttpTab(installation.entrance, installation.cookie, transcript["conversation"]["id"]) as tab:
        answer = generation_of(tab.until("transcript")["messages"][-1])
        tab.until_text(answer, "Hel")
        gate.open()
        assert tab.until_finished(answer)["status"] == "complete"


def test_what_is_too_long_is_refused_in_words_of_ours(installation):
    with HttpTab(installation.entrance, installation.cookie) as tab:
        refusal = tab.request(json.dumps({"type": "rename", "title": "x" * 1_200_000}))
    assert [event["code"] for event in refusal.json()] == ["too_large"]


def test_a_file_that_only_one_version_has_is_found_whichever_is_asked_first(installation):
    older, newer = installation.members
    assert (older.get("/static/newer.txt").status_code, newer.get("/static/newer.txt").text) == (404, "newer")
    assert {installation.entrance.get("/static/newer.txt").text for _ in range(4)} == {"newer"}


@pytest.mark.usefixtures("stories")
def test_tabs_on_both_processes_follow_an_answer_and_go_on_when_its_process_stops(installation):
    with installation.page() as first, ExitStack() as stack:
        ask(first)
        others = [stack.enter_context(installation.page(first.conversation)) for _ in range(3)]
        pages = [first, *others]
        for page in pages:
            until_words(page, 20)
        owner = installation.owner()
        assert owner.stop() == 0
        until_status(*pages, status="interrupted")
        assert len({page.text for page in pages}) == 1
        codes = [[note.facts["code"] for note in page.history.of("lost")] for page in pages]
        assert sorted(codes) == [[], [], [1012], [1012]], "two were on each process, and balancers deal in turn"
        for page in pages:
            page.until(lambda page=page: page.picture.connected)
        ask(first, words=5)
        until_status(*pages, status="complete")
        assert [note for page in pages for note in page.history.of("broken")] == []
        owner.start()


def test_a_process_that_cannot_be_reached_is_passed_over(installation):
    with never_connects() as gone:
        servers = {PRINTED[0]: installation.members[0].port, PRINTED[1]: urlsplit(gone).port}
        with Nginx(servers) as nginx, httpx.Client(base_url=nginx.url, trust_env=False) as client:
            assert {client.get("/healthz").text for _ in range(4)} == {"ok\n"}


@pytest.fixture
def long_conversation(installation, django_db_blocker):
    """The key of one whose transcript is larger than what any kernel keeps for a connection."""
    with django_db_blocker.unblock(), served_database(installation.database) as database:
        alice = get_user_model().objects.using(database.alias).get(username="alice")
        conversation = Conversation.objects.using(database.alias).create(owner=alice, title="Long")
        rows = [Message(conversation=conversation, role="user", content="x" * 500_000) for _ in range(40)]
        Message.objects.using(database.alias).bulk_create(rows)
        yield str(conversation.pk)


def test_nginx_piles_nothing_up_of_a_stream_that_is_read_late(installation, long_conversation):
    with HttpTab(installation.entrance, installation.cookie, long_conversation, receive_buffer=64 * 1024) as tab:
        tab.stream.read_head()
        for _ in range(20):  # meanwhile nginx takes what it can get
            assert installation.entrance.get("/healthz").status_code == 200
        assert not installation.nginx.piled_up
        assert len(tab.until("transcript")["messages"]) == 40


@contextmanager
def asked_all_the_time(*asks):
    """What each of these said, asked again and again in threads meanwhile."""
    over, said = threading.Event(), []

    def repeat(ask):
        while not over.wait(0.02):
            said.append(ask())

    threads = [threading.Thread(target=repeat, args=[ask]) for ask in asks]
    for thread in threads:
        thread.start()
    try:
        yield said
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.usefixtures("stories")
def test_processes_are_restarted_one_after_the_other_without_a_break(installation):
    entrance, cookie = installation.entrance, installation.cookie
    with installation.page() as page, HttpTab(entrance, cookie) as tab:
        pages = asked_all_the_time(
            lambda: entrance.get("/", cookie).status_code,
            lambda: entrance.get("/static/admin/css/base.css").status_code,
            lambda: tab.request('{"type": "ping"}').status_code,
        )
        with pages as said:
            for member in installation.members:
                assert member.stop() == 0
                member.start()
                wait_until(lambda member=member: member.get("/readyz").status_code == 200)
                time.sleep(NOTICE)
        page.until(lambda: page.picture.connected)
        ask(page, words=5)
        until_status(page, status="complete")
    assert set(said) == {200}


@pytest.mark.timeout(90)
def test_quiet_connections_are_kept(installation):
    """With less time than is printed: Brook says something before it is over."""
    time.sleep(LATE_NEWS)
    with Nginx(installation.servers, proxy_read_timeout="25s") as nginx:
        entrance = ServedBrook(installation.members[0].data_dir, PORT=str(nginx.port))
        options = {"origin": installation.nginx.url, "additional_headers": {"Cookie": installation.cookie}}
        url = f"ws://127.0.0.1:{nginx.port}/ws/"
        with (
            Tab(connect(url, proxy=None, ping_interval=None, **options)) as tab,
            HttpTab(entrance, installation.cookie) as stream,
        ):
            tab.until("welcome")
            stream.until("transcript")
            time.sleep(27)
            assert [event["type"] for event in tab.answered()] == []
            stream.until("pong")
            tab.ask(new_question(5).text)
            stream.until("conversation")


def test_the_lines_for_tls_serve_people_at_the_printed_address(installation):
    with Nginx(installation.servers, tls=True) as nginx:
        headers = {"Host": NAME, "Origin": f"https://{NAME}"}
        with httpx.Client(base_url=nginx.url, verify=nginx.trusting(), headers=headers, trust_env=False) as client:
            token = secrets.token_hex(16)
            form = {"username": "alice", "password": PASSWORD, "csrfmiddlewaretoken": token}
            response = client.post(
                "/accounts/login/",
                data=form,
                headers={"Cookie": f"csrftoken={token}"},
                extensions={"sni_hostname": NAME},
            )
        assert response.status_code == 302
        session = response.headers["set-cookie"].split("sessionid=")[1].split(";")[0]
        with Tab(
            connect(
                f"wss://{NAME}/ws/",
                sock=socket.create_connection(("127.0.0.1", nginx.port)),
                ssl=nginx.trusting(),
                origin=f"https://{NAME}",
                additional_headers={"Cookie": f"sessionid={session}"},
            )
        ) as tab:
            tab.until("welcome")
