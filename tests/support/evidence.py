"""What a run of the fault tests leaves behind, for the checker in history.py: plain values, no judgement but one.

The one is the law of prefixes, which a page's history checks each time text is shown: see `History.shows`.
"""

import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.support.story import Question, Story, Telling, story_of

FOR_EVER = float("inf")
Span = tuple[float, float]

TERMINAL = {"complete", "cancelled", "truncated", "failed", "interrupted"}


class Note(NamedTuple):
    """One thing that happened to a page, at a monotonic time."""

    at: float
    kind: str
    facts: dict[str, Any]


class Picture(NamedTuple):
    """What a page shows at one moment."""

    conversation: str | None
    connected: bool
    rows: dict[str, "ShownRow"]  # by the message's key
    waiting: list[str]  # client_ids of what was sent and is not acknowledged


class ShownRow(NamedTuple):
    role: str
    content: str
    reasoning: str
    status: str  # of its generation; empty for a person's message


class History:
    """Everything that happened to one page, the oldest first.

    The kinds of notes, with their facts:
    said (the command's fields) · heard (type, and of a delta generation, start, end) · connected (base) · lost (code)
    · stored (client_id, message) · refused (client_id, command, code) · shown (generation, length)
    · ended (generation, status, end) · act (what) · broken (words)
    """

    def __init__(self, page: str) -> None:
        self.page = page
        self.notes: list[Note] = []
        self.picture: Picture | None = None  # what it showed in the end
        self._stories: dict[str, Story] = {}

    def note(self, kind: str, **facts: Any) -> None:
        self.notes.append(Note(time.monotonic(), kind, facts))

    def of(self, *kinds: str) -> list[Note]:
        return [note for note in self.notes if note.kind in kinds]

    def shows(self, generation: str, question: str, content: str, reasoning: str) -> None:
        """Text is on the screen: it must be the beginning of a story that was told to this question."""
        length = len(content) + len(reasoning)
        self.note("shown", generation=generation, length=length)
        story = story_of(content, reasoning)
        story = self._stories.setdefault(story.tag, story) if story else None
        if length and not _fits(story, question, content, reasoning):
            words = f"shows {content[-60:]!r} after the reasoning {reasoning[-60:]!r} as an answer to {question!r}"
            self.note("broken", words=f"{words} (generation {generation}, {length} code points)")


def _fits(story: Story | None, question: str, content: str, reasoning: str) -> bool:
    if story is None or story.nonce != Question.read(question).nonce:
        return False
    return story.split(len(content) + len(reasoning)) == (content, reasoning)


@dataclass(frozen=True)
class StoredMessage:
    key: str
    conversation: str
    role: str
    client_id: str | None
    parent: str | None
    content: str
    reasoning: str


@dataclass(frozen=True)
class StoredGeneration:
    """`finished_at` is a monotonic time; `pid` the process that wrote it."""

    key: str
    message: str
    status: str
    cursor: int
    pid: int
    finished_at: float | None


class Seen(NamedTuple):
    """A generation's row as it was at one moment of the run."""

    at: float
    generation: str
    status: str
    cursor: int


@dataclass
class Life:
    """One process of a server, from its start to its end."""

    pid: int
    began: float
    ready: float = FOR_EVER
    ended: float = FOR_EVER
    killed: bool = False
    frozen: list[Span] = field(default_factory=list)


class Fault(NamedTuple):
    """Something did not work for a while. `what`: redis, postgres, page (`who` is its name), door (`who` is a base)."""

    what: str
    who: str
    began: float
    ended: float


@dataclass
class Evidence:
    """All that a run has left. `servers` are the lives of each by the base at which pages reach it."""

    histories: list[History] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    messages: dict[str, StoredMessage] = field(default_factory=dict)
    generations: dict[str, StoredGeneration] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    servers: dict[str, list[Life]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    logouts: dict[str, float] = field(default_factory=dict)  # when, by the page's name
    streaming: int = 0  # answers that the upstream is still giving
    ended: float = 0.0  # when this was gathered

    def question(self, generation: StoredGeneration) -> Question:
        """What it answers."""
        parent = self.messages[generation.message].parent
        return Question.read(self.messages[parent or ""].content)

    def telling(self, generation: StoredGeneration) -> Telling | None:
        """What the upstream told it: as its text says, else by the nonce where no other answer has it."""
        message, nonce = self.messages[generation.message], self.question(generation).nonce
        if story := story_of(message.content, message.reasoning):
            return next((telling for telling in self.tellings if telling.tag == story.tag), None)
        asked = [telling for telling in self.tellings if telling.question.nonce == nonce]
        rivals = [other for other in self.generations.values() if self.question(other).nonce == nonce]
        return asked[0] if len(asked) == len(rivals) == 1 else None

    def life(self, pid: int) -> Life | None:
        return next((life for lives in self.servers.values() for life in lives if life.pid == pid), None)

    def base(self, generation: StoredGeneration) -> str:
        """Where pages reach the server that writes it; empty when no server of the run does."""
        return next(
            (base for base, lives in self.servers.items() if generation.pid in {life.pid for life in lives}), ""
        )

    def faulty(self, what: str, start: float, end: float, who: str = "") -> list[Span]:
        """When this did not work between two times; `who` narrows it down."""
        return [
            (fault.began, fault.ended)
            for fault in self.faults
            if fault.what == what and fault.began <= end and fault.ended >= start and who in ("", fault.who)
        ]

    def ailing(self, base: str, start: float, end: float) -> bool:
        """Whether a server was not all there at some time between two: frozen, not running, or behind a bad network."""
        lives = [life for life in self.servers.get(base, []) if life.began <= start and life.ended >= end]
        frozen = any(began <= end and ended >= start for life in lives for began, ended in life.frozen)
        return not lives or frozen or bool(self.faulty("door", start, end, base))
