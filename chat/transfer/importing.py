"""Takes in the conversations of a file, all of them or none: first all is read and checked, then all is stored, which
nobody sees before its end.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import ModuleType
from typing import IO, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from chat.models import Conversation
from chat.transfer import amount, brook, chatgpt
from chat.transfer.arrival import ASKED, Arrival, Later, batches, regrettable
from chat.transfer.attachments import kind_of
from chat.transfer.opening import Source, opened
from chat.transfer.outcome import Outcome
from chat.transfer.position import Text, line_at, line_of
from chat.transfer.storing import Rows, conversation_key, has_long_title
from chat.transfer.story import Story, check
from chat.transfer.syntax import in_utf_8, sound
from chat.transfer.wrong import Path, Wrong

FORMS: dict[bytes, ModuleType] = {b"{": brook, b"[": chatgpt}
"""By how a file begins: Brook's own is an object, ChatGPT's a list."""

_BEGINNING = re.compile(rb"\s*+(.)", re.DOTALL)


class Refused(Exception):
    """Nothing was imported; `str(error)` says what was expected. `line` is 0 where none is to blame."""

    def __init__(self, wrong: Wrong, name: str = "", line: int = 0) -> None:
        super().__init__(str(wrong))
        self.line = line
        self.name = name
        """Of the file in its archive."""

        self.conversation, self.message = _numbers(wrong.path)
        """Counted from 1; 0 where it is none in particular."""


def take_in(owner: Any, file: IO[bytes], size: int) -> Outcome:
    """Imports an uploaded file for `owner`. Raises `Refused`, and `Later` where it is not the file that is to blame."""
    try:
        found = opened(file, size)
    except Wrong as wrong:
        raise Refused(wrong) from wrong
    sources = [_sound(source) for source in found]
    identifiers: list[str] = []
    for source in sources:
        identifiers += _checked(source)
        if len(identifiers) > amount.CONVERSATIONS:
            raise Refused(amount.too_many_conversations())
    try:
        return _store(owner, sources, identifiers)
    except IntegrityError:  # the same file, imported twice at once: now the other one is seen
        return _store(owner, sources, identifiers)


def _sound(source: Source) -> Source:
    for look in (in_utf_8, sound, _known):
        source = _looked_at(source, look)
    return source


def _looked_at(source: Source, look: Callable[[Text], Text]) -> Source:
    try:
        return source._replace(text=look(source.text))
    except Wrong as wrong:
        raise _refused(source, wrong) from wrong


def _known(text: Text) -> Text:
    _form(text)
    return text


def _checked(source: Source) -> list[str]:
    """The identifiers of its conversations, each of which is looked through."""
    identifiers = []
    try:
        for number, story in enumerate(_stories(source)):
            _check(story, (*_form(source.text).PLACE, number))
            identifiers.append(story.head.id)
    except Wrong as wrong:
        raise _refused(source, wrong) from wrong
    return identifiers


def _check(story: Story, path: Path) -> None:
    try:
        check(story, kind_of)
    except Wrong as wrong:
        raise wrong.within(*path) from None


def _stories(source: Source) -> Iterator[Story]:
    stories: Iterator[Story] = _form(source.text).stories(source.text)
    return stories


def _form(text: Text) -> ModuleType:
    first = _BEGINNING.match(text)
    form = FORMS.get(first[1]) if first else None
    if form is None:
        raise Wrong(_("This is neither an export of Brook nor conversations.json of ChatGPT."), offset=0)
    return form


def _refused(source: Source, wrong: Wrong) -> Refused:
    if wrong.offset is not None:
        return Refused(wrong, source.name, line_at(source.text, wrong.offset))
    return Refused(wrong, source.name, line_of(source.text, wrong.path))


def _numbers(path: Path) -> tuple[int, int]:
    """Of the conversation and the message that a path leads into."""
    steps = list(path)
    conversation = next((step for step in steps if isinstance(step, int)), -1)
    message = steps[steps.index("messages") + 1] if "messages" in steps[:-1] else -1
    return conversation + 1, message + 1 if isinstance(message, int) else 0


# The second look: everything is as it should be


def _store(owner: Any, sources: Sequence[Source], identifiers: Sequence[str]) -> Outcome:
    restored, known = _there(owner, identifiers)
    count = Counter[str]()
    with Arrival(owner, restored) as arrival:
        rows = Rows(owner, arrival)
        for story in (story for source in sources for story in _stories(source)):
            keys = _keys(owner, story.head.id)
            if keys & known:
                count["known"] += 1
            elif not story.messages:
                count["empty"] += 1
            else:
                count.update(conversations=1, messages=len(story.messages), left_out=story.left_out)
                count["shortened"] += has_long_title(story)
                known |= keys
                if not keys & restored:
                    rows.add(story)
        rows.write()
        arrival.reveal(rows.conversations)
    return Outcome(**count)


def _there(owner: Any, identifiers: Sequence[str]) -> tuple[set[UUID], set[UUID]]:
    """What the person deleted so lately that this brings it back, and what is there.

    Raises `Later` where the key of something in the file is taken by what another process is importing at this moment,
    or by what was deleted before that and is not removed yet.
    """
    wanted = {identifier: _keys(owner, identifier) for identifier in identifiers}
    deleted = _kept(_among(Conversation.objects.deleted_by(owner), [*wanted.values()]))
    known = _among(Conversation.objects.for_user(owner), [*wanted.values()])  # also what came back just before
    missing = {identifier: keys for identifier, keys in wanted.items() if not keys & known}
    restored = deleted & set().union(*missing.values())
    new = [{conversation_key(owner, identifier)} for identifier, keys in missing.items() if not keys & restored]
    if _among(Conversation.objects.filter(owner=owner), new):
        raise Later
    return restored, known


def _kept(deleted: set[UUID]) -> set[UUID]:
    """Those of these that can still be brought back, and can be for some time from now on."""
    kept: set[UUID] = set()
    for keys in batches(sorted(deleted)):
        with transaction.atomic():
            rows = regrettable(keys)
            kept.update(rows.values_list("pk", flat=True))
            rows.update(deleted_at=Now())
    return kept


def _among(conversations: QuerySet[Conversation], wanted: Sequence[set[UUID]]) -> set[UUID]:
    found: set[UUID] = set()
    for at in range(0, len(wanted), ASKED):
        keys: set[UUID] = set().union(*wanted[at : at + ASKED])
        found.update(conversations.filter(pk__in=keys).values_list("pk", flat=True))
    return found


def _keys(owner: Any, identifier: str) -> set[UUID]:
    """Under which a conversation may be there: imported before, or the very one from which the file was made."""
    keys = {conversation_key(owner, identifier)}
    with suppress(ValueError):
        keys.add(UUID(identifier))
    return keys
