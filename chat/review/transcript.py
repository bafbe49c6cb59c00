"""Puts the tree of a conversation's messages into an order that can be read from top to bottom. Rows in, values out.

The *main line* is what the chat page shows: at each fork the version that its owner turned to, else the one that leads
to the newest message. Wherever it passes a fork, the other versions stand right before the version it takes, each as a
`Branch`: a straight line of messages again. A branch that forks in turn is followed by its own side branches, on the
same level. So nothing is nested more than once, however deep the tree is, and every message appears exactly once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from chat.models import File, Generation, Message
from chat.review.words import RATINGS, Fact, ending, facts, outcome


@dataclass(frozen=True)
class Entry:
    """One message as the page shows it."""

    message: Message
    number: int
    """Its place among all messages of the conversation in the order of time, from 1."""

    version: int
    versions: int
    status: str
    """As in the chat page: the generation's status, and "complete" for what a person wrote."""

    outcome: str
    """Finer than `status`; empty for what no generation wrote. So are `ending` and `facts`."""

    ending: str
    facts: list[Fact]
    files: list[File]
    rating: str
    """In words; empty where the owner gave none. The comment stands in the message."""


@dataclass(frozen=True)
class Branch:
    """A version that the main line does not take, and what was said after it."""

    entries: list[Entry]
    after: Entry | None
    """The message that this version follows; None: it is the conversation's beginning."""

    @property
    def first(self) -> Entry:
        return self.entries[0]


@dataclass(frozen=True)
class Step:
    """A message of the main line, and the branches that leave where it stands."""

    entry: Entry
    branches: list[Branch]

    @property
    def versions_beside(self) -> int:
        return self.entry.versions - 1

    @property
    def messages_beside(self) -> int:
        return sum(len(branch.entries) for branch in self.branches)


def read(messages: Iterable[Message], files: Mapping[UUID, list[File]] | None = None) -> list[Step]:
    """The main line with everything beside it, from all messages of one conversation, oldest first, and their files."""
    tree = _Tree(messages, files or {})
    return [Step(tree.entry(message), tree.branches_beside(message)) for message in tree.line(tree.newest_root())]


class _Tree:
    def __init__(self, messages: Iterable[Message], files: Mapping[UUID, list[File]]) -> None:
        self._files = files
        self._rows = {message.pk: message for message in messages}
        self._numbers = {key: number for number, key in enumerate(self._rows, start=1)}
        self._children: dict[UUID | None, list[Message]] = defaultdict(list)
        for message in self._rows.values():
            self._children[self._parent(message)].append(message)
        self._newest = self._newest_below()

    def newest_root(self) -> Message | None:
        return self._next(None)

    def line(self, start: Message | None) -> list[Message]:
        """From `start` down, at each fork towards the chosen or the newest message."""
        line = []
        while start:
            line.append(start)
            start = self._next(start.pk)
        return line

    def branches_beside(self, message: Message) -> list[Branch]:
        """Every branch that begins at a sibling of `message`, each followed by the branches that leave it."""
        branches = []
        waiting = self._others(message)[::-1]
        while waiting:
            line = self.line(waiting.pop())
            branches.append(self._branch(line))
            leaving = [other for passed in line[1:] for other in self._others(passed)]
            waiting.extend(reversed(leaving))
        return branches

    def entry(self, message: Message) -> Entry:
        family = self._children[self._parent(message)]
        generation = _generation(message)
        return Entry(
            message=message,
            number=self._numbers[message.pk],
            version=family.index(message) + 1,
            versions=len(family),
            status=generation.status if generation else Generation.Status.COMPLETE.value,
            outcome=outcome(generation).value if generation else "",
            ending=ending(generation) if generation else "",
            facts=facts(generation) if generation else [],
            files=self._files.get(message.pk, []),
            rating=RATINGS.get(Message.Rating(message.rating), ""),
        )

    def _branch(self, line: list[Message]) -> Branch:
        above = self._parent(line[0])
        return Branch([self.entry(message) for message in line], self.entry(self._rows[above]) if above else None)

    def _next(self, key: UUID | None) -> Message | None:
        return max(self._children[key], key=lambda child: (child.chosen, self._newest[child.pk]), default=None)

    def _others(self, message: Message) -> list[Message]:
        return [sibling for sibling in self._children[self._parent(message)] if sibling != message]

    def _parent(self, message: Message) -> UUID | None:
        """A message whose parent is not among the rows stands at the beginning rather than vanish."""
        return message.parent_id if message.parent_id in self._rows else None

    def _newest_below(self) -> dict[UUID, int]:
        """For each message, the number of the newest among it and all that follow it."""
        newest = dict(self._numbers)
        for key in reversed(self._from_the_roots()):
            newest[key] = max([newest[key], *(newest[child.pk] for child in self._children[key])])
        return newest

    def _from_the_roots(self) -> list[UUID]:
        """Every key, parents before children: not the order of time, which a clock that was set back would break."""
        keys = [root.pk for root in self._children[None]]
        for key in keys:
            keys.extend(child.pk for child in self._children[key])
        return keys


def _generation(message: Message) -> Generation | None:
    """Django answers by an exception where a one-to-one relation has nothing at its other end."""
    return getattr(message, "generation", None)
