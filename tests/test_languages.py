"""Every word in every language: pages, scripts, and what the server says."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings as project
from django.utils import translation
from django.utils.translation import trans_real

from chat import languages
from chat.models import Profile
from tests.support import sentences
from tests.support.html import Page

ROOT = Path(project.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
ENGLISH = {"admin", "review"}  # the review desk
NAMES = {"Brook", "UTC"}
READ = {"aria-label", "title", "placeholder", "alt"}
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
HOLE = re.compile(r"\\\{\w+\\\}")


# What pages are made of


class Bare(HTMLParser):
    """The words of a template that are for people."""

    def __init__(self, template: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = False
        translated = r"{% blocktranslate.*?{% endblocktranslate %}"
        self.feed(re.sub(rf"{translated}|{{#.*?#}}|{{%.*?%}}|{{{{.*?}}}}", "", template, flags=re.DOTALL))

    def handle_starttag(self, tag, attrs):
        self._silent = tag in ("script", "style")
        for name, value in attrs:
            if name in READ:
                self.handle_data(value or "")

    def handle_endtag(self, tag):
        self._silent = False

    def handle_data(self, data):
        if not self._silent and (words := set(re.findall(r"[^\W\d_]{2,}", data)) - NAMES):
            self.found.append(" ".join(sorted(words)))


def test_a_bare_word_in_a_template_is_found():
    assert Bare('<p title="{% translate "a" %}">{{ name }} · Brook</p><script>let a;</script>').found == []
    assert Bare('<p title="Why">{% if a %}Because{% endif %}</p>').found == ["Why", "Because"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_a_template_has_no_word_that_is_not_translated(template):
    if not ENGLISH & set(template.parts):
        assert Bare(template.read_text("utf-8")).found == []


# What comes to the browser


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def words_in(page):
    return [json.loads(element.text) for element in page.all("script", id="words")]


def expect_german(answer, words):
    page = Page(answer.text)
    assert page.all("html")[0].attributes["lang"] == "de"
    assert words in answer.text
    assert page.inline() == []
    [catalogue] = words_in(page)
    assert catalogue["Send"] == "Senden"
    assert "<" not in next(element.text for element in page.all("script", id="words"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "words"), [("/", "Worüber wollen wir reden?"), ("/settings/", "Aussehen und Verhalten")]
)
def test_pages_are_german_for_who_has_set_that_and_for_a_browser_that_asks(client, browser, alice, path, words):
    expect_german(browser.get(path, headers=GERMAN), words)
    Profile.objects.create(user=alice, language="de")
    expect_german(browser.get(path), words)


@pytest.mark.django_db
def test_a_visitor_logs_in_in_german(client, alice):
    expect_german(client.get("/accounts/login/", headers=GERMAN), "Benutzername")


@pytest.mark.django_db
def test_a_page_that_is_not_there_says_so_in_german(browser):
    assert "Diese Seite gibt es nicht" in browser.get("/nowhere", headers=GERMAN).text


@pytest.mark.django_db
def test_an_english_page_brings_no_catalogue(browser):
    page = Page(browser.get("/").text)
    assert page.all("html")[0].attributes["lang"] == "en"
    assert words_in(page) == []


@pytest.mark.django_db
def test_the_review_desk_is_english(client, staff):
    client.force_login(staff)
    page = Page(client.get("/admin/", headers=GERMAN).text)
    assert page.all("html")[0].attributes["lang"] == "en"
    assert words_in(page) == []


def test_the_words_of_scripts_cannot_end_the_element_they_stand_in(monkeypatch):
    languages._catalogue.cache_clear()
    monkeypatch.setattr(languages.JavaScriptCatalog, "get_catalog", lambda view: {"a": "</script><script>"})
    with translation.override("de"):
        words = languages.words_of_scripts()
    languages._catalogue.cache_clear()
    assert "<" not in words
    assert json.loads(words) == {"a": "</script><script>"}


def test_what_was_compiled_is_made_anew_at_the_next_start(settings, tmp_path):
    settings.LOCALE_SOURCE, settings.LOCALE_PATHS = tmp_path / "source", [tmp_path / "compiled"]
    source = settings.LOCALE_SOURCE / "de" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    for word in ("Senden", "Absenden"):
        source.write_text(
            f'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Send"\nmsgstr "{word}"\n'
        )
        languages.compile_catalogues()
        assert trans_real.DjangoTranslation("de").gettext("Send") == word
        trans_real._translations.clear()
        _forget_files()
    assert [path.name for path in (tmp_path / "compiled").rglob("*.*")] == ["django.mo"]


def _forget_files():
    """What a process has read it keeps, until it ends."""
    from gettext import _translations

    _translations.clear()


# What the server says


def told():
    script = (ROOT / "static/js/server-words.js").read_text("utf-8")
    """The sentences that the page knows, each with its pattern."""
    found = [json.loads(text) for text in re.findall(r'gettext_noop\(("(?:[^"\\]|\\.)*")\)', script)]
    assert len(found) == len(set(found))
    return {template: pattern_of(template) for template in found}


def templates_of(sentence, known):
    """Those that make this sentence and its parts, as static/js/server-words.js finds them; none if one is missing."""
    for template, pattern in known.items():
        if found := pattern.fullmatch(sentence):
            parts = [templates_of(part, known) for part in found.groups() if part and " " in part]
            if all(parts):
                return {template}.union(*parts)
    return set()


def pattern_of(template):
    ends = r"(?:\.|: (.+))" if template.endswith(".") else ""
    return re.compile(HOLE.sub("(.+?)", re.escape(template.removesuffix("." if ends else ""))) + ends)


def test_the_page_can_say_all_that_the_server_says():
    said = sentences.of_folders(*(ROOT / "chat" / room for room in ("live", "relay", "localmodel")))
    known = told()
    templates = {sentence: templates_of(sentence, known) for sentence in sorted(said)}
    assert len(said) > 70  # the reader of the source has found them
    assert [sentence for sentence, found in templates.items() if not found] == []
    assert set(known) - set().union(*templates.values()) == set(), "nobody says these any more"


@pytest.mark.parametrize(
    "source",
    [
        'raise Refused("new", "A new sentence.")',
        'def f(name):\n    words = f"A new sentence of {name}."\n    raise Refused("new", words) from error',
        'def f(what):\n    raise Refused("new", f"{what} is new.")\nf("The sentence")',
        'NEW = ("new", "A new sentence.")',
        'def f(detail):\n    return UpstreamError("new", f"A new sentence: {detail}.")',
    ],
)
def test_a_new_sentence_of_the_server_is_found(source):
    [sentence] = sentences.Speech([source]).sentences()
    assert "new" in sentence
    assert not templates_of(sentence, told())
