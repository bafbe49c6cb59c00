"""The relay's one error, and the one place that turns what went wrong into words for people. Pure."""

import re

_STATUS_WORDS = {
    400: "The model's server refused the request",
    401: "The model's server refused our key",
    402: "The model's server asks for payment",
    403: "The model's server does not allow this request",
    404: "The model's server does not know this model or address",
    408: "The model's server gave up waiting",
    413: "The conversation is too long for the model's server",
    422: "The model's server refused the request",
    429: "The model's server has too many requests just now",
    503: "The model's server is overloaded or not ready",
}
SHOWN_CHARS = 600

# Ends that are nobody's exception: code and words.
TRUNCATED = (
    "truncated",
    "The connection to the model's server ended before the answer was complete.",
)
INTERRUPTED = ("interrupted", "Brook was stopped while this answer was being written.")
FORGOTTEN = (
    "forgotten",
    "This answer is gone. A temporary chat is stored nowhere, so what is not read in time cannot be had again.",
)
INTERNAL = ("internal", "Something went wrong inside Brook. The details are in the server's log.")
SPOOLED = (
    "spooled",
    "The database could not store this answer. It is kept in a file and will be stored as soon as the database works.",
)
UNSTORED = (
    "unstored",
    "The database could not store this answer. What you see here may be missing after a reload.",
)


class UpstreamError(Exception):
    """Something upstream went wrong.

    `code` is for programs (stored in `Generation.error_code`), `str(error)` one or two sentences for people, and
    `status` the HTTP status, if there was one. What leaves `upstream.py` holds no key and is short: see `without`.
    """

    def __init__(self, code: str, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    def without(self, secret: str) -> "UpstreamError":
        """The same error with every occurrence of `secret` blotted out, and only then cut to what people read."""
        message = str(self).replace(secret, "[key]") if secret else str(self)
        if len(message) > SHOWN_CHARS:
            message = message[:SHOWN_CHARS] + "…"
        return UpstreamError(self.code, message, status=self.status)


def refused(status: int, detail: str = "") -> UpstreamError:
    """For an HTTP status that is not 200, with what the server itself said, if it was readable."""
    words = _STATUS_WORDS.get(status) or (
        "The model's server has a problem of its own" if status >= 500 else "The model's server refused the request"
    )
    if status < 500 and "context" in detail and re.search("exceed|maximum|too long", detail):
        words = "The conversation is too long for this model; a shorter message or a new chat may do"
    return UpstreamError("upstream_refused", _sentence(f"{words} (HTTP {status})", detail), status=status)


def reported(detail: str) -> UpstreamError:
    """For an `error` that the upstream sent instead of, or in the middle of, an answer."""
    return UpstreamError("upstream_error", _sentence("The model's server reported an error", detail))


def unreachable(host: str, detail: str = "") -> UpstreamError:
    return UpstreamError("unreachable", _sentence(f"The model's server at {host} could not be reached", detail))


def lost(detail: str = "") -> UpstreamError:
    return UpstreamError("connection_lost", _sentence("The connection to the model's server broke", detail))


def not_a_stream(what: str) -> UpstreamError:
    return UpstreamError("not_a_stream", f"The model's server answered with {what} instead of an answer.")


def garbled(detail: str) -> UpstreamError:
    return UpstreamError("garbled", f"The model's server sent something that could not be understood: {detail}.")


def too_much(what: str, limit: int, unit: str) -> UpstreamError:
    return UpstreamError("too_much", f"The model's server sent {what} of more than {limit:,} {unit}.")


def pictures_too_large(most: int) -> UpstreamError:
    """For what we do not send ourselves; `most` in bytes."""
    words = f"The pictures of one message may have {most // 1024**2} MB together; send fewer of them, or smaller ones."
    return UpstreamError("too_large", words)


def too_slow(code: str, what: str, seconds: float) -> UpstreamError:
    return UpstreamError(code, f"The model's server {what} {seconds:g} seconds, so the answer was given up.")


def _sentence(words: str, detail: str) -> str:
    detail = " ".join(detail.split())
    return f"{words}: {detail}" if detail else f"{words}."
