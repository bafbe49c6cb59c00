"""From a frame to a command. What is malformed, empty or too long raises `Refused`, with words for people.

Every text loses its NULs, which PostgreSQL does not take; half a surrogate pair makes the whole frame unreadable.
"""

import json
import unicodedata
from typing import TypeVar

import msgspec

from chat.live.protocol.commands import (
    Ask,
    Command,
    Configure,
    Edit,
    Options,
    Rate,
    Regenerate,
    Rename,
    Said,
    Send,
    Unshare,
)
from chat.live.protocol.refusal import Refused

TITLE_CHARS = 200
COMMENT_CHARS = 4_000
INSTRUCTIONS_CHARS = 20_000
MODEL_CHARS = 200
FILES = 10
"""Files with one message."""

ASKED = 200
"""Messages of a temporary chat, which come with every question."""

T = TypeVar("T", bound=msgspec.Struct)

_decode = msgspec.json.Decoder(Command).decode
_known = frozenset(kind.__name__.lower() for kind in Command.__args__)


def parse(frame: str, message_chars: int) -> Command:
    """The command in one text frame. Raises `Refused` when it is none, or something in it is empty or too long."""
    try:
        command: Command = _decode(frame)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _refusal(frame, error) from error
    return _checked(command, message_chars)


def names_in(frame: str) -> tuple[str | None, str | None, str | None]:
    """Type, conversation and client_id of a frame, as far as they can be read: an `error` event names what it answers.

    Read by `json`, which takes half a surrogate pair in the content where msgspec refuses the whole frame.
    """
    try:
        envelope = json.loads(frame)
    except (ValueError, RecursionError):
        return None, None, None
    names = ("type", "conversation", "client_id")
    found = [envelope.get(name) if isinstance(envelope, dict) else None for name in names]
    kind, conversation, client_id = (_sendable(name) if isinstance(name, str) else None for name in found)
    return kind, conversation, client_id


def _sendable(name: str) -> str:
    """What may be sent back: an event with half a surrogate pair could not be."""
    return name.encode("utf-8", "replace").decode()


def _refusal(frame: str, error: Exception) -> Refused:
    kind, *_ = names_in(frame)
    if kind is not None and kind not in _known:
        return Refused("unknown_command", "This server does not know that command. Reloading the page may help.")
    return Refused("bad_command", f"That command could not be read: {error}.")


# What stands in a command


def _checked(command: Command, message_chars: int) -> Command:
    """The same command, with its texts as they are stored."""
    match command:
        case Send():
            return _checked_send(command, message_chars)
        case Edit():
            return _with(command, content=_content(command.content, message_chars))
        case Ask():
            return _with(command, messages=_asked(command, message_chars), options=_options(command.options))
        case Regenerate():
            return _with(command, model=_model(command.model))
        case Configure():
            return _with(command, options=_options(command.options))
        case Rename():
            return _with(command, title=_title(command.title))
        case Rate():
            return _with(command, comment=_short("The comment", _clean(command.comment), COMMENT_CHARS))
        case Unshare():
            return _with(command, share=_clean(command.share))
    return command


def _checked_send(command: Send, message_chars: int) -> Send:
    files = tuple(dict.fromkeys(command.files))
    if len(files) > FILES:
        raise Refused("too_large", f"There are {len(files)} files with this message; at most {FILES} can be sent.")
    content = "" if files and _is_blank(command.content) else _content(command.content, message_chars)
    options = command.options and _options(command.options)
    return _with(command, content=content, files=files, options=options)


def _asked(command: Ask, message_chars: int) -> tuple[Said, ...]:
    """Without answers that have no text: what is stored leaves those out of its prompts, too.

    An answer may be longer than what a person says; how long, the size of the whole command bounds.
    """
    if not command.messages or command.messages[-1].role != "user":
        raise Refused("bad_command", "The last of the messages has to be the person's.")
    if len(command.messages) > ASKED:
        words = f"There are {len(command.messages)} messages in this chat; at most {ASKED} can be sent."
        raise Refused("too_large", words)
    *before, last = command.messages
    said = [message for message in before if not _is_blank(message.content)]
    return tuple(_said(message, message_chars) for message in (*said, last))


def _said(message: Said, message_chars: int) -> Said:
    is_answer = message.role == "assistant"
    return _with(message, content=_clean(message.content) if is_answer else _content(message.content, message_chars))


def _content(content: str, most: int) -> str:
    if _is_blank(content):
        raise Refused("empty", "There is nothing to send: the message is empty.")
    return _short("The message", _clean(content), most)


def _title(title: str) -> str:
    line = _line(title)
    if _is_blank(line):
        raise Refused("empty", "A conversation needs a title.")
    return _short("The title", line, TITLE_CHARS)


def _options(options: Options) -> Options:
    instructions = "" if _is_blank(options.instructions) else _clean(options.instructions)
    _short("The text of the instructions", instructions, INSTRUCTIONS_CHARS)
    return _with(options, model=_model(options.model), instructions=instructions)


def _model(name: str) -> str:
    return _short("The model's name", _line(name), MODEL_CHARS)


def _short(what: str, text: str, most: int) -> str:
    if len(text) > most:
        raise Refused("too_large", f"{what} has {len(text):,} characters; at most {most:,} are taken.")
    return text


def _line(text: str) -> str:
    return " ".join(_clean(text).split())


def _clean(text: str) -> str:
    return text.replace("\0", "")


_INVISIBLE = frozenset(["Cc", "Cf", "Zs", "Zl", "Zp"])  # Unicode's controls, joiners and blanks


def _is_blank(text: str) -> bool:
    return all(unicodedata.category(character) in _INVISIBLE for character in text)


def _with(struct: T, **fields: object) -> T:
    return msgspec.structs.replace(struct, **fields)
