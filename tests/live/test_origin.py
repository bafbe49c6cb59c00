"""Who may open a socket: a page of ours, compared letter by letter. In process, and then on a real server."""

import pytest
from channels.testing import WebsocketCommunicator

from chat.live.origin import ExactOriginValidator

pytestmark = pytest.mark.django_db  # Channels looks after old connections before it refuses

OURS = ["http://127.0.0.1:8000", "https://chat.example.org", "http://[::1]:8000"]


async def accepts(*origins):
    """Does the handshake with these Origin headers get through?"""

    async def application(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})

    headers = [(b"origin", origin) for origin in origins]
    communicator = WebsocketCommunicator(ExactOriginValidator(application, OURS), "/ws/", headers=headers)
    connected, _ = await communicator.connect()
    await communicator.disconnect()
    return connected


@pytest.mark.parametrize("origin", [*OURS, "HTTPS://Chat.Example.ORG"])
async def test_our_own_pages_get_through(origin):
    assert await accepts(origin.encode())


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example.org",
        "http://127.0.0.1",  # another port
        "http://127.0.0.1:8001",
        "https://127.0.0.1:8000",  # another scheme
        "http://chat.example.org",
        "https://chat.example.org.evil.net",
        "https://evil.net/https://chat.example.org",
        "https://chat.example.org/",
        "https://user@chat.example.org",
        " https://chat.example.org",
        "null",
        "",
        "chat.example.org",
        "//chat.example.org",
        "http://[::1",  # what makes address parsers raise
        "http://127.0.0.1:99999999",
        "http://\u0130.example",
        "http://\x00",
    ],
)
async def test_every_other_origin_is_refused(origin):
    assert not await accepts(origin.encode())


async def test_a_handshake_without_an_origin_is_refused():
    assert not await accepts()


async def test_two_origins_are_refused_though_one_is_ours():
    assert not await accepts(OURS[0].encode(), b"http://evil.example.org")
    assert not await accepts(OURS[0].encode(), OURS[0].encode())


async def test_bytes_that_are_no_text_are_refused():
    assert not await accepts(b"\xff\xfe")
