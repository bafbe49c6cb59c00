"""What a picture is by its first bytes, never by its name: https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern"""

from collections.abc import Callable

_TYPES: list[tuple[str, Callable[[bytes], bool]]] = [
    ("image/png", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", lambda head: head.startswith(b"\xff\xd8\xff")),
    ("image/gif", lambda head: head.startswith((b"GIF87a", b"GIF89a"))),
    ("image/webp", lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP"),
]


def picture_type(data: bytes) -> str:
    """Its media type; "" when it is none of the pictures that Brook takes."""
    return next((media_type for media_type, matches in _TYPES if matches(data[:16])), "")
