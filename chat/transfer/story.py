"""A conversation on its way in, whatever file it comes from; and what must hold for it. Pure but for its words."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from chat.transfer.format import Head, Said
from chat.transfer.wrong import Wrong

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""Beyond these, databases and browsers have years that they cannot show."""

STEP = timedelta(milliseconds=1)
"""What a message is younger than the one it follows, at least: both databases must tell them apart."""


class Story(NamedTuple):
    head: Head
    messages: Sequence[Said]
    """In any order."""

    left_out: int = 0
    """Parts that are no text."""


def check(story: Story, check_file: Callable[[bytes], object]) -> None:
    """Raises `Wrong`, with the path from the conversation on. `check_file` raises it for a file that is none."""
    _check_time(story.head.created, "created")
    _check_time(story.head.updated, "updated")
    known: set[str] = set()
    for number, message in enumerate(story.messages):
        try:
            _check_message(message, known, check_file)
        except Wrong as wrong:
            raise wrong.within("messages", number) from None
    for number, message in enumerate(story.messages):
        if message.parent is not None and message.parent not in known:
            words = _("“parent” must be the identifier of a message of the same conversation, or null.")
            raise Wrong(words, ("messages", number, "parent"))
    _check_files(story.messages)
    in_order(story.messages)


def _check_message(message: Said, known: set[str], check_file: Callable[[bytes], object]) -> None:
    if message.id in known:
        raise Wrong(_("“id” must be another one for each message."), ("id",))
    known.add(message.id)
    _check_time(message.created, "created")
    for name in ("started", "first_delta", "finished"):
        when = getattr(message.generation, name, None)
        if when is not None:
            _check_time(when, "generation", name)
    for number, file in enumerate(message.files):
        try:
            file.data is None or check_file(file.data)
        except Wrong as wrong:
            raise wrong.within("files", number) from None


def _check_files(messages: Sequence[Said]) -> None:
    """Of those that come more than once, one has the data."""
    whole = {file.id for message in messages for file in message.files if file.data is not None}
    for number, message in enumerate(messages):
        for place, file in enumerate(message.files):
            if file.id not in whole:
                words = _("“data” is missing here, and there is no other file of this “id” in the conversation.")
                raise Wrong(words, ("messages", number, "files", place))


def _check_time(when: datetime, *path: str) -> None:
    if not EARLIEST <= when <= LATEST:
        raise Wrong(_("“{field}” must be a time from 1970 on.").format(field=path[-1]), path)


def in_order(messages: Sequence[Said], latest: datetime = LATEST) -> list[tuple[Said, datetime]]:
    """Each message behind the one it follows, with a time that is later than that one's, and none later than `latest`.

    Raises `Wrong` for messages that follow one another in a ring.
    """
    children: dict[str | None, list[tuple[int, Said]]] = {}
    for number, message in enumerate(messages):
        children.setdefault(message.parent, []).append((number, message))
    ordered: list[tuple[Said, datetime]] = []
    last_begin = latest - STEP * len(messages)  # all of them may follow, one step apart
    waiting = [(child, EARLIEST) for _number, child in children.pop(None, [])]
    for message, earliest in waiting:  # grows while it is read
        when = max(min(message.created, last_begin), earliest)
        ordered.append((message, when))
        waiting += [(child, when + STEP) for _number, child in children.pop(message.id, [])]
    if children:
        [(number, _message), *_others] = next(iter(children.values()))
        raise Wrong(_("This message follows itself, by way of others."), ("messages", number, "parent"))
    return ordered
