"""What a follower of a generation hears, and the law of frames: each begins where the one before it ended."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from chat.relay.text import Ending, Frame

SECONDS = 5.0


async def all_of(items: AsyncGenerator[Frame | Ending], within: float = SECONDS) -> tuple[list[Frame], Ending]:
    """Follows to the end; the frames and the ending."""
    frames: list[Frame] = []
    async with asyncio.timeout(within), aclosing(items):
        async for item in items:
            if isinstance(item, Ending):
                return frames, item
            frames.append(item)
    raise AssertionError("the follower was let go without an ending")


async def until_text(items: AsyncGenerator[Frame | Ending], text: str, within: float = SECONDS) -> list[Frame]:
    """Follows until this text has come, content and reasoning together, and leaves the follower open."""
    frames: list[Frame] = []
    async with asyncio.timeout(within):
        while text_of(frames) != text:
            item = await anext(items)
            assert isinstance(item, Frame), f"it ended with {item} after {text_of(frames)!r}"
            frames.append(item)
    return frames


async def until_phase(items: AsyncGenerator[Frame | Ending], phase: str, within: float = SECONDS) -> None:
    async with asyncio.timeout(within):
        async for item in items:
            assert isinstance(item, Frame), f"it ended with {item}"
            if item.phase == phase:
                return


def text_of(frames: list[Frame]) -> str:
    """The text of frames that follow each other without a hole."""
    text = ""
    for before, frame in zip([None, *frames], frames, strict=False):
        said = "".join(part.text for part in frame.parts)
        assert frame.end - frame.start == len(said), f"{frame} does not span its text"
        assert before is None or frame.start == before.end, f"{frame} does not begin where {before} ended"
        text += said
    return text
