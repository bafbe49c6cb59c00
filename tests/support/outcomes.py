"""What came out of a stream, in one value that tests compare: with a fixture, or with another way of cutting it."""

from collections.abc import Iterable
from dataclasses import dataclass

from chat.relay.completions import Chunk
from chat.relay.errors import UpstreamError
from tests.fixtures.streams import StreamFixture


@dataclass(frozen=True)
class Outcome:
    content: str
    reasoning: str
    finish_reason: str | None
    ends: str
    usage: tuple[int, int] | None = None
    error: str = ""
    code: str = ""

    def check(self, fixture: StreamFixture) -> None:
        """Fails unless this is what the fixture says must come out."""
        seen = (self.content, self.reasoning, self.finish_reason, self.ends, self.usage)
        assert seen == (fixture.content, fixture.reasoning, fixture.finish_reason, fixture.ends, fixture.usage)
        assert fixture.error in self.error
        assert bool(self.error) == (fixture.ends == "failed")


def outcome_of(chunks: Iterable[Chunk], error: UpstreamError | None = None) -> Outcome:
    """The chunks of an answer, and what it ended with, put together."""
    chunks = list(chunks)
    reasons = [chunk.finish_reason for chunk in chunks if chunk.finish_reason]
    usages = [chunk.usage for chunk in chunks if chunk.usage]
    ended = reasons or any(chunk.done for chunk in chunks)
    return Outcome(
        content="".join(chunk.content for chunk in chunks),
        reasoning="".join(chunk.reasoning for chunk in chunks),
        finish_reason=reasons[-1] if reasons else None,
        ends="failed" if error else "complete" if ended else "truncated",
        usage=(usages[-1]["prompt_tokens"], usages[-1]["completion_tokens"]) if usages else None,
        error=str(error or ""),
        code=error.code if error else "",
    )
