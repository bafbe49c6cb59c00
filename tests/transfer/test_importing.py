import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.db.models.functions import Now
from django.utils import timezone

from chat.models import Conversation, File, Generation, Message, Tree
from chat.models.conversation import REGRET
from chat.relay.chores import forget_conversations
from chat.search.find import find
from chat.search.index import catch_up
from chat.search.query import Query
from chat.transfer import amount, importing, storing
from chat.transfer.arrival import Arrival, Later, regrettable
from chat.transfer.export import document, everything
from chat.transfer.importing import Refused, take_in
from chat.transfer.outcome import Outcome
from tests.fixtures.chatgpt import branched, many_kinds, plain, talk
from tests.fixtures.naughty import NAUGHTY, kept
from tests.transfer.rows import NOON, answer, converse, facts_of, lively, say

pytestmark = pytest.mark.django_db

SAID = {"id": "m", "parent": None, "role": "user", "created": "2026-01-01T00:00:00Z", "content": "Hi"}
TALK = {
    "id": "c",
    "title": "T",
    "created": "2026-01-01T00:00:00Z",
    "updated": "2026-01-01T00:00:00Z",
    "messages": [SAID],
}
FILE = {"format": "brook", "version": 1, "conversations": [TALK]}


def take(owner, data):
    data = data if isinstance(data, bytes) else json.dumps(data, indent=1).encode()
    return take_in(owner, io.BytesIO(data), len(data))


def exported(owner):
    return b"".join(document(everything(owner)))


def refused(owner, data):
    with pytest.raises(Refused) as refusal:
        take(owner, data)
    assert not Conversation.objects.for_user(owner).exists()
    return refusal.value


def contents(owner):
    return sorted(Message.objects.filter(conversation__owner=owner).values_list("content", flat=True))


# Brook's own


def test_what_was_exported_is_imported_as_it_was(alice, bob):
    conversation = lively(alice)
    assert take(bob, exported(alice)) == Outcome(1, 8)
    [copy] = Conversation.objects.for_user(bob)
    assert facts_of(copy) == facts_of(conversation)
    rows = [found.messages.order_by("created_at", "pk") for found in (conversation, copy)]
    assert [m.content for m in Tree(rows[0]).path()] == [m.content for m in Tree(rows[1]).path()]
    assert exported(alice).count(b"\n") == exported(bob).count(b"\n")


def test_the_same_file_twice_makes_nothing_twice(alice, bob):
    lively(alice)
    converse_with_words(alice, "Other")
    file = exported(alice)
    assert take(bob, file) == Outcome(2, 9)
    assert take(bob, file) == Outcome(known=2)
    assert Message.objects.filter(conversation__owner=bob).count() == 9


def test_ones_own_conversations_are_there_already(alice):
    lively(alice)
    assert take(alice, exported(alice)) == Outcome(known=1)
    assert Conversation.objects.count() == 1


def test_a_copy_that_is_exported_is_known_to_whoever_has_the_original(alice, bob):
    lively(alice)
    take(bob, exported(alice))
    assert take(bob, exported(bob)) == Outcome(known=1)


def test_what_was_just_deleted_is_brought_back(alice):
    conversation = lively(alice)
    file = exported(alice)
    Conversation.objects.update(deleted_at=Now())
    assert take(alice, file) == Outcome(1, 8)
    assert list(Conversation.objects.for_user(alice)) == [conversation]


def test_what_was_deleted_long_ago_is_made_anew_as_soon_as_it_is_removed(alice, bob):
    lively(alice)
    file = exported(alice)
    take(bob, file)
    Conversation.objects.update(deleted_at=NOON)
    assert take(alice, file) == Outcome(1, 8), "a copy has a key of its own"
    with pytest.raises(Later, match="Try again in a few minutes"):
        take(bob, file)
    assert not Conversation.objects.for_user(bob).exists()
    tidy()
    for owner in (alice, bob):
        take(owner, file)
        assert take(owner, file) == Outcome(known=1)


def test_what_is_forgotten_just_now_is_not_brought_back(alice, monkeypatch):
    """Some of it may be gone already: whoever removes it holds it, and we have waited for that."""
    take(alice, FILE)
    Conversation.objects.update(deleted_at=Now())

    def held(keys):
        Conversation.objects.filter(pk__in=keys).update(deleted_at=Now() - REGRET - timedelta(seconds=1))
        return regrettable(keys)

    monkeypatch.setattr(importing, "regrettable", held)
    pieces = at_each_piece(monkeypatch, lambda: None)
    with pytest.raises(Later):
        take(alice, {**FILE, "conversations": [TALK, {**TALK, "id": "d"}]})
    assert pieces == []
    assert Conversation.objects.forgotten().count() == 1


