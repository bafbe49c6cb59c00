"""Several tabs on one conversation, on a real server: each learns of everything, and nothing comes twice."""

import uuid

import pytest

from tests.support.polling import wait_until
from tests.support.scripts import Gate, Hang, Head, WaitFor, endless, mira, never_answers
from tests.support.tabs import generation_of

# Each learns of it


def test_two_tabs_show_the_same_and_each_learns_of_it(served, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]), mira(["more"]))
    one, two = tabs(), tabs()
    row = one.begin(question)
    generation = generation_of(row)
    summary = two.until("conversation")
    assert (summary["title"], summary["generating"]) == (question, True)
    two.open(summary["id"])
    for tab in (one, two):
        tab.until_text(generation, "Hel")
    gate.open()
    assert one.until_finished(generation) == two.until_finished(generation)
    two.ask("More", summary["id"], row["id"])
    rows = [one.until("message")["message"] for _ in range(2)]
    assert [r["role"] for r in rows] == ["user", "assistant"]
    one.until_finished(generation_of(rows[1]))
    assert one.text[generation_of(rows[1])] == "more"


def test_tabs_of_other_people_hear_nothing(served, tabs, question):
    hers, his = tabs(), tabs(served.bob)
    hers.until_finished(generation_of(hers.begin(question)))
    assert his.answered() == []


def test_a_generation_goes_on_when_its_tab_is_gone(served, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    tab = tabs()
    generation = generation_of(tab.begin(question))
    tab.until_text(generation, "Hel")
    tab.close()
    gate.open()
    assert served.until_stored(generation, "complete").message.content == "Hello"


def test_a_send_is_carried_out_although_the_tab_closes_at_once(served, tabs, question):
    tab = tabs()
    tab.ask(question)
    tab.close()
    served.request(question).answered()
    wait_until(lambda: [m.content for m in served.database.messages(served.alice)] == [question, "Hello"])


# Cancel


PHASES = {
    "before the status line": never_answers(),
    "before the first token": [Head(), Hang()],
    "in a silence": mira(["Hel", Hang()]),
    "in mid-stream": endless(),
}


@pytest.mark.parametrize("phase", PHASES)
def test_cancel_from_the_other_tab_closes_the_upstream_and_both_hear_it(served, tabs, question, phase):
    served.upstream.play(PHASES[phase])
    one, two = tabs(), tabs()
    generation = generation_of(one.begin(question))
    request = served.request(question)
    two.open(served.conversation(generation))
    two.cancel(generation)
    request.hung_up(within=1)
    for tab in (one, two):
        assert tab.until_finished(generation)["status"] == "cancelled"
        assert tab.text[generation] == served.database.text(generation)
    assert served.database.generation(generation).status == "cancelled"


def test_cancel_twice_from_two_tabs_is_one_end(served, tabs, question):
    served.upstream.play(endless())
    one, two = tabs(), tabs()
    generation = generation_of(one.begin(question))
    for tab in (one, two, one):
        tab.cancel(generation)
    assert one.until_finished(generation)["status"] == "cancelled"
    assert "finished" not in [event["type"] for event in one.answered()]


def test_cancel_after_the_end_changes_nothing(served, tabs, question):
    tab = tabs()
    generation = generation_of(tab.begin(question))
    tab.until_finished(generation)
    tab.cancel(generation)
    tab.answered()
    assert served.database.generation(generation).status == "complete"
    assert "error" not in [event["type"] for event in tab.heard]


def test_after_a_cancel_the_same_place_is_asked_again(served, tabs, question):
    served.upstream.play(never_answers(), mira(["two"]))
    tab = tabs()
    row = tab.begin(question)
    served.request(question)  # the first script is taken, or the second answer would get it
    tab.cancel(generation_of(row))
    tab.until_finished(generation_of(row))
    tab.say("regenerate", client_id=str(uuid.uuid4()), message=row["id"])
    second = tab.until("message")["message"]
    tab.until_finished(generation_of(second))
    assert tab.text[generation_of(second)] == "two"


# What is sent twice, or at the wrong time


def test_the_same_send_twice_is_one_message_and_one_request(served, tabs, question):
    gate = Gate()
    served.upstream.play(mira(["Hel", WaitFor(gate), "lo"]))
    one, two = tabs(), tabs()
    key = str(uuid.uuid4())
    for tab in (one, two, one):
        tab.ask(question, client_id=key)
    found = [tab.until("transcript") for tab in (one, two, one)]
    assert len({transcript["conversation"]["id"] for transcript in found}) == 1
    assert {len(transcript["messages"]) for transcript in found} == {2}
    generation = generation_of(found[0]["messages"][1])
    gate.open()
    for tab in (one, two):
        tab.until_finished(generation)
        assert tab.text[generation] == "Hello"
    served.request(question)
    assert len(served.database.messages(served.alice)) == 2
    assert len(served.database.conversations(served.alice)) == 1


def test_a_second_send_while_an_answer_is_under_way_is_busy(served, tabs, question):
    served.upstream.play(mira(["Hel", Hang()]))
    tab = tabs()
    row = tab.begin(question)
    conversation = served.conversation(generation_of(row))
    key = tab.ask("Another", conversation, row["id"])
    error = tab.until("error")
    assert (error["code"], error["command"], error["client_id"]) == ("busy", "send", key)
    tab.say("regenerate", client_id=str(uuid.uuid4()), message=row["id"])
    assert tab.refusal() == "busy"
    tab.say("edit", client_id=str(uuid.uuid4()), message=row["parent"], content="Another")
    assert tab.refusal() == "busy"
    assert len(served.database.messages(served.alice)) == 2
    tab.cancel(generation_of(row))
    tab.until_finished(generation_of(row))
