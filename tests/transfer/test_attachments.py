import pytest

from chat.models import File
from chat.transfer.attachments import kind_of
from chat.transfer.wrong import Wrong
from tests.transfer.rows import PNG


def test_a_file_is_what_its_bytes_are():
    assert kind_of(PNG) == (File.Kind.IMAGE, "image/png")
    assert kind_of("Ufer: ä 江".encode()) == (File.Kind.TEXT, "text/plain")
    assert kind_of(b"<script>alert(1)</script>") == (File.Kind.TEXT, "text/plain")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b", b"%PDF-1.7\n\xe2\xe3", b"\x89PNG"])
def test_what_brook_does_not_take_is_wrong(data):
    with pytest.raises(Wrong, match="neither a text"):
        kind_of(data)


def test_what_is_too_large_is_wrong(settings):
    settings.FILE_BYTES, settings.IMAGE_BYTES = 10, 100
    assert kind_of(b"x" * 10)
    with pytest.raises(Wrong, match="more than"):
        kind_of(b"x" * 11)
    with pytest.raises(Wrong, match="more than"):
        kind_of(PNG)