def test_what_its_owner_brings_back_at_this_moment_is_not_made_twice(alice, monkeypatch):
    conversation = lively(alice)
    file = exported(alice)
    conversation.discard()

    def held(keys):
        conversation.restore()
        return regrettable(keys)

    monkeypatch.setattr(importing, "regrettable", held)
    assert take(alice, file) == Outcome(known=1)
    assert Conversation.objects.count() == 1


def test_what_is_to_come_back_comes_with_the_rest(alice, monkeypatch):
    take(alice, FILE)
    Conversation.objects.update(deleted_at=Now())
    seen = at_each_piece(monkeypatch, lambda: Conversation.objects.for_user(alice).count())
    assert take(alice, {**FILE, "conversations": [TALK, {**TALK, "id": "d"}]}) == Outcome(2, 2)
    assert seen == [0]
    assert Conversation.objects.for_user(alice).count() == 2


def test_what_is_gone_for_good_is_made_anew(alice):
    lively(alice)
    file = exported(alice)
    Conversation.objects.all().delete()
    assert take(alice, file) == Outcome(1, 8)
    assert take(alice, file) == Outcome(known=1)


def test_a_conversation_that_is_in_the_file_twice_is_imported_once(alice):
    assert take(alice, {**FILE, "conversations": [TALK, TALK]}) == Outcome(1, 1, known=1)


def test_a_strangers_file_touches_nothing_of_theirs(alice, bob):
    conversation = lively(alice)
    before = facts_of(conversation)
    file = exported(alice)
    take(bob, file)
    Conversation.objects.for_user(bob).delete()
    conversation.refresh_from_db()
    assert facts_of(conversation) == before


def test_a_conversation_without_messages_is_left_out(alice):
    assert take(alice, {**FILE, "conversations": [{**TALK, "messages": []}]}) == Outcome(empty=1)


def test_an_answer_that_is_being_written_comes_as_interrupted(alice, bob):
    conversation = converse(alice)
    answer(conversation, "Half", say(conversation, "Hi"), status=Generation.Status.STREAMING)
    take(bob, exported(alice))
    assert Generation.objects.get(conversation__owner=bob).status == "interrupted"


def test_what_was_imported_is_found(alice):
    take(alice, [plain(title="Water")])
    while catch_up():
        pass
    assert [place.role for place in find(alice, Query.of("meander")).found] == ["user"]


