"""Reads Brook's own format."""

from collections.abc import Iterator

import msgspec
from django.utils.translation import gettext as _

from chat.transfer.amount import Element, check_conversations, check_messages, check_values
from chat.transfer.format import NAME, VERSION, Document, Said, Talk
from chat.transfer.position import Text
from chat.transfer.story import Story
from chat.transfer.wrong import Wrong, from_msgspec

PLACE = ("conversations",)
"""Where its conversations are."""


class _Document(msgspec.Struct):
    conversations: list[Element] = []


class _Talk(msgspec.Struct):
    messages: list[Element] = []


_number_of_talks = msgspec.json.Decoder(_Document)
_number_of_messages = msgspec.json.Decoder(_Talk)
_document = msgspec.json.Decoder(Document)
_talk = msgspec.json.Decoder(Talk)
_said = msgspec.json.Decoder(Said)


def stories(text: Text) -> Iterator[Story]:
    """Each conversation of the file, decoded when it is its turn. Raises `Wrong`."""
    for number, raw in enumerate(_conversations(text)):
        try:
            yield _story(raw)
        except msgspec.ValidationError as error:
            raise from_msgspec(error).within("conversations", number) from error
        except Wrong as wrong:
            raise wrong.within("conversations", number) from None


def _conversations(text: Text) -> list[msgspec.Raw]:
    try:
        check_conversations(_number_of_talks, text, *PLACE)
        document = _document.decode(text)
    except msgspec.ValidationError as error:
        raise from_msgspec(error) from error
    if document.format != NAME:
        raise Wrong(_("“format” must be “{name}”.").format(name=NAME), ("format",))
    if document.version != VERSION:
        words = _("This file has the format's version {version}, and this Brook reads version {known}.")
        raise Wrong(words.format(version=document.version, known=VERSION), ("version",))
    return document.conversations


def _story(raw: msgspec.Raw) -> Story:
    check_messages(_number_of_messages, raw, "messages")
    talk = _talk.decode(raw)
    return Story(talk, [_message(said, number) for number, said in enumerate(talk.messages)])


def _message(raw: msgspec.Raw, number: int) -> Said:
    try:
        check_values(raw)
        return _said.decode(raw)
    except msgspec.ValidationError as error:
        raise from_msgspec(error).within("messages", number) from error
    except Wrong as wrong:
        raise wrong.within("messages", number) from None
