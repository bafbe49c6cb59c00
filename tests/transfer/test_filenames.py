import unicodedata

import pytest
from django.utils.http import content_disposition_header

from chat.transfer.filenames import LONGEST, filename
from tests.fixtures.naughty import NAUGHTY


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Why rivers meander", "Why rivers meander.md"),
        ("Élan vital 江河 🌊", "Élan vital 江河 🌊.md"),
        ("../../etc/passwd", "etc passwd.md"),
        ("C:\\con\\aux.txt", "C con aux.txt.md"),
        ('a/b: c? *d* <e> | "f"', "a b c d e f.md"),
        ("invoice\u202egnp.exe", "invoicegnp.exe.md"),
        ("name\r\nSet-Cookie: a=b", "name Set-Cookie a=b.md"),
        (".hidden.", "hidden.md"),
        ("CON", "_CON.md"),
        ("nul.txt", "_nul.txt.md"),
        ("com1", "_com1.md"),
        ("context", "context.md"),
        ("", "conversation.md"),
        ("...", "conversation.md"),
        ("\u200b\u2066", "conversation.md"),
        ("  a \t b  ", "a b.md"),
    ],
)
def test_a_file_is_called_by_its_title_as_far_as_file_systems_take_it(title, name):
    assert filename(title, "md") == name


def test_whatever_the_title_the_name_is_harmless(subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            name = filename(naughty, "json")
            assert name.endswith(".json")
            assert 5 < len(name) <= LONGEST + 6
            assert len(name.encode()) < 256
            assert not set(name) & set('/\\:*?"<>|')
            assert not any(unicodedata.category(character).startswith("C") for character in name)
            assert name == name.strip()
            assert not name.startswith(".")
            header = content_disposition_header(True, name)
            assert header.isascii()
            assert header.isprintable()
