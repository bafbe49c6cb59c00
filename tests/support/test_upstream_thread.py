import subprocess
import sys

import httpx
import pytest

from tests.support.scripts import (
    Gate,
    Hang,
    Head,
    WaitFor,
    body_of,
    json_answer,
    mira,
    never_answers,
)
from tests.support.upstream_thread import ScriptedUpstreamThread

PROMPT = {"model": "scripted", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}


def test_from_another_thread() -> None:
    gate = Gate()
    with ScriptedUpstreamThread() as upstream:
        upstream.models = json_answer(404, {})
        assert httpx.get(f"{upstream.url}/models", trust_env=False).status_code == 404
        upstream.play(mira(["Hel", WaitFor(gate), "lo"]), never_answers())
        with httpx.stream("POST", f"{upstream.url}/chat/completions", json=PROMPT) as answer:
            request = upstream.next_request()
            assert request.body == PROMPT
            assert upstream.streaming == 1
            gate.open()
            assert answer.read() == body_of(mira(["Hel", "lo"]))
            request.answered()
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{upstream.url}/chat/completions", json=PROMPT, timeout=0.05)
        upstream.next_request().hung_up()
        upstream.until_open(0)
        with pytest.raises(AssertionError, match="no request came"):
            upstream.next_request(within=0)
        assert len(upstream.requests) == 2


def test_a_killed_process_hangs_up() -> None:
    program = (
        "import json, sys, urllib.request as u;u.urlopen(u.Request(sys.argv[1] + '/chat/completions', b'{}')).read()"
    )
    with ScriptedUpstreamThread() as upstream:
        upstream.play([Head(), Hang()])
        process = subprocess.Popen([sys.executable, "-c", program, upstream.url])
        request = upstream.next_request()
        process.kill()
        request.hung_up()
        process.wait()
