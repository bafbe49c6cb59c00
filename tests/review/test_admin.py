"""The pages: who may see them, what the list shows, and how a transcript reads."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission

from chat.models import Conversation, Message
from chat.models.conversation import AHEAD
from chat.review.admin import ConversationAdmin
from tests.fixtures.naughty import NAUGHTY, kept
from tests.review import rows
from tests.review.rows import ENDS

pytestmark = pytest.mark.django_db

LIST = "/admin/chat/conversation/"
HOSTILE = """<script>alert(1)</script><img src=x onerror="alert(2)"> {{ 7|add:"7" }} &lt; 'quoted'"""


def transcript(talk):
    return f"{LIST}{talk.pk}/change/"


def article(html, message):
    """The whole of one message on the page."""
    found = re.findall(rf'<article [^>]*id="message-{message.pk}".*?</article>', html, re.DOTALL)
    assert len(found) == 1, "each message appears once"
    return found[0]


def words(html):
    """What a person reads: no tags, and runs of white space as one blank."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


# Who


@pytest.mark.parametrize("who", ["alice", "bob", None])
def test_who_is_not_staff_is_sent_to_log_in(talk, client, request, who):
    if who:
        client.force_login(request.getfixturevalue(who))
    for address in ("/admin/", LIST, transcript(talk)):
        response = client.get(address)
        assert response.status_code == 302, address
        assert re.fullmatch(f"/(admin|accounts)/login/\\?next={address}", response.headers["Location"])


def test_staff_without_the_permission_see_nothing(talk, clerk, client):
    client.force_login(clerk)
    assert client.get(LIST).status_code == 403
    assert client.get(transcript(talk)).status_code == 403
    assert "Conversations" not in client.get("/admin/").content.decode()
    clerk.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    assert client.get(LIST).status_code == client.get(transcript(talk)).status_code == 200
    assert "Conversations" in client.get("/admin/").content.decode()


def test_administrators_see_everything(talk, staff, client):
    client.force_login(staff)
    assert client.get(LIST).status_code == client.get(transcript(talk)).status_code == 200


@pytest.mark.parametrize("who", ["reviewer", "staff"])
def test_nobody_writes(talk, client, request, who):
    user = request.getfixturevalue(who)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["add_conversation", "change_conversation"]))
    client.force_login(user)
    assert client.post(transcript(talk), {"title": "Mine"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == client.post(f"{LIST}add/", {"title": "Mine"}).status_code == 403
    talk.refresh_from_db()
    assert (talk.title, Conversation.objects.count()) == ("Rivers", 1)


def test_the_delete_link_is_for_those_who_may(talk, reviewer, page, client):
    assert "deletelink" not in page(transcript(talk))
    assert 'name="action"' not in page(LIST)
    reviewer.user_permissions.add(Permission.objects.get(codename="delete_conversation"))
    assert f"{LIST}{talk.pk}/delete/" in page(transcript(talk))
    assert 'name="action"' in page(LIST)


@pytest.mark.parametrize("key", [uuid.UUID(int=1), "bogus"])
def test_a_conversation_that_is_not_there_leads_back(reviewer, client, key):
    client.force_login(reviewer)
    assert client.get(f"{LIST}{key}/change/").headers["Location"] == "/admin/"


def test_pages_are_never_cached_and_hold_nothing_inline(talk, alice, staff, client):
    rows.answered(talk, "Why?", reasoning="Hm.")
    client.force_login(staff)
    addresses = ["/admin/", LIST, f"{LIST}?q=why&owner=alice", transcript(talk), f"{LIST}{talk.pk}/delete/"]
    for address in [*addresses, "/admin/auth/user/add/", f"/admin/auth/user/{alice.pk}/delete/"]:
        response = client.get(address)
        assert response.status_code == 200, address
        assert "no-store" in response.headers["Cache-Control"]
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        html = response.content.decode()
        assert not re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html), address


# The list


def test_the_list_has_a_row_for_each_conversation(alice, page):
    talk = rows.conversation(alice, "Rivers")
    first = rows.answered(talk, "Why?", model="old")
    rows.answered(talk, "And?", end="length", parent=first, model="mira-1")
    Conversation.objects.update(updated_at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC))
    html = page(LIST)
    cells = re.findall(r'<t[hd] class="field-(\w+)_shown">(.*?)</t[hd]>', html)
    assert [(name, words(cell)) for name, cell in cells] == [
        ("title", "Rivers"),
        ("owner", "alice"),
        ("model", "mira-1"),
        ("messages", "4"),
        ("status", "Cut at the token limit"),
        ("updated", "4 Mar 2026, 05:06"),
    ]
    assert transcript(talk) in html
    assert 'href="?owner=alice"' in html


