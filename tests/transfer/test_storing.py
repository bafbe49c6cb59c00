from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chat.models import Conversation, File, Generation, Message
from chat.transfer import storing
from chat.transfer.arrival import Arrival
from chat.transfer.format import Asked, Attachment, Facts, Failure, Head, Said
from chat.transfer.storing import Rows, conversation_key
from chat.transfer.story import STEP, Story
from tests.transfer.rows import PNG

WHEN = datetime(2020, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def said(key, parent=None, role="user", content="Hi", **fields):
    return Said(key, parent, role, WHEN, content, **fields)


def story(*messages, key="c", **fields):
    return Story(Head(key, **{"title": "Rivers", "created": WHEN, "updated": WHEN, **fields}), messages)


def store(owner, *stories):
    with Arrival(owner) as arrival:
        rows = Rows(owner, arrival)
        for one in stories:
            rows.add(one)
        rows.write()
        arrival.reveal(rows.conversations)


def test_a_conversation_is_stored_with_its_times_and_options(alice):
    options = Asked("mira", "Be brief.", 0.5, 100)
    store(alice, story(said("a"), updated=WHEN + timedelta(days=1), titled_by="model", archived=True, options=options))
    found = Conversation.objects.for_user(alice).get()
    assert (found.pk, found.title, found.titled_by) == (conversation_key(alice, "c"), "Rivers", "model")
    assert (found.created_at, found.updated_at) == (WHEN, WHEN + timedelta(days=1))
    assert (found.pinned, found.archived, found.options) == (False, True, ("mira", "Be brief.", 0.5, 100))


def test_messages_hang_together_and_are_ordered_whatever_their_order(alice):
    store(alice, story(said("c", "b"), said("b", "a", "assistant"), said("a")))
    rows = list(Message.objects.order_by("created_at", "pk"))
    assert [(row.parent, row.created_at) for row in rows] == [
        (None, WHEN),
        (rows[0], WHEN + STEP),
        (rows[1], WHEN + 2 * STEP),
    ]
    assert rows[2].path() == rows
    assert not any(row.indexed for row in rows), "the search finds it later"


def test_an_answer_without_facts_is_complete_and_imported(alice):
    store(alice, story(said("a"), said("b", "a", "assistant", "Because.", reasoning="Hm.")))
    generation = Generation.objects.get()
    assert (generation.status, generation.provider, generation.cursor) == ("complete", "import", 11)
    assert generation.started_at == generation.finished_at == WHEN + STEP
    assert generation.conversation == generation.message.conversation
    assert (generation.lease_expires_at, generation.owner_process) == (None, "")


def test_the_facts_of_an_answer_are_kept(alice):
    facts = Facts(
        status="failed",
        finish_reason="length",
        error=Failure("upstream", "No such model."),
        model="mira-7",
        started=WHEN - STEP,
        usage={"tokens": 7},
        continues="a",
        runs=[1, 2],
    )
    store(alice, story(said("a", role="assistant"), said("b", role="assistant", generation=facts)))
    found = Generation.objects.get(status="failed")
    assert (found.error_code, found.error_text, found.finish_reason) == ("upstream", "No such model.", "length")
    assert (found.model, found.usage, found.runs, found.started_at) == ("mira-7", {"tokens": 7}, [1, 2], WHEN - STEP)
    assert found.continues.content == "Hi"


def test_what_was_being_written_is_interrupted(alice):
    store(alice, story(said("a", role="assistant", generation=Facts(status="streaming", continues="unknown"))))
    assert Generation.objects.get().status == "interrupted"
    assert Generation.objects.get().continues is None


def test_a_persons_message_has_no_generation_whatever_the_file_says(alice):
    store(alice, story(said("a", generation=Facts())))
    assert not Generation.objects.exists()


def test_files_are_stored_once_and_hang_at_each_of_their_messages(alice):
    picture, notes = Attachment("1", "map.html", PNG), Attachment("2", "", b"<b>")
    store(alice, story(said("a", files=[picture, notes, picture]), said("b", files=[Attachment("1")])))
    assert sorted(File.objects.values_list("name", "kind", "media_type", "size")) == [
        ("2", "text", "text/plain", 3),
        ("map.html", "image", "image/png", len(PNG)),
    ]
    assert sorted(message.files.count() for message in Message.objects.all()) == [1, 2]
    assert set(File.objects.values_list("owner", flat=True)) == {alice.pk}


def test_a_file_that_outlived_its_conversation_is_no_hindrance(alice):
    one = story(said("a", files=[Attachment("1", "x.txt", b"x")]))
    store(alice, one)
    Conversation.objects.all().delete()
    store(alice, one)
    assert Message.objects.get().files.get().name == "x.txt"


def test_keys_are_the_same_again_and_others_for_others(alice, bob):
    assert conversation_key(alice, "c") == conversation_key(alice, "c")
    assert len({conversation_key(who, key) for who in (alice, bob) for key in ("c", "d")}) == 4
    store(alice, story(said("a")), story(said("a"), key="d"))
    store(bob, story(said("a")))
    assert Message.objects.count() == 3


@pytest.mark.parametrize(
    ("title", "stored"),
    [
        ("A\0 title\n on  lines", "A\ufffd title on lines"),
        ("x" * 300, "x" * 200),
        ("", "What was said first"),
        (" \n", "What was said first"),
    ],
)
def test_a_title_is_one_line_that_is_not_too_long(alice, title, stored):
    store(alice, story(said("b", "a", content="later"), said("a", content="What was said first"), title=title))
    assert Conversation.objects.get().title == stored


def test_nul_is_stored_nowhere(alice):
    nul = "a\0b"
    facts = Facts(nul and "failed", nul, Failure(nul, nul), nul, nul, nul, request=nul, usage={nul: 1})
    one = said("a", role="assistant", content=nul, reasoning=nul, comment=nul, generation=facts)
    other = said("b", files=[Attachment(nul, nul, b"x")])
    store(alice, story(one, other, key=nul, title=nul, options=Asked(nul, nul)))
    for kind in (Conversation, Message, Generation, File):
        for row in kind.objects.values():
            assert "\\x00" not in repr({name: value for name, value in row.items() if name != "data"})
    assert Message.objects.get(role="assistant").content == "a\ufffdb"


@pytest.mark.parametrize(
    ("identifier", "name", "stored"),
    [("a\0b\n c", "", "a\ufffdb c"), ("a", "\n", "a"), ("\n", "", "Unnamed"), ("a", " x\n\0y ", "x \ufffdy")],
)
def test_a_file_is_called_by_one_line_without_nul(alice, identifier, name, stored):
    store(alice, story(said("a", files=[Attachment(identifier, name, b"x")])))
    assert File.objects.get().name == stored


def test_no_time_lies_in_the_future(alice):
    later = datetime(2999, 1, 1, tzinfo=UTC)
    facts = Facts(started=later, first_delta=later, finished=later)
    one = Said("a", None, "assistant", later, "Hi", generation=facts)
    store(alice, story(one, created=later, updated=later))
    now = timezone.now()
    conversation, message, generation = (kind.objects.get() for kind in (Conversation, Message, Generation))
    assert max(conversation.created_at, conversation.updated_at, message.created_at) <= now
    assert max(generation.started_at, generation.first_delta_at, generation.finished_at) <= now


def test_a_long_conversation_is_written_in_pieces(alice, monkeypatch):
    monkeypatch.setattr(storing, "TOGETHER", 10)
    most = 0
    kept = storing.Rows._put

    def put(rows, row):
        nonlocal most
        kept(rows, row)
        most = max(most, sum(map(len, rows._waiting.values())))

    monkeypatch.setattr(storing.Rows, "_put", put)
    last = said("x", "0", "assistant", generation=Facts(continues="49"))
    store(alice, story(last, *(said(str(n), str(n - 1) if n else None) for n in range(50))))
    assert Message.objects.count() == 51
    assert Generation.objects.get().continues_id is not None
    assert most < 15


def test_a_thousand_messages_take_few_queries(alice, django_assert_max_num_queries):
    messages = [said(str(n), str(n - 1) if n else None, ["user", "assistant"][n % 2]) for n in range(1_000)]
    with django_assert_max_num_queries(80):
        store(alice, story(*messages))
    assert Message.objects.count() == 1_000


def test_stories_are_written_as_they_come(alice, monkeypatch):
    monkeypatch.setattr(storing, "TOGETHER", 3)
    with Arrival(alice) as arrival:
        rows = Rows(alice, arrival)
        rows.add(story(said("a")))
        assert not Message.objects.exists()
        rows.add(story(said("a"), key="d"))
        assert Message.objects.count() == 2


def pieces_of(monkeypatch, owner, *stories):
    """How many messages there are after each piece."""
    found, really = [], Arrival.piece

    @contextmanager
    def piece(arrival):
        with really(arrival) as hidden:
            yield hidden
            connection.check_constraints()  # as the end of the transaction does
            found.append(Message.objects.count())

    monkeypatch.setattr(Arrival, "piece", piece)
    store(owner, *stories)
    return found


def test_a_piece_has_few_characters_whatever_its_rows(alice, monkeypatch):
    monkeypatch.setattr(storing, "CHARS", 1_000)
    long = said("a", content="x" * 600), said("b", "a", content="x" * 300, reasoning="x" * 200)
    files = [Attachment("1", "x", b"x" * 999)]
    facts = Facts(error=Failure("x", "x" * 700), runs=[1] * 400)
    rest = said("c", "b", files=files), said("d", "c", "assistant", generation=facts), said("e", "d")
    assert pieces_of(monkeypatch, alice, story(*long, *rest)) == [2, 3, 4, 5]
    asked = Asked("", "x" * 1_000)
    assert pieces_of(monkeypatch, alice, story(said("a"), said("b"), key="d", options=asked)) == [6, 7]


def test_each_piece_stands_by_itself_wherever_it_ends(alice, monkeypatch):
    monkeypatch.setattr(storing, "TOGETHER", 1)
    before = said("a", role="assistant", generation=Facts(continues="b"), files=[Attachment("1"), Attachment("2")])
    after = said("b", "a", "assistant", files=[Attachment("2", "two", b"2"), Attachment("1", "one", b"1")])
    assert pieces_of(monkeypatch, alice, story(before, after)) == [1, 2, 2]
    assert Generation.objects.get(message__parent=None).continues.parent_id
    links = Message.files.through.objects.order_by("message__created_at", "pk")
    assert [link.file.name for link in links] == ["one", "two", "two", "one"]
