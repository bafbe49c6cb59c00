"""The messages of one conversation as a tree, and the path through it that its owner sees. Rows in, rows out.

The rule of static/js/tree.js, for the server.
"""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from chat.models.message import Message


class Tree:
    def __init__(self, messages: Iterable[Message]) -> None:
        """Of messages that come oldest first. One whose parent is not among them stands at the root, not to vanish."""
        self.rows = {message.pk: message for message in messages}
        self._children: defaultdict[UUID | None, list[Message]] = defaultdict(list)
        for message in self.rows.values():
            self._children[self.parent(message)].append(message)
        self._newest = self._newest_below()

    def path(self, start: Message | None = None) -> list[Message]:
        """From `start` down, or from the root: at each fork the chosen version, else the one that leads to the newest
        message.
        """
        message = start or self._next(None)
        found = []
        while message:
            found.append(message)
            message = self._next(message.pk)
        return found

    def parent(self, message: Message) -> UUID | None:
        return message.parent_id if message.parent_id in self.rows else None

    def versions(self, message: Message) -> list[Message]:
        """It and its siblings, oldest first."""
        return self._children[self.parent(message)]

    def _next(self, key: UUID | None) -> Message | None:
        return max(self._children[key], key=lambda child: (child.chosen, self._newest[child.pk]), default=None)

    def _newest_below(self) -> dict[UUID, int]:
        """For each message how new the newest one among it and all below it is."""
        newest = {key: age for age, key in enumerate(self.rows)}
        for message in reversed(self._from_the_roots()):
            newest[message.pk] = max([newest[message.pk], *(newest[child.pk] for child in self._children[message.pk])])
        return newest

    def _from_the_roots(self) -> list[Message]:
        """Parents before children: not the order of time, which a clock that was set back would break."""
        found = list(self._children[None])
        for message in found:  # grows while it is read
            found.extend(self._children[message.pk])
        return found
