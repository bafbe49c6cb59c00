import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings as project
from django.core.management import call_command

ROOT = Path(project.BASE_DIR)
PLACEHOLDERS = re.compile(r"\{\w*\}|%\(\w+\)[sd]|%[sd]|</?\w+")
Catalogues = dict[str, Catalog]


def catalogues(folder: Path) -> Catalogues:
    found = {}
    for path in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        with path.open("rb") as words:
            found[path.relative_to(folder).as_posix()] = read_po(words)
    return found


def messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def forms(words: str | tuple[str, ...] | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def named_in(text: str) -> set[str]:
    return set(PLACEHOLDERS.findall(text))


@pytest.fixture
def collected(settings, tmp_path, monkeypatch) -> Path:
    """A copy of locale/, after the command; beside a copy of what has words, or it would write into the project."""
    for name in ("chat", "templates", "static", "locale"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    settings.LOCALE_SOURCE = tmp_path / "locale"
    settings.LOCALE_PATHS = []
    monkeypatch.chdir(tmp_path)
    call_command("words", verbosity=0)
    return tmp_path / "locale"


def test_every_word_stands_in_every_catalogue_and_none_that_is_no_longer_said(collected):
    kept, found = catalogues(project.BASE_DIR / "locale"), catalogues(collected)
    assert set(kept) == {f"de/LC_MESSAGES/{domain}.po" for domain in ("django", "djangojs")} == set(found)
    for name, catalogue in found.items():
        missing, stale = (
            {message.id for message in messages(one)} - {message.id for message in messages(other)}
            for one, other in ((catalogue, kept[name]), (kept[name], catalogue))
        )
        assert (missing, stale) == (set(), set()), f"{name}: run `manage.py words`, and translate"
    assert list(collected.rglob("*.pot")) == []


@pytest.mark.parametrize(("name", "catalogue"), catalogues(project.BASE_DIR / "locale").items())
def test_every_word_is_translated_with_its_placeholders(name, catalogue):
    assert catalogue.num_plurals == 2
    for message in messages(catalogue):
        assert not message.fuzzy, message.id
        assert all(forms(message.string)), f"{message.id} is not translated"
        assert len(forms(message.string)) == len(forms(message.id)), message.id
        for english, translated in zip(forms(message.id), forms(message.string), strict=True):
            allowed = named_in(forms(message.id)[-1]) if len(forms(message.id)) > 1 else named_in(english)
            assert named_in(english) <= named_in(translated) <= allowed | named_in(english), (english, translated)


def test_a_file_that_is_up_to_date_stays_as_it_is(collected):
    before = {path: path.read_bytes() for path in collected.rglob("*.po")}
    call_command("words", verbosity=0)
    assert before == {path: path.read_bytes() for path in collected.rglob("*.po")}
    assert all(b"POT-Creation-Date" not in text for text in before.values())
