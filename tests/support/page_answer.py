"""The conversation that a page shows, and the answer under way: static/js/conversation.js and live-answer.js in Python.

The law of cursors is that of docs/protocol.md: a delta is accepted where it fits, dropped where it is known, and
otherwise it is a hole, for which the conversation is opened again.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.support.evidence import TERMINAL, History, ShownRow
from tests.support.page_link import Rest

HOLE_AFTER = 2.0
ACK_EVERY = 0.25
ACK_AT = 16_384

Event = dict[str, Any]


class Live:
    """One answer under way. Its row's texts grow here."""

    def __init__(self, row: Event, rest: Rest, shown: Callable[[Event], None], ack: Any, hole: Any) -> None:
        self.row = row
        self.cursor: int = row["generation"]["cursor"]
        self._rest, self._shown, self._ack, self._hole = rest, shown, ack, hole
        self._acked, self._acked_at = self.cursor, 0.0
        self._waiting: asyncio.Task[None] | None = None
        self._lost = False

    @property
    def generation(self) -> str:
        return str(self.row["generation"]["id"])

    def take(self, delta: Event) -> None:
        if self._lost or delta["to"] <= self.cursor:
            return
        if delta["from"] != self.cursor:
            self._ask()
            return
        self.cursor = delta["to"]
        for part in delta["parts"]:
            self.row[part["kind"]] += part["text"]
        self._patient()
        self._shown(self.row)
        self._acknowledge()

    def expect(self, to: int) -> None:
        """The server says where the text stands. What does not arrive in time was lost."""
        if to > self.cursor and not self._lost:
            self._patient()
            self._waiting = self._rest.later(HOLE_AFTER, self._ask)

    def end(self) -> None:
        """Takes no more: the answer has ended, or is asked for anew from here."""
        self._patient()
        self._lost = True

    def _ask(self) -> None:
        self.end()
        self._hole()

    def _patient(self) -> None:
        if self._waiting:
            self._waiting.cancel()

    def _acknowledge(self) -> None:
        now = asyncio.get_running_loop().time()
        behind = self.cursor - self._acked
        if behind >= ACK_AT or now - self._acked_at >= ACK_EVERY:
            self._acked, self._acked_at = self.cursor, now
            self._ack(self.generation, self.cursor)


class Shown:
    """`id` is None while it is a new chat that was not sent yet; `known` when the server has said what it holds."""

    def __init__(self, conversation: str | None, history: History, rest: Rest, ack: Any, hole: Any) -> None:
        self.id = conversation
        self.known = False
        self.missing = False
        self.stopping: str | None = None
        self.regenerating: str | None = None
        self.rows: dict[str, Event] = {}
        self.live: Live | None = None
        self._history, self._rest, self._ack, self._hole = history, rest, ack, hole

    @property
    def position(self) -> Event:
        """What `open` says about the text that is here already."""
        return {"generation": self.live.generation, "cursor": self.live.cursor} if self.live else {}

    @property
    def end(self) -> str | None:
        """The newest message: what the next one answers."""
        return next(reversed(self.rows), None)

    def last(self, role: str) -> Event | None:
        return next((row for row in reversed(self.rows.values()) if row["role"] == role), None)

    def picture(self) -> dict[str, ShownRow]:
        return {key: _picture(row) for key, row in self.rows.items()}

    def replace(self, rows: list[Event]) -> None:
        """A transcript came: the whole truth."""
        before, self.live = self.live, None
        if before:
            before.end()
        self.rows = {row["id"]: self._resumed(row, before) for row in rows}
        self.known, self.missing, self.regenerating = True, False, None
        for row in self.rows.values():
            self._look_at(row)
        self._follow()

    def add(self, row: Event) -> None:
        """A new message."""
        if row["role"] == "assistant" and row["parent"] == self.regenerating:
            self.regenerating = None
        self.rows[row["id"]] = self._resumed(row, self.live)
        self._look_at(self.rows[row["id"]])
        self._follow()

    def grow(self, delta: Event) -> None:
        if live := self._answer(delta["generation"]):
            live.take(delta)

    def place(self, position: Event) -> None:
        if live := self._answer(position["generation"]):
            live.expect(position["to"])

    def finish(self, event: Event) -> None:
        live = self.live
        if not live or live.generation != event["generation"]:
            return
        live.end()
        self.live = None
        live.row["generation"]["status"] = event["status"]
        self._history.note("ended", generation=live.generation, status=event["status"], end=event["to"])
        if event["to"] != live.cursor:
            self._hole()

    def close(self) -> None:
        if self.live:
            self.live.end()
            self.live = None

    def _answer(self, generation: str) -> Live | None:
        if self.live and self.live.generation == generation:
            return self.live
        if not any((row["generation"] or {}).get("id") == generation for row in self.rows.values()):
            self._hole()
        return None

    def _follow(self) -> None:
        under_way = [row for row in self.rows.values() if _status(row) == "streaming"]
        if not under_way or (self.live and self.live.row is under_way[-1]):
            return
        self.close()
        self.live = Live(under_way[-1], self._rest, self._look_at, self._ack, self._hole)

    def _resumed(self, row: Event, live: Live | None) -> Event:
        """A row whose answer is under way carries no text: it goes on from the text shown so far, or from nothing."""
        if _status(row) != "streaming":
            return row
        texts = {"content": row["content"], "reasoning": row["reasoning"]}
        if any(texts.values()):
            self._history.note("broken", words=f"the row of answer {row['generation']['id']} under way carries text")
        generation = row["generation"]
        if live and (live.generation, live.cursor) == (generation["id"], generation["cursor"]):
            return {**row, **{kind: live.row[kind] for kind in texts}}
        # A cursor that was said before the page left and came back: what it counts from is gone.
        return {**row, **dict.fromkeys(texts, ""), "generation": {**generation, "cursor": 0}}

    def _look_at(self, row: Event) -> None:
        """Text is on the screen, and perhaps its end."""
        if row["role"] != "assistant":
            return
        generation, question = row["generation"], self.rows.get(row["parent"])
        if question:
            self._history.shows(generation["id"], question["content"], row["content"], row["reasoning"])
        if generation["status"] in TERMINAL:
            end = generation["cursor"]
            self._history.note("ended", generation=generation["id"], status=generation["status"], end=end)


def _status(row: Event) -> str:
    return str(row["generation"]["status"]) if row["generation"] else ""


def _picture(row: Event) -> ShownRow:
    return ShownRow(row["role"], row["content"], row["reasoning"], _status(row))
