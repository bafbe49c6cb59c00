import asyncio
import io
import json
import zipfile
from contextlib import contextmanager
from threading import Event

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.test import AsyncClient, Client
from django.test.client import encode_multipart

from chat.bodies import FORM
from chat.models import Conversation, Message
from chat.pages import transfer
from chat.transfer import storing
from chat.transfer.arrival import Arrival
from tests.fixtures.chatgpt import many_kinds, plain
from tests.fixtures.naughty import NAUGHTY, kept
from tests.support.html import Page
from tests.transfer.rows import NOON, converse, lively, say

MISSING = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def address(conversation, ending):
    return f"/c/{conversation.pk}/export.{ending}"


def name_of(answer):
    return answer.headers["Content-Disposition"]


# Out


@pytest.mark.django_db
def test_a_conversation_is_saved_as_markdown(browser, alice):
    conversation = converse(alice, "Rivers")
    say(conversation, "Why do *they* meander?")
    answer = browser.get(address(conversation, "md"))
    assert answer.text.startswith("# Rivers\n\n## You · 2026-01-01 12:00 UTC\n\nWhy do *they* meander?\n")
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert name_of(answer) == 'attachment; filename="Rivers.md"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]


async def streamed(owner, path):
    """The body of a streamed answer, in the pieces in which it came."""
    browser = AsyncClient()
    await sync_to_async(browser.force_login)(owner)
    try:
        answer = await browser.get(path)
        assert answer.status_code == 200
        return answer, [part async for part in answer]
    finally:
        await sync_to_async(connections.close_all)()  # as a server does when an answer has ended; the client does not


@pytest.mark.django_db(transaction=True)
async def test_a_conversation_is_saved_as_json(alice):
    conversation = await sync_to_async(lively)(alice)
    await sync_to_async(converse)(alice, "Another")
    answer, parts = await streamed(alice, address(conversation, "json"))
    [talk] = json.loads(b"".join(parts))["conversations"]
    assert (talk["title"], len(talk["messages"])) == ("Élan vital 江河", 8)
    assert answer.headers["Content-Type"] == "application/json"
    assert name_of(answer) == "attachment; filename*=utf-8''%C3%89lan%20vital%20%E6%B1%9F%E6%B2%B3.json"


@pytest.mark.django_db(transaction=True)
async def test_everything_is_saved_as_json_piece_by_piece(alice, bob, monkeypatch):
    monkeypatch.setattr(transfer, "PART", 1_000)
    for number in range(5):
        conversation = await sync_to_async(converse)(alice, f"Number {number}")
        await sync_to_async(say)(conversation, "word " * 300)
    await sync_to_async(converse)(bob, "Bob's")
    answer, parts = await streamed(alice, "/export.json")
    titles = [talk["title"] for talk in json.loads(b"".join(parts))["conversations"]]
    assert sorted(titles) == [f"Number {number}" for number in range(5)]
    assert len(parts) >= 5
    assert name_of(answer).startswith('attachment; filename="brook-20')


