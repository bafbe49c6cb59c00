"""Frames as a browser makes them, and how one is refused."""

import json
from uuid import UUID

import pytest

from chat.live.protocol import Refused, parse

A, B = UUID("11111111-1111-4111-8111-111111111111"), UUID("22222222-2222-4222-8222-222222222222")
LIMIT = 100


def frame(kind, **fields):
    return json.dumps({"type": kind, **fields}, default=str)


def send(**fields):
    return frame("send", **{"client_id": A, "conversation": None, "parent": None, "content": "Hi", **fields})


def configure(**options):
    return frame("configure", conversation=A, options=options)


def refused(text):
    with pytest.raises(Refused) as refusal:
        parse(text, LIMIT)
    assert str(refusal.value), "a refusal has words for people"
    return refusal.value.code