@pytest.mark.parametrize("end", ENDS)
def test_the_list_says_every_status_in_words(talk, page, end):
    rows.answered(talk, "Why?", end=end)
    assert f'<td class="field-status_shown">{ENDS[end][2].split(":")[0]}</td>' in page(LIST)


def test_a_conversation_without_title_or_answer_can_be_opened(alice, page):
    talk = rows.conversation(alice, "")
    html = page(LIST)
    assert ">Untitled</a>" in html
    assert "No answer yet" in html
    assert "Nothing has been said yet." in page(transcript(talk))


def test_the_newest_comes_first(alice, page):
    for title, hours in (("middle", 2), ("newest", 1), ("oldest", 3)):
        talk = rows.conversation(alice, title)
        Conversation.objects.filter(pk=talk.pk).update(updated_at=rows.START - timedelta(hours=hours))
    assert re.findall(r"/change/\">(\w+)</a>", page(LIST)) == ["newest", "middle", "oldest"]


@pytest.mark.parametrize("search", ["rivers", "alice", "meander", "rivers%20meander"])
def test_search_finds_title_owner_and_text(talk, bob, page, search):
    rows.answered(talk, "Why do they meander?")
    rows.answered(rows.conversation(bob, "Seas"), "Why are they salty?")
    html = page(f"{LIST}?q={search}")
    assert transcript(talk) in html
    assert "Seas" not in html
    assert transcript(talk) not in page(f"{LIST}?q={search}+salty")


def test_the_list_has_pages(alice, page):
    for number in range(51):
        rows.conversation(alice, f"talk-{number:02}")
    assert page(LIST).count('class="field-title_shown"') == 50
    assert page(f"{LIST}?p=2").count('class="field-title_shown"') == 1


@pytest.mark.parametrize("query", ["", "?q=why&owner=alice&status=complete", "?o=4.5"])
def test_fifty_conversations_take_as_many_queries_as_two(alice, page, count_queries, query):
    def grow(count):
        for number in range(count):
            rows.answered(rows.conversation(alice, f"talk {number}"), "Why?", model=f"m{number}")

    grow(2)
    page(LIST + query)
    few = count_queries(LIST + query, rows=2)
    grow(48)
    assert count_queries(LIST + query, rows=50) == few


def test_counting_queries_would_notice_one_for_each_row(alice, count_queries, monkeypatch):
    def asking(self, conversation):
        return conversation.messages.count()

    monkeypatch.setattr(ConversationAdmin, "messages_shown", asking)
    for number in range(2):
        rows.conversation(alice, f"talk {number}")
    few = count_queries(LIST, rows=2)
    rows.conversation(alice, "another")
    assert count_queries(LIST, rows=3) == few + 1


@pytest.fixture
def count_queries(page, django_assert_max_num_queries):
    def count(address, *, rows):
        with django_assert_max_num_queries(15) as queries:
            assert page(address).count('class="field-title_shown"') == rows
        return len(queries)

    return count


# The transcript


def test_a_transcript_says_who_what_and_when(alice, page):
    talk = rows.conversation(
        alice, "Rivers", source="api", system_prompt="Be <brief>.\n  Really.", model="asked-for", parameters={"seed": 7}
    )
    rows.answered(talk, "Why?")
    html = page(transcript(talk))
    read = words(html)
    for expected in ("Owner alice", "Source API", "Messages 2", "Last status Complete", "asked-for", "seed 7"):
        assert expected in read, expected
    assert "Be &lt;brief&gt;.\n  Really.</div>" in html
    assert '<h1 dir="auto">Rivers</h1>' in html


def test_messages_stand_in_reading_order_with_role_time_and_anchor(talk, page):
    first = rows.answered(talk, "Why?", "Because.")
    second = rows.answered(talk, "Really?", "Yes.", parent=first)
    html = page(transcript(talk))
    order = re.findall(r'<article [^>]*id="message-([^"]+)"', html)
    assert order == [str(row.pk) for row in (first.parent, first, second.parent, second)]
    asked = words(article(html, first.parent))
    created = Message.objects.get(pk=first.parent_id).created_at
    assert asked == f"Person #1 {created:%-d %b %Y, %H:%M:%S} UTC Why?"
    assert words(article(html, first)).startswith("Assistant #2 ")
    assert f'href="#message-{second.pk}"' in html


@pytest.mark.parametrize("end", ENDS)
def test_an_answer_says_how_it_ended(talk, page, end):
    message = rows.answered(talk, "Why?", end=end, model="mira-1", provider="Mira", upstream_request_id="req-1")
    found = article(page(transcript(talk)), message)
    assert f'data-status="{message.generation.status}"' in found
    for expected in (ENDS[end][2], "Model mira-1", "Provider Mira", "Request req-1"):
        assert expected in words(found), expected


