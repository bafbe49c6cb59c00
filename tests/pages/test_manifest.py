import json
import re
import struct
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as project
from django.contrib.staticfiles import finders

from tests.support.html import Page

pytestmark = pytest.mark.django_db

MANIFEST = "/manifest.webmanifest"
STATIC = Path(project.BASE_DIR) / "static"


def sides(data):
    """Width and height of a PNG: https://www.w3.org/TR/png-3/#11IHDR"""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", data[16:24])


def test_the_manifest_has_all_that_installing_takes(client):
    answer = client.get(MANIFEST)
    assert answer.headers["Content-Type"] == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert (manifest["name"], manifest["short_name"]) == ("Brook", "Brook")
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    purposes = {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= purposes


def test_every_icon_is_there_and_as_large_as_it_says(client):
    for icon in client.get(MANIFEST).json()["icons"]:
        name = re.sub(r"\.[0-9a-f]{12}(\.\w+)$", r"\1", urlsplit(icon["src"]).path.removeprefix("/static/"))
        found = finders.find(name)
        assert found, icon
        data = Path(found).read_bytes()
        assert len(data) < 40_000
        if icon["type"] == "image/png":
            assert "x".join(map(str, sides(data))) == icon["sizes"]
        else:
            assert data.startswith(b"<svg")


def test_a_browser_fetches_it_without_cookies_and_may_keep_it(client, alice):
    answer = client.get(MANIFEST)
    assert answer.status_code == 200
    assert "public" in answer.headers["Cache-Control"]
    assert not answer.cookies
    assert client.post(MANIFEST).status_code == 405


def test_every_page_leads_to_it(client, alice):
    page = Page(client.get("/accounts/login/").text)
    assert [link.attributes["href"] for link in page.all("link", rel="manifest")] == [MANIFEST]
    assert page.all("meta", name_="mobile-web-app-capable")[0].attributes["content"] == "yes"
    assert page.all("link", rel="apple-touch-icon")
    assert sides((STATIC / "icons/apple-touch-icon.png").read_bytes()) == (180, 180)


def test_its_colours_are_those_of_the_page(client):
    tokens = (STATIC / "css/tokens.css").read_text()
    manifest = client.get(MANIFEST).json()
    assert manifest["theme_color"] == manifest["background_color"]
    assert f"--paper: {manifest['theme_color']}" in tokens or f"light-dark({manifest['theme_color']}" in tokens
