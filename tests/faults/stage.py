"""Where a fault happens: people and pages on a fleet, answers that tell on themselves, and the checker at the end.

page = stage.page()                             # on one of the servers; on the next one when that is lost
question = stage.ask(page)
owner, other = stage.owner_and_other(page)
elsewhere = stage.page(other, conversation=page.conversation)
owner.kill()
...
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise

from django.db import connections
from websockets.sync.client import connect

from chat.models import Generation, Message
from tests.support import history
from tests.support.deadlines import judged_delays
from tests.support.evidence import Evidence, StoredGeneration, StoredMessage
from tests.support.fleet import Fleet, Member
from tests.support.page import Page
from tests.support.polling import wait_until
from tests.support.served import Person
from tests.support.story import Question, Storyteller, Telling
from tests.support.tabs import Tab
from tests.support.upstream_thread import ScriptedUpstreamThread

HEALING = 10.0
"""Seconds after the end of a fault until every page shows what is stored: promise G3."""

INTERRUPTED = 20.0
"""Seconds after the last sign of a process until somebody has interrupted its answers: promise G6."""

DELAY = 0.5
"""Seconds by which nothing that fails may delay a stream: promise G7, and as much again for a computer that has other
things to do. Waiting for what has failed would take a second or more."""

RULES = (
    history.accepted_is_stored,
    history.one_request_each,
    history.shown_is_told,
    history.shown_is_stored,
    history.one_end,
    history.nothing_sticks,
)
"""What must hold after every fault. The promises that concern time are measured by the tests themselves."""

LONG = 1000
"""Words: more than anybody waits for."""


class Stage:
    """One test's. What it asks and shows is checked when the test is over."""

    def __init__(self, fleet: Fleet, upstream: ScriptedUpstreamThread, stack: ExitStack) -> None:
        self.fleet, self.upstream = fleet, upstream
        self.teller = Storyteller()
        upstream.default = self.teller
        self.rules = list(RULES)
        self.logouts: dict[str, float] = {}
        self._stack = stack
        self._people: list[Person] = []
        self._pages: list[Page] = []
        self.alice = self.person("alice")

    def person(self, name: str) -> Person:
        self._people.append(self.fleet.database.person(name))
        return self._people[-1]

    def page(self, *members: Member, person: Person | None = None, conversation: str | None = None) -> Page:
        """A page that is connected to one of these members, or of all."""
        page = self.opening(*members, person=person, conversation=conversation)
        page.until(lambda: page.picture.connected, HEALING)
        return page

    def opening(self, *members: Member, person: Person | None = None, conversation: str | None = None) -> Page:
        """A page that is just being opened."""
        bases = [member.base for member in members or self.fleet.members]
        page = Page(bases, (person or self.alice).cookie, conversation=conversation)
        self._pages.append(page)
        return self._stack.enter_context(page)

    def pair(self, person: Person | None = None) -> tuple[Page, Page]:
        """Two pages that show the same conversation, each on a member of its own. What one asks, the other follows."""
        first, second = self.fleet.members
        page = self.page(first, person=person)
        self.ask(page, words=3, pace="burst")
        until_status(page, status="complete")
        elsewhere = self.page(second, person=person, conversation=page.conversation)
        until_status(elsewhere, status="complete")
        return page, elsewhere

    @contextmanager
    def tab(self, member: Member, person: Person | None = None) -> Iterator[Tab]:
        """A tab that says just what it is told to, past its welcome."""
        address, cookie = member.base.replace("http", "ws", 1), {"Cookie": (person or self.alice).cookie}
        connection = connect(f"{address}/ws/", origin=member.base, additional_headers=cookie, proxy=None)
        with Tab(connection) as tab:
            tab.until("welcome")
            yield tab

    def owner_and_other(self, page: Page) -> tuple[Member, Member]:
        """The member that the page is connected to, which runs what is asked there, and another one."""
        owner = next(member for member in self.fleet.members if member.base == page.base)
        return owner, next(member for member in self.fleet.members if member is not owner)

    # Questions and answers

    def ask(self, page: Page, words: int = LONG, pace: str = "steady", ends: str = "stop") -> Question:
        """Asks what nobody else asks; returns when the page shows the first word of the answer, if it has one."""
        question = new_question(words, pace, ends)
        assert page.ask(question.text), "the page does not take it now"
        page.until(lambda: status_of(page, question), HEALING)
        until_words(page, min(words, 1))
        return question

    def telling(self, question: Question, within: float = 5.0) -> Telling:
        """What the upstream tells about this question, the last time that it is asked."""
        wait_until(lambda: self.tellings(question), within, "the upstream was not asked")
        return self.tellings(question)[-1]

    def tellings(self, question: Question) -> list[Telling]:
        return [telling for telling in self.teller.tellings if telling.question.nonce == question.nonce]

    def row(self, question: Question) -> Generation:
        """The newest answer to this question, as the database has it."""
        self.reconnect()
        answers = Generation.objects.using(self.fleet.database.alias).select_related("message")
        return answers.filter(message__parent__content=question.text).latest("started_at")

    def until_stored(self, question: Question) -> None:
        """Waits until the checkpoints have caught up: in the database is what was written until now."""
        written = self.telling(question).end
        wait_until(lambda: self.row(question).cursor >= written, HEALING)

    def answers(self, person: Person) -> list[Generation]:
        """All that this person was told, as the database has it."""
        self.reconnect()
        return list(Generation.objects.using(self.fleet.database.alias).filter(conversation__owner=person.user))

    def reconnect(self) -> None:
        """A fault may have cut the test's own connection to the database."""
        connections[self.fleet.database.alias].close()

    def worst_delay(self, page: Page) -> float:
        """Seconds from when the upstream had written some text until it came to a page of its own process, at worst."""
        delays = [delay for delay, _ in judged_delays(page.history, self._evidence())]
        assert len(delays) > 30, "hardly any text came"
        return max(delays)

    # The end

    def settle(self) -> None:
        """Returns as soon as every promise holds for everybody who looks on."""
        self.upstream.until_streaming(0, within=HEALING)
        deadline = time.monotonic() + HEALING
        while broken := self._broken():
            assert time.monotonic() < deadline, "\n".join(broken)
            time.sleep(0.1)  # what is looked for is in a database and in other threads

    def _broken(self) -> list[str]:
        evidence = self._evidence()
        return [words for rule in self.rules for words in rule(evidence)]

    def _evidence(self) -> Evidence:
        self.reconnect()
        for page in self._pages:
            page.history.picture = page.picture
        owners = [person.user.pk for person in self._people]
        messages = Message.objects.using(self.fleet.database.alias).select_related("generation")
        mine = list(messages.filter(conversation__owner__in=owners, conversation__deleted_at=None))
        return Evidence(
            histories=[page.history for page in self._pages],
            tellings=self.teller.tellings,
            messages={str(message.pk): _message(message) for message in mine},
            generations={str(row.generation.pk): _generation(row) for row in mine if hasattr(row, "generation")},
            servers={member.base: member.lives for member in self.fleet.members},
            logouts=self.logouts,
            streaming=self.upstream.streaming,
        )


