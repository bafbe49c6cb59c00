"""What servers say of their models, and what we make of it."""

import json

import pytest

from chat.relay.listing import Model, listed


def body(*data):
    return json.dumps({"object": "list", "data": list(data)}).encode()


def test_the_names_come_in_the_servers_own_order():
    assert listed(body({"id": "b", "owned_by": "x"}, {"id": "a"})) == [Model("b"), Model("a")]


def test_a_model_without_a_name_cannot_be_asked_for():
    assert listed(body({"id": ""}, {"id": "a"})) == [Model("a")]


DEEP = b'{"data": [], "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "data",
    [
        body(),
        body({"name": "no id"}),
        body({"id": 7}),
        body(None),
        b'{"models": ["a"]}',
        b'["a"]',
        DEEP,
        b'{"data": [{"id": "\xff"}]}',
        b'{"data": [{"id": "\\ud83d"}]}',
        b'{"data": [{"id": "a',
        b"<h1>Welcome</h1>",
        b"",
    ],
)
def test_what_is_no_list_lists_nothing(data):
    assert listed(data) == []


@pytest.mark.parametrize(
    ("said", "images"),
    [
        ({}, None),
        # OpenRouter, Hugging Face
        ({"architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]}}, True),
        ({"architecture": {"input_modalities": ["text"], "output_modalities": ["text", "image"]}}, False),
        ({"architecture": {"modality": "text->text"}}, None),
        ({"input_modalities": ["TEXT", "IMAGE"]}, True),
        ({"modalities": ["text", "vision"]}, True),
        ({"modalities": ["text"]}, False),
        ({"modalities": {"input": ["text", "image"], "output": ["text"]}}, True),
        ({"modalities": {"input": ["text"], "output": ["image"]}}, False),
        ({"modalities": []}, None),
        # Mistral
        ({"capabilities": {"completion_chat": True, "vision": True}}, True),
        ({"capabilities": {"completion_chat": True, "vision": False}}, False),
        ({"capabilities": {"completion_chat": True}}, None),
        # llama.cpp, Ollama: what is not named may only have no name there
        ({"capabilities": ["completion", "multimodal"]}, True),
        ({"capabilities": ["completion", "vision"]}, True),
        ({"capabilities": ["completion"]}, None),
        # What nobody can understand
        ({"architecture": "transformer", "modalities": 7, "capabilities": "vision"}, None),
        ({"capabilities": {"vision": "yes"}, "modalities": "image"}, None),
        ({"capabilities": [1, None, {"vision": True}]}, None),
    ],
)
def test_whether_it_takes_pictures_is_read_where_servers_say_it(said, images):
    assert listed(body({"id": "a", **said})) == [Model("a", images)]
