"""The arrows between the rooms, held by reading the source: docs/architecture.md, "The rooms".

A rule here is worth what its failure is worth, so each one is also shown a source that breaks it.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent

UPSTREAM = "chat.relay.upstream"
TRANSPORT = "chat.relay.transport"
THIS_PROCESS = "chat.relay.this_process"
HTTP_CLIENTS = {"httpx", "aiohttp", "httpx_aiohttp", "httpcore", "requests", "urllib3"}
PURE = {
    "chat.relay.sse",
    "chat.relay.completions",
    "chat.relay.text",
    "chat.relay.errors",
    "chat.relay.limits",
    "chat.relay.listing",
    "chat.live.protocol",
}
IMPURE_LIBRARY = {"asyncio", "time", "threading", "socket", "subprocess", "multiprocessing", "concurrent", "selectors"}

# Modules of chat/ that have no test file of their own name, each with the reason.
UNTESTED_BY_NAME = {
    "chat/apps.py": "names the application, nothing else",
    "chat/asgi.py": "wiring; tests/live/test_origin.py and tests/live/test_consumer.py speak through it",
    "chat/urls.py": "addresses without behaviour; each is asked in the test of its view",
    "chat/live/protocol/refusal.py": "names what a command is refused with; whatever refuses is tested where it does",
    "chat/relay/this_process.py": "names the one switchboard, nothing else; tests of chat/live/ reach theirs by it",
    "chat/localmodel/engine.py": "runs only inside the child process, and is tested there: test_child.py",
    "chat/localmodel/process.py": "the keeper's half of the child: test_keeper.py",
    "chat/localmodel/wheels.py": "where two wheels lie; tested by the model that test_supervisor.py loads",
}


# What is checked


class Rule(NamedTuple):
    words: str
    concerns: Callable[[str], bool]
    forbids: Callable[[str], bool]


def within(*packages: str) -> Callable[[str], bool]:
    """Is a dotted name one of these packages or modules, or inside one?"""
    return lambda name: any(name == package or name.startswith(f"{package}.") for package in packages)


def never_each_other() -> Iterator[Rule]:
    fronts = {"chat.live", "chat.api", "chat.pages", "chat.review"}
    for front in sorted(fronts):
        yield Rule(f"{front} imports no other front", within(front), within(*(fronts - {front})))


def not_pure(name: str) -> bool:
    top = name.split(".")[0]
    if top in sys.stdlib_module_names:
        return top in IMPURE_LIBRARY
    return not (top == "msgspec" or within(*PURE)(name) or name in ("chat.relay", "chat.live"))


RULES = [
    *never_each_other(),
    Rule("relay knows no front", within("chat.relay"), within("chat.live", "chat.api", "chat.pages", "chat.review")),
    Rule(
        "relay is handed its chores, and knows no search",
        lambda name: within("chat.relay")(name) and name != THIS_PROCESS,
        within("chat.search"),
    ),
    Rule("nobody but upstream.py has connections", lambda name: name != UPSTREAM, within(TRANSPORT)),
    Rule("pages and review never touch the relay", within("chat.pages", "chat.review"), within("chat.relay")),
    Rule(
        "only upstream.py, by its transport.py, speaks HTTP to the outside",
        lambda name: (
            within("chat.relay", "chat.live", "chat.api", "chat.pages", "chat.review")(name)
            and name not in (UPSTREAM, TRANSPORT)
        ),
        within(*HTTP_CLIENTS),
    ),
    Rule("the pure modules are pure", within(*PURE), not_pure),
    Rule(
        "localmodel knows neither Django nor the rest of Brook",
        within("chat.localmodel"),
        lambda name: (
            within("django", "channels", "asgiref", "daphne")(name)
            or (within("chat")(name) and not within("chat.localmodel")(name) and name != "chat")
        ),
    ),
    Rule(
        "models take only the words for errors from the relay",
        within("chat.models"),
        lambda name: (
            within("chat")(name) and not within("chat.models")(name) and name not in ("chat.relay", "chat.relay.errors")
        ),
    ),
    Rule("nothing in chat/ knows the tests", within("chat"), within("tests", "bench", "pytest", "hypothesis")),
]


def imported(module: str, source: str) -> set[str]:
    """Every dotted name that `source` imports, wherever it stands, `from a import b` as both a and a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _base(module, node)
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def _base(module: str, node: ast.ImportFrom) -> str:
    above = module.split(".")[: -node.level] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


def broken(module: str, source: str) -> list[str]:
    """One line for each forbidden import in the source of a module."""
    names = sorted(imported(module, source))
    return [
        f"{module} imports {name}: {rule.words}"
        for rule in RULES
        if rule.concerns(module)
        for name in names
        if rule.forbids(name)
    ]


