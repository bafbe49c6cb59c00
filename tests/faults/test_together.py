"""Two processes and two tabs with nothing wrong: what is done in one place holds in the other, once. G1, G4, G5, G9."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from threading import Barrier
from uuid import uuid4

import httpx
import pytest

from tests.faults.stage import LONG, new_question, status_of, until_status, until_words
from tests.support.evidence import TERMINAL
from tests.support.polling import wait_until
from tests.support.scripts import Hang, mira

CLOSING = 0.5
"""Seconds from a press of Stop, anywhere, until the upstream's socket is closed. One is promised; half of it shows that
nobody had to find the wish in the database, where an answer's first look is a second after its beginning."""

HEARING = 1.0
"""Seconds for news to the tabs of another process, which would find it in the database within three."""

LEAVING = 30.0
"""Seconds until a logout reaches every open tab."""

pytestmark = pytest.mark.timeout(120)


def at_once(*acts):
    """Does all of these at the same instant; what they return."""
    barrier = Barrier(len(acts))

    def act(work):
        barrier.wait(5)
        return work()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def ended(page, question):
    return status_of(page, question) in TERMINAL


# Stop


@pytest.mark.parametrize(
    ("words", "ends"),
    [(0, "silent"), (0, "hang"), (3, "hang"), (LONG, "stop")],
    ids=["before the head", "before the first word", "in a silence", "in full flow"],
)
def test_stop_elsewhere_closes_the_upstreams_socket_within_a_second(stage, words, ends):
    page, elsewhere = stage.pair()
    question = stage.ask(page, words, ends=ends)
    telling = stage.telling(question)
    elsewhere.until(elsewhere.stop)
    pressed = time.monotonic()
    wait_until(lambda: telling.over_at, CLOSING, "the upstream's socket is still open")
    assert telling.over_at - pressed < CLOSING
    until_status(page, elsewhere, status="cancelled", within=HEARING)
    assert stage.row(question).closing_ms < 1000 * CLOSING


def test_two_stops_at_once_at_the_natural_end_leave_one_end(stage):
    pages = stage.pair()
    for words in range(12, 21):  # of twenty: from surely before the end to perhaps behind it
        question = stage.ask(pages[0], words=20)
        until_words(pages[0], words)
        at_once(*(page.stop for page in pages))
        pages[0].until(lambda question=question: all(ended(page, question) for page in pages))
        statuses = {status_of(page, question) for page in pages}
        assert statuses == {stage.row(question).status}
        assert statuses <= ({"cancelled", "complete"} if words > 15 else {"cancelled"})


PEOPLE, STOPS = 6, 10


def test_stops_at_any_instant_from_anywhere_leave_nothing_open(stage):
    people = [stage.person("impatient") for _ in range(PEOPLE)]
    pairs = [stage.pair(person) for person in people]

    def press_often(number):
        dice = Random(number)  # noqa: S311 - a repeatable choice, no secret
        for _ in range(STOPS):
            stop_once(dice, pairs[number])

    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(press_often, range(PEOPLE)))
    stage.upstream.until_streaming(0, within=CLOSING)
    statuses = [answer.status for person in people for answer in stage.answers(person)]
    assert statuses.count("cancelled") > PEOPLE * STOPS / 2


def stop_once(dice, pages):
    question = new_question(dice.choice([2, 5, LONG]), ends=dice.choice(["silent", "hang", "stop"]))
    asker, stopper = dice.choice(pages), dice.choice(pages)
    assert asker.ask(question.text)
    time.sleep(dice.choice([0, 0.01, 0.1, 0.3]) * dice.random())
    stopper.until(lambda: stopper.stop() or ended(stopper, question))
    stopper.until(lambda: all(ended(page, question) for page in pages))


# Everything else that one does in a conversation


def test_another_answer_and_another_question_are_asked_from_the_process_that_did_not_write_the_first(stage):
    page, elsewhere = stage.pair()
    assert elsewhere.regenerate()
    elsewhere.until(lambda: len(page.picture.rows) == len(elsewhere.picture.rows) == 3)
    until_status(page, elsewhere, status="complete")
    edited = new_question(words=10)
    assert elsewhere.edit(edited.text)
    page.until(lambda: status_of(page, edited) == "complete")


