import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Conversation, Generation, Message, Profile
from chat.pages.chat import PAGE, SIDEBAR
from tests.fixtures.naughty import NAUGHTY, kept
from tests.support.html import Page

MISSING = "00000000-0000-4000-8000-000000000000"
HOSTILE = """<script>alert(1)</script>"onmouseover='alert(2)'</li></ul><img src=x onerror=alert(3)>{{ 7|add:7 }}&amp;"""
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def converse(owner, *titles):
    """One conversation for each title, the first one the oldest."""
    return Conversation.objects.bulk_create(
        Conversation(owner=owner, title=title, updated_at=NOON + timedelta(minutes=number))
        for number, title in enumerate(titles)
    )


def address(conversation):
    return f"/c/{conversation.pk}/"


def listed(answer):
    """The titles in the list of conversations, without the template that scripts clone."""
    page = Page(answer.text)
    titles = page.all("span", class_="conversation-title") + page.all("span", class_="archive-title")
    return [element.text for element in titles if element.text]


def test_a_new_chat_has_all_that_people_and_scripts_look_for(browser):
    page = Page(browser.get("/").text)
    [body] = page.all("body")
    assert body.attributes["data-user"] == "alice"
    assert body.attributes["data-socket"] == "/ws/"
    assert body.attributes["data-message-chars"] == "100000"
    assert len(page.all("textarea", aria_label="Message")) == 1
    assert {"Send", "New chat", "Log out"} <= set(page.texts("button"))
    [transcript] = page.all("div", role="log")
    assert transcript.attributes["aria-label"] == "Conversation"
    assert transcript.attributes["aria-live"] == "off"  # words as they come would flood a screen reader
    assert [element.name for element in page.elements if element.attributes.get("role") == "status"] == ["p"]
    assert listed(browser.get("/")) == []


def test_a_conversation_is_named_on_its_page_and_marked_in_the_sidebar(browser, alice):
    _, shown = converse(alice, "Rivers", "Rain")
    answer = browser.get(address(shown))
    assert answer.status_code == 200
    page = Page(answer.text)
    [current] = page.all("a", aria_current="page")
    assert current.attributes["href"] == address(shown)


def test_what_was_said_comes_over_the_socket_and_never_from_the_page(browser, alice):
    [conversation] = converse(alice, "Rivers")
    conversation.messages.create(role=Message.Role.USER, content="the words that were said")
    assert "the words that were said" not in browser.get(address(conversation)).text


@pytest.mark.parametrize("who", ["bob", "staff"])
def test_a_strangers_conversation_is_answered_like_a_missing_one(browser, request, who):
    [theirs] = converse(request.getfixturevalue(who), "A secret of theirs")
    stranger, missing = browser.get(address(theirs)), browser.get(f"/c/{MISSING}/")
    assert stranger.status_code == missing.status_code == 404
    assert stranger.content == missing.content
    assert dict(stranger.headers) == dict(missing.headers)

    browser.force_login(theirs.owner)  # and it is there
    assert browser.get(address(theirs)).status_code == 200


