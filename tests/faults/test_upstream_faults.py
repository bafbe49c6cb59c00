"""An upstream that dies, breaks off, hangs or never ends: what a person sees of it, and what is left.

Real servers and real tabs. One server has the usual limits; the other is hasty: the same program with clocks of seconds
for minutes, because nobody waits for those in a test.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.faults.scene import connections, serving
from tests.support.dialects import mira_chunk
from tests.support.scripts import (
    Close,
    Hang,
    Head,
    Pause,
    Raw,
    Reset,
    Send,
    Step,
    cut,
    endless,
    mira,
    never_answers,
)
from tests.support.server import ROOT, ServedBrook, clean_environment
from tests.support.tabs import Tab
from tests.support.upstream import Plan

HASTE = {"first_byte": 4.0, "silence": 1.5, "no_data": 4.0, "total": 7.0, "answer_chars": 50_000}
HASTY = f"""
from dataclasses import fields
from chat.relay.limits import Limits
Limits.__init__.__defaults__ = tuple({HASTE}.get(field.name, field.default) for field in fields(Limits))
import manage
manage.main()
"""


@pytest.fixture(scope="module")
def usual(tmp_path_factory, django_db_blocker):
    with ExitStack() as stack:
        yield serving(stack, tmp_path_factory.mktemp("usual"), django_db_blocker)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory, django_db_blocker):
    with ExitStack() as stack:
        program = [sys.executable, "-c", HASTY]
        yield serving(stack, tmp_path_factory.mktemp("hasty"), django_db_blocker, program)


# Connections that break

BROKE = ("failed", "connection_lost", "The connection to the model's server broke: it was closed before an answer")
CUT_OFF = ("truncated", "truncated", "The connection to the model's server ended before the answer was complete.")

BREAKS = {
    "closed before the head": ([Close()], "", BROKE),
    "reset before the head": ([Reset()], "", BROKE),
    "closed in mid-stream": (mira(["Hel", Close()]), "Hel", CUT_OFF),
    "reset in mid-stream": (mira(["Hel", Reset()]), "Hel", CUT_OFF),
    "malformed in mid-stream": (
        mira(["Hel", Pause(0.3), Raw(b"Bad gateway\r\n"), Hang()]),
        "Hel",
        CUT_OFF,
    ),
}


@pytest.mark.parametrize(("script", "text", "end"), BREAKS.values(), ids=BREAKS)
def test_an_upstream_that_breaks_off_leaves_its_text_and_words_about_it(usual, script, text, end):
    with usual.asked(script) as asked:
        assert asked.ended() == end
        assert asked.text == text


KILLED = """
import asyncio
from tests.support.scripts import Hang, mira, never_answers
from tests.support.upstream import ScriptedUpstream

def answer(request):
    return never_answers() if request.body["messages"][-1]["content"] == "Say nothing" else mira(["Hel", Hang()])

async def main():
    async with ScriptedUpstream() as upstream:
        upstream.default = answer
        print(upstream.url, flush=True)
        for number in range(2):
            await upstream.next_request(within=60)
        print("asked", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@contextmanager
def upstream_process() -> Iterator["subprocess.Popen[str]"]:
    """A scripted upstream that can really be killed; its first line is its address."""
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_an_upstream_whose_process_is_killed_ends_what_it_had_begun_and_what_it_had_not(tmp_path):
    with ExitStack() as stack:
        process = stack.enter_context(upstream_process())
        assert process.stdout
        url = process.stdout.readline().strip()
        brook = stack.enter_context(ServedBrook(tmp_path, UPSTREAM_URL=url, UPSTREAM_MODELS="scripted"))
        cookie = brook.make_account()
        silent, talking, late = (stack.enter_context(Tab(brook.open_socket(cookie))) for _ in range(3))
        waiting = silent.begin("Say nothing")["generation"]["id"]
        begun = talking.begin("Say something")["generation"]["id"]
        talking.until_text(begun, "Hel")
        assert process.stdout.readline() == "asked\n"
        process.kill()
        assert end_of(silent, waiting) == BROKE
        assert end_of(talking, begun) == CUT_OFF
        assert end_of(late, late.begin("Anybody there?")["generation"]["id"])[:2] == ("failed", "unreachable")
        assert brook.answers() == [("failed", ""), ("truncated", "Hel"), ("failed", "")]
        assert connections(url) == 0


def end_of(tab: Tab, generation: str) -> tuple[str, str, str]:
    end = tab.until_finished(generation)
    return end["status"], end["error"]["code"], end["error"]["message"]


# Clocks


def comments(_: object) -> Iterator[Step]:
    yield from mira(["Hel"], None, done=False)
    while True:
        yield Send(b": ping\n\n")
        yield Pause(0.1)


CLOCKS: dict[str, tuple[Plan, str, str, str]] = {
    "no head": (never_answers(), "", "first_byte_timeout", "did not begin to answer within 4 seconds"),
    "half-open before the first byte": ([Head(), Hang()], "", "first_byte_timeout", "did not begin to answer"),
    "half-open in mid-stream": (mira(["Hel", Hang()]), "Hel", "silence_timeout", "sent nothing for 1.5 seconds"),
    "comments only": (comments, "Hel", "no_data_timeout", "sent no text for 4 seconds"),
    "never ending": (endless("Hel", every=0.05), "HelHel", "total_timeout", "did not finish within 7 seconds"),
}


@pytest.mark.parametrize(("script", "text", "code", "words"), CLOCKS.values(), ids=CLOCKS)
def test_an_upstream_that_keeps_people_waiting_is_given_up(hasty, script, text, code, words):
    with hasty.asked(script) as asked:
        status, *told = asked.ended(within=12)
        assert (status, told[0]) == ("failed", code)
        assert told[1].startswith(f"The model's server {words}")
        assert asked.text.startswith(text)
        assert asked.request.hung_up_at


def test_a_byte_now_and_then_goes_on_and_is_complete(hasty):
    """A whole word for longer than the clock of silence allows for nothing."""
    word = [*cut(mira_chunk({"content": "lo"})[:8]), Send(mira_chunk({"content": "lo"})[8:])]
    slowly = [step for byte in word for step in (byte, Pause(0.3))]
    with hasty.asked(mira(["Hel", *slowly])) as asked:
        assert asked.ended(within=12)[0] == "complete"
        assert asked.text == "Hello"


@pytest.mark.timeout(90)
def test_one_byte_in_five_seconds_goes_on_and_is_complete(usual):
    word = mira_chunk({"content": "lo"})
    slowly = [step for byte in (word[:1], word[1:2], word[2:]) for step in (Send(byte), Pause(5))]
    with usual.asked(mira(["Hel", *slowly])) as asked:
        assert asked.ended(within=25)[0] == "complete"
        assert asked.text == "Hello"


def test_an_answer_without_an_end_is_cut_at_the_limit_and_kept_up_to_it(hasty):
    with hasty.asked(endless("word " * 100, every=0.001)) as asked:
        end = asked.ended(within=10)
        assert end == ("failed", "too_much", "The model's server sent an answer of more than 50,000 characters.")
        assert asked.text == ("word " * 10_000)
        assert asked.request.hung_up_at
