"""What somebody looks for. Pure: there is no syntax, everything that is typed is only words."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chat.search.words import Word, located, stands_alone

QUERY_CHARS = 200

Term = tuple[str, ...]
"""Words that must follow one another: mostly one, and several where a script has no blanks."""


class Hit(NamedTuple):
    term: Term
    start: int
    end: int


class Query(NamedTuple):
    """Matches where all of its terms are. The very last word may go on: it is still being typed."""

    terms: tuple[Term, ...]

    @classmethod
    def of(cls, text: str) -> "Query":
        """Of its first `QUERY_CHARS` characters. A term that comes twice is one, and stands where it came last."""
        terms = list(_terms(list(located(text[:QUERY_CHARS]))))
        return cls(tuple(dict.fromkeys(reversed(terms)))[::-1])

    @property
    def whole(self) -> list[str]:
        """Its words, each once, without the last one."""
        last = self.terms[-1]
        return list(dict.fromkeys(word for term in (*self.terms[:-1], last[:-1]) for word in term))

    @property
    def beginning(self) -> str:
        """The last word."""
        return self.terms[-1][-1]

    @property
    def phrases(self) -> list[Term]:
        return [term for term in self.terms if len(term) > 1]

    def matches(self, words: Sequence[str]) -> bool:
        return all(any(self._begins_at(words, at, term) for at in range(len(words))) for term in self.terms)

    def hits(self, text: str) -> list[Hit]:
        """Where its terms stand in a text, in order, none within another."""
        places = list(located(text))
        words = [place.text for place in places]
        starts = tuple(term[0] for term in self.terms)
        found: list[Hit] = []
        at = 0
        while at < len(words):
            begun = self.terms if words[at].startswith(starts) else ()  # most words are none of them
            term = next((term for term in begun if self._begins_at(words, at, term)), ())
            if term:
                start = max(places[at].start, found[-1].end if found else 0)  # a character may hold two words: ½
                found.append(Hit(term, start, max(start, places[at + len(term) - 1].end)))
            at += len(term) or 1
        return [hit for hit in found if hit.start < hit.end]

    def _begins_at(self, words: Sequence[str], at: int, term: Term) -> bool:
        stand = tuple(words[at : at + len(term)])
        if stand == term:
            return True
        is_last = term == self.terms[-1]
        return is_last and len(stand) == len(term) and stand[:-1] == term[:-1] and stand[-1].startswith(term[-1])


def _terms(words: Sequence[Word]) -> Iterator[Term]:
    """Characters of scripts without blanks that were typed without one between them are one term."""
    term: list[Word] = []
    for word in words:
        if term and not _adjoin(term[-1], word):
            yield tuple(part.text for part in term)
            term = []
        term.append(word)
    if term:
        yield tuple(part.text for part in term)


def _adjoin(before: Word, word: Word) -> bool:
    return word.start <= before.end and stands_alone(before.text) and stands_alone(word.text)