@pytest.mark.parametrize("path", ["/c/", "/c/1/", "/c/not-an-id/", f"/c/{MISSING}/../", "/nowhere"])
def test_an_address_that_is_none_is_a_page_that_says_so(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_the_pages_only_show(browser, alice):
    [conversation] = converse(alice, "Rivers")
    for path in ("/", address(conversation), "/conversations/"):
        assert browser.post(path).status_code == 405
        assert browser.delete(path).status_code == 405


def test_the_sidebar_lists_ones_own_conversations_the_latest_first(browser, alice, bob):
    oldest, _ = converse(alice, "Rivers", "Rain")
    converse(bob, "A secret of theirs")
    assert listed(browser.get("/")) == listed(browser.get("/conversations/")) == ["Rain", "Rivers"]
    oldest.touch()
    assert listed(browser.get("/")) == listed(browser.get("/conversations/")) == ["Rivers", "Rain"]


def test_a_conversation_whose_answer_is_being_written_is_marked(browser, alice):
    writing, _ = converse(alice, "Rivers", "Rain")
    generation, _ = writing.ask(None, "Why do they meander?", uuid.uuid4(), owner_process="here")

    def marked():
        rows = Page(browser.get("/").text).all("li", data_generating="")
        return [row.attributes["data-conversation"] for row in rows]

    assert marked() == [str(writing.pk)]
    generation.complete("Because.", "")
    assert marked() == []


def test_the_sidebar_ends_somewhere_and_leads_to_the_list_of_all(browser, alice):
    converse(alice, *(f"number {number}" for number in range(SIDEBAR)))
    whole = browser.get("/")
    assert len(listed(whole)) == SIDEBAR
    assert "All conversations" not in Page(whole.text).texts("a")

    converse(alice, "one more")
    cut = browser.get("/")
    assert len(listed(cut)) == SIDEBAR
    [more] = [link for link in Page(cut.text).all("a") if link.text == "All conversations"]
    assert browser.get(more.attributes["href"]).status_code == 200


def test_the_list_has_every_conversation_on_one_of_its_pages(browser, alice):
    converse(alice, *(f"number {number}" for number in range(2 * PAGE + 1)))
    found, path = [], "/conversations/"
    while path:
        answer = browser.get(path)
        found.append(listed(answer))
        older = Page(answer.text).all("a", rel="next")
        path = "/conversations/" + older[0].attributes["href"] if older else ""
    assert [len(page) for page in found] == [PAGE, PAGE, 1]
    assert [title for page in found for title in page] == [
        f"number {number}" for number in reversed(range(2 * PAGE + 1))
    ]


@pytest.mark.parametrize(("number", "shown"), [("0", 2), ("-1", 2), ("999", 2), ("junk", 1), ("", 1), ("1e9", 1)])
def test_a_page_number_that_is_none_shows_a_page_that_is(browser, alice, number, shown):
    converse(alice, *("title" for _ in range(PAGE + 1)))
    answer = browser.get("/conversations/", {"page": number})
    assert answer.status_code == 200
    assert f"Page {shown} of 2" in Page(answer.text).texts("span")


def test_the_list_says_when_it_is_empty(browser):
    assert "There are none yet." in browser.get("/conversations/").text


def test_a_hostile_title_is_shown_letter_for_letter_and_does_nothing(browser, alice):
    [hostile] = converse(alice, HOSTILE)
    for path in ("/", address(hostile), "/conversations/"):
        answer = browser.get(path)
        assert listed(answer) == [HOSTILE]
        page = Page(answer.text)
        assert page.inline() == []
        assert not page.all("img", src="x")


def test_a_hostile_name_is_shown_letter_for_letter_and_does_nothing(client, django_user_model):
    client.force_login(django_user_model.objects.create_user(HOSTILE))
    page = Page(client.get("/").text)
    assert page.all("body")[0].attributes["data-user"] == HOSTILE
    assert page.texts("span", class_="sidebar-user") == [HOSTILE]
    assert page.inline() == []


def test_a_conversation_without_a_title_can_still_be_clicked(browser, alice):
    converse(alice, "")
    assert listed(browser.get("/")) == ["Untitled"]


def test_the_way_to_the_review_is_shown_to_those_who_may_go_it(browser, staff):
    assert "/admin/" not in browser.get("/").text
    browser.force_login(staff)
    assert "/admin/" in browser.get("/").text


def test_a_long_sidebar_takes_no_more_queries_than_a_short_one(browser, alice, django_assert_num_queries):
    converse(alice, "only one")
    with django_assert_num_queries(4):  # session, person, settings, conversations
        browser.get("/")
    converse(alice, *("title" for _ in range(50)))
    with django_assert_num_queries(4):
        browser.get("/")
    assert Generation.objects.count() == 0


@pytest.mark.parametrize("path", ["/", "/list/", "/conversations/"])
def test_what_a_model_is_told_is_not_read_to_list_its_conversation(browser, alice, path):
    """Twenty thousand characters each, which the database would also carry along while it sorts."""
    Conversation.objects.create(owner=alice, title="Rivers", system_prompt="Be brief.")
    with CaptureQueriesContext(connection) as queries:
        assert "Rivers" in browser.get(path).text
    read = [query["sql"] for query in queries.captured_queries]
    assert [sql for sql in read if '"system_prompt"' in sql or '"parameters"' in sql] == []
    assert len([sql for sql in read if 'FROM "chat_conversation"' in sql]) <= 2


# Pinned, archived, and the list as JSON


def test_pinned_conversations_come_first_and_archived_ones_are_put_away(browser, alice):
    rivers, _, seas = converse(alice, "Rivers", "Rain", "Seas")
    Conversation.objects.filter(pk=rivers.pk).update(pinned=True)
    Conversation.objects.filter(pk=seas.pk).update(archived=True)
    assert listed(browser.get("/")) == listed(browser.get("/conversations/")) == ["Rivers", "Rain"]
    assert listed(browser.get("/conversations/?archived=1")) == ["Seas"]
    assert "Pinned" in Page(browser.get("/conversations/").text).texts("span")
    assert browser.get(address(seas)).status_code == 200


def test_the_archive_keeps_being_the_archive_on_its_next_page(browser, alice):
    converse(alice, *("title" for _ in range(PAGE + 1)))
    Conversation.objects.update(archived=True)
    [older] = Page(browser.get("/conversations/?archived=1").text).all("a", rel="next")
    assert len(listed(browser.get("/conversations/" + older.attributes["href"]))) == 1


def test_the_list_says_where_else_to_look(browser):
    for path in ("/conversations/", "/conversations/?archived=1"):
        links = {link.text: link.attributes for link in Page(browser.get(path).text).all("a", class_="archive-way")}
        assert set(links) == {"All", "Archived", "Search"}
        current = [name for name, attributes in links.items() if "aria-current" in attributes]
        assert current == (["Archived"] if "archived" in path else ["All"])


def test_a_page_that_was_away_gets_the_list_as_it_would_be_rendered(browser, alice, bob):
    rivers, rain, seas = converse(alice, "Rivers", "Rain", "Seas")
    converse(bob, "A secret of theirs")
    Conversation.objects.filter(pk=rivers.pk).update(pinned=True)
    Conversation.objects.filter(pk=seas.pk).update(archived=True)
    rain.ask(None, "Why?", uuid.uuid4(), owner_process="here")
    answer = browser.get("/list/")
    assert "no-store" in answer.headers["Cache-Control"]
    [first, second] = answer.json()["conversations"]
    assert (first["id"], first["title"], first["pinned"], first["generating"]) == (
        str(rivers.pk),
        "Rivers",
        True,
        False,
    )
    assert (second["id"], second["generating"]) == (str(rain.pk), True)
    assert browser.post("/list/").status_code == 405


def test_a_deleted_conversation_is_nowhere(browser, alice):
    [gone] = converse(alice, "Rivers")
    Conversation.objects.update(deleted_at=NOON)
    assert listed(browser.get("/")) == listed(browser.get("/conversations/")) == []
    assert browser.get("/list/").json() == {"conversations": []}
    assert browser.get(address(gone)).status_code == 404


def test_one_that_can_be_brought_back_still_has_its_page_for_its_owner(browser, alice, bob):
    [gone] = converse(alice, "Rivers")
    Conversation.objects.update(deleted_at=timezone.now())
    assert browser.get(address(gone)).status_code == 200
    assert "Rivers" not in browser.get(address(gone)).text
    browser.force_login(bob)
    assert browser.get(address(gone)).status_code == 404


def test_naughty_titles_stand_by_themselves_and_to_the_letter(browser, alice):
    titles = [kept(text)[:200] for _, text in NAUGHTY]
    converse(alice, *reversed(titles))
    whole, first, second = (Page(browser.get(path).text) for path in ("/", "/conversations/", "/conversations/?page=2"))
    shown = [span for page in (first, second) for span in page.all("span", class_="archive-title")]
    for spans in (whole.all("span", class_="conversation-title")[: len(titles)], shown):
        assert [span.text for span in spans] == [title or "Untitled" for title in titles]
        assert {span.attributes["dir"] for span in spans} == {"auto"}
    for page in (whole, first, second):
        assert page.inline() == []


# What the person has set


def test_the_shell_knows_what_enter_does(browser, alice):
    assert Page(browser.get("/").text).all("body")[0].attributes["data-enter-sends"] == "true"
    Profile.objects.create(user=alice, enter_sends=False)
    assert Page(browser.get("/").text).all("body")[0].attributes["data-enter-sends"] == "false"
