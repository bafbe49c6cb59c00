import pytest

from chat.delivery import deliver
from chat.models import File
from tests.fixtures.naughty import each, kept

PNG = b"\x89PNG\r\n\x1a\n rest"


def file(kind="text", media_type="text/plain", data=b"words", name="notes.txt"):
    return File(kind=kind, media_type=media_type, data=data, name=name, size=len(data))


def test_a_picture_is_looked_at_and_a_text_is_saved():
    picture = deliver(file("image", "image/png", PNG, "river.png"), keep=60)
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.headers["Content-Disposition"] == 'inline; filename="river.png"'
    assert picture.content == PNG
    text = deliver(file(), keep=60)
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.headers["Content-Disposition"] == 'attachment; filename="notes.txt"'


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/javascript"])
def test_whatever_a_text_calls_itself_it_is_handed_over_as_text(media_type):
    answer = deliver(file(media_type=media_type, data=b"<script>alert(1)</script>", name="x.html"), keep=60)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_it_may_do_nothing_and_no_cache_on_the_way_keeps_it():
    headers = deliver(file("image", "image/png", PNG), keep=60).headers
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, max-age=60"


def test_the_database_may_hand_over_a_view_of_the_bytes():
    assert deliver(file(data=memoryview(b"words")), keep=60).content == b"words"  # PostgreSQL does


@each
def test_no_name_breaks_out_of_its_header(naughty):
    header = deliver(file(name=kept(naughty)[:200]), keep=60).headers["Content-Disposition"]
    assert header.startswith("attachment")
    assert not set("\r\n\0") & set(header)
    assert header.isascii()
