"""A long text in pieces, each of them searched by itself. Pure."""

from collections.abc import Iterator

from chat.search.words import ends_word, is_between_words

PIECE = 4_000
"""Characters of a piece."""

TAIL = 400
"""So many characters at the end of a piece are looked through for a good place to cut."""


def pieces(text: str, start: int = 0) -> Iterator[tuple[int, str]]:
    """Where each piece begins, and the piece, from the one at `start` on. Put together again they are the text."""
    while start < len(text):
        end = start + PIECE
        if end < len(text):
            end = _cut(text, end)
        yield start, text[start:end]
        start = end


def _cut(text: str, end: int) -> int:
    """Behind a blank or a stop; else behind a character that is a word by itself; else in the monster of a word."""
    for is_good in (is_between_words, ends_word):
        for at in range(end, end - TAIL, -1):
            if is_good(text[at - 1]):
                return at
    return end
