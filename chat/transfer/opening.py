"""From an uploaded file to the bytes of JSON texts: sizes, archives. Reads nothing into memory that
the disk can hold.
"""

import errno
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from typing import IO, NamedTuple

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from chat.transfer.position import Text
from chat.transfer.wrong import Wrong

CHUNK = 2**20

NAMES = re.compile(r"(.*/)?conversations(-\d+)?\.json")
"""What the conversations are called in ChatGPT's archive; large ones are in several files."""

PARTS = 100
"""Files with conversations in one archive. Each keeps one of the files open that the process may have."""

DIRECTORY_BYTES = 4 * 2**20
"""Of an archive's table of contents, which is read as a whole: some 40,000 names."""


class Source(NamedTuple):
    text: Text
    name: str = ""
    """In its archive."""


def opened(file: IO[bytes], size: int) -> list[Source]:
    """What should be JSON texts in an uploaded file of `size` bytes. Raises `Wrong`."""
    if size > settings.IMPORT_BYTES:
        raise _too_large(settings.IMPORT_BYTES)
    file.seek(0)
    if file.read(4).startswith(b"PK"):
        return list(_unpacked(file))
    return [Source(_mapped(file))]


def _too_large(limit: int) -> Wrong:
    return Wrong(_("The file is too large: at most {size} can be imported.").format(size=filesizeformat(limit)))


def _mapped(file: IO[bytes]) -> Text:
    """As the disk has it, or, if it never got there, as memory has it."""
    file.seek(0, 2)
    if not file.tell():
        return b""
    file.seek(0)
    try:
        return mmap(file.fileno(), 0, access=ACCESS_READ)
    except (OSError, ValueError):  # a file in memory has no number
        return file.read()


# Archives

DAMAGES = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError),  # locked: RuntimeError
    *(ValueError, OverflowError, OSError),  # places before the beginning or behind every end; names that are not UTF-8
)
"""What Python's zipfile meets in archives that are none."""


def _unpacked(file: IO[bytes]) -> Iterator[Source]:
    try:
        _check_directory(file)
        with zipfile.ZipFile(file) as archive:
            wanted = sorted((info for info in archive.infolist() if NAMES.fullmatch(info.filename)), key=_name)
            if not wanted:
                raise Wrong(_("There is no conversations.json in this archive."))
            if len(wanted) > PARTS:
                raise _too_many()
            left = settings.IMPORT_UNPACKED_BYTES
            for info in wanted:
                text = _member(archive, info, left)
                left -= len(text)
                yield Source(text, info.filename)
    except DAMAGES as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise  # the disk, and not the archive
        raise Wrong(_("This archive cannot be read: it is damaged, or locked with a password.")) from error


def _name(info: zipfile.ZipInfo) -> str:
    return info.filename


def _check_directory(file: IO[bytes]) -> None:
    """A table of contents may name millions of files, each of which costs a kilobyte as soon as the archive is opened.

    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.16; nothing of this size needs the 64-bit one.
    """
    file.seek(0, 2)
    file.seek(max(0, file.tell() - 22 - 65_535 - 20))
    end = file.read()
    at = end.rfind(b"PK\5\6")
    if at < 0 or len(end) < at + 22:
        raise zipfile.BadZipFile
    (size,) = struct.unpack("<L", end[at + 12 : at + 16])
    if size > DIRECTORY_BYTES or end[max(0, at - 20) : at].startswith(b"PK\6\7"):
        raise _too_many()


def _too_many() -> Wrong:
    return Wrong(_("There are too many files in this archive."))


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> Text:
    """Unpacked to the disk, and no more of it than may be: what the archive says of sizes need not be true."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotImplementedError  # Python unpacks the others in pieces of any size
    with tempfile.TemporaryFile() as target, archive.open(info) as packed:
        while piece := packed.read(CHUNK):
            if target.tell() + len(piece) > limit:
                raise _too_large(settings.IMPORT_UNPACKED_BYTES)
            target.write(piece)
        target.flush()
        return _mapped(target)
