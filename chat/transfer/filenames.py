"""What a file is called that somebody saves: the title, as far as every file system takes it. Pure."""

import unicodedata

LONGEST = 60
"""Characters. In UTF-8 at most 240 bytes, with an ending; file systems take 255."""

_FORBIDDEN = frozenset('/\\:*?"<>|')
_DEVICES = frozenset(["con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))])
"""Names that Windows takes for something else, whatever their ending."""


def filename(title: str, ending: str) -> str:
    """`ending` without its dot. Nothing that is invisible, leads elsewhere or is refused is left in it."""
    text = unicodedata.normalize("NFC", title[: LONGEST * 4])
    letters = "".join(_harmless(character) for character in text)
    name = " ".join(letters.split())[:LONGEST].strip(" .")
    if name.split(".")[0].strip().casefold() in _DEVICES:
        name = f"_{name}"
    return f"{name or 'conversation'}.{ending}"


def _harmless(character: str) -> str:
    if unicodedata.category(character)[0] in "CZ":  # controls and what turns the direction of writing; blanks
        return "" if unicodedata.category(character) == "Cf" else " "
    return " " if character in _FORBIDDEN else character
