import gzip
import json
import re
from pathlib import Path
from posixpath import dirname, join, normpath

import brotli
import pytest
from django.conf import settings as project
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import CommandError, call_command

from chat import static
from tests.support.html import Page

ROOT = Path(project.BASE_DIR)
SOURCE = Path(project.BASE_DIR) / "static"
FILES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.is_file())
SCRIPTS = [name for name in FILES if name.endswith(".js")]
IMPORT = re.compile(r"""(?:^(?:import|export)\b[^"';]*["'](?=[^"']+["'];)|\bimport\(["'])(\.[^"']+)""", re.MULTILINE)
IMPORT_BY_NAME = re.compile(r"""(?:^import\b[^"';]*["']|\bimport\(["'`])([^."'`][^"'`]*)""", re.MULTILINE)
ANY_IMPORT = re.compile(r"""\b(?:import|from)\s*\(?\s*["'`]""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


def code(source):
    """A module without its comments: the types that they import are for no browser."""
    return re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)


def imports(name):
    source = code((SOURCE / name).read_text())
    found = IMPORT.findall(source)
    every = len(ANY_IMPORT.findall(source)) - len(IMPORT_BY_NAME.findall(source))
    assert len(found) == every, "an import without ./ or a semicolon would not be rewritten"
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
        found = [normpath(join(dirname(url), target)) for target in IMPORT.findall(code(sources[url]))]
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
async def test_pages_refer_to_hashed_files_that_exist(async_client, alice, fetch):
    await async_client.aforce_login(alice)
    for path in ("/", "/conversations/", "/nowhere"):
        page = Page((await async_client.get(path)).text)
        urls = [link.attributes["href"] for link in page.all("link") if link.attributes["rel"] != "manifest"]
        urls += [script.attributes["src"] for script in page.all("script") if "src" in script.attributes]
        assert len(urls) >= 5
        for url in urls:
            assert HASHED.search(url)
            await fetch(url)


@pytest.mark.parametrize("name", ["js/main.js", "css/tokens.css"])
@pytest.mark.parametrize(("encoding", "unpack"), [("gzip", gzip.decompress), ("br", brotli.decompress)])
async def test_a_file_is_sent_compressed_and_without_its_comments_to_those_who_can_read_that(
    fetch, name, encoding, unpack
):
    url = staticfiles_storage.url(name)
    plain, whole = await fetch(url)
    packed, small = await fetch(url, Accept_Encoding=encoding)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == encoding
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert b"/*" not in unpack(small)
    assert len(small) < len(whole) / 2


# The libraries


def test_every_module_that_ours_import_by_name_is_in_the_import_map():
    named = {name for script in SCRIPTS for name in IMPORT_BY_NAME.findall((SOURCE / script).read_text())}
    named.discard("highlight.js/${language}")
    assert {"markdown-it/browser", "dompurify", "katex", "highlight.js"} <= named
    assert named <= set(static.MODULES)


async def test_the_import_map_names_hashed_files_that_may_be_kept_for_ever(fetch):
    addresses = json.loads(static.import_map())["imports"]
    assert set(addresses) == set(static.MODULES)
    for name, url in addresses.items():
        assert HASHED.search(url)
        answer, content = await fetch(url)
        kind = "text/css" if name == "katex/style" else "text/javascript"
        assert answer.headers["Content-Type"].split(";")[0] == kind
        assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
        assert content == (ROOT / "node_modules" / static.MODULES[name].removeprefix("vendor/")).read_bytes() or (
            name == "katex/style"
        )


async def test_the_fonts_of_formulas_are_there(fetched):
    url = staticfiles_storage.url(static.MODULES["katex/style"])
    fonts = set(re.findall(r"url\(([^)]+)\)", await fetched(url)))
    assert len(fonts) > 20
    for font in fonts:
        assert HASHED.search(font.strip("\"'"))


@pytest.mark.parametrize(
    "name", ["vendor/katex/dist/katex.mjs", "vendor/katex/package.json", "vendor/axe-core/axe.min.js"]
)
def test_nothing_else_of_them_is_served(client, name):
    assert finders.find(f"vendor/{name}") is None
    assert client.get(f"/static/vendor/{name}").status_code == 404


def test_what_is_served_of_them_is_found():
    assert finders.find("vendor/dompurify/dist/purify.es.mjs") == str(
        ROOT / "node_modules/dompurify/dist/purify.es.mjs"
    )


def test_the_lock_file_names_no_address():
    lock = (ROOT / "package-lock.json").read_text()
    assert "://" not in lock
    assert '"resolved"' not in lock
    packages = json.loads(lock)["packages"]
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)


def test_every_version_is_exact():
    package = json.loads((ROOT / "package.json").read_text())
    for version in (*package["dependencies"].values(), *package["devDependencies"].values()):
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


def test_libraries_are_missing_where_one_of_their_files_is(settings, tmp_path):
    assert not static.libraries_are_missing()
    settings.LIBRARIES_DIR = tmp_path
    assert static.libraries_are_missing()


@pytest.mark.parametrize(
    "path", ["../settings.py", "..%2f..%2fsecret_key", "%2e%2e/secret_key", "staticfiles.json", ""]
)
async def test_nothing_else_is_served(async_client, path):
    assert (await async_client.get(f"/static/{path}")).status_code == 404


def test_without_them_the_server_does_not_start_and_says_what_to_do(settings, tmp_path):
    settings.UPSTREAM_URL = "http://127.0.0.1:1/v1"
    settings.LIBRARIES_DIR = tmp_path
    with pytest.raises(CommandError, match=r"libraries are not installed. Please run `make setup`"):
        call_command("serve")


@pytest.mark.django_db(transaction=True)
async def test_the_first_load_of_scripts_and_styles_is_at_most_120_kb(async_client, alice, fetch):
    await async_client.aforce_login(alice)
    page = Page((await async_client.get("/")).text)
    styles = {link.attributes["href"] for link in page.all("link", rel="stylesheet")}
    scripts = {staticfiles_storage.url(name) for name in loaded_with("js/main.js") | {"js/early.js"}}
    urls = styles | scripts | {staticfiles_storage.url(static.MODULES["markdown-it/browser"])}
    sizes = {url: len((await fetch(url, Accept_Encoding="br"))[1]) for url in urls}
    assert len(scripts) > 40
    assert sum(sizes.values()) <= 120_000, sorted(sizes.items(), key=lambda size: -size[1])[:12]


def loaded_with(name, known=frozenset()):
    """A module and all that it imports at once; what it imports when first needed is not meant."""
    source = (SOURCE / name).read_text()
    at_once = re.findall(r"""^(?:import|export)\b[^"';]*["'](\.[^"']+)["'];""", source, re.MULTILINE)
    found = known | {name}
    for target in at_once:
        module = normpath(join(dirname(name), target))
        found = found if module in found else loaded_with(module, found)
    return found


def test_no_style_says_what_would_mean_something_else_when_it_is_packed():
    """rcssmin takes the blank out of `.a :is(b)`, and with it the descent: we write `.a *:is(b)`."""
    said = re.compile(r"""[\w\])"] :(?:is|not|where|has)\(""")
    assert said.search(".a :is(b) {}")
    for name in FILES:
        if name.endswith(".css"):
            assert not said.search((SOURCE / name).read_text()), name
