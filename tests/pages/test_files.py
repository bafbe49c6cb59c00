import io
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from chat.models import Conversation, File
from chat.pages import files
from tests.fixtures.naughty import NAUGHTY, kept

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40
GIF = b"GIF89a" + b"\0" * 40
WEBP = b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 40


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def send(browser, data, name="notes.txt", kind="application/octet-stream"):
    return browser.post("/files/", {"file": SimpleUploadedFile(name, data, content_type=kind)})


def taken(browser, data, name="notes.txt", **more):
    answer = send(browser, data, name, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def refused(answer, status, code):
    assert answer.status_code == status
    told = answer.json()
    assert told["code"] == code
    assert told["message"].endswith(".")
    assert not File.objects.exists()
    return told["message"]


# What is taken


def test_a_text_is_taken_and_given_back_to_its_owner(browser, alice):
    file = taken(browser, "Flüsse, 🌊\n".encode())
    stored = File.objects.get()
    assert file == {
        "id": str(stored.pk),
        "name": "notes.txt",
        "kind": "text",
        "type": "text/plain",
        "size": len("Flüsse, 🌊\n".encode()),
    }
    assert stored.owner == alice
    answer = browser.get(f"/files/{file['id']}/")
    assert answer.content.decode() == "Flüsse, 🌊\n"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="notes.txt"'


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp")],
    ids=["png", "jpeg", "gif", "webp"],
)
def test_a_picture_is_known_by_its_bytes_whatever_it_is_called(browser, data, media_type):
    file = taken(browser, data, "evil.html", kind="text/html")
    assert (file["kind"], file["type"], file["size"]) == ("image", media_type, len(data))
    answer = browser.get(f"/files/{file['id']}/")
    assert answer.content == data
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize("name", ["page.html", "picture.svg", "picture.png", "run.exe", "script.js", "none"])
def test_what_can_be_read_as_text_is_text_whatever_it_is_called(browser, name):
    file = taken(browser, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", name, kind="image/svg+xml")
    assert (file["kind"], file["type"], file["name"]) == ("text", "text/plain", name)
    answer = browser.get(f"/files/{file['id']}/")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_kinds_of_line_ends_become_one_and_the_mark_before_it_goes(browser):
    taken(browser, b"\xef\xbb\xbfone\r\ntwo\rthree\nfour\x0b\xe2\x80\xa8five")
    stored = File.objects.get()
    assert bytes(stored.data).decode() == "one\ntwo\nthree\nfour\x0b\u2028five"
    assert stored.size == len(stored.data)


def test_naughty_text_is_kept_to_the_letter(browser, monkeypatch):
    monkeypatch.setattr(files, "UNSENT", len(NAUGHTY))
    for name, naughty in NAUGHTY:
        text = kept(naughty)
        expected = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        if expected:
            file = taken(browser, text.encode(), name)
            assert bytes(File.objects.get(pk=file["id"]).data).decode() == expected, name


# What is not


@pytest.mark.parametrize(
    "data",
    [
        b"be\0fore",
        b"\xff\xfea\0b\0",
        b"caf\xe9",
        b"%PDF-1.7\n\xe2\xe3\xcf\xd3",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"\x89PNG\r\n",
    ],
    ids=["nul", "utf-16", "latin-1", "pdf", "wave", "half-a-png"],
)
def test_what_is_neither_text_nor_a_picture_is_refused_by_name(browser, data):
    words = refused(send(browser, data, "thing.bin"), 415, "unknown_kind")
    assert "thing.bin" in words


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf"], ids=["nothing", "only-a-mark"])
def test_an_empty_file_is_refused(browser, data):
    assert "notes.txt" in refused(send(browser, data), 400, "empty_file")


def test_a_form_without_a_file_is_refused(browser):
    refused(browser.post("/files/", {}), 400, "no_file")
    refused(browser.post("/files/", {"file": "words"}), 400, "no_file")


def test_a_form_that_breaks_off_is_refused(browser):
    half = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nwords'
    answer = browser.post("/files/", half, content_type="multipart/form-data; boundary=")
    refused(answer, 400, "bad_form")


def test_texts_and_pictures_have_a_limit_each_and_just_within_it_is_taken(browser, settings):
    settings.FILE_BYTES, settings.IMAGE_BYTES = 1024, 2048
    for data in (b"a" * 1025, PNG.ljust(2049, b"\0")):
        words = refused(send(browser, data), 413, "file_too_large")
        assert "1.0\xa0KB" in words
        assert "2.0\xa0KB" in words
    taken(browser, b"a" * 1024)
    taken(browser, PNG.ljust(2048, b"\0"))


def test_an_announced_gigabyte_is_refused_unread_token_or_not(alice):
    class Unreadable(io.RawIOBase):
        def read(self, *args):
            raise AssertionError("it was read")

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    answer = browser.generic(
        "POST",
        "/files/",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(1024**3),
        **{"wsgi.input": Unreadable()},
    )
    refused(answer, 413, "file_too_large")


@pytest.mark.parametrize("length", ["", "-1", "many"])
def test_an_upload_of_unknown_length_is_refused(browser, length):
    answer = browser.generic(
        "POST", "/files/", b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=length
    )
    refused(answer, 411, "no_length")


def test_an_upload_that_there_was_no_room_for_is_told_so(browser):
    answer = browser.post("/files/", headers={"X-Brook-Busy": "1"})
    assert "Too much is being uploaded at the moment" in refused(answer, 503, "busy")
    assert answer.headers["Retry-After"] == "30"


def test_so_many_files_of_one_person_may_wait_for_a_message(browser, alice, bob, monkeypatch):
    monkeypatch.setattr(files, "UNSENT", 2)
    taken(browser, b"one")
    sent = taken(browser, b"two")
    File.objects.create(owner=bob, name="x", kind="text", media_type="text/plain", size=1, data=b"x")
    answer = send(browser, b"three")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_files")
    message = Conversation.objects.create(owner=alice, title="Rivers").messages.create(role="user", content="Look")
    message.files.add(sent["id"])
    taken(browser, b"three")


def test_a_forged_upload_is_refused(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert send(browser, b"words").status_code == 403
    assert not File.objects.exists()

    token = browser.get("/settings/").context["csrf_token"]
    answer = browser.post(
        "/files/", {"file": SimpleUploadedFile("a.txt", b"words")}, headers={"X-CSRFToken": str(token)}
    )
    assert answer.status_code == 201


# Names


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\secret\\notes.txt", "notes.txt"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a" * 300 + ".txt", "a" * 195 + "….txt"),
        ("b" * 300, "b" * 200),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
    ],
)
def test_a_name_is_a_name_and_nothing_else(browser, name, stored):
    assert taken(browser, b"words", name)["name"] == stored


