import time

import httpx

from tests.support.polling import wait_until
from tests.support.scripts import Close, Hang, Reset, Send
from tests.support.story import ENDS, PACES, Question, Story, Storyteller, story_of
from tests.support.upstream_thread import ScriptedUpstreamThread

LAST = {"cut": Close, "fade": Close, "mute": Close, "reset": Reset, "hang": Hang, "silent": Hang}  # otherwise words


def test_a_question_says_how_it_wants_to_be_answered():
    asked = Question("k3f9", "quick", 12, "cut")
    assert Question.read(asked.text) == asked


def test_a_story_is_the_same_however_it_is_cut():
    story = Story("k3f9.1")
    content, reasoning = story.split(story.after(42))
    assert reasoning.startswith("k3f9.1-0 k3f9.1-1 k3f9.1-2 k3f9.1-3🙂 k3f9.1-4 k3f9.1-20 ")
    assert content.startswith("k3f9.1-5 ")
    assert content.endswith("k3f9.1-39 ")
    end = story.after(42)
    assert end == len(content) + len(reasoning)
    for cut in range(end + 1):
        joined = {"content": "", "reasoning": ""}
        for kind, text in [*story.parts(0, cut), *story.parts(cut, end)]:
            joined[kind] += text
        assert (joined["content"], joined["reasoning"]) == (content, reasoning)


def test_a_text_names_its_story():
    story = Story("k3f9.2")
    assert story_of(*story.split(100)).tag == "k3f9.2"
    assert story_of("k3f9.2-5 ", "").nonce == "k3f9"
    assert story_of("", "k3f9.") is None


def test_the_storyteller_tells_each_request_its_own_story_and_keeps_what_it_wrote():
    with ScriptedUpstreamThread() as upstream:
        upstream.default = teller = Storyteller()
        begun = time.monotonic()
        bodies = [ask(upstream, Question("abc", "quick", 10)) for _ in range(2)]
        first, second = teller.tellings
        assert (first.tag, second.tag) == ("abc.1", "abc.2")
        assert '"reasoning_content": "abc.1-0 ' in bodies[0]
        assert '"content": "abc.2-5 ' in bodies[1]
        assert bodies[1].endswith("data: [DONE]\n\n")
        assert first.is_whole
        assert first.end == Story("abc.1").after(10)
        assert first.written_by(begun) == 0
        assert first.written_by(time.monotonic()) == first.end
        wait_until(lambda: second.over_at)  # its client is served by then; the connection is closed after that
        assert begun < first.over_at < second.over_at


def test_every_pace_and_end_can_be_played():
    for pace in PACES:
        for ends in ENDS:
            steps = list(Storyteller()(Asked(Question("abc", pace, 30, ends).text)))
            told = sum(len(step.data) for step in steps if isinstance(step, Send))
            assert (told > 1000) is (ends not in ("silent", "mute"))
            assert isinstance(steps[-1], LAST.get(ends, Send))


def ask(upstream, question):
    body = {"messages": [{"role": "user", "content": question.text}]}
    return httpx.post(f"{upstream.url}/chat/completions", json=body, trust_env=False).text


class Asked:
    """A request as the storyteller sees it."""

    arrived_at = 0.0

    def __init__(self, text):
        self.body = {"messages": [{"role": "user", "content": text}]}
