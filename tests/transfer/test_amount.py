import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import msgspec
import pytest

from chat.transfer import amount
from chat.transfer.amount import Element, check_conversations, check_messages, check_values
from chat.transfer.wrong import Wrong
from tests.transfer.memory import MB, peak

elements = msgspec.json.Decoder(list[Element])


def many(number):
    return json.dumps([{"x": [number]}] * number).encode()


def test_so_many_are_enough_and_one_more_is_too_many(monkeypatch):
    monkeypatch.setattr(amount, "CONVERSATIONS", 3)
    monkeypatch.setattr(amount, "MESSAGES", 5)
    check_conversations(elements, many(3))
    check_messages(elements, msgspec.Raw(many(5)))
    with pytest.raises(Wrong, match="conversations in this file") as wrong:
        check_conversations(elements, many(4), "a", "b")
    assert wrong.value.path == ("a", "b")
    with pytest.raises(Wrong, match="messages in this conversation"):
        check_messages(elements, msgspec.Raw(many(6)))


def test_what_is_no_object_is_refused_by_msgspec():
    with pytest.raises(msgspec.ValidationError, match=r"\$\[1\]"):
        check_conversations(elements, b"[{}, 7]")


def test_nothing_is_made_of_the_rest():
    text = b"[" + b"{}," * 1_000_000 + b"{}]"
    assert peak(lambda: check_conversations(elements, text)) < 5 * MB


def test_two_at_once_do_not_count_for_each_other(monkeypatch):
    monkeypatch.setattr(amount, "MESSAGES", 1_000)
    at_once = Barrier(2)

    def work(_):
        at_once.wait(10)
        for _ in range(50):
            check_messages(elements, msgspec.Raw(many(1_000)))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))


@pytest.mark.parametrize(
    ("message", "enough"),
    [([1] * 9, 9), ([[]] * 5, 10), ([{}] * 5, 10), ({"x,[{": ',[{"\\'}, 1), ({"x": "," * 999 + '\\"' * 9 + "[{"}, 1)],
)
def test_values_are_counted_outside_of_texts(monkeypatch, message, enough):
    raw = msgspec.Raw(json.dumps(message).encode())
    monkeypatch.setattr(amount, "VALUES", enough)
    check_values(raw)
    monkeypatch.setattr(amount, "VALUES", enough - 1)
    with pytest.raises(Wrong, match="too much in this message"):
        check_values(raw)


@pytest.mark.parametrize("text", [b'["' + b"," * 10**7 + b'"]', b"[" + b'"",' * 10**6 + b"1]", b"[" * 10**7])
def test_that_takes_no_time(text):
    raw = msgspec.Raw(text)
    began = time.process_time()
    with suppress(Wrong):
        check_values(raw)
    assert time.process_time() - began < 0.5
    assert peak(lambda: check_values(raw)) < len(text) + MB