def modules() -> dict[str, Path]:
    paths = sorted((ROOT / "chat").rglob("*.py"))
    return {_dotted(path.relative_to(ROOT)): path for path in paths}


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def without_test(path: Path) -> str:
    """The test file that a module of chat/ lacks; empty when it is there, or need not be."""
    inside = path.relative_to(ROOT / "chat")
    if path.name == "__init__.py" or "migrations" in inside.parts or str(path.relative_to(ROOT)) in UNTESTED_BY_NAME:
        return ""
    expected = ROOT / "tests" / inside.parent / f"test_{inside.name}"
    return "" if expected.exists() else str(expected.relative_to(ROOT))


# The rules hold


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_only_what_its_room_may(module):
    assert broken(module, modules()[module].read_text()) == []


def test_the_pure_modules_are_where_the_rule_looks_for_them():
    assert set(modules()) >= {*PURE, UPSTREAM, TRANSPORT, THIS_PROCESS, "chat.models"}


def test_every_module_has_a_test_file_of_its_name():
    assert [missing for path in modules().values() if (missing := without_test(path))] == []


def test_every_exception_from_that_is_still_needed():
    for path in UNTESTED_BY_NAME:
        inside = Path(path).relative_to("chat")
        assert (ROOT / path).exists(), f"{path} is gone"
        assert not (ROOT / "tests" / inside.parent / f"test_{inside.name}").exists(), f"{path} has a test by now"


# The checker finds what breaks them


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("chat.live.consumer", "from chat.api import health"),
        ("chat.pages.chat", "import chat.live.protocol"),
        ("chat.review.admin", "from chat import live"),
        ("chat.relay.switchboard", "from chat.live.consumer import ChatConsumer"),
        ("chat.relay.switchboard", "from chat import pages"),
        ("chat.pages.accounts", "from chat.relay.switchboard import Switchboard"),
        ("chat.review.admin", "import chat.relay"),
        ("chat.relay.recorder", "import httpx"),
        ("chat.relay.asking", "from chat.relay.transport import open_client"),
        ("chat.relay.chores", "from chat.search.index import catch_up"),
        ("chat.live.rows", "from httpx import AsyncClient"),
        ("chat.relay.provider", "import httpx_aiohttp as transport"),
        ("chat.relay.sse", "import asyncio"),
        ("chat.relay.text", "from time import monotonic"),
        ("chat.relay.completions", "from django.conf import settings"),
        ("chat.live.protocol", "from chat.models import Message"),
        ("chat.live.protocol", "from chat.live import rows"),
        ("chat.live.protocol.reading", "from chat.live.rows import snapshot"),
        ("chat.live.protocol.events", "import asyncio"),
        ("chat.relay.errors", "from . import generation"),
        ("chat.relay.errors", "from .generation import LiveGeneration"),
        ("chat.localmodel.keeper", "from django.conf import settings"),
        ("chat.localmodel.supervisor", "from chat.relay.limits import Limits"),
        ("chat.models", "from chat.relay.text import Ending"),
        ("chat.models.prompt", "from chat.live.protocol import Options"),
        ("chat.env", "from tests.support.scripts import mira"),
    ],
)
def test_the_checker_finds_a_forbidden_import(module, source):
    assert broken(module, source)
    assert broken(module, f"def later():\n    if True:\n        {source}\n"), "inside a function too"


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("chat.live.consumer", "from chat.relay.switchboard import Switchboard\nimport asyncio"),
        (UPSTREAM, "import httpx\nfrom chat.relay.transport import open_client"),
        (TRANSPORT, "import httpx\nfrom httpx_aiohttp import AiohttpTransport"),
        (THIS_PROCESS, "from chat.search.index import catch_up"),
        ("chat.relay.completions", "import json\nimport msgspec\nfrom chat.relay import errors"),
        ("chat.models", "from chat.relay import errors\nfrom django.db import models"),
        ("chat.models.generation", "from chat.models.message import Message\nfrom chat.relay import errors"),
        ("chat.live.protocol.events", "import msgspec\nfrom chat.live.protocol.refusal import Refused"),
        ("chat.localmodel.keeper", "import time\nfrom chat.localmodel.process import Process"),
        ("chat.livestock", "from chat.api import health"),
    ],
)
def test_the_checker_lets_pass_what_is_allowed(module, source):
    assert broken(module, source) == []


def test_the_checker_finds_a_module_without_a_test():
    assert without_test(ROOT / "chat" / "relay" / "nowhere.py") == "tests/relay/test_nowhere.py"
