"""Reads ChatGPT's export: conversations.json, a list of trees. Nobody has described it; this is what is in the files.

Kept is what the person and the model said, and code that the model wrote. What its tools answered is not, nor what is
hidden in ChatGPT itself; whatever followed it follows what came before it. Pictures, tools' answers and other parts
that are no text are counted.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from django.utils.translation import gettext as _

from chat.transfer.amount import Element, check_conversations, check_messages, check_values
from chat.transfer.chatgpt_content import Message, Reading, read
from chat.transfer.format import CONTENT_CHARS, Asked, Facts, Head, Said
from chat.transfer.position import Text
from chat.transfer.story import EARLIEST, LATEST, Story
from chat.transfer.wrong import Wrong, from_msgspec, must_be

PLACE = ()
"""Where its conversations are: the list is all there is."""

PROVIDER = "import"

THOUGHTS = 50
"""Pieces of reasoning before one answer, at most."""


class Node(msgspec.Struct):
    parent: str | None = None
    message: Message | None = None


class Talk(msgspec.Struct):
    mapping: dict[str, msgspec.Raw]
    title: str | None = None
    create_time: float | None = None
    update_time: float | None = None
    current_node: str | None = None
    conversation_id: str | None = None
    id: str | None = None
    is_archived: bool | None = None


class Kept(NamedTuple):
    """What is held of a node: not its message, which may be a large object with a short text."""

    parent: str | None
    reading: Reading = Reading()
    is_answer: bool = False
    seconds: float | None = None
    """Of its `create_time`."""


class _Talk(msgspec.Struct):
    mapping: dict[str, Element] = {}


_number_of_talks = msgspec.json.Decoder(list[Element])
_number_of_nodes = msgspec.json.Decoder(_Talk)
_talks = msgspec.json.Decoder(list[msgspec.Raw])
_talk = msgspec.json.Decoder(Talk)
_node = msgspec.json.Decoder(Node)


def stories(text: Text) -> Iterator[Story]:
    """Each conversation of the file, decoded when it is its turn. Raises `Wrong`."""
    for number, raw in enumerate(_conversations(text)):
        try:
            yield _story(raw)
        except msgspec.ValidationError as error:
            raise from_msgspec(error).within(number) from error
        except Wrong as wrong:
            raise wrong.within(number) from None


def _conversations(text: Text) -> list[msgspec.Raw]:
    try:
        check_conversations(_number_of_talks, text)
        return _talks.decode(text)
    except msgspec.ValidationError as error:
        raise from_msgspec(error) from error


def _story(raw: msgspec.Raw) -> Story:
    check_messages(_number_of_nodes, raw, "mapping")
    talk = _talk.decode(raw)
    nodes = {key: _read_node(node, key) for key, node in talk.mapping.items()}
    begun = _moment(talk.create_time, "create_time") or EARLIEST
    touched = _moment(talk.update_time, "update_time") or begun
    tree = _Tree(nodes, begun)
    head = Head(
        id=talk.conversation_id or talk.id or hashlib.sha256(memoryview(raw)).hexdigest(),
        title=talk.title or "",
        created=begun,
        updated=touched,
        archived=bool(talk.is_archived),
        options=Asked(),
    )
    return Story(head, _chosen(tree.said, _up(nodes, talk.current_node)), tree.left_out)


def _read_node(raw: msgspec.Raw, key: str) -> Kept:
    try:
        check_values(raw)
        node = _node.decode(raw)
    except msgspec.ValidationError as error:
        raise from_msgspec(error).within("mapping", key) from error
    except Wrong as wrong:
        raise wrong.within("mapping", key) from None
    if node.message is None:
        return Kept(node.parent)
    return Kept(node.parent, read(node.message), node.message.author.role == "assistant", node.message.create_time)


class _Place(NamedTuple):
    """A node that waits to be read: what it follows, and what was thought since then."""

    key: str
    parent: str | None
    thoughts: tuple[str, ...]


class _Tree:
    """The kept messages of a conversation, parents first."""

    def __init__(self, nodes: dict[str, Kept], begun: datetime) -> None:
        self.said: list[Said] = []
        self.left_out = 0
        self._nodes = nodes
        self._begun = begun
        children: dict[str | None, list[str]] = {}
        for key, node in nodes.items():
            children.setdefault(node.parent if node.parent in nodes else None, []).append(key)
        waiting = [_Place(key, None, ()) for key in children.pop(None, [])]
        for place in waiting:  # grows while it is read
            parent, thoughts = self._visit(place)
            for key in children.pop(place.key, []):
                waiting.append(_Place(key, parent, thoughts))
                thoughts = ()  # they belong to one answer: each version has its own
        for ring in children.values():
            raise Wrong(_("This message follows itself, by way of others."), ("mapping", ring[0], "parent"))

    def _visit(self, place: _Place) -> tuple[str | None, tuple[str, ...]]:
        """What the nodes below this one follow, and what was thought since."""
        node = self._nodes[place.key]
        self.left_out += node.reading.left_out
        if not node.reading.text:
            return place.parent, (*place.thoughts, *node.reading.thoughts)[-THOUGHTS:]
        self.said.append(self._message(place, node))
        return place.key, ()

    def _message(self, place: _Place, node: Kept) -> Said:
        reading = node.reading
        when = _moment(node.seconds, "mapping", place.key, "message", "create_time") or self._begun
        reasoning = "\n\n".join(place.thoughts) if node.is_answer else ""
        if len(reading.text) > CONTENT_CHARS:
            raise Wrong(must_be("content"), ("mapping", place.key, "message", "content"))
        if len(reasoning) > CONTENT_CHARS:
            raise Wrong(must_be("thoughts"), ("mapping", place.key))
        facts = Facts(provider=PROVIDER, model=reading.model, finish_reason=reading.end)
        return Said(
            id=place.key,
            parent=place.parent,
            role="assistant" if node.is_answer else "user",
            created=when,
            content=reading.text,
            reasoning=reasoning,
            generation=facts if node.is_answer else None,
        )


def _chosen(said: Sequence[Said], path: set[str]) -> Sequence[Said]:
    """Where there are several versions, the one on this path is marked as the one that is shown."""
    families: dict[str | None, list[Said]] = {}
    for message in said:
        families.setdefault(message.parent, []).append(message)
    for family in families.values():
        for message in family if len(family) > 1 else ():
            message.chosen = message.id in path
    return said


def _up(nodes: dict[str, Kept], key: str | None) -> set[str]:
    """This node and all that it follows."""
    found: set[str] = set()
    while key is not None and key in nodes and key not in found:
        found.add(key)
        key = nodes[key].parent
    return found


def _moment(seconds: float | None, *path: str) -> datetime | None:
    if not seconds:
        return None
    if not EARLIEST.timestamp() <= seconds <= LATEST.timestamp():
        raise Wrong(_("“{field}” must be a time in seconds since 1970.").format(field=path[-1]), path)
    return datetime.fromtimestamp(seconds, UTC)
