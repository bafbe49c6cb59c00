import errno
import io
import random
import struct
import tempfile
import zipfile
from contextlib import contextmanager, suppress

import pytest

from chat.transfer import opening
from chat.transfer.opening import opened
from chat.transfer.wrong import Wrong

TALK = b'[{"title": "Rivers"}]'


def packed(method=zipfile.ZIP_DEFLATED, **files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_json", ".json"), data)
    return target.getvalue()


def texts(data):
    return [bytes(source.text) for source in opened(io.BytesIO(data), len(data))]


@contextmanager
def refused(words):
    with pytest.raises(Wrong, match=words) as wrong:
        yield wrong


def test_a_json_file_is_taken_as_it_is():
    assert texts(TALK) == [TALK]
    assert texts(b"") == [b""]


def test_a_file_on_the_disk_is_not_read_into_memory(tmp_path):
    path = tmp_path / "conversations.json"
    path.write_bytes(TALK)
    with path.open("rb") as file:
        [source] = opened(file, len(TALK))
    assert not isinstance(source.text, bytes)
    assert bytes(source.text) == TALK


def test_what_is_too_large_is_refused_before_it_is_read(settings):
    settings.IMPORT_BYTES = 10
    with refused("too large: at most 10.bytes"):
        opened(io.BytesIO(), 11)


# Archives


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_conversations_of_an_archive_are_found(method):
    data = packed(method, conversations_json=TALK, user_json=b"{}", **{"chat.html": b"<html>"})
    [source] = opened(io.BytesIO(data), len(data))
    assert (bytes(source.text), source.name) == (TALK, "conversations.json")


def test_large_exports_have_several_files_in_whatever_folder():
    data = packed(
        **{"x__conversations-001_json": b"[2]", "x__conversations-000_json": b"[1]", "my-conversations_json": b"[0]"}
    )
    assert texts(data) == [b"[1]", b"[2]"]


@pytest.mark.parametrize("data", [packed(), packed(other_json=TALK), packed(**{"conversations_json.exe": TALK})])
def test_an_archive_without_conversations_is_refused(data):
    with refused("no conversations.json"):
        texts(data)


def test_a_bomb_is_refused_as_soon_as_it_has_grown_too_far(settings):
    settings.IMPORT_UNPACKED_BYTES = 10_000_000
    with refused("too large"):
        texts(packed(conversations_json=b"[" + b" " * 50_000_000 + b"]"))


def test_together_the_files_may_not_be_larger_either(settings):
    settings.IMPORT_UNPACKED_BYTES = 10
    assert texts(packed(**{"conversations-1_json": b"[12345]"}))
    with refused("too large"):
        texts(packed(**{"conversations-1_json": b"[12345]", "conversations-2_json": b"[12345]"}))


def test_an_archive_that_lies_about_sizes_is_not_believed(settings):
    settings.IMPORT_UNPACKED_BYTES = 1_000
    data = packed(conversations_json=b"[" + b" " * 100_000 + b"]")
    lying = data.replace(struct.pack("<L", 100_002), struct.pack("<L", 10))
    assert lying != data
    with pytest.raises(Wrong):
        texts(lying)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_cannot_be_unpacked_piece_by_piece_is_refused(method):
    with refused("cannot be read"):
        texts(packed(method, conversations_json=TALK))


def test_an_archive_of_too_many_files_is_not_even_opened(monkeypatch):
    monkeypatch.setattr(opening, "DIRECTORY_BYTES", 1_000)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with refused("too many files"):  # only its end: the table of contents is said to be large
        texts(b"PK\3\4" + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 9, 9, 100_000, 0, 0))


def test_an_archive_of_the_64_bit_kind_is_not_even_opened():
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)
    with refused("too many files"):
        texts(b"PK\3\4" + locator + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 10, 0, 0))


@pytest.mark.parametrize(
    "data",
    [
        b"PK\3\4",
        b"PK and something else",
        packed(conversations_json=TALK)[:-30],
        packed(conversations_json=TALK * 1000).replace(b"PK\1\2", b"PK\1\3"),
        packed(conversations_json=TALK)[:35] + b"\0\0\0\0" + packed(conversations_json=TALK)[39:],
    ],
)
def test_a_damaged_archive_is_refused(data):
    with pytest.raises(Wrong):
        texts(data)


@pytest.mark.parametrize("at", range(0, 150, 3))
def test_an_archive_with_any_byte_changed_is_read_or_refused(at):
    data = bytearray(packed(conversations_json=TALK))
    data[at % len(data)] ^= 0xFF
    with suppress(Wrong):
        texts(bytes(data))


def test_a_locked_archive_is_refused():
    data = bytearray(packed(conversations_json=TALK))
    data[6] |= 1  # https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.4.4
    data[data.index(b"PK\1\2") + 8] |= 1
    with refused("password"):
        texts(bytes(data))


def test_an_archive_of_too_many_conversation_files_is_refused():
    names = [f"conversations-{number}_json" for number in range(101)]
    assert len(texts(packed(**dict.fromkeys(names[:100], b"[]")))) == 100
    with refused("too many files"):
        texts(packed(**dict.fromkeys(names, b"[]")))


def damaged(drawn):
    """An archive with a few bytes that are others, most of them in what it says of itself."""
    data = bytearray(drawn.choice(ARCHIVES))
    for _ in range(drawn.randrange(1, 4)):
        at = drawn.randrange(len(data))
        data[at] = drawn.choice([0, 1, 8, 0x7F, 0x80, 0xFF, data[at] ^ 1 << drawn.randrange(8)])
    return bytes(data)


def with_a_name_in_utf_8():
    return packed(conversations_json=TALK, **{"Übersicht.txt": b""})


def of_64_bits():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive, archive.open("conversations.json", "w", force_zip64=True) as member:
        member.write(TALK)
    data = bytearray(target.getvalue())
    # https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.5.3: where the member begins, in 64 bits
    at = data.index(b"PK\1\2")
    name = struct.unpack("<H", data[at + 28 : at + 30])[0]
    extra = struct.pack("<HHQ", 1, 8, 0)
    data[at + 42 : at + 46] = b"\xff" * 4
    data[at + 30 : at + 32] = struct.pack("<H", len(extra))
    data[at + 46 + name : at + 46 + name] = extra
    end = data.rindex(b"PK\5\6")
    data[end + 12 : end + 16] = struct.pack("<L", end - at)
    return bytes(data)


ARCHIVES = [packed(conversations_json=TALK), packed(zipfile.ZIP_STORED, conversations_json=TALK)]
ARCHIVES += [with_a_name_in_utf_8(), of_64_bits()]


@pytest.mark.parametrize("data", ARCHIVES)
def test_what_is_damaged_below_can_be_read_when_it_is_not(data):
    assert texts(data) == [TALK]


@pytest.mark.parametrize("seed", range(2))
def test_an_archive_with_some_bytes_changed_is_read_or_refused(seed, tmp_path):
    """In memory and on the disk, which complain in other ways about places that there are not."""
    drawn = random.Random(seed)  # noqa: S311  the same archives each time
    path = tmp_path / "export.zip"
    for _ in range(200):
        data = damaged(drawn)
        path.write_bytes(data)
        with suppress(Wrong):
            texts(data)
        with suppress(Wrong), path.open("rb") as file:
            opened(file, len(data))


def test_a_disk_that_is_full_is_not_taken_for_a_damaged_archive(monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(OSError, match="No space"):
        texts(packed(conversations_json=TALK))
