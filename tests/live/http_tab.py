"""A tab without a WebSocket, held to the same laws: its events are read from one long response, each command is a POST.

Reads the bytes of the response itself, so that a test may read late, slowly, or not at all.
"""

import json
import socket
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.support.server import ServedBrook
from tests.support.tabs import SECONDS, Event, Tab

TOKEN = "t" * 32  # the cookie and the form's token are the same when nobody has masked it


class EventStream:
    """The response to `GET /events/`."""

    def __init__(self, brook: ServedBrook, cookie: str, fields: Mapping[str, Any], receive_buffer: int = 0) -> None:
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(SECONDS)
        self._socket.connect(("127.0.0.1", brook.port))
        headers = f"Host: 127.0.0.1:{brook.port}\r\nCookie: {cookie}\r\n"
        self._socket.sendall(f"GET /events/?{urlencode(fields)} HTTP/1.1\r\n{headers}\r\n".encode())
        self._received = b""
        self._body = b""
        self._ended = False
        self.status, self.headers = 0, dict[str, str]()

    def read_head(self) -> None:
        while b"\r\n\r\n" not in self._received:
            self._read_more(SECONDS)
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    def recv(self, timeout: float) -> str:
        """The next event. Raises `EOFError` when the response is over."""
        if not self.status:
            self.read_head()
        deadline = time.monotonic() + timeout
        while b"\n\n" not in self._body:
            if self._ended:
                raise EOFError
            self._decode()
            if b"\n\n" not in self._body and not self._ended:
                self._read_more(deadline - time.monotonic())
        line, _, self._body = self._body.partition(b"\n\n")
        assert line.startswith(b"data: "), line
        assert b"\n" not in line, "an event is one line"
        return line[6:].decode()

    def close(self) -> None:
        self._socket.close()

    def _decode(self) -> None:
        """Moves whole chunks into the body."""
        while b"\r\n" in self._received:
            size, _, rest = self._received.partition(b"\r\n")
            length = int(size, 16)
            if len(rest) < length + 2:
                return
            self._body += rest[:length]
            self._received = rest[length + 2 :]
            self._ended = self._ended or length == 0

    def _read_more(self, seconds: float) -> None:
        self._socket.settimeout(max(0.001, seconds))
        data = self._socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the response was broken off")
        self._received += data


class HttpTab(Tab):
    """Shows `conversation` from the start, as far as `generation` and `cursor` do not say that it has it already."""

    def __init__(
        self,
        brook: ServedBrook,
        cookie: str,
        conversation: str | None = None,
        *,
        text: dict[str, str] | None = None,
        receive_buffer: int = 0,
        **fields: Any,
    ) -> None:
        given = {"conversation": conversation, **fields} if conversation else fields
        self.stream = EventStream(brook, cookie, given, receive_buffer)
        super().__init__(self.stream, text)  # type: ignore[arg-type]  # as much of a connection as is needed
        self._brook = brook
        self._cookie = cookie

    def post(self, kind: str, **fields: Any) -> list[Event]:
        """The events that answer a command."""
        response = self.request(json.dumps({"type": kind, **fields}))
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        answer: list[Event] = response.json()
        return answer

    def request(self, body: str | bytes, **headers: str) -> httpx.Response:
        headers = {"X-CSRFToken": TOKEN, "Origin": self._brook.url, "Cookie": self._cookie, **headers}
        headers["Cookie"] += f"; csrftoken={TOKEN}"
        return httpx.post(f"{self._brook.url}/commands/", content=body, headers=headers, trust_env=False, timeout=15)

    def say(self, kind: str, **fields: Any) -> None:
        assert self.post(kind, **fields) == [], "this command has an answer"

    def send(self, content: str, conversation: str | None = None, parent: str | None = None) -> list[Event]:
        """Presses Send; the answer."""
        key = str(uuid.uuid4())
        return self.post("send", client_id=key, conversation=conversation, parent=parent, content=content)

    def until_ended(self, within: float = SECONDS) -> None:
        """Reads to the end of the response, which must come in order."""
        deadline = time.monotonic() + within
        try:
            while True:
                self.next(max(0.0, deadline - time.monotonic()))
        except EOFError:
            pass

    def __enter__(self) -> "HttpTab":
        return self
