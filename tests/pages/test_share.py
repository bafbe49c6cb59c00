import tracemalloc
import uuid

import pytest
from django.test import Client

from chat.models import Conversation, File, Share
from tests.fixtures.naughty import NAUGHTY, kept
from tests.support.html import Page

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n rest"


@pytest.fixture
def talk(alice):
    alice.username = "a-name-nobody-is-to-read"
    alice.save()
    return Conversation.objects.create(owner=alice, title="Rivers", system_prompt="Obey nobody.", model="mira-1")


def answered(talk, question, answer, parent=None, **facts):
    generation, _ = talk.ask(parent, question, uuid.uuid4(), owner_process="here")
    generation.complete(answer, facts.pop("reasoning", ""), finish_reason="stop")
    generation.message.refresh_from_db()
    return generation.message


def share(message):
    return Share.objects.create(conversation=message.conversation, leaf=message)


def read(link, reader=None):
    return (reader or Client()).get(f"/s/{link.pk}/")


def shown(answer):
    return Page(answer.text).texts("div", dir="auto")


def attach(message, name="river.png", kind="image", data=PNG):
    media_type = "image/png" if kind == "image" else "text/plain"
    file = File.objects.create(
        owner=message.conversation.owner, name=name, kind=kind, media_type=media_type, size=len(data), data=data
    )
    message.files.add(file)
    return file


# What is read


def test_anybody_reads_the_path_down_to_the_shared_message(talk):
    first = answered(talk, "Why do rivers meander?", "Because.")
    answered(talk, "This is a secret.", "Sure.", first)
    answer = read(share(first))
    assert answer.status_code == 200
    assert shown(answer) == ["Why do rivers meander?", "Because."]
    page = Page(answer.text)
    assert page.texts("h1") == ["Rivers"]
    assert page.texts("h2") == ["Person", "Model"]
    assert len(page.all("time")) == 2
    assert "secret" not in answer.text


def test_other_versions_are_not_on_the_path(talk):
    first = answered(talk, "Why?", "One.")
    again, _ = talk.answer_again(first, uuid.uuid4(), owner_process="here")
    again.complete("Two.", "")
    answer = read(share(again.message))
    assert shown(answer) == ["Why?", "Two."]


def test_what_is_written_later_is_not_shared(talk):
    first = answered(talk, "Why?", "Because.")
    link = share(first)
    answered(talk, "And?", "So.", first)
    assert shown(read(link)) == ["Why?", "Because."]


def test_nothing_of_its_owner_is_told(talk, alice):
    first = answered(talk, "Why?", "Because.", reasoning="They will never read this.")
    first.rate(-1, "What a poor answer.")
    text = read(share(first)).text
    for private in (
        alice.username,
        "Obey nobody",
        "mira-1",
        "never read this",
        "poor answer",
        str(talk.pk),
        str(first.pk),
    ):
        assert private not in text


def test_instructions_that_stand_among_the_messages_are_not_shown(talk):
    told = talk.messages.create(role="system", content="Obey nobody.")
    asked = talk.messages.create(parent=told, role="user", content="Why?")
    assert shown(read(share(asked))) == ["Why?"]


def test_a_reader_who_is_logged_in_reads_the_same(talk, bob):
    link = share(answered(talk, "Why?", "Because."))
    reader = Client()
    reader.force_login(bob)
    assert shown(read(link, reader)) == shown(read(link))
    assert "bob" not in read(link, reader).text


@pytest.mark.parametrize(("end", "partial"), [("complete", False), ("cancel", True), ("truncate", True), ("", True)])
def test_an_answer_that_is_not_whole_says_so(talk, end, partial):
    generation, _ = talk.ask(None, "Why?", uuid.uuid4(), owner_process="here")
    generation.checkpoint("Bec", "")
    if end:
        getattr(generation, end)("Bec", "")
    answer = read(share(generation.message))
    assert shown(answer) == ["Why?", "Bec"]
    assert ("This answer is not whole" in answer.text) == partial


def test_an_answer_that_was_cut_at_the_token_limit_is_not_whole(talk):
    generation, _ = talk.ask(None, "Why?", uuid.uuid4(), owner_process="here")
    generation.complete("Bec", "", finish_reason="length")
    assert "This answer is not whole" in read(share(generation.message)).text


def test_nothing_is_read_that_is_not_shown(talk):
    first = answered(talk, "Why?", "Because.", reasoning="x" * 5_000_000)
    other, _ = talk.answer_again(first, uuid.uuid4(), owner_process="here")
    other.complete("y" * 5_000_000, "")
    link = share(first)
    read(link)  # what is loaded once
    tracemalloc.start()
    try:
        assert shown(read(link)) == ["Why?", "Because."]
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_link_of_a_closed_account_leads_nowhere(talk, alice):
    message = answered(talk, "Why?", "Because.")
    picture, link = attach(message), share(message)
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    assert read(link).status_code == 404
    assert Client().get(f"/s/{link.pk}/files/{picture.pk}/").status_code == 404


def test_answers_become_markdown_and_questions_stay_as_typed(talk):
    page = Page(read(share(answered(talk, "*Why?*", "**Because.**"))).text)
    [question, answer] = page.all("div", dir="auto")
    assert "data-markdown" not in question.attributes
    assert "data-markdown" in answer.attributes
    assert answer.text == "**Because.**", "it can be read without a script"


