"""What an import came to, and how people are told. Pure but for its words."""

from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.transfer.format import TITLE_CHARS


class Outcome(NamedTuple):
    conversations: int = 0
    messages: int = 0
    known: int = 0
    """Conversations that were there already."""

    empty: int = 0
    """Conversations without any text."""

    left_out: int = 0
    """Parts that are no text, of the imported conversations."""

    shortened: int = 0
    """Titles that were too long, of the imported conversations."""


def sentences_of(outcome: Outcome) -> list[str]:
    said = [part(outcome) for part in (_imported, _known, _empty, _left_out, _shortened)]
    return [*filter(None, said)] or [_("There are no conversations in this file.")]


def _imported(outcome: Outcome) -> str:
    messages = ngettext("{number} message", "{number} messages", outcome.messages).format(number=outcome.messages)
    words = ngettext(
        "{number} conversation with {messages} was imported.",
        "{number} conversations with {messages} were imported.",
        outcome.conversations,
    )
    return words.format(number=outcome.conversations, messages=messages) if outcome.conversations else ""


def _known(outcome: Outcome) -> str:
    if not outcome.conversations:
        words = ngettext(
            "Nothing is new: the {number} conversation in this file was there already.",
            "Nothing is new: all {number} conversations in this file were there already.",
            outcome.known,
        )
    else:
        words = ngettext("{number} was there already.", "{number} were there already.", outcome.known)
    return words.format(number=outcome.known) if outcome.known else ""


def _empty(outcome: Outcome) -> str:
    words = ngettext(
        "{number} conversation without any text was left out.",
        "{number} conversations without any text were left out.",
        outcome.empty,
    )
    return words.format(number=outcome.empty) if outcome.empty else ""


def _left_out(outcome: Outcome) -> str:
    words = ngettext(
        "{number} part that is no text was left out: a picture, or the answer of a tool.",
        "{number} parts that are no text were left out: pictures, and answers of tools.",
        outcome.left_out,
    )
    return words.format(number=outcome.left_out) if outcome.left_out else ""


def _shortened(outcome: Outcome) -> str:
    words = ngettext(
        "{number} title was shortened: a title has at most {most} characters.",
        "{number} titles were shortened: a title has at most {most} characters.",
        outcome.shortened,
    )
    return words.format(number=outcome.shortened, most=TITLE_CHARS) if outcome.shortened else ""
