"""What a page makes of its person's wishes and the server's events: chat.js, sender.js and opener.js in Python.

Draws nothing. Runs on the page's own loop; page.py is how a test reaches it.
"""

import asyncio
import uuid
from random import Random
from typing import Any

from tests.support.evidence import History, Picture
from tests.support.page_answer import Shown
from tests.support.page_link import Link, Rest

PROTOCOL = 2
REOPEN_EVERY = 2.0
DELTA = {"generation": "generation", "from": "start", "to": "end"}  # what a history keeps of it

Event = dict[str, Any]


class Script:
    """`outbox` holds what was sent and not acknowledged: (conversation, command). It survives a reload."""

    def __init__(
        self,
        bases: list[str],
        cookie: str,
        history: History,
        dice: Random,
        conversation: str | None,
        outbox: list[list[Any]],
    ) -> None:
        self.rest = Rest()
        self.outbox = outbox
        self.link = Link(bases, cookie, self.rest, dice, self._receive, self._lost)
        self._history = history
        self._said: set[str] = set()
        self._asked_at = 0.0
        self._reopening: asyncio.Task[None] | None = None
        self.shown = self._conversation(conversation)
        self._running = asyncio.create_task(self.link.run())

    async def end(self) -> None:
        self.shown.close()
        self._opened()
        await self.link.close()
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    @property
    def waiting(self) -> list[str]:
        """The client_ids that nobody has acknowledged; not those that wait until their conversation is shown again."""
        return [str(command["client_id"]) for place, command in self.outbox if self._is_complete(place, command)]

    @property
    def logged_out(self) -> bool:
        return self._running.done()

    def picture(self) -> Picture:
        return Picture(self.shown.id, self.link.online, self.shown.picture(), self.waiting)

    # What the person does. Each returns whether the page takes it.

    def ask(self, content: str) -> str | None:
        """Presses Send; the client_id."""
        parent = {"parent": self.shown.end} if self.shown.known or self.shown.id is None else {}
        return self._post({"type": "send", "conversation": self.shown.id, "content": content, **parent})

    def edit(self, content: str) -> str | None:
        """Sends another version of the last question; the client_id."""
        row = self.shown.last("user")
        return self._post({"type": "edit", "message": row["id"], "content": content}) if row else None

    def regenerate(self) -> bool:
        row = self.shown.last("assistant")
        if not row or self._busy():
            return False
        said = self._say({"type": "regenerate", "client_id": str(uuid.uuid4()), "message": row["id"]})
        self.shown.regenerating = row["parent"] if said else None
        return said

    def say_again(self) -> bool:
        """The last message goes out twice, as when its acknowledgement was lost on the way."""
        return bool(self.outbox) and self._say(self.outbox[-1][1])

    def stop(self) -> bool:
        live = self.shown.live
        self.shown.stopping = live.generation if live else None
        return live is not None and self._say({"type": "cancel", "generation": live.generation})

    def show(self, conversation: str | None) -> None:
        self.shown.close()
        self.shown = self._conversation(conversation)
        self._open()

    # What the server says

    def _lost(self, code: int) -> None:
        self._history.note("lost", code=code)
        self.shown.known = False
        self.shown.regenerating = None

    def _receive(self, event: Event) -> None:
        kept = {name: event[key] for key, name in DELTA.items()} if event["type"] == "delta" else {}
        self._history.note("heard", type=event["type"], **kept)
        match event["type"]:
            case "welcome":
                self._history.note("connected", base=self.link.base)
                if event["protocol"] != PROTOCOL:
                    self._history.note("broken", words=f"the server speaks version {event['protocol']}")
                self._said.clear()
                self._flush(lambda conversation: conversation != self.shown.id)
                self._open()
            case "transcript":
                self._transcript(event["conversation"], event["messages"])
            case "message":
                self._message(event["conversation"], event["message"])
            case "delta":
                self.shown.grow(event)
            case "position":
                self.shown.place(event)
            case "finished":
                self.shown.finish(event)
            case "error":
                self._refused(event)

    def _transcript(self, conversation: Event | None, rows: list[Event]) -> None:
        key = conversation["id"] if conversation else None
        asks_for_new = any(place is None and command["client_id"] in self._said for place, command in self.outbox)
        if key is not None and self.shown.id is None and asks_for_new:
            self._adopt(key)
        for row in rows:
            self._settle(row)
        if key != self.shown.id:
            return
        self._opened()
        self.shown.replace(rows)
        self._began()
        self._flush(lambda place: place == key)

    def _message(self, conversation: str, row: Event) -> None:
        place = self._settle(row)
        if place == [None] and self.shown.id is None:
            self._adopt(conversation)
        if conversation == self.shown.id:
            self.shown.add(row)
            self._began()

    def _refused(self, error: Event) -> None:
        code, command = error["code"], error["command"]
        if code == "stopping":
            return  # what was sent goes out again to the server's successor
        if command == "open":
            self.shown.missing = code == "not_found"
            if not self.shown.missing:
                self._hole()
        elif command not in ("cancel", "ack"):
            self._history.note("refused", client_id=error["client_id"], command=command, code=code)
            self.shown.regenerating = None
            self.outbox[:] = [item for item in self.outbox if item[1]["client_id"] != error["client_id"]]

    # The outbox

    def _busy(self) -> bool:
        waits = any(place == self.shown.id for place, _ in self.outbox)
        return bool(self.shown.live or waits or self.shown.regenerating or self.shown.missing)

    def _post(self, command: Event) -> str | None:
        if self._busy():
            return None
        command["client_id"] = str(uuid.uuid4())
        self.outbox.append([self.shown.id, command])
        if self.shown.known or self.shown.id is None:
            self._flush(lambda place: place == self.shown.id)
        return str(command["client_id"])

    def _flush(self, concerns: Any) -> None:
        """Says what waits for these conversations and was not said on this socket."""
        for place, command in self.outbox:
            if not concerns(place) or command["client_id"] in self._said:
                continue
            if not self._is_complete(place, command):
                continue
            if command["type"] == "send":
                command.setdefault("parent", self.shown.end)
            if self._say(command):
                self._said.add(command["client_id"])

    def _is_complete(self, place: str | None, command: Event) -> bool:
        """What was written before its conversation was here does not know yet what it answers."""
        return command["type"] != "send" or "parent" in command or place == self.shown.id

    def _settle(self, row: Event) -> list[str | None] | None:
        """The message is stored: it waits no longer. Returns where it was sent to."""
        found = [item for item in self.outbox if item[1]["client_id"] == row["client_id"]]
        self.outbox[:] = [item for item in self.outbox if item not in found]
        if row["client_id"]:
            self._history.note("stored", client_id=row["client_id"], message=row["id"])
        return [found[0][0]] if found else None

    def _adopt(self, conversation: str) -> None:
        """The new chat has become a conversation."""
        self.shown.id = conversation
        for item in self.outbox:
            item[0] = item[0] or conversation

    # Opening

    def _conversation(self, key: str | None) -> Shown:
        def ack(generation: str, cursor: int) -> None:
            self.link.send({"type": "ack", "generation": generation, "cursor": cursor})

        return Shown(key, self._history, self.rest, ack, self._hole)

    def _open(self) -> None:
        self._opened()
        self._asked_at = asyncio.get_running_loop().time()
        self._say({"type": "open", "conversation": self.shown.id, **self.shown.position})
        if self.shown.live:
            self.shown.live.end()  # what comes before the transcript is counted from there, and will come again

    def _opened(self) -> None:
        if self._reopening:
            self._reopening.cancel()
        self._reopening = None

    def _hole(self) -> None:
        """Text was lost: asks as soon as it is decent."""
        if not self._reopening:
            self._history.note("act", what="hole")
            wait = max(0.0, self._asked_at + REOPEN_EVERY - asyncio.get_running_loop().time())
            self._reopening = self.rest.later(wait, self._open)

    def _began(self) -> None:
        if self.shown.live and self.shown.live.generation == self.shown.stopping:
            self.stop()

    def _say(self, command: Event) -> bool:
        said = self.link.send(command)
        if said:
            self._history.note("said", **command)
        return said
