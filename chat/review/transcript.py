"""Puts the tree of a conversation's messages into an order that can be read from top to bottom. Rows in, values out.

The *main line* is what the chat page shows: at each fork the version that its owner turned to, else the one that leads
to the newest message. Wherever it passes a fork, the other versions stand right before the version it takes, each as a
`Branch`: a straight line of messages again. A branch that forks in turn is followed by its own side branches, on the
same level. So nothing is nested more than once, however deep the tree is, and every message appears exactly once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from chat.models import File, Generation, Message, Tree
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
    tree = Tree(messages)
    reading = _Reading(tree, files or {})
    return [Step(reading.entry(message), reading.branches_beside(message)) for message in tree.path()]


class _Reading:
    def __init__(self, tree: Tree, files: Mapping[UUID, list[File]]) -> None:
        self._tree = tree
        self._files = files
        self._numbers = {key: number for number, key in enumerate(tree.rows, start=1)}

    def branches_beside(self, message: Message) -> list[Branch]:
        """Every branch that begins at a sibling of `message`, each followed by the branches that leave it."""
        branches = []
        waiting = self._others(message)[::-1]
        while waiting:
            line = self._tree.path(waiting.pop())
            branches.append(self._branch(line))
            leaving = [other for passed in line[1:] for other in self._others(passed)]
            waiting.extend(reversed(leaving))
        return branches

    def entry(self, message: Message) -> Entry:
        versions = self._tree.versions(message)
        generation = _generation(message)
        return Entry(
            message=message,
            number=self._numbers[message.pk],
            version=versions.index(message) + 1,
            versions=len(versions),
            status=generation.status if generation else Generation.Status.COMPLETE.value,
            outcome=outcome(generation).value if generation else "",
            ending=ending(generation) if generation else "",
            facts=facts(generation) if generation else [],
            files=self._files.get(message.pk, []),
            rating=RATINGS.get(Message.Rating(message.rating), ""),
        )

    def _branch(self, line: list[Message]) -> Branch:
        above = self._tree.parent(line[0])
        after = self.entry(self._tree.rows[above]) if above else None
        return Branch([self.entry(message) for message in line], after)

    def _others(self, message: Message) -> list[Message]:
        return [sibling for sibling in self._tree.versions(message) if sibling != message]


def _generation(message: Message) -> Generation | None:
    """Django answers by an exception where a one-to-one relation has nothing at its other end."""
    return getattr(message, "generation", None)