def test_hostile_text_goes_out_and_comes_in_to_the_letter(alice, bob, subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            text = kept(naughty)
            conversation = converse(alice, " ".join(text.split())[:200].strip())
            answer(conversation, text, say(conversation, text), reasoning=text, error_code="odd", error_text=text)
            take(bob, exported(alice))
            copy = Conversation.objects.for_user(bob).get()
            if conversation.title:
                assert copy.title == conversation.title
            assert facts_of(copy)[1] == facts_of(conversation)[1]
            Conversation.objects.all().delete()


def test_a_character_stands_for_each_that_can_never_be_stored(alice, subtests):
    for name, naughty in NAUGHTY:
        with subtests.test(name):
            file = {
                **FILE,
                "conversations": [{**TALK, "title": naughty[:5000], "messages": [{**SAID, "content": naughty}]}],
            }
            take(alice, json.dumps(file).encode())  # half a surrogate pair as an escape: JSON can say it
            assert Message.objects.get().content == kept(naughty.replace("\0", "\ufffd"))
            Conversation.objects.all().delete()


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'[\n{"title":"caf\xe9"}\n]', 2),
        (b"\xef\xbb\xbf\n\n\xff", 3),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 1),
    ],
)
def test_what_is_not_utf_8_is_refused_with_its_line(alice, data, line):
    refusal = refused(alice, data)
    assert (refusal.line, str(refusal)) == (line, "This is no text in UTF-8.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("conversations.json", data)
    refusal = refused(alice, packed.getvalue())
    assert (refusal.line, refusal.name) == (line, "conversations.json")


def test_titles_that_were_shortened_are_counted(alice):
    talks = [{**TALK, "id": str(chars), "title": "x" * chars} for chars in (200, 201, 300)]
    file = {**FILE, "conversations": talks}
    assert take(alice, file) == Outcome(3, 3, shortened=2)
    assert take(alice, file) == Outcome(known=3)
    assert take(alice, [plain(title="y" * 201)]).shortened == 1


# ChatGPT's


def test_chatgpts_conversations_are_imported(alice):
    assert take(alice, [plain("c1"), {**many_kinds(), "id": "c2", "conversation_id": "c2"}, talk(key="c3")]) == Outcome(
        2, 7, empty=1, left_out=4
    )
    conversation = Conversation.objects.get(title="Rivers", messages__content="Why do rivers meander?")
    question, reply = conversation.messages.order_by("created_at")
    assert (reply.parent, reply.content, reply.generation.status) == (question, "Because.", "complete")
    assert (reply.generation.provider, reply.generation.model) == ("import", "gpt-4o")
    assert conversation.updated_at - conversation.created_at == timedelta(minutes=10)
    assert take(alice, [plain("c1")]) == Outcome(known=1)


def test_the_shown_path_is_the_one_that_was_shown(alice):
    take(alice, [branched()])
    rows = Message.objects.order_by("created_at", "pk")
    assert [message.content for message in Tree(rows).path()] == ["First version", "Shown answer"]


def test_an_archive_is_imported(alice):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", json.dumps([plain()]))
        archive.writestr("chat.html", "<html>")
    assert take(alice, target.getvalue()) == Outcome(1, 2)


# A wrong file


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"role": "wizard"}, "“role” must be “user”, “assistant” or “system”."),
        ({"created": "2026-13-01T00:00:00Z"}, "“created” must be a time"),
        ({"created": "1066-10-14T00:00:00Z"}, "“created” must be a time from 1970 on."),
        ({"content": None}, "“content” must be a text"),
        ({"parent": "nobody"}, "“parent” must be the identifier of a message"),
        ({"id": "a"}, "“id” must be another one for each message."),
    ],
)
def test_the_line_of_what_is_wrong_is_named_and_nothing_is_imported(alice, change, words):
    good, bad = ({**TALK, "messages": [{**SAID, "id": "a"}, {**SAID, "id": "b", **more}]} for more in ({}, change))
    text = json.dumps({**FILE, "conversations": [{**good, "id": "good"}, bad]}, indent=1)
    name = f'"{next(iter(change))}"'
    place = max(number for number, line in enumerate(text.splitlines(), 1) if line.lstrip().startswith(name))
    found = refused(alice, text.encode())
    assert (found.line, found.conversation, found.message, found.name) == (place, 2, 2, "")
    assert str(found).startswith(words)


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b'{"format": "brook",\n"version": 1,\n"conversations": [}', 3, "This is not JSON from here on."),
        (b'[\n{"mapping": {},\n', 3, "The file ends too early"),
        (b"", 1, "The file ends too early"),
        (b"# Rivers\n\n## You", 1, "This is not JSON from here on."),
        (b'"just a text"', 1, "This is neither an export of Brook nor"),
        (b"42", 1, "This is neither an export of Brook nor"),
        (b'\n\n{"a": 1}', 3, "“format” is missing here."),
        (b'\n[{"mapping": {}},\n{"messages": []}]', 3, "“mapping” is missing here."),
        (b'[{"mapping": {},\n"create_time": -1}]', 2, "“create_time” must be a time in seconds since 1970."),
        (b"[" * 100_000, 1, "Lists and objects are nested too deeply."),
    ],
)
def test_a_file_of_another_kind_is_refused_with_its_line(alice, data, line, words):
    found = refused(alice, data)
    assert found.line == line
    assert str(found).startswith(words)


def test_a_file_that_cannot_be_read_at_all_has_no_line(alice):
    found = refused(alice, b"PK\3\4 and nothing else")
    assert (found.line, found.conversation) == (0, 0)


def test_in_an_archive_the_file_is_named(alice):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a/conversations-000.json", json.dumps([plain()]))
        archive.writestr("a/conversations-001.json", "[\n{}]")
    found = refused(alice, target.getvalue())
    assert (found.name, found.line, found.conversation) == ("a/conversations-001.json", 2, 1)


def test_a_defect_in_the_midst_of_storing_leaves_nothing_behind(alice, monkeypatch):
    def break_down(*args, **kwargs):
        if Message.objects.count() > 2:
            raise RuntimeError("the disk is full")
        return really(*args, **kwargs)

    really = Generation.objects.bulk_create
    monkeypatch.setattr(Generation.objects, "bulk_create", break_down)
    monkeypatch.setattr(storing, "TOGETHER", 1)
    talks = [plain(f"c{number}") for number in range(3)]
    with pytest.raises(RuntimeError):
        take(alice, talks)
    assert Message.objects.exists(), "of the first piece"
    assert not Conversation.objects.for_user(alice).exists()
    assert not Conversation.objects.deleted_by(alice).exists()
    monkeypatch.undo()
    with pytest.raises(Later):
        take(alice, talks)
    tidy()
    assert [kind.objects.count() for kind in (Conversation, Message, Generation)] == [0, 0, 0]
    assert take(alice, talks) == Outcome(3, 6)


