"""Answers whose every word says where it belongs, so that a hole, a repetition or a stranger's word shows at once.

The question carries a nonce and says how it wants to be answered; so a stored answer, a page's text and the upstream's
record of a request find each other by what they say, whatever process carried it. Words look like `k3f9.1-17`: the
nonce, which request with this nonce it was, and the number of the word.

    upstream.default = teller = Storyteller()
    tab.ask(Question("k3f9", pace="steady", words=40).text)
    ...
    assert Story("k3f9.1").split(length) == (content, reasoning)
"""

import re
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from tests.support.dialects import DONE, mira_chunk
from tests.support.received import ReceivedRequest
from tests.support.scripts import Close, Hang, Pause, Reset, Send, Step, error_event

RUN = 5  # words of one kind in a row; every fourth run is reasoning, the first one too
FIELDS = {"content": "content", "reasoning": "reasoning_content"}  # in a chunk's delta

PACES = {"steady": (1, 0.04), "slow": (1, 0.5), "quick": (4, 0.02), "burst": (1000, 0.0)}
"""Words in one go, and the pause behind them in seconds."""

ENDS = ("stop", "length", "cut", "reset", "error", "hang", "fade", "silent", "mute")
"""`cut` closes and `reset` breaks the connection in mid-answer; `hang` says nothing more, `silent` nothing at all.
`fade` and `mute` do the same, but close in the end."""

FADING = 8.0  # seconds


class Question(NamedTuple):
    """What is asked, and how the upstream is to answer it."""

    nonce: str
    pace: str = "steady"
    words: int = 40
    ends: str = "stop"

    @property
    def text(self) -> str:
        return f"[{self.nonce}] {self.pace}, {self.words} words, then {self.ends}"

    @classmethod
    def read(cls, text: str) -> "Question":
        found = re.fullmatch(r"\[(\w+)\] (\w+), (\d+) words, then (\w+)", text)
        assert found, f"not a question for the storyteller: {text!r}"
        return cls(found[1], found[2], int(found[3]), found[4])


class Story:
    """The endless text of one answer. Positions count code points of both kinds together, as cursors do."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self._runs: list[tuple[str, str]] = []
        self._starts: list[int] = [0]

    @property
    def nonce(self) -> str:
        return self.tag.partition(".")[0]

    def after(self, words: int) -> int:
        """Where the text stands after so many words."""
        runs, rest = divmod(words, RUN)
        while len(self._runs) < runs:
            self._grow()
        return self._starts[runs] + sum(len(self._word(words - back)) for back in range(1, rest + 1))

    def parts(self, start: int, end: int) -> Iterator[tuple[str, str]]:
        """Kind and text of what stands between two positions."""
        while self._starts[-1] < end:
            self._grow()
        for index in range(bisect_right(self._starts, start) - 1, len(self._runs)):
            begin = self._starts[index]
            if begin >= end:
                return
            kind, text = self._runs[index]
            yield kind, text[max(0, start - begin) : end - begin]

    def split(self, length: int) -> tuple[str, str]:
        """Content and reasoning of the first so many code points."""
        texts = {"content": [""], "reasoning": [""]}
        for kind, text in self.parts(0, length):
            texts[kind].append(text)
        return "".join(texts["content"]), "".join(texts["reasoning"])

    def _grow(self) -> None:
        kind = "content" if len(self._runs) % 4 else "reasoning"
        first = len(self._runs) * RUN
        text = "".join(self._word(number) for number in range(first, first + RUN))
        self._runs.append((kind, text))
        self._starts.append(self._starts[-1] + len(text))

    def _word(self, number: int) -> str:
        return f"{self.tag}-{number}{'🙂' if number % 7 == 3 else ''} "


def story_of(content: str, reasoning: str) -> Story | None:
    """The story that a text claims to come from; None while it says too little."""
    found = re.match(r"(\w+\.\d+)-", reasoning or content)
    return Story(found[1]) if found else None


class Telling:
    """What the upstream wrote for one request, and when."""

    def __init__(self, tag: str, question: Question, request: ReceivedRequest) -> None:
        self.tag = tag
        self.question = question
        self.request = request
        self.written: list[tuple[float, int]] = [(request.arrived_at, 0)]  # when, up to where; the clock is monotonic

    @property
    def end(self) -> int:
        return self.written[-1][1]

    @property
    def is_whole(self) -> bool:
        """All words were written that the question asked for."""
        return self.end == Story(self.tag).after(self.question.words)

    @property
    def over_at(self) -> float | None:
        """When the exchange ended, whoever ended it."""
        return self.request.hung_up_at or self.request.answered_at

    def written_by(self, moment: float) -> int:
        return max(end for at, end in self.written if at <= moment or end == 0)

    def steps(self) -> Iterator[Step]:
        pace, words, ends = self.question[1:]
        if ends in ("silent", "mute"):
            yield from ([Pause(FADING), Close()] if ends == "mute" else [Hang()])
            return
        yield Send(mira_chunk({"role": "assistant"}))
        yield from self._tell(words, *PACES[pace])
        yield from _ending(ends)

    def _tell(self, words: int, at_once: int, pause: float) -> Iterator[Step]:
        story = Story(self.tag)
        for told in range(0, words, at_once):
            start, end = self.end, story.after(min(words, told + at_once))
            self.written.append((time.monotonic(), end))  # before it leaves: nobody may have more than this
            for kind, text in story.parts(start, end):
                yield Send(mira_chunk({FIELDS[kind]: text}))
            yield Pause(pause)


def _ending(ends: str) -> Iterator[Step]:
    match ends:
        case "stop" | "length":
            yield from (Send(mira_chunk({}, ends)), Send(DONE))
        case "error":
            yield error_event("The story is lost.")
        case "cut":
            yield Close()
        case "reset":
            yield Reset()
        case "fade":
            yield from (Pause(FADING), Close())
        case _:
            yield Hang()


class Storyteller:
    """A plan for the scripted upstream: every request is told its own story."""

    def __init__(self) -> None:
        self.tellings: list[Telling] = []
        self._asked: Counter[str] = Counter()

    def __call__(self, request: ReceivedRequest) -> Iterator[Step]:
        question = Question.read(request.body["messages"][-1]["content"])
        self._asked[question.nonce] += 1
        telling = Telling(f"{question.nonce}.{self._asked[question.nonce]}", question, request)
        self.tellings.append(telling)
        return telling.steps()
