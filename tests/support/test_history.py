"""The checker finds nothing in a good run, and each breach of a promise by its name."""

from dataclasses import replace

import pytest

from tests.support.deadlines import judged_cancels, judged_delays
from tests.support.evidence import (
    Evidence,
    Fault,
    History,
    Life,
    Note,
    Picture,
    Seen,
    ShownRow,
    StoredGeneration,
    StoredMessage,
)
from tests.support.history import check
from tests.support.story import Question, Story, Telling

BASE, OTHER = "http://one", "http://two"
QUESTION = Question("k3f9", words=20)
STORY = Story("k3f9.1")
WORD, WHOLE = STORY.after(1), STORY.after(20)
PID = 7


class Request:
    arrived_at = 10.1
    answered_at = 12.0
    hung_up_at = None


@pytest.fixture
def run():
    """A person asks at 10 s, the upstream writes ten words a second until 12.1 s, and all is well."""
    return Run()


class Run:
    """Evidence of one question and its answer, and ways to spoil it."""

    def __init__(self):
        content, reasoning = STORY.split(WHOLE)
        self.history = History("page")
        self.note(9.0, "connected", base=BASE)
        self.note(10.0, "said", type="send", client_id="c1", content=QUESTION.text)
        self.note(10.1, "stored", client_id="c1", message="asked")
        self.telling = Telling("k3f9.1", QUESTION, Request())
        self.telling.written += [(10.1 + 0.1 * words, STORY.after(words)) for words in range(1, 21)]
        for words in range(1, 21):
            at, start = 10.15 + 0.1 * words, STORY.after(words - 1)
            self.note(at, "heard", type="delta", generation="run", start=start, end=STORY.after(words))
            self.note(at, "shown", generation="run", length=STORY.after(words))
        self.note(12.3, "ended", generation="run", status="complete", end=WHOLE)
        self.evidence = Evidence(
            histories=[self.history],
            tellings=[self.telling],
            messages={
                "asked": StoredMessage("asked", "talk", "user", "c1", None, QUESTION.text, ""),
                "answer": StoredMessage("answer", "talk", "assistant", None, "asked", content, reasoning),
            },
            generations={"run": StoredGeneration("run", "answer", "complete", WHOLE, PID, 12.2)},
            seen=[Seen(11.0, "run", "streaming", WORD), Seen(13.0, "run", "complete", WHOLE)],
            servers={BASE: [Life(PID, 0.0, 3.0)], OTHER: [Life(8, 0.0, 3.0)]},
        )
        self.picture(ShownRow("assistant", content, reasoning, "complete"))

    def note(self, at, kind, **facts):
        self.history.notes.append(Note(at, kind, facts))
        self.history.notes.sort(key=lambda note: note.at)

    def picture(self, answer, *, connected=True, waiting=()):
        rows = {"asked": ShownRow("user", QUESTION.text, "", ""), "answer": answer}
        self.history.picture = Picture("talk", connected, rows, list(waiting))

    def store(self, length=WHOLE, **fields):
        """Another end of the answer, which the page heard of and shows."""
        content, reasoning = STORY.split(length)
        fields = {"cursor": length, **fields}
        self.generation = replace(self.evidence.generations["run"], **fields)
        self.evidence.generations["run"] = self.generation
        self.evidence.messages["answer"] = replace(
            self.evidence.messages["answer"], content=content, reasoning=reasoning
        )
        status = self.generation.status
        self.evidence.seen[-1] = Seen(13.0, "run", status, length)
        self.history.notes = [note for note in self.history.notes if note.kind != "ended"]
        self.note(40.0, "ended", generation="run", status=status, end=length)
        self.picture(ShownRow("assistant", content, reasoning, status))

    def kill(self, at, *, length, finished_at):
        """The server dies under the answer, and another one finds it."""
        life = self.evidence.servers[BASE][0]
        life.ended, life.killed = at, True
        self.telling.request = Request()
        self.telling.request.answered_at, self.telling.request.hung_up_at = None, at
        self.telling.written = [entry for entry in self.telling.written if entry[0] <= at]
        kept = [note for note in self.history.notes if note.at <= at or note.kind == "ended"]
        self.history.notes = [note for note in kept if note.facts.get("end", 0) <= length or note.kind == "ended"]
        self.store(length, status="interrupted", finished_at=finished_at)

    def cancel(self, at, *, closed_at):
        self.note(at, "said", type="cancel", generation="run")
        self.telling.request = Request()
        self.telling.request.answered_at, self.telling.request.hung_up_at = None, closed_at
        self.store(status="cancelled", finished_at=closed_at or 30.0)

    def fault(self, what, began, ended, who=""):
        self.evidence.faults.append(Fault(what, who, began, ended))

    def violations(self):
        return check(self.evidence)

    def breaks(self, promise, words):
        found = self.violations()
        assert found, "nothing was found"
        assert all(violation.startswith(f"{promise}: ") for violation in found), found
        assert any(words in violation for violation in found), found
        return True