def test_a_new_title_is_heard_of_in_the_tabs_of_the_other_process(stage):
    page, _ = stage.pair()
    one, two = stage.fleet.members
    with stage.tab(one) as here, stage.tab(two) as there:
        here.say("rename", conversation=page.conversation, title="Rivers")
        there.until("conversation", lambda event: event["title"] == "Rivers", within=HEARING)


def test_deleting_a_conversation_elsewhere_ends_its_answer_and_takes_it_from_every_tab(stage):
    one, two = stage.fleet.members
    stage.upstream.play(mira(["Hel", Hang()]))
    with stage.tab(one) as here, stage.tab(two) as there:
        here.ask("Hi")
        here.until("delta")
        conversation = there.until("conversation")["id"]
        there.say("delete", conversation=conversation)
        stage.upstream.requests[-1].hung_up(within=CLOSING)
        for tab in (here, there):
            assert tab.until("deleted")["conversation"] == conversation
    assert stage.fleet.database.conversations(stage.alice) == []


# Sending


def test_the_same_send_on_both_processes_at_once_is_one_message_and_one_request(stage):
    one, two = stage.fleet.members
    with stage.tab(one) as here, stage.tab(two) as there:
        for _ in range(10):
            question, client_id = new_question(3, "burst"), str(uuid4())
            at_once(*(partial(tab.ask, question.text, client_id=client_id) for tab in (here, there)))
            found = [tab.until("transcript")["messages"] for tab in (here, there)]
            assert [row["id"] for row in found[0]] == [row["id"] for row in found[1]]
            for tab in (here, there):
                tab.until_finished(found[0][-1]["generation"]["id"])
            assert len(stage.tellings(question)) == 1


def test_of_two_sends_into_one_conversation_at_once_one_waits_for_the_other(stage):
    pages = stage.pair()
    for turn in range(1, 6):
        questions = [new_question(), new_question()]
        at_once(*(partial(page.ask, asked.text) for page, asked in zip(pages, questions, strict=True)))
        pages[0].until(lambda turn=turn: len(refusals(pages)) == turn)
        pages[0].until(lambda asked=questions: any(status_of(pages[0], question) for question in asked))
        (accepted,) = [question for question in questions if status_of(pages[0], question)]
        stage.telling(accepted)
        pages[turn % 2].until(pages[turn % 2].stop)
        pages[0].until(lambda accepted=accepted: all(ended(page, accepted) for page in pages))
    assert set(refusals(pages)) == {"busy"}


def refusals(pages):
    return [note.facts["code"] for page in pages for note in page.history.of("refused")]


# Leaving


def test_who_is_logged_out_or_deactivated_reads_no_more_in_any_tab_and_the_answer_is_stored(stage):
    bob = stage.person("bob")
    pairs = [stage.pair(), stage.pair(bob)]
    questions = [stage.ask(page, words=400) for page, _ in pairs]
    log_out(stage.fleet.members[0], stage.alice)
    bob.user.is_active = False
    bob.user.save(using=stage.fleet.database.alias)
    left = [page for pair in pairs for page in pair]
    stage.logouts.update({page.name: time.monotonic() for page in left})
    for page in left:
        page.until(lambda page=page: page.is_logged_out, LEAVING)
    assert [stage.row(question).status for question in questions] == ["streaming", "streaming"]
    for question in questions:
        wait_until(lambda question=question: stage.row(question).status == "complete", LEAVING)


def log_out(member, person):
    """As the page's form does it."""
    cookies = {"sessionid": person.session.session_key}
    with httpx.Client(base_url=member.url, cookies=cookies, trust_env=False) as client:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/").text)
        form = {"csrfmiddlewaretoken": token[1]}
        assert client.post("/accounts/logout/", data=form, headers={"Origin": member.url}).status_code == 302
