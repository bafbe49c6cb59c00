"""Bodies of requests, sent to a real server whose memory is looked at."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from django.test import RequestFactory

from chat.bodies import ENVELOPE, FORM, file_bytes
from tests.support.server import ServedBrook

MB = 1024 * 1024
BOUNDARY = {"Content-Type": "multipart/form-data; boundary=x"}
BEGIN = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
END = b"\r\n--x--\r\n"

only_linux = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="reads another process's memory in /proc"
)


@pytest.fixture(scope="module")
def brook(tmp_path_factory) -> Iterator[ServedBrook]:
    with ServedBrook(tmp_path_factory.mktemp("data"), UPSTREAM_URL="http://127.0.0.1:9/v1") as served:
        yield served


@pytest.fixture(scope="module")
def alice(brook) -> Iterator[httpx.Client]:
    """Her browser, with the token of a form."""
    name, _, value = brook.make_account("alice").partition("=")
    with httpx.Client(base_url=brook.url, cookies={name: value}, trust_env=False, timeout=30) as client:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/settings/").text)[1]
        client.headers.update({"X-CSRFToken": token, "Origin": brook.url})
        yield client


def pieces(megabytes: int) -> Iterator[bytes]:
    """A form with a file, never whole in our own memory; without a length its body is sent in chunks."""
    yield BEGIN
    for _ in range(megabytes):
        yield b"a" * MB
    yield END


def length(megabytes: int) -> dict[str, str]:
    return {"Content-Length": str(len(BEGIN) + megabytes * MB + len(END))}


class Memory:
    """The most that the server has had since this was made: "clear_refs" in docs.kernel.org/filesystems/proc.html."""

    def __init__(self, brook: ServedBrook) -> None:
        self._folder = Path(f"/proc/{brook.process.pid}")
        (self._folder / "clear_refs").write_text("5")
        self._before = self._most()

    def more(self) -> int:
        """Than at the beginning, in megabytes."""
        return self._most() - self._before

    def _most(self) -> int:
        return int(re.search(r"VmHWM:\s+(\d+)", (self._folder / "status").read_text())[1]) // 1024


@only_linux
def test_a_strangers_import_is_not_kept(brook):
    """Who he is is looked at when all has come."""
    memory = Memory(brook)
    address = f"{brook.url}/import/"
    for headers in (BOUNDARY | length(45), BOUNDARY):
        answer = httpx.post(address, content=pieces(45), headers=headers, trust_env=False, timeout=30)
        assert (answer.status_code, answer.headers["Location"][:16]) == (302, "/accounts/login/")
    assert memory.more() < 20


@only_linux
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in-chunks"])
def test_a_body_of_any_size_costs_no_memory_and_is_answered_in_words(brook, alice, announced):
    memory = Memory(brook)
    headers = BOUNDARY | (length(100) if announced else {})
    answer = alice.post("/files/", content=pieces(100), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert memory.more() < 20


@only_linux
@pytest.mark.parametrize("path", ["/accounts/login/", "/commands/", "/nowhere", "/files/?x=/import/"])
def test_nobody_needs_an_account_for_that(brook, alice, path):
    memory = Memory(brook)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = httpx.post(brook.url + path, content=pieces(100), headers=kind, trust_env=False, timeout=30)
    assert answer.status_code < 500
    assert memory.more() < 20


@only_linux
def test_a_large_body_that_is_taken_costs_a_few_times_its_size(brook, alice):
    memory = Memory(brook)
    assert alice.post("/import/", content=pieces(30), headers=BOUNDARY | length(30)).status_code < 500
    assert memory.more() < 5 * 30


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in-chunks"])
def test_what_is_within_its_limit_arrives_whole(alice, announced):
    if announced:
        picture = b"\x89PNG\r\n\x1a\n" + b"\1" * (5 * MB - 8)
        answer = alice.post("/files/", files={"file": ("a.png", picture)})
        assert (answer.status_code, answer.json()["size"]) == (201, 5 * MB)
        assert alice.get(f"/files/{answer.json()['id']}/").content == picture
    else:
        command = b'{"type": "models"}'.ljust(900_000)
        answer = alice.post("/commands/", content=iter([command]), headers={"Content-Type": "application/json"})
        assert [event["type"] for event in answer.json()] == ["models"]


def test_a_command_beyond_its_limit_is_refused_in_words(alice):
    for content in (b"x" * (MB + ENVELOPE + 1), iter([b"x" * MB, b"x" * (ENVELOPE + 1)])):
        answer = alice.post("/commands/", content=content, headers={"Content-Type": "application/json"})
        assert [event["code"] for event in answer.json()] == ["too_large"]


def test_the_connection_goes_on_after_a_body_that_was_dropped(alice):
    assert alice.post("/files/", content=pieces(20), headers=BOUNDARY | length(20)).status_code == 413
    assert alice.get("/list/").status_code == 200
    assert alice.post("/files/", files={"file": ("a.txt", b"words")}).status_code == 201


def unread(port: int) -> int:
    """Bytes that came to this port and its server has not read: docs.kernel.org/networking/proc_net_tcp.html."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01")


@pytest.fixture
def uploading(brook, alice) -> Iterator[Callable[[int], socket.socket]]:
    """Begins imports that do not end."""
    with ExitStack() as stack:

        def begin(megabytes: int) -> socket.socket:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", brook.port), timeout=30))
            cookies = "; ".join(f"{name}={value}" for name, value in alice.cookies.items())
            lines = [
                "POST /import/ HTTP/1.1",
                f"Host: 127.0.0.1:{brook.port}",
                f"Cookie: {cookies}",
                f"Content-Type: {BOUNDARY['Content-Type']}",
                f"Content-Length: {(megabytes + 1) * MB}",
            ]
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            for _ in range(megabytes):
                connection.sendall(b"a" * MB)
            deadline = time.monotonic() + 20
            while unread(brook.port):
                assert time.monotonic() < deadline
            return connection

        yield begin


def file_sent(alice: httpx.Client, announced: bool) -> httpx.Response:
    return alice.post("/files/", content=pieces(3), headers=BOUNDARY | (length(3) if announced else {}))


@only_linux
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in-chunks"])
def test_so_much_may_be_under_way_at_once_and_what_is_over_makes_room(brook, alice, uploading, announced):
    ends = [uploading(49) for _ in range(2)]
    answer = file_sent(alice, announced)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "30")
    assert answer.json()["code"] == "busy"
    page = alice.post("/import/", content=pieces(3), headers=BOUNDARY | length(3))
    assert page.status_code == 503
    assert "Too much is being uploaded at the moment" in page.text
    ends.pop().close()
    deadline = time.monotonic() + 20
    while file_sent(alice, announced).status_code == 503:
        assert time.monotonic() < deadline
    assert alice.post("/files/", files={"file": ("a.txt", b"words")}).status_code == 201


def test_what_was_answered_takes_no_room(alice):
    for _ in range(4):
        assert alice.post("/import/", content=pieces(40), headers=BOUNDARY | length(40)).status_code == 200


def test_nobody_but_brook_says_that_it_is_busy(alice):
    answer = alice.post("/files/", files={"file": ("a.txt", b"words")}, headers={"X-Brook-Busy": "1"})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("announced", "size"), [(str(FORM + 5), 5), (str(FORM), 0), ("7", 0), ("", None), ("-1", None), ("many", None)]
)
def test_a_view_sees_how_long_a_file_is_at_least(announced, size):
    assert file_bytes(RequestFactory().post("/files/", CONTENT_LENGTH=announced)) == size
