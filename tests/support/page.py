"""A tab as the real page behaves, without a browser: it reconnects, resumes, acknowledges and sends again by itself.

Its parts follow static/js/ file by file: page_link.py the connection, page_answer.py the law of cursors, page_script.py
the rest. It lives on a loop and a thread of its own; what happens to it is kept in `history` for the checker.

    with Page([brook.url], alice.cookie, "alice's first tab") as page:
        page.ask("Hi")
        page.until(lambda: page.status == "complete")
        assert page.text == "Hello"
        page.freeze()                                   # a tab that stands still: it reads nothing
"""

from collections.abc import Callable
from itertools import count
from random import Random
from types import TracebackType
from typing import Any

from tests.support.evidence import History, Picture, ShownRow
from tests.support.page_script import Script
from tests.support.polling import wait_until
from tests.support.upstream_thread import Portal

_numbers = count(1)


class Page:
    """Opens on entering. With several `bases` each connection goes to the next one, beginning anywhere."""

    def __init__(
        self, bases: list[str], cookie: str, name: str = "", conversation: str | None = None, seed: int = 0
    ) -> None:
        self.name = name or f"page {next(_numbers)}"
        self.cookie = cookie
        self.history = History(self.name)
        self._dice = Random(f"{seed} {self.name}")  # noqa: S311 - a repeatable choice, no secret
        self._bases = bases
        self._bases = self._after(self._dice.choice(bases))
        self._conversation = conversation
        self._outbox: list[list[Any]] = []
        self._portal: Portal
        self._script: Script

    # What the person does. Returns what the page makes of it: nothing, where it does not take it now.

    def ask(self, content: str) -> str | None:
        """Presses Send; the client_id."""
        return self._do("ask", content)

    def edit(self, content: str) -> str | None:
        return self._do("edit", content)

    def regenerate(self) -> bool:
        return self._do("regenerate")

    def say_again(self) -> bool:
        return self._do("say_again")

    def stop(self) -> bool:
        return self._do("stop")

    def show(self, conversation: str | None) -> None:
        self._do("show", conversation)

    def reload(self) -> None:
        """Forgets everything but the address and what was not acknowledged, and connects to the next server."""
        self.history.note("act", what="reload")
        self._bases = self._after(self.base) if self.base else self._bases
        self._portal.call(self._reload())

    def freeze(self) -> None:
        """The tab stands still: nothing is read, no timer runs."""
        self.history.note("act", what="freeze")
        self._portal.call(self._freeze())

    def thaw(self) -> None:
        """The tab is looked at again."""
        self.history.note("act", what="thaw")
        self._portal.call(self._thaw())

    # What it shows

    @property
    def picture(self) -> Picture:
        return self._portal.call(self._picture())

    @property
    def conversation(self) -> str | None:
        return self.picture.conversation

    @property
    def answer(self) -> ShownRow:
        """The newest answer; an empty one while there is none."""
        answers = [row for row in self.picture.rows.values() if row.role == "assistant"]
        return answers[-1] if answers else ShownRow("assistant", "", "", "")

    @property
    def text(self) -> str:
        return self.answer.content

    @property
    def status(self) -> str:
        return self.answer.status

    @property
    def base(self) -> str:
        """The server of its connection, or of its last one."""
        return self._script.link.base

    @property
    def is_logged_out(self) -> bool:
        return self._script.logged_out

    def until(self, holds: Callable[[], object], within: float = 5.0) -> None:
        try:
            wait_until(holds, within)
        except AssertionError as error:
            error.add_note(f"{self.name} shows {self.picture}")
            raise

    # Its life

    def __enter__(self) -> "Page":
        self._portal = Portal()
        self._portal.call(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.history.picture = self.picture
        self._portal.call(self._script.end())
        self._portal.close()

    async def _open(self) -> None:
        self._script = Script(self._bases, self.cookie, self.history, self._dice, self._conversation, self._outbox)

    def _after(self, base: str) -> list[str]:
        """Its servers, beginning with the next one."""
        start = self._bases.index(base) + 1
        return [*self._bases[start:], *self._bases[:start]]

    async def _reload(self) -> None:
        self._conversation = self._script.shown.id
        await self._script.end()
        await self._open()

    async def _freeze(self) -> None:
        self._script.rest.freeze()

    async def _thaw(self) -> None:
        self._script.rest.thaw()
        self._script.link.wake()

    async def _picture(self) -> Picture:
        return self._script.picture()

    def _do(self, act: str, *arguments: Any) -> Any:
        async def carry_out() -> Any:
            return getattr(self._script, act)(*arguments)

        return self._portal.call(carry_out())