@pytest.mark.parametrize("ending", ["md", "json"])
@pytest.mark.django_db
def test_a_strangers_conversation_and_a_deleted_one_are_answered_like_a_missing_one(browser, alice, bob, ending):
    theirs, gone = converse(bob), converse(alice)
    Conversation.objects.filter(pk=gone.pk).update(deleted_at=NOON)
    answers = [
        browser.get(path) for path in (address(theirs, ending), address(gone, ending), f"/c/{MISSING}/export.{ending}")
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.django_db
def test_a_visitor_exports_and_imports_nothing(client, alice):
    for path in (address(converse(alice), "md"), address(converse(alice), "json"), "/export.json", "/import/"):
        assert client.get(path).status_code == 302
    answer = client.post("/import/", {"file": SimpleUploadedFile("x.json", json.dumps([plain()]).encode())})
    assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=/import/")
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_exports_only_read(browser, alice):
    for path in (address(converse(alice), "md"), address(converse(alice), "json"), "/export.json"):
        assert browser.post(path).status_code == 405


@pytest.mark.django_db
def test_whatever_the_title_the_name_of_the_file_is_harmless(browser, alice, subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            answer = browser.get(address(converse(alice, kept(naughty)[:200]), "md"))
            assert answer.status_code == 200
            assert name_of(answer).startswith("attachment; filename")
            assert name_of(answer).isascii()
            assert "\n" not in name_of(answer)


# In


def upload(browser, data, name="export.json", **fields):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return browser.post("/import/", {"file": SimpleUploadedFile(name, data), **fields})


def said(answer):
    page = Page(answer.text)
    return " ".join(page.texts("div", role="status") + page.texts("div", role="alert"))


@pytest.mark.django_db
def test_the_page_has_a_form_that_works_without_a_script(browser):
    page = Page(browser.get("/import/").text)
    [form] = page.all("form", enctype="multipart/form-data")
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/import/")
    assert page.box("File").attributes["type"] == "file"
    assert page.all("input", name_="csrfmiddlewaretoken")
    assert "At most 50.0 MB." in page.texts("div", class_="field-help")[0]
    assert page.inline() == []


@pytest.mark.django_db
def test_what_was_imported_is_told_in_words(browser, alice):
    data = [plain(f"c{number}") for number in range(11)] + [{**many_kinds(), "id": "d", "conversation_id": "d"}]
    answer = upload(browser, data)
    assert answer.status_code == 200
    assert said(answer).startswith("12 conversations with 27 messages were imported.")
    assert said(answer).endswith("4 parts that are no text were left out: pictures, and answers of tools.")
    assert "Nothing is new: all 12 conversations in this file were there already." in said(upload(browser, data))
    assert Conversation.objects.for_user(alice).count() == 12


@pytest.mark.django_db
def test_an_archive_is_imported(browser):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("conversations.json", json.dumps([plain()]))
    assert "1 conversation with 2 messages was imported." in said(upload(browser, target.getvalue(), "export.zip"))


@pytest.mark.django_db
def test_a_wrong_file_is_told_with_its_line_and_changes_nothing(browser):
    file = {"format": "brook", "version": 1, "conversations": [{"id": "c", "title": "x", "messages": "none"}]}
    answer = upload(browser, json.dumps(file, indent=1).encode())
    assert said(answer) == (
        "Nothing was imported: something is wrong with this file. Line 8, conversation 1: "
        "“messages” must be a list that is not too long."
    )
    assert not Conversation.objects.exists()


@pytest.mark.django_db
def test_the_words_of_a_wrong_file_are_shown_as_text(browser):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("<b>&amp;/conversations.json", "[7]")
    answer = upload(browser, target.getvalue())
    assert "<b>&amp;/conversations.json, Line 1, conversation 1: " in said(answer)


@pytest.mark.django_db
def test_without_a_file_nothing_happens(browser):
    answer = browser.post("/import/", {"file": ""})
    assert "No file was chosen." in said(answer)


@pytest.mark.django_db
def test_an_empty_file_is_wrong(browser):
    answer = upload(browser, b"")
    assert "The file ends too early" in said(answer)


@pytest.mark.django_db
def test_what_is_announced_as_too_large_is_not_even_looked_through_for_its_token(alice, settings):
    settings.IMPORT_BYTES = 1_000
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert "too large" in said(upload(browser, b"x" * (FORM + 1_001)))


@pytest.mark.django_db
def test_what_is_too_large_by_a_little_is_refused_too(browser, settings):
    settings.IMPORT_BYTES = 1_000
    assert "too large" in said(upload(browser, b"[" + b" " * 1_500 + b"]"))


@pytest.mark.parametrize("body", [b"no form at all", b'--x\r\nContent-Disposition: form-data; name="fi'])
@pytest.mark.django_db
def test_an_upload_that_was_cut_is_told(browser, body):
    answer = browser.generic("POST", "/import/", body, content_type="multipart/form-data; boundary=x")
    assert "Nothing was imported" in said(answer)
    assert not Conversation.objects.exists()


@pytest.mark.django_db
def test_only_the_pages_own_form_may_import(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert upload(browser, [plain()]).status_code == 403
    assert not Conversation.objects.exists()
    token = Page(browser.get("/import/").text).all("input", name_="csrfmiddlewaretoken")[0].attributes["value"]
    assert upload(browser, [plain()], csrfmiddlewaretoken=token).status_code == 200
    assert Conversation.objects.count() == 1


@pytest.mark.django_db
def test_a_large_file_goes_by_the_disk(browser, settings, tmp_path):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 100
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    assert "10 conversations" in said(upload(browser, [plain(f"c{number}") for number in range(10)]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_what_is_known_of_the_import_is_known_to_nobody_else(browser, bob):
    upload(browser, [plain()])
    other = Client()
    other.force_login(bob)
    assert "1 conversation with 2 messages was imported." in said(upload(other, [plain()]))


@pytest.mark.django_db
def test_one_import_at_a_time(browser, alice):
    with transfer.under_way:
        answer = upload(browser, [plain()])
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    assert said(answer) == "Nothing was imported. Brook is taking in another file. Try again in a minute."
    assert not Conversation.objects.exists()
    assert "1 conversation" in said(upload(browser, [plain()]))
    assert "something is wrong" in said(upload(browser, b"["))
    assert upload(browser, [plain()]).status_code == 200, "what went wrong is over as well"


@pytest.mark.django_db
def test_an_upload_that_there_was_no_room_for_is_told_so(browser):
    answer = browser.post("/import/", {"file": ""}, headers={"X-Brook-Busy": "1"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "Too much is being uploaded at the moment" in said(answer)


@pytest.mark.django_db
def test_what_is_being_imported_elsewhere_or_removed_is_for_later(browser, alice):
    upload(browser, [plain()])
    Conversation.objects.update(deleted_at=NOON)
    answer = upload(browser, [plain()])
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert said(answer) == (
        "Nothing was imported. Some of these conversations are being imported or removed. Try again in a few minutes."
    )
    assert not Conversation.objects.for_user(alice).exists()
    assert upload(browser, b"[").status_code == 200, "the place is free again"


@pytest.mark.django_db(transaction=True)
async def test_an_import_whose_page_is_closed_goes_on_to_its_end(alice, monkeypatch):
    begun, closed, really = asyncio.Event(), Event(), Arrival.piece

    @contextmanager
    def piece(arrival):
        with really(arrival) as hidden:
            yield hidden
        loop.call_soon_threadsafe(begun.set)
        assert closed.wait(10)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(Arrival, "piece", piece)
    monkeypatch.setattr(storing, "TOGETHER", 1)
    browser = AsyncClient()
    await sync_to_async(browser.force_login)(alice)
    page = ApplicationCommunicator(ASGIHandler(), scope_of(browser.cookies["sessionid"].value))
    await page.send_input({"type": "http.request", "body": encode_multipart("x", {"file": exported_file(3)})})
    await asyncio.wait_for(begun.wait(), 10)
    await page.send_input({"type": "http.disconnect"})
    closed.set()
    await page.wait(10)
    assert await sync_to_async(Conversation.objects.for_user(alice).count)() == 3
    assert not transfer.under_way.locked()
    await sync_to_async(connections.close_all)()


def exported_file(talks):
    return SimpleUploadedFile("x.json", json.dumps([plain(f"c{number}") for number in range(talks)]).encode())


def scope_of(session):
    """Of a browser that sends the form of the page."""
    token = "t" * 32
    headers = {
        "Host": "localhost",
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": "9000",
        "Cookie": f"sessionid={session}; csrftoken={token}",
        "X-CSRFToken": token,
    }
    return {
        "type": "http",
        "method": "POST",
        "path": "/import/",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