# Who


def test_a_stranger_s_file_is_answered_like_a_missing_one(browser, bob, staff):
    file = taken(browser, b"secret")
    for stranger in (bob, staff):
        browser.force_login(stranger)
        theirs, missing = browser.get(f"/files/{file['id']}/"), browser.get(f"/files/{uuid.uuid4()}/")
        assert theirs.status_code == missing.status_code == 404
        assert theirs.content == missing.content
        assert b"secret" not in theirs.content


def test_a_visitor_is_sent_to_log_in(client, browser):
    file = taken(browser, b"secret")
    visitor = Client()
    for answer in (visitor.get(f"/files/{file['id']}/"), send(visitor, b"words")):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")
    assert File.objects.count() == 1


@pytest.mark.parametrize("data", [PNG, b"<script>alert(1)</script>"], ids=["picture", "text"])
def test_opened_by_itself_a_file_may_do_nothing(browser, data):
    file = taken(browser, data)
    policy = browser.get(f"/files/{file['id']}/").headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


def test_only_its_own_browser_keeps_it(browser):
    file = taken(browser, b"secret")
    headers = browser.get(f"/files/{file['id']}/").headers
    assert headers["Cache-Control"].startswith("private")
    assert "Cookie" in headers["Vary"]


def test_a_file_is_only_read(browser):
    file = taken(browser, b"words")
    for ask in (browser.post, browser.delete, browser.put):
        assert ask(f"/files/{file['id']}/").status_code == 405
    assert browser.get("/files/").status_code == 405


def test_old_files_count_as_well(browser, alice, monkeypatch):
    monkeypatch.setattr(files, "UNSENT", 1)
    taken(browser, b"one")
    File.objects.update(created_at=timezone.now() - timedelta(hours=23))
    assert send(browser, b"two").status_code == 429
