"""A text as the words by which it is found. Pure, and so both databases compare the same words.

Words are runs of letters and digits in their compatibility form (NFKD), case-folded and without accents: "Élan" is
found by "elan". Scripts that are written without blanks have no words that could be told apart without a dictionary,
so each of their characters is one; what was typed without a blank is then looked for as a phrase.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

LONGEST = 64
"""Characters of a word that count. PostgreSQL indexes no word beyond 2,046 bytes."""


class Word(NamedTuple):
    """A word and where it stands in its text, in code points."""

    text: str
    start: int
    end: int


def words(text: str) -> list[str]:
    return [word[:LONGEST] for word in text.translate(_FOLDED).split()]


def located(text: str) -> Iterator[Word]:
    """The same words, with their places."""
    return _located_ascii(text) if text.isascii() else _located(text)


def _located_ascii(text: str) -> Iterator[Word]:
    """The same in a third of the time."""
    for match in _ASCII_WORD.finditer(text):
        yield Word(match[0].lower()[:LONGEST], match.start(), match.end())


_ASCII_WORD = re.compile("[A-Za-z0-9]+")


def _located(text: str) -> Iterator[Word]:
    word, start, end = "", 0, 0
    for at, character in enumerate(text):
        folded = _FOLDED[ord(character)]
        if not folded and word:
            end = at + 1  # an accent that is a character of its own belongs to the word
        for piece in folded:
            if piece != " ":
                start = start if word else at
                word, end = word + piece, at + 1
            elif word:
                yield Word(word[:LONGEST], start, end)
                word = ""
    if word:
        yield Word(word[:LONGEST], start, end)


def stands_alone(word: str) -> bool:
    """Is it a character of a script that is written without blanks?"""
    return len(word) == 1 and _is_unblanked(word)


def ends_word(character: str) -> bool:
    """Does no word reach beyond this character?"""
    return _FOLDED[ord(character)].endswith(" ")


def is_between_words(character: str) -> bool:
    return _FOLDED[ord(character)].isspace()


class _Folded(dict[int, str]):
    """For `str.translate`: what becomes of a code point; a blank is where words end. Filled as texts need it."""

    def __missing__(self, code: int) -> str:
        folded = _fold(chr(code))
        if unicodedata.category(chr(code)) not in _ENDLESS:
            self[code] = folded
        return folded


_FOLDED = _Folded()
_ENDLESS = ("Cn", "Co", "Cs")  # a million code points that no text in earnest has: not kept


def _fold(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(_piece(part) for part in decomposed)


def _piece(part: str) -> str:
    category = unicodedata.category(part)
    if part in _UNSEEN or (category == "Cf" and part != _ZERO_WIDTH_BLANK) or _is_accent(part, category):
        return ""
    if category[0] not in "LNM":
        return " "
    return f" {part} " if _is_unblanked(part) else part


_ZERO_WIDTH_BLANK = "\u200b"
_UNSEEN = frozenset(  # letters and marks that Unicode says are to be passed over; its other such ones are Cf
    map(chr, [0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)])
) | frozenset(map(chr, range(0xE0100, 0xE01F0)))


def _is_accent(part: str, category: str) -> bool:
    """Marks that a writer may leave away. Those of the other classes are vowels and joins, mostly of Indic scripts."""
    return category == "Me" or unicodedata.combining(part) in _ACCENTS


_ACCENTS = frozenset([1, *range(10, 37), *range(200, 241)])  # strokes; Hebrew and Arabic points; above and below


# First and last code points of the scripts that are written without blanks, in order.
_UNBLANKED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19FF),  # Tai Le, New Tai Lue, Khmer symbols
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x3007),
    (0x3021, 0x3035),
    (0x303B, 0x303C),
    (0x3040, 0x312F),  # Hiragana with its voicing marks, Katakana, Bopomofo
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),  # Chinese characters
    (0x4E00, 0xA4CF),  # and Yi
    (0xA980, 0xA9FF),  # Javanese, more Burmese
    (0xAA60, 0xAADF),  # more Burmese, Tai Viet
    (0xF900, 0xFAFF),
    (0x16FE0, 0x18DFF),  # Tangut, Khitan
    (0x1AFF0, 0x1B2FF),  # more Kana, Nushu
    (0x20000, 0x3FFFF),  # more Chinese characters
)
_FIRSTS = [first for first, _ in _UNBLANKED]


def _is_unblanked(character: str) -> bool:
    place = bisect_right(_FIRSTS, ord(character)) - 1
    return place >= 0 and ord(character) <= _UNBLANKED[place][1]
