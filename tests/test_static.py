import gzip
import re
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest
from django.conf import settings as project
from django.contrib.staticfiles.storage import staticfiles_storage

from tests.support.html import Page

SOURCE = Path(project.BASE_DIR) / "static"
FILES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.is_file())
SCRIPTS = [name for name in FILES if name.endswith(".js")]
IMPORT = re.compile(r"""^\s*(?:import|export)\b[^"';]*?(?:from\s*)?["'](\.[^"']+)["'];""", re.MULTILINE)
ANY_IMPORT = re.compile(r"""\b(?:import|from)\s*\(?\s*["'`]""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


def imports(name):
    """What a module of ours imports; the types that its comments import are for no browser."""
    code = re.sub(r"/\*.*?\*/", "", (SOURCE / name).read_text(), flags=re.DOTALL)
    found = IMPORT.findall(code)
    assert len(found) == len(ANY_IMPORT.findall(code)), "an import without ./ or a semicolon would not be rewritten"
    return found


async def body(answer):
    return b"".join([part async for part in answer])


@pytest.fixture
def fetch(async_client):
    """The response of an address, and its body."""

    async def get(url, **headers):
        answer = await async_client.get(url, headers=headers)
        assert answer.status_code == 200, url
        return answer, await body(answer)

    return get


@pytest.fixture
def fetched(fetch):
    """The text behind an address."""

    async def get(url):
        _, content = await fetch(url)
        return content.decode()

    return get


async def test_files_are_served_under_names_made_of_their_content_and_may_be_kept_for_ever(fetch):
    for name in FILES:
        url = staticfiles_storage.url(name)
        assert HASHED.search(url)
        answer, _ = await fetch(url)
        assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_name_without_a_hash_may_be_kept_for_a_minute_only(fetch):
    answer, _ = await fetch("/static/js/main.js")
    assert answer.headers["Cache-Control"] == "max-age=60, public"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("js/main.js", "text/javascript"), ("css/base.css", "text/css"), ("favicon.svg", "image/svg+xml")],
)
async def test_a_file_has_its_type(fetch, name, kind):
    answer, _ = await fetch(staticfiles_storage.url(name))
    assert answer.headers["Content-Type"].split(";")[0] == kind


async def test_every_import_of_a_module_names_a_hashed_file_that_exists(fetched):
    scripts = {staticfiles_storage.url(name): name for name in SCRIPTS}
    sources = {url: await fetched(url) for url in scripts}
    for url, name in scripts.items():
        found = [normpath(join(dirname(url), target)) for target in IMPORT.findall(sources[url])]
        assert found == [staticfiles_storage.url(normpath(join(dirname(name), target))) for target in imports(name)]
        assert set(found) <= set(sources), name


def test_there_are_imports_to_look_at():
    assert sum(len(imports(name)) for name in SCRIPTS) > 20


async def test_stylesheets_refer_to_hashed_files_of_our_own_only(fetched):
    for name in FILES:
        if name.endswith(".css"):
            url = staticfiles_storage.url(name)
            styles = await fetched(url)
            for target in re.findall(r"""url\(["']?([^"')]+)""", styles):
                address = normpath(join(dirname(url), target))
                assert HASHED.search(address)
                await fetched(address)
            assert "@import" not in styles  # one round trip more, for nothing


@pytest.mark.django_db(transaction=True)
async def test_pages_refer_to_hashed_files_that_exist(async_client, alice, fetched):
    await async_client.aforce_login(alice)
    for path in ("/", "/conversations/", "/nowhere"):
        page = Page((await async_client.get(path)).text)
        urls = [element.attributes["href"] for element in page.all("link")]
        urls += [element.attributes["src"] for element in page.all("script")]
        assert len(urls) >= 5
        for url in urls:
            assert HASHED.search(url)
            await fetched(url)


@pytest.mark.parametrize("name", ["js/main.js", "css/tokens.css"])
async def test_a_file_is_sent_compressed_to_those_who_can_read_that(fetch, name):
    url = staticfiles_storage.url(name)
    plain, whole = await fetch(url)
    packed, small = await fetch(url, Accept_Encoding="gzip")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(small) == whole
    assert len(small) < len(whole) / 1.5


@pytest.mark.parametrize(
    "path", ["../settings.py", "..%2f..%2fsecret_key", "%2e%2e/secret_key", "staticfiles.json", ""]
)
async def test_nothing_else_is_served(async_client, path):
    assert (await async_client.get(f"/static/{path}")).status_code == 404
