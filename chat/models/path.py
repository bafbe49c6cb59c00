"""The one path through a conversation's tree that is shown: the rule of static/js/tree.js, for the server."""

from collections.abc import Iterable
from uuid import UUID

from chat.models.message import Message


def shown(messages: Iterable[Message]) -> list[Message]:
    """Of the messages of one conversation, oldest first, those that its owner sees.

    At each fork that is the chosen version, else the one that leads to the newest message. One whose parent is not
    there stands at the root rather than vanish.
    """
    rows = list(messages)
    known = {row.pk for row in rows}
    children: dict[UUID | None, list[Message]] = {}
    for row in rows:
        children.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    newest = _newest(rows, children)
    path: list[Message] = []
    family = children.get(None)
    while family:
        chosen = [row for row in family if row.chosen]
        path.append(chosen[0] if chosen else max(family, key=lambda row: newest[row.pk]))
        family = children.get(path[-1].pk)
    return path


def _newest(rows: list[Message], children: dict[UUID | None, list[Message]]) -> dict[UUID, int]:
    """For each message how new the newest one among it and all below it is."""
    newest = {row.pk: age for age, row in enumerate(rows)}
    for row in reversed(_from_the_roots(children)):
        newest[row.pk] = max([newest[row.pk], *(newest[child.pk] for child in children.get(row.pk, []))])
    return newest


def _from_the_roots(children: dict[UUID | None, list[Message]]) -> list[Message]:
    """Parents before children: not the order of time, which a clock that was set back would break."""
    found = list(children.get(None, []))
    for row in found:  # grows while it is read
        found.extend(children.get(row.pk, []))
    return found