def test_an_answer_without_text_or_without_generation_says_so(talk, page):
    silent = rows.answered(talk, "Why?", "", end="failed", error_text="")
    bare = rows.chain(talk, 2, parent=silent)[1]
    html = page(transcript(talk))
    assert "No text. Failed: No reason was given." in words(article(html, silent))
    assert "How this answer ended is not recorded." in words(article(html, bare))


def test_what_was_said_is_text_and_keeps_its_white_space(alice, page):
    talk = rows.conversation(alice, HOSTILE, system_prompt=HOSTILE, model=HOSTILE, parameters={HOSTILE: HOSTILE})
    spaced = f"\n  {HOSTILE}\n\n\ttabbed  twice "
    facts = dict.fromkeys(("error_text", "error_code", "model", "provider", "finish_reason"), HOSTILE)
    message = rows.answered(
        talk,
        spaced,
        spaced,
        end="failed",
        reasoning=spaced,
        upstream_request_id=HOSTILE,
        usage={HOSTILE: HOSTILE},
        **facts,
    )
    html = page(transcript(talk))
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert re.findall(r'dir="auto">(\n  [^<]*)</div>', html)
    shown = [unescape(text) for text in re.findall(r'<div class="said-text" dir="auto">([^<]*)</div>', html)]
    assert shown == [HOSTILE, spaced, spaced, spaced], "system prompt, question, reasoning, answer"
    assert HOSTILE in unescape(article(html, message).split("<footer")[1])
    assert "<script>alert" not in page(LIST)


def test_reasoning_is_folded_away(talk, page):
    message = rows.answered(talk, "Why?", "Because.", reasoning="Let me see.")
    found = article(page(transcript(talk)), message)
    assert re.search(r"<details[^>]*>\s*<summary>Reasoning</summary>.*Let me see\..*</details>", found, re.DOTALL)
    assert "<details open" not in found


def test_every_version_is_on_the_page_and_says_which_it_is(talk, page):
    first = rows.answered(talk, "Why?", "One.")
    second = rows.answered_again(talk, first, "Two.", end="cancelled")
    rows.answered(talk, "Go on with one.", "Gladly.", parent=first)
    edited = rows.answered(talk, "Why not?", "Three.")
    html = page(transcript(talk))
    assert html.count("<article") == 7
    assert "1 other version, 5 messages" in words(html)
    beside, main = html.split("</details>")[0], html.split("</details>")[-1]
    assert "2 other versions" not in main
    assert f"message-{edited.pk}" in main
    assert f"message-{first.pk}" in beside
    assert f"message-{second.pk}" in beside
    assert "Version 1 of 2, from the beginning" in words(beside)
    assert "Version 2 of 2, after #1" in words(beside)
    assert "Version 2 of 2" in words(article(html, edited.parent))
    assert "Version 1 of 2" in words(article(html, first))


def test_a_conversation_of_two_thousand_messages_in_one_line_and_as_a_branch_is_shown(talk, page):
    line = rows.chain(talk, 2000)
    assert page(transcript(talk)).count("<article") == 2000
    rows.chain(talk, 1, parent=line[0])
    html = page(transcript(talk))
    assert html.count("<article") == 2001
    assert "1999 messages" in html


def test_a_long_transcript_takes_as_many_queries_as_a_short_one(talk, page, django_assert_max_num_queries):
    last = rows.answered(talk, "Why?")
    with django_assert_max_num_queries(10) as short:
        page(transcript(talk))
    for number in range(20):
        last = rows.answered(talk, f"And {number}?", parent=last)
        rows.attached(last)
        rows.shared(last)
    with django_assert_max_num_queries(len(short)):
        page(transcript(talk))


# Ratings, files, links, and what the owner did with it


@pytest.mark.parametrize(("rating", "expected"), [(1, "Thumbs up by the person"), (-1, "Thumbs down by the person")])
def test_what_the_owner_thinks_of_an_answer_stands_with_it(talk, page, rating, expected):
    message = rows.answered(talk, "Why?")
    message.rate(rating, "Too   short.")
    found = article(page(transcript(talk)), message)
    assert expected in words(found)
    assert ">Too   short.</div>" in found
    message.rate(0, "")
    assert "by the person" not in words(article(page(transcript(talk)), message)).split("Complete")[0]