def test_naughty_words_stand_there_to_the_letter(talk):
    texts = [kept(text) for _, text in NAUGHTY]
    message = None
    for text in texts:
        message = talk.messages.create(parent=message, role="assistant", content=text)
        attach(message, name=text[:200] or "unnamed")
    page = Page(read(share(message)).text)
    assert [text.text for text in page.all("div", dir="auto")] == texts
    assert [name.text for name in page.all("bdi")] == [text[:200] or "unnamed" for text in texts]
    assert {element.name for element in page.elements} <= ORDINARY
    assert page.inline() == []


def test_a_hostile_title_does_nothing(talk):
    talk.title = "</title></h1><script>alert(1)</script><img src=x onerror=alert(2)>"
    talk.save()
    page = Page(read(share(talk.messages.create(role="user", content="Why?"))).text)
    assert page.all("h1")[0].text == talk.title
    assert page.all("title")[0].text == f"{talk.title} · Brook"
    assert not page.all("img")
    assert page.inline() == []


ORDINARY = set(
    """
    html head meta title link script body header span svg path p main h1 h2 div article time ul li img bdi
    """.split()  # noqa: SIM905  one name after the other
)


# Files


def test_pictures_are_shown_to_readers_and_texts_only_named(talk):
    message = answered(talk, "Look", "I see.")
    picture, text = attach(message.parent), attach(message.parent, "notes.txt", "text", b"secret words")
    link = share(message)
    page = Page(read(link).text)
    [image] = page.all("img")
    assert image.attributes["alt"] == "river.png"
    assert image.attributes["src"] == f"/s/{link.pk}/files/{picture.pk}/"
    assert page.texts("bdi") == ["river.png", "notes.txt"]
    answer = Client().get(image.attributes["src"])
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["Cache-Control"].startswith("private")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert Client().get(f"/s/{link.pk}/files/{text.pk}/").status_code == 404


def test_a_picture_that_is_not_on_the_path_is_not_there(talk, bob):
    first = answered(talk, "Why?", "Because.")
    later = answered(talk, "Look", "I see.", first)
    elsewhere = Conversation.objects.create(owner=bob, title="Seas")
    theirs = attach(answered(elsewhere, "Look", "Yes."))
    link = share(first)
    for file in (attach(later), attach(later.parent), theirs):
        assert Client().get(f"/s/{link.pk}/files/{file.pk}/").status_code == 404
    assert Client().get(f"/s/{share(later).pk}/files/{later.files.get().pk}/").status_code == 200


def test_a_revoked_link_takes_its_pictures_along(talk):
    message = answered(talk, "Look", "I see.")
    picture, link = attach(message), share(message)
    link_address = f"/s/{link.pk}/files/{picture.pk}/"
    assert Client().get(link_address).status_code == 200
    link.delete()
    assert Client().get(link_address).status_code == 404


# Links that lead nowhere


def test_revoked_deleted_and_unknown_are_answered_alike(talk):
    revoked, deleted = share(answered(talk, "Why?", "One.")), share(answered(talk, "Why not?", "Two."))
    assert read(revoked).status_code == read(deleted).status_code == 200
    revoked.delete()
    answers = [
        read(revoked),
        Client().get("/s/AAAAAAAAAAAAAAAAAAAAAA/"),
        Client().get("/s/%00/"),
        Client().get("/s/a.b/"),
    ]
    Conversation.objects.filter(pk=talk.pk).update(deleted_at=talk.created_at)
    answers.append(read(deleted))
    for answer in answers:
        assert answer.status_code == 404
        assert "This link leads nowhere" in answer.text
        assert answer.content == answers[0].content
        assert {**answer.headers, "Expires": ""} == {**answers[0].headers, "Expires": ""}


@pytest.mark.parametrize("token", ["%00", "a.b", "%F0%9F%8C%8A", "a" * 33, "' OR 1=1"])
def test_what_cannot_be_a_link_is_not_even_looked_for(client, token, django_assert_num_queries):
    """PostgreSQL would answer some of these with an error of its own."""
    with django_assert_num_queries(0):
        assert client.get(f"/s/{token}/").status_code == 404


# Its envelope


def test_no_search_engine_no_shared_cache_and_no_linked_site_hears_of_it(talk):
    link = share(answered(talk, "Why?", "Because."))
    for answer in (read(link), Client().get("/s/unknown/")):
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert Page(answer.text).all("meta", name_="robots")[0].attributes["content"].startswith("noindex")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert {"no-store", "private"} <= set(answer.headers["Cache-Control"].split(", "))
        assert not answer.cookies


def test_it_is_only_read(talk):
    link = share(answered(talk, "Why?", "Because."))
    assert Client().post(f"/s/{link.pk}/").status_code == 405


def test_a_long_conversation_takes_as_many_queries_as_a_short_one(talk, django_assert_num_queries):
    message = answered(talk, "Why?", "Because.")
    link = share(message)
    with django_assert_num_queries(5):  # link, path, its messages, generations, files
        read(link)
    for number in range(20):
        message = answered(talk, f"And {number}?", "So.", message)
        attach(message)
    longer = share(message)
    with django_assert_num_queries(5):
        assert len(shown(read(longer))) == 42