def test_a_good_run_breaks_nothing_and_was_judged(run):
    assert run.violations() == []
    assert len(list(judged_delays(run.history, run.evidence))) == 19


# G1


def test_a_message_that_was_acknowledged_and_is_not_stored(run):
    run.note(10.5, "stored", client_id="c2", message="gone")
    assert run.breaks("G1", "c2 became gone, and it is None")


def test_a_message_that_is_stored_twice(run):
    again = replace(run.evidence.messages["asked"], key="again", conversation="elsewhere")
    run.evidence.messages["again"] = again
    run.evidence.messages["below"] = replace(run.evidence.messages["answer"], key="below", parent="again")
    run.evidence.messages["below"] = replace(run.evidence.messages["below"], conversation="elsewhere")
    assert any("c1 is stored 2 times" in words for words in run.violations())


def test_a_message_that_is_stored_otherwise_than_it_was_said(run):
    run.note(10.5, "said", type="send", client_id="c1", content="Something else")
    assert run.breaks("G1", "said 'Something else'")


def test_a_message_that_waits_for_ever(run):
    run.picture(run.history.picture.rows["answer"], waiting=["c3"])
    assert run.breaks("G1", "no answer to what it sent: ['c3']")


def test_a_message_without_an_answer(run):
    run.evidence.messages["alone"] = StoredMessage("alone", "elsewhere", "user", None, None, "Hi", "")
    assert run.breaks("G1", "without an answer under it")


def test_a_message_that_was_refused_and_is_stored(run):
    run.note(10.5, "refused", client_id="c1", command="send", code="busy")
    assert run.breaks("G1", "was refused c1 (busy)")
    run.fault("postgres", 8.0, 9.0)
    assert run.violations() == []


# G2


def test_a_text_that_the_page_found_wrong(run):
    run.note(11.0, "broken", words="shows a hole")
    assert run.breaks("G2", "page shows a hole")


def test_a_stored_text_with_a_hole(run):
    content, reasoning = STORY.split(WHOLE)
    holed = replace(run.evidence.messages["answer"], content=content[:9] + content[18:], reasoning=reasoning)
    run.evidence.messages["answer"] = holed
    assert any(words.startswith("G2: ") and "with a hole or a repetition" in words for words in run.violations())


def test_a_text_that_nobody_told(run):
    run.evidence.tellings[0].tag = "k3f9.2"
    assert any("holds what nobody told" in words for words in run.violations())


def test_a_page_that_showed_more_than_was_written(run):
    run.note(12.0, "shown", generation="run", length=WHOLE + 1)
    assert run.breaks("G2", f"was shown up to {WHOLE + 1}")


def test_a_cursor_that_is_not_the_length(run):
    run.store(cursor=WHOLE - 1)
    assert any("its cursor says" in words for words in run.violations())