def test_what_was_asked_of_the_model_stands_there(alice, page):
    talk = rows.conversation(alice, model="asked-for", parameters={"temperature": 0.5, "max_tokens": 9})
    message = rows.answered(talk, "Why?", model="given", requested_model="wished-for", thinking_ms=2500)
    html = page(transcript(talk))
    for expected in ("Model asked for asked-for", "temperature 0.5", "max_tokens 9"):
        assert expected in words(html), expected
    for expected in ("Model given", "Model asked for wished-for", "Thinking 2.50 s"):
        assert expected in words(article(html, message)), expected


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        ({"pinned": True}, "Pinned"),
        ({"archived": True}, "Archived"),
        ({"deleted_at": rows.START}, "Deleted by its owner"),
    ],
)
def test_what_the_owner_did_with_it_is_marked(alice, page, fields, mark):
    talk = rows.conversation(alice, **fields)
    assert f'<td class="field-status_shown">No answer yet, {mark}</td>' in page(LIST)
    assert f"Marks {mark}" in words(page(transcript(talk)))


def test_half_of_an_import_is_not_shown(alice, client, staff):
    client.force_login(staff)
    talk = rows.conversation(alice, "On its way", deleted_at=rows.START + AHEAD)
    assert "On its way" not in client.get(LIST).text
    assert client.get(transcript(talk)).status_code == 302, "as with one that is not there"


def test_the_main_line_leads_through_the_version_that_its_owner_turned_to(talk, page):
    first = rows.answered(talk, "Why?", "One.")
    second = rows.answered_again(talk, first, "Two.")
    order = re.findall(r'<article [^>]*id="message-([^"]+)"', page(transcript(talk)))
    assert order == [str(row.pk) for row in (first.parent, first, second)], "the newest is last"
    first.choose()
    order = re.findall(r'<article [^>]*id="message-([^"]+)"', page(transcript(talk)))
    assert order == [str(row.pk) for row in (first.parent, second, first)]


def test_files_are_named_with_their_size_and_pictures_are_shown(talk, page):
    message = rows.answered(talk, "Look")
    picture, text = rows.attached(message.parent), rows.attached(message.parent, "notes.txt", "text", b"words")
    found = article(page(transcript(talk)), message.parent)
    assert re.findall(r'<img [^>]*src="([^"]+)"', found) == [f"{LIST}{talk.pk}/files/{picture.pk}/"]
    assert "river.png Image, 13 bytes notes.txt Text, 5 bytes" in words(found).replace("\xa0", " ")
    assert f"{LIST}{talk.pk}/files/{text.pk}/" in found


def test_shared_links_are_listed_and_can_be_revoked_by_those_who_may_delete(talk, reviewer, page, client):
    link = rows.shared(rows.answered(talk, "Why?"))
    revoke = f"{LIST}{talk.pk}/shares/{link.pk}/revoke/"
    assert f"/s/{link.pk}/" in page(transcript(talk))
    assert revoke not in page(transcript(talk))
    reviewer.user_permissions.add(Permission.objects.get(codename="delete_conversation"))
    assert f'action="{revoke}"' in page(transcript(talk))
    answer = client.post(revoke)
    assert answer.headers["Location"] == transcript(talk)
    assert f"/s/{link.pk}/" not in page(transcript(talk))


def test_after_a_deletion_one_is_back_at_the_list_as_it_was_filtered(talk, staff, client):
    client.force_login(staff)
    html = client.get(transcript(talk) + "?_changelist_filters=owner%3Dalice%26q%3Drivers").content.decode()
    delete = unescape(re.search(r'class="deletelink" href="([^"]+)"', html)[1])
    answer = client.post(delete, {"post": "yes"})
    assert answer.headers["Location"] == f"{LIST}?owner=alice&q=rivers"


def test_naughty_words_stay_words_wherever_they_stand(talk, page):
    texts = [kept(text) for _, text in NAUGHTY]
    message = None
    for number, text in enumerate(texts):
        message = talk.messages.create(
            parent=message, role="assistant", content=text, reasoning=text, rating=-1, comment=text
        )
        Message.objects.filter(pk=message.pk).update(created_at=rows.START + timedelta(seconds=number))
        rows.attached(message, text[:200] or "x")
        rows.conversation(talk.owner, text[:200])
    html = page(transcript(talk))
    shown = re.findall(r'<div class="said-text" dir="auto">([^<]*)</div>', html)
    assert [unescape(text) for text in shown] == [text for text in texts for _ in range(3) if text]
    names = re.findall(r"<bdi>([^<]*)</bdi></a>", html)
    assert [unescape(name) for name in names] == [text[:200] or "x" for text in texts]
    listed = html + "".join(page(f"{LIST}?p={number}") for number in (1, 2, 3))
    tags = {tag.lower() for tag in re.findall(r"<(\w+)", listed)}
    assert not tags & {"iframe", "animate", "math", "mtext", "object", "embed", "b", "i", "image"}
    assert "<script>alert" not in listed


def test_the_way_back_keeps_the_filters(talk, page):
    html = page(transcript(talk) + "?_changelist_filters=owner%3Dalice%26q%3Drivers")
    assert f'href="{LIST}?owner=alice&amp;q=rivers"' in html
