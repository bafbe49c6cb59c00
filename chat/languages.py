"""The languages of the pages: which there are, how they come to Django and to the page's scripts.

What is translated stands in locale/ as gettext's text files; Django and the scripts read them compiled, so the server
compiles them when it starts. What is written nowhere else: docs/architecture.md, "Languages".
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JavaScriptCatalog


def compile_catalogues() -> None:
    """Writes locale/*/LC_MESSAGES/*.po as .mo files to where Django looks for them."""
    for source in sorted(settings.LOCALE_SOURCE.glob("*/LC_MESSAGES/*.po")):
        target = settings.LOCALE_PATHS[0] / source.relative_to(settings.LOCALE_SOURCE).with_suffix(".mo")
        _compile(source, target)


def _compile(source: Path, target: Path) -> None:
    """Beside it first: another process may be reading the one that is there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    with source.open("rb") as words, fresh.open("wb") as compiled:
        write_mo(compiled, read_po(words))
    fresh.replace(target)


def words(request: HttpRequest) -> dict[str, SafeString]:
    """For templates."""
    return {"words": words_of_scripts()}


def words_of_scripts() -> SafeString:
    """The words of static/js/ in the language of this request, as JSON; empty for English, which the scripts hold."""
    language = get_language() or settings.LANGUAGE_CODE
    return SafeString("") if language == settings.LANGUAGE_CODE else _catalogue(language)


@cache
def _catalogue(language: str) -> SafeString:
    view: Any = JavaScriptCatalog()
    view.translation = DjangoTranslation(language, domain="djangojs")
    words = json.dumps(view.get_catalog(), ensure_ascii=False)
    return mark_safe(words.replace("<", "\\u003c"))  # noqa: S308  it cannot end the element it stands in
