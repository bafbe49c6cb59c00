"""The upstream's list of models: what `GET /models` says, read as kindly as it can be. Pure.

Every server gives the names. Whether a model takes pictures some say, each in a way of its own: OpenRouter in
`architecture.input_modalities`, others in `modalities`, Mistral in `capabilities.vision`, others again by a word in a
list of capabilities. Where nothing is said, nobody knows.
"""

from typing import Any, NamedTuple

import msgspec

_PICTURES = frozenset(["image", "images", "vision", "multimodal"])


class Model(NamedTuple):
    id: str
    images: bool | None = None
    """Does it take pictures? None: nobody knows."""


class _Wire(msgspec.Struct):
    id: str
    architecture: Any = None
    modalities: Any = None
    input_modalities: Any = None
    capabilities: Any = None


class _List(msgspec.Struct):
    data: list[_Wire]


def listed(body: bytes) -> list[Model]:
    """The models in the body of a response, in the server's own order; none when it is no such list."""
    try:
        found = msgspec.json.decode(body, type=_List)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return [Model(wire.id, _takes_pictures(wire)) for wire in found.data if wire.id]


def _takes_pictures(wire: _Wire) -> bool | None:
    inside = _field(wire.architecture, "input_modalities")
    for modalities in (inside, wire.input_modalities, _field(wire.modalities, "input"), wire.modalities):
        if isinstance(modalities, list) and modalities:
            return _names_pictures(modalities)
    vision = _field(wire.capabilities, "vision")
    if isinstance(vision, bool):
        return vision
    return True if _names_pictures(wire.capabilities) else None  # not every server names all capabilities


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _names_pictures(words: Any) -> bool:
    found = words if isinstance(words, list) else []
    return any(word.lower() in _PICTURES for word in found if isinstance(word, str))
