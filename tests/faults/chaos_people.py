"""What the people of a chaos run do: three of them with two pages each, and one who is logged out on the way."""

from collections import defaultdict
from contextlib import ExitStack
from itertools import count
from random import Random

from tests.support.fleet import Fleet
from tests.support.page import Page
from tests.support.served import Person
from tests.support.story import Question

CAST = {"alice": 2, "bob": 2, "charlie": 2, "dora": 1}  # how many pages each has
LEAVER = "dora"

ANSWERS = [
    # pace, fewest and most words, the longest that it takes in seconds
    ("steady", 20, 150, 6),
    ("slow", 3, 16, 8),
    ("slow", 30, 70, 35),  # longer than a server is frozen
    ("quick", 50, 400, 2),
    ("burst", 500, 4000, 1),
]
HURRY = 10.0  # seconds that an answer may take at most when the end is near
ENDS = ["stop"] * 12 + ["length", "cut", "reset", "error", "fade", "mute"]

_nonces = count(1)


class People:
    """Everybody's pages. `act` lets somebody do something; what and who comes from the dice alone."""

    def __init__(self, fleet: Fleet, dice: Random, stack: ExitStack, seed: int) -> None:
        self._dice = dice
        self._left = 0.0
        self.pages: list[Page] = []
        self.persons: dict[str, Person] = {}
        self._pages_of: defaultdict[str, list[Page]] = defaultdict(list)
        self._conversations: defaultdict[str, set[str]] = defaultdict(set)
        for name, number in CAST.items():
            person = self.persons[name] = fleet.database.person(name)
            for tab in range(1, number + 1):
                page = stack.enter_context(Page(fleet.bases, person.cookie, f"{name}{tab}", seed=seed))
                self.pages.append(page)
                self._pages_of[name].append(page)

    @property
    def leaver(self) -> Page:
        return self._pages_of[LEAVER][0]

    def act(self, left: float) -> None:
        """Somebody does something; `left` are the seconds until the end."""
        self._left = left
        name = self._dice.choice(list(CAST))
        page = self._dice.choice(self._pages_of[name])
        deed = self._dice.choices(
            ["ask", "ask_twice", "stop", "stop_everywhere", "regenerate", "edit", "reload", "switch", "join"],
            [10, 2, 3, 2, 3, 2, 3, 2, 5],
        )[0]
        if page.conversation:
            self._conversations[name].add(page.conversation)
        getattr(self, f"_{deed}")(name, page)

    def _ask(self, name: str, page: Page) -> None:
        if page.ask(self._question()) and self._dice.random() < 0.5:
            self._join(name, page)

    def _ask_twice(self, name: str, page: Page) -> None:
        if page.ask(self._question()):
            page.say_again()

    def _stop(self, name: str, page: Page) -> None:
        page.stop()

    def _stop_everywhere(self, name: str, page: Page) -> None:
        for one in self._pages_of[name]:
            one.stop()

    def _regenerate(self, name: str, page: Page) -> None:
        page.regenerate()

    def _edit(self, name: str, page: Page) -> None:
        page.edit(self._question())

    def _reload(self, name: str, page: Page) -> None:
        page.reload()

    def _switch(self, name: str, page: Page) -> None:
        """To another conversation, or to a new chat."""
        page.show(self._dice.choice([None, *sorted(self._conversations[name])]))

    def _join(self, name: str, page: Page) -> None:
        """The person's other page shows the same, by way of the other server."""
        for other in self._pages_of[name]:
            if other is not page and other.base == page.base:
                other.reload()
            if other.conversation != page.conversation:
                other.show(page.conversation)

    def _question(self) -> str:
        usual = [answer for answer in ANSWERS if answer[-1] < max(self._left, HURRY)]
        pace, fewest, most, _ = self._dice.choice(usual)
        return Question(f"q{next(_nonces)}", pace, self._dice.randint(fewest, most), self._dice.choice(ENDS)).text