def _message(row: Message) -> StoredMessage:
    optional = {
        name: str(value) if value else None for name, value in (("client_id", row.client_id), ("parent", row.parent_id))
    }
    return StoredMessage(
        str(row.pk), str(row.conversation_id), row.role, content=row.content, reasoning=row.reasoning, **optional
    )


def _generation(row: Message) -> StoredGeneration:
    answer = row.generation
    pid = int(answer.owner_process.split("/")[1])
    return StoredGeneration(str(answer.pk), str(row.pk), answer.status, answer.cursor, pid, finished_at=None)


def new_question(words: int = LONG, pace: str = "steady", ends: str = "stop") -> Question:
    return Question(secrets.token_hex(4), pace, words, ends)


def texts(page: Page) -> tuple[str, str]:
    """Content and reasoning of the newest answer on the page."""
    return page.answer.content, page.answer.reasoning


def length(page: Page) -> int:
    """Code points of the newest answer on the page."""
    return sum(map(len, texts(page)))


def status_of(page: Page, question: Question) -> str:
    """How the page shows the first answer to this question; empty while there is none."""
    for asked, answer in pairwise(page.picture.rows.values()):
        if asked.content == question.text:
            return answer.status
    return ""


def until_words(page: Page, count: int, within: float = HEALING) -> None:
    """Waits until the newest answer on the page has so many words."""

    page.until(lambda: "".join(texts(page)).count(" ") >= count, within)


def until_status(*pages: Page, status: str, within: float = HEALING) -> None:
    """Waits until the newest answer on each of these pages has this status."""
    deadline = time.monotonic() + within
    for page in pages:
        page.until(lambda page=page: page.status == status, max(0.0, deadline - time.monotonic()))
