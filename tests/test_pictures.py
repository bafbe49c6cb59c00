import pytest

from chat.pictures import picture_type


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF87a\0\0", "image/gif"),
        (b"GIF89a\0\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", ""),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", ""),
        (b"\x89PN", ""),
        (b"", ""),
    ],
)
def test_a_picture_is_what_its_first_bytes_say(data, expected):
    assert picture_type(data) == expected
