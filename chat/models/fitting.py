"""Which messages go along in a prompt. Pure: they are chosen by their sizes, before anything of them is read."""

from collections.abc import Sequence
from typing import NamedTuple

PICTURE_CHARS = 4_000
"""What a picture takes of a prompt's room: about the thousand tokens that models read it as."""

PICTURE_BYTES = 20 * 1024 * 1024
"""All pictures of one prompt. In base64 they are 28 MB, and vendors take requests of 20 to 50 MB; each answer under way
needs them in memory until they are sent."""


class Size(NamedTuple):
    """What a message takes."""

    role: str
    chars: int
    """A text file counts as many as it has bytes, a picture as `PICTURE_CHARS`."""

    picture_bytes: int = 0


def fit(sizes: Sequence[Size], chars: int, last: int = 1) -> list[int]:
    """The places of the messages that fit: system ones, then the newest ones. The `last` ones always stay.

    They fit into `chars` characters and `PICTURE_BYTES`. Never begins with an answer whose question was left out.
    """
    system = [at for at, size in enumerate(sizes) if size.role == "system"]
    rest = [at for at, size in enumerate(sizes) if size.role != "system"]
    first = staying = max(len(rest) - last, 0)
    always = [sizes[at] for at in (*system, *rest[staying:])]
    chars -= sum(size.chars for size in always)
    picture_bytes = PICTURE_BYTES - sum(size.picture_bytes for size in always)
    while first > 0:
        size = sizes[rest[first - 1]]
        if size.chars > chars or size.picture_bytes > max(picture_bytes, 0):
            break
        first -= 1
        chars -= size.chars
        picture_bytes -= size.picture_bytes
    while 0 < first < staying and sizes[rest[first]].role == "assistant":
        first += 1
    return [*system, *rest[first:]]