def test_a_part_that_is_called_complete(run):
    run.history.notes = [note for note in run.history.notes if note.facts.get("end", 0) < 100]
    run.store(90)
    assert run.breaks("G2", f"is called complete with 90 code points of {WHOLE}")


# G3


def test_a_page_that_lacks_text(run):
    run.picture(ShownRow("assistant", *STORY.split(90), "complete"))
    assert run.breaks("G3", "shows 90 code points")


def test_a_page_that_shows_another_status(run):
    run.picture(run.history.picture.rows["answer"]._replace(status="streaming"))
    assert run.breaks("G3", "as streaming, stored is complete")


def test_a_page_that_lacks_a_message_or_shows_one_too_many(run):
    del run.history.picture.rows["answer"]
    assert run.breaks("G3", "does not show message answer")
    run.history.picture.rows["answer"] = run.history.picture.rows["ghost"] = ShownRow("user", "Boo", "", "")
    assert any("shows message ghost" in words for words in run.violations())


def test_a_page_that_did_not_come_back(run):
    run.picture(run.history.picture.rows["answer"], connected=False)
    assert run.breaks("G3", "is not connected")
    run.evidence.logouts["page"] = 12.5
    assert run.violations() == []


# G4


def test_a_page_that_saw_two_ends(run):
    run.note(12.1, "ended", generation="run", status="failed", end=WHOLE)
    assert run.breaks("G4", "page said run is failed")


def test_an_answer_that_was_told_and_is_not_stored(run):
    run.note(12.1, "ended", generation="gone", status="complete", end=9)
    assert run.breaks("G4", "gone is complete at 9, and nothing of it is stored")


def test_text_after_the_end(run):
    run.note(12.4, "heard", type="delta", generation="run", start=WHOLE, end=WHOLE + 9)
    assert run.breaks("G4", "after its end")


def test_a_stored_end_that_changes_or_a_stored_text_that_shrinks(run):
    run.evidence.seen.insert(0, Seen(10.9, "run", "cancelled", WORD))
    assert run.breaks("G4", f"was stored as cancelled at {WORD}, and later as streaming")
    run.evidence.seen[0] = Seen(10.9, "run", "streaming", 60)
    assert run.breaks("G4", f"shrank from 60 to {WORD}")


def test_an_answer_that_had_ended_before_anybody_looked(run):
    del run.evidence.seen[0]
    assert run.violations() == []


def test_a_stored_end_that_is_another_in_the_end(run):
    run.evidence.seen[-1] = Seen(13.0, "run", "failed", WHOLE)
    assert run.breaks("G4", "the database once said run is failed")


# G5


def test_a_stop_that_closes_the_socket_in_time(run):
    run.cancel(12.0, closed_at=12.9)
    assert run.violations() == []
    assert len(list(judged_cancels(run.history, run.evidence))) == 1


def test_a_stop_that_does_not_reach_the_upstream_in_time(run):
    run.cancel(12.0, closed_at=14.5)
    assert run.breaks("G5", "closed 2.5 s later")


def test_a_stop_without_redis_may_take_five_seconds(run):
    run.cancel(12.0, closed_at=16.5)
    run.fault("redis", 11.0, 13.0)
    assert run.violations() == []
    run.cancel(12.0, closed_at=18.5)
    assert any(words.startswith("G5") and "6.5 s later" in words for words in run.violations())


@pytest.mark.parametrize(("what", "who"), [("page", "page"), ("door", BASE)])
def test_a_stop_that_something_else_hindered_is_not_judged(run, what, who):
    run.cancel(12.0, closed_at=14.5)
    run.fault(what, 11.5, 12.5, who)
    assert run.violations() == []


# G6


def test_an_answer_that_survives_its_process_in_time(run):
    run.kill(11.5, length=STORY.after(5), finished_at=25.0)
    assert run.violations() == []


def test_an_answer_that_lost_more_than_its_last_second(run):
    run.kill(13.0, length=WORD, finished_at=25.0)
    assert run.breaks("G6", f"holds {WORD} code points")


