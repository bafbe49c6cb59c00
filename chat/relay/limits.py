"""The named limits on what an upstream may send and how long it may take. Pure values; settings may replace them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes or characters, times in seconds. Each one that is passed ends the generation as `failed`."""

    line_bytes: int = 1024 * 1024
    """One line of the event stream. The largest seen from a real server, a usage chunk with log-probs, was ~200 kB."""

    event_bytes: int = 2 * 1024 * 1024
    """The data lines of one event together."""

    body_bytes: int = 2 * 1024 * 1024
    """An answer that is not a stream: a JSON object, or an error page (of which only the start is shown)."""

    answer_chars: int = 2_000_000
    """Reasoning and content of one answer; about four hundred times a long one."""

    prompt_chars: int = 400_000
    """All messages of one prompt. What does not fit is left out, oldest first, and the page says so."""

    connect: float = 10.0
    """Until the connection stands."""

    first_byte: float = 120.0
    """From the start to the first byte of the answer's body. Long: a cold server loads its model first."""

    silence: float = 60.0
    """Between two reads, any bytes count, keep-alive comments too."""

    no_data: float = 300.0
    """Between two events with data. Comments do not count: a server may ping for ever and never write."""

    total: float = 3600.0
    """From the start to the end."""

    after_finish: float = 2.0
    """From the finish_reason to [DONE] or the end; then the answer is complete without it."""

    concurrent: int = 200
    """Generations of one process that talk to the upstream at the same time; the others are `queued`."""