def test_nobody_sees_an_import_before_its_end(alice, monkeypatch):
    def seen():
        catch_up()
        found = find(alice, Query.of("meander")).found
        return len(found), Conversation.objects.for_user(alice).count(), Conversation.objects.deleted_by(alice).count()

    monkeypatch.setattr(storing, "TOGETHER", 4)
    looks = at_each_piece(monkeypatch, seen)
    take(alice, [plain(f"c{number}") for number in range(5)])
    assert set(looks) == {(0, 0, 0)}
    assert len(looks) == 5
    while catch_up():
        pass
    assert len(find(alice, Query.of("meander")).found) == 5


def test_the_same_file_again_while_it_is_coming_in_is_for_later(alice, monkeypatch):
    def again():
        monkeypatch.setattr(Arrival, "piece", really)
        with pytest.raises(Later):
            take(alice, FILE)

    really = Arrival.piece
    at_each_piece(monkeypatch, again)
    assert take(alice, FILE) == Outcome(1, 1)
    assert take(alice, FILE) == Outcome(known=1)


def at_each_piece(monkeypatch, look):
    """What `look` says after each piece."""
    said, really = [], Arrival.piece

    @contextmanager
    def piece(arrival):
        with really(arrival) as hidden:
            yield hidden
        said.append(look())

    monkeypatch.setattr(Arrival, "piece", piece)
    return said


def tidy():
    while forget_conversations():
        pass


def test_hostile_files_hang_at_their_messages_as_what_they_are(alice):
    page = {"id": "f", "name": "page.html", "data": "PHNjcmlwdD4="}
    take(alice, {**FILE, "conversations": [{**TALK, "messages": [{**SAID, "files": [page]}]}]})
    assert list(File.objects.values_list("kind", "media_type", "name")) == [("text", "text/plain", "page.html")]


@pytest.mark.django_db(transaction=True)
def test_the_same_file_imported_twice_at_once_is_imported_once(alice):
    file = json.dumps([plain(f"c{number}") for number in range(20)]).encode()
    at_once = Barrier(3)

    def work(_):
        at_once.wait(10)
        try:
            return take(alice, file)
        except Later:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        outcomes = [*pool.map(work, range(3))]
    assert outcomes.count(Outcome(20, 40)) == 1
    assert set(outcomes) <= {Outcome(20, 40), Outcome(known=20), None}
    assert Message.objects.count() == 40


def converse_with_words(owner, title):
    conversation = converse(owner, title)
    say(conversation, "words")
    return conversation


def test_an_archive_may_not_have_more_conversations_than_a_file(alice, monkeypatch):
    monkeypatch.setattr(amount, "CONVERSATIONS", 3)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("conversations-0.json", json.dumps([plain("a"), plain("b")]))
        archive.writestr("conversations-1.json", json.dumps([plain("c"), plain("d")]))
    assert str(refused(alice, target.getvalue())) == "There are too many conversations in this file."


def test_what_is_exported_can_be_imported_whatever_the_rows_hold(alice, bob):
    conversation = converse(alice, parameters={"max_tokens": 2**31 - 1})
    usage = {f"tokens {number}": number for number in range(99)} | {"x" * 101: 1, "huge": 2**60}
    answer(conversation, "x", say(conversation, "Hi"), runs=[0, 1] * 6_000, usage=usage)
    assert take(bob, exported(alice)) == Outcome(1, 2)
    copy = Generation.objects.get(conversation__owner=bob)
    assert (len(copy.runs), len(copy.usage)) == (10_000, 50)


def test_a_conversation_of_the_future_does_not_hide_what_is_said_next(alice):
    later = {"created": "2999-01-01T00:00:00Z"}
    answered = {**SAID, "id": "a", "parent": "m", "role": "assistant", **later}
    other = {**answered, "id": "b"}
    take(alice, {**FILE, "conversations": [{**TALK, "messages": [{**SAID, **later}, answered, other]}]})
    first, *answers = Message.objects.order_by("created_at")
    assert all(row.created_at <= timezone.now() for row in [first, *answers])
    assert all(row.created_at > first.created_at for row in answers)
    new = first.conversation.messages.create(role="user", content="next", parent=answers[0])
    assert Tree(Message.objects.order_by("created_at", "pk")).path()[-1] == new
