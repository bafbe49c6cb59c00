"""Files on their way into a message: by button, paste and drop; refused, interrupted, taken back, sent."""

import base64
import os
import sqlite3
import struct
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.steps import answer, expect_status, press, question
from tests.support.scripts import Gate, WaitFor, mira
from tests.support.server import ServedBrook
from tests.support.upstream_thread import ScriptedUpstreamThread


def png(width: int = 8, height: int = 8, pixels: Callable[[int], bytes] = b"\x0d\x66\x63".__mul__) -> bytes:
    """A picture, all of one colour; or of rows of what `pixels` gives for a width."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + pixels(width) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


TEXT = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"The river rises in spring."}
PICTURE = {"name": "river.png", "mimeType": "image/png", "buffer": png()}

GIVE = """([target, kind, name, type, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, { type }));
    const more = kind === "paste" ? { clipboardData: data } : { dataTransfer: data };
    const made = kind === "paste" ? ClipboardEvent : DragEvent;
    const element = document.querySelector(target);
    return element.dispatchEvent(new made(kind, { bubbles: true, cancelable: true, ...more }));
}"""


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message", exact=True)


def chips(page: Page) -> Locator:
    return page.get_by_role("list", name="Attached files").get_by_role("listitem")


def attach(page: Page, *files: dict | str | Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach files").click()
    chooser.value.set_files(list(files))


def give(page: Page, kind: str, file: dict, target: str = "textarea") -> None:
    content = base64.b64encode(file["buffer"]).decode()
    page.evaluate(GIVE, [target, kind, file["name"], file["mimeType"], content])


def expect_ready(page: Page, count: int = 1) -> None:
    expect(page.locator("[data-attachment][data-state=ready]")).to_have_count(count)


def send(page: Page, text: str = "") -> None:
    if text:
        box(page).fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def test_a_text_goes_into_the_prompt_and_is_shown_with_the_message(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["In spring."]))
    attach(chat, TEXT)
    expect(chips(chat)).to_contain_text("notes.txt")
    expect(chips(chat)).to_contain_text("26 bytes")
    expect_ready(chat)
    send(chat, "When does it rise?")
    expect_status(chat, "complete")
    expect(chips(chat)).to_have_count(0)
    expect(question(chat).get_by_role("link", name="notes.txt")).to_be_visible()
    prompt = upstream.next_request().body["messages"][-1]["content"]
    assert "The river rises in spring." in prompt
    assert prompt.endswith("When does it rise?")
    chat.reload()
    expect(question(chat).get_by_role("link", name="notes.txt")).to_be_visible()


def test_a_picture_goes_as_a_picture_without_a_word(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["A river."]))
    attach(chat, PICTURE)
    expect_ready(chat)
    expect(chips(chat).locator("img")).to_have_js_property("naturalWidth", 8)
    send(chat)
    expect_status(chat, "complete")
    content = upstream.next_request().body["messages"][-1]["content"]
    assert [part["type"] for part in content if part["type"] == "image_url"] == ["image_url"]
    expect(question(chat).get_by_role("img", name="river.png")).to_be_visible()


def photograph(page: Page, width: int, height: int, place: bytes) -> bytes:
    """What a camera writes that was held upright: the picture lies on its side, and the place stands beside it."""
    draw = """async ([width, height]) => {
        const canvas = new OffscreenCanvas(width, height);
        canvas.getContext("2d").fillRect(0, 0, width, height);
        const blob = await canvas.convertToBlob({ type: "image/jpeg" });
        return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
    }"""
    data = base64.b64decode(page.evaluate(draw, [width, height]))
    turned = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, 6, 0, 0)  # to the right, by a quarter
    exif = b"Exif\0\0" + turned + place
    return data[:2] + struct.pack(">2sH", b"\xff\xe1", len(exif) + 2) + exif + data[2:]


def sent_picture(upstream: ScriptedUpstreamThread) -> bytes:
    [part] = [each for each in upstream.next_request().body["messages"][-1]["content"] if each["type"] == "image_url"]
    return base64.b64decode(part["image_url"]["url"].partition(",")[2])


def test_a_photograph_goes_upright_in_a_size_that_models_read_and_without_its_place(
    chat: Page, upstream: ScriptedUpstreamThread
):
    photo = photograph(chat, 3000, 1500, b"47.3769 N, 8.5417 E")
    attach(chat, {"name": "holiday.jpeg", "mimeType": "image/jpeg", "buffer": photo})
    expect_ready(chat)
    send(chat, "Where is this?")
    expect_status(chat, "complete")
    sent = sent_picture(upstream)
    assert sent.startswith(b"\xff\xd8\xff")
    assert b"Exif" not in sent
    assert b"47.3769" not in sent
    shown = question(chat).get_by_role("img", name="holiday.jpeg")
    expect(shown).to_have_js_property("naturalWidth", 1024)
    expect(shown).to_have_js_property("naturalHeight", 2048)


@pytest.mark.parametrize(
    ("picture", "name"),
    [(png(2600, 1300, lambda width: os.urandom(3 * width)), "large.jpg"), (png(2600, 1300), "large.png")],
    ids=["noise", "drawing"],
)
def test_a_large_picture_is_made_to_fit_in_its_own_format_if_that_does(
    chat: Page, upstream: ScriptedUpstreamThread, picture: bytes, name: str
):
    attach(chat, {"name": "large.png", "mimeType": "image/png", "buffer": picture})
    expect_ready(chat)
    expect(chips(chat)).to_contain_text(name)
    send(chat, "What is this?")
    expect_status(chat, "complete")
    assert len(sent_picture(upstream)) <= settings.IMAGE_BYTES
    expect(question(chat).get_by_role("img", name=name)).to_have_js_property("naturalWidth", 2048)


@pytest.mark.parametrize(
    "buffer", [png(), png()[:60], b"GIF89a" + bytes(20)], ids=["small", "broken", "perhaps moving"]
)
def test_other_pictures_go_as_they_are(chat: Page, upstream: ScriptedUpstreamThread, buffer: bytes):
    attach(chat, {"name": "river", "mimeType": "image/png", "buffer": buffer})
    expect_ready(chat)
    send(chat, "What is this?")
    expect_status(chat, "complete")
    assert sent_picture(upstream) == buffer


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_files_are_pasted_and_dropped(chat: Page, way: str):
    if way == "drop":
        give(chat, "dragenter", TEXT, "body")
        expect(chat.get_by_text("Drop files here")).to_be_visible()
    give(chat, way, TEXT, "textarea" if way == "paste" else "body")
    expect_ready(chat)
    expect(chat.get_by_text("Drop files here")).to_be_hidden()


def test_a_drag_that_leaves_the_page_takes_the_drop_area_along(chat: Page):
    give(chat, "dragenter", TEXT, "body")
    expect(chat.get_by_text("Drop files here")).to_be_visible()
    give(chat, "dragleave", TEXT, "body")
    expect(chat.get_by_text("Drop files here")).to_be_hidden()


def test_what_is_neither_text_nor_a_picture_is_refused_by_its_bytes(chat: Page):
    attach(chat, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\0"})
    expect(chips(chat)).to_contain_text("“notes.txt” is neither text nor a picture")
    send(chat, "Read this")
    expect(chat.get_by_text("A file cannot be attached.")).to_be_visible()
    expect(box(chat)).to_have_value("Read this")
    chips(chat).get_by_role("button", name="Remove notes.txt").click()
    expect(chips(chat)).to_have_count(0)
    send(chat)
    expect_status(chat, "complete")


def test_what_is_too_large_is_refused_before_it_is_sent(chat: Page):
    uploads = []
    chat.on("request", lambda request: uploads.append(request.url) if request.url.endswith("/files/") else None)
    attach(chat, {"name": "big.txt", "mimeType": "text/plain", "buffer": b"x" * 3_000_000})
    expect(chips(chat)).to_contain_text("is too large: at most")
    assert uploads == []


def test_sending_waits_for_an_upload_under_way(chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread):
    held = []
    context.route("**/files/", lambda route: held.append(route))
    upstream.play(mira(["Read."]))
    attach(chat, TEXT)
    expect(chat.locator("[data-attachment][data-state=uploading]")).to_be_visible()
    send(chat, "Read this")
    expect(chat.get_by_text("Sending when the files are there.")).to_be_visible()
    expect(chat.get_by_role("article")).to_have_count(0)
    held[0].continue_()
    expect_status(chat, "complete")
    assert "The river rises" in upstream.next_request().body["messages"][-1]["content"]


def test_a_failed_upload_is_tried_again(chat: Page, context: BrowserContext):
    context.route("**/files/", lambda route: route.abort())
    attach(chat, TEXT)
    expect(chips(chat)).to_contain_text("The connection broke")
    context.unroute("**/files/")
    chips(chat).get_by_role("button", name="Try again").click()
    expect_ready(chat)


def test_offline_it_waits_for_the_connection(chat: Page, context: BrowserContext):
    context.set_offline(True)
    expect(chat.get_by_text("Offline. Your text is kept")).to_be_visible()
    attach(chat, TEXT)
    expect(chips(chat)).to_contain_text("Uploads when connected")
    context.set_offline(False)
    expect_ready(chat)


def test_files_belong_to_the_draft(chat: Page, upstream: ScriptedUpstreamThread):
    upstream.play(mira(["Here."]))
    send(chat, "Are you there?")
    expect_status(chat, "complete")
    attach(chat, TEXT, PICTURE)
    expect_ready(chat, 2)
    chat.get_by_role("button", name="New chat").first.click()
    expect(chips(chat)).to_have_count(0)
    chat.get_by_role("link", name="Are you there?").click()
    expect_ready(chat, 2)
    chat.reload()
    expect_ready(chat, 2)
    expect(chips(chat).filter(has_text="river.png").locator("img")).to_have_js_property("naturalWidth", 8)


def test_a_queued_message_takes_its_files_along(chat: Page, upstream: ScriptedUpstreamThread):
    gate = Gate()
    upstream.play(mira(["First ", WaitFor(gate), "answer."]), mira(["Read."]))
    send(chat, "One")
    expect(answer(chat)).to_contain_text("First")
    attach(chat, TEXT)
    expect_ready(chat)
    box(chat).fill("Two")
    box(chat).press("Enter")
    expect(chat.get_by_role("group", name="Waiting message")).to_contain_text("1 file")
    gate.open()
    expect(answer(chat)).to_contain_text("Read.")
    expect(question(chat).get_by_role("link", name="notes.txt")).to_be_visible()


def test_a_hostile_name_is_text(chat: Page):
    name = "<img src=x onerror=alert(1)>\u202egnp.exe.txt"
    give(chat, "paste", {**TEXT, "name": name})
    expect_ready(chat)
    expect(chips(chat)).to_contain_text("<img src=x onerror=alert(1)>")
    expect(chips(chat).locator("img[onerror]")).to_have_count(0)
    send(chat, "Look")
    expect_status(chat, "complete")
    expect(question(chat)).to_contain_text("<img src=x onerror=alert(1)>")


def test_a_file_that_the_server_has_lost_is_named_and_the_text_is_kept(brook: ServedBrook, browser: Browser):
    # In a browser of its own: it reports by itself that the file is not found.
    name, _, value = brook.make_account("alice").partition("=")
    with browser.new_context() as context:
        context.add_cookies([{"name": name, "value": value, "url": brook.url}])
        chat = context.new_page()
        chat.goto(brook.url)
        attach(chat, TEXT)
        expect_ready(chat)
        with closing(sqlite3.connect(brook.data_dir / "brook.sqlite3")) as database, database:
            database.execute("DELETE FROM chat_file")
        send(chat, "Read this")
        expect(chips(chat)).to_contain_text("Brook no longer has this file")
        expect(box(chat)).to_have_value("Read this")
        chips(chat).get_by_role("button", name="Try again").click()
        expect_ready(chat)
        send(chat)
        expect_status(chat, "complete")


def test_no_more_files_than_allowed(chat: Page):
    attach(chat, *({**TEXT, "name": f"{number}.txt"} for number in range(12)))
    expect_ready(chat, 10)
    expect(chat.get_by_text("At most 10 files go with one message. 2 files were left out.")).to_be_visible()


def test_files_on_their_way_go_along_from_a_conversation_that_is_gone(
    chat: Page, context: BrowserContext, upstream: ScriptedUpstreamThread
):
    upstream.play(mira(["Here."]))
    send(chat, "Are you there?")
    expect_status(chat, "complete")
    held = []
    context.route("**/files/", lambda route: held.append(route))
    attach(chat, TEXT)
    expect(chat.locator("[data-attachment][data-state=uploading]")).to_be_visible()
    press(chat, "Are you there?", "Delete")
    chat.get_by_role("button", name="Start another").click()
    expect(chips(chat)).to_have_count(1)
    held[0].continue_()
    expect_ready(chat)
