"""A tab as the server sees it: sends commands, hears events, and holds the server to the law of cursors.

Every delta must begin where the text of its generation ends, so a hole, a repetition or a reordering fails the test
that hears it, whatever that test is about. The text is kept as the page keeps it: docs/protocol.md, "Events".
"""

import json
import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

SECONDS = 5.0
ENDING = ("status", "finish_reason", "error", "left_out", "thinking_ms", "model")

Event = dict[str, Any]


def generation_of(row: Event) -> str:
    """The key of the generation that writes this row."""
    key: str = row["generation"]["id"]
    return key


def unnamed(error: Event) -> Event:
    """The same but for the ids of the command that it answers, which say no more than whether there were any."""
    return {**error, **{name: bool(error[name]) for name in ("conversation", "client_id")}}


class Tab:
    """`text` holds, by generation, what the page shows: reasoning and content as they came; `finished` how it ended.

    `bereaved`: it has text of a process that died with its last words, so an end may stand before the tab's cursor.
    Then it opens the conversation again, as pages do.
    """

    def __init__(
        self, connection: ClientConnection, text: dict[str, str] | None = None, *, bereaved: bool = False
    ) -> None:
        self.connection = connection
        self.shown: str | None = None
        self.heard: list[Event] = []
        self.text: dict[str, str] = text or {}
        self.cursors: dict[str, int] = {}
        self.finished: dict[str, Event] = {}
        self._bereaved = bereaved

    # Commands

    def say(self, kind: str, **fields: Any) -> None:
        self.connection.send(json.dumps({"type": kind, **fields}, ensure_ascii=False))

    def open(self, conversation: str | None, **fields: Any) -> Event:
        """Opens a conversation; the transcript."""
        self.say("open", conversation=conversation, **fields)
        return self.until("transcript")

    def ask(self, content: str, conversation: str | None = None, parent: str | None = None, **fields: Any) -> str:
        """Presses Send; the client_id."""
        client_id = fields.setdefault("client_id", str(uuid.uuid4()))
        self.say("send", conversation=conversation, parent=parent, content=content, **fields)
        return str(client_id)

    def begin(self, content: str) -> Event:
        """Sends the first message of a new conversation; the row of the answer under way."""
        self.ask(content)
        return self.until("transcript")["messages"][-1]

    def cancel(self, generation: str) -> None:
        self.say("cancel", generation=generation)

    def ack(self, generation: str) -> None:
        self.say("ack", generation=generation, cursor=self.cursors[generation])

    # Events

    def next(self, within: float = SECONDS) -> Event:
        event: Event = json.loads(self.connection.recv(timeout=within))
        self.heard.append(event)
        self._take(event)
        return event

    def until(self, kind: str, holds: Callable[[Event], bool] = lambda _: True, within: float = SECONDS) -> Event:
        """The next event of this type (for which `holds` is true); others that come before it are heard too."""
        heard = len(self.heard)

        def came() -> bool:
            event = self.heard[-1] if len(self.heard) > heard else {"type": None}
            return event["type"] == kind and holds(event)

        self._until(came, kind, within)
        return self.heard[-1]

    def until_text(self, generation: str, text: str, within: float = SECONDS) -> None:
        def shown() -> bool:
            found = self.text.get(generation, "")
            assert text.startswith(found), f"it shows {found!r}"
            return found == text

        self._until(shown, f"{text[:80]!r}", within)

    def until_finished(self, generation: str, within: float = SECONDS) -> Event:
        """How it ended: as `finished` says, or the row of an answer that had ended when the tab heard of it."""
        self._until(lambda: generation in self.finished, "end", within)
        return self.finished[generation]

    def refusal(self, within: float = SECONDS) -> str:
        """The code of the next error."""
        error = self.until("error", within=within)
        assert error["message"], "an error has words for people"
        return str(error["code"])

    def answered(self) -> list[Event]:
        """What came until now: everything before the answer to a ping that is sent now."""
        heard = len(self.heard)
        self.say("ping")
        self.until("pong")
        return self.heard[heard:-1]

    def until_closed(self, within: float = SECONDS) -> int:
        """The code with which the server closes the socket; what comes before it is heard."""
        deadline = time.monotonic() + within
        try:
            while True:
                self.next(max(0.0, deadline - time.monotonic()))
        except ConnectionClosed as closed:
            frame = closed.rcvd
        assert frame, "the connection broke without a close frame"
        return int(frame.code)

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> "Tab":
        self.connection.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _until(self, holds: Callable[[], bool], what: str, within: float) -> None:
        deadline = time.monotonic() + within
        heard = len(self.heard)
        while not holds():
            try:
                self.next(max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                kinds = [event["type"] for event in self.heard[heard:]]
                raise AssertionError(f"no {what} within {within} s, but {kinds}") from None

    # The page's side of the protocol

    def _take(self, event: Event) -> None:
        match event["type"]:
            case "transcript":
                self.shown = event["conversation"] and event["conversation"]["id"]
                for row in event["messages"]:
                    self._row(row)
            case "message":
                self._row(event["message"])
            case "delta":
                self._delta(event)
            case "finished":
                self._finished(event)

    def _row(self, row: Event) -> None:
        generation = row["generation"]
        if not generation:
            return
        key, cursor = generation["id"], generation["cursor"]
        if generation["status"] == "streaming":
            assert row["content"] == row["reasoning"] == "", "a row under way carries no text"
            assert cursor in (0, len(self.text.get(key, ""))), "the cursor is not the tab's"
            self.text[key] = self.text.get(key, "")[:cursor]
        else:
            self.text[key] = row["reasoning"] + row["content"]
            self.finished[key] = {"to": cursor, **{name: generation[name] for name in ENDING}}
        self.cursors[key] = cursor

    def _delta(self, event: Event) -> None:
        key = event["generation"]
        assert event["from"] == self.cursors[key], f"a hole or a repetition: {event} at {self.cursors[key]}"
        said = "".join(part["text"] for part in event["parts"])
        assert event["to"] - event["from"] == len(said)
        assert key not in self.finished, "text after the end"
        self.text[key] += said
        self.cursors[key] = event["to"]

    def _finished(self, event: Event) -> None:
        key = event["generation"]
        if self._bereaved and event["to"] < self.cursors[key]:
            self.say("open", conversation=self.shown)
            return
        assert event["to"] == self.cursors[key], f"it ends at {event['to']}, and the tab is at {self.cursors[key]}"
        self.finished[key] = {"to": event["to"], **{name: event[name] for name in ENDING}}