def test_an_answer_whose_process_is_long_dead(run):
    run.kill(11.5, length=STORY.after(5), finished_at=34.0)
    assert run.breaks("G6", "after 22.5 s")


def test_nobody_can_tell_while_the_database_or_every_server_is_away(run):
    run.kill(11.5, length=STORY.after(5), finished_at=39.0)
    run.fault("postgres", 12.0, 15.0)
    assert run.violations() == []
    run.evidence.faults.clear()
    run.evidence.servers[OTHER][0].ended = 12.0
    run.evidence.servers[OTHER].append(Life(9, 13.0, 20.0))
    assert run.violations() == []


def test_an_answer_that_is_not_called_interrupted_when_its_process_was_killed(run):
    run.kill(11.5, length=STORY.after(5), finished_at=25.0)
    run.store(STORY.after(5), status="cancelled")
    assert run.breaks("G6", "is cancelled, although its process was killed")


def test_an_answer_that_sticks(run):
    run.store(90, status="streaming")
    run.history.notes = [note for note in run.history.notes if note.kind != "ended"]
    assert run.breaks("G6", "is still streaming")


# G7


def test_text_that_comes_late(run):
    run.history.notes = [note for note in run.history.notes if note.facts.get("start", 0) < STORY.after(19)]
    run.note(13.5, "heard", type="delta", generation="run", start=STORY.after(19), end=WHOLE)
    run.note(13.6, "ended", generation="run", status="complete", end=WHOLE)
    run.fault("redis", 11.0, 13.5)
    assert run.breaks("G7", "waited 1.40 s")
    run.fault("page", 11.0, 13.5, "page")
    assert run.violations() == []


def test_text_that_was_written_before_the_page_followed_does_not_come_late(run):
    run.note(15.0, "said", type="open", conversation="talk")
    for start, end in ((0, 90), (90, WHOLE)):
        run.note(15.1, "heard", type="delta", generation="run", start=start, end=end)
    assert run.violations() == []


# G8


def test_a_request_too_many(run):
    run.evidence.tellings.append(Telling("k3f9.2", QUESTION, Request()))
    assert run.breaks("G8", "was asked 2 times about k3f9, for 1 answers")


def test_an_answer_that_nobody_asked_for(run):
    run.evidence.tellings.clear()
    assert any(words.startswith("G8: ") and "the upstream told it nothing" in words for words in run.violations())


def test_two_answers_of_one_request(run):
    run.evidence.messages["twin"] = replace(run.evidence.messages["answer"], key="twin", conversation="elsewhere")
    run.evidence.generations["twin"] = replace(run.evidence.generations["run"], key="twin", message="twin")
    assert run.breaks("G8", "2 answers tell the story k3f9.1")


def test_a_connection_that_outlives_its_answer(run):
    run.telling.request = Request()
    run.telling.request.answered_at = 15.5
    assert run.breaks("G8", "outlived answer run for 3.3 s")
    run.evidence.servers[BASE][0].frozen.append((12.0, 15.0))
    assert run.violations() == []


def test_an_upstream_that_is_still_at_it(run):
    run.evidence.streaming = 1
    assert run.breaks("G8", "1 answers are still under way")


# G9


def test_a_page_that_hears_on_after_the_logout(run):
    run.evidence.logouts["page"] = 12.3
    run.note(40.0, "heard", type="conversation")
    run.picture(run.history.picture.rows["answer"], connected=False)
    assert run.violations() == []
    run.note(44.0, "heard", type="conversation")
    assert run.breaks("G9", "still heard something 32 s after")


def test_a_page_that_stays_connected_after_the_logout(run):
    run.evidence.logouts["page"] = 12.3
    run.evidence.ended = 40.0
    assert run.violations() == []
    run.evidence.ended = 50.0
    assert run.breaks("G9", "is still connected 38 s after")
