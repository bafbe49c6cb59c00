"""A tab inside the process, without a server in between: for stalled databases, shortened clocks, chosen moments."""

import asyncio
import json
import uuid
from typing import Any
from urllib.parse import urlencode

from asgiref.testing import ApplicationCommunicator
from channels.testing import WebsocketCommunicator
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.asgi import get_asgi_application

from chat.live.consumer import ChatConsumer
from chat.models import Conversation, Generation, Message
from chat.relay.switchboard import Switchboard
from tests.support.tabs import Event

SECONDS = 5.0

django = get_asgi_application()


class InsideTab:
    """A WebSocket that is read when the test reads, and whose browser has no mind of its own."""

    def __init__(self, board: Switchboard, user: Any, session: SessionStore) -> None:
        self.communicator = WebsocketCommunicator(ChatConsumer.as_asgi(switchboard=board), "/ws/")
        self.communicator.scope.update(user=user, session=session)

    async def connect(self) -> Event:
        """Is accepted; the first event."""
        assert (await self.communicator.connect()) == (True, None)
        return await self.next()

    async def say(self, kind: str, **fields: Any) -> None:
        await self.communicator.send_to(json.dumps({"type": kind, **fields}))

    async def ask(self, content: str, conversation: str | None = None, parent: str | None = None) -> str:
        key = str(uuid.uuid4())
        await self.say("send", client_id=key, conversation=conversation, parent=parent, content=content)
        return key

    async def next(self, within: float = SECONDS) -> Event:
        """The next event, or the close of the socket."""
        async with asyncio.timeout(within):
            message: Event = await self.communicator.output_queue.get()
        return json.loads(message["text"]) if message["type"] == "websocket.send" else message

    async def until(self, kind: str) -> Event:
        while True:
            event = await self.next()
            if event["type"] == kind:
                return event

    async def begin(self, content: str) -> Event:
        """The row of the answer to the first message of a new conversation."""
        await self.ask(content)
        row: Event = (await self.until("transcript"))["messages"][-1]
        return row

    async def open(self, conversation: Any) -> Event:
        await self.say("open", conversation=conversation and str(conversation))
        return await self.until("transcript")

    async def answered(self) -> list[Event]:
        """What came until now, and whatever it waits for besides the database."""
        await self.say("ping")
        heard = [await self.next()]
        while heard[-1]["type"] != "pong":
            heard.append(await self.next())
        return heard[:-1]

    async def leave(self) -> None:
        """The browser goes away; returns when the consumer is done with it."""
        self.communicator.input_queue.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await self.communicator.wait(SECONDS)


async def opened(board: Switchboard, user: Any, session: SessionStore) -> InsideTab:
    tab = InsideTab(board, user, session)
    assert (await tab.connect())["type"] == "welcome"
    return tab


def logged_in(user: Any) -> SessionStore:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session


def key_of(row: Event) -> uuid.UUID:
    """The key of the generation that writes this row."""
    return uuid.UUID(row["generation"]["id"])


def everything() -> list[list[Any]]:
    """The keys of all rows."""
    return [list(model.objects.values_list("pk")) for model in (Conversation, Message, Generation)]


async def idle() -> None:
    """Lets everything run that waits for nothing but its turn."""
    for _ in range(20):
        await asyncio.sleep(0)


def tasks_of(*names: str) -> list[str]:
    """Tasks under way whose work belongs to one of these classes or functions."""
    running = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return [name for name in running if name.startswith(names)]


class InsideStream:
    """`GET /events/` through all of Django, without a server in between."""

    def __init__(self, session: SessionStore, **fields: Any) -> None:
        self.reads = asyncio.Event()
        self.reads.set()
        self.communicator = ApplicationCommunicator(
            self._application,
            {
                "type": "http",
                "method": "GET",
                "path": "/events/",
                "query_string": urlencode(fields).encode(),
                "headers": [(b"host", b"127.0.0.1"), (b"cookie", f"sessionid={session.session_key}".encode())],
            },
        )

    async def begin(self) -> int:
        """The status of the response."""
        await self.communicator.send_input({"type": "http.request", "body": b"", "more_body": False})
        return int((await self._received())["status"])

    async def next(self) -> Event | None:
        """The next event; None at the end of the response."""
        message = await self._received()
        if not message.get("more_body"):
            return None
        event: Event = json.loads(message["body"].removeprefix(b"data: "))
        return event

    async def until(self, kind: str) -> Event:
        while True:
            event = await self.next()
            assert event, f"it ended before {kind}"
            if event["type"] == kind:
                return event

    async def until_ended(self) -> list[Event]:
        """What comes until the response is over."""
        heard = []
        while event := await self.next():
            heard.append(event)
        return heard

    async def leave(self) -> None:
        await self.communicator.send_input({"type": "http.disconnect"})
        await self.communicator.wait(SECONDS)

    async def _received(self) -> Any:
        async with asyncio.timeout(SECONDS):
            return await self.communicator.output_queue.get()

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            await send(message)
            await self.reads.wait()

        await django(scope, receive, sending)
